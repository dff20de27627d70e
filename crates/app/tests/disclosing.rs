//! What a member discloses at a desk, and what two hosts know of the same member.

use std::collections::BTreeSet;

use CarrierState::{Expired, Good, Revoked};
use app::{CarrierState, EnrolError, MemberError};
use rules::passport::{Block, NotGenuine, Verdict};
use testkit::{DAY_SECONDS, Label, START, Wallet, holder_jwk, operator, send_all};
use wire::Sha256Hash;
use wire::disclosure::Disclosed;

use crate::desk::{home, host, judge, says, visit};
use crate::look::{assert_sound, claims, everything};

const ALLOWED: Verdict = Verdict::Allowed { left: 4 };

fn of(full_name: &str, organisation: &str) -> Disclosed {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Disclosed {
        full_name: text(full_name),
        organisation: text(organisation),
        portrait: None,
    }
}

/// A label, and a member who may disclose everything.
async fn with_particulars() -> (Label, Wallet) {
    let (label, wallet) = visit().await;
    let all = Disclosed {
        portrait: Some(Sha256Hash([7; 32])),
        ..of("Camille Durand", "Oxalis")
    };
    let app = home(&label).app();
    let set = app.set_particulars(&operator(), &wallet.member, &all).await;
    set.unwrap();
    let wallet = Wallet::enrol_again(home(&label), &wallet.member, "another phone").await;
    (label, wallet)
}

#[tokio::test]
async fn a_desk_reads_what_the_holder_discloses_and_keeps_nothing_of_it() {
    let (label, wallet) = with_particulars().await;
    let desk = host(&label);
    let seen = async |nonce: &str, which: &[usize]| {
        let code = wallet.disclose(desk.entity(), START, nonce, which);
        let judged = judge(desk, &code).await;
        assert_eq!(judged.verdict, ALLOWED, "{which:?}");
        judged.visitor.unwrap().disclosed
    };
    // The visit begins with the first, and what proves it is what was shown then.
    let all = seen("of everything", &[0, 1, 2]).await;
    assert_eq!(all.portrait, Some(Sha256Hash([7; 32])));
    assert_eq!(all.full_name.as_deref(), Some("Camille Durand"));
    assert_eq!(seen("of nothing", &[]).await, Disclosed::default());
    assert_eq!(seen("of a name", &[0]).await, of("Camille Durand", ""));
    assert_eq!(seen("of a firm", &[1]).await, of("", "Oxalis"));
    // In another order than it was given in, it is not taken.
    let code = wallet.disclose(desk.entity(), START, "the other way", &[1, 0]);
    let malformed = Verdict::NotGenuine(NotGenuine::Malformed);
    assert_eq!(judge(desk, &code).await.verdict, malformed);
    let kept = everything(desk).await;
    for text in ["Camille Durand", "Oxalis"] {
        let written = seal::base64url::encode(text.as_bytes());
        let is_in = |needle: &str| kept.windows(needle.len()).any(|it| it == needle.as_bytes());
        assert!(!is_in(text) && !is_in(&written), "{text} is kept");
    }
    for disclosure in &wallet.disclosures {
        let needle = disclosure.as_bytes();
        assert!(!kept.windows(needle.len()).any(|it| it == needle));
    }
}

#[tokio::test]
async fn a_visit_with_any_choice_of_disclosures_is_proven_to_the_home() {
    let (label, _) = with_particulars().await;
    let (from, to) = (host(&label), home(&label));
    let choices: [&[usize]; 8] = [&[], &[0], &[1], &[2], &[0, 1], &[0, 2], &[1, 2], &[0, 1, 2]];
    for (at, which) in choices.iter().enumerate() {
        let wallet = Wallet::enrol(to, &format!("Member {at}"), None).await;
        let particulars = Disclosed {
            portrait: Some(Sha256Hash([7; 32])),
            ..of("Camille Durand", "Oxalis")
        };
        let (member, app) = (&wallet.member, to.app());
        let set = app.set_particulars(&operator(), member, &particulars).await;
        set.unwrap();
        let wallet = Wallet::enrol_again(to, member, &format!("phone {at}")).await;
        let now = from.app().now();
        let code = wallet.disclose(from.entity(), now, "for a visit", which);
        let visit = judge(from, &code).await.visit.unwrap();
        label.advance(1_800);
        crate::receipts::leave(from, visit).await;
        assert!(send_all(&label.network, from).await.is_empty());
        let asked = wallet.ask_home(to.entity(), to.app().now());
        let holder = to.app().holder(&asked).await.unwrap().unwrap();
        let known = to.app().membership(&holder).await.unwrap();
        assert_eq!(known.roamed.len(), 1, "{which:?}");
    }
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn particulars_are_short_and_of_somebody_and_stand_in_the_next_passport() {
    let (label, wallet) = visit().await;
    let app = home(&label).app();
    let set =
        async |member: &str, it: Disclosed| app.set_particulars(&operator(), member, &it).await;
    let member = &wallet.member;
    let long = set(member, of(&"é".repeat(101), "")).await;
    assert!(matches!(long, Err(MemberError::Particulars)), "{long:?}");
    let nobody = set("0000-0000", of("Zoé", "")).await;
    assert!(matches!(nobody, Err(MemberError::Unknown(_))), "{nobody:?}");
    set(member, of(&"é".repeat(100), " \n")).await.unwrap();
    let row = app.member_row(&operator(), member).await.unwrap();
    assert_eq!(row.may_disclose, of(&"é".repeat(100), ""));
    let next = Wallet::enrol_again(home(&label), member, "next").await;
    assert_eq!((wallet.disclosures.len(), next.disclosures.len()), (0, 1));
    let digests = |it: &Wallet| claims(&it.passport)["_sd"].clone();
    let as_digests = |it: &Wallet| serde_json::from_value::<Vec<Sha256Hash>>(digests(it)).unwrap();
    for wallet in [&wallet, &next] {
        let digests = as_digests(wallet);
        assert_eq!(digests.len(), 3);
        assert!(digests.is_sorted());
    }
    set(member, Disclosed::default()).await.unwrap();
    let last = Wallet::enrol_again(home(&label), member, "last").await;
    assert_eq!(last.disclosures, Vec::<String>::new());
}

/// Every run of twelve bytes in these; what is in base64url is taken out of it first. One
/// that begins or ends within a number says nothing: numbers begin alike by chance.
fn take(bytes: &[u8], into: &mut BTreeSet<Vec<u8>>) {
    let is_of_text = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut plain = Vec::new();
    for run in bytes.chunk_by(|a, b| is_of_text(a) == is_of_text(b)) {
        let text = std::str::from_utf8(run).ok().filter(|it| it.len() >= 16);
        match text.and_then(|it| seal::base64url::decode(it).ok()) {
            Some(inside) => {
                take(&inside, into);
                plain.push(b'"');
            }
            None => plain.extend_from_slice(run),
        }
    }
    let is_digit = |at: usize| plain.get(at).is_some_and(u8::is_ascii_digit);
    let cuts = |at: usize| at > 0 && is_digit(at - 1) && is_digit(at);
    let whole = plain.windows(12).enumerate();
    let whole = whole.filter(|(at, _)| !cuts(*at) && !cuts(at + 12));
    into.extend(whole.map(|(_, it)| it.to_vec()));
}

/// What both hosts store after these two were there, each at one of them.
async fn in_common(label: &Label, [one, other]: [&Wallet; 2]) -> BTreeSet<Vec<u8>> {
    let hosts = [label.space(0), label.space(2)];
    for (host, wallet) in hosts.into_iter().zip([one, other]) {
        says(host, wallet, ALLOWED).await;
        label.advance(1_800);
        let visits = host.app().visitors_here(&operator()).await.unwrap();
        crate::receipts::leave(host, visits[0].id).await;
    }
    let [mut at_one, mut at_other] = [BTreeSet::new(), BTreeSet::new()];
    take(&everything(hosts[0]).await, &mut at_one);
    take(&everything(hosts[1]).await, &mut at_other);
    at_one.intersection(&at_other).cloned().collect()
}

/// A label of three spaces, and two members of the second of one name, with two passports
/// each.
async fn namesakes() -> (Label, [Vec<Wallet>; 2]) {
    let label = Label::labelled(3).await;
    let home = home(&label);
    let one = Wallet::enrol(home, "Camille", None).await.member;
    let other = Wallet::enrol(home, "Camille", None).await.member;
    let one = Wallet::enrol_batch(home, &one, &["one", "two"]).await;
    // On the same day, and not in the same second.
    label.advance(3_600);
    let other = Wallet::enrol_batch(home, &other, &["three", "four"]).await;
    label.settle().await;
    (label, [one, other])
}

/// Whom two hosts have both seen they cannot tell from two people of one name: what they
/// store in common is the same, whoever it was.
#[tokio::test]
async fn two_hosts_cannot_join_what_they_store_of_a_member_with_a_batch() {
    // Chance is the same in both worlds, so that nothing differs but who was there.
    let (label, [one, other]) = namesakes().await;
    let of_two_people = in_common(&label, [&one[0], &other[1]]).await;
    let (label, [one, _]) = namesakes().await;
    let of_one_person = in_common(&label, [&one[0], &one[1]]).await;
    let joins: Vec<_> = of_one_person.difference(&of_two_people).collect();
    let texts = joins.iter().map(|it| String::from_utf8_lossy(it));
    assert!(joins.is_empty(), "{:?}", texts.collect::<Vec<_>>());
    // With one passport for both they can.
    let (label, [one, _]) = namesakes().await;
    let of_one_passport = in_common(&label, [&one[0], &one[0]]).await;
    let joins = of_one_passport.difference(&of_two_people).count();
    assert!(joins > 100, "what joins is found: {joins}");
}

#[tokio::test]
async fn a_batch_is_of_one_to_four_keys_each_at_a_place_of_its_own() {
    let (label, wallet) = visit().await;
    let (node, app) = (home(&label), home(&label).app());
    let batch = Wallet::enrol_batch(node, &wallet.member, &["a", "b", "c", "d"]).await;
    let place = |it: &Wallet| claims(&it.passport)["status"]["status_list"]["idx"].as_u64();
    let places: BTreeSet<_> = batch.iter().map(place).collect();
    assert_eq!(places.len(), 4);
    for (at, it) in batch.iter().enumerate() {
        let jwk = &claims(&it.passport)["cnf"]["jwk"];
        assert_eq!(*jwk, holder_jwk(["a", "b", "c", "d"][at]));
        says(host(&label), it, ALLOWED).await;
    }
    let code = app
        .enrolment_code(&operator(), &wallet.member)
        .await
        .unwrap();
    let keys = |names: &[&str]| -> Vec<_> { names.iter().map(|it| holder_jwk(it)).collect() };
    for wrong in [&[][..], &["a", "a"], &["a", "b", "c", "d", "e"]] {
        let refused = app.enrol(&code, &keys(wrong)).await;
        assert!(matches!(refused, Err(EnrolError::Key)), "{wrong:?}");
    }
    let given = app.enrol(&code, &keys(&["x", "y"])).await.unwrap();
    assert_eq!(app.enrol(&code, &keys(&["x", "y"])).await.unwrap(), given);
    for other in [&["y", "x"][..], &["x"], &["x", "y", "z"]] {
        let refused = app.enrol(&code, &keys(other)).await;
        assert!(matches!(refused, Err(EnrolError::Used)), "{other:?}");
    }
    assert_sound(&[node]).await;
}

#[tokio::test]
async fn a_batch_is_renewed_once_whichever_of_it_is_shown() {
    let (label, wallet) = visit().await;
    let (node, app) = (home(&label), home(&label).app());
    let batch = Wallet::enrol_batch(node, &wallet.member, &["a", "b"]).await;
    label.advance(20 * DAY_SECONDS);
    let now = app.now();
    let mut holders = Vec::new();
    for it in &batch {
        let asked = it.ask_home(node.entity(), now);
        holders.push(app.holder(&asked).await.unwrap().unwrap());
    }
    let keys = [holder_jwk("c"), holder_jwk("d")];
    let given = app.renew_passports(&holders[0], &keys).await.unwrap();
    let again = app.renew_passports(&holders[1], &keys).await.unwrap();
    assert_eq!(again, given, "the same batch");
    let refused = app.renew_passports(&holders[1], &[holder_jwk("e")]).await;
    assert!(matches!(refused, Err(EnrolError::Used)), "{refused:?}");
    let place = |it: &str| claims(it)["status"]["status_list"]["idx"].as_u64();
    let all = batch.iter().map(|it| it.passport.as_str());
    let all: BTreeSet<_> = all
        .chain(given.iter().map(String::as_str))
        .map(place)
        .collect();
    assert_eq!(all.len(), 4);
}

#[tokio::test]
async fn phones_and_cards_are_listed_and_taken_back_one_by_one() {
    let (label, wallet) = visit().await;
    let (node, app) = (home(&label), home(&label).app());
    let member = &wallet.member;
    let batch = Wallet::enrol_batch(node, member, &["a", "b", "c"]).await;
    let paper = app.paper_passport(&operator(), member, None).await.unwrap();
    label.advance(20 * DAY_SECONDS);
    for node in label.nodes() {
        node.app().renew().await.unwrap();
    }
    let asked = batch[1].ask_home(node.entity(), app.now());
    let holder = app.holder(&asked).await.unwrap().unwrap();
    let given = app
        .renew_passports(&holder, &[holder_jwk("d")])
        .await
        .unwrap();
    let renewed = Wallet::given(member, "d", &given);
    label.settle().await;
    let rows = async || app.carriers(&operator(), member).await.unwrap();
    let states = async || {
        let rows = rows().await.into_iter();
        let told = rows.map(|row| (row.passports, row.renewed.is_some(), row.state));
        told.collect::<BTreeSet<_>>()
    };
    let before = [(1, false, Good), (1, false, Good), (4, true, Good)];
    assert_eq!(states().await, BTreeSet::from(before));
    assert_eq!(rows().await.len(), 3);
    let phone = rows().await.into_iter().find(|row| row.passports == 4);
    let phone = phone.unwrap();
    assert_eq!((phone.since, phone.renewed), (START, Some(app.now())));
    assert_eq!(app.revoke_carrier(&operator(), phone.id).await.unwrap(), 4);
    label.settle().await;
    for lost in [&batch[0], &renewed] {
        says(host(&label), lost, Verdict::Blocked(Block::Revoked)).await;
    }
    let asked = renewed.ask_home(node.entity(), app.now());
    assert_eq!(app.holder(&asked).await.unwrap(), None);
    says(host(&label), &wallet, ALLOWED).await;
    let verify = Verdict::ToVerify { left: 4 };
    assert_eq!(judge(host(&label), &paper.code).await.verdict, verify);
    let card = rows()
        .await
        .into_iter()
        .find(|row| row.by == wire::receipt::ProofBy::Paper);
    let card = card.unwrap().id;
    assert_eq!(app.revoke_carrier(&operator(), card).await.unwrap(), 1);
    label.settle().await;
    let blocked = Verdict::Blocked(Block::Revoked);
    assert_eq!(judge(host(&label), &paper.code).await.verdict, blocked);
    // What was taken back once is not taken back again, nor what nobody has.
    assert_eq!(app.revoke_carrier(&operator(), card).await.unwrap(), 0);
    let nobody = app::CarrierId::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap();
    let refused = app.revoke_carrier(&operator(), nobody).await;
    assert!(
        matches!(refused, Err(MemberError::NoCarrier)),
        "{refused:?}"
    );
    label.advance(11 * DAY_SECONDS);
    let after = [(0, false, Revoked), (0, true, Revoked), (0, false, Expired)];
    assert_eq!(states().await, BTreeSet::from(after));
    assert_sound(&label.nodes()).await;
}

#[tokio::test]
async fn a_number_lets_in_once_in_two_minutes_at_the_desk_that_shows_it() {
    let (label, wallet) = visit().await;
    let (node, app) = (host(&label), host(&label).app());
    let desk = async |name: &str| {
        let token = app.access_token(&operator(), app::Role::Desk, name).await;
        app.staff(&token.unwrap()).await.unwrap().unwrap()
    };
    let (here, there) = (desk("here").await, desk("there").await);
    let show = |number: &str, nonce: &str| {
        wallet.show(node.entity(), app.now(), &format!("{number}.{nonce}"))
    };
    let other = Verdict::NotGenuine(NotGenuine::OtherChallenge);
    let says = async |staff: &app::Staff, number: &str, code: &str| {
        let judged = app.judge_for(staff, code, Some(number)).await;
        judged.unwrap().verdict
    };
    let number = app.challenge(&here).unwrap().number;
    assert_eq!(number.len(), 6);
    assert!(number.bytes().all(|it| it.is_ascii_digit()));
    assert_eq!(says(&there, &number, &show(&number, "a")).await, other);
    let unasked = wallet.show(node.entity(), app.now(), "without a number");
    assert_eq!(says(&here, &number, &unasked).await, other);
    // Nobody was let in by it so far.
    let code = show(&number, "b");
    assert_eq!(says(&here, &number, &code).await, ALLOWED);
    assert_eq!(says(&here, &number, &code).await, Verdict::AlreadyUsed);
    assert_eq!(says(&here, &number, &show(&number, "c")).await, other);
    // Two minutes later it is nobody's, and one second before it is.
    for (seconds, expected) in [(119, ALLOWED), (120, other)] {
        let number = app.challenge(&here).unwrap().number;
        label.advance(seconds);
        let code = show(&number, &format!("after {seconds}"));
        assert_eq!(says(&here, &number, &code).await, expected, "{seconds}");
    }
    // Sixty-four at once are kept, and the oldest goes first.
    let first = app.challenge(&here).unwrap().number;
    let second = app.challenge(&here).unwrap().number;
    for _ in 0..63 {
        app.challenge(&there).unwrap();
    }
    assert_eq!(says(&here, &first, &show(&first, "d")).await, other);
    assert_eq!(says(&here, &second, &show(&second, "e")).await, ALLOWED);
    let kept = app.challenge(&here).unwrap().number;
    node.restart().await;
    let code = show(&kept, "f");
    let app = node.app();
    let judged = app.judge_for(&here, &code, Some(&kept)).await.unwrap();
    assert_eq!(judged.verdict, other);
}
