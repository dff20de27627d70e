//! What this space asks others: what waits, what was refused, and what contradicts itself.

use std::collections::BTreeMap;

use app::view::Home;
use app::{
    About, App, ConflictRow, Op, Operator, OutboxError, OutboxRow, OwnFeedState, PartingRow,
    SendFailure, VisitError,
};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use wire::printable;

use super::form::Filled;
use super::here::{Told, space_name, visitor_name};
use super::menu::{Menu, menu};
use super::signed_in::ByAnOperator;
use super::{OUTBOX, failed, shown};
use crate::figures::{ago, date_and_time, day};
use crate::frame::Frame;
use crate::hours::zone_of;
use crate::language::{Language, Reader};
use crate::notice::Notice;
use crate::receipts::{Reason, reason};
use crate::words::{Message as M, Words};

/// The most characters of what happened to a request.
const WHY_CHARS_MAX: usize = 200;

/// A request that was sent, or shall be.
struct Line {
    op: String,
    what: String,
    to: String,
    /// Whose visit it is about, and on which day.
    visit: Option<(String, String)>,
}

/// One that waits.
struct Waiting {
    line: Line,
    since: String,
    is_after: bool,
    tried: Option<Tried>,
}

/// How it was tried.
struct Tried {
    times: String,
    /// What happened, in English.
    what: String,
    why: String,
    next: String,
}

/// One that was refused or given up.
struct Dead {
    line: Line,
    at: String,
    reason: Reason,
    /// Whether another receipt has taken the place of the one that it is about.
    is_replaced: bool,
}

/// Two requests under one name.
struct Conflict {
    by: String,
    at: String,
    op: String,
    answered: String,
    other: String,
}

/// A feed that has parted.
struct Parted {
    by: String,
    at: String,
    is_over: bool,
}

#[derive(Template)]
#[template(path = "outbox.html")]
struct OutboxPage {
    frame: Frame,
    menu: Menu,
    told: Option<Told>,
    /// What this node's own feed waits for: what is so, and what can be done.
    own_feed: Option<(String, String)>,
    parted: Vec<Parted>,
    dead: Vec<Dead>,
    waiting: Vec<Waiting>,
    conflicts: Vec<Conflict>,
}

/// `GET /outbox`: what waits for others, and what was refused.
pub(crate) async fn outbox(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
) -> Response {
    page(&app, language, &operator, None).await
}

/// `POST /outbox/{op}/again`: asks again what was refused or given up.
pub(crate) async fn again(
    State(app): State<App>,
    Reader(language): Reader,
    ByAnOperator(operator): ByAnOperator,
    Path(op): Path<String>,
    _: Filled,
) -> Response {
    let words = Words::of(language);
    let Some(op) = Op::parse(&op) else {
        return Notice::Missing.answer(language);
    };
    let told = match app.send_again(&operator, op).await {
        Ok(_) => Told::done(words.say(M::OutboxSentAgain)),
        Err(OutboxError::Unknown | OutboxError::NotGenuine) => {
            Told::refusal(words.say(M::OutboxAgainRefused))
        }
        Err(OutboxError::Fault(fault)) => return failed(&fault, language),
    };
    page(&app, language, &operator, Some(told)).await
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn page(app: &App, language: Language, operator: &Operator, told: Option<Told>) -> Response {
    match made(app, language, operator, told).await {
        Ok(page) => shown(&page, language),
        Err(error) => failed(error.as_ref(), language),
    }
}

async fn made(
    app: &App,
    language: Language,
    operator: &Operator,
    told: Option<Told>,
) -> Result<OutboxPage, Failure> {
    let words = Words::of(language);
    let home = app.home().await?;
    let zone = zone_of(home.us.as_ref());
    let (mut dead, mut waiting) = (Vec::new(), Vec::new());
    for row in in_order(app.outbox(operator).await?) {
        let about = visit_of(app, words, operator, row.about).await?;
        let (visit, is_current) = about.unzip();
        let line = line(words, &home, &row, visit);
        if let Some((at, code)) = &row.dead {
            let message = if code == app::UNANSWERED {
                M::OutboxGivenUp
            } else {
                M::OutboxRefused
            };
            let date = date_and_time(words, *at, &zone);
            dead.push(Dead {
                line,
                at: words.say_with(message, &[("date", date.into())]),
                reason: reason(words, code),
                is_replaced: is_current == Some(false),
            });
            continue;
        }
        let since = date_and_time(words, row.since, &zone);
        let failure = row.last_failure.as_ref();
        waiting.push(Waiting {
            line,
            since: words.say_with(M::OutboxSince, &[("date", since.into())]),
            is_after: row.after.is_some(),
            tried: failure.map(|failure| tried(words, &home, failure, &zone)),
        });
    }
    let conflicts = app.conflicts(operator).await?;
    let conflict = |row| conflict(words, &home, row, &zone);
    let parted = |row| parted(words, &home, &row, &zone);
    Ok(OutboxPage {
        frame: Frame::new(words, words.say(M::OutboxTitle)).at(OUTBOX.to_owned()),
        menu: menu(app, words, operator, OUTBOX).await?,
        told,
        own_feed: own_feed(words, app.own_feed_state()),
        parted: app.partings().await?.into_iter().map(parted).collect(),
        dead,
        waiting,
        conflicts: conflicts.into_iter().map(conflict).collect(),
    })
}

/// What keeps this node from publishing, if anything does, and the cure.
fn own_feed(words: &Words, state: OwnFeedState) -> Option<(String, String)> {
    let (what, cure) = match state {
        OwnFeedState::Confirmed | OwnFeedState::Asked => return None,
        OwnFeedState::Unconfirmed => (M::FeedUnconfirmed, M::FeedUnconfirmedCure),
        OwnFeedState::Divided => (M::FeedDivided, M::FeedDividedCure),
    };
    Some((words.say(what), words.say(cure)))
}

fn parted(words: &Words, home: &Home, row: &PartingRow, zone: &TimeZone) -> Parted {
    let seq = i64::try_from(row.seq).unwrap_or(i64::MAX);
    let date = date_and_time(words, row.seen_at, zone);
    let said = [("seq", seq.into()), ("date", date.into())];
    Parted {
        by: space_name(home, &row.entity),
        at: words.say_with(M::FeedPartedAt, &said),
        is_over: row.is_over,
    }
}

/// The oldest first, and what waits for another after it: of one second, nobody knows the
/// order by the clock.
fn in_order(rows: Vec<OutboxRow>) -> Vec<OutboxRow> {
    let before: BTreeMap<Op, Option<Op>> = rows.iter().map(|row| (row.op, row.after)).collect();
    let depth = |row: &OutboxRow| {
        let next = |op: &Op| before.get(op).copied().flatten();
        // A chain is as long as its visit was corrected; a circle would be a fault.
        std::iter::successors(row.after, next)
            .take(before.len())
            .count()
    };
    let mut rows: Vec<_> = rows.into_iter().map(|row| (depth(&row), row)).collect();
    rows.sort_by_key(|(depth, row)| (row.since, *depth));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn line(words: &Words, home: &Home, row: &OutboxRow, visit: Option<(String, String)>) -> Line {
    Line {
        op: row.op.to_string(),
        what: words.say(match row.about {
            About::Receipt(_) => M::OutboxReceipt,
            About::Credit(_) => M::OutboxCredit,
            About::Registration(_) => M::OutboxRegistration,
            About::Cancellation(_) => M::OutboxCancellation,
            About::KeyUpdate(_) => M::OutboxKeyUpdate,
            About::KeyRevocation(_) => M::OutboxKeyRevocation,
            About::Notice { .. } => M::OutboxNotice,
            About::Application => M::OutboxApplication,
        }),
        to: space_name(home, &row.to),
        visit,
    }
}

/// Whose visit a request is about and on which day, and whether it can be sent again.
async fn visit_of(
    app: &App,
    words: &Words,
    operator: &Operator,
    about: About,
) -> Result<Option<((String, String), bool)>, Failure> {
    let Some((visit, is_current)) = app.visit_of_request(operator, about).await? else {
        return Ok(None);
    };
    match app.visit_row(operator, visit).await {
        Ok(row) => {
            let visit = (visitor_name(words, &row), day(words, &row.day.date));
            Ok(Some((visit, is_current)))
        }
        Err(VisitError::Unknown) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn tried(words: &Words, home: &Home, failure: &SendFailure, zone: &TimeZone) -> Tried {
    let when = ago(words, failure.at, home.now);
    let next = date_and_time(words, failure.next_at, zone);
    let times = [
        ("count", i64::from(failure.times).into()),
        ("when", when.into()),
    ];
    Tried {
        times: words.say_with(M::OutboxTried, &times),
        what: words.say(if failure.is_heard {
            M::OutboxNotYet
        } else {
            M::OutboxSilent
        }),
        why: printable(&failure.why, WHY_CHARS_MAX),
        next: words.say_with(M::OutboxNext, &[("date", next.into())]),
    }
}

fn conflict(words: &Words, home: &Home, row: ConflictRow, zone: &TimeZone) -> Conflict {
    let at = date_and_time(words, row.at, zone);
    Conflict {
        by: space_name(home, &row.by),
        at: words.say_with(M::OutboxConflictAt, &[("date", at.into())]),
        op: printable(&row.op, WHY_CHARS_MAX),
        answered: row.answered,
        other: row.other,
    }
}

#[cfg(test)]
mod tests {
    use app::ReceiptId;
    use wire::{EntityId, Timestamp};

    use super::*;

    #[test]
    fn what_waits_for_another_of_the_same_second_comes_after_it() {
        let op = |letter: char| Op::parse(&format!("{}A", letter.to_string().repeat(21))).unwrap();
        let row = |letter, after: Option<char>, since| OutboxRow {
            op: op(letter),
            to: EntityId::parse("https://aix.example").unwrap(),
            about: About::Receipt(ReceiptId::parse(&"A".repeat(22)).unwrap()),
            since: Timestamp(since),
            after: after.map(op),
            dead: None,
            last_failure: None,
        };
        let rows = vec![
            row('a', Some('b'), 2),
            row('b', Some('c'), 2),
            row('c', None, 2),
            row('d', Some('e'), 1),
            // A circle is a fault of somebody, and no reason to go on for ever.
            row('f', Some('g'), 3),
            row('g', Some('f'), 3),
        ];
        let ordered: Vec<Op> = in_order(rows).into_iter().map(|row| row.op).collect();
        assert_eq!(ordered, ['d', 'c', 'b', 'a', 'f', 'g'].map(op));
    }
}
