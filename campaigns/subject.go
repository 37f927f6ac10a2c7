package campaigns

import "time"

// SubjectFile is everything the house knows of a person, by number: what GDPR
// article 15 calls the personal data undergoing processing, with purposes,
// recipients and how long they are kept.
type SubjectFile struct {
	Number      string            `json:"number"`
	MadeAt      time.Time         `json:"made_at"`
	Contacts    []Contact         `json:"contacts"`
	Calls       []Call            `json:"calls"`
	Decisions   []DecisionRecord  `json:"decisions"` // why calls were placed, or refused
	Consents    []ConsentFile     `json:"consents"`
	DoNotCall   []DoNotCallChange `json:"do_not_call"` // how the number came onto lists and left them
	Checks      []NumberCheck     `json:"checks"`      // what others answered about the number
	Recordings  []Recording       `json:"recordings"`
	Events      []CallEvent       `json:"events"`
	Callbacks   []Callback        `json:"callbacks"`
	Meetings    []Booking         `json:"meetings"`
	Complaints  []Case            `json:"complaints"`
	Recipients  []Recipient       `json:"recipients"` // who was told
	Holds       []Hold            `json:"holds"`
	Restricted  *ErasureAsk       `json:"erasure,omitempty"` // that was asked for and is not done
	Kept        []Retained        `json:"kept"`              // how long what is kept
	ListedNames []string          `json:"lists"`             // names of the lists the person stands on
}

// Empty tells that the house knows nothing of the person.
func (f SubjectFile) Empty() bool {
	return len(f.Contacts)+len(f.Calls)+len(f.Decisions)+len(f.Consents)+len(f.DoNotCall)+len(f.Checks)+len(f.Recipients)+len(f.Holds) == 0 && f.Restricted == nil
}

// Recipient is somebody who was told of the person, by webhook.
type Recipient struct {
	Name  string    `json:"name"`
	URL   string    `json:"url"`
	Event string    `json:"event"`
	At    time.Time `json:"at"`
	State string    `json:"state"`
}

// Retained is how long one kind of data is kept.
type Retained struct {
	Kind string        `json:"kind"`
	Keep time.Duration `json:"keep"` // 0 = for ever
}
