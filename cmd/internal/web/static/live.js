// The live page: takes the API's stream of the floor and patches the page.

import { t } from "./words.js";
import { byConcern, kind, percent } from "./live-words.js";
import { draw, over, set, text, tick } from "./live-rows.js";

const link = document.getElementById("link");
const hold = document.getElementById("hold");
const filter = document.getElementById("filter");
const floor = { campaigns: new Map(), agents: new Map(), calls: new Map(), last: [] };
const keys = { campaigns: "id", agents: "id", calls: "attempt_id" };
const names = new Intl.Collator(undefined, { numeric: true }); // Ana 2 before Ana 10
const shown = 100; // rows of calls: nobody reads more
const chartsEvery = 15_000; // as often as the server has a new sample
let drawing = false;
let show = ""; // the kind of agents that is shown
let came = false; // the first snapshot

const held = () => hold?.getAttribute("aria-pressed") === "true";

// tell sets a line of an alert; it is read out once, not with every tick.
function tell(id, list) {
  const p = document.getElementById(id);
  const said = list.join(", ");
  const told = p.querySelector("bdi");
  if (told.textContent !== said) told.textContent = said;
  if (p.hidden !== (said === "")) p.hidden = said === "";
}

function total() {
  const strip = document.querySelector(".strip");
  const all = [...floor.campaigns.values()], agents = [...floor.agents.values()];
  const sum = (field) => all.reduce((n, c) => n + c[field], 0);
  const count = (...states) => agents.filter((a) => states.includes(a.state)).length;
  const answered = sum("answered"), abandoned = sum("abandoned");
  const caps = all.map((c) => c.cap).filter((c) => c > 0);
  const ready = count("ready"), busy = count("talking", "reserved", "preview", "elsewhere"), wrap = count("wrap_up");
  text(strip, "share", percent(answered ? abandoned / answered : 0));
  text(strip, "ratio", `${t("%d of %d answered", abandoned, answered)} · ${t("limit")} ${percent(caps.length ? Math.min(...caps) : 0)}`);
  text(strip, "talking", sum("talking"));
  text(strip, "air", `${t("%d ringing", sum("ringing"))} · ${t("%d waiting", sum("waiting"))}`);
  text(strip, "ready", ready);
  text(strip, "agents", `${t("%d on a call", busy)} · ${t("%d in wrap-up", wrap)} · ${t("%d away", agents.length - ready - busy - wrap)}`);
  text(strip, "rate", Math.round(sum("per_minute")));
  text(strip, "campaigns", t("%d campaigns on the floor", all.length));
  const near = (c) => c.cap > 0 && !over(c) && c.abandoned_share > 0.8 * c.cap;
  tell("breach", all.filter(over).map((c) => c.name));
  tell("near", all.filter(near).map((c) => c.name));
  tell("helps", agents.filter((a) => a.talk?.help).map((a) => a.name));
}

const chosen = (a) => !show || (show === "help" ? Boolean(a.talk?.help) : kind(a) === show);

function counts(agents) {
  if (!filter) return;
  for (const b of filter.querySelectorAll("button")) {
    const of = b.dataset.show;
    const n = agents.filter((a) => !of || (of === "help" ? Boolean(a.talk?.help) : kind(a) === of)).length;
    const e = b.querySelector("[data-n]");
    if (e.textContent !== String(n)) e.textContent = n;
  }
}

function render() {
  drawing = false;
  if (held() || !came) return;
  const agents = [...floor.agents.values()].sort(byConcern);
  draw("campaigns", [...floor.campaigns.values()].sort((a, b) => names.compare(a.name, b.name)), "id");
  draw("agents", agents.filter(chosen), "id");
  draw("calls", [...floor.calls.values()].sort((a, b) => Date.parse(a.since) - Date.parse(b.since)).slice(0, shown), "attempt_id");
  draw("last", floor.last, "attempt_id");
  counts(agents);
  total();
  document.dispatchEvent(new CustomEvent("floor", { detail: floor }));
}

function changed() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(render);
}

function take(data) {
  came = true;
  set(Date.now() - Date.parse(data.at));
  for (const part of Object.keys(keys)) {
    for (const row of data[part] ?? []) floor[part].set(String(row[keys[part]]), row);
    for (const id of data.gone?.[part] ?? []) floor[part].delete(id);
  }
  if (data.last) floor.last = data.last;
  changed();
}

function say(state, said) {
  link.dataset.state = state;
  if (link.textContent !== said) link.textContent = said;
}

function listen() {
  const events = new EventSource("/v1/floor/events");
  events.addEventListener("open", () => say("live", t("Live")));
  events.addEventListener("snapshot", (e) => {
    for (const part of Object.keys(keys)) floor[part].clear();
    take(JSON.parse(e.data));
  });
  events.addEventListener("patch", (e) => take(JSON.parse(e.data)));
  events.addEventListener("error", () => {
    say("lost", t("Connection lost, trying again"));
    if (events.readyState === EventSource.CLOSED) setTimeout(again, 2000); // refused: nobody leads at this moment, or we are logged out
  });
}

// again listens anew, unless nobody is logged in here any more.
async function again() {
  const answer = await fetch("/v1/floor", { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.status === 401 || answer?.status === 403) say("lost", t("Not connected. Reload the page to log in again."));
  else listen();
}

// charts puts in what the server drew.
async function charts() {
  if (document.hidden || held()) return;
  const answer = await fetch("/live/charts", { headers: { Accept: "application/json" }, redirect: "error" }).catch(() => null);
  if (!answer?.ok) return; // the stream says that there is no connection
  for (const [id, drawn] of Object.entries(await answer.json())) {
    const row = document.querySelector(`#campaigns [data-key="${CSS.escape(id)}"]`);
    for (const c of row ? drawn : []) {
      const figure = row.querySelector(`[data-chart="${CSS.escape(c.figure)}"]`);
      figure.querySelector("[data-now]").textContent = c.now;
      figure.querySelector(".line").setAttribute("d", c.path);
      figure.querySelector(".cap").setAttribute("d", c.limit ? `M0 ${c.limit}H120` : "");
    }
  }
}

if (hold) {
  hold.hidden = false;
  hold.addEventListener("click", () => {
    const now = !held();
    hold.setAttribute("aria-pressed", String(now));
    hold.textContent = now ? t("Resume updates") : t("Pause updates");
    changed();
  });
}
if (filter) {
  filter.hidden = false;
  filter.addEventListener("click", (e) => {
    const pressed = e.target.closest("button");
    if (!pressed) return;
    show = pressed.dataset.show;
    for (const b of filter.querySelectorAll("button")) b.setAttribute("aria-pressed", String(b === pressed));
    changed();
  });
}
setInterval(() => {
  if (held()) return;
  for (const e of document.querySelectorAll('[data-f="since"]')) tick(e);
}, 1000);
setInterval(charts, chartsEvery);
document.addEventListener("visibilitychange", charts);
document.addEventListener("ask-floor", changed); // of a module that came later
listen();
