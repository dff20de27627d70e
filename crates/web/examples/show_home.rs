//! Writes the pages of made-up nodes as files, or serves them for a while.
//!
//! `show_home FOLDER` writes every home in both languages, with its assets, as files
//! that a browser opens from the folder. `show_home --serve HOME SECONDS` answers at
//! `http://127.0.0.1:7800` as a node would, and ends by itself.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use app::view::Home;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use web::{LANGUAGES, PageError, Pages, home_page, router};

#[path = "../fixtures/homes.rs"]
#[expect(clippy::expect_used, reason = "fixtures are constants that hold")]
mod homes;

/// A node whose view never changes; `None` fails.
#[derive(Clone)]
struct Still(Option<Box<Home>>);

impl Pages for Still {
    async fn home(&self) -> Result<Home, PageError> {
        let home = self.0.as_deref().cloned();
        home.ok_or_else(|| PageError::Unreadable("nothing can be read in this example".into()))
    }
}

type Outcome = Result<(), Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--serve", name, seconds] => serve(name, seconds.parse()?).await,
        [folder] => write_all(Path::new(folder)).await,
        _ => Err("usage: show_home FOLDER | show_home --serve HOME SECONDS".into()),
    }
}

async fn serve(name: &str, seconds: u64) -> Outcome {
    let home = homes::all().into_iter().find(|(other, _)| *other == name);
    let pages = Still(home.map(|(_, home)| Box::new(home)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:7800").await?;
    let serving = axum::serve(listener, router(pages, node().await)).into_future();
    match tokio::time::timeout(Duration::from_secs(seconds), serving).await {
        Ok(ended) => Ok(ended?),
        Err(_) => Ok(()),
    }
}

async fn write_all(folder: &Path) -> Outcome {
    std::fs::create_dir_all(folder.join("assets"))?;
    for language in LANGUAGES {
        for (name, home) in homes::all() {
            let html = home_page(&home, &homes::nothing_on(), language)?;
            write_page(folder, &format!("{name}.{}", language.tag()), &html).await?;
        }
        for (name, path) in [("missing", "/nowhere"), ("unavailable", "/")] {
            let uri = format!("{path}?lang={}", language.tag());
            let (_, html) = ask(&uri).await?;
            write_page(folder, &format!("{name}.{}", language.tag()), &html).await?;
        }
    }
    Ok(())
}

/// Writes a page, and next to it the assets that it names.
async fn write_page(folder: &Path, name: &str, html: &str) -> Outcome {
    for piece in html
        .split('"')
        .filter(|piece| piece.starts_with("/assets/"))
    {
        let (status, content) = ask(piece).await?;
        if status != StatusCode::OK {
            return Err(format!("{piece}: {status}").into());
        }
        std::fs::write(folder.join(piece.trim_start_matches('/')), content)?;
    }
    let html = html.replace("\"/assets/", "\"assets/");
    std::fs::write(folder.join(format!("{name}.html")), html)?;
    Ok(())
}

/// A node for the pages that ask one.
async fn node() -> app::App {
    testkit::Label::invited(1).await.space(0).app()
}

async fn ask(uri: &str) -> Result<(StatusCode, String), Box<dyn Error>> {
    let request = Request::get(uri).body(Body::empty())?;
    let response = router(Still(None), node().await).oneshot(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8(body.to_vec())?))
}
