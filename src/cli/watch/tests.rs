use super::app::{App, Then};
use super::theme::Theme;
use super::view::draw;
use crate::metric::{ACCURACY, BITS_PER_BYTE, LOSS, PERPLEXITY};
use crate::results::watch::{
    Curve, Detail, Experiment, Figures, Group, Point, Snapshot, Trial, Update,
};
use crate::runs::metrics_csv::MetricsCsv;
use crate::runs::samples_txt;
use crate::spec::Length;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const METRICS: &str = "epoch,step,train_loss,valid_loss,train_perplexity,valid_perplexity\n\
                       1,50,6.4,5.1,600,160\n2,100,5.3,4.9,200,134\n3,150,5.0,4.8,150,122\n";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

fn trial(name: &str, seed: u64, status: &'static str, valid: f64) -> Arc<Trial> {
    let figures = [
        ("epoch", 3.0),
        ("step", 150.0),
        ("train_perplexity", valid + 28.0),
        ("valid_perplexity", valid),
        ("train_loss", 5.0),
        ("valid_loss", valid.ln()),
    ];
    let figures = figures.map(|(name, value)| (name.to_owned(), value));
    let (has_rows, runs) = (status != "planned", status == "running");
    let rows = if has_rows { Figures::from(figures) } else { Figures::new() };
    Arc::new(Trial {
        name: name.to_owned(),
        folder: PathBuf::from("results/cells").join(name),
        seed,
        status,
        why: (status == "failed").then(|| "the loss is no number\u{1b}[2J".to_owned()),
        length: Length::Epochs(12),
        best: rows.clone(),
        last: rows,
        speed: runs.then_some((9_100.0, "tokens")),
        ends: runs.then(|| now() + Duration::from_secs(600)),
        written: has_rows.then(|| now() - Duration::from_secs(3)),
    })
}

fn point(cell: &str, size: u32, trials: Vec<Arc<Trial>>) -> Point {
    let name = format!("architecture={cell} hidden_size={size}");
    Point { name, values: format!("{cell} {size}"), trials }
}

/// Two experiments: a sweep with trials of all kinds, and one that cannot be read.
fn snapshot() -> Snapshot {
    let points = vec![
        point("gru", 256, vec![trial("a1", 1, "done", 107.25), trial("a2", 2, "running", 122.5)]),
        point("lstm", 64, vec![trial("b1", 1, "damaged", 131.0)]),
        point("rnn", 64, vec![trial("c1", 1, "failed", f64::INFINITY)]),
        point("rnn", 128, vec![trial("d1", 1, "planned", 0.0)]),
    ];
    let metrics = vec![PERPLEXITY, LOSS, BITS_PER_BYTE];
    let groups = vec![Group { note: String::new(), metric: PERPLEXITY, metrics, points }];
    let experiment = |name: &str, problem: Option<String>, groups| {
        let folder = PathBuf::from("results").join(name);
        Arc::new(Experiment { name: name.to_owned(), folder, problem, groups })
    };
    let broken = Some("cannot read plan.json: EOF while parsing\u{202e}".to_owned());
    let experiments =
        vec![experiment("cells", None, groups), experiment("bro\tken", broken, Vec::new())];
    Snapshot { experiments, unread: 0 }
}

fn app() -> App {
    let rows = MetricsCsv::parse(METRICS.as_bytes()).columns();
    let curves = ["a1", "a2", "b1"]
        .map(|name| Curve { trial: PathBuf::from("results/cells").join(name), rows: rows.clone() });
    let text = "=== epoch 3, step 150, prefix \"jerry:\"\njerry: what\u{1b}]0;x is the deal\n\
                \tgeorge: I do not know\n\n";
    let sample = samples_txt::read(text).pop();
    let mut app = App::default();
    app.take(Update::Snapshot(snapshot()));
    app.take(Update::Detail(Detail { curves: curves.into(), sample }));
    app
}

fn press(app: &mut App, keys: &[KeyCode]) -> Then {
    let press = |code: &KeyCode| app.key(KeyEvent::new(*code, KeyModifiers::NONE));
    keys.iter().map(press).last().unwrap()
}

fn drawn(app: &mut App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let theme = Theme { has_colors: false };
    terminal.draw(|frame| draw(frame, app, theme, now())).unwrap();
    terminal.backend().to_string()
}

#[test]
fn it_fits_into_60_columns() {
    insta::assert_snapshot!(drawn(&mut app(), 60, 16));
}

#[test]
fn it_fits_into_80_columns() {
    let mut app = app();
    press(&mut app, &[KeyCode::Down, KeyCode::Enter, KeyCode::Down, KeyCode::Down]);
    insta::assert_snapshot!(drawn(&mut app, 80, 30));
}

#[test]
fn it_fits_into_200_columns() {
    let mut app = app();
    press(&mut app, &[KeyCode::Char('j'), KeyCode::Tab]);
    insta::assert_snapshot!(drawn(&mut app, 200, 40));
}

/// Whatever the size, nothing panics, and nothing of what trials wrote acts.
#[test]
fn any_size_can_be_drawn() {
    let mut app = app();
    for keys in [&[KeyCode::Down, KeyCode::Enter][..], &[KeyCode::End], &[KeyCode::Char('?')]] {
        press(&mut app, keys);
        for (width, height) in [(1, 1), (2, 3), (9, 4), (20, 8), (60, 16), (131, 5), (400, 120)] {
            let shown = drawn(&mut app, width, height);
            assert!(!shown.chars().any(|letter| letter != '\n' && crate::streams::acts(letter)));
        }
    }
}

#[test]
fn the_selected_line_stays_selected() {
    let mut app = app();
    press(&mut app, &[KeyCode::Down, KeyCode::Down]);
    assert_eq!(app.trials()[0].name, "b1");
    // The other way round.
    let mut other = snapshot();
    let mut experiment = Experiment::clone(&other.experiments[0]);
    experiment.groups[0].points.reverse();
    other.experiments[0] = Arc::new(experiment);
    app.take(Update::Snapshot(other));
    assert_eq!((app.trials()[0].name.as_str(), app.place), ("b1", 3));
    // All is gone: a folder that was removed.
    app.take(Update::Snapshot(Snapshot::default()));
    assert!(app.trials().is_empty() && app.place == 0);
    assert!(drawn(&mut app, 60, 16).contains("no experiment here yet"));
}

#[test]
fn keys_filter_sort_fold_and_leave() {
    let mut app = app();
    let names = |app: &App| -> Vec<String> {
        let lines = app.lines();
        let points = lines.iter().filter_map(|line| match &line.what {
            super::lines::What::Point(_, point, _) => Some(point.values.clone()),
            _ => None,
        });
        points.collect()
    };
    let typed = |text: &str| -> Vec<KeyCode> { text.chars().map(KeyCode::Char).collect() };
    press(&mut app, &typed("/RNN q"));
    assert_eq!(names(&app), [""; 0]);
    press(&mut app, &[KeyCode::Backspace, KeyCode::Enter]);
    assert_eq!(names(&app), ["rnn 64", "rnn 128"]);
    press(&mut app, &[KeyCode::Char('/'), KeyCode::Esc]);
    press(&mut app, &typed("s"));
    assert_eq!(names(&app)[0], "gru 256");
    press(&mut app, &typed("s"));
    assert_eq!(names(&app), ["gru 256", "lstm 64", "rnn 128", "rnn 64"]);
    press(&mut app, &[KeyCode::Home, KeyCode::Enter]);
    assert_eq!(app.lines().len(), 2);
    assert!(app.is_logarithmic(Some(PERPLEXITY)) && !app.is_logarithmic(Some(ACCURACY)));
    press(&mut app, &typed("l"));
    assert!(!app.is_logarithmic(Some(PERPLEXITY)));
    // Help takes one key, whichever.
    assert_eq!(press(&mut app, &typed("?q")), Then::GoOn);
    assert_eq!(press(&mut app, &[KeyCode::Esc]), Then::Leave);
    assert_eq!(press(&mut app, &typed("q")), Then::Leave);
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(app.key(interrupt), Then::Leave);
}
