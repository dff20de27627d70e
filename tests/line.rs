//! A line between nodes as bad as lines get: it cuts, delays, falls silent and changes bytes.
//!
//! A node behind it is known to all others by the line's port, so that whatever they ask of
//! it goes through here. What becomes of a connection follows from the seed of the line and
//! the number of the connection.
//!
//! **Invariant:** a line that was mended passes everything on as it is, connections that
//! it held back included: it closes those.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_linger;

use crate::chance::Chance;
use crate::node::free_port;

/// In which direction bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the node.
    There,
    /// Back from it.
    Back,
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Everything arrives as it was sent.
    Whole,
    /// It is reset before anything arrives.
    Refused,
    /// It is reset in the middle, after so many bytes of one direction.
    Reset {
        /// Which direction is counted.
        way: Way,
        /// How many bytes still arrive.
        after: usize,
    },
    /// Whatever arrives comes late.
    Slow {
        /// How late.
        by: Duration,
    },
    /// Somebody takes the connection and never says anything.
    Silent,
    /// Nothing arrives in one direction, and all in the other.
    OneWay {
        /// The direction that is dead.
        dead: Way,
    },
    /// One bit of one byte arrives changed.
    Flipped {
        /// In which direction.
        way: Way,
        /// Which byte, from 0.
        at: usize,
        /// Which bit, from 0.
        bit: u8,
    },
}

/// Where a request is broken off or changed at the latest: within its head and the start
/// of its body.
const THERE_BYTES: usize = 1_500;

/// The same for an answer.
const BACK_BYTES: usize = 3_000;

/// How late bytes come at most, each time.
const LATE_MILLIS: usize = 200;

/// After this time a bad line closes a connection on which nothing comes: each question
/// shall have a chance of its own, and nodes keep connections for the next one.
const LIFE: Duration = Duration::from_secs(2);

/// Between two looks whether a line was mended or is gone.
const LOOK: Duration = Duration::from_millis(50);

/// How long the node behind a line may take to accept, and either side to take bytes.
const PEER: Duration = Duration::from_secs(20);

impl Way {
    fn draw(chance: &mut Chance) -> Self {
        if chance.is_one_in(2) {
            Self::There
        } else {
            Self::Back
        }
    }

    fn byte(self, chance: &mut Chance) -> usize {
        match self {
            Self::There => chance.below(THERE_BYTES),
            Self::Back => chance.below(BACK_BYTES),
        }
    }
}

impl Fate {
    /// Names of all, for whoever counts them.
    pub const NAMES: [&str; 7] = [
        "whole", "refused", "reset", "slow", "silent", "one way", "flipped",
    ];

    /// How it is called.
    pub const fn name(self) -> &'static str {
        let [whole, refused, reset, slow, silent, one_way, flipped] = Self::NAMES;
        match self {
            Self::Whole => whole,
            Self::Refused => refused,
            Self::Reset { .. } => reset,
            Self::Slow { .. } => slow,
            Self::Silent => silent,
            Self::OneWay { .. } => one_way,
            Self::Flipped { .. } => flipped,
        }
    }

    /// What it does to bytes of one direction before which others were carried; gives how
    /// many of them still arrive.
    fn befalls(self, bytes: &mut [u8], carried: usize, way: Way) -> usize {
        if let Self::Flipped { way: on, at, bit } = self
            && on == way
            && let Some(at) = at.checked_sub(carried)
            && let Some(byte) = bytes.get_mut(at)
        {
            *byte ^= 1 << bit;
        }
        if let Self::Reset { way: on, after } = self
            && on == way
        {
            return after.saturating_sub(carried).min(bytes.len());
        }
        bytes.len()
    }

    /// The fate of one connection of a bad line: nearly half arrive whole.
    fn draw(chance: &mut Chance) -> Self {
        let way = Way::draw(chance);
        match chance.below(20) {
            0..9 => Self::Whole,
            9..11 => Self::Refused,
            11..13 => Self::Reset {
                way,
                after: way.byte(chance),
            },
            13..15 => Self::Slow {
                by: chance.millis(LATE_MILLIS),
            },
            15 => Self::Silent,
            16 => Self::OneWay { dead: way },
            _ => Self::Flipped {
                way,
                at: way.byte(chance),
                bit: u8::try_from(chance.below(8)).expect("one of eight"),
            },
        }
    }
}

/// Whence the fates of connections come.
#[derive(Debug, Clone)]
enum Plan {
    Drawn(Chance),
    Always(Fate),
}

/// What the line's threads share.
#[derive(Debug)]
struct Shared {
    target: u16,
    plan: Mutex<Plan>,
    is_bad: AtomicBool,
    is_over: AtomicBool,
    fates: Mutex<BTreeMap<&'static str, u64>>,
}

/// A line to a node.
#[derive(Debug)]
pub struct Line {
    port: u16,
    shared: Arc<Shared>,
}

impl Line {
    /// A line to this port, which is good until it is [made bad](Line::is_bad_from_now).
    pub fn to(target: u16, seed: u64) -> Self {
        Self::planned(target, Plan::Drawn(Chance::from_seed(seed)))
    }

    /// A line on which every connection has this fate.
    pub fn always(target: u16, fate: Fate) -> Self {
        let line = Self::planned(target, Plan::Always(fate));
        line.is_bad_from_now();
        line
    }

    fn planned(target: u16, plan: Plan) -> Self {
        let port = free_port();
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a port for a line");
        let shared = Arc::new(Shared {
            target,
            plan: Mutex::new(plan),
            is_bad: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            fates: Mutex::new(BTreeMap::new()),
        });
        let of_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if of_thread.is_over() {
                    return;
                }
                let (Ok(stream), shared) = (stream, Arc::clone(&of_thread)) else {
                    continue;
                };
                std::thread::spawn(move || shared.connected(&stream));
            }
        });
        Self { port, shared }
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The name of the node behind it.
    pub fn entity(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From here on each connection has its fate.
    pub fn is_bad_from_now(&self) {
        self.shared.is_bad.store(true, Ordering::SeqCst);
    }

    /// From here on everything arrives.
    pub fn is_mended(&self) {
        self.shared.is_bad.store(false, Ordering::SeqCst);
    }

    /// How many connections had which fate, by name.
    pub fn fates(&self) -> BTreeMap<&'static str, u64> {
        lock(&self.shared.fates).clone()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Whoever waits for the next connection sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    fn is_bad(&self) -> bool {
        self.is_bad.load(Ordering::SeqCst) && !self.is_over()
    }

    fn next_fate(&self) -> Fate {
        if !self.is_bad() {
            return Fate::Whole;
        }
        let fate = match &mut *lock(&self.plan) {
            Plan::Drawn(chance) => Fate::draw(chance),
            Plan::Always(fate) => *fate,
        };
        *lock(&self.fates).entry(fate.name()).or_default() += 1;
        fate
    }

    /// Somebody has connected.
    fn connected(&self, near: &TcpStream) {
        let fate = self.next_fate();
        match fate {
            Fate::Refused => reset(near),
            Fate::Silent => self.hold(near),
            Fate::Whole
            | Fate::Reset { .. }
            | Fate::Slow { .. }
            | Fate::OneWay { .. }
            | Fate::Flipped { .. } => self.carried(near, fate),
        }
    }

    /// Takes what comes and says nothing, until the other side has had enough.
    fn hold(&self, near: &TcpStream) {
        let mut reader = Reader::of(near);
        while self.is_bad() && !matches!(reader.read(), Came::End) {}
    }

    fn carried(&self, near: &TcpStream, fate: Fate) {
        let address = ([127, 0, 0, 1], self.target).into();
        let Ok(far) = TcpStream::connect_timeout(&address, PEER) else {
            // Nobody is there: whoever asks is told as the system would tell it.
            return reset(near);
        };
        for stream in [near, &far] {
            let _ = stream.set_nodelay(true);
            let _ = stream.set_write_timeout(Some(PEER));
        }
        let is_broken = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| self.carry(near, &far, Way::There, fate, &is_broken));
            self.carry(&far, near, Way::Back, fate, &is_broken);
        });
        if is_broken.into_inner() {
            reset(near);
            reset(&far);
        }
    }

    /// Carries what comes in one direction, until its end or until the connection breaks.
    fn carry(&self, from: &TcpStream, to: &TcpStream, way: Way, fate: Fate, broken: &AtomicBool) {
        let (mut reader, began) = (Reader::of(from), Instant::now());
        let is_held = matches!(fate, Fate::OneWay { .. });
        let mut carried = 0;
        while !broken.load(Ordering::SeqCst) && !self.is_over() {
            let came = reader.read();
            let is_dead = fate == Fate::OneWay { dead: way };
            let (bytes, is_bad) = match (came, self.is_bad()) {
                (Came::End, _) => break,
                // What was held back is lost, and so is the connection.
                (_, false) if is_dead => break,
                (Came::Nothing, true) if !is_held && began.elapsed() > LIFE => break,
                (Came::Nothing, _) => continue,
                (Came::Bytes(_), true) if is_dead => continue,
                (Came::Bytes(bytes), is_bad) => (bytes, is_bad),
            };
            if let Fate::Slow { by } = fate {
                self.wait(by);
            }
            let kept = if is_bad {
                fate.befalls(bytes, carried, way)
            } else {
                bytes.len()
            };
            carried += bytes.len();
            if kept < bytes.len() {
                broken.store(true, Ordering::SeqCst);
            }
            let mut to = to;
            if to.write_all(&bytes[..kept]).is_err() {
                break;
            }
        }
        if !broken.load(Ordering::SeqCst) {
            // Nobody goes on with a connection of which one half has ended here.
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        }
    }

    /// Lets time pass, but not longer than the line is bad.
    fn wait(&self, length: Duration) {
        let began = Instant::now();
        while self.is_bad() && began.elapsed() < length {
            std::thread::sleep(length.saturating_sub(began.elapsed()).min(LOOK));
        }
    }
}

/// Has a connection end as one that broke: the other side is told so when it is closed.
fn reset(stream: &TcpStream) {
    let _ = set_socket_linger(stream, Some(Duration::ZERO));
}

/// Errors of a reading that only say that nothing has come yet.
const WAITING: [ErrorKind; 3] = [
    ErrorKind::WouldBlock,
    ErrorKind::TimedOut,
    ErrorKind::Interrupted,
];

/// What came.
enum Came<'a> {
    Bytes(&'a mut [u8]),
    Nothing,
    End,
}

struct Reader<'a> {
    stream: &'a TcpStream,
    buffer: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn of(stream: &'a TcpStream) -> Self {
        let _ = stream.set_read_timeout(Some(LOOK));
        Self {
            stream,
            buffer: vec![0; 64 * 1024],
        }
    }

    fn read(&mut self) -> Came<'_> {
        match self.stream.read(&mut self.buffer) {
            Ok(0) => Came::End,
            Ok(count) => Came::Bytes(&mut self.buffer[..count]),
            Err(error) if WAITING.contains(&error.kind()) => Came::Nothing,
            Err(_) => Came::End,
        }
    }
}
