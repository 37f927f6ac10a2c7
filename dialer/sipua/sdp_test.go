package sipua_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/forecall/forecall/dialer/sipua"
)

func head(ip string) string {
	return "v=0\r\no=- 9 3 IN IP4 " + ip + "\r\ns=-\r\nc=IN IP4 " + ip + "\r\nt=0 0\r\n"
}

func TestADescriptionIsReadAsItWasMeant(t *testing.T) {
	for name, tc := range map[string]struct {
		sdp  string
		want func(sipua.SDPAudio) bool
	}{
		"codecs in order, events": {head("192.0.2.1") + "m=audio 4000 RTP/AVP 18 8 0 96\r\na=rtpmap:96 telephone-event/8000\r\na=ptime:30\r\n", func(a sipua.SDPAudio) bool {
			return slices.Equal(a.Codecs, []uint8{8, 0}) && a.EventPT == 96 && a.Ptime == 30 && a.Addr.String() == "192.0.2.1:4000" && a.RTCP.Port() == 4001 && a.Direction == sipua.SendRecv && !a.Hold && a.SessionID == 9 && a.Version == 3
		}},
		"hold by sendonly":  {head("192.0.2.1") + "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", func(a sipua.SDPAudio) bool { return a.Hold && a.Direction == sipua.SendOnly }},
		"hold by inactive":  {head("192.0.2.1") + "a=inactive\r\nm=audio 4000 RTP/AVP 0\r\n", func(a sipua.SDPAudio) bool { return a.Hold && a.Direction == sipua.Inactive }},
		"hold by 0.0.0.0":   {head("0.0.0.0") + "m=audio 4000 RTP/AVP 0\r\n", func(a sipua.SDPAudio) bool { return a.Hold && a.Direction == sipua.SendRecv }},
		"held by the other": {head("192.0.2.1") + "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n", func(a sipua.SDPAudio) bool { return !a.Hold && a.Direction == sipua.RecvOnly }},
		"address of the stream": {head("192.0.2.1") + "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.9\r\n", func(a sipua.SDPAudio) bool {
			return a.Addr.Addr().String() == "192.0.2.9"
		}},
		"IPv6":           {"v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n", func(a sipua.SDPAudio) bool { return a.Addr.String() == "[2001:db8::1]:4000" }},
		"rtcp attribute": {head("192.0.2.1") + "m=audio 4000 RTP/AVP 0\r\na=rtcp:5001 IN IP4 192.0.2.8\r\n", func(a sipua.SDPAudio) bool { return a.RTCP.String() == "192.0.2.8:5001" }},
		"rtcp-mux":       {head("192.0.2.1") + "m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n", func(a sipua.SDPAudio) bool { return a.RTCPMux && a.RTCP == a.Addr }},
		"video first":    {head("192.0.2.1") + "m=video 5000 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 0\r\n", func(a sipua.SDPAudio) bool { return a.Addr.Port() == 4000 }},
		"SAVP before AVP": {head("192.0.2.1") + "m=audio 5000 RTP/SAVP 0\r\nm=audio 4000 RTP/AVP 0\r\n", func(a sipua.SDPAudio) bool {
			return a.Addr.Port() == 4000
		}},
		"refused":            {head("192.0.2.1") + "m=audio 0 RTP/AVP 0\r\n", func(a sipua.SDPAudio) bool { return a.Addr.Port() == 0 }},
		"0 is not PCMU here": {head("192.0.2.1") + "m=audio 4000 RTP/AVP 0 8\r\na=rtpmap:0 G723/8000\r\na=rtpmap:8 PCMA/8000/1\r\n", func(a sipua.SDPAudio) bool { return slices.Equal(a.Codecs, []uint8{8}) }},
	} {
		a, err := sipua.ParseAudio([]byte(tc.sdp))
		if err != nil || !tc.want(a) {
			t.Errorf("%s: %v, %+v", name, err, a)
		}
	}
}

func TestABrokenOrDangerousDescriptionIsAnError(t *testing.T) {
	for name, sdp := range map[string]string{
		"empty":             "",
		"no connection":     "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
		"a name":            "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 evil.example\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
		"type does not fit": "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP6 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
		"zone":              "v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP6 fe80::1%eth0\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
		"port out of range": head("192.0.2.1") + "m=audio 70000 RTP/AVP 0\r\n",
		"negative port":     head("192.0.2.1") + "m=audio -4 RTP/AVP 0\r\n",
		"no audio":          head("192.0.2.1") + "m=video 4000 RTP/AVP 96\r\n",
		"no codec of ours":  head("192.0.2.1") + "m=audio 4000 RTP/AVP 9 18\r\n",
		"rtcp to a name":    head("192.0.2.1") + "m=audio 4000 RTP/AVP 0\r\na=rtcp:5000 IN IP4 evil.example\r\n",
		"rtcp port":         head("192.0.2.1") + "m=audio 4000 RTP/AVP 0\r\na=rtcp:99999\r\n",
		"too long":          head("192.0.2.1") + "m=audio 4000 RTP/AVP 0\r\n" + strings.Repeat("a=x:y\r\n", 5000),
		"garbage":           "\x00\xff\xfe",
	} {
		if a, err := sipua.ParseAudio([]byte(sdp)); err == nil {
			t.Errorf("%s was read as %+v", name, a)
		} else if !errors.Is(err, sipua.ErrSDP) && !errors.Is(err, sipua.ErrNoCodec) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAnswerFitsItsOffer(t *testing.T) {
	local := sipua.SDPAudio{Addr: netip.MustParseAddrPort("198.51.100.1:8000"), SessionID: 5, Version: 2}
	offer := head("192.0.2.1") + "m=video 5000 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 9 0 8 97\r\na=rtpmap:97 telephone-event/8000\r\na=sendonly\r\na=rtcp-mux\r\n"
	raw, got, err := sipua.Answer([]byte(offer), local)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Codecs, []uint8{0, 8}) || got.EventPT != 97 || got.Direction != sipua.RecvOnly || got.RTCPMux {
		t.Errorf("answer %+v", got)
	}
	if !strings.Contains(string(raw), "m=video 0 RTP/AVP 96") || strings.Index(string(raw), "m=video") > strings.Index(string(raw), "m=audio") {
		t.Errorf("streams of the answer:\n%s", raw)
	}
	back, err := sipua.ParseAudio(raw)
	if err != nil || back.Addr != local.Addr || back.SessionID != 5 || back.Version != 2 || back.Ptime != 20 || back.EventPT != 97 {
		t.Errorf("read back %+v, %v", back, err)
	}
	local.Direction = sipua.Inactive
	if _, got, err = sipua.Answer([]byte(offer), local); err != nil || got.Direction != sipua.Inactive || !got.Hold {
		t.Errorf("answer of a holder %+v, %v", got, err)
	}
	local.Codecs = []uint8{sipua.PCMA}
	if _, got, err = sipua.Answer([]byte(offer), local); err != nil || !slices.Equal(got.Codecs, []uint8{8}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, _, err := sipua.Answer([]byte(head("192.0.2.1")+"m=audio 4000 RTP/AVP 0\r\n"), local); !errors.Is(err, sipua.ErrNoCodec) {
		t.Errorf("no common codec: %v", err)
	}
	if _, _, err := sipua.Answer([]byte(offer), sipua.SDPAudio{}); err == nil {
		t.Error("answered without an address")
	}
}

func TestAnOfferHasG711EventsAndPtime(t *testing.T) {
	raw, err := sipua.BuildOffer(sipua.SDPAudio{Addr: netip.MustParseAddrPort("[2001:db8::7]:8000"), SessionID: 1, Version: 1, RTCPMux: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"m=audio 8000 RTP/AVP 8 0 101", "c=IN IP6 2001:db8::7", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16", "a=ptime:20", "a=sendrecv", "a=rtcp-mux"} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
	for _, bad := range []sipua.SDPAudio{
		{}, {Addr: netip.MustParseAddrPort("192.0.2.1:1"), Codecs: []uint8{18}}, {Addr: netip.MustParseAddrPort("192.0.2.1:1"), EventPT: 3},
		{Addr: netip.MustParseAddrPort("[fe80::1%eth0]:1")},
	} {
		if _, err := sipua.BuildOffer(bad); err == nil {
			t.Errorf("offer from %+v", bad)
		}
	}
}

func FuzzSDP(f *testing.F) {
	f.Add([]byte(sdpAt("192.0.2.1", 4000, "a=sendonly", "a=rtcp:4001 IN IP4 192.0.2.1")))
	f.Add([]byte(head("0.0.0.0") + "m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := sipua.ParseAudio(b)
		if err != nil {
			return
		}
		if !a.Addr.Addr().IsValid() || len(a.Codecs) == 0 {
			t.Errorf("read %+v", a)
		}
		raw, _, err := sipua.Answer(b, sipua.SDPAudio{Addr: netip.MustParseAddrPort("192.0.2.2:4000")})
		if err != nil {
			return
		}
		if _, err := sipua.ParseAudio(raw); err != nil {
			t.Errorf("our answer cannot be read: %v\n%s", err, raw)
		}
	})
}

func FuzzURI(f *testing.F) {
	for _, s := range []string{"sip:+34600111222@10.0.0.1:5060", "alice", "sip:10.0.0.1", "[::1]", "a@[::1]:5", "1;maddr=x", "sip:a@b?x=y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := sipua.ParseURI(s)
		if err == nil && strings.ContainsAny(u.String(), "\r\n;<>?\" \x00") {
			t.Errorf("%q became %q", s, u.String())
		}
	})
}
