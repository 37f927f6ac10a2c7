package campaigns

import (
	"slices"
	"strings"
	"time"
)

// DoNotCall is a number that is not called any more for a seller, or for
// nobody of this house, with the request that put it on the list
// (16 CFR 310.5(a)(10)).
type DoNotCall struct {
	Number    string    `json:"number"` // E.164
	At        time.Time `json:"at"`     // when it was asked for
	Channel   string    `json:"channel"`
	By        string    `json:"by"`         // login of who entered it; empty = the person, by key
	Name      string    `json:"name"`       // of the person, when given
	Seller    string    `json:"seller"`     // who must not call any more; empty = the whole house
	Goods     string    `json:"goods"`      // what about
	Reason    string    `json:"reason"`     // in words
	Reference string    `json:"reference"`  // number the person was given
	Attempt   string    `json:"attempt_id"` // the call it was asked in; empty = none
	Campaign  int64     `json:"campaign_id"`
}

// SellerKey is what two spellings of a seller's name have in common: a person
// who asked "ACME " not to call is not called for "Acme".
func SellerKey(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// SellerKeys are the keys of all in whose name the campaign calls or has called: an
// entry for one of them binds it. None is of a campaign that does not say for whom
// it calls: the entries of everybody bind it.
func (c Campaign) SellerKeys() []string {
	own := SellerKey(c.Seller)
	if own == "" {
		return nil
	}
	keys := []string{own}
	for _, name := range c.SellersBefore {
		if key := SellerKey(name); key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Renamed is what the settings keep of the names under which they called, when
// they replace others.
func (c Campaign) Renamed(old Campaign) []string {
	before := slices.Clone(old.SellersBefore)
	if key := SellerKey(old.Seller); key != "" && key != SellerKey(c.Seller) && !slices.Contains(before, old.Seller) {
		before = append(before, old.Seller)
	}
	return before
}

// The channels by which a number comes onto the do-not-call list.
const (
	ChannelAgent  = "agent"  // said to an agent
	ChannelKey    = "key"    // key pressed in a message
	ChannelManual = "manual" // entered at a desk
	ChannelImport = "import" // a file
	ChannelAPI    = "api"
	// ChannelErasure is of a person who was forgotten: that nobody calls them is
	// all that is still known.
	ChannelErasure = "erasure"
)

// DoNotCallChange is one line of the list's history: a number came or went.
type DoNotCallChange struct {
	DoNotCall
	Removed    bool      `json:"removed"`
	RecordedAt time.Time `json:"recorded_at"`
}
