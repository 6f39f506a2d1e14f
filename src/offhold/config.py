"""Settings: environment names of OFFHOLD_…, or the same tree in a TOML file. The environment wins."""

from __future__ import annotations

import os
import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from offhold.errors import ConfigurationError

_LEGIBLE = 4.5  # WCAG 2.2, 1.4.3
_COLOUR = r"^(#[0-9a-fA-F]{6})?$"
_PREFIX = "OFFHOLD_"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an http(s) address without query")
    return value.rstrip("/")


def _issuer(value: str) -> str:
    _web_address(value)
    return value  # compared byte for byte (OpenID Connect Discovery 4.3): a last slash stays


def contrast(one: str, other: str) -> float:
    """Contrast of two colours `#rrggbb`, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _brand_on(surface: str) -> AfterValidator:
    def legible(value: str) -> str:
        if value and contrast(value, surface) < _LEGIBLE:
            raise ValueError(f"must contrast {_LEGIBLE} to 1 with {surface}, or text in that colour is hard to read")
        return value

    return AfterValidator(legible)


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("must be an IANA time zone such as Europe/London") from error
    return value


def _readable(value: Path) -> Path:
    if not value.is_file() or not os.access(value, os.R_OK):
        raise ValueError(f"cannot read {value}")
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
Zone = Annotated[str, AfterValidator(_zone)]
File = Annotated[Path, AfterValidator(_readable)]
Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]


class _Tree(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Role(StrEnum):
    """What one process of a deployment does."""

    all = "all"
    web = "web"
    worker = "worker"


class KeySettings(_Tree):
    provider: Literal["file"] = "file"
    root_file: Path | None = Field(None, description="32 random bytes, base64; `offhold keys init` makes it")


class LogSettings(_Tree):
    """The access log. `witnesses`: "VKEY ADDRESS, VKEY ADDRESS, …" (C2SP signed-note verifier keys)."""

    signing_key_file: Path | None = Field(None, description="as the root key; `offhold keys init` makes it too")
    witnesses: str = ""
    quorum: int | None = Field(None, ge=1, description="witnesses that must see a checkpoint; default: more than half")
    interval_seconds: float | None = Field(None, gt=0, description="between batches; default 60, 1 in test mode")

    @property
    def witness_list(self) -> tuple[tuple[str, str], ...]:
        """(verifier key, address) of each witness. Raises ValueError where it is not a pair."""
        pairs = [entry.split() for entry in self.witnesses.split(",") if entry.strip()]
        return tuple((vkey, _web_address(address)) for vkey, address in pairs)

    @property
    def quorum_size(self) -> int:
        count = len(self.witness_list)
        return (self.quorum or count // 2 + 1) if count else 0


class Limits(_Tree):
    """Rates and sizes."""

    body_bytes: int = Field(4 * 1024 * 1024, gt=0, description="largest webhook body")
    history_months: int = Field(24, ge=1, le=120, description="how far back a read may go")
    consent_days: int = Field(365, ge=1, le=365, description="longest life of a consent")
    reconfirm_days: int = Field(
        90, ge=1, le=90, description="days after which a customer is asked to confirm a consent"
    )
    conversation_rows: int = Field(5_000_000, gt=0, description="rows that one conversation may read in a day")
    conversation_accounts: int = Field(100, gt=0, description="accounts that one conversation may read")
    refusal_days: int = Field(90, ge=0, description="days for which a declined consent is not offered again")
    bank_seconds: float = Field(8.0, gt=0, description="longest wait for one read")
    lanes_at_once: int = Field(16, ge=1, description="conversations worked on at the same time")
    lease_seconds: int = Field(60, ge=5, description="how long a silent worker keeps a lane")
    send_spacing_ms: int = Field(1000, ge=0, description="least time between two messages of one thread")
    reply_deadline_seconds: int = Field(300, ge=30, description="a reply older than this is not sent")
    chat_days: int = Field(30, ge=1, le=90, description="how long the web chat shows what was said")
    echo_wait_seconds: float = Field(10.0, ge=0, description="how long an uncertain send waits for its echo")


class InstitutionSettings(_Tree):
    name: Text
    connector: Literal["obie"] = "obie"
    api_version: Literal["v4.0", "v3.1"] = "v4.0"
    base_url: WebAddress
    issuer: Annotated[str, AfterValidator(_issuer)]
    client_id: Text
    client_auth: Literal["client_secret_basic", "private_key_jwt"] = "client_secret_basic"
    client_secret_file: File | None = None
    client_key_file: File | None = None
    ca_file: File | None = None
    timezone: Zone = "Europe/London"
    locale: str = "en-GB"
    event_issuer: str = ""
    event_jwks_url: str = ""
    locations_file: File | None = None
    agreement_file: Path | None = None
    agreement_key: str = ""
    hosts: str = ""
    knowledge_dir: Path | None = None
    phone: str = Field("", pattern=r"^(\+?[0-9 ]{3,20})?$", description="shown on every page")
    brand: Annotated[str, Field(pattern=_COLOUR), _brand_on("#ffffff")] = ""
    brand_dark: Annotated[str, Field(pattern=_COLOUR), _brand_on("#18212a")] = ""

    @model_validator(mode="after")
    def _has_its_credential(self) -> Self:
        basic = self.client_auth == "client_secret_basic"
        if (self.client_secret_file if basic else self.client_key_file) is None:
            raise ValueError(f"needs {'CLIENT_SECRET_FILE' if basic else 'CLIENT_KEY_FILE'}")
        return self


class MessengerSettings(_Tree):
    app_id: Text
    app_secret: Secret
    app_secret_previous: Secret | None = None
    verify_token: Secret
    page_id: Text
    page_token: Secret
    graph_url: WebAddress = "https://graph.facebook.com"
    graph_version: str = Field("v26.0", pattern=r"^v\d+\.\d+$")

    @property
    def secrets(self) -> tuple[str, ...]:
        """App secrets that may sign a webhook: the current one and, while rotating, the previous."""
        both = (self.app_secret, self.app_secret_previous)
        return tuple(secret.get_secret_value() for secret in both if secret)


class Channels(_Tree):
    messenger: MessengerSettings


class Settings(BaseSettings):
    """The whole tree. See docs/reference/settings.md."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    mode: Literal["production", "test"] = "production"
    clock_file: Path | None = None
    failpoints: str = ""
    data_dir: Path = Path("var")
    database_url: str = ""
    public_url: WebAddress
    keys: KeySettings = KeySettings(root_file=None)
    log: LogSettings = LogSettings()
    limits: Limits = Limits()
    institutions: dict[str, InstitutionSettings]
    channels: Channels

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def database_file(self) -> Path:
        """Where SQLite keeps its file."""
        if self.database_url:
            return Path(self.database_url.removeprefix("sqlite:///"))
        return self.data_dir / "offhold.db"

    @property
    def postgres(self) -> bool:
        """Whether the database is a PostgreSQL server that several processes may share."""
        return self.database_url.startswith("postgresql://")

    @property
    def root_key_file(self) -> Path:
        return self.keys.root_file or self.data_dir / "root.key"

    @property
    def log_key_file(self) -> Path:
        return self.log.signing_key_file or self.root_key_file.with_name("log.key")

    @property
    def log_interval_s(self) -> float:
        return self.log.interval_seconds or (1.0 if self.mode == "test" else 60.0)

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over TLS (cookies are then Secure and carry the __Host- prefix)."""
        return self.public_url.startswith("https:")


def load(file: Path | None = None) -> Settings:
    """Read the settings. Raises ConfigurationError with one sentence for each wrong setting."""
    unknown = _unknown_names()
    try:
        settings = Settings(**_from_file(file))
    except ValidationError as error:
        raise ConfigurationError((*unknown, *map(_problem, error.errors()))) from error
    except SettingsError as error:
        raise ConfigurationError((*unknown, _not_a_tree(error))) from error
    problems = _log_problems(settings) or [*_mode_problems(settings), *_file_problems(settings)]
    problems = [*unknown, *problems]
    if problems:
        raise ConfigurationError(tuple(problems))
    return settings


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        file = Path("offhold.toml")
        if not file.exists():
            return {}
    try:
        return tomllib.loads(file.read_text())
    except OSError as error:
        raise ConfigurationError((f"--config: cannot read {file}: {error.strerror}",)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError((f"--config: {file} is not TOML: {error}",)) from error


_SAYS = {"missing": "is missing", "extra_forbidden": "there is no such setting"}


def _problem(entry: Any) -> str:
    name = "OFFHOLD_" + "__".join(str(part).upper() for part in entry["loc"])
    return f"{name}: {_SAYS.get(entry['type'], entry['msg'].removeprefix('Value error, '))}"


def _not_a_tree(error: SettingsError) -> str:
    """A name that stands for a group of settings was given a value of its own; the library tells which in words."""
    found = re.search(r'field "(\w+)"', str(error))
    name = f"{_PREFIX}{found[1].upper()}" if found else _PREFIX
    return f"{name}: is a group; set its parts one by one, as {name}__…"


def _unknown_names() -> list[str]:
    """Names in the environment that are meant for us and mean nothing: a misspelt setting must not be ignored."""
    given = (name for name in os.environ if name.upper().startswith(_PREFIX))
    fields = Settings.model_fields
    unknown = [name for name in given if name.upper().removeprefix(_PREFIX).partition("__")[0].lower() not in fields]
    return [f"{name}: {_SAYS['extra_forbidden']}" for name in sorted(unknown)]


def _mode_problems(settings: Settings) -> list[str]:
    addresses = {
        "OFFHOLD_PUBLIC_URL": settings.public_url,
        "OFFHOLD_CHANNELS__MESSENGER__GRAPH_URL": settings.channels.messenger.graph_url,
    }
    for name, institution in settings.institutions.items():
        addresses[f"OFFHOLD_INSTITUTIONS__{name.upper()}__BASE_URL"] = institution.base_url
        addresses[f"OFFHOLD_INSTITUTIONS__{name.upper()}__ISSUER"] = institution.issuer
    for _, address in settings.log.witness_list:
        addresses[f"OFFHOLD_LOG__WITNESSES ({address})"] = address
    if settings.mode == "test":
        return [
            f"{name}: test mode speaks to loopback addresses only"
            for name, address in addresses.items()
            if urlsplit(address).hostname not in _LOOPBACK
        ]
    problems = [f"{name}: must be https in production" for name, url in addresses.items() if url.startswith("http:")]
    test_only = {"OFFHOLD_CLOCK_FILE": settings.clock_file, "OFFHOLD_FAILPOINTS": settings.failpoints}
    return problems + [f"{name}: only with OFFHOLD_MODE=test" for name, value in test_only.items() if value]


def _log_problems(settings: Settings) -> list[str]:
    log = settings.log
    try:
        names = [vkey.partition("+")[0] for vkey, _ in log.witness_list]
    except ValueError as error:
        return [f"OFFHOLD_LOG__WITNESSES: write VKEY ADDRESS, VKEY ADDRESS, … ({error})"]
    if len(set(names)) < len(names):
        return ["OFFHOLD_LOG__WITNESSES: two witnesses have one name"]
    if log.quorum and log.quorum > len(names):
        return [f"OFFHOLD_LOG__QUORUM: {log.quorum} of {len(names)} witnesses cannot be"]
    return []


def _file_problems(settings: Settings) -> list[str]:
    problems = []
    if settings.database_url and not settings.database_url.startswith(("sqlite:///", "postgresql://")):
        problems.append("OFFHOLD_DATABASE_URL: must begin with sqlite:/// or postgresql://")
    if not settings.institutions:
        problems.append("OFFHOLD_INSTITUTIONS: name at least one institution")
    return problems


class KeyFiles(NamedTuple):
    """Where the keys belong."""

    root: Path
    log: Path


def key_files(file: Path | None) -> KeyFiles:
    """Where the keys belong, even before the other settings are complete."""
    given = _from_file(file)
    data_dir = Path(os.environ.get("OFFHOLD_DATA_DIR") or given.get("data_dir", "var"))
    named = os.environ.get("OFFHOLD_KEYS__ROOT_FILE") or given.get("keys", {}).get("root_file")
    root = Path(named or data_dir / "root.key")
    log = os.environ.get("OFFHOLD_LOG__SIGNING_KEY_FILE") or given.get("log", {}).get("signing_key_file")
    return KeyFiles(root, Path(log or root.with_name("log.key")))
