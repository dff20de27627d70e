//! Each reader answers thousands of broken documents, without a panic and in little memory.
//!
//! `ESCALE_SEED` chooses other ones; a failure says its seed and what was read.

#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    reason = "a corpus that cannot be read ends the test"
)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a run says its seed, and what it broke on"
)]

use std::alloc::System;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cap::Cap;
use fuzz::mutate::{Numbers, mutated};
use fuzz::{READERS, Reader};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// One reader at a time: what it takes is measured.
static ONE: Mutex<()> = Mutex::new(());

/// Inputs of each reader, and of each in the long run.
const INPUTS: u64 = 2_000;
const INPUTS_LONG: u64 = 200_000;

/// The most bytes that a reader asks for in all while it reads one input of 64 KiB at most:
/// a list of statuses inflates to a mebibyte, in a buffer that grows by doubling.
const BYTES_MAX: usize = 32 * 1024 * 1024;

fn folder(reader: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(reader)
}

/// The good documents of a reader, in the order of their names.
fn documents(reader: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder(reader)).expect("a folder of documents");
    let mut paths: Vec<_> = entries.map(|it| it.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: &PathBuf| std::fs::read(path).expect("a document");
    paths.iter().map(read).collect()
}

fn seed() -> u64 {
    let chosen = std::env::var("ESCALE_SEED").ok();
    chosen.map_or(1, |it| it.parse().expect("`ESCALE_SEED` is a number"))
}

/// Reads one input, and says what it was where that did not go well.
fn read(reader: Reader, input: &[u8], seed: u64) -> bool {
    let before = MEMORY.total_allocated();
    let read = catch_unwind(AssertUnwindSafe(|| (reader.read)(input)));
    let taken = MEMORY.total_allocated() - before;
    let is_much = taken > BYTES_MAX;
    if is_much || read.is_err() {
        let text = String::from_utf8_lossy(input);
        eprintln!(
            "{} took {taken} bytes for (seed {seed}): {text:?}",
            reader.name
        );
    }
    assert!(!is_much, "{} takes too much memory", reader.name);
    read.unwrap_or_else(|panic| resume_unwind(panic))
}

/// How many of the inputs were taken.
fn feed(reader: Reader, documents: &[Vec<u8>], count: u64) -> u64 {
    let _alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let seed = seed();
    let mut numbers = Numbers::of(seed);
    let inputs = (0..count).map(|_| mutated(&mut numbers, documents));
    let mut taken = 0;
    for input in inputs {
        taken += u64::from(read(reader, &input, seed));
    }
    taken
}

fn feed_by_name(name: &str, count: u64) {
    let reader = READERS.iter().find(|it| it.name == name).expect("a reader");
    let taken = feed(*reader, &documents(name), count);
    println!("{name}: {taken} of {count} taken, seed {}", seed());
    // What is refused at once shows nothing of what comes after.
    assert!(taken > 0, "no input of {name} was taken");
}

/// A test for each reader, and the list of their names.
macro_rules! readers {
    ($($test:ident $name:literal)*) => {
        const FED: &[&str] = &[$($name),*];
        $(#[test]
        fn $test() {
            feed_by_name($name, INPUTS);
        })*
    };
}

readers! {
    json_is_read_or_refused "json"
    base64url_is_read_or_refused "base64url"
    an_entity_identifier_is_read_or_refused "entity-id"
    any_text_can_be_shown "shown-text"
    a_seal_is_opened_or_refused "seals"
    claims_are_read_or_refused "claims"
    a_request_is_read_or_refused "requests"
    a_join_is_read_or_refused "join"
    a_fork_is_read_or_refused "fork"
    a_hint_is_read_or_refused "hint"
    an_invitation_is_read_or_refused "invitation"
    a_key_is_read_or_refused "jwk"
    a_key_binding_is_opened_or_refused "key-binding"
    a_presentation_is_opened_or_refused "presentation"
    a_code_is_unpacked_or_refused "code"
    what_is_in_base45_is_unpacked_or_refused "packed-code"
    the_parts_of_a_code_are_read_or_refused "parts-of-a-code"
    a_status_list_is_unpacked_or_refused "status-list"
    statuses_are_read_or_refused "statuses"
    a_page_is_read_or_refused "page"
    a_feed_is_followed_or_refused "feed"
    a_body_is_read_or_refused "bodies"
    a_calendar_is_read_or_refused "calendar"
    an_event_is_read_or_refused "event"
    a_time_is_read_or_refused "times"
}

#[test]
fn every_reader_is_fed_and_every_document_of_its_folder_is_good() {
    let names: Vec<&str> = READERS.iter().map(|it| it.name).collect();
    assert_eq!(FED, names);
    let mut bytes = 0;
    for reader in READERS {
        let documents = documents(reader.name);
        assert!(!documents.is_empty(), "no document for {}", reader.name);
        for document in documents {
            let text = String::from_utf8_lossy(&document);
            assert!((reader.read)(&document), "{} refuses {text}", reader.name);
            bytes += document.len();
        }
    }
    assert!(bytes < 100_000, "{bytes} bytes of documents");
}

#[test]
fn long_every_reader_answers_two_hundred_thousand_broken_documents() {
    for name in FED {
        feed_by_name(name, INPUTS_LONG);
    }
}

/// What libFuzzer found: a private key in a join is not written again; weeks that are too
/// many days to be written as days.
#[test]
fn what_was_found_is_read_as_it_must_be() {
    for (name, found) in [
        (
            "join",
            r#"{"fed_key":{"kty":"OKP","d":"AQ"},"request":"a.b.c"}"#,
        ),
        ("times", "P222222222W"),
    ] {
        let reader = READERS.iter().find(|it| it.name == name);
        assert!(
            !(reader.expect("a reader").read)(found.as_bytes()),
            "{name}"
        );
    }
}

/// The control: a reader that cannot bear a name twice, and one that takes what it is told.
#[test]
fn a_reader_that_ends_or_takes_too_much_is_found() {
    fn ends(bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        assert!(text.matches("\"iss\"").count() < 2, "twice");
        true
    }
    fn takes(bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        let nines = text.matches("9007199254740991").count();
        !std::hint::black_box(vec![0_u8; nines * 64 * 1024 * 1024]).is_empty()
    }
    for read in [ends, takes] {
        let reader = Reader {
            name: "made up",
            read,
        };
        let fed = catch_unwind(|| feed(reader, &documents("claims"), 20_000));
        assert!(fed.is_err(), "not found");
    }
}
