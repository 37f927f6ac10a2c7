// Sends a list with a bar that says how much of it has arrived. Without this
// module the form does the same, without the bar.

import { t, number } from "./words.js";

const form = document.getElementById("bring");
const file = document.getElementById("file");
const bar = document.getElementById("sent");
const said = document.getElementById("sent-words");
const megabytes = (n) => number(n / 1e6, { maximumFractionDigits: 1 });

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = new FormData(form);
  const request = new XMLHttpRequest();
  const began = performance.now();
  document.getElementById("sending").hidden = false;
  form.querySelector("button").disabled = true;
  request.upload.addEventListener("progress", (e) => {
    if (!e.lengthComputable) return;
    bar.max = e.total;
    bar.value = e.loaded;
    const rate = e.loaded / ((performance.now() - began) / 1000);
    said.textContent = e.loaded < e.total ? t("%s of %s MB, %s MB a second", megabytes(e.loaded), megabytes(e.total), megabytes(rate)) : t("All of it has arrived; it is being looked at.");
  });
  const failed = () => {
    form.querySelector("button").disabled = false;
    said.textContent = t("The file did not arrive. Look whether it is still there, and try again.");
  };
  request.addEventListener("error", failed);
  request.addEventListener("load", () => {
    if (request.status === 200 && request.responseURL && new URL(request.responseURL).pathname !== location.pathname) location.assign(request.responseURL);
    else failed();
  });
  request.open("POST", form.action);
  request.send(body);
});

file.addEventListener("change", () => (said.textContent = ""));
