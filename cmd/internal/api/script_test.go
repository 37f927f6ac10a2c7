package api

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/script"
)

// shortScript branches by an answer and by a column of the list.
const shortScript = `
languages: [en, es]
fields: {plan: silver}
steps:
  - id: hello
    title: {en: Opening, es: Saludo}
    text: {en: "Hello **{{name}}**, you have {{fields.plan}}.", es: "Hola **{{name}}**, tiene {{fields.plan}}."}
    questions:
      - {id: interest, text: {en: Interested, es: Interés}, required: true, options: [{id: yes, label: Yes}, {id: no, label: No, to: bye}]}
    branches:
      - {when: fields.plan == "gold", to: gold}
    next: bye
  - id: gold
    text: {en: Gold people get more., es: Los de oro reciben más.}
    questions:
      - {id: people, text: {en: How many, es: Cuántos}, kind: number, min: 1, max: 9}
      - {id: uses, text: {en: What for, es: Para qué}, kind: multiple, options: [Work, Games]}
    next: bye
  - id: bye
    text: {en: Good bye., es: Adiós.}
    end: true
    suggest: survey
objections:
  - {id: price, key: p, title: {en: Too expensive, es: Es caro}, text: {en: It is free., es: Es gratis.}}
`

// scripted is desk with a script that the manager has saved.
func scripted(t *testing.T) (h *house, c caller, u campaigns.User, a *campaigns.Attempt, camp campaigns.Campaign, m caller) {
	t.Helper()
	h, c, u, camp, p := desk(t)
	h.hire("maria", campaigns.Manager)
	m = h.as("maria")
	m.send("PUT", fmt.Sprintf("/v1/campaigns/%d/script", camp.ID), map[string]string{"source": shortScript}).want(200)
	camp, err := h.db.Campaign(t.Context(), camp.ID)
	h.must(err)
	return h, c, u, h.talk(u, camp, p), camp, m
}

func words(s ScriptStep) string {
	var b strings.Builder
	for _, bl := range s.Blocks {
		for _, sp := range bl.Spans {
			b.WriteString(sp.Text)
		}
	}
	return b.String()
}

func TestAnAgentFollowsABranchingScriptAndItsAnswersJoinTheDisposition(t *testing.T) {
	h, c, u, a, camp, _ := scripted(t)
	const path = "/v1/agent/call/script"
	var s CallScript
	c.send("GET", path, nil).want(200).into(&s)
	if s.Step.ID != "hello" || words(s.Step) != "Hello Núria <b>Font</b>, you have gold." || s.Version != camp.ScriptVer || !strings.HasPrefix(s.Version, "1.") {
		t.Fatalf("%+v: %q", s, words(s.Step))
	}
	if !slices.Equal(s.Objections, []script.Shout{{ID: "price", Key: "p", Title: "Too expensive"}}) || !slices.Equal(s.Languages, []string{"en", "es"}) {
		t.Errorf("%+v", s)
	}
	c.send("GET", path+"?lang=es", nil).want(200).into(&s)
	if s.Step.Title != "Saludo" || s.Step.Language != "es" {
		t.Errorf("in Spanish: %+v", s.Step)
	}
	move := func(body map[string]any) reply { return c.send("POST", path, body) }
	move(map[string]any{"step": "hello", "go": "next"}).fault(422, "answer_missing")
	move(map[string]any{"step": "hello", "go": "next", "answers": map[string]any{"interest": "maybe"}}).fault(422, "answer_invalid")
	move(map[string]any{"step": "hello", "go": "prise"}).fault(422, "no_such_objection")
	move(map[string]any{"step": "hello", "go": "price", "answers": map[string]any{"interest": "yes"}}).want(200).into(&s)
	if s.Step.ID != "price" || !s.Step.Objection || words(s.Step) != "It is free." || h.floor.step(u.ID) != "price" {
		t.Errorf("objection %+v, told %q", s.Step, h.floor.step(u.ID))
	}
	move(map[string]any{"step": "price", "go": "next"}).want(200).into(&s)
	if s.Step.ID != "hello" || len(s.Step.Questions) != 1 || s.Step.Questions[0].Value != "yes" {
		t.Errorf("back from the objection: %+v", s.Step)
	}
	move(map[string]any{"step": "hello", "go": "next"}).want(200).into(&s)
	if s.Step.ID != "gold" || !s.Step.CanBack || h.floor.step(u.ID) != "gold" {
		t.Fatalf("then %+v, told %q", s.Step, h.floor.step(u.ID))
	}
	move(map[string]any{"step": "hello", "go": "next"}).want(200).into(&s) // a second click on the step before
	if s.Step.ID != "gold" {
		t.Errorf("a late click moved to %s", s.Step.ID)
	}
	move(map[string]any{"step": "gold", "answers": map[string]any{"people": 3, "uses": []string{"games", "work"}}}).want(200).into(&s)
	if s.Step.ID != "gold" || fmt.Sprint(s.Step.Questions[0].Value, s.Step.Questions[1].Value) != "3 [work games]" {
		t.Errorf("kept answers %+v", s.Step.Questions)
	}
	h.hangUp(u, a)
	move(map[string]any{"step": "gold", "go": "next"}).want(200).into(&s) // a survey may be finished in wrap-up
	if !s.Step.End || s.Step.Suggests != "survey" {
		t.Errorf("at the end %+v", s.Step)
	}
	body := map[string]any{"code": "survey", "attempt_id": a.ID, "answers": []map[string]string{{"question": "people", "value": "4"}}}
	c.send("POST", "/v1/agent/call/disposition", body, "Idempotency-Key", "k").want(200)
	call, err := h.db.Attempt(t.Context(), a.ID)
	h.must(err)
	want := []campaigns.Answer{{Question: "people", Value: "4"}, {Question: "interest", Value: "yes"}, {Question: "uses", Value: "work, games"}}
	if !slices.Equal(call.Disposition.Answers, want) || call.ScriptVer != camp.ScriptVer {
		t.Errorf("answers %+v of version %s", call.Disposition.Answers, call.ScriptVer)
	}
	walk, err := h.db.Walk(t.Context(), a.ID)
	h.must(err)
	var trail []string
	for _, v := range walk.Trail {
		trail = append(trail, v.Step)
	}
	if !slices.Equal(trail, []string{"hello", "price", "hello", "gold", "bye"}) {
		t.Errorf("trail %v", trail)
	}
}

func TestAScriptThatChangesInMidCallChangesNoConversation(t *testing.T) {
	h, c, u, _, camp, m := scripted(t)
	const path = "/v1/agent/call/script"
	var s CallScript
	c.send("GET", path, nil).want(200)
	m.send("PUT", fmt.Sprintf("/v1/campaigns/%d/script", camp.ID), map[string]string{"source": "All new."}).want(200)
	c.send("POST", path, map[string]any{"step": "hello", "go": "next", "answers": map[string]any{"interest": "no"}}).want(200).into(&s)
	if s.Step.ID != "bye" || s.Version != camp.ScriptVer {
		t.Errorf("%+v", s)
	}
	late := campaigns.NewAttempt(camp, h.contact(camp, h.lists(camp)[0], "Eve", "+34600111444"), "", time.Now()) // dialed before the change, read after it
	h.must(h.db.Begin(t.Context(), camp, late))
	h.floor.bridge(u.ID, campaigns.CurrentCall{Attempt: late.ID, Campaign: camp.ID, Number: late.Number}, campaigns.AgentTalking)
	c.send("GET", path, nil).want(200).into(&s)
	if s.Step.ID != "hello" || s.Version != camp.ScriptVer {
		t.Errorf("a call that was dialed with the old script reads %+v", s)
	}
}

// lists are the lists of a campaign.
func (h *house) lists(c campaigns.Campaign) []campaigns.List {
	h.Helper()
	all, err := h.db.Lists(h.Context(), c.ID)
	h.must(err)
	return all
}

func TestAnAgentsOwnWordingStandsBesideTheOfficialTextUntilThatChanges(t *testing.T) {
	h, c, _, _, camp, m := scripted(t)
	const path = "/v1/agent/script-wording"
	var w Wording
	c.send("PUT", path, map[string]string{"text": " Hi {{first_name}}! "}).want(200).into(&w)
	if w.Step != "hello" || w.Language != "en" || w.Text != "Hi {{first_name}}!" || w.Agent != "ana" {
		t.Errorf("%+v", w)
	}
	var s CallScript
	c.send("GET", "/v1/agent/call/script", nil).want(200).into(&s)
	if s.Step.Own != "Hi {{first_name}}!" || len(s.Step.OwnBlocks) != 1 || s.Step.OwnBlocks[0].Spans[1].Text != "Núria" || s.Step.OwnOutdated || s.Step.Blocks == nil {
		t.Errorf("%+v", s.Step)
	}
	c.send("PUT", path, map[string]string{"text": "Hi {{nobody}}"}).fault(422, "wording_invalid")
	c.send("PUT", path, map[string]string{"text": "Hi", "step": "none"}).fault(404, "step_not_found")
	c.send("PUT", path, map[string]string{"text": "Hi", "campaign": "Other"}).fault(403, "campaign_not_yours")
	c.send("PUT", path, map[string]string{"text": "Adeu", "step": "bye", "campaign": "Spring", "lang": "es"}).want(200)

	ben := h.hire("ben", campaigns.Agent, "Spring")
	var own struct{ Wordings []Wording }
	h.as(ben.Login).send("GET", "/v1/agent/script-wordings?campaign=Spring", nil).want(200).into(&own)
	if len(own.Wordings) != 0 {
		t.Errorf("another agent sees %+v", own.Wordings)
	}
	m.send("PUT", fmt.Sprintf("/v1/campaigns/%d/script", camp.ID),
		map[string]string{"source": strings.Replace(shortScript, "Hello **{{name}}**", "Good day **{{name}}**", 1)}).want(200)
	m.send("GET", fmt.Sprintf("/v1/campaigns/%d/script/wordings", camp.ID), nil).want(200).into(&own)
	if len(own.Wordings) != 2 || own.Wordings[0].Step != "bye" || own.Wordings[0].Outdated || !own.Wordings[1].Outdated {
		t.Errorf("the manager sees %+v", own.Wordings)
	}
	c.send("PUT", path, map[string]string{"text": "", "step": "bye", "lang": "es"}).want(200)
	c.send("GET", "/v1/agent/script-wordings", nil).want(200).into(&own)
	if len(own.Wordings) != 1 {
		t.Errorf("after one was taken away %+v", own.Wordings)
	}
}

func TestAManagerIsToldEachFaultOfAScriptWithItsLine(t *testing.T) {
	_, _, _, _, camp, m := scripted(t)
	path := fmt.Sprintf("/v1/campaigns/%d/script", camp.ID)
	bad := "steps:\n  - id: a\n    text: '{{nme}}'\n    next: z\n"
	r := m.send("PUT", path, map[string]string{"source": bad})
	r.fault(422, "script_invalid")
	contains(t, string(r.body), `"location":"line 3"`)
	contains(t, string(r.body), `there is no step \"z\"`)
	r = m.send("PUT", path, map[string]string{"source": "steps:\n  - id: a\n    text: '{{fields.plam}}'\n    next: a\n"})
	r.fault(422, "script_invalid")
	contains(t, string(r.body), `No list of the campaign has a column \"plam\", but one named plan`)
	contains(t, string(r.body), `no end can be reached`)
	m.send("PATCH", fmt.Sprintf("/v1/campaigns/%d", camp.ID), map[string]string{"script": bad}).fault(422, "script_invalid")
	var src ScriptSource
	m.send("GET", path, nil).want(200).into(&src)
	if src.Source != shortScript || src.Version != camp.ScriptVer {
		t.Errorf("a refused script was taken: %+v", src)
	}
}

func TestVersionsOfAScriptAreKeptAndNobodyOverwritesUnseen(t *testing.T) {
	_, _, _, _, camp, m := scripted(t)
	path := fmt.Sprintf("/v1/campaigns/%d/script", camp.ID)
	var src ScriptSource
	m.send("PUT", path, map[string]string{"source": "Second.", "base": camp.ScriptVer}).want(200).into(&src)
	if !strings.HasPrefix(src.Version, "2.") {
		t.Errorf("%+v", src)
	}
	m.send("PUT", path, map[string]string{"source": "Third.", "base": camp.ScriptVer}).fault(409, "script_changed")
	m.send("PATCH", fmt.Sprintf("/v1/campaigns/%d", camp.ID), map[string]any{"priority": 3, "script_version": "mine"}).want(200)
	var list struct{ Versions []ScriptVersion }
	m.send("GET", path+"/versions", nil).want(200).into(&list)
	if len(list.Versions) != 2 || list.Versions[0].Version != src.Version || list.Versions[1].By != "maria" || list.Versions[1].Source != "" {
		t.Errorf("%+v", list.Versions)
	}
	var v ScriptVersion
	m.send("GET", path+"/versions/1", nil).want(200).into(&v)
	if v.Source != shortScript || v.Version != camp.ScriptVer {
		t.Errorf("%+v", v)
	}
	m.send("GET", path+"/versions/9", nil).fault(404, "version_not_found")
	m.send("GET", path, nil).want(200).into(&src)
	if !strings.HasPrefix(src.Version, "2.") || src.Source != "Second." {
		t.Errorf("a change of other settings changed the script: %+v", src)
	}
}

func TestADraftIsCheckedDrawnAndWalkedWithoutBeingKept(t *testing.T) {
	h, _, _, _, camp, m := scripted(t)
	var people struct{ People []ScriptPerson }
	m.send("GET", fmt.Sprintf("/v1/campaigns/%d/script/samples", camp.ID), nil).want(200).into(&people)
	if len(people.People) != 1 || people.People[0].Name != "Núria <b>Font</b>" {
		t.Fatalf("%+v", people)
	}
	check := func(body map[string]any) (out ScriptCheck) {
		t.Helper()
		body["campaign_id"] = camp.ID
		m.send("POST", "/v1/scripts/check", body).want(200).into(&out)
		return out
	}
	got := check(map[string]any{"source": shortScript, "lang": "es", "contact_id": people.People[0].ID})
	if !got.OK || len(got.Marks) != 0 || got.Step.Title != "Saludo" || words(*got.Step) != "Hola Núria <b>Font</b>, tiene gold." || len(got.Drawing.Boxes) != 3 {
		t.Errorf("%+v %q", got, words(*got.Step))
	}
	got = check(map[string]any{"source": shortScript})
	if words(*got.Step) != "Hello Ana García, you have silver." {
		t.Errorf("by the examples: %q", words(*got.Step))
	}
	if got = check(map[string]any{"source": shortScript, "go": "next"}); got.Step.ID != "hello" || !strings.Contains(got.Refused, "first") {
		t.Errorf("%+v", got)
	}
	got = check(map[string]any{"source": shortScript, "go": "next", "answers": map[string]any{"interest": "no"}, "walk": got.Walk})
	if got.Step.ID != "bye" || got.Refused != "" || !got.Step.CanBack {
		t.Errorf("%+v", got)
	}
	if got = check(map[string]any{"source": "steps: [", "walk": got.Walk}); got.OK || len(got.Marks) != 1 || got.Marks[0].Line != 1 || got.Step != nil {
		t.Errorf("of no YAML: %+v", got)
	}
	m.send("POST", "/v1/scripts/check", map[string]any{"source": "x", "campaign_id": 99}).fault(404, "campaign_not_found")
	_, other := h.running("Other")
	stranger := h.contact(campaigns.Campaign{ID: other.Campaign}, other, "Eve", "+34600111333")
	m.send("POST", "/v1/scripts/check", map[string]any{"source": "x", "campaign_id": camp.ID, "contact_id": stranger.ID}).fault(404, "contact_not_found")
}

func TestTheExampleIsTakenAsItIs(t *testing.T) {
	_, _, _, _, camp, m := scripted(t)
	source, err := os.ReadFile("../../../testdata/scripts/fibre.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var src ScriptSource
	m.send("PUT", fmt.Sprintf("/v1/campaigns/%d/script", camp.ID), map[string]string{"source": string(source)}).want(200).into(&src)
	for _, f := range src.Marks {
		if f.Severity == script.SeverityError {
			t.Errorf("%+v", f)
		}
	}
}

func TestAPreviewShowsTheFirstStepAndDoesNotWalk(t *testing.T) {
	h, c, u, camp, p := desk(t)
	h.floor.bridge(u.ID, campaigns.CurrentCall{Campaign: camp.ID, Contact: p, Number: p.Phones[0].Number}, campaigns.AgentPreview)
	var s CallScript
	c.send("GET", "/v1/agent/call/script", nil).want(200).into(&s)
	if !s.Step.End || s.Step.ID != script.PlainStep {
		t.Errorf("%+v", s.Step)
	}
	c.send("POST", "/v1/agent/call/script", map[string]any{"go": "next"}).fault(409, "no_attempt")
}

// step is what the floor was told of an agent's script last.
func (f *fakeFloor) step(agent int64) string {
	c, _ := f.Current(agent)
	return c.Step
}
