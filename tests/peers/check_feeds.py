#!/usr/bin/env python3
"""Judges the calendars that running nodes give to whoever subscribes, by PyPI `icalendar`
and `recurring-ical-events`.

Nothing here comes from the Rust code. A folder holds what the nodes gave and, in
`expected.json`, which dates are in which file, as they were typed. Each file is read twice:
with its zones by their names, and by the file's own definitions.

Negative controls: every file is altered in each way of `ALTERED` for which it has the place,
and each must be noticed.

Usage: check_feeds.py FOLDER
"""

import json
import re
import sys
from datetime import datetime, timezone
from pathlib import Path

import check_ics
from check_ics import FIRST, Noticed, check_lines, need, replaced, said, text, with_own_zones

import icalendar
import recurring_ical_events


def dates(data: bytes, until: datetime) -> list:
    """Every date of a file: which event, its title, beginning, end and status."""
    check_lines(data)
    try:
        calendar = icalendar.Calendar.from_ical(data)
        found = recurring_ical_events.of(calendar).between(FIRST, until)
    except ValueError as error:
        raise Noticed(f"not read: {error}") from None
    if not calendar.events:
        return []
    check_ics.check_form(calendar)
    names = [(text(it, "UID"), str(it.get("RECURRENCE-ID"))) for it in calendar.events]
    need(len(names) == len(set(names)), "an event twice")
    series = {text(it, "UID") for it in calendar.events if "RRULE" in it}
    alone = {text(it, "UID"): it for it in calendar.events}
    rows = []
    for event in found:
        uid = text(event, "UID")
        is_series = uid in series
        # What comes once is taken as it is written: its hours are hours that pass.
        event = event if is_series else alone[uid]
        begins, ends = said(event["DTSTART"].dt), check_ics.end_of(event, is_series)
        status = text(event, "STATUS").lower()
        rows.append([uid, text(event, "SUMMARY"), begins, ends, status])
    return sorted(rows, key=repr)


def judge(data: bytes, expected: list, until: datetime) -> int:
    found = dates(data, until)
    for one_found, one_expected in zip(found, expected):
        need(one_found == one_expected, f"a date {one_found}, not {one_expected}")
    need(len(found) == len(expected), f"{len(found)} dates, not {len(expected)}")
    return len(found)


def an_hour_later(found) -> bytes:
    return found[1] + b"%02d" % ((int(found[2]) + 1) % 24)


def another_day(found) -> bytes:
    return found[1] + (b"1" if found[2] != b"1" else b"2")


def the_first_twice(data: bytes) -> bytes:
    event = re.search(rb"(?s)BEGIN:VEVENT.*?END:VEVENT\r\n", data)
    return data.replace(event[0], event[0] * 2, 1) if event else data


ALTERED = {
    "an hour later": replaced(rb"(\r\nDTSTART;TZID=[^:]*:\d{8}T)(\d\d)", an_hour_later),
    "another day": replaced(rb"(\r\nDTSTART;VALUE=DATE:\d{7})(\d)", another_day),
    "a date more": replaced(rb"(\r\nRRULE:[^\r]*COUNT=)\d", rb"\g<1>6"),
    "not cancelled": replaced(rb"STATUS:CANCELLED", b"STATUS:CONFIRMED"),
    "not moved": replaced(rb"\r\nRECURRENCE-ID[^\r]*", b""),
    "no end of an event": replaced(rb"END:VEVENT\r\n", b""),
    "no identifier": replaced(rb"(BEGIN:VEVENT)\r\nUID:[^\r]*", rb"\g<1>"),
    "an event twice": the_first_twice,
    "no event": replaced(rb"(?s)BEGIN:VEVENT.*?END:VEVENT\r\n", b""),
}


def main(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text())
    until = datetime.fromisoformat(expected["until"]).replace(tzinfo=timezone.utc)
    count = alterations = 0
    unused = set(ALTERED)
    for feed in expected["feeds"]:
        file = feed["file"]
        data = (folder / file).read_bytes()
        wanted = sorted(feed["dates"], key=repr)
        for form, name in ((data, "by name"), (with_own_zones(data, file), "by definition")):
            try:
                count += judge(form, wanted, until)
            except Noticed as what:
                sys.exit(f"does not hold: {file}, zones {name}: {what}")
        for way, alter in ALTERED.items():
            altered = alter(data)
            if altered == data:
                continue
            unused.discard(way)
            try:
                judge(altered, wanted, until)
            except Noticed:
                alterations += 1
            else:
                sys.exit(f"does not hold: {file} altered ({way}) is noticed")
    if unused:
        sys.exit(f"does not hold: each alteration has a file: {unused}")
    print(f"count: feeds_by_icalendar {count}")
    print(f"count: altered_feeds {alterations}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
