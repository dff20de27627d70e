//! `specs/vectors/seal.json`: keys, and sealed documents of every kind.

use seal::{Document, SealRefusal, Sealed};
use serde_json::{Value, json};
use wire::feed::{Head, Record};
use wire::receipt::{Credit, Receipt};
use wire::request::{Answer, Request};
use wire::trust::{Anchor, EntityStatement, TrustMark};

use crate::forge::{key, key_set, keys_listed, list, published, text, went_through};
use crate::{kinds, public_keys, seals};

/// One sealed document and what becomes of it.
pub(crate) struct Case {
    /// What is particular about it.
    pub(crate) name: String,
    /// The kind as which it is opened.
    pub(crate) typ: &'static str,
    /// The compact form.
    pub(crate) jws: String,
    /// The keys that may sign it.
    pub(crate) keys: Vec<&'static str>,
    /// `ok` or the code of the refusal.
    pub(crate) expected: &'static str,
    /// The key that this implementation would sign it with, byte for byte so.
    pub(crate) written_by: Option<&'static str>,
}

fn made() -> Value {
    let cases = seals::cases().into_iter().chain(kinds::cases());
    let documents = cases.map(|case| {
        let Case {
            name,
            typ,
            jws,
            keys,
            expected,
            written_by,
        } = case;
        let mut made = json!({
            "name": name, "typ": typ, "jws": jws, "keys": keys, "expected": expected,
        });
        if let Some(by) = written_by {
            let claims = jws.split('.').nth(1).expect("a compact form");
            let claims = seal::base64url::decode(claims).expect("base64url");
            made["claims"] = String::from_utf8(claims).expect("UTF-8").into();
            made["written_by"] = by.into();
        }
        made
    });
    json!({
        "spec": "specs/seal.md",
        "keys": keys_listed(),
        "public_keys": public_keys::made(),
        "documents": documents.collect::<Value>(),
    })
}

/// What opening gives: the document signed again by `written_by`, if it is opened.
fn open<T: Document>(case: &Value) -> Result<Option<String>, SealRefusal> {
    let names: Vec<_> = list(case, "keys")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let opened = Sealed::<T>::parse(text(case, "jws"))?.open(&key_set(&names))?;
    assert_eq!(
        opened.as_str(),
        text(case, "jws"),
        "the bytes stay as they were"
    );
    let by = case.get("written_by").and_then(Value::as_str);
    by.map(|by| {
        Ok(seal::sign(opened.into_inner(), &key(by))?
            .as_str()
            .to_owned())
    })
    .transpose()
}

fn open_as(typ: &str, case: &Value) -> Result<Option<String>, SealRefusal> {
    match typ {
        Anchor::TYP => open::<Anchor>(case),
        EntityStatement::TYP => open::<EntityStatement>(case),
        TrustMark::TYP => open::<TrustMark>(case),
        Record::TYP => open::<Record>(case),
        Head::TYP => open::<Head>(case),
        Request::TYP => open::<Request>(case),
        Answer::TYP => open::<Answer>(case),
        Receipt::TYP => open::<Receipt>(case),
        Credit::TYP => open::<Credit>(case),
        other => panic!("a kind that is not known: {other}"),
    }
}

#[test]
fn a_document_is_opened_or_refused_with_its_code() {
    let file = published("seal.json", &made());
    for case in list(&file, "public_keys") {
        assert_eq!(
            public_keys::judge(&case["jwk"]),
            text(case, "expected"),
            "{case}"
        );
    }
    for case in list(&file, "documents") {
        let opened = open_as(text(case, "typ"), case);
        let outcome = opened.as_ref().map_or_else(SealRefusal::code, |_| "ok");
        assert_eq!(outcome, text(case, "expected"), "{case}");
        if let Ok(Some(again)) = opened {
            assert_eq!(again, text(case, "jws"), "{case}");
        }
    }
    let cases = list(&file, "public_keys").len() + list(&file, "documents").len();
    went_through("vectors_seal", cases);
}

/// The control: in a document that holds, no byte can be another.
#[test]
fn no_byte_of_a_good_document_can_be_another() {
    let file = published("seal.json", &made());
    let mut good = list(&file, "documents").to_vec();
    good.retain(|case| case.get("written_by").is_some());
    assert!(!good.is_empty());
    for case in good {
        let jws = text(&case, "jws");
        for at in 0..jws.len() {
            let other = if jws.as_bytes()[at] == b'A' { "B" } else { "A" };
            let mut changed = jws.to_owned();
            changed.replace_range(at..=at, other);
            let mut case = case.clone();
            case["jws"] = changed.into();
            assert!(
                open_as(text(&case, "typ"), &case).is_err(),
                "byte {at} of {case}"
            );
        }
    }
}
