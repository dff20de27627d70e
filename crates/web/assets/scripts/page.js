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

/** A day, as the page's language writes it. */
export function day(seconds) {
  const { lang } = document.documentElement;
  const form = { day: "numeric", month: "long", year: "numeric" };
  return new Date(seconds * 1000).toLocaleDateString(lang === "en" ? "en-GB" : lang, form);
}

/** The month of now at the home, as `YYYY-MM`. */
export function month() {
  const form = { timeZone: "Europe/Paris", year: "numeric", month: "2-digit" };
  const parts = new Intl.DateTimeFormat("en", form).formatToParts(new Date());
  const part = (type) => parts.find((it) => it.type === type).value;
  return `${part("year")}-${part("month")}`;
}
