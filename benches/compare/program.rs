//! The whole program, start-up included: a sweep, its memory, its first step.

use crate::Options;
use crate::contender::{Contender, own, python, single_threaded};
use crate::table::{Spread, Table, verdict};
use crate::workload::{self, Workload, stream};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Characters of the corpora of characters.
const CHARACTERS: usize = 1_100_000;

/// Words of the corpus of words: those of the Penn Treebank.
const WORDS: usize = 930_000;

/// Trials of the sweep, and steps of each.
const TRIALS: usize = 8;
const TRAIN_STEPS: usize = 60;

/// Rounds of the sweep.
const SWEEPS: usize = 2;

/// Runs the parts asked for and prints their table.
pub fn print(options: &Options) {
    let mut table = Table::new(&["what", "measured", "target", ""]);
    let parts: [(&str, Part); 4] =
        [("threads", threads), ("sweep", sweep), ("memory", memory), ("start", start)];
    for (name, part) in parts {
        if options.wants(name) {
            eprintln!("{name}");
            if part(options, &mut table).is_none() {
                let failed = [name, "failed", "", ""].map(String::from);
                table.row(&failed);
            }
        }
    }
    table.print();
}

type Part = fn(&Options, &mut Table) -> Option<()>;

/// Two threads on one trial against one.
fn threads(options: &Options, table: &mut Table) -> Option<()> {
    let workload = workload::find("zaremba-medium")?;
    let mut one = Contender::start("1 thread", &mut own(&workload, "1"))?;
    let mut two = Contender::start("2 threads", &mut own(&workload, "2"))?;
    for _ in 0..options.rounds {
        let speeds = [one.burst(options.seconds)?, two.burst(options.seconds)?];
        eprintln!("  1 thread {:.0}, 2 threads {:.0}", speeds[0], speeds[1]);
    }
    let ratio = Spread::of(two.speeds.iter().zip(&one.speeds).map(|(two, one)| two / one))?;
    table.row(&[
        "zaremba-medium, 2 threads against 1 (wall)".into(),
        format!("{ratio} times as fast"),
        "≥ 1.7".into(),
        verdict(ratio.median >= 1.7).into(),
    ]);
    Some(())
}

/// Eight trials on two cores, from the start of the first process to the end of the last.
fn sweep(options: &Options, table: &mut Table) -> Option<()> {
    let folder = tempfile::tempdir().ok()?;
    let workload = workload::find("char-rnn")?;
    let corpus = write_corpus(folder.path(), &workload)?;
    let tail = format!("steps = {TRAIN_STEPS}\n");
    let spec = write_spec(folder.path(), &workload, &corpus, 0.0, &tail, TRIALS)?;
    let mut json = serde_json::to_value(&workload).ok()?;
    json["corpus"] = corpus.to_str()?.into();
    json["train_steps"] = TRAIN_STEPS.into();
    let torch = |trials: usize| {
        let mut json = json.clone();
        json["trials"] = trials.into();
        let mut command = python(&options.python(), "torch_worker.py", &json);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let wants_torch = options.against.iter().any(|name| name == "torch");
    let (mut ours, mut fours, mut ones) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..SWEEPS {
        let results = folder.path().join(format!("results{round}"));
        let mut command = runner(&spec, &results);
        command.args(["--quiet", "--jobs", "2"]);
        ours.push(two_at_a_time(&mut [command])?);
        if wants_torch {
            fours.extend(two_at_a_time(&mut [torch(4), torch(4)]));
            ones.extend(two_at_a_time(&mut [(); TRIALS].map(|()| torch(1))));
        }
        eprintln!("  runner {ours:.2?}, torch 2 × 4 {fours:.2?}, torch 8 × 1 {ones:.2?} s");
    }
    let what = format!("sweep: {TRIALS} char-rnn trials of {TRAIN_STEPS} steps on 2 cores (wall)");
    let seconds = Spread::of(ours.iter().copied())?;
    for (others, name, target) in [
        (fours, "two PyTorch processes of four trials each", 2.5),
        (ones, "a PyTorch process a trial, two at a time", 4.0),
    ] {
        let ratios = others.iter().zip(&ours).map(|(theirs, ours)| theirs / ours);
        let (measured, met) = match Spread::of(ratios) {
            Some(ratio) => {
                let theirs = Spread::of(others.iter().copied())?;
                let text = format!(
                    "{ratio} times as fast ({:.1} s, {:.1} s)",
                    seconds.median, theirs.median
                );
                (text, verdict(ratio.median >= target))
            }
            None => (format!("{:.1} s; PyTorch not installed", seconds.median), ""),
        };
        table.row(&[format!("{what} against {name}"), measured, format!("≥ {target}"), met.into()]);
    }
    Some(())
}

/// The most memory that a run ever had.
fn memory(_: &Options, table: &mut Table) -> Option<()> {
    for (name, limit, tail) in [
        ("char-rnn", 40.0, "steps = 120\nevaluate_every = 40\n"),
        ("zaremba-small", 80.0, "steps = 40\nevaluate_every = 20\n"),
    ] {
        let folder = tempfile::tempdir().ok()?;
        let workload = workload::find(name)?;
        let corpus = write_corpus(folder.path(), &workload)?;
        let spec = write_spec(folder.path(), &workload, &corpus, 0.05, tail, 1)?;
        let mut command = runner(&spec, &folder.path().join("results"));
        command.args(["--quiet", "--jobs", "1", "--threads", "1"]);
        let mut child = command.spawn().ok()?;
        let status = format!("/proc/{}/status", child.id());
        let mut most = 0.0_f64;
        while child.try_wait().ok()?.is_none() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let peak = text
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
            let kibibytes: f64 = peak.and_then(|number| number.parse().ok()).unwrap_or(0.0);
            most = most.max(kibibytes * 1024.0 / 1e6);
            std::thread::sleep(Duration::from_millis(1));
        }
        child.wait().ok().filter(|status| status.success())?;
        let bytes = std::fs::metadata(&corpus).ok()?.len() as f64 / 1e6;
        table.row(&[
            format!("memory: VmHWM of a run of {name} with validation, {bytes:.1} MB of text"),
            format!("{most:.1} MB"),
            format!("< {limit} MB"),
            verdict(most < limit).into(),
        ]);
    }
    Some(())
}

/// From the start of the process to its first event, and to the row after its first step.
fn start(options: &Options, table: &mut Table) -> Option<()> {
    let folder = tempfile::tempdir().ok()?;
    let workload = workload::find("char-rnn")?;
    let corpus = write_corpus(folder.path(), &workload)?;
    let tail = "steps = 3\nevaluate_every = 1\n";
    let spec = write_spec(folder.path(), &workload, &corpus, 0.0, tail, 1)?;
    let (mut begun, mut stepped) = (Vec::new(), Vec::new());
    for round in 0..options.rounds {
        let results = folder.path().join(format!("results{round}"));
        let mut command = runner(&spec, &results);
        command.args(["--quiet", "--json", "--jobs", "1", "--threads", "1"]);
        let clock = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn().ok()?;
        for line in BufReader::new(child.stdout.take()?).lines() {
            let spent = clock.elapsed().as_secs_f64() * 1e3;
            let event: serde_json::Value = serde_json::from_str(&line.ok()?).ok()?;
            match event["event"].as_str()? {
                "started" => begun.push(spent),
                "row" if event["step"] == 1 => stepped.push(spent),
                _ => {}
            }
        }
        child.wait().ok().filter(|status| status.success())?;
    }
    let (begun, stepped) = (Spread::of(begun)?, Spread::of(stepped)?);
    table.row(&[
        "start: from the process to the row of its first step, as `--json` prints it with \
         `evaluate_every = 1`; char-rnn, 1.1 MB of text"
            .into(),
        format!(
            "{:.0} ms ({:.0}–{:.0}); `started` after {:.0} ms",
            stepped.median, stepped.low, stepped.high, begun.median
        ),
        "≤ 100 ms".into(),
        verdict(stepped.median <= 100.0).into(),
    ]);
    Some(())
}

/// `runner` with a spec.
fn runner(spec: &Path, results: &Path) -> Command {
    let mut command = single_threaded(Path::new(env!("CARGO_BIN_EXE_runner")));
    command.arg(spec).arg("--results").arg(results);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Runs processes, two at a time: seconds from the first one's start to the last one's end. None
/// if one fails.
fn two_at_a_time(commands: &mut [Command]) -> Option<f64> {
    let clock = Instant::now();
    let mut running: Vec<Child> = Vec::new();
    let mut waiting = commands.iter_mut();
    loop {
        while running.len() < 2
            && let Some(command) = waiting.next()
        {
            running.push(command.spawn().ok()?);
        }
        let mut place = 0;
        while let Some(child) = running.get_mut(place) {
            match child.try_wait().ok()? {
                Some(status) if status.success() => drop(running.remove(place)),
                Some(_) => return None,
                None => place += 1,
            }
        }
        if running.is_empty() && waiting.len() == 0 {
            return Some(clock.elapsed().as_secs_f64());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The stream of a workload as a text: characters, or words of up to three letters and a number.
fn write_corpus(folder: &Path, workload: &Workload) -> Option<PathBuf> {
    let mut text = String::new();
    if workload.embedding == 0 {
        let characters = stream(CHARACTERS, workload.vocabulary);
        text.extend(characters.iter().filter_map(|id| char::from_u32('0' as u32 + id)));
    } else {
        for (place, id) in stream(WORDS, workload.vocabulary).iter().enumerate() {
            let end = if place % 20 == 19 { '\n' } else { ' ' };
            write!(text, "w{id}{end}").ok()?;
        }
    }
    let path = folder.join("corpus.txt");
    std::fs::write(&path, text).ok()?;
    Some(path)
}

/// A workload as a spec. `length` are the keys of `[training]` that say when it ends.
fn write_spec(
    folder: &Path,
    workload: &Workload,
    corpus: &Path,
    valid_fraction: f64,
    length: &str,
    seeds: usize,
) -> Option<PathBuf> {
    let level = if workload.embedding == 0 { "char" } else { "word" };
    let Workload {
        cell,
        layers,
        embedding,
        hidden,
        batch,
        steps,
        optimizer,
        learning_rate,
        clip_norm,
        reduction,
        ..
    } = workload;
    let text = format!(
        r#"task = "language_model"
seed = 1

[data]
corpus = {corpus:?}
level = "{level}"
sampling = "consecutive"
batch_size = {batch}
sequence_length = {steps}
valid_fraction = {valid_fraction:?}
test_fraction = 0.0

[model]
architecture = "{cell}"
layers = {layers}
embedding_size = {embedding}
hidden_size = {hidden}

[training]
optimizer = "{optimizer}"
learning_rate = {learning_rate:?}
reduction = "{reduction}"
clip = {{ norm = {clip_norm:?} }}
{length}
[sweep]
seeds = {seeds}
"#
    );
    let path = folder.join("compare.toml");
    std::fs::write(&path, text).ok()?;
    Some(path)
}
