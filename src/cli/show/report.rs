//! `runner report [PATH…] --out FILE`.

use crate::cli::failure::Failure;
use crate::cli::print;
use crate::files::write_whole;
use crate::format::plural;
use crate::results::report::{gathered::Results, page::page, serve::serve};
use clap::{Args, ValueHint};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

/// Options of a report.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReportOptions {
    /// Folders of results, of experiments or of trials
    #[arg(value_name = "PATH", default_value = "results", value_hint = ValueHint::DirPath)]
    pub paths: Vec<PathBuf>,
    /// The page to write: one file that needs nothing else
    #[arg(long, value_name = "FILE", default_value = "report.html", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// Serve the page on 127.0.0.1 instead, and refresh it while trials run
    #[arg(long)]
    pub watch: bool,
    /// Port to serve on; 0: any that is free
    #[arg(long, value_name = "N", default_value_t = 6007)]
    pub port: u16,
}

/// Writes the page, or serves it.
pub(in crate::cli) fn report(options: &ReportOptions) -> Result<(), Failure> {
    if options.watch {
        let help = "give another --port; 0 takes any that is free";
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).map_err(|error| {
            let port = options.port;
            Failure::usage(miette::miette!(help = help, "cannot serve on port {port}: {error}"))
        })?;
        let broken = |error| Failure::internal(miette::miette!("cannot serve: {error}"));
        let address = listener.local_addr().map_err(broken)?;
        print::answer(&format!("http://{address}/ (Ctrl-C ends it)"))?;
        return serve(&listener, options.paths.clone()).map_err(broken);
    }
    let results = Results::read(&options.paths).map_err(Failure::usage)?;
    let damage = results.damage();
    print::damage(&damage);
    let html = page(&results, false);
    write_whole(&options.out, html.as_bytes()).map_err(Failure::internal)?;
    let (out, size) = (options.out.display(), print::size(html.len() as u64));
    print::answer(&format!("{out}: {}, {size}", plural(results.trials.len(), "trial")))?;
    print::ended(&damage)
}
