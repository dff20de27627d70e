//! The label: its charter, its coordinator, and how fresh its register is.

use app::JoinState;
use app::view::{FurtherLabelView, Home};
use rules::trust::Standing;
use wire::label::{Charter, Settlement};

use crate::hours::zone_of;
use crate::news::{News, Refused, news, refused};
use crate::shown::{self, Text};
use crate::standing::{Badge, Reliance, badge};
use crate::words::{Message, Words};

/// The label.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    /// The charter, once it was heard.
    pub(crate) rules: Option<Rules>,
    /// The coordinator's host.
    pub(crate) coordinator: String,
    /// The coordinator's own home page.
    pub(crate) link: String,
    /// How fresh the register is; nothing where we are the coordinator.
    pub(crate) news: Option<News>,
    /// Why the coordinator's last news is not here.
    pub(crate) refused: Option<Refused>,
    /// The labels that the space joined since it was founded.
    pub(crate) further: Vec<Further>,
}

/// A label that the space joined since it was founded.
#[derive(Debug, Clone)]
pub(crate) struct Further {
    /// The label's name, once it was heard.
    pub(crate) name: Option<Text>,
    /// The coordinator's host.
    pub(crate) coordinator: String,
    /// The coordinator's own home page.
    pub(crate) link: String,
    /// What the label says of us.
    pub(crate) badge: Badge,
    /// How fresh its register is.
    pub(crate) news: News,
    /// Why the coordinator's last news is not here.
    pub(crate) refused: Option<Refused>,
}

/// The charter.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    /// The label's name.
    pub(crate) name: Text,
    /// How far roaming goes.
    pub(crate) roaming: String,
    /// Who pays for it; nothing where there is no roaming.
    pub(crate) settlement: Option<String>,
    /// Which version of the charter this is.
    pub(crate) version: String,
    /// The charter's URL, which is shown and never a link.
    pub(crate) url: String,
}

impl Label {
    /// The label of a home.
    pub(crate) fn of(words: &Words, home: &Home) -> Self {
        let label = &home.label;
        let zone = zone_of(home.us.as_ref());
        let is_ours = home.us.is_none();
        Self {
            rules: label.charter.as_ref().map(|charter| rules(words, charter)),
            coordinator: label.coordinator.authority().to_owned(),
            link: shown::link(&label.coordinator, words.language),
            news: (!is_ours).then(|| news(words, label.freshness, home.now, &zone)),
            refused: refused(words, &label.feed),
            further: home
                .further_labels
                .iter()
                .map(|further| Further::of(words, home, further))
                .collect(),
        }
    }

    /// The label's name, once it was heard.
    pub(crate) fn name(&self) -> Option<&Text> {
        self.rules.as_ref().map(|rules| &rules.name)
    }
}

impl Further {
    fn of(words: &Words, home: &Home, further: &FurtherLabelView) -> Self {
        let FurtherLabelView {
            label,
            standing,
            joining,
        } = further;
        let zone = zone_of(home.us.as_ref());
        let charter = label.charter.as_ref();
        let said = |shape, message, reason| Badge {
            shape,
            text: words.say(message),
            reason,
        };
        let badge = match (joining, standing) {
            (JoinState::Asking, Standing::Unknown) => said("unknown", Message::LabelAsking, None),
            (JoinState::Refused { .. }, Standing::Unknown) => said(
                "unknown",
                Message::LabelRefused,
                Some(words.say(Message::LabelRefusedHelp)),
            ),
            _ => {
                let reliance = Reliance::on(label, home.is_clock_behind);
                badge(words, standing, reliance, &zone)
            }
        };
        Self {
            name: charter.and_then(|it| shown::short(&it.name, words.language)),
            coordinator: label.coordinator.authority().to_owned(),
            link: shown::link(&label.coordinator, words.language),
            badge,
            news: news(words, label.freshness, home.now, &zone),
            refused: refused(words, &label.feed),
        }
    }
}

fn rules(words: &Words, charter: &Charter) -> Rules {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let half_days = number(charter.roaming.half_days_per_month);
    let (roaming, settlement) = if half_days == 0 {
        (words.say(Message::RoamingNone), None)
    } else {
        let settlement = match charter.roaming.settlement {
            Settlement::Reciprocal => Message::SettlementReciprocal,
            Settlement::HomePays => Message::SettlementHomePays,
        };
        (
            words.say_with(Message::RoamingHalfDays, &[("count", half_days.into())]),
            Some(words.say(settlement)),
        )
    };
    let nameless = || Text {
        text: words.say(Message::LabelNameless),
        lang: None,
    };
    let version = number(charter.version).to_string();
    Rules {
        name: shown::short(&charter.name, words.language).unwrap_or_else(nameless),
        roaming,
        settlement,
        version: words.say_with(Message::LabelCharterVersion, &[("version", version.into())]),
        url: shown::name(&charter.url).unwrap_or_default(),
    }
}
