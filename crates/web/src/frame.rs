//! What every page has around it.

use crate::assets::{self, Asset};
use crate::words::Words;

/// Why a page could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template failed.
    #[error("a template failed")]
    Template(#[from] askama::Error),
}

/// What every page has around it.
pub(crate) struct Frame {
    /// The words of the page's language.
    pub(crate) words: &'static Words,
    /// What the browser's tab says.
    pub(crate) title: String,
    /// Where the page is read in the other language; empty where it stands.
    pub(crate) path: String,
    /// What follows the language in the address of the page.
    pub(crate) rest: String,
    /// The path of the style sheet.
    pub(crate) style: &'static str,
    /// The path of the mark.
    pub(crate) mark: &'static str,
    /// The path of the view by day.
    pub(crate) day: &'static str,
    /// The path of the view by night.
    pub(crate) night: &'static str,
}

impl Frame {
    pub(crate) fn new(words: &'static Words, title: String) -> Self {
        Self {
            words,
            title,
            path: String::new(),
            rest: String::new(),
            style: assets::path(Asset::Style),
            mark: assets::path(Asset::Mark),
            day: assets::path(Asset::Day),
            night: assets::path(Asset::Night),
        }
    }

    /// The frame of a page that answers a form: what is read there is at `path`.
    pub(crate) fn at(self, path: String) -> Self {
        Self { path, ..self }
    }

    /// The frame of a page of which the address says more than its path: what is shown is
    /// the same in the other language.
    pub(crate) fn with(self, rest: String) -> Self {
        Self { rest, ..self }
    }

    /// The tag of the page's language.
    pub(crate) const fn lang(&self) -> &'static str {
        self.words.language.tag()
    }

    /// The tag of the other language.
    pub(crate) const fn other_lang(&self) -> &'static str {
        self.words.language.other().tag()
    }
}
