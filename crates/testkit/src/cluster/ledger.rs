//! What everybody was told: the truth against which the nodes are held.

use std::collections::{BTreeMap, BTreeSet};

use seal::{KeySet, Sealed};
use wire::Sha256Hash;
use wire::request::{Answer, AnswerResult};

use super::network::{HandsOver, Question};
use super::seat_ledger::SeatLedger;

/// A visit, as its host named it, at the node with this number.
pub(crate) type VisitName = (usize, String);

/// What was shown, said and answered. Nothing in it is ever taken back.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Who showed what at which host.
    pub(crate) shown: BTreeMap<(usize, Sha256Hash), usize>,
    /// How often a code was let in.
    pub(crate) let_in: BTreeMap<(usize, Sha256Hash), u32>,
    /// Who was told that they may stay.
    pub(crate) arrived: BTreeMap<VisitName, usize>,
    /// Visits of which the desk was told that they have ended.
    pub(crate) ended: BTreeSet<VisitName>,
    /// Visits of which a steward was told that they never were.
    pub(crate) not_here: BTreeSet<VisitName>,
    /// What a home said to a host's question, by the body that was asked.
    pub(crate) answers: BTreeMap<(usize, usize, String), BTreeSet<(Sha256Hash, String)>>,
    /// How often an attempt was answered.
    pub(crate) attempts: BTreeMap<(usize, usize, String), u32>,
    /// What a home said that it has accepted of a host.
    pub(crate) accepted: BTreeSet<(usize, usize, String)>,
    /// Hosts that a home does not answer any more, because it refused them too often.
    pub(crate) unheard: BTreeSet<usize>,
    /// The credits that a home said that it has accepted, by their receipts.
    pub(crate) credited: BTreeSet<(usize, usize, String)>,
    /// What was said of seats.
    pub(crate) seats: SeatLedger,
}

impl Ledger {
    /// Notes an answer of the home with this number, which its key signed. Gives what it
    /// says, or why it is no answer.
    pub(crate) fn note_answer(
        &mut self,
        home: usize,
        keys: &KeySet,
        (question, text): (&Question, &str),
    ) -> Result<String, String> {
        let answer = Sealed::<Answer>::parse(text).and_then(|it| it.open(keys));
        let answer = answer.map_err(|error| format!("{error}"))?;
        if answer.op != question.op || answer.jti != question.jti {
            return Err("an answer to another question".to_owned());
        }
        let said = match (answer.result, &answer.code) {
            (AnswerResult::Accepted, _) => "accepted".to_owned(),
            (AnswerResult::Refused, code) => code.clone().unwrap_or_default(),
            (AnswerResult::Waiting, _) => format!("waiting {}", answer.rank.unwrap_or(0)),
            (AnswerResult::Unknown, _) => "unknown".to_owned(),
        };
        let by = question.by;
        if answer.result == AnswerResult::Accepted {
            match &question.hands_over {
                HandsOver::Receipt(id) => {
                    self.accepted.insert((home, by, id.clone()));
                }
                HandsOver::Credit(id) => {
                    self.credited.insert((home, by, id.clone()));
                }
                HandsOver::Registration(_)
                | HandsOver::Cancellation(_)
                | HandsOver::Notice { .. }
                | HandsOver::Nothing => {}
            }
        }
        let name = (home, by, question.op.clone());
        let told = self.answers.entry(name).or_default();
        told.insert((question.body, said.clone()));
        let attempt = (home, by, question.jti.clone());
        *self.attempts.entry(attempt).or_default() += 1;
        Ok(said)
    }
}
