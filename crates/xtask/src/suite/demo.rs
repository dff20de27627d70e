//! The demonstration, as a newcomer would start it.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Context, Outcome};
use crate::say;
use crate::tidy::documents;

/// Three nodes that start, talk and stop take seconds; a minute more for a slow machine.
const DEMO_SECONDS_MAX: u64 = 120;

/// `escale demo --once --json` comes to its end and says that all went well.
pub(super) fn step(context: &Context) -> Outcome {
    let binary = context.house.target.join("release").join("escale");
    match documents::commands_of(&binary) {
        Ok(commands) if commands.contains("demo") => {}
        Ok(_) => return Outcome::NotRun("`escale` has no command `demo`".to_owned()),
        Err(error) => return Outcome::Failed(format!("{error:#}")),
    }
    let printed = context.house.target.join("escale-demo.json");
    let limit = Duration::from_secs(DEMO_SECONDS_MAX);
    let mut command = Command::new(&binary);
    let ended = run_into(command.args(["demo", "--once", "--json"]), &printed, limit);
    let text = std::fs::read_to_string(&printed).unwrap_or_default();
    say::line(text.trim_end());
    match ended.and_then(|()| read(&text)) {
        Ok(documents) => Outcome::Passed(format!("{documents} JSON documents")),
        Err(why) => Outcome::Failed(why),
    }
}

/// Runs with its standard output in a file, so that a full pipe cannot stop it.
fn run_into(command: &mut Command, printed: &Path, limit: Duration) -> Result<(), String> {
    let file = File::create(printed).map_err(|error| format!("{}: {error}", printed.display()))?;
    let started = Instant::now();
    let spawned = command.stdin(Stdio::null()).stdout(file).spawn();
    let mut child = spawned.map_err(|error| format!("could not be started: {error}"))?;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("{status}")),
            Ok(None) if started.elapsed() > limit => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("not at its end after {} s", limit.as_secs()));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => return Err(format!("could not be waited for: {error}")),
        }
    }
}

/// One or more JSON documents, none of which says `"ok": false`; how many.
fn read(text: &str) -> Result<usize, String> {
    let mut documents = 0;
    for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let document = document.map_err(|error| format!("printed no JSON: {error}"))?;
        if document.get("ok") == Some(&Value::Bool(false)) {
            return Err(format!("says that it failed: {document}"));
        }
        documents += 1;
    }
    if documents == 0 {
        Err("printed nothing".to_owned())
    } else {
        Ok(documents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_json_or_says_no_fails() {
        assert_eq!(read("{\"ok\": true}\n"), Ok(1));
        assert_eq!(read("{\"step\": 1}\n{\"step\": 2}\n"), Ok(2));
        assert!(read("").is_err());
        assert!(read("Ready on port 8080").is_err());
        assert!(read("{\"ok\": true} and more").is_err());
        assert!(read("{\"ok\": true}\n{\"ok\": false}").is_err());
    }

    #[test]
    fn a_demonstration_that_fails_or_hangs_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let run = |script: &str, limit: Duration| {
            let printed = folder.path().join("printed");
            run_into(Command::new("sh").args(["-c", script]), &printed, limit)
        };
        assert_eq!(run("echo 1", Duration::from_secs(60)), Ok(()));
        assert!(
            run("exit 3", Duration::from_secs(60))
                .unwrap_err()
                .contains('3')
        );
        assert!(
            run("exec sleep 60", Duration::ZERO)
                .unwrap_err()
                .contains("not at its end")
        );
    }
}
