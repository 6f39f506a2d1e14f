"""Pages: templates, and the headers that every page carries. Nothing of another host, nothing kept by the browser."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from offhold.config import Settings

log = structlog.get_logger()

_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def static() -> Mount:
    """Stylesheet, font and scripts."""
    return Mount("/static", StaticFiles(directory=_HERE / "static"), name="static")


@dataclass(frozen=True, slots=True)
class Branded:
    """The institution as a page shows it. `branded`: it has colours of its own at /brand/<id>.css."""

    id: str
    name: str
    phone: str
    branded: bool


class Pages:
    """Renders templates for one deployment. `observe` is told the key of each problem page."""

    def __init__(self, settings: Settings, observe: Callable[[str], None]) -> None:
        self._observe = observe
        self._host = urlsplit(settings.public_url).netloc
        self._institutions = {
            name: Branded(name, entry.name, entry.phone, bool(entry.brand))
            for name, entry in settings.institutions.items()
        }

    def page(
        self,
        template: str,
        institution: str = "",
        status: int = 200,
        *,
        may_go_to: tuple[str, ...] = (),
        script: str = "",
        **values: object,
    ) -> Response:
        """A page of `institution` (the first one where none is known yet).

        `may_go_to`: addresses outside ours to which its forms may lead (browsers check redirects too).
        `script`: the one module it loads, a file of /static.
        """
        shown = self._institutions.get(institution) or next(iter(self._institutions.values()))
        nonce = secrets.token_urlsafe(16)
        body = _TEMPLATES.get_template(template).render(
            institution=shown, host=self._host, script=script, nonce=nonce, **values
        )
        return HTMLResponse(body, status, headers=headers(may_go_to, nonce if script else ""))

    def problem(self, key: str, status: int, institution: str = "") -> Response:
        """A page that says what did not happen, what is safe and what to do. `key` is one of problem.html."""
        self._observe(key)
        log.warning("page.refused", reason=key, status=status)
        return self.page("problem.html", institution, status, key=key)

    def handlers(self) -> dict[Any, Any]:
        """Starlette's handlers for what no route answers, and for a defect of ours."""

        def missing(_request: Request, _error: Exception) -> Response:
            return self.problem("page-missing", 404)

        def ours(_request: Request, _error: Exception) -> Response:
            return self.problem("ours", 500)

        return {404: missing, Exception: ours}


def headers(may_go_to: tuple[str, ...] = (), nonce: str = "") -> Mapping[str, str]:
    """Headers of a page; without a nonce it runs no script at all."""
    forms = " ".join(sorted({"'self'", *map(_origin, may_go_to)} - {""}))
    scripts = f"'nonce-{nonce}'" if nonce else "'none'"
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; font-src 'self'; "
        f"img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action {forms}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    }


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
