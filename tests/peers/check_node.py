#!/usr/bin/env python3
"""Judges what running nodes sign, by PyPI `jwcrypto`, from the label's root key down.

Nothing here comes from the Rust code: `specs/trust.md`, `specs/feed.md` and OpenID
Federation 1.0 were read. From the root key alone: the anchor statement, the coordinator's
Entity Configuration, statement and feed, a space's Entity Configuration and feed, and what
every federation endpoint answers, fetched over HTTP.

Negative control: every document that holds is changed in one place, and must be refused.

Usage: check_node.py ROOT_X COORDINATOR SPACE
"""

import hashlib
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from judging import Count, decode, encode

CONFIGURATION = "entity-statement+jwt"


COUNT = Count()


def sha256(*parts: bytes) -> str:
    return encode(hashlib.sha256(b"".join(parts)).digest())


def fetch(url: str, media_type: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:
        found = answer.headers["Content-Type"]
        COUNT.that(found == media_type, f"{url} is {found}")
        return answer.read()


def refused(url: str, form=None) -> tuple:
    """The status and code of an error object (OpenID Federation 1.0, section 8.9)."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=20)
    except urllib.error.HTTPError as answer:
        COUNT.that(answer.headers["Content-Type"] == "application/json", f"{url}: an error object")
        told = json.loads(answer.read())
        COUNT.that(set(told) == {"error", "error_description"}, f"{url}: {told}")
        return answer.code, told["error"]
    return None


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


def judge_endpoints(coordinator: str, space: str, fed: list, own, theirs: str) -> None:
    """What the coordinator's metadata names, asked as the standard says."""
    endpoints = own["metadata"]["federation_entity"]
    at = lambda name: endpoints[f"federation_{name}_endpoint"]
    ask = lambda name, media_type, **query: fetch(
        f"{at(name)}?{urllib.parse.urlencode(query)}", media_type
    ).decode()
    (label, issuers), *others = own["trust_mark_issuers"].items()
    COUNT.that((issuers, others) == ([coordinator], []), "who issues the label")

    mark = ask("trust_mark", "application/trust-mark+jwt", trust_mark_type=label, sub=space)
    claims = open_document(mark, fed, "trust-mark+jwt")
    COUNT.that((claims["sub"], claims["trust_mark_type"]) == (space, label), "whose mark")
    shown = theirs["trust_marks"]
    COUNT.that(shown == [{"trust_mark_type": label, "trust_mark": mark}], "the space shows it")

    for query in ({}, {"trust_marked": "true"}, {"trust_mark_type": label}, {"entity_type": "escale_node"}):
        COUNT.that(json.loads(ask("list", "application/json", **query)) == [space], f"listed: {query}")
    for query in ({"intermediate": "true"}, {"trust_mark_type": "x"}, {"entity_type": "openid_provider"}):
        COUNT.that(json.loads(ask("list", "application/json", **query)) == [], f"not listed: {query}")
    marked = json.loads(ask("trust_mark_list", "application/json", trust_mark_type=label))
    COUNT.that(marked == [space], "who bears the label")

    resolved = ask("resolve", "application/resolve-response+jwt", sub=space, trust_anchor=coordinator)
    resolved = open_document(resolved, fed, "resolve-response+jwt")
    COUNT.that((resolved["iss"], resolved["sub"]) == (coordinator, space), "who was resolved")
    COUNT.that(resolved["metadata"] == theirs["metadata"], "what it says of itself")
    COUNT.that(resolved["trust_marks"] == shown, "its mark")
    first, second, third = resolved["trust_chain"]
    anchor = configuration_of(coordinator, third, fed)
    statement = open_document(second, keys_of(anchor["jwks"]), CONFIGURATION)
    COUNT.that((statement["iss"], statement["sub"]) == (coordinator, space), "who about whom")
    leaf = configuration_of(space, first, keys_of(statement["jwks"]))
    COUNT.that(coordinator in leaf["authority_hints"], "its superior")
    ends = [it["exp"] for it in (leaf, statement, anchor, claims)]
    COUNT.that(resolved["exp"] == min(ends), "until when it holds")

    def status(text: str) -> str:
        form = urllib.parse.urlencode({"trust_mark": text}).encode()
        request = urllib.request.Request(at("trust_mark_status"), data=form)
        answer = urllib.request.urlopen(request, timeout=20)
        media_type = "application/trust-mark-status-response+jwt"
        COUNT.that(answer.headers["Content-Type"] == media_type, "a status")
        told = open_document(answer.read().decode(), fed, "trust-mark-status-response+jwt")
        COUNT.that((told["iss"], told["trust_mark"]) == (coordinator, text), "the status of this mark")
        return told["status"]

    COUNT.that(status(mark) == "active", "an active mark")
    for changed in altered(mark):
        COUNT.that(status(changed) == "invalid", "an altered mark")

    keys = fetch(at("historical_keys"), "application/jwk-set+jwt").decode()
    keys = open_document(keys, fed, "jwk-set+jwt")
    COUNT.that((keys["iss"], keys["keys"]) == (coordinator, []), "no former keys")

    stranger = JWS(json.dumps({"iss": coordinator}))
    key = JWK.generate(kty="OKP", crv="Ed25519")
    header = {"alg": "EdDSA", "kid": key.thumbprint(), "typ": "trust-mark+jwt"}
    stranger.allowed_algs = ["EdDSA"]
    stranger.add_signature(key, alg="EdDSA", protected=json.dumps(header))
    query = lambda name, **words: f"{at(name)}?{urllib.parse.urlencode(words)}"
    other = "https://other.example"
    for url, form, expected in (
        (at("fetch"), None, (400, "invalid_request")),
        (query("fetch", sub=coordinator), None, (400, "invalid_request")),
        (query("fetch", sub=other), None, (404, "not_found")),
        (query("list", trust_marked="perhaps"), None, (400, "invalid_request")),
        (query("resolve", sub=space), None, (400, "invalid_request")),
        (query("resolve", sub=space, trust_anchor=other), None, (404, "invalid_trust_anchor")),
        (query("resolve", sub=other, trust_anchor=coordinator), None, (404, "not_found")),
        (query("resolve", sub=coordinator, trust_anchor=coordinator), None, (404, "invalid_subject")),
        (query("trust_mark", trust_mark_type=label, sub=other), None, (404, "not_found")),
        (query("trust_mark", trust_mark_type="x", sub=space), None, (404, "not_found")),
        (at("trust_mark_list"), None, (400, "invalid_request")),
        (at("trust_mark_status"), {"trust_mark": "x"}, (400, "invalid_request")),
        (at("trust_mark_status"), {}, (400, "invalid_request")),
        (at("trust_mark_status"), {"trust_mark": stranger.serialize(compact=True)}, (404, "not_found")),
    ):
        COUNT.that(refused(url, form) == expected, f"{url} is {expected}")


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

    judge_endpoints(coordinator, space, fed, own, theirs)

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
