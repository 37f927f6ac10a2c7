package postgres

import (
	"context"
	"database/sql/driver"
	"strings"
)

// ahead are the rows of queries that were asked before they were needed: what the
// operations of a group read travels in one packet, not in ten for each. Later the
// query is asked as ever, and answered from here.
type ahead struct {
	rows map[string]*early // by statement and arguments
	of   map[string][]string
}

// early are rows with what they speak of; of nothing, when every operation of the
// group may read them.
type early struct {
	rows *rows
	tags []string
}

// Ahead asks queries for a later time within the transaction. Tags name what their
// rows speak of, as a number or a contact: see Stale. Rows without tags are given as
// often as they are asked for, others once.
func (c *conn) Ahead(ctx context.Context, queries []string, args [][]driver.NamedValue, tags [][]string) error {
	c.ahead = ahead{rows: make(map[string]*early, len(queries)), of: make(map[string][]string)}
	asked, keys := make([]queued, 0, len(queries)), make([]string, 0, len(queries))
	for i, query := range queries {
		s, err := c.statement(ctx, query, args[i])
		if err != nil {
			return c.away(err)
		}
		values, formats, err := s.bind(args[i])
		if err != nil {
			return err
		}
		key := keyOf(s, values)
		if _, twice := c.ahead.rows[key]; twice {
			continue
		}
		c.ahead.rows[key] = &early{tags: tags[i]}
		for _, tag := range tags[i] {
			c.ahead.of[tag] = append(c.ahead.of[tag], key)
		}
		asked, keys = append(asked, queued{s, values, formats, query}), append(keys, key)
	}
	err := c.askAll(ctx, asked, keys)
	if err != nil {
		c.ahead = ahead{}
	}
	return c.away(err)
}

func (c *conn) askAll(ctx context.Context, asked []queued, keys []string) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	before := c.queue
	c.queue = nil
	p := c.pg.StartPipeline(limited)
	for _, q := range append(before, asked...) {
		p.SendQueryPrepared(q.s.name, q.values, q.formats, q.s.results)
	}
	err := p.Sync()
	for _, q := range before {
		if err == nil {
			err = c.passOver(p, q)
		}
	}
	for i, q := range asked {
		if err != nil {
			break
		}
		r, bad := reader(p)
		if bad == nil {
			out := &rows{fields: q.s.fields}
			_, bad = out.fill(r)
			c.ahead.rows[keys[i]].rows = out
		}
		err = c.known(bad, q.query)
	}
	if end := p.Close(); err == nil {
		err = end
	}
	return err
}

// Stale forgets what was asked ahead of these things; of everything, when none is
// named.
func (c *conn) Stale(tags []string) {
	if len(tags) == 0 {
		c.ahead = ahead{}
		return
	}
	for _, tag := range tags {
		for _, key := range c.ahead.of[tag] {
			delete(c.ahead.rows, key)
		}
		delete(c.ahead.of, tag)
	}
}

// early gives out rows that were asked ahead.
func (c *conn) early(s *statement, values [][]byte) (driver.Rows, bool) {
	if len(c.ahead.rows) == 0 {
		return nil, false
	}
	key := keyOf(s, values)
	e, there := c.ahead.rows[key]
	if !there {
		return nil, false
	}
	if len(e.tags) > 0 {
		delete(c.ahead.rows, key)
		return e.rows, true
	}
	again := *e.rows // read from its beginning each time
	return &again, true
}

// keyOf tells a statement with its arguments from all others.
func keyOf(s *statement, values [][]byte) string {
	var b strings.Builder
	b.WriteString(s.name)
	for _, v := range values {
		b.WriteByte(0)
		if v == nil {
			b.WriteByte(1)
			continue
		}
		b.WriteByte(2)
		for n := len(v); n > 0; n >>= 7 {
			b.WriteByte(byte(n & 0x7f))
		}
		b.WriteByte(0xff)
		b.Write(v)
	}
	return b.String()
}
