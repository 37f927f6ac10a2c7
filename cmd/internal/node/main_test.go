package node

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(all{m}) }

// all are the tests, and the end of what they share.
type all struct{ *testing.M }

// Run runs them.
func (a all) Run() int {
	code := a.M.Run()
	if serving.Load() {
		if s, err := server(); err == nil {
			_ = s.Stop()
		}
	}
	return code
}
