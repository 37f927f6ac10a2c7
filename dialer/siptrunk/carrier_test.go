package siptrunk

import (
	"net/netip"
	"testing"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// carrierBehind answers every call at once, and tells of each that was answered
// and ended by us. Its Contact is the relay, as that of sippBehind.
func carrierBehind(t *testing.T, r *relay, ended chan<- struct{}) netip.AddrPort {
	t.Helper()
	settings := newMedia(t)
	return carrier(t, func(inc *sipua.Incoming) {
		session, err := media.Open(settings)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = session.Close() }()
		answer, err := sound.New(session, []media.Codec{media.PCMU}).Answer(inc.Offer())
		if err != nil {
			t.Error(err)
			return
		}
		_ = inc.Ring(180, nil)
		call, err := inc.Answer(within(t), answer)
		if err != nil {
			t.Error(err)
			return
		}
		wait(t, "we hang up", call.Done())
		if e := call.End(); e.By != sipua.ByRemote {
			t.Errorf("ended by %s", e.By)
		}
		ended <- struct{}{}
	}, func(s *sipua.Settings) { s.Listen[0].Advertise = r.at })
}
