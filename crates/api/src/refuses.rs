//! What several routes of the table refuse.

/// Why an event is not published.
pub(crate) const EVENT_REFUSES: &[&str] = &[
    "event_malformed",
    "event_refused",
    "event_has_registrations",
    "no_such_event",
    "too_many_events",
    "clock_wrong",
    "feed_divided",
    "feed_unconfirmed",
];

/// Why nobody is registered.
pub(crate) const REGISTER_REFUSES: &[&str] = &[
    "no_such_event",
    "no_such_member",
    "member_name",
    "member_not_active",
    "too_many_registrations",
    "no_such_registration",
    "clock_wrong",
];

/// Why nothing is given back.
pub(crate) const GIVE_BACK_REFUSES: &[&str] =
    &["no_such_registration", "registration_over", "clock_wrong"];
