//! A member's wallet: a key, a passport, and codes for desks.

use app::Operator;
use seal::{Jwk, SecretKey, holder};
use serde_json::{Value, json};
use wire::passport::MEMBER_PATH;
use wire::{EntityId, Sha256Hash, Timestamp, qr};

use crate::{TestNode, space_text};

/// A key and the passport that names it.
#[derive(Debug, Clone)]
pub struct Wallet {
    /// The member's number at their home.
    pub member: String,
    /// The passport, in compact form.
    pub passport: String,
    /// What can be disclosed beside it.
    pub disclosures: Vec<String>,
    key: String,
}

fn key_of(text: &str) -> SecretKey {
    SecretKey::from_seed(&Sha256Hash::of(&[b"holder ", text.as_bytes()]).0)
}

/// The public key of a phone, as a phone sends it.
pub fn holder_jwk(phone: &str) -> Value {
    let jwk = Jwk::from(key_of(phone).public());
    json!({ "kty": "OKP", "crv": "Ed25519", "x": jwk.x })
}

/// Somebody who may do everything at a space.
pub fn operator() -> Operator {
    Operator::of_this_machine()
}

impl Wallet {
    /// A new member of a space that publishes a formula, and the passport on the phone
    /// of that name.
    pub async fn enrol(home: &TestNode, name: &str, half_days: Option<u64>) -> Self {
        let app = home.app();
        let published = app.publish_space(&space_text("Le Mug")).await;
        published.expect("a space says what it is");
        let member = app.add_member(&operator(), name, "month", half_days).await;
        Self::enrol_again(home, &member.expect("a member is added"), name).await
    }

    /// Another phone of a member.
    pub async fn enrol_again(home: &TestNode, member: &str, phone: &str) -> Self {
        let app = home.app();
        let code = app
            .enrolment_code(&operator(), member)
            .await
            .expect("a code is given");
        let given = app.enrol(&code, &[holder_jwk(phone)]).await;
        Self::given(member, phone, &given.expect("a passport is given"))
    }

    /// A phone with several keys: a wallet for each of the passports that it gets.
    pub async fn enrol_batch(home: &TestNode, member: &str, phones: &[&str]) -> Vec<Self> {
        let app = home.app();
        let code = app.enrolment_code(&operator(), member).await;
        let keys: Vec<Value> = phones.iter().map(|phone| holder_jwk(phone)).collect();
        let given = app.enrol(&code.expect("a code is given"), &keys).await;
        let given = given.expect("passports are given");
        let each = phones.iter().zip(&given);
        each.map(|(phone, it)| Self::given(member, phone, std::slice::from_ref(it)))
            .collect()
    }

    /// A wallet of the one passport that a home gave.
    pub fn given(member: &str, phone: &str, given: &[String]) -> Self {
        let [given] = given else {
            panic!("one key gets one passport, and not {}", given.len());
        };
        let mut parts = given.split_terminator('~').map(str::to_owned);
        let passport = parts.next().unwrap_or_default();
        Self {
            disclosures: parts.collect(),
            ..Self::of(member, phone, passport)
        }
    }

    /// A wallet of what is there already.
    pub fn of(member: &str, phone: &str, passport: String) -> Self {
        Self {
            member: member.to_owned(),
            passport,
            disclosures: Vec::new(),
            key: phone.to_owned(),
        }
    }

    /// What the phone's key signs, unless a test changes it.
    pub fn claims(&self, to: &str, at: Timestamp, nonce: &str) -> Value {
        let passport = format!("{}~", self.passport);
        json!({ "aud": to, "iat": at, "nonce": nonce,
            "sd_hash": Sha256Hash::of(&[passport.as_bytes()]) })
    }

    /// The presentation of these claims.
    pub fn present(&self, claims: &Value) -> String {
        let binding = holder::sign_key_binding(claims, &key_of(&self.key));
        format!("{}~{binding}", self.passport)
    }

    /// The code that the phone shows to a host, with what stands at these places among its
    /// disclosures.
    pub fn disclose(&self, host: &EntityId, at: Timestamp, nonce: &str, which: &[usize]) -> String {
        let chosen = which.iter().filter_map(|at| self.disclosures.get(*at));
        let mut shown = format!("{}~", self.passport);
        for disclosure in chosen {
            shown.push_str(disclosure);
            shown.push('~');
        }
        let claims = json!({ "aud": host, "iat": at, "nonce": nonce,
            "sd_hash": Sha256Hash::of(&[shown.as_bytes()]) });
        let binding = holder::sign_key_binding(&claims, &key_of(&self.key));
        qr::encode(&format!("{shown}{binding}")).expect("it fits a code")
    }

    /// The code of these claims.
    pub fn sign(&self, claims: &Value) -> String {
        qr::encode(&self.present(claims)).expect("a passport fits a code")
    }

    /// What a member sends to their home, to ask something of it.
    pub fn ask_home(&self, home: &EntityId, at: Timestamp) -> String {
        let audience = home.url_of(MEMBER_PATH);
        self.present(&self.claims(&audience, at, "asking at home"))
    }

    /// The code that the phone shows to a host.
    pub fn show(&self, host: &EntityId, at: Timestamp, nonce: &str) -> String {
        self.sign(&self.claims(host.as_str(), at, nonce))
    }
}
