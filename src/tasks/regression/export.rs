//! For PyTorch.

use crate::data::{Dataset, Split};
use crate::spec::Experiment;
use crate::tasks::torch::{Export, LOAD, cell, floats};

/// The model and its evaluation.
pub(super) fn export(experiment: &Experiment, dataset: &Dataset<Vec<f32>>, split: Split) -> Export {
    let values = split.of(&dataset.splits);
    Export {
        arrays: vec![floats("values", vec![values.len()], values.iter().copied())],
        name: "Regression",
        parts: vec![
            format!("rnn = {}", cell(experiment, 1)),
            format!("decoder = nn.Linear({}, 1)", experiment.model.hidden_size),
        ],
        method: "forward(self, values, state=None):  # values: (time, batch, 1)
        hidden, state = self.rnn(values, state)
        return self.decoder(hidden), state"
            .to_owned(),
        load: LOAD,
        evaluate:
            "    values = data[\"values\"][:, None, None]  # one series, whose state carries over
    with torch.no_grad():
        guess, _ = model(values[:-1])\n"
                .to_owned(),
        figure: "F.mse_loss(guess, values[1:])",
    }
}
