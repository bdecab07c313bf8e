// What the keys of a sweep did: parallel coordinates, on whose axes ranges can be marked, and how much
// of the differences each key explains.

const HEIGHT = 280;
const EDGE = 34;
/** Values of a key that have a place each; of more numbers than these the axis is a scale. */
const PLACES = 10;
const AXIS = 110;

/** Where the values of a column stand, from 0 at the bottom to 1. */
function axisOf(view, column) {
  const cells = view.points.map((point) => point.cells[column]);
  const isResult = column === view.result;
  const values = isResult ? cells.map(numberOf).filter(Number.isFinite) : cells.filter((it) => it !== null && it !== "");
  const distinct = [...new Set(values)].sort(inOrder);
  const { label, name } = view.group.columns[column];
  const isNumber = distinct.length > 1 && distinct.every((value) => typeof value === "number");
  if (!isNumber || (distinct.length <= PLACES && !isResult)) {
    const last = Math.max(distinct.length - 1, 1);
    const place = (value) => (distinct.includes(value) ? distinct.indexOf(value) / last : null);
    const every = Math.ceil(distinct.length / PLACES);
    return { column, name, label, place, ticks: distinct.filter((_, at) => at % every === 0) };
  }
  const [low, high] = [distinct[0], distinct.at(-1)];
  const scale = low > 0 && high >= 20 * low ? Math.log : (value) => value;
  const back = scale === Math.log ? Math.exp : (value) => value;
  const [from, to] = [scale(low), scale(high)];
  const place = (value) => (typeof value === "number" && Number.isFinite(value) ? (scale(value) - from) / (to - from) : null);
  const ticks = [0, 1, 2, 3, 4].map((part) => back(from + ((to - from) * part) / 4));
  return { column, name, label, place, ticks, back: (part) => back(from + (to - from) * part) };
}

/** The ranges that are marked, each as the name of a column with its two ends. */
function brushes(view) {
  return state.all(view.key("brush")).flatMap((text) => {
    try {
      const [name, low, high] = JSON.parse(text);
      const column = view.group.columns.findIndex((it) => it.name === name);
      return column < 0 ? [] : [{ text, axis: axisOf(view, column), low, high }];
    } catch { return []; }
  });
}

function brushTests(view) {
  return brushes(view).map(({ axis, low, high }) => {
    const [from, to] = [axis.place(low), axis.place(high)];
    return (point) => {
      const place = axis.place(point.cells[axis.column]);
      return place !== null && place >= from - 1e-9 && place <= to + 1e-9;
    };
  });
}

/** Marks a range of an axis, or with none takes the mark away. */
function brush(view, axis, range) {
  const others = brushes(view).filter((it) => it.axis.name !== axis.name).map((it) => it.text);
  state.put(view.key("brush"), range ? [...others, JSON.stringify([axis.name, ...range])] : others);
  showView(view);
}

/** The values between two heights of an axis; none for a click beside all of them. */
function between(view, axis, low, high) {
  if (axis.back) return high - low < 0.02 ? null : [axis.back(Math.max(low, 0)), axis.back(Math.min(high, 1))];
  const cells = view.points.map((point) => point.cells[axis.column]);
  const inside = [...new Set(cells)].filter((cell) => {
    const place = axis.place(cell);
    return place !== null && place >= low - 0.04 && place <= high + 0.04;
  }).sort(inOrder);
  return inside.length > 0 ? [inside[0], inside.at(-1)] : null;
}

/** Makes the part of a group about its keys; nothing if there are no three settings that differ. */
function makeKeys(view) {
  const keys = view.group.columns.flatMap((column, at) => (column.kind === "key" ? [at] : []));
  if (keys.length === 0 || view.points.length < 3) return null;
  view.keys = {
    axes: [...keys, view.result].map((column) => axisOf(view, column)),
    chips: make("div", { class: "tools" }),
    host: make("div", { class: "wide parallel", role: "region", tabindex: "0", "aria-label": `Parallel coordinates of ${view.name}` }),
  };
  return make("div", { class: "part" }, make("h3", {}, "Keys"),
    make("p", { class: "soft" }, "A line a setting, the better the bluer. Drag along an axis to keep a range of its values."),
    view.keys.chips, view.keys.host, importance(view, keys));
}

/** Draws the lines of all settings, those that pass the filters in colour. */
function showKeys(view) {
  if (!view.keys) return;
  const { axes, chips, host } = view.keys;
  const marked = brushes(view);
  chips.replaceChildren(...marked.map(({ axis, low, high }) =>
    make("button", { type: "button", class: "chip", click: () => brush(view, axis, null) },
      `${axis.label} ${plain(low)} to ${plain(high)} ✕`)));
  const step = Math.max((host.clientWidth - 2 * EDGE - 40) / Math.max(axes.length - 1, 1), AXIS);
  const width = step * (axes.length - 1) + 2 * EDGE + 40;
  const left = (at) => EDGE + 20 + at * step;
  const top = (place) => HEIGHT - EDGE - place * (HEIGHT - 2 * EDGE);
  const fits = new Set(view.fitting.map((point) => point.place));
  const picked = new Set(state.all(view.key("pick")));
  const path = (point) => {
    const spots = axes.map((axis, at) => [left(at), axis.place(point.cells[axis.column])]);
    return spots.filter(([, place]) => place !== null).map(([x, place], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${top(place).toFixed(1)}`).join("");
  };
  const rank = (point) => Math.min(Math.floor((5 * point.place) / view.points.length), 4);
  // The best are drawn last, over the others.
  const lines = [...view.points].reverse().sort((a, b) => fits.has(a.place) - fits.has(b.place)).map((point) => {
    const kind = fits.has(point.place) ? `q${rank(point)}` : "out";
    const line = draw("path", { d: path(point), class: picked.has(point.id) ? `${kind} picked` : kind });
    line.append(draw("title", {}, `${point.label}: ${short(view.value(point))}`));
    return line;
  });
  const drawing = draw("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, role: "img",
    "aria-label": `${fits.size} of ${plural(view.points.length, "setting")} over ${axes.map((axis) => axis.label).join(", ")}` },
  draw("g", { class: "lines" }, lines), axes.map((axis, at) => axisDrawn(view, axis, left(at), top, marked)));
  host.replaceChildren(drawing);
}

function axisDrawn(view, axis, x, top, marked) {
  const own = marked.find((it) => it.axis.name === axis.name);
  const ticks = axis.ticks.map((tick) => draw("text", { x: x + 6, y: top(axis.place(tick)) + 4, class: "tick" }, axis.column === view.result ? short(tick) : plain(tick)));
  const area = draw("rect", { x: x - 16, y: EDGE - 12, width: 32, height: HEIGHT - 2 * EDGE + 24, class: "brushable" });
  const mark = draw("rect", { x: x - 7, width: 14, class: "brush" });
  const span = (low, high) => {
    mark.setAttribute("y", top(high) - 3);
    mark.setAttribute("height", top(low) - top(high) + 6);
  };
  if (own) span(axis.place(own.low), axis.place(own.high));
  const height = (event) => {
    const box = area.ownerSVGElement.getBoundingClientRect();
    return (HEIGHT - EDGE - (event.clientY - box.top)) / (HEIGHT - 2 * EDGE);
  };
  area.addEventListener("pointerdown", (event) => {
    const from = height(event);
    const ends = (now) => [Math.min(from, height(now)), Math.max(from, height(now))];
    const move = (now) => span(...ends(now));
    area.setPointerCapture(event.pointerId);
    area.addEventListener("pointermove", move);
    area.addEventListener("pointerup", (now) => brush(view, axis, between(view, axis, ...ends(now))), { once: true });
    event.preventDefault();
  });
  return draw("g", {}, draw("line", { x1: x, x2: x, y1: top(0), y2: top(1), class: "axis" }), ticks,
    draw("text", { x, y: 16, class: "name" }, axis.label), own ? mark : null, area);
}

/** How much of the variance of the settings' means each key explains by itself. */
function importance(view, keys) {
  const points = view.points.filter((point) => Number.isFinite(view.value(point)));
  const values = points.map(view.value);
  const total = sum(values.map((value) => (value - mean(values)) ** 2));
  if (points.length < 4 || total === 0) return "";
  const rows = keys.map((column) => ({ column, ...explained(points, column, view.value, total) }));
  rows.sort((a, b) => b.share - a.share);
  const sign = view.group.higher ? -1 : 1;
  const lines = rows.map(({ column, share, means }) => {
    const [best] = [...means].sort((a, b) => sign * (a[1] - b[1]));
    return [view.group.columns[column].label,
      make("span", {}, make("meter", { min: "0", max: "1", value: share, "aria-label": "share" }), ` ${Math.round(100 * share)} %`),
      best ? `${plain(best[0])} (mean ${short(best[1])})` : ""];
  });
  const left = view.points.length - points.length;
  return make("div", {}, make("h4", {}, "Importance"),
    grid(`Importance of keys for ${view.name}`, ["key", "share of variance", "best value by itself"], lines),
    make("p", { class: "soft" }, "The share of the variance of the settings' means that a key explains by itself (one-way "
      + "analysis of variance, ε²: what chance explains is taken off; scales of many numbers in five parts). Keys that act only "
      + `together with others show little.${left ? ` Without ${plural(left, "setting")} that failed or ran over.` : ""}`));
}

/** The share of a total of squares that the values of a column explain, and the mean of each value. */
function explained(points, column, value, total) {
  const distinct = [...new Set(points.map((point) => point.cells[column]))];
  const isScale = distinct.length > PLACES && distinct.every((it) => typeof it === "number");
  const sorted = isScale ? points.map((point) => point.cells[column]).sort((a, b) => a - b) : [];
  const parts = [0.2, 0.4, 0.6, 0.8].map((part) => sorted[Math.floor(part * sorted.length)]);
  const level = (cell) => (isScale ? parts.filter((edge) => cell >= edge).length : cell);
  const levels = new Map();
  for (const point of points) {
    const key = level(point.cells[column]);
    if (!levels.has(key)) levels.set(key, []);
    levels.get(key).push(point);
  }
  const inside = sum([...levels.values()].map((all) => {
    const middle = mean(all.map(value));
    return sum(all.map((point) => (value(point) - middle) ** 2));
  }));
  const free = points.length - levels.size;
  const share = free > 0 ? (total - inside - ((levels.size - 1) * inside) / free) / total : 0;
  const named = (key) => (isScale ? `${plain(parts[key - 1] ?? sorted[0])} and more` : key);
  return { share: Math.max(share, 0), means: [...levels].map(([key, all]) => [named(key), mean(all.map(value))]) };
}
