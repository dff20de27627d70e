/* The page on which a member's phone holds the passport.
 *
 * The code comes first and needs no line; what the home knows fills in around it. Passports
 * with less than twenty days left, or of which one was shown to two hosts, are renewed.
 *
 * Invariant: a one-time code is sent when its button is pressed, and at no other moment.
 *
 * Invariant: the passport that is held is given up only for one that has come, or by the
 * member's own word.
 *
 * Specified in `specs/pages.md`.
 */

import * as home from "./home.js";
import { byId, day, inLanguage, month, printable, say, show, word } from "./page.js";
import { heardOf, showRegistrations } from "./registered.js";
import { leftIn, showRoaming } from "./roaming.js";
import { authority, hostsOf, Showing } from "./showing.js";
import { isPossible, openWallet } from "./wallet.js";

const DAY_SECONDS = 86_400;
const RENEWED_BELOW_SECONDS = 20 * DAY_SECONDS;
const SAID_BELOW_SECONDS = 5 * DAY_SECONDS;
/** A page in front again asks its home anew after this time. */
const ASKED_MILLISECONDS = 600_000;
const CODE_CHARS = 16;
/** What is said of a passport that is held, and of nothing else. */
const NOTES = ["expired", "expiring", "paused", "ended", "taken", "clock", "offline"];

class Page {
  #wallet;
  #showing;
  #home = null;
  #isEnrolling = false;
  #isSending = false;
  #isTaken = false;
  #askedAt = -Infinity;

  constructor(wallet) {
    this.#wallet = wallet;
    this.#showing = new Showing(wallet);
    const on = (id, type, act) => byId(id).addEventListener(type, act);
    on("enrol-form", "submit", (event) => this.#send(event));
    on("enrol-back", "click", () => this.#enrolling(false));
    on("enrol-open", "click", () => this.#enrolling(true));
    on("remove-open", "click", () => byId("remove").showModal());
    on("remove-no", "click", () => byId("remove").close());
    on("remove-yes", "click", () => this.#remove());
    window.addEventListener("hashchange", () => this.#takeFragment());
    ["online", "offline"].forEach((it) => window.addEventListener(it, () => this.#ask()));
    document.addEventListener("visibilitychange", () => this.#again());
  }

  async open() {
    byId("enrol-code").value = (await this.#wallet.recalled("code")) ?? "";
    await this.#takeFragment();
    await this.#render();
    await this.#ask();
  }

  /** In front again: another tab may have changed what is held, and the home may know more. */
  async #again() {
    if (document.visibilityState === "visible") {
      await this.#render();
      if (performance.now() - this.#askedAt > ASKED_MILLISECONDS) {
        await this.#ask();
      }
    }
  }

  /** A code after `#` is put into the form, and out of the address. */
  async #takeFragment() {
    const code = location.hash.slice(1);
    if (isCode(code)) {
      history.replaceState(null, "", location.pathname + location.search);
      byId("enrol-code").value = code;
      await this.#enrolling(true);
    }
  }

  async #enrolling(isEnrolling) {
    this.#isEnrolling = isEnrolling;
    refused(null);
    await this.#render();
    const isChosen = byId("host").value !== "";
    byId(isEnrolling ? "enrol-code" : isChosen ? "title" : "host").focus();
  }

  /** Shows what is held, or asks for a code. */
  async #render() {
    const held = await this.#wallet.held();
    const isEnrolling = this.#isEnrolling || held === null;
    show("enrol", isEnrolling);
    show("enrol-back", held !== null);
    show("showing", !isEnrolling);
    if (isEnrolling) {
      await this.#showing.stop();
      return;
    }
    const left = held.claims.exp - Date.now() / 1000;
    show("note-expired", left <= 0);
    show("note-expiring", left > 0 && left < SAID_BELOW_SECONDS);
    show("hosts", left > 0);
    this.#showing.mayDisclose(held.disclosable);
    await this.#facts(held.claims);
    await (left > 0 ? this.#showing.start() : this.#showing.stop());
  }

  /** What stands in the passport, and what the home said last. */
  async #facts(claims) {
    const known = { ...claims, ...(await this.#wallet.recalled("member")) };
    const us = this.#home?.us;
    const isOurs = us?.entity === claims.iss;
    const unit = isOurs && us.formulas[known.formula]?.unit;
    byId("fact-name").textContent = printable(known.name);
    byId("fact-home").textContent =
      (isOurs && printable(us.profile?.name ?? "")) || authority(claims.iss);
    byId("fact-formula").textContent = word(`unit-${unit}`) ?? printable(known.formula);
    byId("fact-until").textContent = day(claims.exp);
    byId("fact-left").textContent = leftIn(month(), known.roaming);
    byId("fact-granted").textContent = known.roaming.granted;
    showRoaming(known, this.#home);
    showRegistrations(await this.#wallet.recalled("registrations"));
    const label = printable(inLanguage(this.#home?.label.charter?.name) ?? "");
    byId("fact-label").textContent = label;
    show("fact-label-row", label !== "");
    for (const state of ["paused", "ended"]) {
      show(`note-${state}`, known.state === state && !this.#isTaken);
    }
  }

  /** Asks the home for the hosts, for the allowance, and where it is time for a passport. */
  async #ask() {
    this.#askedAt = performance.now();
    await Promise.all([this.#askForHosts(), this.#askForMember(), heardOf(this.#wallet)]);
    if (!this.#isEnrolling) {
      await this.#render();
    }
  }

  async #askForHosts() {
    try {
      this.#home = await home.home();
      await this.#showing.offer(hostsOf(this.#home));
    } catch {
      // Never heard here: the host that was chosen last is still there to choose.
      await this.#showing.offer([]);
    }
  }

  async #askForMember() {
    const held = await this.#wallet.held();
    if (held === null) {
      return;
    }
    const left = held.claims.exp - Date.now() / 1000;
    let isClockOff = false;
    try {
      const said = await home.member(await this.#wallet.presentation(home.audience(held)));
      isClockOff = said.isClockOff;
      const heard = Math.floor(Date.now() / 1000);
      await this.#wallet.remember("member", { ...said.answer, heard });
      const isDue = (left < RENEWED_BELOW_SECONDS || said.answer.is_void) || (await this.#wallet.isSpent());
      if (said.answer.state === "active" && isDue) {
        await this.#renew(held);
      }
      this.#isTaken = false;
      show("note-offline", false);
    } catch (error) {
      isClockOff = error.isClockOff ?? false;
      const isRefused = error.status === 401 && !isClockOff && left > 0;
      this.#isTaken = isRefused && !(await this.#isRenewedAfterAll(held));
      show("note-offline", error instanceof home.Unreachable && left > 0);
    }
    show("note-clock", isClockOff);
    show("note-taken", this.#isTaken);
  }

  /** Renews, or leaves it: the passport is good for days, and the next opening tries again. */
  async #renew(held) {
    try {
      const jwks = await this.#wallet.pending();
      const presentation = await this.#wallet.presentation(home.audience(held));
      await this.#wallet.accept(jwks, await home.renew(presentation, jwks));
      await this.#showing.again();
      return true;
    } catch {
      return false;
    }
  }

  /** A passport that is not good any more may have been replaced in an answer that was lost. */
  async #isRenewedAfterAll(held) {
    return (await this.#wallet.isWaiting()) && this.#renew(held);
  }

  async #send(event) {
    event.preventDefault();
    const code = byId("enrol-code").value.trim();
    if (this.#isSending) {
      return;
    }
    if (!isCode(code)) {
      refused("code-length");
      return;
    }
    this.#isSending = true;
    refused(null);
    say("sending");
    try {
      await this.#enrol(code);
      say("enrolled");
    } catch (error) {
      refused(reasonOf(error));
    } finally {
      this.#isSending = false;
    }
  }

  async #enrol(code) {
    const jwks = await this.#wallet.pending();
    // From here on the same code and the same keys can be sent again, also after an end.
    await this.#wallet.remember("code", code);
    try {
      await this.#wallet.accept(jwks, await home.enrol(code, jwks));
    } catch (error) {
      if (error.code === "enrol_key") {
        await this.#wallet.drop(jwks);
      }
      // Nothing will ever come of this code: the next person at this device need not see it.
      if (["enrol_code", "enrol_used"].includes(error.code)) {
        await this.#wallet.remember("code", undefined);
      }
      throw error;
    }
    await this.#wallet.remember("code", undefined);
    await this.#wallet.remember("member", undefined);
    await this.#wallet.remember("registrations", undefined);
    byId("enrol-code").value = "";
    this.#isTaken = false;
    show("note-taken", false);
    await this.#enrolling(false);
    await this.#ask();
  }

  async #remove() {
    byId("remove").close();
    await this.#wallet.forget();
    this.#isTaken = false;
    NOTES.forEach((it) => show(`note-${it}`, false));
    await this.#enrolling(true);
    say("removed");
  }
}

/** Whether a text could be a one-time code: nothing else is sent. */
function isCode(text) {
  const letters = text.replace(/[\s-]/gu, "");
  return letters.length === CODE_CHARS && /^[0-9A-Za-z]+$/u.test(letters);
}

/** Says beside the field why there is no passport; `null` takes it back. */
function refused(name) {
  const field = byId("enrol-code");
  byId("enrol-refused").textContent = name ? word(name) : "";
  byId("enrol-refused").dataset.reason = name ?? "";
  field.setAttribute("aria-invalid", String(name !== null));
  if (name) {
    say(null);
    field.focus();
  }
}

function reasonOf(error) {
  if (error instanceof home.Unreachable) {
    return "unreachable";
  }
  if (error instanceof home.Refusal) {
    return word(error.code) ? error.code : "refused";
  }
  return "unkept";
}

async function start() {
  show("without", false);
  if (!isPossible()) {
    show("insecure", true);
    return;
  }
  try {
    await new Page(await openWallet()).open();
  } catch {
    show("unkept", true);
  }
  const { worker } = byId("passport").dataset;
  await navigator.serviceWorker?.register(worker, { scope: "/passport" }).catch(() => null);
}

start();
