//! Opening what `init` made: keys, store, identity.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use anyhow::Context as _;
use app::{App, Identity};
use store::Store;
use store_sled::{Options, SledStore};

use crate::config::Config;
use crate::environment::{SystemClock, SystemEntropy};
use crate::key_files;

/// The identity that a configuration describes, with its keys read from disk.
pub(crate) fn identity(config: &Config) -> anyhow::Result<Identity> {
    Ok(Identity {
        entity: config.entity.clone(),
        role: config.role,
        coordinator: config.coordinator.clone(),
        root: config.root_key.clone(),
        fed: key_files::load(&config.fed_key).context("the fed key cannot be used")?,
        ops: key_files::load(&config.ops_key).context("the ops key cannot be used")?,
    })
}

/// Opens the store of a configuration.
pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    let options = Options {
        cache_bytes: config.store_cache_bytes,
        ..Options::default()
    };
    let dir = config.store.clone();
    // Opening reads the whole log after a crash.
    let opened = tokio::task::spawn_blocking(move || SledStore::open(&dir, options)).await?;
    Ok(Arc::new(opened.context("the store cannot be opened")?))
}

/// The file by which a node knows its folder again: what is in it, and which file of which
/// moment it is. A copy of the folder has another, and so has one from a backup.
const HERE_FILE: &str = "here";

/// By what the folder of a configuration is known; its file is made where there is none.
pub(crate) fn here(config: &Config) -> anyhow::Result<String> {
    let path = config.dir.join(HERE_FILE);
    let known = || -> std::io::Result<String> {
        if !path.exists() {
            let mut file = File::create_new(&path)?;
            writeln!(
                file,
                "{:016x}{:016x}",
                SystemEntropy::noise(),
                SystemEntropy::noise()
            )?;
            file.sync_all()?;
            File::open(&config.dir)?.sync_all()?;
        }
        let file = path.metadata()?;
        // Where the file system keeps no time of birth, the change of a copy is one.
        let born = file
            .created()
            .ok()
            .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let changed = (file.ctime(), file.ctime_nsec());
        let born = born.map_or(format!("{changed:?}"), |it| it.as_nanos().to_string());
        let token = std::fs::read_to_string(&path)?;
        Ok(format!("{} {} {born}", token.trim(), file.ino()))
    };
    known().with_context(|| format!("{}", path.display()))
}

/// Opens the node of a configuration, and says where it stands. Another process must not
/// have it open.
pub(crate) async fn open_standing(config: &Config) -> anyhow::Result<App> {
    let app = open(config).await?;
    app.stand_in(&here(config)?, false).await?;
    Ok(app)
}

/// Opens the node of a configuration. Another process must not have it open.
pub(crate) async fn open(config: &Config) -> anyhow::Result<App> {
    // First: a node whose keys cannot be used leaves its store as it is.
    let identity = identity(config)?;
    let store = open_store(config).await?;
    open_over(store, identity, SystemClock::default()).await
}

/// Opens a node over its store, with any clock.
pub(crate) async fn open_over(
    store: Arc<dyn Store>,
    identity: Identity,
    clock: SystemClock,
) -> anyhow::Result<App> {
    let app = App::open(store, identity, Arc::new(clock), Arc::new(SystemEntropy)).await;
    app.context("this folder is not that of this node")
}
