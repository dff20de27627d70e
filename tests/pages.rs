//! The pages in a real browser: what a person sees, on a telephone and at a desk, with
//! a keyboard alone, in French and in English.

mod events;
mod passport;
mod visits;

use scenarios::binaries::target;
use scenarios::browser::{self, Browser};
use scenarios::network::{Network, space_file};
use scenarios::node::{Node, price, space_of, standing};
use scenarios::wait;
use serde_json::Value;

/// A name and a reason as long as people make them.
const PARTNER: &str = "Le Troqu-Et Numérique de Bourgoin-Jallieu, Isle-d’Abeau & environs";
const REASON: &str = "fermeture pour travaux jusqu’à nouvel ordre : https://exemple.example/une/adresse/qui/ne/se/coupe/nulle/part";

/// A space whose page shows a partner with its label, and one without.
fn network() -> (Network, [Node; 3]) {
    let network = Network::running();
    let [mug, troquet, closed] = ["le-mug", "le-troquet", "closed"].map(|it| network.invited(it));
    let mut nodes = [mug, troquet, closed];
    nodes[1].edit("space.toml", |_| {
        space_file(PARTNER, 1234).replace("Chambéry", "Bourgoin-Jallieu")
    });
    for node in &mut nodes {
        node.start();
        node.json(&["publish"]);
    }
    for node in &nodes {
        network.grant(node);
    }
    let words = ["label", "suspend", &nodes[2].entity, "--reason", REASON];
    network.coordinator.json(&words);
    let [mug, troquet, closed] = &nodes;
    mug.until("everything has arrived", |home: &Value| {
        price(home, &troquet.entity, "day") == Some(1234)
            && standing(home, &troquet.entity) == "labelled"
            && standing(home, &closed.entity) == "suspended"
            && space_of(home, &closed.entity)["profile"].is_object()
    });
    (network, nodes)
}

/// What must be read on the first space's page in a language.
const FRENCH: &[&str] = &[
    "12,34\u{a0}€",
    "Labellisé jusqu’au",
    "Label suspendu depuis le",
    "fermeture pour travaux",
];
const ENGLISH: &[&str] = &[
    "€12.34",
    "Labelled until",
    "Label suspended since",
    "fermeture pour travaux",
];

#[test]
fn the_partners_name_price_and_standing_are_read() {
    if !browser::is_there() {
        return;
    }
    let (network, nodes) = network();
    let mug = &nodes[0];
    for (language, words) in [("fr", FRENCH), ("en", ENGLISH)] {
        let done = browser::document(&format!("{}/?lang={language}", mug.entity));
        assert_eq!(done.code, Some(0), "{done:?}");
        // As Chromium writes a no-break space.
        let page = &done.out.replace("&nbsp;", "\u{a0}");
        assert!(
            page.contains(&format!("<html lang=\"{language}\">")),
            "{page}"
        );
        assert!(page.contains(&PARTNER.replace('&', "&amp;")), "{page}");
        for word in words {
            assert!(page.contains(word), "{word} is not in {page}");
        }
        assert!(!done.err.contains("CONSOLE"), "{}", done.err);
        // Of the addresses the ports may have these figures.
        let all = nodes.iter().chain([&network.coordinator]);
        let figures = all.fold(page.clone(), |page, node| {
            page.replace(&format!(":{}", node.port), "")
        });
        assert!(
            !figures.contains("1500") && !figures.contains("1234"),
            "cents are not for people: {figures}"
        );
    }
}

/// The parts of a page that are wider than it.
const TOO_WIDE: &str = "
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *')]
        .filter(it => it.getBoundingClientRect().right > width + 0.5 && !it.closest('.view, svg'))
        .map(it => it.outerHTML.slice(0, 120));";

#[test]
fn it_fits_a_telephone_and_a_desk_without_complaints() {
    if !browser::is_there() {
        return;
    }
    let (network, [mug, _, closed]) = network();
    let browser = Browser::open();
    let pictures = target().join("screenshots");
    let pages = [
        ("space", format!("{}/", mug.entity)),
        ("suspended", format!("{}/", closed.entity)),
        ("coordinator", format!("{}/", network.coordinator.entity)),
        ("passport", format!("{}/passport", mug.entity)),
        ("missing", format!("{}/nothing/here", mug.entity)),
    ];
    for width in [320, 360, 768, 1280] {
        browser.resize(width, 800);
        for (name, url) in &pages {
            for language in ["fr", "en"] {
                browser.go(&format!("{url}?lang={language}"));
                // Laid out anew after the window has changed its size, which may take a moment.
                wait::until("the page is as wide as the window", || {
                    let scrolled = browser.script("return document.documentElement.scrollWidth");
                    let wide = browser.script(TOO_WIDE);
                    wait::ensure(scrolled == width, || {
                        format!("{name} {language} {width}: {scrolled}, {wide}")
                    })
                });
                let wide = browser.script(TOO_WIDE);
                assert_eq!(wide, Value::Array(Vec::new()), "{name} {language} {width}");
                let complaints = browser.console();
                let is_missing = |it: &String| *name == "missing" && it.contains("404");
                let complaints: Vec<_> = complaints.iter().filter(|it| !is_missing(it)).collect();
                assert!(complaints.is_empty(), "{name} {language}: {complaints:#?}");
                if [360, 1280].contains(&width) {
                    let picture = format!("{name}-{language}-{width}.png");
                    browser.picture(&pictures.join(picture));
                }
            }
        }
    }
    has_its_controls(&browser);
}

/// What was found to be absent would have been found if it were there.
fn has_its_controls(browser: &Browser) {
    browser.resize(360, 800);
    browser.script("document.querySelector('main').style.width = '500px'");
    let scrolled = browser.script("return document.documentElement.scrollWidth");
    assert!(scrolled.as_u64() > Some(360), "{scrolled}");
    assert_ne!(browser.script(TOO_WIDE), Value::Array(Vec::new()));
    browser.script(
        "const script = document.createElement('script');
         script.textContent = 'document.title = 1';
         document.body.append(script);",
    );
    let complaints = browser.console().join("\n");
    assert!(
        complaints.contains("Content Security Policy"),
        "{complaints}"
    );
    assert_ne!(
        browser.script("return document.title"),
        "1",
        "no script runs in a page"
    );
}

/// How many links there are.
const LINKS: &str = "return document.querySelectorAll('a[href]').length";

/// Which link has the focus, and whether one sees that.
const FOCUSED: &str = "
    const it = document.activeElement, style = getComputedStyle(it);
    const is_seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
        && it.getBoundingClientRect().top >= 0;
    return [[...document.querySelectorAll('a[href]')].indexOf(it), is_seen];";

#[test]
fn a_keyboard_is_enough_and_the_language_is_a_click_away() {
    if !browser::is_there() {
        return;
    }
    let (_network, [mug, troquet, _]) = network();
    let browser = Browser::open();
    browser.resize(1280, 800);
    browser.go(&format!("{}/?lang=fr", mug.entity));
    let links = browser.script(LINKS).as_i64().expect("a number");
    assert!(links >= 6, "{links} links");
    for link in 0..links {
        browser.press_tab();
        let focused = browser.script(FOCUSED);
        assert_eq!(
            focused,
            serde_json::json!([link, true]),
            "the links in their order"
        );
    }
    let language = || browser.script("return document.documentElement.lang");
    assert_eq!(language(), "fr");
    browser.click("nav.languages a");
    assert_eq!(language(), "en");
    let text = browser.script("return document.body.innerText");
    assert!(
        text.as_str().unwrap_or_default().contains("€12.34"),
        "{text}"
    );
    // To a partner, and the language goes with the reader.
    browser.click(&format!("h3 a[href^='{}']", troquet.entity));
    let heading = browser.script("return document.querySelector('h1').innerText");
    assert_eq!(heading, PARTNER);
    assert_eq!(language(), "en");
    browser.click("nav.languages a");
    assert_eq!(language(), "fr");
    assert_eq!(browser.script("return document.cookie"), "");
    assert_eq!(browser.console(), Vec::<String>::new());
}
