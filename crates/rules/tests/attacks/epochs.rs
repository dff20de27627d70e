//! Later epochs of a feed, and forks: what somebody could do with the way back from one.

use rules::feed::{Author as By, Tip, extend};
use rules::fork::{NoParting, parting};
use rules::revocation::Revoked;
use serde_json::{Value, json};
use wire::epoch::Epoch;
use wire::feed::{Page, PageRecord};
use wire::revocation::LastGood;
use wire::{EntityId, Sha256Hash};

use crate::author::{Author, epoch_of};
use crate::forge::{key, key_set};
use crate::papers::{LABEL, MUG, with};
use crate::table::{Attack, Outcome, attacks, opens};

/// Le Mug with its papers and a profile.
fn mug() -> Author {
    let mut author = Author::mug();
    author.write("profile", r#"{"name":"a"}"#, "mug-ops");
    author
}

fn sent(records: &[Value]) -> Vec<PageRecord> {
    let page = json!({ "head": "", "records": records }).to_string();
    Page::parse(page.as_bytes()).expect("a page").records
}

/// Whether all of these records are taken, in one page, by who knows which keys were
/// revoked.
fn taken_by(records: &[Value], revoked: &Revoked) -> Outcome {
    let fed = key_set(&["mug-fed", "mug-fed-next"]);
    let (entity, mut tip) = (entity(MUG), Tip::start());
    let author = By::Space(&fed, revoked);
    match extend(&entity, author, &mut tip, &sent(records)).1 {
        None => Ok(()),
        Some(refusal) => Err(refusal.code()),
    }
}

fn taken(records: &[Value]) -> Outcome {
    taken_by(records, Revoked::none())
}

fn entity(name: &str) -> EntityId {
    EntityId::parse(name).expect("an entity identifier")
}

/// Le Mug goes on in another epoch, with claims that are changed before they are signed by
/// this `fed` key; the record is signed by this `ops` key.
fn goes_on(fed: &str, ops: &str, change: impl FnOnce(&mut Value)) -> Outcome {
    let mut author = mug();
    let mut claims = author.epoch_claims(2, ops);
    change(&mut claims);
    author.go_on(&claims, fed, ops);
    taken(&author.records)
}

/// The word stands in a record that says that it is something else.
fn in_another_record(name: &str, value: &str) -> Outcome {
    let mut author = mug();
    let claims = author.epoch_claims(2, "mug-ops");
    let text = epoch_of(&claims, "mug-fed");
    author.write_changed("epoch", &text, "mug-ops", |it| {
        it["epoch"] = 2.into();
        it[name] = value.into();
    });
    taken(&author.records)
}

/// A `fed` key that ended goes on.
fn goes_on_by_a_key_that_ended() -> Outcome {
    let mut author = mug();
    let second = author.records[1]["record"].as_str().expect("a record");
    let hash = Sha256Hash::of(&[second.as_bytes()]);
    let last = LastGood {
        epoch: 1,
        seq: 2,
        hash,
    };
    let mut revoked = Revoked::default();
    revoked.add(key("mug-fed-next").public().thumbprint().clone(), last);
    let claims = author.epoch_claims(2, "mug-ops");
    author.go_on(&claims, "mug-fed-next", "mug-ops");
    taken_by(&author.records, &revoked)
}

fn word(name: &str, value: Value) -> Outcome {
    let claims = with(mug().epoch_claims(2, "mug-ops"), name, value);
    opens::<Epoch>(&epoch_of(&claims, "mug-fed"), &["mug-fed"])
}

fn after(seq: u64) -> Value {
    json!({ "epoch": 1, "seq": seq, "hash": Sha256Hash::of(&[b"x"]) })
}

pub(crate) fn openings() -> Vec<Attack> {
    attacks!("epoch":
        E2 "A thief of an `ops` key begins a life of the feed."
            { goes_on("mug-ops", "mug-ops", |_| {}) } feed_gap [seal_key_named seal_signature]
        E2 "A feed goes on after a record that nobody has."
            { goes_on("mug-fed", "mug-ops", |it| it["after"] = after(2)) } feed_fork []
        E13 "Another author's word begins a life of the feed."
            { goes_on("mug-fed", "mug-ops", |it| it["iss"] = LABEL.into()) } feed_gap [epoch_author]
        E2 "A life of the feed begins with a record of another kind."
            { in_another_record("kind", "profile") } feed_gap [epoch_kind]
        E2 "A life of the feed begins with a record of another id."
            { in_another_record("id", "other") } feed_gap [epoch_kind]
        B7 "A feed goes on by a `fed` key that ended."
            { goes_on_by_a_key_that_ended() } feed_gap [epoch_revoked]
        E3 "A feed goes on after nothing."
            { word("after", after(0)) } seal_malformed [epoch_after]
        E2 "A feed goes on in the life that it has."
            { word("epoch", 1.into()) } seal_malformed [epoch_later]
        B7 "A feed goes on by no key."
            { word("jwks", json!({ "keys": [] })) } seal_malformed []
    )
}

/// Whether these two words prove that the feed of an author has parted.
fn proves(author: &str, by: &[&str], one: &str, other: &str) -> Outcome {
    let keys = key_set(by);
    match parting(&entity(author), &[&keys], one, other) {
        Ok(_) => Ok(()),
        Err(NoParting::Agree) => Err("agree"),
        Err(NoParting::OtherAuthor) => Err("other_author"),
        Err(NoParting::Seal(refusal)) => Err(refusal.code()),
    }
}

fn text(author: &Author, at: usize) -> &str {
    author.records[at]["record"].as_str().expect("a record")
}

/// The same record twice, which a partner shows as a fork.
fn the_same_twice() -> Outcome {
    let author = mug();
    proves(MUG, &["mug-ops"], text(&author, 1), text(&author, 1))
}

/// Another's fork is shown as that of Le Mug, whose key it used.
fn of_another() -> Outcome {
    let write = |name: &str| {
        let mut author = Author::new(LABEL);
        author.write("profile", name, "mug-ops");
        author
    };
    let (one, other) = (write("a"), write("b"));
    proves(MUG, &["mug-ops"], text(&one, 0), text(&other, 0))
}

/// A fork that a thief made up.
fn made_up() -> Outcome {
    let (one, mut other) = (mug(), Author::mug());
    other.write("profile", r#"{"name":"b"}"#, "thief");
    proves(MUG, &["mug-ops"], text(&one, 1), text(&other, 1))
}

pub(crate) fn forks() -> Vec<Attack> {
    attacks!("fork":
        E2 "One record is shown twice, as two."
            { the_same_twice() } agree [fork_differs]
        E13 "The fork of one author is shown as another's."
            { of_another() } other_author [fork_author]
        E2 "A fork that somebody made up."
            { made_up() } seal_unknown_key [seal_key_named seal_signature]
    )
}
