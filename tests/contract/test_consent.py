"""Consent from outside: the receipt to keep, the offline check, and an end at once by a clerk's command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from tests.counterparts.service import QUESTION, World, wait_for

from offhold.accesslog.verify import read_checkpoint


def _receipt(world: World) -> Path:
    world.linked("p1")
    answer = httpx2.get(f"{world.service.url}/consent/receipt", cookies=world.cookies)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    file = world.service.folder / "receipt.json"
    file.write_bytes(answer.content)
    return file


@pytest.mark.threat(57)
def test_the_receipt_is_checked_offline(world: World) -> None:
    file = _receipt(world)
    key = httpx2.get(f"{world.service.url}/consent/receipt-key").text.strip()
    world.service.stop()
    checked = json.loads(world.service.command("verify", str(file), "--json").stdout)
    assert checked["holds"] and checked["kind"] == "consent receipt"
    document = checked["document"]
    assert document["pii_processing"][0]["offhold_accounts"] == ["acc-1"]
    assert document["watermark"].startswith("TEST")
    nowhere = {"KEYS__ROOT_FILE": str(world.service.folder / "none")}
    assert world.service.command("verify", str(file), "--key", key, **nowhere).returncode == 0
    assert world.service.command("verify", str(file), **nowhere).returncode == 2
    file.write_text(file.read_text().replace("acc-1", "acc-2"))
    refused = world.service.command("verify", str(file))
    assert refused.returncode == 1 and "altered" in refused.stderr
    assert world.service.command("verify", str(file.with_name("missing"))).returncode == 2


@pytest.mark.threat(57)
def test_another_browser_gets_no_receipt(world: World) -> None:
    world.linked("p1")
    assert httpx2.get(f"{world.service.url}/consent/receipt").status_code == 400
    strange = {name: value[:-3] + "abc" for name, value in world.cookies.items()}
    assert httpx2.get(f"{world.service.url}/consent/receipt", cookies=strange).status_code == 400


@pytest.mark.threat(54)
def test_a_clerk_ends_a_consent_beside_the_running_service(world: World) -> None:
    document = json.loads(_receipt(world).read_text())
    world.say("p1", QUESTION)
    before = len(world.graph.texts("p1"))
    wait_for(lambda: any("coffee" in text.lower() for text in world.graph.texts("p1")))
    ended = world.service.command("consent", "withdraw", document["record_id"], "--json")
    assert json.loads(ended.stdout) == {"withdrawn": 1, "banks_told": 1}, ended.stderr
    checked = world.service.command("policy", "check", "--customer", document["pii_principal_id"], "--json")
    report = json.loads(checked.stdout)
    assert report["holds"] and report["decisions"] >= 2  # the offer of accounts, and a read
    reads = len([path for path in world.bank.requests if "transactions" in path])
    world.say("p1", "how much did I spend on coffee this month?")
    wait_for(lambda: len(world.graph.texts("p1")) > before + 1)
    assert len([path for path in world.bank.requests if "transactions" in path]) == reads
    again = world.service.command("consent", "withdraw", document["record_id"])
    assert again.returncode == 1 and "No such consent" in again.stderr


def test_the_evidence_pack_checks_out(counterparts: World, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    counterparts.service.start()
    wait_for(lambda: httpx2.get(f"{counterparts.service.url}/log/least/checkpoint").is_success)
    counterparts.service.stop()
    pack = [sys.executable, "-m", "offhold", "audit", "pack", str(folder)]
    environment = counterparts.service.environment()
    made = subprocess.run(pack, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=400)
    assert made.returncode == 0, made.stderr
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"SHA256SUMS"}
    assert set(sums) == files >= {"offhold.cedar", "offhold.cedarschema", "table.json", "proof.json", "egress.json"}
    assert len([name for name in files if name.startswith("smt/")]) > 20
    assert all(finding["holds"] for finding in json.loads((folder / "proof.json").read_text())["findings"])
    checkpoint, trusted = ((folder / "log" / f"least.{kind}").read_text() for kind in ("checkpoint", "policy"))
    assert read_checkpoint(checkpoint, trusted).origin.startswith("offhold-test/")
    assert (folder / "verify.py").exists()
    again = counterparts.service.command("audit", "pack", str(folder))
    assert again.returncode == 2 and "not empty" in again.stderr
