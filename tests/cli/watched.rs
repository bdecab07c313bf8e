//! `runner watch` on a terminal.

use crate::support::{Place, TINY};
use crate::what_goes_away::terminal;
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);
/// What is sent last to a terminal that is as it was before.
const RESTORED: &str = "\x1b[?1049l";

/// The program on a terminal of its own.
struct Watch {
    controller: File,
    pieces: Receiver<Vec<u8>>,
    child: Child,
}

impl Watch {
    fn start(place: &Place) -> Self {
        let (controller, terminal) = terminal();
        let mut size = Command::new("stty");
        size.args(["rows", "24", "cols", "80"]).stdin(terminal.try_clone().expect("cloned"));
        assert!(size.status().expect("a size").success());
        let mut command = place.command("watch");
        let end = || Stdio::from(terminal.try_clone().expect("cloned"));
        command.stdin(end()).stdout(end()).stderr(end());
        let child = command.spawn().expect("it runs");
        let mut reader = controller.try_clone().expect("cloned");
        let (told, pieces) = channel();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                if told.send(piece[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { controller, pieces, child }
    }

    /// Waits until something is written that was not before.
    fn wait_for(&self, text: &str) {
        let (began, mut shown) = (Instant::now(), Vec::new());
        while !String::from_utf8_lossy(&shown).contains(text) {
            let left = LONG.saturating_sub(began.elapsed());
            let piece = self.pieces.recv_timeout(left);
            let seen = || format!("no {text:?} in {}", String::from_utf8_lossy(&shown));
            shown.extend(piece.unwrap_or_else(|_| panic!("{}", seen())));
        }
    }

    fn code(&mut self) -> Option<i32> {
        let began = Instant::now();
        while began.elapsed() < LONG {
            if let Some(status) = self.child.try_wait().expect("asked") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it goes on");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A place with a finished sweep of two seeds.
fn place() -> Place {
    let place = Place::new();
    place.write("two.toml", format!("{TINY}[sweep]\nseeds = 2\n"));
    place.train("two.toml");
    place
}

#[test]
fn trials_are_shown_as_they_stand_until_someone_leaves() {
    let place = place();
    let mut watch = Watch::start(&place);
    watch.wait_for("2 done");
    let run = format!("{}/run.json", place.trials("results/two")[0]);
    let whole = place.read(&run);
    place.write(&run, &whole[..whole.len() / 2]);
    watch.wait_for("1 damaged");
    std::fs::remove_dir_all(place.path("results")).expect("removed");
    watch.wait_for("no exp");
    watch.controller.write_all(b"?qq").expect("typed");
    watch.wait_for(RESTORED);
    assert_eq!(watch.code(), Some(0));
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    let place = place();
    let mut watch = Watch::start(&place);
    watch.wait_for("2 done");
    let process = watch.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &process]).status().expect("sent").success());
    watch.wait_for(RESTORED);
    assert_eq!(watch.code(), Some(130));
}

/// Reading keys of a terminal that had vanished never ended.
#[test]
fn a_terminal_that_vanishes_ends_it() {
    let place = place();
    let mut watch = Watch::start(&place);
    watch.wait_for("2 done");
    // The thread that reads has another handle, and lets it go with what is written next.
    drop(std::mem::replace(&mut watch.controller, File::open("/dev/null").expect("opened")));
    drop(std::mem::replace(&mut watch.pieces, channel().1));
    assert_eq!(watch.code(), Some(0));
}

#[test]
fn without_a_terminal_the_board_is_named() {
    let place = place();
    let ended = place.run("watch");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("runner board") && ended.stdout.is_empty(), "{}", ended.stderr);
}
