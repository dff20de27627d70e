//! Serves the calendar of a made-up label for a while, with events and registrations.
//!
//! `show_events SECONDS` answers at `http://127.0.0.1:7800` as a space and at
//! `http://127.0.0.1:7801` as its coordinator, and ends by itself. It says a one-time code
//! for an operator of each, and one for a member's phone. Its clock goes on from
//! 6 April 2026, 11:00; what nodes ask each other is sent every few seconds.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use app::view::Home;
use app::{App, EventText, Role, Wish};
use axum::body::Body;
use axum::routing::any;
use http::Request;
use testkit::{Label, TestNode, operator, send_all, space_text};
use tokio::net::TcpListener;
use web::{PageError, Pages, router};
use wire::Cents;
use wire::event::{EventKind, EventStatus, Frequency, LocalTime, Override, RecurrenceRule, Span};

/// The home page of a node.
#[derive(Clone)]
struct Of(App);

impl Pages for Of {
    async fn home(&self) -> Result<Home, PageError> {
        let home = self.0.home().await;
        home.map_err(|fault| PageError::Unreadable(fault.into()))
    }
}

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let seconds = std::env::args()
        .nth(1)
        .ok_or("usage: show_events SECONDS")?;
    let label = Arc::new(label().await?);
    let member = label.space(0).app().members(&operator()).await?;
    let member = member.first().ok_or("a member")?;
    let code = label
        .space(0)
        .app()
        .enrolment_code(&operator(), &member.id)
        .await?;
    writeln!(std::io::stdout(), "phone {code}")?;
    let serving = async {
        tokio::try_join!(
            serve(&label, false, 7800),
            serve(&label, true, 7801),
            go_on(&label)
        )
    };
    match tokio::time::timeout(Duration::from_secs(seconds.parse()?), serving).await {
        Ok(ended) => ended.map(|_| ()),
        Err(_) => Ok(()),
    }
}

fn node(label: &Label, is_coordinator: bool) -> &TestNode {
    if is_coordinator {
        &label.coordinator
    } else {
        label.space(0)
    }
}

async fn serve(label: &Arc<Label>, is_coordinator: bool, port: u16) -> Outcome<()> {
    let app = node(label, is_coordinator).app();
    let code = app.access_code(&operator(), Role::Operator, "Anne").await?;
    writeln!(std::io::stdout(), "{port} {code}")?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let label = Arc::clone(label);
    let programs = any(async move |request: Request<Body>| {
        // What this router has found in the path is not for the other.
        let (mut parts, body) = request.into_parts();
        parts.extensions.clear();
        let request = Request::from_parts(parts, body);
        let answer = node(&label, is_coordinator).ask(request).await;
        (answer.status, answer.headers, answer.body)
    });
    let router = router(Of(app.clone()), app)
        .route("/api/{*rest}", programs.clone())
        .route("/calendar.ics", programs);
    Ok(axum::serve(listener, router).await?)
}

/// Time goes on, and what was committed is sent.
async fn go_on(label: &Label) -> Outcome<()> {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    let mut count = 0_u32;
    loop {
        seconds.tick().await;
        label.advance(1);
        count += 1;
        if count.is_multiple_of(5) {
            for node in label.nodes() {
                send_all(&label.network, node).await;
            }
            label.pull_all().await;
        }
    }
}

/// Three spaces, the first with events and with people who come.
async fn label() -> Outcome<Label> {
    let label = Label::labelled(3).await;
    for (number, name) in [(0, "Le Mug"), (1, "Vill@ge Factory"), (2, "Le Troqu-Et")] {
        let app = label.space(number).app();
        app.publish_space(&space_text(name)).await?;
    }
    let app = label.space(0).app();
    let full = app.publish_event(&operator(), None, &photo()?).await?;
    app.publish_event(&operator(), None, &coffee()?).await?;
    app.publish_event(&operator(), None, &lunch()?).await?;
    let other = label.space(1).app();
    other.publish_event(&operator(), None, &far()?).await?;
    let coordinator = label.coordinator.app();
    coordinator
        .publish_event(&operator(), None, &meeting()?)
        .await?;
    label.settle().await;
    for (number, name) in [(0, "Camille"), (1, "Zoé"), (2, "Denis"), (0, "Anne-Laure")] {
        let node = label.space(number);
        let app = node.app();
        let member = app.add_member(&operator(), name, "month", None).await?;
        let wish = Wish {
            uid: full.uid.clone(),
            due: None,
            name: None,
        };
        app.register_member(&operator(), &member, &wish).await?;
        send_all(&label.network, node).await;
    }
    label.settle().await;
    Ok(label)
}

fn at(text: &str) -> Outcome<LocalTime> {
    Ok(LocalTime::parse(text).ok_or("a time")?)
}

fn photo() -> Outcome<EventText> {
    Ok(EventText {
        title: "La photo de vos produits, avec un téléphone et une fenêtre".to_owned(),
        description: Some(
            "Une heure de pratique, puis une heure de questions.\n\nApportez un objet que \
             vous vendez, et votre téléphone.\nOn repart avec cinq photos."
                .to_owned(),
        ),
        start: at("2026-04-07T18:30:00")?,
        time_zone: None,
        duration: Span::new(0, 7_200),
        is_all_day: false,
        rule: None,
        overrides: BTreeMap::new(),
        status: EventStatus::Confirmed,
        place: None,
        link: None,
        language: Some("fr".to_owned()),
        kind: EventKind::Training,
        capacity: Some(3),
        price_cents: Some(Cents(1_200)),
        is_example: true,
    })
}

fn coffee() -> Outcome<EventText> {
    let moved = Override {
        start: Some(at("2026-04-14T10:00:00")?),
        ..Override::default()
    };
    let off = Override {
        status: Some(EventStatus::Cancelled),
        ..Override::default()
    };
    Ok(EventText {
        title: "Café des curieux".to_owned(),
        start: at("2026-04-07T08:30:00")?,
        duration: Span::new(0, 3_600),
        rule: Some(RecurrenceRule {
            form: None,
            frequency: Frequency::Weekly,
            interval: 1,
            by_day: Vec::new(),
            count: None,
            until: Some(at("2026-06-30T23:59:59")?),
        }),
        overrides: [
            (at("2026-04-14T08:30:00")?, moved),
            (at("2026-04-21T08:30:00")?, off),
        ]
        .into(),
        kind: EventKind::Event,
        capacity: Some(8),
        price_cents: Some(Cents(0)),
        ..photo()?
    })
}

fn lunch() -> Outcome<EventText> {
    Ok(EventText {
        title: "Repas partagé".to_owned(),
        description: None,
        start: at("2026-04-09T12:15:00")?,
        kind: EventKind::SharedMeal,
        capacity: None,
        price_cents: None,
        status: EventStatus::Tentative,
        place: Some("Jardin de l’évêché, s’il fait beau".to_owned()),
        ..photo()?
    })
}

fn far() -> Outcome<EventText> {
    Ok(EventText {
        title: "Selling from an island".to_owned(),
        start: at("2026-04-08T16:00:00")?,
        time_zone: Some("Indian/Reunion".to_owned()),
        kind: EventKind::WebConference,
        capacity: Some(40),
        link: Some("https://meet.example/island".to_owned()),
        language: Some("en".to_owned()),
        ..photo()?
    })
}

fn meeting() -> Outcome<EventText> {
    Ok(EventText {
        title: "Assemblée du label".to_owned(),
        start: at("2026-04-18T00:00:00")?,
        duration: Span::new(2, 0),
        is_all_day: true,
        kind: EventKind::Event,
        capacity: None,
        price_cents: None,
        place: Some("Chambéry".to_owned()),
        ..photo()?
    })
}
