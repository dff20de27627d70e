//! What each step found, while it happens and at the end.

use serde_json::{Value, json};

use crate::environment::Stopwatch;
use crate::output;

/// The steps so far.
#[derive(Debug)]
pub(crate) struct Report {
    steps: Vec<Step>,
    stopwatch: Stopwatch,
}

#[derive(Debug)]
struct Step {
    name: &'static str,
    is_ok: bool,
    millis: u64,
    detail: String,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            steps: Vec::new(),
            stopwatch: Stopwatch::start(),
        }
    }

    /// Notes a step that began at `began`, and says so. Gives whether it holds.
    pub(crate) fn note(
        &mut self,
        name: &'static str,
        began: Stopwatch,
        outcome: anyhow::Result<String>,
    ) -> bool {
        let millis = began.millis().0;
        let (is_ok, detail) = match outcome {
            Ok(detail) => (true, detail),
            Err(error) => (false, format!("{error:#}")),
        };
        let sign = if is_ok { "ok  " } else { "FAIL" };
        output::line(format!("{sign} {name} ({millis} ms)\n     {detail}"));
        self.steps.push(Step {
            name,
            is_ok,
            millis,
            detail,
        });
        is_ok
    }

    /// Whether every step holds, and there were steps.
    pub(crate) fn is_ok(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.is_ok)
    }

    /// One line of JSON.
    pub(crate) fn to_json(&self) -> Value {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| {
                let Step {
                    name,
                    is_ok,
                    millis,
                    detail,
                } = step;
                json!({ "name": name, "ok": is_ok, "millis": millis, "detail": detail })
            })
            .collect();
        json!({ "steps": steps, "ok": self.is_ok() })
    }

    /// One line in words.
    pub(crate) fn summary(&self) -> String {
        let held = self.steps.iter().filter(|step| step.is_ok).count();
        let seconds = self.stopwatch.millis().0.div_ceil(1000);
        format!("{held} of {} steps hold, in {seconds} s", self.steps.len())
    }
}
