// What came of the call: one outcome per call, chosen by a number key or the
// mouse, with what it asks for. All of it is kept as a draft while it is filled
// in, so that a reload loses nothing; a second click records nothing twice.

import { t } from "./words.js";
import { $, alarm, api, button, el, field, later, name, say } from "./desk-kit.js";
import { forms } from "./desk-forms.js";
import { openConsent } from "./desk-consent.js";

// What the server says when there is nothing any more that a draft belongs to.
const gone = ["no_call", "already_disposed", "not_logged_in"];

const groups = () => ({ success: t("Success"), retry: t("Call again"), final: t("Done with") });

export function openOutcome(desk) {
  const into = $("outcome");
  let of = ""; // the attempt that is shown
  let draft = {};
  let saving = false, hanging = false, suggested = "", done = false;
  const parts = {};
  const consent = openConsent(desk);

  const type = () => desk.card?.dispositions.find((d) => d.code === draft.code);
  const attempt = () => desk.card?.attempt_id ?? "";

  const put = later(600, async () => {
    if (!attempt() || done) return;
    await api("PUT", "/v1/agent/call/draft", { draft }).catch((e) => { if (!gone.includes(e.code)) again(); });
  });
  const again = later(3000, () => put()); // a line that was away for a moment loses nothing
  const keep = () => { put(); };

  async function restore() {
    const mine = of;
    const kept = await api("GET", "/v1/agent/call/draft").catch(() => null);
    if (mine !== of || !kept?.draft || draft.code || draft.note) return;
    draft = kept.draft;
    build();
  }

  const consequence = (d) => (d.consequence_text ? t(d.consequence_text, ...(d.consequence_values ?? [])) : d.consequence ?? "");

  function choice(d) {
    const b = el("button", { type: "button", className: "choice", "data-code": d.code, "data-group": d.group, "aria-pressed": String(draft.code === d.code), "aria-describedby": `leads-${d.code}`, onclick: () => choose(d.code) },
      d.key && el("kbd", { textContent: d.key, "aria-hidden": "true" }), el("span", { className: "choice-text" }, name(t(d.label)), el("span", { id: `leads-${d.code}`, className: "quiet leads", textContent: consequence(d) })));
    if (d.key) b.setAttribute("aria-keyshortcuts", d.key);
    return b;
  }

  // choose takes an outcome and shows what it asks for; nothing is recorded yet.
  function choose(code, focus = true) {
    if (saving) return;
    draft.code = code;
    keep();
    for (const b of into.querySelectorAll(".choice")) b.setAttribute("aria-pressed", String(b.dataset.code === code));
    drawForm();
    if (!focus) return;
    const asks = parts.form.querySelector("input, select, textarea, button");
    (asks ?? parts.save).focus();
  }

  // reopen shows all outcomes again.
  function reopen() {
    delete draft.code;
    keep();
    for (const b of into.querySelectorAll(".choice")) b.setAttribute("aria-pressed", "false");
    drawForm();
    into.querySelector(".choice").focus();
  }

  function drawForm() {
    const d = type();
    into.toggleAttribute("data-chosen", Boolean(d));
    parts.other.hidden = !d;
    parts.form.replaceChildren();
    parts.current = null;
    if (d && forms[d.asks]) {
      parts.current = forms[d.asks]({ desk, draft, keep, type: d });
      parts.form.append(parts.current.node);
    }
    drawSave();
  }

  function drawSave() {
    const d = type(), talking = desk.card?.state === "talking";
    parts.save.disabled = saving || !d;
    parts.save.textContent = talking ? t("Hang up and save") : d?.effect === "dnc" ? t("Save: never call again") : t("Save and go on");
    parts.save.classList.toggle("hang", d?.effect === "dnc");
  }

  function build() {
    const card = desk.card, names = groups();
    const list = Object.keys(names).map((g) => {
      const those = card.dispositions.filter((d) => d.group === g);
      return those.length ? el("div", { className: "choices", role: "group", ariaLabel: names[g] }, el("p", { className: "quiet group-name", "aria-hidden": "true", textContent: names[g] }), ...those.map(choice)) : null;
    });
    parts.form = el("div", { className: "form" });
    parts.note = el("textarea", { rows: 2, maxLength: 10000, dir: "auto" });
    parts.note.value = draft.note ?? ""; // here alone: somebody may be in the middle of a word later
    parts.note.oninput = () => { draft.note = parts.note.value; keep(); };
    parts.save = el("button", { type: "button", className: "big save", onclick: save });
    parts.wrong = el("p", { className: "wrong", role: "alert", hidden: true });
    parts.hint = el("p", { className: "quiet hint-line" });
    parts.other = button(t("Another outcome"), reopen, { className: "plain other", hidden: true });
    into.replaceChildren(el("h2", { id: "h-outcome", textContent: t("Outcome") }), parts.hint, ...list.filter(Boolean), parts.other, parts.form, field(t("Note"), parts.note), consent.node, parts.wrong, parts.save);
    hint();
    drawForm();
  }

  function hint() {
    const d = desk.card?.dispositions.find((x) => x.code === suggested);
    parts.hint.textContent = d ? t("The script suggests: %s", t(d.label)) : "";
    for (const b of into.querySelectorAll(".choice")) b.toggleAttribute("data-suggested", b.dataset.code === suggested);
  }

  const fail = (text) => {
    parts.wrong.textContent = text;
    parts.wrong.hidden = !text;
    if (text) parts.wrong.scrollIntoView({ block: "nearest" });
  };

  // save records the outcome. While the person is on the line it hangs up first.
  async function save() {
    if (saving || !type()) return;
    const missing = parts.current?.missing?.();
    fail(missing ?? "");
    if (missing) return;
    if (desk.card.state === "talking") {
      hanging = true; // the end of the call may be told before the answer comes
      hanging = Boolean(await desk.hangUp()) && hanging;
      return;
    }
    saving = true;
    drawSave();
    put.drop();
    again.drop();
    const mine = of, d = type(), card = desk.card;
    const body = { attempt_id: mine, code: d.code, ...(draft.note?.trim() ? { note: draft.note.trim() } : {}), ...(parts.current?.body?.() ?? {}) };
    try {
      const answer = await api("POST", "/v1/agent/call/disposition", body, { "Idempotency-Key": `desk-${mine}` });
      if (mine === of) done = true; // the next call may be there before the answer
      alarm("refused", "");
      desk.saved({ answer, label: t(d.label), card });
      say(t("Saved: %s", t(d.label)));
    } catch (e) {
      if (mine === of) {
        fail(e.errors.length ? [e.message, ...e.errors.map((x) => x.message)].join(" ") : e.message);
        if (e.code === "slot_taken") parts.current?.again?.();
      } else {
        alarm("refused", t("The outcome of the last call is not recorded: %s", e.message));
      }
    }
    if (mine !== of) return;
    saving = false;
    if (desk.card) drawSave();
  }

  // Number keys work while the outcomes have the focus and nothing is typed.
  into.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || e.repeat || e.target.closest("input, textarea, select")) return;
    const d = desk.card?.dispositions.find((x) => x.key && x.key === e.key);
    if (d) { e.preventDefault(); choose(d.code); }
  });

  return {
    show(card, fresh) {
      if (!card || !["talking", "wrap_up"].includes(card.state) || card.talk?.disposes === false) {
        into.hidden = true;
        if (!card) of = "";
        return;
      }
      into.hidden = false;
      if (card.attempt_id !== of) {
        of = card.attempt_id;
        draft = {};
        suggested = "";
        done = hanging = saving = false;
        consent.show(of);
        build();
        restore();
      } else if (parts.save) {
        drawSave();
      }
    },
    // ended: the person is gone, and what is left is the outcome.
    ended() {
      if (into.hidden) return;
      drawSave();
      if (hanging) { hanging = false; save(); return; }
      if (document.activeElement?.closest("#outcome .form, #outcome textarea, dialog")) return; // somebody writes
      (into.querySelector(".choice[aria-pressed=true]") ?? into.querySelector(".choice[data-suggested]") ?? into.querySelector(".choice"))?.focus();
    },
    closed() { if (of && !done && !saving) alarm("refused", desk.card?.attempt_id && desk.card.state === "wrap_up" && desk.card.talk?.disposes !== false ? t("The time to write was over; the last call has no outcome.") : ""); },
    consent: consent.press,
    suggest(code) {
      suggested = code ?? "";
      if (desk.card && parts.hint) hint();
    },
  };
}
