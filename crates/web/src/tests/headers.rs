//! The routes, and the headers of every answer.

use axum::body::Body;
use http::header::{
    ACCEPT_LANGUAGE, ALLOW, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, IF_NONE_MATCH, REFERRER_POLICY, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::{Still, homes, html, node};
use crate::assets::{ASSETS, Asset, path};
use crate::language::{LANGUAGES, Language};
use crate::routes::{Answer, Asker, ROUTES, router};
use crate::scripts::{self, SCRIPTS};

/// For whatever is at a path that names its content.
const KEPT: &str = "public, max-age=31536000, immutable";

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answered {
    fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}

async fn ask(pages: Still, method: Method, uri: &str, headers: &[(HeaderName, &str)]) -> Answered {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let Ok(response) = router(pages, node().await).oneshot(request).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let answered = Answered {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).expect("text"),
    };
    is_protected(&answered);
    answered
}

fn le_mug() -> Still {
    Still(Some(Box::new(homes::rich())))
}

async fn get(uri: &str) -> Answered {
    ask(le_mug(), Method::GET, uri, &[]).await
}

/// What holds for every answer, whatever it is.
#[track_caller]
fn is_protected(answered: &Answered) {
    let policy = answered.header(CONTENT_SECURITY_POLICY);
    for wanted in [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(
            policy.split("; ").any(|it| it == wanted),
            "{wanted}: {policy}"
        );
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answered.header(X_CONTENT_TYPE_OPTIONS), "nosniff");
    let takes_forms = policy.contains("form-action 'self'");
    assert_ne!(
        takes_forms,
        policy.contains("form-action 'none'"),
        "{policy}"
    );
    let referrer = if answered.header(CACHE_CONTROL) == "no-store" {
        "same-origin"
    } else {
        "no-referrer"
    };
    assert_eq!(answered.header(REFERRER_POLICY), referrer);
}

/// What holds for every page that is complete without script.
#[track_caller]
fn is_page(answered: &Answered, status: StatusCode, language: Language) {
    is_in_language(answered, status, language);
    runs_no_script(answered);
    let page = html::read(&answered.body);
    assert_eq!(page.tags[0].attribute("lang"), Some(language.tag()));
}

/// What holds for the one page that has scripts.
#[track_caller]
fn is_passport(answered: &Answered, language: Language) {
    is_in_language(answered, StatusCode::OK, language);
    runs_our_scripts(answered);
    let page = html::read_with_script(&answered.body);
    assert_eq!(page.tags[0].attribute("lang"), Some(language.tag()));
}

#[track_caller]
fn runs_no_script(answered: &Answered) {
    let policy = answered.header(CONTENT_SECURITY_POLICY);
    for directive in ["script-src", "connect-src", "worker-src"] {
        assert!(!policy.contains(directive), "{policy}");
    }
}

#[track_caller]
fn runs_our_scripts(answered: &Answered) {
    let policy = answered.header(CONTENT_SECURITY_POLICY);
    for wanted in [
        "script-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
    ] {
        assert!(policy.split("; ").any(|it| it == wanted), "{policy}");
    }
}

/// What holds for every script.
#[track_caller]
fn is_script(answered: &Answered, kept: &str) {
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(
        answered.header(CONTENT_TYPE),
        "text/javascript; charset=utf-8"
    );
    assert_eq!(answered.header(CACHE_CONTROL), kept);
}

#[track_caller]
fn is_in_language(answered: &Answered, status: StatusCode, language: Language) {
    assert_eq!(answered.status, status);
    assert_eq!(answered.header(CONTENT_TYPE), "text/html; charset=utf-8");
    assert_eq!(answered.header(CONTENT_LANGUAGE), language.tag());
    assert_eq!(answered.header(VARY), "Accept-Language");
    assert_eq!(answered.header(CACHE_CONTROL), "no-cache");
}

/// What holds for the calendar, which asks for a part of itself.
#[track_caller]
fn is_calendar(answered: &Answered, language: Language) {
    is_in_language(answered, StatusCode::OK, language);
    runs_no_script(answered);
    html::read_with_a_question(&answered.body);
}

async fn every_script(language: Language) {
    for script in SCRIPTS {
        let uri = format!("{}?lang={}", scripts::path(script), language.tag());
        let answered = get(&uri).await;
        is_script(&answered, KEPT);
        assert_eq!(answered.body, script.text);
    }
}

async fn every_asset(language: Language) {
    for asset in ASSETS {
        let answered = get(&format!("{}?lang={}", path(asset), language.tag())).await;
        assert_eq!(answered.status, StatusCode::OK, "{asset:?}");
        assert_eq!(answered.body, asset.content());
    }
}

/// Asks for every route of the table; a new one has no arm here and does not compile.
#[tokio::test]
async fn every_route_answers_anybody_in_both_languages() {
    for route in ROUTES {
        if route.asker != Asker::Anybody || route.method != Method::GET {
            continue;
        }
        for language in LANGUAGES {
            let in_language = |path: &str| format!("{path}?lang={}", language.tag());
            let asked = async |uri: String| ask(le_mug(), route.method.clone(), &uri, &[]).await;
            match route.answer {
                Answer::Home | Answer::History => {
                    let answered = asked(in_language(route.path)).await;
                    is_page(&answered, StatusCode::OK, language);
                }
                Answer::Passport => {
                    let answered = asked(in_language(route.path)).await;
                    is_passport(&answered, language);
                }
                Answer::Calendar => {
                    is_calendar(&asked(in_language(route.path)).await, language);
                }
                // With events, in their own tests: this node has none.
                Answer::Event => {
                    let answered = asked(in_language("/events/none@le-mug.example")).await;
                    is_page(&answered, StatusCode::NOT_FOUND, language);
                }
                Answer::Worker => {
                    let answered = asked(in_language(route.path)).await;
                    is_script(&answered, "no-cache");
                    assert!(answered.body.ends_with(scripts::WORKER));
                }
                Answer::Script => every_script(language).await,
                Answer::Asset => every_asset(language).await,
                Answer::SignIn
                | Answer::SigningIn
                | Answer::SignOut
                | Answer::Desk
                | Answer::Judge
                | Answer::Challenge
                | Answer::Receive
                | Answer::Visits
                | Answer::Leave
                | Answer::CorrectVisit
                | Answer::NoVisit
                | Answer::Outbox
                | Answer::SendAgain
                | Answer::OwnEvents
                | Answer::NewEvent
                | Answer::AddEvent
                | Answer::Attendance
                | Answer::EditEvent
                | Answer::ChangeEvent
                | Answer::CancelEvent
                | Answer::TakeBack
                | Answer::RegisterForm
                | Answer::Register
                | Answer::GiveBack
                | Answer::Members
                | Answer::AddMember
                | Answer::Member
                | Answer::MemberCode
                | Answer::MemberPaper
                | Answer::MemberRevoke
                | Answer::MemberRevokeCarrier
                | Answer::MemberParticulars
                | Answer::MemberPause
                | Answer::MemberResume
                | Answer::MemberEnd => assert!(super::staff::ASKED.contains(&route.path)),
            }
        }
    }
}

#[tokio::test]
async fn the_language_is_the_url_s_then_the_browser_s_then_french() {
    let english = [(ACCEPT_LANGUAGE, "en-GB,en;q=0.9,fr;q=0.8")];
    for (uri, headers, expected) in [
        ("/", &[][..], Language::French),
        ("/", &english[..], Language::English),
        ("/?lang=fr", &english[..], Language::French),
        ("/?lang=en", &[][..], Language::English),
    ] {
        let answered = ask(le_mug(), Method::GET, uri, headers).await;
        is_page(&answered, StatusCode::OK, expected);
    }
}

#[tokio::test]
async fn a_page_that_does_not_exist_says_so_in_the_readers_language() {
    for uri in [
        "/nowhere",
        "/assets/",
        "/assets/escale-0000000000000000.css",
        "/assets/%FF",
        "/assets/scripts-0000000000000000/passport.js",
        "/assets/scripts/worker.js",
        "/passport/",
        "/assets/..%2f..%2fetc/passwd",
        "/../nowhere",
    ] {
        is_page(&get(uri).await, StatusCode::NOT_FOUND, Language::French);
        let english = format!("{uri}?lang=en");
        is_page(
            &get(&english).await,
            StatusCode::NOT_FOUND,
            Language::English,
        );
    }
}

#[tokio::test]
async fn a_view_that_fails_is_said_to_be_unavailable_and_nothing_is_told_of_why() {
    let answered = ask(Still(None), Method::GET, "/?lang=en", &[]).await;
    is_page(
        &answered,
        StatusCode::SERVICE_UNAVAILABLE,
        Language::English,
    );
    assert_eq!(answered.header(RETRY_AFTER), "30");
    assert!(!answered.body.contains("disk"), "the cause is for the log");
}

#[tokio::test]
async fn a_page_can_be_read_and_nothing_else() {
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let answered = ask(le_mug(), method, "/", &[]).await;
        is_page(&answered, StatusCode::METHOD_NOT_ALLOWED, Language::French);
        assert_eq!(answered.header(ALLOW), "GET,HEAD");
    }
    let answered = ask(le_mug(), Method::HEAD, "/", &[]).await;
    assert_eq!(
        (answered.status, answered.body.as_str()),
        (StatusCode::OK, "")
    );
}

#[tokio::test]
async fn an_asset_is_kept_for_ever_at_a_path_that_names_its_content() {
    for asset in ASSETS {
        let uri = path(asset);
        let answered = get(uri).await;
        let expected = match asset {
            Asset::Style => "text/css; charset=utf-8",
            Asset::Mark | Asset::Day | Asset::Night => "image/svg+xml",
        };
        assert_eq!(answered.header(CONTENT_TYPE), expected);
        is_kept_for_ever(uri, &answered).await;
    }
    for script in SCRIPTS {
        let uri = scripts::path(script);
        let answered = get(&uri).await;
        is_script(&answered, KEPT);
        is_kept_for_ever(&uri, &answered).await;
    }
}

async fn is_kept_for_ever(uri: &str, answered: &Answered) {
    assert_eq!(answered.header(CACHE_CONTROL), KEPT);
    let etag = answered.header(ETAG).to_owned();
    assert_eq!(etag.len(), 18, "{etag}");
    assert!(uri.contains(etag.trim_matches('"')), "{uri} {etag}");
    for held in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"other\", {etag}"),
    ] {
        let again = ask(le_mug(), Method::GET, uri, &[(IF_NONE_MATCH, &held)]).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{held}");
        assert_eq!(
            (again.body.as_str(), again.header(ETAG)),
            ("", etag.as_str())
        );
    }
    let other = ask(le_mug(), Method::GET, uri, &[(IF_NONE_MATCH, "\"other\"")]).await;
    assert_eq!(other.status, StatusCode::OK);
}
