/* The code on the screen: for which host, and a new one in time.
 *
 * Invariant: the code that is seen is for the host that is named under it.
 *
 * Invariant: no code is seen that is older than a minute while the page is in front; a desk
 * takes one for two (`SHOWN_SECONDS_MAX`), and once.
 *
 * Specified in `specs/passport.md`, sections 3 and 4.
 */

import { pack } from "./code.js";
import { byId, printable, say, show, word } from "./page.js";
import { drawing, qrCode } from "./qr.js";

const CODE_MILLISECONDS = 60_000;
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

/** Shows codes of a wallet's passport in the page. */
export class Showing {
  #wallet;
  #hosts = [];
  #chosen = null;
  #isOn = false;
  #timer = null;
  #turn = 0;
  #shownFor = null;
  #lock = null;

  constructor(wallet) {
    this.#wallet = wallet;
    byId("host").addEventListener("change", () => this.#choose(byId("host").value));
    byId("code-new").addEventListener("click", async () => {
      await this.#renew();
      say("code-made");
    });
    document.addEventListener("visibilitychange", () => this.#renew());
  }

  /** Begins to show codes. The host that was chosen last is chosen again. */
  async start() {
    this.#isOn = true;
    this.#chosen ??= (await this.#wallet.recalled("host")) ?? null;
    this.offer(this.#hosts);
    await this.#renew();
  }

  /** Shows none: there is no passport that a desk would take. */
  async stop() {
    this.#isOn = false;
    await this.#renew();
  }

  /** The hosts to choose from. One that was chosen stays until its list has come. */
  offer(hosts) {
    this.#hosts = hosts;
    const listed = this.#chosen && hosts.length === 0 ? [this.#chosen] : hosts;
    const options = listed.map(({ entity, name, village }) => {
      const option = new Option(village ? `${name} · ${village}` : name, entity);
      option.selected = entity === this.#chosen?.entity;
      return option;
    });
    const isOpen = !listed.some((it) => it.entity === this.#chosen?.entity);
    const first = new Option(word(hosts.length > 0 ? "host-choose" : "host-none"), "");
    first.disabled = true;
    first.selected = isOpen;
    byId("host").replaceChildren(...(isOpen ? [first] : []), ...options);
    if (hosts.length > 0 && isOpen && this.#chosen) {
      this.#chosen = null;
      this.#renew();
    }
  }

  async #choose(entity) {
    this.#chosen = this.#hosts.find((it) => it.entity === entity) ?? this.#chosen;
    await Promise.all([this.#renew(), this.#wallet.remember("host", this.#chosen)]);
    this.offer(this.#hosts);
  }

  /** A new code where one is to be seen. The last one asked for is the one that is shown. */
  async #renew() {
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
    this.#timer = setTimeout(() => this.#renew(), CODE_MILLISECONDS);
    try {
      const text = await pack(await this.#wallet.presentation(host.entity));
      const picture = drawing(qrCode(text, LEVEL), document);
      if (turn === this.#turn) {
        this.#put(host, picture, text);
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
