//! Receipts and credits that a home refuses, each with its code, through its router.
//!
//! They are signed by the keys of a host that bears the label: whoever has those can say
//! what they like, and only what really was counts.

use app::MemberState;
use serde_json::{Value, json};
use testkit::{DAY_SECONDS, HOUR_SECONDS, Label, Wallet, operator, pull, space_text};
use wire::passport::MEMBER_PATH;
use wire::{Cents, Timestamp};

use crate::desk::{home, host};
use crate::exchange::{Told, ask_home, credit_of, refused, story, take_back, taken};
use crate::exchange::{tell, told, used};
use crate::look::{assert_sound, claims};

/// What is changed in what a host says.
pub(crate) type Change = fn(&mut Told);

/// The same, of what a test has seen.
type Case<'a> = (&'a str, &'a dyn Fn(&mut Told));

/// One visit, and each change of what is told of it, refused with a code; then the truth
/// is accepted.
pub(crate) async fn check(code: &str, cases: &[(&str, Change)]) {
    let (label, wallet) = story().await;
    let truth = told(&label, &wallet).await;
    for (at, (what, change)) in cases.iter().enumerate() {
        let mut changed = truth.clone();
        change(&mut changed);
        assert_ne!(
            (&changed.receipt, &changed.proof),
            (&truth.receipt, &truth.proof),
            "{what}: nothing is changed"
        );
        let op = format!("op-{at}");
        for _ in 0..2 {
            let answer = tell(&label, &op, &changed).await;
            assert_eq!(answer, refused(code), "{what}");
        }
        assert_eq!(taken(home(&label)).await, 0, "{what}");
        assert_eq!(used(home(&label), &wallet).await, 0, "{what}");
    }
    assert_eq!(tell(&label, "truth", &truth).await, Ok(()));
    assert_eq!(used(home(&label), &wallet).await, 2);
    assert_sound(&label.nodes()).await;
}

pub(crate) fn set(told: &mut Told, pointer: &str, value: Value) {
    *told.receipt.pointer_mut(pointer).unwrap() = value;
}

#[tokio::test]
async fn what_is_from_the_future_is_out_of_time() {
    let (label, wallet) = story().await;
    let truth = told(&label, &wallet).await;
    let now = home(&label).app().now().0;
    for (at, (iat, left, code)) in [
        (now + 301, now, Some("out_of_time")),
        (now + 301, now + 301, Some("out_of_time")),
        (1 << 52, now, Some("out_of_time")),
        (now + 300, now + 300, None),
    ]
    .into_iter()
    .enumerate()
    {
        let mut changed = truth.clone();
        set(&mut changed, "/iat", json!(iat));
        set(&mut changed, "/left", json!(left));
        let answer = tell(&label, &format!("op-{at}"), &changed).await;
        assert_eq!(answer, code.map_or(Ok(()), refused), "{iat} {left}");
    }
}

#[tokio::test]
async fn a_day_that_the_host_does_not_publish_differs() {
    let cases: &[(&str, Change)] = &[
        ("another day", |it| set(it, "/day", json!("2026-04-07"))),
        ("a day that is none", |it| {
            set(it, "/day", json!("2026-02-30"));
        }),
        ("another boundary", |it| {
            set(it, "/hours/half_day_boundary", json!("12:00"));
        }),
        ("open longer", |it| {
            set(
                it,
                "/hours/open",
                json!([{ "from": "09:00", "to": "24:00" }]),
            );
        }),
        ("never open", |it| set(it, "/hours/open", json!([]))),
        ("another zone", |it| {
            set(it, "/hours/time_zone", json!("Europe/Rome"));
        }),
        ("a zone that is none", |it| {
            set(it, "/hours/time_zone", json!("Europe/Nowhere"));
        }),
        ("no record", |it| {
            let hours = it.receipt["hours"].as_object_mut().unwrap();
            hours.remove("record");
        }),
        ("the hours of nobody", |it| {
            set(
                it,
                "/hours",
                json!({ "time_zone": "Europe/Paris",
                "half_day_boundary": "13:00", "open": [] }),
            );
        }),
        ("a record of another kind", |it| {
            set(it, "/hours/record/seq", json!(1));
        }),
        ("a record before all", |it| {
            set(it, "/hours/record/seq", json!(0));
        }),
        ("an older epoch", |it| {
            set(it, "/hours/record/epoch", json!(0));
        }),
    ];
    check("differs", cases).await;
}

#[tokio::test]
async fn a_price_that_the_host_does_not_publish_differs() {
    let cases: &[(&str, Change)] = &[
        ("another price", |it| {
            set(it, "/value/price_cents", json!(1_501));
            set(it, "/value/total_cents", json!(1_501));
        }),
        ("two days", |it| {
            set(it, "/value/count", json!(2));
            set(it, "/value/total_cents", json!(3_000));
        }),
        ("by the month", |it| {
            set(it, "/value/formula", json!("month"));
        }),
        ("a formula that is none", |it| {
            set(it, "/value/formula", json!("night"));
        }),
        ("another unit", |it| {
            set(it, "/value/unit", json!("half_day"));
        }),
        ("the hours as a formula", |it| {
            let hours = it.receipt["hours"]["record"].clone();
            set(it, "/value/record", hours);
        }),
    ];
    check("differs", cases).await;
}

#[tokio::test]
async fn more_than_was_there_differs_and_less_is_let_go() {
    let (label, wallet) = story().await;
    let mut short = told(&label, &wallet).await;
    // Gone before one o'clock.
    let arrived = short.arrived();
    short.move_to(arrived, arrived + 60);
    let answer = tell(&label, "more", &short).await;
    assert_eq!(answer, refused("differs"), "a morning is no day");
    short.receipt["half_days"] = json!(["afternoon"]);
    assert_eq!(tell(&label, "other", &short).await, refused("differs"));
    short.receipt["half_days"] = json!(["morning"]);
    assert_eq!(tell(&label, "right", &short).await, Ok(()));
    assert_eq!(used(home(&label), &wallet).await, 1);
}

#[tokio::test]
async fn a_visit_ends_on_the_day_on_which_it_began() {
    let (label, wallet) = story().await;
    let truth = told(&label, &wallet).await;
    label.advance(DAY_SECONDS);
    let midnight = testkit::START.0 + 13 * HOUR_SECONDS;
    for (left, expected) in [(midnight + 1, refused("differs")), (midnight, Ok(()))] {
        let mut late = truth.clone();
        set(&mut late, "/left", json!(left));
        set(&mut late, "/iat", json!(left));
        assert_eq!(tell(&label, &format!("op-{left}"), &late).await, expected);
    }
}

#[tokio::test]
async fn prices_and_hours_are_those_of_the_arrival_whatever_came_later() {
    let (label, wallet) = story().await;
    let app = host(&label).app();
    let record_of = |told: &Told| told.receipt["value"]["record"].clone();
    let dear = told(&label, &wallet).await;
    // The next week the price has fallen; the week after it rises again.
    let mut text = space_text("Le Mug");
    let publish = async |cents: i64, boundary: &str| {
        label.advance(7 * DAY_SECONDS - 4 * HOUR_SECONDS);
        text.formulas.get_mut("day").unwrap().price_cents = Cents(cents);
        if cents > 1_500 {
            let month = text.formulas.get_mut("month").unwrap();
            month.price_cents = Cents(10 * cents);
        }
        let hours = text.opening_hours.as_mut().unwrap();
        hours.half_day_boundary = wire::space::ClockTime::parse(boundary).unwrap();
        app.publish_space(&text).await.unwrap();
        label.advance(HOUR_SECONDS);
        label.settle().await;
    };
    let mut publish = publish;
    publish(1_000, "12:30").await;
    let cheap = told(&label, &wallet).await;
    publish(2_000, "13:30").await;
    publish(3_000, "14:00").await;
    let prices = [&dear, &cheap].map(|it| it.receipt["value"]["price_cents"].clone());
    assert_eq!(prices, [json!(1_500), json!(1_000)]);
    let cases: [Case<'_>; 5] = [
        ("an older price", &|it| {
            it.receipt["value"] = dear.receipt["value"].clone();
        }),
        ("older hours", &|it| {
            it.receipt["hours"] = dear.receipt["hours"].clone();
        }),
        ("an older price of the record of then", &|it| {
            it.receipt["value"] = dear.receipt["value"].clone();
            it.receipt["value"]["record"] = record_of(&cheap);
        }),
        ("the price of a day as that of a month", &|it| {
            it.receipt["value"]["formula"] = json!("month");
        }),
        ("a later price", &|it| {
            let seq = it.receipt["value"]["record"]["seq"].as_u64().unwrap();
            it.receipt["value"]["record"]["seq"] = json!(seq + 2);
        }),
    ];
    for (at, (what, change)) in cases.into_iter().enumerate() {
        let mut changed = cheap.clone();
        change(&mut changed);
        let answer = tell(&label, &format!("op-{at}"), &changed).await;
        assert_eq!(answer, refused("differs"), "{what}");
    }
    for (op, truth) in [("dear", &dear), ("cheap", &cheap)] {
        assert_eq!(tell(&label, op, truth).await, Ok(()), "{op}");
    }
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn hours_that_were_published_or_removed_after_the_visit_do_not_count_for_it() {
    let (label, wallet) = crate::desk::visit().await;
    label.advance(HOUR_SECONDS);
    let app = host(&label).app();
    let without = told(&label, &wallet).await;
    assert_eq!(without.receipt["hours"].get("record"), None);
    let publish = async |hours: bool| {
        label.advance(7 * DAY_SECONDS - 4 * HOUR_SECONDS);
        let mut text = space_text("Le Mug");
        text.opening_hours = text.opening_hours.filter(|_| hours);
        app.publish_space(&text).await.unwrap();
        label.advance(HOUR_SECONDS);
        for node in label.nodes() {
            node.app().renew().await.unwrap();
        }
        label.settle().await;
    };
    publish(true).await;
    let with = told(&label, &wallet).await;
    assert_ne!(with.receipt["hours"].get("record"), None);
    // The host takes its hours back, so that the night would count.
    publish(false).await;
    let mut night = with.clone();
    night.receipt["hours"] = without.receipt["hours"].clone();
    assert_eq!(tell(&label, "night", &night).await, refused("differs"));
    assert_eq!(tell(&label, "with", &with).await, Ok(()));
    assert_eq!(tell(&label, "without", &without).await, Ok(()));
    let second = Wallet::enrol(home(&label), "Alix", None).await;
    label.settle().await;
    let after = told(&label, &second).await;
    assert_eq!(after.receipt["hours"].get("record"), None);
    assert_eq!(tell(&label, "after", &after).await, Ok(()));
}

#[tokio::test]
async fn a_proof_that_does_not_prove_this_visit_is_none() {
    let (label, wallet) = story().await;
    let stranger = Wallet::enrol(label.space(2), "Alix", None).await;
    let thief = Wallet::of(&wallet.member, "thief", wallet.passport.clone());
    let truth = told(&label, &wallet).await;
    let at = Timestamp(truth.arrived());
    let (host_name, home_name) = (host(&label).entity(), home(&label).entity());
    let shown = |wallet: &Wallet, to: &str, at: Timestamp| {
        wallet.present(&wallet.claims(to, at, "a showing"))
    };
    let here = host_name.as_str();
    let cases = [
        ("nothing", String::new()),
        ("the passport alone", format!("{}~", wallet.passport)),
        ("the passport without an end", wallet.passport.clone()),
        (
            "shown at another space",
            shown(&wallet, label.space(2).entity().as_str(), at),
        ),
        ("shown at home", shown(&wallet, home_name.as_str(), at)),
        (
            "a question to the home",
            shown(&wallet, &home_name.url_of(MEMBER_PATH), at),
        ),
        (
            "asking the host as a home",
            shown(&wallet, &host_name.url_of(MEMBER_PATH), at),
        ),
        (
            "shown too early",
            shown(&wallet, here, at.plus_seconds(-301)),
        ),
        ("shown too late", shown(&wallet, here, at.plus_seconds(301))),
        ("shown by a thief", shown(&thief, here, at)),
        ("of another home", shown(&stranger, here, at)),
        ("of other letters", format!("{}é", truth.proof)),
        ("with a disclosure", truth.proof.replacen('~', "~e30~", 1)),
        ("huge", "x".repeat(8_000)),
    ];
    for (number, (what, proof)) in cases.into_iter().enumerate() {
        let mut changed = truth.clone();
        changed.prove_by(proof);
        let answer = tell(&label, &format!("op-{number}"), &changed).await;
        assert_eq!(answer, refused("no_proof"), "{what}");
    }
    // A good proof that is not the one that the receipt names, and the named one at
    // another time of the day, or as a paper.
    let mut other = truth.clone();
    other.proof = shown(&wallet, here, at);
    assert_eq!(tell(&label, "other", &other).await, refused("no_proof"));
    for (op, moved) in [("early", -301), ("late", 301)] {
        let mut changed = truth.clone();
        changed.receipt["arrived"] = json!(at.0 + moved);
        assert_eq!(
            tell(&label, op, &changed).await,
            refused("no_proof"),
            "{op}"
        );
    }
    let mut paper = truth.clone();
    paper.receipt["proof"]["by"] = json!("paper");
    assert_eq!(tell(&label, "paper", &paper).await, refused("no_proof"));
    assert_eq!(taken(home(&label)).await, 0);
    // Clocks may be five minutes apart.
    let mut apart = truth.clone();
    apart.receipt["arrived"] = json!(at.0 + 300);
    assert_eq!(tell(&label, "apart", &apart).await, Ok(()));
}

#[tokio::test]
async fn a_passport_proves_a_visit_while_it_holds() {
    let (label, wallet) = story().await;
    let truth = told(&label, &wallet).await;
    let mut passport = claims(&wallet.passport);
    let arrived = truth.arrived();
    let home_key = home(&label).plan().ops();
    let here = host(&label).entity().as_str();
    let cases = [
        ("run out", json!({ "exp": arrived }), "no_proof"),
        (
            "to come",
            json!({ "iat": arrived + 301, "exp": arrived + 400 }),
            "no_proof",
        ),
        (
            "of another",
            json!({ "iss": "https://troquet.example" }),
            "not_ours",
        ),
        (
            "of a free place",
            json!({ "status": { "status_list": { "idx": 8_191,
            "uri": passport["status"]["status_list"]["uri"] } } }),
            "not_ours",
        ),
        (
            "of a list that is none",
            json!({ "status": { "status_list": { "idx": 1,
            "uri": home(&label).entity().url_of("/status/9") } } }),
            "not_ours",
        ),
        (
            "of the list of another",
            json!({ "status": { "status_list": { "idx": 1,
            "uri": "https://troquet.example/status/1" } } }),
            "not_ours",
        ),
    ];
    for (what, change, code) in cases {
        let mut forged = passport.clone();
        for (name, value) in change.as_object().unwrap() {
            forged[name] = value.clone();
        }
        let forged = testkit::forge::<wire::passport::Passport>(&forged, &home_key);
        let forged = Wallet::of(&wallet.member, "Camille", forged);
        let mut changed = truth.clone();
        changed.prove_by(forged.present(&forged.claims(here, Timestamp(arrived), "a showing")));
        let answer = tell(&label, &what.replace(' ', "-"), &changed).await;
        assert_eq!(answer, refused(code), "{what}");
    }
    passport["name"] = json!("Zoé");
    assert_eq!(tell(&label, "truth", &truth).await, Ok(()));
}

#[tokio::test]
async fn a_member_who_was_paused_or_has_left_was_there_all_the_same() {
    for state in [MemberState::Paused, MemberState::Ended] {
        let (label, wallet) = story().await;
        let truth = told(&label, &wallet).await;
        let app = home(&label).app();
        app.set_member(&operator(), &wallet.member, state)
            .await
            .unwrap();
        app.revoke_passports(&operator(), &wallet.member)
            .await
            .unwrap();
        assert_eq!(tell(&label, "op", &truth).await, Ok(()), "{state:?}");
        assert_eq!(taken(home(&label)).await, 1);
    }
}

#[tokio::test]
async fn a_receipt_may_be_ninety_days_late() {
    for (seconds, expected) in [(0, Ok(())), (1, refused("too_late"))] {
        let (label, wallet) = story().await;
        let truth = told(&label, &wallet).await;
        label.advance(90 * DAY_SECONDS + seconds);
        for node in label.nodes() {
            node.app().renew().await.unwrap();
        }
        label.settle().await;
        assert_eq!(tell(&label, "op", &truth).await, expected, "{seconds}");
    }
}

/// What the home answers to a receipt of a visit while the label says this of the host.
async fn while_the_host_is(change: impl AsyncFn(&Label)) -> Result<(), String> {
    let (label, wallet) = story().await;
    let truth = told(&label, &wallet).await;
    change(&label).await;
    pull(&label.network, home(&label), label.coordinator.entity())
        .await
        .unwrap();
    tell(&label, "op", &truth).await
}

#[tokio::test]
async fn visits_before_a_withdrawal_are_settled_and_those_after_it_are_not() {
    let suspend = async |label: &Label| {
        let app = label.coordinator.app();
        app.suspend(host(label).entity(), "works").await.unwrap();
    };
    let withdraw = async |label: &Label| {
        let app = label.coordinator.app();
        app.withdraw(host(label).entity(), "closed").await.unwrap();
    };
    assert_eq!(while_the_host_is(suspend).await, Ok(()));
    assert_eq!(while_the_host_is(withdraw).await, Ok(()));
    // The host has not heard of its withdrawal, and lets somebody in.
    for is_withdrawn in [false, true] {
        let (label, wallet) = story().await;
        if is_withdrawn {
            withdraw(&label).await;
        } else {
            suspend(&label).await;
        }
        label.advance(HOUR_SECONDS);
        let truth = told(&label, &wallet).await;
        let coordinator = label.coordinator.entity();
        let heard = async || {
            pull(&label.network, home(&label), coordinator)
                .await
                .unwrap()
        };
        heard().await;
        // What the coordinator has said since may give the label back: it is waited for.
        let early = tell(&label, "early", &truth).await;
        assert_eq!(early, refused("request_not_yet"));
        let wanted = home(&label).app().wanted_pulls();
        assert!(wanted.contains(coordinator), "{wanted:?}");
        label.coordinator.app().accept_clock().await.unwrap();
        heard().await;
        assert_eq!(tell(&label, "op", &truth).await, refused("not_labelled"));
        // It says that it was before.
        let mut earlier = truth.clone();
        let arrived = truth.arrived() - 2 * HOUR_SECONDS;
        earlier.receipt["arrived"] = json!(arrived);
        assert_eq!(tell(&label, "earlier", &earlier).await, refused("no_proof"));
    }
}

#[tokio::test]
async fn another_receipt_of_the_same_half_day_is_counted_already() {
    let (label, wallet) = story().await;
    let second = Wallet::enrol_again(home(&label), &wallet.member, "another phone").await;
    let truth = told(&label, &wallet).await;
    assert_eq!(tell(&label, "op", &truth).await, Ok(()));
    let at = Timestamp(truth.arrived());
    let here = host(&label).entity().as_str();
    for (number, (wallet, half_days)) in [
        (&wallet, json!(["morning", "afternoon"])),
        (&wallet, json!(["morning"])),
        (&second, json!(["afternoon"])),
    ]
    .into_iter()
    .enumerate()
    {
        let mut again = truth.clone();
        again.receipt["id"] = json!(format!("another-{number}"));
        again.receipt["half_days"] = half_days;
        again.prove_by(wallet.present(&wallet.claims(here, at, "another showing")));
        let answer = tell(&label, &format!("op-{number}"), &again).await;
        assert_eq!(answer, refused("counted_already"), "{number}");
    }
    assert_eq!(used(home(&label), &wallet).await, 2);
}

#[tokio::test]
async fn a_showing_proves_one_receipt() {
    let (label, wallet) = story().await;
    let mut morning = told(&label, &wallet).await;
    let mut afternoon = morning.clone();
    morning.receipt["half_days"] = json!(["morning"]);
    afternoon.receipt["half_days"] = json!(["afternoon"]);
    afternoon.receipt["id"] = json!("another");
    assert_eq!(tell(&label, "morning", &morning).await, Ok(()));
    let answer = tell(&label, "afternoon", &afternoon).await;
    assert_eq!(answer, refused("proof_used"));
    // Taken back, it is free again, and proves one again.
    let credit = credit_of(&morning, host(&label));
    assert_eq!(take_back(&label, "credit", &credit).await, Ok(()));
    assert_eq!(tell(&label, "again", &afternoon).await, Ok(()));
    let mut third = morning.clone();
    third.receipt["id"] = json!("third");
    assert_eq!(tell(&label, "third", &third).await, refused("proof_used"));
    assert_eq!(used(home(&label), &wallet).await, 1);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_receipt_that_was_accepted_is_not_said_otherwise_nor_again_once_it_was_taken_back() {
    let (label, wallet) = story().await;
    let truth = told(&label, &wallet).await;
    assert_eq!(tell(&label, "op", &truth).await, Ok(()));
    assert_eq!(tell(&label, "another-op", &truth).await, Ok(()));
    assert_eq!(used(home(&label), &wallet).await, 2, "counted once");
    let mut other = truth.clone();
    other.receipt["half_days"] = json!(["morning"]);
    assert_eq!(tell(&label, "other", &other).await, refused("id_used"));
    let credit = credit_of(&truth, host(&label));
    assert_eq!(take_back(&label, "credit", &credit).await, Ok(()));
    assert_eq!(used(home(&label), &wallet).await, 0);
    assert_eq!(tell(&label, "again", &truth).await, refused("credited"));
    assert_eq!(
        tell(&label, "op", &truth).await,
        Ok(()),
        "as it was answered"
    );
    assert_eq!(used(home(&label), &wallet).await, 0);
    // The same credit says the same; another takes nothing back a second time.
    assert_eq!(take_back(&label, "credit-2", &credit).await, Ok(()));
    let mut second = credit.clone();
    second["id"] = json!("another");
    let answer = take_back(&label, "credit-3", &second).await;
    assert_eq!(answer, refused("credited"));
    assert_eq!(used(home(&label), &wallet).await, 0);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_question_of_a_kind_that_nobody_knows_is_refused_as_that() {
    let (label, wallet) = story().await;
    let truth = told(&label, &wallet).await;
    for (at, kind) in ["receipts", "Receipt", "join", "booking", "é"]
        .iter()
        .enumerate()
    {
        let body = truth.body(host(&label));
        let answer = ask_home(&label, &format!("op-{at}"), kind, body).await;
        assert_eq!(answer, refused("unknown_kind"), "{kind}");
    }
    assert_eq!(taken(home(&label)).await, 0);
}
