//! Receipts, what the home holds, and what it answers.

use ed25519_dalek::{Signer as _, SigningKey};
use rules::receipt::{HeldForReceipt, Judgement, Published, judge};
use rules::trust::Standing;
use rules::visit::{self, HalfDays};
use seal::{Document as _, Jwk, Sealed, SecretKey};
use serde_json::{Value, from_value, json};
use wire::passport::{PAPER_VCT, PASSPORT_VCT, Passport, Presentation};
use wire::receipt::{HalfDay, Receipt};
use wire::space::{Formula, OpeningHours};
use wire::{BodyKind, Sha256Hash, Timestamp};

use crate::forge::{compact, header, key_set, text};
use crate::papers::{DAY, MUG};
use crate::standings::{entity, number};
use crate::visit_days::utc;
use crate::visits::{RECORD, hours, value_of};

/// The host of the receipts.
pub(crate) const GRENOBLE: &str = "https://grenoble.example";
/// Another node.
pub(crate) const OTHER: &str = "https://other.example";

/// The seed of the holder's key.
const HOLDER: [u8; 32] = [20; 32];

/// Everything that may be changed before it is signed.
pub(crate) struct Draft {
    pub(crate) receipt: Value,
    pub(crate) by: &'static str,
    pub(crate) passport: Value,
    pub(crate) home_by: &'static str,
    /// What the holder signs; nothing on paper.
    pub(crate) binding: Option<Value>,
    /// What is sent in place of the presentation that the receipt names.
    pub(crate) sent: Option<String>,
    pub(crate) held: Value,
}

/// A village that closes over lunch, and nights when the clock is changed.
pub(crate) fn village(zone: &str) -> Value {
    let span = |day: &str, from: &str, to: &str| json!({ "day": day, "from": from, "to": to });
    json!({ "time_zone": zone, "weekly": [
        span("monday", "09:00", "12:00"), span("monday", "14:00", "18:00"),
        span("sunday", "02:15", "02:45"), span("sunday", "02:50", "03:10"),
    ] })
}

pub(crate) fn formulas() -> [Value; 2] {
    let formula = |id: &str, seq: u64, unit: &str, price: i64| {
        json!({ "id": id, "record": { "epoch": 1, "seq": seq },
            "body": { "unit": unit, "price_cents": price } })
    };
    [
        formula("day", 11, "day", 1_800),
        formula("half", 12, "half_day", 1_000),
    ]
}

/// An honest receipt of a host that publishes this, with all that the home needs.
pub(crate) fn honest(body: &Value, formulas: &[Value], arrived: &str, left: &str) -> Draft {
    let (arrived, left) = (utc(arrived), utc(left));
    let published = (!body.is_null()).then(|| hours(body));
    let day = visit::day_at(published.as_ref().map(|it| (it, RECORD)), arrived).expect("a day");
    let half_days = visit::half_days(&day, arrived, left).expect("a day").list();
    let value = value_of(&half_days, formulas);
    let formula = formulas.iter().find(|it| it["id"] == value["formula"]);
    let said = |it: Option<&Value>| {
        it.map_or(
            json!({ "published": "nothing" }),
            |it| json!({ "published": "current", "body": it }),
        )
    };
    let x = Jwk::from(SecretKey::from_seed(&HOLDER).public()).x;
    let mut receipt = json!({
        "iss": GRENOBLE, "aud": MUG, "iat": left, "id": "EBESExQVFhcYGRobHB0eHw",
        "day": day.date, "arrived": arrived, "left": left, "ended": "left",
        "hours": day.hours, "half_days": half_days,
        "proof": { "by": "holder", "sha256": Value::Null },
    });
    if !value.is_null() {
        receipt["value"] = value;
    }
    Draft {
        receipt,
        by: "grenoble-ops",
        passport: json!({
            "iss": MUG, "vct": PASSPORT_VCT, "iat": arrived.0 - DAY, "exp": arrived.0 + DAY,
            "cnf": { "jwk": { "kty": "OKP", "crv": "Ed25519", "x": x } },
            "status": { "status_list": { "idx": 4_711, "uri": format!("{MUG}/status/1") } },
            "name": "Zoé", "formula": "month",
            "roaming": { "period": "2026-04", "granted": 4, "left": 4 },
        }),
        home_by: "mug-ops",
        binding: Some(json!({
            "aud": GRENOBLE, "iat": arrived, "nonce": "AAECAwQFBgcICQoLDA0ODw",
        })),
        sent: None,
        held: json!({
            "now": left.0 + 3_600, "standing": { "state": "labelled", "until": left.0 + 30 * DAY },
            "is_known": true, "hours": said(published.is_some().then_some(body)),
            "formula": said(formula.map(|it| &it["body"])), "counted": [],
            "is_proof_used": false,
        }),
    }
}

/// Monday 6 April 2026, 10:00 to 16:00 in Paris: both halves, for the price of a day.
pub(crate) fn whole_day() -> Draft {
    let (arrived, left) = ("2026-04-06T08:00:00Z", "2026-04-06T14:00:00Z");
    honest(&village("Europe/Paris"), &formulas(), arrived, left)
}

/// An hour of that morning, for the price of a half.
pub(crate) fn morning() -> Draft {
    let (arrived, left) = ("2026-04-06T08:00:00Z", "2026-04-06T09:00:00Z");
    honest(&village("Europe/Paris"), &formulas(), arrived, left)
}

pub(crate) fn on_paper(draft: &mut Draft) {
    draft.binding = None;
    draft.passport["vct"] = PAPER_VCT.into();
    let members = draft.passport.as_object_mut().expect("an object");
    members.remove("cnf");
    draft.receipt["proof"]["by"] = "paper".into();
}

/// The presentation: the passport by its home, the key binding by its holder.
fn presentation(draft: &Draft) -> String {
    let by = draft.home_by;
    let claims = draft.passport.to_string();
    let passport = compact(&header(Passport::TYP, by), claims.as_bytes(), by);
    let mut shown = format!("{passport}~");
    if let Some(mut claims) = draft.binding.clone() {
        claims["sd_hash"] = json!(Sha256Hash::of(&[shown.as_bytes()]));
        let part = |bytes: &[u8]| seal::base64url::encode(bytes);
        let header = part(br#"{"alg":"EdDSA","typ":"kb+jwt"}"#);
        let signed = format!("{header}.{}", part(claims.to_string().as_bytes()));
        let signature = SigningKey::from_bytes(&HOLDER).sign(signed.as_bytes());
        let signature = part(&signature.to_bytes());
        shown = format!("{shown}{signed}.{signature}");
    }
    shown
}

pub(crate) fn signed(name: &str, mut draft: Draft, expected: &str) -> Value {
    let proof = presentation(&draft);
    if draft.receipt["proof"]["sha256"].is_null() {
        draft.receipt["proof"]["sha256"] = json!(Sha256Hash::of(&[proof.as_bytes()]));
    }
    let by = draft.by;
    let claims = draft.receipt.to_string();
    let receipt = compact(&header(Receipt::TYP, by), claims.as_bytes(), by);
    json!({
        "name": name, "receipt": receipt, "proof": draft.sent.unwrap_or(proof),
        "held": draft.held, "expected": expected,
    })
}

fn standing_in(case: &Value) -> Standing {
    let since = || Timestamp(number(case, "since"));
    let reason = || text(case, "reason").to_owned();
    match text(case, "state") {
        "labelled" => Standing::Labelled {
            until: Timestamp(number(case, "until")),
        },
        "suspended" => Standing::Suspended {
            since: since(),
            reason: reason(),
        },
        "withdrawn" => Standing::Withdrawn {
            since: since(),
            reason: reason(),
        },
        "expired" => Standing::Expired { since: since() },
        "admitted" => Standing::Admitted,
        "unknown" => Standing::Unknown,
        other => panic!("a standing that is not known: {other}"),
    }
}

/// What is held of hours or of a formula, with the body if there is one.
struct Body<T>(String, Option<T>);

impl<T: BodyKind> Body<T> {
    fn of(held: &Value) -> Self {
        let body = held.get("body").map(Value::to_string);
        let read = |body: String| T::read(&body).expect("a body");
        Self(text(held, "published").to_owned(), body.map(read))
    }

    fn published(&self) -> Published<'_, T> {
        match (self.0.as_str(), &self.1) {
            ("current", Some(body)) => Published::Current(body),
            ("nothing", _) => Published::Nothing,
            ("not_yet", _) => Published::NotYet,
            ("other", _) => Published::Other,
            (other, _) => panic!("published in no known way: {other}"),
        }
    }
}

/// The home's answer to a receipt that no other receipt of this id came before.
pub(crate) fn answer(case: &Value) -> &'static str {
    let receipt = Sealed::<Receipt>::parse(text(case, "receipt"));
    let receipt = receipt.and_then(|it| it.open(&key_set(&["grenoble-ops"])));
    let Ok(receipt) = receipt else {
        return "malformed";
    };
    if receipt.iss != entity(GRENOBLE) || receipt.aud != entity(MUG) {
        return "malformed";
    }
    let (proof, held) = (text(case, "proof"), &case["held"]);
    let is_named = Sha256Hash::of(&[proof.as_bytes()]) == receipt.proof.sha256;
    let shown = Presentation::parse(proof).and_then(|it| it.open(&key_set(&["mug-ops"])));
    let shown = shown.ok().filter(|_| is_named);
    let counted: Vec<HalfDay> = from_value(held["counted"].clone()).expect("half-days");
    let hours: Body<OpeningHours> = Body::of(&held["hours"]);
    let formula: Body<Formula> = Body::of(&held["formula"]);
    let judgement = judge(
        &receipt,
        HeldForReceipt {
            now: Timestamp(number(held, "now")),
            home: &entity(MUG),
            host: &standing_in(&held["standing"]),
            shown: shown.as_ref(),
            is_known: held["is_known"] == true,
            hours: hours.published(),
            formula: formula.published(),
            counted: HalfDays::of(&counted),
            is_proof_used: held["is_proof_used"] == true,
        },
    );
    match judgement {
        Judgement::Accepted => "accepted",
        Judgement::NotYet => "not_yet",
        Judgement::Refused(refusal) => refusal.code(),
    }
}
