//! The feeds of `specs/vectors/feed.json`, page by page, good and bad.

use serde_json::{Value, json};
use wire::feed::{BODY_BYTES_MAX, PAGE_RECORDS_MAX};

use crate::author::Author;
use crate::papers::{
    LABEL, MUG, anchor, anchor_claims, anchor_of, configuration, configuration_as,
};
use crate::turns;

/// A profile, in three versions.
pub(crate) const PROFILES: [&str; 3] = [
    r#"{"name":"Le Mug","village":"Chambéry"}"#,
    r#"{"name":"Le Mug","village":"Chambéry","area_m2":150}"#,
    r#"{"name":"Le Mug","village":"Chambéry","area_m2":151}"#,
];

/// One page, how many of its records are taken, and how it ends.
pub(crate) type Step = (Value, usize, &'static str);

/// A page of these records.
pub(crate) fn page(records: &[Value], head: &str) -> Value {
    json!({ "head": head, "records": records })
}

/// A feed, page by page.
pub(crate) fn case(name: &str, entity: &str, steps: Vec<Step>) -> Value {
    let (author, by) = if entity == LABEL {
        ("coordinator", "root")
    } else {
        ("space", "mug-fed")
    };
    let step = |(page, accepted, outcome)| json!({ "page": page, "accepted": accepted, "outcome": outcome });
    let pages: Vec<Value> = steps.into_iter().map(step).collect();
    json!({ "name": name, "entity": entity, "author": author, "by": [by], "pages": pages })
}

/// Le Mug with its papers and three profiles.
pub(crate) fn mug() -> Author {
    let mut author = Author::mug();
    for profile in PROFILES {
        author.write("profile", profile, "mug-ops");
    }
    author
}

/// A page of Le Mug's with these records, of which the first `accepted` are taken.
pub(crate) fn cut(name: &str, records: &[Value], accepted: usize, code: &'static str) -> Value {
    let head = mug().head("mug-ops");
    case(name, MUG, vec![(page(records, &head), accepted, code)])
}

/// All cases.
pub(crate) fn cases() -> Vec<Value> {
    [
        whole(),
        chains(),
        bodies(),
        stripped(),
        coordinators_openings(),
        spaces_openings(),
        turns::keys(),
        turns::thefts(),
        turns::heads(),
        turns::epochs(),
    ]
    .concat()
}

fn whole() -> Vec<Value> {
    let author = mug();
    let (records, head) = (&author.records, author.head("mug-ops"));
    let in_parts = records.chunks(1).enumerate();
    let in_parts = in_parts.map(|(at, part)| {
        let outcome = if at == 3 { "complete" } else { "more" };
        (page(part, &head), 1, outcome)
    });
    let mut later = author.clone();
    later
        .write("weather", "sunny", "mug-ops")
        .remove("profile", "mug-ops");
    let later_head = later.head("mug-ops");
    vec![
        case(
            "a feed in one page",
            MUG,
            vec![(page(records, &head), 4, "complete")],
        ),
        case("a feed in pages of one record", MUG, in_parts.collect()),
        case(
            "an unknown kind and a removal",
            MUG,
            vec![
                (page(records, &later_head), 4, "more"),
                (page(&later.records[4..], &later_head), 2, "complete"),
                (page(&[], &later_head), 0, "complete"),
            ],
        ),
        case(
            "a head that is ahead of an empty page",
            MUG,
            vec![
                (page(records, &head), 4, "complete"),
                (page(&[], &later_head), 0, "more"),
            ],
        ),
    ]
}

fn chains() -> Vec<Value> {
    let author = mug();
    let records = &author.records;
    let pick = |places: &[usize]| {
        places
            .iter()
            .map(|at| records[*at].clone())
            .collect::<Vec<_>>()
    };
    let second = |change: &dyn Fn(&mut Value)| {
        let mut author = Author::mug();
        author.write_changed("profile", PROFILES[0], "mug-ops", change);
        author.records
    };
    let other_past = json!("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    vec![
        cut("a record left out", &pick(&[0, 2, 3]), 1, "feed_gap"),
        cut("a record twice", &pick(&[0, 1, 1, 2]), 2, "feed_gap"),
        cut("two records exchanged", &pick(&[0, 2, 1, 3]), 1, "feed_gap"),
        cut(
            "another epoch",
            &second(&|it| it["epoch"] = 2.into()),
            1,
            "feed_gap",
        ),
        cut(
            "another position",
            &second(&|it| it["seq"] = 3.into()),
            1,
            "feed_gap",
        ),
        cut(
            "another author",
            &second(&|it| it["iss"] = LABEL.into()),
            1,
            "feed_other_author",
        ),
        cut(
            "another past",
            &second(&|it| it["prev"] = other_past.clone()),
            1,
            "feed_fork",
        ),
        cut(
            "a record without a past",
            &second(&|it| it["prev"] = Value::Null),
            1,
            "seal_malformed",
        ),
        cut(
            "a head among the records",
            &{
                let mut records = pick(&[0]);
                records.push(json!({ "record": author.head("mug-ops") }));
                records
            },
            1,
            "seal_other_kind",
        ),
    ]
}

fn bodies() -> Vec<Value> {
    let author = mug();
    let mut dropped = author.records.clone();
    dropped[1] = json!({ "record": dropped[1]["record"] });
    let mut removal = Author::mug();
    removal.remove("profile", "mug-ops");
    removal.records[1]["salt"] = "AQEBAQEBAQEBAQEBAQEBAQ".into();
    removal.records[1]["body"] = "".into();
    let long = |bytes: usize| {
        let mut author = Author::mug();
        author.write("profile", &"x".repeat(bytes), "mug-ops");
        author
    };
    let longest = long(BODY_BYTES_MAX);
    let taken = |name: &str, records: &[Value], head: &str| {
        case(
            name,
            MUG,
            vec![(page(records, head), records.len(), "complete")],
        )
    };
    let other = |name: &str, records: &[Value]| cut(name, records, 1, "feed_other_body");
    let altered: [(&str, &str, Value); 5] = [
        ("another body", "body", "{}".into()),
        ("another salt", "salt", "AQEBAQEBAQEBAQEBAQEBAQ".into()),
        ("a salt of 15 bytes", "salt", "AQEBAQEBAQEBAQEBAQEB".into()),
        ("a body without its salt", "salt", Value::Null),
        ("a salt without its body", "body", Value::Null),
    ];
    let refused = altered.into_iter().map(|(name, member, value)| {
        let mut records = author.records.clone();
        records[1][member] = value;
        other(name, &records)
    });
    let mut cases = vec![
        taken(
            "a profile whose body was dropped",
            &dropped,
            &author.head("mug-ops"),
        ),
        taken(
            "the longest body",
            &longest.records,
            &longest.head("mug-ops"),
        ),
        other("a body that is longer", &long(BODY_BYTES_MAX + 1).records),
        other("a removal with a body", &removal.records),
    ];
    cases.extend(refused);
    cases
}

/// Records of a coordinator's feed from which somebody takes the bodies.
fn stripped() -> Vec<Value> {
    let outcome = |name: &str, author: &Author, records: &[Value], taken, outcome| {
        let page = page(records, &author.head("label-ops"));
        case(name, LABEL, vec![(page, taken, outcome)])
    };
    let mut cases = Vec::new();
    let mut removed = Author::label();
    // As `specs/feed.md` lists them, in section 2.
    for kind in [
        "anchor",
        "entity-configuration",
        "subordinate-statement",
        "trust-mark",
        "withdrawal",
        "charter",
    ] {
        let mut author = Author::label();
        author.write(kind, "{}", "label-ops");
        let mut records = author.records.clone();
        records[2] = json!({ "record": records[2]["record"] });
        let name = format!("a record of kind {kind} without its body");
        cases.push(outcome(&name, &author, &records, 2, "feed_no_body"));
        removed.remove(kind, "label-ops");
    }
    let records = &removed.records;
    let name = "removals, which have no bodies";
    cases.push(outcome(name, &removed, records, records.len(), "complete"));
    let mut author = Author::label();
    author.write("training", "{}", "label-ops");
    let mut records = author.records.clone();
    records[2] = json!({ "record": records[2]["record"] });
    let name = "a record of an unknown kind without its body";
    cases.push(outcome(name, &author, &records, 3, "complete"));
    cases
}

/// Texts as they come over HTTP, and whether they are pages.
pub(crate) fn texts() -> Value {
    let good = page(
        &[json!({ "record": "x.y.z", "salt": "AQI", "body": "" })],
        "h",
    );
    let with = |pointer: &str, value: Value| {
        let mut other = good.clone();
        *other.pointer_mut(pointer).expect("a place") = value;
        other.to_string()
    };
    let of = |count: usize| with("/records", vec![json!({ "record": "x" }); count].into());
    let text = good.to_string();
    let later = text.replacen('{', r#"{"later":[{}],"#, 1);
    [
        ("a page, of which nothing is judged yet", text.clone(), "ok"),
        ("an unknown member", later, "ok"),
        ("no records", with("/records", json!([])), "ok"),
        ("the most records", of(PAGE_RECORDS_MAX), "ok"),
        ("one record more", of(PAGE_RECORDS_MAX + 1), "feed_page"),
        ("a list", json!(["h", []]).to_string(), "feed_page"),
        (
            "a record that is a list",
            with("/records/0", json!(["x.y.z", null, null])),
            "feed_page",
        ),
        (
            "records that are an object",
            with("/records", json!({})),
            "feed_page",
        ),
        (
            "a head that is null",
            with("/head", Value::Null),
            "feed_page",
        ),
        (
            "a salt that is a number",
            with("/records/0/salt", json!(1)),
            "feed_page",
        ),
        (
            "a name twice",
            text.replacen('{', r#"{"head":"h","#, 1),
            "feed_page",
        ),
        ("two pages", format!("{text}{text}"), "feed_page"),
        ("nothing", String::new(), "feed_page"),
    ]
    .map(|(name, text, expected)| json!({ "name": name, "text": text, "expected": expected }))
    .to_vec()
    .into()
}

fn coordinators_openings() -> Vec<Value> {
    let label = Author::label();
    let head = label.head("label-ops");
    let with = |anchor: &str, configuration: &str| {
        let mut author = Author::new(LABEL);
        author.write("anchor", anchor, "label-ops");
        author.write("entity-configuration", configuration, "label-ops");
        author.records
    };
    let case = |name: &str, records: &[Value], accepted: usize, outcome: &'static str| {
        case(name, LABEL, vec![(page(records, &head), accepted, outcome)])
    };
    let refused = |name: &str, records: &[Value]| case(name, records, 0, "feed_opening");
    let own = configuration(LABEL, "label-fed", "label-ops");
    let by_thief = anchor_of(&anchor_claims(&["label-fed"]), "thief");
    let spaces = configuration(MUG, "mug-fed", "mug-ops");
    let as_space = configuration_as("space", LABEL, "label-fed", "label-ops");
    vec![
        case("a coordinator's opening", &label.records, 2, "complete"),
        refused("an opening cut after the anchor", &label.records[..1]),
        refused("an anchor by another root", &with(&by_thief, &own)),
        refused(
            "an anchor that lists another key",
            &with(&anchor("thief"), &own),
        ),
        refused("an anchor under another id", &{
            let mut author = Author::new(LABEL);
            author.write_changed("anchor", &anchor("label-fed"), "label-ops", |it| {
                it["id"] = LABEL.into();
            });
            author.write("entity-configuration", &own, "label-ops");
            author.records
        }),
        refused(
            "a configuration that says that it is a space's",
            &with(&anchor("label-fed"), &as_space),
        ),
        refused(
            "a space's opening in a coordinator's feed",
            &with(&spaces, &own),
        ),
    ]
}

fn spaces_openings() -> Vec<Value> {
    let first = |kind: &str, text: &str, by: &str| {
        let mut author = Author::new(MUG);
        author.write(kind, text, by);
        author.records
    };
    let refused = |name: &str, records: &[Value]| cut(name, records, 0, "feed_opening");
    let papers = configuration(MUG, "mug-fed", "mug-ops");
    let thiefs = configuration(MUG, "thief", "mug-ops");
    let as_coordinator = configuration_as("coordinator", MUG, "mug-fed", "mug-ops");
    let under_another_id = {
        let mut author = Author::new(MUG);
        author.write_changed("entity-configuration", &papers, "mug-ops", |it| {
            it["id"] = MUG.into();
        });
        author.records
    };
    let by_thief = first("entity-configuration", &papers, "thief");
    let without_body = json!({ "record": mug().records[0]["record"] });
    vec![
        refused(
            "no papers at the opening",
            &first("profile", PROFILES[0], "mug-ops"),
        ),
        refused(
            "papers by another key",
            &first("entity-configuration", &thiefs, "mug-ops"),
        ),
        refused(
            "papers in a record of another kind",
            &first("profile", &papers, "mug-ops"),
        ),
        refused("papers under another id", &under_another_id),
        refused(
            "papers that say that they are a coordinator's",
            &first("entity-configuration", &as_coordinator, "mug-ops"),
        ),
        cut(
            "good papers in a thief's record",
            &by_thief,
            0,
            "seal_unknown_key",
        ),
        refused("papers without their body", &[without_body]),
        cut("nothing at all", &[], 0, "feed_gap"),
    ]
}
