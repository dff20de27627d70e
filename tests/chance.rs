//! Numbers as if by chance that follow from a seed, so that what failed can be done again.

use std::time::Duration;

/// A row of numbers.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The row of a seed.
    pub const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number. Constants and steps are those of `SplitMix64` (Steele, Lea and Flood,
    /// 2014): rows of neighbouring seeds have nothing in common.
    pub const fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one, which is not 0.
    #[track_caller]
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a length");
        usize::try_from(self.next_number() % end).expect("below a length")
    }

    /// Whether it is the one case of so many.
    #[track_caller]
    pub fn is_one_in(&mut self, cases: usize) -> bool {
        self.below(cases) == 0
    }

    /// Less than so many milliseconds.
    #[track_caller]
    pub fn millis(&mut self, end: usize) -> Duration {
        let millis = u64::try_from(self.below(end)).expect("a number of milliseconds");
        Duration::from_millis(millis)
    }

    /// The same things in an order by chance.
    #[track_caller]
    pub fn shuffled<T: Clone>(&mut self, things: &[T]) -> Vec<T> {
        let mut left = things.to_vec();
        let mut order = Vec::new();
        while !left.is_empty() {
            order.push(left.swap_remove(self.below(left.len())));
        }
        order
    }

    /// Another row, which goes its own way from here.
    pub const fn branch(&mut self) -> Self {
        Self(self.next_number())
    }
}
