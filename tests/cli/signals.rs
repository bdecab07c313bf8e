//! Signals: the state is saved, and the run goes on later.

use crate::support::{Place, is_filled, tale};
use crate::what_is_interrupted::{begin, begin_as, kill, place};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Interrupts a run of `name` by a signal, lets it go on, and compares it with an untouched one.
fn interrupt(name: &str, signal: &str) {
    let place = place();
    let child = begin(&place, &format!("{name}.toml"), &format!("results/{name}"));
    kill(&child, signal);
    let output = child.wait_with_output().expect("it ended");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted after step"), "{said}");
    let trial = place.trial(&format!("results/{name}"));
    assert_eq!(place.run_json(&trial)["status"], "interrupted");
    let summary = place.table(&format!("results/{name}/summary.csv"));
    assert!(summary[1].contains(&"interrupted".to_owned()), "{summary:?}");
    let ended = place.train(&format!("{name}.toml"));
    assert!(ended.stderr.contains("going on after step"), "{}", ended.stderr);
    assert_eq!(place.run_json(&trial)["status"], "done");
    place.train(&format!("{name}.toml -q -o untouched"));
    place.assert_same(&trial, &place.trial(&format!("untouched/{name}")));
}

#[test]
fn sigint_saves_and_the_run_goes_on() {
    interrupt("long", "-INT");
}

#[test]
fn sigterm_saves_and_the_run_goes_on() {
    interrupt("intricate", "-TERM");
}

/// An evaluation is given up at once, and made when the run goes on.
#[test]
fn a_signal_does_not_wait_for_an_evaluation() {
    let place = place();
    place.write("tale.txt", tale(600_000));
    place.write(
        "slow.toml",
        "extends = 'long.toml'\ndata.valid_fraction = 0.9\ndata.test_fraction = 0.0\n\
         training.steps = 30\ntraining.evaluate_every = 10\ntraining.checkpoint.steps = 1\n\
         data.eval_batch_size = 4\nmodel.hidden_size = 24\n",
    );
    let child = begin(&place, "slow.toml", "results/slow");
    sleep(Duration::from_millis(300));
    let asked = Instant::now();
    kill(&child, "-TERM");
    let output = child.wait_with_output().expect("it ended");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(output.status.code(), Some(130));
    place.train("slow.toml -q");
    place.train("slow.toml -q -o untouched");
    place.assert_same(&place.trial("results/slow"), &place.trial("untouched/slow"));
}

/// Begins a run whose steps are so long that no signal is followed for seconds.
fn begin_heavy(place: &Place) -> Child {
    place.write("tale.txt", tale(40_000));
    place.write(
        "heavy.toml",
        "extends = 'long.toml'\ndata.batch_size = 100\ndata.sequence_length = 150\n\
         model.hidden_size = 512\nmodel.layers = 2\ntraining.checkpoint.steps = 1\n\
         data.valid_fraction = 0.0\ndata.test_fraction = 0.0\n",
    );
    let mut command = place.command("heavy.toml -j 1 --threads 1");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    said.read_line(&mut line).expect("read");
    assert!(line.contains("training on"), "{line}");
    // It is read on, so that nothing is lost.
    child.stderr = Some(said.into_inner());
    sleep(Duration::from_millis(300));
    child
}

#[test]
fn a_second_sigint_leaves_at_once() {
    let place = place();
    let child = begin_heavy(&place);
    kill(&child, "-INT");
    sleep(Duration::from_millis(1_050));
    let asked = Instant::now();
    kill(&child, "-INT");
    let output = child.wait_with_output().expect("it ended");
    assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
    assert_eq!(output.status.code(), Some(130));
    // Nothing was saved any more.
    let trial = place.trial("results/heavy");
    assert_eq!(place.run_json(&trial)["status"], "running");
}

/// `timeout` hands SIGINT on to a child that has got it with its group already, and the second was
/// taken for an impatient user's.
#[test]
fn two_sigints_at_once_are_one() {
    assert_saves_after_two("-INT", 100);
}

#[test]
fn two_sigterms_are_one_however_far_apart() {
    assert_saves_after_two("-TERM", 1_050);
}

/// Gives a signal twice before the first can have been followed, and expects the state to be saved.
fn assert_saves_after_two(signal: &str, milliseconds: u64) {
    let place = place();
    let child = begin_heavy(&place);
    kill(&child, signal);
    sleep(Duration::from_millis(milliseconds));
    kill(&child, signal);
    let output = child.wait_with_output().expect("it ended");
    assert_eq!(output.status.code(), Some(130));
    let trial = place.trial("results/heavy");
    assert_eq!(place.run_json(&trial)["status"], "interrupted");
    assert!(is_filled(&place.path(&format!("{trial}/checkpoint/state.safetensors"))));
}

#[test]
fn a_hang_up_saves_and_the_run_goes_on() {
    interrupt("long", "-HUP");
}

/// `nohup` has the signal ignored.
#[test]
fn a_hang_up_that_is_ignored_ends_nothing() {
    let place = place();
    let program = place.command("long.toml -j 1 --threads 1");
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(program.get_program());
    command.args(program.get_args()).current_dir(place.path("."));
    let child = begin_as(&place, command, "results/long");
    kill(&child, "-HUP");
    assert_eq!(child.wait_with_output().expect("it ended").status.code(), Some(0));
    let trial = place.trial("results/long");
    assert_eq!(place.run_json(&trial)["status"], "done");
}

#[test]
fn sigusr1_saves_and_the_run_goes_on() {
    interrupt("long", "-USR1");
}
