//! The task `regression`: the next value of a series, by a recurrent network whose state is carried
//! from piece to piece.

use super::headed::Headed;
use super::learner::{BeginError, Learner, Learns, Lesson, Outcome};
use super::loss::{Target, judge, on_tape};
use super::output::{Output, Picture};
use super::parameter::Array;
use super::stack::{Features, Input, Masks};
use super::step::{learn, scale};
use super::{AnyParameter, ModelError, ModelState, Network, Step};
use crate::data::{Batches, Dataset, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric, Score, number};
use crate::spec::Experiment;
use crate::tasks::regression::{SeriesBatch, SeriesBatches};
use dfdx::prelude::*;
use std::sync::Arc;

/// The most steps of the chart of target and prediction.
const SHOWN: usize = 200;

/// What a regression is judged by.
pub fn metrics(_: &Experiment) -> &'static [Metric] {
    &[metric::MSE]
}

/// A recurrent network that reads one number a step and gives one.
pub struct Regression {
    network: Headed,
}

impl Regression {
    /// A network, its weights drawn at random.
    pub fn new(experiment: &Experiment, compute: &Compute) -> Self {
        Self { network: Headed::new(experiment, Input::Features(1), 1, compute) }
    }

    /// What the network says comes next at each step, (T, B).
    ///
    /// # Errors
    /// When memory runs out.
    pub fn predictions(
        &self,
        batch: &SeriesBatch,
        state: &mut ModelState,
    ) -> Result<Vec<f32>, ModelError> {
        let states = self.network.stack.features(self.input(batch, NoneTape)?, state)?;
        Ok(self.network.decode(states, Masks::NONE)?.values.to_vec())
    }

    fn input<T: Tape<f32, Cpu>>(
        &self,
        batch: &SeriesBatch,
        tape: T,
    ) -> Result<Features<T>, CpuError> {
        let numbers = self.network.compute.adopt(batch.inputs.clone());
        Array::new(&self.network.device, (batch.steps, batch.batch, 1), numbers, tape)
    }
}

/// A regression before its first step.
///
/// # Errors
/// Never: any series fits any network.
pub fn begin(
    experiment: &Experiment,
    dataset: &Arc<Dataset<Vec<f32>>>,
    compute: &Compute,
) -> Result<Box<dyn Learner>, BeginError> {
    let data = SeriesBatches::new(experiment, dataset);
    let network = Regression::new(experiment, compute);
    Ok(Box::new(Lesson::new(data, network, experiment.data.batch_size)))
}

impl Network for Regression {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        self.network.parameters()
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        self.network.parameters_mut()
    }

    fn describe(&self) -> Vec<String> {
        self.network.describe()
    }
}

impl Learns<SeriesBatches> for Regression {
    fn zero_state(&self, sequences: usize) -> ModelState {
        self.network.stack.zero_state(sequences)
    }

    fn train(
        &mut self,
        batch: &SeriesBatch,
        state: &mut ModelState,
        step: Step,
    ) -> Result<Score, ModelError> {
        let masks = Masks { step: Some(step), first: 0 };
        let device = self.network.device.clone();
        learn(self, &device, &[], |it, tape| {
            let network = &it.network;
            let states = network.stack.features_taped(it.input(batch, tape)?, state, masks)?;
            let predictions = network.decode(states, masks)?;
            let target = Target::Numbers(&batch.targets);
            let scale = scale(step.reduction, batch.targets.len(), batch.batch);
            on_tape(&network.compute, &network.device, predictions, target, scale)
        })
    }

    fn evaluate(&self, batch: &SeriesBatch, state: &mut ModelState) -> Result<Score, ModelError> {
        let mut predictions = self.predictions(batch, state)?;
        Ok(judge(&self.network.compute, &mut predictions, Target::Numbers(&batch.targets), 1.0))
    }

    /// Target and prediction of the last split that there is.
    fn outcome(&self, data: &SeriesBatches) -> Result<Outcome, ModelError> {
        let mut held_out = [Split::Test, Split::Valid].into_iter();
        let split = held_out.find(|split| data.predictions(*split) > 0);
        let mut state = self.zero_state(1);
        let head = ["step", "target", "prediction"].map(str::to_owned).to_vec();
        let mut rows = vec![head];
        for batch in data.evaluation(split.unwrap_or(Split::Train)) {
            let predictions = self.predictions(&batch, &mut state)?;
            for (target, prediction) in batch.targets.iter().zip(predictions) {
                let values = [*target, prediction].map(|value| number(f64::from(value)));
                rows.push([rows.len().to_string()].into_iter().chain(values).collect());
            }
        }
        let mut shown = rows.clone();
        shown.truncate(SHOWN + 1);
        let outputs = vec![
            Output::table("predictions.csv", rows, None),
            Output::table("wave.csv", shown, Some(Picture::Curves)),
        ];
        Ok(Outcome { outputs, ..Outcome::default() })
    }
}
