package carrier

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/pacing/sim"
)

func TestThePeopleOfADayHaveTheScenariosSharesAndDurations(t *testing.T) {
	s := sim.Default()
	s.Answer = sim.Shares{{Is: 0.2}, {From: time.Hour, Is: 0.6}}
	s.Odds.Spread = 0.5
	s.FastFail.Share = 0.3
	r := rand.New(rand.NewPCG(1, 2))
	const n = 40000
	for _, c := range []struct {
		at    time.Duration
		share float64
	}{{59 * time.Minute, 0.2}, {2 * time.Hour, 0.6}} {
		count := map[sim.Kind]float64{}
		var talk float64
		for range n {
			p := personOf(&s, c.at, r)
			count[p.Kind]++
			talk += p.Talk.Seconds()
			if p.Kind == sim.Silent && (p.Ring < 25*time.Second || p.Ring > 30*time.Second) {
				t.Fatalf("nobody answers for %s, want 25 to 30 s", p.Ring)
			}
		}
		for kind, want := range map[sim.Kind]float64{sim.Person: c.share, sim.Busy: (1 - c.share) * 0.3, sim.Silent: (1 - c.share) * 0.7} {
			if got := count[kind] / n; math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/n) {
				t.Errorf("at %s: %.3f of the people are %s, want %.3f", c.at, got, kind, want)
			}
		}
		if mean := talk / count[sim.Person]; math.Abs(mean-180) > 12 {
			t.Errorf("at %s: they talk for %.1f s, want 180", c.at, mean)
		}
	}
}

func TestTheHourIsCountedFromDawnOnThePeoplesClock(t *testing.T) {
	c := &Carrier{settings: Settings{Speed: 10}}
	if at := c.hour(time.Time{}); at != 0 {
		t.Errorf("before dawn it is %s, want 0", at)
	}
	if at := c.hour(time.Now().Add(-time.Minute)); at < 10*time.Minute || at > 11*time.Minute {
		t.Errorf("a minute after dawn at ten times the speed it is %s, want 10 minutes", at)
	}
}

// A person of a day who is not spoken to waits, however short the talk would
// be: only then begins what a simulated conversation lasts.
func TestAPersonOfADayTalksFromTheFirstWordOn(t *testing.T) {
	s := sim.Default()
	s.Answer = sim.Always(1)
	s.Ring = sim.Dist{Shape: sim.Constant, Mean: time.Millisecond}
	s.Talk = sim.AlwaysDist(sim.Dist{Shape: sim.Constant, Mean: 50 * time.Millisecond})
	b := newBenchOf(t, Settings{Day: &s})
	call, session, err := b.call(t, within(t), "+12025550100")
	if err != nil {
		t.Fatal(err)
	}
	peer, err := sipua.ParseAudio(call.RemoteSDP())
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(media.Remote{Addr: peer.Addr, Codec: media.Codec(peer.Codecs[0]), EventPT: peer.EventPT}); err != nil {
		t.Fatal(err)
	}
	silence := time.NewTimer(300 * time.Millisecond) // six talks long
	select {
	case <-call.Done():
		t.Fatal("the person hung up before anybody had said a word")
	case <-silence.C:
	}
	session.KeepAlive(true)
	select {
	case <-call.Done():
	case <-within(t).Done():
		t.Fatal("the person who was spoken to did not hang up")
	}
	want := []Event{Invited, Ringing, Answered, Acked, HungUp}
	if got := b.events(t, "+12025550100"); !slices.Equal(got, want) {
		t.Errorf("the carrier's log holds %v, want %v", got, want)
	}
}
