//! Asking nodes, once the line is good, for what they have.

use std::collections::BTreeMap;

use scenarios::command::escale;
use scenarios::network::word;
use scenarios::wait;
use serde_json::{Value, json};

use super::judge::{Seat, are_counted_once, are_seats_kept, is_the_authors};
use super::site::{Site, claims};
use super::work::{Promises, Registration};

/// Nothing waits to be sent to anybody.
pub(super) fn are_at_rest(spaces: &[Site]) -> Result<(), String> {
    for space in spaces {
        let rows = space.get("/api/v1/outbox")?;
        wait::ensure(rows == json!([]), || format!("{}: {rows}", space.entity))?;
    }
    Ok(())
}

/// Every node's copy of every feed is the author's.
pub(super) fn have_the_same_feeds(sites: &[Site]) -> Result<(), String> {
    for author in sites {
        let authors = author.feed(&author.entity)?;
        for holder in sites {
            let copy = holder.feed(&author.entity)?;
            is_the_authors(&authors, &copy).map_err(|why| {
                let (author, holder) = (&author.entity, &holder.entity);
                format!("the feed of {author} at {holder}: {why}")
            })?;
        }
    }
    Ok(())
}

/// Where a registration stands at the home.
fn at_home(spaces: &[Site], registration: &Registration) -> Result<String, String> {
    let Registration { home, member, .. } = registration;
    let said = spaces[*home].get(&format!("/api/v1/members/{member}/registrations"))?;
    let rows = said["registrations"].as_array().ok_or("no list")?;
    let mut found = rows
        .iter()
        .filter(|row| row["id"] == registration.id.as_str());
    let (Some(row), None) = (found.next(), found.next()) else {
        return Err(format!("not once at its home: {registration:?}"));
    };
    let state = row["state"]["is"].as_str().ok_or("no state")?;
    Ok(state.to_owned())
}

/// Owners and homes say the same of each seat that was asked for, and of no other, and no
/// seat is sold twice.
pub(super) fn agree_on_seats(
    spaces: &[Site],
    promises: &Promises,
    seats: u64,
) -> Result<(), String> {
    let mut events: BTreeMap<&str, Vec<&Registration>> = BTreeMap::new();
    for registration in &promises.registrations {
        let event = registration.event.id.as_str();
        events.entry(event).or_default().push(registration);
    }
    for (id, registrations) in events {
        let owner = registrations.first().map_or(0, |it| it.event.at);
        let rows = spaces[owner].get(&format!("/api/v1/events/{id}/seats"))?;
        let rows = rows.as_array().ok_or("no list")?;
        wait::ensure(rows.len() == registrations.len(), || {
            format!("{} seats, and {rows:?}", registrations.len())
        })?;
        let mut all = Vec::new();
        for registration in registrations {
            let home = &spaces[registration.home].entity;
            let is_this = |row: &&Value| {
                row["registration"] == registration.id.as_str() && row["home"] == home.as_str()
            };
            let row = rows.iter().find(is_this);
            let row = row.ok_or_else(|| format!("the owner does not know {registration:?}"))?;
            let at_home = at_home(spaces, registration)?;
            let is_kept = (at_home == "cancelled") == registration.is_given_back;
            wait::ensure(is_kept, || format!("{at_home}: {registration:?}"))?;
            all.push(Seat {
                registration: registration.id.clone(),
                at_owner: row["state"].as_str().unwrap_or_default().to_owned(),
                at_home,
            });
        }
        are_seats_kept(seats, &all)?;
    }
    Ok(())
}

/// Every price and event that was promised stands in its feed.
#[track_caller]
pub(super) fn kept_what_they_promised(spaces: &[Site], promises: &Promises) {
    let feeds: Vec<_> = spaces
        .iter()
        .map(|space| space.feed(&space.entity).expect("the node answers").0)
        .collect();
    for price in &promises.prices {
        let at = usize::try_from(price.seq).expect("a position") - 1;
        let body = feeds[price.at].get(at).and_then(|it| it["body"].as_str());
        let expected = format!("\"price_cents\":{}", price.cents);
        assert!(
            body.is_some_and(|body| body.contains(&expected)),
            "{price:?} was promised, and there is {body:?}"
        );
    }
    for event in &promises.events {
        let found = spaces[event.at].get(&format!("/api/v1/events/{}", event.uid));
        assert!(found.is_ok(), "{event:?} was promised: {found:?}");
    }
}

/// Hosts and homes have the same receipts, each counted once: of every visit that was
/// promised, and of no other.
#[track_caller]
pub(super) fn agree_on_receipts(spaces: &[Site], promises: &Promises) {
    let mut issued = Vec::new();
    let mut visits = Vec::new();
    for (host, space) in spaces.iter().enumerate() {
        let rows = space
            .try_json(&["visit", "list"])
            .expect("the node answers");
        for row in rows.as_array().expect("visits") {
            let visit = row["visit"].as_str().expect("a visit");
            visits.push((host, visit.to_owned()));
            let receipts = space.try_json(&["visit", "receipt", visit]);
            let receipts = receipts.expect("the node answers");
            for receipt in receipts.as_array().expect("receipts") {
                let text = receipt["receipt"].as_str().expect("a receipt");
                let id = claims(text).expect("a sealed document")["id"].clone();
                let id = id.as_str().expect("an id").to_owned();
                issued.push((id, receipt["credit"].is_string()));
            }
        }
    }
    let mut expected: Vec<_> = promises
        .visits
        .iter()
        .map(|it| (it.host, it.id.clone()))
        .collect();
    expected.sort();
    visits.sort();
    assert_eq!(
        expected, visits,
        "visits that were promised, and that are there"
    );
    let mut taken = Vec::new();
    for visit in &promises.visits {
        let done = escale(["wallet", "membership", "--dir", word(&visit.wallet)]);
        let said = done.ok().json();
        let rows = said["visits"].as_array().expect("visits");
        let credited = |row: &&Value| !row["credited"].is_null();
        assert_eq!(
            rows.iter().filter(credited).count(),
            usize::from(visit.is_taken_back)
        );
        let counts = rows.iter().filter(|row| !credited(row));
        let used: usize = counts
            .map(|row| row["half_days"].as_array().map_or(0, Vec::len))
            .sum();
        assert_eq!(said["roaming"]["left"], json!(4 - used), "{said}");
        for row in rows {
            let id = row["receipt"].as_str().expect("an id").to_owned();
            taken.push((id, credited(&row)));
        }
    }
    let agreed = are_counted_once(&issued, &taken);
    agreed.unwrap_or_else(|why| panic!("{why}"));
}
