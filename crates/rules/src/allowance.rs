//! What is left of the half-days that a member may work elsewhere.
//!
//! Specified in `specs/visit.md`.

use std::collections::BTreeMap;

use wire::label::Overdraw;

/// What is left of the half-days of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Half-days that the charter grants a month.
    pub granted: u64,
    /// Half-days overdrawn in earlier months and not paid off, which count against this
    /// one.
    pub carried: u64,
    /// Half-days used in this month.
    pub used: u64,
    /// Half-days left: what is granted without what is carried and used, at least 0.
    pub left: u64,
    /// Half-days carried and used beyond those granted: what the next month carries.
    pub overdrawn: u64,
}

/// The allowance of a month, `YYYY-MM`, after what was `used` in each.
///
/// Each month grants anew and nothing is saved up, so that a month without visits pays
/// off a debt and no more. Months that are not written `YYYY-MM` do not count; of a
/// `period` that is none, nothing is carried. The months with visits are gone through,
/// not those between them, so that no date makes this long.
pub fn allowance(
    granted: u64,
    used: &BTreeMap<String, u64>,
    period: &str,
    overdraw: Overdraw,
) -> Allowance {
    let carried = match overdraw {
        Overdraw::Carried => debt_before(period, granted, used),
        Overdraw::Forgiven => 0,
    };
    let used = used.get(period).copied().unwrap_or(0);
    let taken = carried.saturating_add(used);
    Allowance {
        granted,
        carried,
        used,
        left: granted.saturating_sub(taken),
        overdrawn: taken.saturating_sub(granted),
    }
}

/// What is still owed when a month begins.
fn debt_before(period: &str, granted: u64, used: &BTreeMap<String, u64>) -> u64 {
    let Some(period) = month_number(period) else {
        return 0;
    };
    // `YYYY-MM` sorts as the months do.
    let months = used
        .iter()
        .filter_map(|(month, used)| Some((month_number(month)?, *used)))
        .filter(|(month, _)| *month < period);
    let mut debt: u64 = 0;
    let mut next = 0;
    for (month, used) in months {
        let paid = granted.saturating_mul(month.saturating_sub(next));
        let owed = debt.saturating_sub(paid).saturating_add(used);
        debt = owed.saturating_sub(granted);
        next = month + 1;
    }
    let paid = granted.saturating_mul(period.saturating_sub(next));
    debt.saturating_sub(paid)
}

/// The months from the year 0 to `YYYY-MM`.
fn month_number(text: &str) -> Option<u64> {
    let (year, month) = text.split_once('-')?;
    let digits = |part: &str, length: usize| {
        let is_number = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<u64>().ok()).flatten()
    };
    let (year, month) = (digits(year, 4)?, digits(month, 2)?);
    (1..=12).contains(&month).then(|| year * 12 + month - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_allowance(used: &[(&str, u64)], overdraw: Overdraw, expected: (u64, u64, u64, u64)) {
        let used = used
            .iter()
            .map(|(month, used)| ((*month).to_owned(), *used));
        let allowance = allowance(4, &used.collect(), "2026-04", overdraw);
        let said = (
            allowance.carried,
            allowance.used,
            allowance.left,
            allowance.overdrawn,
        );
        assert_eq!((allowance.granted, said), (4, expected));
    }

    #[test]
    fn a_month_grants_its_half_days_and_saves_nothing_up() {
        let check = |used, expected| check_allowance(used, Overdraw::Carried, expected);
        check(&[], (0, 0, 4, 0));
        check(&[("2026-04", 3)], (0, 3, 1, 0));
        check(&[("2026-04", 4)], (0, 4, 0, 0));
        check(&[("2026-04", 6)], (0, 6, 0, 2));
        check(
            &[("2026-01", 1), ("2026-03", 4), ("2026-04", 1)],
            (0, 1, 3, 0),
        );
        // Later months are another matter.
        check(&[("2026-05", 9)], (0, 0, 4, 0));
    }

    #[test]
    fn what_was_overdrawn_counts_against_the_months_that_follow() {
        let check = |used, expected| check_allowance(used, Overdraw::Carried, expected);
        check(&[("2026-03", 6)], (2, 0, 2, 0));
        check(&[("2026-03", 6), ("2026-04", 3)], (2, 3, 0, 1));
        check(&[("2026-03", 9)], (5, 0, 0, 1));
        check(&[("2026-02", 6), ("2026-03", 6)], (4, 0, 0, 0));
        // A month without visits pays off, across the new year too.
        check(&[("2026-02", 9)], (1, 0, 3, 0));
        check(&[("2026-01", 9)], (0, 0, 4, 0));
        check(&[("2025-12", 17)], (1, 0, 3, 0));
        check(&[("2025-12", 6), ("2026-03", 5)], (1, 0, 3, 0));
        // Nothing that is no month counts.
        let no_months = ["", "2026-00", "2025-13", "2026-3", "+026-03"].map(|month| (month, 999));
        check(&no_months, (0, 0, 4, 0));
        check(
            &[("0000-01", u64::MAX), ("2026-04", u64::MAX)],
            (u64::MAX - 4 * 24_315, u64::MAX, 0, u64::MAX - 4),
        );
    }

    #[test]
    fn a_charter_may_forgive_what_was_overdrawn() {
        let check = |used, expected| check_allowance(used, Overdraw::Forgiven, expected);
        check(&[("2026-03", 9)], (0, 0, 4, 0));
        check(&[("2026-03", 9), ("2026-04", 6)], (0, 6, 0, 2));
    }

    #[test]
    fn of_what_is_no_month_nothing_is_carried() {
        let used = BTreeMap::from([("2026-03".to_owned(), 9), ("April".to_owned(), 1)]);
        let april = allowance(4, &used, "April", Overdraw::Carried);
        assert_eq!((april.carried, april.used, april.left), (0, 1, 3));
    }

    proptest! {
        #[test]
        fn an_allowance_loses_nothing_and_invents_nothing(
            granted in 0_u64..10,
            used in proptest::collection::btree_map(0_u64..40, 0_u64..14, 0..20),
        ) {
            let month = |number: u64| format!("{:04}-{:02}", 2025 + number / 12, number % 12 + 1);
            let months: BTreeMap<_, _> = used.iter().map(|(at, used)| (month(*at), *used)).collect();
            let (mut debt, mut paid) = (0, 0);
            for at in 0..44 {
                let it = allowance(granted, &months, &month(at), Overdraw::Carried);
                prop_assert_eq!(it.left + granted.min(it.used + it.carried), granted);
                prop_assert_eq!(it.carried, debt);
                prop_assert_eq!(it.used, used.get(&at).copied().unwrap_or(0));
                paid += granted - it.left;
                debt = it.overdrawn;
                // All that was ever used is paid by a grant or still owed.
                let total: u64 = used.range(..=at).map(|(_, used)| used).sum();
                prop_assert_eq!(paid + debt, total);
                let forgiven = allowance(granted, &months, &month(at), Overdraw::Forgiven);
                prop_assert_eq!(forgiven.left + granted.min(forgiven.used), granted);
                prop_assert!(forgiven.left >= it.left);
            }
        }
    }
}
