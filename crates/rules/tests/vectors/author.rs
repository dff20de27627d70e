//! An author who writes feeds, and who lies where a case needs it.

use serde_json::{Value, json};
use wire::Sha256Hash;
use wire::feed::Body;

use crate::forge::{compact, header};
use crate::papers::{DAY, IAT, LABEL, MUG, anchor, configuration, jwks};

/// Writes one feed, record by record.
#[derive(Clone)]
pub(crate) struct Author {
    entity: &'static str,
    epoch: u64,
    seq: u64,
    prev: Option<Sha256Hash>,
    /// The records so far, as pages have them.
    pub(crate) records: Vec<Value>,
}

impl Author {
    pub(crate) fn new(entity: &'static str) -> Self {
        Self {
            entity,
            epoch: 1,
            seq: 0,
            prev: None,
            records: Vec::new(),
        }
    }

    /// Le Mug, with its papers written.
    pub(crate) fn mug() -> Self {
        let mut author = Self::new(MUG);
        author.write(
            "entity-configuration",
            &configuration(MUG, "mug-fed", "mug-ops"),
            "mug-ops",
        );
        author
    }

    /// The coordinator, with its papers written.
    pub(crate) fn label() -> Self {
        let mut author = Self::new(LABEL);
        author.write("anchor", &anchor("label-fed"), "label-ops");
        let papers = configuration(LABEL, "label-fed", "label-ops");
        author.write("entity-configuration", &papers, "label-ops");
        author
    }

    /// Writes an honest record.
    pub(crate) fn write(&mut self, kind: &str, text: &str, by: &str) -> &mut Self {
        self.write_changed(kind, text, by, |_| {})
    }

    /// Writes a record whose claims are changed before it is signed.
    pub(crate) fn write_changed(
        &mut self,
        kind: &str,
        text: &str,
        by: &str,
        change: impl FnOnce(&mut Value),
    ) -> &mut Self {
        self.seq += 1;
        let number = u8::try_from(self.seq).expect("a short feed");
        let body = Body {
            salt: [number; 16],
            text: text.to_owned(),
        };
        let mut claims = json!({
            "iss": self.entity, "epoch": self.epoch, "seq": self.seq, "iat": IAT, "kind": kind,
            "id": "self", "rev": 1, "body_sha256": body.digest(),
        });
        if let Some(prev) = self.prev {
            claims["prev"] = json!(prev);
        }
        change(&mut claims);
        let jws = compact(
            &header("escale-record+jwt", by),
            claims.to_string().as_bytes(),
            by,
        );
        self.prev = Some(Sha256Hash::of(&[jws.as_bytes()]));
        let mut sent = json!({ "record": jws });
        if claims.get("body_sha256").is_some() {
            sent["salt"] = seal::base64url::encode(&body.salt).into();
            sent["body"] = text.into();
        }
        self.records.push(sent);
        self
    }

    /// What the author says, by its `fed` key, to go on in another epoch after the last
    /// record, by this `ops` key.
    pub(crate) fn epoch_claims(&self, epoch: u64, ops: &str) -> Value {
        json!({
            "iss": self.entity, "iat": IAT, "epoch": epoch, "jwks": jwks(&[ops]),
            "after": { "epoch": self.epoch, "seq": self.seq, "hash": self.prev },
        })
    }

    /// Goes on in another epoch, as these claims say, signed by this `fed` key; the record
    /// is signed by this `ops` key.
    pub(crate) fn go_on(&mut self, claims: &Value, fed: &str, ops: &str) -> &mut Self {
        self.epoch = claims["epoch"].as_u64().expect("an epoch");
        let text = epoch_of(claims, fed);
        self.write("epoch", &text, ops)
    }

    /// Writes that there is no such thing any more.
    pub(crate) fn remove(&mut self, kind: &str, by: &str) -> &mut Self {
        self.write_changed(kind, "", by, |claims| {
            let claims = claims.as_object_mut().expect("an object");
            claims.remove("body_sha256");
            claims.insert("removed".to_owned(), true.into());
        })
    }

    /// The head after the last record.
    pub(crate) fn head(&self, by: &str) -> String {
        self.head_changed(by, |_| {})
    }

    /// A head whose claims are changed before it is signed.
    pub(crate) fn head_changed(&self, by: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = json!({
            "iss": self.entity, "epoch": self.epoch, "seq": self.seq, "hash": self.prev,
            "iat": IAT, "exp": IAT + DAY,
        });
        change(&mut claims);
        compact(
            &header("escale-head+jwt", by),
            claims.to_string().as_bytes(),
            by,
        )
    }
}

/// An author's word that its feed goes on in another epoch.
pub(crate) fn epoch_of(claims: &Value, fed: &str) -> String {
    compact(
        &header("escale-epoch+jwt", fed),
        claims.to_string().as_bytes(),
        fed,
    )
}
