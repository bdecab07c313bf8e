//! `runner init [WHAT] [FILE]`.

use crate::bundle;
use crate::cli::failure::Failure;
use crate::cli::print;
use crate::files::{make_folder, write_whole};
use crate::spec;
use crate::spec::keys::{Key, Kind};
use crate::spec::table::find_key;
use crate::streams;
use clap::{Args, ValueHint};
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, value};

/// The spec of a language model that trains in a minute, with a comment for every key.
const STARTER: &str = include_str!("starter.toml");
/// The file beside a spec that editors complete from.
const SCHEMA: &str = "runner.schema.json";
/// The prefix that a corpus's text begins with, where "the " would be odd.
const PREFIXES: &[(&str, &str)] = &[("seinfeld", "mona:"), ("jaychou", "不分开")];

/// Options of a new spec.
#[derive(Debug, Args)]
pub(in crate::cli) struct InitOptions {
    /// A task (language_model …) or the name of a shipped experiment; -: ask on the terminal
    #[arg(value_name = "WHAT")]
    pub what: Option<String>,
    /// The spec to write [default: WHAT.toml]; -: standard output, and no other file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    pub force: bool,
}

/// Writes a commented spec, the schema beside it, and the text if it is a shipped one.
pub(in crate::cli) fn init(options: &InitOptions) -> Result<(), Failure> {
    let asked = options.what.as_deref().filter(|what| *what != "-");
    let (name, text) = match asked {
        Some(what) => find(what)?,
        None if std::io::stdin().is_terminal() || options.what.is_some() => ask()?,
        None => {
            let help = format!("give one of: {}", known().join(", "));
            return Err(Failure::usage(miette::miette!(help = help, "what shall the spec be of?")));
        }
    };
    let file = options.file.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.toml")));
    if file == Path::new("-") {
        return print::data(&text);
    }
    if file.exists() && !options.force {
        let help = "give another FILE, or --force";
        let file = file.display();
        return Err(Failure::usage(miette::miette!(help = help, "{file} is there already")));
    }
    write_all(&file, &text)?;
    print::answer(&format!("{0}: written\nrun it with: runner {0}", file.display()))
}

/// The spec of a task or a shipped experiment, with the name of its file.
fn find(what: &str) -> Result<(String, String), Failure> {
    if what == "language_model" {
        return Ok((what.to_owned(), STARTER.to_owned()));
    }
    let of_task = |text: &str| task_of(text).as_deref() == Some(what);
    let mut shipped = bundle::experiments();
    let found = bundle::experiments()
        .find(|(name, _)| *name == what)
        .or_else(|| shipped.find(|(_, text)| of_task(text)));
    match found {
        Some((_, text)) => {
            let schema = text.replacen("#:schema ../schema/", "#:schema ./", 1);
            Ok((what.to_owned(), schema))
        }
        None => {
            let help = format!("there are: {}", known().join(", "));
            Err(Failure::usage(miette::miette!(
                help = help,
                "no task and no shipped experiment is called {what:?}"
            )))
        }
    }
}

/// The task that a spec names.
fn task_of(text: &str) -> Option<String> {
    let spec: DocumentMut = text.parse().ok()?;
    Some(spec.get("task")?.as_str()?.to_owned())
}

/// Tasks that have a spec to begin with, then the shipped experiments.
fn known() -> Vec<String> {
    let mut tasks = words("task");
    tasks.retain(|task| {
        task == "language_model"
            || bundle::experiments().any(|(_, text)| task_of(text).as_ref() == Some(task))
    });
    // An experiment may have the name of its task.
    let experiments = bundle::experiments().map(|(name, _)| name.to_owned());
    let others: Vec<_> = experiments.filter(|name| !tasks.contains(name)).collect();
    tasks.extend(others);
    tasks
}

/// The words that a key takes.
fn words(key: &str) -> Vec<String> {
    let words = find_key(key).map_or(&[][..], |key| key.kind.words());
    words.iter().map(|word| word.name.to_owned()).collect()
}

/// Writes the spec, the schema beside it, what it extends, and a shipped text into `datasets/`.
fn write_all(file: &Path, text: &str) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let put = |path: &Path, bytes: &[u8]| -> Result<(), Failure> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            make_folder(folder).map_err(Failure::internal)?;
        }
        write_whole(path, bytes).map_err(Failure::internal)
    };
    let put_if_absent = |path: PathBuf, bytes: &[u8]| {
        if path.exists() { Ok(()) } else { put(&path, bytes) }
    };
    put(file, text.as_bytes())?;
    put_if_absent(folder.join(SCHEMA), format!("{}\n", spec::schema()).as_bytes())?;
    let Ok(parsed) = text.parse::<DocumentMut>() else { return Ok(()) };
    let base = parsed.get("extends").and_then(|base| base.as_str()).unwrap_or_default();
    let shipped = bundle::experiments().find(|(name, _)| base.strip_suffix(".toml") == Some(name));
    if let Some((name, base)) = shipped {
        let path = folder.join(format!("{name}.toml"));
        if !path.exists() {
            write_all(&path, &base.replacen("#:schema ../schema/", "#:schema ./", 1))?;
        }
    }
    let data = parsed.get("data").and_then(|data| data.get("corpus"));
    let corpus = data.and_then(|corpus| corpus.as_str()).unwrap_or_default();
    let home = Path::new("datasets").join(corpus);
    if !corpus.is_empty() && !home.exists() {
        for (path, bytes) in bundle::corpus(corpus) {
            put(&Path::new("datasets").join(path), bytes)?;
        }
    }
    Ok(())
}

/// Asks for what matters most, with the starter's answers as defaults.
fn ask() -> Result<(String, String), Failure> {
    let shipped = bundle::corpora().join(", ");
    let task = choose("task", "language_model", &known())?;
    if task != "language_model" {
        return find(&task);
    }
    let mut spec: DocumentMut = STARTER
        .parse()
        .map_err(|error| Failure::internal(miette::miette!("the starter: {error}")))?;
    let corpus = question(&format!("corpus ({shipped}, or a path)"), "seinfeld", |text| {
        let there = bundle::corpora().contains(&text) || Path::new(text).exists();
        if there || Path::new("datasets").join(text).exists() {
            Ok(())
        } else {
            Err(format!("there is no {text:?} here"))
        }
    })?;
    let level = if corpus == "seinfeld" { "script" } else { "char" };
    let level = choose("level", level, &words("data.level"))?;
    let architecture = choose("architecture", "lstm", &words("model.architecture"))?;
    let hidden = ask_number("hidden units", "128", "model.hidden_size")?;
    let epochs = ask_number("epochs", "5", "training.epochs")?;
    let prefix = PREFIXES.iter().find(|(of, _)| *of == corpus).map_or("the ", |(_, text)| text);
    let mut set = |table: &str, key: &str, new: toml_edit::Item| {
        if let Some(old) = spec[table][key].as_value().map(|old| old.decor().clone()) {
            spec[table][key] = new;
            if let Some(new) = spec[table][key].as_value_mut() {
                *new.decor_mut() = old;
            }
        }
    };
    set("data", "corpus", value(&corpus));
    set("data", "level", value(&level));
    set("model", "architecture", value(architecture));
    set("model", "hidden_size", value(hidden));
    set("training", "epochs", value(epochs));
    set("generation", "prefixes", value(toml_edit::Array::from_iter([prefix])));
    let stem = Path::new(&corpus).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok((format!("{level}_{stem}"), spec.to_string()))
}

/// Asks for a number that a key takes.
fn ask_number(what: &str, default: &str, key: &str) -> Result<i64, Failure> {
    let key = find_key(key);
    let digits = |text: &str| text.replace('_', "");
    let answer =
        question(what, default, |text| match (key.map(|key| key.kind), digits(text).parse()) {
            (Some(Kind::Integer(low, high)), Ok(n)) if (low..=high).contains(&n) => Ok(()),
            _ => Err(key.map_or_else(String::new, Key::expected)),
        })?;
    Ok(digits(&answer).parse().unwrap_or_default())
}

/// Asks for one of some words.
fn choose(what: &str, default: &str, among: &[String]) -> Result<String, Failure> {
    question(&format!("{what} ({})", among.join(", ")), default, |text| {
        let right = among.iter().any(|word| word == text);
        if right { Ok(()) } else { Err(format!("one of {}", among.join(", "))) }
    })
}

/// Asks until the answer is right; an empty one is the default.
fn question(
    what: &str,
    default: &str,
    right: impl Fn(&str) -> Result<(), String>,
) -> Result<String, Failure> {
    let broken = |error| Failure::internal(miette::miette!("cannot ask: {error}"));
    let stdin = std::io::stdin();
    loop {
        streams::ask(format_args!("{what} [{default}]: "));
        let mut line = String::new();
        let read = stdin.lock().read_line(&mut line).map_err(broken)?;
        let answer = if line.trim().is_empty() { default } else { line.trim() };
        match right(answer) {
            Ok(()) => return Ok(answer.to_owned()),
            Err(expected) if read == 0 => {
                return Err(Failure::usage(miette::miette!("{what}: {expected}")));
            }
            Err(expected) => streams::tell(format_args!("  {expected}")),
        }
    }
}
