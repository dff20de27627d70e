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

import { judgeBy } from './passport_peer.mjs';
import { live, takenBack } from './passports_live.mjs';
import { vectors } from './passports_vectors.mjs';

await judgeBy({ vectors, live, taken_back: takenBack });
