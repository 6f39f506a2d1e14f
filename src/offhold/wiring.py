"""The only place where ports meet adapters."""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import httpx2
from joserfc.jwk import ECKey, Key, RSAKey
from sqlalchemy import Connection
from starlette.applications import Starlette

from offhold.accesslog.checkpoint import read_witnesses
from offhold.accesslog.sequencer import Sequencer
from offhold.accesslog.trees import Logs
from offhold.accesslog.witness import Cosigners
from offhold.banks.institutions import Institution
from offhold.banks.memory import MemoryConnector
from offhold.banks.obie.calls import Calls
from offhold.banks.obie.connector import ObieConnector
from offhold.banks.obie.consents import BankConsents
from offhold.banks.port import Connector, Grant
from offhold.channels.messenger import subscription
from offhold.channels.messenger.channel import Messenger
from offhold.channels.messenger.graph import GraphClient
from offhold.channels.port import Batch
from offhold.channels.webchat import log
from offhold.channels.webchat.channel import Bell, WebChat
from offhold.channels.webchat.conversations import Conversations
from offhold.config import InstitutionSettings, Role, Settings
from offhold.errors import BankError, ConfigurationError, StoreUnavailable
from offhold.identity.linking import Door, Linking, Lives
from offhold.identity.oauth import Credentials, OAuthClient
from offhold.identity.proofs import Challenges, Origin
from offhold.identity.sessions import Sessions
from offhold.journal import inbox
from offhold.journal.opening import Opening
from offhold.journal.port import Channel
from offhold.journal.turns import Reader, Turns
from offhold.journal.worker import Pace, Watch, Worker
from offhold.keys.file import Keys
from offhold.model.access import Access, Data, Purpose, Read
from offhold.model.consent import Consent, Scope
from offhold.model.message import Disclosure
from offhold.ops import egress
from offhold.ops.clock import Clock
from offhold.ops.egress import Exit
from offhold.ops.metrics import Metrics
from offhold.privacy import agreement, sealed
from offhold.privacy import consent as consents
from offhold.privacy import gate as gates
from offhold.privacy.agreement import Agreement
from offhold.privacy.budget import Budget
from offhold.privacy.consent import Standing
from offhold.privacy.gate import Asker, Gate, Rules
from offhold.privacy.policy import deciding
from offhold.privacy.policy.deciding import Policy
from offhold.store import migrate, postgres
from offhold.store.port import Store
from offhold.store.postgres import PostgresStore
from offhold.store.sqlite import SqliteStore
from offhold.web import brand, chat, health, link, me, receipt, webhook
from offhold.web import log as log_pages
from offhold.web import policy as policy_page
from offhold.web import sealed as sealed_pages
from offhold.web.pages import Pages, static

_HTTP = {"limits": httpx2.Limits(max_connections=100, max_keepalive_connections=50), "timeout": 10.0}
_GRAPH_PATIENCE_S = 5.0
_DRAIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Service:
    """A wired deployment: the application to serve, and its store to close afterwards."""

    app: Starlette
    store: Store
    exits: tuple[Exit, ...]
    refused: Callable[[str], None]
    sequencer: Sequencer | None

    def guard(self) -> None:
        """From now on this process speaks to the hosts of its settings alone."""
        egress.guard(self.exits, self.refused)

    def prepare(self) -> None:
        """Bring the schema up to date and check the access logs, before anything is served.

        Raises ConfigurationError for a database that we cannot use, LogBroken for a log that is not what was signed.
        """
        try:
            asyncio.run(self.store.write(migrate.upgrade))
        except StoreUnavailable as error:
            reason = getattr(error.__cause__, "orig", error)
            problem = f"OFFHOLD_DATABASE_URL: the database cannot be used: {reason}"
            raise ConfigurationError((problem,)) from error
        except migrate.UnknownRevision as error:
            problem = "OFFHOLD_DATABASE_URL: the database was made by a newer Offhold; install that version"
            raise ConfigurationError((problem,)) from error
        if self.sequencer:
            asyncio.run(self.sequencer.open())

    def close(self) -> None:
        self.store.close()


@dataclass(frozen=True, slots=True)
class Bank:
    """One institution's adapters, over one HTTP client with its own trust."""

    oauth: OAuthClient
    consents: BankConsents
    institution: Institution
    connector: Connector
    agreement: Agreement
    http: httpx2.AsyncClient


def service(settings: Settings, role: Role = Role.all) -> Service:
    """Wire what `serve` does in this role. Raises ConfigurationError for what only shows here."""
    policy = deciding.approved()
    keys = Keys.from_file(settings.root_key_file)
    clock = Clock(settings.clock_file)
    clock.now()  # a file that holds no time shows at the start
    metrics = Metrics()
    store = database(settings)
    banks = {name: bank(name, entry, settings, clock, metrics) for name, entry in settings.institutions.items()}
    institutions = {name: entry.institution for name, entry in banks.items()}
    connectors = {name: entry.connector for name, entry in banks.items()}
    gate = Gate(store, keys, clock, institutions, connectors, _rules(policy, banks, settings), _gate_watch(metrics))
    graph_http = httpx2.AsyncClient(**_HTTP)  # type: ignore[arg-type]
    graph = GraphClient(graph_http, settings.channels.messenger)
    doors = {
        name: Door(entry.oauth, entry.consents, f"{settings.public_url}/institutions/{name}/callback", entry.agreement)
        for name, entry in banks.items()
    }
    linking = Linking(store, keys, clock, doors, gate.accounts_on_offer, _lives(settings))
    messenger = Messenger(graph, settings.public_url, keys.derive("payload"))
    bell, sessions = Bell(), Sessions(store, keys, clock)
    pages = Pages(settings, lambda key: metrics.page_refused.labels(key).inc())
    channels: dict[str, Channel] = {"messenger": messenger, "web": WebChat(store, keys, clock, bell)}

    def sweep(connection: Connection, now_ms: int) -> tuple[Grant, ...]:
        sessions.sweep(connection, now_ms)
        sealed.sweep(connection, now_ms)
        log.forget(connection, now_ms - timedelta(days=settings.limits.chat_days) // timedelta(milliseconds=1))
        return linking.sweep(connection, now_ms)

    deadline_ms = settings.limits.reply_deadline_seconds * 1000
    turns = Turns(store, keys, clock, gate, institutions, linking.complete, deadline_ms)
    watch = Watch(metrics.turn.observe, metrics.first_answer.observe, lambda name: metrics.sends.labels(name).inc())
    worker = Worker(store, keys, clock, turns, channels, sweep, linking.ended, _pace(settings), watch)
    witness_http = httpx2.AsyncClient(**_HTTP)  # type: ignore[arg-type]
    cosigners = Cosigners(witness_http, read_witnesses(settings.log.witness_list), settings.log.quorum_size)
    sequencer = Sequencer(store, keys, clock, Logs.of(settings), cosigners, settings.log_interval_s)
    clients = (graph_http, witness_http, *(entry.http for entry in banks.values()))
    working = None if role is Role.web else (worker, sequencer)
    opening = Opening(store, keys, clock, gate, institutions, turns)
    challenges = Challenges(keys, Origin(settings.public_url))
    wake = worker.wake if role is Role.all else lambda _lanes: None
    conversations = Conversations(store, keys, clock, bell, wake)
    app = Starlette(
        routes=health.routes(lambda: _ready(store), metrics),
        lifespan=_lifespan(working, clients, lambda: subscription.keep(graph)),
        exception_handlers=pages.handlers(),
    )
    app.state.stopping = False
    if role is not Role.worker:
        app.router.routes += [
            *webhook.routes(settings, _intake(store, keys, clock, wake), metrics),
            *link.routes(linking, graph, settings, clock.now, pages, sessions, conversations.connected),
            *chat.routes(conversations, linking, sessions, settings, pages, lambda: app.state.stopping),
            *sealed_pages.routes(opening, challenges, linking, sessions, settings, pages, clock),
            *policy_page.routes(policy, pages),
            *me.routes(me.YourData(store, keys, turns, linking, linking.ended, sessions, settings, pages, clock)),
            *receipt.routes(store, keys, settings, policy, linking, sessions, pages),
            *log_pages.routes(store, tuple(settings.institutions)),
            static(),
            brand.route(settings),
        ]
    refused = metrics.egress_refused
    sequencing = sequencer if working else None
    return Service(app, store, egress.exits(settings), lambda kind: refused.labels(kind).inc(), sequencing)


def database(settings: Settings) -> Store:
    """The database that the settings name."""
    if settings.postgres:
        return PostgresStore(settings.database_url)
    return SqliteStore(settings.database_file)


def bank(name: str, entry: InstitutionSettings, settings: Settings, clock: Clock, metrics: Metrics) -> Bank:
    """The OBIE adapters of one institution."""
    verify = ssl.create_default_context(cafile=str(entry.ca_file)) if entry.ca_file else True
    http = httpx2.AsyncClient(verify=verify, **_HTTP)  # type: ignore[arg-type]
    zone = ZoneInfo(entry.timezone)

    def now() -> int:
        return int(clock.now().timestamp())

    calls = Calls(http, entry.base_url, lambda status: metrics.bank_requests.labels(name, status).inc())
    oauth = OAuthClient(entry.issuer, _credentials(name, entry), http, now)
    bank_consents = BankConsents(calls, oauth)
    connector = ObieConnector(name, zone, calls, oauth, bank_consents, now, settings.limits.bank_seconds)
    institution = Institution(name, entry.name, zone, entry.locale)
    return Bank(oauth, bank_consents, institution, connector, _agreement(name, entry, zone), http)


def _agreement(name: str, entry: InstitutionSettings, zone: ZoneInfo) -> Agreement:
    """What the institution signed; where it gave no agreement, all that the policy knows."""
    if entry.agreement_file is None:
        return agreement.silent(zone)
    setting = f"OFFHOLD_INSTITUTIONS__{name.upper()}__AGREEMENT_FILE"
    return agreement.read(entry.agreement_file, entry.agreement_key, name, zone, setting)


def _rules(policy: Policy, banks: Mapping[str, Bank], settings: Settings) -> Rules:
    limits = settings.limits
    agreements = {name: entry.agreement for name, entry in banks.items()}
    return Rules(
        policy, agreements, limits.history_months, Budget(limits.conversation_rows, limits.conversation_accounts)
    )


def _lives(settings: Settings) -> Lives:
    limits = settings.limits
    return Lives(limits.consent_days, limits.reconfirm_days, limits.history_months, limits.refusal_days)


def _credentials(name: str, entry: InstitutionSettings) -> Credentials:
    if entry.client_auth == "client_secret_basic" and entry.client_secret_file:
        return Credentials(entry.client_id, secret=entry.client_secret_file.read_text().strip())
    key, algorithm = _private_key(name, entry.client_key_file or Path())
    return Credentials(entry.client_id, key=key, algorithm=algorithm)


def _private_key(name: str, file: Path) -> tuple[Key, str]:
    """A PEM or JWK private key: RSA signs PS256, elliptic ES256."""
    problem = f"OFFHOLD_INSTITUTIONS__{name.upper()}__CLIENT_KEY_FILE: {file} holds no RSA or P-256 private key"
    text = file.read_text().strip()
    for kind, algorithm in ((RSAKey, "PS256"), (ECKey, "ES256")):
        try:
            key = kind.import_key(json.loads(text) if text.startswith("{") else text)
        except (ValueError, TypeError):
            continue
        if key.is_private:
            key.ensure_kid()
            return key, algorithm
    raise ConfigurationError((problem,))


def _gate_watch(metrics: Metrics) -> gates.Watch:
    return gates.Watch(
        lambda decision, purpose: metrics.gate_decisions.labels(decision, purpose).inc(),
        lambda reason, rows: metrics.gate_dropped.labels(reason).inc(rows),
    )


def _pace(settings: Settings) -> Pace:
    limits = settings.limits
    return Pace(
        limits.lanes_at_once,
        limits.lease_seconds * 1000,
        limits.send_spacing_ms,
        int(limits.echo_wait_seconds * 1000),
    )


def _intake(store: Store, keys: Keys, clock: Clock, wake: Callable[[frozenset[str]], None]) -> webhook.Intake:
    async def accept(batch: Batch) -> inbox.Accepted:
        sealed = [inbox.seal(keys, event) for event in batch.events]
        now_ms = clock.ms()
        return await inbox.commit(store, sealed, now_ms)

    return webhook.Intake(accept, wake)


async def _ready(store: Store) -> bool:
    return not await store.read(migrate.pending)


def _lifespan(  # type: ignore[no-untyped-def]
    working: tuple[Worker, Sequencer] | None,
    clients: tuple[httpx2.AsyncClient, ...],
    beside: Callable[[], Coroutine[Any, Any, NoReturn]],
):
    """`beside` runs for ever next to the worker."""

    @asynccontextmanager
    async def running(_app: Starlette) -> AsyncIterator[None]:
        if working is None:
            yield
        else:
            worker, sequencer = working
            await worker.begin()
            tasks = [asyncio.create_task(work) for work in (worker.run(), sequencer.run())]
            keeping = asyncio.create_task(beside())
            yield
            keeping.cancel()
            await worker.stop(_DRAIN_S)
            sequencer.stop()
            await asyncio.gather(*tasks)
        for client in clients:
            await client.aclose()

    return running


@dataclass(frozen=True, slots=True)
class Check:
    """One finding of `offhold doctor`."""

    name: str
    holds: bool
    says: str


async def examine(settings: Settings) -> tuple[Check, ...]:
    """Look at what `serve` will need, and say what to do about what is missing."""
    clock, metrics = Clock(settings.clock_file), Metrics()
    database_check = _server_check(settings) if settings.postgres else _folder_check(settings)
    checks = [Check("configuration", True, "complete"), _policy_check(), _key_check(settings), _log_check(settings)]
    checks.append(database_check)
    for name, entry in settings.institutions.items():
        checks += _agreement_check(name, entry, clock)
        checks.append(await _bank_check(name, bank(name, entry, settings, clock, metrics)))
    checks.append(await _graph_check(settings))
    return tuple(checks)


def _policy_check() -> Check:
    try:
        return Check("policy", True, f"{deciding.approved().sha256} is approved")
    except ConfigurationError as error:
        return Check("policy", False, error.problems[0])


def _agreement_check(name: str, entry: InstitutionSettings, clock: Clock) -> list[Check]:
    if entry.agreement_file is None:
        return []
    signed = _agreement(name, entry, ZoneInfo(entry.timezone))
    days = f"from {signed.first} to {signed.last}"
    if signed.at(clock.now()).active:
        return [Check(f"agreement {name}", True, f"in force {days}")]
    return [Check(f"agreement {name}", False, f"not in force today ({days}): nothing is read. Ask for a new one.")]


def _key_check(settings: Settings) -> Check:
    try:
        Keys.from_file(settings.root_key_file)
    except ConfigurationError as error:
        return Check("keys", False, f"{error.problems[0]}. Run `offhold keys init`.")
    return Check("keys", True, f"root key at {settings.root_key_file}")


def _log_check(settings: Settings) -> Check:
    try:
        Logs.of(settings)
        witnesses = read_witnesses(settings.log.witness_list)
    except ConfigurationError as error:
        return Check("access log", False, f"{error.problems[0]}. Run `offhold keys init`.")
    seen = f"{settings.log.quorum_size} of {len(witnesses)} witnesses" if witnesses else "no witness"
    return Check("access log", True, f"signing key at {settings.log_key_file}; {seen} must see each checkpoint")


def _server_check(settings: Settings) -> Check:
    try:
        version = postgres.look(settings.database_url, lambda connection: connection.dialect.server_version_info)
    except ConfigurationError as error:
        return Check("database", False, f"{error.problems[0]}. Check address, user and password.")
    return Check("database", True, f"PostgreSQL {'.'.join(map(str, version or ()))} answers")


def _folder_check(settings: Settings) -> Check:
    folder = settings.database_file.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".offhold-doctor"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        return Check("database", False, f"cannot write in {folder}: {error.strerror}. Set OFFHOLD_DATA_DIR.")
    return Check("database", True, f"SQLite at {settings.database_file}")


async def _bank_check(name: str, entry: Bank) -> Check:
    async with entry.http:
        try:
            await entry.oauth.metadata()
            await entry.oauth.client_credentials("accounts")
        except BankError as error:
            hint = "check ISSUER, CLIENT_ID and the client's secret or key, and that the bank is reachable"
            return Check(f"institution {name}", False, f"{error}: {hint}.")
    return Check(f"institution {name}", True, "discovery and client login work")


async def _graph_check(settings: Settings) -> Check:
    messenger = settings.channels.messenger
    try:
        async with httpx2.AsyncClient(timeout=_GRAPH_PATIENCE_S) as http:
            await http.get(f"{messenger.graph_url}/{messenger.graph_version}/me")
    except httpx2.HTTPError as error:
        return Check("messenger", False, f"{messenger.graph_url} does not answer ({type(error).__name__}).")
    return Check("messenger", True, f"{messenger.graph_url} answers")


async def ledger_institution(ledger: Path, today: str, timezone: str, locale: str) -> Reader:
    """A read function over one ledger file, through the real gate under a synthetic consent, kept in memory."""
    zone = ZoneInfo(timezone)
    connector = MemoryConnector("ledger", json.loads(await asyncio.to_thread(ledger.read_bytes)), zone)
    noon = datetime.fromisoformat(f"{today}T12:00:00").replace(tzinfo=zone)
    return await synthetic(connector, connector.account_ids, _StoppedClock(noon), zone, locale, SqliteStore(None))


class _StoppedClock(Clock):
    """The customer's moment of asking; the protocol never looks at the machine's clock."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


async def synthetic(
    connector: Connector, accounts: frozenset[str], clock: Clock, zone: ZoneInfo, locale: str, store: Store
) -> Reader:
    """A read function through the real gate, under a consent that nobody gave."""
    keys = Keys(secrets.token_bytes(32))
    institution = Institution("ledger", "Your bank", zone, locale)
    unlimited = Rules(deciding.approved(), {"ledger": agreement.silent(zone)}, 120, Budget(sys.maxsize, sys.maxsize))
    unwatched = gates.Watch(lambda _decision, _purpose: None, lambda _reason, _rows: None)
    gate = Gate(store, keys, clock, {"ledger": institution}, {"ledger": connector}, unlimited, unwatched)
    given, lane = clock.ms(), "stdio"
    consent = Consent(
        id="synthetic",
        customer="customer",
        institution="ledger",
        channel="stdio",
        scopes=(Scope(Purpose.requested_service, frozenset(Data), accounts),),
        disclosure=Disclosure.open,
        given_ms=given,
        reconfirm_ms=given + consents.DAY_MS,
        expires_ms=given + consents.DAY_MS,
        history_months=120,
    )
    standing = Standing(consent, Grant("ledger", accounts))
    await store.write(migrate.upgrade)
    await store.write(lambda connection: consents.give(connection, keys, standing, lane))
    await store.write(lambda connection: consents.link(connection, keys, lane, consent, given))
    asker = Asker(lane, "", "stdio")

    async def read(request: Read, purpose: Purpose) -> Access:
        return await gate.read(request, purpose, asker)

    return read
