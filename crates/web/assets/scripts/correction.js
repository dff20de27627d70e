/* Reed-Solomon codewords: what lets a scanner read a code that is dirty or lit badly.
 *
 * Invariant: polynomials are lists of coefficients, the highest power first; the leading 1
 * of a generator is not written.
 *
 * Specified in ISO/IEC 18004, section 7.5 and annex A.
 */

/** The product in the field of 256 elements whose modulus is x⁸ + x⁴ + x³ + x² + 1. */
function times(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ (product & 0x80 ? 0x11d : 0);
    product ^= (b >> bit) & 1 ? a : 0;
  }
  return product;
}

/** The polynomial with the roots 2⁰, 2¹ … 2ⁿ⁻¹, highest power first, without its 1. */
export function generator(degree) {
  let polynomial = [1];
  for (let power = 0, root = 1; power < degree; power += 1, root = times(root, 2)) {
    const shifted = [...polynomial, 0];
    polynomial = shifted.map((it, at) => it ^ (at > 0 ? times(polynomial[at - 1], root) : 0));
  }
  return polynomial.slice(1);
}

/** What is left of a block divided by the generator: its correction codewords. */
export function remainder(words, divisor) {
  const rest = new Array(divisor.length).fill(0);
  for (const word of words) {
    const factor = word ^ rest.shift();
    rest.push(0);
    divisor.forEach((it, at) => {
      rest[at] ^= times(it, factor);
    });
  }
  return rest;
}
