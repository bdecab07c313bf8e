//! Slurm, played by a script: job arrays one after the other, the notice before a time limit, and
//! queueing again.

use crate::support::{Ended, Place, REPRODUCIBLE};

/// Runs the elements of a job array one after the other, and those that were queued again once
/// more. The first element of the first job is given notice of its time limit as soon as it trains.
const SBATCH: &str = r#"#!/bin/bash
set -u
script="${@: -1}"
echo "$@" >> sbatch.log
job=$(( $(cat job 2>/dev/null || echo 0) + 1 ))
echo $job > job
read -r first last < <(sed -n 's/^#SBATCH --array=\([0-9]*\)-\([0-9]*\).*/\1 \2/p' "$script")
for index in $(seq "$first" "$last"); do
    while :; do
        rm -f requeue
        SLURM_ARRAY_JOB_ID=$job SLURM_ARRAY_TASK_ID=$index SLURM_CPUS_PER_TASK=1 \
            bash "$script" >> slurm.log 2>&1 &
        element=$!
        if [ ! -e limited ]; then
            touch limited
            until grep -q "training on" slurm.log; do sleep 0.01; done
            sleep 0.05
            kill -USR1 $element
        fi
        wait $element
        echo "$job $index $?" >> codes
        [ -e requeue ] || break
    done
done
echo "$job;cluster"
"#;

const SCONTROL: &str = "#!/bin/bash\necho \"$@\" >> scontrol.log\ntouch requeue\n";

const SWEEP: &str = r#"
extends = "tiny.toml"
[training]
epochs = 60
[sweep]
seeds = 2
[sweep.grid]
"training.learning_rate" = [1e-3, 1e-2]
"#;

fn place(spec: &str) -> Place {
    let place = Place::with_tiny();
    place.write("sweep.toml", spec);
    for (name, text) in [("sbatch", SBATCH), ("scontrol", SCONTROL)] {
        use std::os::unix::fs::PermissionsExt;
        let path = format!("bin/{name}");
        place.write(&path, text);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(place.path(&path), executable).expect("executable");
    }
    place
}

/// Runs the program where the stand-ins are the first that are found.
fn with_slurm(place: &Place, arguments: &str) -> Ended {
    let mut command = place.command(arguments);
    let before = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{before}", place.path("bin").display()));
    Ended::of(command)
}

fn assert_as_on_one_machine(place: &Place) {
    place.train("sweep.toml -q -o local");
    let slurm = place.trials("results/sweep");
    let slurm: Vec<&String> = slurm.iter().filter(|name| !name.ends_with("/slurm")).collect();
    for (local, slurm) in place.trials("local/sweep").iter().zip(slurm) {
        for file in REPRODUCIBLE {
            let [a, b] = [local, slurm].map(|trial| place.bytes(&format!("{trial}/{file}")));
            assert!(a == b, "{file} of {local} and {slurm} differ");
        }
    }
    for file in ["summary.csv", "plan.json", "perplexity.svg", "perplexity_by_key.png"] {
        let [a, b] = ["local", "results"].map(|r| place.bytes(&format!("{r}/sweep/{file}")));
        assert!(a == b, "{file} differs");
    }
    let [a, b] = ["local", "results"].map(|r| place.run(&format!("board {r}/sweep --json")).stdout);
    assert_eq!(a, b);
}

#[test]
fn slurm_leaves_what_one_machine_leaves_though_a_job_runs_into_its_limit() {
    let place = place(SWEEP);
    let ended =
        with_slurm(&place, "submit slurm sweep.toml --partition long --option=--account=me");
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("job 1: trials 0 to 3"), "{}", ended.stdout);
    let (codes, log) = (place.read("codes"), place.read("slurm.log"));
    assert_eq!(codes, "1 0 130\n1 0 0\n1 1 0\n1 2 0\n1 3 0\n", "{log}");
    assert_eq!(place.read("scontrol.log"), "requeue 1_0\n");
    assert!(log.contains("going on after step"), "{log}");
    assert_as_on_one_machine(&place);
}

#[test]
fn a_search_is_one_array_a_wave() {
    let place = place(&format!("{SWEEP}[sweep.halving]\nfactor = 2\n"));
    place.write("limited", "");
    let ended = with_slurm(&place, "submit slurm sweep.toml --time 90 --memory 2G --cpus 1 -j 2");
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let arguments = place.read("sbatch.log");
    let lines: Vec<&str> = arguments.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(!lines[0].contains("dependency") && lines[1].contains("--dependency=afterany:1"));
    assert_as_on_one_machine(&place);
}

#[test]
fn a_dry_run_prints_the_script_and_leaves_nothing() {
    let place = place(SWEEP);
    let ended = place.run(
        "submit slurm sweep.toml --dry-run --time 90 --memory 2G --cpus 2 -j 3 -p long \
         --option=--account=me",
    );
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(!place.path("results").exists());
    let program = env!("CARGO_BIN_EXE_runner");
    let digits = |line: &str| match line.split_once("--sha256 ") {
        Some((head, tail)) => format!("{head}--sha256 … {}", tail.split_once(' ').expect("more").1),
        None => line.to_owned(),
    };
    let script = ended.stdout.replace(program, "runner");
    insta::assert_snapshot!(script.lines().map(digits).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_refusal_of_slurm_is_told() {
    let place = place(SWEEP);
    place.write("bin/sbatch", "#!/bin/bash\necho 'invalid partition' >&2\nexit 1\n");
    let submit = "submit slurm sweep.toml --time 9 --memory 2G";
    with_slurm(&place, submit).assert_says(1, &["sbatch refuses: invalid partition"]);
    let mut command = place.command(submit);
    command.env("PATH", "");
    Ended::of(command).assert_says(2, &["cannot run sbatch", "--dry-run"]);
}

/// A worker that dies between its last row and its record leaves a trial that others take for ended.
/// If a search drops it then, it must not stay `running` for ever.
#[test]
fn a_trial_killed_at_its_rung_and_then_dropped_is_told_as_stopped() {
    let place = place(&format!("{SWEEP}[sweep.halving]\nfactor = 2\n"));
    let ended = place.run("submit slurm sweep.toml --time 1 --memory 1G --no-submit");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let plan: serde_json::Value =
        serde_json::from_str(&place.read("results/sweep/plan.json")).expect("a plan");
    for index in 0..4 {
        let trial = plan["trials"][index]["trial"].as_str().expect("a name");
        let has_row = || {
            let metrics = place.path(&format!("results/sweep/{trial}/metrics.csv"));
            std::fs::read_to_string(metrics).is_ok_and(|text| text.lines().count() > 1)
        };
        for write in 1.. {
            let mut command = place.command(&format!("worker results/sweep -i {index} -q"));
            command.env("RUNNER_ABORT_AT_WRITE", write.to_string());
            assert_ne!(Ended::of(command).code, Some(0), "it never died after a row");
            if has_row() {
                break;
            }
        }
        assert_eq!(place.run_json(&format!("results/sweep/{trial}"))["status"], "running");
    }
    for index in (0..4).cycle().take(12) {
        let ended = place.run(&format!("worker results/sweep -i {index} -q"));
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    }
    assert_as_on_one_machine(&place);
    let board = place.run("board results/sweep --trials --csv").stdout;
    assert_eq!(board.matches(",stopped,").count(), 2, "{board}");
}
