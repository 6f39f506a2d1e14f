"""The access logs as everybody may read them: C2SP tlog-tiles under /log/<institution>/."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from offhold.accesslog import trees
from offhold.errors import StoreUnavailable
from offhold.store.port import Store

_LASTING = "public, max-age=31536000, immutable"
_BRIEF = "public, max-age=5"


def routes(store: Store, institutions: Collection[str]) -> list[BaseRoute]:
    """Checkpoints, tiles and entry bundles. Any other site's script may read them too: they are public."""

    async def answer(request: Request) -> Response:
        institution, path = request.path_params["institution"], request.path_params["path"]

        def read(connection: Connection) -> bytes | None:
            row = trees.row_of(connection, institution)
            return trees.resource(connection, institution, row.published, path) if row else None

        headers = {"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff"}
        try:
            body = await store.read(read) if institution in institutions else None
        except StoreUnavailable:
            return PlainTextResponse("Try again later.\n", 503, headers | {"Cache-Control": "no-store"})
        if body is None:
            return PlainTextResponse("There is nothing here.\n", 404, headers | {"Cache-Control": _BRIEF})
        if path == "checkpoint":
            return PlainTextResponse(body, headers=headers | {"Cache-Control": _BRIEF})
        return Response(body, media_type="application/octet-stream", headers=headers | {"Cache-Control": _LASTING})

    return [Route("/log/{institution}/{path:path}", answer, methods=["GET"])]
