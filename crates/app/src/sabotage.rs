//! Misbehaving on purpose, so that a test can show that somebody notices.
//!
//! Compiled only with the feature `sabotage`, which no released binary has.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use wire::feed::{Body, Page};
use wire::{EntityId, Sha256Hash};

static IGNORES_WITHDRAWALS: AtomicBool = AtomicBool::new(false);
static IGNORES_STATUSES: AtomicBool = AtomicBool::new(false);
static FORGETS_SHOWINGS: AtomicBool = AtomicBool::new(false);
static FORGETS_ATTEMPTS: AtomicBool = AtomicBool::new(false);
static FORGETS_ANSWERS: AtomicBool = AtomicBool::new(false);
static PAUSES: OnceLock<String> = OnceLock::new();
static FORGES_RECORDS: AtomicBool = AtomicBool::new(false);

/// From here on no withdrawal is believed.
pub fn ignore_withdrawals() {
    IGNORES_WITHDRAWALS.store(true, Ordering::SeqCst);
}

/// From here on every passport holds at this desk, whatever its home says.
pub fn ignore_statuses() {
    IGNORES_STATUSES.store(true, Ordering::SeqCst);
}

/// From here on a showing is as good the second time.
pub fn forget_showings() {
    FORGETS_SHOWINGS.store(true, Ordering::SeqCst);
}

/// From here on an attempt is answered as often as it comes.
pub fn forget_attempts() {
    FORGETS_ATTEMPTS.store(true, Ordering::SeqCst);
}

/// From here on a question is decided anew each time.
pub fn forget_answers() {
    FORGETS_ANSWERS.store(true, Ordering::SeqCst);
}

pub(crate) fn forgets_attempts() -> bool {
    FORGETS_ATTEMPTS.load(Ordering::SeqCst)
}

pub(crate) fn forgets_answers() -> bool {
    FORGETS_ANSWERS.load(Ordering::SeqCst)
}

/// The places at which a node can be stopped: around each commit of the exchange, and of
/// what is registered for.
pub const PAUSES_AT: &[&str] = &[
    "arrive.before",
    "arrive.after",
    "end.before",
    "end.after",
    "correct.before",
    "correct.after",
    "answer.before",
    "answer.after",
    "answer_again.before",
    "answer_again.after",
    "settle.before",
    "settle.after",
    "ask_again.before",
    "ask_again.after",
    "publish_event.before",
    "publish_event.after",
    "register.before",
    "register.after",
    "give_back.before",
    "give_back.after",
    "cancel_seat.before",
    "cancel_seat.after",
    "turn.before",
    "turn.after",
];

/// From here on whatever comes to this place stays there: the node waits to be killed.
pub fn pause(at: &str) {
    let _ = PAUSES.set(at.to_owned());
}

/// Says that it came here, and stays.
pub(crate) async fn pause_at(place: &str, side: &str) {
    let here = format!("{place}.{side}");
    if PAUSES.get() == Some(&here) {
        tracing::warn!("paused at {here}");
        std::future::pending::<()>().await;
    }
}

pub(crate) fn ignores_statuses() -> bool {
    IGNORES_STATUSES.load(Ordering::SeqCst)
}

pub(crate) fn forgets_showings() -> bool {
    FORGETS_SHOWINGS.load(Ordering::SeqCst)
}

/// From here on the node serves its own prices as one cent, which nobody signed.
pub fn forge_records() {
    FORGES_RECORDS.store(true, Ordering::SeqCst);
}

pub(crate) fn ignores_withdrawals() -> bool {
    IGNORES_WITHDRAWALS.load(Ordering::SeqCst)
}

/// Rewrites the prices in the last record of a page, digest included; the
/// signature is left as it was.
pub(crate) fn forge(own: &EntityId, entity: &EntityId, page: &mut Page) {
    if !FORGES_RECORDS.load(Ordering::SeqCst) || own != entity {
        return;
    }
    for sent in &mut page.records {
        let Ok(Some(body)) = sent.body() else {
            continue;
        };
        if !body.text.contains("price_cents") {
            continue;
        }
        let text = r#"{"unit":"day","price_cents":1}"#.to_owned();
        let forged = Body {
            salt: body.salt,
            text,
        };
        let parts: Vec<&str> = sent.record.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            continue;
        };
        let Ok(claims) = seal::base64url::decode(claims) else {
            continue;
        };
        let Ok(mut claims) = serde_json::from_slice::<serde_json::Value>(&claims) else {
            continue;
        };
        if let Some(digest) = claims.get_mut("body_sha256") {
            *digest = serde_json::Value::String(Sha256Hash::to_string(&forged.digest()));
        }
        let claims = seal::base64url::encode(claims.to_string().as_bytes());
        sent.record = format!("{header}.{claims}.{signature}");
        sent.body = Some(forged.text);
    }
}
