"""What one running bank holds, all of it in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from offhold_demo.bank.books import Books, books_of
from offhold_demo.bank.clients import ClientDoor
from offhold_demo.bank.config import BankConfig
from offhold_demo.bank.consents import Consent, Consents
from offhold_demo.bank.pushed import PushedRequests
from offhold_demo.bank.signing import SigningKeys, process_keys
from offhold_demo.bank.tokens import Tokens


@dataclass(slots=True)
class Bank:
    """State shared by the authorization server, the resource server and the pages."""

    config: BankConfig
    keys: SigningKeys = field(default_factory=process_keys)
    consents: Consents = field(default_factory=Consents)
    tokens: Tokens = field(default_factory=Tokens)
    pushed: PushedRequests = field(default_factory=PushedRequests)
    door: ClientDoor = field(init=False)
    books: dict[str, Books] = field(init=False)

    def __post_init__(self) -> None:
        self.door = ClientDoor(self.config)
        self.books = {each.username: books_of(each) for each in self.config.households}

    def clock(self) -> datetime:
        """The bank's time, with the offset that a fault may give it."""
        return self.config.now() + timedelta(seconds=self.config.faults.clock_offset_seconds)

    def access_seconds(self) -> int:
        """How long a new access token lives."""
        wanted = self.config.faults.token_seconds
        return self.config.access_token_seconds if wanted is None else wanted

    def cancel(self, consent: Consent) -> None:
        """The customer ends a consent at the bank. Its access tokens are refused from here on, as forbidden."""
        self.consents.cancel(consent, self.clock())

    def owns(self, account_id: str) -> bool:
        """Whether any customer has an account of that id."""
        return any(account_id in books.accounts for books in self.books.values())
