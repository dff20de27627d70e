/* The code on the screen: for which host, and a new one in time.
 *
 * Invariant: the code that is seen is for the host that is named under it.
 *
 * Invariant: no code is seen that is older than a minute while the page is in front; a desk
 * takes one for two (`SHOWN_SECONDS_MAX`), and once.
 *
 * Invariant: nothing is disclosed but what is ticked now, for the host that is named now,
 * with the page in front since.
 *
 * Specified in `specs/passport.md`, sections 3 and 4.
 */

import { pack } from "./code.js";
import { byId, printable, say, show, word } from "./page.js";
import { drawing, qrCode } from "./qr.js";

const CODE_MILLISECONDS = 60_000;
/** How long a number of a desk is good (`CHALLENGE_SECONDS`). */
const CHALLENGE_MILLISECONDS = 120_000;
/** What can be disclosed. */
const NAMES = ["full_name", "organisation", "portrait"];
/** A screen is clean and lit: large modules count for more than correction. */
const LEVEL = "L";

/** The spaces that honour a passport, ours first: whoever bears the label now. */
export function hostsOf(home) {
  const spaces = [home.us, ...home.partners].filter((it) => it?.standing.state === "labelled");
  return spaces.map(({ entity, profile }) => ({
    entity,
    name: printable(profile?.name ?? "") || authority(entity),
    village: printable(profile?.village ?? ""),
  }));
}

/** Host and port of an entity identifier. */
export function authority(entity) {
  return printable(String(entity).replace(/^https?:\/\//u, ""));
}

/** The number that a desk shows, as it was typed: six digits; `null` for anything else. */
function challengeOf(typed) {
  const digits = typed.replace(/\s/gu, "");
  return /^[0-9]{6}$/u.test(digits) ? digits : null;
}

/** Shows codes of a wallet's passport in the page. */
export class Showing {
  #wallet;
  /** `null` until the home was asked. */
  #hosts = null;
  #listed = "";
  #chosen = null;
  #isOn = false;
  #timer = null;
  #turn = 0;
  #shownFor = null;
  #lock = null;
  #untyping = null;

  constructor(wallet) {
    this.#wallet = wallet;
    byId("host").addEventListener("change", () => this.#choose(byId("host").value));
    byId("code-new").addEventListener("click", async () => {
      await this.again();
      say("code-made");
    });
    NAMES.forEach((it) => byId(`also-${it}`).addEventListener("change", () => this.again()));
    byId("challenge").addEventListener("input", () => this.#typed());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState !== "visible") {
        this.#discreet();
      }
      this.again();
    });
  }

  /** Offers to disclose what came with the passport, and nothing else. */
  mayDisclose(names) {
    show("also", names.length > 0);
    NAMES.forEach((it) => show(`also-${it}-row`, names.includes(it)));
  }

  /** Nothing is ticked and no number stands any more. */
  #discreet() {
    clearTimeout(this.#untyping);
    byId("challenge").value = "";
    NAMES.forEach((it) => {
      byId(`also-${it}`).checked = false;
    });
  }

  /** A whole number of a desk makes a new code, and is let go when it is not good any more. */
  #typed() {
    clearTimeout(this.#untyping);
    if (challengeOf(byId("challenge").value) !== null) {
      this.#untyping = setTimeout(() => {
        byId("challenge").value = "";
        this.again();
      }, CHALLENGE_MILLISECONDS);
    }
    this.again();
  }

  /** Shows codes from now on. The host that was chosen last is chosen again. */
  async start() {
    const isNew = !this.#isOn;
    this.#isOn = true;
    const recalled = await this.#wallet.recalled("host");
    // Somebody may have chosen meanwhile.
    this.#chosen ??= recalled ?? null;
    this.#list();
    if (isNew) {
      await this.again();
    }
  }

  /** Shows none: there is no passport that a desk would take. */
  async stop() {
    this.#isOn = false;
    await this.again();
  }

  /** The hosts to choose from. One that was chosen and is not among them is let go. */
  async offer(hosts) {
    this.#hosts = hosts;
    const before = this.#chosen;
    if (hosts.length > 0) {
      this.#chosen = hosts.find((it) => it.entity === before?.entity) ?? null;
    }
    if (this.#chosen === null) {
      this.#discreet();
    }
    this.#list();
    if (before !== null && this.#chosen === null) {
      await this.again();
    }
  }

  /** Lists the hosts, and leaves a list alone in which nothing changed: it may be open. */
  #list() {
    const hosts = this.#hosts?.length ? this.#hosts : [this.#chosen].filter(Boolean);
    const listed = JSON.stringify([hosts, this.#chosen?.entity, this.#hosts === null]);
    if (listed === this.#listed) {
      return;
    }
    this.#listed = listed;
    const options = hosts.map(({ entity, name, village }) => {
      const option = new Option(village ? `${name} · ${village}` : name, entity);
      option.selected = entity === this.#chosen?.entity;
      return option;
    });
    if (this.#chosen === null) {
      const isNone = this.#hosts?.length === 0;
      const first = new Option(isNone ? word("host-none") : word("host-choose"), "", true, true);
      first.disabled = true;
      options.unshift(first);
    }
    byId("host").replaceChildren(...options);
  }

  async #choose(entity) {
    this.#chosen = this.#hosts?.find((it) => it.entity === entity) ?? this.#chosen;
    this.#discreet();
    await Promise.all([this.again(), this.#wallet.remember("host", this.#chosen)]);
    this.#list();
  }

  /** A new code where one is to be seen. The last one asked for is the one that is shown. */
  async again() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    const turn = this.#turn;
    const host = this.#chosen;
    const isSeen = this.#isOn && document.visibilityState === "visible";
    this.#keepAwake(isSeen && host !== null);
    show("ticket", this.#isOn && host !== null);
    if (!isSeen || host?.entity !== this.#shownFor) {
      this.#put(null, null, null);
    }
    if (!isSeen || host === null) {
      return;
    }
    this.#timer = setTimeout(() => this.again(), CODE_MILLISECONDS);
    try {
      const names = NAMES.filter((it) => byId(`also-${it}`).checked);
      const challenge = challengeOf(byId("challenge").value);
      const showing = await this.#wallet.showing(host.entity, { names, challenge });
      const text = await pack(showing.text);
      const picture = drawing(qrCode(text, LEVEL), document);
      if (turn === this.#turn) {
        this.#put(host, picture, text);
        show("note-shared", showing.isShared);
      }
    } catch {
      // The key is gone with what the browser kept, or was never whole.
      show("note-code", true);
    }
  }

  /** Code and host are put into the page together, and taken from it together. */
  #put(host, picture, text) {
    this.#shownFor = host?.entity ?? null;
    byId("for-host").textContent = host?.name ?? "";
    byId("for-village").textContent = host?.village ?? "";
    byId("code").replaceChildren(...(picture ? [picture] : []));
    byId("code").dataset.code = text ?? "";
    show("note-code", false);
  }

  /** A dark screen shows no code. Where the browser refuses, the phone's own rule holds. */
  async #keepAwake(isWanted) {
    if (isWanted && (this.#lock === null || this.#lock.released)) {
      this.#lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
    } else if (!isWanted && this.#lock !== null) {
      await this.#lock.release().catch(() => null);
      this.#lock = null;
    }
  }
}
