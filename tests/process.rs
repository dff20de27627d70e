//! Processes that end with the scenario, whatever becomes of it.
//!
//! They stay in the process group of the test: whoever ends the test from outside, as
//! nextest does at its time limit, ends them with it.

use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

use crate::wait;

/// A running process.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts it.
    #[track_caller]
    pub fn start(command: &mut Command) -> Self {
        let child = command.spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child itself, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends it a signal, and nobody else.
    pub fn signal(&mut self, signal: Signal) {
        // Once it was waited for, its number may be another's.
        if self.ended().is_none() {
            // It may end by itself before it hears this; whoever cares asks how it ended.
            let _ = kill_process(pid(self.id()), signal);
        }
    }

    /// Sends a signal to it and to all that it started, as a terminal does.
    pub fn signal_all(&mut self, signal: Signal) {
        if self.ended().is_none() {
            let all = descendants(self.id());
            self.signal(signal);
            for id in all {
                let _ = kill_process(pid(id), signal);
            }
        }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// Waits until it ends by itself; gives how, and how long that took.
    #[track_caller]
    pub fn wait(&mut self, limit: Duration) -> (ExitStatus, Duration) {
        let began = Instant::now();
        let status = wait::within(limit, "a process ends", || {
            self.ended().ok_or_else(|| "it still runs".to_owned())
        });
        (status, began.elapsed())
    }

    /// The numbers of the processes that it started and that still run.
    pub fn children(&self) -> Vec<u32> {
        children_of(self.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal_all(Signal::KILL);
        let _ = self.child.wait();
    }
}

fn descendants(parent: u32) -> Vec<u32> {
    let mut found = children_of(parent);
    let deeper: Vec<_> = found.iter().flat_map(|child| descendants(*child)).collect();
    found.extend(deeper);
    found
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(id.cast_signed()).expect("a process has a number above zero")
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("/proc can be read");
    let numbers = processes.flatten().filter_map(|entry| {
        let name = entry.file_name();
        name.to_str()?.parse::<u32>().ok()
    });
    let is_child = |id: &u32| {
        let text = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let is_of_parent = text
            .lines()
            .any(|line| line.strip_prefix("PPid:").map(str::trim) == Some(&parent.to_string()));
        is_of_parent && !text.contains("\nState:\tZ")
    };
    numbers.filter(is_child).collect()
}

/// Whether a process of this number runs.
pub fn runs(id: u32) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status"));
    status.is_ok_and(|text| !text.contains("\nState:\tZ"))
}
