//! What a passport hides, and what its holder shows of it (RFC 9901 §4.2).
//!
//! A passport carries digests alone. A disclosure, `[salt, name, value]`, is shown beside
//! it where the holder wants that, and proves by its digest that the home said it.
//!
//! **Invariant:** a home writes the same number of digests into every passport, in the
//! order of their bytes: what is hidden, and whether there is anything, cannot be seen.
//!
//! Specified in `specs/passport.md`, section 3.

use std::collections::BTreeSet;

use seal::Malformed;
use seal::checks::holds;
use serde_json::{Value, json};

use crate::Sha256Hash;
use crate::document::require;

/// The most disclosures of a presentation: one of each name.
pub const DISCLOSURES_MAX: usize = 3;

/// The most digests of a passport that is read.
pub const DIGESTS_MAX: usize = 8;

/// The digests of a passport that is written: one for each name, and for a name of which
/// there is nothing to hide a random one. More of them, and a code on a phone of P-256
/// would be larger than version 20 (`specs/passport.md`, section 4).
pub const DIGESTS_WRITTEN: usize = DISCLOSURES_MAX;

/// Bytes of a salt.
pub const SALT_BYTES: usize = 16;

/// The most characters of a full name, and of an organisation's name.
pub const DISCLOSED_CHARS_MAX: usize = 100;

const FULL_NAME: &str = "full_name";
const ORGANISATION: &str = "organisation";
const PORTRAIT: &str = "portrait";

/// All that can be disclosed, in the order in which it is shown.
pub(crate) const NAMES: [&str; DISCLOSURES_MAX] = [FULL_NAME, ORGANISATION, PORTRAIT];

/// What can be disclosed of a member, or what was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disclosed {
    /// The name as in a paper with a picture: 1 to [`DISCLOSED_CHARS_MAX`] characters.
    pub full_name: Option<String>,
    /// The cooperative or firm: 1 to [`DISCLOSED_CHARS_MAX`] characters.
    pub organisation: Option<String>,
    /// The digest of a picture that the member has.
    pub portrait: Option<Sha256Hash>,
}

/// Why what was disclosed is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureRefusal {
    /// More than [`DISCLOSURES_MAX`].
    #[error("more disclosures than there are names")]
    TooMany,
    /// Not canonical base64url of a list of salt, name and value.
    #[error("not a disclosure")]
    Form,
    /// The same twice, or two of one name.
    #[error("the same is disclosed twice")]
    Twice,
    /// The passport has no such digest.
    #[error("the home did not sign this")]
    Unknown,
    /// A name that cannot be disclosed.
    #[error("this is not disclosed")]
    Name,
    /// A value that the name cannot have.
    #[error("a value that is not of this name")]
    Value,
    /// Not in the order of the names.
    #[error("not in the order of the names")]
    Order,
}

impl DisclosureRefusal {
    /// The stable word of `specs/passport.md`, section 3.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooMany => "disclosure_too_many",
            Self::Form => "disclosure_form",
            Self::Twice => "disclosure_twice",
            Self::Unknown => "disclosure_unknown",
            Self::Name => "disclosure_name",
            Self::Value => "disclosure_value",
            Self::Order => "disclosure_order",
        }
    }
}

impl Disclosed {
    /// The disclosures of all that is there, each with the salt at its name's place.
    pub fn disclosures(&self, salts: [[u8; SALT_BYTES]; DISCLOSURES_MAX]) -> Vec<String> {
        let portrait = self.portrait.map(|digest| digest.to_string());
        let values = [&self.full_name, &self.organisation, &portrait];
        let named = NAMES.iter().zip(values).zip(salts);
        let written = named.filter_map(|((name, value), salt)| {
            let salt = seal::base64url::encode(&salt);
            let text = json!([salt, name, value.as_ref()?]).to_string();
            Some(seal::base64url::encode(text.as_bytes()))
        });
        written.collect()
    }

    /// Whether a home may sign it.
    pub fn check(&self) -> Result<(), Malformed> {
        let is_fit = |text: &Option<String>| text.as_deref().is_none_or(is_shown);
        require(is_fit(&self.full_name), FULL_NAME)?;
        require(is_fit(&self.organisation), ORGANISATION)
    }

    /// Takes what was disclosed beside a passport with these digests.
    pub(crate) fn read(
        texts: &[String],
        digests: &[Sha256Hash],
    ) -> Result<Self, DisclosureRefusal> {
        let mut found = Self::default();
        let (mut seen, mut last) = (BTreeSet::new(), None);
        for text in texts {
            let (name, value) = parse(text)?;
            let digest = digest_of(text);
            if !holds("disclosure_once", seen.insert(digest)) {
                return Err(DisclosureRefusal::Twice);
            }
            if !holds("disclosure_signed", digests.contains(&digest)) {
                return Err(DisclosureRefusal::Unknown);
            }
            let at = NAMES.iter().position(|it| *it == name);
            let at = at.ok_or(DisclosureRefusal::Name)?;
            if !holds("disclosure_one_value", found.put(at, &value)?) {
                return Err(DisclosureRefusal::Twice);
            }
            if !holds("disclosure_order", last.replace(at) <= Some(at)) {
                return Err(DisclosureRefusal::Order);
            }
        }
        Ok(found)
    }

    /// Puts a value to the name at that place; `false` where there was one.
    fn put(&mut self, at: usize, value: &Value) -> Result<bool, DisclosureRefusal> {
        let refuse = DisclosureRefusal::Value;
        let text = value.as_str().ok_or(refuse)?;
        let (full_name, organisation) = (&mut self.full_name, &mut self.organisation);
        let place = match NAMES.get(at).copied() {
            Some(FULL_NAME) => full_name,
            Some(ORGANISATION) => organisation,
            _ => {
                let digest = Sha256Hash::parse(text).ok_or(refuse)?;
                return Ok(self.portrait.replace(digest).is_none());
            }
        };
        if !holds("disclosure_value", is_shown(text)) {
            return Err(refuse);
        }
        Ok(place.replace(text.to_owned()).is_none())
    }
}

fn is_shown(text: &str) -> bool {
    (1..=DISCLOSED_CHARS_MAX).contains(&text.chars().count())
}

/// The digest of a disclosure: of its text, as it stands in a presentation.
pub fn digest_of(disclosure: &str) -> Sha256Hash {
    Sha256Hash::of(&[disclosure.as_bytes()])
}

/// Name and value of a disclosure.
fn parse(text: &str) -> Result<(String, Value), DisclosureRefusal> {
    let refuse = DisclosureRefusal::Form;
    let bytes = seal::base64url::decode(text).map_err(|_| refuse)?;
    let read = seal::json::parse(&bytes).map_err(|_| refuse)?;
    let Value::Array(members) = read else {
        return Err(refuse);
    };
    let [Value::String(salt), Value::String(name), value] = members.as_slice() else {
        return Err(refuse);
    };
    let salt = seal::base64url::decode(salt).map_err(|_| refuse)?;
    if !holds("disclosure_salt", salt.len() == SALT_BYTES) {
        return Err(refuse);
    }
    Ok((name.clone(), value.clone()))
}

/// Refuses digests where a passport of this profile has none, and in plain text what a
/// holder alone discloses.
pub(crate) fn check_hidden(claims: &Value) -> Result<(), Malformed> {
    let Value::Object(members) = claims else {
        return Err(Malformed("no object".to_owned()));
    };
    for (name, value) in members {
        let is_hidden = !NAMES.contains(&name.as_str());
        require(holds("passport_not_plain", is_hidden), "in plain text")?;
        let is_flat = name != "..." && !hides(value);
        require(holds("passport_flat", is_flat), "hidden deeper")?;
    }
    Ok(())
}

/// Whether something is hidden in a value, at any depth (RFC 9901 §4.2.4).
fn hides(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(name, it)| matches!(name.as_str(), "_sd" | "...") || hides(it)),
        Value::Array(items) => items.iter().any(hides),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The digests of a passport: few, and each once.
pub(crate) fn check_digests(digests: &[Sha256Hash]) -> Result<(), Malformed> {
    let are_few = digests.len() <= DIGESTS_MAX;
    require(
        holds("passport_digests", are_few),
        "more digests than may be",
    )?;
    let each: BTreeSet<_> = digests.iter().collect();
    let is_each_once = each.len() == digests.len();
    require(
        holds("passport_digest_once", is_each_once),
        "the same digest twice",
    )
}

/// Every choice that a holder has among these disclosures, in their order: nothing first.
pub(crate) fn choices(disclosures: &[String]) -> impl Iterator<Item = Vec<&str>> {
    let count = disclosures.len().min(DISCLOSURES_MAX);
    (0_u8..1 << count).map(move |choice| {
        let chosen = disclosures.iter().take(count).enumerate();
        let chosen = chosen.filter(|(at, _)| choice >> at & 1 == 1);
        chosen.map(|(_, it)| it.as_str()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        seal::base64url::encode(text.as_bytes())
    }

    #[track_caller]
    fn check(texts: &[&str], expected: Result<&Disclosed, DisclosureRefusal>) {
        let texts: Vec<String> = texts.iter().map(|it| of(it)).collect();
        let digests: Vec<_> = texts.iter().map(|it| digest_of(it)).collect();
        let found = Disclosed::read(&texts, &digests);
        assert_eq!(found.as_ref().map_err(|it| *it), expected, "{texts:?}");
    }

    const NAME: &str = r#"["AAAAAAAAAAAAAAAAAAAAAA","full_name","Zoé Martin"]"#;
    const FIRM: &str = r#"["AAAAAAAAAAAAAAAAAAAAAQ","organisation","Oxalis"]"#;

    #[test]
    fn what_is_written_is_read_back() {
        let all = Disclosed {
            full_name: Some("Zoé Martin".to_owned()),
            organisation: Some("Oxalis".to_owned()),
            portrait: Some(Sha256Hash([9; 32])),
        };
        let texts = all.disclosures([[1; 16], [2; 16], [3; 16]]);
        let digests: Vec<_> = texts.iter().map(|it| digest_of(it)).collect();
        assert_eq!(Disclosed::read(&texts, &digests), Ok(all));
        let texts = Disclosed::default().disclosures([[1; 16]; 3]);
        assert_eq!(texts, Vec::<String>::new());
        assert_eq!(Disclosed::read(&[], &digests), Ok(Disclosed::default()));
    }

    #[test]
    fn each_thing_that_is_wrong_has_its_reason() {
        use DisclosureRefusal::{Form, Name, Order, Twice, Value};
        let salted = |rest: &str| format!(r#"["AAAAAAAAAAAAAAAAAAAAAA",{rest}]"#);
        let long = salted(&format!(r#""full_name","{}""#, "é".repeat(101)));
        let longest = salted(&format!(r#""full_name","{}""#, "é".repeat(100)));
        check(
            &[NAME, FIRM],
            Ok(&Disclosed {
                full_name: Some("Zoé Martin".to_owned()),
                organisation: Some("Oxalis".to_owned()),
                portrait: None,
            }),
        );
        assert!(Disclosed::read(&[of(&longest)], &[digest_of(&of(&longest))]).is_ok());
        check(&[FIRM, NAME], Err(Order));
        check(&[NAME, NAME], Err(Twice));
        check(&[NAME, &salted(r#""full_name","Zoé""#)], Err(Twice));
        check(&[&salted(r#""email","a""#)], Err(Name));
        check(&[&long], Err(Value));
        check(&[&salted(r#""full_name","""#)], Err(Value));
        check(&[&salted(r#""full_name",1"#)], Err(Value));
        check(&[&salted(r#""portrait","AQI""#)], Err(Value));
        for form in [
            "[]",
            "{}",
            r#"["AAAAAAAAAAAAAAAAAAAAAA","Zoé"]"#,
            r#"["AAAAAAAAAAAAAAAAAAAAAA","full_name","Zoé",1]"#,
            r#"["AAAAAAAAAAAAAAAAAAAAAA","full_name",{"a":1,"a":2}]"#,
            r#"["AAAAAAAAAAAAAAAAAAAA","full_name","Zoé"]"#,
            r#"[1,"full_name","Zoé"]"#,
        ] {
            check(&[form], Err(Form));
        }
        let unknown = Disclosed::read(&[of(NAME)], &[digest_of(&of(FIRM))]);
        assert_eq!(unknown, Err(DisclosureRefusal::Unknown));
        let padded = format!("{}=", of(NAME));
        assert_eq!(Disclosed::read(&[padded], &[]), Err(Form));
    }

    #[test]
    fn a_holder_chooses_among_eight() {
        let three = ["a", "b", "c"].map(str::to_owned);
        let all: Vec<String> = choices(&three).map(|it| it.concat()).collect();
        assert_eq!(all, ["", "a", "b", "ab", "c", "ac", "bc", "abc"]);
        assert_eq!(choices(&[]).count(), 1);
    }
}
