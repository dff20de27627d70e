//! What carries a member's passports, and what the member may disclose beside them.

use app::{App, CarrierRow, CarrierState, MemberError};
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use wire::Sha256Hash;
use wire::disclosure::{DISCLOSED_CHARS_MAX, Disclosed};
use wire::receipt::ProofBy;

use super::form::Filled;
use super::member::refused;
use super::members::Standing;
use super::signed_in::ByASteward;
use super::{MEMBERS, see};
use crate::figures::date;
use crate::language::Reader;
use crate::notice::Notice;
use crate::words::{Message as M, Words};

/// Something that a member may disclose, as a field of a form.
pub(super) struct Particular {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) value: String,
    pub(super) chars_max: usize,
}

/// Characters of a digest.
const DIGEST_CHARS: usize = 43;

/// The fields of what a member may disclose.
pub(super) fn particulars(words: &Words, may: &Disclosed) -> Vec<Particular> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let portrait = may.portrait.map(|it| it.to_string()).unwrap_or_default();
    [
        ("full_name", M::MemberFullName, text(&may.full_name)),
        (
            "organisation",
            M::MemberOrganisation,
            text(&may.organisation),
        ),
        ("portrait", M::MemberPortrait, portrait),
    ]
    .map(|(name, label, value)| Particular {
        name,
        label: words.say(label),
        value,
        chars_max: if name == "portrait" {
            DIGEST_CHARS
        } else {
            DISCLOSED_CHARS_MAX
        },
    })
    .into()
}

/// A phone or a card on a member's page.
pub(super) struct Carrier {
    pub(super) id: String,
    pub(super) what: String,
    pub(super) state: Standing,
    pub(super) since: String,
    pub(super) can_be_revoked: bool,
}

/// A phone or a card in words.
pub(super) fn carrier(words: &Words, row: &CarrierRow, zone: &TimeZone) -> Carrier {
    let what = match row.by {
        ProofBy::Holder => M::CarrierPhone,
        ProofBy::Paper => M::CarrierCard,
    };
    let (shape, text) = match row.state {
        CarrierState::Good => ("labelled", M::CarrierGood),
        CarrierState::Paused => ("suspended", M::CarrierPaused),
        CarrierState::Revoked => ("withdrawn", M::CarrierRevoked),
        CarrierState::Expired => ("withdrawn", M::CarrierExpired),
    };
    let day = |at| date(words, at, zone);
    let (since, until) = (day(row.since), day(row.until));
    let since = match row.renewed {
        None => words.say_with(
            M::CarrierSince,
            &[("since", since.into()), ("until", until.into())],
        ),
        Some(renewed) => words.say_with(
            M::CarrierRenewed,
            &[
                ("since", since.into()),
                ("renewed", day(renewed).into()),
                ("until", until.into()),
            ],
        ),
    };
    Carrier {
        id: row.id.to_string(),
        what: words.say(what),
        state: Standing {
            shape,
            text: words.say(text),
        },
        since,
        can_be_revoked: row.passports > 0,
    }
}

/// `POST /members/{member}/particulars`: what the member may disclose.
pub(crate) async fn set_particulars(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path(member): Path<String>,
    form: Filled,
) -> Response {
    let set = match typed(&form) {
        Some(particulars) => app.set_particulars(&steward, &member, &particulars).await,
        None => Err(MemberError::Particulars),
    };
    match set {
        Ok(()) => see(&format!("{MEMBERS}/{member}"), language),
        Err(error) => refused(&app, language, &steward, &member, "", &error).await,
    }
}

/// What was typed; `None` where a portrait's digest is none.
fn typed(form: &Filled) -> Option<Disclosed> {
    let text = |name| Some(form.text(name).to_owned()).filter(|it| !it.is_empty());
    let portrait = match text("portrait") {
        None => None,
        Some(digest) => Some(Sha256Hash::parse(digest.trim())?),
    };
    Some(Disclosed {
        full_name: text("full_name"),
        organisation: text("organisation"),
        portrait,
    })
}

/// `POST /members/{member}/passports/{carrier}/revoke`: one phone or card was lost.
pub(crate) async fn revoke(
    State(app): State<App>,
    Reader(language): Reader,
    ByASteward(steward): ByASteward,
    Path((member, carrier)): Path<(String, String)>,
    _: Filled,
) -> Response {
    let theirs = match app.carriers(&steward, &member).await {
        Ok(theirs) => theirs,
        Err(error) => return refused(&app, language, &steward, &member, "", &error).await,
    };
    let is_meant = |row: &&CarrierRow| row.id.to_string() == carrier;
    let Some(row) = theirs.iter().find(is_meant) else {
        return Notice::Missing.answer(language);
    };
    match app.revoke_carrier(&steward, row.id).await {
        Ok(_) => see(&format!("{MEMBERS}/{member}"), language),
        Err(error) => refused(&app, language, &steward, &member, "", &error).await,
    }
}
