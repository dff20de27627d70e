//! What must be signed again before it runs out, done whenever the node looks.
//!
//! There is no calendar of renewals to be missed: at each look, whatever is old
//! enough is signed again. A node that was down catches up at its first look.

use rules::feed::{CONFIGURATION_KIND, STATEMENT_KIND};
use rules::freshness::{HEAD_RENEWED_AFTER_SECONDS, REGISTER_SECONDS_MAX};
use rules::trust::{
    CONFIGURATION_RENEWED_AFTER_SECONDS, MARK_RENEWED_AFTER_SECONDS,
    STATEMENT_RENEWED_AFTER_SECONDS, is_renewal_due, open_configuration,
};
use seal::Thumbprint;
use store::Batch;
use wire::Timestamp;
use wire::label::Act;
use wire::space::THE_ONE;
use wire::trust::EntityStatement;

use crate::append::Entry;
use crate::decisions::Done;
use crate::fault::{Attempt, until_settled};
use crate::turning::configuration_entry;
use crate::{App, Fault, Register};

impl App {
    /// Signs again what is due: the node's own Entity Configuration and head, and
    /// for a coordinator its statements and marks; then ends and forgets what is over.
    /// Gives the number of records.
    pub async fn renew(&self) -> Result<usize, Fault> {
        // First, and whatever cannot be signed: what is void is believed by nobody.
        self.drop_all_void().await?;
        let signed = self.sign_due().await;
        let is_unsure = matches!(signed, Err(Fault::Unconfirmed | Fault::Divided));
        if signed.is_err() && !is_unsure {
            return signed;
        }
        self.end_forgotten().await?;
        self.forget_showings().await?;
        self.forget_access_codes().await?;
        if let Some(now) = self.forgetting_time().await? {
            self.forget(now).await?;
        }
        signed
    }

    async fn sign_due(&self) -> Result<usize, Fault> {
        self.may_append().await?;
        let mut records = until_settled!(self.try_renew_papers().await)?;
        records += self.renew_status_lists().await?;
        records += self.tell_seats().await?;
        self.turn_keys().await?;
        let (feed, _) = self.feed_state(&self.identity().entity).await?;
        let now = self.now();
        let is_due = |iat| is_renewal_due(iat, HEAD_RENEWED_AFTER_SECONDS, now);
        if feed.head.is_none_or(|head| is_due(head.iat)) {
            until_settled!(self.sign_head().await)?;
        }
        Ok(records)
    }

    /// Gives up and forgets what is over. One thing that cannot be forgotten does not
    /// keep the others; the first fault is told.
    async fn forget(&self, now: Timestamp) -> Result<(), Fault> {
        let all = [
            self.give_up(now).await,
            self.forget_visits(now).await,
            self.forget_receipts(now).await,
            self.forget_requests(now).await,
            self.forget_taken(now).await,
            self.forget_passports(now).await,
            self.forget_enrolments(now).await,
            self.forget_seats(now).await,
            self.forget_registrations(now).await,
        ];
        all.into_iter().collect()
    }

    /// The moment by which things are given up and forgotten: a month at most after the
    /// coordinator was last heard, so that a clock that is ahead for once destroys
    /// nothing. `None` where the coordinator was never heard.
    async fn forgetting_time(&self) -> Result<Option<Timestamp>, Fault> {
        let (feed, _) = self.feed_state(&self.identity().coordinator).await?;
        let latest = feed
            .head
            .map(|head| head.iat.plus_seconds(REGISTER_SECONDS_MAX));
        Ok(latest.map(|latest| latest.min(self.now())))
    }

    async fn try_renew_papers(&self) -> Result<usize, Attempt<Fault>> {
        let now = self.signing_time().await?;
        let mut entries = self.due_configuration(now).await?;
        let mut batch = Batch::new();
        if self.is_coordinator() {
            let register = self.register().await?;
            entries.extend(self.due_members(&register, now).await?);
            if entries.is_empty() {
                return Ok(0);
            }
            let count = entries.len();
            self.append_to_register(&mut batch, &register, entries)
                .await?;
            self.store().commit(batch).await?;
            return Ok(count);
        }
        if entries.is_empty() {
            return Ok(0);
        }
        let count = entries.len();
        self.append(&mut batch, entries).await?;
        self.store().commit(batch).await?;
        Ok(count)
    }

    async fn due_configuration(&self, now: Timestamp) -> Result<Vec<Entry>, Fault> {
        let identity = self.identity();
        let held = self
            .latest_text(&identity.entity, CONFIGURATION_KIND, THE_ONE)
            .await?;
        let own = self.own_fed()?;
        let held = held.and_then(|text| open_configuration(&text, &own, &identity.entity).ok());
        let made = self.make_configuration(now).await?;
        let after = CONFIGURATION_RENEWED_AFTER_SECONDS;
        let says_the_same = |held: &EntityStatement| {
            let (iat, exp) = (held.iat, held.exp);
            *held
                == EntityStatement {
                    iat,
                    exp,
                    ..made.clone().into_inner()
                }
        };
        if held.is_some_and(|held| says_the_same(&held) && !is_renewal_due(held.iat, after, now)) {
            return Ok(Vec::new());
        }
        Ok(vec![configuration_entry(made.as_str())])
    }

    /// A suspended or withdrawn space goes on belonging; its mark is not renewed.
    async fn due_members(&self, register: &Register, now: Timestamp) -> Result<Vec<Entry>, Fault> {
        let mut entries = self.due_revocations(register, now).await?;
        let fed = self.fed().await?;
        let signs = fed.public().thumbprint();
        let is_due = |kind: &'static str, iat, key: &Thumbprint| {
            let after = if kind == STATEMENT_KIND {
                STATEMENT_RENEWED_AFTER_SECONDS
            } else {
                MARK_RENEWED_AFTER_SECONDS
            };
            is_renewal_due(iat, after, now) || key != signs
        };
        entries.extend(self.signed_again(register, (&fed, now), &is_due)?);
        entries.extend(self.revocations_again(&fed, &|key| key != signs).await?);
        let done = renewed(register, now);
        entries.extend(self.decision_entries(register, done).await?);
        Ok(entries)
    }
}

/// What the history says of marks whose time it is: a mark that is signed again because its
/// key has turned is no decision.
fn renewed(register: &Register, now: Timestamp) -> Vec<Done> {
    let mut done = Vec::new();
    for (space, member) in register.members() {
        let is_due = |iat| is_renewal_due(iat, MARK_RENEWED_AFTER_SECONDS, now);
        let mark = member.mark.as_ref().filter(|held| is_due(held.iat));
        let (Some(held), None) = (mark, &member.withdrawal) else {
            continue;
        };
        let act = |act, at| Done {
            space: space.clone(),
            act,
            reason: String::new(),
            at,
        };
        if held.exp <= now {
            done.push(act(Act::Expired, held.exp));
        }
        done.push(act(Act::Renewed, now));
    }
    done
}
