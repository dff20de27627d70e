//! Places of a home's status list: which are free, and which decoys turn.
//!
//! Whoever reads one list after the other sees which places turn, and counts them. So
//! decoys turn with the passports: places that no passport has. Which turn, and how many,
//! is drawn, so that the number that anybody sees is not the number of passports.
//!
//! **Invariant:** what is a passport's place or a decoy is free for neither any more.
//!
//! **Invariant:** a decoy that is invalid stays so, like a passport that was taken back.
//!
//! Specified in `specs/status-list.md`, section 4.

use std::collections::{BTreeMap, BTreeSet};

use crate::passport::status;

/// The places of one status list: a list of 2 KiB.
pub const STATUS_PLACES: u32 = 8_192;

/// The most places of a list that are given: half, so that the other half can hide which.
pub const PLACES_GIVEN_MAX: usize = 4_096;

/// The most decoys of a list: the other half, so that no passport misses a place for them.
pub const DECOYS_MAX: usize = STATUS_PLACES as usize - PLACES_GIVEN_MAX;

/// The most decoys that turn at once in one way: more than the twelve passports of a phone
/// that hold at once, so that a phone, a card and nobody at all can look the same.
pub const DECOYS_TURNED_MAX: usize = 16;

/// At one of so many looks a list is signed of which decoys alone turn: about once in ten
/// days where a node looks every 20 seconds. So the moment of a signing does not say that a
/// passport was taken back, and the decoys of a list last for years.
pub const LOOKS_PER_FEINT: u32 = 43_200;

/// One status becomes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    /// What stood there.
    pub from: u8,
    /// What stands there now.
    pub to: u8,
}

impl Turn {
    /// What holds is taken back.
    pub const TAKEN_BACK: Self = Self {
        from: status::VALID,
        to: status::INVALID,
    };
}

/// Whether this draw of all that can be drawn makes a look a feint.
pub const fn is_feint(drawn: u32) -> bool {
    drawn < u32::MAX / LOOKS_PER_FEINT
}

/// The places that are neither a passport's nor a decoy's.
pub fn free(given: &BTreeSet<u32>, decoys: &BTreeMap<u32, u8>) -> Vec<u32> {
    let is_free = |at: &u32| !given.contains(at) && !decoys.contains_key(at);
    (0..STATUS_PLACES).filter(is_free).collect()
}

/// Draws one of these, which then are without it; of none, none.
pub fn draw<E>(
    places: &mut Vec<u32>,
    random: impl FnOnce() -> Result<u32, E>,
) -> Result<Option<u32>, E> {
    if places.is_empty() {
        return Ok(None);
    }
    // Of 8,192 places the first are drawn more often by two in a million at most.
    let at = random()? as usize % places.len();
    Ok(Some(places.swap_remove(at)))
}

/// The decoys that turn with passports that make these turns, and what they become: for
/// each way 1 to [`DECOYS_TURNED_MAX`], as long as there are any.
pub fn turned<E>(
    given: &BTreeSet<u32>,
    decoys: &BTreeMap<u32, u8>,
    turns: &BTreeSet<Turn>,
    mut random: impl FnMut() -> Result<u32, E>,
) -> Result<BTreeMap<u32, u8>, E> {
    let mut turned = BTreeMap::new();
    for turn in turns.iter().filter(|turn| turn.from != status::INVALID) {
        let of_decoys = decoys.iter().filter(|(_, status)| **status == turn.from);
        let mut can: Vec<u32> = of_decoys.map(|(at, _)| *at).collect();
        let has_room = decoys.len() + turned.len() + DECOYS_TURNED_MAX <= DECOYS_MAX;
        if turn.from == status::VALID && has_room {
            can.extend(free(given, decoys));
        }
        can.retain(|at| !turned.contains_key(at));
        let count = 1 + random()? as usize % DECOYS_TURNED_MAX;
        for _ in 0..count {
            if let Some(at) = draw(&mut can, &mut random)? {
                turned.insert(at, turn.to);
            }
        }
    }
    Ok(turned)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// Draws in an order that the seed decides.
    fn draws(seed: u64) -> impl FnMut() -> Result<u32, Infallible> {
        let mut state = seed;
        move || {
            // Knuth's MMIX; its high half is good enough for a test.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            Ok(u32::try_from(state >> 32).unwrap())
        }
    }

    const PAUSED: Turn = Turn {
        from: status::VALID,
        to: status::SUSPENDED,
    };
    const RESUMED: Turn = Turn {
        from: status::SUSPENDED,
        to: status::VALID,
    };
    const ENDED: Turn = Turn {
        from: status::SUSPENDED,
        to: status::INVALID,
    };

    /// A list as a home keeps it: what was given, and the decoys.
    struct List {
        given: BTreeMap<u32, u8>,
        decoys: BTreeMap<u32, u8>,
    }

    impl List {
        fn taken(&self) -> BTreeSet<u32> {
            self.given.keys().copied().collect()
        }

        fn give(&mut self, random: &mut impl FnMut() -> Result<u32, Infallible>) -> Option<u32> {
            let mut free = free(&self.taken(), &self.decoys);
            let Ok(at) = draw(&mut free, random);
            let at = at.filter(|_| self.given.len() < PLACES_GIVEN_MAX)?;
            self.given.insert(at, status::VALID);
            Some(at)
        }

        /// A turn is published; gives the decoys that turn with it.
        fn publish(
            &mut self,
            turn: Turn,
            random: &mut impl FnMut() -> Result<u32, Infallible>,
        ) -> BTreeMap<u32, u8> {
            let Ok(turned) = turned(&self.taken(), &self.decoys, &BTreeSet::from([turn]), random);
            self.decoys.extend(&turned);
            turned
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever is given, taken back, paused, resumed and ended in whatever order.
        #[test]
        fn a_place_is_a_passports_or_a_decoys_and_what_turns_never_turns_alone(
            seed in any::<u64>(),
            steps in proptest::collection::vec((0_u8..5, 0_usize..3), 1..40),
        ) {
            let mut random = draws(seed);
            let mut list = List { given: BTreeMap::new(), decoys: BTreeMap::new() };
            for (step, which) in steps {
                let turn = match step {
                    0 => {
                        let at = list.give(&mut random).unwrap();
                        prop_assert!(!list.decoys.contains_key(&at), "a decoy was given");
                        continue;
                    }
                    1 => Turn::TAKEN_BACK,
                    2 => PAUSED,
                    3 => RESUMED,
                    _ => ENDED,
                };
                let mut can = list.given.iter_mut().filter(|(_, it)| **it == turn.from);
                let Some((_, status)) = can.by_ref().nth(which) else { continue };
                *status = turn.to;
                let before = list.decoys.clone();
                let turned = list.publish(turn, &mut random);
                let could = before.values().any(|it| *it == turn.from);
                prop_assert!(turned.len() <= DECOYS_TURNED_MAX);
                prop_assert!(!turned.is_empty() || (turn.from == status::SUSPENDED && !could));
                for (at, status) in &turned {
                    prop_assert!(!list.given.contains_key(at), "a passport's place is no decoy");
                    let from = before.get(at).copied().unwrap_or(status::VALID);
                    prop_assert_eq!((from, *status), (turn.from, turn.to));
                }
            }
        }
    }

    #[test]
    fn a_list_gives_as_many_places_however_many_decoys_there_are() {
        let mut random = draws(7);
        let mut list = List {
            given: BTreeMap::new(),
            decoys: BTreeMap::new(),
        };
        let at_least = DECOYS_MAX / DECOYS_TURNED_MAX;
        let mut published = 0;
        while published < DECOYS_MAX && !list.publish(Turn::TAKEN_BACK, &mut random).is_empty() {
            published += 1;
        }
        let is_some_time = (at_least..DECOYS_MAX).contains(&published);
        assert!(is_some_time, "{published} before they run out");
        assert!(list.decoys.len() > DECOYS_MAX - DECOYS_TURNED_MAX);
        assert!(list.decoys.len() <= DECOYS_MAX);
        let mut free = free(&list.taken(), &list.decoys);
        let mut given = BTreeSet::new();
        for _ in 0..PLACES_GIVEN_MAX {
            let Ok(at) = draw(&mut free, &mut random);
            assert!(given.insert(at.unwrap()), "none is drawn twice");
        }
        assert!(given.iter().all(|at| !list.decoys.contains_key(at)));
    }

    #[test]
    fn what_was_taken_back_stays_so_and_a_pause_ends_for_decoys_too() {
        let mut random = draws(1);
        let mut list = List {
            given: BTreeMap::new(),
            decoys: BTreeMap::from([(1, status::INVALID)]),
        };
        let back = Turn {
            from: status::INVALID,
            to: status::VALID,
        };
        assert!(list.publish(back, &mut random).is_empty());
        let paused = list.publish(PAUSED, &mut random);
        assert!(paused.values().all(|it| *it == status::SUSPENDED));
        let resumed = list.publish(RESUMED, &mut random);
        assert!(!resumed.is_empty());
        assert!(resumed.keys().all(|at| paused.contains_key(at)));
        assert_eq!(list.decoys[&1], status::INVALID);
        // One that turns in one way does not turn in another as well.
        let Ok(both) = turned(
            &BTreeSet::new(),
            &list.decoys,
            &BTreeSet::from([Turn::TAKEN_BACK, PAUSED, RESUMED, ENDED]),
            &mut random,
        );
        for (at, to) in both {
            let from = list.decoys.get(&at).copied().unwrap_or(status::VALID);
            assert_ne!(from, to);
        }
    }

    #[test]
    fn any_number_up_to_sixteen_turns_and_every_place_may() {
        let mut random = draws(3);
        let (mut numbers, mut places) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..1_500 {
            let turns = BTreeSet::from([Turn::TAKEN_BACK]);
            let Ok(turned) = turned(&BTreeSet::new(), &BTreeMap::new(), &turns, &mut random);
            numbers.insert(turned.len());
            places.extend(turned.into_keys());
        }
        assert_eq!(numbers, (1..=DECOYS_TURNED_MAX).collect());
        assert!(places.len() > 6_000, "{}", places.len());
        assert!(places.iter().all(|at| *at < STATUS_PLACES));
    }

    #[test]
    fn a_feint_is_rare() {
        assert!(is_feint(0));
        assert!(is_feint(99_419));
        assert!(!is_feint(99_420), "one of 43,200");
        assert!(!is_feint(u32::MAX));
    }
}
