//! Passports over months: renewed, forgotten, and list after list.

use app::keys::{ENROLMENTS, PASSPORTS};
use app::{EnrolError, MemberError, MemberState};
use rules::passport::{Block, Verdict};
use store::{Batch, Key, Store as _};
use testkit::{DAY_SECONDS, Label, TestNode, Wallet, holder_jwk, operator};

use crate::desk::{home, host, says, visit};
use crate::look::{assert_sound, claims, count, stored, stored_text};

const ALLOWED: Verdict = Verdict::Allowed { left: 4 };

/// A renewed wallet.
async fn renewed(home: &TestNode, wallet: &Wallet, phone: &str) -> Wallet {
    let asked = wallet.ask_home(home.entity(), home.app().now());
    let holder = home.app().holder(&asked).await.unwrap().unwrap();
    let given = home
        .app()
        .renew_passports(&holder, &[holder_jwk(phone)])
        .await;
    Wallet::given(&wallet.member, phone, &given.unwrap())
}

/// The first of four passports that a wallet is renewed to at once.
async fn renewed_by_four(home: &TestNode, wallet: &Wallet, turn: u32) -> Wallet {
    let asked = wallet.ask_home(home.entity(), home.app().now());
    let holder = home.app().holder(&asked).await.unwrap().unwrap();
    let phones = [1, 2, 3, 4].map(|key| format!("phone {turn}.{key}"));
    let keys = phones.each_ref().map(|it| holder_jwk(it));
    let given = home.app().renew_passports(&holder, &keys).await.unwrap();
    Wallet::given(&wallet.member, &phones[0], &given[..1])
}

#[tokio::test]
async fn a_passport_is_renewed_month_after_month_at_ever_new_places() {
    let (label, mut wallet) = visit().await;
    let mut places = vec![claims(&wallet.passport)["status"].clone()];
    // On 25 June the passport of the 5th has been here before, for two half-days.
    for (round, left) in [4, 4, 4, 2].into_iter().enumerate() {
        label.advance(20 * DAY_SECONDS);
        for node in label.nodes() {
            node.app().renew().await.unwrap();
        }
        label.settle().await;
        let next = renewed(home(&label), &wallet, &format!("phone {round}")).await;
        label.settle().await;
        // Both are good until the old one runs out.
        says(host(&label), &wallet, Verdict::Allowed { left }).await;
        says(host(&label), &next, ALLOWED).await;
        let place = claims(&next.passport)["status"].clone();
        assert!(!places.contains(&place));
        places.push(place);
        wallet = next;
    }
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn whoever_may_not_renew_does_not() {
    let (label, wallet) = visit().await;
    let (node, app) = (home(&label), home(&label).app());
    let ask = || wallet.ask_home(node.entity(), app.now());
    let holder = app.holder(&ask()).await.unwrap().unwrap();
    let set = async |state| app.set_member(&operator(), &wallet.member, state).await;
    set(MemberState::Paused).await.unwrap();
    let refused = app.renew_passports(&holder, &[holder_jwk("new")]).await;
    assert!(matches!(refused, Err(EnrolError::NotActive)), "{refused:?}");
    // Whoever is paused is told so.
    let membership = app.membership(&holder).await.unwrap();
    assert_eq!(membership.state, MemberState::Paused);
    set(MemberState::Active).await.unwrap();
    // A passport that was asked with in time, and has been taken back since.
    app.revoke_passports(&operator(), &wallet.member)
        .await
        .unwrap();
    let refused = app.renew_passports(&holder, &[holder_jwk("new")]).await;
    assert!(matches!(refused, Err(EnrolError::NotActive)), "{refused:?}");
    assert_eq!(app.holder(&ask()).await.unwrap(), None);
    let other = Wallet::enrol_again(node, &wallet.member, "other").await;
    node.clock().advance(30 * DAY_SECONDS);
    let late = other.ask_home(node.entity(), app.now());
    assert_eq!(app.holder(&late).await.unwrap(), None);
}

#[tokio::test]
async fn a_phone_that_renews_without_end_is_stopped_and_taken_back() {
    let (label, wallet) = visit().await;
    let (node, app) = (home(&label), home(&label).app());
    let mut last = wallet.clone();
    for turn in 1..16 {
        last = renewed_by_four(node, &last, turn).await;
    }
    for turn in 1..4 {
        last = renewed(node, &last, &format!("phone {turn}")).await;
    }
    let asked = last.ask_home(node.entity(), app.now());
    let holder = app.holder(&asked).await.unwrap().unwrap();
    let refused = app
        .renew_passports(&holder, &[holder_jwk("one more")])
        .await;
    assert!(matches!(refused, Err(EnrolError::TooMany)), "{refused:?}");
    let member = &wallet.member;
    let paper = app.paper_passport(&operator(), member, None).await;
    assert!(matches!(paper, Err(MemberError::TooMany)), "{paper:?}");
    label.settle().await;
    says(host(&label), &last, ALLOWED).await;
    let revoked = app.revoke_passports(&operator(), member).await.unwrap();
    assert_eq!(revoked, 64);
    let kept = stored_text(node, PASSPORTS).await;
    let renewed_to = kept.matches(r#""renewed":{"#).count();
    assert_eq!(renewed_to, 0, "what was renewed is forgotten: {kept}");
    label.settle().await;
    says(host(&label), &last, Verdict::Blocked(Block::Revoked)).await;
    // What was taken back does not count, nor does what has run out.
    let again = Wallet::enrol_again(node, member, "found again").await;
    label.advance(15 * DAY_SECONDS);
    let mut last = again;
    for turn in 21..36 {
        last = renewed_by_four(node, &last, turn).await;
    }
    for turn in 1..4 {
        last = renewed(node, &last, &format!("later {turn}")).await;
    }
    label.advance(15 * DAY_SECONDS);
    renewed(node, &last, "after the first has run out").await;
}

#[tokio::test]
async fn a_lost_phone_takes_codes_with_it_that_were_not_used() {
    let (label, wallet) = visit().await;
    let (node, app) = (home(&label), home(&label).app());
    let code = app
        .enrolment_code(&operator(), &wallet.member)
        .await
        .unwrap();
    let other = app
        .add_member(&operator(), "Alix", "month", None)
        .await
        .unwrap();
    let kept = app.enrolment_code(&operator(), &other).await.unwrap();
    app.revoke_passports(&operator(), &wallet.member)
        .await
        .unwrap();
    let refused = app.enrol(&code, &[holder_jwk("thief")]).await;
    assert!(matches!(refused, Err(EnrolError::Code)), "{refused:?}");
    app.enrol(&kept, &[holder_jwk("Alix")]).await.unwrap();
    let again = Wallet::enrol_again(node, &wallet.member, "new phone").await;
    label.settle().await;
    says(host(&label), &again, ALLOWED).await;
    says(host(&label), &wallet, Verdict::Blocked(Block::Revoked)).await;
}

#[tokio::test]
async fn a_passport_on_paper_is_for_active_members_with_a_name() {
    let (label, wallet) = visit().await;
    let app = home(&label).app();
    let paper =
        async |name: Option<&str>| app.paper_passport(&operator(), &wallet.member, name).await;
    let made = paper(None).await.unwrap();
    assert_eq!(
        (made.name.as_str(), made.formula.as_str()),
        ("Camille", "month")
    );
    assert_eq!(made.until, made.since.plus_seconds(30 * DAY_SECONDS));
    for name in ["", "\n", &"é".repeat(41)] {
        let refused = paper(Some(name)).await;
        assert!(matches!(refused, Err(MemberError::Name)), "{refused:?}");
    }
    assert_eq!(
        paper(Some(&"é".repeat(40)))
            .await
            .unwrap()
            .name
            .chars()
            .count(),
        40
    );
    let kept = stored_text(home(&label), PASSPORTS).await;
    assert!(
        !kept.contains('é'),
        "the name on the paper is not kept: {kept}"
    );
    let paused = MemberState::Paused;
    app.set_member(&operator(), &wallet.member, paused)
        .await
        .unwrap();
    let refused = paper(None).await;
    assert!(
        matches!(refused, Err(MemberError::NotActive(_))),
        "{refused:?}"
    );
}

/// Gives places of a list, as to passports of that end; those that are given stay.
async fn give(node: &TestNode, list: u32, places: std::ops::Range<u32>, exp: i64) {
    let digest = "A".repeat(43);
    let issued = format!(
        r#"{{"form":1,"member":"x","exp":{exp},"is_revoked":false,"status":0,
            "carrier":"AAAAAAAAAAAAAAAAAAAAAA","by":"holder","since":0,"signed_at":0,
            "batch":{{"list":1,"at":0}},"digest":"{digest}","disclosures":[],"renewed":null}}"#
    );
    let given = stored(node, PASSPORTS).await;
    let places: Vec<u32> = places.collect();
    for some in places.chunks(512) {
        let mut batch = Batch::new();
        for at in some {
            let rest = [list.to_be_bytes(), at.to_be_bytes()].concat();
            let key = Key::new(PASSPORTS, &rest);
            if given.iter().all(|(it, _)| *it != key) {
                batch.put(key, issued.clone().into_bytes());
            }
        }
        node.store().commit(batch).await.unwrap();
    }
}

#[tokio::test]
async fn a_passport_that_came_after_the_line_was_cut_is_judged_all_the_same() {
    let label = Label::labelled(2).await;
    for space in &label.spaces {
        space.app().renew().await.unwrap();
    }
    label.settle().await;
    let wallet = Wallet::enrol(home(&label), "Camille", None).await;
    says(host(&label), &wallet, ALLOWED).await;
}

#[tokio::test]
async fn when_half_of_a_list_is_given_the_next_is_there_and_one_day_the_first_goes() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    let list_of =
        |wallet: &Wallet| claims(&wallet.passport)["status"]["status_list"]["uri"].clone();
    let lists = async || {
        let of = async |id: &str| count(node, node.entity(), "status-list", id).await;
        [of("1").await, of("2").await, of("3").await]
    };
    let soon = node.app().now().plus_seconds(29 * DAY_SECONDS).0;
    give(node, 1, 0..2_046, soon).await;
    node.app().renew().await.unwrap();
    assert_eq!(lists().await, [1, 0, 0], "2,047 places are given");
    give(node, 1, 0..2_060, soon).await;
    node.app().renew().await.unwrap();
    assert_eq!(
        lists().await,
        [1, 1, 0],
        "the next is there before it is needed"
    );
    label.settle().await;
    let second = renewed(node, &wallet, "second").await;
    assert_eq!(list_of(&second), node.entity().url_of("/status/1"));
    give(node, 1, 0..4_096, soon).await;
    let third = renewed(node, &second, "third").await;
    assert_eq!(list_of(&third), node.entity().url_of("/status/2"));
    // No word has passed since the second list was published.
    says(host(&label), &third, ALLOWED).await;
    let member = &wallet.member;
    let set = async |state| {
        let set = node.app().set_member(&operator(), member, state).await;
        set.unwrap();
        label.settle().await;
    };
    set(MemberState::Paused).await;
    says(host(&label), &third, Verdict::Blocked(Block::Paused)).await;
    set(MemberState::Active).await;
    says(host(&label), &third, ALLOWED).await;

    // Nothing of the first list holds any more after a month. Receipts of its visits may
    // still come: it goes when none does.
    label.advance(20 * DAY_SECONDS);
    let fourth = renewed(node, &third, "fourth").await;
    let days_pass = async |days: i64| {
        label.advance(days * DAY_SECONDS);
        for node in label.nodes() {
            node.app().renew().await.unwrap();
        }
        label.settle().await;
        stored(node, PASSPORTS).await.len()
    };
    let of_the_first = 4_096;
    let found = days_pass(11).await;
    assert!(found >= of_the_first + 2, "{found}");
    assert_eq!(list_of(&fourth), node.entity().url_of("/status/2"));
    says(host(&label), &fourth, ALLOWED).await;
    says(host(&label), &wallet, Verdict::Expired).await;
    let found = days_pass(95).await;
    assert!(found >= of_the_first + 2, "{found} after 126 days");
    let found = days_pass(2).await;
    assert_eq!(found, 2, "of the second list alone");
    let before = lists().await;
    node.app().renew().await.unwrap();
    assert_eq!(lists().await, before, "what is gone is not removed twice");
    // The newest stays, though nobody holds a passport of it any more.
    label.advance(31 * DAY_SECONDS);
    node.app().renew().await.unwrap();
    let next = Wallet::enrol_again(node, &wallet.member, "fifth").await;
    assert_eq!(list_of(&next), node.entity().url_of("/status/2"));
    assert_sound(&[node]).await;
}

#[tokio::test]
async fn a_list_goes_whenever_it_was_signed_and_the_newest_stays() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    let soon = node.app().now().plus_seconds(DAY_SECONDS).0;
    give(node, 1, 0..2_100, soon).await;
    label.advance(DAY_SECONDS / 2);
    // The second list is signed at another hour than the first.
    node.app().renew().await.unwrap();
    let of = async |id: &str| count(node, node.entity(), "status-list", id).await;
    assert_eq!([of("1").await, of("2").await], [1, 1]);
    for days in 1..=128 {
        label.advance(DAY_SECONDS);
        node.app().renew().await.unwrap();
        if days == 126 {
            let left = stored(node, PASSPORTS).await.len();
            assert!(left >= 2_100, "a receipt may still come: {left}");
        }
    }
    let before = [of("1").await, of("2").await];
    let left = stored(node, PASSPORTS).await.len();
    assert_eq!(left, 0, "the first list has gone: {before:?}");
    label.advance(10 * DAY_SECONDS);
    node.app().renew().await.unwrap();
    assert_eq!([of("1").await, of("2").await], [before[0], before[1] + 1]);
    let next = Wallet::enrol_again(node, &wallet.member, "next").await;
    let list = &claims(&next.passport)["status"]["status_list"]["uri"];
    assert_eq!(*list, node.entity().url_of("/status/2"));
}

#[tokio::test]
async fn a_list_of_which_nothing_holds_any_more_gives_no_place() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    let soon = node.app().now().plus_seconds(DAY_SECONDS).0;
    give(node, 1, 0..2_100, soon).await;
    node.app().renew().await.unwrap();
    label.advance(31 * DAY_SECONDS);
    let next = Wallet::enrol_again(node, &wallet.member, "next").await;
    let list = &claims(&next.passport)["status"]["status_list"]["uri"];
    assert_eq!(*list, node.entity().url_of("/status/2"));
}

#[tokio::test]
async fn a_list_that_is_full_before_anybody_looked_is_followed_at_once() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    let soon = node.app().now().plus_seconds(29 * DAY_SECONDS).0;
    give(node, 1, 0..4_096, soon).await;
    let next = renewed(node, &wallet, "second").await;
    let list = &claims(&next.passport)["status"]["status_list"]["uri"];
    assert_eq!(*list, node.entity().url_of("/status/2"));
    label.settle().await;
    says(host(&label), &next, ALLOWED).await;
}

#[tokio::test]
async fn whose_a_passport_was_is_forgotten_when_no_receipt_of_it_comes_any_more() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    label.advance(DAY_SECONDS);
    let next = renewed(node, &wallet, "next phone").await;
    let after = async |seconds: i64| {
        label.advance(seconds);
        label.hear().await;
        node.app().renew().await.unwrap();
        let passports = stored_text(node, PASSPORTS).await;
        let codes = stored(node, ENROLMENTS).await.len();
        let theirs = passports.matches(&wallet.member).count();
        (theirs, passports.contains(&next.passport), codes)
    };
    // It was signed as of the beginning of the day, nine hours before.
    let nine = 9 * testkit::HOUR_SECONDS;
    assert_eq!(after(29 * DAY_SECONDS - nine - 1).await, (2, true, 1));
    // What it was renewed to is of no use once it has run out.
    assert_eq!(after(1).await, (2, false, 1));
    // The code could have been used a week after it was given.
    assert_eq!(after(7 * DAY_SECONDS + nine - 1).await, (2, false, 1));
    assert_eq!(after(1).await, (2, false, 0));
    assert_eq!(after(90 * DAY_SECONDS - nine - 1).await, (2, false, 0));
    assert_eq!(after(1).await, (1, false, 0));
    assert_eq!(after(DAY_SECONDS - 1).await, (1, false, 0));
    assert_eq!(after(1).await, (0, false, 0));
}

#[tokio::test]
async fn many_passports_that_run_out_at_once_are_forgotten_some_at_each_look() {
    let (label, wallet) = visit().await;
    let node = home(&label);
    let soon = node.app().now().plus_seconds(10).0;
    give(node, 1, 0..2_040, soon).await;
    label.advance(97 * DAY_SECONDS + 9);
    label.hear().await;
    node.app().renew().await.unwrap();
    let whose = async || {
        let entries = stored_text(node, PASSPORTS).await;
        entries.matches(r#""member":"x""#).count()
    };
    assert!(whose().await >= 2_039, "a receipt may still come");
    label.advance(2);
    for left in [1_040, 40, 0, 0] {
        node.app().renew().await.unwrap();
        // One place may be the wallet's own.
        let found = whose().await;
        assert!(found == left || found + 1 == left, "{found} of {left}");
    }
    for node in label.nodes() {
        node.app().renew().await.unwrap();
    }
    let next = Wallet::enrol_again(node, &wallet.member, "next").await;
    label.settle().await;
    says(host(&label), &next, ALLOWED).await;
}

/// Fault C16: somebody who subscribes elsewhere now.
#[tokio::test]
async fn who_moves_to_another_home_comes_with_its_passport_and_with_no_other() {
    let label = Label::labelled(3).await;
    let (host, old, new) = (label.space(0), label.space(1), label.space(2));
    let before = Wallet::enrol(old, "Camille", None).await;
    label.settle().await;
    says(host, &before, ALLOWED).await;
    old.app()
        .set_member(&operator(), &before.member, MemberState::Ended)
        .await
        .unwrap();
    let after = Wallet::enrol(new, "Camille", None).await;
    label.settle().await;
    says(host, &before, Verdict::Blocked(Block::Revoked)).await;
    says(host, &after, ALLOWED).await;
    // The old home gives nothing any more, and no claim of the one is one of the other.
    let asked = before.ask_home(old.entity(), old.app().now());
    let holder = old.app().holder(&asked).await.unwrap();
    if let Some(holder) = holder {
        let keys = [holder_jwk("the same phone")];
        assert!(old.app().renew_passports(&holder, &keys).await.is_err());
    }
    let (one, two) = (claims(&before.passport), claims(&after.passport));
    for claim in ["iss", "status"] {
        assert_ne!(one[claim], two[claim], "{claim}");
    }
}
