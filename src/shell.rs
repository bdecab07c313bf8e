//! Runs commands of people through the platform's shell, several at once.

use crate::platform;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often it is looked whether a command has ended.
const TICK: Duration = Duration::from_millis(20);
/// How long a command that was asked to end may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// As much of a command's standard error as is told, in bytes.
const TAIL: u64 = 2_000;
/// More than any command prints that is to be read, in bytes.
const MOST: u64 = 64 << 20;

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// What it printed.
    pub output: String,
    /// The last of its standard error.
    pub errors: String,
}

/// A command that runs, in a group of processes of its own: a signal reaches what it has begun, too.
struct Running {
    child: Child,
    output: File,
    errors: File,
}

/// Runs commands at once, until all have ended; `None` if `stop` was set before. One that fails ends the
/// others: of those that were ended so, and of the others that were not waited for, there is nothing.
///
/// # Errors
/// When the shell cannot be run, or what a command prints cannot be kept.
pub(crate) fn run(
    commands: &[String],
    stop: &AtomicBool,
) -> io::Result<Option<Vec<Option<Ended>>>> {
    let mut running: Vec<Option<Running>> = Vec::new();
    for command in commands {
        match Running::begin(command) {
            Ok(begun) => running.push(Some(begun)),
            Err(error) => {
                end(&mut running);
                return Err(error);
            }
        }
    }
    let mut ended: Vec<Option<Ended>> = commands.iter().map(|_| None).collect();
    while running.iter().any(Option::is_some) {
        if stop.load(Ordering::SeqCst) {
            end(&mut running);
            return Ok(None);
        }
        for (running, ended) in running.iter_mut().zip(&mut ended) {
            let status = running.as_mut().map_or(Ok(None), |it| it.child.try_wait())?;
            if let (Some(status), Some(done)) = (status, running.take_if(|_| status.is_some())) {
                *ended = Some(done.ended(status)?);
            }
        }
        if ended.iter().flatten().any(|ended| !ended.status.success()) {
            end(&mut running);
        } else {
            sleep(TICK);
        }
    }
    Ok(Some(ended))
}

/// Asks commands to end, and ends what does not.
fn end(running: &mut [Option<Running>]) {
    for running in running.iter().flatten() {
        platform::interrupt(&running.child);
    }
    let begun = Instant::now();
    for running in running.iter_mut().filter_map(Option::take) {
        let mut child = running.child;
        while !platform::has_ended(&mut child) && begun.elapsed() < PATIENCE {
            sleep(TICK);
        }
        // What a shell has begun in the background does not hear Ctrl-C.
        platform::kill(&mut child);
    }
}

impl Running {
    fn begin(command: &str) -> io::Result<Self> {
        let [output, errors] = [tempfile::tempfile()?, tempfile::tempfile()?];
        let mut shell = platform::shell(command);
        shell.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(errors.try_clone()?);
        Ok(Self { child: shell.spawn()?, output, errors })
    }

    fn ended(mut self, status: ExitStatus) -> io::Result<Ended> {
        let text = |file: &mut File, from: u64| -> io::Result<String> {
            let mut bytes = Vec::new();
            file.seek(SeekFrom::Start(from))?;
            file.take(MOST).read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let tail = self.errors.metadata()?.len().saturating_sub(TAIL);
        let (output, errors) = (text(&mut self.output, 0)?, text(&mut self.errors, tail)?);
        Ok(Ended { status, output, errors })
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn run_all(commands: &[&str]) -> Vec<Option<Ended>> {
        let commands: Vec<String> = commands.iter().map(|it| (*it).to_owned()).collect();
        run(&commands, &AtomicBool::new(false)).unwrap().expect("not stopped")
    }

    #[test]
    fn what_commands_print_is_kept() {
        let ended = run_all(&["echo one; echo two >&2", "cat; printf 3"]);
        let texts: Vec<_> = ended.iter().flatten().map(|it| (&*it.output, &*it.errors)).collect();
        assert_eq!(texts, [("one\n", "two\n"), ("3", "")]);
    }

    #[test]
    fn one_that_fails_ends_the_others() {
        let ended = run_all(&["sleep 600 & sleep 600; echo never", "echo why >&2; exit 7"]);
        assert!(ended[0].is_none());
        let failed = ended[1].as_ref().expect("it ended");
        assert_eq!((failed.status.code(), &*failed.errors), (Some(7), "why\n"));
    }

    #[test]
    fn a_command_is_stopped_with_all_that_it_began() {
        let folder = tempfile::tempdir().unwrap();
        let [begun, mark] = ["begun", "mark"].map(|name| folder.path().join(name));
        let (begins, marks) = (begun.display(), mark.display());
        let commands = [format!("(touch {begins}; sleep 1; touch {marks}) & wait")];
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !begun.exists() {
                    sleep(TICK);
                }
                stop.store(true, Ordering::SeqCst);
            });
            assert!(run(&commands, &stop).unwrap().is_none());
        });
        sleep(Duration::from_millis(1500));
        assert!(!mark.exists());
    }
}
