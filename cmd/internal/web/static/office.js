// What helps in the forms of the office: none of it is needed. A form that
// takes long says so, and is not sent twice; a refusal is led to; a table of
// shifts begins in the reader's own time zone.

const busy = (form) => {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button:not([type=button])");
    const note = form.querySelector(".busy") ?? form.appendChild(document.createElement("p"));
    note.className = "busy quiet";
    note.setAttribute("role", "status");
    note.textContent = form.dataset.busy;
    setTimeout(() => { button.disabled = true; }); // after the form is gathered
  });
};

for (const form of document.querySelectorAll("form[data-busy]")) busy(form);

// Back from the browser's memory, forms can be sent again.
addEventListener("pageshow", (e) => {
  if (!e.persisted) return;
  for (const note of document.querySelectorAll(".busy")) note.remove();
  for (const button of document.querySelectorAll("form[data-busy] button")) button.disabled = false;
});

document.getElementById("wrong")?.focus();
document.getElementById("secret")?.select();

const zone = document.querySelector("input[data-own-zone]");
if (zone && !new URLSearchParams(location.search).has("zone")) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (own && own !== zone.value) {
    const to = new URL(location.href);
    to.searchParams.set("zone", own);
    location.replace(to);
  }
}
