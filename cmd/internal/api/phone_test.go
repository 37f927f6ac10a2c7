package api

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// fakeHeadsets are headsets whose state a test sets.
type fakeHeadsets struct {
	mu      sync.Mutex
	states  map[int64]campaigns.Headset
	offers  []string
	reports []campaigns.HeadsetReport
}

var errHeadsetUnknown = &campaigns.Problem{Kind: campaigns.KindNotFound, Code: "headset_unknown", Text: "There is none."}

func (f *fakeHeadsets) ConnectHeadset(_ context.Context, _ int64, offer string) (string, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.offers = append(f.offers, offer)
	return "v=0 answer", "session1", nil
}

func (f *fakeHeadsets) TestHeadset(ctx context.Context, user int64, offer string) (string, string, error) {
	return f.ConnectHeadset(ctx, user, offer)
}

func (f *fakeHeadsets) DisconnectHeadset(_ int64, session string) error {
	if session != "session1" {
		return errHeadsetUnknown
	}
	return nil
}

func (f *fakeHeadsets) EndHeadsetTest(user int64, session string) error {
	return f.DisconnectHeadset(user, session)
}

func (f *fakeHeadsets) Headset(user int64) campaigns.Headset {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h, ok := f.states[user]; ok {
		return h
	}
	return campaigns.Headset{Phase: campaigns.HeadsetNone}
}

func (f *fakeHeadsets) ReportHeadset(user int64, session string, r campaigns.HeadsetReport) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reports = append(f.reports, r)
	return f.DisconnectHeadset(user, session)
}

func (f *fakeHeadsets) set(user int64, h campaigns.Headset) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.states == nil {
		f.states = make(map[int64]campaigns.Headset)
	}
	f.states[user] = h
}

// headsetHouse is a house whose headsets a test holds.
func headsetHouse(t *testing.T) (*house, *fakeHeadsets) {
	source := &fakeHeadsets{}
	return newHouse(t, func(s *Settings, _ *http.Server) {
		s.Headsets = campaigns.NewHeadsets(source)
		s.ICEServers = []ICEServer{{URLs: []string{"stun:stun.example.com"}}}
	}), source
}

// offer sends an offer as a page does.
func (c caller) offer(path, kind, sdp string) reply {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), "POST", c.url+path, strings.NewReader(sdp))
	c.must(err)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Authorization", "Bearer "+c.token)
	return c.do(req)
}

func TestAnOfferIsAnsweredWithAPlaceToEndIt(t *testing.T) {
	h, source := headsetHouse(t)
	h.staff()
	for path, location := range map[string]string{phonePath: "/v1/agent/phone/session1", phonePath + "/echo": "/v1/agent/phone/echo/session1"} {
		for _, role := range []string{"agent", "supervisor", "manager"} {
			r := h.as(role).offer(path, sdpType, "v=0 offer").want(http.StatusCreated)
			if r.Header.Get("Location") != location || r.Header.Get("Content-Type") != sdpType || string(r.body) != "v=0 answer" {
				t.Errorf("%s, %s: %q at %q", path, role, r.body, r.Header.Get("Location"))
			}
		}
		h.as("admin").offer(path, sdpType, "v=0").fault(http.StatusForbidden, "forbidden")
		h.as("agent").offer(path, "application/json", "{}").fault(http.StatusUnsupportedMediaType, "media_type")
		h.as("agent").offer(path, sdpType, strings.Repeat("a=x\r\n", 10000)).fault(http.StatusRequestEntityTooLarge, "too_large")
	}
	for _, offer := range source.offers {
		if offer != "v=0 offer" {
			t.Errorf("offer %q", offer)
		}
	}
	ana := h.as("agent")
	ana.send("DELETE", "/v1/agent/phone/session1", nil).want(http.StatusNoContent)
	ana.send("DELETE", "/v1/agent/phone/echo/session1", nil).want(http.StatusNoContent)
	ana.send("DELETE", "/v1/agent/phone/other", nil).fault(http.StatusNotFound, "headset_unknown")
}

func TestAHeadsetIsDescribedWithItsTrouble(t *testing.T) {
	h, source := headsetHouse(t)
	h.staff()
	source.set(h.users["agent"].ID, campaigns.Headset{
		Session: "session1", Phase: campaigns.HeadsetUp, Since: time.Now(), LossUp: 0.05, LossDown: 0.01, MOS: 4.1,
		Problem: campaigns.HeadsetProblem{Code: "uplink_loss", Text: "5 % is lost.", Share: 0.05},
	})
	var got struct {
		Phone
		ICEServers []ICEServer `json:"ice_servers"`
	}
	h.as("agent").send("GET", phonePath, nil).want(http.StatusOK).into(&got)
	if !got.Connected || got.Loss != 0.05 || got.Problem == nil || got.Problem.Code != "uplink_loss" || len(got.ICEServers) != 1 {
		t.Errorf("%+v", got)
	}
	h.as("supervisor").send("GET", phonePath, nil).want(http.StatusOK).into(&got)
	if got.Connected || got.Phase != campaigns.HeadsetNone {
		t.Errorf("another's headset: %+v", got)
	}
}

func TestAPageTellsWhatItMeasured(t *testing.T) {
	h, source := headsetHouse(t)
	h.staff()
	body := map[string]any{"muted": true, "received": 123, "concealed": 0.25, "buffer_ms": 40}
	h.as("agent").send("POST", "/v1/agent/phone/session1/stats", body).want(http.StatusNoContent)
	if want := (campaigns.HeadsetReport{Muted: true, Received: 123, Concealed: 0.25, BufferMS: 40}); len(source.reports) != 1 || source.reports[0] != want {
		t.Errorf("%+v", source.reports)
	}
	h.as("agent").send("POST", "/v1/agent/phone/session1/stats", map[string]any{"muted": true, "received": 1, "concealed": 7}).want(http.StatusUnprocessableEntity)
}

func TestTheStreamOfAnAgentTellsOfTheHeadset(t *testing.T) {
	h, source := headsetHouse(t)
	u := h.hire("ana", campaigns.Agent)
	events := h.as("ana").listen("/v1/agent/events", "")
	for _, c := range []struct {
		h    campaigns.Headset
		says string
	}{
		{campaigns.Headset{Session: "s", Phase: campaigns.HeadsetUp}, `"connected":true`},
		{campaigns.Headset{Session: "s", Phase: campaigns.HeadsetLost, Problem: campaigns.HeadsetProblem{Code: "lost", Text: "Gone."}}, `"code":"lost"`},
	} {
		source.set(u.ID, c.h)
		h.must(h.floor.state(u.ID, campaigns.AgentPaused, c.says)) // wakes the stream
		phone := events.after(t, "state")
		if phone.name != "phone" || phone.id != "" || !strings.Contains(phone.data, c.says) {
			t.Errorf("%+v; want %s", phone, c.says)
		}
	}
}

// after wants the next event of another name.
func (l *listener) after(t *testing.T, name string) event {
	t.Helper()
	for {
		select {
		case e, ok := <-l.events:
			if !ok {
				t.Fatal("the stream ended")
			}
			if e.name != name {
				return e
			}
		case <-time.After(eventPatience):
			t.Fatalf("nothing but %s", name)
		}
	}
}
