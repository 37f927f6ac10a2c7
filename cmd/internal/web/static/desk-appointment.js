// The form of an appointment: the free slots of the salespeople by the clock of
// the person, held for this call while one talks; without calendars a time.

import { t, date } from "./words.js";
import { api, el, field, instant, wall, when } from "./desk-kit.js";

export const appointment = ({ desk, draft, keep }) => {
  draft.appointment ??= { at: "", how: "place", place: "", salesperson_id: 0, person: "" };
  const a = draft.appointment;
  let zone = desk.card.zones[0] ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  let slots = [], calendar = false;
  const node = el("div", { className: "fields" }), days = el("div", { className: "slots" }), said = el("p", { className: "check-says", role: "status" });
  const at = el("input", { type: "datetime-local", oninput: () => { if (at.value) { a.at = instant(at.value, zone); a.salesperson_id = 0; keep(); } } });
  const person = el("input", { maxLength: 500, value: a.person, dir: "auto", oninput: () => { a.person = person.value; keep(); } });
  const place = el("input", { maxLength: 1000, value: a.place, dir: "auto", oninput: () => { a.place = place.value; keep(); } });
  const how = (kind, text) => el("label", { className: "pick" }, el("input", { type: "radio", name: "how", value: kind, checked: a.how === kind, onchange: () => { a.how = kind; keep(); bind(); } }), text);
  const hows = el("fieldset", { className: "row" }, el("legend", { textContent: t("How they meet") }), how("place", t("At a place")), how("phone", t("By phone")));
  const placeField = field(t("Place"), place);
  const chosen = () => slots.find((s) => s.salesperson_id === a.salesperson_id && s.from === a.at);

  // bind shows what fits how they meet: a slot may be for the phone or not.
  function bind() {
    placeField.hidden = a.how === "phone";
    for (const b of days.querySelectorAll("button")) {
      const s = slots[Number(b.dataset.n)];
      b.setAttribute("aria-pressed", String(s === chosen()));
      b.disabled = a.how === "phone" && !s.phone;
    }
  }

  async function hold(s) {
    try {
      const b = await api("POST", "/v1/agent/call/slot", { salesperson_id: s.salesperson_id, at: s.from });
      Object.assign(a, { at: s.from, salesperson_id: s.salesperson_id, person: s.person });
      if (s.place && !a.place) a.place = place.value = s.place;
      said.dataset.ok = "true";
      said.textContent = t("%s is held for this call until %s.", `${when(s.from, zone)}, ${s.person}`, date(b.held_until, { hour: "2-digit", minute: "2-digit" }));
      keep();
    } catch (e) {
      said.dataset.ok = "false";
      said.textContent = e.message;
      if (e.code === "slot_taken") load();
    }
    bind();
  }

  function draw() {
    const byDay = new Map();
    slots.forEach((s, n) => {
      const day = `${date(s.from, { timeZone: zone, weekday: "long", day: "numeric", month: "long" })} · ${s.person}`;
      byDay.set(day, [...(byDay.get(day) ?? []), [s, n]]);
    });
    days.replaceChildren(...[...byDay].map(([day, those]) => el("div", { className: "slot-day", role: "group", ariaLabel: day }, el("p", { className: "quiet", "aria-hidden": "true", dir: "auto", textContent: day }),
      el("div", { className: "slot-times" }, ...those.map(([s, n]) => el("button", { type: "button", className: "plain slot", "data-n": String(n), "aria-pressed": "false", onclick: () => hold(s) }, el("span", { className: "fig", textContent: date(s.from, { timeZone: zone, hour: "2-digit", minute: "2-digit" }) })))))));
    calendar = slots.length > 0 || calendar;
    const free = calendar ? [days, said] : [field(t("When, by the clock of the person (%s)", zone.replaceAll("_", " ")), at), field(t("Whom they meet"), person)];
    if (calendar && !slots.length) said.textContent = t("No slot is free in the next two weeks.");
    node.replaceChildren(el("p", { className: "quiet", textContent: t("Times are those of the person: %s", zone.replaceAll("_", " ")) }), ...free, hows, placeField);
    if (!calendar && a.at) at.value = wall(a.at, zone);
    bind();
  }

  async function load() {
    const r = await api("GET", "/v1/agent/call/slots").catch(() => ({ slots: [] }));
    zone = r.zone || zone;
    slots = (r.slots ?? []).slice(0, 200);
    draw();
  }
  draw();
  load();
  return {
    node,
    again: load,
    missing: () => (!a.at ? t("Choose a time for the appointment.") : !calendar && !a.person.trim() ? t("Say whom they meet.") : ""),
    body: () => ({ appointment: { at: a.at, zone, how: a.how, ...(a.how === "place" && a.place.trim() ? { place: a.place.trim() } : {}), ...(a.salesperson_id ? { salesperson_id: a.salesperson_id } : { person: a.person.trim() }) } }),
  };
};
