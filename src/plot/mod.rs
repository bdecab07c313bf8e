//! Charts of what a run left behind: CSV in, SVG and PNG out, never a live run. The same CSV gives
//! the same bytes.
//!
//! `page` has what all charts share: sizes, colours, axes, titles, and the way from a drawing to its
//! two files: plotters draws on a `canvas`, which writes the SVG and keeps the shapes that `paint` makes
//! a PNG of, with the letters of `font`. `scale` is an axis as plotters asks for one, with the ticks that `number` writes.
//! `trials` reads `metrics.csv` (`table`) and chooses what to show of it, `figure` draws that, and
//! `labels` adds what plotters has no word for. `pictures` draws what tasks leave beside
//! `metrics.csv`, `by_key` and `parallel` what the keys of a
//! sweep did (`swept`), and `inline` curves inside of other pages.

mod by_key;
mod canvas;
mod error;
mod figure;
mod font;
mod inline;
mod labels;
mod number;
mod page;
mod paint;
mod parallel;
mod pictures;
mod scale;
mod swept;
mod table;
mod trials;

pub use by_key::by_key;
pub use error::ChartError;
pub(crate) use inline::history;
pub use page::Title;
pub use parallel::parallel;
pub use pictures::picture;
pub use swept::Swept;
pub use trials::{SeedGroup, points, trial};
