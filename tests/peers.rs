//! What nodes sign, judged by programs that nobody here wrote: the committed vectors,
//! and running nodes over HTTP. Each has its own negative controls.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use scenarios::binaries::{not_run, target};
use scenarios::command::run;
use scenarios::counts::count;
use scenarios::network::Network;
use scenarios::node::{Node, price};

/// How long a judge may take.
const JUDGE: Duration = Duration::from_secs(120);

/// The Python that has the packages; said aloud where there is none.
fn python() -> Option<PathBuf> {
    let told = std::env::var_os("ESCALE_PEERS_PYTHON").map(PathBuf::from);
    let python = told.unwrap_or_else(|| target().join("peers-venv/bin/python"));
    let is_whole = python
        .ancestors()
        .nth(2)
        .is_some_and(|venv| venv.join("made-for.txt").is_file());
    if !is_whole {
        not_run("no Python packages (`cargo xtask test` installs them); not checked: signatures");
    }
    is_whole.then_some(python)
}

/// Runs a judge; gives what it counted under this name.
#[track_caller]
fn judged(python: &Path, script: &str, words: &[&str], name: &str) -> u64 {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("peers")
        .join(script);
    let mut command = Command::new(python);
    // Nothing is written beside the script.
    command.arg("-B").arg(script).args(words);
    let done = run(&mut command, JUDGE);
    assert_eq!(done.code, Some(0), "{done:#?}");
    let prefix = format!("count: {name} ");
    let counted = done.out.lines().find_map(|line| line.strip_prefix(&prefix));
    let counted = counted.and_then(|number| number.parse().ok());
    counted.unwrap_or_else(|| panic!("nothing counted: {done:#?}"))
}

#[test]
fn the_vectors_hold_for_python() {
    let Some(python) = python() else { return };
    let number = judged(&python, "check_vectors.py", &[], "vectors_by_python");
    count("vectors_by_python", number);
}

#[test]
fn what_running_nodes_sign_holds_for_jwcrypto() {
    let Some(python) = python() else { return };
    let network = Network::running();
    let space = network.labelled("le-mug");
    let coordinator = &network.coordinator;
    coordinator.until("the coordinator has read the space", |home| {
        price(home, &space.entity, "month") == Some(19_000)
    });
    let root_x = &root_of(&space);
    let words = [root_x.as_str(), &coordinator.entity, &space.entity];
    let number = judged(&python, "check_node.py", &words, "live_by_jwcrypto");
    count("live_by_jwcrypto", number);

    // Another label's root key vouches for nothing here.
    let other = root_of(&Network::made().coordinator);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/check_node.py");
    let mut command = Command::new(&python);
    let words = [&other, &coordinator.entity, &space.entity];
    let done = run(command.arg("-B").arg(script).args(words), JUDGE);
    assert_ne!(done.code, Some(0), "{done:#?}");
    assert!(
        done.err
            .contains("does not hold: a document of kind escale-anchor"),
        "{done:#?}"
    );
}

/// The root key that a node has pinned.
fn root_of(node: &Node) -> String {
    let configured = std::fs::read_to_string(node.dir.join("escale.toml"));
    let configured = configured.expect("a configuration");
    let mut lines = configured.lines();
    let found = lines.find_map(|line| line.strip_prefix("root_key = \"")?.strip_suffix('"'));
    found.expect("a pinned root key").to_owned()
}
