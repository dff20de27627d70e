//! Private keys on disk: one JWK (RFC 8037 §2) a file, readable by its owner alone.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::base64url;
use crate::key::SecretKey;

/// The most bytes of a key file: one JWK is about 200.
const FILE_BYTES_MAX: u64 = 4096;

/// Why a key file is not read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be opened, read or written.
    #[error("{}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// Somebody other than its owner may read it.
    #[error("{} can be read by others (mode {mode:03o}; it must be 600)", path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// What is in it is not a private Ed25519 JWK.
    #[error("{} does not hold a private Ed25519 key", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
}

#[derive(Serialize, Deserialize)]
struct PrivateJwk {
    kty: String,
    crv: String,
    x: String,
    d: String,
}

impl Drop for PrivateJwk {
    fn drop(&mut self) {
        self.d.zeroize();
    }
}

/// Writes `key` to a new file that only its owner can read, durably. An existing
/// file is never overwritten: it may be the only copy of a key.
pub fn create(path: &Path, key: &SecretKey) -> Result<(), KeyFileError> {
    let failed = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    let jwk = PrivateJwk {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        x: base64url::encode(key.public().as_bytes()),
        d: base64url::encode(key.seed().as_slice()),
    };
    let mut text = Zeroizing::new(serde_json::to_vec(&jwk).map_err(|e| failed(e.into()))?);
    text.push(b'\n');
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    file.write_all(&text)
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))
        .and_then(|dir| dir.sync_all())
        .map_err(failed)
}

/// Reads a private key, if nobody but its owner can.
pub fn load(path: &Path) -> Result<SecretKey, KeyFileError> {
    let failed = |source| KeyFileError::Io {
        path: path.to_owned(),
        source,
    };
    let not_a_key = || KeyFileError::NotAKey {
        path: path.to_owned(),
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::TooOpen {
            path: path.to_owned(),
            mode,
        });
    }
    if !metadata.is_file() || metadata.len() > FILE_BYTES_MAX {
        return Err(not_a_key());
    }
    let mut text = Zeroizing::new(Vec::with_capacity(4096));
    file.take(FILE_BYTES_MAX)
        .read_to_end(&mut text)
        .map_err(failed)?;
    let jwk: PrivateJwk = serde_json::from_slice(&text).map_err(|_| not_a_key())?;
    let bytes = Zeroizing::new(base64url::decode(&jwk.d).map_err(|_| not_a_key())?);
    let seed = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| not_a_key())?);
    let key = SecretKey::from_seed(&seed);
    let is_pair = jwk.kty == "OKP"
        && jwk.crv == "Ed25519"
        && jwk.x == base64url::encode(key.public().as_bytes());
    if is_pair { Ok(key) } else { Err(not_a_key()) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_written_for_its_owner_and_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ops.jwk");
        let key = SecretKey::from_seed(&[3; 32]);
        create(&path, &key).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(load(&path).unwrap().public(), key.public());
    }

    #[test]
    fn an_existing_key_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ops.jwk");
        create(&path, &SecretKey::from_seed(&[3; 32])).unwrap();
        let again = create(&path, &SecretKey::from_seed(&[4; 32]));
        assert!(matches!(again, Err(KeyFileError::Io { .. })));
        assert_eq!(
            load(&path).unwrap().public(),
            SecretKey::from_seed(&[3; 32]).public()
        );
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ops.jwk");
        create(&path, &SecretKey::from_seed(&[3; 32])).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o644] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(
                matches!(load(&path), Err(KeyFileError::TooOpen { .. })),
                "{mode:o}"
            );
        }
    }

    /// As whoever gives a name without a folder writes it.
    #[test]
    fn a_key_is_written_where_one_stands() {
        let dir = tempfile::tempdir().unwrap();
        std::env::set_current_dir(dir.path()).unwrap();
        let key = SecretKey::from_seed(&[3; 32]);
        create(Path::new("ops.jwk"), &key).unwrap();
        let read = load(&dir.path().join("ops.jwk")).unwrap();
        assert_eq!(read.public(), key.public());
    }

    #[test]
    fn a_file_is_a_file_of_four_kilobytes_at_most() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ops.jwk");
        create(&path, &SecretKey::from_seed(&[3; 32])).unwrap();
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str(&" ".repeat(4096 - text.len()));
        std::fs::write(&path, &text).unwrap();
        assert!(load(&path).is_ok());
        std::fs::write(&path, text + " ").unwrap();
        assert!(matches!(load(&path), Err(KeyFileError::NotAKey { .. })));
        let folder = dir.path().join("folder");
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        assert!(matches!(load(&folder), Err(KeyFileError::NotAKey { .. })));
    }

    #[test]
    fn a_file_that_is_no_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let key = SecretKey::from_seed(&[3; 32]);
        let good = dir.path().join("good.jwk");
        create(&good, &key).unwrap();
        let text = std::fs::read_to_string(&good).unwrap();
        let other_x = base64url::encode(SecretKey::from_seed(&[4; 32]).public().as_bytes());
        let own_x = base64url::encode(key.public().as_bytes());
        for (name, changed) in [
            ("pair", text.replace(&own_x, &other_x)),
            ("cut", text.chars().take(60).collect()),
            ("curve", text.replace("Ed25519", "X25519")),
            ("family", text.replace("OKP", "RSA")),
            ("long", format!("{text}{}", " ".repeat(5000))),
            ("empty", String::new()),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, changed).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert!(
                matches!(load(&path), Err(KeyFileError::NotAKey { .. })),
                "{name}"
            );
        }
        assert!(matches!(
            load(&dir.path().join("none")),
            Err(KeyFileError::Io { .. })
        ));
    }
}
