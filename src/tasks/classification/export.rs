//! For PyTorch.

use super::LabelledText;
use crate::data::{Dataset, Split};
use crate::spec::{ClassLoss, Experiment};
use crate::tasks::torch::{Export, LOAD, TOGETHER};
use crate::tasks::torch::{input, integers, of_true_lengths, ragged, recurrent};

/// The model and its evaluation.
pub(super) fn export(
    experiment: &Experiment,
    dataset: &Dataset<Vec<LabelledText>>,
    split: Split,
) -> Export {
    let texts = split.of(&dataset.splits);
    let [tokens, lengths] = ragged(["tokens", "lengths"], texts.iter().map(|it| &it.tokens));
    let classes = texts.iter().map(|it| it.class);
    let (model, vocabulary) = (&experiment.model, dataset.info.vocabulary.len());
    let (hidden, features) = (model.hidden_size, model.output_size());
    let binary = experiment.training.loss == ClassLoss::BinaryCrossEntropy;
    let outputs = if binary { 1 } else { dataset.info.classes.len() };
    let mut parts = recurrent(experiment, vocabulary);
    parts.push(format!("decoder = nn.Linear({features}, {outputs})"));
    let last = "hidden[lengths - 1, torch.arange(len(lengths))]";
    // Backwards, the last state is that of the first token.
    let states = match model.bidirectional {
        false => last.to_owned(),
        true => format!("torch.cat([{last}[:, :{hidden}], hidden[0, :, {hidden}:]], -1)"),
    };
    let read = of_true_lengths(experiment, &input(experiment, vocabulary));
    Export {
        arrays: vec![tokens, lengths, integers("classes", vec![texts.len()], classes)],
        name: "Classifier",
        parts,
        method: format!(
            "forward(self, tokens, lengths):  # tokens: (time, batch), of the lengths and padded
{read}
        return self.decoder({states})"
        ),
        load: LOAD,
        evaluate: evaluate(experiment),
        figure: "right / len(texts)",
    }
}

fn evaluate(experiment: &Experiment) -> String {
    let guess = match experiment.training.loss {
        ClassLoss::BinaryCrossEntropy => "(logits[:, 0] > 0).long()",
        ClassLoss::CrossEntropy => "logits.argmax(-1)",
    };
    format!(
        "    texts, right = data[\"tokens\"].split(data[\"lengths\"].tolist()), 0
    with torch.no_grad():
        for some in torch.arange(len(texts)).split({TOGETHER}):
            logits = model(nn.utils.rnn.pad_sequence([texts[i] for i in some]), data[\"lengths\"][some])
            right += ({guess} == data[\"classes\"][some]).sum().item()
"
    )
}
