"""Pages: templates, and the headers that every page carries. No script, no other host, nothing stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).parent
_PAGES = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def static() -> Mount:
    """The stylesheet."""
    return Mount("/static", StaticFiles(directory=_HERE / "static"), name="static")


def page(template: str, status: int = 200, may_go_to: str = "", **values: object) -> Response:
    """A page. `may_go_to`: the address outside ours to which its form may lead (browsers check redirects too)."""
    body = _PAGES.get_template(template).render(**values)
    return HTMLResponse(body, status, headers=_headers(may_go_to))


def _headers(may_go_to: str) -> Mapping[str, str]:
    parts = urlsplit(may_go_to)
    outside = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self'{outside}"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }
