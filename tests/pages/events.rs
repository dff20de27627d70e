//! A training at the pages, in a real browser: an operator of the coordinator publishes,
//! changes and cancels it; members of two spaces ask for its seats, wait for one, and give
//! one back.

use std::time::Duration;

use scenarios::binaries::target;
use scenarios::browser::{self, Browser};
use scenarios::node::Node;
use scenarios::wait;
use serde_json::{Value, json};

use super::TOO_WIDE;
use super::passport::{IS_KEPT, fits, reads, sign_in, spaces};
use super::visits::enrol;

/// With an accent, and with both apostrophes that people type.
const TITLE: &str = "L’été à l'œuvre : la photo de vos produits";
/// What is on beside it.
const MEAL: &str = "Repas partagé";

/// How often somebody with a keyboard presses the tabulator on one page, at most.
const TABS_MAX: usize = 40;
/// From one look of a page at its home to the next, where a scenario asks for them.
const LOOK: Duration = Duration::from_millis(200);

/// A day that is so many days from now, as a field for dates has it.
fn in_days(browser: &Browser, days: u32) -> String {
    let day = browser.script(&format!(
        "return new Date(Date.now() + {days} * 86400000).toISOString().slice(0, 10)"
    ));
    day.as_str().expect("a date").to_owned()
}

/// Chooses of a list, or of the days and hours of a field, as a click does.
#[track_caller]
fn choose(browser: &Browser, selector: &str, value: &str) {
    let chosen = browser.script(&format!(
        "const it = document.querySelector('{selector}'); it.value = '{value}';
         it.dispatchEvent(new Event('change', {{ bubbles: true }})); return it.value;"
    ));
    assert_eq!(chosen, value, "{selector}");
}

/// Fills in the form of an event, and sends it.
#[track_caller]
fn send(browser: &Browser, fields: &[(&str, &str)]) {
    for (field, value) in fields {
        let field = format!("#{field}");
        match field.as_str() {
            // How these are typed depends on the language of the browser itself.
            "#date" | "#time" => choose(browser, &field, value),
            _ => browser.fill(&field, value),
        }
    }
    browser.click(".event-form button");
}

/// Publishes an event of a kind; gives the path of its page for the staff.
#[track_caller]
fn publish(browser: &Browser, node: &Node, kind: &str, fields: &[(&str, &str)]) -> String {
    browser.go(&format!("{}/manage/new-event?lang=fr", node.entity));
    choose(browser, "#kind", kind);
    let day = in_days(browser, 10);
    send(
        browser,
        &[&[("date", day.as_str()), ("time", "18:30")], fields].concat(),
    );
    wait::until("it is published", || {
        let path = browser.script("return location.pathname");
        let path = path.as_str().unwrap_or_default().to_owned();
        wait::ensure(path.starts_with("/manage/events/"), || browser.text("main"))?;
        Ok(path)
    })
}

/// The only row of the calendar with the training's title: its text, and what is struck out.
const ROW: &str = "
    const all = [...document.querySelectorAll('.events > li')];
    const rows = all.filter((it) => it.innerText.includes(TITLE));
    const struck = [...rows[0]?.querySelectorAll('s') ?? []].map((it) => it.innerText);
    return rows.length === 1 ? [rows[0].innerText, struck] : [`${rows.length} rows`, []];";

/// Waits until a node's calendar says something of the training.
#[track_caller]
fn calendar_says(browser: &Browser, node: &Node, language: &str, text: &str) -> Value {
    let look = ROW.replace("TITLE", &json!(TITLE).to_string());
    wait::until(text, || {
        browser.go(&format!("{}/calendar?lang={language}", node.entity));
        let found = browser.script(&look);
        let said = found[0].as_str().unwrap_or_default();
        wait::ensure(said.contains(text), || said.to_owned())?;
        Ok(found[1].clone())
    })
}

/// Opens a page until an element of it says something.
#[track_caller]
fn opened_until(browser: &Browser, url: &str, selector: &str, text: &str) {
    wait::until(text, || {
        browser.go(url);
        let look = format!("return document.querySelector({selector:?})?.innerText ?? ''");
        let found = browser.script(&look);
        let found = found.as_str().unwrap_or_default().to_owned();
        wait::ensure(found.contains(text), || found.clone())
    });
}

/// What stands in a field.
fn held(browser: &Browser, field: &str) -> Value {
    browser.script(&format!("return document.querySelector('#{field}').value"))
}

/// The form says beside a field what is wrong, and keeps what was typed.
fn the_form_refuses(desk: &Browser, node: &Node) {
    for (language, untitled, undated, over) in [
        (
            "fr",
            "Il faut un titre",
            "Il faut un jour du calendrier",
            "C’est déjà passé",
        ),
        (
            "en",
            "A title of 1 to 200",
            "A day of the calendar is needed",
            "That is over already",
        ),
    ] {
        desk.go(&format!("{}/manage/new-event?lang={language}", node.entity));
        // As in a browser that knows no field for dates, and asks for nothing by itself: what
        // is no date is still there to be put right.
        desk.script(
            "document.querySelector('.event-form').noValidate = true;
             document.querySelector('#date').type = 'text';",
        );
        let place = "Salle d'été, 1er étage";
        let wrong = [("title", " "), ("date", "2026-02-30"), ("time", "18:30")];
        send(desk, &[&wrong[..], &[("place", place)]].concat());
        reads(desk, "#title-refusal", untitled);
        reads(desk, "#date-refusal", undated);
        assert_eq!(held(desk, "place"), place);
        assert_eq!(held(desk, "time"), "18:30");
        assert_eq!(held(desk, "date"), "2026-02-30");
        fits(desk, &format!("events-form-refused-{language}"));
        send(desk, &[("title", TITLE), ("date", "2020-01-31")]);
        reads(desk, "#date-refusal", over);
        assert_eq!(desk.text("#title-refusal"), "");
        for (field, typed) in [("title", TITLE), ("date", "2020-01-31"), ("place", place)] {
            assert_eq!(held(desk, field), typed);
        }
        desk.go(&format!("{}/manage/events?lang={language}", node.entity));
        let listed = desk.script("return document.querySelectorAll('.own-events li').length");
        assert_eq!(listed, 0, "nothing was published");
        fits(desk, &format!("events-none-{language}"));
    }
}

/// The sheet on paper: who comes, where they sign, and none of what is for a screen.
const SHEET: &str = "
    const seen = (it) => [...document.querySelectorAll(it)].filter((one) => one.checkVisibility());
    const sign = document.querySelector('.guests td.sign').getBoundingClientRect();
    return [seen('.guests .sign').length, seen('main .no-print, .doors, button, nav').length,
            sign.width > 100 && sign.height > 30];";

/// A member of `home` is registered there by a steward, who finds the training in the calendar.
fn a_steward_registers(desk: &Browser, home: &Node) {
    home.json(&["member", "add", "--name", "Noé D’Arc", "--formula", "month"]);
    sign_in(desk, home, "steward");
    desk.go(&format!("{}/calendar?lang=fr", home.entity));
    desk.click(".event-title a");
    reads(desk, "h1", TITLE);
    desk.click("a[href*='/manage/register/']");
    reads(desk, "#register", "Inscrire un abonné");
    fits(desk, "events-register-fr");
    desk.click("main .form button");
    reads(desk, "h1", "Noé");
    let member = desk.script("return location.href");
    let member = member.as_str().expect("an address");
    opened_until(desk, member, "main", "une place");
    fits(desk, "events-member-fr");
}

/// Who comes is listed, and the list can be printed and signed.
fn who_comes_is_listed(desk: &Browser, page: &str) {
    let page = format!("{page}?lang=fr");
    opened_until(desk, &page, ".guests", "Noé D’Arc");
    reads(desk, ".guests", "le-mug");
    fits(desk, "events-sheet-fr");
    assert_eq!(desk.script(SHEET)[0], 0, "nobody signs on a screen");
    desk.media("print");
    desk.resize(794, 1123);
    assert_eq!(desk.script(SHEET), json!([2, 0, true]));
    assert_eq!(desk.script(TOO_WIDE), json!([]));
    let picture = target().join("screenshots/events-sheet-paper-fr.png");
    desk.picture(&picture);
    desk.media("screen");
    desk.resize(360, 800);
}

/// Cancelling asks first, and says who is concerned.
fn is_cancelled(desk: &Browser, page: &str) {
    let yes = "form[action*='/cancel'] button";
    let is_shown = format!("return document.querySelector(\"{yes}\").checkVisibility()");
    desk.go(&format!("{page}?lang=fr"));
    assert_eq!(desk.script(&is_shown), false, "one press does not cancel");
    desk.click("details:has(form[action*='/cancel']) summary");
    assert_eq!(desk.script(&is_shown), true);
    reads(desk, "form[action*='/cancel']", "1 personne est inscrite");
    assert_eq!(desk.text(yes), "Annuler l’événement");
    fits(desk, "events-cancel-fr");
    desk.click(yes);
    reads(desk, ".sheet-of-date .badge", "Annulé");
    let buttons = desk.script("return document.querySelectorAll('main button').length");
    assert_eq!(buttons, 0, "nothing is left to do here");
    fits(desk, "events-cancelled-sheet-fr");
}

#[test]
fn an_operator_publishes_a_training_changes_it_and_cancels_it() {
    if !browser::is_there() {
        return;
    }
    let (network, home, host) = spaces();
    let coordinator = &network.coordinator;
    let desk = Browser::open();
    desk.resize(360, 800);
    sign_in(&desk, coordinator, "operator");
    for language in ["fr", "en"] {
        desk.go(&format!(
            "{}/manage/new-event?lang={language}",
            coordinator.entity
        ));
        fits(&desk, &format!("events-form-{language}"));
    }
    the_form_refuses(&desk, coordinator);
    let text = "Une heure pour apprendre.\nVenez avec ce que vous vendez.";
    let fields = [
        ("title", TITLE),
        ("seats", "2"),
        ("price", "0"),
        ("description", text),
    ];
    let page = publish(&desk, coordinator, "training", &fields);
    let page = format!("{}{page}", coordinator.entity);
    reads(&desk, "h1", TITLE);
    fits(&desk, "events-sheet-empty-fr");
    desk.go(&format!("{}/manage/events?lang=fr", coordinator.entity));
    reads(&desk, ".own-events", TITLE);
    reads(&desk, ".own-events", "0 sur 2 places");
    fits(&desk, "events-own-fr");
    for node in [&home, &host] {
        for (language, seats) in [("fr", "2 places libres"), ("en", "2 seats free")] {
            assert_eq!(calendar_says(&desk, node, language, seats), json!([]));
            fits(&desk, &format!("events-calendar-{language}"));
        }
    }
    a_steward_registers(&desk, &home);
    who_comes_is_listed(&desk, &page);

    desk.go(&format!("{page}/edit?lang=en"));
    assert_eq!(held(&desk, "seats"), "2");
    assert_eq!(held(&desk, "description"), text);
    fits(&desk, "events-edit-en");
    send(&desk, &[("seats", "12")]);
    reads(&desk, ".sheet-of-date", "1 of 12 seats");
    desk.click("main .act a[href*='/events/']:not([href*='/manage/'])");
    reads(&desk, ".facts", "11 seats free (11 of 12)");
    fits(&desk, "events-public-en");
    let path = desk.script("return location.pathname + location.search");
    let path = path.as_str().expect("a path");
    opened_until(&desk, &host.url_of(path), ".facts", "of 12");

    is_cancelled(&desk, &page);
    for node in [coordinator, &home, &host] {
        for (language, cancelled) in [("fr", "Annulé"), ("en", "Cancelled")] {
            let struck = calendar_says(&desk, node, language, cancelled);
            assert_eq!(struck, json!([TITLE]));
            fits(&desk, &format!("events-cancelled-{language}"));
        }
    }
    desk.click(".event-title a");
    reads(&desk, "h1 s", TITLE);
    reads(&desk, "#seat", "nobody registers");
    fits(&desk, "events-cancelled-event-en");
}

/// The titles in the calendar that is shown.
const TITLES: &str =
    "return [...document.querySelectorAll('.event-title')].map((it) => it.innerText.trim())";

/// The calendar is opened from the home page and narrowed to trainings; the address says so.
fn trainings_are_chosen(phone: &Browser, home: &Node) {
    calendar_says(phone, home, "fr", "2 places libres");
    wait::until("both are on", || {
        phone.go(&format!("{}/?lang=fr", home.entity));
        phone.click(".on .act a");
        reads(phone, "h1", "Calendrier");
        let titles = phone.script(TITLES);
        wait::ensure(titles == json!([TITLE, MEAL]), || titles.to_string())
    });
    fits(phone, "events-both-fr");
    phone.click(".filter summary");
    choose(phone, "#kind", "training");
    phone.click(".filter button");
    let is_narrowed = |language: &str| {
        wait::until("only trainings are shown", || {
            let found = phone.script(
                "return [document.documentElement.lang, document.querySelector('#kind')?.value,
                    new URLSearchParams(location.search).get('kind')]",
            );
            let is_so = found == json!([language, "training", "training"]);
            wait::ensure(is_so, || found.to_string())
        });
        assert_eq!(phone.script(TITLES), json!([TITLE]));
    };
    is_narrowed("fr");
    fits(phone, "events-trainings-fr");
    phone.script("window.isOld = true; location.reload()");
    wait::until("it is loaded anew", || {
        let is_old = phone.script("return Boolean(window.isOld)");
        wait::ensure(is_old == json!(false), || is_old.to_string())
    });
    is_narrowed("fr");
    phone.click("nav.languages a");
    is_narrowed("en");
    fits(phone, "events-trainings-en");
    phone.click("nav.languages a");
    is_narrowed("fr");
}

/// Goes to an element with the tabulator alone, and sees that one sees it.
#[track_caller]
fn tab_to(browser: &Browser, id: &str) {
    for _ in 0..TABS_MAX {
        browser.press_tab();
        let focused = browser.script(
            "const it = document.activeElement, style = getComputedStyle(it);
             return [it.id, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]",
        );
        if focused[0] == id {
            assert_eq!(focused[1], true, "the focus is not seen");
            return;
        }
    }
    panic!("{TABS_MAX} times the tabulator do not lead to {id}");
}

/// The member presses the one button, by the keyboard; the answer comes to the same page.
fn a_seat_is_asked_for_and_given(phone: &Browser) {
    reads(phone, "#seat-send", "S’inscrire");
    wait::until("the form is shown", || {
        let is_shown = "return document.querySelector('#seat-send').checkVisibility()";
        wait::ensure(phone.script(is_shown) == json!(true), || {
            phone.text("#seat")
        })
    });
    fits(phone, "events-event-fr");
    phone.script(
        "const it = document.querySelector('#seat-state');
         window.states = [];
         new MutationObserver(() => window.states.push(it.dataset.state))
             .observe(it, { attributes: true, attributeFilter: ['data-state'] });",
    );
    tab_to(phone, "seat-send");
    phone.type_in_focus("\n");
    reads(phone, "#seat-state", "vous avez une place");
    let states = phone.script("states.splice(0, Infinity, ...new Set(states)); return states");
    assert_eq!(states, json!(["asked", "accepted"]));
    fits(phone, "events-accepted-fr");
}

/// Without a passport the page says where to go, and leads to the same event there.
fn a_stranger_is_shown_the_way(other: &Browser, [home, host]: [&Node; 2], path: &str) {
    other.go(&home.url_of(path));
    reads(other, "#seat-elsewhere", "ouvrez-y cette page");
    let found = other.script(
        "const all = [...document.querySelectorAll('#seat-elsewhere .homes a')];
         return [all.map((it) => it.getAttribute('href')),
                 document.querySelector('#seat-form').checkVisibility()]",
    );
    let links = [home.url_of(path), host.url_of(path)];
    assert_eq!(found, json!([links, false]));
    fits(other, "events-stranger-fr");
    other.click(&format!(".homes a[href^='{}']", host.entity));
    wait::until("the partner's page is there", || {
        let at = other.script("return location.origin");
        wait::ensure(at == host.entity, || at.to_string())
    });
    reads(other, "h1", TITLE);
    reads(other, "#seat-elsewhere", "ouvrez-y cette page");
}

/// The last seat goes to a member of the other space; whoever comes after waits.
fn the_last_seat_is_taken_and_one_waits(other: &Browser, [home, host]: [&Node; 2], path: &str) {
    for (node, name, shot, said, back) in [
        (
            host,
            "Noé",
            "last-seat",
            "vous avez une place",
            "Rendre ma place",
        ),
        (
            home,
            "Zoé",
            "waiting",
            "Sur la liste d’attente, au rang 1",
            "Ne plus attendre",
        ),
    ] {
        enrol(other, node, name);
        other.go(&node.url_of(path));
        other.click("#seat-send");
        reads(other, "#seat-state", said);
        assert_eq!(other.text("#seat-cancel"), back);
        fits(other, &format!("events-{shot}-fr"));
    }
}

/// A seat became free: said on the page that is open, and again in the other language.
fn the_first_who_waits_has_the_seat(other: &Browser, home: &Node, path: &str) {
    other.script("window.isOld = true");
    wait::until("a seat is free", || {
        // As when the page comes to the front.
        other.script("document.dispatchEvent(new Event('visibilitychange'))");
        wait::moment(LOOK);
        let said = other.text("#seat-state");
        wait::ensure(said.starts_with("Une place s’est libérée"), || said)
    });
    let is_old = other.script("return window.isOld");
    assert_eq!(is_old, true, "it is the same page");
    fits(other, "events-freed-fr");
    other.go(&home.url_of(path).replace("lang=fr", "lang=en"));
    reads(other, "#seat-state", "A seat became free: it is yours");
    fits(other, "events-freed-en");
}

/// With the line cut, the open page says what is kept, and the passport's page what was
/// said last.
fn the_line_is_cut(other: &Browser, home: &mut Node) {
    home.stop();
    other.click("#seat-cancel");
    reads(other, "#seat-trouble", "what was asked for stays asked for");
    assert_eq!(other.text("#seat-state"), "A seat became free: it is yours");
    assert_eq!(other.text("#seat-retry"), "Try again");
    is_pictured(other, "events-cut-en");
    for (language, offline, state, age) in [
        (
            "fr",
            "Hors ligne",
            "Une place s’est libérée",
            "D’après votre lieu d’attache, le ",
        ),
        (
            "en",
            "Offline",
            "A seat became free",
            "As your home said on ",
        ),
    ] {
        other.go(&format!("{}/passport?lang={language}", home.entity));
        reads(other, "#note-offline", offline);
        reads(other, "#registered-list", TITLE);
        reads(other, "#registered-list", state);
        reads(other, "#registered-as-of", age);
        is_pictured(other, &format!("events-passport-cut-{language}"));
    }
}

/// Like [`fits`], where the browser complains that nobody answers.
#[track_caller]
fn is_pictured(browser: &Browser, name: &str) {
    for width in [320, 360] {
        browser.resize(width, 800);
        assert_eq!(browser.script(TOO_WIDE), json!([]), "{name} {width}");
    }
    let picture = target().join("screenshots").join(format!("{name}-360.png"));
    browser.picture(&picture);
}

#[test]
fn coworkers_of_two_villages_ask_wait_and_give_a_seat_back() {
    if !browser::is_there() {
        return;
    }
    let (network, mut home, host) = spaces();
    let other = Browser::open();
    other.resize(360, 800);
    sign_in(&other, &network.coordinator, "operator");
    publish(
        &other,
        &network.coordinator,
        "training",
        &[("title", TITLE), ("seats", "2")],
    );
    publish(
        &other,
        &network.coordinator,
        "shared_meal",
        &[("title", MEAL), ("time", "20:00")],
    );
    let phone = Browser::open();
    phone.resize(360, 800);
    enrol(&phone, &home, "Camille");
    trainings_are_chosen(&phone, &home);
    phone.click(".event-title a");
    reads(&phone, "h1", TITLE);
    let path = phone.script("return location.pathname + location.search");
    let path = path.as_str().expect("a path").to_owned();
    a_seat_is_asked_for_and_given(&phone);
    phone.go(&format!("{}/passport?lang=fr", home.entity));
    reads(&phone, "#registered-list", TITLE);
    reads(&phone, "#registered-list", "vous avez une place");
    fits(&phone, "events-passport-fr");

    opened_until(&other, &host.url_of(&path), "h1", TITLE);
    a_stranger_is_shown_the_way(&other, [&home, &host], &path);
    the_last_seat_is_taken_and_one_waits(&other, [&home, &host], &path);
    phone.go(&home.url_of(&path));
    reads(&phone, "#seat-state", "Inscrit");
    phone.click("#seat-cancel");
    reads(&phone, "#seat-state", "Vous avez rendu cette place");
    fits(&phone, "events-given-back-fr");
    the_first_who_waits_has_the_seat(&other, &home, &path);

    // What the home said is kept on the phone, with the page.
    wait::until("the page is kept", || {
        other.go(&format!("{}/passport?lang=fr", home.entity));
        let kept = other.script_async(IS_KEPT);
        wait::ensure(kept == json!(true), || kept.to_string())
    });
    reads(&other, "#registered-list", "Une place s’est libérée");
    other.go(&home.url_of(&path).replace("lang=fr", "lang=en"));
    reads(&other, "#seat-state", "A seat became free");
    the_line_is_cut(&other, &mut home);
}
