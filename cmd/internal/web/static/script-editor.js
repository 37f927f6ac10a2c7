// The editor of scripts: while somebody types, the server checks the text and
// answers how it reads; nothing is kept until it is saved. Without this module
// the page does the same by its buttons.

import { t, words } from "./words.js";
import { drawSteps } from "./script-drawing.js";
import { showStep } from "./script-step.js";

const page = document.querySelector(".script-page");
const source = document.getElementById("source");
const numbers = document.getElementById("numbers");
const marks = document.getElementById("marks");
const title = document.getElementById("marks-title");
const lang = document.getElementById("lang");
const contact = document.getElementById("contact");
const preview = document.getElementById("preview");
const drawing = document.getElementById("drawing");
const dirty = document.getElementById("dirty");
const saved = source.value;

let walk; // where the preview stands; the server draws it, we send it back
let round = 0; // of the last question, so that a late answer is not shown
let pending;

const el = (tag, props = {}, ...children) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
};

// ask has the server check the text and move the preview.
async function ask(move = {}) {
  const mine = ++round;
  clearTimeout(pending); // this asks for what is typed by now, and must not be overtaken by less
  const body = { campaign_id: +page.dataset.campaign, source: source.value, lang: lang.value, contact_id: +contact.value, walk, ...move };
  const answer = await fetch("/v1/scripts/check", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }).catch(() => null);
  if (mine !== round) return;
  if (!answer?.ok) {
    title.textContent = answer?.status === 401 ? t("Your session has ended; save your text elsewhere and log in again.") : t("The server does not answer; nothing was checked.");
    return;
  }
  show(await answer.json(), move);
}

function show(check, move) {
  showMarks(check);
  if (!check.step) return; // the text cannot be read at this moment: the last preview stays
  walk = check.walk;
  showLanguages(check);
  showStep(preview, check, (go, answers) => ask({ go, answers }));
  drawSteps(drawing, check.drawing, check.step.id, lead);
  if (move.go) preview.querySelector("input, button")?.focus();
}

// lead brings the text and the preview to a step of the drawing.
function lead(box) {
  toLine(box.line);
  if (box.kind === "objection") ask({ walk: undefined, go: box.id });
  else ask({ walk: { step: box.id } });
}

function showMarks(check) {
  const errors = check.findings.filter((m) => m.severity === "error").length;
  title.textContent = errors ? t("%d errors: it cannot be saved like this", errors) : check.findings.length ? t("It can be saved; %d hints", check.findings.length) : t("Nothing is wrong with it");
  marks.replaceChildren(...check.findings.map((m) => {
    const item = el("li", {}, el("span", { className: "mark-word", textContent: words(m.severity) }), " ");
    item.dataset.severity = m.severity;
    if (m.line) {
      item.append(el("button", { type: "button", className: "plain mark-line", textContent: t("line %d", m.line), onclick: () => toLine(m.line) }), " ");
    }
    item.append(el("span", { textContent: m.text }));
    return item;
  }));
}

// showLanguages offers those that the text is written in now.
function showLanguages(check) {
  const have = [...lang.options].map((o) => o.value);
  if (have.join() !== check.languages.join()) {
    lang.replaceChildren(...check.languages.map((tag) => el("option", { value: tag, textContent: tag, lang: tag })));
  }
  lang.value = check.step.language;
}

// toLine marks a line of the text and brings it into sight.
function toLine(n) {
  const lines = source.value.split("\n");
  const from = lines.slice(0, n - 1).reduce((sum, l) => sum + l.length + 1, 0);
  source.focus();
  source.setSelectionRange(from, from + (lines[n - 1]?.length ?? 0));
  const high = parseFloat(getComputedStyle(source).lineHeight);
  source.scrollTop = Math.max(0, (n - 6) * high);
}

function count() {
  const n = String(source.value.split("\n").length);
  if (n !== numbers.dataset.n) {
    numbers.dataset.n = n;
    numbers.textContent = Array.from({ length: +n }, (_, i) => i + 1).join("\n");
  }
  numbers.scrollTop = source.scrollTop;
}

function typed() {
  count();
  dirty.hidden = source.value === saved;
  clearTimeout(pending);
  pending = setTimeout(ask, 350);
}

source.addEventListener("input", typed);
source.addEventListener("scroll", () => { numbers.scrollTop = source.scrollTop; });
document.getElementById("check").addEventListener("click", (e) => {
  e.preventDefault();
  ask();
});
document.getElementById("view").addEventListener("submit", (e) => e.preventDefault());
document.getElementById("show").hidden = true;
for (const choice of [lang, contact]) choice.addEventListener("change", () => ask());

// A file is put into the text, where it can be looked at before it is saved.
document.getElementById("file").addEventListener("change", async (e) => {
  const file = e.target.files[0];
  if (!file) return;
  source.value = (await file.text()).replaceAll("\r\n", "\n").slice(0, 200000);
  e.target.value = "";
  walk = undefined;
  typed();
});
document.querySelector("button[value=load]").hidden = true;

let leaving = false;
document.getElementById("editor").addEventListener("submit", () => { leaving = true; });
addEventListener("beforeunload", (e) => {
  if (!leaving && source.value !== saved) e.preventDefault();
});

count();
ask();
