//! From a path and the arguments of `--set` to the trials of a spec.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::diagnostics::problem::{Problem, SpecErrors};
use super::diagnostics::source::Place;
use super::parse::file::{self, Text};
use super::parse::layer::Layer;
use super::parse::overrides;
use super::resolve::settings::Settings;
use super::sweep::{self, Search, Space, Trial};

/// How many files may extend one another.
const MAX_CHAIN: usize = 32;

/// A spec, read and found right.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The name of the file without `.toml`: the name of the experiment.
    pub name: String,
    /// Where it was read.
    pub path: PathBuf,
    /// What is run, in the order of the sweep: its first key slowest, the seed fastest. With
    /// [`Search::Tpe`], the points before the first that is chosen.
    pub trials: Vec<Trial>,
    /// How the trials are gone through.
    pub search: Search,
    /// What [`Search::Tpe`] chooses from.
    pub space: Option<Arc<Space>>,
    /// What it was read from.
    pub sources: Sources,
    /// What is odd about it, though it can run.
    pub warnings: Vec<Problem>,
    /// Where keys stand that are written, by their path.
    places: BTreeMap<&'static str, Place>,
}

impl Spec {
    /// An error that shows only later, in the file system or the machine, at the place of the key
    /// that is to blame.
    pub fn problem(&self, key: &str, error: &dyn Diagnostic) -> Problem {
        let place = self.places.get(key).or_else(|| self.places.values().next()).cloned();
        let help = error.help().map(|help| help.to_string());
        Problem::new(error.to_string()).or_at(place).maybe_help(help)
    }

    /// These problems as those of the spec; `None` if there are none.
    pub fn errors(&self, problems: Vec<Problem>) -> Option<SpecErrors> {
        let name = self.path.display().to_string();
        (!problems.is_empty()).then(|| SpecErrors::new(name, problems))
    }
}

/// All texts that a spec was read from: with these it can be read again, whatever became of the
/// files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// Each file's path and text: the spec, what it extends, what that extends.
    pub files: Vec<(String, String)>,
    /// The arguments of `--set`.
    pub set: Vec<String>,
}

/// Reads the spec at `path`, with the values of `overrides` (each `KEY=VALUE`, as after `--set`)
/// over those of the file, and those over the files that it extends.
///
/// A key of a later layer replaces that of an earlier one, and tables merge key by key; those that
/// stand for one value, such as `clip = { norm = 5.0 }`, are replaced whole. Where a later layer
/// chooses another optimizer, schedule or architecture, options that the new one does not have are
/// dropped from the layers below; `epochs` and `steps` replace one another.
///
/// # Errors
///
/// Everything that is wrong with any layer, each problem at its place.
pub fn load(path: &Path, overrides: &[String]) -> Result<Spec, SpecErrors> {
    let mut problems = Vec::new();
    let (chain, complete) = read_chain(path, &mut problems);
    resolve(path, chain, complete, overrides, problems)
}

/// Reads a spec from the texts that it was read from before.
///
/// # Errors
///
/// As [`load`], should they be others.
pub fn load_from(path: &Path, sources: &Sources) -> Result<Spec, SpecErrors> {
    let (mut chain, mut problems) = (Vec::new(), Vec::new());
    for (name, raw) in &sources.files {
        let text = Text::new(name, raw.clone());
        let mut layer = Layer::default();
        layer.parse(&text, &mut problems);
        chain.push(Link { text, layer });
    }
    resolve(path, chain, problems.is_empty(), &sources.set, problems)
}

/// What the files of a chain, the first on top, and the overrides over them come to.
fn resolve(
    path: &Path,
    chain: Vec<Link>,
    complete: bool,
    overrides: &[String],
    mut problems: Vec<Problem>,
) -> Result<Spec, SpecErrors> {
    let errors = |problems| SpecErrors::new(path.display().to_string(), problems);
    let Some(top) = chain.first().map(|link| Place::new(&link.text.shown, 0..0)) else {
        return Err(errors(problems));
    };
    let text = |link: &Link| (link.text.shown.name().to_owned(), link.text.raw.clone());
    let sources = Sources { files: chain.iter().map(text).collect(), set: overrides.to_vec() };
    let mut settings = Settings::new(top);
    for link in chain.into_iter().rev() {
        settings.merge(link.layer, &mut problems);
    }
    settings.merge(overrides::read(overrides, &mut problems), &mut problems);
    // Where a file could not be read, it is unknown what else is missing.
    let plan = if complete { sweep::plan(&settings) } else { Err(Vec::new()) };
    match plan {
        Ok(sweep::Plan { trials, warnings, search, space }) if problems.is_empty() => {
            let (name, path, places) = (name_of(path), path.to_owned(), settings.places());
            let space = space.map(Arc::new);
            Ok(Spec { name, path, trials, search, space, sources, warnings, places })
        }
        Ok(_) => Err(errors(problems)),
        Err(more) => {
            sweep::add(&mut problems, more);
            Err(errors(problems))
        }
    }
}

/// The name of the experiment in a file: the file's without `.toml`, made fit to be that of a folder
/// on any file system.
fn name_of(path: &Path) -> String {
    const MAX_BYTES: usize = 200;
    const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];
    let stem = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
    let refused = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    let mut name: String = stem.chars().map(|c| if refused(c) { '_' } else { c }).collect();
    while name.len() > MAX_BYTES {
        name.pop();
    }
    // Names of dots alone lead out of the results; others are hidden or lose their end.
    let name = name.trim_matches(['.', ' ']);
    let device = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let device = device.trim_end_matches(|c: char| c.is_ascii_digit());
    match name {
        "" => "_".to_owned(),
        _ if DEVICES.contains(&device) => format!("{name}_"),
        _ => name.to_owned(),
    }
}

/// A file of a chain of `extends`.
struct Link {
    text: Text,
    layer: Layer,
}

/// The file and those that it extends, itself first, and whether all could be read.
fn read_chain(path: &Path, problems: &mut Vec<Problem>) -> (Vec<Link>, bool) {
    let (mut chain, mut seen) = (Vec::new(), Vec::new());
    let mut next = (path.to_owned(), None);
    loop {
        let (path, place): (PathBuf, Option<Place>) = next;
        seen.push(path.clone());
        let read = check_chain(&seen).and_then(|()| file::read(&path));
        let text = match read {
            Ok(text) => text,
            Err(problem) => {
                problems.push(problem.or_at(place));
                return (chain, false);
            }
        };
        let mut layer = Layer::default();
        if !layer.parse(&text, problems) {
            chain.push(Link { text, layer });
            return (chain, false);
        }
        let extends = layer.find("extends");
        let extends = extends.and_then(|found| {
            Some((extended(&path, found.value.as_ref()?)?, Some(found.place.clone())))
        });
        let failed = layer.find("extends").is_some() && extends.is_none();
        chain.push(Link { text, layer });
        match extends {
            Some(found) => next = found,
            None => return (chain, !failed),
        }
    }
}

/// The path that `extends` names beside the file at `path`.
fn extended(path: &Path, value: &Json) -> Option<PathBuf> {
    let beside = path.parent().unwrap_or(Path::new(""));
    Some(beside.join(value.as_str()?))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Whether the last file may be read: it closes no circle, and the chain is not too long.
fn check_chain(seen: &[PathBuf]) -> Result<(), Problem> {
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let Some((last, before)) = seen.split_last() else {
        return Ok(());
    };
    if let Some(start) = before.iter().position(|path| real(path) == real(last)) {
        let names: Vec<_> = seen[start..].iter().map(|path| file_name(path)).collect();
        let message = format!("`extends` goes in a circle: {}", names.join(" → "));
        return Err(Problem::new(message));
    }
    match seen.len() > MAX_CHAIN {
        true => Err(Problem::new(format!("more than {MAX_CHAIN} files extend one another"))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_folders_within_the_results() {
        for (file, name) in [
            ("a/lstm_seinfeld.toml", "lstm_seinfeld"),
            ("größe 2.toml", "größe 2"),
            ("...toml", "_"),
            ("..toml", "_"),
            (".hidden.toml", "hidden"),
            ("end. .toml", "end"),
            ("a:b*c\n.toml", "a_b_c_"),
            ("NUL.toml", "NUL_"),
            ("com1.x.toml", "com1.x_"),
            ("console.toml", "console"),
        ] {
            assert_eq!(name_of(Path::new(file)), name, "{file}");
        }
        assert_eq!(name_of(Path::new(&format!("{}.toml", "ü".repeat(300)))).len(), 200);
    }

    /// The types of fields are those of their keys: an experiment can be made of all defaults.
    #[test]
    fn defaults_are_values_of_their_fields() {
        let text = Sources {
            files: vec![("a.toml".into(), "data.corpus = 'a'\n[training.checkpoint]\n[training.early_stopping]\n[generation]\nprefixes = ['a']".into())],
            set: Vec::new(),
        };
        let load = |set: &[&str]| {
            let set = set.iter().map(|set| (*set).to_owned()).collect();
            load_from("a.toml".as_ref(), &Sources { set, ..text.clone() })
        };
        let optimizers = ["sgd", "adam", "adamw", "adagrad", "rmsprop"];
        for optimizer in optimizers.map(|word| format!("training.optimizer={word}")) {
            load(&[&optimizer]).unwrap();
        }
        for kind in ["constant", "step", "exponential", "cosine", "plateau"] {
            let needed = ["training.schedule.gamma=0.5", "training.schedule.step_size=1"];
            let needed = match kind {
                "step" => &needed[..],
                "exponential" => &needed[..1],
                _ => &[],
            };
            let kind = format!("training.schedule.kind={kind}");
            load(&[&[kind.as_str()], needed].concat()).unwrap();
        }
    }
}
