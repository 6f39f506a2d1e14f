"""The account information resources of OBIE Read/Write v4.0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from offhold_demo.bank import mandates, permissions, shapes, statements
from offhold_demo.bank.access import Access
from offhold_demo.bank.config import AISP_PATH
from offhold_demo.bank.moments import wall_time, written
from offhold_demo.bank.paging import Cursors, page_of
from offhold_demo.bank.permissions import Need
from offhold_demo.bank.rows import Between, available, rows
from offhold_demo.bank.shapes import View
from offhold_demo.bank.state import Bank
from offhold_demo.households import Resource


@dataclass(frozen=True, slots=True)
class Kind:
    """A list resource: its path, its name in Data, what it needs, and one account's part of it."""

    path: str
    name: str
    need: Need
    part: Callable[[View, str], list[Resource]]


KINDS = (
    Kind("balances", "Balance", permissions.BALANCES, shapes.balances),
    Kind("beneficiaries", "Beneficiary", permissions.BENEFICIARIES, shapes.none_kept),
    Kind("direct-debits", "DirectDebit", permissions.DIRECT_DEBITS, mandates.direct_debits),
    Kind("offers", "Offer", permissions.OFFERS, shapes.none_kept),
    Kind("scheduled-payments", "ScheduledPayment", permissions.SCHEDULED_PAYMENTS, shapes.none_kept),
    Kind("standing-orders", "StandingOrder", permissions.STANDING_ORDERS, mandates.standing_orders),
)
ACCOUNTS = Kind("accounts", "Account", permissions.ACCOUNTS, shapes.accounts)
PRODUCTS = Kind("products", "Product", permissions.PRODUCTS, shapes.products)


@dataclass(frozen=True, slots=True)
class Resources:
    """Handlers. Each raises Refused for what it will not tell."""

    bank: Bank
    access: Access
    cursors: Cursors = field(default_factory=Cursors)

    def one_account(self, kind: Kind) -> Callable[[Request], Response]:
        """The handler of a kind's list for the account in the path."""

        def handle(request: Request) -> Response:
            view = self.access.view(request, kind.need)
            return self._list(request, view, kind.name, kind.part(view, self.access.account(request, view)))

        return handle

    def all_accounts(self, kind: Kind) -> Callable[[Request], Response]:
        """The handler of a kind's list over all the accounts of the consent."""

        def handle(request: Request) -> Response:
            view = self.access.view(request, kind.need)
            found = [each for account_id in view.account_ids() for each in kind.part(view, account_id)]
            return self._list(request, view, kind.name, found)

        return handle

    def transactions(self, request: Request) -> Response:
        """Of one account, or of all where the path names none."""
        view = self.access.view(request, permissions.TRANSACTIONS)
        return self._transactions(request, view, self._span(request, "BookingDateTime"))

    def all_statements(self, request: Request) -> Response:
        """Of one account, or of all where the path names none."""
        view = self.access.view(request, permissions.STATEMENTS)
        span = self._span(request, "StatementDateTime")
        found = [
            each
            for account_id in self._chosen(request, view)
            for each in statements.statements(view, account_id)
            if statements.within(each, span)
        ]
        return self._list(request, view, "Statement", found)

    def one_statement(self, request: Request) -> Response:
        """One statement, as a list of one."""
        view = self.access.view(request, permissions.STATEMENTS)
        account_id, month = self._month(request, view)
        return self._list(request, view, "Statement", [statements.statement(view, account_id, month)])

    def statement_transactions(self, request: Request) -> Response:
        """The rows of a statement's month."""
        view = self.access.view(request, permissions.STATEMENTS + permissions.TRANSACTIONS)
        _, month = self._month(request, view)
        return self._transactions(request, view, Between(_wall(month.start), _wall(month.last)))

    def party(self, request: Request) -> Response:
        """The customer, asked for without an account."""
        view = self.access.view(request, permissions.PARTY_PSU)
        return self._answer(request, {"Party": shapes.party(view)})

    def account_party(self, request: Request) -> Response:
        """The customer as the account's holder."""
        view = self.access.view(request, permissions.PARTY)
        self.access.account(request, view)
        return self._answer(request, {"Party": shapes.party(view)})

    def parties(self, request: Request) -> Response:
        """The holders of the account that this customer may be told of: the customer."""
        view = self.access.view(request, permissions.PARTY)
        self.access.account(request, view)
        return self._list(request, view, "Party", [shapes.party(view)])

    def _chosen(self, request: Request, view: View) -> list[str]:
        if "account_id" in request.path_params:
            return [self.access.account(request, view)]
        return view.account_ids()

    def _month(self, request: Request, view: View) -> tuple[str, statements.Month]:
        account_id = self.access.account(request, view)
        return account_id, statements.find_month(view, account_id, request.path_params["statement_id"])

    def _span(self, request: Request, name: str) -> Between:
        """The filter `from…` and `to…` of the query. Raises Refused (400 U003)."""
        given = (request.query_params.get(f"{end}{name}") for end in ("from", "to"))
        first, last = (
            wall_time(text, f"{end}{name}") if text is not None else None
            for end, text in zip(("from", "to"), given, strict=True)
        )
        return Between(first, last)

    def _transactions(self, request: Request, view: View, span: Between) -> Response:
        found = rows(view, self._chosen(request, view), span)
        return self._list(request, view, "Transaction", found, lambda row: shapes.transaction(view, row))

    def _list(
        self,
        request: Request,
        view: View,
        name: str,
        items: list[Any],
        shape: Callable[[Any], Resource] = lambda item: item,
    ) -> Response:
        """One page of the list, shaped, with its links."""
        faults, query = self.bank.config.faults, dict(request.query_params)
        cursor = query.pop("cursor", "")
        scope = f"{view.consent.consent_id} {request.url.path} {sorted(query.items())}"
        start = self.cursors.read(cursor, scope, view.now) if cursor else 0
        page = page_of(items, start, faults.page_size or self.bank.config.page_size, faults.overlap)
        links = {"Self": self._link(request, query | ({"cursor": cursor} if cursor else {}))}
        for link, place in (("Prev", page.before), ("Next", page.after)):
            if place is not None:
                links[link] = self._link(request, query | {"cursor": self.cursors.make(scope, place, view.now)})
        meta: dict[str, Any] = {"TotalPages": page.total}
        if name in ("Transaction", "Statement"):
            first, last = available(view)
            meta |= {"FirstAvailableDateTime": written(first), "LastAvailableDateTime": written(last)}
        body = {"Data": {name: [shape(item) for item in page.items]}, "Links": links, "Meta": meta}
        return JSONResponse(body)

    def _answer(self, request: Request, data: dict[str, Any]) -> Response:
        links = {"Self": self._link(request, {})}
        return JSONResponse({"Data": data, "Links": links, "Meta": {"TotalPages": 1}})

    def _link(self, request: Request, query: dict[str, str]) -> str:
        """The address of this resource as the outside knows it."""
        path = request.url.path.partition(AISP_PATH)[2]
        return self.bank.config.aisp_url + path + (f"?{urlencode(query)}" if query else "")


def _wall(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
