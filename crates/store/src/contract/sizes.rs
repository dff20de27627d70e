//! The contract around limits, and of values that a backend may keep in parts.
#![expect(clippy::missing_panics_doc, reason = "these are tests")]

use super::{NewGround, PREFIX, check_fingerprints, commit, get, key, put, scan, wait};
use crate::{
    BATCH_BYTES_MAX, Batch, CommitError, Expected, Fingerprint, KEY_BYTES_MAX, SCAN_BYTES_MAX,
    Store, VALUE_BYTES_MAX,
};

/// A page does not hold a thousand values of the largest size.
pub fn a_page_of_large_values_ends_early(new: NewGround<'_>) {
    let store = new().store();
    for number in 0..6 {
        put(&*store, &key(&[number]), &vec![number; VALUE_BYTES_MAX]);
    }
    let page = scan(&*store, b"", None, 100);
    assert_eq!(page.entries.len(), SCAN_BYTES_MAX / VALUE_BYTES_MAX);
    assert!(page.is_cut);
    let after = page.entries.last().map(|(key, _)| key.clone());
    let rest = scan(&*store, b"", after.as_ref(), 100);
    assert_eq!(rest.entries.len(), 2);
    assert!(!rest.is_cut);
}

/// Each limit is met exactly, and exceeded by one.
pub fn what_is_over_a_limit_is_refused_and_not_written(new: NewGround<'_>) {
    #[track_caller]
    fn refused(store: &dyn Store, mut batch: Batch, limit_bytes: usize) {
        batch.put(key(b"beside"), Vec::new());
        let error = commit(store, batch).unwrap_err();
        assert!(
            matches!(error, CommitError::TooLarge { limit, .. } if limit == limit_bytes),
            "{error}"
        );
        assert_eq!(get(store, &key(b"beside")), None);
    }
    let store = new().store();
    let longest = key(&[1; KEY_BYTES_MAX - 2]);
    let longer = key(&[1; KEY_BYTES_MAX - 1]);
    put(&*store, &longest, &vec![2; VALUE_BYTES_MAX]);
    assert_eq!(
        get(&*store, &longest).unwrap().value,
        vec![2; VALUE_BYTES_MAX]
    );
    assert_eq!(scan(&*store, b"", None, 1).entries.len(), 1);
    let mut batch = Batch::new();
    batch.put(longer.clone(), Vec::new());
    refused(&*store, batch, KEY_BYTES_MAX);
    let mut batch = Batch::new();
    batch.expect(longer, Expected::Absent);
    refused(&*store, batch, KEY_BYTES_MAX);
    let mut batch = Batch::new();
    batch.put(key(b"v"), vec![0; VALUE_BYTES_MAX + 1]);
    refused(&*store, batch, VALUE_BYTES_MAX);
    let mut batch = Batch::new();
    for number in 0..8 {
        batch.put(key(&[number]), vec![0; VALUE_BYTES_MAX]);
    }
    assert!(batch.bytes() > BATCH_BYTES_MAX);
    refused(&*store, batch.clone(), BATCH_BYTES_MAX);
    let over = batch.bytes() - BATCH_BYTES_MAX;
    batch.put(key(&[0]), vec![0; VALUE_BYTES_MAX - over]);
    assert_eq!(batch.bytes(), BATCH_BYTES_MAX);
    commit(&*store, batch).unwrap();
    check_fingerprints(&*store);
}

/// Sizes around every border that a backend may have.
pub fn values_of_every_size_are_kept(new: NewGround<'_>) {
    let mut ground = new();
    let near = |size: usize| [size - 30, size - 29, size - 1, size, size + 1];
    let sizes: Vec<usize> = [512, 4_096, 6_000, 8_192, 12_000, 65_536, 524_288]
        .into_iter()
        .flat_map(near)
        .chain([0, 1, VALUE_BYTES_MAX - 1, VALUE_BYTES_MAX])
        .collect();
    for _ in 0..2 {
        for size in &sizes {
            put(
                &*ground.store(),
                &key(&size.to_be_bytes()),
                &patterned(*size),
            );
        }
        ground.restart();
        for size in &sizes {
            let found = get(&*ground.store(), &key(&size.to_be_bytes())).unwrap();
            assert!(found.value == patterned(*size), "{size} bytes");
        }
    }
    check_fingerprints(&*ground.store());
}

/// A value that shrinks, grows, or goes takes every part of the old one along.
pub fn a_large_value_leaves_nothing_behind(new: NewGround<'_>) {
    let mut ground = new();
    for size in [500_000, 20_000, 10, 30_000, 29_000, 0, 700_000] {
        put(&*ground.store(), &key(b"a"), &patterned(size));
        put(&*ground.store(), &key(b"a\0"), &patterned(size / 2));
        ground.restart();
        let store = ground.store();
        assert!(get(&*store, &key(b"a")).unwrap().value == patterned(size));
        assert!(get(&*store, &key(b"a\0")).unwrap().value == patterned(size / 2));
        assert_eq!(scan(&*store, b"", None, 10).entries.len(), 2);
    }
    let store = ground.store();
    let mut batch = Batch::new();
    batch.remove(key(b"a")).remove(key(b"a\0"));
    commit(&*store, batch).unwrap();
    assert!(scan(&*store, b"", None, 10).entries.is_empty());
    assert_eq!(wait(store.recount(PREFIX)).unwrap(), Fingerprint::default());
    check_fingerprints(&*store);
}

/// Bytes that differ from place to place, so that parts in a wrong order show.
pub(super) fn patterned(bytes: usize) -> Vec<u8> {
    (0_u32..)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes())
        .take(bytes)
        .collect()
}
