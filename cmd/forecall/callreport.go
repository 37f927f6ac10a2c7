package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/siptrunk"
)

// step is something that happened on the way.
type step struct {
	AfterMS float64 `json:"after_ms"`
	Step    string  `json:"step"`
	Trunk   string  `json:"trunk,omitempty"`
	Code    int     `json:"code,omitempty"`
	Detail  string  `json:"detail,omitempty"`
}

// callReport is what a test call came to.
type callReport struct {
	CallID   string    `json:"sip_call_id"`
	Trunk    string    `json:"trunk"`
	Started  time.Time `json:"started_at"`
	Steps    []step    `json:"steps"`
	Answered bool      `json:"answered"`
	Outcome  string    `json:"outcome"`
	Code     int       `json:"code,omitempty"`
	Cause    int       `json:"q850_cause,omitempty"`
	Error    string    `json:"error,omitempty"`
	EndedBy  string    `json:"ended_by,omitempty"`
	Sound    *sound    `json:"sound,omitempty"`
}

// sound is how the call was heard.
type sound struct {
	Heard     uint64  `json:"packets_heard"`
	Sent      uint64  `json:"packets_sent"`
	LossShare float64 `json:"loss_share"`
	JitterMS  float64 `json:"jitter_ms"`
	MOS       float64 `json:"mos,omitempty"` // 1 to 4.41; absent when nothing was heard
}

func (r *callReport) add(at time.Time, s step) {
	s.AfterMS = float64(at.Sub(r.Started).Microseconds()) / 1000
	r.Steps = append(r.Steps, s)
}

// place calls, and stays on the line when somebody answers.
func (t *testCall) place(ctx context.Context, trunks *siptrunk.Trunks) *callReport {
	r := &callReport{CallID: "test-" + uuid.NewString() + "@forecall", Trunk: t.trunk, Started: time.Now()}
	leg, err := trunks.Dial(ctx, dialer.Request{
		CallID: r.CallID, Number: t.number, CallerID: t.callerID, Trunks: []string{t.trunk}, RingTime: t.ring,
		OnProgress: func(p dialer.Progress) {
			r.add(p.At, step{Step: string(p.Step), Trunk: p.Trunk, Code: p.Code, Detail: p.Detail})
		},
	})
	if err != nil {
		r.failed(err)
		return r
	}
	r.Answered, r.Outcome = true, "answered"
	t.listen(ctx, leg, r)
	return r
}

func (r *callReport) failed(err error) {
	failure, ok := errors.AsType[*dialer.CallError](err)
	if !ok {
		r.Outcome, r.Error = string(campaigns.Failed), err.Error()
		return
	}
	r.Outcome, r.Code, r.Cause, r.Error = string(failure.Outcome), failure.Code, failure.Q850, failure.Reason
	r.add(time.Now(), step{Step: "ended", Trunk: failure.Trunk, Code: failure.Code, Detail: failure.Reason})
}

// listen plays, listens and hangs up.
func (t *testCall) listen(ctx context.Context, leg dialer.Leg, r *callReport) {
	talking, stop := context.WithTimeout(ctx, t.talk)
	defer stop()
	played := make(chan struct{})
	go func() {
		defer close(played)
		_ = media.Play(talking, leg.Audio(), t.prompt) // ends with the call
	}()
	select {
	case <-leg.Done():
		r.EndedBy = leg.Ending().By
	case <-talking.Done():
		r.EndedBy = "us"
	}
	stop()
	<-played
	q := leg.Audio().Quality()
	r.Sound = &sound{q.PacketsReceived, q.PacketsSent, q.LossShare, q.JitterMS, q.MOS}
	leg.Hangup(context.WithoutCancel(ctx))
	r.add(time.Now(), step{Step: "ended", Detail: "by " + r.EndedBy})
}

// verdict is how the program ends: nil when answered, status 3 when the person
// was called and did not answer, 1 when nobody was called.
func (r *callReport) verdict() error {
	if r.Answered {
		return nil
	}
	switch campaigns.Outcome(r.Outcome) {
	case campaigns.RouteFailed, campaigns.Failed, campaigns.Refused, campaigns.Cancelled:
		return fmt.Errorf("the call could not be placed: %s: %s", r.Outcome, r.why())
	}
	return &exitError{exitUnanswered, fmt.Errorf("not answered: %s: %s", r.Outcome, r.why())}
}

// why names the trunk, what it answered, and what to look at when it did not.
func (r *callReport) why() string {
	switch {
	case r.Code == 0 && r.sent():
		return fmt.Sprintf("trunk %s: %s; if the carrier gave no reply at all, check host, port and transport, the firewall, and that the carrier lets this address in", r.Trunk, r.Error)
	case r.Code == 0:
		return fmt.Sprintf("trunk %s: %s", r.Trunk, r.Error)
	}
	text := fmt.Sprintf("trunk %s answered %d %s", r.Trunk, r.Code, r.Error)
	if r.Cause != 0 {
		text += fmt.Sprintf(" (Q.850 cause %d)", r.Cause)
	}
	switch r.Code {
	case 401, 403, 407:
		text += "; check username and password, and that the carrier lets this address and caller ID in"
	case 503:
		text += "; the carrier takes no calls now: too many at once for it, or it is in trouble"
	}
	return text
}

// sent tells whether anything left for the carrier.
func (r *callReport) sent() bool {
	for _, s := range r.Steps {
		if s.Step == string(dialer.StepSent) {
			return true
		}
	}
	return false
}

func (r *callReport) print(w io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	var b strings.Builder
	for _, s := range r.Steps {
		line := fmt.Sprintf("%9.1f ms  %-12s %s", s.AfterMS, s.Step, strings.Join(strings.Fields(s.Trunk+" "+s.Detail), " "))
		if s.Code != 0 {
			line += fmt.Sprintf(" (%d)", s.Code)
		}
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(&b, r.Outcome)
	if q := r.Sound; q != nil {
		fmt.Fprintf(&b, "sound: %d packets heard, %d sent, %.1f %% lost, jitter %.1f ms", q.Heard, q.Sent, 100*q.LossShare, q.JitterMS)
		if q.MOS > 0 {
			fmt.Fprintf(&b, ", MOS %.1f", q.MOS)
		}
		fmt.Fprintln(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
