// Rows of the live page: copies of the templates that the server rendered,
// filled with text and never with markup, so that the page looks the same with
// and without these modules.

import { t, words } from "./words.js";
import { budget, company, decision, elapsed, long, note, percent } from "./live-words.js";

const clock = { skew: 0 }; // of this clock against the server's, in ms
export const set = (skew) => { clock.skew = skew; };
export const age = (at) => Date.now() - clock.skew - Date.parse(at);

export const text = (root, field, value) => {
  const e = root.querySelector(`[data-f="${field}"]`);
  const s = String(value ?? "");
  if (e && e.textContent !== s) e.textContent = s;
  return e;
};
export const state = (root, field, value) => {
  const e = text(root, field, words(value));
  if (e.dataset.state !== (value ?? "")) e.dataset.state = value ?? "";
};
const since = (row, at) => {
  const e = row.querySelector('[data-f="since"]');
  if (e.dateTime !== (at ?? "")) e.dateTime = at ?? "";
  tick(e);
};
// tick moves a clock on; an agent who is in a state for long is marked.
export const tick = (e) => {
  const ms = e.dateTime ? age(e.dateTime) : 0;
  const s = e.dateTime ? elapsed(ms) : "";
  if (e.textContent !== s) e.textContent = s;
  const card = e.closest(".agent");
  if (card) {
    const late = String(long(card.dataset.state, ms));
    if (card.dataset.long !== late) {
      card.dataset.long = late;
      e.title = late === "true" ? t("longer than usual") : "";
    }
  }
};
// sentences makes the items of a list those, keeping the ones that are there.
const sentences = (list, said) => {
  while (list.children.length > said.length) list.lastElementChild.remove();
  said.forEach((s, i) => {
    const item = list.children[i] ?? list.appendChild(document.createElement("li"));
    if (item.textContent !== s) item.textContent = s;
  });
};
export const over = (c) => c.cap > 0 && c.abandoned_share > c.cap;

export const fill = {
  campaigns(row, c) {
    for (const f of ["name", "why", "placed", "ringing", "waiting", "queued", "talking", "hopper"]) text(row, f, c[f]);
    text(row, "mode", words(c.mode));
    state(row, "status", c.status);
    row.dataset.state = c.status;
    text(row, "ready", c.agents_ready);
    text(row, "share", percent(c.abandoned_share));
    text(row, "ratio", t("%d of %d", c.abandoned, c.answered));
    text(row, "rule", c.limit_rule ?? "");
    text(row, "cap", percent(c.cap));
    text(row, "left", budget(c));
    row.querySelector(".why").hidden = !c.why;
    row.querySelector(".pacing").hidden = !c.pacing;
    sentences(row.querySelector(".pacing ul"), decision(c.pacing));
    row.querySelector(".abandon").dataset.over = String(over(c));
    row.querySelector("[data-bar]").setAttribute("width", c.cap > 0 ? Math.min((c.abandoned_share / c.cap) * 100, 150) : 0);
    for (const form of row.querySelectorAll("form")) {
      form.action = `/campaigns/${c.id}/${form.dataset.action}`;
      form.hidden = (form.dataset.action === "pause") !== (c.status === "running");
    }
  },
  agents(row, a) {
    text(row, "name", a.name);
    if (row.dataset.state !== a.state) row.dataset.state = a.state;
    state(row, "state", a.state);
    text(row, "reason", note(a));
    text(row, "campaign", a.campaign);
    text(row, "with", company(a));
    const help = Boolean(a.talk?.help);
    row.dataset.help = String(help);
    row.querySelector('[data-f="help"]').hidden = !help;
    since(row, a.since);
  },
  calls(row, c) {
    state(row, "state", c.state);
    for (const f of ["contact", "number", "agent", "campaign"]) text(row, f, c[f]);
    text(row, "odds", c.odds ? `${c.odds.toFixed(1)} ×` : "");
    since(row, c.since);
  },
  last(row, c) {
    const at = text(row, "at", c.at.slice(11, 19));
    at.dateTime = c.at;
    if (at.parentElement.localName === "a") at.parentElement.href = `/calls/${encodeURIComponent(c.attempt_id)}`;
    state(row, "outcome", c.outcome);
    for (const f of ["contact", "number", "agent", "campaign"]) text(row, f, c[f]);
    text(row, "talk", c.talk === "0s" ? "" : c.talk);
  },
};

// draw makes the rows of a list those of the items, in their order, keeping
// the rows that are there.
export function draw(kind, items, key) {
  const list = document.getElementById(kind);
  if (!list) return; // a wallboard has fewer lists
  const template = document.getElementById(`t-${kind}`).content.firstElementChild;
  const rows = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const held = document.activeElement; // a row that moves must not lose the focus
  let at = list.firstElementChild;
  for (const item of items) {
    const id = String(item[key]);
    let row = rows.get(id);
    rows.delete(id);
    if (!row) {
      row = template.cloneNode(true);
      row.dataset.key = id;
    }
    fill[kind](row, item);
    if (row === at) at = at.nextElementSibling;
    else list.insertBefore(row, at);
  }
  for (const row of rows.values()) row.remove();
  if (list.childElementCount === 0) list.replaceChildren(); // no white space: the sheet says that it is empty
  if (held !== document.activeElement && held?.isConnected && list.contains(held)) held.focus({ preventScroll: true });
}
