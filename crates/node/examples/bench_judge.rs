//! How many presentations are opened and judged a second without a node around it, beside
//! the two bare signatures that each costs: what the form of passports costs by itself.
//!
//! ```text
//! cargo run --release -p node --example bench_judge [PRESENTATIONS]
//! ```
//!
//! Both are measured in one process, in turns; what counts is the ratio of the medians.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::time::Instant;

use anyhow::{Context as _, ensure};
use rules::freshness::Freshness;
use rules::passport::{Desk, DeskClock, Held, Verdict, judge};
use rules::trust::Standing;
use seal::{KeySet, PublicKey};
use testkit::{Label, START, Wallet};
use wire::passport::Presentation;
use wire::qr;
use wire::status_list::Statuses;

const PRESENTATIONS_DEFAULT: usize = 5_000;
const TURNS: usize = 5;
const SPACES: usize = 2;

/// A message and its signature, as bytes.
type Signed = (Vec<u8>, Vec<u8>);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let count = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => PRESENTATIONS_DEFAULT,
    };
    let label = Label::labelled(SPACES).await;
    let wallet = Wallet::enrol(label.space(1), "Camille", None).await;
    let home = KeySet::only(label.space(1).plan().ops().public().clone());
    let shown = wallet.show(label.space(0).entity(), START, "a showing of the bench");
    let shown = qr::decode(&shown)?;
    let holder = holder(&wallet.passport)?;
    let signed = signed(&shown)?;
    let (mut bare, mut judged) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let began = Instant::now();
        for _ in 0..count {
            verify(&signed, &home, &holder)?;
        }
        bare.push(rate(count, began));
        let began = Instant::now();
        for _ in 0..count {
            let verdict = open_and_judge(&shown, &home, &label)?;
            ensure!(matches!(verdict, Verdict::Allowed { .. }), "{verdict:?}");
        }
        judged.push(rate(count, began));
    }
    let (bare, judged) = (median(bare), median(judged));
    println!("two bare verify_strict: {bare:.0} a second");
    println!("presentations opened and judged, without a store: {judged:.0} a second");
    println!("ratio {:.2}", judged / bare);
    Ok(())
}

fn holder(passport: &str) -> anyhow::Result<PublicKey> {
    let claims = passport.split('.').nth(1).context("claims")?;
    let claims: serde_json::Value = serde_json::from_slice(&seal::base64url::decode(claims)?)?;
    let jwk = claims.pointer("/cnf/jwk").context("a holder's key")?;
    let jwk: seal::Jwk = serde_json::from_value(jwk.clone())?;
    Ok(PublicKey::try_from(&jwk)?)
}

/// What the home signed, and what the holder signed, taken apart beforehand.
fn signed(shown: &str) -> anyhow::Result<[Signed; 2]> {
    let (passport, binding) = shown.rsplit_once('~').context("a key binding")?;
    let passport = passport.split('~').next().context("a passport")?;
    let parts = |sealed: &str| {
        let (signed, signature) = sealed.rsplit_once('.').context("a signature")?;
        anyhow::Ok((signed.into(), seal::base64url::decode(signature)?))
    };
    Ok([parts(passport)?, parts(binding)?])
}

fn verify(signed: &[Signed; 2], home: &KeySet, holder: &PublicKey) -> anyhow::Result<()> {
    let home = home.iter().next().context("a key")?;
    for ((message, signature), key) in signed.iter().zip([home, holder]) {
        key.verify(message, signature)?;
    }
    Ok(())
}

fn open_and_judge(shown: &str, home: &KeySet, label: &Label) -> anyhow::Result<Verdict> {
    let shown = Presentation::parse(shown)?.open(home)?;
    let until = START.plus_seconds(60);
    let standing = Standing::Labelled { until };
    let statuses = Statuses::new(8_192);
    let held = Held {
        register_as_of: Some(START),
        host: &standing,
        home: &standing,
        home_freshness: Freshness::Fresh { as_of: START },
        statuses: Some((&statuses, until)),
        was_shown: false,
        used_here: 0,
        is_counted_now: false,
    };
    let desk = Desk {
        host: label.space(0).entity(),
        now: START,
        month: &shown.passport.roaming.period,
        clock: DeskClock::Good,
        challenge: rules::passport::Challenge::NotAsked,
    };
    Ok(judge(&shown, held, desk))
}

#[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
fn rate(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}
