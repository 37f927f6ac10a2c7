// The headset at the desk: the beginning of a shift, the check of microphone and
// speaker, and how the sound is while the shift goes on.

import { t } from "./words.js";
import { $, alarm, api, button, el, say } from "./desk-kit.js";
import { connectPhone } from "./phone.js";
import { keepShift } from "./desk-shift.js";

const remembered = () => JSON.parse(localStorage.getItem("forecall.headset") ?? "{}");
const remember = (change) => localStorage.setItem("forecall.headset", JSON.stringify({ ...remembered(), ...change }));

export function openPhone(desk) {
  let phone = null, facts = null, offline = true;
  const shift = keepShift({ connected, begins: () => desk.drawn(), ends });
  const chosen = () => document.querySelector("[name=handset]:checked")?.value ?? "browser";
  const last = remembered();
  const radio = document.querySelector(`[name=handset][value="${last.handset}"]`);
  if (radio) radio.checked = true;

  const phases = () => ({
    asking: t("Allow the microphone beside the address of the page."), connecting: t("The headset is being connected."), up: t("The headset is connected."),
    lost: t("The connection is lost and is being restored."), failed: t("The headset is not connected."), replaced: t("The headset is connected in another window."), closed: t("The headset is off."),
  });

  function draw() {
    const s = phone?.state;
    $("sound").hidden = !s || s.phase === "closed" || offline;
    $("ears-state").textContent = s ? phases()[s.phase] : "";
    $("again").hidden = !s || !["failed", "replaced"].includes(s.phase);
    const again = s && ["failed", "replaced"].includes(s.phase) ? [button(t("Connect again"), () => phone.reconnect())] : [];
    alarm("phone", s && s.phase !== "closed" && s.problem ? s.problem.text : "", ...again);
    const up = s?.phase === "up";
    $("quality").dataset.state = up ? (s.problem ? "lost" : "live") : "lost";
    $("quality").textContent = up ? quality() : t("not connected");
    $("quality").title = facts?.rtt_ms ? t("Lost %.1f %%, jitter %d ms, there and back %d ms", facts.loss * 100, Math.round(facts.jitter_ms), Math.round(facts.rtt_ms)) : "";
    document.body.dataset.phone = s?.phase ?? "none";
  }

  const quality = () => {
    if (phone.state.problem) return t("sound is in trouble");
    if (!facts?.mos) return t("connected");
    return facts.mos >= 4 ? t("sound is good") : facts.mos >= 3.5 ? t("sound is fair") : t("sound is poor");
  };

  // connect opens the headset once, and keeps it for the shift.
  async function connect() {
    if (phone && phone.state.phase !== "closed") return phone.state.phase === "failed" ? phone.reconnect() : phone.ready;
    const kept = remembered();
    phone = connectPhone({ microphoneId: kept.microphone ?? "", sinkId: kept.speaker ?? "", onState: (s) => { draw(); shift.sound(s.phase); } });
    draw();
    await phone.ready;
    draw();
  }

  // connected waits until the headset is up; what is wrong with it is the error. A
  // fresh connection may come to another node.
  async function connected(fresh) {
    await connect();
    if (fresh && phone.state.phase === "up") await phone.reconnect();
    for (let n = 0; n < 50 && ["connecting", "lost"].includes(phone.state.phase); n++) await new Promise((resolve) => setTimeout(resolve, 200));
    if (phone.state.phase === "up") return;
    const wrong = new Error(phone.state.problem?.text ?? t("The headset cannot be connected. Try again."));
    wrong.over = phone.state.phase === "replaced";
    throw wrong;
  }

  // ends is the end of taking a shift up again.
  function ends(done) {
    if (!done && desk.agent.state === "offline") {
      offline = true;
      shut();
    }
    desk.drawn();
  }

  // shut lets microphone and connection go.
  function shut() {
    phone?.close();
    phone = null;
  }

  async function devices() {
    const list = await phone.devices();
    const kept = remembered();
    const fill = (select, of, chosen) => select.replaceChildren(...of.map((d, i) => el("option", { value: d.id, textContent: d.label || t("Device %d", i + 1), selected: d.id === chosen })));
    fill($("microphones"), list.microphones, kept.microphone);
    fill($("speakers"), list.speakers, kept.speaker);
    $("speakers").closest("label").hidden = list.speakers.length === 0;
  }

  async function check() {
    $("ears").hidden = false;
    await connect();
    await devices();
  }

  async function echo() {
    $("echo").disabled = true;
    $("echo-said").textContent = t("Speak now; a second later you hear yourself.");
    try {
      const r = await phone.test({ onLevels: (_, came) => { $("echo-level").value = came; } });
      $("echo-said").textContent = r.spoke && r.heard ? t("It works both ways.") : r.spoke ? t("You are heard, but nothing comes back to your browser.") : t("Nothing was heard of you. Choose another microphone.");
    } catch (e) {
      $("echo-said").textContent = t("The headset cannot be connected. Try again.");
    }
    $("echo").disabled = false;
  }

  // signIn begins the shift; the click lets the browser play sound from now on.
  async function signIn() {
    const handset = chosen();
    const wrong = $("gate-wrong");
    wrong.hidden = true;
    $("sign-in").disabled = true;
    try {
      if (handset === "browser") await connected();
      remember({ handset });
      if (handset === "desk") shut();
      const boxes = [...document.querySelectorAll("#campaigns input")];
      const campaigns = boxes.filter((b) => b.checked).map((b) => b.value);
      if (boxes.length && !campaigns.length) throw new Error(t("Choose a campaign."));
      const wanted = { phone: handset, ...(boxes.length ? { campaigns } : {}) };
      await api("POST", "/v1/agent/sign-in", wanted);
      shift.begun(wanted);
      $("ears").hidden = true;
    } catch (e) {
      wrong.textContent = e.message;
      wrong.hidden = false;
    }
    $("sign-in").disabled = false;
  }

  setInterval(() => {
    if (!phone || document.hidden) return;
    const level = phone.level();
    $("level").value = level;
    $("ears-level").value = level;
  }, 100);

  $("sign-in").onclick = signIn;
  $("check").onclick = check;
  $("echo").onclick = echo;
  $("again").onclick = () => phone.reconnect();
  $("headset").onclick = () => { if ($("ears").hidden) check(); else $("ears").hidden = true; };
  $("microphones").onchange = () => { phone.setMicrophone($("microphones").value); remember({ microphone: $("microphones").value }); };
  $("speakers").onchange = () => { phone.setSink($("speakers").value); remember({ speaker: $("speakers").value }); };

  return {
    get phone() { return phone; },
    shift,
    // follow keeps to the shift: a headset whose shift is over is put away.
    follow(agent) {
      const was = offline;
      offline = agent.state === "offline";
      if (shift.follow(agent)) offline = false; // it goes on elsewhere
      else if (offline && !was) {
        shut();
        $("ears").hidden = true;
        if (agent.reason) say(agent.reason);
      }
      $("line").dataset.handset = phone ? "browser" : "desk";
      draw();
      if (was && agent.state === "paused") setTimeout(() => $("go").focus(), 0);
    },
    told(s) {
      facts = s;
      phone?.told(s);
      draw();
    },
    // resume takes a shift up again after a reload, within its grace.
    async resume() {
      const s = await api("GET", "/v1/agent/phone").catch(() => null);
      if (s?.in_use) shift.begun({ phone: "browser" });
      if (s?.in_use && !phone) connect();
      else if (phone?.state.phase === "replaced") phone.reconnect();
    },
  };
}
