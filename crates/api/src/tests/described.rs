//! The description of the routes, held against the table, the documents and the answers.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::Answer;

use crate::describe::{BEFORE_THE_ROUTER, PATH_PARAMETERS};
use crate::{CODES, ROUTES, Route, STANDARD_CODES, description};

/// A file of `specs/`.
fn spec(name: &str) -> String {
    format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/{}"), name)
}

/// The route that a path belongs to.
fn route_of(method: &str, path: &str) -> Option<&'static Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    let is_of = |route: &&Route| {
        let (pattern, parts) = (route.path.split('/'), path.split('/'));
        route.method == method
            && pattern.clone().count() == parts.clone().count()
            && pattern
                .zip(parts)
                .all(|(pattern, part)| pattern == part || pattern.starts_with('{'))
    };
    // A word comes before what stands in braces, as in the router.
    let named_least = |route: &&Route| route.path.matches('{').count();
    ROUTES.iter().filter(is_of).min_by_key(named_least)
}

/// An answer is one that the table has for what was asked.
#[track_caller]
pub(super) fn check_listed(method: &str, path: &str, answer: &Answer) {
    let Some(route) = route_of(method, path) else {
        return;
    };
    let status = answer.status.as_u16();
    let what = format!("{method} {} answered {status}", route.path);
    if status == 304 {
        assert!(route.gives.is_conditional, "{what}");
    } else if status == 200 {
        let media_type = answer.header("content-type");
        assert_eq!(media_type, Some(route.gives.media_type), "{what}");
    } else if method != "HEAD" {
        let code = answer
            .code()
            .unwrap_or_else(|| panic!("{what} without a code"));
        assert!(
            route.codes().contains(&code.as_str()),
            "{what} {code}: not in its row"
        );
    }
}

/// With `ESCALE_BLESS=1` the file is written first.
#[test]
fn the_published_description_is_what_the_table_says() {
    let (path, made) = (spec("openapi.json"), description());
    if std::env::var_os("ESCALE_BLESS").is_some_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(&made).unwrap();
        std::fs::write(&path, format!("{text}\n")).unwrap();
    }
    let kept = std::fs::read(&path).expect("the file can be read; ESCALE_BLESS=1 writes it");
    let kept: Value = serde_json::from_slice(&kept).unwrap();
    for part in ["paths", "components", "info", "openapi"] {
        assert!(
            kept[part] == made[part],
            "`{part}` of specs/openapi.json is not what the table says; ESCALE_BLESS=1 writes it"
        );
    }
}

#[test]
fn every_code_belongs_to_a_route_and_every_refusal_is_a_code() {
    let mut used: BTreeSet<&str> = ROUTES.iter().flat_map(Route::codes).collect();
    // What is refused for the path or the method alone.
    used.extend(["no_such_route", "wrong_method"]);
    let listed = CODES.iter().chain(STANDARD_CODES).map(|(code, _)| *code);
    assert_eq!(used, listed.collect());
}

#[test]
fn what_a_row_says_of_its_own_does_not_follow_from_the_rest() {
    for route in ROUTES {
        let own: BTreeSet<_> = route.refuses.iter().collect();
        assert_eq!(own.len(), route.refuses.len(), "{}: twice", route.path);
        let others = Route {
            refuses: &[],
            ..*route
        }
        .codes();
        for code in route.refuses {
            assert!(!others.contains(code), "{}: {code} follows", route.path);
        }
        let is_clause = !route.summary.is_empty() && !route.summary.ends_with('.');
        assert!(is_clause, "{}: a summary is one clause", route.path);
    }
}

#[test]
fn what_stands_in_braces_is_described_and_nothing_else() {
    let parts = ROUTES.iter().flat_map(|route| route.path.split('/'));
    let named: BTreeSet<&str> = parts
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect();
    let described: BTreeSet<&str> = PATH_PARAMETERS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(named, described);
}

#[test]
fn an_operation_has_a_name_of_its_own() {
    let made = description();
    let methods = made["paths"].as_object().unwrap().values();
    let operations = methods.flat_map(|it| it.as_object().unwrap().values());
    let ids: Vec<&str> = operations
        .map(|it| it["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), ROUTES.len());
    let unlike: BTreeSet<_> = ids.iter().collect();
    assert_eq!(unlike.len(), ids.len(), "{ids:?}");
}

/// Everything that is referred to is there.
fn check_references(all: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(all.pointer(pointer).is_some(), "{reference}");
            }
            members.values().for_each(|it| check_references(all, it));
        }
        Value::Array(parts) => parts.iter().for_each(|it| check_references(all, it)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn what_the_description_refers_to_is_in_it() {
    let made = description();
    check_references(&made, &made);
}

#[test]
fn the_refusals_before_the_router_are_those_of_the_document() {
    let text = std::fs::read_to_string(spec("problems.md")).unwrap();
    let (_, section) = text.split_once("\n## 2. ").unwrap();
    let (section, _) = section.split_once("\n## 3. ").unwrap();
    let rows = section.lines().filter_map(|line| {
        let (code, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((code, rest.split(' ').next()?.parse::<u16>().ok()?))
    });
    let rows: BTreeSet<_> = rows.collect();
    assert_eq!(rows, BEFORE_THE_ROUTER.iter().copied().collect());
}

#[test]
fn every_route_has_a_row_in_the_document_and_every_row_a_route() {
    let text = std::fs::read_to_string(spec("http.md")).unwrap();
    let rows = text.lines().filter_map(|line| {
        let (method, rest) = line.strip_prefix("| ")?.split_once(" | `/")?;
        let (path, _) = rest.split_once('`')?;
        Some((method.to_owned(), format!("/{path}")))
    });
    let rows: BTreeSet<_> = rows.collect();
    let of_route = |it: &Route| (it.method.to_owned(), it.path.to_owned());
    assert_eq!(rows, ROUTES.iter().map(of_route).collect());
}
