//! What a trial will cost, from a few real steps of it.

use crate::data::Split;
use crate::kernels::Compute;
use crate::machine::{peak_memory, reset_peak_memory};
use crate::metric::PERPLEXITY;
use crate::metric::Score;
use crate::plot::{self, Title};
use crate::runs;
use crate::runs::checkpoint::Spent;
use crate::runs::checkpoint::{Checkpoint, Identity};
use crate::spec::Experiment;
use crate::tasks::{AnyDataset, SampleKey};
use crate::train::{Session, TrainError};
use std::time::{Duration, Instant};

/// How long calibration may take, beside its least number of steps.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Steps whose time is not counted: memory and caches are cold.
const COLD: u64 = 3;

/// What a trial will cost.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// The network, a line a layer.
    pub model: Vec<String>,
    /// Trainable numbers.
    pub parameters: usize,
    /// Steps of the whole training.
    pub steps: u64,
    /// Steps of a pass over the training text.
    pub steps_per_epoch: u64,
    /// Rows of `metrics.csv`.
    pub rows: u64,
    /// Seconds of the whole training, evaluation and generation included.
    pub seconds: f64,
    /// The process's most memory in bytes, if the system says.
    pub peak_memory: Option<u64>,
}

/// Makes a few steps of a trial, evaluates a little, draws a chart, leaves nothing, and
/// extrapolates.
///
/// # Errors
/// When the trial cannot be trained: its first steps diverge, a prefix is unknown.
pub fn estimate(
    experiment: &Experiment,
    dataset: &dyn AnyDataset,
    compute: Compute,
) -> Result<Estimate, TrainError> {
    compute.clone().enter(|| measure(experiment, dataset, compute))
}

/// [`estimate`] on this thread.
fn measure(
    experiment: &Experiment,
    dataset: &dyn AnyDataset,
    compute: Compute,
) -> Result<Estimate, TrainError> {
    reset_peak_memory();
    let mut session = Session::new(experiment, dataset, compute)?;
    let (steps, steps_per_epoch) = (session.steps(), session.steps_per_epoch());
    let step = time_step(&mut session)?;
    let every = experiment.training.evaluate_every.unwrap_or(steps_per_epoch).max(1);
    let rows = steps.div_ceil(every);
    let evaluation = time_evaluation(&session)?;
    let generation = time_generation(&session, experiment)?;
    let saving = time_saving(&session)?;
    let (model, parameters) = (session.trainer().describe(), session.parameters().count());
    drop(session);
    // The trial's chart, and its part in the experiment's.
    let drawing = 2.0 * time_drawing()?;
    Ok(Estimate {
        model,
        parameters,
        steps,
        steps_per_epoch,
        rows,
        seconds: step * steps as f64 + (evaluation + generation + saving) * rows as f64 + drawing,
        peak_memory: peak_memory(),
    })
}

/// Seconds of drawing a chart, which takes as much memory as a small model.
fn time_drawing() -> Result<f64, TrainError> {
    let draw = || -> std::io::Result<f64> {
        let folder = tempfile::tempdir()?;
        let metrics = folder.path().join("metrics.csv");
        std::fs::write(
            &metrics,
            "epoch,step,train_perplexity,valid_perplexity\n1,9,40,50\n2,18,30,45\n",
        )?;
        let started = Instant::now();
        plot::trial(&metrics, folder.path(), &PERPLEXITY, &Title::default())
            .map_err(std::io::Error::other)?;
        Ok(started.elapsed().as_secs_f64())
    };
    Ok(draw().map_err(crate::files::failed(&std::env::temp_dir()))?)
}

/// Seconds of what is written at the end of a row.
fn time_saving(session: &Session) -> Result<f64, TrainError> {
    let write = || -> std::io::Result<f64> {
        let file = tempfile::NamedTempFile::new()?;
        let started = Instant::now();
        let none = String::new;
        let identity = Identity { version: none(), spec_sha256: none(), data_sha256: none() };
        let checkpoint = Checkpoint {
            identity,
            snapshot: session.snapshot(),
            spent: Spent::default(),
            files: Vec::new(),
        };
        runs::checkpoint::write(&checkpoint, file.path())?;
        file.as_file().sync_all()?;
        Ok(started.elapsed().as_secs_f64())
    };
    Ok(write().map_err(crate::files::failed(&std::env::temp_dir()))?)
}

/// Mean seconds of a warm step.
fn time_step(session: &mut Session) -> Result<f64, TrainError> {
    let (mut counted, mut seconds) = (0u32, 0.0);
    let begun = Instant::now();
    while !session.is_done() && (counted < 3 || begun.elapsed() < PATIENCE) {
        let cold = session.progress().step < COLD.min(session.steps().saturating_sub(1));
        let started = Instant::now();
        session.step()?;
        if !cold {
            seconds += started.elapsed().as_secs_f64();
            counted += 1;
        }
    }
    Ok(seconds / f64::from(counted.max(1)))
}

/// Seconds of an evaluation of the whole validation split, from a part of it.
fn time_evaluation(session: &Session) -> Result<f64, TrainError> {
    let whole = session.trainer().predictions(Split::Valid);
    if whole == 0 {
        return Ok(0.0);
    }
    let started = Instant::now();
    let mut go_on = |_: &Score| started.elapsed() < PATIENCE / 2;
    let part = session.trainer().evaluate(Split::Valid, &mut go_on)?;
    Ok(started.elapsed().as_secs_f64() * whole as f64 / part.count.max(1) as f64)
}

/// Seconds of the samples of a row, in the mean over rows.
fn time_generation(session: &Session, experiment: &Experiment) -> Result<f64, TrainError> {
    const SHORT: usize = 32;
    let (length, every) = match &experiment.generation {
        Some(generation) => (generation.length, generation.every.max(1)),
        None => (SHORT, 1),
    };
    let started = Instant::now();
    let key = SampleKey { seed: experiment.seed, row: 0 };
    let written = session.trainer().samples(key, Some(SHORT))?.len();
    let longer = (length as f64 / SHORT as f64).max(1.0);
    let prefixes = experiment.generation.as_ref().map_or(0, |it| it.prefixes.len());
    let more = prefixes as f64 / written.max(1) as f64;
    Ok(started.elapsed().as_secs_f64() * longer * more.max(1.0) / every as f64)
}
