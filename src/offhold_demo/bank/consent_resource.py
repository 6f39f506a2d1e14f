"""The account-access-consents resource, for a client with its own token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from offhold_demo.bank.access import Access
from offhold_demo.bank.consents import Consent
from offhold_demo.bank.refusals import Refused
from offhold_demo.bank.state import Bank


@dataclass(frozen=True, slots=True)
class ConsentResource:
    """Handlers. Each raises Refused for what it will not do."""

    bank: Bank
    access: Access

    async def create(self, request: Request) -> Response:
        """201 with a consent that awaits its customer."""
        client_id = self.access.client(request)
        _check_content_type(request)
        body = _json(await request.body())
        consent = self.bank.consents.create(client_id, body, self.bank.clock())
        return JSONResponse(self._body(consent), 201)

    async def one(self, request: Request) -> Response:
        """Read or delete, by the method."""
        consent_id, client_id = request.path_params["consent_id"], self.access.client(request)
        consent = self.bank.consents.of_client(consent_id, client_id, self.bank.clock())
        if request.method == "DELETE":
            self.bank.consents.delete(consent)
            return Response(status_code=204)
        return JSONResponse(self._body(consent))

    def _body(self, consent: Consent) -> dict[str, Any]:
        address = f"{self.bank.config.aisp_url}/account-access-consents/{consent.consent_id}"
        return {"Data": consent.resource(), "Risk": {}, "Links": {"Self": address}, "Meta": {"TotalPages": 1}}


def _check_content_type(request: Request) -> None:
    """415 for anything but JSON."""
    content = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content != "application/json":
        raise Refused(415, "U006", "Only application/json is taken here.", "Content-Type")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise Refused(400, "U010", "The body is not JSON.") from None
