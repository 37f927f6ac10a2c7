package node

import (
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// shot writes a picture into the folder that FORECALL_SHOTS names.
func (d *deskTab) shot(name string) {
	d.Helper()
	dir := os.Getenv("FORECALL_SHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	d.run(chromedp.FullScreenshot(&picture, 100))
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
		d.Fatal(err)
	}
}

// look looks at the page as it is in both themes and on a phone: contrast, names
// of all controls, nothing wider than the window.
func (d *deskTab) look(name string) {
	d.Helper()
	for _, theme := range []string{"light", "dark"} {
		d.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}))
		d.shot(name + "-" + theme)
		var wrong []string
		d.run(chromedp.Evaluate(faults, &wrong))
		if len(wrong) > 0 {
			d.Errorf("%s, %s: %q", name, theme, wrong)
		}
	}
	d.run(emulation.SetDeviceMetricsOverride(390, 844, 2, true))
	d.shot(name + "-phone")
	if wide := d.number(`document.documentElement.scrollWidth`); wide > 390 {
		d.Errorf("%s: the page is %.0f wide on a phone", name, wide)
	}
	d.run(emulation.ClearDeviceMetricsOverride(), emulation.SetEmulatedMedia().WithFeatures(nil))
}

// faults is what is wrong with the page for who sees little or nothing: contrast
// under 4.5:1 (WCAG 2.2, 1.4.3), controls without a name (4.1.2), targets under
// 24 px (2.5.8), ids that stand twice, roles that point nowhere.
const faults = `(() => {
	const wrong = [];
	const parse = (c) => (c.match(/[\d.]+/g) ?? []).map(Number);
	const light = ([r, g, b]) => { const f = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
	const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const e = texts.currentNode.parentElement;
		if (!texts.currentNode.data.trim() || !e.checkVisibility() || e.closest(".flash") || e.tagName === "OPTION") continue;
		const [a, c] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
		const ratio = (Math.max(a, c) + 0.05) / (Math.min(a, c) + 0.05);
		if (ratio < 4.5) wrong.push("contrast " + texts.currentNode.data.trim().slice(0, 30) + " " + ratio.toFixed(2));
	}
	for (const e of document.querySelectorAll("button, input:not([type=hidden]), select, textarea, a[href], meter, progress, dialog[open], summary")) {
		if (!e.checkVisibility()) continue;
		const by = (e.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("");
		const name = [e.ariaLabel, by, ...[...(e.labels ?? [])].map((l) => l.textContent), /BUTTON|A|SUMMARY/.test(e.tagName) ? e.textContent : "", e.title].some((s) => s?.trim());
		if (!name) wrong.push("no name: " + e.outerHTML.slice(0, 80));
		const box = (e.type === "radio" || e.type === "checkbox" ? e.closest("label") ?? e : e).getBoundingClientRect();
		if (/BUTTON|INPUT|SELECT|TEXTAREA/.test(e.tagName) && (box.height < 24 || box.width < 24) && !e.closest(".unseen")) wrong.push("small: " + e.outerHTML.slice(0, 80));
	}
	const seen = new Set();
	for (const e of document.querySelectorAll("[id]")) seen.has(e.id) ? wrong.push("twice: " + e.id) : seen.add(e.id);
	return wrong;
})()`
