//! What other nodes, and other federations' software, ask.

use app::{App, ListFilter};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wire::EntityId;
use wire::federation::{HISTORICAL_KEYS_MEDIA_TYPE, MARK_STATUS_MEDIA_TYPE, RESOLVE_MEDIA_TYPE};
use wire::feed::{PAGE_MEDIA_TYPE, PAGE_RECORDS_MAX, Page};
use wire::fork::FORK_MEDIA_TYPE;
use wire::hint::HINT_MEDIA_TYPE;
use wire::request::{ANSWER_MEDIA_TYPE, JOIN_MEDIA_TYPE};
use wire::trust::{ENTITY_STATEMENT_MEDIA_TYPE, TRUST_MARK_MEDIA_TYPE};

use crate::problem::Problem;
use crate::route::{Parameter, may, must};
use crate::schemas;
use crate::standard::StandardError;

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
pub(crate) async fn configuration(State(app): State<App>) -> Result<Compact, StandardError> {
    Ok(Compact(
        ENTITY_STATEMENT_MEDIA_TYPE,
        app.configuration().await?,
    ))
}

/// What a question of other federations' software says, in the order in which it says it:
/// some of it may stand several times.
pub(crate) struct Asked(Vec<(String, String)>);

/// How many values one question may give under one name.
const VALUES_MAX: usize = 16;

impl Asked {
    fn all(&self, name: &str) -> Result<Vec<&str>, StandardError> {
        let given = self.0.iter().filter(|(given, _)| given == name);
        let values: Vec<&str> = given.map(|(_, value)| value.as_str()).collect();
        if values.len() > VALUES_MAX || values.contains(&"") {
            return Err(misread(name));
        }
        Ok(values)
    }

    fn at_most_one(&self, name: &str) -> Result<Option<&str>, StandardError> {
        match self.all(name)?.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(only)),
            _ => Err(misread(name)),
        }
    }

    fn one(&self, name: &str) -> Result<&str, StandardError> {
        self.at_most_one(name)?.ok_or_else(|| misread(name))
    }

    fn entity(&self, name: &str) -> Result<EntityId, StandardError> {
        EntityId::parse(self.one(name)?).map_err(|_| misread(name))
    }

    fn question(&self, name: &str) -> Result<bool, StandardError> {
        match self.at_most_one(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(misread(name)),
        }
    }

    fn types(&self) -> Result<Vec<String>, StandardError> {
        let types = self.all("entity_type")?;
        Ok(types.into_iter().map(str::to_owned).collect())
    }
}

fn misread(name: &str) -> StandardError {
    let description = format!("{name} is missing, stands too often, or is not what it must be");
    StandardError::new("invalid_request", &description)
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = StandardError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StandardError> {
        let Query(asked) = Query::try_from_uri(&parts.uri)?;
        Ok(Self(asked))
    }
}

/// The media type of a form.
pub(crate) const FORM_MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The most bytes of a form: a trust mark, and what software writes beside it.
pub(crate) const FORM_BYTES_MAX: usize = 8 * 1024;

/// The same in the body of a POST.
pub(crate) struct Posted(Asked);

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = StandardError;

    async fn from_request(request: Request, state: &S) -> Result<Self, StandardError> {
        let refused = |why: &str| StandardError::new("invalid_request", why);
        let media_type = request.headers().get(header::CONTENT_TYPE);
        let media_type = media_type
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default();
        // A form may say its charset; there is one only.
        let is_form = media_type
            .split(';')
            .next()
            .is_some_and(|it| it.trim().eq_ignore_ascii_case(FORM_MEDIA_TYPE));
        if !is_form {
            return Err(refused(
                "the body must be application/x-www-form-urlencoded",
            ));
        }
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| refused("the body is longer than this address takes"))?;
        let body = String::from_utf8(body.to_vec()).map_err(|_| refused("not a form"))?;
        // A form and a query are written in the same way.
        let uri = format!("/?{body}")
            .parse()
            .map_err(|_| refused("not a form"))?;
        let Query(asked) = Query::try_from_uri(&uri)?;
        Ok(Self(Asked(asked)))
    }
}

/// `GET /federation/fetch?sub=`: the coordinator's statement about a space
/// (OpenID Federation 1.0 §8.1).
pub(crate) async fn fetch(State(app): State<App>, asked: Asked) -> Result<Compact, StandardError> {
    let statement = app.statement_about(&asked.entity("sub")?).await?;
    Ok(Compact(ENTITY_STATEMENT_MEDIA_TYPE, statement))
}

/// `GET /federation/list`: the spaces that belong (OpenID Federation 1.0 §8.2).
pub(crate) async fn list(
    State(app): State<App>,
    asked: Asked,
) -> Result<Json<Vec<EntityId>>, StandardError> {
    let which = ListFilter {
        entity_types: asked.types()?,
        is_trust_marked: asked.question("trust_marked")?,
        trust_mark_type: asked.at_most_one("trust_mark_type")?.map(str::to_owned),
        is_intermediate: asked.question("intermediate")?,
    };
    Ok(Json(app.subordinates(&which).await?))
}

/// Which of the spaces that belong.
pub(crate) const LIST_PARAMETERS: &[Parameter] = &[
    may::<String>("entity_type", "those of this type; several: of all of them"),
    may::<bool>("trust_marked", "those that bear the label"),
    may::<String>("trust_mark_type", "those that bear this label"),
    may::<bool>("intermediate", "those with subordinates: none"),
];

/// `GET /federation/resolve?sub=&trust_anchor=`: a space, judged and signed
/// (OpenID Federation 1.0 §8.3).
pub(crate) async fn resolve(
    State(app): State<App>,
    asked: Asked,
) -> Result<Compact, StandardError> {
    let anchors = asked.all("trust_anchor")?.into_iter();
    let anchors: Result<Vec<EntityId>, _> = anchors.map(EntityId::parse).collect();
    let anchors = anchors.map_err(|_| misread("trust_anchor"))?;
    if anchors.is_empty() {
        return Err(misread("trust_anchor"));
    }
    let sub = asked.entity("sub")?;
    let resolved = app.resolve(&sub, &anchors, &asked.types()?).await?;
    Ok(Compact(RESOLVE_MEDIA_TYPE, resolved))
}

/// What is resolved.
pub(crate) const RESOLVE_PARAMETERS: &[Parameter] = &[
    must::<schemas::Entity>("sub", "the space"),
    must::<schemas::Entity>("trust_anchor", "this coordinator"),
    may::<String>(
        "entity_type",
        "what it says of itself as this; several: as any",
    ),
];

/// `GET /federation/trust-mark?trust_mark_type=&sub=`: the mark of a space
/// (OpenID Federation 1.0 §8.6).
pub(crate) async fn trust_mark(
    State(app): State<App>,
    asked: Asked,
) -> Result<Compact, StandardError> {
    let (of_type, sub) = (asked.one("trust_mark_type")?, asked.entity("sub")?);
    let mark = app.trust_mark_of(of_type, &sub).await?;
    Ok(Compact(TRUST_MARK_MEDIA_TYPE, mark))
}

/// Whose mark.
pub(crate) const TRUST_MARK_PARAMETERS: &[Parameter] = &[
    must::<String>("trust_mark_type", "which label: its charter's URL"),
    must::<schemas::Entity>("sub", "the space"),
];

/// `GET /federation/trust-mark-list?trust_mark_type=`: who bears the label
/// (OpenID Federation 1.0 §8.5).
pub(crate) async fn trust_mark_list(
    State(app): State<App>,
    asked: Asked,
) -> Result<Json<Vec<EntityId>>, StandardError> {
    let of_type = asked.one("trust_mark_type")?;
    let sub = asked.at_most_one("sub")?.map(EntityId::parse).transpose();
    let sub = sub.map_err(|_| misread("sub"))?;
    Ok(Json(app.trust_marked(of_type, sub.as_ref()).await?))
}

/// Who bears it.
pub(crate) const TRUST_MARK_LIST_PARAMETERS: &[Parameter] = &[
    must::<String>("trust_mark_type", "which label: its charter's URL"),
    may::<schemas::Entity>("sub", "this space alone"),
];

/// `POST /federation/trust-mark-status`: how a mark stands (OpenID Federation 1.0 §8.4).
pub(crate) async fn trust_mark_status(
    State(app): State<App>,
    Posted(asked): Posted,
) -> Result<Compact, StandardError> {
    let status = app.trust_mark_status(asked.one("trust_mark")?).await?;
    Ok(Compact(MARK_STATUS_MEDIA_TYPE, status))
}

/// `GET /federation/historical-keys`: the keys that sign no more (OpenID Federation 1.0 §8.7).
pub(crate) async fn historical_keys(State(app): State<App>) -> Result<Compact, StandardError> {
    Ok(Compact(
        HISTORICAL_KEYS_MEDIA_TYPE,
        app.historical_keys().await?,
    ))
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
        let bytes = exact_bytes(request, state, JOIN_MEDIA_TYPE, "join_malformed");
        bytes.await.map(Self)
    }
}

/// The body of a request that has exactly this media type; `code` is that of a body that did
/// not arrive.
pub(crate) async fn exact_bytes<S: Send + Sync>(
    request: Request,
    state: &S,
    media_type: &str,
    code: &'static str,
) -> Result<Bytes, Problem> {
    exact_media_type(request.headers(), media_type)?;
    let bytes = Bytes::from_request(request, state).await;
    bytes.map_err(|why| not_arrived(&why, code))
}

fn exact_media_type(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let mut sent = headers.get_all(header::CONTENT_TYPE).iter();
    let is_exact = matches!((sent.next(), sent.next()), (Some(only), None) if only == expected);
    let refusal = || {
        Problem::new("wrong_media_type", "The body has another media type")
            .with_detail(format!("it must be {expected}"))
    };
    is_exact.then_some(()).ok_or_else(refusal)
}

/// Why a body did not arrive whole; `code` where it is not its length.
fn not_arrived(rejection: &BytesRejection, code: &'static str) -> Problem {
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

/// The body of a hint, of exactly its media type.
pub(crate) struct HintBytes(Bytes);

impl<S: Send + Sync> FromRequest<S> for HintBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = exact_bytes(request, state, HINT_MEDIA_TYPE, "hint_malformed");
        bytes.await.map(Self)
    }
}

/// Nothing: it was heard, and whether it is news is not said.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HeardBody {}

/// `POST /federation/v1/hint`: anybody says that a feed has grown.
pub(crate) async fn hint(
    State(app): State<App>,
    HintBytes(bytes): HintBytes,
) -> Result<Json<HeardBody>, Problem> {
    app.take_hint(&bytes).await?;
    Ok(Json(HeardBody {}))
}

/// The body of a fork, of exactly its media type.
pub(crate) struct ForkBytes(Bytes);

impl<S: Send + Sync> FromRequest<S> for ForkBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = exact_bytes(request, state, FORK_MEDIA_TYPE, "fork_malformed");
        bytes.await.map(Self)
    }
}

/// `POST /federation/v1/fork`: anybody shows that a feed has parted.
pub(crate) async fn fork(
    State(app): State<App>,
    ForkBytes(bytes): ForkBytes,
) -> Result<Json<HeardBody>, Problem> {
    app.take_fork(&bytes).await?;
    Ok(Json(HeardBody {}))
}
