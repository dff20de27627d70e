//! Schemas of the values that others own and this crate shows.
//!
//! A body of this crate derives its schema from its type. What it holds of `wire`,
//! `rules` and `app` is described here, once, and named in the body as
//! `#[schemars(with = …)]`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// 32 bytes in base64url: of the last character, two bits are nothing.
const COORDINATE: &str = "^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$";

/// A type that stands for a schema and has no value.
macro_rules! described {
    ($(#[doc = $doc:literal])* $name:ident, $($schema:tt)+) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = json_schema!($($schema)+);
                let said = concat!($($doc),*).trim();
                schema.insert("description".to_owned(), said.into());
                schema
            }
        }
    };
}

described!(
    /// An entity identifier: `https://name`, or `http` on this machine alone; no slash at the end.
    Entity,
    { "type": "string", "maxLength": 255, "pattern": "^https?://[^/?#@]+$" }
);

described!(
    /// A moment, in whole seconds since 1970-01-01T00:00:00Z.
    Moment,
    { "type": "integer", "format": "int64" }
);

described!(
    /// A day at a space, `YYYY-MM-DD`.
    Date,
    { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }
);

described!(
    /// A time of day, `HH:MM`, 00:00 to 24:00.
    ClockTime,
    { "type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$" }
);

described!(
    /// A name of this node's own: 16 bytes in base64url.
    Id,
    { "type": "string", "pattern": "^[A-Za-z0-9_-]{22}$" }
);

described!(
    /// The name of a key: its thumbprint.
    KeyName,
    { "type": "string", "pattern": "^[A-Za-z0-9_-]{43}$" }
);

described!(
    /// The number of a member, as stewards type it.
    MemberNumber,
    { "type": "string", "pattern": "^[0-9a-z]{4}-[0-9a-z]{4}$" }
);

described!(
    /// The id of a credential, as operators type it.
    AccessId,
    { "type": "string", "pattern": "^[0-9a-z]{4}-[0-9a-z]{4}$" }
);

described!(
    /// A signed document in compact form.
    Compact,
    { "type": "string", "pattern": "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$" }
);

described!(
    /// A trust mark, in a form.
    MarkForm,
    {
        "type": "object",
        "required": ["trust_mark"],
        "properties": { "trust_mark": { "type": "string", "minLength": 1 } },
    }
);

described!(
    /// A JSON object.
    Anything,
    { "type": "object" }
);

described!(
    /// A public key (RFC 7517): Ed25519, or P-256 of a phone.
    Jwk,
    {
        "type": "object",
        "required": ["kty", "crv", "x"],
        "properties": {
            "x": { "type": "string", "pattern": COORDINATE },
            "y": { "type": "string", "pattern": COORDINATE },
        },
        "oneOf": [
            { "properties": { "kty": { "const": "OKP" }, "crv": { "const": "Ed25519" } } },
            {
                "required": ["y"],
                "properties": { "kty": { "const": "EC" }, "crv": { "const": "P-256" } },
            },
        ],
    }
);

described!(
    /// A passport in compact form and what can be disclosed beside it, each with a `~` after
    /// it (RFC 9901).
    GivenPassport,
    {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+~([A-Za-z0-9_-]+~){0,3}$"
    }
);

described!(
    /// The number that a desk shows: six digits.
    Challenge,
    { "type": "string", "pattern": "^[0-9]{6}$" }
);

described!(
    /// A SHA-256 digest in base64url.
    Digest,
    { "type": "string", "pattern": COORDINATE }
);

described!(
    /// Where a phone's or a card's passports stand.
    CarrierState,
    { "enum": ["good", "paused", "revoked", "expired"] }
);

described!(
    /// Who a node is in its label.
    NodeRole,
    { "enum": ["space", "coordinator"] }
);

described!(
    /// What a credential lets do; each may do what those before it may.
    Role,
    { "enum": ["desk", "steward", "operator"] }
);

described!(
    /// Where a membership stands.
    MemberState,
    { "enum": ["active", "paused", "ended"] }
);

described!(
    /// A half of a day.
    HalfDay,
    { "enum": ["morning", "afternoon"] }
);

described!(
    /// How the passport was shown.
    ProofBy,
    { "enum": ["holder", "paper"] }
);

described!(
    /// How the host knows when the visitor left.
    Ending,
    { "enum": ["left", "forgotten", "corrected"] }
);

described!(
    /// Why a receipt was taken back.
    CreditReason,
    { "enum": ["corrected", "not_here"] }
);

described!(
    /// A day of the week.
    Weekday,
    { "enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] }
);

described!(
    /// What is left of an allowance in a month (`YYYY-MM`), as in a passport.
    RoamingClaim,
    {
        "type": "object",
        "required": ["period", "granted", "left"],
        "properties": {
            "period": { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$" },
            "granted": { "type": "integer", "minimum": 0 },
            "left": { "type": "integer", "minimum": 0 },
        },
    }
);

described!(
    /// What was done about a label.
    Act,
    {
        "enum": [
            "admitted", "asked", "granted", "renewed", "expired", "warned", "suspended",
            "lifted", "withdrawn", "ended",
        ],
    }
);

described!(
    /// The label's charter, as in its record (`specs/trust.md`).
    Charter,
    {
        "type": "object",
        "required": ["url", "name", "version", "roaming"],
        "properties": {
            "url": { "type": "string" },
            "name": { "type": "object" },
            "version": { "type": "integer", "minimum": 1 },
            "roaming": { "type": "object" },
        },
    }
);

described!(
    /// Who a space is, as in its record (`specs/feed.md`).
    Profile,
    {
        "type": "object",
        "required": ["name", "village"],
        "properties": {
            "name": { "type": "string" },
            "village": { "type": "string" },
            "address": { "type": "string" },
            "about": { "type": "object" },
            "latitude_e6": { "type": "integer" },
            "longitude_e6": { "type": "integer" },
            "area_m2": { "type": "integer", "minimum": 0 },
            "amenities": { "type": "array", "items": { "type": "object" } },
            "is_example": { "type": "boolean" },
        },
    }
);

described!(
    /// When a space is open, as in its record (`specs/feed.md`).
    OpeningHours,
    {
        "type": "object",
        "required": ["time_zone", "weekly"],
        "properties": {
            "time_zone": { "type": "string" },
            "half_day_boundary": { "type": "string" },
            "weekly": {
                "type": "array",
                "items": { "type": "object", "required": ["day", "from", "to"] },
            },
            "subscribers_at_all_hours": { "type": "boolean" },
            "is_example": { "type": "boolean" },
        },
    }
);

described!(
    /// What a member subscribes to or buys, as in its record (`specs/feed.md`).
    Formula,
    {
        "type": "object",
        "required": ["unit", "price_cents"],
        "properties": {
            "unit": { "enum": ["hour", "half_day", "day", "week", "month", "year"] },
            "price_cents": { "type": "integer", "minimum": 0 },
            "includes": { "type": "object" },
            "is_example": { "type": "boolean" },
        },
    }
);

described!(
    /// What a visit is worth by the host's own prices, as in a receipt.
    VisitValue,
    {
        "type": "object",
        "required": ["formula", "record", "unit", "price_cents", "count", "total_cents"],
        "properties": {
            "formula": { "type": "string" },
            "record": { "type": "object", "required": ["epoch", "seq"] },
            "unit": { "enum": ["hour", "half_day", "day", "week", "month", "year"] },
            "price_cents": { "type": "integer", "minimum": 0 },
            "count": { "type": "integer", "minimum": 0 },
            "total_cents": { "type": "integer", "minimum": 0 },
        },
    }
);

described!(
    /// A join: the space's `fed` key, and a request that it signed (`specs/trust.md`, section 6).
    Join,
    {
        "type": "object",
        "required": ["fed_key", "request"],
        "properties": {
            "fed_key": { "type": "object" },
            "request": { "type": "string" },
        },
    }
);

described!(
    /// A hint that a feed has a record at this position (`specs/feed.md`, section 8).
    Hint,
    {
        "type": "object",
        "required": ["entity", "epoch", "seq"],
        "properties": {
            "entity": { "type": "string" },
            "epoch": { "type": "integer", "minimum": 1 },
            "seq": { "type": "integer", "minimum": 1 },
        },
    }
);

described!(
    /// Two words of one author, each a record or a head, that contradict each other
    /// (`specs/feed.md`, section 9).
    Fork,
    {
        "type": "object",
        "required": ["entity", "one", "other"],
        "properties": {
            "entity": { "type": "string" },
            "one": { "type": "string" },
            "other": { "type": "string" },
        },
    }
);

described!(
    /// A page of a feed: its head, and records in order (`specs/feed.md`).
    Page,
    {
        "type": "object",
        "required": ["head", "records"],
        "properties": {
            "head": { "type": "string" },
            "records": {
                "type": "array",
                "maxItems": wire::feed::PAGE_RECORDS_MAX,
                "items": {
                    "type": "object",
                    "required": ["record"],
                    "properties": {
                        "record": { "type": "string" },
                        "salt": { "type": "string" },
                        "body": { "type": "string" },
                    },
                },
            },
        },
    }
);

described!(
    /// A calendar (RFC 5545).
    ICalendar,
    { "type": "string", "pattern": "^BEGIN:VCALENDAR" }
);

described!(
    /// How many days: 1 to 366.
    Days,
    { "type": "integer", "minimum": 1, "maximum": 366 }
);

described!(
    /// What kind of event it is.
    EventKind,
    { "enum": ["training", "workshop", "web_conference", "shared_meal", "event"] }
);

described!(
    /// Whether it takes place.
    EventStatus,
    { "enum": ["confirmed", "tentative", "cancelled"] }
);

described!(
    /// A date and time on a wall clock, `YYYY-MM-DDTHH:MM:SS` (RFC 8984, section 1.4.5).
    LocalTime,
    { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$" }
);

described!(
    /// A length of time, as in `PT2H30M`, or `P1D` for an event of days (RFC 8984, section 1.4.6).
    Span,
    { "type": "string", "pattern": "^P([0-9]{1,3}D|T([0-9]{1,3}H)?[0-9]{1,3}M)$" }
);

described!(
    /// The `uid` of an event, or the id of one of this node.
    EventName,
    { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,40}(@[a-z0-9.:-]+)?$" }
);

described!(
    /// How an event comes again (RFC 8984, section 4.3.3; `specs/event.md`).
    RecurrenceRule,
    {
        "type": "object",
        "required": ["frequency"],
        "additionalProperties": false,
        "properties": {
            "@type": { "const": "RecurrenceRule" },
            "frequency": { "enum": ["daily", "weekly"] },
            "interval": { "type": "integer", "minimum": 1, "maximum": 100 },
            "byDay": {
                "type": "array",
                "maxItems": 7,
                "items": {
                    "type": "object",
                    "required": ["day"],
                    "additionalProperties": false,
                    "properties": {
                        "@type": { "const": "NDay" },
                        "day": { "enum": ["mo", "tu", "we", "th", "fr", "sa", "su"] },
                    },
                },
            },
            "count": { "type": "integer", "minimum": 1, "maximum": 2000 },
            "until": { "type": "string" },
        },
    }
);

described!(
    /// What is different of one date (RFC 8984, section 4.3.5; `specs/event.md`).
    Override,
    {
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "excluded": { "type": "boolean" },
            "start": { "type": "string" },
            "duration": { "type": "string" },
            "title": { "type": "string" },
            "description": { "type": "string" },
            "status": { "enum": ["confirmed", "tentative", "cancelled"] },
        },
    }
);

described!(
    /// An event as in its record (JSCalendar, RFC 8984; `specs/event.md`).
    Event,
    {
        "type": "object",
        "required": ["@type", "uid", "updated", "sequence", "title", "start", "timeZone",
            "duration", "escale"],
        "properties": {
            "@type": { "const": "Event" },
            "uid": { "type": "string" },
            "updated": { "type": "string" },
            "sequence": { "type": "integer", "minimum": 0 },
            "title": { "type": "string" },
            "start": { "type": "string" },
            "timeZone": { "type": "string" },
            "duration": { "type": "string" },
            "escale": { "type": "object", "required": ["kind"] },
        },
    }
);

described!(
    /// Where a registration stands at the owner of the event.
    SeatState,
    { "enum": ["taken", "waiting", "cancelled"] }
);

described!(
    /// Where a registration stands, as its home knows it.
    RegistrationState,
    {
        "enum": ["asked", "accepted", "waiting", "refused", "unknown", "cancelling", "cancelled",
            "given_up"]
    }
);

described!(
    /// Who gave it back.
    CancelledBy,
    { "enum": ["member", "organiser"] }
);
