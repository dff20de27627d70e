/* What the server rendered, as the scripts reach it.
 *
 * Invariant: no words live in a script. Every text that a script shows was rendered in the
 * page's language, came from the home, or is a figure or a date.
 *
 * Specified in `specs/pages.md`.
 */

const TEXT_CHARS_MAX = 120;
/** A screen reader takes a text for new when it was gone for a moment. */
const SAID_MILLISECONDS = 100;

let saying = null;

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** A text of the page's hidden list of words; `undefined` where there is none. */
export function word(name) {
  return document.querySelector(`#words [data-word="${CSS.escape(name)}"]`)?.textContent;
}

/** The same, with these values in place of its `{names}`. */
export function filled(name, values) {
  return word(name)?.replace(/\{(\w+)\}/gu, (place, it) => values[it] ?? place);
}

/** An element of a class, with a text or with other elements, apart from each other. */
export function made(tag, className, content) {
  const element = document.createElement(tag);
  element.className = className;
  if (typeof content === "string") {
    element.textContent = content;
  } else {
    content.forEach((it, index) => element.append(...(index ? [" ", it] : [it])));
  }
  return element;
}

/** Shows or hides an element. */
export function show(id, isShown) {
  byId(id).hidden = !isShown;
}

/** Says something to whoever cannot see that it changed, the same words again as well;
 * `null` leaves what would have been said unsaid. */
export function say(name) {
  clearTimeout(saying);
  byId("said").textContent = "";
  if (name !== null) {
    saying = setTimeout(() => {
      byId("said").textContent = word(name);
    }, SAID_MILLISECONDS);
  }
}

/** Text of untrusted origin on one line, without what could fool a reader. */
export function printable(text) {
  const shown = String(text)
    .replace(/\s+/gu, " ")
    .replace(/\p{C}|\p{Default_Ignorable_Code_Point}/gu, "")
    .trim();
  const characters = Array.from(shown);
  return characters.length > TEXT_CHARS_MAX
    ? `${characters.slice(0, TEXT_CHARS_MAX).join("")}…`
    : shown;
}

/** The text of the page's language, else of the other. */
export function inLanguage(text) {
  const { lang } = document.documentElement;
  return text?.[lang] ?? text?.fr ?? text?.en;
}

/** The page's language, as a browser's own figures are told of it. */
function locale() {
  const { lang } = document.documentElement;
  return lang === "en" ? "en-GB" : lang;
}

/** A time zone, where this browser knows it; `undefined` is this phone's own. */
export function knownZone(timeZone) {
  try {
    return timeZone && new Intl.DateTimeFormat("en", { timeZone }) && timeZone;
  } catch {
    return undefined;
  }
}

/** A day, as the page's language writes it, in a zone or where this phone is. */
export function day(seconds, timeZone) {
  const form = { day: "numeric", month: "long", year: "numeric", timeZone };
  return new Date(seconds * 1000).toLocaleDateString(locale(), form);
}

/** A date `YYYY-MM-DD` with its day of the week; what is no date as it is. */
export function weekday(date) {
  const noon = new Date(`${date}T12:00:00Z`);
  const form = { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" };
  return isNaN(noon) ? printable(date) : noon.toLocaleDateString(locale(), form);
}

/** A time on the wall clock of a zone, or of this phone. */
export function clock(seconds, timeZone) {
  const form = { hour: "numeric", minute: "2-digit", hourCycle: "h23", timeZone };
  const parts = new Intl.DateTimeFormat("en", form).formatToParts(new Date(seconds * 1000));
  const part = (type) => parts.find((it) => it.type === type).value;
  const [hour, minute] = [String(Number(part("hour"))), part("minute")];
  return filled(minute === "00" ? "hour" : "time", { hour, minute });
}

/** A day and a time, as this phone has them. */
export function moment(seconds) {
  return filled("moment", { date: day(seconds), time: clock(seconds) });
}

/** Whole cents in euros, with cents only where there are some. */
export function money(cents) {
  const digits = cents % 100 === 0 ? 0 : 2;
  const form = { style: "currency", currency: "EUR", minimumFractionDigits: digits };
  return (cents / 100).toLocaleString(locale(), { ...form, maximumFractionDigits: digits });
}

/** The date of now in a zone, as `YYYY-MM-DD`. */
export function today(timeZone = "Europe/Paris") {
  const form = { timeZone, year: "numeric", month: "2-digit", day: "2-digit" };
  const parts = new Intl.DateTimeFormat("en", form).formatToParts(new Date());
  const part = (type) => parts.find((it) => it.type === type).value;
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** The month of now at the home, as `YYYY-MM`. */
export function month() {
  return today().slice(0, 7);
}
