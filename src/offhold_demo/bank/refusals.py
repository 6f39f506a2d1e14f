"""How the resource server says no: the OBIE error body (Read/Write profile v4.0, "Error Response Structure")."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from uuid import uuid4

from starlette.responses import JSONResponse, Response

from offhold.errors import OffholdError


class Refused(OffholdError):
    """A request that is answered with an error. `reason` is from the code set OBExternalStatusReason1Code; a
    refusal without one has no body (401, where no usable token came)."""

    code = "refused"

    def __init__(
        self,
        status: int,
        reason: str = "",
        message: str = "",
        path: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {reason} {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.path = path
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The whole answer."""
        if not self.reason:
            return Response(status_code=self.status, headers=self.headers)
        return JSONResponse(self._body(), self.status, headers=self.headers)

    def _body(self) -> dict[str, object]:
        phrase = HTTPStatus(self.status).phrase.replace(" ", "")
        detail = {"ErrorCode": self.reason, "Message": self.message, "Path": self.path}
        return {
            "Id": str(uuid4()),
            "Code": f"{self.status} {phrase}"[:40],
            "Message": self.message,
            "Errors": [{name: text[:500] for name, text in detail.items() if text}],
        }


def invalid(reason: str, message: str, path: str) -> Refused:
    """400 for one field, header or parameter."""
    return Refused(400, reason, message, path)


def not_found(what: str) -> Refused:
    """An id that no resource has: 400, not 404, by the profile."""
    return Refused(400, "U011", f"There is no such {what}.", what)


def forbidden(message: str, reason: str = "U042") -> Refused:
    """The token is good, but not for this."""
    return Refused(403, reason, message)


def unauthorised(error: str = "") -> Refused:
    """No token, or one that is unknown or worn out (RFC 6750 section 3)."""
    challenge = 'Bearer realm="accounts"' + (f', error="{error}"' if error else "")
    return Refused(401, headers={"WWW-Authenticate": challenge})


def consent_expired() -> Refused:
    """The consent's own end has passed: 401 with TKXP, by the profile's section on 401."""
    headers = {"WWW-Authenticate": 'Bearer realm="accounts", error="invalid_token"'}
    return Refused(401, "TKXP", "The consent has expired.", headers=headers)
