//! Reading a page strictly, as no browser does: a page that passes is well-formed.

use std::collections::BTreeSet;

use crate::assets::{self, ASSETS};
use crate::scripts::{self, SCRIPTS};

const VOID: &[&str] = &["br", "img", "input", "link", "meta", "source"];
/// Elements of our SVG shapes, which close themselves.
const SHAPES: &[&str] = &["circle", "path", "rect"];

/// A start tag.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is in a page.
pub(super) struct Page {
    pub(super) tags: Vec<Tag>,
    /// Its text without markup, as a person reads it: one space for any white space.
    pub(super) text: String,
}

impl Page {
    fn count(&self, name: &str) -> usize {
        self.tags.iter().filter(|tag| tag.name == name).count()
    }

    /// How many scripts a browser would run: a data block is none.
    fn scripts(&self) -> usize {
        let is_data = |tag: &&Tag| tag.attribute("type") == Some("application/ld+json");
        self.count("script") - self.tags.iter().filter(is_data).count()
    }
}

/// Reads a page without script, and panics where it is not well-formed.
#[track_caller]
pub(super) fn read(html: &str) -> Page {
    let page = read_any(html);
    assert_eq!(page.scripts(), 0, "<script>");
    for never in ["form", "button"] {
        assert_eq!(page.count(never), 0, "<{never}>");
    }
    page
}

/// Reads a page that one script of ours fills in.
#[track_caller]
pub(super) fn read_with_script(html: &str) -> Page {
    let page = read_any(html);
    assert_eq!(page.scripts(), 1);
    assert!(html.contains("></script>"), "nothing stands in the page");
    for tag in &page.tags {
        match tag.name.as_str() {
            "script" => {
                let kind = tag.attribute("type");
                assert!([Some("module"), Some("application/ld+json")].contains(&kind));
            }
            // The script sends what is in it; a browser could put it into an address.
            "form" => assert_eq!(
                (tag.attribute("action"), tag.attribute("method")),
                (None, None)
            ),
            "button" => assert!(tag.attribute("type").is_some(), "{tag:?}"),
            "label" => is_of_a_field(tag, &page),
            _ => {}
        }
    }
    page
}

/// Reads a page without script whose one form asks for a part of the same page.
#[track_caller]
pub(super) fn read_with_a_question(html: &str) -> Page {
    let page = read_any(html);
    assert_eq!(page.scripts(), 0);
    assert_eq!((page.count("form"), page.count("button")), (1, 1));
    for tag in &page.tags {
        match tag.name.as_str() {
            "form" => assert_eq!(
                (tag.attribute("action"), tag.attribute("method")),
                (Some("/calendar"), Some("get"))
            ),
            "button" => assert_eq!(tag.attribute("type"), Some("submit")),
            "label" => is_of_a_field(tag, &page),
            _ => {}
        }
    }
    page
}

/// Reads a page whose forms are sent to this node, without any script.
#[track_caller]
pub(super) fn read_with_forms(html: &str) -> Page {
    let page = read_any(html);
    assert_eq!(page.scripts(), 0);
    for tag in &page.tags {
        match tag.name.as_str() {
            "form" => {
                let (action, method) = (tag.attribute("action"), tag.attribute("method"));
                assert!(action.is_some_and(|it| it.starts_with('/') && !it.starts_with("//")));
                assert_eq!(method, Some("post"));
            }
            "button" => assert_eq!(tag.attribute("type"), Some("submit"), "{tag:?}"),
            "label" => is_of_a_field(tag, &page),
            _ => {}
        }
    }
    page
}

/// A label names a field of the page.
#[track_caller]
fn is_of_a_field(label: &Tag, page: &Page) {
    let of = label.attribute("for");
    let is_there = page.tags.iter().any(|it| it.attribute("id") == of);
    assert!(is_there, "{label:?}");
}

#[track_caller]
fn read_any(html: &str) -> Page {
    let mut rest = html
        .strip_prefix("<!DOCTYPE html>")
        .expect("a page begins with its doctype");
    let (mut open, mut tags, mut text) = (Vec::new(), Vec::new(), String::new());
    while !rest.is_empty() {
        let Some(inside) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            let (before, after) = rest.split_at(end);
            text.push_str(&plain(before));
            rest = after;
            continue;
        };
        let (tag, after) = inside.split_once('>').expect("a tag ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(
                open.pop().as_deref(),
                Some(name),
                "closed before: {after:.80}"
            );
            text.push_str(around(name));
            continue;
        }
        let tag = start_tag(tag, &mut open);
        text.push_str(around(&tag.name));
        tags.push(tag);
    }
    assert!(open.is_empty(), "left open: {open:?}");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = Page { tags, text };
    is_sound(&page);
    page
}

/// What is read before and after an element: nothing where it is part of a line.
fn around(name: &str) -> &'static str {
    const IN_LINE: &[&str] = &[
        "a", "bdi", "code", "em", "s", "small", "span", "strong", "time",
    ];
    if IN_LINE.contains(&name) { "" } else { " " }
}

/// Reads a start tag whose attributes all have a quoted value.
fn start_tag(tag: &str, open: &mut Vec<String>) -> Tag {
    let (tag, closes_itself) = match tag.strip_suffix('/') {
        Some(tag) => (tag, true),
        None => (tag, false),
    };
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(
        !name.is_empty()
            && name
                .chars()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit()),
        "an element <{name}>"
    );
    assert_eq!(closes_itself, SHAPES.contains(&name), "<{name}>");
    if !closes_itself && !VOID.contains(&name) {
        open.push(name.to_owned());
    }
    let mut attributes = Vec::new();
    while !rest.trim().is_empty() {
        let (attribute, after) = rest.split_once("=\"").expect("an attribute has a value");
        let (value, after) = after.split_once('"').expect("a value is quoted");
        let is_name = |it: char| it.is_ascii_alphabetic() || it == '-';
        let attribute = attribute.trim();
        assert!(attribute.chars().all(is_name), "an attribute {attribute}");
        attributes.push((attribute.to_owned(), plain(value)));
        rest = after;
    }
    Tag {
        name: name.to_owned(),
        attributes,
    }
}

/// Text without its character references.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut parts = text.split('&');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (reference, after) = part.split_once(';').expect("`&` begins a reference");
        plain.push_str(match reference {
            "#38" | "amp" => "&",
            "#60" | "lt" => "<",
            "#62" | "gt" => ">",
            "#34" | "quot" => "\"",
            "#39" => "'",
            other => panic!("&{other};"),
        });
        plain.push_str(after);
    }
    plain
}

/// What holds for every page of ours.
fn is_sound(page: &Page) {
    for once in [
        "html", "head", "title", "body", "header", "main", "footer", "h1",
    ] {
        assert_eq!(page.count(once), 1, "<{once}>");
    }
    for never in ["style", "iframe", "object", "base"] {
        assert_eq!(page.count(never), 0, "<{never}>");
    }
    let mut ids = BTreeSet::new();
    for tag in &page.tags {
        for (name, _) in &tag.attributes {
            assert!(name != "style" && !name.starts_with("on"), "{tag:?}");
        }
        if let Some(id) = tag.attribute("id") {
            assert!(ids.insert(id), "two elements with the id {id}");
        }
        assert!(
            tag.name != "img" || tag.attribute("alt").is_some(),
            "{tag:?}"
        );
    }
    for tag in &page.tags {
        let named = ["aria-labelledby", "aria-describedby"].into_iter();
        for named in named.filter_map(|name| tag.attribute(name)) {
            for id in named.split(' ') {
                assert!(ids.contains(id), "no element {id}");
            }
        }
        let links = ["href", "src", "srcset"].into_iter();
        for link in links.filter_map(|name| tag.attribute(name)) {
            is_ours_or_a_node(link, &ids);
        }
    }
    headings_do_not_skip(page);
}

/// A link leads into the page, to this node, or to a node over `https`.
fn is_ours_or_a_node(link: &str, ids: &BTreeSet<&str>) {
    let is_page = || {
        let pages = [
            "",
            "/",
            "/passport",
            "/sign-in",
            "/desk",
            "/visits",
            "/members",
            "/outbox",
            "/calendar",
            "/label",
            "/manage/events",
            "/manage/new-event",
        ];
        let page = link.split_once("?lang=").map(|(page, _)| page);
        let is_member = |page: &str| {
            page.strip_prefix("/members/")
                .is_some_and(|id| id.len() == 9)
        };
        // Of an event: its own name and nothing that would lead elsewhere.
        let is_event = |page: &str| {
            let places = ["/events/", "/manage/events/", "/manage/register/"];
            let name = places.iter().find_map(|place| page.strip_prefix(place));
            let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_@.:/".contains(it);
            name.is_some_and(|name| !name.starts_with('/') && name.chars().all(is_plain))
        };
        let is_ours = |page: &str| pages.contains(&page) || is_member(page) || is_event(page);
        page.is_some_and(is_ours)
    };
    let is_feed = ["/calendar.ics", "webcal://"]
        .iter()
        .any(|feed| link.starts_with(feed));
    let is_ours = link
        .strip_prefix('#')
        .map_or_else(|| is_page() || is_asset(link), |id| ids.contains(id));
    let is_node = link.starts_with("https://") && link.contains("/?lang=");
    let is_event_there = link.starts_with("https://") && link.contains("/events/");
    // What an event has on the web is the one address that a peer gives.
    let is_of_an_event = link.starts_with("https://meet.example/");
    let is_known = is_ours || is_node || is_feed || is_event_there || is_of_an_event;
    assert!(is_known, "a link to {link}");
}

fn is_asset(link: &str) -> bool {
    let mut assets = ASSETS.into_iter();
    let mut scripts = SCRIPTS.into_iter();
    assets.any(|asset| assets::path(asset) == link)
        || scripts.any(|script| scripts::path(script) == link)
}

fn headings_do_not_skip(page: &Page) {
    let levels = page.tags.iter().filter_map(|tag| {
        let level = tag.name.strip_prefix('h')?;
        level.parse::<u8>().ok()
    });
    let mut last = 0;
    for level in levels {
        assert!(level <= last + 1, "<h{level}> after <h{last}>");
        last = level;
    }
}

#[test]
#[should_panic(expected = "closed before")]
fn an_element_that_is_closed_by_another_is_found() {
    read("<!DOCTYPE html><p><b></p></b>");
}

#[test]
#[should_panic(expected = "begins a reference")]
fn an_ampersand_by_itself_is_found() {
    read("<!DOCTYPE html><p>a & b</p>");
}

#[test]
#[should_panic(expected = "a link to javascript:")]
fn a_link_that_is_no_node_is_found() {
    is_ours_or_a_node("javascript:alert(1)//https:///?lang=fr", &BTreeSet::new());
}
