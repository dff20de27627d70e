//! What a visit counts and what became of its receipt, in words.
//!
//! The codes are those of `specs/visit.md` and `specs/problems.md`; one that is not known
//! here is shown as it came.

use app::Fate;
use rules::visit::HalfDays;

use crate::shown;
use crate::words::{Message, Message as M, Words};

/// What is counted: `one half-day, the morning`.
pub(crate) fn half_days(words: &Words, half_days: HalfDays) -> String {
    words.say(match (half_days.morning, half_days.afternoon) {
        (false, false) => M::HalfDaysNone,
        (true, false) => M::HalfDaysMorning,
        (false, true) => M::HalfDaysAfternoon,
        (true, true) => M::HalfDaysBoth,
    })
}

/// The same as a sentence.
pub(crate) fn counted(words: &Words, counted: HalfDays) -> String {
    let what = half_days(words, counted);
    words.say_with(M::Counted, &[("what", what.into())])
}

/// Where a receipt stands.
pub(crate) struct Standing {
    /// A class of the style sheet and an icon.
    pub(crate) shape: &'static str,
    /// In words.
    pub(crate) text: String,
    /// Why, where it was refused or given up.
    pub(crate) reason: Option<Reason>,
}

/// Shows where a receipt stands; none was signed where nothing is counted.
pub(crate) fn standing(words: &Words, fate: Option<&Fate>) -> Standing {
    let (shape, text, code) = match fate {
        None => ("unknown", M::ReceiptNone, None),
        Some(Fate::Waiting { .. }) => ("admitted", M::ReceiptWaiting, None),
        Some(Fate::Accepted { .. }) => ("labelled", M::ReceiptAccepted, None),
        Some(Fate::Refused { code, .. }) => ("withdrawn", M::ReceiptRefused, Some(code.as_str())),
        Some(Fate::GivenUp { .. }) => ("expired", M::ReceiptGivenUp, Some(app::UNANSWERED)),
        Some(Fate::Moot { .. }) => ("unknown", M::ReceiptMoot, None),
    };
    Standing {
        shape,
        text: words.say(text),
        reason: code.map(|code| reason(words, code)),
    }
}

/// Why something was refused, and what can be done.
pub(crate) struct Reason {
    /// In words; none for a code that is not known here.
    pub(crate) text: Option<String>,
    /// The stable code, for whoever is asked for help.
    pub(crate) code: String,
    /// What can be done.
    pub(crate) cure: String,
}

/// The words of a code.
pub(crate) fn reason(words: &Words, code: &str) -> Reason {
    let (text, cure) = messages(code).unzip();
    Reason {
        text: text.map(|text| words.say(text)),
        code: shown::code(code),
        cure: words.say(cure.unwrap_or(M::CureUnknown)),
    }
}

fn messages(code: &str) -> Option<(Message, Message)> {
    Some(match code {
        "no_proof" => (M::RefusalNoProof, M::CureSpeak),
        "not_ours" => (M::RefusalNotOurs, M::CureSpeak),
        "differs" => (M::RefusalDiffers, M::CureSpeak),
        "too_late" => (M::RefusalTooLate, M::CureNothing),
        "out_of_time" => (M::RefusalOutOfTime, M::CureClock),
        "not_labelled" => (M::RefusalNotLabelled, M::CureCoordinator),
        "proof_used" => (M::RefusalProofUsed, M::CureCorrect),
        "counted_already" => (M::RefusalCountedAlready, M::CureCorrect),
        "too_many" => (M::RefusalTooMany, M::CureSpeak),
        "id_used" => (M::RefusalIdUsed, M::CureSpeak),
        "credited" => (M::RefusalCredited, M::CureNothing),
        "receipt_unknown" => (M::RefusalReceiptUnknown, M::CureNothing),
        "conflict" => (M::RefusalConflict, M::CureAgain),
        "unknown_kind" => (M::RefusalUnknownKind, M::CureUpdate),
        "malformed" => (M::RefusalMalformed, M::CureUpdate),
        app::UNANSWERED => (M::RefusalUnanswered, M::CureLine),
        _ => return None,
    })
}
