"""Signed notes, checkpoints, cosignatures, commitments: the specification's vectors, and what must be refused."""

from __future__ import annotations

import base64
import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.counterparts.witness import LeastWitness

from offhold.accesslog.checkpoint import Signer, origin, read_witnesses, trust_policy
from offhold.accesslog.leaves import canonical, commitment, entry, nonce_of
from offhold.accesslog.verify import DoesNotHold, digest, read_checkpoint, read_vkey, signers, tree_root
from offhold.errors import ConfigurationError
from offhold.keys.file import Keys

SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
LOG = "offhold.example/bank1/access+66c9ff10+ASKU5x9JtFTVzGbkymvswGhD8INDLaSwGdhwuSgOmuZQ"
WITNESS = "regulator.example/w1+3dd5a120+BDCn+0CRwJLxpw35nn2NAeq5E+TtCosbrn+7/mpiJno/"
TEXT = "offhold.example/bank1/access\n7\n3bib5AOAnjJXUNPSY814kpwpQreUKjS3fhIslZSnTIw=\n"
LOG_LINE = (
    "\u2014 offhold.example/bank1/access "
    "Zsn/ECuoHiAJNSBHJtBT/8Nu6YocwMLeIT0SVwI1KEc2RD3ZeL59yLhApjUy73EZ4q5dU8F4mpTaOJjZEilka2/i0ww=\n"
)
WITNESS_LINE = (
    "\u2014 regulator.example/w1 "
    "PdWhIAAAAABqsTuA7HgELYUklEeAI4syYekcqyKdC9ws3SdzfEb/4yvOdPm4JRswCqcOPeGyJRRCkI5gbgLkp1Ro0nvqIcdaK7DcDg==\n"
)
NOTE = f"{TEXT}\n{LOG_LINE}{WITNESS_LINE}"
ALONE = f"log {LOG}\nquorum none\n"
WATCHED = f"log {LOG}\nwitness w1 {WITNESS}\nquorum w1\n"


def test_the_specifications_example_verifies() -> None:
    assert signers(SPEC_NOTE, [read_vkey(SPEC_KEY)]) == {read_vkey(SPEC_KEY)}


def test_a_checkpoint_with_its_cosignature() -> None:
    checkpoint = read_checkpoint(NOTE, WATCHED)
    assert (checkpoint.origin, checkpoint.size) == ("offhold.example/bank1/access", 7)
    assert checkpoint.root.hex() == "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"


@pytest.mark.threat(105)
def test_one_changed_character_spoils_a_checkpoint() -> None:
    for at, character in enumerate(NOTE):
        changed = NOTE[:at] + ("B" if character == "A" else "A") + NOTE[at + 1 :]
        with pytest.raises((DoesNotHold, ValueError)):
            read_checkpoint(changed, WATCHED)


@pytest.mark.threat(105)
@pytest.mark.parametrize("cut", [0, 1, 30, len(TEXT), len(TEXT) + 1, len(NOTE) - 1])
def test_a_checkpoint_cut_short_is_refused(cut: int) -> None:
    with pytest.raises((DoesNotHold, ValueError)):
        read_checkpoint(NOTE[:cut], WATCHED)


@pytest.mark.threat(103)
def test_a_checkpoint_that_too_few_witnesses_saw_is_refused() -> None:
    with pytest.raises(DoesNotHold, match="too few witnesses"):
        read_checkpoint(f"{TEXT}\n{LOG_LINE}", WATCHED)
    group = f"log {LOG}\nwitness a {WITNESS}\nwitness b {LeastWitness().vkey}\ngroup both all a b\nquorum both\n"
    with pytest.raises(DoesNotHold, match="too few witnesses"):
        read_checkpoint(NOTE, group)
    assert read_checkpoint(NOTE, group.replace(" all ", " any ")).size == 7
    assert read_checkpoint(NOTE, group.replace(" all ", " 1 ")).size == 7


@pytest.mark.threat(106)
def test_a_witness_does_not_stand_in_for_the_log() -> None:
    with pytest.raises(DoesNotHold, match="no trusted log"):
        read_checkpoint(f"{TEXT}\n{WITNESS_LINE}", WATCHED.replace("quorum w1", "quorum none"))


@pytest.mark.threat(106)
def test_the_checkpoint_of_another_log_is_refused() -> None:
    foreign = Signer(Keys(bytes(32)), "b", "elsewhere.example/log")
    with pytest.raises(DoesNotHold, match="no trusted log"):
        read_checkpoint(foreign.sign(7, tree_root(())), ALONE)


@pytest.mark.threat(106)
def test_a_log_signs_for_its_own_origin_only() -> None:
    """Two trusted logs: one signs, validly and under its own name, a checkpoint that says it is the other's."""
    ours, theirs = (Signer(Keys(bytes(32)), "b", f"{name}.example/log") for name in ("ours", "theirs"))
    text = theirs.sign(3, bytes(32)).partition("\n\n")[0] + "\n"
    raw = read_vkey(ours.vkey).id + ours._key.sign(text.encode())
    note = f"{text}\n\u2014 {ours.origin} {base64.b64encode(raw).decode()}\n"
    both = f"log {ours.vkey}\nlog {theirs.vkey}\nquorum none\n"
    assert signers(note, [read_vkey(ours.vkey)])
    with pytest.raises(DoesNotHold, match="no trusted log signed for 'theirs"):
        read_checkpoint(note, both)


@pytest.mark.parametrize(
    "policy",
    [
        "",
        f"log {LOG}\n",
        f"quorum none\nwitness w1 {WITNESS}\n",
        f"log {LOG}\nquorum nobody\n",
        f"log {LOG}\nquorum none\nquorum none\n",
        f"log {LOG}\ngroup g 2 a b\nquorum g\n",
        f"log {LOG[:-4]}\nquorum none\n",
        f"log {LOG.replace('66c9ff10', '66c9ff11')}\nquorum none\n",
        f"trust everybody\nlog {LOG}\nquorum none\n",
        "log\n",
    ],
)
def test_a_policy_that_says_nothing_clear_trusts_nobody(policy: str) -> None:
    with pytest.raises((DoesNotHold, ValueError, LookupError)):
        read_checkpoint(NOTE, policy)


def test_an_unknown_signature_is_passed_over_and_a_wrong_one_of_a_known_key_is_not() -> None:
    stranger = LeastWitness("stranger.example")
    assert read_checkpoint(NOTE + stranger.cosign(TEXT), WATCHED).size == 7
    known = f"{WATCHED}witness s {stranger.vkey}\n"
    assert read_checkpoint(NOTE + stranger.cosign(TEXT), known).size == 7
    with pytest.raises(DoesNotHold, match="signature of stranger"):
        read_checkpoint(NOTE + stranger.cosign("another text\n"), known)


def test_what_we_sign_verifies_and_names_its_mode() -> None:
    name = origin("http://127.0.0.1:8800", "bank", test=True)
    assert name == "offhold-test/127.0.0.1:8800/log/bank"
    assert origin("https://bank.example/chat", "bank", test=False) == "bank.example/chat/log/bank"
    signer = Signer(Keys(bytes(32)), "bank", name)
    assert read_checkpoint(signer.sign(0, tree_root(())), trust_policy(signer.vkey)) == (name, 0, digest())
    assert Signer(Keys(bytes(32)), "other", name).vkey != signer.vkey


def test_an_empty_tree_has_one_root() -> None:
    signer = Signer(Keys(bytes(32)), "bank", "b.example/log")
    with pytest.raises(DoesNotHold, match="malformed"):
        read_checkpoint(signer.sign(0, bytes(32)), trust_policy(signer.vkey))


def test_only_cosigning_keys_are_witnesses() -> None:
    assert read_witnesses([(WITNESS, "https://w.example")])[0].name == "regulator.example/w1"
    for wrong in (LOG, "nonsense", WITNESS[:-1]):
        with pytest.raises(ConfigurationError, match="OFFHOLD_LOG__WITNESSES"):
            read_witnesses([(wrong, "https://w.example")])


def test_commitment_nonce_and_entry_have_the_bytes_of_the_format() -> None:
    record = {"action": "read", "category": "balance", "ts": 1790000000}
    made = commitment(bytes(range(32)), canonical(record))
    assert made.hex() == "22dfe8ece4c22ca5dd04846553e395ad80c6dc0c16924ca6964f278769e999ca"
    assert entry(made) == b"offhold/entry/v1\nc\nIt/o7OTCLKXdBIRlU+OVrYDG3AwWkkymlk8nh2npmco=\n"
    assert digest(b"\0", entry(made)).hex() == "3f9b54f12db731911d9969b6c1f66ee4ff05f37b03e0774c11d0565fa0a4796d"
    key, leaf_id = sha256(b"offhold test customer log key").digest(), bytes.fromhex("00112233445566778899aabbccddeeff")
    assert nonce_of(key, leaf_id).hex() == "63aafe7d3f0c40113636a20c7a5c33cbb08caf669637e3cffb2f8bb1d2b7600a"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_an_entry_is_always_of_one_size_and_shape(nonce: bytes, body: bytes) -> None:
    made = entry(commitment(nonce, body))
    assert len(made) == 64 and made.startswith(b"offhold/entry/v1\nc\n")


@pytest.mark.parametrize(
    "wrong", [{"a": 1.5}, {"a": "\u00e9"}, {"a": 1 << 53}, {"a": None}, {"\u00e9": 1}, {"a": [{1}]}]
)
def test_what_is_not_canonical_everywhere_is_no_leaf(wrong: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        canonical(wrong)


def test_canonical_bytes_are_sorted_and_without_spaces() -> None:
    assert canonical({"b": 1, "a": {"d": [True, "x"], "c": ""}}) == b'{"a":{"c":"","d":[true,"x"]},"b":1}'
    assert json.loads(canonical({"a": '"\\/\n'})) == {"a": '"\\/\n'}
