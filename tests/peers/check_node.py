#!/usr/bin/env python3
"""Judges what running nodes sign, by PyPI `jwcrypto`, from the label's root key down.

Nothing here comes from the Rust code: `specs/trust.md` and `specs/feed.md` were read.
From the root key alone: the anchor statement, the coordinator's Entity Configuration,
statement and feed, and a space's Entity Configuration and feed, fetched over HTTP.

Negative control: every document that holds is changed in one place, and must be refused.

Usage: check_node.py ROOT_X COORDINATOR SPACE
"""

import base64
import hashlib
import json
import sys
import urllib.parse
import urllib.request

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

CONFIGURATION = "entity-statement+jwt"


class Count:
    """Counts what was judged; ends at the first thing that is not as it should be."""

    def __init__(self):
        self.number = 0

    def that(self, holds, what) -> None:
        self.number += 1
        if not holds:
            sys.exit(f"does not hold: {what}")


COUNT = Count()


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha256(*parts: bytes) -> str:
    return encode(hashlib.sha256(b"".join(parts)).digest())


def fetch(url: str, media_type: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:
        found = answer.headers["Content-Type"]
        COUNT.that(found == media_type, f"{url} is {found}")
        return answer.read()


def claims_of(compact: str, keys: list, typ: str):
    """The claims, if one of the keys signed them as a document of this kind."""
    token = JWS()
    token.allowed_algs = ["EdDSA", "Ed25519"]
    try:
        token.deserialize(compact)
        header = json.loads(token.objects["protected"])
        if header.get("typ") != typ:
            return None
        by_thumbprint = {key.thumbprint(): key for key in keys}
        if header.get("kid") not in by_thumbprint:
            return None
        token.verify(by_thumbprint[header["kid"]])
        return json.loads(token.payload)
    except (JWException, ValueError, KeyError, TypeError):
        return None


def altered(compact: str):
    """The same with one character changed: in the claims, in the signature."""
    header, claims, signature = compact.split(".")
    for part in (claims, signature):
        at = len(part) // 2
        other = "B" if part[at] == "A" else "A"
        changed = part[:at] + other + part[at + 1 :]
        yield compact.replace(part, changed)


def open_document(compact: str, keys: list, typ: str):
    """The claims of a document that holds, and that holds no more when it is altered."""
    claims = claims_of(compact, keys, typ)
    COUNT.that(claims is not None, f"a document of kind {typ}: {compact[:80]}")
    for changed in altered(compact):
        COUNT.that(claims_of(changed, keys, typ) is None, f"{typ}, altered, is refused")
    COUNT.that(claims_of(compact, [JWK.generate(kty="OKP", crv="Ed25519")], typ) is None, "a stranger's key")
    COUNT.that(claims_of(compact, keys, "JWT") is None, f"{typ} as another kind")
    return claims


def keys_of(jwks) -> list:
    return [JWK(kty=key["kty"], crv=key["crv"], x=key["x"]) for key in jwks["keys"]]


def configuration_of(entity: str, compact: str, fed: list):
    claims = open_document(compact, fed, CONFIGURATION)
    COUNT.that((claims["iss"], claims["sub"]) == (entity, entity), "about itself")
    return claims


def ops_of(configuration) -> list:
    return keys_of(configuration["metadata"]["escale_node"]["jwks"])


def read_feed(at: str, entity: str, ops: list) -> list:
    """The records of a feed, each signed, chained, with its body; and the head over all."""
    records, previous, head = [], None, None
    while True:
        query = urllib.parse.urlencode({"entity": entity, "epoch": 1, "after": len(records), "limit": 5})
        page = json.loads(fetch(f"{at}/federation/v1/feed?{query}", "application/escale-feed+json"))
        head = page["head"]
        if not page["records"]:
            break
        for sent in page["records"]:
            record = open_document(sent["record"], ops, "escale-record+jwt")
            place = (record["iss"], record["epoch"], record["seq"])
            COUNT.that(place == (entity, 1, len(records) + 1), f"its place: {place}")
            COUNT.that(record.get("prev") == previous, "it follows the one before")
            if "body" in sent:
                digest = sha256(decode(sent["salt"]), sent["body"].encode())
                COUNT.that(digest == record["body_sha256"], "its body")
                other = sha256(decode(sent["salt"]), sent["body"].encode() + b" ")
                COUNT.that(other != record["body_sha256"], "another body is refused")
            previous = sha256(sent["record"].encode())
            records.append((record, sent.get("body")))
    head = open_document(head, ops, "escale-head+jwt")
    COUNT.that((head["iss"], head["seq"]) == (entity, len(records)), "the head's place")
    COUNT.that(head["hash"] == previous, "the head covers the last record")
    return records


def main() -> int:
    root_x, coordinator, space = sys.argv[1:]
    root = [JWK(kty="OKP", crv="Ed25519", x=root_x)]
    anchor = fetch(f"{coordinator}/federation/v1/anchor", "application/escale-anchor+jwt").decode()
    anchor = open_document(anchor, root, "escale-anchor+jwt")
    COUNT.that(anchor["iss"] == coordinator, "the anchor is for this coordinator")
    fed = keys_of(anchor["jwks"])

    media_type = f"application/{CONFIGURATION}"
    configuration = lambda entity: fetch(f"{entity}/.well-known/openid-federation", media_type).decode()
    own = configuration_of(coordinator, configuration(coordinator), fed)
    query = urllib.parse.urlencode({"sub": space})
    statement = fetch(f"{coordinator}/federation/fetch?{query}", media_type).decode()
    statement = open_document(statement, fed, CONFIGURATION)
    COUNT.that((statement["iss"], statement["sub"]) == (coordinator, space), "who about whom")
    theirs = configuration_of(space, configuration(space), keys_of(statement["jwks"]))

    register = read_feed(coordinator, coordinator, ops_of(own))
    marks = [body for record, body in register if record["kind"] == "trust-mark"]
    COUNT.that(marks, "a trust mark")
    mark = open_document(marks[-1], fed, "trust-mark+jwt")
    COUNT.that((mark["iss"], mark["sub"]) == (coordinator, space), "whose mark")
    said = read_feed(space, space, ops_of(theirs))
    COUNT.that(any(record["kind"] == "formula" for record, _ in said), "a formula")
    # What a partner passes on is what the author signed.
    COUNT.that(read_feed(coordinator, space, ops_of(theirs)) == said, "passed on as it is")
    print(f"count: live_by_jwcrypto {COUNT.number}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
