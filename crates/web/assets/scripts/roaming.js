/* Working elsewhere: what is left of the month, what a day at a partner costs before one
 * goes there, and where the member was.
 *
 * Invariant: what is shown is as old as the page says. What depends on the hour is shown
 * only while the answer is fresh.
 *
 * Specified in `specs/pages.md`; the answers in `specs/http.md`.
 */

import {
  byId, clock, filled, knownZone, made, moment, money, month, printable, show, today, weekday,
  word,
} from "./page.js";
import { authority } from "./showing.js";

/** For how long "from now until closing" is true enough: a quarter of an hour. */
const FRESH_SECONDS = 900;
/** More visits than a phone should list; the home has them all. */
const VISITS_MAX = 60;

/** Shows what is known: the claims or the home's last word, and the home's last answer
 * about itself and its partners, which may be missing. */
export function showRoaming(known, home) {
  const asOf = Math.min(known.heard ?? known.iat, home?.now ?? Infinity);
  byId("roaming-left").textContent = leftSaid(leftIn(month(), known.roaming), known.roaming);
  byId("roaming-as-of").textContent = filled("as-of", { date: moment(asOf) });
  const partners = home?.partners.filter((it) => it.standing.state === "labelled") ?? [];
  byId("roaming-costs").replaceChildren(...partners.map((it) => cost(it, known.roaming, home)));
  show("roaming-none", partners.length === 0);
  const visits = known.visits?.slice(0, VISITS_MAX) ?? [];
  byId("roaming-visits").replaceChildren(...visits.map((it) => visit(it, home)));
  show("roamed", known.visits !== undefined);
  show("roamed-none", visits.length === 0);
}

/** What is left in a month: a month that the home has not spoken of begins whole. */
export function leftIn(month, { period, granted, left }) {
  return period < month ? granted : left;
}

function leftSaid(left, { granted }) {
  if (granted === 0) {
    return word("left-none-granted");
  }
  if (granted === 1) {
    return word(left === 0 ? "left-no-single" : "left-single");
  }
  const name = { 0: "left-none", 1: "left-one" }[left] ?? "left-some";
  return filled(name, { left, granted });
}

/** What a day at a partner costs, said before arrival. */
function cost(space, roaming, home) {
  const parts = [made("p", "who", [made("bdi", "", nameOf(space))])];
  if (!space.visit) {
    parts.push(made("p", "quiet", word("closed")));
    return made("li", "", parts);
  }
  const { date, day, from_now, value } = space.visit;
  const isPast = date < today(zoneOf(space));
  const said = weekday(date);
  parts.push(made("p", "quiet", isPast ? filled("past", { day: said }) : said));
  const left = leftIn(date.slice(0, 7), roaming);
  parts.push(made("p", left < day.length ? "short" : "", daySaid(day.length, left)));
  if (left === 0) {
    parts.push(made("p", "quiet", word("day-none-cure")));
  } else if (left < day.length && home.label.charter?.roaming.overdraw !== "forgiven") {
    parts.push(made("p", "quiet", word("day-short-carried")));
  }
  const isFresh = Math.abs(Date.now() / 1000 - home.now) < FRESH_SECONDS;
  if (from_now !== undefined && isFresh && !isPast) {
    parts.push(made("p", "", word(from_now.length === 1 ? "now-one" : "now-two")));
  }
  if (value !== undefined) {
    parts.push(made("p", "quiet", filled("value", { price: money(value.total_cents) })));
  }
  return made("li", "", parts);
}

/** So many half-days of what is left, in a sentence. */
function daySaid(count, left) {
  if (left === 0) {
    return word(count === 1 ? "day-none-one" : "day-none-two");
  }
  if (count === 1) {
    return left === 1 ? word("day-last") : filled("day-one", { left });
  }
  if (left === 1) {
    return word("day-short");
  }
  return left === 2 ? word("day-both") : filled("day-two", { left });
}

/** A visit as the host's receipt has it. */
function visit({ host, date, arrived, left, half_days, by, credited }, home) {
  const space = [home?.us, ...(home?.partners ?? [])].find((it) => it?.entity === host);
  const zone = zoneOf(space);
  const span = zone && filled("span", { from: clock(arrived, zone), to: clock(left, zone) });
  const parts = [
    made("p", "who", [made("bdi", "", space ? nameOf(space) : authority(host))]),
    made("p", "quiet", [weekday(date), span].filter(Boolean).join(" · ")),
  ];
  const counted = halfDays(half_days);
  const paper = by === "paper" ? [made("span", "mark", word("paper"))] : [];
  if (credited === undefined) {
    parts.push(made("p", "", [made("span", "", counted), ...paper]));
  } else {
    parts.push(made("p", "", [made("s", "", counted), ...paper]));
    parts.push(made("p", "credited", word(`credited-${credited.reason}`) ?? word("credited")));
  }
  return made("li", "", parts);
}

function halfDays(list) {
  const name = list.length > 1 ? "both" : (list[0] ?? "none");
  return word(`half-days-${name}`) ?? printable(name);
}

function nameOf({ entity, profile }) {
  return printable(profile?.name ?? "") || authority(entity);
}

/** The time zone of a space, where this browser knows it. */
function zoneOf(space) {
  return knownZone(space?.opening_hours?.time_zone);
}
