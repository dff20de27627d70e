//! What is in a folder, to see later that nobody touched it.

use std::collections::BTreeMap;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Everything in a folder: path, kind and mode, and content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot(BTreeMap<PathBuf, (String, Vec<u8>)>);

impl Snapshot {
    /// Looks.
    pub fn of(folder: &Path) -> Self {
        let mut entries = BTreeMap::new();
        walk(folder, folder, &mut entries);
        Self(entries)
    }

    /// The folder is as it was.
    #[track_caller]
    pub fn is_unchanged(&self, folder: &Path) {
        let now = Self::of(folder);
        let differing: Vec<_> = self
            .0
            .keys()
            .chain(now.0.keys())
            .filter(|path| self.0.get(*path) != now.0.get(*path))
            .collect();
        assert!(differing.is_empty(), "changed: {differing:?}");
    }
}

fn walk(root: &Path, folder: &Path, entries: &mut BTreeMap<PathBuf, (String, Vec<u8>)>) {
    let Ok(metadata) = std::fs::symlink_metadata(folder) else {
        return;
    };
    let mode = metadata.permissions().mode();
    let name = folder.strip_prefix(root).unwrap_or(folder).to_owned();
    let kind = metadata.file_type();
    let content = if kind.is_file() {
        std::fs::read(folder).expect("a file can be read")
    } else {
        Vec::new()
    };
    let is_socket = if kind.is_socket() { " socket" } else { "" };
    entries.insert(name, (format!("{mode:o}{is_socket}"), content));
    if kind.is_dir() {
        let inside = std::fs::read_dir(folder).expect("a folder can be read");
        for entry in inside {
            walk(root, &entry.expect("an entry can be read").path(), entries);
        }
    }
}

/// The mode of a file or folder.
#[track_caller]
pub fn mode(path: &Path) -> u32 {
    let metadata = std::fs::metadata(path);
    let metadata = metadata.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    metadata.permissions().mode() & 0o7777
}

/// Gives a file or folder this mode.
pub fn set_mode(path: &Path, mode: u32) {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, permissions).expect("a mode can be changed");
}

/// Copies a folder with all that is in it, modes included; sockets are left out.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("a folder can be read") {
        let entry = entry.expect("an entry can be read");
        let kind = entry.file_type().expect("an entry has a kind");
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), &target).expect("a file can be copied");
        }
    }
    set_mode(to, mode(from));
}

/// The files in a folder, at any depth, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder can be read") {
        let entry = entry.expect("an entry can be read");
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}
