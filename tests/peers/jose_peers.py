"""PyPI `joserfc` (BSD-3-Clause) and `sd-jwt` (Apache-2.0), which judge what we sign and sign
what our desk judges; and what they leave to whoever calls them: which key, which code.

Nothing here comes from the Rust code: `specs/seal.md` and `specs/passport.md` were read.
"""

import hashlib
import json
import warnings
import zlib

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.util import to_bytes
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from judging import decode, encode

# It warns of `EdDSA`, the older name of the algorithm, which RFC 8037 requires here.
warnings.filterwarnings("ignore", module="joserfc")

PASSPORT, BINDING = "dc+sd-jwt", "kb+jwt"

# Texts and keys.


def sha256(text: str) -> str:
    return encode(hashlib.sha256(text.encode()).digest())


def part_of(compact: str, which: int) -> dict:
    """Its header or its claims, unproven; nothing where there are none."""
    try:
        found = json.loads(decode(compact.split(".")[which]))
        return found if isinstance(found, dict) else {}
    except (ValueError, IndexError):
        return {}


def changed(text: str, at: int) -> str:
    """The same with one character changed, in a bit that counts in the last one of a part."""
    other = "Q" if text[at] == "A" else "A"
    return text[:at] + other + text[at + 1 :]


def algorithms(jwk: dict) -> list:
    return ["ES256"] if jwk["kty"] == "EC" else ["EdDSA", "Ed25519"]


def shared(jwk: dict) -> dict:
    """What of a key everybody may see."""
    return {name: jwk[name] for name in ("kty", "crv", "x", "y") if name in jwk}


def new_key(kty: str, crv: str) -> dict:
    return JWK.generate(kty=kty, crv=crv).export(as_dict=True)


def thumbprint(jwk: dict) -> str:
    return JWK(**shared(jwk)).thumbprint()


# The peers. `opens` gives what was signed, or None.


class Joserfc:
    """Any document of ours, as a JWS."""

    name = "joserfc"

    @staticmethod
    def key(jwk: dict):
        return (ECKey if jwk["kty"] == "EC" else OKPKey).import_key(jwk)

    def opens(self, compact: str, jwk: dict):
        try:
            found = jws.deserialize_compact(compact, self.key(shared(jwk)), algorithms(jwk))
            return bytes(found.payload)
        except (JoseError, ValueError, TypeError, KeyError):
            return None

    def signs(self, header: dict, claims: dict, jwk: dict) -> str:
        wanted = [header["alg"]]
        return jws.serialize_compact(header, to_bytes(json.dumps(claims)), self.key(jwk), wanted)

    def binds(self, passport: str, said: dict, jwk: dict, **header) -> str:
        """A passport with its disclosures, shown: the key binding is this library's."""
        header = {"alg": algorithms(jwk)[0], "typ": BINDING, **header}
        return passport + self.signs(header, {"sd_hash": sha256(passport), **said}, jwk)


class Credulous(Joserfc):
    """The control: whoever takes everything must be found out."""

    def opens(self, compact: str, jwk: dict):
        return decode(compact.split(".")[1])


class Verifier(SDJWTVerifier):
    """The library takes ES256 alone in a key binding, and Ed25519 signs ours too."""

    def _verify_key_binding_jwt(self, expected_aud=None, expected_nonce=None, sign_alg=None):
        key = (self._holder_public_key_payload or {}).get("jwk", {"kty": None})
        algorithm = part_of(self._unverified_input_key_binding_jwt, 0).get("alg")
        if algorithm not in algorithms(key):
            raise ValueError("another algorithm")
        super()._verify_key_binding_jwt(expected_aud, expected_nonce, algorithm)


class SdJwt:
    """Passports and presentations. It looks at neither `exp` nor `iat`, nor at `vct`."""

    name = "python_sd_jwt"

    def opens(self, shown: str, by: dict, host=None, nonce=None):
        """The claims with what is disclosed; `by` are the home's keys by thumbprint."""

        def key_of(_, header):
            if header.get("alg") not in ("EdDSA", "Ed25519"):
                raise ValueError("another algorithm")
            return JWK(**shared(by[header["kid"]]))

        try:
            return Verifier(shown, key_of, host, nonce).get_verified_payload()
        except (JWException, ValueError, KeyError, TypeError, IndexError, AttributeError):
            return None

    @staticmethod
    def issues(claims: dict, jwk: dict, hidden=(), decoys=False, **header) -> str:
        """A passport with all its disclosures."""
        claims = {SDObj(name) if name in hidden else name: it for name, it in claims.items()}
        header = {"alg": algorithms(jwk)[0], "typ": PASSPORT, "kid": thumbprint(jwk), **header}
        made = SDJWTIssuer(
            claims,
            JWK(**jwk),
            sign_alg=header["alg"],
            add_decoy_claims=decoys,
            extra_header_parameters=header,
        )
        return made.sd_jwt_issuance

    @staticmethod
    def presents(passport: str, jwk: dict, host: str, nonce: str, **disclosed) -> str:
        holder = SDJWTHolder(passport)
        holder.create_presentation(disclosed, nonce, host, JWK(**jwk), algorithms(jwk)[0])
        return holder.sd_jwt_presentation


class CredulousSdJwt(SdJwt):
    """The control of passports."""

    def opens(self, shown: str, by: dict, host=None, nonce=None):
        return part_of(shown.split("~")[0], 1)


# The code that is scanned (specs/passport.md, section 4).

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def base45(data: bytes) -> str:
    """RFC 9285."""
    text = ""
    for at in range(0, len(data), 2):
        group = data[at : at + 2]
        number = int.from_bytes(group, "big")
        for _ in range(len(group) + 1):
            number, digit = divmod(number, 45)
            text += DIGITS[digit]
    return text


def code_of(shown: str) -> str:
    """The code of a presentation."""
    parts = [decode(part) for part in shown.rstrip("~").replace("~", ".").split(".")]
    packed = zlib.compress(b"".join(len(part).to_bytes(2, "big") + part for part in parts), 9)
    return "ESC1:" + base45(packed)
