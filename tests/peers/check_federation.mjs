// Resolves a space by npm's `@openid-federation/core`, from the coordinator's name alone.
//
// Usage, with ESCALE_PEERS_NODE_MODULES naming the folder of the packages:
//   check_federation.mjs COORDINATOR ROOT_OF_COORDINATOR_KEYS SPACE
//
// The second word is the `x` of the coordinator's `fed` key, which a stranger has pinned: the
// library leaves that to whoever calls it. The space shows no trust mark: the library knows
// marks of an older draft only.
//
// Negative controls: each document on the way is altered, in its claims and in its
// signature, is signed for another kind, or is another's; an anchor that nobody named; a key
// that is not pinned. None of it may give a chain.
//
// Ends with a line at the first thing that does not hold.

import { createPublicKey, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';

const modules = process.env.ESCALE_PEERS_NODE_MODULES;
const load = createRequire(path.join(path.resolve(modules), 'x.js'));
const { resolveTrustChains } = load('@openid-federation/core');

const [coordinator, pinned, space] = process.argv.slice(2);
const usual = globalThis.fetch;
let counted = 0;

function that(holds, what) {
  counted += 1;
  if (!holds) {
    throw new Error(`does not hold: ${what}`);
  }
}

/** Ed25519 by Node.js, with the key that the library has chosen. */
const verifyJwtCallback = (known) => async ({ jwt, jwk, header, claims }) => {
  const [head, body, signature] = jwt.split('.');
  const fits = header.typ === 'entity-statement+jwt' && header.alg === 'EdDSA';
  const by_the_anchor = claims.iss === coordinator;
  if (!fits || (by_the_anchor && jwk.x !== known)) {
    return false;
  }
  const key = createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: 'jwk' });
  const signed = Buffer.from(`${head}.${body}`);
  return verify(null, signed, key, Buffer.from(signature, 'base64url'));
};

/** The chains that are found, or none where the library says why not. */
async function chains(entityId, anchors, known, change = (text) => text) {
  globalThis.fetch = async (address, options) => {
    const answer = await usual(address, options);
    const url = typeof address === 'string' ? address : (address.url ?? String(address));
    const text = change(await answer.text(), new URL(url).pathname, url);
    return new Response(text, { status: answer.status, headers: answer.headers });
  };
  try {
    const verified = verifyJwtCallback(known);
    return await resolveTrustChains({
      entityId,
      trustAnchorEntityIds: anchors,
      verifyJwtCallback: verified,
    });
  } catch (error) {
    return Object.assign([], { why: error });
  }
}

function altered(text, part) {
  const parts = text.split('.');
  const at = Math.floor(parts[part].length / 2);
  const other = parts[part][at] === 'A' ? 'B' : 'A';
  parts[part] = parts[part].slice(0, at) + other + parts[part].slice(at + 1);
  return parts.join('.');
}

try {
  const found = await chains(space, [coordinator], pinned);
  that(found.length === 1, 'one chain');
  const [{ chain, rawLeafEntityConfiguration, resolvedLeafMetadata, valid }] = found;
  // The library gives the space's own statement beside the others.
  const statements = [rawLeafEntityConfiguration, ...chain];
  that(valid === true && statements.length === 3, 'a chain of three statements');
  const subjects = statements.map((it) => `${it.iss} of ${it.sub}`);
  const expected = [`${space} of ${space}`, `${coordinator} of ${space}`, `${coordinator} of ${coordinator}`];
  that(JSON.stringify(subjects) === JSON.stringify(expected), `who speaks of whom: ${subjects}`);
  that(resolvedLeafMetadata.federation_entity !== undefined, 'metadata');

  const documents = [
    (at) => at.includes('/.well-known/') && at.startsWith(space),
    (at) => at.includes('/federation/fetch'),
    (at) => at.includes('/.well-known/') && at.startsWith(coordinator),
  ];
  for (const [number, is_this] of documents.entries()) {
    let seen = 0;
    const changed = (part) => (text, _, url) => {
      if (!is_this(url)) return text;
      seen += 1;
      return altered(text, part);
    };
    for (const part of [0, 1, 2]) {
      const none = await chains(space, [coordinator], pinned, changed(part));
      that(none.length === 0, `document ${number}, part ${part}, altered`);
    }
    that(seen >= 3, `document ${number} was asked for`);
  }
  that((await chains(space, ['https://other.example'], pinned)).length === 0, 'an anchor that nobody named');
  const other = pinned.startsWith('A') ? `B${pinned.slice(1)}` : `A${pinned.slice(1)}`;
  that((await chains(space, [coordinator], other)).length === 0, 'a key that is not pinned');
  // The space's own word in the place of the coordinator's about it.
  let own = '';
  const swapped = (text, where) => {
    if (where.startsWith('/.well-known/') && own === '') own = text;
    return where === '/federation/fetch' ? own : text;
  };
  that((await chains(space, [coordinator], pinned, swapped)).length === 0, 'another document');
  console.log(`count: chains_by_openid_federation ${counted}`);
} catch (error) {
  console.error(error.message.startsWith('does not hold') ? error.message : error);
  process.exitCode = 1;
}
