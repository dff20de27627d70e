//! Commands, as a person types them.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::binaries;
use crate::process::Process;

/// How long a command may take.
const COMMAND: Duration = Duration::from_secs(60);

/// What a command printed, and how it ended.
#[derive(Debug, Clone)]
pub struct Done {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs `escale` with these words.
#[track_caller]
pub fn escale<I, S>(words: I) -> Done
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    run(Command::new(binaries::escale()).args(words), COMMAND)
}

/// Runs `escale` with these words on the node in `dir`.
#[track_caller]
pub fn escale_in(dir: &Path, words: &[&str]) -> Done {
    let mut command = Command::new(binaries::escale());
    run(command.args(words).arg("--dir").arg(dir), COMMAND)
}

/// Runs any command to its end.
#[track_caller]
pub fn run(command: &mut Command, limit: Duration) -> Done {
    run_reading(command, Stdio::null(), limit)
}

/// Runs any command to its end, with `input` as its standard input.
#[track_caller]
pub fn run_reading(command: &mut Command, input: Stdio, limit: Duration) -> Done {
    command
        .stdin(input)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = Process::start(command);
    let out = reader(process.child().stdout.take());
    let err = reader(process.child().stderr.take());
    let (status, _) = process.wait(limit);
    Done {
        code: status.code(),
        out: out.join().expect("reading does not panic"),
        err: err.join().expect("reading does not panic"),
    }
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Done {
    /// It succeeded, and said nothing that a program says when it breaks.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.is_orderly();
        self
    }

    /// It failed in an orderly way, and said each of these.
    #[track_caller]
    pub fn refused(self, saying: &[&str]) -> Self {
        assert_eq!(self.code, Some(1), "{self:#?}");
        self.is_orderly();
        assert!(self.err.contains("escale: "), "{self:#?}");
        for part in saying {
            assert!(self.err.contains(part), "{part:?} is not in {self:#?}");
        }
        self
    }

    /// The command line was not understood, and it says each of these.
    #[track_caller]
    pub fn not_understood(self, saying: &[&str]) -> Self {
        assert_eq!(self.code, Some(2), "{self:#?}");
        self.is_orderly();
        for part in saying {
            assert!(self.err.contains(part), "{part:?} is not in {self:#?}");
        }
        self
    }

    /// No panic and no trace of one.
    #[track_caller]
    pub fn is_orderly(&self) {
        for broken in ["panicked", "RUST_BACKTRACE", "stack backtrace", ".rs:"] {
            assert!(
                !self.err.contains(broken) && !self.out.contains(broken),
                "{broken:?} in {self:#?}"
            );
        }
    }

    /// All of standard output as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }

    /// The last line of standard output as JSON.
    #[track_caller]
    pub fn last_json(&self) -> Value {
        let line = self.out.lines().last().unwrap_or_default();
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }
}
