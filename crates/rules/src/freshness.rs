//! How old what we know is.

use wire::Timestamp;

/// How long a head is fresh after it was signed: 24 hours.
pub const HEAD_SECONDS: i64 = 24 * 60 * 60;

/// When a head is signed again although nothing was added: hourly.
pub const HEAD_RENEWED_AFTER_SECONDS: i64 = 60 * 60;

/// For how long a register is relied on after its coordinator was last heard: 30
/// days. A withdrawal that somebody withholds is hidden for no longer.
pub const REGISTER_SECONDS_MAX: i64 = 30 * 24 * 60 * 60;

/// How fresh a feed is, by the last head of it that was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Its author has signed its end less than a day ago.
    Fresh {
        /// When that was.
        as_of: Timestamp,
    },
    /// Nothing was heard since.
    StaleSince {
        /// When the last word was given.
        as_of: Timestamp,
        /// When it ceased to be fresh.
        since: Timestamp,
    },
    /// Nothing was ever heard.
    Never,
}

/// The freshness of a head signed at `iat` that holds until `exp`.
///
/// The author may ask for less than [`HEAD_SECONDS`], never for more.
pub fn of_head(head: Option<(Timestamp, Timestamp)>, now: Timestamp) -> Freshness {
    let Some((as_of, exp)) = head else {
        return Freshness::Never;
    };
    let since = exp.min(as_of.plus_seconds(HEAD_SECONDS));
    if since <= now {
        Freshness::StaleSince { as_of, since }
    } else {
        Freshness::Fresh { as_of }
    }
}

/// Whether a register whose coordinator signed its last head at `as_of` may still
/// be relied on.
pub fn is_register_relied_on(as_of: Timestamp, now: Timestamp) -> bool {
    now.seconds_since(as_of) < REGISTER_SECONDS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: Option<(i64, i64)>, now: i64, expected: Freshness) {
        let head = head.map(|(iat, exp)| (Timestamp(iat), Timestamp(exp)));
        assert_eq!(of_head(head, Timestamp(now)), expected);
    }

    #[test]
    fn a_head_is_fresh_for_a_day_at_most() {
        let (as_of, since) = (Timestamp(1000), Timestamp(1000 + HEAD_SECONDS));
        check(None, 5, Freshness::Never);
        check(
            Some((1000, 1000 + HEAD_SECONDS)),
            1000,
            Freshness::Fresh { as_of },
        );
        check(
            Some((1000, 1000 + HEAD_SECONDS)),
            since.0 - 1,
            Freshness::Fresh { as_of },
        );
        check(
            Some((1000, 1000 + HEAD_SECONDS)),
            since.0,
            Freshness::StaleSince { as_of, since },
        );
        check(
            Some((1000, i64::MAX)),
            since.0,
            Freshness::StaleSince { as_of, since },
        );
        let early = Timestamp(1060);
        check(
            Some((1000, 1060)),
            1060,
            Freshness::StaleSince {
                as_of,
                since: early,
            },
        );
    }

    #[test]
    fn a_register_is_relied_on_for_thirty_days() {
        let days = |days: i64| Timestamp(days * 24 * 60 * 60);
        assert!(is_register_relied_on(days(0), days(30).plus_seconds(-1)));
        assert!(!is_register_relied_on(days(0), days(30)));
    }
}
