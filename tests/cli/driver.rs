//! A real browser: Chromium without a window, told by chromedriver what to do. With
//! `RUNNER_SCREENSHOTS=DIR` it leaves pictures to look at.

use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A browser, closed when dropped.
pub struct Browser {
    driver: Child,
    session: String,
}

impl Browser {
    /// Opens one; `None` if there is no chromedriver.
    pub fn open() -> Option<Self> {
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

    pub fn script(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    pub fn go(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    /// Types keys as a person does: tab, enter, letters.
    pub fn keys(&self, keys: &str) {
        let actions = keys.chars().flat_map(|key| {
            ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
        });
        let actions = actions.collect::<Vec<_>>();
        let source = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.post("/actions", &json!({ "actions": [source] }));
    }

    /// A window of this width, in a colour scheme, and its picture if pictures are wanted.
    pub fn look(&self, name: &str, width: u32, scheme: &str) {
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

    /// Waits until a script gives true.
    pub fn wait(&self, what: &str) {
        let start = Instant::now();
        while self.script(&format!("return {what};")) != true {
            assert!(start.elapsed() < Duration::from_secs(20), "never came: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Draws the mouse with its button down from one place to another.
    pub fn drag(&self, from: (i64, i64), to: (i64, i64)) {
        let step = |kind: &str, (x, y): (i64, i64)| json!({ "type": kind, "x": x, "y": y, "duration": 30 });
        let actions = json!([
            step("pointerMove", from), { "type": "pointerDown", "button": 0 },
            step("pointerMove", to), { "type": "pointerUp", "button": 0 },
        ]);
        let source = json!({ "type": "pointer", "id": "mouse", "actions": actions,
            "parameters": { "pointerType": "mouse" } });
        self.post("/actions", &json!({ "actions": [source] }));
    }

    /// What the browser has complained of.
    pub fn complaints(&self) -> Value {
        self.post("/se/log", &json!({ "type": "browser" }))
    }

    /// What axe-core finds to be serious, where `RUNNER_AXE` names its file.
    pub fn barriers(&self) -> Vec<String> {
        let Some(axe) = std::env::var_os("RUNNER_AXE") else { return Vec::new() };
        self.script(&std::fs::read_to_string(axe).expect("axe-core"));
        let run = "const done = arguments[arguments.length - 1];
            axe.run({ resultTypes: ['violations'] }).then((found) => done(found.violations
                .filter((it) => ['serious', 'critical'].includes(it.impact))
                .map((it) => it.id + ': ' + it.nodes.map((node) => node.html.slice(0, 200)).join(' | '))));";
        let found = self.post("/execute/async", &json!({ "script": run, "args": [] }));
        let found = found.as_array().expect("findings").iter();
        found.map(|it| it.as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = ureq::delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
