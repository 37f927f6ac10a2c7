package records

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
)

// told is where somebody was told of a person in words: what was, or is to be,
// sent to webhooks, lines to desks, answers that are kept to be given again. These
// tables may be long and have no index by what stands in them, so they are read
// beside the writer, each up to its last row of then; the writer looks at what
// came in meanwhile.
type told struct {
	numbers, attempts    []string
	letters, lines       []int64
	lastLetter, lastLine int64
	answers, unanswered  []answerKey // that tell of them; that are still to be given
	lastAnswer           int64       // latest expiry
}

// words are what texts that tell of them hold.
func (a *told) words() []string { return slices.Concat(a.numbers, a.attempts) }

// answerKey is the key under which an answer is kept.
type answerKey struct {
	user int64
	key  string
}

// toldOf finds who was told of the person of a wish.
func (db *DB) toldOf(ctx context.Context, id int64) (out told, err error) {
	err = db.look(ctx, func(q querier) error {
		var num int64
		if err := q.row(`SELECT e164 FROM erasure_work WHERE id = ?`, []any{id}, &num); err != nil {
			return noRows(err)
		}
		numbers, err := numbersOf(q, num)
		if err != nil {
			return err
		}
		for _, n := range numbers {
			out.numbers = append(out.numbers, digits(n))
		}
		return q.rows(`SELECT id FROM attempts WHERE e164 = ?1 OR contact IN (SELECT contact FROM numbers
			WHERE campaign IN (SELECT id FROM campaigns) AND e164 = ?1)`, []any{num}, func(r *sql.Rows) error {
			var s string
			err := r.Scan(&s)
			out.attempts = append(out.attempts, s)
			return err
		})
	})
	if err != nil {
		return out, err
	}
	return out, db.withDriver(ctx, func(q driver.QueryerContext) error {
		for _, read := range []func(context.Context, driver.QueryerContext) error{out.readLetters, out.readLines, out.readAnswers} {
			if err := read(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *told) readLetters(ctx context.Context, q driver.QueryerContext) error {
	about := mentions(a.words())
	return each(q, `SELECT id, body, answer FROM deliveries ORDER BY id`, nil, func(c *cells) error {
		a.lastLetter = c.integer()
		body, answer := c.text(), c.text()
		if about(body) || about(answer) {
			a.letters = append(a.letters, a.lastLetter)
		}
		return ctx.Err()
	})
}

func (a *told) readLines(ctx context.Context, q driver.QueryerContext) error {
	about := mentions(a.numbers)
	return each(q, `SELECT id, text FROM messages ORDER BY id`, nil, func(c *cells) error {
		if a.lastLine = c.integer(); about(c.text()) {
			a.lines = append(a.lines, a.lastLine)
		}
		return ctx.Err()
	})
}

func (a *told) readAnswers(ctx context.Context, q driver.QueryerContext) error {
	about := mentions(a.words())
	return each(q, `SELECT user, key, expires, answer FROM idempotency`, nil, func(c *cells) error {
		k := answerKey{c.integer(), c.text()}
		a.lastAnswer = max(a.lastAnswer, c.integer())
		if c.null() {
			a.unanswered = append(a.unanswered, k)
		} else if about(string(c.blob())) {
			a.answers = append(a.answers, k)
		}
		return ctx.Err()
	})
}

// eraseTold deletes what they were told, and what came in meanwhile.
func (t *tx) eraseTold(e *erasing) error {
	about := e.told
	for _, a := range e.attempts {
		if !slices.Contains(about.attempts, a.id) {
			about.attempts = append(about.attempts, a.id)
		}
	}
	letters, err := t.idsOf(about.letters, `SELECT id FROM deliveries WHERE id > ? AND instr(body, ?) > 0`, about.lastLetter, about.words())
	if err != nil {
		return err
	}
	lines, err := t.idsOf(about.lines, `SELECT id FROM messages WHERE id > ? AND instr(text, ?) > 0`, about.lastLine, about.numbers)
	if err != nil {
		return err
	}
	for _, d := range []struct {
		query, what string
		ids         []int64
	}{
		{`DELETE FROM deliveries WHERE id = ?`, "webhook deliveries deleted", letters},
		{`DELETE FROM message_reads WHERE message = ?`, "", lines},
		{`DELETE FROM messages WHERE id = ?`, "messages deleted", lines},
	} {
		for _, id := range d.ids {
			n, err := t.exec(d.query, id)
			if err != nil {
				return fmt.Errorf("delete what was told: %w", err)
			}
			if d.what != "" && n > 0 {
				e.counts[d.what] += n
			}
		}
	}
	return t.eraseAnswers(about)
}

// idsOf adds to rows that were found those that came after the last of then.
func (t *tx) idsOf(found []int64, query string, last int64, words []string) ([]int64, error) {
	for _, word := range words {
		err := t.rows(query, []any{last, word}, func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			found = append(found, id)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (t *tx) eraseAnswers(about told) error {
	const says = ` AND instr(answer, ?) > 0`
	for _, k := range about.answers {
		if _, err := t.exec(`DELETE FROM idempotency WHERE user = ? AND key = ?`, k.user, k.key); err != nil {
			return err
		}
	}
	for _, word := range about.words() {
		for _, k := range about.unanswered {
			if _, err := t.exec(`DELETE FROM idempotency WHERE user = ? AND key = ?`+says, k.user, k.key, []byte(word)); err != nil {
				return err
			}
		}
		if _, err := t.exec(`DELETE FROM idempotency WHERE expires > ?`+says, about.lastAnswer, []byte(word)); err != nil {
			return err
		}
	}
	return nil
}
