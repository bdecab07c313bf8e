//! The file of recorded figures, which people review in a diff.
//!
//! It is TOML: a table an experiment. `--update` changes what it measures and leaves all else, the
//! order, comments and settings of people, as it is.

use super::entry::{Asked, Entry, Mode};
use super::foreign::columns::{Columns, Take};
use super::foreign::settings;
use super::measured::{Figures, Measured};
use crate::files::{read_regular, write_whole};
use crate::train::RecordError;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

/// More than any baseline has, in bytes.
const LIMIT: u64 = 64 << 20;

/// What a new file begins with.
const HEAD: &str = "\
# Figures that `runner check` compares with. `runner check … --update` writes them; comments, order
# and these settings of an experiment stay as they are:
#   mode = \"exact\" | \"tolerance\" | \"statistical\"      how it is decided
#   tolerance = { relative = 0.01, absolute = 0.0 }   in mode tolerance: how much worse it may be
#   min_effect = 0.005                                in mode statistical: the smallest loss told
#   margin = 0.02                                     … and the loss that a pass rules out
#   strict = true                                     where it cannot be ruled out: exit code 5
";

/// A baseline that cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BaselineError {
    /// It cannot be read.
    #[error("cannot read the baseline {path}: {why}")]
    #[diagnostic(
        code(check::no_baseline),
        help("`runner check … --baseline {path} --update` writes one from the present figures")
    )]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// It is no TOML, or not of the form of a baseline.
    #[error("the baseline {path} is broken: {why}")]
    #[diagnostic(
        code(check::broken_baseline),
        help("restore it from version control, or write it anew: remove it and use --update")
    )]
    Broken {
        /// The file.
        path: String,
        /// What is wrong, and where.
        why: String,
    },
}

/// A baseline file.
#[derive(Clone, Debug)]
pub struct Baseline {
    path: PathBuf,
    document: DocumentMut,
    /// Whether there was no file yet.
    is_new: bool,
    /// What it records, by the experiments' names.
    pub entries: BTreeMap<String, Entry>,
    /// What the columns of other programs' figures mean: the table `[gate.columns]`.
    pub columns: Columns,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// When it is not there, or broken.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let shown = || path.display().to_string();
        let unreadable = |why: String| BaselineError::Unreadable { path: shown(), why };
        let bytes = read_regular(path, LIMIT).map_err(|error| unreadable(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| BaselineError::Broken {
            path: shown(),
            why: format!("it is not UTF-8: {error}"),
        })?;
        Self::parse(path, &text)
    }

    /// Reads a baseline to write into it: one that is not there yet is empty.
    ///
    /// # Errors
    /// When it is there and cannot be read, or is broken.
    pub fn read_or_begin(path: &Path) -> Result<Self, BaselineError> {
        match path.try_exists() {
            Ok(false) => Ok(Self { is_new: true, ..Self::parse(path, "")? }),
            _ => Self::read(path),
        }
    }

    /// The baseline in a text.
    ///
    /// # Errors
    /// When it is broken.
    pub fn parse(path: &Path, text: &str) -> Result<Self, BaselineError> {
        let broken = |why: String| BaselineError::Broken { path: path.display().to_string(), why };
        let document: DocumentMut =
            text.parse().map_err(|error: toml_edit::TomlError| broken(error.to_string()))?;
        let broken_at = |error: toml::de::Error| broken(error.to_string());
        let (columns, rest) = settings::read(&document, text).map_err(broken_at)?;
        let entries: BTreeMap<String, Entry> = toml::from_str(&rest).map_err(broken_at)?;
        let problems: Vec<String> = entries
            .iter()
            .flat_map(|(name, entry)| entry.problems().map(move |why| format!("[{name}] {why}")))
            .collect();
        if !problems.is_empty() {
            return Err(broken(problems.join("; ")));
        }
        Ok(Self { path: path.to_owned(), document, is_new: false, entries, columns })
    }

    /// Records what was measured in the place of what was, and what was asked for. A new entry is
    /// strict.
    pub fn record(&mut self, measured: &Measured, asked: Asked) {
        let root = self.document.as_table_mut();
        let strict = asked.strict.or((!is_entry(root.get(&measured.name))).then_some(true));
        let item = root.entry(&measured.name).or_insert_with(|| Item::Table(Table::new()));
        // Inline tables of people become tables: seeds stand below.
        if let Item::Value(Value::InlineTable(table)) = item {
            *item = Item::Table(std::mem::take(table).into_table());
        }
        let Some(entry) = item.as_table_mut() else { return };
        if let Some(mode) = asked.mode {
            set(entry, "mode", mode.name());
        }
        if let Some(strict) = strict {
            set(entry, "strict", strict);
        }
        let mode = entry.get("mode").and_then(Item::as_str).map(str::to_owned);
        let facts = &measured.facts;
        set(entry, "metric", facts.metric.as_str());
        set(entry, "direction", facts.direction.name());
        put(entry, "take", facts.take.map(Take::name));
        put(entry, "level", facts.level.as_deref());
        let tokens = |tokens: [usize; 3]| Array::from_iter(tokens.map(|tokens| tokens as i64));
        put(entry, "tokens", facts.tokens.map(tokens));
        put(entry, "causal", facts.causal);
        put(entry, "data_sha256", facts.data_sha256.as_deref());
        put(entry, "vocabulary_sha256", facts.vocabulary_sha256.as_deref());
        put(entry, "spec_sha256", facts.spec_sha256.as_deref());
        set(entry, "runner_version", facts.runner_version.as_str());
        put(entry, "git_commit", facts.git_commit.as_deref());
        put(entry, "machine", facts.machine.as_deref());
        put(entry, "simd", facts.simd.as_deref());
        record_seeds(entry, measured, mode.as_deref() == Some(Mode::Exact.name()));
    }

    /// Writes down which columns are said, so that the next call need not say them.
    pub fn name_columns(&mut self, said: &Columns) {
        settings::write(&mut self.document, said);
    }

    /// Takes an entry out.
    pub fn remove(&mut self, name: &str) {
        self.document.as_table_mut().remove(name);
    }

    /// The file as it is to be written.
    pub fn text(&self) -> String {
        let head = if self.is_new { format!("{HEAD}\n") } else { String::new() };
        head + &self.document.to_string()
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self) -> Result<(), RecordError> {
        write_whole(&self.path, self.text().as_bytes())
    }
}

/// Whether there is a record of an experiment, and not only what columns mean in its place.
fn is_entry(item: Option<&Item>) -> bool {
    item.is_some_and(|item| item.get("metric").is_some())
}

/// Sets a key, and leaves the space and comments around its value as they are.
fn set(table: &mut Table, key: &str, value: impl Into<Value>) {
    let mut value = value.into();
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        _ => drop(table.insert(key, Item::Value(value))),
    }
}

/// Sets a key, or takes it out.
fn put(table: &mut Table, key: &str, value: Option<impl Into<Value>>) {
    match value {
        Some(value) => set(table, key, value),
        None => drop(table.remove(key)),
    }
}

fn record_seeds(entry: &mut Table, measured: &Measured, rows: bool) {
    let item = entry.entry("seeds").or_insert_with(|| Item::Table(Table::new()));
    if !item.is_table() {
        *item = Item::Table(Table::new());
    }
    let Some(seeds) = item.as_table_mut() else { return };
    seeds.set_implicit(true);
    let gone: Vec<String> = seeds
        .iter()
        .map(|(seed, _)| seed.to_owned())
        .filter(|seed| !measured.seeds.keys().any(|known| known.to_string() == *seed))
        .collect();
    for seed in gone {
        seeds.remove(&seed);
    }
    for (seed, figures) in &measured.seeds {
        let item = seeds.entry(&seed.to_string()).or_insert_with(|| Item::Table(Table::new()));
        if let Item::Value(Value::InlineTable(table)) = item {
            *item = Item::Table(std::mem::replace(table, InlineTable::new()).into_table());
        }
        if let Some(table) = item.as_table_mut() {
            record_seed(table, figures, rows);
        }
    }
}

fn record_seed(table: &mut Table, figures: &Figures, rows: bool) {
    set(table, "value", figures.value);
    let sums = figures.sums.as_ref();
    put(table, "metrics_sha256", sums.map(|sums| sums.metrics.as_str()));
    put(table, "samples_sha256", sums.map(|sums| sums.samples.as_str()));
    put(table, "weights_sha256", sums.map(|sums| sums.weights.as_str()));
    if !rows || figures.rows.is_empty() {
        table.remove("rows");
        return;
    }
    // A line a row, so that a diff shows the first that differs.
    let mut lines = Array::from_iter(figures.rows.iter().map(String::as_str));
    lines.iter_mut().for_each(|line| line.decor_mut().set_prefix("\n    "));
    lines.set_trailing("\n");
    lines.set_trailing_comma(true);
    set(table, "rows", lines);
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::measured;
    use super::*;

    #[test]
    fn what_is_recorded_reads_well_and_reads_back() {
        let mut baseline = Baseline::read_or_begin(Path::new("no/such/b.toml")).unwrap();
        baseline.record(&measured(&[9.5, 10.25]), Asked { mode: Some(Mode::Exact), strict: None });
        let mut point = measured(&[3.0]);
        point.name = "lstm/hidden_size=128".to_owned();
        baseline.record(&point, Asked::default());
        insta::assert_snapshot!(baseline.text());
        let read = Baseline::parse(Path::new("b.toml"), &baseline.text()).unwrap();
        assert_eq!(read.entries["lstm"].seeds["43"].value, 10.25);
        assert_eq!(read.entries["lstm"].mode, Some(Mode::Exact));
        assert_eq!(read.entries["lstm/hidden_size=128"].seeds.len(), 1);
    }

    #[test]
    fn an_update_keeps_order_comments_and_settings() {
        let mut baseline = Baseline::read_or_begin(Path::new("no/such/b.toml")).unwrap();
        baseline.record(&measured(&[9.5, 10.25]), Asked::default());
        let text = baseline
            .text()
            .replace(
                "[lstm]\n",
                "# Reviewed by hand.\n[lstm]\nmin_effect = 0.02   # ours is noisy\n",
            )
            .replace("value = 9.5", "value = 9.5 # since the spring");
        let mut edited = Baseline::parse(Path::new("b.toml"), &text).unwrap();
        edited.record(&measured(&[9.0]), Asked::default());
        let expected = text
            .replace("value = 9.5 #", "value = 9.0 #")
            .replace("m9.5", "m9")
            .replace("w9.5", "w9");
        let expected = &expected[..expected.find("\n[lstm.seeds.43]").unwrap()];
        assert_eq!(edited.text(), expected);
        // What is taken out leaves the others as they are.
        let mut other = measured(&[3.0]);
        other.name = "other".to_owned();
        let mut more = Baseline::parse(Path::new("b.toml"), expected).unwrap();
        more.record(&other, Asked::default());
        assert_ne!(more.text(), expected);
        more.remove("other");
        assert_eq!(more.text(), expected);
        // Twice the same is the same.
        let once = edited.text();
        edited.record(&measured(&[9.0]), Asked::default());
        assert_eq!(edited.text(), once);
    }

    /// Entries of versions that did not know of it stay as they are.
    #[test]
    fn new_entries_are_strict() {
        let mut baseline = Baseline::read_or_begin(Path::new("no/such/b.toml")).unwrap();
        baseline.record(&measured(&[1.0, 2.0]), Asked::default());
        assert_eq!(baseline.text().matches("strict = true\n").count(), 1);
        let old = baseline.text().replace("strict = true\n", "");
        let again = |asked: Asked| {
            let mut old = Baseline::parse(Path::new("b.toml"), &old).unwrap();
            old.record(&measured(&[1.0, 2.0]), asked);
            let text = old.text();
            Baseline::parse(Path::new("b.toml"), &text).unwrap().entries["lstm"].strict
        };
        assert_eq!(again(Asked::default()), None);
        for strict in [true, false] {
            assert_eq!(again(Asked { mode: None, strict: Some(strict) }), Some(strict));
        }
    }

    #[test]
    fn a_broken_baseline_says_where() {
        let parse =
            |text: &str| Baseline::parse(Path::new("b.toml"), text).unwrap_err().to_string();
        assert!(parse("[lstm\n").contains("line 1"), "{}", parse("[lstm\n"));
        assert!(parse("[lstm]\nmetrik = 1\n").contains("metrik"));
        assert!(parse("lstm = 3\n").contains("lstm"));
        let text = {
            let mut baseline = Baseline::read_or_begin(Path::new("no/such/b.toml")).unwrap();
            baseline.record(&measured(&[1.0]), Asked::default());
            baseline.text()
        };
        assert!(parse(&text.replace("\"lower\"", "\"down\"")).contains("direction"));
    }

    /// What is compared with no number, or tolerated without bound, would pass whatever it is.
    #[test]
    fn every_number_of_a_baseline_is_one() {
        let mut baseline = Baseline::read_or_begin(Path::new("no/such/b.toml")).unwrap();
        baseline.record(&measured(&[1.0, 2.0]), Asked::default());
        let text = baseline.text();
        let parse = |text: &str| Baseline::parse(Path::new("b.toml"), text);
        let refused = |from: &str, to: &str, says: &str| {
            let error = parse(&text.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(says), "{says:?} is not in: {error}");
        };
        for bad in ["nan", "inf", "-inf"] {
            refused("value = 2.0", &format!("value = {bad}"), "[lstm] seeds.43.value is ");
            refused("metric =", &format!("min_effect = {bad}\nmetric ="), "[lstm] min_effect is ");
            for bound in ["relative", "absolute"] {
                let set = format!("tolerance.{bound} = {bad}\nmetric =");
                refused("metric =", &set, &format!("[lstm] tolerance.{bound} is "));
            }
        }
        refused("metric =", "margin = nan\nmetric =", "margin is NaN");
        refused("metric =", "margin = 0.001\nmetric =", "not be below min_effect, 0.005");
        refused("metric =", "min_effect = -0.1\nmetric =", "min_effect is -0.1");
        refused("metric =", "tolerance.relative = -1\nmetric =", "tolerance.relative is -1");
        // Such a table would be taken for seed 43 and never be looked at.
        refused("lstm.seeds.43", "lstm.seeds.043", "seeds.043 is no seed");
        assert!(parse(&text.replace("value = 2.0", "value = -2.0")).is_ok());
    }
}
