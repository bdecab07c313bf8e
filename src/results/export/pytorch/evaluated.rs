//! The data that an exported file evaluates its model on.

use crate::data::Split;
use crate::runs::run_json::RunJson;
use crate::spec::Experiment;
use crate::tasks::torch::Array;
use crate::tasks::{self, AnyDataset};
use safetensors::SafeTensorError;
use safetensors::tensor::TensorView;

/// A split, and what was recorded of it.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// The name of the split.
    pub split: &'static str,
    /// The task's figure that was recorded with these weights, if the split was evaluated.
    pub figure: Option<f64>,
    arrays: Vec<Array>,
}

impl Evaluated {
    /// The first split of validation and test that a recorded figure belongs to, else the training
    /// split.
    pub fn of(run: &RunJson, experiment: &Experiment, dataset: &dyn AnyDataset) -> Self {
        let [metric, ..] = tasks::metrics(experiment).all else {
            return Self { split: "train", figure: None, arrays: Vec::new() };
        };
        let figure = |column| run.result.as_ref()?.figure(column);
        let [_, valid, test] = metric.columns.map(figure);
        let (split, figure) = match (valid, test) {
            (Some(_), _) => (Split::Valid, valid),
            (None, Some(_)) => (Split::Test, test),
            (None, None) => (Split::Train, None),
        };
        Self { split: split.name(), figure, arrays: dataset.arrays(experiment, split) }
    }

    /// The arrays as a safetensors file.
    ///
    /// # Errors
    /// When the format refuses them, which it does not.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SafeTensorError> {
        let mut views = Vec::with_capacity(self.arrays.len());
        for array in &self.arrays {
            views.push((
                array.name,
                TensorView::new(array.dtype, array.shape.clone(), &array.bytes)?,
            ));
        }
        safetensors::serialize(views, None)
    }
}
