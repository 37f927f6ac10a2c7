// The call bar: who is on the line, for how long, and what may be done to the call.

import { t, words } from "./words.js";
import { $, alarm, api, button, el, elapsed, field, name, now, say, short, trouble } from "./desk-kit.js";

export function openCall(desk) {
  const bar = $("bar"), pass = $("pass");
  let shown = ""; // what the bar was drawn from
  let padOpen = false;
  let lastHangUp = 0;

  const call = (what, body) => desk.act(`/v1/agent/call/${what}`, body);
  const talk = () => desk.card?.talk ?? {};

  // press is a key for a button that is there.
  function press(what) {
    const b = bar.querySelector(`[data-do="${what}"]`);
    if (b && !b.disabled) b.click();
  }

  async function hangUp() {
    if (now() - lastHangUp < 1000) return false; // a double click is one
    lastHangUp = now();
    const done = await call("hang-up");
    if (!done) lastHangUp = 0;
    return done;
  }

  const hinted = (b, action) => { if (desk.keys?.(action)) { b.append(el("kbd", { className: "hint-key", "aria-hidden": "true", textContent: desk.keys(action) })); b.setAttribute("aria-keyshortcuts", desk.keys(action)); } return b; };
  const toggle = (what, text, is, props = {}) => hinted(button(text, () => call(what, { on: !is }), { "data-do": what, "aria-pressed": String(Boolean(is)), className: "plain key", ...props }), what);

  const recording = () => {
    switch (talk().recording) {
      case "on": return button(t("Pause recording"), () => call("record", { on: false }), { "data-do": "record", className: "plain key" });
      case "paused": return button(t("Record again"), () => call("record", { on: true }), { "data-do": "record", className: "plain key" });
      case "consent": return button(t("They agree: record"), () => call("record", { on: true }), { "data-do": "record", className: "plain key" });
    }
    return null;
  };
  const recordingSays = () => ({ on: t("Recording"), paused: t("Recording paused"), consent: t("Not recorded yet: ask for consent"), failed: t("The recording has failed") })[talk().recording];

  const passing = () => {
    const tr = talk().transfer;
    if (!tr || tr.from) return [];
    const says = { ringing: t("It rings at %s.", tr.to), talking: t("You talk to %s; the person is on hold.", tr.to), conference: t("All three talk, with %s.", tr.to), failed: tr.why || t("%s did not take the call; the person is back with you.", tr.to) };
    const does = [];
    if (tr.phase === "talking" || tr.phase === "conference") does.push(button(t("Hand over"), () => call("transfer/complete"), { className: "key", "data-do": "complete" }));
    if (tr.phase === "talking") does.push(button(t("All three talk"), () => call("conference"), { className: "plain key", "data-do": "conference" }));
    if (tr.phase !== "failed") does.push(button(t("Take back"), () => call("transfer/cancel"), { className: "plain key", "data-do": "cancel" }));
    return [el("div", { className: "passing", "data-phase": tr.phase, role: "status" }, el("p", { dir: "auto", textContent: says[tr.phase] ?? "" }), el("div", { className: "call-keys" }, ...does))];
  };

  // The buttons by the state of the call.
  const doing = {
    preview: () => {
      const why = el("input", { maxLength: 64, ariaLabel: t("Reason to skip"), placeholder: t("Reason to skip") });
      const skip = () => { if (!why.value.trim()) { why.focus(); return alarm("refused", t("Say why you skip this person.")); } desk.act("/v1/agent/skip", { reason: why.value.trim() }); };
      return [button(t("Dial"), () => desk.act("/v1/agent/dial"), { className: "key big", "data-do": "dial" }), el("span", { className: "fig quiet", id: "dial-at" }), why, button(t("Skip"), skip, { className: "plain key", "data-do": "skip" })];
    },
    reserved: () => {
      const from = talk().transfer?.from;
      if (!from) return [button(t("Cancel the call"), hangUp, { className: "plain key", "data-do": "hangup" })];
      return [button(t("Take the call"), () => call("accept"), { className: "key big", "data-do": "accept" }), button(t("Send it back"), () => call("refuse"), { className: "plain key", "data-do": "refuse" })];
    },
    talking: () => {
      const tk = talk(), busy = tk.transfer && tk.transfer.phase !== "failed";
      return [
        toggle("mute", t("Mute"), tk.muted), toggle("hold", t("Hold"), tk.on_hold, { disabled: Boolean(busy) }),
        button(t("Digits"), () => { padOpen = !padOpen; draw(true); if (padOpen) bar.querySelector(".pad button").focus(); }, { className: "plain key", "aria-expanded": String(padOpen), "data-do": "digits" }),
        recording(), button(t("Transfer"), openPass, { className: "plain key", disabled: Boolean(busy), "aria-haspopup": "dialog", "data-do": "transfer" }),
        toggle("help", t("Ask for help"), tk.help),
        button(t("Nearly done"), () => call("finishing"), { className: "plain key", "aria-pressed": String(Boolean(desk.card.finishing)), title: t("The next call can be timed for it."), "data-do": "finishing" }),
        hinted(button(t("Hang up"), hangUp, { className: "key hang", "data-do": "hangup" }), "hangup"),
      ];
    },
    wrap_up: () => (talk().disposes === false ? [button(t("Done"), () => desk.act("/v1/agent/ready"), { className: "key big", "data-do": "done" })] : []),
  };

  const pad = () => {
    const sent = el("output", { className: "fig sent", ariaLabel: t("Sent") });
    const keys = [..."123456789*0#"].map((d) => button(d, async () => { if (await call("digits", { digits: d })) sent.textContent = (sent.textContent + d).slice(-16); }, { className: "plain key digit" }));
    const e = el("div", { className: "pad", role: "group", ariaLabel: t("Digits") }, ...keys, sent);
    e.onkeydown = (k) => {
      const at = [..."123456789*0#"].indexOf(k.key);
      if (k.key === "Escape") { padOpen = false; draw(true); press("digits"); }
      else if (at >= 0) { k.preventDefault(); keys[at].click(); }
    };
    return e;
  };

  function draw(again = false) {
    const card = desk.card;
    if (!card) { bar.replaceChildren(); shown = ""; return; }
    const from = JSON.stringify([card.attempt_id, card.contact.id, card.state, card.talk, card.finishing, card.no_audio, card.dial_at]);
    if (from === shown && !again) return;
    shown = from;
    const focused = bar.contains(document.activeElement) ? document.activeElement.dataset.do : "";
    const who = el("div", { className: "call-who" },
      el("p", { className: "call-name" }, name(card.contact.name || card.number || t("Number withheld"))),
      el("p", { className: "quiet fig" }, el("bdi", { dir: "ltr", textContent: card.number }), card.number && " · ", name(card.campaign)));
    const rec = card.state === "talking" && recordingSays(); // afterwards nothing more is said
    const about = el("p", { className: "call-about" },
      el("span", { className: "state", "data-state": card.state, textContent: stateSays(card) }), el("span", { id: "call-clock", className: "fig" }),
      card.direction === "inbound" && el("span", { className: "badge inbound", textContent: t("They called us") }),
      rec && el("span", { className: "badge rec", "data-rec": card.talk.recording, textContent: rec }),
      card.talk?.muted && el("span", { className: "badge warn", textContent: t("Muted: they do not hear you") }),
      card.talk?.on_hold && el("span", { className: "badge warn", textContent: t("On hold: they hear music") }));
    const noteOf = card.talk?.note ? el("p", { className: "passed-note", dir: "auto", textContent: t("Note of the colleague: %s", card.talk.note) }) : null;
    const passedTo = card.talk?.disposes === false && card.talk.passed_to ? el("p", { role: "status", dir: "auto", textContent: t("%s has the person now; they say what came of the call.", card.talk.passed_to) }) : null;
    bar.replaceChildren(...[who, about, el("div", { className: "call-keys" }, ...(doing[card.state]?.() ?? []).filter(Boolean)), ...passing(), noteOf, passedTo, padOpen && card.state === "talking" ? pad() : null].filter(Boolean));
    bar.dataset.state = card.state;
    if (focused) bar.querySelector(`[data-do="${focused}"]`)?.focus();
    alarm("audio", card.no_audio && card.state === "talking" ? t("Nothing is heard of the person. Ask whether they hear you; if not, hang up and call back.") : "");
    tick();
  }

  const stateSays = (card) => {
    if (card.state === "reserved") return card.talk?.transfer?.from ? t("%s passes a call on to you", card.talk.transfer.from) : t("It rings at the person");
    return words(card.state);
  };

  function tick() {
    const card = desk.card, clock = $("call-clock");
    if (!card || !clock) return;
    const since = card.bridged_at && card.state === "talking" ? card.bridged_at : card.since;
    clock.textContent = since && card.state !== "preview" ? elapsed(now() - Date.parse(since)) : "";
    const at = $("dial-at");
    if (at) at.textContent = card.dial_at && Date.parse(card.dial_at) > now() - 1000 ? t("dials by itself in %s", elapsed(Date.parse(card.dial_at) - now() + 999)) : "";
  }

  // openPass asks whom the call goes to.
  async function openPass() {
    let to;
    try {
      to = await api("GET", "/v1/agent/targets");
    } catch (e) {
      return trouble(e);
    }
    const note = el("input", { maxLength: 500, autocomplete: "off" });
    const go = async (body, attended) => {
      try {
        pass.close();
        await api("POST", "/v1/agent/call/transfer", { ...body, attended, ...(note.value.trim() ? { note: note.value.trim() } : {}) });
        alarm("refused", "");
      } catch (e) {
        trouble(e);
      }
    };
    const both = (who, body) => [button(t("Talk first"), () => go(body(), true), { className: "", ariaLabel: t("Talk to %s first", who) }), button(t("Pass on"), () => go(body(), false), { ariaLabel: t("Pass on to %s at once", who) })];
    const row = (who, about, body, disabled) => el("li", {}, el("span", {}, short(who), el("span", { className: "quiet", textContent: " " + about })), el("span", { className: "pass-keys" }, ...both(who, () => body).map((b) => Object.assign(b, { disabled }))));
    const rows = [
      ...to.agents.map((a) => row(a.name || a.login, a.free ? t("free") : words(a.state), { agent: a.id }, !a.free)),
      ...to.departments.map((d) => row(d.name, d.free ? t("%d free", d.free) : d.has_number ? t("by telephone") : t("nobody is free"), { department: d.name }, !d.free && !d.has_number)),
    ];
    const number = el("input", { type: "tel", dir: "ltr", autocomplete: "off", maxLength: 40 });
    const dialled = () => ({ number: number.value.trim() });
    pass.replaceChildren(
      el("h2", { id: "h-pass", textContent: t("Pass the call on") }),
      rows.length ? el("ul", { className: "targets" }, ...rows) : el("p", { className: "quiet", textContent: t("No colleague is signed in.") }),
      ...(to.outside ? [el("div", { className: "outside" }, field(t("Another number"), number), el("span", { className: "pass-keys" }, ...both(t("this number"), dialled)))] : []),
      field(t("Note for whoever takes it"), note),
      el("p", {}, button(t("Close"), () => pass.close())));
    pass.showModal();
  }

  return {
    show(card, fresh) {
      if (fresh || !card) {
        padOpen = false;
        lastHangUp = 0; // the next call is another one
      }
      if (!card || card.state !== "talking") { if (pass.open) pass.close(); alarm("audio", ""); }
      draw();
      if (card?.state === "preview" && fresh) bar.querySelector("[data-do=dial]")?.focus();
      if (card?.talk?.transfer?.from && card.state === "reserved" && fresh) bar.querySelector("[data-do=accept]")?.focus();
    },
    // connected is the tone for those who see it.
    connected() {
      say(t("Connected: %s", (desk.card?.contact.name || desk.card?.number || "").slice(0, 80)));
      bar.classList.remove("flash");
      void bar.offsetWidth; // begins the animation anew
      bar.classList.add("flash");
    },
    press, hangUp, tick,
  };
}
