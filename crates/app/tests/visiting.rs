//! Visits in which something fails or happens at once, and what is left of them.

use std::cell::RefCell;
use std::time::Duration;

use app::keys::{
    ENROLMENTS, GUESTS, MEMBERS, PASSPORTS, RECEIPTS_ISSUED, RECORDS, SHOWINGS, VISITORS, VISITS,
};
use app::{Judged, MemberState, Role};
use rules::passport::{Block, Verdict};
use store::{Fault, Store as _};
use testkit::{DAY_SECONDS, Label, START, TestNode, Wallet};
use testkit::{holder_jwk, operator, send_all, space_text};

use crate::desk::{home, host, judge, visit};
use crate::either_way::{Case, said};
use crate::look::{assert_sound, claims, count, stored, stored_text};
use crate::receipts::leave;

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
        home(it).app().enrol(&code, &[holder_jwk("phone")]).await
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

/// What is planted in somebody's passport and showing, to be looked for.
struct Planted {
    /// What the desk reads, and what proves it.
    shown: Vec<String>,
    /// What no desk is told.
    hidden: Vec<String>,
}

const NAME: &str = "Zéphyrine Quatresous";

/// A member of the home with a name that nobody else has, and the code of their showing.
async fn planted(label: &Label, nonce: &str) -> (Wallet, String, Planted) {
    let wallet = Wallet::enrol(home(label), NAME, None).await;
    let app = home(label).app();
    let code = app.enrolment_code(&operator(), &wallet.member).await;
    let code = code.unwrap();
    label.settle().await;
    let shown = wallet.show(host(label).entity(), START, nonce);
    let presentation = wire::qr::decode(&shown).unwrap();
    let (_, binding) = presentation.rsplit_once('~').unwrap();
    let jwk = claims(&wallet.passport)["cnf"]["jwk"]["x"].clone();
    let parts: Vec<_> = wallet.passport.split('.').collect();
    let planted = Planted {
        shown: vec![
            NAME.to_owned(),
            wallet.passport.clone(),
            parts[1].to_owned(),
            parts[2].to_owned(),
            binding.to_owned(),
            presentation.clone(),
        ],
        hidden: vec![
            wallet.member.clone(),
            jwk.as_str().unwrap().to_owned(),
            nonce.to_owned(),
            claims(binding)["sd_hash"].as_str().unwrap().to_owned(),
            shown.clone(),
            code.replace('-', ""),
            code,
        ],
    };
    (wallet, shown, planted)
}

impl Planted {
    /// How many of what a desk reads a node keeps. Of the rest, which stands in none of
    /// it but as others wrote it, it keeps nothing.
    async fn known_to(&self, node: &TestNode) -> usize {
        let all = everything(node).await;
        for text in &self.hidden {
            assert!(!has(&all, text), "{} keeps {text}", node.entity());
        }
        self.shown.iter().filter(|it| has(&all, it)).count()
    }
}

async fn days_pass(label: &Label, days: i64) {
    label.advance(days * DAY_SECONDS);
    for node in label.nodes() {
        node.app().renew().await.unwrap();
    }
    label.settle().await;
}

#[tokio::test]
async fn of_somebody_who_is_refused_nothing_is_kept() {
    let label = Label::labelled(2).await;
    let (wallet, shown, planted) = planted(&label, "a planted nonce").await;
    let paused = MemberState::Paused;
    let app = home(&label).app();
    app.set_member(&operator(), &wallet.member, paused)
        .await
        .unwrap();
    label.settle().await;
    let judged = judge(host(&label), &shown).await;
    assert_eq!(judged.verdict, Verdict::Blocked(Block::Paused));
    assert_eq!(judged.visit, None);
    assert_eq!(planted.known_to(host(&label)).await, 0);
    for prefix in [VISITS, VISITORS, GUESTS, SHOWINGS] {
        assert!(stored(host(&label), prefix).await.is_empty(), "{prefix:?}");
    }
}

#[tokio::test]
async fn a_host_knows_who_visits_until_the_visit_is_answered_for_and_a_week_has_passed() {
    let label = Label::labelled(2).await;
    let (_, shown, planted) = planted(&label, "a planted nonce").await;
    let of_all = planted.shown.len();
    assert_eq!(planted.known_to(host(&label)).await, 0);
    let judged = judge(host(&label), &shown).await;
    assert_eq!(judged.verdict, ALLOWED);
    let again = judge(host(&label), &shown).await;
    assert_eq!(again.verdict, Verdict::AlreadyUsed);
    assert_eq!(planted.known_to(host(&label)).await, of_all);
    label.advance(3_600);
    leave(host(&label), judged.visit.unwrap()).await;
    assert_eq!(planted.known_to(host(&label)).await, of_all);
    // It waits for longer than a week; then it is answered, and all is known enough.
    days_pass(&label, 8).await;
    assert_eq!(planted.known_to(host(&label)).await, of_all);
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    assert_eq!(planted.known_to(host(&label)).await, of_all);
    days_pass(&label, 0).await;
    assert_eq!(planted.known_to(host(&label)).await, 0);
    // What stays says when somebody of which home was here.
    let visits = stored_text(host(&label), VISITS).await;
    assert!(visits.contains(home(&label).entity().as_str()), "{visits}");
    assert_eq!(stored(host(&label), RECEIPTS_ISSUED).await.len(), 1);
    assert!(stored(host(&label), VISITORS).await.is_empty());
    for prefix in [MEMBERS, ENROLMENTS, PASSPORTS] {
        assert!(stored(host(&label), prefix).await.is_empty());
    }
    assert_eq!(planted.known_to(&label.coordinator).await, 0);
}

#[tokio::test]
async fn a_visit_that_can_be_corrected_is_known_for_a_week_and_no_longer() {
    let label = Label::labelled(2).await;
    let (_, shown, planted) = planted(&label, "a planted nonce").await;
    let visit = judge(host(&label), &shown).await.visit.unwrap();
    leave(host(&label), visit).await;
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    days_pass(&label, 7).await;
    assert_eq!(planted.known_to(host(&label)).await, planted.shown.len());
    label.advance(1);
    days_pass(&label, 0).await;
    assert_eq!(planted.known_to(host(&label)).await, 0);
}

#[tokio::test]
async fn what_nobody_answers_is_known_for_97_days_and_no_longer() {
    let label = Label::labelled(2).await;
    let (_, shown, planted) = planted(&label, "a planted nonce").await;
    let visit = judge(host(&label), &shown).await.visit.unwrap();
    leave(host(&label), visit).await;
    days_pass(&label, 97).await;
    assert_eq!(planted.known_to(host(&label)).await, planted.shown.len());
    label.advance(1);
    days_pass(&label, 0).await;
    assert_eq!(planted.known_to(host(&label)).await, 0);
}

#[tokio::test]
async fn the_home_keeps_of_a_visit_what_proves_it_and_shows_it_to_nobody() {
    let label = Label::labelled(2).await;
    let nonce = "a planted nonce";
    let (wallet, shown, planted) = planted(&label, nonce).await;
    let presentation = wire::qr::decode(&shown).unwrap();
    let (_, binding) = presentation.rsplit_once('~').unwrap();
    let jwk = claims(&wallet.passport)["cnf"]["jwk"]["x"].clone();
    let all = everything(home(&label)).await;
    let known = [
        NAME,
        &wallet.member,
        &wallet.passport,
        jwk.as_str().unwrap(),
    ];
    for text in known {
        assert!(has(&all, text), "the home does not know {text}");
    }
    assert!(!has(&all, binding), "it knows of no showing");
    let visit = judge(host(&label), &shown).await.visit.unwrap();
    leave(host(&label), visit).await;
    label.settle().await;
    assert!(!has(&everything(home(&label)).await, binding));
    assert!(send_all(&label.network, host(&label)).await.is_empty());
    label.settle().await;
    assert!(has(&everything(home(&label)).await, binding), "the proof");
    for (key, record) in stored(home(&label), RECORDS).await {
        for text in planted.shown.iter().chain(&planted.hidden) {
            assert!(!has(&record.value, text), "{key} has {text}");
        }
    }
}
