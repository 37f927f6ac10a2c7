// The calling windows as a grid of half hours, beside the fields that hold
// them: either changes the other, and the fields are what is sent. A cell is
// opened by mouse, by touch, or by the space bar.

import { t } from "./words.js";

const half = 30, cells = 48;
const clock = (minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

// read is the spans of a field in minutes; null when they cannot be read.
function read(text) {
  const spans = [];
  for (const one of text.split(",").map((s) => s.trim()).filter(Boolean)) {
    const m = one.match(/^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/);
    if (!m) return null;
    const [from, to] = [m[1] * 60 + +m[2], m[3] * 60 + +m[4]];
    if (to <= from || to > 1440) return null;
    spans.push([from, to]);
  }
  return spans;
}

const open = (spans, i) => spans.some(([from, to]) => from < (i + 1) * half && to > i * half);

// write is the spans of the open cells.
function write(on) {
  const spans = [];
  for (let i = 0; i < cells; i++) {
    if (!on[i]) continue;
    let to = i;
    while (on[to + 1]) to++;
    spans.push(`${clock(i * half)}-${clock((to + 1) * half)}`);
    i = to;
  }
  return spans.join(", ");
}

function draw(week) {
  const rows = [];
  let brush; // what a stretch is painted with while the mouse is down

  const paint = (row, i, on) => {
    row.on[i] = on;
    row.cells[i].setAttribute("aria-selected", on);
    row.input.value = write(row.on);
  };
  const stand = (row, i) => {
    for (const r of rows) for (const c of r.cells) c.tabIndex = -1;
    row.cells[i].tabIndex = 0;
    row.cells[i].focus();
  };

  const grid = (input) => {
    const row = { input, on: [], cells: [] };
    const box = document.createElement("div");
    box.className = "half-hours";
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-multiselectable", "true");
    box.setAttribute("aria-label", t("Half hours of %s", input.dataset.day));
    for (let i = 0; i < cells; i++) {
      const cell = document.createElement("span");
      cell.setAttribute("role", "option");
      cell.setAttribute("aria-label", `${clock(i * half)}-${clock((i + 1) * half)}`);
      cell.title = cell.getAttribute("aria-label");
      cell.tabIndex = rows.length === 0 && i === 18 ? 0 : -1;
      cell.addEventListener("pointerdown", (e) => {
        e.preventDefault();
        cell.releasePointerCapture?.(e.pointerId);
        brush = !row.on[i];
        paint(row, i, brush);
        stand(row, i);
      });
      cell.addEventListener("pointerenter", () => brush !== undefined && paint(row, i, brush));
      cell.addEventListener("keydown", (e) => keys(e, row, i));
      row.cells.push(cell);
      box.append(cell);
    }
    const follow = () => {
      const spans = read(input.value);
      input.setAttribute("aria-invalid", spans === null);
      if (!spans) return;
      row.cells.forEach((cell, i) => cell.setAttribute("aria-selected", (row.on[i] = open(spans, i))));
    };
    input.addEventListener("input", follow);
    follow();
    input.after(box);
    rows.push(row);
  };

  const keys = (e, row, i) => {
    if (e.key === " " || e.key === "Enter") {
      e.preventDefault();
      return paint(row, i, !row.on[i]);
    }
    const y = rows.indexOf(row);
    const to = { ArrowRight: [y, i + 1], ArrowLeft: [y, i - 1], ArrowDown: [y + 1, i], ArrowUp: [y - 1, i], Home: [y, 0], End: [y, cells - 1] }[e.key];
    if (!to) return;
    e.preventDefault();
    const next = rows[Math.min(Math.max(to[0], 0), rows.length - 1)], at = Math.min(Math.max(to[1], 0), cells - 1);
    if (e.shiftKey) paint(next, at, row.on[i]);
    stand(next, at);
  };

  week.classList.add("drawn");
  week.querySelectorAll("input[data-day]").forEach(grid);
  const hours = document.createElement("div");
  hours.className = "clock";
  hours.setAttribute("aria-hidden", "true");
  for (const h of [0, 6, 12, 18, 24]) hours.append(Object.assign(document.createElement("span"), { textContent: clock(h * 60) }));
  week.append(hours);
  addEventListener("pointerup", () => (brush = undefined));
  addEventListener("pointercancel", () => (brush = undefined));
}

document.querySelectorAll("[data-week]").forEach(draw);
