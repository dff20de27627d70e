//! Which paths there are, who may ask for them, and who answers.

use std::error::Error;
use std::future::Future;

use app::view::Home;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::assets;
use crate::home::home_page;
use crate::language::{Language, Reader};
use crate::notice::Notice;
use crate::page::{Page, Policy};
use crate::passport::passport_page;
use crate::{scripts, worker};

/// What the pages show, judged now. The binary gives it from `app`.
pub trait Pages: Clone + Send + Sync + 'static {
    /// The first page's view.
    fn home(&self) -> impl Future<Output = Result<Home, PageError>> + Send;
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// What the node knows could not be read; asking again may help.
    #[error("what the node knows could not be read")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
}

/// Who may ask for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Anybody at all.
    Anybody,
}

/// What a route answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The home page.
    Home,
    /// The page on which a member's phone holds the passport.
    Passport,
    /// The service worker of that page.
    Worker,
    /// Style and pictures.
    Asset,
    /// A script.
    Script,
}

/// One route.
#[derive(Debug, Clone)]
pub struct Route {
    /// The method; `HEAD` is answered wherever `GET` is.
    pub method: Method,
    /// The path, as the router writes it.
    pub path: &'static str,
    /// Who may ask.
    pub asker: Asker,
    /// What is answered.
    pub answer: Answer,
}

/// Every route of this room. The router is made from it, and nothing else is served.
pub const ROUTES: &[Route] = &[
    Route {
        method: Method::GET,
        path: "/",
        asker: Asker::Anybody,
        answer: Answer::Home,
    },
    Route {
        method: Method::GET,
        path: "/passport",
        asker: Asker::Anybody,
        answer: Answer::Passport,
    },
    Route {
        method: Method::GET,
        path: worker::PATH,
        asker: Asker::Anybody,
        answer: Answer::Worker,
    },
    Route {
        method: Method::GET,
        path: "/assets/{name}",
        asker: Asker::Anybody,
        answer: Answer::Asset,
    },
    Route {
        method: Method::GET,
        path: "/assets/{folder}/{name}",
        asker: Asker::Anybody,
        answer: Answer::Script,
    },
];

/// The router of all pages, with the page for what does not exist as its fallback.
pub fn router<P: Pages>(pages: P) -> Router {
    let with_route = |router: Router<P>, route: &Route| {
        let method_router: MethodRouter<P> = match route.answer {
            Answer::Home => get(home::<P>),
            Answer::Passport => get(passport),
            Answer::Worker => get(worker_script),
            Answer::Asset => get(asset),
            Answer::Script => get(script),
        };
        router.route(route.path, method_router)
    };
    ROUTES
        .iter()
        .fold(Router::new(), with_route)
        .fallback(missing)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(pages)
}

/// `GET /`: the home page.
async fn home<P: Pages>(State(pages): State<P>, Reader(language): Reader) -> Response {
    let rendered = match pages.home().await {
        Ok(home) => home_page(&home, language).map_err(|error| chain(&error)),
        Err(error) => Err(chain(&error)),
    };
    shown("home", Policy::WithoutScript, language, rendered)
}

/// `GET /passport`: the page on which a member's phone holds the passport.
async fn passport(Reader(language): Reader) -> Response {
    let rendered = passport_page(language).map_err(|error| chain(&error));
    shown("passport", Policy::WithOurScripts, language, rendered)
}

/// `GET /passport-worker.js`: the service worker of that page.
async fn worker_script(Reader(language): Reader) -> Response {
    worker::answer().unwrap_or_else(|error| unavailable("worker", language, &chain(&error)))
}

/// The answer with a page, or with the one for what could not be made.
fn shown(
    page: &'static str,
    policy: Policy,
    language: Language,
    rendered: Result<String, String>,
) -> Response {
    match rendered {
        Ok(html) => Page {
            status: StatusCode::OK,
            policy,
            language,
            html,
        }
        .into_response(),
        Err(cause) => unavailable(page, language, &cause),
    }
}

fn unavailable(page: &'static str, language: Language, cause: &str) -> Response {
    tracing::error!(page, cause, "a page could not be shown: {cause}");
    Notice::Unavailable.answer(language)
}

/// `GET /assets/{name}`: style and pictures.
async fn asset(uri: Uri, headers: HeaderMap, Reader(language): Reader) -> Response {
    assets::answer(uri.path(), &headers).unwrap_or_else(|| Notice::Missing.answer(language))
}

/// `GET /assets/{folder}/{name}`: a script.
async fn script(uri: Uri, headers: HeaderMap, Reader(language): Reader) -> Response {
    scripts::answer(uri.path(), &headers).unwrap_or_else(|| Notice::Missing.answer(language))
}

/// Every other path.
async fn missing(Reader(language): Reader) -> Response {
    Notice::Missing.answer(language)
}

/// Every other method on a path that exists.
async fn method_not_allowed(Reader(language): Reader) -> Response {
    Notice::MethodNotAllowed.answer(language)
}

/// An error and its sources in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
