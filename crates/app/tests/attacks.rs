//! Attacks on whole nodes by name: each is stopped with its code, and succeeds once the
//! checks that its row names are taken away.
//!
//! What can be tried without a node is in `crates/rules/tests/attacks`. This table is
//! published as `specs/attacks-on-nodes.md`; `ESCALE_BLESS=1` writes it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::pin::Pin;

use rules::passport::{Block, NotGenuine, NotHere, Verdict};
use rules::trust::INVITATION_SECONDS;
use seal::checks::without;
use serde_json::json;
use testkit::{DAY_SECONDS, Label, Plan, START, TestNode, Wallet, coordinator_name, pull};
use testkit::{forge_request, operator, outcome_of, post_request, space_name};
use wire::feed::{Page, PageRecord};
use wire::request::{AnswerResult, Join};
use wire::status_list::StatusListToken;

use crate::desk::{home, host, judge, visit};
use crate::forging::{forge, list_with};
use crate::hostile_requests::{posted, request, waiting};
use crate::join_refusals::{about_to_join, answer, changed};
use crate::look::{claims, feed, page};

/// Nothing where the attack succeeded, otherwise the code with which it was stopped.
type Outcome = Result<(), String>;

struct Attack {
    fault: &'static str,
    name: &'static str,
    code: &'static str,
    checks: &'static [&'static str],
    tried: fn() -> Pin<Box<dyn Future<Output = Outcome>>>,
}

/// Where it is filed, its name, what is done, the code, and what stops it.
macro_rules! attacks {
    ($(
        $fault:ident $name:literal { $tried:expr } $code:ident [$($check:ident)*]
    )*) => {
        vec![$(Attack {
            fault: stringify!($fault),
            name: $name,
            code: stringify!($code),
            checks: &[$(stringify!($check)),*],
            tried: || Box::pin($tried),
        }),*]
    };
}

/// The words of `specs/passport.md`, section 7.2.
fn answered(verdict: Verdict) -> Outcome {
    let word = match verdict {
        Verdict::Allowed { .. } | Verdict::ToVerify { .. } => return Ok(()),
        Verdict::NotAllowedHere(NotHere::OtherHost) => "other_host",
        Verdict::NotAllowedHere(NotHere::ListTooOld) => "list_too_old",
        Verdict::NotAllowedHere(NotHere::RegisterTooOld) => "register_too_old",
        Verdict::NotGenuine(NotGenuine::Malformed) => "malformed",
        Verdict::NotGenuine(NotGenuine::UnknownHome) => "unknown_home",
        Verdict::AlreadyUsed => "already_used",
        Verdict::NotGenuine(NotGenuine::OutOfTime) => "out_of_time",
        Verdict::NotGenuine(NotGenuine::OtherChallenge) => "other_challenge",
        Verdict::Expired => "expired",
        Verdict::NoAllowance => "no_allowance",
        Verdict::Blocked(Block::Revoked | Block::Paused | Block::KeyEnded) => "blocked",
        Verdict::Blocked(Block::HomeSuspended | Block::HomeWithdrawn) => "home_without_label",
        Verdict::NotAllowedHere(
            NotHere::HostNotLabelled | NotHere::HomeNotLabelled | NotHere::ClockWrong,
        ) => "not_allowed_here",
    };
    Err(word.to_owned())
}

/// What a desk of the host says to a wallet that is shown now.
async fn shown(label: &Label, wallet: &Wallet) -> Outcome {
    let host = host(label);
    let code = wallet.show(
        host.entity(),
        host.app().now(),
        "an attack, for the first time",
    );
    answered(judge(host, &code).await.verdict)
}

async fn shown_again(is_restarted: bool) -> Outcome {
    let (label, wallet) = visit().await;
    let code = wallet.show(host(&label).entity(), START, "an attack, shown twice");
    answered(judge(host(&label), &code).await.verdict).unwrap();
    if is_restarted {
        host(&label).restart().await;
    }
    answered(judge(host(&label), &code).await.verdict)
}

/// One code at two desks of one host at once: what the one says that lets nobody in.
async fn at_two_desks() -> Outcome {
    let (label, wallet) = visit().await;
    let code = wallet.show(host(&label).entity(), START, "an attack at two desks");
    let (one, other) = tokio::join!(judge(host(&label), &code), judge(host(&label), &code));
    answered(one.verdict).and(answered(other.verdict))
}

/// A picture of a code, shown at another host.
async fn at_another_host() -> Outcome {
    let label = Label::labelled(3).await;
    let wallet = Wallet::enrol(home(&label), "Camille", None).await;
    label.settle().await;
    let code = wallet.show(label.space(2).entity(), START, "an attack elsewhere");
    answered(judge(host(&label), &code).await.verdict)
}

/// A space gives a passport of another home, with a place in its own list.
async fn in_anothers_name() -> Outcome {
    let label = Label::labelled(3).await;
    let wallet = Wallet::enrol(home(&label), "Camille", None).await;
    let thief = label.space(2);
    Wallet::enrol(thief, "Alix", None).await;
    label.settle().await;
    let list = thief.entity().url_of("/status/1");
    let forged = forge(&wallet, thief, |it| {
        it["status"]["status_list"]["uri"] = json!(list);
    });
    shown(&label, &forged).await
}

/// The home's list as the host holds it is another.
async fn with_list(change: fn(&Label, &mut StatusListToken)) -> Outcome {
    let (label, wallet) = visit().await;
    list_with(&label, |list| change(&label, list)).await;
    shown(&label, &wallet).await
}

fn of_another_home(label: &Label, list: &mut StatusListToken) {
    list.iss = host(label).entity().clone();
}

fn of_another_name(label: &Label, list: &mut StatusListToken) {
    list.sub = home(label).entity().url_of("/status/2");
}

fn a_second_too_long(_: &Label, list: &mut StatusListToken) {
    list.exp = list.iat.plus_seconds(14 * DAY_SECONDS + 1);
}

fn from_tomorrow(_: &Label, list: &mut StatusListToken) {
    list.iat = START.plus_seconds(DAY_SECONDS);
    list.exp = list.iat.plus_seconds(14 * DAY_SECONDS);
}

/// The home's feed is kept away for so long; the coordinator is heard.
async fn home_kept_away(days: i64) -> Outcome {
    let (label, wallet) = visit().await;
    label.network.cut(home(&label).entity());
    label.advance(days * DAY_SECONDS);
    for node in [&label.coordinator, host(&label)] {
        node.app().renew().await.unwrap();
    }
    let coordinator = label.coordinator.entity();
    pull(&label.network, host(&label), coordinator)
        .await
        .unwrap();
    shown(&label, &wallet).await
}

/// What a relay makes of the home's feed to hide that a passport was taken back.
type Rollback = fn(old: &Page, new: &Page) -> Page;

/// The host reads the home's feed, or half of it, until a passport is taken back; then a relay
/// brings it, rolled back. Stopped with its code, or by what the desk says.
async fn rolled_back(is_heard: bool, rollback: Rollback) -> Outcome {
    let (label, wallet) = visit().await;
    let (home, host) = (home(&label), host(&label));
    let held = feed(host, home.entity()).await.len() as u64;
    let old = page(home, home.entity(), 0).await;
    let (app, by) = (home.app(), operator());
    let taken_back = app.revoke_passports(&by, &wallet.member).await;
    assert_eq!(taken_back.unwrap(), 1);
    let new = page(home, home.entity(), held).await;
    if is_heard {
        let bytes = serde_json::to_vec(&new).unwrap();
        host.app().take_page(home.entity(), &bytes).await.unwrap();
        assert_eq!(shown(&label, &wallet).await, Err("blocked".to_owned()));
    }
    let rolled = rollback(&old, &new);
    let bytes = serde_json::to_vec(&rolled).unwrap();
    let taken = host.app().take_page(home.entity(), &bytes).await;
    let says = shown(&label, &wallet).await;
    match taken {
        // What was read stays read, whatever is refused after it.
        _ if is_heard && says.is_ok() => Ok(()),
        Err(refusal) => Err(refusal.code().to_owned()),
        // That an old copy passes for the home's present word is enough.
        Ok(_) if rolled.records.is_empty() => Ok(()),
        Ok(_) => says,
    }
}

/// The last record with a body of that kind.
fn last_list(page: &Page) -> PageRecord {
    let is_list = |it: &&PageRecord| claims(&it.record)["kind"] == "status-list";
    page.records.iter().rfind(is_list).unwrap().clone()
}

/// The older list, under the record of the newer, whose head is true.
fn older_list_under_newer(old: &Page, new: &Page) -> Page {
    let older = last_list(old);
    let mut page = new.clone();
    let newer = page.records.last_mut().unwrap();
    (newer.salt, newer.body) = (older.salt, older.body);
    page
}

/// The older record in the place of what comes next, with a head that is true.
fn older_record(old: &Page, new: &Page) -> Page {
    Page {
        records: vec![last_list(old)],
        ..new.clone()
    }
}

/// The feed as a cache has it, with the head of then.
fn older_copy(old: &Page, _: &Page) -> Page {
    Page {
        records: Vec::new(),
        ..old.clone()
    }
}

/// A request of the host to the home, changed before it is signed.
async fn asked(change: fn(&Label, &mut wire::request::Request)) -> Outcome {
    let (label, _, told) = waiting().await;
    let mut asked = request(&label, "op", &told);
    change(&label, &mut asked);
    posted(home(&label), &asked, host(&label)).await
}

fn for_another(label: &Label, request: &mut wire::request::Request) {
    request.aud = label.space(2).entity().clone();
}

fn in_the_name_of_another(label: &Label, request: &mut wire::request::Request) {
    request.iss = label.space(2).entity().clone();
}

/// The receipt says who wrote it, and is refused; but the question was heard.
async fn heard_as_another() -> Outcome {
    match asked(in_the_name_of_another).await {
        Err(code) if code == "malformed" => Ok(()),
        other => other,
    }
}

fn of_an_hour_ago(_: &Label, request: &mut wire::request::Request) {
    request.iat = request.iat.plus_seconds(-3_600);
    request.exp = request.iat.plus_seconds(60);
}

fn of_next_hour(_: &Label, request: &mut wire::request::Request) {
    request.iat = request.iat.plus_seconds(3_600);
    request.exp = request.iat.plus_seconds(60);
}

/// The very same request, after it was answered and the node has started anew.
async fn replayed() -> Outcome {
    let (label, _, told) = waiting().await;
    let text = forge_request(&request(&label, "op", &told), host(&label));
    outcome_of(&post_request(home(&label), text.clone()).await).unwrap();
    home(&label).restart().await;
    outcome_of(&post_request(home(&label), text).await)
}

/// Another question under the name of one that was answered.
async fn another_question() -> Outcome {
    let (label, _, told) = waiting().await;
    let first = request(&label, "op", &told);
    posted(home(&label), &first, host(&label)).await.unwrap();
    let mut other = first.clone();
    "another-attempt".clone_into(&mut other.jti);
    other.body["proof"] = json!("another");
    posted(home(&label), &other, host(&label)).await
}

async fn joined(label: &Label, join: &Join) -> Outcome {
    match answer(&label.coordinator, join).await {
        Ok(said) if said.result == AnswerResult::Accepted => Ok(()),
        Ok(said) => Err(said.code.unwrap_or_default()),
        Err(app::JoinError::OtherAudience(_)) => Err("join_other_audience".to_owned()),
        Err(app::JoinError::OutOfTime) => Err("join_out_of_time".to_owned()),
        Err(other) => panic!("{other}"),
    }
}

fn thief_of(space: &TestNode) -> seal::SecretKey {
    let plan = Plan::space(space.entity(), &coordinator_name());
    plan.with_keys("thief").fed()
}

/// A join that is changed before it is signed by the space's own key.
async fn join_with(change: fn(&mut wire::request::Request), later: i64) -> Outcome {
    let (label, space) = about_to_join().await;
    label.advance(later);
    let join = changed(&space, &space.plan().fed(), change).await;
    joined(&label, &join).await
}

/// Somebody else saw the invitation, and comes after the space that it was for.
async fn invitation_by_thief() -> Outcome {
    let (label, space) = about_to_join().await;
    let by_thief = changed(&space, &thief_of(&space), |_| {}).await;
    testkit::join(&label.network, &space).await.unwrap();
    joined(&label, &by_thief).await
}

/// Somebody else saw the invitation, and comes first, with the papers of the space.
async fn papers_by_thief() -> Outcome {
    let (label, space) = about_to_join().await;
    let by_thief = changed(&space, &thief_of(&space), |_| {}).await;
    joined(&label, &by_thief).await
}

#[rustfmt::skip]
fn all() -> Vec<Attack> {
    attacks! {
        C5 "A code is shown twice."
            { shown_again(false) } already_used [showing_once showing_kept]
        C5 "A code is shown again after the host has started anew."
            { shown_again(true) } already_used [showing_once showing_kept]
        C5 "A code is shown at two desks of one host at once."
            { at_two_desks() } already_used [showing_once showing_kept]
        C5 "A picture of a code is shown at another host."
            { at_another_host() } other_host [showing_host]
        C2 "A space signs a passport in another home's name, with a place in its own list."
            { in_anothers_name() } malformed [passport_home]
        C8 "A list in a home's feed says that it is another home's."
            { with_list(of_another_home) } list_too_old [list_issuer]
        C8 "A list in a home's feed goes by another list's name."
            { with_list(of_another_name) } list_too_old [list_subject]
        C8 "A list lasts a second longer than 14 days."
            { with_list(a_second_too_long) } list_too_old [list_term]
        C8 "A list was signed by a clock that is a day ahead, and would last as much longer."
            { with_list(from_tomorrow) } list_too_old [list_begun]
        C7 "A home's feed is kept away for 14 days, and what was taken back with it."
            { home_kept_away(14) } list_too_old [list_age]
        C7 "A relay puts an older list of the home under the record that takes a passport back."
            { rolled_back(false, older_list_under_newer) } feed_other_body [record_body]
        C7 "A relay brings an older list once more, with its record, after the newer was read."
            { rolled_back(true, older_record) } feed_gap [record_position record_past]
        C7 "A relay brings an older list, with its record, where the newer should be."
            { rolled_back(false, older_record) }
            feed_gap [record_position record_past head_past]
        C7 "A cache brings an older copy of the home's feed, after the newer was read."
            { rolled_back(true, older_copy) } feed_behind [head_behind]
        A4 "A request for another node is sent here."
            { asked(for_another) } request_other_audience [request_audience]
        A8 "A node is heard in the name of another."
            { heard_as_another() } request_not_genuine [request_author]
        A7 "A request is an hour old."
            { asked(of_an_hour_ago) } request_out_of_time [request_time]
        A7 "A request is signed for an hour from now."
            { asked(of_next_hour) } request_out_of_time [request_time]
        A6 "A request is sent again after the node has started anew."
            { replayed() } request_replayed [attempt_once]
        D3 "Another question is asked under the name of one that was answered."
            { another_question() } conflict [question_once]
        A4 "A join for another coordinator is sent here."
            { join_with(|it| it.aud = space_name(7), 0) } join_other_audience [join_audience]
        A7 "A join is signed for an hour from now."
            { join_with(in_an_hour, 0) } join_out_of_time [join_time]
        B12 "An invitation is used under another name than it is for."
            { join_with(|it| it.iss = space_name(1), 0) }
            invitation_for_another [invitation_name invitation_papers]
        B12 "An invitation is used after thirty days."
            { join_with(|_| {}, INVITATION_SECONDS) } invitation_expired [invitation_time]
        B12 "An invitation is used a second time, by whoever else saw it."
            { invitation_by_thief() }
            invitation_used [invitation_once invitation_papers admitted_once]
        B12 "An invitation is used by whoever else saw it, with the papers of the space."
            { papers_by_thief() } configuration_refused [invitation_papers]
    }
}

fn in_an_hour(request: &mut wire::request::Request) {
    request.iat = request.iat.plus_seconds(3_600);
    request.exp = request.iat.plus_seconds(60);
}

/// Tries an attack without these checks, on a runtime of its own: they are taken away on
/// this thread alone.
fn tried(attack: &Attack, taken: &[&'static str]) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    without(taken, || runtime.block_on((attack.tried)()))
}

fn wrong_with(attack: &Attack) -> Vec<String> {
    let mut wrong = Vec::new();
    let outcome = tried(attack, &[]);
    if outcome != Err(attack.code.to_owned()) {
        wrong.push(format!("{}, with all checks: {outcome:?}", attack.name));
    }
    let outcome = tried(attack, attack.checks);
    if outcome.is_err() {
        wrong.push(format!("{}, without: {outcome:?}", attack.name));
    }
    for (at, check) in attack.checks.iter().enumerate() {
        let mut others = attack.checks.to_vec();
        others.remove(at);
        if tried(attack, &others).is_ok() {
            wrong.push(format!(
                "{}: succeeds although `{check}` is there",
                attack.name
            ));
        }
    }
    wrong
}

#[test]
fn every_attack_on_a_node_is_stopped_and_by_the_checks_that_its_row_names() {
    let wrong: Vec<String> = all().iter().flat_map(wrong_with).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The names of the checks of `app`, as its sources have them.
fn checks() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let source = std::fs::read_to_string(path).unwrap();
        for call in ["holds(", "is_on("] {
            for rest in source.split(call).skip(1) {
                let name = rest.trim_start().strip_prefix('"');
                let name = name.and_then(|rest| rest.split_once('"'));
                found.extend(name.map(|(name, _)| name.to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_check_of_a_node_stops_an_attack() {
    let attacks = all();
    let named: BTreeSet<&str> = attacks.iter().flat_map(|it| it.checks).copied().collect();
    let found = checks();
    let idle: Vec<_> = found
        .iter()
        .filter(|it| !named.contains(it.as_str()))
        .collect();
    assert!(idle.is_empty(), "no attack is stopped by {idle:?}");
    assert!(found.len() > 12, "{found:?}");
}

const BEFORE: &str = "\
# Attacks on nodes

What is tried against whole nodes, over their routers and at their desks, beside what [attacks.md](attacks.md) lists; read it in the same way.
Informative. This page is written from the table in `crates/app/tests/attacks.rs` (`ESCALE_BLESS=1 cargo nextest run -p app attacks`).

The codes are those of [passport.md](passport.md), section 7.2, [requests.md](requests.md) and [trust.md](trust.md), section 6.3.
";

#[test]
fn the_published_attacks_on_nodes_are_those_of_the_table() {
    let mut made =
        format!("{BEFORE}\n| | attack | code | stopped by |\n| --- | --- | --- | --- |\n");
    for attack in all() {
        let checks: Vec<String> = attack.checks.iter().map(|it| format!("`{it}`")).collect();
        let (fault, name, code) = (attack.fault, attack.name, attack.code);
        writeln!(
            made,
            "| {fault} | {name} | `{code}` | {} |",
            checks.join(", ")
        )
        .unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/attacks-on-nodes.md");
    if std::env::var_os("ESCALE_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(kept == made, "ESCALE_BLESS=1 writes it");
}

/// The control of what is compared with the requests' own times.
#[tokio::test]
async fn a_request_that_nothing_is_wrong_with_is_answered() {
    assert_eq!(asked(|_, _| {}).await, Ok(()));
    assert_eq!(join_with(|_| {}, 0).await, Ok(()));
    let (label, wallet) = visit().await;
    assert_eq!(shown(&label, &wallet).await, Ok(()));
    assert!(!claims(&wallet.passport).is_null());
}
