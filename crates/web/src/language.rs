//! In which language a page is written: asked for in the URL, else by the browser.
//!
//! **Invariant:** the choice needs no cookie and leaves none.
//!
//! Specified in `specs/pages.md`.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;
use http::{HeaderMap, Uri};

/// A language in which every page is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// French, also the answer to whoever asks for nothing that we have.
    French,
    /// English.
    English,
}

/// Every language, French first.
pub const LANGUAGES: [Language; 2] = [Language::French, Language::English];

/// The most language ranges that are read from a request.
const RANGES_MAX: usize = 32;

impl Language {
    /// The tag of BCP 47 (`fr`, `en`), as in `lang`, `?lang=` and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// The other of the two.
    pub const fn other(self) -> Self {
        match self {
            Self::French => Self::English,
            Self::English => Self::French,
        }
    }

    /// The language for a request with this query and these `Accept-Language` lines.
    pub fn choose<'a>(query: Option<&str>, accepted: impl Iterator<Item = &'a str>) -> Self {
        query
            .and_then(asked_in_query)
            .unwrap_or_else(|| accepted_most(accepted))
    }

    /// The language for a request.
    pub(crate) fn of_request(uri: &Uri, headers: &HeaderMap) -> Self {
        let lines = headers.get_all(ACCEPT_LANGUAGE).into_iter();
        let accepted = lines.filter_map(|line| line.to_str().ok());
        Self::choose(uri.query(), accepted)
    }

    const fn is_french(self) -> bool {
        matches!(self, Self::French)
    }

    /// The text in this language where there is one, and the language it is really in.
    pub(crate) fn of_text(self, text: &wire::LocalText) -> (&str, Self) {
        let is_there = |language: Self| match language {
            Self::French => text.fr.is_some(),
            Self::English => text.en.is_some(),
        };
        let found = if is_there(self) { self } else { self.other() };
        (text.in_language(self.is_french()), found)
    }

    fn of_tag(tag: &str) -> Option<Self> {
        LANGUAGES
            .into_iter()
            .find(|language| tag.eq_ignore_ascii_case(language.tag()))
    }
}

fn asked_in_query(query: &str) -> Option<Language> {
    query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("lang="))
        .find_map(Language::of_tag)
}

/// How much a language is wanted, in thousandths; `None` where nothing says.
type Weight = Option<u16>;

/// The language with the higher weight (RFC 9110 §12.5.4); of two that weigh the
/// same, the one named first. A range such as `fr-CA` counts as its language.
fn accepted_most<'a>(lines: impl Iterator<Item = &'a str>) -> Language {
    let (mut french, mut english, mut any): (Weight, Weight, Weight) = (None, None, None);
    let mut first = None;
    let ranges = lines.flat_map(|line| line.split(',')).take(RANGES_MAX);
    for (range, weight) in ranges.filter_map(weighed) {
        let primary = range.split('-').next().unwrap_or_default();
        let language = Language::of_tag(primary);
        let known = match language {
            Some(Language::French) => &mut french,
            Some(Language::English) => &mut english,
            None if range == "*" => &mut any,
            None => continue,
        };
        *known = (*known).max(Some(weight));
        first = first.or(language);
    }
    let (french_weight, english_weight) = (french.or(any), english.or(any));
    match (french_weight, english_weight) {
        // French is refused, and English is at least not: nothing else is left.
        (Some(0), None) => Language::English,
        (Some(fr), Some(en)) if fr == en => first.unwrap_or(Language::French),
        (fr, en) if fr.unwrap_or(0) < en.unwrap_or(0) => Language::English,
        _ => Language::French,
    }
}

/// A language range and its weight; `None` for what is not written as RFC 9110 has it.
fn weighed(item: &str) -> Option<(&str, u16)> {
    let mut parts = item.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    let Some(parameter) = parts.next() else {
        return Some((range, 1000));
    };
    let (name, value) = parameter.split_once('=')?;
    let is_weight = name.trim().eq_ignore_ascii_case("q") && parts.next().is_none();
    is_weight
        .then(|| thousandths(value.trim()))?
        .map(|weight| (range, weight))
}

/// `0`, `1`, or either with up to three decimals, at most 1.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match whole {
        "0" => 0,
        "1" => 1000,
        _ => return None,
    };
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    (is_number && whole + decimals <= 1000).then_some(whole + decimals)
}

/// Whoever reads the page, by the language that the request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader(pub(crate) Language);

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Language::of_request(&parts.uri, &parts.headers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: Option<&str>, accepted: &[&str], expected: Language) {
        let chosen = Language::choose(query, accepted.iter().copied());
        assert_eq!(chosen, expected, "{query:?} {accepted:?}");
    }

    #[test]
    fn the_url_speaks_before_the_browser() {
        use Language::{English, French};
        check(Some("lang=en"), &["fr"], English);
        check(Some("lang=fr"), &["en"], French);
        check(Some("a=1&lang=EN&b"), &["fr"], English);
        check(Some("lang=de&lang=en"), &["fr"], English);
        check(Some("lang=de"), &["en"], English);
        check(Some("language=en"), &[], French);
        check(Some(""), &[], French);
    }

    #[test]
    fn the_browser_is_taken_at_its_word() {
        use Language::{English, French};
        for (header, expected) in [
            ("", French),
            ("fr", French),
            ("en", English),
            ("EN-gb", English),
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", French),
            ("en;q=0.8, fr;q=0.9", French),
            ("fr;q=0.1,en;q=0.11", English),
            ("fr;q=0.100,en;q=0.10", French),
            ("en;q=0.10,fr;q=0.100", English),
            ("de", French),
            ("de, en;q=0.001", English),
            ("*", French),
            ("en, *;q=0.5", English),
            ("*, fr;q=0", English),
            ("*;q=0.9, fr;q=0.5", English),
            ("fr;q=0", English),
            ("fr;q=0, en;q=0", French),
            ("en;q=0", French),
            ("fr;q=0.5, en ; q=0.7", English),
            ("fr;Q=0.5, en;Q=0.7", English),
            // Not written as they should be: as if they were not there.
            ("en;q=2", French),
            ("en;q=1.001", French),
            ("en;q=0.1234", French),
            ("en;q=", French),
            ("en;q=-1", French),
            ("en;q=+1", French),
            ("en;level=1", French),
            ("en;q=0.5;level=1", French),
            (";q=1,,,", French),
            ("english", French),
        ] {
            check(None, &[header], expected);
        }
        check(None, &[], French);
        check(None, &["de", "en"], English);
    }

    #[test]
    fn a_header_of_a_thousand_ranges_is_read_no_further_than_it_has_to_be() {
        let long = format!("{}en", "de,".repeat(1000));
        check(None, &[&long], Language::French);
    }
}
