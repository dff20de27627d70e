//! A coworker, a steward and an operator at their pages, in a real browser: a passport is
//! put on a phone, shown with the line cut, read off the screen, and judged.

use std::path::Path;
use std::time::Duration;

use scenarios::binaries::target;
use scenarios::browser::{self, Browser};
use scenarios::command::run;
use scenarios::counts::count;
use scenarios::network::{Network, word};
use scenarios::node::{Node, standing};
use scenarios::wait;
use serde_json::{Value, json};

use super::TOO_WIDE;
use crate::peers::{by_python, python};

/// How long reading a picture may take.
const READING: Duration = Duration::from_secs(60);

/// Two labelled spaces that know each other.
pub(super) fn spaces() -> (Network, Node, Node) {
    let network = Network::running();
    let (home, host) = (network.labelled("le-mug"), network.labelled("troquet"));
    for (one, other) in [(&home, &host), (&host, &home)] {
        one.until("the other space is labelled", |it| {
            standing(it, &other.entity) == "labelled"
        });
    }
    (network, home, host)
}

/// Signs a browser in at a space.
pub(super) fn sign_in(browser: &Browser, node: &Node, role: &str) {
    let given = node.json(&["access", "add", "--role", role, "--name", "Anne"]);
    let code = given["code"].as_str().expect("a code");
    browser.go(&format!("{}/sign-in?lang=fr", node.entity));
    browser.fill("#code", code);
    browser.click("main button");
    // The click returns before the answer is there, and with it the credential.
    wait::until("the browser is signed in", || {
        let path = browser.script("return location.pathname");
        wait::ensure(path != json!("/sign-in"), || path.to_string())
    });
}

/// Nothing is wider than the page, and the browser complains of nothing.
#[track_caller]
pub(super) fn fits(browser: &Browser, name: &str) {
    for width in [320, 360] {
        browser.resize(width, 800);
        let scrolled = browser.script("return document.documentElement.scrollWidth");
        let wide = browser.script(TOO_WIDE);
        assert_eq!(scrolled, width, "{name} {width}: {wide}");
        assert_eq!(wide, json!([]), "{name} {width}");
    }
    let picture = target().join("screenshots").join(format!("{name}-360.png"));
    browser.picture(&picture);
    assert_eq!(browser.console(), Vec::<String>::new(), "{name}");
}

/// Waits until a text stands in an element.
#[track_caller]
pub(super) fn reads(browser: &Browser, selector: &str, text: &str) {
    wait::until(text, || {
        let look = format!("return document.querySelector({selector:?})?.innerText ?? ''");
        let found = browser.script(&look);
        let found = found.as_str().unwrap_or_default().to_owned();
        wait::ensure(found.contains(text), || found.clone())
    });
}

/// The code that the page shows; the one before it is told from it.
#[track_caller]
pub(super) fn shown(browser: &Browser, before: &str) -> String {
    wait::until("a code is shown", || {
        let code = browser.script("return document.querySelector('#code').dataset.code");
        let code = code.as_str().unwrap_or_default().to_owned();
        wait::ensure(code.starts_with("ESC1:") && code != before, || {
            let page = browser.script("return document.querySelector('main').innerText");
            format!("{code} on {page}")
        })?;
        Ok(code)
    })
}

/// What a stranger's reader sees in a picture of the screen.
#[track_caller]
fn read(python: &Path, picture: &Path) -> (String, String) {
    let done = run(
        by_python(python, "read_picture.py").arg(word(picture)),
        READING,
    )
    .ok();
    let (about, text) = done.out.split_once('\n').expect("two lines");
    (about.to_owned(), text.trim_end().to_owned())
}

/// Types a code at a desk, as a scanner does; gives what the desk says.
#[track_caller]
pub(super) fn scan(desk: &Browser, host: &Node, code: &str) -> String {
    desk.go(&format!("{}/desk?lang=fr", host.entity));
    desk.fill("#code", code);
    desk.click("main .form button");
    wait::until("the desk answers", || {
        let said = desk.script("return document.querySelector('.verdict')?.innerText");
        said.as_str()
            .map(str::to_owned)
            .ok_or_else(|| said.to_string())
    })
}

/// Chooses the host for which codes are made.
fn choose(browser: &Browser, host: &Node) {
    browser.script(&format!(
        "const it = document.querySelector('#host'); it.value = '{}';
         it.dispatchEvent(new Event('change', {{ bubbles: true }}));",
        host.entity
    ));
}

pub(super) const IS_KEPT: &str = "
    const kept = await caches.match('/api/v1/home');
    return Boolean(navigator.serviceWorker.controller && kept);";

#[test]
fn a_phone_enrols_goes_offline_and_opens_the_door_of_another_village() {
    if !browser::is_there() {
        return;
    }
    let Some(python) = python() else { return };
    let (mut network, mut home, host) = spaces();
    let phone = Browser::open();
    phone.resize(360, 800);

    // An operator adds a member and makes a code, on the pages of the home.
    sign_in(&phone, &home, "operator");
    phone.fill("#name", "Camille");
    phone.click("main form button");
    reads(&phone, "h1", "Camille");
    fits(&phone, "member-fr");
    phone.click("form[action*='/code'] button");
    reads(&phone, "h1", "Code pour un téléphone");
    let link = phone.text(".host");
    fits(&phone, "code-fr");
    let picture = target().join("screenshots").join("code-fr-360.png");
    assert_eq!(read(&python, &picture).1, link, "the code opens the page");

    // The member opens the link, and presses the button.
    phone.go(&link);
    phone.click("#enrol-send");
    wait::until("the passport is there", || {
        let hosts = phone.script("return document.querySelectorAll('#host option').length");
        wait::ensure(hosts.as_i64() >= Some(3), || hosts.to_string())
    });
    choose(&phone, &host);
    let first = shown(&phone, "");
    assert_eq!(phone.text("#fact-name"), "Camille");
    assert_eq!(phone.text("#fact-left"), "4");
    assert_eq!(phone.text("#for-host"), "troquet");
    fits(&phone, "passport-fr");
    wait::until("the page is kept", || {
        let kept = phone.script_async(IS_KEPT);
        phone.go(&format!("{}/passport?lang=fr", home.entity));
        wait::ensure(kept == json!(true), || kept.to_string())
    });

    // Home and coordinator are gone; the page opens all the same, in either language.
    home.stop();
    network.coordinator.stop();
    let desk = Browser::open();
    desk.resize(768, 900);
    sign_in(&desk, &host, "desk");
    let mut before = first;
    for (language, offline, welcome) in [
        ("en", "Offline", "Camille"),
        ("fr", "Hors ligne", "Bienvenue"),
    ] {
        phone.go(&format!("{}/passport?lang={language}", home.entity));
        reads(&phone, "#note-offline", offline);
        let code = shown(&phone, &before);
        assert_eq!(phone.text("#for-host"), "troquet");
        let picture = target()
            .join("screenshots")
            .join(format!("passport-offline-{language}-360.png"));
        phone.picture(&picture);
        let (about, text) = read(&python, &picture);
        assert!(about.contains("QR") && about.contains('L'), "{about}");
        // The page may have made a new code meanwhile; it is one of the two.
        assert!(text == code || text == shown(&phone, &code), "{text}");
        let said = scan(&desk, &host, &text);
        assert!(said.contains(welcome), "{said}");
        let said = scan(&desk, &host, &text);
        assert!(said.contains("Déjà utilisé"), "{said}");
        before = code;
    }
    desk.resize(360, 800);
    let picture = target().join("screenshots").join("desk-used-fr-360.png");
    desk.picture(&picture);
    // A code for the home is refused at the host.
    choose(&phone, &home);
    let elsewhere = shown(&phone, &before);
    let said = scan(&desk, &host, &elsewhere);
    assert!(said.contains("autre lieu"), "{said}");
    count("offline_by_zxing", 2);
}

#[test]
fn a_lost_answer_and_a_second_code_leave_one_passport() {
    if !browser::is_there() {
        return;
    }
    let (_network, mut home, host) = spaces();
    let added = home.json(&["member", "add", "--name", "Zoé", "--formula", "month"]);
    let member = added["member"].as_str().expect("a number").to_owned();
    let code = |home: &Node| {
        let given = home.json(&["member", "code", &member]);
        given["code"].as_str().expect("a code").to_owned()
    };
    let (first, second) = (code(&home), code(&home));
    let phone = Browser::open();
    phone.go(&format!("{}/passport?lang=en", home.entity));
    for (typed, reason) in [
        ("abc", "code-length"),
        ("0000-0000-0000-0000", "enrol_code"),
    ] {
        phone.fill("#enrol-code", typed);
        phone.click("#enrol-send");
        wait::until("it is refused", || {
            let said =
                phone.script("return document.querySelector('#enrol-refused').dataset.reason");
            wait::ensure(said == json!(reason), || said.to_string())
        });
    }
    // The node is gone when the button is pressed, and back a moment later.
    home.stop();
    phone.fill("#enrol-code", &first);
    phone.click("#enrol-send");
    reads(&phone, "#enrol-refused", "kept");
    home.start();
    phone.go(&format!("{}/passport?lang=en", home.entity));
    phone.click("#enrol-send");
    choose_when_there(&phone, &host);
    shown(&phone, "");
    assert_eq!(passports(&home), 1);
    // Lost phone: what was shown is taken back, and the page says so at its next opening.
    home.json(&["member", "revoke", &member]);
    phone.go(&format!("{}/passport?lang=en", home.entity));
    reads(&phone, "#note-taken", "no longer");
    // A code that was given before the loss is worth nothing; a new one is.
    phone.click("#enrol-open");
    for (typed, reason) in [(&second, "enrol_code"), (&code(&home), "")] {
        phone.fill("#enrol-code", typed);
        phone.click("#enrol-send");
        wait::until("it is answered", || {
            let said =
                phone.script("return document.querySelector('#enrol-refused').dataset.reason");
            let is_sent = phone.script("return document.querySelector('#enrol').hidden");
            let is_so = said == json!(reason) && is_sent == json!(reason.is_empty());
            wait::ensure(is_so, || format!("{said} {is_sent}"))
        });
    }
    shown(&phone, "");
    assert_eq!(passports(&home), 1);
}

/// Ticks or unticks a box.
fn tick(phone: &Browser, id: &str) {
    phone.script(&format!("document.querySelector('#{id}').click()"));
}

/// Which boxes of what can be shown are ticked.
fn ticked(phone: &Browser) -> Value {
    phone.script("return [...document.querySelectorAll('#also input:checked')].map((it) => it.id)")
}

/// The phone of a member who may show their full name and their organisation, with a code
/// for the host on its screen; and the member's number.
fn with_particulars(home: &Node, host: &Node) -> (Browser, String, String) {
    let added = home.json(&["member", "add", "--name", "Zoé", "--formula", "month"]);
    let member = added["member"].as_str().expect("a number").to_owned();
    let words = [
        "member",
        "particulars",
        &member,
        "--full-name",
        "Zoé Martin",
    ];
    home.json(&[&words[..], &["--organisation", "Oxalis"]].concat());
    let given = home.json(&["member", "code", &member]);
    let phone = Browser::open();
    phone.resize(360, 900);
    phone.go(&format!("{}/passport?lang=en", home.entity));
    wait::until("a code can be typed", || {
        let is_hidden = phone.script("return document.querySelector('#enrol').hidden");
        wait::ensure(is_hidden == json!(false), || is_hidden.to_string())
    });
    phone.fill("#enrol-code", given["code"].as_str().expect("a code"));
    phone.click("#enrol-send");
    choose_when_there(&phone, host);
    let code = shown(&phone, "");
    (phone, member, code)
}

/// Which hosts have seen each of the passports on a phone.
const HOSTS: &str = "
    const open = indexedDB.open('escale-passport', 1);
    await new Promise((resolve) => { open.onsuccess = resolve; });
    const asked = open.result.transaction('wallet').objectStore('wallet').get('current');
    await new Promise((resolve) => { asked.onsuccess = resolve; });
    return asked.result.map(({ hosts }) => hosts);";

#[test]
fn a_holder_shows_what_they_tick_and_each_host_sees_another_passport() {
    if !browser::is_there() {
        return;
    }
    let (_network, home, host) = spaces();
    let (phone, _, plain) = with_particulars(&home, &host);
    assert_eq!(ticked(&phone), json!([]));
    let is_hidden = "return document.querySelector('#also-portrait-row').hidden";
    assert_eq!(
        phone.script(is_hidden),
        json!(true),
        "nothing to show of it"
    );
    let desk = Browser::open();
    sign_in(&desk, &host, "desk");
    let said = scan(&desk, &host, &plain);
    assert!(
        said.contains("Zoé") && !said.contains("Zoé Martin"),
        "{said}"
    );
    tick(&phone, "also-full_name");
    let named = shown(&phone, &plain);
    let said = scan(&desk, &host, &named);
    assert!(
        said.contains("Zoé Martin") && !said.contains("Oxalis"),
        "{said}"
    );
    fits(&phone, "passport-also-en");
    // Another host: nothing is ticked any more, and the passport is another one.
    choose(&phone, &home);
    shown(&phone, &named);
    assert_eq!(phone.text("#for-host"), "le-mug");
    assert_eq!(ticked(&phone), json!([]));
    let expected = json!([[&host.entity], [&home.entity], [], []]);
    assert_eq!(phone.script_async(HOSTS), expected);
    let is_shared = "return document.querySelector('#note-shared').hidden";
    assert_eq!(phone.script(is_shared), json!(true));
    // Where every passport was seen by somebody, the page says so.
    let used_up = "
        const open = indexedDB.open('escale-passport', 1);
        await new Promise((resolve) => { open.onsuccess = resolve; });
        const store = () => open.result.transaction('wallet', 'readwrite').objectStore('wallet');
        const asked = store().get('current');
        await new Promise((resolve) => { asked.onsuccess = resolve; });
        const seen = asked.result.map((it, at) => ({ ...it, hosts: [`https://h${at}.example`] }));
        const kept = store().put(seen, 'current');
        await new Promise((resolve) => { kept.onsuccess = resolve; });";
    phone.script_async(used_up);
    let before = shown(&phone, "");
    choose(&phone, &host);
    shown(&phone, &before);
    reads(&phone, "#note-shared", "this same passport");
    // At its next opening it has another batch.
    phone.go(&format!("{}/passport?lang=en", home.entity));
    wait::until("there is another batch", || {
        let hosts = phone.script_async(HOSTS);
        let is_new = hosts == json!([[&host.entity], [], [], []]);
        wait::ensure(is_new, || hosts.to_string())
    });
}

#[test]
fn a_desk_asks_for_a_number_and_a_lost_phone_is_taken_back_alone() {
    if !browser::is_there() {
        return;
    }
    let (_network, home, host) = spaces();
    let (phone, member, unasked) = with_particulars(&home, &host);
    let desk = Browser::open();
    sign_in(&desk, &host, "desk");
    desk.click("form[action^='/desk/challenge'] button");
    reads(&desk, ".challenge h2", "Nombre");
    let number = || desk.text(".challenge .number");
    let scan_here = |code: &str| {
        let before = number();
        desk.fill("#code", code);
        desk.click("main form.form button");
        wait::until("another number is shown", || {
            let now = number();
            wait::ensure(now != before, || now.clone())
        });
        desk.text(".verdict")
    };
    let said = scan_here(&unasked);
    assert!(said.contains("nombre"), "{said}");
    phone.script("document.querySelector('.strict').open = true");
    phone.fill("#challenge", &number());
    let asked = shown(&phone, &unasked);
    let said = scan_here(&asked);
    assert!(said.contains("Bienvenue"), "{said}");
    fits(&desk, "desk-strict-fr");

    // The steward sees one phone, and takes it back.
    sign_in(&desk, &home, "steward");
    desk.go(&format!("{}/members/{member}?lang=en", home.entity));
    reads(&desk, ".carriers", "good until");
    desk.click(".carriers summary");
    desk.click(".carriers form button");
    reads(&desk, ".carriers", "Taken back");
    assert_eq!(passports(&home), 0);
}

/// How many passports hold at a space with one member.
fn passports(home: &Node) -> i64 {
    let rows = home.json(&["member", "list"]);
    rows[0]["passports"].as_i64().expect("a number")
}

pub(super) fn choose_when_there(phone: &Browser, host: &Node) {
    wait::until("the host can be chosen", || {
        let found = phone.script(&format!(
            "return Boolean(document.querySelector('#host option[value=\"{}\"]'))",
            host.entity
        ));
        wait::ensure(found == Value::Bool(true), || found.to_string())
    });
    choose(phone, host);
}

#[test]
fn the_pages_of_the_staff_fit_a_telephone() {
    if !browser::is_there() {
        return;
    }
    let (_network, home, _) = spaces();
    let browser = Browser::open();
    browser.resize(360, 800);
    browser.go(&format!("{}/sign-in?lang=en", home.entity));
    fits(&browser, "sign-in-en");
    sign_in(&browser, &home, "operator");
    for name in ["Camille", "Jean-Christophe-Alexandre de la Tour"] {
        browser.go(&format!("{}/members?lang=en", home.entity));
        browser.fill("#name", name);
        browser.click("main form button");
        reads(&browser, "h1", name);
    }
    for language in ["fr", "en"] {
        for page in ["members", "desk", "sign-in"] {
            browser.go(&format!("{}/{page}?lang={language}", home.entity));
            fits(&browser, &format!("staff-{page}-{language}"));
        }
        let member = "li:last-child a";
        browser.go(&format!("{}/members?lang={language}", home.entity));
        browser.click(member);
        reads(&browser, "h1", "Jean-Christophe");
        fits(&browser, &format!("staff-member-{language}"));
        browser.click("form[action*='/paper'] button");
        reads(&browser, ".paper-name", "Jean-Christophe");
        fits(&browser, &format!("staff-paper-{language}"));
        // The other language of what a form answered is a page that can be read.
        browser.click("nav.languages a");
        reads(&browser, "h1", "Jean-Christophe");
        // By the keyboard alone: the field for the scanner has the focus.
        browser.go(&format!("{}/desk?lang={language}", home.entity));
        let focused = browser.script("return document.activeElement.id");
        assert_eq!(focused, "code");
        browser.type_in_focus("https://evil.example/\n");
        wait::until("the desk answers", || {
            let shape = browser.script("return document.querySelector('.verdict')?.className");
            wait::ensure(shape == json!("verdict verdict-stop"), || shape.to_string())
        });
        fits(&browser, &format!("staff-refused-{language}"));
    }
}
