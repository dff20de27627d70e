//! Ed25519 keys (RFC 8032), and the one way in which their signatures are judged.

use std::fmt;
use std::sync::Arc;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::checks::holds;

/// The name of a key: its RFC 7638 thumbprint, SHA-256 in base64url.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumbprint(Arc<str>);

impl Thumbprint {
    /// Reads a thumbprint: 32 bytes in base64url.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = crate::base64url::decode(text);
        holds("seal_kid", bytes.is_ok_and(|it| it.len() == 32)).then(|| Self(text.into()))
    }

    /// The 43 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why some bytes are not taken as a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// Another kind of key, or not a point of the curve in its one encoding.
    #[error("not an Ed25519 public key")]
    NotEd25519,
    /// A point that is not on P-256.
    #[error("not a P-256 public key")]
    NotP256,
    /// A point of low order: signatures that anybody can make would hold.
    #[error("a weak key")]
    Weak,
    /// Declared for another use or algorithm.
    #[error("not a key for signatures")]
    NotForSignatures,
    /// `kid` is not the RFC 7638 thumbprint.
    #[error("the kid is not the key's thumbprint")]
    KidIsNotThumbprint,
    /// The private part is there too.
    #[error("a private key where a public one is due")]
    IsPrivate,
    /// A set of keys has none, or more than a document may have.
    #[error("a set of keys with too few or too many keys")]
    Count,
}

/// A signature that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not hold")]
pub struct SignatureRefusal;

/// An Ed25519 public key that is fit to be trusted with signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    thumbprint: Thumbprint,
}

impl PublicKey {
    /// Takes the 32 bytes of RFC 8032 §5.1.5; weak keys are refused here, once,
    /// rather than at each signature.
    ///
    /// The bytes must be those that the point is encoded to (RFC 8032 §5.1.2). Another
    /// reader would take a y over 2^255 − 19 as well, and the same key would have two
    /// thumbprints: revoked under one name, it would go on under the other.
    pub fn from_ed25519_bytes(bytes: &[u8; 32]) -> Result<Self, KeyRefusal> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyRefusal::NotEd25519)?;
        let encoded = VerifyingKey::from(key.to_edwards());
        if !holds("key_encoding", encoded.as_bytes() == bytes) {
            return Err(KeyRefusal::NotEd25519);
        }
        if !holds("key_weak", !key.is_weak()) {
            return Err(KeyRefusal::Weak);
        }
        Ok(Self {
            thumbprint: thumbprint_of(&key),
            key,
        })
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The key's name.
    pub fn thumbprint(&self) -> &Thumbprint {
        &self.thumbprint
    }

    /// Judges a signature by `verify_strict`: what a lenient verifier would let
    /// pass (low-order R, S ≥ L, other encodings) is refused, so that all nodes
    /// agree about every signature.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureRefusal> {
        #[cfg(feature = "sabotage")]
        if crate::sabotage::skips_signatures() {
            return Ok(());
        }
        let signature = Signature::from_slice(signature).map_err(|_| SignatureRefusal)?;
        #[cfg(feature = "sabotage")]
        if !crate::checks::is_on("signature_strict") {
            use ed25519_dalek::Verifier as _;
            let judged = self.key.verify(message, &signature);
            return judged.map_err(|_| SignatureRefusal);
        }
        self.key
            .verify_strict(message, &signature)
            .map_err(|_| SignatureRefusal)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.thumbprint)
    }
}

/// RFC 7638 §3 with the members that RFC 8037 §2 requires, in lexicographic order.
fn thumbprint_of(key: &VerifyingKey) -> Thumbprint {
    let x = crate::base64url::encode(key.as_bytes());
    digest_of(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#))
}

/// The name that the members of a key have, written as RFC 7638 §3 says.
fn digest_of(members: &str) -> Thumbprint {
    Thumbprint(crate::base64url::encode(&Sha256::digest(members.as_bytes())).into())
}

/// The most keys that one document may list: two in overlap for two purposes,
/// with room for a rotation that went wrong.
const KEYS_MAX: usize = 8;

/// The keys that may have signed something: one to eight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet(Vec<PublicKey>);

impl KeySet {
    /// A set of these keys.
    pub fn new(keys: Vec<PublicKey>) -> Result<Self, KeyRefusal> {
        if !holds("keys_count", (1..=KEYS_MAX).contains(&keys.len())) {
            return Err(KeyRefusal::Count);
        }
        Ok(Self(keys))
    }

    /// The set of one key.
    pub fn only(key: PublicKey) -> Self {
        Self(vec![key])
    }

    /// The key of that name.
    pub fn find(&self, thumbprint: &Thumbprint) -> Option<&PublicKey> {
        self.0.iter().find(|key| key.thumbprint() == thumbprint)
    }

    /// Those of the keys for which this holds; `None` where that is none.
    pub fn filtered(&self, holds: impl Fn(&PublicKey) -> bool) -> Option<Self> {
        let keys: Vec<_> = self.0.iter().filter(|key| holds(key)).cloned().collect();
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// All keys, in the order of the document.
    pub fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        self.0.iter()
    }
}

/// An Ed25519 private key. It wipes itself from memory, and never shows itself.
pub struct SecretKey {
    key: SigningKey,
    public: PublicKey,
}

impl SecretKey {
    /// The key of 32 random bytes (RFC 8032 §5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let verifying = key.verifying_key();
        let public = PublicKey {
            thumbprint: thumbprint_of(&verifying),
            key: verifying,
        };
        Self { key, public }
    }

    /// The public part.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message` (RFC 8032 §5.1.6).
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    pub(crate) fn seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.key.to_bytes())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}, …)", self.public.thumbprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Jwk;

    /// RFC 8037 appendix A.1 to A.3: the key, its public part and its thumbprint.
    #[test]
    fn the_key_of_rfc_8037_has_the_thumbprint_of_rfc_8037() {
        let seed = crate::base64url::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SecretKey::from_seed(&seed.try_into().unwrap());
        let jwk = Jwk::from(key.public());
        assert_eq!(
            jwk.x.as_deref(),
            Some("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        );
        assert_eq!(
            key.public().thumbprint().as_str(),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }

    #[test]
    fn a_set_gives_its_keys_in_their_order() {
        let keys = [[1; 32], [2; 32], [3; 32]].map(|it| SecretKey::from_seed(&it).public().clone());
        let set = KeySet::new(keys.to_vec()).unwrap();
        assert!(set.iter().eq(&keys));
    }

    /// RFC 7638 §3.1: the example, a key of RSA, which has a name and is no key of ours.
    #[test]
    fn the_example_of_rfc_7638_has_the_name_of_rfc_7638() {
        let n = [
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1",
            "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4",
            "QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO",
            "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF",
            "Cur-kEgU8awapJzKnqDKgw",
        ];
        let members = format!(r#"{{"e":"AQAB","kty":"RSA","n":"{}"}}"#, n.concat());
        let name = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
        assert_eq!(digest_of(&members).as_str(), name);
        let jwk: Jwk = serde_json::from_str(&members).unwrap();
        assert_eq!(PublicKey::try_from(&jwk), Err(KeyRefusal::NotEd25519));
    }

    /// RFC 8037 appendix A.4: Ed25519 signing of a JWS.
    #[test]
    fn the_signature_of_rfc_8037_is_made_and_holds() {
        let seed = crate::base64url::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SecretKey::from_seed(&seed.try_into().unwrap());
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = key.sign(message);
        assert_eq!(
            crate::base64url::encode(&signature),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
        assert_eq!(key.public().verify(message, &signature), Ok(()));
        assert_eq!(
            key.public().verify(b"other", &signature),
            Err(SignatureRefusal)
        );
    }

    #[track_caller]
    fn check_jwk(change: impl FnOnce(&mut Jwk), expected: KeyRefusal) {
        let mut jwk = Jwk::from(SecretKey::from_seed(&[7; 32]).public());
        change(&mut jwk);
        assert_eq!(PublicKey::try_from(&jwk), Err(expected));
    }

    #[test]
    fn a_key_for_something_else_is_no_key() {
        check_jwk(|jwk| jwk.kty = "EC".into(), KeyRefusal::NotEd25519);
        check_jwk(
            |jwk| jwk.crv = Some("X25519".into()),
            KeyRefusal::NotEd25519,
        );
        check_jwk(|jwk| jwk.x = None, KeyRefusal::NotEd25519);
        check_jwk(|jwk| jwk.x = Some("AQI".into()), KeyRefusal::NotEd25519);
        check_jwk(
            |jwk| jwk.key_use = Some("enc".into()),
            KeyRefusal::NotForSignatures,
        );
        check_jwk(
            |jwk| jwk.alg = Some("ES256".into()),
            KeyRefusal::NotForSignatures,
        );
        check_jwk(
            |jwk| jwk.kid = Some("mine".into()),
            KeyRefusal::KidIsNotThumbprint,
        );
        check_jwk(|jwk| jwk.d = Some("AQI".into()), KeyRefusal::IsPrivate);
        // The identity point, for which a lenient verifier lets any message pass.
        let mut identity = [0_u8; 32];
        identity[0] = 1;
        assert_eq!(
            PublicKey::from_ed25519_bytes(&identity),
            Err(KeyRefusal::Weak)
        );
    }

    /// The bytes of y + 2^255 − 19, for y below 19: 255 bits that stand for y.
    fn not_reduced(y: u8) -> [u8; 32] {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed + y;
        bytes[31] = 0x7f;
        bytes
    }

    /// All ways to write a point in two encodings: y = 0 to 18 not reduced, and minus
    /// zero for the two points where x is 0.
    #[test]
    fn a_point_has_one_encoding() {
        let mut reduced = 0;
        for y in 0..19 {
            let mut bytes = [0; 32];
            bytes[0] = y;
            for sign in [0, 0x80] {
                let mut other = not_reduced(y);
                other[31] |= sign;
                bytes[31] = sign;
                assert_eq!(
                    PublicKey::from_ed25519_bytes(&other),
                    Err(KeyRefusal::NotEd25519),
                    "y = {y}, sign {sign}"
                );
                // The control: what stands for the same point in its one encoding is taken
                // where it is a point, and the library itself takes both.
                let is_point = VerifyingKey::from_bytes(&bytes).is_ok();
                assert_eq!(VerifyingKey::from_bytes(&other).is_ok(), is_point);
                reduced += usize::from(PublicKey::from_ed25519_bytes(&bytes).is_ok());
            }
        }
        // Ten values of y under 19 are of points that are not of small order, two each.
        assert_eq!(reduced, 2 * 10);
        let minus_zero = [[1, 0, 0x80], [0xec, 0xff, 0xff]].map(|[first, middle, last]| {
            let mut bytes = [middle; 32];
            bytes[0] = first;
            bytes[31] = last;
            bytes
        });
        for bytes in minus_zero {
            assert!(VerifyingKey::from_bytes(&bytes).is_ok());
            assert_eq!(
                PublicKey::from_ed25519_bytes(&bytes),
                Err(KeyRefusal::NotEd25519)
            );
        }
    }

    #[test]
    fn a_private_key_does_not_show_itself() {
        let key = SecretKey::from_seed(&[7; 32]);
        let shown = format!("{key:?}");
        assert!(
            !shown.contains(&crate::base64url::encode(&[7; 32])),
            "{shown}"
        );
        assert!(!shown.contains("7, 7"), "{shown}");
    }
}
