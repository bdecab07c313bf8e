//! What is wrong in folders of results: damaged, missing, left over; and what of it can be mended
//! without training.
//!
//! [`examine`] looks through them. A trial's files come back from its checkpoint, which has their bytes,
//! and its spec from the plan: only bytes whose sum the record has are written. Charts are drawn again.

mod experiment;
mod trial;

use crate::files::links::above;
use crate::results::summaries::NoSummary;
use crate::runs::find;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Kind {
    /// A file is not what was written.
    Damaged,
    /// A file is gone that should be there.
    Missing,
    /// A process that died has left it; it does no harm.
    LeftOver,
    /// Nothing tells whether it is what was written.
    Unchecked,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub kind: Kind,
    /// The folder of a trial or an experiment.
    pub folder: PathBuf,
    /// What is wrong, as a sentence.
    pub what: String,
    /// How it comes back, or what was done.
    pub remedy: String,
    /// Whether it was mended.
    pub mended: bool,
}

impl Finding {
    /// Whether something is lost, and still is.
    pub fn is_wrong(&self) -> bool {
        matches!(self.kind, Kind::Damaged | Kind::Missing) && !self.mended
    }
}

/// What was found in some folders.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Examined {
    /// How many trials were looked at.
    pub trials: usize,
    /// What is wrong, in the order of the folders.
    pub findings: Vec<Finding>,
}

/// Looks through folders of results, of experiments or of trials; with `fix` mends what it can.
///
/// # Errors
/// When there is nothing to look at in one of them.
pub fn examine(paths: &[PathBuf], fix: bool) -> Result<Examined, NoSummary> {
    let mut examined = Examined::default();
    let (mut experiments, mut trials) = (BTreeSet::new(), BTreeSet::new());
    for path in paths {
        let found = find::begun_below(path);
        let whole: Vec<PathBuf> = match find::is_experiment(path) {
            true => vec![path.clone()],
            false => find::experiments_in(path),
        };
        if found.is_empty() && whole.is_empty() {
            return Err(NoSummary::Nothing(path.clone()));
        }
        experiments.extend(whole);
        trials.extend(found);
    }
    examined.trials = trials.len();
    for folder in &trials {
        let mut patient = Patient::new(folder, fix);
        trial::examine(&mut patient);
        examined.findings.append(&mut patient.findings);
    }
    // After the trials, of which they are made.
    for folder in &experiments {
        let mut patient = Patient::new(folder, fix);
        experiment::examine(&mut patient);
        examined.findings.append(&mut patient.findings);
    }
    Ok(examined)
}

/// A folder that is looked at.
struct Patient<'a> {
    folder: &'a Path,
    /// Whether to mend.
    fix: bool,
    findings: Vec<Finding>,
}

impl<'a> Patient<'a> {
    fn new(folder: &'a Path, fix: bool) -> Self {
        Self { folder, fix, findings: Vec::new() }
    }

    /// Notes what only a person can mend.
    fn tell(&mut self, kind: Kind, what: impl Into<String>, remedy: impl Into<String>) {
        let (what, remedy) = (what.into(), remedy.into());
        let folder = self.folder.to_owned();
        self.findings.push(Finding { kind, folder, what, remedy, mended: false });
    }

    /// Notes what `mend` can mend, which says what it has done, or why it cannot. Without `--fix` it is
    /// not called.
    fn mend(&mut self, kind: Kind, what: String, mend: impl FnOnce() -> Result<String, String>) {
        if !self.fix {
            return self.tell(kind, what, "--fix mends it, if it can");
        }
        match mend() {
            Err(remedy) => self.tell(kind, what, remedy),
            Ok(remedy) => {
                let folder = self.folder.to_owned();
                self.findings.push(Finding { kind, folder, what, remedy, mended: true });
            }
        }
    }

    /// The command that trains what stands in the folder again.
    fn again(&self) -> String {
        let plan = crate::runs::plan::read(&above(self.folder), None);
        let spec = plan.map(|(spec, _)| spec.path.display().to_string());
        format!("runner {}", spec.unwrap_or_else(|_| "SPEC".to_owned()))
    }
}
