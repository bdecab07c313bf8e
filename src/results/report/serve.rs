//! The page on 127.0.0.1, made anew whenever it is asked for.

use super::page::page;
use crate::runs::recorded::Recorded;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Names of the files that a page is made of.
const FILES: [&str; 3] = ["run.json", "metrics.csv", "samples.txt"];
/// Bytes of a request's head.
const HEAD: u64 = 16_384;

/// Answers requests until the process is ended.
///
/// # Errors
/// When the system takes the socket away.
pub fn serve(listener: &TcpListener, paths: &[PathBuf]) -> io::Result<()> {
    for stream in listener.incoming() {
        // A browser that goes away in the middle of an answer is no error.
        let _ = answer(stream?, paths);
    }
    Ok(())
}

/// Answers one request: the page, or the stamp of its files.
fn answer(mut stream: TcpStream, paths: &[PathBuf]) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new((&stream).take(HEAD));
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let (mut line, mut local) = (String::new(), false);
    while reader.read_line(&mut line)? > 2 {
        let lower = line.to_ascii_lowercase();
        if let Some(host) = lower.strip_prefix("host:") {
            // Another site's page must not read results through a name that it points here.
            let host = host.trim();
            local = ["127.0.0.1", "localhost"].contains(&host.split(':').next().unwrap_or(host));
        }
        line.clear();
    }
    drop(reader);
    let (code, kind, text) = match (local, request.split(' ').nth(1)) {
        (true, Some("/")) => ("200 OK", "text/html; charset=utf-8", html(paths)),
        (true, Some("/stamp")) => ("200 OK", "text/plain", stamp(paths)),
        (true, _) => ("404 Not Found", "text/plain", "there is only /".to_owned()),
        (false, _) => ("403 Forbidden", "text/plain", "ask for 127.0.0.1".to_owned()),
    };
    write!(
        stream,
        "HTTP/1.1 {code}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: \
         no-store\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
}

fn html(paths: &[PathBuf]) -> String {
    let stamp = stamp(paths);
    let trials: Result<Vec<_>, _> = paths.iter().map(|path| Recorded::all(path)).collect();
    match trials {
        Ok(trials) => page(&trials.concat(), Some(&stamp)),
        Err(error) => {
            let page = maud::html! {
                (maud::DOCTYPE)
                meta charset="utf-8";
                meta http-equiv="refresh" content="2";
                title { "runner report" }
                p { (error) }
            };
            page.into_string()
        }
    }
}

/// Changes when a file of a trial does.
fn stamp(paths: &[PathBuf]) -> String {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        files(path).for_each(|file| file.hash(&mut hasher));
    }
    format!("{:016x}", hasher.finish())
}

fn files(path: &Path) -> impl Iterator<Item = (PathBuf, u64, Option<std::time::SystemTime>)> {
    let all = walkdir::WalkDir::new(path).max_depth(4).sort_by_file_name().into_iter().flatten();
    let ours = all.filter(|entry| FILES.iter().any(|name| entry.file_name() == *name));
    ours.filter_map(|entry| {
        let found = entry.metadata().ok()?;
        Some((entry.into_path(), found.len(), found.modified().ok()))
    })
}
