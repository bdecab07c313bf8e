//! The task `regression`: the next value of a series, by a recurrent network whose state is carried
//! from piece to piece.

use super::data::{SeriesBatch, SeriesBatches};
use crate::data::{Batches, Split};
use crate::kernels::Compute;
use crate::metric::{Score, number};
use crate::nn::Result;
use crate::nn::axis::{Batch, Features, Time};
use crate::nn::from_spec::Input;
use crate::nn::loss::{self, Target, score};
use crate::nn::{Array, ModelState, PaddingMask, Parameters, Pass, Recording, Step, init};
use crate::spec::{self, Experiment};
use crate::tasks::output::{Output, Picture};
use crate::tasks::sequence_model::{FeatureModel, describe};
use crate::tasks::{Artifacts, Model, TaskNetwork};
use dfdx::prelude::*;

/// The most steps of the chart of target and prediction.
const SHOWN: usize = 200;

/// A recurrent network that reads one number a step and gives one.
pub struct Regression {
    model: FeatureModel,
    spec: spec::Model,
}

impl Regression {
    /// A network, its weights drawn at random.
    pub fn build(experiment: &Experiment, compute: &Compute) -> Model<Self> {
        let (mut parameters, spec) = (Parameters::default(), &experiment.model);
        let model = FeatureModel::new(&mut parameters, spec, Features(1), Features(1));
        init::draw(&mut parameters, spec, experiment.seed);
        let network = Self { model, spec: spec.clone() };
        Model { parameters, network, compute: compute.clone() }
    }

    /// What the network says comes next at each step, (T, B).
    fn predictions(
        &self,
        pass: &Pass,
        batch: &SeriesBatch,
        state: &mut ModelState,
    ) -> Result<Vec<f32>> {
        let (input, mask) = input(pass, batch)?;
        let states = self.model.stack.read(input, &mask, state)?;
        Ok(self.model.decode(states)?.values().to_vec())
    }
}

/// The numbers of a batch, (T, B, 1), of which none is padding.
fn input(
    pass: &Pass,
    batch: &SeriesBatch,
) -> Result<(Array<(Time, Batch, Features)>, PaddingMask<Time>)> {
    let (steps, sequences) = (Time(batch.steps), Batch(batch.batch));
    let numbers = pass.compute().adopt(batch.inputs.clone());
    let array = Array::new(pass, (steps, sequences, Features(1)), numbers)?;
    Ok((array, PaddingMask::none(steps, sequences)))
}

impl TaskNetwork for Regression {
    type Data = SeriesBatches;

    fn zero_state(&self, sequences: usize) -> ModelState {
        self.model.stack.zero_state(Batch(sequences))
    }

    fn loss(
        &self,
        pass: &Pass,
        tape: Recording,
        batch: &SeriesBatch,
        state: &mut ModelState,
        step: Step,
    ) -> Result<(Array<(), Recording>, Score)> {
        let (input, mask) = input(pass, batch)?;
        let states = self.model.stack.read(input.put_tape(tape), &mask, state)?;
        let predictions = self.model.decode(states)?;
        let scale = step.scale(batch.targets.len(), batch.batch);
        loss::loss(predictions, Target::Numbers(&batch.targets), scale)
    }

    fn evaluate(&self, pass: &Pass, batch: &SeriesBatch, state: &mut ModelState) -> Result<Score> {
        let mut predictions = self.predictions(pass, batch, state)?;
        Ok(score(pass.compute(), &mut predictions, Target::Numbers(&batch.targets), 1.0))
    }

    fn describe(&self) -> Vec<String> {
        describe(&self.spec, Input::Features(1), 1, "")
    }

    /// Target and prediction of the last split that there is.
    fn artifacts(&self, pass: &Pass, data: &SeriesBatches) -> Result<Artifacts> {
        let mut evaluated = [Split::Test, Split::Valid].into_iter();
        let split = evaluated.find(|split| data.predictions(*split) > 0);
        let mut state = self.zero_state(1);
        let head = ["step", "target", "prediction"].map(str::to_owned).to_vec();
        let mut rows = vec![head];
        for batch in data.evaluation(split.unwrap_or(Split::Train)) {
            let predictions = self.predictions(pass, &batch, &mut state)?;
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
        Ok(Artifacts { outputs, ..Artifacts::default() })
    }
}
