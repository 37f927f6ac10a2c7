package campaigns

import "time"

// Back is a leased contact that is handed back without a call, and until when.
type Back struct {
	Contact int64
	// Until is when it may be leased again. The zero time ends the contact: no
	// time will let it be called, and its last outcome is Refused.
	Until time.Time
	// Held says which kill switches put it off until then; the zero value = none.
	Held Held
}

// Held is what kill switches have to do with a contact's waiting; the zero value =
// nothing.
type Held struct {
	Stops []int64 // their ids
	// Due is when it could be called but for them: it is due then when they are lifted.
	Due time.Time
}
