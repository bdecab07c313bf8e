//! For PyTorch.

use crate::data::{Dataset, Ids, Split};
use crate::spec::Experiment;
use crate::tasks::torch::{Export, LOAD, input, integers, recurrent};

/// A tied decoder's weights are those of the embedding.
const LOAD_TIED: &str = "weights = load_file(here / \"model.safetensors\")\n\
                         weights.setdefault(\"decoder.weight\", weights[\"embedding.weight\"])\n\
                         model.load_state_dict(weights)\n";

/// The model and its evaluation.
pub(super) fn export(experiment: &Experiment, dataset: &Dataset<Ids>, split: Split) -> Export {
    let tokens = split.of(&dataset.splits);
    let (model, vocabulary) = (&experiment.model, dataset.info.vocabulary.len());
    let mut parts = recurrent(experiment, vocabulary);
    // Without a decoder the hidden state is the logits.
    let mut logits = "hidden";
    if model.decoder != Some(false) {
        parts.push(format!("decoder = nn.Linear({}, {vocabulary})", model.output_size()));
        logits = "self.decoder(hidden)";
    }
    if model.tied {
        parts.push("decoder.weight = self.embedding.weight".to_owned());
    }
    let read = input(experiment, vocabulary);
    Export {
        arrays: vec![integers("tokens", vec![tokens.len()], tokens.iter())],
        name: "LanguageModel",
        parts,
        method: format!(
            "forward(self, tokens, state=None):  # tokens: (time, batch)
        hidden, state = self.rnn({read}, state)
        return {logits}, state"
        ),
        load: if model.tied { LOAD_TIED } else { LOAD },
        evaluate: evaluate(experiment),
        figure: "(nll / (len(tokens) - 1)).exp()",
    }
}

fn evaluate(experiment: &Experiment) -> String {
    let (streams, steps) = (experiment.data.eval_batch_size, experiment.data.sequence_length);
    // Backwards, a stream that ends before others must not begin in what follows it.
    if experiment.model.bidirectional {
        return format!(
            "    tokens = data[\"tokens\"]  # every token but the first is predicted once; the state carries over
    nll = 0.0
    with torch.no_grad():
        for stream in torch.arange(len(tokens) - 1).tensor_split(min({streams}, len(tokens) - 1)):
            state = None
            for at in stream.split({steps}):
                logits, state = model(tokens[at][:, None], state)
                nll += F.cross_entropy(logits[:, 0], tokens[at + 1], reduction=\"sum\").double()
"
        );
    }
    format!(
        "    tokens = data[\"tokens\"]  # every token but the first is predicted once; the state carries over
    streams = torch.arange(len(tokens) - 1).tensor_split(min({streams}, len(tokens) - 1))
    first, last = (torch.stack([stream[i] for stream in streams]) for i in (0, -1))
    nll, state = 0.0, None
    with torch.no_grad():
        for times in torch.arange(len(streams[0])).split({steps}):
            at = (first + times[:, None]).clamp(max=len(tokens) - 2)
            targets = tokens[at + 1].where(first + times[:, None] <= last, -100)
            logits, state = model(tokens[at], state)
            nll += F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction=\"sum\").double()
"
    )
}
