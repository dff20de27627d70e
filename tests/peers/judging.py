"""What judges in Python share: they count, and read base64url."""

import base64
import sys


class Count:
    """Counts what was judged; ends at the first thing that is not as it should be."""

    def __init__(self):
        self.number = 0

    def that(self, holds, what) -> None:
        self.number += 1
        if not holds:
            sys.exit(f"does not hold: {what}")

    def same(self, found, expected, what) -> None:
        self.that(found == expected, f"{what}: {str(found)[:500]}, not {str(expected)[:500]}")


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
