package storagetest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Search finds calls for the compliance desk.
type Search interface {
	FindCalls(ctx context.Context, s campaigns.CallSearch) (campaigns.FoundCalls, error)
	SelectCalls(ctx context.Context, s campaigns.CallSearch) (iter.Seq2[campaigns.Call, error], int64, error)
}

var searchTests = []test{
	{"a search finds what a walk through the whole ledger finds, whatever is combined", searchCombined},
	{"pages of a search follow one another without a gap", searchPages},
	{"a search sees what was durable when it began: calls, outcomes, dispositions", searchFresh},
}

// searched is a ledger of a house with several campaigns, lists, agents.
func (b *bench) searched() []campaigns.Campaign {
	b.Helper()
	r := rand.New(rand.NewPCG(11, 12))
	var houses []campaigns.Campaign
	for _, name := range []string{"Winter", "Spring"} {
		c := b.campaign(name)
		for _, l := range []string{"one", "two"} {
			b.load(b.list(c, l, 0), b.people(30), campaigns.SkipDuplicates)
		}
		houses = append(houses, c)
	}
	outcomes := []campaigns.Outcome{campaigns.Connected, campaigns.NoAnswer, campaigns.Busy, campaigns.AbandonedMsg}
	for n := range 100 {
		c := houses[n%2]
		a := campaigns.NewAttempt(c, b.lease(c, 1)[0], []string{"+34910000001", "+34910000002"}[r.IntN(2)], time.Now())
		b.must(b.Begin(b.Context(), c, a))
		if n%25 == 24 {
			continue // goes on
		}
		e := ended(*a, outcomes[r.IntN(len(outcomes))])
		e.Agent, e.Code = r.Int64N(3), 480+r.IntN(3)
		if r.IntN(4) == 0 {
			e.SecondAgent, e.SecondAt = 1+r.Int64N(3), e.EndedAt
		}
		b.must(b.Finish(b.Context(), e))
		if e.Outcome == campaigns.Connected {
			_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: []string{"no_decision", "not_interested"}[r.IntN(2)], Agent: e.Agent})
			b.must(err)
		}
	}
	return houses
}

// chosen is a search put to one call, the slow way.
func chosen(s campaigns.CallSearch, c campaigns.Call) bool {
	code := ""
	if c.Disposition != nil {
		code = c.Disposition.Code
	}
	return (s.Number == "" || c.Number == s.Number) && strings.HasSuffix(c.Number, s.Digits) && (s.Campaign == 0 || c.Campaign == s.Campaign) &&
		(s.List == 0 || c.List == s.List) && (s.Agent == 0 || c.Agent == s.Agent || c.SecondAgent == s.Agent) &&
		(s.CallerID == "" || c.CallerID == s.CallerID) && (len(s.Outcomes) == 0 || slices.Contains(s.Outcomes, c.Outcome)) &&
		(s.Disposition == "" || code == s.Disposition) && (s.Code == 0 || c.Code == s.Code) &&
		(s.From.IsZero() || !c.IntentAt.Before(s.From)) && (s.To.IsZero() || c.IntentAt.Before(s.To))
}

func searchCombined(b *bench) {
	houses := b.searched()
	all := b.all(campaigns.CallFilter{})
	r := rand.New(rand.NewPCG(21, 22))
	maybe := func(f func()) {
		if r.IntN(4) == 0 {
			f()
		}
	}
	for n := range 300 {
		like := all[r.IntN(len(all))]
		var s campaigns.CallSearch
		maybe(func() { s.Campaign = houses[r.IntN(2)].ID })
		maybe(func() { s.List = like.List })
		maybe(func() { s.Agent = 1 + r.Int64N(4) })
		maybe(func() { s.CallerID = like.CallerID })
		maybe(func() { s.Outcomes = []campaigns.Outcome{like.Outcome, campaigns.Busy} })
		maybe(func() { s.Disposition = "no_decision" })
		maybe(func() { s.Code = like.Code })
		maybe(func() { s.From = like.IntentAt })
		maybe(func() { s.To = like.IntentAt.Add(time.Microsecond) })
		switch r.IntN(5) {
		case 0:
			s.Number = like.Number
		case 1:
			s.Digits = like.Number[len(like.Number)-1-r.IntN(9):]
		}
		var want []int64
		for _, c := range all {
			if chosen(s, c) {
				want = append(want, c.Seq)
			}
		}
		calls, total, err := b.SelectCalls(b.Context(), s)
		b.must(err)
		var got []int64
		for c, err := range calls {
			b.must(err)
			got = append(got, c.Seq)
		}
		same(b, fmt.Sprintf("search %d: %+v", n, s), got, want)
		s.Limit = 7
		found, err := b.FindCalls(b.Context(), s)
		b.must(err)
		slices.Reverse(want)
		same(b, fmt.Sprintf("page of search %d: %+v", n, s), seqs(found.Calls), want[:min(7, len(want))])
		if found.Count != int64(len(want)) || total != found.Count || found.Behind != 0 || (found.Next != 0) != (len(want) > 7) {
			b.Fatalf("search %d: count %d and %d, want %d; behind %d, next %d", n, found.Count, total, len(want), found.Behind, found.Next)
		}
	}
}

func searchPages(b *bench) {
	houses := b.searched()
	for _, s := range []campaigns.CallSearch{{Limit: 13}, {Campaign: houses[0].ID, Limit: 13}} {
		var got []campaigns.Call
		for {
			found, err := b.FindCalls(b.Context(), s)
			b.must(err)
			got = append(got, found.Calls...)
			if s.After = found.Next; s.After == 0 {
				break
			}
		}
		want := b.all(campaigns.CallFilter{Campaign: s.Campaign, Newest: true})
		same(b, "pages", seqs(got), seqs(want))
		if !slices.IsSortedFunc(got, func(a, b campaigns.Call) int { return cmp.Compare(b.Seq, a.Seq) }) {
			b.Error("the pages are not newest first")
		}
	}
}

func searchFresh(b *bench) {
	c := b.stocked("c", 3)
	count := func(s campaigns.CallSearch) int64 {
		b.Helper()
		s.Campaign = c.ID
		found, err := b.FindCalls(b.Context(), s)
		b.must(err)
		return found.Count
	}
	sold := campaigns.CallSearch{Disposition: "no_decision"}
	for n := int64(1); n <= 3; n++ {
		a := b.begin(c, b.lease(c, 1)[0])
		if got := count(campaigns.CallSearch{}); got != n {
			b.Fatalf("call %d begun: %d found", n, got)
		}
		b.finish(a, campaigns.Connected)
		if got := count(campaigns.CallSearch{Outcomes: []campaigns.Outcome{campaigns.Connected}}); got != n {
			b.Fatalf("call %d ended: %d found", n, got)
		}
		_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "no_decision"})
		b.must(err)
		if got := count(sold); got != n {
			b.Fatalf("call %d disposed of: %d found", n, got)
		}
	}
}
