//! `escale wallet`: passports in a folder, for programs, tests, and people without a
//! phone who have a computer.
//!
//! **Invariant:** keys are on disk before their public parts are sent, and the passports
//! that are there are replaced in one step: whatever breaks off can be done again.
//!
//! **Invariant:** which host has which passport is on disk before a code is printed.

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

const PASSPORT_FILE: &str = "passport.json";

/// The most bytes of an answer: the visits of thirteen months are the most.
const ANSWER_BYTES_MAX: usize = 512 * 1024;

/// What a wallet keeps beside its keys.
#[derive(Serialize, Deserialize)]
struct Kept {
    home: EntityId,
    /// The number of the batch, from 1: in the names of its keys' files.
    batch: u64,
    passports: Vec<Carried>,
}

/// A passport of a batch.
#[derive(Serialize, Deserialize)]
struct Carried {
    /// As the home gave it, with its disclosures.
    passport: String,
    /// The file of the key that it names.
    key: String,
    /// The hosts that have seen it: one, while another is left.
    hosts: Vec<EntityId>,
    /// When it was shown last; never is 0.
    shown_at: i64,
}

impl Carried {
    /// The compact form, and what can be disclosed, by name.
    fn parts(&self) -> (&str, Vec<(String, &str)>) {
        let mut parts = self.passport.split_terminator('~');
        let compact = parts.next().unwrap_or_default();
        let disclosures = parts.filter_map(|it| Some((name_of(it)?, it)));
        (compact, disclosures.collect())
    }
}

/// What a disclosure is of.
fn name_of(disclosure: &str) -> Option<String> {
    let text = seal::base64url::decode(disclosure).ok()?;
    let members: Vec<Value> = serde_json::from_slice(&text).ok()?;
    Some(members.get(1)?.as_str()?.to_owned())
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

/// Makes keys, and has the home's passports for them. Keys that are there already are
/// used again, so that a lost answer is asked for once more.
async fn enrol(args: &WalletEnrol) -> anyhow::Result<()> {
    let dir = &args.wallet.dir;
    if dir.join(PASSPORT_FILE).exists() {
        bail!("{} holds passports already", dir.display());
    }
    std::fs::create_dir_all(dir).with_context(|| format!("{}", dir.display()))?;
    let jwks = keys_of(dir, 1)?;
    let body = json!({ "code": args.code, "jwks": jwks });
    let passports = ask(&args.home, "/api/v1/enrol", &body, None).await?;
    keep(dir, &batch_of(&args.home, 1, passports))?;
    output::line(format!("The passports are in {}.", dir.display()));
    Ok(())
}

/// Has new passports with new keys. The old keys go when the new passports are there.
async fn renew(args: &WalletShow) -> anyhow::Result<()> {
    let dir = &args.wallet.dir;
    let kept = load(dir)?;
    let next = kept.batch + 1;
    let jwks = keys_of(dir, next)?;
    let shown = to_the_home(dir, &kept)?;
    let body = json!({ "jwks": jwks });
    let path = format!("{MEMBER_PATH}/renew");
    let passports = ask(&kept.home, &path, &body, Some(shown)).await?;
    keep(dir, &batch_of(&kept.home, next, passports))?;
    for old in &kept.passports {
        std::fs::remove_file(dir.join(&old.key)).context("an old key")?;
    }
    output::line(format!("The new passports are in {}.", dir.display()));
    Ok(())
}

/// The public keys of a batch, which are made if they are not there.
fn keys_of(dir: &Path, batch: u64) -> anyhow::Result<Vec<Value>> {
    let keys = (1..=app::BATCH_MAX).map(|number| key_in(dir, &key_file(batch, number)));
    keys.map(|key| holder_jwk(&key?)).collect()
}

fn key_file(batch: u64, number: usize) -> String {
    format!("holder-{batch}-{number}.jwk")
}

/// Passports that came, each with its key, and seen by nobody.
fn batch_of(home: &EntityId, batch: u64, passports: Vec<String>) -> Kept {
    let carried = |(at, passport)| Carried {
        passport,
        key: key_file(batch, at + 1),
        hosts: Vec::new(),
        shown_at: 0,
    };
    Kept {
        home: home.clone(),
        batch,
        passports: passports.into_iter().enumerate().map(carried).collect(),
    }
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

/// Asks a home for passports.
async fn ask(
    home: &EntityId,
    path: &str,
    body: &Value,
    authorization: Option<String>,
) -> anyhow::Result<Vec<String>> {
    let body = Some((serde_json::to_vec(body)?, "application/json"));
    let answer = fetch(home, path, body, authorization).await;
    let answer = answer.context("no passport was given")?;
    let passports = answer.get("passports").cloned().context("no passports")?;
    serde_json::from_value(passports).context("no passports")
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
    let kept = load(dir)?;
    let authorization = Some(to_the_home(dir, &kept)?);
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

/// Puts passports in place of what was there.
fn keep(dir: &Path, kept: &Kept) -> anyhow::Result<()> {
    let (path, part) = (dir.join(PASSPORT_FILE), dir.join("passport.json.part"));
    let written = std::fs::write(&part, serde_json::to_vec_pretty(kept)?)
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

fn load(dir: &Path) -> anyhow::Result<Kept> {
    let path = dir.join(PASSPORT_FILE);
    let bytes = std::fs::read(&path).with_context(|| format!("{}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{}", path.display()))
}

/// What the passports say, which is the same in each but for key, place and digests.
fn show(args: &WalletShow) -> anyhow::Result<()> {
    let kept = load(&args.wallet.dir)?;
    let first = kept.passports.first().context("no passport")?;
    let claims = first.passport.split('.').nth(1).context("not a passport")?;
    let claims: Value = serde_json::from_slice(&seal::base64url::decode(claims)?)?;
    output::line(serde_json::to_string_pretty(&claims)?);
    Ok(())
}

/// Prints the code that a desk scans: for this host, now, once.
fn present(args: &WalletPresent) -> anyhow::Result<()> {
    let dir = &args.wallet.dir;
    let mut kept = load(dir)?;
    let clock = SystemClock::ahead_by(args.clock_ahead);
    let mine = own(&mut kept.passports, &args.host)?;
    mine.shown_at = clock.now().0;
    let names: Vec<&str> = args.disclose.iter().map(|it| it.name()).collect();
    let shown = Showing {
        to: args.host.as_str(),
        names: &names,
        challenge: args.challenge.as_deref(),
        clock,
    };
    let presentation = sign(dir, mine, &shown)?;
    if mine.hosts.len() > 1 {
        output::note("Another space has seen this passport; `escale wallet renew` gets new ones.");
    }
    keep(dir, &kept)?;
    output::line(qr::encode(&presentation).context("the passport does not fit a code")?);
    Ok(())
}

/// The passport of a host: the one that it has, else one that nobody has seen, else the
/// one that was shown longest ago.
fn own<'a>(held: &'a mut [Carried], host: &EntityId) -> anyhow::Result<&'a mut Carried> {
    let place = |it: &Carried| {
        let has_it = it.hosts.contains(host);
        (!has_it, !it.hosts.is_empty(), it.shown_at)
    };
    let mine = held.iter_mut().min_by_key(|it| place(it));
    let mine = mine.context("no passport")?;
    if !mine.hosts.contains(host) {
        mine.hosts.push(host.clone());
    }
    Ok(mine)
}

/// How a passport is shown.
struct Showing<'a> {
    to: &'a str,
    /// What is disclosed.
    names: &'a [&'a str],
    /// The number that the desk shows.
    challenge: Option<&'a str>,
    clock: SystemClock,
}

/// The value of `Authorization` by which the home is asked.
fn to_the_home(dir: &Path, kept: &Kept) -> anyhow::Result<String> {
    let audience = kept.home.url_of(MEMBER_PATH);
    let first = kept.passports.first().context("no passport")?;
    let showing = Showing {
        to: &audience,
        names: &[],
        challenge: None,
        clock: SystemClock::default(),
    };
    Ok(format!("Passport {}", sign(dir, first, &showing)?))
}

/// So many random bytes in base64url.
fn chance<const BYTES: usize>() -> anyhow::Result<String> {
    let mut bytes = [0; BYTES];
    SystemEntropy.fill(&mut bytes)?;
    Ok(seal::base64url::encode(&bytes))
}

/// A passport with what is disclosed and a key binding for somebody, now.
fn sign(dir: &Path, carried: &Carried, showing: &Showing<'_>) -> anyhow::Result<String> {
    let key = keyfile::load(&dir.join(&carried.key))?;
    let nonce = match showing.challenge {
        // As long as without it, and so is the code.
        Some(challenge) => format!("{challenge}.{}", chance::<11>()?),
        None => chance::<16>()?,
    };
    let (compact, disclosures) = carried.parts();
    let mut shown = format!("{compact}~");
    for (name, disclosure) in disclosures {
        if showing.names.contains(&name.as_str()) {
            shown.push_str(disclosure);
            shown.push('~');
        }
    }
    let claims = json!({
        "aud": showing.to,
        "iat": showing.clock.now(),
        "nonce": nonce,
        "sd_hash": Sha256Hash::of(&[shown.as_bytes()]),
    });
    let binding = holder::sign_key_binding(&claims, &key);
    Ok(format!("{shown}{binding}"))
}
