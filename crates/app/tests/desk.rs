//! A member of one space at the desk of another: every answer, as the desk gives it.

use app::{Judged, MemberState, Role};
use rules::passport::{Block, NotGenuine, NotHere, Verdict};
use testkit::{DAY_SECONDS, Label, START, START_OF_DAY, TestNode, Wallet, operator, pull};

use crate::look::{assert_sound, count, stored};

/// The space that is visited.
pub(crate) fn host(label: &Label) -> &TestNode {
    label.space(0)
}

/// The space to which the visitor subscribes.
pub(crate) fn home(label: &Label) -> &TestNode {
    label.space(1)
}

/// What a desk of `host` answers to a code.
pub(crate) async fn judge(host: &TestNode, code: &str) -> Judged {
    let token = host
        .app()
        .access_token(&operator(), Role::Desk, "tablet")
        .await
        .unwrap();
    let desk = host.app().staff(&token).await.unwrap().unwrap();
    host.app().judge(&desk, code).await.unwrap()
}

/// Shows a wallet as it is now, for the first time.
#[track_caller]
pub(crate) fn says(
    host: &TestNode,
    wallet: &Wallet,
    expected: Verdict,
) -> impl Future<Output = ()> {
    let at = std::panic::Location::caller();
    let nonce = format!("showing {}", host.store().position().0);
    let code = wallet.show(host.entity(), host.app().now(), &nonce);
    let host = host.clone();
    async move {
        assert_eq!(judge(&host, &code).await.verdict, expected, "{at}");
    }
}

/// A label of two spaces, and a member of the second with a passport that the first
/// can judge.
pub(crate) async fn visit() -> (Label, Wallet) {
    let label = Label::labelled(2).await;
    let wallet = Wallet::enrol(home(&label), "Camille", None).await;
    label.settle().await;
    (label, wallet)
}

const ALLOWED: Verdict = Verdict::Allowed { left: 4 };

fn not_here(why: NotHere) -> Verdict {
    Verdict::NotAllowedHere(why)
}

fn not_genuine(why: NotGenuine) -> Verdict {
    Verdict::NotGenuine(why)
}

#[tokio::test]
async fn a_visitor_is_let_in_with_the_line_cut_and_nobody_is_asked() {
    let (label, wallet) = visit().await;
    label.network.cut(home(&label).entity());
    label.network.cut(label.coordinator.entity());
    let before = asked(&label);
    let code = wallet.show(host(&label).entity(), START, "first showing");
    let judged = judge(host(&label), &format!(" {code}\n")).await;
    assert_eq!(judged.verdict, ALLOWED);
    let visitor = judged.visitor.unwrap();
    assert_eq!(
        (visitor.name.as_str(), visitor.formula.as_str()),
        ("Camille", "month")
    );
    assert_eq!(visitor.home, *home(&label).entity());
    assert_eq!(asked(&label), before);
}

/// How many questions have arrived at each node.
fn asked(label: &Label) -> Vec<usize> {
    let nodes = label.nodes().into_iter();
    nodes.map(|it| label.network.asked(it.entity())).collect()
}

#[tokio::test]
async fn a_code_is_good_once_also_after_a_new_start() {
    let (label, wallet) = visit().await;
    let code = wallet.show(host(&label).entity(), START, "first showing");
    assert_eq!(judge(host(&label), &code).await.verdict, ALLOWED);
    assert_eq!(
        judge(host(&label), &code).await.verdict,
        Verdict::AlreadyUsed
    );
    host(&label).restart().await;
    assert_eq!(
        judge(host(&label), &code).await.verdict,
        Verdict::AlreadyUsed
    );
    let next = wallet.show(host(&label).entity(), START, "second showing");
    assert_eq!(judge(host(&label), &next).await.verdict, ALLOWED);
    // Another member's showing may have the same nonce by chance.
    let other = Wallet::enrol_again(home(&label), &wallet.member, "another phone").await;
    let same = other.show(host(&label).entity(), START, "first showing");
    assert_eq!(judge(host(&label), &same).await.verdict, ALLOWED);
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_code_for_another_host_is_good_there_alone() {
    let label = Label::labelled(3).await;
    let wallet = Wallet::enrol(home(&label), "Camille", None).await;
    label.settle().await;
    let code = wallet.show(label.space(2).entity(), START, "first showing");
    let here = judge(host(&label), &code).await.verdict;
    assert_eq!(here, not_here(NotHere::OtherHost));
    assert_eq!(judge(label.space(2), &code).await.verdict, ALLOWED);
}

#[tokio::test]
async fn a_picture_of_a_code_is_soon_worth_nothing() {
    let (label, wallet) = visit().await;
    let out_of_time = not_genuine(NotGenuine::OutOfTime);
    for (seconds, expected) in [
        (120, ALLOWED),
        (-120, ALLOWED),
        (121, out_of_time),
        (-121, out_of_time),
        (-DAY_SECONDS, out_of_time),
        (DAY_SECONDS, out_of_time),
        (1 << 52, out_of_time),
    ] {
        let nonce = format!("shown at {seconds}");
        let code = wallet.show(host(&label).entity(), START.plus_seconds(seconds), &nonce);
        assert_eq!(
            judge(host(&label), &code).await.verdict,
            expected,
            "{seconds}"
        );
    }
}

#[tokio::test]
async fn what_the_home_decides_is_known_after_one_pull() {
    let (label, wallet) = visit().await;
    let app = home(&label).app();
    let pulled = async || pull(&label.network, host(&label), home(&label).entity()).await;
    app.set_member(&operator(), &wallet.member, MemberState::Paused)
        .await
        .unwrap();
    says(host(&label), &wallet, ALLOWED).await;
    pulled().await.unwrap();
    says(host(&label), &wallet, Verdict::Blocked(Block::Paused)).await;
    app.set_member(&operator(), &wallet.member, MemberState::Active)
        .await
        .unwrap();
    pulled().await.unwrap();
    says(host(&label), &wallet, ALLOWED).await;
    assert_eq!(
        app.revoke_passports(&operator(), &wallet.member)
            .await
            .unwrap(),
        1
    );
    let second = Wallet::enrol_again(home(&label), &wallet.member, "new phone").await;
    pulled().await.unwrap();
    says(host(&label), &wallet, Verdict::Blocked(Block::Revoked)).await;
    says(host(&label), &second, ALLOWED).await;
    // A pause and its end do not give back what was taken back for good.
    app.set_member(&operator(), &wallet.member, MemberState::Paused)
        .await
        .unwrap();
    app.set_member(&operator(), &wallet.member, MemberState::Active)
        .await
        .unwrap();
    pulled().await.unwrap();
    says(host(&label), &wallet, Verdict::Blocked(Block::Revoked)).await;
    says(host(&label), &second, ALLOWED).await;
    app.set_member(&operator(), &wallet.member, MemberState::Ended)
        .await
        .unwrap();
    pulled().await.unwrap();
    says(host(&label), &second, Verdict::Blocked(Block::Revoked)).await;
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_list_of_blocked_passports_is_relied_on_for_fourteen_days() {
    let (label, wallet) = visit().await;
    label.network.cut(home(&label).entity());
    label.advance(14 * DAY_SECONDS - 1);
    for node in [&label.coordinator, host(&label)] {
        node.app().renew().await.unwrap();
    }
    pull(&label.network, host(&label), label.coordinator.entity())
        .await
        .unwrap();
    says(host(&label), &wallet, ALLOWED).await;
    label.advance(1);
    says(host(&label), &wallet, not_here(NotHere::ListTooOld)).await;
    label.network.heal();
    home(&label).app().renew().await.unwrap();
    pull(&label.network, host(&label), home(&label).entity())
        .await
        .unwrap();
    says(host(&label), &wallet, ALLOWED).await;
}

#[tokio::test]
async fn a_register_is_relied_on_for_thirty_days_and_a_passport_holds_as_long() {
    let (label, wallet) = visit().await;
    label.network.cut(label.coordinator.entity());
    // It is signed as of the beginning of the day.
    let until = START_OF_DAY.plus_seconds(30 * DAY_SECONDS);
    label.advance(until.seconds_since(START) - 1);
    home(&label).app().renew().await.unwrap();
    pull(&label.network, host(&label), home(&label).entity())
        .await
        .unwrap();
    says(host(&label), &wallet, ALLOWED).await;
    label.advance(1);
    says(host(&label), &wallet, Verdict::Expired).await;
    label.advance(START.seconds_since(START_OF_DAY) - 1);
    says(host(&label), &wallet, Verdict::Expired).await;
    label.advance(1);
    says(host(&label), &wallet, not_here(NotHere::RegisterTooOld)).await;
    label.network.heal();
    label.coordinator.app().renew().await.unwrap();
    pull(&label.network, host(&label), label.coordinator.entity())
        .await
        .unwrap();
    says(host(&label), &wallet, Verdict::Expired).await;
}

#[tokio::test]
async fn a_desk_whose_clock_is_behind_says_so_of_itself_and_not_of_the_visitor() {
    let (label, wallet) = visit().await;
    host(&label).clock().advance(-3_600);
    says(host(&label), &wallet, not_here(NotHere::ClockWrong)).await;
    let code = wallet.show(host(&label).entity(), START, "by a right clock");
    let judged = judge(host(&label), &code).await.verdict;
    assert_eq!(judged, not_here(NotHere::ClockWrong));
}

#[tokio::test]
async fn the_label_decides_on_home_and_host() {
    let (label, wallet) = visit().await;
    let app = label.coordinator.app();
    let (home_name, host_name) = (home(&label).entity(), host(&label).entity());
    app.suspend(home_name, "works").await.unwrap();
    label.settle().await;
    says(
        host(&label),
        &wallet,
        Verdict::Blocked(Block::HomeSuspended),
    )
    .await;
    app.withdraw(home_name, "closed").await.unwrap();
    label.settle().await;
    says(
        host(&label),
        &wallet,
        Verdict::Blocked(Block::HomeWithdrawn),
    )
    .await;
    app.grant(home_name).await.unwrap();
    label.settle().await;
    says(host(&label), &wallet, ALLOWED).await;
    for is_withdrawn in [false, true] {
        if is_withdrawn {
            app.withdraw(host_name, "closed").await.unwrap();
        } else {
            app.suspend(host_name, "works").await.unwrap();
        }
        label.settle().await;
        says(host(&label), &wallet, not_here(NotHere::HostNotLabelled)).await;
    }
}

#[tokio::test]
async fn who_belongs_without_the_label_neither_receives_nor_sends() {
    let label = Label::joined(2).await;
    let wallet = Wallet::enrol(home(&label), "Camille", None).await;
    let app = label.coordinator.app();
    app.grant(host(&label).entity()).await.unwrap();
    label.settle().await;
    says(host(&label), &wallet, not_here(NotHere::HomeNotLabelled)).await;
    let label = Label::joined(2).await;
    let wallet = Wallet::enrol(home(&label), "Camille", None).await;
    let app = label.coordinator.app();
    app.grant(home(&label).entity()).await.unwrap();
    label.settle().await;
    says(host(&label), &wallet, not_here(NotHere::HostNotLabelled)).await;
}

#[tokio::test]
async fn at_home_nothing_of_the_allowance_is_used() {
    let label = Label::labelled(2).await;
    let wallet = Wallet::enrol(home(&label), "Alix", Some(0)).await;
    label.settle().await;
    says(host(&label), &wallet, Verdict::NoAllowance).await;
    says(home(&label), &wallet, Verdict::Allowed { left: 0 }).await;
}

#[tokio::test]
async fn a_status_list_is_signed_anew_every_day_and_not_more_often() {
    let (label, _) = visit().await;
    let node = home(&label);
    let lists = async || count(node, node.entity(), "status-list", "1").await;
    assert_eq!(lists().await, 1);
    for (seconds, expected) in [(DAY_SECONDS - 1, 1), (1, 2), (0, 2), (DAY_SECONDS, 3)] {
        node.clock().advance(seconds);
        node.app().renew().await.unwrap();
        assert_eq!(lists().await, expected, "after {seconds} more");
    }
    host(&label).clock().advance(3 * DAY_SECONDS);
    host(&label).app().renew().await.unwrap();
    let name = host(&label).entity();
    // Whoever has no member yet has a list too: the first member's passport is judged by
    // it where the line is cut before anybody hears of them.
    assert_eq!(count(host(&label), name, "status-list", "1").await, 1);
}

#[tokio::test]
async fn a_showing_is_forgotten_after_ten_minutes() {
    let (label, wallet) = visit().await;
    says(host(&label), &wallet, ALLOWED).await;
    let kept = async || stored(host(&label), app::keys::SHOWINGS).await.len();
    host(&label).clock().advance(599);
    host(&label).app().renew().await.unwrap();
    assert_eq!(kept().await, 1);
    host(&label).clock().advance(1);
    host(&label).app().renew().await.unwrap();
    assert_eq!(kept().await, 0);
    assert_sound(&[host(&label)]).await;
}
