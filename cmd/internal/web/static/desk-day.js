// Between calls: the agent's own day, the last call, callbacks, and a number to
// be typed where that is allowed.

import { t, money, number } from "./words.js";
import { $, api, el, elapsed, later, short, when } from "./desk-kit.js";

export function openDay(desk) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  const figure = (label, value, about) => el("div", {}, el("dt", { textContent: label }), el("dd", {}, value, about && el("span", { className: "quiet about", textContent: " " + about })));
  const sums = (list) => (list?.length ? list.map((m) => money(m.amount, m.currency)).join(", ") : "");
  const time = (s) => elapsed((s ?? 0) * 1000);
  const of = (n, goal) => (goal ? t("of %d", goal) : "");

  function draw(d) {
    const target = d.target ?? {};
    const goal = (label, done, wanted) => (wanted ? el("p", { className: "goal" }, el("label", {}, el("span", { textContent: label }), el("progress", { max: wanted, value: Math.min(done, wanted) }), el("span", { className: "fig", textContent: t("%d of %d", done, wanted) }))) : null);
    $("day").replaceChildren(...[
      el("dl", { className: "figures day" },
        figure(t("Calls"), number(d.calls), of(d.calls, target.calls)), figure(t("Talk"), time(d.talk_seconds)), figure(t("Wait"), time(d.wait_seconds)), figure(t("Wrap-up"), time(d.wrap_up_seconds)), figure(t("Paused"), time(d.paused_seconds)),
        figure(t("Sales"), number(d.sales), sums(d.sold)), figure(t("Appointments"), number(d.appointments)), figure(t("Surveys"), number(d.surveys)), figure(t("Callbacks agreed"), number(d.callbacks)),
        d.earned?.length ? figure(t("Commission"), sums(d.earned)) : ""),
      goal(t("Sales"), d.sales, target.sales), goal(t("Appointments"), d.appointments, target.appointments), goal(t("Surveys"), d.surveys, target.surveys), goal(t("Calls"), d.calls, target.calls),
    ].filter(Boolean));
  }

  function due(list) {
    $("due").replaceChildren(list.length ? el("ul", { className: "past" }, ...list.map((c) => el("li", {}, el("p", {}, el("time", { dateTime: c.at, textContent: when(c.at) }), " ", el("strong", {}, short(c.contact_name || c.number)), c.company && el("span", {}, " · ", short(c.company)), c.overdue && el("span", { className: "badge warn", textContent: t("overdue") })),
      el("p", { className: "quiet" }, c.zones[0] && t("There it is %s.", when(c.at, c.zones[0])), " ", short(c.campaign)), c.note && el("p", { className: "told", dir: "auto", textContent: c.note })))) : el("p", { className: "quiet", textContent: t("No callback is agreed with you.") }));
  }

  const load = later(300, async () => {
    if (!desk.agent || desk.agent.state === "offline") return;
    const [day, agreed] = await Promise.all([api("GET", `/v1/agent/day?zone=${encodeURIComponent(zone)}`).catch(() => null), api("GET", "/v1/callbacks?mine=true&open=true&limit=50").catch(() => null)]);
    if (day) draw(day);
    if (agreed) due(agreed.callbacks);
  });
  setInterval(() => { if (!desk.card && !document.hidden) load(); }, 30000);

  const form = $("manual-form");
  if (form) {
    form.onsubmit = async (e) => {
      e.preventDefault();
      const wrong = form.querySelector(".wrong");
      try {
        await api("POST", "/v1/agent/dial-number", { campaign: form.campaign.value, number: form.number.value, look: form.look.checked });
        wrong.hidden = true;
        form.number.value = "";
      } catch (err) {
        wrong.textContent = err.message;
        wrong.hidden = false;
      }
    };
  }

  return {
    look: load,
    // saved tells what was recorded of the last call.
    saved({ answer, label, card }) {
      const z = card.zones[0], at = answer.appointment, cb = answer.callback;
      $("last").hidden = false;
      $("last-said").replaceChildren(...[
        el("p", {}, el("strong", { textContent: label }), " · ", short(card.contact.name || card.number || t("Number withheld"))),
        answer.sale && el("p", { textContent: t("Order of %s", money(answer.sale.total ?? 0, answer.sale.currency)) }),
        at && el("p", {}, t("Appointment: %s", when(at.at, z)), at.person && el("span", {}, " · ", short(at.person))),
        answer.booking?.ics && el("p", {}, el("a", { href: answer.booking.ics, download: "", textContent: t("Invitation for the calendar (.ics)") })),
        cb && el("p", { textContent: answer.callback_due ? t("Agreed for %s; calls on %s, when the person may be called.", when(cb.at, z), when(answer.callback_due, z)) : t("Calls on %s, the person's time.", when(cb.at, z)) }),
      ].filter(Boolean));
      load();
    },
  };
}
