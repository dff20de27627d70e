//! Decoys of a home's status lists, as they are kept.
//!
//! Which of them turn is drawn by [`rules::places`]. They are kept so that what turned once
//! stands in every list that follows, and so that no passport is given their place.

use std::collections::{BTreeMap, BTreeSet};

use rules::passport::status::{INVALID, VALID};
use rules::places::{STATUS_PLACES, Turn, turned};
use store::{Batch, Expected, Position};
use wire::status_list::Statuses;

use crate::check::CheckReport;
use crate::keys::DECOYS;
use crate::people::{Decoy, Place};
use crate::stored;
use crate::{App, Fault};

impl App {
    /// What stands at the decoys of a list.
    pub(crate) async fn decoys(&self, list: u32) -> Result<BTreeMap<u32, u8>, Fault> {
        let decoys = self.kept_decoys(list).await?;
        Ok(decoys.into_iter().map(|(at, (it, _))| (at, it)).collect())
    }

    async fn kept_decoys(&self, list: u32) -> Result<BTreeMap<u32, (u8, Position)>, Fault> {
        let mut decoys = BTreeMap::new();
        for (key, found) in self.all_under(DECOYS, &list.to_be_bytes()).await? {
            let place = crate::keys::place_of(&key).ok_or_else(|| Fault::Form {
                key: key.to_string(),
            })?;
            let decoy: Decoy = stored::decode(&key, &found)?;
            decoys.insert(place.at, (decoy.status, found.version));
        }
        Ok(decoys)
    }

    /// Turns decoys of a list with the passports at these places that turn so, and gives
    /// what then stands at all of them. Nobody is given a place meanwhile that becomes a
    /// decoy, nor the other way round.
    pub(crate) async fn turn_decoys(
        &self,
        batch: &mut Batch,
        list: u32,
        given: &BTreeSet<u32>,
        turns: &BTreeSet<Turn>,
    ) -> Result<BTreeMap<u32, u8>, Fault> {
        let kept = self.kept_decoys(list).await?;
        let mut decoys = kept.iter().map(|(at, (it, _))| (*at, *it)).collect();
        let random = || Ok(u32::from_be_bytes(self.random()?));
        let turned = turned::<Fault>(given, &decoys, turns, random)?;
        for (at, status) in turned {
            let place = Place { list, at };
            let key = crate::keys::decoy(place);
            let before = kept.get(&at).map(|(_, version)| *version);
            batch.expect(key.clone(), before.map_or(Expected::Absent, Expected::At));
            batch.expect(crate::keys::passport(place), Expected::Absent);
            batch.put(key.clone(), stored::encode(&key, &Decoy { status })?);
            decoys.insert(at, status);
        }
        Ok(decoys)
    }

    /// Keeps as decoys the places of a list that was signed elsewhere where something other
    /// stands than that all is well, and that no passport has that is known here.
    pub(crate) async fn adopt_decoys(
        &self,
        batch: &mut Batch,
        (list, statuses): (u32, &Statuses),
        given: &BTreeSet<u32>,
    ) -> Result<(), Fault> {
        let kept = self.kept_decoys(list).await?;
        for at in (0..STATUS_PLACES).filter(|at| !given.contains(at)) {
            let Some(status) = statuses.get(u64::from(at)) else {
                break;
            };
            let held = kept.get(&at);
            let before = held.map_or(VALID, |(status, _)| *status);
            if before == INVALID || before == status {
                continue;
            }
            let key = crate::keys::decoy(Place { list, at });
            let found = held.map(|(_, version)| *version);
            batch.expect(key.clone(), found.map_or(Expected::Absent, Expected::At));
            batch.put(key.clone(), stored::encode(&key, &Decoy { status })?);
        }
        Ok(())
    }

    /// Forgets the decoys of lists that are gone.
    pub(crate) async fn remove_decoys(
        &self,
        batch: &mut Batch,
        lists: &BTreeSet<u32>,
    ) -> Result<(), Fault> {
        for list in lists {
            for at in self.kept_decoys(*list).await?.into_keys() {
                batch.remove(crate::keys::decoy(Place { list: *list, at }));
            }
        }
        Ok(())
    }

    /// No passport has the place of a decoy.
    pub(crate) async fn check_decoys(&self, report: &mut CheckReport) -> Result<(), Fault> {
        let passports = self.all_passports().await?;
        for (key, _) in self.all(DECOYS).await? {
            let place = crate::keys::place_of(&key);
            if place.is_none_or(|place| passports.contains_key(&place)) {
                let what = format!("{key}: a passport has the place of a decoy");
                report.problems.push(what);
            }
        }
        Ok(())
    }
}
