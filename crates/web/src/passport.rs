//! The page on which a member's phone holds the passport.
//!
//! It is the same for everybody: the passport is in the browser, and the page's scripts
//! fill in what there is. Every text that they may show stands in the page.
//!
//! **Invariant:** nothing of a member is known here, so the page may be kept by a browser.
//!
//! Specified in `specs/pages.md`.

use askama::Template;

use crate::frame::{Frame, RenderError};
use crate::language::Language;
use crate::scripts;
use crate::words::{Message, Message as M, Words};
use crate::worker;

/// What the reader may have to know first, hidden until it is true: id, title, text.
const NOTES: [(&str, Message, Message); 8] = [
    (
        "insecure",
        Message::PassportInsecureTitle,
        Message::PassportInsecure,
    ),
    (
        "unkept",
        Message::PassportUnkeptTitle,
        Message::PassportUnkept,
    ),
    (
        "note-expired",
        Message::PassportExpiredTitle,
        Message::PassportExpired,
    ),
    (
        "note-paused",
        Message::PassportPausedTitle,
        Message::PassportPaused,
    ),
    (
        "note-ended",
        Message::PassportEndedTitle,
        Message::PassportEnded,
    ),
    (
        "note-taken",
        Message::PassportTakenTitle,
        Message::PassportTaken,
    ),
    (
        "note-clock",
        Message::PassportClockTitle,
        Message::PassportClock,
    ),
    (
        "note-code",
        Message::PassportCodeFailedTitle,
        Message::PassportCodeFailed,
    ),
];

/// What the scripts say, by the name they know it under: stable codes of
/// `specs/problems.md`, units of a formula, and names of their own.
const WORDS: [(&str, Message); 22] = [
    ("host-choose", Message::PassportHostChoose),
    ("host-none", Message::PassportHostNone),
    ("code-made", Message::PassportCodeMade),
    ("sending", Message::PassportSending),
    ("enrolled", Message::PassportEnrolled),
    ("removed", Message::PassportRemoved),
    ("code-length", Message::PassportCodeLength),
    ("enrol_code", Message::PassportRefusedCode),
    ("enrol_used", Message::PassportRefusedUsed),
    ("enrol_not_active", Message::PassportRefusedNotActive),
    ("enrol_key", Message::PassportRefusedKey),
    ("too_many_passports", Message::PassportRefusedTooMany),
    ("busy", Message::PassportRefusedBusy),
    ("clock_wrong", Message::PassportRefusedClock),
    ("unreachable", Message::PassportRefusedUnreachable),
    ("refused", Message::PassportRefusedOther),
    ("unit-hour", Message::UnitHour),
    ("unit-half_day", Message::UnitHalfDay),
    ("unit-day", Message::UnitDay),
    ("unit-week", Message::UnitWeek),
    ("unit-month", Message::UnitMonth),
    ("unit-year", Message::UnitYear),
];

/// The passport's page in a language.
pub(crate) fn passport_page(language: Language) -> Result<String, RenderError> {
    let words = Words::of(language);
    let page = PassportPage {
        frame: Frame::new(words, words.say(Message::PassportTitle)),
        script: scripts::path(scripts::PASSPORT),
        worker: worker::PATH,
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "passport.html")]
struct PassportPage {
    frame: Frame,
    script: String,
    worker: &'static str,
}
