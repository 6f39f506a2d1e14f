"""Account access consents: made by a client, decided by a customer, ended by either or by time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from offhold_demo.bank.moments import instant, written
from offhold_demo.bank.permissions import check_permissions
from offhold_demo.bank.refusals import Refused, forbidden, invalid, not_found

_OPEN = ("AWAU", "AUTH")
_TIMES = ("ExpirationDateTime", "TransactionFromDateTime", "TransactionToDateTime")


@dataclass(frozen=True, slots=True)
class Consent:
    """`status`: AWAU, AUTH, RJCT, CANC or EXPD. `data` is the request's own Data object, told back.
    `customer` and `accounts` are set when the customer authorises. `oldest` and `newest` bound the
    transactions, without a zone."""

    consent_id: str
    client_id: str
    data: dict[str, Any]
    permissions: frozenset[str]
    created: datetime
    status_at: datetime
    status: str = "AWAU"
    expires: datetime | None = None
    oldest: datetime | None = None
    newest: datetime | None = None
    customer: str = ""
    accounts: frozenset[str] = frozenset()
    reason: str = ""

    def resource(self) -> dict[str, Any]:
        """The Data object of OBReadConsentResponse1."""
        stated: dict[str, Any] = {
            "ConsentId": self.consent_id,
            "CreationDateTime": written(self.created),
            "Status": self.status,
            "StatusUpdateDateTime": written(self.status_at),
            **self.data,
        }
        if self.reason:
            stated["StatusReason"] = [{"StatusReasonCode": self.reason}]
        return stated


@dataclass(slots=True)
class Consents:
    """All consents, in memory."""

    _by_id: dict[str, Consent] = field(default_factory=dict)

    def create(self, client_id: str, body: Any, now: datetime) -> Consent:
        """A consent awaiting its customer. Raises Refused (400) for a body against the rules."""
        data = _checked(body)
        times = {name: instant(data[name], f"Data.{name}") for name in _TIMES if name in data}
        expires = times.get("ExpirationDateTime")
        if expires is not None and expires <= now:
            raise invalid("U003", "The consent would have expired already.", "Data.ExpirationDateTime")
        consent = Consent(
            consent_id=str(uuid4()),
            client_id=client_id,
            data=data | {name: moment.isoformat() for name, moment in times.items()},
            permissions=frozenset(data["Permissions"]),
            created=now,
            status_at=now,
            expires=expires,
            oldest=_wall(times.get("TransactionFromDateTime")),
            newest=_wall(times.get("TransactionToDateTime")),
        )
        return self._keep(consent)

    def find(self, consent_id: str, now: datetime) -> Consent | None:
        """The consent with its status as of now; None where there is none."""
        consent = self._by_id.get(consent_id)
        if consent and consent.status in _OPEN and consent.expires and consent.expires <= now:
            return self._keep(replace(consent, status="EXPD", status_at=consent.expires, reason="TKXP"))
        return consent

    def of_client(self, consent_id: str, client_id: str, now: datetime) -> Consent:
        """The client's own consent. Raises Refused: 400 U011 for an unknown one, 403 for another client's."""
        consent = self.find(consent_id, now)
        if consent is None:
            raise not_found("ConsentId")
        if consent.client_id != client_id:
            raise forbidden("The consent belongs to another client.")
        return consent

    def of_customer(self, customer: str, now: datetime) -> list[Consent]:
        """What the customer has authorised and not ended, newest first."""
        found = (self.find(consent_id, now) for consent_id in reversed(self._by_id))
        return [each for each in found if each and each.customer == customer and each.status == "AUTH"]

    def authorise(self, consent: Consent, customer: str, accounts: frozenset[str], now: datetime) -> Consent:
        """The customer said yes, for these accounts."""
        told = replace(consent, status="AUTH", status_at=now, customer=customer, accounts=accounts, reason="")
        return self._keep(told)

    def reject(self, consent: Consent, now: datetime) -> Consent:
        """The customer said no to something not yet authorised."""
        return self._keep(replace(consent, status="RJCT", status_at=now, reason="U036"))

    def cancel(self, consent: Consent, now: datetime) -> Consent:
        """The customer ended it at the bank."""
        return self._keep(replace(consent, status="CANC", status_at=now, reason="U042"))

    def cancel_all(self, now: datetime) -> None:
        """Every authorised consent ends, as if its customer had ended it."""
        for consent in [each for each in self._by_id.values() if each.status == "AUTH"]:
            self.cancel(consent, now)

    def delete(self, consent: Consent) -> None:
        """The client ended it: from now on there is no such consent."""
        del self._by_id[consent.consent_id]

    def _keep(self, consent: Consent) -> Consent:
        self._by_id[consent.consent_id] = consent
        return consent


def _wall(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=None) if moment else None


def _checked(body: Any) -> dict[str, Any]:
    """The Data object of an OBReadConsent1, with nothing in it but its fields."""
    data = _object(body, "Data", "Data")
    if _object(body, "Risk", "Risk"):
        raise invalid("U005", "Risk is empty for account access.", "Risk")
    unknown = sorted(set(data) - {"Permissions", *_TIMES})
    if unknown:
        raise invalid("U005", "Not a field of a consent.", f"Data.{unknown[0]}"[:500])
    if "Permissions" not in data:
        raise invalid("U004", "Permissions are missing.", "Data.Permissions")
    permissions = data["Permissions"]
    if not isinstance(permissions, list) or not all(isinstance(each, str) for each in permissions):
        raise invalid("U002", "Permissions are a list of codes.", "Data.Permissions")
    check_permissions(permissions)
    return data


def _object(body: Any, name: str, path: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Refused(400, "U010", "The body is not a JSON object.")
    if name not in body:
        raise invalid("U004", f"{name} is missing.", path)
    value = body[name]
    if not isinstance(value, dict):
        raise invalid("U010", f"{name} is not an object.", path)
    return value
