//! Parts that models of several tasks have in torch.nn.

use crate::nn::AnyCell;
use crate::spec::{Architecture, Experiment, Nonlinearity};

/// Texts that an exported file reads side by side.
pub(crate) const TOGETHER: usize = 64;

/// Reads a padded batch into `hidden`. Backwards, each sequence begins at its own end.
pub(crate) fn of_true_lengths(experiment: &Experiment, input: &str) -> String {
    if !experiment.model.bidirectional {
        return format!("        hidden, _ = self.rnn({input})");
    }
    format!(
        "        packed = nn.utils.rnn.pack_padded_sequence({input}, lengths, enforce_sorted=False)
        hidden, _ = nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0])"
    )
}

/// A recurrent layer of torch.nn, in the directions that the spec asks for.
pub(crate) fn cell(experiment: &Experiment, input: usize) -> String {
    directed(experiment, input, experiment.model.bidirectional)
}

/// The same in one direction or both.
pub(crate) fn directed(experiment: &Experiment, input: usize, bidirectional: bool) -> String {
    let model = &experiment.model;
    let cell = AnyCell::of(model).torch_class();
    let mut options = format!("{input}, {}, num_layers={}", model.hidden_size, model.layers);
    if model.architecture == Architecture::Rnn && model.nonlinearity == Some(Nonlinearity::Relu) {
        options += ", nonlinearity=\"relu\"";
    }
    if bidirectional {
        options += ", bidirectional=True";
    }
    format!("nn.{cell}({options})")
}

/// Embedding, if there is one, and recurrent layers.
pub(crate) fn recurrent(experiment: &Experiment, vocabulary: usize) -> Vec<String> {
    match experiment.model.embedding_size {
        0 => vec![format!("rnn = {}", cell(experiment, vocabulary))],
        width => vec![
            format!("embedding = nn.Embedding({vocabulary}, {width})"),
            format!("rnn = {}", cell(experiment, width)),
        ],
    }
}

/// What the recurrent layers read of `tokens`.
pub(crate) fn input(experiment: &Experiment, vocabulary: usize) -> String {
    match experiment.model.embedding_size {
        0 => format!("F.one_hot(tokens, {vocabulary}).float()"),
        _ => "self.embedding(tokens)".to_owned(),
    }
}
