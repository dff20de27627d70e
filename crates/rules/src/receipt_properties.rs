//! What holds of every receipt, of whatever day.

use proptest::prelude::*;

use super::*;
use crate::random_days::DayOfMoments;

/// Changes a field that counts; `false` where the case has none.
type Forgery = fn(&mut Case) -> bool;

fn forgeries() -> Vec<(&'static str, Forgery)> {
    vec![
        ("iss", |it| {
            it.receipt.iss = id("https://other.example");
            true
        }),
        ("iat", |it| {
            it.receipt.iat = it.now.plus_seconds(CLOCK_LEEWAY_SECONDS + 1);
            true
        }),
        ("day", |it| {
            let other = "2026-04-07".to_owned();
            std::mem::replace(&mut it.receipt.day, other) != "2026-04-07"
        }),
        ("arrived", |it| {
            it.receipt.arrived = it.receipt.arrived.plus_seconds(-301);
            true
        }),
        ("left", |it| {
            it.receipt.left = it.receipt.arrived.plus_seconds(93_601);
            it.now = it.receipt.left;
            true
        }),
        ("record", |it| {
            let record = &mut it.receipt.hours.record;
            *record = record.is_none().then_some(RECORD);
            true
        }),
        ("time_zone", |it| {
            it.receipt.hours.time_zone = "Europe/Rome".to_owned();
            true
        }),
        ("half_day_boundary", |it| {
            let boundary = &mut it.receipt.hours.half_day_boundary;
            let other = ClockTime::parse("06:07").unwrap();
            std::mem::replace(boundary, other) != other
        }),
        ("open", |it| it.receipt.hours.open.pop().is_some()),
        ("half_days", |it| {
            let counted = std::mem::take(&mut it.receipt.half_days);
            it.receipt.half_days = vec![HalfDay::Morning, HalfDay::Afternoon];
            counted.len() == 1
        }),
        ("unit", |it| {
            let value = it.receipt.value.as_mut();
            value.is_some_and(|value| {
                std::mem::replace(&mut value.unit, FormulaUnit::Week) != FormulaUnit::Week
            })
        }),
        ("price_cents", |it| {
            let value = it.receipt.value.as_mut();
            value.is_some_and(|value| {
                value.price_cents.0 += 1;
                true
            })
        }),
        ("count", |it| {
            let value = it.receipt.value.as_mut();
            value.is_some_and(|value| {
                value.count = 3 - value.count;
                true
            })
        }),
        ("proof.by", |it| {
            it.receipt.proof.by = ProofBy::Paper;
            true
        }),
    ]
}

/// A receipt of the first two moments of a day; none where they are not of it.
fn honest_of(it: &DayOfMoments, formulas: &[PublishedFormula]) -> Option<Case> {
    let [arrived, left, _] = it.moments;
    (arrived < it.end).then(|| honest(it.hours.as_ref(), formulas, arrived, left))
}

proptest! {
    #[test]
    fn an_honest_host_is_believed(
        it in random_days::days(),
        formulas in random_days::formulas(),
    ) {
        if let Some(honest) = honest_of(&it, &formulas) {
            prop_assert_eq!(judged(&honest), Judgement::Accepted);
        }
    }

    #[test]
    fn a_host_that_closes_the_day_for_somebody_is_believed(it in random_days::days()) {
        let [arrived, ..] = it.moments;
        prop_assume!(arrived < it.end);
        let left = visit::closing(&it.day, arrived).unwrap();
        let mut case = honest(it.hours.as_ref(), &[], arrived, left);
        case.receipt.ended = Ending::Forgotten;
        prop_assert_eq!(judged(&case), Judgement::Accepted);
    }

    #[test]
    fn who_comes_twice_on_a_day_is_counted_once(
        it in random_days::days(),
        formulas in random_days::formulas(),
    ) {
        let [first, second, left] = it.moments;
        prop_assume!(second < it.end);
        let before = honest(it.hours.as_ref(), &formulas, first, second);
        let counted = HalfDays::of(&before.receipt.half_days);
        let mut case = honest(it.hours.as_ref(), &formulas, second, left);
        let all = HalfDays::of(&case.receipt.half_days);
        case.counted = counted;
        let expected = if all.overlaps(counted) {
            Judgement::Refused(ReceiptRefusal::CountedAlready)
        } else {
            Judgement::Accepted
        };
        prop_assert_eq!(judged(&case), expected);
        // What is new of it is counted, for what that is worth.
        let new = all.without(counted);
        if new.is_none() {
            return Ok(());
        }
        case.receipt.half_days = new.list();
        case.receipt.value = visit::value(new, &formulas);
        let named = case.receipt.value.as_ref().map(|value| &value.formula);
        let formula = formulas.iter().find(|it| Some(&it.id) == named);
        case.formula = formula.map_or(Read::Nothing, |it| Read::Current(it.formula.clone()));
        prop_assert_eq!(judged(&case), Judgement::Accepted);
    }
}

proptest! {
    // Each is judged once for every field that counts.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_field_that_counts_can_be_changed(
        it in random_days::days(),
        formulas in random_days::formulas(),
    ) {
        let Some(honest) = honest_of(&it, &formulas) else {
            return Ok(());
        };
        for (name, forge) in forgeries() {
            let mut forged = honest.clone();
            if forge(&mut forged) {
                let judgement = judged(&forged);
                let is_refused = matches!(judgement, Judgement::Refused(_));
                prop_assert!(is_refused, "{name}: {judgement:?}");
            }
        }
    }
}
