//! The judge: asks nodes over HTTP as a stranger would, and believes nothing else.
//!
//! It knows the facts that the spaces were told to publish, and compares them with
//! what every node says. It shares no code with what it judges but the way out.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use client::{Fetch as _, HttpFetch, Request, Rules};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use wire::EntityId;

use crate::environment::Stopwatch;

/// How long a state may take to come about.
const PATIENCE: Duration = Duration::from_secs(30);

/// From one look to the next.
const LOOK: Duration = Duration::from_millis(40);

/// The most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Asks and compares.
#[derive(Debug)]
pub(crate) struct Judge {
    fetch: HttpFetch,
}

impl Judge {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let fetch = HttpFetch::new(Rules {
            allow_loopback: true,
            ..Rules::default()
        })?;
        Ok(Self { fetch })
    }

    /// What a node answers at a path of JSON.
    pub(crate) async fn get(&self, entity: &EntityId, path: &str) -> anyhow::Result<Value> {
        let request = Request {
            entity: entity.clone(),
            path: path.to_owned(),
            body: None,
            authorization: None,
            media_type: "application/json",
            body_bytes_max: ANSWER_BYTES_MAX,
        };
        Ok(serde_json::from_slice(&self.fetch.fetch(request).await?)?)
    }

    /// What a node shows of itself, its label and its partners.
    pub(crate) async fn home(&self, entity: &EntityId) -> anyhow::Result<Value> {
        self.get(entity, "/api/v1/home").await
    }

    /// Waits until `entity`'s home satisfies `check`; otherwise gives its last complaint.
    pub(crate) async fn until(
        &self,
        entity: &EntityId,
        check: impl Fn(&Value) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        until(|| async { check(&self.home(entity).await?) })
            .await
            .with_context(|| format!("{entity} does not come to it"))
    }

    /// Like [`Judge::until`]; gives how many pulls of the coordinator's feed it took.
    pub(crate) async fn rounds_until(
        &self,
        entity: &EntityId,
        check: impl Fn(&Value) -> anyhow::Result<()>,
    ) -> anyhow::Result<usize> {
        let mut pulls = BTreeSet::new();
        let before = pulled_at(&self.home(entity).await?);
        let stopwatch = Stopwatch::start();
        loop {
            let home = self.home(entity).await?;
            pulls.extend(pulled_at(&home));
            let Err(complaint) = check(&home) else { break };
            if u128::from(stopwatch.millis().0) > PATIENCE.as_millis() {
                return Err(complaint.context(format!("{entity} does not come to it")));
            }
            sleep(LOOK).await;
        }
        pulls.retain(|at| Some(*at) != before);
        Ok(pulls.len())
    }
}

fn pulled_at(home: &Value) -> Option<i64> {
    home.pointer("/label/feed/pulled_at")
        .and_then(Value::as_i64)
}

/// Posts JSON to a node as a device would, with its token, and reads the JSON of an
/// answer of 200.
pub(crate) async fn post(
    entity: &EntityId,
    path: &str,
    token: &str,
    body: &Value,
) -> anyhow::Result<Value> {
    let body = body.to_string();
    let fields = format!(
        "Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n",
        body.len()
    );
    let (head, body) = exchange(entity, &format!("POST {path}"), &fields, &body).await?;
    ensure!(
        head.starts_with("HTTP/1.1 200 "),
        "{entity} answered {head}: {body}"
    );
    Ok(serde_json::from_str(&body)?)
}

/// What a node answers at a path, and the tag of that; nothing, where it is what was had
/// under the tag that is sent.
pub(crate) async fn get_text(
    entity: &EntityId,
    path: &str,
    tag: Option<&str>,
) -> anyhow::Result<(Option<String>, String)> {
    let fields = tag.map(|tag| format!("If-None-Match: {tag}\r\n"));
    let asked = format!("GET {path}");
    let (head, body) = exchange(entity, &asked, &fields.unwrap_or_default(), "").await?;
    let status = if tag.is_some() && body.is_empty() {
        "HTTP/1.1 304 "
    } else {
        "HTTP/1.1 200 "
    };
    ensure!(head.starts_with(status), "{entity} answered {head}: {body}");
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: "));
    Ok((tag.map(str::to_owned), body))
}

/// Asks once, as a stranger's program would; gives head and body of the answer.
async fn exchange(
    entity: &EntityId,
    asked: &str,
    fields: &str,
    body: &str,
) -> anyhow::Result<(String, String)> {
    let host = entity.authority();
    let request =
        format!("{asked} HTTP/1.1\r\nHost: {host}\r\n{fields}Connection: close\r\n\r\n{body}");
    let mut stream = TcpStream::connect(entity.authority()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    let mut stream = stream.take(ANSWER_BYTES_MAX as u64);
    let read = stream.read_to_end(&mut answer);
    timeout(PATIENCE, read).await.context("no answer")??;
    let answer = String::from_utf8(answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    Ok((head.to_owned(), body.to_owned()))
}

/// Waits until `check` holds; otherwise gives its last complaint.
pub(crate) async fn until<F>(check: impl Fn() -> F) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut last = anyhow!("nothing was seen");
    let found = timeout(PATIENCE, async {
        loop {
            match check().await {
                Ok(()) => return,
                Err(complaint) => last = complaint,
            }
            sleep(LOOK).await;
        }
    });
    found.await.map_err(|_| last)
}

/// What a home says of a space: of its own, or of a partner.
pub(crate) fn space_of<'a>(home: &'a Value, space: &EntityId) -> anyhow::Result<&'a Value> {
    let partners = home.get("partners").and_then(Value::as_array);
    let is_it = |it: &&Value| it.get("entity").and_then(Value::as_str) == Some(space.as_str());
    home.get("us")
        .into_iter()
        .chain(partners.into_iter().flatten())
        .find(is_it)
        .with_context(|| format!("{space} is not known"))
}

/// The standing of a space must be `state`.
pub(crate) fn stands(home: &Value, space: &EntityId, state: &str) -> anyhow::Result<()> {
    let found = space_of(home, space)?
        .pointer("/standing/state")
        .and_then(Value::as_str);
    ensure!(
        found == Some(state),
        "{space} is {}, not {state}",
        found.unwrap_or("nothing")
    );
    Ok(())
}

/// The formulas of a space must be exactly these, and its news not refused.
pub(crate) fn sells(home: &Value, space: &EntityId, formulas: &Value) -> anyhow::Result<()> {
    let space_body = space_of(home, space)?;
    let refusal = space_body.pointer("/feed/refusal").and_then(Value::as_str);
    if let Some(refusal) = refusal {
        bail!("the feed of {space} was refused: {refusal}");
    }
    keeps_selling(home, space, formulas)
}

/// The formulas of a space must be exactly these, whatever became of its news.
pub(crate) fn keeps_selling(
    home: &Value,
    space: &EntityId,
    formulas: &Value,
) -> anyhow::Result<()> {
    let found = space_of(home, space)?
        .get("formulas")
        .context("no formulas")?;
    ensure!(
        found == formulas,
        "{space} is said to sell {found}, and sells {formulas}"
    );
    Ok(())
}

/// The feed of a space must be refused, for this reason.
pub(crate) fn is_refused(home: &Value, space: &EntityId, code: &str) -> anyhow::Result<()> {
    let found = space_of(home, space)?
        .pointer("/feed/refusal")
        .and_then(Value::as_str);
    ensure!(
        found == Some(code),
        "the feed of {space} is {}, not refused as {code}",
        found.unwrap_or("taken")
    );
    Ok(())
}

/// Nothing must listen on that port of this machine.
pub(crate) async fn refuses(port: u16) -> anyhow::Result<()> {
    match TcpStream::connect(("127.0.0.1", port)).await {
        Ok(_) => bail!("port {port} still answers"),
        Err(_) => Ok(()),
    }
}
