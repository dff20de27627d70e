//! File systems of a test's own, where the machine allows them.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A mounted file system, until it is dropped.
pub(crate) struct Mount {
    path: PathBuf,
}

impl Mount {
    /// A file system in memory; `None` where mounting is not permitted.
    pub(crate) fn memory(folder: &Path, options: &str) -> Option<Self> {
        Self::new(folder, "memory", &["-t", "tmpfs", "-o", options, "none"])
    }

    /// The file system in `image`, through a loop device.
    pub(crate) fn image(folder: &Path, name: &str, image: &Path) -> Option<Self> {
        Self::new(
            folder,
            name,
            &[OsStr::new("-o"), OsStr::new("loop"), image.as_os_str()],
        )
    }

    fn new(folder: &Path, name: &str, arguments: &[impl AsRef<OsStr>]) -> Option<Self> {
        let path = folder.join(name);
        std::fs::create_dir_all(&path).unwrap();
        let mut mount = Command::new("mount");
        let mount = mount.args(arguments).arg(&path).stderr(Stdio::null());
        mount
            .status()
            .is_ok_and(|status| status.success())
            .then_some(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn remount(&self, options: &str) {
        let mut mount = Command::new("mount");
        let mount = mount
            .args(["-o", &format!("remount,{options}")])
            .arg(&self.path);
        assert!(mount.status().unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _left = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

/// Says what this machine does not allow, so that nobody takes it for tested.
pub(crate) fn loudly_without(what: &str, instead: &str) {
    let line =
        format!("!!!! NOT TESTED HERE: this machine does not allow {what}: {instead} !!!!\n");
    let _unread = std::io::stderr().write_all(line.as_bytes());
}
