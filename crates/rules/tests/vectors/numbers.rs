//! Numbers and codes in the specifications are those of the code.

use std::collections::BTreeMap;
use std::path::Path;

use rules::chain::ChainRefusal;
use rules::event::EventRefusal;
use rules::feed::FeedRefusal;
use rules::receipt::ReceiptRefusal;
use rules::trust::TrustRefusal;
use rules::{freshness, passport, seats, trust, visit};
use seal::json::{DEPTH_MAX, INTEGER_MAX, JsonRefusal};
use seal::{Document, KeyRefusal, KeySet, Malformed, SealRefusal};
use wire::disclosure;
use wire::event;
use wire::federation::{self, HistoricalKeys, MarkStatusResponse, ResolveResponse};
use wire::feed::{self, Head, Record};
use wire::passport::Passport;
use wire::receipt::{self, Credit, Receipt};
use wire::registration::Registration;
use wire::request::{self, Answer, Request};
use wire::status_list::StatusListToken;
use wire::trust::{Anchor, EntityStatement, TrustMark};

use crate::forge::key;
use crate::papers::LABEL;

fn specification(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs");
    std::fs::read_to_string(Path::new(folder).join(name)).expect("the specification can be read")
}

/// The rows under the heading of that name: what is in code, and the number.
fn rows(text: &str) -> BTreeMap<String, i64> {
    let after = text
        .split("Numbers\n")
        .nth(1)
        .expect("a section of numbers");
    let section = after.split("\n## ").next().unwrap_or_default();
    let mut rows = BTreeMap::new();
    for line in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`').to_owned();
        let number = cells[2].replace(',', "").parse().expect("a number");
        assert!(rows.insert(name, number).is_none(), "{line}");
    }
    rows
}

#[track_caller]
fn check(name: &str, constants: &[(&str, i64)]) {
    let expected = constants.iter();
    let expected = expected.map(|(name, number)| ((*name).to_owned(), *number));
    assert_eq!(rows(&specification(name)), expected.collect(), "{name}");
}

fn number(count: u64) -> i64 {
    i64::try_from(count).expect("a number")
}

fn size(bytes: usize) -> i64 {
    i64::try_from(bytes).expect("a size")
}

fn count(number: u64) -> i64 {
    i64::try_from(number).expect("a number")
}

fn of_kind<T: Document>() -> (&'static str, i64) {
    (T::TYP, size(T::BYTES_MAX))
}

/// The most keys of a set, by trying.
fn keys_max() -> usize {
    let of = |count: usize| KeySet::new(vec![key("root").public().clone(); count]);
    (1..100).take_while(|count| of(*count).is_ok()).count()
}

#[test]
fn the_numbers_of_the_seal_are_those_of_the_code() {
    check(
        "seal.md",
        &[
            ("DEPTH_MAX", size(DEPTH_MAX)),
            ("INTEGER_MAX", INTEGER_MAX),
            ("KEYS_MAX", size(keys_max())),
            of_kind::<Anchor>(),
            of_kind::<EntityStatement>(),
            of_kind::<TrustMark>(),
            of_kind::<ResolveResponse>(),
            of_kind::<MarkStatusResponse>(),
            of_kind::<HistoricalKeys>(),
            of_kind::<Request>(),
            of_kind::<Answer>(),
            of_kind::<Receipt>(),
            of_kind::<Credit>(),
            of_kind::<Registration>(),
            of_kind::<wire::revocation::KeyRevocation>(),
            of_kind::<wire::revocation::KeyUpdate>(),
            of_kind::<wire::epoch::Epoch>(),
            of_kind::<Record>(),
            of_kind::<Head>(),
            of_kind::<Passport>(),
            of_kind::<StatusListToken>(),
        ],
    );
}

#[test]
fn the_numbers_of_passports_are_those_of_the_code() {
    check(
        "passport.md",
        &[
            of_kind::<Passport>(),
            (
                "SHOWN_NAME_CHARS_MAX",
                size(wire::passport::SHOWN_NAME_CHARS_MAX),
            ),
            (
                "KEY_BINDING_BYTES_MAX",
                size(seal::holder::KEY_BINDING_BYTES_MAX),
            ),
            (
                "PRESENTATION_BYTES_MAX",
                size(wire::passport::PRESENTATION_BYTES_MAX),
            ),
            ("CODE_CHARS_MAX", size(wire::qr::CODE_CHARS_MAX)),
            ("DIGESTS_MAX", size(disclosure::DIGESTS_MAX)),
            ("DISCLOSURES_MAX", size(disclosure::DISCLOSURES_MAX)),
            ("SALT_BYTES", size(disclosure::SALT_BYTES)),
            ("DISCLOSED_CHARS_MAX", size(disclosure::DISCLOSED_CHARS_MAX)),
            ("PASSPORT_SECONDS", passport::PASSPORT_SECONDS),
            ("CHALLENGE_SECONDS", passport::CHALLENGE_SECONDS),
            ("SHOWN_SECONDS_MAX", passport::SHOWN_SECONDS_MAX),
            (
                "SHOWN_SECONDS_MAX_POOR_CLOCK",
                passport::SHOWN_SECONDS_MAX_POOR_CLOCK,
            ),
            ("CLOCK_LEEWAY_SECONDS", trust::CLOCK_LEEWAY_SECONDS),
            ("REGISTER_SECONDS_MAX", freshness::REGISTER_SECONDS_MAX),
        ],
    );
}

#[test]
fn the_numbers_of_status_lists_are_those_of_the_code() {
    check(
        "status-list.md",
        &[
            of_kind::<StatusListToken>(),
            (
                "INFLATED_BYTES_MAX",
                size(wire::status_list::INFLATED_BYTES_MAX),
            ),
            ("STATUS_LIST_SECONDS", passport::STATUS_LIST_SECONDS),
            ("STATUS_LIST_TTL_SECONDS", passport::STATUS_LIST_TTL_SECONDS),
            ("CLOCK_LEEWAY_SECONDS", trust::CLOCK_LEEWAY_SECONDS),
        ],
    );
}

#[test]
fn the_numbers_of_trust_are_those_of_the_code() {
    check(
        "trust.md",
        &[
            ("ENTITY_ID_BYTES_MAX", size(wire::ENTITY_ID_BYTES_MAX)),
            ("ANCHOR_SECONDS", trust::ANCHOR_SECONDS),
            ("STATEMENT_SECONDS", trust::STATEMENT_SECONDS),
            (
                "STATEMENT_RENEWED_AFTER_SECONDS",
                trust::STATEMENT_RENEWED_AFTER_SECONDS,
            ),
            ("CONFIGURATION_SECONDS", trust::CONFIGURATION_SECONDS),
            (
                "CONFIGURATION_RENEWED_AFTER_SECONDS",
                trust::CONFIGURATION_RENEWED_AFTER_SECONDS,
            ),
            ("MARK_SECONDS", trust::MARK_SECONDS),
            (
                "MARK_RENEWED_AFTER_SECONDS",
                trust::MARK_RENEWED_AFTER_SECONDS,
            ),
            ("INVITATION_SECONDS", trust::INVITATION_SECONDS),
            ("LABELS_MAX", size(trust::LABELS_MAX)),
            ("FURTHER_SPACES_MAX", size(trust::FURTHER_SPACES_MAX)),
            ("CLOCK_LEEWAY_SECONDS", trust::CLOCK_LEEWAY_SECONDS),
            ("REGISTER_SECONDS_MAX", freshness::REGISTER_SECONDS_MAX),
            (
                "AUTHORITY_HINTS_MAX",
                size(wire::trust::AUTHORITY_HINTS_MAX),
            ),
            (
                "CHARTER_URL_BYTES_MAX",
                size(wire::trust::CHARTER_URL_BYTES_MAX),
            ),
            ("TRUST_MARKS_MAX", size(wire::trust::TRUST_MARKS_MAX)),
            ("CHAIN_STATEMENTS", size(federation::CHAIN_STATEMENTS)),
            ("HISTORICAL_KEYS_MAX", size(federation::HISTORICAL_KEYS_MAX)),
            ("INVITATION_BYTES_MAX", size(wire::INVITATION_BYTES_MAX)),
            ("REQUEST_SECONDS_MAX", request::REQUEST_SECONDS_MAX),
            ("TOKEN_BYTES_MAX", size(request::TOKEN_BYTES_MAX)),
            ("JOIN_BYTES_MAX", size(request::JOIN_BYTES_MAX)),
        ],
    );
}

#[test]
fn the_numbers_of_feeds_are_those_of_the_code() {
    check(
        "feed.md",
        &[
            ("BODY_BYTES_MAX", size(feed::BODY_BYTES_MAX)),
            ("SALT_BYTES", size(feed::SALT_BYTES)),
            ("KIND_BYTES_MAX", size(feed::KIND_BYTES_MAX)),
            ("ID_BYTES_MAX", size(feed::ID_BYTES_MAX)),
            ("PAGE_RECORDS_MAX", size(feed::PAGE_RECORDS_MAX)),
            ("PAGE_BYTES_AIM", size(feed::PAGE_BYTES_AIM)),
            ("PAGE_BYTES_MAX", size(feed::PAGE_BYTES_MAX)),
            ("HINT_BYTES_MAX", size(wire::hint::HINT_BYTES_MAX)),
            ("EPOCHS_AHEAD_MAX", number(rules::feed::EPOCHS_AHEAD_MAX)),
            ("FORK_BYTES_MAX", size(wire::fork::FORK_BYTES_MAX)),
            ("HEAD_SECONDS", freshness::HEAD_SECONDS),
            (
                "HEAD_RENEWED_AFTER_SECONDS",
                freshness::HEAD_RENEWED_AFTER_SECONDS,
            ),
            ("TEXT_CHARS_MAX", size(wire::TEXT_CHARS_MAX)),
            ("REASON_CHARS_MAX", size(wire::label::REASON_CHARS_MAX)),
            ("CRITERIA_MAX", size(wire::label::CRITERIA_MAX)),
            (
                "CRITERION_ID_BYTES_MAX",
                size(wire::label::CRITERION_ID_BYTES_MAX),
            ),
            ("NAME_CHARS_MAX", size(wire::space::NAME_CHARS_MAX)),
            ("AMENITIES_MAX", size(wire::space::AMENITIES_MAX)),
            ("SPANS_MAX", size(wire::space::SPANS_MAX)),
            ("CENTS_MAX", wire::CENTS_MAX),
        ],
    );
}

#[test]
fn the_numbers_of_visits_are_those_of_the_code() {
    check(
        "visit.md",
        &[
            of_kind::<Receipt>(),
            of_kind::<Credit>(),
            ("DAY_SPANS_MAX", size(receipt::DAY_SPANS_MAX)),
            ("VISIT_SECONDS_MAX", receipt::VISIT_SECONDS_MAX),
            ("CENTS_MAX", wire::CENTS_MAX),
            ("CORRECTION_SECONDS", visit::CORRECTION_SECONDS),
            ("RECEIPT_SECONDS_MAX", visit::RECEIPT_SECONDS_MAX),
            ("ACCOUNTS_SECONDS", visit::ACCOUNTS_SECONDS),
            ("CLOCK_LEEWAY_SECONDS", trust::CLOCK_LEEWAY_SECONDS),
            (
                "SHOWN_SECONDS_MAX_POOR_CLOCK",
                passport::SHOWN_SECONDS_MAX_POOR_CLOCK,
            ),
        ],
    );
}

#[test]
fn the_numbers_of_events_are_those_of_the_code() {
    check(
        "event.md",
        &[
            ("EVENT_ID_BYTES_MAX", size(event::EVENT_ID_BYTES_MAX)),
            ("TITLE_CHARS_MAX", size(event::TITLE_CHARS_MAX)),
            ("TEXT_CHARS_MAX", size(wire::TEXT_CHARS_MAX)),
            ("TIME_ZONE_BYTES_MAX", size(event::TIME_ZONE_BYTES_MAX)),
            ("URI_BYTES_MAX", size(event::URI_BYTES_MAX)),
            ("OVERRIDES_MAX", size(event::OVERRIDES_MAX)),
            ("EVENT_SECONDS_MAX", event::EVENT_SECONDS_MAX),
            ("SEQUENCE_MAX", count(event::SEQUENCE_MAX)),
            ("INTERVAL_MAX", count(event::INTERVAL_MAX)),
            ("COUNT_MAX", count(event::COUNT_MAX)),
            ("OCCURRENCES_MAX", size(rules::event::OCCURRENCES_MAX)),
            ("RECURRENCE_YEARS_MAX", rules::event::RECURRENCE_YEARS_MAX),
            ("CAPACITY_MAX", count(event::CAPACITY_MAX)),
            ("CENTS_MAX", wire::CENTS_MAX),
            ("SEATS_TOLD_MAX", size(event::SEATS_TOLD_MAX)),
        ],
    );
}

#[test]
fn the_numbers_of_registrations_are_those_of_the_code() {
    check(
        "registration.md",
        &[
            of_kind::<Registration>(),
            (
                "SHOWN_NAME_CHARS_MAX",
                size(wire::passport::SHOWN_NAME_CHARS_MAX),
            ),
            ("WAITING_MAX", count(seats::WAITING_MAX)),
            ("REGISTRATION_SECONDS", seats::REGISTRATION_SECONDS),
        ],
    );
}

#[test]
fn the_numbers_of_requests_are_those_of_the_code() {
    check(
        "requests.md",
        &[
            of_kind::<Request>(),
            of_kind::<Answer>(),
            ("REQUEST_BYTES_MAX", size(request::REQUEST_BYTES_MAX)),
            ("REQUEST_SECONDS_MAX", request::REQUEST_SECONDS_MAX),
            ("TOKEN_BYTES_MAX", size(request::TOKEN_BYTES_MAX)),
            ("KIND_BYTES_MAX", size(request::KIND_BYTES_MAX)),
            ("CLOCK_LEEWAY_SECONDS", trust::CLOCK_LEEWAY_SECONDS),
        ],
    );
}

/// Every code that these rules give, and that of the seals below them.
fn codes() -> Vec<&'static str> {
    let other = wire::EntityId::parse(LABEL).expect("an entity identifier");
    let seals = [
        SealRefusal::TooLong { limit: 0 },
        SealRefusal::NotCompact,
        SealRefusal::Algorithm,
        SealRefusal::OtherKind,
        SealRefusal::Header,
        SealRefusal::UnknownKey,
        SealRefusal::Signature,
        SealRefusal::Json(JsonRefusal::NotJson),
        SealRefusal::Malformed(Malformed(String::new())),
    ];
    let papers = [
        TrustRefusal::Keys(KeyRefusal::Weak),
        TrustRefusal::OtherIssuer(other.clone()),
        TrustRefusal::OtherSubject(other),
        TrustRefusal::OtherLabel,
        TrustRefusal::LastsTooLong,
        TrustRefusal::NotANode,
        TrustRefusal::Misplaced,
    ];
    let chains = [
        ChainRefusal::Length(0),
        ChainRefusal::OwnKey,
        ChainRefusal::Hint,
        ChainRefusal::Future,
        ChainRefusal::Expired,
        ChainRefusal::MarkType,
        ChainRefusal::MarkIssuer,
    ];
    let feeds = [
        FeedRefusal::Opening(String::new()),
        FeedRefusal::OtherAuthor { seq: 1 },
        FeedRefusal::Gap { seq: 1 },
        FeedRefusal::Fork { seq: 1 },
        FeedRefusal::OtherBody { seq: 1 },
        FeedRefusal::NoBody { seq: 1 },
        FeedRefusal::Epoch { epoch: 2 },
        FeedRefusal::Behind { seq: 1 },
    ];
    let seals = seals.iter().map(SealRefusal::code);
    let papers = papers.iter().map(TrustRefusal::code);
    seals
        .chain(papers)
        .chain(chains.iter().map(ChainRefusal::code))
        .chain(feeds.iter().map(FeedRefusal::code))
        .collect()
}

#[test]
fn every_code_is_documented() {
    let problems = specification("problems.md");
    let own = ["seal.md", "trust.md", "feed.md"]
        .map(specification)
        .concat();
    for code in codes() {
        assert!(
            problems.contains(&format!("| `{code}` |")),
            "{code} in problems.md"
        );
        assert!(
            own.contains(&format!("`{code}`")),
            "{code} in its own specification"
        );
    }
}

/// The codes of a home that are no rule's: they hang on what was answered before.
const OF_WHAT_WAS_ANSWERED: &[&str] = &[
    "malformed",
    "credited",
    "id_used",
    "receipt_unknown",
    "too_many",
];

/// The codes with which any request is refused (`specs/requests.md`, section 3).
const OF_ANY_REQUEST: &[&str] = &["unknown_kind", "conflict"];

#[test]
fn every_refusal_of_a_receipt_is_documented() {
    let problems = specification("problems.md");
    let (_, after) = problems
        .split_once("Refusals of a receipt or a credit\n")
        .expect("a section of refusals");
    let section = after.split("\n## ").next().unwrap_or_default();
    let visits = specification("visit.md");
    let rules = ReceiptRefusal::ALL.iter().map(|refusal| refusal.code());
    let codes: Vec<_> = rules.chain(OF_WHAT_WAS_ANSWERED.iter().copied()).collect();
    for code in &codes {
        let is_explained = section.contains(&format!("| `{code}` |"));
        assert!(is_explained, "{code} in problems.md");
        let is_given = visits.contains(&format!("refused `{code}` |"));
        assert!(is_given, "{code} in visit.md");
    }
    let requests = specification("requests.md");
    for code in OF_ANY_REQUEST {
        let is_explained = section.contains(&format!("| `{code}` |"));
        assert!(is_explained, "{code} in problems.md");
        let is_given = requests.contains(&format!("refused `{code}`"));
        assert!(is_given, "{code} in requests.md");
    }
    // Neither names a code that is not given.
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    assert_eq!(rows.count(), codes.len() + OF_ANY_REQUEST.len());
    for (_, after) in visits
        .match_indices("refused `")
        .map(|(at, it)| visits.split_at(at + it.len()))
    {
        let (code, _) = after.split_once('`').expect("a code");
        assert!(codes.contains(&code), "{code}");
    }
}

/// What an owner answers that is no rule's: it hangs on what was answered before.
const OF_REGISTRATIONS_BEFORE: &[&str] =
    &["malformed", "id_used", "registration_cancelled", "too_many"];

#[test]
fn every_refusal_of_a_registration_is_documented() {
    let problems = specification("problems.md");
    let (_, after) = problems
        .split_once("Refusals of a registration\n")
        .expect("a section of refusals");
    let section = after.split("\n## ").next().unwrap_or_default();
    let registrations = specification("registration.md");
    let rules = seats::SEAT_REFUSALS.iter().map(|refusal| refusal.code());
    let codes: Vec<_> = rules
        .chain(OF_REGISTRATIONS_BEFORE.iter().copied())
        .collect();
    for code in &codes {
        let is_explained = section.contains(&format!("| `{code}` |"));
        assert!(is_explained, "{code} in problems.md");
        let is_given = registrations.contains(&format!("refused `{code}` |"));
        assert!(is_given, "{code} in registration.md");
    }
    // Neither names a code that is not given.
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    assert_eq!(rows.count(), codes.len());
    for (at, found) in registrations.match_indices("refused `") {
        let (_, after) = registrations.split_at(at + found.len());
        let (code, _) = after.split_once('`').expect("a code");
        assert!(codes.contains(&code), "{code}");
    }
}

/// The words of the vectors for events that are not shown.
#[test]
fn every_reason_not_to_show_an_event_is_documented() {
    let events = specification("event.md");
    for refusal in [
        EventRefusal::Name,
        EventRefusal::TimeZone,
        EventRefusal::Moment,
        EventRefusal::StartOffRule,
        EventRefusal::Never,
    ] {
        let word = crate::events::word(refusal);
        assert!(events.contains(&format!("| `{word}` |")), "{word}");
    }
    for kind in event::EVENT_KINDS {
        assert!(events.contains(&format!("`{}`", kind.word())), "{kind:?}");
    }
}
