//! Members at their home: who subscribes, to what, and how they get a passport.

use std::collections::{BTreeMap, BTreeSet};

use store::{Batch, Expected, Position};
use wire::Timestamp;
use wire::disclosure::{DISCLOSED_CHARS_MAX, Disclosed};
use wire::passport::SHOWN_NAME_CHARS_MAX;

use crate::access::{Operator, Steward};
use crate::fault::{Attempt, until_settled};
use crate::people::{Enrolment, Issued, Member, MemberState, Place};
use crate::stored;
use crate::{App, Fault};

/// How long an enrolment code may be used: a week.
const ENROLMENT_SECONDS: i64 = 7 * 24 * 60 * 60;

/// The most half-days that may be granted in a month.
const HALF_DAYS_MAX: u64 = 62;

/// Why a member is not added or changed.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// A coordinator has no members.
    #[error("this node is no space: it has no members")]
    NotASpace,
    /// No such member.
    #[error("there is no member {0}")]
    Unknown(String),
    /// The name is empty or too long.
    #[error("a name of 1 to {SHOWN_NAME_CHARS_MAX} characters is needed")]
    Name,
    /// A full name or organisation is too long.
    #[error("a full name and an organisation have {DISCLOSED_CHARS_MAX} characters at most")]
    Particulars,
    /// The member has no such phone or card.
    #[error("the member has no such phone or card")]
    NoCarrier,
    /// The space has no such formula.
    #[error("this space publishes no formula {0}")]
    Formula(String),
    /// More half-days than a month has.
    #[error("a month has {HALF_DAYS_MAX} half-days at most")]
    HalfDays,
    /// The membership is paused or has ended.
    #[error("the membership of {0} is not active")]
    NotActive(String),
    /// The member holds as many passports as they may.
    #[error("this member holds as many passports as they may")]
    TooMany,
    /// The membership has ended, which is for good.
    #[error("the membership of {0} has ended")]
    Ended(String),
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A member as the operator sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// The member's number at this space.
    pub id: String,
    /// The short name that hosts read.
    pub name: String,
    /// The formula.
    pub formula: String,
    /// Half-days granted elsewhere in a month.
    pub half_days: u64,
    /// Where the membership stands.
    pub state: MemberState,
    /// Since when.
    pub since: Timestamp,
    /// How many phones and cards carry passports that have neither run out nor been
    /// taken back.
    pub passports: usize,
    /// What they may disclose beside a passport.
    pub may_disclose: Disclosed,
}

impl App {
    /// Adds a member; gives their number.
    pub async fn add_member(
        &self,
        _: &Operator,
        name: &str,
        formula: &str,
        half_days: Option<u64>,
    ) -> Result<String, MemberError> {
        if self.is_coordinator() {
            return Err(MemberError::NotASpace);
        }
        let name = wire::printable(name, SHOWN_NAME_CHARS_MAX + 1);
        if name.is_empty() || name.chars().count() > SHOWN_NAME_CHARS_MAX {
            return Err(MemberError::Name);
        }
        let entity = &self.identity().entity;
        if self
            .latest_text(entity, "formula", formula)
            .await?
            .is_none()
        {
            return Err(MemberError::Formula(formula.to_owned()));
        }
        let by_charter = self.half_days_by_charter().await?;
        let half_days = half_days.unwrap_or(by_charter);
        if half_days > HALF_DAYS_MAX {
            return Err(MemberError::HalfDays);
        }
        let member = Member {
            name,
            formula: formula.to_owned(),
            half_days,
            state: MemberState::Active,
            since: self.now(),
            full_name: None,
            organisation: None,
            portrait: None,
        };
        until_settled!(self.try_add_member(&member).await)
    }

    /// What the charter lets every member use elsewhere; 4 where none was heard.
    async fn half_days_by_charter(&self) -> Result<u64, Fault> {
        let charter = match self.register().await {
            Ok(register) => register.charter.clone(),
            Err(Fault::NothingHeard) => None,
            Err(fault) => return Err(fault),
        };
        Ok(charter.map_or(4, |charter| charter.roaming.half_days_per_month))
    }

    async fn try_add_member(&self, member: &Member) -> Result<String, Attempt<MemberError>> {
        let id = crate::codes::write(&self.random::<5>()?);
        let key = crate::keys::member(&id);
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, member)?);
        self.store().commit(batch).await?;
        Ok(id)
    }

    /// Says what a member may disclose beside their passports, from the next one on. What
    /// is empty is nothing.
    pub async fn set_particulars(
        &self,
        _: &Steward,
        id: &str,
        particulars: &Disclosed,
    ) -> Result<(), MemberError> {
        let fit = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            let text = wire::printable(text, DISCLOSED_CHARS_MAX + 1);
            Some(text).filter(|text| !text.is_empty())
        };
        let particulars = Disclosed {
            full_name: fit(&particulars.full_name),
            organisation: fit(&particulars.organisation),
            portrait: particulars.portrait,
        };
        particulars.check().map_err(|_| MemberError::Particulars)?;
        until_settled!(self.try_set_particulars(id, particulars.clone()).await)
    }

    async fn try_set_particulars(
        &self,
        id: &str,
        particulars: Disclosed,
    ) -> Result<(), Attempt<MemberError>> {
        let (mut member, version) = self.member(id).await.map_err(Attempt::Failed)?;
        if member.state == MemberState::Ended {
            return Err(Attempt::Failed(MemberError::Ended(id.to_owned())));
        }
        member.full_name = particulars.full_name;
        member.organisation = particulars.organisation;
        member.portrait = particulars.portrait;
        let mut batch = Batch::new();
        touch_member(&mut batch, id, &member, version)?;
        self.store().commit(batch).await?;
        Ok(())
    }

    /// A one-time code that puts a passport on the member's phone, or into a wallet.
    pub async fn enrolment_code(&self, _: &Steward, id: &str) -> Result<String, MemberError> {
        until_settled!(self.try_enrolment_code(id).await)
    }

    async fn try_enrolment_code(&self, id: &str) -> Result<String, Attempt<MemberError>> {
        let (member, version) = self.member(id).await.map_err(Attempt::Failed)?;
        if member.state == MemberState::Ended {
            return Err(Attempt::Failed(MemberError::Ended(id.to_owned())));
        }
        let code = crate::codes::write(&self.random::<10>()?);
        let key = crate::keys::enrolment(&crate::codes::normal(&code));
        let expires_at = self.now().plus_seconds(ENROLMENT_SECONDS);
        let enrolment = Enrolment {
            member: id.to_owned(),
            expires_at,
            used: None,
        };
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &enrolment)?);
        // Whoever takes the member's codes back meanwhile finds this one too.
        touch_member(&mut batch, id, &member, version)?;
        self.store().commit(batch).await?;
        Ok(code)
    }

    /// The address of the page on which a phone takes its passport: the code stands
    /// behind the `#`, which no browser sends to anybody.
    pub fn enrolment_link(&self, code: &str) -> String {
        let page = self.identity().entity.url_of("/passport");
        format!("{page}#{code}")
    }

    /// Pauses, resumes or ends a membership. Their passports follow in the same
    /// commit: the status list says so to every host that reads it.
    pub async fn set_member(
        &self,
        _: &Operator,
        id: &str,
        state: MemberState,
    ) -> Result<(), MemberError> {
        until_settled!(self.try_set_member(id, state).await)
    }

    async fn try_set_member(
        &self,
        id: &str,
        state: MemberState,
    ) -> Result<(), Attempt<MemberError>> {
        let (mut member, found) = self.member(id).await.map_err(Attempt::Failed)?;
        if member.state == MemberState::Ended && state != MemberState::Ended {
            return Err(Attempt::Failed(MemberError::Ended(id.to_owned())));
        }
        member.state = state;
        member.since = self.now();
        let key = crate::keys::member(id);
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::At(found));
        batch.put(key.clone(), stored::encode(&key, &member)?);
        self.change_passports(&mut batch, &BTreeMap::new(), &|passport| {
            if passport.member == id {
                passport.status = state.status(passport.is_revoked);
                if state == MemberState::Ended {
                    passport.renewed = None;
                }
            }
        })
        .await?;
        self.store().commit(batch).await?;
        Ok(())
    }

    pub(crate) async fn member(&self, id: &str) -> Result<(Member, Position), MemberError> {
        let key = crate::keys::member(id);
        let found = self.store().get(&key).await.map_err(Fault::from)?;
        let is_whole = |it: &store::Key| it.rest() == id.as_bytes();
        let found = found.filter(|_| is_whole(&key));
        let found = found.ok_or_else(|| MemberError::Unknown(wire::printable(id, 40)))?;
        Ok((stored::decode(&key, &found)?, found.version))
    }

    /// A member.
    pub async fn member_row(&self, _: &Steward, id: &str) -> Result<MemberRow, MemberError> {
        let (member, _) = self.member(id).await?;
        let passports = self.all_passports().await?;
        Ok(row_of(id, member, &passports, self.now()))
    }

    /// All members, by name.
    pub async fn members(&self, _: &Steward) -> Result<Vec<MemberRow>, MemberError> {
        let now = self.now();
        let passports = self.all_passports().await?;
        let mut rows = Vec::new();
        for (key, found) in self.all(crate::keys::MEMBERS).await? {
            let member = stored::decode(&key, &found)?;
            let id = String::from_utf8_lossy(key.rest());
            rows.push(row_of(&id, member, &passports, now));
        }
        rows.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(rows)
    }
}

/// Writes the member as they are: whoever pauses or ends the membership, or takes its
/// passports back, meanwhile, reads again and finds this change too.
pub(crate) fn touch_member(
    batch: &mut Batch,
    id: &str,
    member: &Member,
    version: Position,
) -> Result<(), Fault> {
    let key = crate::keys::member(id);
    batch.expect(key.clone(), Expected::At(version));
    batch.put(key.clone(), stored::encode(&key, member)?);
    Ok(())
}

fn row_of(
    id: &str,
    member: Member,
    passports: &BTreeMap<Place, Issued>,
    now: Timestamp,
) -> MemberRow {
    let may_disclose = member.may_disclose();
    let Member {
        name,
        formula,
        half_days,
        state,
        since,
        full_name: _,
        organisation: _,
        portrait: _,
    } = member;
    let holds = |it: &&Issued| it.member == id && it.exp > now && !it.is_revoked;
    let carriers: BTreeSet<_> = passports
        .values()
        .filter(holds)
        .map(|it| it.carrier)
        .collect();
    MemberRow {
        id: id.to_owned(),
        name,
        formula,
        half_days,
        state,
        since,
        passports: carriers.len(),
        may_disclose,
    }
}
