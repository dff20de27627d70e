// `specs/vectors/passport.json`, judged by the library: what holds, holds for it too, and
// what does not is refused for the reason that is written here, or is written down as
// something that the library does not look at.

import { readFileSync } from 'node:fs';

import {
  Count,
  StatusList,
  changed,
  claimsOf,
  ed25519,
  encode,
  judge,
  presentationOf,
  refusal,
  sealed,
  statusIn,
  statusesOf,
  told,
} from './passport_peer.mjs';

const FILE = new URL('../../specs/vectors/passport.json', import.meta.url);
const HOST = 'https://grenoble.example';
const NOW = 1_800_000_600;

/** What the library says of a signature that does not hold, whoever made it. */
const SIGNATURE = 'Verify Error: Invalid JWT Signature';

/** The cases that are refused, and why. */
const REFUSED = {
  'no key binding': 'Key Binding JWT not exist',
  'no tilde': 'Key Binding JWT not exist',
  // The digest is of the passport alone, and disclosures would be part of it.
  'a disclosure': 'Invalid sd_hash in Key Binding JWT',
  'shown, and not bound': 'Invalid sd_hash in Key Binding JWT',
  // It makes the digest of the key binding by it, too.
  'hidden in another way': 'Invalid sd_hash in Key Binding JWT',
  'four members': 'Invalid disclosure data',
  'too long': SIGNATURE,
  'signed by another node': SIGNATURE,
  // The library does not look at the `typ`; the key binding is of a `dc+sd-jwt`.
  'another kind of document': 'Invalid sd_hash in Key Binding JWT',
  // It ran out in the second in which it was signed.
  'no time': 'Verify Error: JWT is expired',
  'another key': SIGNATURE,
  'of another passport': 'Invalid sd_hash in Key Binding JWT',
  // The library leaves `aud` to its caller.
  'a slash': 'another host',
  'a list': 'another host',
  'signed by another holder': SIGNATURE,
  'another algorithm': SIGNATURE,
  'another typ': 'Invalid Key Binding Jwt',
  'no typ': 'Invalid Key Binding Jwt',
  // The key binding is of the passport that has a key.
  'on paper, with a key': 'Invalid sd_hash in Key Binding JWT',
  'another path': 'another host',
};

/** Cases in which the library looks for a key where there is none, and breaks. */
const BROKEN = ['on paper, with a key binding', 'no key in it'];

/** To whom a passport is shown, where that is not the host. */
const AUDIENCES = {
  'to the home, by its member': 'https://le-mug.example/api/v1/member',
};

/** A passport on paper has no key binding, and none is asked for. */
const isOnPaper = (shown) => shown.endsWith('~') && claimsOf(shown).vct.includes(':paper-');

/** The cases that the library takes and a desk does not, and what it does not look at. */
const LOOSER = {
  'another type of passport': '`vct`',
  'no name': 'claims of this profile',
  '41 characters': 'claims of this profile',
  'more left': 'claims of this profile',
  'no month': 'claims of this profile',
  '7 bytes': 'how long a nonce is',
  '65 bytes': 'how long a nonce is',
  'half a second': 'whether `iat` is a whole number',
  'a kid': 'other members in the header of a key binding',
  'nine digests': 'claims of this profile',
  'a digest twice': 'a digest that stands twice (RFC 9901, section 7.1)',
  'no digest': 'what stands among the digests',
  'hidden deeper': 'claims of this profile',
  'hidden in a list': 'claims of this profile',
  'in plain text': 'claims of this profile',
  'on paper, with digests': 'claims of this profile',
  'four are shown': 'disclosures that stand twice',
  'given with another': 'disclosures of no digest (RFC 9901, section 7.3)',
  'shown twice': 'disclosures that stand twice',
  'two of one name': 'a name that is disclosed twice',
  'in another order': 'the order of disclosures',
  padded: 'how base64url is spelt',
  'two members': 'disclosures of no digest (RFC 9901, section 7.3)',
  'a name twice in it': 'JSON that could be read in two ways',
  'a short salt': 'how long a salt is',
  'another name': 'claims of this profile',
  'another claim of ours': 'a claim that is disclosed and stands in plain text too',
  'an empty name': 'claims of this profile',
  '101 characters are shown': 'claims of this profile',
  'no text': 'claims of this profile',
  'no portrait': 'claims of this profile',
  'on paper, with a disclosure': 'claims of this profile',
};
const LOOSER_CASES = 32;

/** The nonce that stands in the key binding: with us the holder chooses it. */
function nonceOf(shown) {
  const binding = shown.split('~').at(-1);
  return binding === '' ? 'none' : (claimsOf(binding).nonce ?? 'none');
}

/** The home's keys, and a status list of its own around the last one of the vectors. */
async function homeOf(file) {
  const key = file.keys.find(({ name }) => name === file.home_ops);
  const lists = file.status_lists.map(({ bits, lst }) => ({ bits, lst }));
  const claims = {
    iss: 'https://le-mug.example',
    sub: 'https://le-mug.example/status/1',
    iat: 1_800_000_000,
    exp: 1_801_209_600,
    ttl: 3600,
    status_list: lists.at(-1),
  };
  const secret = ed25519(key.x, encode(Buffer.from(key.seed, 'hex')));
  const list = await sealed('statuslist+jwt', claims, secret);
  return { by: { [key.kid]: ed25519(key.x) }, list, claims, secret };
}

async function presentations(file, home, count) {
  let looser = 0;
  for (const { name, presentation: shown, expected, disclosed } of file.presentations) {
    const host = AUDIENCES[name] ?? HOST;
    const bound = isOnPaper(shown) ? {} : { host, nonce: nonceOf(shown) };
    const asked = { ...home, ...bound, now: NOW };
    const why = await refusal(shown, asked);
    if (expected === 'ok') {
      count.same(why, null, name);
      const found = told(await judge(shown, asked));
      count.same(found, told(claimsOf(shown), disclosed), `the claims of ${name}`);
      for (let at = 0; at < shown.length; at += 1) {
        const found = await refusal(changed(shown, at), asked);
        count.that(found !== null, `${name}, changed at ${at}, is refused`);
      }
      // Without the key binding, whose digest would find most of it: the home's signature.
      const alone = { ...asked, host: undefined, nonce: undefined };
      for (let at = 0; at < shown.indexOf('~'); at += 1) {
        const found = await refusal(changed(shown, at), alone);
        count.that(found !== null, `the passport of ${name}, changed at ${at}, is refused`);
      }
    } else if (name in LOOSER) {
      looser += 1;
      count.same(why, null, `${name}: the library does not look at ${LOOSER[name]}`);
    } else if (BROKEN.includes(name)) {
      count.that(why !== null, `${name} is refused`);
    } else {
      count.same(why, REFUSED[name], name);
    }
  }
  count.same(looser, LOOSER_CASES, 'cases that the library takes and we do not');
  const known = [...Object.keys(REFUSED), ...Object.keys(LOOSER), ...BROKEN].sort();
  const bad = file.presentations.filter(({ expected }) => expected !== 'ok');
  count.same(bad.map(({ name }) => name).sort(), known, 'the cases that do not hold');
}

/** What would pass if the judge judged nothing. */
async function controls(file, home, count) {
  const by = (name) => file.presentations.find((it) => it.name === name).presentation;
  const shown = by('as it is shown');
  const asked = { ...home, host: HOST, nonce: nonceOf(shown), now: NOW };
  const [kid] = Object.keys(home.by);
  const stranger = ed25519(file.keys.find(({ name }) => name === 'label-ops').x);
  const paused = StatusList.decompressStatusList(home.claims.status_list.lst, 2);
  paused.setStatus(claimsOf(shown).status.status_list.idx, 2);
  const list = async (changes, key = home.secret) =>
    ({ list: await sealed('statuslist+jwt', { ...home.claims, ...changes }, key) });
  const changes = {
    "a stranger's key under the home's name": [{ by: { [kid]: stranger } }, SIGNATURE],
    'no key of the home': [{ by: {} }, SIGNATURE],
    "another holder's key": [{ holder: stranger }, SIGNATURE],
    'another nonce': [{ nonce: 'another nonce' }, 'Verify Error: Invalid Nonce'],
    'another host': [{ host: `${HOST}:444` }, 'another host'],
    'too early': [{ now: 1_799_999_999 }, 'Verify Error: JWT is not yet valid'],
    'too late': [{ now: 1_802_592_001 }, /expired/],
    'a paused membership': [
      await list({ status_list: { bits: 2, lst: paused.compressStatusList() } }),
      'Status is not valid',
    ],
    'a list that has run out': [await list({ exp: NOW - 1 }), /^Status List JWT .* expired/],
    'a list by another name': [await list({ sub: 'another' }), 'another list'],
    'a list by a stranger': [
      await list({}, ed25519(stranger.x, encode(Buffer.alloc(32, 3)))),
      /^Status List JWT .* Invalid JWT Signature/,
    ],
  };
  for (const [what, [change, expected]] of Object.entries(changes)) {
    const why = await refusal(shown, { ...asked, ...change });
    const isSo = expected instanceof RegExp ? expected.test(why) : why === expected;
    count.that(isSo, `${what}: ${why}`);
  }
  // It is the nonce asked for that makes the library look at a key binding.
  const unasked = { ...home, now: NOW };
  count.same(await refusal(by('signed by another holder'), unasked), null, 'nothing asked');
}

/** Lists, read by the library, and once more here from the specification. */
function statuses(file, count) {
  for (const { bits, lst, statuses } of file.status_lists) {
    const theirs = StatusList.decompressStatusList(lst, bits);
    const ours = statusesOf({ bits, lst });
    for (const [place, status] of statuses) {
      count.same(statusIn(theirs, place), status, `the status at ${place}`);
    }
    for (const [place, status] of ours.entries()) {
      count.same(statusIn(theirs, place), status, `the status at ${place}`);
    }
    count.same(statusIn(theirs, ours.length), null, 'no place after the last');
  }
}

export async function vectors(path = FILE) {
  const file = JSON.parse(readFileSync(path, 'utf8'));
  const [count, places] = [new Count(), new Count()];
  const home = await homeOf(file);
  await presentations(file, home, count);
  await controls(file, home, count);
  // The reader that judges what this script writes for a desk.
  for (const { name, code, expected } of file.codes) {
    count.same(presentationOf(code), expected, `the code ${name}`);
  }
  statuses(file, places);
  return { passports_by_sd_jwt: count.number, statuses_by_sd_jwt: places.number };
}
