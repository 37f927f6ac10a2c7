// The keys of the desk, which everybody may change or turn off (WCAG 2.2, 2.1.4).

import { t } from "./words.js";
import { $, el } from "./desk-kit.js";

const free = ["F2", "F4", "F6", "F7", "F8", "F9", "F10"];
const first = { ready: "F2", mute: "F4", hangup: "F8", hold: "F9", consent: "F7" };

export function openKeys(actions) {
  const kept = JSON.parse(localStorage.getItem("forecall.keys") ?? "{}");
  const keys = { ...first, ...kept.keys };
  let on = kept.on ?? true; // false turns all of them off
  const keep = () => localStorage.setItem("forecall.keys", JSON.stringify({ on, keys }));
  const texts = { ready: t("Ready or pause"), mute: t("Mute"), hangup: t("Hang up"), hold: t("Hold"), consent: t("Consent") };
  const dialog = $("keys");
  const open = () => { if (!dialog.open) dialog.showModal(); };
  const draw = () => $("keys-table").replaceChildren(...Object.keys(first).map((action) => {
    const choose = el("select", { ariaLabel: texts[action] }, ...free.map((k) => el("option", { textContent: k, selected: keys[action] === k })));
    choose.onchange = () => { // a key does one thing: whoever had it gets the former
      const other = Object.keys(keys).find((a) => keys[a] === choose.value);
      if (other) keys[other] = keys[action];
      keys[action] = choose.value;
      keep();
      draw();
    };
    return el("tr", {}, el("th", { scope: "row", textContent: texts[action] }), el("td", {}, choose));
  }));
  draw();
  $("keys-on").checked = on;
  $("keys-on").onchange = () => { on = $("keys-on").checked; keep(); };
  $("keys-open").onclick = open;
  document.addEventListener("keydown", (e) => {
    if (!on || e.ctrlKey || e.altKey || e.metaKey || e.isComposing || document.querySelector("dialog[open]")) return;
    const action = Object.keys(keys).find((a) => keys[a] === e.key);
    if (action) {
      e.preventDefault();
      if (!e.repeat) actions[action](); // a key that is held down is one press
    } else if (e.key === "?" && !e.target.closest("input, textarea, select")) {
      e.preventDefault();
      open();
    }
  });
  return (action) => (on ? keys[action] : undefined); // which key does it, for hints
}
