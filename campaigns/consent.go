package campaigns

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// ConsentKind is what an entry of the consent ledger is: a permission that the
// person gave, or a relation from which the law derives one.
type ConsentKind string

// The kinds. The last four are relations; of those, stores write Purchase and
// Inquiry by themselves.
const (
	ConsentGiven      ConsentKind = "consent"      // to be called
	ConsentOutOfHours ConsentKind = "out_of_hours" // to be called outside the legal hours (FR D.223-9)
	RelationContract  ConsentKind = "contract"     // one in force (FR L.223-1, AEPD Circular 1/2023 art. 3)
	RelationPurchase  ConsentKind = "purchase"     // the last transaction (16 CFR 310.2(q): 18 months)
	RelationInquiry   ConsentKind = "inquiry"      // the person asked about goods (16 CFR 310.2(q): 3 months)
	// RelationInteraction is any other contact that the person sought, as a call
	// back to a missed call (AEPD Circular 1/2023 art. 4: 1 year).
	RelationInteraction ConsentKind = "interaction"
)

// ConsentKinds lists them.
func ConsentKinds() []ConsentKind {
	return []ConsentKind{ConsentGiven, ConsentOutOfHours, RelationContract, RelationPurchase, RelationInquiry, RelationInteraction}
}

// Relation tells whether the kind follows from what the person did, and was not
// given as a permission.
func (k ConsentKind) Relation() bool { return k != ConsentGiven && k != ConsentOutOfHours }

// ConsentLevel is how firmly a permission was given; relations have none.
type ConsentLevel string

// The levels, the firmest last.
const (
	LevelSoft    ConsentLevel = "soft"            // implied, as by a card handed over
	LevelExpress ConsentLevel = "express"         // said or ticked, for this
	LevelWritten ConsentLevel = "express_written" // signed, also electronically, naming the seller (47 CFR 64.1200(f)(9))
)

// ConsentLevels lists them.
func ConsentLevels() []ConsentLevel { return []ConsentLevel{LevelSoft, LevelExpress, LevelWritten} }

// ConsentChannel is a way of contact that a permission is for.
type ConsentChannel string

// The channels. A permission that names none is for live calls alone: consent
// to calls by people is none to machines (Dir. 2002/58 art. 13(1), PECR reg. 19).
const (
	ConsentLive      ConsentChannel = "live"
	ConsentAutomated ConsentChannel = "automated" // recorded or artificial voice
	ConsentRecording ConsentChannel = "recording" // of the conversation
)

// ConsentChannels lists them.
func ConsentChannels() []ConsentChannel {
	return []ConsentChannel{ConsentLive, ConsentAutomated, ConsentRecording}
}

// ConsentSource is how an entry came to be.
type ConsentSource string

// The sources. Sale and Inbound are written by the store itself.
const (
	ConsentByForm    ConsentSource = "web_form"
	ConsentByPaper   ConsentSource = "paper"
	ConsentByCall    ConsentSource = "call" // said in a call; Attempt names it
	ConsentByImport  ConsentSource = "import"
	ConsentByAPI     ConsentSource = "api"
	ConsentBySale    ConsentSource = "sale"    // an order stands in the disposition of Attempt
	ConsentByInbound ConsentSource = "inbound" // the person called: Attempt
	// ConsentByObjection is the source of an end: the number came onto the
	// do-not-call list, which voids what was agreed before (16 CFR 310.2(q)).
	ConsentByObjection ConsentSource = "do_not_call"
)

// ConsentSources lists those of an entry.
func ConsentSources() []ConsentSource {
	return []ConsentSource{ConsentByForm, ConsentByPaper, ConsentByCall, ConsentByImport, ConsentByAPI, ConsentBySale, ConsentByInbound}
}

// Consent is one permission or relation of one number, as it stands: what its
// events in the ledger come to. It is what 16 CFR 310.5(a)(8) and UWG 7a want
// kept: who, which number, the request as presented, for what, when, and how.
type Consent struct {
	ID     string      `json:"consent_id"` // UUIDv7
	Seq    int64       `json:"seq"`        // place in the ledger, set by the store
	Number string      `json:"number"`     // E.164
	Name   string      `json:"name,omitempty"`
	Kind   ConsentKind `json:"kind"`
	// Level, Seller, Purpose, Goods and Channels are what it covers: a seller of
	// none is the whole house, a purpose of none any, channels of none live calls.
	Level    ConsentLevel     `json:"level,omitempty"`
	Seller   string           `json:"seller,omitempty"`
	Purpose  string           `json:"purpose,omitempty"`
	Goods    string           `json:"goods_or_service,omitempty"`
	Channels []ConsentChannel `json:"channels,omitempty"`

	At        time.Time `json:"at"`                  // given, or when the person bought or asked
	RenewedAt time.Time `json:"renewed_at,omitzero"` // last
	Until     time.Time `json:"until,omitzero"`      // its own end; zero = the rules' alone
	RevokedAt time.Time `json:"revoked_at,omitzero"`

	Source    ConsentSource `json:"source"`
	Wording   string        `json:"wording,omitempty"`        // as shown or read out
	WordingID string        `json:"wording_sha256,omitempty"` // in hexadecimal
	Reference string        `json:"reference,omitempty"`      // recording, file, order number
	IP        string        `json:"ip,omitempty"`
	Note      string        `json:"note,omitempty"`

	Campaign   int64     `json:"campaign_id,omitempty"`
	Attempt    string    `json:"attempt_id,omitempty"` // the call in which it came to be
	Load       int64     `json:"load_id,omitempty"`    // the list that brought it
	By         string    `json:"by"`                   // login; empty = the store itself
	RecordedAt time.Time `json:"recorded_at"`

	Uses   int64     `json:"uses"`             // calls that stood on it
	UsedAt time.Time `json:"used_at,omitzero"` // the last
}

// ConsentEvent is what happened to an entry of the consent ledger.
type ConsentEvent string

// The events.
//
//	granted --> renewed* --> revoked   by the person
//	                     \-> undone    the list that brought it was taken back
//
// A withdrawal is of no entry: the person wants no more of a seller's calls,
// and whatever was given before ends, even what is entered later.
const (
	ConsentGranted   ConsentEvent = "granted"
	ConsentRenewed   ConsentEvent = "renewed"
	ConsentRevoked   ConsentEvent = "revoked"
	ConsentUndone    ConsentEvent = "undone"
	ConsentWithdrawn ConsentEvent = "withdrawn"
)

// ConsentChange is one event in the life of an entry; the ledger keeps them all.
type ConsentChange struct {
	Seq        int64         `json:"seq"`
	Event      ConsentEvent  `json:"event"`
	At         time.Time     `json:"at"`
	RecordedAt time.Time     `json:"recorded_at"`
	Until      time.Time     `json:"until,omitzero"`
	Source     ConsentSource `json:"source,omitempty"`
	WordingID  string        `json:"wording_sha256,omitempty"`
	Reference  string        `json:"reference,omitempty"`
	IP         string        `json:"ip,omitempty"`
	Note       string        `json:"note,omitempty"`
	Attempt    string        `json:"attempt_id,omitempty"`
	By         string        `json:"by"`
	Erased     bool          `json:"erased,omitempty"` // its personal part was erased
}

// ConsentUse is a call that stood on an entry.
type ConsentUse struct {
	Attempt  string    `json:"attempt_id"`
	Campaign int64     `json:"campaign_id"`
	At       time.Time `json:"at"`
}

// ConsentFile is an entry with its whole life.
type ConsentFile struct {
	Consent
	Changes []ConsentChange `json:"changes"`
	Used    []ConsentUse    `json:"used"` // newest first, at most the last thousand
}

// Withdrawal is a person who takes back what they permitted: one entry, or all
// that they gave to a seller before.
type Withdrawal struct {
	Number    string        `json:"number"`
	ID        string        `json:"consent_id,omitempty"` // of one entry; empty = all of the number
	Seller    string        `json:"seller,omitempty"`     // empty = every seller
	At        time.Time     `json:"at"`
	Source    ConsentSource `json:"source"`
	Reference string        `json:"reference,omitempty"`
	Note      string        `json:"note,omitempty"`
	Campaign  int64         `json:"campaign_id,omitempty"`
	Attempt   string        `json:"attempt_id,omitempty"` // the call it was said in
	By        string        `json:"by"`
}

// ConsentFilter chooses entries of the ledger; the zero filter chooses all of them.
type ConsentFilter struct {
	ID         string
	Number     string // E.164
	Seller     string
	Kind       ConsentKind
	EndsAfter  time.Time // whose own end lies after EndsAfter,
	EndsBefore time.Time // and not after EndsBefore; zero = any
	Before     int64     // only entries with a lesser Seq
	Limit      int       // 0 = 100
}

// Consenting is a number of a contact that may be called yet, with what its
// holder permitted.
type Consenting struct {
	Contact Contact
	Number  string
	Grants  []rules.Grant
}

// ConsentFate is what became of an entry that was to be kept.
type ConsentFate struct {
	ID      string    `json:"consent_id"`
	New     bool      `json:"new"`
	Renewed bool      `json:"renewed"` // an entry with the same terms, to which it was added
	Revoked time.Time `json:"revoked_at,omitzero"`
}

// ErrConsentRevoked marks a renewal of what was revoked: that is a new consent.
var ErrConsentRevoked = errors.New("the consent was revoked")

// ConsentKeep is how long a consent is kept from when it was given and from
// each of its uses (UWG 7a(2): five years; 16 CFR 310.5: five).
const ConsentKeep = 5

// KeepUntil is the day before which the entry may not be deleted.
func (c Consent) KeepUntil() time.Time {
	last := c.At
	for _, t := range []time.Time{c.RenewedAt, c.UsedAt, c.RevokedAt, c.RecordedAt, c.Until} {
		if t.After(last) {
			last = t
		}
	}
	return last.AddDate(ConsentKeep, 0, 0)
}

// Standing is where an entry stands at a time: in force, expired or revoked.
// What a rule's own limit says (two years in Spain) is not asked here.
func (c Consent) Standing(now time.Time) string {
	switch {
	case !c.RevokedAt.IsZero() && !c.RevokedAt.After(now):
		return "revoked"
	case !c.Until.IsZero() && !c.Until.After(now):
		return "expired"
	case c.At.After(now):
		return "future"
	}
	return "in_force"
}

// WordingDigest names a wording by the SHA-256 of its UTF-8 text, in hexadecimal;
// empty for an empty one.
func WordingDigest(text string) string {
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
