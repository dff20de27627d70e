//! A visit that ended, and what its host tells the home, which a test changes first.

use app::{About, Fate, VisitId};
use rules::visit::HalfDays;
use seal::Document;
use serde_json::{Value, json};
use testkit::{HOUR_SECONDS, Label, TestNode, Wallet, space_text};
use testkit::{forge, forge_request, operator, outcome_of, post_request, request_of};
use wire::Sha256Hash;
use wire::receipt::{CREDIT_KIND, Credit, RECEIPT_KIND, Receipt};

use crate::desk::{home, host};
use crate::look::{claims, stored};
use crate::receipts::{arrive, leave, left};

/// Three spaces, of which the first says what it is, and a member of the second, an hour
/// later: noon at the host.
pub(crate) async fn story() -> (Label, Wallet) {
    let label = Label::labelled(3).await;
    let text = space_text("Le Mug");
    host(&label).app().publish_space(&text).await.unwrap();
    let wallet = Wallet::enrol(home(&label), "Camille", None).await;
    label.advance(HOUR_SECONDS);
    label.settle().await;
    (label, wallet)
}

/// What a host says of a visit, with the proof, before it is signed.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) receipt: Value,
    pub(crate) proof: String,
}

impl Told {
    /// What hands over this receipt, signed by the `ops` key of `by`.
    pub(crate) fn body(&self, by: &TestNode) -> Value {
        let receipt = forge::<Receipt>(&self.receipt, &by.plan().ops());
        json!({ "receipt": receipt, "proof": self.proof })
    }

    /// Takes another proof, and names it.
    pub(crate) fn prove_by(&mut self, proof: String) {
        let sha256 = Sha256Hash::of(&[proof.as_bytes()]).to_string();
        self.receipt["proof"]["sha256"] = json!(sha256);
        self.proof = proof;
    }

    /// The same visit at another moment of the same day.
    pub(crate) fn move_to(&mut self, arrived: i64, left: i64) {
        self.receipt["arrived"] = json!(arrived);
        self.receipt["left"] = json!(left);
    }

    pub(crate) fn arrived(&self) -> i64 {
        self.receipt["arrived"].as_i64().unwrap()
    }
}

/// Somebody comes, and leaves three hours later; gives what waits to be told.
pub(crate) async fn told(label: &Label, wallet: &Wallet) -> Told {
    let visit = arrive(host(label), wallet).await;
    label.advance(3 * HOUR_SECONDS);
    leave(host(label), visit).await;
    waiting(host(label)).await
}

/// The last receipt that waits.
pub(crate) async fn waiting(host: &TestNode) -> Told {
    let waiting = host.app().waiting().await.unwrap();
    let op = &waiting.last().unwrap().op;
    let letter = host.app().make_letter(op).await.unwrap().unwrap();
    let body = claims(&letter.request)["body"].clone();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    Told {
        receipt: claims(&text("receipt")),
        proof: text("proof"),
    }
}

/// What the home answers the host to a question of this kind.
pub(crate) async fn ask_home(
    label: &Label,
    op: &str,
    kind: &str,
    body: Value,
) -> Result<(), String> {
    let (from, to) = (host(label), home(label));
    let request = request_of(from, to, op, kind, body);
    outcome_of(&post_request(to, forge_request(&request, from)).await)
}

/// What the home answers the host to a receipt.
pub(crate) async fn tell(label: &Label, op: &str, told: &Told) -> Result<(), String> {
    ask_home(label, op, RECEIPT_KIND, told.body(host(label))).await
}

/// The claims of a credit of what was told.
pub(crate) fn credit_of(told: &Told, by: &TestNode) -> Value {
    let text = forge::<Receipt>(&told.receipt, &by.plan().ops());
    json!({
        "iss": told.receipt["iss"], "aud": told.receipt["aud"], "iat": by.app().now(),
        "id": "AAAAAAAAAAAAAAAAAAAAAA", "receipt": told.receipt["id"],
        "receipt_sha256": Sha256Hash::of(&[text.as_bytes()]), "reason": "not_here",
    })
}

/// What the home answers the host to a credit of these claims.
pub(crate) async fn take_back(label: &Label, op: &str, credit: &Value) -> Result<(), String> {
    let credit = sealed::<Credit>(credit, host(label));
    ask_home(label, op, CREDIT_KIND, json!({ "credit": credit })).await
}

pub(crate) fn sealed<T: Document>(claims: &Value, by: &TestNode) -> String {
    forge::<T>(claims, &by.plan().ops())
}

/// What becomes of the last receipt of a visit.
pub(crate) async fn fate(host: &TestNode, visit: VisitId) -> Option<Fate> {
    match crate::receipts::row(host, visit).await.stay {
        app::Stay::Ended { receipt, .. } => receipt,
        app::Stay::Here { .. } | app::Stay::NotHere => None,
    }
}

/// How many half-days a member has used, as their home counts them.
pub(crate) async fn used(home: &TestNode, wallet: &Wallet) -> u64 {
    4 - left(home, wallet).await
}

/// How many receipts a home has accepted.
pub(crate) async fn taken(home: &TestNode) -> usize {
    stored(home, app::keys::RECEIPTS_TAKEN).await.len()
}

/// What lies in the outbox: what it is about, and why it is dead.
pub(crate) async fn outbox(host: &TestNode) -> Vec<(&'static str, Option<String>)> {
    let rows = host.app().outbox(&operator()).await.unwrap();
    let row = |row: app::OutboxRow| {
        let about = match row.about {
            About::Receipt(_) => "receipt",
            About::Credit(_) => "credit",
            About::Registration(_) => "registration",
            About::Cancellation(_) => "cancellation",
            About::KeyUpdate(_) => "key update",
            About::KeyRevocation(_) => "key revocation",
            About::Notice { .. } => "notice",
            About::Application => "application",
        };
        (about, row.dead.map(|(_, why)| why))
    };
    rows.into_iter().map(row).collect()
}

pub(crate) const BOTH: HalfDays = HalfDays {
    morning: true,
    afternoon: true,
};

pub(crate) fn refused(code: &str) -> Result<(), String> {
    Err(code.to_owned())
}
