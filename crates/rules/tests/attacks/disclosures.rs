//! Selective disclosure: what a holder could add to what the home said, or a home hide.

use serde_json::{Value, json};
use wire::Sha256Hash;

use crate::passports::{
    BINDING, HOLDER, binding, binding_claims, claims, genuine, paper, passport,
};
use crate::table::{Attack, Outcome, attacks};

const NAME: &str = r#"["AAAAAAAAAAAAAAAAAAAAAA","full_name","Zoé Martin"]"#;
const FIRM: &str = r#"["AAAAAAAAAAAAAAAAAAAAAQ","organisation","Oxalis"]"#;

fn written(text: &str) -> String {
    seal::base64url::encode(text.as_bytes())
}

fn digest(disclosure: &str) -> Value {
    json!(Sha256Hash::of(&[disclosure.as_bytes()]))
}

/// Claims with the digests of these.
fn hiding(texts: &[&str]) -> Value {
    let digests: Vec<Value> = texts.iter().map(|it| digest(&written(it))).collect();
    let mut claims = claims();
    claims["_sd_alg"] = "sha-256".into();
    claims["_sd"] = digests.into();
    claims
}

/// Shows a passport of these claims with these disclosures, all bound.
fn shown(claims: &Value, disclosures: &[String]) -> Outcome {
    let passport = passport(claims, "mug-ops");
    let mut before = passport.clone();
    for disclosure in disclosures {
        before.push('~');
        before.push_str(disclosure);
    }
    let bound = binding_claims(&before).to_string();
    let binding = binding(BINDING, bound.as_bytes(), &HOLDER);
    genuine(&format!("{before}~{binding}"))
}

/// A passport that hides this, and a holder who shows it.
fn disclosed(texts: &[&str]) -> Outcome {
    let disclosures: Vec<String> = texts.iter().map(|it| written(it)).collect();
    shown(&hiding(texts), &disclosures)
}

/// Disclosed beside a passport that the home wrote with another member.
fn beside(change: impl FnOnce(&mut Value)) -> Outcome {
    let mut claims = hiding(&[NAME]);
    change(&mut claims);
    shown(&claims, &[written(NAME)])
}

/// What was disclosed is taken away, or put in, after the holder has signed.
fn after_signing(signed: &[&str], sent: &[&str]) -> Outcome {
    let passport = passport(&hiding(&[NAME, FIRM]), "mug-ops");
    let with = |texts: &[&str]| {
        let mut whole = passport.clone();
        for text in texts {
            whole.push('~');
            whole.push_str(&written(text));
        }
        whole
    };
    let bound = binding_claims(&with(signed)).to_string();
    let binding = binding(BINDING, bound.as_bytes(), &HOLDER);
    genuine(&format!("{}~{binding}", with(sent)))
}

/// A passport on paper that hides something.
fn hidden_on_paper() -> Outcome {
    let mut claims = paper();
    claims["_sd"] = json!([digest(&written(NAME))]);
    genuine(&format!("{}~", passport(&claims, "mug-ops")))
}

fn salted(rest: &str) -> String {
    format!(r#"["AAAAAAAAAAAAAAAAAAAAAA",{rest}]"#)
}

pub(crate) fn shown_by_holders() -> Vec<Attack> {
    attacks!("disclosure":
        C15 "A holder discloses a name that the home did not sign."
            { shown(&hiding(&[FIRM]), &[written(NAME)]) } disclosure_unknown [disclosure_signed]
        C15 "A desk is shown another name than the holder signed."
            { after_signing(&[], &[NAME]) } key_binding [binding_passport]
        C15 "What the holder disclosed is taken away on the way."
            { after_signing(&[NAME], &[]) } key_binding [binding_passport]
        C15 "A holder discloses one name twice."
            { disclosed(&[NAME, &salted(r#""full_name","Zoé""#)]) }
            disclosure_twice [disclosure_one_value]
        C15 "A holder shows one disclosure twice."
            { shown(&hiding(&[NAME]), &[written(NAME), written(NAME)]) }
            disclosure_twice [disclosure_once disclosure_one_value]
        C15 "Two showings of the same differ by their order."
            { disclosed(&[FIRM, NAME]) } disclosure_order [disclosure_order]
        M1 "A home has a host read an e-mail address."
            { disclosed(&[&salted(r#""email","zoe@example.org""#)]) } disclosure_name []
        C14 "A disclosed name has 101 characters."
            { disclosed(&[&salted(&format!(r#""full_name","{}""#, "é".repeat(101)))]) }
            disclosure_value [disclosure_value]
        C1 "A disclosure has a salt of 15 bytes, which somebody could guess."
            { disclosed(&[r#"["AAAAAAAAAAAAAAAAAAAA","full_name","Zoé"]"#]) }
            disclosure_form [disclosure_salt]
        G8 "A disclosure is no list of three."
            { disclosed(&[r#"{"salt":"AAAAAAAAAAAAAAAAAAAAAA"}"#]) } disclosure_form []
        H9 "A disclosure is padded."
            { shown(&hiding(&[NAME]), &[format!("{}=", written(NAME))]) } disclosure_form []
        G1 "A disclosure says twice what it discloses."
            { disclosed(&[&salted(r#""full_name",{"a":1,"a":2}"#)]) }
            disclosure_form []
        G7 "A holder discloses four things."
            { shown(&hiding(&[NAME]), &[written(NAME), written(NAME), written(NAME), written(NAME)]) }
            disclosure_too_many [disclosure_count disclosure_once disclosure_one_value]
    )
}

pub(crate) fn hidden_by_homes() -> Vec<Attack> {
    attacks!("hidden claims":
        C1 "A home hides with a digest that another can find."
            { beside(|it| it["_sd_alg"] = "md5".into()) } seal_malformed [passport_algorithm]
        M3 "A home hides more than it may: each digest could name the member."
            { beside(|it| it["_sd"] = (0..9).map(|at| digest(&at.to_string())).collect()) }
            seal_malformed [passport_digests disclosure_signed]
        C15 "A home hides the same twice."
            { beside(|it| it["_sd"] = json!([digest(&written(NAME)), digest(&written(NAME))])) }
            seal_malformed [passport_digest_once]
        C15 "A home says in plain text what its member alone discloses."
            { beside(|it| it["full_name"] = "Zoé Martin".into()) }
            seal_malformed [passport_not_plain]
        C15 "A home hides something deeper, where no reader looks."
            { beside(|it| it["roaming"]["_sd"] = json!([digest("a")])) }
            seal_malformed [passport_flat]
        C15 "A home hides an item of a list."
            { beside(|it| it["later"] = json!([{ "...": digest("a") }])) }
            seal_malformed [passport_flat]
        C15 "A passport on paper hides something."
            { hidden_on_paper() } seal_malformed [passport_paper_whole]
    )
}
