"""Reads the one QR code in a picture, as a scanner at a desk does.

Usage: python read_picture.py PICTURE.png

Prints the code's version and error correction level, then its text. Fails where the
picture shows no code, or several.
"""

import sys

import zxingcpp
from PIL import Image


def main() -> None:
    found = zxingcpp.read_barcodes(Image.open(sys.argv[1]).convert("L"))
    if len(found) != 1:
        sys.exit(f"{len(found)} codes in the picture")
    (code,) = found
    print(code.format, code.ec_level)
    print(code.text)


if __name__ == "__main__":
    main()
