package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// conversation is an agent who talks, at the API.
func conversation(t *testing.T) (h *house, ana caller, a *campaigns.Attempt) {
	h = newHouse(t)
	h.staff()
	c, l := h.running("Claims")
	c.Departments = []campaigns.Department{{Name: "Second level", Number: "+34910000000"}}
	c, err := h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	h.hire("ana", campaigns.Agent, "Claims")
	u := h.users["ana"]
	ana = h.as("ana")
	ana.send("POST", "/v1/agent/sign-in", nil).want(http.StatusOK)
	return h, ana, h.talk(u, c, h.contact(c, l, "Rita", "+34911111111"))
}

// next waits for an event of a name and reads it.
func (l *listener) await(name string, into any) {
	l.Helper()
	for {
		select {
		case e, ok := <-l.events:
			if !ok {
				l.Fatalf("the stream ended before %s", name)
			}
			if e.name != name {
				continue
			}
			if into != nil {
				l.must(json.Unmarshal([]byte(e.data), into))
			}
			return
		case <-time.After(eventPatience):
			l.Fatalf("no event %s", name)
		}
	}
}

func TestWhatGoesOnInACallIsAskedForAndToldToTheDesk(t *testing.T) {
	h, ana, a := conversation(t)
	stream := ana.listen("/v1/agent/events", "")
	stream.await("call_connected", nil)
	for _, step := range []struct {
		path string
		body any
		want func(Talk) bool
	}{
		{"hold", map[string]any{"on": true}, func(t Talk) bool { return t.OnHold }},
		{"mute", map[string]any{"on": true}, func(t Talk) bool { return t.Muted && t.OnHold }},
		{"record", map[string]any{"on": false}, func(t Talk) bool { return t.Recording == "paused" }},
		{"help", map[string]any{"on": true}, func(t Talk) bool { return t.Help }},
		{"transfer", map[string]any{"department": "Second level", "attended": true}, func(t Talk) bool {
			return t.Transfer != nil && t.Transfer.Kind == "attended" && t.Transfer.Phase == "ringing"
		}},
		{"accept", nil, func(t Talk) bool { return t.Transfer.Phase == "talking" }},
		{"conference", nil, func(t Talk) bool { return t.Transfer.Phase == "conference" }},
		{"transfer/cancel", nil, func(t Talk) bool { return t.Transfer.Phase == "failed" }},
	} {
		ana.send("POST", "/v1/agent/call/"+step.path, step.body).want(http.StatusOK)
		var told talkEvent
		stream.await("talk", &told)
		if told.Attempt != a.ID || !step.want(told.Talk) {
			t.Errorf("after %s: %+v", step.path, told.Talk)
		}
		var card Card
		ana.send("GET", "/v1/agent/call", nil).want(http.StatusOK).into(&card)
		if !step.want(card.Talk) || !card.Talk.Disposes {
			t.Errorf("after %s the card says %+v", step.path, card.Talk)
		}
	}
	var targets Targets
	ana.send("GET", "/v1/agent/targets", nil).want(http.StatusOK).into(&targets)
	if len(targets.Departments) != 1 || !targets.Departments[0].HasNumber || targets.Outside {
		t.Errorf("targets: %+v", targets)
	}
	ana.send("POST", "/v1/agent/call/digits", map[string]any{"digits": "12x"}).fault(http.StatusUnprocessableEntity, "digits")
	ana.send("POST", "/v1/agent/call/transfer", map[string]any{}).fault(http.StatusUnprocessableEntity, "transfer_target")
	ana.send("POST", "/v1/agent/call/note", map[string]any{"text": "wants a letter"}).want(http.StatusOK)
	ana.send("POST", "/v1/agent/call/transfer/complete", nil).want(http.StatusOK)
	var told talkEvent
	stream.await("talk", &told)
	if told.Talk.PassedTo != "Ben" || told.Talk.Disposes {
		t.Errorf("after the transfer: %+v", told.Talk)
	}
	ana.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "not_interested"}, "Idempotency-Key", "k").fault(http.StatusConflict, "call_passed_on")
	_ = h
}

func TestAClientThatComesBackIsToldWhatGoesOnInItsCall(t *testing.T) {
	_, ana, _ := conversation(t)
	first := ana.listen("/v1/agent/events", "")
	var last event
	for e := range first.events {
		if last = e; e.name == "call_connected" {
			break
		}
	}
	first.cut()
	ana.send("POST", "/v1/agent/call/hold", map[string]any{"on": true}).want(http.StatusOK)
	var told talkEvent
	ana.listen("/v1/agent/events", last.id).await("talk", &told)
	if !told.Talk.OnHold {
		t.Errorf("told %+v", told)
	}
}

func TestASupervisorListensAndItIsWrittenDown(t *testing.T) {
	h, ana, _ := conversation(t)
	sue, id := h.as("supervisor"), h.users["ana"].ID
	path := fmt.Sprintf("/v1/agents/%d/monitor", id)
	ana.send("POST", path, map[string]any{"mode": "listen"}).fault(http.StatusForbidden, "forbidden")
	sue.send("POST", "/v1/agents/999/monitor", map[string]any{"mode": "listen"}).fault(http.StatusNotFound, "agent_not_there")
	var me Agent
	sue.send("POST", path, map[string]any{"mode": "whisper"}).want(http.StatusOK).into(&me)
	if me.Supervises != id {
		t.Errorf("the supervisor: %+v", me)
	}
	var agent Agent
	ana.send("GET", "/v1/agent", nil).want(http.StatusOK).into(&agent)
	if len(agent.Monitors) != 0 {
		t.Errorf("the agent is told who listens: %+v", agent.Monitors)
	}
	me = Agent{}
	sue.send("DELETE", path, nil).want(http.StatusOK).into(&me)
	if me.Supervises != 0 {
		t.Errorf("the supervisor: %+v", me)
	}
	sue.send("POST", fmt.Sprintf("/v1/agents/%d/take-over", id), nil).fault(http.StatusConflict, "not_listening")
	sue.send("DELETE", "/v1/headphones", nil).want(http.StatusNoContent)
	entries, err := h.db.AuditEntries(t.Context(), 0, 1000)
	h.must(err)
	var kinds []string
	for _, e := range entries {
		if strings.HasPrefix(e.Kind, "agent.") {
			kinds = append(kinds, e.Kind+" by "+e.By)
		}
	}
	if got := strings.Join(kinds, ", "); got != "agent.whisper by supervisor, agent.monitor_end by supervisor" {
		t.Errorf("the audit says %s", got)
	}
}

// record gives a call a recording of three seconds: the person says a tone.
func (h *house) record(a *campaigns.Attempt) campaigns.Recording {
	h.Helper()
	path := filepath.Join(h.TempDir(), a.ID+".wav")
	var kept media.Recorded
	synctest.Test(h.T, func(*testing.T) { // three seconds in no time
		rec, err := media.NewRecording(path, time.Now())
		h.must(err)
		tone := media.PCMU.Encode(nil, media.Tone(700, 3*time.Second).PCM())
		for i := 0; i+160 <= len(tone); i += 160 {
			h.must(rec.Person().WriteFrame(media.Frame{Codec: media.PCMU, Payload: tone[i : i+160], Source: 1, Seq: uint16(i / 160), Timestamp: uint32(i)}))
			time.Sleep(20 * time.Millisecond)
		}
		kept, err = rec.Close(time.Now())
		h.must(err)
	})
	out := campaigns.Recording{
		Attempt: a.ID, Path: filepath.ToSlash(path), Began: kept.Began, Duration: kept.Duration, Octets: kept.Octets, SHA256: kept.SHA256,
		Gaps: []campaigns.Gap{{From: time.Second, To: 2 * time.Second}},
	}
	h.must(h.db.SaveRecording(h.Context(), out))
	return out
}

func TestARecordingIsPlayedInPiecesAndEveryHearingIsWrittenDown(t *testing.T) {
	h, ana, a := conversation(t)
	rec := h.record(a)
	sue, path := h.as("supervisor"), "/v1/calls/"+a.ID+"/recording"
	whole := sue.send("GET", path, nil).want(http.StatusOK)
	if got := whole.Header; got.Get("Content-Type") != "audio/wav" || got.Get("Accept-Ranges") != "bytes" || !strings.Contains(got.Get("Cache-Control"), "no-store") ||
		got.Get("Content-Disposition") != "" {
		t.Errorf("headers %v", got)
	}
	if n, want := len(whole.body), int(rec.Duration.Seconds()*8000)*4; n < want || n > want+100 || string(whole.body[:4]) != "RIFF" {
		t.Errorf("%d octets", n)
	}
	piece := sue.send("GET", path, nil, "Range", "bytes=8044-8143").want(http.StatusPartialContent)
	if string(piece.body) != string(whole.body[8044:8144]) || piece.Header.Get("Content-Range") != "bytes 8044-8143/"+strconv.Itoa(len(whole.body)) {
		t.Errorf("piece %s", piece.Header.Get("Content-Range"))
	}
	sue.send("GET", path, nil, "Range", "bytes=999999999-").want(http.StatusRequestedRangeNotSatisfiable)
	file := sue.send("GET", path+"?download=1", nil).want(http.StatusOK).Header.Get("Content-Disposition")
	if want := "attachment; filename=\"" + rec.Began.UTC().Format("20060102-150405") + "-" + a.ID[:13] + ".wav\""; file != want {
		t.Errorf("%s, want %s", file, want)
	}
	ana.send("GET", path, nil).fault(http.StatusForbidden, "forbidden")
	h.as("admin").send("GET", path, nil).fault(http.StatusForbidden, "forbidden")
	sue.send("GET", "/v1/calls/none/recording", nil).fault(http.StatusNotFound, "recording_not_found")
	var wave struct{ Person, House []float64 }
	sue.send("GET", "/v1/calls/"+a.ID+"/waveform?buckets=30", nil).want(http.StatusOK).into(&wave)
	if len(wave.Person) != 30 || wave.Person[15] < 0.05 || wave.House[15] > 0.01 {
		t.Errorf("waveform %+v", wave)
	}
	entries, err := h.db.AuditEntries(t.Context(), 0, 1000)
	h.must(err)
	var kinds []string
	for _, e := range entries {
		if strings.HasPrefix(e.Kind, "recording.") {
			kinds = append(kinds, e.Kind+" by "+e.By+" of "+e.Subject)
		}
	}
	if got, want := strings.Join(kinds, ", "), "recording.heard by supervisor of attempt "+a.ID+", recording.downloaded by supervisor of attempt "+a.ID; got != want {
		t.Errorf("the audit says %s", got)
	}
}

func TestOneCallIsShownWithItsTimeLine(t *testing.T) {
	h, _, a := conversation(t)
	rec := h.record(a)
	h.must(h.db.AddCallEvents(t.Context(), []campaigns.CallEvent{
		{Attempt: a.ID, At: rec.Began.Add(time.Second), Kind: campaigns.EventStep, By: h.users["ana"].ID, Detail: "opening <script>"},
		{Attempt: a.ID, At: rec.Began.Add(2 * time.Second), Kind: campaigns.EventTransferAsked, By: h.users["ana"].ID, Detail: "blind: +34912222222"},
	}))
	leg := campaigns.SideLeg{ID: "leg", Attempt: a.ID, Campaign: a.Campaign, Number: "+34912222222"}
	h.must(h.db.BeginSide(context.WithoutCancel(t.Context()), &leg))
	var got CallDetail
	h.as("supervisor").send("GET", "/v1/calls/"+a.ID, nil).want(http.StatusOK).into(&got)
	if got.ID != a.ID || got.Called != "…111" || len(got.Events) != 2 || got.Events[0].Login != "ana" || *got.Events[0].Offset != 1 || got.Events[1].Detail != "blind: …222" {
		t.Errorf("call %+v", got)
	}
	if len(got.Sides) != 1 || got.Sides[0].Number != "…222" || got.Recording == nil || got.Recording.Duration != 3 || got.Recording.Gaps[0] != (Gap{From: 1, To: 2}) {
		t.Errorf("call %+v", got)
	}
	h.as("manager").send("GET", "/v1/calls/"+a.ID, nil).want(http.StatusOK).into(&got)
	if got.Called != "+34911111111" {
		t.Errorf("the manager sees %s", got.Called)
	}
	h.as("manager").send("GET", "/v1/calls/nothing", nil).fault(http.StatusNotFound, "call_not_found")
	h.as("agent").send("GET", "/v1/calls/"+a.ID, nil).fault(http.StatusForbidden, "forbidden")
}

func TestACampaignSaysHowItsCallsAreRecordedAndPassedOn(t *testing.T) {
	h := newHouse(t).staff()
	c, _ := h.running("Claims")
	m, path := h.as("manager"), fmt.Sprintf("/v1/campaigns/%d", c.ID)
	var got Campaign
	m.send("PATCH", path, map[string]any{
		"recording":   map[string]any{"mode": "announce", "announcement": "recorded.wav"},
		"departments": []map[string]any{{"name": "Claims", "agents": []string{"ana"}, "number": "+34910000000"}}, "outside_transfer": true, "hold_music": "calm.wav",
	}).want(http.StatusOK).into(&got)
	if got.Recording.Mode != campaigns.RecordAnnounce || len(got.Departments) != 1 || !got.OutsideTransfer || got.HoldMusic != "calm.wav" {
		t.Errorf("campaign %+v", got.CampaignTalk)
	}
	m.send("PATCH", path, map[string]any{"hold_music": "../secret.wav"}).fault(http.StatusUnprocessableEntity, "prompt_invalid")
	m.send("PATCH", path, map[string]any{"recording": map[string]any{"mode": "announce"}}).fault(http.StatusUnprocessableEntity, "campaign_invalid")
	m.send("PATCH", path, map[string]any{"departments": []map[string]any{{"name": "Empty"}}}).fault(http.StatusUnprocessableEntity, "campaign_invalid")
}
