//! Whatever happens, in whatever order.

use super::*;

const PEERS: u8 = 4;
const OPS: u8 = 14;

fn op(number: u8) -> String {
    format!("op-{:02}", number % OPS)
}

/// Some come after one or two that are older, of the same peer or another.
fn request(number: u8) -> Waiting {
    let after = match number % 5 {
        2 => vec![number.checked_sub(2), number.checked_sub(1)],
        3 => vec![number.checked_sub(PEERS)],
        4 => vec![number.checked_sub(1)],
        _ => Vec::new(),
    };
    Waiting {
        after: after.into_iter().flatten().map(op).collect(),
        ..waits(&op(number), number % PEERS)
    }
}

fn peer_of(op: &str) -> Option<EntityId> {
    (0..OPS)
        .find(|it| self::op(*it) == op)
        .map(|it| peer(it % PEERS))
}

#[derive(Clone, Debug)]
enum Act {
    /// The store names those whose bit is set, if they were not answered.
    Read(u16),
    /// The same reading as before comes once more.
    ReadLate,
    Answer(u8),
    NotYet(u8, u64),
    Fail(u8, u64),
    /// A report of something that may not be under way.
    Late(u8),
    Sign(u8),
    Now(u8),
    Tick,
}

fn acts() -> impl Strategy<Value = Vec<(Act, u64)>> {
    let act = prop_oneof![
        3 => any::<u16>().prop_map(|it| Act::Read(it | it << 3)),
        1 => Just(Act::ReadLate),
        4 => any::<u8>().prop_map(Act::Answer),
        4 => any::<(u8, u64)>().prop_map(|(it, noise)| Act::NotYet(it, noise)),
        8 => any::<(u8, u64)>().prop_map(|(it, noise)| Act::Fail(it, noise)),
        2 => (0..OPS).prop_map(Act::Late),
        3 => (0..PEERS).prop_map(Act::Sign),
        1 => (0..OPS).prop_map(Act::Now),
        4 => Just(Act::Tick),
    ];
    let millis = prop_oneof![0_u64..5, 0_u64..1_500, 0_u64..70_000];
    proptest::collection::vec((act, millis), 1..100)
}

/// A driver and a store, and what they know of what was sent.
struct World {
    plan: Outbox,
    now: Millis,
    log: Vec<(Millis, Event, Vec<Effect>)>,
    read: Vec<Waiting>,
    answered: BTreeSet<String>,
    under_way: Vec<Waiting>,
    /// The start of the last try of a peer that ended in vain, and whether it failed;
    /// nothing after an operator's word.
    vain: BTreeMap<EntityId, (Millis, bool)>,
    tried: BTreeSet<String>,
    started: BTreeMap<EntityId, Millis>,
}

impl World {
    fn new() -> Self {
        Self {
            plan: Outbox::new(LIMITS),
            now: Millis(1_000_000),
            log: Vec::new(),
            read: Vec::new(),
            answered: BTreeSet::new(),
            under_way: Vec::new(),
            vain: BTreeMap::new(),
            tried: BTreeSet::new(),
            started: BTreeMap::new(),
        }
    }

    fn waiting(&self) -> Vec<Waiting> {
        let mut all: Vec<_> = self.read.iter().chain(&self.under_way).cloned().collect();
        all.retain(|it| !self.answered.contains(&it.op));
        all
    }

    fn is_blocked(&self, request: &Waiting) -> bool {
        let waits = |op: &String| {
            let mut all = self.read.iter().chain(&self.under_way);
            !self.answered.contains(op) && all.any(|it| it.op == *op)
        };
        request.after.iter().any(waits)
    }

    fn act(&mut self, act: &Act) -> Result<(), TestCaseError> {
        let running = |it: u8| {
            let count = self.under_way.len();
            (count > 0).then(|| self.under_way[usize::from(it) % count].op.clone())
        };
        let event = match *act {
            Act::Read(bits) => {
                let named = (0..OPS).filter(|it| bits & 1 << it != 0).map(request);
                let named = named.filter(|it| !self.answered.contains(&it.op));
                self.read = named.collect();
                Event::Waiting(self.read.clone())
            }
            Act::ReadLate => Event::Waiting(self.read.clone()),
            Act::Answer(it) => running(it).map_or(Event::Tick, |it| answered(&it)),
            Act::NotYet(it, noise) => {
                running(it).map_or(Event::Tick, |op| Event::NotYet { op, noise })
            }
            Act::Fail(it, noise) => {
                running(it).map_or(Event::Tick, |op| Event::Failed { op, noise })
            }
            Act::Late(it) => {
                let is_running = self.under_way.iter().any(|its| its.op == op(it));
                if is_running {
                    Event::Tick
                } else {
                    failed(&op(it))
                }
            }
            Act::Sign(it) => Event::SignOfLife(peer(it)),
            Act::Now(it) => now_please(&op(it)),
            Act::Tick => Event::Tick,
        };
        self.step(event)
    }

    /// Takes a step, and checks what it does.
    fn step(&mut self, event: Event) -> Result<(), TestCaseError> {
        self.note(&event);
        let effects = self.plan.step(self.now, event.clone());
        self.log.push((self.now, event, effects.clone()));
        for Effect::Send { op, peer } in effects {
            let request = self.waiting().into_iter().find(|it| it.op == op);
            let Some(request) = request else {
                return Err(TestCaseError::fail(format!("{op} does not wait")));
            };
            prop_assert_eq!(&request.peer, &peer);
            prop_assert!(!self.answered.contains(&op), "{} was answered", op);
            prop_assert!(!self.is_blocked(&request), "{} comes after another", op);
            let is_busy = self.under_way.iter().any(|it| it.peer == peer);
            prop_assert!(!is_busy, "two under way for one peer");
            if let Some((at, has_failed)) = self.vain.get(&peer)
                && (*has_failed || self.tried.contains(&op))
            {
                prop_assert!(self.now >= at.plus(LIMITS.retry_first_millis), "too soon");
            }
            self.started.insert(peer, self.now);
            self.under_way.push(request);
        }
        prop_assert!(self.under_way.len() <= LIMITS.in_flight_max);
        self.check_times()
    }

    fn note(&mut self, event: &Event) {
        match event {
            Event::Answered { op } => {
                self.under_way.retain(|it| it.op != *op);
                self.answered.insert(op.clone());
                // Whoever answers has no reason to rest.
                if let Some(it) = peer_of(op) {
                    self.vain.remove(&it);
                }
            }
            Event::NotYet { op, .. } => self.note_vain(op, false),
            Event::Failed { op, .. } => self.note_vain(op, true),
            Event::Now { op } => {
                if let Some(it) = peer_of(op) {
                    self.vain.remove(&it);
                }
            }
            Event::Waiting(_) | Event::SignOfLife(_) | Event::Tick => {}
        }
        // What the plan forgot is new when it comes again.
        let known: BTreeSet<_> = self.waiting().into_iter().map(|it| it.op).collect();
        self.tried.retain(|it| known.contains(it));
    }

    fn note_vain(&mut self, op: &str, has_failed: bool) {
        if let Some(at) = self.under_way.iter().position(|it| it.op == op) {
            let request = self.under_way.remove(at);
            self.tried.insert(request.op);
            let started = self.started[&request.peer];
            self.vain.insert(request.peer, (started, has_failed));
        }
    }

    /// Nobody waits for longer than the cap, and no driver spins.
    fn check_times(&self) -> Result<(), TestCaseError> {
        let latest = self.now.plus(LIMITS.retry_millis_max);
        if let Some(due) = self.plan.next_due() {
            prop_assert!(due > self.now && due <= latest, "{:?}", due);
        }
        for it in self.waiting() {
            let is_running = self.under_way.iter().any(|its| its.op == it.op);
            let due = self.plan.due_at(&it.op);
            prop_assert_eq!(due.is_none(), is_running || self.is_blocked(&it));
            prop_assert!(due.is_none_or(|due| due <= latest));
        }
        Ok(())
    }

    fn run(acts: Vec<(Act, u64)>) -> Result<Self, TestCaseError> {
        let mut world = Self::new();
        for (act, millis) in acts {
            world.now = world.now.plus(millis);
            world.act(&act)?;
        }
        Ok(world)
    }

    /// Ends all that is under way like this, and what follows from it, and says what
    /// that was.
    fn end_all(&mut self, end: fn(&str) -> Event) -> Result<Vec<String>, TestCaseError> {
        let mut ended = Vec::new();
        while let Some(it) = self.under_way.first().cloned() {
            prop_assert!(ended.len() < 1_000, "a loop");
            ended.push(it.op.clone());
            self.step(end(&it.op))?;
        }
        Ok(ended)
    }

    fn sendable(&self) -> BTreeSet<String> {
        let waiting = self.waiting().into_iter();
        waiting
            .filter(|it| !self.is_blocked(it))
            .map(|it| it.op)
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_order_of_events_breaks_the_invariants(acts in acts()) {
        World::run(acts)?;
    }

    /// The peers stay silent: each is tried within the cap, and in the end everything is.
    #[test]
    fn what_waits_for_a_silent_peer_is_tried_within_the_cap(acts in acts()) {
        let mut world = World::run(acts)?;
        world.end_all(failed)?;
        let sendable = world.sendable();
        let mut peers: BTreeSet<_> = world.waiting().into_iter().map(|it| it.peer).collect();
        let mut missing = sendable.clone();
        peers.retain(|peer| sendable.iter().any(|op| peer_of(op).as_ref() == Some(peer)));
        for _ in 0..OPS {
            world.now = world.now.plus(LIMITS.retry_millis_max);
            world.step(Event::Tick)?;
            let tried = world.end_all(failed)?;
            let reached: BTreeSet<_> = tried.iter().filter_map(|it| peer_of(it)).collect();
            prop_assert_eq!(&reached, &peers);
            missing.retain(|it| !tried.contains(it));
        }
        prop_assert!(missing.is_empty(), "{:?}", missing);
    }

    /// The peers answer: everything is done within the cap.
    #[test]
    fn what_waits_for_a_peer_that_answers_is_done_within_the_cap(acts in acts()) {
        let mut world = World::run(acts)?;
        world.end_all(failed)?;
        world.now = world.now.plus(LIMITS.retry_millis_max);
        world.step(Event::Tick)?;
        world.end_all(answered)?;
        prop_assert_eq!(world.waiting(), []);
        prop_assert_eq!(world.plan.next_due(), None);
    }

    /// A driver that only waits until something is due does as well as one that never stops.
    #[test]
    fn nothing_starts_before_it_was_announced(acts in acts()) {
        let mut world = World::new();
        for (act, millis) in acts {
            let until = world.now.plus(millis);
            let due = world.plan.next_due();
            world.now = Millis(until.0.min(due.map_or(u64::MAX, |it| it.0 - 1)));
            let before = world.log.len();
            world.step(Event::Tick)?;
            prop_assert_eq!(&world.log[before].2, &[]);
            if let Some(due) = due.filter(|it| *it <= until) {
                world.now = due;
                world.step(Event::Tick)?;
                prop_assert_ne!(&world.log[before + 1].2, &[]);
            }
            world.now = until;
            world.act(&act)?;
        }
    }

    #[test]
    fn the_same_events_have_the_same_effects(acts in acts()) {
        let world = World::run(acts)?;
        let mut plan = Outbox::new(LIMITS);
        for (now, event, effects) in world.log {
            prop_assert_eq!(plan.step(now, event), effects);
        }
    }
}
