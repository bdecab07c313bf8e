//! Whoever reads may go away: a pipe is closed, a disk is full, a terminal vanishes. Training goes on,
//! and the exit code is what it would have been.

use crate::support::{Place, TINY};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

/// A place with a sweep of two seeds, one with a spec that is wrong, and one whose trial fails.
fn place() -> Place {
    let place = Place::with_tiny();
    place.write("two.toml", format!("{TINY}[sweep]\nseeds = 2\n"));
    place.write("wrong.toml", TINY.replace("hidden_size", "hiden_size"));
    place
        .write("diverges.toml", TINY.replace("1e-2", "1e30\noptimizer = \"sgd\"\nclip = \"none\""));
    place
}

/// What is run, with its exit code: also without a reader.
const ENDINGS: [(&str, i32); 6] = [
    ("two.toml -j 1 --threads 1", 0),
    ("two.toml -j 1 --threads 1 --json", 0),
    ("wrong.toml", 2),
    ("two.toml --no-such-option", 2),
    ("diverges.toml", 3),
    ("compare results/nothing results/there", 2),
];

/// Asserts the exit codes of all commands, whose streams are set by `lead`.
fn assert_codes(lead: impl Fn(&mut Command)) {
    for (arguments, code) in ENDINGS {
        let place = place();
        let mut command = place.command(arguments);
        command.stdin(Stdio::null());
        lead(&mut command);
        let mut child = command.spawn().expect("it runs");
        // Whoever would have read goes away at once.
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().expect("it ended").code(), Some(code), "{arguments}");
        if code == 0 {
            for trial in place.trials("results/two") {
                assert_eq!(place.run_json(&trial)["status"], "done", "{arguments}: {trial}");
            }
        }
    }
}

/// Writing to standard error was a panic where it was closed.
#[test]
fn a_closed_standard_error_ends_nothing() {
    assert_codes(|command| {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
    });
}

#[test]
fn a_closed_standard_output_ends_nothing() {
    assert_codes(|command| {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_device_under_standard_error_ends_nothing() {
    assert_codes(|command| {
        let full = File::options().write(true).open("/dev/full").expect("opened");
        command.stdout(Stdio::null()).stderr(full);
    });
}

/// A terminal, and what is on it.
pub fn terminal() -> (File, File) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&controller).expect("granted");
    unlockpt(&controller).expect("unlocked");
    let name = ptsname(&controller, Vec::new()).expect("a name").into_string().expect("UTF-8");
    let terminal = File::options().read(true).write(true).open(name).expect("opened");
    // A copy is none that processes begin with: one that had it would keep its own terminal there.
    (File::from(controller).try_clone().expect("cloned"), terminal)
}

/// Starts a run of several seconds on a terminal.
fn on_a_terminal(place: &Place) -> (File, std::process::Child) {
    place.write(
        "two.toml",
        format!("{}[sweep]\nseeds = 2\n", TINY.replace("epochs = 2", "steps = 3000")),
    );
    let (controller, terminal) = terminal();
    let mut command = place.command("two.toml -j 1 --threads 1");
    let (out, err) = (terminal.try_clone().expect("cloned"), terminal);
    command.stdin(Stdio::null()).stdout(out).stderr(err);
    (controller, command.spawn().expect("it runs"))
}

#[test]
fn bars_are_drawn_on_a_terminal() {
    let place = Place::new();
    let (mut controller, mut child) = on_a_terminal(&place);
    let mut shown = Vec::new();
    let mut piece = [0; 4096];
    // The other end is an error when the program has left.
    while let Ok(count @ 1..) = controller.read(&mut piece) {
        shown.extend_from_slice(&piece[..count]);
    }
    assert_eq!(child.wait().expect("it ended").code(), Some(0));
    let shown = String::from_utf8_lossy(&shown);
    for part in ["━", "of 2 trials", "\x1b[2K", "valid", "runner board"] {
        assert!(shown.contains(part), "{part:?} is not in: {shown}");
    }
}

/// A line above the bars was a panic where the terminal had vanished, and so was the answer an error.
#[test]
fn a_terminal_that_vanishes_ends_nothing() {
    let place = Place::new();
    let (mut controller, mut child) = on_a_terminal(&place);
    let mut first = [0; 100];
    assert!(controller.read(&mut first).expect("read") > 0);
    drop(controller);
    assert_eq!(child.wait().expect("it ended").code(), Some(0));
    for trial in place.trials("results/two") {
        assert_eq!(place.run_json(&trial)["status"], "done", "{trial}");
    }
}
