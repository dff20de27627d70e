//! How many records of a partner's feed are verified and durably committed a
//! second, beside how many bare signatures `verify_strict` judges.
//!
//! ```text
//! cargo run --release -p node --example bench_pull [RECORDS]
//! ```
//!
//! Both are measured in one process, one after the other, three times each; what
//! counts is the ratio of the medians.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures time, and draws its keys where it stands"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use app::{App, Clock, Entropy, EntropyError, FoundingPapers, Identity, SpaceText};
use seal::SecretKey;
use store::{MemoryStore, Store};
use store_sled::{Options, SledStore};
use wire::feed::{PAGE_RECORDS_MAX, Page};
use wire::label::{Charter, Overdraw, Roaming, Settlement};
use wire::space::{Formula, FormulaUnit, Profile};
use wire::trust::NodeRole;
use wire::{Cents, EntityId, LocalText, Timestamp};

const RECORDS_DEFAULT: i64 = 3_000;
const TURNS: usize = 3;

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000)
    }
}

#[derive(Debug)]
struct Random;

impl Entropy for Random {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|_| EntropyError)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let records = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => RECORDS_DEFAULT,
    };
    let (coordinator, space) = network().await?;
    let price = |cents| SpaceText {
        formulas: BTreeMap::from([("day".to_owned(), formula(cents))]),
        ..space_text()
    };
    for cents in 1..=records {
        space.publish_space(&price(cents)).await?;
    }
    let author = space.identity().entity.clone();
    let label = pages(&coordinator, &coordinator.identity().entity).await?;
    let feed = pages(&space, &author).await?;
    let count: usize = feed.iter().map(|page| page.records.len()).sum();
    let mut rates = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        rates.0.push(bare(&space, &feed)?);
        rates
            .1
            .push(pulled(&coordinator, &label, &author, &feed).await?);
    }
    let (bare, pulled) = (median(rates.0), median(rates.1));
    println!("records: {count}");
    println!("bare verify_strict: {bare:.0} a second");
    println!("records verified and durably committed: {pulled:.0} a second");
    println!("ratio {:.2}", pulled / bare);
    Ok(())
}

/// A coordinator and a space that it admitted, in memory.
async fn network() -> anyhow::Result<(App, App)> {
    let root = key()?;
    let coordinator_id = EntityId::parse("https://label.example")?;
    let space_id = EntityId::parse("https://le-mug.example")?;
    let identity = |entity: &EntityId, role| -> anyhow::Result<Identity> {
        Ok(Identity {
            entity: entity.clone(),
            role,
            coordinator: coordinator_id.clone(),
            root: root.public().clone(),
            fed: app::Keys::only(key()?),
            ops: app::Keys::only(key()?),
        })
    };
    let unfounded = |identity| {
        App::unfounded(
            Arc::new(MemoryStore::new()),
            identity,
            Arc::new(Stopped),
            Arc::new(Random),
        )
    };
    let identity_of_label = identity(&coordinator_id, NodeRole::Coordinator)?;
    let anchor = App::make_anchor(
        &coordinator_id,
        &[identity_of_label.fed.public().clone()],
        &root,
        Stopped.now(),
    )?;
    let charter = Charter {
        url: coordinator_id.url_of("/charter"),
        name: LocalText {
            fr: Some("Label".to_owned()),
            en: None,
        },
        version: 1,
        roaming: Roaming {
            half_days_per_month: 4,
            settlement: Settlement::Reciprocal,
            overdraw: Overdraw::Carried,
        },
        criteria: Vec::new(),
    };
    let papers = FoundingPapers::Coordinator {
        anchor: Box::new(anchor),
        charter: Box::new(charter),
    };
    let coordinator = unfounded(identity_of_label).found(papers).await?;
    let invitation = Box::new(coordinator.invite(&space_id).await?);
    let space = unfounded(identity(&space_id, NodeRole::Space)?);
    let space = space.found(FoundingPapers::Space { invitation }).await?;
    let (join, _) = space.make_join().await?.context("nothing to join")?;
    coordinator.answer_join(&serde_json::to_vec(&join)?).await?;
    Ok((coordinator, space))
}

fn key() -> anyhow::Result<SecretKey> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(SecretKey::from_seed(&seed))
}

fn space_text() -> SpaceText {
    let profile = Profile {
        name: "Le Mug".to_owned(),
        village: "Chambéry".to_owned(),
        address: None,
        about: None,
        latitude_e6: None,
        longitude_e6: None,
        area_m2: Some(150),
        amenities: Vec::new(),
        is_example: true,
    };
    SpaceText {
        profile,
        opening_hours: None,
        formulas: BTreeMap::new(),
    }
}

fn formula(cents: i64) -> Formula {
    Formula {
        unit: FormulaUnit::Day,
        price_cents: Cents(cents),
        includes: None,
        is_example: true,
    }
}

/// A node's copy of a feed, as it would be sent.
async fn pages(app: &App, author: &EntityId) -> anyhow::Result<Vec<Page>> {
    let mut pages = Vec::new();
    let mut after = 0;
    loop {
        let page = app.feed_page(author, 1, after, PAGE_RECORDS_MAX).await?;
        if page.records.is_empty() {
            return Ok(pages);
        }
        after += page.records.len() as u64;
        pages.push(page);
    }
}

/// Signatures a second, and nothing else.
fn bare(space: &App, feed: &[Page]) -> anyhow::Result<f64> {
    let key = space.identity().ops.public();
    let signed: Vec<(&str, Vec<u8>)> = feed
        .iter()
        .flat_map(|page| &page.records)
        .map(|sent| {
            let (signed, signature) = sent.record.rsplit_once('.').context("not compact")?;
            Ok((signed, seal::base64url::decode(signature)?))
        })
        .collect::<anyhow::Result<_>>()?;
    let began = Instant::now();
    for (signed, signature) in &signed {
        key.verify(signed.as_bytes(), signature)?;
    }
    Ok(rate(signed.len(), began))
}

/// Records a second from the bytes of a page to a durable commit in sled.
async fn pulled(
    coordinator: &App,
    label: &[Page],
    author: &EntityId,
    feed: &[Page],
) -> anyhow::Result<f64> {
    let dir = tempfile::tempdir()?;
    let folder = dir.path().join("store");
    SledStore::create(&folder)?;
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&folder, Options::default())?);
    let of_label = coordinator.identity();
    let entity = EntityId::parse("https://reader.example")?;
    let invitation = Box::new(coordinator.invite(&entity).await?);
    let identity = Identity {
        entity,
        role: NodeRole::Space,
        coordinator: of_label.entity.clone(),
        root: of_label.root.clone(),
        fed: app::Keys::only(key()?),
        ops: app::Keys::only(key()?),
    };
    let reader = App::unfounded(store, identity, Arc::new(Stopped), Arc::new(Random));
    let reader = reader.found(FoundingPapers::Space { invitation }).await?;
    for page in label {
        reader
            .take_page(&of_label.entity, &serde_json::to_vec(page)?)
            .await?;
    }
    let bytes = feed
        .iter()
        .map(serde_json::to_vec)
        .collect::<Result<Vec<_>, _>>()?;
    let count: usize = feed.iter().map(|page| page.records.len()).sum();
    let began = Instant::now();
    for page in &bytes {
        reader.take_page(author, page).await?;
    }
    let rate = rate(count, began);
    let held: usize = pages(&reader, author)
        .await?
        .iter()
        .map(|page| page.records.len())
        .sum();
    ensure!(held == count, "{held} of {count} records are there");
    Ok(rate)
}

#[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
fn rate(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}
