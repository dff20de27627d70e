//! Driving the helper process.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What `store-torture check` can find; the numbers are its exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Whole,
    Violated,
    Refused,
    Reported,
    /// It died of a signal: nothing was served.
    Died,
    /// It did not end.
    Stuck,
}

/// How long a check may take. It takes a tenth of a second.
const CHECK_SECONDS_MAX: u64 = 60;

pub(crate) fn helper() -> Command {
    Command::new(env!("CARGO_BIN_EXE_store-torture"))
}

pub(crate) fn create(folder: &Path) {
    assert!(
        helper()
            .arg("create")
            .arg(folder)
            .status()
            .unwrap()
            .success()
    );
}

/// A load that runs, and what it has said so far.
pub(crate) struct Load {
    child: Child,
    said: Arc<Mutex<Vec<u8>>>,
    listener: JoinHandle<()>,
}

impl Load {
    /// Starts `command`, a helper or what starts one, and waits until the store is
    /// open.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        output.read_line(&mut first).unwrap();
        assert_eq!(first, "open\n");
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        let listener = std::thread::spawn(move || {
            let mut part = vec![0; 65_536];
            loop {
                match output.read(&mut part).unwrap() {
                    0 => return,
                    length => heard.lock().unwrap().extend(part.iter().take(length)),
                }
            }
        });
        Self {
            child,
            said,
            listener,
        }
    }

    pub(crate) fn on(folder: &Path) -> Self {
        let mut command = helper();
        command.arg("load").arg(folder);
        Self::start(command)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far, in whole lines.
    pub(crate) fn said(&self) -> Vec<u8> {
        let mut said = self.said.lock().unwrap().clone();
        let whole = said
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |last| last + 1);
        said.truncate(whole);
        said
    }

    /// SIGKILL, and what it had said. A line that the kill cut short was not said.
    pub(crate) fn kill(mut self) -> Vec<u8> {
        self.child.kill().unwrap();
        self.end().1
    }

    /// Waits for its end, and gives what it had said.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<u8>) {
        let status = self.child.wait().unwrap();
        while !self.listener.is_finished() {
            std::thread::sleep(Duration::from_millis(1));
        }
        (status, self.said())
    }
}

impl Drop for Load {
    /// A test that failed leaves no load behind. One that has ended is an error here.
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// Opens the store and compares it with what was said of it.
pub(crate) fn check(folder: &Path, said: &[u8]) -> (Verdict, String) {
    check_by(helper(), folder, said)
}

/// As [`check`], by this helper.
pub(crate) fn check_by(mut helper: Command, folder: &Path, said: &[u8]) -> (Verdict, String) {
    let mut child = helper
        .arg("check")
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // A check that refuses reads no input.
    let _unread = child.stdin.take().unwrap().write_all(said);
    let mut output = child.stdout.take().unwrap();
    let text = std::thread::spawn(move || {
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        text
    });
    let give_up = Instant::now() + Duration::from_secs(CHECK_SECONDS_MAX);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if Instant::now() > give_up {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let verdict = match status.map(|status| status.code()) {
        None => Verdict::Stuck,
        Some(None) => Verdict::Died,
        Some(Some(0)) => Verdict::Whole,
        Some(Some(2)) => Verdict::Refused,
        Some(Some(3)) => Verdict::Reported,
        Some(Some(_)) => Verdict::Violated,
    };
    (verdict, text.join().unwrap())
}

#[track_caller]
pub(crate) fn check_whole(folder: &Path, said: &[u8]) {
    let (verdict, text) = check(folder, said);
    assert_eq!(verdict, Verdict::Whole, "{text}");
}

/// The number of commits that were acknowledged.
pub(crate) fn acknowledged(said: &[u8]) -> usize {
    said.split(|byte| *byte == b'\n')
        .filter(|line| line.starts_with(b"a "))
        .count()
}

/// Numbers that are the same in every run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
