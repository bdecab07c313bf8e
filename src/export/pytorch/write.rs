//! The folder of an exported model.

use super::{Held, measure, network};
use crate::data::Dataset;
use crate::record::file::{failed, make_folder, read_regular, write_whole};
use crate::record::folder::Paths;
use crate::record::machine::memory;
use crate::record::run_json::RunJson;
use crate::spec::Experiment;
use crate::train::RecordError;
use std::path::Path;
use std::sync::Arc;

/// Writes `model.py`, `model.safetensors`, `data.safetensors` and, where the task has tokens,
/// `vocabulary.json` into a folder.
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
    let weights = read_regular(&paths.weights(), memory()).map_err(failed(&paths.weights()))?;
    let data = held.to_bytes().map_err(|error| refused(error.to_string()))?;
    make_folder(folder)?;
    write_whole(&folder.join("model.safetensors"), &weights)?;
    write_whole(&folder.join("data.safetensors"), &data)?;
    let tokens: Vec<_> =
        (0..run.vocabulary.len() as u32).map(|id| run.vocabulary.decode(&[id])).collect();
    if !tokens.is_empty() {
        let tokens =
            serde_json::to_vec_pretty(&tokens).map_err(|error| refused(error.to_string()))?;
        write_whole(&folder.join("vocabulary.json"), &tokens)?;
    }
    write_whole(&folder.join("model.py"), script(run, experiment, dataset, &held).as_bytes())
}

/// The Python file.
fn script(run: &RunJson, experiment: &Experiment, dataset: &Dataset, held: &Held) -> String {
    let title = format!("{}/{}", run.experiment, run.trial).replace(['\\', '"', '\n'], "_");
    let network = network::class(experiment, dataset);
    format!(
        "\"\"\"{title}, written by runner {}: the trained model in torch.nn.\"\"\"\n\
         from pathlib import Path\n\nimport torch\nfrom safetensors.torch import load_file\n\
         from torch import nn\nfrom torch.nn import functional as F\n\n\n{}\n\n\
         here = Path(__file__).parent\nmodel = {}().eval()\n{}\n\n\
         if __name__ == \"__main__\":\n    data = load_file(here / \"data.safetensors\")\n{}",
        run.runner_version,
        network.text,
        network.name,
        network.load,
        measure::script(experiment, dataset, held),
    )
}
