//! Answers that are lost, notices that overtake them, and nodes that start anew between.

use app::keys::OUTBOX;
use serde_json::{Value, json};
use testkit::{Label, TestNode, operator, send_all};
use wire::event::{EventStatus, Override};

use crate::desk::{home, host};
use crate::look::{assert_sound, claims, stored};
use crate::registering::{
    change, give_back, member, publish, published, rows, seats, send, stands, take_back,
    three_trainings, wish,
};

/// Asks, and loses the answer: the owner has decided, and the home does not know.
async fn ask_in_vain(label: &Label, from: &TestNode) {
    label.network.cut_way(host(label).entity(), from.entity());
    assert_eq!(send_all(&label.network, from).await.len(), 1);
    label.network.heal();
}

async fn assert_nothing_waits(label: &Label) {
    for node in label.nodes() {
        let waiting = stored(node, OUTBOX).await;
        assert!(waiting.is_empty(), "{}: {waiting:?}", node.entity());
    }
    assert_sound(&label.nodes()).await;
}

/// A label in which somebody has registered for the only seat, or waits behind another,
/// and the owner's answer was lost.
async fn decided(is_waiting: bool) -> (Label, String) {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 1).await;
    if is_waiting {
        wish(host(&label), "Anne", &uid, None).await.unwrap();
    }
    wish(home(&label), "Camille", &uid, None).await.unwrap();
    ask_in_vain(&label, home(&label)).await;
    assert_eq!(stands(home(&label), "Camille").await, ["asked"]);
    (label, id)
}

/// The notice comes first where `is_overtaken`, and then the answer; or as it was sent.
async fn deliver(label: &Label, is_overtaken: bool) {
    let (here, there) = (host(label), home(label));
    let order = if is_overtaken {
        [here, there]
    } else {
        [there, here]
    };
    for node in order {
        send(label, node).await;
    }
}

#[tokio::test]
async fn a_seat_that_is_taken_back_is_gone_whichever_word_comes_first() {
    for is_overtaken in [true, false] {
        let (label, id) = decided(false).await;
        take_back(&label, &id, "Camille").await;
        deliver(&label, is_overtaken).await;
        assert_eq!(stands(home(&label), "Camille").await, ["taken back"]);
        assert_nothing_waits(&label).await;
    }
}

#[tokio::test]
async fn who_waits_has_the_seat_that_became_free_whichever_word_comes_first() {
    for is_overtaken in [true, false] {
        let (label, id) = decided(true).await;
        give_back(host(&label), "Anne").await.unwrap();
        deliver(&label, is_overtaken).await;
        assert_eq!(stands(home(&label), "Camille").await, ["promoted"]);
        assert_eq!(
            seats(&label, &id).await,
            ["Anne given back", "Camille taken"]
        );
        assert_nothing_waits(&label).await;
    }
}

#[tokio::test]
async fn a_place_that_is_taken_back_is_gone_whichever_word_comes_first() {
    for is_overtaken in [true, false] {
        let (label, id) = decided(true).await;
        take_back(&label, &id, "Camille").await;
        deliver(&label, is_overtaken).await;
        assert_eq!(stands(home(&label), "Camille").await, ["taken back"]);
        assert_nothing_waits(&label).await;
    }
}

/// A seat became free for whoever waits, and was taken back: two notices and an answer, in
/// every order.
#[tokio::test]
async fn of_two_notices_and_an_answer_the_newest_counts() {
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let (label, id) = decided(true).await;
        give_back(host(&label), "Anne").await.unwrap();
        let (here, there) = (host(&label), home(&label));
        let promoted = here.app().waiting().await.unwrap().remove(0).op;
        take_back(&label, &id, "Camille").await;
        let waiting = here.app().waiting().await.unwrap();
        let taken_back = waiting.iter().find(|it| it.op != promoted).unwrap();
        let asked = there.app().waiting().await.unwrap().remove(0).op;
        let words = [(there, &asked), (here, &promoted), (here, &taken_back.op)];
        for at in order {
            let (from, op) = words[at];
            testkit::send(&label.network, from, op).await.unwrap();
        }
        assert_eq!(stands(there, "Camille").await, ["taken back"], "{order:?}");
        assert_nothing_waits(&label).await;
    }
}

/// The owner's newest word as the home keeps it: its revision, and what it says.
async fn newest_word(label: &Label) -> (Value, Value) {
    let kept = stored(home(label), app::keys::REGISTRATIONS).await;
    let kept: Value = serde_json::from_slice(&kept[0].1.value).unwrap();
    let said = claims(kept["answer"].as_str().unwrap());
    (kept["revision"].clone(), said["body"]["revision"].clone())
}

#[tokio::test]
async fn the_proof_that_is_kept_is_the_newest_word_of_the_owner() {
    let (label, id) = decided(false).await;
    take_back(&label, &id, "Camille").await;
    deliver(&label, true).await;
    assert_eq!(newest_word(&label).await, (json!(2), json!(2)));

    let (label, id) = decided(true).await;
    give_back(host(&label), "Anne").await.unwrap();
    let older = host(&label).app().waiting().await.unwrap().remove(0).op;
    take_back(&label, &id, "Camille").await;
    let waiting = host(&label).app().waiting().await.unwrap();
    let newer = &waiting.iter().find(|it| it.op != older).unwrap().op;
    for op in [newer, &older] {
        testkit::send(&label.network, host(&label), op)
            .await
            .unwrap();
        assert_eq!(newest_word(&label).await, (json!(3), json!(3)));
    }
}

#[tokio::test]
async fn who_gives_back_before_the_answer_is_told_what_it_was() {
    // Accepted.
    let (label, id) = decided(false).await;
    give_back(home(&label), "Camille").await.unwrap();
    assert_eq!(stands(home(&label), "Camille").await, ["giving back"]);
    // The answer, and then the cancellation that waited for it.
    send(&label, home(&label)).await;
    assert_eq!(stands(home(&label), "Camille").await, ["given back"]);
    assert_eq!(seats(&label, &id).await, ["Camille given back"]);
    assert_nothing_waits(&label).await;

    // Waiting.
    let (label, id) = decided(true).await;
    give_back(home(&label), "Camille").await.unwrap();
    send(&label, home(&label)).await;
    assert_eq!(stands(home(&label), "Camille").await, ["given back"]);
    assert_eq!(
        seats(&label, &id).await,
        ["Anne taken", "Camille given back"]
    );
    assert_nothing_waits(&label).await;
}

#[tokio::test]
async fn what_was_refused_or_is_unknown_needs_no_end() {
    for (is_cancelled, expected) in [(true, "refused event_cancelled"), (false, "unknown")] {
        let label = Label::labelled(3).await;
        let (id, uid) = publish(&label, &three_trainings(&label, 1)).await;
        let due = three_trainings(&label, 1).start;
        // The home has not heard what its owner has made of it.
        change(&label, &id, |it| {
            let mut gone = Override::default();
            if is_cancelled {
                gone.status = Some(EventStatus::Cancelled);
            } else {
                gone.excluded = true;
            }
            it.overrides.insert(due.clone(), gone);
        })
        .await
        .unwrap();
        let there = home(&label);
        wish(there, "Camille", &uid, Some(&due)).await.unwrap();
        give_back(there, "Camille").await.unwrap();
        send(&label, there).await;
        assert_eq!(stands(there, "Camille").await, [expected]);
        let over = give_back(there, "Camille").await;
        assert!(
            matches!(over, Err(app::RegistrationError::Over)),
            "{over:?}"
        );
        assert_nothing_waits(&label).await;
    }
}

#[tokio::test]
async fn a_seat_given_back_while_it_goes_to_somebody_is_given_back_all_the_same() {
    let (label, id) = decided(true).await;
    let (here, there) = (host(&label), home(&label));
    send(&label, there).await;
    assert_eq!(stands(there, "Camille").await, ["waiting 1"]);
    // At the same moment: the owner promotes, the member gives up waiting.
    give_back(here, "Anne").await.unwrap();
    give_back(there, "Camille").await.unwrap();
    send(&label, here).await;
    assert_eq!(stands(there, "Camille").await, ["giving back"]);
    send(&label, there).await;
    assert_eq!(stands(there, "Camille").await, ["given back"]);
    assert_eq!(
        seats(&label, &id).await,
        ["Anne given back", "Camille given back"]
    );
    assert_nothing_waits(&label).await;
}

#[tokio::test]
async fn whoever_gave_a_seat_back_can_ask_again() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 1).await;
    let there = home(&label);
    let first = wish(there, "Camille", &uid, None).await.unwrap();
    send(&label, there).await;
    give_back(there, "Camille").await.unwrap();
    send(&label, there).await;
    // Given back twice is given back.
    give_back(there, "Camille").await.unwrap();
    let second = wish(there, "Camille", &uid, None).await.unwrap();
    assert_ne!(first.id, second.id);
    send(&label, there).await;
    assert_eq!(rows(there, "Camille").await.len(), 2);
    assert_eq!(
        seats(&label, &id).await,
        ["Camille given back", "Camille taken"]
    );
    assert_nothing_waits(&label).await;
}

#[tokio::test]
async fn all_nodes_start_anew_between_every_two_steps_and_nothing_is_lost() {
    let label = Label::labelled(3).await;
    let restart = async || {
        for node in label.nodes() {
            node.restart().await;
        }
        assert_sound(&label.nodes()).await;
    };
    let (id, uid) = published(&label, 1).await;
    let (here, there, other) = (host(&label), home(&label), label.space(2));
    restart().await;
    wish(there, "Camille", &uid, None).await.unwrap();
    restart().await;
    ask_in_vain(&label, there).await;
    restart().await;
    send(&label, there).await;
    restart().await;
    wish(other, "Denis", &uid, None).await.unwrap();
    restart().await;
    send(&label, other).await;
    restart().await;
    assert_eq!(stands(other, "Denis").await, ["waiting 1"]);
    give_back(there, "Camille").await.unwrap();
    restart().await;
    send(&label, there).await;
    restart().await;
    assert_eq!(stands(other, "Denis").await, ["waiting 1"]);
    send(&label, here).await;
    restart().await;
    assert_eq!(stands(there, "Camille").await, ["given back"]);
    assert_eq!(stands(other, "Denis").await, ["promoted"]);
    assert_eq!(
        seats(&label, &id).await,
        ["Camille given back", "Denis taken"]
    );
    take_back(&label, &id, "Denis").await;
    restart().await;
    send(&label, here).await;
    restart().await;
    assert_eq!(stands(other, "Denis").await, ["taken back"]);
    assert_nothing_waits(&label).await;
}

#[tokio::test]
async fn a_membership_that_is_paused_registers_nobody_and_can_give_back() {
    let label = Label::labelled(3).await;
    let (_, uid) = published(&label, 1).await;
    let there = home(&label);
    wish(there, "Camille", &uid, None).await.unwrap();
    send(&label, there).await;
    let camille = member(there, "Camille").await;
    for state in [app::MemberState::Paused, app::MemberState::Ended] {
        let set = there.app().set_member(&operator(), &camille, state).await;
        set.unwrap();
        let refused = wish(there, "Camille", &uid, None).await;
        let is_refused = matches!(refused, Err(app::RegistrationError::NotActive));
        assert!(is_refused, "{refused:?}");
    }
    give_back(there, "Camille").await.unwrap();
    send(&label, there).await;
    assert_eq!(stands(there, "Camille").await, ["given back"]);
    let nobody = there
        .app()
        .registrations_of_member(&operator(), "nobody")
        .await;
    let is_refused = matches!(nobody, Err(app::RegistrationError::NoMember(_)));
    assert!(is_refused, "{nobody:?}");
}
