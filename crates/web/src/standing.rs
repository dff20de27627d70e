//! What the label says of a space, in words and with a shape, never by colour alone.

use app::view::{Home, LabelView};
use jiff::tz::TimeZone;
use rules::freshness::Freshness;
use rules::trust::Standing;

use crate::figures::date;
use crate::shown;
use crate::words::{Message, Words};

/// How far what this node judged can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reliance {
    /// Wholly.
    Full,
    /// Not on the label: its register was last heard too long ago.
    RegisterTooOld,
    /// Not on anything that depends on the hour: our clock is behind.
    ClockBehind,
}

impl Reliance {
    /// The reliance of a home.
    pub(crate) fn of(home: &Home) -> Self {
        Self::on(&home.label, home.is_clock_behind)
    }

    /// The reliance on what one label says.
    pub(crate) fn on(label: &LabelView, is_clock_behind: bool) -> Self {
        if is_clock_behind {
            Self::ClockBehind
        } else if is_register_too_old(label) {
            Self::RegisterTooOld
        } else {
            Self::Full
        }
    }

    /// Whether "open now" means anything.
    pub(crate) fn is_hour_known(self) -> bool {
        self != Self::ClockBehind
    }
}

/// A register that was never heard says nothing that could be too old.
fn is_register_too_old(label: &LabelView) -> bool {
    !label.is_relied_on && label.freshness != Freshness::Never
}

/// A standing as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Badge {
    /// Which shape and which colour; a class of the style sheet and an icon.
    pub(crate) shape: &'static str,
    /// The standing in words.
    pub(crate) text: String,
    /// Why, in the coordinator's words.
    pub(crate) reason: Option<String>,
}

/// Shows a standing.
pub(crate) fn badge(
    words: &Words,
    standing: &Standing,
    reliance: Reliance,
    zone: &TimeZone,
) -> Badge {
    let dated = |message, moment| {
        let moment = date(words, moment, zone);
        words.say_with(message, &[("date", moment.into())])
    };
    let (shape, text, reason) = match standing {
        Standing::Labelled { .. } if reliance != Reliance::Full => {
            ("unsure", words.say(Message::StandingUnsure), None)
        }
        Standing::Labelled { until } => {
            ("labelled", dated(Message::StandingLabelled, *until), None)
        }
        Standing::Admitted => ("admitted", words.say(Message::StandingAdmitted), None),
        Standing::Suspended { since, reason } => (
            "suspended",
            dated(Message::StandingSuspended, *since),
            shown::reason(reason),
        ),
        Standing::Withdrawn { since, reason } => (
            "withdrawn",
            dated(Message::StandingWithdrawn, *since),
            shown::reason(reason),
        ),
        Standing::Expired { since } => ("expired", dated(Message::StandingExpired, *since), None),
        Standing::Unknown => ("unknown", words.say(Message::StandingUnknown), None),
    };
    Badge {
        shape,
        text,
        reason,
    }
}

/// Whether a space is presented as one to go to: with its hours and its prices.
pub(crate) fn is_presented(standing: &Standing) -> bool {
    match standing {
        Standing::Labelled { .. } | Standing::Admitted => true,
        Standing::Suspended { .. }
        | Standing::Withdrawn { .. }
        | Standing::Expired { .. }
        | Standing::Unknown => false,
    }
}
