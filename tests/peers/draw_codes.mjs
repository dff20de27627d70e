/* Draws codes of deterministic texts by the page's own scripts, one JSON a line.
 *
 * Each line has a text, and the code's rows as `0` and `1`, or a presentation and the text
 * that it is packed into. `read_codes.py` judges them.
 *
 * Usage: node draw_codes.mjs PASSPORT_VECTORS | python read_codes.py
 */

import { readFileSync } from "node:fs";

import { base45, fromBase45, pack } from "../../crates/web/assets/scripts/code.js";
import { qrCode } from "../../crates/web/assets/scripts/qr.js";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const VERSIONS = 40;

/** Numbers that look drawn at random, and are the same each time. */
let state = 20261119;
function drawn(below) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function textOf(length) {
  return Array.from({ length }, () => ALPHABET[drawn(ALPHABET.length)]).join("");
}

function draw(text, level) {
  const code = qrCode(text, level);
  const each = Array.from({ length: code.size }, (_, at) => at);
  const rows = each.map((y) => each.map((x) => (code.isDark(x, y) ? "1" : "0")).join(""));
  say({ kind: "code", text, level, version: code.version, rows });
}

/** The longest text of each version, found by asking. */
function longest(version, level, least) {
  let [fits, over] = [least - 1, least + 256];
  while (over - fits > 1) {
    const middle = Math.floor((fits + over) / 2);
    let isWithin = false;
    try {
      isWithin = qrCode("A".repeat(middle), level).version <= version;
    } catch {
      // No version holds it.
    }
    [fits, over] = isWithin ? [middle, over] : [fits, middle];
  }
  return fits;
}

for (const level of ["L", "M"]) {
  let least = 1;
  for (let version = 1; version <= VERSIONS; version += 1) {
    const most = longest(version, level, least);
    const between = Array.from({ length: 2 }, () => least + drawn(most - least + 1));
    for (const length of new Set([least, most - 1, most, ...between])) {
      draw(textOf(length), level);
    }
    say({ kind: "capacity", version, level, most });
    least = most + 1;
  }
}
// Texts of one character make the masks work hardest.
for (const one of "0A:/") {
  draw(one.repeat(300), "L");
}

for (let length = 0; length < 64; length += 1) {
  const bytes = Uint8Array.from({ length }, () => drawn(256));
  const text = base45(bytes);
  const isBack = fromBase45(text).every((byte, at) => byte === bytes[at]);
  say({ kind: "base45", bytes: Buffer.from(bytes).toString("hex"), text, isBack });
}

const vectors = JSON.parse(readFileSync(process.argv[2], "utf8"));
for (const { presentation, expected } of vectors.presentations) {
  // The page shows no passport on paper.
  if (expected === "ok" && !presentation.endsWith("~")) {
    const text = await pack(presentation);
    say({ kind: "packed", presentation, text });
    draw(text, "L");
  }
}
