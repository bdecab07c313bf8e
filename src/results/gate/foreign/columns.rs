//! Which columns of foreign figures mean what: as options say it, as a baseline's `[gate.columns]`
//! does, or as usual names tell.

use super::FiguresError;
use super::direction::direction_of;
use crate::metric::Direction;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Deserializer};

/// Which of several rows of a seed is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// The one with the best value of the metric.
    Best,
    /// The last one.
    Last,
}

impl Take {
    /// The word in a baseline.
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Last => "last",
        }
    }

    /// In a sentence.
    pub fn words(self) -> String {
        format!("the {} row", self.name())
    }
}

/// A column with figures, and which of them are better, if that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// The column.
    pub column: String,
    /// Which values are better.
    pub direction: Option<Direction>,
}

/// `COLUMN`, or with a direction `COLUMN:lower` or `COLUMN:higher`.
impl From<&str> for Metric {
    fn from(text: &str) -> Self {
        let (column, direction) = match text.rsplit_once(':') {
            Some((column, "lower")) => (column, Some(Direction::Lower)),
            Some((column, "higher")) => (column, Some(Direction::Higher)),
            _ => (text, None),
        };
        Self { column: column.to_owned(), direction }
    }
}

impl Metric {
    /// As it is written.
    pub fn text(&self) -> String {
        let direction = self.direction.map(|it| format!(":{}", it.name())).unwrap_or_default();
        format!("{}{direction}", self.column)
    }

    /// Which of its values are better.
    pub(super) fn better(&self) -> Result<Direction, FiguresError> {
        self.direction.or_else(|| direction_of(&self.column)).ok_or_else(|| {
            let column = &self.column;
            FiguresError::new(
                format!("whether lower or higher values of `{column}` are better is not known"),
                format!("say it: --metric {column}:lower or --metric {column}:higher"),
            )
        })
    }
}

/// What the columns of foreign figures mean. What is not said is guessed from usual names.
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[command(next_help_heading = "Figures of other programs")]
pub struct Columns {
    /// Column of --results that names the experiment [default: experiment, name, run, model …, else
    /// the file's name]
    #[arg(long, value_name = "COLUMN")]
    pub experiment: Option<String>,
    /// Column of the seed [default: seed, random_state …, else what follows "seed" in the file's path]
    #[arg(long, value_name = "COLUMN")]
    pub seed: Option<String>,
    /// Column of the metric, with :lower or :higher where its name does not tell which is better; may
    /// be repeated [default: what the baseline has, else perplexity, loss, accuracy … of validation]
    #[arg(long, value_name = "COLUMN", value_parser = metric)]
    #[serde(deserialize_with = "metrics")]
    pub metric: Vec<Metric>,
    /// Column that tells the rows of a seed apart [default: step, epoch, iteration …]
    #[arg(long, value_name = "COLUMN")]
    pub step: Option<String>,
    /// Column with the hash or version of the data: other data is not compared [default: data_sha256,
    /// data_hash …]
    #[arg(long, value_name = "COLUMN")]
    pub data: Option<String>,
    /// Which of several rows of a seed is taken [default: best]
    #[arg(long, value_name = "WHICH")]
    pub take: Option<Take>,
}

fn metric(text: &str) -> Result<Metric, String> {
    Ok(Metric::from(text))
}

/// A text, or a list of them.
fn metrics<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Metric>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        One(String),
        Many(Vec<String>),
    }
    let texts = match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::Many(texts) => texts,
    };
    Ok(texts.iter().map(|text| Metric::from(text.as_str())).collect())
}

/// What is looked for in a record, with the names that it usually has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'a> {
    /// As it is said.
    said: Option<&'a str>,
    usual: &'static [&'static str],
}

impl<'a> Sought<'a> {
    /// The column's name, if it is said.
    pub(super) fn said(&self) -> Option<&'a str> {
        self.said
    }

    /// Where it stands among these names.
    pub(super) fn among<'b>(&self, names: impl Iterator<Item = &'b str> + Clone) -> Option<usize> {
        if let Some(said) = self.said {
            return names.clone().position(|name| name == said);
        }
        let is = |name: &str, usual: &str| {
            // `config.seed`, `args/seed`.
            let last = name.rsplit(['.', '/']).next().unwrap_or(name);
            last.trim_start_matches('_').eq_ignore_ascii_case(usual)
        };
        self.usual.iter().find_map(|usual| names.clone().position(|name| is(name, usual)))
    }
}

impl Columns {
    /// These, and what they do not say as others do.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            experiment: self.experiment.or_else(|| other.experiment.clone()),
            seed: self.seed.or_else(|| other.seed.clone()),
            metric: if self.metric.is_empty() { other.metric.clone() } else { self.metric },
            step: self.step.or_else(|| other.step.clone()),
            data: self.data.or_else(|| other.data.clone()),
            take: self.take.or(other.take),
        }
    }

    pub(super) fn of_experiment(&self) -> Sought<'_> {
        let usual = &[
            "experiment",
            "experiment_name",
            "exp",
            "exp_name",
            "name",
            "run",
            "run_name",
            "group",
            "model",
            "model_name",
        ];
        Sought { said: self.experiment.as_deref(), usual }
    }

    pub(super) fn of_seed(&self) -> Sought<'_> {
        let usual =
            &["seed", "random_seed", "random_state", "rng_seed", "manual_seed", "seed_everything"];
        Sought { said: self.seed.as_deref(), usual }
    }

    pub(super) fn of_step(&self) -> Sought<'_> {
        let usual = &["step", "global_step", "epoch", "iteration", "iter", "round", "update"];
        Sought { said: self.step.as_deref(), usual }
    }

    pub(super) fn of_data(&self) -> Sought<'_> {
        let usual = &[
            "data_sha256",
            "dataset_sha256",
            "data_hash",
            "dataset_hash",
            "data_md5",
            "dataset_digest",
            "data_version",
            "dataset_version",
        ];
        Sought { said: self.data.as_deref(), usual }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_baseline_are_read() {
        let read = |text: &str| toml::from_str::<Columns>(text);
        let columns = read("metric = 'score:higher'\ntake = 'last'\nseed = 's'\n").unwrap();
        assert_eq!(columns.metric[0].text(), "score:higher");
        assert_eq!((columns.take, columns.seed.as_deref()), (Some(Take::Last), Some("s")));
        let two = read("metric = ['a:b', 'c:lower']\n").unwrap();
        assert_eq!(two.metric[0], Metric { column: "a:b".to_owned(), direction: None });
        assert_eq!(two.metric[1].better().unwrap(), Direction::Lower);
        assert!(read("metrik = 'a'\n").unwrap_err().to_string().contains("metrik"));
        let asked = Columns { seed: Some("t".to_owned()), ..Columns::default() }.or(&columns);
        assert_eq!((asked.seed.as_deref(), asked.take), (Some("t"), Some(Take::Last)));
    }

    #[test]
    fn usual_names_are_found() {
        let among = |names: &[&str]| Columns::default().of_seed().among(names.iter().copied());
        assert_eq!(among(&["model", "Seed"]), Some(1));
        assert_eq!(among(&["random_state", "config.seed"]), Some(1));
        assert_eq!(among(&["seeds", "a"]), None);
        let said = Columns { seed: Some("a".to_owned()), ..Columns::default() };
        assert_eq!(said.of_seed().among(["seed", "a"].into_iter()), Some(1));
    }
}
