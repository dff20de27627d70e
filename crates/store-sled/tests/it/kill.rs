//! SIGKILL at random, under load and during the start.

use std::time::Duration;

use crate::torture::{Load, Numbers, acknowledged, check_whole, create, helper};

/// Each round starts on what the last one left, so a loss may also show later.
#[test]
fn a_hundred_kills_lose_nothing_that_was_acknowledged_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    create(&folder);
    let mut numbers = Numbers(1);
    let mut said = Vec::new();
    for round in 0..100 {
        let load = Load::on(&folder);
        std::thread::sleep(Duration::from_millis(numbers.below(200)));
        said.extend(load.kill());
        if round % 5 == 4 {
            check_whole(&folder, &said);
        }
    }
    assert!(acknowledged(&said) > 1_000, "the load was a load");
    println!("{} commits were acknowledged", acknowledged(&said));
}

#[test]
fn kills_during_the_start_leave_a_store_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("store");
    create(&folder);
    let mut numbers = Numbers(2);
    let load = Load::on(&folder);
    std::thread::sleep(Duration::from_millis(500));
    let said = load.kill();
    for _ in 0..40 {
        let mut child = helper()
            .arg("load")
            .arg(&folder)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(numbers.below(40_000)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    check_whole(&folder, &said);
}
