//! Seals: what stands in a header, how it is spelt, and what was signed.
//!
//! All are marks of the label, which a space would like to have.

use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha512};
use wire::trust::TrustMark;

use crate::forge::{compact, header, key, signed};
use crate::papers::{mark_claims, mark_of, with as with_member};
use crate::table::{Attack, Outcome, attacks, opens};

const TYP: &str = "trust-mark+jwt";
const FED: &str = "label-fed";
/// Bytes where a signature is due.
const NOTHING: [u8; 64] = [0; 64];

fn opened(text: &str) -> Outcome {
    opens::<TrustMark>(text, &[FED])
}

fn claims() -> String {
    mark_claims().to_string()
}

fn good() -> String {
    mark_of(&mark_claims(), FED)
}

/// A mark that says something else.
fn saying(name: &str, value: impl Into<Value>) -> String {
    mark_of(&with_member(mark_claims(), name, value.into()), FED)
}

/// A header that names two kinds, the right one last.
fn of_two_kinds() -> String {
    let both = r#","typ":"escale-anchor+jwt","typ""#;
    header(TYP, FED).replace(r#","typ""#, both)
}

/// The JSON serialization (RFC 7515 section 7.2).
fn as_an_object() -> String {
    let signatures = json!([{ "protected": part(header(TYP, FED)) }]);
    json!({ "payload": part(claims()), "signatures": signatures }).to_string()
}

fn part(bytes: impl AsRef<[u8]>) -> String {
    seal::base64url::encode(bytes.as_ref())
}

/// A header with this member instead.
fn with(name: &str, value: impl Into<Value>, by: &str) -> String {
    let mut header: Value = serde_json::from_str(&header(TYP, by)).expect("a header");
    header[name] = value.into();
    header.to_string()
}

/// A header without this member.
fn lacking(name: &str) -> String {
    let mut header: Value = serde_json::from_str(&header(TYP, FED)).expect("a header");
    header.as_object_mut().expect("an object").remove(name);
    header.to_string()
}

/// Signed by the key that may, under this header.
fn headed(header: &str) -> Outcome {
    opened(&compact(header, claims().as_bytes(), FED))
}

/// Signed by a thief, under this header.
fn by_thief(header: &str) -> Outcome {
    opened(&compact(header, claims().as_bytes(), "thief"))
}

/// Header and claims, and something instead of a signature.
fn forged(header: &str, signature: &[u8]) -> Outcome {
    let (header, claims) = (part(header), part(claims()));
    opened(&format!("{header}.{claims}.{}", part(signature)))
}

/// HMAC (RFC 2104) with the public key as the secret, as a reader computes it that takes
/// the algorithm from the header.
fn hmac<D: Digest>(alg: &str, block: usize) -> Outcome {
    let header = with("alg", alg, FED);
    let message = format!("{}.{}", part(&header), part(claims()));
    let mut secret = key(FED).public().as_bytes().to_vec();
    secret.resize(block, 0);
    let pad = |with: u8| secret.iter().map(|it| it ^ with).collect::<Vec<u8>>();
    let inner = D::digest([&pad(0x36), message.as_bytes()].concat());
    let outer = D::digest([&pad(0x5c), &inner[..]].concat());
    opened(&format!("{message}.{}", part(&outer)))
}

fn jwk(name: &str) -> Value {
    json!(seal::Jwk::from(key(name).public()))
}

fn kid_of(by: &str) -> String {
    key(by).public().thumbprint().to_string()
}

pub(crate) fn headers() -> Vec<Attack> {
    attacks!("seal":
        H1 "A mark says that it is signed by nothing (`none`)."
            { forged(&with("alg", "none", FED), &NOTHING) }
            seal_algorithm [seal_algorithm seal_signature]
        H1 "A mark says `None`."
            { forged(&with("alg", "None", FED), &NOTHING) }
            seal_algorithm [seal_algorithm seal_signature]
        H1 "A mark says `NONE`."
            { forged(&with("alg", "NONE", FED), &NOTHING) }
            seal_algorithm [seal_algorithm seal_signature]
        H1 "A mark says `nOnE`, and has an empty signature."
            { forged(&with("alg", "nOnE", FED), &[]) }
            seal_algorithm [seal_algorithm seal_signature_length seal_signature]
        H2 "A mark is signed by HMAC-SHA-512 with the public key as its secret."
            { hmac::<Sha512>("HS512", 128) } seal_algorithm [seal_algorithm seal_signature]
        H2 "A mark is signed by HMAC-SHA-256 with the public key as its secret."
            { hmac::<Sha256>("HS256", 64) }
            seal_algorithm [seal_algorithm seal_signature_length seal_signature]
        A12 "A good signature stands under the name of another algorithm."
            { headed(&with("alg", "ES256", FED)) } seal_algorithm [seal_algorithm]
        H2 "A header names two algorithms in a list."
            { headed(&with("alg", json!(["EdDSA", "none"]), FED)) } seal_algorithm [seal_algorithm]
        H2 "A header names no algorithm."
            { headed(&lacking("alg")) } seal_algorithm [seal_algorithm]
        H2 "A header names the algorithm in lower case."
            { headed(&with("alg", "eddsa", FED)) } seal_algorithm [seal_algorithm]
        H3 "A `kid` is a path to a file."
            { headed(&with("kid", "../../../etc/passwd", FED)) }
            seal_header [seal_kid seal_key_named]
        H3 "A `kid` is a piece of SQL."
            { headed(&with("kid", "x' UNION SELECT 'key", FED)) }
            seal_header [seal_kid seal_key_named]
        A9 "A `kid` is the address of a key."
            { headed(&with("kid", "https://evil.example/key", FED)) }
            seal_header [seal_kid seal_key_named]
        H3 "A `kid` is empty."
            { headed(&with("kid", "", FED)) } seal_header [seal_kid seal_key_named]
        H3 "A `kid` has 10 kilobytes."
            { headed(&with("kid", "A".repeat(10_000), FED)) }
            seal_too_long [seal_length seal_kid seal_key_named]
        H3 "A `kid` is a list."
            { headed(&with("kid", json!([kid_of(FED)]), FED)) } seal_header []
        A8 "A `kid` names a key that may not sign this."
            { by_thief(&header(TYP, "thief")) } seal_unknown_key [seal_key_named seal_signature]
        A8 "A thief signs under the `kid` of the key that may."
            { by_thief(&header(TYP, FED)) } seal_signature [seal_signature]
    )
}

pub(crate) fn members() -> Vec<Attack> {
    attacks!("seal":
        H4 "A header brings the thief's key along (`jwk`)."
            { by_thief(&with("jwk", jwk("thief"), "thief")) }
            seal_header [seal_header_members seal_key_named seal_signature]
        H4 "A header says where the thief's keys are (`jku`)."
            { by_thief(&with("jku", "https://evil.example/keys", "thief")) }
            seal_header [seal_header_members seal_key_named seal_signature]
        H4 "A header says where the thief's certificate is (`x5u`)."
            { by_thief(&with("x5u", "https://evil.example/c.pem", "thief")) }
            seal_header [seal_header_members seal_key_named seal_signature]
        H4 "A header brings a certificate along (`x5c`)."
            { by_thief(&with("x5c", json!(["MIIB"]), "thief")) }
            seal_header [seal_header_members seal_key_named seal_signature]
        H5 "A document of another kind has the claims of a mark."
            { headed(&header("escale-anchor+jwt", FED)) } seal_other_kind [seal_typ]
        H5 "A kind is named with `application/` before it."
            { headed(&header("application/trust-mark+jwt", FED)) } seal_other_kind [seal_typ]
        H5 "A kind is named in capitals."
            { headed(&header("TRUST-MARK+JWT", FED)) } seal_other_kind [seal_typ]
        H5 "A kind is not named."
            { headed(&lacking("typ")) } seal_other_kind [seal_typ]
        H6 "A header says that something must be understood that nobody knows (`crit`)."
            { headed(&with("crit", json!(["never"]), FED)) } seal_header [seal_header_members]
        H6 "A header says that nothing must be understood (`crit` is empty)."
            { headed(&with("crit", json!([]), FED)) } seal_header [seal_header_members]
        H7 "A header says that the claims are not encoded (`b64`)."
            { headed(&with("b64", false, FED)) } seal_header [seal_header_members]
        G6 "A header has a member that nobody knows."
            { headed(&with("later", 1, FED)) } seal_header [seal_header_members]
        G1 "A header says twice of what kind it is."
            { headed(&of_two_kinds()) }
            seal_not_compact [json_name_twice]
        G4 "A header is followed by another."
            { headed(&format!("{}{{}}", header(TYP, FED))) } seal_not_compact [json_end]
        G8 "A header is a list."
            { headed(r#"["EdDSA"]"#) } seal_not_compact []
    )
}

/// The same bytes, otherwise written: the last character with a bit that stands for nothing.
fn with_spare_bit(part: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = part.as_bytes().to_vec();
    assert_ne!(bytes.len() % 4, 0, "no spare bits");
    let last = bytes.last_mut().expect("a character");
    let value = ALPHABET
        .iter()
        .position(|it| it == last)
        .expect("base64url");
    *last = ALPHABET[value | 1];
    String::from_utf8(bytes).expect("ASCII")
}

/// The three parts of a good mark, of which one is otherwise written and signed again.
fn respelt(at: usize, spelling: impl Fn(&str) -> String) -> Outcome {
    // With white space, where there are no spare bits otherwise.
    let spare = |text: String| {
        let spaced = |spaces: usize| text.replacen('{', &format!("{{{}", " ".repeat(spaces)), 1);
        let mut texts = (0..3).map(spaced);
        texts.find(|it| it.len() % 3 != 0).expect("one of three")
    };
    let mut parts = [part(spare(header(TYP, FED))), part(spare(claims()))];
    if let Some(part) = parts.get_mut(at) {
        *part = spelling(part);
        return opened(&signed(&parts.join("."), FED));
    }
    let text = good();
    let (before, signature) = text.rsplit_once('.').expect("three parts");
    opened(&format!("{before}.{}", spelling(signature)))
}

fn padded(part: &str) -> String {
    format!("{part}{}", "=".repeat(4 - part.len() % 4))
}

pub(crate) fn spellings() -> Vec<Attack> {
    attacks!("seal":
        H9 "A signature is written a second way: its last character has a spare bit."
            { respelt(2, with_spare_bit) } seal_not_compact [base64url_canonical]
        H9 "A signature is padded."
            { respelt(2, padded) } seal_not_compact [base64url_canonical]
        H9 "A header is padded, and signed so."
            { respelt(0, padded) } seal_not_compact [base64url_canonical]
        H9 "A header has a spare bit, and is signed so."
            { respelt(0, with_spare_bit) } seal_not_compact [base64url_canonical]
        H9 "Claims are padded, and signed so."
            { respelt(1, padded) } seal_not_compact [base64url_canonical]
        H9 "Claims have a spare bit, and are signed so."
            { respelt(1, with_spare_bit) } seal_not_compact [base64url_canonical]
        H9 "A signature has a line break in it."
            { respelt(2, |it| it.replacen('A', "A\n", 1) + "\n") } seal_not_compact []
        H9 "A signature is in the other alphabet."
            { respelt(2, |it| format!("+/{it}")) } seal_not_compact []
        H8 "A mark comes as an object with its parts (the JSON serialization)."
            { opened(&as_an_object()) }
            seal_not_compact []
        H11 "A signature is empty."
            { forged(&header(TYP, FED), &[]) }
            seal_not_compact [seal_signature_length seal_signature]
        H11 "A signature has 63 bytes."
            { forged(&header(TYP, FED), &[0; 63]) }
            seal_not_compact [seal_signature_length seal_signature]
        H11 "There is no signature, nor a dot before it."
            { opened(&format!("{}.{}", part(header(TYP, FED)), part(claims()))) }
            seal_not_compact []
        H11 "There are five parts."
            { opened(&format!("{}.AA.AA", good())) } seal_not_compact []
        G7 "A mark has a member of five kilobytes that nobody reads."
            { opened(&saying("later", "x".repeat(5_000))) }
            seal_too_long [seal_length]
    )
}

/// The signature after which comes another that says the same: S and the order of the base
/// point (RFC 8032 section 5.1).
fn plus_order() -> Outcome {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let text = good();
    let (before, signature) = text.rsplit_once('.').expect("three parts");
    let mut bytes = seal::base64url::decode(signature).expect("base64url");
    let mut carried = 0;
    for (byte, more) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carried;
        *byte = (sum & 0xff) as u8;
        carried = sum >> 8;
    }
    opened(&format!("{before}.{}", part(bytes)))
}

/// A mark of which R is the neutral point. Whoever has the key can make it (S is the product
/// of the hash and the private scalar); libraries disagree whether it holds.
fn small_order_commitment() -> Outcome {
    let claims = [
        r#"{"iss":"https://label.example","sub":"https://le-mug.example","#,
        r#""trust_mark_type":"https://label.example/charter","#,
        r#""iat":1800000000,"exp":1807776000}"#,
    ];
    let signature =
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB61jqt40R5PaG2rP93RNklzuJlb-HzkovdWx_hgAUdBQ";
    opened(&format!(
        "{}.{}.{signature}",
        part(header(TYP, FED)),
        part(claims.concat())
    ))
}

/// A good mark with one bit changed in the part at `at`.
fn flipped(at: usize) -> Outcome {
    let text = good();
    let mut parts: Vec<Vec<u8>> = text
        .split('.')
        .map(|it| seal::base64url::decode(it).expect("base64url"))
        .collect();
    // In a digit of a number, or in a byte of R.
    let place = parts[at].iter().position(|it| *it == b'8').unwrap_or(7);
    parts[at][place] ^= 1;
    opened(&parts.iter().map(part).collect::<Vec<_>>().join("."))
}

/// The signature of one mark under the claims of another.
fn exchanged() -> Outcome {
    let other = saying("sub", "https://other.example");
    let signature = good().rsplit_once('.').expect("three parts").1.to_owned();
    let (before, _) = other.rsplit_once('.').expect("three parts");
    opened(&format!("{before}.{signature}"))
}

pub(crate) fn signatures() -> Vec<Attack> {
    attacks!("seal":
        C1 "One bit of the claims is changed."
            { flipped(1) } seal_signature [seal_signature]
        C1 "One bit of the signature is changed."
            { flipped(2) } seal_signature [seal_signature]
        A2 "The signature of one mark stands under the claims of another."
            { exchanged() } seal_signature [seal_signature]
        A13 "A signature is written a second way: S and the order of the base point."
            { plus_order() } seal_signature [seal_signature]
        A13 "A signature begins with a point of small order, about which libraries disagree."
            { small_order_commitment() } seal_signature [signature_strict]
        A1 "A signature of zeros."
            { forged(&header(TYP, FED), &[0; 64]) } seal_signature [seal_signature]
        C1 "A mark is cut off in the middle."
            { opened(&good().chars().take(300).collect::<String>()) } seal_not_compact []
    )
}
