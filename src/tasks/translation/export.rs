//! For PyTorch.

use super::{Pair, SpecialTokens};
use crate::data::{Dataset, Split, Vocabulary};
use crate::spec::Experiment;
use crate::tasks::torch::{Export, LOAD, cell, directed, ragged};

/// The model and its evaluation.
pub(super) fn export(
    experiment: &Experiment,
    dataset: &Dataset<Vec<Pair>>,
    split: Split,
) -> Export {
    let pairs = split.of(&dataset.splits);
    let sources = ragged(["source", "source_lengths"], pairs.iter().map(|it| &it.source));
    let targets = ragged(["target", "target_lengths"], pairs.iter().map(|it| &it.target));
    let vocabulary = &dataset.info.vocabulary;
    Export {
        arrays: sources.into_iter().chain(targets).collect(),
        name: "Translator",
        parts: parts(experiment, vocabulary.len()),
        method: translate(experiment, vocabulary),
        load: LOAD,
        evaluate: evaluate(SpecialTokens::of(vocabulary).end),
        figure: "exact / len(sources)",
    }
}

/// The parts of a translator.
fn parts(experiment: &Experiment, vocabulary: usize) -> Vec<String> {
    let (hidden, width) = (experiment.model.hidden_size, experiment.model.embedding_size);
    // Without an embedding the encoder reads one-hot tokens; the decoder always has one.
    let encoder: Vec<String> = match width {
        0 => vec![format!("\"rnn\": {}", cell(experiment, vocabulary))],
        width => vec![
            format!("\"embedding\": nn.Embedding({vocabulary}, {width})"),
            format!("\"rnn\": {}", cell(experiment, width)),
        ],
    };
    let width = if width == 0 { hidden } else { width };
    let mut parts = vec![
        format!("encoder = nn.ModuleDict({{{}}})", encoder.join(", ")),
        format!(
            "decoder = nn.ModuleDict({{\"embedding\": nn.Embedding({vocabulary}, {width}), \"rnn\": {}}})",
            directed(experiment, width + experiment.model.output_size(), false)
        ),
    ];
    if experiment.model.attention {
        let combine = format!("\"combine\": nn.Linear({}, {hidden})", 2 * hidden);
        parts.push(format!("attention = nn.ModuleDict({{{combine}}})"));
    }
    parts.push(format!("output = nn.Linear({hidden}, {vocabulary})"));
    parts
}

/// How it writes: always the most likely token, until the end or too many.
fn translate(experiment: &Experiment, vocabulary: &Vocabulary) -> String {
    let SpecialTokens { begin, end, .. } = SpecialTokens::of(vocabulary);
    let read = match experiment.model.embedding_size {
        0 => format!("F.one_hot(source, {}).float()", vocabulary.len()),
        _ => "self.encoder[\"embedding\"](source)".to_owned(),
    };
    let hidden = experiment.model.hidden_size;
    let both = experiment.model.bidirectional;
    let context = match both {
        false => "encoded[-1:]".to_owned(),
        true => format!("torch.cat([encoded[-1:, :{hidden}], encoded[:1, {hidden}:]], -1)"),
    };
    let summed = match both && experiment.model.attention {
        false => String::new(),
        true => format!("\n        encoded = encoded[:, :{hidden}] + encoded[:, {hidden}:]"),
    };
    let attend = if experiment.model.attention {
        "
            seen = (encoded @ hidden[0]).softmax(0) @ encoded  # dot-product attention (Luong et al. 2015)
            hidden = self.attention[\"combine\"](torch.cat([seen[None], hidden], -1)).tanh()"
    } else {
        ""
    };
    format!(
        "translate(self, source, longest):  # the tokens of a source; the context is the encoder's last state
        encoded, _ = self.encoder[\"rnn\"]({read})
        context = {context}{summed}
        token, state, written = {begin}, None, []
        while len(written) <= longest:
            embedded = self.decoder[\"embedding\"](torch.tensor([token]))
            hidden, state = self.decoder[\"rnn\"](torch.cat([embedded, context], -1), state){attend}
            token = self.output(hidden).argmax().item()
            if token == {end}:
                break
            written.append(token)
        return written"
    )
}

fn evaluate(end: u32) -> String {
    format!(
        "    sources = data[\"source\"].split(data[\"source_lengths\"].tolist())
    targets = data[\"target\"].split(data[\"target_lengths\"].tolist())
    with torch.no_grad():
        exact = sum(
            model.translate(source, len(target) + 1) == [token for token in target.tolist() if token != {end}]
            for source, target in zip(sources, targets)
        )
"
    )
}
