//! The charts of a trial.

use super::context::Context;
use super::open::Begun;
use crate::metric::Metric;
use crate::plot;
use crate::results::title::{about_unknown, title};
use crate::tasks::Output;

/// Draws the trial's charts. One that cannot be drawn is reported and does no harm.
pub(super) fn draw(context: &Context<'_>, begun: &Begun, metric: &Metric, outputs: &[Output]) {
    let Begun { dataset, paths, .. } = begun;
    if !std::fs::metadata(paths.metrics()).is_ok_and(|file| file.len() > 0) {
        return;
    }
    // Without the advice: "datasets/seinfeld (shipped sample: 131 KB; …" ends at the semicolon.
    let text = match dataset.provenance.description.split_once(';') {
        Some((text, _)) => format!("{text})"),
        None => dataset.provenance.description.clone(),
    };
    let mut heading = title(context.experiment, &context.trial.experiment, &text);
    let unknown = dataset.unknown.map_or(0.0, |[_, valid, _]| valid);
    heading.warning = heading.warning.or_else(|| about_unknown(unknown));
    let curves = plot::trial(&paths.metrics(), &paths.0, metric, &heading);
    let pictures = outputs.iter().filter_map(|output| {
        let picture = output.picture?;
        Some(plot::picture(&paths.0.join(&output.file), &paths.0, picture, &heading))
    });
    for error in std::iter::once(curves).chain(pictures).filter_map(Result::err) {
        let name = context.display_name();
        context.options.screen.insist(&format!("{name}: no chart: {error}"));
    }
}
