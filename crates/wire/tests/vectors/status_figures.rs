//! The figures of the Token Status List draft, in `../shared/vectors`: four lists of a
//! million statuses, of one, two, four and eight bits.

use std::path::Path;

use serde_json::Value;
use wire::status_list::{StatusList, Statuses};

use crate::forge::{text, went_through};

/// How many statuses each list has: 2^20.
const PLACES: u64 = 1 << 20;

/// The figures, or nothing, said loudly; in continuous integration that is a failure.
fn figures() -> Option<Value> {
    let beside = "../../../shared/vectors/status-list/tsl_vectors.json";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(beside);
    let read = std::fs::read(&path).ok();
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(read.is_some() || !is_ci, "{} is not there", path.display());
    if read.is_none() {
        let said = format!("!!!!!! NOT CHECKED: {} is not there\n", path.display());
        std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).expect("it is open");
    }
    Some(serde_json::from_slice(&read?).expect("a published set is JSON"))
}

/// What the draft says of a place: 0 where it says nothing.
fn expected(figure: &Value, idx: u64) -> u64 {
    let said = figure["exp"].get(idx.to_string());
    said.map_or(0, |it| it.as_u64().expect("a status"))
}

#[test]
fn the_figures_of_the_draft_are_read_place_by_place() {
    let Some(figures) = figures() else {
        return;
    };
    let mut cases = 0;
    for bits in [1_u8, 2, 4, 8] {
        let figure = &figures[bits.to_string()];
        let list = |bits| StatusList {
            bits,
            lst: text(figure, "lst").to_owned(),
        };
        let statuses = Statuses::unpack(&list(bits)).expect("a figure");
        assert_eq!(statuses.count(), PLACES, "{bits} bits");
        for idx in 0..PLACES {
            let status = u64::from(statuses.get(idx).expect("a place"));
            assert_eq!(status, expected(figure, idx), "{bits} bits, place {idx}");
            cases += 1;
        }
        assert_eq!(statuses.get(PLACES), None, "{bits} bits");
        // The control: with another number of bits, it is another list.
        let other = Statuses::unpack(&list(if bits == 1 { 2 } else { bits / 2 }));
        let other = other.expect("it can be unpacked");
        let differ = |idx: &u64| other.get(*idx).map(u64::from) != Some(expected(figure, *idx));
        assert!((0..PLACES).any(|idx| differ(&idx)), "{bits} bits");
    }
    went_through("status_list_figures", cases);
}
