//! The cluster as every simulation begins: founded once, copied for each seed.

use std::collections::BTreeMap;

use app::SpaceText;
use store::MemoryStore;
use wire::Cents;
use wire::space::{ClockTime, Formula, FormulaUnit, OpenSpan, OpeningHours, Weekday};

use super::seat_actions;
use super::seats::Announced;
use super::turns::run;
use crate::{DAY_SECONDS, Label, Plan, START, TestNode, Wallet, operator, space_text};

/// Half-days that a member may use elsewhere in a month: enough for some days of visits
/// at every host, and little enough to be used up in a long run.
const HALF_DAYS: u64 = 20;

/// Members of each space.
const MEMBERS: usize = 2;

/// A coordinator and its spaces, founded and labelled, with members who have passports.
#[derive(Debug)]
pub struct Village {
    pub(crate) nodes: Vec<Founded>,
    pub(crate) members: Vec<Member>,
    pub(crate) events: Vec<Announced>,
}

/// A node as it is found at the beginning.
#[derive(Debug)]
pub(crate) struct Founded {
    pub(crate) plan: Plan,
    pub(crate) store: MemoryStore,
}

/// A member of the space with this number; the coordinator is 0.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) home: usize,
    pub(crate) wallet: Wallet,
    /// The code of their passport on paper.
    pub(crate) paper: String,
    pub(crate) half_days: u64,
}

impl Village {
    /// The beginning of all simulations with so many nodes, the coordinator among them.
    pub fn of(nodes: usize) -> Self {
        run(Self::founded(nodes))
    }

    async fn founded(nodes: usize) -> Self {
        let label = Label::labelled(nodes.saturating_sub(1).max(2)).await;
        let mut members = Vec::new();
        for (number, space) in label.spaces.iter().enumerate() {
            let published = space.app().publish_space(&text_of(0)).await;
            published.expect("a space says what it is");
            for member in 0..MEMBERS {
                let name = format!("{number}-{member}");
                members.push(enrol(space, number + 1, &name).await);
            }
        }
        let events = announce(&label).await;
        label.settle().await;
        let founded = |node: &TestNode| Founded {
            plan: node.plan().clone(),
            store: node.store(),
        };
        Self {
            nodes: label.nodes().into_iter().map(founded).collect(),
            members,
            events,
        }
    }

    /// The moment at which all simulations begin.
    pub(crate) const fn begins_at() -> wire::Timestamp {
        START
    }
}

/// The coordinator, the first space and the last each announce an event, of which
/// everybody has heard.
async fn announce(label: &Label) -> Vec<Announced> {
    let mut events = Vec::new();
    let last = label.spaces.len();
    for (owner, node) in label.nodes().into_iter().enumerate() {
        if ![0, 1, last].contains(&owner) {
            continue;
        }
        let plan = seat_actions::Plan {
            begins: START.plus_seconds(5 * DAY_SECONDS),
            capacity: 1,
            is_weekly: owner == 0,
        };
        let id = "first".to_owned();
        let text = seat_actions::text_of(plan);
        let (app, who) = (node.app(), operator());
        let published = app.publish_event(&who, Some(&id), &text).await;
        published.expect("an event is published");
        events.push(Announced { owner, id, plan });
    }
    events
}

async fn enrol(home: &TestNode, number: usize, name: &str) -> Member {
    let (app, who) = (home.app(), operator());
    let member = app.add_member(&who, name, "month", Some(HALF_DAYS));
    let member = member.await.expect("a member is added");
    let wallet = Wallet::enrol_again(home, &member, name).await;
    let paper = app.paper_passport(&who, &member, Some(name)).await;
    Member {
        home: number,
        wallet,
        paper: paper.expect("a passport is printed").code,
        half_days: HALF_DAYS,
    }
}

/// What a space says of itself the `version`-th time: its hours and its prices change.
pub(crate) fn text_of(version: usize) -> SpaceText {
    let time = |text: &str| ClockTime::parse(text).expect("a time");
    let closing = ["18:00", "19:30", "17:00"];
    let closing = closing.get(version % closing.len()).copied();
    let days = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    let span = |day| OpenSpan {
        day,
        from: time("08:30"),
        to: time(closing.unwrap_or("18:00")),
    };
    let formula = |unit, cents| Formula {
        unit,
        price_cents: Cents(cents),
        includes: None,
        is_example: true,
    };
    let more = i64::try_from(version).unwrap_or_default();
    SpaceText {
        opening_hours: Some(OpeningHours {
            time_zone: "Europe/Paris".to_owned(),
            half_day_boundary: time(if version.is_multiple_of(2) {
                "13:00"
            } else {
                "12:30"
            }),
            weekly: days.into_iter().map(span).collect(),
            subscribers_at_all_hours: true,
            is_example: true,
        }),
        formulas: BTreeMap::from([
            ("day".to_owned(), formula(FormulaUnit::Day, 1_500 + more)),
            (
                "half-day".to_owned(),
                formula(FormulaUnit::HalfDay, 800 + more),
            ),
            ("month".to_owned(), formula(FormulaUnit::Month, 20_000)),
        ]),
        ..space_text("Le Mug")
    }
}
