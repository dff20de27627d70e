//! Every form is read back as it was written, in each of its states.

use wire::Cents;
use wire::receipt::{CreditReason, DayHours, DaySpan, Ending, HalfDay, ProofBy, VisitValue};
use wire::registration::NoticeState;
use wire::request::AnswerResult;
use wire::space::{ClockTime, FormulaUnit};

use super::*;
use crate::exchange::{
    About, Answered, Attempted, CarrierId, Conflict, Counted, Fate, Guest, IssuedCredit,
    IssuedReceipt, KeyId, Op, Outgoing, OutgoingState, ProofUse, ReceiptId, RegistrationId, Taken,
    TakenCredit, TakenPlace, Visit, VisitId, VisitState, Visitor,
};
use crate::people::{
    AccessCode, Credential, Decoy, Enrolment, EnrolmentUse, Issued, Member, MemberState, Place,
    Showing,
};

fn entity() -> EntityId {
    EntityId::parse("https://le-mug.example").unwrap()
}

#[track_caller]
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let key = crate::keys::identity();
    let bytes = encode(&key, value).unwrap();
    let found = Versioned {
        value: bytes.clone(),
        version: store::Position(1),
    };
    assert_eq!(&decode::<T>(&key, &found).unwrap(), value);
    let later = String::from_utf8(bytes)
        .unwrap()
        .replace(r#""form":1"#, r#""form":2"#);
    let found = Versioned {
        value: later.into_bytes(),
        version: store::Position(1),
    };
    assert!(matches!(decode::<T>(&key, &found), Err(Fault::Form { .. })));
}

#[test]
fn every_end_of_a_key_is_read_back() {
    let until = Timestamp(1_800_000_000);
    round_trip(&KeyTurn::Ending { until });
    let named_until = RecordReference { epoch: 1, seq: 7 };
    round_trip(&KeyTurn::Stolen { named_until });
    round_trip(&KeyTurn::Revoked {
        told: [entity()].into(),
        revocation: "a.b.c".to_owned(),
    });
    round_trip(&KeyTurn::Following {
        further: [(entity(), "update".to_owned())].into(),
        told: [entity()].into(),
        update: "a.b.c".to_owned(),
        entity_configuration: "d.e.f".to_owned(),
    });
}

#[test]
fn every_form_is_read_back_and_a_later_one_is_refused() {
    let entity = entity();
    let key = seal::SecretKey::from_seed(&[1; 32]);
    let jwk = Jwk::from(key.public());
    let at = Timestamp(5);
    round_trip(&Founding {
        entity: entity.clone(),
        role: NodeRole::Space,
        coordinator: entity.clone(),
        root: jwk.clone(),
        founded_at: at,
    });
    let mut feed = Feed::start(&entity);
    round_trip(&feed);
    (feed.seq, feed.hash) = (7, Some(Sha256Hash::of(&[b"x"])));
    feed.ops = vec![jwk.clone()];
    feed.coordinator_fed = vec![jwk.clone()];
    feed.head = Some(StoredHead {
        text: "a.b.c".to_owned(),
        epoch: 1,
        seq: 7,
        iat: at,
        exp: at,
    });
    (feed.former, feed.revoked) = (vec![jwk.clone()], vec!["kid".to_owned()]);
    feed.pulled_at = Some(at);
    feed.refusal = Some("feed_gap".to_owned());
    round_trip(&feed);
    let body = Body {
        salt: [3; 16],
        text: "{}".to_owned(),
    };
    for body in [Some(&body), None] {
        round_trip(&Record::new("a.b.c", body));
    }
    round_trip(&Latest {
        kind: "formula".to_owned(),
        id: "day".to_owned(),
        epoch: 1,
        seq: 2,
        rev: 3,
        is_removed: true,
    });
    let used = InvitationUse {
        op: "a".to_owned(),
        fed: jwk,
        at,
    };
    for used in [None, Some(used)] {
        round_trip(&Invitation {
            entity: entity.clone(),
            invited_at: at,
            expires_at: at,
            anew: Some(2),
            replaces: true,
            used,
        });
    }
    round_trip(&Joining::Asking {
        secret: "s".to_owned(),
        op: "o".to_owned(),
    });
    round_trip(&Joining::Accepted { at });
    round_trip(&OwnApplication {
        note: "x".to_owned(),
        since: at,
    });
    round_trip(&Joining::Refused {
        at,
        code: "no".to_owned(),
    });
}

fn value_of(unit: FormulaUnit, count: u64) -> VisitValue {
    VisitValue {
        formula: "day".to_owned(),
        record: RecordReference { epoch: 1, seq: 3 },
        unit,
        price_cents: Cents(1_500),
        count,
        total_cents: Cents(1_500 * i64::try_from(count).unwrap()),
    }
}

#[test]
fn what_is_kept_of_forks_and_of_the_own_feed_is_read_back() {
    let entity = EntityId::parse("https://le-mug.example").unwrap();
    for told in [BTreeSet::new(), BTreeSet::from([entity.clone()])] {
        round_trip(&Parting {
            entity: entity.clone(),
            epoch: 1,
            seq: 7,
            one: "a.b.c".to_owned(),
            other: "d.e.f".to_owned(),
            seen_at: Timestamp(1),
            told,
        });
    }
    round_trip(&OwnFeed::default());
    round_trip(&OwnFeed {
        here: Some("a folder".to_owned()),
        is_unconfirmed: true,
        is_divided: true,
        takes_over: true,
        lists_closed: 3,
        closed_at: Some(Timestamp(1)),
    });
}

#[test]
fn every_state_of_a_visit_is_read_back() {
    let (at, visit_id) = (Timestamp(5), VisitId::new(Timestamp(5), [1; 8]));
    let ended = |ending, half_days| VisitState::Ended {
        left: at,
        ending,
        half_days,
    };
    let both = vec![HalfDay::Morning, HalfDay::Afternoon];
    let states = [
        VisitState::Here,
        ended(Ending::Left, both.clone()),
        ended(Ending::Forgotten, vec![HalfDay::Afternoon]),
        ended(Ending::Corrected, Vec::new()),
        VisitState::NotHere { at },
    ];
    let time = |text: &str| ClockTime::parse(text).unwrap();
    for (state, by) in states
        .into_iter()
        .zip([ProofBy::Holder, ProofBy::Paper].into_iter().cycle())
    {
        let span = DaySpan {
            from: time("09:00"),
            to: time("24:00"),
        };
        round_trip(&Visit {
            home: entity(),
            guest: Sha256Hash::of(&[b"guest"]),
            arrived: at,
            by,
            date: "2026-04-06".to_owned(),
            hours: DayHours {
                record: (by == ProofBy::Holder).then_some(RecordReference { epoch: 1, seq: 2 }),
                time_zone: "Europe/Paris".to_owned(),
                half_day_boundary: time("13:00"),
                open: vec![span],
            },
            values: [None, Some(value_of(FormulaUnit::Day, 1))],
            state,
            receipts: vec![ReceiptId::new(at, [2; 8])],
        });
    }
    round_trip(&Visitor {
        name: "Zoé".to_owned(),
        formula: "month".to_owned(),
        presentation: "a.b.c~d.e.f".to_owned(),
    });
    for here in [None, Some(visit_id)] {
        round_trip(&Guest {
            here,
            counted: vec![Counted {
                visit: visit_id,
                date: "2026-04-06".to_owned(),
                half_days: both.clone(),
            }],
            until: at,
        });
    }
}

#[test]
fn every_state_of_what_is_sent_is_read_back() {
    let (at, op) = (Timestamp(5), Op::new(Timestamp(5), [3; 8]));
    let receipt = ReceiptId::new(at, [4; 8]);
    let code = "differs".to_owned();
    let fates = [
        Fate::Waiting { op },
        Fate::Accepted { at },
        Fate::Refused { at, code },
        Fate::GivenUp { at },
        Fate::Moot { at },
    ];
    for fate in fates {
        let text = "a.b.c".to_owned();
        let credit = IssuedCredit {
            text: text.clone(),
            fate: fate.clone(),
            answer: Some("g.h.i".to_owned()),
        };
        for credit in [None, Some(credit)] {
            round_trip(&IssuedReceipt {
                home: entity(),
                visit: VisitId::new(at, [1; 8]),
                text: text.clone(),
                fate: fate.clone(),
                answer: credit.as_ref().map(|_| "j.k.l".to_owned()),
                credit,
            });
        }
    }
    let dead = OutgoingState::Dead {
        at,
        why: "unanswered".to_owned(),
    };
    let registration = RegistrationId::parse(&"A".repeat(22)).unwrap();
    let key = KeyId::of(seal::SecretKey::from_seed(&[1; 32]).public().thumbprint());
    let notice = About::Notice {
        registration,
        revision: 2,
        state: NoticeState::Accepted,
    };
    for (about, after, state) in [
        (About::Receipt(receipt), None, OutgoingState::Waiting),
        (About::Credit(receipt), Some(op), dead.clone()),
        (About::Registration(registration), None, dead.clone()),
        (About::Cancellation(registration), Some(op), dead.clone()),
        (About::KeyUpdate(key), None, OutgoingState::Waiting),
        (About::KeyRevocation(key), None, dead.clone()),
        (notice, None, dead.clone()),
        (About::Application, None, dead),
    ] {
        round_trip(&Outgoing {
            to: entity(),
            about,
            made_at: at,
            after,
            also_after: after.into_iter().collect(),
            state,
        });
    }
}

#[test]
fn every_state_of_what_is_answered_is_read_back() {
    let at = Timestamp(5);
    let conflict = Conflict {
        at,
        request: "d.e.f".to_owned(),
    };
    for (result, code, conflict) in [
        (AnswerResult::Accepted, None, None),
        (AnswerResult::Waiting, None, None),
        (AnswerResult::Refused, Some("differs"), Some(conflict)),
    ] {
        round_trip(&Answered {
            by: entity(),
            op: "op".to_owned(),
            kind: "receipt".to_owned(),
            body: Sha256Hash::of(&[b"body"]),
            result,
            code: code.map(str::to_owned),
            rank: (result == AnswerResult::Waiting).then_some(2),
            at,
            has_changed: result == AnswerResult::Accepted,
            request: "a.b.c".to_owned(),
            conflict,
        });
    }
    round_trip(&Attempted { until: at });
    for reason in [
        None,
        Some(CreditReason::Corrected),
        Some(CreditReason::NotHere),
    ] {
        let credit = reason.map(|reason| TakenCredit {
            reason,
            text: "a.b.c".to_owned(),
            at,
        });
        round_trip(&Taken {
            host: entity(),
            id: "id".to_owned(),
            date: "2026-04-06".to_owned(),
            arrived: at,
            left: at,
            half_days: vec![HalfDay::Morning],
            by: ProofBy::Paper,
            text: "a.b.c".to_owned(),
            proof: "a.b.c~".to_owned(),
            accepted_at: at,
            credit,
        });
    }
    round_trip(&TakenPlace {
        member: "ABCD-EFGH".to_owned(),
    });
    for receipt in [None, Some("id".to_owned())] {
        round_trip(&ProofUse { receipt });
    }
}

#[test]
fn every_form_about_a_person_is_read_back() {
    let at = Timestamp(5);
    let used = EnrolmentUse {
        jwks: vec![serde_json::json!({ "kty": "OKP" })],
        passports: vec!["a.b.c~d~".to_owned()],
    };
    for (state, used) in [
        (MemberState::Active, None),
        (MemberState::Paused, Some(used.clone())),
        (MemberState::Ended, Some(used)),
    ] {
        round_trip(&Member {
            name: "Zoé".to_owned(),
            formula: "month".to_owned(),
            half_days: 4,
            state,
            since: at,
            full_name: used.as_ref().map(|_| "Zoé Martin".to_owned()),
            organisation: used.as_ref().map(|_| "Oxalis".to_owned()),
            portrait: used.as_ref().map(|_| Sha256Hash([4; 32])),
        });
        round_trip(&Enrolment {
            member: "ABCD-EFGH".to_owned(),
            expires_at: at,
            used: used.clone(),
        });
        round_trip(&Issued {
            member: String::new(),
            exp: at,
            is_revoked: used.is_some(),
            status: 2,
            carrier: CarrierId::new(at, [5; 8]),
            by: if used.is_some() {
                ProofBy::Holder
            } else {
                ProofBy::Paper
            },
            since: at,
            signed_at: at.plus_seconds(1),
            batch: Place { list: 1, at: 2 },
            digest: Sha256Hash::of(&[b"x"]),
            disclosures: vec!["WyJhIl0".to_owned()],
            renewed: used,
        });
    }
    round_trip(&Decoy { status: 1 });
    for role in crate::ROLES {
        round_trip(&Credential {
            role,
            name: "Anne".to_owned(),
            added_at: at,
            is_revoked: true,
        });
        round_trip(&AccessCode {
            role,
            name: "Anne".to_owned(),
            expires_at: at,
            given_by: Some("0000-0000".to_owned()),
        });
    }
    round_trip(&Showing { until: at });
}

#[test]
fn seats_and_registrations_are_read_back_in_each_of_their_states() {
    use crate::registered::{
        CancelledBy, Registered, RegistrationPlace, RegistrationState, Seat, SeatGuard, SeatPlace,
        SeatState,
    };
    let at = Timestamp(7);
    let id = RegistrationId::parse(&"A".repeat(22)).unwrap();
    let op = Op::parse(&"Q".repeat(22)).unwrap();
    let due = wire::event::LocalTime::parse("2026-12-03T14:00:00");
    round_trip(&SeatGuard { next: 3 });
    for state in [
        SeatState::Taken { at },
        SeatState::Waiting,
        SeatState::Cancelled {
            at,
            by: CancelledBy::Member,
        },
    ] {
        round_trip(&Seat {
            home: entity(),
            id,
            event: "photo".to_owned(),
            due: due.clone(),
            name: "Camille".to_owned(),
            asked_at: at,
            ends: at,
            state,
            revision: 2,
            document: Some("a.b.c".to_owned()),
        });
    }
    round_trip(&SeatPlace {
        event: "photo".to_owned(),
        due: None,
        order: 2,
    });
    let by = CancelledBy::Organiser;
    let code = "event_full".to_owned();
    for state in [
        RegistrationState::Asked { op },
        RegistrationState::Accepted {
            at,
            was_waiting: true,
        },
        RegistrationState::Waiting { at, rank: 2 },
        RegistrationState::Refused { at, code },
        RegistrationState::Unknown { at },
        RegistrationState::Cancelling { op },
        RegistrationState::Cancelled { at, by },
        RegistrationState::GivenUp { at },
    ] {
        round_trip(&Registered {
            owner: entity(),
            event: "photo".to_owned(),
            due: due.clone(),
            name: "Camille".to_owned(),
            asked_at: at,
            ends: at,
            state,
            revision: 1,
            document: None,
            answer: Some("a.b.c".to_owned()),
        });
    }
    round_trip(&RegistrationPlace {
        member: "1234-5678".to_owned(),
    });
}
