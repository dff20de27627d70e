//! Decoys: who reads the lists that a home publishes does not learn how many passports turn.

use std::collections::BTreeMap;
use std::time::Duration;

use app::MemberState;
use app::keys::{DECOYS, PASSPORTS};
use rules::passport::{Block, Verdict, status};
use rules::places::{DECOYS_MAX, DECOYS_TURNED_MAX, PLACES_GIVEN_MAX, STATUS_PLACES};
use store::{Batch, Fault, Key, Store as _};
use testkit::{DAY_SECONDS, Label, TestNode, Wallet, holder_jwk, operator};
use wire::status_list::{StatusList, Statuses};

use crate::desk::{home, host, says, visit};
use crate::look::{assert_sound, claims, deep, feed, stored};

const ALLOWED: Verdict = Verdict::Allowed { left: 4 };

/// The lists of that number as `reader` holds them, in the order in which they were published:
/// of each the places at which something else than 0 stands.
async fn published(reader: &TestNode, by: &TestNode, id: &str) -> Vec<BTreeMap<u64, u8>> {
    let mut lists = Vec::new();
    for record in feed(reader, by.entity()).await {
        let said = claims(&record.record);
        let body = record
            .body
            .as_deref()
            .filter(|_| said["kind"] == "status-list");
        let Some(body) = body.filter(|_| said["id"] == id) else {
            continue;
        };
        let list: StatusList = serde_json::from_value(claims(body)["status_list"].clone()).unwrap();
        let statuses = Statuses::unpack(&list).unwrap();
        assert_eq!((list.bits, statuses.count()), (2, STATUS_PLACES.into()));
        let all = (0..statuses.count()).map(|at| (at, statuses.get(at).unwrap()));
        lists.push(all.filter(|(_, it)| *it != status::VALID).collect());
    }
    lists
}

async fn latest(node: &TestNode) -> BTreeMap<u64, u8> {
    published(node, node, "1").await.pop().unwrap()
}

fn place(wallet: &Wallet) -> u64 {
    let at = &claims(&wallet.passport)["status"]["status_list"]["idx"];
    at.as_u64().unwrap()
}

/// What a place of the first list is kept under, in a family of that letters.
fn key(family: store::Prefix, at: u32) -> Key {
    Key::new(family, &[1_u32.to_be_bytes(), at.to_be_bytes()].concat())
}

#[tokio::test]
async fn what_is_taken_back_is_hidden_among_decoys_and_stays_so() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    assert!(latest(node).await.is_empty());
    let member = &wallet.member;
    let taken_back = async || {
        node.app()
            .revoke_passports(&operator(), member)
            .await
            .unwrap()
    };
    assert_eq!(taken_back().await, 1);
    let first = latest(node).await;
    assert_eq!(first[&place(&wallet)], status::INVALID);
    let decoys = stored(node, DECOYS).await.len();
    assert!((1..=DECOYS_TURNED_MAX).contains(&decoys));
    assert_eq!(first.len(), 1 + decoys);
    assert!(first.values().all(|it| *it == status::INVALID));

    node.restart().await;
    let next = Wallet::enrol_again(node, member, "next phone").await;
    assert!(!first.contains_key(&place(&next)), "no decoy is given");
    assert_eq!(taken_back().await, 1);
    let second = latest(node).await;
    assert!(first.iter().all(|(at, it)| second.get(at) == Some(it)));
    assert!(second.len() > first.len() + 1, "its own decoys turned too");

    // Signed again because it is a day old, it says the same.
    label.advance(DAY_SECONDS);
    node.app().renew().await.unwrap();
    assert_eq!(latest(node).await, second);
    label.settle().await;
    says(host(&label), &wallet, Verdict::Blocked(Block::Revoked)).await;
    assert_sound(&[node]).await;
}

#[tokio::test]
async fn a_pause_and_its_end_are_hidden_too() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    let other = Wallet::enrol(node, "Alix", None).await;
    let set = async |wallet: &Wallet, state| {
        let (app, by) = (node.app(), operator());
        app.set_member(&by, &wallet.member, state).await.unwrap();
        latest(node).await
    };
    let paused = set(&wallet, MemberState::Paused).await;
    assert!(paused.len() > 1);
    assert!(paused.values().all(|it| *it == status::SUSPENDED));
    let both = set(&other, MemberState::Paused).await;
    assert!(both.len() > paused.len() + 1);
    let resumed = set(&wallet, MemberState::Active).await;
    assert!(resumed.len() < both.len() - 1, "decoys are resumed with it");
    assert_eq!(resumed.get(&place(&wallet)), None);
    let ended = set(&other, MemberState::Ended).await;
    let is_ended = |it: &&u8| **it == status::INVALID;
    let were_paused = resumed.len();
    assert_eq!(ended.len(), were_paused, "what ended was paused");
    let turned = ended.values().filter(is_ended).count();
    assert!(turned > 1 || were_paused == 1, "{turned} of {were_paused}");
    label.settle().await;
    says(host(&label), &wallet, ALLOWED).await;
    assert_sound(&[node]).await;
}

/// A store that an earlier version wrote has passports that were taken back, and no decoys.
#[tokio::test]
async fn an_old_store_has_no_decoys_and_gains_them() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    let app = node.app();
    app.revoke_passports(&operator(), &wallet.member)
        .await
        .unwrap();
    let mut batch = Batch::new();
    for (key, _) in stored(node, DECOYS).await {
        batch.remove(key);
    }
    node.store().commit(batch).await.unwrap();
    node.restart().await;
    assert_sound(&[node]).await;
    label.advance(DAY_SECONDS);
    node.app().renew().await.unwrap();
    assert_eq!(latest(node).await.len(), 1, "the passport alone");
    let other = Wallet::enrol(node, "Alix", None).await;
    let app = node.app();
    app.revoke_passports(&operator(), &other.member)
        .await
        .unwrap();
    let decoys = stored(node, DECOYS).await.len();
    assert!(decoys > 0);
    assert_eq!(latest(node).await.len(), 2 + decoys);
}

/// A look that is a feint, which is one of very many.
#[tokio::test]
async fn now_and_then_decoys_turn_alone() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    node.app().renew().await.unwrap();
    for _ in 0..50 {
        assert_eq!(node.app().renew().await.unwrap(), 0);
    }
    node.entropy().draw_nought();
    assert_eq!(node.app().renew().await.unwrap(), 1);
    let decoys = stored(node, DECOYS).await.len();
    assert!(decoys > 0);
    let list = latest(node).await;
    assert_eq!(list.len(), decoys);
    assert!(list.values().all(|it| *it == status::INVALID));
    label.settle().await;
    says(host(&label), &wallet, ALLOWED).await;
    assert_sound(&[node]).await;
}

/// Writes, of a list in which almost everything is taken, all but so many places.
async fn crowd(node: &TestNode) {
    let digest = "A".repeat(43);
    let exp = node.app().now().plus_seconds(DAY_SECONDS).0;
    let issued = format!(
        r#"{{"form":1,"member":"x","exp":{exp},"is_revoked":false,"status":0,
            "carrier":"AAAAAAAAAAAAAAAAAAAAAA","by":"holder","since":0,"signed_at":0,
            "batch":{{"list":1,"at":0}},"digest":"{digest}","disclosures":[],"renewed":null}}"#
    );
    let own = stored(node, PASSPORTS).await;
    let mut free = (0..STATUS_PLACES).filter(|at| own.iter().all(|it| it.0 != key(PASSPORTS, *at)));
    let mut batch = Batch::new();
    for at in free.by_ref().take(PLACES_GIVEN_MAX - 8) {
        batch.put(key(PASSPORTS, at), issued.clone().into_bytes());
    }
    for at in free.by_ref().take(DECOYS_MAX - DECOYS_TURNED_MAX) {
        batch.put(key(DECOYS, at), br#"{"form":1,"status":1}"#.to_vec());
    }
    node.store().commit(batch).await.unwrap();
}

/// What is drawn for a passport and for a decoy at one moment is not the same place, whichever
/// comes first.
#[tokio::test(start_paused = true)]
async fn a_place_that_is_given_while_decoys_turn_is_not_both() {
    let mut turned = 0;
    for turn in 0..6 {
        let label = Label::labelled(1).await;
        let node = label.space(0);
        let wallet = Wallet::enrol(node, "Camille", None).await;
        let name = format!("member {turn}");
        let app = node.app();
        let by = operator();
        let member = app.add_member(&by, &name, "month", None).await.unwrap();
        let code = app.enrolment_code(&by, &member).await.unwrap();
        crowd(node).await;
        let slow = Fault::Slow(Duration::from_secs(1));
        node.store().fail_next_commit(slow);
        let jwk = [holder_jwk("one"), holder_jwk("two"), holder_jwk("three")];
        let before = stored(node, DECOYS).await.len();
        let (revoked, enrolled) = if turn % 2 == 0 {
            tokio::join!(
                app.revoke_passports(&by, &wallet.member),
                app.enrol(&code, &jwk)
            )
        } else {
            let enrol = app.enrol(&code, &jwk);
            let (enrolled, revoked) =
                tokio::join!(enrol, app.revoke_passports(&by, &wallet.member));
            (revoked, enrolled)
        };
        assert_eq!((revoked.unwrap(), enrolled.unwrap().len()), (1, 3));
        turned += stored(node, DECOYS).await.len() - before;
        assert_sound(&[node]).await;
    }
    assert!(turned > 6, "{turned}");
}

#[tokio::test]
async fn a_passport_at_the_place_of_a_decoy_is_found() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    let at = u32::try_from(place(&wallet)).unwrap();
    let mut batch = Batch::new();
    batch.put(key(DECOYS, at), br#"{"form":1,"status":1}"#.to_vec());
    node.store().commit(batch).await.unwrap();
    let problems = deep(node).await.problems;
    let named = problems.iter().any(|it| it.contains("place of a decoy"));
    assert!(named, "{problems:?}");
}
