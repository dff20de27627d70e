//! Each reason for which a home refuses a receipt, and the moment at which it turns into
//! another.

use std::collections::BTreeSet;

use seal::{Jwk, KeySet, SecretKey, holder};
use serde_json::json;
use wire::passport::{
    Confirmation, MEMBER_PATH, PAPER_VCT, PASSPORT_VCT, Passport, Presentation, RoamingClaim,
    StatusClaim, StatusReference,
};
use wire::receipt::{Ending, HalfDay, Proof, VisitValue};
use wire::space::{ClockTime, OpenSpan, Weekday};
use wire::{Cents, Sha256Hash};

use super::*;
use crate::random_days::{self, RECORD};
use crate::visit::PublishedFormula;

#[path = "receipt_properties.rs"]
mod properties;

/// Monday 6 April 2026, 10:00 in Paris.
const ARRIVED: Timestamp = Timestamp(1_775_462_400);
/// 16:00 of the same day.
const LEFT: Timestamp = Timestamp(1_775_484_000);
/// 19:00 of the same day.
const NOW: Timestamp = Timestamp(1_775_494_800);

fn id(text: &str) -> EntityId {
    EntityId::parse(text).unwrap()
}

fn home() -> EntityId {
    id("https://le-mug.example")
}

fn host() -> EntityId {
    id("https://grenoble.example")
}

/// What may be changed of a showing.
#[derive(Debug, Clone)]
struct Showing {
    home: EntityId,
    iat: Timestamp,
    exp: Timestamp,
    audience: String,
    shown_at: Timestamp,
    by: ProofBy,
}

/// A showing on arrival at the host, of a passport that is a day old.
fn showing(arrived: Timestamp) -> Showing {
    Showing {
        home: home(),
        iat: arrived.plus_seconds(-86_400),
        exp: arrived.plus_seconds(86_400),
        audience: "https://grenoble.example".to_owned(),
        shown_at: arrived,
        by: ProofBy::Holder,
    }
}

impl Showing {
    /// Signs it and opens it.
    fn open(&self) -> Shown {
        let home = SecretKey::from_seed(&[7; 32]);
        let holder = SecretKey::from_seed(&[8; 32]);
        let jwk = serde_json::to_value(Jwk::from(holder.public())).unwrap();
        let has_key = self.by == ProofBy::Holder;
        let passport = Passport {
            iss: self.home.clone(),
            vct: if has_key { PASSPORT_VCT } else { PAPER_VCT }.to_owned(),
            iat: self.iat,
            exp: self.exp,
            cnf: has_key.then_some(Confirmation { jwk }),
            status: StatusClaim {
                status_list: StatusReference {
                    idx: 3,
                    uri: "https://le-mug.example/status/1".into(),
                },
            },
            name: "Camille".to_owned(),
            formula: "month".to_owned(),
            roaming: RoamingClaim {
                period: "2026-04".to_owned(),
                granted: 4,
                left: 3,
            },
            digests: None,
            digest_algorithm: None,
        };
        let mut text = format!("{}~", seal::sign(passport, &home).unwrap().as_str());
        if has_key {
            let binding = json!({ "aud": self.audience, "iat": self.shown_at,
                "nonce": "0123456789", "sd_hash": Sha256Hash::of(&[text.as_bytes()]) });
            text.push_str(&holder::sign_key_binding(&binding, &holder));
        }
        let keys = KeySet::only(home.public().clone());
        Presentation::parse(&text).unwrap().open(&keys).unwrap()
    }
}

/// What the home has read of one thing that the host publishes.
#[derive(Debug, Clone)]
enum Read<T> {
    Current(T),
    Nothing,
    NotYet,
    Other,
}

impl<T> Read<T> {
    fn published(&self) -> Published<'_, T> {
        match self {
            Self::Current(value) => Published::Current(value),
            Self::Nothing => Published::Nothing,
            Self::NotYet => Published::NotYet,
            Self::Other => Published::Other,
        }
    }
}

/// Everything that may be changed before it is judged.
#[derive(Debug, Clone)]
struct Case {
    receipt: Receipt,
    now: Timestamp,
    host: Standing,
    shown: Option<Showing>,
    is_known: bool,
    hours: Read<OpeningHours>,
    formula: Read<Formula>,
    counted: HalfDays,
    is_proof_used: bool,
}

/// A receipt as an honest host makes it from what it has published.
fn honest(
    hours: Option<&OpeningHours>,
    formulas: &[PublishedFormula],
    arrived: Timestamp,
    left: Timestamp,
) -> Case {
    let published = hours.map(|hours| (hours, RECORD));
    let day = visit::day_at(published, arrived).unwrap();
    let half_days = visit::half_days(&day, arrived, left).unwrap();
    let value = visit::value(half_days, formulas);
    let named = |value: &VisitValue| formulas.iter().find(|it| it.id == value.formula).unwrap();
    let formula = value.as_ref().map(|value| named(value).formula.clone());
    let receipt = Receipt {
        iss: host(),
        aud: home(),
        iat: left,
        id: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        day: day.date,
        arrived,
        left,
        ended: Ending::Left,
        hours: day.hours,
        half_days: half_days.list(),
        value,
        proof: Proof {
            by: ProofBy::Holder,
            sha256: Sha256Hash([1; 32]),
        },
    };
    // Others read it: its form is as it must be.
    seal::sign(receipt.clone(), &SecretKey::from_seed(&[9; 32])).unwrap();
    let until = left.plus_seconds(1_000_000);
    Case {
        receipt,
        now: left.plus_seconds(NOW.seconds_since(LEFT)),
        host: Standing::Labelled { until },
        shown: Some(showing(arrived)),
        is_known: true,
        hours: hours.cloned().map_or(Read::Nothing, Read::Current),
        formula: formula.map_or(Read::Nothing, Read::Current),
        counted: HalfDays::NONE,
        is_proof_used: false,
    }
}

fn village() -> OpeningHours {
    let span = |from: &str, to: &str| OpenSpan {
        day: Weekday::Monday,
        from: ClockTime::parse(from).unwrap(),
        to: ClockTime::parse(to).unwrap(),
    };
    OpeningHours {
        time_zone: "Europe/Paris".to_owned(),
        half_day_boundary: ClockTime::parse("13:00").unwrap(),
        weekly: vec![span("09:00", "12:00"), span("14:00", "18:00")],
        subscribers_at_all_hours: false,
        is_example: false,
    }
}

fn formulas() -> Vec<PublishedFormula> {
    vec![
        random_days::published("day", FormulaUnit::Day, Cents(1800), 11),
        random_days::published("half", FormulaUnit::HalfDay, Cents(1000), 12),
    ]
}

/// A day in the village, of which both halves are counted, for the price of a day.
fn case() -> Case {
    honest(Some(&village()), &formulas(), ARRIVED, LEFT)
}

/// A morning in the village, for the price of a half.
fn morning() -> Case {
    let left = ARRIVED.plus_seconds(3600);
    let mut case = honest(Some(&village()), &formulas(), ARRIVED, left);
    case.now = NOW;
    case
}

fn judged(case: &Case) -> Judgement {
    let (home, shown) = (home(), case.shown.as_ref().map(Showing::open));
    let held = HeldForReceipt {
        now: case.now,
        home: &home,
        host: &case.host,
        shown: shown.as_ref(),
        is_known: case.is_known,
        hours: case.hours.published(),
        formula: case.formula.published(),
        counted: case.counted,
        is_proof_used: case.is_proof_used,
    };
    judge(&case.receipt, held)
}

#[track_caller]
fn check_of(mut case: Case, change: impl FnOnce(&mut Case), expected: Judgement) {
    change(&mut case);
    assert_eq!(judged(&case), expected);
}

#[track_caller]
fn check(change: impl FnOnce(&mut Case), expected: Judgement) {
    check_of(case(), change, expected);
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut Case), why: ReceiptRefusal) {
    check(change, Judgement::Refused(why));
}

/// Changes the showing.
fn shown(change: impl FnOnce(&mut Showing)) -> impl FnOnce(&mut Case) {
    move |it| change(it.shown.as_mut().unwrap())
}

/// Changes the value.
fn valued(change: impl FnOnce(&mut VisitValue)) -> impl FnOnce(&mut Case) {
    move |it| change(it.receipt.value.as_mut().unwrap())
}

/// A visit on paper.
fn on_paper(it: &mut Case) {
    it.receipt.proof.by = ProofBy::Paper;
    it.shown.as_mut().unwrap().by = ProofBy::Paper;
}

fn half_days(morning: bool, afternoon: bool) -> HalfDays {
    HalfDays { morning, afternoon }
}

#[test]
fn an_honest_receipt_is_accepted() {
    let case = case();
    assert_eq!(
        case.receipt.half_days,
        [HalfDay::Morning, HalfDay::Afternoon]
    );
    assert_eq!(
        case.receipt.value.as_ref().unwrap().total_cents,
        Cents(1800)
    );
    check(|_| {}, Judgement::Accepted);
    check(on_paper, Judgement::Accepted);
    check_of(morning(), |_| {}, Judgement::Accepted);
    // So is one of a host that publishes neither hours nor prices.
    let silent = honest(None, &[], ARRIVED, LEFT);
    check_of(silent, |_| {}, Judgement::Accepted);
}

#[test]
fn every_refusal_has_its_case_and_a_code_of_its_own() {
    use ReceiptRefusal::{
        CountedAlready, Differs, NoProof, NotLabelled, NotOurs, OutOfTime, ProofUsed, TooLate,
    };
    type Change = fn(&mut Case);
    let changes: [(Change, ReceiptRefusal); 8] = [
        (|it| it.is_known = false, NotOurs),
        (|it| it.shown = None, NoProof),
        (|it| it.host = Standing::Unknown, NotLabelled),
        (|it| it.now = Timestamp(i64::MAX), TooLate),
        (|it| it.now = Timestamp(0), OutOfTime),
        (|it| it.hours = Read::Other, Differs),
        (|it| it.counted = half_days(true, false), CountedAlready),
        (|it| it.is_proof_used = true, ProofUsed),
    ];
    let mut met = BTreeSet::new();
    for (change, why) in changes {
        check_refused(change, why);
        met.insert(why);
    }
    assert!(ReceiptRefusal::ALL.iter().all(|why| met.contains(why)));
    let codes: BTreeSet<_> = ReceiptRefusal::ALL.iter().map(|why| why.code()).collect();
    let expected = [
        "counted_already",
        "differs",
        "no_proof",
        "not_labelled",
        "not_ours",
        "out_of_time",
        "proof_used",
        "too_late",
    ];
    assert!(codes.into_iter().eq(expected));
}

#[test]
fn of_several_reasons_the_first_in_order_is_said() {
    type Mend = fn(&mut Case);
    let refused = Judgement::Refused;
    let mut case = case();
    case.now = LEFT.plus_seconds(-CLOCK_LEEWAY_SECONDS - 1);
    case.shown = Some(showing(Timestamp(0)));
    case.is_known = false;
    case.host = Standing::Unknown;
    case.hours = Read::NotYet;
    case.counted = half_days(true, true);
    case.is_proof_used = true;
    let late = |it: &mut Case| it.now = LEFT.plus_seconds(RECEIPT_SECONDS_MAX + 1);
    let steps: [(Judgement, Mend); 9] = [
        (refused(ReceiptRefusal::OutOfTime), late),
        (refused(ReceiptRefusal::NotOurs), |it| it.is_known = true),
        (refused(ReceiptRefusal::NoProof), |it| {
            it.shown = Some(showing(ARRIVED));
        }),
        (refused(ReceiptRefusal::TooLate), |it| it.now = NOW),
        (refused(ReceiptRefusal::NotLabelled), |it| {
            let until = NOW;
            it.host = Standing::Labelled { until };
        }),
        (Judgement::NotYet, |it| it.hours = Read::Other),
        (refused(ReceiptRefusal::Differs), |it| {
            it.hours = Read::Current(village());
        }),
        (refused(ReceiptRefusal::ProofUsed), |it| {
            it.is_proof_used = false;
        }),
        (refused(ReceiptRefusal::CountedAlready), |it| {
            it.counted = HalfDays::NONE;
        }),
    ];
    for (expected, mend) in steps {
        assert_eq!(judged(&case), expected);
        mend(&mut case);
    }
    assert_eq!(judged(&case), Judgement::Accepted);
}

#[test]
fn a_receipt_from_the_future_is_refused() {
    let ahead = |seconds: i64| NOW.plus_seconds(seconds);
    let most = CLOCK_LEEWAY_SECONDS;
    check(|it| it.receipt.iat = ahead(most), Judgement::Accepted);
    check_refused(
        |it| it.receipt.iat = ahead(most + 1),
        ReceiptRefusal::OutOfTime,
    );
    let left_ahead = |it: &mut Case| it.receipt.left = ahead(most + 1);
    check_refused(left_ahead, ReceiptRefusal::OutOfTime);
    // A home whose clock has stopped accuses nobody of anything else.
    let stopped = |it: &mut Case| {
        it.now = Timestamp(0);
        it.shown = None;
    };
    check_refused(stopped, ReceiptRefusal::OutOfTime);
}

#[test]
fn a_receipt_is_for_a_member_of_this_home_alone() {
    let others = shown(|it| it.home = id("https://other.example"));
    check_refused(others, ReceiptRefusal::NotOurs);
    check_refused(|it| it.is_known = false, ReceiptRefusal::NotOurs);
    let of_another = |it: &mut Case| {
        it.is_known = false;
        it.receipt.proof.by = ProofBy::Paper;
    };
    check_refused(of_another, ReceiptRefusal::NotOurs);
}

#[test]
fn the_proof_is_of_this_visit() {
    let no_proof = ReceiptRefusal::NoProof;
    check_refused(|it| it.receipt.proof.by = ProofBy::Paper, no_proof);
    check_refused(shown(|it| it.by = ProofBy::Paper), no_proof);
    check_refused(
        shown(|it| it.audience = "https://other.example".into()),
        no_proof,
    );
    let asking = format!("https://grenoble.example{MEMBER_PATH}");
    check_refused(shown(|it| it.audience = asking), no_proof);
    let most = SHOWN_SECONDS_MAX_POOR_CLOCK;
    for seconds in [most, -most] {
        let at = ARRIVED.plus_seconds(seconds);
        check(shown(|it| it.shown_at = at), Judgement::Accepted);
        let beyond = at.plus_seconds(seconds.signum());
        check_refused(shown(|it| it.shown_at = beyond), no_proof);
    }
    check_refused(shown(|it| it.shown_at = Timestamp(0)), no_proof);
}

#[test]
fn the_passport_held_when_the_visitor_came() {
    let no_proof = ReceiptRefusal::NoProof;
    let early = ARRIVED.plus_seconds(CLOCK_LEEWAY_SECONDS);
    check(shown(|it| it.iat = early), Judgement::Accepted);
    check_refused(shown(|it| it.iat = early.plus_seconds(1)), no_proof);
    // It may run out while the visitor is there.
    let just = ARRIVED.plus_seconds(1);
    check(shown(|it| it.exp = just), Judgement::Accepted);
    check_refused(shown(|it| it.exp = ARRIVED), no_proof);
    let ended_on_paper = |it: &mut Case| {
        on_paper(it);
        it.shown.as_mut().unwrap().exp = ARRIVED;
    };
    check_refused(ended_on_paper, no_proof);
}

#[test]
fn a_receipt_may_come_within_ninety_days() {
    let last = LEFT.plus_seconds(RECEIPT_SECONDS_MAX);
    check(|it| it.now = last, Judgement::Accepted);
    check_refused(|it| it.now = last.plus_seconds(1), ReceiptRefusal::TooLate);
    // It is the visit that counts, not the signature.
    let signed_late = |it: &mut Case| {
        it.now = last.plus_seconds(1);
        it.receipt.iat = it.now;
    };
    check_refused(signed_late, ReceiptRefusal::TooLate);
}

#[test]
fn visits_from_before_a_withdrawal_stay_to_be_settled() {
    let reason = String::new;
    let standings: [fn(Timestamp, String) -> Standing; 3] = [
        |since, reason| Standing::Suspended { since, reason },
        |since, reason| Standing::Withdrawn { since, reason },
        |since, _| Standing::Expired { since },
    ];
    for standing in standings {
        let after = standing(ARRIVED.plus_seconds(1), reason());
        check(|it| it.host = after, Judgement::Accepted);
        let before = standing(ARRIVED, reason());
        check_refused(|it| it.host = before, ReceiptRefusal::NotLabelled);
    }
    for standing in [Standing::Admitted, Standing::Unknown] {
        check_refused(|it| it.host = standing, ReceiptRefusal::NotLabelled);
    }
}

#[test]
fn nothing_is_refused_for_what_the_home_has_not_read() {
    check(|it| it.hours = Read::NotYet, Judgement::NotYet);
    check(|it| it.formula = Read::NotYet, Judgement::NotYet);
    let differs_perhaps = |it: &mut Case| {
        it.hours = Read::Other;
        it.formula = Read::NotYet;
    };
    check(differs_perhaps, Judgement::NotYet);
    // A formula that is not named is not waited for.
    let without_value = |it: &mut Case| {
        it.receipt.value = None;
        it.formula = Read::NotYet;
    };
    check(without_value, Judgement::Accepted);
    // What no reading would mend is said at once.
    let unlabelled = |it: &mut Case| {
        it.host = Standing::Unknown;
        it.hours = Read::NotYet;
    };
    check_refused(unlabelled, ReceiptRefusal::NotLabelled);
}

#[test]
fn the_hours_are_those_that_the_host_had_published() {
    let differs = ReceiptRefusal::Differs;
    check_refused(|it| it.hours = Read::Other, differs);
    check_refused(|it| it.hours = Read::Nothing, differs);
    check_refused(|it| it.receipt.hours.record = None, differs);
    let spans_more = |it: &mut Case| it.receipt.hours.open.truncate(1);
    check_refused(spans_more, differs);
    let boundary = ClockTime::parse("11:00").unwrap();
    check_refused(|it| it.receipt.hours.half_day_boundary = boundary, differs);
    check_refused(
        |it| it.receipt.hours.time_zone = "Europe/Rome".into(),
        differs,
    );
    check_refused(|it| it.receipt.day = "2026-04-07".into(), differs);
    let nowhere = |it: &mut Case| {
        let mut hours = village();
        hours.time_zone = "Europe/Chambery".to_owned();
        it.receipt.hours.time_zone.clone_from(&hours.time_zone);
        it.hours = Read::Current(hours);
    };
    check_refused(nowhere, differs);
    // What the host makes of such a zone, the home makes of it too.
    let mut unknown = village();
    unknown.time_zone = "Europe/Chambery".to_owned();
    let of_nowhere = honest(Some(&unknown), &formulas(), ARRIVED, LEFT);
    assert_eq!(of_nowhere.receipt.hours.time_zone, "Europe/Paris");
    check_of(of_nowhere, |_| {}, Judgement::Accepted);
    // A host that publishes none has those of everybody who publishes none.
    let silent = || honest(None, &[], ARRIVED, LEFT);
    let refused = Judgement::Refused(differs);
    check_of(
        silent(),
        |it| it.receipt.hours.half_day_boundary = boundary,
        refused,
    );
    check_of(
        silent(),
        |it| it.receipt.hours.record = Some(RECORD),
        refused,
    );
    check_of(silent(), |it| it.hours = Read::Current(village()), refused);
    check_of(silent(), |it| it.hours = Read::Other, refused);
}

#[test]
fn a_visit_ends_on_its_day_and_counts_no_more_than_it_was() {
    // Midnight in Paris.
    let midnight = Timestamp(1_775_512_800);
    let until = |left: Timestamp| {
        move |it: &mut Case| {
            it.receipt.left = left;
            it.now = left;
        }
    };
    check(until(midnight), Judgement::Accepted);
    check_refused(until(midnight.plus_seconds(1)), ReceiptRefusal::Differs);
    let both = vec![HalfDay::Morning, HalfDay::Afternoon];
    let refused = Judgement::Refused(ReceiptRefusal::Differs);
    let more = |it: &mut Case| {
        it.receipt.value = None;
        it.receipt.half_days = both;
    };
    check_of(morning(), more, refused);
    let other = |it: &mut Case| it.receipt.half_days = vec![HalfDay::Afternoon];
    check_of(morning(), other, refused);
    // It may count less: what it has counted before, it does not count again.
    let less = |it: &mut Case| {
        it.receipt.half_days = vec![HalfDay::Afternoon];
        it.counted = half_days(true, false);
    };
    check(less, Judgement::Accepted);
}

#[test]
fn the_value_is_by_a_published_formula_for_what_is_counted() {
    let differs = ReceiptRefusal::Differs;
    check_refused(|it| it.formula = Read::Other, differs);
    check_refused(|it| it.formula = Read::Nothing, differs);
    check_refused(valued(|it| it.price_cents = Cents(1801)), differs);
    check_refused(valued(|it| it.unit = FormulaUnit::HalfDay), differs);
    check_refused(valued(|it| it.count = 2), differs);
    let of = |unit: FormulaUnit, count: u64| {
        move |it: &mut Case| {
            let value = it.receipt.value.as_mut().unwrap();
            (value.unit, value.count) = (unit, count);
            if let Read::Current(formula) = &mut it.formula {
                formula.unit = unit;
            }
        }
    };
    let refused = Judgement::Refused(differs);
    check(of(FormulaUnit::HalfDay, 2), Judgement::Accepted);
    check(of(FormulaUnit::HalfDay, 1), refused);
    check(of(FormulaUnit::Day, 2), refused);
    check_of(morning(), of(FormulaUnit::Day, 1), Judgement::Accepted);
    check_of(morning(), of(FormulaUnit::Day, 2), refused);
    check_of(morning(), of(FormulaUnit::HalfDay, 1), Judgement::Accepted);
    check_of(morning(), of(FormulaUnit::HalfDay, 2), refused);
    for unit in [
        FormulaUnit::Hour,
        FormulaUnit::Week,
        FormulaUnit::Month,
        FormulaUnit::Year,
    ] {
        check_of(morning(), of(unit, 1), refused);
        check(of(unit, 2), refused);
    }
    let said_to_be_a_day = valued(|it| it.unit = FormulaUnit::Day);
    check_of(morning(), said_to_be_a_day, refused);
    // No value is none too many.
    check(|it| it.receipt.value = None, Judgement::Accepted);
}

#[test]
fn a_half_day_is_counted_once_and_a_showing_proves_one_visit() {
    let counted_already = ReceiptRefusal::CountedAlready;
    check_refused(|it| it.counted = half_days(true, false), counted_already);
    check_refused(|it| it.counted = half_days(false, true), counted_already);
    let afternoon = |it: &mut Case| it.counted = half_days(false, true);
    check_of(morning(), afternoon, Judgement::Accepted);
    let both = |it: &mut Case| {
        it.counted = half_days(true, true);
        it.is_proof_used = true;
    };
    check_refused(both, ReceiptRefusal::ProofUsed);
    // A paper is the same each time it is shown.
    let again_on_paper = |it: &mut Case| {
        on_paper(it);
        it.is_proof_used = true;
    };
    check(again_on_paper, Judgement::Accepted);
    let twice_on_paper = |it: &mut Case| {
        on_paper(it);
        it.counted = half_days(true, true);
    };
    check_refused(twice_on_paper, counted_already);
}
