"""`offhold demo` from outside: what it prints, how it ends, and its exit statuses."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from tests.counterparts.demo import command, free_ports, played

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def story(text: str) -> Path:
        file = tmp_path / "tale.story"
        file.write_text(text)
        return file

    return story


def test_a_line_that_does_not_hold_exits_1_and_is_named(write: Write) -> None:
    done = played(write("customer: thanks\nbot: You owe me\n"))
    assert done.returncode == 1
    assert "tale.story:2: expected 'You owe me', got \"This is Demo Bank's bot" in done.stderr
    assert "customer: thanks" in done.stdout and "holds" not in done.stdout


def test_a_word_that_must_not_be_said_exits_1(write: Write) -> None:
    done = played(write("customer: thanks\nbot: …\nnot: welcome\n"))
    assert done.returncode == 1 and "tale.story:3: this was said" in done.stderr


def test_a_login_without_a_button_exits_1(write: Write) -> None:
    done = played(write("logs in: open\n"))
    assert done.returncode == 1 and "tale.story:1: the login got stuck" in done.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("custommer: hi\n", "tale.story:1: expected one of bank, bot,"),
        ("# nothing\n\ncustomer:\n", "tale.story:3: 'customer' needs words after a colon"),
        ("declines: now\n", "tale.story:1: 'declines' stands alone"),
        ("person: nobody\n", "tale.story:1: 'person' is one of elena, kevin,"),
        ("bank: bankrupt\n", "tale.story:1: 'bank' is one of away, back"),
        ("logs in: half\n", "tale.story:1: 'logs in' is one of open, sealed"),
        ("clock: tomorrow\n", "tale.story:1: a clock is an ISO time with offset"),
        ("clock: 2026-03-18T09:00:00\n", "tale.story:1: a clock is an ISO time with offset"),
        ("# empty\n", "there is no line in it"),
    ],
)
def test_a_story_out_of_the_grammar_exits_2_before_anything_starts(write: Write, text: str, says: str) -> None:
    done = played(write(text))
    assert done.returncode == 2 and done.stdout == ""
    assert says in done.stderr


def test_a_story_that_is_not_there_exits_2(tmp_path: Path) -> None:
    done = played(tmp_path / "none.story")
    assert done.returncode == 2 and "none.story: cannot be read" in done.stderr


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_a_taken_port_exits_2_and_says_what_to_do(offset: int) -> None:
    first = free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first + offset))
        taken.listen()
        done = subprocess.run(command("--port", str(first), "--no-wait"), capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert f"Port {first + offset} is in use" in done.stderr and "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_story_and_without_waiting_it_starts_and_stops() -> None:
    first = free_ports()
    done = subprocess.run(command("--port", str(first), "--no-wait"), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert f"http://127.0.0.1:{first}\n" in done.stdout and f"http://127.0.0.1:{first + 1}/dashboard" in done.stdout


@pytest.fixture
def running() -> Iterator[tuple[subprocess.Popen[str], int]]:
    first = free_ports()
    process = subprocess.Popen(command("--port", str(first)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield process, first
    process.kill()
    process.wait()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_it_stops_everything_quietly(running: tuple[subprocess.Popen[str], int], how: signal.Signals) -> None:
    process, first = running
    assert process.stdout is not None
    while "Ctrl-C" not in process.stdout.readline():
        assert process.poll() is None
    for address in (f":{first}", f":{first + 1}/.well-known/openid-configuration", f":{first + 2}/readyz"):
        assert httpx2.get(f"http://127.0.0.1{address}").status_code == 200
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopped. Its data is deleted." in out and err == ""
    for offset in range(3):
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"http://127.0.0.1:{first + offset}")


def test_stopping_it_while_it_starts_leaves_nothing_running(running: tuple[subprocess.Popen[str], int]) -> None:
    process, first = running
    assert process.stdout is not None
    assert "Starting" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _out, err = process.communicate(timeout=60)
    assert process.returncode == 0 and err == ""
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{first + 2}/readyz")
