//! The feeds of `specs/vectors/feed.json`, page by page, good and bad.

use serde_json::{Value, json};

use crate::author::Author;
use crate::papers::{LABEL, MUG, anchor, configuration};

/// A profile, in three versions.
const PROFILES: [&str; 3] = [
    r#"{"name":"Le Mug","village":"Chambéry"}"#,
    r#"{"name":"Le Mug","village":"Chambéry","area_m2":150}"#,
    r#"{"name":"Le Mug","village":"Chambéry","area_m2":151}"#,
];

/// One page, how many of its records are taken, and how it ends.
type Step = (Value, usize, &'static str);

fn page(records: &[Value], head: &str) -> Value {
    json!({ "head": head, "records": records })
}

fn case(name: &str, entity: &str, steps: Vec<Step>) -> Value {
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
fn mug() -> Author {
    let mut author = Author::mug();
    for profile in PROFILES {
        author.write("profile", profile, "mug-ops");
    }
    author
}

/// A page of Le Mug's with these records, of which the first `accepted` are taken.
fn cut(name: &str, records: &[Value], accepted: usize, code: &'static str) -> Value {
    let head = mug().head("mug-ops");
    case(name, MUG, vec![(page(records, &head), accepted, code)])
}

/// All cases.
pub(crate) fn cases() -> Vec<Value> {
    [whole(), chains(), bodies(), openings(), keys(), heads()].concat()
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
    let with = |name: &str, value: Value| {
        let mut records = author.records.clone();
        records[1][name] = value;
        records
    };
    let dropped = {
        let mut records = author.records.clone();
        records[1] = json!({ "record": records[1]["record"] });
        records
    };
    let mut removal = Author::mug();
    removal.remove("profile", "mug-ops");
    removal.records[1]["salt"] = "AQEBAQEBAQEBAQEBAQEBAQ".into();
    removal.records[1]["body"] = "".into();
    let long = |bytes: usize| {
        let mut author = Author::mug();
        author.write("profile", &"x".repeat(bytes), "mug-ops");
        author
    };
    let longest = long(wire_body_max());
    let head = longest.head("mug-ops");
    vec![
        case(
            "a body that was dropped",
            MUG,
            vec![(page(&dropped, &author.head("mug-ops")), 4, "complete")],
        ),
        case(
            "the longest body",
            MUG,
            vec![(page(&longest.records, &head), 2, "complete")],
        ),
        cut(
            "a body that is longer",
            &long(wire_body_max() + 1).records,
            1,
            "feed_other_body",
        ),
        cut(
            "another body",
            &with("body", "{}".into()),
            1,
            "feed_other_body",
        ),
        cut(
            "another salt",
            &with("salt", "AQEBAQEBAQEBAQEBAQEBAQ".into()),
            1,
            "feed_other_body",
        ),
        cut(
            "a salt of 15 bytes",
            &with("salt", "AQEBAQEBAQEBAQEBAQEB".into()),
            1,
            "feed_other_body",
        ),
        cut(
            "a body without its salt",
            &with("salt", Value::Null),
            1,
            "feed_other_body",
        ),
        cut(
            "a salt without its body",
            &with("body", Value::Null),
            1,
            "feed_other_body",
        ),
        cut(
            "a removal with a body",
            &removal.records,
            1,
            "feed_other_body",
        ),
    ]
}

fn wire_body_max() -> usize {
    wire::feed::BODY_BYTES_MAX
}

fn openings() -> Vec<Value> {
    let label = Author::label();
    let (papers, head) = (&label.records, label.head("label-ops"));
    let first = |kind: &str, text: &str, by: &str| {
        let mut author = Author::new(MUG);
        author.write(kind, text, by).records.clone()
    };
    let labels = |anchor: &str, configuration: &str| {
        let mut author = Author::new(LABEL);
        author.write("anchor", anchor, "label-ops");
        author
            .write("entity-configuration", configuration, "label-ops")
            .records
            .clone()
    };
    let of_label = |name: &str, records: &[Value], accepted: usize, outcome: &'static str| {
        case(name, LABEL, vec![(page(records, &head), accepted, outcome)])
    };
    let own = configuration(LABEL, "label-fed", "label-ops");
    let mug_papers = configuration(MUG, "mug-fed", "mug-ops");
    let thiefs = configuration(MUG, "thief", "mug-ops");
    let by_thief = crate::papers::anchor_of(&crate::papers::anchor_claims(&["label-fed"]), "thief");
    vec![
        of_label("a coordinator's opening", papers, 2, "complete"),
        of_label(
            "an opening cut after the anchor",
            &papers[..1],
            0,
            "feed_opening",
        ),
        of_label(
            "an anchor by another root",
            &labels(&by_thief, &own),
            0,
            "feed_opening",
        ),
        of_label(
            "an anchor that lists another key",
            &labels(&anchor("thief"), &own),
            0,
            "feed_opening",
        ),
        of_label(
            "a space's opening in a coordinator's feed",
            &labels(&mug_papers, &own),
            0,
            "feed_opening",
        ),
        cut(
            "no papers at the opening",
            &first("profile", PROFILES[0], "mug-ops"),
            0,
            "feed_opening",
        ),
        cut(
            "papers by another key",
            &first("entity-configuration", &thiefs, "mug-ops"),
            0,
            "feed_opening",
        ),
        cut(
            "papers in a record of another kind",
            &first("profile", &mug_papers, "mug-ops"),
            0,
            "feed_opening",
        ),
        cut(
            "good papers in a thief's record",
            &first("entity-configuration", &mug_papers, "thief"),
            0,
            "seal_unknown_key",
        ),
        cut(
            "papers without their body",
            &[json!({ "record": mug().records[0]["record"] })],
            0,
            "feed_opening",
        ),
        cut("nothing at all", &[], 0, "feed_gap"),
    ]
}

fn keys() -> Vec<Value> {
    let next = configuration(MUG, "mug-fed", "mug-ops-next");
    let thiefs = configuration(MUG, "thief", "thief");
    let mut turned = mug();
    turned.write("entity-configuration", &next, "mug-ops");
    let at_turn = turned.records.len();
    turned.write("profile", PROFILES[0], "mug-ops-next");
    let head = turned.head("mug-ops-next");
    let (before, after) = (&turned.records[..2], &turned.records[2..]);
    let mut late = turned.clone();
    late.write("profile", PROFILES[1], "mug-ops");
    let mut stolen = mug();
    stolen
        .write("entity-configuration", &thiefs, "mug-ops")
        .write("profile", PROFILES[0], "thief");
    let mut label = Author::label();
    label.write("anchor", &anchor("thief"), "label-ops");
    label.write(
        "entity-configuration",
        &configuration(LABEL, "thief", "thief"),
        "label-ops",
    );
    label.write("charter", "{}", "thief");
    vec![
        case(
            "a head by a key that is still to come",
            MUG,
            vec![
                (page(before, &head), 2, "more"),
                (page(after, &head), 4, "complete"),
            ],
        ),
        case(
            "a head by a key that does not come",
            MUG,
            vec![
                (page(before, &head), 2, "more"),
                (page(&[], &head), 0, "seal_unknown_key"),
            ],
        ),
        case(
            "a record by a key before it is in force",
            MUG,
            vec![(
                page(
                    &{
                        let mut early = mug();
                        early.write("entity-configuration", &next, "mug-ops-next");
                        early.records
                    },
                    &head,
                ),
                4,
                "seal_unknown_key",
            )],
        ),
        case(
            "a record by the key of before",
            MUG,
            vec![(page(&late.records, &head), at_turn + 1, "seal_unknown_key")],
        ),
        case(
            "papers by a thief, in a record by the stolen key",
            MUG,
            vec![(page(&stolen.records, &head), 5, "seal_unknown_key")],
        ),
        case(
            "a new anchor, and a configuration by the key it lists",
            LABEL,
            vec![(page(&label.records, &label.head("thief")), 5, "complete")],
        ),
    ]
}

fn heads() -> Vec<Value> {
    let author = mug();
    let judged = |name: &str, head: String, outcome: &'static str| {
        case(name, MUG, vec![(page(&author.records, &head), 4, outcome)])
    };
    let changed = |change: &dyn Fn(&mut Value)| author.head_changed("mug-ops", change);
    let other = json!("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    let good = author.head("mug-ops");
    let broken = format!("{}A{}", &good[..good.len() - 2], &good[good.len() - 1..]);
    vec![
        judged(
            "a head before what is known",
            changed(&|it| it["seq"] = 3.into()),
            "feed_behind",
        ),
        judged(
            "a head at another hash",
            changed(&|it| it["hash"] = other.clone()),
            "feed_fork",
        ),
        judged("a head ahead", changed(&|it| it["seq"] = 5.into()), "more"),
        judged(
            "a head of a later epoch",
            changed(&|it| it["epoch"] = 2.into()),
            "more",
        ),
        judged(
            "a head of another author",
            changed(&|it| it["iss"] = LABEL.into()),
            "feed_other_author",
        ),
        judged(
            "a head whose signature does not hold",
            broken,
            "seal_signature",
        ),
        judged("no head", String::new(), "seal_not_compact"),
        judged(
            "a record in place of the head",
            author.records[3]["record"]
                .as_str()
                .expect("a record")
                .to_owned(),
            "seal_other_kind",
        ),
    ]
}
