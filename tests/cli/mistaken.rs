//! What is given in a spec's place.

use crate::support::{Place, TINY};

/// A slip in a command's name was only a file that was not there.
#[test]
fn a_slip_in_the_name_of_a_command_is_told() {
    let place = Place::with_tiny();
    for (arguments, command) in [
        ("plna", "plan"),
        ("plna tiny.toml", "plan"),
        ("Compare results/a", "compare"),
        ("bord --csv", "board"),
        ("verfy results --threads 1", "verify"),
    ] {
        let meant = format!("did you mean the command `runner {command}`?");
        place.run(arguments).assert_says(2, &["there is no such file", &meant]);
    }
    let ended = place.run("tinny");
    ended.assert_says(2, &["no such file: tinny", "specs are files that end in .toml"]);
    place.run("tinny.toml").assert_says(2, &["cannot read tinny.toml", "No such file"]);
    // What is there, or is a command, is not guessed at.
    place.run("plan --no-such").assert_says(2, &["unexpected argument '--no-such'"]);
    place.run("tiny.toml --no-such").assert_says(2, &["unexpected argument '--no-such'"]);
    place.write("plna", TINY);
    place.train("plna -q");
}

/// The `spec.toml` that a run had left was trained as an experiment named "spec".
#[test]
fn a_run_is_no_spec() {
    let place = Place::with_tiny();
    place.write("two.toml", "extends = 'tiny.toml'\nsweep.seeds = 2\n");
    place.train("two.toml -q");
    let trial = place.trials("results/two").remove(0);
    let mut run = place.run_json(&trial);
    let can = ["`runner board`, `report`, `sample` and `verify`", "`runner two.toml` goes on"];
    for command in ["", "plan"] {
        let ended = place.run(&format!("{command} {trial}"));
        ended.assert_says(2, &can);
        ended.assert_says(2, &["is a run, not a spec; its status is done", "/spec.toml` trains"]);
        for folder in ["results/two", "results"] {
            let ended = place.run(&format!("{command} {folder}"));
            ended.assert_says(2, &can);
            ended.assert_says(2, &[&format!("{folder} holds runs (2 done) and no spec")]);
        }
    }
    run["status"] = "interrupted".into();
    place.write(&format!("{trial}/run.json"), run.to_string());
    place.run(&trial).assert_says(2, &["its status is interrupted"]);
    place.run("results").assert_says(2, &["holds runs (1 done, 1 interrupted) and no spec"]);
    // Beside specs, what runs have left is passed over; named, it is a spec.
    place.write("specs/tiny.toml", TINY);
    place.write("specs/tale.txt", crate::support::tale(2_000));
    std::fs::rename(place.path("results"), place.path("specs/results")).expect("moved");
    let plan = place.run("plan specs");
    assert_eq!(plan.code, Some(0), "{}", plan.stderr);
    assert_eq!(plan.stdout.matches("hidden_size").count(), 0, "{}", plan.stdout);
    place.run("plan specs/results").assert_says(2, &["holds runs"]);
    place.write("empty/readme.txt", "");
    place.run("empty").assert_says(2, &["no spec in empty", "specs end in .toml"]);
}
