//! Folders and files that can be read in more than one way: they are read in one way that is told, or
//! refused with what to do.

use crate::support::{Ended, Place, TINY, tale};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes.as_ref()).expect("packed");
    packed.finish().expect("packed")
}

/// What `plan` and a run say of a language model on `corpus`; both must end alike.
fn text(place: &Place, corpus: &str) -> Ended {
    told(place, "tiny.toml", corpus)
}

/// The same of a spec.
fn told(place: &Place, spec: &str, corpus: &str) -> Ended {
    let planned = place.run(&format!("plan {spec} -s data.corpus={corpus}"));
    let folder = format!("of/{}", corpus.replace('/', "_"));
    let run = place
        .run(&format!("{spec} -s data.corpus={corpus} -o {folder} -q -j 1 --threads 1 --fresh"));
    assert_eq!(planned.code, run.code, "{}{}{}", planned.stdout, planned.stderr, run.stderr);
    if run.code == Some(0) {
        let name = spec.trim_end_matches(".toml").rsplit('/').next().expect("a name");
        let run = place.run_json(&place.trial(&format!("{folder}/{name}")));
        let notes = run["data"]["notes"].as_array().expect("notes");
        for note in notes.iter().filter_map(|note| note.as_str()) {
            assert!(planned.stdout.contains(note), "{note:?} is not in {}", planned.stdout);
        }
        return Ended { stderr: run["data"].to_string(), ..planned };
    }
    run
}

/// The files that were read, by what [`told`] gives.
fn files(ended: &Ended) -> Vec<String> {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let data: serde_json::Value = serde_json::from_str(&ended.stderr).expect("JSON");
    let files = data["files"].as_array().expect("files").iter();
    files.map(|file| file.as_str().expect("a path").to_owned()).collect()
}

#[test]
fn a_text_and_its_packed_copy_are_one_text() {
    let place = Place::with_tiny();
    place.write("both/text.txt", tale(3_000));
    place.write("both/text.txt.gz", gzip(tale(3_000)));
    let both = text(&place, "both");
    assert_eq!(files(&both), ["both/text.txt"]);
    let said = "`both/text.txt.gz` is a packed copy of `both/text.txt`, and is not read";
    assert!(both.stdout.contains(said), "{}", both.stdout);
    place.write("split/train.txt", tale(3_000));
    place.write("split/train.txt.gz", gzip(tale(3_000)));
    place.write("split/valid.txt", tale(500));
    assert_eq!(files(&text(&place, "split")), ["split/train.txt", "split/valid.txt"]);
    place.write("both/text.txt.gz", gzip(tale(3_001)));
    text(&place, "both").assert_says(
        2,
        &["`both/text.txt.gz` does not hold the text of `both/text.txt`", "only one of them"],
    );
}

#[test]
fn splits_are_used_or_refused_and_never_pooled() {
    let place = Place::with_tiny();
    let folder = |name: &str, files: &[&str]| {
        for file in files {
            place.write(&format!("{name}/{file}"), tale(2_000));
        }
        text(&place, name)
    };
    let parts = folder("parts", &["train_1.txt", "train_2.txt", "valid.txt", "test.txt"]);
    let order = ["train_1.txt", "train_2.txt", "valid.txt", "test.txt"];
    assert_eq!(files(&parts), order.map(|name| format!("parts/{name}")));
    let said = "the train split is, in this order: `parts/train_1.txt`, `parts/train_2.txt`";
    assert!(parts.stdout.contains(said), "{}", parts.stdout);
    let wiki = folder("wiki", &["wiki.test.tokens", "wiki.train.tokens", "wiki.valid.tokens"]);
    let order = ["wiki.train.tokens", "wiki.valid.tokens", "wiki.test.tokens"];
    assert_eq!(files(&wiki), order.map(|name| format!("wiki/{name}")));
    let upper = folder("upper", &["TRAIN.TXT", "Dev.txt", "a.md"]);
    assert_eq!(files(&upper), ["upper/TRAIN.TXT", "upper/Dev.txt"]);
    assert!(upper.stdout.contains("`upper/a.md` is not read"), "{}", upper.stdout);
    assert_eq!(files(&folder("loud", &["A.TXT"])), ["loud/A.TXT"]);
    let nested = folder("nested", &["train/b.txt", "train/a.txt", "val/c.txt"]);
    assert_eq!(files(&nested), ["nested/train/a.txt", "nested/train/b.txt", "nested/val/c.txt"]);
    // Training files alone are one text, that is cut.
    let alone = folder("alone", &["train_1.txt", "train_2.txt"]);
    assert_eq!(files(&alone), ["alone/train_1.txt", "alone/train_2.txt"]);
    assert!(alone.stdout.contains("400 valid, 400 test"), "{}", alone.stdout);
    let says =
        ["`lost` has no training file beside `lost/valid.txt`, `lost/test.txt`", "`train.txt`"];
    folder("lost", &["a.txt", "test.txt", "valid.txt"]).assert_says(2, &says);
    let says = ["`mixed/train.txt` looks like a training split, and `mixed/a.txt` like no split"];
    folder("mixed", &["a.txt", "train.txt"]).assert_says(2, &says);
    let says = ["it is not clear which split `eval/eval.txt` is"];
    folder("eval", &["eval.txt", "train.txt"]).assert_says(2, &says);
    let says = ["`two/train.txt` and `two/train_all.txt` both look like the train split"];
    folder("two", &["train.txt", "train_all.txt", "valid.txt"]).assert_says(2, &says);
}

#[test]
fn files_of_other_endings_are_named() {
    let place = crate::tasks::place();
    place.write("tiny.toml", TINY);
    let digits = place.read("vectors.txt");
    place.write("digits/digits.csv", &digits);
    place.write("packed/digits.csv.gz", gzip(&digits));
    let vectors = told(&place, "specs/autoencoder.toml", "digits");
    assert_eq!(files(&vectors), ["digits/digits.csv"]);
    assert_eq!(files(&told(&place, "specs/autoencoder.toml", "packed")), ["packed/digits.csv.gz"]);
    let says = ["`digits` holds no text", "`.txt`, `.text`, `.tokens`", "not `digits/digits.csv`"];
    text(&place, "digits").assert_says(2, &says);
    place.write("some/a.txt", tale(2_000));
    place.write("some/b.json", "{}");
    place.write("some/.hidden.txt", "no");
    place.write("some/c.txt", "");
    let some = text(&place, "some");
    let not = "`some/.hidden.txt`, `some/b.json` are not read, being hidden or of other endings";
    assert!(some.stdout.contains(not), "{}", some.stdout);
    assert!(some.stdout.contains("`some/c.txt` is empty"), "{}", some.stdout);
    place.write("words/about.csv", "x\n");
    told(&place, "specs/classification.toml", "words")
        .assert_says(2, &["each file of a folder is a class", "of different endings"]);
    for part in 1..3 {
        place.write(&format!("tabbed/train_{part}.tsv"), place.read("two.txt"));
    }
    let tabbed = told(&place, "specs/binary.toml", "tabbed");
    assert_eq!(files(&tabbed), ["tabbed/train_1.tsv", "tabbed/train_2.tsv"]);
    assert!(tabbed.stdout.contains("classes 2"), "{}", tabbed.stdout);
}

#[test]
fn labels_and_texts_are_paired_line_by_line() {
    let place = crate::tasks::place();
    let spec = "specs/binary.toml";
    let labels = "good\nbad\n".repeat(4);
    place.write("d/labels.txt", &labels);
    place.write("d/reviews.txt", "fine day\nsad day\n\nsad\nfine\nmess\njoy\nsad\n");
    place.write("d/notes.txt", "no");
    let ended = told(&place, spec, "d");
    assert_eq!(files(&ended), ["d/labels.txt", "d/reviews.txt"]);
    assert!(ended.stdout.contains("1 texts without a token are left out"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("`d/notes.txt` is not read, having no labels"),
        "{}",
        ended.stdout
    );
    place.write("d/reviews.txt", "a\nb\nc\nd\ne\nf\ng\nh\n\n\n");
    assert_eq!(told(&place, spec, "d").code, Some(0));
    place.write("d/reviews.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\n");
    told(&place, spec, "d").assert_says(
        2,
        &["d/labels.txt`, line 9: there is no label here", "(8 labels for 9 texts)"],
    );
    place.write("d/reviews.txt", "a\nb\nc\nd\ne\nf\ng\n");
    told(&place, spec, "d").assert_says(
        2,
        &["d/reviews.txt`, line 8: there is no text here", "(8 labels for 7 texts)"],
    );
    place.write("d/labels.txt", "good\n\nbad\n");
    place.write("d/reviews.txt", "a\nb\nc\n");
    told(&place, spec, "d").assert_says(2, &["d/labels.txt`, line 2: there is no label here"]);
    place.write("d/labels.txt", "good\nbad\nbad\n");
    place.write("d/others.txt", "a\nb\nc\n");
    std::fs::remove_file(place.path("d/reviews.txt")).expect("removed");
    told(&place, spec, "d")
        .assert_says(2, &["its texts may be `d/notes.txt`, `d/others.txt`", "`reviews.txt`"]);
}

#[test]
fn more_columns_than_are_read_are_named() {
    let place = crate::tasks::place();
    place.write("three.txt", "go\tva\tCC-BY 2.0\nrun\tcours\tCC-BY 2.0\n");
    told(&place, "specs/attention.toml", "three.txt").assert_says(
        2,
        &["line 1: 3 columns, where a line must be a source, a tab and a target", "`CC-BY 2.0`"],
    );
    place.write("three.txt", "a b\tX Y\t1 2\n");
    told(&place, "specs/tagging_a_text.toml", "three.txt").assert_says(
        2,
        &["line 1: 3 columns, where a line must be tokens, a tab and labels: leave `1 2` out"],
    );
}

#[test]
fn a_series_is_one_column_that_is_told() {
    let place = Place::new();
    place.write(
        "r.toml",
        "task = 'regression'\ndata = { source = 'corpus', corpus = 'x', sequence_length = 5, \
         batch_size = 2, valid_fraction = 0.2, test_fraction = 0.2 }\nmodel.hidden_size = 5\n\
         training.epochs = 1\n",
    );
    let write = |name: &str, head: &str, row: &dyn Fn(usize) -> String| {
        place.write(name, head.to_owned() + &(0..60).map(row).collect::<String>());
        told(&place, "r.toml", name)
    };
    let dated = write("dated.csv", "day,value\n", &|n| format!("2020-{n},{n}.5\n"));
    assert_eq!(dated.code, Some(0), "{}", dated.stderr);
    assert!(dated.stdout.contains("note        the series is column `value`"), "{}", dated.stdout);
    assert!(dated.stdout.contains("36 train, 12 valid, 12 test"), "{}", dated.stdout);
    write("german.csv", "Datum;Wert\n", &|n| format!("2020-{n};{n},5\n"))
        .assert_says(2, &["line 1: cells are parted by `;`", "decimal commas as points"]);
    write("commas.csv", "", &|n| format!("{},50\n", 20 + n % 5))
        .assert_says(2, &["line 1: 2 columns of numbers", "a decimal comma must be a point"]);
    write("two.csv", "value,other\n", &|n| format!("{n}.5,9\n"))
        .assert_says(2, &["2 columns of numbers", "column `value`, column `other`"]);
    let hole = |n| if n == 30 { "d,\n".to_owned() } else { format!("d,{n}\n") };
    write("hole.csv", "day,value\n", &hole)
        .assert_says(2, &["hole.csv`, line 32: no number in column `value`"]);
    write("pandas.csv", ",value\n", &|n| format!("{n},{n}.5\n"))
        .assert_says(2, &["line 2: the first column counts the lines", "index=False"]);
    // Ready-made splits are used as such.
    for (name, rows) in [("train", 40), ("valid", 10), ("test", 20)] {
        let rows: String = (0..rows).map(|n| format!("{n}\n")).collect();
        place.write(&format!("split/{name}.csv"), rows);
    }
    let split = told(&place, "r.toml", "split");
    assert!(split.stdout.contains("40 train, 10 valid, 20 test"), "{}", split.stdout);
}

#[test]
fn vectors_are_whole() {
    let place = crate::tasks::place();
    let vectors = |text: &str| {
        place.write("v.csv", text.repeat(10));
        told(&place, "specs/autoencoder.toml", "v.csv")
    };
    assert_eq!(vectors("1,2,3,4\n4,2,1,0\n").code, Some(0));
    vectors("1,2,,4\n").assert_says(2, &["line 1: no number in column 3: fill the cell"]);
    vectors("1,2\n3\n").assert_says(2, &["v.csv`, line 2: 1 columns, the first line has 2"]);
    vectors("0,5;1,5\n").assert_says(2, &["line 1: cells are parted by `;`"]);
    vectors("0,5\t1,5\n").assert_says(2, &["`0,5` in column 1 has a decimal comma: write `0.5`"]);
    let indexed: String = (0..20).map(|n| format!("{n},2,3,{}\n", n % 3)).collect();
    place.write("v.csv", indexed);
    told(&place, "specs/autoencoder.toml", "v.csv")
        .assert_says(2, &["line 1: the first column counts the lines"]);
}

#[cfg(unix)]
#[test]
fn links_are_followed_or_named() {
    use std::os::unix::fs::symlink;
    let place = Place::with_tiny();
    let link = |target: &str, name: &str| symlink(target, place.path(name)).expect("linked");
    place.write("elsewhere/far.txt", tale(2_000));
    place.write("c/a.txt", tale(2_000));
    link("../elsewhere", "c/linked");
    assert_eq!(files(&text(&place, "c")), ["c/a.txt", "c/linked/far.txt"]);
    link("a.txt", "c/b.txt");
    let again = text(&place, "c");
    assert_eq!(files(&again), ["c/a.txt", "c/linked/far.txt"]);
    assert!(again.stdout.contains("`c/b.txt` is `c/a.txt` by another name"), "{}", again.stdout);
    link("gone.md", "c/notes.md");
    assert!(text(&place, "c").stdout.contains("`c/notes.md`"));
    link("gone.txt", "c/z.txt");
    let says = ["`c/z.txt` is a link to `gone.txt`, which is not there"];
    text(&place, "c").assert_says(2, &says);
    place.write("round/in/a.txt", tale(2_000));
    link("..", "round/in/up");
    let says = ["`round/in/up` leads back to `round`", "remove the link"];
    text(&place, "round").assert_says(2, &says);
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf8_are_read() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = crate::tasks::place();
    place.write("tiny.toml", TINY);
    let odd = |folder: &str, name: &[u8]| {
        std::fs::create_dir_all(place.path(folder)).expect("made");
        std::fs::write(place.path(folder).join(OsStr::from_bytes(name)), tale(2_000))
            .expect("written");
    };
    odd("c", b"caf\xe9.txt");
    assert_eq!(files(&text(&place, "c")), ["c/caf\u{fffd}.txt"]);
    odd("c", b"caf\xe8.train.txt");
    odd("c", b"caf\xe8.valid.txt");
    assert!(text(&place, "c").stdout.contains("`c/caf\u{fffd}.txt` belongs to no split"));
    odd("words", b"caf\xe9.txt");
    told(&place, "specs/classification.toml", "words")
        .assert_says(2, &["the file's name is a class, and is not UTF-8"]);
}

/// A small file that unpacks to a large text is refused on the way, and read where a spec says so.
#[test]
fn a_bomb_is_refused_at_a_bound_that_a_key_raises() {
    let place = Place::with_tiny();
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all("ab ".repeat(1_000_000).as_bytes()).expect("packed");
    let bomb = bomb.finish().expect("packed");
    assert!(bomb.len() < 10_000);
    place.write("bomb.txt.gz", bomb);
    let plan =
        |bytes: &str| place.run(&format!("plan tiny.toml -s data.corpus=bomb.txt.gz {bytes}"));
    plan("-s data.max_bytes=2000000")
        .assert_says(2, &["bomb.txt.gz` takes the corpus over 2000000 bytes", "data.max_bytes"]);
    plan("-s data.max_bytes=3000000").assert_says(0, &[]);
    plan("").assert_says(0, &[]);
}

/// Splits that are named are read as those that a folder's names tell, from beside the spec.
#[test]
fn splits_that_are_named_are_those_of_a_folder() {
    let place = Place::with_tiny();
    place.write("folder/train.txt", tale(4_000));
    place.write("folder/valid.txt", tale(700));
    place.train("tiny.toml -q -s data.corpus=folder -o folder-results");
    // Two files that are one text, and a packed one.
    let whole = tale(4_000);
    let (first, second) = whole.split_at(whole[..2_000].rfind('\n').expect("a line") + 1);
    place.write("mine/texts/part-1.txt", first);
    place.write("mine/texts/part-2.txt", second);
    place.write("mine/texts/dev.txt.gz", gzip(tale(700)));
    let named = "data.train = 'texts/part-*.txt'\ndata.valid = ['texts/dev.txt.gz']\n";
    place.write("mine/named.toml", format!("extends = '../tiny.toml'\n{named}"));
    let planned = place.run("plan mine/named.toml").stdout;
    assert!(
        planned.contains("the train split is, in this order: `mine/texts/part-1.txt`"),
        "{planned}"
    );
    assert!(planned.contains("no test text is named"), "{planned}");
    place.train("mine/named.toml -q -o named-results");
    let (folder, named) = (place.trial("folder-results/tiny"), place.trial("named-results/named"));
    for file in ["metrics.csv", "model.safetensors"] {
        let [a, b] = [&folder, &named].map(|trial| place.bytes(&format!("{trial}/{file}")));
        assert!(a == b, "{file}");
    }
    let files = &place.run_json(&named)["data"]["files"];
    let read = ["part-1.txt", "part-2.txt", "dev.txt.gz"].map(|it| format!("mine/texts/{it}"));
    assert_eq!(*files, serde_json::json!(read));
    // The spec that it has left lies elsewhere, and its text where it was.
    let verified = place.run(&format!("verify {named}"));
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    assert!(verified.stdout.contains("the same, bit for bit"), "{}", verified.stdout);
}

#[test]
fn a_split_that_cannot_be_read_is_told_at_its_key() {
    let place = Place::with_tiny();
    place.write("a.txt", tale(3_000));
    let spec = |keys: &str| {
        place.write("named.toml", format!("[data]\n{keys}\nbatch_size = 2\nsequence_length = 4\n"));
        place.run("named.toml -q")
    };
    spec("train = 'a.txt'\nvalid = 'b.txt'").assert_says(2, &["named.toml:3:", "no `b.txt`"]);
    spec("train = 'a.txt'\ntest = 'a.txt'").assert_says(2, &["in `data.train` and in `data.test`"]);
    spec("corpus = 'a.txt'\nvalid = 'a.txt'").assert_says(2, &["goes with `data.train`"]);
    spec("corpus = 'a.txt'\ntrain = 'a.txt'").assert_says(2, &["both `data.corpus` and"]);
    spec("train = '${NO_SUCH_VARIABLE}/a'").assert_says(2, &["has no `NO_SUCH_VARIABLE`"]);
    spec("train = []").assert_says(2, &["cannot be an empty array"]);
}
