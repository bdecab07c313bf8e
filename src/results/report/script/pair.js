// Two trials side by side: what differs in their specs, and what they wrote.

/** Trials that can be chosen from: of the settings that are compared, and those that are chosen already. */
function candidates(view) {
  const trials = compared(view).flatMap((point) => point.trials);
  const named = ["left", "right"].map((side) => trialOf(view, state.get(view.key(side))));
  const all = [...new Set([...trials, ...named.filter((index) => index !== undefined)])];
  return all.filter((index) => data.trials[index].record);
}

/** The place of a trial of a group by its name in the address. */
function trialOf(view, id) {
  if (id === "") return undefined;
  view.byId ??= new Map(view.points.flatMap((point) => point.trials.map((index) => [trialId(index), index])));
  return view.byId.get(id);
}

/** A trial by the place of its setting, its seed and what tells the setting from others. */
function nameIn(view, index) {
  const point = view.points.find((it) => it.trials.includes(index));
  return `${point.place + 1}, seed ${data.trials[index].seed}: ${point.label}`;
}

function makePair(view) {
  view.pair = make("div");
  return make("div", { class: "part" }, make("h3", {}, "Side by side"), view.pair);
}

/** Shows two trials beside one another: those that were chosen, else the first of the first two settings. */
function showPair(view) {
  const trials = candidates(view);
  const [first, second] = compared(view).map((point) => point.trials.find((index) => data.trials[index].record));
  const left = trialOf(view, state.get(view.key("left"))) ?? first;
  const right = trialOf(view, state.get(view.key("right"))) ?? second ?? trials.find((index) => index !== left);
  view.pair.parentElement.hidden = left === undefined || right === undefined;
  if (view.pair.parentElement.hidden) return;
  const pick = (side, index) => choice(trials.map((it) => [trialId(it), nameIn(view, it)]), trialId(index),
    (id) => { state.put(view.key(side), id); showPair(view); });
  const both = [left, right].map((index) => data.trials[index]);
  keepingFocus(view.pair, () => view.pair.replaceChildren(
    make("div", { class: "tools" }, labelled("Left", pick("left", left)), labelled("Right", pick("right", right))),
    differences(view, both), samplesOf(view, both, [left, right].map((index) => nameIn(view, index)))));
}

/** The keys in which two specs differ, as a table. */
function differences(view, both) {
  const [left, right] = both.map((trial) => new Map(specOf([trial])));
  const keys = [...new Set([...left.keys(), ...right.keys()])];
  const rows = keys.filter((key) => left.get(key) !== right.get(key))
    .map((key) => [key, left.get(key) ?? "–", right.get(key) ?? "–"]);
  if (rows.length === 0) return make("p", { class: "soft" }, "Their specs are the same.");
  return grid(`Differences of two specs of ${view.name}`, ["key that differs", "left", "right"], rows);
}

/** The samples of two trials, of one epoch and prefix in a row. */
function samplesOf(view, both, names) {
  const samples = both.map((trial) => trial.record.samples);
  const epochs = [...new Set(samples.flat().map(([epoch]) => epoch))].sort((a, b) => a - b);
  if (epochs.length === 0) return "";
  const wanted = Number(state.get(view.key("epoch"), String(epochs.at(-1))));
  const epoch = epochs.includes(wanted) ? wanted : epochs.at(-1);
  const of = (side) => new Map(samples[side].filter((it) => it[0] === epoch).map(([, , what, text]) => [what, text]));
  const [left, right] = [of(0), of(1)];
  const rows = [...new Set([...left.keys(), ...right.keys()])].map((what) => {
    const cells = [left, right].map((texts) => make("pre", {}, texts.get(what) ?? "–"));
    return [what || "–", ...cells];
  });
  const options = epochs.map((it) => [String(it), `epoch ${it}`]);
  return make("div", {},
    make("div", { class: "tools" }, labelled("Samples of", choice(options, String(epoch),
      (next) => { state.put(view.key("epoch"), next); showPair(view); }))),
    grid(`Samples side by side of ${view.name}`, ["from", ...names], rows));
}
