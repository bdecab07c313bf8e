//! What the page's script knows: the tables, and of each trial what is shown when it is asked for.

use super::columns::Column;
use super::curves::{curves, points_each};
use super::keys;
use super::pictures::{Left, Room};
use super::points::{Group, Trial};
use super::samples::{letters_each, samples};
use crate::files::links;
use crate::format::{count, duration};
use crate::runs::recorded::Recorded;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// All of it. Texts stand once and are spoken of by their places.
#[derive(Serialize)]
struct Data<'a> {
    groups: Vec<GroupData<'a>>,
    trials: Vec<TrialData<'a>>,
    texts: Vec<String>,
}

#[derive(Serialize)]
struct GroupData<'a> {
    id: &'a str,
    column: &'a str,
    label: &'a str,
    higher: bool,
    columns: &'a [Column],
    points: Vec<PointData<'a>>,
}

#[derive(Serialize)]
struct PointData<'a> {
    label: &'a str,
    cells: Vec<&'a Value>,
    trials: &'a [usize],
}

#[derive(Serialize)]
struct TrialData<'a> {
    experiment: usize,
    name: &'a str,
    seed: &'a str,
    status: &'a str,
    why: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<RecordData>,
}

/// What stands in the folder of a trial.
#[derive(Serialize)]
struct RecordData {
    /// The folder above it.
    folder: usize,
    facts: Vec<usize>,
    warnings: Vec<usize>,
    notes: Vec<usize>,
    /// The lines of `spec.toml`.
    spec: Vec<usize>,
    /// The paths of its keys, each on a line with its value below.
    keys: Vec<usize>,
    curves: Map<String, Value>,
    samples: Vec<Value>,
    more_samples: usize,
    #[serde(flatten)]
    left: Left,
}

/// Texts by their places.
#[derive(Default)]
struct Texts {
    places: BTreeMap<String, usize>,
}

impl Texts {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.places.len();
        self.places.insert(text.to_owned(), place);
        place
    }

    fn all(self) -> Vec<String> {
        let mut all: Vec<(usize, String)> =
            self.places.into_iter().map(|(text, place)| (place, text)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, text)| text).collect()
    }
}

/// The data of a page as JSON that can stand in a script element: it holds no `<`.
pub(super) fn json(groups: &[Group], trials: &[Trial], records: &[Recorded]) -> String {
    let mut texts = Texts::default();
    let of: Vec<&Recorded> = records.iter().collect();
    let (points, letters) = (points_each(&of), letters_each(records.len()));
    let mut room = Room::default();
    // Trials stand best first in their groups: those get the room for drawings.
    let data = trials.iter().map(|trial| TrialData {
        experiment: texts.place(&trial.experiment),
        name: &trial.name,
        seed: &trial.seed,
        status: &trial.status,
        why: &trial.why,
        record: trial.record.map(|record| {
            let left = room.left_in(&trial.folder);
            record_data(&records[record], left, points, letters, &mut texts)
        }),
    });
    let trials = data.collect();
    let groups = groups.iter().map(group_data).collect();
    let data = Data { groups, trials, texts: texts.all() };
    // Into memory, and all keys are texts: nothing can fail.
    serde_json::to_string(&data).unwrap_or_default().replace('<', "\\u003c")
}

fn group_data(group: &Group) -> GroupData<'_> {
    let points = group.points.iter().map(|point| PointData {
        label: &point.label,
        cells: point.cells.iter().map(|cell| &cell.value).collect(),
        trials: &point.trials,
    });
    GroupData {
        id: &group.id,
        column: group.column,
        label: &group.label,
        higher: group.higher,
        columns: &group.columns,
        points: points.collect(),
    }
}

fn record_data(
    trial: &Recorded,
    left: Left,
    points: usize,
    letters: usize,
    texts: &mut Texts,
) -> RecordData {
    let (samples, more_samples) = samples(&trial.samples, letters);
    let facts = facts(&trial.run).iter().map(|fact| texts.place(fact)).collect();
    let warnings = strings(&trial.run["warnings"]).map(|text| texts.place(text)).collect();
    let notes = strings(&trial.run["data"]["notes"]).map(|text| texts.place(text)).collect();
    let mut keys = Vec::new();
    for (path, value) in &trial.keys {
        keys.push(texts.place(&format!("{path}\n{}", keys::shown(value))));
    }
    RecordData {
        folder: texts.place(&links::above(&trial.folder).display().to_string()),
        facts,
        warnings,
        notes,
        spec: trial.spec.lines().map(|line| texts.place(line)).collect(),
        keys,
        curves: curves(trial, points),
        samples,
        more_samples,
        left,
    }
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Data, size, time, version and machine of a trial.
fn facts(run: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let facts = [
        text(&run["data"]["description"]),
        run["parameters"].as_u64().map(|it| format!("{} parameters", count(it))),
        run["times"]["seconds"].as_f64().map(|it| format!("{} of training", duration(it))),
        text(&run["times"]["started"]).map(|it| format!("started {it}")),
        text(&run["runner_version"]).map(|it| format!("runner {it}")),
        text(&run["git_commit"]).map(|it| format!("commit {}", it.get(..12).unwrap_or(&it))),
        text(&run["machine"]["processor"]),
    ];
    facts.into_iter().flatten().collect()
}
