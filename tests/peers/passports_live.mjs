// Running nodes and the library, each judging what the other made: a home's passports and
// status list by the library; passports and key bindings of the library by a host's desk.

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  Count,
  ES256,
  changed,
  claimsOf,
  codeOf,
  generateSalt,
  getListFromStatusListJWT,
  issue,
  judge,
  partsOf,
  present,
  read,
  refusal,
  sealed,
  shared,
  statusIn,
  statusesOf,
  thumbprint,
  told,
  written,
} from './passport_peer.mjs';

const DAY = 86_400;
/** The SHA-256 of no picture that anybody has. */
const PORTRAIT = 'A'.repeat(43);
const STATUS_PLACES = 8_192;
/** With passports that are taken back at once, so many others turn at most. */
const DECOYS_TURNED_MAX = 16;
/** Of each part of what is altered, this many places. */
const SAMPLE = 24;
/** How long a host may take to read its partners' feeds. */
const HEARD_SECONDS_MAX = 30;

export const seconds = () => Math.floor(Date.now() / 1000);

/** Places of something that long, evenly spread, the first and the last among them. */
const sample = (length) =>
  Array.from({ length: SAMPLE }, (_, at) => Math.round((at * (length - 1)) / (SAMPLE - 1)));

export async function send(url, body, headers = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await answer.text();
  if (answer.status !== 200) {
    throw new Error(`${url} answers ${answer.status}: ${text}`);
  }
  return JSON.parse(text);
}

/** All that a node published, in order. Who signed it is judged by `check_node.py`. */
export async function recordsOf(home) {
  const all = [];
  for (;;) {
    const after = all.length === 0 ? 0 : claimsOf(all.at(-1).record).seq;
    const query = new URLSearchParams({ entity: home, epoch: 1, after });
    const answer = await fetch(`${home}/federation/v1/feed?${query}`);
    const { records } = await answer.json();
    if (records.length === 0) {
      return all;
    }
    all.push(...records);
  }
}

/** What a node published last under this kind and id. */
async function latest(home, kind, id) {
  const isMeant = ({ record }) => claimsOf(record).kind === kind && claimsOf(record).id === id;
  return (await recordsOf(home)).findLast(isMeant)?.body ?? null;
}

/** The home as the library knows it: its keys by thumbprint, and its status list. */
async function known(home) {
  const configuration = claimsOf(await latest(home, 'entity-configuration', 'self'));
  const { keys } = configuration.metadata.escale_node.jwks;
  const by = Object.fromEntries(keys.map((key) => [thumbprint(key), shared(key)]));
  return { by, list: await latest(home, 'status-list', '1') };
}

function newEd25519() {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
}

/** What a holder says who shows a passport now. */
export const saying = (host, more = {}) =>
  ({ iat: seconds(), aud: host, nonce: generateSalt(22), ...more });

/** A desk, and what it must say. */
export class Desk {
  constructor(host, token, count) {
    Object.assign(this, { host, token, count });
  }

  async says(code) {
    const authorization = `Bearer ${this.token}`;
    const said = await send(`${this.host}/api/v1/desk/judge`, { code }, { authorization });
    return { ...said, answer: [said.answer, said.reason].filter(Boolean).join(' ') };
  }

  async must(code, expected, what) {
    const said = await this.says(code);
    this.count.same(said.answer, expected, what);
    return said;
  }

  /** Shown anew until the host has read enough to say this; counts once. */
  async comesTo(show, expected) {
    const until = seconds() + HEARD_SECONDS_MAX;
    let { answer } = await this.says(await show());
    while (answer !== expected && seconds() <= until) {
      await sleep(200);
      ({ answer } = await this.says(await show()));
    }
    this.count.same(answer, expected, 'what the desk comes to say');
  }
}

/** A key's passport from a running home, judged by the library. */
async function enrolled(home, host, code, key, count) {
  // As a browser exports it: with members that a home does not pass on.
  const jwk = { ...shared(key), ext: true, key_ops: ['verify'] };
  const { passports } = await send(`${home}/api/v1/enrol`, { code, jwks: [jwk] });
  const [given] = passports;
  const passport = given.split('~')[0];
  count.same(Object.keys(read(passport.split('.')[0])).sort(), ['alg', 'kid', 'typ'], 'header');
  const claims = claimsOf(passport);
  count.same(claims.iss, home, 'iss');
  count.same(claims.vct, 'urn:escale:passport:1', 'vct');
  const entries = (it) => Object.entries(it).sort();
  count.same(entries(claims.cnf.jwk), entries(shared(key)), 'cnf');
  const said = saying(host);
  const shown = await present(`${passport}~`, { key, said });
  const ground = await known(home);
  const asked = { ...ground, host, nonce: said.nonce, now: seconds() };
  const seen = told(await judge(shown, asked));
  count.same(seen, told(claims), 'the library reads what the home wrote');
  await disclosures(given, { key, said, asked, claims }, count);
  // Without the key binding, whose digest would find most of it: the home's signature.
  const alone = { ...asked, host: undefined, nonce: undefined };
  let begin = 0;
  for (const [which, part] of shown.split(/[.~]/).entries()) {
    for (const at of sample(part.length)) {
      const other = changed(shown, begin + at);
      for (const how of which < 3 ? [asked, alone] : [asked]) {
        const why = await refusal(other, how);
        count.that(why !== null, `our passport, changed at ${begin + at}, is refused`);
      }
    }
    begin += part.length + 1;
  }
  return { passport, claims, shown, asked };
}

/** What the home gave to be disclosed, by the library: each alone and all, and none altered. */
async function disclosures(given, { key, said, asked, claims }, count) {
  const full = { full_name: 'Camille Durand', organisation: 'Oxalis', portrait: PORTRAIT };
  const disclosed = Object.fromEntries(given.split('~').slice(1, -1).map((it) => read(it).slice(1)));
  count.same(disclosed, full, 'what the home gave to be disclosed');
  count.same(claims._sd.length, 3, 'digests');
  for (const names of [[], ...Object.keys(full).map((it) => [it]), Object.keys(full)]) {
    const frame = Object.fromEntries(names.map((it) => [it, true]));
    const shown = await present(given, { key, said, frame });
    const expected = Object.fromEntries(names.map((it) => [it, full[it]]));
    const found = told(await judge(shown, asked));
    count.same(found, told(claims, expected), `the library reads ${names}`);
    const [, ...parts] = shown.split('~').slice(0, -1);
    count.same(parts.length, names.length, 'disclosures');
    for (const part of parts) {
      for (const at of sample(part.length)) {
        const why = await refusal(shown.replace(part, changed(part, at)), asked);
        count.that(why !== null, `${names}, changed at ${at}, is refused`);
      }
    }
  }
}

/** What would pass if the library looked at nothing of ours. */
async function controls({ claims, shown, asked }, ops, count) {
  const stranger = newEd25519();
  const list = claimsOf(asked.list);
  const paused = getListFromStatusListJWT(asked.list);
  paused.setStatus(claims.status.status_list.idx, 2);
  const inside = { ...list.status_list, lst: paused.compressStatusList() };
  const relisted = async (changes, key) =>
    ({ list: await sealed('statuslist+jwt', { ...list, ...changes }, key) });
  const bad = {
    "a stranger's key under the home's name": {
      by: { [Object.keys(asked.by)[0]]: shared(stranger) },
    },
    "another holder's key": { holder: shared(stranger) },
    'another nonce': { nonce: 'another nonce' },
    'another host': { host: 'https://grenoble.example' },
    'after thirty days': { now: claims.exp + 1 },
    'a paused membership': await relisted({ status_list: inside }, ops),
    'a list that has run out': await relisted({ exp: asked.now - 1 }, ops),
    'a list by a stranger': await relisted({}, stranger),
  };
  const signed = await relisted({}, ops);
  count.same(await refusal(shown, { ...asked, ...signed }), null, 'the list, signed again');
  for (const [what, change] of Object.entries(bad)) {
    count.that((await refusal(shown, { ...asked, ...change })) !== null, what);
  }
}

/** Every status of the home's list by the library and by our reading of the specification. */
function statuses(list, expected, count) {
  const theirs = getListFromStatusListJWT(list);
  const ours = statusesOf(claimsOf(list).status_list);
  count.same(ours.length, STATUS_PLACES, 'places');
  const other = ours.findIndex((status, place) => statusIn(theirs, place) !== status);
  count.same(other, -1, 'a place that the library reads otherwise');
  for (const [place, status] of expected) {
    count.same(ours[place], status, `the status at ${place}`);
  }
  // Beside each there are decoys of the same status, and of no other.
  const known = expected.map(([place]) => place);
  for (const status of [1, 2, 3]) {
    const decoys = [...ours.keys()].filter((at) => ours[at] === status && !known.includes(at));
    const isTurned = expected.some(([, it]) => it === status);
    const [least, most] = isTurned ? [1, DECOYS_TURNED_MAX] : [0, 0];
    const number = decoys.length;
    count.that(least <= number && number <= most, `${number} decoys of status ${status}`);
  }
  count.same(statusIn(theirs, STATUS_PLACES), null, 'no place after the last');
}

/** A case for the desk: what is said of it, its answer, and the code. */
function cases({ home, host, ops, phone, token, claims }) {
  const thirty = 30 * DAY;
  const at = seconds();
  const { _sd, ...plain } = claims;
  const made = { ...plain, iat: at, exp: at + thirty, cnf: { jwk: shared(phone) } };
  const stranger = newEd25519();
  /** Claims that are changed, issued and shown as told. */
  const code = async (changes = {}, { issuing, showing, said } = {}) => {
    const passport = await issue({ ...made, ...changes }, { key: ops, ...issuing });
    return written(await present(passport, { key: phone, said: saying(host, said), ...showing }));
  };
  const roaming = (left) => ({ roaming: { ...made.roaming, left } });
  const status = (changes) =>
    ({ status: { status_list: { ...made.status.status_list, ...changes } } });
  const hidden = (...names) => ({ frame: { _sd: names } });
  const everything = { full_name: 'Zoé Martin', organisation: 'Oxalis', portrait: PORTRAIT };
  const [allowed, malformed] = ['allowed', 'not_genuine malformed'];
  return [
    ['by a phone', allowed, () => code()],
    [
      'by a token with P-256',
      allowed,
      () => code({ cnf: { jwk: shared(token) } }, { showing: { key: token } }),
    ],
    [
      'the newer name of the algorithm, by the holder',
      allowed,
      () => code({}, { showing: { algorithm: 'Ed25519' } }),
    ],
    [
      'the newer name of the algorithm, by the home',
      allowed,
      () => code({}, { issuing: { algorithm: 'Ed25519' } }),
    ],
    [
      "a holder's key with members of the library",
      allowed,
      () => {
        const jwk = { ...shared(token), ext: true, key_ops: ['verify'], alg: 'ES256' };
        return code({ cnf: { jwk } }, { showing: { key: token } });
      },
    ],
    ['another claim', allowed, () => code({ nbf: at, sub: 'a member' })],
    ['a clock that is ahead', allowed, () => code({ iat: at + 200, exp: at + thirty })],
    ['another member in the key binding', allowed, () => code({}, { said: { later: 1 } })],
    [
      'another claim that is not disclosed',
      allowed,
      () => code({ email: 'a' }, { issuing: hidden('email'), showing: { frame: {} } }),
    ],
    [
      'another claim that is disclosed',
      malformed,
      () => code({ email: 'a' }, { issuing: hidden('email') }),
    ],
    [
      'a full name that is disclosed',
      allowed,
      () => code({ full_name: 'Camille Durand' }, { issuing: hidden('full_name') }),
      { full_name: 'Camille Durand' },
    ],
    [
      'all that can be disclosed',
      allowed,
      () => code(everything, { issuing: hidden(...Object.keys(everything)) }),
      everything,
    ],
    [
      'one of all that can be disclosed',
      allowed,
      () => {
        const frame = { organisation: true };
        return code(everything, {
          issuing: hidden(...Object.keys(everything)),
          showing: { frame },
        });
      },
      { organisation: 'Oxalis' },
    ],
    [
      'decoys of the library',
      allowed,
      () => code({}, { issuing: { frame: { _sd_decoy: 4 } }, showing: { frame: {} } }),
    ],
    ['nine decoys', malformed, () => code({}, { issuing: { frame: { _sd_decoy: 9 } } })],
    ['a full name in plain text', malformed, () => code({ full_name: 'Camille Durand' })],
    [
      'a full name of 101 characters',
      malformed,
      () => code({ full_name: 'é'.repeat(101) }, { issuing: hidden('full_name') }),
    ],
    [
      'hidden in the allowance',
      malformed,
      () => {
        const roaming = { ...made.roaming, later: 1 };
        return code({ roaming }, { issuing: { frame: { roaming: { _sd: ['later'] } } } });
      },
    ],
    ['the name, disclosed', malformed, () => code({}, { issuing: hidden('name') })],
    [
      'the name, not disclosed',
      malformed,
      () => code({}, { issuing: hidden('name'), showing: { frame: {} } }),
    ],
    [
      "issued by another key under the home's name",
      malformed,
      () => code({}, { issuing: { key: stranger, kid: thumbprint(ops) } }),
    ],
    [
      "issued by P-256 under the home's name",
      malformed,
      () => code({}, { issuing: { key: token, kid: thumbprint(ops) } }),
    ],
    [
      'issued by another key under its own name',
      'not_genuine unknown_home',
      () => code({}, { issuing: { key: stranger } }),
    ],
    ['issued by the home as the host', malformed, () => code({ iss: host })],
    ['the older typ', malformed, () => code({}, { issuing: { header: { typ: 'vc+sd-jwt' } } })],
    ['another header', malformed, () => code({}, { issuing: { header: { cty: 'json' } } })],
    ['another type of passport', malformed, () => code({ vct: 'urn:escale:passport:2' })],
    ['no name', malformed, () => code({ name: undefined })],
    ['a name of 41 characters', malformed, () => code({ name: 'é'.repeat(41) })],
    ['more left than granted', malformed, () => code(roaming(made.roaming.granted + 1))],
    ['nothing left', 'no_allowance', () => code(roaming(0))],
    ['a passport of yesterday', 'expired', () => code({ iat: at - 2 * DAY, exp: at - DAY })],
    ['31 days', malformed, () => code({ exp: at + 31 * DAY })],
    ['a passport of next week', malformed, () => code({ iat: at + 7 * DAY, exp: at + thirty })],
    ['a place after the last', malformed, () => code(status({ idx: STATUS_PLACES }))],
    [
      'another list',
      'not_allowed_here list_too_old',
      () => code(status({ uri: `${home}/status/2` })),
    ],
    ['bound by another holder', malformed, () => code({}, { showing: { key: stranger } })],
    ['bound by P-256 to an Ed25519 key', malformed, () => code({}, { showing: { key: token } })],
    ['bound by another algorithm', malformed, () => code({}, { showing: { algorithm: 'ES256' } })],
    ['no nonce', malformed, () => code({}, { said: { nonce: undefined } })],
    ['a nonce of 7 bytes', malformed, () => code({}, { said: { nonce: '1234567' } })],
    ['a nonce of 65 bytes', malformed, () => code({}, { said: { nonce: 'n'.repeat(65) } })],
    ['for another host', 'not_allowed_here other_host', () => code({}, { said: { aud: home } })],
    ['for a list of hosts', malformed, () => code({}, { said: { aud: [host] } })],
    ['no moment', malformed, () => code({}, { said: { iat: undefined } })],
    ['half a second', malformed, () => code({}, { said: { iat: at + 0.5 } })],
    [
      'shown three minutes ago',
      'not_genuine out_of_time',
      () => code({}, { said: { iat: at - 180 } }),
    ],
    [
      'shown in three minutes',
      'not_genuine out_of_time',
      () => code({}, { said: { iat: at + 180 } }),
    ],
    [
      'no key binding',
      malformed,
      async () => codeOf(partsOf((await issue(made, { key: ops })).replace('~', ''))),
    ],
    [
      'the key binding of another passport',
      malformed,
      async () => {
        const [one, two] = await Promise.all(
          [4, 3].map(async (left) => {
            const passport = await issue({ ...made, ...roaming(left) }, { key: ops });
            return present(passport, { key: phone, said: saying(host) });
          }),
        );
        return written([one.split('~')[0], two.split('~')[1]].join('~'));
      },
    ],
    [
      'not compressed',
      allowed,
      async () => codeOf(partsOf(await shownBy(made, ops, phone, host)), { level: 0 }),
    ],
    [
      'something after the compressed bytes',
      malformed,
      async () => codeOf(partsOf(await shownBy(made, ops, phone, host)), { after: [0] }),
    ],
    ['no code', malformed, () => 'https://evil.example/'],
  ];
}

/** A presentation that the library makes from nothing but the home's key. */
async function shownBy(claims, ops, phone, host) {
  return present(await issue(claims, { key: ops }), { key: phone, said: saying(host) });
}

/** One byte changed at a time, packed again: none is let in, and the whole one still is. */
async function alteredAtTheDesk(shown, desk) {
  const parts = partsOf(shown);
  for (const [part, bytes] of parts.entries()) {
    for (const at of sample(bytes.length)) {
      const other = Buffer.from(bytes);
      other[at] ^= 1;
      const { answer } = await desk.says(codeOf(parts.map((it) => (it === bytes ? other : it))));
      desk.count.that(answer.startsWith('not_genuine'), `byte ${at} of part ${part}: ${answer}`);
    }
  }
  await desk.must(written(shown), 'allowed', 'the same, not changed');
}

export async function live(home, host, opsFile, deskToken, code, codeP256, keptFile) {
  const count = new Count();
  const ops = JSON.parse(readFileSync(opsFile, 'utf8'));
  const desk = new Desk(host, deskToken, count);
  const [phone, token] = [newEd25519(), (await ES256.generateKeyPair()).privateKey];
  const kept = [];
  for (const [key, one] of [[phone, code], [token, codeP256]]) {
    const found = await enrolled(home, host, one, key, count);
    await controls(found, ops, count);
    const fresh = async () =>
      written(await present(`${found.passport}~`, { key, said: saying(host) }));
    await desk.comesTo(fresh, 'allowed');
    const shown = await fresh();
    const said = await desk.must(shown, 'allowed', "the home's passport, bound by the library");
    const { name, formula } = found.claims;
    count.same(said.visitor, { name, home, formula }, 'the visitor, who discloses nothing');
    count.same(said.half_days_left, found.claims.roaming.left, 'what is left');
    await desk.must(shown, 'already_used', 'the same again');
    kept.push({ key, passport: found.passport });
  }
  statuses((await known(home)).list, [], count);
  const claims = claimsOf(kept[0].passport);
  const all = cases({ home, host, ops, phone, token, claims });
  for (const [what, expected, make, disclosed = {}] of all) {
    const shown = await make();
    const said = await desk.must(shown, expected, what);
    if (expected === 'allowed') {
      const { name, home: of, formula, ...beside } = said.visitor;
      count.same(beside, disclosed, `what the desk reads of ${what}`);
    }
    if (expected === 'allowed') {
      await desk.must(shown, 'already_used', `${what}, again`);
    }
  }
  const { _sd, ...plain } = claims;
  const theirs = { ...plain, cnf: { jwk: shared(phone) } };
  await alteredAtTheDesk(await shownBy(theirs, ops, phone, host), desk);
  writeFileSync(keptFile, JSON.stringify(kept), { mode: 0o600 });
  return { live_by_sd_jwt: count.number };
}

/** The first membership was paused, and the second's passports were revoked. */
export async function takenBack(home, host, deskToken, keptFile) {
  const count = new Count();
  const kept = JSON.parse(readFileSync(keptFile, 'utf8'));
  const ground = await known(home);
  const expected = [];
  const answers = [[2, 'blocked paused'], [1, 'blocked revoked']];
  const desk = new Desk(host, deskToken, count);
  for (const [at, { key, passport }] of kept.entries()) {
    const [status, answer] = answers[at];
    expected.push([claimsOf(passport).status.status_list.idx, status]);
    const said = saying(host);
    const shown = await present(`${passport}~`, { key, said });
    const asked = { ...ground, host, nonce: said.nonce, now: seconds() };
    count.same(await refusal(shown, asked), 'Status is not valid', answer);
    const fresh = async () =>
      written(await present(`${passport}~`, { key, said: saying(host) }));
    await desk.comesTo(fresh, answer);
  }
  statuses(ground.list, expected, count);
  return { live_by_sd_jwt: count.number };
}
