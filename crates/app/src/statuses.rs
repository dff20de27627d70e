//! A home's status lists: which of its passports hold, for all to read.
//!
//! A list has its number in its name and in the id of its record. Half of its places are
//! given, then those of the next. A list stands in the feed before a place of it is given,
//! so that a host whose line is cut since then can judge the passport all the same. A list
//! whose passports have all run out is withdrawn, with all that is kept of it, unless it
//! is the newest: so numbers rise, and no place is ever given twice.
//!
//! Where passports turn, decoys turn in the same commit ([`rules::places`]), and now and then
//! decoys alone.

use std::collections::{BTreeMap, BTreeSet};

use rules::passport::status::INVALID;
use rules::passport::{PASSPORT_SECONDS, STATUS_LIST_SECONDS, STATUS_LIST_TTL_SECONDS};
use rules::places::{PLACES_GIVEN_MAX, STATUS_PLACES, Turn, draw, free, is_feint};
use seal::Sealed;
use store::{Batch, Expected};
use wire::Timestamp;
use wire::passport::StatusReference;
use wire::status_list::{
    STATUS_LIST_KIND, StatusListToken, Statuses, status_list_id, status_list_uri,
};

use crate::append::Entry;
use crate::fault::{Attempt, until_settled};
use crate::people::{Issued, Place};
use crate::stored;
use crate::{App, FORGOTTEN_AT_ONCE_MAX, Fault};

/// With so many places of the newest list given, the next list is published: months before
/// it is needed, mostly. A member whose phone renews four passports every ten days takes
/// twelve places a month.
const PLACES_GIVEN_BEFORE_NEXT: usize = PLACES_GIVEN_MAX / 2;

/// A status list is signed again after a day, so that a home that is cut off keeps
/// its members' passports good for thirteen.
const STATUS_LIST_RENEWED_AFTER_SECONDS: i64 = 24 * 60 * 60;

/// What was given of a list.
#[derive(Default)]
struct Given {
    /// The places.
    taken: BTreeSet<u32>,
    /// Whether a passport at one of them has not run out.
    holds: bool,
}

/// A list that is to be written, and what turns in it.
struct Written {
    statuses: Statuses,
    /// The places of passports.
    given: BTreeSet<u32>,
    turns: BTreeSet<Turn>,
}

impl Written {
    fn start(turns: BTreeSet<Turn>) -> Self {
        Self {
            statuses: Statuses::new(STATUS_PLACES as usize),
            given: BTreeSet::new(),
            turns,
        }
    }
}

/// Lists that are signed whatever becomes of passports, with what only decoys do there.
pub(crate) type SignedAnew = BTreeMap<u32, BTreeSet<Turn>>;

impl App {
    pub(crate) fn status_list_uri(&self, list: u32) -> String {
        status_list_uri(&self.identity().entity, &list.to_string())
    }

    /// The place that a passport of this home refers to.
    pub(crate) fn place_named(&self, named: &StatusReference) -> Option<Place> {
        let list = status_list_id(&self.identity().entity, &named.uri)?;
        Some(Place {
            list: list.parse().ok()?,
            at: u32::try_from(named.idx).ok()?,
        })
    }

    /// The numbers of the lists that stand in the own feed, with when each was signed.
    async fn status_lists(&self) -> Result<BTreeMap<u32, Timestamp>, Fault> {
        let entity = &self.identity().entity;
        let own = self.ops_of(entity).await?;
        let mut lists = BTreeMap::new();
        for (id, text) in self.latest_texts(entity, STATUS_LIST_KIND).await? {
            // What was signed by a key that is not good any more is as old as can be.
            let list = Sealed::<StatusListToken>::parse(&text).ok();
            let list = list.and_then(|list| list.open(own.as_ref()?).ok());
            let signed_at = list.map_or(Timestamp(0), |list| list.iat);
            let number = id.parse().map_err(|_| Fault::Form { key: id })?;
            lists.insert(number, signed_at);
        }
        Ok(lists)
    }

    /// The number of the newest list in the own feed; 0 where there is none.
    pub(crate) async fn newest_status_list(&self) -> Result<u32, Fault> {
        let newest = self.status_lists().await?.into_keys().next_back();
        Ok(newest.unwrap_or(0))
    }

    /// What a list of this home says that was signed elsewhere, taken over: of passports that
    /// are known what became of them, of other places that a passport may be there. What was
    /// taken back for good stays so.
    pub(crate) async fn adopt_statuses(
        &self,
        batch: &mut Batch,
        list: u32,
        statuses: &Statuses,
    ) -> Result<(), Fault> {
        let stem = list.to_be_bytes();
        let mut given = BTreeSet::new();
        for (key, found) in self.all_under(crate::keys::PASSPORTS, &stem).await? {
            let mut issued: Issued = stored::decode(&key, &found)?;
            let place = crate::keys::place_of(&key);
            let said = place.and_then(|place| statuses.get(u64::from(place.at)));
            given.extend(place.map(|place| place.at));
            if issued.status == INVALID || said.is_none_or(|said| said == issued.status) {
                continue;
            }
            issued.status = said.unwrap_or(INVALID);
            issued.is_revoked |= issued.status == INVALID;
            batch.expect(key.clone(), Expected::At(found.version));
            batch.put(key.clone(), stored::encode(&key, &issued)?);
        }
        self.adopt_decoys(batch, (list, statuses), &given).await
    }

    /// So many places of one list that were never given, drawn at random so that they say
    /// nothing. Where they begin a list, that list is put into `batch`.
    pub(crate) async fn free_places<E: From<Fault>>(
        &self,
        batch: &mut Batch,
        count: usize,
    ) -> Result<Vec<Place>, Attempt<E>> {
        let (row, _) = self.own_feed_row().await?;
        let lists = self.status_lists().await?;
        let newest = lists.keys().next_back();
        let mut found = None;
        // The newest may be one that waits for its turn. One before it of which nothing
        // holds any more is about to go.
        let open = lists.keys().rev().take(2).rev();
        for list in open.filter(|list| **list > row.lists_closed) {
            let Given { taken, holds } = self.given(*list).await?;
            if taken.len() + count <= PLACES_GIVEN_MAX && (holds || Some(list) == newest) {
                found = Some((*list, taken));
                break;
            }
        }
        let (list, taken) = if let Some(found) = found {
            found
        } else {
            let list = lists.keys().next_back().copied().unwrap_or(0) + 1;
            let begun = SignedAnew::from([(list, BTreeSet::new())]);
            self.change_passports(batch, &begun, &|_| {}).await?;
            (list, BTreeSet::new())
        };
        let mut free = free(&taken, &self.decoys(list).await?);
        let mut places = Vec::new();
        for _ in 0..count {
            let random = || Ok::<_, Fault>(u32::from_be_bytes(self.random()?));
            let at = draw(&mut free, random)?.ok_or(Attempt::Again)?;
            places.push(Place { list, at });
        }
        Ok(places)
    }

    async fn given(&self, list: u32) -> Result<Given, Fault> {
        let now = self.now();
        let mut given = Given::default();
        let stem = list.to_be_bytes();
        for (key, found) in self.all_under(crate::keys::PASSPORTS, &stem).await? {
            let issued: Issued = stored::decode(&key, &found)?;
            given.holds |= issued.exp > now;
            given
                .taken
                .extend(crate::keys::place_of(&key).map(|place| place.at));
        }
        Ok(given)
    }

    /// All passports that were issued and are still kept, by their places.
    pub(crate) async fn all_passports(&self) -> Result<BTreeMap<Place, Issued>, Fault> {
        let mut passports = BTreeMap::new();
        for (key, found) in self.all(crate::keys::PASSPORTS).await? {
            let place = crate::keys::place_of(&key).ok_or_else(|| Fault::Form {
                key: key.to_string(),
            })?;
            passports.insert(place, stored::decode(&key, &found)?);
        }
        Ok(passports)
    }

    /// Changes issued passports, and adds in `batch` the lists that say so, and those
    /// of `signed_anew` whatever they say. Decoys turn as passports do.
    pub(crate) async fn change_passports<E: From<Fault>>(
        &self,
        batch: &mut Batch,
        signed_anew: &SignedAnew,
        change: &(dyn Fn(&mut Issued) + Sync),
    ) -> Result<(), Attempt<E>> {
        let entity = &self.identity().entity;
        let (before, _) = self.feed_state(entity).await?;
        let anew = signed_anew.clone().into_iter();
        let mut lists: BTreeMap<u32, Written> = anew
            .map(|(list, turns)| (list, Written::start(turns)))
            .collect();
        let mut to_sign: BTreeSet<u32> = signed_anew.keys().copied().collect();
        for (place, held) in self.all_passports().await? {
            let mut issued = held.clone();
            change(&mut issued);
            let list = lists.entry(place.list);
            let list = list.or_insert_with(|| Written::start(BTreeSet::new()));
            list.statuses.set(u64::from(place.at), issued.status);
            list.given.insert(place.at);
            let (from, to) = (held.status, issued.status);
            if from != to {
                list.turns.insert(Turn { from, to });
                to_sign.insert(place.list);
            }
            if issued != held {
                let key = crate::keys::passport(place);
                batch.put(key.clone(), stored::encode(&key, &issued)?);
            }
        }
        let mut entries = Vec::new();
        lists.retain(|list, _| to_sign.contains(list));
        for (list, mut written) in lists {
            let Written { given, turns, .. } = &written;
            let decoys = self.turn_decoys(batch, list, given, turns).await?;
            for (at, status) in decoys {
                written.statuses.set(u64::from(at), status);
            }
            entries.push(self.status_list(list, &written.statuses).await?);
        }
        if entries.is_empty() {
            return Ok(());
        }
        let after = self.append(batch, entries).await?;
        // The lists were made of what stood before; if the feed moved, they are made anew.
        if after == (before.epoch, before.seq) {
            Ok(())
        } else {
            Err(Attempt::Again)
        }
    }

    pub(crate) async fn status_list(&self, list: u32, statuses: &Statuses) -> Result<Entry, Fault> {
        let now = self.signing_time().await?;
        let packed = statuses.pack().map_err(seal::SealRefusal::Malformed)?;
        let token = StatusListToken {
            iss: self.identity().entity.clone(),
            sub: self.status_list_uri(list),
            iat: now,
            exp: now.plus_seconds(STATUS_LIST_SECONDS),
            ttl: STATUS_LIST_TTL_SECONDS,
            status_list: packed,
        };
        let token = seal::sign(token, &*self.ops().await?)?;
        Ok(Entry {
            kind: STATUS_LIST_KIND,
            id: list.to_string(),
            text: Some(token.as_str().to_owned()),
        })
    }

    /// Publishes the list that will be needed next, before it is; signs those that are a
    /// day old again, and some before with decoys that turn alone; withdraws those that
    /// nobody needs. Gives the number of records.
    pub(crate) async fn renew_status_lists(&self) -> Result<usize, Fault> {
        let (now, after) = (self.now(), STATUS_LIST_RENEWED_AFTER_SECONDS);
        if self.is_coordinator() {
            return Ok(0);
        }
        let mut due = self.status_lists().await?;
        let mut anew = SignedAnew::new();
        for list in due.keys() {
            if is_feint(u32::from_be_bytes(self.random()?)) {
                anew.insert(*list, BTreeSet::from([Turn::TAKEN_BACK]));
            }
        }
        let newest = due.keys().next_back().copied();
        due.retain(|_, signed_at| rules::trust::is_renewal_due(*signed_at, after, now));
        let (row, _) = self.own_feed_row().await?;
        let given = match newest.filter(|newest| *newest > row.lists_closed) {
            Some(newest) => self.given(newest).await?.taken.len(),
            None => PLACES_GIVEN_BEFORE_NEXT,
        };
        if given >= PLACES_GIVEN_BEFORE_NEXT {
            due.insert(newest.unwrap_or(0) + 1, now);
        }
        for list in due.into_keys() {
            anew.entry(list).or_default();
        }
        if anew.is_empty() {
            return Ok(0);
        }
        until_settled!(self.try_renew_status_lists(&anew).await)?;
        Ok(anew.len())
    }

    async fn try_renew_status_lists(&self, due: &SignedAnew) -> Result<(), Attempt<Fault>> {
        let now = self.now();
        let passports = self.all_passports().await?;
        let lists = self.status_lists().await?;
        let newest = lists.keys().next_back().copied();
        let mut needed: BTreeSet<u32> = passports
            .iter()
            .filter(|(_, issued)| issued.is_known(now))
            .map(|(place, _)| place.list)
            .chain(newest.max(due.keys().next_back().copied()))
            .collect();
        // Passports may be at places of these that are not known here.
        let (row, _) = self.own_feed_row().await?;
        let holds = |at: Timestamp| at.plus_seconds(PASSPORT_SECONDS) > now;
        if row.closed_at.is_some_and(holds) {
            needed.extend(lists.into_keys().filter(|list| *list <= row.lists_closed));
        }
        let mut batch = Batch::new();
        let mut to_sign = due.clone();
        to_sign.retain(|list, _| needed.contains(list));
        self.change_passports::<Fault>(&mut batch, &to_sign, &|_| {})
            .await?;
        self.commit_unless_empty(batch).await?;
        let over = due.keys().copied().filter(|list| !needed.contains(list));
        let over: BTreeSet<u32> = over.collect();
        if over.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        let gone = |list: &u32| Entry {
            kind: STATUS_LIST_KIND,
            id: list.to_string(),
            text: None,
        };
        self.append(&mut batch, over.iter().map(gone).collect())
            .await?;
        let places = passports.into_keys();
        for place in places.filter(|place| over.contains(&place.list)) {
            batch.remove(crate::keys::passport(place));
        }
        self.remove_decoys(&mut batch, &over).await?;
        self.store().commit(batch).await?;
        Ok(())
    }

    /// Forgets whose passports were that ran out so long ago that no receipt of theirs
    /// comes any more, some at each look; and at once what they were renewed to.
    pub(crate) async fn forget_passports(&self, now: Timestamp) -> Result<(), Fault> {
        let mut batch = Batch::new();
        for (key, found) in self.all(crate::keys::PASSPORTS).await? {
            let mut issued: Issued = stored::decode(&key, &found)?;
            let before = issued.clone();
            if issued.exp <= now {
                issued.renewed = None;
            }
            if !issued.is_known(now) {
                issued.member.clear();
                issued.disclosures.clear();
            }
            if issued == before {
                continue;
            }
            batch.expect(key.clone(), Expected::At(found.version));
            batch.put(key.clone(), stored::encode(&key, &issued)?);
            if batch.writes.len() >= FORGOTTEN_AT_ONCE_MAX {
                break;
            }
        }
        self.commit_or_leave(batch).await
    }
}
