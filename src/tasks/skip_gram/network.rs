//! The task `skip_gram`: word vectors, by telling a word's neighbours from random words (Mikolov et
//! al. 2013).

use super::data::{NeighbourBatch, NeighbourBatches};
use crate::data::{UNKNOWN, Vocabulary};
use crate::kernels::Compute;
use crate::kernels::negative::{self, Pairs};
use crate::metric::{Score, number};
use crate::nn::Result;
use crate::nn::axis::{self, Embedded};
use crate::nn::loss::negative_sampling;
use crate::nn::pretrained::{TOKENS, WEIGHT};
use crate::nn::{
    Array, Embedding, Layout, ModelState, Parameter, Parameters, Pass, Recording, Step,
};
use crate::random::{Purpose, Stream};
use crate::spec::{Experiment, Initialization};
use crate::tasks::output::{Content, Output, Picture};
use crate::tasks::predict::{PredictError, Trained};
use crate::tasks::{Artifacts, Generated, Model, SampleKey, TaskNetwork};

/// Neighbours of a word that are told.
pub const NEIGHBOURS: usize = 5;

/// Frequent words whose neighbours are written down.
const LISTED: usize = 1000;

/// Frequent words on the chart.
const DRAWN: usize = 250;

/// Words whose neighbours are shown while training goes on.
const SHOWN: usize = 8;

/// A vector for each word, and another for each word as a neighbour.
pub struct SkipGram {
    words: Embedding<axis::Vocabulary, Embedded>,
    neighbours: Parameter<(axis::Vocabulary, Embedded)>,
}

impl SkipGram {
    /// Vectors for this many words: those of words U(−1, 1), those of neighbours zero, unless the spec
    /// says otherwise.
    pub fn build(experiment: &Experiment, words: usize, compute: &Compute) -> Model<Self> {
        let (mut parameters, spec) = (Parameters::default(), &experiment.model);
        let (words, size) = (axis::Vocabulary(words), Embedded(spec.embedding_size));
        let network = Self {
            words: Embedding::new(&mut parameters, words, size),
            neighbours: parameters.declare("neighbours.weight", (words, size), Layout::Same),
        };
        for (place, parameter) in (0..).zip(parameters.iter_mut()) {
            let mut stream = Stream::new(experiment.seed, Purpose::Initialization, place);
            for value in parameter.values_mut() {
                *value = match spec.initialization {
                    // As in word2vec: small around zero; the neighbours' at zero.
                    Initialization::Pytorch if place == 1 => 0.0,
                    Initialization::Pytorch => (stream.uniform_f32() - 0.5) / size.0 as f32,
                    Initialization::Keras => ((stream.uniform() * 2.0 - 1.0) * 0.05) as f32,
                    Initialization::Uniform(range) => {
                        ((stream.uniform() * 2.0 - 1.0) * range) as f32
                    }
                    Initialization::Normal(deviation) => (stream.normal() * deviation) as f32,
                };
            }
        }
        Model { parameters, network, compute: compute.clone() }
    }

    /// E, numbers of a vector.
    fn width(&self) -> usize {
        self.words.weight.shape().1.0
    }

    fn pairs<'a>(&self, batch: &'a NeighbourBatch) -> Pairs<'a> {
        let NeighbourBatch { words, neighbours, negatives } = batch;
        Pairs { words, neighbours, negatives, width: self.width() }
    }

    /// The vectors of all words, for comparing them.
    fn directions(&self, pass: &Pass) -> Directions {
        Directions::of(pass.values(&self.words.weight), self.width())
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

impl TaskNetwork for SkipGram {
    type Data = NeighbourBatches;

    fn loss(
        &self,
        pass: &Pass,
        tape: Recording,
        batch: &NeighbourBatch,
        _: &mut ModelState,
        step: Step,
    ) -> Result<(Array<(), Recording>, Score)> {
        let (count, pairs) = (batch.words.len(), self.pairs(batch));
        let scale = step.scale(count, count);
        let tables = (&self.words.weight, &self.neighbours);
        let (loss, sum) = negative_sampling(pass, tape, tables, pairs, scale)?;
        Ok((loss, Score { sum, count: count as u64, ..Score::default() }))
    }

    fn evaluate(&self, pass: &Pass, batch: &NeighbourBatch, _: &mut ModelState) -> Result<Score> {
        let (words, neighbours) = (pass.values(&self.words.weight), pass.values(&self.neighbours));
        let level = pass.compute().level;
        let sum = negative::loss(level, words, neighbours, self.pairs(batch), None);
        Ok(Score { sum, count: batch.words.len() as u64, ..Score::default() })
    }

    fn describe(&self) -> Vec<String> {
        let (words, size) = self.words.weight.shape();
        vec![
            format!("embedding  {} × {} of words", words.0, size.0),
            format!("embedding  {} × {} of neighbours", words.0, size.0),
        ]
    }

    /// The neighbours of some frequent words.
    fn samples(
        &self,
        pass: &Pass,
        data: &NeighbourBatches,
        _: SampleKey,
        _: Option<usize>,
    ) -> Result<Vec<Generated>> {
        let directions = self.directions(pass);
        let vocabulary = data.vocabulary();
        let apart = (vocabulary.len() / SHOWN).clamp(1, 40);
        let words = (0..vocabulary.len()).step_by(apart).skip(1).take(SHOWN);
        Ok(words.map(|word| neighbours_of(&directions, vocabulary, word)).collect())
    }

    fn artifacts(&self, pass: &Pass, data: &NeighbourBatches) -> Result<Artifacts> {
        let directions = self.directions(pass);
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
                shape: vec![vocabulary.len(), self.width()],
                numbers: pass.values(&self.words.weight).to_vec(),
                metadata: (TOKENS, serde_json::to_string(&tokens).unwrap_or_default()),
            },
            picture: None,
        };
        let outputs = vec![
            Output::table("neighbours.csv", rows, None),
            Output::table("words.csv", points, Some(Picture::Points)),
            vectors,
        ];
        Ok(Artifacts { outputs, ..Artifacts::default() })
    }
}

/// The nearest neighbours of a word, a line each.
///
/// # Errors
/// When the word is unknown, or the weights do not fit.
pub fn predict(trained: &Trained<'_>, text: &[u8]) -> Result<Vec<u8>, PredictError> {
    let Trained { experiment, vocabulary, compute, .. } = trained;
    let prompt = trained.read(text)?;
    let &[word] = prompt.ids.as_slice() else {
        return Err(PredictError::Refused {
            what: format!("{:?} is not one word", prompt.text),
            help: "give a single word with --text".to_owned(),
        });
    };
    if prompt.unknown(vocabulary) > 0 {
        return Err(PredictError::Refused {
            what: format!("{:?} is not in the vocabulary", prompt.text),
            help: "neighbours.csv lists words that are".to_owned(),
        });
    }
    let mut model = SkipGram::build(experiment, vocabulary.len(), compute);
    trained.restore(&mut model.parameters)?;
    let directions = model.network.directions(&model.pass());
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
pub fn neighbours_of(directions: &Directions, vocabulary: &Vocabulary, word: usize) -> Generated {
    let token = |id: usize| vocabulary.token(id as u32).unwrap_or_default().to_owned();
    let near = directions.nearest(word, NEIGHBOURS).into_iter();
    let near: Vec<String> =
        near.map(|(other, cosine)| format!("{} {cosine:.3}", token(other))).collect();
    Generated { prefix: token(word), text: near.join(", ") }
}
