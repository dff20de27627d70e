//! The outbox: what waits, what was refused and why, and what contradicts itself.

use app::{Role, SendFailure};
use http::StatusCode;
use seal::sign;
use serde_json::{Value, json};
use testkit::DAY_SECONDS;
use wire::request::{REQUEST_SECONDS_MAX, Request};

use super::html;
use super::village::{Village, at, does_not_say, says, tag, village};
use crate::language::Language;

#[tokio::test]
async fn an_outbox_without_anything_says_so() {
    let village = village("Camille").await;
    let boss = village.browser(Role::Operator).await;
    for (language, nothing) in [
        (
            Language::French,
            "Rien n’attend Tout ce que ce lieu a envoyé",
        ),
        (
            Language::English,
            "Nothing waits All that this space has sent",
        ),
    ] {
        let page = boss.get(&at("/outbox", language)).await.page(language);
        says(&page, &[nothing]);
        does_not_say(&page, &["À voir", "To see", "à voir", "to see"]);
    }
}

#[tokio::test]
async fn an_operator_reads_that_a_feed_has_parted_and_what_keeps_the_own_from_growing() {
    let village = village("Camille").await;
    let boss = village.browser(Role::Operator).await;
    let fork = village.host().fork().await.write().unwrap();
    village.host().app().take_fork(&fork).await.unwrap();
    for (language, expected) in [
        (
            Language::French,
            ["Fils qui se sont dédoublés", "Parlez-en à son exploitant."],
        ),
        (
            Language::English,
            ["Feeds that have parted", "Speak with its operator."],
        ),
    ] {
        let page = boss.get(&at("/outbox", language)).await.page(language);
        says(&page, &expected);
        does_not_say(&page, &["copie de", "restored from a copy"]);
    }
    village.host().restore(&village.host().backup()).await;
    let boss = village.browser(Role::Operator).await;
    for (language, expected) in [
        (
            Language::French,
            "Ce nœud a été restauré depuis une copie Rien n’est publié",
        ),
        (
            Language::English,
            "This node was restored from a copy Nothing is published",
        ),
    ] {
        let page = boss.get(&at("/outbox", language)).await.page(language);
        says(&page, &[expected]);
    }
}

#[tokio::test]
async fn an_operator_reads_what_waits_for_whom_and_how_it_was_tried() {
    let village = village("<i>Zoé</i>").await;
    let boss = village.browser(Role::Operator).await;
    village.visited().await;
    let french = [
        "Envois",
        "En attente de réponse",
        "Reçu pour Le Mug",
        "Passage de <i>Zoé</i>, lundi 6 avril 2026",
        "En attente depuis le 6 avril 2026 à 14 h",
        "Pas encore essayé",
    ];
    let english = [
        "Outbox",
        "Waits for an answer",
        "Receipt for Le Mug",
        "Visit of <i>Zoé</i>, Monday 6 April 2026",
        "Waits since 6 April 2026 at 14:00",
        "Not tried yet",
    ];
    for (language, expected) in [(Language::French, french), (Language::English, english)] {
        let answered = boss.get(&at("/outbox", language)).await;
        assert!(!answered.body.contains("<i>"));
        says(&answered.page(language), &expected);
    }
}

#[tokio::test]
async fn an_operator_reads_how_often_it_was_tried_and_when_it_is_next() {
    let village = village("Camille").await;
    let boss = village.browser(Role::Operator).await;
    village.visited().await;
    let app = village.host().app();
    let op = app.waiting().await.unwrap().remove(0).op;
    let failure = |times| SendFailure {
        at: village.now().plus_seconds(-20 * 60),
        is_heard: times > 1,
        times,
        why: "no answer within 10 s <b>\u{202e}".to_owned(),
        next_at: village.now().plus_seconds(40 * 60),
    };
    for (times, french, english) in [
        (
            1,
            "Essayé 1 fois en vain, il y a 20 minutes.",
            "Tried 1 time in vain, 20 minutes ago.",
        ),
        (
            7,
            "Essayé 7 fois en vain, la dernière il y a 20 minutes.",
            "Tried 7 times in vain, last 20 minutes ago.",
        ),
    ] {
        app.note_send_failure(&op, failure(times));
        for (language, said, next) in [
            (
                Language::French,
                french,
                "Prochain essai le 6 avril 2026 à 14 h 40",
            ),
            (
                Language::English,
                english,
                "Tried next on 6 April 2026 at 14:40",
            ),
        ] {
            let answered = boss.get(&at("/outbox", language)).await;
            assert!(!answered.body.contains("<b>") && !answered.body.contains('\u{202e}'));
            let page = answered.page(language);
            says(&page, &[said, next, "no answer within 10 s <b>"]);
            let silent = ["Ce lieu ne répond pas", "This space does not answer"];
            let not_yet = ["Ce lieu répond, et", "This space answers, and"];
            let at = usize::from(language == Language::English);
            let (is_so, is_not) = if times > 1 {
                (not_yet, silent)
            } else {
                (silent, not_yet)
            };
            says(&page, &[is_so[at]]);
            does_not_say(&page, &[is_not[at]]);
            does_not_say(&page, &["Pas encore essayé", "Not tried yet"]);
        }
    }
}

#[tokio::test]
async fn what_waits_for_another_stands_after_it() {
    let village = village("Camille").await;
    let boss = village.browser(Role::Operator).await;
    let visit = village.visited().await;
    // A credit waits for the receipt that it takes back, and another receipt for it.
    let steward = village.browser(Role::Steward).await;
    let correct = format!("/visits/{visit}/correct?lang=en");
    steward.post(&correct, "left=12%3A00").await;
    let page = boss.get("/outbox?lang=en").await.page(Language::English);
    let after = "Is sent when what came before it";
    says(
        &page,
        &[
            "Receipt for Le Mug",
            "Credit for Le Mug",
            after,
            "Receipt for Le Mug",
            after,
        ],
    );
    let page = boss.get("/outbox?lang=fr").await.page(Language::French);
    says(
        &page,
        &["Avoir pour Le Mug", "Part quand l’envoi précédent"],
    );
}

/// Every code of a refusal, with words of its own in both languages.
const CODES: &[(&str, &str, &str)] = &[
    ("no_proof", "Rien ne prouve", "Nothing proves"),
    (
        "not_ours",
        "ne connaît pas l’abonné",
        "does not know the member",
    ),
    ("differs", "compte autrement", "counts otherwise"),
    ("too_late", "plus de trois mois", "more than three months"),
    ("out_of_time", "vient du futur", "from the future"),
    (
        "not_labelled",
        "n’avait pas le label",
        "did not bear the label",
    ),
    ("proof_used", "déjà servi de preuve", "the proof of another"),
    ("counted_already", "déjà comptée", "is counted by another"),
    ("too_many", "trop de reçus", "too many receipts"),
    ("id_used", "sous le même nom", "of the same name"),
    (
        "credited",
        "déjà été repris",
        "taken back by a credit already",
    ),
    (
        "receipt_unknown",
        "n’a pas le reçu",
        "does not hold the receipt",
    ),
    ("conflict", "sous ce nom", "under this name"),
    (
        "unknown_kind",
        "ce genre de demande",
        "this kind of request",
    ),
    ("malformed", "n’a pas pu lire", "could not read"),
    (
        "from_tomorrow",
        "Motif : from_tomorrow",
        "Reason: from_tomorrow",
    ),
];

#[tokio::test]
async fn every_refusal_is_said_in_words_with_what_can_be_done() {
    let village = village("Camille").await;
    let boss = village.browser(Role::Operator).await;
    village.visited().await;
    for (code, french, english) in CODES {
        village.refuse(code).await;
        // A code without words of ours is its own reason.
        let code_again = if *code == "from_tomorrow" { "" } else { code };
        let refused = ["Reçu refusé", french, code_again];
        let page = boss.get("/visits?lang=fr").await.page(Language::French);
        says(&page, &refused);
        let page = boss.get("/visits?lang=en").await.page(Language::English);
        says(&page, &["Receipt refused", english, code_again]);
        let page = boss.get("/outbox?lang=fr").await.page(Language::French);
        says(
            &page,
            &[
                "1 à voir",
                "À voir",
                "Reçu pour Le Mug",
                "Refusé le 6 avril 2026 à 14 h",
                french,
                code_again,
                ".",
            ],
        );
        let page = boss.get("/outbox?lang=en").await.page(Language::English);
        says(
            &page,
            &["1 to see", "Refused on 6 April 2026", english, code_again],
        );
        let again = page.tags.iter().find_map(|it| {
            let action = it.attribute("action")?;
            action.starts_with("/outbox/").then(|| action.to_owned())
        });
        let again = again.unwrap();
        let page = boss.post(&again, "").await.page(Language::English);
        says(
            &page,
            &[
                "It waits again",
                "Waits for an answer",
                "Receipt for Le Mug",
            ],
        );
        does_not_say(&page, &["to see", english]);
        // Sent twice, nothing happens twice.
        let page = boss.post(&again, "").await.page(Language::English);
        says(&page, &["This cannot be sent again"]);
        tag(&page, "class", "told told-refusal");
        assert_eq!(village.host().app().waiting().await.unwrap().len(), 1);
    }
    let answered = boss.post("/outbox/nothing/again?lang=en", "").await;
    assert_eq!(answered.status, StatusCode::NOT_FOUND);
    village.deliver().await;
    let page = boss.get("/outbox?lang=en").await.page(Language::English);
    says(&page, &["Nothing waits"]);
}

#[tokio::test]
async fn what_nobody_answered_is_given_up_and_can_be_asked_again() {
    let village = village("Camille").await;
    let boss = village.browser(Role::Operator).await;
    village.visited().await;
    village.label.advance(91 * DAY_SECONDS);
    village.label.hear().await;
    village.host().app().renew().await.unwrap();
    for (language, given_up, why, cure) in [
        (
            Language::French,
            "Abandonné le",
            "n’a pas répondu pendant trois mois",
            "si son nœud marche",
        ),
        (
            Language::English,
            "Given up on",
            "did not answer for three months",
            "whether their node runs",
        ),
    ] {
        let page = boss.get(&at("/outbox", language)).await.page(language);
        says(&page, &[given_up, why, "unanswered", cure]);
        let page = boss.get(&at("/visits", language)).await.page(language);
        says(&page, &[why, "unanswered"]);
    }
}

#[tokio::test]
async fn a_refused_receipt_whose_place_was_taken_is_not_sent_again() {
    let village = village("Camille").await;
    let boss = village.browser(Role::Operator).await;
    let visit = village.visited().await;
    boss.post(&format!("/visits/{visit}/correct?lang=en"), "left=12%3A00")
        .await;
    village.refuse("differs").await;
    for (language, replaced) in [
        (
            Language::French,
            "Un autre reçu a pris la place de celui-ci",
        ),
        (
            Language::English,
            "Another receipt has taken the place of this one",
        ),
    ] {
        let page = boss.get(&at("/outbox", language)).await.page(language);
        says(&page, &["differs", replaced]);
        let is_again = |it: &html::Tag| {
            let action = it.attribute("action").unwrap_or_default();
            action.contains("/again?")
        };
        assert!(!page.tags.iter().any(is_again));
    }
}

/// A request of the home, signed by it.
fn request(village: &Village, jti: &str, body: &Value) -> String {
    let now = village.now();
    let request = Request {
        iss: village.home().entity().clone(),
        aud: village.host().entity().clone(),
        jti: seal::base64url::encode(jti.as_bytes()),
        iat: now,
        exp: now.plus_seconds(REQUEST_SECONDS_MAX),
        op: seal::base64url::encode(b"sixteen bytes op"),
        kind: "receipt".to_owned(),
        body: body.clone(),
    };
    let request = sign(request, &village.home().plan().ops()).unwrap();
    request.as_str().to_owned()
}

#[tokio::test]
async fn two_questions_under_one_name_are_shown_with_their_evidence() {
    let village = village("Camille").await;
    let boss = village.browser(Role::Operator).await;
    let one = request(&village, "the first of two", &json!({ "a": 1 }));
    let other = request(&village, "the other of two", &json!({ "a": 2 }));
    let app = village.host().app();
    app.answer_request(&one).await.unwrap();
    app.answer_request(&other).await.unwrap();
    for (language, expected) in [
        (
            Language::French,
            [
                "Demandes contradictoires",
                "Le Mug",
                "Le 6 avril 2026 à 11 h",
                "Les deux demandes signées",
                "Celle qui a eu sa réponse",
                "L’autre",
            ],
        ),
        (
            Language::English,
            [
                "Contradicting requests",
                "Le Mug",
                "On 6 April 2026 at 11:00",
                "Both signed requests",
                "The one that was answered",
                "The other",
            ],
        ),
    ] {
        let page = boss.get(&at("/outbox", language)).await.page(language);
        says(&page, &expected);
        says(&page, &[expected[4], &one, expected[5], &other]);
        assert!(page.tags.iter().any(|it| it.name == "details"));
    }
}
