//! Receipts of visits, and the credits that correct them.
//!
//! A receipt is what a host says of a visit that has ended, to the visitor's home and to
//! nobody else: a document of its own, without an end, because it must prove something
//! years later. Neither a receipt nor a credit is ever edited: a credit takes a receipt
//! back, and another receipt may take its place.
//!
//! The proof that somebody was there, the presentation of their arrival, travels beside
//! the receipt and is bound by its digest, so that whoever keeps the receipt for their
//! accounts need not keep the passport.
//!
//! Specified in `specs/visit.md`.

use seal::Malformed;
use serde::{Deserialize, Serialize};

use crate::document::{Claims, require, sealed_kind};
use crate::request::{Request, check_token};
use crate::space::{ClockTime, FormulaUnit};
use crate::values::CENTS_MAX;
use crate::{Cents, EntityId, Sha256Hash, Timestamp, shape};

/// What a host says of a visit (`escale-receipt+jwt`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The host.
    pub iss: EntityId,
    /// The visitor's home.
    pub aud: EntityId,
    /// When it was signed.
    pub iat: Timestamp,
    /// This receipt among those of its host: a token that the host uses once.
    pub id: String,
    /// The day at the host, `YYYY-MM-DD`.
    pub day: String,
    /// When the visitor came.
    pub arrived: Timestamp,
    /// When they left, as far as the host knows.
    pub left: Timestamp,
    /// How the host knows.
    pub ended: Ending,
    /// The host's hours of that day, as it had published them.
    pub hours: DayHours,
    /// What is counted, in order, each once; what an earlier receipt of the same day
    /// and passport has counted is not counted again.
    pub half_days: Vec<HalfDay>,
    /// What a walk-in would have paid, by the host's published formulas; absent where
    /// it publishes none that fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<VisitValue>,
    /// How it is proven that the visitor was there.
    pub proof: Proof,
}

/// A half of a day, parted by the host's boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HalfDay {
    /// Before the boundary.
    Morning,
    /// From the boundary on.
    Afternoon,
}

/// How a host knows when a visitor left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    /// Somebody saw them leave.
    Left,
    /// Nobody did: the visit ends when the space closes.
    Forgotten,
    /// A steward corrected it afterwards.
    Corrected,
}

/// The hours of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayHours {
    /// The record of the host's feed that says so; absent where it publishes no hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordReference>,
    /// The IANA time zone.
    pub time_zone: String,
    /// Where the day is parted.
    pub half_day_boundary: ClockTime,
    /// The spans in which the space is open, in order.
    pub open: Vec<DaySpan>,
}

/// A span of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySpan {
    /// From this minute on.
    pub from: ClockTime,
    /// Until this minute, not included; 24:00 is midnight.
    pub to: ClockTime,
}

/// A record of the host's own feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordReference {
    /// The epoch.
    pub epoch: u64,
    /// The position.
    pub seq: u64,
}

/// What a visit is worth by the host's own prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitValue {
    /// The host's formula.
    pub formula: String,
    /// The record that publishes it.
    pub record: RecordReference,
    /// How long the formula lasts.
    pub unit: FormulaUnit,
    /// The price of one.
    pub price_cents: Cents,
    /// How many of them.
    pub count: u64,
    /// `count` times the price.
    pub total_cents: Cents,
}

/// How it is proven that the visitor was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// How the passport was shown.
    pub by: ProofBy,
    /// The digest of the presentation as text, `passport~key binding`.
    pub sha256: Sha256Hash,
}

/// How the passport was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProofBy {
    /// By its holder, whose key signed that they are at this host now.
    Holder,
    /// On paper, compared by a person: the host's word.
    Paper,
}

/// The most spans of a day.
pub const DAY_SPANS_MAX: usize = 28;

/// The longest a visit may be: a day of 26 hours, the longest that any clock makes.
pub const VISIT_SECONDS_MAX: i64 = 26 * 60 * 60;

sealed_kind!(Receipt, "escale-receipt+jwt", 4 * 1024);

impl Claims for Receipt {
    fn check(&self) -> Result<(), Malformed> {
        check_token(&self.id, "id")?;
        require(self.iss != self.aud, "a receipt for oneself")?;
        require(is_day(&self.day), "day")?;
        require(self.left >= self.arrived, "left before arriving")?;
        let stay = self.left.seconds_since(self.arrived);
        require(stay <= VISIT_SECONDS_MAX, "a visit longer than a day")?;
        require(self.iat >= self.left, "signed before the visit ended")?;
        self.hours.check()?;
        let is_counted = !self.half_days.is_empty() && self.half_days.is_sorted_by(|a, b| a < b);
        require(is_counted, "half_days")?;
        self.value.iter().try_for_each(VisitValue::check)
    }
}

impl DayHours {
    fn check(&self) -> Result<(), Malformed> {
        require((1..=60).contains(&self.time_zone.len()), "time_zone")?;
        require(self.open.len() <= DAY_SPANS_MAX, "too many spans")?;
        let are_spans = self.open.iter().all(|span| span.from < span.to)
            && self.open.is_sorted_by(|a, b| a.to <= b.from);
        require(are_spans, "spans that overlap or are out of order")
    }
}

impl VisitValue {
    fn check(&self) -> Result<(), Malformed> {
        require((1..=40).contains(&self.formula.len()), "formula")?;
        require((0..=CENTS_MAX).contains(&self.price_cents.0), "price_cents")?;
        require((1..=2).contains(&self.count), "count")?;
        let total = i64::try_from(self.count)
            .ok()
            .and_then(|count| self.price_cents.0.checked_mul(count));
        require(total == Some(self.total_cents.0), "total_cents")
    }
}

/// Whether a text has the form `YYYY-MM-DD`. Whether there is such a day is a rule.
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// What takes a receipt back (`escale-credit+jwt`), whole: what should have been said
/// instead is said by another receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The host that signed the receipt.
    pub iss: EntityId,
    /// The home that was sent it.
    pub aud: EntityId,
    /// When it was signed.
    pub iat: Timestamp,
    /// This credit among those of its host: a token that the host uses once.
    pub id: String,
    /// The `id` of the receipt.
    pub receipt: String,
    /// The digest of the receipt's compact form.
    pub receipt_sha256: Sha256Hash,
    /// Why.
    pub reason: CreditReason,
}

/// Why a receipt is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditReason {
    /// The visitor left at another time than it says.
    Corrected,
    /// There was no visit.
    NotHere,
}

sealed_kind!(Credit, "escale-credit+jwt", 2 * 1024);

impl Claims for Credit {
    fn check(&self) -> Result<(), Malformed> {
        check_token(&self.id, "id")?;
        check_token(&self.receipt, "receipt")?;
        require(self.iss != self.aud, "a credit for oneself")
    }
}

/// The kind of a request that hands over a receipt.
pub const RECEIPT_KIND: &str = "receipt";

/// The kind of a request that hands over a credit.
pub const CREDIT_KIND: &str = "credit";

/// The body of a request of kind [`RECEIPT_KIND`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptBody {
    /// The [`Receipt`], compact.
    pub receipt: String,
    /// The presentation of the arrival, whose digest the receipt names.
    pub proof: String,
}

/// The body of a request of kind [`CREDIT_KIND`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditBody {
    /// The [`Credit`], compact.
    pub credit: String,
}

impl ReceiptBody {
    /// Takes the body of a request of its kind.
    pub fn of(request: &Request) -> Result<Self, Malformed> {
        require(request.kind == RECEIPT_KIND, "a request of another kind")?;
        shape::read(request.body.clone())
    }
}

impl CreditBody {
    /// Takes the body of a request of its kind.
    pub fn of(request: &Request) -> Result<Self, Malformed> {
        require(request.kind == CREDIT_KIND, "a request of another kind")?;
        shape::read(request.body.clone())
    }
}
