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

// F38: the media moves twice, is held, resumed, renewed by UPDATE and by an
// offer of ours, and an offer without G.711 is refused; all in one call.
func TestTheSoundFollowsEveryOfferInsideTheCall(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "reinvite", 1)
	trunks := open(t, trunkTo("a", peer.at))
	leg := mustAnswer(t, trunks, request(callee))
	eventually(t, "the last offer is refused", func() bool { return saw(peer, "SIP/2.0 488 ") && peer.received("ACK") >= 7 })
	stillUp(t, leg)
	leg.Hangup(within(t))
	peer.satisfied(t)
	if s := trunks.State()[0]; s.Placed != 1 || s.Answered != 1 {
		t.Errorf("state %+v", s)
	}
}

// A person who puts us on hold is not taken for dead air: the leg says so.
func TestALegKnowsThatItIsOnHold(t *testing.T) {
	t.Parallel()
	calls := make(chan *person, 1)
	settings := newMedia(t)
	settings.EventPT = sound.EventPT
	trunks := open(t, trunkTo("a", carrier(t, answerWithMedia(t, settings, calls))))
	leg := mustAnswer(t, trunks, request(callee))
	other := <-calls
	session, err := media.Open(settings)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	offer, err := sound.New(session, []media.Codec{media.PCMU}).Offer()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		direction string
		held      bool
	}{{"sendrecv", false}, {"sendonly", true}, {"sendrecv", false}, {"inactive", true}} {
		changed := strings.ReplaceAll(string(offer), "a=sendrecv", "a="+step.direction)
		if _, err := other.call.Reinvite(within(t), []byte(changed)); err != nil {
			t.Fatal(step.direction, err)
		}
		if held := leg.(dialer.Holder).Held(); held != step.held {
			t.Errorf("%s: held %t", step.direction, held)
		}
	}
	leg.Hangup(within(t))
	wait(t, "the callee is hung up on", other.call.Done())
}

// The carrier moves its end of the sound to another port, as after an attended
// transfer in its network: we are heard there, and hear it.
func TestTheSoundMovesWithTheCarrier(t *testing.T) {
	t.Parallel()
	calls := make(chan *person, 1)
	settings := newMedia(t)
	settings.EventPT = sound.EventPT
	trunks := open(t, trunkTo("a", carrier(t, answerWithMedia(t, settings, calls))))
	leg := mustAnswer(t, trunks, request(callee))
	other := <-calls
	moved, err := media.Open(settings)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = moved.Close() }()
	there := sound.New(moved, []media.Codec{media.PCMU}) // and to another law
	offer, err := there.Offer()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := other.call.Reinvite(within(t), offer)
	if err == nil {
		err = there.Follow(answer)
	}
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := listen(leg.Audio()), listen(moved)
	ctx := within(t)
	go func() { _ = media.Play(ctx, leg.Audio(), media.Tone(440, 1200*time.Millisecond)) }()
	go func() { _ = media.Play(ctx, moved, media.Tone(1000, 1200*time.Millisecond)) }()
	wait(t, "heard at the new place", theirs.full)
	wait(t, "heard from the new place", ours.full)
	if a, b := toneShare(theirs.pcm, 440), toneShare(ours.pcm, 1000); a < 0.9 || b < 0.9 {
		t.Errorf("tone shares %.2f and %.2f", a, b)
	}
	leg.Hangup(context.Background())
	wait(t, "the callee is hung up on", other.call.Done())
	if e := other.call.End(); e.By != sipua.ByRemote {
		t.Errorf("%+v", e)
	}
}
