//! The code reads and writes what `specs/vectors` says, and says what the code does.
//!
//! Each file is made here from fixed keys, compared with the one that is kept, and
//! then read case by case. `ESCALE_BLESS=1` writes the files anew.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a vector that cannot be made or read ends the test"
)]

#[path = "vectors/documents.rs"]
mod documents;
#[path = "vectors/entity_ids.rs"]
mod entity_ids;
#[path = "vectors/forge.rs"]
mod forge;
#[path = "vectors/invitations.rs"]
mod invitations;
#[path = "vectors/json_texts.rs"]
mod json_texts;
#[path = "vectors/kinds.rs"]
mod kinds;
#[path = "vectors/passports.rs"]
mod passports;
#[path = "vectors/pictures.rs"]
mod pictures;
#[path = "vectors/public_keys.rs"]
mod public_keys;
#[path = "vectors/seals.rs"]
mod seals;
#[path = "vectors/status_figures.rs"]
mod status_figures;
