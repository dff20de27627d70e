//! Codes that a desk scans, and lists of statuses: both come packed.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Value, json};
use wire::qr;
use wire::status_list::{StatusList, StatusListToken, Statuses};
use wire::{INVITATION_BYTES_MAX, Invitation};

use crate::forge::{compact, header, key};
use crate::papers::{IAT, LABEL, MUG};
use crate::table::{Attack, Outcome, attacks, opens};

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory is written to");
    encoder.finish().expect("memory is written to")
}

/// RFC 9285 section 4.
fn base45(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut text = String::new();
    for pair in bytes.chunks(2) {
        let (mut number, digits) = match pair {
            [high, low] => (usize::from(*high) * 256 + usize::from(*low), 3),
            _ => (usize::from(pair[0]), 2),
        };
        for _ in 0..digits {
            text.push(char::from(ALPHABET[number % 45]));
            number /= 45;
        }
    }
    text
}

/// The three parts of a passport on paper, each after its length.
fn parts(third: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 1, 1, 0, 1, 1];
    bytes.extend(
        u16::try_from(third.len())
            .expect("a short part")
            .to_be_bytes(),
    );
    bytes.extend(third);
    bytes
}

fn scanned(packed: &[u8]) -> Outcome {
    read(&format!("ESC1:{}", base45(packed)))
}

fn read(code: &str) -> Outcome {
    qr::decode(code).map(|_| ()).map_err(|_| "code")
}

/// Bytes that no compressor makes shorter.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..count).map(next).collect()
}

/// A code of which the last bytes are missing.
fn cut_short() -> Outcome {
    let packed = zlib(&parts(&noise(64)));
    scanned(&packed[..packed.len() - 8])
}

/// An invitation whose root key has this member, and that has so many bytes at least.
fn invited(name: &str, value: Value, bytes: usize) -> Outcome {
    let mut jwk = json!(seal::Jwk::from(key("root").public()));
    jwk[name] = value;
    let invitation = json!({
        "coordinator": LABEL, "root_key": jwk, "entity": MUG, "secret": "AAAAAAAAAAAAAAAAAAAAAA",
    });
    let code = seal::base64url::encode(invitation.to_string().as_bytes());
    let code = format!("escale-invitation.{code}");
    let spaces = " ".repeat(bytes.saturating_sub(code.len()));
    Invitation::from_code(&format!("{code}{spaces}"))
        .map(|_| ())
        .map_err(|_| "code")
}

pub(crate) fn codes() -> Vec<Attack> {
    let mut rows = attacks!("code of a passport":
        C13 "A code is longer than a QR code can be."
            { scanned(&zlib(&parts(&noise(3_500)))) } code [code_length]
        C13 "A code is a bomb: it inflates to more than a presentation may have."
            { scanned(&zlib(&parts(&[0; 4_097 - 8]))) } code [code_inflated]
        C13 "Something follows what is packed."
            { scanned(&[zlib(&parts(&[1])), vec![0]].concat()) } code [code_end]
        C13 "A code is an address."
            { read("https://evil.example/") } code []
        C13 "A code is a script."
            { read("javascript:alert(1)") } code []
        C13 "A code is a health certificate's."
            { read("HC1:6BF+70790T9WJWG.FKY*4GO0.O1CV2") } code []
        C13 "A code has another prefix."
            { read(&format!("ESC2:{}", base45(&zlib(&parts(&[1]))))) } code []
        C13 "A code is not packed."
            { scanned(&parts(&[1])) } code []
        C13 "A code is packed, and its end is missing."
            { cut_short() } code []
        C13 "A group of a code stands for no bytes."
            { read("ESC1:GGW") } code []
        C13 "A code has two parts."
            { scanned(&zlib(&[0, 1, 1, 0, 1, 1])) } code []
        C13 "A code has no parts."
            { scanned(&zlib(&[])) } code []
        C13 "A part is longer than what is there."
            { scanned(&zlib(&[0, 9, 1])) } code []
    );
    rows.extend(attacks!("invitation":
        G7 "An invitation is longer than any may be."
            { invited("use", "sig".into(), INVITATION_BYTES_MAX + 1) } code [invitation_length]
        B1 "An invitation's root key comes with its private part."
            { invited("d", "AQ".into(), 0) } code [jwk_private]
        B1 "An invitation's root key is weak."
            { invited("x", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(), 0) }
            code [key_weak jwk_kid]
    ));
    rows
}

fn unpacked(bits: u8, packed: &str) -> Outcome {
    let list = StatusList {
        bits,
        lst: packed.to_owned(),
    };
    Statuses::unpack(&list).map(|_| ()).map_err(|_| "list")
}

fn list(bytes: &[u8]) -> String {
    seal::base64url::encode(&zlib(bytes))
}

/// A list of Le Mug with another member at this place.
fn published(at: &str, value: impl Into<Value>, by: &str) -> Outcome {
    let mut claims = json!({
        "iss": MUG, "sub": "https://le-mug.example/status/1", "iat": IAT, "exp": IAT + 86_400,
        "ttl": 3_600, "status_list": { "bits": 2, "lst": list(&[0; 16]) },
    });
    *claims.pointer_mut(at).expect("a member") = value.into();
    let text = compact(
        &header("statuslist+jwt", by),
        claims.to_string().as_bytes(),
        by,
    );
    opens::<StatusListToken>(&text, &["mug-ops"])
}

pub(crate) fn lists() -> Vec<Attack> {
    attacks!("status list":
        C8 "A list is a bomb: it inflates to more than a mebibyte."
            { unpacked(2, &list(&vec![0; 1024 * 1024 + 1])) } list [list_inflated]
        C8 "A list has three bits for each status."
            { unpacked(3, &list(&[0; 3])) } list [list_bits]
        C8 "A list is not packed."
            { unpacked(2, "AAAA") } list []
        C8 "A list is cut off."
            { unpacked(2, &seal::base64url::encode(&zlib(&noise(64))[..32])) } list []
        C8 "Another space signs a home's list."
            { published("/ttl", 3_600, "grenoble-ops") }
            seal_unknown_key [seal_key_named seal_signature]
        C8 "A thief signs a home's list."
            { published("/ttl", 3_600, "thief") } seal_unknown_key [seal_key_named seal_signature]
        C8 "A list ends when it begins."
            { published("/exp", IAT, "mug-ops") } seal_malformed [list_ends_later]
        C8 "A list is to be asked for again at once, for ever."
            { published("/ttl", 0, "mug-ops") } seal_malformed [list_ttl]
        C8 "A list has no name."
            { published("/sub", "", "mug-ops") } seal_malformed [list_name]
        C8 "A signed list has three bits for each status."
            { published("/status_list/bits", 3, "mug-ops") } seal_malformed [list_bits]
    )
}
