"""What to do with one message."""

from __future__ import annotations

from dataclasses import replace

from offhold.answers.answering import answer, clarify, needs_history
from offhold.dialogue.memory import Memory
from offhold.language.normalise import plain
from offhold.language.redact import MARK
from offhold.language.understand import Intent, Understood, merged, understand
from offhold.model.access import Access, Data, Failure, Read, Refused
from offhold.model.answer import Answer, AnswerKind
from offhold.model.ask import Ask, Measure
from offhold.model.decision import Decision
from offhold.model.ledger import Rows
from offhold.model.message import Button, Choice, Conversation, Disclosure, Instruction, Reply, Turn, TurnKind
from offhold.words import plural, say

_MISSES = 3
CHOICES = (
    Choice("My balance", "ask:what is my balance"),
    Choice("Last purchases", "ask:show my last 5 purchases"),
    Choice("Spent this month", "ask:how much did i spend this month"),
    Choice("A person", "ask:talk to a person"),
)
_PLAIN_KINDS = {
    TurnKind.media: "safe.media",
    TurnKind.expired: "safe.expired",
    TurnKind.edited: "safe.edited",
}
_INTENT_KEYS = {
    Intent.help: "help",
    Intent.goodbye: "goodbye",
    Intent.abuse: "abuse",
}


def decide(turn: Turn, state: Conversation, access: Access | None) -> Decision:
    """What follows from `turn`. With `access` None the first round; else what the gate gave for the read asked."""
    memory = Memory.of(state)
    if turn.kind is TurnKind.edited and memory.last_key == "safe.edited":
        return Decision(state)  # said once, however often the same message is polished
    if turn.kind in _PLAIN_KINDS:
        return _say(memory, _PLAIN_KINDS[turn.kind])
    match turn.kind:
        case TurnKind.start:
            return _hello(turn, memory)
        case TurnKind.linked:
            sealed = turn.disclosure is Disclosure.sealed
            return _say(memory, "link.done.sealed" if sealed else "link.done", choices=() if sealed else CHOICES)
        case TurnKind.link_failed if turn.linked:
            return _say(memory, "link.already")
        case TurnKind.link_failed:
            return _offer(turn, memory, "link.failed")
        case TurnKind.unlinked:
            return _say(memory, "unlink.done", instructions=(Instruction.unlink,))
        case TurnKind.choice:
            turn = replace(turn, text=turn.choice.removeprefix("ask:"))
    return _text(turn, memory, access)


def _text(turn: Turn, memory: Memory, access: Access | None) -> Decision:
    if MARK in turn.text:
        return _say(memory, "safe.secret")
    meant = understand(turn.text, turn.now.date(), turn.locale)
    match meant.intent:
        case Intent.ask:
            return _ask(turn, memory, meant, access)
        case Intent.decline:
            return _answered(memory, None, _declined(meant.reason))
        case Intent.vague:
            return _answered(memory, None, clarify("vague", say("ask.vague")), CHOICES)
        case Intent.greeting:
            return _hello(turn, memory)
        case Intent.thanks:
            return _say(memory, "thanks.again" if memory.last_key == "thanks" else "thanks")
        case Intent.person:
            return _person(turn, memory)
        case Intent.unknown:
            return _missed(turn, memory)
    return _command(turn, memory, meant.intent)


def _command(turn: Turn, memory: Memory, intent: Intent) -> Decision:
    match intent:
        case Intent.unlink if turn.linked:
            return _say(memory, "unlink.done", instructions=(Instruction.unlink,))
        case Intent.unlink:
            return _say(memory, "unlink.none")
        case Intent.link:
            return _say(memory, "link.already") if turn.linked else _offer(turn, memory, "link.offer")
        case Intent.stop:
            return _say(memory, "stop.done", instructions=(Instruction.opt_out,))
        case Intent.start:
            return _say(memory, "start.again", instructions=(Instruction.opt_in,), choices=CHOICES)
    return _say(memory, _INTENT_KEYS[intent], choices=CHOICES if intent is Intent.help else ())


def _declined(reason: str) -> Answer:
    return Answer(AnswerKind.decline, {"reason": reason}, say(f"decline.{reason}"))


def _ask(turn: Turn, memory: Memory, meant: Understood, access: Access | None) -> Decision:
    ask = meant.ask
    if ask is None or (meant.partial and memory.ask is None and not _stands_alone(ask)):
        return _missed(turn, memory)
    if meant.refers and memory.ask is None:
        return _answered(memory, None, clarify("referent", say("ask.unclear")))
    if meant.partial and memory.ask is not None:
        ask = merged(memory.ask, ask, plain(turn.text))
    if not turn.linked:
        return _say(memory, "link.declined") if turn.declined else _offer(turn, memory, "link.offer")
    if access is None:
        return Decision(replace(memory, ask=ask, misses=0).conversation(), read=_read(ask))
    if isinstance(access, Refused):
        return _refused(turn, memory, access)
    if _looks_further(ask, access):
        return Decision(memory.conversation(), read=Read(frozenset(Data)))
    return _answered(memory, ask, answer(ask, access, turn.now.date()))


def _stands_alone(ask: Ask) -> bool:
    """Whether a fragment names enough to be a question by itself ("coffee last month")."""
    return bool(ask.subject and (ask.periods or ask.measure is not Measure.spend)) or bool(ask.periods)


def _read(ask: Ask) -> Read:
    """The least that can answer: only balances, or one period, or the history where names must be recognised."""
    if ask.measure is Measure.balance:
        return Read(frozenset({Data.accounts, Data.balances}))
    if needs_history(ask):
        return Read(frozenset(Data))
    period = ask.period
    return Read(frozenset({Data.accounts, Data.transactions}), period if len(ask.periods) == 1 else None)


def _looks_further(ask: Ask, rows: Rows) -> bool:
    """Nothing in the period, or its start before what is known: the whole history says which."""
    if ask.measure is Measure.balance or rows.covered is None or ask.period is None:
        return False
    return rows.covered.first >= ask.period.first and not rows.transactions and not needs_history(ask)


def _refused(turn: Turn, memory: Memory, refused: Refused) -> Decision:
    match refused.failure:
        case Failure.not_linked:
            return _offer(turn, memory, "link.offer")
        case Failure.consent_ended:
            return _offer(turn, memory, "link.again")
        case Failure.bank_login:
            return _offer(turn, memory, "link.bank")
        case Failure.bank_busy:
            minutes = plural(max(1, -(-(refused.retry_after_s or 60) // 60)), "minute")
            return _say(memory, "err.busy", minutes=minutes)
        case Failure.bank_away:
            return _say(memory, "err.bank")
        case Failure.bank_unclear:
            return _say(memory, "err.unclear")
        case Failure.forbidden:
            return _say(memory, "err.forbidden")
        case Failure.reconfirm:
            return _offer(turn, memory, "link.reconfirm")
        case Failure.agreement:
            return _say(memory, "err.agreement", bank=turn.institution_name)
        case Failure.over_budget:
            return _say(memory, "err.budget")


def _answered(memory: Memory, ask: Ask | None, made: Answer, choices: tuple[Choice, ...] = ()) -> Decision:
    """What was not recognised is not built upon: a follow-up to it starts anew."""
    reply = Reply(f"answer.{made.kind.value}", made.text, choices, answer=made, personal=ask is not None)
    if made.value in ({"reason": "unknown"}, {"reason": "unclear"}):
        return Decision(replace(memory, ask=None, misses=0, last_key=reply.key).conversation(), (reply,))
    return Decision(memory.understood(ask, reply.key).conversation(), (reply,))


def _say(
    memory: Memory,
    key: str,
    choices: tuple[Choice, ...] = (),
    instructions: tuple[Instruction, ...] = (),
    **values: object,
) -> Decision:
    reply = Reply(key, say(key, **values), choices)
    return Decision(memory.understood(None, key).conversation(), (reply,), instructions=instructions)


def _hello(turn: Turn, memory: Memory) -> Decision:
    key = "start.linked" if turn.linked else "start.hello"
    reply = Reply(key, say(key, bank=turn.institution_name), CHOICES)
    return Decision(memory.understood(None, key).conversation(), (reply,), instructions=(Instruction.opt_in,))


def _offer(turn: Turn, memory: Memory, key: str) -> Decision:
    text = say(key) if key == "link.failed" else say(key, bank=turn.institution_name)
    reply = Reply(key, text, button=Button.log_in)
    return Decision(memory.understood(None, key).conversation(), (reply,))


def _person(turn: Turn, memory: Memory) -> Decision:
    reply = Reply("human.queue", say("human.queue", bank=turn.institution_name))
    state = memory.understood(None, reply.key).conversation()
    return Decision(state, (reply,), instructions=(Instruction.open_case,))


def _missed(turn: Turn, memory: Memory) -> Decision:
    """Not understood: asked back twice in other words, then a person."""
    misses = memory.misses + 1
    if misses >= _MISSES:
        return _person(turn, memory)
    key = "miss.one" if misses == 1 else "miss.two"
    made = clarify("not-understood", say(key))
    reply = Reply(key, made.text, CHOICES, answer=made)
    return Decision(replace(memory, misses=misses, last_key=key).conversation(), (reply,))
