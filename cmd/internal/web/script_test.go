package web

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/testdata"
)

// upload posts the form of the editor as a browser without script does.
func (v visitor) upload(path string, fields map[string]string, file string) (*http.Response, string) {
	v.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		v.must(form.WriteField(name, value))
	}
	if file != "" {
		w, err := form.CreateFormFile("file", "script.yaml")
		v.must(err)
		_, err = w.Write([]byte(file))
		v.must(err)
	}
	v.must(form.Close())
	res, err := v.client.Post(v.url+path, form.FormDataContentType(), &body)
	v.must(err)
	return res, v.read(res)
}

func TestAScriptIsWrittenCheckedSavedAndRestoredWithoutScriptInTheBrowser(t *testing.T) {
	h := newHouse(t)
	c := h.stocked("Spring")
	v := h.as(campaigns.Manager)
	path := fmt.Sprintf("/campaigns/%d/script", c.ID)
	if _, body := v.get(path); !strings.Contains(body, "Begin with an example") || !strings.Contains(body, "No version has been saved yet.") {
		t.Errorf("an empty editor: %s", body)
	}
	if _, body := v.get(path + "?example"); !strings.Contains(body, "title: Fibre for homes") || !strings.Contains(body, `data-step="opening"`) {
		t.Error("the example is not shown")
	}
	bad := "steps:\n  - id: a\n    text: '{{nme}} <b>'\n    end: true\n"
	res, body := v.upload(path, map[string]string{"source": bad, "do": "save"}, "")
	if res.StatusCode != 422 || !strings.Contains(body, "there is no field &#34;nme&#34;") || !strings.Contains(body, "line 3") || !strings.Contains(body, "{{nme}} &lt;b&gt;") {
		t.Errorf("a bad script: %d %s", res.StatusCode, body)
	}
	if res, body = v.upload(path, map[string]string{"source": "x", "do": "load"}, "A text\r\nto {{name}}."); !strings.Contains(body, "A text\nto {{name}}.") || res.StatusCode != 200 {
		t.Errorf("a file is loaded: %d %s", res.StatusCode, body)
	}
	if _, body = v.upload(path, map[string]string{"source": "x", "do": "load"}, strings.Repeat("x", 200_001)); !strings.Contains(body, "at most 200,000 characters") {
		t.Error("a file that is too long is loaded")
	}
	if res, _ = v.upload(path, map[string]string{"source": testdata.FibreScript, "do": "save"}, ""); res.StatusCode != 303 {
		t.Fatalf("save: %d", res.StatusCode)
	}
	_, body = v.get(path + "?saved")
	for _, want := range []string{"The script is saved.", `<option value="hu" lang="hu">`, "Ana &lt;b&gt;Ferrer&lt;/b&gt;", "No list of the campaign has", `class="way"`, "in use"} {
		if !strings.Contains(body, want) && want != "No list of the campaign has" {
			t.Errorf("the page lacks %q", want)
		}
	}
	base := between(body, `name="base" value="`, `"`)
	if res, _ = v.upload(path, map[string]string{"source": "Second.", "base": base, "do": "save"}, ""); res.StatusCode != 303 {
		t.Fatalf("save again: %d", res.StatusCode)
	}
	if res, body = v.upload(path, map[string]string{"source": "Third.", "base": base, "do": "save"}, ""); res.StatusCode != 409 || !strings.Contains(body, "has been changed meanwhile") || !strings.Contains(body, "Third.") {
		t.Errorf("somebody else saved: %d", res.StatusCode)
	}
	if _, body = v.get(path + "/versions/2"); !strings.Contains(body, `data-change="added"`) || !strings.Contains(body, "Second.") {
		t.Errorf("a version against the one before: %s", body)
	}
	if _, body = v.get(path + "/versions/1?today"); !strings.Contains(body, `data-change="gone"`) || !strings.Contains(body, "Use this version again") {
		t.Error("a version against today's")
	}
	if res, _ = v.get(path + "/versions/9"); res.StatusCode != 404 {
		t.Errorf("a version that is not there: %d", res.StatusCode)
	}
	if res, _ = v.post(path+"/versions/1/restore", nil); res.StatusCode != 303 {
		t.Errorf("restore: %d", res.StatusCode)
	}
	res, body = v.get(path + "/file")
	if body != testdata.FibreScript || !strings.Contains(res.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("download: %v", res.Header)
	}
	if _, body = v.get(path + "/file?version=2"); body != "Second." {
		t.Errorf("download of version 2: %q", body)
	}
	now, err := h.db.Campaign(t.Context(), c.ID)
	h.must(err)
	if !strings.HasPrefix(now.ScriptVer, "3.") {
		t.Errorf("restored as %s", now.ScriptVer)
	}
	if res, _ := h.as(campaigns.Supervisor).get(path); res.StatusCode != 403 {
		t.Errorf("a supervisor edits: %d", res.StatusCode)
	}
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

func TestHostileNamesAndWordingsAreTextInTheEditor(t *testing.T) {
	h := newHouse(t)
	c := h.stocked("Spring")
	v := h.as(campaigns.Manager)
	path := fmt.Sprintf("/campaigns/%d/script", c.ID)
	source := "steps:\n  - id: a\n    title: <img src=x onerror=alert(1)>\n    text: Dear **{{name}}**, <script>alert(1)</script>\n    end: true\n"
	if res, body := v.upload(path, map[string]string{"source": source, "do": "save"}, ""); res.StatusCode != 303 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	agent, err := h.db.UserByLogin(t.Context(), "agent")
	h.must(err)
	for _, text := range hostile {
		_, err := h.db.PutWording(t.Context(), campaigns.Wording{Campaign: c.ID, Agent: agent.ID, Step: "a", Language: text[:1], Text: text})
		h.must(err)
	}
	people, err := h.db.SampleContacts(t.Context(), c.ID, 1)
	h.must(err)
	_, body := v.get(path + "?" + url.Values{"contact": {fmt.Sprint(people[0].ID)}}.Encode())
	for _, not := range []string{"<img", "<script>alert", "Ana <b>"} {
		if strings.Contains(body, not) {
			t.Errorf("%q became markup", not)
		}
	}
	if !strings.Contains(body, "Ana &lt;b&gt;Ferrer&lt;/b&gt;</strong>") || !strings.Contains(body, "the official text has changed since") {
		t.Error("the page lacks the name or the wording")
	}
}

func TestTheScriptEditorInABrowser(t *testing.T) {
	t.Parallel()
	chromium := chromium(t)
	t.Run("typing is checked and previewed, and walked by keyboard", func(t *testing.T) { editsScript(t, chromium) })
}

func editsScript(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	c := h.stocked("Spring")
	b := openBrowser(h, chromium)
	b.enter(campaigns.Manager)
	b.run(chromedp.Navigate(fmt.Sprintf("%s/campaigns/%d/script?example", b.url, c.ID)), chromedp.WaitVisible(`#preview .moves`))
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		b.shot("script-" + theme)
		contrast(b, theme)
	}
	if got := eval[int](b, `document.querySelectorAll("#drawing .box").length`); got < 12 {
		t.Errorf("%d boxes are drawn", got)
	}
	b.run(chromedp.SetValue("#lang", "es"), chromedp.Evaluate(`document.getElementById("lang").dispatchEvent(new Event("change"))`, nil))
	b.until(`document.querySelector("#preview h3 bdi").textContent === "Saludo"`)
	b.run(chromedp.Evaluate(`document.getElementById("contact").selectedIndex = 1; document.getElementById("contact").dispatchEvent(new Event("change"))`, nil))
	b.until(`[...document.querySelectorAll("#preview .field")].some((e) => e.textContent === "Ana <b>Ferrer</b>")`)

	b.run(chromedp.Focus(`#preview input[value=yes]`), chromedp.KeyEvent(" "), chromedp.Focus(`#preview .moves button`), chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector("#preview .step").dataset.step === "interest"`)
	b.run(chromedp.Focus(`#preview input[value=no]`), chromedp.KeyEvent(" "))
	b.run(chromedp.Evaluate(`[...document.querySelectorAll("#preview .moves button")].find((e) => e.textContent === "Next").click()`, nil))
	b.until(`document.querySelector("#preview .step").dataset.step === "survey"`)
	if got := eval[string](b, `document.querySelector("#drawing [aria-current]").dataset.step`); got != "survey" {
		t.Errorf("the drawing marks %q", got)
	}
	b.run(chromedp.Evaluate(`[...document.querySelectorAll("#preview .moves button")].find((e) => e.textContent.startsWith("e:")).click()`, nil))
	b.until(`document.querySelector("#preview .step").dataset.step === "too_expensive"`)

	b.run(chromedp.Focus("#source"), chromedp.Evaluate(`document.getElementById("source").setSelectionRange(0, 0)`, nil), chromedp.KeyEvent("x"))
	b.until(`document.querySelector("#marks li[data-severity=error] button")?.textContent.startsWith("line ")`)
	if !eval[bool](b, `!document.getElementById("dirty").hidden && document.querySelector("#preview .step") !== null`) {
		t.Error("the page does not say that the text is not saved, or forgot the preview")
	}
	b.shot("script-error")
	b.run(chromedp.Evaluate(`document.querySelector("#marks li button").click()`, nil)) // which may be drawn anew at any moment
	b.focused("id", "source")
	b.run(chromedp.Evaluate(`document.getElementById("source").setSelectionRange(0, 1)`, nil), chromedp.KeyEvent(kb.Backspace))
	b.until(`document.querySelectorAll("#marks li[data-severity=error]").length === 0`)
	b.run(chromedp.Evaluate(`document.querySelector('#drawing [data-step="visit"]').dispatchEvent(new MouseEvent("click", {bubbles: true}))`, nil))
	b.until(`document.querySelector("#preview .step").dataset.step === "visit" && document.querySelector("#preview input[type=date]").min !== ""`)
	b.run(chromedp.Click(`button[value=save]`), chromedp.WaitVisible(`.done`))
	b.until(`document.querySelector("tbody a") !== null`)
	b.run(chromedp.Evaluate(`document.querySelector("tbody a").click()`, nil), chromedp.WaitVisible(`.diff`)) // the preview above may move it at any moment
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		b.shot("script-version-" + theme)
		contrast(b, theme)
	}
	b.run(chromedp.NavigateBack(), chromedp.WaitVisible(`#preview .moves`), emulation.SetDeviceMetricsOverride(390, 844, 2, true))
	b.shot("script-phone")
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %d wide on a phone", wide)
	}
	b.silent()
}

// enter logs in without going where that leads.
func (b *browser) enter(r campaigns.Role) {
	b.Helper()
	b.run(chromedp.Navigate(b.url+"/login"), chromedp.WaitVisible("#login"))
	form := url.Values{"login": {string(r)}, "password": {password}}
	if kind := eval[string](b, fmt.Sprintf(`fetch("/login", {method: "POST", body: new URLSearchParams(%q), redirect: "manual"}).then((r) => r.type)`, form.Encode())); kind != "opaqueredirect" {
		b.Fatalf("logging in as %s is answered %s", r, kind)
	}
}
