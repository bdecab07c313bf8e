//! Labels, words and classes that stand in held-out data alone: they are wrong, and told.

use crate::support::Place;

fn figure(place: &Place, trial: &str, name: &str) -> f64 {
    place.run_json(trial)["result"][name].as_f64().expect("a figure")
}

fn notes(place: &Place, trial: &str) -> String {
    place.run_json(trial)["data"]["notes"].to_string()
}

const TAGGING: &str = "task = 'tagging'\ndata.corpus = 'd'\nmodel.hidden_size = 16\n\
                       training = { epochs = 30, learning_rate = 0.05 }\n";

#[test]
fn a_label_that_training_never_saw_is_wrong() {
    let place = Place::new();
    place.write("d/train.txt", "a b\tX Y\n".repeat(40));
    let held_out = "a b\tX Y\n".repeat(5) + &"a b\tX Z\n".repeat(5);
    place.write("d/valid.txt", &held_out);
    place.write("d/test.txt", held_out + "a\tX\n");
    place.write("t.toml", TAGGING);
    let said = "5 of 20 labels of the valid split stand nowhere in the training split: they count \
                as wrong, and the loss leaves them out";
    place.run("t.toml").assert_says(0, &[said, "5 of 21 labels of the test split"]);
    let trial = place.trial("results/t");
    assert_eq!(figure(&place, &trial, "valid_accuracy"), 0.75);
    assert_eq!(figure(&place, &trial, "valid_exact_match"), 0.5);
    assert_eq!(figure(&place, &trial, "test_accuracy"), 16.0 / 21.0);
    assert_eq!(figure(&place, &trial, "test_exact_match"), 6.0 / 11.0);
    assert!(figure(&place, &trial, "valid_loss") < 0.1);
    assert!(notes(&place, &trial).contains(said));
    assert!(place.run("plan t.toml").stdout.contains(said));
    place.write("d/valid.txt", "a\tZ\n");
    let says = ["no label of the valid split of `d` stands in its training split"];
    place.run("t.toml --fresh").assert_says(2, &says);
}

#[test]
fn a_target_word_that_training_never_saw_is_wrong() {
    let place = Place::new();
    // Every target of training is a word of its own, so that all are rarer than `min_count`.
    let pairs = |from: u32, to: u32| {
        (from..to).map(|n| format!("name\tword{n}\n")).collect::<Vec<_>>().concat()
    };
    place.write("d/train.txt", pairs(0, 100));
    place.write("d/valid.txt", pairs(100, 110));
    place.write("d/test.txt", pairs(110, 120) + "name\t<unk>\n");
    place.write(
        "t.toml",
        "task = 'translation'\ndata = { corpus = 'd', level = 'word', min_count = 2 }\n\
         model.hidden_size = 16\ntraining = { epochs = 10, learning_rate = 0.02 }\n",
    );
    let said = "10 of 10 target tokens of the valid split are not in the vocabulary: whatever is \
                written for them is wrong, and the loss takes them for <unk>";
    place.run("t.toml").assert_says(0, &[said, "100 of 100 target tokens of the train split"]);
    let trial = place.trial("results/t");
    assert_eq!(figure(&place, &trial, "valid_exact_match"), 0.0);
    // The end of each sequence is found.
    assert_eq!(figure(&place, &trial, "valid_accuracy"), 0.5);
    // One text says `<unk>` itself.
    assert_eq!(figure(&place, &trial, "test_exact_match"), 1.0 / 11.0);
    let table = place.table(&format!("{trial}/metrics.csv"));
    let column = table[0].iter().position(|name| name == "train_exact_match").expect("a column");
    assert_eq!(table[10][column], "0");
}

#[test]
fn a_class_that_training_never_saw_is_wrong() {
    let place = Place::new();
    place.write("d/train.txt", "good\tfine day\nbad\tsad day\n".repeat(20));
    place.write("d/valid.txt", "good\tfine day\nbad\tsad day\nodd\tsad fine\nodd\tday\n");
    place.write(
        "t.toml",
        "task = 'classification'\ndata = { corpus = 'd', level = 'word' }\n\
         model.hidden_size = 8\ntraining = { epochs = 10, learning_rate = 0.02 }\n",
    );
    let said = "2 of 4 texts of the valid split are of classes without a training text, which are \
                never learned: odd";
    place.run("t.toml").assert_says(0, &[said]);
    let trial = place.trial("results/t");
    assert_eq!(figure(&place, &trial, "valid_accuracy"), 0.5);
    assert!(notes(&place, &trial).contains(said));
}
