//! Every way in which a seal may be wrong, shown on heads.

use seal::Document as _;
use wire::feed::Head;

use crate::documents::Case;
use crate::forge::{compact, header, key, signed};

const BY: &str = "label-ops";

/// The claims of a head, as this implementation writes them.
const HEAD: &str = r#"{"iss":"https://label.example","epoch":1,"seq":3,"hash":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU","iat":1800000000,"exp":1800086400}"#;

fn case(name: &str, expected: &'static str, jws: String) -> Case {
    Case {
        name: name.to_owned(),
        typ: Head::TYP,
        jws,
        keys: vec![BY],
        expected,
        written_by: None,
    }
}

fn kid(name: &str) -> String {
    key(name).public().thumbprint().to_string()
}

fn good() -> String {
    compact(&header(Head::TYP, BY), HEAD.as_bytes(), BY)
}

/// A head with this header, whose signature holds.
fn headed(header: &str) -> String {
    compact(header, HEAD.as_bytes(), BY)
}

/// A head with these claims, whose signature holds.
fn claiming(claims: &[u8]) -> String {
    compact(&header(Head::TYP, BY), claims, BY)
}

/// The good head, its three parts put together in another way and signed.
fn parts(change: impl FnOnce(&str, &str, &str) -> String) -> String {
    let good = good();
    let parts: Vec<_> = good.split('.').collect();
    change(parts[0], parts[1], parts[2])
}

/// All cases.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = opened();
    cases.extend(lengths());
    cases.extend(forms());
    cases.extend(headers());
    cases.extend(signatures());
    cases.extend(claims());
    cases
}

fn opened() -> Vec<Case> {
    let kid = kid(BY);
    let written = Case {
        written_by: Some(BY),
        ..case("a head as it is written", "ok", good())
    };
    let typ = Head::TYP;
    vec![
        written,
        case(
            "the newer name of the algorithm",
            "ok",
            headed(&format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"{typ}"}}"#)),
        ),
        case(
            "a header in another order, with white space and an escape",
            "ok",
            headed(&format!("{{ \"typ\": \"\\u0065{}\",\n\"kid\": \"{kid}\", \"alg\": \"EdDSA\" }}", &typ[1..])),
        ),
        case(
            "claims in another order, with white space and an unknown member",
            "ok",
            claiming(br#" {"exp":1800086400, "later":{"iss":[]}, "iat":1800000000, "hash":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU","seq":3,"epoch":1,"iss":"https:\/\/label.example"}"#),
        ),
        Case {
            keys: vec!["thief", BY],
            ..case("the second of two keys", "ok", good())
        },
    ]
}

/// A head whose compact form has `bytes` bytes, or one or two fewer.
fn padded(bytes: usize) -> String {
    let with = |pad: usize| {
        let claims = format!(
            r#"{},"pad":"{}"}}"#,
            &HEAD[..HEAD.len() - 1],
            "x".repeat(pad)
        );
        claiming(claims.as_bytes())
    };
    let fitting = (0..bytes).map(with).take_while(|it| it.len() <= bytes);
    fitting.last().expect("one that fits")
}

fn lengths() -> Vec<Case> {
    let limit = Head::BYTES_MAX;
    let longest = padded(limit);
    let longer = padded(limit + 2);
    assert!(longest.len() <= limit && longer.len() > limit);
    vec![
        case("as long as its kind may be", "ok", longest),
        case("longer than its kind may be", "seal_too_long", longer),
        case(
            "longer, and nothing else of it fits",
            "seal_too_long",
            "x".repeat(limit + 1),
        ),
    ]
}

/// Forms in which a part or a dot is wrong, whatever the parts say.
fn forms() -> Vec<Case> {
    let json_form = parts(|header, claims, signature| {
        format!(r#"{{"protected":"{header}","payload":"{claims}","signature":"{signature}"}}"#)
    });
    let last_bits = parts(|header, claims, signature| {
        // 64 bytes leave four bits of the last character unused.
        let (rest, last) = signature.split_at(85);
        let other = char::from(last.as_bytes()[0] + 1);
        format!("{header}.{claims}.{rest}{other}")
    });
    let without_signature = parts(|header, claims, _| format!("{header}.{claims}"));
    let short =
        parts(|header, claims, signature| format!("{header}.{claims}.{}", &signature[..84]));
    let resigned = |change: &dyn Fn(&str, &str) -> String| {
        signed(&parts(|header, claims, _| change(header, claims)), BY)
    };
    let forms = [
        ("nothing", String::new()),
        ("two parts", without_signature.clone()),
        ("four parts", format!("{}.e30", good())),
        ("no claims", resigned(&|header, _| format!("{header}."))),
        ("no header", resigned(&|_, claims| format!(".{claims}"))),
        ("no signature", format!("{without_signature}.")),
        ("a signature of 63 bytes", short),
        ("a signature with padding", format!("{}==", good())),
        ("a signature with an unused bit set", last_bits),
        (
            "a header with padding",
            resigned(&|header, claims| format!("{header}=.{claims}")),
        ),
        (
            "claims with padding",
            resigned(&|header, claims| format!("{header}.{claims}=")),
        ),
        (
            "claims with white space",
            resigned(&|header, claims| format!("{header}.{claims}\n")),
        ),
        ("a line feed at the end", format!("{}\n", good())),
        ("the JSON serialization", json_form),
    ];
    let (typ, kid) = (Head::TYP, kid(BY));
    let headers = [
        (
            "a header that is a list",
            format!(r#"["EdDSA","{kid}","{typ}"]"#),
        ),
        ("a header that is not JSON", "EdDSA".to_owned()),
        (
            "a header with a name twice",
            format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"{typ}","alg":"EdDSA"}}"#),
        ),
    ];
    let headers = headers.map(|(name, header)| (name, headed(&header)));
    let all = forms.into_iter().chain(headers);
    all.map(|(name, jws)| case(name, "seal_not_compact", jws))
        .collect()
}

/// The members of a good header, each as JSON text.
fn members() -> [(&'static str, String); 3] {
    [
        ("alg", r#""EdDSA""#.to_owned()),
        ("kid", format!(r#""{}""#, kid(BY))),
        ("typ", format!(r#""{}""#, Head::TYP)),
    ]
}

/// A head whose header has `name` as `value`, or not at all.
fn with_member(name: &str, value: Option<&str>) -> String {
    let mut all: Vec<_> = members()
        .into_iter()
        .filter(|(known, _)| *known != name)
        .collect();
    all.extend(value.map(|value| (name, value.to_owned())));
    let all: Vec<_> = all
        .iter()
        .map(|(name, value)| format!(r#""{name}":{value}"#))
        .collect();
    headed(&format!("{{{}}}", all.join(",")))
}

fn headers() -> Vec<Case> {
    let jwk = serde_json::to_string(&seal::Jwk::from(key("thief").public())).expect("a key");
    let address = r#""https://thief.example/key""#;
    let tables: [(&str, &str, &[&str]); 11] = [
        (
            "alg",
            "seal_algorithm",
            &[
                r#""none""#,
                r#""NONE""#,
                r#""nOnE""#,
                r#""HS256""#,
                r#""ES256""#,
                r#""eddsa""#,
                r#""ed25519""#,
                r#""""#,
                r#"["EdDSA"]"#,
                "null",
            ],
        ),
        (
            "typ",
            "seal_other_kind",
            &[
                r#""trust-mark+jwt""#,
                r#""JWT""#,
                r#""Escale-Head+JWT""#,
                r#""application/escale-head+jwt""#,
                r#""escale-head+jwt ""#,
                "null",
            ],
        ),
        (
            "kid",
            "seal_header",
            &[r#""""#, "7", r#"["a"]"#, address, r#""AQI""#, "null"],
        ),
        ("crit", "seal_header", &[r#"["x"]"#, "[]", "null"]),
        ("b64", "seal_header", &["false", "true"]),
        ("cty", "seal_header", &[r#""json""#]),
        ("x", "seal_header", &["1"]),
        ("jku", "seal_header", &[address]),
        ("x5u", "seal_header", &[address]),
        ("x5c", "seal_header", &["[]"]),
        ("jwk", "seal_header", &[&jwk]),
    ];
    let mut cases = Vec::new();
    for (name, code, values) in tables {
        for value in values {
            let shown = format!("a header with {name} = {value}");
            cases.push(case(&shown, code, with_member(name, Some(value))));
        }
    }
    for (name, code) in [
        ("alg", "seal_algorithm"),
        ("typ", "seal_other_kind"),
        ("kid", "seal_header"),
    ] {
        cases.push(case(
            &format!("a header without {name}"),
            code,
            with_member(name, None),
        ));
    }
    let both = format!(
        r#"{{"alg":"none","kid":"{}","typ":"JWT","crit":[]}}"#,
        kid(BY)
    );
    let name = "a member too many, before the algorithm";
    cases.push(case(name, "seal_header", headed(&both)));
    cases
}

/// L, the order of the base point (RFC 8032 §5.1), little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The good head with S + L in place of S, which a lenient verifier takes.
fn with_larger_s() -> String {
    parts(|header, claims, signature| {
        let mut bytes = seal::base64url::decode(signature).expect("base64url");
        let mut carry = 0_u16;
        for (byte, order) in bytes.iter_mut().skip(32).zip(ORDER) {
            carry += u16::from(*byte) + u16::from(order);
            *byte = u8::try_from(carry % 256).expect("a byte");
            carry /= 256;
        }
        assert_eq!(carry, 0);
        format!("{header}.{claims}.{}", seal::base64url::encode(&bytes))
    })
}

fn signatures() -> Vec<Case> {
    let other_claims = HEAD.replace(r#""seq":3"#, r#""seq":4"#);
    let other_claims = seal::base64url::encode(other_claims.as_bytes());
    let zeros = "A".repeat(86);
    let by_thief = |header: &str| compact(header, HEAD.as_bytes(), "thief");
    vec![
        case(
            "by a key that may not",
            "seal_unknown_key",
            by_thief(&header(Head::TYP, "thief")),
        ),
        case(
            "by another key than the one named",
            "seal_signature",
            by_thief(&header(Head::TYP, BY)),
        ),
        case(
            "other claims",
            "seal_signature",
            parts(|header, _, signature| format!("{header}.{other_claims}.{signature}")),
        ),
        case(
            "a signature of zeros",
            "seal_signature",
            parts(|header, claims, _| format!("{header}.{claims}.{zeros}")),
        ),
        case("S not reduced", "seal_signature", with_larger_s()),
        case(
            "an unknown key, before the claims are looked at",
            "seal_unknown_key",
            compact(&header(Head::TYP, "thief"), b"{", "thief"),
        ),
        case(
            "a bad signature, before the claims are looked at",
            "seal_signature",
            compact(&header(Head::TYP, BY), b"{", "thief"),
        ),
    ]
}

fn claims() -> Vec<Case> {
    let changed = |from: &str, to: &str| HEAD.replace(from, to).into_bytes();
    let deep = format!(
        r#"{{"deep":{}{},{}"#,
        "[".repeat(16),
        "]".repeat(16),
        &HEAD[1..]
    );
    let texts: [(&str, Vec<u8>); 9] = [
        ("a name twice", changed(r#""seq":3"#, r#""seq":3,"seq":3"#)),
        (
            "a name twice, escaped",
            changed(r#""seq":3"#, r#""seq":3,"\u0073eq":4"#),
        ),
        ("a fraction", changed("1800000000", "1800000000.0")),
        (
            "a number over 2^53 - 1",
            changed("1800086400", "9007199254740992"),
        ),
        ("nested too deeply", deep.into_bytes()),
        (
            "something after the claims",
            format!("{HEAD} 1").into_bytes(),
        ),
        ("a byte order mark", format!("\u{feff}{HEAD}").into_bytes()),
        (
            "not UTF-8",
            [&HEAD.as_bytes()[..HEAD.len() - 1], b",\"x\":\"\xff\"}"].concat(),
        ),
        ("not JSON", b"claims".to_vec()),
    ];
    let json = texts.map(|(name, claims)| case(name, "seal_json", claiming(&claims)));
    let in_order = r#"["https://label.example",1,3,"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",1800000000,1800086400]"#;
    let others = [
        ("claims that are a list of the members in order", in_order),
        ("claims that are a text", "\"x\""),
        ("claims that are null", "null"),
        ("no claims in them", "{}"),
    ];
    let malformed =
        others.map(|(name, claims)| case(name, "seal_malformed", claiming(claims.as_bytes())));
    json.into_iter().chain(malformed).collect()
}
