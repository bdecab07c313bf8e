//! The resolved experiment: every default filled in, every value validated.
//!
//! This is the second of a spec's two forms. The first, `parse::file`, is the TOML as written, with the
//! place of every value; this one is all that the later stages see. It is made only by
//! [`load`](super::load()), so a value of these types is always a possible one.
//!
//! Each struct is a table of a spec, and each field a key: type, range, default and meaning stand
//! together.

// The meaning of keys and words is shown on the terminal too, where `<unk>` and `[model]` are text.
#![allow(rustdoc::invalid_html_tags, rustdoc::broken_intra_doc_links)]

pub(super) mod canonical;
mod data;
mod model;
pub(super) mod sweep;
pub mod table;
mod task;
mod training;

pub use data::*;
pub use model::*;
pub use task::{Monitor, Task};
pub use training::*;

use super::keys::Range;
use super::keys::define::{integer, number, table, tags, text, texts, word};
use task::LANGUAGE;
use training::MANY;

table! {
    /// An experiment; the name of the file names it.
    pub struct Experiment at "" {
        /// What is learned.
        task: Task = word(Task::LanguageModel);
        /// The key of every random number of the trial.
        seed: u64 = integer(0, i64::MAX as u64).or(42);
        /// The text and how it is cut into batches.
        data: Data;
        /// The network.
        model: Model;
        /// How it is trained.
        training: Training;
        /// Text written while it trains; `None` if `[generation]` is absent.
        generation: Option<Generation>;
        /// What is said of it.
        #[serde(default)]
        meta: Meta;
    }
}

table! {
    /// Text written into samples.txt while it trains; absent: none.
    pub struct Generation at "generation" {
        /// Rows of metrics.csv (epochs, unless evaluate_every is set) between two samples.
        every: u64 = integer(1, MANY).or(1).when("task", LANGUAGE);
        /// What the text begins with; one sample each.
        prefixes: Vec<String> = texts().when("task", LANGUAGE);
        /// Tokens added to the prefix.
        length: usize = integer(1, 10_000_000).or(200).when("task", LANGUAGE);
        /// Divides the logits; 0: always the most likely token.
        temperature: f64 = number(Range::TEMPERATURE).or(1.0).when("task", LANGUAGE);
        /// Draw from the so many most likely tokens only.
        top_k: Option<usize> = integer(1, 100_000_000).optional().when("task", LANGUAGE);
    }
}

table! {
    /// What is said of the experiment: it changes no result, and no trial's name.
    #[derive(Default, Eq)]
    pub struct Meta at "meta" {
        /// Labels by which runs are found again, as in `runner board --tag`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tags: Vec<String> = tags().optional();
        /// What the experiment is for, in any number of lines.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String> = text().optional();
    }
}
