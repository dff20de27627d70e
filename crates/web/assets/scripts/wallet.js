/* The keys and the passports of this phone.
 *
 * Invariant: a private key is made here, cannot be taken out, and never leaves this browser.
 *
 * Invariant: new keys are kept as `pending` before they are sent anywhere, and are those that
 * are sent until passports for them have come. The home answers the same keys with the same
 * passports, so a lost answer or an end at any moment loses nothing; and two tabs send the
 * same keys, because the first to keep some is the only one that does.
 *
 * Invariant: a passport is shown to one host, and to no other while one is left that no host
 * has seen. Which host has which is kept before a code is made.
 *
 * Specified in `specs/passport.md`, sections 2, 3 and 6.
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
/** The passports of a batch (`BATCH_MAX`): so many hosts are shown each another one. */
const BATCH = 4;
const NONCE_BYTES = 16;
/** Beside a number of the desk: the nonce, and so the code, has the same length. */
const NONCE_BYTES_BESIDE = 11;

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

  /** What the passports that are held say, which is the same in each but key and place,
   * and the names of what can be disclosed; `null` where there are none. */
  async held() {
    const [first] = (await read(this.#database, "current")) ?? [];
    if (!first) {
      return null;
    }
    const disclosable = Object.keys(disclosuresOf(first.passport));
    return { claims: claimsOf(first.passport), disclosable };
  }

  /** Whether a passport was shown to more than one host: no other one was left. */
  async isSpent() {
    const held = (await read(this.#database, "current")) ?? [];
    return held.some(({ hosts }) => hosts.length > 1);
  }

  /** Something the page remembers: the host that was chosen, what the home last said. */
  recalled(name) {
    return read(this.#database, `page:${name}`);
  }

  /** Remembers it. */
  async remember(name, value) {
    await change(this.#database, "current", () => [[`page:${name}`, value]]);
  }

  /** Whether keys wait for their passports. */
  async isWaiting() {
    return (await read(this.#database, "pending")) !== undefined;
  }

  /** The public keys to send for passports: those that wait for an answer, else new ones. */
  async pending() {
    const waiting = await read(this.#database, "pending");
    if (waiting) {
      return jwksOf(waiting);
    }
    let failure;
    for (const algorithm of ALGORITHMS) {
      try {
        const made = await Promise.all(Array.from({ length: BATCH }, () => newKey(algorithm)));
        const first = await change(this.#database, "pending", (waiting) =>
          waiting ? [] : [["pending", made]],
        );
        return jwksOf(first ?? made);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** Takes the passports that came for pending keys: from here on they are those that are
   * shown, and the keys before them are gone. Another tab may have taken them already. */
  async accept(jwks, passports) {
    const named = passports.map((it) => claimsOf(it)?.cnf?.jwk?.x);
    if (String(named) !== namesOf(jwks)) {
      throw new TypeError("passports for other keys");
    }
    await change(this.#database, "pending", (waiting) =>
      waiting && namesOf(jwksOf(waiting)) === namesOf(jwks)
        ? [
            ["current", waiting.map((it, at) => carried(it, passports[at]))],
            ["pending", undefined],
          ]
        : [],
    );
    // Asked for once there is something to lose. A browser may say no, or nothing at all.
    navigator.storage?.persist?.().catch(() => false);
  }

  /** Forgets pending keys that the home will not have. */
  async drop(jwks) {
    await change(this.#database, "pending", (waiting) =>
      waiting && namesOf(jwksOf(waiting)) === namesOf(jwks) ? [["pending", undefined]] : [],
    );
  }

  /** Forgets keys and passports, and what the page remembers of the member. */
  async forget() {
    const pages = ["member", "host", "code", "registrations"].map((it) => `page:${it}`);
    const names = ["current", "pending", ...pages];
    await change(this.#database, "current", () => names.map((name) => [name, undefined]));
  }

  /** The presentation to the home, new each time: it knows all passports as they are. */
  async presentation(audience) {
    const [first] = await read(this.#database, "current");
    return signed(first, { audience, nonce: chance(NONCE_BYTES) });
  }

  /** The presentation to a host, of the passport that is its own, with what is disclosed of
   * these names, and by the number that its desk shows, if there is one. `isShared` says that
   * another host has seen the same passport. */
  async showing(host, { names = [], challenge = null } = {}) {
    let mine;
    await change(this.#database, "current", (held) => {
      const shared = own(held, host);
      mine = shared.find(({ hosts }) => hosts.includes(host));
      mine.shownAt = Date.now();
      return [["current", shared]];
    });
    const nonce = challenge
      ? `${challenge}.${chance(NONCE_BYTES_BESIDE)}`
      : chance(NONCE_BYTES);
    const text = await signed(mine, { audience: host, nonce, names });
    return { text, isShared: mine.hosts.length > 1 };
  }
}

/** What is held, once a host has one of its own: the one that it has, else one that nobody
 * has seen, else the one that was shown longest ago. */
function own(held, host) {
  if (held.some(({ hosts }) => hosts.includes(host))) {
    return held;
  }
  const unseen = held.find(({ hosts }) => hosts.length === 0);
  const longest = [...held].sort((a, b) => a.shownAt - b.shownAt)[0];
  const chosen = unseen ?? longest;
  return held.map((it) => (it === chosen ? { ...it, hosts: [...it.hosts, host] } : it));
}

/** A passport with its key, seen by nobody. */
function carried({ key, jwk }, passport) {
  return { key, jwk, passport, hosts: [], shownAt: 0 };
}

/** A passport with what is disclosed of it and a key binding (RFC 9901, section 4). */
async function signed({ key, passport }, { audience, nonce, names = [] }) {
  const given = disclosuresOf(passport);
  const chosen = Object.keys(given).filter((it) => names.includes(it));
  const [compact] = passport.split("~");
  const shown = [compact, ...chosen.map((it) => given[it]), ""].join("~");
  const digest = await crypto.subtle.digest("SHA-256", ascii(shown));
  const { signs } = ALGORITHMS.find((it) => it.signs.name === key.algorithm.name);
  const claims = {
    aud: audience,
    iat: Math.floor(Date.now() / 1000),
    nonce,
    sd_hash: base64Url(new Uint8Array(digest)),
  };
  const header = { alg: signs.name === "ECDSA" ? "ES256" : "EdDSA", typ: "kb+jwt" };
  const said = [header, claims].map((it) => base64Url(ascii(JSON.stringify(it)))).join(".");
  const signature = await crypto.subtle.sign(signs, key, ascii(said));
  return `${shown}${said}.${base64Url(new Uint8Array(signature))}`;
}

/** The disclosures that came with a passport, by their names, in the order they came in. */
function disclosuresOf(passport) {
  const given = passport.split("~").slice(1).filter(Boolean);
  return Object.fromEntries(given.map((it) => [JSON.parse(utf8(fromBase64Url(it)))[1], it]));
}

function chance(bytes) {
  return base64Url(crypto.getRandomValues(new Uint8Array(bytes)));
}

function jwksOf(keys) {
  return keys.map(({ jwk }) => jwk);
}

function namesOf(jwks) {
  return String(jwks.map(({ x }) => x));
}

/** A new key whose private part cannot be taken out, and the members of its JWK. */
async function newKey({ made, members }) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(made, false, ["sign", "verify"]);
  const exported = await crypto.subtle.exportKey("jwk", publicKey);
  return { key: privateKey, jwk: Object.fromEntries(members.map((it) => [it, exported[it]])) };
}

/** The claims of a passport. Its home signed it; a phone judges nobody. */
function claimsOf(passport) {
  return JSON.parse(utf8(fromBase64Url(passport.split(".")[1])));
}

function utf8(bytes) {
  return new TextDecoder().decode(bytes);
}

/** Entity identifiers, digests and base64url are all ASCII. */
function ascii(text) {
  return new TextEncoder().encode(text);
}
