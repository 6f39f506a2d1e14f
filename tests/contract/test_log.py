"""The access log from outside: public tiles, the stand-alone verifier, the commands."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from tests.counterparts.servers import free_socket, serving
from tests.counterparts.service import QUESTION, World, wait_for
from tests.counterparts.witness import LeastWitness

from offhold.accesslog import verify
from offhold.accesslog.checkpoint import Signer
from offhold.keys.file import Keys


def _log(world: World, path: str, **headers: str) -> httpx2.Response:
    return httpx2.get(f"{world.service.url}/log/least/{path}", headers=headers)


def _published(world: World, least: int = 1) -> str:
    def grown() -> str:
        note = _log(world, "checkpoint").text
        return note if int(note.split("\n")[1]) >= least else ""

    return str(wait_for(grown))


def _asked(world: World, psid: str) -> str:
    """A linked customer asks; the customer's id, once every leaf is in the tree."""
    world.linked(psid)
    world.say(psid, QUESTION)
    wait_for(lambda: [text for text in world.graph.texts(psid) if "18.00" in text])
    return wait_for(lambda: _settled(world))  # type: ignore[no-any-return]


def _settled(world: World) -> str:
    with sqlite3.connect(f"file:{world.service.folder / 'data' / 'offhold.db'}?mode=ro", uri=True) as database:
        (waiting,) = database.execute("select count(*) from leaf where position is null").fetchone()
        ((customer,),) = database.execute("select customer from consent order by given_ms desc limit 1").fetchall()
    return "" if waiting else str(customer)


def _json(world: World, *arguments: str, status: int = 0) -> Any:
    done = world.service.command("log", *arguments, "--json")
    assert done.returncode == status and done.stdout, done.stderr
    return json.loads(done.stdout)


def _mirror(world: World, folder: Path) -> Path:
    """What a stranger copies: the checkpoint, and every tile and bundle of its size."""
    folder.mkdir()
    note = _published(world)
    (folder / "checkpoint").write_text(note)

    def fetch(path: str) -> bytes:
        reply = _log(world, path)
        assert reply.status_code == 200, path
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(reply.content)
        return reply.content

    policy = _json(world, "checkpoint")["policy"]
    verify.check_tiles(fetch, verify.read_checkpoint(note, policy), [])
    return folder


def _script(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The verifier as a stranger runs it: one file, elsewhere, without this project."""
    lone = folder / "stranger" / "verify.py"
    lone.parent.mkdir(exist_ok=True)
    shutil.copy(Path(verify.__file__), lone)
    return subprocess.run(
        [sys.executable, "-I", str(lone), *arguments], capture_output=True, text=True, cwd=folder, timeout=60
    )


NOWHERE = [
    "",
    "tile/0/000",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/0/001.p/1",
    "tile/1/000.p/1",
    "tile/64/000.p/1",
    "tile/00/000.p/1",
    "tile/0/0.p/1",
    "tile/0/x000/000.p/1",
    "tile/entries/000",
    "tile/0/%30%30%30.p/99999999999999999999",
    "checkpoint/",
    "Checkpoint",
    "tile/0/٠٠٠.p/1",
]


def test_the_verifier_is_short_and_imports_nothing_of_ours() -> None:
    source = Path(verify.__file__).read_text()
    assert len(source.splitlines()) < 200
    assert not re.findall(r"^\s*(?:from|import) offhold", source, re.M)
    outside = set(re.findall(r"^(?:from|import) (\w+)", source, re.M)) - set(sys.stdlib_module_names)
    assert outside == {"cryptography"}


def test_a_log_is_served_as_static_tiles(world: World) -> None:
    world.linked("7001")
    note = _published(world, 16)
    checkpoint = _log(world, "checkpoint")
    assert checkpoint.headers["content-type"] == "text/plain; charset=utf-8"
    assert "max-age=5" in checkpoint.headers["cache-control"]
    assert note.startswith("offhold-test/127.0.0.1:")
    size = int(note.split("\n")[1])
    for kind, width in (("0", 32), ("entries", 66)):
        tile = _log(world, f"tile/{kind}/000.p/{size}")
        assert tile.headers["content-type"] == "application/octet-stream"
        assert "immutable" in tile.headers["cache-control"]
        assert len(tile.content) == width * size
        assert _log(world, f"tile/{kind}/000.p/3").content == tile.content[: 3 * width]
    assert [path for path in NOWHERE if _log(world, path).status_code != 404] == []
    assert httpx2.get(f"{world.service.url}/log/nobody/checkpoint").status_code == 404


def test_a_stranger_checks_mirror_and_proofs_with_one_file(world: World, tmp_path: Path) -> None:
    customer = _asked(world, "7003")
    shown = _json(world, "checkpoint")
    assert verify.read_checkpoint(shown["checkpoint"], shown["policy"]).size == shown["size"]
    (tmp_path / "policy").write_text(shown["policy"])
    mirror = _mirror(world, tmp_path / "mirror")
    assert _script(tmp_path, "policy", "mirror").returncode == 0
    proofs = _json(world, "prove", "--customer", customer)
    (tmp_path / "proofs.json").write_text(json.dumps(proofs))
    done = _script(tmp_path, "policy", "proofs.json")
    assert (done.returncode, done.stdout[:6]) == (0, "holds:"), done.stderr
    assert "offhold-test/" in done.stdout
    seen = tmp_path / "seen"
    seen.write_text(shown["checkpoint"])
    world.say("7003", "what is my balance?")
    _published(world, shown["size"] + 1)
    grown = _json(world, "prove", "--customer", customer, "--since", str(shown["size"]))
    (tmp_path / "grown.json").write_text(json.dumps(grown))
    assert _script(tmp_path, "policy", "grown.json", "seen").returncode == 0
    for tile in sorted((mirror / "tile").rglob("*")):
        if tile.is_file():
            body = tile.read_bytes()
            tile.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
            done = _script(tmp_path, "policy", "mirror")
            assert done.returncode == 1 and "does not hold" in done.stderr
            tile.write_bytes(body[:-32])
            assert _script(tmp_path, "policy", "mirror").returncode == 1
            tile.unlink()
            assert _script(tmp_path, "policy", "mirror").returncode == 1
            tile.write_bytes(body)
    assert _script(tmp_path).returncode == 2


def test_the_commands_show_and_prove_a_customers_entries(world: World) -> None:
    customer = _asked(world, "7004")
    assert _json(world, "verify")["holds"] is True
    found = _json(world, "entries", "--customer", customer)["entries"]
    assert [each["seq"] for each in found] == list(range(1, len(found) + 1))
    assert [each["act"] for each in found][:1] == ["consent.offer"]
    read = next(each for each in found if each["act"] == "read")
    assert read["decision"] == "allow" and read["actor"]["kind"] == "customer" and "transactions" in read["cat"]
    text = world.service.command("log", "entries", "--customer", customer).stdout
    assert "read" in text and "18.00" not in text
    proofs = _json(world, "prove", "--customer", customer)
    assert len(proofs["proofs"]) == len(found) and proofs["waiting"] == 0
    kept = world.service.folder / "proofs.json"
    kept.write_text(json.dumps(proofs))
    assert world.service.command("verify", str(kept)).stdout.startswith("holds: offhold-test/")
    kept.write_text(json.dumps({**proofs, "proofs": proofs["proofs"][1:]}))
    refused = world.service.command("verify", str(kept), "--key", _json(world, "checkpoint")["vkey"])
    assert refused.returncode == 1 and "missing" in refused.stderr
    unknown = world.service.command("log", "prove", "--customer", "nobody", "--json")
    assert unknown.returncode == 1 and "no customer" in unknown.stderr
    assert world.service.command("log", "entries").returncode == 2
    assert world.service.command("log", "checkpoint", "--institution", "x").returncode == 2
    assert world.service.command("log", "checkpoint").stdout == _log(world, "checkpoint").text


def test_a_changed_byte_makes_verify_exit_1_and_the_service_refuse_to_start(world: World) -> None:
    _asked(world, "7005")
    world.service.stop()
    database = world.service.folder / "data" / "offhold.db"
    with sqlite3.connect(database) as connection:
        (hashes,) = connection.execute("select hashes from log_tile where level = 0").fetchone()
        connection.execute("update log_tile set hashes = ? where level = 0", (bytes(32) + hashes[32:],))
    found = _json(world, "verify", status=1)
    assert "entry [0] of level 0" in found["logs"][0]["why"]
    refused = world.service.command("serve", "--port", "0")
    assert refused.returncode not in (0, None) and "does not hold" in refused.stderr


def test_the_signing_key_is_made_told_of_and_asked_for(counterparts: World) -> None:
    service = counterparts.service
    assert (service.folder / "log.key").exists()
    assert service.command("keys", "init").returncode == 2
    doctor = service.command("doctor").stdout
    assert "access log" in doctor and "no witness" in doctor
    (service.folder / "log.key").unlink()
    assert "offhold keys init" in service.command("doctor").stdout
    refused = service.command("serve", "--port", "0")
    assert refused.returncode == 2 and "OFFHOLD_LOG__SIGNING_KEY_FILE" in refused.stderr
    assert service.command("keys", "init").returncode == 0
    service.start()


@pytest.mark.threat(103)
def test_a_witness_over_http_cosigns_every_checkpoint(counterparts: World) -> None:
    service, socket = counterparts.service, free_socket()
    service.environment()
    origin = f"offhold-test/{urlsplit(service.url).netloc}/log/least"
    signer = Signer(Keys.from_file(service.folder / "log.key"), "least", origin)
    witness = LeastWitness(logs={origin: signer.vkey})
    with serving(witness.app(), socket) as address:
        service.more["LOG__WITNESSES"] = f"{witness.vkey} {address}"
        service.start()
        counterparts.linked("7006")
        published = _published(counterparts, 16)
        policy = _json(counterparts, "checkpoint")["policy"]
        assert f"witness {witness.name}" in policy and verify.read_checkpoint(published, policy)
        service.stop()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LOG__WITNESSES", "nonsense", "VKEY ADDRESS"),
        ("LOG__WITNESSES", "a+b+c http://127.0.0.1:1", "no cosignature/v1 verifier key"),
        ("LOG__WITNESSES", "a+b+c http://witness.example", "loopback"),
        ("LOG__QUORUM", "1", "cannot be"),
    ],
)
def test_a_wrong_setting_is_named(counterparts: World, name: str, value: str, says: str) -> None:
    done = counterparts.service.command("serve", "--port", "0", **{name: value})
    assert done.returncode == 2 and f"OFFHOLD_{name}" in done.stderr and says in done.stderr
