//! Reading a page strictly, as no browser does: a page that passes is well-formed.

use std::collections::BTreeSet;

const VOID: &[&str] = &["br", "img", "link", "meta", "source"];
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

/// Reads a page, and panics where it is not well-formed.
#[track_caller]
pub(super) fn read(html: &str) -> Page {
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
    const IN_LINE: &[&str] = &["a", "bdi", "code", "em", "small", "span", "strong", "time"];
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
    let count = |name: &str| page.tags.iter().filter(|tag| tag.name == name).count();
    for once in [
        "html", "head", "title", "body", "header", "main", "footer", "h1",
    ] {
        assert_eq!(count(once), 1, "<{once}>");
    }
    for never in ["script", "style", "iframe", "object", "form", "base"] {
        assert_eq!(count(never), 0, "<{never}>");
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
        if let Some(labelled_by) = tag.attribute("aria-labelledby") {
            assert!(ids.contains(labelled_by), "no element {labelled_by}");
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
    let is_ours = match link.strip_prefix('#') {
        Some(id) => ids.contains(id),
        None => link.starts_with("?lang=") || link.starts_with("/?lang=") || is_asset(link),
    };
    let is_node = link.starts_with("https://") && link.contains("/?lang=");
    assert!(is_ours || is_node, "a link to {link}");
}

fn is_asset(link: &str) -> bool {
    crate::assets::ASSETS
        .into_iter()
        .any(|asset| crate::assets::path(asset) == link)
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
