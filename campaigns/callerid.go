package campaigns

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// CallerID is a number of ours that people see when they are called.
type CallerID struct {
	Number string    `json:"number"` // E.164
	Label  string    `json:"label"`
	Region string    `json:"region"`       // ISO 3166-1 alpha-2, of whom it is shown to
	Area   string    `json:"area"`         // what numbers begin with that it is shown to, as +1305; empty = by country
	Pool   string    `json:"pool"`         // name of a group of numbers; empty = none
	Most   int64     `json:"most_a_day"`   // calls a day above which it is warned of; 0 = never
	Rest   bool      `json:"rest"`         // above Most it is not shown any more that day
	By     string    `json:"by,omitempty"` // who entered it; empty = a campaign or trunk names it
	At     time.Time `json:"at,omitzero"`
	UsedBy []string  `json:"used_by"` // campaigns
	Today  int64     `json:"calls_today"`
	// Blocked says why the number is not to be shown now, as "marked as spam by
	// two carriers"; empty = it may be.
	Blocked string `json:"blocked,omitempty"`
	// Profile is the address of what carriers may show beside the number, name
	// and logo (RFC 9795); it goes out as Call-Info. Empty = none.
	Profile string `json:"profile,omitempty"`
	// Warning says that the number is shown so often that carriers' analytics
	// may take it for spam.
	Warning string `json:"warning,omitempty"`
}

var (
	areaPattern    = regexp.MustCompile(`^\+[1-9][0-9]{0,10}$`)
	profilePattern = regexp.MustCompile(`^https://[!-;=?-~]{1,290}$`)
)

// CallerIDStore keeps numbers of ours, and counts the calls that showed them.
type CallerIDStore interface {
	PutCallerID(ctx context.Context, c CallerID, by string) error
	CallerIDs(ctx context.Context) ([]CallerID, error)
	DeleteCallerID(ctx context.Context, number, by string) error
	CallsByCallerID(ctx context.Context, since time.Time) (map[string]int64, error)
}

// CallerIDs is the numbers that people see.
type CallerIDs struct {
	store     CallerIDStore
	campaigns CampaignReader
	inForce   RulesInForce
}

// RulesInForce tells by which rules calls are judged now.
type RulesInForce interface {
	Book() *rules.Book
}

// NewCallerIDs returns the service.
func NewCallerIDs(store CallerIDStore, campaigns CampaignReader, inForce RulesInForce) *CallerIDs {
	return &CallerIDs{store, campaigns, inForce}
}

// List returns all numbers that were entered or that a campaign shows, with how
// many calls showed them since a time, usually midnight.
func (s *CallerIDs) List(ctx context.Context, by User, since time.Time) ([]CallerID, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return nil, err
	}
	out, err := s.store.CallerIDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read caller IDs: %w", err)
	}
	counts, err := s.store.CallsByCallerID(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("count calls by caller ID: %w", err)
	}
	all, err := s.campaigns.Campaigns(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the campaigns: %w", err)
	}
	for _, c := range all {
		for _, number := range c.CallerIDs {
			i := slices.IndexFunc(out, func(o CallerID) bool { return o.Number == number })
			if i < 0 {
				i, out = len(out), append(out, CallerID{Number: number})
			}
			out[i].UsedBy = append(out[i].UsedBy, c.Name)
		}
		for i := range out {
			if p := out[i].Pool; p != "" && slices.Contains(c.CallerPools, p) && !slices.Contains(out[i].UsedBy, c.Name) {
				out[i].UsedBy = append(out[i].UsedBy, c.Name)
			}
		}
	}
	for i := range out {
		c := &out[i]
		if c.Today = counts[c.Number]; c.Most > 0 && c.Today > c.Most {
			c.Warning = fmt.Sprintf("It was shown in %d calls today, more than the %d that you set: it may be marked as spam.", c.Today, c.Most)
		}
	}
	slices.SortFunc(out, func(a, b CallerID) int { return strings.Compare(a.Number, b.Number) })
	return out, nil
}

// Put stores what is known of a number.
func (s *CallerIDs) Put(ctx context.Context, by User, c CallerID) error {
	if err := by.Allow(EditCampaigns); err != nil {
		return err
	}
	if err := rules.Dialable(c.Number); err != nil {
		return invalid("number_invalid", err)
	}
	switch {
	case len([]rune(c.Label)) > 100 || len([]rune(c.Pool)) > 64:
		return problem(KindInvalid, "label_too_long", "A label has at most 100 characters, the name of a pool 64.")
	case c.Region != "" && (len(c.Region) != 2 || strings.ToUpper(c.Region) != c.Region):
		return problem(KindInvalid, "region_invalid", "%q is not a country as ES (ISO 3166).", c.Region)
	case c.Area != "" && !areaPattern.MatchString(c.Area):
		return problem(KindInvalid, "area_invalid", "%q is not what numbers begin with; write it as +1305.", c.Area)
	case c.Profile != "" && !profilePattern.MatchString(c.Profile):
		return problem(KindInvalid, "profile_invalid", "A display profile is an https address without spaces, in at most 300 characters.")
	case len([]rune(c.Blocked)) > 200:
		return problem(KindInvalid, "blocked_too_long", "Say in at most 200 characters why the number is not to be shown.")
	case c.Rest && c.Most == 0:
		return problem(KindInvalid, "rest_invalid", "Say after how many calls a day the number rests.")
	case c.Most < 0:
		return problem(KindInvalid, "most_invalid", "Calls a day are 0 for no warning, or more.")
	}
	if err := s.checkUse(ctx, c); err != nil {
		return err
	}
	return s.store.PutCallerID(ctx, c, by.Login)
}

// Delete forgets a number that no campaign shows.
func (s *CallerIDs) Delete(ctx context.Context, by User, number string) error {
	if err := by.Allow(EditCampaigns); err != nil {
		return err
	}
	all, err := s.campaigns.Campaigns(ctx)
	if err != nil {
		return fmt.Errorf("read the campaigns: %w", err)
	}
	for _, c := range all {
		if slices.Contains(c.CallerIDs, number) { // those of pools just leave the pool
			return problem(KindConflict, "caller_id_in_use", "Campaign %q shows this number; take it out of its settings first.", c.Name)
		}
	}
	return missing("caller_id", s.store.DeleteCallerID(ctx, number, by.Login))
}
