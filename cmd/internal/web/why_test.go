package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
)

func TestWhyANumberIsCalledIsAnsweredWithoutScriptAndWithoutTheNumberInTheAddress(t *testing.T) {
	h := newHouse(t)
	c := h.stocked("Spring")
	v := h.as(campaigns.Manager)
	if res, body := v.get("/why"); res.StatusCode != 200 || !strings.Contains(body, "<option value=\"1\">Spring</option>") {
		t.Errorf("the form: %d", res.StatusCode)
	}
	ask := url.Values{"number": {"34 600 111 222"}, "campaign": {fmt.Sprint(c.ID)}, "at": {"2026-11-23T11:00"}}
	res, body := v.post("/why", ask) // a Monday, 12:00 there
	if res.StatusCode != 200 || res.Header.Get("Location") != "" {
		t.Fatalf("status %d", res.StatusCode)
	}
	for _, want := range []string{
		"May be called", "is assumed: ", "&#43;34600111222", "Mon 23 Nov 2026 11:00 UTC", "Ana &lt;b&gt;Ferrer&lt;/b&gt;", "The calling window is open there",
		"not enough calls yet", "The calling window is open from Mon 12:00", "Chance of an answer by the hour",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	expectNothingInline(t, body)
	ask.Set("at", "2026-11-22T03:00") // a Sunday night
	if _, body := v.post("/why", ask); !strings.Contains(body, "Not called") || !strings.Contains(body, "The rules allow it from Mon 23 Nov") {
		t.Error("a closed window is not told")
	}
}

func TestAQuestionThatIsWrongIsAskedAgain(t *testing.T) {
	h := newHouse(t)
	c := h.stocked("Spring")
	v := h.as(campaigns.Manager)
	for _, q := range []struct {
		ask    url.Values
		status int
		want   string
	}{
		{url.Values{"number": {"+34600111222"}, "campaign": {fmt.Sprint(c.ID)}, "at": {"tomorrow"}}, 422, "Write the time as"},
		{url.Values{"number": {"<script>"}, "campaign": {fmt.Sprint(c.ID)}}, 422, `role="alert"`},
		{url.Values{"number": {"+34600111222"}, "campaign": {"99"}}, 404, "no such campaign"},
		{url.Values{}, 422, `role="alert"`},
	} {
		res, body := v.post("/why", q.ask)
		if res.StatusCode != q.status || !strings.Contains(body, q.want) {
			t.Errorf("%v: %d, want %d and %q", q.ask, res.StatusCode, q.status, q.want)
		}
		expectNothingInline(t, body)
	}
	if res, _ := h.as(campaigns.Agent).get("/why"); res.StatusCode != 403 {
		t.Errorf("an agent: %d", res.StatusCode)
	}
}

func TestTheBestHoursAreOpenOnesAndBarsFillTheDrawing(t *testing.T) {
	hours := make([]api.HourChance, 24)
	for i := range hours {
		hours[i] = api.HourChance{Local: fmt.Sprint(i), Open: i >= 9 && i < 20, Answer: 0.1 + float64(i%7)/20}
	}
	best := whyView{}.Best(hours)
	if len(best) != 3 || best[0].Local != "13" || best[1].Local != "12" || best[2].Local != "19" {
		t.Errorf("best %+v", best)
	}
	bars := whyView{}.Bars(hours)
	if bars[6].Height != hoursHigh || bars[6].Y != 0 || bars[23].X != 230 || bars[0].Mark == "" || bars[1].Mark != "" {
		t.Errorf("bars %+v", bars)
	}
	if got := (whyView{}).Best(nil); len(got) != 0 {
		t.Errorf("no hours: %v", got)
	}
	for _, b := range (whyView{}).Bars(make([]api.HourChance, 24)) {
		if b.Height != 0 || b.Y != hoursHigh {
			t.Errorf("hours in which nobody answers: %+v", b)
		}
	}
}
