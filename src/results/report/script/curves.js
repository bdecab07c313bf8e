// The curves of settings over one another: the mean over the seeds of each, and how far they spread.

/** Settings that are drawn when none is chosen, and at most. */
const BEST = 5;
const MOST = 24;
const AXES = ["epoch", "step", "tokens", "seconds"];

/** A column of a trial: numbers by row. */
function columnOf(trial, name) {
  const curves = trial.record?.curves ?? {};
  let column = curves[name];
  while (typeof column === "string") column = curves[column];
  if (typeof column !== "number") return column ?? [];
  const rows = Object.values(curves).find(Array.isArray)?.length ?? 1;
  return Array(rows).fill(column);
}

/** Exponential smoothing without the pull to zero at the beginning, as in TensorBoard. */
function smoothed(values, weight) {
  let [last, count] = [0, 0];
  return values.map((value) => {
    if (value === null) return null;
    last = last * weight + (1 - weight) * value;
    count += 1;
    return weight > 0 ? last / (1 - weight ** count) : value;
  });
}

/** The line of a setting: at each x the mean, the smallest and the largest of its trials. */
function lineOf(point, { metric, x, smooth, band }) {
  const at = new Map();
  let curves = 0;
  for (const trial of point.trials.map((index) => data.trials[index])) {
    const xs = columnOf(trial, x);
    const ys = smoothed(columnOf(trial, metric), smooth);
    curves += ys.some((value) => value !== null);
    ys.forEach((value, row) => {
      if (value === null || xs[row] === null || xs[row] === undefined) return;
      if (!at.has(xs[row])) at.set(xs[row], []);
      at.get(xs[row]).push(value);
    });
  }
  const sorted = [...at].sort((a, b) => a[0] - b[0]);
  const line = { x: sorted.map(([key]) => key), y: sorted.map(([, values]) => mean(values)) };
  if (band && curves > 1) {
    line.low = sorted.map(([, values]) => Math.min(...values));
    line.high = sorted.map(([, values]) => Math.max(...values));
  }
  return line;
}

/** The settings that are compared: those that were chosen, or else the best that the table shows. */
function compared(view) {
  const points = chosen(view);
  const shown = view.fitting.filter((point) => point.trials.some((index) => data.trials[index].record));
  return points.length > 0 ? points.slice(0, MOST) : shown.slice(0, BEST);
}

/** A setting by the keys in which it differs from those that it is compared with. */
function nameAmong(view, point, points) {
  const { columns } = view.group;
  const differs = (at) => points.some((other) => other.cells[at] !== point.cells[at]);
  const told = columns.flatMap(({ kind, name }, at) =>
    (kind === "experiment" && differs(at) ? [point.cells[at]]
      : kind === "key" && differs(at) ? [`${lastName(name)}=${plain(point.cells[at])}`] : []));
  return told.join(" ") || point.label || point.id;
}

/** The columns of `metrics.csv` that some trials have, the deciding one first. */
function metricsOf(trials, first) {
  const names = new Set(trials.flatMap((trial) => Object.keys(trial.record?.curves ?? {})));
  AXES.forEach((axis) => names.delete(axis));
  return [first, ...names].filter((name, at, all) => names.has(name) && all.indexOf(name) === at);
}

/** Whether a metric is a part of a whole, which a logarithmic axis would distort. */
const isShare = (metric) => /(accuracy|match)$/.test(metric);

/** Whether lines are best seen on a logarithmic axis: they are positive and span a factor of ten. */
function spans(lines) {
  const values = lines.flatMap((line) => line.y).filter((value) => value !== null);
  const low = Math.min(...values);
  return low > 0 && Math.max(...values) > 10 * low;
}

const isPositive = (lines) =>
  lines.every((line) => [...line.y, ...(line.low ?? [])].every((value) => value === null || value > 0));

/** Makes the part of a group about its curves. */
function makeCurves(view) {
  view.curves = {
    tools: make("div", { class: "tools" }),
    told: make("p", { class: "soft" }),
    host: make("div", { class: "chart" }),
  };
  const { tools, told, host } = view.curves;
  return make("div", { class: "part" }, make("h3", {}, "Curves"), tools, told, host);
}

/** Draws the curves of what is compared, with the switches as they stand. */
function showCurves(view) {
  const { tools, told, host } = view.curves;
  const points = compared(view);
  const trials = points.flatMap((point) => point.trials.map((index) => data.trials[index]));
  const metrics = metricsOf(trials, view.group.column);
  const axes = AXES.filter((axis) => trials.some((trial) => columnOf(trial, axis).length > 0));
  const value = (name, otherwise) => state.get(view.key(name), otherwise);
  const metric = metrics.includes(value("metric")) ? value("metric") : metrics[0] ?? view.group.column;
  const x = axes.includes(value("x")) ? value("x") : axes[0] ?? "step";
  const smooth = Math.min(Math.max(Number(value("smooth", "0")) || 0, 0), 0.99);
  const band = value("band", "on") === "on";
  const lines = points.map((point, at) =>
    ({ ...lineOf(point, { metric, x, smooth, band }), name: nameAmong(view, point, points), color: `c${at % COLORS}` }));
  const wanted = value("log") === "" ? spans(lines) && !isShare(metric) : value("log") === "on";
  const log = wanted && isPositive(lines);
  const change = (name) => (next) => { state.put(view.key(name), next); showCurves(view); };
  const put = (name, otherwise) => (on) => change(name)((on ? "on" : "off") === otherwise ? "" : on ? "on" : "off");
  // The slider stays while it is moved.
  if (!tools.contains(document.activeElement) || document.activeElement.type !== "range") {
    const slider = make("input", { type: "range", min: "0", max: "0.99", step: "0.01", value: smooth,
      input: (event) => change("smooth")(Number(event.target.value) ? event.target.value : "") });
    keepingFocus(tools, () => tools.replaceChildren(labelled("Metric", choice(metrics, metric, change("metric"))),
      labelled("Over", choice(axes, x, change("x"))), tick("Logarithmic", log, put("log", null)),
      labelled("Smoothing", slider),
      ...(trials.length > points.length ? [tick("Band over seeds", band, put("band", "on"))] : [])));
  }
  const all = chosen(view).length;
  told.textContent = all > MOST ? `The first ${MOST} of ${all} chosen settings.`
    : all > 0 ? `${plural(all, "chosen setting")}. Drag over the chart to zoom, double-click for all of it.`
    : points.length > 1 ? `The first ${points.length} of the table; tick rows to choose others. Drag to zoom.` : "";
  lineChart(host, { lines, x, y: metric, log, title: words(metric) });
}
