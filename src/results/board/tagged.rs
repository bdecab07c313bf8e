//! Trials by the tags of their specs.

use super::Cell;
use crate::results::ranking::Row;
use crate::runs::summary_csv::{BETWEEN_TAGS, Summary};
use std::collections::BTreeSet;

/// No trial has these tags.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("no trial has {wanted}")]
#[diagnostic(code(board::tag))]
pub(crate) struct NoTagged {
    wanted: String,
    #[help]
    known: String,
}

/// Takes away the rows of trials that lack one of these tags, and experiments that have no others.
///
/// # Errors
/// When none is left.
pub(crate) fn keep_tagged(summaries: &mut Vec<Summary>, wanted: &[String]) -> Result<(), NoTagged> {
    if wanted.is_empty() {
        return Ok(());
    }
    let rows =
        summaries.iter().flat_map(|summary| summary.rows.iter().map(move |row| (summary, row)));
    let known: BTreeSet<&str> = rows.flat_map(|(summary, row)| summary.tags(row)).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let known = match known.as_slice() {
        [] => "no spec gives any: set `tags = [\"…\"]` in [meta]".to_owned(),
        known => format!("the tags are: {}", known.join(", ")),
    };
    for summary in summaries.iter_mut() {
        let has = |row: &Vec<String>| {
            wanted.iter().all(|wanted| summary.tags(row).any(|tag| tag == wanted))
        };
        let rows = summary.rows.iter().filter(|row| has(row)).cloned().collect();
        summary.rows = rows;
    }
    summaries.retain(|summary| !summary.rows.is_empty());
    if summaries.is_empty() {
        let quoted: Vec<String> = wanted.iter().map(|tag| format!("the tag {tag:?}")).collect();
        return Err(NoTagged { wanted: quoted.join(" and "), known });
    }
    Ok(())
}

/// The tags that any of some rows has.
pub(super) fn tags(summary: &Summary, rows: &[&Row]) -> Cell {
    let mut tags: Vec<&str> = Vec::new();
    for tag in rows.iter().flat_map(|row| summary.tags(row)) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.is_empty() { Cell::Empty } else { Cell::Text(tags.join(BETWEEN_TAGS)) }
}
