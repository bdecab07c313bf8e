//! For PyTorch.

use super::width;
use crate::data::{Dataset, Split};
use crate::spec::Experiment;
use crate::tasks::torch::{Export, LOAD, floats};

/// The model and its evaluation.
pub(super) fn export(
    experiment: &Experiment,
    dataset: &Dataset<Vec<Vec<f32>>>,
    split: Split,
) -> Export {
    let vectors = split.of(&dataset.splits);
    let values = vectors.iter().flatten().copied();
    let (hidden, code) = (experiment.model.hidden_size, experiment.model.code_size);
    let (width, relu) = (width(dataset), "nn.ReLU()");
    let linear = |from: usize, to: usize| format!("nn.Linear({from}, {to})");
    let (down, narrow) = (linear(width, hidden), linear(hidden, code));
    let (up, out) = (linear(code, hidden), linear(hidden, width));
    Export {
        arrays: vec![floats("vectors", vec![vectors.len(), width], values)],
        name: "Autoencoder",
        parts: vec![
            format!("encoder = nn.Sequential({down}, {relu}, {narrow}, {relu})"),
            format!("decoder = nn.Sequential({up}, {relu}, {out})"),
        ],
        method: "forward(self, vectors):  # vectors: (batch, numbers)
        return self.decoder(self.encoder(vectors))"
            .to_owned(),
        load: LOAD,
        evaluate: "    vectors = data[\"vectors\"]
    with torch.no_grad():
        restored = model(vectors)\n"
            .to_owned(),
        figure: "F.mse_loss(restored, vectors)",
    }
}
