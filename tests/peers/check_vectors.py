#!/usr/bin/env python3
"""Judges `specs/vectors` by other people's cryptography, from the specifications alone.

Nothing here comes from the Rust code: `specs/seal.md`, `specs/trust.md`,
`specs/feed.md`, `specs/keys.md`, `specs/passport.md`, `specs/visit.md`, `specs/event.md`
and `specs/registration.md` were read, signatures are judged by PyPI `cryptography`, thumbprints
and the documents that hold once more by `jwcrypto`, clocks by Python's `zoneinfo`, rules of
events once more by `dateutil`. Every case must come out as the vectors say: keys,
signatures, digests, chains, dates, the form of claims, bodies and pages, presentations,
what visits count, what a home answers to a receipt, when events take place, and who gets a
seat.

Negative controls: each document that holds is changed in one place and must be refused;
`cryptography` must take the keys that are refused for their encoding alone; a receipt
that is accepted is not once its bytes, its proof, the clock or what was published is
another; who does not look at revoked keys reads more of a feed; and who reads the changes of the clock in another way counts otherwise, and shows
events at other times.

Usage: check_vectors.py [folder of the vectors]
"""

import base64
import hashlib
import ipaddress
import json
import re
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

import event_days
import host_days

SIZES = {
    "escale-anchor+jwt": 4096,
    "entity-statement+jwt": 16384,
    "trust-mark+jwt": 4096,
    "resolve-response+jwt": 131072,
    "trust-mark-status-response+jwt": 8192,
    "jwk-set+jwt": 65536,
    "escale-record+jwt": 2048,
    "escale-head+jwt": 2048,
    "escale-request+jwt": 32768,
    "escale-answer+jwt": 16384,
    "escale-receipt+jwt": 4096,
    "escale-credit+jwt": 2048,
    "escale-registration+jwt": 2048,
    "dc+sd-jwt": 3072,
    "escale-revocation+jwt": 2048,
    "escale-key-update+jwt": 2048,
    "escale-epoch+jwt": 4096,
}
DAY = 86400
PAPERS = {
    "anchor": ("escale-anchor+jwt", 365 * DAY),
    "configuration": ("entity-statement+jwt", 14 * DAY),
    "statement": ("entity-statement+jwt", 45 * DAY),
    "mark": ("trust-mark+jwt", 90 * DAY),
}
BODY_BYTES_MAX = 16384
TRUST_KINDS = (
    "anchor",
    "entity-configuration",
    "subordinate-statement",
    "trust-mark",
    "withdrawal",
    "charter",
    "key-revocation",
    "epoch",
)


class Refused(Exception):
    """A refusal with its code."""


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Canonical unpadded base64url, or ValueError."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise ValueError("not canonical")
    return data


def sha256(data: bytes) -> str:
    return encode(hashlib.sha256(data).digest())


# JSON with one meaning (specs/seal.md).


def strict_json(data: bytes):
    text = data.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("byte order mark")

    def integer(digits: str) -> int:
        value = int(digits)
        if digits == "-0" or abs(value) > 2**53 - 1:
            raise Refused("not_a_safe_integer")
        return value

    def no_fraction(_):
        raise Refused("not_a_safe_integer")

    def no_constant(_):
        raise ValueError("not JSON")

    def members(pairs):
        if len({name for name, _ in pairs}) != len(pairs):
            raise Refused("duplicate_name")
        return dict(pairs)

    value = json.loads(
        text,
        parse_int=integer,
        parse_float=no_fraction,
        parse_constant=no_constant,
        object_pairs_hook=members,
    )
    check_depth(value, 0)
    return value


def check_depth(value, depth: int) -> None:
    if isinstance(value, str) and any(0xD800 <= ord(it) < 0xE000 for it in value):
        raise ValueError("a lone surrogate")
    if isinstance(value, (dict, list)):
        if depth >= 16:
            raise Refused("too_deep")
        inner = list(value) + list(value.values()) if isinstance(value, dict) else value
        for it in inner:
            check_depth(it, depth + 1)


def json_outcome(data: bytes) -> str:
    try:
        strict_json(data)
        return "ok"
    except Refused as refusal:
        return str(refusal)
    except (ValueError, RecursionError):
        return "not_json"


# Keys.

P = 2**255 - 19
WEAK_Y = {
    0,
    1,
    P - 1,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
}


def is_point(y: int) -> bool:
    d = -121665 * pow(121666, P - 2, P) % P
    x2 = (y * y - 1) * pow(d * y * y + 1, P - 2, P) % P
    return x2 == 0 or pow(x2, (P - 1) // 2, P) == 1


def is_encoded_point(y: int, sign: int) -> bool:
    """RFC 8032 section 5.1.3: y is reduced, and 0 has no sign."""
    return y < P and is_point(y) and not (sign and y in (1, P - 1))


def key_outcome(jwk) -> str:
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kty"), str):
        return "not_a_jwk"
    if jwk.get("d") is not None:
        return "is_private"
    if jwk["kty"] != "OKP" or jwk.get("crv") != "Ed25519":
        return "not_ed25519"
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", "EdDSA") not in ("EdDSA", "Ed25519"):
        return "not_for_signatures"
    try:
        x = decode(jwk.get("x") or "")
    except ValueError:
        return "not_ed25519"
    sign, y = divmod(int.from_bytes(x, "little"), 2**255)
    if len(x) != 32 or not is_encoded_point(y, sign):
        return "not_ed25519"
    if y in WEAK_Y:
        return "weak"
    thumbprint = JWK(kty="OKP", crv="Ed25519", x=encode(x)).thumbprint()
    if jwk.get("kid", thumbprint) != thumbprint:
        return "kid_is_not_thumbprint"
    return "ok"


def keys_of(jwks) -> dict:
    """Keys by thumbprint, or Refused."""
    keys = jwks["keys"]
    if not 1 <= len(keys) <= 8:
        raise Refused("seal_malformed")
    for jwk in keys:
        if key_outcome(jwk) != "ok":
            raise Refused("seal_malformed")
    return {thumbprint_of(decode(jwk["x"])): decode(jwk["x"]) for jwk in keys}


def thumbprint_of(x: bytes) -> str:
    text = '{"crv":"Ed25519","kty":"OKP","x":"%s"}' % encode(x)
    return sha256(text.encode())


# The form of claims, bodies and pages: members by name, and limits.


def names_a_node(text: str) -> bool:
    """The identifiers of specs/trust.md, without IDNA: `xn--` labels are taken as they are."""
    if len(text.encode()) > 267:
        return False
    if not text.isascii():
        return False
    found = re.fullmatch(r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::([1-9][0-9]*))?", text)
    if not found:
        return False
    scheme, host, port = found.groups()
    if port and (int(port) > 65535 or int(port) == {"https": 443, "http": 80}[scheme]):
        return False
    if scheme == "https":
        labels = host.split(".")
        named = all(re.fullmatch(r"(?!-)[a-z0-9-]{1,63}(?<!-)", label) for label in labels)
        number = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1])
        return len(labels) > 1 and len(host) <= 253 and named and not number
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        return address.is_loopback and str(address) == host.strip("[]") and (
            address.version == 4 or host == "[::1]"
        )
    except ValueError:
        return host == "localhost"


def fields(need: dict, may: dict = {}, unless_null: dict = {}, also=lambda _: True):
    """An object with the members `need`, and perhaps others; `unless_null` may be null."""

    def fits(value) -> bool:
        if not isinstance(value, dict):
            return False
        of_need = all(name in value and check(value[name]) for name, check in need.items())
        of_may = all(name not in value or check(value[name]) for name, check in may.items())
        given = {name: check for name, check in unless_null.items() if value.get(name) is not None}
        return of_need and of_may and all(given[it](value[it]) for it in given) and also(value)

    return fits


def whole(least: int = -(2**53), most: int = 2**53):
    return lambda it: type(it) is int and least <= it <= most


def word(*words: str):
    return lambda it: isinstance(it, str) and it in words


def size(least: int, most: int, of=lambda it: it.encode()):
    return lambda it: isinstance(it, str) and least <= len(of(it)) <= most


def chars(least: int, most: int):
    return size(least, most, lambda it: it)


def items(check, most: int, least: int = 0):
    return lambda it: isinstance(it, list) and least <= len(it) <= most and all(map(check, it))


def pattern(expression: str):
    return lambda it: isinstance(it, str) and re.fullmatch(expression, it) is not None


def is_digest(it) -> bool:
    try:
        return isinstance(it, str) and len(decode(it)) == 32
    except ValueError:
        return False


def given(value: dict, name: str) -> bool:
    return value.get(name) is not None


def lasts(value: dict) -> bool:
    return value["exp"] > value["iat"]


def hides_deeper(value) -> bool:
    """Whether something is hidden in a value, at any depth (RFC 9901, section 4.2.4)."""
    if isinstance(value, dict):
        return any(it in value for it in ("_sd", "...")) or any(map(hides_deeper, value.values()))
    return isinstance(value, list) and any(map(hides_deeper, value))


def hides_rightly(passport: dict) -> bool:
    """A key and perhaps digests, or paper; nothing hidden deeper, and nothing in plain text
    that is disclosed."""
    has_key = passport["vct"] == "urn:escale:passport:1"
    is_plain = any(it in passport for it in ("full_name", "organisation", "portrait", "..."))
    deeper = any(hides_deeper(it) for name, it in passport.items() if name != "_sd")
    is_fit = given(passport, "cnf") == has_key and (has_key or not given(passport, "_sd"))
    return is_fit and not is_plain and not deeper


TEXT = chars(0, 10**9)
YES_NO = lambda it: isinstance(it, bool)
ENTITY = lambda it: isinstance(it, str) and names_a_node(it)
TOKEN = pattern("[A-Za-z0-9_-]{1,64}")
URL = size(1, 300)
KEYS = fields({"keys": items(lambda it: key_outcome(it) == "ok", 8, 1)})
TIME = pattern("([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
UNITS = ("hour", "half_day", "day", "week", "month", "year")
CENTS = whole(0, 100_000_000)
IN_FEED = fields({"epoch": whole(0), "seq": whole(0)})


def in_order_on_a_day(hours) -> bool:
    spans = hours["open"]
    return all(it["from"] < it["to"] for it in spans) and all(
        a["to"] <= b["from"] for a, b in zip(spans, spans[1:])
    )


DAY_HOURS = fields(
    {
        "time_zone": size(1, 60),
        "half_day_boundary": TIME,
        "open": items(fields({"from": TIME, "to": TIME}), 28),
    },
    unless_null={"record": IN_FEED},
    also=in_order_on_a_day,
)
VISIT_VALUE = fields(
    {
        "formula": size(1, 40),
        "record": IN_FEED,
        "unit": word(*UNITS),
        "price_cents": CENTS,
        "count": whole(1, 2),
        "total_cents": whole(),
    },
    also=lambda it: it["total_cents"] == it["count"] * it["price_cents"],
)
SIGNED = {"iss": ENTITY, "iat": whole()}
UNTIL = {**SIGNED, "exp": whole()}
NODE = fields({"jwks": KEYS, "role": word("space", "coordinator")})
ENDPOINTS = (
    "organization_name",
    "federation_fetch_endpoint",
    "federation_list_endpoint",
    "federation_resolve_endpoint",
    "federation_trust_mark_endpoint",
    "federation_trust_mark_status_endpoint",
    "federation_trust_mark_list_endpoint",
    "federation_historical_keys_endpoint",
)
NOT_PLACED = {"crit", "metadata_policy", "metadata_policy_crit", "trust_mark_owners", "aud", "trust_anchor"}
SHOWN_MARK = fields({"trust_mark_type": URL, "trust_mark": TEXT})


def is_statement(it) -> bool:
    """What specs/trust.md, section 3.2, refuses beside the forms of the members."""
    metadata = it.get("metadata", {})
    types = metadata.values() if isinstance(metadata, dict) else [None]
    nulls = [of_type for of_type in types if not isinstance(of_type, dict) or None in of_type.values()]
    constraints = it.get("constraints") or {}
    return (
        lasts(it)
        and not NOT_PLACED & set(it)
        and not {"naming_constraints", "allowed_entity_types"} & set(constraints)
        and it.get("authority_hints") != []
        and it.get("trust_anchor_hints") != []
        and not nulls
    )


def is_former_key(it) -> bool:
    named = {name: it.get(name) for name in ("kty", "crv", "x", "kid")}
    return isinstance(it, dict) and all(named.values()) and key_outcome(it) == "ok"


FORMS = {
    "escale-anchor+jwt": fields({**UNTIL, "jwks": KEYS}, also=lasts),
    "entity-statement+jwt": fields(
        {**UNTIL, "sub": ENTITY, "jwks": KEYS},
        may={"authority_hints": items(TEXT, 8), "trust_marks": items(SHOWN_MARK, 8)},
        unless_null={
            "metadata": fields(
                {},
                unless_null={
                    "federation_entity": fields({}, unless_null=dict.fromkeys(ENDPOINTS, TEXT)),
                    "escale_node": NODE,
                },
            ),
            "constraints": fields({"max_path_length": whole(0)}),
            "escale_epoch": whole(1),
            "trust_mark_issuers": lambda it: isinstance(it, dict)
            and all(items(ENTITY, 10**9)(issuers) for issuers in it.values()),
        },
        also=is_statement,
    ),
    "trust-mark+jwt": fields(
        {**UNTIL, "sub": ENTITY, "trust_mark_type": URL},
        also=lambda it: lasts(it) and "delegation" not in it,
    ),
    "jwk-set+jwt": fields(
        {
            **SIGNED,
            "keys": items(
                fields(
                    {"exp": whole()},
                    unless_null={
                        "revoked": fields(
                            {
                                "revoked_at": whole(),
                                "reason": word("unspecified", "compromised", "superseded"),
                            }
                        )
                    },
                    also=is_former_key,
                ),
                100,
            ),
        }
    ),
    "escale-record+jwt": fields(
        {
            **SIGNED,
            **dict.fromkeys(("epoch", "seq", "rev"), whole(1)),
            "kind": pattern("[a-z0-9-]{1,40}"),
            "id": URL,
        },
        unless_null={"prev": is_digest, "body_sha256": is_digest, "removed": lambda it: it is True},
        also=lambda it: given(it, "prev") == (it["seq"] > 1)
        and given(it, "body_sha256") != given(it, "removed"),
    ),
    "escale-revocation+jwt": fields(
        {
            **SIGNED,
            "sub": ENTITY,
            "kid": is_digest,
            "last": fields({"epoch": whole(1), "seq": whole(1), "hash": is_digest}),
            "reason": word("compromised", "superseded", "unspecified"),
        }
    ),
    "escale-epoch+jwt": fields(
        {
            **SIGNED,
            "epoch": whole(1),
            "after": fields({"epoch": whole(1), "seq": whole(1), "hash": is_digest}),
            "jwks": KEYS,
        },
        also=lambda it: it["epoch"] > it["after"]["epoch"],
    ),
    "escale-key-update+jwt": fields(
        {**SIGNED, "aud": ENTITY, "jwks": KEYS}, also=lambda it: len(it["jwks"]["keys"]) == 1
    ),
    "escale-head+jwt": fields(
        {**UNTIL, "epoch": whole(1), "seq": whole(1), "hash": is_digest}, also=lasts
    ),
    "escale-request+jwt": fields(
        {
            **UNTIL,
            **{"aud": ENTITY, "jti": TOKEN, "op": TOKEN, "kind": size(1, 40)},
            "body": lambda _: True,
        },
        also=lambda it: 0 < it["exp"] - it["iat"] <= 60,
    ),
    "escale-answer+jwt": fields(
        {
            **SIGNED,
            **{"aud": ENTITY, "jti": TOKEN, "op": TOKEN},
            "result": word("accepted", "refused"),
        },
        unless_null={"code": TEXT},
        also=lambda it: given(it, "code") == (it["result"] == "refused"),
    ),
    "escale-receipt+jwt": fields(
        {
            **SIGNED,
            **{"aud": ENTITY, "id": TOKEN},
            "day": pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}"),
            **dict.fromkeys(("arrived", "left"), whole()),
            "ended": word("left", "forgotten", "corrected"),
            "hours": DAY_HOURS,
            "half_days": lambda it: it in (["morning"], ["afternoon"], ["morning", "afternoon"]),
            "proof": fields({"by": word("holder", "paper"), "sha256": is_digest}),
        },
        unless_null={"value": VISIT_VALUE},
        also=lambda it: it["iss"] != it["aud"]
        and 0 <= it["left"] - it["arrived"] <= 93_600
        and it["iat"] >= it["left"],
    ),
    "escale-credit+jwt": fields(
        {
            **SIGNED,
            **{"aud": ENTITY, "id": TOKEN, "receipt": TOKEN, "receipt_sha256": is_digest},
            "reason": word("corrected", "not_here"),
        },
        also=lambda it: it["iss"] != it["aud"],
    ),
    "dc+sd-jwt": fields(
        {
            **UNTIL,
            "vct": word("urn:escale:passport:1", "urn:escale:paper-passport:1"),
            "status": fields({"status_list": fields({"idx": whole(0), "uri": URL})}),
            "name": chars(1, 40),
            "formula": size(1, 40),
            "roaming": fields(
                {
                    "period": pattern("[0-9]{4}-(0[1-9]|1[0-2])"),
                    **dict.fromkeys(("granted", "left"), whole(0)),
                },
                also=lambda it: it["left"] <= it["granted"],
            ),
        },
        unless_null={
            "cnf": fields({"jwk": lambda _: True}),
            "_sd": lambda it: items(is_digest, 8)(it) and len(set(it)) == len(it),
            "_sd_alg": word("sha-256"),
        },
        also=lambda it: lasts(it) and hides_rightly(it),
    ),
}

LOCAL = fields(
    {},
    unless_null=dict.fromkeys(("fr", "en"), chars(0, 2000)),
    also=lambda it: given(it, "fr") or given(it, "en"),
)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SPAN = fields({"day": word(*DAYS), "from": TIME, "to": TIME}, also=lambda it: it["from"] < it["to"])


def in_order(hours) -> bool:
    spans = [(DAYS.index(it["day"]), it["from"], it["to"]) for it in hours["weekly"]]
    pairs = zip(spans, spans[1:])
    return all(a[0] < b[0] or a[0] == b[0] and a[2] <= b[1] for a, b in pairs)


ROAMING = fields(
    {"half_days_per_month": whole(0, 62), "settlement": word("reciprocal", "home_pays")},
    may={"overdraw": word("carried", "forgiven")},
)
NAME = chars(1, 120)
CRITERION = fields({"id": pattern("[a-z0-9-]{1,40}"), "text": LOCAL})


def all_differ(names: list) -> bool:
    return len(names) == len(set(names))


BODIES = {
    "charter": fields(
        {"url": URL, "name": LOCAL, "version": whole(1), "roaming": ROAMING},
        may={"criteria": items(CRITERION, 40)},
        also=lambda it: all_differ([one["id"] for one in it.get("criteria", [])]),
    ),
    "application": fields({"sub": ENTITY, "since": whole()}, may={"note": chars(0, 500)}),
    "warning": fields(
        {"sub": ENTITY, "reason": chars(0, 500), "since": whole(), "until": whole()},
        also=lambda it: it["until"] > it["since"],
    ),
    "label-decision": fields(
        {
            "sub": ENTITY,
            "number": whole(1),
            "act": word(
                "admitted",
                "asked",
                "granted",
                "renewed",
                "expired",
                "warned",
                "suspended",
                "lifted",
                "withdrawn",
                "ended",
            ),
            "at": whole(),
            "charter_version": whole(0),
        },
        may={"reason": chars(0, 500)},
    ),
    "withdrawal": fields(
        {
            "sub": ENTITY,
            "state": word("suspended", "withdrawn"),
            "reason": chars(0, 500),
            "since": whole(),
        }
    ),
    "profile": fields(
        {"name": NAME, "village": NAME},
        may={"amenities": items(LOCAL, 40), "is_example": YES_NO},
        unless_null={
            "address": NAME,
            "about": LOCAL,
            "latitude_e6": whole(-90_000_000, 90_000_000),
            "longitude_e6": whole(-180_000_000, 180_000_000),
            "area_m2": whole(0),
        },
        also=lambda it: given(it, "latitude_e6") == given(it, "longitude_e6"),
    ),
    "opening-hours": fields(
        {"time_zone": size(1, 60), "weekly": items(SPAN, 28)},
        may={
            "half_day_boundary": TIME,
            "subscribers_at_all_hours": YES_NO,
            "is_example": YES_NO,
        },
        also=in_order,
    ),
    "formula": fields(
        {"unit": word(*UNITS), "price_cents": CENTS},
        may={"is_example": YES_NO},
        unless_null={"includes": LOCAL},
    ),
}
PAGE_RECORD = fields({"record": TEXT}, unless_null={"salt": TEXT, "body": TEXT})
PAGE = fields({"head": TEXT, "records": items(PAGE_RECORD, 100)})
JOIN = fields({"fed_key": fields({"kty": TEXT}), "request": TEXT})


def is_form(form, text: str) -> bool:
    """Whether a text is strict JSON of this form."""
    try:
        return form(strict_json(text.encode()))
    except (ValueError, Refused):
        return False


# Seals.


def open_sealed(jws: str, typ: str, keys: dict):
    """The claims of a compact JWS, or Refused with the code of specs/seal.md."""
    if len(jws.encode()) > SIZES[typ]:
        raise Refused("seal_too_long")
    parts = jws.split(".")
    if len(parts) != 3 or not parts[1]:
        raise Refused("seal_not_compact")
    try:
        header = strict_json(decode(parts[0]))
    except (ValueError, Refused):
        raise Refused("seal_not_compact") from None
    if not isinstance(header, dict):
        raise Refused("seal_not_compact")
    if set(header) - {"alg", "typ", "kid"}:
        raise Refused("seal_header")
    if header.get("alg") not in ("EdDSA", "Ed25519"):
        raise Refused("seal_algorithm")
    if header.get("typ") != typ:
        raise Refused("seal_other_kind")
    try:
        if len(decode(header["kid"])) != 32:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise Refused("seal_header") from None
    try:
        signature = decode(parts[2])
    except ValueError:
        raise Refused("seal_not_compact") from None
    if len(signature) != 64:
        raise Refused("seal_not_compact")
    if header["kid"] not in keys:
        raise Refused("seal_unknown_key")
    try:
        key = Ed25519PublicKey.from_public_bytes(keys[header["kid"]])
        key.verify(signature, f"{parts[0]}.{parts[1]}".encode())
    except InvalidSignature:
        raise Refused("seal_signature") from None
    try:
        claims = decode(parts[1])
    except ValueError:
        raise Refused("seal_not_compact") from None
    if json_outcome(claims) != "ok":
        raise Refused("seal_json")
    claims = strict_json(claims)
    if not FORMS[typ](claims):
        raise Refused("seal_malformed")
    return claims


def by_jwcrypto(jws: str, x: bytes) -> bool:
    token = JWS()
    token.allowed_algs = ["EdDSA", "Ed25519"]
    try:
        token.deserialize(jws)
        token.verify(JWK(kty="OKP", crv="Ed25519", x=encode(x)))
        return True
    except Exception:  # noqa: BLE001: whatever it says, it is a refusal
        return False


# Presentations (specs/passport.md). Holders' keys of P-256 are not in these vectors.


DISCLOSED = {"full_name": chars(1, 100), "organisation": chars(1, 100), "portrait": is_digest}


def open_presentation(text: str, keys: dict, disclosed: dict | None = None) -> tuple:
    """The passport and what its holder signed (nothing on paper), or Refused. What is
    disclosed is put into `disclosed`."""
    if len(text.encode()) > 4096 or "~" not in text:
        raise Refused("form")
    shown, _, binding = text.rpartition("~")
    passport, *disclosures = shown.split("~")
    if len(disclosures) > 3:
        raise Refused("disclosure_too_many")
    claims = open_sealed(passport, "dc+sd-jwt", keys)
    if given(claims, "cnf") != bool(binding) or (disclosures and not binding):
        raise Refused("form")
    found = open_disclosures(disclosures, claims.get("_sd") or [])
    if disclosed is not None:
        disclosed.update(found)
    if not binding:
        return claims, None
    jwk = claims["cnf"]["jwk"]
    if key_outcome(jwk) != "ok":
        raise Refused("holder_key")
    try:
        return claims, open_binding(binding, shown + "~", decode(jwk["x"]))
    except (KeyError, TypeError, ValueError, InvalidSignature, Refused):
        raise Refused("key_binding") from None


def open_disclosures(disclosures: list, digests: list) -> dict:
    """What is disclosed, by name; RFC 9901, section 7.1, and the order of the names."""
    found, seen = {}, set()
    for text in disclosures:
        try:
            salt, name, value = strict_json(decode(text))
            if not TEXT(name) or len(decode(salt)) != 16:
                raise ValueError
        except (TypeError, ValueError, Refused):
            raise Refused("disclosure_form") from None
        digest = sha256(text.encode())
        refuse("disclosure_twice", digest in seen)
        seen.add(digest)
        refuse("disclosure_unknown", digest not in digests)
        refuse("disclosure_name", name not in DISCLOSED)
        refuse("disclosure_value", not DISCLOSED[name](value))
        refuse("disclosure_twice", name in found)
        found[name] = value
    refuse("disclosure_order", list(found) != [it for it in DISCLOSED if it in found])
    return found


def open_binding(binding: str, shown: str, x: bytes) -> dict:
    if len(binding) > 1024:
        raise ValueError
    header, claims, signature = binding.split(".")
    said = strict_json(decode(header))
    if set(said) != {"alg", "typ"} or said["typ"] != "kb+jwt":
        raise ValueError
    if said["alg"] not in ("EdDSA", "Ed25519"):
        raise ValueError
    key = Ed25519PublicKey.from_public_bytes(x)
    key.verify(decode(signature), f"{header}.{claims}".encode())
    read = strict_json(decode(claims))
    if read["sd_hash"] != sha256(shown.encode()) or not size(8, 64)(read["nonce"]):
        raise ValueError
    if not whole()(read["iat"]) or not TEXT(read["aud"]):
        raise ValueError
    if not names_a_node(read["aud"].removesuffix("/api/v1/member")):
        raise ValueError
    return read


# Receipts (specs/visit.md, section 6).


def answer(case, file, host_keys: dict, home_keys: dict) -> str:
    """The home's answer to a receipt; no other of this `id` came before."""
    try:
        judge_receipt(case, file, host_keys, home_keys)
        return "accepted"
    except Refused as refusal:
        return str(refusal)


def refuse(code: str, is_so: bool) -> None:
    if is_so:
        raise Refused(code)


def judge_receipt(case, file, host_keys: dict, home_keys: dict) -> None:
    held = case["held"]
    now = held["now"]
    try:
        receipt = open_sealed(case["receipt"], "escale-receipt+jwt", host_keys)
    except Refused:
        raise Refused("malformed") from None
    refuse("malformed", (receipt["iss"], receipt["aud"]) != (file["host"], file["home"]))
    refuse("out_of_time", max(receipt["iat"], receipt["left"]) > now + 300)
    judge_proof(receipt, case["proof"], held, file, home_keys)
    refuse("too_late", now - receipt["left"] > 90 * DAY)
    standing = held["standing"]
    lost = standing.get("since")
    is_labelled = standing["state"] == "labelled" or lost is not None and lost > receipt["arrived"]
    refuse("not_labelled", not is_labelled)
    value = receipt.get("value")
    named = [held["hours"]] + ([held["formula"]] if value else [])
    refuse("not_yet", any(it["published"] == "not_yet" for it in named))
    refuse("differs", not is_as_published(receipt, held["hours"]))
    refuse("differs", value is not None and not is_worth(receipt, held["formula"]))
    refuse("proof_used", receipt["proof"]["by"] == "holder" and held["is_proof_used"])
    refuse("counted_already", bool(set(receipt["half_days"]) & set(held["counted"])))


def judge_proof(receipt, proof: str, held, file, home_keys: dict) -> None:
    refuse("no_proof", sha256(proof.encode()) != receipt["proof"]["sha256"])
    try:
        passport, binding = open_presentation(proof, home_keys)
    except Refused:
        raise Refused("no_proof") from None
    refuse("not_ours", passport["iss"] != file["home"] or not held["is_known"])
    arrived = receipt["arrived"]
    refuse("no_proof", receipt["proof"]["by"] != ("holder" if binding else "paper"))
    if binding:
        refuse("no_proof", binding["aud"] != receipt["iss"])
        refuse("no_proof", abs(binding["iat"] - arrived) > 300)
    refuse("no_proof", not passport["iat"] - 300 <= arrived < passport["exp"])


def is_as_published(receipt, hours) -> bool:
    """Whether day, hours and half-days are what the host's record makes of the visit."""
    record = receipt["hours"].get("record")
    if hours["published"] != ("current" if record else "nothing"):
        return False
    day = host_days.day_at(hours.get("body"), record, receipt["arrived"])
    said = {name: it for name, it in receipt["hours"].items() if it is not None}
    if (day.date, day.hours) != (receipt["day"], said) or receipt["left"] > day.end:
        return False
    counted = day.half_days(receipt["arrived"], receipt["left"])
    return set(receipt["half_days"]) <= set(counted)


def is_worth(receipt, formula) -> bool:
    """Whether the value is by the named formula, for as much as is counted."""
    if formula["published"] != "current":
        return False
    value, body = receipt["value"], formula["body"]
    counts = {"half_day": len(receipt["half_days"]), "day": 1}
    same = all(value[name] == body[name] for name in ("unit", "price_cents"))
    return same and counts.get(value["unit"]) == value["count"]


# Papers.


def open_paper(paper: str, jws: str, keys: dict, iss: str, sub: str, charter: str):
    typ, seconds = PAPERS[paper]
    claims = open_sealed(jws, typ, keys)
    if claims["iss"] != iss:
        raise Refused("trust_other_issuer")
    if paper != "anchor" and claims["sub"] != sub:
        raise Refused("trust_other_subject")
    if claims["exp"] - claims["iat"] > seconds:
        raise Refused("trust_lasts_too_long")
    if paper == "mark" and claims["trust_mark_type"] != charter:
        raise Refused("trust_other_label")
    if paper == "configuration" and not (claims.get("metadata") or {}).get("escale_node"):
        raise Refused("trust_not_a_node")
    if paper == "configuration" and claims.get("constraints"):
        raise Refused("trust_misplaced")
    of_itself = (claims.get("authority_hints"), claims.get("trust_marks"))
    if paper == "statement" and (any(of_itself) or claims.get("trust_mark_issuers") is not None):
        raise Refused("trust_misplaced")
    return claims


def open_revocation(file, jws: str, coordinator_fed: dict, fed: dict) -> dict:
    """Who may say that a key has ended (specs/keys.md, section 4.1)."""
    try:
        kid = kid_of(jws)
    except (ValueError, KeyError, TypeError):
        kid = None
    by_coordinator = kid in coordinator_fed
    issuer = file["coordinator" if by_coordinator else "space"]
    claims = open_sealed(jws, "escale-revocation+jwt", coordinator_fed if by_coordinator else fed)
    if claims["iss"] != issuer:
        raise Refused("trust_other_issuer")
    if claims["sub"] != file["space"]:
        raise Refused("trust_other_subject")
    if not by_coordinator and (claims["kid"] in fed or kid in file["revoked"]):
        raise Refused("trust_other_issuer")
    return claims


# What strangers ask for.


def kid_of(jws: str) -> str:
    return json.loads(decode(jws.split(".")[0]))["kid"]


def holds_at(claims, now: int) -> None:
    refuse("chain_future", claims["iat"] > now + 300)
    refuse("chain_expired", claims["exp"] <= now)


def judge_chain(case, file, pinned: dict) -> None:
    """specs/trust.md, section 9.2, for a chain and the mark beside it."""
    label, mug, charter = file["coordinator"], file["space"], file["charter"]
    refuse("chain_length", len(case["statements"]) != 3)
    own, said, last = case["statements"]
    anchor = open_paper("configuration", last, pinned, label, label, charter)
    named = keys_of(anchor["jwks"])
    both = {kid: x for kid, x in pinned.items() if kid in named}
    refuse("chain_own_key", not both or kid_of(last) not in named)
    statement = open_paper("statement", said, both, label, mug, charter)
    space = open_paper("configuration", own, keys_of(statement["jwks"]), mug, mug, charter)
    refuse("chain_own_key", kid_of(own) not in keys_of(space["jwks"]))
    refuse("chain_hint", label not in space.get("authority_hints", []))
    for claims in (space, statement, anchor):
        holds_at(claims, case["now"])
    if "mark" in case:
        shown = case["mark"]
        mark = open_paper("mark", shown["trust_mark"], both, label, mug, charter)
        refuse("chain_mark_type", shown["trust_mark_type"] != mark["trust_mark_type"])
        issuers = (anchor.get("trust_mark_issuers") or {}).get(charter, [])
        refuse("chain_mark_issuer", label not in issuers)
        holds_at(mark, case["now"])


def mark_status(case, file, keys: dict, former: dict) -> str:
    """specs/trust.md, section 9.4."""
    try:
        open_sealed(case["mark"], "trust-mark+jwt", {})
    except Refused as refusal:
        if str(refusal) != "seal_unknown_key":
            return "invalid_request"
    all_keys = {**keys, **former}
    if kid_of(case["mark"]) not in all_keys:
        return "not_found"
    try:
        mark = open_sealed(case["mark"], "trust-mark+jwt", all_keys)
    except Refused:
        return "invalid"
    if mark["iss"] != file["coordinator"] or mark["exp"] - mark["iat"] > 90 * DAY:
        return "invalid"
    if mark["exp"] <= case["now"]:
        return "expired"
    if kid_of(case["mark"]) in former or mark["trust_mark_type"] != file["charter"]:
        return "revoked"
    return {"labelled": "active", "expired": "expired"}.get(case["standing"], "revoked")


def ops_of(configuration, role: str) -> dict:
    node = configuration["metadata"]["escale_node"]
    if node["role"] != role:
        raise Refused("another role")
    return keys_of(node["jwks"])


def standing(case) -> dict:
    claims = lambda jws: json.loads(decode(jws.split(".")[1])) if jws else None
    anchor, statement, mark = (claims(case[it]) for it in ("anchor", "statement", "mark"))
    if case["withdrawal"]:
        body = json.loads(case["withdrawal"])
        return {"state": body["state"], "since": body["since"], "reason": body["reason"]}
    if not statement:
        return {"state": "unknown"}
    until = min(anchor["exp"], statement["exp"])
    if until <= case["now"]:
        return {"state": "expired", "since": until}
    if not mark:
        return {"state": "admitted"}
    until = min(until, mark["exp"])
    return {"state": "expired", "since": until} if until <= case["now"] else {
        "state": "labelled",
        "until": until,
    }


# Feeds.


class Reader:
    """Reads one feed from its start (specs/feed.md)."""

    def __init__(self, entity: str, author: str, keys: dict, revoked=()):
        self.entity, self.author, self.given = entity, author, keys
        self.revoked = {it["kid"]: it["last"] for it in revoked}
        self.fed = keys if author == "space" else None
        self.epoch, self.seq, self.hash, self.ops = 1, 0, None, None

    def paper(self, name: str, text: str, keys: dict):
        return open_paper(name, text, keys, self.entity, self.entity, "")

    def is_void(self, jws: str, seq: int) -> bool:
        last = self.revoked.get(kid_of(jws))
        return last is not None and (1, seq) > (last["epoch"], last["seq"])

    def is_other_feed(self, seq: int, digest: str) -> bool:
        there = [it for it in self.revoked.values() if (it["epoch"], it["seq"]) == (1, seq)]
        return any(it["hash"] != digest for it in there)

    def open_feed(self, records) -> None:
        papers = [it.get("body") for it in records[:2]] + [None, None]
        try:
            fed = self.given
            if self.author == "coordinator":
                fed = keys_of(self.paper("anchor", papers.pop(0) or "", fed)["jwks"])
            self.ops = ops_of(self.paper("configuration", papers[0] or "", fed), self.author)
        except Refused:
            raise Refused("feed_opening") from None
        if self.is_void(papers[0], 1):
            raise Refused("feed_opening")

    def take(self, page) -> tuple:
        taken, outcome = self.take_records(page)
        if outcome != "ok":
            return taken, outcome
        try:
            return taken, self.judge_head(page["head"], taken)
        except Refused as refusal:
            return taken, str(refusal)

    def take_records(self, page) -> tuple:
        taken = 0
        try:
            if self.seq == 0 and page["records"]:
                self.open_feed(page["records"])
            for sent in page["records"]:
                self.follow_or_go_on(sent)
                taken += 1
            return taken, "ok"
        except Refused as refusal:
            return taken, str(refusal)

    def follow_or_go_on(self, sent) -> None:
        """Follows in this epoch, or in a later one that the author's `fed` key opens."""
        try:
            self.follow(sent)
        except Refused as refusal:
            opening = self.opening(sent)
            if opening is None:
                raise
            after = opening["after"]
            if (after["epoch"], after["seq"], after["hash"]) != (
                self.epoch,
                self.seq,
                self.hash,
            ):
                raise Refused("feed_fork") from refusal
            before = (self.epoch, self.ops)
            self.epoch, self.ops = opening["epoch"], keys_of(opening["jwks"])
            try:
                record = open_sealed(sent["record"], "escale-record+jwt", self.ops)
                if (record["kind"], record["id"]) != ("epoch", "self"):
                    raise Refused("feed_gap")
                self.follow(sent)
            except Refused:
                self.epoch, self.ops = before
                raise

    def opening(self, sent):
        try:
            fed = self.given if self.author == "space" else self.fed
            text = sent.get("body") or ""
            opening = open_sealed(text, "escale-epoch+jwt", fed)
            is_void = self.is_void(text, opening["after"]["seq"] + 1)
        except Refused:
            return None
        is_good = opening["iss"] == self.entity and opening["epoch"] > self.epoch
        return opening if is_good and not is_void else None

    def follow(self, sent) -> None:
        seq = self.seq + 1
        record = open_sealed(sent["record"], "escale-record+jwt", self.ops)
        if record["iss"] != self.entity:
            raise Refused("feed_other_author")
        if (record["epoch"], record["seq"]) != (self.epoch, seq):
            raise Refused("feed_gap")
        if record.get("prev") != self.hash:
            raise Refused("feed_fork")
        if self.is_void(sent["record"], seq):
            raise Refused("feed_revoked_key")
        if self.is_other_feed(seq, sha256(sent["record"].encode())):
            raise Refused("feed_fork")
        body = self.body_of(sent, record)
        if body is None and not record.get("removed") and record["kind"] in TRUST_KINDS:
            raise Refused("feed_no_body")
        opening = ["anchor", "entity-configuration"][self.author == "space":]
        at = (record["kind"], record["id"])
        if seq <= len(opening) and at != (opening[seq - 1], "self"):
            raise Refused("feed_opening")
        if body is not None and record["id"] == "self":
            self.turn_keys(record["kind"], body)
        self.seq, self.hash = seq, sha256(sent["record"].encode())

    def body_of(self, sent, record):
        salt, body = sent.get("salt"), sent.get("body")
        if salt is None and body is None:
            return None
        try:
            raw = body.encode()
            if len(decode(salt)) != 16 or len(raw) > BODY_BYTES_MAX:
                raise ValueError
            if sha256(decode(salt) + raw) != record.get("body_sha256"):
                raise ValueError
        except (AttributeError, TypeError, ValueError):
            raise Refused("feed_other_body") from None
        return body

    def turn_keys(self, kind: str, body: str) -> None:
        try:
            if kind == "anchor" and self.author == "coordinator":
                self.fed = keys_of(self.paper("anchor", body, self.given)["jwks"])
            is_void = kind == "entity-configuration" and self.is_void(body, self.seq + 1)
            if kind == "entity-configuration" and self.fed and not is_void:
                self.ops = ops_of(self.paper("configuration", body, self.fed), self.author)
        except Refused:
            pass

    def judge_head(self, text: str, taken: int) -> str:
        if self.ops is None:
            raise Refused("feed_gap")
        try:
            head = open_sealed(text, "escale-head+jwt", self.ops)
        except Refused as refusal:
            if str(refusal) == "seal_unknown_key" and taken:
                return "more"
            raise
        if head["iss"] != self.entity:
            raise Refused("feed_other_author")
        if head["epoch"] > self.epoch:
            if taken:
                return "more"
            raise Refused("feed_epoch")
        if (head["epoch"], head["seq"]) < (self.epoch, self.seq):
            raise Refused("feed_behind")
        if head["seq"] > self.seq:
            return "more"
        if head["hash"] != self.hash:
            raise Refused("feed_fork")
        return "complete"


# The files.


class Check:
    """Counts cases and disagreements."""

    def __init__(self, folder: Path):
        self.folder, self.wrong, self.keys = folder, [], {}
        self.counts, self.counted = {}, "vectors_by_python"

    def file(self, name: str):
        file = strict_json((self.folder / name).read_bytes())
        for key in file.get("keys", []):
            private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key["seed"]))
            x = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            self.same(name, "x of " + key["name"], encode(x), key["x"])
            self.same(name, "kid of " + key["name"], thumbprint_of(x), key["kid"])
            jwk = JWK(kty="OKP", crv="Ed25519", x=key["x"])
            self.same(name, "thumbprint by jwcrypto", jwk.thumbprint(), key["kid"])
            self.keys[key["name"]] = x
        return file

    def same(self, where: str, case: str, found, expected) -> None:
        self.counts[self.counted] = self.counts.get(self.counted, 0) + 1
        if found != expected:
            self.wrong.append(f"{where}: {case}: {found!r}, and the vectors say {expected!r}")

    def named(self, names) -> dict:
        return {thumbprint_of(self.keys[it]): self.keys[it] for it in names}

    def seal(self) -> None:
        file = self.file("seal.json")
        for case in file["public_keys"]:
            self.same("seal.json", case["name"], key_outcome(case["jwk"]), case["expected"])
            if "2^255" in case["name"] or "minus 0" in case["name"]:
                # The control: a library takes it, and calls it by these very bytes.
                x = decode(case["jwk"]["x"])
                lenient = Ed25519PublicKey.from_public_bytes(x)
                found = lenient.public_bytes(Encoding.Raw, PublicFormat.Raw)
                self.same("control", case["name"], (case["expected"], found), ("not_ed25519", x))
        for case in file["documents"]:
            keys = self.named(case["keys"])
            outcome = outcome_of(lambda: open_sealed(case["jws"], case["typ"], keys))
            expected = case["expected"]
            self.same("seal.json", case["name"], outcome, expected)
            if expected == "ok":
                x = keys[json.loads(decode(case["jws"].split(".")[0]))["kid"]]
                self.same("seal.json", case["name"] + " by jwcrypto", by_jwcrypto(case["jws"], x), True)
            if case.get("written_by"):
                self.control(case, keys)
                self.written(case)

    def written(self, case) -> None:
        """Signing the claims again gives the same bytes."""
        x = self.keys[case["written_by"]]
        header = '{"alg":"EdDSA","kid":"%s","typ":"%s"}' % (thumbprint_of(x), case["typ"])
        signed = f"{encode(header.encode())}.{encode(case['claims'].encode())}"
        self.same("seal.json", case["name"] + " written", case["jws"].rpartition(".")[0], signed)

    def control(self, case, keys) -> None:
        """A document that holds holds no more once a character is another."""
        at = len(case["jws"]) // 2
        other = "B" if case["jws"][at] == "A" else "A"
        changed = case["jws"][:at] + other + case["jws"][at + 1 :]
        outcome = outcome_of(lambda: open_sealed(changed, case["typ"], keys))
        self.same("control", case["name"], outcome != "ok", True)
        x = next(iter(keys.values()))
        self.same("control by jwcrypto", case["name"], by_jwcrypto(changed, x), False)

    def trust(self) -> None:
        file = self.file("trust.json")
        label, mug, charter = file["coordinator"], file["space"], file["charter"]
        for case in file["papers"]:
            paper = case["paper"]
            iss = mug if paper == "configuration" else label
            keys = self.named(case["by"])
            outcome = outcome_of(lambda: open_paper(paper, case["jws"], keys, iss, mug, charter))
            self.same("trust.json", f"{paper}: {case['name']}", outcome, case["expected"])
        for case in file["standings"]:
            self.same("trust.json", "standing", standing(case), case["expected"])
        for case in file["chains"]:
            pinned = self.named(case["pinned"])
            outcome = outcome_of(lambda: judge_chain(case, file, pinned))
            self.same("trust.json", f"chain: {case['name']}", outcome, case["expected"])
        for case in file["statuses"]:
            keys, former = self.named(case["issued_by"]), self.named(case["former"])
            found = mark_status(case, file, keys, former)
            self.same("trust.json", f"status: {case['name']}", found, case["expected"])
        for case in file["former_keys"]:
            keys = self.named(case["by"])
            outcome = outcome_of(lambda: open_sealed(case["jws"], "jwk-set+jwt", keys))
            self.same("trust.json", f"former: {case['name']}", outcome, case["expected"])
        for case in file["heads"]:
            since = min(case["exp"], case["iat"] + DAY)
            fresh = {"state": "fresh", "as_of": case["iat"]}
            stale = {"state": "stale", "as_of": case["iat"], "since": since}
            found = stale if since <= case["now"] else fresh
            self.same("trust.json", "head", found, case["expected"])
        for case in file["registers"]:
            found = case["now"] - case["as_of"] < 30 * DAY
            self.same("trust.json", "register", found, case["is_relied_on"])
        for case in file["clocks"]:
            found = case["newest_heard"] - case["now"] > 300
            self.same("trust.json", "clock", found, case["is_behind"])
        for case in file["renewals"]:
            found = case["now"] - case["iat"] >= case["after"]
            self.same("trust.json", "renewal", found, case["is_due"])

    def feed(self) -> None:
        file = self.file("feed.json")
        for case in file["digests"]:
            found = sha256(decode(case["salt"]) + case["body"].encode())
            self.same("feed.json", "digest", found, case["body_sha256"])
            self.same("feed.json", "digest", sha256(bytes.fromhex(case["hashed"])), found)
        for case in file["bodies"]:
            found = is_form(BODIES[case["kind"]], case["body"])
            self.same("feed.json", case["body"][:60], found, case["expected"] == "ok")
        for case in file["pages"]:
            found = is_form(PAGE, case["text"])
            self.same("feed.json", case["name"], found, case["expected"] == "ok")
        for case in file["feeds"]:
            reader = Reader(case["entity"], case["author"], self.named(case["by"]))
            for step in case["pages"]:
                expected = (step["accepted"], step["outcome"])
                self.same("feed.json", case["name"], reader.take(step["page"]), expected)

    def key_ends(self) -> None:
        file = self.file("keys.json")
        label, mug = self.named(file["coordinator_fed"]), self.named(file["space_fed"])
        for case in file["revocations"]:
            outcome = outcome_of(lambda: open_revocation(file, case["jws"], label, mug))
            self.same("keys.json", case["name"], outcome, case["expected"])
        for case in file["updates"]:
            by = self.named(["mug-fed"])
            outcome = outcome_of(lambda: open_sealed(case["jws"], "escale-key-update+jwt", by))
            self.same("keys.json", f"update {case['name']}", outcome, case["expected"])
        for case in file["epochs"]:
            opened = lambda: open_sealed(case["jws"], "entity-statement+jwt", label)  # noqa: E731
            outcome = outcome_of(opened)
            found = opened().get("escale_epoch", 1) if outcome == "ok" else outcome
            self.same("keys.json", f"epoch: {case['name']}", found, case["epoch"])
        more = 0
        for case in file["feeds"]:
            taken = []
            for revoked in (case["revoked"], []):
                reader = Reader(case["entity"], "space", self.named(case["by"]), revoked)
                taken.append(reader.take_records(case["page"]))
            self.same("keys.json", case["name"], taken[0], (case["accepted"], case["outcome"]))
            more += taken[0][0] < taken[1][0]
        self.same("control", "feeds of which more is read without revocations", more >= 4, True)

    def texts(self) -> None:
        for case in self.file("json.json")["texts"]:
            data = bytes.fromhex(case["hex"]) if "hex" in case else case["text"].encode()
            self.same("json.json", repr(case), json_outcome(data), case["expected"])
        for case in self.file("entity-id.json")["texts"]:
            # Whether punycode stands for something needs the tables of IDNA.
            if case["text"] != "https://xn--a.example":
                found = names_a_node(case["text"])
                self.same("entity-id.json", case["text"], found, case["expected"] == "ok")

    def invitation(self) -> None:
        file = self.file("invitation.json")
        op = "join-" + sha256(file["secret"].encode())[:22]
        self.same("invitation.json", "op", op, file["op"])
        for case in file["codes"]:
            outcome = outcome_of(lambda: read_code(case["code"]))
            self.same("invitation.json", case["name"], outcome, case["expected"])
        fed = self.named(["mug-fed"])
        for case in file["joins"]:
            found = is_form(JOIN, case["body"])
            self.same("invitation.json", case["name"], found, case["expected"] == "ok")
        for case in (it for it in file["joins"] if it["expected"] == "ok"):
            join = strict_json(case["body"].encode())
            self.same("invitation.json", "fed key", keys_of({"keys": [join["fed_key"]]}), fed)
            request = open_sealed(join["request"], "escale-request+jwt", fed)
            self.same("invitation.json", "op of a join", request["op"], op)
            papers = request["body"]["entity_configuration"]
            iss = request["iss"]
            outcome = outcome_of(lambda: open_paper("configuration", papers, fed, iss, iss, ""))
            self.same("invitation.json", "configuration", outcome, "ok")
        for case in file["answers"]:
            answer = open_sealed(case["jws"], "escale-answer+jwt", self.named(["label-ops"]))
            self.same("invitation.json", "op of an answer", answer["op"], op)


    def presentations(self) -> None:
        file = self.file("passport.json")
        keys = self.named([file["home_ops"]])
        for case in file["presentations"]:
            found = {}
            opened = lambda: open_presentation(case["presentation"], keys, found)  # noqa: E731
            outcome = outcome_of(opened)
            self.same("passport.json", case["name"], outcome, case["expected"])
            if outcome == "ok":
                self.same("passport.json", case["name"], found, case["disclosed"])

    def visit(self) -> None:
        file = self.file("visit.json")
        self.counted = "visits_by_zoneinfo"
        for case in file["days"]:
            day = host_days.day_at(case["hours"], case.get("record"), case["at"])
            found = (day.date, day.hours, day.start, day.end)
            expected = (case["day"], case["of_day"], case["start"], case["end"])
            self.same("visit.json", f"the day at {case['at']}", found, expected)
        self.visits(file["half_days"])
        for case in file["values"]:
            found = host_days.value(case["half_days"], case["formulas"])
            self.same("visit.json", "value", found, case["value"])
        for case in file["allowances"]:
            found = host_days.allowance(**{name: case[name] for name in host_days.GRANTED})
            expected = (case["carried"], case["left"], case["overdrawn"])
            self.same("visit.json", f"allowance {case}", found, expected)
        self.receipts(file)

    def visits(self, groups) -> None:
        otherwise = dict.fromkeys(host_days.OTHER_READINGS, 0)
        for group in groups:
            day = host_days.Day(group["day"], group["hours"])
            # What the specification says of gaps and of hours that come twice is what
            # `zoneinfo` does with fold 0.
            found = [day.at(time) for time in day.times()]
            by_fold = host_days.Day(group["day"], group["hours"], host_days.by_fold)
            self.same("fold", group["name"], [by_fold.at(time) for time in day.times()], found)
            others = {
                name: host_days.Day(group["day"], group["hours"], reading)
                for name, reading in host_days.OTHER_READINGS.items()
            }
            for case in group["visits"]:
                where = f"{group['name']}, {group['day']} {group['hours']['time_zone']}, {case}"
                visit = (case["arrived"], case["left"])
                counted = (day.half_days(*visit), day.closing(case["arrived"]))
                self.same("visit.json", where, counted, (case["half_days"], case["closing"]))
                for name, other in others.items():
                    said = (other.half_days(*visit), other.closing(case["arrived"]))
                    otherwise[name] += said != counted
        # The control: the cases tell these readings apart.
        for name, cases in otherwise.items():
            self.same("control", f"{name}: {cases} cases", cases >= 10, True)

    def events(self) -> None:
        file = self.file("event.json")
        self.counted = "events_by_zoneinfo"
        otherwise = dict.fromkeys(event_days.OTHER_CLOCKS, 0)
        for case in file["occurrences"]:
            body = case["event"]
            self.same("event.json", "shown", why_not_shown(file, json.dumps(body)), "ok")
            found = event_days.expand(body, event_days.Clock(body["timeZone"]))
            lines = "".join("{due} {begins} {ends} {status}\n".format(**it) for it in found)
            if "occurrences" in case:
                self.same("event.json", f"{case['name']} {body}", found, case["occurrences"])
            else:
                said = (len(found), found[0], found[-1], sha256(lines.encode()))
                names = ("count", "first", "last", "sha256")
                expected = tuple(case[name] for name in names)
                self.same("event.json", f"{case['name']} {body}", said, expected)
            for name, clock in event_days.OTHER_CLOCKS.items():
                otherwise[name] += event_days.expand(body, clock(body["timeZone"])) != found
        for case in file["events"]:
            found = why_not_shown(file, case["body"])
            self.same("event.json", case["name"], found, case["expected"])
        for case in file["seats"]:
            self.same("event.json", case["name"], event_days.seat(case), case["expected"])
        # The control: the cases tell these clocks apart.
        for name, cases in otherwise.items():
            self.same("control", f"{name}: {cases} cases", cases >= 10, True)
        self.rules(file)

    def rules(self, file) -> None:
        """What a rule names, by other people's software."""
        self.counted = "rules_by_dateutil"
        for case in file["occurrences"]:
            body = case["event"]
            clock = event_days.Clock(body["timeZone"])
            start = event_days.civil(body["start"])
            for rule in body.get("recurrenceRules", []):
                found = event_days.named_by_dateutil(rule, start, clock)
                expected = event_days.named(rule, start, clock)
                self.same("event.json", f"by dateutil: {body}", found, expected)

    def receipts(self, file) -> None:
        host, home = self.named([file["host_ops"]]), self.named([file["home_ops"]])
        for case in file["receipts"]:
            found = answer(case, file, host, home)
            self.same("visit.json", case["name"], found, case["expected"])
            if found == "accepted":
                x = next(iter(host.values()))
                self.same("visit.json", "by jwcrypto", by_jwcrypto(case["receipt"], x), True)
                self.receipt_controls(case, file, host, home)

    def receipt_controls(self, case, file, host, home) -> None:
        """A receipt that is accepted is not, once one thing is another."""

        def check(changed, host, home, expected: str) -> None:
            found = answer({**case, **changed}, file, host, home)
            self.same("control", f"{case['name']}: {list(changed)}", found, expected)

        def changed(text: str) -> str:
            at = len(text) // 2
            return text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :]

        held = case["held"]
        check({"receipt": changed(case["receipt"])}, host, home, "malformed")
        check({"proof": changed(case["proof"])}, host, home, "no_proof")
        check({}, home, home, "malformed")
        check({}, host, host, "no_proof")
        check({"held": {**held, "now": 0}}, host, home, "out_of_time")
        check({"held": {**held, "counted": ["morning", "afternoon"]}}, host, home, "counted_already")
        hours = held["hours"]
        if "body" in hours and host_days.is_zone(hours["body"]["time_zone"]):
            body = {**hours["body"], "half_day_boundary": "12:59"}
            other = {**held, "hours": {**hours, "body": body}}
            check({"held": other}, host, home, "differs")


def why_not_shown(file, body: str) -> str:
    """Why an event in the feed of the file's owner is not shown; `ok` where it is."""
    try:
        if len(body.encode()) > BODY_BYTES_MAX:
            return "malformed"
        event_days.why_not(strict_json(body.encode()), file["owner"], file["id"])
        return "ok"
    except event_days.NotShown as why:
        return str(why)
    except (Refused, ValueError, RecursionError):
        return "malformed"


def read_code(code: str) -> None:
    if len(code.encode()) > 2048:
        raise Refused("refused")
    code = "".join(code.split())
    if not code.startswith("escale-invitation."):
        raise Refused("refused")
    try:
        content = strict_json(decode(code.removeprefix("escale-invitation.")))
        names = (content["coordinator"], content["entity"])
        good = all(map(names_a_node, names)) and key_outcome(content["root_key"]) == "ok"
    except (KeyError, TypeError, ValueError, Refused):
        good = False
    if not (good and isinstance(content.get("secret"), str)):
        raise Refused("refused")


def outcome_of(attempt) -> str:
    try:
        attempt()
        return "ok"
    except Refused as refusal:
        return str(refusal)


def main() -> int:
    beside = Path(__file__).resolve().parents[2] / "specs" / "vectors"
    check = Check(Path(sys.argv[1]) if len(sys.argv) > 1 else beside)
    parts = (check.seal, check.trust, check.feed, check.key_ends, check.texts, check.invitation)
    for part in (*parts, check.presentations, check.visit, check.events):
        part()
    for line in check.wrong:
        print(line, file=sys.stderr)
    for name, count in check.counts.items():
        print(f"count: {name} {count}")
    return 1 if check.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
