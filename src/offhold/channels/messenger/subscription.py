"""Staying subscribed to the Page: after an hour of failed deliveries the platform ends a subscription by itself.

Source: Meta, "Webhooks for Messenger Platform" (Webhooks Disabled) and the Page's `subscribed_apps` edge, 2026.
"""

from __future__ import annotations

import asyncio
from typing import NoReturn

import structlog

from offhold.channels.messenger.graph import GraphClient

EVERY_S = 10 * 60
FIELDS = frozenset(
    {
        "message_echoes",
        "message_edits",
        "message_reactions",
        "messages",
        "messaging_account_linking",
        "messaging_integrity",
        "messaging_policy_enforcement",
        "messaging_postbacks",
        "messaging_referrals",
    }
)
"""The fields whose events mean something to us; what we would only drop, we do not ask for."""

log = structlog.get_logger()


async def keep(graph: GraphClient) -> NoReturn:
    """Look every ten minutes, and subscribe again where a field is missing."""
    while True:
        if not await graph.subscribe(FIELDS):
            log.error("messenger.not_subscribed")
        await asyncio.sleep(EVERY_S)
