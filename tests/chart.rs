//! Charts end to end: CSV in, the texts of the SVG and the pixels of the PNG out.

#![allow(clippy::unwrap_used)] // Helpers of tests, which clippy does not take for tests.

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
};

use samebits::metric::{ACCURACY, PERPLEXITY};
use samebits::plot::{self, ChartError, SeedGroup, Title};

const HEADER: &str = "epoch,step,train_perplexity,valid_perplexity\n";

fn title(name: &str) -> Title {
    Title { title: name.to_owned(), subtitle: "2 layers of 256".to_owned(), warning: None }
}

fn csv(folder: &Path, name: &str, rows: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, format!("{HEADER}{rows}")).unwrap();
    path
}

/// Draws one trial and returns its SVG.
fn drawn(rows: &str, title: &Title) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = csv(folder.path(), "metrics.csv", rows);
    plot::trial(&path, folder.path(), &PERPLEXITY, title).unwrap();
    fs::read_to_string(folder.path().join("perplexity.svg")).unwrap()
}

/// The texts of an SVG, in the order in which they are painted.
fn texts(svg: &str) -> Vec<&str> {
    let after = svg.split("<text ").skip(1);
    after.filter_map(|tag| Some(tag.split_once('>')?.1.split_once('<')?.0.trim())).collect()
}

#[test]
fn a_trial_says_what_it_shows() {
    let rows = "1,10,6012,5400\n2,20,210,190\n3,30,80.25,61.25\n4,40,55.5,66.75\n";
    let warned = Title {
        warning: Some("bidirectional: sees its target; not comparable".to_owned()),
        ..title("lstm & co <1>")
    };
    let svg = drawn(rows, &warned);
    assert!(svg.starts_with("<svg width=\"800\" height=\"500\""), "{}", &svg[..80]);
    let texts = texts(&svg);
    for expected in [
        "lstm &amp; co &lt;1&gt;",
        "2 layers of 256",
        "Warning · bidirectional: sees its target; not comparable",
        "perplexity, log scale",
        "epoch",
        "1,000",
        "train 55.5",
        "valid 66.8",
        "best 61.2 at epoch 3",
    ] {
        assert!(texts.contains(&expected), "no {expected:?} in {texts:?}");
    }
}

#[test]
fn rows_that_are_not_epochs_are_drawn_against_steps() {
    let svg = drawn("1,500,90,\n1,1000,80,75\n2,1500,70,NaN\n", &title("steps"));
    let texts = texts(&svg);
    assert!(texts.contains(&"step") && !texts.contains(&"epoch"), "{texts:?}");
    assert!(texts.contains(&"1,000") && texts.contains(&"valid 75.0"), "{texts:?}");
}

#[test]
fn a_single_row_is_a_point() {
    let svg = drawn("1,10,1027.4,\n", &title("one"));
    assert!(texts(&svg).contains(&"train 1,027"));
    assert!(svg.contains("<circle"));
}

#[test]
fn a_huge_first_row_is_said_but_not_drawn() {
    let late: String = (2..12).map(|e| format!("{e},{e}0,{},\n", 60 + 40 / e)).collect();
    let svg = drawn(&format!("1,10,5e15,\n{late}"), &title("steep"));
    let caption = "perplexity; starts above the chart, at 5.0×10¹⁵";
    assert!(texts(&svg).contains(&caption), "{:?}", texts(&svg));
}

#[test]
fn the_png_is_sharp_and_not_blank() {
    let folder = tempfile::tempdir().unwrap();
    let path = csv(folder.path(), "metrics.csv", "1,10,90,100\n2,20,70,80\n3,30,60,75\n");
    plot::trial(&path, folder.path(), &PERPLEXITY, &title("png")).unwrap();
    let file = File::open(folder.path().join("perplexity.png")).unwrap();
    let mut reader = png::Decoder::new(BufReader::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (1600, 1000));
    let has = |color: [u8; 3]| pixels.chunks_exact(3).filter(|&pixel| pixel == color).count();
    assert!(has([255, 255, 255]) > 1_000_000, "the page is not white");
    assert!(has([0x00, 0x72, 0xb2]) > 2_000, "no valid curve");
    assert!(has([0xd5, 0x5e, 0x00]) > 1_000, "no train curve");
    assert!(has([0x22, 0x22, 0x22]) > 1_000, "no text");
}

#[test]
fn the_same_csv_gives_the_same_bytes() {
    let bytes = || {
        let folder = tempfile::tempdir().unwrap();
        let path = csv(folder.path(), "metrics.csv", "1,10,90,100\n2,20,70,80\n");
        plot::trial(&path, folder.path(), &PERPLEXITY, &title("twice")).unwrap();
        ["svg", "png"].map(|end| fs::read(folder.path().join("perplexity").with_extension(end)))
    };
    let [svg, png] = bytes().map(Result::unwrap);
    let [svg_again, png_again] = bytes().map(Result::unwrap);
    assert!(svg == svg_again && png == png_again);
}

#[test]
fn nothing_but_the_charts_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = csv(folder.path(), "metrics.csv", "1,10,90,100\n");
    let out = folder.path().join("new/folder");
    plot::trial(&path, &out, &PERPLEXITY, &title("files")).unwrap();
    let mut names: Vec<_> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["perplexity.png", "perplexity.svg"]);
}

/// A trial in the chart of its experiment.
fn trial(label: &str, metrics_csv: PathBuf) -> SeedGroup {
    SeedGroup { label: label.to_owned(), standing: None, metrics_csv: vec![metrics_csv] }
}

fn trials(folder: &Path, count: usize) -> Vec<SeedGroup> {
    (0..count)
        .map(|i| {
            let rows = format!("1,10,90,{}\n2,20,70,{}\n", 100 + i, 80 + (i + 3) % count);
            let metrics_csv = csv(folder, &format!("{i}.csv"), &rows);
            trial(&format!("seed={i}"), metrics_csv)
        })
        .collect()
}

/// Draws an experiment and returns its SVG.
fn compared(folder: &Path, trials: &[SeedGroup]) -> String {
    plot::points(trials, folder, &PERPLEXITY, &title("all")).unwrap();
    fs::read_to_string(folder.join("perplexity.svg")).unwrap()
}

#[test]
fn an_experiment_names_its_trials_and_the_best() {
    let folder = tempfile::tempdir().unwrap();
    let svg = compared(folder.path(), &trials(folder.path(), 6));
    let texts = texts(&svg);
    for i in 0..6 {
        assert!(texts.contains(&format!("seed={i}").as_str()), "{texts:?}");
    }
    assert!(texts.contains(&"best 80.0 at epoch 2") && texts.contains(&"valid perplexity"));
}

#[test]
fn of_many_trials_the_best_eight_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let svg = compared(folder.path(), &trials(folder.path(), 12));
    let named: Vec<_> = texts(&svg).into_iter().filter(|text| text.contains("seed")).collect();
    assert_eq!(named.len(), 8, "{named:?}");
    assert!(named.contains(&"seed=9"), "{named:?}");
    let caption = "valid perplexity, the best 8 of 12 trials in colour";
    assert!(texts(&svg).contains(&caption), "{:?}", texts(&svg));
}

#[test]
fn an_experiment_without_valid_compares_train() {
    let folder = tempfile::tempdir().unwrap();
    let metrics_csv = csv(folder.path(), "a.csv", "1,10,90,\n2,20,70,\n");
    let empty = csv(folder.path(), "b.csv", "");
    let svg = compared(folder.path(), &[trial("a", metrics_csv), trial("b", empty)]);
    let caption = "train perplexity, 1 of 2 trials (the others have no value)";
    assert!(texts(&svg).contains(&caption), "{:?}", texts(&svg));
}

#[test]
fn errors_name_the_file_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let draw = |path: &Path| plot::trial(path, &out, &PERPLEXITY, &title("error")).unwrap_err();
    let absent = draw(&folder.path().join("absent.csv"));
    assert!(matches!(absent, ChartError::Read { .. }), "{absent}");
    let garbled = draw(&csv(folder.path(), "garbled.csv", "1,10,9O,100\n"));
    let message = garbled.to_string();
    assert!(
        message.ends_with("garbled.csv, line 2, column `train_perplexity`: `9O` is not a number")
    );
    let diverged = draw(&csv(folder.path(), "diverged.csv", "1,10,NaN,inf\n"));
    assert!(matches!(diverged, ChartError::NoValues { .. }), "{diverged}");
    assert!(!out.exists());
}

#[test]
fn odd_numbers_are_drawn_all_the_same() {
    for rows in [
        "1,10,1e300,1e-300\n2,20,1e-300,1e300\n3,30,5,5\n",
        "1,10,0,0\n2,20,0,0\n",
        "1,10,-5,-1e9\n2,20,7,1e9\n",
        "0,0,3,\n0,0,3,\n",
        "1,1e18,1.0000000001,2\n3,9e18,1.0000000002,2\n",
        "1,-1e308,-1e308,2\n5,1e308,1e308,2\n",
        "2,20,60,70\n1,10,90,80\n",
    ] {
        assert!(texts(&drawn(rows, &title("odd"))).contains(&"odd"), "{rows}");
    }
}

#[test]
fn the_best_accuracy_is_the_highest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.csv");
    let rows = "1,0.61,0.58\n2,0.84,0.815\n3,0.91,0.803\n";
    fs::write(&path, format!("epoch,train_accuracy,valid_accuracy\n{rows}")).unwrap();
    plot::trial(&path, folder.path(), &ACCURACY, &title("accuracy")).unwrap();
    let svg = fs::read_to_string(folder.path().join("accuracy.svg")).unwrap();
    assert!(texts(&svg).contains(&"best 0.815 at epoch 2"), "{:?}", texts(&svg));
}
