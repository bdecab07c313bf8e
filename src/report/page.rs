//! The page.

use super::board;
use super::curves::{self, Series};
use super::difference;
use super::html::{escape, number, svg_address};
use crate::record::recorded::{Columns, Recorded, SampleText};
use std::fmt::Write;
use std::path::Path;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// Rows of `metrics.csv` that a page shows as numbers; longer ones are told to be in the file.
const ROWS: usize = 200;
/// Samples of a prefix that a page shows: the first, and the last ones.
const SAMPLES: usize = 12;
/// Letters of a sample.
const LETTERS: usize = 2_000;
/// Trials in a chart that compares.
const COMPARED: usize = 16;
/// Bytes of a picture.
const PICTURE: u64 = 400_000;
/// Bytes of a task's table, and the lines and cells of it that a page shows.
const TABLE: u64 = 4_000_000;
const LINES: usize = 40;
const CELLS: usize = 40;

/// The page of some trials: HTML that needs nothing else. `stamp`, if there is one, makes it look
/// for changes every two seconds.
pub fn page(trials: &[Recorded], stamp: Option<&str>) -> String {
    let experiments = board::experiments(trials);
    let names: Vec<&str> = experiments.iter().map(|(name, _)| *name).collect();
    let title = match names.as_slice() {
        [one] => escape(one),
        many => format!("{} experiments", many.len()),
    };
    let connect = if stamp.is_some() { " connect-src 'self';" } else { "" };
    let stamp = stamp.map_or_else(String::new, |s| format!(" data-stamp=\"{}\"", escape(s)));
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta \
         http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'; script-src 'unsafe-inline'; img-src data:;{connect}\">\n<meta \
         name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title} – runner \
         report</title>\n<style>\n{STYLE}</style></head>\n<body{stamp}>\n<a class=\"skip\" \
         href=\"#board\">Skip to the leaderboard</a>\n<header><h1>{title}</h1>{}</header>\n<main>\n\
         <h2>Leaderboard</h2>\n",
        headline(trials)
    );
    html.push_str(&board::table(trials));
    for (name, members) in &experiments {
        let _ = writeln!(html, "<section><h2>{}</h2>", escape(name));
        let of: Vec<&Recorded> = members.iter().map(|index| &trials[*index]).collect();
        html.push_str(&comparison(&of));
        for (place, index) in members.iter().enumerate() {
            trial(&mut html, place, *index, &of, members);
        }
        html.push_str("</section>\n");
    }
    let _ = write!(
        html,
        "</main>\n<footer class=\"soft\"><p>Made by runner {} from the files of the results \
         folders.</p></footer>\n<script>\n{SCRIPT}</script>\n</body></html>\n",
        env!("CARGO_PKG_VERSION")
    );
    html
}

/// What ran and what came of it, in a sentence.
fn headline(trials: &[Recorded]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for trial in trials {
        match counts.iter_mut().find(|(status, _)| *status == trial.status()) {
            Some((_, count)) => *count += 1,
            None => counts.push((trial.status(), 1)),
        }
    }
    let counts: Vec<_> =
        counts.iter().map(|(status, count)| format!("{count} {}", escape(status))).collect();
    let seconds: f64 =
        trials.iter().filter_map(|trial| trial.run["times"]["seconds"].as_f64()).sum();
    let noun = if trials.len() == 1 { "trial" } else { "trials" };
    let minutes = (seconds / 6.0).round() / 10.0;
    format!("<p>{} {noun}: {}; {minutes} minutes of training.</p>", trials.len(), counts.join(", "))
}

/// The name of the metric of a column, and its split.
fn family(column: &str) -> (&str, Option<&str>) {
    match column.split_once('_') {
        Some((split @ ("train" | "valid" | "test"), metric)) => (metric, Some(split)),
        _ => (column, None),
    }
}

/// The metrics of a file, each with its columns, but for what counts.
fn families(columns: &Columns) -> Vec<(&str, Vec<&str>)> {
    let mut families: Vec<(&str, Vec<&str>)> = Vec::new();
    for column in &columns.names {
        let metric = family(column).0;
        if ["epoch", "step", "tokens"].contains(&metric) {
            continue;
        }
        match families.iter_mut().find(|(known, _)| *known == metric) {
            Some((_, columns)) => columns.push(column),
            None => families.push((metric, vec![column])),
        }
    }
    // What a person looks at first: the task's own metric, which comes after the loss.
    families.sort_by_key(|(metric, columns)| match (*metric, columns.len()) {
        ("loss", _) => 1,
        (_, 2..) => 0,
        _ => 2,
    });
    families
}

/// The curves of all trials of an experiment over one another, for its first metric.
fn comparison(trials: &[&Recorded]) -> String {
    let mut html = pictures(trials[0].folder.parent().unwrap_or(Path::new("")), &|stem| {
        families(&trials[0].metrics).iter().any(|(metric, _)| *metric == stem)
    });
    if trials.len() < 2 {
        return html;
    }
    let Some((metric, columns)) = families(&trials[0].metrics).into_iter().next() else {
        return html;
    };
    let held_out = |column: &&&str| family(column).1 == Some("valid");
    let has = |column: &str| trials.iter().any(|t| !t.metrics.points("step", column).is_empty());
    let column = columns.iter().find(held_out).filter(|column| has(column)).unwrap_or(&columns[0]);
    let keys = difference::varied(trials);
    let axis = if trials.iter().all(|t| t.metrics.axis() == "epoch") { "epoch" } else { "step" };
    let series: Vec<Series> = trials
        .iter()
        .take(COMPARED)
        .map(|trial| Series {
            name: keys
                .iter()
                .map(|key| {
                    let name = key.rsplit('.').next().unwrap_or(key);
                    format!("{name}={}", difference::value(trial, key).unwrap_or_default())
                })
                .collect::<Vec<_>>()
                .join(" "),
            points: trial.metrics.points(axis, column),
        })
        .collect();
    let what =
        if trials.len() > COMPARED { format!(", best {COMPARED} trials") } else { String::new() };
    let title =
        format!("{} {}{what}", family(column).1.unwrap_or_default(), metric.replace('_', " "));
    html.push_str(&curves::chart(title.trim(), axis, &series));
    html
}

/// The part of a trial.
fn trial(html: &mut String, place: usize, index: usize, all: &[&Recorded], indices: &[usize]) {
    let trial = all[place];
    let name = escape(&trial.trial);
    let _ = writeln!(
        html,
        "<details class=\"trial\" id=\"t{index}\"{}><summary>{name} <span class=\"soft\">{}</span>\
         </summary>",
        if all.len() == 1 { " open" } else { "" },
        escape(trial.status())
    );
    notes(html, trial);
    if all.len() > 1 {
        neighbours(html, place, all, indices);
    }
    html.push_str("<h3>Curves</h3>\n<div class=\"charts\">\n");
    let axis = trial.metrics.axis();
    for (metric, columns) in families(&trial.metrics) {
        let series = columns.iter().map(|column| Series {
            name: family(column).1.unwrap_or(metric).to_owned(),
            points: trial.metrics.points(axis, column),
        });
        let series: Vec<_> = series.filter(|series| !series.points.is_empty()).collect();
        html.push_str(&curves::chart(&metric.replace('_', " "), axis, &series));
    }
    html.push_str("</div>\n");
    let drawn = |stem: &str| families(&trial.metrics).iter().any(|(metric, _)| *metric == stem);
    html.push_str(&pictures(&trial.folder, &drawn));
    tables(html, &trial.folder);
    samples(html, &trial.samples);
    values(html, &trial.metrics);
    let _ = writeln!(
        html,
        "<details><summary>Spec</summary><pre class=\"spec\">{}</pre></details>\n</details>",
        escape(&trial.spec)
    );
}

/// Warnings, errors, data and machine.
fn notes(html: &mut String, trial: &Recorded) {
    let run = &trial.run;
    let warnings = run["warnings"].as_array().into_iter().flatten().filter_map(|it| it.as_str());
    for warning in warnings.chain(run["error"].as_str()) {
        let _ = writeln!(html, "<p class=\"warning\">{}</p>", escape(warning));
    }
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let facts = [
        ("data", text(&run["data"]["description"])),
        ("parameters", run["parameters"].as_u64().map_or_else(String::new, |n| n.to_string())),
        ("started", text(&run["times"]["started"])),
        (
            "seconds",
            run["times"]["seconds"].as_f64().map_or_else(String::new, |s| number(s.round())),
        ),
        ("runner", text(&run["runner_version"])),
        ("commit", text(&run["git_commit"]).chars().take(12).collect()),
        ("processor", text(&run["machine"]["processor"])),
    ];
    let facts = facts.iter().filter(|(_, fact)| !fact.is_empty());
    let facts: Vec<_> = facts.map(|(what, fact)| format!("{what} {}", escape(fact))).collect();
    let _ = writeln!(html, "<p class=\"soft\">{}</p>", facts.join(" · "));
}

/// The trials that differ in the fewest keys, and what that did to the loss.
fn neighbours(html: &mut String, place: usize, all: &[&Recorded], indices: &[usize]) {
    html.push_str(
        "<h3>Beside its neighbours</h3>\n<div class=\"wide\" role=\"region\" tabindex=\"0\" \
         aria-label=\"Neighbours\"><table><thead><tr><th scope=\"col\">neighbour</th>\
         <th scope=\"col\">what differs: here, there</th><th scope=\"col\" class=\"number\">loss \
         here</th><th scope=\"col\" class=\"number\">there</th></tr></thead><tbody>\n",
    );
    let shown = |loss: f64| if loss.is_finite() { number(loss) } else { "–".to_owned() };
    for (other, changes) in difference::nearest(place, all, 3) {
        let changes: Vec<_> = changes
            .iter()
            .map(|(key, here, there)| {
                format!("{}: {}, {}", escape(key), escape(here), escape(there))
            })
            .collect();
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\"><a href=\"#t{}\">{}</a></th><td>{}</td><td \
             class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
            indices[other],
            escape(&all[other].trial),
            changes.join("<br>"),
            shown(board::loss(all[place])),
            shown(board::loss(all[other]))
        );
    }
    html.push_str("</tbody></table></div>\n");
}

/// The SVG files of a folder but for those whose metric is drawn already.
fn pictures(folder: &Path, drawn: &dyn Fn(&str) -> bool) -> String {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "svg"));
    files.sort();
    let mut html = String::new();
    for path in files {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(bytes) = crate::record::file::read_regular(&path, PICTURE) else { continue };
        if drawn(&stem) || stem.starts_with('.') {
            continue;
        }
        let address = svg_address(&String::from_utf8_lossy(&bytes));
        let name = escape(&stem.replace(['_', '-'], " "));
        let _ = writeln!(
            html,
            "<figure><figcaption>{name}</figcaption><img src=\"{address}\" alt=\"{name}, drawn by \
             runner\"></figure>"
        );
    }
    html
}

/// The first rows of a task's own tables, as of neighbours or a confusion matrix.
fn tables(html: &mut String, folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".csv") && !["metrics.csv", "timing.csv"].contains(&name.as_ref())
    });
    files.sort();
    for path in files {
        let Ok(bytes) = crate::record::file::read_regular(&path, TABLE) else { continue };
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&bytes[..]);
        let name = escape(&path.file_name().unwrap_or_default().to_string_lossy());
        let _ = write!(
            html,
            "<details><summary>{name}</summary><div class=\"wide\" role=\"region\" \
             tabindex=\"0\" aria-label=\"{name}\"><table>"
        );
        for (line, row) in reader.records().flatten().take(LINES).enumerate() {
            let (open, close) =
                if line == 0 { ("<th scope=\"col\">", "</th>") } else { ("<td>", "</td>") };
            let cells = row.iter().take(CELLS);
            let cells = cells.map(|cell| {
                let shown: String = cell.chars().take(200).collect();
                format!("{open}{}{close}", escape(&shown))
            });
            let _ = writeln!(html, "<tr>{}</tr>", cells.collect::<String>());
        }
        html.push_str("</table></div></details>\n");
    }
}

/// Samples by prefix, the epochs beside one another.
fn samples(html: &mut String, samples: &[SampleText]) {
    let mut kinds: Vec<&str> = Vec::new();
    for sample in samples {
        if !kinds.contains(&sample.what.as_str()) {
            kinds.push(&sample.what);
        }
    }
    for kind in kinds {
        let of: Vec<_> = samples.iter().filter(|sample| sample.what == kind).collect();
        let left_out = of.len().saturating_sub(SAMPLES);
        let shown = of.iter().take(1).chain(of.iter().skip(1 + left_out));
        let what =
            if kind.is_empty() { String::new() } else { format!(" from “{}”", escape(kind)) };
        let more = match left_out {
            0 => String::new(),
            n => format!(" <span class=\"soft\">({n} between the first two in samples.txt)</span>"),
        };
        let _ = writeln!(
            html,
            "<h3>Samples{what}{more}</h3>\n<div class=\"samples\" role=\"region\" tabindex=\"0\" \
             aria-label=\"Samples by epoch\">"
        );
        for sample in shown {
            let cut: String = sample.text.chars().take(LETTERS).collect();
            let dots = if cut.len() < sample.text.len() { "…" } else { "" };
            let _ = writeln!(
                html,
                "<article><h4>epoch {}, step {}</h4><pre>{}{dots}</pre></article>",
                sample.epoch,
                sample.step,
                escape(&cut)
            );
        }
        html.push_str("</div>\n");
    }
}

/// The numbers of `metrics.csv`.
fn values(html: &mut String, metrics: &Columns) {
    if metrics.rows.is_empty() {
        html.push_str("<p class=\"soft\">No row yet.</p>\n");
        return;
    }
    let left_out = metrics.rows.len().saturating_sub(ROWS);
    let note = match left_out {
        0 => String::new(),
        n => format!(" (the last {ROWS}; {n} before them in metrics.csv)"),
    };
    let _ = write!(
        html,
        "<details><summary>Values{note}</summary><div class=\"wide\" role=\"region\" tabindex=\"0\" \
         aria-label=\"metrics.csv\"><table><thead><tr>"
    );
    for name in &metrics.names {
        let name = escape(&name.replace('_', " "));
        let _ = write!(html, "<th scope=\"col\" class=\"number\">{name}</th>");
    }
    html.push_str("</tr></thead><tbody>\n");
    for row in metrics.rows.iter().skip(left_out) {
        html.push_str("<tr>");
        for cell in row {
            let shown = cell.map(number).unwrap_or_default();
            let _ = write!(html, "<td class=\"number\">{shown}</td>");
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div></details>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_grouped_by_their_splits() {
        let names =
            "epoch,step,tokens,learning_rate,train_loss,valid_loss,train_accuracy,valid_accuracy";
        let columns = Columns::parse(&format!("{names}\n"));
        let found: Vec<_> =
            families(&columns).into_iter().map(|(metric, _)| metric.to_owned()).collect();
        assert_eq!(found, ["accuracy", "loss", "learning_rate"]);
    }
}
