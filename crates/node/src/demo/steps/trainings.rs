//! A training that is published once and seen everywhere, and its seats.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value that is indexed by a name gives null, not a panic"
)]

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use app::Clock as _;
use jiff::ToSpan as _;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use wire::EntityId;

use super::passports::{Enrolled, enrol};
use super::setup::answers;
use crate::demo::facts::{HOME, HOST, OTHER_HOST};
use crate::demo::judge::{get_text, until};
use crate::demo::network::Network;
use crate::demo::processes::{arg, escale_json};
use crate::environment::SystemClock;

/// How many seats the training has for which five ask.
const SEATS: usize = 3;

/// What the villages have on: who publishes it (none for the coordinator), and what is said.
const ON: [(Option<usize>, &[&str]); 6] = [
    (
        None,
        &[
            "--title=Une heure pour la photo de vos produits",
            "--about=Un téléphone, une fenêtre, une feuille blanche : on repart avec dix images.",
            "--seats=12",
            "--price=0",
            "--lasts=1h",
            "--place=En ligne et au Mug, Chambéry",
        ],
    ),
    (
        Some(HOME),
        &[
            "--title=Facturer sans y passer ses dimanches",
            "--about=Devis, facture, relance : les modèles de chacun, comparés.",
            "--seats=8",
            "--price=15",
        ],
    ),
    (
        Some(HOST),
        &[
            "--title=Déjeuner partagé",
            "--kind=shared_meal",
            "--about=Chacun apporte un plat. Personne ne s’inscrit.",
            "--weekly=",
            "--times=8",
            "--lasts=1h30m",
        ],
    ),
    (
        Some(HOST),
        &[
            "--title=Premiers pas avec un tableur",
            "--about=Un ordinateur pour deux, et des questions simples.",
            "--seats=10",
            "--price=0",
        ],
    ),
    (
        Some(3),
        &[
            "--title=Atelier réparation",
            "--kind=workshop",
            "--seats=6",
            "--price=5",
            "--lasts=3h",
        ],
    ),
    (
        Some(4),
        &[
            "--title=Working from a village",
            "--kind=web_conference",
            "--link=https://meet.example/village",
            "--language=en",
            "--lasts=1h",
            "--price=0",
        ],
    ),
];

/// Two in the afternoon in Paris, on the first day of work from so many days on.
fn afternoon(days: i64) -> anyhow::Result<DateTime> {
    let now = jiff::Timestamp::from_second(SystemClock::default().now().0)?;
    let today = now.to_zoned(TimeZone::get("Europe/Paris")?).date();
    let mut day = today.checked_add(days.days())?;
    while matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        day = day.tomorrow()?;
    }
    Ok(day.at(14, 0, 0, 0))
}

/// Publishes an event by command; gives its id and its `uid`.
async fn publish(
    network: &Network,
    by: Option<usize>,
    days: i64,
    said: &[&str],
) -> anyhow::Result<(String, String)> {
    let node = match by {
        Some(at) => network.space(at)?.0,
        None => &network.coordinator,
    };
    let mut at = afternoon(days)?;
    if said.contains(&"--kind=shared_meal") {
        at = at.with().hour(12).build()?;
    }
    let start = format!("--start={}", at.strftime("%Y-%m-%dT%H:%M"));
    let day = at.strftime("%a").to_string().to_lowercase();
    let weekly = format!("--weekly={}", day.get(..2).unwrap_or_default());
    let mut args = vec!["event", "publish", &start, "--example", "--json"];
    args.extend(["--time-zone", "Europe/Paris", "--dir", arg(&node.dir)?]);
    let said = said
        .iter()
        .map(|it| if *it == "--weekly=" { &weekly } else { *it });
    args.extend(said);
    let done = escale_json(&args).await?;
    let text = |name: &str| done[name].as_str().map(str::to_owned);
    let published = text("event").zip(text("uid"));
    published.with_context(|| format!("{done}"))
}

/// Every village says what is on, and the coordinator a training for all.
pub(crate) async fn publish_all(network: &mut Network) -> anyhow::Result<String> {
    let mut uids = BTreeSet::new();
    for (at, (by, said)) in ON.iter().enumerate() {
        let days = i64::try_from(at)? * 2 + 2;
        uids.insert(publish(network, *by, days, said).await?.1);
    }
    for node in network.nodes() {
        until(|| async {
            let found = uids_of(&calendar(network, &node.entity).await?);
            ensure!(uids.is_subset(&found), "{} shows {found:?}", node.entity);
            Ok(())
        })
        .await?;
    }
    let first = event_lines(&network.coordinator.entity).await?;
    for node in network.nodes() {
        let lines = event_lines(&node.entity).await?;
        ensure!(lines == first, "{} subscribes to other lines", node.entity);
    }
    Ok(format!(
        "{} events of 5 publishers in the calendars of 6 nodes, and the lines that other \
         programs subscribe to the same at all of them, byte for byte",
        uids.len()
    ))
}

async fn calendar(network: &Network, entity: &EntityId) -> anyhow::Result<Value> {
    network.judge.get(entity, "/api/v1/calendar?days=90").await
}

fn rows(calendar: &Value) -> impl Iterator<Item = &Value> {
    calendar["occurrences"].as_array().into_iter().flatten()
}

fn uids_of(calendar: &Value) -> BTreeSet<String> {
    let uids = rows(calendar).filter_map(|row| row["uid"].as_str());
    uids.map(str::to_owned).collect()
}

/// The events of what other programs subscribe to, without what a node says of itself.
async fn event_lines(entity: &EntityId) -> anyhow::Result<String> {
    let (_, text) = get_text(entity, "/calendar.ics", None).await?;
    let (_, events) = text.split_once("BEGIN:VEVENT").context("no event")?;
    Ok(events.to_owned())
}

/// A training for which five have asked.
pub(crate) struct Training {
    id: String,
    uid: String,
    asked: Vec<Asked>,
}

/// Who has asked, at which space, under which name.
struct Asked {
    at: usize,
    member: String,
    registration: String,
}

/// The owner is killed; five members of three villages ask for three seats; it is started,
/// and killed again while it answers.
pub(crate) async fn seats(network: &mut Network) -> anyhow::Result<(Training, String)> {
    let said = ["--title=Le tableur sans peur", "--seats=3", "--price=0"];
    let (id, uid) = publish(network, Some(HOST), 5, &said).await?;
    let villages = [HOME, HOME, OTHER_HOST, OTHER_HOST, 4];
    for at in BTreeSet::from(villages) {
        sees(network, at, &uid).await?;
    }
    network.space_mut(HOST)?.kill().await?;
    let mut asked = Vec::new();
    let camille = enrol(network, "Camille", None).await?;
    asked.push(by_wallet(&camille, &uid).await?);
    for (number, at) in villages.into_iter().enumerate().skip(1) {
        asked.push(by_steward(network, at, &format!("Membre {number}"), &uid).await?);
    }
    for it in &asked {
        let state = state(network, it).await?;
        ensure!(state["state"] == json!("asked"), "{state}");
    }
    let host = network.space_mut(HOST)?;
    host.start()?;
    // Killed again as soon as anybody is answered, or soon after.
    let (host, _) = network.space(HOST)?;
    let _ = answers(network, host).await;
    let host = network.space_mut(HOST)?;
    host.kill().await?;
    host.start()?;
    let training = Training { id, uid, asked };
    until(|| async { training.is_settled(network, SEATS).await }).await?;
    let said = format!(
        "asked while its owner was down and killed while it answered: {SEATS} have a seat, 2 wait \
         as first and second, and both sides say the same of each"
    );
    Ok((training, said))
}

/// Whoever has a seat gives it back: the first who waits has it, and their home is told.
pub(crate) async fn promoted(network: &mut Network, training: &Training) -> anyhow::Result<String> {
    let mut seated = None;
    let mut first = None;
    let mut second = None;
    for it in &training.asked {
        let row = state(network, it).await?;
        match (row["state"].as_str(), row["rank"].as_u64()) {
            (Some("accepted"), _) => seated = Some(it),
            (Some("waiting"), Some(1)) => first = Some(it),
            (Some("waiting"), Some(2)) => second = Some(it),
            _ => {}
        }
    }
    let (seated, first, second) = (
        seated.context("nobody has a seat")?,
        first.context("nobody is first")?,
        second.context("nobody is second")?,
    );
    let (home, _) = network.space(seated.at)?;
    let mut args = vec!["registration", "cancel", &seated.registration];
    args.extend(["--dir", arg(&home.dir)?, "--json"]);
    escale_json(&args).await?;
    until(|| async {
        let gave = state(network, seated).await?;
        ensure!(gave["state"] == json!("cancelled"), "{gave}");
        let next = state(network, first).await?;
        ensure!(next["state"] == json!("accepted"), "{next}");
        let last = state(network, second).await?;
        ensure!(last["state"] == json!("waiting"), "{last}");
        training.agrees(network).await
    })
    .await?;
    Ok(
        "given back at home, and the first who waited has it: their home was told; the other \
        still waits"
            .to_owned(),
    )
}

/// An event is cancelled: every calendar keeps it and says so, and whoever subscribes is
/// given nothing twice.
pub(crate) async fn cancelled(
    network: &mut Network,
    training: &Training,
) -> anyhow::Result<String> {
    let (node, _) = network.space(OTHER_HOST)?;
    let entity = node.entity.clone();
    let (tag, _) = get_text(&entity, "/calendar.ics", None).await?;
    let tag = tag.context("no entity tag")?;
    let again = get_text(&entity, "/calendar.ics", Some(&tag)).await?;
    ensure!(again.1.is_empty(), "the same was given twice");
    let other = network.space_mut(OTHER_HOST)?;
    other.stop().await?;
    other.start()?;
    let (other, _) = network.space(OTHER_HOST)?;
    answers(network, other).await?;
    let again = get_text(&entity, "/calendar.ics", Some(&tag)).await?;
    ensure!(
        again.1.is_empty(),
        "after a new start the same was given twice"
    );
    let (host, _) = network.space(HOST)?;
    let args = [
        "event",
        "cancel",
        &training.id,
        "--dir",
        arg(&host.dir)?,
        "--json",
    ];
    escale_json(&args).await?;
    for node in network.nodes() {
        until(|| async {
            let calendar = calendar(network, &node.entity).await?;
            let mut all = rows(&calendar);
            let row = all.find(|row| row["uid"] == json!(training.uid));
            let row = row.context("it is gone from the calendar")?;
            ensure!(row["status"] == json!("cancelled"), "{row}");
            Ok(())
        })
        .await?;
    }
    let (_, changed) = get_text(&entity, "/calendar.ics", Some(&tag)).await?;
    ensure!(changed.contains("STATUS:CANCELLED"), "{changed}");
    Ok(
        "6 calendars keep it and say so; whoever subscribes was given the change, and \
        nothing twice before, through a new start of the node"
            .to_owned(),
    )
}

impl Training {
    /// So many have a seat, and the others wait in an order that both sides know.
    async fn is_settled(&self, network: &Network, seats: usize) -> anyhow::Result<()> {
        let mut ranks = BTreeSet::new();
        let mut seated = 0;
        for it in &self.asked {
            let row = state(network, it).await?;
            match row["state"].as_str() {
                Some("accepted") => seated += 1,
                Some("waiting") => ranks.extend(row["rank"].as_u64()),
                _ => anyhow::bail!("{row}"),
            }
        }
        let wait = self.asked.len() - seats;
        let due: BTreeSet<u64> = (1..=u64::try_from(wait)?).collect();
        ensure!(seated == seats && ranks == due, "{seated} seats, {ranks:?}");
        self.agrees(network).await
    }

    /// The owner says of each what their home says.
    async fn agrees(&self, network: &Network) -> anyhow::Result<()> {
        let (host, _) = network.space(HOST)?;
        let args = [
            "event",
            "seats",
            &self.id,
            "--dir",
            arg(&host.dir)?,
            "--json",
        ];
        let seats = escale_json(&args).await?;
        let of = |id: &str| {
            let mut all = seats.as_array().into_iter().flatten();
            all.find(|row| row["registration"] == json!(id)).cloned()
        };
        for it in &self.asked {
            let home = state(network, it).await?;
            let owner = of(&it.registration).context("the owner does not know one")?;
            let is_same = match home["state"].as_str() {
                Some("accepted") => owner["state"] == json!("taken"),
                Some(other) => owner["state"] == json!(other),
                None => false,
            };
            ensure!(is_same, "the home says {home}, the owner {owner}");
        }
        Ok(())
    }
}

/// Waits until a space has an event in its calendar.
async fn sees(network: &Network, at: usize, uid: &str) -> anyhow::Result<()> {
    let (node, _) = network.space(at)?;
    until(|| async {
        let found = uids_of(&calendar(network, &node.entity).await?);
        ensure!(found.contains(uid), "{} shows {found:?}", node.entity);
        Ok(())
    })
    .await
}

/// A member asks by themselves, as from a phone.
async fn by_wallet(member: &Enrolled, uid: &str) -> anyhow::Result<Asked> {
    let args = ["wallet", "register", uid, "--dir", arg(&member.wallet)?];
    let asked = escale_json(&args).await?;
    let registration = asked["id"].as_str().with_context(|| format!("{asked}"))?;
    Ok(Asked {
        at: HOME,
        member: member.member.clone(),
        registration: registration.to_owned(),
    })
}

/// A steward asks for a member.
async fn by_steward(network: &Network, at: usize, name: &str, uid: &str) -> anyhow::Result<Asked> {
    let (node, place) = network.space(at)?;
    let dir = arg(&node.dir)?;
    let formula = place.formulas.last().map_or("month", |(id, ..)| *id);
    let args = [
        "member",
        "add",
        "--name",
        name,
        "--formula",
        formula,
        "--dir",
        dir,
        "--json",
    ];
    let added = escale_json(&args).await?;
    let member = added["member"].as_str().context("no member")?.to_owned();
    let args = ["registration", "add", &member, uid, "--dir", dir, "--json"];
    let asked = escale_json(&args).await?;
    let registration = asked["registration"].as_str();
    let registration = registration.with_context(|| format!("{asked}"))?.to_owned();
    Ok(Asked {
        at,
        member,
        registration,
    })
}

/// What a home says of a registration.
async fn state(network: &Network, asked: &Asked) -> anyhow::Result<Value> {
    let (node, _) = network.space(asked.at)?;
    let args = [
        "registration",
        "list",
        &asked.member,
        "--dir",
        arg(&node.dir)?,
        "--json",
    ];
    let rows = escale_json(&args).await?;
    let mut rows = rows.as_array().cloned().unwrap_or_default().into_iter();
    let row = rows.find(|row| row["registration"] == json!(asked.registration));
    row.context("the home does not know it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_afternoon_is_at_two_in_paris() {
        let at = afternoon(3).unwrap();
        assert_eq!((at.hour(), at.minute()), (14, 0));
        assert!(at >= afternoon(2).unwrap());
    }
}
