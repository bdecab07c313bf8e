//! A Python file that rebuilds a model with torch.nn, whatever its task, and evaluates it. The model as
//! a class, the data, and what runs one over the other come from the task (`tasks/<task>/export.rs`).

use crate::data::Split;
use crate::files::links::{above, name_of};
use crate::files::{self, failed, write_whole};
use crate::metric::number;
use crate::runs::Paths;
use crate::runs::run_json::RunJson;
use crate::spec::Experiment;
use crate::tasks::torch::Export;
use crate::tasks::{self, AnyDataset};
use crate::train::RecordError;
use safetensors::SafeTensorError;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use std::path::Path;

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
    dataset: &dyn AnyDataset,
    folder: &Path,
) -> Result<(), RecordError> {
    let refused = |error: String| failed(folder)(std::io::Error::other(error));
    let (split, recorded) = evaluated(run, experiment);
    let export = dataset.export(experiment, split);
    let weights = files::read(&paths.weights()).map_err(failed(&paths.weights()))?;
    let data = arrays(&export).map_err(|error| refused(error.to_string()))?;
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
    let metric = tasks::metrics(experiment).all.first().map_or("loss", |metric| metric.name);
    let recorded = recorded.map_or_else(String::new, |it| format!(" (runner: {})", number(it)));
    let script = script(&export, &format!("{} {metric}", split.name()), &recorded);
    write_whole(&folder.join("model.py"), script.as_bytes())
}

/// The split that is evaluated, and the task's figure of it that was recorded with these weights: the
/// first of validation and test that has one, else training without one.
fn evaluated(run: &RunJson, experiment: &Experiment) -> (Split, Option<f64>) {
    let Some(metric) = tasks::metrics(experiment).all.first() else { return (Split::Train, None) };
    let figure = |column| run.result.as_ref()?.figure(column);
    match metric.columns.map(figure) {
        [_, valid @ Some(_), _] => (Split::Valid, valid),
        [_, None, test @ Some(_)] => (Split::Test, test),
        [_, None, None] => (Split::Train, None),
    }
}

/// The arrays as a safetensors file.
fn arrays(export: &Export) -> Result<Vec<u8>, SafeTensorError> {
    let mut views = Vec::with_capacity(export.arrays.len());
    for array in &export.arrays {
        views.push((array.name, TensorView::new(array.dtype, array.shape.clone(), &array.bytes)?));
    }
    safetensors::serialize(views, None)
}

/// The Python file; `what` names the figure that it prints, `recorded` follows it.
fn script(export: &Export, what: &str, recorded: &str) -> String {
    let Export { name, method, load, evaluate, figure, parts, .. } = export;
    let parts: String = parts.iter().map(|part| format!("        self.{part}\n")).collect();
    format!(
        "\"\"\"The trained model in torch.nn, written by runner; trial.json says of which trial.\"\"\"\n\
         from pathlib import Path\n\nimport torch\nfrom safetensors.torch import load_file\n\
         from torch import nn\nfrom torch.nn import functional as F\n\n\n\
         class {name}(nn.Module):\n    def __init__(self):\n        super().__init__()\n{parts}\n    \
         def {method}\n\n\n\
         here = Path(__file__).parent\nmodel = {name}().eval()\n{load}\n\n\
         if __name__ == \"__main__\":\n    data = load_file(here / \"data.safetensors\")\n\
         {evaluate}    print(f\"{what} {{{figure}:.9g}}{recorded}\")\n",
    )
}
