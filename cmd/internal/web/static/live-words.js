// What the live page says of campaigns and agents, in the reader's language.
// The same sentences stand in live_words.go, for the first sight.

import { t } from "./words.js";

const pad = (n) => String(n).padStart(2, "0");

export const percent = (share) => t("%.1f %%", share * 100);

export const elapsed = (ms) => {
  const s = Math.max(0, Math.floor(ms / 1000));
  return s < 3600 ? `${Math.floor(s / 60)}:${pad(s % 60)}` : `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
};

// decision is what pacing saw, a sentence each.
export const decision = (p) => {
  if (!p) return [];
  const said = [t("Free agents: %d. Calls in the air: %d. People waiting: %d.", p.free, p.in_air, p.waiting)];
  if ((p.words ?? []).length < 2) return said;
  const [a, r] = [p.expected_answers, p.expected_releases];
  return [...said,
    t("Expected to answer: %.1f within 5 s, %.1f within 10 s, %.1f within 20 s.", a["5s"], a["10s"], a["20s"]),
    t("Agents expected to come free: %.1f, %.1f and %.1f.", r["5s"], r["10s"], r["20s"]),
    t("One more call, if answered, would find no agent in %.1f %% of cases; up to %.1f %% is accepted now.", p.next_call_lost * 100, p.accepted_loss * 100),
    t("Fresh calls that a person answers: %.1f %%.", p.answer_share * 100),
  ];
};

// budget is how many more calls may be abandoned before the limit is passed.
export const budget = (c) => {
  if (!(c.cap > 0)) return "";
  const n = c.cap >= 1 ? 0 : Math.floor((c.cap * c.answered - c.abandoned) / (1 - c.cap) + 1e-9);
  return n < 0 ? t("%d abandoned calls too many", -n) : t("%d more calls may be abandoned", n);
};

// note is what stands beside an agent's state: why, and until when.
export const note = (a) => [
  a.reason || (a.pause_next ? t("pause after this call") : ""),
  a.state === "resting" && a.until ? t("until %s UTC", a.until.slice(11, 19)) : "",
  a.leaves_at ? t("leaves %s UTC", a.leaves_at.slice(11, 16)) : "",
  a.talk?.on_hold ? t("on hold") : "",
  a.talk?.recording === "paused" ? t("recording paused") : "",
  a.talk?.transfer?.to ? t("passes the call on to %s", a.talk.transfer.to) : "",
].filter(Boolean).join(", ");

// company is who takes part in an agent's calls.
export const company = (a) => (a.monitors ?? []).map((m) => {
  if (m.mode === "whisper") return t("%s whispers", m.name);
  if (m.mode === "barge") return t("%s has barged in", m.name);
  return t("%s listens", m.name);
}).join(", ");

// kind is under which filter an agent is found.
export const kind = (a) => {
  if (a.state === "ready" || a.state === "wrap_up") return a.state;
  return ["talking", "reserved", "preview", "elsewhere"].includes(a.state) ? "call" : "away";
};

// concern is how soon a supervisor should look at an agent.
const concern = (a) => {
  if (a.talk?.help) return 0;
  if (["paused", "wrap_up", "resting", "elsewhere", "offline"].includes(a.state)) return 1;
  return a.state === "ready" ? 3 : 2;
};

export const byConcern = (a, b) => concern(a) - concern(b) || Date.parse(a.since ?? 0) - Date.parse(b.since ?? 0) || a.id - b.id;

// long tells that an agent has been in a state for longer than is usual.
const usual = { paused: 1800, wrap_up: 180, ready: 600, talking: 1800, preview: 180, elsewhere: 900 };
export const long = (state, ms) => ms / 1000 > (usual[state] ?? Infinity);
