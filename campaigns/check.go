package campaigns

import "time"

// ListCheck is what a do-not-call list said of a number in the decision that let
// it be called, and in which version (16 CFR 310.5(a)(11)).
type ListCheck struct {
	List       string    `json:"list"`
	Version    string    `json:"version_id,omitempty"`
	SHA256     Hash      `json:"version_sha256,omitempty"`
	AccessedAt time.Time `json:"effective_at,omitzero"` // when that version was fetched from the register
	Listed     bool      `json:"listed"`
}

// InternalList is the name of the house's own list among the checks.
const InternalList = "internal"
