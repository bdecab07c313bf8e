//! What is said of the numbers: which is best, what was not counted, what compares with what.

use super::support::{Place, tale};
use serde_json::Value as Json;

/// A spec on a text, trained for a moment.
fn spec(corpus: &str, more: &str) -> String {
    format!(
        "data.corpus = '{corpus}'\ndata.batch_size = 2\ndata.sequence_length = 8\n\
         data.valid_fraction = 0.1\ndata.test_fraction = 0.1\nmodel.hidden_size = 8\n{more}"
    )
}

/// Plain steps of a rate that makes the loss larger than any perplexity can say.
fn exploding(rate: &str) -> String {
    format!(
        "training.optimizer = 'sgd'\ntraining.learning_rate = {rate}\ntraining.steps = 8\n\
         training.evaluate_every = 8\n"
    )
}

/// The rows of a board, as objects.
fn board(place: &Place, arguments: &str) -> Vec<Json> {
    let ended = place.run(&format!("board {arguments} --json"));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).expect("JSON")
}

fn number(value: &Json) -> f64 {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{value}"))
}

/// A perplexity that runs over is `inf` in every file, and ranks by its loss, wherever it is asked.
#[test]
fn a_perplexity_that_runs_over_is_infinite_everywhere_and_stands_by_its_loss() {
    let place = Place::new();
    let points = "[[sweep.points]]\n'training.learning_rate' = 1e9\n\
        [[sweep.points]]\n'training.learning_rate' = 1e5\n\
        [[sweep.points]]\n'training.learning_rate' = 0.1\n";
    place.write("e.toml", spec("tale.txt", &(exploding("1.0") + points)));
    place.train("e.toml -q");
    let rows = board(&place, "results/e");
    let rates: Vec<f64> = rows.iter().map(|row| number(&row["training.learning_rate"])).collect();
    assert_eq!(rates, [0.1, 1e5, 1e9]);
    assert_eq!(rows[1]["valid_perplexity"], "inf");
    for trial in place.trials("results/e") {
        let run = place.run_json(&trial);
        let cell = |column: &str| {
            let table = place.table(&format!("{trial}/metrics.csv"));
            let at = table[0].iter().position(|name| name == column).expect(column);
            table.last().expect("a row")[at].clone()
        };
        let said = number(&run["result"]["valid_perplexity"]);
        assert_eq!(said, cell("valid_perplexity").parse::<f64>().unwrap(), "{trial}");
        let loss = number(&run["result"]["valid_loss"]);
        assert_eq!(said.is_infinite(), loss > 709.8, "{trial}");
        assert_eq!(run["result"]["test_perplexity"] == "inf", said.is_infinite());
    }
    let summary = place.read("results/e/summary.csv");
    assert!(summary.contains(",inf,"), "{summary}");
    let ended = place.run("compare results/e");
    assert!(ended.stdout.contains("inf") && !ended.stdout.contains("NaN"), "{}", ended.stdout);
    assert!(place.read("results/e/perplexity.svg").contains("learning_rate=0.1"));
    let ended = place.run("sample results/e -l 5");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended = place.run("export results/e --to pytorch");
    assert!(ended.stdout.contains("learning_rate=0.1,"), "{}", ended.stdout);
    let ended = place.run("e.toml -q --json --fresh -j 1 --threads 1");
    assert!(ended.stdout.contains("\"valid_perplexity\":\"inf\""), "{}", ended.stdout);
}

#[test]
fn halving_tells_perplexities_that_run_over_apart() {
    let place = Place::new();
    let sweep =
        "[sweep.grid]\n'training.learning_rate' = [1e9, 1e5]\n[sweep.halving]\nfactor = 2\n";
    let rows = "training.optimizer = 'sgd'\ntraining.steps = 8\ntraining.evaluate_every = 4\n";
    place.write("h.toml", spec("tale.txt", &format!("{rows}{sweep}")));
    place.train("h.toml -q");
    let rows = board(&place, "results/h");
    assert_eq!(number(&rows[0]["training.learning_rate"]), 1e5);
    assert_eq!((&rows[0]["status"], &rows[1]["status"]), (&"done".into(), &"stopped".into()));
}

/// Three of four seeds have a number: the mean has none.
#[test]
fn a_mean_over_seeds_with_an_infinite_one_is_infinite_and_with_a_failed_one_is_no_number() {
    let place = Place::new();
    let sweep = "sweep.seeds = 3\n";
    place.write("m.toml", spec("tale.txt", &(exploding("1e4") + sweep)));
    place.train("m.toml -q");
    let trials = board(&place, "results/m --trials");
    let infinite = trials.iter().filter(|row| row["valid_perplexity"] == "inf").count();
    assert!(infinite > 0, "{trials:?}");
    let rows = board(&place, "results/m");
    assert_eq!((&rows[0]["valid_perplexity"], rows.len()), (&"inf".into(), 1));
    assert_eq!(rows[0]["valid_perplexity_interval"], Json::Null);
    // One of two seeds fails: its record says so, and its point has no figure and comes last.
    let points = "sweep.seeds = 2\n[sweep.grid]\n'model.hidden_size' = [4, 5]\n";
    place.write("f.toml", spec("tale.txt", &format!("training.steps = 2\n{points}")));
    place.train("f.toml -q");
    let trials = place.trials("results/f");
    let run = place.read(&format!("{}/run.json", trials[0]));
    let mut run: Json = serde_json::from_str(&run).expect("JSON");
    run["status"] = "failed".into();
    run["result"] = Json::Null;
    run.as_object_mut().expect("an object").remove("sha256");
    place.write(&format!("{}/run.json", trials[0]), run.to_string());
    let rows = board(&place, "results/f");
    assert_eq!(number(&rows[0]["model.hidden_size"]), 5.0);
    assert_eq!(rows[1]["valid_perplexity"], "NaN");
    assert_eq!(rows[1]["status"], "1 done, 1 failed");
}

/// Weights that grow past what `f32` holds: the training step is still finite, the evaluation is
/// not. It fails as a step does, and is nobody's best.
#[test]
fn a_validation_loss_that_is_no_number_fails_the_trial() {
    let place = Place::new();
    let relu = "model.architecture = 'rnn'\nmodel.nonlinearity = 'relu'\nmodel.hidden_size = 16\n\
        training.optimizer = 'sgd'\ntraining.clip = 'none'\ntraining.steps = 4\n\
        training.evaluate_every = 4\n";
    let text = spec("tale.txt", "").replace("model.hidden_size = 8\n", relu);
    let text = text.replace("sequence_length = 8", "sequence_length = 30");
    place.write("n.toml", text);
    let mut seen = 0;
    for seed in 0..40 {
        let run =
            format!("n.toml -s seed={seed} -s training.learning_rate=8.0 -q -j 1 --threads 1");
        let ended = place.run(&run);
        if ended.code == Some(0) {
            continue;
        }
        ended.assert_says(3, &["failed:", "(learning rate 8e0)"]);
        seen += usize::from(ended.stderr.contains("the validation loss became"));
    }
    assert!(seen > 0, "no evaluation was lost");
    for trial in place.trials("results/n") {
        let run = place.run_json(&trial);
        assert_eq!(run["diverged"] == true, run["status"] == "failed", "{trial}");
        assert!(!place.read(&format!("{trial}/metrics.csv")).contains("NaN"), "{trial}");
    }
}

/// As the tutorial does: one setting after another, with `--set`.
#[test]
fn all_trials_of_a_folder_are_known_with_what_they_differ_in() {
    let place = Place::new();
    place.write("e.toml", spec("tale.txt", "training.steps = 4\n"));
    for size in [4, 6, 8] {
        place.train(&format!("e.toml -q -s model.hidden_size={size}"));
    }
    place.train("e.toml -q -s model.hidden_size=8 -s seed=43");
    let rows = board(&place, "results/e");
    let mut sizes: Vec<f64> = rows.iter().map(|row| number(&row["model.hidden_size"])).collect();
    sizes.sort_by(f64::total_cmp);
    assert_eq!(sizes, [4.0, 6.0, 8.0]);
    let seeds: f64 = rows.iter().map(|row| number(&row["seeds"])).sum();
    assert_eq!(seeds, 4.0);
    assert_eq!(place.table("results/e/summary.csv").len(), 5);
    assert!(place.read("results/e/perplexity.svg").contains("hidden_size=6"));
    let ended = place.run("compare results/e");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("hidden_size"), "{}", ended.stdout);
    // `sample` takes a trial of the point that the board has first.
    let best = number(&rows[0]["model.hidden_size"]);
    let trial = place.trials("results/e").into_iter().find(|trial| {
        place.read(&format!("{trial}/spec.toml")).contains(&format!("hidden_size = {best}\n"))
    });
    let one = place.run(&format!("sample {} -l 30 --seed 3", trial.expect("a trial")));
    let all = place.run("sample results/e -l 30 --seed 3");
    let seeds = number(&rows[0]["seeds"]);
    assert!(seeds > 1.0 || one.stdout == all.stdout, "{} {}", one.stdout, all.stdout);
}

/// The figure is that of the text itself, so that it can be computed from the loss by hand.
#[test]
fn bits_per_byte_are_those_of_the_text_at_every_level() {
    let place = Place::new();
    let train = tale(3_000);
    let valid = "the café asked\nfor a night – the lamp\nthe wind for a sea\n".repeat(4);
    place.write("t/train.txt", train);
    place.write("t/valid.txt", &valid);
    place.write("e.toml", spec("t", "training.steps = 4\n"));
    let mut seen = Vec::new();
    for level in ["byte", "char", "word", "script"] {
        place.train(&format!("e.toml -q -s data.level={level} -o {level}"));
        let run = place.run_json(&place.trial(&format!("{level}/e")));
        let (result, data) = (&run["result"], &run["data"]);
        // What the first token spells is given.
        let tokens = number(&data["tokens"][1]) - 1.0;
        let nats = number(&result["valid_loss"]) * tokens;
        let first = if level == "byte" || level == "char" { 1 } else { 4 };
        let unknown = match level {
            // Letters of which the text before has none.
            "byte" | "char" => 4 * ("c".len() + "é".len() + "–".len()),
            _ => 4 * ("café".len() + "–".len()),
        };
        let bits = nats / std::f64::consts::LN_2 + 8.0 * unknown as f64;
        let expected = bits / (valid.len() - first) as f64;
        let found = number(&result["valid_bits_per_byte"]);
        assert!((found - expected).abs() < 1e-9, "{level}: {found} {expected}");
        let characters = valid.chars().count() - first;
        let found = number(&result["valid_bits_per_character"]);
        assert!((found - bits / characters as f64).abs() < 1e-9, "{level}: {found}");
        assert!(number(&result["valid_unknown"]) > 0.0);
        assert_eq!(result["train_unknown"], 0.0);
        assert!(
            place.table(&format!("{}/metrics.csv", place.trial(&format!("{level}/e"))))[0]
                .contains(&"valid_bits_per_byte".to_owned())
        );
        seen.push(run["data"]["text_ids"][1].clone());
    }
    assert!(seen.iter().all(|id| *id == seen[0]), "{seen:?}");
}

/// Perplexities of different tokens are put in order by bits per byte where the text is one, and
/// kept apart where it is not.
#[test]
fn figures_that_do_not_compare_are_not_put_in_order() {
    let place = Place::new();
    place.write("t/train.txt", tale(3_000));
    place.write("t/valid.txt", tale(400));
    place.write("e.toml", spec("t", "training.steps = 4\n"));
    place.train("e.toml -q -s data.level=word");
    place.train("e.toml -q");
    let ended = place.run("board results/e");
    assert!(ended.stdout.contains("by bits per byte"), "{}", ended.stdout);
    assert!(ended.stdout.contains("valid_bits_per_byte"), "{}", ended.stdout);
    let rows = board(&place, "results/e");
    assert!(rows.iter().all(|row| row["by"] == "valid_bits_per_byte" && row["group"] == 1));
    let [first, second] = [0, 1].map(|row| number(&rows[row]["valid_bits_per_byte"]));
    assert!(first <= second, "{first} {second}");
    assert!(place.path("results/e/bits_per_byte.svg").is_file());
    let ended = place.run("compare results/e");
    ended.assert_says(0, &["their perplexities do not compare, bits per byte do"]);
    assert!(ended.stdout.contains("bits per byte"), "{}", ended.stdout);
    // Of another text nothing compares.
    place.train("e.toml -q -s data.corpus=tale.txt");
    let ended = place.run("board results/e");
    assert_eq!(ended.stdout.matches("compares with no other table").count(), 2, "{}", ended.stdout);
    let rows = board(&place, "results/e");
    let groups: Vec<f64> = rows.iter().map(|row| number(&row["group"])).collect();
    assert_eq!(groups, [1.0, 2.0, 2.0]);
    let ended = place.run("compare results/e");
    ended.assert_says(0, &["different texts"]);
    assert!(ended.stdout.contains("another text"), "{}", ended.stdout);
    let ended = place.run("report results --out page.html");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let page = place.read("page.html");
    assert_eq!(page.matches("<section class=\"group\"").count(), 2, "a table for each text");
    // A search over such a key is refused.
    let sweep = "[sweep.grid]\n'data.corpus' = ['t', 'tale.txt']\n[sweep.halving]\nfactor = 2\n";
    place.write("s.toml", spec("t", sweep));
    place.run("plan s.toml").assert_says(2, &["a search cannot put trials in order"]);
}

/// A text that is cut by fractions is cut elsewhere at every level.
#[test]
fn a_search_over_levels_needs_one_validation_text() {
    let place = Place::new();
    let sweep = "training.steps = 4\ntraining.evaluate_every = 2\n\
        [sweep.grid]\n'data.level' = ['char', 'word']\n";
    let halving = "[sweep.halving]\nfactor = 2\n";
    place.write("h.toml", spec("tale.txt", &format!("{sweep}{halving}")));
    for command in ["plan h.toml", "h.toml"] {
        let says =
            "a search cannot put these trials in order: they are judged by 2 different texts";
        place.run(command).assert_says(2, &[says, "give the corpus a valid.txt"]);
    }
    place.write("t/train.txt", tale(3_000));
    place.write("t/valid.txt", tale(400));
    place.write("h.toml", spec("t", &format!("{sweep}{halving}")));
    place.train("h.toml -q");
    assert_eq!(board(&place, "results/h")[0]["status"], "done");
    // Without a search it is a sweep of which no trial is called the best.
    place.write("g.toml", spec("tale.txt", sweep));
    let ended = place.train("g.toml");
    assert!(!ended.stderr.contains(", best "), "{}", ended.stderr);
    let ended = place.run("sample results/g -l 3");
    ended.assert_says(0, &["do not all compare"]);
    assert!(place.read("results/g/perplexity.svg").contains("another text"));
}

/// What failed is never first, nor the best, nor above a bound.
#[test]
fn a_failed_trial_is_never_first() {
    let place = Place::new();
    let points = "training.optimizer = 'sgd'\ntraining.steps = 4\n\
        [sweep.grid]\n'training.learning_rate' = [1e30, 0.1]\n";
    place.write("f.toml", spec("tale.txt", points));
    let ended = place.run("f.toml -j 1 --threads 1");
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(!ended.stderr.contains("best NaN"), "{}", ended.stderr);
    for sort in ["valid_perplexity", "-valid_perplexity", "-test_perplexity"] {
        let rows = board(&place, &format!("results/f --sort={sort}"));
        assert_eq!(number(&rows[0]["training.learning_rate"]), 0.1, "{sort}");
    }
    let rows = board(&place, "results/f -f valid_perplexity>0");
    assert_eq!(rows.len(), 1, "{rows:?}");
}

#[test]
fn a_text_that_is_read_twice_is_told() {
    let place = Place::new();
    place.write("t/a.txt", tale(2_000));
    place.write("t/b.txt", tale(2_000));
    place.write("e.toml", spec("t", ""));
    let ended = place.run("plan e.toml");
    assert!(ended.stdout.contains("`t/b.txt` has the bytes of `t/a.txt`"), "{}", ended.stdout);
}

#[test]
fn the_share_of_unknown_words_is_said() {
    let place = Place::new();
    place.write("e.toml", spec("tale.txt", "data.level = 'word'\ntraining.steps = 4\n"));
    let some = "-s data.min_count=30";
    let says = "<unk> stands for words that the vocabulary lacks:";
    let planned = place.run(&format!("plan e.toml {some}"));
    assert!(planned.stdout.contains(&format!("warning     {says}")), "{}", planned.stdout);
    let ended = place.train(&format!("e.toml {some}"));
    assert!(ended.stderr.contains(&format!("warning: {says}")), "{}", ended.stderr);
    let run = place.run_json(&place.trial("results/e"));
    assert!(run["warnings"][0].as_str().is_some_and(|it| it.contains(says)), "{run}");
    let shown = place.run("board results/e").stdout;
    assert!(shown.contains("unknown tokens: ") && shown.contains(" % of valid"), "{shown}");
    assert!(shown.contains("valid_bits_per_byte"), "{shown}");
    place.run("report results --out page.html");
    assert!(place.read("page.html").contains("&lt;unk&gt; stands for words"));
    // Nothing is said of nothing.
    let ended = place.train("e.toml -o none -s data.corpus=tale.txt -s data.valid_fraction=0.0 -s data.test_fraction=0.0");
    assert!(!ended.stderr.contains("<unk>"), "{}", ended.stderr);
}

/// Loss and accuracy disagree on which row is best: the metric decides, or what the spec names.
#[test]
fn the_figure_that_decides_can_be_chosen() {
    let place = Place::new();
    let lines = |rows: usize| {
        (0..rows)
            .map(|row| {
                format!(
                    "{}\t{}\n",
                    if row % 3 == 0 { "up" } else { "down" },
                    if row % 5 < 2 { "the lamp" } else { "a window" }
                )
            })
            .collect::<String>()
    };
    place.write("c/train.txt", lines(30));
    place.write("c/valid.txt", lines(12));
    place.write(
        "c.toml",
        "task = 'classification'\ndata.corpus = 'c'\ndata.level = 'word'\nmodel.hidden_size = 8\n\
         training.epochs = 12\ntraining.learning_rate = 0.05\n",
    );
    let best = |monitor: &str| {
        let set = if monitor.is_empty() {
            String::new()
        } else {
            format!("-s training.monitor={monitor}")
        };
        let out = format!("out{monitor}");
        place.train(&format!("c.toml -q -o {out} {set}"));
        let trial = place.trial(&format!("{out}/c"));
        let run = place.run_json(&trial);
        let table = place.table(&format!("{trial}/metrics.csv"));
        let column = |name: &str| -> Vec<f64> {
            let at = table[0].iter().position(|own| own == name).expect(name);
            table[1..].iter().map(|row| row[at].parse().unwrap()).collect()
        };
        let epoch = number(&run["result"]["best_epoch"]) as usize;
        (epoch, column("valid_loss"), column("valid_accuracy"), run)
    };
    let (epoch, loss, accuracy, run) = best("");
    let top = accuracy.iter().copied().fold(0.0, f64::max);
    assert_eq!(accuracy[epoch - 1], top);
    let least = |among: &dyn Fn(usize) -> bool| {
        let own = (0..loss.len()).filter(|row| among(*row)).map(|row| loss[row]);
        own.fold(f64::INFINITY, f64::min)
    };
    assert_eq!(loss[epoch - 1], least(&|row| accuracy[row] == top));
    assert_eq!(run["result"]["metric"]["name"], "accuracy");
    let (epoch, loss, _, run) = best("loss");
    assert_eq!(loss[epoch - 1], loss.iter().copied().fold(f64::INFINITY, f64::min));
    assert_eq!(run["result"]["metric"]["name"], "loss");
    assert!(place.path(&format!("{}/loss.svg", place.trial("outloss/c"))).is_file());
    let ended = place.run("plan c.toml -s training.monitor=perplexity");
    ended.assert_says(2, &["task \"classification\" has no figure \"perplexity\""]);
}

/// A trial whose process is gone is interrupted; its time counts on.
#[cfg(unix)]
#[test]
fn a_trial_whose_process_is_gone_is_interrupted_and_its_time_adds_up() {
    let place = Place::new();
    let long = "training.steps = 2000000\ntraining.evaluate_every = 100\ntraining.checkpoint.steps = 100\n";
    place.write("k.toml", spec("tale.txt", long));
    let mut child = place.command("k.toml -q -j 1 --threads 1").spawn().expect("it runs");
    let metrics = || {
        let trials = std::fs::read_dir(place.path("results/k")).ok()?;
        let trial = trials.flatten().find(|entry| entry.path().is_dir())?;
        Some(std::fs::read_to_string(trial.path().join("metrics.csv")).ok()?.lines().count())
    };
    let begun = std::time::Instant::now();
    while metrics().is_none_or(|rows| rows < 30) {
        assert!(begun.elapsed().as_secs() < 60);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(board(&place, "results/k")[0]["status"], "running");
    child.kill().expect("killed");
    child.wait().expect("gone");
    assert_eq!(board(&place, "results/k")[0]["status"], "interrupted");
    // The rows that were written took so long; the run that goes on writes more of them.
    let spent = |rows: usize| -> f64 {
        let table = place.table(&format!("{}/timing.csv", place.trial("results/k")));
        table[1..].iter().take(rows).map(|row| row[2].parse::<f64>().unwrap()).sum()
    };
    let before = spent(25);
    let mut again = place.command("k.toml -q -j 1 --threads 1").spawn().expect("it runs");
    let resumed = std::time::Instant::now();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let mut interrupt = std::process::Command::new("kill");
    interrupt.args(["-INT", &again.id().to_string()]);
    assert!(interrupt.status().expect("it runs").success());
    assert_eq!(again.wait().expect("gone").code(), Some(130));
    let alone = resumed.elapsed().as_secs_f64();
    let run = place.run_json(&place.trial("results/k"));
    let seconds = number(&run["times"]["seconds"]);
    let rows = place.table(&format!("{}/metrics.csv", place.trial("results/k"))).len() - 1;
    assert!(seconds >= before && seconds + 0.1 >= spent(rows), "{seconds} {before} {alone}");
}
