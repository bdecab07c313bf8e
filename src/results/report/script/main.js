// What puts the page together: the views of the groups, the filter above them, and news of a live page.
let data;
let views = [];
let names;

const filter = document.getElementById("filter");
const selects = ["experiment", "status"].map((id) => document.getElementById(id));
const told = document.getElementById("told");

/** The test of the filter; one that cannot be read lets the last one stand. */
function filterTest() {
  const text = state.get("filter");
  try {
    const { test, names: asked } = parseFilter(text);
    names ??= asked.length > 0 ? knownNames() : undefined;
    const unknown = asked.find((name) => !names.has(name));
    if (unknown !== undefined) throw new Error(`no column and no key is called \`${unknown}\``);
    told.textContent = "";
    filter.removeAttribute("aria-invalid");
    filterTest.last = test;
  } catch (error) {
    told.textContent = error.message;
    filter.setAttribute("aria-invalid", "true");
  }
  return filterTest.last ?? (() => true);
}

/** Shows all that a group has, by the address. */
function showView(view, test = filterTest()) {
  view.fitting = fitting(view, test);
  showTable(view);
  if (!view.drawn) return;
  showCurves(view);
  showKeys(view);
  showPair(view);
}

function showAll() {
  filter.value = state.get("filter");
  selects.forEach((select) => { select.value = state.get(select.id); });
  const test = filterTest();
  views.forEach((view) => showView(view, test));
  showDetails(views);
}

/** Charts are drawn when they come into sight: a page may have many. */
const sight = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    const view = isIntersecting && views.find((it) => it.section === target.closest(".group"));
    if (view && !view.drawn) {
      view.drawn = true;
      showView(view);
      sight.unobserve(target);
    }
  }
}, { rootMargin: "300px" });

function start() {
  data = JSON.parse(document.getElementById("data").textContent);
  names = undefined;
  views = data.groups.map(viewOf);
  for (const view of views) {
    const more = make("div", { class: "more" }, makeCurves(view), makeKeys(view), makePair(view));
    view.section.append(more);
    sight.observe(more);
  }
  showAll();
  document.documentElement.classList.add("ready");
}

filter.addEventListener("input", () => { state.put("filter", filter.value); showFiltered(); });
selects.forEach((select) => select.addEventListener("change", () => { state.put(select.id, select.value); showFiltered(); }));
document.getElementById("clear").addEventListener("click", () => {
  ["filter", "experiment", "status"].forEach((key) => state.put(key, ""));
  views.forEach((view) => state.put(view.key("brush"), ""));
  showAll();
});
function showFiltered() {
  const test = filterTest();
  views.forEach((view) => showView(view, test));
}
document.addEventListener("click", (event) => {
  const open = event.target.closest("button.open");
  if (open?.dataset.trial) {
    state.put("trial", trialId(Number(open.dataset.trial)));
    showDetails(views);
  }
  // A place in the page is gone to without losing the state that the address holds.
  const link = event.target.closest("a[href^='#']");
  const target = link && document.getElementById(link.getAttribute("href").slice(1));
  if (target) {
    event.preventDefault();
    target.scrollIntoView();
    (target.querySelector("h2") ?? target).focus({ preventScroll: true });
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !dialog.open && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
    event.preventDefault();
    filter.focus();
  }
});
addEventListener("hashchange", () => { state.read(); showAll(); });
addEventListener("resize", () => views.filter((view) => view.drawn).forEach(showKeys));
addEventListener("beforeprint", () => {
  for (const view of views) {
    if (!view.drawn) { view.drawn = true; showView(view); }
  }
});

/** Takes the results of a newer page, and leaves the view as it is. */
async function renew() {
  const answer = await fetch("/", { cache: "no-store" });
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = next.getElementById("results");
  document.body.dataset.live = next.body.dataset.live ?? "";
  if (!answer.ok || !fresh) {
    told.textContent = next.body.textContent.trim();
    return;
  }
  const focus = focusIn(document.getElementById("results"));
  const places = views.map((view) => [view.group.id, view.section.querySelector(".wide").scrollTop]);
  const [x, y] = [scrollX, scrollY];
  charts.forEach(forget);
  for (const select of selects) {
    const own = next.getElementById(select.id);
    select.replaceChildren(...own.children);
    select.parentElement.hidden = own.parentElement.hidden;
  }
  for (const id of ["title", "headline", "groups", "results", "data"]) {
    document.getElementById(id).replaceWith(document.adoptNode(next.getElementById(id)));
  }
  document.title = next.title;
  start();
  places.forEach(([id, top]) => { const wide = document.getElementById(id)?.querySelector(".wide"); if (wide) wide.scrollTop = top; });
  scrollTo(x, y);
  focus();
}

/** What gives the keyboard back to what has it now, once the element around it is a newer one. */
function focusIn(results) {
  const focused = document.activeElement;
  const group = focused?.closest(".group");
  if (!group || !results.contains(focused)) return () => focused?.focus({ preventScroll: true });
  const all = (section) => [...(section?.querySelectorAll(focused.tagName) ?? [])];
  const name = (element) => element.getAttribute("aria-label") ?? element.dataset.column;
  const at = all(group).indexOf(focused);
  return () => {
    const others = all(document.getElementById(group.id));
    const same = name(focused) ? others.find((it) => name(it) === name(focused)) : others[at];
    same?.focus({ preventScroll: true });
  };
}

/** A live page is told when there is a newer one; if the program has ended, it stays as it is. */
function listen() {
  const events = new EventSource("/events");
  let last = Promise.resolve();
  events.onmessage = (event) => {
    // One after the other; the page says in `data-live` which version it is.
    const next = () => (event.data === document.body.dataset.live ? null : renew());
    last = last.then(next).catch((error) => { told.textContent = error.message; });
  };
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5_000);
  };
}

state.read();
start();
if ("live" in document.body.dataset) listen();
