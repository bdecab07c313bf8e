//! The page of the moment, made anew when files have changed.

use crate::results::report::gathered::Results;
use crate::results::report::page::{VERSION, page};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use walkdir::WalkDir;

/// Between two looks at the files: this, or as many times as long as the last look and its page took, so
/// that training has the cores.
const PAUSE: Duration = Duration::from_millis(500);
const TIMES: u32 = 5;
/// A process that was killed changes no file: trials that run are asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// As deep as a file of a trial in a folder of folders of results.
const DEEPEST: usize = 4;

/// A page.
#[derive(Clone)]
pub(super) struct Page {
    /// What tells it from others.
    pub version: String,
    /// The page itself.
    pub html: Arc<str>,
}

/// The newest page, and who waits for a newer one.
#[derive(Default)]
pub(super) struct Live {
    newest: Mutex<Option<Page>>,
    changed: Condvar,
}

impl Live {
    /// The newest page, once there is one that is not that version; `None` if there is none in time.
    pub fn newer_than(&self, known: Option<&str>, patience: Duration) -> Option<Page> {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |page: &mut Option<Page>| {
            page.as_ref().is_none_or(|page| Some(page.version.as_str()) == known)
        };
        let waited = self.changed.wait_timeout_while(newest, patience, is_old);
        let (newest, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        newest.clone().filter(|_| !waited.timed_out())
    }

    /// Makes the page anew whenever files have changed, for ever.
    pub fn keep_up(&self, paths: &[PathBuf]) {
        let mut known = None;
        let (mut made, mut is_running) = (Instant::now(), false);
        loop {
            let start = Instant::now();
            let stamp = stamp(paths);
            if known != Some(stamp) || (is_running && made.elapsed() > ASK_AGAIN) {
                known = Some(stamp);
                let html;
                (html, is_running) = now(paths);
                self.put(html);
                made = Instant::now();
            }
            thread::sleep(PAUSE.max(start.elapsed() * TIMES));
        }
    }

    fn put(&self, html: String) {
        let mut hasher = DefaultHasher::new();
        html.hash(&mut hasher);
        let version = format!("{:016x}", hasher.finish());
        let html = html.replacen(VERSION, &format!("data-live=\"{version}\""), 1).into();
        let page = Page { version, html };
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
        self.changed.notify_all();
    }
}

/// The page as the files are now, and whether trials run.
fn now(paths: &[PathBuf]) -> (String, bool) {
    match Results::read(paths) {
        Ok(results) => {
            let is_running = results.trials.iter().any(|trial| trial.status() == "running");
            (page(&results, true), is_running)
        }
        Err(error) => {
            let page = maud::html! {
                (maud::DOCTYPE)
                meta charset="utf-8";
                meta http-equiv="refresh" content="2";
                title { "runner report" }
                p { (error) }
            };
            (page.into_string(), false)
        }
    }
}

/// Changes when a file of a trial or of an experiment does, but for weights and checkpoints.
fn stamp(paths: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        files(path).for_each(|file| file.hash(&mut hasher));
    }
    hasher.finish()
}

fn files(path: &Path) -> impl Iterator<Item = (PathBuf, u64, Option<SystemTime>)> {
    let all = WalkDir::new(path).max_depth(DEEPEST).sort_by_file_name().into_iter();
    let ours = all.filter_entry(|entry| entry.file_name() != "checkpoint").flatten();
    let told = |path: &Path| path.extension().is_some_and(|it| it != "safetensors" && it != "png");
    ours.filter(move |entry| told(entry.path())).filter_map(|entry| {
        let found = entry.metadata().ok()?;
        Some((entry.into_path(), found.len(), found.modified().ok()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_told_of_a_newer_page_and_of_no_other() {
        let live = Live::default();
        assert!(live.newer_than(None, Duration::ZERO).is_none());
        live.put("one".to_owned());
        let one = live.newer_than(None, Duration::ZERO).unwrap();
        assert_eq!(&*one.html, "one");
        live.put("one".to_owned());
        assert!(live.newer_than(Some(&one.version), Duration::from_millis(1)).is_none());
        thread::scope(|scope| {
            let waits =
                scope.spawn(|| live.newer_than(Some(&one.version), Duration::from_secs(60)));
            live.put("two".to_owned());
            assert_eq!(&*waits.join().unwrap().unwrap().html, "two");
        });
    }

    #[test]
    fn the_stamp_changes_with_files_and_survives_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().join("results")];
        let write = |name: &str, text: &str| {
            let path = paths[0].join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let none = stamp(&paths);
        write("e/t/run.json", "{}");
        let first = stamp(&paths);
        write("e/t/checkpoint/state.json", "{}");
        assert!(first != none && first == stamp(&paths));
        write("e/t/confusion.svg", "<svg/>");
        assert_ne!(first, stamp(&paths));
        std::fs::remove_dir_all(&paths[0]).unwrap();
        assert_eq!(stamp(&paths), none);
        assert!(now(&paths).0.contains("no trial in"));
    }
}
