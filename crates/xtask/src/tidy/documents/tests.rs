//! Each rule about documents, shown a document that breaks it.

use super::super::look::{finds_nothing, finds_one, lines};
use super::*;
use crate::files::made_up;

/// The findings in one document, where only these paths exist, except those about the
/// architecture.
fn of(path: &str, text: &str) -> Vec<Finding> {
    let exists = |path: &str| {
        [
            "specs/seal.md",
            "specs/vectors",
            "crates/seal/src/lib.rs",
            "README.md",
        ]
        .contains(&path)
    };
    let mut findings = check(&[made_up(path, text)], &[], &exists);
    findings.retain(|it| !(it.place == ARCHITECTURE && it.what.contains("yet")));
    findings
}

#[test]
fn a_link_to_nowhere_is_found() {
    finds_nothing(&of(
        "README.md",
        "[a](specs/seal.md#keys) [b](https://a.example/x) [c](#here)",
    ));
    finds_nothing(&of(
        "specs/a.md",
        "[a](seal.md) [b](../README.md) [c](mailto:a@a.example)",
    ));
    finds_one(
        &of("README.md", "\n[a](specs/gone.md)"),
        "README.md:2",
        "specs/gone.md",
    );
    finds_one(
        &of("specs/a.md", "[a](README.md)"),
        "specs/a.md:1",
        "specs/README.md",
    );
    finds_one(
        &of("specs/a.md", "[a](../../out.md)"),
        "specs/a.md:1",
        "../out.md",
    );
    finds_one(
        &of("specs/a.md", "[a]: gone.md"),
        "specs/a.md:1",
        "specs/gone.md",
    );
}

#[test]
fn a_path_that_does_not_exist_is_found() {
    finds_nothing(&of(
        "specs/a.md",
        "`crates/seal/src/lib.rs:12` `crates/seal/src/lib.rs::open`",
    ));
    finds_nothing(&of(
        "specs/a.md",
        "`specs/vectors/*.json` `specs/decisions/NNNN-title.md`",
    ));
    finds_nothing(&of(
        "specs/a.md",
        "`crates/<name>` `crates/…` `a/b.rs` `/api/v1/x` `tests`",
    ));
    finds_one(
        &of("specs/a.md", "`crates/seal/src/jws.rs`"),
        "specs/a.md:1",
        "jws.rs",
    );
    finds_one(
        &of("specs/a.md", "`specs/gone/*.json`"),
        "specs/a.md:1",
        "`specs/gone`",
    );
    finds_one(
        &of("README.md", "```\ncp deploy/gone /etc\n```"),
        "README.md:2",
        "deploy/gone",
    );
}

#[test]
fn a_comment_that_names_a_missing_specification_is_found() {
    finds_nothing(&of(
        "crates/a/src/lib.rs",
        "//! Specified in `specs/seal.md`.\n",
    ));
    finds_nothing(&of("crates/a/src/lib.rs", "let a = \"`specs/gone.md`\";\n"));
    let gone = "//! Keys.\n//!\n//! Specified in `specs/gone.md`.\n";
    finds_one(
        &of("crates/a/src/lib.rs", gone),
        "crates/a/src/lib.rs:3",
        "specs/gone.md",
    );
}

#[test]
fn a_command_of_ours_that_does_not_exist_is_found() {
    finds_nothing(&of(
        "README.md",
        "`cargo xtask test --long`, `cargo xtask`, cargo xtask talk",
    ));
    finds_one(
        &of("README.md", "`cargo xtask tset`"),
        "README.md:1",
        "cargo xtask tset",
    );
    finds_one(
        &of("README.md", "```sh\n$ cargo xtask bake\n```"),
        "README.md:2",
        "bake",
    );
}

#[test]
fn other_files_are_not_documents() {
    finds_nothing(&of("crates/a/templates/a.html", "`crates/gone` [a](gone)"));
}

#[test]
fn the_architecture_names_every_crate_and_no_other() {
    let of = |text: &str| check_crates(&made_up(ARCHITECTURE, text), &["seal", "store-sled"]);
    let good = "| crate | what |\n|-|-|\n| `seal` | keys |\n| `crates/store-sled` | sled |\n";
    finds_nothing(&of(good));
    finds_nothing(&of("`seal`, and in another room `store-sled`."));
    finds_one(
        &of(&good.replace("`seal`", "seal")),
        ARCHITECTURE,
        "does not name the crate `seal`",
    );
    let more = format!("{good}| `attic` | old things |\n");
    finds_one(&of(&more), ARCHITECTURE, "a row for the crate `attic`");
}

#[test]
fn an_architecture_that_is_not_there_is_said() {
    let findings = check(&[], &["seal"], &|_| true);
    finds_one(&findings, ARCHITECTURE, "does not exist yet");
}

#[test]
fn a_command_of_the_product_that_does_not_exist_is_found() {
    let commands = BTreeSet::from(["demo".to_owned(), "serve".to_owned()]);
    let of = |text: &str| check_escale_commands(&[made_up("README.md", text)], &commands);
    for good in [
        "`escale demo --once` `escale --help` `escale`",
        "```\nsudo -u escale escale serve\nExecStart=/usr/bin/escale\n```",
        "```\nsystemctl start escale now\nuseradd escale people\n```",
        "escale sings",
    ] {
        finds_nothing(&of(good));
    }
    for bad in [
        "`escale sing`",
        "```\n$ escale sing --loud\n```",
        "```\nsudo -u escale /usr/bin/escale sing\n```",
        "```\ntarget/release/escale sing\n```",
    ] {
        let lines = lines(&of(bad));
        assert!(
            lines.iter().any(|it| it.contains("`escale sing`")),
            "{bad}: {lines:?}"
        );
    }
}

#[test]
fn the_list_in_a_help_text_is_read() {
    let help = "A node.\n\nUsage: escale <COMMAND>\n\nCommands:\n  demo   Shows three nodes\n         \
                talking\n  serve  Runs the node\n  help   Print this\n\nOptions:\n  -h, --help\n";
    let commands: Vec<String> = listed_commands(help).into_iter().collect();
    assert_eq!(commands, ["demo", "help", "serve"]);
}

#[test]
fn the_newest_binary_is_asked() {
    let target = tempfile::tempdir().unwrap();
    assert_eq!(newest_binary(target.path()), None);
    let debug = target.path().join("debug/escale");
    std::fs::create_dir_all(debug.parent().unwrap()).unwrap();
    std::fs::write(&debug, "").unwrap();
    assert_eq!(newest_binary(target.path()), Some(debug));
}

#[test]
fn the_help_of_a_program_that_fails_is_not_an_empty_list() {
    assert!(commands_of(Path::new("false")).is_err());
}
