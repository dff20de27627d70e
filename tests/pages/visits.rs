//! A visit at the pages, in a real browser: what it costs, said on the phone before; who is
//! here, at the desk; what was counted, for the stewards; and what waits, for the operator.

use scenarios::binaries::target;
use scenarios::browser::{self, Browser};
use scenarios::node::Node;
use scenarios::wait;
use serde_json::{Value, json};

use super::TOO_WIDE;
use super::passport::{IS_KEPT, choose_when_there, fits, reads, scan, shown, sign_in, spaces};

/// A phone with the passport of a new member.
fn enrolled(home: &Node, name: &str) -> (Browser, String) {
    let phone = Browser::open();
    phone.resize(360, 800);
    let member = enrol(&phone, home, name);
    (phone, member)
}

/// Puts the passport of a new member on a phone; gives the member.
pub(super) fn enrol(phone: &Browser, home: &Node, name: &str) -> String {
    let added = home.json(&["member", "add", "--name", name, "--formula", "month"]);
    let member = added["member"].as_str().expect("a number").to_owned();
    let given = home.json(&["member", "code", &member]);
    let code = given["code"].as_str().expect("a code");
    phone.go(&format!("{}/passport?lang=fr#{code}", home.entity));
    wait::until("the code is taken out of the address", || {
        let typed = phone.script("return document.querySelector('#enrol-code').value");
        wait::ensure(typed == json!(code), || typed.to_string())
    });
    phone.click("#enrol-send");
    wait::until("the passport is there", || {
        let is_there = phone.script("return document.querySelector('#enrol').hidden");
        wait::ensure(is_there == json!(true), || phone.text("#enrol"))
    });
    member
}

/// Shows a passport on paper to the desk, and says that it is the visitor's.
fn receive_on_paper(desk: &Browser, home: &Node, host: &Node, member: &str) {
    let given = home.json(&["member", "paper", member]);
    let code = given["code"].as_str().expect("a code");
    let said = scan(desk, host, code);
    assert!(said.contains("laisser entrer"), "{said}");
    fits(desk, "desk-paper-fr");
    desk.click("form[action^='/desk/receive'] button");
    reads(desk, ".verdict-go", "comparé par vous");
}

#[test]
fn a_visitor_is_let_in_listed_and_leaves_and_a_steward_corrects() {
    if !browser::is_there() {
        return;
    }
    let (_network, home, host) = spaces();
    let (phone, member) = enrolled(&home, "Camille");
    choose_when_there(&phone, &host);
    let code = shown(&phone, "");
    reads(
        &phone,
        "#roaming-left",
        "Il vous reste 4 de vos 4 demi-journées",
    );
    reads(&phone, "#roaming-costs", "troquet");
    reads(&phone, "#roaming-costs", "deux de vos 4 demi-journées.");
    reads(&phone, "#roamed", "Aucun passage n’a encore été compté.");
    fits(&phone, "roaming-fr");

    let desk = Browser::open();
    desk.resize(360, 800);
    sign_in(&desk, &host, "operator");
    let said = scan(&desk, &host, &code);
    assert!(said.contains("Le passage commence."), "{said}");
    reads(&desk, ".present", "Camille");
    fits(&desk, "desk-here-fr");
    desk.click(".present button");
    reads(&desk, ".told", "Camille. Compté");
    fits(&desk, "desk-left-fr");
    receive_on_paper(&desk, &home, &host, &member);
    reads(&desk, ".present", "sur papier");

    desk.go(&format!("{}/visits?lang=en", host.entity));
    reads(&desk, ".visits", "seen leaving");
    reads(&desk, ".visits", "Receipt");
    desk.click(".visits summary");
    fits(&desk, "visits-en");
    desk.click(".visits form[action*='/not-here'] button");
    reads(&desk, ".told", "taken back by a credit");
    reads(&desk, ".visits", "No visit: noted by mistake");
    // The home has heard of it, and so does the member. A page asks its home once, when it
    // is opened, and on a busy machine the answer takes a while: it is given that time
    // before the page is opened again.
    wait::until("the credit is on the phone", || {
        phone.go(&format!("{}/passport?lang=fr", home.entity));
        let found = phone.script_async(
            "const rows = document.querySelector('#roaming-visits');
             for (let look = 0; look < 100; look++) {
               if (rows.innerText.includes('il n’y a pas eu de passage')) break;
               await new Promise((then) => setTimeout(then, 50));
             }
             return rows.innerText;",
        );
        let found = found.as_str().unwrap_or_default().to_owned();
        wait::ensure(found.contains("il n’y a pas eu de passage"), || {
            found.clone()
        })
    });
    reads(&phone, "#roaming-visits", "troquet");
    reads(&phone, "#roaming-left", "4 de vos 4");
    desk.go(&format!("{}/outbox?lang=fr", host.entity));
    reads(&desk, "main", "Rien n’attend");
    for language in ["fr", "en"] {
        for page in ["desk", "visits", "outbox"] {
            desk.go(&format!("{}/{page}?lang={language}", host.entity));
            fits(&desk, &format!("visits-{page}-{language}"));
        }
    }
}

/// Shows made-up answers of a home on the phone; gives what stands in an element.
fn showing(phone: &Browser, known: &Value, home: &Value, id: &str) -> String {
    let shown = phone.script_async(&format!(
        "const path = document.querySelector('script[type=module]').src;
         const {{ showRoaming }} = await import(path.replace('passport.js', 'roaming.js'));
         const now = Math.floor(Date.now() / 1000);
         const home = {home};
         showRoaming({{ iat: now, ...{known} }}, home && {{ now, ...home }});
         return document.querySelector('#{id}').textContent;"
    ));
    let text = shown.as_str().unwrap_or_default();
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

/// A member with so much left, of a month that goes on for long.
fn roaming(granted: u64, left: u64) -> Value {
    json!({ "roaming": { "period": "2999-12", "granted": granted, "left": left } })
}

/// A partner at which the day of a date counts so much.
fn partner(visit: &Value) -> Value {
    json!({
        "label": { "charter": { "roaming": {} } },
        "us": null,
        "partners": [{
            "entity": "https://troquet.example",
            "standing": { "state": "labelled" },
            "profile": { "name": "Le <b>Troquet</b>" },
            "opening_hours": { "time_zone": "Europe/Paris" },
            "visit": visit,
        }],
    })
}

/// What is left: in French and in English.
const LEFT: &[((u64, u64), &str, &str)] = &[
    (
        (4, 2),
        "Il vous reste 2 de vos 4 demi-journées de ce mois-ci.",
        "2 of your 4 half-days of this month are left.",
    ),
    (
        (4, 1),
        "Il vous reste une de vos 4 demi-journées de ce mois-ci.",
        "One of your 4 half-days of this month is left.",
    ),
    (
        (4, 0),
        "Il ne vous reste aucune de vos 4 demi-journées de ce mois-ci.",
        "None of your 4 half-days of this month is left.",
    ),
    (
        (1, 0),
        "Votre demi-journée de ce mois-ci est prise.",
        "Your half-day of this month is used.",
    ),
    (
        (1, 1),
        "Il vous reste votre demi-journée de ce mois-ci.",
        "Your half-day of this month is left.",
    ),
    (
        (0, 0),
        "Votre abonnement ne donne pas de droit d’itinérance.",
        "Your membership gives no allowance",
    ),
];

const WHOLE: &str = r#"{ "date": "2999-12-19", "day": ["morning", "afternoon"],
    "value": { "total_cents": 1250 } }"#;
const HALF: &str = r#"{ "date": "2999-12-19", "day": ["afternoon"], "from_now": ["afternoon"] }"#;
const OLD: &str = r#"{ "date": "2026-04-06", "day": ["morning"], "from_now": ["morning"] }"#;

/// What is left, what a day counts, and what is said of it.
const COSTS: &[(u64, &str, &str, &str)] = &[
    (
        4,
        WHOLE,
        "deux de vos 4 demi-journées. Au tarif du lieu, une journée vaut 12,50 €.",
        "two of your 4 half-days left. By the space’s own prices, a day is worth €12.50.",
    ),
    (
        2,
        WHOLE,
        "les deux demi-journées qui vous restent.",
        "both half-days you have left.",
    ),
    (
        1,
        WHOLE,
        "il ne vous en reste qu’une. Vous pouvez venir : la seconde est prise",
        "you have only one left. You may come: the second is taken",
    ),
    (
        0,
        WHOLE,
        "compte deux demi-journées : il ne vous en reste pas. L’hôte d’accueil peut",
        "counts two half-days: you have none left. The steward can offer",
    ),
    (
        2,
        HALF,
        "une de vos 2 demi-journées. D’ici la fermeture : une.",
        "one of your 2 half-days left. From now until closing: one.",
    ),
    (
        1,
        HALF,
        "la seule demi-journée qui vous reste.",
        "the one half-day you have left.",
    ),
    (
        0,
        HALF,
        "compte une demi-journée : il ne vous en reste pas.",
        "counts one half-day: you have none left.",
    ),
    (
        2,
        OLD,
        "Dernière journée connue : lundi 6 avril",
        "Last day known: Monday 6 April",
    ),
    (
        2,
        "null",
        "Rien d’ouvert dans les sept prochains jours.",
        "Nothing open in the next seven days.",
    ),
];

fn read(json: &str) -> Value {
    serde_json::from_str(json).expect("a fixture")
}

#[test]
fn the_phone_says_what_is_left_and_what_a_day_costs_in_every_case() {
    if !browser::is_there() {
        return;
    }
    let (_network, home, _) = spaces();
    let phone = Browser::open();
    for (language, day) in [("fr", "jeudi 19 décembre"), ("en", "Thursday 19 December")] {
        let said = |french: &'static str, english| if language == "fr" { french } else { english };
        phone.go(&format!("{}/passport?lang={language}", home.entity));
        for ((granted, left), french, english) in LEFT {
            let known = roaming(*granted, *left);
            let shown = showing(&phone, &known, &Value::Null, "roaming-left");
            assert!(shown.contains(said(french, english)), "{shown}");
        }
        for (left, visit, french, english) in COSTS {
            let known = roaming(4, *left);
            let shown = showing(&phone, &known, &partner(&read(visit)), "roaming-costs");
            assert!(shown.contains(said(french, english)), "{shown}");
            assert!(shown.contains("Le <b>Troquet</b>"), "{shown}");
            assert_eq!(shown.contains(day), visit.contains("2999"), "{shown}");
            assert!(!shown.contains('{'), "{shown}");
        }
        is_as_old_as_it_says(&phone, language, &read(HALF));
        is_by_the_month(&phone, language, &read(WHOLE));
    }
    // Where the charter forgives, nothing is taken from the next month.
    let mut forgiving = partner(&read(WHOLE));
    forgiving["label"]["charter"]["roaming"]["overdraw"] = json!("forgiven");
    let shown = showing(&phone, &roaming(4, 1), &forgiving, "roaming-costs");
    assert!(!shown.contains("next month"), "{shown}");
    // Whoever does not bear the label is not gone to.
    let mut fallen = partner(&read(WHOLE));
    fallen["partners"][0]["standing"]["state"] = json!("suspended");
    let shown = showing(&phone, &roaming(4, 4), &fallen, "roaming-costs");
    assert_eq!(shown, "");
}

/// What an old answer says of the rest of the day is not shown, and its age is.
fn is_as_old_as_it_says(phone: &Browser, language: &str, half: &Value) {
    let mut home = partner(half);
    home["now"] = json!(1_775_466_000);
    let costs = showing(phone, &roaming(4, 4), &home, "roaming-costs");
    assert!(
        !costs.contains("fermeture") && !costs.contains("closing"),
        "{costs}"
    );
    let said = showing(phone, &roaming(4, 4), &home, "roaming-as-of");
    let [date, before] = match language {
        "fr" => ["le 6 avril 2026 à ", "le 5 avril 2026 à "],
        _ => ["on 6 April 2026 at ", "on 5 April 2026 at "],
    };
    assert!(said.contains(date), "{said}");
    let mut known = roaming(4, 4);
    known["heard"] = json!(1_775_466_000 - 86_400);
    let said = showing(phone, &known, &home, "roaming-as-of");
    assert!(said.contains(before), "the older of both: {said}");
}

/// A day of a month that the home has not spoken of has all of its half-days.
fn is_by_the_month(phone: &Browser, language: &str, whole: &Value) {
    let mut known = roaming(4, 0);
    known["roaming"]["period"] = json!("2999-11");
    let costs = showing(phone, &known, &partner(whole), "roaming-costs");
    let said = match language {
        "fr" => "deux de vos 4 demi-journées",
        _ => "two of your 4 half-days",
    };
    assert!(costs.contains(said), "{costs}");
}

#[test]
fn the_phone_lists_visits_elsewhere_as_the_receipts_have_them() {
    if !browser::is_there() {
        return;
    }
    let (_network, home, _) = spaces();
    let phone = Browser::open();
    let visit = |host: &str, half_days: Value| {
        json!({ "host": host, "date": "2026-04-06", "arrived": 1_775_466_000,
            "left": 1_775_477_100, "half_days": half_days, "by": "holder" })
    };
    let named = "https://troquet.example";
    let mut paper = visit(named, json!(["morning"]));
    paper["by"] = json!("paper");
    let credited = |reason: &str| {
        let mut visit = visit(named, json!(["afternoon"]));
        visit["credited"] = json!({ "reason": reason, "at": 1_775_477_100 });
        visit
    };
    let mut known = roaming(4, 1);
    known["visits"] = json!([
        visit(named, json!(["morning", "afternoon"])),
        visit("https://<i>x</i>.example:8443", json!(["morning"])),
        paper,
        credited("corrected"),
        credited("not_here"),
        credited("of_tomorrow"),
    ]);
    for (language, expected) in [
        (
            "fr",
            [
                "Le <b>Troquet</b> lundi 6 avril · 11 h – 14 h 05 deux demi-journées",
                "<i>x</i>.example:8443 lundi 6 avril une demi-journée, le matin",
                "une demi-journée, le matin sur papier",
                "l’après-midi Repris par un avoir : le lieu d’accueil a corrigé",
                "l’après-midi Repris par un avoir : il n’y a pas eu de passage.",
                "l’après-midi Repris par un avoir.",
            ],
        ),
        (
            "en",
            [
                "Le <b>Troquet</b> Monday 6 April · 11:00 – 14:05 two half-days",
                "<i>x</i>.example:8443 Monday 6 April one half-day, the morning",
                "one half-day, the morning on paper",
                "the afternoon Taken back by a credit: the host has corrected",
                "the afternoon Taken back by a credit: there was no visit.",
                "the afternoon Taken back by a credit.",
            ],
        ),
    ] {
        phone.go(&format!("{}/passport?lang={language}", home.entity));
        let short = json!({ "date": "2999-12-19", "day": ["morning", "afternoon"],
            "value": { "total_cents": 1250 } });
        let list = showing(&phone, &known, &partner(&short), "roaming-visits");
        let mut rest = list.as_str();
        for said in expected {
            let found = rest.split_once(said);
            (_, rest) = found.unwrap_or_else(|| panic!("no {said:?} in {list}"));
        }
        let struck = phone.script("return document.querySelectorAll('#roaming-visits s').length");
        assert_eq!(struck, 3);
        let made = phone.script("return document.querySelectorAll('#roaming-visits i').length");
        assert_eq!(made, 0);
        let hidden = phone.script("return document.querySelector('#roamed').hidden");
        assert_eq!(hidden, false);
        // Never heard is not the same as never having been anywhere.
        showing(&phone, &roaming(4, 4), &json!(null), "roaming-visits");
        let hidden = phone.script("return document.querySelector('#roamed').hidden");
        assert_eq!(hidden, true);
    }
}

/// Puts what the home would have said where the page keeps it.
const REMEMBERED: &str = "
    const opened = indexedDB.open('escale-passport', 1);
    await new Promise((done) => { opened.onsuccess = done; });
    const change = opened.result.transaction('wallet', 'readwrite');
    change.objectStore('wallet').put(KNOWN, 'page:member');
    await new Promise((done) => { change.oncomplete = done; });
    opened.result.close();
    return true;";

#[test]
fn the_phone_shows_the_homes_last_word_and_its_age_with_the_line_cut() {
    if !browser::is_there() {
        return;
    }
    let (mut network, mut home, host) = spaces();
    let (phone, _) = enrolled(&home, "Camille");
    choose_when_there(&phone, &host);
    wait::until("the page is kept", || {
        let kept = phone.script_async(IS_KEPT);
        phone.go(&format!("{}/passport?lang=fr", home.entity));
        wait::ensure(kept == json!(true), || kept.to_string())
    });
    reads(&phone, "#roaming-costs", "troquet");
    home.stop();
    network.coordinator.stop();
    let visit = json!({ "host": host.entity, "date": "2026-04-06", "arrived": 1_775_466_000,
        "left": 1_775_477_100, "half_days": ["morning", "afternoon"], "by": "paper",
        "credited": { "reason": "not_here", "at": 1_775_477_100 } });
    let mut elsewhere = visit.clone();
    elsewhere["host"] = json!("https://un-lieu-dont-le-nom-est-bien-long.saint-exemple.example");
    let mut known = roaming(4, 1);
    known["name"] = json!("Camille");
    known["state"] = json!("active");
    known["heard"] = json!(1_775_466_000);
    known["visits"] = json!([visit, elsewhere]);
    // Nobody asks meanwhile: the page that would write is left first.
    phone.go(&format!("{}/passport?lang=en", home.entity));
    reads(&phone, "#note-offline", "Offline");
    let put = REMEMBERED.replace("KNOWN", &known.to_string());
    assert_eq!(phone.script_async(&put), json!(true));
    for (language, offline, age, costs, struck) in [
        (
            "fr",
            "Hors ligne",
            "D’après votre lieu d’attache, le 6 avril 2026",
            "il ne vous en reste qu’une",
            "Repris par un avoir",
        ),
        (
            "en",
            "Offline",
            "According to your home, on 6 April 2026",
            "you have only one left",
            "Taken back by a credit",
        ),
    ] {
        phone.go(&format!("{}/passport?lang={language}", home.entity));
        reads(&phone, "#note-offline", offline);
        reads(&phone, "#roaming-as-of", age);
        reads(&phone, "#roaming-costs", "troquet");
        reads(&phone, "#roaming-costs", costs);
        reads(&phone, "#roaming-visits", struck);
        for width in [320, 360] {
            phone.resize(width, 800);
            let wide = phone.script(TOO_WIDE);
            assert_eq!(wide, json!([]), "{language} {width}");
        }
        let name = format!("roamed-{language}-360.png");
        phone.picture(&target().join("screenshots").join(name));
    }
}
