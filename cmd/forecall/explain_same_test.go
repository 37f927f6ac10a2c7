package main

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/storage/records"
)

// lawOfTest are rules with one of every way to be refused.
const lawOfTest = `ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}
rules:
  - {id: t.hours, type: window, weekly: {mon-sun: ["06:00-21:00"]}, cite: "Hours Act s. 1 & 2", status: verified}
  - {id: t.list, type: list, list: the-list, max_age: 31d, cite: "List Act s. 3", status: verified}
  - {id: t.cap, type: cap, max: 1, per: 30d, key: [called_number], cite: "Cap Act <s. 4>", status: verified}
  - {id: t.advice, type: ring, min: 15s, cite: "Ring Act s. 5", status: unverified}
`

// lawOfFrance wants consent, and is binding in France alone.
const lawOfFrance = `ruleset: {id: france, version: 2, reviewed_on: 2026-11-21}
applies_when: {called_country: FR}
rules:
  - {id: t.consent, type: consent, level: express, cite: "C. conso. L.223-1", status: verified}
`

// lawOfItaly asks a register that nobody has loaded.
const lawOfItaly = `ruleset: {id: italy, version: 1, reviewed_on: 2026-11-21}
applies_when: {called_country: IT}
rules:
  - {id: t.unloaded, type: list, list: unknown-list, max_age: 31d, cite: "Registro s. 6", status: verified}
`

// asked are numbers, what refuses each first, and whether time alone will allow it.
var asked = []struct {
	number string
	rule   rules.ID
	next   bool
}{
	{"+34600000001", "", false},
	{"+12135550100", "t.hours", true}, // three in the morning there
	{"+34600000002", rules.DNC, false},
	{"+34600000003", "t.list", false},
	{"+33612345678", "t.consent", false},
	{"+393312345678", "t.unloaded", false},
	{"+34600000005", "t.cap", true},
	{"+351912345678", rules.Stopped, false},
}

// TestTheCommandTheAPIAndThePageExplainANumberTheSameWay asks a data folder,
// and the service on it in three ways: rule, outcome, reason, law and next time
// must be the same.
func TestTheCommandTheAPIAndThePageExplainANumberTheSameWay(t *testing.T) {
	t.Parallel()
	config := settings(t, "trunks:\n"+trunkTo(silentPort(t), "")+"campaigns: [{name: Spring}]\n"+staff())
	folder := filepath.Join(filepath.Dir(config), "data")
	campaign := lawfulHouse(t, folder)
	at := time.Now().UTC().Truncate(24 * time.Hour).Add(2*24*time.Hour + 11*time.Hour)
	ask := func(h house, number string, more ...string) string {
		return h.must(t, "", append([]string{"explain", number, "--campaign", "Spring", "--at", at.Format(time.RFC3339)}, more...)...)
	}
	inFolder := house{"folder", []string{"--config", config}}
	var before []api.Explanation
	for _, c := range asked {
		before = append(before, parsed(t, ask(inFolder, c.number, "--json")))
	}
	s := serving(t, config)
	mia, browser := admin(t, s), logged(t, s)
	for i, c := range asked {
		e := parsed(t, ask(mia, c.number, "--json"))
		if got := first(e.Contacts[0].Verdicts); got.Rule != c.rule || c.next == e.Contacts[0].Next.IsZero() && c.rule != "" || e.Allowed != (c.rule == "") {
			t.Errorf("%s: allowed %t, first refused by %q, next %s; want %q", c.number, e.Allowed, got.Rule, e.Contacts[0].Next, c.rule)
		}
		if x, y := outline(before[i]), outline(e); !slices.Equal(x, y) {
			t.Errorf("%s: the folder says\n%s\nthe service\n%s", c.number, strings.Join(x, "\n"), strings.Join(y, "\n"))
		}
		text := ask(mia, c.number)
		for _, line := range printed(e) {
			if !strings.Contains(text, line) {
				t.Errorf("%s: no %q in\n%s", c.number, line, text)
			}
		}
		if x, y := outline(e), browser.rows(t, campaign, c.number, at); !slices.Equal(x, y) {
			t.Errorf("%s: the API says\n%s\nthe page\n%s", c.number, strings.Join(x, "\n"), strings.Join(y, "\n"))
		}
	}
}

func admin(t *testing.T, s *service) house { return at(t, s, "mia") }

// lawfulHouse fills a data folder with the rules, the numbers that they are
// asked about, and what each is refused for.
func lawfulHouse(t *testing.T, folder string) (campaign int64) {
	t.Helper()
	inStore(t, folder, func(db *records.DB) error {
		c := campaigns.NewCampaign("Spring")
		c.Windows = rules.Always()
		c, err := db.CreateCampaign(t.Context(), c, "test")
		campaign = c.ID
		return err
	})
	text := "name,phone\n"
	for i, c := range asked {
		text += fmt.Sprintf("Person %d,%s\n", i, c.number)
	}
	must(t, "import", write(t, "list.csv", text), "--campaign", "Spring", "--list", "March", "--data", folder)
	must(t, "dnc", "add", "+34600000002", "--data", folder)
	must(t, "registry", "load", "the-list", write(t, "the-list.txt", "+34600000003\n+34600000009\n"), "--data", folder)
	inStore(t, folder, func(db *records.DB) error {
		c, err := db.Campaign(t.Context(), campaign)
		if err != nil {
			return err
		}
		people, err := db.Lease(t.Context(), c.ID, time.Now(), 100)
		if err != nil {
			return err
		}
		for _, p := range people {
			if p.Phones[0].Number != "+34600000005" {
				continue
			}
			a := campaigns.NewAttempt(c, p, "+34910000000", time.Now())
			if err := db.Begin(t.Context(), c, a); err != nil {
				return err
			}
			a.Outcome, a.EndedAt = campaigns.NoAnswer, time.Now()
			if err := db.Finish(t.Context(), *a); err != nil {
				return err
			}
		}
		for _, source := range []string{lawOfTest, lawOfFrance, lawOfItaly} {
			set, err := rules.ParseSet([]byte(source))
			if err != nil {
				return err
			}
			if _, err := db.Adopt(t.Context(), []*rules.Set{set}, campaigns.Adoption{By: "clara", Reason: "test"}); err != nil {
				return err
			}
		}
		_, err = db.ThrowStop(t.Context(), campaigns.Stop{Scope: campaigns.StopJurisdiction, Value: "PT", Reason: "a complaint", By: "cora"})
		return err
	})
	return campaign
}

func parsed(t *testing.T, text string) (e api.Explanation) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &e); err != nil || len(e.Contacts) != 1 {
		t.Fatalf("%v in %s", err, text)
	}
	return e
}

// first is what refuses first.
func first(all []rules.Verdict) rules.Verdict {
	for _, v := range all {
		if !v.OK {
			return v
		}
	}
	return rules.Verdict{}
}

// outline is rule, outcome, reason, law and next time of every verdict, in
// order of the rules.
func outline(e api.Explanation) (out []string) {
	for _, v := range e.Contacts[0].Verdicts {
		law, next := "", ""
		if v.Set != "" {
			law = fmt.Sprintf("%s (%s, %s", v.Cite, v.Status, v.Set)
			if v.Version != "" {
				law += fmt.Sprintf(", list version %s, %d days old", v.Version, v.AgeDays)
			}
			law += ")"
		}
		if !v.OK && !v.Next.IsZero() {
			next = v.Next.UTC().Format("Mon 2 Jan 2006 15:04 UTC")
		}
		mark := map[string]string{"NO": "no", "--": "advice: no", "..": "lifted", "ok": "yes"}[verdictMark(v)]
		out = append(out, strings.Join([]string{string(v.Rule), mark, v.Detail, law, next}, " | "))
	}
	slices.Sort(out)
	return out
}

// printed is what the command writes of every verdict, and of the next time.
func printed(e api.Explanation) (out []string) {
	c := e.Contacts[0]
	for _, v := range c.Verdicts {
		line := fmt.Sprintf("  %-16s %s  %s", v.Rule, map[bool]string{true: "ok", false: "NO"}[v.OK], v.Detail)
		if v.OK && v.Advisory {
			line = fmt.Sprintf("  %-16s --  %s", v.Rule, v.Detail)
		}
		if !v.OK && !v.Next.IsZero() {
			line += "; again from " + v.Next.UTC().Format("Mon 2 Jan 2006 15:04") + " UTC"
		}
		out = append(out, strings.TrimRight(line, " "))
		if v.Set != "" {
			out = append(out, "["+v.Cite+"; "+string(v.Status)+"; "+v.Set)
		}
	}
	if !c.Allowed && !c.Next.IsZero() {
		out = append(out, "The rules allow it from "+c.Next.UTC().Format("Mon 2 Jan 2006 15:04")+" UTC.")
	}
	return out
}

// visitor is somebody with a browser.
type visitor struct {
	http *http.Client
	url  string
}

func logged(t *testing.T, s *service) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{&http.Client{Jar: jar, Timeout: patience}, s.url}
	v.post(t, "/login", url.Values{"login": {"mia"}, "password": {testPassword}})
	return v
}

func (v visitor) post(t *testing.T, path string, form url.Values) string {
	t.Helper()
	res, err := v.http.PostForm(v.url+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v\n%s", path, res.StatusCode, err, body)
	}
	return string(body)
}

var (
	// A row tells verdict, rule (in words, then its id), reason, law and next time.
	rowOfPage = regexp.MustCompile(`(?s)<tr><td><span class="verdict"[^>]*>(.*?)</span></td><th scope="row"[^>]*>.*?<span class="quiet">([^<]*)</span></th>` +
		`<td[^>]*>(.*?)</td><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td></tr>`)
	tagsOfPage = regexp.MustCompile(`<[^>]*>`)
)

// rows asks the page and outlines what its table says.
func (v visitor) rows(t *testing.T, campaign int64, number string, at time.Time) (out []string) {
	t.Helper()
	page := v.post(t, "/why", url.Values{"number": {number}, "campaign": {fmt.Sprint(campaign)}, "at": {at.Format("2006-01-02T15:04")}})
	for _, row := range rowOfPage.FindAllStringSubmatch(page, -1) {
		cells := make([]string, 0, 5)
		for _, i := range []int{2, 1, 3, 4, 5} {
			cells = append(cells, strings.TrimSpace(html.UnescapeString(tagsOfPage.ReplaceAllString(row[i], ""))))
		}
		out = append(out, strings.Join(cells, " | "))
	}
	slices.Sort(out)
	return out
}
