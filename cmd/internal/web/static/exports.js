// Follows exports that are being written; none of it is needed. When one is
// over, the page is loaded anew: it has its file then.

const rows = new Map([...document.querySelectorAll("[data-export]")].map((row) => [row.dataset.export, row]));

const show = (row, e) => {
  row.querySelector("progress").value = e.total ? Math.min(100, Math.floor((100 * e.rows) / e.total)) : 0;
  row.querySelector("[data-rows]").textContent = e.rows;
  const total = row.querySelector("[data-total]");
  if (total) total.textContent = e.total;
};

const look = async () => {
  const answer = await fetch("/v1/exports", { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { exports } = await answer.json();
  for (const e of exports) {
    const row = rows.get(String(e.id));
    if (!row) continue;
    if (row.dataset.state !== e.state) {
      location.replace("/compliance/exports");
      return;
    }
    show(row, e);
  }
};

const timer = setInterval(() => look().catch(() => {}), 1000);
addEventListener("pagehide", () => clearInterval(timer));
