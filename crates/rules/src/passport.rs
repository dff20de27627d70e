//! Whether somebody who shows a passport is let in.
//!
//! **Invariant:** the answer follows from what the host already holds. Nobody is
//! asked, so that nobody learns who is visiting whom, and so that it works with the
//! line cut.
//!
//! Specified in `specs/passport.md`.

use seal::checks::{holds, is_on};
use wire::passport::{Audience, Shown, ShownBy};
use wire::status_list::Statuses;
use wire::{EntityId, Timestamp};

use crate::freshness::{self, Freshness};
use crate::trust::{CLOCK_LEEWAY_SECONDS, Standing};

/// How long a passport holds: 30 days.
pub const PASSPORT_SECONDS: i64 = 30 * 24 * 60 * 60;
/// How long a status list holds: 14 days.
pub const STATUS_LIST_SECONDS: i64 = 14 * 24 * 60 * 60;
/// How often a status list should be read again: hourly.
pub const STATUS_LIST_TTL_SECONDS: i64 = 60 * 60;
/// How far the moment of showing may be from the desk's clock: two minutes, so that
/// a picture of somebody's code is soon worth nothing.
pub const SHOWN_SECONDS_MAX: i64 = 120;
/// The same where the desk's clock is known to be poor: five minutes.
pub const SHOWN_SECONDS_MAX_POOR_CLOCK: i64 = 300;

/// The statuses of a status list (draft-ietf-oauth-status-list §7.1).
pub mod status {
    /// It holds.
    pub const VALID: u8 = 0;
    /// It was taken back for good.
    pub const INVALID: u8 = 1;
    /// It is taken back for a while.
    pub const SUSPENDED: u8 = 2;
}

/// How well the desk knows the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskClock {
    /// Set by the network.
    Good,
    /// Set by hand, or not at all.
    Poor,
}

/// How long a number that a desk shows is good: as long as a code.
pub const CHALLENGE_SECONDS: i64 = SHOWN_SECONDS_MAX;

/// Whether the desk shows a number that the holder's key must have signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge<'a> {
    /// It shows none.
    NotAsked,
    /// It shows this one, which lets nobody in but once, now.
    Good(&'a str),
    /// It was never this desk's, or is not good any more.
    NotGood,
}

/// The desk that judges.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// The host.
    pub host: &'a EntityId,
    /// The desk's moment.
    pub now: Timestamp,
    /// The month at the host, `YYYY-MM`.
    pub month: &'a str,
    /// How well it knows the time.
    pub clock: DeskClock,
    /// What it asks of a holder, in its strict mode.
    pub challenge: Challenge<'a>,
}

/// What the host holds of the label and of the passport's home.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// When the coordinator signed the last head that the host holds.
    pub register_as_of: Option<Timestamp>,
    /// The host's own standing.
    pub host: &'a Standing,
    /// The home's standing.
    pub home: &'a Standing,
    /// How fresh the home's feed is.
    pub home_freshness: Freshness,
    /// The status list that the passport refers to, with until when it holds.
    pub statuses: Option<(&'a Statuses, Timestamp)>,
    /// Whether this very showing was judged before.
    pub was_shown: bool,
    /// Half-days of this month that this passport has used at this host: its home did not
    /// know of them when it signed.
    pub used_here: u64,
    /// Whether the half-day that it is now was counted for this passport already today:
    /// whoever went out and comes back uses nothing more.
    pub is_counted_now: bool,
}

/// The answer at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Let in; this many half-days were left, as last known.
    Allowed {
        /// Half-days left in this month, as last known to the home.
        left: u64,
    },
    /// Good, and on paper: a person looks whether it is theirs.
    ToVerify {
        /// Half-days left in this month, as last known to the home.
        left: u64,
    },
    /// Not let in, by the home's or the label's word.
    Blocked(Block),
    /// The passport has run out.
    Expired,
    /// Nothing is left of the allowance.
    NoAllowance,
    /// A good passport perhaps, and not for this desk now.
    NotAllowedHere(NotHere),
    /// No passport of this label.
    NotGenuine(NotGenuine),
    /// This showing was judged before.
    AlreadyUsed,
}

/// Why a passport is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// The home took it back.
    Revoked,
    /// The home has paused it.
    Paused,
    /// It was signed by a key that is not good any more.
    KeyEnded,
    /// The home's label is suspended.
    HomeSuspended,
    /// The home's label is withdrawn.
    HomeWithdrawn,
}

/// Why a desk does not let in what may be a good passport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotHere {
    /// It was shown for another host.
    OtherHost,
    /// The host itself does not bear the label now.
    HostNotLabelled,
    /// The home belongs, and does not bear the label, or its papers have run out.
    HomeNotLabelled,
    /// The coordinator was not heard for 30 days.
    RegisterTooOld,
    /// The home's list of blocked passports is missing or older than 14 days.
    ListTooOld,
    /// The desk's clock cannot be right.
    ClockWrong,
}

/// Why something is no passport of this label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotGenuine {
    /// It is not signed by a home of this label.
    UnknownHome,
    /// It was shown too long ago, or in the future: a picture of a code, or a clock.
    OutOfTime,
    /// It says more than a passport may, or refers to no place in a list.
    Malformed,
    /// It was not made for the number that the desk shows.
    OtherChallenge,
}

/// Judges a passport that was shown, whose signatures hold.
///
/// A wrong clock at the desk is said first, because it would be taken for a fault of
/// the visitor. Then what is wrong with the showing, then with the desk, then with the
/// home, then with the passport, last with the allowance.
pub fn judge(shown: &Shown, held: Held<'_>, desk: Desk<'_>) -> Verdict {
    let steps = [clock, showing, label, term, status_of, papers, allowance];
    let refusal = steps.iter().find_map(|step| step(shown, held, desk));
    let left = left(shown, held, desk);
    refusal.unwrap_or(match shown.by {
        ShownBy::Holder(_) => Verdict::Allowed { left },
        ShownBy::Paper => Verdict::ToVerify { left },
    })
}

fn clock(_: &Shown, held: Held<'_>, desk: Desk<'_>) -> Option<Verdict> {
    let as_of = held.register_as_of?;
    let is_behind = crate::trust::is_clock_behind(desk.now, as_of);
    (!holds("desk_clock", !is_behind)).then_some(Verdict::NotAllowedHere(NotHere::ClockWrong))
}

/// What is on paper is shown to whoever looks, as often as they look.
fn showing(shown: &Shown, held: Held<'_>, desk: Desk<'_>) -> Option<Verdict> {
    let ShownBy::Holder(showing) = &shown.by else {
        return None;
    };
    if !holds(
        "showing_host",
        showing.audience == Audience::Desk(desk.host.clone()),
    ) {
        return Some(Verdict::NotAllowedHere(NotHere::OtherHost));
    }
    let most = match desk.clock {
        DeskClock::Good => SHOWN_SECONDS_MAX,
        DeskClock::Poor => SHOWN_SECONDS_MAX_POOR_CLOCK,
    };
    let age = desk.now.seconds_since(showing.shown_at).saturating_abs();
    if !holds("showing_time", age <= most) {
        return Some(Verdict::NotGenuine(NotGenuine::OutOfTime));
    }
    if !holds("showing_once", !held.was_shown) {
        return Some(Verdict::AlreadyUsed);
    }
    let answers = answers(&showing.nonce, desk.challenge);
    (!holds("showing_challenge", answers))
        .then_some(Verdict::NotGenuine(NotGenuine::OtherChallenge))
}

/// In a desk's strict mode a nonce is the number that it shows, a dot, and chance.
fn answers(nonce: &str, challenge: Challenge<'_>) -> bool {
    match challenge {
        Challenge::NotAsked => true,
        Challenge::Good(number) => nonce
            .split_once('.')
            .is_some_and(|(before, after)| before == number && !after.is_empty()),
        Challenge::NotGood => false,
    }
}

fn label(_: &Shown, held: Held<'_>, desk: Desk<'_>) -> Option<Verdict> {
    let not_here = |why| Some(Verdict::NotAllowedHere(why));
    let Some(as_of) = held.register_as_of else {
        return not_here(NotHere::RegisterTooOld);
    };
    if !holds(
        "register_age",
        freshness::is_register_relied_on(as_of, desk.now),
    ) {
        return not_here(NotHere::RegisterTooOld);
    }
    if !holds("host_label", matches!(held.host, Standing::Labelled { .. })) {
        return not_here(NotHere::HostNotLabelled);
    }
    match held.home {
        // Whether expired papers are the home's fault or the line's shows by its list.
        Standing::Labelled { .. } | Standing::Expired { .. } => None,
        Standing::Suspended { .. } => {
            is_on("home_suspended").then_some(Verdict::Blocked(Block::HomeSuspended))
        }
        Standing::Withdrawn { .. } => {
            is_on("home_withdrawn").then_some(Verdict::Blocked(Block::HomeWithdrawn))
        }
        Standing::Admitted if holds("home_label", false) => None,
        Standing::Admitted => not_here(NotHere::HomeNotLabelled),
        Standing::Unknown => {
            is_on("home_known").then_some(Verdict::NotGenuine(NotGenuine::UnknownHome))
        }
    }
}

fn term(shown: &Shown, _: Held<'_>, desk: Desk<'_>) -> Option<Verdict> {
    let passport = &shown.passport;
    let is_long = passport.exp.seconds_since(passport.iat) > PASSPORT_SECONDS;
    let is_early = passport.iat.seconds_since(desk.now) > CLOCK_LEEWAY_SECONDS;
    if !(holds("passport_term", !is_long) && holds("passport_begun", !is_early)) {
        return Some(Verdict::NotGenuine(NotGenuine::Malformed));
    }
    (!holds("passport_expired", desk.now < passport.exp)).then_some(Verdict::Expired)
}

fn status_of(shown: &Shown, held: Held<'_>, desk: Desk<'_>) -> Option<Verdict> {
    let Some((statuses, _)) = held
        .statuses
        .filter(|(_, until)| holds("list_age", desk.now < *until))
    else {
        return Some(Verdict::NotAllowedHere(NotHere::ListTooOld));
    };
    match statuses.get(shown.passport.status.status_list.idx) {
        Some(status::VALID) => None,
        Some(status::SUSPENDED) => {
            is_on("status_paused").then_some(Verdict::Blocked(Block::Paused))
        }
        Some(_) => is_on("status_revoked").then_some(Verdict::Blocked(Block::Revoked)),
        None => is_on("status_place").then_some(Verdict::NotGenuine(NotGenuine::Malformed)),
    }
}

/// A home that was heard lately, and whose papers have expired all the same.
fn papers(_: &Shown, held: Held<'_>, _: Desk<'_>) -> Option<Verdict> {
    let is_expired = matches!(held.home, Standing::Expired { .. });
    (!holds("home_papers", !is_expired))
        .then_some(Verdict::NotAllowedHere(NotHere::HomeNotLabelled))
}

/// At home nothing of the allowance is used, nor by whoever comes back.
fn allowance(shown: &Shown, held: Held<'_>, desk: Desk<'_>) -> Option<Verdict> {
    let is_away = shown.passport.iss != *desk.host;
    let is_free = !is_away || held.is_counted_now || left(shown, held, desk) > 0;
    (!holds("allowance_left", is_free)).then_some(Verdict::NoAllowance)
}

/// Half-days left, as last known to the home, less what was used here since: a new month
/// grants anew.
fn left(shown: &Shown, held: Held<'_>, desk: Desk<'_>) -> u64 {
    let roaming = &shown.passport.roaming;
    let known = if roaming.period.as_str() < desk.month {
        roaming.granted
    } else {
        roaming.left
    };
    known.saturating_sub(held.used_here)
}

#[cfg(test)]
#[path = "passport_tests.rs"]
mod tests;
