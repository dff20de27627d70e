// Judges what we sign by npm's `jose`, and has what it signs judged by a desk.
//
// Usage, with ESCALE_PEERS_NODE_MODULES naming the folder of the packages:
//   check_jose_npm.mjs vectors [credulous]
//   check_jose_npm.mjs live HOME HOST OPS_KEY_FILE DESK_TOKEN CODE
//
// `live` enrols an Ed25519 and a P-256 key by the code. `credulous` puts a peer that takes
// everything in the place of the library: it must be found out.
//
// Ends with a line at the first thing that does not hold, negative controls included.

import { readFileSync } from 'node:fs';

import { live } from './jose_npm_live.mjs';
import { Credulous, Jose, changed, newKey, partOf } from './jose_npm_peer.mjs';
import { Count, claimsOf, ed25519, encode, judgeBy } from './passport_peer.mjs';

const VECTORS = new URL('../../specs/vectors/', import.meta.url);
const vectorsOf = (name) => JSON.parse(readFileSync(new URL(name, VECTORS)));

/**
 * What the library does not look at: claims are its caller's, and so are `typ`, other members
 * of a header, and `b64` where `crit` does not name it. It reads base64url as browsers do, with
 * padding, white space and bits that nobody needs.
 */
const CLAIMS = ['seal_json', 'seal_malformed'];
const TAKEN = [
  'longer than its kind may be',
  'no claims',
  'a signature with padding',
  'a signature with an unused bit set',
  'claims with white space',
  'a line feed at the end',
  'a header with a name twice',
  'a header with typ = "trust-mark+jwt"',
  'a header with typ = "JWT"',
  'a header with typ = "Escale-Head+JWT"',
  'a header with typ = "application/escale-head+jwt"',
  'a header with typ = "escale-head+jwt "',
  'a header with typ = null',
  'a header with b64 = false',
  'a header with b64 = true',
  'a header with cty = "json"',
  'a header with x = 1',
  'a header with jku = "https://thief.example/key"',
  'a header with x5u = "https://thief.example/key"',
  'a header with x5c = []',
  'a header without typ',
];
/** It takes a key in the header for nothing: the one that it is given counts. */
const TAKEN_BEGINNING = 'a header with jwk = ';

/** A document that holds, each change of one character, and another's key. */
async function whole(peer, { name, text, key }, count) {
  const claims = text.split('.')[1];
  const found = await peer.opens(text, key);
  count.same(found && encode(found), claims, name);
  for (let at = 0; at < text.length; at += 1) {
    const found = await peer.opens(changed(text, at), key);
    count.that(found === null, `${name}, changed at ${at}, is refused`);
  }
  const stranger = await newKey('Ed25519');
  count.that((await peer.opens(text, stranger)) === null, `${name}, by a stranger's key`);
}

/** The documents of `seal.json`, each by the keys that may sign it. */
async function documents(peer, count) {
  const file = vectorsOf('seal.json');
  const named = Object.fromEntries(file.keys.map((key) => [key.name, key]));
  const taken = [];
  for (const { name, jws: text, keys, expected } of file.documents) {
    const by = Object.fromEntries(keys.map((it) => [named[it].kid, ed25519(named[it].x)]));
    const { kid } = partOf(text, 0);
    const key = typeof kid === 'string' ? by[kid] : undefined;
    if (expected === 'ok') {
      await whole(peer, { name, text, key }, count);
      continue;
    }
    const found = key === undefined ? null : await peer.opens(text, key);
    const isTaken =
      CLAIMS.includes(expected) || TAKEN.includes(name) || name.startsWith(TAKEN_BEGINNING);
    count.same(found !== null, isTaken, `${name} is taken`);
    taken.push(name);
  }
  const unknown = TAKEN.filter((name) => !taken.includes(name));
  count.same(unknown, [], 'what the library takes and no case is called');
}

/** Both seals of the presentations of `passport.json`, and that the second is of the first. */
async function bindings(peer, count) {
  const file = vectorsOf('passport.json');
  const { x } = file.keys.find(({ name }) => name === file.home_ops);
  for (const { name, presentation: shown, expected } of file.presentations) {
    if (expected !== 'ok') {
      continue;
    }
    const [text, ...rest] = shown.split('~');
    await whole(peer, { name: `the passport of ${name}`, text, key: ed25519(x) }, count);
    const binding = rest.at(-1);
    if (binding !== '') {
      const { jwk } = claimsOf(text).cnf;
      await whole(peer, { name: `the key binding of ${name}`, text: binding, key: jwk }, count);
    }
  }
}

async function vectors(control) {
  const count = new Count();
  const peer = control === 'credulous' ? new Credulous() : new Jose();
  await documents(peer, count);
  await bindings(peer, count);
  return { seals_by_jose: count.number };
}

await judgeBy({ vectors, live });
