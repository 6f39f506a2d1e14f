"""What Offhold does not do, and what says nothing: told apart before anything is read."""

from __future__ import annotations

import re

_US = r"(?:i|we|my|our|me|us|you|u)"
_KIN = (
    r"neighbou?rs?|roommates?|room mates?|flatmates?|housemates?|colleagues?|coworkers?|co-workers?|boss|friends?|ex|exs|exes|sister|brother|boyfriend|"
    r"girlfriend|landlord|mother|father|mom|mum|dad|cousin|manager|parents?|uncle|aunt|in-laws?|best friend|wife|husband|partner|son|daughter|kid|employee|employees|ceo|teacher"
)
DECLINES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("rules", (
        r"ignore (?:all |any |your |the |previous |prior |these |those |my )", r"system prompt", r"\bprompt\b", r"\bpretend\b", r"jailbreak",
        r"developer mode", r"\bdebug mode\b", r"\badmin\b", r"\bpasswords?\b", r"\bdisregard\b", r"\bact as\b", r"\bhack\w*\b", r"\boverride\b",
        r"\breveal your\b", r"\bbypass\b", r"\byou are now\b", r"drop table", r"select \*", r"<\s*script", r"\bunrestricted\b", r"your instructions",
        r"\bforget (?:everything|all|your)\b", r"\bsource code\b", r"\bapi keys?\b", r"\brole ?play\b", r"\bunion select\b", r"' or '1'", r"\bother customers?'?\b", r"\ball customers\b",
        r"<\s*/?\s*(?:img|iframe|svg|body|html|a|div)\b", r"\bdeveloper instructions\b", r"\bnew instructions\b",
    )),
    ("bot", (
        r"^(?:so |and |but )?(?:are you|r u) (?!sure\b|able\b|there\b|going\b)(?!.*\b(?:spen[dt]|paid|balance|account|my)\b)",
        r"^(?:do|can) you (?:have (?:a|any) (?:name|job|life|soul|brain|body|family|heart|mind|gender|feelings)|like|love|sleep|eat|dream|feel|hear|listen|lie|learn|speak|think|understand)\b",
        r"\bwho (?:do you|made you|built you|owns you|created you|runs you|trained you|programmed you|are you)\b",
        r"\bwhat(?:'?s| is) your (?:name|job|purpose|favou?rite|age)\b", r"\bhow (?:old|smart|clever) are you\b", r"^how are you\b",
        r"^you(?:'?re| are| r)? (?:so |a |an |such |really |very |not )*(?:slow|great|funny|smart|clever|rude|annoying|helpful|nice|amazing|awesome|brilliant|cute|the best|the worst|wrong|lying|a liar|broken|bad|good)\b",
        r"^you (?:lie|don'?t|dont|never|keep|always|can'?t|cant)\b",
    )),
    ("others", (
        rf"\b(?:does|do|did|is|has) (?!{_US}\b|the\b|it\b|that\b|this\b|they\b|there\b|any\w*\b)\w+(?: \w+)? (?:earn|make (?:a|per|in|each)|spend|make\b$)",
        rf"\b(?:did|does|has|do) (?!{_US}\b|the\b|it\b|that\b|this\b|they\b|any\w*\b|salary\b|pay\b)\w+ (?:get|got|gets|been) paid\b",
        rf"\b(?:my |the |our )?(?:{_KIN})(?:'s|s)?\b(?: \w+){{0,2}} (?:spend|spends|spent|earn|earns|pays? (?!me\b|us\b|back\b|{_US}\b)|makes?|balance|account|salary|income|owes?|has|savings)\b",
        r"\b(?:other|another|average|typical|most) (?:people|person|persons|customers?|users?|drivers?|families|households?|clients?|members?|folks)\b",
        r"\b(?:everyone|somebody|someone|anyone) else\b", r"\bother people'?s\b", r"\baverage (?:american|brit|person|singaporean|irish|household|family|joe)\b",
        r"\b(?!my\b|our\b|the\b|your\b|it\b|what\b|that\b|here\b|how\b|there\b|where\b|who\b|let\b|when\b|today\b|month\b|year\b|week\b|she\b|he\b)\w+(?: \w+)?'s (?:\w+ )?(?:account|balance|bank|savings|salary|transactions|card|password|income|money|statement)\b",
        r"\bowes? me\b", r"\bowe (?:me|him|her|them)\b", r"\bbanks? (?:here|with you) too\b", r"\bpeople like me\b", r"\bwho (?:else )?(?:has|have) the\b",
    )),
    ("afford", (
        r"\b(?:can|could|do|will|should|would) (?:i|we) (?:\w+ )?(?:afford|have enough)\b", r"\bafford\w*\b",
        r"\benough (?:money|cash|funds|left|in)\b.{0,30}\b(?:to|for)\b", r"\bam i able to (?:buy|pay|afford)\b", r"\bcan (?:i|we) (?:buy|get) (?:a|an|the|that|this)\b",
    )),
    ("advice", (
        r"\bshould (?:i|we)\b", r"\b(?:recommend\w*|advise|advice|suggest\w*)\b", r"\bis it (?:worth|smart|wise|better|a good|safe|sensible)\b",
        r"\b(?:what|which)(?:'s| is| are)? (?:the )?best (?:card|account|credit card|savings account|mortgage|investment|stock|fund|way to|rate|deal|plan|isa|loan)\b",
        r"\b(?:better|worse) than (?:a|an|the)\b.{0,25}\b(?:card|account|bank|fund|loan|mortgage)\b", r"\binvest(?:ing|ment advice)?\b(?!\w)(?!.{0,10}\b(?:this|last|in \d))",
        r"\bwhich (?:\w+ )?(?:fund|funds|stocks?|shares|etfs?)\b", r"\b(?:stock|crypto|bitcoin)s? (?:to buy|price|tips?)\b", r"\b(?:buy|sell|into) (?:\w+ )?(?:bitcoin|crypto|stocks?|shares|gold)\b",
        r"\bhow (?:can|do|could|would|should) (?:i|we) (?:\w+ )?(?:save|reduce|cut|lower|budget|spend less|build|improve|get out)\b", r"\btax[- ]deductible\b", r"\bdeduct\w*\b",
        r"\bset aside for tax\b|\btax should\b", r"\bwrite (?:it |this |my \w+ )?off\b", r"\bgood (?:deal|idea|rate)\b", r"\bworth (?:it|overpaying|refinancing|switching|keeping)\b",
        r"\brefinanc\w*\b", r"\bhelp me (?:save|budget|invest|plan)\b", r"\b(?:shares?|stocks?|bitcoin|crypto|market)\b.{0,20}\b(?:go up|go down|crash|rise|fall)\b", r"\bworth if\b", r"\bretirement plan\w*\b",
        r"\btips? (?:for|on|to)\b", r"\bcheaper (?:alternative|option|plan|deal)\b", r"\bspend(?:ing)? too much\b",
    )),
    ("future", (
        r"\b(?:forecast\w*|predict\w*|projection|projected|project my|estimate (?:my|how|what) .{0,30}(?:next|will))\b", r"\bgoing to (?:cost|be|spend|get|need|owe)\b",
        r"\bnext (?:year|month|week|quarter|summer|winter|spring|autumn|fall|christmas|january|february|march|april|may|june|july|august|september|october|november|december)\b(?!.{0,3}\bpayment)",
        r"\bwill (?:my|the|i|we|it|our|they|this|that|there)\b(?!.{0,40}\b(?:charge|charged|renew|be taken|come out|due|be paid|go out|next)\b)", r"\bwill \w+(?: \w+)? (?:go|rise|cost|be worth|increase|fall|drop)\b",
        r"\bby (?:the )?(?:end of (?:the|this|next)|christmas|year end|new year)\b(?!.{0,10}\blast)", r"\btomorrow\b", r"\bin (?:\d+|ten|five|two|three) years(?:'? time)\b", r"\bgonna\b", r"\blikely to\b", r"\bexpected to\b", r"\bon track\b", r"\bhow long (?:will|until|before)\b", r"\bwhen will (?:i|we) (?:have|reach|be able|run out|retire)\b",
    )),
    ("action", (
        r"^(?:(?:can|could|would|will) (?:you|u)(?: please)?|please|pls|plz|i want (?:you )?to|i'd like (?:you )?to|id like (?:you )?to|i need (?:you )?to|go ahead and|let's|lets|just|hey|hi|ok|now|how do i|how can i|help me)?(?: (?:please|just|to))* ?"
        r"(?:transfer|send|pay|cancel|dispute|block|freeze|unfreeze|lock|unlock|move|open|close|increase|raise|lower|change|set up|order|replace|report|apply|update|delete|buy|sell|refund|reverse|"
        r"stop (?:my|the|paying|this|that|a)|remove|add(?! (?:up|both|it|them|these|those|everything|together|all))|turn|activate|deactivate|withdraw|book|zelle|paynow|venmo|schedule|request|switch|enable|disable|top up|deposit|reorder|renew|upgrade|extend|waive|split the)\b"
        r"(?! (?:over|under|above|more|history|s?\b(?:i|we) made))(?!.{0,6}\bhow)",
        r"\bincrease my\b", r"\b(?:lift|remove|raise) (?:my|the) (?:limit|block|cap)\b", r"\bi(?:'d| would)? (?:like|want) to (?:dispute|cancel|transfer|send|pay|report|close|open)\b", r"\bcan (?:you|i) (?:pay|transfer|send|cancel|move|block|freeze|dispute|get a loan|apply)\b",
    )),
    ("facts", (
        r"\bcredit (?:score|rating|report|history)\b", r"\bfico\b", r"\bcard numbers?\b", r"\baccount numbers?\b", r"\bsort code\b", r"\brouting number\b", r"\bcvv\b", r"\biban\b", r"\bpin\b(?! money)", r"\bcpf\b", r"\b401k\b",
        r"\bpension pot\b", r"\bnet worth\b", r"\binterest rates?\b", r"\bapr\b", r"\bapy\b", r"\bexchange rates?\b", r"\bgoing rate\b", r"\bmortgage rates?\b", r"\bstatement pdf\b", r"\bminimum payment\b", r"\bopening hours\b", r"\bphone number\b", r"\bweather\b",
        r"\bjokes?\b", r"\bpoem\b", r"\brecipes?\b", r"\bfootball scores?\b", r"\bcapital of\b", r"\bwho won\b", r"\bpresident\b(?!'?s'? day)", r"\breward points?\b", r"\bcash ?back\b", r"\bpoints\b", r"\bair ?miles\b", r"\bcredit limit increase\b",
        r"^(?:write|translate|sing|tell me (?:a|about)|who (?:is|are|was) (?!the\b)(?!charging))\b", r"\bwhat (?:item|items|product|exactly) (?:was|did|were)\b", r"\bmeaning of\b", r"\bwhat time is it\b", r"\bwhat (?:day|date) is it\b", r"\bhoroscope\b", r"\bsocial security number\b", r"\bssn\b", r"\bwhat(?:'s| is) the (?:news|time)\b", r"\bstock price\b", r"\bprice of (?:bitcoin|gold|oil)\b", r"\b(?:overdraft|credit|spending|daily|withdrawal) limit\b(?!.{0,10}left)",
    )),
)  # fmt: skip
_RULES = tuple((reason, re.compile("|".join(patterns))) for reason, patterns in DECLINES)
_VAGUE = re.compile(
    r"(?:(?:how|is|are) (?:am i|my (?:spending|money|finances|budget|account))(?: \w+){0,3}|am i (?:ok(?:ay)?|good|broke|rich|doing .*)|how am i doing.*|how are things.*|money|spending|stuff|numbers|why|what|how much|"
    r"how much was (?:it|that|the thing.*)|how's it going|how much (?:is|was|did) (?:it|that|this)(?: cost| come to)?|what about (?:it|him|her|them|that)|tell me|finances|expenses|anything (?:unusual|weird|interesting).*|what'?s up|.*\bover the (?:holidays|festive (?:season|period))\b.*|is (?:this|that|everything) (?:ok|okay|right|normal).*|.*\b(?:the|that) (?:place|one|shop|guy|thing|restaurant) (?:with|where|that|which|who)\b.*)\??"
)
_FOREIGN = re.compile(
    r"\b(?:wie ?viel|habe|ausgegeben|letzten|monat|combien|depense|dernier|mois|cuanto|gaste|pasado|quanto|speso|scorso|berapa|saya|bulan|hvor|mye|hoeveel|uitgegeven|ile|wydalem|skolko|mein|konto|mon|solde|mi saldo|gastei)\b"
)
_ENGLISH = re.compile(
    r"\b(?:how|what|did|the|my|i|on|in|last|this|spend|spent|much|many|show|list|is|when|which|and|at)\b"
)
_SCRIPT = re.compile(r"[^\W\d_a-z]")
_ASKS_WHAT_WAS = re.compile(r"\bhow (?:much|many|often)\b|\b(?:in total|so far|altogether|to date)\b")
MAX_WORDS = 150
"""Longer messages are asked to be shortened: nobody asks a question of rows in that many words."""


def declined(text: str) -> str:
    """Why a plain text is outside what Offhold does, or empty."""
    found = next((reason for reason, pattern in _RULES if pattern.search(text)), "")
    return "" if found == "action" and _ASKS_WHAT_WAS.search(text) else found


def vague(text: str) -> bool:
    """Whether there is nothing in it to look for."""
    return bool(_VAGUE.fullmatch(text))


def foreign(text: str) -> bool:
    """Whether it is in a language that the grammar does not know."""
    strange = len(_SCRIPT.findall(text))
    if strange * 2 > max(1, sum(char.isalpha() for char in text)):
        return True
    return len(_FOREIGN.findall(text)) >= 2 and len(_ENGLISH.findall(text)) < 3
