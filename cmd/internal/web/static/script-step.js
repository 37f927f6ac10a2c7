// A step of a script as it is read: blocks, questions and the ways on. All that
// comes from a list or a script is set as text.

import { t } from "./words.js";

const el = (tag, props = {}, ...children) => {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
};

// spans are runs of text; a field is set apart, so that its direction is its own.
const spans = (list) => list.map((s) => {
  let node = document.createTextNode(s.missing ? `${s.field}?` : s.text);
  if (s.italic) node = el("em", {}, node);
  if (s.bold) node = el("strong", {}, node);
  if (!s.field) return node;
  const field = el("bdi", { className: "field", title: s.field }, node);
  if (s.missing) field.dataset.missing = "true";
  return field;
});

// block is a paragraph, a heading, a list or a note.
export function block(b) {
  const e = b.items
    ? el(b.ordered ? "ol" : "ul", { className: "block" }, ...b.items.map((item) => el("li", { dir: "auto" }, ...spans(item))))
    : el("p", { className: "block", dir: "auto" }, ...spans(b.spans ?? []));
  e.dataset.kind = b.kind;
  return e;
}

// question is a fieldset whose answer read() returns.
function question(q) {
  const legend = el("legend", { dir: "auto", textContent: q.text });
  if (q.required) legend.append(el("span", { className: "quiet", textContent: " " + t("(required)") }));
  const set = el("fieldset", {}, legend);
  const name = `q-${q.id}`;
  if (q.kind === "single" || q.kind === "multiple") {
    const given = [q.value ?? []].flat();
    const choices = q.options.map((o) => {
      const input = el("input", { type: q.kind === "single" ? "radio" : "checkbox", name, value: o.id, checked: given.includes(o.id) });
      return el("label", {}, input, el("bdi", { textContent: o.label }));
    });
    set.append(el("div", { className: "choices" }, ...choices));
    const chosen = () => [...set.querySelectorAll("input:checked")].map((i) => i.value);
    return { set, read: () => (q.kind === "single" ? chosen()[0] ?? null : chosen()) };
  }
  const type = { number: "number", scale: "number", date: "date" }[q.kind] ?? "text";
  const input = el("input", { type, name, value: q.value ?? "", ariaLabel: q.text });
  if (type !== "text") Object.assign(input, { min: q.min ?? "", max: q.max ?? "" });
  if (q.kind === "number") input.step = "any";
  set.append(input);
  if (q.kind === "scale") set.append(el("span", { className: "quiet", textContent: `${q.min} ${q.low ?? ""} – ${q.max} ${q.high ?? ""}` }));
  return { set, read: () => input.value || null };
}

// showStep fills the preview; go(where, answers) walks on.
export function showStep(into, check, go) {
  const step = check.step;
  const head = el("h3", {}, el("bdi", { textContent: step.title || step.id }), el("span", { className: "quiet", textContent: " · " + t("%d words, %d s", step.words, step.seconds) }));
  const article = el("article", { className: "step", lang: step.language }, head, ...step.blocks.map(block));
  article.dataset.step = step.id;
  if (step.hint) article.append(el("div", { className: "hint" }, ...step.hint.map(block)));
  const questions = step.questions.map((q) => ({ id: q.id, ...question(q) }));
  article.append(...questions.map((q) => q.set));
  if (check.refused) article.append(el("p", { className: "refused", role: "alert", textContent: check.refused }));
  const answers = () => (step.objection ? undefined : Object.fromEntries(questions.map((q) => [q.id, q.read()])));
  const move = (where, text, title = "") => el("button", { type: "button", className: "plain", textContent: text, title, onclick: () => go(where, where === "back" ? undefined : answers()) });
  const moves = el("div", { className: "moves" });
  if (step.can_back) moves.append(move("back", t("Back")));
  if (!step.end) moves.append(move("next", t("Next")));
  else article.append(el("p", { className: "quiet", textContent: step.suggests ? t("Here the script ends. The desk offers the outcome %s first.", step.suggests) : t("Here the script ends.") }));
  if (!step.objection) moves.append(...check.objections.map((o) => move(o.id, o.key ? `${o.key}: ${o.title}` : o.title, t("Objection"))));
  article.append(moves);
  into.replaceChildren(article);
}
