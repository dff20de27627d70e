//! What a row of the table says, and all of them.

use seal::{Document, Sealed};

use crate::forge::key_set;
use crate::{
    bindings, chain, codes, desk, disclosures, epochs, feeds, json_texts, keys, names, passports,
    revocations, seals, whole_chains,
};

/// Nothing where the attack succeeded, otherwise the code with which it was stopped.
pub(crate) type Outcome = Result<(), &'static str>;

/// One attack.
pub(crate) struct Attack {
    /// The letter and number under which it is filed.
    pub(crate) fault: &'static str,
    /// What is attacked with it.
    pub(crate) on: &'static str,
    /// A sentence.
    pub(crate) name: &'static str,
    /// The code with which it is stopped.
    pub(crate) code: &'static str,
    /// What stops it: taken away together they let it pass, and none of them alone.
    /// Without any, nothing is there that could be read.
    pub(crate) checks: &'static [&'static str],
    /// Makes it and tries it.
    pub(crate) tried: Box<dyn Fn() -> Outcome>,
}

/// Rows on one kind of document: where it is filed, its name, what is done, the code, and
/// the checks by which it is stopped.
macro_rules! attacks {
    ($on:literal: $(
        $fault:ident $name:literal { $tried:expr } $code:ident [$($check:ident)*]
    )*) => {
        vec![$($crate::table::Attack {
            fault: stringify!($fault),
            on: $on,
            name: $name,
            code: stringify!($code),
            checks: &[$(stringify!($check)),*],
            tried: Box::new(|| $tried),
        }),*]
    };
}
pub(crate) use attacks;

/// All attacks, in the order in which they are published.
pub(crate) fn all() -> Vec<Attack> {
    [
        seals::headers(),
        seals::members(),
        seals::spellings(),
        seals::signatures(),
        json_texts::claims(),
        json_texts::shapes(),
        keys::attacks(),
        names::attacks(),
        chain::roots(),
        chain::statements(),
        chain::marks(),
        chain::standings(),
        whole_chains::chains(),
        whole_chains::statuses(),
        chain::requests(),
        feeds::records(),
        feeds::bodies(),
        feeds::openings(),
        feeds::heads(),
        epochs::openings(),
        epochs::forks(),
        revocations::words(),
        revocations::after(),
        passports::attacks(),
        disclosures::shown_by_holders(),
        disclosures::hidden_by_homes(),
        bindings::attacks(),
        codes::codes(),
        codes::lists(),
        desk::showings(),
        desk::homes(),
        desk::passports(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Opens a document by the keys of these names.
pub(crate) fn opens<T: Document>(text: &str, by: &[&str]) -> Outcome {
    let opened = Sealed::<T>::parse(text).and_then(|it| it.open(&key_set(by)));
    opened.map(|_| ()).map_err(|refusal| refusal.code())
}
