"""Every table. Columns ending in `sealed` are AES-256-GCM; ids of people are pseudonyms or random.

`lane` is the pseudonym of a contact, `customer` a random id given at linking. Times are unix milliseconds:
`*_ms` business time (the clock file moves it), `*_at` machine time (leases, retries).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

contact = Table(
    "contact",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("contact_sealed", LargeBinary, nullable=False),
    Column("window_until_ms", BigInteger, nullable=False, default=0),
    Column("opted_out", Boolean, nullable=False, default=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("lane", Text, nullable=False),
    Column("event_hash", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("accepted_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # ready, done, parked
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("body_sealed", LargeBinary, nullable=True),
    Index("inbox_ready", "state", "lane", "at_ms", "id"),
)

lane = Table(
    "lane",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("epoch", Integer, nullable=False, default=0),
    Column("holder", Text, nullable=False, default=""),
    Column("lease_until_at", BigInteger, nullable=False, default=0),
    Column("state_sealed", LargeBinary, nullable=True),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),  # ULID; `ob_<id>` is the platform's metadata
    Column("lane", Text, nullable=False),
    Column("place", Integer, nullable=False),  # order within the lane
    Column("state", Text, nullable=False),  # ready, sending, unknown, sent, failed
    Column("body_sealed", LargeBinary, nullable=True),
    Column("repeatable", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before_at", BigInteger, nullable=False, default=0),
    Column("deadline_at", BigInteger, nullable=False),
    Column("answers_at", BigInteger, nullable=False, default=0),  # when the message it answers was accepted
    Column("outcome", Text, nullable=False, default=""),
    Index("outbox_due", "state", "lane", "place"),
    Index("outbox_lane", "lane", "place"),
)

timer = Table(
    "timer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Index("timer_due", "due_ms"),
)

link = Table(
    "link",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("institution", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("consent", Text, nullable=False),
    Column("linked_ms", BigInteger, nullable=False),
)

consent = Table(
    "consent",
    metadata,
    Column("id", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("institution", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("given_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("notice", Text, nullable=False),
    Column("grant_sealed", LargeBinary, nullable=True),  # the bank's tokens; gone once the consent ended
    CheckConstraint("expires_ms > given_ms AND expires_ms - given_ms <= 31536000000", name="consent_a_year_at_most"),
    Index("consent_customer", "customer", "institution"),
)

consent_event = Table(
    "consent_event",
    metadata,
    Column("consent", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("hash", Text, primary_key=True),  # SHA-256 of the page that was shown
    Column("at_ms", BigInteger, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
)

budget = Table(
    "budget",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("institution", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
)

link_attempt = Table(
    "link_attempt",
    metadata,
    Column("id", Text, primary_key=True),  # hash of the OAuth state
    Column("lane", Text, nullable=False),
    Column("institution", Text, nullable=False),
    Column("step", Text, nullable=False),  # begun, returned, accepted, declined, linked
    Column("expires_ms", BigInteger, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("code_hash", Text, nullable=True, unique=True),
    Column("body_sealed", LargeBinary, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("id", Text, primary_key=True),  # keyed hash of the cookie's secret
    Column("began_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
)

proof_key = Table(
    "proof_key",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("id", Text, primary_key=True),  # keyed hash of the key's own name
    Column("made_ms", BigInteger, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
)

sealed_ask = Table(
    "sealed_ask",
    metadata,
    Column("id", Text, primary_key=True),  # keyed hash of the token in the link
    Column("lane", Text, nullable=False),
    Column("institution", Text, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),  # end of the link
    Column("openings", Integer, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Index("sealed_ask_expires", "expires_ms"),
)

chat_message = Table(
    "chat_message",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("place", Integer, primary_key=True),  # order within the lane, from 1
    Column("id", Text, nullable=False, unique=True),  # outbox id, or keyed hash of what the customer's browser named it
    Column("at_ms", BigInteger, nullable=False),
    Column("body_sealed", LargeBinary, nullable=False),
    Index("chat_message_at", "at_ms"),
)

refusal = Table(
    "refusal",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("institution", Text, primary_key=True),
    Column("until_ms", BigInteger, nullable=False),
)

leaf = Table(
    "leaf",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("institution", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("commitment", LargeBinary, nullable=False),
    Column("record_sealed", LargeBinary, nullable=False),  # under the subject's log key
    Column("position", BigInteger, nullable=True),  # index in the institution's tree, none until it is there
    UniqueConstraint("commitment"),
    Index("leaf_position", "institution", "position", unique=True),
)

log_key = Table(
    "log_key",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("month", Text, primary_key=True),  # of business time, UTC: 2026-03
    Column("key_sealed", LargeBinary, nullable=False),
)

log_tree = Table(
    "log_tree",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("vkey", Text, nullable=False),  # the log's name and public key, fixed when it was begun
    Column("signed", Text, nullable=False, default=""),  # newest checkpoint
    Column("published", Text, nullable=False, default=""),  # newest one that enough witnesses saw
    Column("distrusted", Text, nullable=False, default=""),  # why nothing may be served any more
    Column("epoch", Integer, nullable=False, default=0),
    Column("holder", Text, nullable=False, default=""),
    Column("lease_until_at", BigInteger, nullable=False, default=0),
)

log_tile = Table(
    "log_tile",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("hashes", LargeBinary, nullable=False),
)

case = Table(
    "case",
    metadata,
    Column("id", Text, primary_key=True),
    Column("lane", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting
    Column("opened_ms", BigInteger, nullable=False),
    Index("case_lane", "lane", "state"),
)
