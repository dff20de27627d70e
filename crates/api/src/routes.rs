//! The table of all routes: who may ask, what is asked, what is answered.
//!
//! A route is one row. The router is built from it, the description in
//! `specs/openapi.json` is written from it, and each member of the row must be there: a
//! route that nobody described does not compile.
//!
//! What a row need not say, because it follows: the refusals of who may ask, of a body
//! or a query that cannot be read, and those of every route ([`Route::codes`]).

use app::App;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use wire::feed::PAGE_MEDIA_TYPE;
use wire::request::{
    ANSWER_MEDIA_TYPE, JOIN_BYTES_MAX, JOIN_MEDIA_TYPE, REQUEST_BYTES_MAX, REQUEST_MEDIA_TYPE,
};
use wire::trust::ENTITY_STATEMENT_MEDIA_TYPE;

use crate::federation::ANCHOR_MEDIA_TYPE;
use crate::people::BODY_BYTES_MAX;
use crate::{
    access, calendar, describe, events, federation, health, holder, home, members, people,
    registrations, requests, schemas, visits,
};

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody: what is given is public, or proves itself.
    Anybody,
    /// A credential of this space: a device of its desk, a steward, an operator.
    Desk,
    /// A credential of a steward or an operator.
    Steward,
    /// A credential of an operator.
    Operator,
    /// A member of this space, by a passport shown to it.
    Member,
}

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, in the router's notation. What stands in braces is described in
    /// `PATH_PARAMETERS` of `describe.rs`.
    pub path: &'static str,
    /// Who may ask.
    pub who: Who,
    pub(crate) handler: fn() -> MethodRouter<App>,
    /// What it is for, in one clause.
    pub summary: &'static str,
    /// What a request brings beside its path.
    pub(crate) takes: Takes,
    /// What status 200 brings.
    pub(crate) gives: Form,
    /// The codes of its own refusals.
    pub(crate) refuses: &'static [&'static str],
}

/// What a request brings beside its path.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Takes {
    /// Nothing that is read.
    Nothing,
    /// Parameters of the query.
    Query(&'static [Parameter]),
    /// A body of this form, and of this many bytes at most.
    Body(Form, usize),
}

/// A parameter of a query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) is_needed: bool,
    pub(crate) schema: ToSchema,
    pub(crate) says: &'static str,
}

/// The form of a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) media_type: &'static str,
    pub(crate) schema: ToSchema,
    /// Whether who has it already is told so, by 304.
    pub(crate) is_conditional: bool,
}

/// How a schema is made.
pub(crate) type ToSchema = fn(&mut SchemaGenerator) -> Schema;

/// What is answered as JSON.
const fn json<T: JsonSchema>() -> Form {
    of::<T>("application/json")
}

/// A body of another media type.
const fn of<T: JsonSchema>(media_type: &'static str) -> Form {
    Form {
        media_type,
        schema: SchemaGenerator::subschema_for::<T>,
        is_conditional: false,
    }
}

/// What who has it already is not given again.
const fn conditional<T: JsonSchema>(media_type: &'static str) -> Form {
    Form {
        is_conditional: true,
        ..of::<T>(media_type)
    }
}

/// A body that is read as JSON.
const fn body<T: JsonSchema>() -> Takes {
    Takes::Body(json::<T>(), BODY_BYTES_MAX)
}

/// A parameter that may be left out.
pub(crate) const fn may<T: JsonSchema>(name: &'static str, says: &'static str) -> Parameter {
    Parameter {
        name,
        is_needed: false,
        schema: SchemaGenerator::subschema_for::<T>,
        says,
    }
}

/// A parameter that must be there.
pub(crate) const fn must<T: JsonSchema>(name: &'static str, says: &'static str) -> Parameter {
    Parameter {
        is_needed: true,
        ..may::<T>(name, says)
    }
}

/// What may go wrong on every route.
const ALWAYS: &[&str] = &["busy", "fault"];

impl Route {
    /// Whether what is answered is for whoever asks and nobody else: also what a one-time
    /// code gives.
    pub fn is_private(&self) -> bool {
        self.who != Who::Anybody || ["/api/v1/enrol", "/api/v1/sign-in"].contains(&self.path)
    }

    /// The code of each refusal that the router and this route can answer.
    pub fn codes(&self) -> Vec<&'static str> {
        let by_who: &[&str] = match self.who {
            Who::Anybody => &[],
            Who::Desk => &["credential_needed"],
            Who::Steward | Who::Operator => &["credential_needed", "role_needed"],
            Who::Member => &["passport_needed"],
        };
        let by_what: &[&str] = match self.takes {
            Takes::Nothing => &[],
            Takes::Query(_) => &["bad_query"],
            Takes::Body(form, _) if form.media_type == "application/json" => {
                &["body_malformed", "body_too_long", "wrong_media_type"]
            }
            Takes::Body(..) => &["body_too_long", "wrong_media_type"],
        };
        // A part of the path that is no text names nothing.
        let by_path: &[&str] = if self.path.contains('{') {
            &["no_such_route"]
        } else {
            &[]
        };
        let mut codes = [by_who, by_what, by_path, self.refuses, ALWAYS].concat();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// What answers it, with the limit of its body.
    pub(crate) fn answered_by(&self) -> MethodRouter<App> {
        let handler = (self.handler)();
        match self.takes {
            Takes::Body(_, bytes_max) => handler.layer(DefaultBodyLimit::max(bytes_max)),
            Takes::Nothing | Takes::Query(_) => handler,
        }
    }
}

/// Why an event is not published.
const EVENT_REFUSES: &[&str] = &[
    "event_malformed",
    "event_refused",
    "event_has_registrations",
    "no_such_event",
    "too_many_events",
    "clock_wrong",
];

/// Why nobody is registered.
const REGISTER_REFUSES: &[&str] = &[
    "no_such_event",
    "no_such_member",
    "member_name",
    "member_not_active",
    "too_many_registrations",
    "no_such_registration",
    "clock_wrong",
];

/// Why nothing is given back.
const GIVE_BACK_REFUSES: &[&str] = &["no_such_registration", "registration_over", "clock_wrong"];

/// Every route of this crate.
pub const ROUTES: &[Route] = &[
    Route {
        method: "GET",
        path: "/.well-known/openid-federation",
        who: Who::Anybody,
        handler: || get(federation::configuration),
        summary: "this node's Entity Configuration",
        takes: Takes::Nothing,
        gives: of::<schemas::Compact>(ENTITY_STATEMENT_MEDIA_TYPE),
        refuses: &["not_here"],
    },
    Route {
        method: "GET",
        path: "/federation/fetch",
        who: Who::Anybody,
        handler: || get(federation::fetch),
        summary: "the coordinator's statement about a space",
        takes: Takes::Query(&[must::<schemas::Entity>("sub", "the space")]),
        gives: of::<schemas::Compact>(ENTITY_STATEMENT_MEDIA_TYPE),
        refuses: &["not_here"],
    },
    Route {
        method: "GET",
        path: "/federation/list",
        who: Who::Anybody,
        handler: || get(federation::list),
        summary: "the spaces that belong",
        takes: Takes::Nothing,
        gives: json::<Vec<schemas::Entity>>(),
        refuses: &["not_here", "nothing_heard"],
    },
    Route {
        method: "GET",
        path: "/federation/v1/anchor",
        who: Who::Anybody,
        handler: || get(federation::anchor),
        summary: "the label's anchor statement",
        takes: Takes::Nothing,
        gives: of::<schemas::Compact>(ANCHOR_MEDIA_TYPE),
        refuses: &["not_here"],
    },
    Route {
        method: "GET",
        path: "/federation/v1/feed",
        who: Who::Anybody,
        handler: || get(federation::feed),
        summary: "records and head of any feed that this node holds",
        takes: Takes::Query(federation::FEED_PARAMETERS),
        gives: of::<schemas::Page>(PAGE_MEDIA_TYPE),
        refuses: &["not_here"],
    },
    Route {
        method: "POST",
        path: "/federation/v1/join",
        who: Who::Anybody,
        handler: || post(federation::join),
        summary: "an invited space asks to be admitted",
        takes: Takes::Body(of::<schemas::Join>(JOIN_MEDIA_TYPE), JOIN_BYTES_MAX),
        gives: of::<schemas::Compact>(ANSWER_MEDIA_TYPE),
        refuses: &[
            "join_malformed",
            "join_not_genuine",
            "join_other_audience",
            "join_out_of_time",
            "not_here",
            "clock_wrong",
            "nothing_heard",
        ],
    },
    Route {
        method: "POST",
        path: "/federation/v1/request",
        who: Who::Anybody,
        handler: || post(requests::request),
        summary: "another node of the label asks something",
        takes: Takes::Body(
            of::<schemas::Compact>(REQUEST_MEDIA_TYPE),
            REQUEST_BYTES_MAX,
        ),
        gives: of::<schemas::Compact>(ANSWER_MEDIA_TYPE),
        refuses: &[
            "request_malformed",
            "request_not_genuine",
            "request_other_audience",
            "request_out_of_time",
            "request_replayed",
            "request_not_yet",
            "too_many_refusals",
            "clock_wrong",
            "nothing_heard",
        ],
    },
    Route {
        method: "GET",
        path: "/api/v1/home",
        who: Who::Anybody,
        handler: || get(home::home),
        summary: "who this node is, its label, its partners",
        takes: Takes::Nothing,
        gives: json::<home::HomeBody>(),
        refuses: &[],
    },
    Route {
        method: "GET",
        path: "/api/v1/openapi.json",
        who: Who::Anybody,
        handler: || get(describe::openapi),
        summary: "this description",
        takes: Takes::Nothing,
        gives: json::<schemas::Anything>(),
        refuses: &[],
    },
    Route {
        method: "POST",
        path: "/api/v1/enrol",
        who: Who::Anybody,
        handler: || post(people::enrol),
        summary: "the passport of a one-time code, for a key",
        takes: body::<people::EnrolBody>(),
        gives: json::<people::EnrolledBody>(),
        refuses: &[
            "enrol_key",
            "enrol_code",
            "enrol_used",
            "enrol_not_active",
            "too_many_passports",
            "clock_wrong",
        ],
    },
    Route {
        method: "POST",
        path: "/api/v1/desk/judge",
        who: Who::Desk,
        handler: || post(people::judge),
        summary: "whether a visitor is welcome",
        takes: body::<people::ShownBody>(),
        gives: json::<people::JudgedBody>(),
        refuses: &["clock_wrong", "nothing_heard"],
    },
    Route {
        method: "POST",
        path: "/api/v1/desk/receive",
        who: Who::Desk,
        handler: || post(visits::receive),
        summary: "a person has looked: the passport on paper is the visitor's",
        takes: body::<people::ShownBody>(),
        gives: json::<people::JudgedBody>(),
        refuses: &["clock_wrong", "nothing_heard"],
    },
    Route {
        method: "GET",
        path: "/api/v1/visits/here",
        who: Who::Desk,
        handler: || get(visits::here),
        summary: "who is here",
        takes: Takes::Nothing,
        gives: json::<Vec<visits::VisitBody>>(),
        refuses: &[],
    },
    Route {
        method: "GET",
        path: "/api/v1/visits",
        who: Who::Steward,
        handler: || get(visits::list),
        summary: "the visits whose visitors are still known, the newest first",
        takes: Takes::Nothing,
        gives: json::<Vec<visits::VisitBody>>(),
        refuses: &[],
    },
    Route {
        method: "POST",
        path: "/api/v1/visits/{visit}/leave",
        who: Who::Desk,
        handler: || post(visits::leave),
        summary: "the visitor leaves now",
        takes: Takes::Nothing,
        gives: json::<visits::CountedBody>(),
        refuses: &["no_such_visit", "visit_ended", "clock_wrong"],
    },
    Route {
        method: "POST",
        path: "/api/v1/visits/{visit}/correct",
        who: Who::Steward,
        handler: || post(visits::correct),
        summary: "a steward says how it was",
        takes: body::<visits::CorrectionBody>(),
        gives: json::<visits::CountedBody>(),
        refuses: &[
            "no_such_visit",
            "visit_ended",
            "visit_time",
            "visit_too_late",
            "clock_wrong",
        ],
    },
    Route {
        method: "GET",
        path: "/api/v1/outbox",
        who: Who::Operator,
        handler: || get(requests::outbox),
        summary: "what waits for another node's answer, and what was refused",
        takes: Takes::Nothing,
        gives: json::<Vec<requests::OutboxBody>>(),
        refuses: &[],
    },
    Route {
        method: "POST",
        path: "/api/v1/outbox/{op}/again",
        who: Who::Operator,
        handler: || post(requests::again),
        summary: "asks again what was refused or given up",
        takes: Takes::Nothing,
        gives: json::<requests::AgainBody>(),
        refuses: &["no_such_request"],
    },
    Route {
        method: "GET",
        path: "/api/v1/conflicts",
        who: Who::Operator,
        handler: || get(requests::conflicts),
        summary: "who asked two things under one name",
        takes: Takes::Nothing,
        gives: json::<Vec<requests::ConflictBody>>(),
        refuses: &[],
    },
    Route {
        method: "POST",
        path: "/api/v1/sign-in",
        who: Who::Anybody,
        handler: || post(access::sign_in),
        summary: "the credential of a one-time code",
        takes: body::<access::AccessCodeBody>(),
        gives: json::<access::SignedInBody>(),
        refuses: &["access_code"],
    },
    Route {
        method: "GET",
        path: "/api/v1/access",
        who: Who::Operator,
        handler: || get(access::list),
        summary: "every credential, the oldest first",
        takes: Takes::Nothing,
        gives: json::<Vec<access::AccessBody>>(),
        refuses: &[],
    },
    Route {
        method: "POST",
        path: "/api/v1/access",
        who: Who::Operator,
        handler: || post(access::add),
        summary: "a one-time code for a credential",
        takes: body::<access::NewAccessBody>(),
        gives: json::<access::AccessCodeBody>(),
        refuses: &["access_name", "not_here"],
    },
    Route {
        method: "POST",
        path: "/api/v1/access/{id}/revoke",
        who: Who::Operator,
        handler: || post(access::revoke),
        summary: "ends a credential",
        takes: Takes::Nothing,
        gives: json::<Vec<access::AccessBody>>(),
        refuses: &["no_such_credential"],
    },
    Route {
        method: "GET",
        path: "/api/v1/members",
        who: Who::Steward,
        handler: || get(members::list),
        summary: "the members of this space, by name",
        takes: Takes::Nothing,
        gives: json::<Vec<members::MemberBody>>(),
        refuses: &[],
    },
    Route {
        method: "POST",
        path: "/api/v1/members",
        who: Who::Operator,
        handler: || post(members::add),
        summary: "adds a member",
        takes: body::<members::NewMemberBody>(),
        gives: json::<members::AddedBody>(),
        refuses: &[
            "member_name",
            "member_formula",
            "member_half_days",
            "not_here",
        ],
    },
    Route {
        method: "POST",
        path: "/api/v1/members/{member}/code",
        who: Who::Steward,
        handler: || post(members::code),
        summary: "a code that puts a passport on a phone",
        takes: Takes::Nothing,
        gives: json::<members::CodeBody>(),
        refuses: &["no_such_member", "member_ended"],
    },
    Route {
        method: "POST",
        path: "/api/v1/members/{member}/state",
        who: Who::Operator,
        handler: || post(members::set_state),
        summary: "pauses, resumes or ends a membership",
        takes: body::<members::StateBody>(),
        gives: json::<members::StateBody>(),
        refuses: &["no_such_member", "member_ended", "clock_wrong"],
    },
    Route {
        method: "POST",
        path: "/api/v1/members/{member}/revoke",
        who: Who::Steward,
        handler: || post(members::revoke),
        summary: "takes a member's passports back",
        takes: Takes::Nothing,
        gives: json::<members::RevokedBody>(),
        refuses: &["no_such_member", "clock_wrong"],
    },
    Route {
        method: "POST",
        path: "/api/v1/members/{member}/paper",
        who: Who::Steward,
        handler: || post(members::paper),
        summary: "a passport to be printed",
        takes: body::<members::NewPaperBody>(),
        gives: json::<members::PaperBody>(),
        refuses: &[
            "no_such_member",
            "member_name",
            "member_not_active",
            "too_many_passports",
            "clock_wrong",
        ],
    },
    Route {
        method: "GET",
        path: "/api/v1/member",
        who: Who::Member,
        handler: || get(holder::membership),
        summary: "what this home knows of the member who asks",
        takes: Takes::Nothing,
        gives: json::<holder::MembershipBody>(),
        refuses: &[],
    },
    Route {
        method: "POST",
        path: "/api/v1/member/renew",
        who: Who::Member,
        handler: || post(holder::renew),
        summary: "a new passport in place of the one that was shown",
        takes: body::<holder::RenewBody>(),
        gives: json::<people::EnrolledBody>(),
        refuses: &[
            "enrol_key",
            "renew_used",
            "member_not_active",
            "too_many_passports",
            "clock_wrong",
        ],
    },
    Route {
        method: "GET",
        path: "/calendar.ics",
        who: Who::Anybody,
        handler: || get(calendar::subscription),
        summary: "the calendar as other programs subscribe to it",
        takes: Takes::Query(calendar::WHICH_PARAMETERS),
        gives: conditional::<schemas::ICalendar>(calendar::CALENDAR_MEDIA_TYPE),
        refuses: &[],
    },
    Route {
        method: "GET",
        path: "/api/v1/calendar",
        who: Who::Anybody,
        handler: || get(calendar::calendar),
        summary: "what takes place at all spaces of the label, and when",
        takes: Takes::Query(calendar::CALENDAR_PARAMETERS),
        gives: json::<calendar::CalendarBody>(),
        refuses: &[],
    },
    Route {
        method: "POST",
        path: "/api/v1/events",
        who: Who::Operator,
        handler: || post(events::publish),
        summary: "publishes an event of this node",
        takes: Takes::Body(
            json::<events::EventTextBody>(),
            events::EVENT_BODY_BYTES_MAX,
        ),
        gives: json::<events::PublishedBody>(),
        refuses: EVENT_REFUSES,
    },
    Route {
        method: "GET",
        path: "/api/v1/events/{event}",
        who: Who::Anybody,
        handler: || get(calendar::event),
        summary: "one event: by its uid, or by its id for one of this node",
        takes: Takes::Nothing,
        gives: json::<calendar::EventBody>(),
        refuses: &["no_such_event"],
    },
    Route {
        method: "POST",
        path: "/api/v1/events/{event}/change",
        who: Who::Operator,
        handler: || post(events::change),
        summary: "says an event of this node anew, whole",
        takes: Takes::Body(
            json::<events::EventTextBody>(),
            events::EVENT_BODY_BYTES_MAX,
        ),
        gives: json::<events::PublishedBody>(),
        refuses: EVENT_REFUSES,
    },
    Route {
        method: "POST",
        path: "/api/v1/events/{event}/cancel",
        who: Who::Operator,
        handler: || post(events::cancel),
        summary: "an event of this node, or one date of it, does not take place",
        takes: body::<events::CancelBody>(),
        gives: json::<events::PublishedBody>(),
        refuses: EVENT_REFUSES,
    },
    Route {
        method: "GET",
        path: "/api/v1/events/{event}/seats",
        who: Who::Steward,
        handler: || get(events::seats),
        summary: "who has registered for an event of this node",
        takes: Takes::Nothing,
        gives: json::<Vec<events::SeatBody>>(),
        refuses: &[],
    },
    Route {
        method: "POST",
        path: "/api/v1/seats/{registration}/cancel",
        who: Who::Steward,
        handler: || post(events::take_back),
        summary: "takes a registration for an event of this node back",
        takes: body::<events::HomeOfSeatBody>(),
        gives: json::<events::TakenBackBody>(),
        refuses: &["no_such_registration", "clock_wrong"],
    },
    Route {
        method: "GET",
        path: "/api/v1/member/registrations",
        who: Who::Member,
        handler: || get(registrations::own),
        summary: "the registrations of the member who asks",
        takes: Takes::Nothing,
        gives: json::<registrations::RegistrationsBody>(),
        refuses: &[],
    },
    Route {
        method: "POST",
        path: "/api/v1/member/registrations",
        who: Who::Member,
        handler: || post(registrations::register),
        summary: "a seat for the member who asks",
        takes: body::<registrations::WishBody>(),
        gives: json::<registrations::RegistrationBody>(),
        refuses: REGISTER_REFUSES,
    },
    Route {
        method: "POST",
        path: "/api/v1/member/registrations/{registration}/cancel",
        who: Who::Member,
        handler: || post(registrations::give_back),
        summary: "gives back a registration of the member who asks",
        takes: Takes::Nothing,
        gives: json::<registrations::RegistrationBody>(),
        refuses: GIVE_BACK_REFUSES,
    },
    Route {
        method: "GET",
        path: "/api/v1/members/{member}/registrations",
        who: Who::Steward,
        handler: || get(registrations::of_member),
        summary: "the registrations of a member of this space",
        takes: Takes::Nothing,
        gives: json::<registrations::RegistrationsBody>(),
        refuses: &["no_such_member"],
    },
    Route {
        method: "POST",
        path: "/api/v1/members/{member}/registrations",
        who: Who::Steward,
        handler: || post(registrations::register_member),
        summary: "a seat for a member who has no phone at hand",
        takes: body::<registrations::WishBody>(),
        gives: json::<registrations::RegistrationBody>(),
        refuses: REGISTER_REFUSES,
    },
    Route {
        method: "POST",
        path: "/api/v1/registrations/{registration}/cancel",
        who: Who::Steward,
        handler: || post(registrations::give_back_of_member),
        summary: "gives back a registration of a member of this space",
        takes: Takes::Nothing,
        gives: json::<registrations::RegistrationBody>(),
        refuses: GIVE_BACK_REFUSES,
    },
    Route {
        method: "GET",
        path: "/healthz",
        who: Who::Anybody,
        handler: || get(health::health),
        summary: "whether the node is well",
        takes: Takes::Nothing,
        gives: json::<health::HealthBody>(),
        refuses: &["not_well"],
    },
];
