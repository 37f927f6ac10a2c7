package storagetest

import (
	"bytes"
	"encoding/json"
)

// equalJSON compares two values by what they would show to the world.
func equalJSON(x, y any) bool {
	a, errA := json.Marshal(x)
	b, errB := json.Marshal(y)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}
