"""What gives a flow or a measure away, one way of saying it a line, the first that fits wins."""

from __future__ import annotations

from offhold.model.ask import Flow, Measure

_CARD = r"(?:(?:my|the|our|his|her) )?(?:credit ?card|visa|mastercard|amex|card|cc)\b(?! fees?)"
_SAVERS = r"(?:savings?|saver|isa|pot|money market|investments?|brokerage|rainy day|retirement|fidelity|vanguard|schwab|robinhood|trading 212|emergency fund|goal saver)"
FLOWS: tuple[tuple[Flow, tuple[str, ...]], ...] = (
    (Flow.pending, (
            r"\bpending\b",
            r"\b(?:not|n't|nt|yet to|still to) (?:yet )?(?:clear|cleared|post|posted|go(?:ne)? through|settle[d]?|book(?:ed)?)\b",
            r"\buncleared\b",
            r"\bon hold\b",
            r"\bstill processing\b",
            r"\b(?:hasn|haven|hasnt|havent)\S* (?:yet )?(?:cleared|posted|settled)\b",
            r"\bauthori[sz]ed but\b",
    )),

    (Flow.income, (
            r"\b(?:what|how much|money) (?:has |have |all )?(?:came|come|comes) *\|",
            r"\bbest (?:\w+ ){0,2}(?:day|week|month|year|quarter)\b",
            r"\btax refunds?\b",
            r"\brefund from (?:the )?(?:irs|hmrc|iras|revenue)\b",
    )),

    (Flow.refunds, (
            r"\b(?<!minus )(?<!less )refund\w*\b",
            r"\bmoney back\b",
            r"\breimburse\w*\b",
            r"\bcredited back\b",
            r"\bchargebacks?\b",
            r"\breturns\b(?! to\b)",
            r"\breturn (?:hit|come|came|arrive|arrived|show|post|clear|been|go|credited)\w*\b",
            r"\b(?:my|the) (?:\w+ )?returns? (?:money|credit)?\b",
            r"\bgot back from\b",
            r"\bget (?:any )?money back\b",
    )),

    (Flow.card_payments, (
            rf"\b(?:pay|paid|paying|pays|payment|payments) ?(?:off|down|to|towards?|against|for|made to|made on)* ?(?:on )?{_CARD}(?! (?:with|using|at|in))",
            rf"\b{_CARD} (?:payments?|pay ?offs?|autopay|repayments?)\b",
            r"\bpa(?:y|id) (?:it )?off\b.{0,15}\bcard\b",
    )),

    (Flow.saved, (
            rf"\b(?:put|went|gone|go|move|moved|moving|transfer|transferr?ed|transfers?|stash(?:ed)?|set aside|contribut\w+|deposit(?:ed)?|sock(?:ed)?|squirrel\w*|paid|save[ds]?|saving|add(?:ed)?|invest(?:ed)?|sent|shift(?:ed)?)\b(?: \S+){{0,4}}? (?:to|into|in|towards?|onto|away in|from)\b.{{0,25}}\b{_SAVERS}\b",
            r"\b(?:have|did|do|has) (?:i|we) (?:\w+ )?saved?\b(?! (?:on|by))",
            r"\bsaved (?:up )?(?:so far|this|last|since|in)\b",
            r"\bamount saved\b",
            r"\b(?:move|moved|transfer|transferred|transfers)\b(?: \S+){0,4}? (?:from|between|to|into) (?:my |the |our )?(?:\w+ )?(?:account|accounts|sterling|dollars|euros)\b",
            r"\bput (?:away|aside|by)\b",
            r"\btransfers? (?:to|into|between|from)\b",
    )),

    (Flow.income, (
            r"\bincome\b",
            r"\binvoices?\b",
            r"\bsalary\b",
            r"\bwages\b",
            r"\bpensions?\b",
            r"\bbenefits?\b",
            r"\bsocial security\b",
            r"\buniversal credit\b",
            r"\bdividends?\b",
    )),

    (Flow.received, (
            r"\b(?:send|sends|sent|pay|pays|paid|give|gives|gave|transfer\w*|zelle[ds]?|venmo\w*|paynow\w*|repaid|repay) (?:me|us)\b",
            r"\b(?:receive[ds]?|got|get|had|came|come|coming)\b(?: \S+){0,5}? from (?!my\b|the\b|our\b|savings)\w+",
            r"\bmoney (?:in )?from (?!my\b|savings)\w+",
            r"\bpay (?:me|us) (?:anything |something |any )?back\b",
            r"\bpaid (?:me|us) back\b",
            r"\banyone (?:send|sent|pay|paid)\b",
            r"\bdid (?!i\b|we\b|you\b|it\b|they\b|my\b|the\b|our\b)\w+ (?:send|give|transfer|zelle|venmo|repay)\b",
    )),

    (Flow.income, (
            r"\bincomes?\b",
            r"\bsalar(?:y|ies)\b",
            r"\bpay ?che(?:ck|que)s?\b",
            r"\bpay ?slips?\b",
            r"\bwages?\b",
            r"\bearn(?:s|ed|ings?)?\b",
            r"\b(?:get|got|gotten|been|being|was|were|am i|are we) (?:\w+ )?paid\b(?! (?:to|for|by (?:me|card)))",
            r"\bmy pay\b",
            r"\bour pay\b",
            r"\bpay ?day\b",
            r"\bpensions?\b",
            r"\bbenefits?\b",
            r"\bsocial security\b",
            r"\bdividends?\b",
            r"\bbonus(?:es)?\b",
            r"\btake[- ]home\b",
            r"\b(?:i|we|you) (?:\w+ )?ma(?:k|d)e\b(?! (?:a |any |the |my )?(?:\w+ )?(?:purchase|payment|transaction|order|transfer|trip|visit)s?)",
            r"\bmoney (?:came|come|comes|coming|went|going) in\b",
            r"\bmoney in\b",
            r"\bdeposit(?:s|ed)?\b",
            r"\bpaid (?:me|us)\b",
            r"\bpay (?:me|us)\b(?! back)",
            r"\binvoices? (?:\w+ )?paid\b",
            r"\bpay ?outs?\b",
            r"\b(?:came|comes|come|coming) in(?:to)?\b",
            r"\bstipend\b",
            r"\bfreelance (?:income|money|payments)\b",
            r"\buniversal credit\b",
            r"\bchild benefit\b",
            r"\binterest (?:have|has|did|do|was|were|i|we|my|the|from|on|earned|received|income|came|payments?|paid (?:to|into))\b",
            r"\binterest\b.{0,25}\b(?:pay|paid|give|given) (?:me|us)\b",
            r"\b(?:uber|lyft|doordash|driver|gig|dasher|teacher'?s?|net|gross|weekly|monthly|rider|courier|grab|deliveroo) pay\b",
            r"\bgot? from (?:work|my job)\b",
    )),

)  # fmt: skip

_WHAT = r"(?:purchase|purchases|transaction|transactions|payment|payments|charge|charges|order|orders|entry|thing|things|item|buy|buys|ride|rides|trip|trips|visit|shop|bill|expense|one|ones|debit)"
_PLACE = r"(?:merchant|merchants|shop|shops|store|stores|retailer|retailers|place|places|payee|payees|vendor|vendors|company|companies|compan|business|businesses|supermarket|supermarkets|restaurant|restaurants|cafe|cafes|utility|utilities|brand|brands|airline|pub|bar|app|apps)"
GROUPED = r"(?P<group>category|categories|type|kind|month|week|day of the week|weekday|day|quarter|year|merchant|shop|store|retailer|payee|place|vendor|company|account|card|currency|area|bucket)s?"
_UNIT = r"(?P<unit>day|week|month|year|quarter)"
CUES: tuple[tuple[Measure, tuple[str, ...]], ...] = (
    (Measure.subscriptions, (
            r"\b(?:what|which|list|show|all|any|how many|my|our|the|active|current|live|regular|recurring)\b.{0,40}\b(?:subscriptions|recurring (?:payments|charges|bills)|regular (?:payments|bills|subscriptions))\b(?! *(?:cost|spend|spending|total|in |last|this |for |\|))",
            r"^(?:subscriptions?|recurring(?: payments?)?)\W*$",
            r"\bsubscribed to\b",
            r"\bsubscribing to\b",
            r"\bam i (?:still )?paying for\b.{0,10}$",
            r"\bwhat are we paying for\b.{0,40}\b(?:each|every|a|per) month\b",
            r"\bwhat subs\b",
    )),

    (Measure.twice, (
            r"\b(?:charged?|billed?|paid|took|taken|take|debited|pay)\b.{0,30}\b(?:twice|double|two times|2x|more than once)\b",
            r"\bdouble[- ](?:charg|bill|pa)\w*\b",
            r"\bduplicates?\b",
            r"\b(?:twice|double)\b.{0,15}\b(?:charge|bill|payment)\b",
            r"\bsame charge\b",
    )),

    (Measure.price_change, (
            r"\bwhen\b.{0,50}\b(?:go(?:es)? up|went up|gone up|increase[ds]?|rise|rose|raise[ds]?|put up|change[ds]? price|get more expensive|got more expensive|hike[ds]?|jump(?:ed)?)\b",
            r"\b(?:price|fee|cost|premium|rent|subscription) (?:rise|increase|hike|change|jump|went up|go(?:ne)? up)\w*\b.{0,30}\b(?:when|happen)\b",
            r"\b(?:go|went|gone) up when\b",
            r"\bprice (?:now )?(?:vs|versus|compared to|against) (?:before|then|old)\b",
            r"\b(?:raise[ds]?|increase[ds]?|put up|hike[ds]?|upped?|change[ds]?) (?:its|their|the|my|our) (?:price|prices|fee|fees|premium|rent|rate)s?\b",
            r"\b(?:did|has|have) (?:my |the |our )?\S+(?: \S+){0,3} (?:go up|gone up|got(?:ten)? more expensive|get more expensive|increase in price)\b",
            r"\bprice (?:rise|increase|hike|change)s?\b",
            r"\b(?:put|push(?:ed)?) (?:(?:its|their|the|my|our|up) )*(?:prices?|fees?|premium|rent|rates?)(?: up)?\b",
            r"\b(?:raise[ds]?|increase[ds]?|hike[ds]?|upped?|change[ds]?) (?:(?:its|their|the|my|our) )?(?:prices?|fees?|premium|rent|rates?)\b",
            r"^(?:did|has|have) (?:my |the |our )?\S+(?: \S+){0,3} (?:changed?|increased?|risen|hiked?|jump(?:ed)?)\b(?! (?:my|card|bank))",
            r"\bhow much did (?:my |the |our )?\S+(?: \S+){0,3} (?:(?:go|went|gone) up|hiked?|raised?|rise|increased?|jump(?:ed)?)\b",
            r"\bhow much (?:more )?did (?:it|they) (?:go|put) up\b",
            r"\bhow much (?:has|have) (?:my |the |our )?\S+(?: \S+){0,3} (?:gone up|increased|risen)\b",
            r"\bhow much did it go up\b",
    )),

    (Measure.next, (
            r"\bnext\b.{0,30}\b(?:payment|bill|charge|due|date|rent|instal\w*|renewal|direct debit|standing order|debit|one|premium|pay ?day|pay ?che\w+|salary)\b",
            r"\b(?:due|renew|renews|renewal)\b.{0,20}\b(?:when|date|soon|next)\b",
            r"\bwhen(?:'s|s| is| are| do| does| will)\b.{0,45}\b(?:due|next|renew\w*|come out|be (?:charged|taken|billed|paid)|go out|leave|charge|come in|get paid|arrive|hit|land)\b",
            r"\bnext (?:date|time)\b",
            r"\bis \w+(?: \w+)? due\b",
            r"\bupcoming (?:payment|bill)s?\b",
            r"\bhow many (?:days|weeks) (?:until|till|to|before)\b",
            r"\b(?:until|till) (?:my |the )?(?:next )?pay ?(?:day|check)\b",
            r"^when do i get paid\W*$",
    )),

    (Measure.share, (
            r"\bper ?cent(?:age)?\b",
            r"%",
            r"\bshare of (?:my|our|the|all|total)\b",
            r"\bproportion\b",
            r"\bwhat fraction\b",
            r"\bhow much of (?:my|our|the|all)\b.{0,40}\b(?:goes|went|go|is|was|spent|gets|comes)\b",
            r"\bwhat share\b",
            r"\bwhat part of\b",
    )),

    (Measure.cash_flow, (
            r"\bcash ?flow\b",
            r"\bnet *(?:\||$)",
            r"\bnet (?:income|flow|position|savings?|for)\b",
            r"\b(?:came|come|comes|coming|money) in\b.{0,40}\b(?:went|go|goes|going|money)? ?out\b",
            r"\bin (?:and|vs|versus) out\b",
            r"\bincome (?:vs|versus|minus|against|compared to|and|less) (?:my )?(?:spend\w*|expenses|outgoings)\b",
            r"\bmore than (?:i|we) (?:earn\w*|ma[dk]e)\b",
            r"\b(?:earn\w*|ma[dk]e) (?:more|less) than (?:i|we) (?:spen[dt])\b",
            r"\b(?:in the (?:red|black)|left over)\b",
            r"\bspen[dt]\w* (?:vs|versus|against|compared (?:to|with)) (?:my |our )?(?:income|earnings|salary)\b",
    )),

    (Measure.trend, (
            r"\btrend\w*\b",
            r"\b(?:going|gone|go|creeping|been) (?:up|down)\b(?!.{0,25}\bby how much)",
            r"\bgetting (?:more expensive|cheaper|dearer|pricier|bigger|smaller|higher|lower|worse|better)\b",
            r"\bcreep(?:s|ing)?(?: up| down)?\b",
            r"\b(?:increasing|decreasing|rising|falling|growing|shrinking|climbing|dropping)\b",
            r"\bover time\b",
            r"\bhow (?:has|have|did) .{0,50}\bchang\w+\b",
            r"\b(?:went|go) up or down\b",
    )),

    (Measure.average_per, (
            rf"\b(?:average|avg|typical\w*|mean|usual\w*|normal\w*|roughly)\b.{{0,60}}\b(?:per|a|each|every|an?) {_UNIT}\b",
            r"\b(?P<unit2>daily|weekly|monthly|yearly|annual) (?:average|avg|mean)\b",
            r"\b(?:average|avg|typical|mean|usual|normal) (?P<unit3>daily|weekly|monthly|yearly|annual|day|week|month|year)\w*\b(?! of)",
            r"\b(?:per|each|every|an?) (?P<unit4>day|week|month|year)\b.{0,30}\b(?:average|avg|typical\w*|mean|usually|normally)\b",
    )),

    (Measure.breakdown, (
            rf"\b(?:by|per|for each|for every|each|every|split (?:by|into)|grouped by|across|sorted by) (?:the )?{GROUPED}\b(?! (?:on average|average|mean)|.{{0,12}}\bon average)(?=.*)",
            r"\b(?P<group2>monthly|weekly|daily|quarterly|yearly) (?:\w+ )?(?:totals?|breakdown|figures|split|amounts|summary|spend\w*|numbers|costs?)\b",
            r"\b(?P<group3>month|week|day|year) by (?:month|week|day|year)\b",
            r"\bmonth[- ]on[- ]month\b",
            r"\bwhere (?:did|does|has|is|do) (?:all )?(?:my|our|the) (?:\w+ )?(?:money|cash|pay\w*|salary|spend\w*|funds)\b.{0,12}\b(?:go|goes|gone|going|went)\b",
            r"\bbreak ?down\b",
            r"\bbreak (?:it |that |them |this )?(?:down|up)\b",
            r"\bbreak (?:down )?my\b",
            r"\b(?:broken|split) (?:down|up|out)\b",
            r"\bbroke down\b",
    )),

    (Measure.average_per, (
            r"\b(?:a|per) (?P<unit5>day|week|month|year)\b(?! ago| before| later)",
            r"\b(?:each|every) (?P<unit6>month|week|day|year)\b(?=\W*$)",
            r"\b(?P<unit7>weekly|monthly|daily|yearly)\W*$",
    )),

    (Measure.top, (
            rf"\b(?:top|main) (?:\w+ )?(?P<group>{_PLACE[3:-1]}|categor(?:y|ies)|payees?|areas?)\b",
            r"\b(?:biggest|largest) (?:\w+ )?(?P<group6>merchants?|retailers?|categor(?:y|ies)|payees?|areas?)\b",
            r"\b(?:top|biggest|largest|main) (?:\w+ )?(?:expenses|outgoings|spending categories|spends)\b",
            r"\b(?:which|what|who|where)\b.{0,40}\b(?:the )?(?:most|least)\b(?! (?:expensive|recent|i))",
            r"\b(?:which|what)\b (?:single )?(?P<group2>day|week|month|weekday|category|year|quarter)\b.{0,40}\b(?:most|highest|biggest|least|expensive|worst|lowest|more|cheapest)\b",
            rf"\b(?:most|least) expensive (?P<group3>day|week|month|category|year|quarter|{_PLACE[3:-1]})\b",
            r"\b(?:worst|biggest|highest|priciest) (?:\w+ ){0,2}(?P<group7>day|week|month|quarter|year)\b",
            r"\b(?:in a|in one|in any) single (?P<group4>day|week|month)\b",
            r"\b(?:most|highest|biggest) (?:\w+ ){0,2}in (?:a|one|any) (?P<group5>day|week|month)\b",
            rf"\b(?:which|what) (?:one|{_PLACE[3:-1]})\b.{{0,40}}\b(?:most|biggest|highest|least|lowest|cheapest)\b",
            r"\bwho (?:did|do|have) (?:i|we) (?:spend|pay|give|send)\b.{0,20}\bmost\b",
    )),

    (Measure.compare, (
            r"\bcompar\w+\b",
            r"\bversus\b",
            r"\bvs\b",
            r"\bdifference\b",
            r"\bdiffer\b",
            r"\b(?:more|less|higher|lower|bigger|smaller|cheaper|dearer|pricier|greater|fewer|worse|better|oftener)\b.{0,70}\b(?:than|or|compared)\b",
            r"\b(?:which|who)\b.{0,60}\b(?:more|less|cheaper|most|higher|lower|dearer|pricier)\b",
            r"\b(?:or|,)\b.{0,40}\b(?:which|who)\b",
            r"\bor\b.{0,40}\b(?:more|most|less|least|oftener|cheaper|dearer|pricier)\b",
            r"\bmore (?:on|at|often)\b.{1,60}\bor\b",
            r"\bhow does\b.{0,40}\bcompare\b",
            r"\bagainst\b",
    )),

    (Measure.median, (
            r"\bmedian\b",
    )),

    (Measure.average, (
            r"\b(?:average|avg|mean|typical|typically)\b",
            r"\bper (?:visit|purchase|order|trip|ride|transaction|meal|shop|time|go|cup|fill|fillup|pop)\b",
            r"\busual\b",
            r"\bon average\b",
    )),

    (Measure.last, (
            r"\bhow (?:many (?:days|weeks|months)|long) (?:since|ago|has it been|is it)\b",
    )),

    (Measure.count, (
            r"\bhow (?:many|often|frequently|regularly)\b",
            r"\bnumber of\b",
            r"\bhow much times\b",
            r"\bcount\b",
            r"\bno\.? of\b",
            r"\b(?:many|how much) times\b",
            r"^times\b",
            r"\btally of\b",
    )),

    (Measure.biggest, (
            r"\b(?:biggest|largest|highest|priciest|dearest|maximum|max)\b",
            r"\bmost expensive\b",
            r"\bthe most (?:i|we)(?:'?ve)? (?:ever )?(?:spent|paid|spend|pay)\b",
            r"\bbest (?:week|day|month|payment|payout)\b",
            r"\bmost (?:i|we)(?:'?ve)? (?:ever )?(?:spent|paid)\b",
            r"\bthe most (?:i|we)(?:'?ve| have)? (?:ever )?(?:dropped|blew|blown|splashed|laid out|handed over|put down|sent|gave|given)\b",
    )),

    (Measure.smallest, (
            r"\b(?:smallest|cheapest|lowest|least expensive|minimum|min)\b",
            r"\bthe least (?:i|we)(?:'?ve)? (?:ever )?(?:spent|paid)\b",
    )),

    (Measure.first, (
            r"\b(?:first|earliest) (?:\w+ ){0,2}(?:time|purchase|payment|transaction|charge|order|visit|bill|ride|trip|ever|one)\b",
            r"\bwhen did (?:i|we) (?:first|start)\b",
            r"\bfirst (?:paid|bought|went|used|charged?|visited)\b",
            r"\bhow long (?:have|has) (?:i|we)\b",
            r"\bsince when\b",
            r"\bwhen did .{0,40}\b(?:start|begin)\b",
    )),

    (Measure.last, (
            r"\b(?:last|latest|most recent|newest) (?:\w+ ){0,2}(?:pay ?che\w+|salary|pay ?slip|wages?|pay|bonus|refund|deposit|invoice|payout|pension|interest|dividend)\b",
            rf"\b(?:last|latest|most recent|newest)\b (?!one\b.{{0,20}}\blast)(?:[\w']+ ){{0,4}}?{_WHAT}\b",
            r"\blast (?:\w+ )?time\b",
            r"\bwhen\b.{0,40}\b(?:last|latest|most recent(?:ly)?)\b",
            r"\bwhen (?:did|was|were|have|has) \b",
            r"\b(?:last|latest|most recently) (?:go|went|pay|paid|buy|bought|visit\w*|charge\w*|use[ds]?|shop\w*|order\w*|eat|ate|bill\w*|take|took)\b",
            r"^(?:latest|most recent|last) ",
            r"\bwhat date\b",
            r"\bwhen (?:did|does|do) \w",
            r"\bon (?:what|which) (?:day|date)\b",
    )),

    (Measure.stopped, (
            r"\bstop(?:ped)? (?:charging|billing|taking|paying)\b",
            r"\bstill (?:being )?(?:charg\w+|bill\w+|paying|taking|pay|subscribed|going out|active|taken)\b",
            r"\bstill get(?:ting)? (?:charged|billed)\b",
            r"\b(?:was|is|has|been|get|got) (?:\w+ ){0,3}cancel+ed\b",
    )),

    (Measure.list, (
            r"\b(?:list|show|see|display|pull up|view|give me (?:all|every|a list)|bring up|print|itemi[sz]e|find)\b",
            r"\bwhat (?:did|have|had) (?:i|we) (?:\w+ )?(?:buy|bought|get|purchase\w*|order\w*)\b",
            rf"\brecent(?: \w+)? {_WHAT}\b",
            rf"\b{_WHAT} (?:over|under|above|below|between|of|bigger|larger|smaller)\b",
            rf"\bwhich (?:\w+ ){{0,2}}{_WHAT}\b",
            rf"\bwhat (?:\w+ )?{_WHAT} (?:did|have|were|are)\b",
            r"\brecent (?:activity|transactions)\b",
            r"\b(?:latest|last|past) (?:\d+|two|three|four|five|six|seven|eight|nine|ten|few)\b",
            rf"\ball (?:of )?(?:my |the |our )?(?:[\w']+ ){{0,3}}{_WHAT}\b",
            rf"\bevery (?:[\w']+ ){{0,2}}{_WHAT}\b",
            rf"^{_WHAT}\b",
            r"\b(?:invoices|deposits|payments|transactions) (?:paid |received )?(?:by|from|in|to)\b",
            r"\banything (?:over|above|under|below)\b",
            r"\bwhat'?s?(?: (?:is|was|were|are))? (?:\S+ )?pending\b",
    )),

    (Measure.happened, (
            r"^(?:\W|so |and |ok |hey |hi |um )*(?:did|have|has|had|was|were|is|are|any|do|does|anything)\b",
            r"\b(?:did|has|have) (?:\S+ ){1,5}(?:come|came|arrive|arrived|hit|land|landed|post|posted|go|gone|went|clear|cleared|charge|charged|pay|paid|refund|refunded)\b.{0,25}$",
            r"\bcome (?:already|through|in) (?:or not|yet)\b",
            r"\bdid it (?:post|come|arrive|clear|go through)\b",
            r"\bany (?:\w+ ){0,2}(?:from|at|to)\b",
            r"\banything from\b",
    )),

)  # fmt: skip
"""Measure → what gives it away, the more telling before the less."""
