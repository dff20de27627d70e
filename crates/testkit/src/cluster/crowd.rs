//! Five hundred requests of twenty villages for fifty seats.
//!
//! All ask for one event of the coordinator at about the same time, over a network that
//! loses, doubles and mixes what it carries, while the coordinator's process ends now and
//! then with a commit that is lost or kept. Then some give their seats back.
//!
//! Specified by what [`Crowd`] says in the end.

use app::{RegistrationId, Wish};
use store::Fault;
use sync::outbox::Event;
use wire::event::event_uid;

use super::actions::Action;
use super::network::Packet;
use super::seat_actions::{Plan, SeatAction, text_of};
use super::turns::run;
use super::village::{Founded, Member, Village};
use super::watch::SeatWord;
use super::world::World;
use super::{Broken, Failure, Setting};
use crate::{DAY_SECONDS, Label, START, TestNode, Wallet, join, operator, pull, space_text};

/// The villages.
const VILLAGES: usize = 20;

/// Members of each who ask.
const MEMBERS: usize = 25;

/// Seats of the event.
const SEATS: u64 = 50;

/// How many give their seats back.
const GIVEN_BACK: usize = 10;

/// The coordinator, which owns the event.
const OWNER: usize = 0;

/// The event's id.
const EVENT: &str = "all";

/// The most steps, of a second each, until everything is answered.
const STEPS_MAX: usize = 5_000;

/// What their homes tell those who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crowd {
    /// How many were told that they have a seat, before anybody gave one back.
    pub accepted: usize,
    /// The ranks of those who were told that they wait, as the owner has them in line.
    pub ranks: Vec<u64>,
    /// The ranks of those who were told that they have a seat after others gave theirs back.
    pub promoted: Vec<u64>,
    /// How many have a seat in the end.
    pub seated: usize,
    /// How often the owner's process ended.
    pub ended: u64,
    /// How many packets were lost.
    pub lost: u64,
}

/// Lets them all ask, on this seed.
pub fn crowd(seed: u64) -> Result<Crowd, Box<Failure>> {
    let setting = Setting {
        seed,
        nodes: VILLAGES + 1,
        minutes: 0,
        removed: None,
    };
    let mut world = World::of(&run(founded()), &setting);
    // Nobody lies here.
    world.hostile = usize::MAX;
    story(&mut world).map_err(|Broken { invariant, what }| {
        Box::new(Failure {
            setting,
            invariant,
            what,
            trace: world.trace.lines,
        })
    })
}

/// The coordinator with its event and the spaces with their members; a space hears of
/// nobody but the coordinator.
async fn founded() -> Village {
    let mut label = Label::invited(VILLAGES).await;
    let mut members = Vec::new();
    for (number, space) in std::mem::take(&mut label.spaces).into_iter().enumerate() {
        let (network, coordinator) = (&label.network, &label.coordinator);
        join(network, &space).await.expect("a space joins");
        hear(&label, coordinator, &space).await;
        let granted = coordinator.app().grant(space.entity()).await;
        granted.expect("a space that belongs is granted the label");
        let published = space.app().publish_space(&space_text("Le Mug")).await;
        published.expect("a space says what it is");
        members.extend(of_space(&space, number + 1).await);
        label.spaces.push(space);
    }
    let plan = Plan {
        begins: START.plus_seconds(5 * DAY_SECONDS),
        capacity: SEATS,
        is_weekly: false,
    };
    let (app, who) = (label.coordinator.app(), operator());
    let published = app.publish_event(&who, Some(EVENT), &text_of(plan)).await;
    published.expect("an event is published");
    for space in &label.spaces {
        hear(&label, space, &label.coordinator).await;
        hear(&label, &label.coordinator, space).await;
    }
    let founded = |node: &TestNode| Founded {
        plan: node.plan().clone(),
        store: node.store(),
    };
    Village {
        nodes: label.nodes().into_iter().map(founded).collect(),
        members,
        events: Vec::new(),
    }
}

async fn hear(label: &Label, reader: &TestNode, author: &TestNode) {
    let heard = pull(&label.network, reader, author.entity()).await;
    heard.expect("whoever belongs is heard");
}

/// Members without a phone, who ask at the desk.
async fn of_space(space: &TestNode, home: usize) -> Vec<Member> {
    let (app, who) = (space.app(), operator());
    let mut members = Vec::new();
    for member in 0..MEMBERS {
        let name = format!("{home}-{member}");
        let id = app.add_member(&who, &name, "month", None).await;
        members.push(Member {
            home,
            wallet: Wallet::of(&id.expect("a member is added"), &name, String::new()),
            paper: String::new(),
            half_days: 0,
        });
    }
    members
}

fn story(world: &mut World) -> Result<Crowd, Broken> {
    all_ask(world)?;
    until_answered(world, true)?;
    let ranks = told(world);
    let accepted = ranks.iter().filter(|it| it.is_none()).count();
    some_give_back(world)?;
    until_answered(world, false)?;
    world.network.heal();
    world.compare_seats()?;
    world.check_stores()?;
    let after = told(world);
    let was = ranks.iter().zip(&after);
    let promoted = was.filter(|(_, after)| after.is_none());
    let seen = world.machine(OWNER).watch.seen();
    let seated = seen.seats.values().filter(|it| it.state == SeatWord::Taken);
    let counts = &world.trace.counts;
    let count = |what: &str| counts.get(what).copied().unwrap_or(0);
    Ok(Crowd {
        accepted,
        promoted: promoted.filter_map(|(rank, _)| *rank).collect(),
        ranks: ranks.into_iter().flatten().collect(),
        seated: seated.count(),
        ended: count("restart") + count("ended by its store"),
        lost: world.network.lost,
    })
}

/// What each was told, in the order of the owner's line: the rank of whoever waits.
fn told(world: &World) -> Vec<Option<u64>> {
    let seen = world.machine(OWNER).watch.seen();
    let rank = |home: &str, id: &str| {
        let home = world.number_of(home)?;
        let at_home = world.machine(home).watch.seen();
        at_home.registered.get(id)?.state.rank()
    };
    let line = seen.seats.values();
    line.map(|it| rank(&it.home, &it.id)).collect()
}

/// One member of each village at a time.
fn all_ask(world: &mut World) -> Result<(), Broken> {
    let uid = event_uid(world.machine(OWNER).name(), EVENT);
    for at in 0..MEMBERS {
        let members = world.members.iter().skip(at).step_by(MEMBERS);
        let ask = |member: &Member| Action::Seat {
            node: member.home,
            action: SeatAction::Register {
                member: member.clone(),
                wish: Wish {
                    uid: uid.clone(),
                    due: None,
                    name: None,
                },
                by_phone: false,
            },
        };
        let asks = members.map(ask).collect();
        world.act(asks)?;
    }
    Ok(())
}

/// Any of those who have a seat.
fn some_give_back(world: &mut World) -> Result<(), Broken> {
    let seen = world.machine(OWNER).watch.seen();
    let taken = seen.seats.values().filter(|it| it.state == SeatWord::Taken);
    let mut taken: Vec<_> = taken.map(|it| (it.home.clone(), it.id.clone())).collect();
    drop(seen);
    let mut given_back = Vec::new();
    for _ in 0..GIVEN_BACK {
        let (home, id) = taken.swap_remove(world.dice.below(taken.len()));
        let node = world.number_of(&home).expect("a home is a node");
        let id = RegistrationId::parse(&id).expect("a registration has an id");
        let action = SeatAction::GiveBack { id };
        given_back.push(Action::Seat { node, action });
    }
    world.act(given_back)
}

/// Senders send and packets arrive, some late, until nothing waits.
fn until_answered(world: &mut World, with_crashes: bool) -> Result<(), Broken> {
    let plans = |world: &World| (0..world.machines.len()).map(|node| Action::Plan { node });
    world.act(plans(world).collect())?;
    for step in 0..STEPS_MAX {
        let due = std::mem::take(&mut world.due);
        world.act(due)?;
        let packets = std::mem::take(&mut world.network.under_way);
        let (late, mut packets): (Vec<_>, Vec<_>) =
            packets.into_iter().partition(|_| world.dice.is(20));
        world.network.under_way = late;
        while !packets.is_empty() {
            arrive(world, &mut packets)?;
        }
        if with_crashes && world.dice.is(4) {
            let restart = Action::Restart { node: OWNER };
            world.act(vec![restart, Action::Plan { node: OWNER }])?;
        }
        world.pass(1);
        for node in 0..world.machines.len() {
            world.tell(node, Event::Tick);
        }
        if step % 10 == 9 {
            world.act(plans(world).collect())?;
            world.hold_invariants()?;
            let mut outboxes = world.machines.iter().map(|it| it.facts.outbox.is_empty());
            if outboxes.all(|is_empty| is_empty) {
                return Ok(());
            }
        }
    }
    let what = format!("after {STEPS_MAX} seconds something still waits");
    Err(Broken::new(
        "invariant_everything_is_answered_in_the_end",
        what,
    ))
}

/// The most packets that arrive at once.
const AT_ONCE_MAX: usize = 2;

/// Some packets arrive at once; now and then a commit of the owner fails meanwhile.
fn arrive(world: &mut World, packets: &mut Vec<Packet>) -> Result<(), Broken> {
    let mut arriving = Vec::new();
    for _ in 0..=world.dice.below(AT_ONCE_MAX) {
        if !packets.is_empty() {
            let packet = packets.swap_remove(world.dice.below(packets.len()));
            arriving.push(Action::Deliver(packet));
        }
    }
    let fault = match world.dice.below(100) {
        0 => Some(Fault::ErrorLost),
        1 => Some(Fault::ErrorKept),
        _ => None,
    };
    if let Some(fault) = fault {
        let nth = 1 + world.dice.below(2);
        world.machine(OWNER).node.store().fail_commit(nth, fault);
    }
    world.act(arriving)
}
