//! A visit from the door to the accounts of the home, with the home down, and a host that
//! lies.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value that is indexed by a name gives null, not a panic"
)]

use anyhow::{Context as _, ensure};
use client::{Fetch as _, HttpFetch, Request, Rules};
use seal::{KeySet, Sealed, SecretKey, keyfile};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wire::receipt::{RECEIPT_KIND, Receipt, ReceiptBody};
use wire::request::{self, ANSWER_MEDIA_TYPE, REQUEST_MEDIA_TYPE, REQUEST_SECONDS_MAX};
use wire::{EntityId, qr};

use super::passports::{Desk, Enrolled, enrol, present};
use super::setup::answers;
use crate::config::Config;
use crate::demo::facts::{HOME, HOST};
use crate::demo::judge::{post, until};
use crate::demo::network::Network;
use crate::demo::processes::{arg, escale_json};
use crate::environment::{SystemClock, SystemEntropy};

/// How often one receipt is sent.
const TIMES: usize = 100;

/// How many of them at once.
const AT_ONCE: usize = 10;

/// The half-day before the boundary, as nodes write it.
const MORNING: &str = "morning";

/// The most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// A visit that has ended.
pub(crate) struct Ended {
    member: Enrolled,
    visit: String,
    op: String,
    presentation: String,
}

/// What an answer says.
type Said = (String, Option<String>);

/// The home is down; a member comes to the host, works, leaves. The host is started anew,
/// then the home: the receipt arrives once.
pub(crate) async fn while_home_is_down(network: &mut Network) -> anyhow::Result<(Ended, String)> {
    let member = enrol(network, "Maxence", None).await?;
    let desk = Desk::open(network, HOST).await?;
    ensure!(membership(&member).await?["roaming"]["left"] == json!(4));
    network.space_mut(HOME)?.stop().await?;
    let came = half_now()?;
    let code = present(&member.wallet, &desk.entity).await?;
    let said = desk.judge(&code).await?;
    ensure!(said["answer"] == json!("allowed"), "{said}");
    let visit = said["visit"].as_str().context("no visit began")?.to_owned();
    let (host, _) = network.space(HOST)?;
    let dir = arg(&host.dir)?.to_owned();
    let here = escale_json(&["visit", "here", "--dir", &dir, "--json"]).await?;
    let names: Vec<_> = rows(&here).map(|row| &row["name"]).collect();
    ensure!(names.contains(&&json!("Maxence")), "{here} is here");
    let path = format!("/api/v1/visits/{visit}/leave");
    let left = post(&desk.entity, &path, &desk.token, &json!({})).await?;
    // Where noon passes meanwhile, both are right.
    let mut right = vec![came];
    right.extend(Some(half_now()?).filter(|went| came == MORNING && *went != MORNING));
    let (counted, right) = (right.len() as u64, json!(right));
    ensure!(left["half_days"] == right, "{left}, not {right}");
    // It is tried, in vain, and the operator sees why.
    until(|| async {
        let waiting = outbox(&dir).await?;
        let is_seen = rows(&waiting).any(|row| row["why"].is_string());
        ensure!(is_seen, "{waiting} waits, and nothing says why");
        Ok(())
    })
    .await?;
    let waiting = outbox(&dir).await?;
    let op = rows(&waiting).find_map(|row| row["op"].as_str());
    let op = op.context("nothing waits")?.to_owned();
    let host = network.space_mut(HOST)?;
    host.kill().await?;
    host.start()?;
    let (host, _) = network.space(HOST)?;
    answers(network, host).await?;
    ensure!(rows(&outbox(&dir).await?).any(|row| row["op"] == json!(op)));
    network.space_mut(HOME)?.start()?;
    let (home, _) = network.space(HOME)?;
    answers(network, home).await?;
    until(|| async {
        let waiting = outbox(&dir).await?;
        ensure!(rows(&waiting).next().is_none(), "{waiting} still waits");
        Ok(())
    })
    .await?;
    counts(&member, 4 - counted, 1).await?;
    let taken = membership(&member).await?["visits"].clone();
    ensure!(taken[0]["half_days"] == right, "{taken}, not {right}");
    let row = row_of(&dir, &visit).await?;
    let is_so = row["receipt"] == json!("accepted") && row["half_days"] == right;
    ensure!(is_so, "the host's visits say {row}");
    let presentation = qr::decode(&code)?;
    let ended = Ended {
        member,
        visit,
        op,
        presentation,
    };
    let said = format!(
        "the receipt waited in the outbox through a kill of the host, and arrived once: \
         {counted} of 4 half-days used, at home and at the host"
    );
    Ok((ended, said))
}

/// The same receipt a hundred times, another body under its name, one without proof.
pub(crate) async fn host_that_lies(network: &mut Network, ended: &Ended) -> anyhow::Result<String> {
    let liar = Liar::of(network)?;
    let left = membership(&ended.member).await?["roaming"]["left"].clone();
    let left = left.as_u64().context("nothing is left")?;
    let (host, _) = network.space(HOST)?;
    let dir = arg(&host.dir)?;
    let args = ["visit", "receipt", &ended.visit, "--dir", dir, "--json"];
    let receipts = escale_json(&args).await?;
    let receipt = receipts[0]["receipt"].as_str().context("no receipt")?;
    let body = ReceiptBody {
        receipt: receipt.to_owned(),
        proof: ended.presentation.clone(),
    };
    liar.ask_often(&ended.op, &body, TIMES / 2).await?;
    let home = network.space_mut(HOME)?;
    home.kill().await?;
    home.start()?;
    let (home, _) = network.space(HOME)?;
    answers(network, home).await?;
    liar.ask_often(&ended.op, &body, TIMES / 2).await?;
    counts(&ended.member, left, 1).await?;
    asks_otherwise(network, ended, &liar, &body).await?;
    proves_nothing(ended, &liar, receipt).await?;
    counts(&ended.member, left, 1).await?;
    Ok(format!(
        "{TIMES} times, {AT_ONCE} at once, through a kill of the home: counted once; another \
         body is a conflict and kept; an attempt sent again, no proof, a used one: refused"
    ))
}

/// Another body under a name that was used, and an attempt that was answered.
async fn asks_otherwise(
    network: &Network,
    ended: &Ended,
    liar: &Liar,
    body: &ReceiptBody,
) -> anyhow::Result<()> {
    let other = ReceiptBody {
        proof: format!("{}x", ended.presentation),
        ..body.clone()
    };
    let said = liar.ask(&ended.op, &other).await?;
    ensure!(said == refused("conflict"), "another body: {said:?}");
    let (home, _) = network.space(HOME)?;
    let args = ["outbox", "conflicts", "--dir", arg(&home.dir)?, "--json"];
    let kept = escale_json(&args).await?;
    let is_kept = rows(&kept).any(|row| row["op"] == json!(ended.op) && row["other"].is_string());
    ensure!(is_kept, "{kept} is kept of the conflict");
    let captured = liar.sign(&ended.op, body)?;
    send(captured.clone()).await?;
    let again = send(captured).await.err().context("answered twice")?;
    let again = again.to_string();
    ensure!(
        again.contains("request_replayed"),
        "the same attempt: {again}"
    );
    Ok(())
}

/// A receipt without proof, and one with a proof that stands for another.
async fn proves_nothing(ended: &Ended, liar: &Liar, receipt: &str) -> anyhow::Result<()> {
    let own = KeySet::only(liar.ops.public().clone());
    let real = Sealed::<Receipt>::parse(receipt)?.open(&own)?.into_inner();
    let forged = Receipt {
        id: fresh()?,
        ..real
    };
    let forged = seal::sign(forged, &liar.ops)?;
    let without = ReceiptBody {
        receipt: forged.as_str().to_owned(),
        proof: String::new(),
    };
    let said = liar.ask(&fresh()?, &without).await?;
    ensure!(said == refused("no_proof"), "without proof: {said:?}");
    let twice = ReceiptBody {
        proof: ended.presentation.clone(),
        ..without
    };
    let said = liar.ask(&fresh()?, &twice).await?;
    ensure!(
        said == refused("proof_used"),
        "a proof used twice: {said:?}"
    );
    Ok(())
}

/// A steward says that there was no visit: a credit takes the receipt back.
pub(crate) async fn corrected(network: &Network, ended: &Ended) -> anyhow::Result<String> {
    let (host, _) = network.space(HOST)?;
    let dir = arg(&host.dir)?;
    let args = [
        "visit",
        "correct",
        &ended.visit,
        "--not-here",
        "--dir",
        dir,
        "--json",
    ];
    escale_json(&args).await?;
    until(|| counts(&ended.member, 4, 1)).await?;
    let visits = membership(&ended.member).await?["visits"].clone();
    ensure!(visits[0]["credited"].is_object(), "{visits}");
    until(|| async {
        let waiting = outbox(dir).await?;
        ensure!(rows(&waiting).next().is_none(), "{waiting} still waits");
        Ok(())
    })
    .await?;
    Ok("taken back by a credit; the receipt stays, and four half-days are left again".to_owned())
}

/// What the home says of a member: so much is left, after so many receipts.
async fn counts(member: &Enrolled, left: u64, receipts: usize) -> anyhow::Result<()> {
    let said = membership(member).await?;
    let taken = said["visits"].as_array().map_or(0, Vec::len);
    let is_so = said["roaming"]["left"] == json!(left) && taken == receipts;
    ensure!(is_so, "{said}, not {left} left after {receipts}");
    Ok(())
}

/// What a member's own page shows.
async fn membership(member: &Enrolled) -> anyhow::Result<Value> {
    escale_json(&["wallet", "membership", "--dir", arg(&member.wallet)?]).await
}

async fn outbox(dir: &str) -> anyhow::Result<Value> {
    escale_json(&["outbox", "list", "--dir", dir, "--json"]).await
}

/// What the host's page of visits says of a visit.
async fn row_of(dir: &str, visit: &str) -> anyhow::Result<Value> {
    let visits = escale_json(&["visit", "list", "--dir", dir, "--json"]).await?;
    let row = rows(&visits).find(|row| row["visit"] == json!(visit));
    row.cloned().context("the visit is not listed")
}

/// The half-day that it is by the clock in Grenoble, where the day is parted at 13:00: what
/// somebody counts who comes and leaves at once.
fn half_now() -> anyhow::Result<&'static str> {
    let now = app::Clock::now(&SystemClock::default());
    let there = jiff::Timestamp::from_second(now.0)?.in_tz("Europe/Paris")?;
    Ok(if there.hour() < 13 {
        MORNING
    } else {
        "afternoon"
    })
}

fn rows(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn refused(code: &str) -> Said {
    ("refused".to_owned(), Some(code.to_owned()))
}

fn fresh() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    app::Entropy::fill(&SystemEntropy, &mut bytes)?;
    Ok(seal::base64url::encode(&bytes))
}

/// Somebody who has the host's key.
struct Liar {
    from: EntityId,
    to: EntityId,
    ops: SecretKey,
}

impl Liar {
    fn of(network: &Network) -> anyhow::Result<Self> {
        let (host, _) = network.space(HOST)?;
        let (home, _) = network.space(HOME)?;
        let config = Config::load(&host.dir)?;
        Ok(Self {
            from: host.entity.clone(),
            to: home.entity.clone(),
            ops: keyfile::load(&config.ops_key)?,
        })
    }

    /// A request with a name of its own for this attempt.
    fn sign(&self, op: &str, body: &ReceiptBody) -> anyhow::Result<Request> {
        let now = app::Clock::now(&SystemClock::default());
        let request = request::Request {
            iss: self.from.clone(),
            aud: self.to.clone(),
            jti: fresh()?,
            iat: now,
            exp: now.plus_seconds(REQUEST_SECONDS_MAX),
            op: op.to_owned(),
            kind: RECEIPT_KIND.to_owned(),
            body: serde_json::to_value(body)?,
        };
        let text = seal::sign(request, &self.ops)?.as_str().to_owned();
        Ok(Request {
            entity: self.to.clone(),
            path: "/federation/v1/request".to_owned(),
            body: Some((text.into_bytes(), REQUEST_MEDIA_TYPE)),
            authorization: None,
            media_type: ANSWER_MEDIA_TYPE,
            body_bytes_max: ANSWER_BYTES_MAX,
        })
    }

    async fn ask(&self, op: &str, body: &ReceiptBody) -> anyhow::Result<Said> {
        send(self.sign(op, body)?).await
    }

    /// Asks the same so often, some at once; every answer must be that it is accepted.
    async fn ask_often(&self, op: &str, body: &ReceiptBody, times: usize) -> anyhow::Result<()> {
        let mut running = JoinSet::new();
        let mut answered = 0;
        for _ in 0..times {
            running.spawn(send(self.sign(op, body)?));
            if running.len() >= AT_ONCE
                && let Some(said) = running.join_next().await
            {
                answered += is_accepted(&said??)?;
            }
        }
        while let Some(said) = running.join_next().await {
            answered += is_accepted(&said??)?;
        }
        ensure!(answered == times, "{answered} of {times} were answered");
        Ok(())
    }
}

fn is_accepted(said: &Said) -> anyhow::Result<usize> {
    ensure!(said.0 == "accepted", "{said:?}");
    Ok(1)
}

/// Sends a request, and reads what the answer says.
async fn send(request: Request) -> anyhow::Result<Said> {
    let fetch = HttpFetch::new(Rules {
        allow_loopback: true,
        ..Rules::default()
    })?;
    let answer = fetch.fetch(request).await?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let claims = answer.split('.').nth(1).unwrap_or_default();
    let claims = seal::base64url::decode(claims).unwrap_or_default();
    let claims: Value = serde_json::from_slice(&claims).unwrap_or_default();
    let text = |name: &str| claims[name].as_str().map(str::to_owned);
    Ok((text("result").unwrap_or_default(), text("code")))
}
