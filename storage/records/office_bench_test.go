package records

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/filter"
)

// millions lays a month of a large house into the tables that figures are
// drawn from: a million calls of 200 agents on ten lists, of which a third was
// answered, three million spells, a million contacts. The chain is left out:
// figures do not read it.
func millions(b *testing.B, db *DB) (campaigns.Campaign, campaigns.FigureQuery) {
	b.Helper()
	c, _ := newCampaign(b, db, "bench")
	from := time.Date(2026, 10, 1, 6, 0, 0, 0, time.UTC)
	for _, statement := range []string{
		`INSERT INTO loads (campaign, list, source, policy, by, began_at, first, last) VALUES (1, 1, 'bench', 'skip', '', 0, 1, 1000000)`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
			INSERT INTO contacts (id, campaign, list, load, row, external, name, company, language, fields, phones, zones, state, tries, last, tried_at)
			SELECT i, 1, 1, 1, i, '', 'Name ' || i, '', 'es', '{"plan":"' || CASE i % 10 WHEN 0 THEN 'gold' ELSE 'silver' END || '","bill":"' || (i % 200) || ',50"}',
			'[{"number":"+34' || (600000000 + i) || '","region":"ES","kind":"mobile","zones":["Europe/Madrid"]}]', '',
			CASE i % 4 WHEN 0 THEN 'done' ELSE 'ready' END, i % 3, CASE i % 3 WHEN 0 THEN '' ELSE 'no_answer' END, (i % 3) * 1000000 FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
			INSERT INTO attempts (seq, id, campaign, list, contact, phone, e164, caller_id, mode, agent, callback, try, zones, script_ver, intent_at, manual, settings, retry_of, day_no, prev, hash)
			SELECT i, 'a' || i, 1, 1 + i % 10, i, 0, 34600000000 + i, '', 'predictive', 0, 0, 1, 'Europe/Madrid', '', ?1 + i * 2500000, 0, 1, '', 1, x'00', x'00' FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
			INSERT INTO outcomes (seq, campaign, intent_at, outcome, agent, sent_at, answered_at, bridged_at, ended_at, next_state, recorded_at, prev, hash)
			SELECT i, 1, ?1 + i * 2500000, CASE i % 3 WHEN 0 THEN 'connected' ELSE 'no_answer' END, CASE i % 3 WHEN 0 THEN 1 + i / 3 % 200 END,
			?1 + i * 2500000, CASE i % 3 WHEN 0 THEN ?1 + i * 2500000 + 9000000 END, CASE i % 3 WHEN 0 THEN ?1 + i * 2500000 + 9500000 END,
			?1 + i * 2500000 + 90000000, 'done', 0, x'00', x'00' FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 3 FROM n WHERE i < 999997)
			INSERT INTO dispositions (seq, key, agent, code, note, at, effect, effect_at, currency, total, extras)
			SELECT i, 'k', 1 + i / 3 % 200, CASE i % 30 WHEN 0 THEN 'sale' ELSE 'not_interested' END, '', 0, 'done', 0, CASE i % 30 WHEN 0 THEN 'EUR' ELSE '' END,
			CASE i % 30 WHEN 0 THEN 1999 ELSE 0 END, CASE i % 30 WHEN 0 THEN 1 ELSE 0 END FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999999)
			INSERT INTO spells (agent, from_at, to_at, state, reason, campaign, attempt)
			SELECT 1 + i % 200, ?1 + (i / 200) * 160000000, ?1 + (i / 200) * 160000000 + 150000000, CASE i / 200 % 3 WHEN 0 THEN 'ready' WHEN 1 THEN 'talking' ELSE 'wrap_up' END, '', 1, '' FROM n`,
	} {
		err := db.do(b.Context(), func(t *tx) error {
			args := []any{micros(from)}[:min(1, strings.Count(statement, "?1"))]
			_, err := t.exec(statement, args...)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return c, campaigns.FigureQuery{From: from.Add(-time.Hour), To: from.Add(40 * 24 * time.Hour), Zone: "Europe/Madrid", Campaign: 1}
}

// BenchmarkOffice measures each table over a million calls and three million
// spells, the figures of the lists over a million contacts, and filters. Run it
// with -benchtime 1x: laying the data takes a minute.
func BenchmarkOffice(b *testing.B) {
	db := openTest(b)
	c, q := millions(b, db)
	now := q.To
	silver, err := filter.Parse(`fields.bill > 100 and tries < 2 and region == "ES"`, filter.Names{})
	if err != nil {
		b.Fatal(err)
	}
	c.Filter = `fields.bill == 42.5`
	if c, err = db.UpdateCampaign(b.Context(), c, "bench"); err != nil {
		b.Fatal(err)
	}
	order := campaigns.RecycleOrder{Campaign: c.ID, Outcomes: []campaigns.Outcome{campaigns.NoAnswer}}
	for _, table := range []struct {
		name string
		read func() error
	}{
		{"agents", func() error { _, err := db.AgentFigures(b.Context(), q, now); return err }},
		{"quarters", func() error { _, err := db.QuarterFigures(b.Context(), q, now); return err }},
		{"lists", func() error { _, err := db.ListCallFigures(b.Context(), q); return err }},
		{"campaigns", func() error { _, err := db.CampaignFigures(b.Context(), q); return err }},
		{"steps", func() error { _, err := db.StepFigures(b.Context(), q); return err }},
		{"answers", func() error { _, err := db.AnswerFigures(b.Context(), q); return err }},
		{"list figures", func() error { _, err := db.ListFigures(b.Context(), c.ID); return err }},
		{"ready zones", func() error { _, err := db.ReadyZones(b.Context(), c.ID, silver, now); return err }},
		{"filter count", func() error { _, err := db.FilterCount(b.Context(), c.ID, silver, now); return err }},
		{"recyclable", func() error { _, err := db.Recyclable(b.Context(), order, now); return err }},
		{"lease of 400 by a filter that one in 200 passes", func() error {
			got, err := db.Lease(b.Context(), c.ID, now, 400)
			if err == nil && len(got) != 400 {
				err = fmt.Errorf("leased %d", len(got))
			}
			return err
		}},
	} {
		b.Run(table.name, func(b *testing.B) {
			for b.Loop() {
				if err := table.read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
