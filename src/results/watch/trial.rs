//! What is known of a trial.

use super::stamp::Stamp;
use crate::files;
use crate::metric::{Metric, Metrics};
use crate::runs::damage;
use crate::runs::lock;
use crate::runs::metrics_csv::{Columns, MetricsCsv};
use crate::runs::paths::{METRICS, Paths};
use crate::runs::run_json::{Deciding, ResultRecord, Status, json};
use crate::runs::state::State;
use crate::spec::{self, Length};
use crate::tasks;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// The figures of a row, by the names of their columns.
pub type Figures = BTreeMap<String, f64>;

/// How a trial stands.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Its name, which is that of its folder.
    pub name: String,
    pub folder: PathBuf,
    pub seed: u64,
    /// Its status in a word; `damaged` if its files are not what a trial writes, `unread` before the
    /// first look at them.
    pub status: &'static str,
    /// Why it failed or was stopped, or what is damaged.
    pub why: Option<String>,
    /// How far it is to be trained.
    pub length: Length,
    /// The last row.
    pub last: Figures,
    /// The best row, by the metric that decides.
    pub best: Figures,
    /// Predictions a second in the last row, and what they are.
    pub speed: Option<(f64, &'static str)>,
    /// When it will have come to its end, if it runs and the files say enough.
    pub ends: Option<SystemTime>,
    /// When a file of it was last written.
    pub written: Option<SystemTime>,
}

/// A trial, and what has been read of its files.
pub(super) struct Known {
    pub(super) planned: spec::Trial,
    folder: PathBuf,
    /// Of `run.json`, `error.txt`, `metrics.csv` and `timing.csv`; `None` before the first look.
    stamps: Option<[Stamp; 4]>,
    pub(super) state: State,
    /// What is wrong with its rows.
    damage: Option<String>,
    rows: Rows,
}

/// What is kept of the rows of a trial.
#[derive(Default)]
struct Rows {
    last: Figures,
    best: Figures,
    speed: Option<f64>,
    /// Seconds that the last row says a step takes, and the steps until the end.
    step: Option<(f64, f64)>,
}

impl Known {
    /// A trial of which nothing has been read.
    pub(super) fn new(folder: PathBuf, planned: spec::Trial) -> Self {
        let state = State { status: Status::Planned, why: None, record: None };
        Self { planned, folder, stamps: None, state, damage: None, rows: Rows::default() }
    }

    /// Whether nothing has been read of it.
    pub(super) fn is_new(&self) -> bool {
        self.stamps.is_none()
    }

    /// Looks at its files, and reads them again if one has changed: whether that is so.
    pub(super) fn look(&mut self) -> bool {
        let paths = Paths(self.folder.clone());
        let error = self.folder.join(crate::runs::state::ERROR);
        let files = [paths.run(), error, paths.metrics(), paths.timing()];
        let stamps = Some(files.map(|path| Stamp::of(&path)));
        let before = self.state.status;
        if stamps == self.stamps {
            // A process that was killed writes nothing more, and one of elsewhere is seen by its signs.
            if self.recorded() == Some(Status::Running) {
                let held = lock::is_held(&paths);
                self.state.status = if held { Status::Running } else { Status::Interrupted };
            }
            return self.state.status != before;
        }
        self.stamps = stamps;
        self.read(&paths);
        true
    }

    /// What its record says, be its process alive or not.
    fn recorded(&self) -> Option<Status> {
        self.state.record.as_ref().map(|record| record.status)
    }

    fn read(&mut self, paths: &Paths) {
        self.state = State::read(&self.folder);
        self.rows = Rows::default();
        self.damage = None;
        // Where a link leads out of the folder, nothing in it is read.
        if self.state.record.is_none() {
            return;
        }
        let bytes = files::read(&paths.metrics()).unwrap_or_default();
        let metrics = MetricsCsv::parse_ended(&bytes);
        let timing = MetricsCsv::parse_ended(&files::read(&paths.timing()).unwrap_or_default());
        self.damage = match self.state.sum(METRICS) {
            None => metrics.first_wrong_row(),
            sum => damage::of_bytes(METRICS, &bytes, sum),
        };
        let metrics_of = tasks::metrics(&self.planned.experiment);
        self.rows = Rows::of(&metrics, &timing.columns(), metrics_of, &self.planned.experiment);
        // Until it has ended, what it stands by is its best row.
        let goes_on = self.state.status != Status::Failed;
        if let Some(record) = self.state.record.as_mut().filter(|it| goes_on && it.result.is_none())
        {
            record.result = self.rows.interim(metrics_of);
        }
    }

    /// How it stands.
    pub(super) fn shown(&self) -> Trial {
        let Self { planned, folder, stamps, state, damage, rows } = self;
        let runs = state.status == Status::Running;
        let [run, _, metrics, _] = stamps.unwrap_or([Stamp::of(&PathBuf::new()); 4]);
        let ends = rows.step.filter(|_| runs).and_then(|(seconds, left)| {
            let left = Duration::try_from_secs_f64(seconds * left).ok()?;
            metrics.written()?.checked_add(left)
        });
        let speed = rows.speed.filter(|_| runs);
        let status = match (self.is_new(), damage) {
            (true, _) => "unread",
            (_, Some(_)) => "damaged",
            _ => state.status.name(),
        };
        Trial {
            name: planned.name.clone(),
            folder: folder.clone(),
            seed: planned.experiment.seed,
            status,
            why: damage.clone().or_else(|| state.why.clone()),
            length: planned.experiment.training.length(),
            last: rows.last.clone(),
            best: rows.best.clone(),
            speed: speed.map(|speed| (speed, tasks::of(planned.experiment.task).predictions)),
            ends,
            written: run.written().max(metrics.written()),
        }
    }
}

impl Rows {
    fn of(
        csv: &MetricsCsv,
        timing: &Columns,
        metrics: Metrics,
        experiment: &spec::Experiment,
    ) -> Self {
        let columns = csv.columns();
        let standings = csv.standings(&metrics.deciding);
        let best = standings.iter().enumerate().min_by_key(|(_, standing)| **standing);
        let figures = |row: Option<&Vec<Option<f64>>>| -> Figures {
            let cells = columns.names.iter().zip(row.into_iter().flatten());
            cells.filter_map(|(name, cell)| Some((name.clone(), (*cell)?))).collect()
        };
        let last = figures(columns.rows.last());
        let step = seconds_a_step(timing).zip(steps_left(&columns, experiment));
        Self {
            best: figures(best.and_then(|(row, _)| columns.rows.get(row))),
            speed: timing.column("tokens_per_second").and_then(|speeds| *speeds.last()?),
            step,
            last,
        }
    }

    /// What would be recorded if the trial ended now.
    fn interim(&self, metrics: Metrics) -> Option<ResultRecord> {
        let whole = |name: &str| self.best.get(name).map(|number| *number as u64);
        let of_metric = |(name, _): &(&String, &f64)| Metric::of_column(name).is_some();
        let figures = self.best.iter().filter(of_metric);
        Some(ResultRecord {
            steps: self.last.get("step").map(|step| *step as u64)?,
            best_epoch: whole("epoch")?,
            best_step: whole("step")?,
            metric: Deciding::of(&metrics.deciding),
            figures: figures.map(|(name, value)| (name.clone(), json(*value))).collect(),
            stopped_early: false,
        })
    }
}

/// How long a step took in the last row of `timing.csv`.
fn seconds_a_step(timing: &Columns) -> Option<f64> {
    let rows = timing.points("step", "seconds");
    let ((step, seconds), before) = rows.split_last()?;
    let steps = step - before.last().map_or(0.0, |(step, _)| *step);
    (steps > 0.0).then_some(seconds / steps)
}

/// The steps that are left after the last row of `metrics.csv`.
///
/// Of epochs the length is known once one has ended: with a row every few steps that is in the second.
fn steps_left(metrics: &Columns, experiment: &spec::Experiment) -> Option<f64> {
    let rows = metrics.points("epoch", "step");
    let (epoch, step) = *rows.last()?;
    let all = match experiment.training.length() {
        Length::Steps(steps) => steps as f64,
        Length::Epochs(_) if epoch < 2.0 && experiment.training.evaluate_every.is_some() => {
            return None;
        }
        Length::Epochs(epochs) => {
            let an_epoch = rows.iter().map(|(epoch, step)| step / epoch.max(1.0));
            an_epoch.fold(0.0, f64::max) * epochs as f64
        }
    };
    Some((all - step).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMING: &[u8] = b"epoch,step,seconds,tokens_per_second\n1,50,5,90\n2,100,10,45\n";

    fn trial(set: &[&str]) -> spec::Trial {
        let files = vec![("a.toml".to_owned(), "data.corpus = 'x'\n".to_owned())];
        let set = set.iter().map(|text| (*text).to_owned()).collect();
        let spec = spec::load_from("a.toml".as_ref(), &spec::Sources { files, set }).unwrap();
        spec.trials[0].clone()
    }

    fn left(metrics: &str, set: &[&str]) -> Option<f64> {
        let columns = MetricsCsv::parse(metrics.as_bytes()).columns();
        steps_left(&columns, &trial(set).experiment)
    }

    #[test]
    fn what_is_left_is_counted_from_the_last_row() {
        let rows = "epoch,step\n1,50\n2,100\n";
        assert_eq!(left(rows, &["training.epochs=6"]), Some(200.0));
        assert_eq!(left(rows, &["training.steps=130"]), Some(30.0));
        assert_eq!(left(rows, &["training.epochs=1"]), Some(0.0));
        assert_eq!(left("epoch,step\n", &[]), None);
        // With a row every 20 steps the first epoch, of 50 steps, does not say how long it is.
        let every = ["training.epochs=3", "training.evaluate_every=20"];
        assert_eq!(left("epoch,step\n1,20\n1,40\n", &every), None);
        assert_eq!(left("epoch,step\n1,20\n1,40\n2,60\n2,80\n2,100\n", &every), Some(50.0));
        assert_eq!(seconds_a_step(&MetricsCsv::parse(TIMING).columns()), Some(0.2));
        assert_eq!(seconds_a_step(&Columns::default()), None);
    }

    #[test]
    fn the_best_row_stands_for_a_trial_until_it_ends() {
        let rows = b"epoch,step,train_loss,valid_loss,train_perplexity,valid_perplexity\n\
                     1,50,5,4,90,30\n2,100,4,3,70,20\n3,150,3,5,60,40\n";
        let (csv, trial) = (MetricsCsv::parse(rows), trial(&[]));
        let metrics = tasks::metrics(&trial.experiment);
        let timing = MetricsCsv::parse(TIMING).columns();
        let rows = Rows::of(&csv, &timing, metrics, &trial.experiment);
        assert_eq!((rows.last["step"], rows.best["step"], rows.speed), (150.0, 100.0, Some(45.0)));
        let interim = rows.interim(metrics).unwrap();
        assert_eq!((interim.best_epoch, interim.steps), (2, 150));
        assert_eq!(interim.deciding_on(interim.split()), Some(20.0));
        assert!(Rows::default().interim(metrics).is_none());
    }

    /// What is half written, has vanished or is no file at all is read as far as it goes.
    #[test]
    fn damage_and_loss_are_told() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("trial");
        let mut known = Known::new(folder.clone(), trial(&[]));
        assert_eq!(known.shown().status, "unread");
        assert!(known.look() && !known.look());
        assert_eq!(known.shown().status, "planned");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("run.json"), "{\"status\": \"runn").unwrap();
        assert!(known.look() && !known.look());
        let shown = known.shown();
        assert_eq!(shown.status, "damaged");
        assert!(shown.why.unwrap().starts_with("run.json is damaged: EOF"));
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::write(&folder, "a file").unwrap();
        assert!(known.look());
        assert_eq!(known.shown().status, "planned");
    }
}
