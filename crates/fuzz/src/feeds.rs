//! Pages of feeds, the machine that follows them, and the bodies of records.

use rules::feed::{Author, Tip, extend, judge_head};
use seal::{KeySet, SecretKey};
use wire::event::Seats;
use wire::feed::{PAGE_RECORDS_MAX, Page};
use wire::label::{Charter, Withdrawal};
use wire::space::{Formula, OpeningHours, Profile};
use wire::{BodyKind, EntityId};

use crate::kept;

pub(crate) fn page(bytes: &[u8]) -> bool {
    let Ok(page) = Page::parse(bytes) else {
        return false;
    };
    assert!(page.records.len() <= PAGE_RECORDS_MAX, "short");
    for record in &page.records {
        if let Ok(Some(body)) = record.body() {
            let _ = body.digest();
        }
    }
    let written = kept(serde_json::to_vec(&page), "what was read is written");
    assert_eq!(Page::parse(&written), Ok(page), "read again");
    true
}

/// A page, taken as that of a space and of a coordinator.
pub(crate) fn feed(bytes: &[u8]) -> bool {
    let Ok(page) = Page::parse(bytes) else {
        return false;
    };
    let root = SecretKey::from_seed(&[1; 32]);
    let fed = KeySet::only(SecretKey::from_seed(&[4; 32]).public().clone());
    let mut is_taken = false;
    for (entity, author) in [
        (
            "https://le-mug.example",
            Author::Space(&fed, rules::revocation::Revoked::none()),
        ),
        ("https://label.example", Author::Coordinator(root.public())),
    ] {
        let entity = kept(EntityId::parse(entity), "a name");
        let mut tip = Tip::start();
        let (accepted, refusal) = extend(&entity, author, &mut tip, &page.records);
        let count = accepted.len();
        assert_eq!(tip.seq, count as u64, "the tip is the last that was taken");
        assert_eq!(refusal.is_none(), count == page.records.len(), "all or why");
        assert_eq!(tip.hash.is_some(), count > 0, "a past");
        for (one, next) in accepted.iter().zip(accepted.iter().skip(1)) {
            assert_eq!(one.record.seq + 1, next.record.seq, "one after the other");
        }
        let said = judge_head(&entity, &tip, &page.head, count);
        is_taken = is_taken || refusal.is_none() && said.is_ok();
    }
    is_taken
}

fn body_of<T: BodyKind>(text: &str) -> bool {
    let Ok(body) = T::read(text) else {
        return false;
    };
    let written = kept(body.write(), "what was read is written");
    let again = kept(T::read(&written), "what was written is read");
    assert_eq!(again.write(), Ok(written), "and the same");
    true
}

pub(crate) fn bodies(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    [
        body_of::<Charter>(text),
        body_of::<Withdrawal>(text),
        body_of::<Profile>(text),
        body_of::<OpeningHours>(text),
        body_of::<Formula>(text),
        body_of::<Seats>(text),
    ]
    .contains(&true)
}
