package demo

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/keyring"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/registry"
)

// Country is what came of one of the three lists.
type Country struct {
	Name    string    `json:"name"`
	People  int       `json:"people"`
	Called  int       `json:"called"`
	Refused []Refused `json:"refused,omitempty"` // by the rule that comes first, most first
}

// Refused is how many people of a list a rule keeps from being called.
type Refused struct {
	Rule   string    `json:"rule"`
	Cite   string    `json:"cite,omitempty"`
	People int       `json:"people"`
	Detail string    `json:"detail"`        // of one of them
	Number string    `json:"number"`        // whose it is: ask /why for all verdicts
	Next   time.Time `json:"next,omitzero"` // when the first of them may be called; zero = by no time alone
}

// LawReplay marks a decision that did not come out as it was kept.
const LawReplay campaigns.Law = "replay"

// explain says of everybody in the three countries who was not called which rule
// refuses, as forecall explain would.
func (r *run) explain(ctx context.Context, db *records.DB, s *Summary) error {
	if r.abroad == 0 {
		return nil
	}
	versions, err := db.RegisterVersions(ctx, "")
	if err != nil {
		return err
	}
	shelf, err := registry.Open(filepath.Join(r.Data, node.RegistersFolder), versions, r.Log)
	if err != nil {
		return err
	}
	defer shelf.Close()
	db.SetRegisters(shelf)
	campaign, err := db.Campaign(ctx, r.abroad)
	if err != nil {
		return err
	}
	called := map[string]bool{}
	for c, err := range db.Calls(ctx, campaigns.CallFilter{Campaign: r.abroad}) {
		if err != nil {
			return err
		}
		called[c.Number] = true
	}
	for _, list := range r.lists {
		out := Country{Name: list.name, People: len(list.people)}
		for _, p := range list.people {
			if called[p.phone] {
				out.Called++
				continue
			}
			if err := out.weigh(ctx, db, campaign, p.phone); err != nil {
				return err
			}
		}
		slices.SortStableFunc(out.Refused, func(a, b Refused) int { return cmp.Compare(b.People, a.People) })
		s.Countries = append(s.Countries, out)
	}
	return nil
}

// weigh counts a person under the rule that refuses; nobody who may be called
// and was not reached in time.
func (c *Country) weigh(ctx context.Context, db *records.DB, campaign campaigns.Campaign, number string) error {
	people, err := db.ContactsByNumber(ctx, campaign.ID, number)
	if err != nil || len(people) == 0 {
		return err
	}
	d, err := db.Weigh(ctx, campaign, people[0], number, false, time.Now())
	if err != nil {
		return err
	}
	first, refused := d.Primary()
	if !refused {
		return nil
	}
	next, _ := d.Next()
	i := slices.IndexFunc(c.Refused, func(r Refused) bool { return r.Rule == string(first.Rule) })
	if i < 0 {
		c.Refused = append(c.Refused, Refused{Rule: string(first.Rule), Cite: first.Cite, Detail: first.Detail, Number: number, Next: next})
		i = len(c.Refused) - 1
	}
	one := &c.Refused[i]
	if one.People++; !next.IsZero() && (one.Next.IsZero() || next.Before(one.Next)) {
		one.Next = next
	}
	return nil
}

// replay takes every decision of the run again.
func (r *run) replay(ctx context.Context, db *records.DB, s *Summary) error {
	officer := campaigns.User{Login: officerLogin, Role: campaigns.Compliance}
	out, err := campaigns.NewReplays(db, keyring.Zones()).Run(ctx, officer, campaigns.DecisionFilter{}, nil)
	if err != nil {
		return err
	}
	s.Decisions, s.Identical = out.Decisions, out.Identical
	for _, d := range out.Different {
		s.Broken = append(s.Broken, campaigns.Finding{Law: LawReplay, Attempt: d.ID, Detail: d.Why})
	}
	return nil
}

// printCountries writes what came of the lists, for people.
func (s Summary) printCountries(p func(string, ...any)) {
	for _, c := range s.Countries {
		p("%-14s %d people, %d called", c.Name+":", c.People, c.Called)
		for _, r := range c.Refused {
			next := "by no time alone"
			if !r.Next.IsZero() {
				next = r.Next.UTC().Format("Mon 2006-01-02 15:04 UTC")
			}
			p("  %3d refused by %-16s %s   first allowed: %s   as %s", r.People, r.Rule, r.Cite, next, campaigns.Mask(r.Number))
		}
	}
	if s.Decisions > 0 {
		p("decisions:    %d taken again by the stored rules and facts, %d identical byte by byte", s.Decisions, s.Identical)
	}
}

// explained tells where the refusals can be looked at while the page is served.
func (r *run) explained() string {
	return fmt.Sprintf("who may not be called, and why: %s/compliance/refusals and %s/why (as %s)", r.node.URL(), r.node.URL(), officerLogin)
}
