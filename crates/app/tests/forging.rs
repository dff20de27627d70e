//! What looks like a passport, and is signed by somebody.

use app::MemberState;
use app::keys::{FEEDS, RECORDS};
use rules::passport::{Block, NotGenuine, NotHere, Verdict};
use seal::{Jwk, KeySet, PublicKey, Sealed};
use serde_json::{Value, json};
use store::{Batch, Store as _};
use testkit::{
    DAY_SECONDS, HOUR_SECONDS, Label, START, START_OF_DAY, TestNode, Wallet, operator, pull,
};
use wire::passport::Passport;
use wire::status_list::{StatusList, StatusListToken};

use crate::desk::{home, host, judge, says, visit};
use crate::look::{claims, stored_one};

/// The wallet's passport with other claims, signed by the `ops` key of `signer`.
pub(crate) fn forge(wallet: &Wallet, signer: &TestNode, change: impl FnOnce(&mut Value)) -> Wallet {
    let mut claims = claims(&wallet.passport);
    change(&mut claims);
    let passport: Passport = serde_json::from_value(claims).unwrap();
    let passport = seal::sign(passport, &signer.plan().ops()).unwrap();
    Wallet::of(&wallet.member, "Camille", passport.as_str().to_owned())
}

const ALLOWED: Verdict = Verdict::Allowed { left: 4 };
const MALFORMED: Verdict = Verdict::NotGenuine(NotGenuine::Malformed);
const UNKNOWN: Verdict = Verdict::NotGenuine(NotGenuine::UnknownHome);

#[tokio::test]
async fn only_the_home_itself_signs_for_its_members() {
    let label = Label::labelled(3).await;
    let wallet = Wallet::enrol(home(&label), "Camille", None).await;
    label.settle().await;
    let same = forge(&wallet, home(&label), |_| {});
    says(host(&label), &same, ALLOWED).await;
    let by_another = forge(&wallet, label.space(2), |_| {});
    says(host(&label), &by_another, MALFORMED).await;
    let by_the_host = forge(&wallet, host(&label), |_| {});
    says(host(&label), &by_the_host, MALFORMED).await;
    let by_the_coordinator = forge(&wallet, &label.coordinator, |_| {});
    says(host(&label), &by_the_coordinator, UNKNOWN).await;
}

#[tokio::test]
async fn a_space_that_was_invited_and_did_not_join_is_a_stranger() {
    let mut label = Label::labelled(2).await;
    let stranger = label.invite(&testkit::space_name(3)).await;
    let wallet = Wallet::enrol(&stranger, "Camille", None).await;
    says(host(&label), &wallet, UNKNOWN).await;
    // A home that belongs and was never heard is no fault, and not known either.
    label
        .network
        .cut_way(stranger.entity(), host(&label).entity());
    testkit::join(&label.network, &stranger).await.unwrap();
    pull(&label.network, host(&label), label.coordinator.entity())
        .await
        .unwrap();
    says(host(&label), &wallet, UNKNOWN).await;
}

#[tokio::test]
async fn a_showing_is_signed_by_the_key_that_the_passport_names() {
    let (label, wallet) = visit().await;
    let stolen = Wallet::of(&wallet.member, "thief", wallet.passport.clone());
    says(host(&label), &stolen, MALFORMED).await;
    let claims = wallet.claims(host(&label).entity().as_str(), START, "first showing");
    let check = async |name: &str, value: Value| {
        let mut changed = claims.clone();
        changed[name] = value;
        let judged = judge(host(&label), &wallet.sign(&changed)).await;
        assert_eq!(judged.verdict, MALFORMED, "{changed}");
        assert_eq!(judged.visitor, None, "{changed}");
    };
    check("sd_hash", json!("A".repeat(43))).await;
    check("sd_hash", Value::Null).await;
    check("nonce", json!("seven77")).await;
    check("nonce", json!("n".repeat(65))).await;
    check("aud", json!([host(&label).entity()])).await;
    check("aud", Value::Null).await;
    check("iat", json!(1.5)).await;
    check("iat", Value::Null).await;
    assert_eq!(
        judge(host(&label), &wallet.sign(&claims)).await.verdict,
        ALLOWED
    );
}

#[tokio::test]
async fn only_the_list_that_the_passport_names_is_read() {
    let (label, wallet) = visit().await;
    Wallet::enrol(host(&label), "Alix", None).await;
    label.settle().await;
    let list = |name: &str| {
        let name = name.to_owned();
        move |it: &mut Value| it["status"]["status_list"]["uri"] = json!(name)
    };
    let too_old = Verdict::NotAllowedHere(NotHere::ListTooOld);
    for uri in [
        host(&label).entity().url_of("/status/1"),
        home(&label).entity().url_of("/status/2"),
        "x".to_owned(),
    ] {
        let forged = forge(&wallet, home(&label), list(&uri));
        says(host(&label), &forged, too_old).await;
    }
    let past_the_end = forge(&wallet, home(&label), |it| {
        it["status"]["status_list"]["idx"] = json!(8_192);
    });
    says(host(&label), &past_the_end, MALFORMED).await;
}

/// A list of the home as the host holds it, signed again with a change.
pub(crate) async fn list_with(label: &Label, change: impl FnOnce(&mut StatusListToken)) {
    let (host, home) = (host(label), home(label));
    let is_list = |it: &Value| {
        let body = it["body"].as_str().unwrap_or_default();
        Sealed::<StatusListToken>::parse(body)
            .and_then(|it| it.open(&KeySet::only(home.plan().ops().public().clone())))
            .is_ok()
    };
    let (key, mut record) = stored_one(host, RECORDS, is_list).await;
    let own = KeySet::only(home.plan().ops().public().clone());
    let body = record["body"].as_str().unwrap();
    let mut list = StatusListToken::clone(
        &Sealed::<StatusListToken>::parse(body)
            .unwrap()
            .open(&own)
            .unwrap(),
    );
    change(&mut list);
    let list = seal::sign(list, &home.plan().ops()).unwrap();
    record["body"] = json!(list.as_str());
    let mut batch = Batch::new();
    batch.put(key, record.to_string().into_bytes());
    host.store().commit(batch).await.unwrap();
    host.restart().await;
}

#[tokio::test]
async fn a_list_that_is_not_what_it_should_be_does_not_count() {
    let too_old = Verdict::NotAllowedHere(NotHere::ListTooOld);
    let (label, wallet) = visit().await;
    list_with(&label, |_| {}).await;
    says(host(&label), &wallet, ALLOWED).await;
    let other = home(&label).entity().url_of("/status/2");
    list_with(&label, |it| it.sub = other).await;
    says(host(&label), &wallet, too_old).await;
    let (label, wallet) = visit().await;
    let stranger = host(&label).entity().clone();
    list_with(&label, |it| it.iss = stranger).await;
    says(host(&label), &wallet, too_old).await;
    let (label, wallet) = visit().await;
    list_with(&label, |it| it.exp = it.iat.plus_seconds(14 * DAY_SECONDS)).await;
    says(host(&label), &wallet, ALLOWED).await;
    list_with(&label, |it| it.exp = it.exp.plus_seconds(1)).await;
    says(host(&label), &wallet, too_old).await;
    // By a clock that was ahead it would last as much longer.
    for (ahead, expected) in [(300, ALLOWED), (301, too_old)] {
        let (label, wallet) = visit().await;
        let later = |it: &mut StatusListToken| {
            it.iat = START.plus_seconds(ahead);
            it.exp = it.iat.plus_seconds(14 * DAY_SECONDS);
        };
        list_with(&label, later).await;
        says(host(&label), &wallet, expected).await;
    }
}

/// A list of another implementation: of so many bits, with this at the wallet's place and, so
/// that a place is not taken for another, something else at both beside it.
async fn list_of_bits(label: &Label, wallet: &Wallet, bits: u8, status: u8) {
    let at = &claims(&wallet.passport)["status"]["status_list"]["idx"];
    let at = usize::try_from(at.as_u64().unwrap()).unwrap();
    let mut all = vec![u8::from(status == 0); 8_192];
    all[at] = status;
    // By hand: the lowest bits of a byte come first.
    let per_byte = usize::from(8 / bits);
    let byte = |some: &[u8]| {
        let placed = some.iter().zip(0_u8..);
        placed.fold(0, |byte, (it, place)| byte | (it << (place * bits)))
    };
    let bytes: Vec<u8> = all.chunks(per_byte).map(byte).collect();
    let lst = seal::base64url::encode(&zlib_of(&bytes));
    list_with(label, |it| it.status_list = StatusList { bits, lst }).await;
}

/// RFC 1950, in blocks that are stored as they are.
fn zlib_of(bytes: &[u8]) -> Vec<u8> {
    let mut made = vec![0x78, 0x01];
    let (mut low, mut high) = (1_u32, 0_u32);
    for (number, block) in bytes.chunks(4_096).enumerate() {
        let is_last = (number + 1) * 4_096 >= bytes.len();
        let size = u16::try_from(block.len()).unwrap();
        made.push(u8::from(is_last));
        made.extend(size.to_le_bytes());
        made.extend((!size).to_le_bytes());
        made.extend(block);
    }
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    made.extend(((high << 16) | low).to_be_bytes());
    made
}

#[tokio::test]
async fn a_home_that_writes_one_bit_is_read_right_at_the_desk() {
    let (label, wallet) = visit().await;
    let revoked = Verdict::Blocked(Block::Revoked);
    let paused = Verdict::Blocked(Block::Paused);
    for (bits, status, expected) in [
        (1, 0, ALLOWED),
        (1, 1, revoked),
        (1, 0, ALLOWED),
        (2, 2, paused),
        (2, 3, revoked),
        (4, 2, paused),
        (4, 8, revoked),
        (4, 0, ALLOWED),
    ] {
        list_of_bits(&label, &wallet, bits, status).await;
        says(host(&label), &wallet, expected).await;
    }
}

#[tokio::test]
async fn what_was_read_for_one_visitor_does_not_count_for_another() {
    let (label, wallet) = visit().await;
    let other = Wallet::enrol(host(&label), "Alix", None).await;
    label.settle().await;
    let theirs = host(&label).entity().url_of("/status/1");
    let forged = forge(&wallet, home(&label), |it| {
        it["status"]["status_list"]["uri"] = json!(theirs);
    });
    let too_old = Verdict::NotAllowedHere(NotHere::ListTooOld);
    says(host(&label), &forged, too_old).await;
    // The host's own list is open now, at whatever position.
    says(host(&label), &other, ALLOWED).await;
    for _ in 0..4 {
        says(host(&label), &forged, too_old).await;
        let app = home(&label).app();
        app.set_member(&operator(), &wallet.member, MemberState::Active)
            .await
            .unwrap();
        app.renew().await.unwrap();
        label.advance(DAY_SECONDS);
        app.renew().await.unwrap();
        label.settle().await;
        says(host(&label), &other, ALLOWED).await;
    }
}

/// What every node holds of a rival's keys, with the key of somebody else among them.
async fn also_names(label: &Label, rival: &TestNode, stolen: &PublicKey) {
    for node in [host(label), home(label)] {
        let is_theirs = |it: &Value| it["entity"] == rival.entity().as_str();
        let (key, mut feed) = stored_one(node, FEEDS, is_theirs).await;
        let keys = feed["ops"].as_array_mut().unwrap();
        keys.push(serde_json::to_value(Jwk::from(stolen)).unwrap());
        let mut batch = Batch::new();
        batch.put(key, feed.to_string().into_bytes());
        node.store().commit(batch).await.unwrap();
    }
}

/// Nobody has to prove that a key is theirs.
#[tokio::test]
async fn who_names_the_key_of_another_home_takes_no_passport_from_it() {
    for rival in [0, 2] {
        let label = Label::labelled(3).await;
        let wallet = Wallet::enrol(home(&label), "Camille", None).await;
        let rival = label.space(rival);
        let stolen = home(&label).plan().ops().public().clone();
        label.settle().await;
        says(host(&label), &wallet, ALLOWED).await;
        also_names(&label, rival, &stolen).await;
        for node in [host(&label), home(&label)] {
            node.restart().await;
            let expected = Verdict::Allowed { left: 4 };
            says(node, &wallet, expected).await;
        }
    }
}

#[tokio::test]
async fn a_home_cannot_make_a_passport_last_longer() {
    let (label, wallet) = visit().await;
    let until = |seconds: i64| {
        move |it: &mut Value| it["exp"] = json!(START_OF_DAY.0 + 30 * DAY_SECONDS + seconds)
    };
    let longest = forge(&wallet, home(&label), until(0));
    says(host(&label), &longest, ALLOWED).await;
    let longer = forge(&wallet, home(&label), until(1));
    says(host(&label), &longer, MALFORMED).await;
    let early = forge(&wallet, home(&label), |it| it["iat"] = json!(START.0 + 301));
    says(host(&label), &early, MALFORMED).await;
}

#[tokio::test]
async fn a_new_month_at_the_host_grants_anew() {
    let (label, wallet) = visit().await;
    // 30 April, 22:00 UTC: the first of May at the host.
    let may = START.plus_seconds(24 * DAY_SECONDS + 13 * HOUR_SECONDS);
    label.advance(may.seconds_since(START) - 1);
    for _ in 0..2 {
        for node in label.nodes() {
            node.app().renew().await.unwrap();
        }
        label.settle().await;
    }
    let used_up = forge(&wallet, home(&label), |it| it["roaming"]["left"] = json!(0));
    says(host(&label), &used_up, Verdict::NoAllowance).await;
    label.advance(1);
    says(host(&label), &used_up, ALLOWED).await;
}
