//! The page of `runner report` in a real browser: Chromium without a window, told by chromedriver
//! what to do. Skipped, saying so, where there is no chromedriver. With `RUNNER_SCREENSHOTS=DIR`
//! it leaves pictures to look at.

use crate::support::{Place, TINY};
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A browser, closed when dropped.
struct Browser {
    driver: Child,
    session: String,
}

impl Browser {
    /// Opens one; none where there is none.
    fn open() -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(driver) = driver else {
            eprintln!("skipped: there is no chromedriver");
            return None;
        };
        let root = format!("http://127.0.0.1:{port}/session");
        let mut browser = Self { driver, session: root.clone() };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "chromedriver does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let opened = browser.post("", &capabilities);
        let id = opened["sessionId"].as_str().expect("a session").to_owned();
        browser.session = format!("{root}/{id}");
        Some(browser)
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        let address = format!("{}{command}", self.session);
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let answer = agent.post(&address).content_type("application/json").send(body.to_string());
        let text = answer.expect("answered").body_mut().read_to_string().expect("text");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        assert!(answer["value"]["error"].is_null(), "{command}: {text}");
        answer["value"].clone()
    }

    fn script(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    fn go(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    /// Types keys as a person does: tab, enter, letters.
    fn keys(&self, keys: &str) {
        let actions = keys.chars().flat_map(|key| {
            ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
        });
        let actions = actions.collect::<Vec<_>>();
        let source = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", &json!({ "actions": [source] }));
    }

    /// A window of this width, in a colour scheme, and its picture if pictures are wanted.
    fn look(&self, name: &str, width: u32, scheme: &str) {
        let command = |cmd: &str, params: Value| {
            self.post("/goog/cdp/execute", &json!({ "cmd": cmd, "params": params }))
        };
        let metrics = json!({ "width": width, "height": 1400, "deviceScaleFactor": 1, "mobile": width < 600 });
        command("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        command("Emulation.setEmulatedMedia", features);
        let overflow = self.script("return document.documentElement.scrollWidth - innerWidth;");
        assert!(
            overflow.as_f64().is_some_and(|pixels| pixels <= 0.0),
            "{name}: {overflow} too wide"
        );
        if let Some(folder) = std::env::var_os("RUNNER_SCREENSHOTS") {
            let picture =
                command("Page.captureScreenshot", json!({ "captureBeyondViewport": true }));
            let path = std::path::Path::new(&folder).join(format!("{name}.png.base64"));
            std::fs::write(path, picture["data"].as_str().expect("a picture")).expect("written");
        }
    }

    /// The first letters of the values in a column of the leaderboard, the rows that are shown.
    fn column(&self, name: &str) -> Vec<String> {
        let values = self.script(&format!(
            "const board = document.getElementById('board');
             const column = [...board.tHead.rows[0].cells].findIndex((it) => it.title === '{name}');
             return [...board.tBodies[0].rows].filter((row) => row.offsetParent)
                 .map((row) => row.cells[column].textContent);"
        ));
        let values = values.as_array().expect("rows").iter();
        values.map(|value| value.as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = ureq::delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

const ENTER: char = '\u{e007}';

#[test]
fn the_report_sorts_filters_and_opens_trials_by_keyboard() {
    let Some(browser) = Browser::open() else { return };
    let place = Place::new();
    let grid = "[sweep.grid]\n\"model.hidden_size\" = [4, 12, 6]\n";
    place.write("sweep.toml", format!("{TINY}{grid}"));
    place.train("sweep.toml --quiet");
    place.run("report results --out page.html").assert_says(0, &[]);
    browser.go(&format!("file://{}", place.path("page.html").display()));

    // Sorted by a column, up and down, with the enter key on its head.
    browser.script("document.querySelector('th[title=\"model.hidden_size\"] button').focus();");
    browser.keys(&ENTER.to_string());
    assert_eq!(browser.column("model.hidden_size"), ["4", "6", "12"]);
    browser.keys(&ENTER.to_string());
    assert_eq!(browser.column("model.hidden_size"), ["12", "6", "4"]);
    let sorted = browser.script("return document.activeElement.parentElement.ariaSort;");
    assert_eq!(sorted, "descending");

    // Filtered by words, and by a key's value.
    browser.script("document.getElementById('filter').focus();");
    browser.keys("hidden_size=6");
    assert_eq!(browser.column("model.hidden_size"), ["6"]);
    let count = browser.script("return document.getElementById('count').textContent;");
    assert_eq!(count, "1 of 3 trials");

    // The trial of the only row opens, and is where the keyboard goes on.
    browser.script("document.querySelector('#board tbody tr:not([hidden]) th a').focus();");
    browser.keys(&ENTER.to_string());
    let start = Instant::now();
    while browser.script("return document.activeElement.tagName;") != "SUMMARY" {
        assert!(start.elapsed() < Duration::from_secs(5), "the trial has not opened");
    }
    let opened = browser.script(
        "const it = document.activeElement.parentElement;
         return [it.open, it.querySelectorAll('svg circle title').length > 3, it.textContent.includes('hidden_size = 6')];",
    );
    assert_eq!(opened, json!([true, true, true]));

    browser.look("wide-light", 1400, "light");
    browser.look("wide-dark", 1400, "dark");
    browser.look("phone-light", 360, "light");
    browser.look("phone-dark", 360, "dark");
    let unnamed = browser.script(
        "return [...document.querySelectorAll('button, input, select, a, img, svg[role]')].filter((it) =>
             !(it.textContent.trim() || it.ariaLabel || it.alt || it.labels?.length)).length;",
    );
    assert_eq!(unnamed, 0, "everything has a name for a screen reader");
    let log = browser.post("/se/log", &json!({ "type": "browser" }));
    assert_eq!(log, json!([]), "the console is silent");
}
