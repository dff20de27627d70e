//! Whether a home accepts what a host says of a visit.
//!
//! Specified in `specs/visit.md`.
