//! Whole pages: every one, in every language, over every fixture.

#[path = "../fixtures/homes.rs"]
mod homes;

mod contrast;
mod disclosing;
mod events;
mod headers;
mod history;
mod html;
mod managing;
mod outbox;
mod pages;
mod passport;
mod staff;
mod village;
mod visits;

use app::App;
use app::view::Home;
use testkit::Label;

use crate::{PageError, Pages};

/// A node whose view never changes; `None` fails.
#[derive(Clone)]
struct Still(Option<Box<Home>>);

impl Pages for Still {
    async fn home(&self) -> Result<Home, PageError> {
        let home = self.0.as_deref().cloned();
        home.ok_or_else(|| PageError::Unreadable("the disk is gone".into()))
    }
}

/// A space's node, for pages that ask it.
async fn node() -> App {
    Label::invited(1).await.space(0).app()
}
