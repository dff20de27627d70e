//! Registrations: a member's home asks the node that owns an event for a seat in it.
//!
//! A registration is a document of its own, without an end, because it must prove
//! something later: who asked, for whom, and when. The node that owns the event counts
//! the seats; the answer says what became of it, and a notice says what changed since.
//!
//! Specified in `specs/registration.md`.

use seal::Malformed;
use serde::{Deserialize, Serialize};

use crate::document::{Claims, require, sealed_kind};
use crate::event::{LocalTime, is_event_id};
use crate::passport::SHOWN_NAME_CHARS_MAX;
use crate::request::Request;
use crate::{EntityId, Timestamp, shape};

/// What a home asks for one of its members (`escale-registration+jwt`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The member's home.
    pub iss: EntityId,
    /// The node that owns the event.
    pub aud: EntityId,
    /// When it was signed.
    pub iat: Timestamp,
    /// This registration among those of its home: 16 bytes in base64url, used once.
    pub id: String,
    /// The id of the event's record.
    pub event: String,
    /// When the occurrence was due by the event's rule; absent for an event that does not
    /// come again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<LocalTime>,
    /// The name to call at the door, as the member chose it.
    pub name: String,
}

sealed_kind!(Registration, "escale-registration+jwt", 2 * 1024);

impl Claims for Registration {
    fn check(&self) -> Result<(), Malformed> {
        check_id(&self.id)?;
        require(self.iss != self.aud, "a registration with oneself")?;
        require(is_event_id(&self.event), "event")?;
        let is_name = (1..=SHOWN_NAME_CHARS_MAX).contains(&self.name.chars().count())
            && !self.name.chars().any(char::is_control);
        require(is_name, "name")
    }
}

/// Refuses what is not 16 bytes in base64url.
fn check_id(id: &str) -> Result<(), Malformed> {
    let bytes = seal::base64url::decode(id).map_err(|_| Malformed("id".to_owned()))?;
    require(bytes.len() == 16, "id")
}

/// The kind of a request for a seat.
pub const REGISTRATION_KIND: &str = "registration";

/// The kind of a request that gives a seat, or a place in the waiting list, back.
pub const CANCELLATION_KIND: &str = "registration-cancel";

/// The kind of a request by which the owner of an event tells a home what changed.
pub const NOTICE_KIND: &str = "registration-notice";

/// The body of a request of kind [`REGISTRATION_KIND`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationBody {
    /// The [`Registration`], compact.
    pub registration: String,
}

/// The body of a request of kind [`CANCELLATION_KIND`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancellationBody {
    /// The `id` of the registration.
    pub registration: String,
}

/// The body of a request of kind [`NOTICE_KIND`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeBody {
    /// The `id` of the registration.
    pub registration: String,
    /// 1 for the answer to the registration, and one more for each change since: of two,
    /// the greater says what is.
    pub revision: u64,
    /// What it is now.
    pub state: NoticeState,
}

/// What became of a registration since it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeState {
    /// A seat became free: whoever waited has it.
    Accepted,
    /// The organiser took the seat, or the place in the waiting list, back.
    Cancelled,
}

impl RegistrationBody {
    /// Takes the body of a request of its kind.
    pub fn of(request: &Request) -> Result<Self, Malformed> {
        require(
            request.kind == REGISTRATION_KIND,
            "a request of another kind",
        )?;
        shape::read(request.body.clone())
    }
}

impl CancellationBody {
    /// Takes the body of a request of its kind.
    pub fn of(request: &Request) -> Result<Self, Malformed> {
        require(
            request.kind == CANCELLATION_KIND,
            "a request of another kind",
        )?;
        let body: Self = shape::read(request.body.clone())?;
        check_id(&body.registration)?;
        Ok(body)
    }
}

impl NoticeBody {
    /// Takes the body of a request of its kind.
    pub fn of(request: &Request) -> Result<Self, Malformed> {
        require(request.kind == NOTICE_KIND, "a request of another kind")?;
        let body: Self = shape::read(request.body.clone())?;
        check_id(&body.registration)?;
        require(body.revision >= 2, "revision")?;
        Ok(body)
    }
}
