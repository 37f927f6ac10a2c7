package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// CallDetail is one call with its time line.
type CallDetail struct {
	Call
	SecondAgent string          `json:"second_agent,omitempty" doc:"Who had the person at the end, when that was another."`
	Script      string          `json:"script_version,omitempty"`
	Events      []CallEvent     `json:"events" doc:"In the order of time."`
	Talks       []AgentTalk     `json:"talks" doc:"Who had the person when, of a call that was passed on."`
	Sides       []SideLeg       `json:"side_legs" doc:"Outside numbers that were called meanwhile."`
	Recording   *RecordingFacts `json:"recording,omitempty"`
}

// CallEvent is one thing that happened during a call.
type CallEvent struct {
	At     time.Time               `json:"at"`
	Kind   campaigns.CallEventKind `json:"kind"`
	By     int64                   `json:"by,omitempty"`
	Login  string                  `json:"by_login,omitempty"`
	Detail string                  `json:"detail,omitempty"`
	// Offset is where it lies in the recording.
	Offset *Seconds `json:"offset,omitempty" doc:"Seconds since the recording began."`
}

// AgentTalk is when an agent had the person.
type AgentTalk struct {
	Agent int64     `json:"agent_id"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
}

// SideLeg is a call to an outside number during a call.
type SideLeg struct {
	Number     string            `json:"number"`
	Agent      int64             `json:"agent_id"`
	IntentAt   time.Time         `json:"intent_at"`
	AnsweredAt time.Time         `json:"answered_at,omitzero"`
	EndedAt    time.Time         `json:"ended_at,omitzero"`
	Outcome    campaigns.Outcome `json:"outcome,omitempty"`
	Trunk      string            `json:"trunk,omitempty"`
	Code       int               `json:"sip_final_code,omitempty"`
}

// Seconds is a length of time as a number, for players.
type Seconds float64

// RecordingFacts is what is known of a recording.
type RecordingFacts struct {
	Began    time.Time `json:"began"`
	Duration Seconds   `json:"duration" doc:"Seconds."`
	Octets   int64     `json:"octets"`
	SHA256   string    `json:"sha256"`
	Gaps     []Gap     `json:"gaps" doc:"Pauses, silent."`
	Repaired bool      `json:"repaired" doc:"The service was killed during the call; the file was completed at the next start."`
}

// Gap is a pause of a recording, in seconds since it began.
type Gap struct {
	From Seconds `json:"from"`
	To   Seconds `json:"to"`
}

func secondsOf(d time.Duration) Seconds { return Seconds(rounded(d.Seconds(), 3)) }

// ByAttempt names a call (exported for the same reason as ByID).
type ByAttempt struct {
	Attempt string `path:"attempt" maxLength:"64"`
}

type callDetailOutput struct{ Body CallDetail }

func (s *Server) callDetail(ctx context.Context, in *ByAttempt) (*callDetailOutput, error) {
	d, err := s.Recordings.Call(ctx, who(ctx), in.Attempt)
	if err != nil {
		return nil, err
	}
	out := CallDetail{Call: callOf(d.Call), SecondAgent: d.SecondLogin, Script: d.ScriptVer, Events: make([]CallEvent, len(d.Events))}
	for i, e := range d.Events {
		out.Events[i] = CallEvent{At: e.At.UTC(), Kind: e.Kind, By: e.By, Login: e.ByLogin, Detail: e.Detail}
		if r := d.Recording; r != nil {
			at := secondsOf(min(max(e.At.Sub(r.Began), 0), r.Duration))
			out.Events[i].Offset = &at
		}
	}
	out.Talks = each(d.Talks, func(t campaigns.AgentTalk) AgentTalk {
		return AgentTalk{Agent: t.Agent, From: t.From.UTC(), To: t.To.UTC()}
	})
	out.Sides = each(d.Sides, func(l campaigns.SideLeg) SideLeg {
		return SideLeg{
			Number: l.Number, Agent: l.Agent, IntentAt: l.IntentAt.UTC(), AnsweredAt: utc(l.AnsweredAt), EndedAt: utc(l.EndedAt),
			Outcome: l.Outcome, Trunk: l.Trunk, Code: l.Code,
		}
	})
	if r := d.Recording; r != nil {
		out.Recording = &RecordingFacts{
			Began: r.Began.UTC(), Duration: secondsOf(r.Duration), Octets: r.Octets, SHA256: r.SHA256, Repaired: r.Repaired,
			Gaps: each(r.Gaps, func(g campaigns.Gap) Gap { return Gap{From: secondsOf(g.From), To: secondsOf(g.To)} }),
		}
	}
	return &callDetailOutput{out}, nil
}

type waveformInput struct {
	ByAttempt
	Buckets int `query:"buckets" minimum:"10" maximum:"4000" default:"800"`
}

type waveformOutput struct {
	Body struct {
		Person []float64 `json:"person" doc:"Peaks of what the person said, 0 to 1."`
		House  []float64 `json:"house" doc:"Peaks of what the person heard."`
	}
}

func (s *Server) waveform(ctx context.Context, in *waveformInput) (*waveformOutput, error) {
	person, house, err := s.Recordings.Waveform(ctx, who(ctx), in.Attempt, in.Buckets)
	if err != nil {
		return nil, err
	}
	out := &waveformOutput{}
	round := func(v float64) float64 { return rounded(v, 3) }
	out.Body.Person, out.Body.House = each(person, round), each(house, round)
	return out, nil
}

// soundWithin is how long a listener may take to fetch a recording, or a piece
// of it.
const soundWithin = 10 * time.Minute

// recordingRoute is the sound of a call, as a WAV file that players can seek in.
func recordingRoute(s *Server) route {
	rt := route{
		method: get, path: "/v1/calls/{attempt}/recording", need: hearCalls, tag: "calls",
		summary: "The sound of a call: WAV, 16 bits, left the person, right what they heard",
	}
	rt.mount = func(_ *Server, h huma.API, m *guardedMux) {
		op := rt.operation()
		op.Parameters = []*huma.Param{
			{Name: "attempt", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}},
			{Name: "download", In: "query", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"1"}}, Description: "As an attachment."},
		}
		op.Responses = map[string]*huma.Response{"200": {
			Description: "The file; pieces of it with Range.",
			Content:     map[string]*huma.MediaType{"audio/wav": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
		}}
		h.OpenAPI().AddOperation(&op)
		m.HandleFunc(rt.pattern(), s.recording)
	}
	return rt
}

// recording gives the sound, whole or in pieces (RFC 9110 section 14).
func (s *Server) recording(w http.ResponseWriter, r *http.Request) {
	ctx, attempt := r.Context(), r.PathValue("attempt")
	download := r.URL.Query().Get("download") != ""
	rec, sound, err := s.Recordings.Hear(ctx, who(ctx), attempt, download)
	if err != nil {
		edge.FaultOf(ctx, s.Log, err).Write(w)
		return
	}
	defer func() {
		if err := sound.Close(); err != nil {
			s.Log.Warn("close a recording", "attempt", attempt, "error", err)
		}
	}()
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(soundWithin)); err != nil {
		s.Log.Debug("deadline of a recording", "error", err)
	}
	h := w.Header()
	h.Set("Content-Type", "audio/wav")
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", strconv.Quote(rec.SHA256))
	if download {
		h.Set("Content-Disposition", `attachment; filename="`+rec.Began.UTC().Format("20060102-150405")+"-"+shortID(attempt)+`.wav"`)
	}
	http.ServeContent(w, r, "", rec.Began, sound)
}

// shortID is enough of an attempt's id to tell files apart, of letters, digits
// and dashes alone.
func shortID(attempt string) string {
	out := make([]byte, 0, 13)
	for i := 0; i < len(attempt) && len(out) < 13; i++ {
		if c := attempt[i]; c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' {
			out = append(out, c)
		}
	}
	return string(out)
}
