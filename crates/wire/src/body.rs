//! Bodies of records that are JSON: how they are read and written.

use seal::Malformed;
use seal::checks::holds;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::document::{printable_error, require};
use crate::feed::BODY_BYTES_MAX;
use crate::shape;

/// A kind of record with a JSON body. A change that old readers would
/// misunderstand gets a new kind, not a version inside.
pub trait BodyKind: Serialize + DeserializeOwned {
    /// The record's `kind`.
    const KIND: &'static str;

    /// Members that this software does not know, and without which the body would mean
    /// something else: with one of them it is not read.
    const NOT_IGNORED: &'static [&'static str] = &[];

    /// Refuses what the types alone let pass.
    fn check(&self) -> Result<(), Malformed>;

    /// Reads a body strictly; other members that it does not know are ignored.
    fn read(text: &str) -> Result<Self, Malformed> {
        require(
            holds("body_length", text.len() <= BODY_BYTES_MAX),
            "a body over its limit",
        )?;
        let value =
            seal::json::parse(text.as_bytes()).map_err(|refusal| Malformed(refusal.to_string()))?;
        let mut not_ignored = Self::NOT_IGNORED.iter();
        let unknown = not_ignored.find(|name| value.get(**name).is_some());
        require(
            holds("body_not_ignored", unknown.is_none()),
            unknown.unwrap_or(&""),
        )?;
        let body: Self = shape::read(value)?;
        body.check()?;
        Ok(body)
    }

    /// Writes a body that every reader accepts.
    fn write(&self) -> Result<String, Malformed> {
        self.check()?;
        let text =
            serde_json::to_string(self).map_err(|error| Malformed(printable_error(&error)))?;
        require(text.len() <= BODY_BYTES_MAX, "a body over its limit")?;
        Ok(text)
    }
}

/// A text in French, in English, or in both; at least one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalText {
    /// In French.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fr: Option<String>,
    /// In English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

/// The most characters of one text in one language.
pub const TEXT_CHARS_MAX: usize = 2_000;

impl LocalText {
    /// The text in French if `is_french`, else in English, else in the other.
    pub fn in_language(&self, is_french: bool) -> &str {
        let (first, second) = if is_french {
            (&self.fr, &self.en)
        } else {
            (&self.en, &self.fr)
        };
        first.as_deref().or(second.as_deref()).unwrap_or_default()
    }

    pub(crate) fn check(&self) -> Result<(), Malformed> {
        require(
            self.fr.is_some() || self.en.is_some(),
            "a text in no language",
        )?;
        let fits = |text: &Option<String>| {
            text.as_ref()
                .is_none_or(|text| text.chars().count() <= TEXT_CHARS_MAX)
        };
        require(fits(&self.fr) && fits(&self.en), "a text over its limit")
    }
}
