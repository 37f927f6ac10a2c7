// The script beside the call: the step that is read, its questions, and the
// agent's own wording. Where one stands is the server's to say.

import { t } from "./words.js";
import { $, alarm, api, button, el, field, later, trouble } from "./desk-kit.js";
import { block, showStep } from "./script-step.js";

const path = "/v1/agent/call/script";

export function openScript(desk) {
  const into = $("script");
  const body = el("div", { className: "preview" });
  let view = null, of = "", lang = "", moving = false, editing = false;

  const key = (card) => `${card.attempt_id ?? ""}/${card.contact.id}`;
  const asked = () => (lang ? `${path}?lang=${encodeURIComponent(lang)}` : path);

  async function load() {
    const mine = of;
    try {
      const said = await api("GET", asked());
      if (mine !== of) return; // of a call that is over
      view = said;
      draw();
    } catch (e) {
      if (mine !== of) return;
      view = null;
      nothing(e.status === 404 ? t("This campaign has no script.") : e.message);
    }
  }

  // A script that is a plain text is one step without a way on.
  const isText = (step) => step.id === "text" && !step.title && !step.questions.length && step.end;
  const nothing = (text) => into.replaceChildren(el("h2", { id: "h-script", textContent: t("Script") }), el("p", { className: "quiet", textContent: text }));

  const answers = () => (view.step.objection ? undefined : Object.fromEntries(view.step.questions.map((q) => [q.id, read(q)])));
  const read = (q) => {
    const inputs = [...body.querySelectorAll(`[name="q-${CSS.escape(q.id)}"]`)];
    if (q.kind === "multiple") return inputs.filter((i) => i.checked).map((i) => i.value);
    if (q.kind === "single") return inputs.find((i) => i.checked)?.value ?? null;
    const value = inputs[0]?.value ?? "";
    return value === "" ? null : q.kind === "number" || q.kind === "scale" ? Number(value) : value;
  };

  const keep = later(700, async () => {
    if (!view || !desk.card?.attempt_id || moving) return;
    await api("POST", asked(), { step: view.step.id, answers: answers() }).catch(() => {}); // what is not right yet is told when one goes on
  });

  async function go(where) {
    if (moving || !view) return;
    keep.drop();
    moving = true;
    const mine = of;
    try {
      const given = where === "back" ? undefined : answers();
      const said = await api("POST", asked(), { step: view.step.id, go: where, ...(given ? { answers: given } : {}) });
      alarm("refused", "");
      if (mine === of) {
        view = said;
        editing = false;
        draw();
        into.focus({ preventScroll: true });
      }
    } catch (e) {
      if (mine === of) {
        if (e.errors.length) draw(e.errors.map((x) => x.message).join(" "), given());
        else trouble(e);
      }
    }
    moving = false;
  }

  // given are the answers as they stand in the page, so that a refusal loses none.
  const given = () => answers();

  function own() {
    const s = view.step, text = el("textarea", { rows: 4, maxLength: 10000, dir: "auto", value: s.own ?? "" });
    const save = async (value) => {
      try {
        await api("PUT", "/v1/agent/script-wording", { step: s.id, text: value, ...(lang ? { lang } : {}) });
        editing = false;
        load();
      } catch (e) { trouble(e); }
    };
    if (!editing) return button(s.own ? t("Change my wording") : t("Word it my way"), () => { editing = true; draw(); into.querySelector("textarea").focus(); }, { className: "plain own-open" });
    return el("div", { className: "own" }, field(t("How I say it"), text), el("div", { className: "moves" }, button(t("Save"), () => save(text.value), { className: "" }), s.own ? button(t("Back to the official text"), () => save("")) : null, button(t("Cancel"), () => { editing = false; draw(); })));
  }

  function draw(refused = "", values = null) {
    if (!view) return;
    const step = values ? { ...view.step, questions: view.step.questions.map((q) => ({ ...q, value: values?.[q.id] ?? undefined })) } : view.step;
    const shown = { ...view, step, refused };
    if (step.own_blocks?.length) shown.step = { ...step, blocks: step.own_blocks };
    if (isText(step) && !step.blocks.length) return nothing(t("This campaign has no script."));
    showStep(body, shown, go);
    const article = body.querySelector(".step");
    if (isText(step)) article.querySelectorAll("h3, .moves, .quiet").forEach((e) => e.remove());
    if (step.own_blocks?.length) article.insertBefore(el("details", { className: "official" }, el("summary", { textContent: step.own_outdated ? t("Official text: it has changed since you worded it") : t("Official text") }), ...view.step.blocks.map(block)), article.querySelector("fieldset, .hint, .moves"));
    if (!step.objection && !isText(step)) article.append(own());
    const languages = view.languages.length > 1 ? [field(t("Language"), languagePick(), { className: "script-lang" })] : [];
    into.replaceChildren(el("div", { className: "part-head" }, el("h2", { id: "h-script", textContent: view.title || t("Script") }), ...languages), body);
    desk.suggest?.(view.step.end ? view.step.suggests : "");
  }

  const languagePick = () => {
    const pick = el("select", {}, ...view.languages.map((l) => el("option", { value: l, textContent: l, selected: l === (lang || view.step.language) })));
    pick.onchange = () => { lang = pick.value; load(); };
    return pick;
  };

  body.addEventListener("input", keep);
  // The letters of the objections work while the script has the focus.
  into.addEventListener("keydown", (e) => {
    if (!view || e.ctrlKey || e.altKey || e.metaKey || e.target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select")) return;
    const objection = view.objections.find((o) => o.key && o.key === e.key);
    if (objection && !view.step.objection) { e.preventDefault(); go(objection.id); }
    else if (e.key === "Enter" && !e.target.closest("button, summary") && !view.step.end) { e.preventDefault(); go("next"); }
    else if (e.key === "Backspace" && view.step.can_back) { e.preventDefault(); go("back"); }
  });

  return {
    show(card, fresh) {
      if (!card) { of = ""; view = null; keep.drop(); into.replaceChildren(); return; }
      const now = key(card);
      if (now === of) return;
      of = now;
      lang = "";
      editing = false;
      load();
      if (fresh && card.state === "talking" && !document.activeElement?.closest("dialog")) into.focus({ preventScroll: true });
    },
    keep: () => keep.now(),
  };
}
