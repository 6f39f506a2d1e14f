"""What to do with one message."""

from __future__ import annotations

from dataclasses import replace

from offhold.answers.answering import answer, needs_history
from offhold.answers.book import Book
from offhold.answers.question import clarify, decline
from offhold.dialogue.explaining import explained
from offhold.dialogue.looking import looked_at
from offhold.dialogue.memory import Memory, digest
from offhold.language.commands import Intent
from offhold.language.followup import merged
from offhold.language.redact import MARK
from offhold.language.understand import Understood, understand
from offhold.model.access import Access, Data, Failure, Looked, Read, Refused
from offhold.model.answer import Answer, AnswerKind
from offhold.model.ask import Ask, Flow, Measure
from offhold.model.decision import Decision
from offhold.model.ledger import Rows
from offhold.model.message import Button, Choice, Conversation, Disclosure, Instruction, Reply, Turn, TurnKind
from offhold.words import plural, say

_MISSES = 3
_TITLE_CHARS = 20
_CHOICES = 4
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
_ASKED_BACK = {
    Intent.why: ("vague", "ask.vague"),
    Intent.vague: ("vague", "ask.vague"),
    Intent.foreign: ("foreign", "foreign"),
    Intent.too_long: ("too-long", "too.long"),
    Intent.part_of_period: ("period", "ask.period"),
}
_NOT_BUILT_UPON = frozenset({"unknown", "unclear", "items", "what"})
"""Reasons after which a follow-up starts anew: nothing was recognised that it could lean on."""


def decide(turn: Turn, state: Conversation, access: Access | Looked | None) -> Decision:
    """What follows from `turn`. With `access` None the first round; else what was asked for."""
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


def _text(turn: Turn, memory: Memory, access: Access | Looked | None) -> Decision:
    if isinstance(access, Looked):
        reply = looked_at(turn, access)
        return Decision(memory.understood(()).said(reply.key, reply.text).conversation(), (reply,))
    if MARK in turn.text:
        return _say(memory, "safe.secret")
    anchor = memory.ask.period if memory.ask else None
    meant = understand(turn.text, turn.now.date(), turn.locale, anchor)
    match meant[0].intent:
        case Intent.ask:
            return _ask(turn, memory, meant, access)
        case Intent.why if memory.ask:
            return _read_and_answer(turn, memory, (memory.ask,), access, why=True)
        case Intent.decline:
            return _answered(memory, (), (_declined(meant[0].reason),))
        case Intent.why | Intent.vague | Intent.foreign | Intent.too_long | Intent.part_of_period:
            reason, key = _ASKED_BACK[meant[0].intent]
            return _answered(memory, (), (clarify(reason, say(key)),), CHOICES)
        case Intent.greeting:
            return _hello(turn, memory)
        case Intent.thanks:
            return _say(memory, "thanks.again" if memory.last_key == "thanks" else "thanks")
        case Intent.person:
            return _person(turn, memory)
        case Intent.unknown:
            return _missed(turn, memory)
    return _command(turn, memory, meant[0].intent)


def _command(turn: Turn, memory: Memory, intent: Intent) -> Decision:
    match intent:
        case Intent.looks:
            return _who_looked(turn, memory)
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
        case Intent.restart:
            return _say(replace(memory, ask=None, earlier=None), "restart", choices=CHOICES)
    return _say(memory, _INTENT_KEYS[intent], choices=CHOICES if intent is Intent.help else ())


def _who_looked(turn: Turn, memory: Memory) -> Decision:
    if not turn.linked:
        return _offer(turn, memory, "link.offer")
    if turn.disclosure is Disclosure.sealed:
        return _say(memory, "looks.sealed")
    return Decision(memory.conversation(), looks=True)


def _declined(reason: str) -> Answer:
    return decline(reason, say(f"decline.{reason}"))


def _ask(turn: Turn, memory: Memory, meant: tuple[Understood, ...], access: Access | None) -> Decision:
    """One question or several; a fragment leans on the question before."""
    asks: list[Ask] = []
    for part in meant:
        before, earlier = (asks[-1], memory.ask) if asks else (memory.ask, memory.earlier)
        ask = part.ask
        if ask is None or (part.partial and before is None and not part.refers and not _stands_alone(ask)):
            return _missed(turn, memory)
        if part.refers and before is None:
            return _answered(memory, (), (clarify("referent", say("ask.unclear")),))
        asks.append(merged(before, part, earlier) if part.partial and before else ask)
    return _read_and_answer(turn, memory, tuple(asks), access)


_NEEDS_NOTHING = frozenset({Measure.balance, Measure.subscriptions, Measure.cash_flow, Measure.biggest, Measure.list})


def _stands_alone(ask: Ask) -> bool:
    """Whether a fragment names enough to be a question by itself ("coffee last month")."""
    told = (ask.subjects, ask.periods, ask.without, ask.account, ask.bounds, ask.weekdays)
    return any(told) or ask.measure in _NEEDS_NOTHING or ask.flow is not Flow.spending


def _read_and_answer(
    turn: Turn, memory: Memory, asks: tuple[Ask, ...], access: Access | None, why: bool = False
) -> Decision:
    if not turn.linked:
        return _say(memory, "link.declined") if turn.declined else _offer(turn, memory, "link.offer")
    if access is None:
        asked = memory if why else memory.understood(asks)  # a sealed chat answers elsewhere, and its thread goes on
        return Decision(asked.conversation(), read=_together(tuple(map(_read, asks))))
    if isinstance(access, Refused):
        return _refused(turn, memory, access)
    if any(_looks_further(ask, access) for ask in asks):
        return Decision(memory.conversation(), read=Read(frozenset(Data)))
    book = Book(access)
    answers = tuple(answer(ask, book, turn.now.date()) for ask in asks)
    if why:
        return _answered(memory, (), tuple(explained(made, asks[0]) for made in answers))
    return _answered(memory, asks, answers)


def _read(ask: Ask) -> Read:
    """The least that can answer: only balances, or one period, or the history where names must be recognised."""
    if ask.measure is Measure.balance:
        return Read(frozenset({Data.accounts, Data.balances}))
    if needs_history(ask):
        return Read(frozenset(Data))
    return Read(frozenset({Data.accounts, Data.transactions}), ask.period)


def _together(reads: tuple[Read, ...]) -> Read:
    """One read for several questions: all their data, one period only where it is the same."""
    if len(reads) == 1:
        return reads[0]
    of_rows = {read.period for read in reads if Data.transactions in read.data}
    return Read(frozenset().union(*(read.data for read in reads)), of_rows.pop() if len(of_rows) == 1 else None)


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


def _answered(
    memory: Memory, asks: tuple[Ask, ...], answers: tuple[Answer, ...], choices: tuple[Choice, ...] = ()
) -> Decision:
    """Replies in the order asked. What was not recognised is not built upon: a follow-up to it starts anew."""
    after = memory.understood(asks)
    last = answers[-1]
    if last.kind in (AnswerKind.clarify, AnswerKind.decline) and _reason(last) in _NOT_BUILT_UPON:
        after = replace(after, ask=None)
    replies = []
    for made in answers:
        text = _not_twice(made.text, after)
        offered = choices or tuple(_choice(choice) for choice in made.choices[:_CHOICES])
        reply = Reply(f"answer.{made.kind.value}", text, offered, answer=replace(made, text=text), personal=bool(asks))
        replies.append(reply)
        after = after.said(reply.key, made.text)
    return Decision(after.conversation(), tuple(replies))


def _reason(made: Answer) -> str:
    return made.value.get("reason", "") if isinstance(made.value, dict) else ""


def _choice(choice: str) -> Choice:
    return Choice(choice[:_TITLE_CHARS], f"ask:{choice}")


def _not_twice(text: str, memory: Memory) -> str:
    """The same words are never said twice in a row without saying so."""
    return say("again", text=text) if memory.last_text == digest(text) else text


def _say(
    memory: Memory,
    key: str,
    choices: tuple[Choice, ...] = (),
    instructions: tuple[Instruction, ...] = (),
    **values: object,
) -> Decision:
    reply = Reply(key, say(key, **values), choices)
    after = memory.understood(()).said(key, reply.text)
    return Decision(after.conversation(), (reply,), instructions=instructions)


def _hello(turn: Turn, memory: Memory) -> Decision:
    key = "start.linked" if turn.linked else "start.hello"
    reply = Reply(key, say(key, bank=turn.institution_name), CHOICES)
    after = memory.understood(()).said(key, reply.text)
    return Decision(after.conversation(), (reply,), instructions=(Instruction.opt_in,))


def _offer(turn: Turn, memory: Memory, key: str) -> Decision:
    text = say(key) if key == "link.failed" else say(key, bank=turn.institution_name)
    reply = Reply(key, text, button=Button.log_in)
    return Decision(memory.understood(()).said(key, text).conversation(), (reply,))


def _person(turn: Turn, memory: Memory) -> Decision:
    reply = Reply("human.queue", say("human.queue", bank=turn.institution_name))
    state = memory.understood(()).said(reply.key, reply.text).conversation()
    return Decision(state, (reply,), instructions=(Instruction.open_case,))


def _missed(turn: Turn, memory: Memory) -> Decision:
    """Not understood: asked back twice in other words, then a person."""
    misses = memory.misses + 1
    if misses >= _MISSES:
        return _person(turn, memory)
    key = "miss.one" if misses == 1 else "miss.two"
    made = clarify("not-understood", say(key))
    reply = Reply(key, made.text, CHOICES, answer=made)
    return Decision(replace(memory, misses=misses, last_key=key, last_text=digest(made.text)).conversation(), (reply,))
