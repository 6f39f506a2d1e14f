"""Follow-ups: a fragment merged onto the question before ("and Lyft?", "only weekends", "add both")."""

from __future__ import annotations

from dataclasses import replace

from offhold.language.lexicon import CATEGORY_WORDS
from offhold.language.understand import Understood
from offhold.model.ask import Ask, Measure
from offhold.model.period import Period


def merged(before: Ask, now: Understood, earlier: Ask | None = None) -> Ask:
    """A follow-up on the ask before: what it names replaces, what it leaves out stays. `earlier` is the one before that,
    for "both" and "is it going up"."""
    ask = now.ask
    if ask is None:
        return before
    changes: dict[str, object] = {
        name: getattr(ask, name) for name in ("periods", "bounds", "weekdays") if name in now.named
    }
    if "account" in now.named:
        changes |= {"account": ask.account, "to_account": ask.to_account}
    if "without" in now.named:
        changes["without"] = ask.without
    if "subjects" in now.named:
        changes |= {"subjects": ask.subjects, "without": ask.without}
    elif now.both and earlier and len(before.subjects) < 2:
        changes["subjects"] = tuple(dict.fromkeys((*earlier.subjects, *before.subjects)))
    changes |= _new_measure(before, now, ask)
    if changes.get("measure") is Measure.compare:
        changes |= _sides(before, now, ask, earlier)
    if changes.get("measure") is Measure.trend and not changes.get("periods") and _moved_on(before, earlier):
        changes |= {"measure": Measure.compare, "periods": _in_time_order(before, earlier)}
    if "subjects" in now.named and before.place and not ask.place and ask.subjects[0][0] in CATEGORY_WORDS:
        changes |= {"subjects": tuple((*phrase, *before.place) for phrase in ask.subjects), "place": before.place}
    changes["said"] = ask.said
    return replace(before, **changes)  # type: ignore[arg-type]


def _moved_on(before: Ask, earlier: Ask | None) -> bool:
    """Whether the last two questions were the same one about two periods."""
    return bool(earlier and earlier.subjects == before.subjects and earlier.period and before.period != earlier.period)


def _in_time_order(before: Ask, earlier: Ask | None) -> tuple[Period, ...]:
    """The later period first: "is it going up" sets it against the earlier one."""
    both = [ask.period for ask in (before, earlier) if ask and ask.period]
    return tuple(sorted(both, key=lambda period: period.first, reverse=True))


def _new_measure(before: Ask, now: Understood, ask: Ask) -> dict[str, object]:
    told = {
        name: getattr(ask, name)
        for name in ("measure", "wanted", "group_by", "unit", "limit", "rank", "of", "available", "lowest")
    }
    if "measure" in now.named:
        flow = {"flow": ask.flow} if "flow" in now.named else {}
        return told | flow
    if now.both:
        return told | {"measure": Measure.sum}
    return {"limit": ask.limit} if ask.limit else {}


def _sides(before: Ask, now: Understood, ask: Ask, earlier: Ask | None) -> dict[str, object]:
    """What a comparison that leans on the talk before sets against each other."""
    if len(ask.periods) == 1 and before.period and "subjects" not in now.named:
        return {"periods": (before.period, ask.periods[0])}
    if not ask.periods and "subjects" in now.named and len(ask.subjects) == 1 and before.subjects:
        return {"subjects": (before.subjects[0], ask.subjects[0])}
    if not ask.periods and not ask.subjects and len(before.subjects) < 2 and earlier:
        if earlier.subjects == before.subjects and earlier.period != before.period and earlier.period and before.period:
            return {"periods": (before.period, earlier.period)}
        return {"subjects": tuple(dict.fromkeys((*earlier.subjects, *before.subjects)))}
    return {}
