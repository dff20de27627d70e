//! `escale wallet`: a passport in a folder, for programs, tests, and people without a
//! phone who have a computer.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use app::{Clock as _, Entropy as _};
use client::{Fetch as _, HttpFetch, Rules};
use seal::{Jwk, SecretKey, holder, keyfile};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::{EntityId, Sha256Hash, qr};
use zeroize::Zeroizing;

use crate::cli::{Wallet, WalletEnrol, WalletPresent, WalletShow};
use crate::environment::{SystemClock, SystemEntropy};
use crate::output;

const KEY_FILE: &str = "holder.jwk";
const PASSPORT_FILE: &str = "passport.json";

/// The most bytes of an answer to an enrolment.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

/// What a wallet keeps beside its key.
#[derive(Serialize, Deserialize)]
struct Kept {
    home: EntityId,
    passport: String,
}

pub(crate) async fn wallet(wallet: Wallet) -> anyhow::Result<ExitCode> {
    match wallet {
        Wallet::Enrol(args) => enrol(&args).await?,
        Wallet::Show(args) => show(&args)?,
        Wallet::Present(args) => present(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes a key, and has the home's passport for it. A key that is there already is
/// used again, so that a lost answer is asked for once more.
async fn enrol(args: &WalletEnrol) -> anyhow::Result<()> {
    let dir = &args.wallet.dir;
    let passport_path = dir.join(PASSPORT_FILE);
    if passport_path.exists() {
        bail!("{} holds a passport already", dir.display());
    }
    std::fs::create_dir_all(dir).with_context(|| format!("{}", dir.display()))?;
    let key_path = dir.join(KEY_FILE);
    if !key_path.exists() {
        let mut seed = Zeroizing::new([0; 32]);
        SystemEntropy.fill(seed.as_mut_slice())?;
        keyfile::create(&key_path, &SecretKey::from_seed(&seed))?;
    }
    let key = keyfile::load(&key_path)?;
    let body = json!({ "code": args.code, "jwk": holder_jwk(&key)? });
    let rules = Rules {
        allow_loopback: args.home.is_loopback(),
        ..Rules::default()
    };
    let request = client::Request {
        entity: args.home.clone(),
        path: "/api/v1/enrol".to_owned(),
        body: Some((serde_json::to_vec(&body)?, "application/json")),
        media_type: "application/json",
        body_bytes_max: ANSWER_BYTES_MAX,
    };
    let answer = HttpFetch::new(rules)?.fetch(request).await;
    let answer: Value = serde_json::from_slice(&answer.context("no passport was given")?)?;
    let passport = answer
        .get("passport")
        .and_then(Value::as_str)
        .context("no passport")?;
    let kept = Kept {
        home: args.home.clone(),
        passport: passport.to_owned(),
    };
    std::fs::write(&passport_path, serde_json::to_vec_pretty(&kept)?)?;
    output::line(format!("The passport is in {}.", dir.display()));
    Ok(())
}

/// The members of the key that a passport needs, and no more: a code is small.
fn holder_jwk(key: &SecretKey) -> anyhow::Result<Value> {
    let jwk = Jwk::from(key.public());
    let x = jwk.x.context("no key")?;
    Ok(json!({ "kty": "OKP", "crv": "Ed25519", "x": x }))
}

fn load(dir: &Path) -> anyhow::Result<(Kept, SecretKey)> {
    let path = dir.join(PASSPORT_FILE);
    let bytes = std::fs::read(&path).with_context(|| format!("{}", path.display()))?;
    let kept = serde_json::from_slice(&bytes).with_context(|| format!("{}", path.display()))?;
    Ok((kept, keyfile::load(&dir.join(KEY_FILE))?))
}

fn show(args: &WalletShow) -> anyhow::Result<()> {
    let (kept, _) = load(&args.wallet.dir)?;
    let claims = kept.passport.split('.').nth(1).context("not a passport")?;
    let claims: Value = serde_json::from_slice(&seal::base64url::decode(claims)?)?;
    output::line(serde_json::to_string_pretty(&claims)?);
    Ok(())
}

/// Prints the code that a desk scans: for this host, now, once.
fn present(args: &WalletPresent) -> anyhow::Result<()> {
    let (kept, key) = load(&args.wallet.dir)?;
    let mut nonce = [0; 16];
    SystemEntropy.fill(&mut nonce)?;
    let passport = format!("{}~", kept.passport);
    let claims = json!({
        "aud": args.host,
        "iat": SystemClock.now(),
        "nonce": seal::base64url::encode(&nonce),
        "sd_hash": Sha256Hash::of(&[passport.as_bytes()]),
    });
    let presentation = format!("{passport}{}", holder::sign_key_binding(&claims, &key));
    output::line(qr::encode(&presentation).context("the passport does not fit a code")?);
    Ok(())
}
