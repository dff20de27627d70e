//! How many bytes on the disk a record of a partner's feed takes for each byte of its own,
//! after many of them and a day of single ones; and how long the store then takes to open.
//!
//! ```text
//! cargo run --release -p node --example bench_disk [RECORDS]
//! ```
//!
//! A record's own bytes are its compact form, its salt and its body. Half of the records
//! are events, each another; the others are revisions of 100 prices. They come in full
//! pages. The day after, one record comes each minute, and a newer head half a minute later.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures time, and draws its keys where it stands"
)]

#[path = "bench/world.rs"]
mod world;

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use app::{App, FoundingPapers, Identity, PullStep};
use seal::SecretKey;
use store::{MemoryStore, Store};
use store_sled::{Options, SledStore};
use wire::feed::{Body, Head, PAGE_RECORDS_MAX, Page, PageRecord, Record};
use wire::trust::NodeRole;
use wire::{EntityId, Sha256Hash, Timestamp};

use world::{NOW, Random, Stopped, charter};

const RECORDS_DEFAULT: u64 = 100_000;
const MINUTES_OF_A_DAY: i64 = 24 * 60;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let records = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => RECORDS_DEFAULT,
    };
    let dir = tempfile::tempdir()?;
    let folder = dir.path().join("store");
    SledStore::create(&folder)?;
    let store = Arc::new(SledStore::open(&folder, Options::default())?);
    let (mut author, reader) = network(Arc::clone(&store) as Arc<dyn Store>).await?;
    let mut own_bytes = 0;
    while author.seq < records {
        let room = usize::try_from(records - author.seq)?.min(PAGE_RECORDS_MAX);
        let page = author.page(room, NOW)?;
        own_bytes += own_bytes_of(&page);
        take(&reader, &author.entity, &page).await?;
    }
    say("after the records", author.seq, own_bytes, &folder)?;
    for minute in 1..=MINUTES_OF_A_DAY {
        let at = Timestamp(NOW.0 + 60 * minute);
        let page = author.page(1, at)?;
        own_bytes += own_bytes_of(&page);
        take(&reader, &author.entity, &page).await?;
        let page = author.page(0, Timestamp(at.0 + 30))?;
        take(&reader, &author.entity, &page).await?;
    }
    say("after the day", author.seq, own_bytes, &folder)?;
    let scanned = Instant::now();
    let held = held(&reader, &author.entity).await?;
    ensure!(held == author.seq, "{held} of {} are there", author.seq);
    println!("all read in {:.2} s", scanned.elapsed().as_secs_f64());
    drop(reader);
    drop(store);
    let opened = Instant::now();
    let store = SledStore::open(&folder, Options::default())?;
    println!("opened in {:.2} s", opened.elapsed().as_secs_f64());
    drop(store);
    say("after it was opened", author.seq, own_bytes, &folder)
}

/// What lies on the disk, beside what was to be kept.
#[expect(clippy::cast_precision_loss, reason = "bytes far below 2^52")]
fn say(when: &str, records: u64, own: u64, folder: &Path) -> anyhow::Result<()> {
    let held = bytes_in(folder)?;
    println!(
        "{when}: {records} records, {} of their own bytes each, {} on the disk, ratio {:.2}",
        own / records,
        held / records,
        held as f64 / own as f64
    );
    Ok(())
}

/// The bytes that a folder's files take on the disk.
fn bytes_in(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() {
            bytes_in(&entry.path())?
        } else {
            512 * metadata.blocks()
        };
    }
    Ok(bytes)
}

fn own_bytes_of(page: &Page) -> u64 {
    let bytes = |sent: &PageRecord| {
        let body = sent.body.as_ref().map_or(0, String::len);
        sent.record.len() + wire::feed::SALT_BYTES + body
    };
    page.records.iter().map(|sent| bytes(sent) as u64).sum()
}

async fn take(reader: &App, author: &EntityId, page: &Page) -> anyhow::Result<()> {
    let step = reader.take_page(author, &serde_json::to_vec(page)?).await?;
    let expected = PullStep::Complete(page.records.len());
    ensure!(step == expected, "{step:?}, not {expected:?}");
    Ok(())
}

/// How many records of a feed a node gives.
async fn held(app: &App, author: &EntityId) -> anyhow::Result<u64> {
    let mut after = 0;
    loop {
        let page = app.feed_page(author, 1, after, PAGE_RECORDS_MAX).await?;
        if page.records.is_empty() {
            return Ok(after);
        }
        after += page.records.len() as u64;
    }
}

/// Who writes a feed, and how far they are.
struct Author {
    entity: EntityId,
    ops: SecretKey,
    seq: u64,
    hash: Sha256Hash,
}

impl Author {
    /// The next records, and a head.
    fn page(&mut self, count: usize, at: Timestamp) -> anyhow::Result<Page> {
        let records = (0..count)
            .map(|_| self.record(at))
            .collect::<Result<_, _>>()?;
        let head = Head {
            iss: self.entity.clone(),
            epoch: 1,
            seq: self.seq,
            hash: self.hash,
            iat: at,
            exp: at.plus_seconds(86_400),
        };
        let head = seal::sign(head, &self.ops)?.as_str().to_owned();
        Ok(Page { head, records })
    }

    fn record(&mut self, at: Timestamp) -> anyhow::Result<PageRecord> {
        let seq = self.seq + 1;
        let (kind, id, rev, text) = if seq.is_multiple_of(2) {
            let text = format!(
                r#"{{"@type":"Event","uid":"atelier-{seq}@le-mug.example","title":"Atelier {seq}","start":"2026-11-27T18:00:00","duration":"PT2H","timeZone":"Europe/Paris","kind":"workshop"}}"#
            );
            ("event", format!("atelier-{seq}"), 1, text)
        } else {
            let text = format!(r#"{{"unit":"day","price_cents":{seq},"is_example":true}}"#);
            ("formula", format!("day-{}", seq % 200), 1 + seq / 200, text)
        };
        let mut salt = [0; wire::feed::SALT_BYTES];
        getrandom::fill(&mut salt)?;
        let body = Body { salt, text };
        let record = Record {
            iss: self.entity.clone(),
            epoch: 1,
            seq,
            prev: Some(self.hash),
            iat: at,
            kind: kind.to_owned(),
            id,
            rev,
            body_sha256: Some(body.digest()),
            removed: None,
        };
        let sealed = seal::sign(record, &self.ops)?;
        self.seq = seq;
        self.hash = Sha256Hash::of(&[sealed.as_str().as_bytes()]);
        Ok(PageRecord::new(sealed.as_str(), Some(&body)))
    }
}

fn seed() -> anyhow::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}

/// An author whom a coordinator has admitted, and a reader over this store that has read
/// both.
async fn network(store: Arc<dyn Store>) -> anyhow::Result<(Author, App)> {
    let root = SecretKey::from_seed(&seed()?);
    let coordinator_id = EntityId::parse("https://label.example")?;
    let unfounded = |entity: &EntityId, ops: [u8; 32], store: Arc<dyn Store>| {
        let role = if *entity == coordinator_id {
            NodeRole::Coordinator
        } else {
            NodeRole::Space
        };
        let identity = Identity {
            entity: entity.clone(),
            role,
            coordinator: coordinator_id.clone(),
            root: root.public().clone(),
            fed: app::Keys::only(SecretKey::from_seed(&seed()?)),
            ops: app::Keys::only(SecretKey::from_seed(&ops)),
        };
        anyhow::Ok(App::unfounded(
            store,
            identity,
            Arc::new(Stopped),
            Arc::new(Random),
        ))
    };
    let in_memory = || Arc::new(MemoryStore::new());
    let coordinator = unfounded(&coordinator_id, seed()?, in_memory())?;
    let fed = coordinator.identity().fed.public().clone();
    let papers = FoundingPapers::Coordinator {
        anchor: Box::new(App::make_anchor(&coordinator_id, &[fed], &root, NOW)?),
        charter: Box::new(charter(&coordinator_id)),
    };
    let coordinator = coordinator.found(papers).await?;
    let entity = EntityId::parse("https://le-mug.example")?;
    let ops = seed()?;
    let invitation = Box::new(coordinator.invite(&entity).await?);
    let space = unfounded(&entity, ops, in_memory())?;
    let space = space.found(FoundingPapers::Space { invitation }).await?;
    let (join, _) = space.make_join().await?.context("nothing to join")?;
    coordinator.answer_join(&serde_json::to_vec(&join)?).await?;
    let name = EntityId::parse("https://reader.example")?;
    let invitation = Box::new(coordinator.invite(&name).await?);
    let reader = unfounded(&name, seed()?, store)?;
    let reader = reader.found(FoundingPapers::Space { invitation }).await?;
    let first = space.feed_page(&entity, 1, 0, PAGE_RECORDS_MAX).await?;
    let label = coordinator.feed_page(&coordinator_id, 1, 0, PAGE_RECORDS_MAX);
    take(&reader, &coordinator_id, &label.await?).await?;
    take(&reader, &entity, &first).await?;
    let last = first.records.last().context("an empty feed")?;
    let author = Author {
        ops: SecretKey::from_seed(&ops),
        seq: first.records.len() as u64,
        hash: Sha256Hash::of(&[last.record.as_bytes()]),
        entity,
    };
    Ok((author, reader))
}
