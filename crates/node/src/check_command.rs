//! `escale check`.

use std::process::ExitCode;

use serde_json::Value;

use crate::cli::Check;
use crate::config::Config;
use crate::control::{Command, ask};
use crate::output;

pub(crate) async fn check(args: &Check) -> anyhow::Result<ExitCode> {
    let config = Config::load(&args.folder.dir)?;
    let report = ask(&config, Command::Check { is_deep: args.deep }).await?;
    let is_ok = report.get("ok").and_then(Value::as_bool) == Some(true);
    if args.json {
        output::line(&report);
    } else {
        let count = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_default();
        output::line(format!(
            "{} feeds, {} records, {} entries",
            count("feeds"),
            count("records"),
            count("entries")
        ));
        for problem in report
            .get("problems")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            output::line(format!("- {}", problem.as_str().unwrap_or_default()));
        }
        output::line(if is_ok {
            if args.deep {
                "Everything fits."
            } else {
                "What was looked at fits. --deep looks at everything."
            }
        } else {
            "Something does not fit."
        });
    }
    Ok(if is_ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
