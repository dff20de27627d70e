//! Which paths there are, who may ask for them, and who answers.

use std::error::Error;
use std::future::Future;

use app::view::Home;
use app::{App, chain};
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use http::{HeaderMap, Method, StatusCode, Uri};
use wire::trust::NodeRole;

use crate::assets;
use crate::history::{HISTORY, history};
use crate::home::home_page;
use crate::language::{Language, Reader};
use crate::notice::Notice;
use crate::page::{Page, Policy};
use crate::passport::passport_page;
use crate::{events, scripts, staff, worker};

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
    /// Whoever has signed in at this space.
    Desk,
    /// A steward or an operator.
    Steward,
    /// An operator.
    Operator,
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
    /// What the label has decided.
    History,
    /// The calendar.
    Calendar,
    /// An event.
    Event,
    /// Style and pictures.
    Asset,
    /// A script.
    Script,
    /// Where a one-time code is typed.
    SignIn,
    /// A credential for the code, in a cookie.
    SigningIn,
    /// The end of that credential.
    SignOut,
    /// The desk, waiting.
    Desk,
    /// Whether a visitor is welcome.
    Judge,
    /// The strict mode of the desk.
    Challenge,
    /// A visitor whose passport is on paper is let in.
    Receive,
    /// Who is here, and who was.
    Visits,
    /// A visitor leaves.
    Leave,
    /// When a visitor left is corrected.
    CorrectVisit,
    /// There was no visit.
    NoVisit,
    /// What waits for others.
    Outbox,
    /// Something is sent again.
    SendAgain,
    /// This node's own events.
    OwnEvents,
    /// The form of a new event.
    NewEvent,
    /// An event is published.
    AddEvent,
    /// Who comes to an event.
    Attendance,
    /// The form of an event.
    EditEvent,
    /// An event is changed.
    ChangeEvent,
    /// An event, or a date of it, is cancelled.
    CancelEvent,
    /// A registration is taken back.
    TakeBack,
    /// The form with which a member is registered.
    RegisterForm,
    /// A member is registered.
    Register,
    /// A member's seat is given back.
    GiveBack,
    /// The members.
    Members,
    /// A member is added.
    AddMember,
    /// A member.
    Member,
    /// A one-time code for a member's phone.
    MemberCode,
    /// A passport on a card.
    MemberPaper,
    /// A member's passports are taken back.
    MemberRevoke,
    /// A phone's or a card's passports are taken back.
    MemberRevokeCarrier,
    /// What a member may disclose.
    MemberParticulars,
    /// A membership is paused.
    MemberPause,
    /// A membership is resumed.
    MemberResume,
    /// A membership is ended.
    MemberEnd,
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

impl Route {
    /// Whether the coordinator has no such page: it receives nobody, and has no members.
    fn is_of_a_space(&self) -> bool {
        ["/desk", "/visits", "/members", "/manage/register"]
            .iter()
            .any(|of_a_space| self.path.starts_with(of_a_space))
    }
}

/// Every route of this room. The router is made from it, and nothing else is served; the
/// coordinator leaves out what is a space's alone.
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
        path: HISTORY,
        asker: Asker::Anybody,
        answer: Answer::History,
    },
    Route {
        method: Method::GET,
        path: events::CALENDAR,
        asker: Asker::Anybody,
        answer: Answer::Calendar,
    },
    Route {
        method: Method::GET,
        path: "/events/{uid}",
        asker: Asker::Anybody,
        answer: Answer::Event,
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
    Route {
        method: Method::GET,
        path: "/sign-in",
        asker: Asker::Anybody,
        answer: Answer::SignIn,
    },
    Route {
        method: Method::POST,
        path: "/sign-in",
        asker: Asker::Anybody,
        answer: Answer::SigningIn,
    },
    Route {
        method: Method::POST,
        path: "/sign-out",
        asker: Asker::Anybody,
        answer: Answer::SignOut,
    },
    Route {
        method: Method::GET,
        path: "/desk",
        asker: Asker::Desk,
        answer: Answer::Desk,
    },
    Route {
        method: Method::POST,
        path: "/desk",
        asker: Asker::Desk,
        answer: Answer::Judge,
    },
    Route {
        method: Method::POST,
        path: "/desk/challenge",
        asker: Asker::Desk,
        answer: Answer::Challenge,
    },
    Route {
        method: Method::POST,
        path: "/desk/receive",
        asker: Asker::Desk,
        answer: Answer::Receive,
    },
    Route {
        method: Method::GET,
        path: "/visits",
        asker: Asker::Steward,
        answer: Answer::Visits,
    },
    Route {
        method: Method::POST,
        path: "/visits/{visit}/leave",
        asker: Asker::Desk,
        answer: Answer::Leave,
    },
    Route {
        method: Method::POST,
        path: "/visits/{visit}/correct",
        asker: Asker::Steward,
        answer: Answer::CorrectVisit,
    },
    Route {
        method: Method::POST,
        path: "/visits/{visit}/not-here",
        asker: Asker::Steward,
        answer: Answer::NoVisit,
    },
    Route {
        method: Method::GET,
        path: "/outbox",
        asker: Asker::Operator,
        answer: Answer::Outbox,
    },
    Route {
        method: Method::POST,
        path: "/outbox/{op}/again",
        asker: Asker::Operator,
        answer: Answer::SendAgain,
    },
    Route {
        method: Method::GET,
        path: "/manage/events",
        asker: Asker::Steward,
        answer: Answer::OwnEvents,
    },
    Route {
        method: Method::GET,
        path: "/manage/new-event",
        asker: Asker::Operator,
        answer: Answer::NewEvent,
    },
    Route {
        method: Method::POST,
        path: "/manage/new-event",
        asker: Asker::Operator,
        answer: Answer::AddEvent,
    },
    Route {
        method: Method::GET,
        path: "/manage/events/{id}",
        asker: Asker::Steward,
        answer: Answer::Attendance,
    },
    Route {
        method: Method::GET,
        path: "/manage/events/{id}/edit",
        asker: Asker::Operator,
        answer: Answer::EditEvent,
    },
    Route {
        method: Method::POST,
        path: "/manage/events/{id}/edit",
        asker: Asker::Operator,
        answer: Answer::ChangeEvent,
    },
    Route {
        method: Method::POST,
        path: "/manage/events/{id}/cancel",
        asker: Asker::Operator,
        answer: Answer::CancelEvent,
    },
    Route {
        method: Method::POST,
        path: "/manage/events/{id}/take-back",
        asker: Asker::Steward,
        answer: Answer::TakeBack,
    },
    Route {
        method: Method::GET,
        path: "/manage/register/{uid}",
        asker: Asker::Steward,
        answer: Answer::RegisterForm,
    },
    Route {
        method: Method::POST,
        path: "/manage/register/{uid}",
        asker: Asker::Steward,
        answer: Answer::Register,
    },
    Route {
        method: Method::POST,
        path: "/members/{member}/registrations/{registration}/give-back",
        asker: Asker::Steward,
        answer: Answer::GiveBack,
    },
    Route {
        method: Method::GET,
        path: "/members",
        asker: Asker::Steward,
        answer: Answer::Members,
    },
    Route {
        method: Method::POST,
        path: "/members",
        asker: Asker::Operator,
        answer: Answer::AddMember,
    },
    Route {
        method: Method::GET,
        path: "/members/{member}",
        asker: Asker::Steward,
        answer: Answer::Member,
    },
    Route {
        method: Method::POST,
        path: "/members/{member}/code",
        asker: Asker::Steward,
        answer: Answer::MemberCode,
    },
    Route {
        method: Method::POST,
        path: "/members/{member}/paper",
        asker: Asker::Steward,
        answer: Answer::MemberPaper,
    },
    Route {
        method: Method::POST,
        path: "/members/{member}/particulars",
        asker: Asker::Steward,
        answer: Answer::MemberParticulars,
    },
    Route {
        method: Method::POST,
        path: "/members/{member}/passports/{carrier}/revoke",
        asker: Asker::Steward,
        answer: Answer::MemberRevokeCarrier,
    },
    Route {
        method: Method::POST,
        path: "/members/{member}/revoke",
        asker: Asker::Steward,
        answer: Answer::MemberRevoke,
    },
    Route {
        method: Method::POST,
        path: "/members/{member}/pause",
        asker: Asker::Operator,
        answer: Answer::MemberPause,
    },
    Route {
        method: Method::POST,
        path: "/members/{member}/resume",
        asker: Asker::Operator,
        answer: Answer::MemberResume,
    },
    Route {
        method: Method::POST,
        path: "/members/{member}/end",
        asker: Asker::Operator,
        answer: Answer::MemberEnd,
    },
];

/// What the routes answer from.
#[derive(Clone)]
struct Room<P> {
    pages: P,
    app: App,
}

impl<P> FromRef<Room<P>> for App {
    fn from_ref(room: &Room<P>) -> Self {
        room.app.clone()
    }
}

/// The router of all pages, with the page for what does not exist as its fallback.
pub fn router<P: Pages>(pages: P, app: App) -> Router {
    let with_route = |router: Router<Room<P>>, route: &Route| {
        let method_router: MethodRouter<Room<P>> = match route.answer {
            Answer::Home => get(home::<P>),
            Answer::Passport => get(passport),
            Answer::Worker => get(worker_script),
            Answer::History => get(history),
            Answer::Calendar => get(events::calendar),
            Answer::Event => get(events::event),
            Answer::Asset => get(asset),
            Answer::Script => get(script),
            Answer::SignIn => get(staff::sign_in),
            Answer::SigningIn => post(staff::signing_in),
            Answer::SignOut => post(staff::sign_out),
            Answer::Desk => get(staff::desk),
            Answer::Judge => post(staff::judge),
            Answer::Challenge => post(staff::challenge),
            Answer::Receive => post(staff::receive),
            Answer::Visits => get(staff::visits),
            Answer::Leave => post(staff::leave),
            Answer::CorrectVisit => post(staff::correct),
            Answer::NoVisit => post(staff::not_here),
            Answer::Outbox => get(staff::outbox),
            Answer::SendAgain => post(staff::again),
            Answer::OwnEvents => get(staff::own_events),
            Answer::NewEvent => get(staff::new_event),
            Answer::AddEvent => post(staff::add_event),
            Answer::Attendance => get(staff::attendance),
            Answer::EditEvent => get(staff::edit_event),
            Answer::ChangeEvent => post(staff::change_event),
            Answer::CancelEvent => post(staff::cancel_event),
            Answer::TakeBack => post(staff::take_back),
            Answer::RegisterForm => get(staff::register_form),
            Answer::Register => post(staff::register),
            Answer::GiveBack => post(staff::give_back),
            Answer::Members => get(staff::members),
            Answer::AddMember => post(staff::add),
            Answer::Member => get(staff::member),
            Answer::MemberCode => post(staff::code),
            Answer::MemberPaper => post(staff::paper),
            Answer::MemberRevoke => post(staff::revoke),
            Answer::MemberRevokeCarrier => post(staff::revoke_carrier),
            Answer::MemberParticulars => post(staff::set_particulars),
            Answer::MemberPause => post(staff::pause),
            Answer::MemberResume => post(staff::resume),
            Answer::MemberEnd => post(staff::end),
        };
        router.route(route.path, method_router)
    };
    let is_space = app.identity().role == NodeRole::Space;
    ROUTES
        .iter()
        .filter(|route| is_space || !route.is_of_a_space())
        .fold(Router::new(), with_route)
        .fallback(missing)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(staff::BODY_BYTES_MAX))
        .with_state(Room { pages, app })
}

/// `GET /`: the home page.
async fn home<P: Pages>(State(room): State<Room<P>>, Reader(language): Reader) -> Response {
    let rendered = match (room.pages.home().await, events::next_three(&room.app).await) {
        (Ok(home), Ok(next)) => home_page(&home, &next, language).map_err(|error| chain(&error)),
        (Err(error), _) => Err(chain(&error)),
        (_, Err(fault)) => Err(chain(&fault)),
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
pub(crate) fn shown(
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
