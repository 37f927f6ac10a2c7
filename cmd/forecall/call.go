package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/siptrunk"
)

// testCall is what one test call is asked for.
type testCall struct {
	number, trunk, callerID, play string
	ring, talk                    time.Duration
	asJSON                        bool
}

func newCall() *cobra.Command {
	var t testCall
	c := &cobra.Command{
		Use: "call NUMBER", Short: "Place one test call and print what happened on each step", Args: cobra.ExactArgs(1),
		Long: `Places one call over a configured trunk, says what the carrier answered and when,
plays a tone (or --play) once answered, listens, hangs up after --talk, and
reports the sound. The number must be one that may be dialed and not be on the
do-not-call list of the data folder.

Exit status 0 when answered, 3 when not, 1 when the call could not be placed.`,
		RunE: func(c *cobra.Command, args []string) error {
			t.number = args[0]
			return t.run(c)
		},
	}
	f := c.Flags()
	f.StringVar(&t.trunk, "trunk", "", "name of the trunk (default: the first configured)")
	f.StringVar(&t.callerID, "caller-id", "", "number to show, E.164 (default: the trunk's first)")
	f.StringVar(&t.play, "play", "", "WAV file to play once answered (default: a tone of 440 Hz)")
	f.DurationVar(&t.ring, "ring", 25*time.Second, "how long to let it ring, at least 15s")
	f.DurationVar(&t.talk, "talk", 3*time.Second, "how long to stay on the line")
	f.BoolVar(&t.asJSON, "json", false, "print JSON")
	addConfigFlags(c)
	return c
}

func (t *testCall) run(c *cobra.Command) error {
	loaded, err := loadConfig(c)
	if err != nil {
		return err
	}
	number, err := t.check(c.Context(), loaded.Config)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	trunks, sound, err := openForCall(loaded.Config)
	if err != nil {
		return err
	}
	defer sound.Poller.Close()
	defer trunks.Close()
	r := t.place(c.Context(), trunks, number.E164)
	if err := r.print(c.OutOrStdout(), t.asJSON); err != nil {
		return err
	}
	if !r.Answered {
		return &exitError{exitUnanswered, errors.New("not answered: " + r.Outcome)}
	}
	return nil
}

// check refuses what must not be dialed.
func (t *testCall) check(ctx context.Context, c config.Config) (numbers.Number, error) {
	parser, err := numbers.NewParser(numbers.Policy{})
	if err != nil {
		return numbers.Number{}, err
	}
	n, err := parser.Parse(t.number, c.Import.Region)
	if err != nil {
		return n, fmt.Errorf("%q: %w", t.number, err)
	}
	if t.ring < 15*time.Second {
		return n, fmt.Errorf("--ring %s: at least 15s, or four rings (16 CFR 310.4(b)(4)(ii))", t.ring)
	}
	if len(c.Trunks) == 0 {
		return n, errors.New("trunks: none is configured; name the file with --config")
	}
	if t.trunk == "" {
		t.trunk = c.Trunks[0].Name
	}
	if !slices.ContainsFunc(c.Trunks, func(k config.Trunk) bool { return k.Name == t.trunk }) {
		return n, fmt.Errorf("--trunk %s: no such trunk is configured", t.trunk)
	}
	return n, notSuppressed(ctx, c.Data, n.E164)
}

// notSuppressed refuses a number on the do-not-call list of the data folder,
// when there is one.
func notSuppressed(ctx context.Context, folder, number string) error {
	if _, err := os.Stat(dataFile(folder)); err != nil {
		return nil
	}
	db, err := location{data: folder}.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	listed, err := db.IsDoNotCall(ctx, number)
	if err == nil && listed {
		err = errors.New("the number is on the do-not-call list")
	}
	return err
}

func openForCall(c config.Config) (*siptrunk.Trunks, media.Settings, error) {
	sound, err := node.MediaSettings(c)
	if err != nil {
		return nil, sound, err
	}
	settings, err := node.TrunkSettings(c, sound, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, sound, errors.Join(err, sound.Poller.Close())
	}
	trunks, err := siptrunk.Open(settings)
	if err != nil {
		return nil, sound, errors.Join(err, sound.Poller.Close())
	}
	return trunks, sound, nil
}

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
	CallID   string         `json:"sip_call_id"`
	Trunk    string         `json:"trunk"`
	Started  time.Time      `json:"started_at"`
	Steps    []step         `json:"steps"`
	Answered bool           `json:"answered"`
	Outcome  string         `json:"outcome"`
	Error    string         `json:"error,omitempty"`
	EndedBy  string         `json:"ended_by,omitempty"`
	Sound    *media.Quality `json:"sound,omitempty"`
}

func (r *callReport) add(at time.Time, s step) {
	s.AfterMS = float64(at.Sub(r.Started).Microseconds()) / 1000
	r.Steps = append(r.Steps, s)
}

func (t *testCall) place(ctx context.Context, trunks *siptrunk.Trunks, number string) *callReport {
	r := &callReport{CallID: "test-" + uuid.NewString() + "@forecall", Trunk: t.trunk, Started: time.Now()}
	leg, err := trunks.Dial(ctx, dialer.Request{
		CallID: r.CallID, Number: number, CallerID: t.callerID, Trunks: []string{t.trunk}, RingTime: t.ring,
		OnProgress: func(p dialer.Progress) {
			r.add(p.At, step{Step: string(p.Step), Trunk: p.Trunk, Code: p.Code, Detail: p.Detail})
		},
	})
	if failed, ok := errors.AsType[*dialer.CallError](err); ok {
		r.Outcome, r.Error = string(failed.Outcome), failed.Error()
		r.add(time.Now(), step{Step: "ended", Trunk: failed.Trunk, Code: failed.Code, Detail: failed.Reason})
		return r
	}
	if err != nil {
		r.Outcome, r.Error = "failed", err.Error()
		return r
	}
	r.Answered, r.Outcome = true, "answered"
	t.listen(ctx, leg, r)
	return r
}

// listen plays, listens and hangs up.
func (t *testCall) listen(ctx context.Context, leg dialer.Leg, r *callReport) {
	prompt, err := t.prompt()
	if err != nil {
		r.Error = err.Error()
	}
	talking, stop := context.WithTimeout(ctx, t.talk)
	defer stop()
	played := make(chan struct{})
	go func() {
		defer close(played)
		_ = media.Play(talking, leg.Audio(), prompt) // ends with the call
	}()
	select {
	case <-leg.Done():
		r.EndedBy = leg.Ending().By
	case <-talking.Done():
		r.EndedBy = "us"
	}
	stop()
	<-played
	quality := leg.Audio().Quality()
	r.Sound = &quality
	leg.Hangup(context.WithoutCancel(ctx))
	r.add(time.Now(), step{Step: "ended", Detail: "by " + r.EndedBy})
}

func (t *testCall) prompt() (media.Prompt, error) {
	if t.play == "" {
		return media.Tone(440, t.talk), nil
	}
	f, err := os.Open(t.play)
	if err != nil {
		return media.Silence(t.talk), fmt.Errorf("--play: %w", err)
	}
	defer f.Close()
	return media.LoadWAV(f)
}

func (r *callReport) print(w io.Writer, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	for _, s := range r.Steps {
		fmt.Fprintf(w, "%9.1f ms  %-12s %s %s", s.AfterMS, s.Step, s.Trunk, s.Detail)
		if s.Code != 0 {
			fmt.Fprintf(w, " (%d)", s.Code)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s\n", r.Outcome)
	if r.Sound != nil {
		fmt.Fprintf(w, "sound: %d packets heard, %d sent, %.1f %% lost, jitter %.1f ms, MOS %.1f\n",
			r.Sound.PacketsReceived, r.Sound.PacketsSent, 100*r.Sound.LossShare, r.Sound.JitterMS, r.Sound.MOS)
	}
	return nil
}
