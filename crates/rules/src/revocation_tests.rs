//! Whose word ends a key.

use seal::{SecretKey, sign};
use wire::revocation::RevocationReason;
use wire::{Sha256Hash, Timestamp};

use super::*;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

const COORDINATOR_FED: u8 = 1;
const FED: u8 = 3;
const OLD_FED: u8 = 5;
const OPS: u8 = 4;

fn name(text: &str) -> EntityId {
    EntityId::parse(text).unwrap()
}

fn revocation(iss: &str, sub: &str, of: u8, by: u8) -> String {
    let revocation = KeyRevocation {
        iss: name(iss),
        sub: name(sub),
        iat: Timestamp(1_800_000_000),
        kid: key(of).public().thumbprint().to_string(),
        last: LastGood {
            epoch: 1,
            seq: 4,
            hash: Sha256Hash::of(&[b"x"]),
        },
        reason: RevocationReason::Compromised,
    };
    sign(revocation, &key(by)).unwrap().as_str().to_owned()
}

const LABEL: &str = "https://label.example";
const MUG: &str = "https://le-mug.example";
const OTHER: &str = "https://oxalis.example";

#[track_caller]
fn check((iss, sub, of, by): (&str, &str, u8, u8), expected: Result<(), &str>) {
    let coordinator_fed = KeySet::only(key(COORDINATOR_FED).public().clone());
    let keys = vec![key(FED).public().clone(), key(OLD_FED).public().clone()];
    let fed = KeySet::new(keys).unwrap();
    let mut revoked = Revoked::default();
    let last = LastGood {
        epoch: 1,
        seq: 9,
        hash: Sha256Hash::of(&[b"y"]),
    };
    revoked.add(key(OLD_FED).public().thumbprint().clone(), last);
    let opened = open_revocation(
        &revocation(iss, sub, of, by),
        (&name(LABEL), &coordinator_fed),
        (&name(MUG), &fed),
        &revoked,
    );
    let said = opened.as_ref().map(|_| ()).map_err(TrustRefusal::code);
    assert_eq!(said, expected);
    assert!(
        opened.is_err() || opened.unwrap().ended().as_ref() == Some(key(of).public().thumbprint())
    );
}

#[test]
fn a_space_ends_its_own_ops_key_and_its_coordinator_any_of_its_keys() {
    check((MUG, MUG, OPS, FED), Ok(()));
    check((LABEL, MUG, OPS, COORDINATOR_FED), Ok(()));
    check((LABEL, MUG, FED, COORDINATOR_FED), Ok(()));
}

#[test]
fn nobody_else_ends_a_key() {
    // An `ops` key, its own or another's; a stranger's key.
    check((MUG, MUG, OPS, OPS), Err("seal_unknown_key"));
    check((MUG, MUG, OPS, 77), Err("seal_unknown_key"));
    // One space the key of another.
    check((MUG, OTHER, OPS, FED), Err("trust_other_subject"));
    check(
        (LABEL, OTHER, OPS, COORDINATOR_FED),
        Err("trust_other_subject"),
    );
    // Under another's name.
    check((LABEL, MUG, OPS, FED), Err("trust_other_issuer"));
    check((MUG, MUG, OPS, COORDINATOR_FED), Err("trust_other_issuer"));
    // A `fed` key does not say of a `fed` key when it ended, and not after its own end.
    check((MUG, MUG, FED, FED), Err("trust_other_issuer"));
    check((MUG, MUG, OLD_FED, FED), Err("trust_other_issuer"));
    check((MUG, MUG, OPS, OLD_FED), Err("trust_other_issuer"));
}

/// A passport holds for 30 days; whoever shows one on its last day, in whatever zone, shows it
/// by a key that is still named.
#[test]
fn an_ops_key_is_named_for_31_days_beside_the_next() {
    assert_eq!(OPS_OVERLAP_SECONDS, 2_678_400);
}

#[test]
fn the_keys_that_were_revoked_are_told_and_chosen_by_name() {
    let last = |seq| LastGood {
        epoch: 1,
        seq,
        hash: Sha256Hash::of(&[b"x"]),
    };
    let name_of = |seed| key(seed).public().thumbprint().clone();
    let told = |revoked: &Revoked| -> Vec<_> {
        let all = revoked.iter().map(|(key, last)| (key.clone(), last.seq));
        all.collect()
    };
    assert_eq!(told(Revoked::none()), []);
    let mut revoked = Revoked::default();
    revoked.add(name_of(OPS), last(4));
    revoked.add(name_of(OLD_FED), last(9));
    let both = [(name_of(OPS), 4), (name_of(OLD_FED), 9)];
    assert_eq!(told(&revoked), both);
    let only = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        told(&revoked.only(&names))
    };
    assert_eq!(only(&[]), []);
    assert_eq!(only(&["unknown"]), []);
    assert_eq!(only(&[name_of(OPS).as_str()]), both[..1]);
    assert_eq!(only(&["unknown", name_of(OLD_FED).as_str()]), both[1..]);
    let (ops, old) = (name_of(OPS), name_of(OLD_FED));
    assert_eq!(only(&[old.as_str(), ops.as_str()]), both);
}
