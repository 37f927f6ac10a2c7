package records

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/rules"
)

// cliFacts reads what is known of a number that would be shown: the right to
// show it that holds at a time and who has it by that right, whether it was
// called and answered, whether it is blocked. Of several rights that hold, that
// of the seller who is called for counts, else the latest. An empty number is a
// caller ID that nobody chose.
func cliFacts(q querier, shown, seller string, now time.Time) (rules.CLI, error) {
	cli := rules.CLI{Number: shown}
	if shown == "" {
		return cli, nil
	}
	var from, until, checked int64
	err := q.row(`SELECT COALESCE(r.id, ''), COALESCE(r.holder, ''), COALESCE(r.from_at, 0), COALESCE(r.until_at, 0), COALESCE(c.at, 0), COALESCE(c.answered, 0),
		COALESCE((SELECT blocked FROM caller_ids WHERE e164 = ?1), '') <> ''
		FROM (SELECT 1) one
		LEFT JOIN (SELECT id, holder, from_at, until_at FROM caller_rights
			WHERE e164 = ?1 AND from_at <= ?2 AND (until_at = 0 OR until_at > ?2) AND (ended_at = 0 OR ended_at > ?2) 
			ORDER BY lower(holder) = lower(?3) DESC, at DESC LIMIT 1) r ON TRUE
		LEFT JOIN (SELECT at, answered FROM caller_checks WHERE e164 = ?1 ORDER BY at DESC LIMIT 1) c ON TRUE`,
		[]any{e164(shown), micros(now), strings.TrimSpace(seller)}, &cli.ID, &cli.Seller, &from, &until, &checked, &cli.Callable, &cli.Blocked)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return cli, fmt.Errorf("read the right to a caller ID: %w", err)
	}
	at := numbers.Locate(shown)
	cli.LineType, cli.Country = string(at.Kind), at.Country
	cli.Authorized = cli.ID != ""
	cli.From, cli.Until, cli.TestedAt = moment(from), moment(until), moment(checked)
	return cli, nil
}
