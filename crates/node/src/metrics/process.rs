//! What the operating system says of this process.

/// The memory that it holds, in bytes. Only Linux says so.
pub(super) fn resident_bytes() -> Option<i64> {
    read(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// From `proc_pid_status(5)`: `VmRSS` in kibibytes.
fn read(status: &str) -> Option<i64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_found_among_the_rest() {
        let status = "Name:\tescale\nVmPeak:\t  9000 kB\nVmRSS:\t    1232 kB\nThreads:\t2\n";
        assert_eq!(read(status), Some(1_232 * 1_024));
        assert_eq!(read("Name:\tescale\n"), None);
        assert_eq!(read("VmRSS:\tmuch\n"), None);
    }

    #[test]
    fn this_process_holds_some() {
        assert!(resident_bytes().is_none_or(|bytes| bytes > 100_000));
    }
}
