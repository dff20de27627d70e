//! The demonstration, as a newcomer would start it.
//!
//! It prints its progress for people, and on its last line what it found for machines:
//! `{"steps":[{"name","ok","millis","detail"}],"ok":true}`.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Context, Outcome};
use crate::say;
use crate::tidy::documents;

/// Six nodes that start, talk and stop take a quarter of a minute; the rest is for a
/// slow machine.
const DEMO_SECONDS_MAX: u64 = 120;

/// The steps that there are at least: none may be lost without anybody noticing.
const STEPS_MIN: usize = 13;

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
    match ended.and_then(|()| read(&text)) {
        Ok(steps) => {
            for step in &steps {
                say::line(step);
            }
            Outcome::Passed(format!("{} steps hold", steps.len()))
        }
        Err(why) => {
            say::line(text.trim_end());
            Outcome::Failed(why)
        }
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

/// The steps that the last line reports, each in a line, if all of them hold.
fn read(text: &str) -> Result<Vec<String>, String> {
    let last = text.lines().last().unwrap_or_default();
    let report: Value = serde_json::from_str(last)
        .map_err(|error| format!("the last line is no report: {error}"))?;
    let steps = report.get("steps").and_then(Value::as_array);
    let steps = steps.map(Vec::as_slice).unwrap_or_default();
    let is_ok = |value: &Value| value.get("ok") == Some(&Value::Bool(true));
    if let Some(step) = steps.iter().find(|step| !is_ok(step)) {
        return Err(format!("a step does not hold: {step}"));
    }
    if !is_ok(&report) {
        return Err(format!("says that it failed: {report}"));
    }
    if steps.len() < STEPS_MIN {
        return Err(format!(
            "{} steps, and there are {STEPS_MIN} at least",
            steps.len()
        ));
    }
    steps
        .iter()
        .map(|step| said(step).ok_or_else(|| format!("not as steps are written: {step}")))
        .collect()
}

/// A step in a line, if it is written as steps are.
fn said(step: &Value) -> Option<String> {
    let text = |name: &str| step.get(name).and_then(Value::as_str);
    let millis = step.get("millis").and_then(Value::as_u64)?;
    Some(format!(
        "demo: {millis:>6} ms  {}: {}",
        text("name")?,
        text("detail")?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(steps: usize, is_ok: bool) -> String {
        let step = |number: usize| {
            let is_ok = is_ok || number != 4;
            serde_json::json!({ "name": "a", "ok": is_ok, "millis": 7, "detail": "b" })
        };
        let steps: Vec<_> = (0..steps).map(step).collect();
        serde_json::json!({ "steps": steps, "ok": is_ok }).to_string()
    }

    #[test]
    fn the_last_line_is_what_counts() {
        let whole = report(STEPS_MIN, true);
        let read_whole = read(&format!("ok   a (7 ms)\n     b\n{whole}\n")).unwrap();
        assert_eq!(read_whole.len(), STEPS_MIN);
        assert_eq!(read_whole.first().unwrap(), "demo:      7 ms  a: b");
        assert!(read("").is_err());
        assert!(read("Ready on port 8080").is_err());
        assert!(read(&format!("{whole}\nand more")).is_err());
        assert!(read(&format!("{whole} and more")).is_err());
    }

    #[test]
    fn a_step_that_is_lost_fails_or_says_too_little_is_noticed() {
        let refused = |text: &str, why: &str| {
            let found = read(text).unwrap_err();
            assert!(found.contains(why), "{found}");
        };
        refused(&report(STEPS_MIN, false), "a step does not hold");
        refused(&report(STEPS_MIN - 1, true), "12 steps, and there are 13");
        let whole = report(STEPS_MIN, true);
        refused(
            &whole.replacen("{\"ok\":true", "{\"ok\":false", 1),
            "says that it failed",
        );
        refused(
            &whole.replacen("\"millis\":7", "\"millis\":\"7\"", 1),
            "not as steps",
        );
        refused("{\"ok\":true}", "0 steps");
        refused("{\"ok\":true,\"steps\":{}}", "0 steps");
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
