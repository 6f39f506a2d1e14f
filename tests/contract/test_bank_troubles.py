"""What the customer is told when the bank misbehaves, and what the bank sees of us: from a separate process."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from tests.counterparts.bank import AISP, coffee_rows
from tests.counterparts.service import QUESTION, World, deployed, wait_for


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with deployed(tmp_path_factory.mktemp("troubles")) as world:
        world.service.start()
        yield world


@pytest.fixture
def world(deployment: World) -> Iterator[World]:
    """A customer of its own, linked from a chat that carries the same number as the customer."""
    bank = deployment.bank
    bank.subject = str(8_000_000 + secrets.randbelow(1_000_000))
    deployment.linked(bank.subject)
    yield deployment
    bank.rows, bank.instead, bank.revoked = coffee_rows(), lambda _request: None, False


def told(world: World, question: str = QUESTION) -> dict[str, Any]:
    """The next message to the customer, as the platform got it."""
    before = len(world.graph.sent)
    world.say(world.bank.subject, question)
    wait_for(lambda: len(world.graph.sent) > before)
    return world.graph.sent[-1]["message"]


def refusing(status: int, code: str = "", **headers: str) -> Any:
    body = {"Code": str(status), "Message": "no", "Errors": [{"ErrorCode": code, "Message": "no"}]}

    def answer(request: Request) -> Response | None:
        return JSONResponse(body, status, headers=headers) if request.url.path.startswith(f"{AISP}/accounts") else None

    return answer


def test_an_answer_over_a_row_that_made_no_sense_says_so(world: World) -> None:
    world.bank.rows[0]["Amount"]["Amount"] = "-4.50"
    said = json.dumps(told(world))
    assert "$13.50" in said and "1 entry could not be read, so this may be incomplete." in said


def test_a_pending_coffee_that_is_booked_too_counts_once_and_is_mentioned(world: World) -> None:
    world.bank.rows.append(world.bank.rows[0] | {"TransactionId": "p1", "Status": "PDNG"})
    said = json.dumps(told(world))
    assert "$18.00" in said and "I left out 1 pending payment that looks booked already." in said


def test_a_consent_ended_at_the_bank_ends_here_and_the_customer_can_link_again(world: World) -> None:
    world.bank.revoked = True
    said = json.dumps(told(world))
    assert "Your permission has ended" in said and "account_link" in said
    world.bank.revoked = False
    reads = len(world.bank.requests)
    told(world)
    assert len(world.bank.requests) == reads
    world.linked(world.bank.subject)
    assert "$18.00" in json.dumps(told(world))


def test_a_bank_that_wants_a_new_sign_in_gets_one(world: World) -> None:
    world.bank.instead = refusing(403, "U028")
    said = json.dumps(told(world))
    assert "wants you to sign in again" in said and "account_link" in said
    world.bank.instead = lambda _request: None
    world.linked(world.bank.subject)
    assert "$18.00" in json.dumps(told(world))


def test_a_busy_bank_names_its_time(world: World) -> None:
    world.bank.instead = refusing(429, **{"Retry-After": "150"})
    assert "try again in 3 minutes" in json.dumps(told(world))


@pytest.mark.parametrize(("status", "words"), [(503, "can't reach your accounts"), (404, "not clear enough")])
def test_a_bank_that_gives_no_answer_gets_no_figure(world: World, status: int, words: str) -> None:
    world.bank.instead = refusing(status)
    said = json.dumps(told(world))
    assert words in said and "$" not in said
    world.bank.instead = lambda _request: None
    assert "$18.00" in json.dumps(told(world))


@pytest.mark.threat(2)
def test_every_request_that_the_bank_sees_has_its_leaf_already(world: World) -> None:
    """Looked at from the bank: while it holds our request, the database already tells of it."""
    engine = create_engine(f"sqlite:///file:{world.service.folder}/data/offhold.db?mode=ro&uri=true")

    def leaves() -> int:
        with engine.connect() as connection:
            return int(connection.execute(text("select count(*) from leaf")).scalar_one())

    before, seen = leaves(), []

    def note(request: Request) -> Response | None:
        if request.url.path.startswith(f"{AISP}/accounts"):
            seen.append(leaves() - before)
        return None

    world.bank.instead = note
    assert "$18.00" in json.dumps(told(world))
    assert seen[0] == 1 and len(seen) > 1
