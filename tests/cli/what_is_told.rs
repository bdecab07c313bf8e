//! What a person is told while trials run, and when an experiment has ended.

use crate::support::{Place, TINY};
#[cfg(unix)]
use crate::what_goes_away::terminal;
use std::process::Stdio;
use std::time::{Duration, Instant};

const SWEEP: &str = "[sweep]\nseeds = 2\n[sweep.grid]\n\"model.hidden_size\" = [2, 12]\n";

#[test]
fn an_experiment_that_has_ended_tells_its_points_and_what_is_next() {
    let place = Place::new();
    place.write("tiny.toml", TINY);
    place.write("many.toml", format!("{TINY}{SWEEP}"));
    let ended = place.train("many.toml");
    let from = ended.stderr.find("many: 2 points").unwrap_or_else(|| panic!("{}", ended.stderr));
    let told = &ended.stderr[from..];
    let end = told.find("\n4 of 4 trials").unwrap_or_else(|| panic!("{told}"));
    insta::assert_snapshot!(told[..end]);
    let one = place.train("tiny.toml").stderr;
    assert!(one.contains("chart   results/tiny/perplexity.png"), "{one}");
    assert!(one.contains("next    runner sample results/tiny"), "{one}");
    assert_eq!(place.train("many.toml -q --fresh").stderr, "");
}

/// What is true of all trials was said with each of them.
#[test]
fn a_note_about_an_experiment_is_said_once() {
    let place = Place::new();
    place.write("many.toml", format!("{TINY}{SWEEP}"));
    let told = place.train("many.toml").stderr;
    assert_eq!(told.matches("training on tale.txt").count(), 1, "{told}");
    assert!(
        told.contains("\nmany: training on") || told.starts_with("many: training on"),
        "{told}"
    );
}

/// The summary and the charts came when the last experiment of a command had ended.
#[test]
fn an_experiment_is_summed_up_when_it_ends() {
    let place = Place::new();
    place.write("short.toml", TINY);
    place.write("long.toml", TINY.replace("epochs = 2", "steps = 100_000_000"));
    let mut command = place.command("short.toml long.toml -j 1 --threads 1 -q");
    let mut child = command.stdout(Stdio::null()).spawn().expect("it runs");
    let since = Instant::now();
    let summary = place.path("results/short/summary.csv");
    let chart = place.path("results/short/perplexity.svg");
    while !(summary.exists() && chart.exists()) && since.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let runs = child.try_wait().expect("asked").is_none();
    child.kill().expect("killed");
    child.wait().expect("it ended");
    assert!(runs && summary.exists() && chart.exists());
    assert!(place.read("results/short/summary.csv").contains(",done,"));
}

#[cfg(unix)]
#[test]
fn a_bar_fits_a_terminal_of_sixty_columns() {
    use rustix::termios::{Winsize, tcsetwinsize};
    use std::io::Read;
    let place = Place::new();
    // Long enough that bars are drawn many times on any machine, with figures from early on.
    let long = TINY.replace("epochs = 2", "steps = 12_000\nevaluate_every = 400");
    // And so slowly that the last figure is the best.
    let long = long.replace("1e-2", "1e-4");
    let long = format!("{long}[sweep]\nseeds = 2\n");
    place.write("a_name_that_is_longer_than_a_line_has_room_for_it.toml", long);
    let (mut controller, terminal) = terminal();
    let size = Winsize { ws_row: 20, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&terminal, size).expect("a size");
    let mut command =
        place.command("a_name_that_is_longer_than_a_line_has_room_for_it.toml -j 1 --threads 1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(terminal);
    let mut child = command.spawn().expect("it runs");
    drop(command);
    let (mut shown, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = controller.read(&mut piece) {
        shown.extend_from_slice(&piece[..count]);
    }
    assert_eq!(child.wait().expect("it ended").code(), Some(0));
    let shown = String::from_utf8_lossy(&shown);
    // A line ends where the next one begins, or where the cursor goes elsewhere.
    let cursor = ["\u{1b}[1A", "\u{1b}[2A", "\u{1b}[3A", "\u{1b}[2K"];
    let lines = cursor.iter().fold(shown.into_owned(), |text, code| text.replace(code, "\n"));
    let plain = console::strip_ansi_codes(&lines);
    let bars: Vec<&str> = plain.split(['\r', '\n']).filter(|line| line.contains('━')).collect();
    let whole = ["%  train ", "valid ", " best", "…"];
    assert!(bars.iter().any(|line| whole.iter().all(|part| line.contains(part))), "{bars:?}");
    for line in bars {
        // A line of the terminal that is full needs no end: the next one follows. One that has no bar would
        // be what did not fit into the one above.
        let letters: Vec<char> = line.chars().collect();
        let has_bar = |row: &[char]| row.iter().any(|letter| "━─".contains(*letter));
        assert!(letters.chunks(60).all(has_bar), "{line:?}");
    }
}
