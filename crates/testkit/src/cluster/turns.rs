//! Futures that run at once, each step of which a seed decides.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::dice::Dice;

/// Something that runs beside others.
pub(crate) type Running<T> = Pin<Box<dyn Future<Output = T>>>;

/// The most steps of what runs at once: what needs more will never end.
const STEPS_MAX: usize = 10_000_000;

/// Runs all of these to their ends, one step of one of them at a time, and gives what
/// each came to, in the order in which they ended.
pub(crate) fn run_all<T>(dice: &Dice, running: Vec<Running<T>>) -> Vec<T> {
    let mut running = running;
    let mut ended = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..STEPS_MAX {
        if running.is_empty() {
            return ended;
        }
        let turn = dice.below(running.len());
        let Some(one) = running.get_mut(turn) else {
            continue;
        };
        if let Poll::Ready(value) = one.as_mut().poll(&mut context) {
            ended.push(value);
            drop(running.swap_remove(turn));
        }
    }
    panic!("what runs at once does not end")
}

/// Runs one thing to its end.
pub(crate) fn run<T>(one: impl Future<Output = T>) -> T {
    let mut one = std::pin::pin!(one);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..STEPS_MAX {
        if let Poll::Ready(value) = one.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("what runs alone does not end")
}

/// Lets the others have so many turns.
pub(crate) async fn give_way(turns: usize) {
    let mut left = turns;
    std::future::poll_fn(move |_| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        Poll::Pending
    })
    .await;
}
