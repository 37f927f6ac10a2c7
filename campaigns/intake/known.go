package intake

import (
	"context"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// Known says which contacts of a campaign have which numbers (E.164); numbers
// that nobody has are absent.
type Known interface {
	WhoHas(ctx context.Context, campaign int64, numbers []string) (map[string]int64, error)
}

// foresee says of each contact of a dry run what the store would make of it:
// the same question that an import asks, and nothing is written.
func (s *sink) foresee(ctx context.Context, c *chunk) error {
	there := map[string]int64{}
	if s.options.Known != nil && s.options.Duplicates != campaigns.AllowDuplicates {
		var numbers []string
		for _, person := range c.contacts {
			for _, phone := range person.Phones {
				numbers = append(numbers, phone.Number)
			}
		}
		var err error
		if there, err = s.options.Known.WhoHas(ctx, s.options.Campaign, numbers); err != nil {
			return fmt.Errorf("look for rows from line %d on: %w", c.contacts[0].Row, err)
		}
	}
	for i, person := range c.contacts {
		v := campaigns.RowVerdict{Row: person.Row, Fate: campaigns.RowAdded}
		for _, phone := range person.Phones {
			if id := there[phone.Number]; id != 0 {
				v.Contact, v.Fate = id, campaigns.RowDuplicate
				if s.options.Duplicates == campaigns.UpdateDuplicates {
					v.Fate = campaigns.RowUpdated
				}
				break
			}
		}
		s.settle(&c.parsed[c.from[i]], v)
	}
	return nil
}
