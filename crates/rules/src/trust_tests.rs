//! Each step of the chain taken by somebody who may not, and each paper run out.

use seal::{KeySet, SecretKey};
use wire::Jwks;
use wire::trust::{Constraints, Metadata, NodeMetadata, NodeRole, ShownMark};

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);
const CHARTER: &str = "https://label.example/charter";

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn keys(seed: u8) -> KeySet {
    KeySet::only(key(seed).public().clone())
}

fn id(text: &str) -> EntityId {
    EntityId::parse(text).unwrap()
}

fn coordinator() -> EntityId {
    id("https://label.example")
}

fn space() -> EntityId {
    id("https://le-mug.example")
}

fn anchor(exp: Timestamp) -> Verified<Anchor> {
    let jwks = Jwks::of(key(2).public());
    seal::sign(
        Anchor {
            iss: coordinator(),
            iat: NOW,
            exp,
            jwks,
        },
        &key(1),
    )
    .unwrap()
}

fn statement(iss: EntityId, sub: EntityId, exp: Timestamp) -> Verified<EntityStatement> {
    let statement = EntityStatement {
        iss,
        sub,
        iat: NOW,
        exp,
        jwks: Jwks::of(key(3).public()),
        authority_hints: Vec::new(),
        metadata: None,
        constraints: Some(Constraints { max_path_length: 0 }),
        trust_marks: Vec::new(),
        trust_mark_issuers: None,
        escale_epoch: None,
    };
    seal::sign(statement, &key(2)).unwrap()
}

fn mark(trust_mark_type: &str, exp: Timestamp) -> Verified<TrustMark> {
    let trust_mark_type = trust_mark_type.to_owned();
    let mark = TrustMark {
        iss: coordinator(),
        sub: space(),
        trust_mark_type,
        iat: NOW,
        exp,
    };
    seal::sign(mark, &key(2)).unwrap()
}

fn in_days(days: i64) -> Timestamp {
    NOW.plus_seconds(days * 24 * 60 * 60)
}

#[track_caller]
fn code<T>(result: Result<T, TrustRefusal>, expected: &str) {
    assert_eq!(result.err().map(|refusal| refusal.code()), Some(expected));
}

#[test]
fn the_anchor_hangs_from_the_pinned_root_alone() {
    let good = anchor(in_days(365));
    assert!(open_anchor(good.as_str(), key(1).public(), &coordinator()).is_ok());
    code(
        open_anchor(good.as_str(), key(9).public(), &coordinator()),
        "seal_unknown_key",
    );
    code(
        open_anchor(good.as_str(), key(1).public(), &space()),
        "trust_other_issuer",
    );
    let long = anchor(in_days(366));
    code(
        open_anchor(long.as_str(), key(1).public(), &coordinator()),
        "trust_lasts_too_long",
    );
}

#[test]
fn a_statement_is_the_coordinators_word_about_one_space() {
    let good = statement(coordinator(), space(), in_days(45));
    let open = |text: &str, seed: u8| open_statement(text, &keys(seed), &coordinator(), &space());
    assert!(open(good.as_str(), 2).is_ok());
    code(open(good.as_str(), 9), "seal_unknown_key");
    let by_other = statement(id("https://rogue.example"), space(), in_days(45));
    code(open(by_other.as_str(), 2), "trust_other_issuer");
    let of_other = statement(coordinator(), id("https://le-mug.example.org"), in_days(45));
    code(open(of_other.as_str(), 2), "trust_other_subject");
    let long = statement(coordinator(), space(), in_days(46));
    code(open(long.as_str(), 2), "trust_lasts_too_long");
    let shown = ShownMark {
        trust_mark_type: CHARTER.to_owned(),
        trust_mark: "x".to_owned(),
    };
    let misplaced: [fn(&mut EntityStatement, ShownMark); 3] = [
        |it, _| it.authority_hints = vec![coordinator().to_string()],
        |it, shown| it.trust_marks = vec![shown],
        |it, _| it.trust_mark_issuers = Some([].into()),
    ];
    for change in misplaced {
        let mut changed = good.clone().into_inner();
        change(&mut changed, shown.clone());
        let signed = seal::sign(changed, &key(2)).unwrap();
        code(open(signed.as_str(), 2), "trust_misplaced");
    }
}

#[test]
fn a_configuration_is_a_nodes_word_about_itself() {
    let mut own = statement(space(), space(), in_days(14)).into_inner();
    let configuration = |own: &EntityStatement| seal::sign(own.clone(), &key(3)).unwrap();
    code(
        open_configuration(configuration(&own).as_str(), &keys(3), &space()),
        "trust_not_a_node",
    );
    own.constraints = None;
    let jwks = Jwks::of(key(4).public());
    own.metadata = Some(Metadata {
        federation_entity: None,
        escale_node: Some(NodeMetadata {
            jwks,
            role: NodeRole::Space,
        }),
    });
    let good = configuration(&own);
    let opened = open_configuration(good.as_str(), &keys(3), &space()).unwrap();
    assert_eq!(ops_keys(&opened), Ok(keys(4)));
    code(
        open_configuration(good.as_str(), &keys(2), &space()),
        "seal_unknown_key",
    );
    code(
        open_configuration(good.as_str(), &keys(3), &coordinator()),
        "trust_other_issuer",
    );
    let about_other = EntityStatement {
        sub: coordinator(),
        ..own.clone()
    };
    let about_other = configuration(&about_other);
    code(
        open_configuration(about_other.as_str(), &keys(3), &space()),
        "trust_other_subject",
    );
    let constrained = configuration(&EntityStatement {
        constraints: Some(Constraints { max_path_length: 0 }),
        ..own.clone()
    });
    code(
        open_configuration(constrained.as_str(), &keys(3), &space()),
        "trust_misplaced",
    );
    let long = configuration(&EntityStatement {
        exp: in_days(15),
        ..own
    });
    code(
        open_configuration(long.as_str(), &keys(3), &space()),
        "trust_lasts_too_long",
    );
}

#[test]
fn a_mark_is_of_one_label_and_of_one_space() {
    let good = mark(CHARTER, in_days(90));
    let open = |text: &str, sub: &EntityId| open_mark(text, &keys(2), &coordinator(), sub, CHARTER);
    assert!(open(good.as_str(), &space()).is_ok());
    code(
        open(good.as_str(), &id("https://other.example")),
        "trust_other_subject",
    );
    let other = mark("https://label.example/charter-2", in_days(90));
    code(open(other.as_str(), &space()), "trust_other_label");
    code(
        open(mark(CHARTER, in_days(91)).as_str(), &space()),
        "trust_lasts_too_long",
    );
    let by_space = seal::sign(good.into_inner(), &key(3)).unwrap();
    code(open(by_space.as_str(), &space()), "seal_unknown_key");
}

struct Papers {
    anchor: Verified<Anchor>,
    statement: Option<Verified<EntityStatement>>,
    mark: Option<Verified<TrustMark>>,
    withdrawal: Option<Withdrawal>,
}

fn papers() -> Papers {
    Papers {
        anchor: anchor(in_days(365)),
        statement: Some(statement(coordinator(), space(), in_days(45))),
        mark: Some(mark(CHARTER, in_days(90))),
        withdrawal: None,
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut Papers), at: Timestamp, expected: &Standing) {
    let mut papers = papers();
    change(&mut papers);
    let entry = Entry {
        anchor: &papers.anchor,
        statement: papers.statement.as_ref(),
        mark: papers.mark.as_ref(),
        withdrawal: papers.withdrawal.as_ref(),
    };
    assert_eq!(standing(entry, at), *expected);
}

#[test]
fn the_first_paper_that_runs_out_ends_the_label() {
    let until = in_days(45);
    check(|_| {}, NOW, &Standing::Labelled { until });
    check(
        |_| {},
        until.plus_seconds(-1),
        &Standing::Labelled { until },
    );
    check(|_| {}, until, &Standing::Expired { since: until });
    let early = in_days(10);
    check(
        |it| it.mark = Some(mark(CHARTER, early)),
        NOW,
        &Standing::Labelled { until: early },
    );
    check(
        |it| it.mark = Some(mark(CHARTER, early)),
        early,
        &Standing::Expired { since: early },
    );
    check(
        |it| it.anchor = anchor(early),
        early,
        &Standing::Expired { since: early },
    );
}

#[test]
fn belonging_is_not_yet_bearing_the_label() {
    check(|it| it.mark = None, NOW, &Standing::Admitted);
    check(
        |it| it.mark = None,
        in_days(45),
        &Standing::Expired { since: in_days(45) },
    );
    check(|it| it.statement = None, NOW, &Standing::Unknown);
}

#[test]
fn a_withdrawal_speaks_before_everything_else() {
    let withdrawal = |state| {
        let reason = "closed".to_owned();
        Some(Withdrawal {
            sub: space(),
            state,
            reason,
            since: NOW,
        })
    };
    let reason = "closed".to_owned();
    let suspended = Standing::Suspended {
        since: NOW,
        reason: reason.clone(),
    };
    let withdrawn = Standing::Withdrawn { since: NOW, reason };
    check(
        |it| it.withdrawal = withdrawal(WithdrawalState::Suspended),
        NOW,
        &suspended,
    );
    check(
        |it| it.withdrawal = withdrawal(WithdrawalState::Withdrawn),
        NOW,
        &withdrawn,
    );
    check(
        |it| it.withdrawal = withdrawal(WithdrawalState::Withdrawn),
        in_days(400),
        &withdrawn,
    );
}

#[test]
fn a_clock_before_what_was_heard_is_wrong() {
    assert!(!is_clock_behind(
        NOW,
        NOW.plus_seconds(CLOCK_LEEWAY_SECONDS)
    ));
    assert!(is_clock_behind(
        NOW,
        NOW.plus_seconds(CLOCK_LEEWAY_SECONDS + 1)
    ));
    assert!(is_clock_behind(Timestamp(0), NOW));
    assert!(!is_clock_behind(in_days(900), NOW));
}

#[test]
fn a_renewal_is_due_after_its_time() {
    assert!(!is_renewal_due(NOW, 60, NOW.plus_seconds(59)));
    assert!(is_renewal_due(NOW, 60, NOW.plus_seconds(60)));
    // What was signed ahead of time is believed within the leeway, and not beyond.
    let ahead = |seconds| NOW.plus_seconds(CLOCK_LEEWAY_SECONDS + seconds);
    assert!(!is_renewal_due(ahead(-1), 60, NOW));
    assert!(!is_renewal_due(ahead(0), 60, NOW));
    assert!(is_renewal_due(ahead(1), 60, NOW));
}
