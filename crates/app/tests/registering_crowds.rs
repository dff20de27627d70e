//! Many who want few seats, at once and in every order.

use app::{REGISTRATIONS_ACTIVE_MAX, RegistrationError};
use store::Fault;
use testkit::{Label, TestNode, operator, post_request, send_all};

use crate::desk::{home, host};
use crate::look::{assert_sound, stored};
use crate::registering::{
    give_back, member, publish, published, rows, seats, send, stands, three_trainings, training,
    wish,
};

/// Numbers that look random (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn under(&mut self, limit: usize) -> usize {
        const FACTOR: u64 = 6_364_136_223_846_793_005;
        const STEP: u64 = 1_442_695_040_888_963_407;
        self.0 = self.0.wrapping_mul(FACTOR).wrapping_add(STEP);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Five members of three villages; the owner's event has three seats.
const FIVE: [(usize, &str); 5] = [
    (1, "Anne"),
    (2, "Bob"),
    (1, "Camille"),
    (2, "Denis"),
    (0, "Elias"),
];

/// What may happen to the owner while they ask.
const FAULTS: [Option<Fault>; 4] = [
    None,
    Some(Fault::ErrorLost),
    Some(Fault::ErrorKept),
    Some(Fault::Conflict),
];

/// A node that stopped, because it does not know what its store holds, starts anew.
async fn revive(node: &TestNode) {
    if node.app().home().await.is_err() {
        node.restart().await;
    }
}

/// Sends until nobody waits for an answer.
async fn send_until_answered(label: &Label) {
    for _ in 0..20 {
        let mut waiting = 0;
        for node in label.nodes() {
            revive(node).await;
            send_all(&label.network, node).await;
        }
        for node in label.nodes() {
            revive(node).await;
            waiting += node.app().waiting().await.unwrap().len();
        }
        if waiting == 0 {
            return;
        }
    }
    panic!("somebody waits for ever");
}

/// Where the five stand: at home, in the order of the owner's list.
async fn compared(label: &Label, id: &str) -> (Vec<String>, Vec<String>) {
    let there = seats(label, id).await;
    let mut at_home = Vec::new();
    for row in &there {
        let (name, _) = row.split_once(' ').unwrap();
        let (space, _) = FIVE.iter().find(|(_, it)| *it == name).unwrap();
        at_home.push(stands(label.space(*space), name).await.remove(0));
    }
    let at_owner = there
        .iter()
        .map(|row| row.split_once(' ').unwrap().1.to_owned());
    (at_owner.collect(), at_home)
}

async fn five_for_three(seed: u64) {
    let mut numbers = Numbers(seed);
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 3).await;
    for (space, name) in FIVE {
        member(label.space(space), name).await;
    }
    let mut order = FIVE.to_vec();
    for at in (1..order.len()).rev() {
        order.swap(at, numbers.under(at + 1));
    }
    for (space, name) in order {
        if let Some(fault) = FAULTS[numbers.under(FAULTS.len())] {
            host(&label)
                .store()
                .fail_commit(1 + numbers.under(3), fault);
        }
        let node = label.space(space);
        let mut is_asked = false;
        for _ in 0..5 {
            revive(node).await;
            is_asked = is_asked || wish(node, name, &uid, None).await.is_ok();
        }
        assert!(is_asked, "{seed}");
        if numbers.under(2) == 0 {
            send_all(&label.network, node).await;
        }
        if numbers.under(3) == 0 {
            host(&label).restart().await;
        }
    }
    send_until_answered(&label).await;
    let (at_owner, at_home) = compared(&label, &id).await;
    let accepted = ["taken", "taken", "taken", "waiting 1", "waiting 2"];
    assert_eq!(at_owner, accepted, "{seed}");
    let told = ["accepted", "accepted", "accepted", "waiting 1", "waiting 2"];
    assert_eq!(at_home, told, "{seed}");

    // One of the three gives back, and the first who waits has the seat.
    let leaves = numbers.under(3);
    let list = host(&label).app().seats(&operator(), &id).await.unwrap();
    let name = &list[leaves].name;
    let (space, _) = FIVE.iter().find(|(_, it)| it == name).unwrap();
    let mut is_given_back = false;
    for _ in 0..5 {
        revive(label.space(*space)).await;
        is_given_back = is_given_back || give_back(label.space(*space), name).await.is_ok();
    }
    assert!(is_given_back, "{seed}");
    send_until_answered(&label).await;
    let (at_owner, at_home) = compared(&label, &id).await;
    let mut expected = ["taken", "taken", "taken", "taken", "waiting 1"];
    expected[leaves] = "given back";
    assert_eq!(at_owner, expected, "{seed}");
    assert_eq!(at_home[leaves], "given back", "{seed}");
    assert_eq!(&at_home[3..], ["promoted", "waiting 2"], "{seed}");
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn of_five_who_want_three_seats_three_have_them_and_two_wait_in_order() {
    for seed in 0..12 {
        five_for_three(seed).await;
    }
}

/// All letters arrive at once, and the owner's store is slow: whoever decides at the same
/// moment decides again.
#[tokio::test(start_paused = true)]
async fn five_letters_at_one_moment_are_decided_one_after_the_other() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 3).await;
    let mut letters = Vec::new();
    for (space, name) in FIVE.into_iter().filter(|(space, _)| *space > 0) {
        wish(label.space(space), name, &uid, None).await.unwrap();
    }
    for space in [1, 2] {
        let node = label.space(space);
        for waiting in node.app().waiting().await.unwrap() {
            let letter = node.app().make_letter(&waiting.op).await.unwrap().unwrap();
            letters.push((node.clone(), waiting.op, letter));
        }
    }
    let slow = Fault::Slow(std::time::Duration::from_secs(1));
    host(&label).store().fail_next_commit(slow);
    let mut asking = tokio::task::JoinSet::new();
    for (node, op, letter) in letters {
        let owner = host(&label).clone();
        asking.spawn(async move {
            let answer = post_request(&owner, letter.request).await;
            let taken = node
                .app()
                .take_answer(&op, &letter.jti, &answer.text())
                .await;
            taken.unwrap();
        });
    }
    let here = host(&label).clone();
    asking.spawn(async move {
        wish(&here, "Elias", &uid, None).await.unwrap();
    });
    while let Some(done) = asking.join_next().await {
        done.unwrap();
    }
    let (at_owner, at_home) = compared(&label, &id).await;
    let expected = ["taken", "taken", "taken", "waiting 1", "waiting 2"];
    assert_eq!(at_owner, expected);
    assert_eq!(&at_home[3..], ["waiting 1", "waiting 2"]);
    assert_sound(&label.nodes()).await;
}

/// A member asks twice at one moment: it is one registration.
#[tokio::test(start_paused = true)]
async fn a_member_who_touches_twice_registers_once() {
    let label = Label::labelled(3).await;
    let (_, uid) = published(&label, 3).await;
    let there = home(&label);
    member(there, "Camille").await;
    let slow = Fault::Slow(std::time::Duration::from_secs(1));
    there.store().fail_next_commit(slow);
    let (one, two) = tokio::join!(
        wish(there, "Camille", &uid, None),
        wish(there, "Camille", &uid, None)
    );
    assert_eq!(one.unwrap().id, two.unwrap().id);
    assert_eq!(stored(there, app::keys::OUTBOX).await.len(), 1);
    assert_sound(&[there]).await;
}

/// The organiser publishes fewer seats while somebody asks for the last one.
#[tokio::test(start_paused = true)]
async fn seats_that_are_taken_away_while_somebody_asks_are_counted_or_not_given() {
    let label = Label::labelled(3).await;
    let (id, uid) = published(&label, 2).await;
    let (here, there) = (host(&label).clone(), home(&label));
    wish(&here, "Anne", &uid, None).await.unwrap();
    wish(there, "Camille", &uid, None).await.unwrap();
    let slow = Fault::Slow(std::time::Duration::from_secs(1));
    here.store().fail_next_commit(slow);
    let fewer = async { crate::registering::change(&label, &id, |it| it.capacity = Some(1)).await };
    let (fewer, failed) = tokio::join!(fewer, send_all(&label.network, there));
    assert!(fewer.unwrap().has_changed);
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(stands(there, "Camille").await, ["waiting 1"]);
    assert_eq!(
        seats(&label, &id).await,
        ["Anne taken", "Camille waiting 1"]
    );
}

#[tokio::test]
async fn a_member_has_fifty_registrations_under_way_and_no_more() {
    let label = Label::labelled(3).await;
    let mut text = three_trainings(&label, 9);
    text.rule.as_mut().unwrap().count = Some(60);
    let (_, uid) = publish(&label, &text).await;
    let there = home(&label);
    let view = there.app().event(&uid).await.unwrap().unwrap();
    let dues: Vec<_> = view.next.iter().map(|(it, _)| it.due.clone()).collect();
    for due in &dues[..REGISTRATIONS_ACTIVE_MAX] {
        wish(there, "Camille", &uid, Some(due)).await.unwrap();
    }
    let over = wish(there, "Camille", &uid, Some(&dues[50])).await;
    assert!(matches!(over, Err(RegistrationError::TooMany)), "{over:?}");
    // The same again is no other; another member has as many; and what is over is over.
    wish(there, "Camille", &uid, Some(&dues[49])).await.unwrap();
    wish(there, "Denis", &uid, Some(&dues[50])).await.unwrap();
    there.clock().set(view.next[0].0.ends);
    wish(there, "Camille", &uid, Some(&dues[50])).await.unwrap();
    assert_eq!(rows(there, "Camille").await.len(), 51);
    assert_sound(&[there]).await;
}

#[tokio::test]
async fn a_member_registers_by_the_name_that_they_choose() {
    let label = Label::labelled(3).await;
    let (id, uid) = publish(&label, &training(&label, Some(9))).await;
    let there: &TestNode = home(&label);
    let camille = member(there, "Camille").await;
    let as_name = |name: Option<&str>| app::Wish {
        uid: uid.clone(),
        due: None,
        name: name.map(str::to_owned),
    };
    let app = there.app();
    for name in ["", " \u{200b}\n", &"x".repeat(41)] {
        let refused = app
            .register_member(&operator(), &camille, &as_name(Some(name)))
            .await;
        assert!(
            matches!(refused, Err(RegistrationError::Name)),
            "{name}: {refused:?}"
        );
    }
    let wish = as_name(Some(" Mme\n Camille\u{7} "));
    let row = app
        .register_member(&operator(), &camille, &wish)
        .await
        .unwrap();
    assert_eq!(row.name, "Mme Camille");
    send(&label, there).await;
    assert_eq!(seats(&label, &id).await, ["Mme Camille taken"]);
    let nobody = app
        .register_member(&operator(), "nobody", &as_name(None))
        .await;
    assert!(
        matches!(nobody, Err(RegistrationError::NoMember(_))),
        "{nobody:?}"
    );
}
