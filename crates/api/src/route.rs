//! What a row of the table of routes says.
//!
//! What a row need not say, because it follows: the refusals of who may ask, of a body
//! or a query that cannot be read, and those of every route ([`Route::codes`]).

use app::App;
use axum::extract::DefaultBodyLimit;
use axum::routing::MethodRouter;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::people::BODY_BYTES_MAX;

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
pub(crate) const fn json<T: JsonSchema>() -> Form {
    of::<T>("application/json")
}

/// A body of another media type.
pub(crate) const fn of<T: JsonSchema>(media_type: &'static str) -> Form {
    Form {
        media_type,
        schema: SchemaGenerator::subschema_for::<T>,
        is_conditional: false,
    }
}

/// What who has it already is not given again.
pub(crate) const fn conditional<T: JsonSchema>(media_type: &'static str) -> Form {
    Form {
        is_conditional: true,
        ..of::<T>(media_type)
    }
}

/// A body that is read as JSON.
pub(crate) const fn body<T: JsonSchema>() -> Takes {
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

/// The same where OpenID Federation says what a refusal looks like.
const ALWAYS_BY_THE_STANDARD: &[&str] = &["server_error", "temporarily_unavailable"];

impl Route {
    /// Whether what is answered is for whoever asks and nobody else: also what a one-time
    /// code gives.
    pub fn is_private(&self) -> bool {
        self.who != Who::Anybody || ["/api/v1/enrol", "/api/v1/sign-in"].contains(&self.path)
    }

    /// Whether OpenID Federation 1.0 says what is asked, and what a refusal looks like.
    pub fn is_of_the_standard(&self) -> bool {
        let of_the_label = self.path.starts_with("/federation/v1/");
        let of_any = self.path.starts_with("/federation/");
        self.path == "/.well-known/openid-federation" || of_any && !of_the_label
    }

    /// The code of each refusal that the router and this route can answer.
    pub fn codes(&self) -> Vec<&'static str> {
        if self.is_of_the_standard() {
            let by_what: &[&str] = match self.takes {
                Takes::Nothing => &[],
                Takes::Query(_) | Takes::Body(..) => &["invalid_request"],
            };
            let mut codes = [by_what, self.refuses, ALWAYS_BY_THE_STANDARD].concat();
            codes.sort_unstable();
            return codes;
        }
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
