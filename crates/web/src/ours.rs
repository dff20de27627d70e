//! This node as a space: who we are, when we are open, what it costs.

use app::view::{Home, SpaceView};
use wire::space::Profile;

use crate::card::{PriceList, name_of, prices};
use crate::hours::{Door, Week, door, week, zone_of};
use crate::shown::{self, Text};
use crate::standing::{Badge, Reliance, badge};
use crate::words::{Message, Words};

/// This node as a space.
#[derive(Debug, Clone)]
pub(crate) struct Ours {
    /// The name on the door.
    pub(crate) name: String,
    /// What the label says of us.
    pub(crate) badge: Badge,
    /// Whether we are open.
    pub(crate) door: Option<Door>,
    /// Who we are, once it was published.
    pub(crate) place: Option<Place>,
    /// The hours of the week.
    pub(crate) week: Option<Week>,
    /// The price list.
    pub(crate) prices: PriceList,
}

/// Who a space is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The village.
    pub(crate) village: Option<String>,
    /// Street and number.
    pub(crate) address: Option<String>,
    /// The place itself.
    pub(crate) about: Option<Text>,
    /// The floor area.
    pub(crate) area: Option<String>,
    /// What is there.
    pub(crate) amenities: Vec<Text>,
    /// Whether the profile is invented.
    pub(crate) is_example: bool,
}

impl Ours {
    /// This node as the space `us`.
    pub(crate) fn of(words: &Words, home: &Home, us: &SpaceView) -> Self {
        let reliance = Reliance::of(home);
        Self {
            name: name_of(us),
            badge: badge(words, &us.standing, reliance, &zone_of(Some(us))),
            door: door(words, us, reliance, home.now),
            place: us.profile.as_ref().map(|profile| place(words, profile)),
            week: us
                .hours
                .as_ref()
                .map(|hours| week(words, hours, reliance, home.now)),
            prices: prices(words, &us.formulas),
        }
    }

    /// Whether there is nothing to show but a name.
    pub(crate) fn is_empty(&self) -> bool {
        self.place.is_none() && self.week.is_none() && self.prices.lines.is_empty()
    }

    /// The village, once it was published.
    pub(crate) fn village(&self) -> Option<&str> {
        self.place.as_ref()?.village.as_deref()
    }

    /// Whether the hours are invented.
    pub(crate) fn has_example_hours(&self) -> bool {
        self.week.as_ref().is_some_and(|week| week.is_example)
    }

    /// Whether something that is shown is invented.
    pub(crate) fn shows_an_example(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.is_example)
            || self.has_example_hours()
            || self.prices.shows_an_example()
    }
}

fn place(words: &Words, profile: &Profile) -> Place {
    let short = |text| shown::short(text, words.language);
    let area = |area_m2: u64| {
        let area = i64::try_from(area_m2).unwrap_or(i64::MAX);
        words.say_with(Message::PlaceArea, &[("area", area.into())])
    };
    Place {
        village: shown::name(&profile.village),
        address: profile.address.as_deref().and_then(shown::name),
        about: profile
            .about
            .as_ref()
            .and_then(|text| shown::long(text, words.language)),
        area: profile.area_m2.map(area),
        amenities: profile.amenities.iter().filter_map(short).collect(),
        is_example: profile.is_example,
    }
}
