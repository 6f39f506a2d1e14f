"""The bank's pages: plain HTML forms, no script, nothing from another host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from offhold_demo.bank.books import Books
from offhold_demo.bank.config import BankConfig, Client
from offhold_demo.bank.consents import Consent
from offhold_demo.bank.pushed import AuthorizationRequest
from offhold_demo.bank.wording import ConsentView, view


def _templates() -> Environment:
    loader = PackageLoader("offhold_demo.bank", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def policy(form_target: str = "") -> dict[str, str]:
    """Headers of every page. `form_target`: another origin to which a form's answer may redirect."""
    target = f" {form_target}" if form_target else ""
    rules = (
        "default-src 'none'",
        "style-src 'self'",
        f"form-action 'self'{target}",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(rules),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def origin(address: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders; decides nothing."""

    config: BankConfig
    _environment: Environment = field(default_factory=_templates)

    async def stylesheet(self, request: Request) -> Response:
        """The one style sheet."""
        css = (files("offhold_demo.bank") / "templates" / "bank.css").read_text("utf-8")
        return Response(css, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})

    def problem(self, text: str) -> HTMLResponse:
        """Something went wrong that only the person at the browser is told."""
        return self._page("problem.html", {"text": text}, 400)

    def sign_in(self, action: str, client: Client | None = None, wrong: bool = False) -> HTMLResponse:
        """Choose one of the demo people. `client` is who asked for it; none for the bank's own dashboard."""
        people = [(each.username, each.name) for each in self.config.households]
        values = {"action": action, "client": client, "people": people, "wrong": wrong}
        return self._page("sign_in.html", values, 400 if wrong else 200)

    def consent(
        self,
        action: str,
        client: Client,
        consent: Consent,
        books: Books,
        request: AuthorizationRequest,
        none_chosen: bool,
    ) -> HTMLResponse:
        """What is asked for, and the two answers."""
        shown = view(consent, client, books.household, list(books.accounts.values()))
        values = {
            "action": action,
            "consent": shown,
            "person": books.household.name,
            "chosen": consent.accounts,
            "none_chosen": none_chosen,
        }
        return self._page("consent.html", values, 400 if none_chosen else 200, origin(request.redirect_uri))

    def dashboard(self, person: str, consents: list[ConsentView], token: str) -> HTMLResponse:
        """Who may read the customer's data, each with a way to stop it."""
        values = {"person": person, "consents": consents, "token": token, "home": self.config.path}
        return self._page("dashboard.html", values)

    def _page(
        self, template: str, values: Mapping[str, object], status: int = 200, form_target: str = ""
    ) -> HTMLResponse:
        frame = {"bank": self.config.name, "style": f"{self.config.path}/bank.css"}
        html = self._environment.get_template(template).render(**values, **frame)
        return HTMLResponse(html, status, headers=policy(form_target))
