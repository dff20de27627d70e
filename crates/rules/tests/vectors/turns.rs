//! Feeds in which keys change, and heads, good and bad.

use serde_json::{Value, json};

use crate::author::Author;
use crate::pages::{PROFILES, case, cut, mug, page};
use crate::papers::{LABEL, MUG, anchor, configuration, configuration_as};

/// A feed of Le Mug's in which the `ops` key changes.
fn turned() -> Author {
    let mut author = mug();
    let next = configuration(MUG, "mug-fed", "mug-ops-next");
    author.write("entity-configuration", &next, "mug-ops");
    author.write("profile", PROFILES[0], "mug-ops-next");
    author
}

/// Keys change as their papers say.
pub(crate) fn keys() -> Vec<Value> {
    let turned = turned();
    let head = turned.head("mug-ops-next");
    let (before, after) = (&turned.records[..2], &turned.records[2..]);
    let first = || (page(before, &head), 2, "more");
    let nothing = (page(&[], &head), 0, "seal_unknown_key");
    let mut label = Author::label();
    let papers = configuration(LABEL, "thief", "thief");
    label.write("anchor", &anchor("thief"), "label-ops");
    label.write("entity-configuration", &papers, "label-ops");
    label.write("charter", "{}", "thief");
    let mut elsewhere = Author::label();
    elsewhere.write_changed("anchor", &anchor("thief"), "label-ops", |it| {
        it["id"] = LABEL.into();
    });
    elsewhere.write("entity-configuration", &papers, "label-ops");
    elsewhere.write("charter", "{}", "thief");
    let under_another_id = page(&elsewhere.records, &elsewhere.head("thief"));
    let whole = (page(&label.records, &label.head("thief")), 5, "complete");
    vec![
        case(
            "a head by a key that is still to come",
            MUG,
            vec![first(), (page(after, &head), 4, "complete")],
        ),
        case(
            "a head by a key that does not come",
            MUG,
            vec![first(), nothing],
        ),
        case(
            "a new anchor, and a configuration by the key it lists",
            LABEL,
            vec![whole],
        ),
        case(
            "a new anchor under another id, which changes nothing",
            LABEL,
            vec![(under_another_id, 4, "seal_unknown_key")],
        ),
    ]
}

/// A key signs only where it is in force.
pub(crate) fn thefts() -> Vec<Value> {
    let next = configuration(MUG, "mug-fed", "mug-ops-next");
    let mut early = mug();
    early.write("entity-configuration", &next, "mug-ops-next");
    let mut late = turned();
    late.write("profile", PROFILES[1], "mug-ops");
    // The next key is named under another id, or by a node of another role: not at all.
    let mut elsewhere = mug();
    elsewhere.write_changed("entity-configuration", &next, "mug-ops", |it| {
        it["id"] = MUG.into();
    });
    elsewhere.write("profile", PROFILES[0], "mug-ops-next");
    let of_another_role = configuration_as("coordinator", MUG, "mug-fed", "mug-ops-next");
    let mut as_coordinator = mug();
    as_coordinator.write("entity-configuration", &of_another_role, "mug-ops");
    as_coordinator.write("profile", PROFILES[0], "mug-ops-next");
    let thiefs = configuration(MUG, "thief", "thief");
    let mut stolen = mug();
    stolen.write("entity-configuration", &thiefs, "mug-ops");
    stolen.write("profile", PROFILES[0], "thief");
    // All but the last record of each.
    [
        ("a record by a key before it is in force", early),
        ("a record by the key of before", late),
        ("papers by a thief, in a record by the stolen key", stolen),
        ("papers under another id", elsewhere),
        ("papers of another role", as_coordinator),
    ]
    .map(|(name, author)| {
        let taken = author.records.len() - 1;
        cut(name, &author.records, taken, "seal_unknown_key")
    })
    .into()
}

/// What a head says of the records before it.
pub(crate) fn heads() -> Vec<Value> {
    let author = mug();
    let judged = |name: &str, head: String, outcome: &'static str| {
        case(name, MUG, vec![(page(&author.records, &head), 4, outcome)])
    };
    let changed = |change: &dyn Fn(&mut Value)| author.head_changed("mug-ops", change);
    // With the records, the one that opens that epoch may be still to come.
    let later = |name: &str, seq: u64| {
        let head = changed(&|it| {
            it["epoch"] = 2.into();
            it["seq"] = seq.into();
        });
        let pages = [
            (page(&author.records, &head), 4, "more"),
            (page(&[], &head), 0, "feed_epoch"),
        ];
        case(name, MUG, pages.into())
    };
    let other = json!("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    let mut broken = author.head("mug-ops");
    let at = broken.len() - 2;
    broken.replace_range(at..=at, "A");
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
        later("a head of a later epoch", 5),
        later("a head of a later epoch, before what is known", 1),
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

/// A feed goes on in a later epoch, by the word of its `fed` key.
pub(crate) fn epochs() -> Vec<Value> {
    let gone_on = |fed: &str, ops: &str, change: &dyn Fn(&mut Value)| {
        let mut author = mug();
        let mut claims = author.epoch_claims(2, ops);
        change(&mut claims);
        author.go_on(&claims, fed, ops);
        author
    };
    let good = gone_on("mug-fed", "mug-ops-next", &|_| {});
    let head = good.head("mug-ops-next");
    let count = good.records.len();
    let (before, after) = (&good.records[..count - 1], &good.records[count - 1..]);
    let whole = (page(&good.records, &head), count, "complete");
    let in_two = vec![
        (page(before, &head), count - 1, "more"),
        (page(after, &head), 1, "complete"),
    ];
    let nothing = vec![
        (page(before, &head), count - 1, "more"),
        (page(&[], &head), 0, "seal_unknown_key"),
    ];
    let one = |author: Author, ops: &str, outcome| {
        vec![(page(&author.records, &author.head(ops)), count - 1, outcome)]
    };
    let stolen = gone_on("mug-ops", "mug-ops", &|_| {});
    let of_another = gone_on("mug-fed", "mug-ops", &|it| it["iss"] = LABEL.into());
    let elsewhere = gone_on("mug-fed", "mug-ops", &|it| {
        it["after"] = json!({ "epoch": 1, "seq": 1, "hash": it["after"]["hash"] });
    });
    vec![
        case("a later epoch, by another `ops` key", MUG, vec![whole]),
        case("a later epoch on the next page", MUG, in_two),
        case("a head of a later epoch that does not come", MUG, nothing),
        case(
            "a later epoch by an `ops` key alone",
            MUG,
            one(stolen, "mug-ops", "feed_gap"),
        ),
        case(
            "a later epoch by another author's word",
            MUG,
            one(of_another, "mug-ops", "feed_gap"),
        ),
        case(
            "a later epoch after a record before the last",
            MUG,
            one(elsewhere, "mug-ops", "feed_fork"),
        ),
    ]
}
