//! Where a registration stands, in words: for the scripts of the member's pages, and for
//! the pages of the staff.

use app::{CancelledBy, RegistrationState};

use super::row::Sign;
use crate::words::{Message as M, Words};

/// The words for each code of a refusal (`app::registration_codes`, and that of a node that
/// knows no registrations).
const REASONS: [(&str, M); 10] = [
    ("not_labelled", M::SeatWhyNotLabelled),
    ("event_cancelled", M::SeatWhyEventCancelled),
    ("registration_closed", M::SeatWhyRegistrationClosed),
    ("no_registration", M::SeatWhyNoRegistration),
    ("event_full", M::SeatWhyEventFull),
    ("id_used", M::SeatWhyIdUsed),
    ("registration_cancelled", M::SeatWhyRegistrationCancelled),
    ("too_many", M::SeatWhyTooMany),
    ("malformed", M::SeatWhyMalformed),
    ("unknown_kind", M::SeatWhyUnknownKind),
];

/// What the scripts say of a registration, by the name they know it under.
pub(crate) const REGISTERED: [(&str, M); 23] = [
    ("reg-asked", M::RegisteredAsked),
    ("reg-asked-text", M::SeatWaitAnswer),
    ("reg-accepted", M::RegisteredAccepted),
    ("reg-freed", M::RegisteredFreed),
    ("reg-waiting", M::RegisteredWaiting),
    ("reg-waiting-text", M::RegisteredWaitingText),
    ("reg-refused", M::RegisteredRefused),
    ("reg-unknown", M::RegisteredUnknown),
    ("reg-unknown-text", M::RegisteredUnknownText),
    ("reg-cancelling", M::RegisteredCancelling),
    ("reg-cancelling-text", M::RegisteredCancellingText),
    ("reg-cancelled", M::RegisteredCancelled),
    ("reg-taken-back", M::RegisteredTakenBack),
    ("reg-taken-back-text", M::RegisteredTakenBackText),
    ("reg-given-up", M::RegisteredGivenUp),
    ("reg-given-up-text", M::RegisteredGivenUpText),
    ("reg-event-cancelled", M::RegisteredEventCancelled),
    ("reg-event-cancelled-text", M::RegisteredEventCancelledText),
    ("reg-name", M::RegisteredName),
    ("reg-over", M::RegisteredOver),
    ("reg-as-of", M::RegisteredAsOf),
    ("reg-untitled", M::RegisteredUntitled),
    ("why", M::SeatWhyOther),
];

/// What the script of an event's page says besides.
const SEAT: [(&str, M); 16] = [
    ("give-back", M::SeatCancel),
    ("leave", M::SeatLeave),
    ("sending", M::SeatSending),
    ("again", M::SeatAgain),
    ("unreachable", M::SeatUnreachable),
    ("taken-back", M::SeatTakenBack),
    ("clock", M::SeatClock),
    ("refused", M::SeatRefusedOther),
    ("refused-no_such_event", M::SeatRefusedNoEvent),
    ("refused-member_not_active", M::SeatRefusedNotActive),
    ("refused-member_name", M::SeatRefusedName),
    ("refused-too_many_registrations", M::SeatRefusedTooMany),
    ("refused-registration_over", M::SeatRefusedOver),
    ("time", M::RoamingTime),
    ("hour", M::RoamingHour),
    ("moment", M::DateAndTime),
];

/// What a text wants and only a script knows: it stands in the page as its own name in
/// braces, which the script fills.
const PLACES: [&str; 7] = ["rank", "name", "date", "code", "hour", "minute", "time"];

/// Why there is no seat, in words.
pub(crate) fn reason(words: &Words, code: &str) -> String {
    let known = REASONS.iter().find(|(other, _)| *other == code);
    known.map_or_else(
        || {
            let code = crate::shown::code(code);
            words.say_with(M::SeatWhyOther, &[("code", code.into())])
        },
        |(_, message)| words.say(*message),
    )
}

/// Where a registration stands, as a shape and in words, and what that means.
pub(crate) fn registered(
    words: &Words,
    state: &RegistrationState,
    is_event_cancelled: bool,
) -> (Sign, Option<String>) {
    use RegistrationState as S;
    if is_event_cancelled && state.is_active() {
        return (
            sign(words.say(M::RegisteredEventCancelled), "withdrawn"),
            None,
        );
    }
    let say = |message, shape| sign(words.say(message), shape);
    let (said, text) = match state {
        S::Asked { .. } => (say(M::RegisteredAsked, "admitted"), None),
        S::Accepted {
            was_waiting: true, ..
        } => (say(M::RegisteredStewardFreed, "labelled"), None),
        S::Accepted { .. } => (say(M::RegisteredStewardAccepted, "labelled"), None),
        S::Waiting { rank, .. } => {
            let rank = i64::try_from(*rank).unwrap_or(i64::MAX);
            let said = words.say_with(M::RegisteredWaiting, &[("rank", rank.into())]);
            (sign(said, "admitted"), None)
        }
        S::Refused { code, .. } => (
            say(M::RegisteredRefused, "withdrawn"),
            Some(reason(words, code)),
        ),
        S::Unknown { .. } => (say(M::RegisteredUnknown, "withdrawn"), None),
        S::Cancelling { .. } => (say(M::RegisteredCancelling, "expired"), None),
        S::Cancelled {
            by: CancelledBy::Member,
            ..
        } => (say(M::ManageSeatGiven, "expired"), None),
        S::Cancelled {
            by: CancelledBy::Organiser,
            ..
        } => (say(M::RegisteredTakenBack, "withdrawn"), None),
        S::GivenUp { .. } => (say(M::RegisteredGivenUp, "withdrawn"), None),
    };
    (said, text)
}

const fn sign(text: String, shape: &'static str) -> Sign {
    Sign { text, shape }
}

/// The texts for the script of an event's page; `register` stands on the button.
pub(crate) fn seat_texts(words: &Words, register: M) -> Vec<(&'static str, String)> {
    let mut texts = registered_texts(words);
    texts.push(text(words, ("register", register)));
    texts.extend(SEAT.into_iter().map(|it| text(words, it)));
    texts
}

/// The texts about registrations for the script of the passport's page.
pub(crate) fn registered_texts(words: &Words) -> Vec<(&'static str, String)> {
    let all = REGISTERED.into_iter().chain(REASONS);
    all.map(|it| text(words, it)).collect()
}

fn text(words: &Words, (name, message): (&'static str, M)) -> (&'static str, String) {
    let places = PLACES.map(|name| (name, format!("{{{name}}}").into()));
    (name, words.say_with(message, &places))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::language::LANGUAGES;

    #[test]
    fn every_code_of_a_refusal_has_words_in_both_languages() {
        let known: BTreeSet<&str> = REASONS.iter().map(|(code, _)| *code).collect();
        let beside = ["unknown_kind"];
        let codes: BTreeSet<&str> = app::registration_codes().chain(beside).collect();
        assert_eq!(known, codes);
        for language in LANGUAGES {
            let words = Words::of(language);
            for code in &codes {
                assert!(!reason(words, code).contains(code), "{code}");
            }
            assert!(reason(words, "a_new_one").contains("a_new_one"));
        }
    }
}
