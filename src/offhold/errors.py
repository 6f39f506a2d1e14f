"""The one tree of errors. An error names its code, the reply the customer gets, and when to try again.

Refusals that are normal outcomes (no consent, bank away) are values in `model.access`, not exceptions.
"""

from __future__ import annotations


class OffholdError(Exception):
    """Base of every error of ours. `code` is stable and safe to log; the message never quotes customers."""

    code = "error"


class ConfigurationError(OffholdError):
    """A setting is wrong or missing; `problems` holds one plain sentence for each."""

    code = "configuration"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class SealBroken(OffholdError):
    """A stored body does not open under our key and its context: damaged, moved or forged."""

    code = "seal-broken"


class LeaseLost(OffholdError):
    """Another worker holds the lane now (higher fencing epoch): drop the work, change nothing."""

    code = "lease-lost"


class StoreUnavailable(OffholdError):
    """The database refused a write (disk full, locked, closed). Nothing was accepted."""

    code = "store-unavailable"


class LogBroken(OffholdError):
    """An access log is not what was signed: altered, cut short, rolled back or foreign. Nothing is served."""

    code = "log-broken"


class LogDistrusted(OffholdError):
    """Witnesses hold that an access log was rewritten: no data is read under it any more."""

    code = "log-distrusted"


class MalformedWebhook(OffholdError):
    """The body is not an event envelope that the channel documents. Answer 400, count `code`."""

    code = "malformed"


class UnknownObject(OffholdError):
    """The envelope is for another product of the platform. Answer 404, count `code`."""

    code = "unknown-object"


class LinkRefused(OffholdError):
    """A link attempt cannot go on. `reply` is the text key of the page or chat answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BankError(OffholdError):
    """A bank call failed. `code` is one of the `Failure` values of `model.access`.

    `retry_after_s`: whole seconds after which the bank said to ask again, when it said so.
    """

    def __init__(self, code: str, *, status: int = 0, retry_after_s: int | None = None) -> None:
        super().__init__(f"{code} (HTTP {status})" if status else code)
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s


class Mismatch(OffholdError):
    """An answer recomputed from its evidence differs from the figure: an error, never an answer."""

    code = "answer-mismatch"
