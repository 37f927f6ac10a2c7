package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/intake"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

const promptsPath = "/v1/prompts"

// Prompt is a recorded message.
type Prompt struct {
	campaigns.PromptFile
	LengthMS int64 `json:"length_ms,omitempty" doc:"0 when it was laid into the folder by hand."`
}

func promptOf(p campaigns.PromptFile) Prompt {
	p.UsedBy = notNil(p.UsedBy)
	return Prompt{p, p.Length.Milliseconds()}
}

type promptsOutput struct {
	Body struct {
		Prompts []Prompt `json:"prompts"`
	}
}

func (s *Server) prompts(ctx context.Context, _ *struct{}) (*promptsOutput, error) {
	list, err := s.Office.Prompts.List(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	out := &promptsOutput{}
	out.Body.Prompts = []Prompt{}
	for _, p := range list {
		out.Body.Prompts = append(out.Body.Prompts, promptOf(p))
	}
	return out, nil
}

type promptInput struct {
	exchange
	File     string `query:"file" required:"true" maxLength:"100" doc:"Plain file name, as welcome.wav."`
	Title    string `query:"title" maxLength:"800"`
	Language string `query:"language" maxLength:"35" doc:"BCP 47, as es or pt-BR."`
	Replace  bool   `query:"replace"`
}

type promptOutput struct{ Body Prompt }

// wavBody describes the body, which huma must not read.
func wavBody(op *huma.Operation) {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"audio/wav": {Schema: binary}}}
	op.Description += " The body is a WAV file, or a form with one, of at most 10 MB: PCM 16 bit, mu-law or A-law, mono, 8000 Hz."
}

func (s *Server) uploadPrompt(ctx context.Context, in *promptInput) (*promptOutput, error) {
	file := campaigns.PromptFile{File: in.File, Title: in.Title, Language: in.Language}
	if err := who(ctx).Allow(campaigns.EditCampaigns); err != nil {
		return nil, err // before ten megabytes are read
	}
	body, wire, err := (&importInput{exchange: in.exchange}).open(&intake.Options{})
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(body, campaigns.MaxPrompt+1))
	if late := wire.allowAnswer(); err == nil {
		err = late
	}
	if err != nil {
		return nil, edge.NewFault(http.StatusBadRequest, "upload_broken", "The file did not arrive whole; send it again.")
	}
	p, err := s.Office.Prompts.Upload(ctx, who(ctx), file, data, in.Replace)
	if err != nil {
		return nil, err
	}
	return &promptOutput{promptOf(p)}, nil
}

// ByFile is an input that names a file (exported for the same reason as ByID).
type ByFile struct {
	File string `path:"file" maxLength:"100"`
}

// hearPrompt streams a prompt; players may ask for a part of it.
func (s *Server) hearPrompt(ctx context.Context, in *ByFile) (*huma.StreamResponse, error) {
	f, err := s.Office.Prompts.Open(ctx, who(ctx), in.File)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer f.Close()
		r, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Cache-Control", "private, no-cache")
		http.ServeContent(w, r, "", time.Time{}, f)
	}}, nil
}

func (s *Server) deletePrompt(ctx context.Context, in *ByFile) (*struct{}, error) {
	return nil, s.Office.Prompts.Delete(ctx, who(ctx), in.File)
}

type reasonsOutput struct {
	Body struct {
		Reasons []string `json:"reasons"`
	}
}

func (s *Server) pauseReasons(ctx context.Context, _ *struct{}) (*reasonsOutput, error) {
	reasons, err := s.Office.House.PauseReasons(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	out := &reasonsOutput{}
	out.Body.Reasons = notNil(reasons)
	return out, nil
}

type reasonsInput struct {
	Body struct {
		Reasons []string `json:"reasons" maxItems:"30"`
	}
}

func (s *Server) setPauseReasons(ctx context.Context, in *reasonsInput) (*struct{}, error) {
	return nil, s.Office.House.SetPauseReasons(ctx, who(ctx), in.Body.Reasons)
}

type callerIDsInput struct {
	Since time.Time `query:"since" doc:"Calls are counted from then, usually the midnight of the house; the last 24 hours when absent."`
}

type callerIDsOutput struct {
	Body struct {
		CallerIDs []campaigns.CallerID `json:"caller_ids"`
	}
}

func (s *Server) callerIDs(ctx context.Context, in *callerIDsInput) (*callerIDsOutput, error) {
	since := in.Since
	if since.IsZero() {
		since = time.Now().Add(-24 * time.Hour)
	}
	list, err := s.Office.CallerIDs.List(ctx, who(ctx), since)
	if err != nil {
		return nil, err
	}
	out := &callerIDsOutput{}
	out.Body.CallerIDs = []campaigns.CallerID{}
	for _, c := range list {
		c.UsedBy = notNil(c.UsedBy)
		out.Body.CallerIDs = append(out.Body.CallerIDs, c)
	}
	return out, nil
}

type callerIDInput struct {
	Body struct {
		Number  string `json:"number" maxLength:"16" doc:"E.164."`
		Label   string `json:"label,omitempty" maxLength:"400"`
		Region  string `json:"region,omitempty" maxLength:"2"`
		Area    string `json:"area,omitempty" maxLength:"12" doc:"What numbers begin with that it is shown to, as +1305."`
		Pool    string `json:"pool,omitempty" maxLength:"256"`
		Most    int64  `json:"most_a_day,omitempty" minimum:"0" doc:"Calls a day above which it is warned of."`
		Rest    bool   `json:"rest,omitempty" doc:"Above most_a_day it is not shown any more that day (UTC)."`
		Blocked string `json:"blocked,omitempty" maxLength:"800" doc:"Why it is not to be shown now; absent: it may be."`
		Profile string `json:"profile,omitempty" maxLength:"300" doc:"https address of the display profile (RFC 9795)."`
	}
}

func (s *Server) putCallerID(ctx context.Context, in *callerIDInput) (*struct{}, error) {
	b := in.Body
	return nil, s.Office.CallerIDs.Put(ctx, who(ctx), campaigns.CallerID{
		Number: b.Number, Label: b.Label, Region: b.Region, Area: b.Area, Pool: b.Pool, Most: b.Most, Rest: b.Rest, Blocked: b.Blocked, Profile: b.Profile,
	})
}

// OurNumberInput names a number in the body: addresses end in logs.
type OurNumberInput struct {
	Body struct {
		Number string `json:"number" maxLength:"16" doc:"E.164."`
	}
}

func (s *Server) removeCallerID(ctx context.Context, in *OurNumberInput) (*struct{}, error) {
	return nil, s.Office.CallerIDs.Delete(ctx, who(ctx), in.Body.Number)
}
