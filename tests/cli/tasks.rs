//! Every task through the command line: its files, its columns, the same bytes whatever computes
//! them and however often it was killed, and what it answers.

use crate::support::{Ended, Place, is_filled};
use samebits::kernels::Level;
use std::time::Duration;

/// A spec of every task that trains in a moment.
pub const TASKS: [(&str, &str); 9] = [
    (
        "classification",
        "task = 'classification'\ndata = { corpus = 'words', batch_size = 4, valid_fraction = 0.2, \
         test_fraction = 0.2 }\nmodel = { architecture = 'gru', hidden_size = 6, dropout = 0.2, \
         layers = 2, embedding_size = 5, embedding_dropout = 0.1, output_dropout = 0.3 }\n",
    ),
    (
        "binary",
        "task = 'classification'\ndata = { corpus = 'two.txt', level = 'word', batch_size = 3, \
         max_length = 4, truncate = 'start', valid_fraction = 0.3, test_fraction = 0.0 }\n\
         model = { architecture = 'lstm', hidden_size = 6 }\n\
         training.loss = 'binary_cross_entropy'\n",
    ),
    (
        "regression",
        "task = 'regression'\ndata = { source = 'sine', examples = 300, sequence_length = 10, \
         batch_size = 2, valid_fraction = 0.2, test_fraction = 0.2 }\n\
         model = { architecture = 'lstm', hidden_size = 5 }\n",
    ),
    (
        "tagging",
        "task = 'tagging'\ndata = { source = 'binary_addition', digits = 3, examples = 30, \
         batch_size = 4, valid_fraction = 0.2, test_fraction = 0.2 }\n\
         model = { architecture = 'rnn', hidden_size = 5, output_dropout = 0.2 }\n",
    ),
    (
        "tagging_a_text",
        "task = 'tagging'\ndata = { corpus = 'tags.txt', batch_size = 2, valid_fraction = 0.25, \
         test_fraction = 0.25 }\nmodel = { architecture = 'gru', hidden_size = 5 }\n",
    ),
    (
        "translation",
        "task = 'translation'\ndata = { source = 'addition', digits = 1, examples = 40, \
         batch_size = 8, valid_fraction = 0.2, test_fraction = 0.2, reverse_source = true }\n\
         model = { architecture = 'lstm', hidden_size = 6, embedding_size = 4, dropout = 0.2, \
         layers = 2, output_dropout = 0.2 }\n",
    ),
    (
        "attention",
        "task = 'translation'\ndata = { corpus = 'pairs.txt', level = 'word', batch_size = 2, \
         valid_fraction = 0.25, test_fraction = 0.25 }\n\
         model = { architecture = 'gru', hidden_size = 6, attention = true }\n",
    ),
    (
        "autoencoder",
        "task = 'autoencoder'\ndata = { corpus = 'vectors.txt', batch_size = 4, \
         valid_fraction = 0.2, test_fraction = 0.2 }\nmodel = { hidden_size = 5, code_size = 2 }\n",
    ),
    (
        "skip_gram",
        "task = 'skip_gram'\ndata = { corpus = 'tale.txt', level = 'word', batch_size = 32, \
         window = 3, subsample = 0.2, valid_fraction = 0.2, test_fraction = 0.2 }\n\
         model = { embedding_size = 6 }\ntraining.negatives = 3\n",
    ),
];

/// Texts of all the forms that tasks read, and a spec for every task.
pub fn place() -> Place {
    let place = Place::new();
    place
        .write("words/Hot.txt", "fire\nsun\nember\nlava\nflame\nstove\noven\nforge\nblaze\nkiln\n");
    place.write("words/Cold.txt", "ice\nsnow\nfrost\nglacier\nsleet\nhail\n");
    place.write("words/Wet.txt", "rain\nriver\nsea\nlake\n");
    let good =
        ["a fine day", "what a joy", "so very good", "fine and good", "joy", "good day to all"];
    let bad = ["a bad day", "what a mess", "so very sad", "bad and sad", "mess", "sad day to all"];
    let line = |class: &'static str| move |text: &&str| format!("{class}\t{text}\n");
    let two: String = good.iter().map(line("good")).chain(bad.iter().map(line("bad"))).collect();
    place.write("two.txt", two);
    let tags = ["the cat sat\tD N V", "a dog ran\tD N V", "the old dog sat\tD A N V", "cat\tN"];
    place.write("tags.txt", tags.join("\n"));
    place.write(
        "pairs.txt",
        "one two\teins zwei\ntwo\tzwei\none one\teins eins\ntwo one\tzwei eins\n",
    );
    let vector = |n: usize| (0..9).map(|x| format!("{}", (n * 7 + x * 3) % 17)).collect::<Vec<_>>();
    let vectors: Vec<String> =
        (0..20).map(|n| format!("{},{}", vector(n).join(","), n % 3)).collect();
    place.write("vectors.txt", vectors.join("\n"));
    for (name, spec) in TASKS {
        place.write(&format!("specs/{name}.toml"), format!("{spec}training.epochs = 3\n"));
    }
    place
}

/// The files of a trial that are functions of spec, seed and data.
fn reproducible(place: &Place, trial: &str) -> Vec<(String, Vec<u8>)> {
    let folder = std::fs::read_dir(place.path(trial)).expect("a folder");
    let names = folder.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names.map(|it| it.to_string_lossy().into_owned()).collect();
    // A process that is killed may leave the beginning of a file, under a hidden name.
    let others = ["timing.csv", "run.json", "checkpoint"];
    names.retain(|name| !others.contains(&name.as_str()) && !name.starts_with('.'));
    names.sort();
    names.into_iter().map(|name| (name.clone(), place.bytes(&format!("{trial}/{name}")))).collect()
}

fn assert_same(place: &Place, one: &str, other: &str) {
    for ((name, a), (other_name, b)) in
        reproducible(place, one).into_iter().zip(reproducible(place, other))
    {
        assert!(name == other_name && a == b, "{one}/{name} and {other}/{other_name} differ");
    }
}

#[test]
fn neither_jobs_nor_threads_nor_vectors_change_a_bit_of_any_task() {
    let place = place();
    let run = |folder: &str, level: Level, options: &str| {
        let mut command = place.command(&format!("specs -q -o {folder} {options}"));
        command.env("RUNNER_SIMD", level.name());
        let ended = Ended::of(command);
        assert_eq!(ended.code, Some(0), "{folder}: {}{}", ended.stdout, ended.stderr);
    };
    run("plain", Level::Portable, "-j 1 --threads 1");
    let mut others = vec!["threads".to_owned()];
    run("threads", Level::best(), "-j 1 --threads 2");
    run("shared", Level::best(), "-j 2");
    others.push("shared".to_owned());
    for level in Level::available().into_iter().filter(|level| *level != Level::Portable) {
        run(level.name(), level, "-j 2 --threads 1");
        others.push(level.name().to_owned());
    }
    for (other, (name, _)) in others.iter().flat_map(|other| TASKS.map(|task| (other, task))) {
        let trial = |folder: &str| place.trial(&format!("{folder}/{name}"));
        assert_same(&place, &trial("plain"), &trial(other));
    }
}

/// Each task is killed some time after its first checkpoint, and goes on.
#[test]
fn every_task_that_is_killed_goes_on() {
    let place = place();
    for (place_in_list, (name, spec)) in (0u64..).zip(TASKS) {
        let steps = "[training]\nsteps = 400\nevaluate_every = 20\n";
        let spec = spec.replace("training.loss", "[training]\nloss");
        let spec = spec.replace("training.negatives", "[training]\nnegatives");
        let spec = match spec.contains("[training]") {
            true => format!("{spec}{}", steps.trim_start_matches("[training]\n")),
            false => format!("{spec}{steps}"),
        };
        place.write(&format!("long/{name}.toml"), spec);
        let mut command = place.command(&format!("long/{name}.toml -q -j 1 --threads 1"));
        let mut child = command.spawn().expect("it runs");
        for _ in 0..4000 {
            let trials = std::fs::read_dir(place.path(&format!("results/{name}")));
            let mut trials = trials.into_iter().flatten().flatten();
            if trials.any(|trial| is_filled(&trial.path().join("checkpoint/state.safetensors"))) {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(3 * place_in_list));
        let _ = child.kill();
        child.wait().expect("it ended");
        place.train(&format!("long/{name}.toml -q"));
        place.train(&format!("long/{name}.toml -q -o untouched"));
        let trial = place.trial(&format!("results/{name}"));
        assert_same(&place, &trial, &place.trial(&format!("untouched/{name}")));
        // Verifying makes the whole run once more.
        let verified = place.run(&format!("verify {trial} -q"));
        assert_eq!(verified.code, Some(0), "{name}: {}{}", verified.stdout, verified.stderr);
    }
}

#[test]
fn every_task_has_its_own_columns_and_files() {
    let place = place();
    place.train("specs -q");
    let mut seen = String::new();
    for (name, _) in TASKS {
        let trial = place.trial(&format!("results/{name}"));
        let names: Vec<String> = reproducible(&place, &trial).into_iter().map(|it| it.0).collect();
        let metrics = place.table(&format!("{trial}/metrics.csv"));
        let summary = place.table(&format!("results/{name}/summary.csv"));
        let result = &place.run_json(&trial)["result"];
        let figures: Vec<&String> = result.as_object().expect("a result").keys().collect();
        seen += &format!(
            "{name}\n  files: {}\n  metrics.csv: {}\n  summary.csv: {}\n  run.json: {} by {}\n\n",
            names.join(" "),
            metrics[0].join(","),
            summary[0].join(","),
            figures.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" "),
            result["metric"],
        );
        for row in &metrics[1..] {
            assert!(
                row.iter().all(|cell| cell.is_empty() || cell.parse::<f64>().is_ok()),
                "{row:?}"
            );
        }
    }
    insta::assert_snapshot!(seen);
}

/// The best row is the one with the highest accuracy, whatever its loss.
#[test]
fn the_best_row_is_that_of_the_tasks_metric() {
    let place = place();
    place.train("specs/classification.toml -q -s training.epochs=30");
    let trial = place.trial("results/classification");
    let table = place.table(&format!("{trial}/metrics.csv"));
    let column = table[0].iter().position(|name| name == "valid_accuracy").expect("a column");
    let accuracy = |row: &Vec<String>| row[column].parse::<f64>().expect("a number");
    let best = table[1..].iter().map(accuracy).fold(0.0, f64::max);
    let run = place.run_json(&trial);
    assert_eq!(run["result"]["valid_accuracy"].as_f64(), Some(best));
    assert_eq!(run["classes"], serde_json::json!(["Cold", "Hot", "Wet"]));
    let notes = run["data"]["notes"].to_string();
    assert!(notes.contains("the 3 classes are uneven: Hot has 50.0 %"), "{notes}");
    let rows = place.table(&format!("{trial}/confusion_test.csv"));
    let counts: u64 =
        rows[1..].iter().flat_map(|row| &row[1..]).map(|n| n.parse::<u64>().expect("n")).sum();
    assert_eq!(counts, run["data"]["tokens"][2].as_u64().expect("a count"));
}

#[test]
fn tasks_answer_a_text() {
    let place = place();
    place.train("specs -q");
    let ask = |name: &str, text: &str| {
        let mut command = place.command(&format!("sample results/{name} --text"));
        command.arg(text);
        Ended::of(command)
    };
    let classes = ask("classification", "snow");
    assert_eq!(classes.code, Some(0), "{}", classes.stderr);
    let probabilities = classes.stdout.lines().filter_map(|line| line.split_once("  "));
    let sum: f64 = probabilities.map(|(number, _)| number.parse::<f64>().expect("a number")).sum();
    assert!((sum - 1.0).abs() < 1e-3, "{}", classes.stdout);
    assert_eq!(classes.stdout.lines().count(), 5, "{}", classes.stdout);
    assert_eq!(ask("binary", "what a joy").stdout.lines().count(), 4);
    let labels = ask("tagging", "01 11 10 00").stdout;
    assert!(labels.split_whitespace().all(|label| ["0", "1"].contains(&label)), "{labels}");
    assert_eq!(labels.split_whitespace().count(), 4);
    assert_eq!(ask("translation", "3+4").code, Some(0));
    let near = ask("skip_gram", "lamp").stdout;
    assert!(
        near.lines().count() >= 9 && !near.lines().any(|line| line.ends_with("  lamp")),
        "{near}"
    );
    ask("skip_gram", "zebra").assert_says(2, &["not in the vocabulary"]);
    ask("translation", "x+y").assert_says(2, &["`x` is not in the vocabulary"]);
    ask("regression", "1").assert_says(2, &["a run of task = \"regression\" answers no --text"]);
    let mute = place.run("sample results/classification");
    mute.assert_says(2, &["must be asked something", "--text"]);
}

/// Vectors of one run are those that another begins with, frozen or tuned.
#[test]
fn word_vectors_go_into_another_network() {
    let place = place();
    place.train("specs/skip_gram.toml -q");
    let vectors = place.trial("results/skip_gram") + "/embedding.safetensors";
    let spec = |frozen: bool| {
        format!(
            "data = {{ corpus = 'tale.txt', level = 'word', sequence_length = 5, batch_size = 4 }}\n\
             [model]\nembedding_size = 6\nembedding = '{vectors}'\nembedding_frozen = {frozen}\n\
             hidden_size = 5\n[training]\nepochs = 1\noptimizer = 'adamw'\n"
        )
    };
    place.write("frozen.toml", spec(true));
    place.write("tuned.toml", spec(false));
    place.train("frozen.toml tuned.toml -q");
    let rows = |path: String| {
        let bytes = place.bytes(&path);
        let file = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
        file.tensor("embedding.weight").expect("vectors").data().to_vec()
    };
    // Both vocabularies are of the same text, but for what is held out.
    let [frozen, tuned] = ["frozen", "tuned"]
        .map(|name| rows(place.trial(&format!("results/{name}")) + "/model.safetensors"));
    let given = rows(vectors.clone());
    let known = |vector: &[u8]| given.chunks(24).any(|other| other == vector);
    assert!(frozen.chunks(24).filter(|vector| known(vector)).count() >= 10);
    assert!(tuned.chunks(24).all(|vector| !known(vector)));
    let wrong = place.run("tuned.toml -s model.embedding_size=7");
    wrong.assert_says(3, &["its vectors have 6 numbers, the embedding 7"]);
    place
        .run("tuned.toml -s model.embedding=nowhere")
        .assert_says(3, &["model.embedding: nowhere"]);
}

#[test]
fn data_of_another_form_is_refused_with_its_line() {
    let place = place();
    place.write("untabbed.txt", "good\tday\nbad day\n");
    let untabbed = place.run("specs/binary.toml -s data.corpus=untabbed.txt");
    untabbed.assert_says(2, &["untabbed.txt`, line 2", "a class, a tab and a text"]);
    place.write("uneven.txt", "a b\tX\n");
    place
        .run("specs/tagging_a_text.toml -s data.corpus=uneven.txt")
        .assert_says(2, &["uneven.txt`, line 1: 1 labels for 2 tokens"]);
    place.write("short.txt", "1,2,3\n1,2\n");
    place
        .run("specs/autoencoder.toml -s data.corpus=short.txt")
        .assert_says(2, &["short.txt`, line 2: 2 columns, the first line has 3"]);
    place
        .run("specs/binary.toml -s data.corpus=words -s data.level=char")
        .assert_says(3, &["a loss for two classes, and there are 3"]);
    place.write("letters.txt", "1.5\nx\n");
    let letters =
        place.run("specs/regression.toml -s data.source=corpus -s data.corpus=letters.txt");
    letters.assert_says(2, &["letters.txt`, line 2: `x` is no finite number"]);
}

/// `hihell` without a decoder needs a unit for every letter.
#[test]
fn without_a_decoder_the_sizes_must_agree() {
    let place = place();
    place.write("undecoded.toml", "data.corpus = 'tale.txt'\nmodel.decoder = false\n");
    place
        .run("undecoded.toml")
        .assert_says(3, &["without a decoder", "set `model.hidden_size` to"]);
}

/// Metrics of other tasks are not to be held against each other: an accuracy of 0.3 is no better
/// than a perplexity of 9.
#[test]
fn a_board_of_many_tasks_keeps_their_metrics_apart() {
    let place = place();
    let (_, spec) = TASKS[2];
    let sweep = "training.epochs = 1\nsweep.grid = { 'model.hidden_size' = [2, 3] }\n";
    place.write("specs/swept.toml", format!("{spec}{sweep}"));
    place.train("specs -q");
    let ended = place.run("board --csv");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut rows = csv_of(&ended.stdout);
    let header = rows.remove(0);
    assert_eq!(rows.len(), TASKS.len() + 2);
    let at = |row: &[String], name: &str| {
        let column = header.iter().position(|own| own == name).expect("a column");
        row[column].clone()
    };
    // Rows that compare stand together, the best of them first: those of one text and one metric.
    let key = |row: &[String]| [at(row, "by"), at(row, "text"), at(row, "vocabulary")];
    for pair in rows.windows(2) {
        let (first, second) = (&pair[0], &pair[1]);
        assert_eq!(key(first) == key(second), at(first, "group") == at(second, "group"));
        if at(first, "group") == at(second, "group") {
            let by = at(first, "by");
            let [a, b] = [first, second].map(|row| at(row, &by).parse::<f64>().expect("a figure"));
            assert!(if by.ends_with("mse") { a <= b } else { a >= b }, "{}", ended.stdout);
        }
    }
    let groups: Vec<usize> = rows.iter().map(|row| at(row, "group").parse().unwrap()).collect();
    assert!(groups.is_sorted() && groups.last() > Some(&3), "{groups:?}");
    // A key that only one of them sweeps sorts that one and leaves the others; as a filter it
    // leaves nothing but that one.
    let tables = place.run("board -s hidden_size");
    assert_eq!(tables.code, Some(0), "{}", tables.stderr);
    assert_eq!(tables.stdout.matches(": done").count(), TASKS.len() - 1, "{}", tables.stdout);
    // Of one text, the points of two experiments stand in one table.
    assert!(tables.stdout.contains("regression, swept: 3 points of one text"), "{}", tables.stdout);
    let filtered = place.run("board -f hidden_size=3");
    assert_eq!(filtered.stdout.lines().count(), 3, "{}", filtered.stdout);
    place.run("board -f nothing=3").assert_says(2, &["no column"]);
    // Of the columns to show each table has its own; what none has is a mistake.
    let few = place.run("board --columns experiment,valid_accuracy,seeds");
    assert_eq!(few.stdout.matches("experiment").count(), tables.stdout.matches("\n#").count());
    place.run("board --columns seeds,valid_acuracy").assert_says(2, &["no column"]);
}

fn csv_of(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Each row of the heat map is a distribution over the source; a forecast begins within the data and goes
/// on past its end.
#[test]
fn attention_and_forecasts_are_left_beside_the_metrics() {
    let place = place();
    place.train("specs/attention.toml specs/regression.toml -q");
    let looks = place.table(&format!("{}/attention.csv", place.trial("results/attention")));
    assert_eq!(looks[0], ["example", "step", "written", "place", "source", "weight"]);
    for step in looks[1..].chunk_by(|a, b| a[..2] == b[..2]) {
        let sum: f64 = step.iter().map(|row| row[5].parse::<f64>().expect("a weight")).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{step:?}");
    }
    let trial = place.trial("results/regression");
    let (wave, all) = (
        place.table(&format!("{trial}/wave.csv")),
        place.table(&format!("{trial}/predictions.csv")),
    );
    assert_eq!(wave[0], ["step", "target", "prediction", "forecast"]);
    let known = wave[1..].iter().filter(|row| !row[1].is_empty()).count();
    assert!(wave[1][3].is_empty(), "the forecast begins at once");
    assert!(wave.last().is_some_and(|row| row[1].is_empty() && !row[3].is_empty()), "{wave:?}");
    assert_eq!(wave[known][..3], all[all.len() - 1][..], "the data end as they do");
    // What comes first of a forecast is the prediction for it: only then it reads itself.
    let first = wave[1..].iter().find(|row| !row[3].is_empty()).expect("a forecast");
    assert_eq!(first[2], first[3]);
}
