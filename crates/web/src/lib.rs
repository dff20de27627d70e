//! The pages that people see, in French and English.
//!
//! A page is a function of a view of `app` and a language; the routes ask for the
//! view, choose the language and set the headers. Start at [`router`].
//!
//! **Invariant:** nothing is loaded from anywhere but this node, and nothing stands
//! in a page that its Content-Security-Policy would have to make an exception for.
//!
//! **Invariant:** a page is complete without script, but for the passport's: its key
//! lives in the browser alone. An event's has one that adds the reader's own seat.
//!
//! **Invariant:** whatever a peer wrote is shown as text, escaped and printable;
//! only an `EntityId`, and the `https` address of an event, become links.
//!
//! **Invariant:** nothing here knows the store, or who is asking.
//!
//! Specified in `specs/pages.md`.

#![forbid(unsafe_code)]

mod assets;
mod card;
mod events;
mod figures;
mod frame;
mod history;
mod home;
mod hours;
mod label;
mod language;
mod news;
mod notice;
mod ours;
mod page;
mod passport;
mod picture;
mod receipts;
mod routes;
mod scripts;
mod shown;
mod staff;
mod standing;
mod words;
mod worker;

pub use frame::RenderError;
pub use home::home_page;
pub use language::{LANGUAGES, Language};
pub use picture::qr_versions;
pub use routes::{Answer, Asker, PageError, Pages, ROUTES, Route, router};

#[cfg(test)]
mod tests;
