"""A witness by the C2SP tlog-witness page: cosigns a checkpoint that follows what it saw, refuses any other."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from offhold.accesslog.verify import DoesNotHold, read_vkey, roots_of, signers


@dataclass
class LeastWitness:
    """`logs` are the verifier keys it knows, by origin; `seen` what it cosigned last: (size, root)."""

    name: str = "witness.example/w1"
    logs: dict[str, str] = field(default_factory=dict)
    seen: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    at_s: int = 1_790_000_000
    requests: list[str] = field(default_factory=list)
    away: bool = False

    def __post_init__(self) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(self.name.encode()).digest())
        public = b"\x04" + self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._id = hashlib.sha256(self.name.encode() + b"\n" + public).digest()[:4]
        self.vkey = f"{self.name}+{self._id.hex()}+{base64.b64encode(public).decode()}"

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/add-checkpoint", self.add, methods=["POST"])])

    async def add(self, request: Request) -> Response:
        body = (await request.body()).decode()
        self.requests.append(body)
        if self.away:
            return PlainTextResponse("", 503)
        return self.answer(body)

    def answer(self, body: str) -> Response:
        head, _, note = body.partition("\n\n")
        first, *proof = head.split("\n")
        origin, size_text, root_text = note.split("\n")[:3]
        old, size, root = int(first.removeprefix("old ")), int(size_text), base64.b64decode(root_text)
        if origin not in self.logs:
            return PlainTextResponse("", 404)
        try:
            if not signers(note, [read_vkey(self.logs[origin])]):
                return PlainTextResponse("", 403)
        except DoesNotHold:
            return PlainTextResponse("", 403)
        if old > size:
            return PlainTextResponse("", 400)
        latest, latest_root = self.seen.get(origin, (0, b""))
        if old != latest or (old == size and latest_root not in (b"", root)):
            return PlainTextResponse(f"{latest}\n", 409, headers={"content-type": "text/x.tlog.size"})
        if old > 0 and not self._follows(old, size, latest_root, root, proof):
            return PlainTextResponse("", 422)
        self.seen[origin] = (size, root)
        return PlainTextResponse(self.cosign("\n".join(note.split("\n")[:3]) + "\n"))

    def _follows(self, old: int, size: int, old_root: bytes, root: bytes, proof: list[str]) -> bool:
        try:
            return roots_of(old, size, [base64.b64decode(step) for step in proof], old_root) == (old_root, root)
        except (DoesNotHold, IndexError):
            return False

    def cosign(self, text: str) -> str:
        """A cosignature/v1 line over the checkpoint's text."""
        signature = self._key.sign(f"cosignature/v1\ntime {self.at_s}\n{text}".encode())
        raw = self._id + self.at_s.to_bytes(8, "big") + signature
        return f"\u2014 {self.name} {base64.b64encode(raw).decode()}\n"
