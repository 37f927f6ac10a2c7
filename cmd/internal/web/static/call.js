// The player of a call: the drawing of the sound is its slider. Without this
// module the browser's own player is there.

import { t } from "./words.js";
import { elapsed } from "./live-words.js";

const sound = document.getElementById("sound");
const wave = document.getElementById("wave");
const head = document.getElementById("head");
const play = document.getElementById("play");
const at = document.getElementById("at");
const length = Number(wave.dataset.seconds);
const width = 600; // of the drawing, in its own units

sound.hidden = true;
document.getElementById("controls").hidden = false;
for (const b of document.querySelectorAll(".jump")) b.hidden = false;
wave.tabIndex = 0;
wave.setAttribute("role", "slider");
wave.setAttribute("aria-valuemin", "0");
wave.setAttribute("aria-valuemax", String(Math.round(length)));

let wanted = 0; // where to begin, until the sound is there

const now = () => (sound.readyState > 0 ? sound.currentTime : wanted);
const show = () => {
  const s = now();
  const x = ((s / length) * width).toFixed(1);
  head.setAttribute("d", `M${x} 0V100`);
  wave.setAttribute("aria-valuenow", String(Math.round(s)));
  wave.setAttribute("aria-valuetext", elapsed(s * 1000));
  const text = `${elapsed(s * 1000)} / ${elapsed(length * 1000)}`;
  if (at.textContent !== text) at.textContent = text;
};
const seek = (s) => {
  wanted = Math.min(Math.max(s, 0), length);
  if (sound.readyState > 0) sound.currentTime = wanted;
  show();
};
const start = () => sound.play().catch(() => { at.textContent = t("The recording cannot be played."); });
const toggle = () => (sound.paused ? start() : sound.pause());
const follow = () => {
  show();
  if (!sound.paused) requestAnimationFrame(follow);
};

sound.addEventListener("loadedmetadata", () => { if (wanted) sound.currentTime = wanted; });
sound.addEventListener("play", () => { play.textContent = t("Pause"); follow(); });
sound.addEventListener("pause", () => { play.textContent = t("Play"); show(); });
sound.addEventListener("timeupdate", show);
sound.addEventListener("error", () => { at.textContent = t("The recording cannot be played."); });
play.addEventListener("click", toggle);
document.getElementById("rewind").addEventListener("click", () => seek(now() - 5));
document.getElementById("forward").addEventListener("click", () => seek(now() + 5));
document.getElementById("speed").addEventListener("change", (e) => { sound.playbackRate = Number(e.target.value); });
wave.addEventListener("pointerdown", (e) => {
  const box = wave.getBoundingClientRect();
  seek(((e.clientX - box.left) / box.width) * length);
});
wave.addEventListener("keydown", (e) => {
  const to = { ArrowLeft: now() - 5, ArrowDown: now() - 5, ArrowRight: now() + 5, ArrowUp: now() + 5, PageUp: now() + 30, PageDown: now() - 30, Home: 0, End: length }[e.key];
  if (e.key === " " || e.key === "Enter") toggle();
  else if (to === undefined) return;
  else seek(to);
  e.preventDefault();
});
for (const b of document.querySelectorAll(".jump")) {
  b.addEventListener("click", () => {
    seek(Number(b.dataset.at));
    start();
  });
}
show();
