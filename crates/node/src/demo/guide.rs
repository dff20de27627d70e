//! The first page of a demonstration that stays open: who one can be, and what to try.
//!
//! It is served by the demonstration itself, on a port of its own, and belongs to no node.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::Html;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;
use serve::Limits;
use tokio::net::TcpListener;

use super::facts::{HOME, HOST};
use super::network::Network;
use super::processes::{arg, escale_json};

const FRENCH: &str = include_str!("guide.fr.html");
const ENGLISH: &str = include_str!("guide.en.html");
const STYLE: &str = include_str!("guide.css");

/// The page in both languages, filled in.
#[derive(Debug, Clone)]
pub(crate) struct Guide {
    french: String,
    english: String,
}

impl Guide {
    /// Makes a code for each person whom one can be, and writes the page.
    pub(crate) async fn of(network: &Network) -> anyhow::Result<Self> {
        let (home, home_place) = network.space(HOME)?;
        let (host, host_place) = network.space(HOST)?;
        let dir = arg(&home.dir)?;
        let link = phone(dir, "Camille").await?;
        let paper = paper(dir, "Maxence").await?;
        let program = std::env::current_exe()
            .map_or_else(|_| "escale".to_owned(), |path| path.display().to_string());
        let mut nodes = String::new();
        for node in network.nodes() {
            let (entity, name) = (escaped(node.entity.as_str()), escaped(&node.name));
            let _ = writeln!(nodes, "<li><a href=\"{entity}\">{name}</a></li>");
        }
        let values = [
            ("style", STYLE.to_owned()),
            ("home", escaped(home.entity.as_str())),
            ("home_name", escaped(home_place.name)),
            ("host", escaped(host.entity.as_str())),
            ("host_name", escaped(host_place.name)),
            ("label", escaped(network.coordinator.entity.as_str())),
            ("phone", escaped(&link)),
            ("paper", escaped(&paper)),
            ("steward", escaped(&code(arg(&host.dir)?, "steward").await?)),
            ("operator", escaped(&code(dir, "operator").await?)),
            (
                "coordinator",
                escaped(&code(arg(&network.coordinator.dir)?, "operator").await?),
            ),
            ("program", escaped(&program)),
            ("label_dir", escaped(arg(&network.coordinator.dir)?)),
            ("home_dir", escaped(dir)),
            ("nodes", nodes),
        ];
        let fill = |page: &str| {
            let filled = values.iter().fold(page.to_owned(), |page, (name, value)| {
                page.replace(&format!("{{{{{name}}}}}"), value)
            });
            // What nobody filled in would be shown as it is.
            (!filled.contains("{{")).then_some(filled)
        };
        Ok(Self {
            french: fill(FRENCH).context("the French page")?,
            english: fill(ENGLISH).context("the English page")?,
        })
    }

    /// Serves it on a listener, for as long as it is waited for.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let router = Router::new().route("/", get(page)).with_state(self);
        serve::serve(listener, router, Limits::default(), std::future::pending()).await;
    }
}

/// Listens where the guide is.
pub(crate) async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listener.with_context(|| format!("port {port} is taken"))
}

#[derive(Debug, Deserialize)]
struct Wanted {
    lang: Option<String>,
}

/// `GET /`: in the language that is asked for, or that the browser prefers.
async fn page(
    State(guide): State<Guide>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Html<String> {
    let preferred = headers.get(header::ACCEPT_LANGUAGE);
    let preferred = preferred.and_then(|it| it.to_str().ok());
    let is_french = match wanted.lang.as_deref() {
        Some(lang) => lang == "fr",
        None => preferred.is_none_or(|it| it.to_lowercase().starts_with("fr")),
    };
    Html(if is_french {
        guide.french
    } else {
        guide.english
    })
}

/// A one-time code with which somebody signs in.
async fn code(dir: &str, role: &str) -> anyhow::Result<String> {
    let args = [
        "access", "add", "--role", role, "--name", "demo", "--dir", dir, "--json",
    ];
    text(&escale_json(&args).await?, "code")
}

/// The link that puts a new member's passport on a phone.
async fn phone(dir: &str, name: &str) -> anyhow::Result<String> {
    let member = member(dir, name).await?;
    let given = escale_json(&["member", "code", &member, "--dir", dir, "--json"]).await?;
    text(&given, "link")
}

/// What a desk scans of a new member's passport on paper.
async fn paper(dir: &str, name: &str) -> anyhow::Result<String> {
    let member = member(dir, name).await?;
    let given = escale_json(&["member", "paper", &member, "--dir", dir, "--json"]).await?;
    text(&given, "code")
}

async fn member(dir: &str, name: &str) -> anyhow::Result<String> {
    let args = [
        "member",
        "add",
        "--name",
        name,
        "--formula",
        "month",
        "--dir",
        dir,
        "--json",
    ];
    text(&escale_json(&args).await?, "member")
}

fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    let text = value.get(name).and_then(Value::as_str);
    Ok(text
        .with_context(|| format!("no {name} in {value}"))?
        .to_owned())
}

/// Fit to stand between tags and in an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names in double braces of a page.
    fn names(page: &str) -> std::collections::BTreeSet<&str> {
        page.split("{{")
            .skip(1)
            .filter_map(|rest| rest.split("}}").next())
            .collect()
    }

    #[test]
    fn both_languages_say_the_same_and_nothing_ends_a_tag() {
        assert_eq!(names(FRENCH), names(ENGLISH));
        let headings = |page: &str| page.matches("<h2").count();
        assert_eq!(headings(FRENCH), headings(ENGLISH));
        assert_eq!(
            escaped("<a href=\"x\">&'"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&#39;"
        );
    }
}
