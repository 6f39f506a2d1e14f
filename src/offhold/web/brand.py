"""An institution's own colours, as a stylesheet of two tokens for each scheme."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offhold.config import Settings, contrast

_ON = ("#ffffff", "#0e1b2e")


def route(settings: Settings) -> Route:
    """/brand/<institution>.css."""

    async def stylesheet(request: Request) -> Response:
        entry = settings.institutions.get(request.path_params["institution"])
        if entry is None or not entry.brand:
            return Response(status_code=404)
        dark = entry.brand_dark or _ON[0]
        css = f":root{{{_tokens(entry.brand)}}}@media (prefers-color-scheme:dark){{:root{{{_tokens(dark)}}}}}"
        return Response(css, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})

    return Route("/brand/{institution}.css", stylesheet)


def _tokens(colour: str) -> str:
    on = max(_ON, key=lambda candidate: contrast(candidate, colour))
    return f"--brand:{colour};--on-brand:{on}"
