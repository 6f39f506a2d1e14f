"""What is asked for: which rows (flow), what over them (measure), and in which form (wanted)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from offhold.model.ask import Flow, Measure, Wanted

_CARD = r"(?:(?:my|the|our|his|her) )?(?:credit ?card|visa|mastercard|amex|card|cc)\b(?! fees?)"
_SAVERS = r"(?:savings?|saver|isa|pot|money market|investments?|brokerage|rainy day|retirement|fidelity|vanguard|schwab|robinhood|trading 212|emergency fund|goal saver)"
_FLOWS: tuple[tuple[Flow, str], ...] = (
    (Flow.pending, r"\bpending\b|\b(?:not|n't|nt|yet to|still to) (?:yet )?(?:clear|cleared|post|posted|go(?:ne)? through|settle[d]?|book(?:ed)?)\b|\buncleared\b|\bon hold\b|\bstill processing\b|\b(?:hasn|haven|hasnt|havent)\S* (?:yet )?(?:cleared|posted|settled)\b|\bauthori[sz]ed but\b"),
    (Flow.income, r"\btax refunds?\b|\brefund from (?:the )?(?:irs|hmrc|iras|revenue)\b"),
    (Flow.refunds, r"\b(?<!minus )(?<!less )refund\w*\b|\bmoney back\b|\breimburse\w*\b|\bcredited back\b|\bchargebacks?\b|\breturns\b(?! to\b)|\breturn (?:hit|come|came|arrive|arrived|show|post|clear|been|go|credited)\w*\b|\b(?:my|the) (?:\w+ )?returns? (?:money|credit)?\b|\bgot back from\b|\bget (?:any )?money back\b"),
    (Flow.card_payments, rf"\b(?:pay|paid|paying|pays|payment|payments) ?(?:off|down|to|towards?|against|for|made to|made on)* ?(?:on )?{_CARD}(?! (?:with|using|at|in))|\b{_CARD} (?:payments?|pay ?offs?|autopay|repayments?)\b|\bpa(?:y|id) (?:it )?off\b.{{0,15}}\bcard\b"),
    (Flow.saved, rf"\b(?:put|went|gone|go|move|moved|moving|transfer|transferr?ed|transfers?|stash(?:ed)?|set aside|contribut\w+|deposit(?:ed)?|sock(?:ed)?|squirrel\w*|paid|save[ds]?|saving|add(?:ed)?|invest(?:ed)?|sent|shift(?:ed)?)\b(?: \S+){{0,4}}? (?:to|into|in|towards?|onto|away in|from)\b.{{0,25}}\b{_SAVERS}\b|\b(?:have|did|do|has) (?:i|we) (?:\w+ )?saved?\b(?! (?:on|by))|\bsaved (?:up )?(?:so far|this|last|since|in)\b|\bamount saved\b|\b(?:move|moved|transfer|transferred|transfers)\b(?: \S+){{0,4}}? (?:from|between|to|into) (?:my |the |our )?(?:\w+ )?(?:account|accounts|sterling|dollars|euros)\b|\bput (?:away|aside|by)\b|\btransfers? (?:to|into|between|from)\b"),
    (Flow.income, r"\bincome\b|\binvoices?\b|\bsalary\b|\bwages\b|\bpensions?\b|\bbenefits?\b|\bsocial security\b|\buniversal credit\b|\bdividends?\b"),
    (Flow.received, r"\b(?:send|sends|sent|pay|pays|paid|give|gives|gave|transfer\w*|zelle[ds]?|venmo\w*|paynow\w*|repaid|repay) (?:me|us)\b|\b(?:receive[ds]?|got|get|had|came|come|coming)\b(?: \S+){0,5}? from (?!my\b|the\b|our\b|savings)\w+|\bmoney (?:in )?from (?!my\b|savings)\w+|\bpay (?:me|us) (?:anything |something |any )?back\b|\bpaid (?:me|us) back\b|\banyone (?:send|sent|pay|paid)\b|\bdid (?!i\b|we\b|you\b|it\b|they\b|my\b|the\b|our\b)\w+ (?:send|give|transfer|zelle|venmo|repay)\b"),
    (Flow.income, r"\bincomes?\b|\bsalar(?:y|ies)\b|\bpay ?che(?:ck|que)s?\b|\bpay ?slips?\b|\bwages?\b|\bearn(?:s|ed|ings?)?\b|\b(?:get|got|gotten|been|being|was|were|am i|are we) (?:\w+ )?paid\b(?! (?:to|for|by (?:me|card)))|\bmy pay\b|\bour pay\b|\bpay ?day\b|\bpensions?\b|\bbenefits?\b|\bsocial security\b|\bdividends?\b|\bbonus(?:es)?\b|\btake[- ]home\b|\b(?:i|we|you) (?:\w+ )?ma(?:k|d)e\b(?! (?:a |any |the |my )?(?:\w+ )?(?:purchase|payment|transaction|order|transfer|trip|visit)s?)|\bmoney (?:came|come|comes|coming|went|going) in\b|\bmoney in\b|\bdeposit(?:s|ed)?\b|\bpaid (?:me|us)\b|\bpay (?:me|us)\b(?! back)|\binvoices? (?:\w+ )?paid\b|\bpay ?outs?\b|\b(?:came|comes|come|coming) in(?:to)?\b|\bstipend\b|\bfreelance (?:income|money|payments)\b|\buniversal credit\b|\bchild benefit\b|\binterest (?:have|has|did|do|was|were|i|we|my|the|from|on|earned|received|income|came|payments?|paid (?:to|into))\b|\binterest\b.{0,25}\b(?:pay|paid|give|given) (?:me|us)\b|\b(?:uber|lyft|doordash|driver|gig|dasher|teacher'?s?|net|gross|weekly|monthly|rider|courier|grab|deliveroo) pay\b|\bgot? from (?:work|my job)\b"),
)  # fmt: skip
_NOT_INCOME = re.compile(
    r"\binterest (?:\w+ )?(?:charged|charges?|paid on|i paid|we paid)\b|\binterest (?:was|were|did|have|has) (?:i|we) (?:\w+ )?(?:charged|pay|paid)\b|\bincome tax\b|\b(?:purchases?|payments?|transactions?|orders?|trips?|visits?|transfers?|withdrawals?)\b.{0,40}\b(?:i|we) (?:\w+ )?ma[dk]e\b|\bcharged (?:\w+ )*interest\b|\boverdraft interest\b|\b(?:pension|salary) (?:contribution|sacrifice)\b|\bcost of benefits\b"
)
_FLOW_RULES = tuple((flow, re.compile(pattern)) for flow, pattern in _FLOWS)
_ASIDE_REFUND = re.compile(
    r"\b(?:before|ignoring|without|gross of|not counting|excluding) (?:any )?(?:refunds|returns)\b"
)

_WHAT = r"(?:purchase|purchases|transaction|transactions|payment|payments|charge|charges|order|orders|entry|thing|things|item|buy|buys|ride|rides|trip|trips|visit|shop|bill|expense|one|ones|debit)"
_PLACE = r"(?:merchant|merchants|shop|shops|store|stores|retailer|retailers|place|places|payee|payees|vendor|vendors|company|companies|compan|business|businesses|supermarket|supermarkets|restaurant|restaurants|cafe|cafes|utility|utilities|brand|brands|airline|pub|bar|app|apps)"


@dataclass(frozen=True, slots=True)
class Cue:
    """What a phrase gives away. `group_by` and `unit` as in Ask."""

    measure: Measure
    group_by: str = ""
    unit: str = ""


_GROUP = {
    "categories": "category", "type": "category", "merchant": "merchant", "shop": "merchant", "store": "merchant",
    "retailer": "merchant", "payee": "merchant", "place": "merchant", "vendor": "merchant", "monthly": "month",
    "weekly": "week", "daily": "day", "yearly": "year", "annual": "year", "quarterly": "quarter", "company": "merchant",
    "card": "account", "supermarket": "merchant", "restaurant": "merchant", "utility": "merchant", "brand": "merchant",
    "day of the week": "weekday", "weekday": "weekday", "dow": "weekday", "airline": "merchant", "pub": "merchant",
    "bar": "merchant", "cafe": "merchant", "app": "merchant", "business": "merchant", "kind": "category", "area": "category",
    "sort": "category", "utilitie": "merchant", "compan": "merchant", "businesse": "merchant", "bucket": "category",
}  # fmt: skip
_GROUPED = r"(?P<group>category|categories|type|kind|month|week|day of the week|weekday|day|quarter|year|merchant|shop|store|retailer|payee|place|vendor|company|account|card|currency|area|bucket)s?"
_UNIT = r"(?P<unit>day|week|month|year|quarter)"
_CUES: tuple[tuple[Measure, str, str], ...] = (
    (Measure.subscriptions, "", r"\b(?:what|which|list|show|all|any|how many|my|our|the|active|current|live|regular|recurring)\b.{0,40}\b(?:subscriptions|recurring (?:payments|charges|bills)|regular (?:payments|bills|subscriptions))\b(?! (?:cost|spend|spending|total|in |last|this |for ))|^(?:subscriptions?|recurring(?: payments?)?)\W*$|\bsubscribed to\b|\bsubscribing to\b|\bam i (?:still )?paying for\b.{0,10}$|\bwhat are we paying for\b.{0,40}\b(?:each|every|a|per) month\b|\bwhat subs\b"),
    (Measure.twice, "", r"\b(?:charged?|billed?|paid|took|taken|take|debited|pay)\b.{0,30}\b(?:twice|double|two times|2x|more than once)\b|\bdouble[- ](?:charg|bill|pa)\w*\b|\bduplicates?\b|\b(?:twice|double)\b.{0,15}\b(?:charge|bill|payment)\b|\bsame charge\b"),
    (Measure.price_change, "", r"\bwhen\b.{0,50}\b(?:go(?:es)? up|went up|gone up|increase[ds]?|rise|rose|raise[ds]?|put up|change[ds]? price|get more expensive|got more expensive|hike[ds]?|jump(?:ed)?)\b|\b(?:price|fee|cost|premium|rent|subscription) (?:rise|increase|hike|change|jump|went up|go(?:ne)? up)\w*\b.{0,30}\b(?:when|happen)\b|\b(?:go|went|gone) up when\b|\bprice (?:now )?(?:vs|versus|compared to|against) (?:before|then|old)\b|\b(?:raise[ds]?|increase[ds]?|put up|hike[ds]?|upped?|change[ds]?) (?:its|their|the|my|our) (?:price|prices|fee|fees|premium|rent|rate)s?\b|\b(?:did|has|have) (?:my |the |our )?\S+(?: \S+){0,3} (?:go up|gone up|got(?:ten)? more expensive|get more expensive|increase in price)\b|\bprice (?:rise|increase|hike|change)s?\b|\bhow much did (?:my |the |our )?\S+(?: \S+){0,3} (?:go|went) up\b|\bhow much (?:more )?did (?:it|they) (?:go|put) up\b|\bhow much (?:has|have) (?:my |the |our )?\S+(?: \S+){0,3} (?:gone up|increased|risen)\b|\bhow much did it go up\b"),
    (Measure.next, "", r"\bnext\b.{0,30}\b(?:payment|bill|charge|due|date|rent|instal\w*|renewal|direct debit|standing order|debit|one|premium|pay ?day|pay ?che\w+|salary)\b|\b(?:due|renew|renews|renewal)\b.{0,20}\b(?:when|date|soon|next)\b|\bwhen(?:'s|s| is| are| do| does| will)\b.{0,45}\b(?:due|next|renew\w*|come out|be (?:charged|taken|billed|paid)|go out|leave|charge|come in|get paid|arrive|hit|land)\b|\bnext (?:date|time)\b|\bis \w+(?: \w+)? due\b|\bupcoming (?:payment|bill)s?\b|\bhow many (?:days|weeks) (?:until|till|to|before)\b|\b(?:until|till) (?:my |the )?(?:next )?pay ?(?:day|check)\b|^when do i get paid\W*$"),
    (Measure.share, "", r"\bper ?cent(?:age)?\b|%|\bshare of (?:my|our|the|all|total)\b|\bproportion\b|\bwhat fraction\b|\bhow much of (?:my|our|the|all)\b.{0,40}\b(?:goes|went|go|is|was|spent|gets|comes)\b|\bwhat share\b|\bwhat part of\b"),
    (Measure.cash_flow, "", r"\bcash ?flow\b|\bnet (?:income|flow|position|savings?|for)\b|\b(?:came|come|comes|coming|money) in\b.{0,40}\b(?:went|go|goes|going|money)? ?out\b|\bin (?:and|vs|versus) out\b|\bincome (?:vs|versus|minus|against|compared to|and|less) (?:my )?(?:spend\w*|expenses|outgoings)\b|\bmore than (?:i|we) (?:earn\w*|ma[dk]e)\b|\b(?:earn\w*|ma[dk]e) (?:more|less) than (?:i|we) (?:spen[dt])\b|\b(?:in the (?:red|black)|left over)\b|\bspen[dt]\w* (?:vs|versus|against|compared (?:to|with)) (?:my |our )?(?:income|earnings|salary)\b"),
    (Measure.trend, "", r"\btrend\w*\b|\b(?:going|gone|go|creeping|been) (?:up|down)\b(?!.{0,25}\bby how much)|\b(?:increasing|decreasing|rising|falling|growing|shrinking|climbing|dropping)\b|\bover time\b|\bhow (?:has|have|did) .{0,50}\bchang\w+\b|\b(?:went|go) up or down\b"),
    (Measure.average_per, "", rf"\b(?:average|avg|typical\w*|mean|usual\w*|normal\w*|roughly)\b.{{0,60}}\b(?:per|a|each|every|an?) {_UNIT}\b|\b(?P<unit2>daily|weekly|monthly|yearly|annual) (?:average|avg|mean)\b|\b(?:average|avg|typical|mean|usual|normal) (?P<unit3>daily|weekly|monthly|yearly|annual|day|week|month|year)\w*\b(?! of)|\b(?:per|each|every|an?) (?P<unit4>day|week|month|year)\b.{{0,30}}\b(?:average|avg|typical\w*|mean|usually|normally)\b"),
    (Measure.breakdown, "", rf"\b(?:by|per|for each|for every|each|every|split (?:by|into)|grouped by|across|sorted by) (?:the )?{_GROUPED}\b(?! (?:on average|average|mean)|.{{0,12}}\bon average)(?=.*)|\b(?P<group2>monthly|weekly|daily|quarterly|yearly) (?:\w+ )?(?:totals?|breakdown|figures|split|amounts|summary|spend\w*|numbers|costs?)\b|\b(?P<group3>month|week|day|year) by (?:month|week|day|year)\b|\bmonth[- ]on[- ]month\b|\bwhere (?:did|does|has|is|do) (?:all )?(?:my|our|the) (?:\w+ )?(?:money|cash|pay\w*|salary|spend\w*|funds)\b.{{0,12}}\b(?:go|goes|gone|going|went)\b|\bbreak ?down\b|\bbreak (?:it |that |them |this )?(?:down|up)\b|\bbreak (?:down )?my\b|\b(?:broken|split) (?:down|up|out)\b|\bbroke down\b"),
    (Measure.average_per, "", r"\b(?:a|per) (?P<unit5>day|week|month|year)\b(?! ago| before| later)|\b(?:each|every) (?P<unit6>month|week|day|year)\b(?=\W*$)"),
    (Measure.top, "", rf"\b(?:top|main) (?:\w+ )?(?P<group>{_PLACE[3:-1]}|categor(?:y|ies)|payees?|areas?)\b|\b(?:biggest|largest) (?:\w+ )?(?P<group6>merchants?|retailers?|categor(?:y|ies)|payees?|areas?)\b|\b(?:top|biggest|largest|main) (?:\w+ )?(?:expenses|outgoings|spending categories|spends)\b|\b(?:which|what|who|where)\b.{{0,40}}\b(?:the )?(?:most|least)\b(?! (?:expensive|recent|i))|\b(?:which|what)\b (?:single )?(?P<group2>day|week|month|weekday|category|year|quarter)\b.{{0,40}}\b(?:most|highest|biggest|least|expensive|worst|lowest|more|cheapest)\b|\b(?:most|least) expensive (?P<group3>day|week|month|category|year|quarter|{_PLACE[3:-1]})\b|\b(?:in a|in one|in any) single (?P<group4>day|week|month)\b|\b(?:most|highest|biggest) (?:\w+ ){{0,2}}in (?:a|one|any) (?P<group5>day|week|month)\b|\b(?:which|what) (?:one|{_PLACE[3:-1]})\b.{{0,40}}\b(?:most|biggest|highest|least|lowest|cheapest)\b|\bwho (?:did|do|have) (?:i|we) (?:spend|pay|give|send)\b.{{0,20}}\bmost\b"),
    (Measure.compare, "", r"\bcompar\w+\b|\bversus\b|\bvs\b|\bdifference\b|\bdiffer\b|\b(?:more|less|higher|lower|bigger|smaller|cheaper|dearer|pricier|greater|fewer|worse|better|oftener)\b.{0,70}\b(?:than|or|compared)\b|\b(?:which|who)\b.{0,60}\b(?:more|less|cheaper|most|higher|lower|dearer|pricier)\b|\b(?:or|,)\b.{0,40}\b(?:which|who)\b|\bmore (?:on|at|often)\b.{1,60}\bor\b|\bhow does\b.{0,40}\bcompare\b|\bagainst\b"),
    (Measure.median, "", r"\bmedian\b"),
    (Measure.average, "", r"\b(?:average|avg|mean|typical|typically)\b|\bper (?:visit|purchase|order|trip|ride|transaction|meal|shop|time|go|cup|fill|fillup|pop)\b|\busual\b|\bon average\b"),
    (Measure.last, "", r"\bhow (?:many (?:days|weeks|months)|long) (?:since|ago|has it been|is it)\b"),
    (Measure.count, "", r"\bhow (?:many|often|frequently|regularly)\b|\bnumber of\b|\bhow much times\b|\bcount\b|\bno\. of\b|\b(?:many|how much) times\b|^times\b|\btally of\b"),
    (Measure.biggest, "", r"\b(?:biggest|largest|highest|priciest|dearest|maximum|max)\b|\bmost expensive\b|\bthe most (?:i|we)(?:'?ve)? (?:ever )?(?:spent|paid|spend|pay)\b|\bbest (?:week|day|month|payment|payout)\b|\bmost (?:i|we)(?:'?ve)? (?:ever )?(?:spent|paid)\b"),
    (Measure.smallest, "", r"\b(?:smallest|cheapest|lowest|least expensive|minimum|min)\b|\bthe least (?:i|we)(?:'?ve)? (?:ever )?(?:spent|paid)\b"),
    (Measure.first, "", r"\b(?:first|earliest) (?:\w+ ){0,2}(?:time|purchase|payment|transaction|charge|order|visit|bill|ride|trip|ever|one)\b|\bwhen did (?:i|we) (?:first|start)\b|\bfirst (?:paid|bought|went|used|charged?|visited)\b|\bhow long (?:have|has) (?:i|we)\b|\bsince when\b|\bwhen did .{0,40}\b(?:start|begin)\b"),
    (Measure.last, "", rf"\b(?:last|latest|most recent|newest) (?:\w+ ){{0,2}}(?:pay ?che\w+|salary|pay ?slip|wages?|pay|bonus|refund|deposit|invoice|payout|pension|interest|dividend)\b|\b(?:last|latest|most recent|newest)\b (?!one\b.{{0,20}}\blast)(?:[\w']+ ){{0,4}}?{_WHAT}\b|\blast (?:\w+ )?time\b|\bwhen\b.{{0,40}}\b(?:last|latest|most recent(?:ly)?)\b|\bwhen (?:did|was|were|have|has) \b|\b(?:last|latest|most recently) (?:go|went|pay|paid|buy|bought|visit\w*|charge\w*|use[ds]?|shop\w*|order\w*|eat|ate|bill\w*|take|took)\b|^(?:latest|most recent|last) |\bwhat date\b|\bwhen (?:did|does|do) \w|\bon (?:what|which) (?:day|date)\b"),
    (Measure.stopped, "", r"\bstop(?:ped)? (?:charging|billing|taking|paying)\b|\bstill (?:being )?(?:charg\w+|bill\w+|paying|taking|pay|subscribed|going out|active|taken)\b|\bstill get(?:ting)? (?:charged|billed)\b|\b(?:was|is|has|been|get|got) (?:\w+ ){0,3}cancel+ed\b"),
    (Measure.list, "", rf"\b(?:list|show|see|display|pull up|view|give me (?:all|every|a list)|bring up|print|itemi[sz]e|find)\b|\bwhat (?:did|have|had) (?:i|we) (?:\w+ )?(?:buy|bought|get|purchase\w*|order\w*)\b|\brecent(?: \w+)? {_WHAT}\b|\b{_WHAT} (?:over|under|above|below|between|of|bigger|larger|smaller)\b|\bwhich (?:\w+ ){{0,2}}{_WHAT}\b|\bwhat (?:\w+ )?{_WHAT} (?:did|have|were|are)\b|\brecent (?:activity|transactions)\b|\b(?:latest|last|past) (?:\d+|two|three|four|five|six|seven|eight|nine|ten|few)\b|\ball (?:of )?(?:my |the |our )?(?:[\w']+ ){{0,3}}{_WHAT}\b|\bevery (?:[\w']+ ){{0,2}}{_WHAT}\b|^{_WHAT}\b|\b(?:invoices|deposits|payments|transactions) (?:paid |received )?(?:by|from|in|to)\b|\banything (?:over|above|under|below)\b|\bwhat'?s?(?: (?:is|was|were|are))? (?:\S+ )?pending\b"),
    (Measure.happened, "", r"^(?:\W|so |and |ok |hey |hi |um )*(?:did|have|has|had|was|were|is|are|any|do|does|anything)\b|\b(?:did|has|have) (?:\S+ ){1,5}(?:come|came|arrive|arrived|hit|land|landed|post|posted|go|gone|went|clear|cleared|charge|charged|pay|paid|refund|refunded)\b.{0,25}$|\bcome (?:already|through|in) (?:or not|yet)\b|\bdid it (?:post|come|arrive|clear|go through)\b|\bany (?:\w+ ){0,2}(?:from|at|to)\b|\banything from\b"),
)  # fmt: skip
_CUE_RULES = tuple((measure, re.compile(pattern)) for measure, _, pattern in _CUES)
_BALANCE = re.compile(
    r"\bbalances?\b|\bhow much (?:money |cash |funds |do (?:i|we) |have (?:i|we) |is |i |we )*(?:have|got|is|do i have)?(?: got| left| sitting| available)? ?(?:in|on|inside|within) (?:my|the|our|that)? ?(?:[\w']+ ){0,3}(?:account|accounts|savings?|saver|checking|chequing|current|isa|pot|card|visa|mastercard|amex|wallet|bank|money market|joint|multiplier)\b(?!.{0,30}\b(?:spend|spent|spending|this|last|since))"
    r"|\bhow much (?:money |cash |funds )?(?:do|have|has) (?:i|we) (?:have|got)\b(?! (?:i|we|spent|paid|to pay|on (?!my|the|hand)|for))(?!.{0,20}\b(?:spent|paid|sent|saved|put|earned|made|pending|refund\w*|withdrawn|left to))"
    r"|\bwhat(?:'s| is|s| do (?:i|we) have|'ve i got| have (?:i|we) got)\b.{0,10}\b(?:in|left (?:in|on)|sitting in|left) (?:(?:my|the|our) |(?=checking|savings|current|joint))(?:\w+ ?){0,3}\b(?!.{0,20}pending)"
    r"|\b(?:available|left|remaining)\b.{0,25}\b(?:credit|limit|balance|card|to spend|right now|now|funds|money)\b|\bcredit (?:left|available|remaining|limit)\b|\b(?:do|does|did) (?:i|we) owe\b|\bowed? on\b|\bi owe\b|\boutstanding\b.{0,20}\b(?:amount|balance|card|on)?\b|\bsitting at\b|\b(?:amount|money|much)\b.{0,15}\bavailable\b|\bcard debt\b|\btotal across (?:all )?(?:my|our|the) accounts\b|\bhow much (?:is|have i got|have we got|do i have|money is|money's|s) (?:left )?(?:in|on) \w+|\ball my money\b|\bmy total (?:money|funds|cash)\b|\bwhat am i worth\b|\bhow much (?:do|did) we have\b|\bdo (?:i|we) have (?:any |enough )?(?:money|cash|funds) (?:in|left)\b|\bhow much in (?:my |the |our )?(?!total|fees|rent|tax|interest|refunds|january|february|march|april|may|june|july|august|september|october|november|december)[\w ]{2,20}$"
)
_NOT_BALANCE = re.compile(
    r"\b(?:spen[dt]|spending|transactions?|purchases?|refund\w*|pending|interest|charges?|fees?|paid|transfer\w*|moved?|put|saved|went|rides?|orders?|buy|bought|withdr\w+)\b"
)
_AVAILABLE = re.compile(r"\bavailable\b|\bleft\b|\bremaining\b|\bcredit limit\b|\bto spend\b|\bspendable\b")
_WANTED: tuple[tuple[Wanted, str], ...] = (
    (Wanted.count, r"\bhow (?:many|often|frequently)\b|\bnumber of\b|\boften\b|\bmore times\b|\b(?:go|went|been|visit\w*|eat|ate|shop\w*) (?:to |at )?(?:\w+ )?more\b(?! on)|\b(?:use|used) more\b|\bmost (?:often|frequent\w*|visited)\b|\b(?:go|went|been|shop|eat|visit)\w* (?:to )?(?:the )?most\b|\bmost (?:go|visit)\w*\b"),
    (Wanted.date, r"\bwhen\b|\bwhat (?:day|date)\b|\bwhich date\b|\bhow long (?:ago|since)\b"),
    (Wanted.amount, r"\bhow much\b|\btotal\b|\bcome to\b|\bcame to\b|\baltogether\b|\badd(?:s|ed)? up\b|\bsum\b|\bwhat (?:did|does|do|was|were|is)\b.{0,40}\bcosts?\b|\bamount\b|\bwhat'?s? (?:did|have|do|does|has) (?:i|we) (?:\w+ )?(?:spen[dt]|pa(?:y|id))\b"),
    (Wanted.list, r"\b(?:list|show|see|display|view)\b|\bwhich (?:transactions|purchases|payments|charges|orders)\b"),
    (Wanted.name, r"\bwhich\b|\bwho\b|\bwhere\b"),
    (Wanted.yes_no, r"^(?:\W|so |and |ok |hey |hi )*(?:did|have|has|had|was|were|is|are|any|am|do|does)\b"),
)  # fmt: skip
_WANTED_RULES = tuple((wanted, re.compile(pattern)) for wanted, pattern in _WANTED)
_UNIT_WORDS = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year", "annual": "year"}
_LOWEST = re.compile(r"\b(?:least|lowest|cheapest|fewest|cheaper|smallest)\b")
_COUNTED = re.compile(
    r"\bhow (?:many|often)\b|\bgo(?:ing)? to (?:the )?(?:more|most)\b|\bnumber of\b|\boften\b|\buse[ds]? (?:the )?(?:more|most)\b|\bvisit\w* (?:the )?(?:more|most)\b|\bmore times\b|\b(?:times|visits|trips|orders|rides)\b.{0,20}\b(?:more|most)\b|\bgo(?:ne|ing)? (?:the )?(?:more|most)\b|\bmost (?:frequent\w*|often)\b|\bwhere do (?:i|we) (?:shop|eat|go|drink) (?:the )?most\b|\bi go to more\b|\bgo more\b"
)
_PER_VISIT = re.compile(
    r"\bper (?:visit|trip|purchase|order|ride|time|shop|meal|go|transaction)\b|\b(?:average|avg|typical)\b|\beach time\b"
)


def flow(text: str) -> Flow | None:
    """Which rows a text names, None when it names none in particular."""
    text = _ASIDE_REFUND.sub(" ", text)
    for found, pattern in _FLOW_RULES:
        if pattern.search(text) and not (found is Flow.income and _NOT_INCOME.search(text)):
            return found
    return None


def cue(text: str) -> Cue | None:
    """The measure that a text names, None when it names none."""
    for measure, pattern in _CUE_RULES:
        found = pattern.search(text)
        if found is None:
            continue
        groups = {name: value for name, value in found.groupdict().items() if value}
        unit = next((value for name, value in groups.items() if name.startswith("unit")), "")
        group = next((value for name, value in groups.items() if name.startswith("group")), "")
        return Cue(measure, _grouping(measure, group, text), _UNIT_WORDS.get(unit, unit))
    return None


def _grouping(measure: Measure, said: str, text: str) -> str:
    if measure is Measure.breakdown:
        named = _GROUP.get(said.rstrip("s"), said.rstrip("s"))
        if not named and (other := re.search(rf"\b(?:by|per|each|every|into) {_GROUPED}\b", text)):
            named = _GROUP.get(other["group"], other["group"])
        return named or "category"
    if measure is Measure.top:
        named = _GROUP.get(said.rstrip("s"), said.rstrip("s"))
        if named in ("categorie", "categor", "category", "area") or re.search(
            r"\bwhat (?:do|did|have) (?:i|we) (?:\w+ )?sp\w+\b.{0,20}\bmost\b|\bcategor|\bspending categor|\bexpenses\b",
            text,
        ):
            return "category"
        if re.search(r"\bdays? of the week\b|\bweekday\b", text):
            return "weekday"
        unit = re.search(r"\b(?:which|what|single|one|any|expensive) (day|week|month|weekday|quarter|year)\b", text)
        return (
            unit[1]
            if unit
            else named
            if named in ("day", "week", "month", "quarter", "year", "weekday")
            else "merchant"
        )
    return ""


def wanted(text: str) -> Wanted | None:
    """The form of answer asked for."""
    return next((form for form, pattern in _WANTED_RULES if pattern.search(text)), None)


def asks_balance(text: str) -> bool:
    """Whether what is in an account is asked, not what went through it."""
    if re.search(r"\bbalances?\b|\bowed?\b(?! me)|\bleft on\b|\bcredit (?:left|limit)\b", text):
        return not re.search(r"\bbalance transfer|\b(?:owes?|owed?) me\b", text)
    return "|" not in text and bool(_BALANCE.search(text)) and not _NOT_BALANCE.search(text)


def available(text: str) -> bool:
    """Whether it is what can be spent, with pending items off and credit in."""
    return bool(_AVAILABLE.search(text))


def of(text: str) -> Measure:
    """What a comparison or a ranking weighs: money, times, or money a time."""
    if _PER_VISIT.search(text):
        return Measure.average
    return Measure.count if _COUNTED.search(text) else Measure.sum


def lowest(text: str) -> bool:
    """Whether the small end of a ranking is meant."""
    return bool(_LOWEST.search(text))
