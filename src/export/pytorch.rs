//! A Python file that rebuilds a language model with torch.nn.

use crate::data::Dataset;
use crate::record::file::{failed, make_folder, read_regular, write_whole};
use crate::record::folder::Paths;
use crate::record::machine::memory;
use crate::record::run_json::RunJson;
use crate::spec::{Architecture, Experiment, Nonlinearity};
use crate::train::RecordError;
use safetensors::tensor::{Dtype, TensorView};
use std::fmt::Write;
use std::path::Path;

/// The text that the exported file measures the model on.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// The name of the split.
    pub split: &'static str,
    /// Its tokens.
    pub tokens: &'a [u32],
    /// The perplexity that was recorded with these weights, if the split was evaluated.
    pub perplexity: Option<f64>,
}

impl<'a> Held<'a> {
    /// The first split of validation, test and training text that a recorded perplexity belongs
    /// to, else the training text.
    pub fn of(run: &RunJson, dataset: &'a Dataset) -> Self {
        let figures = run.result.as_ref().map(|result| &result.figures);
        let figure = |name: &str| figures?.get(name)?.as_f64();
        let (valid, test) = (figure("valid_perplexity"), figure("test_perplexity"));
        let (split, tokens, perplexity) = match (valid, test) {
            (Some(_), _) => ("valid", &dataset.valid, valid),
            (None, Some(_)) => ("test", &dataset.test, test),
            (None, None) => ("train", &dataset.train, None),
        };
        Self { split, tokens, perplexity }
    }
}

/// Writes `model.py`, `model.safetensors`, `tokens.safetensors` and `vocabulary.json` into a
/// folder.
///
/// # Errors
/// When there are no weights, or the folder cannot be written to.
pub fn write(
    paths: &Paths,
    run: &RunJson,
    experiment: &Experiment,
    held: &Held<'_>,
    folder: &Path,
) -> Result<(), RecordError> {
    let weights = read_regular(&paths.weights(), memory()).map_err(failed(&paths.weights()))?;
    make_folder(folder)?;
    write_whole(&folder.join("model.safetensors"), &weights)?;
    write_whole(&folder.join("tokens.safetensors"), &tokens(held, folder)?)?;
    let vocabulary: Vec<_> =
        (0..run.vocabulary.len() as u32).map(|id| run.vocabulary.decode(&[id])).collect();
    let vocabulary = serde_json::to_vec_pretty(&vocabulary)
        .map_err(|error| failed(folder)(std::io::Error::other(error)))?;
    write_whole(&folder.join("vocabulary.json"), &vocabulary)?;
    write_whole(&folder.join("model.py"), script(run, experiment, held).as_bytes())
}

/// The tokens of the split as a safetensors file.
fn tokens(held: &Held<'_>, folder: &Path) -> Result<Vec<u8>, RecordError> {
    let bytes: Vec<u8> =
        held.tokens.iter().flat_map(|token| i64::from(*token).to_le_bytes()).collect();
    let refused = |error| failed(folder)(std::io::Error::other(error));
    let view = TensorView::new(Dtype::I64, vec![held.tokens.len()], &bytes).map_err(refused)?;
    safetensors::serialize([(held.split, view)], None).map_err(refused)
}

/// The Python file.
fn script(run: &RunJson, experiment: &Experiment, held: &Held<'_>) -> String {
    let (model, data) = (&experiment.model, &experiment.data);
    let vocabulary = run.vocabulary.len();
    let one_hot = model.embedding_size == 0;
    let input = if one_hot { vocabulary } else { model.embedding_size };
    let cell = match model.architecture {
        Architecture::Rnn => "RNN",
        Architecture::Gru => "GRU",
        Architecture::Lstm => "LSTM",
    };
    let mut options = format!("{input}, {}, num_layers={}", model.hidden_size, model.layers);
    if model.nonlinearity == Some(Nonlinearity::Relu) {
        options += ", nonlinearity=\"relu\"";
    }
    if model.bidirectional {
        options += ", bidirectional=True";
    }
    let features = model.output_size();
    let split = held.split;
    let title = format!("{}/{}", run.experiment, run.trial).replace(['\\', '"', '\n'], "_");
    let mut text = format!(
        "\"\"\"{title}, written by runner {}: the trained model in torch.nn.\"\"\"\n",
        run.runner_version
    );
    text += "from pathlib import Path\n\nimport torch\nfrom safetensors.torch import load_file\n";
    text += "from torch import nn\nfrom torch.nn import functional as F\n\n";
    text +=
        "class LanguageModel(nn.Module):\n    def __init__(self):\n        super().__init__()\n";
    if !one_hot {
        let _ = writeln!(text, "        self.embedding = nn.Embedding({vocabulary}, {input})");
    }
    let _ = writeln!(text, "        self.rnn = nn.{cell}({options})");
    let _ = writeln!(text, "        self.decoder = nn.Linear({features}, {vocabulary})");
    if model.tied {
        text += "        self.decoder.weight = self.embedding.weight\n";
    }
    text += "\n    def forward(self, tokens, state=None):  # tokens: (time, batch)\n";
    let embedded = if one_hot {
        format!("F.one_hot(tokens, {vocabulary}).float()")
    } else {
        "self.embedding(tokens)".to_owned()
    };
    let _ = writeln!(text, "        hidden, state = self.rnn({embedded}, state)");
    text += "        return self.decoder(hidden), state\n\n\n";
    text += "here = Path(__file__).parent\nmodel = LanguageModel().eval()\n";
    if model.tied {
        text += "weights = load_file(here / \"model.safetensors\")\n";
        text += "weights.setdefault(\"decoder.weight\", weights[\"embedding.weight\"])\n";
        text += "model.load_state_dict(weights)\n";
    } else {
        text += "model.load_state_dict(load_file(here / \"model.safetensors\"))\n";
    }
    let recorded = held.perplexity.map_or_else(String::new, |value| {
        format!(" (runner: {})", crate::record::metrics::number(value))
    });
    let _ = write!(
        text,
        "
if __name__ == \"__main__\":  # every token but the first is predicted once; the state carries over
    tokens = load_file(here / \"tokens.safetensors\")[\"{split}\"]
    streams = torch.arange(len(tokens) - 1).tensor_split(min({streams}, len(tokens) - 1))
    first, last = (torch.stack([stream[i] for stream in streams]) for i in (0, -1))
    nll, state = 0.0, None
    with torch.no_grad():
        for times in torch.arange(len(streams[0])).split({steps}):
            at = (first + times[:, None]).clamp(max=len(tokens) - 2)
            targets = tokens[at + 1].where(first + times[:, None] <= last, -100)
            logits, state = model(tokens[at], state)
            nll += F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction=\"sum\").double()
    print(f\"{split} perplexity {{(nll / (len(tokens) - 1)).exp():.6f}}{recorded}\")
",
        streams = data.eval_batch_size,
        steps = data.sequence_length,
    );
    text
}
