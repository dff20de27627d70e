//! What other nodes, and other federations' software, ask.

use app::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use wire::EntityId;
use wire::feed::{PAGE_MEDIA_TYPE, PAGE_RECORDS_MAX, Page};
use wire::request::{ANSWER_MEDIA_TYPE, JOIN_MEDIA_TYPE};
use wire::trust::ENTITY_STATEMENT_MEDIA_TYPE;

use crate::problem::Problem;
use crate::routes::{Parameter, may, must};
use crate::schemas;

/// The media type of the anchor statement.
pub(crate) const ANCHOR_MEDIA_TYPE: &str = "application/escale-anchor+jwt";

/// A sealed document, with its media type.
pub(crate) struct Compact(pub(crate) &'static str, pub(crate) String);

impl IntoResponse for Compact {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, self.0)], self.1).into_response()
    }
}

/// `GET /.well-known/openid-federation`: this node's Entity Configuration
/// (OpenID Federation 1.0 §9).
pub(crate) async fn configuration(State(app): State<App>) -> Result<Compact, Problem> {
    Ok(Compact(
        ENTITY_STATEMENT_MEDIA_TYPE,
        app.configuration().await?,
    ))
}

/// Whom a question is about.
#[derive(Debug, Deserialize)]
pub(crate) struct About {
    sub: EntityId,
}

/// `GET /federation/fetch?sub=`: the coordinator's statement about a space
/// (OpenID Federation 1.0 §8.1).
pub(crate) async fn fetch(
    State(app): State<App>,
    query: Result<Query<About>, QueryRejection>,
) -> Result<Compact, Problem> {
    let Query(about) = query?;
    Ok(Compact(
        ENTITY_STATEMENT_MEDIA_TYPE,
        app.statement_about(&about.sub).await?,
    ))
}

/// `GET /federation/list`: the spaces that belong (OpenID Federation 1.0 §8.2).
pub(crate) async fn list(State(app): State<App>) -> Result<Json<Vec<EntityId>>, Problem> {
    Ok(Json(app.subordinates().await?))
}

/// `GET /federation/v1/anchor`: the label's anchor statement.
pub(crate) async fn anchor(State(app): State<App>) -> Result<Compact, Problem> {
    Ok(Compact(ANCHOR_MEDIA_TYPE, app.anchor().await?))
}

/// Which part of which feed.
#[derive(Debug, Deserialize)]
pub(crate) struct FeedQuery {
    entity: EntityId,
    #[serde(default)]
    epoch: u64,
    #[serde(default)]
    after: u64,
    #[serde(default = "limit_default")]
    limit: usize,
}

/// The same for the description.
pub(crate) const FEED_PARAMETERS: &[Parameter] = &[
    must::<schemas::Entity>("entity", "whose feed"),
    may::<u64>("epoch", "its epoch, 0 unless it says otherwise"),
    may::<u64>(
        "after",
        "the position after which it begins, 0 unless it says otherwise",
    ),
    may::<usize>(
        "limit",
        "how many records at most, 100 unless it says otherwise",
    ),
];

const fn limit_default() -> usize {
    PAGE_RECORDS_MAX
}

/// A page of a feed.
pub(crate) struct PageBody(Page);

impl IntoResponse for PageBody {
    fn into_response(self) -> Response {
        let mut response = Json(self.0).into_response();
        let media_type = header::HeaderValue::from_static(PAGE_MEDIA_TYPE);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, media_type);
        response
    }
}

/// `GET /federation/v1/feed?entity=&epoch=&after=&limit=`: records and head of any
/// feed that this node holds.
pub(crate) async fn feed(
    State(app): State<App>,
    query: Result<Query<FeedQuery>, QueryRejection>,
) -> Result<PageBody, Problem> {
    let Query(FeedQuery {
        entity,
        epoch,
        after,
        limit,
    }) = query?;
    Ok(PageBody(app.feed_page(&entity, epoch, after, limit).await?))
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        let detail = wire::printable(&rejection.body_text(), 200);
        Self::new("bad_query", "The query is not understood").with_detail(detail)
    }
}

/// The body of a join, of exactly its media type.
pub(crate) struct JoinBytes(Bytes);

impl<S: Send + Sync> FromRequest<S> for JoinBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        exact_media_type(request.headers(), JOIN_MEDIA_TYPE)?;
        let bytes = Bytes::from_request(request, state).await;
        Ok(Self(
            bytes.map_err(|why| not_arrived(&why, "join_malformed"))?,
        ))
    }
}

pub(crate) fn exact_media_type(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let mut sent = headers.get_all(header::CONTENT_TYPE).iter();
    let is_exact = matches!((sent.next(), sent.next()), (Some(only), None) if only == expected);
    let refusal = || {
        Problem::new("wrong_media_type", "The body has another media type")
            .with_detail(format!("it must be {expected}"))
    };
    is_exact.then_some(()).ok_or_else(refusal)
}

/// Why a body did not arrive whole; `code` where it is not its length.
pub(crate) fn not_arrived(rejection: &BytesRejection, code: &'static str) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(
            "body_too_long",
            "The body is longer than this address takes",
        )
    } else {
        Problem::new(code, "The body did not arrive")
    }
}

/// `POST /federation/v1/join`: an invited space asks to be admitted.
pub(crate) async fn join(
    State(app): State<App>,
    JoinBytes(bytes): JoinBytes,
) -> Result<Compact, Problem> {
    Ok(Compact(ANSWER_MEDIA_TYPE, app.answer_join(&bytes).await?))
}
