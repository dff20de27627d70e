//! What takes long and needs programs of its own: readers fed by a fuzzer, and code that is
//! changed to see whether a test notices.
//!
//! Both are for `--long`. The ordinary run feeds the same readers from one seed, and takes
//! checks away one by one (`specs/attacks.md`).

use std::path::Path;
use std::process::Command;

use super::{Context, Outcome};
use crate::house::House;
use crate::{programs, say};

/// The package that is built with a fuzzer inside.
const LIBFUZZER: &str = "crates/fuzz/libfuzzer";

/// The good documents, a folder for each reader.
const CORPUS: &str = "crates/fuzz/corpus";

/// How long each reader is fed, in seconds.
const SECONDS_EACH: u32 = 30;

/// Where it is argued why a change that no test notices may be.
const ARGUED: &str = "specs/decisions/0012-surviving-mutants.md";

/// Cargo of nightly, with these words.
fn nightly(root: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.current_dir(root);
    command.args(["run", "nightly", "cargo"]).args(words);
    command
}

/// Why a step of `--long` is not run, if it is not.
fn not_run(context: &Context, probe: &mut Command, what: &str) -> Option<Outcome> {
    if !context.choice.long {
        return Some(Outcome::NotRun("--long".to_owned()));
    }
    if programs::output(probe).is_none() {
        let why = format!("{what} is not installed");
        say::loud(&why);
        return Some(Outcome::NotRun(why));
    }
    None
}

/// Feeds each reader with what reaches new code.
pub(super) fn fuzz(context: &Context) -> Outcome {
    let mut probe = nightly(context.root(), &["fuzz", "--version"]);
    if let Some(outcome) = not_run(context, &mut probe, "cargo-fuzz with nightly") {
        return outcome;
    }
    match feed_all(&context.house, SECONDS_EACH) {
        Ok(readers) => Outcome::Passed(format!("{readers} readers, {SECONDS_EACH} s each")),
        Err(why) => Outcome::Failed(why),
    }
}

/// `cargo xtask fuzz`: the same for as long as is asked for; whether nothing broke.
pub(crate) fn command(house: &House, seconds_each: u32) -> bool {
    match feed_all(house, seconds_each) {
        Ok(_) => true,
        Err(why) => {
            say::loud(&format!("fuzz: {why}"));
            false
        }
    }
}

/// Feeds each reader for so long, and says how much each has read. Gives how many there are.
fn feed_all(house: &House, seconds_each: u32) -> Result<usize, String> {
    let readers = readers(&house.root.join(CORPUS))?;
    for reader in &readers {
        // What it finds on its way is kept beside what cargo builds.
        let found = house.target.join("libfuzzer-found").join(reader);
        std::fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
        let fed = feed(house, reader, &found, seconds_each).output();
        let fed = fed.map_err(|error| format!("{reader}: {error}"))?;
        let said = String::from_utf8_lossy(&fed.stderr);
        if !fed.status.success() {
            say::line(&said);
            return Err(format!("{reader}: {}", fed.status));
        }
        let inputs = inputs(&said).ok_or_else(|| format!("{reader}: read nothing"))?;
        say::line(&format!(
            "fuzz: {reader}, {inputs} inputs in {seconds_each} s"
        ));
    }
    Ok(readers.len())
}

/// How many inputs a fuzzer says that it has tried; of none, nothing.
fn inputs(said: &str) -> Option<u64> {
    let mut lines = said.lines();
    let number = lines.find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))?;
    number.trim().parse().ok().filter(|inputs| *inputs > 0)
}

fn feed(house: &House, reader: &str, found: &Path, seconds: u32) -> Command {
    let mut command = nightly(&house.root, &["fuzz", "run", "--fuzz-dir", LIBFUZZER]);
    command
        .arg("--target-dir")
        .arg(house.target.join("libfuzzer"))
        .args(["reader"])
        .arg(found)
        .arg(Path::new(CORPUS).join(reader))
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .args(["-max_len=65536", "-malloc_limit_mb=64", "-timeout=10"])
        .arg("-print_final_stats=1")
        .env("ESCALE_READER", reader);
    command
}

/// The names of the folders, in their order.
fn readers(corpus: &Path) -> Result<Vec<String>, String> {
    let said = |error: std::io::Error| format!("{}: {error}", corpus.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(corpus).map_err(said)? {
        names.push(
            entry
                .map_err(said)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort();
    Ok(names)
}

/// Changes the code in one place after the other; each change is noticed, or argued for.
pub(super) fn mutants(context: &Context) -> Outcome {
    let mut probe = context.cargo(&["mutants", "--version"]);
    if let Some(outcome) = not_run(context, &mut probe, "cargo-mutants") {
        return outcome;
    }
    let into = context.house.target.join("mutants");
    let mut command = programs::cargo(context.root());
    command
        .args(["mutants", "--workspace", "--output"])
        .arg(&into);
    // It ends with a failure where anything was missed, argued for or not.
    let ended = programs::run(&mut command);
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let out = into.join("mutants.out");
    let judged = read(&out.join("missed.txt")).and_then(|missed| {
        let argued = read(&context.root().join(ARGUED))?;
        Ok((
            noticed(&read(&out.join("caught.txt"))?),
            unargued(&missed, &argued),
        ))
    });
    match judged {
        Err(why) => Outcome::Failed(why),
        Ok((0, _)) => Outcome::Failed(format!("nothing was noticed: {ended:?}")),
        Ok((caught, unargued)) if unargued.is_empty() => {
            Outcome::Passed(format!("{caught} changes noticed"))
        }
        Ok((_, unargued)) => {
            for line in &unargued {
                say::loud(&format!("no test notices: {line}"));
            }
            Outcome::Failed(format!("{} changes that nobody notices", unargued.len()))
        }
    }
}

fn noticed(caught: &str) -> usize {
    caught.lines().count()
}

/// The changes that are not argued for. `path:line:column: what` is argued for where the
/// page has `path: what`.
fn unargued(missed: &str, argued: &str) -> Vec<String> {
    let named = missed.lines().map(|line| {
        let (place, what) = line.split_once(": ").unwrap_or((line, ""));
        let path = place.split(':').next().unwrap_or(place);
        format!("{path}: {what}")
    });
    named
        .filter(|name| !argued.contains(name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;

    #[test]
    fn a_run_that_is_not_long_leaves_both_out() {
        assert_eq!(fuzz(&context(true)), Outcome::NotRun("--long".to_owned()));
        assert_eq!(
            mutants(&context(true)),
            Outcome::NotRun("--long".to_owned())
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_said() {
        let mut context = context(false);
        context.choice.long = true;
        let outcome = not_run(&context, &mut Command::new("no-such-program-here"), "it");
        assert_eq!(
            outcome,
            Some(Outcome::NotRun("it is not installed".to_owned()))
        );
        assert_eq!(not_run(&context, &mut Command::new("true"), "it"), None);
    }

    #[test]
    fn a_reader_is_fed_with_its_own_documents() {
        let command = feed(&context(true).house, "code", Path::new("found"), 7);
        let words: Vec<_> = command.get_args().map(|it| it.to_string_lossy()).collect();
        let words = words.join(" ");
        assert!(
            words.contains(" reader found crates/fuzz/corpus/code -- "),
            "{words}"
        );
        assert!(words.contains("-malloc_limit_mb="), "{words}");
        assert!(words.contains("-max_total_time=7 "), "{words}");
    }

    #[test]
    fn a_fuzzer_that_read_nothing_is_found() {
        let said = |number: &str| format!("Done\nstat::number_of_executed_units: {number}\nx: 1\n");
        assert_eq!(inputs(&said("120")), Some(120));
        assert_eq!(inputs(&said("0")), None);
        assert_eq!(inputs("Done\n"), None);
    }

    #[test]
    fn every_reader_has_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["jwk", "code"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        assert_eq!(readers(folder.path()).unwrap(), ["code", "jwk"]);
        assert!(readers(&folder.path().join("none")).is_err());
    }

    #[test]
    fn a_change_that_nobody_argued_for_is_named_wherever_it_stands_now() {
        let page = "- `a/b.rs: replace x with y`: no difference";
        assert!(unargued("a/b.rs:3:5: replace x with y\n", page).is_empty());
        assert!(unargued("a/b.rs:30:1: replace x with y\n", page).is_empty());
        assert_eq!(
            unargued(
                "a/b.rs:3:5: replace x with z\na/c.rs:1:1: replace x with y",
                page
            ),
            ["a/b.rs: replace x with z", "a/c.rs: replace x with y"]
        );
        assert_eq!(noticed("one\ntwo\n"), 2);
    }
}
