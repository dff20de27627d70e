//! Signatures: Project Wycheproof, and C2SP's Ed25519 edge cases.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use seal::{KeyRefusal, PublicKey};
use serde_json::Value;

use super::{bytes_of, list, published_json, text, went_through};

/// What became of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Judgement {
    /// The key was not taken, because it is not written in its one form.
    NoKey,
    /// The key was not taken, because it is of low order.
    WeakKey,
    /// The key was taken, the signature refused.
    Refused,
    /// It holds.
    Holds,
}

/// Judges as this crate does.
fn judge(key: &[u8; 32], message: &[u8], signature: &[u8]) -> Judgement {
    match PublicKey::from_ed25519_bytes(key) {
        Err(KeyRefusal::NotEd25519) => Judgement::NoKey,
        Err(KeyRefusal::Weak) => Judgement::WeakKey,
        Err(refusal) => panic!("refused for another reason than these sets have: {refusal}"),
        Ok(key) if key.verify(message, signature).is_ok() => Judgement::Holds,
        Ok(_) => Judgement::Refused,
    }
}

/// The 32 bytes of a public key in hexadecimal.
fn key_of(hexadecimal: &str) -> [u8; 32] {
    bytes_of(hexadecimal)
        .try_into()
        .expect("a key has 32 bytes")
}

#[test]
fn wycheproof_signatures_are_judged_as_published() {
    let Some(set) = published_json("ed25519/wycheproof_ed25519.json") else {
        return;
    };
    let (mut valid, mut invalid) = (0, 0);
    for group in list(&set, "testGroups") {
        let key = key_of(text(&group["publicKey"], "pk"));
        for case in list(group, "tests") {
            let message = bytes_of(text(case, "msg"));
            let signature = bytes_of(text(case, "sig"));
            match text(case, "result") {
                "valid" => {
                    valid += 1;
                    assert_eq!(
                        judge(&key, &message, &signature),
                        Judgement::Holds,
                        "{case}"
                    );
                    // The control: the same signature holds for nothing else.
                    let longer = [message.as_slice(), &[0]].concat();
                    assert_eq!(
                        judge(&key, &longer, &signature),
                        Judgement::Refused,
                        "{case}"
                    );
                }
                "invalid" => {
                    invalid += 1;
                    assert_eq!(
                        judge(&key, &message, &signature),
                        Judgement::Refused,
                        "{case}"
                    );
                }
                other => panic!("a result that is not known: {other}"),
            }
        }
    }
    assert_eq!((valid, invalid), (88, 63));
    went_through("wycheproof_ed25519", valid + invalid);
}

/// The flags of C2SP's set, and what each says.
const FLAGS: &[&str] = &[
    // The key, or R, is one of the points of low order; for such a key anybody can sign.
    "low_order_A",
    "low_order_R",
    // It has a part of low order. That decides nothing by itself …
    "low_order_component_A",
    "low_order_component_R",
    // … but where such parts do not cancel out, the equation holds only for verifiers
    // that multiply it by the cofactor.
    "low_order_residue",
    // It is not written in its one form. In this set only points of low order are.
    "non_canonical_A",
    "non_canonical_R",
    // Hashed over the one form of a point that is written in another.
    "reencoded_k",
];

/// One vector of C2SP's set.
struct Edge {
    key: [u8; 32],
    message: Vec<u8>,
    signature: Vec<u8>,
    flags: BTreeSet<String>,
}

impl Edge {
    fn of(vector: &Value) -> Self {
        // A vector without flags has `null`.
        let flags = vector["flags"].as_array().into_iter().flatten();
        let flags = flags.map(|it| it.as_str().expect("a flag is a text").to_owned());
        Self {
            key: key_of(text(vector, "key")),
            message: text(vector, "msg").as_bytes().to_vec(),
            signature: bytes_of(text(vector, "sig")),
            flags: flags.collect(),
        }
    }

    /// Whether the vector has this flag.
    fn has(&self, flag: &str) -> bool {
        assert!(FLAGS.contains(&flag), "{flag} is no flag of this set");
        self.flags.contains(flag)
    }

    /// What `specs/seal.md` asks for: no key and no R of low order, one way to write each
    /// point, and the equation without the cofactor.
    fn expected(&self) -> Judgement {
        if self.has("non_canonical_A") {
            Judgement::NoKey
        } else if self.has("low_order_A") {
            Judgement::WeakKey
        } else if ["low_order_R", "non_canonical_R", "low_order_residue"]
            .iter()
            .any(|it| self.has(it))
        {
            Judgement::Refused
        } else {
            Judgement::Holds
        }
    }

    /// Judges as `VerifyingKey::verify` does, which is not used in this crate.
    fn holds_leniently(&self) -> bool {
        let key = VerifyingKey::from_bytes(&self.key).expect("every key of the set is a point");
        let signature = Signature::from_slice(&self.signature).expect("64 bytes");
        key.verify(&self.message, &signature).is_ok()
    }
}

/// The set, if it is there.
fn edges() -> Option<Vec<Edge>> {
    let set = published_json("ed25519/cctv_ed25519.json")?;
    Some(
        set.as_array()
            .expect("a list")
            .iter()
            .map(Edge::of)
            .collect(),
    )
}

#[test]
fn every_edge_case_is_judged_as_its_flags_say() {
    let Some(edges) = edges() else { return };
    let mut judged: BTreeMap<Judgement, usize> = BTreeMap::new();
    for (number, edge) in edges.iter().enumerate() {
        let is_known = edge.flags.iter().all(|flag| FLAGS.contains(&flag.as_str()));
        assert!(
            is_known,
            "vector {number} has a flag that is not known: {:?}",
            edge.flags
        );
        // What the comments above say of this set is so.
        assert!(
            edge.has("low_order_A") || !edge.has("non_canonical_A"),
            "vector {number}"
        );
        assert!(
            edge.has("low_order_R") || !edge.has("non_canonical_R"),
            "vector {number}"
        );
        let judgement = judge(&edge.key, &edge.message, &edge.signature);
        assert_eq!(judgement, edge.expected(), "vector {number}");
        *judged.entry(judgement).or_default() += 1;
    }
    let expected = [
        (Judgement::NoKey, 226),
        (Judgement::WeakKey, 300),
        (Judgement::Refused, 345),
        (Judgement::Holds, 43),
    ];
    assert_eq!(judged, BTreeMap::from(expected));
    went_through("cctv_ed25519", edges.len());
}

/// The control: `verify` in place of `verify_strict`, without the refusal of weak keys.
#[test]
fn a_lenient_verifier_lets_pass_what_is_refused_here() {
    let Some(edges) = edges() else { return };
    let mut let_pass: BTreeMap<Judgement, usize> = BTreeMap::new();
    for (number, edge) in edges.iter().enumerate() {
        let holds = edge.holds_leniently();
        let expected = !edge.has("low_order_residue") && !edge.has("non_canonical_R");
        assert_eq!(holds, expected, "vector {number}");
        if holds {
            *let_pass
                .entry(judge(&edge.key, &edge.message, &edge.signature))
                .or_default() += 1;
        }
    }
    let expected = [
        (Judgement::NoKey, 36),
        (Judgement::WeakKey, 86),
        (Judgement::Refused, 43),
        (Judgement::Holds, 43),
    ];
    assert_eq!(let_pass, BTreeMap::from(expected));
}
