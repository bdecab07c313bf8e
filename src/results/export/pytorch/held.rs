//! The data that an exported file measures its model on.

use crate::data::{
    Batches, Dataset, IGNORE, Labelled, Pairs, Series, Split, Tagged, UNSEEN, Vectors, Windows,
};
use crate::runs::run_json::RunJson;
use crate::spec::{Experiment, Task};
use crate::task;
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, TensorView};
use std::sync::Arc;

/// An array of `data.safetensors`.
#[derive(Clone, Debug)]
struct Array {
    name: &'static str,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// A split, and what was recorded of it.
#[derive(Clone, Debug)]
pub struct Held {
    /// The name of the split.
    pub split: &'static str,
    /// The task's figure that was recorded with these weights, if the split was evaluated.
    pub figure: Option<f64>,
    arrays: Vec<Array>,
}

impl Held {
    /// The first split of validation and test that a recorded figure belongs to, else the training
    /// split.
    pub fn of(run: &RunJson, experiment: &Experiment, dataset: &Arc<Dataset>) -> Self {
        let [metric, ..] = task::metrics(experiment).all else {
            return Self { split: "train", figure: None, arrays: Vec::new() };
        };
        let figure = |column| run.result.as_ref()?.figure(column);
        let [_, valid, test] = metric.columns.map(figure);
        let (split, name, figure) = match (valid, test) {
            (Some(_), _) => (Split::Valid, "valid", valid),
            (None, Some(_)) => (Split::Test, "test", test),
            (None, None) => (Split::Train, "train", None),
        };
        Self { split: name, figure, arrays: arrays(experiment, dataset, split) }
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

/// Token ids, classes or lengths. [`IGNORE`] is −100, as in PyTorch; [`UNSEEN`] is −1, which no
/// output is equal to.
fn whole(name: &'static str, shape: Vec<usize>, numbers: impl Iterator<Item = u32>) -> Array {
    let number = |number| match number {
        IGNORE => -100,
        UNSEEN => -1,
        _ => i64::from(number),
    };
    let bytes = numbers.flat_map(|it| number(it).to_le_bytes()).collect();
    Array { name, dtype: Dtype::I64, shape, bytes }
}

fn real(name: &'static str, shape: Vec<usize>, numbers: impl Iterator<Item = f32>) -> Array {
    let bytes = numbers.flat_map(f32::to_le_bytes).collect();
    Array { name, dtype: Dtype::F32, shape, bytes }
}

/// Sequences one after the other, and the length of each.
fn ragged<'a>(
    [name, lengths]: [&'static str; 2],
    all: impl Iterator<Item = &'a Vec<u32>> + Clone,
) -> [Array; 2] {
    let sizes: Vec<u32> = all.clone().map(|it| it.len() as u32).collect();
    let total = sizes.iter().map(|size| *size as usize).sum();
    let joined = whole(name, vec![total], all.flatten().copied());
    [joined, whole(lengths, vec![sizes.len()], sizes.into_iter())]
}

/// What stands in the file, by task.
fn arrays(experiment: &Experiment, dataset: &Arc<Dataset>, split: Split) -> Vec<Array> {
    let mut arrays = Vec::new();
    match experiment.task {
        Task::LanguageModel => {
            let texts = [&dataset.train, &dataset.valid, &dataset.test].map(|it| it.to_vec());
            let tokens = split.of(&texts);
            arrays.push(whole("tokens", vec![tokens.len()], tokens.iter().copied()));
        }
        Task::Classification => {
            let texts = dataset.examples::<Labelled>().map_or(&[][..], |it| it.split(split));
            arrays.extend(ragged(["tokens", "lengths"], texts.iter().map(|it| &it.tokens)));
            arrays.push(whole("classes", vec![texts.len()], texts.iter().map(|it| it.class)));
        }
        Task::Tagging => {
            let all = dataset.examples::<Tagged>().map_or(&[][..], |it| it.split(split));
            let [labels, _] = ragged(["labels", ""], all.iter().map(|it| &it.labels));
            arrays.extend(ragged(["tokens", "lengths"], all.iter().map(|it| &it.tokens)));
            arrays.push(labels);
        }
        Task::Translation => {
            let pairs = dataset.examples::<Pairs>().map_or(&[][..], |it| it.split(split));
            arrays.extend(ragged(["source", "source_lengths"], pairs.iter().map(|it| &it.source)));
            arrays.extend(ragged(["target", "target_lengths"], pairs.iter().map(|it| &it.target)));
        }
        Task::Regression => {
            let values = dataset.examples::<Series>().map_or(&[][..], |it| it.split(split));
            arrays.push(real("values", vec![values.len()], values.iter().copied()));
        }
        Task::Autoencoder => {
            let (vectors, width) = dataset
                .examples::<Vectors>()
                .map_or((&[][..], 0), |it| (it.split(split), it.width()));
            let values = vectors.iter().flatten().copied();
            arrays.push(real("vectors", vec![vectors.len(), width], values));
        }
        Task::SkipGram => {
            let windows = Windows::new(experiment, dataset);
            let batches: Vec<_> = windows.held_out(split).collect();
            let pairs: usize = batches.iter().map(|batch| batch.words.len()).sum();
            let words = batches.iter().flat_map(|it| it.words.iter().copied());
            let neighbours = batches.iter().flat_map(|it| it.neighbours.iter().copied());
            let negatives = batches.iter().flat_map(|it| it.negatives.iter().copied());
            arrays.push(whole("words", vec![pairs], words));
            arrays.push(whole("neighbours", vec![pairs], neighbours));
            let shape = vec![pairs, experiment.training.negatives];
            arrays.push(whole("negatives", shape, negatives));
        }
    }
    arrays
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_lie_one_after_the_other() {
        let [joined, lengths] = ragged(["a", "b"], [vec![7, IGNORE], vec![9]].iter());
        assert_eq!((joined.shape, lengths.shape), (vec![3], vec![2]));
        let numbers: Vec<i64> = joined
            .bytes
            .chunks_exact(8)
            .map(|it| i64::from_le_bytes(it.try_into().expect("eight")))
            .collect();
        assert_eq!(numbers, [7, -100, 9]);
    }
}
