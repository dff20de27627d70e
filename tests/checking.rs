//! `escale check --deep`: clean where all is well, and never content with a store that
//! has lost or changed anything.

use std::path::{Path, PathBuf};

use scenarios::command::{Done, escale_in};
use scenarios::folder::{copy, files};
use scenarios::network::{Network, space_file};
use scenarios::node::{Node, price};
use serde_json::Value;

#[test]
fn running_or_stopped_the_same_is_found() {
    let mut network = Network::running();
    let mut space = network.labelled("le-mug");
    let shown = |report: &Value| [report["feeds"].clone(), report["records"].clone()];
    for node in [&mut network.coordinator, &mut space] {
        let running = node.is_sound();
        let quick = node.json(&["check"]);
        assert_eq!(
            (&quick["ok"], &quick["entries"]),
            (&Value::Bool(true), &Value::from(0))
        );
        node.stop();
        let stopped = node.is_sound();
        assert_eq!(shown(&running), shown(&stopped));
        assert!(running["records"].as_u64() >= Some(5), "{running}");
        let said = node.escale(&["check", "--deep"]).ok().out;
        assert!(said.ends_with("Everything fits.\n"), "{said}");
    }
}

/// A space that knows its partners' feeds too, at rest.
fn store_at_rest(network: &Network) -> Node {
    let mut space = network.labelled("le-mug");
    for cents in 1501..1513 {
        space.edit("space.toml", |_| space_file("le-mug", cents));
        space.json(&["publish"]);
    }
    space.stop();
    space
}

/// What was done to a store, and what a deep check said of it.
struct Spoilt {
    what: String,
    done: Done,
}

/// Spoils a copy of the store, in one file, and has it checked.
fn spoil(node: &Node, file: &Path, what: String, change: impl FnOnce(&mut Vec<u8>)) -> Spoilt {
    let copied = node.dir.with_file_name("spoilt");
    let _ = std::fs::remove_dir_all(&copied);
    copy(&node.dir, &copied);
    let path = copied.join(file);
    let mut bytes = std::fs::read(&path).expect("a file of the store");
    change(&mut bytes);
    std::fs::write(&path, bytes).expect("a file of the store");
    let done = escale_in(&copied, &["check", "--deep", "--json"]);
    Spoilt { what, done }
}

impl Spoilt {
    /// Either everything is there, or it says what is wrong. Whether it noticed.
    #[track_caller]
    fn is_honest(&self, whole: &Value) -> bool {
        let Self { what, done } = self;
        done.is_orderly();
        match done.code {
            Some(0) => {
                let report = done.json();
                let parts = ["ok", "feeds", "records", "entries"];
                for part in parts {
                    assert_eq!(report[part], whole[part], "{what}: {report}");
                }
                false
            }
            Some(1) if done.out.is_empty() => {
                assert!(done.err.starts_with("escale: "), "{what}: {done:#?}");
                true
            }
            Some(1) => {
                let report = done.json();
                assert_eq!(report["ok"], false, "{what}: {report}");
                let problems = report["problems"].as_array().map_or(0, Vec::len);
                assert!(problems > 0, "{what}: {report}");
                true
            }
            _ => panic!("{what}: {done:#?}"),
        }
    }
}

/// Places of a file at which something is written, spread over all of it.
fn places(bytes: &[u8], count: usize) -> Vec<usize> {
    let written: Vec<usize> = (0..bytes.len())
        .filter(|at| bytes.get(*at).is_some_and(|byte| *byte != 0))
        .collect();
    let step = written.len().div_ceil(count).max(1);
    written.into_iter().step_by(step).collect()
}

/// The files of the store, by their path in the node's folder, and their bytes.
fn store_files(node: &Node) -> Vec<(PathBuf, Vec<u8>)> {
    let paths = files(&node.dir.join("store")).into_iter();
    let read = paths.map(|path| {
        let bytes = std::fs::read(&path).expect("a file of the store");
        let name = path.strip_prefix(&node.dir).expect("in the folder");
        (name.to_owned(), bytes)
    });
    read.filter(|(_, bytes)| !bytes.is_empty()).collect()
}

#[test]
fn a_flipped_bit_is_never_passed_over() {
    let network = Network::running();
    let node = store_at_rest(&network);
    let whole = node.is_sound();
    let mut noticed = 0;
    for (file, bytes) in store_files(&node) {
        let count = if bytes.len() > 10_000 { 60 } else { 12 };
        for (turn, at) in places(&bytes, count).into_iter().enumerate() {
            let bit = 1 << (turn % 8);
            let what = format!("bit {bit} of byte {at} of {}", file.display());
            let spoilt = spoil(&node, &file, what, |bytes| bytes[at] ^= bit);
            noticed += usize::from(spoilt.is_honest(&whole));
        }
    }
    assert!(
        noticed > 20,
        "only {noticed} were noticed: was anything spoilt?"
    );
}

#[test]
fn a_file_that_was_cut_is_never_passed_over() {
    let network = Network::running();
    let node = store_at_rest(&network);
    let whole = node.is_sound();
    let mut noticed = 0;
    for (file, bytes) in store_files(&node) {
        let written = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
        let cuts = (0..12).map(|part| written * part / 12);
        for length in cuts.chain([written - 1, bytes.len() - 1]) {
            let what = format!("{} cut to {length} of {}", file.display(), bytes.len());
            let spoilt = spoil(&node, &file, what, |bytes| bytes.truncate(length));
            noticed += usize::from(spoilt.is_honest(&whole));
        }
        let what = format!("{} with a page of zeros", file.display());
        let middle = written / 2;
        let spoilt = spoil(&node, &file, what, |bytes| {
            let end = (middle + 4096).min(bytes.len());
            bytes[middle..end].fill(0);
        });
        noticed += usize::from(spoilt.is_honest(&whole));
    }
    assert!(
        noticed > 10,
        "only {noticed} were noticed: was anything cut?"
    );
}

#[test]
fn a_store_that_went_back_is_noticed() {
    let network = Network::running();
    let mut node = network.labelled("le-mug");
    node.stop();
    let before = node.dir.with_file_name("before");
    copy(&node.dir, &before);
    node.edit("space.toml", |_| space_file("le-mug", 1600));
    node.json(&["publish"]);
    // The engine's files are yesterday's, and what was acknowledged is today's.
    std::fs::remove_dir_all(node.dir.join("store/sled")).expect("the engine's folder");
    copy(&before.join("store/sled"), &node.dir.join("store/sled"));
    for words in [&["check", "--deep"][..], &["run"], &["publish"]] {
        node.escale(words)
            .refused(&["the store cannot be opened", "stands at commit"]);
    }
}

#[test]
fn a_damaged_price_is_not_shown_as_if_it_were_whole() {
    let network = Network::running();
    let mut node = store_at_rest(&network);
    // The published text of the last price, wherever the engine wrote it.
    let path = node.dir.join("store/sled/db");
    let mut bytes = std::fs::read(&path).expect("the engine's log");
    let text = b"\"price_cents\":1512";
    let mut changed = 0;
    for at in 0..bytes.len() - text.len() {
        if bytes[at..].starts_with(text) {
            bytes[at + text.len() - 4] = b'9';
            changed += 1;
        }
    }
    assert!(changed > 0, "the price is in the log");
    std::fs::write(&path, bytes).expect("the engine's log");
    let done = node.escale(&["check", "--deep", "--json"]);
    done.is_orderly();
    assert_eq!(done.code, Some(1), "{done:#?}");
    // Whether it starts or not, nobody is told a price that was never published.
    node.launch(|_| {});
    let seen = scenarios::wait::until("it answers or ends", || {
        if node.process().ended().is_some() {
            return Ok(None);
        }
        node.try_home().map(Some)
    });
    let cents = seen.and_then(|home| price(&home, &node.entity, "day"));
    assert!(
        cents.is_none_or(|cents| (1500..1513).contains(&cents)),
        "{cents:?}"
    );
}
