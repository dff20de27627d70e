//! How fresh what is shown is, and what is wrong with it, in words.

use app::view::FeedView;
use jiff::tz::TimeZone;
use rules::freshness::Freshness;
use wire::Timestamp;

use crate::figures::{ago, date};
use crate::shown;
use crate::words::{Message, Words};

/// How fresh somebody's feed is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    /// In words.
    pub(crate) text: String,
    /// Whether what is shown may be out of date.
    pub(crate) is_stale: bool,
}

/// Shows how fresh a feed is.
pub(crate) fn news(words: &Words, freshness: Freshness, now: Timestamp, zone: &TimeZone) -> News {
    match freshness {
        Freshness::Fresh { as_of } => {
            let when = ago(words, as_of, now);
            News {
                text: words.say_with(Message::NewsFresh, &[("when", when.into())]),
                is_stale: false,
            }
        }
        Freshness::StaleSince { as_of, since: _ } => {
            let when = date(words, as_of, zone);
            News {
                text: words.say_with(Message::NewsStale, &[("date", when.into())]),
                is_stale: true,
            }
        }
        Freshness::Never => News {
            text: words.say(Message::NewsNever),
            is_stale: true,
        },
    }
}

/// Why the last news is not among what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// In words.
    pub(crate) text: String,
    /// The stable code, for whoever is asked for help.
    pub(crate) code: String,
}

/// Shows the refusal of a feed; its code says whether it was read and not believed,
/// or could not be fetched.
pub(crate) fn refused(words: &Words, feed: &FeedView) -> Option<Refused> {
    const JUDGED: [&str; 3] = ["feed_", "seal_", "trust_"];
    let code = feed.refusal.as_deref()?;
    let message = if JUDGED.iter().any(|prefix| code.starts_with(prefix)) {
        Message::NewsUnverified
    } else {
        Message::NewsNotFetched
    };
    Some(Refused {
        text: words.say(message),
        code: shown::code(code),
    })
}
