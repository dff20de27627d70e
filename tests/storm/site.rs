//! A node as its own village sees it: past the line, at its desk and by its commands.

use std::path::PathBuf;

use scenarios::command::{Done, escale_in};
use scenarios::node::Node;
use scenarios::{http, wait};
use serde_json::{Value, json};

/// Who a node is, whether it runs or not.
#[derive(Debug, Clone)]
pub(super) struct Site {
    /// What others call it.
    pub(super) entity: String,
    /// Where it listens itself.
    pub(super) port: u16,
    dir: PathBuf,
    token: String,
}

impl Site {
    /// Of a node that runs.
    #[track_caller]
    pub(super) fn of(node: &Node) -> Self {
        let words = [
            "access", "add", "--role", "operator", "--name", "x", "--token",
        ];
        let added = node.json(&words);
        Self {
            entity: node.entity.clone(),
            port: node.port,
            dir: node.dir.clone(),
            token: added["token"].as_str().expect("a token").to_owned(),
        }
    }

    /// Types a command.
    #[track_caller]
    pub(super) fn escale(&self, words: &[&str]) -> Done {
        escale_in(&self.dir, words)
    }

    /// A command whose JSON is read where it succeeds.
    #[track_caller]
    pub(super) fn try_json(&self, words: &[&str]) -> Result<Value, String> {
        let done = self.escale(&[words, &["--json"]].concat());
        done.is_orderly();
        wait::ensure(done.code == Some(0), || done.err.clone())?;
        Ok(done.json())
    }

    /// Posts; gives status and body where there was a whole answer.
    pub(super) fn post(&self, path: &str, body: &Value) -> Result<(u16, Value), String> {
        let said = http::post(self.port, path, &self.token, body);
        let answer = said.and_then(|mut stream| http::answer(&mut stream));
        let answer = answer.map_err(|error| error.to_string())?;
        let body = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
        Ok((answer.status, body))
    }

    /// Posts until that is done.
    #[track_caller]
    pub(super) fn posted(&self, what: &str, path: &str, body: &Value) -> Value {
        wait::until(what, || {
            let (status, said) = self.post(path, body)?;
            wait::ensure(status == 200, || format!("{status} {said}"))?;
            Ok(said)
        })
    }

    /// Gets as an operator.
    pub(super) fn get(&self, path: &str) -> Result<Value, String> {
        let line = format!("Authorization: Bearer {}", self.token);
        let answer = http::ask("GET", self.port, path, &[&line]);
        let answer = answer.map_err(|error| error.to_string())?;
        wait::ensure(answer.status == 200, || answer.text())?;
        Ok(answer.json())
    }

    /// A new member; gives their number.
    #[track_caller]
    pub(super) fn member(&self, name: &str) -> String {
        let body = json!({ "name": name, "formula": "month" });
        let added = self.posted("a member is added", "/api/v1/members", &body);
        added["member"].as_str().expect("a member").to_owned()
    }

    /// A feed as this node gives it: all records in order, and the position and hash that
    /// the head names.
    pub(super) fn feed(&self, author: &str) -> Result<(Vec<Value>, Value), String> {
        let entity = author.replace(':', "%3A").replace('/', "%2F");
        let mut records = Vec::new();
        loop {
            let path = format!(
                "/federation/v1/feed?entity={entity}&epoch=1&after={}",
                records.len()
            );
            let page = http::try_json(self.port, &path)?;
            let more = page["records"].as_array().ok_or("no records")?;
            if more.is_empty() {
                let head = page["head"].as_str().ok_or("no head")?;
                let claims = claims(head)?;
                return Ok((records, json!([claims["seq"], claims["hash"]])));
            }
            records.extend(more.iter().cloned());
        }
    }
}

/// The claims of a sealed document.
pub(super) fn claims(text: &str) -> Result<Value, String> {
    use base64::Engine as _;
    let claims = text.split('.').nth(1).ok_or("not three parts")?;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims = engine.decode(claims).map_err(|error| error.to_string())?;
    serde_json::from_slice(&claims).map_err(|error| error.to_string())
}
