//! A model as a class of torch.nn. Its parts have the names that its weights have in
//! `model.safetensors`, so that `load_state_dict` takes them as they are.

use crate::data::{Dataset, Marks, Vectors};
use crate::spec::{Architecture, ClassLoss, Experiment, Nonlinearity, Task};

/// A class.
pub(super) struct Network {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: String,
    /// What loads its weights.
    pub load: String,
}

/// The class of an experiment's model.
pub(super) fn class(experiment: &Experiment, dataset: &Dataset) -> Network {
    let (model, vocabulary) = (&experiment.model, dataset.vocabulary.len());
    let classes = dataset.classes().len();
    let (hidden, first) = (model.hidden_size, input(experiment, vocabulary));
    let features = model.output_size();
    let (name, parts, forward) = match experiment.task {
        Task::LanguageModel => {
            let mut parts = recurrent(experiment, vocabulary);
            // Without a decoder the hidden state is the logits.
            let mut logits = "hidden";
            if model.decoder != Some(false) {
                parts.push(format!("decoder = nn.Linear({features}, {vocabulary})"));
                logits = "self.decoder(hidden)";
            }
            if model.tied {
                parts.push("decoder.weight = self.embedding.weight".to_owned());
            }
            let forward = format!(
                "tokens, state=None):  # tokens: (time, batch)
        hidden, state = self.rnn({first}, state)
        return {logits}, state"
            );
            ("LanguageModel", parts, forward)
        }
        Task::Classification => {
            let binary = experiment.training.loss == ClassLoss::BinaryCrossEntropy;
            let outputs = if binary { 1 } else { classes };
            let mut parts = recurrent(experiment, vocabulary);
            parts.push(format!("decoder = nn.Linear({features}, {outputs})"));
            let last = "hidden[lengths - 1, torch.arange(len(lengths))]";
            // Backwards, the last state is that of the first token.
            let states = match model.bidirectional {
                false => last.to_owned(),
                true => format!("torch.cat([{last}[:, :{hidden}], hidden[0, :, {hidden}:]], -1)"),
            };
            let read = of_true_lengths(experiment, &first);
            let forward = format!(
                "tokens, lengths):  # tokens: (time, batch), of the lengths and padded
{read}
        return self.decoder({states})"
            );
            ("Classifier", parts, forward)
        }
        Task::Tagging => {
            let mut parts = recurrent(experiment, vocabulary);
            parts.push(format!("decoder = nn.Linear({features}, {classes})"));
            let read = of_true_lengths(experiment, &first);
            let forward = format!(
                "tokens, lengths):  # tokens: (time, batch), of the lengths and padded
{read}
        return self.decoder(hidden)"
            );
            ("Tagger", parts, forward)
        }
        Task::Regression => {
            let parts = vec![
                format!("rnn = {}", cell(experiment, 1)),
                format!("decoder = nn.Linear({hidden}, 1)"),
            ];
            let forward = "values, state=None):  # values: (time, batch, 1)
        hidden, state = self.rnn(values, state)
        return self.decoder(hidden), state"
                .to_owned();
            ("Regression", parts, forward)
        }
        Task::Autoencoder => {
            let width = dataset.examples::<Vectors>().map_or(0, Vectors::width);
            let code = model.code_size;
            let parts = vec![
                format!(
                    "encoder = nn.Sequential(nn.Linear({width}, {hidden}), nn.ReLU(), nn.Linear({hidden}, {code}), nn.ReLU())"
                ),
                format!(
                    "decoder = nn.Sequential(nn.Linear({code}, {hidden}), nn.ReLU(), nn.Linear({hidden}, {width}))"
                ),
            ];
            let forward = "vectors):  # vectors: (batch, numbers)
        return self.decoder(self.encoder(vectors))"
                .to_owned();
            ("Autoencoder", parts, forward)
        }
        Task::SkipGram => {
            let width = model.embedding_size;
            let parts = vec![
                format!("embedding = nn.Embedding({vocabulary}, {width})"),
                format!("neighbours = nn.Embedding({vocabulary}, {width})"),
            ];
            let forward = "words, others):  # (pairs), (pairs, others): whether they are neighbours, as logits
        return torch.einsum(\"ne,nke->nk\", self.embedding(words), self.neighbours(others))"
                .to_owned();
            ("SkipGram", parts, forward)
        }
        Task::Translation => {
            ("Translator", translator(experiment, vocabulary), translate(experiment, dataset))
        }
    };
    let parts: String = parts.iter().map(|part| format!("        self.{part}\n")).collect();
    let method = if experiment.task == Task::Translation { "translate" } else { "forward" };
    let text = format!(
        "class {name}(nn.Module):\n    def __init__(self):\n        super().__init__()\n{parts}\n    \
         def {method}(self, {forward}\n"
    );
    Network { name, text, load: load(experiment) }
}

/// Reads a padded batch into `hidden`. Backwards, each sequence begins at its own end.
fn of_true_lengths(experiment: &Experiment, input: &str) -> String {
    if !experiment.model.bidirectional {
        return format!("        hidden, _ = self.rnn({input})");
    }
    format!(
        "        packed = nn.utils.rnn.pack_padded_sequence({input}, lengths, enforce_sorted=False)
        hidden, _ = nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0])"
    )
}

/// What loads the weights; a tied decoder's are those of the embedding.
fn load(experiment: &Experiment) -> String {
    if experiment.task == Task::LanguageModel && experiment.model.tied {
        return "weights = load_file(here / \"model.safetensors\")\n\
                weights.setdefault(\"decoder.weight\", weights[\"embedding.weight\"])\n\
                model.load_state_dict(weights)\n"
            .to_owned();
    }
    "model.load_state_dict(load_file(here / \"model.safetensors\"))\n".to_owned()
}

/// A recurrent layer of torch.nn, in the directions that the spec asks for.
fn cell(experiment: &Experiment, input: usize) -> String {
    directed(experiment, input, experiment.model.bidirectional)
}

/// The same in one direction or both.
fn directed(experiment: &Experiment, input: usize, bidirectional: bool) -> String {
    let model = &experiment.model;
    let cell = match model.architecture {
        Architecture::Rnn => "RNN",
        Architecture::Gru => "GRU",
        Architecture::Lstm => "LSTM",
    };
    let mut options = format!("{input}, {}, num_layers={}", model.hidden_size, model.layers);
    if model.architecture == Architecture::Rnn && model.nonlinearity == Some(Nonlinearity::Relu) {
        options += ", nonlinearity=\"relu\"";
    }
    if bidirectional {
        options += ", bidirectional=True";
    }
    format!("nn.{cell}({options})")
}

/// Embedding, if there is one, and recurrent layers.
fn recurrent(experiment: &Experiment, vocabulary: usize) -> Vec<String> {
    match experiment.model.embedding_size {
        0 => vec![format!("rnn = {}", cell(experiment, vocabulary))],
        width => vec![
            format!("embedding = nn.Embedding({vocabulary}, {width})"),
            format!("rnn = {}", cell(experiment, width)),
        ],
    }
}

/// What the recurrent layers read of `tokens`.
fn input(experiment: &Experiment, vocabulary: usize) -> String {
    match experiment.model.embedding_size {
        0 => format!("F.one_hot(tokens, {vocabulary}).float()"),
        _ => "self.embedding(tokens)".to_owned(),
    }
}

/// The parts of a translator.
fn translator(experiment: &Experiment, vocabulary: usize) -> Vec<String> {
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
fn translate(experiment: &Experiment, dataset: &Dataset) -> String {
    let Marks { begin, end, .. } = Marks::of(&dataset.vocabulary);
    let read = match experiment.model.embedding_size {
        0 => format!("F.one_hot(source, {}).float()", dataset.vocabulary.len()),
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
        "source, longest):  # the tokens of a source; the context is the encoder's last state
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
