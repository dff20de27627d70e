//! The calendar and the page of an event, as anybody reads them.

use std::collections::BTreeSet;

use app::{EventText, RegistrationState, Role, Wish};
use http::{Method, StatusCode};
use testkit::{DAY_SECONDS, Label, TestNode, operator, send_all, space_text};
use wire::Cents;
use wire::event::{EventKind, EventStatus, Frequency, LocalTime, Override, RecurrenceRule, Span};

use super::html;
use super::staff::{Answered, Browser};
use super::village::{does_not_say, says, tag, text, training};
use crate::language::{LANGUAGES, Language};

/// A label of two spaces with names; what is on is published at the first.
async fn label() -> Label {
    let label = Label::labelled(2).await;
    for (number, name) in [(0, "Le Relais"), (1, "Le Mug")] {
        let app = label.space(number).app();
        app.publish_space(&space_text(name)).await.unwrap();
    }
    label.settle().await;
    label
}

async fn publish(label: &Label, node: &TestNode, text: &EventText) -> String {
    let published = node.app().publish_event(&operator(), None, text).await;
    label.settle().await;
    published.unwrap().uid
}

async fn get(node: &TestNode, uri: &str) -> Answered {
    Browser::stranger(node).get(uri).await
}

async fn calendar(node: &TestNode, query: &str, language: Language) -> html::Page {
    let uri = format!("/calendar?lang={}{query}", language.tag());
    let answered = get(node, &uri).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
    html::read_with_a_question(&answered.body)
}

async fn event(node: &TestNode, uid: &str, rest: &str, language: Language) -> html::Page {
    let uri = format!("/events/{uid}?lang={}{rest}", language.tag());
    let answered = get(node, &uri).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.body);
    if answered.body.contains("type=\"module\"") {
        html::read_with_script(&answered.body)
    } else {
        html::read(&answered.body)
    }
}

/// Each week from tomorrow on, five times; the second is moved, the third cancelled.
fn series(label: &Label) -> EventText {
    let first = training("Café des curieux", label, Some(2));
    let week = |number: i64| {
        let day: jiff::civil::Date = first.start.as_str().get(..10).unwrap().parse().unwrap();
        let day = day.saturating_add(jiff::Span::new().weeks(number));
        LocalTime::parse(&format!("{day}T18:30:00")).unwrap()
    };
    let moved = LocalTime::parse(&week(1).as_str().replace("T18:30", "T20:00")).unwrap();
    let overrides = [
        (
            week(1),
            Override {
                start: Some(moved),
                ..Override::default()
            },
        ),
        (
            week(2),
            Override {
                status: Some(EventStatus::Cancelled),
                ..Override::default()
            },
        ),
    ];
    EventText {
        rule: Some(RecurrenceRule {
            form: None,
            frequency: Frequency::Weekly,
            interval: 1,
            by_day: Vec::new(),
            count: Some(5),
            until: None,
        }),
        overrides: overrides.into(),
        kind: EventKind::Workshop,
        price_cents: Some(Cents(0)),
        ..first
    }
}

#[tokio::test]
async fn the_calendar_says_what_is_on_where_and_whether_there_is_room() {
    let label = label().await;
    let (owner, other) = (label.space(0), label.space(1));
    publish(&label, owner, &series(&label)).await;
    let text_of = EventText {
        price_cents: Some(Cents(1_200)),
        is_example: true,
        ..training("La photo de vos produits", &label, None)
    };
    publish(&label, owner, &text_of).await;
    for node in [owner, other, &label.coordinator] {
        let page = calendar(node, "", Language::French).await;
        says(
            &page,
            &[
                "Calendrier",
                "Du lundi 6 avril 2026 au mercredi 6 mai 2026 · 6 dates",
                "mardi 7 avril 2026 demain",
                "18 h 30 – 20 h 30",
            ],
        );
        let said = text(&page);
        for wanted in [
            "Café des curieux atelier · Le Relais, Chambéry 2 places libres gratuit",
            "La photo de vos produits exemple formation · Le Relais, Chambéry sans inscription 12 €",
            "20 h – 22 h",
            "Déplacé : c’était prévu le mardi 14 avril 2026 à 18 h 30",
            "Café des curieux Annulé atelier",
        ] {
            assert!(said.contains(wanted), "{wanted:?} in {said}");
        }
        let page = calendar(node, "", Language::English).await;
        let said = text(&page);
        for wanted in [
            "Tuesday 7 April 2026 tomorrow",
            "workshop · in French · Le Relais, Chambéry 2 seats free free",
            "no registration €12",
            "Moved: it was due on Tuesday 14 April 2026 at 18:30",
            "Cancelled",
        ] {
            assert!(said.contains(wanted), "{wanted:?} in {said}");
        }
    }
}

#[tokio::test]
async fn a_choice_stays_in_every_link_and_in_the_feed() {
    let label = label().await;
    let (owner, other) = (label.space(0), label.space(1));
    publish(&label, owner, &series(&label)).await;
    publish(&label, other, &training("Compter", &label, None)).await;
    let space = form_of(owner.entity().as_str());
    let rest = format!("&from=2026-04-08&days=7&space={space}&kind=workshop&village=Chamb%C3%A9ry");
    let page = calendar(other, &rest, Language::English).await;
    says(
        &page,
        &["From Wednesday 8 April 2026 to Tuesday 14 April 2026 · 1 date"],
    );
    does_not_say(&page, &["Compter"]);
    let filter = format!("space={space}&kind=workshop&village=Chamb%C3%A9ry");
    let authority = other.entity().authority();
    for (name, value) in [
        ("hreflang", format!("/calendar?lang=fr{rest}")),
        (
            "rel",
            format!("/calendar?lang=en&from=2026-04-01&days=7&{filter}"),
        ),
        (
            "rel",
            format!("/calendar?lang=en&from=2026-04-15&days=7&{filter}"),
        ),
        (
            "class",
            format!("webcal://{authority}/calendar.ics?{filter}"),
        ),
        ("class", format!("/calendar.ics?{filter}")),
    ] {
        let link = tag(&page, "href", &value);
        assert!(link.attribute(name).is_some(), "{link:?}");
    }
    says(
        &page,
        &[&format!("https://{authority}/calendar.ics?{filter}")],
    );
    for (name, value) in [("id", "from"), ("value", "2026-04-08")] {
        tag(&page, name, value);
    }
    let chosen: Vec<_> = page
        .tags
        .iter()
        .filter(|it| it.attribute("selected").is_some())
        .collect();
    let chosen: Vec<_> = chosen
        .iter()
        .filter_map(|it| it.attribute("value"))
        .collect();
    assert_eq!(
        chosen,
        ["7", owner.entity().as_str(), "Chambéry", "workshop"]
    );
    // What is in no calendar is not the whole one.
    let page = calendar(other, "&village=Nowhere", Language::English).await;
    says(&page, &["nothing announced", "Nothing announced here"]);
}

fn form_of(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn what_is_not_understood_is_said_and_shown_as_text() {
    let label = label().await;
    for (language, said) in [
        (Language::French, "« <b>31 » n’a pas été compris"),
        (Language::English, "“<b>31” was not understood"),
    ] {
        for name in ["from", "days", "space", "kind"] {
            let page = calendar(label.space(0), &format!("&{name}=%3Cb%3E31"), language).await;
            says(&page, &[said, "6"]);
        }
    }
    for edge in ["0001-01-01", "9999-12-31", "-009999-01-01", "2026-02-30"] {
        let page = calendar(
            label.space(0),
            &format!("&from={edge}&days=366"),
            Language::English,
        )
        .await;
        says(&page, &["was not understood"]);
    }
}

#[tokio::test]
async fn what_began_before_stands_on_the_first_day_and_days_are_days_everywhere() {
    let label = label().await;
    let owner = label.space(0);
    let fair = EventText {
        start: LocalTime::parse("2026-04-05T00:00:00").unwrap(),
        time_zone: Some("Pacific/Auckland".to_owned()),
        duration: Span::new(3, 0),
        is_all_day: true,
        ..training("La foire", &label, None)
    };
    publish(&label, owner, &fair).await;
    let distant = EventText {
        time_zone: Some("Indian/Reunion".to_owned()),
        ..training("Loin", &label, None)
    };
    publish(&label, owner, &distant).await;
    let page = calendar(owner, "", Language::French).await;
    says(
        &page,
        &[
            "lundi 6 avril 2026 aujourd’hui",
            "commencé le dimanche 5 avril 2026",
            "La foire",
            "mardi 7 avril 2026 demain",
            "16 h 30 – 18 h 30 18 h 30 – 20 h 30, heure de Indian/Reunion",
            "Loin",
        ],
    );
    let page = calendar(owner, "&from=2026-04-05", Language::French).await;
    says(
        &page,
        &[
            "dimanche 5 avril 2026",
            "toute la journée, jusqu’au 7 avril 2026",
        ],
    );
}

#[tokio::test]
async fn the_page_of_an_event_says_all_that_there_is_to_know() {
    let label = label().await;
    let (owner, other) = (label.space(0), label.space(1));
    let text = EventText {
        description: Some("Une heure.\n\nUne fenêtre.".to_owned()),
        link: Some("https://meet.example/salle?a=1&b=2".to_owned()),
        ..series(&label)
    };
    let uid = publish(&label, owner, &text).await;
    for node in [owner, other, &label.coordinator] {
        let page = event(node, &uid, "", Language::French).await;
        says(
            &page,
            &[
                "atelier · Le Relais, Chambéry",
                "Café des curieux",
                "mardi 7 avril 2026",
                "18 h 30 – 20 h 30",
                "2 places libres (2 sur 2)",
                "gratuit",
                "Le Relais, Chambéry",
                "meet.example",
                "2 heures",
                "chaque mardi, 5 fois en tout",
                "Votre place",
                "Le Mug",
                "Une heure. Une fenêtre.",
                "Les autres dates",
                "mardi 14 avril 2026 20 h – 22 h",
                "mardi 21 avril 2026 18 h 30 – 20 h 30 Annulé",
                "D’où cela vient",
                "Modifié le 6 avril 2026 à 11 h",
            ],
        );
        let link = tag(&page, "href", "https://meet.example/salle?a=1&b=2");
        assert_eq!(link.attribute("rel"), Some("noopener noreferrer"));
        let there = format!("https://{}", other.entity().authority());
        tag(
            &page,
            "href",
            &format!("{there}/events/{uid}?lang=fr&on=2026-04-07T18:30:00"),
        );
    }
    let page = event(other, &uid, "", Language::English).await;
    says(
        &page,
        &[
            "in French",
            "Whoever organises has not said yet",
            "Published by Le Relais",
            "Heard",
        ],
    );
}

#[tokio::test]
async fn another_date_can_be_asked_for_and_one_that_is_none_is_said_to_be_so() {
    let label = label().await;
    let owner = label.space(0);
    let uid = publish(&label, owner, &series(&label)).await;
    let cancelled = "&on=2026-04-21T18:30:00";
    for (language, off, moved, none, over) in [
        (
            Language::French,
            "Cette date n’a pas lieu",
            "C’était prévu le mardi 14 avril 2026 à 18 h 30",
            "n’a pas lieu à la date demandée",
            "Les inscriptions sont closes",
        ),
        (
            Language::English,
            "This date does not take place",
            "It was due on Tuesday 14 April 2026 at 18:30",
            "does not take place on the date that was asked for",
            "Registration is closed",
        ),
    ] {
        let page = event(owner, &uid, cancelled, language).await;
        says(&page, &[off, "21"]);
        assert!(page.tags.iter().any(|it| it.name == "s"), "struck");
        let page = event(owner, &uid, "&on=2026-04-14T18:30:00", language).await;
        says(&page, &[moved]);
        for strange in ["&on=2026-04-08T18:30:00", "&on=%3Cscript%3E", "&on="] {
            says(&event(owner, &uid, strange, language).await, &[none]);
        }
        tag(
            &event(owner, &uid, cancelled, language).await,
            "href",
            &format!("/events/{uid}?lang={}{cancelled}", language.other().tag()),
        );
        label.advance(DAY_SECONDS);
        label.advance(10 * 60 * 60);
        let page = event(owner, &uid, "&on=2026-04-07T18:30:00", language).await;
        says(&page, &[over]);
        owner.clock().set(testkit::START);
    }
}

#[tokio::test]
async fn an_event_that_no_calendar_has_is_missing_in_words() {
    let label = label().await;
    for (language, said) in [
        (Language::French, "Cet événement n’est pas connu ici"),
        (Language::English, "This event is not known here"),
    ] {
        for uid in [
            "none@le-mug.example",
            "none",
            "@",
            "%3Cscript%3E@x",
            "a@b:1",
        ] {
            let uri = format!("/events/{uid}?lang={}", language.tag());
            let answered = get(label.space(0), &uri).await;
            assert_eq!(answered.status, StatusCode::NOT_FOUND);
            says(
                &html::read(&answered.body),
                &[said, "Rien n’a été changé"].map(|it| {
                    if language == Language::English && it.starts_with("Rien") {
                        "Nothing was changed"
                    } else {
                        it
                    }
                }),
            );
        }
    }
}

#[tokio::test]
async fn a_title_is_text_wherever_it_is_shown() {
    let label = label().await;
    let owner = label.space(0);
    let hostile = EventText {
        description: Some("<script>alert(2)</script>\n\u{202e}&amp; \"'".to_owned()),
        place: Some("<b>ici</b>".to_owned()),
        language: Some("x-script".to_owned()),
        ..training("<script>alert(1)</script>\u{202e}", &label, Some(3))
    };
    let uid = publish(&label, owner, &hostile).await;
    let steward = Browser::of(owner, Role::Operator).await;
    let id = uid.split_once('@').unwrap().0;
    for language in LANGUAGES {
        let page = calendar(owner, "", language).await;
        says(&page, &["<script>alert(1)</script>"]);
        does_not_say(&page, &["\u{202e}"]);
        let page = event(owner, &uid, "", language).await;
        says(
            &page,
            &[
                "<script>alert(1)</script>",
                "<b>ici</b>",
                "<script>alert(2)</script>",
                "&amp; \"'",
            ],
        );
        let page = event(&label.coordinator, &uid, "", language).await;
        says(&page, &["<script>alert(1)</script>"]);
        for path in [
            "/manage/events".to_owned(),
            format!("/manage/events/{id}"),
            format!("/manage/events/{id}/edit"),
            format!("/manage/register/{uid}"),
        ] {
            let uri = format!("{path}?lang={}", language.tag());
            let answered = steward.get(&uri).await;
            let page = answered.page(language);
            assert!(
                answered.body.contains("&#60;script"),
                "{path}: {}",
                page.text
            );
        }
    }
}

#[tokio::test]
async fn full_and_waiting_are_said_and_a_partner_says_when_they_were_counted() {
    let label = label().await;
    let (owner, other) = (label.space(0), label.space(1));
    let uid = publish(&label, owner, &training("Compter", &label, Some(1))).await;
    for name in ["Anne", "Zoé"] {
        let app = owner.app();
        let member = app
            .add_member(&operator(), name, "month", None)
            .await
            .unwrap();
        let wish = Wish {
            uid: uid.clone(),
            due: None,
            name: None,
        };
        app.register_member(&operator(), &member, &wish)
            .await
            .unwrap();
    }
    owner.app().renew().await.unwrap();
    label.settle().await;
    for (language, full, counted, join) in [
        (
            Language::French,
            "complet – liste d’attente (1)",
            "Comptées à l’instant par qui organise",
            "S’inscrire sur la liste d’attente",
        ),
        (
            Language::English,
            "full – waiting list (1)",
            "Counted just now by whoever organises",
            "Join the waiting list",
        ),
    ] {
        says(&calendar(owner, "", language).await, &[full]);
        says(&calendar(other, "", language).await, &[full]);
        let page = event(owner, &uid, "", language).await;
        says(&page, &[full, join]);
        does_not_say(&page, &[counted]);
        let page = event(other, &uid, "", language).await;
        says(&page, &[full, counted, join]);
    }
    let app = other.app();
    let member = app
        .add_member(&operator(), "Camille", "month", None)
        .await
        .unwrap();
    let wish = Wish {
        uid: uid.clone(),
        due: None,
        name: Some("Cam".to_owned()),
    };
    app.register_member(&operator(), &member, &wish)
        .await
        .unwrap();
    let failed = send_all(&label.network, other).await;
    assert!(failed.is_empty(), "{failed:?}");
    let rows = app
        .registrations_of_member(&operator(), &member)
        .await
        .unwrap();
    assert!(matches!(
        rows[0].state,
        RegistrationState::Waiting { rank: 2, .. }
    ));
}

#[tokio::test]
async fn the_home_page_shows_the_next_three_that_take_place() {
    let label = label().await;
    let owner = label.space(0);
    publish(&label, owner, &series(&label)).await;
    let home = owner.app().home().await.unwrap();
    let next = crate::events::next_three(&owner.app()).await.unwrap();
    for (language, on, all, day) in [
        (
            Language::French,
            "Ce qui se passe",
            "Tout le calendrier",
            "mardi 28 avril 2026",
        ),
        (
            Language::English,
            "What is on",
            "The whole calendar",
            "Tuesday 28 April 2026",
        ),
    ] {
        let page = html::read(&crate::home_page(&home, &next, language).unwrap());
        says(
            &page,
            &[on, "Café des curieux", day, "Café des curieux", all],
        );
        assert_eq!(text(&page).matches("Café des curieux").count(), 3);
    }
}

#[tokio::test]
async fn where_the_passport_can_be_the_page_has_its_script_and_nowhere_else() {
    let label = label().await;
    let owner = label.space(0);
    let with_seats = publish(&label, owner, &training("Places", &label, Some(2))).await;
    let for_all = publish(&label, owner, &training("Tous", &label, None)).await;
    for (node, uid, has_script) in [
        (owner, &with_seats, true),
        (label.space(1), &with_seats, true),
        (owner, &for_all, false),
        (&label.coordinator, &with_seats, false),
    ] {
        let answered = get(node, &format!("/events/{uid}?lang=fr")).await;
        assert_eq!(
            answered.body.contains("type=\"module\""),
            has_script,
            "{uid}"
        );
        let policy = answered.header("content-security-policy");
        assert_eq!(policy.contains("script-src 'self'"), has_script, "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    let post = Browser::stranger(owner).request(&Method::POST, "/calendar", "");
    let answered = Browser::stranger(owner).send(post).await;
    assert_eq!(answered.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_script_of_an_event_finds_the_elements_and_the_words_that_it_asks_for() {
    let label = label().await;
    let uid = publish(&label, label.space(0), &training("Places", &label, Some(2))).await;
    let script = crate::scripts::SEAT.text;
    for language in LANGUAGES {
        let page = event(label.space(0), &uid, "", language).await;
        let all = |attribute: &str| -> BTreeSet<String> {
            let values = page.tags.iter().filter_map(|tag| tag.attribute(attribute));
            values.map(str::to_owned).collect()
        };
        let (ids, words) = (all("id"), all("data-word"));
        for before in ["byId(\"", "show(\"", "set(\""] {
            for id in super::passport::named(script, before) {
                assert!(ids.contains(id), "no element {id}");
            }
        }
        for word in [
            "sending",
            "register",
            "again",
            "unreachable",
            "clock",
            "taken-back",
            "refused",
        ] {
            assert!(
                script.contains(&format!("\"{word}\"")),
                "{word} is not said"
            );
            assert!(words.contains(word), "no word {word}");
        }
        for word in words.iter().filter(|it| it.starts_with("reg-")) {
            let passport = crate::passport::passport_page(language).unwrap();
            assert!(
                passport.contains(&format!("data-word=\"{word}\"")),
                "{word}"
            );
        }
        // Nothing is seen of it before the script has found a passport.
        for id in ["seat-mine", "seat-form", "seat-acts", "words"] {
            assert!(tag(&page, "id", id).attribute("hidden").is_some(), "{id}");
        }
        let seat = tag(&page, "id", "seat");
        assert_eq!(seat.attribute("data-uid"), Some(uid.as_str()));
        assert_eq!(seat.attribute("data-open"), Some("true"));
    }
}

/// What search engines read is JSON, says the same, and cannot be taken for markup.
#[tokio::test]
async fn an_event_has_a_data_block_for_search_engines() {
    let label = label().await;
    let text = EventText {
        title: "</script><script>alert(1)</script>".to_owned(),
        link: Some("https://meet.example/salle".to_owned()),
        ..series(&label)
    };
    let uid = publish(&label, label.space(0), &text).await;
    for (on, status) in [
        ("2026-04-07T18:30:00", "https://schema.org/EventScheduled"),
        ("2026-04-14T18:30:00", "https://schema.org/EventRescheduled"),
        ("2026-04-21T18:30:00", "https://schema.org/EventCancelled"),
    ] {
        let uri = format!("/events/{uid}?lang=en&on={on}");
        let answered = get(&label.coordinator, &uri).await;
        let (_, data) = answered.body.split_once("application/ld+json\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["name"], text.title.as_str());
        assert_eq!(data["eventStatus"], status);
        assert_eq!(data["offers"]["price"], "0.00");
        assert_eq!(data["organizer"]["name"], "Le Relais");
        assert_eq!(data["location"][1]["url"], "https://meet.example/salle");
    }
}
