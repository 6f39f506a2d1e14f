"""The demo bank as one web application."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from offhold_demo.bank.config import BankConfig
from offhold_demo.bank.discovery import Discovery
from offhold_demo.bank.signing import process_keys


def build_bank(config: BankConfig) -> Starlette:
    """A bank over the configured households. Nothing outlives the process."""
    discovery = Discovery(config, process_keys())
    routes: list[BaseRoute] = [
        Route("/.well-known/openid-configuration", discovery.configuration),
        Route("/jwks", discovery.jwks),
    ]
    return Starlette(routes=routes)
