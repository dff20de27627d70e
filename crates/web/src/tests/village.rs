//! A host and a home that know each other, and a member who goes from one to the other.

use std::collections::BTreeMap;

use app::{EventText, Role, VisitId};
use seal::sign;
use testkit::{DAY_SECONDS, HOUR_SECONDS, Label, TestNode, Wallet, operator, send_all, space_text};
use wire::Timestamp;
use wire::event::{EventKind, EventStatus, LocalTime, Span};
use wire::request::{Answer, AnswerResult};

use super::html;
use super::staff::Browser;
use crate::figures;
use crate::language::Language;

/// A host, a home called Le Mug, and a member of it with a telephone.
pub(super) struct Village {
    pub(super) label: Label,
    pub(super) wallet: Wallet,
}

/// It is Monday, 6 April 2026, 11:00; the host is open until 18:00.
pub(super) async fn village(name: &str) -> Village {
    let label = Label::labelled(2).await;
    let app = label.space(0).app();
    app.publish_space(&space_text("Le Relais")).await.unwrap();
    let wallet = Wallet::enrol(label.space(1), name, Some(10)).await;
    label.settle().await;
    Village { label, wallet }
}

impl Village {
    pub(super) fn host(&self) -> &TestNode {
        self.label.space(0)
    }

    pub(super) fn home(&self) -> &TestNode {
        self.label.space(1)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.host().app().now()
    }

    pub(super) async fn browser(&self, role: Role) -> Browser {
        Browser::of(self.host(), role).await
    }

    pub(super) fn code(&self) -> String {
        let nonce = format!("showing {}", self.host().store().position().0);
        self.wallet.show(self.host().entity(), self.now(), &nonce)
    }

    pub(super) async fn paper(&self) -> String {
        let app = self.home().app();
        let member = &self.wallet.member;
        let paper = app.paper_passport(&operator(), member, None).await;
        let paper = paper.unwrap().code;
        self.label.settle().await;
        paper
    }

    pub(super) async fn arrive(&self) -> VisitId {
        let judged = self.host().app().judge(&operator(), &self.code()).await;
        judged.unwrap().visit.unwrap()
    }

    pub(super) async fn leave(&self, visit: VisitId) {
        let left = self.host().app().leave(&operator(), visit).await;
        left.unwrap();
    }

    /// A visit from now until in three hours, with its receipt in the outbox.
    pub(super) async fn visited(&self) -> VisitId {
        let visit = self.arrive().await;
        self.label.advance(3 * HOUR_SECONDS);
        self.leave(visit).await;
        visit
    }

    /// The home refuses the oldest request that waits.
    pub(super) async fn refuse(&self, code: &str) {
        let app = self.host().app();
        let op = app.waiting().await.unwrap().remove(0).op;
        let letter = app.make_letter(&op).await.unwrap().unwrap();
        let answer = Answer {
            iss: self.home().entity().clone(),
            aud: self.host().entity().clone(),
            jti: letter.jti.clone(),
            iat: self.now(),
            op: op.clone(),
            result: AnswerResult::Refused,
            rank: None,
            code: Some(code.to_owned()),
        };
        let answer = sign(answer, &self.home().plan().ops()).unwrap();
        let taken = app.take_answer(&op, &letter.jti, answer.as_str()).await;
        taken.unwrap();
    }

    pub(super) async fn deliver(&self) {
        // One that waits for another may lie before it: of one second, chance decides.
        while !self.host().app().waiting().await.unwrap().is_empty() {
            let failed = send_all(&self.label.network, self.host()).await;
            assert!(failed.is_empty(), "{failed:?}");
        }
    }
}

/// A training tomorrow, by the clock of the first space, with so many seats.
pub(super) fn training(title: &str, label: &Label, capacity: Option<u64>) -> EventText {
    let now = label.space(0).app().now();
    let tomorrow = figures::machine_day(now.plus_seconds(DAY_SECONDS), &figures::zone(None));
    EventText {
        title: title.to_owned(),
        description: None,
        start: LocalTime::parse(&format!("{tomorrow}T18:30:00")).unwrap(),
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
        capacity,
        price_cents: None,
        is_example: false,
    }
}

/// The text of a page, with plain spaces.
pub(super) fn text(page: &html::Page) -> String {
    page.text.replace(['\u{a0}', '\u{202f}'], " ")
}

/// The page says all of these, in this order.
#[track_caller]
pub(super) fn says(page: &html::Page, expected: &[&str]) {
    let text = text(page);
    let mut rest = text.as_str();
    for wanted in expected {
        let found = rest.split_once(wanted);
        let (_, after) = found.unwrap_or_else(|| panic!("no {wanted:?} in its place in: {text}"));
        rest = after;
    }
}

#[track_caller]
pub(super) fn does_not_say(page: &html::Page, words: &[&str]) {
    let text = text(page);
    for word in words {
        assert!(!text.contains(word), "{word:?} in {text}");
    }
}

/// The only tag with that attribute.
#[track_caller]
pub(super) fn tag<'a>(page: &'a html::Page, name: &str, value: &str) -> &'a html::Tag {
    let found = page
        .tags
        .iter()
        .find(|it| it.attribute(name) == Some(value));
    found.unwrap_or_else(|| panic!("no {name}={value}"))
}

pub(super) fn at(path: &str, language: Language) -> String {
    format!("{path}?lang={}", language.tag())
}
