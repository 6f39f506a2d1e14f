"""The consent receipt: what was agreed, in a form that the customer keeps and anybody can check without us.

Shape: ISO/IEC TS 27560:2023 receipt with W3C DPV 2.3 terms; what the standard has no field for begins with `offhold_`.
It is signed with the deployment's receipt key (see `keys.signing`) and verified by `offhold verify`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from offhold.keys.file import Keys
from offhold.keys.signing import SigningKey
from offhold.model.consent import Consent, Event, Scope
from offhold.privacy.consent import Happened

TYPE = "offhold/consent-receipt/v1"
_STATES = {
    Event.given: "dpv:ConsentGiven",
    Event.renewed: "dpv:RenewedConsentGiven",
    Event.narrowed: "dpv:ConsentGiven",
    Event.withdrawn: "dpv:ConsentWithdrawn",
    Event.revoked_at_bank: "dpv:ConsentRevoked",
    Event.superseded: "dpv:ConsentExpired",
}


def key(keys: Keys) -> SigningKey:
    """The key that signs every receipt of this deployment."""
    return SigningKey(keys.derive("receipt"))


def of_consent(
    keys: Keys, consent: Consent, happened: Sequence[Happened], bank: str, policy: str, test: bool
) -> dict[str, Any]:
    """The signed receipt. `bank` is the institution's name; `policy` the hash of the policy in force; `test` marks a
    receipt that stands for nothing."""
    document: dict[str, Any] = {
        "type": TYPE,
        "schema_version": "https://w3id.org/dpv/schema/dpv-27560#receipt",
        "record_id": consent.id,
        "pii_principal_id": consent.customer,
        "pii_processing": [_processing(consent, scope) for scope in consent.scopes],
        "party_identification": [
            {"party_id": consent.institution, "party_name": bank, "party_role": "dpv:DataController"},
            *_recipients(consent),
        ],
        "events": [_event(event) for event in happened],
        "offhold_channel": consent.channel,
        "offhold_disclosure": consent.disclosure.value,
        "offhold_reconfirm_by": _iso(consent.reconfirm_ms),
        "offhold_valid_until": _iso(consent.expires_ms),
        "offhold_policy_sha256": policy,
        "offhold_never": "advertising, sale of data, profiling, research",
    }
    if test:
        document["watermark"] = "TEST: made in test mode, stands for nothing"
    return key(keys).sign(document)


def _processing(consent: Consent, scope: Scope) -> dict[str, Any]:
    return {
        "privacy_notice": f"sha256:{consent.notice}",
        "purpose": scope.purpose.value,
        "lawful_basis": "dpv:ExplicitlyExpressedConsent",
        "pii_information": [{"pii_type": kind, "pii_optional": False} for kind in sorted(scope.data)],
        "pii_controllers": [consent.institution],
        "recipient_third_parties": [party["party_id"] for party in _recipients(consent)],
        "collection_method": "the institution's interface, when the customer asks",
        "retention_period": "P0D",
        "withdrawal_method": "the word unlink in the chat, or the institution's pages",
        "offhold_accounts": sorted(scope.accounts),
        "offhold_history_months": consent.history_months,
    }


def _recipients(consent: Consent) -> list[dict[str, str]]:
    """Who else sees something: the company of the chat, what the chosen disclosure lets through."""
    if consent.channel != "messenger":
        return []
    return [{"party_id": "meta", "party_name": "Meta Platforms", "party_role": "dpv:Recipient"}]


def _event(happened: Happened) -> dict[str, Any]:
    return {
        "event_time": _iso(happened.at_ms),
        "event_type": "explicit",
        "event_state": _STATES[happened.event],
        "entity_id": happened.actor["id"],
        "offhold_hash": happened.hash,
    }


def _iso(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="seconds")
