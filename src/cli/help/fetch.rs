//! `runner fetch CORPUS…`.

use crate::cli::failure::Failure;
use crate::cli::print;
use crate::data::{self, Manifest, Outcome, Progress};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// Options of a download.
#[derive(Debug, Args)]
pub(in crate::cli) struct FetchOptions {
    /// Names of corpora; without any, they are listed
    #[arg(value_name = "CORPUS")]
    pub corpora: Vec<String>,
    /// Folder to put them in, one folder a corpus
    #[arg(long, value_name = "DIR", default_value = "datasets", value_hint = ValueHint::DirPath)]
    pub datasets: PathBuf,
    /// Show no progress
    #[arg(short, long)]
    pub quiet: bool,
}

/// Downloads corpora, or lists them.
pub(in crate::cli) fn fetch(options: &FetchOptions) -> Result<(), Failure> {
    let FetchOptions { corpora, datasets, quiet } = options;
    let own = datasets.join("corpora.toml");
    let manifest = if own.is_file() { Manifest::read(&own) } else { Manifest::shipped() };
    let manifest = manifest.map_err(Failure::usage)?;
    if corpora.is_empty() {
        return print::answer(&list(&manifest));
    }
    if let Some(unknown) = corpora.iter().find(|name| !manifest.corpora.contains_key(*name)) {
        let known: Vec<&str> = manifest.corpora.keys().map(String::as_str).collect();
        let help = format!("known are: {}", known.join(", "));
        return Err(Failure::usage(miette::miette!(help = help, "no corpus {unknown:?}")));
    }
    let progress = if *quiet { Progress::Quiet } else { Progress::Shown };
    for name in corpora {
        let fetched =
            data::fetch(&manifest, name, datasets, progress).map_err(Failure::internal)?;
        for file in &fetched.files {
            let how = match file.outcome {
                Outcome::Present => "is there already",
                Outcome::Downloaded => "downloaded",
                Outcome::Replaced => "downloaded in place of another",
            };
            let (path, size) = (file.path.display(), print::size(file.bytes));
            print::answer(&format!("{path}: {how}, {size}, sha256 right"))?;
        }
    }
    Ok(())
}

/// The corpora with their titles and licences.
fn list(manifest: &Manifest) -> String {
    let entries = manifest.corpora.iter().map(|(name, corpus)| {
        let bytes = corpus.files.iter().map(|file| file.bytes).sum();
        let (title, size, licence) = (&corpus.title, print::size(bytes), &corpus.licence);
        format!("{name:<16} {title} ({size})\n{:17}licence: {licence}", "")
    });
    entries.collect::<Vec<_>>().join("\n")
}
