//! A folder of its own, in which a page's commands are run one after the other as in a shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What is written for `runner` where it is not installed.
const FROM_SOURCE: &str = "cargo run --release -- ";

/// Other programs whose commands pages may show. They are not run.
const OTHERS: [&str; 6] = ["cargo", "docker", "git", "pip", "podman", "uvx"];

/// A reader's terminal.
pub struct Session {
    home: TempDir,
    folder: PathBuf,
}

/// How a command ended.
pub struct Ended {
    pub code: i32,
    /// Its answer; what it says on standard error where there is none.
    pub text: String,
}

impl Session {
    /// In an empty folder.
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        Self { folder: home.path().to_owned(), home }
    }

    /// Copies a folder of the repository, without corpora that were downloaded into it.
    pub fn copy(&self, from: &Path, name: &str) {
        let all = walkdir::WalkDir::new(from).into_iter();
        for entry in
            all.filter_entry(|entry| entry.file_name() != "full").map(|it| it.expect("read"))
        {
            let inner = entry.path().strip_prefix(from).expect("inside");
            let target = self.home.path().join(name).join(inner);
            if entry.file_type().is_dir() {
                fs::create_dir_all(target).expect("made");
            } else {
                fs::copy(entry.path(), target).expect("copied");
            }
        }
    }

    /// Writes a file, and the folder that it stands in.
    pub fn write(&self, name: &str, text: &str) {
        let folder = self.folder.join(name).parent().map(Path::to_owned);
        fs::create_dir_all(folder.expect("a folder")).expect("made");
        fs::write(self.folder.join(name), text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Runs a command. One that changes the folder does so for those that follow.
    pub fn run(&mut self, command: &str) -> Ended {
        let command = command.replace(FROM_SOURCE, "runner ");
        let place = self.home.path().join(".place");
        let program = Path::new(env!("CARGO_BIN_EXE_runner"));
        let programs = [program.parent().expect("a folder").to_owned()];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(programs.into_iter().chain(std::env::split_paths(&path)));
        let output = Command::new("sh")
            .args(["-c", &format!("{command}\ncode=$?\npwd > '{}'\nexit $code", place.display())])
            .current_dir(&self.folder)
            .env("PATH", path.expect("a path"))
            .envs([("NO_COLOR", "1"), ("LC_ALL", "C.UTF-8")])
            .env_remove("COLUMNS")
            .env_remove("RUNNER_SIMD")
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        if let Ok(folder) = fs::read_to_string(place) {
            self.folder = PathBuf::from(folder.trim_end());
        }
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).expect("UTF-8");
            text.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>()
        };
        let (answer, said) = (text(output.stdout), text(output.stderr));
        let text = if answer.is_empty() && !output.status.success() { said } else { answer };
        Ended { code: output.status.code().unwrap_or(-1), text: text.trim_end().to_owned() }
    }

    /// Asks whether the program takes a command's arguments: it tells what they mean, and runs
    /// nothing.
    pub fn accepts(&mut self, command: &str) -> Result<(), String> {
        let program = command.split(' ').next().unwrap_or_default();
        if OTHERS.contains(&program) && !command.starts_with(FROM_SOURCE) {
            return Ok(());
        }
        is_runnable(command)?;
        let ended = self.run(&format!("{command} --help"));
        let is_help = ended.code == 0 && ended.text.contains("Usage: runner");
        // Prose may name an option without a value.
        let is_named = ended.text.contains("a value is required for '--");
        if is_help || is_named {
            Ok(())
        } else {
            Err(format!("`{command}` is not accepted: {}", ended.text))
        }
    }
}

/// Whether a command can be run here: the program itself, and what makes and enters folders.
pub fn is_runnable(command: &str) -> Result<(), String> {
    let known = |part: &str| {
        part.starts_with(FROM_SOURCE)
            || matches!(part.split_whitespace().next(), Some("runner" | "mkdir" | "cd"))
    };
    let plain = |part: &str| known(part) && !part.contains([';', '|', '>', '&']);
    if command.split(" && ").all(plain) {
        return Ok(());
    }
    Err(format!("`{command}` cannot be run by this test: mark it"))
}
