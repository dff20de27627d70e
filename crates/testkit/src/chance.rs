//! Random numbers that are the same at every run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use app::{Entropy, EntropyError};
use wire::Sha256Hash;

/// A stream of bytes that its seed decides; clones draw from the same stream.
#[derive(Debug, Clone)]
pub struct SeededEntropy {
    seed: Sha256Hash,
    drawn: Arc<AtomicU64>,
    is_dry: Arc<AtomicBool>,
    is_nought: Arc<AtomicBool>,
}

impl SeededEntropy {
    /// The stream of `seed`.
    pub fn new(seed: &str) -> Self {
        Self {
            seed: Sha256Hash::of(&[seed.as_bytes()]),
            drawn: Arc::default(),
            is_dry: Arc::default(),
            is_nought: Arc::default(),
        }
    }

    /// From here on, there are random numbers or there are none.
    pub fn set_dry(&self, is_dry: bool) {
        self.is_dry.store(is_dry, Ordering::SeqCst);
    }

    /// The next that is drawn is nought.
    pub fn draw_nought(&self) {
        self.is_nought.store(true, Ordering::SeqCst);
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        if self.is_dry.load(Ordering::SeqCst) {
            return Err(EntropyError);
        }
        if self.is_nought.swap(false, Ordering::SeqCst) {
            bytes.fill(0);
            return Ok(());
        }
        for part in bytes.chunks_mut(32) {
            let count = self.drawn.fetch_add(1, Ordering::SeqCst);
            let block = Sha256Hash::of(&[&self.seed.0, &count.to_be_bytes()]).0;
            part.iter_mut().zip(block).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}
