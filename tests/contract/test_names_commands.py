"""The names of commands, addresses and metrics, from outside: what they print, and with which status they end."""

from __future__ import annotations

import json
import re
import signal
import stat
from pathlib import Path

import pytest
from tests.counterparts import graph
from tests.counterparts.service import QUESTION, Service, World, wait_for

from offhold.bench import service

METRICS = {
    "offhold_webhook_refused_total",
    "offhold_inbox_accepted_total",
    "offhold_inbox_duplicate_total",
    "offhold_events_dropped_total",
    "offhold_bank_requests_total",
    "offhold_gate_decisions_total",
    "offhold_sends_total",
    "offhold_turn_seconds",
    "offhold_first_answer_seconds",
}


def _get(world: World, path: str) -> tuple[int, str, str]:
    response = graph.HTTP.get(f"{world.service.url}{path}")
    return response.status_code, response.headers["content-type"], response.text


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Configured, with nobody to speak to, and never started."""
    service = Service(tmp_path_factory.mktemp("idle"), "http://127.0.0.1:9", "http://127.0.0.1:9")
    (service.folder / "clock").write_text("2026-03-18T12:00:00-07:00")
    assert service.command("keys", "init").returncode == 0
    return service


# serve


def test_the_ready_file_holds_the_address_while_it_serves(counterparts: World) -> None:
    service = counterparts.service
    service.start()
    ready = service.folder / "ready"
    assert ready.read_text().strip() == service.url
    assert service.stop() == 0 and not ready.exists()


def test_port_0_picks_one_and_says_which(counterparts: World) -> None:
    service = counterparts.service
    service.start_with(service.environment(), port="0")
    chosen = (service.folder / "ready").read_text().strip()
    assert chosen != service.url and not chosen.endswith(":0")
    assert graph.HTTP.get(f"{chosen}/healthz").status_code == 200


def test_a_port_in_use_is_said_so(world: World) -> None:
    port = world.service.url.rpartition(":")[2]
    second = world.service.command("serve", "--port", port, DATA_DIR=str(world.service.folder / "second"))
    assert second.returncode == 2 and port in second.stderr


@pytest.mark.parametrize("wrong", [("--port", "65536"), ("--role", "judge"), ("--speed", "9")])
def test_a_wrong_option_ends_with_2(idle: Service, wrong: tuple[str, str]) -> None:
    refused = idle.command("serve", *wrong)
    assert refused.returncode == 2 and wrong[0] in refused.stderr


@pytest.mark.parametrize("role", ["web", "worker"])
def test_split_roles_do_not_start_on_sqlite(idle: Service, role: str) -> None:
    refused = idle.command("serve", "--role", role)
    assert refused.returncode == 2 and "--role" in refused.stderr


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT"])
def test_a_signal_to_stop_ends_with_0(world: World, how: str) -> None:
    assert world.service.stop(signal.Signals[how]) == 0


# addresses and metrics


def test_health_readiness_and_metrics_answer(world: World) -> None:
    assert _get(world, "/healthz") == (200, "application/json", '{"status":"alive"}')
    assert _get(world, "/readyz") == (200, "application/json", '{"status":"ready"}')
    status, kind, text = _get(world, "/metrics")
    assert status == 200 and kind.startswith("text/plain; version=0.0.4")
    assert {name for name in re.findall(r"^# TYPE (\S+)", text, re.M)} >= METRICS


def test_each_metric_counts_what_it_says(world: World) -> None:
    world.linked("6001")
    count = world.service.metric
    before = {name: count(name) for name in ("offhold_inbox_accepted_total", "offhold_turn_seconds_count")}
    said = len(world.graph.texts("6001"))
    assert world.say("6001", QUESTION, mid="m_x") == world.say("6001", QUESTION, mid="m_x") == 200
    event = graph.messaging("6001", world.at_ms, read={"watermark": 1})
    assert graph.post(world.service.url, graph.envelope(event)) == 200
    wait_for(lambda: len(world.graph.texts("6001")) > said)
    wait_for(world.service.settled)
    assert count("offhold_inbox_accepted_total") == before["offhold_inbox_accepted_total"] + 1
    assert count("offhold_inbox_duplicate_total") == 1
    assert count("offhold_events_dropped_total", kind="read") == 1
    assert count("offhold_bank_requests_total", institution="least", status="200") > 3
    allowed = re.findall(
        r'offhold_gate_decisions_total\{decision="allow",purpose="[^"]+"\} (\S+)', _get(world, "/metrics")[2]
    )
    assert sum(map(float, allowed)) >= 1
    assert count("offhold_sends_total", outcome="sent") == len(world.graph.sent)
    assert count("offhold_turn_seconds_count") == before["offhold_turn_seconds_count"] + 1
    answered = wait_for(lambda: count("offhold_first_answer_seconds_count"))
    assert answered == count("offhold_turn_seconds_count")
    refused = graph.HTTP.post(f"{world.service.url}/channels/messenger/webhook", content=b"{}")
    assert refused.status_code == 403 and count("offhold_webhook_refused_total", reason="unsigned") == 1


# status and drain


def test_status_and_drain_before_the_first_start_say_what_to_do(idle: Service) -> None:
    for command in (("status",), ("drain",)):
        said = idle.command(*command, DATA_DIR="never-served")
        assert said.returncode == 2 and "offhold serve" in said.stderr


def test_status_of_a_file_that_is_no_database_says_so(idle: Service) -> None:
    for name, content in {"empty.db": b"", "other.db": b"not a database at all" * 100}.items():
        (idle.folder / name).write_bytes(content)
        said = idle.command("status", DATABASE_URL=f"sqlite:///{idle.folder / name}")
        assert said.returncode == 2 and name in said.stderr and "Traceback" not in said.stderr


def test_status_counts_in_json_and_in_words(world: World) -> None:
    world.linked("6001")
    assert world.say("6001", "talk to a person") == 200
    wait_for(world.service.settled)
    for _running in (True, False):
        figures = world.service.status()
        assert figures["inbox"] == {"ready": 0, "done": 2, "parked": 0}
        assert figures["parked"] == 0 and figures["links"] == 1 and figures["cases"] == {"waiting": 1}
        assert figures["lanes"] == {"known": 1, "held": 0} and figures["jobs"]["timers"] >= 1
        assert figures["leaves"] >= 2
        assert figures["outbox"]["sent"] == len(world.graph.sent)
        assert all(figures["outbox"][name] == 0 for name in ("ready", "sending", "unknown", "failed"))
        words = world.service.command("status")
        assert words.returncode == 0 and "leaves" in words.stdout and "sent" in words.stdout
        assert world.service.stop() == 0


def test_drain_ends_with_1_while_something_waits_and_with_0_after(world: World) -> None:
    command = world.service.command
    assert command("drain", "--timeout", "0").returncode == 0
    world.graph.answer = lambda _body: graph.refusal(1)
    assert world.say("6001", "hello") == 200
    for timeout in ("0", "0.3"):
        waiting = command("drain", "--timeout", timeout)
        assert waiting.returncode == 1 and "1 left to do" in waiting.stderr
    world.graph.answer = lambda _body: None
    done = command("drain", "--timeout", "30")
    assert done.returncode == 0 and "Nothing is left" in done.stdout
    assert command("drain", "--timeout", "-1").returncode == 2


# doctor


def test_doctor_finds_a_whole_deployment_whole(counterparts: World) -> None:
    said = counterparts.service.command("doctor")
    assert said.returncode == 0, said.stdout + said.stderr
    lines = said.stdout.splitlines()
    assert lines and all(line.startswith("ok ") for line in lines)
    for part in ("configuration", "keys", "database", "institution least", "messenger"):
        assert any(part in line for line in lines), part


@pytest.mark.parametrize(
    ("changes", "part", "advice"),
    [
        ({"KEYS__ROOT_FILE": "none.key"}, "keys", "offhold keys init"),
        ({"INSTITUTIONS__LEAST__ISSUER": "http://127.0.0.1:9"}, "institution least", "ISSUER"),
        ({"INSTITUTIONS__LEAST__CLIENT_ID": "someone"}, "institution least", "CLIENT_ID"),
        ({"CHANNELS__MESSENGER__GRAPH_URL": "http://127.0.0.1:9"}, "messenger", "does not answer"),
        ({"DATA_DIR": "clock/data"}, "database", "OFFHOLD_DATA_DIR"),
    ],
)
def test_doctor_says_what_to_do_about_what_is_wrong(
    counterparts: World, changes: dict[str, str], part: str, advice: str
) -> None:
    said = counterparts.service.command("doctor", **changes)
    assert said.returncode == 1, said.stdout + said.stderr
    failed = [line for line in said.stdout.splitlines() if line.startswith("fail ")]
    assert len(failed) == 1 and part in failed[0] and advice in failed[0]


def test_doctor_lists_the_failpoints_that_serve_takes(counterparts: World) -> None:
    said = counterparts.service.command("doctor", "--failpoints")
    assert said.returncode == 0
    names = [line.split("\t")[0] for line in said.stdout.splitlines()]
    assert len(names) >= 11 and all(meaning for _, meaning in (line.split("\t") for line in said.stdout.splitlines()))
    counterparts.service.start(FAILPOINTS=",".join(f"{name}:delay=1" for name in names))


# keys


def test_keys_init_makes_a_key_for_its_owner_and_never_overwrites_one(idle: Service, tmp_path: Path) -> None:
    command = idle.command
    file = tmp_path / "deep" / "new.key"
    made = command("keys", "init", "--file", str(file))
    assert made.returncode == 0 and str(file.name) in made.stdout.replace("\n", "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    again = command("keys", "init", "--file", str(file))
    assert again.returncode == 2 and "never overwritten" in again.stderr and file.read_bytes() == before
    beside = command("keys", "init", KEYS__ROOT_FILE=str(tmp_path / "configured.key"))
    assert beside.returncode == 0 and (tmp_path / "configured.key").exists()


def test_keys_init_where_nothing_can_be_written_says_so(idle: Service) -> None:
    refused = idle.command("keys", "init", "--file", str(idle.folder / "clock" / "k"))
    assert refused.returncode == 2 and "cannot write" in refused.stderr and "Traceback" not in refused.stderr


# bench


def test_bench_prints_one_object_of_figures_and_its_status_is_theirs(idle: Service) -> None:
    said = idle.command("bench", "understand", "gate", "--json")
    shown = json.loads(said.stdout)
    assert set(shown) == {"machine", "figures"} and shown["machine"]["cores"] >= 1
    names = {each["name"] for each in shown["figures"]}
    assert names == {"understand_ms_p50", "understand_ms_p99", "gate_ms"}
    for each in shown["figures"]:
        assert set(each) == {"name", "value", "unit", "floor", "ratio", "budget", "ok"}
        assert each["value"] > 0 and each["ok"] == (each["value"] <= each["budget"])
    assert said.returncode == (0 if all(each["ok"] for each in shown["figures"]) else 1)
    assert "understanding" in said.stderr


def test_the_service_that_bench_measures_starts(tmp_path: Path) -> None:
    service.link(tmp_path, ["7001"], 1_773_860_400_000)
    with service.serve(tmp_path, service.environment(tmp_path, "http://127.0.0.1:9")) as running:
        assert graph.HTTP.get(f"http://127.0.0.1:{running.port}/readyz").status_code == 200


def test_bench_without_json_is_a_table_and_an_unknown_name_ends_with_2(idle: Service) -> None:
    table = idle.command("bench", "understand")
    assert table.returncode in (0, 1) and "understand_ms_p50" in table.stdout and "holds" in table.stdout
    refused = idle.command("bench", "nothing")
    assert refused.returncode == 2 and "understand" in refused.stderr


# all of them


def test_the_help_lists_every_command_and_each_explains_itself(idle: Service) -> None:
    listed = idle.command("--help")
    assert listed.returncode == 0
    for name in ("serve", "status", "drain", "doctor", "answer", "demo", "keys"):
        assert re.search(rf"^\W*{name}\b", listed.stdout, re.M), name
    for command in (["serve"], ["keys", "init"]):
        said = idle.command(*command, "--help")
        assert said.returncode == 0 and f"Usage: offhold {' '.join(command)}" in said.stdout


def test_an_unknown_command_ends_with_2(idle: Service) -> None:
    said = idle.command("sevre")
    assert said.returncode == 2 and "sevre" in said.stderr


def test_answer_without_its_protocol_ends_with_2(idle: Service) -> None:
    assert idle.command("answer").returncode == 2
