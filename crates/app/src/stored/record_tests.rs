//! A record is read back as it came, from either form.

use seal::SecretKey;
use wire::{EntityId, Timestamp};

use super::*;

fn key() -> Key {
    crate::keys::record(&EntityId::parse("https://le-mug.example").unwrap(), 1, 1)
}

fn versioned(value: &[u8]) -> Versioned {
    Versioned {
        value: value.to_vec(),
        version: store::Position(1),
    }
}

/// What a record of this body says.
fn said(body: Option<&Body>) -> wire::feed::Record {
    wire::feed::Record {
        iss: EntityId::parse("https://le-mug.example").unwrap(),
        epoch: 1,
        seq: 1,
        prev: None,
        iat: Timestamp(5),
        kind: "formula".to_owned(),
        id: "jour".to_owned(),
        rev: 1,
        body_sha256: body.map(Body::digest),
        removed: body.is_none().then_some(true),
    }
}

/// A signed record of this body.
fn signed(body: Option<&Body>) -> Record {
    sealed(&said(body), body)
}

fn sealed(said: &wire::feed::Record, body: Option<&Body>) -> Record {
    let key = SecretKey::from_seed(&[1; 32]);
    Record::new(seal::sign(said.clone(), &key).unwrap().as_str(), body)
}

fn body_of(record: &Record) -> Option<Body> {
    let (salt, text) = (record.salt?, record.body.clone()?);
    Some(Body { salt, text })
}

fn body(text: &str) -> Body {
    Body {
        salt: [3; SALT_BYTES],
        text: text.to_owned(),
    }
}

/// It is stored in a form that begins so, and read back.
#[track_caller]
fn round_trip(record: &Record, first: u8) -> Vec<u8> {
    round_trip_of(record, &said(body_of(record).as_ref()), first)
}

#[track_caller]
fn round_trip_of(record: &Record, said: &wire::feed::Record, first: u8) -> Vec<u8> {
    let bytes = record.encode(&key(), said).unwrap();
    assert_eq!(bytes.first(), Some(&first));
    assert_eq!(&Record::decode(&key(), &versioned(&bytes)).unwrap(), record);
    bytes
}

/// The same record under another header.
fn with_header(record: &Record, header: &str) -> Record {
    let (_, rest) = record.record.split_once('.').unwrap();
    Record {
        record: format!("{}.{rest}", base64url::encode(header.as_bytes())),
        ..record.clone()
    }
}

#[test]
fn a_record_is_packed_and_read_back_as_it_came() {
    for body in [
        None,
        Some(body("")),
        Some(body("{\"fr\":\"été \\\"x\\\"\"}\n")),
    ] {
        let record = signed(body.as_ref());
        let packed = round_trip(&record, PACKED);
        let text = record.body.as_deref().unwrap_or_default();
        // Less than half, and the salt.
        assert!(packed.len() < record.record.len() / 2 + text.len() + 16);
    }
}

#[test]
fn a_header_of_another_writer_is_kept_as_it_is() {
    let record = signed(Some(&body("{}")));
    let kid = base64url::encode(&[7; 32]);
    for header in [
        format!(r#"{{"typ":"escale-record+jwt","alg":"EdDSA","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"escale-record+jwt"}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}x","typ":"escale-record+jwt"}}"#),
        format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"escale-record+jwt" }}"#),
        String::new(),
    ] {
        round_trip(&with_header(&record, &header), PACKED);
    }
}

#[test]
fn what_is_not_put_together_to_the_same_text_is_kept_as_json() {
    let good = signed(Some(&body("{}")));
    let other = |record: String| Record {
        record,
        ..good.clone()
    };
    for record in [
        other("a.b.c".to_owned()),
        other(good.record.clone() + "AA"),
        other(good.record.clone() + ".AA"),
        other(good.record.clone() + "="),
        other(good.record.rsplit_once('.').unwrap().0.to_owned()),
        other(String::new()),
        Record {
            salt: None,
            ..good.clone()
        },
        Record {
            body: None,
            ..good.clone()
        },
    ] {
        round_trip_of(&record, &said(Some(&body("{}"))), b'{');
    }
}

#[test]
fn what_an_older_program_wrote_is_read() {
    let record = signed(Some(&body("{\"a\":1}")));
    let salt = vec!["3"; SALT_BYTES].join(",");
    let written = format!(
        r#"{{"form":1,"record":"{}","salt":[{salt}],"body":"{{\"a\":1}}"}}"#,
        record.record
    );
    let read = Record::decode(&key(), &versioned(written.as_bytes()));
    assert_eq!(read.unwrap(), record);
}

#[test]
fn the_packed_form_has_these_bytes() {
    let record = signed(Some(&body("{}")));
    let packed = record.pack(None).unwrap();
    let parts: Vec<_> = record.record.split('.').collect();
    let decoded = |at: usize| base64url::decode(parts[at]).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&decoded(0)).unwrap();
    let kid = base64url::decode(header["kid"].as_str().unwrap()).unwrap();
    let claims = decoded(1);
    let length = [u8::try_from(claims.len() - 128).unwrap() | 0x80, 1];
    let expected = [
        &[2, 3][..],
        &[3; SALT_BYTES],
        &kid,
        &length,
        &claims,
        &decoded(2),
        b"{}",
    ];
    assert_eq!(packed, expected.concat());
    let usual = [
        &[2, 7][..],
        &[3; SALT_BYTES],
        &kid,
        b"\x16https://le-mug.example\x01\x01\x05\x07formula\x04jour\x01",
        &decoded(2),
        b"{}",
    ];
    assert_eq!(round_trip(&record, PACKED), usual.concat());
}

#[test]
fn claims_of_every_shape_are_read_back() {
    let body = body("{}");
    let plain = said(Some(&body));
    let prev = Some(Sha256Hash::of(&[b"before"]));
    let id = "quote \" and \\ and \u{1} and é".to_owned();
    for (said, body, flags) in [
        (
            wire::feed::Record {
                seq: 300,
                prev,
                ..plain.clone()
            },
            Some(&body),
            15,
        ),
        (
            wire::feed::Record {
                id,
                rev: 1 << 40,
                ..plain.clone()
            },
            Some(&body),
            7,
        ),
        (said(None), None, 6),
        // A body that was dropped, and a time before 1970: not the usual.
        (plain.clone(), None, 2),
        (
            wire::feed::Record {
                iat: Timestamp(-1),
                ..plain
            },
            Some(&body),
            3,
        ),
    ] {
        let packed = round_trip_of(&sealed(&said, body), &said, PACKED);
        assert_eq!(packed.get(1), Some(&flags), "{said:?}");
    }
}

#[test]
fn claims_of_another_writer_are_kept_as_they_are() {
    let body = body("{}");
    let said = said(Some(&body));
    let record = signed(Some(&body));
    let parts: Vec<_> = record.record.split('.').collect();
    let claims = String::from_utf8(base64url::decode(parts[1]).unwrap()).unwrap();
    for claims in [
        claims.replace(",\"rev\"", ", \"rev\""),
        claims.replace("\"rev\":1", "\"rev\":1,\"more\":2"),
        claims.replace("formula", "\\u0066ormula"),
    ] {
        let claims = base64url::encode(claims.as_bytes());
        let record = Record {
            record: [parts[0], &claims, parts[2]].join("."),
            ..record.clone()
        };
        let packed = round_trip_of(&record, &said, PACKED);
        assert_eq!(packed.get(1), Some(&(HAS_BODY | HAS_USUAL_HEADER)));
    }
}

#[test]
fn bytes_of_no_known_form_are_refused() {
    let packed = round_trip(&signed(Some(&body("{}"))), PACKED);
    let bare = round_trip(&signed(None), PACKED);
    let with = |at: usize, byte: u8| {
        let mut changed = packed.clone();
        changed[at] = byte;
        changed
    };
    let mut refused = vec![
        // A later form, flags that nobody writes, and no UTF-8.
        with(0, 3),
        with(1, 0x17),
        with(1, 0x87),
        with(packed.len() - 1, 0xff),
        // A body without a salt.
        [bare.clone(), b"{}".to_vec()].concat(),
    ];
    // Cut within what has a length: before the body begins.
    refused.extend((0..packed.len() - 2).map(|length| packed[..length].to_vec()));
    refused.extend((0..bare.len()).map(|length| bare[..length].to_vec()));
    for bytes in refused {
        let read = Record::decode(&key(), &versioned(&bytes));
        assert!(matches!(read, Err(Fault::Form { .. })), "{bytes:?}");
    }
}
