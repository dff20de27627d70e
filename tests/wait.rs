//! Waiting for something to come about, never longer than is said.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long a state of a few nodes on this machine may take to come about.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// From one look to the next.
const LOOK: Duration = Duration::from_millis(15);

/// Waits until `look` finds what is waited for, and gives it.
///
/// # Panics
///
/// With the last complaint, if it does not come about in time.
#[track_caller]
pub fn until<T>(what: &str, look: impl FnMut() -> Result<T, String>) -> T {
    within(PATIENCE, what, look)
}

/// Like [`until`], within a time of one's own.
#[track_caller]
pub fn within<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let began = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(complaint) if began.elapsed() > limit => {
                panic!("not within {} s: {what}: {complaint}", limit.as_secs())
            }
            Err(_) => std::thread::sleep(LOOK),
        }
    }
}

/// The machine's time, in seconds since 1970: nodes of a scenario have no other.
///
/// # Panics
///
/// Where the machine believes that it is before 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "processes live in the time of their machine"
)]
pub fn now_seconds() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = now.expect("a clock after 1970").as_secs();
    seconds.cast_signed()
}

/// Ok where `holds`, else the complaint.
pub fn ensure(holds: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint()) }
}

/// Lets time pass, where the moment at which something happens is itself the case.
pub fn moment(length: Duration) {
    std::thread::sleep(length);
}
