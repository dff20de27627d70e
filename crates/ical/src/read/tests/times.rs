//! Times, ends, rules and exclusions in every form that they come in.

use super::*;
use crate::End;

/// Lines, what the clock shows at the start, and where it hangs.
const STARTS: &[(&str, &str, &str)] = &[
    (
        "DTSTART;TZID=Europe/Paris:20260414T183000",
        "2026-04-14T18:30:00",
        "Europe/Paris",
    ),
    (
        "dtstart;tzid=\"Europe/Paris\":20260414t183000",
        "2026-04-14T18:30:00",
        "Europe/Paris",
    ),
    (
        "DTSTART;TZID=europe/paris:20260414T183000",
        "2026-04-14T18:30:00",
        "Europe/Paris",
    ),
    (
        "DTSTART;TZID=/citadel.org/2025_1/Europe/Paris:20260414T183000",
        "2026-04-14T18:30:00",
        "Europe/Paris",
    ),
    (
        "DTSTART;TZID=/x/America/Argentina/Salta:20260414T183000",
        "2026-04-14T18:30:00",
        "America/Argentina/Salta",
    ),
    (
        "DTSTART;TZID=Romance Standard Time:20260414T183000",
        "2026-04-14T18:30:00",
        "Europe/Paris",
    ),
    // The same clock as here: the place that people know.
    (
        "DTSTART;TZID=W. Europe Standard Time:20260414T183000",
        "2026-04-14T18:30:00",
        "Europe/Paris",
    ),
    (
        "DTSTART;TZID=GMT Standard Time:20260414T183000",
        "2026-04-14T18:30:00",
        "Europe/London",
    ),
    (
        "DTSTART:20260414T183000",
        "2026-04-14T18:30:00",
        "Europe/Paris",
    ),
    (
        "DTSTART:20260414T163000Z",
        "2026-04-14T18:30:00",
        "Europe/Paris",
    ),
    (
        "DTSTART;TZID=UTC:20260414T163000",
        "2026-04-14T18:30:00",
        "Europe/Paris",
    ),
    (
        "DTSTART;TZID=tzone://Microsoft/Utc:20260414T163000",
        "2026-04-14T18:30:00",
        "Europe/Paris",
    ),
    // The clock leaps over it: an hour later. It shows it twice: the first, or UTC.
    (
        "DTSTART;TZID=Europe/Paris:20260329T023000",
        "2026-03-29T03:30:00",
        "Europe/Paris",
    ),
    (
        "DTSTART:20261025T003000Z",
        "2026-10-25T02:30:00",
        "Europe/Paris",
    ),
    ("DTSTART:20261025T013000Z", "2026-10-25T01:30:00", "Etc/UTC"),
    // A series in UTC stays there.
    (
        "DTSTART:20260414T163000Z\nRRULE:FREQ=WEEKLY",
        "2026-04-14T16:30:00",
        "Etc/UTC",
    ),
    ("DTSTART:20260414", "2026-04-14T00:00:00", "Europe/Paris"),
    (
        "DTSTART;VALUE=DATE:20260414T000000",
        "2026-04-14T00:00:00",
        "Europe/Paris",
    ),
];

#[test]
fn times_in_every_form_are_those_that_the_file_means() {
    for &(lines, start, zone) in STARTS {
        let it = one(lines);
        assert_eq!((it.start, &*it.time_zone), (at(start), zone), "{lines}");
    }
}

#[test]
fn ends_and_lengths_are_seconds_that_pass() {
    for (lines, seconds) in [
        (
            "DTSTART;TZID=Europe/Paris:20260414T183000\nDTEND;TZID=Europe/Paris:20260414T200000",
            5400,
        ),
        (
            "DTSTART;TZID=Europe/Paris:20260414T183000\nDTEND:20260414T180000Z",
            5400,
        ),
        (
            "DTSTART;TZID=Europe/Paris:20260414T183000\nDTEND;TZID=Europe/London:20260414T190000",
            5400,
        ),
        (
            "DTSTART;TZID=Europe/Paris:20260414T183000\nDTEND:20260414T200000",
            5400,
        ),
        (
            "DTSTART;TZID=Europe/Paris:20260414T183000\nDURATION:PT90M",
            5400,
        ),
        ("DTSTART;TZID=Europe/Paris:20260414T183000", 0),
        (
            "DTSTART;TZID=Europe/Paris:20260414T183000\nDTEND;TZID=Europe/Paris:20260414T183000",
            0,
        ),
        // In the night on which the clock goes back.
        (
            "DTSTART;TZID=Europe/Paris:20261024T220000\nDTEND;TZID=Europe/Paris:20261025T060000",
            9 * 3600,
        ),
        (
            "DTSTART;TZID=Europe/Paris:20261024T220000\nDURATION:P1D",
            25 * 3600,
        ),
        (
            "DTSTART;TZID=Europe/Paris:20261024T220000\nDURATION:P1D\nRRULE:FREQ=WEEKLY",
            24 * 3600,
        ),
        (
            "DTSTART;TZID=Europe/Paris:20261024T220000\nDURATION:PT24H",
            24 * 3600,
        ),
        ("DTSTART:20260414", 86_400),
        ("DTSTART:20260414\nDTEND:20260414", 86_400),
        ("DTSTART:20260414\nDTEND:20260417", 3 * 86_400),
        ("DTSTART:20261024\nDTEND:20261026", 2 * 86_400),
        ("DTSTART:20260414\nDURATION:P1W", 7 * 86_400),
        ("DTSTART:20260414\nDURATION:PT48H", 2 * 86_400),
    ] {
        assert_eq!(one(lines).duration_seconds, seconds, "{lines}");
    }
}

#[test]
fn the_end_of_a_rule_is_on_the_clock_of_the_event() {
    for (start, until, expected) in [
        (START, "20260630T163000Z", "2026-06-30T18:30:00"),
        (START, "20260630T183000", "2026-06-30T18:30:00"),
        (START, "20260630", "2026-06-30T23:59:59"),
        // In the second of two hours of one name: the end of it.
        (START, "20261025T011500Z", "2026-10-25T02:59:59"),
        (START, "20261025T001500Z", "2026-10-25T02:15:00"),
        ("DTSTART:20260414", "20260630", "2026-06-30T00:00:00"),
        (
            "DTSTART:20260414",
            "20260630T000000Z",
            "2026-06-30T00:00:00",
        ),
        (
            "DTSTART:20260414",
            "20260630T235959Z",
            "2026-06-30T00:00:00",
        ),
        (
            "DTSTART:20260414",
            "20260629T220000Z",
            "2026-06-30T00:00:00",
        ),
        ("DTSTART:20260414", "20260630T120000", "2026-06-30T00:00:00"),
        (
            "DTSTART:20260414T100000Z",
            "20260630T100000Z",
            "2026-06-30T10:00:00",
        ),
    ] {
        let lines = format!("{start}\nRRULE:FREQ=DAILY;UNTIL={until}");
        let end = one(&lines).rule.unwrap().end;
        assert_eq!(end, End::Until(at(expected)), "{lines}");
    }
}

#[test]
fn exclusions_in_every_form_are_dates_of_the_event() {
    let lines = format!(
        "{START}\nRRULE:FREQ=DAILY\nEXDATE;TZID=Europe/Paris:20260415T183000,20260416T183000\n\
         EXDATE:20260417T163000Z\nEXDATE;VALUE=DATE:20260418\nEXDATE:20260419T183000\nEXDATE:"
    );
    let dates: Vec<String> = one(&lines)
        .overrides
        .iter()
        .map(|it| it.at.to_string())
        .collect();
    let expected = [15, 16, 17, 18, 19].map(|day| format!("2026-04-{day}T18:30:00"));
    assert_eq!(dates, expected);
    // Without a rule there is nothing to exclude.
    assert_eq!(
        one(&format!("{START}\nEXDATE:20260417T163000Z")).overrides,
        []
    );
}
