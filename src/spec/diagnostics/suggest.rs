//! "Did you mean…?"

use crate::spec::experiment::table::{TABLES, keys};
use crate::spec::keys::{Word, split};

/// Names that other programs use for our keys.
const ALIASES: &[(&str, &str)] = &[
    ("activation", "model.nonlinearity"),
    ("accumulator", "training.initial_accumulator_value"),
    ("batch", "data.batch_size"),
    ("beta1", "training.betas"),
    ("beta2", "training.betas"),
    ("bptt", "data.sequence_length"),
    ("cell", "model.architecture"),
    ("cell_type", "model.architecture"),
    ("clip_grad", "training.clip"),
    ("clip_grad_norm", "training.clip"),
    ("clip_norm", "training.clip"),
    ("comment", "meta.note"),
    ("dataset", "data.corpus"),
    ("description", "meta.note"),
    ("emb_size", "model.embedding_size"),
    ("embedding_dim", "model.embedding_size"),
    ("epsilon", "training.eps"),
    ("emsize", "model.embedding_size"),
    ("grad_clip", "training.clip"),
    ("gradient_clip", "training.clip"),
    ("hidden", "model.hidden_size"),
    ("hidden_dim", "model.hidden_size"),
    ("init", "model.initialization"),
    ("lr", "training.learning_rate"),
    ("lr_scheduler", "training.schedule"),
    ("max_epochs", "training.epochs"),
    ("max_steps", "training.steps"),
    ("n_layers", "model.layers"),
    ("notes", "meta.note"),
    ("nhid", "model.hidden_size"),
    ("nlayers", "model.layers"),
    ("num_epochs", "training.epochs"),
    ("num_hiddens", "model.hidden_size"),
    ("num_layers", "model.layers"),
    ("num_steps", "data.sequence_length"),
    ("random_seed", "seed"),
    ("rho", "training.alpha"),
    ("scheduler", "training.schedule"),
    ("seq_len", "data.sequence_length"),
    ("seq_length", "data.sequence_length"),
    ("tie_weights", "model.tied"),
    ("type", "model.architecture"),
    ("unroll", "data.sequence_length"),
    ("vocab_size", "data.max_vocabulary"),
];

/// What was meant by the unknown key `name` of the table with path `table`, as help: a slip of one
/// letter, the same name in another table, another program's name, or the nearest of all.
pub(in crate::spec) fn key(table: &str, name: &str) -> Option<String> {
    let wanted = normal(name);
    let bound = bound(&wanted);
    let names: Vec<&'static str> = keys().map(|key| key.path).chain(tables()).collect();
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|path| split(path).0 == table);
    let near = |paths: &[&'static str], bound| {
        nearest(&wanted, bound, paths.iter().map(|path| (split(path).1, *path)))
    };
    near(&here, 1)
        .or_else(|| elsewhere.iter().copied().find(|path| *path == wanted))
        .or_else(|| near(&elsewhere, 0))
        .or_else(|| alias(&wanted))
        .or_else(|| near(&here, bound))
        .or_else(|| near(&elsewhere, bound))
        .map(|path| phrase(table, path))
}

fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|table| table.path).filter(|path| !path.is_empty())
}

/// The key that another program's name stands for.
pub(in crate::spec) fn alias(name: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, path)| *path)
}

/// Other programs' names for a key.
pub(in crate::spec) fn aliases_of(path: &str) -> impl Iterator<Item = &'static str> {
    ALIASES.iter().filter(move |(_, known)| *known == path).map(|(alias, _)| *alias)
}

/// "did you mean `layers`?", or where the key belongs. In [sweep] stand keys that are to be varied.
fn phrase(table: &str, path: &str) -> String {
    match split(path) {
        (home, _) if table == "sweep" && home != table => {
            let is_table = tables().any(|known| known == path);
            let example = if is_table { format!("{path}.…") } else { path.to_owned() };
            format!("keys to vary stand under [sweep.grid], in quotes: `\"{example}\" = [ … ]`")
        }
        (home, name) if home == table => format!("did you mean `{name}`?"),
        ("", name) => format!("`{name}` belongs at the top of the file, before any table"),
        (home, name) => format!("`{name}` belongs in [{home}]"),
    }
}

/// The key nearest to a dotted path, as help.
pub(in crate::spec) fn path(path: &str) -> Option<String> {
    let wanted = normal(path);
    let (_, name) = split(&wanted);
    let near = |bound| nearest(name, bound, keys().map(|key| (key.name(), key.path)));
    near(0)
        .or_else(|| alias(name))
        .or_else(|| nearest(&wanted, bound(name), keys().map(|key| (key.path, key.path))))
        .or_else(|| near(bound(name)))
        .map(|path| format!("did you mean `{path}`?"))
}

/// The word nearest to what was written, as help.
pub(in crate::spec) fn word(written: &str, words: &[Word]) -> Option<String> {
    let wanted = normal(written);
    nearest(&wanted, bound(&wanted), words.iter().map(|word| (word.name, word.name)))
        .map(|word| format!("did you mean \"{word}\"?"))
}

/// How many letters may differ.
fn bound(wanted: &str) -> usize {
    (wanted.chars().count() / 3).max(1)
}

/// The candidate whose name is nearest, if at most `bound` letters differ; among equals the first.
fn nearest<T>(
    wanted: &str,
    bound: usize,
    candidates: impl Iterator<Item = (&'static str, T)>,
) -> Option<T> {
    candidates
        .map(|(name, candidate)| (strsim::osa_distance(wanted, name), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// As keys are written: lower case with underscores. Very long names are cut, for no key is long.
fn normal(name: &str) -> String {
    name.chars().take(64).collect::<String>().to_lowercase().replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        for (table, name, help) in [
            ("model", "hiden_size", "did you mean `hidden_size`?"),
            ("model", "Hidden-Size", "did you mean `hidden_size`?"),
            ("model", "num_layers", "did you mean `layers`?"),
            ("model", "corpus", "`corpus` belongs in [data]"),
            ("model", "lr", "`learning_rate` belongs in [training]"),
            ("training", "patience", "`patience` belongs in [training.schedule]"),
            ("training", "optimiser", "did you mean `optimizer`?"),
            ("sweep", "seed", "did you mean `seeds`?"),
            ("data", "seed", "`seed` belongs at the top of the file, before any table"),
            ("", "modle", "did you mean `model`?"),
            ("", "layers", "`layers` belongs in [model]"),
            (
                "sweep",
                "hidden_size",
                "keys to vary stand under [sweep.grid], in quotes: `\"model.hidden_size\" = [ … ]`",
            ),
            (
                "sweep",
                "model",
                "keys to vary stand under [sweep.grid], in quotes: `\"model.…\" = [ … ]`",
            ),
        ] {
            assert_eq!(key(table, name).as_deref(), Some(help), "{table} {name}");
        }
        assert_eq!(key("model", "banana"), None);
        assert_eq!(path("model.hiden_size").as_deref(), Some("did you mean `model.hidden_size`?"));
        assert_eq!(path("training.lr").as_deref(), Some("did you mean `training.learning_rate`?"));
        assert_eq!(path("banana"), None);
    }

    #[test]
    fn aliases_lead_to_keys_and_are_none() {
        for (alias, path) in ALIASES {
            let known = keys().any(|key| key.path == *path) || tables().any(|it| it == *path);
            assert!(known, "{path}");
            assert!(keys().all(|key| key.name() != *alias), "{alias}");
        }
    }
}
