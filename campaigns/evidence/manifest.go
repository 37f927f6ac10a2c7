package evidence

import "time"

// Format is the version of the file.
const Format = "forecall evidence 1"

// Names of the parts of an export. Others are named by what they hold.
const (
	ManifestFile    = "manifest.json"
	SignatureFile   = "manifest.sig.json"
	IndexFile       = "index.html"
	ChainFile       = "chain.csv"
	RecordsFile     = "records.jsonl"
	CheckpointsFile = "checkpoints.jsonl"
	DecisionsFile   = "decisions.jsonl"
	RuleSetsFolder  = "rulesets/" // rulesets/<SHA-256>.yaml, or .bin
	HolidaysFolder  = "holidays/" // holidays/<SHA-256>.yaml
	BooksFile       = "books.jsonl"
	AdoptionsFile   = "adoptions.jsonl"  // what was put in force, changed or loosened: by whom, approved by whom, why
	LooseningsFile  = "loosenings.jsonl" // what of that let calls through that were not before, field by field, and until when
	ListsFile       = "lists.jsonl"      // versions of do-not-call registers
)

const (
	manifestHeading = "forecall manifest 1"
	chainHeading    = "seq,kind,ref,digest,hash"
)

// Selection is what an export is about; zero values choose all.
type Selection struct {
	Campaign     int64     `json:"campaign_id,omitempty"`
	CampaignName string    `json:"campaign,omitempty"`
	From         time.Time `json:"from,omitzero"` // calls begun at or after
	To           time.Time `json:"to,omitzero"`   // calls begun before
	Number       string    `json:"number,omitempty"`
}

// Manifest says what an export holds. It is signed, so that no part can be
// exchanged for another.
type Manifest struct {
	Format    string    `json:"format"`
	MadeAt    time.Time `json:"made_at"`
	By        string    `json:"by"`
	Program   string    `json:"program"`
	Zones     string    `json:"tzdb"`
	Selection Selection `json:"selection"`

	// The stretch of the chain: its first and last link, and the hash of the link
	// before it.
	First  int64  `json:"first"`
	Last   int64  `json:"last"`
	Before string `json:"before"`

	// Loosened is what was loosened of the rules, ever, a line each; how, line by
	// line, is in the part of the same name.
	Loosened []string `json:"loosened,omitempty"`

	Counts     map[string]int64 `json:"counts"` // records by kind
	Keys       []Key            `json:"keys"`
	Checkpoint Checkpoint       `json:"checkpoint"` // at, or after, the last link
	Files      []File           `json:"files"`      // in the order in which they lie in the zip
}

// File is one part of an export.
type File struct {
	Name   string `json:"name"`
	Lines  int64  `json:"lines"`
	Octets int64  `json:"octets"`
	SHA256 string `json:"sha256"`
}

// signature stands beside the manifest.
type signature struct {
	Key       string `json:"key_id"`
	Signature []byte `json:"signature"`
}

// Stored is a decision as it was stored: its digest stands in the attempt's
// chained row.
type Stored struct {
	Attempt int64  `json:"attempt"` // seq
	Book    Hex    `json:"ruleset_sha256"`
	Terms   Hex    `json:"terms_sha256"`
	Text    string `json:"terms"` // JSON, whose SHA-256 Terms is
	Record  []byte `json:"record"`
}

// Digest is what the attempt holds of the decision.
func (s Stored) Digest() Digest {
	buf := append(make([]byte, 0, 1024), "forecall decision 1\n"...)
	return Sum(append(append(append(buf, s.Book...), s.Terms...), s.Record...))
}

// Book is all the rules that were in force together: the SHA-256 of its sets,
// which lie in rulesets/, and of its holidays, which lie in holidays/.
type Book struct {
	Hash     Hex      `json:"ruleset_sha256"`
	Sets     []string `json:"sets"`
	Holidays []string `json:"holidays"`
}
