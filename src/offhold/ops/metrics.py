"""Metrics with the names that operators rely on (Prometheus text format)."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One registry for one process. No label ever holds a person, an amount or a message."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self.webhook_refused = Counter(
            "offhold_webhook_refused", "Webhooks refused, by reason", ["reason"], registry=registry
        )
        self.page_refused = Counter(
            "offhold_page_refused", "Pages that ended in a refusal, by reason", ["reason"], registry=registry
        )
        self.inbox_accepted = Counter("offhold_inbox_accepted", "Events accepted durably", registry=registry)
        self.inbox_duplicate = Counter("offhold_inbox_duplicate", "Events that stood already", registry=registry)
        self.events_dropped = Counter(
            "offhold_events_dropped", "Events knowingly dropped, by kind", ["kind"], registry=registry
        )
        self.bank_requests = Counter(
            "offhold_bank_requests", "Requests to banks", ["institution", "status"], registry=registry
        )
        self.gate_decisions = Counter(
            "offhold_gate_decisions", "Decisions of the gate", ["decision", "purpose"], registry=registry
        )
        self.gate_dropped = Counter(
            "offhold_gate_rows_dropped", "Rows that a bank sent unasked", ["reason"], registry=registry
        )
        self.egress_refused = Counter(
            "offhold_egress_refused", "Connections to hosts that no setting names", ["kind"], registry=registry
        )
        self.sends = Counter(
            "offhold_sends", "Messages given to a platform, by outcome", ["outcome"], registry=registry
        )
        self.turn = Histogram(
            "offhold_turn_seconds", "Claimed message to committed reply", buckets=_SECONDS, registry=registry
        )
        self.first_answer = Histogram(
            "offhold_first_answer_seconds",
            "Accepted message to platform's yes",
            buckets=_SECONDS,
            registry=registry,
        )

    def text(self) -> bytes:
        """The exposition that /metrics serves."""
        return generate_latest(self._registry)
