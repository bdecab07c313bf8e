// All of one trial, in a dialog: facts, curves, samples, drawings, tables, spec.

const dialog = make("dialog", { "aria-labelledby": "details-name", close: () => state.put("trial", "") });
document.body.append(dialog);
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

/** Opens the trial that the address names, or closes what is open. */
function showDetails(views) {
  const id = state.get("trial");
  const index = id === "" ? -1 : data.trials.findIndex((_, at) => trialId(at) === id);
  if (index < 0) {
    if (dialog.open) dialog.close();
    return;
  }
  const trial = data.trials[index];
  const view = views.find((it) => it.points.some((point) => point.trials.includes(index)));
  const hosts = [];
  // Of a trial that is shown already, another page brings newer figures.
  const top = dialog.dataset.trial === id ? dialog.scrollTop : 0;
  dialog.dataset.trial = id;
  keepingFocus(dialog, () => dialog.replaceChildren(
    make("div", { class: "head" }, make("h2", { id: "details-name" }, trial.name),
      make("button", { type: "button", class: "close", click: () => dialog.close() }, "Close")),
    make("p", {}, make("span", { class: "status", "data-status": trial.status }, trial.status),
      ` · ${data.texts[trial.experiment]}, seed ${trial.seed}`),
    ...trial.why.map((why) => make("p", { class: "warning" }, why)),
    ...(trial.record ? recordParts(trial, hosts) : [make("p", { class: "soft" }, "It has no record yet.")])));
  const near = view && nearest(view, index);
  if (near) dialog.querySelector(".spec-part")?.before(near);
  if (!dialog.open) dialog.showModal();
  hosts.forEach(([host, chart]) => lineChart(host, chart));
  dialog.scrollTop = top;
}

function recordParts({ name, record }, hosts) {
  const spec = record.spec.map((line) => data.texts[line]).join("\n") + "\n";
  const copy = make("button", { type: "button", click: async () => {
    await navigator.clipboard.writeText(spec);
    copy.textContent = "Copied";
  } }, "Copy");
  return [
    ...record.warnings.map((text) => make("p", { class: "warning" }, data.texts[text])),
    ...record.notes.map((text) => make("p", { class: "soft" }, data.texts[text])),
    make("p", { class: "soft" }, record.facts.map((fact) => data.texts[fact]).join(" · ")),
    make("p", { class: "soft" }, `${data.texts[record.folder]}/${name}`),
    ...familyCharts(record, hosts),
    ...sampleParts(record),
    ...record.pictures.map(([title, svg]) => make("figure", {}, make("figcaption", {}, title),
      make("div", { class: "wide", role: "region", tabindex: "0", "aria-label": title },
        make("img", { src: `data:image/svg+xml,${encodeURIComponent(svg)}`, alt: `${title}, drawn by runner` })))),
    ...record.tables.map(([title, rows, more]) => make("details", {}, make("summary", {}, title),
      grid(title, rows[0] ?? [], rows.slice(1).map((row) => row.map(rounded))), more ? make("p", { class: "soft" }, `${more} more rows in the file.`) : null)),
    record.not_shown.length > 0
      ? make("p", { class: "soft" }, `Not in this page, but in the folder: ${record.not_shown.join(", ")}.`) : "",
    make("div", { class: "spec-part" }, make("div", { class: "tools" }, make("h3", {}, "spec.toml"), copy,
      make("button", { type: "button", click: () => download("spec.toml", spec, "text/plain") }, "Save")),
    make("pre", { class: "spec", tabindex: "0" }, spec)),
  ];
}

/** A cell of a task's table; a number of many digits has four. */
function rounded(cell) {
  return cell.length > 8 && cell.trim() !== "" && Number.isFinite(Number(cell)) ? short(Number(cell)) : cell;
}

/** A chart for each metric, training and validation together; what never changes is a sentence. */
function familyCharts(record, hosts) {
  const trial = { record };
  const x = AXES.find((axis) => columnOf(trial, axis).length > 0);
  const families = new Map();
  for (const [name, column] of Object.entries(record.curves)) {
    if (AXES.includes(name)) continue;
    const [, split, metric] = /^(train|valid|test)_(.*)$/.exec(name) ?? [null, "", name];
    if (!families.has(metric)) families.set(metric, []);
    families.get(metric).push({ split, name, column });
  }
  const constant = [];
  const charts = make("div", { class: "charts" });
  const isSame = ({ column }) => typeof column === "string" && !AXES.includes(column);
  // What a person looks at first: the task's own metric, then the loss, then what has no splits.
  const order = ([metric, columns]) => (columns.length < 2 ? 2 : metric === "loss" ? 1 : 0);
  for (const [metric, columns] of [...families].sort((a, b) => order(a) - order(b))) {
    // A metric that is another, as the loss of a regression, is drawn once.
    if (columns.every(isSame)) continue;
    if (columns.every(({ column }) => typeof column === "number")) {
      constant.push(`${words(metric)} ${plain(columns[0].column)}`);
      continue;
    }
    const colors = { train: "c1", valid: "c0", test: "c2" };
    const lines = columns.map(({ split, name }) => ({ name: split || words(metric), color: colors[split] ?? "c3",
      x: columnOf(trial, x), y: columnOf(trial, name) }));
    const log = spans(lines) && !isShare(metric);
    const host = make("div");
    charts.append(make("figure", {}, make("figcaption", {}, words(metric) + (log ? ", logarithmic" : "")), host));
    hosts.push([host, { lines, x, y: metric, log, title: words(metric) }]);
  }
  const said = constant.length > 0 ? make("p", { class: "soft" }, `Throughout: ${constant.join(", ")}.`) : "";
  return hosts.length > 0 ? [make("h3", {}, "Curves"), charts, said] : [said];
}

/** The samples, the epochs beside one another. */
function sampleParts(record) {
  if (record.samples.length === 0) return [];
  const prefixes = [...new Set(record.samples.map(([, , what]) => what))];
  const times = [...new Set(record.samples.map(([epoch, step]) => `epoch ${epoch}, step ${step}`))];
  const text = (what, time) => record.samples.find(([epoch, step, own]) => own === what && `epoch ${epoch}, step ${step}` === time)?.[3];
  const rows = prefixes.map((what) => [what || "–", ...times.map((time) => make("pre", {}, text(what, time) ?? ""))]);
  const more = record.more_samples > 0
    ? make("p", { class: "soft" }, `${record.more_samples} earlier ones in samples.txt.`) : "";
  return [make("h3", {}, "Samples"), grid("Samples by epoch", ["from", ...times], rows), more];
}

/** The settings that differ in the fewest keys, and what that did. */
function nearest(view, index) {
  const keys = view.group.columns.flatMap((column, at) => (column.kind === "key" || column.kind === "experiment" ? [at] : []));
  const own = view.points.find((point) => point.trials.includes(index));
  const apart = (point) => keys.filter((key) => point.cells[key] !== own.cells[key]);
  const near = view.points.filter((point) => point !== own).map((point) => ({ point, apart: apart(point) }));
  near.sort((a, b) => a.apart.length - b.apart.length);
  if (near.length === 0) return null;
  const changes = (point, apart) => apart.map((key) =>
    `${view.group.columns[key].label}: ${plain(own.cells[key])} → ${plain(point.cells[key])}`).join(", ");
  const rows = near.slice(0, 4).map(({ point, apart }) => [
    make("button", { type: "button", class: "open", "data-trial": point.trials[0] }, `setting ${point.place + 1}`),
    changes(point, apart), short(view.value(own)), short(view.value(point))]);
  return make("div", {}, make("h3", {}, "Beside its neighbours"),
    grid("Neighbours", ["setting", "what differs: here → there", `${view.group.label} here`, "there"], rows, [2, 3]));
}
