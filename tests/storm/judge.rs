//! What must hold once the line is good again: pure comparisons of what nodes say, so that
//! each can be shown to notice what it is there for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A node's copy of a feed: its records in order, and where its head ends it.
pub(super) type Copied = (Vec<Value>, Value);

/// A receipt: its id, and whether it was taken back.
pub(super) type Receipt = (String, bool);

/// A copy is the author's, record for record and to the same end.
pub(super) fn is_the_authors(authors: &Copied, copy: &Copied) -> Result<(), String> {
    if authors.0.len() != copy.0.len() {
        return Err(format!("{} of {} records", copy.0.len(), authors.0.len()));
    }
    let differs = authors
        .0
        .iter()
        .zip(&copy.0)
        .position(|(one, other)| one != other);
    if let Some(at) = differs {
        return Err(format!("another record at position {}", at + 1));
    }
    if authors.1 != copy.1 {
        return Err(format!("it ends at {}, and not at {}", copy.1, authors.1));
    }
    Ok(())
}

/// Hosts have given what homes have taken, each once.
pub(super) fn are_counted_once(issued: &[Receipt], taken: &[Receipt]) -> Result<(), String> {
    let sorted = |receipts: &[Receipt]| {
        let mut sorted = receipts.to_vec();
        sorted.sort();
        sorted
    };
    let (issued, taken) = (sorted(issued), sorted(taken));
    let ids: BTreeSet<_> = issued.iter().map(|(id, _)| id).collect();
    if ids.len() != issued.len() {
        return Err("a receipt was given twice".to_owned());
    }
    if issued != taken {
        let only = |of: &[Receipt], than: &[Receipt]| -> Vec<String> {
            let only = of.iter().filter(|it| !than.contains(it));
            only.map(|(id, is_back)| format!("{id} {is_back}"))
                .collect()
        };
        return Err(format!(
            "hosts alone have {:?}, homes alone {:?}",
            only(&issued, &taken),
            only(&taken, &issued)
        ));
    }
    Ok(())
}

/// Where a registration stands at the owner of the event and at its home.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) registration: String,
    pub(super) at_owner: String,
    pub(super) at_home: String,
}

/// No more have a seat than there are, none is free while somebody waits, and owner and
/// homes say the same.
pub(super) fn are_seats_kept(seats: u64, all: &[Seat]) -> Result<(), String> {
    let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for seat in all {
        let home = match seat.at_home.as_str() {
            "accepted" => "taken",
            other => other,
        };
        if seat.at_owner != home {
            return Err(format!("owner and home differ: {seat:?}"));
        }
        if !seen.insert(&seat.registration) {
            return Err(format!("twice: {seat:?}"));
        }
        *counted.entry(seat.at_owner.as_str()).or_default() += 1;
    }
    let of = |state: &str| counted.get(state).copied().unwrap_or_default();
    let (taken, waiting) = (of("taken"), of("waiting"));
    if taken > seats {
        return Err(format!("{taken} have one of {seats} seats"));
    }
    if waiting > 0 && taken < seats {
        return Err(format!(
            "{taken} of {seats} seats are taken, and {waiting} wait"
        ));
    }
    Ok(())
}

mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn says<T: std::fmt::Debug>(result: Result<T, String>, part: &str) {
        let said = result.expect_err("it is noticed");
        assert!(said.contains(part), "{said}");
    }

    #[test]
    fn a_copy_that_is_not_the_authors_is_noticed() {
        let authors = (vec![json!("one"), json!("two")], json!([2, "hash"]));
        assert_eq!(is_the_authors(&authors, &authors.clone()), Ok(()));
        let mut copy = authors.clone();
        copy.0.pop();
        says(is_the_authors(&authors, &copy), "1 of 2 records");
        copy.0.push(json!("other"));
        says(is_the_authors(&authors, &copy), "position 2");
        let copy = (authors.0.clone(), json!([2, "other"]));
        says(is_the_authors(&authors, &copy), "it ends at");
    }

    #[test]
    fn a_receipt_that_is_lost_doubled_or_other_is_noticed() {
        let receipt = |id: &str, is_back| (id.to_owned(), is_back);
        let issued = [receipt("a", false), receipt("b", true)];
        let taken = [receipt("b", true), receipt("a", false)];
        assert_eq!(are_counted_once(&issued, &taken), Ok(()));
        says(are_counted_once(&issued, &taken[..1]), "hosts alone");
        says(are_counted_once(&issued[..1], &taken), "homes alone");
        let twice = [receipt("a", false), receipt("a", false)];
        says(are_counted_once(&twice, &twice), "given twice");
        says(are_counted_once(&issued[..1], &twice), "hosts alone");
        let other = [receipt("a", true), receipt("b", true)];
        says(are_counted_once(&issued, &other), "a false");
    }

    #[test]
    fn seats_that_are_oversold_or_left_empty_are_noticed() {
        let seat = |registration: &str, at_owner: &str, at_home: &str| Seat {
            registration: registration.to_owned(),
            at_owner: at_owner.to_owned(),
            at_home: at_home.to_owned(),
        };
        let mut all = vec![
            seat("a", "taken", "accepted"),
            seat("b", "taken", "accepted"),
            seat("c", "waiting", "waiting"),
            seat("d", "cancelled", "cancelled"),
        ];
        assert_eq!(are_seats_kept(2, &all), Ok(()));
        says(are_seats_kept(1, &all), "2 have one of 1 seats");
        says(
            are_seats_kept(3, &all),
            "2 of 3 seats are taken, and 1 wait",
        );
        all.push(seat("a", "cancelled", "cancelled"));
        says(are_seats_kept(2, &all), "twice");
        all.pop();
        all[2].at_home = "accepted".to_owned();
        says(are_seats_kept(2, &all), "differ");
    }
}
