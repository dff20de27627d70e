//! What everybody was told about seats, and what anybody asked for.

use std::collections::{BTreeMap, BTreeSet};

use app::RegistrationState;
use wire::{Sha256Hash, Timestamp};

use super::actions::Action;
use super::network::{Content, HandsOver, Question};
use super::seat_actions::{SeatAction, SeatDone};
use super::world::World;

/// A registration: the numbers of the event's owner and of the member's home, and its id.
pub(crate) type RegistrationName = (usize, usize, String);

/// An answer to a registration: under which name it was asked, in what words, and what was
/// said.
type Told = (String, Sha256Hash, String);

/// What was asked, said and answered about seats. Nothing in it is ever taken back.
#[derive(Debug, Default)]
pub(crate) struct SeatLedger {
    /// What an owner said to a registration.
    pub(crate) answers: BTreeMap<RegistrationName, BTreeSet<Told>>,
    /// What an owner said of its own accord: which revision, and what it is now.
    pub(crate) notices: BTreeSet<(RegistrationName, u64, String)>,
    /// Whoever was told that there is a seat, and when first.
    pub(crate) accepted: BTreeMap<RegistrationName, Timestamp>,
    /// The registrations of a home that anybody tried to give or to take back.
    pub(crate) given_back: BTreeSet<(usize, String)>,
}

impl World {
    /// Notes what an owner answered to a registration.
    pub(crate) fn note_seat_answer(&mut self, owner: usize, question: &Question, said: &str) {
        let HandsOver::Registration(id) = &question.hands_over else {
            return;
        };
        let (name, now) = ((owner, question.by, id.clone()), self.now);
        let ledger = &mut self.ledger.seats;
        let told = (question.op.clone(), question.body, said.to_owned());
        ledger.answers.entry(name.clone()).or_default().insert(told);
        if said == "accepted" {
            ledger.accepted.entry(name).or_insert(now);
        }
    }

    /// Notes what an owner is about to say of its own accord.
    pub(crate) fn note_notice(&mut self, question: &Question, home: &str) {
        let HandsOver::Notice {
            id,
            revision,
            state,
        } = &question.hands_over
        else {
            return;
        };
        let Some(home) = self.number_of(home) else {
            return;
        };
        self.trace.count("notices");
        let (name, now) = ((question.by, home, id.clone()), self.now);
        let ledger = &mut self.ledger.seats;
        let notice = (name.clone(), *revision, state.clone());
        let is_new = ledger.notices.insert(notice);
        if is_new && state == "accepted" && !question.is_hostile {
            ledger.accepted.entry(name).or_insert(now);
        }
    }

    /// Notes which seats somebody is about to give or to take back.
    pub(crate) fn note_given_back(&mut self, actions: &[Action]) {
        for action in actions {
            let given_back = match action {
                Action::Seat { node, action } => match action {
                    SeatAction::GiveBack { id } => Some((*node, id.to_string())),
                    SeatAction::TakeBack { home, id } => self
                        .number_of(home.as_str())
                        .map(|home| (home, id.to_string())),
                    SeatAction::Publish { .. }
                    | SeatAction::Change { .. }
                    | SeatAction::Cancel { .. }
                    | SeatAction::Register { .. } => None,
                },
                Action::Deliver(packet) => match &packet.content {
                    Content::Question(Question {
                        by,
                        hands_over: HandsOver::Cancellation(id),
                        is_hostile: true,
                        ..
                    }) => Some((*by, id.clone())),
                    Content::Question(_) | Content::Reply { .. } => None,
                },
                Action::Show(_)
                | Action::Leave { .. }
                | Action::Correct { .. }
                | Action::Look { .. }
                | Action::Publish { .. }
                | Action::Pull(_)
                | Action::Plan { .. }
                | Action::Send { .. }
                | Action::Again { .. }
                | Action::Restart { .. } => None,
            };
            self.ledger.seats.given_back.extend(given_back);
        }
    }

    /// Notes what a home told a member who asked for a seat in an event of its own.
    pub(crate) fn seat_done(&mut self, node: usize, done: &SeatDone) {
        let SeatDone::Registered(Ok(row)) = done else {
            return;
        };
        let is_own = row.owner == *self.machine(node).name();
        if is_own && matches!(row.state, RegistrationState::Accepted { .. }) {
            let (name, now) = ((node, node, row.id.to_string()), self.now);
            self.ledger.seats.accepted.entry(name).or_insert(now);
        }
    }
}
