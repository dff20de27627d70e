//! The end of a key: who says it, and what a key can do after its end.

use rules::feed::{Author as By, Tip, extend};
use rules::revocation::{Revoked, open_revocation};
use seal::Document;
use serde_json::{Value, json};
use wire::feed::Page;
use wire::revocation::{KeyRevocation, KeyUpdate, LastGood};
use wire::{EntityId, Invitation, Sha256Hash};

use crate::author::Author;
use crate::forge::{compact, header, key, key_set};
use crate::papers::{IAT, LABEL, MUG, configuration_claims, statement_claims, statement_of, with};
use crate::table::{Attack, Outcome, attacks, opens};

const OTHER: &str = "https://other.example";

fn name(text: &str) -> EntityId {
    EntityId::parse(text).expect("an entity identifier")
}

fn thumbprint(of: &str) -> String {
    key(of).public().thumbprint().to_string()
}

fn sealed<T: Document>(claims: &Value, by: &str) -> String {
    compact(&header(T::TYP, by), claims.to_string().as_bytes(), by)
}

/// The claims by which `iss` ends a key of Le Mug.
fn claims(iss: &str, of: &str) -> Value {
    json!({
        "iss": iss, "sub": MUG, "iat": IAT, "kid": thumbprint(of), "reason": "compromised",
        "last": { "epoch": 1, "seq": 2, "hash": Sha256Hash::of(&[b"x"]) },
    })
}

/// A revocation, as a reader of the register takes it. Of Le Mug's two `fed` keys the
/// second was revoked before.
fn ends(claims: &Value, by: &str) -> Outcome {
    let text = sealed::<KeyRevocation>(claims, by);
    let coordinator = key_set(&["label-fed"]);
    let fed = key_set(&["mug-fed", "mug-fed-next"]);
    let mut revoked = Revoked::default();
    let last = LastGood {
        epoch: 1,
        seq: 1,
        hash: Sha256Hash::of(&[b"y"]),
    };
    revoked.add(key("mug-fed-next").public().thumbprint().clone(), last);
    let (label, mug) = (name(LABEL), name(MUG));
    open_revocation(&text, (&label, &coordinator), (&mug, &fed), &revoked)
        .map(|_| ())
        .map_err(|refusal| refusal.code())
}

fn ends_with(member: &str, value: impl Into<Value>) -> Outcome {
    ends(
        &with(claims(MUG, "mug-ops"), member, value.into()),
        "mug-fed",
    )
}

fn update(claims: &Value, by: &str) -> Outcome {
    opens::<KeyUpdate>(&sealed::<KeyUpdate>(claims, by), &["mug-fed"])
}

fn update_claims(next: &[&str]) -> Value {
    let jwks = configuration_claims(MUG, "mug-fed", next)["metadata"]["escale_node"]["jwks"].take();
    json!({ "iss": MUG, "aud": LABEL, "iat": IAT, "jwks": jwks })
}

pub(crate) fn words() -> Vec<Attack> {
    attacks!("revocation":
        B7 "A stolen `ops` key ends the key that follows it."
            { ends(&claims(MUG, "mug-ops-next"), "mug-ops") }
            seal_unknown_key [seal_key_named seal_signature]
        B7 "The coordinator's `ops` key ends a key of a space."
            { ends(&claims(LABEL, "mug-ops"), "label-ops") }
            seal_unknown_key [seal_key_named seal_signature revocation_issuer]
        B13 "A space ends a key of another."
            { ends(&with(claims(MUG, "mug-ops"), "sub", OTHER.into()), "mug-fed") }
            trust_other_subject [revocation_subject]
        B13 "A space speaks as its coordinator."
            { ends(&claims(LABEL, "mug-ops"), "mug-fed") } trust_other_issuer [revocation_issuer]
        B7 "A stolen `fed` key says when it was stolen."
            { ends(&claims(MUG, "mug-fed"), "mug-fed") } trust_other_issuer [revocation_of_fed]
        B7 "A `fed` key that has ended ends another key."
            { ends(&claims(MUG, "mug-ops"), "mug-fed-next") }
            trust_other_issuer [revocation_by_revoked]
        H3 "The key that ended is no name of a key."
            { ends_with("kid", "../../etc") } seal_malformed [revocation_key]
        E1 "A key ends before the first record."
            { ends_with("last", json!({ "epoch": 1, "seq": 0, "hash": Sha256Hash::of(&[b"x"]) })) }
            seal_malformed [revocation_last]
        B7 "A key update is by the key that it brings."
            { update(&update_claims(&["thief"]), "thief") }
            seal_unknown_key [seal_key_named seal_signature]
        B7 "A key update brings two keys."
            { update(&update_claims(&["mug-fed-next", "thief"]), "mug-fed") }
            seal_malformed [update_one_key]
        L3 "A statement says that a feed begins in no epoch."
            { opens::<wire::trust::EntityStatement>(
                &statement_of(&with(statement_claims(), "escale_epoch", 0.into()), "label-fed"),
                &["label-fed"],
            ) } seal_malformed [statement_epoch]
        L3 "An invitation says that a feed begins in no epoch."
            { invited() } invitation [invitation_epoch]
    )
}

fn invited() -> Outcome {
    let invitation = Invitation {
        coordinator: name(LABEL),
        root_key: seal::Jwk::from(key("root").public()),
        entity: name(MUG),
        secret: "c2VjcmV0".to_owned(),
        epoch: Some(0),
    };
    let code = invitation.to_code().expect("a code");
    Invitation::from_code(&code)
        .map(|_| ())
        .map_err(|_| "invitation")
}

/// Le Mug's feed: its `ops` key turns at position 3, both stay in force, and by both a
/// record follows.
fn turned() -> Author {
    let mut author = Author::mug();
    author.write("profile", "{}", "mug-ops");
    let papers = configuration_claims(MUG, "mug-fed", &["mug-ops-next", "mug-ops"]);
    let papers = statement_of(&papers, "mug-fed");
    author.write("entity-configuration", &papers, "mug-ops");
    author.write("profile", "{ }", "mug-ops-next");
    author
}

fn hash_of(record: &Value) -> Sha256Hash {
    Sha256Hash::of(&[record["record"].as_str().expect("a record").as_bytes()])
}

/// Reads a feed of which this key ended with the record that `author` wrote at `seq`.
fn read(records: &[Value], ended: &str, author: &Author, seq: u64) -> Outcome {
    let at = usize::try_from(seq).expect("a small number") - 1;
    let hash = hash_of(&author.records[at]);
    let last = LastGood {
        epoch: 1,
        seq,
        hash,
    };
    read_after(records, ended, last, &["mug-fed-next", "mug-fed"])
}

/// The same, of which this key ended there, by these `fed` keys.
fn read_after(records: &[Value], ended: &str, last: LastGood, fed: &[&str]) -> Outcome {
    let mut revoked = Revoked::default();
    revoked.add(key(ended).public().thumbprint().clone(), last);
    let fed = key_set(fed);
    let by = By::Space(&fed, &revoked);
    let page = json!({ "head": "", "records": records }).to_string();
    let page = Page::parse(page.as_bytes()).expect("a page");
    let mut tip = Tip::start();
    match extend(&name(MUG), by, &mut tip, &page.records).1 {
        None => Ok(()),
        Some(refusal) => Err(refusal.code()),
    }
}

/// A thief of the `ops` key writes on, although both keys are in force.
fn thief_writes_on() -> Outcome {
    let mut author = turned();
    author.write("profile", "{  }", "mug-ops");
    read(&author.records, "mug-ops", &author, 3)
}

/// A thief of the `ops` key has gone on from before it was replaced.
fn thief_goes_another_way() -> Outcome {
    let mut thief = Author::mug();
    thief.write("profile", "{}", "mug-ops");
    thief.write("profile", r#"{"about":"stolen"}"#, "mug-ops");
    read(&thief.records, "mug-ops", &turned(), 3)
}

/// A thief of a `fed` key that was replaced names a key of its own.
fn thief_names_a_key() -> Outcome {
    let mut author = Author::mug();
    let papers = configuration_claims(MUG, "mug-fed-next", &["mug-ops"]);
    author.write(
        "entity-configuration",
        &statement_of(&papers, "mug-fed-next"),
        "mug-ops",
    );
    let papers = configuration_claims(MUG, "mug-fed", &["thief"]);
    author.write(
        "entity-configuration",
        &statement_of(&papers, "mug-fed"),
        "mug-ops",
    );
    author.write("profile", "{}", "thief");
    read(&author.records, "mug-fed", &author, 2)
}

/// A thief of a `fed` key that ended in an earlier epoch opens a feed with it.
fn thief_opens_a_feed() -> Outcome {
    let author = Author::mug();
    let last = LastGood {
        epoch: 0,
        seq: 9,
        hash: hash_of(&author.records[0]),
    };
    read_after(&author.records, "mug-fed", last, &["mug-fed"])
}

pub(crate) fn after() -> Vec<Attack> {
    attacks!("keys that ended":
        C10 "A key that was stolen writes on beside the one that follows it."
            { thief_writes_on() } feed_revoked_key [record_revoked]
        E2 "A stolen key has gone another way than its owner."
            { thief_goes_another_way() } feed_fork [record_pinned]
        B10 "A `fed` key that was replaced names a key."
            { thief_names_a_key() } seal_unknown_key [turn_revoked]
        B10 "A `fed` key that was replaced opens a feed."
            { thief_opens_a_feed() } feed_opening [opening_revoked]
    )
}
