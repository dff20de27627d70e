/* A text as a QR code, and the code as a picture.
 *
 * Alphanumeric mode alone, levels L and M, the smallest version that holds the text.
 * A cell is named by column and row from the upper left corner.
 *
 * Invariant: the picture is black on white with a quiet zone of four modules, by day
 * and by night: a scanner has no other way of finding it.
 *
 * Specified in ISO/IEC 18004; what the text is, in `specs/passport.md`, section 4.
 */

import { generator, remainder } from "./correction.js";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const ALPHANUMERIC_MODE = 0b0010;
const VERSION_MAX = 40;
const QUIET_MODULES = 4;

/** Of each level: its two bits, and by version the error correction codewords of a block
 * and the number of blocks (ISO/IEC 18004, table 9). */
const LEVELS = {
  L: {
    bits: 0b01,
    correction: [
      7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30,
      30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    blocks: [
      1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14,
      15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25,
    ],
  },
  M: {
    bits: 0b00,
    correction: [
      10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28,
      28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ],
    blocks: [
      1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25,
      26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
    ],
  },
};

/** Which cells a mask turns over, by column and row. */
const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** The code of a text: its version, how many modules wide it is, and which are dark.
 * Throws a RangeError for a text that no version holds, or outside the alphabet. */
export function qrCode(text, level) {
  for (let version = 1; version <= VERSION_MAX; version += 1) {
    const grid = withPatterns(version);
    const bytes = Math.floor(grid.taken.filter((it) => it === 0).length / 8);
    const blocks = blocksOf(version, level, bytes);
    const data = dataOf(text, version, blocks.reduce((sum, it) => sum + it.data, 0));
    if (data !== null) {
      place(grid, interleaved(data, blocks));
      return best(grid, version, level);
    }
  }
  throw new RangeError("no code is large enough for this text");
}

/** The picture of a code, which stretches to the width it is given. */
export function drawing(code, document) {
  const whole = code.size + 2 * QUIET_MODULES;
  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return element;
  };
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0, from = 0; x < code.size; x += 1) {
      if (code.isDark(x, y) && !(x + 1 < code.size && code.isDark(x + 1, y))) {
        const wide = x + 1 - from;
        path += `M${from + QUIET_MODULES} ${y + QUIET_MODULES}h${wide}v1h-${wide}z`;
      }
      from = code.isDark(x, y) ? from : x + 1;
    }
  }
  const root = svg("svg", {
    viewBox: `0 0 ${whole} ${whole}`,
    "shape-rendering": "crispEdges",
    focusable: "false",
  });
  root.append(
    svg("rect", { width: whole, height: whole, fill: "#ffffff" }),
    svg("path", { d: path, fill: "#000000" }),
  );
  return root;
}

/** The data codewords of a text; `null` where it is too long for `bytes` of them. */
function dataOf(text, version, bytes) {
  const values = Array.from(text, (it) => ALPHABET.indexOf(it));
  if (values.includes(-1)) {
    throw new RangeError("a character outside the alphanumeric mode");
  }
  const countBits = version < 10 ? 9 : version < 27 ? 11 : 13;
  let bits = binary(ALPHANUMERIC_MODE, 4) + binary(values.length, countBits);
  for (let at = 0; at < values.length; at += 2) {
    const isPair = at + 1 < values.length;
    bits += isPair ? binary(values[at] * 45 + values[at + 1], 11) : binary(values[at], 6);
  }
  if (bits.length > bytes * 8 || values.length >= 2 ** countBits) {
    return null;
  }
  bits += "0".repeat(Math.min(4, bytes * 8 - bits.length));
  bits += "0".repeat((8 - (bits.length % 8)) % 8);
  const data = (bits.match(/.{8}/g) ?? []).map((it) => parseInt(it, 2));
  for (let pad = 0xec; data.length < bytes; pad ^= 0xec ^ 0x11) {
    data.push(pad);
  }
  return data;
}

function binary(number, width) {
  return number.toString(2).padStart(width, "0");
}

/** How many codewords of data and of correction each block has, the short ones first. */
function blocksOf(version, level, bytes) {
  const count = LEVELS[level].blocks[version - 1];
  const correction = LEVELS[level].correction[version - 1];
  const short = Math.floor(bytes / count);
  const isLong = (index) => index >= count - (bytes % count);
  return Array.from({ length: count }, (_, index) => ({
    data: short + (isLong(index) ? 1 : 0) - correction,
    correction,
  }));
}

/** The codewords of all blocks in the order in which they are placed. */
function interleaved(data, blocks) {
  let from = 0;
  const parts = blocks.map((block) => {
    const words = data.slice(from, from + block.data);
    from += block.data;
    return { words, rest: remainder(words, generator(block.correction)) };
  });
  const inTurn = (lists) => {
    const longest = Math.max(...lists.map((list) => list.length));
    const turn = (index) => lists.filter((it) => index < it.length).map((it) => it[index]);
    return Array.from({ length: longest }, (_, index) => turn(index)).flat();
  };
  return [...inTurn(parts.map((it) => it.words)), ...inTurn(parts.map((it) => it.rest))];
}

/** A grid with everything that is the same in each code of its version; what format and
 * mask decide is taken, and still light. */
function withPatterns(version) {
  const size = 17 + 4 * version;
  const grid = { size, dark: new Uint8Array(size * size), taken: new Uint8Array(size * size) };
  const last = size - 7;
  for (let at = 0; at < size; at += 1) {
    set(grid, at, 6, at % 2 === 0);
    set(grid, 6, at, at % 2 === 0);
  }
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) {
    squares(grid, x, y, 4, (ring) => ring !== 2 && ring !== 4);
  }
  const centres = alignmentCentres(version, last);
  const isInCorner = (x, y) => (x === 6 && (y === 6 || y === last)) || (x === last && y === 6);
  for (const x of centres) {
    for (const y of centres.filter((it) => !isInCorner(x, it))) {
      squares(grid, x, y, 2, (ring) => ring !== 1);
    }
  }
  setFormat(grid, 0);
  for (let bit = 0, bits = versionBits(version); bit < 18 && version >= 7; bit += 1) {
    const [far, near] = [size - 11 + (bit % 3), Math.floor(bit / 3)];
    set(grid, far, near, ((bits >> bit) & 1) === 1);
    set(grid, near, far, ((bits >> bit) & 1) === 1);
  }
  return grid;
}

function set(grid, x, y, isDark) {
  grid.dark[y * grid.size + x] = isDark ? 1 : 0;
  grid.taken[y * grid.size + x] = 1;
}

/** Squares around a centre, as far as they lie in the grid. */
function squares(grid, centreX, centreY, reach, isDark) {
  const isIn = (at) => at >= 0 && at < grid.size;
  for (let y = -reach; y <= reach; y += 1) {
    for (let x = -reach; x <= reach; x += 1) {
      if (isIn(centreX + x) && isIn(centreY + y)) {
        set(grid, centreX + x, centreY + y, isDark(Math.max(Math.abs(x), Math.abs(y))));
      }
    }
  }
}

/** Where alignment patterns stand: evenly from the far edge on; version 32 alone is denser. */
function alignmentCentres(version, last) {
  if (version === 1) {
    return [];
  }
  const gaps = Math.floor(version / 7) + 1;
  const step = version === 32 ? 26 : 2 * Math.ceil((last - 6) / gaps / 2);
  const far = Array.from({ length: gaps }, (_, index) => last - (gaps - 1 - index) * step);
  return [6, ...far];
}

/** A number with the bits of its remainder after it. */
function withCheck(number, divisor, width) {
  let rest = number << width;
  for (let bit = 31 - Math.clz32(rest); bit >= width; bit = 31 - Math.clz32(rest)) {
    rest ^= divisor << (bit - width);
  }
  return (number << width) | rest;
}

function versionBits(version) {
  return withCheck(version, 0x1f25, 12);
}

function setFormat(grid, bits) {
  for (let bit = 0; bit < 15; bit += 1) {
    const isDark = ((bits >> bit) & 1) === 1;
    const near = bit < 6 ? bit : bit < 8 ? bit + 1 : bit === 8 ? 7 : 14 - bit;
    const far = bit < 8 ? grid.size - 1 - bit : grid.size - 15 + bit;
    const [one, two] = bit < 8 ? [[8, near], [far, 8]] : [[near, 8], [8, far]];
    set(grid, ...one, isDark);
    set(grid, ...two, isDark);
  }
  set(grid, 8, grid.size - 8, true);
}

/** Lays codewords into what is free: pairs of columns from the right, up and down in turn,
 * past the column of the timing pattern. */
function place(grid, words) {
  let at = 0;
  for (let right = grid.size - 1, isUp = true; right > 0; right -= 2, isUp = !isUp) {
    right -= right === 6 ? 1 : 0;
    for (let step = 0; step < grid.size; step += 1) {
      const y = isUp ? grid.size - 1 - step : step;
      for (const cell of [y * grid.size + right, y * grid.size + right - 1]) {
        if (grid.taken[cell] === 0) {
          grid.dark[cell] = ((words[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
          at += 1;
        }
      }
    }
  }
}

/** The code under the mask with the least penalty. */
function best(grid, version, level) {
  const masked = MASKS.map((isTurned, mask) => {
    const { size, taken } = grid;
    const turn = (it, at) => it ^ (!taken[at] && isTurned(at % size, Math.floor(at / size)) ? 1 : 0);
    const turned = { size, taken: taken.slice(), dark: grid.dark.map(turn) };
    setFormat(turned, withCheck((LEVELS[level].bits << 3) | mask, 0x537, 10) ^ 0x5412);
    return { dark: turned.dark, penalty: penalty(turned) };
  });
  const { dark } = masked.reduce((least, it) => (it.penalty < least.penalty ? it : least));
  return { version, size: grid.size, isDark: (x, y) => dark[y * grid.size + x] === 1 };
}

/** How hard a code is to read: long runs, squares of one colour, what looks like a finder
 * pattern beside four light modules, and dark far from half. */
function penalty({ size, dark }) {
  const each = Array.from({ length: size }, (_, index) => index);
  const rows = each.map((y) => dark.subarray(y * size, (y + 1) * size).join(""));
  const columns = each.map((x) => each.map((y) => dark[y * size + x]).join(""));
  let sum = 0;
  for (const line of [...rows, ...columns]) {
    sum += (line.match(/0{5,}|1{5,}/g) ?? []).reduce((all, run) => all + run.length - 2, 0);
    sum += 40 * (line.match(/(?=00001011101|10111010000)/g) ?? []).length;
  }
  for (let at = 0; at < size * (size - 1); at += 1) {
    const four = dark[at] + dark[at + 1] + dark[at + size] + dark[at + size + 1];
    sum += at % size < size - 1 && four % 4 === 0 ? 3 : 0;
  }
  const share = dark.reduce((all, it) => all + it, 0) / dark.length;
  return sum + 10 * Math.floor(Math.abs(share - 0.5) * 20);
}
