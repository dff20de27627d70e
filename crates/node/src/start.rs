//! Opening what `init` made: keys, store, identity.

use std::sync::Arc;

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
