//! The contract where several act at once.
#![expect(clippy::missing_panics_doc, reason = "these are tests")]

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use super::{NewGround, check_fingerprints, commit, get, key, put, scan};
use crate::{Batch, CommitError, Expected, Store};

fn number(value: &[u8]) -> u64 {
    u64::from_be_bytes(value.try_into().unwrap())
}

/// Eight count the same counter up, each by reading, deciding and committing.
pub fn concurrent_commits_lose_no_update(new: NewGround<'_>) {
    const THREADS: u64 = 8;
    const EACH: u64 = 25;
    let ground = new();
    let store = ground.store();
    put(&*store, &key(b"n"), &0_u64.to_be_bytes());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..EACH).for_each(|_| count_up(&*store)));
        }
    });
    assert_eq!(
        number(&get(&*store, &key(b"n")).unwrap().value),
        THREADS * EACH
    );
    check_fingerprints(&*store);
}

fn count_up(store: &dyn Store) {
    loop {
        let read = get(store, &key(b"n"));
        let mut batch = Batch::new();
        batch.expect(key(b"n"), Expected::unchanged(read.as_ref()));
        batch.put(
            key(b"n"),
            (number(&read.unwrap().value) + 1).to_be_bytes().to_vec(),
        );
        match commit(store, batch) {
            Ok(_) => return,
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Each key is claimed by one of four, whoever comes first.
pub fn of_two_first_commits_one_wins(new: NewGround<'_>) {
    let ground = new();
    let store = ground.store();
    let claim = |who: u8| {
        let claims = (0..50_u8).map(|number| {
            let mut batch = Batch::new();
            batch
                .expect(key(&[number]), Expected::Absent)
                .put(key(&[number]), vec![who]);
            u32::from(commit(&*store, batch).is_ok())
        });
        claims.sum::<u32>()
    };
    let won: u32 = thread::scope(|scope| {
        let claim = &claim;
        let claiming: Vec<_> = (0..4).map(|who| scope.spawn(move || claim(who))).collect();
        claiming
            .into_iter()
            .map(|claiming| claiming.join().unwrap())
            .sum()
    });
    assert_eq!(won, 50);
    check_fingerprints(&*store);
}

/// A page never mixes two commits, a value in many parts never two versions, and
/// nothing that was seen goes back.
pub fn readers_see_whole_commits_in_their_order(new: NewGround<'_>) {
    const COMMITS: u64 = 120;
    let ground = new();
    let store = ground.store();
    let is_done = AtomicBool::new(false);
    let write = |round: u64| {
        let mut batch = Batch::new();
        for rest in 0..40_u8 {
            batch.put(key(&[rest]), round.to_be_bytes().to_vec());
        }
        batch.put(key(b"large"), round.to_be_bytes().repeat(6_000));
        // A key that comes and goes, to be seen in every second round only.
        if round.is_multiple_of(2) {
            batch.put(key(b"even"), round.to_be_bytes().to_vec());
        } else {
            batch.remove(key(b"even"));
        }
        commit(&*store, batch).unwrap();
    };
    let read = || {
        let mut seen = 0;
        while !is_done.load(Ordering::Relaxed) {
            let page = scan(&*store, b"", None, 100).entries;
            let round = number(&page.first().unwrap().1.value);
            assert!(round >= seen, "round {seen} was seen before round {round}");
            seen = round;
            let is_even = page.iter().any(|(key, _)| key.rest() == b"even");
            assert_eq!(is_even, round.is_multiple_of(2), "round {round}");
            for (key, found) in page {
                assert!(
                    found.value.chunks(8).all(|part| number(part) == round),
                    "{key}"
                );
            }
            let large = get(&*store, &key(b"large")).unwrap().value;
            let round = number(large.first_chunk::<8>().unwrap());
            assert!(round >= seen && large.chunks(8).all(|part| number(part) == round));
            seen = round;
        }
    };
    write(0);
    thread::scope(|scope| {
        let reading: Vec<_> = (0..2).map(|_| scope.spawn(read)).collect();
        (1..=COMMITS).for_each(write);
        is_done.store(true, Ordering::Relaxed);
        for reading in reading {
            assert!(reading.join().is_ok());
        }
    });
    check_fingerprints(&*store);
}

/// Whether such a commit happens is open; that the next ones do is not.
pub fn a_commit_that_nobody_waits_for_harms_nothing(new: NewGround<'_>) {
    let mut ground = new();
    let store = ground.store();
    for number in 0..20_u8 {
        let mut batch = Batch::new();
        batch.put(key(&[0, number]), vec![number]);
        let mut context = Context::from_waker(Waker::noop());
        let polled: Poll<_> = pin!(store.commit(batch)).poll(&mut context);
        drop(polled);
        put(&*store, &key(&[1, number]), &[number]);
    }
    assert_eq!(scan(&*store, &[1], None, 100).entries.len(), 20);
    check_fingerprints(&*store);
    drop(store);
    ground.restart();
    assert_eq!(scan(&*ground.store(), &[1], None, 100).entries.len(), 20);
    check_fingerprints(&*ground.store());
}
