//! What follows from what a node did: who was told what, and what is sent.

use std::collections::BTreeSet;

use app::{Correction, Fault, Judged, Letter, OutboxError, RequestError};
use rules::passport::Verdict;
use store::ReadError;
use sync::outbox::{Event, Waiting};

use super::Broken;
use super::actions::{Action, Done, Reading, Showing, perform};
use super::network::{Content, Packet, Question, Reply};
use super::turns::{Running, run, run_all};
use super::world::{Flight, World, question};

impl World {
    /// Does all of these at once, and what follows from each. A process that can rely on
    /// its store no more ends, and is started.
    pub(crate) fn act(&mut self, actions: Vec<Action>) -> Result<(), Broken> {
        self.note_given_back(&actions);
        let feeds = self.network.feeds.clone();
        let mut running: Vec<Running<(Action, Done)>> = Vec::new();
        for action in actions {
            let (node, feeds) = (self.machine(action.node()).node.clone(), feeds.clone());
            running.push(Box::pin(async move {
                let done = perform(&action, &node, &feeds).await;
                (action, done)
            }));
        }
        let mut over = BTreeSet::new();
        let mut read = Vec::new();
        for (action, done) in run_all(&self.turns, running) {
            self.trace.count(action.kind());
            self.trace
                .say(format!("  {} -> {}", action.line(), done.line()));
            if let Some(fault) = done.fault() {
                expected(fault)?;
                if fault.ends_the_node() {
                    over.insert(action.node());
                }
            }
            if let Action::Pull(reading) = &action {
                read.push(reading.clone());
            }
            self.apply(action, done)?;
        }
        for number in 0..self.machines.len() {
            let is_dead = self.machine(number).node.store().is_dead();
            if is_dead || over.contains(&number) {
                self.trace.count("ended by its store");
                self.trace
                    .say(format!("  n{number} ends by its store, and starts"));
                run(self.machine(number).node.restart());
                self.begin(number);
            }
        }
        read.iter().try_for_each(|it| self.hold_what_was_read(it))
    }

    /// A process has started: what it had in mind is gone.
    fn begin(&mut self, number: usize) {
        self.machine_mut(number).forget();
        self.due.retain(|it| it.node() != number);
    }

    fn apply(&mut self, action: Action, done: Done) -> Result<(), Broken> {
        match (action, done) {
            (Action::Show(showing), Done::Shown(Ok(judged))) => self.shown(&showing, &judged),
            (Action::Leave { host, visit }, Done::Left(Ok(_))) => {
                self.ledger.ended.insert((host, visit.to_string()));
            }
            (
                Action::Correct {
                    host,
                    visit,
                    correction,
                },
                Done::Corrected(Ok(_)),
            ) => {
                let name = (host, visit.to_string());
                if correction == Correction::NotHere {
                    self.ledger.not_here.insert(name.clone());
                }
                self.ledger.ended.insert(name);
            }
            (Action::Plan { node }, Done::Planned(Ok(waiting))) => self.planned(node, waiting),
            (Action::Send { node, op }, Done::Made(made)) => self.made(node, op, made),
            (Action::Deliver(packet), Done::Answered(answer)) => {
                return self.answered(packet, answer);
            }
            (Action::Deliver(packet), Done::Taken(taken)) => return self.taken(&packet, &taken),
            (Action::Deliver(packet), Done::Heard) => self.heard(&packet),
            (Action::Restart { node }, Done::Restarted) => self.begin(node),
            (Action::Seat { node, .. }, Done::Seat(done)) => self.seat_done(node, &done),
            (_, _) => {}
        }
        Ok(())
    }

    fn shown(&mut self, showing: &Showing, judged: &Judged) {
        let is_let_in = match judged.verdict {
            Verdict::Allowed { .. } => true,
            Verdict::ToVerify { .. } => judged.visit.is_some(),
            Verdict::Blocked(_)
            | Verdict::Expired
            | Verdict::NoAllowance
            | Verdict::NotAllowedHere(_)
            | Verdict::NotGenuine(_)
            | Verdict::AlreadyUsed => false,
        };
        let verdict = if is_let_in { "let in" } else { "not let in" };
        self.trace.count(verdict);
        if !is_let_in {
            return;
        }
        if !showing.is_paper {
            let code = (showing.host, showing.proof);
            *self.ledger.let_in.entry(code).or_default() += 1;
        }
        if let Some(visit) = judged.visit {
            let name = (showing.host, visit.to_string());
            self.ledger.arrived.insert(name, showing.member);
        }
    }

    /// The sender has looked: it hears who called, and what waits.
    fn planned(&mut self, node: usize, waiting: Vec<Waiting>) {
        let calls = self.machine(node).node.app().calls();
        let before = std::mem::replace(&mut self.machine_mut(node).calls, calls.clone());
        self.tell(node, Event::Waiting(waiting));
        for (caller, count) in calls {
            if before.get(&caller) != Some(&count) {
                self.tell(node, Event::SignOfLife(caller));
            }
        }
        self.tell(node, Event::Tick);
    }

    fn made(&mut self, node: usize, op: String, made: Result<Option<Letter>, Fault>) {
        let letter = match made {
            Ok(Some(letter)) => letter,
            Ok(None) => return self.tell(node, Event::Answered { op }),
            Err(_) => {
                let noise = self.dice.number();
                return self.tell(node, Event::Failed { op, noise });
            }
        };
        let question = question(node, &letter.request, false);
        self.note_notice(&question, letter.to.as_str());
        let flight = Flight {
            jti: letter.jti,
            since: self.now,
        };
        self.machine_mut(node).flights.insert(op, flight);
        let Some(to) = self.number_of(letter.to.as_str()) else {
            return;
        };
        let content = Content::Question(question);
        self.network.send(&self.dice, (node, to), &content);
    }

    fn answered(
        &mut self,
        packet: Packet,
        answer: Result<String, RequestError>,
    ) -> Result<(), Broken> {
        let Packet {
            from, to, content, ..
        } = packet;
        let Content::Question(question) = content else {
            return Ok(());
        };
        let wanted = self.machine(to).node.app().wanted_pulls();
        self.due.extend(
            wanted
                .into_iter()
                .map(|author| Action::Pull(Reading::of(to, &author))),
        );
        let reply = match answer {
            Ok(answer) => {
                self.note_answer(to, &question, &answer)?;
                Reply::Answer(answer)
            }
            Err(RequestError::Fault(fault)) if fault.ends_the_node() => return Ok(()),
            Err(error) => {
                if let RequestError::TooMany = error {
                    self.unheard(question.by)?;
                }
                self.trace.count(match error {
                    RequestError::NotYet => "told to come again",
                    RequestError::Replayed => "replays refused",
                    RequestError::Malformed(_)
                    | RequestError::NotGenuine
                    | RequestError::OtherAudience(_)
                    | RequestError::OutOfTime
                    | RequestError::TooMany
                    | RequestError::Fault(_) => "requests not answered",
                });
                Reply::Refused
            }
        };
        let Question {
            op,
            jti,
            is_hostile,
            ..
        } = question;
        if !is_hostile {
            let content = Content::Reply { op, jti, reply };
            self.network.send(&self.dice, (to, from), &content);
        }
        Ok(())
    }

    /// A home answers a host no more that it has refused too often: only one that lies.
    fn unheard(&mut self, host: usize) -> Result<(), Broken> {
        self.ledger.unheard.insert(host);
        let what = format!("n{host} is honest, and was refused too often");
        if host == self.hostile {
            Ok(())
        } else {
            Err(Broken::new("invariant_an_honest_host_is_heard", what))
        }
    }

    fn note_answer(&mut self, home: usize, question: &Question, text: &str) -> Result<(), Broken> {
        let keys = self.machine(home).keys();
        let said = self.ledger.note_answer(home, &keys, (question, text));
        let said = said.map_err(|what| Broken::new("invariant_answers_are_genuine", what))?;
        self.trace.say(format!("  n{home} says {said}"));
        self.note_seat_answer(home, question, &said);
        self.trace.count(match said.as_str() {
            "accepted" => "accepted",
            "conflict" => "conflicts",
            waits if waits.starts_with("waiting") => "waiting",
            _ => "refused",
        });
        Ok(())
    }

    /// Ends the attempt that a reply is to, if it is still under way.
    fn land(&mut self, packet: &Packet) -> Option<String> {
        let Content::Reply { op, jti, .. } = &packet.content else {
            return None;
        };
        let flights = &mut self.machine_mut(packet.to).flights;
        let is_it = flights.get(op).is_some_and(|it| it.jti == *jti);
        is_it.then(|| flights.remove(op)).flatten();
        is_it.then(|| op.clone())
    }

    fn heard(&mut self, packet: &Packet) {
        if let Some(op) = self.land(packet) {
            let noise = self.dice.number();
            self.tell(packet.to, Event::NotYet { op, noise });
        }
    }

    fn taken(&mut self, packet: &Packet, taken: &Result<(), OutboxError>) -> Result<(), Broken> {
        if let Err(OutboxError::NotGenuine | OutboxError::Unknown) = taken {
            let what = "a genuine answer is not taken".to_owned();
            return Err(Broken::new("invariant_answers_are_genuine", what));
        }
        if let Some(op) = self.land(packet) {
            let noise = self.dice.number();
            let event = match taken {
                Ok(()) => Event::Answered { op },
                Err(_) => Event::Failed { op, noise },
            };
            self.tell(packet.to, event);
        }
        Ok(())
    }
}

/// What may go wrong in a node in this world: its store, and its clock.
fn expected(fault: &Fault) -> Result<(), Broken> {
    match fault {
        Fault::Busy
        | Fault::Unknown(_)
        | Fault::Read(ReadError::Engine(_))
        | Fault::ClockBehind
        | Fault::Unconfirmed
        | Fault::Divided => Ok(()),
        Fault::Read(ReadError::Damaged { .. })
        | Fault::TooLarge
        | Fault::Form { .. }
        | Fault::Entropy(_)
        | Fault::Seal(_)
        | Fault::OwnFeed(_)
        | Fault::NoKey
        | Fault::Calendar
        | Fault::NothingHeard => {
            let what = app::chain(fault);
            Err(Broken::new("invariant_no_operation_breaks", what))
        }
    }
}
