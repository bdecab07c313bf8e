//! What runs an exported model over the held-out data, and prints the task's figure.

use super::Held;
use crate::data::{Dataset, Marks};
use crate::metric::number;
use crate::spec::{ClassLoss, Experiment, Task};
use crate::task;

/// Texts that the exported file reads side by side.
const TOGETHER: usize = 64;

/// The lines under `if __name__ == "__main__":`, after `data` has been read.
pub(super) fn script(experiment: &Experiment, dataset: &Dataset, held: &Held) -> String {
    let metric = task::metrics(experiment).all.first().map_or("loss", |metric| metric.name);
    let recorded =
        held.figure.map_or_else(String::new, |value| format!(" (runner: {})", number(value)));
    let (lines, value) = match experiment.task {
        Task::LanguageModel => (language_model(experiment), "(nll / (len(tokens) - 1)).exp()"),
        Task::Classification => (classification(experiment), "right / len(texts)"),
        Task::Tagging => (tagging(), "exact / len(texts)"),
        Task::Translation => (translation(dataset), "exact / len(sources)"),
        Task::Regression => (
            "    values = data[\"values\"][:, None, None]  # one series, whose state carries over
    with torch.no_grad():
        guess, _ = model(values[:-1])\n"
                .to_owned(),
            "F.mse_loss(guess, values[1:])",
        ),
        Task::Autoencoder => (
            "    vectors = data[\"vectors\"]
    with torch.no_grad():
        restored = model(vectors)\n"
                .to_owned(),
            "F.mse_loss(restored, vectors)",
        ),
        Task::SkipGram => (
            "    with torch.no_grad():  # neighbours, and random words that are none
        near = model(data[\"words\"], data[\"neighbours\"][:, None])
        far = model(data[\"words\"], data[\"negatives\"])\n"
                .to_owned(),
            "-(F.logsigmoid(near).sum(1) + F.logsigmoid(-far).sum(1)).double().mean()",
        ),
    };
    let split = held.split;
    format!("{lines}    print(f\"{split} {metric} {{{value}:.9g}}{recorded}\")\n")
}

fn language_model(experiment: &Experiment) -> String {
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

fn classification(experiment: &Experiment) -> String {
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

fn tagging() -> String {
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

fn translation(dataset: &Dataset) -> String {
    let Marks { end, .. } = Marks::of(&dataset.vocabulary);
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
