//! Who comes, stays, leaves, comes back, or is forgotten, and what that counts.

use std::time::Duration;

use app::{Correction, Stay, VisitError, VisitId};
use rules::passport::{NotGenuine, Verdict};
use rules::visit::HalfDays;
use store::Fault;
use testkit::{DAY_SECONDS, HOUR_SECONDS, Label, TestNode, Wallet, operator, send_all};
use wire::label::Overdraw;
use wire::receipt::Ending;

use crate::desk::{home, host, judge};
use crate::exchange::{BOTH, story, taken, used};
use crate::look::assert_sound;
use crate::receipts::{arrive, leave, left, row, staff};

const MORNING: HalfDays = HalfDays {
    morning: true,
    afternoon: false,
};
const AFTERNOON: HalfDays = HalfDays {
    morning: false,
    afternoon: true,
};

/// How a visit ended, and what it counts.
async fn ended(host: &TestNode, visit: VisitId) -> (i64, Ending, HalfDays) {
    match row(host, visit).await.stay {
        Stay::Ended {
            left,
            ending,
            half_days,
            ..
        } => (left.0, ending, half_days),
        stay @ (Stay::Here { .. } | Stay::NotHere) => panic!("{stay:?}"),
    }
}

async fn sent(label: &Label) {
    let failed = send_all(&label.network, host(label)).await;
    assert!(failed.is_empty(), "{failed:?}");
}

/// Time passes, and every node looks.
async fn pass(label: &Label, seconds: i64) {
    label.advance(seconds);
    label.hear().await;
    for node in label.nodes() {
        node.app().renew().await.unwrap();
    }
    label.settle().await;
}

/// Six o'clock on that Monday, when the host closes.
const CLOSING: i64 = testkit::START.0 + 7 * HOUR_SECONDS;

#[tokio::test]
async fn a_half_day_is_counted_once_however_often_somebody_comes_back() {
    let (label, wallet) = story().await;
    let first = arrive(host(&label), &wallet).await;
    assert_eq!(arrive(host(&label), &wallet).await, first, "they are here");
    assert_eq!(leave(host(&label), first).await, MORNING);
    let second = arrive(host(&label), &wallet).await;
    assert_ne!(second, first);
    label.advance(2 * HOUR_SECONDS);
    assert_eq!(
        leave(host(&label), second).await,
        AFTERNOON,
        "the morning was counted"
    );
    let third = arrive(host(&label), &wallet).await;
    label.advance(HOUR_SECONDS);
    assert_eq!(leave(host(&label), third).await, HalfDays::NONE);
    assert_eq!(host(&label).app().waiting().await.unwrap().len(), 2);
    sent(&label).await;
    assert_eq!(used(home(&label), &wallet).await, 2);
    assert_eq!(taken(home(&label)).await, 2);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn whoever_nobody_sees_leave_leaves_when_the_space_closes() {
    let (label, wallet) = story().await;
    let visit = arrive(host(&label), &wallet).await;
    host(&label).clock().set(wire::Timestamp(CLOSING - 1));
    assert_eq!(host(&label).app().end_forgotten().await.unwrap(), 0);
    host(&label).clock().set(wire::Timestamp(CLOSING));
    assert_eq!(host(&label).app().end_forgotten().await.unwrap(), 1);
    assert_eq!(host(&label).app().end_forgotten().await.unwrap(), 0);
    let expected = (CLOSING, Ending::Forgotten, BOTH);
    assert_eq!(ended(host(&label), visit).await, expected);
    let staff = staff(host(&label)).await;
    let late = host(&label).app().leave(&staff, visit).await;
    assert!(matches!(late, Err(VisitError::Ended)), "{late:?}");
    home(&label).clock().set(wire::Timestamp(CLOSING));
    sent(&label).await;
    assert_eq!(used(home(&label), &wallet).await, 2);
}

#[tokio::test]
async fn whoever_is_seen_leaving_after_closing_left_when_it_closed() {
    let (label, wallet) = story().await;
    let visit = arrive(host(&label), &wallet).await;
    label.advance(9 * HOUR_SECONDS);
    assert_eq!(leave(host(&label), visit).await, BOTH);
    let expected = (CLOSING, Ending::Forgotten, BOTH);
    assert_eq!(ended(host(&label), visit).await, expected);
}

#[tokio::test]
async fn a_visit_of_days_ago_ends_on_its_day_and_another_begins() {
    for is_down in [true, false] {
        let (label, wallet) = story().await;
        let first = arrive(host(&label), &wallet).await;
        // The host is down for two days, or up, and nobody looks before the desk does.
        label.advance(2 * DAY_SECONDS);
        if is_down {
            host(&label).restart().await;
        }
        let second = arrive(host(&label), &wallet).await;
        assert_ne!(second, first);
        let expected = (CLOSING, Ending::Forgotten, BOTH);
        assert_eq!(ended(host(&label), first).await, expected);
        let here = row(host(&label), second).await;
        assert_eq!(here.day.date, "2026-04-08");
        assert!(matches!(here.stay, Stay::Here { .. }));
        sent(&label).await;
        assert_eq!(used(home(&label), &wallet).await, 2);
        assert_sound(&label.nodes()).await;
    }
}

#[tokio::test]
async fn whoever_went_out_comes_back_within_what_was_counted() {
    let (label, wallet) = story().await;
    let says = async |expected: Verdict| {
        crate::desk::says(host(&label), &wallet, expected).await;
    };
    let go = async || {
        let staff = staff(host(&label)).await;
        let here = host(&label).app().visitors_here(&staff).await.unwrap();
        host(&label).app().leave(&staff, here[0].id).await.unwrap();
    };
    // The first Monday, all day; the second, the morning, which is counted.
    says(Verdict::Allowed { left: 4 }).await;
    label.advance(3 * HOUR_SECONDS);
    go().await;
    pass(&label, 7 * DAY_SECONDS - 4 * HOUR_SECONDS).await;
    says(Verdict::Allowed { left: 2 }).await;
    label.advance(60);
    go().await;
    says(Verdict::Allowed { left: 1 }).await;
    label.advance(2 * HOUR_SECONDS);
    says(Verdict::Allowed { left: 1 }).await;
    go().await;
    let afternoon = label.space(0).app().now();
    // All four are used, and the afternoon is among them.
    says(Verdict::Allowed { left: 0 }).await;
    go().await;
    pass(&label, 7 * DAY_SECONDS).await;
    assert!(host(&label).app().now() > afternoon);
    says(Verdict::NoAllowance).await;
}

#[tokio::test]
async fn a_desk_grants_what_is_left_after_what_was_used_at_it() {
    let (label, wallet) = story().await;
    let says = async |expected: Verdict| {
        crate::desk::says(host(&label), &wallet, expected).await;
    };
    let day = async |expected: u64| {
        says(Verdict::Allowed { left: expected }).await;
        label.advance(3 * HOUR_SECONDS);
        assert_eq!(host(&label).app().end_forgotten().await.unwrap(), 0);
        let staff = staff(host(&label)).await;
        let here = host(&label).app().visitors_here(&staff).await.unwrap();
        host(&label).app().leave(&staff, here[0].id).await.unwrap();
        pass(&label, 7 * DAY_SECONDS - 3 * HOUR_SECONDS).await;
    };
    day(4).await;
    day(2).await;
    says(Verdict::NoAllowance).await;
    // A host that does not know lets in, and the home counts it: overdrawn by two.
    let other = label.space(2);
    let nonce = "shown elsewhere";
    let code = wallet.show(other.entity(), other.app().now(), nonce);
    let judged = judge(other, &code).await;
    assert_eq!(judged.verdict, Verdict::Allowed { left: 4 });
    label.advance(3 * HOUR_SECONDS);
    leave(other, judged.visit.unwrap()).await;
    sent(&label).await;
    assert!(send_all(&label.network, other).await.is_empty());
    let app = home(&label).app();
    let asked = wallet.ask_home(home(&label).entity(), app.now());
    let holder = app.holder(&asked).await.unwrap().unwrap();
    let roaming = app.membership(&holder).await.unwrap().roaming;
    assert_eq!((roaming.granted, roaming.left), (4, 0));
    assert_eq!(app.membership(&holder).await.unwrap().roamed.len(), 3);
}

/// What a passport of next month has left after six half-days of this one.
async fn left_next_month(overdraw: Overdraw) -> u64 {
    let (label, wallet) = story().await;
    let mut text = testkit::charter_text(4);
    text.roaming.overdraw = overdraw;
    label
        .coordinator
        .app()
        .publish_charter(&text)
        .await
        .unwrap();
    let second = Wallet::enrol_again(home(&label), &wallet.member, "another phone").await;
    label.settle().await;
    for (week, wallet) in [&wallet, &wallet, &second].into_iter().enumerate() {
        let visit = arrive(host(&label), wallet).await;
        label.advance(3 * HOUR_SECONDS);
        leave(host(&label), visit).await;
        sent(&label).await;
        let expected = 4_u64.saturating_sub(2 * (week as u64 + 1));
        assert_eq!(left(home(&label), wallet).await, expected);
        pass(&label, 7 * DAY_SECONDS - 3 * HOUR_SECONDS).await;
    }
    // From the 27th of April to the 4th of May.
    pass(&label, 7 * DAY_SECONDS).await;
    let left = left(home(&label), &wallet).await;
    let next = Wallet::enrol_again(home(&label), &wallet.member, "in May").await;
    let claim = crate::look::claims(&next.passport)["roaming"].clone();
    assert_eq!(claim["period"], "2026-05");
    assert_eq!(claim["left"], left);
    label.settle().await;
    crate::desk::says(host(&label), &next, Verdict::Allowed { left }).await;
    left
}

#[tokio::test]
async fn what_is_overdrawn_is_carried_or_forgiven_as_the_charter_says() {
    assert_eq!(left_next_month(Overdraw::Carried).await, 2);
    assert_eq!(left_next_month(Overdraw::Forgiven).await, 4);
}

#[tokio::test]
async fn a_member_comes_and_goes_at_home_uncounted() {
    let (label, wallet) = story().await;
    let node = home(&label);
    let code = wallet.show(node.entity(), node.app().now(), "shown at home");
    let judged = judge(node, &code).await;
    assert_eq!(judged.verdict, Verdict::Allowed { left: 4 });
    assert_eq!(judged.visit, None);
    for prefix in [app::keys::VISITS, app::keys::VISITORS, app::keys::GUESTS] {
        assert!(crate::look::stored(node, prefix).await.is_empty());
    }
}

/// The code on a paper passport of a member.
async fn paper(home: &TestNode, wallet: &Wallet) -> String {
    let app = home.app();
    let paper = app.paper_passport(&operator(), &wallet.member, None).await;
    paper.unwrap().code
}

#[tokio::test]
async fn a_paper_is_received_by_a_person_and_counts_each_day() {
    let (label, wallet) = story().await;
    let (from, to) = (host(&label), home(&label));
    let code = paper(to, &wallet).await;
    label.settle().await;
    let desk = staff(from).await;
    let app = from.app();
    let judged = app.judge(&desk, &code).await.unwrap();
    assert_eq!(judged.verdict, Verdict::ToVerify { left: 4 });
    assert_eq!(judged.visit, None, "nobody has looked at a picture");
    for (day, left) in [4, 2].into_iter().enumerate() {
        let judged = app.receive_on_paper(&desk, &code).await.unwrap();
        assert_eq!(judged.verdict, Verdict::ToVerify { left }, "day {day}");
        let visit = judged.visit.unwrap();
        let again = app.receive_on_paper(&desk, &code).await.unwrap();
        assert_eq!(again.visit, Some(visit), "they are here");
        assert_eq!(row(from, visit).await.by, wire::receipt::ProofBy::Paper);
        label.advance(3 * HOUR_SECONDS);
        assert_eq!(leave(from, visit).await, BOTH);
        let again = app.receive_on_paper(&desk, &code).await.unwrap();
        label.advance(60);
        let counted = leave(from, again.visit.unwrap()).await;
        assert_eq!(counted, HalfDays::NONE, "the same half-days");
        sent(&label).await;
        assert_eq!(taken(to).await, day + 1);
        pass(&label, 7 * DAY_SECONDS - 3 * HOUR_SECONDS - 60).await;
    }
    assert_eq!(used(to, &wallet).await, 4);
    let judged = app.receive_on_paper(&desk, &code).await.unwrap();
    assert_eq!(judged.verdict, Verdict::NoAllowance);
    assert_eq!(judged.visit, None);
    // Somebody on a phone is not received as on paper: no number would be asked of them.
    let showing = wallet.show(from.entity(), app.now(), "a showing");
    let judged = app.receive_on_paper(&desk, &showing).await.unwrap();
    let refused = Verdict::NotGenuine(NotGenuine::OtherChallenge);
    assert_eq!((judged.verdict, judged.visit), (refused, None));
    let judged = app.judge(&desk, &showing).await.unwrap();
    assert!(matches!(judged.verdict, Verdict::Allowed { .. }));
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_home_counts_a_paper_twice_on_two_days_and_never_for_one_half_day() {
    let (label, wallet) = story().await;
    let code = paper(home(&label), &wallet).await;
    label.settle().await;
    let desk = staff(host(&label)).await;
    let judged = host(&label)
        .app()
        .receive_on_paper(&desk, &code)
        .await
        .unwrap();
    label.advance(3 * HOUR_SECONDS);
    leave(host(&label), judged.visit.unwrap()).await;
    let told = crate::exchange::waiting(host(&label)).await;
    let tell = crate::exchange::tell;
    assert_eq!(tell(&label, "op", &told).await, Ok(()));
    let mut again = told.clone();
    again.receipt["id"] = serde_json::json!("again");
    let answer = tell(&label, "again", &again).await;
    assert_eq!(answer, crate::exchange::refused("counted_already"));
    assert_eq!(used(home(&label), &wallet).await, 2);
}

#[tokio::test]
async fn a_steward_corrects_within_a_week_and_within_the_day() {
    let (label, wallet) = story().await;
    let app = host(&label).app();
    let visit = arrive(host(&label), &wallet).await;
    let arrived = row(host(&label), visit).await.arrived;
    let correct = async |at: i64| {
        let at = arrived.plus_seconds(at);
        app.correct_visit(&operator(), visit, Correction::Left(at))
            .await
    };
    assert!(matches!(correct(-1).await, Err(VisitError::Time)));
    assert!(matches!(correct(1).await, Err(VisitError::Time)), "not yet");
    label.advance(3 * HOUR_SECONDS);
    // While they are here, it ends the visit.
    assert_eq!(correct(60).await.unwrap(), MORNING);
    let (_, ending, half_days) = ended(host(&label), visit).await;
    assert_eq!((ending, half_days), (Ending::Corrected, MORNING));
    assert_eq!(correct(3 * HOUR_SECONDS).await.unwrap(), BOTH);
    label.advance(DAY_SECONDS);
    let end_of_day = 12 * HOUR_SECONDS;
    assert!(matches!(
        correct(end_of_day + 1).await,
        Err(VisitError::Time)
    ));
    assert_eq!(correct(end_of_day).await.unwrap(), BOTH);
    sent(&label).await;
    assert_eq!(used(home(&label), &wallet).await, 2);
    host(&label)
        .clock()
        .set(arrived.plus_seconds(end_of_day + 7 * DAY_SECONDS));
    assert_eq!(correct(0).await.unwrap(), MORNING);
    host(&label).clock().advance(1);
    assert!(matches!(correct(0).await, Err(VisitError::TooLate)));
    let gone = VisitId::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap();
    let unknown = app
        .correct_visit(&operator(), gone, Correction::NotHere)
        .await;
    assert!(matches!(unknown, Err(VisitError::Unknown)));
}

#[tokio::test]
async fn somebody_who_was_not_here_counts_nothing_and_is_not_corrected_again() {
    for is_sent in [true, false] {
        let (label, wallet) = story().await;
        let app = host(&label).app();
        let visit = arrive(host(&label), &wallet).await;
        leave(host(&label), visit).await;
        if is_sent {
            sent(&label).await;
            assert_eq!(used(home(&label), &wallet).await, 1);
        }
        let not_here = Correction::NotHere;
        let counted = app.correct_visit(&operator(), visit, not_here).await;
        assert!(counted.unwrap().is_none());
        let again = app.correct_visit(&operator(), visit, not_here).await;
        assert!(matches!(again, Err(VisitError::Ended)), "{again:?}");
        sent(&label).await;
        assert!(app.waiting().await.unwrap().is_empty());
        assert_eq!(used(home(&label), &wallet).await, 0);
        // The half-day is free again.
        let second = arrive(host(&label), &wallet).await;
        assert_eq!(leave(host(&label), second).await, MORNING);
        sent(&label).await;
        assert_eq!(used(home(&label), &wallet).await, 1);
        assert_sound(&label.nodes()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_who_end_a_visit_at_once_one_does() {
    let (label, wallet) = story().await;
    let visit = arrive(host(&label), &wallet).await;
    label.advance(9 * HOUR_SECONDS);
    let (app, desk) = (host(&label).app(), staff(host(&label)).await);
    let boss = operator();
    host(&label)
        .store()
        .fail_next_commit(Fault::Slow(Duration::from_secs(1)));
    let (one, two, three) = tokio::join!(
        app.leave(&desk, visit),
        app.leave(&desk, visit),
        app.end_forgotten()
    );
    assert_eq!(one.unwrap(), BOTH);
    assert!(matches!(two, Err(VisitError::Ended)));
    assert_eq!(three.unwrap(), 0);
    assert_eq!(app.waiting().await.unwrap().len(), 1);
    // A correction that comes while somebody else corrects takes that back too.
    let arrived = row(host(&label), visit).await.arrived;
    let early = Correction::Left(arrived.plus_seconds(60));
    host(&label)
        .store()
        .fail_next_commit(Fault::Slow(Duration::from_secs(1)));
    let (one, two) = tokio::join!(
        app.correct_visit(&boss, visit, early),
        app.correct_visit(&boss, visit, Correction::NotHere)
    );
    assert_eq!(one.unwrap(), MORNING);
    assert_eq!(two.unwrap(), HalfDays::NONE);
    sent(&label).await;
    assert!(app.waiting().await.unwrap().is_empty());
    assert_eq!(used(home(&label), &wallet).await, 0);
    assert_sound(&label.nodes()).await;
}

#[tokio::test(start_paused = true)]
async fn of_two_desks_that_let_one_passport_in_at_once_there_is_one_visit() {
    let (label, wallet) = story().await;
    let app = host(&label).app();
    let desk = staff(host(&label)).await;
    let show = |nonce: &str| wallet.show(host(&label).entity(), app.now(), nonce);
    let (first, second) = (show("first showing"), show("second showing"));
    host(&label)
        .store()
        .fail_next_commit(Fault::Slow(Duration::from_secs(1)));
    let (one, two) = tokio::join!(app.judge(&desk, &first), app.judge(&desk, &second));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!(one.visit.is_some());
    assert_eq!(one.visit, two.visit);
    assert_eq!(app.visitors_here(&desk).await.unwrap().len(), 1);
    assert_sound(&label.nodes()).await;
}

#[tokio::test(start_paused = true)]
async fn two_visits_of_one_passport_that_end_at_once_count_once() {
    let (label, wallet) = story().await;
    let app = host(&label).app();
    let desk = staff(host(&label)).await;
    let first = arrive(host(&label), &wallet).await;
    label.advance(60);
    leave(host(&label), first).await;
    let second = arrive(host(&label), &wallet).await;
    label.advance(2 * HOUR_SECONDS);
    let arrived = row(host(&label), first).await.arrived;
    let late = Correction::Left(arrived.plus_seconds(2 * HOUR_SECONDS));
    let boss = operator();
    host(&label)
        .store()
        .fail_next_commit(Fault::Slow(Duration::from_secs(1)));
    let (one, two) = tokio::join!(
        app.leave(&desk, second),
        app.correct_visit(&boss, first, late)
    );
    assert_eq!(one.unwrap(), AFTERNOON);
    assert_eq!(two.unwrap(), MORNING, "the afternoon was counted meanwhile");
    sent(&label).await;
    assert_eq!(used(home(&label), &wallet).await, 2);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_desk_with_a_wrong_clock_says_so_also_of_whoever_was_forgotten() {
    let (label, wallet) = story().await;
    arrive(host(&label), &wallet).await;
    label.advance(3 * DAY_SECONDS);
    label.coordinator.app().renew().await.unwrap();
    label.settle().await;
    host(&label).clock().advance(-2 * DAY_SECONDS);
    let clock_wrong = rules::passport::NotHere::ClockWrong;
    let expected = Verdict::NotAllowedHere(clock_wrong);
    crate::desk::says(host(&label), &wallet, expected).await;
}
