//! What several real nodes do together, and what becomes of one that is treated badly:
//! processes on this machine, commands as typed, HTTP as a stranger speaks it.

#![forbid(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    reason = "JSON is looked into: what is not there is null"
)]
#![expect(
    clippy::expect_used,
    reason = "what does not work beside a scenario fails it"
)]

mod calendars;
mod checking;
mod command_line;
mod demo;
mod described;
mod events;
mod founding;
mod hinting;
mod keys;
mod labelling;
mod life;
mod pages;
mod peers;
mod publishing;
mod receipts;
mod refusals;
mod relaying;
mod restoring;
mod sabotage;
mod seats;
mod several_labels;
mod storm;
mod stranger;
mod subscribing;
mod watching;
