// The agent's desk: one page for a whole shift. It keeps what the server told of
// the agent and the call at hand, and lets its parts draw that; nothing is shown
// that the server did not say.

import { t, words } from "./words.js";
import { $, alarm, api, button, el, elapsed, name, now, say, trouble, when } from "./desk-kit.js";
import { openPhone } from "./desk-phone.js";
import { openCall } from "./desk-call.js";
import { openPerson } from "./desk-person.js";
import { openScript } from "./desk-script.js";
import { openOutcome } from "./desk-outcome.js";
import { openDay } from "./desk-day.js";
import { openKeys } from "./desk-keys.js";
import { oneTab } from "./desk-tab.js";

const main = $("main");
const desk = {
  agent: null, // where the agent stands, as /v1/agent says it
  card: null, // the call at hand, as /v1/agent/call says it
  user: main.dataset.user,
  login: main.dataset.login,
  extension: main.dataset.extension,
  closing: false, // ready is wanted after a pause that stands already
  act,
  refresh,
  drawn: () => draw(),
};
const parts = {};

// act asks for something. What it changes comes back by the events alone: an
// answer may be older than an event that was quicker.
async function act(path, body, method = "POST") {
  try {
    const answer = await api(method, path, body);
    alarm("refused", "");
    return answer ?? true;
  } catch (e) {
    trouble(e);
    return false;
  }
}

// refresh reads the card again: more of it is known now.
async function refresh() {
  const card = await api("GET", "/v1/agent/call").catch((e) => (e.status === 404 ? null : undefined));
  if (card !== undefined && (card !== null || !desk.card?.attempt_id)) show(card);
}

// stand takes where the agent stands.
function stand(agent) {
  const former = desk.agent?.state;
  desk.agent = agent;
  draw();
  parts.phone.follow(agent);
  if (former && former !== agent.state) {
    say(words(agent.state));
    parts.day.look();
  }
  if (agent.state === "paused" && desk.closing) {
    desk.closing = false;
    act("/v1/agent/ready");
  }
}

// show takes the call at hand; null when there is none.
function show(card) {
  const former = desk.card;
  desk.card = card;
  const fresh = card && (!former || former.contact.id !== card.contact.id || (former.attempt_id && former.attempt_id !== card.attempt_id));
  draw();
  parts.call.show(card, fresh);
  parts.person.show(card);
  parts.script.show(card, fresh);
  parts.outcome.show(card, fresh);
}

const notes = (a) => [
  a.reason,
  a.state === "resting" && a.until ? t("until %s", when(a.until)) : "",
  a.pause_next ? (desk.closing ? t("ready after this call") : t("pause after this call")) : "",
  a.leaves_at ? t("leaves at %s", when(a.leaves_at)) : "",
].filter(Boolean).join(" · ");

// draw shows the line of the state, and which parts of the page are there.
function draw() {
  const a = desk.agent;
  if (!a) return;
  const here = a.state !== "offline" || parts.phone.shift.goesOn, card = desk.card;
  $("state").textContent = words(a.state);
  $("state").dataset.state = a.state;
  $("note").textContent = notes(a);
  const busy = ["reserved", "preview", "talking", "wrap_up", "elsewhere"].includes(a.state);
  const pausing = a.pause_next && !desk.closing;
  $("go").hidden = !here || !(a.state === "paused" || (busy && pausing));
  $("go").textContent = a.state === "paused" ? t("Ready") : t("Ready after this call");
  $("go").className = a.state === "paused" ? "big" : "plain";
  $("pause").hidden = !here || a.state === "paused" || (busy && pausing);
  $("pause").textContent = busy && a.state !== "preview" ? t("Pause after this call") : t("Pause");
  $("reason-label").hidden = $("pause").hidden;
  $("leave").hidden = !here;
  $("gate").hidden = here;
  $("bar").hidden = $("columns").hidden = !card;
  $("between").hidden = !here || Boolean(card);
  main.dataset.state = a.state;
  title();
  tick();
}

function title() {
  const { agent, card } = desk;
  const marks = { talking: "■", ready: "●", wrap_up: "◆", paused: "‖", reserved: "◐", preview: "◐" };
  const who = card && agent.state !== "offline" ? (card.contact.name || card.number).slice(0, 60) : "";
  document.title = [`${marks[agent.state] ?? "○"} ${words(agent.state)}`, who, "forecall"].filter(Boolean).join(" · ");
}

// tick moves the clocks, once a second.
function tick() {
  const a = desk.agent, card = desk.card;
  if (!a) return;
  let text = a.since && a.state !== "offline" ? elapsed(now() - Date.parse(a.since)) : "";
  $("clock").removeAttribute("data-low");
  if (a.state === "wrap_up" && card?.wrap_up_until) {
    const left = Date.parse(card.wrap_up_until) - now();
    text = t("%s left", elapsed(left + 999));
    if (left < 10000) $("clock").dataset.low = "true";
  }
  if ($("clock").textContent !== text) $("clock").textContent = text;
  parts.call.tick();
  parts.person.tick();
}

async function ready() {
  const a = desk.agent;
  parts.phone.shift.leaves(false);
  if (a.state === "wrap_up") { // asked for now, it would end the wrap-up without an outcome
    desk.closing = true;
    draw();
    return;
  }
  await act("/v1/agent/ready");
}

async function pause() {
  if (desk.closing) {
    desk.closing = false;
    draw();
    return;
  }
  await act("/v1/agent/pause", { reason: $("reason").value });
}

async function leave() {
  parts.phone.shift.leaves(true);
  const agent = await act("/v1/agent/sign-out");
  if (agent && agent.state !== "offline") alarm("refused", t("The shift ends after this call."));
}

async function reasons() {
  const { reasons } = await api("GET", "/v1/pause-reasons").catch(() => ({ reasons: [] }));
  const list = reasons?.length ? reasons : [t("Break")];
  $("reason").replaceChildren(...list.map((r) => el("option", { textContent: r })));
}

// message shows a line of a supervisor until it is read.
function message(m) {
  if (document.getElementById(`message-${m.id}`)) return;
  const item = el("li", { id: `message-${m.id}`, className: "message" }, el("span", { className: "quiet" }, name(m.by)), name(m.text, { className: "message-text" }),
    button(t("I have read it"), async () => { if (await act(`/v1/agent/messages/${m.id}/read`)) item.remove(); }));
  $("messages").append(item);
  say(m.text);
}

let stream;
let lost = 0;
let heard = 0; // when anything came
const silent = 5000; // ms: the house has a pulse of two seconds, and one whose cable is pulled closes nothing

setInterval(() => {
  if (stream && stream.readyState === EventSource.OPEN && Date.now() - heard > silent) {
    stream.dispatchEvent(new Event("error"));
    follow();
  }
}, 1000);

// follow reads the events. What was missed while the line was cut is told again.
function follow() {
  stream?.close();
  stream = new EventSource("/v1/agent/events");
  for (const event of ["open", "pulse", "state", "card", "talk"]) stream.addEventListener(event, () => { heard = Date.now(); });
  const on = (event, take) => stream.addEventListener(event, (e) => take(JSON.parse(e.data)));
  stream.addEventListener("open", () => {
    clearTimeout(lost);
    lost = 0;
    alarm("link", "");
    document.body.dataset.link = "live";
  });
  stream.addEventListener("error", () => {
    parts.phone.shift.shook();
    if (stream.readyState === EventSource.CLOSED) setTimeout(async () => { await api("GET", "/v1/agent").catch(() => {}); follow(); }, 2000);
    if (!lost) lost = setTimeout(() => { document.body.dataset.link = "lost"; alarm("link", t("The connection to the server is lost. The call goes on; what you write is kept. It is being restored.")); }, 1500);
  });
  on("state", (a) => { stand(a); if (a.attempt_id && desk.card?.attempt_id === a.attempt_id) refresh(); if (!desk.seen) first(a); });
  on("card", show);
  on("call_connected", (card) => { show(card); parts.call.connected(); });
  on("talk", (e) => { if (desk.card) show({ ...desk.card, talk: e.talk }); });
  on("call_ended", async () => {
    if (desk.card) show({ ...desk.card, state: "wrap_up" });
    await refresh();
    parts.outcome.ended();
  });
  on("call_closed", () => { parts.outcome.closed(); show(null); parts.day.look(); });
  on("message", message);
  on("phone", (s) => parts.phone.told(s));
}

function first(agent) {
  desk.seen = true;
  parts.day.look();
  if (agent.state === "paused") $("go").focus();
}

function begin() {
  Object.assign(parts, {
    phone: openPhone(desk), call: openCall(desk), person: openPerson(desk), script: openScript(desk), outcome: openOutcome(desk), day: openDay(desk),
  });
  desk.hangUp = parts.call.hangUp;
  desk.saved = parts.day.saved;
  desk.suggest = parts.outcome.suggest;
  $("go").onclick = ready;
  $("pause").onclick = pause;
  $("leave").onclick = leave;
  desk.keys = openKeys({
    ready: () => ($("go").hidden ? $("pause") : $("go")).click(),
    mute: () => parts.call.press("mute"),
    hangup: () => parts.call.press("hangup"),
    hold: () => parts.call.press("hold"),
    consent: () => parts.outcome.consent(),
  });
  reasons();
  oneTab(desk.user, { begin: () => { follow(); parts.phone.resume(); }, end: () => stream?.close() });
  setInterval(tick, 500);
}

begin();
