// Follows a check or an import while it runs, and shows the page that comes
// after it. The work goes on whether or not somebody looks.

import { number, t } from "./words.js";

const running = document.getElementById("running");
const bar = document.getElementById("run-bar");
const field = (name) => running.querySelector(`[data-f=${name}]`);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

for (let missed = 0; running && missed < 20; ) {
  await wait(500);
  const answer = await fetch(`${location.pathname}/state`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.status === 401 || answer?.redirected) break;
  if (!answer?.ok) {
    missed++;
    continue;
  }
  missed = 0;
  const state = await answer.json();
  if (state.step !== running.dataset.step) {
    location.replace(location.pathname);
    break;
  }
  const job = state.step === "importing" ? state.import : state.check;
  if (job.size) [bar.max, bar.value] = [job.size, Math.min(job.bytes ?? 0, job.size)];
  field("rows").textContent = number(job.counts.rows);
  field("added").textContent = number(job.counts.added + job.counts.updated);
  field("duplicates").textContent = number(job.counts.duplicates);
  field("refused").textContent = number(job.counts.refused);
  field("rate").textContent = number(Math.round(job.rows_per_second ?? 0));
  field("left").textContent = job.time_left ?? t("not known yet");
}
