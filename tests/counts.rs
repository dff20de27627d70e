//! Saying how many cases a scenario went through, for the table of `cargo xtask test`.

use std::fs::File;
use std::io::Write as _;

/// Notes that `number` cases of `name` were gone through.
pub fn count(name: &str, number: u64) {
    let Some(path) = std::env::var_os("ESCALE_COUNTS") else {
        return;
    };
    let file = File::options().create(true).append(true).open(path);
    let mut file = file.expect("the file of counts can be written");
    let line = format!("{name} {number}\n");
    file.write_all(line.as_bytes())
        .expect("the file of counts can be written");
}
