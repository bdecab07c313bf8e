//! The task `skip_gram`: word vectors, by telling a word's neighbours from random words (Mikolov et
//! al. 2013).

use super::answer::{AnswerError, Trained};
use super::embedding::Embedding;
use super::learner::{BeginError, Key, Learner, Learns, Lesson, Outcome, Written};
use super::output::{Content, Output, Picture};
use super::pretrained::{TOKENS, WEIGHT};
use super::step::scale;
use super::{AnyParameter, ModelError, ModelState, Network, Parameter, Step};
use crate::data::{Dataset, Ids, UNKNOWN, Vocabulary};
use crate::kernels::Compute;
use crate::kernels::negative::{self, Gradients, Pairs};
use crate::metric::{self, Metric, Score, number};
use crate::random::{Purpose, Stream};
use crate::spec::{Experiment, Initialization};
use crate::tasks::skip_gram::{NeighbourBatch, Windows};
use dfdx::prelude::*;
use std::sync::Arc;

/// Neighbours of a word that are told.
pub const NEIGHBOURS: usize = 5;

/// Frequent words whose neighbours are written down.
const LISTED: usize = 1000;

/// Frequent words on the chart.
const DRAWN: usize = 250;

/// Words whose neighbours are shown while training goes on.
const SHOWN: usize = 8;

/// What word vectors are judged by.
pub fn metrics(_: &Experiment) -> &'static [Metric] {
    &[metric::LOSS]
}

/// A vector for each word, and another for each word as a neighbour.
pub struct SkipGram {
    compute: Compute,
    words: Embedding<usize>,
    neighbours: Parameter<(usize, usize)>,
    width: usize,
}

impl SkipGram {
    /// Vectors for so many words: those of words U(−1, 1), those of neighbours zero, unless the spec
    /// says otherwise.
    pub fn new(experiment: &Experiment, words: usize, compute: &Compute) -> Self {
        let (device, spec) = (Cpu::default(), &experiment.model);
        let (width, seed) = (spec.embedding_size, experiment.seed);
        let name = "neighbours.weight".to_owned();
        let layout = super::parameter::Layout::Same;
        let mut network = Self {
            compute: compute.clone(),
            words: Embedding::new(&device, words, width),
            neighbours: Parameter::new(&device, name, (words, width), vec![words, width], layout),
            width,
        };
        for (place, parameter) in (0..).zip(network.parameters_mut()) {
            let mut stream = Stream::new(seed, Purpose::Initialization, place);
            for value in parameter.both_mut().0 {
                *value = match spec.initialization {
                    // As in word2vec: small around zero; the neighbours' at zero.
                    Initialization::Pytorch if place == 1 => 0.0,
                    Initialization::Pytorch => (stream.uniform_f32() - 0.5) / width as f32,
                    Initialization::Keras => ((stream.uniform() * 2.0 - 1.0) * 0.05) as f32,
                    Initialization::Uniform(range) => {
                        ((stream.uniform() * 2.0 - 1.0) * range) as f32
                    }
                    Initialization::Normal(deviation) => (stream.normal() * deviation) as f32,
                };
            }
        }
        network
    }

    fn pairs<'a>(&self, batch: &'a NeighbourBatch) -> Pairs<'a> {
        let NeighbourBatch { words, neighbours, negatives } = batch;
        Pairs { words, neighbours, negatives, width: self.width }
    }
}

/// Vectors of length one, for comparing words.
pub struct Directions {
    vectors: Vec<f32>,
    width: usize,
}

impl Directions {
    /// The directions of vectors (V, E).
    pub fn of(vectors: &[f32], width: usize) -> Self {
        let unit = |vector: &[f32]| {
            let square = vector.iter().fold(0.0, |sum, x| sum + f64::from(*x) * f64::from(*x));
            let length = square.sqrt().max(1e-12);
            vector.iter().map(|x| (f64::from(*x) / length) as f32).collect::<Vec<_>>()
        };
        Self { vectors: vectors.chunks_exact(width.max(1)).flat_map(unit).collect(), width }
    }

    /// The words whose direction is nearest that of a word, with the cosine between the two.
    pub fn nearest(&self, word: usize, count: usize) -> Vec<(usize, f64)> {
        let own = &self.vectors[word * self.width..][..self.width];
        let cosine = |vector: &[f32]| {
            vector.iter().zip(own).fold(0.0, |sum, (x, y)| sum + f64::from(*x) * f64::from(*y))
        };
        let all = self.vectors.chunks_exact(self.width.max(1)).map(cosine).enumerate();
        let mut found: Vec<(usize, f64)> = all.filter(|(other, _)| *other != word).collect();
        let by_cosine =
            |a: &(usize, f64), b: &(usize, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if found.len() > count {
            found.select_nth_unstable_by(count, by_cosine);
            found.truncate(count);
        }
        found.sort_by(by_cosine);
        found
    }

    /// Coordinates of some words along the two directions in which these differ most (principal
    /// components, by power iteration).
    pub fn plane(&self, words: usize) -> Vec<[f64; 2]> {
        let rows: Vec<&[f32]> = self.vectors.chunks_exact(self.width.max(1)).take(words).collect();
        let mut mean = vec![0.0f64; self.width];
        for row in &rows {
            mean.iter_mut().zip(*row).for_each(|(mean, x)| *mean += f64::from(*x));
        }
        mean.iter_mut().for_each(|mean| *mean /= rows.len().max(1) as f64);
        let centred: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| row.iter().zip(&mean).map(|(x, mean)| f64::from(*x) - mean).collect())
            .collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).fold(0.0, |sum, (x, y)| sum + x * y);
        let mut axes: Vec<Vec<f64>> = Vec::new();
        for axis in 0..2 {
            let mut direction: Vec<f64> =
                (0..self.width).map(|place| if place % 2 == axis { 1.0 } else { 0.5 }).collect();
            for _ in 0..200 {
                let mut next = vec![0.0; self.width];
                for row in &centred {
                    let along = dot(row, &direction);
                    next.iter_mut().zip(row).for_each(|(next, x)| *next += along * x);
                }
                for known in &axes {
                    let along = dot(&next, known);
                    next.iter_mut().zip(known).for_each(|(next, x)| *next -= along * x);
                }
                let length = dot(&next, &next).sqrt().max(1e-300);
                next.iter_mut().for_each(|x| *x /= length);
                direction = next;
            }
            axes.push(direction);
        }
        centred.iter().map(|row| [dot(row, &axes[0]), dot(row, &axes[1])]).collect()
    }
}

/// Word vectors before their first step.
///
/// # Errors
/// Never: any text has vectors.
pub fn begin(
    experiment: &Experiment,
    dataset: &Arc<Dataset<Ids>>,
    compute: &Compute,
) -> Result<Box<dyn Learner>, BeginError> {
    let network = SkipGram::new(experiment, dataset.info.vocabulary.len(), compute);
    let data = Windows::new(experiment, dataset);
    Ok(Box::new(Lesson::new(data, network, experiment.data.batch_size)))
}

impl Network for SkipGram {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        vec![&self.words.weight, &self.neighbours]
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        vec![&mut self.words.weight, &mut self.neighbours]
    }

    fn describe(&self) -> Vec<String> {
        let words = self.words.weight.numbers().len() / self.width.max(1);
        vec![
            format!("embedding  {words} × {} of words", self.width),
            format!("embedding  {words} × {} of neighbours", self.width),
        ]
    }
}

impl Learns<Windows> for SkipGram {
    /// The gradients come out of the forward pass, so there is nothing for a tape to do.
    fn train(
        &mut self,
        batch: &NeighbourBatch,
        _: &mut ModelState,
        step: Step,
    ) -> Result<Score, ModelError> {
        let count = batch.words.len();
        let scale = scale(step.reduction, count, count);
        let pairs = self.pairs(batch);
        let (words, to_words) = self.words.weight.both_mut();
        let (neighbours, to_neighbours) = self.neighbours.both_mut();
        to_words.fill(0.0);
        to_neighbours.fill(0.0);
        let gradients = Gradients { words: to_words, neighbours: to_neighbours, scale };
        let level = self.compute.level;
        let sum = negative::loss(level, words, neighbours, pairs, Some(gradients));
        Ok(Score { sum, count: count as u64, ..Score::default() })
    }

    fn evaluate(&self, batch: &NeighbourBatch, _: &mut ModelState) -> Result<Score, ModelError> {
        let (words, neighbours) = (self.words.weight.numbers(), self.neighbours.numbers());
        let sum = negative::loss(self.compute.level, words, neighbours, self.pairs(batch), None);
        Ok(Score { sum, count: batch.words.len() as u64, ..Score::default() })
    }

    /// The neighbours of some frequent words.
    fn texts(&self, data: &Windows, _: Key, _: Option<usize>) -> Result<Vec<Written>, ModelError> {
        let directions = Directions::of(self.words.weight.numbers(), self.width);
        let vocabulary = data.vocabulary();
        let apart = (vocabulary.len() / SHOWN).clamp(1, 40);
        let words = (0..vocabulary.len()).step_by(apart).skip(1).take(SHOWN);
        Ok(words.map(|word| neighbours_of(&directions, vocabulary, word)).collect())
    }

    fn outcome(&self, data: &Windows) -> Result<Outcome, ModelError> {
        let directions = Directions::of(self.words.weight.numbers(), self.width);
        let vocabulary = data.vocabulary();
        let word = |id: usize| vocabulary.token(id as u32).unwrap_or_default().to_owned();
        let mut rows = vec![neighbour_columns()];
        for id in 0..vocabulary.len().min(LISTED) {
            let near = directions.nearest(id, NEIGHBOURS).into_iter();
            let cells = near.flat_map(|(other, cosine)| [word(other), number(cosine)]);
            let mut row: Vec<String> = std::iter::once(word(id)).chain(cells).collect();
            row.resize(1 + 2 * NEIGHBOURS, String::new());
            rows.push(row);
        }
        let plane = directions.plane(vocabulary.len().min(DRAWN));
        let head = ["word", "x", "y"].map(str::to_owned).to_vec();
        // What stands for all rare words is no word, and far from the others.
        let words = plane.iter().enumerate().filter(|(id, _)| word(*id) != UNKNOWN);
        let points = words.map(|(id, at)| {
            std::iter::once(word(id)).chain(at.iter().map(|x| number(*x))).collect()
        });
        let points = std::iter::once(head).chain(points).collect();
        let tokens: Vec<String> = (0..vocabulary.len()).map(word).collect();
        let vectors = Output {
            file: "embedding.safetensors".to_owned(),
            content: Content::Array {
                name: WEIGHT,
                shape: vec![vocabulary.len(), self.width],
                numbers: self.words.weight.numbers().to_vec(),
                metadata: (TOKENS, serde_json::to_string(&tokens).unwrap_or_default()),
            },
            picture: None,
        };
        let outputs = vec![
            Output::table("neighbours.csv", rows, None),
            Output::table("words.csv", points, Some(Picture::Points)),
            vectors,
        ];
        Ok(Outcome { outputs, ..Outcome::default() })
    }
}

/// The nearest neighbours of a word, a line each.
///
/// # Errors
/// When the word is unknown, or the weights do not fit.
pub fn answer(trained: &Trained<'_>, text: &[u8]) -> Result<Vec<u8>, AnswerError> {
    let Trained { experiment, vocabulary, compute, .. } = trained;
    let asked = trained.read(text)?;
    let &[word] = asked.ids.as_slice() else {
        return Err(AnswerError::Refused {
            what: format!("{:?} is not one word", asked.text),
            help: "give a single word with --text".to_owned(),
        });
    };
    if asked.unknown(vocabulary) > 0 {
        return Err(AnswerError::Refused {
            what: format!("{:?} is not in the vocabulary", asked.text),
            help: "neighbours.csv lists words that are".to_owned(),
        });
    }
    let mut network = SkipGram::new(experiment, vocabulary.len(), compute);
    trained.restore(&mut network)?;
    let directions = Directions::of(network.words.weight.numbers(), network.width);
    let near = directions.nearest(word as usize, 2 * NEIGHBOURS).into_iter();
    let token = |id: usize| vocabulary.token(id as u32).unwrap_or_default();
    let lines: Vec<String> =
        near.map(|(other, cosine)| format!("{cosine:.4}  {}", token(other))).collect();
    Ok(lines.join("\n").into_bytes())
}

/// The head of `neighbours.csv`.
fn neighbour_columns() -> Vec<String> {
    let columns = (1..=NEIGHBOURS).flat_map(|n| [format!("neighbour_{n}"), format!("cosine_{n}")]);
    std::iter::once("word".to_owned()).chain(columns).collect()
}

/// A word, and its neighbours as a line.
pub fn neighbours_of(directions: &Directions, vocabulary: &Vocabulary, word: usize) -> Written {
    let token = |id: usize| vocabulary.token(id as u32).unwrap_or_default().to_owned();
    let near = directions.nearest(word, NEIGHBOURS).into_iter();
    let near: Vec<String> =
        near.map(|(other, cosine)| format!("{} {cosine:.3}", token(other))).collect();
    Written { prefix: token(word), text: near.join(", ") }
}
