package records

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/forecall/forecall/campaigns/rules"
)

// WhoHas says which contacts of a campaign have which of the numbers (E.164);
// numbers that nobody has, or that could never be dialed, are absent. It reads
// beside the writer and stands in nobody's way.
func (db *DB) WhoHas(ctx context.Context, campaign int64, numbers []string) (map[string]int64, error) {
	const each = 100
	byValue := make(map[int64]string, len(numbers))
	values := make([]any, 0, len(numbers))
	for _, n := range numbers {
		if rules.Dialable(n) != nil {
			continue
		}
		v := e164(n)
		if _, twice := byValue[v]; !twice {
			byValue[v], values = n, append(values, v)
		}
	}
	there := map[string]int64{}
	for some := range slices.Chunk(values, each) {
		args := append(make([]any, 0, each+1), campaign)
		args = append(args, some...)
		for len(args) <= each {
			args = append(args, int64(0)) // one statement for every length
		}
		rows, err := db.read.QueryContext(ctx, whoHasQuery, args...)
		if err != nil {
			return nil, fmt.Errorf("who has numbers of campaign %d: %w", campaign, err)
		}
		err = eachRow(rows, func(r *sql.Rows) error {
			var v, id int64
			err := r.Scan(&v, &id)
			if n := byValue[v]; there[n] == 0 {
				there[n] = id
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("who has numbers of campaign %d: %w", campaign, err)
		}
	}
	return there, nil
}
