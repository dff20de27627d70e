//! `specs/vectors/keys.json`: who may say that a key has ended, key updates, and what is
//! taken of a feed whose keys were revoked.

use rules::feed::{Author as By, Tip, extend};
use rules::revocation::{Revoked, open_revocation};
use seal::{Document, Sealed};
use serde_json::{Value, json};
use wire::feed::Page;
use wire::revocation::{KeyRevocation, KeyUpdate, LastGood};
use wire::trust::EntityStatement;
use wire::{EntityId, Sha256Hash};

use crate::author::Author;
use crate::forge::{
    compact, header, key, key_set, keys_listed, list, published, text, went_through,
};
use crate::pages::{PROFILES, page};
use crate::papers::{IAT, LABEL, MUG, configuration_claims, statement_claims, statement_of, with};

const OTHER: &str = "https://other.example";

fn thumbprint(of: &str) -> String {
    key(of).public().thumbprint().to_string()
}

fn sealed<T: Document>(claims: &Value, by: &str) -> String {
    compact(&header(T::TYP, by), claims.to_string().as_bytes(), by)
}

fn last(seq: u64) -> Value {
    json!({ "epoch": 1, "seq": seq, "hash": Sha256Hash::of(&[b"x"]) })
}

fn claims(iss: &str, of: &str) -> Value {
    json!({ "iss": iss, "sub": MUG, "iat": IAT, "kid": thumbprint(of),
        "reason": "compromised", "last": last(2) })
}

/// Le Mug has two `fed` keys, of which the second was revoked before.
fn revocation(name: &str, expected: &str, claims: &Value, by: &str) -> Value {
    json!({ "name": name, "expected": expected, "jws": sealed::<KeyRevocation>(claims, by) })
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn revocations() -> Vec<Value> {
    let of_mug = |member: &str, value: Value| with(claims(MUG, "mug-ops"), member, value);
    let by_mug =
        |name: &str, expected: &str, claims: &Value| revocation(name, expected, claims, "mug-fed");
    let without = |member: &str| {
        let mut claims = claims(MUG, "mug-ops");
        claims.as_object_mut().expect("an object").remove(member);
        claims
    };
    let ops = || claims(MUG, "mug-ops");
    let fed = || claims(MUG, "mug-fed");
    let (refused, malformed) = ("trust_other_issuer", "seal_malformed");
    let mut cases = vec![
        by_mug("by a fed key of the space", "ok", &ops()),
        revocation(
            "by the coordinator",
            "ok",
            &claims(LABEL, "mug-ops"),
            "label-fed",
        ),
        revocation(
            "of a fed key, by the coordinator",
            "ok",
            &claims(LABEL, "mug-fed"),
            "label-fed",
        ),
        by_mug("superseded", "ok", &of_mug("reason", "superseded".into())),
        by_mug(
            "for no reason",
            "ok",
            &of_mug("reason", "unspecified".into()),
        ),
        by_mug(
            "of a key that nobody has heard of",
            "ok",
            &claims(MUG, "thief"),
        ),
        by_mug(
            "with a member that nobody knows",
            "ok",
            &of_mug("other", 1.into()),
        ),
        revocation(
            "by the key that follows",
            "seal_unknown_key",
            &ops(),
            "mug-ops-next",
        ),
        revocation(
            "by the coordinator's ops key",
            "seal_unknown_key",
            &claims(LABEL, "mug-ops"),
            "label-ops",
        ),
        revocation("by a thief", "seal_unknown_key", &ops(), "thief"),
        by_mug(
            "of another space",
            "trust_other_subject",
            &of_mug("sub", OTHER.into()),
        ),
        by_mug(
            "in the coordinator's name",
            refused,
            &claims(LABEL, "mug-ops"),
        ),
        revocation(
            "by the coordinator, in the space's name",
            refused,
            &ops(),
            "label-fed",
        ),
        by_mug("a fed key ends itself", refused, &fed()),
        by_mug(
            "a fed key ends the other",
            refused,
            &claims(MUG, "mug-fed-next"),
        ),
        revocation(
            "by a fed key that has ended",
            refused,
            &ops(),
            "mug-fed-next",
        ),
        by_mug("of no key", malformed, &of_mug("kid", "../../etc".into())),
        by_mug(
            "of a thumbprint that is too short",
            malformed,
            &of_mug("kid", "AAAA".into()),
        ),
        by_mug(
            "before the first record",
            malformed,
            &of_mug("last", last(0)),
        ),
        by_mug(
            "in no epoch",
            malformed,
            &of_mug(
                "last",
                json!({ "epoch": 0, "seq": 1, "hash": Sha256Hash::of(&[b"x"]) }),
            ),
        ),
        by_mug(
            "without a hash",
            malformed,
            &of_mug("last", json!({ "epoch": 1, "seq": 1 })),
        ),
        by_mug(
            "for an unknown reason",
            malformed,
            &of_mug("reason", "bored".into()),
        ),
    ];
    for member in ["iss", "sub", "iat", "kid", "last", "reason"] {
        cases.push(by_mug(
            &format!("without {member}"),
            malformed,
            &without(member),
        ));
    }
    cases
}

fn update(name: &str, expected: &str, claims: &Value, by: &str) -> Value {
    json!({ "name": name, "expected": expected, "jws": sealed::<KeyUpdate>(claims, by) })
}

fn updates() -> Vec<Value> {
    let next = |keys: &[&str]| {
        let jwks =
            configuration_claims(MUG, "mug-fed", keys)["metadata"]["escale_node"]["jwks"].take();
        json!({ "iss": MUG, "aud": LABEL, "iat": IAT, "jwks": jwks })
    };
    let one = || next(&["mug-fed-next"]);
    let empty = with(one(), "jwks", json!({ "keys": [] }));
    let without = with(one(), "jwks", Value::Null);
    vec![
        update("by the key before", "ok", &one(), "mug-fed"),
        update(
            "by the key that it brings",
            "seal_unknown_key",
            &next(&["thief"]),
            "thief",
        ),
        update("by the ops key", "seal_unknown_key", &one(), "mug-ops"),
        update(
            "with two keys",
            "seal_malformed",
            &next(&["mug-fed-next", "thief"]),
            "mug-fed",
        ),
        update("with none", "seal_malformed", &empty, "mug-fed"),
        update(
            "with null in their place",
            "seal_malformed",
            &without,
            "mug-fed",
        ),
        update(
            "for nobody",
            "seal_malformed",
            &with(one(), "aud", "nobody".into()),
            "mug-fed",
        ),
    ]
}

/// In which epoch a statement says that a feed begins.
fn epochs() -> Vec<Value> {
    let said = |epoch: Value| {
        statement_of(
            &with(statement_claims(), "escale_epoch", epoch),
            "label-fed",
        )
    };
    let case =
        |name: &str, epoch: Value, jws: String| json!({ "name": name, "epoch": epoch, "jws": jws });
    vec![
        case(
            "none is said",
            1.into(),
            statement_of(&statement_claims(), "label-fed"),
        ),
        case("the first", 1.into(), said(1.into())),
        case("the third", 3.into(), said(3.into())),
        case("no epoch", "seal_malformed".into(), said(0.into())),
        case(
            "before the first",
            "seal_malformed".into(),
            said((-1).into()),
        ),
    ]
}

/// Le Mug's `ops` key turns at position 3, both stay in force, and by both a record follows.
fn turned() -> Author {
    let mut author = Author::mug();
    author.write("profile", PROFILES[0], "mug-ops");
    let papers = configuration_claims(MUG, "mug-fed", &["mug-ops-next", "mug-ops"]);
    author.write(
        "entity-configuration",
        &statement_of(&papers, "mug-fed"),
        "mug-ops",
    );
    author.write("profile", PROFILES[1], "mug-ops-next");
    author
}

/// A feed of which `ended` was good up to a record of `of`: how many records are taken, and
/// how it ends.
fn feed(
    name: &str,
    author: &Author,
    by: &str,
    ended: (&str, &Author, usize),
    said: (usize, &str),
) -> Value {
    let (key, of, seq) = ended;
    let record = text(&of.records[seq - 1], "record");
    let last = json!({ "epoch": 1, "seq": seq, "hash": Sha256Hash::of(&[record.as_bytes()]) });
    json!({
        "name": name, "entity": MUG, "by": ["mug-fed-next", "mug-fed"],
        "revoked": [{ "kid": thumbprint(key), "last": last }],
        "page": page(&author.records, &author.head(by)),
        "accepted": said.0, "outcome": said.1,
    })
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
fn feeds() -> Vec<Value> {
    let honest = turned();
    let mut beside = turned();
    beside.write("profile", PROFILES[2], "mug-ops");
    let mut astray = Author::mug();
    astray.write("profile", PROFILES[0], "mug-ops");
    astray.write("profile", PROFILES[2], "mug-ops");
    let papers = |fed, ops: &str| statement_of(&configuration_claims(MUG, fed, &[ops]), fed);
    let mut replaced = Author::mug();
    replaced.write(
        "entity-configuration",
        &papers("mug-fed-next", "mug-ops"),
        "mug-ops",
    );
    let mut named = replaced.clone();
    named.write(
        "entity-configuration",
        &papers("mug-fed", "thief"),
        "mug-ops",
    );
    let mut written = named.clone();
    written.write("profile", PROFILES[0], "thief");
    let ended_at = |seq| ("mug-ops", &honest, seq);
    vec![
        feed(
            "the key ended where it was followed",
            &honest,
            "mug-ops-next",
            ended_at(3),
            (4, "ok"),
        ),
        feed(
            "a head by the key that ended",
            &honest,
            "mug-ops",
            ended_at(3),
            (4, "ok"),
        ),
        feed(
            "the key ended before it was followed",
            &honest,
            "mug-ops-next",
            ended_at(2),
            (2, "feed_revoked_key"),
        ),
        feed(
            "the key ended with the last record",
            &beside,
            "mug-ops-next",
            ("mug-ops", &beside, 5),
            (5, "ok"),
        ),
        feed(
            "the key wrote on beside the next",
            &beside,
            "mug-ops-next",
            ended_at(3),
            (4, "feed_revoked_key"),
        ),
        feed(
            "the key went another way",
            &astray,
            "mug-ops",
            ended_at(3),
            (2, "feed_fork"),
        ),
        feed(
            "of a thief's key, which signs nothing here",
            &honest,
            "mug-ops-next",
            ("thief", &honest, 1),
            (4, "ok"),
        ),
        feed(
            "a fed key ended where it was followed",
            &replaced,
            "mug-ops",
            ("mug-fed", &replaced, 2),
            (2, "ok"),
        ),
        feed(
            "a fed key that ended names a key, to no effect",
            &named,
            "mug-ops",
            ("mug-fed", &replaced, 2),
            (3, "ok"),
        ),
        feed(
            "the key that it names writes",
            &written,
            "mug-ops",
            ("mug-fed", &replaced, 2),
            (3, "seal_unknown_key"),
        ),
    ]
}

fn made() -> Value {
    json!({
        "spec": "specs/keys.md",
        "keys": keys_listed(),
        "coordinator": LABEL,
        "coordinator_fed": ["label-fed"],
        "space": MUG,
        "space_fed": ["mug-fed", "mug-fed-next"],
        "revoked": [thumbprint("mug-fed-next")],
        "revocations": revocations(),
        "updates": updates(),
        "epochs": epochs(),
        "feeds": feeds(),
    })
}

fn names<'a>(file: &'a Value, member: &str) -> Vec<&'a str> {
    let names = list(file, member).iter();
    names
        .map(|it| it.as_str().expect("the name of a key"))
        .collect()
}

fn revoked_of(case: &Value) -> Revoked {
    let mut revoked = Revoked::default();
    for it in list(case, "revoked") {
        let kid = seal::Thumbprint::parse(text(it, "kid")).expect("a thumbprint");
        let last = serde_json::from_value(it["last"].clone()).expect("a position");
        revoked.add(kid, last);
    }
    revoked
}

fn check_revocation(file: &Value, case: &Value) {
    let id = |member| EntityId::parse(text(file, member)).expect("an entity identifier");
    let (label, mug) = (id("coordinator"), id("space"));
    let (by, fed) = (
        key_set(&names(file, "coordinator_fed")),
        key_set(&names(file, "space_fed")),
    );
    let mut revoked = Revoked::default();
    for kid in names(file, "revoked") {
        let hash = Sha256Hash::of(&[b"y"]);
        let kid = seal::Thumbprint::parse(kid).expect("a thumbprint");
        revoked.add(
            kid,
            LastGood {
                epoch: 1,
                seq: 1,
                hash,
            },
        );
    }
    let opened = open_revocation(text(case, "jws"), (&label, &by), (&mug, &fed), &revoked);
    let found = opened.map_or_else(|refusal| refusal.code(), |_| "ok");
    assert_eq!(found, text(case, "expected"), "{}", text(case, "name"));
}

fn check_feed(case: &Value) {
    let (fed, revoked) = (key_set(&names(case, "by")), revoked_of(case));
    let page = Page::parse(case["page"].to_string().as_bytes()).expect("a page");
    let entity = EntityId::parse(text(case, "entity")).expect("an entity identifier");
    let mut tip = Tip::start();
    let (accepted, refusal) = extend(&entity, By::Space(&fed, &revoked), &mut tip, &page.records);
    let outcome = refusal.map_or("ok", |refusal| refusal.code());
    let found = (accepted.len(), outcome);
    let expected = case["accepted"].as_u64().expect("a number");
    let expected = (
        usize::try_from(expected).expect("few"),
        text(case, "outcome"),
    );
    assert_eq!(found, expected, "{}", text(case, "name"));
}

#[test]
fn a_key_ends_as_the_vectors_say() {
    let file = published("keys.json", &made());
    for case in list(&file, "revocations") {
        check_revocation(&file, case);
    }
    let mug = key_set(&["mug-fed"]);
    for case in list(&file, "updates") {
        let opened = Sealed::<KeyUpdate>::parse(text(case, "jws")).and_then(|it| it.open(&mug));
        let found = opened.map_or_else(|refusal| refusal.code(), |_| "ok");
        assert_eq!(found, text(case, "expected"), "{}", text(case, "name"));
    }
    let label = key_set(&["label-fed"]);
    for case in list(&file, "epochs") {
        let sealed = Sealed::<EntityStatement>::parse(text(case, "jws"));
        let opened = sealed.and_then(|it| it.open(&label));
        let found = opened.map_or_else(|it| json!(it.code()), |it| json!(it.feed_epoch()));
        assert_eq!(found, case["epoch"], "{}", text(case, "name"));
    }
    list(&file, "feeds").iter().for_each(check_feed);
    let sections = ["revocations", "updates", "epochs", "feeds"];
    let cases = sections.map(|section| list(&file, section).len());
    went_through("vectors_keys", cases.iter().sum());
}
