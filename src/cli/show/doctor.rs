//! `runner doctor [PATH…]`.

use crate::cli::failure::{Failure, exit};
use crate::cli::print;
use crate::format::plural;
use crate::results::doctor::{Examined, Finding, Kind, examine};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Options of the doctor.
#[derive(Debug, Args)]
pub(in crate::cli) struct DoctorOptions {
    /// Folders of results, of experiments or of trials
    #[arg(value_name = "PATH", default_value = "results", value_hint = ValueHint::DirPath)]
    pub paths: Vec<PathBuf>,
    /// Mend what can be mended without training: from checkpoints and plans, and by drawing charts
    #[arg(long)]
    pub fix: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Says what is wrong in folders of results; the exit code is 1 if something is, and was not mended.
pub(in crate::cli) fn doctor(options: &DoctorOptions) -> Result<(), Failure> {
    let examined = examine(&options.paths, options.fix).map_err(Failure::usage)?;
    if options.json {
        let text = serde_json::to_string_pretty(&examined);
        print::json(&text.map_err(|error| Failure::internal(miette::miette!("{error}")))?)?;
    } else {
        print::answer(&text(&examined))?;
    }
    match examined.findings.iter().any(Finding::is_wrong) {
        true => Err(Failure::told(exit::INTERNAL)),
        false => Ok(()),
    }
}

/// The findings for people: those of a folder below its name.
fn text(examined: &Examined) -> String {
    let mut lines = Vec::new();
    let mut last = None;
    for finding in &examined.findings {
        if last != Some(&finding.folder) {
            lines.push(finding.folder.display().to_string());
            last = Some(&finding.folder);
        }
        let word: &str = if finding.mended { "mended" } else { finding.kind.into() };
        let word = word.replace('_', " ");
        lines.push(format!("  {word:<10} {}: {}", finding.what, finding.remedy));
    }
    let count =
        |is: &dyn Fn(&Finding) -> bool| examined.findings.iter().filter(|it| is(it)).count();
    let counts = [
        (count(&|it| it.is_wrong() && it.kind == Kind::Damaged), "damaged"),
        (count(&|it| it.is_wrong() && it.kind == Kind::Missing), "missing"),
        (count(&|it| it.kind == Kind::LeftOver && !it.mended), "left over"),
        (count(&|it| it.kind == Kind::Unchecked), "unchecked"),
        (count(&|it| it.mended), "mended"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    let found = if counts.is_empty() { "nothing is wrong".to_owned() } else { counts.join(", ") };
    lines.push(format!("{}: {found}", plural(examined.trials, "trial")));
    lines.join("\n")
}
