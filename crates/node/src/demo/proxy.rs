//! A line between a node and the others, on which somebody sits.
//!
//! It passes requests on, one a connection; told to, it adds to each page of the
//! feed a record that its author never signed, with everything else as it must be:
//! position, chain, digest, head.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value that is indexed by a name gives null, and an object takes one"
)]

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use seal::base64url;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use wire::Sha256Hash;

/// How long one exchange may take.
const EXCHANGE: Duration = Duration::from_secs(20);

/// The most bytes of a request or an answer.
const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Exchanges at once; the others wait.
const EXCHANGES_MAX: usize = 64;

/// The line.
#[derive(Debug)]
pub(crate) struct Proxy {
    is_forging: Arc<AtomicBool>,
    /// Dropping it ends the line.
    _running: JoinSet<()>,
}

impl Proxy {
    /// Listens on `listener`, and passes on to `port` of this machine.
    pub(crate) fn start(listener: TcpListener, port: u16) -> Self {
        let is_forging = Arc::new(AtomicBool::new(false));
        let mut running = JoinSet::new();
        running.spawn(accept(listener, port, Arc::clone(&is_forging)));
        Self {
            is_forging,
            _running: running,
        }
    }

    /// Whether records are forged from now on.
    pub(crate) fn forge(&self, is_forging: bool) {
        self.is_forging.store(is_forging, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, port: u16, is_forging: Arc<AtomicBool>) {
    let mut exchanges = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        if exchanges.len() >= EXCHANGES_MAX {
            exchanges.join_next().await;
        }
        let is_forging = is_forging.load(Ordering::SeqCst);
        exchanges.spawn(async move {
            // An exchange that fails is a line that was cut.
            let _ = timeout(EXCHANGE, exchange(stream, port, is_forging)).await;
        });
        while exchanges.try_join_next().is_some() {}
    }
}

async fn exchange(mut stream: TcpStream, port: u16, is_forging: bool) -> anyhow::Result<()> {
    let mut request = Vec::new();
    let body_starts = loop {
        if let Some(at) = find(&request, b"\r\n\r\n") {
            break at + 4;
        }
        read_some(&mut stream, &mut request).await?;
    };
    let head = String::from_utf8_lossy(request.get(..body_starts).unwrap_or_default()).into_owned();
    let length = header(&head, "content-length").and_then(|it| it.parse::<usize>().ok());
    while request.len() < body_starts + length.unwrap_or(0) {
        read_some(&mut stream, &mut request).await?;
    }
    let mut upstream = TcpStream::connect(("127.0.0.1", port)).await?;
    let once = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    upstream.write_all(once.as_bytes()).await?;
    upstream
        .write_all(request.get(body_starts..).unwrap_or_default())
        .await?;
    let mut answer = Vec::new();
    upstream.take(BYTES_MAX).read_to_end(&mut answer).await?;
    if is_forging && head.starts_with("GET /federation/v1/feed?") {
        answer = forged_answer(&answer)?;
    }
    stream.write_all(&answer).await?;
    stream.shutdown().await?;
    Ok(())
}

async fn read_some(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut part = [0; 4096];
    let count = stream.read(&mut part).await?;
    if count == 0 || bytes.len() as u64 > BYTES_MAX {
        bail!("the request broke off");
    }
    bytes.extend_from_slice(part.get(..count).unwrap_or_default());
    Ok(())
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(it, _)| it.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// The answer with a forged page in it.
fn forged_answer(answer: &[u8]) -> anyhow::Result<Vec<u8>> {
    let body_starts = find(answer, b"\r\n\r\n").context("no answer")? + 4;
    let head = String::from_utf8_lossy(answer.get(..body_starts).unwrap_or_default()).into_owned();
    let body = answer.get(body_starts..).unwrap_or_default();
    let body = forge(&serde_json::from_slice(body)?)?.to_string();
    let kept = head.lines().filter(|line| {
        let name = line.split(':').next().unwrap_or_default();
        !line.is_empty() && !name.eq_ignore_ascii_case("content-length")
    });
    let mut forged = kept.collect::<Vec<_>>().join(
        "
",
    );
    let _ = write!(forged, "\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    Ok(forged.into_bytes())
}

/// Adds a price of one cent after the last record, and a head that covers it.
fn forge(page: &Value) -> anyhow::Result<Value> {
    let mut page = page.clone();
    let head = page
        .get("head")
        .and_then(Value::as_str)
        .context("no head")?
        .to_owned();
    let (header, claims) = open(&head)?;
    let body = r#"{"unit":"day","price_cents":1}"#;
    let salt = [7_u8; 16];
    let mut record = json!({
        "iss": claims["iss"], "epoch": claims["epoch"], "prev": claims["hash"],
        "iat": claims["iat"], "kind": "formula", "id": "day", "rev": 99,
        "body_sha256": Sha256Hash::of(&[&salt, body.as_bytes()]),
    });
    record["seq"] = json!(claims["seq"].as_u64().context("no seq")? + 1);
    let sealed = seal_badly(&header, "escale-record+jwt", &record);
    let mut new_head = claims.clone();
    new_head["seq"] = record["seq"].clone();
    new_head["hash"] = json!(Sha256Hash::of(&[sealed.as_bytes()]));
    page["head"] = json!(seal_badly(&header, "escale-head+jwt", &new_head));
    let records = page
        .get_mut("records")
        .and_then(Value::as_array_mut)
        .context("no records")?;
    records.push(json!({ "record": sealed, "salt": base64url::encode(&salt), "body": body }));
    Ok(page)
}

fn open(compact: &str) -> anyhow::Result<(Value, Value)> {
    let mut parts = compact.split('.').map(base64url::decode);
    let mut next = || -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(
            &parts.next().context("not compact")??,
        )?)
    };
    Ok((next()?, next()?))
}

/// A document with the author's key named, and a signature that is none.
fn seal_badly(header: &Value, typ: &str, claims: &Value) -> String {
    let mut header = header.clone();
    header["typ"] = json!(typ);
    let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
    format!(
        "{}.{}.{}",
        part(&header),
        part(claims),
        base64url::encode(&[1; 64])
    )
}
