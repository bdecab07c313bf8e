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

/// The most steps of the data in the chart of target, prediction and forecast.
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

    /// What the network says comes after some values, one after the other: each is read before the next.
    fn forecast(&self, pass: &Pass, known: &[f32], count: usize) -> Result<Vec<f32>> {
        let (mut state, mut inputs) = (self.zero_state(1), known.to_vec());
        let mut forecast = Vec::with_capacity(count);
        for _ in 0..count {
            let (steps, targets) = (inputs.len(), Vec::new());
            let batch = SeriesBatch { inputs, targets, steps, batch: 1 };
            let Some(next) = self.predictions(pass, &batch, &mut state)?.last().copied() else {
                break;
            };
            forecast.push(next);
            inputs = vec![next];
        }
        Ok(forecast)
    }

    /// The end of a table of targets and predictions for the values that were read, with a forecast.
    fn wave(&self, pass: &Pass, rows: &[Vec<String>], read: &[f32]) -> Result<Vec<Vec<String>>> {
        let shown = read.len().min(SHOWN);
        let begin = read.len() - shown / 3;
        let forecast = self.forecast(pass, &read[..begin], shown / 3 + shown / 4)?;
        let mut wave =
            vec![["step", "target", "prediction", "forecast"].map(str::to_owned).to_vec()];
        // The row of a step has the value that comes after what is read there.
        let end = read.len().max((begin + forecast.len()).saturating_sub(1));
        for step in read.len() - shown + 1..=end {
            let beyond = || vec![step.to_string(), String::new(), String::new()];
            let mut row = rows.get(step).cloned().unwrap_or_else(beyond);
            let next = step.checked_sub(begin).and_then(|place| forecast.get(place));
            row.push(next.map(|value| number(f64::from(*value))).unwrap_or_default());
            wave.push(row);
        }
        Ok(wave)
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

    /// Target and prediction of the last split that there is; and of its end a forecast, for which the
    /// network reads the first two thirds and from then on what it says itself, past the end of the data.
    fn artifacts(&self, pass: &Pass, data: &SeriesBatches) -> Result<Artifacts> {
        let mut evaluated = [Split::Test, Split::Valid].into_iter();
        let split = evaluated.find(|split| data.predictions(*split) > 0);
        let mut state = self.zero_state(1);
        let head = ["step", "target", "prediction"].map(str::to_owned).to_vec();
        let mut rows = vec![head];
        let mut read = Vec::new();
        for batch in data.evaluation(split.unwrap_or(Split::Train)) {
            let predictions = self.predictions(pass, &batch, &mut state)?;
            read.extend_from_slice(&batch.inputs);
            for (target, prediction) in batch.targets.iter().zip(predictions) {
                let values = [*target, prediction].map(|value| number(f64::from(value)));
                rows.push([rows.len().to_string()].into_iter().chain(values).collect());
            }
        }
        let wave = self.wave(pass, &rows, &read)?;
        let outputs = vec![
            Output::table("predictions.csv", rows, None),
            Output::table("wave.csv", wave, Some(Picture::Curves)),
        ];
        Ok(Artifacts { outputs, ..Artifacts::default() })
    }
}
