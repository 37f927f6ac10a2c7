package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
)

// CountriesCalled are the countries, by code, of the numbers on the lists of
// each campaign that is not stopped, and of the people whom it has reached, who
// may live elsewhere. It walks from country to country over the index of
// numbers: a few hundred steps for a list of North America, one for Spain.
func (db *DB) CountriesCalled(ctx context.Context) (out []campaigns.CountriesCalled, err error) {
	err = db.look(ctx, func(q querier) error {
		err := q.rows(`SELECT id, name FROM campaigns WHERE status <> ? ORDER BY name`, []any{campaigns.Stopped}, func(r *sql.Rows) error {
			var c campaigns.CountriesCalled
			err := r.Scan(&c.Campaign, &c.Name)
			out = append(out, c)
			return err
		})
		for i := range out {
			if err != nil {
				break
			}
			out[i].Countries, err = countriesMet(q, out[i].Campaign)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the countries called: %w", err)
	}
	return out, nil
}

// countriesMet are those of a campaign's lists and of its answered calls.
func countriesMet(q querier, campaign int64) ([]string, error) {
	out, err := countriesCalled(q, campaign)
	if err != nil {
		return nil, err
	}
	for from := int64(0); ; {
		var num int64
		err := q.row(`SELECT e164 FROM numbers WHERE campaign = ? AND e164 >= ? ORDER BY e164 LIMIT 1`, []any{campaign, from}, &num)
		if errors.Is(err, sql.ErrNoRows) {
			slices.Sort(out)
			return slices.Compact(out), nil
		}
		if err != nil {
			return nil, fmt.Errorf("countries on the lists of campaign %d: %w", campaign, err)
		}
		country, known := numbers.Country(number(num))
		if country != "" {
			out = append(out, country)
		}
		from = beyond(num, known)
	}
}

// beyond is the least number that has as many digits as n, or more, and does
// not begin with n's first digits.
func beyond(n int64, digits int) int64 {
	block := int64(1)
	for range len(strconv.FormatInt(n, 10)) - digits {
		block *= 10
	}
	return (n/block + 1) * block
}
