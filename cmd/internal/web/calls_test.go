package web

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// sold is a call with everything that a call can have.
type sold struct {
	*house
	campaign campaigns.Campaign
	agent    campaigns.User
	call     campaigns.Attempt
}

// soldCall stores a call of twenty seconds in which something was sold, with
// its sound and its time line. All names are hostile.
func soldCall(h *house) sold {
	h.Helper()
	ctx, name := h.Context(), hostile[0]
	s := sold{house: h, campaign: campaigns.NewCampaign("Fibre & co")}
	s.campaign.Windows = rules.Always()
	s.campaign.ScoreForm = []campaigns.ScoreQuestion{
		{Key: "greeting", Text: "Greeted as agreed? " + name, Kind: campaigns.ScoreYesNo, Weight: 10, Fatal: true},
		{Key: "tone", Text: "Tone", Kind: campaigns.ScoreScale, Weight: 20},
		{Key: "what", Text: "What was good?", Kind: campaigns.ScoreText},
	}
	var err error
	s.campaign, err = h.db.CreateCampaign(ctx, s.campaign, "test")
	h.must(err)
	l, err := h.db.CreateList(ctx, campaigns.List{Campaign: s.campaign.ID, Name: name, Active: true})
	h.must(err)
	load, err := h.db.BeginLoad(ctx, campaigns.Load{Campaign: s.campaign.ID, List: l.ID, Source: "test", Policy: campaigns.SkipDuplicates, BeganAt: time.Now()})
	h.must(err)
	var people []campaigns.Contact
	for i := range 60 {
		people = append(people, campaigns.Contact{Row: i + 1, Name: fmt.Sprint(name, i), Phones: []campaigns.Phone{{Number: fmt.Sprintf("+346001112%02d", i), Zones: []string{"Europe/Madrid"}}}})
	}
	_, err = h.db.AddContacts(ctx, load, people, campaigns.SkipDuplicates)
	h.must(err)
	leased, err := h.db.Lease(ctx, s.campaign.ID, time.Now(), 60)
	h.must(err)
	s.agent, err = h.db.PutUser(ctx, campaigns.User{Login: "ana", Name: name, Role: campaigns.Agent, Team: "North", PasswordHash: passwordHash})
	h.must(err)
	for i, p := range leased {
		a := campaigns.NewAttempt(s.campaign, p, "+34910000000", time.Now())
		a.ScriptVer = "3.0a1b"
		h.must(h.db.Begin(ctx, s.campaign, a))
		a.Outcome, a.EndedBy, a.Trunk, a.SentAt, a.EndedAt = campaigns.NoAnswer, "us", "carrier-a", a.IntentAt, a.IntentAt.Add(20*time.Second)
		if i == 0 {
			a.Outcome, a.EndedBy, a.Agent, a.Code, a.MOS = campaigns.Connected, "callee", s.agent.ID, 200, 4.3
			a.RingingAt, a.AnsweredAt, a.BridgedAt = a.IntentAt.Add(time.Second), a.IntentAt.Add(2*time.Second), a.IntentAt.Add(2100*time.Millisecond)
			a.ConnectDelay, a.EndedAt = 100*time.Millisecond, a.IntentAt.Add(22100*time.Millisecond)
			s.call = *a
		}
		h.must(h.db.Finish(ctx, *a))
	}
	s.speak()
	_, err = h.db.Dispose(ctx, campaigns.Disposition{
		Attempt: s.call.ID, Key: "k", Agent: s.agent.ID, Code: "sale", Note: name, At: s.call.EndedAt,
		Sale:    &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "fibre", Name: name, Quantity: 2, UnitPrice: 2990}}},
		Answers: []campaigns.Answer{{Question: "speed", Value: name}},
	})
	h.must(err)
	return s
}

// speak gives the call a recording of twenty seconds, with a pause, and events.
func (s sold) speak() {
	s.Helper()
	ctx, began := s.Context(), s.call.BridgedAt
	path := filepath.Join(s.TempDir(), "call.wav")
	s.must(os.WriteFile(path, tune(20), 0o600))
	s.must(s.db.SaveRecording(ctx, campaigns.Recording{
		Attempt: s.call.ID, Path: path, Began: began, Duration: 20 * time.Second, Octets: 320_058, SHA256: strings.Repeat("ab", 32),
		Gaps: []campaigns.Gap{{From: 12 * time.Second, To: 15 * time.Second}},
	}))
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	s.must(s.db.AddCallEvents(ctx, []campaigns.CallEvent{
		{Attempt: s.call.ID, At: at(0), Kind: campaigns.EventBridged, By: s.agent.ID},
		{Attempt: s.call.ID, At: at(1), Kind: campaigns.EventStep, By: s.agent.ID, Detail: "welcome"},
		{Attempt: s.call.ID, At: at(5), Kind: campaigns.EventStep, By: s.agent.ID, Detail: hostile[0]},
		{Attempt: s.call.ID, At: at(12), Kind: campaigns.EventRecordPaused, By: s.agent.ID},
		{Attempt: s.call.ID, At: at(15), Kind: campaigns.EventRecordResumed, By: s.agent.ID},
	}))
}

// tune is a WAV file of two channels, mu-law: the person hums in the odd
// seconds, the house in the even ones.
func tune(seconds int) []byte {
	const rate = 8000
	data := make([]byte, 0, seconds*rate*2)
	for n := range seconds * rate {
		hum := mulaw(int16(9000 * math.Sin(2*math.Pi*440*float64(n)/rate)))
		if n/rate%2 == 1 {
			data = append(data, hum, 0xFF)
		} else {
			data = append(data, 0xFF, hum)
		}
	}
	le := binary.LittleEndian
	head := append([]byte("RIFF"), le.AppendUint32(nil, uint32(4+8+18+8+len(data)))...)
	head = append(head, "WAVEfmt "...)
	head = le.AppendUint32(head, 18)
	for _, v := range []uint16{7, 2} {
		head = le.AppendUint16(head, v)
	}
	head = le.AppendUint32(le.AppendUint32(head, rate), rate*2)
	for _, v := range []uint16{2, 8, 0} {
		head = le.AppendUint16(head, v)
	}
	head = append(head, "data"...)
	return append(le.AppendUint32(head, uint32(len(data))), data...)
}

// mulaw encodes a sample (ITU-T G.711).
func mulaw(v int16) byte {
	sign, n := byte(0), int(v)
	if n < 0 {
		sign, n = 0x80, -n
	}
	n = min(n, 32635) + 132
	exponent := 7
	for mask := 0x4000; n&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	return ^(sign | byte(exponent<<4) | byte(n>>(exponent+3)&0x0F))
}

func TestCallsAreFoundByTheFormAndANumberStandsInNoAddress(t *testing.T) {
	h := newHouse(t)
	s := soldCall(h)
	boss, watch := h.as(campaigns.Manager), h.as(campaigns.Supervisor)
	res, body := boss.get("/calls")
	expectNothingInline(t, body)
	if n := strings.Count(body, "<tr>") - 1; res.StatusCode != 200 || n != callsPage || !strings.Contains(body, "rel=\"next\"") {
		t.Errorf("first page: %d, %d calls", res.StatusCode, n)
	}
	_, later := boss.get("/calls?from=&after=11")
	if n := strings.Count(later, "<tr>") - 1; n != 10 || strings.Contains(later, "rel=\"next\"") {
		t.Errorf("last page: %d calls", n)
	}
	for query, want := range map[string]int{
		"outcome=connected": 1, "recorded=yes": 1, "disposition=sale": 1, "agent=" + fmt.Sprint(s.agent.ID): 1, "campaign=77": 0, "to=2020-01-01&from=": 0,
		"outcome=no_answer&recorded=no&from=": callsPage,
	} {
		if _, body := boss.get("/calls?" + query); strings.Count(body, "<tr>")-1 != want {
			t.Errorf("%s: %d calls, want %d", query, strings.Count(body, "<tr>")-1, want)
		}
	}
	if res, body := boss.get("/calls?from=yesterday"); res.StatusCode != 422 || !strings.Contains(body, "2026-11-22") {
		t.Errorf("a day that is none: %d", res.StatusCode)
	}
	res, body = boss.post("/calls", url.Values{"number": {s.call.Number}})
	if res.StatusCode != 200 || strings.Count(body, "<tr>")-1 != 1 || !strings.Contains(body, s.call.ID) {
		t.Errorf("by number: %d, %d calls", res.StatusCode, strings.Count(body, "<tr>")-1)
	}
	_, body = watch.get("/calls?recorded=yes")
	if strings.Contains(body, s.call.Number) || !strings.Contains(body, campaigns.Mask(s.call.Number)) || strings.Contains(body, "/v1/calls/export") {
		t.Error("a supervisor sees numbers in full, or an export")
	}
}

func TestACallShowsWhatHappenedAndIsScoredWithoutScript(t *testing.T) {
	h := newHouse(t)
	s := soldCall(h)
	watch := h.as(campaigns.Supervisor)
	res, body := watch.get("/calls/" + s.call.ID)
	expectNothingInline(t, body)
	for _, want := range []string{
		"answered", "welcome", "record paused", "2 × &lt;script&gt;", `class="gap" x="360"`, "/recording?download=1", "must not fail", "carrier-a", "100 ms",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%d: nothing of %q", res.StatusCode, want)
		}
	}
	if n := strings.Count(body, "mark-step"); n != 2 {
		t.Errorf("%d steps on the time line", n)
	}
	path := "/calls/" + s.call.ID + "/score"
	if res, body := watch.post(path, url.Values{"q.tone": {"9"}}); res.StatusCode != 422 || !strings.Contains(body, "class=\"wrong\"") {
		t.Errorf("a wrong score: %d", res.StatusCode)
	}
	if res, _ := watch.post(path, url.Values{"q.greeting": {"yes"}, "q.tone": {"3"}, "comment": {hostile[1]}}); res.StatusCode != 303 {
		t.Errorf("score: %d", res.StatusCode)
	}
	_, body = watch.get("/calls/" + s.call.ID)
	expectNothingInline(t, body)
	if !strings.Contains(body, "67 %") || !strings.Contains(body, `value="3" checked`) {
		t.Error("the score does not stand there")
	}
	if res, _ := h.as(campaigns.Compliance).post(path, nil); res.StatusCode != 403 {
		t.Errorf("compliance scores: %d", res.StatusCode)
	}
	if _, body := h.as(campaigns.Admin).get("/calls/" + s.call.ID); strings.Contains(body, "<audio") {
		t.Error("who may not hear recordings has a player")
	}
	if res, _ := watch.get("/calls/nobody"); res.StatusCode != 404 {
		t.Errorf("no call: %d", res.StatusCode)
	}
}

func TestPerformanceIsShownByEachTableForAPeriod(t *testing.T) {
	h := newHouse(t)
	s := soldCall(h)
	now := time.Now()
	h.must(h.db.SaveSpells(t.Context(), []campaigns.Spell{{Agent: s.agent.ID, State: campaigns.AgentReady, Campaign: s.campaign.ID, From: now.Add(-time.Hour), To: now}}, now))
	_, err := h.db.PutShift(t.Context(), campaigns.PlannedShift{Agent: s.agent.ID, From: now.Add(-2 * time.Hour), To: now.Add(-time.Minute), Kind: campaigns.ShiftWork}, "test")
	h.must(err)
	boss := h.as(campaigns.Manager)
	from := now.UTC().AddDate(0, 0, -1).Format(dayLayout)
	for table, want := range map[string]string{
		"agents": "59.80 EUR", "teams": "North", "hours": "<svg", "days": now.UTC().Format(dayLayout), "lists": "&lt;script&gt;", "campaigns": "Fibre &amp; co",
		"steps": "welcome", "answers": "speed", "shifts": "49.6 %",
	} {
		res, body := boss.get("/performance?from=" + from + "&table=" + table)
		expectNothingInline(t, body)
		if res.StatusCode != 200 || !strings.Contains(body, want) || strings.Contains(body, "Nothing happened") {
			t.Errorf("%s: %d, nothing of %q", table, res.StatusCode, want)
		}
		csv := strings.ReplaceAll(between(body, `class="back" href="`, `"`), "&amp;", "&")
		if res, body := boss.get(csv); res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/csv") || strings.Count(body, "\n") < 2 {
			t.Errorf("%s as %s: %d %s", table, csv, res.StatusCode, body)
		}
	}
	if res, _ := boss.get("/performance?zone=Mars/Olympus"); res.StatusCode != 422 {
		t.Errorf("a zone that is none: %d", res.StatusCode)
	}
	if res, _ := boss.get("/performance?table=nothing"); res.StatusCode != 422 {
		t.Errorf("a table that is none: %d", res.StatusCode)
	}
	if res, _ := h.as(campaigns.Agent).get("/performance"); res.StatusCode != 403 {
		t.Errorf("an agent: %d", res.StatusCode)
	}
}
