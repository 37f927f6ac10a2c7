// What the modules of the desk share: elements, the API, clocks, times in the
// person's zone.

import { t, date, number } from "./words.js";

export const $ = (id) => document.getElementById(id);

// el makes an element; text is always text.
export const el = (tag, props = {}, ...children) => {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("data-") || name.startsWith("aria-") || name === "for" || name === "role" || name === "list") e.setAttribute(name, value);
    else e[name] = value;
  }
  e.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return e;
};

// button is one that does something and is not submitted.
export const button = (text, onclick, props = {}) => el("button", { type: "button", className: "plain", ...props, textContent: text, onclick });

// field is a label around its control.
export const field = (text, control, props = {}) => el("label", props, el("span", { textContent: text }), control);

// Refused is an answer of the API that is no.
export class Refused extends Error {
  constructor(status, fault) {
    super(fault.detail || t("The server does not answer. Try again."));
    this.status = status;
    this.code = fault.code ?? "";
    this.errors = fault.errors ?? [];
  }
}

let skew = 0; // of this clock against the server's, in ms

// now is the server's clock.
export const now = () => Date.now() - skew;

export async function api(method, path, body, headers = {}) {
  const options = { method, headers: { ...headers } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const r = await fetch(path, options).catch(() => null);
  if (!r) throw new Refused(0, {});
  const at = Date.parse(r.headers.get("Date") ?? "");
  if (at && Math.abs(Date.now() - at) > 3000) skew = Date.now() - at;
  if (r.status === 401) {
    location.assign("/login");
    throw new Refused(401, {});
  }
  const answer = r.status === 204 ? null : await r.json().catch(() => null);
  if (!r.ok) throw new Refused(r.status, answer ?? {});
  return answer;
}

const pad = (n) => String(n).padStart(2, "0");

// elapsed writes a length of time in ms as 1:02:03.
export const elapsed = (ms) => {
  const s = Math.max(0, Math.floor(ms / 1000));
  return s < 3600 ? `${Math.floor(s / 60)}:${pad(s % 60)}` : `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
};

// when writes an instant by the clock of a zone; none is that of the reader.
export const when = (at, zone) => date(at, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...(zone ? { timeZone: zone } : {}) });
export const clockIn = (zone) => date(now(), { hour: "2-digit", minute: "2-digit", timeZone: zone });
export const share = (v) => number(v, { style: "percent", maximumFractionDigits: 1 });

// wall is an instant as an input of kind datetime-local has it, in a zone.
export const wall = (at, zone) => {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone || undefined, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(new Date(at));
  const of = (type) => parts.find((p) => p.type === type).value;
  return `${of("year")}-${of("month")}-${of("day")}T${of("hour")}:${of("minute")}`;
};

// instant is what such an input means in a zone. Around a change of the clocks a
// second look finds the offset that holds then.
export const instant = (local, zone) => {
  const as = (text) => Date.parse(text + ":00Z");
  let at = as(local);
  for (let i = 0; i < 2; i++) at += as(local) - as(wall(at, zone));
  return new Date(at).toISOString();
};

// bound keeps what a browser should draw within reason, and takes the marks out
// that would turn the direction of a text around.
export const bound = (text, most = 2000) => (text.length > most ? text.slice(0, most) + "…" : text).replace(/[\u202A-\u202E\u2066-\u2069]/g, "");

// name is a text of somebody else, with its own direction.
export const name = (text, props = {}) => el("bdi", { dir: "auto", ...props, textContent: bound(String(text ?? "")) });

// short is such a text in a list, where nobody reads more of it.
export const short = (text) => name(bound(String(text ?? ""), 80), { title: bound(String(text ?? ""), 500) });

// say tells who cannot see it.
export const say = (text) => { $("said").textContent = text; };

// tell shows an alarm under a key, or takes it away.
export function alarm(key, text, ...more) {
  const at = $("alarms").querySelector(`[data-key="${key}"]`);
  if (!text) return at?.remove();
  if (at?.dataset.text === text) return;
  const e = el("p", { className: "breach", "data-key": key, "data-text": text }, el("span", { textContent: text }), ...more);
  if (at) at.replaceWith(e);
  else $("alarms").append(e);
}

// trouble shows why something was refused, until the next thing works.
export const trouble = (e) => alarm("refused", e.errors?.length ? [e.message, ...e.errors.map((x) => x.message)].join(" ") : e.message);

// later calls the last of many calls after a pause.
export const later = (ms, action) => {
  let timer = 0;
  const call = (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => { timer = 0; action(...values); }, ms);
  };
  call.now = (...values) => { if (timer) { clearTimeout(timer); timer = 0; action(...values); } };
  call.drop = () => { clearTimeout(timer); timer = 0; };
  return call;
};
