//! The steps of the demonstration, each with what must hold at its end.

mod passports;
mod setup;
mod trainings;
mod trouble;
mod visits;

use super::network::Network;
use super::report::Report;
use crate::environment::Stopwatch;

/// Runs a step and notes it; a step that does not hold ends the demonstration,
/// because the next ones build on it.
macro_rules! step {
    ($report:expr, $name:literal, $step:expr) => {{
        let began = Stopwatch::start();
        let outcome = $step.await;
        if !$report.note($name, began, outcome) {
            return Ok(());
        }
    }};
}

/// From nothing, or from what was kept, to six nodes that know and trust each other.
pub(crate) async fn begin(
    network: &mut Network,
    report: &mut Report,
    is_new: bool,
) -> anyhow::Result<()> {
    if is_new {
        step!(
            report,
            "the coordinator starts",
            setup::coordinator(network)
        );
        step!(
            report,
            "five spaces are invited and start",
            setup::spaces(network)
        );
        step!(
            report,
            "each space joins and is labelled",
            setup::labels(network)
        );
        step!(
            report,
            "each node reads all formulas and prices",
            setup::prices(network)
        );
        step!(
            report,
            "what each village has on is in every calendar",
            trainings::publish_all(network)
        );
        network.is_whole()?;
    } else {
        step!(report, "the kept nodes start again", setup::again(network));
    }
    Ok(())
}

/// Every step.
pub(crate) async fn all(network: &mut Network, report: &mut Report) -> anyhow::Result<()> {
    begin(network, report, true).await?;
    if !report.is_ok() {
        return Ok(());
    }
    step!(
        report,
        "a forged price on the line is refused",
        trouble::forgery(network)
    );
    visitors(network, report).await?;
    if !report.is_ok() {
        return Ok(());
    }
    receipts(network, report).await?;
    if !report.is_ok() {
        return Ok(());
    }
    seats(network, report).await?;
    if !report.is_ok() {
        return Ok(());
    }
    step!(
        report,
        "without the coordinator everything still reads",
        trouble::alone(network)
    );
    step!(
        report,
        "a withdrawn label is seen by every node",
        trouble::withdrawal(network)
    );
    step!(
        report,
        "a node that missed ten records catches up",
        trouble::absence(network)
    );
    step!(
        report,
        "a node killed while it commits loses nothing",
        trouble::kill(network)
    );
    step!(
        report,
        "every store holds what was promised",
        trouble::check_all(network)
    );
    Ok(())
}

/// A visit, and what the home makes of it.
async fn receipts(network: &mut Network, report: &mut Report) -> anyhow::Result<()> {
    let began = Stopwatch::start();
    let name = "a visit made while the home is down reaches it once";
    let ended = match visits::while_home_is_down(network).await {
        Ok((ended, said)) => {
            report.note(name, began, Ok(said));
            ended
        }
        Err(error) => {
            report.note(name, began, Err(error));
            return Ok(());
        }
    };
    step!(
        report,
        "a host that lies gains nothing",
        visits::host_that_lies(network, &ended)
    );
    step!(
        report,
        "a visit that never was is taken back",
        visits::corrected(network, &ended)
    );
    Ok(())
}

/// A training with fewer seats than those who ask.
async fn seats(network: &mut Network, report: &mut Report) -> anyhow::Result<()> {
    let began = Stopwatch::start();
    let name = "five ask for three seats through kills of the owner";
    let training = match trainings::seats(network).await {
        Ok((training, said)) => {
            report.note(name, began, Ok(said));
            training
        }
        Err(error) => {
            report.note(name, began, Err(error));
            return Ok(());
        }
    };
    step!(
        report,
        "a seat that is given back goes to the first who waits",
        trainings::promoted(network, &training)
    );
    step!(
        report,
        "a cancelled training stays in every calendar and says so",
        trainings::cancelled(network, &training)
    );
    Ok(())
}

/// A member of one village at the doors of others.
async fn visitors(network: &mut Network, report: &mut Report) -> anyhow::Result<()> {
    let visit = passports::prepare(network);
    let mut visit = match visit.await {
        Ok(visit) => visit,
        Err(error) => {
            report.note(
                "a member is enrolled by a code",
                Stopwatch::start(),
                Err(error),
            );
            return Ok(());
        }
    };
    step!(
        report,
        "a member is let in with home and coordinator gone",
        passports::let_in(network, &mut visit)
    );
    step!(
        report,
        "no changed passport is genuine",
        passports::altered(network, &visit)
    );
    step!(
        report,
        "what the home takes back is refused",
        passports::taken_back(network, &visit)
    );
    step!(
        report,
        "without the home's label nobody of it is let in",
        passports::without_label(network, &visit)
    );
    step!(
        report,
        "a desk knows when it knows too little",
        passports::other_times(network, &visit)
    );
    Ok(())
}
