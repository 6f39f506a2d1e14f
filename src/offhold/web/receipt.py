"""The consent receipt, for the browser that agreed and for whoever is signed in."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from offhold.config import Settings
from offhold.identity.linking import Linking
from offhold.identity.sessions import Sessions
from offhold.keys.file import Keys
from offhold.privacy import consent as consents
from offhold.privacy import receipts
from offhold.privacy.policy.deciding import Policy
from offhold.store.port import Store
from offhold.web.browser import Browser, Problem, guarded, unstored
from offhold.web.pages import Pages


def routes(
    store: Store, keys: Keys, settings: Settings, policy: Policy, linking: Linking, sessions: Sessions, pages: Pages
) -> list[BaseRoute]:
    """`/consent/receipt`: signed JSON, to keep; `/consent/receipt-key`: the public key that checks it."""
    browser = Browser(settings.secure)

    async def receipt(request: Request) -> Response:
        given = await sessions.current(browser.session(request))
        if given:
            customer, institution = given.customer, given.institution
            found = await store.read(lambda connection: consents.newest(connection, keys, customer, institution))
        else:
            agreed = await linking.agreed(*browser.login(request))
            found = await store.read(lambda connection: consents.by_id(connection, keys, agreed))
        if found is None:
            raise Problem("link-expired", 404)
        consent = found.consent

        def made(connection: Connection) -> dict[str, object]:
            happened = consents.history(connection, keys, consent.id)
            bank, test = settings.institutions[consent.institution].name, settings.mode == "test"
            return receipts.of_consent(keys, consent, happened, bank, policy.sha256, test)

        named = {"Content-Disposition": 'attachment; filename="consent-receipt.json"'}
        return unstored(JSONResponse(await store.read(made), headers=named))

    async def key(_request: Request) -> Response:
        return PlainTextResponse(receipts.key(keys).public + "\n")

    return [Route("/consent/receipt", guarded(pages, receipt)), Route("/consent/receipt-key", key)]
