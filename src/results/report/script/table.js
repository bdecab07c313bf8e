// The tables of settings: sorted, filtered, unfolded, chosen. The rows are those of the page; here they
// are put in order, hidden and shown.

/** Rows that a table shows before it is asked for all. */
const ROWS = 200;

/** The name of a trial, or of a setting by its first trial, that holds as long as its folder does. */
function trialId(index) {
  const trial = data.trials[index];
  return `${data.texts[trial.experiment]}/${trial.name}`;
}

/** A view of a group: its data, its table, and what is drawn of it. */
function viewOf(group) {
  const section = document.getElementById(group.id);
  const table = section.querySelector("table.points");
  const result = group.columns.findIndex((column) => column.kind === "result");
  const name = section.querySelector("h2").textContent;
  const view = { group, section, name, table, result, bodies: [...table.tBodies], fitting: [], all: false };
  view.points = group.points.map((point, place) => ({ ...point, place, id: trialId(point.trials[0]) }));
  view.rows = view.points.map((point) => rowOf(group, point));
  view.value = (point) => numberOf(point.cells[result]);
  view.key = (name) => `${name}.${group.id}`;
  view.count = make("output", { "aria-live": "polite" });
  view.none = make("button", { type: "button", click: () => choose(view, []) }, "Choose none");
  view.more = make("button", { type: "button", click: () => { view.all = true; showTable(view); } });
  section.querySelector(".wide").before(make("div", { class: "tools" }, view.count,
    view.none,
    make("button", { type: "button", click: () => saveTable(view) }, "Save as CSV")));
  section.querySelector(".wide").after(view.more);
  table.addEventListener("click", (event) => clicked(view, event.target));
  table.addEventListener("change", (event) => {
    if (event.target.matches(".choose")) {
      const point = view.points[event.target.closest("tbody").dataset.point];
      state.toggle(view.key("pick"), point.id, event.target.checked);
      showView(view);
    }
  });
  return view;
}

/** A figure that is a number, be it infinite; NaN where there is none. */
function numberOf(cell) {
  return cell === "inf" ? Infinity : cell === "-inf" ? -Infinity : typeof cell === "number" ? cell : NaN;
}

/** What the filter asks of a setting: the values of a name, and a text to look for words in. */
function rowOf(group, point) {
  const trials = point.trials.map((index) => data.trials[index]);
  let text;
  return {
    values(name) {
      if (name === "experiment") return [data.texts[trials[0].experiment]];
      if (name === "status") return trials.map((trial) => trial.status);
      if (name === "seed") return trials.map((trial) => Number(trial.seed));
      if (name === "trial") return trials.map((trial) => trial.name);
      const column = group.columns.findIndex((it) => it.kind !== "status" && isNamed(it.name, name));
      if (column >= 0) return [point.cells[column]];
      const key = specOf(trials).find(([path]) => isNamed(path, name));
      return key === undefined ? [] : cellsOf(key[1]);
    },
    text() {
      const cells = point.cells.map((cell) => String(cell ?? ""));
      text ??= [point.label, ...cells, ...trials.map((trial) => `${trial.name} ${trial.status}`),
        data.texts[trials[0].experiment]].join(" ").toLowerCase();
      return text;
    },
  };
}

/** The values of a key that a filter looks at: the value, and of a list, as tags are, each entry. */
function cellsOf(text) {
  const number = Number(text);
  if (text !== "" && !Number.isNaN(number)) return [number];
  if (!text.startsWith("[")) return [text];
  try {
    return [text, ...JSON.parse(text).flat()];
  } catch { return [text]; }
}

/** Whether a path is meant by a name: the whole path, or its last part. */
function isNamed(path, name) {
  return path === name || lastName(path) === name;
}

/** The keys of the spec of the first trial that has one, with their values. */
function specOf(trials) {
  const keys = trials.find((trial) => trial.record)?.record.keys ?? [];
  return keys.map((key) => {
    const [path, ...value] = data.texts[key].split("\n");
    return [path, value.join("\n")];
  });
}

/** The names that a filter may ask for. */
function knownNames() {
  const names = new Set(["experiment", "status", "seed", "trial"]);
  for (const group of data.groups) {
    group.columns.forEach((column) => names.add(column.name).add(lastName(column.name)));
  }
  for (const trial of data.trials) {
    specOf([trial]).forEach(([path]) => names.add(path).add(lastName(path)));
  }
  return names;
}

function clicked(view, target) {
  const button = target.closest("button");
  if (button?.dataset.column !== undefined) sortBy(view, button.dataset.column);
  if (button?.matches(".unfold")) {
    const point = view.points[button.closest("tbody").dataset.point];
    state.toggle(view.key("unfold"), point.id, button.getAttribute("aria-expanded") === "false");
    showTable(view);
  }
}

/** The column that the table is sorted by, and the direction; neither if it is in the order of places. The
 * address names the column, since others may come before it in a newer page. */
function sorted(view) {
  const [, name, direction] = /^(.*):(up|down)$/.exec(state.get(view.key("sort"))) ?? [];
  const column = view.group.columns.findIndex((it) => it.name === name);
  return name === "place" ? ["place", direction] : column < 0 ? [] : [String(column), direction];
}

/** Sorts up, then down, then by place again. */
function sortBy(view, column) {
  const [known, direction] = sorted(view);
  const next = known !== column ? "up" : direction === "up" ? "down" : "";
  const name = view.group.columns[column]?.name ?? column;
  state.put(view.key("sort"), next && `${name}:${next}`);
  showView(view);
}

/** The settings that pass all filters, in the order that was asked for. */
function fitting(view, test) {
  const status = state.get("status");
  const experiment = state.get("experiment");
  const brushes = brushTests(view);
  const fits = view.points.filter((point) => {
    const row = view.rows[point.place];
    return (!status || row.values("status").includes(status))
      && (!experiment || row.values("experiment").includes(experiment))
      && brushes.every((brush) => brush(point)) && test(row);
  });
  const [column, direction] = sorted(view);
  if (!direction) return fits;
  const sign = direction === "up" ? 1 : -1;
  const cell = (point) => (column === "place" ? point.place : point.cells[column]);
  const isEmpty = (it) => it === null || it === "";
  return fits.sort((a, b) => {
    const order = inOrder(cell(a), cell(b));
    return (isEmpty(cell(a)) || isEmpty(cell(b)) ? order : sign * order) || a.place - b.place;
  });
}

/** The settings that were chosen, in the order of the table. */
function chosen(view) {
  const ids = new Set(state.all(view.key("pick")));
  return ids.size === 0 ? [] : view.points.filter((point) => ids.has(point.id));
}

function choose(view, ids) {
  state.put(view.key("pick"), ids);
  showView(view);
}

/** Shows the rows that fit. */
function showTable(view) {
  const shown = view.all ? view.fitting : view.fitting.slice(0, ROWS);
  const places = new Map(shown.map((point, order) => [point.place, order]));
  const order = [...shown, ...view.points.filter((point) => !places.has(point.place))];
  if (order.some((point, at) => view.table.tBodies[at] !== view.bodies[point.place])) {
    view.table.append(...order.map((point) => view.bodies[point.place]));
  }
  const picked = new Set(state.all(view.key("pick")));
  const unfolded = new Set(state.all(view.key("unfold")));
  for (const point of view.points) {
    const body = view.bodies[point.place];
    body.hidden = !places.has(point.place);
    body.classList.toggle("unfolded", unfolded.has(point.id));
    body.querySelector(".unfold")?.setAttribute("aria-expanded", unfolded.has(point.id));
    body.querySelector(".choose").checked = picked.has(point.id);
  }
  const [column, direction] = sorted(view);
  for (const button of view.table.tHead.querySelectorAll("button")) {
    const name = direction === "up" ? "ascending" : "descending";
    if (button.dataset.column === column) button.parentElement.setAttribute("aria-sort", name);
    else button.parentElement.removeAttribute("aria-sort");
  }
  const [fits, all] = [view.fitting.length, view.points.length];
  view.count.textContent = fits === all ? plural(all, "setting") : `${fits} of ${plural(all, "setting")}`;
  view.none.hidden = picked.size === 0;
  view.more.hidden = shown.length === fits;
  view.more.textContent = `Show all ${fits}`;
}

/** The rows that are shown, as a file that a spreadsheet does not run. */
function saveTable(view) {
  const cell = (value) => {
    const text = value === null ? "" : String(value);
    const runs = typeof value !== "number" && /^'*[=+\-@\t\r]/.test(text) && text !== "-inf";
    const inert = runs ? `'${text}` : text;
    return /[",\n\r]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
  };
  const head = ["place", ...view.group.columns.map((column) => column.name), "trials"];
  const rows = view.fitting.map((point) =>
    [point.place + 1, ...point.cells, point.trials.map((index) => data.trials[index].name).join(" ")]);
  download(`${view.group.id}.csv`, [head, ...rows].map((row) => row.map(cell).join(",") + "\n").join(""), "text/csv");
}
