//! What villages do meanwhile: publish, enrol members, receive visitors, register for
//! trainings. Whatever was answered well was promised, and is noted.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use scenarios::chance::Chance;
use scenarios::command::escale;
use scenarios::network::{space_file, word};
use scenarios::{desk, wait};
use serde_json::{Value, json};

use super::site::Site;

/// How long somebody tries to get passports over a bad line: silence takes ten seconds
/// each time.
const ENROLLED: Duration = Duration::from_secs(120);

/// From one publication to the next, at most.
const PUBLISHED_MILLIS: usize = 120;

/// What a node has said that it did.
#[derive(Debug, Default)]
pub(super) struct Promises {
    pub(super) prices: Vec<Price>,
    pub(super) events: Vec<Event>,
    pub(super) visits: Vec<Visit>,
    pub(super) registrations: Vec<Registration>,
}

/// A price that was published.
#[derive(Debug)]
pub(super) struct Price {
    pub(super) at: usize,
    pub(super) seq: u64,
    pub(super) cents: i64,
}

/// An event that was published.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) at: usize,
    pub(super) id: String,
    pub(super) uid: String,
}

/// A visit that has ended.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) host: usize,
    pub(super) id: String,
    pub(super) wallet: PathBuf,
    pub(super) is_taken_back: bool,
}

/// A seat that a member asked for at home.
#[derive(Debug)]
pub(super) struct Registration {
    pub(super) home: usize,
    pub(super) member: String,
    pub(super) id: String,
    pub(super) event: Event,
    pub(super) is_given_back: bool,
}

/// Everybody who does something.
pub(super) struct Work<'a> {
    /// The spaces.
    pub(super) sites: &'a [Site],
    /// Where files of the scenario lie.
    pub(super) folder: PathBuf,
    /// Trainings with few seats, published before.
    pub(super) trainings: Vec<Event>,
    /// Who wants to go there: a member, and at which space they are.
    pub(super) attendees: Vec<(usize, String)>,
    pub(super) is_over: AtomicBool,
    pub(super) promises: Mutex<Promises>,
}

impl Work<'_> {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    fn note(&self, note: impl FnOnce(&mut Promises)) {
        note(&mut self.promises.lock().expect("nobody has panicked"));
    }

    /// One price after the other, anywhere, and now and then an event.
    pub(super) fn publish(&self, mut chance: Chance) {
        for cents in 10_000.. {
            if self.is_over() {
                return;
            }
            wait::moment(chance.millis(PUBLISHED_MILLIS));
            let at = chance.below(self.sites.len());
            if chance.is_one_in(4) {
                self.publish_event(at, &format!("Atelier {cents}"));
                continue;
            }
            let file = self.folder.join("published.toml");
            std::fs::write(&file, space_file("village", cents)).expect("a file can be written");
            let published = self.sites[at].try_json(&["publish", "--file", word(&file)]);
            if let Some(seq) = published.ok().and_then(|said| said["seq"].as_u64()) {
                self.note(|it| it.prices.push(Price { at, seq, cents }));
            }
        }
    }

    fn publish_event(&self, at: usize, title: &str) {
        let body = json!({
            "title": title,
            "kind": "workshop",
            "start": "2040-06-01T18:00:00",
            "time_zone": "Europe/Paris",
            "duration": "PT2H",
        });
        if let Ok((200, said)) = self.sites[at].post("/api/v1/events", &body) {
            let text = |name: &str| said[name].as_str().expect("a text").to_owned();
            let (id, uid) = (text("id"), text("uid"));
            self.note(|it| it.events.push(Event { at, id, uid }));
        }
    }

    /// One visitor after the other, from anywhere to anywhere else; whoever has come
    /// leaves.
    pub(super) fn visit(&self, mut chance: Chance, who: usize) {
        for turn in 0.. {
            if self.is_over() {
                return;
            }
            let home = chance.below(self.sites.len());
            let host = (home + 1 + chance.below(self.sites.len() - 1)) % self.sites.len();
            let name = format!("Visitor {who}-{turn}");
            let member = self.sites[home].member(&name);
            let (wallet, id) = self.arrive(home, host, &member, &format!("wallet-{who}-{turn}"));
            self.end(host, &id, &json!({}), "leave");
            let is_taken_back = chance.is_one_in(8);
            if is_taken_back {
                self.end(host, &id, &json!({ "not_here": {} }), "correct");
            }
            self.note(|it| {
                it.visits.push(Visit {
                    host,
                    id,
                    wallet,
                    is_taken_back,
                });
            });
        }
    }

    /// Has the passports of a member made and shown, until the host lets them in. What
    /// came over the line may be spoilt: then by another phone.
    #[track_caller]
    fn arrive(&self, home: usize, host: usize, member: &str, folder: &str) -> (PathBuf, String) {
        for phone in 0..5 {
            let wallet = self.folder.join(format!("{folder}-{phone}"));
            self.enrol(home, member, &wallet);
            let said = wait::until("the desk answers", || self.judged(host, &wallet));
            match (said["answer"].as_str(), said["visit"].as_str()) {
                (Some("allowed"), Some(visit)) => return (wallet, visit.to_owned()),
                (Some("not_genuine"), _) => {}
                _ => panic!("{said}"),
            }
        }
        panic!("five phones in a row were not genuine");
    }

    /// What a desk says to what a wallet shows: that it is not genuine too, where there is
    /// nothing to be shown.
    fn judged(&self, host: usize, wallet: &Path) -> Result<Value, String> {
        let shown = desk::presenting(&self.sites[host].entity, wallet);
        shown.is_orderly();
        if shown.code != Some(0) {
            return Ok(json!({ "answer": "not_genuine" }));
        }
        let code = json!({ "code": shown.out.trim() });
        let (status, said) = self.sites[host].post("/api/v1/desk/judge", &code)?;
        wait::ensure(status == 200, || format!("{status} {said}"))?;
        Ok(said)
    }

    #[track_caller]
    fn enrol(&self, home: usize, member: &str, wallet: &Path) {
        let site = &self.sites[home];
        let path = format!("/api/v1/members/{member}/code");
        wait::within(ENROLLED, "a phone gets its passports", || {
            let given = site.posted("a code is made", &path, &json!({}));
            let code = given["code"].as_str().expect("a code");
            let words = ["wallet", "enrol", "--home", &site.entity, "--code", code];
            let done = escale([&words[..], &["--dir", word(wallet)]].concat());
            done.is_orderly();
            wait::ensure(done.code == Some(0), || done.err)
        });
    }

    /// Ends a visit or corrects it, until that is done, or was.
    #[track_caller]
    fn end(&self, host: usize, visit: &str, body: &Value, act: &str) {
        let path = format!("/api/v1/visits/{visit}/{act}");
        wait::until("a visit ends", || {
            let (status, said) = self.sites[host].post(&path, body)?;
            wait::ensure(matches!(status, 200 | 409), || format!("{status} {said}"))
        });
    }

    /// More ask for each training than there are seats, and some give them back.
    pub(super) fn register(&self, mut chance: Chance) {
        for event in &self.trainings {
            for (home, member) in chance.shuffled(&self.attendees) {
                if self.is_over() {
                    return;
                }
                wait::moment(chance.millis(200));
                let path = format!("/api/v1/members/{member}/registrations");
                let body = json!({ "uid": event.uid });
                let said = self.sites[home].posted("a seat is asked for", &path, &body);
                let id = said["id"].as_str().expect("a registration").to_owned();
                let is_given_back = chance.is_one_in(4);
                if is_given_back {
                    self.give_back(home, &id);
                }
                self.note(|it| {
                    it.registrations.push(Registration {
                        home,
                        member,
                        id,
                        event: event.clone(),
                        is_given_back,
                    });
                });
            }
        }
    }

    fn give_back(&self, home: usize, id: &str) {
        let path = format!("/api/v1/registrations/{id}/cancel");
        wait::until("a seat is given back", || {
            let (status, said) = self.sites[home].post(&path, &json!({}))?;
            wait::ensure(matches!(status, 200 | 409), || format!("{status} {said}"))
        });
    }
}
