//! One key takes the place of another: by the node alone, with the coordinator's word, by
//! the root key; and what a key that was stolen can do no more.

use app::{App, KeyRow, KeyState, Overlap, Purpose};
use rules::passport::{Block, NotGenuine, Verdict};
use seal::SecretKey;
use testkit::{DAY_SECONDS, Label, Plan, START, TestNode, Wallet, join, pull, send_all};
use testkit::{holder_jwk, space_name, space_text};
use wire::feed::{Body, Head, Page, PageRecord, Record};
use wire::{EntityId, Sha256Hash};

use crate::desk::{home, host, judge, says, visit};
use crate::look::{assert_sound, claims, feed, name as named, partner, standing};
use crate::receipts::leave;

const ALLOWED: Verdict = Verdict::Allowed { left: 4 };

pub(crate) async fn state(node: &TestNode, purpose: Purpose, key: &SecretKey) -> Option<KeyState> {
    let rows = node.app().key_rows().await.unwrap();
    let is_it = |row: &&KeyRow| row.purpose == purpose && row.name == *key.public().thumbprint();
    rows.iter().find(is_it).map(|row| row.state)
}

async fn ops_state(node: &TestNode, key: &SecretKey) -> Option<KeyState> {
    state(node, Purpose::Ops, key).await
}

/// The key that signed the last record of a node's own feed.
async fn signer(node: &TestNode) -> String {
    let records = feed(node, node.entity()).await;
    let header = records.last().unwrap().record.split('.').next().unwrap();
    let header = seal::base64url::decode(header).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

fn name(key: &SecretKey) -> String {
    key.public().thumbprint().to_string()
}

/// A space that joins after all that.
async fn late(label: &Label) -> TestNode {
    let mut label = label.clone();
    let space = label.invite(&space_name(9)).await;
    join(&label.network, &space).await.unwrap();
    label.settle().await;
    space
}

/// Signs again, sends and reads, until everybody knows.
async fn go_round(label: &Label) {
    for _ in 0..3 {
        for node in label.nodes() {
            node.app().renew().await.unwrap();
            let _ = send_all(&label.network, node).await;
        }
        let _ = label.pull_all().await;
    }
}

#[tokio::test]
async fn a_node_turns_its_ops_key_alone_and_what_the_old_one_signed_holds_on() {
    let (label, wallet) = visit().await;
    let (host, home) = (host(&label), home(&label));
    let (old, new) = (home.plan().ops(), home.plan().next_ops("second"));
    label.network.cut(label.coordinator.entity());
    home.rotate_ops("second", Overlap::UntilPassportsHaveRunOut)
        .await
        .unwrap();
    assert_eq!(ops_state(home, &new).await, Some(KeyState::Signs));
    let until = START.plus_seconds(31 * DAY_SECONDS);
    let ends = KeyState::Ends { until: Some(until) };
    assert_eq!(ops_state(home, &old).await, Some(ends));
    pull(&label.network, host, home.entity()).await.unwrap();
    // A passport of the old key, and one of the new.
    says(host, &wallet, ALLOWED).await;
    let second = Wallet::enrol(home, "Dominique", None).await;
    pull(&label.network, host, home.entity()).await.unwrap();
    says(host, &second, ALLOWED).await;
    home.restart().await;
    assert_eq!(ops_state(home, &new).await, Some(KeyState::Signs));
    home.app()
        .publish_space(&space_text("Aix-les-Bains"))
        .await
        .unwrap();
    assert_eq!(signer(home).await, name(&new));
    label.network.heal();
    label.settle().await;
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn the_old_ops_key_is_named_until_its_passports_have_run_out_and_no_longer() {
    let (label, _) = visit().await;
    let home = home(&label);
    let (old, new) = (home.plan().ops(), home.plan().next_ops("second"));
    home.rotate_ops("second", Overlap::UntilPassportsHaveRunOut)
        .await
        .unwrap();
    for _ in 0..31 {
        label.advance(DAY_SECONDS - 1);
        go_round(&label).await;
        assert_ne!(ops_state(home, &old).await, Some(KeyState::Ended));
    }
    label.advance(31);
    go_round(&label).await;
    assert_eq!(ops_state(home, &old).await, Some(KeyState::Ended));
    assert_eq!(ops_state(home, &new).await, Some(KeyState::Signs));
    // All that was written by the old key can still be read, from the start.
    let reader = late(&label).await;
    assert_eq!(
        feed(&reader, home.entity()).await,
        feed(home, home.entity()).await
    );
    assert_sound(&label.nodes()).await;
}

/// A record that a thief of `key` adds to what is known of a feed.
fn forged(of: &EntityId, known: &[PageRecord], key: &SecretKey) -> (PageRecord, String) {
    let before = known.last().unwrap();
    let hash = Sha256Hash::of(&[before.record.as_bytes()]);
    let body = Body {
        salt: [1; 16],
        text: r#"{"unit":"day","price_cents":1}"#.to_owned(),
    };
    let seq = known.len() as u64 + 1;
    let record = Record {
        iss: of.clone(),
        epoch: 1,
        seq,
        prev: Some(hash),
        iat: START,
        kind: "formula".to_owned(),
        id: "day".to_owned(),
        rev: 9,
        body_sha256: Some(body.digest()),
        removed: None,
    };
    let record = seal::sign(record, key).unwrap();
    let head = Head {
        iss: of.clone(),
        epoch: 1,
        seq,
        hash: Sha256Hash::of(&[record.as_str().as_bytes()]),
        iat: START,
        exp: START.plus_seconds(DAY_SECONDS),
    };
    let head = seal::sign(head, key).unwrap().as_str().to_owned();
    (PageRecord::new(record.as_str(), Some(&body)), head)
}

async fn take(reader: &TestNode, of: &EntityId, record: PageRecord, head: String) -> bool {
    let page = Page {
        head,
        records: vec![record],
    };
    let bytes = serde_json::to_vec(&page).unwrap();
    reader.app().take_page(of, &bytes).await.is_ok()
}

/// Somebody who has stolen the `ops` key of `owner` serves a feed of their own to `reader`.
pub(crate) async fn fool(reader: &TestNode, owner: &TestNode) {
    let known = feed(owner, owner.entity()).await;
    let (record, head) = forged(owner.entity(), &known, &owner.plan().ops());
    assert!(take(reader, owner.entity(), record, head).await);
}

#[tokio::test]
async fn what_a_thief_wrote_is_dropped_by_everybody_and_what_the_owner_wrote_is_read() {
    let label = Label::labelled(3).await;
    let (owner, fooled, cut_off) = (label.space(1), label.space(0), label.space(2));
    let old = owner.plan().ops();
    let stolen_from = feed(owner, owner.entity()).await;
    // The thief serves a feed of its own to one of two partners.
    let (record, head) = forged(owner.entity(), &stolen_from, &old);
    assert!(take(fooled, owner.entity(), record.clone(), head.clone()).await);
    let price = async |reader: &TestNode| {
        let seen = partner(reader, owner.entity()).await;
        seen.formulas.first().map(|(_, it)| it.price_cents.0)
    };
    let before = price(cut_off).await;
    assert_eq!(price(fooled).await, Some(1), "the control: it was fooled");
    owner
        .rotate_ops("second", Overlap::NoneItWasStolen)
        .await
        .unwrap();
    assert_eq!(ops_state(owner, &old).await, Some(KeyState::EndedUntold));
    go_round(&label).await;
    assert_eq!(ops_state(owner, &old).await, Some(KeyState::Revoked));
    let written = feed(owner, owner.entity()).await;
    for reader in [fooled, cut_off] {
        assert_eq!(feed(reader, owner.entity()).await, written);
        assert_eq!(price(reader).await, before);
        // Nothing by the old key is taken any more, from nobody.
        let (record, head) = forged(owner.entity(), &written, &old);
        assert!(!take(reader, owner.entity(), record, head).await);
    }
    assert!(!take(cut_off, owner.entity(), record, head).await);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn passports_of_a_stolen_key_are_void_and_a_phone_is_given_others() {
    let (label, wallet) = visit().await;
    let (host, home) = (host(&label), home(&label));
    says(host, &wallet, ALLOWED).await;
    home.rotate_ops("second", Overlap::NoneItWasStolen)
        .await
        .unwrap();
    // The coordinator says so, and the home is out of reach: what was opened before is not
    // believed any more.
    label.coordinator.app().renew().await.unwrap();
    pull(&label.network, &label.coordinator, home.entity())
        .await
        .unwrap();
    assert!(send_all(&label.network, home).await.is_empty());
    pull(&label.network, host, label.coordinator.entity())
        .await
        .unwrap();
    let ended = Verdict::Blocked(Block::KeyEnded);
    says(host, &wallet, ended).await;
    go_round(&label).await;
    let code = wallet.show(host.entity(), START, "another showing");
    let judged = judge(host, &code).await;
    assert_eq!(judged.verdict, ended);
    assert_eq!(judged.visitor.unwrap().name, "Camille");
    // The phone asks its home, and is given another for its next key.
    let app = home.app();
    let asked = wallet.ask_home(home.entity(), app.now());
    let holder = app.holder(&asked).await.unwrap().unwrap();
    assert!(app.membership(&holder).await.unwrap().is_void);
    let given = app
        .renew_passports(&holder, &[holder_jwk("next key")])
        .await;
    let next = Wallet::given(&wallet.member, "next key", &given.unwrap());
    go_round(&label).await;
    says(host, &next, ALLOWED).await;
    let asked = next.ask_home(home.entity(), app.now());
    let holder = app.holder(&asked).await.unwrap().unwrap();
    assert!(!app.membership(&holder).await.unwrap().is_void);
    // What the thief signs in the name of the same member, at the same place, opens nothing.
    let forged = claims(&wallet.passport);
    let mut passport: wire::passport::Passport = serde_json::from_value(forged).unwrap();
    passport.cnf = Some(wire::passport::Confirmation {
        jwk: holder_jwk("the thief's phone"),
    });
    let passport = seal::sign(passport, &home.plan().ops()).unwrap();
    let thief = Wallet::of(
        &wallet.member,
        "the thief's phone",
        passport.as_str().to_owned(),
    );
    let asked = thief.ask_home(home.entity(), app.now());
    assert_eq!(app.holder(&asked).await.unwrap(), None);
    says(host, &thief, ended).await;
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_space_has_a_new_fed_key_with_the_coordinators_word() {
    let label = Label::labelled(2).await;
    let (space, reader) = (label.space(0), label.space(1));
    let (old, new) = (space.plan().fed(), space.plan().next_fed("second"));
    space.follow_fed("second").await.unwrap();
    // Nothing turns before the coordinator has said so.
    space.app().renew().await.unwrap();
    let fed = async |key: &SecretKey| state(space, Purpose::Fed, key).await;
    assert_eq!(fed(&new).await, Some(KeyState::Waits));
    assert_eq!(fed(&old).await, Some(KeyState::Signs));
    go_round(&label).await;
    assert_eq!(fed(&new).await, Some(KeyState::Signs));
    assert_eq!(fed(&old).await, Some(KeyState::Ended));
    assert!(space.app().waiting().await.unwrap().is_empty());
    space.restart().await;
    assert_eq!(named(&standing(reader, space.entity()).await), "labelled");
    // Whoever comes later reads the feed from its opening by the old key.
    let late = late(&label).await;
    assert_eq!(
        feed(&late, space.entity()).await,
        feed(space, space.entity()).await
    );
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn the_root_key_names_another_key_for_the_coordinator_and_the_label_stays() {
    let label = Label::labelled(2).await;
    let coordinator = &label.coordinator;
    let plan = coordinator.plan();
    let (old, new) = (plan.fed(), plan.next_fed("second"));
    coordinator.follow_fed("second").await.unwrap();
    let anchor = |keys: &[&SecretKey]| {
        let keys: Vec<_> = keys.iter().map(|key| key.public().clone()).collect();
        let now = coordinator.app().now();
        let anchor = App::make_anchor(coordinator.entity(), &keys, &plan.root_key(), now);
        anchor.unwrap().as_str().to_owned()
    };
    let both = anchor(&[&new, &old]);
    coordinator.app().publish_anchor(&both).await.unwrap();
    let labelled = async |reader: &TestNode| {
        let of = space_name(0);
        named(&standing(reader, &of).await)
    };
    label.settle().await;
    assert_eq!(labelled(label.space(1)).await, "labelled");
    assert_eq!(
        state(coordinator, Purpose::Fed, &new).await,
        Some(KeyState::Signs)
    );
    go_round(&label).await;
    // Every paper is of the new key by now: the old one can go.
    coordinator
        .app()
        .publish_anchor(&anchor(&[&new]))
        .await
        .unwrap();
    coordinator.restart().await;
    label.settle().await;
    assert_eq!(labelled(label.space(1)).await, "labelled");
    // At once, as after a theft, all that hangs from the old key is signed again with it.
    coordinator.follow_fed("third").await.unwrap();
    let third = plan.next_fed("third");
    coordinator
        .app()
        .publish_anchor(&anchor(&[&third]))
        .await
        .unwrap();
    label.settle().await;
    assert_eq!(labelled(label.space(1)).await, "labelled");
    let late = late(&label).await;
    assert_eq!(labelled(&late).await, "labelled");
    // The control: an anchor for nobody's key is none for this coordinator.
    let strange = anchor(&[&plan.next_fed("nobody's")]);
    assert!(coordinator.app().publish_anchor(&strange).await.is_err());
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_space_that_lost_everything_is_admitted_anew_under_its_name_and_the_old_one_is_over() {
    let (label, wallet) = visit().await;
    let (host, old) = (host(&label), home(&label).clone());
    says(host, &wallet, ALLOWED).await;
    let app = label.coordinator.app();
    // The control: nobody begins anew who is not here, and nobody is invited twice as new.
    assert!(app.invite_anew(&space_name(7)).await.is_err());
    assert!(app.invite(old.entity()).await.is_err());
    let invitation = app.invite_anew(old.entity()).await.unwrap();
    assert_eq!(invitation.epoch, Some(2));
    let plan = Plan::space(old.entity(), label.coordinator.entity()).with_keys("made anew");
    let now = app.now();
    let anew = TestNode::found(plan, Plan::space_papers(invitation), now).await;
    let anew = anew.unwrap();
    label.network.connect(&anew);
    join(&label.network, &anew).await.unwrap();
    let told = app.register().await.unwrap().standing(anew.entity(), now);
    assert_eq!(named(&told), "labelled", "its label stays as it is");
    let text = space_text("Anew");
    anew.app().publish_space(&text).await.unwrap();
    let nodes = [&label.coordinator, host, &anew];
    for _ in 0..3 {
        for node in nodes {
            node.app().renew().await.unwrap();
        }
        testkit::pull_all(&label.network, &nodes).await;
    }
    let seen = partner(host, anew.entity()).await;
    assert_eq!(seen.profile.unwrap().name, "Anew");
    assert_eq!((seen.feed.epoch, seen.feed.refusal), (2, None));
    // A passport of before, and whoever goes on with the old folder.
    let code = wallet.show(host.entity(), now, "another showing");
    let said = judge(host, &code).await.verdict;
    assert_eq!(said, Verdict::NotGenuine(NotGenuine::UnknownHome));
    let page = crate::look::page(&old, old.entity(), 0).await;
    let bytes = serde_json::to_vec(&page).unwrap();
    assert!(host.app().take_page(old.entity(), &bytes).await.is_err());
    let member = Wallet::enrol(&anew, "Dominique", None).await;
    anew.app().renew().await.unwrap();
    pull(&label.network, host, anew.entity()).await.unwrap();
    says(host, &member, ALLOWED).await;
    anew.restart().await;
    assert_sound(&nodes).await;
}

#[tokio::test]
async fn a_stolen_key_stays_stolen_when_the_key_that_said_so_is_replaced() {
    let label = Label::labelled(3).await;
    let (owner, other, reader) = (label.space(0), label.space(1), label.space(2));
    let stolen = owner.plan().ops();
    owner
        .rotate_ops("second", Overlap::NoneItWasStolen)
        .await
        .unwrap();
    go_round(&label).await;
    owner.follow_fed("second").await.unwrap();
    go_round(&label).await;
    go_round(&label).await;
    assert_eq!(
        state(owner, Purpose::Fed, &owner.plan().fed()).await,
        Some(KeyState::Ended)
    );
    assert_eq!(ops_state(owner, &stolen).await, Some(KeyState::Revoked));
    // Another space says that a key of its own has ended: nobody else's key is touched by it.
    other
        .rotate_ops("second", Overlap::NoneItWasStolen)
        .await
        .unwrap();
    go_round(&label).await;
    let register = reader.app().register().await.unwrap();
    assert!(
        register
            .revoked(owner.entity())
            .names(stolen.public().thumbprint())
    );
    let theirs = other.plan().ops();
    assert!(
        register
            .revoked(other.entity())
            .names(theirs.public().thumbprint())
    );
    assert!(
        !register
            .revoked(other.entity())
            .names(stolen.public().thumbprint())
    );
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn an_anchor_does_not_bring_back_a_key_that_was_revoked() {
    let label = Label::labelled(1).await;
    let coordinator = &label.coordinator;
    let plan = coordinator.plan();
    coordinator.follow_fed("second").await.unwrap();
    let anchor = |keys: &[&SecretKey]| {
        let keys: Vec<_> = keys.iter().map(|key| key.public().clone()).collect();
        let now = coordinator.app().now();
        let anchor = App::make_anchor(coordinator.entity(), &keys, &plan.root_key(), now);
        anchor.unwrap().as_str().to_owned()
    };
    let (old, new) = (plan.fed(), plan.next_fed("second"));
    let alone = anchor(&[&new]);
    let why = Some(wire::federation::RevocationReason::Compromised);
    let app = coordinator.app();
    app.publish_anchor_revoking(&alone, why).await.unwrap();
    assert_eq!(
        state(coordinator, Purpose::Fed, &old).await,
        Some(KeyState::Ended)
    );
    let both = app.publish_anchor(&anchor(&[&new, &old])).await;
    assert!(matches!(both, Err(app::LabelError::RevokedKey)), "{both:?}");
    // The control: the same key alone is confirmed again.
    app.publish_anchor(&alone).await.unwrap();
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn of_two_codes_for_one_name_the_second_comes_too_late() {
    let label = Label::labelled(1).await;
    let (space, app) = (label.space(0), label.coordinator.app());
    let first = app.invite_anew(space.entity()).await.unwrap();
    let second = app.invite_anew(space.entity()).await.unwrap();
    let joined = async |invitation, keys: &str| {
        let plan = Plan::space(space.entity(), label.coordinator.entity()).with_keys(keys);
        let node = TestNode::found(plan, Plan::space_papers(invitation), app.now()).await;
        let node = node.unwrap();
        label.network.connect(&node);
        join(&label.network, &node).await.unwrap();
        node.app().join_state().await.unwrap()
    };
    let first = joined(first, "its owner").await;
    assert!(
        matches!(first, app::JoinState::Accepted { .. }),
        "{first:?}"
    );
    let second = joined(second, "whoever found the code").await;
    let app::JoinState::Refused { code, .. } = second else {
        panic!("{second:?}");
    };
    assert_eq!(code, "invitation_unknown");
}

#[tokio::test]
async fn a_receipt_by_a_key_that_has_ended_meanwhile_is_taken() {
    let (label, wallet) = visit().await;
    let (host, home) = (host(&label), home(&label));
    label.network.cut(home.entity());
    let code = wallet.show(host.entity(), START, "first showing");
    let judged = judge(host, &code).await;
    leave(host, judged.visit.unwrap()).await;
    host.rotate_ops("second", Overlap::UntilPassportsHaveRunOut)
        .await
        .unwrap();
    label.advance(32 * DAY_SECONDS);
    host.app().renew().await.unwrap();
    assert_eq!(
        ops_state(host, &host.plan().ops()).await,
        Some(KeyState::Ended)
    );
    label.network.heal();
    go_round(&label).await;
    assert!(host.app().waiting().await.unwrap().is_empty());
    assert_eq!(crate::exchange::taken(home).await, 1);
    assert_sound(&label.nodes()).await;
}
