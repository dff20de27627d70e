// Judges our passports by npm's `@sd-jwt` packages, and has theirs judged by a desk.
//
// Usage, with ESCALE_PEERS_NODE_MODULES naming the folder of the packages:
//   check_passports.mjs vectors [FILE]
//   check_passports.mjs live HOME HOST OPS_KEY_FILE DESK_TOKEN CODE CODE KEPT_FILE
//   check_passports.mjs taken_back HOME HOST DESK_TOKEN KEPT_FILE
//
// `live` enrols an Ed25519 key by the first code and a P-256 key by the second, and keeps
// both in KEPT_FILE. For `taken_back` the first member is paused, and the second's
// passports are revoked.
//
// Ends with a line at the first thing that does not hold, negative controls included.

import { live, takenBack } from './passports_live.mjs';
import { vectors } from './passports_vectors.mjs';

const MODES = { vectors, live, taken_back: takenBack };
const [mode, ...words] = process.argv.slice(2);
try {
  if (!MODES[mode]) {
    throw new Error(`no mode of this name: ${mode}`);
  }
  const counted = await MODES[mode](...words);
  for (const [name, number] of Object.entries(counted)) {
    console.log(`count: ${name} ${number}`);
  }
} catch (error) {
  console.error(error.message.startsWith('does not hold') ? error.message : error);
  process.exitCode = 1;
}
