//! The task `autoencoder`: dense layers down to a narrow one and up again, with relu between, that
//! restore what they read (Hinton and Salakhutdinov 2006).

use super::data::VectorBatch;
use crate::data::{Batches, Minibatches, Split};
use crate::kernels::Compute;
use crate::metric::{Score, number};
use crate::nn::Result;
use crate::nn::axis::{Batch, Code, Features, Hidden};
use crate::nn::loss::{self, Target, score};
use crate::nn::{
    Array, Elementwise, Linear, ModelState, Parameters, Pass, RELU, Recording, Step, init,
};
use crate::spec::Experiment;
use crate::tasks::output::{Output, Picture};
use crate::tasks::{Artifacts, Model, TaskNetwork};
use dfdx::prelude::*;

/// Pairs of original and reconstruction that are kept.
const SHOWN: usize = 10;

/// Linear layers F → H → C → H → F with relu between: a tuple of modules is a module, as everywhere
/// in dfdx.
type Layers = (
    (Linear<Features, Hidden>, Elementwise),
    (Linear<Hidden, Code>, Elementwise),
    (Linear<Code, Hidden>, Elementwise),
    Linear<Hidden, Features>,
);

/// An autoencoder.
pub struct Autoencoder {
    layers: Layers,
    width: Features,
    hidden: Hidden,
    code: Code,
}

impl Autoencoder {
    /// An autoencoder of vectors of this many numbers, its weights drawn at random.
    pub fn build(experiment: &Experiment, width: usize, compute: &Compute) -> Model<Self> {
        let (mut parameters, spec) = (Parameters::default(), &experiment.model);
        let p = &mut parameters;
        let (width, hidden, code) =
            (Features(width), Hidden(spec.hidden_size), Code(spec.code_size));
        let layers = (
            (Linear::new(p, "encoder.0", width, hidden), RELU),
            (Linear::new(p, "encoder.2", hidden, code), RELU),
            (Linear::new(p, "decoder.0", code, hidden), RELU),
            Linear::new(p, "decoder.2", hidden, width),
        );
        init::draw(p, spec, experiment.seed);
        let network = Self { layers, width, hidden, code };
        Model { parameters, network, compute: compute.clone() }
    }

    fn input(&self, pass: &Pass, batch: &VectorBatch) -> Result<Array<(Batch, Features)>> {
        let numbers = pass.compute().adopt(batch.values.clone());
        Array::new(pass, (Batch(batch.batch), self.width), numbers)
    }

    /// What the network restores of each vector, (B, F).
    fn restored(&self, pass: &Pass, batch: &VectorBatch) -> Result<Vec<f32>> {
        Ok(self.layers.try_forward(self.input(pass, batch)?)?.values().to_vec())
    }
}

impl TaskNetwork for Autoencoder {
    type Data = Minibatches<Vec<f32>>;

    fn loss(
        &self,
        pass: &Pass,
        tape: Recording,
        batch: &VectorBatch,
        _: &mut ModelState,
        step: Step,
    ) -> Result<(Array<(), Recording>, Score)> {
        let restored = self.layers.try_forward(self.input(pass, batch)?.put_tape(tape))?;
        let scale = step.scale(batch.values.len(), batch.batch);
        loss::loss(restored, Target::Numbers(&batch.values), scale)
    }

    fn evaluate(&self, pass: &Pass, batch: &VectorBatch, _: &mut ModelState) -> Result<Score> {
        let mut restored = self.restored(pass, batch)?;
        Ok(score(pass.compute(), &mut restored, Target::Numbers(&batch.values), 1.0))
    }

    fn describe(&self) -> Vec<String> {
        let (Features(input), Hidden(hidden), Code(code)) = (self.width, self.hidden, self.code);
        vec![
            format!("encoder    linear {input} → {hidden}, relu, linear {hidden} → {code}, relu"),
            format!("decoder    linear {code} → {hidden}, relu, linear {hidden} → {input}"),
        ]
    }

    /// Some vectors beside what is restored of them, and how well the mean of the training vectors
    /// would do in the place of each.
    fn artifacts(&self, pass: &Pass, data: &Minibatches<Vec<f32>>) -> Result<Artifacts> {
        let (mut artifacts, width) = (Artifacts::default(), self.width.0);
        let train = data.examples(Split::Train);
        let mut mean = vec![0.0f64; width];
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
                artifacts.figures.push((format!("{name}_mse_of_mean"), error));
            }
        }
        let shown = [Split::Test, Split::Valid, Split::Train].into_iter();
        let shown = shown.map(|split| data.examples(split)).find(|vectors| !vectors.is_empty());
        let head = ["image", "kind"].map(str::to_owned).into_iter();
        let mut rows = vec![head.chain((0..width).map(|place| format!("x{place}"))).collect()];
        for (place, vector) in shown.unwrap_or_default().iter().take(SHOWN).enumerate() {
            let batch = VectorBatch { values: vector.clone(), batch: 1 };
            for (kind, values) in
                [("original", vector), ("restored", &self.restored(pass, &batch)?)]
            {
                let names = [place.to_string(), kind.to_owned()].into_iter();
                let values = values.iter().map(|value| number(f64::from(*value)));
                rows.push(names.chain(values).collect());
            }
        }
        let picture = is_square(width).then_some(Picture::Images);
        artifacts.outputs.push(Output::table("reconstructions.csv", rows, picture));
        Ok(artifacts)
    }
}

fn is_square(number: usize) -> bool {
    number.isqrt().pow(2) == number
}
