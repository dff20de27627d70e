//! A good feed, and every way in which a page may be wrong.

use seal::{SecretKey, sign};
use wire::trust::{Anchor, Metadata, NodeMetadata};
use wire::{Jwks, Timestamp};

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32])
}

fn space() -> EntityId {
    EntityId::parse("https://le-mug.example").unwrap()
}

fn coordinator() -> EntityId {
    EntityId::parse("https://label.example").unwrap()
}

const FED: u8 = 3;
const OPS: u8 = 4;

fn fed() -> KeySet {
    KeySet::only(key(FED).public().clone())
}

fn configuration(entity: &EntityId, fed: u8, ops: u8) -> String {
    let role = if *entity == coordinator() {
        NodeRole::Coordinator
    } else {
        NodeRole::Space
    };
    configuration_as(role, entity, fed, ops)
}

fn configuration_as(role: NodeRole, entity: &EntityId, fed: u8, ops: u8) -> String {
    let statement = EntityStatement {
        iss: entity.clone(),
        sub: entity.clone(),
        iat: NOW,
        exp: NOW.plus_seconds(1000),
        jwks: Jwks::of(key(fed).public()),
        authority_hints: Vec::new(),
        metadata: Some(Metadata {
            federation_entity: None,
            escale_node: Some(NodeMetadata {
                jwks: Jwks::of(key(ops).public()),
                role,
            }),
        }),
        constraints: None,
        trust_marks: Vec::new(),
        trust_mark_issuers: None,
        escale_epoch: None,
    };
    sign(statement, &key(fed)).unwrap().as_str().to_owned()
}

fn anchor(fed: u8) -> String {
    let anchor = Anchor {
        iss: coordinator(),
        iat: NOW,
        exp: NOW.plus_seconds(1000),
        jwks: Jwks::of(key(fed).public()),
    };
    sign(anchor, &key(1)).unwrap().as_str().to_owned()
}

/// Writes a feed as an author would; `change` is what a hostile author does.
struct Writer {
    entity: EntityId,
    seq: u64,
    prev: Option<Sha256Hash>,
}

impl Writer {
    fn new(entity: EntityId) -> Self {
        Self {
            entity,
            seq: 0,
            prev: None,
        }
    }

    fn write(&mut self, kind: &str, text: &str, ops: u8) -> PageRecord {
        self.write_changed(kind, text, ops, |_| {})
    }

    fn write_changed(
        &mut self,
        kind: &str,
        text: &str,
        ops: u8,
        change: impl FnOnce(&mut Record),
    ) -> PageRecord {
        self.seq += 1;
        let body = Body {
            salt: [9; 16],
            text: text.to_owned(),
        };
        let mut record = Record {
            iss: self.entity.clone(),
            epoch: 1,
            seq: self.seq,
            prev: self.prev,
            iat: NOW,
            kind: kind.to_owned(),
            id: "self".to_owned(),
            rev: 1,
            body_sha256: Some(body.digest()),
            removed: None,
        };
        change(&mut record);
        let sealed = sign(record, &key(ops)).unwrap();
        self.prev = Some(Sha256Hash::of(&[sealed.as_str().as_bytes()]));
        PageRecord::new(sealed.as_str(), Some(&body))
    }

    fn head(&self, ops: u8) -> String {
        self.head_at(self.seq, self.prev.unwrap(), ops)
    }

    fn head_at(&self, seq: u64, hash: Sha256Hash, ops: u8) -> String {
        self.head_of(1, seq, hash, ops)
    }

    fn head_of(&self, epoch: u64, seq: u64, hash: Sha256Hash, ops: u8) -> String {
        let exp = NOW.plus_seconds(60);
        let head = Head {
            iss: self.entity.clone(),
            epoch,
            seq,
            hash,
            iat: NOW,
            exp,
        };
        sign(head, &key(ops)).unwrap().as_str().to_owned()
    }
}

/// A space's feed of its papers and two profiles.
fn opened() -> (Writer, Vec<PageRecord>) {
    let mut writer = Writer::new(space());
    let page = vec![
        writer.write(CONFIGURATION_KIND, &configuration(&space(), FED, OPS), OPS),
        writer.write("profile", "{}", OPS),
        writer.write("profile", "{ }", OPS),
    ];
    (writer, page)
}

fn read(tip: &mut Tip, page: &[PageRecord]) -> (usize, Option<&'static str>) {
    let (accepted, refusal) = extend(&space(), Author::Space(&fed(), Revoked::none()), tip, page);
    (accepted.len(), refusal.map(|refusal| refusal.code()))
}

#[track_caller]
fn check(page: &[PageRecord], accepted: usize, code: &'static str) {
    let mut tip = Tip::start();
    assert_eq!(read(&mut tip, page), (accepted, Some(code)));
    assert_eq!(
        tip.seq, accepted as u64,
        "the tip stands at the last good record"
    );
}

#[test]
fn a_good_feed_is_taken_in_pages_of_any_size() {
    let (writer, page) = opened();
    for size in 1..=3 {
        let mut tip = Tip::start();
        for part in page.chunks(size) {
            assert_eq!(read(&mut tip, part), (part.len(), None));
        }
        assert!(matches!(
            judge_head(&space(), &tip, &writer.head(OPS), 1),
            Ok(HeadSays::Complete(_))
        ));
    }
}

#[test]
fn a_page_that_skips_repeats_or_reorders_is_cut_there() {
    let (_, page) = opened();
    check(&[page[0].clone(), page[2].clone()], 1, "feed_gap");
    check(&[page[0].clone(), page[0].clone()], 1, "feed_gap");
    check(
        &[page[0].clone(), page[2].clone(), page[1].clone()],
        1,
        "feed_gap",
    );
}

#[test]
fn a_record_by_another_key_is_refused() {
    let mut writer = Writer::new(space());
    let papers = writer.write(CONFIGURATION_KIND, &configuration(&space(), FED, OPS), OPS);
    let forged = writer.write("profile", "{}", 9);
    check(&[papers, forged], 1, "seal_unknown_key");
}

#[test]
fn a_record_of_another_author_epoch_or_past_is_refused() {
    let with = |change: &dyn Fn(&mut Record)| {
        let mut writer = Writer::new(space());
        vec![
            writer.write(CONFIGURATION_KIND, &configuration(&space(), FED, OPS), OPS),
            writer.write_changed("profile", "{}", OPS, change),
        ]
    };
    check(
        &with(&|record| record.iss = coordinator()),
        1,
        "feed_other_author",
    );
    check(&with(&|record| record.epoch = 2), 1, "feed_gap");
    check(&with(&|record| record.seq = 3), 1, "feed_gap");
    check(
        &with(&|record| record.prev = Some(Sha256Hash::of(&[b"x"]))),
        1,
        "feed_fork",
    );
}

#[test]
fn a_body_that_was_not_signed_is_refused() {
    let (_, mut page) = opened();
    page[1].body = Some("{\"price\":0}".to_owned());
    check(&page, 1, "feed_other_body");
    let (_, mut page) = opened();
    page[1].salt = Some(seal::base64url::encode(&[8; 16]));
    check(&page, 1, "feed_other_body");
    let (_, mut page) = opened();
    page[1].salt = None;
    check(&page, 1, "feed_other_body");
}

/// The record as somebody serves it who leaves out its body.
fn stripped(mut sent: PageRecord) -> PageRecord {
    sent.body = None;
    sent.salt = None;
    sent
}

#[test]
fn a_dropped_body_leaves_the_chain_whole() {
    let (_, mut page) = opened();
    page[1] = stripped(page[1].clone());
    assert_eq!(read(&mut Tip::start(), &page), (3, None));
}

#[test]
fn what_trust_hangs_from_comes_with_its_body() {
    for kind in TRUST_KINDS {
        let (mut writer, mut page) = opened();
        page.push(writer.write(kind, "{}", OPS));
        page.push(writer.write("profile", "{}", OPS));
        // The control: with its body the same record is taken, though it says nothing.
        assert_eq!(read(&mut Tip::start(), &page), (5, None), "{kind}");
        page[3] = stripped(page[3].clone());
        check(&page, 3, "feed_no_body");
    }
    // A removal has none, and says all that it says without.
    let (mut writer, mut page) = opened();
    page.push(stripped(writer.write_changed(
        Withdrawal::KIND,
        "",
        OPS,
        |record| {
            record.body_sha256 = None;
            record.removed = Some(true);
        },
    )));
    assert_eq!(read(&mut Tip::start(), &page), (4, None));
}

/// The configuration that names the next `ops` key, in a record with these changes, and a
/// record by that key.
fn turning(papers: &str, change: impl FnOnce(&mut Record)) -> Vec<PageRecord> {
    let (mut writer, mut page) = opened();
    page.push(writer.write_changed(CONFIGURATION_KIND, papers, OPS, change));
    page.push(writer.write("profile", "{}", OPS + 1));
    page
}

#[test]
fn papers_turn_keys_under_their_own_id_and_role_alone() {
    let next = configuration(&space(), FED, OPS + 1);
    // The control: the same papers turn them where nothing is changed.
    assert_eq!(read(&mut Tip::start(), &turning(&next, |_| {})), (5, None));
    let elsewhere = turning(&next, |record| record.id = "other".to_owned());
    check(&elsewhere, 4, "seal_unknown_key");
    let as_coordinator = configuration_as(NodeRole::Coordinator, &space(), FED, OPS + 1);
    check(&turning(&as_coordinator, |_| {}), 4, "seal_unknown_key");
}

#[test]
fn a_feed_opens_with_its_authors_papers() {
    let mut writer = Writer::new(space());
    check(&[writer.write("profile", "{}", OPS)], 0, "feed_opening");
    // Papers of another key than the coordinator's statement names.
    let mut writer = Writer::new(space());
    let rogue = writer.write(CONFIGURATION_KIND, &configuration(&space(), 9, OPS), OPS);
    check(&[rogue], 0, "feed_opening");
    // Good papers in a record of another kind.
    let mut writer = Writer::new(space());
    check(
        &[writer.write("profile", &configuration(&space(), FED, OPS), OPS)],
        0,
        "feed_opening",
    );
    // Good papers under another id, and papers of another role.
    let mut writer = Writer::new(space());
    let papers = configuration(&space(), FED, OPS);
    let other = writer.write_changed(CONFIGURATION_KIND, &papers, OPS, |record| {
        record.id = "other".to_owned();
    });
    check(&[other], 0, "feed_opening");
    let mut writer = Writer::new(space());
    let papers = configuration_as(NodeRole::Coordinator, &space(), FED, OPS);
    check(
        &[writer.write(CONFIGURATION_KIND, &papers, OPS)],
        0,
        "feed_opening",
    );
    // Good papers, and a thief's signature on the record.
    let mut writer = Writer::new(space());
    let stolen = writer.write(CONFIGURATION_KIND, &configuration(&space(), FED, OPS), 9);
    check(&[stolen], 0, "seal_unknown_key");
}

#[test]
fn a_coordinators_feed_hangs_from_the_root() {
    let page = |root_of_anchor: &str| {
        let mut writer = Writer::new(coordinator());
        vec![
            writer.write(ANCHOR_KIND, root_of_anchor, OPS),
            writer.write(
                CONFIGURATION_KIND,
                &configuration(&coordinator(), FED, OPS),
                OPS,
            ),
        ]
    };
    let (root, other) = (key(1), key(9));
    let read = |page: &[PageRecord], root: &SecretKey| {
        let author = Author::Coordinator(root.public());
        let mut tip = Tip::start();
        let (accepted, refusal) = extend(&coordinator(), author, &mut tip, page);
        (accepted.len(), refusal.map(|refusal| refusal.code()), tip)
    };
    let (accepted, refusal, tip) = read(&page(&anchor(FED)), &root);
    assert_eq!((accepted, refusal), (2, None));
    assert_eq!(tip.coordinator_fed, Some(fed()));
    assert_eq!(read(&page(&anchor(FED)), &other).1, Some("feed_opening"));
    assert_eq!(read(&page(&anchor(5)), &root).1, Some("feed_opening"));
    // A coordinator that says that it is a space.
    let mut writer = Writer::new(coordinator());
    let as_space = configuration_as(NodeRole::Space, &coordinator(), FED, OPS);
    let as_space = [
        writer.write(ANCHOR_KIND, &anchor(FED), OPS),
        writer.write(CONFIGURATION_KIND, &as_space, OPS),
    ];
    assert_eq!(read(&as_space, &root).1, Some("feed_opening"));
    // An anchor under another id.
    let mut writer = Writer::new(coordinator());
    let papers = configuration(&coordinator(), FED, OPS);
    let other = [
        writer.write_changed(ANCHOR_KIND, &anchor(FED), OPS, |it| it.id = "x".to_owned()),
        writer.write(CONFIGURATION_KIND, &papers, OPS),
    ];
    let (accepted, refusal, tip) = read(&other, &root);
    assert_eq!((accepted, refusal), (0, Some("feed_opening")));
    assert_eq!(tip.coordinator_fed, None);
}

#[test]
fn a_key_is_in_force_from_the_position_after_its_papers() {
    let (mut writer, mut page) = opened();
    let next = 5;
    page.push(writer.write(CONFIGURATION_KIND, &configuration(&space(), FED, next), OPS));
    page.push(writer.write("profile", "{}", next));
    let mut tip = Tip::start();
    assert_eq!(read(&mut tip, &page), (5, None));
    // While pages bring something, a head by a key that is still to come is no fault.
    let mut behind = Tip::start();
    assert_eq!(read(&mut behind, &page[..2]), (2, None));
    let head = writer.head(next);
    assert!(matches!(
        judge_head(&space(), &behind, &head, 2),
        Ok(HeadSays::More)
    ));
    assert!(judge_head(&space(), &behind, &head, 0).is_err());
    // The old key is not in force any more.
    page.push(writer.write("profile", "{}", OPS));
    check(&page, 5, "seal_unknown_key");
}

#[test]
fn a_stolen_ops_key_cannot_name_another() {
    let (mut writer, mut page) = opened();
    let thief = 9;
    page.push(writer.write(
        CONFIGURATION_KIND,
        &configuration(&space(), thief, thief),
        OPS,
    ));
    page.push(writer.write("profile", "{}", thief));
    check(&page, 4, "seal_unknown_key");
}

#[test]
fn a_head_says_whether_something_is_withheld() {
    let (writer, page) = opened();
    let mut tip = Tip::start();
    read(&mut tip, &page);
    let judge = |head: &str| judge_head(&space(), &tip, head, 1);
    let hash = tip.hash.unwrap();
    assert!(matches!(
        judge(&writer.head_at(4, hash, OPS)),
        Ok(HeadSays::More)
    ));
    let code = |head: &str| judge(head).err().map(|refusal| refusal.code());
    assert_eq!(code(&writer.head_at(2, hash, OPS)), Some("feed_behind"));
    // Whatever its position, a page that brings nothing more does not open that epoch.
    for seq in [1, 3, 4] {
        let head = writer.head_of(2, seq, hash, OPS);
        let nothing = judge_head(&space(), &tip, &head, 0);
        assert_eq!(nothing.unwrap_err().code(), "feed_epoch", "{seq}");
        assert!(matches!(judge(&head), Ok(HeadSays::More)), "{seq}");
    }
    assert_eq!(
        code(&writer.head_at(3, Sha256Hash::of(&[b"x"]), OPS)),
        Some("feed_fork")
    );
    assert_eq!(code(&writer.head(9)), None, "a later key may have signed");
    assert_eq!(code("x.y.z"), Some("seal_not_compact"));
    let other = Writer {
        entity: coordinator(),
        ..writer
    };
    assert_eq!(
        code(&other.head_at(3, hash, OPS)),
        Some("feed_other_author")
    );
}

/// Papers of `fed` that name these `ops` keys, the first of which goes on.
fn naming(fed: u8, ops: &[u8]) -> String {
    let mut statement: EntityStatement = serde_json::from_slice(
        &seal::base64url::decode(configuration(&space(), fed, OPS).split('.').nth(1).unwrap())
            .unwrap(),
    )
    .unwrap();
    let node = statement.metadata.as_mut().unwrap().escale_node.as_mut();
    node.unwrap().jwks.keys = ops
        .iter()
        .map(|seed| seal::Jwk::from(key(*seed).public()))
        .collect();
    sign(statement, &key(fed)).unwrap().as_str().to_owned()
}

/// A feed whose `ops` key turned at position 4, and one record by the new key.
fn turned() -> (Writer, Vec<PageRecord>) {
    let (mut writer, mut page) = opened();
    page.push(writer.write(CONFIGURATION_KIND, &naming(FED, &[OPS + 1]), OPS));
    page.push(writer.write("profile", "{}", OPS + 1));
    (writer, page)
}

fn hash_of(sent: &PageRecord) -> Sha256Hash {
    Sha256Hash::of(&[sent.record.as_bytes()])
}

/// That a key ended with the record at `seq` of `page`.
fn ended(seed: u8, page: &[PageRecord], seq: u64) -> Revoked {
    let mut revoked = Revoked::default();
    let last = wire::revocation::LastGood {
        epoch: 1,
        seq,
        hash: hash_of(&page[usize::try_from(seq).unwrap() - 1]),
    };
    revoked.add(key(seed).public().thumbprint().clone(), last);
    revoked
}

#[track_caller]
fn check_with(revoked: &Revoked, fed: &KeySet, page: &[PageRecord], code: Option<&str>) -> usize {
    let mut tip = Tip::start();
    let (accepted, refusal) = extend(&space(), Author::Space(fed, revoked), &mut tip, page);
    assert_eq!(refusal.map(|refusal| refusal.code()), code);
    accepted.len()
}

#[test]
fn a_key_that_has_turned_is_kept_for_what_it_signed_and_signs_nothing_more() {
    let (mut writer, mut page) = turned();
    let mut tip = Tip::start();
    assert_eq!(read(&mut tip, &page), (5, None));
    let kept: Vec<_> = tip.ever().flat_map(KeySet::iter).cloned().collect();
    assert_eq!(kept, [key(OPS + 1), key(OPS)].map(|it| it.public().clone()));
    page.push(writer.write("profile", "{}", OPS));
    check(&page, 5, "seal_unknown_key");
    // Turned back, it is in force and not former any more.
    let (mut writer, mut page) = turned();
    page.push(writer.write(CONFIGURATION_KIND, &naming(FED, &[OPS]), OPS + 1));
    assert_eq!(read(&mut tip, &page[5..]), (1, None));
    let kept: Vec<_> = tip.ever().flat_map(KeySet::iter).cloned().collect();
    assert_eq!(kept, [key(OPS), key(OPS + 1)].map(|it| it.public().clone()));
}

#[test]
fn no_more_than_eight_former_keys_are_kept_the_newest() {
    let (mut writer, mut page) = opened();
    for next in 1..=10 {
        let papers = naming(FED, &[OPS + next]);
        page.push(writer.write(CONFIGURATION_KIND, &papers, OPS + next - 1));
    }
    let mut tip = Tip::start();
    assert_eq!(read(&mut tip, &page), (13, None));
    let former: Vec<_> = tip.former.iter().flat_map(KeySet::iter).cloned().collect();
    let newest: Vec<_> = (OPS + 2..OPS + 10)
        .rev()
        .map(|it| key(it).public().clone())
        .collect();
    assert_eq!(former, newest);
}

#[test]
fn while_two_keys_overlap_both_write_until_one_is_revoked() {
    let (mut writer, mut page) = opened();
    page.push(writer.write(CONFIGURATION_KIND, &naming(FED, &[OPS + 1, OPS]), OPS));
    page.push(writer.write("profile", "{}", OPS));
    page.push(writer.write("profile", "{}", OPS + 1));
    let both = check_with(Revoked::none(), &fed(), &page, None);
    let after_the_turn = ended(OPS, &page, 4);
    let one = check_with(&after_the_turn, &fed(), &page, Some("feed_revoked_key"));
    assert_eq!((both, one), (6, 4));
    // The one that goes on is not touched by it.
    let last = ended(OPS, &page, 5);
    assert_eq!(check_with(&last, &fed(), &page, None), 6);
}

#[test]
fn a_thiefs_feed_is_another_one_at_the_last_good_position() {
    let (_, good) = turned();
    let revoked = ended(OPS, &good, 4);
    assert_eq!(check_with(&revoked, &fed(), &good, None), 5);
    // Whoever stole the key goes on from before it was replaced.
    let (mut thief, mut page) = opened();
    page.push(thief.write("profile", "{\"about\":\"stolen\"}", OPS));
    page.push(thief.write("profile", "{}", OPS));
    assert_eq!(check_with(Revoked::none(), &fed(), &page, None), 5);
    let taken = check_with(&revoked, &fed(), &page, Some("feed_fork"));
    assert_eq!(taken, 3);
}

#[test]
fn a_fed_key_that_was_revoked_names_no_key_after_its_last_good_position() {
    const NEW_FED: u8 = 30;
    let both = KeySet::new(vec![
        key(NEW_FED).public().clone(),
        key(FED).public().clone(),
    ]);
    let both = both.unwrap();
    let (mut writer, mut page) = opened();
    page.push(writer.write(CONFIGURATION_KIND, &naming(NEW_FED, &[OPS]), OPS));
    page.push(writer.write(CONFIGURATION_KIND, &naming(FED, &[OPS + 1]), OPS));
    page.push(writer.write("profile", "{}", OPS + 1));
    // The control: while both keys stand, the old one still names what it wants.
    assert_eq!(check_with(Revoked::none(), &both, &page, None), 6);
    let revoked = ended(FED, &page, 3);
    let taken = check_with(&revoked, &both, &page, Some("seal_unknown_key"));
    assert_eq!(taken, 5, "the papers stand in the chain, and say nothing");
    // The opening by the old key goes on being read; one by a key that ended before does not.
    let (_, other) = turned();
    let mut before = Revoked::default();
    let last = wire::revocation::LastGood {
        epoch: 0,
        seq: 1,
        hash: hash_of(&other[0]),
    };
    before.add(key(FED).public().thumbprint().clone(), last);
    assert_eq!(check_with(&before, &fed(), &other, Some("feed_opening")), 0);
}
