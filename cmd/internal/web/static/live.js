// The live page: takes the API's stream of the floor and patches the page.
// Text is set as text and never as markup; rows are copies of the templates
// that the server rendered, so that the page looks the same with and without
// this module.

const link = document.getElementById("link");
const hold = document.getElementById("hold");
const breach = document.getElementById("breach");
const floor = { campaigns: new Map(), agents: new Map(), calls: new Map(), last: [] };
const keys = { campaigns: "id", agents: "id", calls: "attempt_id" };
const names = new Intl.Collator(undefined, { numeric: true }); // Ana 2 before Ana 10
const shown = 100; // rows of calls: nobody reads more
let skew = 0; // of this clock against the server's, in ms
let drawing = false;

const text = (root, field, value) => {
  const e = root.querySelector(`[data-f="${field}"]`);
  const s = String(value ?? "");
  if (e.textContent !== s) e.textContent = s;
  return e;
};
const state = (root, field, value) => { text(root, field, (value ?? "").replaceAll("_", " ")).dataset.state = value ?? ""; };
const percent = (share) => `${(share * 100).toFixed(1)} %`;
const pad = (n) => String(n).padStart(2, "0");
const elapsed = (ms) => {
  const s = Math.max(0, Math.floor(ms / 1000));
  return s < 3600 ? `${Math.floor(s / 60)}:${pad(s % 60)}` : `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
};
const since = (row, at) => {
  const e = row.querySelector('[data-f="since"]');
  e.dateTime = at ?? "";
  tick(e);
};
const tick = (e) => {
  const s = e.dateTime ? elapsed(Date.now() - skew - Date.parse(e.dateTime)) : "";
  if (e.textContent !== s) e.textContent = s;
};
// note is what stands beside an agent's state: why, and until when.
const note = (a) => [
  a.reason || (a.pause_next ? "pause after this call" : ""),
  a.state === "resting" && a.until ? `until ${a.until.slice(11, 19)} UTC` : "",
  a.leaves_at ? `leaves ${a.leaves_at.slice(11, 16)} UTC` : "",
].filter(Boolean).join(", ");
// sentences makes the items of a list those, keeping the ones that are there.
const sentences = (list, words) => {
  while (list.children.length > words.length) list.lastElementChild.remove();
  words.forEach((s, i) => {
    const item = list.children[i] ?? list.appendChild(document.createElement("li"));
    if (item.textContent !== s) item.textContent = s;
  });
};
const over = (c) => c.cap > 0 && c.abandoned_share > c.cap;

const fill = {
  campaigns(row, c) {
    for (const f of ["name", "mode", "why", "placed", "ringing", "answered", "bridged", "talking", "waiting", "hopper"]) text(row, f, c[f]);
    state(row, "status", c.status);
    row.dataset.state = c.status;
    text(row, "rate", Math.round(c.per_minute));
    text(row, "ready", c.agents_ready);
    text(row, "share", percent(c.abandoned_share));
    text(row, "ratio", `${c.abandoned} of ${c.answered}`);
    text(row, "cap", percent(c.cap));
    row.querySelector(".why").hidden = !c.why;
    row.querySelector(".pacing").hidden = !c.pacing;
    sentences(row.querySelector(".pacing ul"), c.pacing?.words ?? []);
    row.querySelector(".abandon").dataset.over = String(over(c));
    row.querySelector("[data-bar]").setAttribute("width", c.cap > 0 ? Math.min((c.abandoned_share / c.cap) * 100, 150) : 0);
    for (const form of row.querySelectorAll("form")) {
      form.action = `/campaigns/${c.id}/${form.dataset.action}`;
      form.hidden = (form.dataset.action === "pause") !== (c.status === "running");
    }
  },
  agents(row, a) {
    text(row, "name", a.name);
    state(row, "state", a.state);
    text(row, "reason", note(a));
    text(row, "campaign", a.campaign);
    since(row, a.since);
  },
  calls(row, c) {
    state(row, "state", c.state);
    for (const f of ["contact", "number", "agent", "campaign"]) text(row, f, c[f]);
    text(row, "odds", c.odds ? `${c.odds.toFixed(1)} ×` : "");
    since(row, c.since);
  },
  last(row, c) {
    const at = text(row, "at", c.at.slice(11, 19));
    at.dateTime = c.at;
    state(row, "outcome", c.outcome);
    for (const f of ["contact", "number", "agent", "campaign"]) text(row, f, c[f]);
    text(row, "talk", c.talk === "0s" ? "" : c.talk);
  },
};

// draw makes the rows of a list those of the items, in their order, keeping
// the rows that are there.
function draw(kind, items, key) {
  const list = document.getElementById(kind);
  const template = document.getElementById(`t-${kind}`).content.firstElementChild;
  const rows = new Map([...list.children].map((row) => [row.dataset.key, row]));
  let at = list.firstElementChild;
  for (const item of items) {
    const id = String(item[key]);
    let row = rows.get(id);
    rows.delete(id);
    if (!row) {
      row = template.cloneNode(true);
      row.dataset.key = id;
    }
    fill[kind](row, item);
    if (row === at) at = at.nextElementSibling;
    else list.insertBefore(row, at);
  }
  for (const row of rows.values()) row.remove();
  if (list.childElementCount === 0) list.replaceChildren(); // no white space: the sheet says that it is empty
}

function total() {
  const strip = document.querySelector(".strip");
  const sum = (field) => [...floor.campaigns.values()].reduce((n, c) => n + c[field], 0);
  const count = (...states) => [...floor.agents.values()].filter((a) => states.includes(a.state)).length;
  const answered = sum("answered"), abandoned = sum("abandoned");
  const caps = [...floor.campaigns.values()].map((c) => c.cap).filter((c) => c > 0);
  const ready = count("ready"), busy = count("talking", "reserved", "preview", "elsewhere"), wrap = count("wrap_up");
  text(strip, "share", percent(answered ? abandoned / answered : 0));
  text(strip, "ratio", `${abandoned} of ${answered} answered · limit ${percent(caps.length ? Math.min(...caps) : 0)}`);
  text(strip, "talking", sum("talking"));
  text(strip, "air", `${sum("ringing")} ringing · ${sum("waiting")} waiting`);
  text(strip, "ready", ready);
  text(strip, "agents", `${busy} on a call · ${wrap} wrap-up · ${floor.agents.size - ready - busy - wrap} away`);
  text(strip, "rate", Math.round(sum("per_minute")));
  text(strip, "campaigns", `${floor.campaigns.size} on the floor`);
  const broken = [...floor.campaigns.values()].filter(over).map((c) => c.name).join(", ");
  const told = breach.querySelector("bdi");
  if (told.textContent !== broken) told.textContent = broken; // an alert is read out once, not with every tick
  breach.hidden = broken === "";
}

function render() {
  drawing = false;
  if (hold.getAttribute("aria-pressed") === "true") return;
  const byName = (a, b) => names.compare(a.name, b.name);
  draw("campaigns", [...floor.campaigns.values()].sort(byName), "id");
  draw("agents", [...floor.agents.values()].sort(byName), "id");
  draw("calls", [...floor.calls.values()].sort((a, b) => Date.parse(a.since) - Date.parse(b.since)).slice(0, shown), "attempt_id");
  draw("last", floor.last, "attempt_id");
  total();
}

function changed() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(render);
}

function take(data) {
  skew = Date.now() - Date.parse(data.at);
  for (const kind of Object.keys(keys)) {
    for (const row of data[kind] ?? []) floor[kind].set(String(row[keys[kind]]), row);
    for (const id of data.gone?.[kind] ?? []) floor[kind].delete(id);
  }
  if (data.last) floor.last = data.last;
  changed();
}

function say(state, words) {
  link.dataset.state = state;
  if (link.textContent !== words) link.textContent = words;
}

function listen() {
  const events = new EventSource("/v1/floor/events");
  events.addEventListener("open", () => say("live", "Live"));
  events.addEventListener("snapshot", (e) => {
    for (const kind of Object.keys(keys)) floor[kind].clear();
    take(JSON.parse(e.data));
  });
  events.addEventListener("patch", (e) => take(JSON.parse(e.data)));
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) say("lost", "Not connected. Reload the page to log in again.");
    else say("lost", "Connection lost, trying again");
  });
}

hold.hidden = false;
hold.addEventListener("click", () => {
  const held = hold.getAttribute("aria-pressed") !== "true";
  hold.setAttribute("aria-pressed", String(held));
  hold.textContent = held ? "Resume updates" : "Pause updates";
  changed();
});
setInterval(() => {
  if (hold.getAttribute("aria-pressed") === "true") return;
  for (const e of document.querySelectorAll('[data-f="since"]')) tick(e);
}, 1000);
listen();
