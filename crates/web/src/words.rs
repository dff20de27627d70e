//! Everything the pages say, in both languages, from one set of message ids.
//!
//! The texts are in `crates/web/locales`. A message that no page says is a
//! variant that nobody constructs, which the compiler reports; one that a language
//! lacks fails a test.
//!
//! **Invariant:** a message is chosen by [`Message`], never by a text that was put
//! together, so a page cannot ask for one that does not exist.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::language::Language;

pub(crate) use self::messages::Message;

mod messages;

const FRENCH: &str = include_str!("../locales/fr.ftl");
const ENGLISH: &str = include_str!("../locales/en.ftl");

/// The words of one language.
pub(crate) struct Words {
    pub(crate) language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// The words of `language`, read once.
    pub(crate) fn of(language: Language) -> &'static Self {
        static IN_FRENCH: LazyLock<Words> = LazyLock::new(|| Words::read(Language::French, FRENCH));
        static IN_ENGLISH: LazyLock<Words> =
            LazyLock::new(|| Words::read(Language::English, ENGLISH));
        match language {
            Language::French => &IN_FRENCH,
            Language::English => &IN_ENGLISH,
        }
    }

    /// A source with an error keeps its other messages; a test finds the error.
    fn read(language: Language, source: &str) -> Self {
        let resource = match FluentResource::try_new(source.to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Names of others stand in elements of their own, which isolate them.
        bundle.set_use_isolating(false);
        if language == Language::French {
            bundle.set_transform(Some(french_spaces));
        }
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }

    /// The text of a message without variables.
    pub(crate) fn say(&self, message: Message) -> String {
        self.say_with(message, &[])
    }

    /// The text of a message with its variables.
    ///
    /// A text that is missing or wants another variable does not take the page
    /// down: what there is is shown. Tests see to it that this does not happen.
    pub(crate) fn say_with(
        &self,
        message: Message,
        variables: &[(&'static str, FluentValue<'_>)],
    ) -> String {
        let id = message.id();
        let found = self.bundle.get_message(id).and_then(|it| it.value());
        let Some(pattern) = found else {
            debug_assert!(false, "no `{id}` in {}", self.language.tag());
            return id.to_owned();
        };
        let arguments: FluentArgs<'_> = variables.iter().cloned().collect();
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(&arguments), &mut errors);
        debug_assert!(errors.is_empty(), "`{id}`: {errors:?}");
        text.into_owned()
    }
}

/// French sets a space before `: ; ? ! »` and after `«` at which no line may break.
fn french_spaces(text: &str) -> Cow<'_, str> {
    let set = [
        (" :", "\u{a0}:"),
        (" ;", "\u{202f};"),
        (" ?", "\u{202f}?"),
        (" !", "\u{202f}!"),
        (" »", "\u{a0}»"),
        ("« ", "«\u{a0}"),
    ];
    let mut text = Cow::Borrowed(text);
    for (typed, printed) in set {
        if text.contains(typed) {
            text = Cow::Owned(text.replace(typed, printed));
        }
    }
    text
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
