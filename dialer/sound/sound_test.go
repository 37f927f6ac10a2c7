package sound

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

func open(t *testing.T, codecs ...media.Codec) *Sound {
	t.Helper()
	ports, err := media.NewPortRange(30000, 30999)
	if err != nil {
		t.Fatal(err)
	}
	poller := media.NewPlainPoller()
	session, err := media.Open(media.Settings{IP: netip.MustParseAddr("127.0.0.1"), Ports: ports, Poller: poller, EventPT: EventPT})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close(); _ = poller.Close() })
	return New(session, codecs)
}

func TestOfferAndAnswerAgreeOnACodec(t *testing.T) {
	for _, c := range []struct {
		ours, theirs []media.Codec
		want         media.Codec
		err          error
	}{
		{ours: []media.Codec{media.PCMU, media.PCMA}, theirs: []media.Codec{media.PCMA, media.PCMU}, want: media.PCMU},
		{ours: []media.Codec{media.PCMA, media.PCMU}, theirs: []media.Codec{media.PCMU}, want: media.PCMU},
		{ours: []media.Codec{media.PCMA}, theirs: []media.Codec{media.PCMU}, err: sipua.ErrNoCodec},
	} {
		a, b := open(t, c.ours...), open(t, c.theirs...)
		offer, err := a.Offer()
		if err != nil {
			t.Fatal(err)
		}
		answer, err := b.Answer(offer)
		if !errors.Is(err, c.err) {
			t.Errorf("%v to %v: %v", c.ours, c.theirs, err)
		}
		if err != nil {
			continue
		}
		if err := a.Follow(answer); err != nil {
			t.Fatal(err)
		}
		if a.session.Codec() != c.want || b.session.Codec() != c.want {
			t.Errorf("%v to %v: %s and %s, want %s", c.ours, c.theirs, a.session.Codec(), b.session.Codec(), c.want)
		}
	}
}

func TestEachDescriptionHasTheNextVersionOfOneSession(t *testing.T) {
	s := open(t, media.PCMU)
	first, _ := s.Offer()
	second, _ := s.Offer()
	a, err := sipua.ParseAudio(first)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sipua.ParseAudio(second)
	if err != nil || b.SessionID != a.SessionID || b.Version != a.Version+1 {
		t.Errorf("session %d version %d after session %d version %d (%v)", b.SessionID, b.Version, a.SessionID, a.Version, err)
	}
}

func TestHoldIsKnownAndAnsweredAndEnds(t *testing.T) {
	s := open(t, media.PCMU)
	offer := "v=0\r\no=- 1 %\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=DIRECTION\r\n"
	offer = strings.Replace(offer, "1 %", "1 1 IN IP4 127.0.0.1", 1)
	for _, c := range []struct {
		direction, answer string
		held              bool
	}{{"sendrecv", "sendrecv", false}, {"sendonly", "recvonly", true}, {"inactive", "inactive", true}, {"recvonly", "sendonly", false}, {"sendrecv", "sendrecv", false}} {
		answer, err := s.Answer([]byte(strings.Replace(offer, "DIRECTION", c.direction, 1)))
		if err != nil || !strings.Contains(string(answer), "a="+c.answer) || s.Held() != c.held {
			t.Errorf("%s: held %v, %v\n%s", c.direction, s.Held(), err, answer)
		}
	}
}

func TestARefusedDescriptionChangesNothing(t *testing.T) {
	s := open(t, media.PCMU, media.PCMA)
	good := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
	if err := s.Follow([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		strings.Replace(good, "AVP 8", "AVP 18", 1), strings.Replace(good, "4000", "0", 1),
		strings.Replace(good, "c=IN IP4 127.0.0.1", "c=IN IP4 224.0.0.1", 1), "",
	} {
		if err := s.Follow([]byte(bad + "a=inactive\r\n")); err == nil {
			t.Errorf("followed:\n%s", bad)
		}
		if s.session.Codec() != media.PCMA || s.Held() {
			t.Errorf("changed to %s, held %v by:\n%s", s.session.Codec(), s.Held(), bad)
		}
	}
}
