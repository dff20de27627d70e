//! The files of a node's private keys: the first, and those that followed it.
//!
//! Beside `keys/ops.jwk` lie `keys/ops-2.jwk`, `keys/ops-3.jwk` and so on. Nothing here
//! removes one: it may be the only copy of a key that is still needed.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use app::{HELD_KEYS_MAX, Keys};
use seal::{SecretKey, keyfile};

use crate::environment::new_key;

/// A key, and the file in which it lies.
pub(crate) struct KeyFile {
    pub(crate) path: PathBuf,
    pub(crate) key: SecretKey,
}

/// Reads the first key and all that followed it, in their order.
pub(crate) fn read(first: &Path) -> anyhow::Result<Vec<KeyFile>> {
    let mut numbered: Vec<(u32, PathBuf)> = vec![(1, first.to_owned())];
    let folder = folder_of(first);
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if let Some(number) = number_of(&path, first) {
            numbered.push((number, path));
        }
    }
    numbered.sort();
    let load = |(_, path): (u32, PathBuf)| {
        let key = keyfile::load(&path)?;
        Ok(KeyFile { path, key })
    };
    numbered.into_iter().map(load).collect()
}

/// The keys alone.
pub(crate) fn load(first: &Path) -> anyhow::Result<Keys> {
    let keys = read(first)?.into_iter().map(|file| file.key).collect();
    Keys::new(keys).with_context(|| {
        format!(
            "{} holds more than {HELD_KEYS_MAX} keys: put away files of keys that have ended",
            folder_of(first).display()
        )
    })
}

/// Makes another key, in the file after the last.
pub(crate) fn create_next(first: &Path) -> anyhow::Result<PathBuf> {
    let files = read(first)?;
    if files.len() >= HELD_KEYS_MAX {
        bail!(
            "there are {HELD_KEYS_MAX} keys in {} already: put away files of keys that have \
             ended (escale keys list)",
            folder_of(first).display()
        );
    }
    let numbers = files.iter().filter_map(|file| number_of(&file.path, first));
    let next = numbers.max().unwrap_or(1) + 1;
    let path = folder_of(first).join(format!("{}-{next}.jwk", stem_of(first)));
    keyfile::create(&path, &new_key()?).context("the new key cannot be written")?;
    Ok(path)
}

/// The number in the name of a file that follows `first`: 2 and more.
fn number_of(path: &Path, first: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    let number = name.strip_prefix(&stem_of(first))?.strip_prefix('-')?;
    let number: u32 = number.strip_suffix(".jwk")?.parse().ok()?;
    (number >= 2).then_some(number)
}

fn stem_of(first: &Path) -> String {
    let stem = first.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

fn folder_of(path: &Path) -> &Path {
    let parent = path.parent();
    let named = parent.filter(|it| !it.as_os_str().is_empty());
    named.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lie_in_the_order_in_which_they_were_made_and_nothing_else_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("ops.jwk");
        keyfile::create(&first, &new_key().unwrap()).unwrap();
        std::fs::write(folder.path().join("ops-x.jwk"), "nothing").unwrap();
        std::fs::write(folder.path().join("fed-2.jwk"), "nothing").unwrap();
        std::fs::write(folder.path().join("ops-1.jwk"), "nothing").unwrap();
        let made: Vec<_> = (1..HELD_KEYS_MAX)
            .map(|_| create_next(&first).unwrap())
            .collect();
        let read: Vec<_> = read(&first)
            .unwrap()
            .into_iter()
            .map(|it| it.path)
            .collect();
        assert_eq!(read.len(), HELD_KEYS_MAX);
        assert_eq!(
            (read.first(), read.get(1..)),
            (Some(&first), Some(&made[..]))
        );
        assert!(load(&first).is_ok());
        let refused = create_next(&first).unwrap_err().to_string();
        assert!(refused.contains("escale keys list"), "{refused}");
        // One that is put there by hand is one too many.
        let ninth = folder.path().join("ops-99.jwk");
        keyfile::create(&ninth, &new_key().unwrap()).unwrap();
        assert!(load(&first).is_err());
    }
}
