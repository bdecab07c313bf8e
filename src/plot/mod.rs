//! Charts of what a run left behind: CSV in, SVG and PNG out, never a live run.
//!
//! A chart passes through the files in this order: `table` reads `metrics.csv`, `draw` chooses
//! what to show (`swept` for the keys of a sweep), `figure` lays it out (with `range`, `scale`, `number` and `path`) and `annotate`
//! writes beside the curves (with `labels`). The result is a `scene`, a list of marks, which
//! `paint` turns into the two formats (with `glyphs`) and `save` puts in their place. The same
//! CSV gives the same bytes. `pictures` draws what tasks leave beside `metrics.csv`.

mod annotate;
mod draw;
mod error;
mod figure;
mod glyphs;
mod labels;
mod number;
mod paint;
mod path;
mod pictures;
mod range;
mod save;
mod scale;
mod scene;
mod swept;
mod table;

pub use draw::{Bundle, Curve, Title, experiment, points, trial};
pub use error::ChartError;
pub(crate) use number::grouped;
pub use pictures::picture;
pub(crate) use scale::Scale;
pub use swept::{Swept, by_key, parallel};
