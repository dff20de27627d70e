"""Days at a host, what visits count and are worth, and what is left (`specs/visit.md`).

Nothing here comes from the Rust code. Clocks are those of Python's `zoneinfo` with the
data of PyPI `tzdata`, whatever the machine has. It is asked only what a clock shows at a
moment; the moment at which a clock shows a time is searched, as section 1 says it.
"""

import zoneinfo
from datetime import date, datetime, timedelta, timezone

# The pinned data alone.
zoneinfo.reset_tzpath(())
NAMES = zoneinfo.available_timezones()

HOUR = 3600
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNLESS_PUBLISHED = {"time_zone": "Europe/Paris", "half_day_boundary": "13:00", "open": []}


def is_zone(name: str) -> bool:
    return name in NAMES


def shown(zone, at: int) -> datetime:
    """What the clock on the wall shows at a moment."""
    return datetime.fromtimestamp(at, timezone.utc).astimezone(zone).replace(tzinfo=None)


def as_utc(wall: datetime) -> int:
    return int(wall.replace(tzinfo=timezone.utc).timestamp())


def moment(zone, wall: datetime) -> int:
    """When the clock shows this: the first time; or as far after the gap as it is into it."""
    near = as_utc(wall)
    nearby = range(near - 48 * HOUR, near + 48 * HOUR + 1, HOUR)
    offsets = {as_utc(shown(zone, at)) - at for at in nearby}
    moments = [near - offset for offset in offsets if shown(zone, near - offset) == wall]
    if moments:
        return min(moments)
    # The clock jumps over it: the first moment that shows more is the end of the gap.
    before, after = nearby[0], nearby[-1]
    while after - before > 1:
        middle = (before + after) // 2
        if shown(zone, middle) > wall:
            after = middle
        else:
            before = middle
    gap_begins = shown(zone, before) + timedelta(seconds=1)
    return after + int((wall - gap_begins).total_seconds())


def by_fold(zone, wall: datetime, fold: int = 0) -> int:
    return int(wall.replace(tzinfo=zone, fold=fold).timestamp())


def by_noon(zone, wall: datetime) -> int:
    noon = wall.replace(hour=12, minute=0)
    return by_fold(zone, noon) + int((wall - noon).total_seconds())


# What a careless reader does: the other side of each change, or no change at all.
OTHER_READINGS = {
    "the second time, and before the gap": lambda zone, wall: by_fold(zone, wall, 1),
    "the clock of noon all day": by_noon,
}


class Day:
    """A day of a host's calendar, with the hours of that day as a receipt has them."""

    def __init__(self, day: str, hours: dict, reading=moment):
        self.date, self.hours, self.reading = day, hours, reading
        self.zone = zoneinfo.ZoneInfo(hours["time_zone"])
        self.start, self.end = self.at("00:00"), self.at("24:00")

    def times(self) -> list:
        spans = [time for span in self.hours["open"] for time in (span["from"], span["to"])]
        return ["00:00", self.hours["half_day_boundary"], *spans, "24:00"]

    def at(self, time: str) -> int:
        """The moment of a time of day; 24:00 is the next midnight."""
        hour, minute = map(int, time.split(":"))
        midnight = datetime.fromisoformat(self.date)
        return self.reading(self.zone, midnight + timedelta(hours=hour, minutes=minute))

    def open(self) -> list:
        spans = [(self.at(span["from"]), self.at(span["to"])) for span in self.hours["open"]]
        return [(begins, ends) for begins, ends in spans if begins < ends]

    def half_days(self, arrived: int, left: int) -> list:
        spans = self.open() if self.hours["open"] else [(self.start, self.end)]
        cut = [(max(begins, arrived), min(ends, left)) for begins, ends in spans]
        cut = [(begins, ends) for begins, ends in cut if begins < ends]
        boundary = self.at(self.hours["half_day_boundary"])
        if not cut:
            return ["morning" if arrived < boundary else "afternoon"]
        # The last moment of a span is the second before its end.
        morning = any(begins < boundary for begins, _ in cut)
        afternoon = any(ends - 1 >= boundary for _, ends in cut)
        return ["morning"] * morning + ["afternoon"] * afternoon

    def closing(self, arrived: int) -> int:
        ends = max((ends for _, ends in self.open()), default=self.end)
        return ends if arrived < ends else self.end


def day_at(hours, record, at: int) -> Day:
    """The host's day at a moment, by the hours that it publishes, if it does."""
    of_day = {"record": record} if record else {}
    if hours is None or not is_zone(hours["time_zone"]):
        of_day.update(UNLESS_PUBLISHED)
        there = shown(zoneinfo.ZoneInfo(of_day["time_zone"]), at).date()
    else:
        there = shown(zoneinfo.ZoneInfo(hours["time_zone"]), at).date()
        spans = [span for span in hours["weekly"] if span["day"] == DAYS[there.weekday()]]
        of_day["time_zone"] = hours["time_zone"]
        of_day["half_day_boundary"] = hours.get("half_day_boundary", "13:00")
        of_day["open"] = [{name: span[name] for name in ("from", "to")} for span in spans]
    return Day(there.isoformat(), of_day)


def value(half_days: list, formulas: list):
    """What a walk-in would have paid, as section 4 says; None where no formula fits."""

    def cheapest(unit: str) -> list:
        fits = [it for it in formulas if it["body"]["unit"] == unit]
        fits = [it for it in fits if 1 <= len(it["id"].encode()) <= 40]
        return sorted(fits, key=lambda it: (it["body"]["price_cents"], it["id"].encode()))[:1]

    days, halves = cheapest("day"), cheapest("half_day")
    if len(half_days) == 1:
        choices = [(it, 1) for it in halves or days]
    elif len(half_days) == 2:
        choices = [(it, 1) for it in days] + [(it, 2) for it in halves]
    else:
        choices = []
    # The day comes first: of two that cost the same it is taken.
    paid = min(choices, key=lambda it: it[0]["body"]["price_cents"] * it[1], default=None)
    if paid is None:
        return None
    formula, count = paid
    price = formula["body"]["price_cents"]
    if price * count > 100_000_000:
        return None
    return {
        "formula": formula["id"],
        "record": formula["record"],
        "unit": formula["body"]["unit"],
        "price_cents": price,
        "count": count,
        "total_cents": price * count,
    }


GRANTED = ("granted", "used", "period", "overdraw")


def allowance(granted: int, used: dict, period: str, overdraw: str) -> tuple:
    """What is carried into a month, what is left of it, and what goes beyond it."""
    carried = 0
    month = date.fromisoformat(f"{min([period, *used])}-01")
    while overdraw == "carried" and f"{month:%Y-%m}" < period:
        carried = max(0, carried + used.get(f"{month:%Y-%m}", 0) - granted)
        month = (month + timedelta(days=31)).replace(day=1)
    taken = carried + used.get(period, 0)
    return carried, max(0, granted - taken), max(0, taken - granted)
