"""A demonstration bank: OBIE Read/Write v4.0 account information, with its own OpenID Connect server."""

from offhold_demo.bank.app import build_bank
from offhold_demo.bank.config import BankConfig, Client, RateLimit
from offhold_demo.bank.faults import Faults, Storm

__all__ = ["BankConfig", "Client", "Faults", "RateLimit", "Storm", "build_bank"]
