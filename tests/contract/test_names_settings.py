"""The names of settings, from outside: each does what it says, and each wrong one is named."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from tests.counterparts import graph
from tests.counterparts.service import Service, World, wait_for

BANK = "OFFHOLD_INSTITUTIONS__LEAST__"
PAGE = "OFFHOLD_CHANNELS__MESSENGER__"
# Each round is one start with all of these wrong; what a later round names is looked at once the rest is right.
ROUNDS: list[dict[str, str]] = [
    {
        "OFFHOLD_MODE": "staging",
        "OFFHOLD_PUBLIC_URL": "offhold.example",
        "OFFHOLD_KEYS__PROVIDER": "cloud",
        "OFFHOLD_KEYS__ROOT_FILES": "root.key",
        "OFFHOLD_LIMITS__BODY_BYTES": "0",
        "OFFHOLD_LIMITS__LEASE_SECONDS": "1",
        "OFFHOLD_LIMITS__CONSENT_DAYS": "366",
        "OFFHOLD_LIMITS__ECHO_WAIT_SECONDS": "-1",
        f"{BANK}NAME": "",
        f"{BANK}CONNECTOR": "screen-scraping",
        f"{BANK}API_VERSION": "v2",
        f"{BANK}BASE_URL": "ftp://bank",
        f"{BANK}ISSUER": "bank",
        f"{BANK}CLIENT_ID": "",
        f"{BANK}CLIENT_AUTH": "none",
        f"{BANK}CLIENT_SECRET_FILE": "missing.secret",
        f"{BANK}CA_FILE": "missing.pem",
        f"{BANK}TIMEZONE": "London",
        f"{BANK}COLOUR": "#ff0000",
        f"{PAGE}APP_ID": "",
        f"{PAGE}APP_SECRET": "",
        f"{PAGE}VERIFY_TOKEN": "",
        f"{PAGE}PAGE_ID": "",
        f"{PAGE}PAGE_TOKEN": "",
        f"{PAGE}GRAPH_URL": "graph",
        f"{PAGE}GRAPH_VERSION": "26",
        "OFFHOLD_DATADIR": "var",
        "OFFHOLD_CHANELS__MESSENGER__PAGE_ID": "1",
    },
    {
        "OFFHOLD_PUBLIC_URL": "https://offhold.example/?a=b",
        "OFFHOLD_LIMITS__BODY_BYTES": "4MB",
        f"{BANK}TIMEZONE": "../../etc/passwd",
    },
    {
        "OFFHOLD_PUBLIC_URL": "http://192.0.2.7",
        f"{BANK}BASE_URL": "http://192.0.2.7/open-banking",
        f"{BANK}ISSUER": "http://bank.example",
        f"{PAGE}GRAPH_URL": "http://192.0.2.7",
        "OFFHOLD_DATABASE_URL": "mysql://root@db/offhold",
    },
    {"OFFHOLD_LIMITS": "many"},
    {"OFFHOLD_FAILPOINTS": "turn.before-commit:explode,nowhere:crash"},
    {"OFFHOLD_CLOCK_FILE": "no-time"},
    {"OFFHOLD_KEYS__ROOT_FILE": "missing.key"},
]


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Everything configured, nothing running: no setting here leads as far as a connection."""
    folder = tmp_path_factory.mktemp("settings")
    service = Service(folder, "http://127.0.0.1:9", "http://127.0.0.1:9")
    (folder / "clock").write_text("2026-03-18T12:00:00-07:00")
    assert service.command("keys", "init").returncode == 0
    return service


@pytest.mark.parametrize("wrong", ROUNDS, ids=lambda wrong: next(iter(wrong)).removeprefix("OFFHOLD_"))
def test_each_wrong_setting_is_named_on_standard_error_and_the_status_is_2(
    refusing: Service, wrong: dict[str, str]
) -> None:
    (refusing.folder / "no-time").write_text("tomorrow at noon")
    given = {name.removeprefix("OFFHOLD_"): value for name, value in wrong.items()}
    refused = refusing.command("serve", "--port", "0", **given)
    assert refused.returncode == 2, refused.stderr
    assert refused.stdout == "" and "Traceback" not in refused.stderr
    named = [line for line in refused.stderr.splitlines() if line.startswith("OFFHOLD_")]
    for name in wrong:
        assert any(line.startswith(name) for line in named), (name, named)


def test_no_secret_is_repeated_in_a_refusal(refusing: Service) -> None:
    refused = refusing.command("serve", "--port", "0", PUBLIC_URL="x", CHANNELS__MESSENGER__APP_SECRET="s3cr3t-value")
    assert refused.returncode == 2 and "s3cr3t-value" not in refused.stderr + refused.stdout


def test_without_any_setting_each_needed_one_is_named(tmp_path: Path, refusing: Service) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("OFFHOLD_")}
    refused = refusing.bare("serve", environment=bare, folder=tmp_path)
    assert refused.returncode == 2
    for name in ("OFFHOLD_PUBLIC_URL", "OFFHOLD_INSTITUTIONS", "OFFHOLD_CHANNELS"):
        assert f"{name}: is missing" in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"), [("CLOCK_FILE", "clock"), ("FAILPOINTS", "turn.before-commit:error"), ("PUBLIC_URL", None)]
)
def test_production_takes_no_test_setting_and_no_plain_http(refusing: Service, name: str, value: str | None) -> None:
    production = {
        "MODE": "production",
        "CLOCK_FILE": "",
        "PUBLIC_URL": "https://offhold.example",
        "INSTITUTIONS__LEAST__BASE_URL": "https://bank.example",
        "INSTITUTIONS__LEAST__ISSUER": "https://bank.example",
        "CHANNELS__MESSENGER__GRAPH_URL": "https://graph.example",
    }
    changed = production | {name: value or "http://offhold.example"}
    refused = refusing.command("serve", "--port", "0", **changed)
    assert refused.returncode == 2 and [line.split(":")[0] for line in refused.stderr.splitlines()] == [
        f"OFFHOLD_{name}"
    ]


def toml(environment: dict[str, str]) -> str:
    """The same settings as a file."""
    lines = []
    for name, value in sorted(environment.items()):
        if name.startswith("OFFHOLD_"):
            path = name.removeprefix("OFFHOLD_").lower().split("__")
            lines.append(f"{'.'.join(path)} = {value if re.fullmatch('[0-9]{1,4}', value) else json.dumps(value)}")
    return "\n".join(lines)


@pytest.mark.parametrize("place", ["offhold.toml", "elsewhere.toml"])
def test_a_file_holds_the_same_tree_and_the_environment_wins(counterparts: World, place: str) -> None:
    service = counterparts.service
    environment = service.environment()
    file = service.folder / place
    file.write_text(toml(environment | {"OFFHOLD_CHANNELS__MESSENGER__VERIFY_TOKEN": "of-the-file"}))
    bare = {name: value for name, value in environment.items() if not name.startswith("OFFHOLD_")}
    named = ["--config", str(file)] if place == "elsewhere.toml" else []
    service.start_with(bare, *named)
    assert challenged(counterparts, "of-the-file") == 200
    assert counterparts.say("6001", "hello") == 200
    wait_for(lambda: counterparts.graph.texts("6001"))
    assert service.stop() == 0
    service.start_with(bare | {"OFFHOLD_CHANNELS__MESSENGER__VERIFY_TOKEN": "of-the-environment"}, *named)
    assert (challenged(counterparts, "of-the-file"), challenged(counterparts, "of-the-environment")) == (403, 200)


def challenged(world: World, token: str) -> int:
    asked = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": token}
    return graph.HTTP.get(f"{world.service.url}/channels/messenger/webhook", params=asked).status_code


@pytest.mark.parametrize(
    ("text", "says"),
    [("mode = ", "is not TOML"), ("mood = 1", "OFFHOLD_MOOD"), (None, "cannot read"), ("\udcff", "is not TOML")],
)
def test_a_file_that_is_wrong_is_named(refusing: Service, tmp_path: Path, text: str | None, says: str) -> None:
    file = tmp_path / "given.toml"
    if text is not None:
        file.write_bytes(text.encode(errors="surrogateescape"))
    refused = refusing.command("serve", "--port", "0", "--config", str(file))
    assert refused.returncode == 2 and says in refused.stderr and "Traceback" not in refused.stderr


def test_an_empty_secret_in_a_file_is_none(refusing: Service, tmp_path: Path) -> None:
    """An empty app secret would let everybody sign."""
    environment = refusing.environment()
    secrets = [f"{PAGE}{name}" for name in ("APP_SECRET", "VERIFY_TOKEN", "PAGE_TOKEN")]
    file = tmp_path / "given.toml"
    file.write_text(toml({name: "" for name in secrets}))
    bare = {name: value for name, value in environment.items() if name not in secrets}
    refused = refusing.bare("serve", "--port", "0", "--config", str(file), environment=bare, folder=tmp_path)
    assert refused.returncode == 2 and all(f"{name}: " in refused.stderr for name in secrets)


def test_limits_are_kept(counterparts: World) -> None:
    counterparts.service.start(LIMITS__BODY_BYTES="600")
    assert counterparts.say("6001", "hello") == 200
    assert counterparts.say("6001", "x" * 600) == 413


def test_the_previous_app_secret_holds_beside_the_new_one(counterparts: World) -> None:
    counterparts.service.start(
        CHANNELS__MESSENGER__APP_SECRET="the-new-one", CHANNELS__MESSENGER__APP_SECRET_PREVIOUS=graph.APP_SECRET
    )
    assert counterparts.say("6001", "hello") == 200
    body = graph.on_the_wire(graph.envelope(graph.message("6001", "hello", "m_9", counterparts.at_ms)))
    address = f"{counterparts.service.url}/channels/messenger/webhook"
    for secret, status in (("the-new-one", 200), ("a-third", 403)):
        assert graph.HTTP.post(address, content=body, headers=graph.signed(body, secret)).status_code == status


def test_the_clock_file_moves_the_day_and_may_be_rewritten_at_any_time(world: World) -> None:
    world.linked("6001")
    clock = world.service.folder / "clock"
    shown = []
    for number, now in enumerate(("2026-03-18T12:00:00-07:00", "2026-04-02T12:00:00-07:00")):
        clock.write_text("")  # as a writer leaves it for a moment
        clock.write_text(now)
        said = len(world.graph.texts("6001"))
        world.at_ms += number * 15 * 86_400_000
        assert world.say("6001", "how much did I spend on coffee last month?") == 200
        wait_for(lambda said=said: len(world.graph.texts("6001")) > said)
        shown.append(world.graph.texts("6001")[-1])
    assert "$18.00" in shown[0] and "$4.75" in shown[1]


def test_a_clock_file_that_holds_no_time_stops_nothing_and_loses_nothing(world: World) -> None:
    clock = world.service.folder / "clock"
    clock.write_text("tomorrow")
    assert world.say("6001", "hello", mid="m_odd") == 503
    clock.write_text("2026-03-18T12:00:00-07:00")
    assert world.say("6001", "hello", mid="m_odd") == 200
    wait_for(lambda: world.graph.texts("6001"))
