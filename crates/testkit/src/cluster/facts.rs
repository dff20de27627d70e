//! What a node's store holds, read past the node: nothing here shares code with it.

use std::collections::BTreeMap;

use app::keys::{GUESTS, OUTBOX, RECEIPTS_ISSUED, RECEIPTS_TAKEN, VISITORS, VISITS};
use rules::visit::HalfDays;
use serde_json::Value;
use store::{Fingerprint, Key, MemoryStore, Prefix, SCAN_LIMIT_MAX, Store as _};
use wire::Sha256Hash;
use wire::receipt::HalfDay;

use super::turns::run;

/// A visit at a host.
#[derive(Debug)]
pub(crate) struct VisitFact {
    pub(crate) guest: String,
    pub(crate) date: String,
    pub(crate) arrived: i64,
    pub(crate) state: StateFact,
    pub(crate) receipts: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StateFact {
    Here,
    Ended(HalfDays),
    NotHere,
}

/// A receipt at the host that signed it.
#[derive(Debug)]
pub(crate) struct IssuedFact {
    pub(crate) home: String,
    pub(crate) visit: String,
    pub(crate) text: String,
    pub(crate) fate: FateFact,
    pub(crate) credit: Option<(String, FateFact)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FateFact {
    Waiting(String),
    Accepted,
    Dead,
    Moot,
}

/// A request in an outbox.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutgoingFact {
    /// `receipt` or `credit`, and the receipt's id; `registration`, `cancellation` or
    /// `notice`, and the registration's.
    pub(crate) about: (String, String),
    pub(crate) after: Option<String>,
    pub(crate) is_dead: bool,
}

/// A receipt at the home that accepted it.
#[derive(Debug)]
pub(crate) struct TakenFact {
    pub(crate) member: String,
    pub(crate) host: String,
    pub(crate) id: String,
    pub(crate) date: String,
    pub(crate) half_days: HalfDays,
    pub(crate) is_paper: bool,
    pub(crate) text: String,
    pub(crate) proof: Sha256Hash,
    pub(crate) credit: Option<String>,
}

/// What a node holds, as of the last look.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    seen: BTreeMap<Prefix, Fingerprint>,
    pub(crate) visits: BTreeMap<String, VisitFact>,
    /// By visit, what its visitor showed.
    pub(crate) visitors: BTreeMap<String, String>,
    /// By guest, the visit under way.
    pub(crate) guests: BTreeMap<String, Option<String>>,
    pub(crate) issued: BTreeMap<String, IssuedFact>,
    pub(crate) outbox: BTreeMap<String, OutgoingFact>,
    pub(crate) taken: Vec<TakenFact>,
    /// Whether the receipts that were taken are others than at the look before.
    pub(crate) has_taken: bool,
}

impl Facts {
    /// Looks again at what has changed.
    pub(crate) fn look(&mut self, store: &MemoryStore) {
        self.has_taken = false;
        let all = run(store.fingerprints()).expect("a store that lives can be read");
        for (prefix, now) in all {
            if self.seen.insert(prefix, now) == Some(now) {
                continue;
            }
            match prefix {
                VISITS => self.visits = by_id(store, prefix, visit),
                VISITORS => self.visitors = by_id(store, prefix, |it| text(it, "presentation")),
                GUESTS => self.guests = by_id(store, prefix, |it| maybe(it, "here")),
                RECEIPTS_ISSUED => self.issued = by_id(store, prefix, issued),
                OUTBOX => self.outbox = by_id(store, prefix, outgoing),
                RECEIPTS_TAKEN => {
                    self.taken = scan(store, prefix).iter().map(taken).collect();
                    self.has_taken = true;
                }
                _ => {}
            }
        }
    }
}

/// All that lies under a prefix.
pub(crate) fn scan(store: &MemoryStore, prefix: Prefix) -> Vec<(Key, Value)> {
    let mut all = Vec::new();
    loop {
        let after = all.last().map(|(key, _): &(Key, Value)| key);
        let page = run(store.scan(prefix, &[], after, SCAN_LIMIT_MAX));
        let page = page.expect("a store that lives can be read");
        let entries = page.entries.into_iter();
        all.extend(entries.map(|(key, found)| {
            let value = app::legible(&key, &found.value);
            (key, value.expect("what is stored can be read"))
        }));
        if !page.is_cut {
            return all;
        }
    }
}

fn by_id<T>(
    store: &MemoryStore,
    prefix: Prefix,
    read: impl Fn(&Value) -> T,
) -> BTreeMap<String, T> {
    let all = scan(store, prefix).into_iter();
    all.map(|(key, value)| (seal::base64url::encode(key.rest()), read(&value)))
        .collect()
}

pub(crate) fn text(value: &Value, name: &str) -> String {
    maybe(value, name).expect("what is stored has this field")
}

pub(crate) fn maybe(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    let list = value.get(name).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

fn half_days(value: &Value) -> HalfDays {
    let half = |text: &str| match text {
        "morning" => HalfDay::Morning,
        _ => HalfDay::Afternoon,
    };
    HalfDays::of(&list(value, "half_days").map(half).collect::<Vec<_>>())
}

fn visit(value: &Value) -> VisitFact {
    let state = value.get("state").unwrap_or(&Value::Null);
    let state = match (state.as_str(), state.get("ended")) {
        (Some("here"), _) => StateFact::Here,
        (_, Some(ended)) => StateFact::Ended(half_days(ended)),
        (_, None) => StateFact::NotHere,
    };
    VisitFact {
        guest: text(value, "guest"),
        date: text(value, "date"),
        arrived: value.get("arrived").and_then(Value::as_i64).unwrap_or(0),
        state,
        receipts: list(value, "receipts").map(str::to_owned).collect(),
    }
}

fn issued(value: &Value) -> IssuedFact {
    let fate = |it: &Value| fate(it.get("fate").unwrap_or(&Value::Null));
    let credit = value.get("credit").filter(|it| !it.is_null());
    IssuedFact {
        home: text(value, "home"),
        visit: text(value, "visit"),
        text: text(value, "text"),
        fate: fate(value),
        credit: credit.map(|it| (text(it, "text"), fate(it))),
    }
}

fn fate(value: &Value) -> FateFact {
    if let Some(waiting) = value.get("waiting") {
        FateFact::Waiting(text(waiting, "op"))
    } else if value.get("accepted").is_some() {
        FateFact::Accepted
    } else if value.get("moot").is_some() {
        FateFact::Moot
    } else {
        FateFact::Dead
    }
}

fn outgoing(value: &Value) -> OutgoingFact {
    let about = value.get("about").unwrap_or(&Value::Null);
    let named = |kind: &str| maybe(about, kind).map(|id| (kind.to_owned(), id));
    let kinds = ["receipt", "credit", "registration", "cancellation"];
    let notice = || {
        let id = maybe(about.get("notice")?, "registration")?;
        Some(("notice".to_owned(), id))
    };
    let about = kinds.into_iter().find_map(named).or_else(notice);
    OutgoingFact {
        about: about.expect("a request is about something"),
        after: maybe(value, "after"),
        is_dead: value.get("state").and_then(Value::as_str) != Some("waiting"),
    }
}

fn taken((key, value): &(Key, Value)) -> TakenFact {
    let member = key.rest().iter().take(16).take_while(|byte| **byte != 0);
    let proof = text(value, "proof");
    let credit = value.get("credit").filter(|it| !it.is_null());
    TakenFact {
        member: member.map(|byte| char::from(*byte)).collect(),
        host: text(value, "host"),
        id: text(value, "id"),
        date: text(value, "date"),
        half_days: half_days(value),
        is_paper: maybe(value, "by").as_deref() == Some("paper"),
        text: text(value, "text"),
        proof: Sha256Hash::of(&[proof.as_bytes()]),
        credit: credit.map(|it| text(it, "text")),
    }
}
