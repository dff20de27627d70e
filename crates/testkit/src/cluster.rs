//! A cluster on one seed: nodes, a network that loses and doubles, clocks that jump,
//! processes that end anywhere, and a host that lies.
//!
//! A run draws one event after the other from its seed: somebody shows a passport, a
//! packet arrives, a line is cut, a commit fails, an hour passes. What is drawn together
//! runs at once, and others have their turn before every call of a store, so that
//! operations of one node meet in every order. After every event the invariants are held
//! against what the stores contain and against what everybody was told; at the end all is
//! healed, and both sides must come to the same.
//!
//! The operations are the real ones, over the real store in memory, sent as the real plan
//! of the outbox says. The network, the time and the chance are the simulation's.
//!
//! **Invariant:** a run is decided by its setting: same seed, same trace. There is no
//! thread, no socket, no clock but the simulated one, and no chance but the seed's.

mod actions;
mod apply;
mod crowd;
mod dice;
mod draw;
mod facts;
mod hostile;
mod hostile_seats;
mod invariants;
mod ledger;
mod network;
mod partings;
mod relays;
mod seat_actions;
mod seat_end;
mod seat_invariants;
mod seat_ledger;
mod seats;
mod settle;
mod store;
mod sums;
mod trace;
mod turns;
mod village;
mod watch;
mod world;

pub use crowd::{Crowd, crowd};
pub use partings::{Happened, partings};
pub use store::Removal;
pub use trace::{Failure, Report};
pub use village::Village;

use std::panic::{AssertUnwindSafe, catch_unwind};

use world::World;

/// What decides a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The seed.
    pub seed: u64,
    /// Nodes, the coordinator among them; 3 at least.
    pub nodes: usize,
    /// How long it goes on, in simulated minutes, before all is healed.
    pub minutes: u64,
    /// A check that is taken out of every node; none but in a test of the invariants.
    pub removed: Option<Removal>,
}

/// An invariant that does not hold.
#[derive(Debug)]
pub(crate) struct Broken {
    invariant: &'static str,
    what: String,
}

impl Broken {
    pub(crate) const fn new(invariant: &'static str, what: String) -> Self {
        Self { invariant, what }
    }
}

/// The most events of a run: what does not end by its minutes is at fault.
const EVENTS_MAX: u64 = 10_000_000;

/// Runs a village by this setting.
pub fn simulate(village: &Village, setting: Setting) -> Result<Report, Box<Failure>> {
    let mut world = World::of(village, &setting);
    // What panics is printed with its seed too.
    let run = AssertUnwindSafe(|| events(&mut world, setting.minutes));
    match catch_unwind(run).unwrap_or_else(|_| Err(panicked())) {
        Ok(events) => Ok(Report {
            trace: world.trace.hash(),
            events,
            counts: world.trace.counts,
        }),
        Err(Broken { invariant, what }) => Err(Box::new(Failure {
            setting,
            invariant,
            what,
            trace: world.trace.lines,
        })),
    }
}

fn panicked() -> Broken {
    Broken::new("invariant_nothing_panics", "see above".to_owned())
}

fn events(world: &mut World, minutes: u64) -> Result<u64, Broken> {
    let millis = minutes.saturating_mul(60_000);
    let mut events = 0;
    world.hold_invariants()?;
    while world.millis().0 < millis && events < EVENTS_MAX {
        events += 1;
        let seconds = world.millis().0 / 1_000;
        world.trace.say(format!("{events} after {seconds} seconds"));
        let group = world.draw();
        world.act(group)?;
        world.hold_invariants()?;
    }
    world.settle()?;
    let network = &world.network;
    world.trace.add("packets never sent", network.lost);
    world.trace.add("packets doubled", network.doubled);
    world.trace.add("packets that overtook", network.overtook);
    Ok(events)
}
