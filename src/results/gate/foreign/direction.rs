//! What the name of a foreign metric says: of which split it is, and which values are better.

use crate::metric::Direction;

/// Words of metrics of which lower values are better.
const LOWER: [&str; 34] = [
    "bits",
    "bpb",
    "bpc",
    "bpw",
    "brier",
    "cer",
    "cost",
    "crossentropy",
    "deviance",
    "distance",
    "divergence",
    "ece",
    "entropy",
    "err",
    "error",
    "fid",
    "kl",
    "logloss",
    "loss",
    "mae",
    "mape",
    "mse",
    "msle",
    "nll",
    "perplexity",
    "pinball",
    "ppl",
    "regret",
    "rmse",
    "rmsle",
    "smape",
    "ter",
    "wer",
    "xent",
];

/// Words of metrics of which higher values are better.
const HIGHER: [&str; 42] = [
    "acc",
    "accuracy",
    "ap",
    "auc",
    "auprc",
    "auroc",
    "bertscore",
    "bleu",
    "chrf",
    "dice",
    "elbo",
    "em",
    "exact",
    "f1",
    "f2",
    "fbeta",
    "hits",
    "iou",
    "kappa",
    "likelihood",
    "map",
    "match",
    "mcc",
    "meteor",
    "miou",
    "mrr",
    "ndcg",
    "precision",
    "psnr",
    "r2",
    "recall",
    "reward",
    "roc",
    "rouge",
    "rouge1",
    "rouge2",
    "rougel",
    "rougelsum",
    "ssim",
    "top1",
    "top5",
    "variance",
];

/// The words for splits, those of validation first: a metric of them is taken before one of the next.
const SPLITS: [&[&str]; 3] = [
    &["valid", "val", "validation", "eval", "evaluation", "dev"],
    &["test"],
    &["train", "training"],
];
/// The place of the training split.
const TRAINING: usize = 2;

/// Metrics that are taken where nobody says which, the first first.
const USUAL: [&str; 20] = [
    "perplexity",
    "ppl",
    "bits_per_byte",
    "bpb",
    "bits_per_character",
    "bpc",
    "loss",
    "nll",
    "accuracy",
    "acc",
    "f1",
    "auc",
    "mse",
    "rmse",
    "mae",
    "r2",
    "wer",
    "bleu",
    "error",
    "score",
];

/// The words of a name in lower case: `eval/topAcc` has none for `acc`, `eval_acc` has.
fn words(name: &str) -> Vec<String> {
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Which values of a metric are better, if its name tells.
pub(super) fn direction_of(name: &str) -> Option<Direction> {
    let words = words(name);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    // scikit-learn's `neg_mean_squared_error`, and the negative log-likelihood.
    let negated = has(&["neg", "negative"]);
    match (has(&LOWER), has(&HIGHER), negated) {
        (true, true, _) => None,
        (true, false, false) | (false, true, true) => Some(Direction::Lower),
        (false, true, false) | (true, false, true) => Some(Direction::Higher),
        (false, false, _) => has(&["score"]).then_some(Direction::Higher),
    }
}

/// The metric that is meant where nobody says which: the most usual one, of validation if there is
/// such, else of test, else of no split that its name tells; never that of training.
pub(super) fn usual<'a>(names: &[&'a str]) -> Option<&'a str> {
    let rank = |name: &&'a str| {
        let mut words = words(name);
        let is_split =
            |word: &String| SPLITS.iter().position(|split| split.contains(&word.as_str()));
        let split = words.iter().find_map(is_split);
        words.retain(|word| is_split(word).is_none() && word != "epoch");
        let metric = words.join("_");
        let metric = USUAL.iter().position(|usual| *usual == metric)?;
        (split != Some(TRAINING)).then_some((split.unwrap_or(TRAINING), metric, *name))
    };
    names.iter().filter_map(rank).min().map(|(.., name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_tell_the_direction() {
        let lower = ["eval_loss", "Perplexity/valid", "val.bits_per_byte", "test_WER", "rmse"];
        let higher = ["val_accuracy", "eval/f1", "rouge-L/x", "neg_mean_squared_error", "score"];
        for name in lower {
            assert_eq!(direction_of(name), Some(Direction::Lower), "{name}");
        }
        for name in [&higher[..2], &higher[3..]].concat() {
            assert_eq!(direction_of(name), Some(Direction::Higher), "{name}");
        }
        assert_eq!(direction_of("negative_log_likelihood"), Some(Direction::Lower));
        for name in ["speed", "lossless", "loss_vs_accuracy", ""] {
            assert_eq!(direction_of(name), None, "{name}");
        }
    }

    #[test]
    fn the_usual_metric_is_one_of_validation() {
        for (names, wanted) in [
            (&["epoch", "train_loss", "val_loss", "val_acc"][..], Some("val_loss")),
            (&["loss", "eval_loss", "eval_perplexity"], Some("eval_perplexity")),
            (&["loss", "test_accuracy"], Some("test_accuracy")),
            (&["loss", "accuracy"], Some("loss")),
            (&["validation/epoch_loss", "train/epoch_loss"], Some("validation/epoch_loss")),
            (&["train_loss", "lr", "speed"], None),
        ] {
            assert_eq!(usual(names), wanted, "{names:?}");
        }
    }
}
