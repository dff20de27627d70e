//! The description of every route (OpenAPI 3.1), written from the table.
//!
//! **Invariant:** an operation lists every status that it can answer, and for each
//! refusal every `code`: whoever answers another one has not described it.
//!
//! It is kept in `specs/openapi.json`, and served at `/api/v1/openapi.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use axum::Json;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::problem::{CODES, Problem};
use crate::route::{Form, Parameter, Route, Takes, ToSchema, Who};
use crate::routes::ROUTES;
use crate::schemas;
use crate::standard::STANDARD_CODES;

/// `GET /api/v1/openapi.json`: this description.
pub(crate) async fn openapi() -> Result<Json<&'static Value>, Problem> {
    static DESCRIPTION: LazyLock<Value> = LazyLock::new(description);
    Ok(Json(&DESCRIPTION))
}

/// What stands in braces in paths: its name, its schema, what it names.
pub(crate) const PATH_PARAMETERS: &[(&str, ToSchema, &str)] = &[
    (
        "id",
        SchemaGenerator::subschema_for::<schemas::AccessId>,
        "the credential",
    ),
    (
        "carrier",
        SchemaGenerator::subschema_for::<schemas::Id>,
        "the phone or card",
    ),
    (
        "event",
        SchemaGenerator::subschema_for::<schemas::EventName>,
        "the event",
    ),
    (
        "registration",
        SchemaGenerator::subschema_for::<schemas::Id>,
        "the registration",
    ),
    (
        "member",
        SchemaGenerator::subschema_for::<schemas::MemberNumber>,
        "the member",
    ),
    (
        "op",
        SchemaGenerator::subschema_for::<schemas::Id>,
        "the request",
    ),
    (
        "visit",
        SchemaGenerator::subschema_for::<schemas::Id>,
        "the visit",
    ),
];

/// What is answered where a request does not reach its route: `specs/problems.md`,
/// section 2.
pub(crate) const BEFORE_THE_ROUTER: &[(&str, u16)] = &[
    ("bad_head", 400),
    ("host_missing", 400),
    ("host_repeated", 400),
    ("host_invalid", 400),
    ("host_differs", 400),
    ("body_ambiguous", 400),
    ("target_ambiguous", 400),
    ("head_too_slow", 408),
    ("body_too_large", 413),
    ("target_too_long", 414),
    ("head_too_large", 431),
    ("internal", 500),
    ("method_refused", 501),
    ("busy", 503),
];

/// The description of all of [`ROUTES`].
pub fn description() -> Value {
    let mut parts = Parts::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in ROUTES {
        let operation = parts.operation(route);
        let methods = paths.entry(route.path).or_default();
        methods.insert(route.method.to_ascii_lowercase(), operation);
    }
    let mut schemas = parts.answers.take_definitions(true);
    schemas.insert("Problem".to_owned(), problem_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Escale",
            "version": "1",
            "summary": "What a node of a label answers over HTTP.",
            "description": "Written from the table of routes; `specs/http.md` says what it \
                means. A path of the table that is asked by another method is refused with 405 \
                and `wrong_method`, another path with 404 and `no_such_route`.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": parts.refusals,
            "securitySchemes": {
                "credential": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A credential of this space. The role that is named, or one \
                        that may do more: desk, steward, operator.",
                },
                "passport": {
                    "type": "http",
                    "scheme": "Passport",
                    "description": "A passport of this space, shown to it by its holder now: \
                        `specs/passport.md`, section 6.2.",
                },
            },
        },
    })
}

/// What several operations share, gathered on the way.
struct Parts {
    /// Schemas of what is read: each where it is needed.
    requests: SchemaGenerator,
    /// Schemas of what is answered: under a name.
    answers: SchemaGenerator,
    refusals: Map<String, Value>,
}

impl Parts {
    fn new() -> Self {
        let requests = SchemaSettings::draft2020_12()
            .for_deserialize()
            .with(|it| {
                it.inline_subschemas = true;
                it.meta_schema = None;
            })
            .into_generator();
        let answers = SchemaSettings::draft2020_12()
            .for_serialize()
            .with(|it| {
                it.definitions_path = "/components/schemas".into();
                it.meta_schema = None;
            })
            .into_generator();
        Self {
            requests,
            answers,
            refusals: Map::new(),
        }
    }

    fn operation(&mut self, route: &Route) -> Value {
        let mut operation = Map::new();
        let mut say = |name: &str, value: Value| operation.insert(name.to_owned(), value);
        say("operationId", operation_id(route).into());
        say("summary", route.summary.into());
        say("responses", self.responses(route));
        say("security", security(route.who));
        let parameters = self.parameters(route);
        if !parameters.is_empty() {
            say("parameters", parameters.into());
        }
        if let Takes::Body(form, bytes_max) = route.takes {
            let body = json!({
                "required": true,
                "content": content(form, &mut self.requests),
                "description": format!("{bytes_max} bytes at most"),
            });
            say("requestBody", body);
        }
        operation.into()
    }

    fn parameters(&mut self, route: &Route) -> Vec<Value> {
        let named = path_names(route.path).map(|name| {
            let found = PATH_PARAMETERS.iter().find(|(it, ..)| *it == name);
            let (schema, says) = found.map_or((Value::Bool(true), ""), |(_, schema, says)| {
                (schema(&mut self.requests).into(), *says)
            });
            json!({
                "name": name, "in": "path", "required": true,
                "schema": schema, "description": says,
            })
        });
        let mut parameters: Vec<Value> = named.collect();
        if let Takes::Query(queried) = route.takes {
            parameters.extend(queried.iter().map(|it| {
                let Parameter {
                    name,
                    is_needed,
                    schema,
                    says,
                } = *it;
                json!({
                    "name": name, "in": "query", "required": is_needed,
                    "schema": Value::from(schema(&mut self.requests)), "description": says,
                })
            }));
        }
        parameters
    }

    fn responses(&mut self, route: &Route) -> Value {
        let mut responses = Map::new();
        let given = json!({
            "description": route.summary,
            "content": content(route.gives, &mut self.answers),
        });
        responses.insert("200".to_owned(), given);
        if route.gives.is_conditional {
            let known = json!({ "description": "what was asked for has the tag that was sent" });
            responses.insert("304".to_owned(), known);
        }
        let own = route.codes();
        let form = Refused::at(route);
        let listed = form.codes().iter().filter(|(code, _)| own.contains(code));
        let statuses: BTreeSet<u16> = listed
            .chain(BEFORE_THE_ROUTER)
            .map(|(_, status)| *status)
            .collect();
        for status in statuses {
            let name = self.refusal(form, status, &own);
            let reference = json!({ "$ref": format!("#/components/responses/{name}") });
            responses.insert(status.to_string(), reference);
        }
        responses.into()
    }

    /// The name of the answer that has this status and any of these codes.
    fn refusal(&mut self, form: Refused, status: u16, own: &[&str]) -> String {
        let of_status = |list: &[(&'static str, u16)]| -> BTreeSet<&'static str> {
            let listed = list.iter().filter(|(_, listed)| *listed == status);
            listed.map(|(code, _)| *code).collect()
        };
        let mut codes = of_status(form.codes());
        codes.retain(|code| own.contains(code));
        let mut name = status.to_string();
        for code in &codes {
            name.push('.');
            name.push_str(code);
        }
        let before = of_status(BEFORE_THE_ROUTER);
        let listed = codes.union(&before).map(|code| format!("`{code}`"));
        let listed: Vec<String> = listed.collect();
        let problems: BTreeSet<&str> = match form {
            Refused::AsProblem => codes.union(&before).copied().collect(),
            Refused::AsTheStandardSays => before,
        };
        let mut content = Map::new();
        if !problems.is_empty() {
            let schema = json!({ "schema": {
                "allOf": [{ "$ref": "#/components/schemas/Problem" }],
                "properties": { "status": { "const": status }, "code": { "enum": problems } },
            } });
            content.insert("application/problem+json".to_owned(), schema);
        }
        if form == Refused::AsTheStandardSays && !codes.is_empty() {
            let schema = json!({ "schema": {
                "type": "object",
                "required": ["error", "error_description"],
                "properties": {
                    "error": { "enum": codes },
                    "error_description": { "type": "string" },
                },
            } });
            content.insert("application/json".to_owned(), schema);
        }
        let answer = json!({ "description": listed.join(", "), "content": content });
        self.refusals.insert(name.clone(), answer);
        name
    }
}

/// What a refusal of a route looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    AsProblem,
    /// OpenID Federation 1.0 §8.9.
    AsTheStandardSays,
}

impl Refused {
    fn at(route: &Route) -> Self {
        if route.is_of_the_standard() {
            Self::AsTheStandardSays
        } else {
            Self::AsProblem
        }
    }

    fn codes(self) -> &'static [(&'static str, u16)] {
        match self {
            Self::AsProblem => CODES,
            Self::AsTheStandardSays => STANDARD_CODES,
        }
    }
}

/// The names in braces of a path.
fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn content(form: Form, generator: &mut SchemaGenerator) -> Value {
    let schema: Value = (form.schema)(generator).into();
    json!({ form.media_type: { "schema": schema } })
}

/// A name that stays: the method, and the words of the path.
fn operation_id(route: &Route) -> String {
    let is_word = |it: char| it.is_ascii_alphanumeric();
    let words = route
        .path
        .split(|it| !is_word(it))
        .filter(|it| !it.is_empty());
    let words = words.filter(|word| !["api", "v1"].contains(word));
    words.fold(route.method.to_ascii_lowercase(), |id, word| {
        id + "_" + word
    })
}

fn security(who: Who) -> Value {
    match who {
        Who::Anybody => json!([]),
        Who::Desk => json!([{ "credential": ["desk"] }]),
        Who::Steward => json!([{ "credential": ["steward"] }]),
        Who::Operator => json!([{ "credential": ["operator"] }]),
        Who::Member => json!([{ "passport": [] }]),
    }
}

/// A refusal (RFC 9457).
fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "A refusal (RFC 9457). A client decides by `code` and `status`; the \
            codes are in `specs/problems.md`.",
        "required": ["title", "status", "code"],
        "properties": {
            "type": { "const": "about:blank" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string" },
            "detail": { "type": "string", "maxLength": 300 },
        },
    })
}
