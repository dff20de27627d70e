//! Events that are typed, or read from a file of another program: what is wrong is refused
//! with its reason, and nothing has changed.

use std::path::{Path, PathBuf};

use scenarios::command::Done;
use scenarios::network::{Network, word};
use scenarios::node::Node;
use serde_json::{Value, json};

/// A file of more bytes is refused.
const FILE_BYTES_MAX: usize = 2 * 1024 * 1024;

const NO_SUCH_EVENT: &str = "there is no such event, or it does not take place then";

/// A space that was made and does not run, and the network of which it is.
fn space() -> (Network, Node) {
    let network = Network::running();
    let space = network.invited("mug");
    (network, space)
}

/// A calendar in the manner of the programs that people export from: a series of which one
/// date is moved, a single event, and one that comes again by the month.
fn exported() -> String {
    let lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Google Inc//Google Calendar 70.9054//EN",
        "VERSION:2.0",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:Le Mug\\, ateliers",
        "X-WR-TIMEZONE:Europe/Paris",
        "BEGIN:VEVENT",
        "DTSTART;TZID=Europe/Paris:20350306T183000",
        "DTEND;TZID=Europe/Paris:20350306T203000",
        "RRULE:FREQ=WEEKLY;WKST=MO;COUNT=4;BYDAY=TU",
        "DTSTAMP:20260221T101112Z",
        "UID:series@google.com",
        "SUMMARY:Permanence numérique",
        "LOCATION:Le Mug\\, Chambéry",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "DTSTART;TZID=Europe/Paris:20350314T100000",
        "DTEND;TZID=Europe/Paris:20350314T120000",
        "RECURRENCE-ID;TZID=Europe/Paris:20350313T183000",
        "DTSTAMP:20260221T101112Z",
        "UID:series@google.com",
        "SUMMARY:Permanence numérique",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "DTSTART:20350401T070000Z",
        "DTEND:20350401T090000Z",
        "DTSTAMP:20260221T101112Z",
        "UID:single@google.com",
        "SUMMARY:Café des arrivants",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "DTSTART;TZID=Europe/Paris:20350302T190000",
        "DURATION:PT1H",
        "RRULE:FREQ=MONTHLY;BYDAY=1FR",
        "DTSTAMP:20260221T101112Z",
        "UID:monthly@google.com",
        "SUMMARY:Conseil du premier vendredi",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ];
    lines.join("\r\n")
}

/// A file beside the node.
#[track_caller]
fn file(network: &Network, name: &str, bytes: &[u8]) -> PathBuf {
    let path = network.path(name);
    std::fs::write(&path, bytes).expect("a file can be written");
    path
}

#[track_caller]
fn import(node: &Node, file: &Path, words: &[&str]) -> Value {
    node.json(&[&["event", "import", word(file)], words].concat())
}

/// What is shown of the events of a file, by title.
#[track_caller]
fn shown<'a>(imported: &'a Value, title: &str) -> &'a Value {
    let mut rows = imported["events"].as_array().expect("a list").iter();
    let found = rows.find(|row| row["title"] == title);
    found.unwrap_or_else(|| panic!("no {title} in {imported}"))
}

/// What the node publishes.
#[track_caller]
fn listed(node: &Node) -> Value {
    node.json(&["event", "list"])
}

#[test]
fn a_file_is_shown_then_published_and_then_the_same() {
    let (network, space) = space();
    let path = file(&network, "exported.ics", exported().as_bytes());
    let preview = import(&space, &path, &[]);
    assert_eq!(preview["events"].as_array().map(Vec::len), Some(2));
    let series = shown(&preview, "Permanence numérique");
    assert_eq!(series["is_published_already"], false, "{series}");
    assert_eq!(series["comes_again"], true, "{series}");
    assert_eq!(series["start"], "2035-03-06T18:30:00");
    // A moment in UTC is said by the clock of the space.
    let single = shown(&preview, "Café des arrivants");
    assert_eq!(single["start"], "2035-04-01T09:00:00", "{single}");
    assert_eq!(single["time_zone"], "Europe/Paris", "{single}");
    // What is not taken is named, with its reason.
    let not_taken = &preview["not_taken"];
    assert_eq!(not_taken.as_array().map(Vec::len), Some(1), "{not_taken}");
    assert_eq!(not_taken[0]["title"], "Conseil du premier vendredi");
    let why = not_taken[0]["why"].as_str().expect("a reason");
    assert!(why.contains("by the month"), "{why}");
    // And nothing was published.
    assert_eq!(listed(&space), json!([]));

    // One of them alone, then one that the file has not, then all.
    let only = single["event"].as_str().expect("an id");
    let done = import(&space, &path, &["--publish", "--only", only]);
    assert_eq!(done["events"].as_array().map(Vec::len), Some(1), "{done}");
    assert_eq!(shown(&done, "Café des arrivants")["has_changed"], true);
    let before = listed(&space);
    assert_eq!(before.as_array().map(Vec::len), Some(1), "{before}");
    let words = [
        "event",
        "import",
        word(&path),
        "--publish",
        "--only",
        "another",
    ];
    let said = ["the file has no event another", "nothing was published"];
    space.escale(&words).refused(&said);
    assert_eq!(listed(&space), before);
    let all = import(&space, &path, &["--publish", "--kind", "workshop"]);
    assert_eq!(shown(&all, "Permanence numérique")["has_changed"], true);
    let published = listed(&space);
    assert_eq!(published.as_array().map(Vec::len), Some(2), "{published}");

    // Read again it is the same, and so is what the node says.
    let again = import(&space, &path, &["--publish", "--kind", "workshop"]);
    for row in again["events"].as_array().expect("a list") {
        assert_eq!(row["has_changed"], false, "{row}");
        assert_eq!(row["is_published_already"], true, "{row}");
    }
    assert_eq!(listed(&space), published);
    // A file that has changed changes its event, and makes no other.
    let later = exported().replace("SUMMARY:Café des arrivants", "SUMMARY:Café d’accueil");
    let path = file(&network, "later.ics", later.as_bytes());
    let changed = import(&space, &path, &["--publish", "--kind", "workshop"]);
    assert_eq!(shown(&changed, "Café d’accueil")["has_changed"], true);
    assert_eq!(
        shown(&changed, "Permanence numérique")["has_changed"],
        false
    );
    assert_eq!(listed(&space).as_array().map(Vec::len), Some(2));
    space.is_sound();
}

#[test]
fn a_file_of_latin_1_is_read_and_one_that_is_no_calendar_is_not() {
    let (network, space) = space();
    let latin_1: Vec<u8> = exported()
        .chars()
        .map(|letter| u8::try_from(letter).expect("a letter of Latin-1"))
        .collect();
    assert!(std::str::from_utf8(&latin_1).is_err());
    let path = file(&network, "latin-1.ics", &latin_1);
    let preview = import(&space, &path, &[]);
    shown(&preview, "Permanence numérique");
    shown(&preview, "Café des arrivants");

    let calendar = exported();
    let padding = "X-PADDING:0123456789\r\n".repeat(FILE_BYTES_MAX / 22 + 1);
    let too_large = calendar.replace("METHOD:PUBLISH\r\n", &padding);
    let old = calendar.replace("VERSION:2.0", "VERSION:1.0");
    let refused = |bytes: &[u8], name: &str, why: &str| {
        let path = file(&network, name, bytes);
        for more in [&[][..], &["--publish"]] {
            let words = [&["event", "import", word(&path)], more].concat();
            let done = space
                .escale(&words)
                .refused(&["the file is not taken", why]);
            assert_eq!(done.out, "");
        }
    };
    refused(b"", "empty.ics", "is not an iCalendar file");
    refused(b"<html></html>", "page.ics", "is not an iCalendar file");
    refused(&[0xff; 1000], "bytes.ics", "is not an iCalendar file");
    refused(too_large.as_bytes(), "large.ics", "is too large");
    refused(old.as_bytes(), "old.ics", "of a version before iCalendar");
    let none = network.path("none.ics");
    let words = ["event", "import", word(&none)];
    space.escale(&words).refused(&["none.ics"]);
    let folder = network.path("");
    let words = ["event", "import", word(&folder)];
    space.escale(&words).refused(&[]);
    assert_eq!(listed(&space), json!([]));
}

/// What was typed wrongly at the space: with each of these words it is refused.
#[track_caller]
fn is_refused(space: &Node, words: &[&str], why: &[&str]) -> Done {
    let before = listed(space);
    let done = space.escale(words).refused(why);
    assert_eq!(done.out, "", "{done:#?}");
    assert_eq!(listed(space), before, "{words:?}");
    done
}

#[test]
fn an_event_that_is_typed_wrongly_is_refused_with_its_reason() {
    let (_network, space) = space();
    let publish = |start: &str, more: &[&str], why: &[&str]| {
        let words = ["event", "publish", "--title", "Atelier", "--start", start];
        is_refused(&space, &[&words[..], more].concat(), why);
    };
    let tuesday = "2035-03-06T18:00";
    for start in [
        "tomorrow",
        "2035-03-06T1800",
        "2035/03/06T18:00",
        "6/3/2035",
    ] {
        publish(start, &[], &[start, "is no time: YYYY-MM-DDTHH:MM"]);
    }
    for start in ["2035-02-29T10:00", "2035-13-01T10:00", "2035-03-06T25:00"] {
        publish(start, &[], &["a day that no calendar has"]);
    }
    // The night in which the clock skips an hour.
    publish("2035-03-25T02:30", &[], &["a time that the clock skips"]);
    let days = "days are written as in mo,th";
    for weekly in ["tuesday", "mo,xx", "tu,tu", ""] {
        publish(tuesday, &["--weekly", weekly], &[days]);
    }
    publish(
        tuesday,
        &["--weekly", "we"],
        &["a day of the week on which"],
    );
    publish(tuesday, &["--times", "3"], &["--weekly"]);
    let until = ["--weekly", "tu", "--until", "soon"];
    publish(tuesday, &until, &["--until is a day"]);
    publish(
        tuesday,
        &["--lasts", "long"],
        &["long is no length of time"],
    );
    publish(tuesday, &["--price", "ten"], &["ten is no price in euros"]);
    let zone = ["--time-zone", "Europe/Chambery"];
    publish(tuesday, &zone, &["there is no such time zone"]);
    let link = ["--link", "http://le-mug.example"];
    publish(tuesday, &link, &[]);

    let understood = |more: &[&str], why: &[&str]| {
        let words = ["event", "publish", "--title", "Atelier", "--start", tuesday];
        let words = [&words[..], more].concat();
        space.escale(&words).not_understood(why);
    };
    understood(&["--seats", "many"], &["--seats", "invalid digit"]);
    understood(&["--seats", "-1"], &["-1"]);
    understood(&["--kind", "party"], &["one of", "training", "workshop"]);
    let both = ["--weekly", "tu", "--times", "3", "--until", "2035-05-01"];
    understood(&both, &["cannot be used with"]);
    let unknown = "this node publishes no event none";
    for words in [
        &["event", "cancel", "none"][..],
        &["event", "change", "none", "--title", "x"],
        &["event", "seats", "none"],
    ] {
        is_refused(&space, words, &[unknown]);
    }
    assert_eq!(listed(&space), json!([]));
}

#[test]
fn a_registration_that_is_typed_wrongly_is_refused_and_nobody_is_registered() {
    let (_network, space) = space();
    let publish = |title: &str, more: &[&str]| {
        let words = ["event", "publish", "--title", title];
        let words = [&words[..], &["--start", "2035-03-06T18:00"], more].concat();
        let done = space.json(&words);
        let text = |name: &str| done[name].as_str().expect("a text").to_owned();
        (text("event"), text("uid"))
    };
    let (once, uid) = publish("Une fois", &["--seats", "2"]);
    // No seats: everybody comes, and nobody registers.
    let (_, open) = publish("Portes ouvertes", &["--seats", "0"]);
    let weekly = ["--seats", "2", "--weekly", "tu", "--times", "3"];
    let (series, again) = publish("Chaque mardi", &weekly);
    let member = |name: &str| {
        let added = space.json(&["member", "add", "--name", name, "--formula", "month"]);
        added["member"].as_str().expect("a member").to_owned()
    };
    let (active, paused) = (member("Anne"), member("Basile"));
    space.json(&["member", "pause", &paused]);

    let add = |member: &str, uid: &str, more: &[&str], why: &str| {
        let words = ["registration", "add", member, uid];
        is_refused(&space, &[&words[..], more].concat(), &[why]);
    };
    add(&paused, &uid, &[], "the membership is not active");
    add("nobody", &uid, &[], "there is no member nobody");
    add(&active, "none@127.0.0.1", &[], NO_SUCH_EVENT);
    add(&active, &once, &[], NO_SUCH_EVENT);
    // Which date of a series, and one on which it takes place.
    add(&active, &again, &[], NO_SUCH_EVENT);
    let wednesday = ["--on", "2035-03-07T18:00"];
    add(&active, &again, &wednesday, NO_SUCH_EVENT);
    add(&active, &again, &["--on", "Tuesday"], "is no time");
    let words = ["registration", "cancel", "none"];
    is_refused(&space, &words, &["none is no registration"]);
    let none = "AAAAAAAAAAAAAAAAAAAAAA";
    let words = ["registration", "cancel", none];
    is_refused(&space, &words, &["there is no such registration"]);
    let wednesday = ["event", "cancel", &series, "--on", "2035-03-07T18:00"];
    is_refused(&space, &wednesday, &["does not take place at"]);
    for member in [&active, &paused] {
        let held = space.json(&["registration", "list", member]);
        assert_eq!(held, json!([]));
    }

    // Where nobody registers the answer says so, and no seat is taken.
    let asked = space.json(&["registration", "add", &active, &open]);
    assert_eq!(asked["state"], "refused", "{asked}");
    assert_eq!(asked["code"], "no_registration", "{asked}");
    for event in [&once, &series] {
        assert_eq!(space.json(&["event", "seats", event]), json!([]));
    }
    let list = listed(&space);
    let rows = list.as_array().expect("a list");
    let without = rows.iter().find(|row| row["title"] == "Portes ouvertes");
    assert!(without.expect("an event")["seats"].is_null(), "{list}");
    space.is_sound();
}
