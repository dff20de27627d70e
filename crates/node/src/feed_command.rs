//! `escale feed`.

use std::process::ExitCode;

use crate::cli::Feed;
use crate::config::Config;
use crate::control::{Command, FeedCommand, ask};
use crate::output;

pub(crate) async fn feed(feed: Feed) -> anyhow::Result<ExitCode> {
    let (args, command) = match feed {
        Feed::State(args) => (args, FeedCommand::State),
        Feed::TakeOver(args) => (args, FeedCommand::TakeOver),
    };
    let config = Config::load(&args.folder.dir)?;
    let said = ask(&config, Command::Feed(command)).await?;
    output::result(&said, args.json);
    Ok(ExitCode::SUCCESS)
}
