package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
)

type erasuresOutput struct{ Body ErasureList }

// ErasureList is what waits and what was done.
type ErasureList struct {
	Waiting []WaitingErasure `json:"waiting"`
	Done    []ErasureRecord  `json:"done"`
}

// WaitingErasure is a wish that a call or a hold keeps back.
type WaitingErasure struct {
	Number string    `json:"number"`
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Basis  string    `json:"basis"`
	State  string    `json:"state" enum:"asked,restricted"`
}

// ErasureRecord is what remains of what was deleted.
type ErasureRecord struct {
	At     time.Time        `json:"at"`
	By     string           `json:"by"`
	Basis  string           `json:"basis"`
	Kind   string           `json:"kind" enum:"person,retention"`
	Counts map[string]int64 `json:"counts"`
}

func (s *Server) erasures(ctx context.Context, _ *struct{}) (*erasuresOutput, error) {
	waiting, err := s.Compliance.Proof.Subjects.Waiting(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	done, err := s.Compliance.Proof.Subjects.Done(ctx, who(ctx), 1000)
	if err != nil {
		return nil, err
	}
	out := ErasureList{Waiting: []WaitingErasure{}, Done: []ErasureRecord{}}
	for _, a := range waiting {
		out.Waiting = append(out.Waiting, WaitingErasure{Number: a.Number, At: a.At, By: a.By, Basis: string(a.Basis), State: string(a.State)})
	}
	for _, d := range done {
		out.Done = append(out.Done, ErasureRecord{At: d.At, By: d.By, Basis: d.Basis, Kind: d.Kind, Counts: d.Counts})
	}
	return &erasuresOutput{out}, nil
}

// LegalHold keeps what it covers from every deletion.
type LegalHold struct {
	ID          int64     `json:"id,omitempty" readOnly:"true"`
	Scope       string    `json:"scope" enum:"number,campaign,seller,period"`
	Number      string    `json:"number,omitempty" maxLength:"20"`
	Campaign    int64     `json:"campaign_id,omitempty" minimum:"0"`
	Seller      string    `json:"seller,omitempty" maxLength:"200"`
	From        time.Time `json:"from,omitzero"`
	To          time.Time `json:"to,omitzero"`
	Reason      string    `json:"reason" maxLength:"500"`
	Until       time.Time `json:"until,omitzero" doc:"Absent: until it is released."`
	By          string    `json:"by,omitempty" readOnly:"true"`
	At          time.Time `json:"at,omitzero" readOnly:"true"`
	ReleasedAt  time.Time `json:"released_at,omitzero" readOnly:"true"`
	ReleasedBy  string    `json:"released_by,omitempty" readOnly:"true"`
	ReleasedWhy string    `json:"released_why,omitempty" readOnly:"true"`
}

func holdOut(h campaigns.Hold) LegalHold {
	return LegalHold{
		ID: h.ID, Scope: string(h.Scope), Number: h.Number, Campaign: h.Campaign, Seller: h.Seller, From: h.From, To: h.To, Reason: h.Reason,
		Until: h.Until, By: h.By, At: h.At, ReleasedAt: h.ReleasedAt, ReleasedBy: h.ReleasedBy, ReleasedWhy: h.ReleasedWhy,
	}
}

type holdsOutput struct {
	Body struct {
		Holds []LegalHold `json:"holds"`
	}
}

func (s *Server) holds(ctx context.Context, in *struct {
	Ended bool `query:"ended" doc:"Those that are over too."`
},
) (*holdsOutput, error) {
	all, err := s.Compliance.Proof.Subjects.Holds(ctx, who(ctx), in.Ended)
	if err != nil {
		return nil, err
	}
	out := &holdsOutput{}
	out.Body.Holds = make([]LegalHold, len(all))
	for i, h := range all {
		out.Body.Holds[i] = holdOut(h)
	}
	return out, nil
}

type holdOutput struct{ Body LegalHold }

func (s *Server) setHold(ctx context.Context, in *struct{ Body LegalHold }) (*holdOutput, error) {
	b := in.Body
	h, err := s.Compliance.Proof.Subjects.Hold(ctx, who(ctx), campaigns.Hold{
		Scope: campaigns.HoldScope(b.Scope), Number: b.Number, Campaign: b.Campaign, Seller: b.Seller, From: b.From, To: b.To, Reason: b.Reason, Until: b.Until,
	})
	if err != nil {
		return nil, err
	}
	return &holdOutput{holdOut(h)}, nil
}

func (s *Server) releaseHold(ctx context.Context, in *struct {
	ID   int64 `path:"id"`
	Body struct {
		Why string `json:"why" maxLength:"500"`
	}
},
) (*holdOutput, error) {
	h, err := s.Compliance.Proof.Subjects.Release(ctx, who(ctx), in.ID, in.Body.Why)
	if err != nil {
		return nil, err
	}
	return &holdOutput{holdOut(h)}, nil
}

// RetentionLine is how long a kind of data is kept.
type RetentionLine struct {
	Kind    string    `json:"kind"`
	Days    int64     `json:"days"`
	Default int64     `json:"default_days"`
	Least   int64     `json:"least_days" doc:"By the rules in force; 0 = none."`
	Law     string    `json:"law"`
	Before  time.Time `json:"before" doc:"What is older is over."`
	Due     int64     `json:"due" doc:"That the next run deletes."`
	OnHold  int64     `json:"on_hold"`
}

type retentionOutput struct {
	Body struct {
		Kinds []RetentionLine `json:"kinds"`
	}
}

const day = 24 * time.Hour

func (s *Server) retention(ctx context.Context, _ *struct{}) (*retentionOutput, error) {
	due, err := s.Compliance.Proof.Retention.Due(ctx, who(ctx), time.Now().UTC())
	if err != nil {
		return nil, err
	}
	out := &retentionOutput{}
	for _, d := range due {
		out.Body.Kinds = append(out.Body.Kinds, RetentionLine{
			Kind: d.Kind, Days: int64(d.Keep / day), Default: int64(d.Default / day), Least: int64(d.Least / day), Law: d.Law, Before: d.Before, Due: d.N, OnHold: d.Held,
		})
	}
	return out, nil
}

func (s *Server) setRetention(ctx context.Context, in *struct {
	Kind string `path:"kind" maxLength:"40"`
	Body struct {
		Days int64 `json:"days" minimum:"1" maximum:"36600"`
	}
},
) (*struct{}, error) {
	return nil, s.Compliance.Proof.Retention.Set(ctx, who(ctx), in.Kind, time.Duration(in.Body.Days)*day)
}

// AuditQuery chooses entries of the audit.
type AuditQuery struct {
	Kind    string    `query:"kind" maxLength:"60" doc:"Or its beginning."`
	By      string    `query:"by" maxLength:"64"`
	Subject string    `query:"subject" maxLength:"200"`
	From    time.Time `query:"from"`
	To      time.Time `query:"to"`
}

func (q AuditQuery) filter() campaigns.AuditFilter {
	return campaigns.AuditFilter{Kind: q.Kind, By: q.By, Subject: q.Subject, From: q.From, To: q.To}
}

// AuditLine is an entry of the audit.
type AuditLine struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	By      string    `json:"by"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail"`
}

type auditOutput struct {
	Body struct {
		Entries []AuditLine `json:"entries"`
	}
}

func (s *Server) auditPage(ctx context.Context, in *struct {
	AuditQuery

	Before int64 `query:"before" minimum:"0" doc:"Only entries before this one."`
	Limit  int   `query:"limit" minimum:"0" maximum:"1000"`
},
) (*auditOutput, error) {
	f := in.filter()
	f.Before, f.Limit = in.Before, in.Limit
	page, err := s.Compliance.Proof.Audit.Page(ctx, who(ctx), f)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	out.Body.Entries = make([]AuditLine, len(page))
	for i, e := range page {
		out.Body.Entries[i] = AuditLine(e)
	}
	return out, nil
}

func (s *Server) auditExport(ctx context.Context, in *struct {
	AuditQuery

	Format string `query:"format" enum:"csv,jsonl" default:"csv"`
},
) (*huma.StreamResponse, error) {
	u := who(ctx)
	if err := u.Allow(campaigns.ExportCalls); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", map[string]string{"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}[in.Format])
		hc.SetHeader("Content-Disposition", `attachment; filename="audit.`+in.Format+`"`)
		if err := s.Compliance.Proof.Audit.Export(ctx, u, in.filter(), in.Format, patientWriterOf(hc)); err != nil {
			s.Log.ErrorContext(ctx, "export of the audit ended early", "error", err)
			panic(http.ErrAbortHandler)
		}
	}}, nil
}
