package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/campaigns/report"
)

// What these routes need, under the names of the permissions.
const (
	subjectAccess  = need(campaigns.SubjectAccess)
	subjectErase   = need(campaigns.SubjectErase)
	setHolds       = need(campaigns.SetHolds)
	exportEvidence = need(campaigns.ExportEvidence)
)

// proofRoutes are evidence, persons, holds, retention and audit. Numbers travel
// in bodies: addresses stand in logs.
func (s *Server) proofRoutes() []route {
	if s.Compliance.Proof.Subjects == nil {
		return nil
	}
	long := within(30 * time.Minute)
	return []route{
		do(post, "/v1/evidence", exportEvidence, "evidence", "The ledger, or a part of it, as a signed file that verifies by itself", s.exportEvidence, long),
		do(post, "/v1/subjects/find", subjectAccess, "evidence", "Everything that is known of a number", s.findSubject, within(time.Minute)),
		do(post, "/v1/subjects/file", subjectAccess, "evidence", "The same as a file to hand over, with recordings", s.subjectFile, long),
		do(post, "/v1/subjects/erase", subjectErase, "evidence", "Forget a person; nobody calls the number from then on", s.eraseSubject, long),
		do(get, "/v1/erasures", seeCompliance, "evidence", "Erasures that wait, and what was forgotten", s.erasures),
		do(get, "/v1/holds", seeCompliance, "evidence", "Legal holds", s.holds),
		do(post, "/v1/holds", setHolds, "evidence", "Keep something from every deletion", s.setHold, created),
		do(post, "/v1/holds/{id}/release", setHolds, "evidence", "End a hold; erasures that waited for it are done", s.releaseHold, long),
		do(get, "/v1/retention", seeCompliance, "evidence", "How long what is kept, and what the next night would delete", s.retention, within(time.Minute)),
		do(http.MethodPut, "/v1/retention/{kind}", setHolds, "evidence", "Change how long a kind is kept", s.setRetention),
		do(get, "/v1/audit", seeLedger, "evidence", "Who did what, newest first", s.auditPage),
		do(get, "/v1/audit/export", seeLedger, "evidence", "The same as a file", s.auditExport, long),
	}
}

// EvidenceRequest chooses what an evidence file is about; what is absent
// chooses all.
type EvidenceRequest struct {
	Campaign int64     `json:"campaign_id,omitempty" minimum:"0"`
	Number   string    `json:"number,omitempty" maxLength:"20" doc:"E.164."`
	From     time.Time `json:"from,omitzero" doc:"Calls begun at or after."`
	To       time.Time `json:"to,omitzero" doc:"Calls begun before."`
}

func (s *Server) exportEvidence(ctx context.Context, in *struct{ Body EvidenceRequest }) (*huma.StreamResponse, error) {
	sel := evidence.Selection{Campaign: in.Body.Campaign, Number: in.Body.Number, From: in.Body.From, To: in.Body.To}
	if sel.Campaign != 0 {
		c, err := s.Book.Campaign(ctx, who(ctx), sel.Campaign)
		if err != nil {
			return nil, err
		}
		sel.CampaignName = c.Name
	}
	u := who(ctx)
	if err := s.Compliance.Proof.Evidence.Check(u, sel); err != nil {
		return nil, err
	}
	return s.zipped(ctx, "evidence.zip", func(hc huma.Context) error {
		_, err := s.Compliance.Proof.Evidence.Export(ctx, u, sel, patientWriterOf(hc), nil)
		return err
	}), nil
}

// zipped streams a zip. One that fails is cut off: who reads it sees that it is
// not whole.
func (s *Server) zipped(ctx context.Context, name string, write func(huma.Context) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/zip")
		hc.SetHeader("Content-Disposition", `attachment; filename="`+name+`"`)
		if err := write(hc); err != nil {
			s.Log.ErrorContext(ctx, "a file ended early", "file", name, "error", err)
			panic(http.ErrAbortHandler)
		}
	}}
}

// NumberRequest names a person.
type NumberRequest struct {
	Body struct {
		Number string `json:"number" maxLength:"20" doc:"E.164."`
	}
}

func (s *Server) findSubject(ctx context.Context, in *NumberRequest) (*huma.StreamResponse, error) {
	f, err := s.Compliance.Proof.Subjects.Look(ctx, who(ctx), in.Body.Number)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/json")
		if err := json.NewEncoder(hc.BodyWriter()).Encode(f); err != nil {
			s.Log.WarnContext(ctx, "an answer was not taken away whole", "error", err)
		}
	}}, nil
}

func (s *Server) subjectFile(ctx context.Context, in *NumberRequest) (*huma.StreamResponse, error) {
	f, err := s.Compliance.Proof.Subjects.File(ctx, who(ctx), in.Body.Number)
	if err != nil {
		return nil, err
	}
	u := who(ctx)
	return s.zipped(ctx, "person.zip", func(hc huma.Context) error {
		return report.WriteSubject(patientWriterOf(hc), f, func(rec campaigns.Recording) (io.ReadSeekCloser, error) {
			_, sound, err := s.Recordings.Hear(ctx, u, rec.Attempt, true) // written down, one by one
			return sound, err
		})
	}), nil
}

// ErasureRequest asks that a person be forgotten.
type ErasureRequest struct {
	Body struct {
		Number  string `json:"number" maxLength:"20"`
		Basis   string `json:"basis" enum:"objection,consent_withdrawn,no_longer_needed,unlawful,legal_duty"`
		Confirm string `json:"confirm" maxLength:"30" doc:"The number once more."`
	}
}

type erasedOutput struct{ Body ErasedAnswer }

// ErasedAnswer says what became of the wish: with a tombstone it is done.
type ErasedAnswer struct {
	State  string           `json:"state" enum:"asked,restricted,done"`
	Holds  []int64          `json:"holds,omitempty" doc:"Holds that keep the data."`
	Counts map[string]int64 `json:"counts,omitempty" doc:"What was emptied and deleted."`
}

func (s *Server) eraseSubject(ctx context.Context, in *ErasureRequest) (*erasedOutput, error) {
	ask, stone, err := s.Compliance.Proof.Subjects.Erase(ctx, who(ctx), in.Body.Number, campaigns.Basis(in.Body.Basis), in.Body.Confirm)
	if err != nil {
		return nil, err
	}
	out := ErasedAnswer{State: string(ask.State)}
	for _, h := range ask.Holds {
		out.Holds = append(out.Holds, h.ID)
	}
	if stone != nil {
		out.State, out.Counts = string(campaigns.ErasureDone), stone.Counts
	}
	return &erasedOutput{out}, nil
}
