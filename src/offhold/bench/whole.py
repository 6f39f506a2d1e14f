"""The service as a whole: a message in, a Send call out; webhooks made durable; what a turn costs in CPU."""

from __future__ import annotations

import asyncio
import hmac
import itertools
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from offhold.bench import bare, service, wire
from offhold.bench.counterparts import Counterparts
from offhold.bench.figures import Figure, Progress, against, percentile
from offhold.bench.service import PAGE, SECRET, Running

_WEBHOOK = "/channels/messenger/webhook"
_QUESTION = "how much did I spend on coffee last month?"
_WARM, _ALONE, _TOGETHER = 20, 150, 300
_ACKS, _STEADY, _STEADY_PER_SECOND = 3_000, 1_500, 500
_PATIENCE_S = 120.0
_HELD = "lane.claimed:delay=900000"
_numbers = itertools.count()


def _webhook(person: str) -> bytes:
    """A signed message, ready for the wire."""
    at_ms = int(time.time() * 1000)
    message = {"mid": f"m_{next(_numbers)}", "text": _QUESTION}
    event = {"sender": {"id": person}, "recipient": {"id": PAGE}, "timestamp": at_ms, "message": message}
    body = json.dumps({"object": "page", "entry": [{"id": PAGE, "time": at_ms, "messaging": [event]}]}).encode()
    signature = hmac.new(SECRET.encode(), body, sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
    return wire.request(_WEBHOOK, body, headers)


async def turns(folder: Path, progress: Progress) -> list[Figure]:
    """From webhook to Send call, one customer at a time; then many together, for the CPU that a turn takes."""
    people = [f"9{number:06}" for number in range(_WARM + _ALONE + _TOGETHER)]
    now = datetime.now(UTC)
    await asyncio.to_thread(service.link, folder, people, int(now.timestamp() * 1000))
    counterparts = Counterparts(now.date())
    async with counterparts.serving() as address:
        with service.serve(folder, service.environment(folder, address)) as at_work:
            progress(f"{_ALONE} turns, one at a time")
            alone = [await _turn(at_work, counterparts, person) for person in people[: _WARM + _ALONE]]
            progress(f"{_TOGETHER} turns together")
            before = at_work.cpu_s()
            await _together(at_work, counterparts, people[_WARM + _ALONE :])
            after, peak = at_work.cpu_s(), at_work.peak_mb()
    took = [seconds * 1000 for seconds in alone[_WARM:]]
    figures = [
        against("turn_ms_p50", percentile(took, 0.5), "ms", 60),
        against("turn_ms_p99", percentile(took, 0.99), "ms", 250),
    ]
    if before is None or after is None or peak is None:
        progress("CPU and memory of the service are not told by this system")
        return figures
    spent = (after - before) / _TOGETHER
    return [
        *figures,
        Figure("cpu_ms_per_turn", round(spent * 1000, 3), "ms", budget=4, ratio=round(spent * 250, 3)),
        Figure("turns_per_core_second", round(1 / spent, 1), "1/s"),
        Figure("rss_mb", round(peak, 1), "MiB"),
    ]


async def _turn(at_work: Running, counterparts: Counterparts, person: str) -> float:
    heard = counterparts.heard[person] = asyncio.get_running_loop().create_future()
    prepared = _webhook(person)
    began = time.perf_counter()
    await wire.load(at_work.port, [prepared], connections=1)
    at: float = await asyncio.wait_for(heard, _PATIENCE_S)
    return at - began


async def _together(at_work: Running, counterparts: Counterparts, people: list[str]) -> None:
    loop = asyncio.get_running_loop()
    counterparts.heard.update({person: loop.create_future() for person in people})
    await wire.load(at_work.port, [_webhook(person) for person in people])
    await asyncio.wait_for(asyncio.gather(*(counterparts.heard[person] for person in people)), _PATIENCE_S)


async def acknowledgements(folder: Path, progress: Progress) -> list[Figure]:
    """Webhooks made durable in a second, against the bare endpoint on the same server, engine and disk.

    The lanes are held meanwhile, so that accepting is measured and not the answering after it.
    """
    simple = folder / "bare"
    simple.mkdir()
    ready = simple / "ready"
    progress(f"{_ACKS} bodies at the bare endpoint")
    with service.running(["offhold.bench.bare", str(simple / "bare.db"), str(ready)], ready) as other:
        bodies = [wire.request(bare.PATH, _webhook("9").partition(b"\r\n\r\n")[2], {})] * _ACKS
        await wire.load(other.port, bodies[: _ACKS // 10])
        reference = (await wire.load(other.port, bodies)).per_second
    await asyncio.to_thread(service.link, folder, [], 0)
    with service.serve(folder, service.environment(folder, "http://127.0.0.1:1", _HELD)) as at_work:
        progress(f"{_ACKS} webhooks")
        await wire.load(at_work.port, list(_from_many(_ACKS // 10)))
        ours = (await wire.load(at_work.port, list(_from_many(_ACKS)))).per_second
        progress(f"{_STEADY} webhooks, {_STEADY_PER_SECOND} a second")
        steady = await wire.load(at_work.port, list(_from_many(_STEADY)), per_second=_STEADY_PER_SECOND)
    return [
        Figure("bare_ack_per_second", round(reference, 1), "1/s"),
        Figure("ack_per_second", round(ours, 1), "1/s", floor=0.8, ratio=round(ours / reference, 3)),
        against("ack_ms_p99_at_500", percentile([seconds * 1000 for seconds in steady.each], 0.99), "ms", 50),
    ]


def _from_many(number: int) -> Iterator[bytes]:
    return (_webhook(f"8{at:06}") for at in range(number))
