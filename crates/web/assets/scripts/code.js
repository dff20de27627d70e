/* The text that a code carries: a presentation in the alphabet of a QR code.
 *
 * Invariant: a text leaves this file only after it was read back and found to stand for
 * the presentation that it was made of.
 *
 * Specified in `specs/passport.md`, section 4; base45 in RFC 9285, zlib in RFC 1950.
 */

const PREFIX = "ESC1:";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/** Parts of a presentation that discloses nothing, and of one that discloses everything. */
const [PARTS_MIN, PARTS_MAX] = [6, 9];
/** Characters of a code (`CODE_CHARS_MAX`). */
const CODE_CHARS_MAX = 4296;
/** Bytes of a presentation, and of what a code inflates to (`PRESENTATION_BYTES_MAX`). */
const PRESENTATION_BYTES_MAX = 4096;

/** The code of a presentation. Throws a RangeError where the two do not stand for each other. */
export async function pack(presentation) {
  const parts = presentation.split(/[.~]/).map(fromBase64Url);
  const framed = parts.flatMap((part) => [part.length >> 8, part.length & 0xff, ...part]);
  const squeezed = await through(new Uint8Array(framed), new CompressionStream("deflate"));
  const code = PREFIX + base45(squeezed);
  const isWithin = code.length <= CODE_CHARS_MAX && framed.length <= PRESENTATION_BYTES_MAX;
  if (!isWithin || (await unpack(code)) !== presentation) {
    throw new RangeError("this presentation has no code");
  }
  return code;
}

/** The presentation that a code of our own stands for. */
async function unpack(code) {
  const squeezed = fromBase45(code.slice(PREFIX.length));
  const framed = await through(squeezed, new DecompressionStream("deflate"));
  const parts = [];
  for (let at = 0; at < framed.length; ) {
    const end = at + 2 + framed[at] * 256 + framed[at + 1];
    parts.push(base64Url(framed.subarray(at + 2, end)));
    at = end;
  }
  const isWhole = parts.length >= PARTS_MIN && parts.length <= PARTS_MAX;
  const [passport, disclosed, binding] = [parts.slice(0, 3), parts.slice(3, -3), parts.slice(-3)];
  return isWhole ? [passport.join("."), ...disclosed, binding.join(".")].join("~") : null;
}

/** Bytes in base64url without padding. */
export function base64Url(bytes) {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes of a base64url. */
export function fromBase64Url(text) {
  const usual = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(usual), (it) => it.charCodeAt(0));
}

/** Two bytes as three characters, a single last one as two, lowest digit first. */
export function base45(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2) {
    const isPair = at + 1 < bytes.length;
    let number = isPair ? bytes[at] * 256 + bytes[at + 1] : bytes[at];
    for (let digit = 0; digit < (isPair ? 3 : 2); digit += 1) {
      text += ALPHABET[number % 45];
      number = Math.floor(number / 45);
    }
  }
  return text;
}

/** The bytes of a base45. Throws a RangeError for groups that stand for no bytes. */
export function fromBase45(text) {
  const bytes = [];
  for (let at = 0; at < text.length; at += 3) {
    const digits = Array.from(text.slice(at, at + 3), (it) => ALPHABET.indexOf(it));
    const number = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    const most = [-1, 0xff, 0xffff][digits.length - 1];
    if (digits.includes(-1) || number > most) {
      throw new RangeError("not base45");
    }
    bytes.push(...(digits.length === 3 ? [number >> 8, number & 0xff] : [number]));
  }
  return new Uint8Array(bytes);
}

async function through(bytes, stream) {
  const piped = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}
