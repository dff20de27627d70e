//! What nodes sign and publish, judged by programs that nobody here wrote: the committed
//! vectors, running nodes over HTTP, calendar files. Each has its own negative controls.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use scenarios::binaries::{has, not_run, target};
use scenarios::command::{Done, run, run_reading};
use scenarios::counts::count;
use scenarios::desk;
use scenarios::http;
use scenarios::network::{Network, word};
use scenarios::node::{Node, price};
use scenarios::process::Process;
use scenarios::wait;

/// How long a judge may take.
pub(crate) const JUDGE: Duration = Duration::from_secs(170);

/// Where `cargo xtask test` put other people's packages; said aloud where it did not.
fn packages(told: &str, usual: &str, whose: &str, not_checked: &str) -> Option<PathBuf> {
    let told = std::env::var_os(told).map(PathBuf::from);
    let place = told.unwrap_or_else(|| target().join(usual));
    let is_whole = place
        .ancestors()
        .take(3)
        .any(|folder| folder.join("made-for.txt").is_file());
    if !is_whole {
        not_run(&format!(
            "no {whose} packages (`cargo xtask test` installs them); not checked: {not_checked}"
        ));
    }
    is_whole.then_some(place)
}

/// The Python that has the packages.
pub(crate) fn python() -> Option<PathBuf> {
    let usual = "peers-venv/bin/python";
    packages("ESCALE_PEERS_PYTHON", usual, "Python", "signatures")
}

/// The folder of npm's packages, if there is a Node.js to use them.
fn node_modules() -> Option<PathBuf> {
    let (usual, not_checked) = ("peers-npm/node_modules", "passports");
    let found = packages("ESCALE_PEERS_NODE_MODULES", usual, "npm", not_checked)?;
    has(&["node"], not_checked).then_some(found)
}

/// A script of this project.
fn script(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    folder.join(name)
}

/// A script for Python.
pub(crate) fn by_python(python: &Path, name: &str) -> Command {
    let mut command = Command::new(python);
    // Nothing is written beside the script.
    command.arg("-B").arg(script(name));
    command
}

/// The judge of passports.
fn by_sd_jwt(modules: &Path, words: &[&str]) -> Command {
    by_node(modules, "check_passports.mjs", words)
}

/// A script for Node.js, with npm's packages.
fn by_node(modules: &Path, name: &str, words: &[&str]) -> Command {
    let mut command = Command::new("node");
    command
        .env("ESCALE_PEERS_NODE_MODULES", modules)
        .arg(script(name))
        .args(words);
    command
}

/// What a judge that found nothing wrong counted under this name.
#[track_caller]
pub(crate) fn counted(done: &Done, name: &str) -> u64 {
    assert_eq!(done.code, Some(0), "{done:#?}");
    let prefix = format!("count: {name} ");
    let counted = done.out.lines().find_map(|line| line.strip_prefix(&prefix));
    let counted = counted.and_then(|number| number.parse().ok());
    counted.unwrap_or_else(|| panic!("nothing counted: {done:#?}"))
}

/// A judge that found this.
#[track_caller]
pub(crate) fn found(done: &Done, what: &str) {
    assert_ne!(done.code, Some(0), "{done:#?}");
    let line = format!("does not hold: {what}");
    assert!(done.err.contains(&line), "{done:#?}");
}

#[test]
fn the_vectors_hold_for_python() {
    let Some(python) = python() else { return };
    let done = run(&mut by_python(&python, "check_vectors.py"), JUDGE);
    for name in [
        "vectors_by_python",
        "visits_by_zoneinfo",
        "events_by_zoneinfo",
        "rules_by_dateutil",
    ] {
        count(name, counted(&done, name));
    }
}

#[test]
fn the_vectors_hold_for_joserfc_and_sd_jwt_of_python() {
    let Some(python) = python() else { return };
    let judge = |words: &[&str]| {
        let mut command = by_python(&python, "check_jose.py");
        run(command.arg("vectors").args(words), JUDGE)
    };
    let done = judge(&[]);
    for name in ["seals_by_joserfc", "passports_by_python_sd_jwt"] {
        count(name, counted(&done, name));
    }
    // A peer that takes everything is found out.
    let first = "a head as it is written, changed at 0";
    found(&judge(&["credulous"]), first);
    let first = "as it is shown, changed at 0";
    found(&judge(&["credulous_sd_jwt"]), first);
}

#[test]
fn the_vectors_hold_for_jose_of_npm() {
    let Some(modules) = node_modules() else {
        return;
    };
    let judge = |words: &[&str]| run(&mut by_node(&modules, "check_jose_npm.mjs", words), JUDGE);
    let done = judge(&["vectors"]);
    count("seals_by_jose", counted(&done, "seals_by_jose"));
    // A peer that takes everything is found out.
    let done = judge(&["vectors", "credulous"]);
    found(&done, "a head as it is written, changed at 0");
}

#[test]
fn what_running_nodes_and_jose_of_npm_sign_holds_for_each_other() {
    let Some(modules) = node_modules() else {
        return;
    };
    let network = Network::running();
    let (home, host) = (network.labelled("le-mug"), network.labelled("grenoble"));
    let token = desk::token(&host);
    let live = |signing: &Node| {
        let words = live_words((&home, &host), &token, signing);
        let words = words.each_ref().map(String::as_str);
        run(&mut by_node(&modules, "check_jose_npm.mjs", &words), JUDGE)
    };
    let done = live(&home);
    count("live_by_jose", counted(&done, "live_by_jose"));
    // The host's key makes no passport of the home's.
    found(&live(&host), "issued by jose");
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
    wait::until(
        "the coordinator has heard that the space shows its mark",
        || {
            let resolved = resolved(coordinator, &space.entity);
            wait::ensure(resolved.contains("\"trust_marks\""), || resolved)
        },
    );
    let judge = |root_x: &str| {
        let mut command = by_python(&python, "check_node.py");
        let words = [root_x, &coordinator.entity, &space.entity];
        run(command.args(words), JUDGE)
    };
    let done = judge(&root_of(&space));
    count("live_by_jwcrypto", counted(&done, "live_by_jwcrypto"));

    // Another label's root key vouches for nothing here.
    let done = judge(&root_of(&Network::made().coordinator));
    found(&done, "a document of kind escale-anchor");
}

#[test]
fn a_chain_of_running_nodes_holds_for_openid_federation() {
    let Some(modules) = node_modules() else {
        return;
    };
    let network = Network::running();
    // Admitted, and not labelled: it shows no mark, which the library could not read.
    let mut space = network.invited("le-mug");
    space.start();
    let coordinator = &network.coordinator;
    coordinator.until("the coordinator has read the space", |home| {
        price(home, &space.entity, "month") == Some(19_000)
    });
    let fed = x_of(&coordinator.dir.join("keys/fed.jwk"));
    let judge = |pinned: &str, of: &str| {
        let mut command = Command::new("node");
        command
            .env("ESCALE_PEERS_NODE_MODULES", &modules)
            .arg(script("check_federation.mjs"))
            .args([&coordinator.entity, pinned, of]);
        run(&mut command, JUDGE)
    };
    let done = judge(&fed, &space.entity);
    let name = "chains_by_openid_federation";
    count(name, counted(&done, name));
    // The space's own key vouches for no coordinator.
    let own = x_of(&space.dir.join("keys/fed.jwk"));
    found(&judge(&own, &space.entity), "one chain");
}

/// What a coordinator says of a space when a stranger asks, as JSON.
fn resolved(coordinator: &Node, space: &str) -> String {
    let query = format!("sub={space}&trust_anchor={}", coordinator.entity);
    let path = format!("/federation/resolve?{query}");
    let answer = http::ask("GET", coordinator.port, &path, &[]).expect("an answer");
    let text = answer.text();
    let claims = text.split('.').nth(1).unwrap_or_default();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
    String::from_utf8_lossy(&claims).into_owned()
}

/// The public part of a key file.
#[track_caller]
fn x_of(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("a key file");
    let key: serde_json::Value = serde_json::from_str(&text).expect("a JWK");
    key["x"].as_str().expect("a public part").to_owned()
}

#[test]
fn the_vectors_of_passports_hold_for_sd_jwt() {
    let Some(modules) = node_modules() else {
        return;
    };
    let done = run(&mut by_sd_jwt(&modules, &["vectors"]), JUDGE);
    for name in ["passports_by_sd_jwt", "statuses_by_sd_jwt"] {
        count(name, counted(&done, name));
    }
}

#[test]
fn passports_of_running_nodes_and_of_sd_jwt_hold_for_each_other() {
    let Some(modules) = node_modules() else {
        return;
    };
    let network = Network::running();
    let (home, host) = (network.labelled("le-mug"), network.labelled("grenoble"));
    let token = desk::token(&host);
    let (paused, first_code) = member(&home);
    let (revoked, second_code) = member(&home);
    let kept = network.path("passports.json");
    let live = |signing: &Node, codes: [&str; 2]| {
        let ops = signing.dir.join("keys/ops.jwk");
        let [first, second] = codes;
        let words = ["live", &home.entity, &host.entity, word(&ops), &token];
        let words = [&words[..], &[first, second, word(&kept)]].concat();
        run(&mut by_sd_jwt(&modules, &words), JUDGE)
    };
    let done = live(&home, [&first_code, &second_code]);
    let held = counted(&done, "live_by_sd_jwt");

    home.json(&["member", "pause", &paused]);
    home.json(&["member", "revoke", &revoked]);
    let words = [
        "taken_back",
        &home.entity,
        &host.entity,
        &token,
        word(&kept),
    ];
    let done = run(&mut by_sd_jwt(&modules, &words), JUDGE);
    count("live_by_sd_jwt", held + counted(&done, "live_by_sd_jwt"));

    // The host's key makes no list of the home's.
    let (_, code) = member(&home);
    found(&live(&host, [&code, &code]), "the list, signed again");
    // A membership that was resumed is not paused.
    home.json(&["member", "resume", &paused]);
    let done = run(&mut by_sd_jwt(&modules, &words), JUDGE);
    found(&done, "blocked paused");
}

#[test]
fn passports_of_running_nodes_and_of_joserfc_and_sd_jwt_of_python_hold_for_each_other() {
    let Some(python) = python() else { return };
    let network = Network::running();
    let (home, host) = (network.labelled("le-mug"), network.labelled("grenoble"));
    let token = desk::token(&host);
    let live = |signing: &Node| {
        let words = live_words((&home, &host), &token, signing);
        run(by_python(&python, "check_jose.py").args(words), JUDGE)
    };
    let done = live(&home);
    for name in ["live_by_joserfc", "live_by_python_sd_jwt"] {
        count(name, counted(&done, name));
    }
    // The host's key makes no passport of the home's.
    found(&live(&host), "issued by sd-jwt");
}

#[test]
fn what_the_page_draws_is_read_by_zxing() {
    let Some(python) = python() else { return };
    if !has(&["node"], "the codes that a page draws") {
        return;
    }
    let mut command = Command::new("node");
    command
        .arg(script("draw_codes.mjs"))
        .arg(vectors("passport.json"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut drawing = Process::start(&mut command);
    let drawn = drawing.child().stdout.take().expect("a pipe");
    let mut reading = by_python(&python, "read_codes.py");
    let done = run_reading(&mut reading, Stdio::from(drawn), JUDGE);
    let (status, _) = drawing.wait(JUDGE);
    assert!(status.success(), "{status}: {done:#?}");
    for name in ["codes_by_zxing", "codes_as_seen_by_zxing"] {
        count(name, counted(&done, name));
    }
    let packed = counted(&done, "presentations_by_python");
    count("presentations_by_python", packed);
}

#[test]
fn calendars_say_the_same_to_icalendar() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    crate::calendars::write_into(folder.path());
    let judge = || run(by_python(&python, "check_ics.py").arg(folder.path()), JUDGE);
    let done = judge();
    for name in ["calendars_by_icalendar", "altered_calendars"] {
        count(name, counted(&done, name));
    }

    // A date that is an hour off is found, by the zone's name and then by its definition.
    let file = folder.path().join("00.ics");
    let text = std::fs::read_to_string(&file).expect("a calendar");
    let altered = text.replacen("TZOFFSETTO:+", "TZOFFSETTO:-", 100);
    assert_ne!(altered, text);
    std::fs::write(&file, altered).expect("a file can be written");
    found(&judge(), "00.ics, zones by definition");
    let altered = text.replacen("STATUS:CANCELLED", "STATUS:TENTATIVE", 1);
    assert_ne!(altered, text);
    std::fs::write(&file, altered).expect("a file can be written");
    found(&judge(), "00.ics, zones by name");
}

/// A file of vectors.
fn vectors(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/vectors");
    folder.join(name)
}

/// What is typed to have a new member of the home, and passports that the `ops` key of a node
/// signs in its name, judged by the host's desk.
fn live_words((home, host): (&Node, &Node), token: &str, signing: &Node) -> [String; 6] {
    let ops = signing.dir.join("keys/ops.jwk");
    let (_, code) = member(home);
    ["live", &home.entity, &host.entity, word(&ops), token, &code].map(str::to_owned)
}

/// A member of a space: their number, and a code for their phone.
#[track_caller]
fn member(home: &Node) -> (String, String) {
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let added = home.json(&["member", "add", "--name", "Zoé", "--formula", "month"]);
    let number = text(&added["member"]);
    let portrait = "A".repeat(43);
    home.json(&[
        "member",
        "particulars",
        &number,
        "--full-name",
        "Camille Durand",
        "--organisation",
        "Oxalis",
        "--portrait",
        &portrait,
    ]);
    let given = home.json(&["member", "code", &number]);
    (number, text(&given["code"]))
}

/// The root key that a node has pinned.
fn root_of(node: &Node) -> String {
    let configured = std::fs::read_to_string(node.dir.join("escale.toml"));
    let configured = configured.expect("a configuration");
    let mut lines = configured.lines();
    let found = lines.find_map(|line| line.strip_prefix("root_key = \"")?.strip_suffix('"'));
    found.expect("a pinned root key").to_owned()
}
