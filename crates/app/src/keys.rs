//! Every key under which something is stored: what it holds, why, and how long.
//!
//! Feeds and their ids are hashed into keys of fixed length, so that no text from
//! outside can reach into a neighbour's range.

use store::{Key, Prefix};
use wire::event::LocalTime;
use wire::passport::StatusReference;
use wire::{EntityId, Sha256Hash};

use crate::exchange::{KeyId, Op, ReceiptId, RegistrationId, VisitId};
use crate::people::Place;

/// One line of the register of what a node stores.
#[derive(Debug, Clone, Copy)]
pub struct Holding {
    /// The prefix of its keys.
    pub prefix: Prefix,
    /// What is there, and why.
    pub holds: &'static str,
    /// How long it stays.
    pub kept: &'static str,
    /// Whether it says anything about a person.
    pub is_personal: bool,
}

/// Who this node is.
pub const IDENTITY: Prefix = Prefix::new(*b"id");
/// How far each feed is known.
pub const FEEDS: Prefix = Prefix::new(*b"fs");
/// The records of feeds.
pub const RECORDS: Prefix = Prefix::new(*b"fr");
/// Where the latest record of each kind and id stands.
pub const LATEST: Prefix = Prefix::new(*b"fl");
/// Feeds that have parted.
pub const FORKS: Prefix = Prefix::new(*b"fk");
/// How this node's own feed stands.
pub const OWN_FEED: Prefix = Prefix::new(*b"of");
/// A coordinator's invitations.
pub const INVITATIONS: Prefix = Prefix::new(*b"in");
/// A space's own attempt to join.
pub const JOINING: Prefix = Prefix::new(*b"jo");

/// The labels that a space has joined since it was founded.
pub const FURTHER_LABELS: Prefix = Prefix::new(*b"la");

/// Keys that end, and keys that shall follow another.
pub const KEY_TURNS: Prefix = Prefix::new(*b"kt");

/// A space's members.
pub const MEMBERS: Prefix = Prefix::new(*b"mb");
/// Codes that put a passport on a phone.
pub const ENROLMENTS: Prefix = Prefix::new(*b"en");
/// Passports that this home issued.
pub const PASSPORTS: Prefix = Prefix::new(*b"pa");
/// Places in the status lists that no passport has.
pub const DECOYS: Prefix = Prefix::new(*b"dc");
/// Credentials of the desk, its stewards and its operators.
pub const CREDENTIALS: Prefix = Prefix::new(*b"cr");
/// One-time codes that make a credential.
pub const ACCESS_CODES: Prefix = Prefix::new(*b"ac");
/// Showings that were judged at this desk.
pub const SHOWINGS: Prefix = Prefix::new(*b"sh");

/// Visits at this host.
pub const VISITS: Prefix = Prefix::new(*b"vi");
/// Who visits this host, and what proves it.
pub const VISITORS: Prefix = Prefix::new(*b"vs");
/// What each passport has used at this host.
pub const GUESTS: Prefix = Prefix::new(*b"gu");
/// Receipts that this host signed.
pub const RECEIPTS_ISSUED: Prefix = Prefix::new(*b"ri");
/// Requests that wait for their answer.
pub const OUTBOX: Prefix = Prefix::new(*b"ob");
/// What others were answered.
pub const INBOX: Prefix = Prefix::new(*b"ib");
/// Attempts that were answered.
pub const ATTEMPTS: Prefix = Prefix::new(*b"jt");
/// Receipts that this home accepted.
pub const RECEIPTS_TAKEN: Prefix = Prefix::new(*b"rt");
/// Where each of them lies.
pub const TAKEN_PLACES: Prefix = Prefix::new(*b"rx");
/// Which receipt a proof stands for.
pub const PROOFS: Prefix = Prefix::new(*b"pu");

/// What every decision about an event's seats moves.
pub const SEAT_GUARDS: Prefix = Prefix::new(*b"se");
/// Registrations for this node's events.
pub const SEATS: Prefix = Prefix::new(*b"sr");
/// Where each of them lies.
pub const SEAT_PLACES: Prefix = Prefix::new(*b"sp");
/// Registrations of this home's members.
pub const REGISTRATIONS: Prefix = Prefix::new(*b"rg");
/// Whose each of them is.
pub const REGISTRATION_PLACES: Prefix = Prefix::new(*b"rp");

/// With which words this space asks for the label.
pub const OWN_APPLICATION: Prefix = Prefix::new(*b"ap");

/// All of them; a test holds this list against what is stored.
pub const HOLDINGS: &[Holding] = &[
    Holding {
        prefix: IDENTITY,
        holds: "the node's name, its role, its label's coordinator and pinned root key",
        kept: "as long as the node",
        is_personal: false,
    },
    Holding {
        prefix: FEEDS,
        holds: "how far each feed is known, by which keys it goes on, and its last head",
        kept: "as long as the node",
        is_personal: false,
    },
    Holding {
        prefix: RECORDS,
        holds: "the records of this node's feed and of its partners' feeds, all public",
        kept: "as long as the node",
        is_personal: false,
    },
    Holding {
        prefix: LATEST,
        holds: "where the latest record of each kind and id stands in its feed",
        kept: "as long as the records",
        is_personal: false,
    },
    Holding {
        prefix: FORKS,
        holds: "two words of one author that contradict each other, which show that its feed has parted, and who was told",
        kept: "as long as the node, eight for each feed",
        is_personal: false,
    },
    Holding {
        prefix: OWN_FEED,
        holds: "by what this node knows its folder again, whether a partner must say how far its feed goes, and of which status lists no place is given any more",
        kept: "as long as the node",
        is_personal: false,
    },
    Holding {
        prefix: INVITATIONS,
        holds: "invitations by the hash of their secret, and whether they were used",
        kept: "as long as the node: they say who was let in by which code",
        is_personal: false,
    },
    Holding {
        prefix: JOINING,
        holds: "the secret by which this node asks to be admitted, until it is answered",
        kept: "until the answer; then the answer, as long as the node",
        is_personal: false,
    },
    Holding {
        prefix: FURTHER_LABELS,
        holds: "the labels that this space joined since it was founded: coordinator, pinned root key, since when, and how its joining stands",
        kept: "until the space leaves the label",
        is_personal: false,
    },
    Holding {
        prefix: KEY_TURNS,
        holds: "which of this node's keys ends or shall follow another, by the key's name, and what is asked of the coordinator about it",
        kept: "until it is done",
        is_personal: false,
    },
    Holding {
        prefix: OWN_APPLICATION,
        holds: "the note with which this space last asked for the label",
        kept: "as long as the node",
        is_personal: false,
    },
    Holding {
        prefix: MEMBERS,
        holds: "this space's own members: a short name, a formula, an allowance, a state, and what they may disclose: a full name, an organisation, a portrait's digest",
        kept: "as long as the node: nothing erases a member yet",
        is_personal: true,
    },
    Holding {
        prefix: ENROLMENTS,
        holds: "enrolment codes by their hash, for whom, and the keys and passports they gave",
        kept: "until the passport they could give has run out",
        is_personal: true,
    },
    Holding {
        prefix: PASSPORTS,
        holds: "the places in the status lists that this home gave, to whom, on which phone or card, until when, what could be disclosed with each, and the keys and passports that a batch was renewed to",
        kept: "whose it was, and what could be disclosed, until 97 days after it runs out, so that late receipts are known; the place as long as its list",
        is_personal: true,
    },
    Holding {
        prefix: DECOYS,
        holds: "places in the status lists that no passport has, and what stands there: they turn with those of passports, so that nobody can count these",
        kept: "as long as the list",
        is_personal: false,
    },
    Holding {
        prefix: CREDENTIALS,
        holds: "credentials of desks, stewards and operators by the hash of their token, with a name",
        kept: "as long as the node: they say who could do what",
        is_personal: true,
    },
    Holding {
        prefix: ACCESS_CODES,
        holds: "one-time codes that make a credential, by their hash, with its name",
        kept: "until used, a week at most",
        is_personal: true,
    },
    Holding {
        prefix: SHOWINGS,
        holds: "hashes of showings that were let in, so that none is let in twice",
        kept: "ten minutes",
        is_personal: false,
    },
    Holding {
        prefix: VISITS,
        holds: "visits of other spaces' members: home, times, what was counted, and the passport by a digest of its place",
        kept: "13 months after the visit, for the accounts",
        is_personal: true,
    },
    Holding {
        prefix: VISITORS,
        holds: "who visits: the name and formula that a steward sees, and the presentation that proves it to the home",
        kept: "until the visit is answered for and a week has passed, in which it can be corrected; 98 days at most",
        is_personal: true,
    },
    Holding {
        prefix: GUESTS,
        holds: "what each passport has used here, by a digest of its place, so that nothing counts twice",
        kept: "until the passport has run out, its last visit has ended, and a week has passed",
        is_personal: true,
    },
    Holding {
        prefix: RECEIPTS_ISSUED,
        holds: "receipts and credits that this host signed, and what became of them",
        kept: "13 months, for the accounts",
        is_personal: true,
    },
    Holding {
        prefix: OUTBOX,
        holds: "requests that wait for their answer, and those that were refused, by the receipt that they are about",
        kept: "until they are accepted; refused ones 98 days",
        is_personal: false,
    },
    Holding {
        prefix: INBOX,
        holds: "what other nodes asked and were answered, so that the same question gets the same answer",
        kept: "98 days: longer than a receipt may be late",
        is_personal: true,
    },
    Holding {
        prefix: ATTEMPTS,
        holds: "hashes of attempts that were answered, so that none is answered twice",
        kept: "eleven minutes",
        is_personal: false,
    },
    Holding {
        prefix: RECEIPTS_TAKEN,
        holds: "receipts of this home's members, with their proofs and credits: when each was where",
        kept: "13 months after the visit, for the accounts",
        is_personal: true,
    },
    Holding {
        prefix: TAKEN_PLACES,
        holds: "under which member each receipt lies, by a hash of its name",
        kept: "as long as the receipt",
        is_personal: true,
    },
    Holding {
        prefix: PROOFS,
        holds: "which receipt each proof stands for, by its hash, so that none counts twice",
        kept: "as long as the receipt",
        is_personal: false,
    },
    Holding {
        prefix: SEAT_GUARDS,
        holds: "how many have registered for each of this node's events, so that seats are decided one after the other",
        kept: "as long as the node",
        is_personal: false,
    },
    Holding {
        prefix: SEATS,
        holds: "registrations for this node's events: whose home, the name to call at the door, seat or place in line",
        kept: "31 days after the event has ended",
        is_personal: true,
    },
    Holding {
        prefix: SEAT_PLACES,
        holds: "where each of them lies, by a hash of its name",
        kept: "as long as the registration",
        is_personal: false,
    },
    Holding {
        prefix: REGISTRATIONS,
        holds: "registrations of this home's members, here and elsewhere, and what they were answered",
        kept: "31 days after the event has ended",
        is_personal: true,
    },
    Holding {
        prefix: REGISTRATION_PLACES,
        holds: "which member each of them is of",
        kept: "as long as the registration",
        is_personal: true,
    },
];

/// The bytes by which a feed is named in keys.
const FEED_BYTES: usize = 16;

fn short_hash<const N: usize>(text: &str) -> [u8; N] {
    let hash = Sha256Hash::of(&[text.as_bytes()]).0;
    let mut short = [0; N];
    short.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    short
}

fn feed_name(entity: &EntityId) -> [u8; FEED_BYTES] {
    short_hash(entity.as_str())
}

pub(crate) fn identity() -> Key {
    Key::new(IDENTITY, b"self")
}

pub(crate) fn key_turn(id: &KeyId) -> Key {
    Key::new(KEY_TURNS, &id.bytes())
}

pub(crate) fn further_label(coordinator: &EntityId) -> Key {
    Key::new(FURTHER_LABELS, &feed_name(coordinator))
}

pub(crate) fn joining() -> Key {
    Key::new(JOINING, b"self")
}

/// That to the coordinator of the first label, or to that of a further one.
pub(crate) fn own_application(further: Option<&EntityId>) -> Key {
    match further {
        None => Key::new(OWN_APPLICATION, b"self"),
        Some(coordinator) => Key::new(OWN_APPLICATION, &feed_name(coordinator)),
    }
}

pub(crate) fn feed(entity: &EntityId) -> Key {
    Key::new(FEEDS, &feed_name(entity))
}

pub(crate) fn fork(entity: &EntityId, epoch: u64, seq: u64) -> Key {
    Key::new(FORKS, &position(entity, epoch, seq))
}

fn position(entity: &EntityId, epoch: u64, seq: u64) -> Vec<u8> {
    [
        &feed_name(entity)[..],
        &epoch.to_be_bytes(),
        &seq.to_be_bytes(),
    ]
    .concat()
}

pub(crate) fn own_feed() -> Key {
    Key::new(OWN_FEED, b"self")
}

/// The epoch of a record, by the key under which it lies.
pub(crate) fn epoch_of(record: &Key) -> Option<u64> {
    let bytes = record.rest().get(FEED_BYTES..)?.first_chunk::<8>()?;
    Some(u64::from_be_bytes(*bytes))
}

/// The position of a record, by the key under which it lies.
pub(crate) fn seq_of(record: &Key) -> Option<u64> {
    let bytes = record.rest().last_chunk::<8>()?;
    Some(u64::from_be_bytes(*bytes))
}

pub(crate) fn record(entity: &EntityId, epoch: u64, seq: u64) -> Key {
    Key::new(RECORDS, &position(entity, epoch, seq))
}

pub(crate) fn records_of(entity: &EntityId) -> [u8; FEED_BYTES] {
    feed_name(entity)
}

/// How the keys of all records of a feed begin, after their prefix.
pub fn feed_stem(entity: &EntityId) -> Vec<u8> {
    records_of(entity).to_vec()
}

pub(crate) fn latest(entity: &EntityId, kind: &str, id: &str) -> Key {
    let rest = [
        &feed_name(entity)[..],
        &short_hash::<8>(kind),
        &short_hash::<16>(id),
    ]
    .concat();
    Key::new(LATEST, &rest)
}

pub(crate) fn latest_of_kind(entity: &EntityId, kind: &str) -> Vec<u8> {
    [&feed_name(entity)[..], &short_hash::<8>(kind)].concat()
}

pub(crate) fn invitation(secret: &[u8]) -> Key {
    Key::new(INVITATIONS, &Sha256Hash::of(&[secret]).0)
}

pub(crate) fn member(id: &str) -> Key {
    Key::new(MEMBERS, id.as_bytes().get(..16).unwrap_or(id.as_bytes()))
}

pub(crate) fn enrolment(code: &str) -> Key {
    Key::new(ENROLMENTS, &Sha256Hash::of(&[code.as_bytes()]).0)
}

pub(crate) fn passport(place: Place) -> Key {
    Key::new(PASSPORTS, &bytes_of(place))
}

pub(crate) fn decoy(place: Place) -> Key {
    Key::new(DECOYS, &bytes_of(place))
}

fn bytes_of(place: Place) -> Vec<u8> {
    [place.list.to_be_bytes(), place.at.to_be_bytes()].concat()
}

/// The place that a key of [`PASSPORTS`] or of [`DECOYS`] names.
pub(crate) fn place_of(key: &Key) -> Option<Place> {
    let (list, at) = key.rest().split_first_chunk::<4>()?;
    Some(Place {
        list: u32::from_be_bytes(*list),
        at: u32::from_be_bytes(at.try_into().ok()?),
    })
}

pub(crate) fn credential(token: &str) -> Key {
    Key::new(CREDENTIALS, &Sha256Hash::of(&[token.as_bytes()]).0)
}

pub(crate) fn access_code(code: &str) -> Key {
    Key::new(ACCESS_CODES, &Sha256Hash::of(&[code.as_bytes()]).0)
}

pub(crate) fn showing(passport: &str, nonce: &str) -> Key {
    let passport = Sha256Hash::of(&[passport.as_bytes()]);
    Key::new(
        SHOWINGS,
        &Sha256Hash::of(&[&passport.0, nonce.as_bytes()]).0,
    )
}

/// The passport of a place, as a host tells it from others.
pub(crate) fn guest_of(named: &StatusReference) -> Sha256Hash {
    Sha256Hash::of(&[&named.idx.to_be_bytes(), named.uri.as_bytes()])
}

pub(crate) fn visit(id: VisitId) -> Key {
    Key::new(VISITS, id.bytes())
}

pub(crate) fn visitor(id: VisitId) -> Key {
    Key::new(VISITORS, id.bytes())
}

pub(crate) fn guest(guest: Sha256Hash) -> Key {
    Key::new(GUESTS, &guest.0)
}

pub(crate) fn receipt_issued(id: ReceiptId) -> Key {
    Key::new(RECEIPTS_ISSUED, id.bytes())
}

pub(crate) fn outgoing(op: Op) -> Key {
    Key::new(OUTBOX, op.bytes())
}

pub(crate) fn answered(by: &EntityId, op: &str) -> Key {
    Key::new(INBOX, &[&feed_name(by)[..], &short_hash::<16>(op)].concat())
}

pub(crate) fn answered_to(by: &EntityId) -> [u8; FEED_BYTES] {
    feed_name(by)
}

pub(crate) fn attempt(by: &EntityId, jti: &str) -> Key {
    Key::new(
        ATTEMPTS,
        &[&feed_name(by)[..], &short_hash::<16>(jti)].concat(),
    )
}

pub(crate) fn receipt_taken(member: &str, host: &EntityId, id: &str) -> Key {
    let rest = [
        &member_stem(member)[..],
        &feed_name(host),
        &short_hash::<16>(id),
    ];
    Key::new(RECEIPTS_TAKEN, &rest.concat())
}

/// A member's number, which has 9 characters, padded so that no number is the beginning
/// of another.
pub(crate) fn member_stem(member: &str) -> [u8; 16] {
    let mut stem = [0; 16];
    stem.iter_mut()
        .zip(member.as_bytes())
        .for_each(|(to, from)| *to = *from);
    stem
}

pub(crate) fn taken_place(host: &EntityId, id: &str) -> Key {
    Key::new(
        TAKEN_PLACES,
        &[&feed_name(host)[..], &short_hash::<16>(id)].concat(),
    )
}

/// What a holder's key signed, by its digest. The signature is left out: of ES256 each
/// has a second one that is as good, which anybody can make of the first.
pub(crate) fn proof(host: &EntityId, presentation: &str) -> Key {
    let (signed, _) = presentation.rsplit_once('.').unwrap_or((presentation, ""));
    let hash = Sha256Hash::of(&[signed.as_bytes()]);
    Key::new(PROOFS, &[&feed_name(host)[..], &hash.0].concat())
}

pub(crate) fn seat_guard(event: &str) -> Key {
    Key::new(SEAT_GUARDS, &short_hash::<16>(event))
}

/// The seats of an event, whatever the occurrence.
pub(crate) fn seats_of(event: &str) -> Vec<u8> {
    short_hash::<16>(event).to_vec()
}

/// The seats of one occurrence.
pub(crate) fn seats_at(event: &str, due: Option<&LocalTime>) -> Vec<u8> {
    let due = due.map_or("", LocalTime::as_str);
    [&short_hash::<16>(event)[..], &short_hash::<8>(due)].concat()
}

/// They lie in the order in which they came.
pub(crate) fn seat(event: &str, due: Option<&LocalTime>, order: u64) -> Key {
    let rest = [&seats_at(event, due)[..], &order.to_be_bytes()].concat();
    Key::new(SEATS, &rest)
}

/// The place in line that a key of [`SEATS`] ends with.
pub(crate) fn order_of(key: &Key) -> Option<u64> {
    let order = key.rest().last_chunk::<8>()?;
    Some(u64::from_be_bytes(*order))
}

pub(crate) fn seat_place(home: &EntityId, id: RegistrationId) -> Key {
    Key::new(SEAT_PLACES, &[&feed_name(home)[..], id.bytes()].concat())
}

pub(crate) fn registration(member: &str, id: RegistrationId) -> Key {
    Key::new(
        REGISTRATIONS,
        &[&member_stem(member)[..], id.bytes()].concat(),
    )
}

/// The registration that a key of [`REGISTRATIONS`] names.
pub(crate) fn registration_of(key: &Key) -> Option<RegistrationId> {
    let (_, id) = key.rest().split_first_chunk::<16>()?;
    RegistrationId::of_bytes(id)
}

pub(crate) fn registration_place(id: RegistrationId) -> Key {
    Key::new(REGISTRATION_PLACES, id.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_holdings_share_a_prefix() {
        for (at, one) in HOLDINGS.iter().enumerate() {
            for other in &HOLDINGS[at + 1..] {
                assert_ne!(one.prefix, other.prefix, "{}", other.holds);
            }
        }
    }

    /// The table of `specs/holdings.md` is this list, line by line.
    #[test]
    fn every_holding_is_documented() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/holdings.md");
        let text = std::fs::read_to_string(path).unwrap();
        let rows: Vec<_> = text.lines().filter(|it| it.starts_with("| `")).collect();
        let of = |it: &Holding| {
            let is_personal = if it.is_personal { "yes" } else { "no" };
            let (prefix, holds, kept) = (it.prefix, it.holds, it.kept);
            format!("| `{prefix:?}` | {holds} | {kept} | {is_personal} |")
        };
        assert_eq!(rows, HOLDINGS.iter().map(of).collect::<Vec<_>>());
    }

    /// Of an ES256 signature anybody makes a second one that is as good (RFC 6979 does not
    /// forbid it, and verifiers take both): a showing is not two proofs by that.
    #[test]
    fn a_showing_with_another_signature_is_the_same_proof() {
        let mug = EntityId::parse("https://le-mug.example").unwrap();
        let one = proof(&mug, "h.passport.s~h.showing.one");
        assert_eq!(one, proof(&mug, "h.passport.s~h.showing.two"));
        assert_ne!(one, proof(&mug, "h.passport.s~h.another.one"));
        assert_ne!(one, proof(&mug, "h.another.s~h.showing.one"));
        let aix = EntityId::parse("https://aix.example").unwrap();
        assert_ne!(one, proof(&aix, "h.passport.s~h.showing.one"));
    }

    #[test]
    fn records_lie_in_the_order_of_their_feed() {
        let mug = EntityId::parse("https://le-mug.example").unwrap();
        let keys = [(1, 1), (1, 2), (1, 255), (1, 256), (2, 1)].map(|(e, s)| record(&mug, e, s));
        assert!(keys.is_sorted());
    }
}
