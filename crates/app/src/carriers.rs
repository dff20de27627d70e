//! What carries a member's passports, phones and cards, one by one.

use std::collections::BTreeMap;

use rules::passport::status;
use store::Batch;
use wire::Timestamp;
use wire::receipt::ProofBy;

use crate::access::Steward;
use crate::exchange::CarrierId;
use crate::fault::{Attempt, until_settled};
use crate::members::{MemberError, touch_member};
use crate::people::{Enrolment, Issued};
use crate::stored;
use crate::{App, Fault};

/// A phone or a card with passports of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierRow {
    /// By which it is named.
    pub id: CarrierId,
    /// A phone shows them by a key, a card by being there.
    pub by: ProofBy,
    /// When it got its first passport.
    pub since: Timestamp,
    /// When it got its last ones; none where these are the first.
    pub renewed: Option<Timestamp>,
    /// Until when its last passport holds, or held.
    pub until: Timestamp,
    /// How many passports it carries that have neither run out nor been taken back.
    pub passports: usize,
    /// Where it stands.
    pub state: CarrierState,
}

/// Where a phone or card stands. Of its passports, the one that can do most says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CarrierState {
    /// They have run out.
    Expired,
    /// They were taken back, or the membership has ended.
    Revoked,
    /// The membership is paused.
    Paused,
    /// They hold.
    Good,
}

impl CarrierState {
    /// Its word, as programs read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Paused => "paused",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

impl CarrierRow {
    fn start(issued: &Issued) -> Self {
        Self {
            id: issued.carrier,
            by: issued.by,
            since: issued.since,
            renewed: None,
            until: issued.exp,
            passports: 0,
            state: CarrierState::Expired,
        }
    }

    fn add(&mut self, issued: &Issued, now: Timestamp) {
        let later = Some(issued.signed_at).filter(|at| *at > self.since);
        self.renewed = self.renewed.max(later);
        self.until = self.until.max(issued.exp);
        let holds = issued.exp > now && issued.status != status::INVALID;
        self.passports += usize::from(holds);
        let state = match (issued.exp > now, issued.status) {
            (_, status::INVALID) => CarrierState::Revoked,
            (false, _) => CarrierState::Expired,
            (true, status::VALID) => CarrierState::Good,
            (true, _) => CarrierState::Paused,
        };
        self.state = self.state.max(state);
    }
}

impl App {
    /// The phones and cards of a member, the newest first, until nothing is kept of them.
    pub async fn carriers(
        &self,
        _: &Steward,
        member: &str,
    ) -> Result<Vec<CarrierRow>, MemberError> {
        self.member(member).await?;
        let now = self.now();
        let mut rows: BTreeMap<CarrierId, CarrierRow> = BTreeMap::new();
        for issued in self.all_passports().await?.values() {
            if issued.member == member {
                let row = rows.entry(issued.carrier);
                row.or_insert_with(|| CarrierRow::start(issued))
                    .add(issued, now);
            }
        }
        Ok(rows.into_values().rev().collect())
    }

    /// Takes back what a phone or a card carries, and leaves the member's others. Gives
    /// how many passports there were.
    pub async fn revoke_carrier(
        &self,
        _: &Steward,
        carrier: CarrierId,
    ) -> Result<usize, MemberError> {
        let all = self.all_passports().await?;
        let of = |issued: &&Issued| issued.carrier == carrier && !issued.member.is_empty();
        let found = all.values().find(of).ok_or(MemberError::NoCarrier)?;
        until_settled!(self.try_revoke(&found.member, Some(carrier)).await)
    }

    /// Takes back every passport of a member, and the codes that would give them
    /// another: all their phones were lost. A new code gives a new one. Gives how many
    /// passports there were.
    pub async fn revoke_passports(&self, _: &Steward, member: &str) -> Result<usize, MemberError> {
        until_settled!(self.try_revoke(member, None).await)
    }

    async fn try_revoke(
        &self,
        member: &str,
        carrier: Option<CarrierId>,
    ) -> Result<usize, Attempt<MemberError>> {
        let (held, version) = self.member(member).await.map_err(Attempt::Failed)?;
        let mut batch = Batch::new();
        touch_member(&mut batch, member, &held, version)?;
        if carrier.is_none() {
            self.take_codes_back(&mut batch, member).await?;
        }
        let is_meant = |issued: &Issued| {
            let is_theirs = issued.member == member && !issued.is_revoked;
            is_theirs && carrier.is_none_or(|carrier| issued.carrier == carrier)
        };
        let all = self.all_passports().await?;
        let meant = all.values().filter(|issued| is_meant(issued)).count();
        if meant > 0 {
            self.change_passports(&mut batch, &BTreeMap::new(), &|issued| {
                if is_meant(issued) {
                    issued.is_revoked = true;
                    issued.status = status::INVALID;
                    issued.renewed = None;
                }
            })
            .await?;
        }
        self.store().commit(batch).await?;
        Ok(meant)
    }

    async fn take_codes_back(&self, batch: &mut Batch, member: &str) -> Result<(), Fault> {
        for (key, found) in self.all(crate::keys::ENROLMENTS).await? {
            let code: Enrolment = stored::decode(&key, &found)?;
            if code.member == member && code.used.is_none() {
                batch.remove(key);
            }
        }
        Ok(())
    }
}
