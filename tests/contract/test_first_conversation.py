"""The path that everything hangs on, from outside: no import of offhold, none of offhold_demo."""

from __future__ import annotations

from tests.counterparts.service import QUESTION, World, wait_for


def test_a_signed_webhook_is_answered_to_the_cent_with_its_rows(world: World) -> None:
    world.linked("6001")
    assert world.say("6001", QUESTION) == 200
    texts = wait_for(lambda: [text for text in world.graph.texts("6001") if "coffee" in text.lower()])
    shown = "\n".join(texts)
    assert "$18.00" in shown  # 4.50 + 3.25 + 12.00 - 1.75
    for amount in ("4.50", "3.25", "12.00", "1.75"):
        assert amount in shown
    assert "4.75" not in shown and "9.99" not in shown


def test_sealed_disclosure_sends_no_figure_and_asks_the_bank_nothing(world: World) -> None:
    world.linked("6002", disclosure="sealed")
    before, said = len(world.bank.requests), len(world.graph.texts("6002"))
    assert world.say("6002", QUESTION) == 200
    wait_for(lambda: len(world.graph.texts("6002")) > said)
    assert not any(digit in world.graph.texts("6002")[-1] for digit in "0123456789")
    assert len(world.bank.requests) == before


def test_an_unlinked_customer_is_offered_the_log_in_button(world: World) -> None:
    assert world.say("6003", QUESTION) == 200
    wait_for(lambda: world.graph.texts("6003"))
    buttons = world.graph.sent[-1]["message"]["attachment"]["payload"]["buttons"]
    assert buttons[0]["type"] == "account_link" and buttons[0]["url"].startswith(world.service.url)
    assert world.bank.requests == []
