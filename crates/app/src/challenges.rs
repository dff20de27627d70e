//! The strict mode of a desk: a number on its screen that the visitor's code must carry.
//!
//! Whoever relays a code within two minutes could use it first. A code that was made for a
//! number which only this desk shows, now, is of use at this desk alone.
//!
//! **Invariant:** a number lets in once, within [`CHALLENGE_SECONDS`], and at the desk that
//! was given it. It is in memory: after a new start of the node a desk asks for another.

use std::sync::{MutexGuard, PoisonError};

use rules::passport::{CHALLENGE_SECONDS, Challenge, Verdict};
use store::Key;
use wire::Timestamp;

use crate::access::Staff;
use crate::desk::{Judged, Looked};
use crate::{App, Fault};

/// The most numbers that are good at once. Before there are more, the oldest goes: a desk
/// receives one visitor after the other.
const CHALLENGES_MAX: usize = 64;

/// A number that a desk shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskChallenge {
    /// Six digits.
    pub number: String,
    /// Until when it is good.
    pub until: Timestamp,
}

/// A number, and whose desk shows it.
#[derive(Debug)]
pub(crate) struct Given {
    /// The credential of the desk; none for whoever may open the node's folder.
    desk: Option<Key>,
    challenge: DeskChallenge,
}

impl App {
    /// A new number for a desk to show.
    pub fn challenge(&self, staff: &Staff) -> Result<DeskChallenge, Fault> {
        let drawn = u32::from_be_bytes(self.random()?) % 1_000_000;
        let now = self.now();
        let challenge = DeskChallenge {
            number: format!("{drawn:06}"),
            until: now.plus_seconds(CHALLENGE_SECONDS),
        };
        self.give(staff, challenge.clone());
        Ok(challenge)
    }

    /// Judges a code as [`App::judge`] does, and where the desk shows a number only one that
    /// was made for it. A number that let nobody in is as good as before.
    pub async fn judge_for(
        &self,
        staff: &Staff,
        code: &str,
        number: Option<&str>,
    ) -> Result<Judged, Fault> {
        let Some(number) = number else {
            return self.judge(staff, code).await;
        };
        let taken = self.take_challenge(staff, number);
        let asked = match &taken {
            Some(taken) => Challenge::Good(&taken.number),
            None => Challenge::NotGood,
        };
        let judged = self.judge_looking(code, Looked::AtTheCode, asked).await;
        let is_let_in = judged
            .as_ref()
            .is_ok_and(|judged| matches!(judged.verdict, Verdict::Allowed { .. }));
        if let Some(taken) = taken.filter(|_| !is_let_in) {
            self.give(staff, taken);
        }
        judged
    }

    fn give(&self, staff: &Staff, challenge: DeskChallenge) {
        let now = self.now();
        let mut given = self.challenges();
        given.retain(|it| it.challenge.until > now);
        if given.len() >= CHALLENGES_MAX {
            given.remove(0);
        }
        given.push(Given {
            desk: staff.credential().cloned(),
            challenge,
        });
    }

    /// Takes a number that this desk shows, if it is still good: nobody else has it then.
    fn take_challenge(&self, staff: &Staff, number: &str) -> Option<DeskChallenge> {
        let now = self.now();
        let mut given = self.challenges();
        let is_it = |it: &Given| {
            it.challenge.number == number
                && it.challenge.until > now
                && it.desk.as_ref() == staff.credential()
        };
        let at = given.iter().position(is_it)?;
        Some(given.remove(at).challenge)
    }

    fn challenges(&self) -> MutexGuard<'_, Vec<Given>> {
        let challenges = self.inner.challenges.lock();
        challenges.unwrap_or_else(PoisonError::into_inner)
    }
}
