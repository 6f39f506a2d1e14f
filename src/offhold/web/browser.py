"""What a page needs of the browser: cookies, where a form came from, and refusals as pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from offhold.errors import BankError, LinkRefused
from offhold.model.access import Failure
from offhold.web.pages import Pages

Handler = Callable[[Request], Awaitable[Response]]
Form = Mapping[str, list[str]]
_FORM_TYPE = "application/x-www-form-urlencoded"
_FORM_FIELDS = 100
_FORM_BYTES = 128_000
"""Room for the longest message that a form may hold, percent-encoded, and for the keys of the consent page."""
_BANK_SILENT = frozenset({Failure.bank_away.value, Failure.bank_busy.value})
_LOGIN_S = 600
_SESSION_S = 8 * 3600


@dataclass(frozen=True, slots=True)
class Problem(Exception):
    """Why a page cannot go on: a key of `problem.html`, and the status to answer with."""

    key: str
    status: int


def guarded(pages: Pages, handler: Handler) -> Handler:
    """Every refusal becomes a page in plain words; nothing of the request is shown again."""

    async def answer(request: Request) -> Response:
        institution = request.path_params.get("institution", "")
        try:
            return await handler(request)
        except LinkRefused as refused:
            return pages.problem(refused.code, 502 if refused.code == "platform-away" else 400, institution)
        except BankError as error:
            return pages.problem("bank-away" if error.code in _BANK_SILENT else "login-failed", 502, institution)
        except Problem as problem:
            return pages.problem(problem.key, problem.status, institution)

    return answer


class Browser:
    """Two cookies: a login in progress, and a session. `secure`: we are reached over TLS."""

    def __init__(self, secure: bool) -> None:
        prefix = "__Host-" if secure else ""
        self._login = f"{prefix}offhold-link"
        self._session = f"{prefix}offhold-session"
        self._secure = secure

    def login(self, request: Request) -> tuple[str, str]:
        """State and secret of the login in progress. Raises Problem in another browser than it began in."""
        state, _, secret = request.cookies.get(self._login, "").partition(".")
        if not state or not secret:
            raise Problem("link-foreign", 400)
        return state, secret

    def session(self, request: Request) -> str:
        """The session's secret; empty where there is none."""
        return request.cookies.get(self._session, "")

    def logging_in(self, response: Response, state: str, secret: str) -> Response:
        return self._set(response, self._login, f"{state}.{secret}", _LOGIN_S)

    def logged_in(self, response: Response) -> Response:
        """The login in progress is over."""
        return self._drop(response, self._login)

    def signed_in(self, response: Response, secret: str) -> Response:
        return self._set(response, self._session, secret, _SESSION_S)

    def signed_out(self, response: Response) -> Response:
        response.headers["Clear-Site-Data"] = '"cache"'
        return self._drop(response, self._session)

    def _set(self, response: Response, name: str, value: str, max_age: int) -> Response:
        """Lax, not Strict: the bank's login and the links in chats lead here from other sites."""
        response.set_cookie(name, value, max_age=max_age, httponly=True, samesite="lax", secure=self._secure, path="/")
        return unstored(response)

    def _drop(self, response: Response, name: str) -> Response:
        response.delete_cookie(name, path="/", secure=self._secure, httponly=True, samesite="lax")
        return unstored(response)


def unstored(response: Response) -> Response:
    """Kept by no cache, and told to no other site."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def same_site(request: Request, public_url: str) -> None:
    """A browser names the site that submits a form (Fetch metadata, Origin). Another one's is refused."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", public_url)
    if site not in ("same-origin", "none") or origin not in (public_url, "null"):
        raise Problem("link-foreign", 403)


async def form(request: Request) -> Form:
    """The submitted fields. Raises Problem for another kind of body, or for more than a page of ours sends."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        raise Problem("form-broken", 415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _FORM_BYTES:
            raise Problem("form-broken", 413)
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_FORM_FIELDS, errors="strict")
    except ValueError as error:
        raise Problem("form-broken", 400) from error


def single(fields: Form, name: str) -> str:
    """The value of a field that stands exactly once; else empty."""
    values = fields.get(name, [])
    return values[0] if len(values) == 1 else ""
