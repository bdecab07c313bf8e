//! The charts of a trial.

use super::context::Context;
use super::open::Begun;
use crate::plot::ChartError;
use crate::results::charts::trial::TrialCharts;
use crate::runs::Paths;
use crate::runs::run_json::RunJson;

/// Draws the trial's charts. One that cannot be drawn is reported and does no harm.
pub(super) fn draw(context: &Context<'_>, begun: &Begun) {
    tell(context, charts(context, &begun.paths, &begun.record).draw());
}

/// Draws those charts of a trial that came to its end that are not there: a full disk cost them, say.
pub(super) fn mend(context: &Context<'_>, paths: &Paths, record: &RunJson) {
    let (drawn, wrong) = charts(context, paths, record).mend();
    for chart in drawn {
        let chart = chart.display();
        context.options.screen.insist(&format!("{chart} was missing or cut off: drawn again"));
    }
    tell(context, wrong);
}

fn charts<'a>(context: &Context<'_>, paths: &Paths, record: &'a RunJson) -> TrialCharts<'a> {
    let experiment = &context.trial.experiment;
    TrialCharts::new(paths, context.experiment, experiment, &record.data, &record.pictures)
}

fn tell(context: &Context<'_>, wrong: Vec<ChartError>) {
    for error in wrong {
        let name = context.display_name();
        context.options.screen.insist(&format!("{name}: no chart: {error}"));
    }
}
