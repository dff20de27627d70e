//! Both translations are complete, and say the same things.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// Each id with the variables that its text wants.
fn wanted(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut id = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =")
            && line.starts_with(|first: char| first.is_ascii_lowercase())
        {
            id = name.to_owned();
            let is_new = messages.insert(id.clone(), BTreeSet::new()).is_none();
            assert!(is_new, "`{id}` twice");
        }
        let variables = line.split('$').skip(1).map(|rest| {
            let name = rest.chars().take_while(char::is_ascii_lowercase);
            name.collect::<String>()
        });
        messages.entry(id.clone()).or_default().extend(variables);
    }
    messages.remove("");
    messages
}

#[test]
fn every_message_is_in_both_languages_and_nothing_else_is() {
    let expected: BTreeSet<&str> = Message::ALL.iter().map(|message| message.id()).collect();
    assert_eq!(
        expected.len(),
        Message::ALL.len(),
        "two messages with one id"
    );
    for source in [FRENCH, ENGLISH] {
        let found = wanted(source);
        let found: BTreeSet<&str> = found.keys().map(String::as_str).collect();
        let missing: Vec<_> = expected.difference(&found).collect();
        let unused: Vec<_> = found.difference(&expected).collect();
        assert!(missing.is_empty(), "missing: {missing:?}");
        assert!(unused.is_empty(), "unused: {unused:?}");
    }
}

#[test]
fn both_languages_want_the_same_variables() {
    assert_eq!(wanted(FRENCH), wanted(ENGLISH));
}

#[test]
fn both_translations_parse_without_an_error() {
    for source in [FRENCH, ENGLISH] {
        let errors = FluentResource::try_new(source.to_owned())
            .err()
            .map(|it| it.1);
        assert!(errors.is_none(), "{errors:?}");
    }
}

#[test]
fn every_text_that_has_no_variable_can_be_said() {
    for (language, source) in [(Language::French, FRENCH), (Language::English, ENGLISH)] {
        let wanted = wanted(source);
        for message in Message::ALL.iter().filter(|it| wanted[it.id()].is_empty()) {
            assert!(!Words::of(language).say(*message).trim().is_empty());
        }
    }
}

#[test]
fn in_french_nothing_is_singular() {
    let say = |language, count: i64| {
        let variables = [("count", FluentValue::from(count))];
        Words::of(language).say_with(Message::SpacesCount, &variables)
    };
    assert_eq!(say(Language::French, 0), "0 lieu");
    assert_eq!(say(Language::French, 1), "1 lieu");
    assert_eq!(say(Language::French, 2), "2 lieux");
    assert_eq!(say(Language::English, 0), "0 spaces");
    assert_eq!(say(Language::English, 1), "1 space");
}

#[test]
fn no_french_line_begins_with_a_colon() {
    let all = Message::ALL.iter();
    let wanted = wanted(FRENCH);
    for message in all.filter(|message| wanted[message.id()].is_empty()) {
        let text = Words::of(Language::French).say(*message);
        for typed in [" :", " ;", " ?", " !", " »", "« "] {
            assert!(!text.contains(typed), "{text}");
        }
        assert!(!text.contains('\''), "a typewriter's apostrophe: {text}");
    }
    let reason = Words::of(Language::French).say(Message::StandingReason);
    assert_eq!(reason, "Motif\u{a0}:");
}
