//! `check --deep`: clean on what is good, and every planted damage found.

use app::Depth;
use app::keys::{
    ACCESS_CODES, ATTEMPTS, CREDENTIALS, DECOYS, ENROLMENTS, FEEDS, FORKS, FURTHER_LABELS, GUESTS,
    HOLDINGS, IDENTITY, INBOX, INVITATIONS, JOINING, KEY_TURNS, LATEST, MEMBERS, OUTBOX,
    OWN_APPLICATION, OWN_FEED, PASSPORTS, PROOFS, RECEIPTS_ISSUED, RECEIPTS_TAKEN, RECORDS,
    REGISTRATION_PLACES, REGISTRATIONS, SEAT_GUARDS, SEAT_PLACES, SEATS, SHOWINGS, TAKEN_PLACES,
    VISITORS, VISITS,
};
use rules::passport::Verdict;
use store::{Key, Prefix, Store as _};
use testkit::{Label, TestNode, Wallet, charter_text, operator, send_all};
use testkit::{space_name, space_text};

use crate::look::{assert_sound, deep, home, stored, stored_one};

/// A label in which everything has happened once.
pub(crate) async fn story() -> Label {
    let mut label = Label::labelled(3).await;
    for space in &label.spaces {
        let text = space_text(space.entity().authority());
        space.app().publish_space(&text).await.unwrap();
        let mut less = text.clone();
        less.formulas.remove("day");
        space.app().publish_space(&less).await.unwrap();
    }
    let app = label.coordinator.app();
    app.publish_charter(&charter_text(8)).await.unwrap();
    app.suspend(label.space(1).entity(), "for a while")
        .await
        .unwrap();
    app.withdraw(label.space(2).entity(), "closed")
        .await
        .unwrap();
    app.grant(label.space(1).entity()).await.unwrap();
    label.invite(&space_name(3)).await;
    label.settle().await;
    // Whose label was withdrawn asks for it again, and is not answered yet.
    label.space(2).app().ask_for_label("please").await.unwrap();
    let camille = sits_down_at_home(&label).await;
    let alix = member(label.space(1), "Alix").await;
    let lost = member(label.space(0), "Zoé").await.member;
    let app = label.space(0).app();
    app.revoke_passports(&operator(), &lost).await.unwrap();
    let (_, uid) = crate::registering::published(&label, 1).await;
    crate::registering::ask(label.space(0), "Anne", &uid).await;
    label.settle().await;
    label.space(0).follow_fed("second").await.unwrap();
    let other = Label::of(&wire::EntityId::parse("https://rhone.example").unwrap()).await;
    let code = other
        .coordinator
        .app()
        .invite(label.space(1).entity())
        .await;
    label.space(1).app().join_by(&code.unwrap()).await.unwrap();
    label
        .space(0)
        .app()
        .stand_in("the folder", None, false)
        .await
        .unwrap();
    let parted = label.space(2);
    let fork = parted.fork().await.write().unwrap();
    parted.app().take_fork(&fork).await.unwrap();
    // Of two visits one is answered, and the other waits.
    let (one, two) = (label.space(0), label.space(1));
    let visit = crate::receipts::arrive(two, &camille).await;
    crate::receipts::leave(two, visit).await;
    assert!(send_all(&label.network, two).await.is_empty());
    let visit = crate::receipts::arrive(one, &alix).await;
    crate::receipts::leave(one, visit).await;
    label
}

/// A new member of a space, with a passport.
async fn member(space: &TestNode, name: &str) -> Wallet {
    let app = space.app();
    let member = app.add_member(&operator(), name, "month", None).await;
    Wallet::enrol_again(space, &member.unwrap(), name).await
}

/// A member of the first space sits down at home.
async fn sits_down_at_home(label: &Label) -> Wallet {
    let space = label.space(0);
    let wallet = member(space, "Camille").await;
    let now = space.app().now();
    let code = wallet.show(space.entity(), now, "first showing");
    let verdict = crate::desk::judge(space, &code).await.verdict;
    assert_eq!(verdict, Verdict::Allowed { left: 8 });
    let app = space.app();
    let code = app
        .access_code(&operator(), app::Role::Steward, "Anne")
        .await;
    code.unwrap();
    wallet
}

#[tokio::test]
async fn everything_that_is_stored_is_listed_and_everything_listed_is_stored() {
    let label = story().await;
    let mut used = Vec::new();
    for node in label.nodes() {
        for (prefix, kept) in node.store().fingerprints().await.unwrap() {
            assert!(
                HOLDINGS.iter().any(|it| it.prefix == prefix),
                "{prefix:?} is not listed"
            );
            if kept.count > 0 && !used.contains(&prefix) {
                used.push(prefix);
            }
        }
    }
    for holding in HOLDINGS {
        assert!(
            used.contains(&holding.prefix),
            "nothing is stored of: {}",
            holding.holds
        );
        assert!(!holding.kept.is_empty());
        let personal = [
            MEMBERS,
            ENROLMENTS,
            PASSPORTS,
            CREDENTIALS,
            ACCESS_CODES,
            VISITS,
            VISITORS,
            GUESTS,
            RECEIPTS_ISSUED,
            INBOX,
            RECEIPTS_TAKEN,
            TAKEN_PLACES,
            SEATS,
            REGISTRATIONS,
            REGISTRATION_PLACES,
        ];
        let is_personal = personal.contains(&holding.prefix);
        assert_eq!(holding.is_personal, is_personal, "{}", holding.holds);
    }
    assert_eq!(HOLDINGS.iter().map(|it| it.prefix).collect::<Vec<_>>(), ALL);
}

/// All that is stored, in the order of the document.
const ALL: [Prefix; 33] = [
    IDENTITY,
    FEEDS,
    RECORDS,
    LATEST,
    FORKS,
    OWN_FEED,
    INVITATIONS,
    JOINING,
    FURTHER_LABELS,
    KEY_TURNS,
    OWN_APPLICATION,
    MEMBERS,
    ENROLMENTS,
    PASSPORTS,
    DECOYS,
    CREDENTIALS,
    ACCESS_CODES,
    SHOWINGS,
    VISITS,
    VISITORS,
    GUESTS,
    RECEIPTS_ISSUED,
    OUTBOX,
    INBOX,
    ATTEMPTS,
    RECEIPTS_TAKEN,
    TAKEN_PLACES,
    PROOFS,
    SEAT_GUARDS,
    SEATS,
    SEAT_PLACES,
    REGISTRATIONS,
    REGISTRATION_PLACES,
];

#[tokio::test]
async fn a_secret_is_not_kept_longer_than_it_is_needed() {
    let label = Label::invited(1).await;
    let space = label.space(0);
    let (_, asking) = stored_one(space, JOINING, |_| true).await;
    let secret = asking["secret"].as_str().unwrap().to_owned();
    let everything = async |node: &TestNode| {
        let mut text = String::new();
        for holding in HOLDINGS {
            for (key, found) in stored(node, holding.prefix).await {
                text.push_str(&String::from_utf8_lossy(key.rest()));
                text.push_str(&String::from_utf8_lossy(&found.value));
            }
        }
        text
    };
    assert!(everything(space).await.contains(&secret));
    assert!(
        !everything(&label.coordinator).await.contains(&secret),
        "only its hash"
    );
    testkit::join(&label.network, space).await.unwrap();
    assert!(
        !everything(space).await.contains(&secret),
        "answered, and forgotten"
    );
}

#[tokio::test]
async fn what_is_good_is_clean_and_counted() {
    let label = story().await;
    for node in label.nodes() {
        let report = deep(node).await;
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        let entries = all_keys(node).await.len() as u64;
        let records = stored(node, RECORDS).await.len() as u64;
        let feeds = stored(node, FEEDS).await.len() as u64;
        assert_eq!(
            (report.entries, report.records, report.feeds),
            (entries, records, feeds)
        );
        let quick = node.app().check(Depth::Quick).await.unwrap();
        assert_eq!(
            (quick.feeds, quick.records, quick.problems.len()),
            (feeds, 0, 0)
        );
    }
}

async fn all_keys(node: &TestNode) -> Vec<Key> {
    let mut keys = Vec::new();
    for holding in HOLDINGS {
        let entries = stored(node, holding.prefix).await;
        keys.extend(entries.into_iter().map(|(key, _)| key));
    }
    keys
}

#[tokio::test]
async fn one_flipped_bit_in_any_entry_is_found() {
    let label = story().await;
    for node in [&label.coordinator, label.space(0)] {
        for key in all_keys(node).await {
            assert!(node.store().damage(&key));
            let problems = deep(node).await.problems;
            let named = problems.iter().any(|it| it.contains(&key.to_string()));
            assert!(named, "{key}: {problems:?}");
            node.store().damage(&key);
        }
        assert_sound(&[node]).await;
    }
}

#[tokio::test]
async fn an_entry_that_vanished_is_found() {
    for holding in HOLDINGS {
        for is_last in [false, true] {
            // A whole story each: what vanished does not come back.
            let label = story().await;
            for node in [&label.coordinator, label.space(0)] {
                let keys = stored(node, holding.prefix).await;
                let entry = if is_last { keys.last() } else { keys.first() };
                let Some((key, _)) = entry else { continue };
                assert!(node.store().vanish(key));
                check_words(&key.to_string(), node, "entries are there").await;
            }
        }
    }
}

#[tokio::test]
async fn a_damaged_entry_is_an_error_for_who_asks_and_never_an_absence() {
    let label = story().await;
    let node = label.space(0);
    let author = label.space(1).entity();
    let good = format!("{:?}", home(node).await);
    let good_page = node.app().feed_page(author, 1, 0, 100).await.unwrap();
    let mut errors = 0;
    for key in all_keys(node).await {
        node.store().damage(&key);
        // Started anew, so that no register is remembered.
        if key.prefix() != IDENTITY {
            node.restart().await;
        }
        match node.app().home().await {
            Ok(home) => assert_eq!(format!("{home:?}"), good, "{key}"),
            Err(app::Fault::Read(_)) => errors += 1,
            Err(fault) => panic!("{key}: {fault}"),
        }
        match node.app().feed_page(author, 1, 0, 100).await {
            Ok(page) => assert_eq!(page, good_page, "{key}"),
            Err(app::ServeError::Fault(app::Fault::Read(_))) => errors += 1,
            Err(error) => panic!("{key}: {error}"),
        }
        node.store().damage(&key);
    }
    assert!(errors > 20, "{errors}");
}

#[tokio::test]
async fn a_record_that_vanished_is_an_error_for_who_asks() {
    let label = story().await;
    let node = label.space(0);
    let pick = |it: &serde_json::Value| {
        let it = crate::look::claims(it["record"].as_str().unwrap());
        it["iss"] == "https://aix.example" && it["kind"] == "profile"
    };
    let (key, _) = stored_one(node, RECORDS, pick).await;
    assert!(node.store().vanish(&key));
    assert!(node.app().home().await.is_err(), "a partner without a name");
}

/// A deep check finds something, and says so in these words.
pub(crate) async fn check_words(what: &str, node: &TestNode, words: &str) {
    let problems = deep(node).await.problems;
    assert!(
        problems.iter().any(|it| it.contains(words)),
        "{what}: {problems:?}"
    );
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_a_fault_and_no_problem() {
    let label = Label::labelled(1).await;
    let node = label.space(0);
    for nth in 1..6 {
        node.store().fail_read(nth);
        let checked = node.app().check(Depth::Deep).await;
        assert!(
            matches!(checked, Err(app::Fault::Read(_))),
            "{nth}: {checked:?}"
        );
    }
    assert_sound(&[node]).await;
}
