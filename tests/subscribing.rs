//! What other calendar programs make of what running nodes give to whoever subscribes:
//! `icalendar` reads it, `vdirsyncer` brings it into a folder, and `khal` shows it.
//!
//! Which dates there are follows from what was typed, by `jiff` and nothing of the product.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned};
use scenarios::command::{Done, run};
use scenarios::counts::count;
use scenarios::network::{Network, word};
use scenarios::node::{Node, free_port};
use scenarios::process::Process;
use scenarios::{http, wait};
use serde_json::{Value, json};

use crate::peers::{JUDGE, by_python, counted, found, python};

/// The zone of all times here.
const ZONE: &str = "Europe/Paris";

/// How many weeks the weekly workshop takes place.
const WEEKS: i64 = 5;

/// How long another program may take for one thing, on a machine that is busy.
const CLIENT: Duration = Duration::from_secs(60);

/// One date of an event, as it was typed.
#[derive(Clone, Debug)]
struct Expected {
    uid: String,
    title: &'static str,
    at: DateTime,
    length: Length,
    status: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Length {
    Minutes(i64),
    Days(i64),
}

/// Three nodes, and what each publishes.
struct Villages {
    network: Network,
    mug: Node,
    troquet: Node,
    /// The date on which the clock is changed next, and the one after that.
    changes: [Date; 2],
    /// The id of the weekly workshop at the coordinator.
    weekly: String,
    /// Those of the coordinator, of the first space, of the second.
    expected: [Vec<Expected>; 3],
}

/// The days on which the clock in Paris is changed, from a fortnight on.
fn changes() -> [Date; 2] {
    let zone = TimeZone::get(ZONE).expect("a zone");
    let now = Timestamp::from_second(wait::now_seconds()).expect("a moment");
    let from = now + SignedDuration::from_hours(14 * 24);
    let mut following = zone.following(from);
    let mut next = || {
        let change = following.next().expect("the clock is changed twice a year");
        change.timestamp().to_zoned(zone.clone()).date()
    };
    [next(), next()]
}

/// Publishes, from the words of a command; gives id and `uid`.
#[track_caller]
fn publish(node: &Node, start: &str, words: &[&str]) -> (String, String) {
    let first = ["event", "publish", "--start", start, "--time-zone", ZONE];
    let done = node.json(&[&first[..], words].concat());
    let text = |name: &str| done[name].as_str().expect("a text").to_owned();
    (text("event"), text("uid"))
}

fn typed(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

impl Expected {
    fn begins(&self) -> Zoned {
        let zone = TimeZone::get(ZONE).expect("a zone");
        self.at.to_zoned(zone).expect("a moment")
    }

    /// Hours are hours that pass; days are days of the calendar.
    fn ends(&self) -> Zoned {
        let begins = self.begins();
        match self.length {
            Length::Minutes(minutes) => begins + SignedDuration::from_mins(minutes),
            Length::Days(days) => begins + days.days(),
        }
    }

    /// A row of `check_feeds.py`.
    fn row(&self) -> Value {
        let (begins, ends) = (self.begins(), self.ends());
        match self.length {
            Length::Minutes(_) => json!([
                self.uid,
                self.title,
                begins.timestamp().as_second(),
                ends.timestamp().as_second(),
                self.status
            ]),
            Length::Days(_) => json!([
                self.uid,
                self.title,
                begins.date().to_string(),
                ends.date().to_string(),
                self.status
            ]),
        }
    }

    /// The lines of `khal list`: one for each day on which it takes place.
    fn lines(&self) -> Vec<String> {
        let shown = |at: &Zoned| at.strftime("%Y-%m-%d %H:%M").to_string();
        let begins = self.begins();
        // The last day of several, as people say it.
        let ends = match self.length {
            Length::Minutes(_) => self.ends(),
            Length::Days(_) => self.ends() - 1.day(),
        };
        let cancelled = if self.status == "cancelled" {
            "CANCELLED "
        } else {
            ""
        };
        let (from, to) = (shown(&begins), shown(&ends));
        let line = format!("{from}|{to}|{cancelled}{}", self.title);
        let days = (ends.date() - begins.date()).get_days();
        vec![line; usize::try_from(days + 1).expect("a few days")]
    }
}

impl Villages {
    /// The nodes run, have published, and have read each other.
    #[track_caller]
    fn published() -> Self {
        let network = Network::running();
        let [mug, troquet] = ["mug", "troquet"].map(|name| network.labelled(name));
        let changes = changes();
        let mut all = Self {
            network,
            mug,
            troquet,
            changes,
            weekly: String::new(),
            expected: [Vec::new(), Vec::new(), Vec::new()],
        };
        all.publish_nights();
        all.publish_weekly();
        all.publish_others();
        all.are_everywhere();
        all
    }

    /// A training over each night in which the clock is changed.
    fn publish_nights(&mut self) {
        for change in self.changes {
            let at = (change - 1.day()).at(22, 0, 0, 0);
            let title = "La nuit de l’heure ; à \"Chambéry\", chez nous";
            let words = ["--title", title, "--lasts", "8h", "--seats", "3"];
            let (_, uid) = publish(&self.network.coordinator, &typed(at), &words);
            let length = Length::Minutes(8 * 60);
            self.expect_one(0, (uid, title), at, length);
        }
    }

    /// A workshop each week from before the change of the clock until after it: the second
    /// date is cancelled, the third is a day and an hour and a half later.
    fn publish_weekly(&mut self) {
        let first = (self.changes[0] - 5.days()).at(18, 0, 0, 0);
        let day = first.strftime("%a").to_string().to_lowercase();
        let (day, times) = (day.get(..2).expect("a day"), WEEKS.to_string());
        let title = "Atelier du mardi";
        let words = ["--title", title, "--kind", "workshop", "--weekly", day];
        let words = [&words[..], &["--times", &times, "--seats", "6"]].concat();
        let (id, uid) = publish(&self.network.coordinator, &typed(first), &words);
        let coordinator = &self.network.coordinator;
        let second = typed(first + 1.week());
        coordinator.json(&["event", "cancel", &id, "--on", &second]);
        let (due, to) = (first + 2.weeks(), moved(first));
        let words = [
            "event",
            "change",
            &id,
            "--on",
            &typed(due),
            "--to",
            &typed(to),
        ];
        coordinator.json(&words);
        self.weekly = id;
        for week in 0..WEEKS {
            let at = if week == 2 { to } else { first + week.weeks() };
            self.expect_one(0, (uid.clone(), title), at, Length::Minutes(120));
        }
        let of_weekly = self.expected[0].iter_mut().filter(|it| it.uid == uid);
        let second = of_weekly.into_iter().nth(1);
        second.expect("a second date").status = "cancelled";
    }

    /// A lunch of one space; whole days of the other.
    fn publish_others(&mut self) {
        let at = (self.changes[0] + 1.day()).at(12, 30, 0, 0);
        let title = "Déjeuner partagé";
        let words = ["--title", title, "--kind", "shared_meal", "--lasts", "90m"];
        let (_, uid) = publish(&self.mug, &typed(at), &words);
        self.expect_one(1, (uid, title), at, Length::Minutes(90));
        let day = self.changes[0] + 4.days();
        let title = "Deux jours de vélo";
        let words = ["--title", title, "--kind", "event", "--lasts", "2d"];
        let (_, uid) = publish(&self.troquet, &day.to_string(), &words);
        self.expect_one(2, (uid, title), day.at(0, 0, 0, 0), Length::Days(2));
    }

    fn expect_one(
        &mut self,
        of: usize,
        (uid, title): (String, &'static str),
        at: DateTime,
        length: Length,
    ) {
        self.expected[of].push(Expected {
            uid,
            title,
            at,
            length,
            status: "confirmed",
        });
    }

    fn nodes(&self) -> [&Node; 3] {
        [&self.network.coordinator, &self.mug, &self.troquet]
    }

    /// Waits until every node gives the lines of the coordinator, which has all of them.
    #[track_caller]
    fn are_everywhere(&self) {
        let uids = self.expected.iter().flatten().map(|it| &it.uid);
        let uids: Vec<_> = uids.collect();
        wait::until("all nodes give the same events", || {
            let first = event_lines(&self.network.coordinator, "");
            let missing: Vec<_> = uids
                .iter()
                .filter(|it| !unfolded(&first).contains(**it))
                .collect();
            wait::ensure(missing.is_empty(), || format!("without {missing:?}"))?;
            let others = self.nodes().into_iter().skip(1);
            let mut differing = others.filter(|node| event_lines(node, "") != first);
            let other = differing.next();
            wait::ensure(other.is_none(), || format!("{other:?} gives other lines"))
        });
    }

    /// What can be asked for, and whose dates are in it.
    fn feeds(&self) -> Vec<(String, Vec<&Expected>)> {
        let all: Vec<_> = self.expected.iter().flatten().collect();
        let mut feeds = vec![
            (String::new(), all.clone()),
            ("?village=Chamb%C3%A9ry".to_owned(), self.of_spaces()),
        ];
        for (node, own) in self.nodes().into_iter().zip(&self.expected) {
            let query = format!("?space={}", node.entity.replace("://", "%3A%2F%2F"));
            feeds.push((query, own.iter().collect()));
        }
        let of = |kind: &str, is_of: fn(&str) -> bool| {
            let dates = all.iter().filter(|it| is_of(it.title)).copied();
            (format!("?kind={kind}"), dates.collect())
        };
        feeds.extend([
            of("training", |title| title.contains("nuit")),
            of("workshop", |title| title.contains("Atelier")),
            of("shared_meal", |title| title.contains("Déjeuner")),
            of("event", |title| title.contains("vélo")),
            of("web_conference", |_| false),
        ]);
        feeds
    }

    fn of_spaces(&self) -> Vec<&Expected> {
        self.expected[1..].iter().flatten().collect()
    }

    /// What `khal list` shows of all dates.
    fn lines(&self) -> Vec<String> {
        let lines = self.expected.iter().flatten().flat_map(Expected::lines);
        sorted(lines.collect())
    }

    /// The coordinator moves a date that it moved before.
    #[track_caller]
    fn move_again(&mut self) {
        let first = (self.changes[0] - 5.days()).at(18, 0, 0, 0);
        let (due, before) = (first + 2.weeks(), moved(first));
        let to = before + 1.hour();
        let (on, at) = (typed(due), typed(to));
        let words = ["event", "change", &self.weekly, "--on", &on, "--to", &at];
        self.network.coordinator.json(&words);
        let mut dates = self.expected[0].iter_mut();
        let date = dates.find(|it| it.at == before).expect("a moved date");
        date.at = to;
    }
}

/// When the third date takes place instead.
fn moved(first: DateTime) -> DateTime {
    first + 15.days().hours(1).minutes(30)
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// What a node gives for a query.
#[track_caller]
fn feed(node: &Node, query: &str) -> http::Answer {
    let answer = http::get(node.port, &format!("/calendar.ics{query}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let media_type = answer.header("content-type");
    assert_eq!(media_type, "text/calendar; charset=utf-8");
    answer
}

/// The events of a calendar, without what a node says of itself.
fn event_lines(node: &Node, query: &str) -> String {
    let text = feed(node, query).text();
    let events = text.split_once("BEGIN:VEVENT");
    events.map_or_else(String::new, |(_, events)| events.to_owned())
}

fn unfolded(text: &str) -> String {
    text.replace("\r\n ", "")
}

#[test]
fn every_feed_of_every_node_says_the_same_to_icalendar() {
    let Some(python) = python() else { return };
    let mut villages = Villages::published();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut feeds = Vec::new();
    for (query, dates) in villages.feeds() {
        let first = event_lines(&villages.network.coordinator, &query);
        for node in villages.nodes() {
            assert_eq!(
                event_lines(node, &query),
                first,
                "{query} at {}",
                node.entity
            );
            let file = format!("{:02}.ics", feeds.len());
            write(&folder.path().join(&file), &feed(node, &query).body);
            let dates: Vec<_> = dates.iter().map(|it| it.row()).collect();
            feeds.push(json!({ "file": file, "dates": dates }));
        }
    }
    let until = (villages.changes[1] + 30.days()).at(0, 0, 0, 0).to_string();
    let expected = json!({ "until": until, "feeds": feeds });
    write(
        &folder.path().join("expected.json"),
        expected.to_string().as_bytes(),
    );
    let judge = || {
        run(
            by_python(&python, "check_feeds.py").arg(folder.path()),
            JUDGE,
        )
    };
    let done = judge();
    for name in ["feeds_by_icalendar", "altered_feeds"] {
        count(name, counted(&done, name));
    }
    // What another program finds is compared with what was typed: an hour off is found.
    let file = folder.path().join("00.ics");
    let text = std::fs::read_to_string(&file).expect("a calendar");
    write(&file, text.replacen("T220000", "T230000", 1).as_bytes());
    found(&judge(), "00.ics, zones by name: a date");

    given_once(&mut villages);
}

/// Whoever has a calendar is given it again when it has changed, and not because the node
/// was started again.
#[track_caller]
fn given_once(villages: &mut Villages) {
    let known = |node: &Node, tag: &str| {
        let line = format!("If-None-Match: {tag}");
        http::get_with(node.port, "/calendar.ics", &[&line])
    };
    let tags = villages.nodes().map(|node| {
        let tag = feed(node, "").header("etag").to_owned();
        assert!(tag.starts_with('"') && tag.len() > 2, "{tag}");
        assert_eq!(known(node, "\"another\"").status, 200);
        tag
    });
    for node in [
        &mut villages.network.coordinator,
        &mut villages.mug,
        &mut villages.troquet,
    ] {
        node.stop();
        node.start();
    }
    for (node, tag) in villages.nodes().into_iter().zip(&tags) {
        let again = known(node, tag);
        assert_eq!((again.status, again.body.len()), (304, 0), "{again:?}");
        assert_eq!(again.header("etag"), tag);
    }
    villages.move_again();
    villages.are_everywhere();
    let at = typed(moved((villages.changes[0] - 5.days()).at(19, 0, 0, 0)));
    let at = format!("{}00", at.replace(['-', ':'], ""));
    for (node, tag) in villages.nodes().into_iter().zip(&tags) {
        let changed = wait::until("the change is given", || {
            let changed = known(node, tag);
            wait::ensure(changed.status == 200, || changed.status.to_string())?;
            Ok(changed)
        });
        assert_ne!(changed.header("etag"), tag);
        assert!(changed.text().contains(&at), "{at}: {}", changed.text());
    }
}

/// Two programs of a person who subscribes, in a home of their own.
struct Subscriber<'a> {
    python: &'a Path,
    home: tempfile::TempDir,
}

impl Subscriber<'_> {
    fn of<'a>(python: &'a Path, url: &str) -> Subscriber<'a> {
        let home = scenarios::network::temporary_folder();
        let in_home = |name: &str| word(&home.path().join(name)).to_owned();
        let vdirsyncer = format!(
            "[general]\nstatus_path = \"{}\"\n\
             [pair escale]\na = \"node\"\nb = \"folder\"\ncollections = null\n\
             [storage node]\ntype = \"http\"\nurl = \"{url}\"\n\
             [storage folder]\ntype = \"filesystem\"\npath = \"{}\"\nfileext = \".ics\"\n",
            in_home("status"),
            in_home("calendar"),
        );
        let khal = format!(
            "[calendars]\n[[escale]]\npath = {}\nreadonly = True\ntype = calendar\n\
             [locale]\nlocal_timezone = {ZONE}\ndefault_timezone = {ZONE}\n\
             timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n\
             datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n\
             [sqlite]\npath = {}\n",
            in_home("calendar"),
            in_home("khal.db"),
        );
        std::fs::create_dir(home.path().join("calendar")).expect("a folder can be made");
        write(&home.path().join("vdirsyncer.conf"), vdirsyncer.as_bytes());
        write(&home.path().join("khal.conf"), khal.as_bytes());
        let subscriber = Subscriber { python, home };
        // It asks for nothing: this is one calendar, not a collection of them.
        subscriber.run("vdirsyncer", &["discover"]);
        subscriber
    }

    #[track_caller]
    fn run(&self, program: &str, words: &[&str]) -> Done {
        let home = self.home.path();
        let mut command = Command::new(self.python);
        command
            .args(["-B", "-m", program, "-c"])
            .arg(home.join(format!("{program}.conf")))
            .args(words);
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env(name, home);
        }
        command.env("LC_ALL", "C.UTF-8").env("TZ", ZONE);
        let done = run(&mut command, CLIENT);
        assert_eq!(done.code, Some(0), "{program} {words:?}: {done:#?}");
        done
    }

    /// Brings the calendar, and shows what is in it.
    #[track_caller]
    fn lists(&self, from: Date, to: Date) -> Vec<String> {
        self.run("vdirsyncer", &["sync"]);
        let format = "{start-long-full}|{end-long-full}|{cancelled}{title}";
        let words = ["list", "--day-format", "", "--format", format];
        let (from, to) = (from.to_string(), to.to_string());
        let done = self.run("khal", &[&words[..], &[&from, &to]].concat());
        sorted(done.out.lines().map(str::to_owned).collect())
    }
}

#[test]
fn vdirsyncer_brings_what_was_published_and_khal_shows_it() {
    let Some(python) = python() else { return };
    let mut villages = Villages::published();
    let (from, to) = (
        villages.changes[0] - 20.days(),
        villages.changes[1] + 20.days(),
    );
    let url = format!("{}/calendar.ics", villages.mug.entity);
    let subscriber = Subscriber::of(&python, &url);
    let shown = subscriber.lists(from, to);
    assert_eq!(shown, villages.lines());
    let mut number = shown.len();

    // What changed is brought, and what it replaced is gone.
    villages.move_again();
    villages.are_everywhere();
    let shown = subscriber.lists(from, to);
    assert_eq!(shown, villages.lines());
    number += shown.len();
    count(
        "dates_by_khal",
        u64::try_from(number).expect("a small number"),
    );

    // The same subscription to a calendar that is an hour off shows it.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = feed(&villages.mug, "").text();
    let altered = text.replacen("T220000", "T230000", 1);
    assert_ne!(altered, text);
    write(&folder.path().join("calendar.ics"), altered.as_bytes());
    let (port, mut serving) = serve(&python, folder.path());
    let url = format!("http://127.0.0.1:{port}/calendar.ics");
    let shown = Subscriber::of(&python, &url).lists(from, to);
    assert!(serving.ended().is_none(), "it serves");
    let off: Vec<_> = shown.iter().filter(|it| it.contains(" 23:00|")).collect();
    assert_eq!(off.len(), 2, "{shown:#?}");
    assert_ne!(shown, villages.lines());
}

/// Serves a folder.
#[track_caller]
fn serve(python: &Path, folder: &Path) -> (u16, Process) {
    let port = free_port();
    let mut command = Command::new(python);
    command
        .args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"])
        .args([word(folder), &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let process = Process::start(&mut command);
    wait::until("the folder is served", || {
        http::connect(port)
            .map(drop)
            .map_err(|error| error.to_string())
    });
    (port, process)
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("a file can be written");
}
