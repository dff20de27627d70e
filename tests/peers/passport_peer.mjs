// The library that judges our passports and makes some of its own, and what it leaves to
// whoever calls it: keys and signatures, `aud`, the status list, the code that is scanned.
//
// Nothing here comes from the Rust code: `specs/seal.md` and `specs/passport.md` were read.

import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { deflateSync, inflateSync } from 'node:zlib';

const folder = process.env.ESCALE_PEERS_NODE_MODULES;
if (!folder) {
  throw new Error('ESCALE_PEERS_NODE_MODULES names no folder');
}
const wanted = JSON.parse(readFileSync(new URL('package.json', import.meta.url))).dependencies;
for (const [name, version] of Object.entries(wanted)) {
  const there = JSON.parse(readFileSync(`${folder}/${name}/package.json`)).version;
  if (there !== version) {
    throw new Error(`${name} is ${there}, not ${version}`);
  }
}
// Modules are looked for beside the importing file; a `require` made for the folder is not.
const require = createRequire(`${folder}/`);
export const { ES256, digest, generateSalt } = require('@sd-jwt/crypto-nodejs');
export const { StatusList, getListFromStatusListJWT } = require('@sd-jwt/jwt-status-list');
const { SDJwtVcInstance } = require('@sd-jwt/sd-jwt-vc');

/** Judges in the mode that is asked for, and prints what was counted or does not hold. */
export async function judgeBy(modes) {
  const [mode, ...words] = process.argv.slice(2);
  try {
    if (!modes[mode]) {
      throw new Error(`no mode of this name: ${mode}`);
    }
    const counted = await modes[mode](...words);
    for (const [name, number] of Object.entries(counted)) {
      console.log(`count: ${name} ${number}`);
    }
  } catch (error) {
    console.error(error.message.startsWith('does not hold') ? error.message : error);
    process.exitCode = 1;
  }
}

/** Counts what was judged; ends at the first thing that is not as it should be. */
export class Count {
  number = 0;

  that(holds, what) {
    this.number += 1;
    if (!holds) {
      throw new Error(`does not hold: ${what}`);
    }
  }

  same(found, expected, what) {
    const [left, right] = [found, expected].map((it) => JSON.stringify(it) ?? 'nothing');
    this.that(left === right, `${what}: ${left.slice(0, 500)}, not ${right.slice(0, 500)}`);
  }
}

// Texts.

export const encode = (bytes) => Buffer.from(bytes).toString('base64url');

/** The bytes of canonical base64url; null for any other text. */
export function decode(text) {
  const bytes = Buffer.from(text, 'base64url');
  return encode(bytes) === text ? bytes : null;
}

export const read = (part) => JSON.parse(decode(part));
/** What a passport says without its digests, and what is disclosed, in the order of names. */
export function told(claims, disclosed = {}) {
  const { _sd, _sd_alg, ...plain } = claims;
  return Object.entries({ ...plain, ...disclosed }).sort();
}

export const claimsOf = (compact) => read(compact.split('.')[1]);

// Keys.

export const ed25519 = (x, d) => ({ kty: 'OKP', crv: 'Ed25519', x, ...(d && { d }) });

/** What of a key everybody may see. */
export const shared = ({ kty, crv, x, y }) => ({ kty, crv, x, ...(y && { y }) });

/** RFC 7638. */
export const thumbprint = ({ crv, kty, x }) =>
  encode(digest(JSON.stringify({ crv, kty, x }), 'sha-256'));

/** Whether the key made this signature by this algorithm. */
function isBy(jwk, algorithm, text, signature) {
  const bytes = decode(signature);
  if (bytes === null) {
    return false;
  }
  const key = () => createPublicKey({ format: 'jwk', key: jwk });
  const kind = `${jwk.kty} ${jwk.crv}`;
  if (kind === 'OKP Ed25519' && ['EdDSA', 'Ed25519'].includes(algorithm)) {
    return verify(null, Buffer.from(text), key(), bytes);
  }
  if (kind === 'EC P-256' && algorithm === 'ES256') {
    const encoded = { key: key(), dsaEncoding: 'ieee-p1363' };
    return verify('sha256', Buffer.from(text), encoded, bytes);
  }
  return false;
}

export const algorithmOf = (jwk) => (jwk.crv === 'P-256' ? 'ES256' : 'EdDSA');

/** A signer as the library wants one: its own for P-256, node's for Ed25519. */
async function signerOf(jwk) {
  if (jwk.crv === 'P-256') {
    return ES256.getSigner(jwk);
  }
  const key = createPrivateKey({ format: 'jwk', key: jwk });
  return (text) => encode(sign(null, Buffer.from(text), key));
}

// Judging.

const algorithmIn = (text) => read(text.split('.')[0]).alg;

/**
 * What the library says of a presentation: its claims, or throws.
 *
 * `by` are the home's keys by thumbprint, `list` its status list, compact. Without
 * `holder` the key binding is judged by the key that the passport names.
 */
export async function judge(shown, { by, host, nonce, now, list, holder }) {
  const verifier = (text, signature) => {
    const key = by[read(text.split('.')[0]).kid];
    return key !== undefined && isBy(key, algorithmIn(text), text, signature);
  };
  const library = new SDJwtVcInstance({
    hasher: digest,
    verifier,
    kbVerifier: (text, signature, { cnf }) =>
      isBy(holder ?? cnf.jwk, algorithmIn(text), text, signature),
    statusListFetcher: async (uri) => {
      if (claimsOf(list).sub !== uri) {
        throw new Error('another list');
      }
      return list;
    },
  });
  const found = await library.verify(shown, { currentDate: now, keyBindingNonce: nonce });
  if (host !== undefined && found.kb.payload.aud !== host) {
    throw new Error('another host');
  }
  return found.payload;
}

/** Why the library refuses it; null where it does not. */
export const refusal = (shown, asked) => judge(shown, asked).then(() => null, (why) => why.message);

/** The same with one character changed. */
export function changed(text, at) {
  const other = text[at] === 'A' ? 'B' : 'A';
  return text.slice(0, at) + other + text.slice(at + 1);
}

// Issuing and presenting.

/** A passport that the library makes. */
export async function issue(claims, { key, header = {}, frame, ...more }) {
  const { kid = thumbprint(key), algorithm = algorithmOf(key) } = more;
  const library = new SDJwtVcInstance({
    hasher: digest,
    saltGenerator: () => encode(randomBytes(16)),
    signer: await signerOf(key),
    signAlg: algorithm,
  });
  return library.issue(claims, frame, { header: { kid, ...header } });
}

/** A passport with a key binding that the library makes. */
export async function present(passport, { key, said, algorithm = algorithmOf(key), frame }) {
  const library = new SDJwtVcInstance({
    hasher: digest,
    kbSigner: await signerOf(key),
    kbSignAlg: algorithm,
  });
  return library.present(passport, frame, { kb: { payload: said } });
}

/** Any document, sealed by an Ed25519 key. */
export async function sealed(typ, claims, key) {
  const parts = [{ alg: 'EdDSA', kid: thumbprint(key), typ }, claims];
  const text = parts.map((it) => encode(JSON.stringify(it))).join('.');
  return `${text}.${(await signerOf(key))(text)}`;
}

// The code that is scanned (specs/passport.md, section 4).

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';
const PREFIX = 'ESC1:';
const INFLATED_BYTES_MAX = 4096;
const CODE_CHARS_MAX = 4296;
/** Of a presentation that discloses nothing, and up to three things. */
const PARTS = [6, 7, 8, 9];

/** RFC 9285. */
function base45(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 2) {
    const isPair = at + 1 < bytes.length;
    let number = isPair ? bytes[at] * 256 + bytes[at + 1] : bytes[at];
    for (let digit = 0; digit < (isPair ? 3 : 2); digit += 1) {
      text += DIGITS[number % 45];
      number = Math.floor(number / 45);
    }
  }
  return text;
}

/** Its bytes; throws where groups stand for none. */
function bytesOfBase45(text) {
  const bytes = [];
  for (let at = 0; at < text.length; at += 3) {
    const digits = [...text.slice(at, at + 3)].map((it) => DIGITS.indexOf(it));
    const number = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    const size = digits.length - 1;
    if (size === 0 || digits.includes(-1) || number >= 256 ** size) {
      throw new Error('no bytes of base45');
    }
    bytes.push(...(size === 2 ? [number >> 8, number & 255] : [number]));
  }
  return Buffer.from(bytes);
}

/** The code of these parts, each as it is before base64url. */
export function codeOf(parts, { level = 9, after = [] } = {}) {
  const sized = parts.map((part) => {
    const size = Buffer.alloc(2);
    size.writeUInt16BE(part.length);
    return Buffer.concat([size, part]);
  });
  const packed = deflateSync(Buffer.concat(sized), { level });
  return PREFIX + base45(Buffer.concat([packed, Buffer.from(after)]));
}

/** The parts of a presentation; with each disclosure there is one more. */
export const partsOf = (shown) => shown.replace(/~$/, '').split(/[.~]/).map(decode);

/** The code of a presentation, read back as a writer must. */
export function written(shown) {
  const code = codeOf(partsOf(shown));
  if (PARTS.includes(shown.split(/[.~]/).length) && presentationOf(code) !== shown) {
    throw new Error('a code was not written as it should be');
  }
  return code;
}

/** The presentation that a code stands for; null where it is no code. */
export function presentationOf(code) {
  try {
    if (!code.startsWith(PREFIX) || code.length > CODE_CHARS_MAX) {
      return null;
    }
    const packed = bytesOfBase45(code.slice(PREFIX.length));
    const limits = { maxOutputLength: INFLATED_BYTES_MAX, info: true };
    const { buffer, engine } = inflateSync(packed, limits);
    if (engine.bytesWritten !== packed.length) {
      return null;
    }
    const parts = [];
    for (let at = 0; at < buffer.length; ) {
      const end = at + 2 + buffer.readUInt16BE(at);
      if (end > buffer.length) {
        return null;
      }
      parts.push(encode(buffer.subarray(at + 2, end)));
      at = end;
    }
    // On paper there are three parts, and nothing after the `~`.
    const passport = parts.slice(0, 3).join('.');
    if (parts.length === 3) {
      return `${passport}~`;
    }
    const shown = [passport, ...parts.slice(3, -3), parts.slice(-3).join('.')];
    return PARTS.includes(parts.length) ? shown.join('~') : null;
  } catch {
    return null;
  }
}

/** Every status of a list, read here (section 5): the lowest bits of a byte come first. */
export function statusesOf({ bits, lst }) {
  const places = [...inflateSync(decode(lst))].map((byte) =>
    Array.from({ length: 8 / bits }, (_, at) => (byte >> (at * bits)) & (2 ** bits - 1)),
  );
  return places.flat();
}

/** How the library reads a list: a status, or null where there is no such place. */
export function statusIn(list, place) {
  try {
    return list.getStatus(place);
  } catch {
    return null;
  }
}
