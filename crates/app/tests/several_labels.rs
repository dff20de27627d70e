//! A space of several labels: who is let in by which, and what another label's coordinator
//! cannot do.

use std::sync::Arc;

use app::{App, ApplyError, JoinState, KeyState, Overlap, Purpose};
use rules::passport::{Block, NotGenuine, NotHere, Verdict};
use rules::trust::{LABELS_MAX, Standing};
use testkit::{DAY_SECONDS, Label, Plan, START, TestNode, Wallet, join, join_label, send_all};
use testkit::{operator, space_name};
use wire::{EntityId, Invitation};

use crate::between::Interrupted;
use crate::desk::says;
use crate::look::{assert_sound, claims, home, name, partner};
use crate::receipts::{arrive, leave, left};
use crate::turning::state;

pub(crate) const ALLOWED: Verdict = Verdict::Allowed { left: 4 };
const STRANGER: Verdict = Verdict::NotGenuine(NotGenuine::UnknownHome);

pub(crate) fn entity(name: &str) -> EntityId {
    EntityId::parse(&format!("https://{name}.example")).unwrap()
}

/// Two labels on one network.
pub(crate) struct Two {
    /// The first, with two spaces.
    pub(crate) alps: Label,
    /// The second, with one; the first space of the first joins it.
    pub(crate) rhone: Label,
}

impl Two {
    /// Both, each by itself.
    pub(crate) async fn apart() -> Self {
        let alps = Label::labelled(2).await;
        let mut rhone = Label::of(&entity("rhone")).await;
        rhone.network = alps.network.clone();
        rhone.network.connect(&rhone.coordinator);
        let space = rhone.invite(&entity("valence")).await;
        accepted(&join(&rhone.network, &space).await.unwrap());
        rhone.settle().await;
        let granted = rhone.coordinator.app().grant(space.entity()).await;
        granted.unwrap();
        rhone.settle().await;
        Self { alps, rhone }
    }

    /// The first space of the first bears both labels.
    pub(crate) async fn joined() -> Self {
        let two = Self::apart().await;
        two.joins(two.both()).await;
        let granted = two.rhone.coordinator.app().grant(two.both().entity()).await;
        granted.unwrap();
        two.settle().await;
        two
    }

    /// A space of the first label joins the second.
    pub(crate) async fn joins(&self, space: &TestNode) {
        let app = self.rhone.coordinator.app();
        let invitation = app.invite(space.entity()).await.unwrap();
        space.app().join_by(&invitation).await.unwrap();
        let coordinator = self.rhone.coordinator.entity();
        accepted(
            &join_label(&self.rhone.network, space, coordinator)
                .await
                .unwrap(),
        );
        self.settle().await;
    }

    pub(crate) fn both(&self) -> &TestNode {
        self.alps.space(0)
    }

    /// A space of the first label alone.
    pub(crate) fn aix(&self) -> &TestNode {
        self.alps.space(1)
    }

    /// A space of the second label alone.
    pub(crate) fn valence(&self) -> &TestNode {
        self.rhone.space(0)
    }

    fn nodes(&self) -> Vec<&TestNode> {
        let mut nodes = self.alps.nodes();
        nodes.extend(self.rhone.nodes());
        nodes
    }

    async fn pull_all(&self) {
        let failed = testkit::pull_all(&self.alps.network, &self.nodes()).await;
        assert!(failed.is_empty(), "{failed:?}");
    }

    /// Whoever was heard of in a first round is read in a second, and what was asked for of a
    /// feed that is over is asked for anew.
    pub(crate) async fn settle(&self) {
        self.try_pull_all().await;
        self.try_pull_all().await;
        self.pull_all().await;
    }

    pub(crate) async fn try_pull_all(&self) {
        let _ = testkit::pull_all(&self.alps.network, &self.nodes()).await;
    }

    /// Signs again, sends and reads, until everybody knows.
    pub(crate) async fn go_round(&self) {
        for _ in 0..3 {
            for node in self.nodes() {
                node.app().renew().await.unwrap();
                let _ = send_all(&self.alps.network, node).await;
            }
            let _ = testkit::pull_all(&self.alps.network, &self.nodes()).await;
        }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        for node in self.nodes() {
            node.clock().advance(seconds);
        }
    }
}

pub(crate) fn accepted(state: &JoinState) {
    assert!(matches!(state, JoinState::Accepted { .. }), "{state:?}");
}

/// The only further label of a node.
async fn further(node: &TestNode) -> app::view::FurtherLabelView {
    let mut all = home(node).await.further_labels;
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[tokio::test]
async fn each_label_opens_the_doors_of_those_who_bear_it() {
    let two = Two::joined().await;
    let (both, aix, valence) = (two.both(), two.aix(), two.valence());
    let of_both = Wallet::enrol(both, "Camille", None).await;
    let of_aix = Wallet::enrol(aix, "Alix", None).await;
    let of_valence = Wallet::enrol(valence, "Vasco", None).await;
    two.settle().await;
    says(aix, &of_both, ALLOWED).await;
    says(valence, &of_both, ALLOWED).await;
    says(both, &of_aix, ALLOWED).await;
    says(both, &of_valence, ALLOWED).await;
    // Who has no label in common is nobody's guest.
    says(aix, &of_valence, STRANGER).await;
    says(valence, &of_aix, STRANGER).await;
    assert_eq!(name(&further(both).await.standing), "labelled");
    assert_eq!(
        name(&partner(both, valence.entity()).await.standing),
        "labelled"
    );
    both.restart().await;
    says(both, &of_valence, ALLOWED).await;
    assert_sound(&two.nodes()).await;
}

#[tokio::test]
async fn a_visit_between_two_of_the_second_label_is_counted_at_home() {
    let two = Two::joined().await;
    let (both, valence) = (two.both(), two.valence());
    valence
        .app()
        .publish_space(&testkit::space_text("Valence"))
        .await
        .unwrap();
    let wallet = Wallet::enrol(both, "Camille", None).await;
    two.settle().await;
    let visit = arrive(valence, &wallet).await;
    two.advance(3 * testkit::HOUR_SECONDS);
    let counted = leave(valence, visit).await;
    two.settle().await;
    let failed = send_all(&two.alps.network, valence).await;
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(left(both, &wallet).await, 4 - counted.count());
    assert!(!counted.is_none());
    assert_sound(&two.nodes()).await;
}

#[tokio::test]
async fn what_one_label_takes_the_other_does_not_give_back_to_its_own() {
    let two = Two::joined().await;
    let (both, aix, valence) = (two.both(), two.aix(), two.valence());
    let of_both = Wallet::enrol(both, "Camille", None).await;
    let of_aix = Wallet::enrol(aix, "Alix", None).await;
    let of_valence = Wallet::enrol(valence, "Vasco", None).await;
    let app = two.alps.coordinator.app();
    app.suspend(both.entity(), "the stairs").await.unwrap();
    two.settle().await;
    says(aix, &of_both, Verdict::Blocked(Block::HomeSuspended)).await;
    says(
        both,
        &of_aix,
        Verdict::NotAllowedHere(NotHere::HostNotLabelled),
    )
    .await;
    // In the other label nothing has changed.
    says(valence, &of_both, ALLOWED).await;
    says(both, &of_valence, ALLOWED).await;
    assert_eq!(name(&home(both).await.us.unwrap().standing), "suspended");
    assert_eq!(name(&further(both).await.standing), "labelled");
}

#[tokio::test]
async fn a_label_that_is_not_heard_any_more_does_not_close_the_doors_of_the_other() {
    let two = Two::joined().await;
    let (both, aix, valence) = (two.both(), two.aix(), two.valence());
    let (silent, heard) = (&two.alps.coordinator, &two.rhone.coordinator);
    two.alps.network.cut(silent.entity());
    for _ in 0..31 {
        two.advance(DAY_SECONDS);
        for node in [both, aix, valence, heard] {
            node.app().renew().await.unwrap();
        }
        two.try_pull_all().await;
    }
    let of_aix = Wallet::enrol(aix, "Alix", None).await;
    let of_valence = Wallet::enrol(valence, "Vasco", None).await;
    two.try_pull_all().await;
    says(both, &of_valence, ALLOWED).await;
    let nonce = "a month later";
    let code = of_aix.show(both.entity(), both.app().now(), nonce);
    let judged = crate::desk::judge(both, &code).await;
    let too_old = Verdict::NotAllowedHere(NotHere::RegisterTooOld);
    assert_eq!(judged.verdict, too_old);
    // Both bear the first label, which nobody relies on, and by now the second one too.
    let app = heard.app();
    let invitation = app.invite(aix.entity()).await.unwrap();
    aix.app().join_by(&invitation).await.unwrap();
    let joined = join_label(&two.alps.network, aix, heard.entity()).await;
    accepted(&joined.unwrap());
    two.try_pull_all().await;
    app.grant(aix.entity()).await.unwrap();
    two.try_pull_all().await;
    two.try_pull_all().await;
    says(both, &of_aix, ALLOWED).await;
}

/// A node of the second label under the name of a space of the first, with other keys.
pub(crate) async fn impostor(two: &Two, under: &EntityId) -> TestNode {
    let app = two.rhone.coordinator.app();
    let invitation = app.invite(under).await.unwrap();
    let node = joined_with(&two.rhone, invitation, "somebody else").await;
    two.rhone.network.connect(&node);
    app.grant_anyway(under).await.unwrap();
    node
}

/// A node that is founded by an invitation, with keys of that name, and joins.
pub(crate) async fn joined_with(label: &Label, invitation: Invitation, keys: &str) -> TestNode {
    let plan = Plan::space(&invitation.entity, label.coordinator.entity()).with_keys(keys);
    let now = label.coordinator.app().now();
    let node = TestNode::found(plan, Plan::space_papers(invitation), now).await;
    let node = node.unwrap();
    accepted(&join(&label.network, &node).await.unwrap());
    node
}

#[tokio::test]
async fn another_coordinator_takes_no_feed_over_and_blesses_nobody() {
    let two = Two::joined().await;
    let (both, aix) = (two.both(), two.aix());
    let of_aix = Wallet::enrol(aix, "Alix", None).await;
    two.settle().await;
    let false_aix = impostor(&two, aix.entity()).await;
    let of_false = Wallet::enrol(&false_aix, "Mallory", None).await;
    two.try_pull_all().await;
    // At its address stands the impostor; what it gives is not the feed of Aix.
    says(both, &of_false, STRANGER).await;
    two.alps.network.connect(aix);
    two.alps.settle().await;
    says(both, &of_aix, ALLOWED).await;
    // Whoever the second label calls Aix is not Aix: its word does not count for Aix.
    let app = two.alps.coordinator.app();
    app.suspend(aix.entity(), "the stairs").await.unwrap();
    two.alps.settle().await;
    says(both, &of_aix, Verdict::Blocked(Block::HomeSuspended)).await;
    assert_eq!(
        name(&partner(both, aix.entity()).await.standing),
        "suspended"
    );
    // The control: a space that is in both by its own keys bears the second label.
    let registers = both.app().registers().await.unwrap();
    let now = both.app().now();
    assert!(registers.is_labelled(two.both().entity(), now));
    assert!(!registers.is_labelled(aix.entity(), now));
    assert_sound(&[both, aix]).await;
}

#[tokio::test]
async fn a_space_that_the_first_label_admits_later_takes_its_place() {
    let mut two = Two::joined().await;
    let grenoble = entity("grenoble");
    let false_one = impostor(&two, &grenoble).await;
    let of_false = Wallet::enrol(&false_one, "Mallory", None).await;
    two.settle().await;
    // As far as anybody knows, this is Grenoble, of the second label.
    says(two.both(), &of_false, ALLOWED).await;
    let true_one = two.alps.invite(&grenoble).await;
    accepted(&join(&two.alps.network, &true_one).await.unwrap());
    two.try_pull_all().await;
    two.alps.settle().await;
    two.alps.coordinator.app().grant(&grenoble).await.unwrap();
    let of_true = Wallet::enrol(&true_one, "Gaston", None).await;
    two.try_pull_all().await;
    two.alps.settle().await;
    says(two.both(), &of_true, ALLOWED).await;
    says(two.both(), &of_false, STRANGER).await;
    assert_sound(&[two.both(), two.aix(), &true_one]).await;
}

#[tokio::test]
async fn a_coordinator_is_judged_by_its_root_key_alone() {
    let two = Two::joined().await;
    let (both, first) = (two.both(), two.alps.coordinator.entity().clone());
    let false_one = impostor(&two, &first).await;
    two.try_pull_all().await;
    assert_eq!(false_one.entity(), &first);
    let registers = both.app().registers().await.unwrap();
    assert!(registers.deciding(&first).is_some());
    two.alps.network.connect(&two.alps.coordinator);
    two.alps.coordinator.app().renew().await.unwrap();
    for _ in 0..2 {
        testkit::pull(&two.alps.network, both, &first)
            .await
            .unwrap();
    }
    let home = home(both).await;
    assert_eq!(home.label.feed.refusal, None);
    assert_eq!(name(&home.us.unwrap().standing), "labelled");
}

#[tokio::test]
async fn a_space_has_no_more_labels_than_it_can_show() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    let mut others = Vec::new();
    for number in 1..=LABELS_MAX {
        let mut other = Label::of(&entity(&format!("label-{number}"))).await;
        other.network = label.network.clone();
        other.network.connect(&other.coordinator);
        let invitation = other.coordinator.app().invite(space.entity()).await;
        let joined = space.app().join_by(&invitation.unwrap()).await;
        if number == LABELS_MAX {
            assert!(
                matches!(joined, Err(ApplyError::TooManyLabels)),
                "{joined:?}"
            );
            assert!(matches!(
                space.app().leave_label(other.coordinator.entity()).await,
                Err(ApplyError::NotOurs)
            ));
        } else {
            joined.unwrap();
            let coordinator = other.coordinator.entity();
            accepted(
                &join_label(&label.network, space, coordinator)
                    .await
                    .unwrap(),
            );
            testkit::pull(&label.network, &other.coordinator, space.entity())
                .await
                .unwrap();
            let granted = other.coordinator.app().grant(space.entity()).await;
            granted.unwrap();
            testkit::pull(&label.network, space, coordinator)
                .await
                .unwrap();
        }
        others.push(other);
    }
    assert_eq!(home(space).await.further_labels.len(), LABELS_MAX - 1);
    space.app().renew().await.unwrap();
    let said = claims(&space.app().configuration().await.unwrap());
    let hints: Vec<_> = space
        .app()
        .labels()
        .into_iter()
        .map(|it| it.coordinator)
        .collect();
    assert_eq!(said["authority_hints"], serde_json::json!(hints));
    assert_eq!(said["trust_marks"].as_array().unwrap().len(), LABELS_MAX);
    // Of each it is told where it stands, and one that is left is heard no more.
    let left = others[0].coordinator.entity();
    space.app().leave_label(left).await.unwrap();
    assert_eq!(home(space).await.further_labels.len(), LABELS_MAX - 2);
    assert!(!space.app().followed().await.unwrap().contains(left));
    space.app().renew().await.unwrap();
    let said = claims(&space.app().configuration().await.unwrap());
    assert_eq!(
        said["trust_marks"].as_array().unwrap().len(),
        LABELS_MAX - 1
    );
    let first = label.coordinator.entity();
    let stays = space.app().leave_label(first).await;
    assert!(matches!(stays, Err(ApplyError::FirstLabel)), "{stays:?}");
    space.restart().await;
    assert_eq!(home(space).await.further_labels.len(), LABELS_MAX - 2);
    assert_sound(&[space]).await;
}

#[tokio::test]
async fn an_invitation_fits_or_is_refused() {
    let two = Two::apart().await;
    let (both, app) = (two.both(), two.rhone.coordinator.app());
    let for_both = app.invite(both.entity()).await.unwrap();
    let refused = two.aix().app().join_by(&for_both).await;
    assert!(
        matches!(refused, Err(ApplyError::OtherInvitation)),
        "{refused:?}"
    );
    let refused = two.rhone.coordinator.app().join_by(&for_both).await;
    assert!(
        matches!(refused, Err(ApplyError::Coordinator)),
        "{refused:?}"
    );
    both.app().join_by(&for_both).await.unwrap();
    let again = both.app().join_by(&for_both).await;
    assert!(matches!(again, Err(ApplyError::Belongs)), "{again:?}");
    // The same label under another root key is another label.
    let mut forged = for_both.clone();
    forged.root_key = seal::Jwk::from(&Plan::coordinator(&entity("elsewhere")).root);
    let refused = both.app().join_by(&forged).await;
    assert!(
        matches!(refused, Err(ApplyError::OtherInvitation)),
        "{refused:?}"
    );
    assert_eq!(further(both).await.joining, JoinState::Asking);
    both.restart().await;
    assert_eq!(further(both).await.joining, JoinState::Asking);
}

#[tokio::test]
async fn a_label_is_asked_for_by_its_own_coordinator_and_joined_again() {
    let two = Two::apart().await;
    let (both, rhone) = (two.both(), two.rhone.coordinator.entity());
    let early = both.app().ask_for_label_of(rhone, "please").await;
    assert!(matches!(early, Err(ApplyError::NotOurs)), "{early:?}");
    two.joins(both).await;
    both.app()
        .ask_for_label_of(rhone, "a note for one")
        .await
        .unwrap();
    assert!(send_all(&two.alps.network, both).await.is_empty());
    two.settle().await;
    let rows = two.rhone.coordinator.app().label_rows().await.unwrap();
    let row = rows.iter().find(|it| it.entity == *both.entity()).unwrap();
    assert_eq!(row.application.as_ref().unwrap().note, "a note for one");
    assert_eq!(further(both).await.standing, Standing::Admitted);
    // It ends, and is joined again by a new invitation.
    let app = two.rhone.coordinator.app();
    app.end_membership(both.entity(), "moved").await.unwrap();
    two.try_pull_all().await;
    assert_eq!(further(both).await.standing, Standing::Unknown);
    two.joins(both).await;
    assert_eq!(further(both).await.standing, Standing::Admitted);
    let vasco = Wallet::enrol(two.valence(), "Vasco", None).await;
    app.grant(both.entity()).await.unwrap();
    two.settle().await;
    says(both, &vasco, ALLOWED).await;
}

#[tokio::test]
async fn a_fed_key_turns_when_every_label_names_the_next() {
    for is_first_late in [false, true] {
        let two = Two::joined().await;
        let (both, aix, valence) = (two.both(), two.aix(), two.valence());
        let (old, new) = (both.plan().fed(), both.plan().next_fed("second"));
        let camille = Wallet::enrol(both, "Camille", None).await;
        let late = if is_first_late {
            &two.alps.coordinator
        } else {
            &two.rhone.coordinator
        };
        two.alps.network.cut(late.entity());
        both.follow_fed("second").await.unwrap();
        two.go_round().await;
        // One label names it, and the other has not heard.
        assert_eq!(state(both, Purpose::Fed, &old).await, Some(KeyState::Signs));
        assert_eq!(state(both, Purpose::Fed, &new).await, Some(KeyState::Waits));
        both.restart().await;
        two.go_round().await;
        assert_eq!(state(both, Purpose::Fed, &old).await, Some(KeyState::Signs));
        two.alps.network.heal();
        two.go_round().await;
        assert_eq!(state(both, Purpose::Fed, &new).await, Some(KeyState::Signs));
        two.go_round().await;
        two.settle().await;
        assert_eq!(state(both, Purpose::Fed, &old).await, Some(KeyState::Ended));
        assert!(both.app().waiting().await.unwrap().is_empty());
        both.follow_fed("third").await.unwrap();
        says(aix, &camille, ALLOWED).await;
        says(valence, &camille, ALLOWED).await;
        assert_sound(&two.nodes()).await;
    }
}

#[tokio::test]
async fn whoever_has_turned_keys_joins_another_label_with_its_whole_feed() {
    let two = Two::apart().await;
    let (both, valence) = (two.both(), two.valence());
    let stolen = both.plan().ops();
    both.rotate_ops("second", Overlap::NoneItWasStolen)
        .await
        .unwrap();
    both.follow_fed("second").await.unwrap();
    two.go_round().await;
    let new = both.plan().next_fed("second");
    assert_eq!(state(both, Purpose::Fed, &new).await, Some(KeyState::Signs));
    let camille = Wallet::enrol(both, "Camille", None).await;
    two.joins(both).await;
    let app = two.rhone.coordinator.app();
    app.grant(both.entity()).await.unwrap();
    two.go_round().await;
    says(valence, &camille, ALLOWED).await;
    // The second label knows the key that was stolen before it was joined.
    let registers = valence.app().registers().await.unwrap();
    let register = registers.deciding(both.entity()).unwrap();
    let revoked = register.revoked(both.entity());
    assert!(revoked.names(stolen.public().thumbprint()));
    assert!(revoked.names(both.plan().fed().public().thumbprint()));
    assert!(both.app().waiting().await.unwrap().is_empty());
    assert_sound(&two.nodes()).await;
}

#[tokio::test]
async fn a_turn_that_waits_for_a_label_ends_when_the_label_is_left() {
    let two = Two::joined().await;
    let both = two.both();
    let rhone = two.rhone.coordinator.entity();
    two.alps.network.cut(rhone);
    both.follow_fed("second").await.unwrap();
    two.go_round().await;
    assert!(!both.app().waiting().await.unwrap().is_empty());
    both.app().leave_label(rhone).await.unwrap();
    assert!(both.app().waiting().await.unwrap().is_empty());
    two.go_round().await;
    let new = both.plan().next_fed("second");
    assert_eq!(state(both, Purpose::Fed, &new).await, Some(KeyState::Signs));
    both.follow_fed("third").await.unwrap();
    assert_sound(&[both, two.aix()]).await;
}

#[tokio::test]
async fn the_calendar_and_the_seats_are_of_all_labels() {
    let two = Two::joined().await;
    let (both, valence) = (two.both(), two.valence());
    let text = crate::registering::training(&two.rhone, Some(3));
    let done = valence.app().publish_event(&operator(), None, &text).await;
    let done = done.unwrap();
    two.settle().await;
    crate::registering::ask(both, "Anne", &done.uid).await;
    let failed = send_all(&two.alps.network, both).await;
    assert!(failed.is_empty(), "{failed:?}");
    let rows = valence.app().seats(&operator(), &done.id).await;
    assert_eq!(rows.unwrap().len(), 1);
    // A space of the first label alone does not know it.
    let of = two.aix().app().followed().await.unwrap();
    assert!(!of.contains(valence.entity()));
    assert_eq!(both.app().now(), START);
    assert!(of.contains(&space_name(0)));
}

/// One command joins a label and another a further one, at any two moments: the node goes by
/// both at once, and not only when it starts again.
#[tokio::test]
async fn two_labels_that_are_joined_at_once_are_both_there() {
    for reads in 0..100 {
        let (one, two) = (
            Label::of(&entity("one")).await,
            Label::of(&entity("two")).await,
        );
        let alps = Label::labelled(1).await;
        let space = alps.space(0);
        let store = Arc::new(Interrupted::after_reads(space.store()));
        let (clock, entropy) = (space.clock().clone(), space.entropy().clone());
        let identity = space.plan().identity();
        let app = App::open(store.clone(), identity, Arc::new(clock), Arc::new(entropy)).await;
        let app = app.unwrap();
        let invited = async |by: &Label| by.coordinator.app().invite(space.entity()).await;
        let (by_one, by_two) = (invited(&one).await.unwrap(), invited(&two).await.unwrap());
        let meanwhile = app.clone();
        let due = async move { meanwhile.join_by(&by_two).await.unwrap() };
        store.interrupt(reads, Box::pin(due));
        app.join_by(&by_one).await.unwrap();
        if store.is_still_to_come() {
            assert!(reads > 0, "it reads nothing");
            return;
        }
        let labels: Vec<_> = app.labels().into_iter().map(|it| it.coordinator).collect();
        for coordinator in [&one.coordinator, &two.coordinator] {
            assert!(labels.contains(coordinator.entity()), "{reads}: {labels:?}");
        }
    }
    panic!("there is no end of reads");
}
