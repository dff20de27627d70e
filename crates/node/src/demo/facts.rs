//! The five spaces of the demonstration, and what is known of them.
//!
//! What no source gives is marked as an example, in the data itself.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// A space of the demonstration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Its folder, and the name of its log.
    pub(crate) folder: &'static str,
    /// The name on the door.
    pub(crate) name: &'static str,
    /// The village or town.
    pub(crate) village: &'static str,
    /// The rest of its file: what it says of itself.
    profile: &'static str,
    /// Its formulas: id, unit, cents, whether the price is an example.
    pub(crate) formulas: &'static [(&'static str, &'static str, i64, bool)],
}

/// The label's name.
pub(crate) const LABEL_NAME: &str = "Lieux labellisés des villages (exemple)";
/// The label's name in English.
pub(crate) const LABEL_NAME_EN: &str = "Labelled village spaces (example)";

/// The five spaces.
pub(crate) const PLACES: [Place; 5] = [
    Place {
        folder: "le-mug",
        name: "Le Mug",
        village: "Chambéry",
        profile: r#"area_m2 = 150
about = { fr = "Au centre-ville, ouvert depuis le 7 avril 2015, porté par l'association Chambé-Carnet.", en = "In the town centre, open since 7 April 2015, run by the association Chambé-Carnet." }
amenities = [
    { fr = "salle de réunion", en = "meeting room" },
    { fr = "espace expresso", en = "espresso corner" },
    { fr = "bibliothèque", en = "library" },
]

[opening_hours]
time_zone = "Europe/Paris"
subscribers_at_all_hours = true
is_example = true
weekly = [
    { day = "monday", from = "09:00", to = "18:00" },
    { day = "tuesday", from = "09:00", to = "18:00" },
    { day = "wednesday", from = "09:00", to = "18:00" },
    { day = "thursday", from = "09:00", to = "18:00" },
    { day = "friday", from = "09:00", to = "17:00" },
]
"#,
        formulas: &[
            ("hour", "hour", 400, true),
            ("day", "day", 1800, true),
            ("month", "month", 19000, true),
            ("year", "year", 190_000, true),
        ],
    },
    Place {
        folder: "le-mug-aix",
        name: "Le Mug Aix-les-Bains",
        village: "Aix-les-Bains",
        profile: r#"about = { fr = "Près de la gare, avec les coopératives Oxalis et Cabestan.", en = "By the station, with the cooperatives Oxalis and Cabestan." }

[opening_hours]
time_zone = "Europe/Paris"
subscribers_at_all_hours = true
is_example = true
weekly = [
    { day = "monday", from = "09:00", to = "18:00" },
    { day = "tuesday", from = "09:00", to = "18:00" },
    { day = "thursday", from = "09:00", to = "18:00" },
    { day = "friday", from = "09:00", to = "18:00" },
]
"#,
        formulas: &[
            ("hour", "hour", 400, true),
            ("day", "day", 1700, true),
            ("week", "week", 6500, true),
            ("month", "month", 18000, true),
        ],
    },
    Place {
        folder: "grenoble",
        name: "Coworking Grenoble",
        village: "Grenoble",
        profile: r#"about = { fr = "Vous venez, vous vous asseyez, vous travaillez. Sans réservation obligatoire.", en = "You come, you sit, you work. No compulsory booking." }
amenities = [
    { fr = "internet", en = "internet" },
    { fr = "copies", en = "copies" },
    { fr = "café", en = "coffee" },
]

[opening_hours]
time_zone = "Europe/Paris"
is_example = true
weekly = [
    { day = "monday", from = "08:30", to = "19:00" },
    { day = "tuesday", from = "08:30", to = "19:00" },
    { day = "wednesday", from = "08:30", to = "19:00" },
    { day = "thursday", from = "08:30", to = "19:00" },
    { day = "friday", from = "08:30", to = "19:00" },
]
"#,
        formulas: &[
            ("day", "day", 1500, false),
            ("month", "month", 20000, false),
        ],
    },
    Place {
        folder: "troqu-et",
        name: "Le Troqu-Et Numérique",
        village: "Bourgoin-Jallieu",
        profile: r#"about = { fr = "Trois fondateurs, une devise : plus forts ensemble.", en = "Three founders, one motto: stronger together." }
amenities = [
    { fr = "salle de réunion", en = "meeting room" },
    { fr = "salle de détente avec ping-pong et fléchettes", en = "rest room with ping-pong and darts" },
]

[opening_hours]
time_zone = "Europe/Paris"
is_example = true
weekly = [
    { day = "tuesday", from = "09:00", to = "18:30" },
    { day = "wednesday", from = "09:00", to = "18:30" },
    { day = "thursday", from = "09:00", to = "18:30" },
    { day = "friday", from = "09:00", to = "18:30" },
]
"#,
        formulas: &[
            ("half-day", "half_day", 700, true),
            ("day", "day", 1200, true),
            ("week", "week", 4500, true),
            ("month", "month", 12000, true),
        ],
    },
    Place {
        folder: "village-factory",
        name: "Vill@ge Factory",
        village: "Sarthe",
        profile: r#"about = { fr = "Un lieu rural : à temps partiel, sur réservation, à plein temps ou de temps en temps.", en = "A rural space: part-time, on booking, full time, or from time to time." }
amenities = [
    { fr = "ligne rapide", en = "fast line" },
    { fr = "imprimante", en = "printer" },
    { fr = "vidéoprojecteur", en = "video projector" },
    { fr = "secrétariat partagé", en = "shared secretariat" },
]

[opening_hours]
time_zone = "Europe/Paris"
is_example = true
weekly = [
    { day = "monday", from = "09:00", to = "12:30" },
    { day = "wednesday", from = "09:00", to = "17:30" },
    { day = "saturday", from = "09:00", to = "12:30" },
]
"#,
        formulas: &[
            ("half-day", "half_day", 600, true),
            ("day", "day", 1000, true),
            ("week", "week", 4000, true),
        ],
    },
];

/// The space whose line the demonstration cuts and forges.
pub(crate) const FORGED: usize = 3;
/// The space whose label is withdrawn.
pub(crate) const WITHDRAWN: usize = 4;
/// The space that is stopped and misses records.
pub(crate) const ABSENT: usize = 1;
/// The space whose member visits others.
pub(crate) const HOME: usize = 0;
/// A space that the member visits.
pub(crate) const HOST: usize = 2;
/// Another one.
pub(crate) const OTHER_HOST: usize = 1;
/// The space that publishes while others are away, and is killed.
pub(crate) const BUSY: usize = 0;

impl Place {
    /// The space's whole file, with `day_cents` as the price of its day.
    pub(crate) fn file(&self, day_cents: Option<i64>) -> String {
        let mut text = format!(
            "[profile]\nname = \"{}\"\nvillage = \"{}\"\n{}",
            self.name, self.village, self.profile
        );
        for (id, unit, cents, is_example) in self.prices(day_cents) {
            let _ = write!(
                text,
                "\n[formula.{id}]\nunit = \"{unit}\"\nprice_cents = {cents}\nis_example = {is_example}\n"
            );
        }
        text
    }

    /// What a stranger should read of the formulas, as the API writes it.
    pub(crate) fn expected_formulas(&self, day_cents: Option<i64>) -> Value {
        self.prices(day_cents)
            .map(|(id, unit, cents, is_example)| {
                let mut formula = serde_json::Map::new();
                formula.insert("unit".to_owned(), json!(unit));
                formula.insert("price_cents".to_owned(), json!(cents));
                if is_example {
                    formula.insert("is_example".to_owned(), json!(true));
                }
                (id.to_owned(), Value::Object(formula))
            })
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    fn prices(
        &self,
        day_cents: Option<i64>,
    ) -> impl Iterator<Item = (&'static str, &'static str, i64, bool)> {
        self.formulas
            .iter()
            .map(move |(id, unit, cents, is_example)| {
                let is_changed = *id == "day" && day_cents.is_some();
                let cents = day_cents.filter(|_| is_changed).unwrap_or(*cents);
                (*id, *unit, cents, *is_example || is_changed)
            })
    }
}
