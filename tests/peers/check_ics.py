#!/usr/bin/env python3
"""Judges calendar files by PyPI `icalendar` and `recurring-ical-events`, from RFC 5545 alone.

Nothing here comes from the Rust code. A folder holds files and, in `expected.json`, what
each must say: dates with their moments, titles, places and statuses, told by another
library. Each file is read twice: with its zones taken by their names (`zoneinfo` with the
data of PyPI `tzdata`), and with names that mean nothing, so that only the VTIMEZONE of the
file says when things are.

Negative controls: every file is altered, in each way of `ALTERED` whose turn it is and for
which it has the place, and each must be noticed.

Usage: check_ics.py FOLDER
"""

import json
import re
import sys
import zoneinfo
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

# The pinned data alone.
zoneinfo.reset_tzpath(())

import icalendar  # noqa: E402
import recurring_ical_events  # noqa: E402

OCTETS_MAX = 75
# Before the first date of any file.
FIRST = datetime(2025, 1, 1, tzinfo=timezone.utc)


class Noticed(Exception):
    """Something is not as it should be."""


def need(holds, what: str) -> None:
    if not holds:
        raise Noticed(what)


# The lines (RFC 5545 section 3.1).

# Tabs may be; the two separators of Unicode end lines for some programs.
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")


def check_lines(data: bytes) -> None:
    need(data.endswith(b"\r\n"), "the end of the last line")
    for line in data[:-2].split(b"\r\n"):
        need(b"\r" not in line and b"\n" not in line, "the end of a line")
        need(1 <= len(line) <= OCTETS_MAX, f"{len(line)} octets in a line")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise Noticed("a letter cut in two") from None
        need(not CONTROL.search(text), "a control character")


# The components.


def one(component, name: str):
    found = component.get(name)
    need(found is not None and not isinstance(found, list), f"one {name}")
    return found


def check_form(calendar) -> None:
    need(not calendar.errors, f"the calendar: {calendar.errors}")
    need(str(one(calendar, "VERSION")) == "2.0", "VERSION")
    for name in ("PRODID", "NAME", "REFRESH-INTERVAL", "SOURCE", "URL", "LAST-MODIFIED"):
        one(calendar, name)
    need("METHOD" not in calendar, "METHOD in a feed")
    # RFC 7986 section 5.3 has it, and vdirsyncer takes it for that of each event.
    need("UID" not in calendar, "UID of the calendar itself")
    for component in calendar.walk():
        need(not component.errors, f"a component: {component.errors}")
    for event in calendar.events:
        for name in ("UID", "DTSTAMP", "LAST-MODIFIED", "DTSTART", "SEQUENCE", "STATUS"):
            one(event, name)
        for name in ("ATTENDEE", "ORGANIZER"):
            need(name not in event, f"{name} in a feed")
        need(event["DTSTAMP"].dt.utcoffset() == timedelta(), "DTSTAMP in UTC")
    defined = [str(one(zone, "TZID")) for zone in calendar.timezones]
    need(len(defined) == len(set(defined)), "a zone is defined twice")
    used = {
        value.params["TZID"]
        for event in calendar.events
        for value in dates_of(event)
        if "TZID" in value.params
    }
    only = used ^ set(defined)
    need(not only, f"zones used and not defined, or defined and not used: {only}")


def dates_of(event):
    for name in ("DTSTART", "RECURRENCE-ID", "EXDATE"):
        found = event.get(name, [])
        yield from found if isinstance(found, list) else [found]


# What the file says.


def said(moment):
    """A date as it is, a time as seconds since 1970."""
    if isinstance(moment, datetime):
        need(moment.tzinfo is not None, "a time without a zone")
        return int(moment.astimezone(timezone.utc).timestamp())
    return moment.isoformat()


def end_of(event, is_series: bool):
    """The end: hours are hours that pass, also in the night when the clock is changed."""
    start = event["DTSTART"].dt
    if is_series:
        # `recurring-ical-events` has added the length on the wall clock. Of these events none
        # lasts over a change of it.
        return said(event["DTEND"].dt)
    if "DTEND" in event:
        return said(event["DTEND"].dt)
    length = event["DURATION"].dt if "DURATION" in event else timedelta()
    return said(start) + int(length.total_seconds())


def text(event, name: str) -> str:
    return str(event.get(name, ""))


def plain(value: str) -> str:
    """A text whose escapes nobody has undone."""
    return re.sub(r"\\(.)", lambda it: "\n" if it[1] in "nN" else it[1], value)


def in_words(event, is_series: bool):
    return (
        said(event["DTSTART"].dt),
        end_of(event, is_series),
        text(event, "STATUS"),
        text(event, "SUMMARY"),
        text(event, "LOCATION"),
    )


def is_before(start, until: datetime) -> bool:
    if isinstance(start, str):
        return date.fromisoformat(start) < until.date()
    return start < until.timestamp()


def judge(data: bytes, expected: dict, until: datetime) -> int:
    """How many dates were compared; all are as expected."""
    check_lines(data)
    try:
        calendar = icalendar.Calendar.from_ical(data)
    except ValueError as error:
        raise Noticed(f"not read: {error}") from None
    check_form(calendar)
    for name in ("NAME", "X-WR-CALNAME"):
        # The library does not know that these are texts (RFC 7986 section 5.1).
        need(plain(text(calendar, name)) == expected["name"], name)
    originals = {}
    for event in calendar.events:
        if "RECURRENCE-ID" not in event:
            need(text(event, "UID") not in originals, "an event twice")
            originals[text(event, "UID")] = event
    need(set(originals) == {it["uid"] for it in expected["events"]}, "the events")
    found = {uid: [] for uid in originals}
    try:
        dates = recurring_ical_events.of(calendar).between(FIRST, until + timedelta(days=2))
    except ValueError as error:
        raise Noticed(f"not expanded: {error}") from None
    series = {it["uid"]: it["is_series"] for it in expected["events"]}
    for event in dates:
        uid = text(event, "UID")
        event = event if series[uid] else originals[uid]
        found[uid].append(in_words(event, series[uid]))
    events = ((it["uid"], it) for it in expected["events"])
    return sum(compare(originals[uid], found[uid], it, until) for uid, it in events)


def compare(original, found: list, expected: dict, until: datetime) -> int:
    uid = expected["uid"]
    names = ("start", "end", "status", "summary", "location")
    wanted = [tuple(it[name] for name in names) for it in expected["dates"]]
    wanted = sorted((it for it in wanted if is_before(it[0], until)), key=repr)
    found = sorted((it for it in found if is_before(it[0], until)), key=repr)
    for one_found, one_wanted in zip(found, wanted):
        need(one_found == one_wanted, f"{uid}: a date {one_found}, not {one_wanted}")
    need(len(found) == len(wanted), f"{uid}: {len(found)} dates, not {len(wanted)}")
    for name, said_there in (("DESCRIPTION", "description"), ("URL", "url")):
        need(text(original, name) == (expected[said_there] or ""), f"{uid}: {name}")
    categories = [str(it) for it in original["CATEGORIES"].cats]
    need(categories == expected["categories"], f"{uid}: the categories {categories}")
    return len(found)


def with_own_zones(data: bytes, file: str) -> bytes:
    """The same under names that no database has: only the file can say what they mean."""
    text = data.decode()
    text = re.sub(r"X-(LIC-LOCATION|WR-TIMEZONE):[^\r]*\r\n", "", text)
    for number, name in enumerate(re.findall(r"\r\nTZID:([^\r]*)\r\n", text)):
        own = f"own-{file}-{number}"
        text = text.replace(f"\r\nTZID:{name}\r\n", f"\r\nTZID:{own}\r\n")
        text = text.replace(f";TZID={name}:", f";TZID={own}:")
    return text.encode()


# Alterations. Each gives other bytes, or the same where the file has no place for it.


def replaced(pattern: bytes, by, places: int = 1):
    return lambda data: re.sub(pattern, by, data, count=places)


# The second date of one series may be after the last that is compared; not of all.
EVERYWHERE = 0


def an_hour_later(found) -> bytes:
    hours, rest = int(found[2]), found[3]
    return found[1] + b"%+03d" % (hours + 1) + rest


def shifted_zone(data: bytes) -> bytes:
    """Every offset of the first zone is an hour more."""
    zone = re.search(rb"BEGIN:VTIMEZONE.*?END:VTIMEZONE", data, re.DOTALL)
    if not zone:
        return data
    shifted = re.sub(rb"(TZOFFSET(?:FROM|TO):)([+-]\d\d)(\d\d)", an_hour_later, zone[0])
    return data.replace(zone[0], shifted)


DAYS = (b"MO", b"TU", b"WE", b"TH", b"FR", b"SA", b"SU")


def next_weekday(found) -> bytes:
    return found[1] + dict(zip(DAYS, DAYS[1:] + DAYS[:1]))[found[2]]


def next_minute(found) -> bytes:
    return found[1] + b"%02d" % ((int(found[2]) + 1) % 60)


def another_digit(found) -> bytes:
    return found[1] + (b"1" if found[2] != b"1" else b"2")


ALTERED = {
    "no zone": replaced(rb"(?s)BEGIN:VTIMEZONE.*?END:VTIMEZONE\r\n", b""),
    "another offset": shifted_zone,
    "another minute": replaced(rb"(\r\nDTSTART;TZID=[^:]*:\d{8}T\d\d)(\d\d)", next_minute),
    "another day": replaced(rb"(\r\nDTSTART;VALUE=DATE:\d{7})(\d)", another_digit),
    "another length": replaced(rb"\r\nDURATION:PT", b"\r\nDURATION:P1DT"),
    "another day of the week": replaced(rb"(RRULE:FREQ=WEEKLY[^\r]*BYDAY=)(\w\w)", next_weekday),
    "one date alone": replaced(rb"(\r\nRRULE:[^\r]*;COUNT=)\d+", rb"\g<1>1", EVERYWHERE),
    "an end before": replaced(rb"(\r\nRRULE:[^\r]*;UNTIL=20)\d\d", rb"\g<1>25", EVERYWHERE),
    "another interval": replaced(rb"(\r\nRRULE:[^\r]*;INTERVAL=)\d", rb"\g<1>7", EVERYWHERE),
    "no exclusion": replaced(rb"\r\nEXDATE[^\r]*", b"", EVERYWHERE),
    "another date is meant": replaced(rb"(\r\nRECURRENCE-ID[^\r]*:)2", rb"\g<1>1"),
    "not cancelled": replaced(rb"STATUS:CANCELLED", b"STATUS:CONFIRMED"),
    "another title": replaced(rb"\r\nSUMMARY([^:\r]*):", rb"\r\nSUMMARY\g<1>:x"),
    "a text of two values": replaced(rb"(\r\nCATEGORIES:[^\r]*)\\,", rb"\g<1>,"),
    "no identifier": replaced(rb"(BEGIN:VEVENT)\r\nUID:[^\r]*", rb"\g<1>"),
    "no stamp": replaced(rb"\r\nDTSTAMP:[^\r]*", b""),
    "a guest": replaced(rb"\r\nSTATUS:", b"\r\nATTENDEE:mailto:a@b.example\r\nSTATUS:"),
    "a UID of all": replaced(rb"\r\nCALSCALE", b"\r\nUID:calendar\r\nCALSCALE"),
    "a method": replaced(rb"\r\nCALSCALE", b"\r\nMETHOD:PUBLISH\r\nCALSCALE"),
    "a long line": replaced(rb"\r\n ", b""),
    "a line feed alone": replaced(rb"\r\nUID", b"\nUID"),
    "a letter cut in two": replaced(rb"([\xc3\xd7])", rb"\g<1>\r\n "),
    "cut short": lambda data: data[: len(data) // 2],
}


# Each way has its turn at every so many files: reading takes most of the time.
TURNS = 5


def main(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text())
    until = datetime.fromisoformat(expected["until"]).replace(tzinfo=timezone.utc)
    dates = alterations = 0
    unused = set(ALTERED)
    for number, calendar in enumerate(expected["calendars"]):
        file = calendar["file"]
        data = (folder / file).read_bytes()
        own = with_own_zones(data, file)
        for form, name in ((data, "by name"), (own, "by definition")):
            try:
                dates += judge(form, calendar, until)
            except Noticed as what:
                sys.exit(f"does not hold: {file}, zones {name}: {what}")
        for turn, (way, alter) in enumerate(ALTERED.items()):
            altered = alter(own)
            if (number + turn) % TURNS != 0 or altered == own:
                continue
            # A name is looked up once in a process: another file needs others.
            altered = altered.replace(b"own-", f"own-{turn}-".encode())
            unused.discard(way)
            try:
                judge(altered, calendar, until)
            except Noticed:
                alterations += 1
            else:
                sys.exit(f"does not hold: {file} altered ({way}) is noticed")
    if unused:
        sys.exit(f"does not hold: each alteration has a file: {unused}")
    print(f"count: calendars_by_icalendar {dates}")
    print(f"count: altered_calendars {alterations}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
