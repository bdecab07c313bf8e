//! Draws charts of made-up but realistic runs, to look at: `cargo run --release --example charts
//! [FOLDER]`.

use std::{
    error::Error,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use samebits::metric::PERPLEXITY;
use samebits::plot::{self, SeedGroup, Title};
use samebits::random::{Purpose, Stream};

const HEADER: &str = "epoch,step,tokens,learning_rate,grad_norm,train_loss,valid_loss,\
                      train_perplexity,valid_perplexity";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or("target/charts".to_owned()));
    let bidirectional = Some("bidirectional: sees its target; not comparable");
    draw(&folder, "steep", &steep(20, 6000.0, 60.0), None)?;
    draw(&folder, "single", &rows(&[(1, 1.0, Some(1027.4), Some(612.8))]), None)?;
    draw(&folder, "noisy", &noisy(2000), None)?;
    draw(&folder, "train_only", &without_valid(&steep(12, 900.0, 85.0)), None)?;
    draw(&folder, "tiny_range", &tiny(), bidirectional)?;
    draw(&folder, "squashed", &squashed(), bidirectional)?;
    draw(
        &folder,
        "two_rows",
        &rows(&[(1, 1.0, Some(310.0), Some(280.0)), (2, 2.0, Some(240.0), Some(238.5))]),
        None,
    )?;
    overlay(&folder, "overlay", 6)?;
    overlay(&folder, "many", 24)
}

fn draw(folder: &Path, name: &str, csv: &str, warning: Option<&str>) -> Result<(), Box<dyn Error>> {
    let folder = folder.join(name);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("metrics.csv"), csv)?;
    let title = Title {
        title: format!("lstm_seinfeld / {name}"),
        subtitle: "LSTM, 2 layers of 256, dropout 0.3, Adam 0.001, seed 42".to_owned(),
        warning: warning.map(str::to_owned),
    };
    Ok(plot::trial(&folder.join("metrics.csv"), &folder, &PERPLEXITY, &title)?)
}

fn overlay(folder: &Path, name: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let folder = folder.join(name);
    fs::create_dir_all(&folder)?;
    let mut trials = Vec::new();
    for i in 0..count {
        let metrics_csv = folder.join(format!("{i}.csv"));
        let end = 58.0 + 4.0 * ((i * 5 + 2) % count) as f64;
        fs::write(&metrics_csv, steep(if i == 3 { 9 } else { 20 }, 6000.0, end))?;
        let label = format!("hidden_size={} seed={}", 128 << (i / 3), i % 3 + 1);
        trials.push(SeedGroup { label, standing: None, metrics_csv: vec![metrics_csv] });
    }
    let title = Title {
        title: "lstm_seinfeld".to_owned(),
        subtitle: format!("{count} trials: model.hidden_size × seed"),
        warning: None,
    };
    Ok(plot::points(&trials, &folder, &PERPLEXITY, &title)?)
}

type Row = (u64, f64, Option<f64>, Option<f64>);

fn rows(rows: &[Row]) -> String {
    let mut csv = format!("{HEADER}\n");
    let cell = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
    for &(step, epoch, train, valid) in rows {
        let loss = |value: Option<f64>| cell(value.map(f64::ln));
        let _ = writeln!(
            csv,
            "{epoch},{step},{},0.001,0.5,{},{},{},{}",
            step * 1120,
            loss(train),
            loss(valid),
            cell(train),
            cell(valid)
        );
    }
    csv
}

/// From `start` down to `end`; valid turns up again in the last third.
fn steep(epochs: u64, start: f64, end: f64) -> String {
    let decay = |e: f64| end * 0.75 + (start - end) * (-1.6 * e).exp() + 3.0 * end / (e + 1.5);
    let row = |i: u64| {
        let e = i as f64;
        let overfit = 1.15 + 0.0016 * (e - 6.0).max(0.0).powi(2);
        (i * 1000, e, Some(decay(e - 1.0)), Some(decay(e - 0.7) * overfit))
    };
    rows(&(1..=epochs).map(row).collect::<Vec<_>>())
}

/// A row every 20 steps, with noise on the training loss.
fn noisy(count: u64) -> String {
    let mut noise = Stream::new(7, Purpose::Shuffle, 0);
    let row = |i: u64| {
        let t = i as f64 / 100.0;
        let train = (4.1 + 3.8 / (1.0 + t) + 0.12 * noise.normal()).exp();
        let valid = (i.is_multiple_of(50)).then(|| (4.3 + 3.6 / (1.0 + t)).exp());
        (i * 20, (i / 500) as f64, Some(train), valid)
    };
    rows(&(1..=count).map(row).collect::<Vec<_>>())
}

fn tiny() -> String {
    let row = |i: u64| {
        let e = i as f64;
        (i * 100, e, Some(1.01 + 0.04 / e), Some(1.012 + 0.036 / e))
    };
    rows(&(1..=15).map(row).collect::<Vec<_>>())
}

fn squashed() -> String {
    let row = |i: u64| {
        let e = i as f64;
        let first = if i == 1 { 60_000.0 } else { 1.0 };
        (i * 100, e, Some(first * (70.0 + 60.0 / e)), Some(first * (80.0 + 50.0 / e)))
    };
    rows(&(1..=25).map(row).collect::<Vec<_>>())
}

fn without_valid(csv: &str) -> String {
    let cut = |line: &str| {
        let cells: Vec<_> = line.split(',').collect();
        [&cells[..6], &cells[7..8]].concat().join(",") + "\n"
    };
    csv.lines().map(cut).collect()
}
