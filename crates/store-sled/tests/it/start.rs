//! What a start refuses, and the line with which it does.

use std::fs;
use std::path::Path;
use std::process::Command;

use store_sled::{OpenError, Options, SledStore};

use crate::mount::{Mount, loudly_without};
use crate::torture::{Load, Verdict, check, check_whole, create};

fn refused(folder: &Path) -> String {
    SledStore::open(folder, Options::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn opening_never_creates_and_creating_never_overwrites() {
    let ground = tempfile::tempdir().unwrap();
    let folder = ground.path().join("store");
    assert!(refused(&folder).ends_with("is missing; a store is only opened where one was created"));
    assert!(!folder.exists());
    SledStore::create(&folder).unwrap();
    let again = SledStore::create(&folder).unwrap_err();
    assert!(matches!(again, OpenError::Exists { .. }), "{again}");
    for part in ["sled/db", "high-water", "lock"] {
        let (from, to) = (folder.join(part), ground.path().join("aside"));
        fs::rename(&from, &to).unwrap();
        assert!(refused(&folder).contains(part), "{part}");
        let again = SledStore::create(&folder).unwrap_err();
        assert!(
            matches!(again, OpenError::Exists { .. }),
            "a part of a store is there: {again}"
        );
        fs::rename(&to, &from).unwrap();
    }
    drop(SledStore::open(&folder, Options::default()).unwrap());
}

#[test]
fn a_second_process_is_refused_and_harms_nothing() {
    let ground = tempfile::tempdir().unwrap();
    let folder = ground.path().join("store");
    create(&folder);
    let load = Load::on(&folder);
    for _ in 0..3 {
        let (verdict, text) = check(&folder, b"");
        assert_eq!(verdict, Verdict::Refused);
        assert!(text.ends_with("is open in another process\n"), "{text}");
        assert!(refused(&folder).ends_with("is open in another process"));
    }
    check_whole(&folder, &load.kill());
}

#[test]
fn a_store_can_be_opened_again_as_soon_as_it_is_closed() {
    let ground = tempfile::tempdir().unwrap();
    SledStore::create(&ground.path().join("store")).unwrap();
    for _ in 0..20 {
        SledStore::open(&ground.path().join("store"), Options::default()).unwrap();
    }
}

/// The high-water file is read before the engine touches anything.
#[test]
fn a_newer_store_is_refused_before_anything_is_written() {
    let ground = tempfile::tempdir().unwrap();
    let folder = ground.path().join("store");
    SledStore::create(&folder).unwrap();
    let path = folder.join("high-water");
    let mut bytes = fs::read(&path).unwrap();
    for slot in [0, 512] {
        bytes[slot + 11] = 9;
    }
    fs::write(&path, bytes).unwrap();
    let before = fs::read(folder.join("sled/db")).unwrap();
    assert_eq!(
        refused(&folder),
        "the store has format 9, and this program knows format 1: it is too old"
    );
    assert!(fs::read(folder.join("sled/db")).unwrap() == before);
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_and_kept() {
    let ground = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::memory(ground.path(), "size=16m") else {
        loudly_without("mounting", "a read-only folder is tried by its permissions");
        return without_permission(ground.path());
    };
    let folder = mount.path().join("store");
    create(&folder);
    mount.remount("ro");
    let (verdict, text) = check(&folder, b"");
    assert_eq!(verdict, Verdict::Refused);
    assert!(
        text.contains("lock cannot be used: Read-only file system"),
        "{text}"
    );
    mount.remount("rw");
    check_whole(&folder, b"");
}

/// Means nothing to root, who may write everywhere; root may mount.
fn without_permission(ground: &Path) {
    let folder = ground.join("store");
    create(&folder);
    let change = |mode| {
        let changed = Command::new("chmod")
            .args(["-R", mode])
            .arg(&folder)
            .status();
        assert!(changed.unwrap().success());
    };
    change("a-w");
    assert!(refused(&folder).contains("lock cannot be used"));
    change("u+w");
    check_whole(&folder, b"");
}
