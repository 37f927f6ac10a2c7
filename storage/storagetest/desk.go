package storagetest

import (
	"context"
	"errors"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Desk is what the compliance desk asks beside the search.
type Desk interface {
	LinksOf(ctx context.Context, seq int64) ([]campaigns.ChainLink, error)
	Heard(ctx context.Context, attempt string) ([]campaigns.AuditEntry, error)
	RefusalRows(ctx context.Context, f campaigns.RefusalFilter) ([]campaigns.RefusalRow, error)
	Denials(ctx context.Context, f campaigns.RefusalFilter) ([]campaigns.Denied, error)
	AddExport(ctx context.Context, e campaigns.Export) (campaigns.Export, error)
	SaveExport(ctx context.Context, e campaigns.Export) error
	Export(ctx context.Context, id int64) (campaigns.Export, error)
	Exports(ctx context.Context, user int64, limit int) ([]campaigns.Export, error)
	OpenExports(ctx context.Context, now time.Time) (open, expired []campaigns.Export, err error)
}

var deskTests = []test{
	{"the links of every call are found in the chain, with the hash that the call shows", deskLinks},
	{"refusals are counted by day, campaign and rule, and listed once", deskRefusals},
	{"an export is kept as it was asked for, and once it is over only its file expires", deskExports},
	{"who heard a recording is found by the call", deskHeard},
}

func deskLinks(b *bench) {
	b.searched()
	for _, c := range b.all(campaigns.CallFilter{}) {
		links, err := b.LinksOf(b.Context(), c.Seq)
		b.must(err)
		want := []string{"attempt"}
		if c.Outcome != "" {
			want = append(want, "outcome")
		}
		if c.Disposition != nil {
			want = append(want, "disposition")
		}
		var kinds []string
		shown := false
		for i, l := range links {
			kinds = append(kinds, l.Kind)
			shown = shown || l.Hash == c.Hash
			if i > 0 && l.Seq <= links[i-1].Seq {
				b.Errorf("call %d: links %+v", c.Seq, links)
			}
		}
		same(b, "kinds", kinds, want)
		if !shown {
			b.Errorf("call %d: the hash it shows is none of %+v", c.Seq, links)
		}
	}
	if links, err := b.LinksOf(b.Context(), 1_000_000); err != nil || len(links) > 0 {
		b.Errorf("of no call: %+v, %v", links, err)
	}
}

func deskRefusals(b *bench) {
	c := b.stocked("closed", 3, func(c *campaigns.Campaign) { c.Windows = rules.Week{} })
	now := time.Now()
	for _, p := range b.lease(c, 3) {
		if err := b.Begin(b.Context(), c, campaigns.NewAttempt(c, p, "", now)); err == nil {
			b.Fatal("a call is placed in no window")
		}
	}
	f := campaigns.RefusalFilter{From: now.Add(-time.Hour), To: now.Add(time.Hour), Limit: 2}
	rows, err := b.RefusalRows(b.Context(), f)
	b.must(err)
	if len(rows) != 1 || rows[0].N != 3 || rows[0].Campaign != c.ID || rows[0].Rule != string(rules.Hours) || rows[0].Day != now.UTC().Truncate(24*time.Hour) {
		b.Errorf("rows %+v", rows)
	}
	first, err := b.Denials(b.Context(), f)
	b.must(err)
	f.Before = first[len(first)-1].Seq
	rest, err := b.Denials(b.Context(), f)
	b.must(err)
	if len(first) != 2 || len(rest) != 1 || first[0].Seq < first[1].Seq || rest[0].Rule != string(rules.Hours) || rest[0].Number == "" {
		b.Errorf("first %+v, rest %+v", first, rest)
	}
	f.Rule, f.Before = "dnc.internal", 0
	if none, err := b.Denials(b.Context(), f); err != nil || len(none) > 0 {
		b.Errorf("of another rule: %+v, %v", none, err)
	}
}

func deskExports(b *bench) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	asked := campaigns.Export{
		User: 7, By: "cora", At: now, Format: campaigns.FormatParquet, State: campaigns.ExportQueued, Reason: "audit", Fields: []string{"outcome"},
		Search: campaigns.CallSearch{Number: "+34600111222", Outcomes: []campaigns.Outcome{campaigns.Busy}, From: now},
	}
	e, err := b.AddExport(b.Context(), asked)
	b.must(err)
	other, err := b.AddExport(b.Context(), campaigns.Export{User: 8, By: "mia", At: now, Format: campaigns.FormatCSV, State: campaigns.ExportQueued})
	b.must(err)
	got, err := b.Export(b.Context(), e.ID)
	b.must(err)
	if got.Search.Number != asked.Search.Number || !got.Search.From.Equal(now) || got.Search.Outcomes[0] != campaigns.Busy || got.Fields[0] != "outcome" || got.By != "cora" || !got.At.Equal(now) {
		b.Errorf("kept %+v", got)
	}
	own, err := b.Exports(b.Context(), 7, 10)
	b.must(err)
	all, err := b.Exports(b.Context(), 0, 10)
	b.must(err)
	if len(own) != 1 || len(all) != 2 || all[0].ID != other.ID {
		b.Errorf("own %+v, all %+v", own, all)
	}
	e.State, e.Began, e.Ended, e.Expires, e.Rows, e.SHA256 = campaigns.ExportDone, now, now, now.Add(time.Hour), 5, "ab"
	b.must(b.SaveExport(b.Context(), e))
	e.State = campaigns.ExportCancelled
	if err := b.SaveExport(b.Context(), e); !errors.Is(err, campaigns.ErrFinished) {
		b.Errorf("what is done is cancelled: %v", err)
	}
	for at, want := range map[time.Duration]int{0: 0, time.Hour: 1} {
		open, expired, err := b.OpenExports(b.Context(), now.Add(at))
		b.must(err)
		if len(open) != 1 || open[0].ID != other.ID || len(expired) != want {
			b.Errorf("after %s: %d open, %d expired", at, len(open), len(expired))
		}
	}
	e.State = campaigns.ExportExpired
	b.must(b.SaveExport(b.Context(), e))
	if _, err := b.Export(b.Context(), 99); !errors.Is(err, campaigns.ErrNotFound) {
		b.Errorf("no export: %v", err)
	}
	b.clean()
}

func deskHeard(b *bench) {
	c := b.stocked("c", 1)
	a, _ := b.call(c, campaigns.Connected)
	for _, kind := range []string{"recording.heard", "call.dossier", "recording.downloaded"} {
		b.must(b.AddAudit(b.Context(), campaigns.AuditEntry{Kind: kind, By: "cora", Subject: "attempt " + a.ID}))
	}
	b.must(b.AddAudit(b.Context(), campaigns.AuditEntry{Kind: "recording.heard", By: "cora", Subject: "attempt other"}))
	heard, err := b.Heard(b.Context(), a.ID)
	b.must(err)
	if len(heard) != 2 || heard[0].Kind != "recording.heard" || heard[1].Kind != "recording.downloaded" || heard[0].By != "cora" {
		b.Errorf("heard %+v", heard)
	}
}
