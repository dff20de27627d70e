//! The real sync: sled's `sync_file_range`, defined here as `fdatasync`.
//!
//! sled ends each write of its log with `sync_file_range`, which neither empties
//! the disk's cache nor writes the file's length: after a power cut, data that was
//! called flushed is gone. A function of that name in the program itself comes
//! before the C library's, so sled calls this one.
//!
//! Nothing in the language guarantees that a linker resolves it so. Therefore the
//! function counts its calls, and [`crate::SledStore::open`] refuses to go on when
//! a flush did not raise the count.
//!
//! **Invariant:** a store is never open in a program whose flush is not a real sync.
//!
//! **Invariant:** an error of `fdatasync` reaches sled as it is. It is not tried
//! again: the kernel reports a lost write once.
//!
//! Argued in `specs/decisions/0001-sled-made-durable.md`.
#![cfg_attr(
    target_os = "linux",
    expect(
        unsafe_code,
        reason = "one symbol under sled is replaced, and one system call is made"
    )
)]

#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicU64, Ordering};

/// How many real syncs this process has made.
#[cfg(target_os = "linux")]
static SYNCS: AtomicU64 = AtomicU64::new(0);

/// Called by sled in the place of the C library's function of this name: brings
/// all of the file's data, and its length, to the disk. The range is ignored.
// SAFETY: the signature is the C library's on Linux. The one caller in this program
// is sled, which passes an open descriptor; another caller would get a stronger sync
// than it asked for.
#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
extern "C" fn sync_file_range(
    descriptor: libc::c_int,
    _offset: libc::off64_t,
    _length: libc::off64_t,
    _flags: libc::c_uint,
) -> libc::c_int {
    SYNCS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: takes a number and touches no memory; a bad descriptor is an error.
    unsafe { libc::fdatasync(descriptor) }
}

/// Whether `flush`, which must have something to write, makes a real sync.
#[cfg(target_os = "linux")]
pub(crate) fn is_made_by<E>(flush: impl FnOnce() -> Result<(), E>) -> Result<bool, E> {
    let before = SYNCS.load(Ordering::Relaxed);
    flush()?;
    Ok(SYNCS.load(Ordering::Relaxed) > before)
}

/// Whether `flush` makes a real sync: where there is no `sync_file_range`, sled
/// calls `fsync` itself.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_made_by<E>(flush: impl FnOnce() -> Result<(), E>) -> Result<bool, E> {
    flush().map(|()| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_that_does_not_sync_is_found_out() {
        assert_eq!(is_made_by(|| Ok::<_, ()>(())), Ok(false));
    }
}
