// What an outcome asks for. A form draws from the draft and writes into it;
// body() is what the disposition carries of it, missing() what is not there yet.

import { t, money, words } from "./words.js";
import { api, button, el, field, instant, later, name, wall, when } from "./desk-kit.js";
import { appointment } from "./desk-appointment.js";

const reason = ({ desk, draft, keep }) => {
  const list = desk.card.reasons;
  if (!list.length) {
    const input = el("input", { maxLength: 200, value: draft.reason ?? "", dir: "auto", oninput: () => { draft.reason = input.value; keep(); } });
    return { node: field(t("Why not"), input), body: () => (draft.reason ? { reason: draft.reason } : {}) };
  }
  const picks = list.map((r) => el("label", { className: "pick" }, el("input", { type: "radio", name: "reason", value: r, checked: draft.reason === r, onchange: () => { draft.reason = r; keep(); } }), name(r)));
  return { node: el("fieldset", {}, el("legend", { textContent: t("Why not") }), ...picks), body: () => ({ reason: draft.reason }), missing: () => (draft.reason ? "" : t("Choose why the person is not interested.")) };
};

const complaint = ({ desk, draft, keep }) => {
  draft.complaint ??= { department: desk.card.complaint_departments[0] ?? "", text: "" };
  const c = draft.complaint;
  const text = el("textarea", { rows: 4, maxLength: 10000, dir: "auto", value: c.text, oninput: () => { c.text = text.value; keep(); } });
  const where = el("select", { onchange: () => { c.department = where.value; keep(); } }, ...desk.card.complaint_departments.map((d) => el("option", { textContent: d, selected: d === c.department })));
  return {
    node: el("div", { className: "fields" }, desk.card.complaint_departments.length ? field(t("Department"), where) : "", field(t("What the person is not content with"), text)),
    body: () => ({ complaint: { text: c.text.trim(), ...(c.department ? { department: c.department } : {}) } }),
    missing: () => (c.text.trim() ? "" : t("Write down the complaint.")),
  };
};

const survey = () => ({ node: el("p", { className: "quiet", textContent: t("The answers given in the script are the survey; they are recorded with this outcome.") }) });

const quickName = (n) => ({
  "In 30 minutes": t("In 30 minutes"), "In 2 hours": t("In 2 hours"), "This evening": t("This evening"), "Tomorrow morning": t("Tomorrow morning"), "Tomorrow evening": t("Tomorrow evening"), "In a week": t("In a week"),
})[n] ?? n;

const callback = ({ desk, draft, keep }) => {
  draft.callback ??= { at: "", mine: true };
  const c = draft.callback;
  let zone = desk.card.zones[0] ?? "";
  const says = el("p", { className: "check-says", role: "status" });
  const at = el("input", { type: "datetime-local", id: "callback-at" });
  const quick = el("div", { className: "quick", role: "group", ariaLabel: t("Often agreed") });
  const look = async (time) => {
    const mine = time;
    const said = await api("GET", `/v1/agent/call/callback${time ? `?at=${encodeURIComponent(time)}` : ""}`).catch((e) => ({ why: e.message, quick: [] }));
    if (time && mine !== c.at) return; // another time was chosen meanwhile
    zone = said.zone || zone;
    if (c.at) at.value = wall(c.at, zone);
    if (!quick.childElementCount) quick.replaceChildren(...said.quick.map((q) => button(quickName(q.name), () => set(q.at), { className: "plain", title: when(q.at, zone), "data-allowed": String(q.allowed) })));
    if (!time) return;
    says.dataset.ok = String(said.allowed ?? false);
    says.textContent = said.allowed ? t("Calls on %s, the person's time.", when(time, zone)) : [said.why, said.due ? t("The call would be made on %s.", when(said.due, zone)) : ""].filter(Boolean).join(" ");
  };
  const check = later(250, look);
  const set = (time) => {
    c.at = time;
    at.value = wall(time, zone);
    keep();
    look(time);
  };
  at.oninput = () => { if (!at.value) return; c.at = instant(at.value, zone); keep(); check(c.at); };
  look(c.at);
  const whose = [[true, t("For me")], [false, t("For anyone")]].map(([mine, text]) => el("label", { className: "pick" }, el("input", { type: "radio", name: "whose", checked: c.mine === mine, onchange: () => { c.mine = mine; keep(); } }), text));
  return {
    node: el("div", { className: "fields" }, quick, field(zone ? t("When, by the clock of the person (%s)", zone.replaceAll("_", " ")) : t("When"), at), says, el("fieldset", { className: "row" }, el("legend", { textContent: t("Who calls") }), ...whose)),
    body: () => ({ callback: { at: c.at, mine: c.mine, ...(draft.note?.trim() ? { note: draft.note.trim() } : {}) } }),
    missing: () => (c.at ? "" : t("Choose when to call back.")),
  };
};

const sale = ({ desk, draft, keep }) => {
  const products = desk.card.products;
  const blank = () => (products.length ? { product: products[0].code, quantity: 1 } : { product: "", quantity: 1, price: "", term: "once" });
  draft.sale ??= { lines: [blank()], currency: "EUR" };
  const s = draft.sale;
  const node = el("div", { className: "fields sale" }), rows = el("div", { className: "lines" });
  const total = el("p", { className: "total", role: "status" }), readBack = el("blockquote", { className: "read-back", dir: "auto" }), wrong = el("p", { className: "quiet refused", role: "status" });
  const digits = () => new Intl.NumberFormat("en", { style: "currency", currency: s.currency }).resolvedOptions().maximumFractionDigits;
  const line = (l) => {
    const p = products.find((x) => x.code === l.product);
    const out = { product: l.product.trim(), quantity: l.quantity };
    if (p) {
      out.unit_price = p.price; // a price that changed meanwhile is refused, and not sold
      if (l.discount > 0) out.discount_share = l.discount / 100;
    } else {
      out.unit_price = Math.round(Number(l.price || 0) * 10 ** digits());
      out.term = l.term;
    }
    return out;
  };
  const body = () => ({ lines: s.lines.map(line), ...(products.length ? {} : { currency: s.currency }) });
  const complete = () => s.lines.length > 0 && s.lines.every((l) => l.product.trim() && l.quantity >= 1 && (products.length || l.price !== ""));
  const price = async () => {
    if (!complete()) { total.textContent = ""; readBack.textContent = ""; return; }
    try {
      const q = await api("POST", "/v1/agent/call/quote", body());
      wrong.textContent = "";
      total.replaceChildren(...(q.totals ?? []).map((x) => el("span", {}, el("strong", { className: "fig", textContent: money(x.amount, q.currency) }), " ", perTerm(x))));
      readBack.textContent = q.read_back ?? "";
    } catch (e) {
      wrong.textContent = e.errors.length ? e.errors.map((x) => x.message).join(" ") : e.message;
      total.textContent = readBack.textContent = "";
    }
  };
  const perTerm = (x) => (x.term === "month" ? (x.min_terms ? t("a month, for %d months at least", x.min_terms) : t("a month")) : x.term === "year" ? (x.min_terms ? t("a year, for %d years at least", x.min_terms) : t("a year")) : t("once"));
  const quote = later(250, price);
  const changed = () => { keep(); quote(); };
  const number = (l, of, props) => { const i = el("input", { type: "number", inputMode: "decimal", value: l[of] ?? "", ...props, oninput: () => { l[of] = of === "price" ? i.value : Number(i.value); changed(); } }); return i; };
  const row = (l, i) => {
    const p = products.find((x) => x.code === l.product);
    let what;
    if (products.length) {
      what = el("select", { onchange: () => { l.product = what.value; l.discount = 0; changed(); draw(); } }, ...products.map((x) => el("option", { value: x.code, textContent: `${x.name} · ${money(x.price, x.currency)}${x.term === "once" ? "" : ` / ${words(x.term)}`}`, selected: x.code === l.product })));
    } else {
      what = el("input", { maxLength: 500, value: l.product, dir: "auto", oninput: () => { l.product = what.value; changed(); } });
    }
    const term = el("select", { onchange: () => { l.term = term.value; changed(); } }, ...["once", "month", "year"].map((x) => el("option", { value: x, textContent: words(x), selected: x === l.term })));
    return el("div", { className: "sale-line", role: "group", ariaLabel: t("Line %d", i + 1) },
      field(t("Product"), what, { className: "wide" }), field(t("Quantity"), number(l, "quantity", { min: 1, max: 1000000, step: 1 })),
      ...(products.length ? (p?.max_discount > 0 ? [field(t("Discount %% (to %d)", Math.round(p.max_discount * 100)), number(l, "discount", { min: 0, max: p.max_discount * 100, step: "any" }))] : []) : [field(t("Price"), number(l, "price", { min: 0, step: "any" })), field(t("Term"), term)]),
      s.lines.length > 1 && button("×", () => { s.lines.splice(i, 1); changed(); draw(); }, { ariaLabel: t("Take line %d away", i + 1), className: "plain drop" }),
      p?.description && el("p", { className: "quiet told wide", dir: "auto", textContent: p.description }));
  };
  const draw = () => rows.replaceChildren(...s.lines.map(row));
  const currency = el("select", { onchange: () => { s.currency = currency.value; changed(); } }, ...["EUR", "USD", "GBP", "HUF", "CHF"].map((c) => el("option", { textContent: c, selected: c === s.currency })));
  draw();
  node.append(rows, el("p", { className: "row" }, button(t("Another line"), () => { s.lines.push(blank()); changed(); draw(); }), ...(products.length ? [] : [field(t("Currency"), currency)])), total, el("p", { className: "quiet", textContent: t("Read this back to the person:") }), readBack, wrong);
  price();
  return { node, body: () => ({ sale: body() }), missing: () => (complete() ? "" : t("Every line of the order needs a product and a quantity.")) };
};

export const forms = { sale, appointment, survey, callback, reason, complaint };
