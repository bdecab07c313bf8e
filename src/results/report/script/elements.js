// Elements and numbers. Texts of people are set as text and never read as HTML.
const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, of which functions are listeners, and children. */
function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An element of a drawing. */
function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A control with its name before it. */
function labelled(name, control) {
  return make("label", {}, `${name} `, control);
}

/** A choice: options are texts, or pairs of value and text. */
function choice(options, chosen, change) {
  const items = options.map((option) => {
    const [value, text] = Array.isArray(option) ? option : [option, option.replaceAll("_", " ")];
    return make("option", { value, selected: value === chosen }, text);
  });
  return make("select", { change: (event) => change(event.target.value) }, items);
}

/** A box to tick. */
function tick(name, checked, change) {
  const box = make("input", { type: "checkbox", checked, change: (event) => change(event.target.checked) });
  return make("label", {}, box, ` ${name}`);
}

/** A table of texts or nodes in a frame that scrolls; `numbers` are the columns of numbers. */
function grid(name, head, rows, numbers = []) {
  const type = (column) => (numbers.includes(column) ? "n" : null);
  const heads = head.map((text, at) => make("th", { scope: "col", class: type(at) }, text));
  const lines = rows.map((row) => make("tr", {}, row.map((cell, at) =>
    at === 0 ? make("th", { scope: "row" }, cell) : make("td", { class: type(at) }, cell))));
  const table = make("table", {}, make("thead", {}, make("tr", {}, heads)), make("tbody", {}, lines));
  return make("div", { class: "wide", role: "region", tabindex: "0", "aria-label": name }, table);
}

/** Changes what is in an element, and leaves the keyboard where it was. */
function keepingFocus(host, change) {
  const all = () => [...host.querySelectorAll("button, input, select, summary, a, [tabindex]")];
  const at = all().indexOf(document.activeElement);
  change();
  if (at >= 0) all()[at]?.focus({ preventScroll: true });
}

/** A number with four digits, as everywhere in runner. */
function short(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return String(value);
  if (size >= 99999.5) return value.toExponential(3);
  if (size < 0.00099995) return value.toExponential(2);
  const digits = size >= 999.95 ? 0 : size >= 99.995 ? 1 : size >= 9.9995 ? 2 : size >= 0.09995 ? 3 : 5;
  return value.toFixed(digits);
}

/** A value of a key: a number as it was written, but for noise. */
const plain = (value) => (typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value ?? ""));

function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const words = (name) => name.replaceAll("_", " ");
const lastName = (path) => path.slice(path.lastIndexOf(".") + 1);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const mean = (numbers) => sum(numbers) / numbers.length;

/** The order of two cells: numbers before texts, and nothing last. */
function inOrder(a, b) {
  const empty = (it) => it === null || it === undefined || it === "";
  if (empty(a) || empty(b)) return empty(a) - empty(b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

/** Gives a text to the person as a file. */
function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
