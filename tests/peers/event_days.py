"""Events: their form, when they take place, and who gets a seat (`specs/event.md`).

Nothing here comes from the Rust code. Days are those of `datetime`, clocks those of
`zoneinfo` with the data of PyPI `tzdata`; the times that a rule names are found once more
by `dateutil.rrule`, which knows no clocks. Seats are those of `specs/registration.md`.
"""

import calendar
import re
from datetime import datetime, timedelta

from dateutil import rrule

import host_days

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
STATUSES = ("confirmed", "tentative", "cancelled")
KINDS = ("training", "workshop", "web_conference", "shared_meal", "event")
ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
NUMBER = "([0-9]{1,9})"
WEEKS = re.compile(f"P{NUMBER}W")
LENGTH = re.compile(f"P(?:{NUMBER}D)?(?:T(?:{NUMBER}H)?(?:{NUMBER}M)?(?:{NUMBER}S)?)?")
LONGEST = 31 * 86400
MOST = 1000
YEARS = 5
MOST_WAIT = 500


class NotShown(Exception):
    """An event that is not shown, with the word of the vectors."""


def need(is_so, word: str = "malformed") -> None:
    if not is_so:
        raise NotShown(word)


# Form (section 2).


def whole(value, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_line(value) -> bool:
    controls = (chr(it) for it in [*range(0x20), *range(0x7F, 0xA0)])
    return (
        isinstance(value, str)
        and 1 <= len(value) <= 200
        and not any(it in value for it in controls)
        and value.strip() != ""
    )


def is_text(value, most: int = 2000) -> bool:
    return isinstance(value, str) and len(value) <= most


def is_time(value) -> bool:
    return isinstance(value, str) and TIME.fullmatch(value) is not None


def length(value) -> tuple:
    """Days and seconds."""
    need(isinstance(value, str))
    weeks = WEEKS.fullmatch(value)
    found = LENGTH.fullmatch(value)
    need(weeks or found and value != "P" and not value.endswith("T"))
    if weeks:
        days, seconds = 7 * int(weeks[1]), 0
    else:
        days, hours, minutes, rest = (int(it or 0) for it in found.groups())
        seconds = 3600 * hours + 60 * minutes + rest
    need(1 <= 86400 * days + seconds <= LONGEST)
    return days, seconds


def take(value, known, required=(), or_null=()) -> dict:
    """The members of an object that are known; those that are null are absent."""
    need(isinstance(value, dict) and all(it in value for it in required))
    taken = {name: value[name] for name in known if name in value}
    return {name: it for name, it in taken.items() if it is not None or name not in or_null}


def is_flag(said: dict, name: str) -> bool:
    need(said.get(name, False) in (True, False) and not whole(said.get(name), 0, 1))
    return said.get(name, False)


def check_form(body) -> None:
    names = (
        "@type uid updated sequence title description start timeZone duration showWithoutTime "
        "recurrenceRules recurrenceOverrides status locations virtualLocations locale escale"
    ).split()
    required = "@type uid updated sequence title start timeZone duration escale".split()
    said = take(body, names, required, ("description", "locale"))
    for name in ("excludedRecurrenceRules", "recurrenceId", "recurrenceIdTimeZone"):
        need(name not in body)
    need(said["@type"] == "Event")
    need(isinstance(said["uid"], str) and "@" in said["uid"])
    need(ID.fullmatch(said["uid"].split("@")[0]))
    updated = said["updated"]
    need(isinstance(updated, str) and updated.endswith("Z") and is_time(updated[:-1]))
    need(whole(said["sequence"], 0, 2**32 - 1))
    need(is_line(said["title"]) and is_text(said.get("description", "")))
    need(is_time(said["start"]))
    need(isinstance(said["timeZone"], str) and 1 <= len(said["timeZone"].encode()) <= 60)
    lasts = length(said["duration"])
    need(said.get("status", "confirmed") in STATUSES)
    locale = said.get("locale", "fr")
    need(isinstance(locale, str) and re.fullmatch("[A-Za-z0-9-]{2,20}", locale))
    check_rules(said)
    if is_flag(said, "showWithoutTime"):
        times = [said["start"], *said.get("recurrenceOverrides", {})]
        for change in said.get("recurrenceOverrides", {}).values():
            times.append(change.get("start", said["start"]))
            need("duration" not in change or length(change["duration"])[1] == 0)
        need(lasts[1] == 0 and all(it.endswith("T00:00:00") for it in times))
    check_places(said)
    terms = take(said["escale"], ("kind", "capacity", "price_cents", "is_example"), ("kind",),
                 ("capacity", "price_cents"))
    need(terms["kind"] in KINDS)
    need(whole(terms.get("capacity", 1), 1, 10_000))
    need(whole(terms.get("price_cents", 0), 0, 100_000_000))
    is_flag(terms, "is_example")


def check_rules(said) -> None:
    rules = said.get("recurrenceRules", [])
    exceptions = said.get("recurrenceOverrides", {})
    need(isinstance(rules, list) and isinstance(exceptions, dict))
    need(len(rules) <= 1 and len(exceptions) <= 100 and (rules or not exceptions))
    for rule in rules:
        known = ("@type", "frequency", "interval", "byDay", "count", "until")
        rule_said = take(rule, known, ("frequency",), ("@type", "count", "until"))
        need(set(rule) <= set(known))
        need(rule_said.get("@type", "RecurrenceRule") == "RecurrenceRule")
        need(rule_said["frequency"] in ("daily", "weekly"))
        need(whole(rule_said.get("interval", 1), 1, 100))
        need(whole(rule_said.get("count", 1), 1, 2000))
        need("count" not in rule_said or "until" not in rule_said)
        need(is_time(rule_said.get("until", "0000-00-00T00:00:00")))
        need(isinstance(rule_said.get("byDay", []), list))
        numbers = []
        for day in rule_said.get("byDay", []):
            day_said = take(day, ("@type", "day"), ("day",), ("@type",))
            need(set(day) <= {"@type", "day"} and day_said.get("@type", "NDay") == "NDay")
            need(day["day"] in DAYS)
            numbers.append(DAYS.index(day["day"]))
        need(numbers == sorted(set(numbers)))
    for due, change in exceptions.items():
        need(is_time(due))
        known = ("excluded", "start", "duration", "title", "description", "status")
        take(change, known)
        need(set(change) <= set(known))
        need(not is_flag(change, "excluded") or len(change) == 1)
        need(is_time(change.get("start", due)))
        length(change.get("duration", "P1D"))
        need(is_line(change.get("title", "x")) and is_text(change.get("description", "")))
        need(change.get("status", "confirmed") in STATUSES)


def check_places(said) -> None:
    for name, form, of in (
        ("locations", "Location", "name"),
        ("virtualLocations", "VirtualLocation", "uri"),
    ):
        places = said.get(name, {})
        need(isinstance(places, dict) and len(places) <= 1)
        for key, place in places.items():
            place_said = take(place, ("@type", of), (of,), ("@type",))
            need(ID.fullmatch(key) and place_said.get("@type", form) == form)
            if of == "name":
                need(is_line(place["name"]))
            else:
                uri = place["uri"]
                need(isinstance(uri, str) and len(uri) <= 500)
                need(re.fullmatch(r"https://[!-~]*", uri))


# When it takes place (section 5).


def civil(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        raise NotShown("moment") from None


def shown(time: datetime) -> str:
    return time.isoformat()


class Clock:
    """A clock on the wall, read as the specification says."""

    drops_gaps, second_time, days_of_24_hours = True, False, False

    def __init__(self, zone: str):
        self.zone = host_days.zoneinfo.ZoneInfo(zone)

    def near(self, wall: datetime) -> int:
        """When it shows that; as far after the gap, where it skips it."""
        there = wall.replace(tzinfo=self.zone, fold=int(self.second_time))
        return int(there.timestamp())

    def moment(self, wall: datetime):
        """When it shows that; None where it skips it."""
        at = self.near(wall)
        if self.drops_gaps and host_days.shown(self.zone, at) != wall:
            return None
        return at

    def end(self, start: datetime, begins: int, lasts: tuple) -> int:
        days, seconds = lasts
        if days == 0 or self.days_of_24_hours:
            return begins + 86400 * days + seconds
        return self.near(start + timedelta(days=days)) + seconds


class MovesGaps(Clock):
    drops_gaps = False


class SecondTime(Clock):
    second_time = True


class DaysOf24Hours(Clock):
    days_of_24_hours = True


OTHER_CLOCKS = {
    "what the clock skips is moved": MovesGaps,
    "of two times the second": SecondTime,
    "days are 24 hours": DaysOf24Hours,
}


def five_years_after(start: datetime) -> datetime:
    year = start.year + YEARS
    last = calendar.monthrange(year, start.month)[1]
    return start.replace(year=year, day=min(start.day, last))


def named(rule: dict, start: datetime, clock: Clock) -> list:
    """The times that a rule names, day by day."""
    interval = rule.get("interval", 1)
    days = [DAYS.index(it["day"]) for it in rule.get("byDay", [])]
    is_weekly = rule["frequency"] == "weekly"
    if not days:
        days = [start.weekday()] if is_weekly else list(range(7))
    monday = start - timedelta(days=start.weekday())
    last = five_years_after(start)
    if rule.get("until"):
        last = min(last, civil(rule["until"]))
    most = min(rule.get("count") or MOST, MOST)
    found, due = [], start
    while due <= last and len(found) < most:
        since = (due - monday).days // 7 if is_weekly else (due - start).days
        if since % interval == 0 and due.weekday() in days and clock.moment(due) is not None:
            found.append(due)
        due += timedelta(days=1)
    return found


def named_by_dateutil(rule: dict, start: datetime, clock: Clock) -> list:
    """The same by other people's software, which does not know of clocks."""
    last = five_years_after(start)
    if rule.get("until"):
        last = min(last, civil(rule["until"]))
    found = rrule.rrule(
        {"daily": rrule.DAILY, "weekly": rrule.WEEKLY}[rule["frequency"]],
        dtstart=start,
        interval=rule.get("interval", 1),
        byweekday=[DAYS.index(it["day"]) for it in rule.get("byDay", [])] or None,
        wkst=rrule.MO,
        until=last,
    )
    there = [due for due in found if clock.moment(due) is not None]
    return there[: min(rule.get("count") or MOST, MOST)]


def expand(body: dict, clock: Clock) -> list:
    start = civil(body["start"])
    dues = {start}
    for rule in body.get("recurrenceRules", []):
        dues = set(named(rule, start, clock))
    changes = {civil(due): it for due, it in body.get("recurrenceOverrides", {}).items()}
    found = []
    for due in dues | set(changes):
        change = changes.get(due, {})
        begins_by_wall = civil(change["start"]) if "start" in change else due
        begins = clock.moment(begins_by_wall)
        if change.get("excluded") or begins is None:
            continue
        lasts = length(change.get("duration", body["duration"]))
        status = body.get("status", "confirmed")
        if status != "cancelled":
            status = change.get("status", status)
        ends = clock.end(begins_by_wall, begins, lasts)
        found.append({"due": shown(due), "begins": begins, "ends": ends, "status": status})
    found.sort(key=lambda it: (it["begins"], it["due"]))
    return found[:MOST]


def why_not(body, owner: str, event_id: str) -> None:
    """Nothing, if a reader shows the event; else NotShown."""
    check_form(body)
    need(body["uid"] == f"{event_id}@{owner.split('//')[1]}", "name")
    need(host_days.is_zone(body["timeZone"]), "time_zone")
    clock = Clock(body["timeZone"])
    start = civil(body["start"])
    civil(body["updated"][:-1])
    need(clock.moment(start) is not None, "moment")
    for due, change in body.get("recurrenceOverrides", {}).items():
        civil(due)
        if "start" in change:
            need(clock.moment(civil(change["start"])) is not None, "moment")
    for rule in body.get("recurrenceRules", []):
        if rule.get("until"):
            civil(rule["until"])
        days = [it["day"] for it in rule.get("byDay", [])]
        need(not days or DAYS[start.weekday()] in days, "start_off_rule")
    need(expand(body, clock), "never")


# Seats (specs/registration.md, section 3).


def seat(case: dict) -> dict:
    def refused(code: str) -> dict:
        return {"result": "refused", "code": code}

    if not case["welcome"]:
        return refused("not_labelled")
    body = case["event"]
    if body is None:
        return {"result": "unknown"}
    all_of_it = expand(body, Clock(body["timeZone"]))
    is_named = bool(body.get("recurrenceRules"))
    if is_named != (case["due"] is not None):
        return {"result": "unknown"}
    if is_named:
        all_of_it = [it for it in all_of_it if it["due"] == case["due"]]
    if not all_of_it:
        return {"result": "unknown"}
    (occurrence,) = all_of_it
    if occurrence["status"] == "cancelled":
        return refused("event_cancelled")
    capacity = body["escale"].get("capacity")
    if capacity is None:
        return refused("no_registration")
    if occurrence["begins"] <= case["now"]:
        return refused("registration_closed")
    if case["waiting"] == 0 and case["taken"] < capacity:
        return {"result": "accepted"}
    if case["waiting"] < MOST_WAIT:
        return {"result": "waiting", "rank": case["waiting"] + 1}
    return refused("event_full")
