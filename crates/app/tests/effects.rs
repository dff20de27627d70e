//! What each standing of a space has as effects: the table of `specs/trust.md`, cell by cell,
//! on real nodes.

use app::{Fate, RegistrationError, SeatState, Stay, VisitId};
use rules::passport::{Block, NotGenuine, NotHere, Verdict};
use testkit::{
    HOUR_SECONDS, Label, START, TestNode, Wallet, operator, pull, pull_from, send_all, space_text,
};
use wire::Sha256Hash;
use wire::feed::Head;
use wire::trust::TrustMark;

use crate::desk::judge;
use crate::look::{assert_sound, bytes, name, standing};
use crate::receipts::{arrive, leave, row};
use crate::registering::{member, rows, training, wish, word};
use crate::standing::one_more;

/// Whose label it is, a labelled space elsewhere, and another.
struct Story {
    label: Label,
    /// A member of the space that it is about.
    away: Wallet,
    /// Members of the other space.
    visitor: Wallet,
    /// What was before, where the space has borne the label.
    before: Option<Before>,
    /// The training elsewhere, and that of the space that it is about.
    trainings: [(String, String); 2],
}

struct Before {
    under_way: VisitId,
    ended: VisitId,
}

const ELSEWHERE: usize = 0;
const IT: usize = 1;
const OTHER: usize = 2;

async fn publish(label: &Label, at: usize) -> (String, String) {
    let app = label.space(at).app();
    app.publish_space(&space_text("Le Mug")).await.unwrap();
    let text = training(label, Some(5));
    let done = app.publish_event(&operator(), None, &text).await.unwrap();
    (done.id, done.uid)
}

async fn wallet(label: &Label, at: usize, name: &str) -> Wallet {
    let space = label.space(at);
    let id = member(space, name).await;
    Wallet::enrol_again(space, &id, name).await
}

/// Everything that a label has effects on, with the space labelled from the beginning or
/// admitted alone.
async fn story(is_labelled: bool) -> Story {
    let label = Label::joined(3).await;
    let grant = async |at: usize| {
        let app = label.coordinator.app();
        app.grant(label.space(at).entity()).await.unwrap();
    };
    grant(ELSEWHERE).await;
    grant(OTHER).await;
    if is_labelled {
        grant(IT).await;
    }
    let trainings = [publish(&label, ELSEWHERE).await, publish(&label, IT).await];
    let away = wallet(&label, IT, "Camille").await;
    let visitor = wallet(&label, OTHER, "Alix").await;
    let (stays, left) = (
        wallet(&label, OTHER, "Sacha").await,
        wallet(&label, OTHER, "Robin").await,
    );
    label.advance(HOUR_SECONDS);
    label.settle().await;
    let before = if is_labelled {
        let [(_, uid), _] = &trainings;
        wish(label.space(IT), "Dana", uid, None).await.unwrap();
        sent(&label, IT).await;
        let ended = arrive(label.space(IT), &left).await;
        let under_way = arrive(label.space(IT), &stays).await;
        label.advance(HOUR_SECONDS);
        leave(label.space(IT), ended).await;
        Some(Before { under_way, ended })
    } else {
        None
    };
    Story {
        label,
        away,
        visitor,
        before,
        trainings,
    }
}

async fn sent(label: &Label, at: usize) {
    // Whoever does not belong is not answered, which is a cell of the table.
    let _ = send_all(&label.network, label.space(at)).await;
}

/// Brings the space into this standing, and lets everybody hear of it.
async fn bring(story: &Story, to: &str) {
    let label = &story.label;
    let (app, it) = (label.coordinator.app(), label.space(IT).entity());
    match to {
        "asked" => {
            label.space(IT).app().ask_for_label("").await.unwrap();
            sent(label, IT).await;
        }
        "admitted" | "labelled" => {}
        "warned" => {
            let until = START.plus_seconds(30 * 24 * HOUR_SECONDS);
            app.warn(it, "a test", until).await.unwrap();
        }
        "suspended" => app.suspend(it, "a test").await.unwrap(),
        "withdrawn" => app.withdraw(it, "a test").await.unwrap(),
        "ended" => {
            app.withdraw(it, "a test").await.unwrap();
            app.end_membership(it, "a test").await.unwrap();
        }
        "expired" => return expire(label).await,
        other => panic!("{other}"),
    }
    // In the first round whoever has not heard of it yet still reads an ended space.
    label.pull_all().await;
    label.settle().await;
}

/// Everybody hears a mark that runs out in a moment, and nothing after it.
async fn expire(label: &Label) {
    label.settle().await;
    let (coordinator, it) = (&label.coordinator, label.space(IT).entity());
    let mark = TrustMark {
        iss: coordinator.entity().clone(),
        sub: it.clone(),
        trust_mark_type: coordinator.entity().url_of("/charter"),
        iat: START,
        exp: coordinator.app().now().plus_seconds(1),
    };
    let mark = seal::sign(mark, &coordinator.plan().fed()).unwrap();
    let text = mark.as_str().to_owned();
    let mut page = one_more(label, "trust-mark", it, text).await;
    let seq = crate::look::feed(coordinator, coordinator.entity())
        .await
        .len() as u64
        + 1;
    // A head that is as young as what is asked afterwards.
    let head = Head {
        iss: coordinator.entity().clone(),
        epoch: 1,
        seq,
        hash: Sha256Hash::of(&[page.records[0].record.as_bytes()]),
        iat: coordinator.app().now().plus_seconds(1),
        exp: coordinator.app().now().plus_seconds(HOUR_SECONDS),
    };
    let head = seal::sign(head, &coordinator.plan().ops()).unwrap();
    head.as_str().clone_into(&mut page.head);
    let page = bytes(&page);
    for space in &label.spaces {
        let taken = space.app().take_page(coordinator.entity(), &page).await;
        taken.unwrap();
    }
    label.network.cut(coordinator.entity());
    label.advance(1);
}

fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allowed { .. } => "allowed",
        Verdict::Blocked(Block::HomeSuspended) => "blocked: suspended",
        Verdict::Blocked(Block::HomeWithdrawn) => "blocked: withdrawn",
        Verdict::NotAllowedHere(NotHere::HomeNotLabelled) => "home not labelled",
        Verdict::NotAllowedHere(NotHere::HostNotLabelled) => "host not labelled",
        Verdict::NotGenuine(NotGenuine::UnknownHome) => "unknown home",
        Verdict::ToVerify { .. }
        | Verdict::Blocked(_)
        | Verdict::Expired
        | Verdict::NoAllowance
        | Verdict::NotAllowedHere(_)
        | Verdict::NotGenuine(_)
        | Verdict::AlreadyUsed => return format!("{verdict:?}"),
    }
    .to_owned()
}

async fn shown(at: &TestNode, wallet: &Wallet) -> String {
    let nonce = format!("showing {}", at.store().position().0);
    let code = wallet.show(at.entity(), at.app().now(), &nonce);
    said(&judge(at, &code).await.verdict)
}

/// What becomes of a wish for a seat.
async fn wished(label: &Label, at: usize, name: &str, uid: &str) -> String {
    match wish(label.space(at), name, uid, None).await {
        Err(RegistrationError::NoEvent) => return "no event".to_owned(),
        other => other.unwrap(),
    };
    sent(label, at).await;
    if word(&rows(label.space(at), name).await[0].state) == "asked" {
        // The owner waits for a younger word of the coordinator, if it can.
        label.advance(HOUR_SECONDS);
        label.hear().await;
        sent(label, at).await;
    }
    let rows = rows(label.space(at), name).await;
    match word(&rows[0].state).as_str() {
        "asked" => "not answered".to_owned(),
        other => other.to_owned(),
    }
}

async fn receipt(host: &TestNode, visit: VisitId) -> String {
    let Stay::Ended { receipt, .. } = row(host, visit).await.stay else {
        return "not ended".to_owned();
    };
    match receipt.unwrap() {
        Fate::Accepted { .. } => "accepted".to_owned(),
        Fate::Waiting { .. } => "not answered".to_owned(),
        other @ (Fate::Refused { .. } | Fate::GivenUp { .. } | Fate::Moot { .. }) => {
            format!("{other:?}")
        }
    }
}

async fn has_seat(story: &Story) -> bool {
    let [(id, _), _] = &story.trainings;
    let label = &story.label;
    let seats = label.space(ELSEWHERE).app().seats(&operator(), id).await;
    let mut seats = seats.unwrap().into_iter();
    seats.any(|it| {
        it.home == *label.space(IT).entity()
            && it.name == "Dana"
            && matches!(it.state, SeatState::Taken { .. })
    })
}

fn yes(holds: bool, is: &str, is_not: &str) -> String {
    if holds { is } else { is_not }.to_owned()
}

/// The cells of one row, as nodes have it.
async fn cells(to: &str) -> Vec<String> {
    let is_labelled = !["asked", "admitted"].contains(&to);
    let story = story(is_labelled).await;
    bring(&story, to).await;
    let label = &story.label;
    let (elsewhere, it) = (label.space(ELSEWHERE), label.space(IT));
    if to != "expired" {
        let expected = match to {
            "asked" | "admitted" => "admitted",
            "warned" | "labelled" => "labelled",
            "ended" => "unknown",
            other => other,
        };
        assert_eq!(name(&standing(elsewhere, it.entity()).await), expected);
    }
    let [(_, there), (_, here)] = &story.trainings;
    let mut cells = vec![
        shown(elsewhere, &story.away).await,
        shown(it, &story.visitor).await,
    ];
    if let Some(before) = &story.before {
        let counted = leave(it, before.under_way).await;
        cells.push(yes(!counted.is_none(), "counts", "counts nothing"));
    } else {
        cells.push("–".to_owned());
    }
    cells.push(wished(label, IT, "Camille", there).await);
    cells.push(match &story.before {
        Some(_) => yes(has_seat(&story).await, "kept", "lost"),
        None => "–".to_owned(),
    });
    cells.push(wished(label, OTHER, "Alix", here).await);
    let followed = elsewhere.app().followed().await.unwrap();
    cells.push(yes(followed.contains(it.entity()), "read", "not read"));
    let home = crate::look::home(elsewhere).await;
    let seen = home
        .partners
        .iter()
        .find(|space| space.entity == *it.entity());
    cells.push(seen.map_or("absent".to_owned(), |space| {
        yes(!space.formulas.is_empty(), "shown", "name alone")
    }));
    let event = elsewhere.app().event(here).await.unwrap();
    cells.push(yes(event.is_some(), "shown", "hidden"));
    sent(label, IT).await;
    cells.push(match &story.before {
        Some(before) => {
            let (ended, left) = (
                receipt(it, before.ended).await,
                receipt(it, before.under_way).await,
            );
            assert_eq!(ended, left, "{to}");
            ended
        }
        None => "–".to_owned(),
    });
    if to != "expired" {
        assert_sound(&label.nodes()).await;
    }
    cells
}

/// The rows of the table, without their heads.
fn table() -> Vec<(String, Vec<String>)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/trust.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, after) = text.split_once("### 5.2 What a standing does\n").unwrap();
    let (section, _) = after.split_once("\n### ").unwrap_or((after, ""));
    let lines = section.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let mut cells = line
            .trim_matches('|')
            .split('|')
            .map(|it| it.trim().to_owned());
        let name = cells.next().unwrap();
        (name.trim_matches('`').to_owned(), cells.collect())
    };
    lines.map(row).collect()
}

#[tokio::test]
async fn every_cell_of_the_table_is_what_nodes_do() {
    let mut wrong = Vec::new();
    let rows = table();
    let names: Vec<&str> = rows.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "asked",
            "admitted",
            "labelled",
            "warned",
            "suspended",
            "withdrawn",
            "expired",
            "ended"
        ]
    );
    for (name, expected) in &rows {
        let found = cells(name).await;
        assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
        for (column, (found, expected)) in found.iter().zip(expected).enumerate() {
            if found != expected {
                wrong.push(format!(
                    "{name}, column {}: {found}, not {expected}",
                    column + 1
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn what_a_withdrawn_space_says_is_hidden_though_a_relay_brings_it() {
    let story = story(true).await;
    bring(&story, "withdrawn").await;
    let label = &story.label;
    let (reader, it, relay) = (label.space(ELSEWHERE), label.space(IT), label.space(OTHER));
    let text = training(label, Some(5));
    let app = it.app();
    let done = app.publish_event(&operator(), None, &text).await.unwrap();
    app.publish_space(&space_text("Le Nouveau")).await.unwrap();
    let seq = async |node: &TestNode| crate::look::feed(node, it.entity()).await.len();
    let before = seq(reader).await;
    pull(&label.network, relay, it.entity()).await.unwrap();
    label.network.cut(it.entity());
    pull_from(&label.network, reader, it.entity(), relay.entity())
        .await
        .unwrap();
    assert!(seq(reader).await > before, "it was read");
    assert!(reader.app().event(&done.uid).await.unwrap().is_none());
    let filter = app::CalendarFilter::default();
    let listed = reader.app().subscribed(&filter).await.unwrap();
    assert!(listed.iter().all(|listed| listed.owner != *it.entity()));
    let seen = crate::look::partner(reader, it.entity()).await;
    assert!(seen.formulas.is_empty() && seen.translation.is_none());
    assert_eq!(wished(label, ELSEWHERE, "Jo", &done.uid).await, "no event");
    assert_eq!(shown(reader, &story.away).await, "blocked: withdrawn");
    // The control: what is labelled is shown as it came.
    let [(_, there), _] = &story.trainings;
    assert!(relay.app().event(there).await.unwrap().is_some());
}
