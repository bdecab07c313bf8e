//! `runner check --results`: figures of other programs, held against a baseline.

use crate::support::{Ended, Place};

/// Three seeds of an experiment, their values times a factor, in a table.
fn table(factor: f64) -> String {
    let row = |(seed, loss): (u64, f64)| format!("lstm,{seed},{:?}\n", loss * factor);
    let rows: String = [(1, 2.0), (2, 2.5), (3, 2.25)].map(row).concat();
    format!("model,seed,val_loss\n{rows}")
}

fn check(place: &Place, options: &str) -> Ended {
    let mut command = place.command(&format!("check --baseline b.toml {options}"));
    command.env_remove("GITHUB_STEP_SUMMARY");
    Ended::of(command)
}

/// Checks figures in a file, and expects an exit code and words.
#[track_caller]
fn expect(place: &Place, options: &str, code: i32, says: &[&str]) -> Ended {
    let ended = check(place, options);
    assert_eq!(ended.code, Some(code), "{options}: {}{}", ended.stdout, ended.stderr);
    let all = format!("{}{}", ended.stdout, ended.stderr);
    // Messages are broken into lines.
    let flat =
        |text: &str| text.split_whitespace().filter(|it| *it != "│").collect::<Vec<_>>().join(" ");
    for thing in says {
        assert!(flat(&all).contains(&flat(thing)), "{options}: {thing:?} is not in: {all}");
    }
    ended
}

#[test]
fn figures_of_a_table_are_compared_as_trials_are() {
    let place = Place::new();
    place.write("r.csv", table(1.0));
    expect(&place, "--results r.csv", 5, &["cannot read the baseline"]);
    let says = ["the baseline has been begun: 3 seeds tell a loss of 2.00 %"];
    expect(&place, "--results r.csv --update --history h.csv", 0, &says);
    assert!(place.read("h.csv").contains(",lstm,val_loss,2.25\n"), "{}", place.read("h.csv"));
    expect(&place, "--results r.csv", 0, &["lstm: pass: the same figures"]);
    expect(&place, "--results r.csv --mode exact", 0, &["lstm: pass: the same figures"]);
    place.write("r.csv", table(1.02));
    expect(&place, "--results r.csv", 4, &["lstm: regression: worse by 2.00 % over 3 seeds"]);
    let exact = "lstm: changed: seed 1: the metric was 2, now 2.04";
    expect(&place, "--results r.csv --mode exact", 4, &[exact]);
    let options =
        "--results r.csv --junit j.xml --markdown m.md --benchmark b.json --chart c.svg --json";
    let ended = check(&place, options);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(json["experiments"][0]["metric"], "val_loss");
    let junit = quick_junit::Report::deserialize_from_str(&place.read("j.xml")).expect("JUnit");
    assert_eq!((junit.tests, junit.failures), (1, 1));
    assert!(place.read("m.md").starts_with("### 1 regressed\n"), "{}", place.read("m.md"));
    assert!(place.read("b.json").contains("val_loss") && place.read("c.svg").contains("lstm"));
    place.write("r.csv", table(0.9));
    expect(&place, "--results r.csv", 0, &["lstm: improved: better by 10.00 %"]);
}

/// A table, lines of JSON, an array, files of one seed each, by a pattern or their names.
#[test]
fn the_form_of_the_figures_does_not_count() {
    let place = Place::new();
    place.write("r.csv", table(1.0));
    expect(&place, "--results r.csv --update", 0, &[]);
    let seeds = [(1, 2.0), (2, 2.5), (3, 2.25)];
    let objects = seeds.map(|(seed, loss)| {
        format!(
            "{{\"experiment\": \"lstm\", \"config\": {{\"seed\": {seed}}}, \"val_loss\": {loss}}}"
        )
    });
    place.write("r.jsonl", objects.join("\n"));
    place.write("r.json", format!("[{}]", objects.join(",")));
    place.write("r.tsv", table(1.0).replace(',', "\t"));
    for (seed, loss) in seeds {
        place.write(&format!("runs/lstm/seed={seed}/metrics.csv"), format!("val_loss\n{loss}\n"));
        place.write(&format!("p/lstm-{seed}.json"), format!("{{\"val_loss\": {loss}}}"));
        let history = format!("{{\"val_loss\": [9.0, {loss}], \"loss\": [1.0, 0.5]}}");
        place.write(&format!("keras/lstm_seed{seed}.json"), history);
    }
    let same = ["lstm: pass: the same figures"];
    for figures in ["r.jsonl", "r.json", "r.tsv", "runs", "p/{experiment}-{seed}.json", "keras"] {
        expect(&place, &format!("--results {figures}"), 0, &same);
    }
    expect(&place, "--results runs/lstm/*/metrics.csv", 0, &same);
    expect(
        &place,
        "--results runs/**/seed=1/*.csv runs/lstm/seed=[23] runs/lstm/seed=2 runs/lstm/seed=3",
        2,
        &["no figures in runs/lstm/seed=[23]"],
    );
    expect(&place, "--results runs/lstm/seed=1 runs/lstm/seed=2 runs/lstm/seed=3", 0, &same);
    let fewer = ["fewer seeds: of 3 recorded ones 3 is missing"];
    expect(&place, "--results runs/lstm/seed=1 runs/lstm/seed=2", 5, &fewer);
}

#[test]
fn columns_are_named_by_options_or_in_the_baseline() {
    let place = Place::new();
    let text = "what,s,quality,val_loss\na,1,0.8,1\na,2,0.81,1\nb,1,0.7,1\nb,2,0.72,1\n";
    place.write("r.csv", text);
    let named = "--results r.csv --experiment what --seed s";
    let says = [
        "whether lower or higher values of `quality` are better is not known",
        "--metric quality:higher",
    ];
    expect(&place, &format!("{named} --metric quality --update"), 2, &says);
    expect(
        &place,
        &format!("{named} --metric quality:higher --metric val_loss --update"),
        0,
        &["b/val_loss"],
    );
    let baseline = place.read("b.toml");
    let columns = "[gate.columns]\nexperiment = \"what\"\nseed = \"s\"\nmetric = [\"quality:higher\", \"val_loss\"]\n";
    assert!(baseline.contains(columns), "{baseline}");
    // So short is the line from now on.
    expect(&place, "--results r.csv", 0, &["a: pass", "a/val_loss: pass", "b: pass"]);
    place.write("r.csv", text.replace("0.8,", "0.7,").replace("0.81,", "0.71,"));
    expect(&place, "--results r.csv", 4, &["a: regression: worse by", "b: pass"]);
    // What an option says comes first.
    let says =
        ["no column `sed` in r.csv", "did you mean `s`? there are: what, s, quality, val_loss"];
    expect(&place, "--results r.csv --seed sed", 2, &says);
    place.write("b.toml", baseline.replace("seed = \"s\"", "sead = \"s\""));
    expect(&place, "--results r.csv", 5, &["sead"]);
    // An experiment may be called as the table is.
    place.write(
        "b.toml",
        baseline
            .replace("\nmetric = [", "\n# ours\nmetric = [")
            .replace("[a]", "[gate]")
            .replace("[a.seeds", "[gate.seeds"),
    );
    place.write("r.csv", text.replace("a,", "gate,"));
    expect(
        &place,
        "--results r.csv",
        5,
        &["gate: pass", "gate/val_loss: refused: it has no baseline"],
    );
}

#[test]
fn of_several_rows_of_a_seed_one_is_taken_and_that_is_said() {
    let place = Place::new();
    let rows =
        "seed,epoch,val_accuracy,train_loss\n1,1,0.5,3\n1,2,0.9,2\n1,3,0.8,1\n2,1,0.6,1\n2,2,,1\n";
    place.write("gru.csv", rows);
    let says = ["gru: warning: seeds have several rows, of which the best is taken"];
    expect(&place, "--results gru.csv --update", 0, &says);
    let baseline = place.read("b.toml");
    for line in
        ["metric = \"val_accuracy\"", "direction = \"higher\"", "take = \"best\"", "value = 0.9\n"]
    {
        assert!(baseline.contains(line), "{line} is not in: {baseline}");
    }
    let refused =
        ["another choice among a seed's rows: the best row was recorded, this is the last row"];
    expect(&place, "--results gru.csv --take last", 5, &refused);
    expect(&place, "--results gru.csv --take last --update", 0, &[]);
    assert!(place.read("b.toml").contains("value = 0.8\n"));
    let told = expect(&place, "--results gru.csv", 0, &["pass"]);
    assert!(!told.stdout.contains("warning"), "{}", told.stdout);
    // Rows that nothing tells apart contradict one another.
    place.write("gru.csv", rows.replace("epoch", "note"));
    let says = [
        "seed 1 of gru has two figures in `val_accuracy`: 0.5 (gru.csv:2) and 0.9 (gru.csv:3)",
        "--step",
    ];
    expect(&place, "--results gru.csv", 2, &says);
    expect(&place, "--results gru.csv --step note", 0, &["pass"]);
    place.write("gru.csv", rows.replace("1,3,0.8", "1,2,0.8"));
    expect(&place, "--results gru.csv", 2, &["has two figures in `val_accuracy` at step 2"]);
    // One figure twice is one figure.
    place.write("gru.csv", rows.replace("1,3,0.8,1\n", "1,3,0.8,1\n1,3,0.8,1\n"));
    expect(&place, "--results gru.csv", 0, &["pass"]);
}

#[test]
fn a_seed_that_diverged_is_a_regression() {
    let place = Place::new();
    place.write("r.csv", table(1.0));
    expect(&place, "--results r.csv --update", 0, &[]);
    for (bad, why) in [("nan", "is no number"), ("NaN", "is no number"), ("inf", "is infinite")] {
        place.write("r.csv", table(1.0).replace("2,2.5", &format!("2,{bad}")));
        let says = format!("worse than any number: seed 2: its val_loss {why}");
        expect(&place, "--results r.csv", 4, &[&says]);
        expect(&place, "--results r.csv --update", 5, &["it is not recorded: seed 2"]);
    }
    place.write("r.json", "[{\"model\": \"lstm\", \"seed\": 1, \"val_loss\": NaN}, {\"model\": \"lstm\", \"seed\": 2, \"val_loss\": -Infinity}, {\"model\": \"lstm\", \"seed\": 3, \"val_loss\": 2.25}]");
    expect(
        &place,
        "--results r.json",
        4,
        &["seed 1: its val_loss is no number; seed 2: its val_loss is infinite"],
    );
    // A best epoch does not hide what came of it.
    place.write(
        "r.csv",
        "model,seed,epoch,val_loss\nlstm,1,1,1\nlstm,1,2,nan\nlstm,2,1,2.5\nlstm,3,1,2.25\n",
    );
    expect(&place, "--results r.csv --take best", 4, &["seed 1: its val_loss is no number"]);
    // An empty cell says nothing: never a pass.
    place.write("r.csv", table(1.0).replace("2,2.5", "2,"));
    expect(&place, "--results r.csv", 5, &["seed 2 has no val_loss"]);
}

#[test]
fn other_data_is_refused() {
    let place = Place::new();
    let rows = |one: &str, two: &str| {
        format!("model,seed,loss,data_sha256\na,1,1,{one}\na,2,1.01,{two}\n")
    };
    place.write("r.csv", rows("aaaa", "aaaa"));
    expect(&place, "--results r.csv --update", 0, &[]);
    expect(&place, "--results r.csv", 0, &["pass"]);
    place.write("r.csv", rows("bbbb", "bbbb"));
    expect(&place, "--results r.csv", 5, &["another data: aaaa was recorded, this is bbbb"]);
    place.write("r.csv", rows("aaaa", "bbbb"));
    expect(&place, "--results r.csv", 5, &["its rows are of other data: aaaa and bbbb"]);
    place.write("r.csv", rows("aaaa", "aaaa").replace("data_sha256", "note"));
    expect(&place, "--results r.csv", 5, &["the data is not told: aaaa was recorded"]);
    expect(&place, "--results r.csv --data note", 0, &["pass"]);
    // A trial of this program has more to tell than a table does.
    place.write(
        "b.toml",
        place.read("b.toml").replace("data_sha256 = ", "level = \"char\"\ndata_sha256 = "),
    );
    expect(
        &place,
        "--results r.csv --data note",
        5,
        &["the tokenisation level is not told: char was recorded"],
    );
}

#[test]
fn what_is_no_figure_says_where_it_stands() {
    let place = Place::new();
    place.write("r.csv", table(1.0));
    expect(&place, "--results r.csv --update", 0, &[]);
    let wrong = |text: &str, says: &[&str]| {
        place.write("r.csv", text);
        expect(&place, "--results r.csv", 2, says);
    };
    wrong(
        "model,seed,val_loss\nlstm,1,good\n",
        &["r.csv:2: \"good\" in column `val_loss` is no number"],
    );
    wrong("model,seed,val_loss\nlstm,1\n", &["r.csv:2: 2 cells under 3 columns"]);
    wrong("model,seed,val_loss\nlstm,one,1\n", &["r.csv:2: \"one\" is no seed", "--seed"]);
    wrong("model,seed,val_loss\nlstm,-1,1\n", &["r.csv:2: \"-1\" is no seed"]);
    wrong(
        "model,seed,val_loss\nlstm,1,1\nlstm,,1\n",
        &["r.csv:3: which seed this is of is not told"],
    );
    wrong("model,seed,val_loss\n", &["r.csv has no figures"]);
    wrong("", &["r.csv has no figures"]);
    wrong("{\"val_loss\": 1}\n{\"val_loss\" 2}\n", &["r.csv:2: this is no JSON"]);
    let no_metric = "model,seed,speed\ngru,1,1\n";
    wrong(
        no_metric,
        &["which column of gru holds its metric is not known", "there are: model, seed, speed"],
    );
    expect(&place, "--results no.csv", 2, &["there are no figures in no.csv"]);
    expect(&place, "--results no/*.csv", 2, &["there are no figures in no/*.csv"]);
    place.write("weights.bin", [0xff, 0xfe, 0x00, 0x80]);
    expect(
        &place,
        "--results weights.bin",
        2,
        &["weights.bin is neither UTF-8 nor of a known format"],
    );
    expect(&place, "--results r.csv -s a=1", 2, &["--set is for specs, and none is given"]);
    place.write("tiny.toml", crate::support::TINY);
    expect(&place, "tiny.toml --seed s", 2, &["columns are named for figures of other programs"]);
    expect(&place, "tiny.toml --results a b", 2, &["several --results beside specs"]);
    expect(&place, "", 2, &["<SPEC>"]);
}

/// As with specs: what is recorded and gone is told or refused, what is new is refused.
#[test]
fn experiments_come_and_go() {
    let place = Place::new();
    place.write("r.csv", "name,seed,ppl\na,1,2\na,2,2\nb,1,3\nb,2,3\n");
    expect(&place, "--results r.csv --update", 0, &[]);
    place.write("r.csv", "name,seed,ppl\na,1,2\na,2,2\nc,1,3\nc,2,3\n");
    let says = ["c: refused: it has no baseline", "in the baseline, but none of these", ": b "];
    expect(&place, "--results r.csv", 5, &says);
    place.write("r.csv", "name,seed,ppl\na,1,2\na,2,2\n");
    expect(&place, "--results r.csv", 0, &[]);
    expect(&place, "--results r.csv --all", 5, &["b: refused"]);
}

/// `-o results` before specs is the folder of their trials, as it ever was.
#[test]
fn results_before_specs_are_where_trials_are() {
    let place = Place::with_tiny();
    place.write("gate/tiny.toml", crate::support::TINY);
    for specs in ["tiny.toml", "gate"] {
        expect(&place, &format!("--update -q -o out {specs}"), 0, &["tiny"]);
        expect(&place, &format!("-q {specs} -o out"), 0, &["tiny: pass"]);
        assert_eq!(place.trials("out/tiny").len(), 1);
        let says = ["out holds trials of this program", "runner check SPEC… --results out"];
        expect(&place, "--results out", 2, &says);
        std::fs::remove_dir_all(place.path("out")).unwrap();
        std::fs::remove_file(place.path("b.toml")).unwrap();
    }
}
