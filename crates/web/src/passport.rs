//! The page on which a member's phone holds the passport.
//!
//! It is the same for everybody: the passport is in the browser, and the page's scripts
//! fill in what there is. Every text that they may show stands in the page.
//!
//! **Invariant:** nothing of a member is known here, so the page may be kept by a browser.
//!
//! Specified in `specs/pages.md`.

use askama::Template;

use crate::events::registered_texts;
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
const WORDS: [(&str, Message); 55] = [
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
    ("left-none-granted", Message::RoamingLeftNoneGranted),
    ("left-none", Message::RoamingLeftNone),
    ("left-no-single", Message::RoamingLeftNoSingle),
    ("left-single", Message::RoamingLeftSingle),
    ("left-one", Message::RoamingLeftOne),
    ("left-some", Message::RoamingLeftSome),
    ("as-of", Message::RoamingAsOf),
    ("closed", Message::RoamingClosed),
    ("past", Message::RoamingPast),
    ("day-one", Message::RoamingDayOne),
    ("day-last", Message::RoamingDayLast),
    ("day-two", Message::RoamingDayTwo),
    ("day-both", Message::RoamingDayBoth),
    ("day-short", Message::RoamingDayShort),
    ("day-short-carried", Message::RoamingDayShortCarried),
    ("day-none-one", Message::RoamingDayNoneOne),
    ("day-none-two", Message::RoamingDayNoneTwo),
    ("day-none-cure", Message::RoamingDayNoneCure),
    ("now-one", Message::RoamingNowOne),
    ("now-two", Message::RoamingNowTwo),
    ("value", Message::RoamingValue),
    ("span", Message::HoursSpan),
    ("paper", Message::RoamingPaper),
    ("half-days-none", Message::HalfDaysNone),
    ("half-days-morning", Message::HalfDaysMorning),
    ("half-days-afternoon", Message::HalfDaysAfternoon),
    ("half-days-both", Message::HalfDaysBoth),
    ("credited", Message::RoamingCreditedOther),
    ("credited-corrected", Message::RoamingCreditedCorrected),
    ("credited-not_here", Message::RoamingCreditedNotHere),
    ("time", Message::RoamingTime),
    ("hour", Message::RoamingHour),
    ("moment", Message::DateAndTime),
];

/// What can be disclosed beside a passport, by the name that it has there.
const ALSO: [(&str, Message); 3] = [
    ("full_name", Message::PassportAlsoFullName),
    ("organisation", Message::PassportAlsoOrganisation),
    ("portrait", Message::PassportAlsoPortrait),
];

/// What a text of [`WORDS`] wants and only a script knows: it stands in the page as its
/// own name in braces, which the script fills.
const PLACES: [&str; 10] = [
    "left", "granted", "date", "day", "price", "from", "to", "hour", "minute", "time",
];

/// The passport's page in a language.
pub(crate) fn passport_page(language: Language) -> Result<String, RenderError> {
    let words = Words::of(language);
    let page = PassportPage {
        frame: Frame::new(words, words.say(Message::PassportTitle)),
        script: scripts::path(scripts::PASSPORT),
        worker: worker::PATH,
        also: ALSO.map(|(name, message)| (name, words.say(message))),
        texts: texts(words),
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "passport.html")]
struct PassportPage {
    frame: Frame,
    script: String,
    worker: &'static str,
    also: [(&'static str, String); 3],
    texts: Vec<(&'static str, String)>,
}

fn texts(words: &Words) -> Vec<(&'static str, String)> {
    let places = PLACES.map(|name| (name, format!("{{{name}}}").into()));
    let text = |(name, message)| (name, words.say_with(message, &places));
    let registered = registered_texts(words);
    WORDS.into_iter().map(text).chain(registered).collect()
}
