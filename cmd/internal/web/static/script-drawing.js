// The steps of a script and their ways, as the server laid them out.

import { t } from "./words.js";

const space = "http://www.w3.org/2000/svg";
const margin = 6;

const svg = (tag, attributes, ...children) => {
  const e = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  e.append(...children);
  return e;
};

const short = (text) => ([...text].length > 19 ? [...text].slice(0, 18).join("") + "…" : text);

const box = (b, current, lead) => {
  const g = svg("g", { class: "box", "data-kind": b.kind, "data-step": b.id, transform: `translate(${b.x} ${b.y})`, role: "button", tabindex: "0", "aria-label": t("Step %s, line %d", b.title, b.line) },
    svg("title", {}, b.title), svg("rect", { width: 150, height: 38, rx: 8 }), svg("text", { x: 75, y: 24, "text-anchor": "middle" }, short(b.title)));
  if (b.id === current) g.setAttribute("aria-current", "step");
  g.addEventListener("click", () => lead(b));
  g.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" && e.key !== " ") return;
    e.preventDefault();
    lead(b);
  });
  return g;
};

// drawSteps draws a script; lead(box) is called when a step is chosen.
export function drawSteps(into, drawing, current, lead) {
  const width = drawing.width + 2 * margin, height = drawing.height + 2 * margin;
  const arrow = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, svg("path", { d: "M0 0 8 4 0 8z" }));
  const ways = drawing.lines.map((l) => svg("path", { class: "way", "data-kind": l.kind, d: l.path, "marker-end": "url(#arrow)" }, svg("title", {}, l.why || t("otherwise"))));
  into.replaceChildren(svg("svg", { viewBox: `${-margin} ${-margin} ${width} ${height}`, width, height, role: "group", "aria-label": t("Steps and their ways") },
    svg("defs", {}, arrow), ...ways, ...drawing.boxes.map((b) => box(b, current, lead))));
}
