//! Text of untrusted origin, made fit to be shown.
//!
//! **Invariant:** a name, a reason or a description that somebody published
//! reaches a template only through this module; the template then escapes it.

use wire::space::NAME_CHARS_MAX;
use wire::{EntityId, LocalText, TEXT_CHARS_MAX, printable};

use crate::language::Language;

/// The most characters of an amenity or of what a price includes.
const SHORT_CHARS_MAX: usize = 200;
/// The most characters of a text in large type: some six lines.
const LARGE_CHARS_MAX: usize = 360;
/// The most characters of a stable code.
const CODE_CHARS_MAX: usize = 60;

/// A text and the language it is written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// The text.
    pub(crate) text: String,
    /// Its language, where that is not the page's.
    pub(crate) lang: Option<&'static str>,
}

impl Text {
    /// Whether it is too long to be set in large type.
    pub(crate) fn is_long(&self) -> bool {
        self.text.chars().count() > LARGE_CHARS_MAX
    }
}

/// A description, at its full length.
pub(crate) fn long(text: &LocalText, language: Language) -> Option<Text> {
    cut(text, language, TEXT_CHARS_MAX)
}

/// An amenity, or what a price includes.
pub(crate) fn short(text: &LocalText, language: Language) -> Option<Text> {
    cut(text, language, SHORT_CHARS_MAX)
}

/// `None` where nothing is left that can be shown.
fn cut(text: &LocalText, language: Language, chars_max: usize) -> Option<Text> {
    let (text, found) = language.of_text(text);
    let text = printable(text, chars_max);
    let lang = (found != language).then(|| found.tag());
    (!text.is_empty()).then_some(Text { text, lang })
}

/// A name, a village or an address.
pub(crate) fn name(text: &str) -> Option<String> {
    let text = printable(text, NAME_CHARS_MAX);
    (!text.is_empty()).then_some(text)
}

/// The coordinator's words on why a label is suspended or withdrawn.
pub(crate) fn reason(text: &str) -> Option<String> {
    let text = printable(text, wire::label::REASON_CHARS_MAX);
    (!text.is_empty()).then_some(text)
}

/// A stable code.
pub(crate) fn code(text: &str) -> String {
    printable(text, CODE_CHARS_MAX)
}

/// A link to a node's home page in the reader's language.
///
/// An [`EntityId`] is `https`, or `http` on this machine; nothing else that a peer
/// wrote is ever made into a link.
pub(crate) fn link(entity: &EntityId, language: Language) -> String {
    entity.url_of(&format!("/?lang={}", language.tag()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_the_other_language_says_so() {
        let both = LocalText {
            fr: Some("Café".to_owned()),
            en: Some("Coffee".to_owned()),
        };
        let only_french = LocalText {
            fr: Some("Café".to_owned()),
            en: None,
        };
        let shown = |text, lang| {
            Some(Text {
                text: String::from(text),
                lang,
            })
        };
        assert_eq!(short(&both, Language::English), shown("Coffee", None));
        assert_eq!(
            short(&only_french, Language::English),
            shown("Café", Some("fr"))
        );
        assert_eq!(short(&only_french, Language::French), shown("Café", None));
        assert_eq!(short(&LocalText::default(), Language::French), None);
    }

    #[test]
    fn a_name_of_nothing_visible_is_no_name() {
        assert_eq!(name("\u{200B}\u{202E} \n"), None);
        assert_eq!(name("Le\u{202E} Mug"), Some("Le Mug".to_owned()));
    }
}
