//! Every link of a page leads somewhere: to a file of the repository, and to a heading in it. Pages of the
//! web are not looked at.

use crate::page::{self, Part};
use crate::repository;
use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// Where the repository is on the web: links to its files are followed here.
const ON_THE_WEB: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/");

/// The pages below a folder of the repository, "" all, in order: what was built or downloaded is left out.
pub fn pages_of(folder: &str) -> Vec<String> {
    let root = repository("");
    let is_ours = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        !["target", "results", "full", ".git"].contains(&name.as_ref())
    };
    let entries = WalkDir::new(root.join(folder)).sort_by_file_name().into_iter();
    let entries = entries.filter_entry(is_ours).map(|entry| entry.expect("read").into_path());
    let pages = entries.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let name = |path: PathBuf| path.strip_prefix(&root).map(|path| path.display().to_string());
    pages.map(|path| name(path).expect("inside")).collect()
}

/// The targets of a page's links and images.
fn targets(text: &str) -> Vec<String> {
    prose(text)
        .split("](")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
        .collect()
}

/// A page without its blocks of code.
fn prose(text: &str) -> String {
    let prose = page::parts(text).into_iter().filter_map(|part| match part {
        Part::Prose(prose) => Some(prose),
        Part::Block(_) => None,
    });
    prose.collect()
}

/// The names under which a page's headings are linked to, as GitHub and mdBook make them.
fn anchors(text: &str) -> Vec<String> {
    let mut seen = HashMap::<String, usize>::new();
    let prose = prose(text);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
        let text: String = heading.trim_start_matches('#').trim().chars().filter(kept).collect();
        let name = text.to_lowercase().replace(' ', "-");
        let times = seen.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 { name } else { format!("{name}-{}", *times - 1) }
    };
    headings.map(anchor).collect()
}

/// What is wrong with a link of a page, if anything is.
fn broken(page: &str, target: &str) -> Option<String> {
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    let path = match path.strip_prefix(ON_THE_WEB) {
        Some(path) => PathBuf::from(path),
        None if path.contains("://") || path.starts_with("mailto:") => return None,
        None if path.is_empty() => PathBuf::from(page),
        None => normal(&Path::new(page).with_file_name(path)),
    };
    let Ok(file) = fs::canonicalize(repository("").join(&path)) else {
        return Some(format!("{page}: there is no {target}\n"));
    };
    let anchor = anchor?;
    let text = fs::read_to_string(file).unwrap_or_default();
    let found = anchors(&text).iter().any(|found| found == anchor);
    (!found).then(|| format!("{page}: {} has no heading #{anchor}\n", path.display()))
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, part| {
        match part {
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
        normal
    })
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages_of("");
    let wrong = pages.iter().flat_map(|page| {
        let text = fs::read_to_string(repository(page)).expect("read");
        targets(&text).into_iter().filter_map(|target| broken(page, &target)).collect::<Vec<_>>()
    });
    let wrong: String = wrong.collect();
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn links_and_headings_are_found() {
    let text =
        "# A `b`: c, d\n[x\ny](z.md#w), ![p](q.png)\n```\n# no [a](b)\n```\n## Twice\n## Twice\n";
    assert_eq!(targets(text), ["z.md#w", "q.png"]);
    assert_eq!(anchors(text), ["a-b-c-d", "twice", "twice-1"]);
    assert_eq!(broken("docs/spec.md", "../README.md"), None);
    assert_eq!(broken("docs/spec.md", "https://example.org/no"), None);
    assert_eq!(broken("README.md", "docs/figures.md#figures"), None);
    assert_eq!(broken("README.md", &format!("{ON_THE_WEB}Cargo.toml")), None);
    for wrong in ["no.md", "figures.md#no", "#no", "../../no"] {
        assert!(broken("docs/spec.md", wrong).is_some(), "{wrong}");
    }
}
