//! From a name to the addresses that may be asked.
//!
//! reqwest connects to what [`CheckedNames`] returns and asks nobody else, so the
//! addresses that were checked are those that are connected to: a name that
//! resolves differently a moment later (DNS rebinding) gains nothing.
//!
//! **Invariant:** the resolver is not called for addresses written in a URL; those
//! are checked by `target` before.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::address::Reach;

/// The most lookups at once. A lookup holds a thread until the system gives up
/// (up to 30 s with two silent name servers) even after the request is over: 32
/// of tokio's 512, and three peers of [`crate::REQUESTS_PER_PEER_MAX`] whose names
/// hang for three times the time-out still leave room.
pub(crate) const LOOKUPS_MAX: usize = 32;

/// The most addresses of one name that are tried: the time to connect is shared
/// between them.
const ADDRESSES_MAX: usize = 6;

/// Where addresses come from.
#[async_trait::async_trait]
pub(crate) trait Names: Send + Sync + 'static {
    /// All addresses of a host, in the order in which they should be tried.
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own resolver: `hosts` file, mDNS and all.
pub(crate) struct SystemNames {
    lookups: Arc<Semaphore>,
}

impl SystemNames {
    pub(crate) fn new() -> Self {
        Self {
            lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)),
        }
    }
}

#[async_trait::async_trait]
impl Names for SystemNames {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let permit = Arc::clone(&self.lookups)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let host = host.to_owned();
        tokio::task::spawn_blocking(move || {
            let addresses = (host.as_str(), 0)
                .to_socket_addrs()?
                .map(|found| found.ip())
                .collect();
            drop(permit);
            Ok(addresses)
        })
        .await
        .map_err(io::Error::other)?
    }
}

/// No address of the name is within reach, or it has none.
#[derive(Debug, thiserror::Error)]
#[error("no address that may be asked")]
pub(crate) struct NothingInReach;

/// The resolver that reqwest is given: only addresses within reach come out of it.
pub(crate) struct CheckedNames {
    pub(crate) names: Arc<dyn Names>,
    pub(crate) reach: Reach,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let names = Arc::clone(&self.names);
        let reach = self.reach;
        Box::pin(async move {
            let found = names
                .addresses(name.as_str())
                .await
                .map_err(|_| NothingInReach)?;
            let within: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| reach.covers(*address))
                .take(ADDRESSES_MAX)
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if within.is_empty() {
                return Err(NothingInReach.into());
            }
            Ok(Box::new(within.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(&'static [&'static str]);

    #[async_trait::async_trait]
    impl Names for Fixed {
        async fn addresses(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
            Ok(self.0.iter().map(|text| text.parse().unwrap()).collect())
        }
    }

    async fn resolved(reach: Reach, found: &'static [&'static str]) -> Option<Vec<String>> {
        let names = CheckedNames {
            names: Arc::new(Fixed(found)),
            reach,
        };
        let addresses = names
            .resolve("le-mug.example".parse().unwrap())
            .await
            .ok()?;
        Some(addresses.map(|address| address.ip().to_string()).collect())
    }

    #[tokio::test]
    async fn addresses_out_of_reach_are_dropped_and_the_others_kept() {
        let both: &[&str] = &["127.0.0.1", "1.1.1.1", "::ffff:10.0.0.1", "2a01:e0a::1"];
        let public = vec!["1.1.1.1".to_owned(), "2a01:e0a::1".to_owned()];
        assert_eq!(resolved(Reach::Public, both).await, Some(public));
        assert_eq!(
            resolved(Reach::Loopback, both).await,
            Some(vec!["127.0.0.1".to_owned()])
        );
    }

    #[tokio::test]
    async fn a_name_without_an_address_in_reach_is_refused() {
        assert_eq!(
            resolved(Reach::Public, &["10.0.0.1", "169.254.169.254"]).await,
            None
        );
        assert_eq!(
            resolved(Reach::Named, &["169.254.169.254", "0.0.0.0"]).await,
            None
        );
        assert_eq!(resolved(Reach::Public, &[]).await, None);
    }

    #[tokio::test]
    async fn only_the_first_addresses_are_tried() {
        let many: &[&str] = &[
            "1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4", "1.0.0.5", "1.0.0.6", "1.0.0.7",
        ];
        assert_eq!(
            resolved(Reach::Public, many).await.map(|found| found.len()),
            Some(6)
        );
    }

    #[tokio::test]
    async fn the_machine_knows_its_own_name() {
        let found = SystemNames::new().addresses("localhost").await.unwrap();
        assert!(
            found.iter().all(|address| Reach::Loopback.covers(*address)),
            "{found:?}"
        );
    }
}
