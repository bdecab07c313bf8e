//! The folder of an exported model.

use super::{Held, measure, network};
use crate::data::Dataset;
use crate::files::links::{above, name_of};
use crate::files::{self, failed, write_whole};
use crate::runs::Paths;
use crate::runs::run_json::RunJson;
use crate::spec::Experiment;
use crate::train::RecordError;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Writes `model.py`, `model.safetensors`, `data.safetensors`, `trial.json` and, where the task has
/// tokens, `vocabulary.json` into a folder. What the trial's files say goes into the code as numbers
/// and words of this program alone; names and texts are data beside it.
///
/// # Errors
/// When there are no weights, or the folder cannot be written to.
pub fn write(
    paths: &Paths,
    run: &RunJson,
    experiment: &Experiment,
    dataset: &Arc<Dataset>,
    folder: &Path,
) -> Result<(), RecordError> {
    let refused = |error: String| failed(folder)(std::io::Error::other(error));
    let held = Held::of(run, experiment, dataset);
    let weights = files::read(&paths.weights()).map_err(failed(&paths.weights()))?;
    let data = held.to_bytes().map_err(|error| refused(error.to_string()))?;
    write_whole(&folder.join("model.safetensors"), &weights)?;
    write_whole(&folder.join("data.safetensors"), &data)?;
    let json = |name: &str, value: &Value| {
        let text = serde_json::to_vec_pretty(value).map_err(|error| refused(error.to_string()))?;
        write_whole(&folder.join(name), &text)
    };
    let trial = json!({
        "experiment": name_of(&above(&paths.0)),
        "trial": name_of(&paths.0),
        "runner_version": run.runner_version,
    });
    json("trial.json", &trial)?;
    let tokens: Vec<_> =
        (0..run.vocabulary.len() as u32).map(|id| run.vocabulary.decode(&[id])).collect();
    if !tokens.is_empty() {
        json("vocabulary.json", &tokens.into())?;
    }
    write_whole(&folder.join("model.py"), script(experiment, dataset, &held).as_bytes())
}

/// The Python file.
fn script(experiment: &Experiment, dataset: &Dataset, held: &Held) -> String {
    let network = network::class(experiment, dataset);
    format!(
        "\"\"\"The trained model in torch.nn, written by runner; trial.json says of which trial.\"\"\"\n\
         from pathlib import Path\n\nimport torch\nfrom safetensors.torch import load_file\n\
         from torch import nn\nfrom torch.nn import functional as F\n\n\n{}\n\n\
         here = Path(__file__).parent\nmodel = {}().eval()\n{}\n\n\
         if __name__ == \"__main__\":\n    data = load_file(here / \"data.safetensors\")\n{}",
        network.text,
        network.name,
        network.load,
        measure::script(experiment, dataset, held),
    )
}
