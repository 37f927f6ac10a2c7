package storagetest

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Spells keeps how agents spend their time.
type Spells interface {
	SaveSpells(ctx context.Context, spells []campaigns.Spell, at time.Time) error
	CloseSpells(ctx context.Context) (closed int64, err error)
	Spells(ctx context.Context, f campaigns.SpellFilter) ([]campaigns.Spell, error)
	SpellTotals(ctx context.Context, f campaigns.SpellFilter, now time.Time) ([]campaigns.SpellTotal, error)
}

var spellTests = []test{
	{"a spell comes back as it was, and ends when it is saved with its end", spellKept},
	{"a period holds the spells that touch it, cut at its edges in the totals", spellTotals},
	{"spells left open end at the last sign of life of their writer", spellsClosed},
}

// noon is an instant that tests of spells count from.
func noon() time.Time { return time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour) }

func spellKept(b *bench) {
	at := noon()
	s := campaigns.Spell{Agent: 7, State: campaigns.AgentPaused, Reason: "Mittag „kurz“", Campaign: 3, Attempt: "a", From: at}
	all := campaigns.SpellFilter{From: at.Add(-time.Hour), To: at.Add(time.Hour)}
	b.must(b.SaveSpells(b.Context(), []campaigns.Spell{s}, at))
	got, err := b.Spells(b.Context(), all)
	b.must(err)
	same(b, "open", got, []campaigns.Spell{s})
	s.To, s.Reason = at.Add(time.Minute), "lunch"
	b.must(b.SaveSpells(b.Context(), []campaigns.Spell{s, {Agent: 8, State: campaigns.AgentReady, From: at}}, at))
	all.Agent = 7
	got, err = b.Spells(b.Context(), all)
	b.must(err)
	same(b, "ended", got, []campaigns.Spell{s})
	all.Campaign = 4
	if got, err = b.Spells(b.Context(), all); err != nil || len(got) != 0 {
		b.Fatalf("another campaign has %+v, %v", got, err)
	}
}

func spellTotals(b *bench) {
	at := noon()
	spell := func(s campaigns.AgentState, reason string, from, to time.Duration) campaigns.Spell {
		out := campaigns.Spell{Agent: 7, State: s, Reason: reason, Campaign: 3, From: at.Add(from)}
		if to != 0 {
			out.To = at.Add(to)
		}
		return out
	}
	b.must(b.SaveSpells(b.Context(), []campaigns.Spell{
		spell(campaigns.AgentTalking, "", -2*time.Hour, -time.Hour), // before the period
		spell(campaigns.AgentReady, "", -time.Hour, 10*time.Minute), // into it
		spell(campaigns.AgentPaused, "lunch", 10*time.Minute, 20*time.Minute),
		spell(campaigns.AgentPaused, "coffee", 20*time.Minute, 25*time.Minute),
		spell(campaigns.AgentPaused, "lunch", 25*time.Minute, 26*time.Minute),
		spell(campaigns.AgentTalking, "", 26*time.Minute, 0), // goes on
	}, at))
	f := campaigns.SpellFilter{Agent: 7, From: at, To: at.Add(time.Hour)}
	got, err := b.SpellTotals(b.Context(), f, at.Add(30*time.Minute))
	b.must(err)
	total := func(s campaigns.AgentState, reason string, d time.Duration, n int64) campaigns.SpellTotal {
		return campaigns.SpellTotal{Agent: 7, Campaign: 3, State: s, Reason: reason, Duration: d, Count: n}
	}
	same(b, "totals", got, []campaigns.SpellTotal{
		total(campaigns.AgentPaused, "coffee", 5*time.Minute, 1), total(campaigns.AgentPaused, "lunch", 11*time.Minute, 2),
		total(campaigns.AgentReady, "", 10*time.Minute, 1), total(campaigns.AgentTalking, "", 4*time.Minute, 1),
	})
	f.Agent = 0
	spells, err := b.Spells(b.Context(), f)
	b.must(err)
	sum := time.Duration(0)
	for _, s := range spells {
		sum += s.Within(f.From, f.To, at.Add(30*time.Minute))
	}
	if len(spells) != 5 || sum != 30*time.Minute {
		b.Fatalf("%d spells of %s", len(spells), sum)
	}
}

func spellsClosed(b *bench) {
	at := noon()
	b.must(b.SaveSpells(b.Context(), []campaigns.Spell{{Agent: 7, State: campaigns.AgentReady, From: at}}, at))
	b.must(b.SaveSpells(b.Context(), nil, at.Add(time.Minute))) // alive, and then it was killed
	n, err := b.CloseSpells(b.Context())
	b.must(err)
	got, err := b.Spells(b.Context(), campaigns.SpellFilter{From: at, To: at.Add(24 * time.Hour)})
	b.must(err)
	if n != 1 || len(got) != 1 || !got[0].To.Equal(at.Add(time.Minute)) {
		b.Fatalf("closed %d: %+v", n, got)
	}
	if n, err = b.CloseSpells(b.Context()); err != nil || n != 0 {
		b.Fatalf("closed %d again, %v", n, err)
	}
}
