// The card of the person: who they are, what the list says, what was before.

import { t, words, money } from "./words.js";
import { $, api, alarm, button, clockIn, el, name, trouble, when } from "./desk-kit.js";

export function openPerson(desk) {
  const into = $("person");
  let shown = "";

  const part = (title, open, ...children) => el("details", { open, className: "part" }, el("summary", { textContent: title }), ...children);
  const label = (code) => t(desk.card.dispositions.find((d) => d.code === code)?.label ?? words(code));

  const call = (h) => el("li", {}, el("p", {}, el("time", { dateTime: h.at, textContent: when(h.at) }), " ", el("strong", { textContent: h.disposition ? label(h.disposition) : words(h.outcome) }), h.reason && el("span", {}, " · ", name(h.reason)), (h.agent_name || h.agent) && el("span", { className: "quiet" }, " · ", name(h.agent_name || h.agent))), h.note && el("p", { className: "told", dir: "auto", textContent: h.note }));
  const order = (o) => el("li", {}, el("p", {}, el("time", { dateTime: o.at, textContent: when(o.at) }), " ", el("strong", { textContent: money(o.sale.total ?? 0, o.sale.currency) }), o.agent && el("span", { className: "quiet" }, " · ", name(o.agent))),
    el("ul", {}, ...o.sale.lines.map((l) => el("li", {}, `${l.quantity} × `, name(l.name || l.product)))));
  const meeting = (b, zone) => el("li", { "data-state": b.state }, el("p", {}, el("time", { dateTime: b.from, textContent: when(b.from, b.zone || zone) }), " ", el("strong", { textContent: words(b.state) }), " · ", name(b.person), b.agent && el("span", { className: "quiet" }, " · ", name(b.agent))),
    b.place && el("p", { className: "told", dir: "auto", textContent: b.place }), b.ics && el("a", { href: b.ics, download: "", textContent: t("Invitation") }));
  const complaint = (c) => el("li", {}, el("p", {}, el("time", { dateTime: c.at, textContent: when(c.at) }), " ", el("strong", { textContent: words(c.state) }), c.department && el("span", {}, " · ", name(c.department)), c.agent && el("span", { className: "quiet" }, " · ", name(c.agent))),
    el("p", { className: "told", dir: "auto", textContent: c.text }), c.answer && el("p", { className: "told quiet", dir: "auto", textContent: c.answer }));
  const list = (items, draw) => el("ul", { className: "past" }, ...items.map(draw));

  // never puts the number on the list at once; it asks a second time.
  const never = () => {
    const note = el("span");
    const really = button(t("Yes, never call this number again"), async () => {
      try {
        await api("POST", "/v1/agent/call/do-not-call", {});
        alarm("refused", "");
        desk.card.do_not_call = true;
        draw(true);
      } catch (e) { trouble(e); }
    }, { className: "hang", hidden: true });
    const ask = button(t("Wants no more calls"), () => { ask.hidden = true; really.hidden = false; really.focus(); });
    really.onblur = () => { really.hidden = true; ask.hidden = false; };
    note.append(ask, really);
    return note;
  };

  function draw(again = false) {
    const card = desk.card;
    if (!card) { into.replaceChildren(); shown = ""; return; }
    const from = JSON.stringify([card.contact, card.history, card.orders, card.appointments, card.complaints, card.open_callback, card.do_not_call, card.state === "talking"]);
    if (from === shown && !again) return;
    shown = from;
    const p = card.contact, zone = card.zones[0];
    const facts = [
      p.company && [t("Company"), name(p.company)],
      [t("Number"), card.number ? el("bdi", { dir: "ltr", className: "fig", textContent: card.number }) : t("Number withheld")],
      ...p.phones.filter((x) => x.number !== card.number).map((x) => [t("Other number"), el("bdi", { dir: "ltr", className: "fig", textContent: x.number })]),
      p.language && [t("Language"), name(languageName(p.language))],
      p.external_id && [t("Reference"), name(p.external_id)],
      ...card.fields.map((f) => [f.name, name(f.value)]),
    ].filter(Boolean);
    into.replaceChildren(...[
      el("h2", { id: "h-person", className: "person-name" }, name(p.name || t("Nobody of that number is known"))),
      zone && el("p", { className: "there" }, t("Local time"), " ", el("strong", { id: "there", className: "fig" }), el("span", { className: "quiet", textContent: ` ${zone.replaceAll("_", " ")}` }), card.zones.length > 1 && el("span", { className: "quiet", textContent: ` ${t("or %s", card.zones.slice(1, 3).join(", "))}` })),
      card.do_not_call && el("p", { className: "wrong", textContent: t("This number is on the do-not-call list: agree nothing that makes us call it.") }),
      card.open_callback && el("p", { className: "agreed" }, el("strong", { textContent: t("A callback is agreed: %s", when(card.open_callback.at, zone)) }), card.open_callback.agent && el("span", {}, " · ", name(card.open_callback.agent)), card.open_callback.note && el("span", { className: "told", dir: "auto", textContent: card.open_callback.note })),
      el("dl", { className: "facts" }, ...facts.map(([k, v]) => el("div", {}, el("dt", {}, typeof k === "string" ? name(k) : k), el("dd", {}, v)))),
      el("p", { className: "quiet", textContent: t("Tries left after this call: %d", card.tries_left) }),
      card.history.length ? part(t("Earlier calls (%d)", card.history.length), true, list(card.history, call)) : el("p", { className: "quiet", textContent: t("Nobody has talked to this person before.") }),
      card.orders.length ? part(t("Orders (%d)", card.orders.length), true, list(card.orders, order)) : null,
      card.appointments.length ? part(t("Appointments (%d)", card.appointments.length), true, list(card.appointments, (b) => meeting(b, zone))) : null,
      card.complaints.length ? part(t("Complaints (%d)", card.complaints.length), true, list(card.complaints, complaint)) : null,
      !card.do_not_call && card.number && card.attempt_id && card.state === "talking" && el("p", { className: "never" }, never()),
    ].filter(Boolean));
    tick();
  }

  const languageName = (tag) => {
    try { return new Intl.DisplayNames([document.documentElement.lang], { type: "language" }).of(tag); } catch { return tag; }
  };

  function tick() {
    const there = $("there");
    if (!there || !desk.card?.zones[0]) return;
    const text = clockIn(desk.card.zones[0]);
    if (there.textContent !== text) there.textContent = text;
  }

  return { show: () => draw(), tick };
}
