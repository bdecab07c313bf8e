//! What a task is made of, and how all else sees it.

use super::layers;
use super::predict::{PredictError, Trained};
use super::torch::Export;
use super::trainer::{Model, TaskNetwork, TaskTrainer, Trainer};
use crate::data::{DataError, Dataset, DatasetInfo, Split};
use crate::kernels::Compute;
use crate::metric::Metric;
use crate::nn::BeginError;
use crate::spec::{self, Data, Experiment};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

/// Predicts for a text with a trained network. Both are bytes: at level `byte` they need not be
/// UTF-8.
pub type Predict = fn(&Trained<'_>, &[u8]) -> Result<Vec<u8>, PredictError>;

/// Reads the data of a task from the folders in which a corpus may lie. It fails when there are none,
/// or they are of another form.
pub type Load<T> = fn(&Data, &[PathBuf]) -> Result<Dataset<<T as Definition>::Split>, DataError>;

/// Makes of data the batches that an experiment learns from.
pub type Deal<T> =
    fn(&Experiment, &Arc<Dataset<<T as Definition>::Split>>) -> <T as TaskNetwork>::Data;

/// The model in torch.nn, and a split to evaluate it on.
pub type Write<T> = fn(&Experiment, &Dataset<<T as Definition>::Split>, Split) -> Export;

/// A task: what its network reads, and what it is judged by.
pub trait Definition: TaskNetwork + Sized + 'static {
    /// What a split of its data is, as the ids of a text or a list of examples.
    type Split: Send + Sync;

    /// What it is judged by, the figure first that decides by default; at least one.
    const METRICS: &'static [Metric];

    /// What the loss is a mean over, in the plural.
    const PREDICTIONS: &'static str;

    /// What a trained network predicts for a text, if that is a question.
    const PREDICT: Option<Predict> = None;

    /// Whether what it predicts says itself how many tokens of the text are unknown.
    const SAYS_UNKNOWN: bool = false;

    /// Whether it has recurrent layers.
    const RECURRENT: bool = true;

    /// Reads its data.
    const LOAD: Load<Self>;

    /// Deals them out.
    const BATCHES: Deal<Self>;

    /// Writes the model for PyTorch.
    const EXPORT: Write<Self>;

    /// `[data]` with the same values for keys that do not change what is loaded. Trials that then
    /// agree share one data set.
    fn shared(data: &Data) -> Data {
        data.clone()
    }

    /// Checks that a shared data set is enough for the batches asked for.
    fn check(_data: &Data, _dataset: &DatasetInfo) -> Result<(), DataError> {
        Ok(())
    }

    /// The network of an experiment, before its first step.
    ///
    /// # Errors
    /// When spec and data do not fit together.
    fn network(
        experiment: &Experiment,
        dataset: &Dataset<Self::Split>,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError>;

    /// The network in a few words.
    fn title(model: &spec::Model) -> String {
        layers::title(model, &layers::input(model))
    }

    /// How many numbers the network learns, but for those that depend on the width of the data
    /// alone: an estimate without building it.
    fn parameters(model: &spec::Model, vocabulary: u64) -> u64;
}

/// A task as an entry of the table: see [`Definition`].
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// See [`Definition::METRICS`].
    pub metrics: &'static [Metric],
    /// See [`Definition::PREDICTIONS`].
    pub predictions: &'static str,
    /// See [`Definition::PREDICT`].
    pub predict: Option<Predict>,
    /// See [`Definition::SAYS_UNKNOWN`].
    pub says_unknown: bool,
    /// See [`Definition::RECURRENT`].
    pub recurrent: bool,
    /// See [`Definition::title`].
    pub title: fn(&spec::Model) -> String,
    /// See [`Definition::parameters`].
    pub parameters: fn(&spec::Model, u64) -> u64,
    /// See [`Definition::LOAD`].
    pub load: fn(&Data, &[PathBuf]) -> Result<Arc<dyn AnyDataset>, DataError>,
    /// See [`Definition::shared`].
    pub shared: fn(&Data) -> Data,
    /// See [`Definition::check`].
    pub check: fn(&Data, &DatasetInfo) -> Result<(), DataError>,
}

impl Task {
    /// The entry of a task.
    pub fn new<T: Definition>() -> Self {
        Self {
            metrics: T::METRICS,
            predictions: T::PREDICTIONS,
            predict: T::PREDICT,
            says_unknown: T::SAYS_UNKNOWN,
            recurrent: T::RECURRENT,
            title: T::title,
            parameters: T::parameters,
            load: load::<T>,
            shared: T::shared,
            check: T::check,
        }
    }
}

/// Reads the data of a task.
pub fn load<T: Definition>(
    data: &Data,
    roots: &[PathBuf],
) -> Result<Arc<dyn AnyDataset>, DataError> {
    Ok(Arc::new(Loaded::<T>(Arc::new(T::LOAD(data, roots)?))))
}

/// A data set of any task: what is known of it, and what its task makes of it.
pub trait AnyDataset: Deref<Target = DatasetInfo> + Send + Sync {
    /// The network of an experiment with its data, before the first step.
    ///
    /// # Errors
    /// When spec and data do not fit together.
    fn begin(
        &self,
        experiment: &Experiment,
        compute: &Compute,
    ) -> Result<Box<dyn Trainer>, BeginError>;

    /// See [`Definition::EXPORT`].
    fn export(&self, experiment: &Experiment, split: Split) -> Export;
}

/// The data set of a task that is named by its type.
pub struct Loaded<T: Definition>(pub Arc<Dataset<T::Split>>);

impl<T: Definition> Deref for Loaded<T> {
    type Target = DatasetInfo;

    fn deref(&self) -> &DatasetInfo {
        &self.0.info
    }
}

impl<T: Definition> AnyDataset for Loaded<T> {
    fn begin(
        &self,
        experiment: &Experiment,
        compute: &Compute,
    ) -> Result<Box<dyn Trainer>, BeginError> {
        let model = T::network(experiment, &self.0, compute)?;
        let batches = T::BATCHES(experiment, &self.0);
        Ok(Box::new(TaskTrainer::new(batches, model, experiment.data.batch_size)))
    }

    fn export(&self, experiment: &Experiment, split: Split) -> Export {
        T::EXPORT(experiment, &self.0, split)
    }
}
