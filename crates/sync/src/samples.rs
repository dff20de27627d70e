//! What the tests of the plan share.

use wire::EntityId;

use crate::{Effect, Event, Lane};

/// The peers of one label.
pub(crate) fn peers(spaces: Vec<EntityId>) -> Event {
    let coordinator = None;
    Event::Peers(vec![Lane {
        coordinator,
        spaces,
    }])
}

/// Which authors are asked.
pub(crate) fn pulls(effects: &[Effect]) -> Vec<EntityId> {
    let pull = |it: &Effect| match it {
        Effect::Pull(peer) => Some(peer.clone()),
        Effect::PullFrom { .. } => None,
    };
    effects.iter().filter_map(pull).collect()
}

/// The section of `specs/feed.md` with this heading states each of these numbers, before its
/// name in brackets.
#[track_caller]
pub(crate) fn are_stated(heading: &str, numbers: &[(&str, u64)]) {
    let text = include_str!("../../../specs/feed.md");
    let section = text.split("\n## ").find(|it| it.starts_with(heading));
    let section = section.unwrap().replace(',', "");
    for (name, number) in numbers {
        let before = section.split(&format!("(`{name}`)")).next().unwrap();
        let digits = |word: &&str| word.chars().all(|it| it.is_ascii_digit());
        let stated = before.split_whitespace().rfind(digits);
        assert_eq!(stated, Some(number.to_string().as_str()), "{name}");
    }
}
