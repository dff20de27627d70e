//! The staff's pages of events: publishing, changing, cancelling, and who comes.

use app::{EventText, PublishedEvent, RegistrationState, Role, Wish};
use http::StatusCode;
use testkit::{Label, TestNode, operator, send_all, space_text};
use wire::Cents;
use wire::event::{EventKind, EventStatus, Frequency, LocalTime, RecurrenceRule, Span};

use super::html;
use super::staff::{Browser, encoded};
use super::village::{does_not_say, says, tag, text, training};
use crate::language::{LANGUAGES, Language};

async fn label() -> Label {
    let label = Label::labelled(2).await;
    for (number, name) in [(0, "Le Relais"), (1, "Le Mug")] {
        let app = label.space(number).app();
        app.publish_space(&space_text(name)).await.unwrap();
    }
    label.settle().await;
    label
}

async fn member(node: &TestNode, name: &str) -> String {
    let added = node
        .app()
        .add_member(&operator(), name, "month", None)
        .await;
    added.unwrap()
}

async fn publish(label: &Label, text: &EventText) -> PublishedEvent {
    let published = label
        .space(0)
        .app()
        .publish_event(&operator(), None, text)
        .await;
    label.settle().await;
    published.unwrap()
}

fn weekly(label: &Label, seats: u64) -> EventText {
    EventText {
        rule: Some(RecurrenceRule {
            form: None,
            frequency: Frequency::Weekly,
            interval: 1,
            by_day: Vec::new(),
            count: None,
            until: LocalTime::parse("2026-04-21T23:59:59"),
        }),
        ..training("Compter", label, Some(seats))
    }
}

/// A form of these fields.
fn form(fields: &[(&str, &str)]) -> String {
    let fields = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)));
    fields.collect::<Vec<_>>().join("&")
}

const GOOD: &[(&str, &str)] = &[
    ("title", "La photo de vos produits"),
    ("kind", "training"),
    ("date", "2026-04-14"),
    ("time", "18 h 30"),
    ("hours", "1"),
    ("minutes", "30"),
    ("weekly", "yes"),
    ("until", "2026-05-05"),
    ("seats", "12"),
    ("price", "12,50"),
    ("place", "Salle des fêtes"),
    ("link", "https://meet.example/a"),
    ("description", "Une heure.\r\nUne fenêtre."),
    ("language", "fr"),
];

/// What they say.
fn good() -> EventText {
    EventText {
        title: "La photo de vos produits".to_owned(),
        description: Some("Une heure.\nUne fenêtre.".to_owned()),
        start: LocalTime::parse("2026-04-14T18:30:00").unwrap(),
        time_zone: Some("Europe/Paris".to_owned()),
        duration: Span::new(0, 5_400),
        is_all_day: false,
        rule: Some(RecurrenceRule {
            form: None,
            frequency: Frequency::Weekly,
            interval: 1,
            by_day: Vec::new(),
            count: None,
            until: LocalTime::parse("2026-05-05T23:59:59"),
        }),
        overrides: std::collections::BTreeMap::new(),
        status: EventStatus::Confirmed,
        place: Some("Salle des fêtes".to_owned()),
        link: Some("https://meet.example/a".to_owned()),
        language: Some("fr".to_owned()),
        kind: EventKind::Training,
        capacity: Some(12),
        price_cents: Some(Cents(1_250)),
        is_example: false,
    }
}

fn but(name: &str, value: &str) -> String {
    let fields: Vec<_> = GOOD
        .iter()
        .map(|(field, it)| {
            if *field == name {
                (*field, value)
            } else {
                (*field, *it)
            }
        })
        .collect();
    form(&fields)
}

#[tokio::test]
async fn an_operator_publishes_an_event_at_a_space_and_at_the_coordinator() {
    let label = label().await;
    for node in [label.space(0), &label.coordinator] {
        let boss = Browser::of(node, Role::Operator).await;
        let page = boss
            .get("/manage/new-event?lang=fr")
            .await
            .page(Language::French);
        says(
            &page,
            &[
                "Nouvel événement",
                "Titre",
                "Heure de Europe/Paris",
                "Publier",
            ],
        );
        let answered = boss.post("/manage/new-event?lang=fr", &form(GOOD)).await;
        let mut events = node.app().own_events().await.unwrap();
        let event = events.remove(0).listed;
        answered.sees(&format!("/manage/events/{}?lang=fr", event.id));
        let text = node.app().event_text(&operator(), &event.id).await.unwrap();
        assert_eq!(text, good());
        // The form of what is there holds it, and sent unchanged it changes nothing.
        let uri = format!("/manage/events/{}/edit?lang=en", event.id);
        let page = boss.get(&uri).await.page(Language::English);
        for (id, value) in [
            ("title", "La photo de vos produits"),
            ("date", "2026-04-14"),
            ("time", "18:30"),
            ("hours", "1"),
            ("minutes", "30"),
            ("until", "2026-05-05"),
            ("seats", "12"),
            ("price", "12,50"),
            ("place", "Salle des fêtes"),
            ("link", "https://meet.example/a"),
        ] {
            assert_eq!(tag(&page, "id", id).attribute("value"), Some(value));
        }
        assert_eq!(tag(&page, "id", "weekly").attribute("checked"), Some(""));
        let before = node.app().own_events().await.unwrap().remove(0).listed;
        boss.post(&uri, &form(GOOD)).await;
        assert_eq!(
            node.app().own_events().await.unwrap().remove(0).listed,
            before
        );
        let page = boss
            .get("/manage/events?lang=en")
            .await
            .page(Language::English);
        says(
            &page,
            &[
                "La photo de vos produits",
                "Tuesday 14 April 2026, 18:30 – 20:00",
                "every Tuesday, until Tuesday 5 May 2026",
                "0 of 12 seats",
            ],
        );
    }
}

/// Stand in the table for a text that is too long.
const LONG: &str = "(201)";
const LONG_TEXT: &str = "(2001)";
const LONG_LINK: &str = "(https)";

fn long(value: &str) -> String {
    match value {
        LONG => "é".repeat(201),
        LONG_TEXT => "é".repeat(2_001),
        LONG_LINK => format!("https://{}", "a".repeat(500)),
        value => value.to_owned(),
    }
}

/// What is filled in wrongly, and what is said of it.
const WRONG: &[(&str, &str, &str, &str)] = &[
    ("title", "", "Il faut un titre", "A title of 1"),
    ("title", LONG, "Il faut un titre", "A title of 1"),
    (
        "date",
        "14/04/2026",
        "Il faut un jour du calendrier",
        "A day of the calendar",
    ),
    (
        "date",
        "2026-02-30",
        "Il faut un jour du calendrier",
        "A day of the calendar",
    ),
    ("time", "", "Il faut une heure", "A time is needed"),
    ("time", "24:00", "Il faut une heure", "A time is needed"),
    ("hours", "800", "Il faut des nombres", "Numbers are needed"),
    ("hours", "une", "Il faut des nombres", "Numbers are needed"),
    (
        "until",
        "2026-04-13",
        "à partir de la première date",
        "from the first date on",
    ),
    (
        "until",
        "2032-01-01",
        "à partir de la première date",
        "from the first date on",
    ),
    (
        "until",
        "hier",
        "à partir de la première date",
        "from the first date on",
    ),
    ("seats", "0", "Il faut un nombre de 1", "A number from 1"),
    (
        "seats",
        "10001",
        "Il faut un nombre de 1",
        "A number from 1",
    ),
    ("price", "12,505", "Il faut un montant", "An amount such as"),
    ("price", "-1", "Il faut un montant", "An amount such as"),
    ("price", "1e3", "Il faut un montant", "An amount such as"),
    ("place", LONG, "Il faut une ligne de 200", "A line of 200"),
    (
        "link",
        "http://meet.example",
        "commence par https://",
        "begins with https://",
    ),
    (
        "link",
        "javascript:alert(1)",
        "commence par https://",
        "begins with https://",
    ),
    (
        "link",
        LONG_LINK,
        "commence par https://",
        "begins with https://",
    ),
    (
        "description",
        LONG_TEXT,
        "2 000 caractères",
        "2,000 characters",
    ),
];

#[tokio::test]
async fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_is_kept() {
    let label = label().await;
    let node = label.space(0);
    let boss = Browser::of(node, Role::Operator).await;
    for (field, value, french, english) in WRONG {
        let (field, value) = (*field, &*long(value));
        for (language, said) in [(Language::French, *french), (Language::English, *english)] {
            let uri = format!("/manage/new-event?lang={}", language.tag());
            let page = boss.post(&uri, &but(field, value)).await.page(language);
            says(&page, &[said]);
            let id = if field == "hours" { "days" } else { field };
            assert_eq!(
                tag(&page, "id", id).attribute("aria-invalid"),
                Some("true"),
                "{field}"
            );
            // A field for dates or times would show nothing of these.
            if ["14/04/2026", "2026-02-30", "24:00", "hier"].contains(&value) {
                assert_eq!(tag(&page, "id", id).attribute("type"), Some("text"));
            }
            if field == "description" {
                says(&page, &["éééé"]);
            } else {
                assert_eq!(tag(&page, "id", field).attribute("value"), Some(value));
            }
            // What was right is kept as well.
            let other = if field == "title" {
                ("price", "12,50")
            } else {
                ("title", GOOD[0].1)
            };
            assert_eq!(tag(&page, "id", other.0).attribute("value"), Some(other.1));
        }
    }
    // A time that the clock skips on that day.
    let fields = but("date", "2027-03-28").replace("time=18+h+30", "time=02%3A30");
    let fields = fields.replace("weekly=yes&", "");
    let page = boss
        .post("/manage/new-event?lang=en", &fields)
        .await
        .page(Language::English);
    says(&page, &["the clock skips that time"]);
    // A year that was mistyped.
    let fields = but("date", "2025-04-14").replace("weekly=yes&", "");
    for (language, said) in [
        (Language::French, "C’est déjà passé"),
        (Language::English, "That is over already"),
    ] {
        let uri = format!("/manage/new-event?lang={}", language.tag());
        let page = boss.post(&uri, &fields).await.page(language);
        says(&page, &[said]);
        let date = tag(&page, "id", "date");
        assert_eq!(date.attribute("aria-invalid"), Some("true"));
    }
    assert!(
        node.app().own_events().await.unwrap().is_empty(),
        "nothing was published"
    );
}

#[tokio::test]
async fn a_series_keeps_what_was_said_of_its_dates_when_its_hour_changes() {
    let label = label().await;
    let app = label.space(0).app();
    let boss = Browser::of(label.space(0), Role::Operator).await;
    let done = publish(&label, &weekly(&label, 3)).await;
    let on = LocalTime::parse("2026-04-14T18:30:00").unwrap();
    app.cancel_event(&operator(), &done.id, Some(&on))
        .await
        .unwrap();
    let uri = format!("/manage/events/{}/edit?lang=fr", done.id);
    let fields = [
        ("title", "Compter"),
        ("kind", "training"),
        ("date", "2026-04-07"),
        ("time", "19:00"),
        ("hours", "2"),
        ("weekly", "yes"),
        ("until", "2026-04-21"),
        ("seats", "3"),
        ("language", "fr"),
    ];
    boss.post(&uri, &form(&fields)).await;
    let text = app.event_text(&operator(), &done.id).await.unwrap();
    let (due, change) = text.overrides.first_key_value().unwrap();
    assert_eq!(due.as_str(), "2026-04-14T19:00:00");
    assert_eq!(change.status, Some(EventStatus::Cancelled));
    assert_eq!(text.overrides.len(), 1);
    // Somebody has a seat on a date that would be gone.
    let camille = member(label.space(0), "Camille").await;
    let wish = Wish {
        uid: done.uid.clone(),
        due: LocalTime::parse("2026-04-21T19:00:00"),
        name: None,
    };
    app.register_member(&operator(), &camille, &wish)
        .await
        .unwrap();
    for (language, said) in [
        (
            Language::French,
            "Quelqu’un s’est inscrit pour le mardi 21 avril 2026 à 19 h",
        ),
        (
            Language::English,
            "Somebody has registered for Tuesday 21 April 2026 at 19:00",
        ),
    ] {
        let uri = format!("/manage/events/{}/edit?lang={}", done.id, language.tag());
        let fewer = form(&fields).replace("2026-04-21", "2026-04-14");
        let page = boss.post(&uri, &fewer).await.page(language);
        says(&page, &[said]);
        assert_eq!(
            tag(&page, "id", "until").attribute("value"),
            Some("2026-04-14")
        );
    }
}

/// Somebody of a space has asked for a seat on the second date, and was answered.
async fn comes(label: &Label, node: &TestNode, name: &str, done: &PublishedEvent) {
    let id = member(node, name).await;
    let wish = Wish {
        uid: done.uid.clone(),
        due: LocalTime::parse("2026-04-14T18:30:00"),
        name: None,
    };
    let asked = node.app().register_member(&operator(), &id, &wish).await;
    asked.unwrap();
    let failed = send_all(&label.network, node).await;
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test]
async fn who_comes_is_listed_by_date_and_a_seat_is_taken_back() {
    let label = label().await;
    let (owner, other) = (label.space(0), label.space(1));
    let done = publish(&label, &weekly(&label, 1)).await;
    comes(&label, other, "Zoé", &done).await;
    comes(&label, owner, "Anne", &done).await;
    let steward = Browser::of(owner, Role::Steward).await;
    for (language, expected) in [
        (
            Language::French,
            [
                "mardi 14 avril 2026, 18 h 30 – 20 h 30",
                "1 sur 1 place, 1 en attente",
                "Nom Lieu d’attache Place Demandée le Signature",
                "Zoé Le Mug une place Demandée le 6 avril 2026 à 11 h Reprendre…",
                "Anne Le Relais liste d’attente, rang 1",
                "Inscrire un abonné de ce lieu",
            ],
        ),
        (
            Language::English,
            [
                "Tuesday 14 April 2026, 18:30 – 20:30",
                "1 of 1 seat, 1 waits",
                "Name Home Seat Asked for on Signature",
                "Zoé Le Mug a seat Asked for on 6 April 2026 at 11:00 Take back…",
                "Anne Le Relais waiting list, number 1",
                "Register a member of this space",
            ],
        ),
    ] {
        let uri = format!("/manage/events/{}?lang={}", done.id, language.tag());
        let page = steward.get(&uri).await.page(language);
        says(&page, &expected);
        does_not_say(&page, &["Annuler", "Cancel ", "Modifier", "Change"]);
    }
    let rows = owner.app().seats(&operator(), &done.id).await.unwrap();
    let fields = form(&[
        ("home", other.entity().as_str()),
        ("registration", &rows[0].id.to_string()),
    ]);
    let uri = format!("/manage/events/{}/take-back?lang=fr", done.id);
    steward
        .post(&uri, &fields)
        .await
        .sees(&format!("/manage/events/{}?lang=fr", done.id));
    let uri_page = format!("/manage/events/{}?lang=fr", done.id);
    let page = steward.get(&uri_page).await.page(Language::French);
    says(&page, &["Anne Le Relais une place", "Zoé · reprise ici"]);
    for strange in [
        String::new(),
        form(&[("home", "x"), ("registration", "y")]),
        fields.replace('a', "b"),
    ] {
        let page = steward.post(&uri, &strange).await.page(Language::French);
        says(
            &page,
            &["Cette inscription n’existe plus ici. Rien n’a été changé."],
        );
    }
}

#[tokio::test]
async fn cancelling_says_first_who_is_registered_and_leaves_the_event_struck() {
    let label = label().await;
    let owner = label.space(0);
    let done = publish(&label, &weekly(&label, 5)).await;
    let camille = member(owner, "Camille").await;
    let wish = Wish {
        uid: done.uid.clone(),
        due: LocalTime::parse("2026-04-14T18:30:00"),
        name: None,
    };
    owner
        .app()
        .register_member(&operator(), &camille, &wish)
        .await
        .unwrap();
    let boss = Browser::of(owner, Role::Operator).await;
    let uri = |what: &str, language: Language| {
        format!("/manage/events/{}{what}?lang={}", done.id, language.tag())
    };
    for (language, one, nobody, all) in [
        (
            Language::French,
            "1 personne est inscrite ou attend : son lieu d’attache l’apprend par le calendrier.",
            "Personne ne s’est inscrit.",
            "Annuler toutes les dates",
        ),
        (
            Language::English,
            "1 person is registered or waits: their home learns it from the calendar.",
            "Nobody has registered.",
            "Cancel every date",
        ),
    ] {
        let page = boss.get(&uri("", language)).await.page(language);
        says(&page, &[nobody, one, one, all]);
    }
    // Neither a date nor all of it: nothing.
    for strange in ["", "on=", "on=soon", "on=2026-04-15T18%3A30%3A00"] {
        let answered = boss.post(&uri("/cancel", Language::French), strange).await;
        assert_ne!(answered.status, StatusCode::SEE_OTHER, "{strange}");
    }
    let text = owner.app().event_text(&operator(), &done.id).await.unwrap();
    assert!(text.overrides.is_empty() && text.status == EventStatus::Confirmed);
    let to = uri("", Language::French);
    boss.post(
        &uri("/cancel", Language::French),
        "on=2026-04-14T18%3A30%3A00",
    )
    .await
    .sees(&to);
    let page = boss.get(&to).await.page(Language::French);
    says(&page, &["mardi 14 avril 2026, 18 h 30 – 20 h 30 Annulé"]);
    boss.post(&uri("/cancel", Language::French), "whole=yes")
        .await
        .sees(&to);
    let page = boss.get(&to).await.page(Language::French);
    does_not_say(&page, &["Annuler toutes"]);
    let text = owner.app().event_text(&operator(), &done.id).await.unwrap();
    assert_eq!(text.status, EventStatus::Cancelled);
}

#[tokio::test]
async fn a_steward_registers_a_member_here_and_elsewhere_and_gives_a_seat_back() {
    let label = label().await;
    let (owner, other) = (label.space(0), label.space(1));
    let done = publish(&label, &weekly(&label, 5)).await;
    for node in [owner, other] {
        let camille = member(node, "Camille").await;
        let steward = Browser::of(node, Role::Steward).await;
        let uri = format!("/manage/register/{}?lang=en", done.uid);
        let page = steward.get(&format!("{uri}&on=2026-04-14T18:30:00")).await;
        let page = page.page(Language::English);
        says(&page, &["Compter", "Camille", "Tuesday 14 April 2026"]);
        let chosen = tag(&page, "selected", "").attribute("value");
        assert_eq!(chosen, Some("2026-04-14T18:30:00"));
        let fields = form(&[
            ("member", &camille),
            ("on", "2026-04-14T18:30:00"),
            ("name", "Cam"),
        ]);
        let is_own = node.entity() == owner.entity();
        let member_page = format!("/members/{camille}?lang=en");
        let to = if is_own {
            format!("/manage/events/{}?lang=en", done.id)
        } else {
            member_page.clone()
        };
        steward.post(&uri, &fields).await.sees(&to);
        let page = steward.get(&member_page).await.page(Language::English);
        let state = if is_own {
            "Registered: a seat"
        } else {
            "Asked for: the answer is awaited"
        };
        says(
            &page,
            &["Registrations", "Compter", "Tuesday 14 April 2026", state],
        );
        let rows = node
            .app()
            .registrations_of_member(&operator(), &camille)
            .await
            .unwrap();
        let id = rows[0].id.to_string();
        let back = format!("/members/{camille}/registrations/{id}/give-back?lang=en");
        steward.post(&back, "").await.sees(&member_page);
        let rows = node
            .app()
            .registrations_of_member(&operator(), &camille)
            .await
            .unwrap();
        let is_given_back = matches!(
            rows[0].state,
            RegistrationState::Cancelled { .. } | RegistrationState::Cancelling { .. }
        );
        assert!(is_given_back, "{:?}", rows[0].state);
        // What is refused is said in words, and what was chosen is kept.
        let fields = fields.replace("2026-04-14", "2026-04-15");
        let page = steward.post(&uri, &fields).await.page(Language::English);
        says(&page, &["That date is no longer in the calendar"]);
        assert_eq!(tag(&page, "id", "name").attribute("value"), Some("Cam"));
    }
}

#[tokio::test]
async fn the_coordinator_has_its_own_menu_and_no_page_of_a_space() {
    let label = label().await;
    let node = &label.coordinator;
    let boss = Browser::of(node, Role::Operator).await;
    for (language, team, events, never) in [
        (
            Language::French,
            "Équipe de la coordination",
            "Événements",
            ["Abonnés", "Passages"],
        ),
        (
            Language::English,
            "The coordinator’s team",
            "Events",
            ["Members", "Visits"],
        ),
    ] {
        let uri = format!("/sign-in?lang={}", language.tag());
        let page = boss.get(&uri).await.page(language);
        says(&page, &[events, team]);
        does_not_say(&page, &never);
        let page = boss
            .get(&format!("/manage/events?lang={}", language.tag()))
            .await;
        says(&page.page(language), &[events]);
    }
    for path in [
        "/desk",
        "/visits",
        "/members",
        "/members/m",
        "/manage/register/a@b",
    ] {
        let answered = boss.get(&format!("{path}?lang=fr")).await;
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{path}");
        html::read(&answered.body);
    }
    let code = node
        .app()
        .access_code(&operator(), Role::Operator, "Anne")
        .await
        .unwrap();
    let form = format!("code={}", encoded(&code));
    let signed_in = Browser::stranger(node)
        .post("/sign-in?lang=fr", &form)
        .await;
    signed_in.sees("/manage/events?lang=fr");
}

#[tokio::test]
async fn what_the_form_does_not_show_stays_as_it_is() {
    let label = label().await;
    let owner = label.space(0);
    let text = EventText {
        rule: Some(RecurrenceRule {
            form: None,
            frequency: Frequency::Daily,
            interval: 2,
            by_day: Vec::new(),
            count: Some(4),
            until: None,
        }),
        ..training("Compter", &label, Some(2))
    };
    let done = publish(&label, &text).await;
    let boss = Browser::of(owner, Role::Operator).await;
    for language in LANGUAGES {
        let uri = format!("/manage/events/{}/edit?lang={}", done.id, language.tag());
        let page = boss.get(&uri).await.page(language);
        let rule = match language {
            Language::French => "tous les 2 jours, 4 fois en tout",
            Language::English => "every 2 days, 4 times in all",
        };
        says(&page, &[rule]);
        assert!(!self::text(&page).contains("chaque semaine"));
        boss.post(&uri, &but("date", "2026-04-08")).await;
        let held = owner.app().event_text(&operator(), &done.id).await.unwrap();
        assert_eq!(held.rule, text.rule);
        assert_eq!(held.start.as_str(), "2026-04-08T18:30:00");
    }
}
