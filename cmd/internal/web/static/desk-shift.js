// A shift that outlives its node: when the one that the headset or the events came
// from is gone, the shift goes on at another, by itself and as it stood.

import { api } from "./desk-kit.js";

const shakenFor = 20000; // ms in which an end is taken for the node's and not for somebody's
const tryFor = 60000; // ms, and how long a headset may be away
const tryEvery = 500; // ms
const final = [401, 403, 404, 422]; // answers that stay the same
const working = ["ready", "reserved", "preview", "talking", "wrap_up", "resting", "elsewhere"];
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// keepShift keeps one. connected waits until the headset is up, when wished by a fresh connection; begins is told when
// a shift is to be taken up again, and ends whether it was.
export function keepShift({ connected, begins, ends }) {
  let wanted = null; // what the shift was begun with; null = there is none
  let ready = false; // calls were taken
  let leaving = false;
  let here = false; // the house has us signed in
  let shakenAt = -Infinity;
  let lostAt = 0; // since when the headset is lost; 0 = it is not
  let again = null; // under way

  // goOn signs in until it is done, or until it makes no sense any more.
  async function goOn(fresh) {
    const of = wanted, take = ready;
    for (const until = Date.now() + tryFor; wanted === of && !leaving && Date.now() < until; await wait(tryEvery)) {
      try {
        if (of.phone === "browser") await connected(fresh);
        await api("POST", "/v1/agent/sign-in", of);
        if (take) await api("POST", "/v1/agent/ready");
        for (let n = 0; n < 25 && !here; n++) await wait(200); // the event of it
        return true;
      } catch (e) {
        if (e.over || final.includes(e.status)) break;
        fresh = e.code === "stopping"; // the headset is on a node that takes nobody
      }
    }
    if (wanted === of) wanted = null;
    return false;
  }
  function resume(fresh) {
    again ??= goOn(fresh).then((done) => { again = null; ends(done); });
    begins();
  }

  return {
    get goesOn() { return again !== null; },
    begun(with_) {
      wanted = with_;
      leaving = false;
    },
    leaves(so) { leaving = so; },
    // shook is told of trouble that a node which goes would make.
    shook() { shakenAt = Date.now(); },
    // sound is told how the headset is. One that had to be connected anew may stand
    // on another node than the shift.
    async sound(phase) {
      if (phase === "lost") {
        shakenAt = Date.now();
        lostAt ||= Date.now();
      }
      if (phase !== "up" || !lostAt) return;
      const away = Date.now() - lostAt;
      lostAt = 0;
      if (away > tryFor) return;
      const s = await api("GET", "/v1/agent/phone").catch(() => null);
      if (s && !s.in_use && wanted?.phone === "browser" && !leaving) resume(false);
    },
    // follow keeps to the shift, and tells whether one that is over goes on.
    follow(agent) {
      here = agent.state !== "offline";
      if (again) return !here;
      if (here) {
        wanted ??= { phone: document.body.dataset.phone === "none" ? "desk" : "browser" };
        ready = working.includes(agent.state) && !agent.pause_next;
        return false;
      }
      if (!wanted || leaving || !agent.lost && Date.now() - shakenAt > shakenFor) {
        wanted = null;
        return false;
      }
      resume(true);
      return true;
    },
  };
}
