"""Running nodes, PyPI `joserfc` and `sd-jwt`, each judging what the others made: a home's
passports by the libraries; passports and key bindings of the libraries by a host's desk."""

import json
import secrets
import time
import urllib.parse
import urllib.request
from pathlib import Path

from jose_peers import (
    Joserfc,
    SdJwt,
    changed,
    code_of,
    new_key,
    part_of,
    shared,
    thumbprint,
)
from judging import Count

DAY = 86_400
# Every so many characters, one is changed.
STEP = 23
# How long a host may take to read its partners' feeds.
HEARD_SECONDS_MAX = 30
FULL = {"full_name": "Camille Durand", "organisation": "Oxalis", "portrait": "A" * 43}
MALFORMED = "not_genuine malformed"


def now() -> int:
    return int(time.time())


def fetch(url: str, body=None, **headers) -> dict:
    data = None if body is None else json.dumps(body).encode()
    headers["content-type"] = "application/json"
    request = urllib.request.Request(url, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def ops_of(home: str) -> dict:
    """The home's keys by thumbprint, as its feed last said."""
    after, found = 0, None
    while True:
        query = urllib.parse.urlencode({"entity": home, "epoch": 1, "after": after})
        records = fetch(f"{home}/federation/v1/feed?{query}")["records"]
        if not records:
            break
        for sent in records:
            claims = part_of(sent["record"], 1)
            after = claims["seq"]
            if claims["kind"] == "entity-configuration":
                found = part_of(sent["body"], 1)
    keys = found["metadata"]["escale_node"]["jwks"]["keys"]
    return {thumbprint(key): shared(key) for key in keys}


class Desk:
    """A host's desk, and what it must say."""

    def __init__(self, host: str, token: str):
        self.host, self.token = host, token

    def says(self, shown: str) -> dict:
        url, bearer = f"{self.host}/api/v1/desk/judge", f"Bearer {self.token}"
        said = fetch(url, {"code": code_of(shown)}, authorization=bearer)
        said["answer"] = " ".join(it for it in (said["answer"], said.get("reason")) if it)
        return said

    def must(self, shown: str, expected: str, what: str, count: Count) -> dict:
        said = self.says(shown)
        count.same(said["answer"], expected, what)
        return said

    def comes_to(self, show, expected: str, count: Count) -> None:
        """Shown anew until the host has read enough to say this; counts once."""
        until = now() + HEARD_SECONDS_MAX
        said = self.says(show())["answer"]
        while said != expected and now() <= until:
            time.sleep(0.2)
            said = self.says(show())["answer"]
        count.same(said, expected, "what the desk comes to say")


def saying(host: str, **more) -> dict:
    return {"iat": now(), "aud": host, "nonce": secrets.token_urlsafe(16)} | more


def by_joserfc(given: str, home: dict, key: dict, host: str, count: Count) -> str:
    """A home's passport, opened by joserfc, bound by it, and altered."""
    peer = Joserfc()
    passport = given.split("~")[0]
    (ops,) = home.values()
    count.that(peer.opens(passport, ops) is not None, "the passport, by joserfc")
    shown = peer.binds(f"{passport}~", saying(host), key)
    count.that(peer.opens(shown.split("~")[1], key) is not None, "its own key binding")
    for at in range(0, len(passport), STEP):
        found = peer.opens(changed(passport, at), ops)
        count.that(found is None, f"our passport, changed at {at}, is refused by joserfc")
    return shown


def by_sd_jwt(given: str, home: dict, key: dict, host: str, count: Count) -> str:
    """A home's passport, with what is disclosed, read and bound by sd-jwt, and altered."""
    peer, nonce = SdJwt(), secrets.token_urlsafe(16)
    plain = {it: value for it, value in part_of(given, 1).items() if not it.startswith("_sd")}
    for names in ([], *([it] for it in FULL), list(FULL)):
        disclosed = {it: FULL[it] for it in names}
        shown = peer.presents(given, key, host, nonce, **{it: True for it in names})
        found = peer.opens(shown, home, host, nonce)
        count.same(found, plain | disclosed, f"sd-jwt reads {names}")
    for at in range(0, len(shown), STEP):
        found = peer.opens(changed(shown, at), home, host, nonce)
        count.that(found is None, f"our passport, changed at {at}, is refused by sd-jwt")
    count.that(peer.opens(shown, home, host, "another nonce") is None, "another nonce")
    count.that(peer.opens(shown, home, f"{host}1", nonce) is None, "another host")
    (kid,) = home
    stranger = {kid: new_key("OKP", "Ed25519")}
    count.that(peer.opens(shown, stranger, host, nonce) is None, "a stranger's key")
    return peer.presents(given, key, host, secrets.token_urlsafe(16))


def bound(made: str, key: dict, host: str):
    """What joserfc binds rightly and wrongly: a name, the answer, what is shown."""
    peer, stranger, other = Joserfc(), new_key("OKP", "Ed25519"), new_key("EC", "P-256")
    made_by = part_of(made, 1)["iss"]
    show = lambda jwk=key, header={}, **more: peer.binds(made, saying(host, **more), jwk, **header)
    yield "bound by joserfc", "allowed", show()
    yield "bound by another holder", MALFORMED, show(stranger)
    yield "bound by another holder's P-256", MALFORMED, show(other)
    yield "another typ", MALFORMED, show(header={"typ": "JWT"})
    yield "a kid", MALFORMED, show(header={"kid": "a"})
    yield "of another passport", MALFORMED, show(sd_hash="A" * 43)
    yield "for another host", "not_allowed_here other_host", show(aud=made_by)
    yield "shown three minutes ago", "not_genuine out_of_time", show(iat=now() - 180)
    yield "a nonce of 7 bytes", MALFORMED, show(nonce="1234567")
    if key["kty"] == "OKP":
        yield "the newer name of the algorithm", "allowed", show(header={"alg": "Ed25519"})


def issued(claims: dict, ops: dict, key: dict, host: str):
    """What sd-jwt issues rightly and wrongly, bound by it too."""
    peer, stranger = SdJwt(), new_key("OKP", "Ed25519")
    made = claims | {"iat": now(), "exp": now() + 30 * DAY, "cnf": {"jwk": shared(key)}}

    def show(jwk=ops, shows={}, hidden=(), decoys=False, header={}, **more):
        passport = peer.issues(made | more, jwk, hidden, decoys, **header)
        return peer.presents(passport, key, host, secrets.token_urlsafe(16), **shows)

    name = {"full_name": "Camille Durand"}
    yield "issued by sd-jwt", "allowed", show()
    # They stand at every depth, which this profile refuses.
    yield "decoys of sd-jwt", MALFORMED, show(decoys=True)
    yield "what is not disclosed", "allowed", show(hidden=["full_name"], **name)
    shows = {"full_name": True}
    yield "what is disclosed", "allowed", show(shows=shows, hidden=["full_name"], **name)
    yield "a full name in plain text", MALFORMED, show(**name)
    yield "the name, hidden", MALFORMED, show(hidden=["name"])
    yield "the library's own typ", MALFORMED, show(header={"typ": "example+sd-jwt"})
    kid = {"kid": thumbprint(ops)}
    yield "issued by another key", MALFORMED, show(stranger, header=kid)
    yield "issued by P-256", MALFORMED, show(new_key("EC", "P-256"), header=kid)
    yield "a key of its own name", "not_genuine unknown_home", show(stranger)
    yield "a passport of yesterday", "expired", show(iat=now() - 2 * DAY, exp=now() - DAY)
    yield "31 days", MALFORMED, show(exp=now() + 31 * DAY)


def altered(shown: str, desk: Desk, count: Count) -> None:
    """One character changed at a time: none is let in, and the whole one still is."""
    places = [at for at in range(0, len(shown), STEP) if shown[at] not in ".~"]
    for at in places:
        said = desk.says(changed(shown, at))["answer"]
        count.that(said.startswith("not_genuine"), f"changed at {at}: {said}")
    desk.must(shown, "allowed", "the same, not changed", count)


def live(home: str, host: str, ops_file: str, token: str, code: str) -> dict:
    jose, sd_jwt, desk = Count(), Count(), Desk(host, token)
    ops = json.loads(Path(ops_file).read_text())
    keys = [new_key("OKP", "Ed25519"), new_key("EC", "P-256")]
    jwks = [shared(key) for key in keys]
    given = fetch(f"{home}/api/v1/enrol", {"code": code, "jwks": jwks})["passports"]
    known = ops_of(home)
    for passport, key in zip(given, keys, strict=True):
        show = lambda: Joserfc().binds(f"{passport.split('~')[0]}~", saying(host), key)
        desk.comes_to(show, "allowed", jose)
        for judge, count in ((by_joserfc, jose), (by_sd_jwt, sd_jwt)):
            shown = judge(passport, known, key, host, count)
            altered(shown, desk, count)
            desk.must(shown, "already_used", "the same again", count)
        claims = {it: value for it, value in part_of(passport, 1).items() if it[0] != "_"}
        cases = [(sd_jwt, it) for it in issued(claims, ops, key, host)]
        made = SdJwt.issues(claims | {"cnf": {"jwk": shared(key)}}, ops)
        cases += [(jose, it) for it in bound(made, key, host)]
        for count, (what, expected, shown) in cases:
            said = desk.must(shown, expected, what, count)
            if what == "what is disclosed":
                found = said["visitor"].get("full_name")
                count.same(found, "Camille Durand", "what the desk reads")
    return {"live_by_joserfc": jose.number, "live_by_python_sd_jwt": sd_jwt.number}
