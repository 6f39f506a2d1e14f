"""Run the demo bank on loopback: `python -m offhold_demo.bank --port 8100 --as-of maya`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime

import uvicorn

from offhold_demo.bank.app import build_bank
from offhold_demo.bank.config import BankConfig, Client, RateLimit, machine_clock
from offhold_demo.households import USERNAMES, household


def story_clock(username: str) -> Callable[[], datetime]:
    """A clock that starts where that household's rows end, and then runs."""
    ahead = household(username).closes_at - machine_clock()
    return lambda: machine_clock() + ahead


def main() -> None:
    """Serve until interrupted."""
    options = _options()
    config = BankConfig(
        issuer=options.issuer or f"http://127.0.0.1:{options.port}",
        clients=(Client(options.client_id, tuple(options.redirect_uri), secret=options.client_secret),),
        now=story_clock(options.as_of) if options.as_of else machine_clock,
        name=options.name,
        rate_limit=RateLimit(),
        admin=options.admin,
    )
    print(f"{config.name}: {config.issuer} at {config.now().astimezone(UTC):%Y-%m-%d %H:%M} UTC", flush=True)
    app = build_bank(config)
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", date_header=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m offhold_demo.bank", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--issuer", default="", help="address under which browsers reach it")
    parser.add_argument("--name", default="Demo Bank")
    parser.add_argument("--as-of", choices=USERNAMES, help="start the clock at the end of this household's rows")
    parser.add_argument("--client-id", default="offhold")
    parser.add_argument("--client-secret", default="demo-secret")
    parser.add_argument("--redirect-uri", action="append", default=[])
    parser.add_argument("--admin", action="store_true", help="open /demo/faults")
    return parser.parse_args()


if __name__ == "__main__":
    main()
