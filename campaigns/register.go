package campaigns

import (
	"io"
	"slices"
	"strings"
	"time"
)

// RegisterVersion is one version of a do-not-call register that somebody else
// keeps, as it was loaded: what the rules of type list look numbers up in, and
// what proves which numbers that were (16 CFR 310.5(a)(11): the date of access,
// the subscription account, for whom).
type RegisterVersion struct {
	List       string       `json:"list"`    // as rules name it: us-national
	Version    int64        `json:"version"` // 1, 2, 3 ... of the list
	Kind       RegisterKind `json:"kind"`
	SAN        string       `json:"san"`         // subscription account of the seller
	Seller     string       `json:"seller"`      // whose subscription it is
	AccessedAt time.Time    `json:"accessed_at"` // when it was taken from the register: its age counts from here
	LoadedAt   time.Time    `json:"loaded_at"`
	By         string       `json:"by"`
	Source     string       `json:"source"`        // names of the files
	SourceSum  string       `json:"source_sha256"` // of the files
	Covers     []string     `json:"covers"`        // beginnings of the numbers that it speaks of, as 1202; empty = all
	Count      int64        `json:"count"`         // numbers on the list
	Added      int64        `json:"added"`         // that the version before had not
	Removed    int64        `json:"removed"`       // that only the version before had
	Lines      int64        `json:"lines"`         // of the files, that held something
	Rejected   int64        `json:"rejected"`      // of them, that held no number
	SHA256     string       `json:"sha256"`        // of the numbers, as they lie on disk
	Reason     string       `json:"reason"`        // why it was taken against a warning; empty = there was none
}

// Speaks tells whether the version says anything of a number: E.164 with the
// plus. One that it does not cover counts as not looked up.
func (v RegisterVersion) Speaks(number string) bool {
	digits := strings.TrimPrefix(number, "+")
	return len(v.Covers) == 0 || slices.ContainsFunc(v.Covers, func(start string) bool { return strings.HasPrefix(digits, start) })
}

// RegisterKind is what a file of a register is.
type RegisterKind string

// The kinds of files.
const (
	RegisterFull   RegisterKind = "full"   // every number of the register
	RegisterChange RegisterKind = "change" // what has come and gone since the version before
)

// Age is how long ago the register was accessed.
func (v RegisterVersion) Age(now time.Time) time.Duration { return now.Sub(v.AccessedAt) }

// RegisterReading says how the files of a register are to be read. The zero
// value finds out everything but the country.
type RegisterReading struct {
	Format    string `json:"format"`        // text, xml; empty = found out; zip and gzip are seen through
	Country   string `json:"country"`       // of numbers without their country code, ISO 3166-1; empty = there are none
	Delimiter string `json:"delimiter"`     // one character; empty = found out
	Columns   []int  `json:"columns"`       // of the number, from 1; several are joined, as area code and number; none = found out
	Action    int    `json:"action_column"` // of a change list: which column says add or delete, from 1; 0 = found out
	Start     int    `json:"start"`         // of fixed width: where the number begins in the line, from 1; 0 = no fixed width
	Width     int    `json:"width"`         // of fixed width: how long it is
	Only      string `json:"only"`          // of a change list without such a column: add or delete
}

// RegisterReject is a line that holds no number.
type RegisterReject struct {
	File   string `json:"file"`
	Line   int64  `json:"line"`
	Reason string `json:"reason"`
	Text   string `json:"text"` // the beginning of the line
}

// RegisterReport is what became of the lines of the files.
type RegisterReport struct {
	Lines     int64            `json:"lines"`    // that held something, headers aside
	Adds      int64            `json:"adds"`     // numbers to be on the list, some perhaps twice
	Deletes   int64            `json:"deletes"`  // numbers to be off it
	Rejected  int64            `json:"rejected"` // lines without a number
	First     []RegisterReject `json:"first,omitempty"`
	Bytes     int64            `json:"bytes"`
	AreaCodes []string         `json:"area_codes"` // of the North American plan, when all numbers are of it: 1202
	SHA256    string           `json:"sha256"`     // of the files, as they came
	Format    string           `json:"format"`     // how they were read, in words
}

// RegisterFound is a version that could be put in force, and the one that is.
type RegisterFound struct {
	Version RegisterVersion `json:"version"`
	Before  RegisterVersion `json:"before"` // Version 0 = none
	Report  RegisterReport  `json:"report"`
}

// RegisterStanding is where a number stood in one version.
type RegisterStanding struct {
	Version RegisterVersion `json:"version"`
	Listed  bool            `json:"listed"`
	Covered bool            `json:"covered"` // the version speaks of such numbers
}

// RegisterFile is a file of a register as it came.
type RegisterFile struct {
	Name string
	Data io.ReaderAt
	Size int64
}

// RegisterLoad is a version that is to be made out of files.
type RegisterLoad struct {
	Version    RegisterVersion // list, kind, SAN, seller, access, covers
	CoversFile bool            // it covers the area codes that the files hold, and no others
	Reading    RegisterReading
	Files      []RegisterFile
	Rejects    func(RegisterReject) error // every line without a number; nil = only the report's
	Progress   func(bytes int64)          // how much was read; nil = not asked
}

// RegisterList is a list as it stands.
type RegisterList struct {
	RegisterVersion
	MaxAge  time.Duration `json:"max_age"`           // the shortest that a rule in force allows; 0 = no rule names one
	Rules   []string      `json:"rules"`             // in force, that ask it
	Fault   string        `json:"fault,omitempty"`   // why it is not loaded
	StaleAt time.Time     `json:"stale_at,omitzero"` // when nobody may be called on its account any more
	Stale   bool          `json:"stale"`
	Loaded  bool          `json:"loaded"`
}

// RegisterDoubt is why a version should not be taken without a reason.
type RegisterDoubt struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Note   bool   `json:"note"` // only to be known; needs no reason
}
