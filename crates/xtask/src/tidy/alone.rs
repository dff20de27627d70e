//! Each crate alone, with its own features.
//!
//! In a workspace every crate is built with the features that any other asked for.
//! A crate that forgets one builds with the others and fails by itself.

use super::Finding;
use crate::house::House;
use crate::{programs, say};

/// Builds nothing that clippy or a build will not use again: the same folder, and only
/// metadata.
pub(super) fn check(house: &House) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &house.members {
        let mut command = programs::cargo(&house.root);
        command.args(["check", "--quiet", "--package", &member.name]);
        if programs::is_ci() {
            command.arg("--locked");
        }
        say::line(&format!("each-alone: {}", member.name));
        if let Err(why) = programs::run(&mut command) {
            let what = format!("does not build alone ({why})");
            findings.push(Finding::failure("each-alone", &member.name, what));
        }
    }
    findings
}
