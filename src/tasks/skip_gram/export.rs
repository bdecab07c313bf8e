//! For PyTorch.

use super::NeighbourBatches;
use crate::data::{Batches, Dataset, Ids, Split};
use crate::spec::Experiment;
use crate::tasks::torch::{Array, Export, LOAD, integers};

/// The arrays of a split.
fn arrays(experiment: &Experiment, dataset: &Dataset<Ids>, split: Split) -> Vec<Array> {
    let windows = NeighbourBatches::new(experiment, dataset);
    let batches: Vec<_> = windows.evaluation(split).collect();
    let pairs: usize = batches.iter().map(|batch| batch.words.len()).sum();
    let words = batches.iter().flat_map(|it| it.words.iter().copied());
    let neighbours = batches.iter().flat_map(|it| it.neighbours.iter().copied());
    let negatives = batches.iter().flat_map(|it| it.negatives.iter().copied());
    vec![
        integers("words", vec![pairs], words),
        integers("neighbours", vec![pairs], neighbours),
        integers("negatives", vec![pairs, experiment.training.negatives], negatives),
    ]
}

/// The model and its evaluation.
pub(super) fn export(experiment: &Experiment, dataset: &Dataset<Ids>, split: Split) -> Export {
    let (vocabulary, width) = (dataset.info.vocabulary.len(), experiment.model.embedding_size);
    Export {
        arrays: arrays(experiment, dataset, split),
        name: "SkipGram",
        parts: vec![
            format!("embedding = nn.Embedding({vocabulary}, {width})"),
            format!("neighbours = nn.Embedding({vocabulary}, {width})"),
        ],
        method: "forward(self, words, others):  # (pairs), (pairs, others): whether they are neighbours, as logits
        return torch.einsum(\"ne,nke->nk\", self.embedding(words), self.neighbours(others))"
            .to_owned(),
        load: LOAD,
        evaluate: "    with torch.no_grad():  # neighbours, and random words that are none
        near = model(data[\"words\"], data[\"neighbours\"][:, None])
        far = model(data[\"words\"], data[\"negatives\"])\n"
            .to_owned(),
        figure: "-(F.logsigmoid(near).sum(1) + F.logsigmoid(-far).sum(1)).double().mean()",
    }
}
