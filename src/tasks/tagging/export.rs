//! For PyTorch.

use super::TaggedSequence;
use crate::data::{Dataset, Split};
use crate::spec::Experiment;
use crate::tasks::torch::{Export, LOAD, TOGETHER};
use crate::tasks::torch::{input, of_true_lengths, ragged, recurrent};

/// The model and its evaluation.
pub(super) fn export(
    experiment: &Experiment,
    dataset: &Dataset<Vec<TaggedSequence>>,
    split: Split,
) -> Export {
    let all = split.of(&dataset.splits);
    let [labels, _] = ragged(["labels", ""], all.iter().map(|it| &it.labels));
    let [tokens, lengths] = ragged(["tokens", "lengths"], all.iter().map(|it| &it.tokens));
    let (vocabulary, outputs) = (dataset.info.vocabulary.len(), dataset.info.classes.len());
    let mut parts = recurrent(experiment, vocabulary);
    parts.push(format!("decoder = nn.Linear({}, {outputs})", experiment.model.output_size()));
    let read = of_true_lengths(experiment, &input(experiment, vocabulary));
    Export {
        arrays: vec![tokens, lengths, labels],
        name: "Tagger",
        parts,
        method: format!(
            "forward(self, tokens, lengths):  # tokens: (time, batch), of the lengths and padded
{read}
        return self.decoder(hidden)"
        ),
        load: LOAD,
        evaluate: evaluate(),
        figure: "exact / len(texts)",
    }
}

fn evaluate() -> String {
    format!(
        "    texts, labels = (data[name].split(data[\"lengths\"].tolist()) for name in (\"tokens\", \"labels\"))
    exact = 0
    with torch.no_grad():
        for some in torch.arange(len(texts)).split({TOGETHER}):
            guess = model(nn.utils.rnn.pad_sequence([texts[i] for i in some]), data[\"lengths\"][some]).argmax(-1)
            wanted = nn.utils.rnn.pad_sequence([labels[i] for i in some], padding_value=-100)
            exact += ((guess == wanted) | (wanted == -100)).all(0).sum().item()
"
    )
}
