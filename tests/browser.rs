//! A real browser, driven as the `WebDriver` specification says: Chromium, through
//! `chromedriver`, with nothing between but a socket.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::binaries::has;
use crate::command::{Done, run};
use crate::network::temporary_folder;
use crate::node::free_port;
use crate::process::Process;
use crate::{http, wait};

/// What Chromium is started with: no window, no guard that root cannot have, and
/// nothing that it would ask of the network by itself.
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// How long one run of Chromium may take.
const CHROMIUM: Duration = Duration::from_secs(60);

/// The tabulator, as `WebDriver` writes it.
const TAB: &str = "\u{e004}";

/// Whether there is a browser; said aloud where there is none.
#[must_use]
pub fn is_there() -> bool {
    has(&["chromium", "chromedriver"], "the pages in a real browser")
}

/// What Chromium makes of a page, without anybody driving it: the document on standard
/// output, and the browser's complaints on standard error.
#[track_caller]
pub fn document(url: &str) -> Done {
    let profile = temporary_folder();
    let mut command = Command::new("chromium");
    command
        .args(ARGUMENTS)
        .env("TMPDIR", profile.path())
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--enable-logging=stderr", "--dump-dom", url]);
    run(&mut command, CHROMIUM)
}

/// A browser with one window.
#[derive(Debug)]
pub struct Browser {
    port: u16,
    session: String,
    _driver: Process,
    _profile: TempDir,
}

impl Browser {
    /// Starts one.
    #[track_caller]
    pub fn open() -> Self {
        let port = free_port();
        let profile = temporary_folder();
        let mut command = Command::new("chromedriver");
        command
            .arg(format!("--port={port}"))
            // What a killed browser leaves behind goes with its profile.
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let driver = Process::start(&mut command);
        wait::until("chromedriver listens", || {
            TcpStream::connect(("127.0.0.1", port))
                .map(drop)
                .map_err(|error| error.to_string())
        });
        let mut arguments: Vec<_> = ARGUMENTS.iter().map(|&it| it.to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let made = call(port, "/session", &wanted);
        let session = made["sessionId"].as_str();
        Self {
            port,
            session: session.expect("a session has an id").to_owned(),
            _driver: driver,
            _profile: profile,
        }
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        call(self.port, &format!("/session/{}{path}", self.session), body)
    }

    /// Opens a page, and waits until it is loaded.
    #[track_caller]
    pub fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Gives the page this many pixels: of a telephone, of a desk.
    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        let command = json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": size });
        self.post("/goog/cdp/execute", &command);
    }

    /// Shows the page as it is on paper, or again as on a screen.
    #[track_caller]
    pub fn media(&self, media: &str) {
        let command = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "media": media } });
        self.post("/goog/cdp/execute", &command);
    }

    /// Runs a function body in the page; gives what it returns.
    #[track_caller]
    pub fn script(&self, body: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Clicks on the only element that a selector finds.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        // A script may show it only once it knows something.
        wait::until("what is clicked is shown", || {
            let look =
                format!("return document.querySelector({selector:?})?.getClientRects().length > 0");
            let is_shown = self.script(&look);
            wait::ensure(is_shown == json!(true), || {
                format!("{selector}: {is_shown}")
            })
        });
        let id = self.element(selector);
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// The only element that a selector finds, once there is exactly one: a click may have
    /// asked for a page that is still on its way.
    #[track_caller]
    fn element(&self, selector: &str) -> String {
        wait::until("one element", || {
            let found = self.post(
                "/elements",
                &json!({ "using": "css selector", "value": selector }),
            );
            let found = found.as_array().map(Vec::as_slice).unwrap_or_default();
            let [element] = found else {
                return Err(format!("{} elements are {selector}", found.len()));
            };
            let id = element.as_object().and_then(|it| it.values().next());
            let id = id.and_then(Value::as_str).expect("an element has an id");
            Ok(id.to_owned())
        })
    }

    /// Runs the body of an async function in the page; gives what it comes to.
    #[track_caller]
    pub fn script_async(&self, body: &str) -> Value {
        let wrapped = format!(
            "const done = arguments[arguments.length - 1];
             (async () => {{ {body} }})().then(done, (error) => done(String(error)));"
        );
        self.post("/execute/async", &json!({ "script": wrapped, "args": [] }))
    }

    /// Puts a text into the only field that a selector finds, in place of what is there.
    #[track_caller]
    pub fn fill(&self, selector: &str, text: &str) {
        let id = self.element(selector);
        self.post(&format!("/element/{id}/clear"), &json!({}));
        self.post(&format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// Types a text wherever the focus is.
    #[track_caller]
    pub fn type_in_focus(&self, text: &str) {
        let press = |letter: char| {
            // Enter, as `WebDriver` writes it.
            let letter = if letter == '\n' { '\u{e007}' } else { letter };
            ["keyDown", "keyUp"].map(|it| json!({ "type": it, "value": letter.to_string() }))
        };
        let keys: Vec<_> = text.chars().flat_map(press).collect();
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": keys }]);
        self.post("/actions", &json!({ "actions": actions }));
    }

    /// The text of the only element that a selector finds, as a person reads it.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let id = self.element(selector);
        let text = self.script_of(&id, "return arguments[0].innerText");
        text.as_str().unwrap_or_default().trim().to_owned()
    }

    #[track_caller]
    fn script_of(&self, id: &str, body: &str) -> Value {
        let element = json!({ "element-6066-11e4-a52e-4f735466cecf": id });
        self.post(
            "/execute/sync",
            &json!({ "script": body, "args": [element] }),
        )
    }

    /// Presses the tabulator once.
    #[track_caller]
    pub fn press_tab(&self) {
        let keys = json!([{ "type": "keyDown", "value": TAB }, { "type": "keyUp", "value": TAB }]);
        let actions = json!([{ "type": "key", "id": "keyboard", "actions": keys }]);
        self.post("/actions", &json!({ "actions": actions }));
    }

    /// What the console said since it was last asked.
    #[track_caller]
    pub fn console(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().map(ToString::to_string).collect()
    }

    /// Writes a picture of the whole page.
    #[track_caller]
    pub fn picture(&self, path: &Path) {
        let command = json!({ "cmd": "Page.captureScreenshot",
            "params": { "captureBeyondViewport": true, "format": "png" } });
        let taken = self.post("/goog/cdp/execute", &command);
        let picture = taken["data"].as_str().expect("a picture");
        let picture = STANDARD.decode(picture).expect("a picture in base64");
        let folder = path.parent().expect("a folder for pictures");
        std::fs::create_dir_all(folder).expect("a folder can be made");
        std::fs::write(path, picture).expect("a picture can be written");
    }
}

#[track_caller]
fn call(port: u16, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = http::send(port, request.as_bytes());
    let answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()["value"].clone()
}
