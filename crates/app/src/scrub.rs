//! Looking through the store in the background, for what vanished or rotted.
//!
//! No engine notices a flipped bit by itself, nor an entry that is silently gone.
//! Reading notices the first, when it comes by; this comes by everywhere.

use std::sync::PoisonError;

use store::{ReadError, Scrubbed};

use crate::{App, Fault};

/// How often a prefix that moves while it is counted is counted anew before it is
/// left to the next look.
const TRIES: usize = 5;

impl App {
    /// Reads every entry once and counts it against the fingerprints. What does not
    /// fit is kept for [`App::store_problems`], and given.
    pub async fn scrub(&self) -> Result<Vec<String>, Fault> {
        let mut problems = Vec::new();
        for (prefix, _) in self.store().fingerprints().await? {
            for _ in 0..TRIES {
                match store::scrub(self.store(), prefix).await {
                    Ok(Scrubbed::Moved) => {}
                    Ok(Scrubbed::Whole(_)) => break,
                    Ok(Scrubbed::Differs { kept, counted }) => {
                        problems.push(format!(
                            "{prefix:?}: {} entries are there, and {} were written",
                            counted.count, kept.count
                        ));
                        break;
                    }
                    Err(error @ ReadError::Damaged { .. }) => {
                        problems.push(error.to_string());
                        break;
                    }
                    Err(error @ ReadError::Engine(_)) => return Err(error.into()),
                }
            }
        }
        let mut place = self
            .inner
            .store_problems
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        place.clone_from(&problems);
        Ok(problems)
    }

    /// What the last look through the store found.
    pub fn store_problems(&self) -> Vec<String> {
        self.inner
            .store_problems
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
