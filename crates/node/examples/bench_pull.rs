//! How many records of a partner's feed are pulled over HTTP on loopback, verified and
//! durably committed a second, beside how many bare signatures `verify_strict` judges on
//! one core.
//!
//! ```text
//! cargo run --release -p node --example bench_pull [RECORDS]
//! ```
//!
//! Both are measured in one process, one after the other, five times each; what counts is
//! the ratio of the medians. First everything is bound to one core: reader, committer, and
//! the thread that gives out the pages, which were made before. Then it has all. The last
//! ratio is of the time that the processor worked, waiting for the disk left out: it is the
//! same on a machine that does other things beside.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures time, and draws its keys where it stands"
)]

#[path = "bench/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use app::{App, FoundingPapers, Identity, PullStep, SpaceText};
use client::{Fetch as _, HttpFetch, Request, Rules};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};
use seal::SecretKey;
use store::{MemoryStore, Store};
use store_sled::{Options, SledStore};
use wire::feed::{PAGE_BYTES_MAX, PAGE_MEDIA_TYPE, PAGE_RECORDS_MAX, Page};
use wire::space::{Formula, FormulaUnit, Profile};
use wire::trust::NodeRole;
use wire::{Cents, EntityId};

use world::{NOW, Random, Stopped, charter};

const RECORDS_DEFAULT: i64 = 3_000;
const TURNS: usize = 5;

fn main() -> anyhow::Result<()> {
    let records = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => RECORDS_DEFAULT,
    };
    let all = sched_getaffinity(None)?;
    let mut first = CpuSet::new();
    let cores = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core));
    first.set(cores.clone().next().context("no core")?);
    let feed = runtime(1)?.block_on(Feed::published(records))?;
    let count: usize = feed.pages.iter().map(|page| page.records.len()).sum();
    println!("records: {count}");
    for (name, cores, threads) in [("one core", &first, 1), ("all cores", &all, cores.count())] {
        // What is started from here on inherits it.
        sched_setaffinity(None, cores)?;
        let mut turns = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            turns.0.push(bare(&feed)?);
            turns.1.push(runtime(threads)?.block_on(pulled(&feed))?);
        }
        let (bare, pulled) = (Speed::median(&turns.0), Speed::median(&turns.1));
        println!(
            "{name}: bare verify_strict: {:.0} a second",
            bare.by_the_clock
        );
        println!(
            "{name}: records verified and durably committed: {:.0} a second",
            pulled.by_the_clock
        );
        let ratio = pulled.by_the_clock / bare.by_the_clock;
        println!("{name}: ratio {ratio:.2}");
        let ratio = pulled.at_work / bare.at_work;
        println!("{name}: ratio {ratio:.2} of the processor's time alone");
    }
    Ok(())
}

fn runtime(threads: usize) -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(threads).enable_all().build()?)
}

/// A feed of many prices, as it would be sent, and who wrote it.
struct Feed {
    coordinator: App,
    space: App,
    label: Vec<Page>,
    pages: Vec<Page>,
}

impl Feed {
    async fn published(records: i64) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let name = format!("http://{}", listener.local_addr()?);
        let (coordinator, space) = network(&EntityId::parse(&name)?).await?;
        for cents in 1..=records {
            let text = SpaceText {
                formulas: BTreeMap::from([("day".to_owned(), formula(cents))]),
                ..space_text()
            };
            space.publish_space(&text).await?;
        }
        let label = pages(&coordinator, &coordinator.identity().entity).await?;
        let pages = pages(&space, &space.identity().entity).await?;
        let answers = pages.iter().map(answer).collect::<Result<Vec<_>, _>>()?;
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answers = answers.clone();
                std::thread::spawn(move || give(&stream, &answers));
            }
        });
        Ok(Self {
            coordinator,
            space,
            label,
            pages,
        })
    }
}

/// The bytes of an answer with this page.
fn answer(page: &Page) -> anyhow::Result<Vec<u8>> {
    let body = serde_json::to_vec(page)?;
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {PAGE_MEDIA_TYPE}\r\nContent-Length: {length}\r\n\r\n"
    );
    Ok([head.as_bytes(), &body].concat())
}

/// Gives out pages of which all but the last are full, as long as somebody asks.
fn give(stream: &TcpStream, answers: &[Vec<u8>]) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut lines = BufReader::new(stream).lines();
    let mut stream = stream;
    loop {
        let request = lines.next()?.ok()?;
        while !lines.next()?.ok()?.is_empty() {}
        let (_, after) = request.split_once("&after=")?;
        let after: usize = after.split(['&', ' ']).next()?.parse().ok()?;
        stream
            .write_all(answers.get(after / PAGE_RECORDS_MAX)?)
            .ok()?;
    }
}

/// A coordinator and a space that it admitted, in memory.
async fn network(space_id: &EntityId) -> anyhow::Result<(App, App)> {
    let root = key()?;
    let coordinator_id = EntityId::parse("https://label.example")?;
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
        NOW,
    )?;
    let papers = FoundingPapers::Coordinator {
        anchor: Box::new(anchor),
        charter: Box::new(charter(&coordinator_id)),
    };
    let coordinator = unfounded(identity_of_label).found(papers).await?;
    let invitation = Box::new(coordinator.invite(space_id).await?);
    let space = unfounded(identity(space_id, NodeRole::Space)?);
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
fn bare(feed: &Feed) -> anyhow::Result<Speed> {
    let key = feed.space.identity().ops.public();
    let signed: Vec<(&str, Vec<u8>)> = feed
        .pages
        .iter()
        .flat_map(|page| &page.records)
        .map(|sent| {
            let (signed, signature) = sent.record.rsplit_once('.').context("not compact")?;
            Ok((signed, seal::base64url::decode(signature)?))
        })
        .collect::<anyhow::Result<_>>()?;
    let began = Began::now();
    for (signed, signature) in &signed {
        key.verify(signed.as_bytes(), signature)?;
    }
    Ok(began.speed(signed.len()))
}

/// A node over a new store in sled that has read the label, and nothing of the feed.
async fn reader(feed: &Feed, store: Arc<dyn Store>) -> anyhow::Result<App> {
    let of_label = feed.coordinator.identity();
    let entity = EntityId::parse("https://reader.example")?;
    let invitation = Box::new(feed.coordinator.invite(&entity).await?);
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
    for page in &feed.label {
        let bytes = serde_json::to_vec(page)?;
        reader.take_page(&of_label.entity, &bytes).await?;
    }
    Ok(reader)
}

/// Records a second from asking for the first page to the last durable commit in sled.
async fn pulled(feed: &Feed) -> anyhow::Result<Speed> {
    let dir = tempfile::tempdir()?;
    let folder = dir.path().join("store");
    SledStore::create(&folder)?;
    let store = Arc::new(SledStore::open(&folder, Options::default())?);
    let reader = reader(feed, store).await?;
    let author = feed.space.identity().entity.clone();
    let count: usize = feed.pages.iter().map(|page| page.records.len()).sum();
    let rules = Rules {
        allow_loopback: true,
        ..Rules::default()
    };
    let fetch = HttpFetch::new(rules)?;
    let began = Began::now();
    loop {
        let request = Request {
            entity: author.clone(),
            path: reader.next_page_path(&author).await?,
            body: None,
            authorization: None,
            media_type: PAGE_MEDIA_TYPE,
            body_bytes_max: PAGE_BYTES_MAX,
        };
        let bytes = fetch.fetch(request).await?;
        if let PullStep::Complete(_) = reader.take_page(&author, &bytes).await? {
            break;
        }
    }
    let speed = began.speed(count);
    let held: usize = pages(&reader, &author)
        .await?
        .iter()
        .map(|page| page.records.len())
        .sum();
    ensure!(held == count, "{held} of {count} records are there");
    Ok(speed)
}

/// Records a second.
#[derive(Clone, Copy)]
struct Speed {
    by_the_clock: f64,
    /// Of seconds in which a processor worked for this process.
    at_work: f64,
}

impl Speed {
    fn median(turns: &[Self]) -> Self {
        let median = |of: fn(&Self) -> f64| {
            let mut speeds: Vec<_> = turns.iter().map(of).collect();
            speeds.sort_by(f64::total_cmp);
            speeds.get(speeds.len() / 2).copied().unwrap_or_default()
        };
        Self {
            by_the_clock: median(|it| it.by_the_clock),
            at_work: median(|it| it.at_work),
        }
    }
}

struct Began {
    clock: Instant,
    worked_seconds: f64,
}

impl Began {
    fn now() -> Self {
        Self {
            clock: Instant::now(),
            worked_seconds: worked_seconds(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
    fn speed(&self, count: usize) -> Speed {
        Speed {
            by_the_clock: count as f64 / self.clock.elapsed().as_secs_f64(),
            at_work: count as f64 / (worked_seconds() - self.worked_seconds),
        }
    }
}

/// How long processors have worked for this process.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds and nanoseconds of a run"
)]
fn worked_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
