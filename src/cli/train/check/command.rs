//! `--run COMMAND`: trains another program seed by seed, until it is clear what comes of it.

use super::{CheckOptions, Found};
use crate::cli::failure::{Failure, exit};
use crate::cli::signals::listen;
use crate::results::gate::baseline::Baseline;
use crate::results::gate::decide::compare::compare;
use crate::results::gate::decide::looks::Looks;
use crate::results::gate::entry::{Entry, Mode};
use crate::results::gate::foreign::columns::Columns;
use crate::results::gate::foreign::gather;
use crate::results::gate::foreign::sources::{Reading, Told, stamps};
use crate::results::gate::outcome::Verdict;
use crate::shell::{self, Ended};
use crate::streams;
use std::path::{Path, PathBuf};

/// The place of the seed in a command.
const SEED: &str = "{seed}";

/// Runs a command for each seed, in their order, and gathers what it leaves.
pub(super) fn run(
    command: &str,
    figures: &[PathBuf],
    baseline: &Baseline,
    options: &CheckOptions,
) -> Result<Found, Failure> {
    if !command.contains(SEED) {
        let help = "say where it stands: --run 'python train.py --seed {seed}'";
        return Err(usage("the command of --run does not take the seed", help));
    }
    let script = script_of(command);
    let columns = options.columns.clone().or(&baseline.columns);
    let reading =
        Reading { columns: &columns, name: options.name.as_deref(), script: Some(&script) };
    let seeds = seeds(baseline, reading.name.unwrap_or(&script), options)?;
    let looks = (!options.all_seeds).then(|| Looks::of(seeds.len()));
    let training = Training { command, figures, reading, stop: listen()?, quiet: options.quiet };
    let mut told = Told::default();
    for seeds in seeds.chunks(options.resources.jobs.unwrap_or(1)) {
        training.run(seeds, &mut told)?;
        let found = found(&told, &columns, baseline, looks.clone())?;
        if !options.update && is_clear(&found, baseline, options) {
            return Ok(found);
        }
    }
    found(&told, &columns, baseline, looks)
}

fn found(
    told: &Told,
    columns: &Columns,
    baseline: &Baseline,
    looks: Option<Looks>,
) -> Result<Found, Failure> {
    let (measured, experiments) =
        gather::measure(told, columns, &baseline.entries).map_err(Failure::usage)?;
    Ok(Found { measured, experiments, looks })
}

/// Whether more seeds would not change the outcome of any experiment.
fn is_clear(found: &Found, baseline: &Baseline, options: &CheckOptions) -> bool {
    let Some(looks) = &found.looks else { return false };
    let asked = options.asked();
    found.measured.iter().all(|measured| {
        let Ok(measured) = measured else { return true };
        let Some(entry) = baseline.entries.get(&measured.name) else { return true };
        let is_statistical = entry.mode(asked, entry.seeds.len()) == Mode::Statistical;
        let verdict = compare(measured, entry, asked, Some(looks)).verdict;
        match verdict {
            Verdict::Regression | Verdict::Changed => is_statistical || measured.lost().is_some(),
            Verdict::Pass | Verdict::Improved => is_statistical,
            Verdict::Refused => true,
            _ => false,
        }
    })
}

/// The seeds that are said, else those of the baseline: of the experiment, or where it is not known by
/// its name, of all that other programs trained.
fn seeds(baseline: &Baseline, name: &str, options: &CheckOptions) -> Result<Vec<u64>, Failure> {
    if let Some(count) = options.seeds {
        return Ok((1..=count as u64).collect());
    }
    let foreign = || baseline.entries.values().filter(|entry| entry.spec_sha256.is_none());
    let entries: Vec<&Entry> = match baseline.entries.get(name) {
        Some(entry) => vec![entry],
        None => foreign().collect(),
    };
    let seeds = entries.iter().flat_map(|entry| entry.seeds.keys());
    let mut seeds: Vec<u64> = seeds.filter_map(|seed| seed.parse().ok()).collect();
    seeds.sort_unstable();
    seeds.dedup();
    if seeds.is_empty() {
        let help = "say how many: --seeds 10";
        return Err(usage("the baseline has no seeds that the command could be run with", help));
    }
    Ok(seeds)
}

/// What an experiment is called whose figures do not tell it: the script that is run, or the program.
fn script_of(command: &str) -> String {
    let words = || command.split_whitespace().map(|word| word.trim_matches(['\'', '"']));
    let is_script = |word: &&str| {
        let ending = Path::new(word).extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|it| ["py", "sh", "r", "R", "jl", "lua", "rb", "js"].contains(&it))
    };
    let word = words().find(is_script).or_else(|| words().next()).unwrap_or_default();
    Path::new(word).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn usage(what: &str, help: &str) -> Failure {
    Failure::usage(miette::miette!(help = help.to_owned(), "{what}"))
}

/// A command that trains.
struct Training<'a> {
    command: &'a str,
    figures: &'a [PathBuf],
    reading: Reading<'a>,
    stop: std::sync::Arc<std::sync::atomic::AtomicBool>,
    quiet: bool,
}

impl Training<'_> {
    /// Trains with some seeds at once, and adds what came of it.
    fn run(&self, seeds: &[u64], told: &mut Told) -> Result<(), Failure> {
        let commands: Vec<String> =
            seeds.iter().map(|seed| self.command.replace(SEED, &seed.to_string())).collect();
        let before: Vec<_> = seeds.iter().map(|seed| stamps(self.figures, *seed)).collect();
        let ended = shell::run(&commands, &self.stop).map_err(|error| {
            Failure::internal(miette::miette!("cannot run the command of --run: {error}"))
        })?;
        let Some(ended) = ended else { return Err(Failure::told(exit::INTERRUPTED)) };
        // One that failed has ended the others.
        for (seed, ended) in seeds.iter().zip(&ended) {
            if let Some(ended) = ended.as_ref().filter(|ended| !ended.status.success()) {
                return Err(failed(*seed, ended));
            }
        }
        for ((seed, ended), before) in seeds.iter().zip(ended.iter().flatten()).zip(before) {
            let read = if self.figures.is_empty() {
                self.reading.printed(*seed, &ended.output)
            } else {
                if !before.is_empty() && before == stamps(self.figures, *seed) {
                    return Err(left_alone(*seed, &before[0].0));
                }
                self.reading.read_seed(self.figures, *seed)
            };
            let read = read.map_err(Failure::usage)?;
            if !self.quiet {
                streams::tell(format_args!("seed {seed}: done"));
            }
            // A file of all seeds is read again, with what was added to it.
            if !self.figures.is_empty() && !self.is_of_one_seed() {
                *told = read;
            } else {
                told.extend(read);
            }
        }
        Ok(())
    }

    /// Whether each seed has files of its own.
    fn is_of_one_seed(&self) -> bool {
        self.figures.iter().any(|path| path.to_string_lossy().contains(SEED))
    }
}

/// The command did not come to its end.
fn failed(seed: u64, ended: &Ended) -> Failure {
    let errors = ended.errors.trim_end();
    let last = if errors.is_empty() { "it wrote nothing to its standard error" } else { errors };
    let help = format!("the last of its standard error:\n{}", streams::visible(last));
    let status = ended.status;
    let report = miette::miette!(
        code = "check::command_failed",
        help = help,
        "seed {seed}: the command of --run ended with {status}"
    );
    Failure { report: Some(report), code: exit::TRIAL }
}

/// Figures of an earlier run would pass for those of this one.
fn left_alone(seed: u64, path: &Path) -> Failure {
    let help = "let the command write it, or name another with --results";
    let what = format!("seed {seed}: the command has not written {}", path.display());
    usage(&what, help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_experiment_is_called_as_its_script() {
        for (command, wanted) in [
            ("python train.py --seed {seed}", "train"),
            ("cd 'a b' && python3 \"src/lm.py\" {seed}", "lm"),
            ("./bin/trainer -s {seed}", "trainer"),
            ("", ""),
        ] {
            assert_eq!(script_of(command), wanted, "{command}");
        }
    }
}
