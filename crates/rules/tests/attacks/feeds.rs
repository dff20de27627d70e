//! Feeds: what a thief of an `ops` key, or whoever serves a feed, could do to it.

use rules::feed::{Author as By, HeadSays, Tip, extend, judge_head};
use rules::revocation::Revoked;
use serde_json::{Value, json};
use wire::event::Event;
use wire::feed::{Head, Page, PageRecord, Record};
use wire::label::Withdrawal;
use wire::{BodyKind as _, EntityId};

use crate::author::Author;
use crate::forge::{compact, header, key, key_set};
use crate::papers::{
    IAT, LABEL, MUG, anchor, anchor_claims, anchor_of, configuration, configuration_as,
};
use crate::table::{Attack, Outcome, attacks, opens};

const PROFILES: [&str; 3] = [r#"{"name":"a"}"#, r#"{"name":"b"}"#, r#"{"name":"c"}"#];

/// Le Mug with its papers and three profiles.
fn mug() -> Author {
    let mut author = Author::mug();
    for profile in PROFILES {
        author.write("profile", profile, "mug-ops");
    }
    author
}

fn sent(records: &[Value]) -> Vec<PageRecord> {
    let page = json!({ "head": "", "records": records }).to_string();
    Page::parse(page.as_bytes()).expect("a page").records
}

/// Whether all of these records are taken; the tip after them.
fn tip_of(entity: &str, records: &[Value]) -> Result<Tip, &'static str> {
    let (root, fed) = (key("root"), key_set(&["mug-fed"]));
    let author = if entity == LABEL {
        By::Coordinator(root.public())
    } else {
        By::Space(&fed, Revoked::none())
    };
    let mut tip = Tip::start();
    let entity = EntityId::parse(entity).expect("an entity identifier");
    match extend(&entity, author, &mut tip, &sent(records)).1 {
        None => Ok(tip),
        Some(refusal) => Err(refusal.code()),
    }
}

fn taken(records: &[Value]) -> Outcome {
    tip_of(MUG, records).map(|_| ())
}

fn taken_of_label(records: &[Value]) -> Outcome {
    tip_of(LABEL, records).map(|_| ())
}

/// The records at these places of a good feed.
fn picked(places: &[usize]) -> Outcome {
    let records = mug().records;
    let picked: Vec<Value> = places.iter().map(|at| records[*at].clone()).collect();
    taken(&picked)
}

/// A good opening, and a record whose claims are changed before it is signed.
fn second(by: &str, change: impl FnOnce(&mut Value)) -> Outcome {
    let mut author = Author::mug();
    author.write_changed("profile", PROFILES[0], by, change);
    taken(&author.records)
}

fn second_with(name: &str, value: impl Into<Value>) -> Outcome {
    second("mug-ops", |it| it[name] = value.into())
}

/// Claims that say that nothing was removed.
fn not_removed(claims: &mut Value) {
    claims["body_sha256"] = Value::Null;
    claims["removed"] = false.into();
}

/// The head, where a record is due.
fn head_among_records() -> Outcome {
    let mut records = mug().records;
    records[1] = json!({ "record": mug().head("mug-ops") });
    taken(&records)
}

/// A body beside the record that says that there is none.
fn removed_with_body() -> Outcome {
    let mut author = Author::mug();
    author.remove("profile", "mug-ops");
    author.records[1]["salt"] = "AQEBAQEBAQEBAQEBAQEBAQ".into();
    author.records[1]["body"] = "{}".into();
    taken(&author.records)
}

/// The papers of Le Mug, and those that name its next key.
fn own() -> String {
    configuration(MUG, "mug-fed", "mug-ops")
}

fn next() -> String {
    configuration(MUG, "mug-fed", "mug-ops-next")
}

fn as_coordinator(ops: &str) -> String {
    configuration_as("coordinator", MUG, "mug-fed", ops)
}

fn as_space() -> String {
    configuration_as("space", LABEL, "label-fed", "label-ops")
}

fn of_label() -> String {
    configuration(LABEL, "label-fed", "label-ops")
}

/// A digest of another record.
const OTHER: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

pub(crate) fn records() -> Vec<Attack> {
    attacks!("record":
        E1 "A record is left out."
            { picked(&[0, 2, 3]) } feed_gap [record_position record_past]
        E4 "A record comes twice."
            { picked(&[0, 1, 1]) } feed_gap [record_position record_past]
        E4 "Two records change places."
            { picked(&[0, 2, 1]) } feed_gap [record_position record_past]
        E1 "A record jumps a position."
            { second_with("seq", 3) } feed_gap [record_position]
        E2 "A record is of the feed's next life."
            { second_with("epoch", 2) } feed_gap [record_epoch]
        E2 "A record has another past: the author says two things at one position."
            { second_with("prev", OTHER) } feed_fork [record_past]
        E2 "A record in the middle says that it is the first."
            { second_with("prev", Value::Null) } seal_malformed [record_prev record_past]
        E2 "A first record says that something was before it."
            { opening("entity-configuration", &own(), |it| it["prev"] = OTHER.into()) }
            seal_malformed [record_prev record_past]
        E13 "A record of another author stands in a feed."
            { second_with("iss", LABEL) } feed_other_author [record_author]
        E11 "A thief writes a record."
            { second("thief", |_| {}) } seal_unknown_key [seal_key_named seal_signature]
        B7 "A `fed` key writes a record."
            { second("mug-fed", |_| {}) } seal_unknown_key [seal_key_named seal_signature]
        E10 "Something is removed for the nought-th time."
            { second_with("rev", 0) } seal_malformed [record_counted]
        E10 "A record says that there is something, and that there is not."
            { second_with("removed", true) } seal_malformed [record_says_one]
        E10 "A record says nothing."
            { second("mug-ops", |it| it["body_sha256"] = Value::Null) }
            seal_malformed [record_says_one record_body]
        E10 "A record says that nothing was removed."
            { second("mug-ops", not_removed) } seal_malformed [record_says_one record_body]
        E12 "A kind has a line break in it."
            { second_with("kind", "pro\nfile") } seal_malformed [record_kind]
        E12 "A kind has capitals."
            { second_with("kind", "Profile") } seal_malformed [record_kind]
        G7 "A kind has 41 letters."
            { second_with("kind", "a".repeat(41)) } seal_malformed [record_kind]
        G7 "An id has 301 bytes."
            { second_with("id", "a".repeat(301)) } seal_malformed [record_id]
        E15 "A head is shown as a record."
            { head_among_records() } seal_other_kind []
        G7 "A record is longer than any may be."
            { second_with("later", "x".repeat(2_000)) } seal_too_long [seal_length]
    )
}

/// A good feed in which what travels beside a record is another.
fn beside(member: &str, value: impl Into<Value>) -> Outcome {
    let mut records = mug().records;
    records[1][member] = value.into();
    taken(&records)
}

/// A record of this kind in the coordinator's feed, without its body.
fn stripped(kind: &str) -> Outcome {
    let mut author = Author::label();
    author.write(kind, "{}", "label-ops");
    let mut records = author.records;
    records[2] = json!({ "record": records[2]["record"] });
    taken_of_label(&records)
}

fn with_body(text: &str) -> Outcome {
    let mut author = Author::mug();
    author.write("profile", text, "mug-ops");
    taken(&author.records)
}

fn page_of(count: usize) -> Outcome {
    let page = json!({ "head": "", "records": vec![json!({ "record": "" }); count] });
    Page::parse(page.to_string().as_bytes())
        .map(|_| ())
        .map_err(|_| "feed_page")
}

fn withdrawal(text: &str) -> Outcome {
    Withdrawal::read(text).map(|_| ()).map_err(|_| "body")
}

/// A withdrawal, with this in front.
fn withdrawal_begun(with: &str) -> Outcome {
    withdrawal(&format!(
        r#"{{{with}"sub":"{MUG}","state":"withdrawn","reason":"","since":1}}"#
    ))
}

pub(crate) fn bodies() -> Vec<Attack> {
    attacks!("body":
        A2 "A relay changes what a record says."
            { beside("body", r#"{"name":"z"}"#) } feed_other_body [record_body]
        A2 "A relay changes a salt."
            { beside("salt", "AQEBAQEBAQEBAQEBAQEBAQ") } feed_other_body [record_body]
        A2 "A relay moves a byte from the salt to the body."
            { beside("salt", "AgICAgICAgICAgICAgIC") } feed_other_body []
        A2 "A relay puts a body beside a removal."
            { removed_with_body() } feed_other_body [record_body]
        B4 "A relay leaves out that a label is withdrawn."
            { stripped("withdrawal") } feed_no_body [record_trust_body]
        B5 "A relay leaves out an anchor."
            { stripped("anchor") } feed_no_body [record_trust_body]
        B5 "A relay leaves out a configuration."
            { stripped("entity-configuration") } feed_no_body [record_trust_body]
        B5 "A relay leaves out a statement."
            { stripped("subordinate-statement") } feed_no_body [record_trust_body]
        B5 "A relay leaves out a mark."
            { stripped("trust-mark") } feed_no_body [record_trust_body]
        B5 "A relay leaves out the charter."
            { stripped("charter") } feed_no_body [record_trust_body]
        E7 "A body has more than 16 KiB."
            { with_body(&"x".repeat(16 * 1024 + 1)) } feed_other_body [record_body_length]
        E7 "A page has 101 records."
            { page_of(101) } feed_page [page_records]
        E15 "A page is HTML."
            { Page::parse(b"<!doctype html>").map(|_| ()).map_err(|_| "feed_page") } feed_page []
        E15 "A page is followed by another."
            { Page::parse(br#"{"head":"","records":[]}{}"#).map(|_| ()).map_err(|_| "feed_page") }
            feed_page [json_end]
        G1 "A body says twice who is meant."
            { withdrawal_begun(r#""sub":"https://other.example","#) } body [json_name_twice]
        G8 "A body is a list of its members."
            { withdrawal(&format!(r#"["{MUG}","withdrawn","",1]"#)) } body [claims_object]
        E7 "A body is longer than any may be."
            { withdrawal_begun(&format!(r#""later":"{}","#, "x".repeat(16 * 1024))) }
            body [body_length]
        E12 "An event says something without which it would mean something else."
            { event_of_a_later_version() } body [body_not_ignored]
    )
}

/// An event of a later version, some days of which do not take place by a rule of theirs.
fn event_of_a_later_version() -> Outcome {
    let event = r#"{"@type":"Event","uid":"photo@le-mug.example","sequence":0,
        "updated":"2026-01-01T00:00:00Z","title":"a","start":"2026-04-06T18:00:00",
        "timeZone":"Europe/Paris","duration":"PT2H","escale":{"kind":"training"},
        "excludedRecurrenceRules":[]}"#;
    Event::read(event).map(|_| ()).map_err(|_| "body")
}

/// A feed that begins with this record of these papers.
fn opening(kind: &str, papers: &str, change: impl FnOnce(&mut Value)) -> Outcome {
    let mut author = Author::new(MUG);
    author.write_changed(kind, papers, "mug-ops", change);
    taken(&author.records)
}

/// The coordinator's opening, with these papers.
fn label_opening(anchor: &str, configuration: &str) -> Outcome {
    let mut author = Author::new(LABEL);
    author.write("anchor", anchor, "label-ops");
    author.write("entity-configuration", configuration, "label-ops");
    taken_of_label(&author.records)
}

/// A configuration in the middle of a feed, and what its key writes.
fn turned(papers: &str, id: &str, by: &str) -> Outcome {
    let mut author = mug();
    author.write_changed("entity-configuration", papers, "mug-ops", |it| {
        it["id"] = id.into();
    });
    author.write("profile", PROFILES[0], by);
    taken(&author.records)
}

pub(crate) fn openings() -> Vec<Attack> {
    attacks!("keys of a feed":
        B1 "A feed opens with papers that a thief signed."
            { opening("entity-configuration", &configuration(MUG, "thief", "mug-ops"), |_| {}) }
            feed_opening [seal_key_named seal_signature]
        C3 "A feed opens with its papers in a record of another kind."
            { opening("profile", &own(), |_| {}) } feed_opening [opening_kind]
        C3 "A feed opens with its papers under another id."
            { opening("entity-configuration", &own(), |it| it["id"] = MUG.into()) }
            feed_opening [opening_kind]
        B13 "A space says that it is a coordinator."
            { opening("entity-configuration", &as_coordinator("mug-ops"), |_| {}) }
            feed_opening [opening_role]
        B13 "A coordinator says that it is a space."
            { label_opening(&anchor("label-fed"), &as_space()) }
            feed_opening [opening_role]
        B1 "A coordinator's feed opens with an anchor of another root."
            { label_opening(&anchor_of(&anchor_claims(&["label-fed"]), "thief"), &of_label()) }
            feed_opening [seal_key_named seal_signature]
        B1 "A coordinator's configuration is by a key that the anchor does not name."
            { label_opening(&anchor("thief"), &of_label()) }
            feed_opening [seal_key_named seal_signature]
        B14 "A space's papers open the coordinator's feed."
            { label_opening(&own(), &own()) } feed_opening []
        B7 "A key goes on after its successor was named."
            { turned(&next(), "self", "mug-ops") } seal_unknown_key [seal_key_named seal_signature]
        B7 "A key is named that the `fed` key did not name."
            { turned(&configuration(MUG, "mug-ops", "thief"), "self", "thief") }
            seal_unknown_key [seal_key_named seal_signature]
        B7 "Papers that are not the feed's own turn its keys."
            { turned(&next(), "other", "mug-ops-next") } seal_unknown_key [turn_id]
        B13 "Papers of another role turn the keys."
            { turned(&as_coordinator("mug-ops-next"), "self", "mug-ops-next") }
            seal_unknown_key [turn_role]
        B7 "Papers of another space turn the keys."
            { turned(&configuration(LABEL, "mug-fed", "mug-ops-next"), "self", "mug-ops-next") }
            seal_unknown_key [paper_issuer paper_subject turn_role]
    )
}

/// Whether a head is taken by whoever holds a good feed.
fn head(change: impl FnOnce(&mut Value)) -> Outcome {
    head_by("mug-ops", change)
}

fn head_by(by: &str, change: impl FnOnce(&mut Value)) -> Outcome {
    let author = mug();
    let tip = tip_of(MUG, &author.records).expect("a good feed");
    let entity = EntityId::parse(MUG).expect("an entity identifier");
    match judge_head(&entity, &tip, &author.head_changed(by, change), 0) {
        Ok(HeadSays::Complete(_) | HeadSays::More) => Ok(()),
        Err(refusal) => Err(refusal.code()),
    }
}

fn head_with(name: &str, value: impl Into<Value>) -> Outcome {
    head(|it| it[name] = value.into())
}

/// A record, shown as the head.
fn record_as_head() -> Outcome {
    let claims = json!({
        "iss": MUG, "epoch": 1, "seq": 4, "hash": OTHER, "iat": IAT, "exp": IAT + 60,
        "prev": OTHER, "kind": "profile", "id": "self", "rev": 1, "body_sha256": OTHER,
    });
    let claims = claims.to_string();
    let text = compact(
        &header("escale-record+jwt", "mug-ops"),
        claims.as_bytes(),
        "mug-ops",
    );
    opens::<Record>(&text, &["mug-ops"]).expect("a good record");
    opens::<Head>(&text, &["mug-ops"])
}

pub(crate) fn heads() -> Vec<Attack> {
    attacks!("head":
        E3 "A feed goes back: the head of an old copy."
            { head_with("seq", 3) } feed_behind [head_behind]
        B5 "A feed goes back to nothing."
            { head_with("seq", 0) } seal_malformed [head_counted head_behind]
        E2 "A head is of another past than the records."
            { head_with("hash", OTHER) } feed_fork [head_past]
        E13 "A head is another feed's."
            { head_with("iss", LABEL) } feed_other_author [head_author]
        E2 "A head is of a life of the feed that nobody showed."
            { head_with("epoch", 2) } feed_epoch [head_epoch]
        E9 "A head ends when it begins."
            { head_with("exp", IAT) } seal_malformed [head_ends_later]
        E3 "A thief signs a head, so that a silence looks fresh."
            { head_by("thief", |_| {}) } seal_unknown_key [seal_key_named seal_signature]
        C3 "A record is shown as a head."
            { record_as_head() } seal_other_kind [seal_typ]
    )
}
