package api

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestWhyANumberIsCalledOrNotIsExplained(t *testing.T) {
	h := newHouse(t).staff()
	camp, list := h.running("Spring")
	h.contact(camp, list, "Ana", "+34600111222")
	c := h.as("manager")
	at := fmt.Sprintf("/v1/campaigns/%d/explain", camp.ID)
	ask := func(number string) (e Explanation) {
		c.send("GET", at+"?"+url.Values{"number": {number}}.Encode(), nil).want(200).into(&e)
		return e
	}
	e := ask("+34 600 111 222")
	if e.Number != "+34600111222" || e.Campaign != "Spring" || len(e.Contacts) != 1 || e.Summary == "" {
		t.Fatalf("explanation %+v", e)
	}
	x := e.Contacts[0]
	if x.Name != "Ana" || x.List != "list" || x.Phone != 1 || !x.Turn || x.State == "" || len(x.Verdicts) < 7 || len(x.Hours) != 24 || x.Chance.Odds != 1 {
		t.Errorf("contact %+v", x)
	}
	c.send("POST", "/v1/do-not-call", map[string]any{"number": "+34600111222"})
	if e := ask("34600111222"); e.Allowed || !e.DoNotCall || !strings.Contains(strings.ToLower(e.Summary), "do-not-call") {
		t.Errorf("on the list: %+v", e)
	}
	if e := ask("+34600999999"); e.Allowed && len(e.Contacts) != 0 || len(e.Verdicts) < 7 {
		t.Errorf("nobody's number: %+v", e)
	}
	c.send("GET", at+"?number=abc", nil).want(422)
	c.send("GET", "/v1/campaigns/99/explain?number=%2B34600111222", nil).fault(404, "campaign_not_found")
	h.as("agent").send("GET", at+"?number=%2B34600111222", nil).fault(403, "forbidden")
}

func TestANumberIsReadAsPeopleWriteIt(t *testing.T) {
	for text, want := range map[string]string{
		"+34600111222": "+34600111222", "34 600 111-222": "+34600111222", " 34600111222": "+34600111222", "(34) 600.111/222": "+34600111222",
		"0600111222": "0600111222", "sip:a@b": "sip:a@b", "": "", "+34 600a": "+34600a",
	} {
		if got := Dialed(text); got != want {
			t.Errorf("Dialed(%q) = %q, want %q", text, got, want)
		}
	}
}
