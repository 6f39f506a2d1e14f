"""Recorded answers against the schemas of the official file, with a validator that shares no code with the bank.

OpenAPI 3.0 schemas are turned into JSON Schema (draft 4 is what OpenAPI 3.0 derives from): references are
resolved in the file itself and `nullable` becomes a second type.
"""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient
from jsonschema import Draft4Validator, FormatChecker

from offhold_demo.bank import BankConfig, build_bank
from offhold_demo.bank.walk import EVERYTHING, OFFHOLD_PERMISSIONS, Walk
from offhold_demo.households import USERNAMES, household
from tests.standards.running_bank import CLIENT, OFFICIAL


def _strict(part: Any) -> Any:
    """JSON Schema of an OpenAPI 3.0 part."""
    if isinstance(part, list):
        return [_strict(each) for each in part]
    if not isinstance(part, dict):
        return part
    turned = {name: _strict(value) for name, value in part.items()}
    if turned.pop("nullable", False) is True:
        turned["type"] = [turned["type"], "null"]
    return turned


FILE: dict[str, Any] = _strict(json.loads(OFFICIAL.read_text()))


def schema_of(operation: str, status: int) -> dict[str, Any]:
    """The schema that the file gives for an operation's answer."""
    method, path = operation.split(" ")
    answer = FILE["paths"][path][method.lower()]["responses"][str(status)]
    if "$ref" in answer:
        answer = FILE["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return schema


def faults_of(operation: str, status: int, body: Any) -> list[str]:
    """Everything that is wrong with a body."""
    schema = {**schema_of(operation, status), "components": FILE["components"]}
    checker = FormatChecker(formats=("date-time",))
    return [error.message for error in Draft4Validator(schema, format_checker=checker).iter_errors(body)]


OPERATIONS = [
    f"{method.upper()} {path}"
    for path, methods in FILE["paths"].items()
    for method in methods
    if method in ("get", "post") and not path.endswith("/file")
]


async def _record(username: str, permissions: tuple[str, ...]) -> dict[str, tuple[int, Any]]:
    """Status and body of every operation, asked once with real ids."""
    person = household(username)
    config = BankConfig("https://bank.test", (CLIENT,), now=lambda: person.closes_at, households=(person,))
    async with AsyncClient(transport=ASGITransport(build_bank(config))) as http:
        walk = Walk(http, config, CLIENT)
        linked = await walk.link(username, permissions, ExpirationDateTime="2030-01-01T00:00:00+00:00")
        ids = {
            "ConsentId": linked["consent_id"],
            "AccountId": walk.accounts(username)[0],
            "StatementId": f"{walk.accounts(username)[0]}-2025-10",
        }
        return {each: await _ask(walk, each, ids, linked["access_token"]) for each in OPERATIONS}


async def _ask(walk: Walk, operation: str, ids: dict[str, str], token: str) -> tuple[int, Any]:
    method, path = operation.split(" ")
    if path.startswith("/account-access-consents"):
        token = await walk.client_token()
    address = walk.config.aisp_url + path.format(**ids)
    body = {"Data": {"Permissions": ["ReadAccountsBasic"]}, "Risk": {}} if method == "POST" else None
    headers = {"Authorization": f"Bearer {token}"}
    answer = await walk.http.request(method, address, json=body, headers=headers)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("username", USERNAMES)
def test_every_answer_is_valid(username: str) -> None:
    recorded = asyncio.run(_record(username, EVERYTHING))
    assert len(recorded) == 27
    wrong = {
        operation: (status, faults_of(operation, status, body))
        for operation, (status, body) in recorded.items()
        if status not in (200, 201) or faults_of(operation, status, body)
    }
    assert wrong == {}


def test_refusals_are_valid() -> None:
    """What this consent has no permission for is refused with the file's own error body."""
    recorded = asyncio.run(_record("tom", OFFHOLD_PERMISSIONS))
    refused = {operation: body for operation, (status, body) in recorded.items() if status == 403}
    assert "GET /standing-orders" in refused and len(refused) == 19
    assert {operation: faults_of(operation, 403, body) for operation, body in refused.items()} == {
        operation: [] for operation in refused
    }


def _transactions() -> Any:
    return asyncio.run(_record("tom", EVERYTHING))["GET /transactions"][1]


def test_the_validator_catches_what_is_wrong() -> None:
    """Negative control: each of these is a mistake that a real bank has made."""
    body = _transactions()
    mistakes = {
        "signed amount": lambda row: row["Amount"].update(Amount="-12.00"),
        "unknown property": lambda row: row.update(Surprise=1),
        "v3 status": lambda row: row.update(Status="Booked"),
        "no direction": lambda row: row.pop("CreditDebitIndicator"),
        "null": lambda row: row.update(TransactionInformation=None),
        "no time": lambda row: row.update(BookingDateTime="2025-12-01"),
    }
    caught = {}
    for name, mistake in mistakes.items():
        wrong = copy.deepcopy(body)
        mistake(wrong["Data"]["Transaction"][0])
        caught[name] = len(faults_of("GET /transactions", 200, wrong))
    assert faults_of("GET /transactions", 200, body) == []
    assert caught == dict.fromkeys(mistakes, 1)
