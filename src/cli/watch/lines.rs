//! The lines of the list: experiments, their groups, points and seeds.

use crate::results::watch::{Experiment, Group, Point, Trial};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A line of the list, with a name that is its own.
#[derive(Debug)]
pub(super) struct Line<'a> {
    name: String,
    pub experiment: &'a Experiment,
    pub what: What<'a>,
}

/// What a line is about.
#[derive(Debug)]
pub(super) enum What<'a> {
    /// An experiment with these points, and whether they are shown.
    Experiment(Vec<&'a Point>, bool),
    /// What tells a group from the others of its experiment.
    Group(&'a Group),
    /// A point, and whether its seeds are shown.
    Point(&'a Group, &'a Point, bool),
    /// A seed of a point.
    Seed(&'a Group, &'a Arc<Trial>),
}

/// In what order points stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// The best first.
    #[default]
    Best,
    /// Those that run first, then those that were last written to.
    Latest,
    /// By their names.
    Name,
}

impl Order {
    /// The order that comes after this.
    pub fn next(self) -> Self {
        match self {
            Self::Best => Self::Latest,
            Self::Latest => Self::Name,
            Self::Name => Self::Best,
        }
    }

    /// The order in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Latest => "latest",
            Self::Name => "name",
        }
    }

    fn sort(self, points: &mut [&Point]) {
        match self {
            // So they are.
            Self::Best => {}
            Self::Latest => points.sort_by_cached_key(|point| {
                let runs = point.trials.iter().any(|trial| trial.status == "running");
                Reverse((runs, point.trials.iter().filter_map(|trial| trial.written).max()))
            }),
            Self::Name => points.sort_by_key(|point| &point.name),
        }
    }
}

impl Line<'_> {
    /// Its name, which no other line has.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The trials that it stands for, the best first: of an experiment those of its first point.
    pub fn trials(&self) -> Vec<Arc<Trial>> {
        match &self.what {
            What::Experiment(points, _) => {
                points.first().map(|point| point.trials.clone()).unwrap_or_default()
            }
            What::Group(group) => {
                group.points.first().map(|point| point.trials.clone()).unwrap_or_default()
            }
            What::Point(_, point, _) => point.trials.clone(),
            What::Seed(_, trial) => vec![Arc::clone(trial)],
        }
    }

    /// The group whose figures it has.
    pub fn group(&self) -> Option<&Group> {
        match self.what {
            What::Experiment(..) => self.experiment.groups.first(),
            What::Group(group) | What::Point(group, ..) | What::Seed(group, _) => Some(group),
        }
    }
}

/// The lines of some experiments: only of points that have all words of a filter in their line.
pub(super) fn lines<'a>(
    experiments: impl Iterator<Item = &'a Arc<Experiment>>,
    turned: &BTreeSet<String>,
    filter: &str,
    order: Order,
) -> Vec<Line<'a>> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let mut lines = Vec::new();
    for experiment in experiments {
        let name = experiment.folder.to_string_lossy().into_owned();
        let kept = |group: &'a Group| {
            let has = |point: &&Point| has_words(&words, experiment, point);
            let mut points: Vec<&'a Point> = group.points.iter().filter(has).collect();
            order.sort(&mut points);
            (group, points)
        };
        let groups: Vec<(&Group, Vec<&Point>)> = experiment.groups.iter().map(kept).collect();
        let all: Vec<&Point> = groups.iter().flat_map(|(_, points)| points.clone()).collect();
        if all.is_empty() && !words.is_empty() {
            continue;
        }
        let is_open = !turned.contains(&name);
        let what = What::Experiment(all, is_open);
        lines.push(Line { name: name.clone(), experiment, what });
        for (number, (group, points)) in groups.into_iter().enumerate().filter(|_| is_open) {
            let name = format!("{name}\0{number}");
            if !group.note.is_empty() && !points.is_empty() {
                lines.push(Line { name: name.clone(), experiment, what: What::Group(group) });
            }
            for point in points {
                add(&mut lines, experiment, group, point, turned);
            }
        }
    }
    lines
}

/// Adds the line of a point, and those of its seeds if it is unfolded.
fn add<'a>(
    lines: &mut Vec<Line<'a>>,
    experiment: &'a Experiment,
    group: &'a Group,
    point: &'a Point,
    turned: &BTreeSet<String>,
) {
    let place = |trial: &Trial| trial.folder.to_string_lossy().into_owned();
    // A point is the first trial's, whichever that is by now: the one with the first name.
    let first = point.trials.iter().map(|trial| &trial.name).min();
    let name = format!("{}\0{}", experiment.folder.display(), first.map_or("", String::as_str));
    let is_open = turned.contains(&name) && point.trials.len() > 1;
    lines.push(Line { name, experiment, what: What::Point(group, point, is_open) });
    let seeds = point.trials.iter().filter(|_| is_open);
    lines.extend(seeds.map(|trial| Line {
        name: place(trial),
        experiment,
        what: What::Seed(group, trial),
    }));
}

/// Whether all words are in what is known of a point, in small letters.
fn has_words(words: &[String], experiment: &Experiment, point: &Point) -> bool {
    if words.is_empty() {
        return true;
    }
    let of_trials = point.trials.iter().flat_map(|trial| [trial.name.as_str(), trial.status]);
    let text = [experiment.name.as_str(), point.name.as_str()].into_iter().chain(of_trials);
    let text = text.collect::<Vec<_>>().join(" ").to_lowercase();
    words.iter().all(|word| text.contains(word))
}
