//! What stands above charts.

use crate::data::{MANY_UNKNOWN, percent};
use crate::plot::Title;
use crate::spec::{BIDIRECTIONAL, Experiment, Task};
use crate::tasks;

/// The title of a chart: the experiment, its network, and a warning if its perplexity is not what
/// it seems.
pub fn title(name: &str, experiment: &Experiment, text: &str) -> Title {
    let mut subtitle = (tasks::of(experiment.task).title)(&experiment.model);
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
