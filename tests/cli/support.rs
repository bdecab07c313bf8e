//! A folder of its own for every test, with a small text in it, and the program run there.

use samebits::random::{Purpose, Stream};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// A spec that trains in a moment.
pub const TINY: &str = r#"
seed = 7
[data]
corpus = "tale.txt"
level = "char"
batch_size = 4
sequence_length = 10
valid_fraction = 0.1
test_fraction = 0.1
[model]
architecture = "lstm"
hidden_size = 12
[training]
epochs = 2
learning_rate = 1e-2
[generation]
prefixes = ["the "]
length = 20
"#;

/// The files of a trial that are a function of its spec, its seed and its text.
pub const REPRODUCIBLE: [&str; 4] =
    ["metrics.csv", "samples.txt", "model.safetensors", "spec.toml"];

/// A folder with `tale.txt`, a text of 2,000 letters.
pub struct Place(TempDir);

/// What the program left on its streams.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        Self::within(tempfile::tempdir().expect("a folder"))
    }

    /// A folder in memory, where the system has such: for tests that write very often.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        let made = memory.is_dir().then(|| tempfile::tempdir_in(memory).ok()).flatten();
        Self::within(made.unwrap_or_else(|| tempfile::tempdir().expect("a folder")))
    }

    fn within(folder: TempDir) -> Self {
        let place = Self(folder);
        place.write("tale.txt", tale(2_000));
        place
    }

    /// A folder with [`TINY`] as `tiny.toml`.
    pub fn with_tiny() -> Self {
        let place = Self::new();
        place.write("tiny.toml", TINY);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    pub fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).expect("UTF-8")
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The program with its arguments, parted by spaces.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runner"));
        command.current_dir(self.0.path()).args(arguments.split_whitespace());
        command.env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8");
        command.env_remove("RUNNER_SIMD").env_remove("COLUMNS");
        command
    }

    /// Runs the program to its end. One that hangs is killed, and has no exit code.
    pub fn run(&self, arguments: &str) -> Ended {
        Ended::of(self.command(arguments))
    }

    /// Trains on one thread, and expects it to work.
    pub fn train(&self, arguments: &str) -> Ended {
        let ended = self.run(&format!("{arguments} -j 1 --threads 1"));
        assert_eq!(ended.code, Some(0), "{arguments}: {}{}", ended.stdout, ended.stderr);
        ended
    }

    /// The names of the trials of an experiment, below a folder of results.
    pub fn trials(&self, experiment: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(experiment))
            .unwrap_or_else(|error| panic!("{experiment}: {error}"))
            .map(|entry| entry.expect("an entry"))
            .filter(|entry| entry.path().is_dir())
            .map(|entry| format!("{experiment}/{}", entry.file_name().to_string_lossy()))
            .collect();
        names.sort();
        names
    }

    /// The folder of the only trial of an experiment.
    pub fn trial(&self, experiment: &str) -> String {
        let mut names = self.trials(experiment);
        assert_eq!(names.len(), 1, "{names:?}");
        names.remove(0)
    }

    /// A trial's `run.json`.
    pub fn run_json(&self, trial: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(&format!("{trial}/run.json"))).expect("JSON")
    }

    /// The rows of a CSV file, the header first.
    pub fn table(&self, name: &str) -> Vec<Vec<String>> {
        let bytes = self.bytes(name);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        let rows = reader.records().map(|row| row.unwrap_or_else(|e| panic!("{name}: {e}")));
        rows.map(|row| row.iter().map(str::to_owned).collect()).collect()
    }

    /// Asserts that two trials left the same numbers, text and weights.
    pub fn assert_same(&self, one: &str, other: &str) {
        for file in REPRODUCIBLE {
            let [a, b] = [one, other].map(|trial| self.bytes(&format!("{trial}/{file}")));
            assert!(a == b, "{file} of {one} and {other} differ{}", difference(&a, &b));
        }
    }
}

/// The first lines that differ, where both are text.
fn difference(a: &[u8], b: &[u8]) -> String {
    let (Ok(a), Ok(b)) = (str::from_utf8(a), str::from_utf8(b)) else {
        return String::new();
    };
    match a.lines().zip(b.lines()).find(|(a, b)| a != b) {
        Some((a, b)) => format!(":\n{a}\n{b}"),
        None => format!(" in length: {} and {} lines", a.lines().count(), b.lines().count()),
    }
}

impl Ended {
    pub fn of(command: Command) -> Self {
        let mut command = assert_cmd::Command::from_std(command);
        let output = command.timeout(Duration::from_secs(120)).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        Self { code: output.status.code(), stdout, stderr }
    }

    /// Asserts the exit code, that there was no panic, and that standard error says these things
    /// (line breaks and the rules beside a message aside).
    pub fn assert_says(&self, code: i32, things: &[&str]) {
        let said = flat(&self.stderr);
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        assert!(!said.contains("panicked") && !said.contains("internal error"), "{said}");
        for thing in things {
            assert!(said.contains(&flat(thing)), "{thing:?} is not in: {said}");
        }
    }
}

/// A message on one line.
fn flat(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !matches!(*word, "│" | "├─▶" | "╰─▶" | "×"));
    words.collect::<Vec<_>>().join(" ")
}

/// A text of so many letters: sentences of a small language, the same each time.
pub fn tale(letters: usize) -> String {
    let words = ["the", "old", "lamp", "asked", "a", "window", "for", "night", "wind", "sea"];
    let mut stream = Stream::new(1, Purpose::Shuffle, 0);
    let mut text = String::new();
    while text.len() < letters {
        let end = if stream.below(7) == 0 { ".\n" } else { " " };
        text.push_str(words[stream.below(words.len() as u64) as usize]);
        text.push_str(end);
    }
    text.truncate(letters);
    text
}

/// Whether a file is there and not empty.
pub fn is_filled(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() > 0)
}
