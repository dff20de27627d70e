//! What the hostile space does about seats: of others', and of its own.

use app::RegistrationId;
use seal::Sealed;
use wire::EntityId;
use wire::registration::{CANCELLATION_KIND, NOTICE_KIND, REGISTRATION_KIND, Registration};

use super::actions::Action;
use super::network::{Content, Question};
use super::seat_actions::dues_of;
use super::watch::RegisteredFact;
use super::world::World;

impl World {
    pub(crate) fn draw_hostile_about_seats(&mut self) -> Vec<Action> {
        self.trace.count("hostile");
        let actions = match self.dice.below(7) {
            0 => self.anothers_given_back(),
            1 => self.asked_under_new_names(),
            2 => self.forged_notices(),
            3 => self.forged_notice_of_its_own(),
            4 => self.for_nobody(),
            5 => self.in_anothers_name(),
            _ => self.replay(),
        };
        for action in &actions {
            if let Action::Deliver(packet) = action
                && let Content::Question(question) = &packet.content
            {
                let (question, to) = (question.clone(), packet.to);
                self.note_forged(&question, to);
            }
        }
        actions
    }

    /// The hostile space's word about its own events is an owner's word.
    fn note_forged(&mut self, question: &Question, to: usize) {
        let home = self.machine(to).name().to_string();
        if question.by == self.hostile {
            self.note_notice(question, &home);
        }
    }

    /// A cancellation of another home's registration: in its own name, or in theirs.
    fn anothers_given_back(&self) -> Vec<Action> {
        let own = self.machine(self.hostile).name().as_str();
        let Some(owner) = self.dice.pick(&self.events).map(|it| it.owner) else {
            return Vec::new();
        };
        let seen = self.machine(owner).watch.seen();
        let others = seen.seats.values().filter(|it| it.home != own);
        let others: Vec<_> = others.map(|it| (it.home.clone(), it.id.clone())).collect();
        drop(seen);
        let Some((home, id)) = self.dice.pick(&others) else {
            return Vec::new();
        };
        let body = serde_json::json!({ "registration": id });
        let op = self.dice.token();
        let asked = |by| self.ask_as(by, owner, (&op, CANCELLATION_KIND, body.clone()));
        let mut actions = vec![asked(self.hostile)];
        if self.dice.is(50) {
            actions.extend(self.number_of(home).map(asked));
        }
        actions
    }

    /// Its own registration again, under new names: as it is, and with another name to call.
    fn asked_under_new_names(&self) -> Vec<Action> {
        let Some((it, owner)) = self.any_registered(self.hostile) else {
            return Vec::new();
        };
        let Some(document) = it.document else {
            return Vec::new();
        };
        let keys = self.machine(self.hostile).keys();
        let mut both = vec![document.clone()];
        let opened = Sealed::<Registration>::parse(&document).and_then(|it| it.open(&keys));
        if let Ok(opened) = opened {
            let mut other = opened.into_inner();
            "Somebody else".clone_into(&mut other.name);
            both.push(self.signed(other));
        }
        let ask = |document: String| self.registration(owner, &document);
        both.into_iter().map(ask).collect()
    }

    /// Any registration of a home for an event of another, and the event's owner.
    fn any_registered(&self, home: usize) -> Option<(RegisteredFact, usize)> {
        let own = self.machine(home).name().as_str();
        let seen = self.machine(home).watch.seen();
        let some = seen.registered.values().filter(|it| it.owner != own);
        let some: Vec<_> = some.cloned().collect();
        drop(seen);
        let it = self.dice.pick(&some)?.clone();
        let owner = self.number_of(&it.owner)?;
        Some((it, owner))
    }

    fn registration(&self, owner: usize, document: &str) -> Action {
        let body = serde_json::json!({ "registration": document });
        self.ask(owner, &self.dice.token(), (REGISTRATION_KIND, body))
    }

    /// Notices about the event of another owner, in its own name and in theirs.
    fn forged_notices(&self) -> Vec<Action> {
        let home = self.any_space();
        let Some((it, owner)) = self.any_registered(home) else {
            return Vec::new();
        };
        if owner == self.hostile || home == self.hostile {
            return Vec::new();
        }
        let forge = |by| self.notice(by, home, &it);
        vec![forge(self.hostile), forge(owner)]
    }

    fn notice(&self, by: usize, home: usize, it: &RegisteredFact) -> Action {
        let state = if self.dice.is(50) {
            "accepted"
        } else {
            "cancelled"
        };
        // Newer than what was heard, or older.
        let revision = 2 + self.dice.number() % (it.revision + 3);
        let body = serde_json::json!({ "registration": it.id, "revision": revision,
            "state": state });
        self.ask_as(by, home, (&self.dice.token(), NOTICE_KIND, body))
    }

    /// A notice about its own event that is not what its own node decided.
    fn forged_notice_of_its_own(&mut self) -> Vec<Action> {
        let own = self.machine(self.hostile).name().as_str();
        let mut guests = Vec::new();
        for (home, machine) in self.machines.iter().enumerate() {
            let seen = machine.watch.seen();
            let some = seen.registered.values().filter(|it| it.owner == own);
            guests.extend(some.map(|it| (home, it.clone())));
        }
        guests.retain(|(home, _)| *home != self.hostile);
        let Some((home, it)) = self.dice.pick(&guests).cloned() else {
            return self.replay();
        };
        // Its word to its guest, whatever its own node knows: nothing of it is held to that.
        self.ledger.seats.given_back.insert((home, it.id.clone()));
        vec![self.notice(self.hostile, home, &it)]
    }

    /// A registration for somebody who is no member of anybody, and at once the same again.
    fn for_nobody(&self) -> Vec<Action> {
        let Some(event) = self.dice.pick(&self.events) else {
            return Vec::new();
        };
        let hostile = self.machine(self.hostile).name().clone();
        if event.owner == self.hostile {
            return Vec::new();
        }
        let due = self.dice.pick(&dues_of(event.plan)).cloned().flatten();
        let document = self.registration_of(hostile, event.owner, (&event.id, due));
        vec![
            self.registration(event.owner, &document),
            self.registration(event.owner, &document),
        ]
    }

    /// A registration that names another home as the member's.
    fn in_anothers_name(&self) -> Vec<Action> {
        let Some(event) = self.dice.pick(&self.events) else {
            return Vec::new();
        };
        let other = self.any_space();
        if [self.hostile, other].contains(&event.owner) || other == self.hostile {
            return Vec::new();
        }
        let due = self.dice.pick(&dues_of(event.plan)).cloned().flatten();
        let other = self.machine(other).name().clone();
        let document = self.registration_of(other, event.owner, (&event.id, due));
        vec![self.registration(event.owner, &document)]
    }

    fn registration_of(
        &self,
        home: EntityId,
        owner: usize,
        (event, occurrence): (&str, Option<wire::event::LocalTime>),
    ) -> String {
        let id = RegistrationId::parse(&self.dice.token()).expect("16 bytes are an id");
        self.signed(Registration {
            iss: home,
            aud: self.machine(owner).name().clone(),
            iat: self.machine(owner).node.app().now(),
            id: id.to_string(),
            event: event.to_owned(),
            occurrence,
            name: "Nobody".to_owned(),
        })
    }
}
