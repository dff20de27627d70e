//! The visits' pages: who is here, what was counted, and what is corrected.

use app::Role;
use http::StatusCode;
use testkit::{DAY_SECONDS, HOUR_SECONDS, Wallet, operator};

use super::html;
use super::staff::encoded;
use super::village::{at, does_not_say, says, tag, text, village};
use crate::language::{LANGUAGES, Language};

/// Whom the button lets leave is said to whoever does not see beside whom it stands.
#[track_caller]
fn names_whom_it_lets_leave(page: &html::Page) {
    let button = page.tags.iter().find(|it| {
        let id = it.attribute("id");
        id.is_some_and(|id| id.starts_with("leave-"))
    });
    let named = button.unwrap().attribute("aria-labelledby").unwrap();
    let (own, who) = named.split_once(' ').unwrap();
    assert_eq!(tag(page, "id", own).name, "button");
    assert_eq!(tag(page, "id", who).attribute("class"), Some("who"));
}

#[tokio::test]
async fn the_desk_says_that_a_visit_begins_goes_on_and_what_it_counted() {
    for (language, begins, until, here, goes_on, leaves, ended) in [
        (
            Language::French,
            "Le passage commence.",
            "Le lieu est ouvert jusqu’à 18 h",
            [
                "Qui est là",
                "Camille",
                "Le Mug · depuis 11 h · sur téléphone",
                "Part maintenant",
            ],
            "Déjà là : le passage continue, depuis 11 h.",
            "Départ noté : Camille. Compté : une demi-journée, le matin.",
            "Ce passage est déjà terminé. Rien n’a été changé.",
        ),
        (
            Language::English,
            "The visit begins.",
            "The space is open until 18:00",
            [
                "Who is here",
                "Camille",
                "Le Mug · since 11:00 · on a phone",
                "Leaves now",
            ],
            "Here already: the visit goes on, since 11:00.",
            "Seen leaving: Camille. Counted: one half-day, the morning.",
            "This visit has ended already. Nothing was changed.",
        ),
    ] {
        let village = village("Camille").await;
        let desk = village.browser(Role::Desk).await;
        let uri = at("/desk", language);
        let shown = format!("code={}", encoded(&village.code()));
        let page = desk.post(&uri, &shown).await.page(language);
        says(&page, &[begins, until, here[0]]);
        says(&page, &here);
        village.label.advance(30 * 60);
        let shown = format!("code={}", encoded(&village.code()));
        let page = desk.post(&uri, &shown).await.page(language);
        says(&page, &[goes_on, until]);
        does_not_say(&page, &[begins]);
        // The same code again is refused: nothing is said of a visit.
        let page = desk.post(&uri, &shown).await.page(language);
        does_not_say(&page, &[begins, goes_on]);
        let page = desk.get(&uri).await.page(language);
        says(&page, &here);
        let form = page.tags.iter().find(|it| {
            let action = it.attribute("action");
            action.is_some_and(|it| it.contains("/leave?"))
        });
        names_whom_it_lets_leave(&page);
        let leave = form.unwrap().attribute("action").unwrap().to_owned();
        let answered = desk.post(&leave, "from=").await;
        let page = answered.page(language);
        says(&page, &[leaves]);
        assert_eq!(
            tag(&page, "class", "told").attribute("role"),
            Some("status")
        );
        does_not_say(&page, &[here[2]]);
        // Sent twice, it says that there is nothing to do.
        let page = desk.post(&leave, "from=").await.page(language);
        says(&page, &[ended]);
        let refusal = tag(&page, "class", "told told-refusal");
        assert_eq!(refusal.attribute("role"), Some("alert"));
        // The other language of what a form answered is a page that can be read.
        let other = at("/desk", language.other());
        tag(&page, "href", &other);
    }
}

#[tokio::test]
async fn a_paper_passport_is_let_in_by_the_person_who_looked() {
    for (language, send, seen, here) in [
        (
            Language::French,
            "C’est bien cette personne : laisser entrer",
            [
                "Bienvenue",
                "Camille",
                "comparé par vous à une pièce",
                "Le passage commence.",
            ],
            "Le Mug · depuis 11 h · sur papier",
        ),
        (
            Language::English,
            "It is them: let in",
            [
                "Welcome",
                "Camille",
                "compared by you with photo ID",
                "The visit begins.",
            ],
            "Le Mug · since 11:00 · on paper",
        ),
    ] {
        let village = village("Camille").await;
        let desk = village.browser(Role::Desk).await;
        let paper = village.paper().await;
        let shown = format!("code={}", encoded(&paper));
        let page = desk
            .post(&at("/desk", language), &shown)
            .await
            .page(language);
        says(&page, &["Camille", send]);
        does_not_say(&page, &seen[3..]);
        let held = tag(&page, "type", "hidden");
        assert_eq!(held.attribute("name"), Some("code"));
        assert_eq!(held.attribute("value"), Some(paper.as_str()));
        tag(&page, "action", &at("/desk/receive", language));
        assert!(
            village
                .host()
                .app()
                .visitors_here(&operator())
                .await
                .unwrap()
                .is_empty()
        );
        let receive = at("/desk/receive", language);
        let page = desk.post(&receive, &shown).await.page(language);
        says(&page, &seen);
        says(&page, &[here]);
        does_not_say(&page, &[send]);
        assert!(
            page.tags
                .iter()
                .any(|it| { it.attribute("class") == Some("verdict verdict-go") })
        );
        let page = desk.post(&receive, "code=%3Cb%3E").await.page(language);
        does_not_say(&page, &[seen[0]]);
    }
}

#[tokio::test]
async fn a_paper_passport_that_was_revoked_is_not_let_in_by_whoever_looks() {
    let village = village("Camille").await;
    let desk = village.browser(Role::Desk).await;
    let shown = format!("code={}", encoded(&village.paper().await));
    let home = village.home().app();
    home.revoke_passports(&operator(), &village.wallet.member)
        .await
        .unwrap();
    village.label.settle().await;
    let page = desk.post("/desk/receive?lang=en", &shown).await;
    let page = page.page(Language::English);
    says(&page, &["Refused", "took this passport back"]);
    assert!(
        village
            .host()
            .app()
            .visitors_here(&operator())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_member_of_this_space_is_let_in_and_not_listed() {
    let village = village("Camille").await;
    let ours = Wallet::enrol(village.host(), "Anouk", None).await;
    let desk = village.browser(Role::Desk).await;
    let code = ours.show(village.host().entity(), village.now(), "shown at home");
    let app = village.host().app();
    let paper = app.paper_passport(&operator(), &ours.member, None).await;
    let paper = paper.unwrap().code;
    for (language, not_counted, nobody, why) in [
        (
            Language::French,
            "Abonné de ce lieu : rien n’est compté",
            "Aucun visiteur d’un autre lieu",
            "vont et viennent sans être comptés",
        ),
        (
            Language::English,
            "A member of this space: nothing is counted",
            "No visitor of another space",
            "come and go uncounted",
        ),
    ] {
        if language == Language::French {
            let shown = format!("code={}", encoded(&code));
            let page = desk
                .post(&at("/desk", language), &shown)
                .await
                .page(language);
            says(&page, &["Anouk", not_counted, nobody, why]);
        }
        let shown = format!("code={}", encoded(&paper));
        let page = desk
            .post(&at("/desk", language), &shown)
            .await
            .page(language);
        does_not_say(&page, &[not_counted]);
        let receive = at("/desk/receive", language);
        let page = desk.post(&receive, &shown).await.page(language);
        says(&page, &["Anouk", not_counted, nobody, why]);
    }
}

#[tokio::test]
async fn a_steward_reads_what_every_visit_came_to() {
    let village = village("Camille").await;
    let steward = village.browser(Role::Steward).await;
    for (language, nobody) in [
        (Language::French, "Aucun passage d’un autre lieu"),
        (Language::English, "No visit from another space"),
    ] {
        let page = steward.get(&at("/visits", language)).await.page(language);
        says(&page, &[nobody]);
    }
    // Monday: accepted. Tuesday: closed, so the day counts, until midnight. Today: here.
    village.visited().await;
    village.deliver().await;
    village.label.advance(20 * HOUR_SECONDS);
    village.label.settle().await;
    village.arrive().await;
    village.label.advance(DAY_SECONDS);
    village.host().app().renew().await.unwrap();
    village.label.settle().await;
    village.arrive().await;
    let french = [
        "Passages",
        "Qui est là",
        "Camille Le Mug · depuis 10 h · sur téléphone",
        "Passages récents",
        "Un passage se corrige pendant sept jours",
        "mardi 7 avril 2026",
        "Camille Le Mug · sur téléphone",
        "10 h – minuit départ non noté, heure de fermeture",
        "Compté : deux demi-journées, toute la journée.",
        "Reçu en attente de réponse",
        "Corriger",
        "lundi 6 avril 2026",
        "11 h – 14 h départ noté à l’accueil",
        "Compté : deux demi-journées, toute la journée.",
        "Reçu accepté",
    ];
    let english = [
        "Visits",
        "Camille Le Mug · since 10:00 · on a phone",
        "Tuesday 7 April 2026",
        "10:00 – midnight not seen leaving, closing time",
        "Counted: two half-days, the whole day.",
        "Receipt waits for its answer",
        "Monday 6 April 2026",
        "11:00 – 14:00 seen leaving",
        "Receipt accepted",
    ];
    for (language, expected) in [
        (Language::French, &french[..]),
        (Language::English, &english[..]),
    ] {
        let page = steward.get(&at("/visits", language)).await.page(language);
        says(&page, expected);
        let current = tag(&page, "aria-current", "page");
        assert_eq!(current.attribute("href"), Some(&*at("/visits", language)));
    }
    // After a week nothing is left to correct, and after that nobody is known.
    village.label.advance(8 * DAY_SECONDS);
    village.host().app().renew().await.unwrap();
    let page = steward.get("/visits?lang=en").await.page(Language::English);
    does_not_say(&page, &["seen leaving 14:00"]);
    assert!(!page.tags.iter().any(|it| {
        let action = it.attribute("action").unwrap_or_default();
        action.ends_with("/correct?lang=en") && action.contains("2026-04-06")
    }));
}

#[tokio::test]
async fn a_steward_corrects_a_departure_and_reads_what_follows() {
    for (language, replaced, taken_back, sent, corrected, none) in [
        (
            Language::French,
            "Le reçu est repris par un avoir, et un autre part. Camille. Compté : une demi-journée, le matin.",
            "Le reçu est repris par un avoir, et rien n’est compté. Camille.",
            "Corrigé. Un reçu part. Camille. Compté : une demi-journée, le matin.",
            "11 h – 12 h 30 départ corrigé",
            "Pas de passage : noté par erreur",
        ),
        (
            Language::English,
            "The receipt is taken back by a credit, and another is sent. Camille. Counted: one half-day, the morning.",
            "The receipt is taken back by a credit, and nothing is counted. Camille.",
            "Corrected. A receipt is sent. Camille. Counted: one half-day, the morning.",
            "11:00 – 12:30 departure corrected",
            "No visit: noted by mistake",
        ),
    ] {
        let village = village("Camille").await;
        let steward = village.browser(Role::Steward).await;
        let visit = village.visited().await;
        village.deliver().await;
        let page = steward.get(&at("/visits", language)).await.page(language);
        let field = tag(&page, "id", &format!("left-{visit}"));
        assert_eq!(field.attribute("value"), Some("14:00"));
        assert_eq!(field.attribute("name"), Some("left"));
        let correct = at(&format!("/visits/{visit}/correct"), language);
        tag(&page, "action", &correct);
        let page = steward.post(&correct, "left=12%3A30").await.page(language);
        says(&page, &[replaced, corrected]);
        village.deliver().await;
        let never = at(&format!("/visits/{visit}/not-here"), language);
        let page = steward.post(&never, "").await.page(language);
        says(&page, &[taken_back, none]);
        village.deliver().await;
        let page = steward.post(&never, "").await.page(language);
        let refusal = tag(&page, "class", "told told-refusal");
        assert_eq!(refusal.attribute("role"), Some("alert"));
        // Where the home has refused the receipt, there is nothing to take back.
        village.label.advance(7 * DAY_SECONDS - 3 * HOUR_SECONDS);
        village.host().app().renew().await.unwrap();
        village.home().app().renew().await.unwrap();
        village.label.settle().await;
        let visit = village.visited().await;
        village.refuse("no_proof").await;
        let correct = at(&format!("/visits/{visit}/correct"), language);
        let page = steward.post(&correct, "left=12%3A00").await.page(language);
        says(&page, &[sent]);
    }
}

#[tokio::test]
async fn whoever_is_here_can_have_left_earlier_or_never_come() {
    let village = village("Camille").await;
    let steward = village.browser(Role::Steward).await;
    let visit = village.arrive().await;
    village.label.advance(3 * HOUR_SECONDS);
    let correct = format!("/visits/{visit}/correct?lang=en");
    // In the minute of the arrival, which has seconds.
    let page = steward.post(&correct, "left=11%3A00").await;
    let page = page.page(Language::English);
    says(&page, &["Corrected. A receipt is sent.", "11:00 – 11:00"]);
    let visit = village.arrive().await;
    let never = format!("/visits/{visit}/not-here?lang=en");
    let page = steward.post(&never, "").await.page(Language::English);
    says(
        &page,
        &[
            "Nothing is counted, and no receipt is sent. Camille.",
            "No visit: noted by mistake",
        ],
    );
    // Leaving is asked from this page too, and answered by it.
    let visit = village.arrive().await;
    let leave = format!("/visits/{visit}/leave?lang=en");
    let page = steward
        .post(&leave, "from=visits")
        .await
        .page(Language::English);
    says(
        &page,
        &["Visits", "Seen leaving: Camille.", "Recent visits"],
    );
    // Who asks at the desk is answered there, whoever they are.
    let visit = village.arrive().await;
    let leave_again = format!("/visits/{visit}/leave?lang=en");
    let page = steward.post(&leave_again, "from=").await;
    let page = page.page(Language::English);
    says(&page, &["Desk", "Seen leaving: Camille.", "Passport"]);
    does_not_say(&page, &["Recent visits"]);
    // A desk sees the desk, wherever it says that it was asked.
    let desk = village.browser(Role::Desk).await;
    let page = desk
        .post(&leave, "from=visits")
        .await
        .page(Language::English);
    says(&page, &["Desk", "This visit has ended already"]);
    does_not_say(&page, &["Recent visits"]);
}

/// What is typed, what the field keeps of it, and what is said in French and in English.
const TIMES: &[(&str, &str, &str, &str)] = &[
    ("", "", "Il manque l’heure", "time of leaving is missing"),
    (
        "soon",
        "soon",
        "« soon » n’est pas une heure",
        "“soon” is not a time",
    ),
    (
        "25:00",
        "25:00",
        "« 25:00 » n’est pas une heure",
        "“25:00” is not a time",
    ),
    ("9:61", "9:61", "n’est pas une heure", "is not a time"),
    ("<b>\u{202e}", "<b>", "« <b> »", "“<b>”"),
    ("-1:00", "-1:00", "n’est pas une heure", "is not a time"),
    (
        "10:59",
        "10:59",
        "avant l’arrivée, à 11 h",
        "before the arrival, at 11:00",
    ),
    ("00:00", "00:00", "avant l’arrivée", "before the arrival"),
    (
        "14:01",
        "14:01",
        "encore à venir : ici, c’est le 6 avril 2026 à 14 h",
        "still to come: here, it is 6 April 2026 at 14:00",
    ),
    ("24:00", "24:00", "encore à venir", "still to come"),
    (
        "14 h",
        "14 h",
        "déjà l’heure de départ",
        "the time of leaving already",
    ),
    (
        "14:00",
        "14:00",
        "déjà l’heure de départ",
        "the time of leaving already",
    ),
];

#[tokio::test]
async fn a_time_that_cannot_be_is_refused_in_words_and_kept() {
    let village = village("Camille").await;
    let steward = village.browser(Role::Steward).await;
    village.label.advance(37);
    let visit = village.visited().await;
    let visits = async || village.host().app().recent_visits(&operator()).await;
    let before = visits().await.unwrap();
    for (typed, kept, french, english) in TIMES {
        for (language, said) in [(Language::French, french), (Language::English, english)] {
            let correct = at(&format!("/visits/{visit}/correct"), language);
            let form = format!("left={}", encoded(typed));
            let page = steward.post(&correct, &form).await.page(language);
            says(&page, &[said]);
            let field = tag(&page, "id", &format!("left-{visit}"));
            assert_eq!(field.attribute("value"), Some(*kept), "{typed}");
            assert_eq!(field.attribute("aria-invalid"), Some("true"));
            let details = page.tags.iter().find(|it| it.name == "details");
            assert!(details.unwrap().attribute("open").is_some(), "{typed}");
        }
    }
    assert_eq!(visits().await.unwrap(), before);
    // What people write for a time is taken.
    let correct = format!("/visits/{visit}/correct?lang=en");
    let form = format!("left={}", encoded("12 H 05"));
    let page = steward.post(&correct, &form).await.page(Language::English);
    says(&page, &["Corrected.", "11:00 – 12:05"]);
}

#[tokio::test]
async fn what_is_too_late_is_said_though_there_is_no_field_any_more() {
    let village = village("Camille").await;
    let steward = village.browser(Role::Steward).await;
    let visit = village.visited().await;
    let correct = format!("/visits/{visit}/correct?lang=en");
    village.label.advance(7 * DAY_SECONDS);
    let page = steward.get("/visits?lang=en").await.page(Language::English);
    tag(&page, "id", &format!("left-{visit}"));
    village.label.advance(1);
    for (typed, said) in [
        ("11:30", "more than seven days ago"),
        ("x", "is not a time"),
    ] {
        let form = format!("left={typed}");
        let page = steward.post(&correct, &form).await.page(Language::English);
        says(&page, &[said]);
        tag(&page, "class", "told told-refusal");
        let is_field = |it: &html::Tag| it.attribute("name") == Some("left");
        assert!(!page.tags.iter().any(is_field));
    }
    let never = format!("/visits/{visit}/not-here?lang=en");
    let page = steward.post(&never, "").await.page(Language::English);
    says(&page, &["more than seven days ago"]);
    for path in ["nobody", "..%2f", &"A".repeat(22)] {
        for act in ["leave", "correct", "not-here"] {
            let uri = format!("/visits/{path}/{act}?lang=en");
            let answered = steward.post(&uri, "left=12%3A00").await;
            assert_eq!(answered.status, StatusCode::NOT_FOUND, "{uri}");
        }
    }
}

#[tokio::test]
async fn the_menu_leads_where_somebody_may_go_and_says_what_needs_them() {
    let village = village("Camille").await;
    village.visited().await;
    village.refuse("differs").await;
    for (role, pages) in [
        (Role::Desk, &["/desk", "/sign-in"][..]),
        (
            Role::Steward,
            &["/desk", "/visits", "/members", "/manage/events", "/sign-in"][..],
        ),
        (
            Role::Operator,
            &[
                "/desk",
                "/visits",
                "/members",
                "/manage/events",
                "/outbox",
                "/sign-in",
            ][..],
        ),
    ] {
        let browser = village.browser(role).await;
        for here in pages {
            for language in LANGUAGES {
                let page = browser.get(&at(here, language)).await.page(language);
                let start = page
                    .tags
                    .iter()
                    .position(|it| it.attribute("class") == Some("rooms no-print"));
                let rooms = page.tags.iter().skip(start.unwrap() + 1);
                let rooms = rooms.take_while(|it| ["a", "span"].contains(&it.name.as_str()));
                let links: Vec<_> = rooms
                    .clone()
                    .filter_map(|it| it.attribute("href"))
                    .collect();
                let expected: Vec<_> = pages.iter().map(|it| at(it, language)).collect();
                assert_eq!(links, expected, "{here}");
                let current = rooms.filter(|it| it.attribute("aria-current").is_some());
                let current: Vec<_> = current.filter_map(|it| it.attribute("href")).collect();
                assert_eq!(current, [at(here, language)]);
                let is_counted = text(&page).contains(match language {
                    Language::French => "Envois 1 à voir",
                    Language::English => "Outbox 1 to see",
                });
                assert_eq!(is_counted, role == Role::Operator, "{here}");
            }
        }
    }
}

#[tokio::test]
async fn a_name_of_a_visitor_is_text_and_nothing_else() {
    let village = village("<script>x</script>").await;
    let boss = village.browser(Role::Operator).await;
    let shown = format!("code={}", encoded(&village.code()));
    let answered = boss.post("/desk?lang=en", &shown).await;
    assert!(!answered.body.contains("<script"));
    says(
        &answered.page(Language::English),
        &["<script>x</script>", "Who is here", "<script>x</script>"],
    );
    let visit = village
        .host()
        .app()
        .visitors_here(&operator())
        .await
        .unwrap()[0]
        .id;
    let answered = boss.get("/visits?lang=en").await;
    assert!(!answered.body.contains("<script"));
    answered.page(Language::English);
    let leave = format!("/visits/{visit}/leave?lang=en");
    let answered = boss.post(&leave, "from=visits").await;
    assert!(!answered.body.contains("<script"));
    says(
        &answered.page(Language::English),
        &["Seen leaving: <script>x</script>."],
    );
}

#[tokio::test]
async fn whoever_came_first_stands_first_on_both_pages() {
    let village = village("Camille").await;
    let zoe = Wallet::enrol(village.home(), "Zoé", None).await;
    village.label.settle().await;
    let steward = village.browser(Role::Steward).await;
    village.arrive().await;
    village.label.advance(60);
    let code = zoe.show(village.host().entity(), village.now(), "the second visitor");
    let shown = format!("code={}", encoded(&code));
    steward.post("/desk?lang=en", &shown).await;
    for path in ["/desk", "/visits"] {
        let page = steward.get(&at(path, Language::English)).await;
        says(
            &page.page(Language::English),
            &["Who is here", "Camille", "Zoé"],
        );
    }
}
