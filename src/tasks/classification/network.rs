//! The task `classification`: which class a text belongs to, from the last output of a recurrent
//! network.

use super::data::{LabelledBatch, LabelledText, shortened};
use crate::data::{Batches, Minibatches, Split, UNKNOWN, Vocabulary};
use crate::kernels::Compute;
use crate::kernels::activation::sigmoid;
use crate::metric::{Score, number};
use crate::nn::Result;
use crate::nn::axis::{self, Batch, Classes, Time, Units};
use crate::nn::from_spec::Input;
use crate::nn::loss::{self, Target, predicted, score};
use crate::nn::{
    Array, BeginError, ModelState, PaddingMask, Parameters, Pass, Recording, Step, Tokens, init,
    last_state, pretrained,
};
use crate::spec::{self, ClassLoss, Experiment};
use crate::tasks::output::{Output, Picture};
use crate::tasks::predict::{PredictError, Trained};
use crate::tasks::sequence_model::{TokenModel, describe, mask};
use crate::tasks::{Artifacts, Model, TaskNetwork};
use dfdx::prelude::*;

/// A recurrent network whose last state, after all true steps of a text, is decoded into classes;
/// in both directions the last state of each.
pub struct Classifier {
    model: TokenModel,
    spec: spec::Model,
    vocabulary: axis::Vocabulary,
    loss: ClassLoss,
}

impl Classifier {
    /// A classifier for a vocabulary and this many classes, its weights drawn at random.
    ///
    /// # Errors
    /// When a loss for two classes meets another number of them, or pretrained vectors do not fit.
    pub fn build(
        experiment: &Experiment,
        vocabulary: &Vocabulary,
        classes: usize,
        compute: &Compute,
    ) -> Result<Model<Self>, BeginError> {
        let (loss, spec) = (experiment.training.loss, &experiment.model);
        if loss == ClassLoss::BinaryCrossEntropy && classes != 2 {
            return Err(BeginError::Unfit {
                what: format!(
                    "binary_cross_entropy is a loss for two classes, and there are {classes}"
                ),
                help: "set `training.loss` to \"cross_entropy\"".to_owned(),
            });
        }
        let (mut parameters, tokens) = (Parameters::default(), axis::Vocabulary(vocabulary.len()));
        let outputs = if loss == ClassLoss::BinaryCrossEntropy { 1 } else { classes };
        let model = TokenModel::new(&mut parameters, spec, tokens, Classes(outputs));
        init::draw(&mut parameters, spec, experiment.seed);
        pretrained::begin_with(&mut parameters, spec, vocabulary)?;
        let network = Self { model, spec: spec.clone(), vocabulary: tokens, loss };
        Ok(Model { parameters, network, compute: compute.clone() })
    }

    /// The logits of each text of a batch, (B, C), from the states of each step.
    fn decode<T: Tape<f32, Cpu>>(
        &self,
        states: Array<(Time, Batch, Units<usize, usize>), T>,
        mask: &PaddingMask<Time>,
    ) -> Result<Array<(Batch, Classes), T>> {
        self.model.decode(last_state(states, mask)?)
    }

    fn logits(&self, pass: &Pass, batch: &LabelledBatch) -> Result<Vec<f32>> {
        let mask = mask(Time, &batch.tokens, &batch.lengths);
        let tokens = Tokens::new(pass, &batch.tokens, mask.shape(), self.vocabulary);
        let mut state = self.model.stack.zero_state(mask.shape().1);
        let states = self.model.stack.read(tokens, &mask, &mut state)?;
        Ok(self.decode(states, &mask)?.values().to_vec())
    }

    /// The probability of each class for each text of a batch, (B, C).
    fn probabilities(&self, pass: &Pass, batch: &LabelledBatch) -> Result<Vec<Vec<f64>>> {
        let logits = self.logits(pass, batch)?;
        let width = (logits.len() / batch.lengths.len().max(1)).max(1);
        let row = |row: &[f32]| match (self.loss, row) {
            (ClassLoss::BinaryCrossEntropy, [logit]) => {
                let yes = f64::from(sigmoid(*logit));
                vec![1.0 - yes, yes]
            }
            _ => {
                let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let weight = |logit: &f32| libm::exp(f64::from(*logit) - f64::from(most));
                let total: f64 = row.iter().map(weight).sum();
                row.iter().map(|logit| weight(logit) / total).collect()
            }
        };
        Ok(logits.chunks_exact(width).map(row).collect())
    }

    fn target<'a>(&self, batch: &'a LabelledBatch) -> Target<'a> {
        Target::Classes(&batch.classes, self.loss)
    }
}

/// The class of a text and the probability of each, the most probable first.
///
/// # Errors
/// When the text has no token that the network knows, or its weights do not fit.
pub fn predict(trained: &Trained<'_>, text: &[u8]) -> Result<Vec<u8>, PredictError> {
    let Trained { experiment, vocabulary, classes, compute, .. } = trained;
    // The vectors that the embedding began with are in the weights now.
    let mut experiment = Experiment::clone(experiment);
    experiment.model.embedding = None;
    let mut model = Classifier::build(&experiment, vocabulary, classes.len(), compute)?;
    trained.restore(&mut model.parameters)?;
    let tokens = shortened(trained.read(text)?.ids, &experiment.data);
    let unknown = tokens.iter().filter(|id| vocabulary.token(**id) == Some(UNKNOWN)).count();
    let note = match unknown {
        0 => String::new(),
        _ => format!("\n\n{unknown} of {} tokens are none that it knows", tokens.len()),
    };
    let batch = LabelledBatch::of(&[&LabelledText { tokens, class: 0 }], 0);
    let probabilities = model.network.probabilities(&model.pass(), &batch)?;
    let probabilities = probabilities.into_iter().next().unwrap_or_default();
    let mut ranked: Vec<(&String, f64)> = classes.iter().zip(probabilities).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let line = |(class, probability): &(&String, f64)| format!("{probability:.4}  {class}");
    let lines: Vec<String> = ranked.iter().map(line).collect();
    let class = ranked.first().map_or("", |(class, _)| class);
    Ok(format!("{class}\n\n{}{note}", lines.join("\n")).into_bytes())
}

impl TaskNetwork for Classifier {
    type Data = Minibatches<LabelledText>;

    fn loss(
        &self,
        pass: &Pass,
        tape: Recording,
        batch: &LabelledBatch,
        _: &mut ModelState,
        step: Step,
    ) -> Result<(Array<(), Recording>, Score)> {
        let mask = mask(Time, &batch.tokens, &batch.lengths);
        let tokens = Tokens::new(pass, &batch.tokens, mask.shape(), self.vocabulary);
        let (texts, stack) = (batch.lengths.len(), &self.model.stack);
        let mut state = stack.zero_state(mask.shape().1);
        let states = stack.read(tokens.put_tape(tape), &mask, &mut state)?;
        let logits = self.decode(states, &mask)?;
        loss::loss(logits, self.target(batch), step.scale(texts, texts))
    }

    fn evaluate(&self, pass: &Pass, batch: &LabelledBatch, _: &mut ModelState) -> Result<Score> {
        let mut logits = self.logits(pass, batch)?;
        Ok(score(pass.compute(), &mut logits, self.target(batch), 1.0))
    }

    fn describe(&self) -> Vec<String> {
        let sigmoid = if self.loss == ClassLoss::BinaryCrossEntropy { ", sigmoid" } else { "" };
        let after = format!(", of the last output{sigmoid}");
        let outputs = self.model.decoder.outputs().0;
        describe(&self.spec, Input::Tokens(self.vocabulary.0), outputs, &after)
    }

    fn artifacts(&self, pass: &Pass, data: &Minibatches<LabelledText>) -> Result<Artifacts> {
        let mut artifacts = Artifacts::default();
        for (split, name) in [(Split::Valid, "valid"), (Split::Test, "test")] {
            if data.examples(split).is_empty() {
                continue;
            }
            let counts = self.confusion(pass, data, split)?;
            let (classes, macro_accuracy) = by_class(&data.dataset.info.classes, &counts);
            let matrix = matrix(&data.dataset.info.classes, &counts);
            let picture = Some(Picture::Confusion);
            artifacts.outputs.push(Output::table(
                &format!("confusion_{name}.csv"),
                matrix,
                picture,
            ));
            artifacts.outputs.push(Output::table(&format!("classes_{name}.csv"), classes, None));
            artifacts.figures.push((format!("{name}_macro_accuracy"), macro_accuracy));
        }
        Ok(artifacts)
    }
}

impl Classifier {
    /// How often each class (rows) was taken for each (columns).
    fn confusion(
        &self,
        pass: &Pass,
        data: &Minibatches<LabelledText>,
        split: Split,
    ) -> Result<Vec<Vec<u64>>> {
        let classes = data.dataset.info.classes.len();
        let mut counts = vec![vec![0; classes]; classes];
        for batch in data.evaluation(split) {
            let logits = self.logits(pass, &batch)?;
            let width = (logits.len() / batch.lengths.len().max(1)).max(1);
            for (row, class) in logits.chunks_exact(width).zip(&batch.classes) {
                counts[*class as usize][predicted(row, self.loss) as usize] += 1;
            }
        }
        Ok(counts)
    }
}

/// The confusion matrix as a table.
fn matrix(classes: &[String], counts: &[Vec<u64>]) -> Vec<Vec<String>> {
    let head = std::iter::once("class".to_owned()).chain(classes.iter().cloned()).collect();
    let row = |(class, counts): (&String, &Vec<u64>)| {
        std::iter::once(class.clone()).chain(counts.iter().map(u64::to_string)).collect()
    };
    std::iter::once(head).chain(classes.iter().zip(counts).map(row)).collect()
}

/// What was found of each class, and the mean of their recalls: the accuracy if all classes were
/// equally frequent. Classes without a text in the split have no recall and are not counted.
fn by_class(classes: &[String], counts: &[Vec<u64>]) -> (Vec<Vec<String>>, f64) {
    let head = ["class", "texts", "predicted", "right", "precision", "recall", "f1"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let mut recalls = Vec::new();
    for (place, class) in classes.iter().enumerate() {
        let texts: u64 = counts[place].iter().sum();
        let predicted: u64 = counts.iter().map(|row| row[place]).sum();
        let right = counts[place][place];
        let part = |of: u64| (of > 0).then(|| right as f64 / of as f64);
        let (precision, recall) = (part(predicted), part(texts));
        let f1 = (texts + predicted > 0).then(|| 2.0 * right as f64 / (texts + predicted) as f64);
        recalls.extend(recall);
        let cell = |value: Option<f64>| value.map(number).unwrap_or_default();
        let figures = [cell(precision), cell(recall), cell(f1)];
        let counts = [texts, predicted, right].map(|count| count.to_string());
        rows.push([class.clone()].into_iter().chain(counts).chain(figures).collect());
    }
    let mean = recalls.iter().sum::<f64>() / recalls.len().max(1) as f64;
    (rows, mean)
}
