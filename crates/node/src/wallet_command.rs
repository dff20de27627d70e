//! `escale wallet`: a passport in a folder, for programs, tests, and people without a
//! phone who have a computer.
//!
//! **Invariant:** a key is on disk before its public part is sent, and the passport that
//! is there is replaced in one step: whatever breaks off can be done again.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use app::{Clock as _, Entropy as _};
use client::{Fetch as _, HttpFetch, Rules};
use seal::{Jwk, SecretKey, holder, keyfile};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wire::passport::MEMBER_PATH;
use wire::{EntityId, Sha256Hash, qr};
use zeroize::Zeroizing;

use crate::cli::{Wallet, WalletEnrol, WalletGiveBack, WalletPresent, WalletRegister, WalletShow};
use crate::environment::{SystemClock, SystemEntropy};
use crate::output;

const FIRST_KEY_FILE: &str = "holder-1.jwk";
const PASSPORT_FILE: &str = "passport.json";

/// The most bytes of an answer: the visits of thirteen months are the most.
const ANSWER_BYTES_MAX: usize = 512 * 1024;

/// What a wallet keeps beside its key.
#[derive(Serialize, Deserialize)]
struct Kept {
    home: EntityId,
    passport: String,
    /// The file of the key that the passport names.
    key: String,
}

pub(crate) async fn wallet(wallet: Wallet) -> anyhow::Result<ExitCode> {
    match wallet {
        Wallet::Enrol(args) => enrol(&args).await?,
        Wallet::Show(args) => show(&args)?,
        Wallet::Present(args) => present(&args)?,
        Wallet::Renew(args) => renew(&args).await?,
        Wallet::Membership(args) => ask_home(&args.wallet.dir, MEMBER_PATH, None).await?,
        Wallet::Register(args) => register(&args).await?,
        Wallet::Registrations(args) => {
            ask_home(&args.wallet.dir, &registrations(), None).await?;
        }
        Wallet::GiveBack(args) => give_back(&args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes a key, and has the home's passport for it. A key that is there already is
/// used again, so that a lost answer is asked for once more.
async fn enrol(args: &WalletEnrol) -> anyhow::Result<()> {
    let dir = &args.wallet.dir;
    if dir.join(PASSPORT_FILE).exists() {
        bail!("{} holds a passport already", dir.display());
    }
    std::fs::create_dir_all(dir).with_context(|| format!("{}", dir.display()))?;
    let key = key_in(dir, FIRST_KEY_FILE)?;
    let body = json!({ "code": args.code, "jwk": holder_jwk(&key)? });
    let passport = ask(&args.home, "/api/v1/enrol", &body, None).await?;
    keep(dir, &args.home, passport, FIRST_KEY_FILE)?;
    output::line(format!("The passport is in {}.", dir.display()));
    Ok(())
}

/// Has a new passport with a new key. The old key goes when the new passport is there.
async fn renew(args: &WalletShow) -> anyhow::Result<()> {
    let dir = &args.wallet.dir;
    let (kept, key) = load(dir)?;
    let number = kept
        .key
        .strip_prefix("holder-")
        .and_then(|it| it.strip_suffix(".jwk"));
    let number: u64 = number
        .and_then(|it| it.parse().ok())
        .context("the key's name")?;
    let next_file = format!("holder-{}.jwk", number + 1);
    let next = key_in(dir, &next_file)?;
    let audience = kept.home.url_of(MEMBER_PATH);
    let shown = sign(&kept, &key, &audience, SystemClock::default())?;
    let body = json!({ "jwk": holder_jwk(&next)? });
    let path = format!("{MEMBER_PATH}/renew");
    let passport = ask(&kept.home, &path, &body, Some(format!("Passport {shown}"))).await?;
    keep(dir, &kept.home, passport, &next_file)?;
    std::fs::remove_file(dir.join(&kept.key)).context("the old key")?;
    output::line(format!("The new passport is in {}.", dir.display()));
    Ok(())
}

/// The key of that file, which is made if it is not there.
fn key_in(dir: &Path, file: &str) -> anyhow::Result<SecretKey> {
    let path = dir.join(file);
    if !path.exists() {
        let mut seed = Zeroizing::new([0; 32]);
        SystemEntropy.fill(seed.as_mut_slice())?;
        keyfile::create(&path, &SecretKey::from_seed(&seed))?;
    }
    Ok(keyfile::load(&path)?)
}

/// Asks a home for a passport.
async fn ask(
    home: &EntityId,
    path: &str,
    body: &Value,
    authorization: Option<String>,
) -> anyhow::Result<String> {
    let body = Some((serde_json::to_vec(body)?, "application/json"));
    let answer = fetch(home, path, body, authorization).await;
    let answer = answer.context("no passport was given")?;
    let passport = answer.get("passport").and_then(Value::as_str);
    Ok(passport.context("no passport")?.to_owned())
}

/// Asks a home for something.
async fn fetch(
    home: &EntityId,
    path: &str,
    body: Option<(Vec<u8>, &'static str)>,
    authorization: Option<String>,
) -> anyhow::Result<Value> {
    let rules = Rules {
        allow_loopback: home.is_loopback(),
        ..Rules::default()
    };
    let request = client::Request {
        entity: home.clone(),
        path: path.to_owned(),
        body,
        authorization,
        media_type: "application/json",
        body_bytes_max: ANSWER_BYTES_MAX,
    };
    let answer = HttpFetch::new(rules)?.fetch(request).await?;
    Ok(serde_json::from_slice(&answer)?)
}

/// Asks the home something about this member, and prints what it answers.
async fn ask_home(dir: &Path, path: &str, body: Option<&Value>) -> anyhow::Result<()> {
    let (kept, key) = load(dir)?;
    let audience = kept.home.url_of(MEMBER_PATH);
    let shown = sign(&kept, &key, &audience, SystemClock::default())?;
    let authorization = Some(format!("Passport {shown}"));
    let body = match body {
        Some(body) => Some((serde_json::to_vec(body)?, "application/json")),
        None => None,
    };
    let known = fetch(&kept.home, path, body, authorization).await;
    let known = known.context("the home does not do it")?;
    output::line(serde_json::to_string_pretty(&known)?);
    Ok(())
}

/// Where a member's registrations are.
fn registrations() -> String {
    format!("{MEMBER_PATH}/registrations")
}

async fn register(args: &WalletRegister) -> anyhow::Result<()> {
    let on = args.on.as_deref().map(crate::event_command::time);
    let mut wish = json!({ "uid": args.uid });
    if let (Value::Object(wish), Some(on)) = (&mut wish, on.transpose()?) {
        wish.insert("due".to_owned(), json!(on));
    }
    if let (Value::Object(wish), Some(name)) = (&mut wish, &args.name) {
        wish.insert("name".to_owned(), json!(name));
    }
    ask_home(&args.wallet.dir, &registrations(), Some(&wish)).await
}

async fn give_back(args: &WalletGiveBack) -> anyhow::Result<()> {
    // It stands in a path: nothing but what a registration is called may.
    let id = app::RegistrationId::parse(&args.registration);
    let id = id.with_context(|| format!("{} is no registration", args.registration))?;
    let path = format!("{}/{id}/cancel", registrations());
    ask_home(&args.wallet.dir, &path, Some(&json!({}))).await
}

/// Puts a passport in place of what was there.
fn keep(dir: &Path, home: &EntityId, passport: String, key: &str) -> anyhow::Result<()> {
    let kept = Kept {
        home: home.clone(),
        passport,
        key: key.to_owned(),
    };
    let (path, part) = (dir.join(PASSPORT_FILE), dir.join("passport.json.part"));
    let written = std::fs::write(&part, serde_json::to_vec_pretty(&kept)?)
        .and_then(|()| std::fs::File::open(&part)?.sync_all())
        .and_then(|()| std::fs::rename(&part, &path))
        .and_then(|()| std::fs::File::open(dir)?.sync_all());
    written.with_context(|| format!("{}", path.display()))
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
    let kept: Kept =
        serde_json::from_slice(&bytes).with_context(|| format!("{}", path.display()))?;
    let key = keyfile::load(&dir.join(&kept.key))?;
    Ok((kept, key))
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
    let clock = SystemClock::ahead_by(args.clock_ahead);
    let presentation = sign(&kept, &key, args.host.as_str(), clock)?;
    output::line(qr::encode(&presentation).context("the passport does not fit a code")?);
    Ok(())
}

/// The passport with a key binding for somebody, now.
fn sign(kept: &Kept, key: &SecretKey, to: &str, clock: SystemClock) -> anyhow::Result<String> {
    let mut nonce = [0; 16];
    SystemEntropy.fill(&mut nonce)?;
    let passport = format!("{}~", kept.passport);
    let claims = json!({
        "aud": to,
        "iat": clock.now(),
        "nonce": seal::base64url::encode(&nonce),
        "sd_hash": Sha256Hash::of(&[passport.as_bytes()]),
    });
    Ok(format!(
        "{passport}{}",
        holder::sign_key_binding(&claims, key)
    ))
}
