//! The passport's page, its scripts and its service worker, as they belong together.

use std::collections::BTreeSet;

use super::html;
use crate::assets::{self, Asset};
use crate::language::{LANGUAGES, Language};
use crate::passport::passport_page;
use crate::scripts::{self, SCRIPTS};
use crate::worker;

#[track_caller]
fn page(language: Language) -> html::Page {
    html::read_with_script(&passport_page(language).unwrap())
}

/// What stands between `before` and the next quotation mark, each time.
pub(super) fn named<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before)
        .skip(1)
        .filter_map(|rest| rest.split(['"', '`']).next())
}

#[test]
fn the_page_says_what_is_missing_and_what_to_do_in_both_languages() {
    for (language, expected) in [
        (
            Language::French,
            [
                "Mon passeport",
                "Cette page a besoin de ses scripts",
                "Ouvrez cette page en https",
                "Hors ligne : votre passeport marche.",
                "Code à usage unique",
                "Pour",
                "Demi-journées ailleurs",
                "Retirer le passeport de ce téléphone",
                "Rien n’a été envoyé.",
            ],
        ),
        (
            Language::English,
            [
                "My passport",
                "This page needs its scripts",
                "Open this page in https",
                "Offline: your passport works.",
                "One-time code",
                "For",
                "Half-days elsewhere",
                "Remove the passport from this phone",
                "Nothing was sent.",
            ],
        ),
    ] {
        let text = page(language).text;
        let mut rest = text.as_str();
        for wanted in expected {
            let found = rest.split_once(wanted);
            let (_, after) = found.unwrap_or_else(|| panic!("no {wanted:?} in: {text}"));
            rest = after;
        }
    }
}

#[test]
fn nothing_but_the_warning_about_scripts_is_seen_before_they_run() {
    let tags = page(Language::French).tags;
    let ids = [
        "insecure",
        "unkept",
        "note-offline",
        "note-taken",
        "enrol",
        "showing",
        "words",
    ];
    for id in ids {
        let found = tags.iter().find(|tag| tag.attribute("id") == Some(id));
        let is_hidden = found.unwrap().attribute("hidden").is_some();
        assert!(is_hidden, "{id}");
    }
    let without = tags
        .iter()
        .find(|tag| tag.attribute("id") == Some("without"));
    assert_eq!(without.unwrap().attribute("hidden"), None);
}

#[test]
fn the_scripts_find_the_elements_and_the_words_that_they_ask_for() {
    for language in LANGUAGES {
        let tags = page(language).tags;
        let all = |attribute: &str| -> BTreeSet<String> {
            let values = tags.iter().filter_map(|tag| tag.attribute(attribute));
            values.map(str::to_owned).collect()
        };
        let (ids, words) = (all("id"), all("data-word"));
        // That of an event's page has a test of its own.
        for script in SCRIPTS.iter().filter(|it| it.text != scripts::SEAT.text) {
            for before in ["byId(\"", "show(\"", "on(\""] {
                for id in named(script.text, before) {
                    assert!(ids.contains(id), "no element {id}");
                }
            }
            for before in ["word(\"", "say(\"", "refused(\"", "filled(\""] {
                for word in named(script.text, before) {
                    assert!(words.contains(word), "no word {word}");
                }
            }
        }
    }
}

#[test]
fn no_word_stands_in_the_page_for_nothing() {
    // Names that are put together: by a unit, a reason, a half of the day, a state.
    let parts = ["unit-", "credited-", "half-days-", "reg-"];
    // Names that are codes of the home, or of whoever organises an event.
    let mut codes = vec!["enrol_", "too_many_passports", "busy", "clock_wrong"];
    codes.extend(app::registration_codes().chain(["unknown_kind"]));
    let tags = page(Language::French).tags;
    let words = tags.iter().filter_map(|tag| tag.attribute("data-word"));
    let mut count = 0;
    for word in words {
        let is_made = parts.iter().chain(&codes).any(|it| word.starts_with(it));
        let quoted = format!("\"{word}\"");
        let is_said = SCRIPTS.iter().any(|script| script.text.contains(&quoted));
        assert!(is_made || is_said, "{word}");
        count += 1;
    }
    for part in parts {
        let put_together = format!("`{part}${{");
        let is_there = SCRIPTS.iter().any(|it| it.text.contains(&put_together));
        assert!(is_there, "{part}");
    }
    assert!(count > 50, "{count}");
}

#[test]
fn a_text_that_a_script_fills_names_what_it_wants() {
    for (language, some) in [
        (
            Language::French,
            "Il vous reste {left} de vos {granted} demi-journées",
        ),
        (Language::English, "{left} of your {granted} half-days"),
    ] {
        let page = page(language);
        assert!(page.text.contains(some), "{}", page.text);
        assert!(!page.text.contains("{ $") && !page.text.contains("{$"));
    }
}

#[test]
fn a_script_imports_only_what_lies_beside_it() {
    let paths: Vec<String> = SCRIPTS.into_iter().map(scripts::path).collect();
    let mut count = 0;
    for script in SCRIPTS {
        for name in named(script.text, " from \"") {
            let name = name.strip_prefix("./").expect("a neighbour");
            let end = format!("/{name}");
            assert!(paths.iter().any(|path| path.ends_with(&end)), "{name}");
            count += 1;
        }
    }
    assert!(count >= SCRIPTS.len() - 1, "{count} imports");
}

/// The page is text and attributes: what came from outside cannot become anything else.
#[test]
fn no_script_makes_markup_or_code_of_text() {
    let worker = scripts::WORKER;
    for text in SCRIPTS
        .into_iter()
        .map(|script| script.text)
        .chain([worker])
    {
        for never in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
            ".style",
            "importScripts",
        ] {
            assert!(!text.contains(never), "{never}");
        }
        assert!(text.lines().count() < 300, "a script of that length");
    }
}

#[test]
fn the_worker_keeps_both_pages_and_all_that_they_load() {
    let text = worker::script().unwrap();
    for language in LANGUAGES {
        let kept = format!("\"/passport?lang={}\"", language.tag());
        assert!(text.contains(&kept), "{kept}");
        let links = page(language).tags;
        let links = links
            .iter()
            .flat_map(|tag| ["src", "href", "srcset"].map(|name| tag.attribute(name)));
        for link in links
            .flatten()
            .filter(|link| link.starts_with(assets::FOLDER))
        {
            assert!(text.contains(&format!("\"{link}\"")), "{link}");
        }
    }
    for script in SCRIPTS {
        assert!(text.contains(&format!("\"{}\"", scripts::path(script))));
    }
    assert!(text.contains(assets::path(Asset::Style)));
    let (list, _) = text.split_once("};").unwrap();
    assert!(!list.contains("/api/"), "answers are not kept beforehand");
}
