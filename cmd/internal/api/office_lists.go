package api

import (
	"context"
	"errors"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/filter"
)

// ListFigures is how far the calling of a list has come.
type ListFigures struct {
	campaigns.ListFigures
	Penetration float64 `json:"penetration" doc:"Share of contacts tried at least once, 0 to 1."`
	PerContact  float64 `json:"attempts_per_contact" doc:"Of those that were tried."`
}

type listFiguresOutput struct {
	Body struct {
		Lists []ListFigures `json:"lists"`
	}
}

func (s *Server) listFigures(ctx context.Context, in *ByID) (*listFiguresOutput, error) {
	figures, err := s.Office.Care.Figures(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := &listFiguresOutput{}
	out.Body.Lists = []ListFigures{}
	for _, f := range figures {
		out.Body.Lists = append(out.Body.Lists, ListFigures{f, f.Penetration(), f.PerContact()})
	}
	return out, nil
}

type fieldsOutput struct {
	Body struct {
		Fields  []string `json:"fields" doc:"Headings of the lists' columns: fields.plan in a filter."`
		Columns []string `json:"columns" doc:"What every contact has."`
	}
}

func (s *Server) listFields(ctx context.Context, in *ByID) (*fieldsOutput, error) {
	fields, err := s.Office.Care.Fields(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := &fieldsOutput{}
	out.Body.Fields, out.Body.Columns = notNil(fields), filter.Known()
	return out, nil
}

type filterInput struct {
	ByID
	Body struct {
		Filter string `json:"filter" maxLength:"4000"`
	}
}

// FilterAnswer is whom a filter would choose, or what is wrong with it.
type FilterAnswer struct {
	Valid bool `json:"valid"`
	campaigns.FilterCount
	Error *FilterError `json:"error,omitempty"`
}

// FilterError is what is wrong with a filter and where.
type FilterError struct {
	Text    string `json:"text"`
	Column  int    `json:"column" doc:"Character at which it stands; the first is 1."`
	Nearest string `json:"nearest,omitempty" doc:"What was probably meant."`
	Caret   string `json:"caret" doc:"The line, and below it a sign that points at the place."`
}

type filterOutput struct{ Body FilterAnswer }

// countFilter answers 200 for a filter that is wrong as well: whoever types one
// asks with every pause, and a wrong one is no failure.
func (s *Server) countFilter(ctx context.Context, in *filterInput) (*filterOutput, error) {
	count, err := s.Office.Care.CountFilter(ctx, who(ctx), in.ID, in.Body.Filter)
	if bad, ok := errors.AsType[*filter.Error](err); ok {
		return &filterOutput{FilterAnswer{Error: &FilterError{bad.Error(), bad.Column, bad.Nearest, bad.Caret(in.Body.Filter)}}}, nil
	}
	if err != nil {
		return nil, err
	}
	return &filterOutput{FilterAnswer{Valid: true, FilterCount: count}}, nil
}

type recycleInput struct {
	ByID
	Body struct {
		List         int64    `json:"list,omitempty" minimum:"0" doc:"0 for all lists."`
		Outcomes     []string `json:"outcomes,omitempty" maxItems:"50" doc:"Of the last attempt."`
		Dispositions []string `json:"dispositions,omitempty" maxItems:"100" doc:"Codes of what the agent said last."`
		OlderThan    Duration `json:"older_than,omitempty" doc:"Since the last attempt began."`
		Dry          bool     `json:"dry,omitempty" doc:"Only count."`
	}
}

type recycleOutput struct {
	Body struct {
		Contacts int64 `json:"contacts"`
		Dry      bool  `json:"dry"`
	}
}

func (s *Server) recycle(ctx context.Context, in *recycleInput) (*recycleOutput, error) {
	o := campaigns.RecycleOrder{Campaign: in.ID, List: in.Body.List, Dispositions: in.Body.Dispositions, OlderThan: time.Duration(in.Body.OlderThan)}
	for _, outcome := range in.Body.Outcomes {
		o.Outcomes = append(o.Outcomes, campaigns.Outcome(outcome))
	}
	n, err := s.Office.Care.Recycle(ctx, who(ctx), o, in.Body.Dry)
	if err != nil {
		return nil, err
	}
	out := &recycleOutput{}
	out.Body.Contacts, out.Body.Dry = n, in.Body.Dry
	return out, nil
}

type weightInput struct {
	ByID
	Body struct {
		Weight int `json:"weight" minimum:"0" maximum:"1000" doc:"Share among the campaign's lists that have one; 0 for by priority alone."`
	}
}

func (s *Server) setWeight(ctx context.Context, in *weightInput) (*listOutput, error) {
	return listAnswer(s.Office.Care.SetWeight(ctx, who(ctx), in.ID, in.Body.Weight))
}
