//! Disks that are full, that fail, and that lose their power.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::mount::{Mount, loudly_without};
use crate::torture::{
    Load, Numbers, Verdict, acknowledged, check, check_by, check_whole, create, helper,
};

/// The exit code of a load whose commit failed and that could do nothing after it.
const ENDED: Option<i32> = Some(4);

/// How many entries the helper's tasks keep.
const KEPT: &str = "STORE_TORTURE_KEPT";

fn check_growing(folder: &Path, said: &[u8]) -> (Verdict, String) {
    let mut command = helper();
    command.env(KEPT, u64::MAX.to_string());
    check_by(command, folder, said)
}

#[track_caller]
fn check_ended(load: Load) -> Vec<u8> {
    let (status, said) = load.end();
    let text = String::from_utf8_lossy(&said);
    let last = text.lines().last().unwrap_or_default();
    assert_eq!(status.code(), ENDED, "{last}");
    // Which of its calls the first task was in is chance.
    assert!(last.starts_with("end "), "{last}");
    assert!(acknowledged(&said) > 100);
    said
}

#[test]
fn a_full_disk_ends_the_store_and_room_brings_it_back_whole() {
    let ground = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::memory(ground.path(), "size=6m") else {
        loudly_without(
            "mounting",
            "the disk is full by a limit on the size of files",
        );
        return full_by_a_limit(ground.path());
    };
    let folder = mount.path().join("store");
    create(&folder);
    let mut said = Vec::new();
    for megabytes in [6, 8, 10] {
        mount.remount(&format!("size={megabytes}m"));
        said.extend(check_ended(Load::start(growing(&folder))));
        // A start on a full disk is refused, or is a start; nothing is lost by it.
        let (verdict, text) = check_growing(&folder, &said);
        assert!(
            matches!(verdict, Verdict::Refused | Verdict::Whole),
            "{text}"
        );
    }
    mount.remount("size=64m");
    let (verdict, text) = check_growing(&folder, &said);
    assert_eq!(verdict, Verdict::Whole, "{text}");
}

/// A load that removes nothing, so that it needs more and more room.
fn growing(folder: &Path) -> Command {
    let mut command = helper();
    command
        .arg("load")
        .arg(folder)
        .env(KEPT, u64::MAX.to_string());
    command
}

fn full_by_a_limit(ground: &Path) {
    let folder = ground.join("store");
    create(&folder);
    let mut limited = Command::new("sh");
    limited.args([
        "-c",
        "trap '' XFSZ; ulimit -f 6144; exec \"$0\" load \"$1\"",
    ]);
    limited
        .arg(helper().get_program())
        .arg(&folder)
        .env(KEPT, u64::MAX.to_string());
    let said = check_ended(Load::start(limited));
    let (verdict, text) = check_growing(&folder, &said);
    assert_eq!(verdict, Verdict::Whole, "{text}");
}

/// The kernel reports a lost write once; who asks again is told that all is well.
#[test]
fn a_sync_that_fails_once_ends_the_store() {
    let ground = tempfile::tempdir().unwrap();
    let folder = ground.path().join("store");
    create(&folder);
    let mut said = Vec::new();
    for (call, error) in [
        ("fdatasync", "EIO"),
        ("pwrite64", "ENOSPC"),
        ("pwrite64", "EIO"),
    ] {
        let mut command = Command::new("strace");
        command.args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            &format!("trace={call}"),
            "-e",
        ]);
        command.arg(format!("inject={call}:error={error}:when=300"));
        command.arg(helper().get_program()).arg("load").arg(&folder);
        if Command::new("strace")
            .args(["-qq", "-o", "/dev/null", "true"])
            .status()
            .is_err()
        {
            return loudly_without("strace", "no failing sync is tried");
        }
        said.extend(check_ended(Load::start(command)));
        check_whole(&folder, &said);
    }
}

/// The image of a mounted file system, copied while nothing is in the middle of a
/// call, is what a disk holds after a power cut: what was not synced is not in it.
#[test]
fn long_power_cuts_lose_nothing_that_was_acknowledged() {
    const CUTS: usize = 25;
    let ground = tempfile::tempdir().unwrap();
    let image = ground.path().join("image");
    fs::File::create(&image).unwrap().set_len(96 << 20).unwrap();
    let made = Command::new("mkfs.ext4")
        .arg("-q")
        .arg(&image)
        .stderr(Stdio::null())
        .status();
    let mount = made
        .is_ok_and(|status| status.success())
        .then(|| Mount::image(ground.path(), "disk", &image))
        .flatten();
    let Some(mount) = mount else {
        return loudly_without("loop devices", "no power cut is tried");
    };
    let folder = mount.path().join("store");
    create(&folder);
    let mut numbers = Numbers(3);
    for cut in 0..CUTS {
        let load = Load::on(&folder);
        std::thread::sleep(Duration::from_millis(100 + numbers.below(1_500)));
        signal(&load, "STOP");
        // A call that was under way when the signal came has ended after this.
        std::thread::sleep(Duration::from_millis(20));
        let said = load.said();
        let copied = ground.path().join("copied");
        fs::copy(&image, &copied).unwrap();
        signal(&load, "CONT");
        load.kill();
        assert!(acknowledged(&said) > 10);
        let after = Mount::image(ground.path(), "after", &copied).unwrap();
        let (verdict, text) = check(&after.path().join("store"), &said);
        assert_eq!(verdict, Verdict::Whole, "cut {cut}: {text}");
    }
}

fn signal(load: &Load, name: &str) {
    let kill = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(load.id().to_string())
        .status();
    assert!(kill.unwrap().success());
}
