//! The checks by name, so that a test can take one away and show what then gets through.
//!
//! **Invariant:** without the feature `sabotage`, which no released binary has, a check is
//! its condition and nothing else.
//!
//! `specs/attacks.md` says which attack each of them stops.

/// Whether a check lets pass what its condition says.
#[cfg(not(feature = "sabotage"))]
#[inline]
pub const fn holds(_: &'static str, condition: bool) -> bool {
    condition
}

/// Whether a check lets pass what its condition says, or was taken away.
#[cfg(feature = "sabotage")]
pub fn holds(check: &'static str, condition: bool) -> bool {
    condition || !is_on(check)
}

/// Whether the check is there.
#[cfg(not(feature = "sabotage"))]
#[inline]
pub const fn is_on(_: &'static str) -> bool {
    true
}

#[cfg(feature = "sabotage")]
pub use switched::{is_on, without};

#[cfg(feature = "sabotage")]
mod switched {
    use std::cell::RefCell;

    thread_local! {
        static TAKEN_AWAY: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }

    /// Whether the check is there, and was not taken away by [`without`].
    ///
    /// # Panics
    ///
    /// If it has no name.
    pub fn is_on(check: &'static str) -> bool {
        // `cargo xtask test` looks for this sentence in what is released.
        assert!(
            !check.is_empty(),
            "escale: what can be taken away has a name"
        );
        TAKEN_AWAY.with_borrow(|taken| !taken.contains(&check))
    }

    /// Puts back what was taken away, also after a panic.
    struct PutsBack(Vec<&'static str>);

    impl Drop for PutsBack {
        fn drop(&mut self) {
            TAKEN_AWAY.set(std::mem::take(&mut self.0));
        }
    }

    /// Does something on this thread without the checks of these names.
    pub fn without<T>(checks: &[&'static str], act: impl FnOnce() -> T) -> T {
        let _before = PutsBack(TAKEN_AWAY.replace(checks.to_vec()));
        act()
    }

    #[cfg(test)]
    mod tests {
        use super::super::holds;
        use super::*;

        #[test]
        fn a_check_is_away_for_as_long_as_it_was_taken() {
            assert!(!holds("a", false) && holds("a", true));
            let taken = without(&["a"], || {
                let inside = without(&["b"], || (holds("a", false), holds("b", false)));
                (inside, holds("a", false), holds("b", false))
            });
            assert_eq!(taken, ((false, true), true, false));
            assert!(is_on("a") && is_on("b"));
            let ended = std::panic::catch_unwind(|| without(&["a"], || panic!("as it must")));
            assert!(ended.is_err() && is_on("a"));
        }

        #[test]
        fn what_one_thread_takes_away_another_has() {
            let elsewhere = || std::thread::spawn(|| is_on("a")).join();
            assert!(without(&["a"], elsewhere).is_ok_and(|is_on| is_on));
        }
    }
}
