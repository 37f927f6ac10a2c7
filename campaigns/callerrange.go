package campaigns

import (
	"context"
	"fmt"
	"slices"

	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/rules"
)

// ShownNumbers is what is known of the numbers that campaigns show, and the
// rules in force that say which of them may be.
type ShownNumbers interface {
	RulesInForce
	CallerIDs(ctx context.Context) ([]CallerID, error)
}

// forbidden tells why a campaign may never show a number where it is shown: in
// the country that was entered for it, else in its own. The gate asks again for
// every call, by where the person is; here somebody hears of it who can mend it.
func forbidden(book *rules.Book, c Campaign, number, country string) error {
	if country == "" {
		country = numbers.Locate(number).Country
	}
	if country == "" {
		return nil
	}
	plan := book.Plan(c.Terms(), rules.Place{Country: country, Jurisdictions: []string{country}})
	rule, beginning := plan.ForbidsCLI(number)
	if rule == nil {
		return nil
	}
	return problem(KindInvalid, "caller_id_forbidden",
		"Campaign %q must not show %s to people in %s: numbers that begin with %s are forbidden there (%s: %s). Take another number, or enter under caller IDs the country that this one is shown in.",
		c.Name, number, country, beginning, rule.ID, rule.Cite)
}

// checkShown looks at the campaign's own numbers and those of its pools.
func (b *Book) checkShown(ctx context.Context, c Campaign) error {
	if len(c.CallerIDs)+len(c.CallerPools) == 0 {
		return nil
	}
	known, err := b.shown.CallerIDs(ctx)
	if err != nil {
		return fmt.Errorf("read caller IDs: %w", err)
	}
	book := b.shown.Book()
	for _, number := range c.CallerIDs {
		country := ""
		if i := slices.IndexFunc(known, func(k CallerID) bool { return k.Number == number }); i >= 0 {
			country = known[i].Region
		}
		if err := forbidden(book, c, number, country); err != nil {
			return err
		}
	}
	for _, k := range known {
		if k.Pool == "" || !slices.Contains(c.CallerPools, k.Pool) {
			continue
		}
		if err := forbidden(book, c, k.Number, k.Region); err != nil {
			return err
		}
	}
	return nil
}

// checkUse looks at the campaigns that show a number, or would by its pool.
func (s *CallerIDs) checkUse(ctx context.Context, id CallerID) error {
	all, err := s.campaigns.Campaigns(ctx)
	if err != nil {
		return fmt.Errorf("read the campaigns: %w", err)
	}
	for _, c := range all {
		if !slices.Contains(c.CallerIDs, id.Number) && (id.Pool == "" || !slices.Contains(c.CallerPools, id.Pool)) {
			continue
		}
		if err := forbidden(s.inForce.Book(), c, id.Number, id.Region); err != nil {
			return err
		}
	}
	return nil
}
