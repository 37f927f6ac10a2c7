package web

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/filter"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// listsView is the lists of a campaign: how far each is, whom the filter
// chooses, and who could be called again.
type listsView struct {
	within
	Rows       []campaigns.ListFigures
	Counting   bool // the figures are not the newest
	Fields     []string
	Filter     string // as it was typed
	Count      *campaigns.FilterCount
	Recycle    recycleForm
	Recyclable int64 // -1 = not counted
	Recycled   string
}

// recycleForm is who is to be called again, as it was typed.
type recycleForm struct {
	List   int64
	Chosen []string // o:no_answer, d:no_decision
	Older  string
}

func (p *Pages) campaignLists(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "lists", "Lists")
	if err != nil {
		return err
	}
	v := listsView{within: in, Filter: in.Campaign.Filter, Recyclable: -1, Recycled: r.URL.Query().Get("recycled")}
	return p.showLists(w, r, u, v, http.StatusOK)
}

func (p *Pages) showLists(w http.ResponseWriter, r *http.Request, u campaigns.User, v listsView, status int) error {
	var err error
	if v.Rows, v.Counting, err = p.figures(r, u, v.Campaign.ID); err != nil {
		return err
	}
	slices.SortStableFunc(v.Rows, func(a, b campaigns.ListFigures) int {
		return cmp.Or(cmp.Compare(b.List.Priority, a.List.Priority), cmp.Compare(a.List.Name, b.List.Name))
	})
	if v.Fields, err = p.Office.Care.Fields(r.Context(), u, v.Campaign.ID); err != nil {
		return err
	}
	return p.render(w, status, "campaign-lists.html", v)
}

// Top are the outcomes of a list, the most frequent first.
func (v listsView) Top(of map[campaigns.Outcome]int64) []outcomeCount {
	var out []outcomeCount
	for _, o := range slices.Sorted(maps.Keys(of)) {
		out = append(out, outcomeCount{o, of[o]})
	}
	slices.SortStableFunc(out, func(a, b outcomeCount) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

// outcomeCount is how often an outcome was.
type outcomeCount struct {
	Outcome campaigns.Outcome
	Count   int64
}

// Mix is the share of calls that a list gets by its weight, 0 when it has none.
func (v listsView) Mix(l campaigns.List) float64 {
	whole := 0
	for _, f := range v.Rows {
		if f.List.Active {
			whole += f.List.Weight
		}
	}
	if whole == 0 || !l.Active {
		return 0
	}
	return float64(l.Weight) / float64(whole)
}

// Again are the outcomes and dispositions after which people can be made
// callable again, with how many contacts stand there now.
func (v listsView) Again() []againChoice {
	last := map[campaigns.Outcome]int64{}
	said := map[string]int64{}
	for _, f := range v.Rows {
		for o, n := range f.Last {
			last[o] += n
		}
		for code, n := range f.Said {
			said[code] += n
		}
	}
	var out []againChoice
	for _, o := range campaigns.Outcomes() {
		if o != campaigns.Invalid && o != campaigns.Refused && last[o] > 0 {
			out = append(out, againChoice{"o:" + string(o), v.Lang.T(words(o)), last[o], slices.Contains(v.Recycle.Chosen, "o:"+string(o))})
		}
	}
	for _, t := range v.Campaign.Dispositions {
		if t.Effect != campaigns.EffectDNC && said[t.Code] > 0 {
			out = append(out, againChoice{"d:" + t.Code, v.Lang.T(t.Label), said[t.Code], slices.Contains(v.Recycle.Chosen, "d:"+t.Code)})
		}
	}
	return out
}

// againChoice is one of them.
type againChoice struct {
	Value, Text string
	Count       int64
	Chosen      bool
}

// saveList switches a list on or off, and sets its priority and weight.
func (p *Pages) saveList(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "lists", "Lists")
	if err != nil {
		return err
	}
	v, f, id := listsView{within: in, Filter: in.Campaign.Filter, Recyclable: -1}, p.form(r), pathNumber(r, "list")
	lists, err := p.Lists.Lists(r.Context(), u, in.Campaign.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(lists, func(l campaigns.List) bool { return l.ID == id }) {
		return p.nothing(w, r, u)
	}
	active, priority, weight := f.on("active"), f.whole(f.say.T("Priority"), f.text("priority")), f.whole(f.say.T("Share in the mix"), f.text("weight"))
	if err := f.err(); err != nil {
		v.Wrong = err.Error()
		return p.showLists(w, r, u, v, http.StatusUnprocessableEntity)
	}
	_, err = p.Lists.Change(r.Context(), u, id, campaigns.Change{Active: &active, Priority: &priority})
	if err == nil {
		_, err = p.Office.Care.SetWeight(r.Context(), u, id, weight)
	}
	if text, refused := sentence(err); refused {
		v.Wrong = text
		return p.showLists(w, r, u, v, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/campaigns/%d/lists?saved", in.Campaign.ID), http.StatusSeeOther)
	return nil
}

// saveFilter counts whom a filter would choose, and saves it when that is asked.
func (p *Pages) saveFilter(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "lists", "Lists")
	if err != nil {
		return err
	}
	f := p.form(r)
	v := listsView{within: in, Filter: f.text("filter"), Recyclable: -1}
	count, err := p.Office.Care.CountFilter(r.Context(), u, in.Campaign.ID, v.Filter)
	if err == nil && f.text("do") == "save" {
		v.Campaign.Filter = v.Filter
		return p.saved(w, r, u, f, &v.within, "/lists", func(status int) error { return p.showLists(w, r, u, v, status) })
	}
	status := http.StatusOK
	if bad, ok := errors.AsType[*filter.Error](err); ok {
		v.Wrong, status = bad.Error(), http.StatusUnprocessableEntity
	} else if err != nil {
		return err
	} else {
		v.Count = &count
	}
	return p.showLists(w, r, u, v, status)
}

// recycle counts who would be called again, and does it when that is asked.
func (p *Pages) recycle(w http.ResponseWriter, r *http.Request, u campaigns.User) error {
	in, err := p.in(r, u, "lists", "Lists")
	if err != nil {
		return err
	}
	f := p.form(r)
	v := listsView{within: in, Filter: in.Campaign.Filter, Recyclable: -1}
	v.Recycle = recycleForm{List: int64(f.whole(f.say.T("List"), f.text("list"))), Chosen: f.all("again"), Older: f.text("older")}
	o := campaigns.RecycleOrder{
		Campaign: in.Campaign.ID, List: v.Recycle.List,
		OlderThan: time.Duration(f.decimal(f.say.T("Days since"), v.Recycle.Older) * 24 * float64(time.Hour)),
	}
	for _, chosen := range v.Recycle.Chosen {
		if code, ok := strings.CutPrefix(chosen, "d:"); ok {
			o.Dispositions = append(o.Dispositions, code)
		}
		if outcome, ok := strings.CutPrefix(chosen, "o:"); ok {
			o.Outcomes = append(o.Outcomes, campaigns.Outcome(outcome))
		}
	}
	if err := f.err(); err != nil {
		v.Wrong = err.Error()
		return p.showLists(w, r, u, v, http.StatusUnprocessableEntity)
	}
	n, err := p.Office.Care.Recycle(r.Context(), u, o, f.text("do") != "recycle")
	if text, refused := sentence(err); refused {
		v.Wrong = text
		return p.showLists(w, r, u, v, edge.FaultOf(r.Context(), p.Log, err).Status)
	}
	if err != nil {
		return err
	}
	if f.text("do") == "recycle" {
		http.Redirect(w, r, fmt.Sprintf("/campaigns/%d/lists?recycled=%d", in.Campaign.ID, n), http.StatusSeeOther)
		return nil
	}
	v.Recyclable = n
	return p.showLists(w, r, u, v, http.StatusOK)
}
