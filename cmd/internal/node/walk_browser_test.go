package node

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// mostOctets is what a page may weigh on the wire, with its modules and sheets.
const mostOctets = 150_000

// walk looks at one page as everybody does: in both themes, on a phone, with a
// reader, by keyboard, over a thin line.
func (w *window) walk(t *testing.T, path, name string) {
	t.Helper()
	w.takeComplaints()
	w.mu.Lock()
	w.octets = 0
	w.mu.Unlock()
	w.theme("light")
	w.open(path)
	w.until(`document.readyState === "complete"`, path+" is loaded")
	asked[bool](w, settled)
	if at := asked[string](w, `location.pathname`); at == "/login" && path != "/login" {
		t.Errorf("%s led to the login", path)
		return
	}
	w.read += asked[string](w, `document.body.innerText`)
	wrong := w.faults()
	for _, theme := range []string{"light", "dark"} {
		w.theme(theme)
		w.shot(name + "-" + theme)
		for _, low := range asked[[]string](w, contrast) {
			wrong = append(wrong, theme+": contrast of "+low)
		}
	}
	wrong = append(wrong, w.tabs()...)
	w.run(emulation.SetDeviceMetricsOverride(390, 844, 1, true))
	w.shot(name + "-phone")
	if wide := asked[int](w, `document.documentElement.scrollWidth`); wide > 390 {
		wrong = append(wrong, fmt.Sprintf("is %d wide on a phone: %q", wide, asked[[]string](w, wider)))
	}
	w.run(chromedp.EmulateViewport(1280, 900))
	w.mu.Lock()
	octets := w.octets
	w.mu.Unlock()
	if octets > mostOctets {
		wrong = append(wrong, fmt.Sprintf("weighs %.0f octets", octets))
	}
	wrong = append(wrong, w.takeComplaints()...)
	for _, one := range wrong {
		t.Errorf("%s: %s", path, one)
	}
	t.Logf("%-50s %6.1f kB, usable after %.0f ms", path, octets/1000, asked[float64](w, `performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd`))
}

// faults are what is wrong with a page for who reads it by a machine.
func (w *window) faults() []string {
	w.Helper()
	return append(w.bare(), asked[[]string](w, structure)...)
}

// settled waits until a page has drawn what its modules draw, 4 s at most: a
// clock goes on for ever.
const settled = `new Promise((done) => {
	let quiet = 0;
	const long = document.querySelector("script[type=module]") ? 700 : 150;
	const end = () => { seen.disconnect(); done(true); }, again = () => { clearTimeout(quiet); quiet = setTimeout(end, long); };
	const seen = new MutationObserver(again);
	seen.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
	setTimeout(end, 4000);
	again();
})`

// bare are the controls and pictures without a name, as a reader of the screen
// has them from the browser itself.
func (w *window) bare() (wrong []string) {
	w.Helper()
	needs := []string{"button", "link", "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "slider", "spinbutton", "switch", "image", "img", "dialog", "meter", "progressbar", "tab", "menuitem"}
	type named struct {
		Value any `json:"value"`
	}
	var tree struct { // the tree as it comes: the library does not know every property of this browser
		Nodes []struct {
			Ignored bool  `json:"ignored"`
			Role    named `json:"role"`
			Name    named `json:"name"`
			ID      int   `json:"backendDOMNodeId"`
		} `json:"nodes"`
	}
	w.run(chromedp.ActionFunc(func(ctx context.Context) error {
		return cdp.Execute(ctx, accessibility.CommandGetFullAXTree, nil, &tree)
	}))
	for _, n := range tree.Nodes {
		role, _ := n.Role.Value.(string)
		if name, _ := n.Name.Value.(string); !n.Ignored && slices.Contains(needs, role) && strings.TrimSpace(name) == "" {
			wrong = append(wrong, fmt.Sprintf("a %s has no name: %.120s", role, w.outer(n.ID)))
		}
	}
	if len(tree.Nodes) < 10 {
		wrong = append(wrong, fmt.Sprintf("only %d nodes for readers", len(tree.Nodes)))
	}
	return wrong
}

// outer is an element as it is written.
func (w *window) outer(id int) (text string) {
	w.Helper()
	w.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		text, err = dom.GetOuterHTML().WithBackendNodeID(cdp.BackendNodeID(id)).Do(ctx)
		return err
	}))
	return text
}

// tabs goes through a page by keyboard: the order is that of the document, and
// what has the focus is seen.
func (w *window) tabs() (wrong []string) {
	w.Helper()
	asked[bool](w, `(document.activeElement?.blur(), document.body.tabIndex = -1, document.body.focus(), document.body.removeAttribute("tabindex"), window.before = null, window.went = window.same = 0, true)`)
	for range 40 {
		w.run(chromedp.KeyEvent(kb.Tab))
		switch at := asked[string](w, nextStop); at {
		case "":
		case "end":
			return wrong
		default:
			wrong = append(wrong, at)
		}
	}
	return wrong
}

const nextStop = `(() => {
	const e = document.activeElement;
	if (!e || e === document.body) return "end";
	if (e === before) return ++same > 6 ? "end" : ""; // a date has stops of its own
	window.same = 0;
	const was = before;
	window.before = e;
	if (was && !(was.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING)) return went++ > 0 && e.matches(".skip, a") ? "end" : "the focus goes back to " + e.outerHTML.slice(0, 80);
	went++;
	const marked = (e) => { const s = getComputedStyle(e); return s.outlineStyle !== "none" || s.boxShadow !== "none"; };
	if (![e, e.parentElement, e.parentElement.parentElement].some(marked)) return "the focus is not seen on " + e.outerHTML.slice(0, 80);
	return "";
})()`

// structure is what a page is made of: landmarks, one heading of the first
// order, ids that are unique, nothing inline, targets that can be hit, and
// nothing that came out of a name.
const structure = `(() => {
	const wrong = [], all = (s) => [...document.querySelectorAll(s)], seen = (e) => e.checkVisibility({ visibilityProperty: true });
	const name = (e) => e.outerHTML.slice(0, 90);
	if (!document.documentElement.lang) wrong.push("the page has no language");
	if (!document.title.trim() || document.title.startsWith("stolen")) wrong.push("the title is " + document.title);
	const h1 = all("h1").filter(seen);
	if (h1.length !== 1 || !h1[0].textContent.trim()) wrong.push(h1.length + " headings of the first order");
	if (all("main").length !== 1) wrong.push(all("main").length + " main landmarks");
	for (const e of all("[tabindex]")) if (e.tabIndex > 0) wrong.push("tabindex of " + name(e));
	for (const e of all("img")) if (!e.hasAttribute("alt")) wrong.push("a picture without words: " + name(e));
	const ids = new Set();
	for (const e of all("[id]")) ids.has(e.id) ? wrong.push("two elements are " + e.id) : ids.add(e.id);
	for (const a of ["aria-labelledby", "aria-describedby", "aria-controls", "for"])
		for (const e of all("[" + a + "]")) if (seen(e) && e.childElementCount) for (const id of e.getAttribute(a).split(/\s+/)) if (id && !ids.has(id)) wrong.push(a + " of " + name(e) + " leads nowhere");
	for (const e of all("img[src=x], main script:not([src]), [onerror], [onclick], [style]")) if (!e.closest("svg")) wrong.push("inline: " + name(e));
	for (const e of all("table")) if (seen(e) && !e.querySelector("th")) wrong.push("a table without headings: " + name(e));
	for (const e of all("button, select, summary, input:not([type=hidden]), textarea, [role=button]")) {
		if (!seen(e) || e.closest("[hidden]")) continue;
		const own = e.getBoundingClientRect(), label = /checkbox|radio/.test(e.type) ? (e.closest("label") ?? e.labels?.[0])?.getBoundingClientRect() : null;
		const [wide, high] = [Math.max(own.width, label?.width ?? 0), Math.max(own.height, label?.height ?? 0)];
		if (own.width > 1 && (wide < 23.5 || high < 23.5)) wrong.push("a target of " + wide.toFixed() + " x " + high.toFixed() + ": " + name(e));
	}
	return wrong;
})()`

// wider are the elements that make a page wider than the window.
const wider = `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > 391 && !e.closest(".scroll, [class*=scroll]")).slice(0, 4).map((e) => e.outerHTML.slice(0, 80))`

// contrast are the texts under 4.5:1 against their ground (WCAG 2.2, 1.4.3).
// What is disabled is not measured, as the norm has it.
const contrast = `(() => {
	const parse = (c) => (c.match(/[\d.]+/g) ?? []).map(Number);
	const light = ([r, g, b]) => { const f = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
	const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
	const low = [];
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const e = texts.currentNode.parentElement;
		if (!texts.currentNode.data.trim() || !e.checkVisibility() || e.closest(":disabled, option")) continue;
		const [a, c] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
		const ratio = (Math.max(a, c) + 0.05) / (Math.min(a, c) + 0.05);
		if (ratio < 4.5) low.push(texts.currentNode.data.trim().slice(0, 30) + " " + ratio.toFixed(2));
	}
	return low;
})()`

// TestEveryPageCanBeUsedByEverybody walks through the whole house, which is
// full of what lists can bring.
func TestEveryPageCanBeUsedByEverybody(t *testing.T) {
	t.Parallel()
	h := openHostileHouse(t)
	w := openWindow(t, h.office, 6*time.Minute)
	h.upload(w)
	left := h.node.lead.Load().pages.Patterns()
	only := os.Getenv("FORECALL_WALK") // a part of a pattern: look at those pages alone
	for _, who := range []string{"ana", managerLogin, "sue", "root", "cora"} {
		w.logIn(who)
		left = slices.DeleteFunc(left, func(pattern string) bool {
			if !strings.Contains(pattern, only) {
				return true
			}
			path := h.fill(t, pattern)
			if path == "" {
				return true
			}
			switch kind := asked[string](w, `fetch("`+path+`", { redirect: "manual" }).then((r) => (r.body?.cancel(), r.type === "opaqueredirect" ? "elsewhere" : r.ok ? r.headers.get("Content-Type") ?? "" : String(r.status)))`); {
			case kind == "403":
				return false
			case strings.HasPrefix(kind, "text/html") && !strings.HasPrefix(pattern, "/static/"):
				w.walk(t, path, strings.NewReplacer("{", "", "}", "").Replace(pattern))
			case kind == "404" && strings.HasSuffix(path, "/chart.svg"): // drawn when somebody has asked what if
			case kind == "404" || kind == "500" || kind == "422":
				t.Errorf("%s for %s: %s", path, who, kind)
			}
			return true
		})
	}
	for _, name := range []string{"<script>document.title", `"><img src=x`, "evil", "{{.User.PasswordHash}}", "Zoë 王小明", "шшшшш"} {
		if only == "" && !strings.Contains(w.read, name) {
			t.Errorf("%q was on no page", name)
		}
	}
	if len(left) > 0 {
		t.Errorf("nobody may see %q", left)
	}
}

// A walk that sees nothing is worth nothing: a page is spoiled in each way, and
// each is told.
func TestTheWalkSeesWhatIsWrongWithAPage(t *testing.T) {
	o := openOffice(t, netip.AddrPortFrom(loopback, 9))
	w := openWindow(t, o, time.Minute)
	w.theme("light")
	w.open("/login")
	if wrong := append(w.faults(), asked[[]string](w, contrast)...); len(wrong) > 0 {
		t.Fatalf("the login: %q", wrong)
	}
	for spoil, want := range map[string]string{
		`main.append(document.createElement("button"))`:                                                                                                  "a button has no name",
		`main.append(Object.assign(document.createElement("input"), { id: "x" }))`:                                                                       "a textbox has no name",
		`main.append(Object.assign(new Image(), { src: "/static/icon.svg" }))`:                                                                           "a picture without words",
		`main.append(Object.assign(document.createElement("h1"), { textContent: "2" }))`:                                                                 "2 headings of the first order",
		`document.querySelector("button").tabIndex = 3`:                                                                                                  "tabindex of",
		`document.querySelector("button").id = "login"`:                                                                                                  "two elements are login",
		`main.setAttribute("aria-labelledby", "nowhere")`:                                                                                                "leads nowhere",
		`main.append(Object.assign(document.createElement("p"), { textContent: "pale" })); main.lastElementChild.attributeStyleMap.set("color", "#bbb")`: "pale",
		`main.append(Object.assign(document.createElement("button"), { textContent: "x" })); main.lastElementChild.attributeStyleMap.set("min-height", "0px");
			main.lastElementChild.attributeStyleMap.set("height", "12px"); main.lastElementChild.attributeStyleMap.set("padding", "0px")`: "a target of",
	} {
		w.open("/login")
		asked[bool](w, `(() => { const main = document.querySelector("main"); `+spoil+`; return true; })()`)
		if wrong := append(w.faults(), asked[[]string](w, contrast)...); !slices.ContainsFunc(wrong, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%s: %q is not among %q", spoil, want, wrong)
		}
	}
}
