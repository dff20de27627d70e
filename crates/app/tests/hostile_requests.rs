//! Requests as strangers, thieves and hostile hosts send them, to a home's router.

use app::keys::{ATTEMPTS, INBOX, RECEIPTS_TAKEN};
use app::{ConflictRow, REFUSALS_KEPT_MAX};
use serde_json::{Value, json};
use testkit::{DAY_SECONDS, Label, Plan, TestNode, Wallet, operator, pull, space_text};
use testkit::{forge, forge_request, outcome_of, post_request, request_of};
use tokio::task::JoinSet;
use wire::receipt::RECEIPT_KIND;
use wire::request::Request;

use crate::desk::{home, host};
use crate::exchange::{Told, ask_home, refused, story, taken, tell, told, used};
use crate::look::{assert_sound, claims, stored};
use crate::receipts::{arrive, leave};

/// A host whose receipt waits; what it says.
pub(crate) async fn waiting() -> (Label, Wallet, Told) {
    let (label, wallet) = story().await;
    let told = told(&label, &wallet).await;
    (label, wallet, told)
}

/// The request that hands over what is told, before it is signed.
pub(crate) fn request(label: &Label, op: &str, told: &Told) -> Request {
    let (from, to) = (host(label), home(label));
    request_of(from, to, op, RECEIPT_KIND, told.body(from))
}

pub(crate) async fn posted(to: &TestNode, request: &Request, by: &TestNode) -> Result<(), String> {
    outcome_of(&post_request(to, forge_request(request, by)).await)
}

/// Nothing of the exchange is kept at the home.
async fn assert_untouched(label: &Label, what: &str) {
    for prefix in [INBOX, ATTEMPTS, RECEIPTS_TAKEN] {
        let kept = stored(home(label), prefix).await;
        assert!(kept.is_empty(), "{what}: {kept:?}");
    }
}

#[tokio::test]
async fn a_receipt_that_is_sent_a_hundred_times_counts_once_and_gets_one_answer() {
    let (label, wallet, _) = waiting().await;
    let op = host(&label).app().waiting().await.unwrap()[0].op.clone();
    let mut answered = 0;
    // At once; after a new start of the home; of the host; after a day.
    for round in 0..4 {
        let mut asking = JoinSet::new();
        let mut jtis = Vec::new();
        for _ in 0..25 {
            let letter = host(&label).app().make_letter(&op).await.unwrap().unwrap();
            let to = home(&label).clone();
            jtis.push(letter.jti.clone());
            asking.spawn(async move {
                let answer = post_request(&to, letter.request).await;
                (letter.jti, answer)
            });
        }
        while let Some(done) = asking.join_next().await {
            let (jti, answer) = done.unwrap();
            assert_eq!(outcome_of(&answer), Ok(()), "{round}");
            let said = claims(&answer.text());
            assert_eq!((&said["op"], &said["jti"]), (&json!(op), &json!(jti)));
            answered += 1;
        }
        jtis.sort();
        jtis.dedup();
        assert_eq!(jtis.len(), 25, "each attempt has its own name");
        assert_eq!(taken(home(&label)).await, 1);
        assert_eq!(used(home(&label), &wallet).await, 2);
        match round {
            0 => home(&label).restart().await,
            1 => host(&label).restart().await,
            _ => label.advance(DAY_SECONDS),
        }
    }
    assert_eq!(answered, 100);
    assert_eq!(stored(home(&label), INBOX).await.len(), 1);
    assert_sound(&label.nodes()).await;
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_comes_twice_at_once_under_two_names_counts_once() {
    let (label, wallet, told) = waiting().await;
    let second = std::time::Duration::from_secs(1);
    let slow = store::Fault::Slow(second);
    home(&label).store().fail_next_commit(slow);
    let (one, two, three) = tokio::join!(
        tell(&label, "one", &told),
        tell(&label, "two", &told),
        tell(&label, "one", &told)
    );
    assert_eq!([one, two, three], [Ok(()), Ok(()), Ok(())]);
    assert_eq!(taken(home(&label)).await, 1);
    assert_eq!(used(home(&label), &wallet).await, 2);
    assert_sound(&label.nodes()).await;
}

#[tokio::test(start_paused = true)]
async fn of_two_receipts_of_one_half_day_that_come_at_once_one_counts() {
    let (label, wallet, told) = waiting().await;
    let mut other = told.clone();
    other.receipt["id"] = json!("another");
    let here = host(&label).entity().as_str();
    let at = wire::Timestamp(told.arrived());
    other.prove_by(wallet.present(&wallet.claims(here, at, "another showing")));
    let slow = store::Fault::Slow(std::time::Duration::from_secs(1));
    home(&label).store().fail_next_commit(slow);
    let (one, two) = tokio::join!(tell(&label, "one", &told), tell(&label, "two", &other));
    assert_eq!([one, two], [Ok(()), refused("counted_already")]);
    assert_eq!(used(home(&label), &wallet).await, 2);
    assert_sound(&label.nodes()).await;
}

#[tokio::test(start_paused = true)]
async fn of_two_receipts_of_one_showing_that_come_at_once_one_counts() {
    let (label, wallet, mut told) = waiting().await;
    let mut other = told.clone();
    told.receipt["half_days"] = json!(["morning"]);
    other.receipt["half_days"] = json!(["afternoon"]);
    other.receipt["id"] = json!("another");
    let slow = store::Fault::Slow(std::time::Duration::from_secs(1));
    home(&label).store().fail_next_commit(slow);
    let (one, two) = tokio::join!(tell(&label, "one", &told), tell(&label, "two", &other));
    assert_eq!([one, two], [Ok(()), refused("proof_used")]);
    assert_eq!(used(home(&label), &wallet).await, 1);
}

#[tokio::test(start_paused = true)]
async fn of_two_questions_of_one_name_that_come_at_once_one_is_a_conflict() {
    let (label, _, _) = waiting().await;
    let slow = store::Fault::Slow(std::time::Duration::from_secs(1));
    home(&label).store().fail_next_commit(slow);
    let (one, two) = tokio::join!(
        ask_home(&label, "op", "one", json!({})),
        ask_home(&label, "op", "two", json!({}))
    );
    assert_eq!([one, two], [refused("unknown_kind"), refused("conflict")]);
    let kept = home(&label).app().conflicts(&operator()).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(claims(&kept[0].answered)["kind"], "one");
    assert_eq!(claims(&kept[0].other)["kind"], "two");
}

#[tokio::test(start_paused = true)]
async fn one_attempt_that_comes_twice_at_once_is_answered_once() {
    let (label, _, told) = waiting().await;
    let to = home(&label);
    // Of a question that is new, and of one that was answered.
    for _ in 0..2 {
        let text = forge_request(&request(&label, "op", &told), host(&label));
        let slow = store::Fault::Slow(std::time::Duration::from_secs(1));
        to.store().fail_next_commit(slow);
        let (one, two) = tokio::join!(
            post_request(to, text.clone()),
            post_request(to, text.clone())
        );
        let answers = [outcome_of(&one), outcome_of(&two)];
        assert_eq!(answers, [Ok(()), refused("request_replayed")]);
    }
}

#[tokio::test]
async fn another_question_under_the_same_name_is_a_conflict_and_kept_as_evidence() {
    let (label, wallet, told) = waiting().await;
    let mut other = told.clone();
    other.receipt["half_days"] = json!(["morning"]);
    let (from, to) = (host(&label), home(&label));
    let mut signed = Vec::new();
    for told in [&told, &other, &other, &told] {
        let text = forge_request(&request(&label, "op", told), from);
        let answer = outcome_of(&post_request(to, text.clone()).await);
        let is_same = told.receipt == signed_first(&told.receipt, &signed);
        assert_eq!(answer, if is_same { Ok(()) } else { refused("conflict") });
        signed.push((told.receipt.clone(), text));
    }
    // The same body under another kind is another question too.
    let body = told.body(from);
    let answer = ask_home(&label, "op", "credit", body).await;
    assert_eq!(answer, refused("conflict"));
    to.restart().await;
    let conflicts = to.app().conflicts(&operator()).await.unwrap();
    let expected = ConflictRow {
        by: from.entity().clone(),
        op: "op".to_owned(),
        at: to.app().now(),
        answered: signed[0].1.clone(),
        other: signed[1].1.clone(),
    };
    assert_eq!(conflicts, [expected]);
    assert_eq!(used(to, &wallet).await, 2);
    // A refused question is as firm.
    assert_eq!(
        ask_home(&label, "op-2", "x", json!({})).await,
        refused("unknown_kind")
    );
    let answer = ask_home(&label, "op-2", RECEIPT_KIND, told.body(from)).await;
    assert_eq!(answer, refused("conflict"));
    assert_eq!(to.app().conflicts(&operator()).await.unwrap().len(), 2);
    assert_sound(&label.nodes()).await;
}

/// What was asked first; what is asked now where nothing was.
fn signed_first(receipt: &Value, signed: &[(Value, String)]) -> Value {
    signed.first().map_or(receipt.clone(), |it| it.0.clone())
}

#[tokio::test]
async fn a_name_is_of_whoever_uses_it_and_two_hosts_may_use_one() {
    let (label, wallet, told) = waiting().await;
    assert_eq!(tell(&label, "op", &told).await, Ok(()));
    // Another host with the same op, the same id of a receipt, and its own visit.
    let (other, to) = (label.space(2), home(&label));
    other
        .app()
        .publish_space(&space_text("Le Troquet"))
        .await
        .unwrap();
    label.advance(3_600);
    label.settle().await;
    let visit = arrive(other, &wallet).await;
    leave(other, visit).await;
    let mut theirs = crate::exchange::waiting(other).await;
    theirs.receipt["id"] = told.receipt["id"].clone();
    let request = request_of(other, to, "op", RECEIPT_KIND, theirs.body(other));
    assert_eq!(posted(to, &request, other).await, Ok(()));
    assert_eq!(taken(to).await, 2);
    // It takes back its own, by the id, and not the other's.
    let credit = crate::exchange::credit_of(&told, host(&label));
    let mut stolen = credit.clone();
    stolen["iss"] = json!(other.entity());
    let stolen = crate::exchange::sealed::<wire::receipt::Credit>(&stolen, other);
    let request = request_of(other, to, "credit", "credit", json!({ "credit": stolen }));
    assert_eq!(posted(to, &request, other).await, refused("differs"));
    let as_it_is = crate::exchange::sealed::<wire::receipt::Credit>(&credit, host(&label));
    let request = request_of(
        other,
        to,
        "credit-2",
        "credit",
        json!({ "credit": as_it_is }),
    );
    assert_eq!(posted(to, &request, other).await, refused("malformed"));
    assert_eq!(used(to, &wallet).await, 3);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn an_attempt_is_answered_once_also_after_a_new_start() {
    let (label, _, told) = waiting().await;
    let to = home(&label);
    let text = forge_request(&request(&label, "op", &told), host(&label));
    assert_eq!(outcome_of(&post_request(to, text.clone()).await), Ok(()));
    for _ in 0..2 {
        let answer = post_request(to, text.clone()).await;
        assert_eq!(outcome_of(&answer), refused("request_replayed"));
        to.restart().await;
    }
    // An attempt's name is used up for every question.
    let mut same = request(&label, "another", &told);
    same.jti = claims(&text)["jti"].as_str().unwrap().to_owned();
    let answer = posted(to, &same, host(&label)).await;
    assert_eq!(answer, refused("request_replayed"));
    // As long as a clock could take it for good, it is known.
    to.clock().advance(60 + 299);
    to.app().renew().await.unwrap();
    let answer = post_request(to, text.clone()).await;
    assert_eq!(outcome_of(&answer), refused("request_replayed"));
    to.clock().advance(1);
    let answer = post_request(to, text).await;
    assert_eq!(outcome_of(&answer), refused("request_out_of_time"));
}

#[tokio::test]
async fn a_request_is_good_for_a_minute_and_five_for_two_clocks() {
    for (seconds, expected) in [
        (300, Ok(())),
        (301, refused("request_out_of_time")),
        (-359, Ok(())),
        (-360, refused("request_out_of_time")),
        (1 << 40, refused("request_out_of_time")),
        (-(1 << 40), refused("request_out_of_time")),
    ] {
        let (label, _, told) = waiting().await;
        let mut asked = request(&label, "op", &told);
        asked.iat = asked.iat.plus_seconds(seconds);
        asked.exp = asked.iat.plus_seconds(60);
        let answer = posted(home(&label), &asked, host(&label)).await;
        assert_eq!(answer, expected, "{seconds}");
        if expected.is_err() {
            assert_untouched(&label, "out of time").await;
        }
    }
}

#[tokio::test]
async fn whoever_is_not_the_node_that_asks_is_not_heard() {
    let (mut label, _, told) = waiting().await;
    let invited = label.invite(&testkit::space_name(3)).await;
    let good = request(&label, "op", &told);
    let (to, other) = (home(&label), label.space(2));
    let not_genuine = refused("request_not_genuine");
    for signer in [other, to, &label.coordinator, &invited] {
        let answer = posted(to, &good, signer).await;
        assert_eq!(answer, not_genuine, "{}", signer.entity());
    }
    let fed = forge::<Request>(
        &serde_json::to_value(&good).unwrap(),
        &host(&label).plan().fed(),
    );
    assert_eq!(outcome_of(&post_request(to, fed).await), not_genuine);
    let stranger = Plan::space(host(&label).entity(), label.coordinator.entity()).with_keys("x");
    let theirs = forge::<Request>(&serde_json::to_value(&good).unwrap(), &stranger.ops());
    assert_eq!(outcome_of(&post_request(to, theirs).await), not_genuine);
    // Somebody who was invited, and has not joined, in their own name.
    let mut theirs = good.clone();
    theirs.iss = invited.entity().clone();
    assert_eq!(posted(to, &theirs, &invited).await, not_genuine);
    // One node in the name of another.
    let mut theirs = good.clone();
    theirs.iss = other.entity().clone();
    assert_eq!(posted(to, &theirs, host(&label)).await, not_genuine);
    // The home itself.
    theirs.iss = to.entity().clone();
    assert_eq!(posted(to, &theirs, to).await, not_genuine);
    assert_untouched(&label, "not heard").await;
    assert_eq!(posted(to, &good, host(&label)).await, Ok(()));
}

/// Whom a node has heard of is kept in memory; whoever is heard of later is heard.
#[tokio::test]
async fn a_space_that_joined_since_the_last_stranger_asked_is_heard() {
    let (mut label, _, told) = waiting().await;
    let newcomer = label.invite(&testkit::space_name(3)).await;
    let mut theirs = request(&label, "op", &told);
    theirs.iss = newcomer.entity().clone();
    let not_genuine = refused("request_not_genuine");
    let ask = async |jti: &str| {
        let mut theirs = theirs.clone();
        theirs.jti = jti.to_owned();
        posted(home(&label), &theirs, &newcomer).await
    };
    assert_eq!(ask("before").await, not_genuine);
    testkit::join(&label.network, &newcomer).await.unwrap();
    assert_eq!(ask("joined, and not heard of").await, not_genuine);
    let coordinator = label.coordinator.entity();
    pull(&label.network, home(&label), coordinator)
        .await
        .unwrap();
    assert_eq!(ask("listed, and not read").await, not_genuine);
    let name = newcomer.entity();
    pull(&label.network, home(&label), name).await.unwrap();
    assert_eq!(ask("read").await, refused("malformed"));
}

#[tokio::test]
async fn a_request_for_another_node_is_good_there_alone() {
    let (label, _, told) = waiting().await;
    let good = forge_request(&request(&label, "op", &told), host(&label));
    for node in [label.space(2), &label.coordinator] {
        let answer = post_request(node, good.clone()).await;
        assert_eq!(outcome_of(&answer), refused("request_other_audience"));
        assert!(stored(node, INBOX).await.is_empty());
    }
    // A receipt for this home, asked of another one by its host.
    let (from, other) = (host(&label), label.space(2));
    let request = request_of(from, other, "op", RECEIPT_KIND, told.body(from));
    assert_eq!(posted(other, &request, from).await, refused("malformed"));
    let mut for_other = told.clone();
    for_other.receipt["aud"] = json!(other.entity());
    let request = request_of(from, other, "op-2", RECEIPT_KIND, for_other.body(from));
    assert_eq!(posted(other, &request, from).await, refused("no_proof"));
    // A coordinator has no members.
    let coordinator = &label.coordinator;
    for_other.receipt["aud"] = json!(coordinator.entity());
    let request = request_of(from, coordinator, "op", RECEIPT_KIND, for_other.body(from));
    assert_eq!(
        posted(coordinator, &request, from).await,
        refused("no_proof")
    );
}

#[tokio::test]
async fn what_is_not_the_form_of_a_request_is_none() {
    let (label, _, told) = waiting().await;
    let good = serde_json::to_value(request(&label, "op", &told)).unwrap();
    let cases: [(&str, Value); 14] = [
        ("op", json!("")),
        ("op", json!("a".repeat(65))),
        ("op", json!("a b")),
        ("op", json!("../../op")),
        ("op", json!("é")),
        ("op", json!(7)),
        ("jti", json!("")),
        ("jti", json!("a".repeat(65))),
        ("jti", json!("a\u{0}")),
        ("kind", json!("")),
        ("kind", json!("k".repeat(41))),
        ("exp", good["iat"].clone()),
        ("exp", json!(good["iat"].as_i64().unwrap() + 61)),
        ("iss", json!("https://le-mug.example/")),
    ];
    for (name, value) in cases {
        let mut changed = good.clone();
        changed[name] = value.clone();
        let text = forge::<Request>(&changed, &host(&label).plan().ops());
        let answer = outcome_of(&post_request(home(&label), text).await);
        assert_eq!(answer, refused("request_malformed"), "{name} {value}");
    }
    for name in ["iss", "aud", "jti", "iat", "exp", "op", "kind", "body"] {
        let mut changed = good.clone();
        changed.as_object_mut().unwrap().remove(name);
        let text = forge::<Request>(&changed, &host(&label).plan().ops());
        let answer = outcome_of(&post_request(home(&label), text).await);
        assert_eq!(answer, refused("request_malformed"), "without {name}");
    }
    assert_untouched(&label, "no form").await;
    let longest = "a".repeat(64);
    assert_eq!(tell(&label, &longest, &told).await, Ok(()));
}

#[tokio::test]
async fn any_changed_letter_of_a_request_is_refused() {
    let (label, _, told) = waiting().await;
    let good = forge_request(&request(&label, "op", &told), host(&label));
    for at in (0..good.len()).step_by(97) {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        let answer = outcome_of(&post_request(home(&label), changed).await);
        let code = answer.unwrap_err();
        let expected = ["request_malformed", "request_not_genuine"];
        assert!(expected.contains(&code.as_str()), "{at}: {code}");
    }
    assert_untouched(&label, "changed").await;
    let longer = format!("{good}A");
    assert!(outcome_of(&post_request(home(&label), longer).await).is_err());
    assert_eq!(outcome_of(&post_request(home(&label), good).await), Ok(()));
}

#[tokio::test]
async fn a_home_that_has_not_read_so_far_says_so_reads_and_accepts() {
    let (label, wallet) = story().await;
    let (from, to) = (host(&label), home(&label));
    from.app()
        .publish_space(&space_text("Le Mug, again"))
        .await
        .unwrap();
    let mut text = space_text("Le Mug");
    text.formulas.get_mut("day").unwrap().price_cents = wire::Cents(1_000);
    from.app().publish_space(&text).await.unwrap();
    let told = told(&label, &wallet).await;
    for _ in 0..2 {
        assert_eq!(tell(&label, "op", &told).await, refused("request_not_yet"));
        assert_untouched(&label, "not yet").await;
        let wanted = to.app().wanted_pulls();
        assert_eq!(
            wanted.into_iter().collect::<Vec<_>>(),
            [from.entity().clone()]
        );
        assert!(to.app().wanted_pulls().is_empty(), "told once");
    }
    pull(&label.network, to, from.entity()).await.unwrap();
    assert_eq!(tell(&label, "op", &told).await, Ok(()));
    assert_eq!(used(to, &wallet).await, 2);
    // What no feed has yet is waited for, and never accepted.
    let mut ahead = told.clone();
    ahead.receipt["id"] = json!("another");
    ahead.receipt["value"]["record"]["seq"] = json!(1_000_000);
    let here = from.entity().as_str();
    let at = wire::Timestamp(told.arrived());
    ahead.prove_by(wallet.present(&wallet.claims(here, at, "another showing")));
    assert_eq!(
        tell(&label, "ahead", &ahead).await,
        refused("request_not_yet")
    );
}

#[tokio::test]
async fn whoever_is_refused_without_end_fills_no_disk() {
    let (label, wallet, told) = waiting().await;
    let to = home(&label);
    let asked = async |op: String| ask_home(&label, &op, "question", json!({})).await;
    for op in 0..REFUSALS_KEPT_MAX {
        assert_eq!(asked(format!("op-{op}")).await, refused("unknown_kind"));
        if op == REFUSALS_KEPT_MAX / 2 {
            to.restart().await;
        }
    }
    let too_many = refused("too_many_refusals");
    for op in 0..3 {
        assert_eq!(asked(format!("more-{op}")).await, too_many);
    }
    to.restart().await;
    assert_eq!(asked("more".to_owned()).await, too_many);
    assert_eq!(stored(to, INBOX).await.len(), REFUSALS_KEPT_MAX);
    assert_eq!(stored(to, ATTEMPTS).await.len(), REFUSALS_KEPT_MAX);
    // What was answered is answered, what is right is accepted, and others are heard.
    assert_eq!(asked("op-7".to_owned()).await, refused("unknown_kind"));
    assert_eq!(tell(&label, "right", &told).await, Ok(()));
    assert_eq!(used(to, &wallet).await, 2);
    let other = label.space(2);
    let request = request_of(other, to, "op", "question", json!({}));
    assert_eq!(posted(to, &request, other).await, refused("unknown_kind"));
    // In time there is room again.
    label.advance(98 * DAY_SECONDS + 1);
    label.hear().await;
    for node in label.nodes() {
        node.app().renew().await.unwrap();
    }
    label.settle().await;
    assert_eq!(asked("later".to_owned()).await, refused("unknown_kind"));
    assert_eq!(stored(to, INBOX).await.len(), 1);
}

#[tokio::test]
async fn an_answer_is_signed_by_the_home_for_whoever_asked() {
    let (label, _, told) = waiting().await;
    let to = home(&label);
    let asked = request(&label, "op", &told);
    let answer = post_request(to, forge_request(&asked, host(&label))).await;
    let sealed = seal::Sealed::<wire::request::Answer>::parse(&answer.text()).unwrap();
    let keys = seal::KeySet::only(to.plan().ops().public().clone());
    let said = sealed.open(&keys).unwrap();
    assert_eq!(said.iss, *to.entity());
    assert_eq!(said.aud, *host(&label).entity());
    assert_eq!((&said.jti, &said.op), (&asked.jti, &asked.op));
    assert_eq!((said.iat, &said.code), (to.app().now(), &None));
    let media_type = answer.header("content-type");
    assert_eq!(media_type, Some(wire::request::ANSWER_MEDIA_TYPE));
}

#[tokio::test]
async fn a_node_with_a_wrong_clock_answers_nothing() {
    let (label, _, told) = waiting().await;
    home(&label).clock().advance(-DAY_SECONDS);
    assert_eq!(tell(&label, "op", &told).await, refused("clock_wrong"));
    assert_untouched(&label, "wrong clock").await;
}
