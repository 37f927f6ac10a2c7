package campaigns

import "time"

// Contact is a person on a list, with one or more phones.
type Contact struct {
	ID       int64  `json:"id"`
	Campaign int64  `json:"campaign"`
	List     int64  `json:"list"`
	Load     int64  `json:"load"` // the import that brought it; undo removes a whole load
	Row      int    `json:"row"`  // line of the file it came from
	External string `json:"external_id"`

	Name     string            `json:"name"`
	Company  string            `json:"company"`
	Language string            `json:"language,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"` // every further column, as it came

	Phones []Phone  `json:"phones"`
	Zones  []string `json:"zones,omitempty"` // the contact's own zone, when the list gives one; else the phone's

	// Country (ISO 3166-1), Region (ISO 3166-2) and Postcode are the address, as
	// far as the list gives it: its laws bind beside those of the number.
	Country  string `json:"country,omitempty"`
	Region   string `json:"region,omitempty"`
	Postcode string `json:"postcode,omitempty"`

	// Consent is what the row of a list says that the person permitted, nil for
	// nothing; the store enters it for each phone as it takes the row in.
	Consent *Consent `json:"-"`

	State  ContactState `json:"state"`
	Phone  int          `json:"phone"` // index of the phone to try next
	Tries  int          `json:"tries"` // attempts that counted so far
	Last   Outcome      `json:"last_outcome,omitempty"`
	NextAt time.Time    `json:"next_at,omitzero"` // not before this
	// TriedAt is when its last attempt that ended was begun; zero = none yet.
	TriedAt  time.Time `json:"tried_at,omitzero"`
	Callback int64     `json:"callback,omitempty"`
	Agent    int64     `json:"agent,omitempty"` // the only agent who may take it, for a personal callback
	// Rank is the dial order among callable contacts, higher first: the
	// list's priority, or above all lists for a callback that is due.
	Rank int `json:"rank,omitempty"`
	// ReservedOnly: the rules allow only a call with an agent who is reserved for
	// it alone, as after an abandoned one (UK: within 72 hours).
	ReservedOnly bool `json:"reserved_only,omitempty"`
}

// Phone is a number of a contact with what import learned of it.
type Phone struct {
	Number string   `json:"number"` // E.164
	Label  string   `json:"label,omitempty"`
	Region string   `json:"region,omitempty"` // ISO 3166-1 alpha-2
	Kind   string   `json:"kind,omitempty"`   // fixed, mobile, fixed_or_mobile, voip, ...
	Zones  []string `json:"zones,omitempty"`  // candidate IANA zones of the number
	Dead   bool     `json:"dead,omitempty"`   // an attempt ended Invalid: there is no such number
}

// ContactState says where a contact stands.
//
//	ready --> leased --> live --> ready | waiting | done
//	  ^                              |
//	  +------- next_at passes -------+
type ContactState string

// The contact states. Leased contacts stand in a hopper's memory; a restart
// returns them to ready.
const (
	ContactReady   ContactState = "ready"
	ContactLeased  ContactState = "leased"
	ContactLive    ContactState = "live"
	ContactWaiting ContactState = "waiting"
	ContactDone    ContactState = "done"
)

// Dial returns the phone to try next and the zones that bind the call: the
// contact's own when known, else those of the address, else the number's
// candidates.
func (c Contact) Dial() (Phone, []string) {
	if len(c.Phones) == 0 {
		return Phone{}, nil
	}
	p := c.Phones[c.Phone%len(c.Phones)]
	return p, c.ZonesFor(p)
}

// otherPhone is the next phone after the current one, round about, that is not
// known to be dead; ok is false when there is none.
func (c Contact) otherPhone() (index int, ok bool) {
	for i := 1; i < len(c.Phones); i++ {
		if j := (c.Phone + i) % len(c.Phones); !c.Phones[j].Dead {
			return j, true
		}
	}
	return 0, false
}
