//! The outbox of a host: in which order it asks, what it takes for an answer, what it
//! gives up, and what an operator sends again.

use app::{Correction, Fate, OutboxError, VisitId};
use serde_json::{Value, json};
use testkit::{DAY_SECONDS, HOUR_SECONDS, Label, Wallet, operator, post_letter, send, send_all};
use wire::request::Answer;

use crate::desk::{home, host};
use crate::exchange::{fate, outbox, sealed, story, taken, used};
use crate::look::{assert_sound, claims};
use crate::receipts::{arrive, leave, row};

/// A visit that ended, with its receipt in the outbox.
pub(crate) async fn waiting() -> (Label, Wallet, VisitId) {
    let (label, wallet) = story().await;
    let visit = arrive(host(&label), &wallet).await;
    label.advance(3 * HOUR_SECONDS);
    leave(host(&label), visit).await;
    (label, wallet, visit)
}

/// The steward says that the visitor left after a minute.
async fn shorten(label: &Label, visit: VisitId) {
    let arrived = row(host(label), visit).await.arrived;
    let correction = Correction::Left(arrived.plus_seconds(60));
    let app = host(label).app();
    app.correct_visit(&operator(), visit, correction)
        .await
        .unwrap();
}

async fn not_here(label: &Label, visit: VisitId) {
    let app = host(label).app();
    let correction = Correction::NotHere;
    app.correct_visit(&operator(), visit, correction)
        .await
        .unwrap();
}

async fn pass(label: &Label, seconds: i64) {
    label.advance(seconds);
    // The coordinator is heard before anything is given up.
    label.hear().await;
    for node in label.nodes() {
        node.app().renew().await.unwrap();
    }
    label.settle().await;
}

async fn sent(label: &Label) {
    let failed = send_all(&label.network, host(label)).await;
    assert!(failed.is_empty(), "{failed:?}");
}

async fn ops(label: &Label) -> Vec<String> {
    let rows = host(label).app().outbox(&operator()).await.unwrap();
    rows.iter().map(|row| row.op.to_string()).collect()
}

async fn again(label: &Label, op: &str) -> Result<(), OutboxError> {
    let op = app::Op::parse(op).unwrap();
    host(label)
        .app()
        .send_again(&operator(), op)
        .await
        .map(|_| ())
}

#[tokio::test]
async fn what_corrects_waits_for_what_it_corrects() {
    let (label, wallet, visit) = waiting().await;
    shorten(&label, visit).await;
    not_here(&label, visit).await;
    let rows = host(&label).app().outbox(&operator()).await.unwrap();
    let what = outbox(host(&label)).await;
    let about: Vec<_> = what.iter().map(|(about, _)| *about).collect();
    assert_eq!(about, ["receipt", "credit", "receipt", "credit"]);
    let ops: Vec<_> = rows.iter().map(|row| row.op).collect();
    let afters: Vec<_> = rows.iter().map(|row| row.after).collect();
    assert_eq!(afters, [None, Some(ops[0]), Some(ops[1]), Some(ops[2])]);
    // The order outlives a new start.
    host(&label).restart().await;
    let waiting = host(&label).app().waiting().await.unwrap();
    let named: Vec<_> = waiting.iter().map(|it| it.op.clone()).collect();
    assert_eq!(
        named,
        ops.iter().map(ToString::to_string).collect::<Vec<_>>()
    );
    sent(&label).await;
    assert!(host(&label).app().waiting().await.unwrap().is_empty());
    assert_eq!(taken(home(&label)).await, 2);
    assert_eq!(used(home(&label), &wallet).await, 0);
    assert_sound(&label.nodes()).await;
}

/// Of all that waits: what comes after nothing else that does, but for this one.
async fn next_but(label: &Label, held_up: &str) -> Option<String> {
    let waiting = host(label).app().waiting().await.unwrap();
    let waits = |op: &String| waiting.iter().any(|it| it.op == *op);
    let mut free = waiting.iter().filter(|it| !it.after.iter().any(waits));
    free.find(|it| it.op != held_up).map(|it| it.op.clone())
}

/// Somebody was noted twice on a day by mistake, and then stays: what takes the two notes
/// back is answered before what they counted is said again, in whatever order the answers
/// come.
#[tokio::test]
async fn a_receipt_waits_for_all_that_gives_back_half_days_of_its_day() {
    for lost in [0, 1] {
        let (label, wallet) = story().await;
        let app = host(&label).app();
        let mut mistakes = Vec::new();
        // Noon, and then the afternoon.
        for wait in [2 * HOUR_SECONDS, 60] {
            mistakes.push(arrive(host(&label), &wallet).await);
            label.advance(60);
            leave(host(&label), mistakes[mistakes.len() - 1]).await;
            label.advance(wait);
        }
        let receipts = ops(&label).await;
        // The second is taken back first.
        for mistake in mistakes.into_iter().rev() {
            not_here(&label, mistake).await;
            label.advance(1);
        }
        let visit = arrive(host(&label), &wallet).await;
        label.advance(HOUR_SECONDS);
        leave(host(&label), visit).await;
        assert_eq!(outbox(host(&label)).await.len(), 5);
        // The home takes one of the receipts, and its answer is lost.
        let held_up = &receipts[lost];
        let letter = app.make_letter(held_up).await.unwrap().unwrap();
        let answered = post_letter(&label.network, host(&label), &letter).await;
        answered.unwrap();
        while let Some(op) = next_but(&label, held_up).await {
            send(&label.network, host(&label), &op).await.unwrap();
        }
        sent(&label).await;
        assert_eq!(outbox(host(&label)).await, [], "receipt {lost} was lost");
        assert_eq!(taken(home(&label)).await, 3);
        assert_eq!(used(home(&label), &wallet).await, 1);
        assert_sound(&label.nodes()).await;
    }
}

#[tokio::test]
async fn what_is_sent_again_waits_for_what_gives_back_half_days_of_its_day() {
    let (label, ..) = waiting().await;
    refuse(&label).await;
    let app = label.coordinator.app();
    app.grant(host(&label).entity()).await.unwrap();
    let other = Wallet::enrol(home(&label), "Ben", None).await;
    label.settle().await;
    let dead = ops(&label).await;
    let visit = arrive(host(&label), &other).await;
    label.advance(60);
    leave(host(&label), visit).await;
    sent(&label).await;
    not_here(&label, visit).await;
    let app = host(&label).app();
    let credit = app.waiting().await.unwrap()[0].op.clone();
    again(&label, &dead[0]).await.unwrap();
    let waiting = app.waiting().await.unwrap();
    let afters: Vec<_> = waiting.iter().map(|it| (&it.op, &it.after)).collect();
    let [(first, none), (_, after)] = afters[..] else {
        panic!("{afters:?}");
    };
    assert_eq!(
        (first, none, after),
        (&credit, &vec![], &vec![credit.clone()])
    );
    sent(&label).await;
    assert_eq!(outbox(host(&label)).await, []);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn the_credit_of_a_receipt_that_was_refused_has_nothing_to_take_back() {
    let (label, _, visit) = waiting().await;
    let first = host(&label).app().waiting().await.unwrap()[0].op.clone();
    shorten(&label, visit).await;
    label.advance(91 * DAY_SECONDS);
    for node in [&label.coordinator, home(&label)] {
        node.app().renew().await.unwrap();
    }
    label.coordinator.app().renew().await.unwrap();
    testkit::pull_all(&label.network, &label.nodes()).await;
    send(&label.network, host(&label), &first).await.unwrap();
    let too_late = Some("too_late".to_owned());
    let expected = [("receipt", too_late), ("receipt", None)];
    assert_eq!(outbox(host(&label)).await, expected);
    assert_sound(&[host(&label)]).await;
    sent(&label).await;
    assert_eq!(taken(home(&label)).await, 0);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn what_nobody_answers_is_given_up_after_ninety_days_and_can_be_sent_again() {
    let (label, _, visit) = waiting().await;
    label.network.cut(home(&label).entity());
    label.advance(90 * DAY_SECONDS);
    label.hear().await;
    host(&label).app().renew().await.unwrap();
    assert_eq!(outbox(host(&label)).await, [("receipt", None)]);
    label.advance(1);
    host(&label).app().renew().await.unwrap();
    let unanswered = Some(app::UNANSWERED.to_owned());
    assert_eq!(outbox(host(&label)).await, [("receipt", unanswered)]);
    let given_up = fate(host(&label), visit).await;
    assert!(
        matches!(given_up, Some(Fate::GivenUp { .. })),
        "{given_up:?}"
    );
    assert!(host(&label).app().waiting().await.unwrap().is_empty());
    let dead = ops(&label).await;
    assert!(
        host(&label)
            .app()
            .make_letter(&dead[0])
            .await
            .unwrap()
            .is_none()
    );
    again(&label, &dead[0]).await.unwrap();
    assert_eq!(outbox(host(&label)).await, [("receipt", None)]);
    let refused = again(&label, &dead[0]).await;
    assert!(matches!(refused, Err(OutboxError::Unknown)), "it is gone");
    let waits = ops(&label).await;
    assert_ne!(waits, dead, "another question");
    let refused = again(&label, &waits[0]).await;
    assert!(matches!(refused, Err(OutboxError::Unknown)), "it waits");
    label.network.heal();
    pass(&label, 0).await;
    sent(&label).await;
    let too_late = Some("too_late".to_owned());
    assert_eq!(outbox(host(&label)).await, [("receipt", too_late)]);
    assert_eq!(taken(home(&label)).await, 0);
    assert_sound(&label.nodes()).await;
    // What is dead is forgotten 97 days later, and what nobody can prove is not sent.
    pass(&label, 97 * DAY_SECONDS).await;
    assert_eq!(outbox(host(&label)).await.len(), 1);
    let dead = ops(&label).await;
    let refused = again(&label, &dead[0]).await;
    assert!(matches!(refused, Err(OutboxError::Unknown)), "{refused:?}");
    pass(&label, 1).await;
    assert!(outbox(host(&label)).await.is_empty());
}

/// The home's register says that the host had lost its label before the visit.
pub(crate) async fn refuse(label: &Label) {
    let clock = label.coordinator.clock();
    clock.advance(-4 * HOUR_SECONDS);
    let app = label.coordinator.app();
    app.withdraw(host(label).entity(), "by mistake")
        .await
        .unwrap();
    clock.advance(4 * HOUR_SECONDS);
    // Heard since: the register says so for good.
    app.accept_clock().await.unwrap();
    label.settle().await;
    sent(label).await;
    let not_labelled = Some("not_labelled".to_owned());
    assert_eq!(outbox(host(label)).await, [("receipt", not_labelled)]);
}

#[tokio::test]
async fn a_refused_receipt_of_a_visit_that_is_corrected_needs_nobody_any_more() {
    for is_shortened in [true, false] {
        let (label, _, visit) = waiting().await;
        refuse(&label).await;
        let expected = if is_shortened {
            shorten(&label, visit).await;
            vec![("receipt", None)]
        } else {
            not_here(&label, visit).await;
            Vec::new()
        };
        assert_eq!(outbox(host(&label)).await, expected);
        assert_sound(&label.nodes()).await;
    }
}

#[tokio::test]
async fn what_was_refused_is_sent_again_when_the_reason_is_gone() {
    let (label, wallet, visit) = waiting().await;
    refuse(&label).await;
    let app = label.coordinator.app();
    app.grant(host(&label).entity()).await.unwrap();
    label.settle().await;
    let dead = ops(&label).await;
    again(&label, &dead[0]).await.unwrap();
    sent(&label).await;
    let accepted = fate(host(&label), visit).await;
    assert!(
        matches!(accepted, Some(Fate::Accepted { .. })),
        "{accepted:?}"
    );
    assert_eq!(used(home(&label), &wallet).await, 2);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_receipt_that_was_refused_is_corrected_without_a_credit() {
    let (label, wallet, visit) = waiting().await;
    let app = host(&label).app();
    let op = app.waiting().await.unwrap()[0].op.clone();
    let letter = app.make_letter(&op).await.unwrap().unwrap();
    let (from, to) = (host(&label), home(&label));
    let said = json!({ "iss": to.entity(), "aud": from.entity(), "jti": letter.jti,
        "iat": to.app().now(), "op": op, "result": "refused", "code": "differs" });
    let text = sealed::<Answer>(&said, to);
    assert_eq!(app.refusal_of(&op).await.unwrap(), None, "it waits");
    app.take_answer(&op, &letter.jti, &text).await.unwrap();
    assert_eq!(
        app.refusal_of(&op).await.unwrap().as_deref(),
        Some("differs")
    );
    let figures = app.figures().await.unwrap();
    assert_eq!((figures.waiting, figures.dead), (0, 1));
    label.advance(1);
    shorten(&label, visit).await;
    assert_eq!(outbox(from).await, [("receipt", None)]);
    sent(&label).await;
    assert_eq!(used(to, &wallet).await, 1);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_receipt_that_says_no_more_what_was_is_not_sent_again() {
    for is_shortened in [true, false] {
        let (label, _, visit) = waiting().await;
        label.advance(90 * DAY_SECONDS + 1);
        // Corrected in time by a host whose clock was right, and given up since.
        host(&label).clock().advance(-90 * DAY_SECONDS);
        if is_shortened {
            shorten(&label, visit).await;
        } else {
            not_here(&label, visit).await;
        }
        host(&label).clock().advance(90 * DAY_SECONDS);
        pass(&label, 1).await;
        let dead = host(&label).app().outbox(&operator()).await.unwrap();
        assert!(dead.iter().all(|row| row.dead.is_some()), "{dead:?}");
        for row in dead {
            let is_first = row.after.is_none();
            let sent = again(&label, &row.op.to_string()).await;
            assert_eq!(sent.is_err(), is_first, "{row:?}: {sent:?}");
        }
        assert_sound(&[host(&label)]).await;
    }
}

#[tokio::test]
async fn an_answer_is_taken_of_whoever_was_asked_for_the_attempt_that_was_made() {
    let (label, wallet, visit) = waiting().await;
    let (from, to) = (host(&label), home(&label));
    let app = from.app();
    let op = app.waiting().await.unwrap()[0].op.clone();
    let letter = app.make_letter(&op).await.unwrap().unwrap();
    let good = post_letter(&label.network, from, &letter).await.unwrap();
    let said = claims(&good);
    let cases: [(&str, Value); 7] = [
        ("iss", json!(label.space(2).entity())),
        ("aud", json!(label.space(2).entity())),
        ("jti", json!("another")),
        ("op", json!("another")),
        ("result", json!("perhaps")),
        ("code", json!("differs")),
        ("result", json!("refused")),
    ];
    for (name, value) in cases {
        let mut changed = said.clone();
        changed[name] = value.clone();
        let text = sealed::<Answer>(&changed, to);
        let taken = app.take_answer(&op, &letter.jti, &text).await;
        assert!(
            matches!(taken, Err(OutboxError::NotGenuine)),
            "{name} {value}"
        );
    }
    for signer in [from, label.space(2), &label.coordinator] {
        let text = sealed::<Answer>(&said, signer);
        let taken = app.take_answer(&op, &letter.jti, &text).await;
        assert!(
            matches!(taken, Err(OutboxError::NotGenuine)),
            "{}",
            signer.entity()
        );
    }
    for text in ["", "a.b.c", &format!("A{good}")] {
        let taken = app.take_answer(&op, &letter.jti, text).await;
        assert!(matches!(taken, Err(OutboxError::NotGenuine)), "{text}");
    }
    // The answer to an earlier attempt is none to a later one.
    let later = app.make_letter(&op).await.unwrap().unwrap();
    let taken = app.take_answer(&op, &later.jti, &good).await;
    assert!(matches!(taken, Err(OutboxError::NotGenuine)));
    assert_eq!(outbox(from).await, [("receipt", None)]);
    app.take_answer(&op, &letter.jti, &good).await.unwrap();
    assert!(matches!(
        fate(from, visit).await,
        Some(Fate::Accepted { .. })
    ));
    // Whoever comes second finds it taken.
    app.take_answer(&op, &letter.jti, &good).await.unwrap();
    let nothing = app.take_answer("x", &letter.jti, &good).await;
    assert!(matches!(nothing, Err(OutboxError::Unknown)));
    assert_eq!(used(to, &wallet).await, 2);
}

#[tokio::test]
async fn what_a_home_says_of_its_refusal_is_shown_on_one_line() {
    let (label, _, visit) = waiting().await;
    let app = host(&label).app();
    let op = app.waiting().await.unwrap()[0].op.clone();
    let letter = app.make_letter(&op).await.unwrap().unwrap();
    let (from, to) = (host(&label), home(&label));
    let code = format!("not\n\u{202e}{}", "x".repeat(5_000));
    let said = json!({ "iss": to.entity(), "aud": from.entity(), "jti": letter.jti,
        "iat": to.app().now(), "op": op, "result": "refused", "code": code });
    let text = sealed::<Answer>(&said, to);
    app.take_answer(&op, &letter.jti, &text).await.unwrap();
    let Some(Fate::Refused { code, .. }) = fate(from, visit).await else {
        panic!("it was refused");
    };
    assert!(code.chars().count() <= 41, "{code}");
    assert!(!code.contains(['\n', '\u{202e}']), "{code:?}");
}

#[tokio::test]
async fn a_home_that_is_down_takes_no_room_from_the_others() {
    let (label, _, _) = waiting().await;
    // Two thousand visits of members of a home that is gone.
    let row = crate::look::stored(host(&label), app::keys::OUTBOX)
        .await
        .remove(0);
    let mut gone: Value = serde_json::from_slice(&row.1.value).unwrap();
    gone["to"] = json!("https://grenoble.example");
    gone["made_at"] = json!(1);
    let mut batch = store::Batch::new();
    for at in 0..2_000_u64 {
        let rest = [[0; 8], at.to_be_bytes()].concat();
        let key = store::Key::new(app::keys::OUTBOX, &rest);
        batch.put(key, gone.to_string().into_bytes());
    }
    let store = host(&label).store();
    store::Store::commit(&store, batch).await.unwrap();
    let waiting = host(&label).app().waiting().await.unwrap();
    assert_eq!(waiting.len(), 2_001);
    assert_eq!(waiting[2_000].peer, *home(&label).entity());
}

#[tokio::test]
async fn a_letter_is_a_new_attempt_of_the_same_question() {
    let (label, _, _) = waiting().await;
    let app = host(&label).app();
    let op = app.waiting().await.unwrap()[0].op.clone();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let app = host(&label).app();
        let letter = app.make_letter(&op).await.unwrap().unwrap();
        let said = claims(&letter.request);
        assert_eq!(said["jti"], letter.jti);
        assert_eq!(letter.to, *home(&label).entity());
        let lasts = said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap();
        assert_eq!(lasts, 60);
        seen.push((letter.jti, said["op"].clone(), said["body"].to_string()));
        label.advance(HOUR_SECONDS);
        host(&label).restart().await;
    }
    assert!(seen[0].0 != seen[1].0 && seen[1].0 != seen[2].0);
    assert!(seen.iter().all(|it| it.1 == seen[0].1 && it.2 == seen[0].2));
    assert!(app::Op::parse("x").is_none());
    let app = host(&label).app();
    assert!(app.make_letter("x").await.unwrap().is_none());
    host(&label).clock().advance(-30 * DAY_SECONDS);
    assert!(matches!(
        app.make_letter(&op).await,
        Err(app::Fault::ClockBehind)
    ));
}
