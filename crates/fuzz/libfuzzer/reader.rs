//! One reader, that of the name `ESCALE_READER`, fed with what reaches new code.

#![no_main]

use std::sync::OnceLock;

use fuzz::{READERS, Reader};
use libfuzzer_sys::fuzz_target;

/// The reader that was chosen.
fn chosen() -> &'static Reader {
    static CHOSEN: OnceLock<&Reader> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("ESCALE_READER").expect("`ESCALE_READER` names a reader");
        let reader = READERS.iter().find(|reader| reader.name == name);
        reader.unwrap_or_else(|| panic!("no reader is called {name}"))
    })
}

fuzz_target!(|bytes: &[u8]| {
    (chosen().read)(bytes);
});
