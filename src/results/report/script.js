"use strict";
const board = document.getElementById("board");
const body = board.tBodies[0];
const rows = [...body.rows];
const heads = [...board.tHead.rows[0].cells];
const filter = document.getElementById("filter");
const status = document.getElementById("status");

// What a cell is sorted by: its exact number, else its text; empty cells come last.
const keyOf = (row, column) => {
  const cell = row.cells[column];
  const text = cell.dataset.value ?? cell.textContent.trim();
  if (text === "") return null;
  return Number.isNaN(Number(text)) ? text : Number(text);
};
const compare = (a, b) =>
  typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
heads.forEach((head, column) => {
  head.querySelector("button").addEventListener("click", () => {
    const direction = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const keyed = rows.map((row, place) => ({ row, place, key: keyOf(row, column) }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.place - b.place;
      return sign * compare(a.key, b.key) || a.place - b.place;
    });
    body.append(...keyed.map(({ row }) => row));
  });
});

const texts = rows.map((row) =>
  [...row.cells].map((cell) => `${cell.textContent} ${cell.dataset.find ?? ""}`).join(" ").toLowerCase());
const apply = () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, place) => {
    const fits = words.every((word) => texts[place].includes(word))
      && (!status.value || row.dataset.status === status.value);
    row.hidden = !fits;
    shown += fits;
  });
  const noun = rows.length === 1 ? "trial" : "trials";
  document.getElementById("count").textContent =
    shown === rows.length ? `${shown} ${noun}` : `${shown} of ${rows.length} ${noun}`;
};
filter.addEventListener("input", apply);
status.addEventListener("change", apply);

const openTarget = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }
};
addEventListener("hashchange", openTarget);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#t']");
  if (link && link.hash === location.hash) openTarget();
});
openTarget();
// On paper everything is open but long tables, which are files anyway; then it is as it was.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not(.data):not([open])")];
  opened.forEach((it) => { it.open = true; });
});
addEventListener("afterprint", () => opened.forEach((it) => { it.open = false; }));

// `runner report --watch`: the page is loaded again when files have changed.
const stamp = document.body.dataset.stamp;
if (stamp) {
  const open = JSON.parse(sessionStorage.getItem("open") ?? "[]");
  open.forEach((id) => { const it = document.getElementById(id); if (it) it.open = true; });
  scrollTo(0, Number(sessionStorage.getItem("scroll") ?? 0));
  setInterval(async () => {
    try {
      const answer = await fetch("/stamp");
      if (!answer.ok || (await answer.text()) === stamp || document.activeElement === filter) return;
      const ids = [...document.querySelectorAll("details[open][id]")].map((it) => it.id);
      sessionStorage.setItem("open", JSON.stringify(ids));
      sessionStorage.setItem("scroll", String(scrollY));
      location.reload();
    } catch { /* the program has ended: the page stays as it is */ }
  }, 2000);
}
