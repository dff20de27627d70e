/* The reader's seat on the page of an event, where this browser holds a passport of this
 * node.
 *
 * The home is asked, and asks whoever organises; this page looks until the answer is there.
 * Without a passport of this node the page stays as it was rendered: it says where to ask.
 *
 * Invariant: a seat is asked for, and given back, when a button is pressed, and at no other
 * moment.
 *
 * Specified in `specs/pages.md`; the answers in `specs/http.md`.
 */

import * as home from "./home.js";
import { byId, filled, printable, say, show, word } from "./page.js";
import { isActive, standing } from "./registered.js";
import { isPossible, openWallet } from "./wallet.js";

/** How often an answer is looked for: every two seconds for a minute, then twice a minute; how
 * often a seat that may become free: twice a minute. */
const SOON_MILLISECONDS = 2_000;
const SOON_LOOKS = 30;
const LATER_MILLISECONDS = 30_000;

const { uid, due, open } = byId("seat").dataset;

class Seat {
  #wallet;
  #held;
  /** The registration of this occurrence; `null` where there is none. */
  #mine = null;
  /** Whether the home has answered since the page was opened. */
  #isHeard = false;
  #isBusy = false;
  #looks = 0;
  #timer = null;

  constructor(wallet, held) {
    this.#wallet = wallet;
    this.#held = held;
    byId("seat-form").addEventListener("submit", (event) => this.#register(event));
    byId("seat-cancel").addEventListener("click", () => this.#giveBack());
    byId("seat-retry").addEventListener("click", () => this.look());
    document.addEventListener("visibilitychange", () => this.#again());
    window.addEventListener("online", () => this.look());
  }

  /** Asks the home where the registration stands. */
  async look() {
    await this.#ask(async (presentation) => {
      const said = await home.registrations(presentation);
      await this.#wallet.remember("registrations", said);
      // Of several, the one that counts: what goes on, else the newest.
      const ours = said.registrations.filter((it) => it.uid === uid && (it.due ?? "") === due);
      ours.sort((a, b) => isActive(b) - isActive(a) || b.asked_at - a.asked_at);
      return ours[0] ?? null;
    });
  }

  async #register(event) {
    event.preventDefault();
    const name = byId("seat-name").value.trim();
    const wish = { uid, ...(due && { due }), ...(name && { name }) };
    say("sending");
    await this.#ask((presentation) => home.register(presentation, wish));
  }

  async #giveBack() {
    const { id } = this.#mine;
    await this.#ask((presentation) => home.giveBack(presentation, id));
  }

  /** One question at a time; what it came to is shown, and why it came to nothing. */
  async #ask(question) {
    if (this.#isBusy) {
      return;
    }
    this.#busy(true);
    clearTimeout(this.#timer);
    let trouble = null;
    try {
      const before = this.#mine?.state.is;
      const audience = home.audience(this.#held);
      this.#mine = await question(await this.#wallet.presentation(audience));
      this.#isHeard = true;
      if (this.#mine?.state.is !== before) {
        this.#looks = 0;
      }
    } catch (error) {
      trouble = reasonOf(error);
    }
    this.#busy(false);
    this.#show(trouble);
    this.#lookAgain(trouble);
  }

  #busy(isBusy) {
    this.#isBusy = isBusy;
    ["seat-send", "seat-cancel", "seat-retry"].forEach((id) => {
      byId(id).disabled = isBusy;
    });
  }

  #show(trouble) {
    const mine = this.#mine;
    const isOff = mine === null || !isActive(mine);
    const canRegister = open === "true" && isOff && mine?.state.is !== "cancelling";
    show("seat-mine", mine !== null || trouble !== null);
    byId("seat-state").className = "seat-state";
    byId("seat-state").dataset.state = mine?.state.is ?? "";
    set("seat-state", "");
    set("seat-text", "");
    set("seat-under", "");
    if (mine !== null) {
      const { shape, words, text } = standing(mine);
      byId("seat-state").classList.add(`seat-${shape}`);
      set("seat-state", words);
      set("seat-text", text);
      set("seat-under", filled("reg-name", { name: printable(mine.name) }));
    }
    set("seat-trouble", trouble ? word(trouble) : "");
    byId("seat-trouble").dataset.reason = trouble ?? "";
    byId("seat-send").textContent = word(mine === null ? "register" : "again");
    show("seat-form", canRegister);
    const isOver = mine !== null && mine.ends <= Date.now() / 1000;
    const canGiveBack = mine !== null && isActive(mine) && !isOver && mine.status !== "cancelled";
    const isWaiting = mine?.state.is === "waiting";
    byId("seat-cancel").textContent = word(isWaiting ? "leave" : "give-back");
    show("seat-cancel", canGiveBack);
    show("seat-retry", trouble === "unreachable");
    show("seat-acts", canGiveBack || trouble === "unreachable");
    if (byId("seat-elsewhere")) {
      show("seat-elsewhere", !this.#isHeard);
    }
  }

  /** While an answer or a seat is awaited, and as long as somebody looks. */
  #lookAgain(trouble) {
    const state = this.#mine?.state.is;
    const isAwaited = ["asked", "cancelling", "waiting"].includes(state);
    if (!isAwaited || document.visibilityState !== "visible") {
      return;
    }
    this.#looks += 1;
    // A seat may become free in days.
    const isSoon = state !== "waiting" && this.#looks <= SOON_LOOKS && trouble === null;
    const milliseconds = isSoon ? SOON_MILLISECONDS : LATER_MILLISECONDS;
    this.#timer = setTimeout(() => this.look(), milliseconds);
  }

  /** In front again: the answer may have come meanwhile. */
  #again() {
    clearTimeout(this.#timer);
    if (document.visibilityState === "visible") {
      this.look();
    }
  }
}

/** A text, which takes no room where there is none. */
function set(id, text) {
  byId(id).textContent = text;
  byId(id).hidden = text === "";
}

function reasonOf(error) {
  if (error instanceof home.Unreachable) {
    return "unreachable";
  }
  if (error instanceof home.Refusal) {
    if (error.status === 401) {
      return error.isClockOff ? "clock" : "taken-back";
    }
    const name = `refused-${error.code}`;
    return word(name) ? name : "refused";
  }
  return "refused";
}

async function start() {
  if (!isPossible()) {
    return;
  }
  const wallet = await openWallet();
  const held = await wallet.held();
  if (held === null || held.claims.exp <= Date.now() / 1000) {
    return;
  }
  await new Seat(wallet, held).look();
}

// A browser that keeps nothing has no passport either.
start().catch(() => null);
