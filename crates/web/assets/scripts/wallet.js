/* The key and the passport of this phone.
 *
 * Invariant: a private key is made here, cannot be taken out, and never leaves this browser.
 *
 * Invariant: a new key is kept as `pending` before it is sent anywhere, and is the one that
 * is sent until a passport for it has come. The home answers the same key with the same
 * passport, so a lost answer or an end at any moment loses nothing; and two tabs send one
 * key, because the first to keep one is the only one that does.
 *
 * Specified in `specs/passport.md`, sections 2 and 3.
 */

import { base64Url, fromBase64Url } from "./code.js";
import { change, opened, read } from "./keeping.js";

/** The algorithms of section 2, the better one first, and which members of a JWK are sent. */
const ALGORITHMS = [
  { made: { name: "Ed25519" }, signs: { name: "Ed25519" }, members: ["kty", "crv", "x"] },
  {
    made: { name: "ECDSA", namedCurve: "P-256" },
    signs: { name: "ECDSA", hash: "SHA-256" },
    members: ["kty", "crv", "x", "y"],
  },
];
const NONCE_BYTES = 16;

/** Whether this browser can hold a passport and show it: keys exist only where nobody
 * listens, and a code is packed by the browser's own zlib. */
export function isPossible() {
  const wanted = [globalThis.crypto?.subtle, globalThis.indexedDB, globalThis.CompressionStream];
  return globalThis.isSecureContext && wanted.every(Boolean);
}

/** Opens the wallet of this browser. */
export async function openWallet() {
  return new Wallet(await opened());
}

class Wallet {
  #database;

  constructor(database) {
    this.#database = database;
  }

  /** The passport that is held, with its claims; `null` where there is none. */
  async held() {
    const current = await read(this.#database, "current");
    return current ? { ...current, claims: claimsOf(current.passport) } : null;
  }

  /** Something the page remembers: the host that was chosen, what the home last said. */
  recalled(name) {
    return read(this.#database, `page:${name}`);
  }

  /** Remembers it. */
  async remember(name, value) {
    await change(this.#database, "current", () => [[`page:${name}`, value]]);
  }

  /** Whether a key waits for its passport. */
  async isWaiting() {
    return (await read(this.#database, "pending")) !== undefined;
  }

  /** The public key to send for a passport: the one that waits for an answer, else a new one. */
  async pending() {
    const waiting = await read(this.#database, "pending");
    if (waiting) {
      return waiting.jwk;
    }
    let failure;
    for (const algorithm of ALGORITHMS) {
      try {
        const made = await newKey(algorithm);
        const first = await change(this.#database, "pending", (waiting) =>
          waiting ? [] : [["pending", made]],
        );
        return (first ?? made).jwk;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** Takes the passport that came for a pending key: from here on it is the one that is
   * shown, and the key before it is gone. Another tab may have taken it already. */
  async accept(jwk, passport) {
    if (claimsOf(passport)?.cnf?.jwk?.x !== jwk.x) {
      throw new TypeError("a passport for another key");
    }
    await change(this.#database, "pending", (waiting) =>
      waiting?.jwk.x === jwk.x
        ? [
            ["current", { ...waiting, passport }],
            ["pending", undefined],
          ]
        : [],
    );
    // Asked for once there is something to lose. A browser may say no, or nothing at all.
    navigator.storage?.persist?.().catch(() => false);
  }

  /** Forgets a pending key that the home will not have. */
  async drop(jwk) {
    await change(this.#database, "pending", (waiting) =>
      waiting?.jwk.x === jwk.x ? [["pending", undefined]] : [],
    );
  }

  /** Forgets key and passport, and what the page remembers of the member. */
  async forget() {
    const pages = ["member", "host", "code", "registrations"].map((it) => `page:${it}`);
    const names = ["current", "pending", ...pages];
    await change(this.#database, "current", () => names.map((name) => [name, undefined]));
  }

  /** The presentation of the passport to an audience, new each time. */
  async presentation(audience) {
    const { key, passport } = await read(this.#database, "current");
    const digest = await crypto.subtle.digest("SHA-256", ascii(`${passport}~`));
    const signs = ALGORITHMS.find((it) => it.signs.name === key.algorithm.name).signs;
    const claims = {
      aud: audience,
      iat: Math.floor(Date.now() / 1000),
      nonce: base64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))),
      sd_hash: base64Url(new Uint8Array(digest)),
    };
    const header = { alg: signs.name === "ECDSA" ? "ES256" : "EdDSA", typ: "kb+jwt" };
    const signed = [header, claims].map((it) => base64Url(ascii(JSON.stringify(it)))).join(".");
    const signature = await crypto.subtle.sign(signs, key, ascii(signed));
    return `${passport}~${signed}.${base64Url(new Uint8Array(signature))}`;
  }
}

/** A new key whose private part cannot be taken out, and the members of its JWK. */
async function newKey({ made, members }) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(made, false, ["sign", "verify"]);
  const exported = await crypto.subtle.exportKey("jwk", publicKey);
  return { key: privateKey, jwk: Object.fromEntries(members.map((it) => [it, exported[it]])) };
}

/** The claims of a passport. Its home signed it; a phone judges nobody. */
function claimsOf(passport) {
  return JSON.parse(new TextDecoder().decode(fromBase64Url(passport.split(".")[1])));
}

/** Entity identifiers, digests and base64url are all ASCII. */
function ascii(text) {
  return new TextEncoder().encode(text);
}
