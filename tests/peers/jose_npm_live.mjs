// Running nodes and npm's `jose`, each judging what the other made: what a home issues and
// publishes by the library; passports and key bindings of the library by a host's desk.

import { readFileSync } from 'node:fs';

import { Jose, changed, newKey, partOf, thumbprint } from './jose_npm_peer.mjs';
import { Count, claimsOf, encode, shared, written } from './passport_peer.mjs';
import { Desk, recordsOf, saying, seconds, send } from './passports_live.mjs';

const DAY = 86_400;
/** Every so many characters, one is changed. */
const STEP = 23;
/** A host that nobody is at: the port of a running one, and a figure more, may be no port. */
const OTHER = 'https://grenoble.example';
const MALFORMED = 'not_genuine malformed';
/** What of a feed an `ops` key has signed beside its records. */
const SIGNED_BODIES = ['status-list'];

/** A document of the home, whole and altered; no character is left out where it is the last. */
async function judged(peer, { text, key, what }, count) {
  const found = await peer.opens(text, key);
  count.same(found && encode(found), text.split('.')[1], what);
  const places = [...Array(text.length).keys()].filter((at) => at % STEP === 0);
  for (const at of [...places, text.length - 1]) {
    const found = await peer.opens(changed(text, at), key);
    count.that(found === null, `${what}, changed at ${at}, is refused`);
  }
}

/** The home's feed: each record by the key that it names, the lists in it, and no other's. */
async function published(peer, home, count) {
  const records = await recordsOf(home);
  const configuration = records.findLast(
    ({ record }) => claimsOf(record).kind === 'entity-configuration',
  );
  const { keys } = claimsOf(configuration.body).metadata.escale_node.jwks;
  const by = {};
  for (const key of keys) {
    by[await thumbprint(key)] = key;
  }
  let lists = 0;
  for (const { record, body } of records) {
    const { kind, seq } = claimsOf(record);
    const texts = [[record, `record ${seq}`]];
    if (SIGNED_BODIES.includes(kind) && body) {
      texts.push([body, `the list in record ${seq}`]);
      lists += 1;
    }
    for (const [text, what] of texts) {
      await judged(peer, { text, key: by[partOf(text, 0).kid], what }, count);
    }
  }
  count.that(lists > 0, 'a status list');
  const stranger = await newKey('Ed25519');
  count.same(await peer.opens(records[0].record, stranger), null, "a stranger's key");
  return by;
}

/** What the library binds rightly and wrongly: a name, the answer, what is shown. */
async function* bound(peer, made, key, host) {
  const [stranger, other] = [await newKey('Ed25519'), await newKey('P-256')];
  const show = (more = {}, header = {}, jwk = key) =>
    peer.binds(made, saying(host, more), jwk, header);
  yield ['bound by jose', 'allowed', await show()];
  yield ['bound by another holder', MALFORMED, await show({}, {}, stranger)];
  yield ["bound by another holder's P-256", MALFORMED, await show({}, {}, other)];
  yield ['another typ', MALFORMED, await show({}, { typ: 'JWT' })];
  yield ['a kid', MALFORMED, await show({}, { kid: 'a' })];
  yield ['of another passport', MALFORMED, await show({ sd_hash: 'A'.repeat(43) })];
  yield ['for another host', 'not_allowed_here other_host', await show({ aud: OTHER })];
  const before = { iat: seconds() - 180 };
  yield ['shown three minutes ago', 'not_genuine out_of_time', await show(before)];
  yield ['a nonce of 7 bytes', MALFORMED, await show({ nonce: '1234567' })];
  if (key.kty === 'OKP') {
    yield ['the newer name of the algorithm', 'allowed', await show({}, { alg: 'Ed25519' })];
  }
}

/** What the library issues rightly and wrongly, bound by it too. */
async function* issued(peer, { claims, ops, key, host }) {
  const at = seconds();
  const made = { ...claims, iat: at, exp: at + 30 * DAY, cnf: { jwk: shared(key) } };
  const show = async (more = {}, jwk = ops, header = {}) =>
    peer.binds(await peer.issues({ ...made, ...more }, jwk, header), saying(host), key);
  const stranger = await newKey('Ed25519');
  const kid = await thumbprint(ops);
  yield ['issued by jose', 'allowed', await show()];
  yield ['the newer name', 'allowed', await show({}, ops, { alg: 'Ed25519' })];
  yield ['another typ', MALFORMED, await show({}, ops, { typ: 'JWT' })];
  yield ['issued by another key', MALFORMED, await show({}, stranger, { kid })];
  yield ['issued by P-256', MALFORMED, await show({}, await newKey('P-256'), { kid })];
  yield ['a key of its own name', 'not_genuine unknown_home', await show({}, stranger)];
  const past = { iat: at - 2 * DAY, exp: at - DAY };
  yield ['a passport of yesterday', 'expired', await show(past)];
  yield ['31 days', MALFORMED, await show({ exp: at + 31 * DAY })];
}

/** One character changed at a time: none is let in, and the whole one still is. */
async function altered(shown, desk) {
  for (let at = 0; at < shown.length; at += STEP) {
    if (!'.~'.includes(shown[at])) {
      const { answer } = await desk.says(written(changed(shown, at)));
      desk.count.that(answer.startsWith('not_genuine'), `changed at ${at}: ${answer}`);
    }
  }
  await desk.must(written(shown), 'allowed', 'the same, not changed');
}

export async function live(home, host, opsFile, token, code) {
  const [count, peer] = [new Count(), new Jose()];
  const desk = new Desk(host, token, count);
  const ops = JSON.parse(readFileSync(opsFile, 'utf8'));
  const keys = [await newKey('Ed25519'), await newKey('P-256')];
  const { passports } = await send(`${home}/api/v1/enrol`, { code, jwks: keys.map(shared) });
  const by = await published(peer, home, count);
  for (const [which, given] of passports.entries()) {
    const [text] = given.split('~');
    const key = keys[which];
    const what = `passport ${which}`;
    await judged(peer, { text, key: by[partOf(text, 0).kid], what }, count);
    const show = async () => written(await peer.binds(`${text}~`, saying(host), key));
    await desk.comesTo(show, 'allowed');
    const shown = await peer.binds(`${text}~`, saying(host), key);
    const found = await peer.opens(shown.split('~')[1], key);
    count.that(found !== null, 'its own key binding');
    await altered(shown, desk);
    await desk.must(written(shown), 'already_used', 'the same again');
    const { _sd, _sd_alg, ...claims } = claimsOf(text);
    const made = { ...claims, cnf: { jwk: shared(key) } };
    for await (const [what, expected, shown] of issued(peer, { claims, ops, key, host })) {
      await desk.must(written(shown), expected, what);
    }
    const passport = await peer.issues(made, ops);
    for await (const [what, expected, shown] of bound(peer, passport, key, host)) {
      await desk.must(written(shown), expected, what);
    }
  }
  return { live_by_jose: count.number };
}
