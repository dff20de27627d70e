//! How many presentations a desk judges a second, beside the two bare signatures that
//! each costs; and over HTTP, beside a handler that does as much.
//!
//! ```text
//! cargo run --release -p node --example bench_desk [PRESENTATIONS]
//! ```
//!
//! Everything is measured in one process, in turns; what counts are the ratios of the
//! medians.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "it measures time")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use app::{App, Role, Staff};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use rules::passport::Verdict;
use seal::PublicKey;
use serde_json::{Value, json};
use serve::Limits;
use store::{Batch, Expected, Key, Store};
use store_sled::{Options, SledStore};
use testkit::{Label, ManualClock, START, SeededEntropy, TestNode, Wallet, operator};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use wire::qr;

const PRESENTATIONS_DEFAULT: usize = 2_000;
const TURNS: usize = 3;
/// Desks that ask at once: more than a space has, so that commits are grouped.
const CONNECTIONS: usize = 16;
/// Spaces of the label, the host among them.
const SPACES: usize = 6;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let count = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => PRESENTATIONS_DEFAULT,
    };
    let scene = Scene::set().await?;
    let mut judged = (Vec::new(), Vec::new());
    let mut asked = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        let codes = scene.codes(count, turn);
        judged.0.push(scene.bare(&codes)?);
        judged.1.push(scene.judged(&codes).await?);
        let over_http = scene.codes(count, TURNS + turn);
        asked.0.push(scene.plain_handler(&over_http).await?);
        asked.1.push(scene.desk(&over_http).await?);
    }
    let (bare, judged) = (median(judged.0), median(judged.1));
    println!("two bare verify_strict and parsing: {bare:.0} a second");
    println!("presentations judged, one after the other: {judged:.0} a second");
    println!("ratio {:.2}", judged / bare);
    let (plain, desk) = (median(asked.0), median(asked.1));
    println!("handler of two verify_strict and one durable commit: {plain:.0} a second");
    println!("desk checks over HTTP, {CONNECTIONS} at once, durable: {desk:.0} a second");
    println!("ratio {:.2}", desk / plain);
    Ok(())
}

/// A host, and a member of another space who visits it.
struct Scene {
    label: Label,
    wallet: Wallet,
    holder: PublicKey,
}

impl Scene {
    async fn set() -> anyhow::Result<Self> {
        let label = Label::labelled(SPACES).await;
        let wallet = Wallet::enrol(label.space(1), "Camille", None).await;
        label.settle().await;
        let passport = wallet.passport.split('.').nth(1).context("claims")?;
        let claims: Value = serde_json::from_slice(&seal::base64url::decode(passport)?)?;
        let jwk = claims.pointer("/cnf/jwk").context("a holder's key")?;
        let jwk: seal::Jwk = serde_json::from_value(jwk.clone())?;
        Ok(Self {
            label,
            wallet,
            holder: PublicKey::try_from(&jwk)?,
        })
    }

    fn host(&self) -> &TestNode {
        self.label.space(0)
    }

    /// Codes that were never shown.
    fn codes(&self, count: usize, turn: usize) -> Vec<String> {
        let show = |number| {
            let nonce = format!("showing {number} of turn {turn}");
            self.wallet.show(self.host().entity(), START, &nonce)
        };
        (0..count).map(show).collect()
    }

    /// Takes each code apart and judges both signatures, and nothing else.
    fn bare(&self, codes: &[String]) -> anyhow::Result<f64> {
        let home = self.label.space(1).plan().ops();
        let began = Instant::now();
        for code in codes {
            verify(code, home.public(), &self.holder)?;
        }
        Ok(rate(codes.len(), began))
    }

    /// Has them judged by a node whose store is memory, one after the other.
    async fn judged(&self, codes: &[String]) -> anyhow::Result<f64> {
        let app = self.host().app();
        let staff = desk_of(&app).await?;
        let began = Instant::now();
        for code in codes {
            let verdict = app.judge(&staff, code).await?.verdict;
            ensure!(matches!(verdict, Verdict::Allowed { .. }), "{verdict:?}");
        }
        Ok(rate(codes.len(), began))
    }

    /// Asks the desk of a node whose store is a disk.
    async fn desk(&self, codes: &[String]) -> anyhow::Result<f64> {
        let dir = tempfile::tempdir()?;
        let store = disk(dir.path())?;
        copy(self.host(), store.as_ref()).await?;
        let app = App::open(
            store,
            self.host().plan().identity(),
            Arc::new(ManualClock::at(START)),
            Arc::new(SeededEntropy::new("desk")),
        );
        let app = app.await?;
        let token = app.access_token(&operator(), Role::Desk, "desk").await?;
        ask_all(api::router(app), "/api/v1/desk/judge", &token, codes).await
    }

    /// Asks a handler that takes the code apart, judges both signatures, and commits a
    /// key and a value as long as a desk's, on the same engine.
    async fn plain_handler(&self, codes: &[String]) -> anyhow::Result<f64> {
        let dir = tempfile::tempdir()?;
        let plain = Plain {
            home: self.label.space(1).plan().ops().public().clone(),
            holder: self.holder.clone(),
            store: disk(dir.path())?,
        };
        let router = Router::new().route("/judge", post(plain_judge));
        ask_all(router.with_state(plain), "/judge", "none", codes).await
    }
}

async fn desk_of(app: &App) -> anyhow::Result<Staff> {
    let token = app.access_token(&operator(), Role::Desk, "desk").await?;
    app.staff(&token).await?.context("a desk")
}

/// What a desk cannot do without: both signatures, and the claims as JSON.
fn verify(code: &str, home: &PublicKey, holder: &PublicKey) -> anyhow::Result<()> {
    let shown = qr::decode(code)?;
    let (passport, binding) = shown.split_once('~').context("a key binding")?;
    for (sealed, key) in [(passport, home), (binding, holder)] {
        let (signed, signature) = sealed.rsplit_once('.').context("a signature")?;
        key.verify(signed.as_bytes(), &seal::base64url::decode(signature)?)?;
        for part in signed.split('.') {
            let _: Value = serde_json::from_slice(&seal::base64url::decode(part)?)?;
        }
    }
    Ok(())
}

#[derive(Clone)]
struct Plain {
    home: PublicKey,
    holder: PublicKey,
    store: Arc<dyn Store>,
}

async fn plain_judge(
    State(plain): State<Plain>,
    Json(body): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let code = body.get("code").and_then(Value::as_str);
    let code = code.ok_or(StatusCode::BAD_REQUEST)?;
    verify(code, &plain.home, &plain.holder).map_err(|_| StatusCode::FORBIDDEN)?;
    let digest = wire::Sha256Hash::of(&[code.as_bytes()]).0;
    let key = Key::new(app::keys::SHOWINGS, &digest);
    let mut batch = Batch::new();
    batch.expect(key.clone(), Expected::Absent);
    batch.put(key, br#"{"form":1,"until":1800000000}"#.to_vec());
    let committed = plain.store.commit(batch).await;
    committed.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(json!({ "answer": "allowed" })))
}

fn disk(dir: &Path) -> anyhow::Result<Arc<dyn Store>> {
    let folder = dir.join("store");
    SledStore::create(&folder)?;
    Ok(Arc::new(SledStore::open(&folder, Options::default())?))
}

/// All that a node stores, in another store.
async fn copy(node: &TestNode, to: &dyn Store) -> anyhow::Result<()> {
    // What earlier turns showed is not the desk's to remember.
    let kept = |it: &&app::keys::Holding| it.prefix != app::keys::SHOWINGS;
    for holding in app::keys::HOLDINGS.iter().filter(kept) {
        let page = node
            .store()
            .scan(holding.prefix, &[], None, store::SCAN_LIMIT_MAX)
            .await?;
        ensure!(!page.is_cut, "a scene's store is small");
        if page.entries.is_empty() {
            continue;
        }
        let mut batch = Batch::new();
        for (key, found) in page.entries {
            batch.put(key, found.value);
        }
        to.commit(batch).await?;
    }
    Ok(())
}

/// Serves a router and posts every code to it, over connections that stay open. Gives
/// how many were allowed a second.
async fn ask_all(
    router: Router,
    path: &'static str,
    token: &str,
    codes: &[String],
) -> anyhow::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let shutdown = async { drop(stopped.await) };
        serve::serve(listener, router, Limits::default(), shutdown).await
    });
    let mut asking = JoinSet::new();
    let began = Instant::now();
    for some in codes.chunks(codes.len().div_ceil(CONNECTIONS)) {
        let (some, token) = (some.to_vec(), token.to_owned());
        asking.spawn(async move { ask_some(port, path, &token, &some).await });
    }
    let mut allowed = 0;
    while let Some(one) = asking.join_next().await {
        allowed += one??;
    }
    let rate = rate(codes.len(), began);
    ensure!(
        allowed == codes.len(),
        "{allowed} of {} allowed",
        codes.len()
    );
    let _ = stop.send(());
    serving.await?;
    Ok(rate)
}

async fn ask_some(port: u16, path: &str, token: &str, codes: &[String]) -> anyhow::Result<usize> {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await?);
    stream.get_ref().set_nodelay(true)?;
    let mut allowed = 0;
    for code in codes {
        let body = json!({ "code": code }).to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let answer = answer(&mut stream).await?;
        allowed += usize::from(answer.contains(r#""answer":"allowed""#));
    }
    Ok(allowed)
}

/// The body of an answer that says how long it is.
async fn answer(stream: &mut BufReader<TcpStream>) -> anyhow::Result<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(String::from_utf8(body)?)
}

#[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
fn rate(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}
