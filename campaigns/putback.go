package campaigns

import "time"

// Back is a leased contact that is handed back without a call, and until when.
type Back struct {
	Contact int64
	// Until is when it may be leased again. The zero time ends the contact: no
	// time will let it be called, and its last outcome is Refused.
	Until time.Time
}
