//! The task `classification`: which class a text belongs to, from the last output of a recurrent
//! network.

use super::answer::{AnswerError, Trained};
use super::headed::Headed;
use super::learner::{BeginError, Learner, Learns, Lesson, Outcome};
use super::loss::{Target, judge, on_tape, predicted};
use super::output::{Output, Picture};
use super::pretrained;
use super::select::{last_states, select};
use super::stack::{self, Input, Masks, States, Tokens};
use super::step::{learn, scale};
use super::{AnyParameter, ModelError, ModelState, Network, Step};
use crate::data::{Dataset, Minibatches, Split, UNKNOWN, Vocabulary};
use crate::kernels::Compute;
use crate::kernels::activation::sigmoid;
use crate::metric::{self, Metric, Score, number};
use crate::spec::{ClassLoss, Experiment};
use crate::tasks::classification::{LabelledBatch, LabelledText, shortened};
use dfdx::prelude::*;
use std::sync::Arc;

/// What a classifier is judged by.
pub fn metrics(_: &Experiment) -> &'static [Metric] {
    &[metric::ACCURACY]
}

/// A recurrent network whose last state, after all true steps of a text, is decoded into classes;
/// in both directions the last state of each.
pub struct Classifier {
    network: Headed,
    loss: ClassLoss,
}

impl Classifier {
    /// A classifier for a vocabulary and so many classes, its weights drawn at random.
    ///
    /// # Errors
    /// When a loss for two classes meets another number of them, or pretrained vectors do not fit.
    pub fn new(
        experiment: &Experiment,
        vocabulary: &Vocabulary,
        classes: usize,
        compute: &Compute,
    ) -> Result<Self, BeginError> {
        let loss = experiment.training.loss;
        if loss == ClassLoss::BinaryCrossEntropy && classes != 2 {
            return Err(BeginError::Unfit {
                what: format!(
                    "binary_cross_entropy is a loss for two classes, and there are {classes}"
                ),
                help: "set `training.loss` to \"cross_entropy\"".to_owned(),
            });
        }
        let input = Input::Tokens(vocabulary.len());
        let outputs = if loss == ClassLoss::BinaryCrossEntropy { 1 } else { classes };
        let mut network = Headed::new(experiment, input, outputs, compute);
        pretrained::begin_with(&mut network, &experiment.model, vocabulary)?;
        Ok(Self { network, loss })
    }

    /// The logits of each text of a batch, (B, C).
    ///
    /// # Errors
    /// When memory runs out.
    pub fn logits(&self, batch: &LabelledBatch) -> Result<Vec<f32>, ModelError> {
        let tokens = Tokens::new(&batch.tokens, &batch.lengths);
        let stack = &self.network.stack;
        let states = stack.tokens(tokens, &mut stack.zero_state(batch.lengths.len()))?;
        Ok(self.network.decode(self.last(states, batch)?, Masks::NONE)?.values.to_vec())
    }

    /// The last state of each text, (1, B, D, H).
    fn last<T: Tape<f32, Cpu>>(
        &self,
        states: States<T>,
        batch: &LabelledBatch,
    ) -> Result<States<T>, CpuError> {
        let places = last_states(&batch.lengths, self.network.spec.directions());
        select(&self.network.compute, &self.network.device, states, places)
    }

    /// The probability of each class for each text of a batch, (B, C).
    ///
    /// # Errors
    /// When memory runs out.
    pub fn probabilities(&self, batch: &LabelledBatch) -> Result<Vec<Vec<f64>>, ModelError> {
        let logits = self.logits(batch)?;
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

/// A classifier before its first step.
///
/// # Errors
/// When spec and data do not fit together.
pub fn begin(
    experiment: &Experiment,
    dataset: &Arc<Dataset<Vec<LabelledText>>>,
    compute: &Compute,
) -> Result<Box<dyn Learner>, BeginError> {
    let classes = dataset.info.classes.len();
    let network = Classifier::new(experiment, &dataset.info.vocabulary, classes, compute)?;
    let data = Minibatches::new(experiment, dataset);
    Ok(Box::new(Lesson::new(data, network, experiment.data.batch_size)))
}

/// The class of a text and the probability of each, the most probable first.
///
/// # Errors
/// When the text has no token that the network knows, or its weights do not fit.
pub fn answer(trained: &Trained<'_>, text: &[u8]) -> Result<Vec<u8>, AnswerError> {
    let Trained { experiment, vocabulary, classes, compute, .. } = trained;
    // The vectors that the embedding began with are in the weights now.
    let mut experiment = Experiment::clone(experiment);
    experiment.model.embedding = None;
    let mut network = Classifier::new(&experiment, vocabulary, classes.len(), compute)?;
    trained.restore(&mut network)?;
    let tokens = shortened(trained.read(text)?.ids, &experiment.data);
    let unknown = tokens.iter().filter(|id| vocabulary.token(**id) == Some(UNKNOWN)).count();
    let note = match unknown {
        0 => String::new(),
        _ => format!("\n\n{unknown} of {} tokens are none that it knows", tokens.len()),
    };
    let batch = LabelledBatch::of(&[&LabelledText { tokens, class: 0 }], 0);
    let probabilities = network.probabilities(&batch)?.pop().unwrap_or_default();
    let mut ranked: Vec<(&String, f64)> = classes.iter().zip(probabilities).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let line = |(class, probability): &(&String, f64)| format!("{probability:.4}  {class}");
    let lines: Vec<String> = ranked.iter().map(line).collect();
    let class = ranked.first().map_or("", |(class, _)| class);
    Ok(format!("{class}\n\n{}{note}", lines.join("\n")).into_bytes())
}

impl Network for Classifier {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        self.network.parameters()
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        self.network.parameters_mut()
    }

    fn describe(&self) -> Vec<String> {
        let sigmoid = if self.loss == ClassLoss::BinaryCrossEntropy { ", sigmoid" } else { "" };
        self.network.lines(&format!(", of the last output{sigmoid}"))
    }

    fn is_frozen(&self, name: &str) -> bool {
        pretrained::is_frozen(&self.network.spec, name)
    }
}

impl Learns<Minibatches<LabelledText>> for Classifier {
    fn train(
        &mut self,
        batch: &LabelledBatch,
        _: &mut ModelState,
        step: Step,
    ) -> Result<Score, ModelError> {
        let texts = batch.lengths.len();
        let tokens = Tokens::new(&batch.tokens, &batch.lengths);
        let masks = Masks { step: Some(step), first: 0 };
        let device = self.network.device.clone();
        let tables = [(stack::table(&self.network.spec), batch.tokens.as_slice())];
        learn(self, &device, &tables, |it, tape| {
            let network = &it.network;
            let mut state = network.stack.zero_state(texts);
            let states = network.stack.tokens_taped(tokens, &mut state, masks, tape)?;
            let logits = network.decode(it.last(states, batch)?, masks)?;
            let scale = scale(step.reduction, texts, texts);
            on_tape(&network.compute, &network.device, logits, it.target(batch), scale)
        })
    }

    fn evaluate(&self, batch: &LabelledBatch, _: &mut ModelState) -> Result<Score, ModelError> {
        let mut logits = self.logits(batch)?;
        Ok(judge(&self.network.compute, &mut logits, self.target(batch), 1.0))
    }

    fn outcome(&self, data: &Minibatches<LabelledText>) -> Result<Outcome, ModelError> {
        let mut outcome = Outcome::default();
        for (split, name) in [(Split::Valid, "valid"), (Split::Test, "test")] {
            if data.examples(split).is_empty() {
                continue;
            }
            let counts = self.confusion(data, split)?;
            let (classes, macro_accuracy) = by_class(&data.dataset.info.classes, &counts);
            let matrix = matrix(&data.dataset.info.classes, &counts);
            let picture = Some(Picture::Confusion);
            outcome.outputs.push(Output::table(&format!("confusion_{name}.csv"), matrix, picture));
            outcome.outputs.push(Output::table(&format!("classes_{name}.csv"), classes, None));
            outcome.figures.push((format!("{name}_macro_accuracy"), macro_accuracy));
        }
        Ok(outcome)
    }
}

impl Classifier {
    /// How often each class (rows) was taken for each (columns).
    fn confusion(
        &self,
        data: &Minibatches<LabelledText>,
        split: Split,
    ) -> Result<Vec<Vec<u64>>, ModelError> {
        use crate::data::Batches;
        let classes = data.dataset.info.classes.len();
        let mut counts = vec![vec![0; classes]; classes];
        for batch in data.evaluation(split) {
            let logits = self.logits(&batch)?;
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
