//! The files in which people describe their space, or their label.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, bail};
use app::{CharterText, SpaceText};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wire::LocalText;
use wire::label::{Criterion, Roaming};
use wire::space::{Formula, OpeningHours, Profile};

/// The name of a space's file in its node's folder.
pub(crate) const SPACE_FILE: &str = "space.toml";
/// The name of a coordinator's file in its node's folder.
pub(crate) const CHARTER_FILE: &str = "charter.toml";

#[derive(Deserialize)]
struct SpaceFile {
    profile: Profile,
    opening_hours: Option<OpeningHours>,
    #[serde(default)]
    formula: BTreeMap<String, Formula>,
}

#[derive(Deserialize)]
struct CharterFile {
    name: LocalText,
    roaming: Roaming,
    #[serde(default)]
    criteria: Vec<Criterion>,
}

/// Reads a space's file; keys that are not known are all named.
pub(crate) fn read_space(path: &Path) -> anyhow::Result<SpaceText> {
    let SpaceFile {
        profile,
        opening_hours,
        formula,
    } = read(path)?;
    Ok(SpaceText {
        profile,
        opening_hours,
        formulas: formula,
    })
}

/// Reads a coordinator's file; keys that are not known are all named.
pub(crate) fn read_charter(path: &Path) -> anyhow::Result<CharterText> {
    let CharterFile {
        name,
        roaming,
        criteria,
    } = read(path)?;
    Ok(CharterText {
        name,
        roaming,
        criteria,
    })
}

fn read<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
    parse(&text).with_context(|| format!("{shown} cannot be used"))
}

fn parse<T: DeserializeOwned>(text: &str) -> anyhow::Result<T> {
    let table: toml::Table = text.parse()?;
    let mut unknown = BTreeSet::new();
    let value = serde_ignored::deserialize(table, |path| {
        unknown.insert(path.to_string());
    })?;
    if !unknown.is_empty() {
        bail!(
            "no such key: {}",
            unknown.into_iter().collect::<Vec<_>>().join(", ")
        );
    }
    Ok(value)
}

/// The file of a new space: its name and village, and how to say the rest.
pub(crate) fn new_space_file(name: &str, village: &str) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    format!(
        r#"# What this space says of itself. After a change: escale publish
# Texts may be given in French (fr), in English (en), or in both.

[profile]
name = {name}
village = {village}
# address = "1 place de la Gare"
# about = {{ fr = "…", en = "…" }}
# area_m2 = 150
# latitude_e6 = 45566000     # millionths of a degree
# longitude_e6 = 5920000
# amenities = [{{ fr = "salle de réunion", en = "meeting room" }}]

# [opening_hours]
# time_zone = "Europe/Paris"
# half_day_boundary = "13:00"
# subscribers_at_all_hours = false
# weekly = [
#     {{ day = "monday", from = "09:00", to = "18:00" }},
# ]

# One section a formula. unit: hour, half_day, day, week, month or year.
# [formula.day]
# unit = "day"
# price_cents = 1500
# includes = {{ fr = "café", en = "coffee" }}
"#,
        name = quoted(name),
        village = quoted(village),
    )
}

/// The file of a new label: the default charter.
pub(crate) fn new_charter_file(charter: &CharterText) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut names = Vec::new();
    if let Some(name) = &charter.name.fr {
        names.push(format!("fr = {}", quoted(name)));
    }
    if let Some(name) = &charter.name.en {
        names.push(format!("en = {}", quoted(name)));
    }
    format!(
        r#"# The label's rules. After a change: escale publish

name = {{ {names} }}

[roaming]
# How many half-days a member may work in other spaces in a month.
half_days_per_month = {half_days}
# reciprocal: visits are counted and balanced, not paid.
# home_pays: the home pays the host's published price.
settlement = "reciprocal"
# What becomes of half-days used beyond those granted, while nodes were apart.
# carried: they count against the next month. forgiven: the next month begins anew.
overdraw = "carried"

# What a space must be like to bear the label: once for each, 40 at most.
# [[criteria]]
# id = "open-half-days"
# text = {{ fr = "Ouvert quatre demi-journées par semaine", en = "Open four half-days a week" }}
"#,
        names = names.join(", "),
        half_days = charter.roaming.half_days_per_month,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_spaces_file_is_read_as_it_stands_and_with_its_examples() {
        let text = new_space_file("Le \"Mug\"", "Chambéry");
        let file: SpaceFile = parse(&text).unwrap();
        assert_eq!(file.profile.name, "Le \"Mug\"");
        let uncomment = |line: &str| match line.strip_prefix("# ") {
            Some(rest) if rest.contains(" = ") || rest.starts_with(['[', ']', ' ']) => {
                rest.to_owned()
            }
            _ => line.to_owned(),
        };
        let uncommented = text.lines().map(uncomment).collect::<Vec<_>>().join("\n");
        let file: SpaceFile = parse(&uncommented).unwrap();
        assert_eq!(file.profile.area_m2, Some(150));
        assert_eq!(file.opening_hours.unwrap().weekly.len(), 1);
        assert_eq!(file.formula["day"].price_cents.0, 1500);
    }

    #[test]
    fn unknown_keys_are_all_named() {
        let text = "[profile]\nname = \"a\"\nvillage = \"b\"\ncolour = 1\n[formula.day]\n\
            unit = \"day\"\nprice_cents = 1\nprise = 2";
        let error = parse::<SpaceFile>(text).err().unwrap().to_string();
        assert!(
            error.contains("profile.colour") && error.contains("formula.day.prise"),
            "{error}"
        );
    }

    #[test]
    fn a_new_labels_file_is_read_back() {
        let charter = CharterText {
            name: LocalText {
                fr: Some("Réseau".to_owned()),
                en: None,
            },
            roaming: Roaming {
                half_days_per_month: 4,
                settlement: wire::label::Settlement::Reciprocal,
                overdraw: wire::label::Overdraw::Carried,
            },
            criteria: Vec::new(),
        };
        let text = new_charter_file(&charter);
        let file: CharterFile = parse(&text).unwrap();
        assert_eq!((file.name, file.roaming), (charter.name, charter.roaming));
        assert!(file.criteria.is_empty());
        let (before, example) = text.split_once("# [[criteria]]").unwrap();
        let example = example.replace("# ", "");
        let file: CharterFile = parse(&format!("{before}[[criteria]]{example}")).unwrap();
        assert_eq!(file.criteria.len(), 1);
    }
}
