//! How a metric went over past baselines: from the commits of the baseline file, or from a CSV file.

use super::baseline::Baseline;
use super::outcome::Outcome;
use crate::files::cells;
use crate::files::{read_regular, write_whole};
use crate::machine::{git_commit, now};
use crate::metric::number;
use crate::plot;
use std::path::Path;
use std::process::Command;

/// The number of commits of the file that are looked at.
const COMMITS: usize = 50;
/// More than any history has, in bytes.
const LIMIT: u64 = 64 << 20;
/// The columns of the CSV file.
const HEADER: &str = "date,commit,experiment,metric,value\n";

/// Past means of the metric, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// When, of which experiment, and how much.
    points: Vec<(String, String, f64)>,
}

impl History {
    /// From the commits of a baseline file. Outside of a git checkout it is empty.
    pub fn of_commits(baseline: &Path) -> Self {
        let folder = match baseline.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let git = |arguments: &[&str]| {
            let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
            output.status.success().then(|| String::from_utf8(output.stdout).ok())?
        };
        let file = baseline.file_name().unwrap_or_default().to_string_lossy();
        let most = format!("-{COMMITS}");
        let log = git(&["log", &most, "--format=%h %cs", "--", &file]).unwrap_or_default();
        let mut points = Vec::new();
        for line in log.lines().rev() {
            let (commit, date) = line.split_once(' ').unwrap_or((line, ""));
            let Some(text) = git(&["show", &format!("{commit}:./{file}")]) else { continue };
            // What could not be read then is no figure now.
            let Ok(past) = Baseline::parse(baseline, &text) else { continue };
            for (name, entry) in past.entries {
                let value = entry.mean();
                points.push((date.to_owned(), name, value));
            }
        }
        Self { points }
    }

    /// From a CSV file that [`append`] has written; one that is not there is empty.
    ///
    /// # Errors
    /// When it is there and cannot be read, or is the file of another program.
    pub fn of_csv(path: &Path) -> Result<Self, String> {
        if matches!(path.try_exists(), Ok(false)) {
            return Ok(Self::default());
        }
        let bytes = read_regular(path, LIMIT).map_err(|error| error.to_string())?;
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let mut points = Vec::new();
        let header = reader.headers().map_err(|error| error.to_string())?;
        if header.iter().collect::<Vec<_>>().join(",") != HEADER.trim_end() {
            return Err(format!("its columns are not {}", HEADER.trim_end()));
        }
        for row in reader.records() {
            let row = row.map_err(|error| error.to_string())?;
            let value = row[4].parse().ok().filter(|value: &f64| value.is_finite());
            let line = row.position().map_or(0, csv::Position::line);
            let value =
                value.ok_or_else(|| format!("line {line}: {:?} is no finite number", &row[4]))?;
            points.push((row[0].to_owned(), cells::read(&row[2]).to_owned(), value));
        }
        Ok(Self { points })
    }

    /// The past means of an experiment.
    pub fn values(&self, name: &str) -> Vec<f64> {
        self.points.iter().filter(|point| point.1 == name).map(|point| point.2).collect()
    }

    /// Adds what was measured now. What is infinite has no place in a chart.
    pub fn and_now(mut self, outcomes: &[Outcome]) -> Self {
        for outcome in outcomes {
            if let Some(value) = outcome.value.filter(|value| value.is_finite()) {
                self.points.push((now(), outcome.name.clone(), value));
            }
        }
        self
    }

    /// The experiments, in the order in which they appeared.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (_, name, _) in &self.points {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// A chart as SVG: a line for each experiment, from its oldest baseline to now.
    pub fn svg(&self) -> String {
        let rows: Vec<_> = self.names().into_iter().map(|name| (name, self.values(name))).collect();
        plot::history(&rows)
    }
}

/// Adds what was measured now to a CSV file, which is begun where it is not there.
///
/// # Errors
/// When it cannot be read or written.
pub fn append(path: &Path, outcomes: &[Outcome]) -> Result<(), String> {
    let mut bytes = match path.try_exists() {
        Ok(false) => HEADER.as_bytes().to_vec(),
        _ => read_regular(path, LIMIT).map_err(|error| error.to_string())?,
    };
    let (date, commit) = (now(), git_commit().unwrap_or_default());
    let rows = outcomes.iter().filter_map(|outcome| {
        let (metric, value) = (outcome.metric.as_deref()?, number(outcome.value?));
        Some([date.clone(), commit.clone(), outcome.name.clone(), metric.to_owned(), value])
    });
    bytes.extend(cells::table(rows).map_err(|error| error.to_string())?);
    write_whole(path, &bytes).map_err(|error| error.to_string())
}

/// The least and the greatest of some values.
fn range(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
}

/// Values as a line of bars: the lowest a low one, the highest a high one.
pub fn sparkline(values: &[f64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (low, high) = range(values);
    let bar = |value: &f64| {
        let part = if high > low { (value - low) / (high - low) } else { 0.5 };
        BARS[((part * 7.0).round() as usize).min(7)]
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::outcomes;
    use super::*;

    #[test]
    fn bars_follow_the_values() {
        assert_eq!(sparkline(&[1.0, 2.0, 8.0, 4.5]), "▁▂█▅");
        assert_eq!(sparkline(&[3.0, 3.0]), "▅▅");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn a_csv_grows_and_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        assert_eq!(History::of_csv(&path).unwrap(), History::default());
        append(&path, &outcomes()).unwrap();
        append(&path, &outcomes()).unwrap();
        let history = History::of_csv(&path).unwrap();
        assert_eq!(history.values("worse"), vec![outcomes()[1].value.unwrap(); 2]);
        assert_eq!(history.names(), ["same", "worse", "sweep/hidden_size=9", "noisy", "new"]);
        let svg = history.svg();
        assert_eq!(svg.matches("<polyline").count(), 5);
        std::fs::write(&path, "a,b\n1,2\n").unwrap();
        assert!(History::of_csv(&path).unwrap_err().contains("columns"));
    }

    #[test]
    fn a_history_has_finite_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.csv");
        for bad in ["nan", "inf", "-inf", "1e999", "ten", ""] {
            std::fs::write(&path, format!("{HEADER}d,c,e,m,1.5\nd,c,e,m,{bad}\n")).unwrap();
            let why = History::of_csv(&path).unwrap_err();
            assert_eq!(why, format!("line 3: {bad:?} is no finite number"));
        }
        let mut worse = outcomes().swap_remove(1);
        worse.value = Some(f64::INFINITY);
        assert_eq!(History::default().and_now(&[worse]), History::default());
    }
}
