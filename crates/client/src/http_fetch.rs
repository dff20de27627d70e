//! The way out over HTTP.
//!
//! Three clients, because a connection that was opened to a private address for a
//! peer that the configuration names must never serve anybody else: each reach
//! (see `address`) has its own resolver and its own pool.
//!
//! **Invariant:** everything a request does, waiting for its turn included, ends
//! within [`Times::total`].

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE};
use reqwest::Client;
use rustls::ClientConfig;
use wire::{EntityId, printable};

use crate::address::Reach;
use crate::names::{CheckedNames, Names, NothingInReach, SystemNames};
use crate::turns::Turns;
use crate::{Fetch, FetchError, Request, SetupError, answer, roots, target};

/// The time for everything, from waiting for a turn to the last byte of the body.
pub const TOTAL_SECONDS: u64 = 10;

/// The time for a connection: TCP and TLS. Half of the whole, so that a machine
/// that swallows packets is told apart from a slow answer.
pub const CONNECT_SECONDS: u64 = 5;

/// How long an unused connection is kept. Shorter than any server's own limit
/// (ours: 30 s), so that it is we who close it.
const POOL_IDLE_SECONDS: u64 = 15;

/// Unused connections kept per peer: questions to one peer mostly follow each other.
const POOL_IDLE_PER_PEER_MAX: usize = 2;

/// The most characters of a connection error: part of it may be a peer's certificate.
const ERROR_CHARS_MAX: usize = 200;

/// Whom this node may ask although the address rules say no, and what it trusts.
///
/// The default is a node on the internet.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Whether nodes of this machine, named by `http://` loopback entities, may be asked.
    pub allow_loopback: bool,
    /// The peers that may be on a private network or on this machine. Link-local,
    /// multicast and disguised addresses stay refused for them too.
    pub allow_private: Vec<EntityId>,
    /// Root certificates (PEM) beside those of the machine: a network's own authority.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// The time limits.
    pub times: Times,
}

/// How long a request may take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// Until there is a connection.
    pub connect: Duration,
    /// Until the last byte of the answer.
    pub total: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(CONNECT_SECONDS),
            total: Duration::from_secs(TOTAL_SECONDS),
        }
    }
}

/// Asks other nodes over HTTP/1.1 and TLS.
pub struct HttpFetch {
    allow_loopback: bool,
    allow_private: BTreeSet<EntityId>,
    times: Times,
    turns: Turns,
    public: Client,
    named: Client,
    loopback: Client,
}

impl HttpFetch {
    /// The way out under these rules. Reads the machine's root certificates.
    pub fn new(rules: Rules) -> Result<Self, SetupError> {
        let names: Arc<dyn Names> = Arc::new(SystemNames::new());
        Self::with_names(rules, &names)
    }

    pub(crate) fn with_names(rules: Rules, names: &Arc<dyn Names>) -> Result<Self, SetupError> {
        let Rules {
            allow_loopback,
            allow_private,
            extra_roots_pem,
            times,
        } = rules;
        let tls = roots::tls(roots::root_certificates(extra_roots_pem.as_deref())?)?;
        let client = |reach| {
            client(
                CheckedNames {
                    names: Arc::clone(names),
                    reach,
                },
                &tls,
                times,
            )
        };
        Ok(Self {
            allow_loopback,
            allow_private: allow_private.into_iter().collect(),
            times,
            turns: Turns::new(),
            public: client(Reach::Public)?,
            named: client(Reach::Named)?,
            loopback: client(Reach::Loopback)?,
        })
    }

    /// How far a request to this entity may reach; `None` where it may not be asked.
    fn reach_of(&self, entity: &EntityId) -> Option<Reach> {
        if entity.is_loopback() {
            return self.allow_loopback.then_some(Reach::Loopback);
        }
        let is_named = self.allow_private.contains(entity);
        Some(if is_named {
            Reach::Named
        } else {
            Reach::Public
        })
    }

    async fn ask(&self, request: Request) -> Result<Vec<u8>, FetchError> {
        let Request {
            entity,
            path,
            body,
            authorization,
            media_type,
            body_bytes_max,
        } = request;
        let reach = self
            .reach_of(&entity)
            .ok_or_else(|| target::no_address(&entity))?;
        let url = target::url_of(&entity, &path, reach)?;
        let _turn = self.turns.take(&entity).await;
        let client = match reach {
            Reach::Public => &self.public,
            Reach::Named => &self.named,
            Reach::Loopback => &self.loopback,
        };
        let asked = match body {
            Some((bytes, sent_type)) => {
                client.post(url).header(CONTENT_TYPE, sent_type).body(bytes)
            }
            None => client.get(url),
        };
        let asked = asked
            .header(ACCEPT, media_type)
            .header(ACCEPT_ENCODING, "identity");
        let asked = match authorization {
            Some(proof) => asked.header(AUTHORIZATION, proof),
            None => asked,
        };
        let response = asked
            .send()
            .await
            .map_err(|error| self.error_of(error, &entity))?;
        if !target::is_at(response.url(), &entity) {
            return Err(FetchError::Connection(
                "answered for another host".to_owned(),
            ));
        }
        answer::read(response, media_type, body_bytes_max).await
    }

    /// What a failure to ask is to the caller.
    fn error_of(&self, error: reqwest::Error, entity: &EntityId) -> FetchError {
        if error.is_builder() {
            return FetchError::BadRequest(entity.to_string());
        }
        if error.is_timeout() {
            return FetchError::TooSlow {
                seconds: seconds_of(self.times.connect),
            };
        }
        let mut cause = error.source();
        while let Some(inner) = cause {
            if inner.is::<NothingInReach>() {
                return target::no_address(entity);
            }
            cause = inner.source();
        }
        connection_error(error)
    }
}

#[async_trait::async_trait]
impl Fetch for HttpFetch {
    async fn fetch(&self, request: Request) -> Result<Vec<u8>, FetchError> {
        match tokio::time::timeout(self.times.total, self.ask(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(FetchError::TooSlow {
                seconds: seconds_of(self.times.total),
            }),
        }
    }
}

impl fmt::Debug for HttpFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFetch")
            .field("allow_loopback", &self.allow_loopback)
            .field("allow_private", &self.allow_private)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

/// A client that does nothing of its own accord. What reqwest's features could
/// switch on elsewhere in the workspace is switched off here all the same.
fn client(names: CheckedNames, tls: &ClientConfig, times: Times) -> Result<Client, SetupError> {
    #[expect(clippy::disallowed_methods, reason = "this is the client room")]
    let builder = Client::builder();
    builder
        .dns_resolver(names)
        .tls_backend_preconfigured(tls.clone())
        .user_agent(concat!("escale/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .http1_only()
        .connect_timeout(times.connect)
        .pool_idle_timeout(Duration::from_secs(POOL_IDLE_SECONDS))
        .pool_max_idle_per_host(POOL_IDLE_PER_PEER_MAX)
        .build()
        .map_err(|error| SetupError::Client(error.to_string()))
}

/// A broken connection, with its causes on one printable line and without the URL.
pub(crate) fn connection_error(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    FetchError::Connection(printable(&text, ERROR_CHARS_MAX))
}

fn seconds_of(limit: Duration) -> u64 {
    limit
        .as_millis()
        .div_ceil(1_000)
        .try_into()
        .unwrap_or(u64::MAX)
}
