package campaigns

import "time"

// CallDraft is what an agent has filled in of a call that is not disposed of yet,
// as the desk wrote it down: a JSON object that only the desk reads.
type CallDraft struct {
	Attempt string
	Agent   int64
	Body    []byte
	SavedAt time.Time
}

// MaxDraft is how many bytes a draft has at most.
const MaxDraft = 64 << 10
