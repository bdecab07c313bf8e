//! What stands above charts.

use crate::data::{MANY_UNKNOWN, percent};
use crate::plot::Title;
use crate::spec::{Architecture, BIDIRECTIONAL, Experiment, Task};

/// The title of a chart: the experiment, its network, and a warning if its perplexity is not what
/// it seems.
pub fn title(name: &str, experiment: &Experiment, text: &str) -> Title {
    let mut subtitle = network(experiment);
    if !text.is_empty() {
        subtitle += &format!(" · {text}");
    }
    let peeks = experiment.model.bidirectional && experiment.task == Task::LanguageModel;
    let warning = peeks.then(|| BIDIRECTIONAL.to_owned());
    Title { title: name.to_owned(), subtitle, warning }
}

/// What a chart says of a text with this share of unknown tokens, if it is large.
pub fn about_unknown(share: f64) -> Option<String> {
    (share >= MANY_UNKNOWN).then(|| {
        format!("{} of the validation tokens are unknown: compare bits per byte", percent(share))
    })
}

/// The network in a few words.
fn network(experiment: &Experiment) -> String {
    let model = &experiment.model;
    let (hidden, embedding) = (model.hidden_size, model.embedding_size);
    match experiment.task {
        Task::Autoencoder => return format!("dense, {hidden}-{}-{hidden}", model.code_size),
        Task::SkipGram => return format!("skip-gram, vectors of {embedding}"),
        _ => {}
    }
    let cell = match model.architecture {
        Architecture::Rnn => "RNN",
        Architecture::Gru => "GRU",
        Architecture::Lstm => "LSTM",
    };
    let both = if model.bidirectional { "bidirectional " } else { "" };
    let input = match (experiment.task, embedding) {
        (Task::Regression, _) => "one value".to_owned(),
        (_, 0) => "one-hot".to_owned(),
        (_, size) => format!("embedding {size}"),
    };
    format!("{both}{cell} {} × {hidden}, {input}", model.layers)
}
