package siptrunk

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// callee with sound: answers with a media session of its own.
func answerWithMedia(t testing.TB, settings media.Settings, calls chan<- *person) func(*sipua.Incoming) {
	return func(inc *sipua.Incoming) {
		p := &person{}
		var err error
		if p.session, err = media.Open(settings); err != nil {
			t.Error(err)
			return
		}
		answer, err := sound.New(p.session, []media.Codec{media.PCMA, media.PCMU}).Answer(inc.Offer())
		if err == nil {
			_ = inc.Ring(180, nil)
			p.call, err = inc.Answer(within(t), answer)
		}
		if err != nil {
			t.Error(err)
			return
		}
		calls <- p
		<-p.call.Done()
		_ = p.session.Close()
	}
}

type person struct {
	call    *sipua.Call
	session *media.Session
}

// ear collects what a port says until there is a second of it.
type ear struct {
	pcm  []int16
	full chan struct{}
}

func listen(p media.Port) *ear {
	e := &ear{full: make(chan struct{})}
	p.Connect(media.SinkFunc(func(f media.Frame) error {
		if len(e.pcm) < media.SampleRate {
			e.pcm = f.Codec.Decode(e.pcm, f.Payload)
			if len(e.pcm) >= media.SampleRate {
				close(e.full)
			}
		}
		return nil
	}))
	return e
}

func TestAnsweredCallIsHeardBothWays(t *testing.T) {
	calls := make(chan *person, 1)
	settings := newMedia(t)
	settings.EventPT = 101
	trunks := open(t, trunkTo("a", carrier(t, answerWithMedia(t, settings, calls))))
	var steps []string
	req := request(callee)
	req.OnProgress = func(p dialer.Progress) { steps = append(steps, string(p.Step)) }
	leg := mustAnswer(t, trunks, req)
	other := <-calls
	defer leg.Hangup(context.Background())
	if got := strings.Join(steps, " "); got != "sent trying ringing answered" {
		t.Errorf("steps: %s", got)
	}
	if a := leg.Answered(); a.Trunk != "a" || a.SentAt.IsZero() || a.RingingAt.Before(a.SentAt) || a.AnsweredAt.Before(a.RingingAt) {
		t.Errorf("answer: %+v", a)
	}
	if !leg.Heard().IsZero() {
		t.Error("heard before anybody spoke")
	}

	ours, theirs := listen(leg.Audio()), listen(other.session)
	ctx := within(t)
	speaking := make(chan error, 2)
	go func() { speaking <- media.Play(ctx, leg.Audio(), media.Tone(440, 1200*time.Millisecond)) }()
	go func() { speaking <- media.Play(ctx, other.session, media.Tone(1000, 1200*time.Millisecond)) }()
	wait(t, "callee hears", theirs.full)
	wait(t, "we hear", ours.full)
	for range 2 {
		if err := <-speaking; err != nil {
			t.Error(err)
		}
	}
	if share := toneShare(theirs.pcm, 440); share < 0.9 {
		t.Errorf("the callee heard %.2f of 440 Hz", share)
	}
	if share := toneShare(ours.pcm, 1000); share < 0.9 {
		t.Errorf("we heard %.2f of 1000 Hz", share)
	}
	if leg.Heard().IsZero() || leg.Audio().Quality().PacketsReceived < 50 {
		t.Errorf("heard %v, quality %+v", leg.Heard(), leg.Audio().Quality())
	}

	digits := make(chan byte, 10)
	leg.OnDigit(func(d byte) { digits <- d })
	if err := other.session.SendDigit(ctx, '9'); err != nil {
		t.Fatal(err)
	}
	if d := <-digits; d != '9' {
		t.Errorf("key %c, want 9", d)
	}

	leg.Hangup(ctx)
	wait(t, "callee is hung up on", other.call.Done())
	if e := leg.Ending(); e.By != "us" || e.At.IsZero() {
		t.Errorf("ending %+v", e)
	}
	if s := trunks.State()[0]; s.Lines != 0 || s.Answered != 1 || s.Placed != 1 || s.Codes[200] != 1 {
		t.Errorf("state %+v", s)
	}
}
