//! The page of `runner report`, as a file and as it is served.

use crate::support::{Place, TINY};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// What the page's script is told.
fn data(page: &str) -> Value {
    let open = "type=\"application/json\">";
    let start = page.find(open).expect("data") + open.len();
    let text = &page[start..start + page[start..].find('<').expect("an end")];
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_report_is_one_page_that_needs_nothing_else() {
    let place = Place::new();
    let grid = "[sweep]\nseeds = 2\n[sweep.grid]\n\"model.hidden_size\" = [4, 6]\n";
    place.write("sweep.toml", TINY.to_owned() + grid);
    place.train("sweep.toml --quiet");
    let ended = place.run("report results --out page.html");
    ended.assert_says(0, &[]);
    assert!(ended.stdout.starts_with("page.html: 4 trials, "), "{}", ended.stdout);
    let page = place.read("page.html");
    // Read without the script: settings, intervals, seeds, the best one's spec.
    for part in [
        "hidden size</button>",
        " ± ",
        "seed 8</button>",
        "Best: ",
        "hidden_size = ",
        "default-src 'none'",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("class=\"point\"").count(), 2);
    assert_eq!(page.matches("class=\"seed\"").count(), 4);
    for outside in ["src=\"http", "src=\"//", "href=\"http", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.len() < 300_000, "{}", page.len());
    let data = data(&page);
    let group = &data["groups"][0];
    assert_eq!(group["column"], "valid_perplexity");
    let board: Value =
        serde_json::from_str(&place.run("board results --json").stdout).expect("JSON");
    for (point, row) in
        group["points"].as_array().expect("points").iter().zip(board.as_array().expect("rows"))
    {
        assert_eq!(point["cells"][0], row["model.hidden_size"]);
        assert_eq!(point["cells"][1], row["valid_perplexity"], "the board's mean");
    }
    assert_eq!(data["trials"][0]["record"]["curves"]["epoch"], serde_json::json!([1, 2]));
    place.run("report nowhere").assert_says(2, &["no trial in nowhere"]);
    // One trial of it is a page too.
    let trial = place.trials("results/sweep").remove(0);
    let ended = place.run(&format!("report {trial} --out one.html"));
    assert!(ended.stdout.starts_with("one.html: 1 trial, "), "{}", ended.stdout);
    assert_eq!(place.read("one.html").matches("class=\"point\"").count(), 1);
}

/// What is wrong with the files of one trial is told, and does not hide the others.
#[test]
fn a_damaged_trial_is_shown_as_damaged() {
    let place = Place::new();
    let grid = "[sweep.grid]\n\"model.hidden_size\" = [4, 6, 8]\n";
    place.write("sweep.toml", TINY.to_owned() + grid);
    place.train("sweep.toml --quiet");
    let trials = place.trials("results/sweep");
    place.write(&format!("{}/run.json", trials[0]), "{ \"status\": \"do");
    let metrics = place.read(&format!("{}/metrics.csv", trials[1]));
    place.write(&format!("{}/metrics.csv", trials[1]), metrics.replacen("1,", "one,", 1));
    let ended = place.run("report results --out page.html");
    ended.assert_says(1, &["run.json is damaged", "metrics.csv is not what the trial wrote"]);
    let page = place.read("page.html");
    assert!(page.contains("3 trials: 2 damaged, 1 done"), "{page}");
    assert_eq!(page.matches("data-status=\"damaged\"").count(), 2);
    assert!(page.contains("damaged: run.json is damaged: EOF while parsing"), "{page}");
    let ended = place.run("export results --to tensorboard --out board");
    ended.assert_says(1, &["run.json is damaged"]);
    assert_eq!(place.trials("board/sweep").len(), 1, "what is whole is exported");
}

/// A trial that never had a record, and one that failed, with their reasons.
#[test]
fn failures_stand_with_their_reasons() {
    let place = Place::new();
    let grid = "[sweep.grid]\n\"training.learning_rate\" = [1e30, 0.1]\n";
    place.write("f.toml", TINY.replace("learning_rate = 1e-2", "optimizer = \"sgd\"") + grid);
    assert_eq!(place.run("f.toml -q -j 1 --threads 1").code, Some(3));
    place.run("report results --out page.html").assert_says(0, &[]);
    let page = place.read("page.html");
    let failures = &page[page.find("id=\"failures\"").expect("a part of the page")..];
    assert!(failures.contains("1 trial failed: "), "{failures}");
    assert!(failures.contains("f/learning_rate=1e30"), "{failures}");
    let points = data(&page)["groups"][0]["points"].clone();
    assert_eq!(
        points[1]["cells"][1],
        Value::Null,
        "what failed is last and has no figure: {points}"
    );
}

/// `runner report --watch`, ended when dropped.
pub struct Watched {
    child: Child,
    pub address: String,
}

impl Watched {
    pub fn start(place: &Place) -> Self {
        let mut command = place.command("report results --watch --port 0");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.trim_start_matches("http://").split('/').next().unwrap_or_default();
        Self { child, address: address.to_owned() }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
        stream
    }

    fn ask(&self, request: &str, host: &str) -> String {
        let mut stream = self.connect();
        write!(stream, "{request} HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path}"), &self.address)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next version that a listener is told of.
fn version(news: &mut impl BufRead) -> String {
    let mut line = String::new();
    while !line.starts_with("data: ") {
        line.clear();
        assert!(news.read_line(&mut line).expect("news") > 0, "the server went away");
    }
    line
}

#[test]
fn a_watched_report_tells_of_changes() {
    let place = Place::with_tiny();
    place.train("tiny.toml --quiet");
    let watched = Watched::start(&place);
    let page = watched.get("/");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("data-live"), "{page}");
    let mut listener = watched.connect();
    write!(listener, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
    let mut news = BufReader::new(listener);
    let first = version(&mut news);
    assert!(page.contains(&format!("data-live=\"{}\"", first["data: ".len()..].trim())), "{first}");
    let trial = place.trial("results/tiny");
    place.write(&format!("{trial}/samples.txt"), "=== epoch 9, step 9\nnew letters\n");
    assert_ne!(version(&mut news), first);
    assert!(watched.get("/").contains("new letters"));
    // The folder goes, and comes back.
    std::fs::rename(place.path("results"), place.path("away")).expect("moved");
    version(&mut news);
    assert!(watched.get("/").contains("no trial in results"));
    std::fs::rename(place.path("away"), place.path("results")).expect("moved");
    version(&mut news);
    assert!(watched.get("/").contains("new letters"));
}

#[test]
fn a_watched_report_answers_its_own_machine_whatever_others_do() {
    let place = Place::with_tiny();
    place.train("tiny.toml --quiet");
    let watched = Watched::start(&place);
    let page = watched.get("/");
    let head = watched.ask("HEAD /", &watched.address);
    let length = page.len() - page.find("\r\n\r\n").expect("a head") - 4;
    assert!(
        head.contains(&format!("Content-Length: {length}\r\n")) && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    assert!(watched.ask("GET /", "example.org").starts_with("HTTP/1.1 403"));
    assert!(watched.get("/etc/passwd").starts_with("HTTP/1.1 404"));
    let refused = watched.ask("POST /", &watched.address);
    assert!(
        refused.starts_with("HTTP/1.1 405") && refused.contains("Allow: GET, HEAD"),
        "{refused}"
    );
    // Clients that say nothing, and more of them than there are places for listeners.
    let silent: Vec<TcpStream> = (0..50).map(|_| watched.connect()).collect();
    let listeners: Vec<TcpStream> = (0..80)
        .map(|_| {
            let mut stream = watched.connect();
            write!(stream, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
            stream
        })
        .collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| assert!(watched.get("/").starts_with("HTTP/1.1 200")));
        }
    });
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    drop((silent, listeners));
}
