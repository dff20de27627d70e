#!/usr/bin/env python3
"""Reads the codes that the page draws by PyPI `zxing-cpp`, and what they carry by Python.

Nothing here comes from the page: `specs/passport.md`, section 4, and RFC 9285 were read.
Standard input is what `draw_codes.mjs` writes. Every picture must be read as its text, at
the level and in the version that was said; every packed presentation must be the one that
it was made of.

One code of each version that is shown is read again as a desk's camera has it: turned by some degrees, blurred,
with noise on it, and all three at once.

Negative control: each picture with a third of its modules turned over must not be read, nor
one that is blurred until nobody could read it.

Usage: node draw_codes.mjs PASSPORT_VECTORS | read_codes.py
"""

import base64
import json
import random
import sys
import zlib

import numpy
import zxingcpp
from PIL import Image, ImageFilter

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
PIXELS = 3
QUIET = 4
# As a camera has it: pixels to a module, degrees, the blur's radius in pixels, and the spread
# of the noise of which white is 255.
CAMERA_PIXELS = 6
TURNED = (7, 200)
BLURRED = 2.5
NOISE = 30
# A blur of three modules leaves nothing.
UNREADABLE = 18
# No larger code is shown without a disclosure (`specs/passport.md`, section 4).
VIEWED_VERSION_MAX = 23
# The most alphanumeric characters of some versions (ISO/IEC 18004, table 7).
MOST = {
    ("L", 1): 25,
    ("L", 9): 335,
    ("L", 10): 395,
    ("L", 26): 1990,
    ("L", 27): 2132,
    ("L", 40): 4296,
    ("M", 1): 20,
    ("M", 20): 970,
    ("M", 40): 3391,
}


def require(holds, what) -> None:
    if not holds:
        sys.exit(f"does not hold: {what}")


def picture(rows):
    modules = numpy.array([[0 if it == "1" else 255 for it in row] for row in rows])
    quiet = numpy.pad(modules, QUIET, constant_values=255)
    return numpy.kron(quiet, numpy.ones((PIXELS, PIXELS))).astype(numpy.uint8)


def read(rows):
    found = zxingcpp.read_barcodes(picture(rows), formats=zxingcpp.BarcodeFormat.QRCode)
    return found[0] if found else None


def as_seen(rows, degrees, blur, noise, dice):
    """A picture as a camera has it, in front of something grey."""
    seen = Image.fromarray(picture(rows)).resize(
        [len(picture(rows)) * CAMERA_PIXELS // PIXELS] * 2, Image.Resampling.NEAREST
    )
    seen = seen.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=160)
    seen = numpy.array(seen.filter(ImageFilter.GaussianBlur(blur)), dtype=float)
    seen += numpy.random.default_rng(dice.getrandbits(32)).normal(0, noise, seen.shape)
    found = zxingcpp.read_barcodes(
        seen.clip(0, 255).astype(numpy.uint8), formats=zxingcpp.BarcodeFormat.QRCode
    )
    return found[0].text if found else None


def views(rows, dice):
    """What is read of a code in each view."""
    views = [(degrees, 0, 0) for degrees in TURNED]
    views += [(0, BLURRED, 0), (0, 0, NOISE)]
    views += [(degrees, BLURRED / 2, NOISE / 3) for degrees in TURNED]
    return {view: as_seen(rows, *view, dice) for view in views}


def spoilt(rows, dice):
    turned = {"0": "1", "1": "0"}
    return [
        "".join(turned[it] if dice.random() < 1 / 3 else it for it in row) for row in rows
    ]


def from_base45(text: str) -> bytes:
    data = bytearray()
    for at in range(0, len(text), 3):
        group = [ALPHABET.index(it) for it in text[at : at + 3]]
        number = sum(digit * 45**power for power, digit in enumerate(group))
        data += number.to_bytes(len(group) - 1, "big")
    return bytes(data)


def unpacked(text: str) -> str:
    require(text.startswith("ESC1:"), "the prefix")
    inflating = zlib.decompressobj()
    framed = inflating.decompress(from_base45(text[5:]), 4096)
    require(inflating.eof and not inflating.unused_data, "zlib ends where the text ends")
    parts = []
    while framed:
        length = int.from_bytes(framed[:2], "big")
        part, framed = framed[2 : 2 + length], framed[2 + length :]
        require(len(part) == length, "a part is whole")
        parts.append(base64.urlsafe_b64encode(part).rstrip(b"=").decode())
    require(6 <= len(parts) <= 9, "six parts, and one for each disclosure")
    return "~".join([".".join(parts[:3]), *parts[3:-3], ".".join(parts[-3:])])


def main() -> None:
    dice = random.Random(20261119)
    codes, packed, groups, seen, viewed = 0, 0, 0, set(), 0
    for line in sys.stdin:
        item = json.loads(line)
        if item["kind"] == "code":
            said = f"{item['level']} version {item['version']}, {len(item['text'])} characters"
            found = read(item["rows"])
            require(found is not None, f"zxing-cpp reads {said}")
            require(found.text == item["text"], f"the text of {said}")
            require(found.ec_level == item["level"], f"the level of {said}")
            require(len(item["rows"]) == 17 + 4 * item["version"], f"the size of {said}")
            control = read(spoilt(item["rows"], dice))
            require(control is None or control.text != item["text"], f"spoilt: {said}")
            kind = (item["level"], item["version"])
            if item["version"] <= VIEWED_VERSION_MAX and kind not in seen:
                for view, text in views(item["rows"], dice).items():
                    require(text == item["text"], f"{said}, as seen {view}")
                    viewed += 1
                blind = as_seen(item["rows"], 0, UNREADABLE, 0, dice)
                require(blind is None, f"nothing is seen of {said}")
            seen.add(kind)
            codes += 1
        elif item["kind"] == "capacity":
            most = MOST.get((item["level"], item["version"]), item["most"])
            require(item["most"] == most, f"at most {most}, not {item['most']}")
        elif item["kind"] == "base45":
            require(from_base45(item["text"]).hex() == item["bytes"], item["text"])
            require(item["isBack"], f"{item['text']} is read back")
            groups += 1
        else:
            require(unpacked(item["text"]) == item["presentation"], item["text"])
            packed += 1
    require(len(seen) == 80, "both levels of all forty versions")
    require(viewed == 2 * VIEWED_VERSION_MAX * 6, "six views of each code that is shown")
    require(groups == 64 and packed > 0, "base45 and packed presentations")
    print(f"count: presentations_by_python {packed}")
    print(f"count: codes_by_zxing {codes}")
    print(f"count: codes_as_seen_by_zxing {viewed}")


if __name__ == "__main__":
    main()
