// The headset in the browser: one microphone, one connection to the house, kept
// up as long as the page lives. It draws nothing; a page shows what it is told.
//
//   const phone = connectPhone({ onState: (s) => ... });
//   phone.state      { phase, since, session, problem: { code, text } | null }
//                    phase: asking, connecting, up, lost, failed, replaced, closed
//   phone.level()    of the microphone now, 0 to 1
//   phone.told(s)    what the server says of it: the data of a "phone" event
//   phone.test()     hears itself: a promise of { spoke, heard }
//   phone.devices()  { microphones, speakers }, each { id, label }
//   phone.setMicrophone(id), phone.setSink(id), phone.reconnect(), phone.close()

import { t } from "./words.js";

const path = "/v1/agent/phone";
const watchEvery = 400; // ms
const silentAfter = 1300; // ms without a packet: the house sends 50 a second, silence too
const reportEvery = 3000; // ms
const answerWithin = 4000; // ms for an attempt to connect
const refusals = [400, 401, 403, 413, 415, 422]; // answers that stay the same; 503 is a node that goes, and another comes
const backOff = [0, 250, 500, 1000, 2000]; // ms before the next attempt

// said is a trouble in the reader's language. The codes are those of the server
// and a few that only a page can know.
const said = (code, share) => {
  const percent = Math.ceil((share ?? 0) * 100);
  switch (code) {
    case "insecure": return t("The browser gives no microphone to this page; open it over HTTPS.");
    case "microphone_denied": return t("The microphone is not allowed. Allow it beside the address of the page, then connect again.");
    case "microphone_none": return t("No microphone was found. Plug in a headset, then connect again.");
    case "microphone_busy": return t("Another program holds the microphone. Close it, then connect again.");
    case "playback_blocked": return t("The browser holds the sound back until you click on the page.");
    case "not_reached": return t("Your browser does not reach the server by UDP; a firewall or VPN blocks it.");
    case "no_sound": return t("The connection stands, but no sound comes from your browser. Choose another microphone.");
    case "lost": return t("The connection is lost and is being restored. Check your network.");
    case "microphone_gone": return t("Your microphone was unplugged or taken by another program.");
    case "microphone_muted": return t("Your microphone is muted by its switch or by the system; nobody hears you.");
    case "microphone_dead": return t("Your microphone delivers no sound at all. Choose another one.");
    case "microphone_silent": return t("Nothing was heard of you while the other side spoke. Check the microphone's level.");
    case "not_heard": return t("We hear you, but our sound does not reach your browser; a firewall or VPN lets it pass one way only.");
    case "uplink_loss": return t("%d %% of what you say is lost on its way to us. Use a cable instead of Wi-Fi.", percent);
    case "downlink_loss": return t("%d %% of what you should hear is lost on its way to you. Use a cable instead of Wi-Fi.", percent);
    case "jitter": return t("Sound arrives unevenly. That is mostly Wi-Fi: come nearer, or use a cable.");
    case "delay": return t("Sound takes long to the server and back; you will interrupt each other. Avoid VPN and mobile networks.");
    case "softphone_off": return t("Headsets in the browser are turned off here; use a desk phone.");
    case "headsets_full": return t("As many headsets are connected as the server takes; ask your administrator.");
    case "replaced": return t("The headset is connected in another window.");
    default: return t("The headset cannot be connected. Try again.");
  }
};

// Trouble is an error with a code of the list above.
class Trouble extends Error {
  constructor(code, final = false) {
    super(code);
    this.code = code;
    this.final = final; // trying again does not help
  }
}

// microphone asks the browser for sound.
const microphone = async (id) => {
  if (!navigator.mediaDevices?.getUserMedia) throw new Trouble("insecure", true);
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  if (id) audio.deviceId = { exact: id };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (e) {
    throw new Trouble({ NotAllowedError: "microphone_denied", NotFoundError: "microphone_none", OverconstrainedError: "microphone_none", NotReadableError: "microphone_busy" }[e.name] ?? "failed", true);
  }
};

// line is one connection: an offer, an answer, sound both ways.
const line = async (to, track, iceServers, signal) => {
  const pc = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
  const house = new MediaStream();
  pc.ontrack = (e) => house.addTrack(e.track);
  const leg = pc.addTransceiver(track, { direction: "sendrecv", streams: [new MediaStream([track])] });
  const wanted = RTCRtpReceiver.getCapabilities("audio").codecs.filter((c) => /\/(PCMU|PCMA|telephone-event)$/i.test(c.mimeType));
  leg.setCodecPreferences?.(wanted);
  try {
    await pc.setLocalDescription(await pc.createOffer());
    // Our addresses need not be told: the house answers where we come from.
    const answer = await fetch(to, { method: "POST", headers: { "Content-Type": "application/sdp" }, body: pc.localDescription.sdp, signal });
    if (!answer.ok) {
      const code = (await answer.json().catch(() => ({}))).code ?? "failed";
      throw new Trouble(code, refusals.includes(answer.status) || code === "softphone_off");
    }
    await pc.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    return { pc, house, sender: leg.sender, session: answer.headers.get("Location").split("/").pop() };
  } catch (e) {
    pc.close();
    throw e;
  }
};

// connected waits until a line is up.
const connected = (pc, signal) => new Promise((resolve, reject) => {
  const look = () => {
    if (pc.connectionState === "connected") resolve();
    if (signal.aborted || pc.connectionState === "failed" || pc.connectionState === "closed") reject(new Trouble("not_reached"));
  };
  pc.addEventListener("connectionstatechange", look);
  signal.addEventListener("abort", look);
  look();
});

// inbound sums up what has come of the house over a line.
const inbound = async (pc) => {
  for (const s of (await pc.getStats()).values()) {
    if (s.type === "inbound-rtp" && s.kind === "audio") return s;
  }
  return {};
};

// meter measures a stream with an analyser.
const meter = (context, stream) => {
  const source = context.createMediaStreamSource(stream);
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level() {
      analyser.getFloatTimeDomainData(samples);
      return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
    },
    end: () => source.disconnect(),
  };
};

// scaled is a level for a meter on the page: -60 dBFS is 0, full scale is 1.
const scaled = (rms) => (rms > 0 ? Math.min(1, Math.max(0, 1 + Math.log10(rms) / 3)) : 0);

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function connectPhone({ onState = () => {}, microphoneId = "", sinkId = "" } = {}) {
  const speaker = new Audio();
  speaker.autoplay = true;
  let context, sound, ear, now, iceServers;
  let state = { phase: "asking", since: new Date(), session: "", problem: null };
  let connecting = null; // the loop that connects; one at a time
  let trouble = null; // of the page itself
  let heardAt = 0, received = 0; // packets of the house
  let before = {}; // figures at the last report
  let reportAt = 0;
  const mine = new Set(); // sessions of this page
  let closed = false;

  const become = (phase, problem = state.problem) => {
    if (state.phase === phase && state.problem?.code === problem?.code && state.session === (now?.session ?? "")) return;
    state = { phase, since: state.phase === phase ? state.since : new Date(), session: now?.session ?? "", problem };
    onState(state);
  };
  const problem = (code, share) => (code ? { code, text: said(code, share), share } : null);
  const fail = (code) => become("failed", problem(code));

  // listen opens the microphone and follows it: one that is unplugged is
  // replaced by what there is.
  const listen = async () => {
    const former = sound;
    sound = await microphone(microphoneId);
    former?.getTracks().forEach((track) => track.stop());
    context ??= new AudioContext();
    ear?.end();
    ear = meter(context, sound);
    const [track] = sound.getAudioTracks();
    track.onended = () => { trouble = "microphone_gone"; report(); replace(""); };
    track.onmute = track.onunmute = () => report();
    await now?.sender.replaceTrack(track);
  };
  const replace = async (id) => {
    microphoneId = id;
    try {
      await listen();
      trouble = null;
    } catch (e) {
      trouble = e.code === "microphone_none" ? "microphone_gone" : e.code ?? "failed";
      become(state.phase, problem(trouble));
    }
  };

  // play lets the house be heard; a browser that wants a click first gets it.
  const play = async (stream) => {
    speaker.srcObject = stream;
    if (sinkId && speaker.setSinkId) await speaker.setSinkId(sinkId).catch(() => {});
    await speaker.play().catch(() => {
      become(state.phase, problem("playback_blocked"));
      document.addEventListener("pointerdown", () => { speaker.play().then(() => become(state.phase, null), () => {}); context?.resume(); }, { once: true });
    });
  };

  // once connects once. The former line goes on until this one is up.
  const once = async () => {
    const signal = AbortSignal.timeout(answerWithin);
    const next = await line(path, sound.getAudioTracks()[0], iceServers, signal);
    mine.add(next.session);
    try {
      await connected(next.pc, signal);
    } catch (e) {
      next.pc.close();
      throw e;
    }
    const former = now;
    now = next;
    now.pc.onconnectionstatechange = () => { if (next === now && /failed|closed/.test(next.pc.connectionState)) restore(); };
    former?.pc.close();
    heardAt = performance.now();
    received = 0;
    before = {};
    await play(next.house);
    become("up", problem(trouble));
  };

  // taken tells whether another window has the headset now.
  const taken = async () => {
    const r = await fetch(path, { signal: AbortSignal.timeout(answerWithin) }).catch(() => null);
    const s = r?.ok ? await r.json() : null;
    return s !== null && s.connected && !mine.has(s.session);
  };

  // helpers are the servers that help to find a path.
  const helpers = async () => {
    const r = await fetch(path, { signal: AbortSignal.timeout(answerWithin) });
    if (!r.ok) throw new Trouble("failed", refusals.includes(r.status));
    return (await r.json()).ice_servers ?? [];
  };

  // loop connects until it is connected, with pauses that grow.
  const loop = async () => {
    for (let n = 0; !closed; n++) {
      await wait(backOff[Math.min(n, backOff.length - 1)]);
      try {
        if (n === 0 && now && await taken()) {
          now.pc.close();
          become("replaced", problem("replaced"));
          return;
        }
        if (!iceServers) iceServers = await helpers();
        if (!sound) await listen();
        await once();
        return;
      } catch (e) {
        if (e.final) return fail(e.code);
        become(now ? "lost" : "connecting", problem(now ? "lost" : e.code === "not_reached" && n > 0 ? "not_reached" : ""));
      }
    }
  };
  const restore = () => {
    if (closed || connecting || state.phase === "replaced") return connecting;
    become(now ? "lost" : "connecting", problem(now ? "lost" : ""));
    connecting = loop().finally(() => { connecting = null; });
    return connecting;
  };

  // watch looks whether the house is still heard, and reports now and then.
  const watch = async () => {
    if (closed || connecting || !now) return;
    const line = now;
    const s = await inbound(line.pc).catch(() => ({}));
    if (line !== now || connecting || closed) return;
    if ((s.packetsReceived ?? 0) !== received) {
      received = s.packetsReceived;
      heardAt = performance.now();
    } else if (performance.now() - heardAt > silentAfter) {
      restore();
      return;
    }
    if (performance.now() - reportAt > reportEvery) report(s);
  };
  const report = async (s) => {
    if (!now || closed) return;
    reportAt = performance.now();
    s ??= await inbound(now.pc).catch(() => ({}));
    const since = (field) => (s[field] ?? 0) - (before[field] ?? 0);
    const played = since("totalSamplesReceived"), emitted = since("jitterBufferEmittedCount");
    const [track] = sound.getAudioTracks();
    const body = {
      muted: track.muted, ended: track.readyState === "ended", received: s.packetsReceived ?? 0,
      concealed: played > 0 ? Math.min(1, Math.max(0, since("concealedSamples") - since("silentConcealedSamples")) / played) : 0,
      buffer_ms: emitted > 0 ? Math.min(60000, Math.max(0, since("jitterBufferDelay") / emitted * 1000)) : 0,
    };
    before = s;
    await fetch(`${path}/${now.session}/stats`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), keepalive: true }).catch(() => {});
  };

  // A network that changes is not waited for: the path is tried at once.
  let changing = 0;
  const moved = () => {
    clearTimeout(changing);
    changing = setTimeout(() => { if (now && performance.now() - heardAt > 2 * watchEvery) restore(); }, 2 * watchEvery);
  };
  window.addEventListener("online", moved);
  navigator.connection?.addEventListener?.("change", moved);
  const watching = setInterval(watch, watchEvery);

  const end = () => {
    closed = true;
    clearInterval(watching);
    clearTimeout(changing);
    window.removeEventListener("online", moved);
    navigator.connection?.removeEventListener?.("change", moved);
    if (now) fetch(`${path}/${now.session}`, { method: "DELETE", keepalive: true }).catch(() => {});
    now?.pc.close();
    sound?.getTracks().forEach((track) => track.stop());
    speaker.srcObject = null;
    context?.close();
    become("closed", null);
  };

  const ready = restore();
  return {
    ready, // the first attempts are over: up, or failed
    get state() { return state; },
    level: () => (ear ? scaled(ear.level()) : 0),
    houseStream: () => now?.house ?? null,
    told(s) {
      if (s.connected && !mine.has(s.session) && state.phase === "up") return restore();
      if (state.phase === "up") become("up", s.problem ? problem(s.problem.code, s.problem.share) : problem(trouble));
    },
    async devices() {
      const all = await navigator.mediaDevices.enumerateDevices();
      const of = (kind) => all.filter((d) => d.kind === kind && d.deviceId).map((d) => ({ id: d.deviceId, label: d.label }));
      return { microphones: of("audioinput"), speakers: of("audiooutput") };
    },
    setMicrophone: replace,
    async setSink(id) {
      sinkId = id;
      await speaker.setSinkId?.(id);
    },
    reconnect() {
      if (/failed|replaced/.test(state.phase)) {
        become("connecting", null);
        now?.pc.close();
        now = undefined;
      }
      return restore();
    },
    // test says back what is said a second later, for some seconds: spoke tells
    // whether the microphone was heard here, heard whether it came back.
    async test({ seconds = 8, onLevels = () => {} } = {}) {
      if (!sound) await listen();
      await context.resume();
      const signal = AbortSignal.timeout(answerWithin);
      const echo = await line(`${path}/echo`, sound.getAudioTracks()[0].clone(), iceServers ?? [], signal);
      const back = new Audio();
      try {
        await connected(echo.pc, signal);
        back.srcObject = echo.house;
        if (sinkId && back.setSinkId) await back.setSinkId(sinkId).catch(() => {});
        await back.play().catch(() => {});
        const returned = meter(context, echo.house);
        let spoke = 0, heard = 0;
        for (const until = performance.now() + seconds * 1000; performance.now() < until && !(spoke > 5 && heard > 5); await wait(50)) {
          const said = scaled(ear.level()), came = scaled(returned.level());
          spoke += said > 0.2 ? 1 : 0;
          heard += came > 0.2 ? 1 : 0;
          onLevels(said, came);
        }
        returned.end();
        return { spoke: spoke > 5, heard: heard > 5 };
      } finally {
        back.srcObject = null;
        echo.sender.track?.stop();
        echo.pc.close();
        fetch(`${path}/echo/${echo.session}`, { method: "DELETE", keepalive: true }).catch(() => {});
      }
    },
    close: end,
  };
}
