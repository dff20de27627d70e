//! A network between test nodes, which can be cut, and which can lie.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::{StatusCode, header};
use client::{Fetch, FetchError, Request};
use wire::EntityId;

use crate::{Answer, TestNode};

/// What somebody between the nodes does to an answer.
type Tamper = Arc<dyn Fn(&Request, &mut Answer) + Send + Sync>;

/// A network; clones are the same network.
#[derive(Clone, Default)]
pub struct TestNetwork {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    nodes: BTreeMap<EntityId, TestNode>,
    cut_nodes: BTreeSet<EntityId>,
    /// Ways, from sender to receiver, on which nothing arrives.
    cut_ways: BTreeSet<(EntityId, EntityId)>,
    tamper: Option<Tamper>,
    asked: BTreeMap<EntityId, usize>,
}

impl TestNetwork {
    /// Connects a node.
    pub fn connect(&self, node: &TestNode) {
        let name = node.entity().clone();
        self.hold().nodes.insert(name, node.clone());
    }

    /// Takes the line of a node away: nobody reaches it, and it reaches nobody.
    pub fn cut(&self, node: &EntityId) {
        self.hold().cut_nodes.insert(node.clone());
    }

    /// Loses all that travels from one node to another, and nothing of the other
    /// way: questions of the one do not arrive, and answers to the other are lost.
    pub fn cut_way(&self, from: &EntityId, to: &EntityId) {
        self.hold().cut_ways.insert((from.clone(), to.clone()));
    }

    /// Loses what is lost from here on, and nothing else.
    pub fn set_cut(&self, nodes: BTreeSet<EntityId>, ways: BTreeSet<(EntityId, EntityId)>) {
        let mut inner = self.hold();
        inner.cut_nodes = nodes;
        inner.cut_ways = ways;
    }

    /// Whether what travels from one node to another is lost.
    pub fn is_cut(&self, from: &EntityId, to: &EntityId) -> bool {
        self.hold().is_cut(from, to)
    }

    /// Puts every answer through `change`, which sees the question too.
    pub fn tamper(&self, change: impl Fn(&Request, &mut Answer) + Send + Sync + 'static) {
        self.hold().tamper = Some(Arc::new(change));
    }

    /// Nothing is cut any more, and nobody lies.
    pub fn heal(&self) {
        let mut inner = self.hold();
        inner.cut_nodes.clear();
        inner.cut_ways.clear();
        inner.tamper = None;
    }

    /// How many questions have arrived at a node.
    pub fn asked(&self, node: &EntityId) -> usize {
        self.hold().asked.get(node).copied().unwrap_or(0)
    }

    /// The way out of a node.
    pub fn line_of(&self, node: &EntityId) -> Line {
        Line {
            network: self.clone(),
            from: node.clone(),
        }
    }

    fn hold(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The node, if a question from `from` arrives there.
    fn reach(&self, from: &EntityId, to: &EntityId) -> Result<TestNode, FetchError> {
        let mut inner = self.hold();
        let is_cut = inner.is_cut(from, to);
        let node = inner.nodes.get(to).filter(|_| !is_cut).cloned();
        let node = node.ok_or_else(|| FetchError::Connection("the line is cut".to_owned()))?;
        *inner.asked.entry(to.clone()).or_default() += 1;
        Ok(node)
    }
}

impl Inner {
    fn is_cut(&self, from: &EntityId, to: &EntityId) -> bool {
        self.cut_nodes.contains(from)
            || self.cut_nodes.contains(to)
            || self.cut_ways.contains(&(from.clone(), to.clone()))
    }
}

impl fmt::Debug for TestNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.hold();
        f.debug_struct("TestNetwork")
            .field("nodes", &inner.nodes.keys())
            .field("cut_nodes", &inner.cut_nodes)
            .field("cut_ways", &inner.cut_ways)
            .field("is_tampered_with", &inner.tamper.is_some())
            .finish_non_exhaustive()
    }
}

/// One node's way out.
#[derive(Debug, Clone)]
pub struct Line {
    network: TestNetwork,
    from: EntityId,
}

impl Line {
    async fn carry(self, request: Request) -> Result<Vec<u8>, FetchError> {
        let to = request.entity.clone();
        let is_path = request.path.starts_with('/') && request.path.len() <= client::PATH_BYTES_MAX;
        let asked = is_path.then(|| as_arriving(&request)).flatten();
        let asked = asked.ok_or_else(|| FetchError::BadRequest(to.to_string()))?;
        let mut answer = self.network.reach(&self.from, &to)?.ask(asked).await;
        if self.network.hold().is_cut(&to, &self.from) {
            let seconds = client::TOTAL_SECONDS;
            return Err(FetchError::TooSlow { seconds });
        }
        let tamper = self.network.hold().tamper.clone();
        if let Some(tamper) = tamper {
            tamper(&request, &mut answer);
        }
        judge(&request, answer)
    }
}

impl Fetch for Line {
    // By hand what `async_trait` would write: boxing one call needs no macro.
    fn fetch<'line, 'fetch>(
        &'line self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, FetchError>> + Send + 'fetch>>
    where
        'line: 'fetch,
        Self: 'fetch,
    {
        Box::pin(self.clone().carry(request))
    }
}

fn as_arriving(request: &Request) -> Option<axum::http::Request<Body>> {
    let built = axum::http::Request::builder()
        .uri(&request.path)
        .header(header::HOST, request.entity.authority());
    let built = match &request.body {
        Some((body, media_type)) => built
            .method("POST")
            .header(header::CONTENT_TYPE, *media_type)
            .body(Body::from(body.clone())),
        None => built.body(Body::empty()),
    };
    built.ok()
}

/// Refuses what the real client refuses, by status, form and length.
fn judge(request: &Request, answer: Answer) -> Result<Vec<u8>, FetchError> {
    if answer.status != StatusCode::OK {
        return Err(FetchError::Refused {
            status: answer.status.as_u16(),
            code: answer.code(),
            retry_after_seconds: answer.header("retry-after").and_then(|it| it.parse().ok()),
        });
    }
    if answer.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(FetchError::MediaType("(coded)".to_owned()));
    }
    match answer.header("content-type") {
        Some(sent) if sent.eq_ignore_ascii_case(request.media_type) => {}
        Some(sent) => return Err(FetchError::MediaType(sent.to_owned())),
        None => return Err(FetchError::MediaType("(none, or several)".to_owned())),
    }
    let limit = request.body_bytes_max;
    if answer.body.len() > limit {
        return Err(FetchError::TooLarge { limit });
    }
    Ok(answer.body)
}
