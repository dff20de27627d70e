//! `escale publish`: what a person wrote becomes records, wholly or not at all.

use scenarios::network::{Network, space_file};
use scenarios::node::{Node, price};
use serde_json::{Value, json};

/// Publishing this text is refused with these words, and nothing has changed.
#[track_caller]
fn is_refused(node: &Node, text: &str, saying: &[&str]) {
    let before = node.json(&["check", "--deep"]);
    std::fs::write(node.dir.join("space.toml"), text).expect("a file can be written");
    node.escale(&["publish"]).refused(saying);
    assert_eq!(node.json(&["check", "--deep"]), before);
}

/// What is wrong with a space's file, and what is said of it.
fn wrong_texts() -> Vec<(String, Vec<&'static str>)> {
    let good = space_file("Le Mug", 1500);
    let with = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    let lines = "unit = \"day\"\nprice_cents = 1500";
    let many = (0..51).map(|id| format!("[formula.f{id}]\nunit = \"day\"\nprice_cents = 1\n"));
    vec![
        (
            with("[profile]", "colour = 1\n[profile]\nsize = 2")
                .replace(lines, &format!("{lines}\nprise = 3")),
            vec!["no such key", "colour", "profile.size", "formula.day.prise"],
        ),
        (
            with("unit = \"day\"", "unit = \"fortnight\""),
            vec!["fortnight", "half_day"],
        ),
        (with("unit = \"day\"\n", ""), vec!["unit"]),
        (
            with("price_cents = 1500", "price_cents = 15.5"),
            vec!["15.5"],
        ),
        (
            with("price_cents = 1500", "price_cents = -1"),
            vec!["formula day", "price"],
        ),
        (
            with("price_cents = 1500", "price_cents = 9007199254740993"),
            vec!["formula day"],
        ),
        (
            with("name = \"Le Mug\"", "name = \"\""),
            vec!["profile", "name"],
        ),
        (with("name = \"Le Mug\"\n", ""), vec!["name"]),
        (
            with("Europe/Paris", "Europe/Chambery"),
            vec!["opening_hours", "time_zone"],
        ),
        (with("18:00", "08:00"), vec!["opening_hours"]),
        (with("09:00", "9h"), vec!["HH:MM"]),
        (
            with("[formula.day]", "[formula.\"Day!\"]"),
            vec!["an id is 1 to 40"],
        ),
        (
            many.fold(good.clone(), |text, more| text + &more),
            vec!["more than 50 formulas"],
        ),
        (String::new(), vec!["profile"]),
        ("[profile".to_owned(), vec!["space.toml cannot be used"]),
    ]
}

#[test]
fn what_is_wrong_is_named_and_nothing_is_published() {
    let network = Network::made();
    let mut node = network.invited("Le Mug");
    for (text, saying) in wrong_texts() {
        is_refused(&node, &text, &saying);
    }
    node.start();
    for (text, saying) in wrong_texts() {
        is_refused(&node, &text, &saying);
    }
    assert_eq!(price(&node.home(), &node.entity, "day"), Some(1500));
    // The control: the text that all of these were made from is taken.
    node.edit("space.toml", |_| space_file("Le Mug", 1600));
    assert_eq!(
        node.json(&["publish"])["records"].as_array().map(Vec::len),
        Some(1)
    );
}

#[test]
fn only_what_changed_becomes_a_record() {
    let network = Network::running();
    let mut node = network.invited("Le Mug");
    let seq = |published: &Value| published["seq"].as_u64().expect("a position");
    let first = node.json(&["publish"]);
    assert_eq!(first["records"], json!([]));
    let again = node.escale(&["publish"]).ok();
    assert_eq!(again.out, "Nothing has changed.\n");

    node.start();
    node.edit("space.toml", |text| {
        text.replace("price_cents = 19000", "price_cents = 18000")
    });
    let changed = node.json(&["publish"]);
    let record = |kind: &str, id: &str, is_removal: bool| json!([{ "kind": kind, "id": id, "is_removal": is_removal }]);
    assert_eq!(changed["records"], record("formula", "month", false));
    // The node's first start published its list of statuses, and its papers with its name.
    assert_eq!(seq(&changed), seq(&first) + 3);

    let (without, _) = space_file("Le Mug", 1500)
        .split_once("[formula.month]")
        .map_or_else(
            || panic!("no such formula"),
            |(before, after)| (before.to_owned(), after.to_owned()),
        );
    node.edit("space.toml", |_| without);
    let removed = node.escale(&["publish"]).ok();
    assert_eq!(removed.out, "removed formula month\n");
    assert_eq!(node.json(&["publish"])["seq"], seq(&changed) + 1);
    assert_eq!(price(&node.home(), &node.entity, "month"), None);

    // From another file, and from another folder.
    let file = network.path("elsewhere.toml");
    std::fs::write(&file, space_file("Le Mug", 1700)).expect("a file can be written");
    let file = file.to_str().expect("a plain name");
    node.json(&["publish", "--file", file]);
    assert_eq!(price(&node.home(), &node.entity, "day"), Some(1700));
    node.escale(&["publish", "--file", "no-such-file"])
        .refused(&["no-such-file cannot be read"]);
    node.stop();
    node.is_sound();
}

#[test]
fn a_coordinator_publishes_its_charter_and_counts_its_versions() {
    let network = Network::running();
    let coordinator = &network.coordinator;
    let version = || coordinator.home()["label"]["charter"]["version"].clone();
    assert_eq!(coordinator.json(&["publish"])["records"], json!([]));
    assert_eq!(version(), 1);
    coordinator.edit("charter.toml", |text| {
        text.replace("half_days_per_month = 4", "half_days_per_month = 6")
    });
    coordinator.escale(&["publish"]).ok();
    assert_eq!(version(), 2);
    coordinator.edit("charter.toml", |text| {
        text.replace("reciprocal\"", "generous\"")
    });
    coordinator
        .escale(&["publish"])
        .refused(&["charter.toml cannot be used", "generous"]);
    coordinator.edit("charter.toml", |text| {
        format!("colour = 1\n{text}\nweight = 2\n")
    });
    coordinator.edit("charter.toml", |text| text.replace("generous", "home_pays"));
    coordinator
        .escale(&["publish"])
        .refused(&["no such key", "colour", "roaming.weight"]);
    assert_eq!(version(), 2);
    // A space's file is no charter.
    let file = network.path("space.toml");
    std::fs::write(&file, space_file("Le Mug", 1)).expect("a file can be written");
    let done = coordinator.escale(&["publish", "--file", file.to_str().expect("a plain name")]);
    done.refused(&["space.toml cannot be used"]);
    assert_eq!(version(), 2);
    coordinator.is_sound();
}
