//! The command line: every command explains itself, and nothing misspelt is run.

use scenarios::command::{Done, escale};
use scenarios::network::{Network, temporary_folder, word};
use serde_json::Value;

/// Every command that does something, and the options that its help must name.
const COMMANDS: &[(&[&str], &[&str])] = &[
    (
        &["init", "space"],
        &[
            "--dir",
            "--invitation",
            "--invitation-file",
            "--name",
            "--village",
            "--listen",
        ],
    ),
    (
        &["init", "coordinator"],
        &[
            "--dir",
            "--entity",
            "--label-name",
            "--label-name-en",
            "--root-key",
            "--listen",
        ],
    ),
    (&["run"], &["--dir", "--clock-is-right"]),
    (&["check"], &["--dir", "--deep", "--json"]),
    (&["publish"], &["--dir", "--file", "--json"]),
    (&["feed", "state"], &["--dir", "--json"]),
    (&["feed", "take-over"], &["--dir", "--json"]),
    (&["keys", "list"], &["--dir", "--json"]),
    (
        &["keys", "rotate"],
        &["<PURPOSE>", "--dir", "--stolen", "--json"],
    ),
    (
        &["label", "admit"],
        &["<URL>", "--dir", "--anew", "--epoch", "--json"],
    ),
    (&["label", "uninvite"], &["<URL>", "--dir", "--json"]),
    (&["label", "ask"], &["--dir", "--note", "--of", "--json"]),
    (&["label", "join"], &["--dir", "--invitation", "--json"]),
    (&["label", "leave"], &["<COORDINATOR>", "--dir", "--json"]),
    (
        &["label", "grant"],
        &["<URL>", "--dir", "--anyway", "--json"],
    ),
    (
        &["label", "warn"],
        &["<URL>", "--dir", "--reason", "--days", "--json"],
    ),
    (
        &["label", "lift"],
        &["<URL>", "--dir", "--reason", "--json"],
    ),
    (&["label", "end"], &["<URL>", "--dir", "--reason", "--json"]),
    (&["label", "history"], &["<URL>", "--dir", "--json"]),
    (
        &["label", "suspend"],
        &["<URL>", "--dir", "--reason", "--json"],
    ),
    (
        &["label", "withdraw"],
        &["<URL>", "--dir", "--reason", "--json"],
    ),
    (&["label", "list"], &["--dir", "--json"]),
    (
        &["label", "anchor"],
        &[
            "--dir",
            "--root-key",
            "--newest-alone",
            "--revoke",
            "--json",
        ],
    ),
    (
        &["member", "add"],
        &["--dir", "--name", "--formula", "--half-days", "--json"],
    ),
    (&["member", "list"], &["--dir", "--json"]),
    (&["member", "code"], &["<NUMBER>", "--dir", "--json"]),
    (&["member", "pause"], &["<NUMBER>", "--dir", "--json"]),
    (&["member", "resume"], &["<NUMBER>", "--dir", "--json"]),
    (&["member", "end"], &["<NUMBER>", "--dir", "--json"]),
    (
        &["member", "particulars"],
        &[
            "<NUMBER>",
            "--dir",
            "--full-name",
            "--organisation",
            "--portrait",
            "--portrait-file",
            "--json",
        ],
    ),
    (&["member", "passports"], &["<NUMBER>", "--dir", "--json"]),
    (
        &["member", "revoke"],
        &["<NUMBER>", "--dir", "--only", "--json"],
    ),
    (
        &["member", "paper"],
        &["<NUMBER>", "--dir", "--name", "--json"],
    ),
    (
        &["access", "add"],
        &["--dir", "--role", "--name", "--token", "--json"],
    ),
    (&["access", "list"], &["--dir", "--json"]),
    (&["access", "revoke"], &["<ID>", "--dir", "--json"]),
    (&["visit", "here"], &["--dir", "--json"]),
    (&["visit", "list"], &["--dir", "--json"]),
    (&["visit", "leave"], &["<VISIT>", "--dir", "--json"]),
    (&["visit", "receipt"], &["<VISIT>", "--dir", "--json"]),
    (
        &["visit", "correct"],
        &["<VISIT>", "--dir", "--left", "--not-here", "--json"],
    ),
    (&["outbox", "list"], &["--dir", "--json"]),
    (&["outbox", "again"], &["<REQUEST>", "--dir", "--json"]),
    (&["outbox", "conflicts"], &["--dir", "--json"]),
    (
        &["event", "publish"],
        &[
            "--dir",
            "--title",
            "--start",
            "--about",
            "--kind",
            "--lasts",
            "--time-zone",
            "--weekly",
            "--times",
            "--until",
            "--seats",
            "--price",
            "--place",
            "--link",
            "--language",
            "--example",
            "--json",
        ],
    ),
    (
        &["event", "change"],
        &[
            "<EVENT>",
            "--dir",
            "--title",
            "--start",
            "--on",
            "--to",
            "--about",
            "--kind",
            "--lasts",
            "--time-zone",
            "--weekly",
            "--times",
            "--until",
            "--seats",
            "--price",
            "--place",
            "--link",
            "--language",
            "--example",
            "--json",
        ],
    ),
    (
        &["event", "cancel"],
        &["<EVENT>", "--dir", "--on", "--json"],
    ),
    (&["event", "list"], &["--dir", "--json"]),
    (&["event", "seats"], &["<EVENT>", "--dir", "--json"]),
    (
        &["event", "take-back"],
        &["<REGISTRATION>", "--dir", "--home", "--json"],
    ),
    (
        &["event", "import"],
        &["<FILE>", "--dir", "--kind", "--publish", "--only", "--json"],
    ),
    (
        &["registration", "add"],
        &["<NUMBER>", "<UID>", "--dir", "--on", "--name", "--json"],
    ),
    (&["registration", "list"], &["<NUMBER>", "--dir", "--json"]),
    (
        &["registration", "cancel"],
        &["<REGISTRATION>", "--dir", "--json"],
    ),
    (
        &["calendar"],
        &["--dir", "--days", "--space", "--kind", "--json"],
    ),
    (&["wallet", "membership"], &["--dir"]),
    (&["wallet", "enrol"], &["--dir", "--home", "--code"]),
    (&["wallet", "show"], &["--dir"]),
    (
        &["wallet", "present"],
        &["--dir", "--host", "--disclose", "--challenge"],
    ),
    (&["wallet", "renew"], &["--dir"]),
    (
        &["wallet", "register"],
        &["<UID>", "--dir", "--on", "--name"],
    ),
    (&["wallet", "registrations"], &["--dir"]),
    (&["wallet", "give-back"], &["<REGISTRATION>", "--dir"]),
    (&["demo"], &["--once", "--json", "--dir"]),
];

fn help(words: &[&str]) -> Done {
    escale([words, &["--help"]].concat()).ok()
}

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| {
        let is_entry = line.starts_with("  ") && !line.starts_with("   ");
        line.split_whitespace().next().filter(|_| is_entry)
    });
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The options that a help explains.
fn options_of(help: &str) -> impl Iterator<Item = &str> {
    let lines = help.lines().map(str::trim_start);
    let lines = lines.filter(|line| line.starts_with("--"));
    lines.filter_map(|line| line.split([' ', '=']).next())
}

#[test]
fn every_command_explains_itself() {
    for (words, options) in COMMANDS {
        let done = help(words);
        assert!(done.err.is_empty(), "{done:?}");
        assert!(
            done.out
                .contains(&format!("Usage: escale {}", words.join(" "))),
            "{done:?}"
        );
        for option in *options {
            assert!(done.out.contains(option), "{option} is not in {}", done.out);
        }
        for option in options_of(&done.out) {
            assert!(
                options.contains(&option),
                "{option} of {words:?} is in no table"
            );
        }
    }
}

#[test]
fn the_table_above_is_all_that_there_is() {
    let mut found = Vec::new();
    for name in listed(&help(&[]).out) {
        let inner = listed(&help(&[&name]).out);
        if inner.is_empty() {
            found.push(name);
        } else {
            found.extend(inner.iter().map(|inner| format!("{name} {inner}")));
        }
    }
    let mut table: Vec<_> = COMMANDS.iter().map(|(words, _)| words.join(" ")).collect();
    table.sort();
    found.sort();
    assert_eq!(found, table);
}

#[test]
fn what_is_misspelt_is_not_run() {
    let folder = temporary_folder();
    let dir = word(folder.path());
    escale(["rum", "--dir", dir]).not_understood(&["unrecognized subcommand 'rum'", "run"]);
    escale(["label", "grand"]).not_understood(&["unrecognized subcommand 'grand'", "grant"]);
    escale(["check", "--deeep", "--dir", dir]).not_understood(&["--deeep", "--deep"]);
    escale(["run", "--dir", dir, "extra"]).not_understood(&["unexpected argument 'extra'"]);
    escale(["demo", "--json"]).not_understood(&["--once"]);
    escale(["init", "space", "--dir", dir]).not_understood(&[
        "--invitation",
        "--name",
        "--village",
    ]);
    let listen = ["init", "coordinator", "--listen", "nowhere", "--dir", dir];
    escale(listen).not_understood(&["--listen"]);
    let both = [
        "init",
        "space",
        "--invitation",
        "a",
        "--invitation-file",
        "b",
    ];
    escale(both).not_understood(&["cannot be used with"]);
    let nothing: [&str; 0] = [];
    escale(nothing).not_understood(&["Usage: escale", "init", "demo"]);
    let version = escale(["--version"]).ok().out;
    assert!(
        version.starts_with("escale ") && version.trim_end().len() > 8,
        "{version:?}"
    );
    let mut left = std::fs::read_dir(folder.path()).expect("a folder");
    assert!(left.next().is_none(), "nothing was made");
}

#[test]
fn every_command_with_json_prints_one_document() {
    let network = Network::running();
    let mut space = network.invited("le-mug");
    let coordinator = &network.coordinator;
    let entity = &space.entity.clone();
    let keys = |value: &Value| {
        let object = value.as_object().expect("an object");
        object.keys().cloned().collect::<Vec<_>>()
    };
    let report = ["entries", "feeds", "ok", "problems", "records"];
    let row = [
        "application",
        "at",
        "feed",
        "reason",
        "space",
        "state",
        "warning",
    ];
    assert_eq!(keys(&space.json(&["check"])), report);
    assert_eq!(keys(&space.json(&["publish"])), ["records", "seq"]);
    let admitted = coordinator.json(&["label", "admit", "https://le-mug.example"]);
    assert_eq!(keys(&admitted), ["invitation", "space"]);
    assert_eq!(
        coordinator
            .json(&["label", "list"])
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    space.start();
    network.joined(&space);
    let granted = coordinator.json(&["label", "grant", entity, "--anyway"]);
    assert_eq!(keys(&granted), row);
    for act in ["warn", "lift", "suspend", "withdraw"] {
        let changed = coordinator.json(&["label", act, entity, "--reason", "roof"]);
        assert_eq!(keys(&changed), row);
    }
    let ended = coordinator.json(&["label", "end", entity, "--reason", "roof"]);
    assert_eq!(keys(&ended), ["space"]);
    let history = coordinator.json(&["label", "history", entity]);
    let act = ["act", "at", "charter_version", "number", "reason", "sub"];
    assert_eq!(keys(&history[6]), act);
    assert_eq!(history[6]["act"], "ended");
    let root_key = word(&network.root_key);
    let anchored = coordinator.json(&["label", "anchor", "--root-key", root_key]);
    assert_eq!(keys(&anchored), ["until"]);
    // A refusal prints nothing that could be taken for a result.
    for words in [
        &["label", "grant", "https://stranger.example", "--json"][..],
        &["publish", "--file", "none", "--json"],
    ] {
        let done = coordinator.escale(words).refused(&[]);
        assert_eq!(done.out, "");
    }
}

/// A member's portrait is given as it lies on the disk; its mark is what is kept.
#[test]
fn a_portrait_is_given_as_a_file() {
    let network = Network::running();
    let home = network.labelled("le-mug");
    let added = home.json(&["member", "add", "--name", "Zoé", "--formula", "month"]);
    let number = added["member"].as_str().expect("a number").to_owned();
    let file = network.path("zoe.jpg");
    std::fs::write(&file, "abc").expect("a file can be written");
    let words = [
        "member",
        "particulars",
        &number,
        "--full-name",
        "Zoé Martin",
    ];
    let given = [&words[..], &["--portrait-file", word(&file)]].concat();
    let said = home.json(&given);
    // FIPS 180-2, appendix B.1.
    assert_eq!(
        (&said["full_name"], &said["portrait"]),
        (
            &Value::from("Zoé Martin"),
            &Value::from("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
        )
    );
    let mark = "A".repeat(43);
    let both = [&given[..], &["--portrait", &mark]].concat();
    assert_eq!(home.escale(&both).code, Some(2), "one of both");
    std::fs::write(&file, "").expect("a file can be written");
    home.escale(&given).refused(&["zoe.jpg is empty"]);
}
