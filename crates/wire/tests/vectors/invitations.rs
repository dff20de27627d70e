//! `specs/vectors/invitation.json`: invitation codes, and the join they lead to.

use seal::{Jwk, Sealed};
use serde_json::{Value, json};
use wire::request::{Answer, Join, JoinBody, Request};
use wire::{INVITATION_BYTES_MAX, Invitation};

use crate::forge::{
    compact, header, key, key_set, keys_listed, list, published, text, went_through,
};

const SECRET: &str = "AAECAwQFBgcICQoLDA0ODw";

fn root_key() -> String {
    serde_json::to_string(&Jwk::from(key("root").public())).expect("a key")
}

/// The members of a key, in order and without their names.
fn key_in_order(name: &str) -> String {
    let jwk = Jwk::from(key(name).public());
    json!([jwk.kty, jwk.crv, jwk.x, jwk.kid, jwk.key_use, jwk.alg]).to_string()
}

/// The content of the code, as this implementation writes it.
fn content() -> String {
    format!(
        r#"{{"coordinator":"https://label.example","root_key":{},"entity":"https://le-mug.example","secret":"{SECRET}"}}"#,
        root_key()
    )
}

fn code_of(content: &str) -> String {
    format!(
        "escale-invitation.{}",
        seal::base64url::encode(content.as_bytes())
    )
}

/// Codes: what is wrong, the code, and whether it is read.
fn codes() -> Vec<(&'static str, String, bool)> {
    let content = content();
    let good = code_of(&content);
    let (first, second) = good.split_at(70);
    let with = |from: &str, to: &str| {
        assert!(content.contains(from), "{from}");
        code_of(&content.replace(from, to))
    };
    let spaces = |count: usize| format!("{good}{}", " ".repeat(count - good.len()));
    vec![
        ("as it is written", good.clone(), true),
        (
            "broken by a mail program",
            format!("  {first}\r\n\t{second}\n"),
            true,
        ),
        (
            "an unknown member",
            with(r#""secret""#, r#""later":1,"secret""#),
            true,
        ),
        ("the most bytes", spaces(INVITATION_BYTES_MAX), true),
        ("one byte more", spaces(INVITATION_BYTES_MAX + 1), false),
        ("only its beginning", first.to_owned(), false),
        ("only its end", second.to_owned(), false),
        (
            "nothing after the prefix",
            "escale-invitation.".to_owned(),
            false,
        ),
        ("another prefix", good.replace("escale", "Escale"), false),
        ("padding", format!("{good}="), false),
        ("not JSON", code_of("{"), false),
        (
            "a name twice",
            with(r#""secret""#, r#""secret":"x","secret""#),
            false,
        ),
        (
            "no secret",
            with(r#","secret":"AAECAwQFBgcICQoLDA0ODw""#, ""),
            false,
        ),
        (
            "no root key",
            code_of(&content.replace("root_key", "root")),
            false,
        ),
        (
            "a root key of another curve",
            with("Ed25519", "X25519"),
            false,
        ),
        (
            "a coordinator with a path",
            with("label.example", "label.example/"),
            false,
        ),
        (
            "a space over plain HTTP",
            with("https://le-mug", "http://le-mug"),
            false,
        ),
    ]
}

/// Codes whose content is a list where an object is due.
fn lists() -> Vec<(&'static str, String, bool)> {
    let members = format!(
        r#"["https://label.example",{},"https://le-mug.example","{SECRET}"]"#,
        root_key()
    );
    let with_list = content().replace(&root_key(), &key_in_order("root"));
    vec![
        ("a list of the members in order", code_of(&members), false),
        ("a root key that is a list", code_of(&with_list), false),
    ]
}

/// The join of that invitation, as this implementation writes it, and changes of it.
fn joins() -> Vec<(&'static str, String, bool)> {
    let fed_key = serde_json::to_string(&Jwk::from(key("mug-fed").public())).expect("a key");
    let join = format!(r#"{{"fed_key":{fed_key},"request":"{}"}}"#, request());
    let with = |from: &str, to: &str| {
        assert!(join.contains(from), "{from}");
        join.replace(from, to)
    };
    vec![
        ("as it is written", join.clone(), true),
        (
            "an unknown member",
            with(r#"{"fed_key""#, r#"{"later":1,"fed_key""#),
            true,
        ),
        ("no key", with("fed_key", "key"), false),
        (
            "a key that is a text",
            format!(r#"{{"fed_key":"x","request":"{}"}}"#, request()),
            false,
        ),
        (
            "a name twice",
            with(r#"{"fed_key""#, r#"{"request":"x","fed_key""#),
            false,
        ),
        ("no JSON", request(), false),
        (
            "a list of the members in order",
            format!(r#"[{fed_key},"{}"]"#, request()),
            false,
        ),
        (
            "a key that is a list",
            with(&fed_key, &key_in_order("mug-fed")),
            false,
        ),
    ]
}

fn configuration() -> String {
    let jwk = |name: &str| serde_json::to_string(&Jwk::from(key(name).public())).expect("a key");
    let claims = format!(
        r#"{{"iss":"https://le-mug.example","sub":"https://le-mug.example","iat":1800000000,"exp":1801209600,"jwks":{{"keys":[{}]}},"authority_hints":["https://label.example"],"metadata":{{"federation_entity":{{}},"escale_node":{{"jwks":{{"keys":[{}]}},"role":"space"}}}}}}"#,
        jwk("mug-fed"),
        jwk("mug-ops"),
    );
    compact(
        &header("entity-statement+jwt", "mug-fed"),
        claims.as_bytes(),
        "mug-fed",
    )
}

/// The name of the question: made from the secret, so that asking again is the same.
fn op() -> String {
    let digest = wire::Sha256Hash::of(&[SECRET.as_bytes()]).to_string();
    format!("join-{}", digest.chars().take(22).collect::<String>())
}

fn request() -> String {
    let body = json!({ "secret": SECRET, "entity_configuration": configuration() });
    let claims = format!(
        r#"{{"iss":"https://le-mug.example","aud":"https://label.example","jti":"EBESExQVFhcYGRobHB0eHw","iat":1800000000,"exp":1800000060,"op":"{}","kind":"join","body":{body}}}"#,
        op()
    );
    compact(
        &header("escale-request+jwt", "mug-fed"),
        claims.as_bytes(),
        "mug-fed",
    )
}

/// An answer of that kind, by the coordinator's `ops` key.
fn answer(end: &str) -> String {
    let claims = format!(
        r#"{{"iss":"https://label.example","aud":"https://le-mug.example","jti":"EBESExQVFhcYGRobHB0eHw","iat":1800000001,"op":"{}",{end}}}"#,
        op()
    );
    compact(
        &header("escale-answer+jwt", "label-ops"),
        claims.as_bytes(),
        "label-ops",
    )
}

fn made() -> Value {
    let cases = |cases: Vec<(&str, String, bool)>, member: &str| -> Value {
        let expected = |is_read: bool| if is_read { "ok" } else { "refused" };
        let cases = cases.into_iter();
        cases
            .map(|(name, given, is_read)| {
                json!({ "name": name, member: given, "expected": expected(is_read) })
            })
            .collect()
    };
    json!({
        "spec": "specs/trust.md#joining",
        "keys": keys_listed(),
        "content": content(),
        "secret": SECRET,
        "op": op(),
        "codes": cases([codes(), lists()].concat(), "code"),
        "joins": cases(joins(), "body"),
        "answers": [
            { "name": "accepted", "jws": answer(r#""result":"accepted""#) },
            { "name": "refused", "jws": answer(r#""result":"refused","code":"invitation_expired""#) },
        ],
    })
}

#[test]
fn an_invitation_is_read_whole_or_not_at_all() {
    let file = published("invitation.json", &made());
    let mut count = 0;
    for case in list(&file, "codes") {
        let read = Invitation::from_code(text(case, "code"));
        assert_eq!(
            read.is_ok(),
            text(case, "expected") == "ok",
            "{case}: {read:?}"
        );
        count += 1;
        if text(case, "name") == "as it is written" {
            let written = read.expect("it is read").to_code();
            assert_eq!(written.as_deref(), Ok(text(case, "code")));
        }
    }
    for case in list(&file, "joins") {
        let read = Join::parse(text(case, "body").as_bytes());
        assert_eq!(
            read.is_ok(),
            text(case, "expected") == "ok",
            "{case}: {read:?}"
        );
        count += 1;
        if let Ok(join) = read {
            check_join(&join);
        }
    }
    for case in list(&file, "answers") {
        let sealed = Sealed::<Answer>::parse(text(case, "jws")).expect("an answer");
        let answer = sealed.open(&key_set(&["label-ops"])).expect("it holds");
        assert_eq!(answer.op, text(&file, "op"));
        let again = seal::sign(answer.into_inner(), &key("label-ops")).expect("it is signed");
        assert_eq!(again.as_str(), text(case, "jws"));
        count += 1;
    }
    went_through("vectors_invitation", count);
}

fn check_join(join: &Join) {
    let request = Sealed::<Request>::parse(&join.request).expect("a request");
    let request = request.open(&key_set(&["mug-fed"])).expect("it holds");
    let body = JoinBody::of(&request).expect("the body of a join");
    assert_eq!(body.secret, SECRET);
    let again = seal::sign(request.into_inner(), &key("mug-fed")).expect("it is signed");
    assert_eq!(again.as_str(), join.request);
}
