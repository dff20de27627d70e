//! Chains, the marks beside them, and how a mark stands: one thing wrong at a time.

use seal::SecretKey;
use wire::trust::{Constraints, FederationEntity, Metadata, NodeMetadata, NodeRole};

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);
const CHARTER: &str = "https://label.example/charter";
const DAY_SECONDS: i64 = 24 * 60 * 60;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn keys(seeds: &[u8]) -> KeySet {
    let keys = seeds.iter().map(|seed| key(*seed).public().clone());
    KeySet::new(keys.collect()).unwrap()
}

fn id(text: &str) -> EntityId {
    EntityId::parse(text).unwrap()
}

fn label() -> EntityId {
    id("https://label.example")
}

fn mug() -> EntityId {
    id("https://le-mug.example")
}

/// What stands in a chain, before it is signed, and by whom it is.
struct Parts {
    statements: [EntityStatement; 3],
    by: [u8; 3],
    length: usize,
}

fn own(entity: EntityId, seed: u8, role: NodeRole) -> EntityStatement {
    EntityStatement {
        iss: entity.clone(),
        sub: entity,
        iat: NOW,
        exp: NOW.plus_seconds(14 * DAY_SECONDS),
        jwks: Jwks::of(key(seed).public()),
        authority_hints: Vec::new(),
        metadata: Some(Metadata {
            federation_entity: Some(FederationEntity::default()),
            escale_node: Some(NodeMetadata {
                jwks: Jwks::of(key(seed + 10).public()),
                role,
            }),
        }),
        constraints: None,
        trust_marks: Vec::new(),
        trust_mark_issuers: None,
        escale_epoch: None,
    }
}

fn parts() -> Parts {
    let mut configuration = own(mug(), 3, NodeRole::Space);
    configuration.authority_hints = vec!["https://other.example".to_owned(), label().to_string()];
    let mut anchor = own(label(), 2, NodeRole::Coordinator);
    anchor.trust_mark_issuers = Some([(CHARTER.to_owned(), vec![label()])].into());
    let statement = EntityStatement {
        iss: label(),
        sub: mug(),
        exp: NOW.plus_seconds(45 * DAY_SECONDS),
        metadata: None,
        constraints: Some(Constraints { max_path_length: 0 }),
        authority_hints: Vec::new(),
        ..configuration.clone()
    };
    Parts {
        statements: [configuration, statement, anchor],
        by: [3, 2, 2],
        length: 3,
    }
}

fn open(change: impl FnOnce(&mut Parts), now: Timestamp) -> Result<Chain, ChainRefusal> {
    let mut parts = parts();
    change(&mut parts);
    let signed = parts.statements.iter().zip(parts.by);
    let texts = signed.map(|(it, by)| {
        let signed = seal::sign(it.clone(), &key(by)).unwrap();
        signed.as_str().to_owned()
    });
    let texts: Vec<String> = texts.collect();
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let more = texts.clone();
    texts.extend(more);
    texts.truncate(parts.length);
    let (entity, keys) = (label(), keys(&[2, 8]));
    let pinned = Pinned {
        entity: &entity,
        keys: &keys,
    };
    open_chain(&texts, pinned, &mug(), now)
}

#[track_caller]
fn refused(expected: &str, change: impl FnOnce(&mut Parts)) {
    let found = open(change, NOW).err();
    assert_eq!(found.map(|it| it.code()), Some(expected));
}

#[test]
fn a_chain_holds_until_its_first_statement_runs_out() {
    let chain = open(|_| {}, NOW).unwrap();
    let end = NOW.plus_seconds(14 * DAY_SECONDS);
    assert_eq!(chain.until(), end);
    assert!(open(|_| {}, end.plus_seconds(-1)).is_ok());
    let ended = open(|_| {}, end).err();
    assert_eq!(ended, Some(ChainRefusal::Expired));
    let early = NOW.plus_seconds(-CLOCK_LEEWAY_SECONDS);
    assert!(open(|_| {}, early).is_ok());
    let earlier = open(|_| {}, early.plus_seconds(-1)).err();
    assert_eq!(earlier, Some(ChainRefusal::Future));
}

#[test]
fn each_of_three_statements_may_run_out_or_come_too_early() {
    for at in 0..3 {
        let end = NOW;
        refused("chain_expired", |it| {
            it.statements[at].iat = NOW.plus_seconds(-60);
            it.statements[at].exp = end;
        });
        refused("chain_future", |it| {
            it.statements[at].iat = NOW.plus_seconds(CLOCK_LEEWAY_SECONDS + 1);
        });
    }
}

#[test]
fn a_chain_has_three_statements() {
    for length in [0, 1, 2, 4, 6] {
        refused("chain_length", |it| it.length = length);
    }
}

#[test]
fn a_chain_hangs_from_the_pinned_keys() {
    refused("seal_unknown_key", |it| it.by[2] = 9);
    refused("seal_unknown_key", |it| it.by[1] = 9);
    refused("seal_unknown_key", |it| it.by[0] = 9);
    // Pinned, but the coordinator does not name it itself.
    refused("chain_own_key", |it| it.by[2] = 8);
    refused("seal_unknown_key", |it| it.by[1] = 8);
    // Named by the coordinator, but not pinned.
    refused("seal_unknown_key", |it| {
        let both = [2, 9].map(|seed| seal::Jwk::from(key(seed).public()));
        it.statements[2].jwks.keys = both.to_vec();
        it.by[1] = 9;
    });
    refused("chain_own_key", |it| {
        it.statements[2].jwks = Jwks::of(key(9).public());
    });
    // The space signs by a key that its coordinator names and it does not name itself.
    refused("chain_own_key", |it| {
        it.statements[0].jwks = Jwks::of(key(9).public());
    });
}

#[test]
fn each_statement_names_who_speaks_of_whom() {
    let other = || id("https://other.example");
    refused("trust_other_issuer", |it| it.statements[2].iss = other());
    refused("trust_other_subject", |it| {
        let it = &mut it.statements[1];
        it.sub = other();
    });
    refused("trust_other_issuer", |it| it.statements[1].iss = other());
    refused("trust_other_issuer", |it| {
        it.statements[0].iss = other();
        it.statements[0].sub = other();
    });
    refused("chain_hint", |it| it.statements[0].authority_hints.clear());
    refused("chain_hint", |it| {
        let hints = &mut it.statements[0].authority_hints;
        hints.truncate(1);
    });
    refused("trust_not_a_node", |it| it.statements[0].metadata = None);
    refused("trust_lasts_too_long", |it| {
        it.statements[1].exp = NOW.plus_seconds(46 * DAY_SECONDS);
    });
}

fn mark() -> TrustMark {
    TrustMark {
        iss: label(),
        sub: mug(),
        trust_mark_type: CHARTER.to_owned(),
        iat: NOW,
        exp: NOW.plus_seconds(90 * DAY_SECONDS),
    }
}

#[track_caller]
fn shown(expected: Option<&str>, name: &str, by: u8, change: impl FnOnce(&mut TrustMark)) {
    let mut mark = mark();
    change(&mut mark);
    let shown = ShownMark {
        trust_mark_type: name.to_owned(),
        trust_mark: seal::sign(mark, &key(by)).unwrap().as_str().to_owned(),
    };
    let chain = open(|_| {}, NOW).unwrap();
    let found = open_shown_mark(&chain, &shown, CHARTER, NOW).err();
    assert_eq!(found.map(|it| it.code()), expected);
}

#[test]
fn a_shown_mark_is_the_coordinators_word_about_this_space() {
    shown(None, CHARTER, 2, |_| {});
    shown(
        Some("chain_mark_type"),
        "https://label.example/other",
        2,
        |_| {},
    );
    shown(Some("seal_unknown_key"), CHARTER, 3, |_| {});
    shown(Some("seal_unknown_key"), CHARTER, 8, |_| {});
    shown(Some("trust_other_subject"), CHARTER, 2, |it| {
        it.sub = label();
    });
    shown(Some("trust_other_issuer"), CHARTER, 2, |it| it.iss = mug());
    shown(Some("trust_other_label"), CHARTER, 2, |it| {
        it.trust_mark_type.push('2');
    });
    shown(Some("chain_future"), CHARTER, 2, |it| {
        it.iat = NOW.plus_seconds(CLOCK_LEEWAY_SECONDS + 1);
    });
    shown(Some("chain_expired"), CHARTER, 2, |it| {
        it.iat = NOW.plus_seconds(-60);
        it.exp = NOW;
    });
}

#[test]
fn a_mark_counts_only_where_the_anchor_names_its_issuer() {
    let signed = seal::sign(mark(), &key(2)).unwrap();
    let shown = ShownMark {
        trust_mark_type: CHARTER.to_owned(),
        trust_mark: signed.as_str().to_owned(),
    };
    let other = || Some([(CHARTER.to_owned(), vec![mug()])].into());
    for issuers in [None, Some([].into()), other()] {
        let chain = open(|it| it.statements[2].trust_mark_issuers = issuers, NOW).unwrap();
        let found = open_shown_mark(&chain, &shown, CHARTER, NOW).err();
        assert_eq!(found, Some(ChainRefusal::MarkIssuer));
    }
}

fn status_of(text: &str, standing: Standing, now: Timestamp) -> Result<MarkStatus, NoStatus> {
    let (entity, current, former) = (label(), keys(&[2]), [key(6).public().clone()]);
    let issuer = Issuer {
        pinned: Pinned {
            entity: &entity,
            keys: &current,
        },
        former: &former,
        charter_url: CHARTER,
    };
    mark_status(text, issuer, |_| standing, now)
}

#[track_caller]
fn status(expected: MarkStatus, standing: Standing, by: u8, change: impl FnOnce(&mut TrustMark)) {
    let mut mark = mark();
    change(&mut mark);
    let signed = seal::sign(mark, &key(by)).unwrap();
    assert_eq!(status_of(signed.as_str(), standing, NOW), Ok(expected));
}

#[test]
fn a_mark_is_active_as_long_as_its_space_bears_the_label() {
    let until = NOW.plus_seconds(60);
    let labelled = || Standing::Labelled { until };
    status(MarkStatus::Active, labelled(), 2, |_| {});
    let over = || ("closed".to_owned(), NOW);
    let ((reason, since), ended) = (over(), over());
    let suspended = Standing::Suspended { since, reason };
    status(MarkStatus::Revoked, suspended, 2, |_| {});
    let (reason, since) = ended;
    let withdrawn = Standing::Withdrawn { since, reason };
    status(MarkStatus::Revoked, withdrawn, 2, |_| {});
    status(MarkStatus::Revoked, Standing::Admitted, 2, |_| {});
    status(MarkStatus::Revoked, Standing::Unknown, 2, |_| {});
    status(MarkStatus::Expired, Standing::Expired { since }, 2, |_| {});
    status(MarkStatus::Revoked, labelled(), 6, |_| {});
    status(MarkStatus::Revoked, labelled(), 2, |it| {
        it.trust_mark_type.push('2');
    });
    let run_out = |it: &mut TrustMark| {
        it.iat = NOW.plus_seconds(-60);
        it.exp = NOW;
    };
    status(MarkStatus::Expired, labelled(), 2, run_out);
    status(MarkStatus::Expired, Standing::Unknown, 6, run_out);
    status(MarkStatus::Invalid, labelled(), 2, |it| it.iss = mug());
    status(MarkStatus::Invalid, labelled(), 2, |it| {
        it.exp = NOW.plus_seconds(91 * DAY_SECONDS);
    });
}

#[test]
fn a_mark_that_was_not_issued_here_has_no_status() {
    let standing = || Standing::Admitted;
    let foreign = seal::sign(mark(), &key(9)).unwrap();
    let found = status_of(foreign.as_str(), standing(), NOW);
    assert_eq!(found, Err(NoStatus::NotIssued));
    for text in ["", "x", "a.b.c", "e30.e30."] {
        assert_eq!(status_of(text, standing(), NOW), Err(NoStatus::NotAMark));
    }
    let good = seal::sign(mark(), &key(2)).unwrap();
    let (signed, _) = good.as_str().rsplit_once('.').unwrap();
    let other = seal::sign(mark(), &key(6)).unwrap();
    let (_, signature) = other.as_str().rsplit_once('.').unwrap();
    let altered = format!("{signed}.{signature}");
    assert_eq!(
        status_of(&altered, standing(), NOW),
        Ok(MarkStatus::Invalid)
    );
}
