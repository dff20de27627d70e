/* Where a registration stands, in words, and the list of them on the passport's page.
 *
 * Invariant: what is shown is what the home said last, and the page says when that was.
 *
 * Specified in `specs/pages.md`; the answers in `specs/http.md`.
 */

import * as home from "./home.js";
import {
  byId, clock, day, filled, knownZone, made, moment, printable, show, word,
} from "./page.js";

/** More than a phone should list; the home has them all. */
const LISTED_MAX = 60;
/** States in which the member has a seat, waits for one, or has asked. */
const ACTIVE = ["asked", "accepted", "waiting"];

/** Whether something is still to come of it. */
export function isActive({ state }) {
  return ACTIVE.includes(state.is);
}

/** What a registration is: a shape, a few words, and what that means for the member. */
export function standing(registration) {
  const { state, status } = registration;
  if (status === "cancelled" && isActive(registration)) {
    return said("off", "event-cancelled", "event-cancelled-text");
  }
  switch (state.is) {
    case "asked":
      return said("open", "asked", "asked-text");
    case "accepted":
      return said("seat", state.was_waiting ? "freed" : "accepted");
    case "waiting":
      return { ...said("open", "waiting", "waiting-text"), words: filled("reg-waiting", state) };
    case "refused":
      return { ...said("off", "refused"), text: reason(state.code) };
    case "unknown":
      return said("off", "unknown", "unknown-text");
    case "cancelling":
      return said("over", "cancelling", "cancelling-text");
    case "cancelled":
      return state.by === "organiser"
        ? said("off", "taken-back", "taken-back-text")
        : said("over", "cancelled");
    case "given_up":
      return said("off", "given-up", "given-up-text");
    default:
      return { shape: "open", words: printable(state.is), text: "" };
  }
}

function said(shape, words, text) {
  return { shape, words: word(`reg-${words}`), text: text ? word(`reg-${text}`) : "" };
}

/** Why there is no seat; a code that is not known here is shown as it came. */
function reason(code) {
  return word(String(code)) ?? filled("why", { code: printable(code) });
}

/** Asks the home, where there is a passport of it, and keeps the answer for when the line is
 * cut. Without an answer, what it said last stands, with how old that is. */
export async function heardOf(wallet) {
  try {
    const held = await wallet.held();
    if (held !== null) {
      const said = await home.registrations(await wallet.presentation(home.audience(held)));
      await wallet.remember("registrations", said);
    }
  } catch {
    // The next opening asks again.
  }
}

/** Lists what the home said last; `undefined` where it was never asked. */
export function showRegistrations(known) {
  show("registered", known !== undefined);
  if (known === undefined) {
    return;
  }
  const now = Date.now() / 1000;
  const all = known.registrations.map((it) => ({ ...it, isOver: it.ends <= now }));
  // What comes next stands first, then what is over, the last first.
  const when = (it) => it.begins ?? it.ends;
  all.sort((a, b) => a.isOver - b.isOver || (a.isOver ? when(b) - when(a) : when(a) - when(b)));
  byId("registered-list").replaceChildren(...all.slice(0, LISTED_MAX).map(line));
  byId("registered-as-of").textContent = filled("reg-as-of", { date: moment(known.now) });
  show("registered-none", all.length === 0);
}

/** On the clock of the event; of a matter of days, the first of them. */
function whenSaid(at, ends, zone) {
  const isMidnight = (moment) => /\b00?:00/u.test(inFigures(moment, zone));
  if (isMidnight(at) && isMidnight(ends)) {
    return day(at, zone);
  }
  return filled("moment", { date: day(at, zone), time: clock(at, zone) });
}

function inFigures(seconds, timeZone) {
  const form = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
  return new Date(seconds * 1000).toLocaleTimeString("en", form);
}

function line(registration) {
  const { uid, due, title, begins, ends, name, isOver } = registration;
  const link = made("a", "", [made("bdi", "", printable(title ?? "") || word("reg-untitled"))]);
  const on = due ? `&on=${encodeURIComponent(due)}` : "";
  link.href = `/events/${encodeURIComponent(uid)}?lang=${document.documentElement.lang}${on}`;
  const when = whenSaid(begins ?? ends, ends, knownZone(registration.time_zone));
  const { shape, words, text } = standing(registration);
  const parts = [made("p", "who", [link]), made("p", "quiet", when)];
  const over = isOver ? [made("span", "mark", word("reg-over"))] : [];
  parts.push(made("p", `seat-state seat-${isOver ? "over" : shape}`, [words, ...over]));
  if (text && !isOver) {
    parts.push(made("p", "quiet", text));
  }
  parts.push(made("p", "quiet", [filled("reg-name", { name: printable(name) })]));
  return made("li", "", parts);
}
