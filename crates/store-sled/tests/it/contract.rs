//! The contract of `store`, over sled.

use std::sync::Arc;

use store::Store;
use store::contract::Ground;
use store_sled::{Options, SledStore};

struct Folder {
    folder: tempfile::TempDir,
    store: Option<Arc<SledStore>>,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        SledStore::create(folder.path()).unwrap();
        let mut ground = Self {
            folder,
            store: None,
        };
        ground.start();
        ground
    }

    fn start(&mut self) {
        let store = SledStore::open(self.folder.path(), Options::default()).unwrap();
        self.store = Some(Arc::new(store));
    }
}

impl Ground for Folder {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(self.store.as_ref().unwrap()) as Arc<dyn Store>
    }

    fn restart(&mut self) {
        // Nobody else holds it now.
        drop(Arc::try_unwrap(self.store.take().unwrap()).unwrap());
        self.start();
    }
}

store::contract_tests!(|| Box::new(Folder::new()));
