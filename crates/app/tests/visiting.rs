//! Visits in which something fails or happens at once, and what is left of them.

use std::cell::RefCell;
use std::time::Duration;

use app::keys::{ENROLMENTS, MEMBERS, PASSPORTS, RECORDS, SHOWINGS};
use app::{Judged, MemberState, Role};
use rules::passport::{Block, Verdict};
use store::{Fault, Store as _};
use testkit::{Label, START, TestNode, Wallet, holder_jwk, operator, space_text};

use crate::desk::{home, host, judge, visit};
use crate::either_way::{Case, said};
use crate::look::{assert_sound, claims, count, stored};

const ALLOWED: Verdict = Verdict::Allowed { left: 4 };

#[tokio::test(start_paused = true)]
async fn of_two_desks_that_see_one_code_at_once_one_lets_in() {
    let (label, wallet) = visit().await;
    let code = wallet.show(host(&label).entity(), START, "first showing");
    let app = host(&label).app();
    let token = app
        .access_token(&operator(), Role::Desk, "tablet")
        .await
        .unwrap();
    let desk = app.staff(&token).await.unwrap().unwrap();
    let second = Duration::from_secs(1);
    host(&label).store().fail_next_commit(Fault::Slow(second));
    let (one, two) = tokio::join!(app.judge(&desk, &code), app.judge(&desk, &code));
    assert_eq!(one.unwrap().verdict, ALLOWED);
    assert_eq!(two.unwrap().verdict, Verdict::AlreadyUsed);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_member_is_added_or_not() {
    let case = Case {
        what: "add a member",
        prepare: async || {
            let label = Label::labelled(2).await;
            let published = home(&label).app().publish_space(&space_text("Aix")).await;
            published.unwrap();
            label
        },
        node: home,
        operate: async |it: &Label| {
            said(
                home(it)
                    .app()
                    .add_member(&operator(), "Camille", "month", None)
                    .await,
            )
        },
        is_done: async |it: &Label| {
            let members = home(it).app().members(&operator()).await.unwrap();
            assert!(members.iter().all(|it| it.half_days == 4), "{members:?}");
            !members.is_empty()
        },
    };
    case.check().await;
}

#[tokio::test]
async fn a_code_gives_one_passport_wherever_the_home_fails() {
    let code = RefCell::new(String::new());
    let enrolled = async |it: &Label| {
        let code = code.borrow().clone();
        home(it).app().enrol(&code, &holder_jwk("phone")).await
    };
    let case = Case {
        what: "enrol",
        prepare: async || {
            let label = Label::labelled(2).await;
            let app = home(&label).app();
            app.publish_space(&space_text("Aix")).await.unwrap();
            let member = app
                .add_member(&operator(), "Camille", "month", None)
                .await
                .unwrap();
            *code.borrow_mut() = app.enrolment_code(&operator(), &member).await.unwrap();
            label
        },
        node: home,
        operate: async |it: &Label| said(enrolled(it).await),
        is_done: async |it: &Label| {
            let passports = stored(home(it), PASSPORTS).await.len();
            assert!(passports <= 1, "two places for one code");
            let name = home(it).entity();
            let lists = count(home(it), name, "status-list", "1").await;
            assert_eq!(lists, passports, "a passport without a list of its status");
            assert!(passports == 0 || enrolled(it).await.is_ok());
            passports == 1
        },
    };
    case.check().await;
}

/// A change at the home that a host reads as `block`.
async fn check_change<E: std::fmt::Debug>(
    what: &'static str,
    block: Block,
    change: impl AsyncFn(&TestNode, &str) -> Result<(), E>,
) {
    let kept = RefCell::new(None);
    let wallet = || kept.borrow().clone().unwrap();
    let case = Case {
        what,
        prepare: async || {
            let (label, wallet) = visit().await;
            *kept.borrow_mut() = Some(wallet);
            label
        },
        node: home,
        operate: async |it: &Label| {
            let wallet: Wallet = wallet();
            said(change(home(it), &wallet.member).await)
        },
        is_done: async |it: &Label| {
            let wallet: Wallet = wallet();
            it.settle().await;
            let nonce = format!("showing {}", host(it).store().position().0);
            let code = wallet.show(host(it).entity(), START, &nonce);
            let Judged { verdict, .. } = judge(host(it), &code).await;
            assert!([ALLOWED, Verdict::Blocked(block)].contains(&verdict));
            verdict != ALLOWED
        },
    };
    case.check().await;
}

#[tokio::test]
async fn a_membership_and_its_passports_are_paused_together() {
    let change = async |home: &TestNode, member: &str| {
        home.app()
            .set_member(&operator(), member, MemberState::Paused)
            .await
    };
    check_change("pause", Block::Paused, change).await;
}

#[tokio::test]
async fn passports_are_taken_back_together() {
    let change = async |home: &TestNode, member: &str| {
        home.app()
            .revoke_passports(&operator(), member)
            .await
            .map(|_| ())
    };
    check_change("revoke", Block::Revoked, change).await;
}

#[tokio::test]
async fn nobody_is_let_in_twice_wherever_the_desk_fails() {
    let kept = RefCell::new((String::new(), String::new(), 0));
    let case = Case {
        what: "judge",
        prepare: async || {
            let (label, wallet) = visit().await;
            let token = host(&label)
                .app()
                .access_token(&operator(), Role::Desk, "tablet")
                .await
                .unwrap();
            let code = wallet.show(host(&label).entity(), START, "first showing");
            *kept.borrow_mut() = (token, code, 0);
            label
        },
        node: host,
        operate: async |it: &Label| {
            let (token, code, _) = kept.borrow().clone();
            let app = host(it).app();
            let desk = app.staff(&token).await.map_err(|it| it.to_string())?;
            let judged = app.judge(&desk.unwrap(), &code).await;
            let verdict = judged.map_err(|error| error.to_string())?.verdict;
            assert!([ALLOWED, Verdict::AlreadyUsed].contains(&verdict));
            let mut kept = kept.borrow_mut();
            kept.2 += u32::from(verdict == ALLOWED);
            assert!(kept.2 <= 1, "let in twice");
            Ok(())
        },
        is_done: async |it: &Label| !stored(host(it), SHOWINGS).await.is_empty(),
    };
    case.check().await;
}

/// Every byte that a node keeps.
async fn everything(node: &TestNode) -> Vec<u8> {
    let mut all = Vec::new();
    let prefixes = node.store().fingerprints().await.unwrap();
    for (prefix, kept) in prefixes {
        let entries = stored(node, prefix).await;
        assert_eq!(entries.len() as u64, kept.count, "{prefix:?}");
        for (key, found) in entries {
            all.extend_from_slice(key.rest());
            all.push(0);
            all.extend_from_slice(&found.value);
            all.push(0);
        }
    }
    all
}

fn has(all: &[u8], planted: &str) -> bool {
    all.windows(planted.len())
        .any(|it| it == planted.as_bytes())
}

#[tokio::test]
async fn a_host_keeps_nothing_of_a_visitor_but_a_hash() {
    let label = Label::labelled(2).await;
    let name = "Zéphyrine Quatresous";
    let wallet = Wallet::enrol(home(&label), name, None).await;
    let code = home(&label)
        .app()
        .enrolment_code(&operator(), &wallet.member)
        .await
        .unwrap();
    label.settle().await;
    let shown = wallet.show(host(&label).entity(), START, "a planted nonce");
    let before = everything(host(&label)).await.len();
    assert_eq!(judge(host(&label), &shown).await.verdict, ALLOWED);
    assert_eq!(
        judge(host(&label), &shown).await.verdict,
        Verdict::AlreadyUsed
    );
    assert!(everything(host(&label)).await.len() > before);
    label.settle().await;

    let jwk = holder_jwk(name);
    let parts: Vec<_> = wallet.passport.split('.').collect();
    let presentation = wire::qr::decode(&shown).unwrap();
    let (_, binding) = presentation.rsplit_once('~').unwrap();
    let hash = claims(binding)["sd_hash"].as_str().unwrap().to_owned();
    let member = wallet.member.as_str();
    let typed = code.replace('-', "");
    let planted = [
        name,
        "Quatresous",
        member,
        &wallet.passport,
        parts[1],
        parts[2],
        jwk["x"].as_str().unwrap(),
        "a planted nonce",
        &shown,
        &presentation,
        binding,
        &hash,
        &code,
        &typed,
    ];
    for node in [host(&label), &label.coordinator] {
        let all = everything(node).await;
        for text in planted {
            assert!(!has(&all, text), "{} keeps {text}", node.entity());
        }
    }
    // What the home knows, it keeps among its members and not in its feed; of where
    // its member was, it knows nothing.
    let all = everything(home(&label)).await;
    for known in [name, member, &wallet.passport, jwk["x"].as_str().unwrap()] {
        assert!(has(&all, known), "the home does not know {known}");
    }
    for unknown in ["a planted nonce", &shown, binding, &hash, &code, &typed] {
        assert!(!has(&all, unknown), "the home keeps {unknown}");
    }
    for prefix in [MEMBERS, ENROLMENTS, PASSPORTS] {
        assert!(stored(host(&label), prefix).await.is_empty());
    }
    for (key, record) in stored(home(&label), RECORDS).await {
        for text in planted {
            assert!(!has(&record.value, text), "{key} has {text}");
        }
    }
}
