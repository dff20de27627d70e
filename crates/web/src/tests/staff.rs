//! The pages of the staff: who sees them, what they do, and in which words.

use app::{App, MemberState, Role, Wish};
use axum::body::Body;
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use testkit::{Label, START, TestNode, Wallet, operator, space_text};
use tower::ServiceExt as _;

use super::village::training;
use super::{Still, html};
use crate::language::{LANGUAGES, Language};
use crate::routes::{Asker, ROUTES, Route, router};

/// Every path that this file asks for.
pub(super) const ASKED: &[&str] = &[
    "/sign-in",
    "/sign-out",
    "/desk",
    "/desk/challenge",
    "/desk/receive",
    "/visits",
    "/visits/{visit}/leave",
    "/visits/{visit}/correct",
    "/visits/{visit}/not-here",
    "/outbox",
    "/outbox/{op}/again",
    "/manage/events",
    "/manage/new-event",
    "/manage/events/{id}",
    "/manage/events/{id}/edit",
    "/manage/events/{id}/cancel",
    "/manage/events/{id}/take-back",
    "/manage/register/{uid}",
    "/members/{member}/registrations/{registration}/give-back",
    "/members",
    "/members/{member}",
    "/members/{member}/code",
    "/members/{member}/paper",
    "/members/{member}/particulars",
    "/members/{member}/passports/{carrier}/revoke",
    "/members/{member}/revoke",
    "/members/{member}/pause",
    "/members/{member}/resume",
    "/members/{member}/end",
];

const HERE: &str = "127.0.0.1:7800";

pub(super) struct Answered {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: String,
}

impl Answered {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }

    #[track_caller]
    pub(super) fn page(&self, language: Language) -> html::Page {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        assert_eq!(self.header("content-language"), language.tag());
        self.is_for_one();
        html::read_with_forms(&self.body)
    }

    /// Nobody but who asked keeps it, and it says where its forms stand.
    #[track_caller]
    pub(super) fn is_for_one(&self) {
        assert_eq!(self.header("cache-control"), "no-store");
        // Without it a browser would not say where a form stands.
        assert_eq!(self.header("referrer-policy"), "same-origin");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        let policy = self.header("content-security-policy");
        assert!(policy.contains("form-action 'self'"), "{policy}");
    }

    #[track_caller]
    pub(super) fn sees(&self, path: &str) {
        self.is_for_one();
        let to = (self.status, self.header(LOCATION.as_str()));
        assert_eq!(to, (StatusCode::SEE_OTHER, path), "{}", self.body);
    }
}

/// A browser with the cookie of a credential.
#[derive(Clone)]
pub(super) struct Browser {
    app: App,
    pub(super) token: Option<String>,
}

impl Browser {
    pub(super) async fn of(node: &TestNode, role: Role) -> Self {
        let token = node.app().access_token(&operator(), role, "Anne").await;
        Self {
            app: node.app(),
            token: Some(token.unwrap()),
        }
    }

    pub(super) fn stranger(node: &TestNode) -> Self {
        Self {
            app: node.app(),
            token: None,
        }
    }

    pub(super) fn request(&self, method: &Method, uri: &str, form: &str) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(uri);
        request = request.header(HOST, HERE);
        if *method == Method::POST {
            let origin = format!("http://{HERE}");
            request = request.header(ORIGIN, origin);
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(token) = &self.token {
            request = request.header(COOKIE, format!("a=b; escale-7800={token}"));
        }
        request.body(Body::from(form.to_owned())).unwrap()
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answered {
        let router = router(Still(None), self.app.clone());
        let Ok(response) = router.oneshot(request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answered {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub(super) async fn get(&self, uri: &str) -> Answered {
        self.send(self.request(&Method::GET, uri, "")).await
    }

    pub(super) async fn post(&self, uri: &str, form: &str) -> Answered {
        self.send(self.request(&Method::POST, uri, form)).await
    }
}

/// A space with a member.
async fn space() -> (Label, String) {
    let label = Label::labelled(2).await;
    let app = label.space(0).app();
    app.publish_space(&space_text("Le Mug")).await.unwrap();
    let member = app.add_member(&operator(), "Camille", "month", None).await;
    (label, member.unwrap())
}

/// Somebody from another space who is here; gives their visit.
async fn visitor(label: &Label) -> String {
    let (host, home) = (label.space(0), label.space(1));
    let wallet = Wallet::enrol(home, "Zoé", None).await;
    label.settle().await;
    let code = wallet.show(host.entity(), START, "a visitor");
    let judged = host.app().judge(&operator(), &code).await.unwrap();
    judged.visit.unwrap().to_string()
}

pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What the routes of the staff are about.
struct Things {
    member: String,
    visit: String,
    published: app::PublishedEvent,
    registration: String,
    carrier: String,
}

impl Things {
    async fn of(label: &Label, member: String) -> Self {
        let app = label.space(0).app();
        let text = training("La photo de vos produits", label, Some(5));
        let published = app.publish_event(&operator(), None, &text).await.unwrap();
        let wish = Wish {
            uid: published.uid.clone(),
            due: None,
            name: None,
        };
        let row = app.register_member(&operator(), &member, &wish).await;
        let paper = app.paper_passport(&operator(), &member, None).await;
        paper.unwrap();
        let carriers = app.carriers(&operator(), &member).await.unwrap();
        Self {
            carrier: carriers[0].id.to_string(),
            visit: visitor(label).await,
            registration: row.unwrap().id.to_string(),
            member,
            published,
        }
    }

    fn path(&self, route: &Route) -> String {
        let path = route.path.replace("{member}", &self.member);
        let path = path.replace("{visit}", &self.visit);
        let path = path.replace("{op}", &self.visit);
        let path = path.replace("{registration}", &self.registration);
        let path = path.replace("{id}", &self.published.id);
        let path = path.replace("{carrier}", &self.carrier);
        let path = path.replace("{uid}", &self.published.uid);
        format!("{path}?lang=en")
    }
}

#[tokio::test]
async fn every_page_is_for_those_whom_the_table_names_and_nobody_else() {
    let (label, member) = space().await;
    let node = label.space(0);
    let things = Things::of(&label, member).await;
    let stranger = Browser::stranger(node);
    let [desk, steward, boss] = [
        Browser::of(node, Role::Desk).await,
        Browser::of(node, Role::Steward).await,
        Browser::of(node, Role::Operator).await,
    ];
    let elsewhere = Browser {
        app: node.app(),
        token: Browser::of(label.space(1), Role::Operator).await.token,
    };
    let revoked = Browser::of(node, Role::Operator).await;
    let token = revoked.token.clone().unwrap();
    node.app().sign_out(&token).await.unwrap();
    let mut counted = 0;
    for route in ROUTES.iter().filter(|it| it.asker != Asker::Anybody) {
        counted += 1;
        let what = format!("{} {}", route.method, route.path);
        let ask = async |browser: &Browser| {
            let uri = things.path(route);
            let request = browser.request(&route.method, &uri, "");
            browser.send(request).await
        };
        for nobody in [&stranger, &elsewhere, &revoked] {
            ask(nobody).await.sees("/sign-in?lang=en");
        }
        let rank = match route.asker {
            Asker::Anybody | Asker::Desk => 0,
            Asker::Steward => 1,
            Asker::Operator => 2,
        };
        for (at, browser) in [&desk, &steward, &boss].into_iter().enumerate() {
            let answered = ask(browser).await;
            if at < rank {
                assert_eq!(answered.status, StatusCode::FORBIDDEN, "{what}");
                answered.is_for_one();
                let page = html::read(&answered.body);
                assert!(page.text.contains("Not with this access"), "{what}");
            } else {
                let is_done = [StatusCode::OK, StatusCode::SEE_OTHER].contains(&answered.status);
                assert!(is_done, "{what}: {}", answered.status);
            }
        }
    }
    assert_eq!(counted, 32);
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let (label, member) = space().await;
    let node = label.space(0);
    let boss = Browser::of(node, Role::Operator).await;
    let things = Things::of(&label, member).await;
    let count = async || {
        let visits = node.app().recent_visits(&operator()).await.unwrap();
        let events = node.app().own_events().await.unwrap();
        let events: Vec<_> = events.into_iter().map(|it| it.listed.event).collect();
        let id = &things.published.id;
        let seats = node.app().seats(&operator(), id).await.unwrap();
        let members = node.app().members(&operator()).await.unwrap();
        (members, visits, events, seats)
    };
    let before = count().await;
    let forms = ROUTES.iter().filter(|it| it.method == Method::POST);
    let mut counted = 0;
    for route in forms {
        counted += 1;
        let uri = things.path(route);
        for (name, value, status) in [
            ("origin", "https://evil.example", StatusCode::FORBIDDEN),
            ("origin", "null", StatusCode::FORBIDDEN),
            ("origin", "", StatusCode::FORBIDDEN),
            ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
            ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
            ("content-type", "text/plain", StatusCode::BAD_REQUEST),
            ("content-type", "application/json", StatusCode::BAD_REQUEST),
        ] {
            let mut request = boss.request(&Method::POST, &uri, "name=Eve&formula=month");
            request.headers_mut().insert(name, value.parse().unwrap());
            let answered = boss.send(request).await;
            assert_eq!(answered.status, status, "{uri} {name}: {value}");
            html::read(&answered.body);
        }
        let long = format!("code={}", "A".repeat(crate::staff::BODY_BYTES_MAX));
        let answered = boss.post(&uri, &long).await;
        assert_eq!(answered.status, StatusCode::BAD_REQUEST, "{uri}");
    }
    assert_eq!(counted, 24);
    assert_eq!(count().await, before);
    let token = boss.token.unwrap();
    assert!(node.app().staff(&token).await.unwrap().is_some());
}

#[tokio::test]
async fn a_code_signs_a_browser_in_and_a_button_out() {
    let (label, _) = space().await;
    let node = label.space(0);
    for (role, next) in [
        (Role::Desk, "/desk?lang=fr"),
        (Role::Steward, "/members?lang=fr"),
        (Role::Operator, "/members?lang=fr"),
    ] {
        let code = node.app().access_code(&operator(), role, "Anne").await;
        let form = format!("code={}", encoded(&code.unwrap().to_uppercase()));
        let mut browser = Browser::stranger(node);
        let answered = browser.post("/sign-in?lang=fr", &form).await;
        answered.sees(next);
        let cookie = answered.header(SET_COOKIE.as_str()).to_owned();
        assert!(cookie.ends_with("; HttpOnly; SameSite=Lax"), "{cookie}");
        let token = cookie.strip_prefix("escale-7800=").unwrap();
        browser.token = token.split_once(';').map(|(token, _)| token.to_owned());
        let page = browser
            .get("/sign-in?lang=en")
            .await
            .page(Language::English);
        assert!(
            page.text.contains("This browser is signed in: Anne ("),
            "{}",
            page.text
        );
        let again = Browser::stranger(node)
            .post("/sign-in?lang=en", &form)
            .await;
        let page = again.page(Language::English);
        assert!(page.text.contains("This code is not good"), "{}", page.text);
        assert_eq!(again.header(SET_COOKIE.as_str()), "");
        let out = browser.post("/sign-out?lang=en", "").await;
        out.sees("/sign-in?lang=en");
        assert!(
            out.header(SET_COOKIE.as_str())
                .contains("escale-7800=; Path=/; Max-Age=0")
        );
        browser.get("/desk?lang=en").await.sees("/sign-in?lang=en");
    }
    // Whoever signs in again leaves no credential behind that nobody holds.
    let browser = Browser::of(node, Role::Desk).await;
    let code = node
        .app()
        .access_code(&operator(), Role::Desk, "Anne")
        .await;
    let form = format!("code={}", encoded(&code.unwrap()));
    browser
        .post("/sign-in?lang=fr", &form)
        .await
        .sees("/desk?lang=fr");
    browser.get("/desk?lang=fr").await.sees("/sign-in?lang=fr");
    let asked = Browser::stranger(node).get("/sign-in?lang=fr").await;
    let page = asked.page(Language::French);
    assert!(page.text.contains("Code à usage unique"));
}

#[tokio::test]
async fn the_desk_says_who_is_welcome_in_both_languages() {
    let label = Label::labelled(2).await;
    let (host, home) = (label.space(0), label.space(1));
    let app = host.app();
    app.publish_space(&space_text("Le Mug")).await.unwrap();
    let wallet = Wallet::enrol(home, "Camille", None).await;
    let member = &wallet.member;
    let paper = home.app().paper_passport(&operator(), member, None).await;
    let paper = paper.unwrap();
    label.settle().await;
    let desk = Browser::of(host, Role::Desk).await;
    for (language, waiting, go, used, look, stop) in [
        (
            Language::French,
            "Placez le curseur ici",
            [
                "Bienvenue",
                "Camille",
                "4 demi-journées d’itinérance ce mois-ci",
            ],
            "Déjà utilisé",
            "Demandez une pièce avec photo",
            "Ce n’est pas un passeport",
        ),
        (
            Language::English,
            "Put the cursor here",
            ["Welcome", "Camille", "4 roaming half-days this month"],
            "Already used",
            "Ask for photo ID",
            "It is no passport",
        ),
    ] {
        let uri = format!("/desk?lang={}", language.tag());
        let answered = desk.get(&uri).await;
        let page = answered.page(language);
        assert!(page.text.contains(waiting), "{}", page.text);
        let field = page
            .tags
            .iter()
            .find(|it| it.attribute("id") == Some("code"));
        assert!(field.unwrap().attribute("autofocus").is_some());
        // A desk that is opened stays signed in for another year.
        assert!(
            answered
                .header(SET_COOKIE.as_str())
                .contains("Max-Age=34560000")
        );
        let code = wallet.show(host.entity(), START, &format!("showing {}", language.tag()));
        let shown = format!("code={}", encoded(&format!(" {code}\r\n")));
        let page = desk.post(&uri, &shown).await.page(language);
        for word in go {
            assert!(page.text.contains(word), "{word}: {}", page.text);
        }
        let page = desk.post(&uri, &shown).await.page(language);
        assert!(page.text.contains(used), "{}", page.text);
        let shown = format!("code={}", encoded(&paper.code));
        let page = desk.post(&uri, &shown).await.page(language);
        assert!(page.text.contains(look), "{}", page.text);
        let page = desk
            .post(&uri, "code=javascript%3Aalert(1)")
            .await
            .page(language);
        assert!(page.text.contains(stop), "{}", page.text);
        assert!(!page.text.contains("javascript"));
    }
}

#[tokio::test]
async fn a_desk_that_has_heard_nothing_says_so_to_each_visitor() {
    let label = Label::invited(1).await;
    let node = label.space(0);
    let wallet = Wallet::enrol(node, "Camille", None).await;
    let desk = Browser::of(node, Role::Desk).await;
    let code = wallet.show(node.entity(), START, "first showing");
    let form = format!("code={}", encoded(&code));
    let answered = desk.post("/desk?lang=en", &form).await;
    let page = answered.page(Language::English);
    let said = "who bears the label is not known";
    assert!(page.text.contains(said), "{}", page.text);
}

#[tokio::test]
async fn an_operator_runs_a_membership_by_page() {
    let (label, _) = space().await;
    let node = label.space(0);
    let boss = Browser::of(node, Role::Operator).await;
    for language in LANGUAGES {
        let tag = language.tag();
        let at = |path: &str| format!("{path}?lang={tag}");
        let name = format!("<b>Alix</b> {tag}");
        let form = format!("name={}&formula=month&half_days=2", encoded(&name));
        let added = boss.post(&at("/members"), &form).await;
        let rows = node.app().members(&operator()).await.unwrap();
        let member = rows.iter().find(|it| it.name == name).unwrap();
        assert_eq!((member.half_days, member.formula.as_str()), (2, "month"));
        let home = format!("/members/{}", member.id);
        added.sees(&at(&home));
        let listed = boss.get(&at("/members")).await;
        let page = listed.page(language);
        assert!(page.text.contains("<b>Alix</b>"), "as text: {}", page.text);
        boss.get(&at(&home)).await.page(language);

        let code = boss.post(&at(&format!("{home}/code")), "").await;
        let page = code.page(language);
        let link = format!("{}/passport#", node.entity());
        assert!(page.text.contains(&link), "{}", page.text);
        assert!(page.tags.iter().any(|it| it.name == "svg"));

        let paper = format!("name={}", encoded("Alix Durand"));
        let card = boss.post(&at(&format!("{home}/paper")), &paper).await;
        let page = card.page(language);
        assert!(page.text.contains("Alix Durand"), "{}", page.text);

        let state = async || {
            let rows = node.app().members(&operator()).await.unwrap();
            let row = rows.into_iter().find(|it| it.name == name).unwrap();
            (row.state, row.passports)
        };
        assert_eq!(state().await, (MemberState::Active, 1));
        for (what, expected) in [
            ("pause", (MemberState::Paused, 1)),
            ("resume", (MemberState::Active, 1)),
            ("revoke", (MemberState::Active, 0)),
            ("end", (MemberState::Ended, 0)),
        ] {
            boss.post(&at(&format!("{home}/{what}")), "")
                .await
                .sees(&at(&home));
            assert_eq!(state().await, expected, "{what}");
        }
        let refused = boss.post(&at(&format!("{home}/resume")), "").await;
        let refusal = match language {
            Language::French => "L’abonnement est terminé",
            Language::English => "The membership has ended",
        };
        let page = refused.page(language);
        assert!(page.text.contains(refusal), "{}", page.text);
    }
}

#[tokio::test]
async fn what_is_filled_in_wrongly_is_said_and_kept() {
    let (label, member) = space().await;
    let node = label.space(0);
    let boss = Browser::of(node, Role::Operator).await;
    for (form, said) in [
        ("name=&formula=month", "A name of 1 to 40"),
        ("name=Alix&formula=none", "does not publish that formula"),
        (
            "name=Alix&formula=month&half_days=63",
            "62 half-days at most",
        ),
        (
            "name=Alix&formula=month&half_days=-1",
            "62 half-days at most",
        ),
        (
            "name=Alix&formula=month&half_days=two",
            "62 half-days at most",
        ),
    ] {
        let answered = boss.post("/members?lang=en", form).await;
        let page = answered.page(Language::English);
        assert!(page.text.contains(said), "{form}: {}", page.text);
        let kept = page
            .tags
            .iter()
            .find(|it| it.attribute("id") == Some("name"));
        let typed = if form.starts_with("name=&") {
            ""
        } else {
            "Alix"
        };
        assert_eq!(kept.unwrap().attribute("value"), Some(typed));
        if let Some((_, half_days)) = form.split_once("half_days=") {
            let kept = page
                .tags
                .iter()
                .find(|it| it.attribute("id") == Some("half-days"));
            assert_eq!(kept.unwrap().attribute("value"), Some(half_days));
        }
        let chosen = page
            .tags
            .iter()
            .find(|it| it.attribute("selected").is_some());
        let chosen = chosen.and_then(|it| it.attribute("value"));
        let is_month = form.contains("formula=month");
        assert_eq!(chosen, is_month.then_some("month"), "{form}");
    }
    assert_eq!(node.app().members(&operator()).await.unwrap().len(), 1);
    let paper = format!("/members/{member}/paper?lang=en");
    let long = format!("name={}", "A".repeat(41));
    let page = boss.post(&paper, &long).await.page(Language::English);
    assert!(page.text.contains("A name of 1 to 40"), "{}", page.text);
    let kept = page
        .tags
        .iter()
        .find(|it| it.attribute("id") == Some("name"));
    assert_eq!(kept.unwrap().attribute("value"), Some(&*"A".repeat(41)));
    for path in ["/members/nobody", "/members/0000-0000", "/members/%2e%2e"] {
        let answered = boss.get(&format!("{path}?lang=en")).await;
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{path}");
    }
}
