package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestPerformanceIsATableAndAFile(t *testing.T) {
	h := newHouse(t).staff()
	c, l := h.running("solar")
	ann := h.hire("=ann", campaigns.Agent, "solar")
	h.sold(ann, c, l, "+34600000001")
	boss := h.as("manager")
	span := "?from=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) + "&to=" + time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	var got Performance
	boss.send("GET", "/v1/performance/agents"+span+"&zone=Europe/Madrid&rank=sales", nil).want(200).into(&got)
	if len(got.Rows) != 1 || got.Rows[0].Key != "=ann" || got.Rows[0].Sales != 1 || got.Rows[0].Sold["EUR"] != 1250 || got.Rows[0].Rank != 1 || got.Total.Talked != 1 {
		t.Errorf("%+v", got)
	}
	file := boss.send("GET", "/v1/performance/agents"+span+"&format=csv", nil).want(200)
	if kind := file.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv") || !strings.Contains(string(file.body), "\n'=ann,") || !strings.Contains(string(file.body), "12.50 EUR") {
		t.Errorf("%s: %s", kind, file.body)
	}
	for _, table := range campaigns.FigureTables() {
		boss.send("GET", "/v1/performance/"+string(table)+span+"&campaign=1", nil).want(200)
		boss.send("GET", "/v1/performance/"+string(table)+span+"&format=csv", nil).want(200)
	}
	boss.send("GET", "/v1/performance/agents", nil).fault(422, "period_invalid")
	boss.send("GET", "/v1/performance/agents"+span+"&zone=Mars", nil).fault(422, "period_invalid")
	boss.send("GET", "/v1/performance/agents"+span+"&rank=beauty", nil).fault(422, "rank_unknown")
	boss.send("GET", "/v1/performance/agents"+span+"&team=nowhere", nil).fault(404, "team_not_found")
}

func TestAFilterIsCountedAndItsErrorHasAPlace(t *testing.T) {
	h := newHouse(t).staff()
	c, l := h.running("solar")
	h.contact(c, l, "Ana", "+34600000001") // its plan is gold
	boss := h.as("manager")
	ask := func(text string) (a FilterAnswer) {
		boss.send("POST", "/v1/campaigns/1/filter-count", map[string]string{"filter": text}).want(200).into(&a)
		return a
	}
	if a := ask(`fields.plan == "gold"`); !a.Valid || a.Passing != 1 || a.Contacts != 1 || a.Ready != 0 {
		t.Errorf("%+v", a)
	}
	if a := ask(`fields.plna == "gold"`); a.Valid || a.Error == nil || a.Error.Nearest != "fields.plan" || a.Error.Column != 8 || !strings.HasSuffix(a.Error.Caret, "       ^") {
		t.Errorf("%+v %+v", a, a.Error)
	}
	var fields struct{ Fields, Columns []string }
	boss.send("GET", "/v1/campaigns/1/fields", nil).want(200).into(&fields)
	if !slices.Equal(fields.Fields, []string{"plan"}) || !slices.Contains(fields.Columns, "tries") {
		t.Errorf("%+v", fields)
	}
	var changed Campaign
	boss.send("PATCH", "/v1/campaigns/1", map[string]any{"filter": `fields.plan == "silver"`, "pause_reasons": []string{"Tea"}}).want(200).into(&changed)
	if changed.Filter != `fields.plan == "silver"` || !slices.Equal(changed.PauseReasons, []string{"Tea"}) {
		t.Errorf("%+v", changed.CampaignOffice)
	}
	boss.send("PATCH", "/v1/campaigns/1", map[string]any{"filter": `fields.plan ==`}).fault(422, "campaign_invalid")
	var why campaigns.Explanation
	boss.send("GET", "/v1/campaigns/1/explain?number=%2B34600000001", nil).want(200).into(&why)
	if why.Allowed || !strings.Contains(why.Summary, `fields.plan == "silver" does not hold`) {
		t.Errorf("%s", why.Summary)
	}
}

func TestListsShowHowFarTheyCame(t *testing.T) {
	h := newHouse(t).staff()
	c, l := h.running("solar")
	h.sold(h.users["agent"], c, l, "+34600000001")
	boss := h.as("manager")
	var got struct{ Lists []ListFigures }
	boss.send("GET", "/v1/campaigns/1/list-figures", nil).want(200).into(&got)
	if f := got.Lists[0]; f.Contacts != 1 || f.Done != 1 || f.Attempts != 1 || f.Penetration != 1 || f.Said["sale"] != 1 || f.PerContact != 1 {
		t.Errorf("%+v", f)
	}
	var list campaigns.List
	boss.send("PUT", "/v1/lists/1/weight", map[string]int{"weight": 70}).want(200).into(&list)
	if list.Weight != 70 {
		t.Errorf("%+v", list)
	}
	boss.send("PUT", "/v1/lists/99/weight", map[string]int{"weight": 70}).fault(404, "list_not_found")
	var n struct {
		Contacts int64
		Dry      bool
	}
	order := map[string]any{"dispositions": []string{"sale"}, "dry": true}
	boss.send("POST", "/v1/campaigns/1/recycle", order).want(200).into(&n)
	if n.Contacts != 1 || !n.Dry {
		t.Errorf("dry: %+v", n)
	}
	h.as("supervisor").send("POST", "/v1/campaigns/1/recycle", order).fault(403, "forbidden")
	order["dry"] = false
	boss.send("POST", "/v1/campaigns/1/recycle", order).want(200).into(&n)
	depth, err := h.db.Depth(t.Context(), 1, time.Now())
	if n.Contacts != 1 || err != nil || depth.Ready != 1 {
		t.Errorf("done: %+v, %+v, %v", n, depth, err)
	}
	boss.send("POST", "/v1/campaigns/1/recycle", map[string]any{"outcomes": []string{"invalid"}}).fault(422, "recycle_invalid")
	boss.send("POST", "/v1/campaigns/1/recycle", map[string]any{"dispositions": []string{"do_not_call"}}).fault(422, "recycle_invalid")
	boss.send("POST", "/v1/campaigns/1/recycle", map[string]any{}).fault(422, "recycle_invalid")
}

func TestAWebhookShowsItsSecretOnce(t *testing.T) {
	h := newHouse(t).staff()
	boss := h.as("admin")
	var made, again Webhook
	boss.send("POST", "/v1/webhooks", map[string]any{"name": "crm", "url": "https://crm.example/hook", "enabled": true, "events": []string{"sale.recorded"}}).want(201).into(&made)
	if !strings.HasPrefix(made.Secret, "whsec_") || len(made.Secret) < 40 || made.By != "admin" {
		t.Errorf("%+v", made)
	}
	all := boss.send("GET", "/v1/webhooks", nil).want(200)
	if bytes.Contains(all.body, []byte(made.Secret)) || bytes.Contains(all.body, []byte("whsec_")) {
		t.Errorf("a secret is shown: %s", all.body)
	}
	boss.send("POST", "/v1/webhooks/1/secret", nil).want(200).into(&again)
	if again.Secret == made.Secret || again.OldUntil.Before(time.Now().Add(23*time.Hour)) {
		t.Errorf("%+v", again)
	}
	boss.send("POST", "/v1/webhooks/1/test", nil).want(204)
	var log struct{ Deliveries []Delivery }
	boss.send("GET", "/v1/webhooks/1/deliveries", nil).want(200).into(&log)
	if len(log.Deliveries) != 1 || log.Deliveries[0].Kind != campaigns.EventTest || log.Deliveries[0].State != campaigns.DeliveryPending {
		t.Errorf("%+v", log)
	}
	boss.send("POST", "/v1/deliveries/1/replay", nil).want(204)
	boss.send("PUT", "/v1/webhooks/1", map[string]any{"name": "crm", "url": "https://crm.example/hook", "enabled": false}).want(200)
	boss.send("POST", "/v1/webhooks/1/test", nil).fault(409, "webhook_off")
	boss.send("DELETE", "/v1/webhooks/1", nil).want(204)
	boss.send("GET", "/v1/webhooks/1/deliveries", nil).fault(404, "webhook_not_found")
	for _, url := range []string{"ftp://x.example", "https://user:pw@x.example", "https:///path", "javascript:alert(1)", "https://x.example/#y"} {
		boss.send("POST", "/v1/webhooks", map[string]any{"name": "x", "url": url, "enabled": true}).fault(422, "webhook_invalid")
	}
	boss.send("POST", "/v1/webhooks", map[string]any{"name": "x", "url": "https://x.example", "enabled": true, "events": []string{"moon.full"}}).fault(422, "webhook_invalid")
}

func TestACallIsScoredByTheFormOfItsCampaign(t *testing.T) {
	h := newHouse(t).staff()
	c, l := h.running("solar")
	call := h.sold(h.users["agent"], c, l, "+34600000001")
	sue, path := h.as("supervisor"), "/v1/calls/"+call+"/score"
	sue.send("PUT", path, map[string]any{"answers": []any{}}).fault(409, "no_form")
	h.as("manager").send("PATCH", "/v1/campaigns/1", map[string]any{"score_form": []map[string]any{
		{"key": "greet", "text": "Greeted?", "kind": "yes_no", "weight": 10}, {"key": "tone", "text": "Tone", "kind": "scale", "weight": 30},
		{"key": "law", "text": "Said who calls?", "kind": "yes_no", "weight": 60, "fatal": true}, {"key": "note", "text": "What stood out?", "kind": "text"},
	}}).want(200)
	var score campaigns.Score
	answer := func(pairs ...string) map[string]any {
		var list []campaigns.ScoreAnswer
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, campaigns.ScoreAnswer{Key: pairs[i], Value: pairs[i+1]})
		}
		return map[string]any{"answers": list, "comment": "well <b>done</b>"}
	}
	sue.send("PUT", path, answer("greet", "yes", "tone", "3", "law", "yes", "note", "calm")).want(200).into(&score)
	if score.Share != 0.85 || score.Fatal || score.By != "supervisor" {
		t.Errorf("%+v", score)
	}
	sue.send("PUT", path, answer("greet", "yes", "tone", "5", "law", "no")).want(200).into(&score)
	if score.Share != 0 || !score.Fatal {
		t.Errorf("%+v", score)
	}
	for _, bad := range []map[string]any{answer("greet", "maybe"), answer("tone", "6"), answer("who", "yes"), answer("greet", "yes", "greet", "no")} {
		sue.send("PUT", path, bad).fault(422, "score_invalid")
	}
	var sheet Sheet
	h.as("agent").send("GET", path, nil).want(200).into(&sheet)
	if len(sheet.Form) != 4 || len(sheet.Scores) != 1 || sheet.Scores[0].Comment != "well <b>done</b>" {
		t.Errorf("%+v", sheet)
	}
	h.hire("other", campaigns.Agent)
	h.as("other").send("GET", path, nil).fault(403, "forbidden")
	sue.send("PUT", "/v1/calls/none/score", answer()).fault(404, "call_not_found")
}

func TestShiftsArePlannedAndTheirEndIsToldToPacing(t *testing.T) {
	h := newHouse(t).staff()
	ann := h.users["agent"]
	h.must(h.floor.SignIn(t.Context(), ann, nil, ""))
	sue := h.as("supervisor")
	from, to := time.Now().Add(-time.Hour).UTC().Truncate(time.Second), time.Now().Add(3*time.Hour).UTC().Truncate(time.Second)
	shift := map[string]any{"agent": ann.ID, "from": from, "to": to}
	var planned campaigns.PlannedShift
	sue.send("POST", "/v1/shifts", shift).want(201).into(&planned)
	plan := h.floor.plan(ann.ID)
	if len(plan) != 1 || !plan[0].From.Equal(to) || !plan[0].To.IsZero() {
		t.Errorf("told %+v, want that the shift ends at %s", plan, to)
	}
	sue.send("POST", "/v1/shifts", shift).fault(409, "shift_overlaps")
	shift["to"] = to.Add(time.Hour)
	sue.send("PUT", "/v1/shifts/1", shift).want(200)
	if plan := h.floor.plan(ann.ID); len(plan) != 1 || !plan[0].From.Equal(to.Add(time.Hour)) {
		t.Errorf("told %+v after the change", plan)
	}
	h.must(h.db.SaveSpells(t.Context(), []campaigns.Spell{{Agent: ann.ID, State: campaigns.AgentReady, From: from.Add(10 * time.Minute), To: from.Add(40 * time.Minute)}}, time.Now()))
	span := "?from=" + from.Format(time.RFC3339) + "&to=" + to.Format(time.RFC3339)
	var adherence struct{ Shifts []Adherence }
	sue.send("GET", "/v1/adherence"+span, nil).want(200).into(&adherence)
	if a := adherence.Shifts[0]; a.Login != "agent" || a.Late != 600 || a.Worked != 1800 || !a.Going || a.Missed {
		t.Errorf("%+v", a)
	}
	if file := sue.send("GET", "/v1/adherence"+span+"&format=csv", nil).want(200); !strings.Contains(string(file.body), "agent,") {
		t.Errorf("%s", file.body)
	}
	var own struct{ Shifts []campaigns.PlannedShift }
	h.as("agent").send("GET", "/v1/shifts"+span, nil).want(200).into(&own)
	h.as("agent").send("GET", "/v1/shifts"+span+"&agent=999", nil).want(200).into(&own)
	if len(own.Shifts) != 1 || own.Shifts[0].Agent != ann.ID {
		t.Errorf("an agent sees %+v", own.Shifts)
	}
	sue.send("DELETE", "/v1/shifts/1", nil).want(204)
	if plan := h.floor.plan(ann.ID); len(plan) != 0 {
		t.Errorf("told %+v after the shift was taken back", plan)
	}
	shift["agent"] = h.users["manager"].ID
	sue.send("POST", "/v1/shifts", shift).fault(404, "agent_not_found")
	sue.send("GET", "/v1/shifts", nil).fault(422, "period_invalid")
}

func TestAMessageArrivesOnTheDeskAndWaitsUntilItIsRead(t *testing.T) {
	h := newHouse(t).staff()
	h.hire("bob", campaigns.Agent)
	h.must(h.floor.SignIn(t.Context(), h.users["agent"], nil, ""))
	h.must(h.floor.SignIn(t.Context(), h.users["bob"], nil, ""))
	ann, bob, sue := h.as("agent").listen("/v1/agent/events", ""), h.as("bob").listen("/v1/agent/events", ""), h.as("supervisor")
	next := func(l *listener, name string) (e event) {
		t.Helper()
		for {
			select {
			case e, ok := <-l.events:
				if !ok {
					t.Fatal("the stream ended")
				}
				if e.name == name {
					return e
				}
			case <-time.After(eventPatience):
				t.Fatalf("no event %s", name)
			}
		}
	}
	next(ann, "state")
	next(bob, "state")
	sue.send("POST", "/v1/messages", map[string]any{"agent": h.users["agent"].ID, "text": "Only <you>"}).want(201)
	sue.send("POST", "/v1/messages", map[string]any{"text": "All of you"}).want(201)
	var m campaigns.Message
	h.must(json.Unmarshal([]byte(next(ann, "message").data), &m))
	if m.Text != "Only <you>" || m.By != "supervisor" {
		t.Errorf("%+v", m)
	}
	h.must(json.Unmarshal([]byte(next(bob, "message").data), &m))
	if m.Text != "All of you" {
		t.Errorf("bob reads %+v first", m)
	}
	var unread struct{ Messages []campaigns.Message }
	h.as("agent").send("GET", "/v1/agent/messages", nil).want(200).into(&unread)
	if len(unread.Messages) != 2 {
		t.Errorf("%+v", unread)
	}
	h.as("agent").send("POST", "/v1/agent/messages/1/read", nil).want(204)
	h.as("agent").send("GET", "/v1/agent/messages", nil).want(200).into(&unread)
	if len(unread.Messages) != 1 || unread.Messages[0].Text != "All of you" {
		t.Errorf("%+v", unread)
	}
	again := h.as("agent").listen("/v1/agent/events", "") // a desk that is opened anew
	if e := next(again, "message"); !strings.Contains(e.data, "All of you") {
		t.Errorf("%+v", e)
	}
	h.as("bob").send("POST", "/v1/agent/messages/1/read", nil).fault(404, "message_not_found")
	sue.send("POST", "/v1/messages", map[string]any{"text": " "}).fault(422, "message_length")
	sue.send("POST", "/v1/messages", map[string]any{"agent": 999, "text": "x"}).fault(404, "agent_not_found")
}

func TestPromptsAreUploadedHeardAndNotDeletedWhileTheyArePlayed(t *testing.T) {
	h := newHouse(t).staff()
	boss := h.as("manager")
	upload := func(query, body string) reply {
		req, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/prompts?"+query, strings.NewReader(body))
		h.must(err)
		req.Header.Set("Authorization", "Bearer "+boss.token)
		req.Header.Set("Content-Type", "audio/wav")
		return h.do(req)
	}
	var p Prompt
	upload("file=hola.wav&language=es&title=Hola", "RIFF of sound").want(201).into(&p)
	if p.File != "hola.wav" || p.Language != "es" || p.LengthMS != 13 || p.By != "manager" {
		t.Errorf("%+v", p)
	}
	upload("file=hola.wav", "RIFF other").fault(409, "name_taken")
	upload("file=hola.wav&replace=true", "RIFF other").want(201)
	upload("file=bad.wav", "<html>").fault(422, "prompt_unreadable")
	for _, name := range []string{"..%2Fx.wav", "a%2Fb.wav", ".hidden.wav", "x.exe", "x.wav%00", "%E2%80%AEx.wav"} {
		if r := upload("file="+name, "RIFF"); r.StatusCode != 422 {
			t.Errorf("%s: %d %s", name, r.StatusCode, r.body)
		}
	}
	if r := upload("file=big.wav", "RIFF"+strings.Repeat("x", campaigns.MaxPrompt)); r.StatusCode != 422 && r.StatusCode != 413 {
		t.Errorf("ten megabytes: %d", r.StatusCode)
	}
	heard := boss.send("GET", "/v1/prompts/hola.wav", nil, "Range", "bytes=5-").want(http.StatusPartialContent)
	if string(heard.body) != "other" || heard.Header.Get("Content-Type") != "audio/wav" {
		t.Errorf("%s %s", heard.Header.Get("Content-Type"), heard.body)
	}
	boss.send("GET", "/v1/prompts/none.wav", nil).fault(404, "prompt_not_found")
	h.running("solar")
	boss.send("PATCH", "/v1/campaigns/1", map[string]any{"safe_harbor": "hola.wav"}).want(200)
	var list struct{ Prompts []Prompt }
	boss.send("GET", "/v1/prompts", nil).want(200).into(&list)
	if len(list.Prompts) != 1 || !slices.Equal(list.Prompts[0].UsedBy, []string{"solar"}) {
		t.Errorf("%+v", list)
	}
	boss.send("DELETE", "/v1/prompts/hola.wav", nil).fault(409, "prompt_in_use")
	boss.send("PATCH", "/v1/campaigns/1", map[string]any{"safe_harbor": ""}).want(200)
	boss.send("DELETE", "/v1/prompts/hola.wav", nil).want(204)
	boss.send("DELETE", "/v1/prompts/hola.wav", nil).fault(404, "prompt_not_found")
}

func TestReasonsToPauseAreThoseOfTheCampaignElseOfTheHouse(t *testing.T) {
	h := newHouse(t).staff()
	h.running("solar")
	h.hire("ann", campaigns.Agent, "solar")
	var got struct{ Reasons []string }
	h.as("ann").send("GET", "/v1/pause-reasons", nil).want(200).into(&got)
	if !slices.Equal(got.Reasons, campaigns.DefaultPauseReasons()) {
		t.Errorf("%v", got)
	}
	h.as("manager").send("PUT", "/v1/pause-reasons", map[string]any{"reasons": []string{"Coffee", "Meeting"}}).want(204)
	h.as("ann").send("GET", "/v1/pause-reasons", nil).want(200).into(&got)
	if !slices.Equal(got.Reasons, []string{"Coffee", "Meeting"}) {
		t.Errorf("%v", got)
	}
	h.as("manager").send("PATCH", "/v1/campaigns/1", map[string]any{"pause_reasons": []string{"Tea"}}).want(200)
	h.as("ann").send("GET", "/v1/pause-reasons", nil).want(200).into(&got)
	if !slices.Equal(got.Reasons, []string{"Tea"}) {
		t.Errorf("%v", got)
	}
	h.as("manager").send("PUT", "/v1/pause-reasons", map[string]any{"reasons": []string{"a", "a"}}).fault(422, "reasons_invalid")
}

func TestCallerIDsShowWhoUsesThemAndHowOften(t *testing.T) {
	h := newHouse(t).staff()
	c, l := h.running("solar")
	boss := h.as("manager")
	boss.send("PATCH", "/v1/campaigns/1", map[string]any{"caller_ids": []string{"+34910000001"}}).want(200)
	boss.send("PUT", "/v1/caller-ids", map[string]any{"number": "+34910000001", "label": "Madrid", "region": "ES", "pool": "north", "most_a_day": 1}).want(204)
	for _, number := range []string{"+34600000001", "+34600000002"} {
		p := h.contact(c, l, "Ana", number)
		a := campaigns.NewAttempt(c, p, "+34910000001", time.Now())
		h.must(h.db.Begin(t.Context(), c, a))
	}
	var got struct {
		CallerIDs []campaigns.CallerID `json:"caller_ids"`
	}
	boss.send("GET", "/v1/caller-ids", nil).want(200).into(&got)
	if len(got.CallerIDs) != 1 || got.CallerIDs[0].Today != 2 || got.CallerIDs[0].Warning == "" || !slices.Equal(got.CallerIDs[0].UsedBy, []string{"solar"}) || got.CallerIDs[0].Label != "Madrid" {
		t.Errorf("%+v", got)
	}
	boss.send("POST", "/v1/caller-ids/remove", map[string]any{"number": "+34910000001"}).fault(409, "caller_id_in_use")
	boss.send("PUT", "/v1/caller-ids", map[string]any{"number": "123"}).fault(422, "number_invalid")
}

func TestATestCallGoesOnlyWhereSomebodyVouchedForIt(t *testing.T) {
	h := newHouse(t).staff()
	boss, root := h.as("manager"), h.as("admin")
	number := map[string]any{"number": "+34910000009"}
	boss.send("POST", "/v1/trunks/main/test-call", number).fault(403, "number_not_vouched")
	root.send("POST", "/v1/test-numbers", map[string]any{"number": "+34910000009", "label": "desk of Ana"}).want(204)
	boss.send("POST", "/v1/test-numbers", map[string]any{"number": "+34910000010", "label": "x"}).fault(403, "forbidden")
	var c TestCall
	boss.send("POST", "/v1/trunks/main/test-call", number).want(200).into(&c)
	if !c.OK || c.Code != 200 || len(c.Steps) != 1 || c.Steps[0].AfterMS != 1.5 || strings.Contains(c.Number, "910000") {
		t.Errorf("%+v", c)
	}
	boss.send("POST", "/v1/trunks/none/test-call", number).fault(404, "trunk_not_found")
	h.must(h.db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34910000009", At: time.Now(), Channel: campaigns.ChannelAgent}))
	boss.send("POST", "/v1/trunks/main/test-call", number).fault(403, "number_do_not_call")
	var tests struct{ Calls []TestCall }
	boss.send("GET", "/v1/test-calls", nil).want(200).into(&tests)
	var trunks struct{ Trunks []Trunk }
	boss.send("GET", "/v1/trunks", nil).want(200).into(&trunks)
	if len(tests.Calls) != 1 || !tests.Calls[0].OK || len(trunks.Trunks) != 1 || trunks.Trunks[0].Name != "main" {
		t.Errorf("%+v %+v", tests, trunks)
	}
	root.send("POST", "/v1/test-numbers/remove", number).want(204)
	boss.send("POST", "/v1/trunks/main/test-call", number).fault(403, "number_not_vouched")
}

func TestUsersHaveATeamALanguageAndAPageToStartOn(t *testing.T) {
	h := newHouse(t).staff()
	root := h.as("admin")
	var u User
	root.send("PUT", "/v1/users/agent", map[string]any{"name": "Ann", "role": "agent", "team": "North", "language": "hu", "start": "/desk"}).want(200).into(&u)
	if u.Team != "North" || u.Language != "hu" || u.Start != "/desk" {
		t.Errorf("%+v", u)
	}
	for _, start := range []string{"//evil.example", "https://evil.example", "desk"} {
		if r := root.send("PUT", "/v1/users/agent", map[string]any{"name": "Ann", "role": "agent", "start": start}); r.StatusCode != 422 {
			t.Errorf("%s: %d", start, r.StatusCode)
		}
	}
}
