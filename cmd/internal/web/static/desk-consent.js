// What the person permits: the campaign's words, read out as they stand, a yes to
// them, or a no to all that was permitted before. What is recorded names the very
// words that stood on the screen.

import { t, words } from "./words.js";
import { $, api, button, el, field, name, say, when } from "./desk-kit.js";

// openConsent returns the panel and what shows it for a call.
export function openConsent(desk) {
  let of = "", known = null, busy = false;
  const wrong = el("p", { className: "wrong", role: "alert", hidden: true });
  const body = el("div", { className: "consent-body" });
  const panel = el("details", { id: "consent", className: "consent" }, el("summary", { textContent: t("Consent") }), body, wrong);
  panel.ontoggle = () => { if (panel.open) load(); };

  const fail = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
  };

  async function load() {
    const mine = of;
    try {
      const got = await api("GET", "/v1/agent/call/consent");
      if (mine !== of) return;
      known = got;
      fail("");
      draw();
    } catch (e) {
      if (mine === of) fail(e.message);
    }
  }

  // send records something once, however often the button is pressed.
  async function send(path, what, done) {
    if (busy) return;
    busy = true;
    const mine = of;
    try {
      await api("POST", path, what);
      if (mine !== of) return;
      say(done);
      await load();
      body.prepend(el("p", { className: "done", role: "status", tabIndex: -1, textContent: done }));
      body.firstChild.focus();
    } catch (e) {
      if (mine === of) {
        fail(e.message);
        if (e.code === "consent_changed") load();
      }
    } finally {
      busy = false;
    }
  }

  function draw() {
    const zone = desk.card?.zones?.[0];
    const stands = known.entries.map((c) => {
      const over = c.revoked_at ? t("revoked %s", when(c.revoked_at, zone)) : c.until ? t("until %s", when(c.until, zone)) : t("without an end of its own");
      return el("li", {}, `${words(c.kind)}${c.level ? ", " + words(c.level) : ""}: `, t("given %s", when(c.renewed_at ?? c.at, zone)), ", ", over);
    });
    body.replaceChildren(stands.length ? el("ul", { className: "ticks" }, ...stands) : el("p", { className: "quiet", textContent: t("Nothing is permitted on record.") }));
    if (known.text) {
      const recording = el("input", { type: "checkbox", id: "consent-recording" });
      body.append(
        el("p", { className: "quiet", textContent: t("Read out, word for word:") }), el("blockquote", { dir: "auto" }, name(known.text)),
        el("label", { className: "pick" }, recording, " ", t("The person agrees to be recorded, too")),
        button(stands.length ? t("Yes: renew it") : t("The person says yes"), () => send("/v1/agent/call/consent", { wording_sha256: known.wording_sha256, recording: recording.checked }, t("The consent is recorded.")), { className: "consent-yes", id: "consent-yes" }));
    }
    const stop = el("input", { type: "checkbox", id: "consent-stop" });
    const note = el("input", { maxLength: 500, dir: "auto" });
    body.append(el("fieldset", {}, el("legend", { textContent: t("The person takes it back") }),
      field(t("In the person's words"), note),
      el("label", { className: "pick" }, stop, " ", t("Wants no more calls: do-not-call list")),
      button(t("Record the withdrawal"), () => send("/v1/agent/call/consent/withdraw", { stop: stop.checked, ...(note.value.trim() ? { note: note.value.trim() } : {}) }, stop.checked ? t("Withdrawn, and on the do-not-call list.") : t("The consent is withdrawn.")), { className: "plain hang", id: "consent-no" })));
  }

  return {
    node: panel,
    // show begins anew for another call; the same call keeps what is open.
    show(attempt) {
      if (attempt === of) return;
      of = attempt;
      known = null;
      panel.open = false;
      fail("");
      body.replaceChildren();
    },
    // press opens the panel, by a key.
    press() {
      if ($("outcome").hidden || !panel.isConnected) return;
      panel.open = !panel.open;
      panel.querySelector("summary").focus();
    },
  };
}
