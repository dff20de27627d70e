// npm's `jose` (MIT), which judges any document of ours as a JWS, and signs what our desk
// judges; and what it leaves to whoever calls it: which key, and what stands in `typ`.
//
// Nothing here comes from the Rust code: `specs/seal.md` and `specs/passport.md` were read.

import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';

import { read, shared } from './passport_peer.mjs';

const folder = process.env.ESCALE_PEERS_NODE_MODULES;
// It is an ES module, and modules are looked for beside the importing file.
const library = await import(pathToFileURL(`${folder}/jose/dist/webapi/index.js`));
const { CompactSign, calculateJwkThumbprint, compactVerify, errors, importJWK } = library;

export const thumbprint = (key) => calculateJwkThumbprint(shared(key));

export const algorithms = ({ crv }) => (crv === 'P-256' ? ['ES256'] : ['EdDSA', 'Ed25519']);

export async function newKey(crv) {
  const [algorithm] = algorithms({ crv });
  const made = await library.generateKeyPair(algorithm, { crv, extractable: true });
  return library.exportJWK(made.privateKey);
}

/** Its header or its claims, unproven; nothing where there are none. */
export function partOf(compact, which) {
  try {
    const found = read(compact.split('.')[which]);
    return found !== null && typeof found === 'object' ? found : {};
  } catch {
    return {};
  }
}

/** The same with one character changed, in a bit that counts in the last one of a part. */
export function changed(text, at) {
  return text.slice(0, at) + (text[at] === 'A' ? 'Q' : 'A') + text.slice(at + 1);
}

const sha256 = (text) => createHash('sha256').update(text).digest('base64url');

/** What the library opens: the bytes that were signed, or null. */
export class Jose {
  keys = new Map();

  /** Made once for each algorithm: a text is judged thousands of times. */
  key(jwk, algorithm) {
    const name = JSON.stringify([shared(jwk), algorithm]);
    if (!this.keys.has(name)) {
      this.keys.set(name, importJWK(shared(jwk), algorithm));
    }
    return this.keys.get(name);
  }

  async opens(compact, jwk) {
    const known = algorithms(jwk);
    try {
      const key = ({ alg }) => this.key(jwk, known.includes(alg) ? alg : known[0]);
      const found = await compactVerify(compact, key, { algorithms: known });
      return Buffer.from(found.payload);
    } catch (why) {
      if (why instanceof errors.JOSEError) {
        return null;
      }
      throw why;
    }
  }

  async signs(header, claims, jwk) {
    const text = new TextEncoder().encode(JSON.stringify(claims));
    const signing = new CompactSign(text).setProtectedHeader(header);
    return signing.sign(await importJWK(jwk, header.alg));
  }

  /** A passport with its disclosures, shown: the key binding is this library's. */
  async binds(passport, said, jwk, header = {}) {
    const first = { alg: algorithms(jwk)[0], typ: 'kb+jwt', ...header };
    const bound = await this.signs(first, { sd_hash: sha256(passport), ...said }, jwk);
    return passport + bound;
  }

  /** A passport that discloses nothing. */
  async issues(claims, jwk, header = {}) {
    const first = { alg: algorithms(jwk)[0], typ: 'dc+sd-jwt', kid: await thumbprint(jwk) };
    return `${await this.signs({ ...first, ...header }, claims, jwk)}~`;
  }
}

/** The control: whoever takes everything must be found out. */
export class Credulous extends Jose {
  async opens(compact) {
    return Buffer.from(compact.split('.')[1] ?? '', 'base64url');
  }
}
