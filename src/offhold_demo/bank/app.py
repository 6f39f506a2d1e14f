"""The demo bank as one web application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from offhold_demo.bank.access import Access
from offhold_demo.bank.authorize import AuthorizationServer
from offhold_demo.bank.config import AISP_PATH, BankConfig
from offhold_demo.bank.consent_resource import ConsentResource
from offhold_demo.bank.dashboard import Dashboard
from offhold_demo.bank.dated import Dated
from offhold_demo.bank.discovery import Discovery
from offhold_demo.bank.faults import UnknownFault, set_faults
from offhold_demo.bank.limits import FairUse
from offhold_demo.bank.pages import Pages
from offhold_demo.bank.protocol import Protocol
from offhold_demo.bank.resources import ACCOUNTS, KINDS, PRODUCTS, Resources
from offhold_demo.bank.state import Bank
from offhold_demo.bank.token_endpoint import TokenEndpoints

_ACCOUNT = "/accounts/{account_id}"
_STATEMENT = _ACCOUNT + "/statements/{statement_id}"


def build_bank(config: BankConfig) -> Starlette:
    """A bank over the configured households. Nothing outlives the process.

    Its state, for tests and demos that look inside, is at `app.state.bank`. Date headers tell the bank's own
    clock: run uvicorn with `date_header=False`.
    """
    bank = Bank(config)
    pages = Pages(config)
    resources = Mount(AISP_PATH, app=Protocol(Router(_resource_routes(bank), redirect_slashes=False), bank))
    routes = [*_oauth_routes(bank, pages), *_page_routes(bank, pages), resources]
    if config.admin:
        routes.append(Route("/demo/faults", FaultsPage(bank).handle, methods=["GET", "PUT"]))
    app = Starlette(routes=routes, middleware=[Middleware(Dated, clock=bank.clock)])
    app.state.bank = bank
    return app


def _oauth_routes(bank: Bank, pages: Pages) -> list[BaseRoute]:
    discovery = Discovery(bank.config, bank.keys)
    tokens = TokenEndpoints(bank)
    server = AuthorizationServer(bank, pages)
    return [
        Route("/.well-known/openid-configuration", discovery.configuration),
        Route("/jwks", discovery.jwks),
        Route("/par", tokens.par, methods=["POST"]),
        Route("/token", tokens.token, methods=["POST"]),
        Route("/revoke", tokens.revoke, methods=["POST"]),
        Route("/authorize", server.authorize, methods=["GET", "POST"]),
        Route("/visit/{interaction}", server.show),
        Route("/visit/{interaction}/login", server.login, methods=["POST"]),
        Route("/visit/{interaction}/decision", server.decide, methods=["POST"]),
    ]


def _page_routes(bank: Bank, pages: Pages) -> list[BaseRoute]:
    dashboard = Dashboard(bank, pages)
    return [
        Route("/bank.css", pages.stylesheet),
        Route("/dashboard", dashboard.show),
        Route("/dashboard/login", dashboard.login, methods=["POST"]),
        Route("/dashboard/revoke", dashboard.revoke, methods=["POST"]),
    ]


def _resource_routes(bank: Bank) -> list[BaseRoute]:
    access = Access(bank, FairUse(bank.config))
    consents = ConsentResource(bank, access)
    resources = Resources(bank, access)
    routes: list[BaseRoute] = [
        Route("/account-access-consents", consents.create, methods=["POST"]),
        Route("/account-access-consents/{consent_id}", consents.one, methods=["GET", "DELETE"]),
    ]
    return routes + [Route(path, _awaited(handler)) for path, handler in _reads(resources)]


def _reads(resources: Resources) -> list[tuple[str, Callable[[Request], Response]]]:
    """Every GET with its handler. The statement file (a PDF) is not kept: it is answered 404."""
    reads: list[tuple[str, Callable[[Request], Response]]] = [
        ("/accounts", resources.all_accounts(ACCOUNTS)),
        (_ACCOUNT, resources.one_account(ACCOUNTS)),
        ("/products", resources.all_accounts(PRODUCTS)),
        (_ACCOUNT + "/product", resources.one_account(PRODUCTS)),
        ("/party", resources.party),
        (_ACCOUNT + "/party", resources.account_party),
        (_ACCOUNT + "/parties", resources.parties),
        ("/transactions", resources.transactions),
        (_ACCOUNT + "/transactions", resources.transactions),
        ("/statements", resources.all_statements),
        (_ACCOUNT + "/statements", resources.all_statements),
        (_STATEMENT, resources.one_statement),
        (_STATEMENT + "/transactions", resources.statement_transactions),
    ]
    for kind in KINDS:
        reads.append((f"/{kind.path}", resources.all_accounts(kind)))
        reads.append((f"{_ACCOUNT}/{kind.path}", resources.one_account(kind)))
    return reads


def _awaited(handler: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """On the event loop and not in a thread: a handler only looks things up, and state has one writer."""

    async def endpoint(request: Request) -> Response:
        return handler(request)

    return endpoint


@dataclass(frozen=True, slots=True)
class FaultsPage:
    """Reads and sets the faults as JSON, with the names of `Faults`."""

    bank: Bank

    async def handle(self, request: Request) -> Response:
        faults = self.bank.config.faults
        if request.method == "PUT":
            try:
                set_faults(faults, await request.json())
            except (UnknownFault, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(asdict(faults))
