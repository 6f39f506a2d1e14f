"""Carrier words: they say how something is asked, never what about. What is not among them must be accounted for."""

from __future__ import annotations

_GRAMMAR = """
a about above across actually after again ah ain't all alone along already also altogether always am an and another any anybody
anymore anything anyway are around as aside at away back bar basically be because been before behind being below
besides best between beyond both but by can cannot can't cant considering could couldn't coz cos cuz did didnt do does
doesnt doing done dont down due during each either else even ever every everything exactly except excluding excl far few first
following for from further get gets getting give given go goes going gone gonna got gotten had hadnt half has hasnt
have havent having he her here hers hey hi him his hmm how however i id if ill im in inc incl included includes including inside
instead into is isnt it itd its itself ive just kind kinda lah lately least leh less let lets like ll lo lor lot lots low
ma made main mainly make makes making many may maybe me mean meh might mine moment more most mostly much must my
myself n near need needed net never new no none nope nor not nothing now of off oh ok okay old on once one ones only
onto or other others otherwise our ours out outside over overall own past per perhaps plus pretty quite rather re
real really right same say says see seem seems self several shall she should since so some somehow someone something
sometime sort still straight such sure than that thats the their theirs them then there theres these they thing things
think this those though thru through throughout till to together too total totals toward towards two three under
until up upon us use used using usual usually versus very via vs want wanted wants was wasnt way we well went were
werent weve what whatever whats when whens whatd howd whered whod whend whenever where wheres hows whos whether which while who whole whom whose why will with
within without wont would wouldnt wow ya yeah yep yes yet yo you youd your youre yours youve u ur r d s t m ve em dat dis wanna
gotta lemme gimme tho nah
"""
_POLITE = """
please pls plz kindly thanks thank ta cheers hello hiya morning afternoon evening good dear sir madam mate buddy bot
assistant sorry excuse wondering wonder curious help tell told show shows showing shown list lists display pull check checked
find found look looking lookup know hear guys folks bro dude haha lol omg quick quickly question questions ask asking
asked reckon guess honestly literally wish love confirm info information detail details summary summarise summarize overview report
figure figures number numbers idea work worked calculate calc compute add adds adding added tot totting up sum sums summed
amount amounts amounted exact approx approximately roughly ish breakdown break broken split splits splitting give view
explain break update status kind
"""
_MONEY = """
spend spends spending spendings spent spender expense expenses expenditure outgoings outgoing outlay outlays cost costs costing costed
paid pay pays paying payment payments payed pymt price prices charge charges charged charging bill billed billing
buy buys buying bought purchase purchases purchased purchasing drop drops dropped dropping blow blows blew blown blowing
burn burns burned burnt burning splurge splurged splurging splash splashed fork forked forking shelled cough coughed
drain drained wasted waste throw threw sunk sink lay laid run runs ran running set hit hits hitting damage tab tally
toll bleed bled poured pour pumped lost lose went gone goes going handed hand parted part chuck chucked sling slung put puts putting
take takes took taken taking money moneys funds dollars dollar bucks buck pounds pound quid sgd usd gbp eur
transaction transactions transact activity entry entries item items line lines row rows order orders ordered ordering
debit debits debited swipe swiped account accounts accts bank banking statement statements
history record records recorded budget finances financial habit habits behaviour pattern patterns worth
visit visits visited visiting trip trips time times occasion occasions use uses using frequent frequently often regularly regular
grand cumulative combined combine aggregate overall all-in everywhere anywhere somewhere
send sends sending sent gave give given gives giving lent lend loaned zelle zelled paynow paynowed venmo venmoed venmod wired
receive received receives receiving got get gets came come comes coming land lands landed arrive arrived arrives hit post posted
happen happened happens spot ie eg giro meal meals pulled pull wrote write written binned bin landed runs fare fares losses losing anyone everybody anybody somebody nobody raise raised raises raising hike hiked mind telling tellin lookin doin goin spendin payin buyin wants knows remind reminded
"""
_TIME = """
day days daily week weeks weekly fortnight month months monthly quarter quarterly year years yearly annual annually annum
date dates recent recently lately latest last previous earlier ago current currently now present today so far period periods
hour hours minute minutes yet later soon next late early whenever since
"""
_MEASURE = """
average averages avg mean median typical typically usual usually normal normally biggest bigger big largest larger large
greatest highest higher high most max maximum priciest pricier expensive dear dearer dearest worse worst top smallest smaller small lowest lower cheapest
cheaper cheap least min minimum little second third fourth fifth rank ranked ranking count counts counted counting
compare compared compares comparing comparison difference different differ more less fewer up down percent percentage
proportion share fraction portion ratio part trend trends trending grow growing grown increase increased increasing rise
rose risen rising decrease decreased decreasing fell fallen falling drop change changed changes changing category categories
categorised type types kind merchant merchants shop shops shopped store stores retailer retailers place places vendor vendors company companies
business businesses payee payees service services favourite favorite single individual separate separately
newest oldest order ordered sort sorted descending ascending chronological
"""
_SOCIAL = """
wife husband partner spouse missus hubby household between us everyone mr mrs ms miss dr
"""


def _plain(*blocks: str) -> frozenset[str]:
    return frozenset(word for block in blocks for word in block.split())


CARRIER = _plain(_GRAMMAR, _POLITE, _MONEY, _TIME, _MEASURE, _SOCIAL)
KIN = frozenset(
    "mum mom mummy mommy mother ma amma dad daddy father pa appa papa gran granny grandma grandad grandpa nan nana sis "
    "sister bro brother aunt auntie aunty uncle cousin son daughter landlord landlady roommate flatmate housemate "
    "friend buddy girlfriend boyfriend".split()
)
"""Words for people that no row knows: they count for nothing beside a name or a note that does."""
ASIDES = (
    r"\b(?:minus|less|after|net of|taking off|taking out) (?:any |the |my |all )?(?:thing )?(?:refunds?|anything returned|"
    r"returned|returns?|what i returned|i returned|we returned)\b"
    r"|\b(?:newest|latest|most recent|largest|biggest|highest|oldest) first\b"
    r"|\b(?:for (?:my|our|the) (?:taxes|tax (?:papers|return|records)|records|budget|accountant|spreadsheet))\b"
    r"|\b(?:not an estimate|to the (?:cent|penny|dollar)|in total|all together|if (?:possible|you can|you would|u can)|"
    r"at the moment|at all|at once|right now|from (?:my|our|the) (?:account|accounts|bank)|in one go|as of now|by the way|"
    r"in (?:my|our) (?:account|accounts|ledger|records?)|on file|just the (?:charges|purchases)|charges only|purchases only|"
    r"monthly amount is fine|in words|give or take|more or less|one way or another|across the board|on the whole|"
    r"as in (?:sent|paid) (?:him|her|them)|on (?:my|our|the) statement|with (?:my|our|the) bank|"
    r"split by currency|shell(?:ed)? out|"
    r"i\.e\.?|e\.g\.?|i mean|you know|as well|at least so far|one by one|each one|every single one)\b"
)
"""Phrases that change nothing."""
