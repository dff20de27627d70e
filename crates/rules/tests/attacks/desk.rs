//! The desk: genuine passports that must not open its door now.

use rules::freshness::{Freshness, REGISTER_SECONDS_MAX};
use rules::passport::{
    Block, Challenge, Desk, DeskClock, Held, NotGenuine, NotHere, Verdict, judge, status,
};
use rules::trust::Standing;
use serde_json::{Value, json};
use wire::passport::Shown;
use wire::status_list::Statuses;
use wire::{EntityId, Timestamp};

use crate::papers::IAT;
use crate::passports::{
    BINDING, HOLDER, HOST, binding, binding_claims, claims, claims_with, opened, paper, passport,
    shown,
};
use crate::table::{Attack, Outcome, attacks};

/// The moment of showing.
const NOW: i64 = IAT + 600;
const DAY: i64 = 86_400;

/// All that a desk knows, good unless it is changed.
struct Known {
    shown: Shown,
    now: i64,
    register_as_of: Option<i64>,
    host: Standing,
    home: Standing,
    list_until: Option<i64>,
    status: u8,
    was_shown: bool,
    used_here: u64,
    challenge: Challenge<'static>,
}

fn labelled() -> Standing {
    Standing::Labelled {
        until: Timestamp(NOW + DAY),
    }
}

fn genuine(claims: &Value) -> Shown {
    opened(&shown(claims, "mug-ops")).expect("a genuine passport")
}

fn judged(change: impl FnOnce(&mut Known)) -> Outcome {
    let mut known = Known {
        shown: genuine(&claims()),
        now: NOW,
        register_as_of: Some(NOW),
        host: labelled(),
        home: labelled(),
        list_until: Some(NOW + 2 * DAY),
        status: status::VALID,
        was_shown: false,
        used_here: 0,
        challenge: Challenge::NotAsked,
    };
    change(&mut known);
    let host = EntityId::parse(HOST).expect("an entity identifier");
    let mut statuses = Statuses::new(8);
    statuses.set(3, known.status);
    let held = Held {
        register_as_of: known.register_as_of.map(Timestamp),
        host: &known.host,
        home: &known.home,
        home_freshness: Freshness::Never,
        statuses: known.list_until.map(|until| (&statuses, Timestamp(until))),
        was_shown: known.was_shown,
        used_here: known.used_here,
        is_counted_now: false,
    };
    let desk = Desk {
        host: &host,
        now: Timestamp(known.now),
        month: "2027-01",
        clock: DeskClock::Good,
        challenge: known.challenge,
    };
    answered(judge(&known.shown, held, desk))
}

/// The words of `specs/passport.md`, section 7.2.
fn answered(verdict: Verdict) -> Outcome {
    Err(match verdict {
        Verdict::Allowed { .. } | Verdict::ToVerify { .. } => return Ok(()),
        Verdict::Blocked(Block::Revoked) => "revoked",
        Verdict::Blocked(Block::Paused) => "paused",
        Verdict::Blocked(Block::KeyEnded) => "key_ended",
        Verdict::Blocked(Block::HomeSuspended) => "home_suspended",
        Verdict::Blocked(Block::HomeWithdrawn) => "home_withdrawn",
        Verdict::Expired => "expired",
        Verdict::NoAllowance => "no_allowance",
        Verdict::NotAllowedHere(NotHere::OtherHost) => "other_host",
        Verdict::NotAllowedHere(NotHere::HostNotLabelled) => "host_not_labelled",
        Verdict::NotAllowedHere(NotHere::HomeNotLabelled) => "home_not_labelled",
        Verdict::NotAllowedHere(NotHere::RegisterTooOld) => "register_too_old",
        Verdict::NotAllowedHere(NotHere::ListTooOld) => "list_too_old",
        Verdict::NotAllowedHere(NotHere::ClockWrong) => "clock_wrong",
        Verdict::NotGenuine(NotGenuine::UnknownHome) => "unknown_home",
        Verdict::NotGenuine(NotGenuine::OutOfTime) => "out_of_time",
        Verdict::NotGenuine(NotGenuine::OtherChallenge) => "other_challenge",
        Verdict::NotGenuine(NotGenuine::Malformed) => "malformed",
        Verdict::AlreadyUsed => "already_used",
    })
}

/// Shown to somebody else.
fn shown_to(audience: &str) -> Outcome {
    let passport = passport(&claims(), "mug-ops");
    let mut bound = binding_claims(&passport);
    bound["aud"] = audience.into();
    let bound = binding(BINDING, bound.to_string().as_bytes(), &HOLDER);
    let shown = opened(&format!("{passport}~{bound}")).expect("a genuine passport");
    judged(|it| it.shown = shown)
}

fn shown_after(seconds: i64) -> Outcome {
    judged(|it| it.now = NOW + seconds)
}

fn ten_minutes_behind(known: &mut Known) {
    known.now = NOW - 60;
    known.register_as_of = Some(NOW + 600);
}

pub(crate) fn showings() -> Vec<Attack> {
    attacks!("showing":
        C5 "A code that was shown for another host is shown here."
            { shown_to("https://other.example") } other_host [showing_host]
        C5 "What a member made for a question to their home is shown at its desk."
            { shown_to("https://grenoble.example/api/v1/member") } other_host [showing_host]
        C5 "A code is shown twice, by two people."
            { judged(|it| it.was_shown = true) } already_used [showing_once]
        C5 "A code that was relayed within its two minutes is shown at a strict desk."
            { judged(|it| it.challenge = Challenge::Good("123456")) }
            other_challenge [showing_challenge]
        C5 "A number of another desk, or of some time ago, is answered."
            { judged(|it| it.challenge = Challenge::NotGood) } other_challenge [showing_challenge]
        C6 "A picture of a code is shown two minutes later."
            { shown_after(121) } out_of_time [showing_time]
        C6 "A code of yesterday is shown."
            { shown_after(DAY) } out_of_time [showing_time]
        C6 "A code is shown that was made for later."
            { shown_after(-121) } out_of_time [showing_time]
        C18 "A desk whose battery is dead takes an old code for a new one."
            { judged(|it| it.now = 0) } clock_wrong [desk_clock showing_time passport_begun]
        C18 "A desk's clock is ten minutes behind, so that a code would live longer."
            { judged(ten_minutes_behind) } clock_wrong [desk_clock]
    )
}

fn home(standing: Standing) -> Outcome {
    judged(|it| it.home = standing)
}

fn suspended() -> Standing {
    Standing::Suspended {
        since: Timestamp(IAT),
        reason: String::new(),
    }
}

fn withdrawn() -> Standing {
    Standing::Withdrawn {
        since: Timestamp(IAT),
        reason: String::new(),
    }
}

fn run_out() -> Standing {
    Standing::Expired {
        since: Timestamp(IAT),
    }
}

pub(crate) fn homes() -> Vec<Attack> {
    attacks!("home and host":
        B8 "The coordinator is kept away for thirty days, so that no withdrawal is heard."
            { judged(|it| it.register_as_of = Some(NOW - REGISTER_SECONDS_MAX)) }
            register_too_old [register_age]
        B4 "A host goes on that has lost its label."
            { judged(|it| it.host = withdrawn()) } host_not_labelled [host_label]
        B8 "A host goes on whose label has run out."
            { judged(|it| it.host = run_out()) } host_not_labelled [host_label]
        B4 "A home goes on that has lost its label."
            { home(withdrawn()) } home_withdrawn [home_withdrawn]
        B4 "A home goes on whose label is suspended."
            { home(suspended()) } home_suspended [home_suspended]
        A10 "A home gives passports before it bears the label."
            { home(Standing::Admitted) } home_not_labelled [home_label]
        B2 "A home gives passports after its papers have run out."
            { home(run_out()) } home_not_labelled [home_papers]
        B12 "A node that the label does not know gives passports."
            { home(Standing::Unknown) } unknown_home [home_known]
        B8 "A desk that has heard nothing yet is shown a passport."
            { judged(|it| it.register_as_of = None) } register_too_old []
    )
}

fn passport_with(at: &str, value: impl Into<Value>) -> Outcome {
    judged(|it| it.shown = genuine(&claims_with(at, value)))
}

fn next_month() -> Value {
    json!({ "period": "2027-02", "granted": 4, "left": 0 })
}

fn on_paper(change: impl FnOnce(&mut Value), status: u8) -> Outcome {
    let mut claims = paper();
    change(&mut claims);
    let text = format!("{}~", passport(&claims, "mug-ops"));
    judged(|it| {
        it.shown = opened(&text).expect("a genuine passport");
        it.status = status;
    })
}

pub(crate) fn passports() -> Vec<Attack> {
    attacks!("passport at the desk":
        C4 "A passport is shown in the first second in which it does not hold."
            { passport_with("/exp", NOW) } expired [passport_expired]
        C4 "A passport lasts a second longer than 30 days."
            { passport_with("/exp", IAT + 30 * DAY + 1) } malformed [passport_term]
        C4 "A passport lasts a thousand years."
            { passport_with("/exp", IAT + 365_250 * DAY) } malformed [passport_term]
        C4 "A passport begins tomorrow."
            { passport_with("/iat", NOW + DAY) } malformed [passport_begun]
        C17 "A passport is shown that its home took back."
            { judged(|it| it.status = status::INVALID) } revoked [status_revoked]
        C17 "A passport is shown that its home has paused."
            { judged(|it| it.status = status::SUSPENDED) } paused [status_paused]
        C8 "A passport has a status that nobody knows."
            { judged(|it| it.status = 3) } revoked [status_revoked]
        C8 "A passport refers to a place behind the end of its list."
            { passport_with("/status/status_list/idx", 8) } malformed [status_place]
        C8 "A passport refers to a place that is larger than memory."
            { passport_with("/status/status_list/idx", 9_007_199_254_740_991_i64) }
            malformed [status_place]
        C7 "A home's list is kept away for fourteen days, and what was taken back with it."
            { judged(|it| it.list_until = Some(NOW)) } list_too_old [list_age]
        C8 "A home has no list."
            { judged(|it| it.list_until = None) } list_too_old []
        D12 "Nothing is left of the allowance."
            { passport_with("/roaming/left", 0) } no_allowance [allowance_left]
        D12 "What was left was used here since."
            { judged(|it| it.used_here = 3) } no_allowance [allowance_left]
        D12 "A passport counts for next month, of which nothing is left."
            { passport_with("/roaming", next_month()) } no_allowance [allowance_left]
        C4 "A passport on paper is shown that has run out."
            { on_paper(|it| it["exp"] = NOW.into(), status::VALID) } expired [passport_expired]
        C17 "A passport on paper is shown that was taken back."
            { on_paper(|_| {}, status::INVALID) } revoked [status_revoked]
    )
}
