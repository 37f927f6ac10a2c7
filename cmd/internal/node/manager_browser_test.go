package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
)

// A list as managers bring them: ten thousand rows, and in every hundred of
// them these errors.
const (
	listRows      = 10_000
	badOfHundred  = 6 // refused
	dupsOfHundred = 2 // stand in the file twice
)

// roughList writes the list; each kind of error is found a hundred times.
func roughList(t *testing.T) (path string) {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("Name;Phone;City;Time zone\n")
	for i := range listRows {
		number, zone, more := fmt.Sprintf("+34600%06d", i), "Europe/Madrid", ""
		switch i % 100 {
		case 7: // no number at all
			number = ""
		case 17: // not one
			number = "ask for Ann"
		case 27: // too short to be one
			number = "12"
		case 37: // what a spreadsheet leaves of one
			number = "3.46E+10"
		case 47:
			zone = "Mars/Olympus"
		case 57:
			more = ";too;many;columns"
		case 67, 77: // of the row before
			number = fmt.Sprintf("+34600%06d", i-1)
		}
		fmt.Fprintf(&rows, "Person %d;%s;Madrid;%s%s\n", i, number, zone, more)
	}
	path = filepath.Join(t.TempDir(), "<b>March<i> list.csv")
	if err := os.WriteFile(path, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tiles are the figures of the strip of a page, by their headings.
func (w *window) tiles() (by map[string]int) {
	w.Helper()
	return asked[map[string]int](w, `Object.fromEntries([...document.querySelectorAll(".strip .tile")].map((e) => [e.querySelector("h2").textContent, Number(e.querySelector(".big").textContent.replace(/\D/g, ""))]))`)
}

// The whole story of a manager: a list with errors in it is uploaded, looked at,
// checked and imported, the campaign is started, seen to dial, and paused; every
// step by the pages.
func TestAManagerUploadsAListStartsACampaignSeesItDialAndPausesItInTheBrowser(t *testing.T) {
	v := openVillage(t, func(string) time.Duration { return time.Hour }) // everybody rings
	o := openOfficeWith(t, v.addr(), nil, func(*config.Config) {}, "ana")
	o.plug(t, "ana", newWatcher())
	o.seat(t, "ana")
	w := openWindow(t, o, 3*time.Minute)
	w.logIn(managerLogin)
	w.open(fmt.Sprintf("/campaigns/%d/upload", o.campaign))
	w.run(chromedp.SetUploadFiles("#file", []string{roughList(t)}), chromedp.Click("#bring button"))
	w.until(`location.pathname.includes("/upload/")`, "the file has arrived")
	w.until(`document.querySelectorAll("select[name=target]").length === 4`, "the columns are shown")
	if got := asked[string](w, `[...document.querySelectorAll("select[name=target]")].map((e) => e.value).join()`); got != "name,phone,field,zone" {
		t.Errorf("the columns are taken for %s", got)
	}
	w.shot("manager-read")

	w.run(chromedp.Click(`button[value=check]`))
	w.until(`document.querySelector("input[name=list]") !== null`, "every row is checked")
	w.adds(t, "Would be stored")
	if d, err := o.node.Depth(within(t), o.campaign); err != nil || d.Total != 0 {
		t.Errorf("a check has stored %d people: %v", d.Total, err)
	}
	kinds := asked[[]string](w, `[...document.querySelectorAll(".verdict-rows summary")].map((e) => e.textContent.trim())`)
	t.Logf("the rows that are not taken: %q", kinds)
	if len(kinds) != badOfHundred+1 {
		t.Errorf("%d kinds of errors: %q", len(kinds), kinds)
	}
	w.shot("manager-checked")

	w.run(chromedp.Focus("input[name=list]"), chromedp.KeyEvent(kb.End), chromedp.Click(`button[value=import]`))
	w.until(`document.querySelector("form[action$='/undo']") !== null`, "the list is imported")
	w.adds(t, "Added")
	o.people(t, listRows/100*(100-badOfHundred-dupsOfHundred))
	report := asked[string](w, `fetch(document.querySelector("a[href$='/report']").href).then((r) => r.ok ? r.text() : String(r.status))`)
	if lines := strings.Count(strings.TrimSpace(report), "\n"); lines != listRows/100*(badOfHundred+dupsOfHundred) || !strings.Contains(report, "Mars/Olympus") || !strings.Contains(report, "ask for Ann") {
		t.Errorf("the report has %d rows; it begins %.300q", lines, report)
	}
	w.shot("manager-imported")
	o.startsAndPauses(t, w, v)
}

// adds wants the tiles of a page to add up to the rows of the file.
func (w *window) adds(t *testing.T, taken string) {
	t.Helper()
	by := w.tiles()
	const hundreds = listRows / 100
	if by[taken] != hundreds*(100-badOfHundred-dupsOfHundred) || by["Refused"] != hundreds*badOfHundred || by["Duplicates"] != hundreds*dupsOfHundred {
		t.Errorf("the page says %v", by)
	}
	if sum := by[taken] + by["Refused"] + by["Duplicates"]; sum != listRows {
		t.Errorf("%d rows of %d have a verdict: %v", sum, listRows, by)
	}
}

// startsAndPauses starts the campaign on its page, sees it dial on the floor,
// and pauses it there.
func (o *office) startsAndPauses(t *testing.T, w *window, v *village) {
	t.Helper()
	w.open(fmt.Sprintf("/campaigns/%d", o.campaign))
	w.run(chromedp.Click(`form[action$="/start"] button`))
	card := fmt.Sprintf(`#campaigns [data-key="%d"]`, o.campaign)
	eventually(t, "somebody is called", func() bool { return v.calls() > 0 })
	w.open("/live")
	w.until(`document.querySelector('`+card+` [data-f=status]')?.dataset.state === "running" && document.querySelector('`+card+` [data-f=ringing]').textContent === "1"`, "the floor shows that it dials")
	w.until(`document.querySelector("#calls tr")?.textContent.includes("Person ")`, "the call is in the air")
	w.shot("manager-dials")
	w.run(chromedp.Click(card + ` form[data-action=pause] button`))
	w.until(`document.querySelector('`+card+` [data-f=status]')?.dataset.state === "paused"`, "the floor shows that it is paused")
	if c, err := o.node.db.Campaign(within(t), o.campaign); err != nil || c.Status != campaigns.Paused {
		t.Errorf("the campaign is %s: %v", c.Status, err)
	}
	if bad := w.takeComplaints(); len(bad) > 0 {
		t.Errorf("the browser complained: %q", bad)
	}
}
