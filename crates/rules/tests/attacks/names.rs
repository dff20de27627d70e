//! Names of nodes that look like another's, or that are addresses.

use wire::{EntityId, EntityIdRefusal};

use crate::table::{Attack, Outcome, attacks};

/// The words of `specs/trust.md`, section 1.
fn named(text: &str) -> Outcome {
    EntityId::parse(text).map(|_| ()).map_err(|why| match why {
        EntityIdRefusal::NotAUrl => "not_a_url",
        EntityIdRefusal::Scheme => "scheme",
        EntityIdRefusal::HostIsAddress => "host_is_address",
        EntityIdRefusal::NotCanonical => "not_canonical",
    })
}

pub(crate) fn attacks() -> Vec<Attack> {
    attacks!("entity identifier":
        B3 "A name ends with a dot."
            { named("https://le-mug.example.") } not_canonical [entity_host_name]
        B3 "A name has capitals."
            { named("https://Le-Mug.example") } not_canonical [entity_spelling]
        B3 "A name ends with a slash."
            { named("https://le-mug.example/") } not_canonical [entity_spelling]
        B3 "A name says the port that it has anyway."
            { named("https://le-mug.example:443") } not_canonical [entity_spelling]
        B3 "A name is written in letters that look like others."
            { named("https://lе-mug.example") } not_canonical [entity_spelling]
        B3 "A name has a letter in it that is not seen."
            { named("https://le-\u{200b}mug.example") } not_canonical [entity_spelling]
        B3 "A name has a path."
            { named("https://le-mug.example/feed") } not_canonical [entity_spelling]
        B3 "A name has one label alone."
            { named("https://localhost") } not_canonical [entity_host_name]
        B3 "A name begins with a star."
            { named("https://*.example") } not_canonical [entity_host_name]
        F6 "A name stands before another's (`user@`)."
            { named("https://le-mug.example@evil.example") } not_canonical [entity_spelling]
        F6 "A name has another's after a `#`."
            { named("https://evil.example#le-mug.example") } not_canonical [entity_spelling]
        F6 "A name has a backslash for a slash."
            { named("https:\\\\le-mug.example") } not_canonical [entity_spelling]
        F6 "A name has an ideographic full stop."
            { named("https://le-mug\u{3002}example") } not_canonical [entity_spelling]
        F1 "A name is an address of this machine."
            { named("https://127.0.0.1") } host_is_address [entity_is_name]
        F1 "A name is the same address as one number."
            { named("https://2130706433") } host_is_address [entity_is_name entity_spelling]
        F1 "A name is the same address in circled digits."
            { named("https://①②⑦.⓪.⓪.①") } host_is_address [entity_is_name entity_spelling]
        F2 "A name is the same address in IPv6."
            { named("https://[::ffff:7f00:1]") } host_is_address [entity_is_name]
        F2 "A name is where clouds keep their secrets, without TLS."
            { named("http://169.254.169.254") } scheme [entity_loopback]
        F7 "A name is of a node without TLS."
            { named("http://le-mug.example") } scheme [entity_loopback]
        F7 "A name has the port nought."
            { named("https://le-mug.example:0") } not_canonical [entity_spelling]
        F7 "A name is a file."
            { named("file:///etc/passwd") } scheme []
        G7 "A name is longer than any host's."
            { named(&format!("https://{}.example", "a".repeat(300))) }
            not_a_url [entity_length entity_host_name]
    )
}
