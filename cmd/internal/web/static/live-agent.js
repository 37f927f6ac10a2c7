// What a supervisor does to one agent, or says to all: listen, whisper, barge,
// take over, pause, log out, a message. The server decides who may, and writes
// each down.

import { t, words } from "./words.js";
import { company, note } from "./live-words.js";
import { tick } from "./live-rows.js";
import { connectPhone } from "./phone.js";

const panel = document.getElementById("console");
const part = (id) => document.getElementById(id);
const said = part("c-said"), line = part("c-line"), stop = part("c-stop"), takeOver = part("c-take"), out = part("c-out");
const modes = [...panel.querySelectorAll("[data-mode]")];
const me = Number(panel.dataset.me);
let agents = null; // not known before the first snapshot
let of = ""; // the agent's number, as a key
let phone = null; // the headset of this page
let mine = null; // the agent whom I listen to, and how
let busy = false;

const say = (text, wrong = false) => {
  said.textContent = text;
  said.dataset.wrong = String(wrong);
};

// ask asks the API and says what is wrong; null when something is.
async function ask(method, path, body) {
  const answer = await fetch(path, { method, headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body) }).catch(() => null);
  if (!answer) {
    say(t("The server does not answer. Try again."), true);
    return null;
  }
  const data = await answer.json().catch(() => ({}));
  if (answer.ok) return data;
  say(answer.status === 401 ? t("Your session has ended. Reload the page to log in again.") : data.detail || data.title || t("That did not work."), true);
  return null;
}

function open(row) {
  of = row.dataset.key;
  panel.hidden = false;
  say("");
  sure(false);
  show();
  part("c-name").focus();
}

function close() {
  panel.hidden = true;
  document.querySelector(`#agents [data-key="${CSS.escape(of)}"] button`)?.focus();
  of = "";
}

// show writes the panel anew as the floor stands.
function show() {
  mine = null;
  for (const a of agents?.values() ?? []) {
    const m = (a.monitors ?? []).find((m) => m.user_id === me);
    if (m) mine = { agent: a, mode: m.mode };
  }
  if (line) heard();
  if (!of) return;
  const a = agents?.get(of);
  for (const b of panel.querySelectorAll(".modes button, .acts button, .acts input")) b.disabled = !a;
  const gone = t("The agent is not signed in any more.");
  if (!a) {
    if (agents) say(gone);
    return;
  }
  if (said.textContent === gone) say(""); // back again
  const name = part("c-name").firstElementChild;
  if (name.textContent !== a.name) name.textContent = a.name;
  part("c-state").textContent = words(a.state);
  part("c-state").dataset.state = a.state;
  part("c-since").dateTime = a.since ?? "";
  tick(part("c-since"));
  part("c-note").textContent = [note(a), company(a)].filter(Boolean).join(" · ");
  const here = mine?.agent.id === a.id;
  for (const b of modes) b.setAttribute("aria-pressed", String(here && mine.mode === b.dataset.mode));
  if (stop) stop.disabled = !mine;
  if (takeOver) takeOver.disabled = !here || a.state !== "talking";
}

// heard says what the supervisor hears, and whether the headset is well.
function heard() {
  const trouble = phone?.state.problem?.text ?? "";
  const text = mine ? t("You are with %s.", mine.agent.name) : phone?.state.phase === "up" ? t("Your headset is connected.") : "";
  const all = [text, trouble].filter(Boolean).join(" ");
  if (line.textContent !== all) line.textContent = all;
}

// headset connects the headset of this page, once.
async function headset() {
  if (!phone) phone = connectPhone({ onState: heard });
  else if (/failed|replaced|closed/.test(phone.state.phase)) phone.reconnect();
  say(t("Connecting your headset…"));
  await phone.ready;
  if (phone.state.phase === "up") return true;
  say(phone.state.problem?.text ?? t("The headset cannot be connected. Try again."), true);
  return false;
}

async function join(mode) {
  if (busy || !of) return;
  busy = true;
  const with_ = part("c-phone").value;
  try {
    if (with_ === "browser" && phone?.state.phase !== "up" && !(await headset())) return;
    if (with_ === "desk") say(t("Your desk phone rings; take it up."));
    if (await ask("POST", `/v1/agents/${of}/monitor`, { mode, phone: with_ })) say("");
  } finally {
    busy = false;
  }
}

const leave = async () => { if (mine && (await ask("DELETE", `/v1/agents/${mine.agent.id}/monitor`))) say(""); };

// sure asks before a shift is ended.
let doubt = 0;
function sure(asked) {
  clearTimeout(doubt);
  if (!out) return;
  out.dataset.sure = String(asked);
  out.textContent = asked ? t("Press again to end the shift") : t("Log out");
  if (asked) doubt = setTimeout(() => sure(false), 5000);
}

for (const b of modes) b.addEventListener("click", () => join(b.dataset.mode));
stop?.addEventListener("click", leave);
takeOver?.addEventListener("click", async () => {
  if (await ask("POST", `/v1/agents/${of}/take-over`)) say(t("The call is yours. Go on at your desk."));
});
out?.addEventListener("click", async () => {
  if (out.dataset.sure !== "true") return sure(true);
  sure(false);
  if (await ask("POST", `/v1/agents/${of}/sign-out`)) say(t("The shift has ended."));
});
part("c-pause")?.addEventListener("submit", async (e) => {
  e.preventDefault();
  if (await ask("POST", `/v1/agents/${of}/pause`, { reason: e.target.reason.value.trim() })) say(t("The agent is paused after the call at hand."));
});
part("c-message")?.addEventListener("submit", async (e) => {
  e.preventDefault();
  if (!(await ask("POST", "/v1/messages", { agent: Number(of), text: e.target.text.value }))) return;
  e.target.reset();
  say(t("The message is on the desk."));
});
const toAll = part("to-all");
if (toAll) {
  toAll.hidden = false;
  toAll.addEventListener("submit", async (e) => {
    e.preventDefault();
    const done = toAll.querySelector("[role=status]");
    const sent = await ask("POST", "/v1/messages", { text: toAll.text.value });
    done.textContent = sent ? t("The message is on all desks.") : said.textContent;
    if (sent) toAll.reset();
  });
}
part("c-close").addEventListener("click", close);
document.getElementById("agents").addEventListener("click", (e) => {
  const button = e.target.closest("button.agent-name");
  if (button) open(button.closest(".agent"));
});
document.addEventListener("keydown", (e) => {
  if (panel.hidden || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "Escape") return close();
  if (e.target.closest("input, select, textarea") || !modes.length) return;
  const mode = { l: "listen", w: "whisper", b: "barge" }[e.key.toLowerCase()];
  if (mode) join(mode);
  else if (e.key.toLowerCase() === "s") leave();
});
document.addEventListener("floor", (e) => {
  agents = e.detail.agents;
  show();
});
document.dispatchEvent(new Event("ask-floor"));
