//! From records to the figures that are compared: by experiment, metric and seed.

use super::FiguresError;
use super::columns::{Columns, Metric, Sought, Take};
use super::direction::usual;
use super::records::{Place, Record};
use super::sources::Told;
use crate::machine::git_commit;
use crate::metric::{Direction, number};
use crate::results::gate::entry::Entry;
use crate::results::gate::measured::{Facts, Figures, Measured, Unfinished};
use std::collections::{BTreeMap, BTreeSet};

/// How many names of a list are shown.
const SHOWN: usize = 20;
/// Where no record tells a seed, all are of this one.
const NO_SEED: u64 = 0;

/// What was measured, and the names of all experiments.
pub type Gathered = (Vec<Result<Measured, Unfinished>>, BTreeSet<String>);

/// The figures of all experiments, in the order in which they appear. The first metric of an experiment
/// has its name, each further one the name, a slash and the metric's.
///
/// # Errors
/// When the columns are not there, or hold what is no figure.
pub fn measure(
    told: &Told,
    columns: &Columns,
    entries: &BTreeMap<String, Entry>,
) -> Result<Gathered, FiguresError> {
    let said = [columns.of_experiment(), columns.of_seed(), columns.of_step(), columns.of_data()];
    let said = said.iter().filter_map(Sought::said);
    for column in said.chain(columns.metric.iter().map(|metric| metric.column.as_str())) {
        there(column, told)?;
    }
    let (mut all, mut experiments) = (Vec::new(), BTreeSet::new());
    for (experiment, records) in by_experiment(told, columns)? {
        let metrics = metrics_of(&experiment, &records, columns, entries)?;
        for (index, metric) in metrics.iter().enumerate() {
            let name = match index {
                0 => experiment.clone(),
                _ => format!("{experiment}/{}", metric.column),
            };
            let group = Group { name, metric, records: &records, columns };
            all.push(group.measure()?);
        }
        experiments.insert(experiment);
    }
    Ok((all, experiments))
}

/// A column that is said must be there.
fn there(column: &str, told: &Told) -> Result<(), FiguresError> {
    let mut names: Vec<&str> = Vec::new();
    for name in told.records.iter().flat_map(Record::names) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.contains(&column) {
        return Ok(());
    }
    let near = names
        .iter()
        .min_by_key(|name| strsim::osa_distance(&column.to_lowercase(), &name.to_lowercase()));
    let near = near.filter(|name| strsim::osa_distance(column, name) <= column.len() / 3 + 1);
    let near = near.map_or(String::new(), |name| format!("did you mean `{name}`? "));
    Err(FiguresError::new(
        format!("no column `{column}` in {}", list(&told.files, 3)),
        format!("{near}there are: {}", list(&names, SHOWN)),
    ))
}

/// Some names, and how many more there are.
fn list<S: AsRef<str>>(names: &[S], most: usize) -> String {
    let shown: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    let more = names.len().saturating_sub(most);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    shown.join(", ") + &more
}

type Groups<'a> = Vec<(String, Vec<&'a Record>)>;

fn by_experiment<'a>(told: &'a Told, columns: &Columns) -> Result<Groups<'a>, FiguresError> {
    let mut groups: Groups<'a> = Vec::new();
    for record in &told.records {
        let experiment = cell(record, columns.of_experiment()).ok_or_else(|| {
            FiguresError::new(
                format!("{}: which experiment this is of is not told", record.place),
                "name its column with --experiment, or its place in the path: \
                 --results 'runs/{experiment}/seed{seed}.csv'",
            )
        })?;
        match groups.iter_mut().find(|(name, _)| name == experiment) {
            Some((_, records)) => records.push(record),
            None => groups.push((experiment.to_owned(), vec![record])),
        }
    }
    Ok(groups)
}

fn cell<'a>(record: &'a Record, sought: Sought<'_>) -> Option<&'a str> {
    record.at(sought.among(record.names())?)
}

/// The metrics of an experiment: those that are said, else those of the baseline, else the usual one.
fn metrics_of(
    experiment: &str,
    records: &[&Record],
    columns: &Columns,
    entries: &BTreeMap<String, Entry>,
) -> Result<Vec<Metric>, FiguresError> {
    if !columns.metric.is_empty() {
        let mut said = columns.metric.clone();
        for metric in said.iter_mut().filter(|metric| metric.direction.is_none()) {
            let is = |entry: &&Entry| entry.metric == metric.column;
            metric.direction = entries.get(experiment).filter(is).map(|entry| entry.direction);
        }
        return Ok(said);
    }
    let further = format!("{experiment}/");
    let recorded = entries.get(experiment).into_iter().chain(
        entries.iter().filter(|(name, _)| name.starts_with(&further)).map(|(_, entry)| entry),
    );
    let recorded: Vec<Metric> = recorded
        .filter(|entry| entry.spec_sha256.is_none())
        .map(|entry| Metric { column: entry.metric.clone(), direction: Some(entry.direction) })
        .collect();
    if !recorded.is_empty() {
        return Ok(recorded);
    }
    let mut names: Vec<&str> = records.iter().flat_map(|record| record.names()).collect();
    names.sort_unstable();
    names.dedup();
    let found = usual(&names).ok_or_else(|| {
        FiguresError::new(
            format!("which column of {experiment} holds its metric is not known"),
            format!("say it: --metric COLUMN; there are: {}", list(&names, SHOWN)),
        )
    })?;
    Ok(vec![Metric::from(found)])
}

/// The records of an experiment, seen by one of its metrics.
struct Group<'a> {
    name: String,
    metric: &'a Metric,
    records: &'a [&'a Record],
    columns: &'a Columns,
}

/// What a row of a seed tells.
struct Row<'a> {
    step: Option<&'a str>,
    value: f64,
    place: &'a Place,
}

impl Group<'_> {
    fn measure(&self) -> Result<Result<Measured, Unfinished>, FiguresError> {
        let direction = self.metric.better()?;
        let unfinished = |why: String| Ok(Err(Unfinished { name: self.name.clone(), why }));
        let rows = self.rows()?;
        let column = &self.metric.column;
        if let Some(seed) = rows.iter().find_map(|(seed, rows)| rows.is_empty().then_some(seed)) {
            return unfinished(format!(
                "seed {seed} has no {column}: it did not come so far, or left the cell empty in place \
                 of nan"
            ));
        }
        let data = match self.data() {
            Ok(data) => data,
            Err(why) => return unfinished(why),
        };
        let take = self.columns.take.unwrap_or(Take::Best);
        let several = rows.values().any(|rows| rows.len() > 1);
        let mut seeds = BTreeMap::new();
        for (seed, rows) in &rows {
            self.agree(*seed, rows)?;
            seeds.insert(*seed, figures(rows, take, direction, column));
        }
        let untold = several && self.columns.take.is_none();
        let warning = untold.then(|| {
            "seeds have several rows, of which the best is taken (--take best or --take last says so)"
                .to_owned()
        });
        let facts = Facts {
            metric: column.clone(),
            direction,
            take: (several || self.columns.take.is_some()).then_some(take),
            data_sha256: data,
            vocabulary_sha256: None,
            level: None,
            tokens: None,
            causal: None,
            spec_sha256: None,
            runner_version: env!("CARGO_PKG_VERSION").to_owned(),
            git_commit: git_commit(),
            machine: None,
            simd: None,
        };
        let warnings = warning.into_iter().collect();
        Ok(Ok(Measured { name: self.name.clone(), facts, seeds, warnings }))
    }

    /// The rows of each seed that have the metric, in their order.
    fn rows(&self) -> Result<BTreeMap<u64, Vec<Row<'_>>>, FiguresError> {
        let mut rows: BTreeMap<u64, Vec<Row<'_>>> = BTreeMap::new();
        let any_seed = self.records.iter().any(|it| cell(it, self.columns.of_seed()).is_some());
        for record in self.records {
            let place = &record.place;
            let seed = match cell(record, self.columns.of_seed()) {
                Some(text) => seed(text, place)?,
                None if any_seed => {
                    return Err(FiguresError::new(
                        format!(
                            "{place}: which seed this is of is not told, though others tell it"
                        ),
                        "give each row its seed",
                    ));
                }
                None => NO_SEED,
            };
            let of_seed = rows.entry(seed).or_default();
            let Some(text) = record.cell(&self.metric.column) else { continue };
            let value = text.parse().map_err(|_| {
                FiguresError::new(
                    format!("{place}: {text:?} in column `{}` is no number", self.metric.column),
                    "a figure is as 0.5 or 1e-3; nan and inf are those of a seed that diverged",
                )
            })?;
            of_seed.push(Row { step: cell(record, self.columns.of_step()), value, place });
        }
        Ok(rows)
    }

    /// Rows of one seed and one step must have one value.
    fn agree(&self, seed: u64, rows: &[Row<'_>]) -> Result<(), FiguresError> {
        let mut known: BTreeMap<Option<&str>, &Row<'_>> = BTreeMap::new();
        for row in rows {
            let first = *known.entry(row.step).or_insert(row);
            if first.value == row.value || first.value.is_nan() && row.value.is_nan() {
                continue;
            }
            let [one, other] =
                [first, row].map(|row| format!("{} ({})", number(row.value), row.place));
            let step = row.step.map_or(String::new(), |step| format!(" at step {step}"));
            return Err(FiguresError::new(
                format!(
                    "seed {seed} of {} has two figures in `{}`{step}: {one} and {other}",
                    self.name, self.metric.column
                ),
                "name the column that tells them apart: --seed, --experiment, or for the rows of a run \
                 --step; or leave one of two runs out",
            ));
        }
        Ok(())
    }

    /// What says which data it was, the same in all records that say it.
    fn data(&self) -> Result<Option<String>, String> {
        let mut told = self.records.iter().filter_map(|it| cell(it, self.columns.of_data()));
        let first = told.next();
        match told.find(|other| Some(*other) != first) {
            Some(other) => Err(format!(
                "its rows are of other data: {} and {other}",
                first.unwrap_or_default()
            )),
            None => Ok(first.map(str::to_owned)),
        }
    }
}

/// The figure of a seed. One that became no number has none, whatever came before or after.
fn figures(rows: &[Row<'_>], take: Take, direction: Direction, column: &str) -> Figures {
    let values = || rows.iter().map(|row| row.value);
    if values().any(f64::is_nan) {
        return Figures::lost(direction, format!("its {column} is no number"));
    }
    let best = |a: f64, b: f64| if direction.worsening(b - a) < 0.0 { b } else { a };
    let taken = match take {
        Take::Best => values().reduce(best),
        Take::Last => values().next_back(),
    };
    match taken {
        Some(value) if value.is_finite() => Figures::of(value),
        _ => Figures::lost(direction, format!("its {column} is infinite")),
    }
}

/// A seed, which some programs write as 42.0.
fn seed(text: &str, place: &Place) -> Result<u64, FiguresError> {
    let whole = text.strip_suffix(".0").unwrap_or(text);
    whole.parse().map_err(|_| {
        FiguresError::new(
            format!("{place}: {text:?} is no seed, as 42 is"),
            "name the column of the seed with --seed; it holds integers of at least 0",
        )
    })
}
