// A chart of lines: uPlot's, with a legend that says the values under the cursor, and a keyboard.

/** All charts that stand in the page, which take other colours and widths when it does. */
const charts = new Set();
const COLORS = 8;
/** Between ticks of what is counted. */
const WHOLE = Array.from({ length: 30 }, (_, at) => [1, 2, 5][at % 3] * 10 ** Math.floor(at / 3));

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A translucent colour: uPlot paints on a canvas, which knows no variables. */
const faint = (text) => `${text}33`;

/** Draws lines into an element. `lines`: name, color, x, y, and low and high where they have a band. */
function lineChart(host, { lines, x, y, log, title }) {
  for (const chart of charts) if (chart.host === host) forget(chart);
  host.replaceChildren();
  const shown = lines.filter((line) => line.y.some((value) => value !== null));
  if (shown.length === 0) return host.append(make("p", { class: "soft" }, "No row yet."));
  const values = shown.map(() => make("span", { class: "value" }));
  const legend = make("ul", { class: "legend" }, shown.map((line, at) =>
    make("li", { class: line.color }, make("span", { class: "mark" }), make("span", {}, line.name), values[at])));
  const at = make("span", { class: "soft" });
  const frame = make("div", { class: "frame", tabindex: "0", role: "img", "aria-label": spoken(title, x, shown) });
  const reset = make("button", { type: "button", hidden: true, click: () => zoom(chart, null) }, "Reset zoom");
  host.append(frame, make("div", { class: "under" }, at, reset), legend);
  const chart = { host, frame, reset, lines: shown, values, at, x, y, log };
  charts.add(chart);
  paint(chart);
  frame.addEventListener("keydown", (event) => keyed(chart, event));
}

/** What a screen reader says of some lines. */
function spoken(title, x, lines) {
  const ends = lines.slice(0, 6).map(({ name, y }) => {
    const numbers = y.filter((value) => value !== null);
    return `${name} from ${short(numbers[0])} to ${short(numbers.at(-1))}`;
  });
  return `${title} by ${x}: ${ends.join("; ")}. Arrow keys move the cursor, plus and minus zoom, 0 shows all.`;
}

function forget(chart) {
  chart.plot?.destroy();
  charts.delete(chart);
}

/** Draws a chart anew, in the colours and the width of now. */
function paint(chart) {
  chart.plot?.destroy();
  const bands = [];
  const series = [{}];
  const tables = [];
  for (const line of chart.lines) {
    const stroke = color(line.color);
    const single = line.x.length === 1;
    tables.push([line.x, line.y, ...(line.low ? [line.high, line.low] : [])]);
    series.push({ stroke, width: 2, spanGaps: true, points: { show: single, size: 8 } });
    if (line.low) {
      bands.push({ series: [series.length, series.length + 1], fill: faint(stroke) });
      const edge = { stroke: "transparent", width: 0, spanGaps: true, points: { show: false } };
      series.push({ ...edge }, { ...edge });
    }
  }
  chart.places = [];
  chart.lines.reduce((place, line) => (chart.places.push(place), place + (line.low ? 3 : 1)), 1);
  const axis = { stroke: color("soft"), grid: { stroke: color("line"), width: 1 }, ticks: { stroke: color("line") } };
  const font = "12px system-ui, sans-serif";
  chart.plot = new uPlot({
    width: Math.max(chart.frame.clientWidth, 200),
    height: 300,
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 7 } },
    scales: { x: { time: false }, y: chart.log ? { distr: 3 } : { range: around } },
    axes: [
      { ...axis, font, label: words(chart.x), labelFont: font, labelSize: 20, size: 36,
        incrs: chart.x === "seconds" ? undefined : WHOLE },
      { ...axis, font, size: 64, values: (plot, ticks) => ticks.map((tick) => (tick === null ? "" : tickText(tick))) },
    ],
    series,
    bands,
    hooks: {
      setCursor: [() => tell(chart)],
      setSelect: [(plot) => {
        if (plot.select.width > 2) {
          zoom(chart, [plot.select.left, plot.select.left + plot.select.width].map((it) => plot.posToVal(it, "x")));
        }
      }],
      ready: [(plot) => plot.over.addEventListener("dblclick", () => zoom(chart, null))],
    },
  }, uPlot.join(tables), chart.frame);
  if (chart.host.zoom) zoom(chart, chart.host.zoom);
  tell(chart);
}

/** The values that a linear axis shows. */
function around(plot, low, high) {
  const air = high > low ? 0.06 * (high - low) : 0.5 * Math.abs(low) || 1;
  return low === null ? [0, 1] : [low - air, high + air];
}

/** A tick in as few signs as it needs. */
const tickText = (value) => (Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
  ? value.toExponential().replace("e+", "e") : String(Number(value.toPrecision(6))));

/** Shows a part of the x axis, or all of it. The part stays when the chart is drawn anew. */
function zoom(chart, range) {
  const all = chart.plot.data[0];
  const [min, max] = range ?? [all[0], all.at(-1)];
  chart.host.zoom = range;
  chart.reset.hidden = range === null;
  chart.plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  chart.plot.setScale("x", min === max ? { min: min - 1, max: max + 1 } : { min, max });
}

/** Says the values under the cursor, or else the last ones. */
function tell(chart) {
  const { plot } = chart;
  if (!plot) return;
  const xs = plot.data[0];
  const index = plot.cursor.idx ?? xs.length - 1;
  chart.at.textContent = `${words(chart.x)} ${short(xs[index])}`;
  chart.values.forEach((value, at) => {
    const column = plot.data[chart.places[at]];
    let place = index;
    while (place > 0 && (column[place] === null || column[place] === undefined)) place -= 1;
    value.textContent = short(column[place]);
  });
}

function keyed(chart, event) {
  const { plot } = chart;
  const xs = plot.data[0];
  const index = plot.cursor.idx ?? xs.length - 1;
  const move = { ArrowLeft: -1, ArrowRight: 1, Home: -xs.length, End: xs.length }[event.key];
  if (move !== undefined) {
    const next = Math.min(Math.max(index + move, 0), xs.length - 1);
    plot.setCursor({ left: plot.valToPos(xs[next], "x"), top: plot.over.clientHeight / 2 });
  } else if (event.key === "+" || event.key === "-") {
    const { min, max } = plot.scales.x;
    const half = ((max - min) / 2) * (event.key === "+" ? 0.5 : 2);
    const [from, to] = [Math.max(xs[index] - half, xs[0]), Math.min(xs[index] + half, xs.at(-1))];
    zoom(chart, from <= xs[0] && to >= xs.at(-1) ? null : [from, to]);
  } else if (event.key === "0" || event.key === "Escape") zoom(chart, null);
  else return;
  event.preventDefault();
}

addEventListener("resize", () => charts.forEach((chart) => {
  const width = chart.frame.clientWidth;
  if (width > 0) chart.plot.setSize({ width, height: 300 });
}));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.forEach(paint));
