//! Sealed documents of every kind, and what travels beside them.

use seal::{Document, KeySet, Malformed, Sealed, SecretKey};
use serde_json::Value;
use wire::Invitation;
use wire::epoch::Epoch;
use wire::feed::{Head, Record};
use wire::fork::Fork;
use wire::hint::Hint;
use wire::passport::Passport;
use wire::receipt::{Credit, CreditBody, Receipt, ReceiptBody};
use wire::registration::{CancellationBody, NoticeBody, Registration, RegistrationBody};
use wire::request::{Answer, Join, JoinBody, Request};
use wire::revocation::{KeyRevocation, KeyRevocationBody, KeyUpdate, KeyUpdateBody};
use wire::status_list::StatusListToken;
use wire::trust::{Anchor, EntityStatement, TrustMark};

use crate::kept;

/// The keys that signed what lies in `corpus`, by their seeds.
const SEEDS: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 9];

pub(crate) fn keys() -> KeySet {
    let key = |seed: &u8| SecretKey::from_seed(&[*seed; 32]).public().clone();
    kept(KeySet::new(SEEDS.iter().map(key).collect()), "eight keys")
}

/// What was opened says what was signed.
fn seal_of<T: Document>(text: &str, keys: &KeySet) -> bool {
    let Ok(sealed) = Sealed::<T>::parse(text) else {
        return false;
    };
    assert_eq!(sealed.as_str(), text, "kept as it came");
    assert!(text.len() <= T::BYTES_MAX, "short");
    let Ok(opened) = sealed.open(keys) else {
        return false;
    };
    assert_eq!(opened.as_str(), text, "kept as it was signed");
    assert_eq!(opened.key(), sealed.kid(), "by the key that is named");
    true
}

/// Claims that were read are written, and read as the same.
fn claims_of<T: Document>(value: &Value) -> bool {
    let Ok(document) = T::from_claims(value.clone()) else {
        return false;
    };
    let written = kept(document.to_claims(), "what was read is written");
    let again = kept(seal::json::parse(&written), "what was written is strict");
    let again = kept(T::from_claims(again), "what was written is read");
    assert_eq!(again.to_claims().as_ref(), Ok(&written), "and the same");
    true
}

/// Whether any kind is read so, all of them tried.
macro_rules! any_kind {
    ($act:ident($($argument:expr),*)) => {
        [
            $act::<Anchor>($($argument),*),
            $act::<EntityStatement>($($argument),*),
            $act::<TrustMark>($($argument),*),
            $act::<Request>($($argument),*),
            $act::<Answer>($($argument),*),
            $act::<Record>($($argument),*),
            $act::<Head>($($argument),*),
            $act::<Passport>($($argument),*),
            $act::<StatusListToken>($($argument),*),
            $act::<Receipt>($($argument),*),
            $act::<Credit>($($argument),*),
            $act::<Registration>($($argument),*),
            $act::<KeyRevocation>($($argument),*),
            $act::<KeyUpdate>($($argument),*),
            $act::<Epoch>($($argument),*),
        ]
        .contains(&true)
    };
}

pub(crate) fn seals(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let keys = keys();
    any_kind!(seal_of(text, &keys))
}

pub(crate) fn claims(bytes: &[u8]) -> bool {
    let Ok(value) = seal::json::parse(bytes) else {
        return false;
    };
    any_kind!(claims_of(&value))
}

/// A request and whatever body it has, asked for as every kind.
pub(crate) fn requests(bytes: &[u8]) -> bool {
    let Ok(value) = seal::json::parse(bytes) else {
        return false;
    };
    let Ok(request) = Request::from_claims(value) else {
        return false;
    };
    let read: [Result<(), Malformed>; 8] = [
        JoinBody::of(&request).map(|_| ()),
        RegistrationBody::of(&request).map(|_| ()),
        CancellationBody::of(&request).map(|_| ()),
        NoticeBody::of(&request).map(|_| ()),
        ReceiptBody::of(&request).map(|_| ()),
        CreditBody::of(&request).map(|_| ()),
        KeyUpdateBody::of(&request).map(|_| ()),
        KeyRevocationBody::of(&request).map(|_| ()),
    ];
    let kinds = read.iter().filter(|it| it.is_ok()).count();
    assert!(kinds <= 1, "a request is of one kind");
    kinds == 1
}

pub(crate) fn join(bytes: &[u8]) -> bool {
    let Ok(mut join) = Join::parse(bytes) else {
        return false;
    };
    let written = kept(serde_json::to_vec(&join), "what was read is written");
    // Whoever sends a private key does not find it again.
    join.fed_key.d = None;
    assert_eq!(Join::parse(&written).as_ref(), Ok(&join), "read again");
    Sealed::<Request>::parse(&join.request).is_ok_and(|it| it.open(&keys()).is_ok())
}

/// Two words of one author, and whether they contradict each other by any key.
pub(crate) fn fork(bytes: &[u8]) -> bool {
    let Ok(fork) = Fork::parse(bytes) else {
        return false;
    };
    let written = kept(fork.write(), "what was read is written");
    assert_eq!(Fork::parse(&written).as_ref(), Ok(&fork), "read again");
    let keys = keys();
    let parting =
        |one: &str, other: &str| rules::fork::parting(&fork.entity, &[&keys], one, other).ok();
    let parted = parting(&fork.one, &fork.other);
    assert_eq!(parting(&fork.other, &fork.one), parted, "either way");
    assert_eq!(
        parting(&fork.one, &fork.one),
        None,
        "nothing contradicts itself"
    );
    parted.is_some()
}

pub(crate) fn hint(bytes: &[u8]) -> bool {
    let Ok(hint) = Hint::parse(bytes) else {
        return false;
    };
    let written = kept(hint.write(), "what was read is written");
    assert_eq!(Hint::parse(&written), Ok(hint), "read again");
    true
}

pub(crate) fn invitation(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let Ok(invitation) = Invitation::from_code(text) else {
        return false;
    };
    let written = kept(invitation.to_code(), "what was read is written");
    assert_eq!(
        Invitation::from_code(&written),
        Ok(invitation),
        "read again"
    );
    true
}
