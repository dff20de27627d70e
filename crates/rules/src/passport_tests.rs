//! Each answer of the desk, and the moment at which it turns into another.

use seal::{Jwk, KeySet, SecretKey, holder};
use serde_json::{Value, json};
use wire::passport::{
    Confirmation, PAPER_VCT, PASSPORT_VCT, Passport, Presentation, RoamingClaim, StatusClaim,
    StatusReference,
};

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);
const MONTH: &str = "2027-01";

fn id(text: &str) -> EntityId {
    EntityId::parse(text).unwrap()
}

fn host() -> EntityId {
    id("https://grenoble.example")
}

fn passport() -> Passport {
    let key = SecretKey::from_seed(&[8; 32]);
    Passport {
        iss: id("https://le-mug.example"),
        vct: PASSPORT_VCT.to_owned(),
        iat: NOW.plus_seconds(-1000),
        exp: NOW.plus_seconds(PASSPORT_SECONDS - 1000),
        cnf: Some(Confirmation {
            jwk: serde_json::to_value(Jwk::from(key.public())).unwrap(),
        }),
        status: StatusClaim {
            status_list: StatusReference {
                idx: 3,
                uri: "https://le-mug.example/status/1".into(),
            },
        },
        name: "Camille".to_owned(),
        formula: "month".to_owned(),
        roaming: RoamingClaim {
            period: MONTH.to_owned(),
            granted: 4,
            left: 3,
        },
        digests: None,
        digest_algorithm: None,
    }
}

fn shown_with(passport: Passport, claims: impl FnOnce(&mut Value)) -> Shown {
    let home = SecretKey::from_seed(&[7; 32]);
    let sealed = seal::sign(passport, &home).unwrap();
    let text = format!("{}~", sealed.as_str());
    let mut binding = json!({ "aud": host(), "iat": NOW, "nonce": "0123456789",
        "sd_hash": wire::Sha256Hash::of(&[text.as_bytes()]) });
    claims(&mut binding);
    let holder = SecretKey::from_seed(&[8; 32]);
    opened(&format!(
        "{text}{}",
        holder::sign_key_binding(&binding, &holder)
    ))
}

fn opened(presentation: &str) -> Shown {
    let home = SecretKey::from_seed(&[7; 32]);
    let keys = KeySet::only(home.public().clone());
    Presentation::parse(presentation)
        .unwrap()
        .open(&keys)
        .unwrap()
}

/// A passport on paper.
fn on_paper(change: impl FnOnce(&mut Passport)) -> Shown {
    let mut passport = passport();
    passport.vct = PAPER_VCT.to_owned();
    passport.cnf = None;
    change(&mut passport);
    let home = SecretKey::from_seed(&[7; 32]);
    opened(&format!(
        "{}~",
        seal::sign(passport, &home).unwrap().as_str()
    ))
}

/// Everything that may be changed before it is judged.
struct Case {
    shown: Shown,
    now: Timestamp,
    month: &'static str,
    clock: DeskClock,
    challenge: Challenge<'static>,
    register_as_of: Option<Timestamp>,
    host: Standing,
    home: Standing,
    statuses: Option<(Statuses, Timestamp)>,
    was_shown: bool,
    used_here: u64,
    is_counted_now: bool,
}

fn case() -> Case {
    let until = NOW.plus_seconds(1_000_000);
    let mut statuses = Statuses::new(64);
    statuses.set(5, status::INVALID);
    Case {
        shown: shown_with(passport(), |_| {}),
        now: NOW,
        month: MONTH,
        clock: DeskClock::Good,
        challenge: Challenge::NotAsked,
        register_as_of: Some(NOW),
        host: Standing::Labelled { until },
        home: Standing::Labelled { until },
        statuses: Some((statuses, until)),
        was_shown: false,
        used_here: 0,
        is_counted_now: false,
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut Case), expected: Verdict) {
    let mut case = case();
    change(&mut case);
    let host = host();
    let desk = Desk {
        host: &host,
        now: case.now,
        month: case.month,
        clock: case.clock,
        challenge: case.challenge,
    };
    let held = Held {
        register_as_of: case.register_as_of,
        host: &case.host,
        home: &case.home,
        home_freshness: Freshness::Fresh { as_of: NOW },
        statuses: case
            .statuses
            .as_ref()
            .map(|(statuses, until)| (statuses, *until)),
        was_shown: case.was_shown,
        used_here: case.used_here,
        is_counted_now: case.is_counted_now,
    };
    assert_eq!(judge(&case.shown, held, desk), expected);
}

#[test]
fn a_good_passport_is_let_in_with_what_is_left() {
    check(|_| {}, Verdict::Allowed { left: 3 });
}

#[test]
fn a_showing_is_for_one_host_now_and_once() {
    let other = || shown_with(passport(), |it| it["aud"] = json!("https://other.example"));
    check(
        |it| it.shown = other(),
        Verdict::NotAllowedHere(NotHere::OtherHost),
    );
    // What was made for a member's own questions opens no door, at home neither.
    let asking = || {
        let home = "https://grenoble.example/api/v1/member";
        shown_with(passport(), |it| it["aud"] = json!(home))
    };
    check(
        |it| it.shown = asking(),
        Verdict::NotAllowedHere(NotHere::OtherHost),
    );
    check(|it| it.was_shown = true, Verdict::AlreadyUsed);
    let out_of_time = Verdict::NotGenuine(NotGenuine::OutOfTime);
    for (seconds, clock, expected) in [
        (120, DeskClock::Good, Verdict::Allowed { left: 3 }),
        (121, DeskClock::Good, out_of_time),
        (-120, DeskClock::Good, Verdict::Allowed { left: 3 }),
        (-121, DeskClock::Good, out_of_time),
        (300, DeskClock::Poor, Verdict::Allowed { left: 3 }),
        (301, DeskClock::Poor, out_of_time),
        (86_400, DeskClock::Poor, out_of_time),
    ] {
        let change = |it: &mut Case| {
            it.now = NOW.plus_seconds(seconds);
            it.clock = clock;
        };
        check(change, expected);
    }
}

#[test]
fn in_strict_mode_a_code_is_made_for_the_number_on_the_screen() {
    let other = Verdict::NotGenuine(NotGenuine::OtherChallenge);
    let allowed = Verdict::Allowed { left: 3 };
    let good = Challenge::Good("012345");
    for (nonce, challenge, expected) in [
        ("012345.chance", good, allowed),
        ("012345.chance", Challenge::NotAsked, allowed),
        ("012345.chance", Challenge::NotGood, other),
        ("012345.chance", Challenge::Good("012346"), other),
        ("0123450.chance", good, other),
        ("012345chance", good, other),
        ("012345..", good, allowed),
        ("x.012345.", good, other),
        ("0123456789", good, other),
        ("0123456789.", Challenge::Good("0123456789"), other),
    ] {
        let change = |it: &mut Case| {
            it.shown = shown_with(passport(), |it| it["nonce"] = json!(nonce));
            it.challenge = challenge;
        };
        check(change, expected);
    }
    // Whoever was let in by it is told so, and what is on paper carries no number.
    let used = |it: &mut Case| (it.was_shown, it.challenge) = (true, Challenge::NotGood);
    check(used, Verdict::AlreadyUsed);
    let paper = |it: &mut Case| {
        it.shown = on_paper(|_| {});
        it.challenge = good;
    };
    check(paper, Verdict::ToVerify { left: 3 });
}

#[test]
fn the_label_is_read_before_the_passport() {
    let (since, reason) = (NOW, String::new());
    let suspended = Standing::Suspended {
        since,
        reason: reason.clone(),
    };
    let withdrawn = Standing::Withdrawn { since, reason };
    let here = Verdict::NotAllowedHere;
    check(
        |it| it.home = suspended.clone(),
        Verdict::Blocked(Block::HomeSuspended),
    );
    check(
        |it| it.home = withdrawn.clone(),
        Verdict::Blocked(Block::HomeWithdrawn),
    );
    check(
        |it| it.home = Standing::Admitted,
        here(NotHere::HomeNotLabelled),
    );
    check(
        |it| it.home = Standing::Expired { since },
        here(NotHere::HomeNotLabelled),
    );
    check(
        |it| it.home = Standing::Unknown,
        Verdict::NotGenuine(NotGenuine::UnknownHome),
    );
    for host in [suspended, withdrawn, Standing::Admitted, Standing::Unknown] {
        check(|it| it.host = host.clone(), here(NotHere::HostNotLabelled));
    }
}

#[test]
fn a_desk_that_heard_nothing_for_a_month_does_not_judge() {
    let month = freshness::REGISTER_SECONDS_MAX;
    let here = Verdict::NotAllowedHere;
    let heard = |seconds: i64| Some(NOW.plus_seconds(-seconds));
    check(
        |it| it.register_as_of = heard(month - 1),
        Verdict::Allowed { left: 3 },
    );
    check(
        |it| it.register_as_of = heard(month),
        here(NotHere::RegisterTooOld),
    );
    check(|it| it.register_as_of = None, here(NotHere::RegisterTooOld));
    check(
        |it| it.register_as_of = heard(-CLOCK_LEEWAY_SECONDS),
        Verdict::Allowed { left: 3 },
    );
    check(
        |it| it.register_as_of = heard(-CLOCK_LEEWAY_SECONDS - 1),
        here(NotHere::ClockWrong),
    );
    // Of a dead battery the visitor is not accused.
    check(|it| it.now = Timestamp(0), here(NotHere::ClockWrong));
}

#[test]
fn a_list_of_blocked_passports_must_be_there_and_young() {
    let here = Verdict::NotAllowedHere(NotHere::ListTooOld);
    check(|it| it.statuses = None, here);
    check(|it| it.statuses = Some((Statuses::new(64), NOW)), here);
    let until = NOW.plus_seconds(1);
    check(
        |it| it.statuses = Some((Statuses::new(64), until)),
        Verdict::Allowed { left: 3 },
    );
    let at = |idx: u64| {
        let mut passport = passport();
        passport.status.status_list.idx = idx;
        shown_with(passport, |_| {})
    };
    check(|it| it.shown = at(5), Verdict::Blocked(Block::Revoked));
    check(
        |it| it.shown = at(64),
        Verdict::NotGenuine(NotGenuine::Malformed),
    );
}

#[test]
fn a_home_that_was_not_heard_is_not_taken_for_one_without_label() {
    let expired = |it: &mut Case| it.home = Standing::Expired { since: NOW };
    let here = Verdict::NotAllowedHere;
    check(expired, here(NotHere::HomeNotLabelled));
    let and_silent = |it: &mut Case| {
        expired(it);
        it.statuses = Some((Statuses::new(64), NOW));
    };
    check(and_silent, here(NotHere::ListTooOld));
}

#[test]
fn a_passport_on_paper_is_for_a_person_to_look_at() {
    check(
        |it| it.shown = on_paper(|_| {}),
        Verdict::ToVerify { left: 3 },
    );
    // It can be shown for days, and again.
    let later = |it: &mut Case| {
        it.shown = on_paper(|_| {});
        it.now = NOW.plus_seconds(900_000);
        it.register_as_of = Some(it.now);
        it.was_shown = true;
    };
    check(later, Verdict::ToVerify { left: 3 });
    // All else is judged as ever.
    check(
        |it| it.shown = on_paper(|it| it.exp = NOW),
        Verdict::Expired,
    );
    let taken_back = on_paper(|it| it.status.status_list.idx = 5);
    check(|it| it.shown = taken_back, Verdict::Blocked(Block::Revoked));
    check(
        |it| it.shown = on_paper(|it| it.roaming.left = 0),
        Verdict::NoAllowance,
    );
    let no_register = |it: &mut Case| {
        it.shown = on_paper(|_| {});
        it.register_as_of = None;
    };
    check(
        no_register,
        Verdict::NotAllowedHere(NotHere::RegisterTooOld),
    );
}

#[test]
fn a_passport_runs_out_and_cannot_last_longer_than_it_may() {
    let with = |change: &dyn Fn(&mut Passport)| {
        let mut passport = passport();
        change(&mut passport);
        shown_with(passport, |_| {})
    };
    let ended = with(&|it| it.exp = NOW);
    check(|it| it.shown = ended, Verdict::Expired);
    let malformed = Verdict::NotGenuine(NotGenuine::Malformed);
    let long = with(&|it| it.exp = it.iat.plus_seconds(PASSPORT_SECONDS + 1));
    check(|it| it.shown = long, malformed);
    let early = with(&|it| it.iat = NOW.plus_seconds(CLOCK_LEEWAY_SECONDS + 1));
    check(|it| it.shown = early, malformed);
    let as_early_as_a_clock_may_be = with(&|it| it.iat = NOW.plus_seconds(CLOCK_LEEWAY_SECONDS));
    check(
        |it| it.shown = as_early_as_a_clock_may_be,
        Verdict::Allowed { left: 3 },
    );
}

#[test]
fn a_new_month_grants_anew_and_an_old_one_does_not() {
    let with = |period: &str, left: u64| {
        let mut passport = passport();
        passport.roaming = RoamingClaim {
            period: period.to_owned(),
            granted: 4,
            left,
        };
        shown_with(passport, |_| {})
    };
    check(|it| it.shown = with(MONTH, 0), Verdict::NoAllowance);
    check(
        |it| {
            it.shown = with(MONTH, 0);
            it.is_counted_now = true;
        },
        Verdict::Allowed { left: 0 },
    );
    check(
        |it| {
            it.shown = with(MONTH, 3);
            it.used_here = 1;
        },
        Verdict::Allowed { left: 2 },
    );
    check(
        |it| {
            it.shown = with(MONTH, 3);
            it.used_here = 4;
        },
        Verdict::NoAllowance,
    );
    check(
        |it| it.shown = with("2026-12", 0),
        Verdict::Allowed { left: 4 },
    );
    check(|it| it.shown = with("2027-02", 0), Verdict::NoAllowance);
}
