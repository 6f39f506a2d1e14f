"""Messages that are no question about rows: greetings, thanks, help, a person, ending and starting."""

from __future__ import annotations

import re
from enum import StrEnum


class Intent(StrEnum):
    """What a message is."""

    ask = "ask"
    greeting = "greeting"
    thanks = "thanks"
    help = "help"
    person = "person"
    stop = "stop"
    start = "start"
    looks = "looks"
    unlink = "unlink"
    link = "link"
    restart = "restart"
    why = "why"
    abuse = "abuse"
    goodbye = "goodbye"
    decline = "decline"
    vague = "vague"
    foreign = "foreign"
    too_long = "too-long"
    part_of_period = "part-of-period"
    unknown = "unknown"


_WHOLE: tuple[tuple[Intent, str], ...] = (
    (Intent.stop, r"(?:please )?(?:stop|unsubscribe|opt out|stop (?:messaging|texting|writing)(?: me)?)"),
    (Intent.start, r"(?:start|subscribe|opt in|get started)"),
    (Intent.restart, r"(?:start (?:over|again|afresh)|reset|begin again|new question|forget (?:that|it|this)|never ?mind|scratch that|cancel(?: that)?)"),
    (Intent.why, r"(?:why|how|how so|why (?:that|this) (?:number|figure|amount|total)|how (?:did|do) you (?:get|work|calculate|count|arrive at|figure)(?: \w+){0,4}|explain(?: (?:that|this|it))?(?: (?:number|figure))?|where does (?:that|this|the) (?:number|figure|amount)? ?come from|what'?s (?:in|behind) (?:that|this|it)(?: number| figure)?|prove it|are you sure(?: about (?:that|this))?|is that (?:right|correct)|show (?:me )?(?:your|the) (?:working|workings|maths|math|proof))"),
    (Intent.unlink, r"(?:please )?(?:unlink|disconnect|log ?out|sign ?out)(?: me| my (?:account|bank|chat))?"),
    (Intent.link, r"(?:please )?(?:link|connect|log ?in|sign ?in)(?: me| my (?:account|bank|chat))?"),
    (Intent.abuse, r"(?:you|u|ur|this|that|it|what a|such a)\b.{0,30}\b(?:useless|stupid|idiot\w*|moron|dumb|crap|bollocks|rubbish|sucks?|terrible|awful|hopeless|pathetic)\b.{0,15}"),
    (Intent.help, r"(?:help|help me|menu|options|what can you do|what can i ask(?: you)?|what do you do|how does this work|how do (?:i|you) use this|commands|what else can you do)(?: please)?"),
    (Intent.greeting, r"(?:hi|hello|hey|yo|hiya|howdy|good (?:morning|afternoon|evening)|greetings|sup|are you (?:a )?(?:bot|human|real|robot|person)|who are you)(?: there| again| bot| you| mate)?"),
    (Intent.thanks, r"(?:ok(?:ay)? |great |cool |perfect |nice |lovely )*(?:thanks|thank you|thx|ta|cheers|many thanks|ty)(?: .{0,25})?"),
    (Intent.goodbye, r"(?:bye|goodbye|see you|see ya|good night|later|cya)(?: .{0,15})?"),
    (Intent.thanks, r"(?:ok|okay|great|cool|perfect|nice|got it|lovely|awesome|fine|brilliant|good|wow)"),
)  # fmt: skip
_LOOKS = re.compile(
    r"\b(?:who(?:'?s)?|any(?:one|body))(?: \w+){0,3}? (?:look\w*|see|sees|saw|seen|read|reads|reading|access\w*|view\w*|opened|checked)"
    r" (?:at |into |to |through |on )?(?:all )?(?:my|our) (?:\w+ )?(?:data|accounts?|transactions?|information|info|details|payments?|balances?|records?)\b"
    r"|^(?:please )?(?:show (?:me )?)?(?:my |the )?(?:data )?access (?:log|history|records?)$"
)
_COMMANDS = tuple((intent, re.compile(pattern)) for intent, pattern in _WHOLE)
_PERSON = re.compile(
    r"\b(?:(?:speak|talk|chat|get|put me|connect me|transfer me|through) .{0,20}?"
    r"(?:person|human|agent|someone|somebody|representative|rep|advisor|adviser|operator|people|staff)"
    r"|(?:real|actual|live) (?:person|human|agent)|customer (?:service|support)|(?:a )?(?:human|agent|person)(?: please)?$)"
)
_ABUSE = re.compile(
    r"\b(?:fuck\w*|sucks?|rubbish|hate you|shit\w*|wank\w*|bastard|asshole|arsehole|idiot|stupid|useless|moron|dumb|crap|bollocks)\b"
)


def command(text: str) -> Intent | None:
    """The intent of a plain text that is nothing but a command or a courtesy."""
    if _LOOKS.search(text):
        return Intent.looks
    found = next((intent for intent, pattern in _COMMANDS if pattern.fullmatch(text)), None)
    return found or (Intent.person if _PERSON.search(text) else None)


def abusive(text: str) -> bool:
    """Whether a text swears."""
    return bool(_ABUSE.search(text))
