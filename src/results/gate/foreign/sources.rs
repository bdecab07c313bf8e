//! Finds the files of `--results`, and reads each in the format that it has.

use super::FiguresError;
use super::columns::Columns;
use super::formats::{csv, json, mlflow, tensorboard, wandb};
use super::input::{head_of, text_of};
use super::names::{self, Named};
use super::pattern::matching;
use super::records::{Place, Record};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The place of a seed in a pattern.
const SEED: &str = "{seed}";
/// Endings of tables and of records.
const TABLES: [&str; 6] = ["csv", "tsv", "json", "jsonl", "ndjson", "jsonlines"];

/// A file with figures.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    /// What it is named by: the file, or the folder of its run.
    run: PathBuf,
    format: Format,
    /// What its path tells.
    named: Named,
    /// Which of it is said, by the place of `{seed}` or `{experiment}` in a pattern.
    said: Said,
}

#[derive(Clone, Copy, Debug, Default)]
struct Said {
    experiment: bool,
    seed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// CSV or JSON, by what is in it.
    Text,
    MlFlow,
    TensorBoard,
    Wandb,
}

/// All that some files and folders tell.
#[derive(Debug, Default)]
pub struct Told {
    pub(super) records: Vec<Record>,
    /// The files, for messages.
    pub(super) files: Vec<String>,
}

/// How figures are read: what their columns mean, and what is known of them beside.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// What their columns mean.
    pub columns: &'a Columns,
    /// The experiment, where no column and no place in a pattern names it.
    pub name: Option<&'a str>,
    /// The same, where their path says nothing either.
    pub script: Option<&'a str>,
}

impl Reading<'_> {
    /// Reads files, folders and patterns: `*` and `?` stand for parts of a name, `**` for folders,
    /// `{experiment}` and `{seed}` for what names these.
    ///
    /// # Errors
    /// When there is nothing, or a file is not what it seems.
    pub fn read(&self, patterns: &[PathBuf]) -> Result<Told, FiguresError> {
        let mut found = Vec::new();
        for pattern in patterns {
            found.extend(find(pattern)?);
        }
        self.read_all(&found)
    }

    /// Reads what a command left for a seed, which stands in the place of `{seed}`.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_seed(&self, patterns: &[PathBuf], seed: u64) -> Result<Told, FiguresError> {
        let mut found = Vec::new();
        for pattern in patterns {
            let (path, has_seed) = of_seed(pattern, seed);
            let mut sources = find(&path)?;
            sources.iter_mut().filter(|_| has_seed).for_each(|source| source.is_of(seed));
            found.extend(sources);
        }
        self.read_all(&found)
    }

    fn read_all(&self, sources: &[Source]) -> Result<Told, FiguresError> {
        let mut told = Told::default();
        // A run that was resumed has several event files, whose scalars follow on one another.
        let mut counted: BTreeMap<&Path, usize> = BTreeMap::new();
        for source in sources {
            let before = counted.entry(source.folder()).or_default();
            let mut records = source.records(*before)?;
            *before += records.len();
            let shown = source.path.display().to_string();
            if records.is_empty() && source.format == Format::Text {
                return Err(FiguresError::new(
                    format!("{shown} has no figures"),
                    "its program did not come so far, or writes them elsewhere",
                ));
            }
            records.iter_mut().for_each(|record| self.name_record(record, source));
            told.records.extend(records);
            told.files.push(shown);
        }
        Ok(told)
    }

    /// Gives a record what its path tells, where it has no column for it.
    fn name_record(&self, record: &mut Record, source: &Source) {
        let Source { named, said, .. } = source;
        let experiment = match said.experiment {
            true => named.experiment.as_deref(),
            false => self.name.or(named.experiment.as_deref()).or(self.script),
        };
        let all = [
            ("experiment", self.columns.of_experiment(), experiment, said.experiment),
            ("seed", self.columns.of_seed(), named.seed.as_deref(), said.seed),
        ];
        for (name, sought, value, said) in all {
            let Some(value) = value.filter(|_| sought.said().is_none()) else { continue };
            let has_one = || sought.among(record.names()).and_then(|at| record.at(at)).is_some();
            if said || !has_one() {
                record.cells.insert(0, (name.into(), value.to_owned()));
            }
        }
    }

    /// What a command printed last: the last line of its output that is a JSON object.
    ///
    /// # Errors
    /// When there is no such line.
    pub fn printed(&self, seed: u64, output: &str) -> Result<Told, FiguresError> {
        let object = output.lines().rev().find_map(json::in_line).ok_or_else(|| {
            FiguresError::new(
                format!("seed {seed}: the command printed no figures"),
                "let it print a JSON object on a line of its standard output, as {\"valid_loss\": \
                 0.5}, or name the file that it writes: --results 'runs/{seed}.csv'",
            )
        })?;
        let place = Place::of(format!("seed {seed}, standard output"));
        let named = Named { experiment: None, seed: Some(seed.to_string()) };
        let said = Said { experiment: false, seed: true };
        let (path, run) = (PathBuf::new(), PathBuf::new());
        let source = Source { path, run, format: Format::Text, named, said };
        let mut records = json::rows(&place, &object);
        records.iter_mut().for_each(|record| self.name_record(record, &source));
        Ok(Told { files: vec![place.to_string()], records })
    }
}

/// A path with a seed in the place of `{seed}`, and whether it has that place.
fn of_seed(pattern: &Path, seed: u64) -> (PathBuf, bool) {
    match pattern.to_str() {
        Some(text) if text.contains(SEED) => (text.replace(SEED, &seed.to_string()).into(), true),
        _ => (pattern.to_owned(), false),
    }
}

/// When the files of a seed were last written: what a command left alone is of another.
pub fn stamps(patterns: &[PathBuf], seed: u64) -> Vec<(PathBuf, Option<SystemTime>)> {
    let found = patterns.iter().filter_map(|pattern| find(&of_seed(pattern, seed).0).ok());
    let stamp = |source: Source| {
        let written = source.path.metadata().and_then(|about| about.modified());
        (source.path, written.ok())
    };
    found.flatten().map(stamp).collect()
}

impl Told {
    /// Adds what others tell.
    pub fn extend(&mut self, other: Self) {
        self.records.extend(other.records);
        self.files.extend(other.files);
    }
}

impl Source {
    fn new(path: PathBuf, format: Format, root: &Path) -> Self {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        // The splits of a run have folders of their own.
        let split = folder.file_name().and_then(|name| name.to_str());
        let is_split = split.is_some_and(|name| tensorboard::SPLITS.contains(&name));
        let (run, named) = match format {
            Format::Text => (path.clone(), names::of_file(&path)),
            _ => {
                let run = if is_split { folder.parent().unwrap_or(root) } else { &folder };
                (run.to_owned(), names::of_run(root, run))
            }
        };
        Self { path, run, format, named, said: Said::default() }
    }

    fn records(&self, before: usize) -> Result<Vec<Record>, FiguresError> {
        let shown = self.path.display().to_string();
        match self.format {
            Format::MlFlow => mlflow::records(&self.path),
            Format::TensorBoard => tensorboard::records(&self.path, before),
            Format::Wandb => wandb::records(&self.path),
            Format::Text => {
                let text = text_of(&self.path)?;
                match text.trim_start().chars().next() {
                    None => Ok(Vec::new()),
                    Some('{' | '[') => json::records(&shown, &text),
                    Some(_) => csv::records(&shown, &text),
                }
            }
        }
    }

    /// The folder that it is in.
    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Says of which seed it is. The name of the experiment is what is left of the path without it.
    fn is_of(&mut self, seed: u64) {
        let seed = seed.to_string();
        let masked = names::with_seed(&self.run, &seed);
        if masked != self.run {
            self.named.experiment = names::of_file(&masked).experiment;
        }
        self.named.seed = Some(seed);
        self.said.seed = true;
    }
}

/// The files of a path or pattern.
fn find(path: &Path) -> Result<Vec<Source>, FiguresError> {
    let pattern = path.to_str().unwrap_or_default();
    let found = match path.metadata() {
        Ok(about) if about.is_dir() => in_folder(path)?,
        Ok(_) => vec![of_file(path)?],
        Err(_) => {
            let mut found = Vec::new();
            for (path, captured) in matching(pattern) {
                let is_folder = path.is_dir();
                let inner = if is_folder { in_folder(&path)? } else { vec![of_file(&path)?] };
                for mut source in inner {
                    if let Some(seed) = captured.seed.as_deref().and_then(|it| it.parse().ok()) {
                        source.is_of(seed);
                    }
                    if let Some(experiment) = &captured.experiment {
                        source.named.experiment = Some(experiment.clone());
                        source.said.experiment = true;
                    }
                    found.push(source);
                }
            }
            found
        }
    };
    if found.is_empty() {
        return Err(FiguresError::new(
            format!("there are no figures in {}", path.display()),
            "--results takes CSV, JSON, trainer_state.json, and folders of MLflow, TensorBoard and W&B; \
             a pattern has *, ?, **, {experiment} and {seed}, and stands in quotation marks",
        ));
    }
    Ok(found)
}

/// A file, in the format that its first bytes tell.
fn of_file(path: &Path) -> Result<Source, FiguresError> {
    let format = match head_of(path)?.as_slice() {
        head if wandb::is(head) => Format::Wandb,
        head if tensorboard::is(head) => Format::TensorBoard,
        _ => Format::Text,
    };
    let root = path.parent().unwrap_or(Path::new(""));
    Ok(Source::new(path.to_owned(), format, root))
}

/// The files of a folder, all of one format: of a tool if it has such, else tables.
fn in_folder(root: &Path) -> Result<Vec<Source>, FiguresError> {
    let mut all: Vec<(u8, Format, PathBuf)> = Vec::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            FiguresError::new(
                format!("cannot search {}: {error}", root.display()),
                "look at its rights",
            )
        })?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let kind = match &*name {
            _ if !entry.file_type().is_file() => continue,
            _ if ending == "wandb" => (0, Format::Wandb),
            mlflow::DESCRIPTION if mlflow::is_run(path) => (1, Format::MlFlow),
            name if name.contains(tensorboard::MARK) => (2, Format::TensorBoard),
            "trainer_state.json" => (3, Format::Text),
            _ if TABLES.contains(&ending) => (4, Format::Text),
            _ => continue,
        };
        all.push((kind.0, kind.1, path.to_owned()));
    }
    let Some(first) = all.iter().map(|(rank, ..)| *rank).min() else { return Ok(Vec::new()) };
    all.retain(|(rank, ..)| *rank == first);
    let mut found: Vec<Source> =
        all.into_iter().map(|(_, format, path)| Source::new(path, format, root)).collect();
    if first == 3 {
        last_states(&mut found);
    }
    Ok(found)
}

/// Each checkpoint of a Trainer has all that it logged until then: of those of one run the last is
/// kept, or what stands beside them, which was written when it ended.
fn last_states(states: &mut Vec<Source>) {
    let place = |source: &Source| {
        let folder = source.path.parent().unwrap_or(Path::new("")).to_owned();
        let name = folder.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_prefix("checkpoint-")?.parse::<u64>().ok());
        match (number, folder.parent()) {
            (Some(number), Some(run)) => (run.to_owned(), number),
            _ => (folder, u64::MAX),
        }
    };
    let mut last: BTreeMap<PathBuf, u64> = BTreeMap::new();
    for (run, number) in states.iter().map(place) {
        let known = last.entry(run).or_default();
        *known = number.max(*known);
    }
    states.retain(|source| {
        let (run, number) = place(source);
        last.get(&run) == Some(&number)
    });
}
