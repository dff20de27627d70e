#!/usr/bin/env python3
"""Judges what we sign by PyPI `joserfc` and `sd-jwt`, and has theirs judged by a desk.

Usage:
  check_jose.py vectors [credulous | credulous_sd_jwt]
  check_jose.py live HOME HOST OPS_KEY_FILE DESK_TOKEN CODE

`live` enrols an Ed25519 and a P-256 key by the code. `credulous` puts a peer that takes
everything in the place of one of them: it must be found out.

Ends with a line at the first thing that does not hold, negative controls included.
"""

import json
import sys
from pathlib import Path

import jose_peers
from jose_live import live
from jose_peers import changed, part_of, sha256
from judging import Count

VECTORS = Path(__file__).resolve().parents[2] / "specs" / "vectors"
HOST = "https://grenoble.example"
AUDIENCES = {"to the home, by its member": "https://le-mug.example/api/v1/member"}

# What `joserfc` does not look at: claims are its caller's, and so is `typ`.
CLAIMS = ("seal_json", "seal_malformed")
TAKEN_DOCUMENTS = {
    "a header with crit = []",
    "a header with b64 = true",
    "a header with cty = \"json\"",
    "a header with jku = \"https://thief.example/key\"",
    "a header with x5u = \"https://thief.example/key\"",
    "a header with x5c = []",
    "no claims",
    "a header with a name twice",
    "a header with typ = \"trust-mark+jwt\"",
    "a header with typ = \"JWT\"",
    "a header with typ = \"Escale-Head+JWT\"",
    "a header with typ = \"application/escale-head+jwt\"",
    "a header with typ = \"escale-head+jwt \"",
    "a header without typ",
    "longer than its kind may be",
}
# It takes a key in the header for nothing: the one that it is given counts.
TAKEN_BEGINNING = "a header with jwk = "

# What `sd-jwt` does not look at: claims of this profile, time, what a salt or a nonce is,
# other headers, disclosures of no digest (RFC 9901, section 7.3), how base64url is spelt.
TAKEN_PASSPORTS = {
    "another type of passport",
    "no name",
    "41 characters",
    "more left",
    "no month",
    "no time",
    "7 bytes",
    "65 bytes",
    "half a second",
    "a kid",
    "nine digests",
    "no digest",
    "hidden deeper",
    "hidden in a list",
    "in plain text",
    "on paper, with digests",
    "given with another",
    "in another order",
    "padded",
    "a name twice in it",
    "a short salt",
    "another name",
    "an empty name",
    "101 characters are shown",
    "no text",
    "no portrait",
    "on paper, with a disclosure",
}


def read(name: str) -> dict:
    return json.loads((VECTORS / name).read_text())


def public(key: dict) -> dict:
    return {"kty": "OKP", "crv": "Ed25519", "x": key["x"]}


def documents(peer, count: Count) -> None:
    """The documents of `seal.json`, each by the keys that may sign it."""
    file = read("seal.json")
    named = {key["name"]: key for key in file["keys"]}
    for case in file["documents"]:
        name, text = case["name"], case["jws"]
        by = {named[it]["kid"]: public(named[it]) for it in case["keys"]}
        kid = part_of(text, 0).get("kid")
        key = by.get(kid) if isinstance(kid, str) else None
        found = None if key is None else peer.opens(text, key)
        if case["expected"] == "ok":
            whole(peer, name, text, key, count)
            continue
        is_taken = case["expected"] in CLAIMS or name in TAKEN_DOCUMENTS
        is_taken |= name.startswith(TAKEN_BEGINNING)
        count.same(found is not None, is_taken, f"{name} is taken")


def whole(peer, name: str, text: str, key: dict, count: Count) -> None:
    """A document that holds, each change of one character, and another's key."""
    claims = jose_peers.decode(text.split(".")[1])
    count.same(peer.opens(text, key), claims, name)
    for at in range(len(text)):
        found = peer.opens(changed(text, at), key)
        count.that(found is None, f"{name}, changed at {at}, is refused")
    stranger = jose_peers.new_key("OKP", "Ed25519")
    count.that(peer.opens(text, stranger) is None, f"{name}, by a stranger's key, is refused")


def home_of(file: dict) -> dict:
    (key,) = [key for key in file["keys"] if key["name"] == file["home_ops"]]
    return {key["kid"]: public(key)}


def asked_of(case: dict) -> tuple:
    """The host and the nonce that a presentation is asked for; none of paper."""
    shown = case["presentation"]
    if shown.endswith("~") and ":paper-" in part_of(shown, 1).get("vct", ""):
        return None, None
    binding = part_of(shown.split("~")[-1], 1)
    return AUDIENCES.get(case["name"], HOST), binding.get("nonce", "none")


def passports(peer, count: Count) -> None:
    """The presentations of `passport.json`."""
    file = read("passport.json")
    home = home_of(file)
    for case in file["presentations"]:
        name, shown = case["name"], case["presentation"]
        host, nonce = asked_of(case)
        found = peer.opens(shown, home, host, nonce)
        if case["expected"] != "ok":
            count.same(found is not None, name in TAKEN_PASSPORTS, f"{name} is taken")
            continue
        plain = {it: value for it, value in part_of(shown, 1).items() if not it.startswith("_sd")}
        count.same(found, plain | case["disclosed"], name)
        for at in range(len(shown)):
            found = peer.opens(changed(shown, at), home, host, nonce)
            count.that(found is None, f"{name}, changed at {at}, is refused")
        if host is not None:
            count.that(peer.opens(shown, home, HOST + ":1", nonce) is None, "another host")
            count.that(peer.opens(shown, home, host, "another nonce") is None, "another nonce")
        (kid,) = home
        stranger = {kid: jose_peers.new_key("OKP", "Ed25519")}
        count.that(peer.opens(shown, stranger, host, nonce) is None, "a stranger's key")


def bindings(peer, count: Count) -> None:
    """Both seals of the same presentations, and that the second is of the first."""
    file = read("passport.json")
    home = home_of(file)
    for case in file["presentations"]:
        if case["expected"] != "ok" or case["presentation"].endswith("~"):
            continue
        passport, *disclosures, binding = case["presentation"].split("~")
        (key,) = home.values()
        whole(peer, f"the passport of {case['name']}", passport, key, count)
        holder = part_of(passport, 1)["cnf"]["jwk"]
        whole(peer, f"the key binding of {case['name']}", binding, holder, count)
        before = "~".join([passport, *disclosures, ""])
        count.same(part_of(binding, 1)["sd_hash"], sha256(before), "what is shown")


def vectors(control: str = "") -> dict:
    seals, shown = Count(), Count()
    joserfc = jose_peers.Credulous() if control == "credulous" else jose_peers.Joserfc()
    sd_jwt = jose_peers.SdJwt()
    if control == "credulous_sd_jwt":
        sd_jwt = jose_peers.CredulousSdJwt()
    documents(joserfc, seals)
    bindings(joserfc, seals)
    passports(sd_jwt, shown)
    return {"seals_by_joserfc": seals.number, "passports_by_python_sd_jwt": shown.number}


def main() -> int:
    mode, *words = sys.argv[1:]
    for name, number in {"vectors": vectors, "live": live}[mode](*words).items():
        print(f"count: {name} {number}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
