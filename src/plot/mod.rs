//! Charts of what a run left behind: CSV in, SVG and PNG out, never a live run. The same CSV gives
//! the same bytes.
//!
//! `page` has what all charts share: sizes, colours, axes, titles, and the way from a drawing to its
//! two files. plotters draws on a `canvas`, which writes the SVG and keeps the shapes for the PNG. `scale`
//! is an axis as plotters asks for one, with the ticks that `number` writes. `trials` reads
//! `metrics.csv` (`table`) and chooses what to show of it, `figure` draws that, and `labels` adds what
//! plotters has no word for. `pictures` draws what tasks leave beside `metrics.csv`, `sweep` what keys
//! did, and `inline` curves inside of other pages.

mod canvas;
mod error;
mod figure;
mod inline;
mod labels;
mod number;
mod page;
mod pictures;
mod scale;
mod sweep;
mod table;
mod trials;

pub use error::ChartError;
pub(crate) use inline::history;
pub use page::Title;
pub use pictures::picture;
pub use sweep::{Swept, by_key, parallel};
pub use trials::{SeedGroup, points, trial};
