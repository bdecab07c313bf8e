//! The task `autoencoder`: dense layers down to a narrow one and up again, with relu between, that
//! restore what they read (Hinton and Salakhutdinov 2006).

use super::dense::{Dense, relu};
use super::initialization::draw;
use super::learner::{BeginError, Learner, Learns, Lesson, Outcome};
use super::loss::{Target, judge, on_tape};
use super::output::{Output, Picture};
use super::parameter::Array;
use super::step::{learn, scale};
use super::{AnyParameter, ModelError, ModelState, Network, Step};
use crate::data::{Batches, Dataset, Minibatches, Split};
use crate::kernels::Compute;
use crate::metric::{self, Metric, Score, number};
use crate::spec::{self, Experiment};
use crate::tasks::autoencoder::{VectorBatch, width};
use dfdx::prelude::*;
use std::sync::Arc;

/// Pairs of original and reconstruction that are kept.
const SHOWN: usize = 10;

/// What an autoencoder is judged by.
pub fn metrics(_: &Experiment) -> &'static [Metric] {
    &[metric::MSE]
}

/// Dense layers F → H → C → H → F.
pub struct Autoencoder {
    device: Cpu,
    compute: Compute,
    sizes: [usize; 5],
    layers: Vec<Dense>,
}

impl Autoencoder {
    /// An autoencoder of vectors of so many numbers, its weights drawn at random.
    pub fn new(experiment: &Experiment, width: usize, compute: &Compute) -> Self {
        let (device, spec): (Cpu, &spec::Model) = (Cpu::default(), &experiment.model);
        let sizes = [width, spec.hidden_size, spec.code_size, spec.hidden_size, width];
        let names = ["encoder.0", "encoder.2", "decoder.0", "decoder.2"];
        let layers = names.iter().zip(sizes.windows(2));
        let layers = layers.map(|(name, sizes)| Dense::new(&device, name, sizes[0], sizes[1]));
        let layers = layers.collect();
        let mut network = Self { device, compute: compute.clone(), sizes, layers };
        draw(&mut network, spec, experiment.seed);
        network
    }

    fn forward<T: Tape<f32, Cpu>>(
        &self,
        batch: &VectorBatch,
        tape: T,
    ) -> Result<super::dense::Rows<T>, CpuError> {
        let shape = (batch.batch, self.sizes[0]);
        let input = self.compute.adopt(batch.values.clone());
        let mut values = Array::new(&self.device, shape, input, tape)?;
        for (place, layer) in self.layers.iter().enumerate() {
            values = layer.forward(&self.compute, &self.device, values)?;
            if place + 1 < self.layers.len() {
                values = relu(&self.compute, &self.device, values)?;
            }
        }
        Ok(values)
    }

    /// What the network restores of each vector, (B, F).
    ///
    /// # Errors
    /// When memory runs out.
    pub fn restored(&self, batch: &VectorBatch) -> Result<Vec<f32>, ModelError> {
        Ok(self.forward(batch, NoneTape)?.values.to_vec())
    }
}

/// An autoencoder before its first step.
///
/// # Errors
/// Never: the network takes the width of the vectors.
pub fn begin(
    experiment: &Experiment,
    dataset: &Arc<Dataset<Vec<Vec<f32>>>>,
    compute: &Compute,
) -> Result<Box<dyn Learner>, BeginError> {
    let network = Autoencoder::new(experiment, width(dataset), compute);
    let data = Minibatches::new(experiment, dataset);
    Ok(Box::new(Lesson::new(data, network, experiment.data.batch_size)))
}

impl Network for Autoencoder {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        self.layers.iter().flat_map(Dense::parameters).collect()
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        self.layers.iter_mut().flat_map(Dense::parameters_mut).collect()
    }

    fn describe(&self) -> Vec<String> {
        let [input, hidden, code, ..] = self.sizes;
        vec![
            format!("encoder    linear {input} → {hidden}, relu, linear {hidden} → {code}, relu"),
            format!("decoder    linear {code} → {hidden}, relu, linear {hidden} → {input}"),
        ]
    }
}

impl Learns<Minibatches<Vec<f32>>> for Autoencoder {
    fn train(
        &mut self,
        batch: &VectorBatch,
        _: &mut ModelState,
        step: Step,
    ) -> Result<Score, ModelError> {
        let device = self.device.clone();
        learn(self, &device, &[], |it, tape| {
            let restored = it.forward(batch, tape)?;
            let scale = scale(step.reduction, batch.values.len(), batch.batch);
            on_tape(&it.compute, &it.device, restored, Target::Numbers(&batch.values), scale)
        })
    }

    fn evaluate(&self, batch: &VectorBatch, _: &mut ModelState) -> Result<Score, ModelError> {
        let mut restored = self.restored(batch)?;
        Ok(judge(&self.compute, &mut restored, Target::Numbers(&batch.values), 1.0))
    }

    /// Some vectors beside what is restored of them, and how well the mean of the training vectors
    /// would do in the place of each.
    fn outcome(&self, data: &Minibatches<Vec<f32>>) -> Result<Outcome, ModelError> {
        let mut outcome = Outcome::default();
        let train = data.examples(Split::Train);
        let mut mean = vec![0.0f64; self.sizes[0]];
        for vector in train {
            mean.iter_mut().zip(vector).for_each(|(mean, value)| *mean += f64::from(*value));
        }
        mean.iter_mut().for_each(|mean| *mean /= train.len() as f64);
        for (split, name) in [(Split::Valid, "valid"), (Split::Test, "test")] {
            let vectors = data.examples(split);
            let errors = vectors.iter().flat_map(|vector| vector.iter().zip(&mean));
            let sum: f64 = errors.map(|(value, mean)| (f64::from(*value) - mean).powi(2)).sum();
            if !vectors.is_empty() {
                let error = sum / data.predictions(split) as f64;
                outcome.figures.push((format!("{name}_mse_of_mean"), error));
            }
        }
        let shown = [Split::Test, Split::Valid, Split::Train].into_iter();
        let shown = shown.map(|split| data.examples(split)).find(|vectors| !vectors.is_empty());
        let head = ["image", "kind"].map(str::to_owned).into_iter();
        let mut rows =
            vec![head.chain((0..self.sizes[0]).map(|place| format!("x{place}"))).collect()];
        for (place, vector) in shown.unwrap_or_default().iter().take(SHOWN).enumerate() {
            let batch = VectorBatch { values: vector.clone(), batch: 1 };
            for (kind, values) in [("original", vector), ("restored", &self.restored(&batch)?)] {
                let names = [place.to_string(), kind.to_owned()].into_iter();
                let values = values.iter().map(|value| number(f64::from(*value)));
                rows.push(names.chain(values).collect());
            }
        }
        let picture = is_square(self.sizes[0]).then_some(Picture::Images);
        outcome.outputs.push(Output::table("reconstructions.csv", rows, picture));
        Ok(outcome)
    }
}

fn is_square(number: usize) -> bool {
    number.isqrt().pow(2) == number
}
