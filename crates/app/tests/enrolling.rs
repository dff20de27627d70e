//! Members, the codes that are given to them, and the passports that these give.

use std::collections::BTreeSet;
use std::time::Duration;

use app::keys::{ENROLMENTS, PASSPORTS};
use app::{EnrolError, MemberError, MemberState};
use rules::passport::{Block, Verdict};
use serde_json::json;
use store::Fault as StoreFault;
use testkit::{
    DAY_SECONDS, Label, START_OF_DAY, TestNode, Wallet, holder_jwk, operator, space_text,
};

use crate::desk::{home, host, says};
use crate::look::{assert_sound, claims, stored};

/// A space that publishes formulas, a member of it, and a code for their phone.
async fn with_code() -> (Label, TestNode, String, String) {
    let label = Label::labelled(1).await;
    let space = label.space(0).clone();
    let app = space.app();
    app.publish_space(&space_text("Le Mug")).await.unwrap();
    let member = app
        .add_member(&operator(), "Camille", "month", None)
        .await
        .unwrap();
    let code = app.enrolment_code(&operator(), &member).await.unwrap();
    (label, space, member, code)
}

#[tokio::test]
async fn the_same_key_gets_the_same_passport_and_another_key_gets_none() {
    let (_, space, member, code) = with_code().await;
    let first = space
        .app()
        .enrol(&code, &[holder_jwk("one")])
        .await
        .unwrap();
    space.clock().advance(60);
    space.restart().await;
    let again = space
        .app()
        .enrol(&code, &[holder_jwk("one")])
        .await
        .unwrap();
    assert_eq!(again, first, "as after a lost answer");
    let other = space.app().enrol(&code, &[holder_jwk("other")]).await;
    assert!(matches!(other, Err(EnrolError::Used)), "{other:?}");
    assert_eq!(stored(&space, PASSPORTS).await.len(), 1);
    let rows = space.app().members(&operator()).await.unwrap();
    assert_eq!((rows.len(), rows[0].passports), (1, 1));
    assert_eq!(rows[0].id, member);
    assert_sound(&[&space]).await;
}

#[tokio::test]
async fn a_passport_says_what_the_home_knows_and_no_more() {
    let (_, space, _, code) = with_code().await;
    let jwk = holder_jwk("one");
    let passport = claims(
        &space
            .app()
            .enrol(&code, std::slice::from_ref(&jwk))
            .await
            .unwrap()[0],
    );
    let idx = passport["status"]["status_list"]["idx"].clone();
    assert!(idx.as_u64().unwrap() < 8_192);
    let expected = json!({
        "iss": space.entity(),
        "vct": "urn:escale:passport:1",
        "iat": START_OF_DAY,
        "exp": START_OF_DAY.plus_seconds(30 * DAY_SECONDS),
        "cnf": { "jwk": jwk },
        "status": { "status_list": { "idx": idx, "uri": space.entity().url_of("/status/1") } },
        "name": "Camille",
        "formula": "month",
        "roaming": { "period": "2026-04", "granted": 4, "left": 4 },
        "_sd": passport["_sd"],
    });
    // Of this member there is nothing to disclose, which cannot be seen.
    assert_eq!(passport["_sd"].as_array().unwrap().len(), 3);
    assert_eq!(passport, expected);
}

#[tokio::test]
async fn a_code_is_read_as_people_type_it() {
    let (_, space, _, mut code) = with_code().await;
    // Codes are drawn; one with a zero and a one in it is what is typed wrongly.
    while !(code.contains('0') && code.contains('1')) {
        let member = space.app().members(&operator()).await.unwrap().remove(0).id;
        code = space
            .app()
            .enrolment_code(&operator(), &member)
            .await
            .unwrap();
    }
    let typed = code.to_uppercase().replace('0', "O").replace('1', "l");
    let typed = format!("  {} ", typed.replace('-', " "));
    let jwk = holder_jwk("one");
    let first = space
        .app()
        .enrol(&typed, std::slice::from_ref(&jwk))
        .await
        .unwrap();
    assert_eq!(
        space
            .app()
            .enrol(&code, std::slice::from_ref(&jwk))
            .await
            .unwrap(),
        first
    );
}

#[tokio::test]
async fn a_code_that_is_not_good_gives_nothing() {
    let (_, space, _, code) = with_code().await;
    let jwk = holder_jwk("one");
    let wrong = ["", "-", "0000-0000-0000-0000", code.split_at(18).0];
    for wrong in wrong
        .map(str::to_owned)
        .into_iter()
        .chain([format!("{code}0")])
    {
        let refused = space.app().enrol(&wrong, std::slice::from_ref(&jwk)).await;
        assert!(matches!(refused, Err(EnrolError::Code)), "{wrong}");
    }
    let refused = space.app().enrol(&code, &[json!({ "kty": "RSA" })]).await;
    assert!(matches!(refused, Err(EnrolError::Key)), "{refused:?}");
    space.clock().advance(7 * DAY_SECONDS - 1);
    let late = {
        let member = space.app().members(&operator()).await.unwrap().remove(0).id;
        space
            .app()
            .enrolment_code(&operator(), &member)
            .await
            .unwrap()
    };
    space
        .app()
        .enrol(&code, std::slice::from_ref(&jwk))
        .await
        .unwrap();
    space.clock().advance(7 * DAY_SECONDS);
    let refused = space.app().enrol(&late, std::slice::from_ref(&jwk)).await;
    assert!(matches!(refused, Err(EnrolError::Code)), "{refused:?}");
    let passports = stored(&space, PASSPORTS).await;
    assert_eq!(passports.len(), 1);
}

#[tokio::test]
async fn who_is_paused_or_gone_gets_no_passport() {
    let (_, space, member, code) = with_code().await;
    let (app, jwk) = (space.app(), holder_jwk("one"));
    app.set_member(&operator(), &member, MemberState::Paused)
        .await
        .unwrap();
    let refused = app.enrol(&code, std::slice::from_ref(&jwk)).await;
    assert!(matches!(refused, Err(EnrolError::NotActive)), "{refused:?}");
    app.set_member(&operator(), &member, MemberState::Active)
        .await
        .unwrap();
    app.set_member(&operator(), &member, MemberState::Ended)
        .await
        .unwrap();
    let refused = app.enrol(&code, std::slice::from_ref(&jwk)).await;
    assert!(matches!(refused, Err(EnrolError::NotActive)), "{refused:?}");
    for state in [MemberState::Active, MemberState::Paused] {
        let refused = app.set_member(&operator(), &member, state).await;
        assert!(matches!(refused, Err(MemberError::Ended(_))), "{refused:?}");
    }
    app.set_member(&operator(), &member, MemberState::Ended)
        .await
        .unwrap();
    let refused = app.enrolment_code(&operator(), &member).await;
    assert!(matches!(refused, Err(MemberError::Ended(_))), "{refused:?}");
    assert!(stored(&space, PASSPORTS).await.is_empty());
    assert_sound(&[&space]).await;
}

#[tokio::test]
async fn a_member_is_somebody_with_a_name_and_a_formula_of_this_space() {
    let (label, space, member, _) = with_code().await;
    let add = async |name: &str, formula: &str, half_days| {
        space
            .app()
            .add_member(&operator(), name, formula, half_days)
            .await
    };
    for name in ["", "  ", "\u{202e}", &"x".repeat(41)] {
        let refused = add(name, "month", None).await;
        assert!(matches!(refused, Err(MemberError::Name)), "{name:?}");
    }
    assert!(add(&"é".repeat(40), "month", Some(62)).await.is_ok());
    let refused = add("Alix", "month", Some(63)).await;
    assert!(matches!(refused, Err(MemberError::HalfDays)), "{refused:?}");
    let refused = add("Alix", "year", None).await;
    assert!(
        matches!(refused, Err(MemberError::Formula(_))),
        "{refused:?}"
    );
    let refused = label
        .coordinator
        .app()
        .add_member(&operator(), "Alix", "month", None)
        .await;
    assert!(
        matches!(refused, Err(MemberError::NotASpace)),
        "{refused:?}"
    );
    for unknown in ["", "nobody", &format!("{member}x"), &member.repeat(3)] {
        let refused = space.app().enrolment_code(&operator(), unknown).await;
        assert!(matches!(refused, Err(MemberError::Unknown(_))), "{unknown}");
        let refused = space.app().revoke_passports(&operator(), unknown).await;
        assert!(matches!(refused, Err(MemberError::Unknown(_))), "{unknown}");
        let refused = space
            .app()
            .set_member(&operator(), unknown, MemberState::Ended)
            .await;
        assert!(matches!(refused, Err(MemberError::Unknown(_))), "{unknown}");
    }
}

/// The next commit takes long enough for others to read what was there before it.
fn slow(node: &TestNode) {
    let second = Duration::from_secs(1);
    node.store().fail_next_commit(StoreFault::Slow(second));
}

#[tokio::test(start_paused = true)]
async fn of_two_phones_with_one_code_one_gets_a_passport() {
    let (_, space, _, code) = with_code().await;
    let (app, one, two) = (space.app(), holder_jwk("one"), holder_jwk("two"));
    slow(&space);
    let (one, two) = tokio::join!(
        app.enrol(&code, std::slice::from_ref(&one)),
        app.enrol(&code, std::slice::from_ref(&two))
    );
    assert!(one.is_ok(), "{one:?}");
    assert!(matches!(two, Err(EnrolError::Used)), "{two:?}");
    assert_eq!(stored(&space, PASSPORTS).await.len(), 1);
    assert_eq!(stored(&space, ENROLMENTS).await.len(), 1);
    assert_sound(&[&space]).await;
}

#[tokio::test(start_paused = true)]
async fn one_phone_that_asks_twice_at_once_gets_one_passport() {
    let (_, space, _, code) = with_code().await;
    let (app, jwk) = (space.app(), holder_jwk("one"));
    slow(&space);
    let (one, two) = tokio::join!(
        app.enrol(&code, std::slice::from_ref(&jwk)),
        app.enrol(&code, std::slice::from_ref(&jwk))
    );
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(stored(&space, PASSPORTS).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_membership_that_ends_while_a_phone_is_enrolled_leaves_no_good_passport() {
    for is_enrolled_first in [true, false] {
        for state in [MemberState::Ended, MemberState::Paused] {
            let label = Label::labelled(2).await;
            let wallet = Wallet::enrol(home(&label), "Camille", None).await;
            let (app, jwk) = (home(&label).app(), holder_jwk("second"));
            let code = app
                .enrolment_code(&operator(), &wallet.member)
                .await
                .unwrap();
            slow(home(&label));
            let by = operator();
            let (enrolled, set) = if is_enrolled_first {
                tokio::join!(
                    app.enrol(&code, std::slice::from_ref(&jwk)),
                    app.set_member(&by, &wallet.member, state)
                )
            } else {
                let (set, enrolled) = tokio::join!(
                    app.set_member(&by, &wallet.member, state),
                    app.enrol(&code, std::slice::from_ref(&jwk))
                );
                (enrolled, set)
            };
            set.unwrap();
            assert_eq!(enrolled.is_ok(), is_enrolled_first, "{enrolled:?}");
            label.settle().await;
            let block = match state {
                MemberState::Paused => Block::Paused,
                MemberState::Active | MemberState::Ended => Block::Revoked,
            };
            says(host(&label), &wallet, Verdict::Blocked(block)).await;
            if let Ok(passport) = enrolled {
                let second = Wallet::given(&wallet.member, "second", &passport);
                says(host(&label), &second, Verdict::Blocked(block)).await;
            }
            assert_sound(&label.nodes()).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_that_is_made_while_codes_are_taken_back_is_taken_back_or_comes_after() {
    let (_, space, member, _) = with_code().await;
    let (app, by) = (space.app(), operator());
    slow(&space);
    let (made, revoked) = tokio::join!(
        app.enrolment_code(&by, &member),
        app.revoke_passports(&by, &member)
    );
    let version_of_the_member = stored(&space, app::keys::MEMBERS).await[0].1.version;
    let codes = stored(&space, ENROLMENTS).await;
    made.unwrap();
    revoked.unwrap();
    // Both wrote the member, one after the other: what is left came after the loss.
    assert!(
        codes
            .iter()
            .all(|(_, it)| it.version >= version_of_the_member)
    );
}

#[tokio::test]
async fn two_hundred_passports_have_two_hundred_places() {
    let (_, space, ..) = with_code().await;
    let app = space.app();
    let mut places = BTreeSet::new();
    let mut members = Vec::new();
    for number in 0..200 {
        if number % 16 == 0 {
            let name = format!("member {number}");
            let added = app.add_member(&operator(), &name, "month", None).await;
            members.push(added.unwrap());
        }
        let member = members.last().unwrap();
        let code = app.enrolment_code(&operator(), member).await.unwrap();
        let jwk = holder_jwk(&format!("phone {number}"));
        let passport = claims(&app.enrol(&code, std::slice::from_ref(&jwk)).await.unwrap()[0]);
        let idx = &passport["status"]["status_list"]["idx"];
        assert!(places.insert(idx.as_u64().unwrap()), "{idx} was given");
    }
    assert_eq!(stored(&space, PASSPORTS).await.len(), 200);
    let mut revoked = 0;
    for member in &members {
        revoked += app.revoke_passports(&operator(), member).await.unwrap();
        let again = app.revoke_passports(&operator(), member).await.unwrap();
        assert_eq!(again, 0);
    }
    assert_eq!(revoked, 200);
    assert_sound(&[&space]).await;
}
