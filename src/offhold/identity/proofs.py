"""Proof that the person at a page is the one who linked the chat: a key of this browser, or a passkey.

A browser key is a P-256 pair that WebCrypto made while linking; its private half cannot be exported. It signs our
challenge as a compact JWS (RFC 7515, ES256) whose `kid` is the key's thumbprint (RFC 7638). A passkey is a WebAuthn
Level 3 credential with user verification. Challenges are ours by HMAC, live two minutes and belong to one page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import webauthn
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy import Connection, delete, insert, select, update
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import AuthenticatorSelectionCriteria, ResidentKeyRequirement, UserVerificationRequirement

from offhold.errors import LinkRefused
from offhold.keys.file import Keys
from offhold.model.ids import new_token
from offhold.store.tables import proof_key

CHALLENGE_MS = 120_000
_PROOF_CHARS = 20_000
_KEYS_TRIED = 8


@dataclass(frozen=True, slots=True)
class ProofKey:
    """`kind` device or passkey. `id`: the key's thumbprint, or the credential id, base64url. `public`: its public JWK,
    or the COSE key in base64url. `signed`: the authenticator's signature counter."""

    kind: str
    id: str
    public: str
    signed: int = 0


def device(text: str) -> ProofKey:
    """The key that a browser offers while linking. Raises LinkRefused form-broken unless it is P-256."""
    try:
        given = json.loads(text)
        key = ECKey.import_key({name: given[name] for name in ("kty", "crv", "x", "y")})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise LinkRefused("form-broken") from error
    if key.curve_name != "P-256":
        raise LinkRefused("form-broken")
    return ProofKey("device", key.thumbprint(), json.dumps(key.as_dict(private=False)))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where our pages are, as browsers name it in WebAuthn."""

    public_url: str

    @property
    def host(self) -> str:
        return urlsplit(self.public_url).hostname or ""

    @property
    def text(self) -> str:
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def offer(self, institution: str, customer: str, challenge: bytes) -> str:
        """Options for navigator.credentials.create, as JSON."""
        options = webauthn.generate_registration_options(
            rp_id=self.host,
            rp_name=institution,
            user_name=f"{institution} answers",
            user_id=customer.encode()[:64],
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        return webauthn.options_to_json(options)

    def passkey(self, text: str, challenge: bytes) -> ProofKey:
        """The passkey that a browser made. Raises LinkRefused passkey-broken."""
        try:
            made = webauthn.verify_registration_response(
                credential=text,
                expected_challenge=challenge,
                expected_rp_id=self.host,
                expected_origin=self.text,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise LinkRefused("passkey-broken") from error
        public = bytes_to_base64url(made.credential_public_key)
        return ProofKey("passkey", bytes_to_base64url(made.credential_id), public, made.sign_count)


def keep(connection: Connection, keys: Keys, lane: str, made: Sequence[ProofKey], now_ms: int) -> None:
    """Keep the keys of a new link, in the place of those that the lane had before."""
    connection.execute(delete(proof_key).where(proof_key.c.lane == lane))
    for key in made:
        name = _name(keys, key.kind, key.id)
        connection.execute(
            insert(proof_key).values(lane=lane, id=name, made_ms=now_ms, body_sealed=_sealed(keys, lane, name, key))
        )


class Challenges:
    """Makes and checks challenges for a page, and the proofs that answer them."""

    def __init__(self, keys: Keys, origin: Origin) -> None:
        self._keys = keys
        self._origin = origin

    def issue(self, page: str, now_ms: int) -> str:
        """A challenge for `page`, good from `now_ms` for two minutes."""
        body = f"{now_ms}.{new_token(128)}"
        return f"{body}.{self._mac(page, body)}"

    def _issued_ms(self, page: str, challenge: str) -> int:
        body, _, mac = challenge.rpartition(".")
        ours = mac.isascii() and self._mac(page, body) == mac
        return int(body.partition(".")[0]) if ours else 0

    def _mac(self, page: str, body: str) -> str:
        return self._keys.pseudonym("challenge", f"{page}|{body}")

    def holds(self, connection: Connection, lane: str, page: str, proof: str, now_ms: int) -> bool:
        """Whether `proof` (JSON: challenge, and device or passkey) was made for this page by a key of the lane."""
        try:
            given = json.loads(proof[:_PROOF_CHARS])
            challenge = str(given["challenge"])
            issued_ms = self._issued_ms(page, challenge)
        except (ValueError, TypeError, KeyError):
            return False
        if not issued_ms <= now_ms < issued_ms + CHALLENGE_MS:
            return False
        return self._device(connection, lane, given, challenge) or self._passkey(connection, lane, given, challenge)

    def _device(self, connection: Connection, lane: str, given: Mapping[str, Any], challenge: str) -> bool:
        for signed in _texts(given.get("device")):
            try:
                kid = str(jws.extract_compact(signed.encode()).headers().get("kid", ""))
                held = self._key(connection, lane, "device", kid)
                if held is None:
                    continue
                opened = jws.deserialize_compact(signed, ECKey.import_key(json.loads(held.public)), ["ES256"])
            except (JoseError, ValueError):
                continue
            if opened.payload == f"{self._origin.text} {challenge}".encode():
                return True
        return False

    def _passkey(self, connection: Connection, lane: str, given: Mapping[str, Any], challenge: str) -> bool:
        answer = given.get("passkey")
        if not isinstance(answer, dict) or not isinstance(answer.get("id"), str):
            return False
        held = self._key(connection, lane, "passkey", answer["id"])
        if held is None:
            return False
        try:
            proved = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge.encode(),
                expected_rp_id=self._origin.host,
                expected_origin=self._origin.text,
                credential_public_key=base64url_to_bytes(held.public),
                credential_current_sign_count=held.signed,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError):
            return False
        name = _name(self._keys, held.kind, held.id)
        body = _sealed(self._keys, lane, name, replace(held, signed=proved.new_sign_count))
        where = (proof_key.c.lane == lane) & (proof_key.c.id == name)
        connection.execute(update(proof_key).where(where).values(body_sealed=body))
        return True

    def _key(self, connection: Connection, lane: str, kind: str, key_id: str) -> ProofKey | None:
        name = _name(self._keys, kind, key_id)
        row = connection.execute(select(proof_key).where(proof_key.c.lane == lane, proof_key.c.id == name)).first()
        return ProofKey(**json.loads(self._keys.unseal(row.body_sealed, f"proof_key/{lane}/{name}"))) if row else None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from (entry for entry in value[:_KEYS_TRIED] if isinstance(entry, str) and entry.isascii())


def _name(keys: Keys, kind: str, key_id: str) -> str:
    return keys.pseudonym("proof-key", f"{kind}|{key_id}")


def _sealed(keys: Keys, lane: str, name: str, key: ProofKey) -> bytes:
    return keys.seal(json.dumps(asdict(key)).encode(), f"proof_key/{lane}/{name}")
