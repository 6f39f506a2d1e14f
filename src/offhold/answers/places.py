"""Where a card purchase was made: the town at the end of its descriptor, in its local form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from offhold.model.ledger import Transaction

_STATES = {
    name: code
    for code, name in (
        pair.split(":")
        for pair in (
            "al:alabama|ak:alaska|az:arizona|ar:arkansas|ca:california|co:colorado|ct:connecticut|de:delaware|fl:florida|"
            "ga:georgia|hi:hawaii|id:idaho|il:illinois|in:indiana|ia:iowa|ks:kansas|ky:kentucky|la:louisiana|me:maine|"
            "md:maryland|ma:massachusetts|mi:michigan|mn:minnesota|ms:mississippi|mo:missouri|mt:montana|ne:nebraska|"
            "nv:nevada|nh:new hampshire|nj:new jersey|nm:new mexico|ny:new york state|nc:north carolina|nd:north dakota|"
            "oh:ohio|ok:oklahoma|or:oregon|pa:pennsylvania|ri:rhode island|sc:south carolina|sd:south dakota|"
            "tn:tennessee|tx:texas|ut:utah|vt:vermont|va:virginia|wa:washington state|wv:west virginia|wi:wisconsin|wy:wyoming|dc:dc"
        ).split("|")
    )
}
_COUNTRIES = {
    name: code
    for code, names in (
        pair.split(":")
        for pair in (
            "pt:portugal,algarve,madeira,azores|es:spain,majorca,mallorca,ibiza,menorca,tenerife,canaries,lanzarote,costa del sol,catalonia,andalusia|"
            "fr:france,brittany,provence,normandy,dordogne,corsica,riviera|de:germany,bavaria|it:italy,tuscany,sicily,sardinia,"
            "puglia,amalfi|nl:netherlands,holland|be:belgium|at:austria|ch:switzerland|gr:greece,crete,corfu,rhodes,santorini|"
            "ie:ireland,kerry,connemara,donegal|gb:uk,england,scotland,wales,britain,united kingdom,cornwall,devon,cotswolds,lake district|hr:croatia|tr:turkey|pl:poland|"
            "cz:czechia,czech republic|dk:denmark|se:sweden|no:norway|is:iceland|us:us,usa,america,states|ca:canada|"
            "mx:mexico,yucatan|jp:japan,hokkaido,okinawa|kr:korea,south korea|th:thailand|my:malaysia,johor,penang,langkawi|"
            "id:indonesia,bali,java,bintan,batam|vn:vietnam|ph:philippines|hk:hong kong|tw:taiwan|cn:china|in:india,goa,kerala|"
            "au:australia|nz:new zealand|sg:singapore|ae:dubai,uae,emirates|mt:malta|cy:cyprus|ma:morocco|eg:egypt|za:south africa|hu:hungary"
        ).split("|")
    )
    for name in names.split(",")
}
_LOCAL = {
    alias: tuple(forms.split(","))
    for alias, forms in (
        pair.split(":")
        for pair in (
            "lisbon:lisboa|rome:roma|milan:milano|florence:firenze|venice:venezia|naples:napoli|turin:torino|munich:munchen,muenchen|"
            "cologne:koln,koeln|vienna:wien|prague:praha|warsaw:warszawa|copenhagen:kobenhavn,koebenhavn|brussels:bruxelles,brussel|"
            "seville:sevilla|majorca:palma,mallorca|mallorca:palma,mallorca|ibiza:eivissa,ibiza|athens:athina,athens|geneva:geneve|zurich:zuerich,zurich|"
            "lyon:lyon|nice:nice|brittany:st malo,saint malo,rennes,brest,quimper,vannes,dinard|normandy:caen,rouen,bayeux|"
            "provence:aix en provence,avignon,arles|tuscany:firenze,siena,pisa,lucca|algarve:faro,lagos,albufeira,portimao|kl:kuala lumpur|"
            "bali:bali,denpasar,ubud,kuta,seminyak|jb:johor bahru|nyc:new york|ny:new york|la:los angeles|sf:san francisco|"
            "vegas:las vegas|philly:philadelphia|nola:new orleans|dc:washington|hcmc:ho chi minh|saigon:ho chi minh|krakow:krakow,cracow|"
            "bruges:brugge|antwerp:antwerpen|the hague:den haag|lake district:keswick,windermere,ambleside|cornwall:st ives,newquay,falmouth,penzance,truro|"
            "cork:cork|galway:galway|kerry:killarney,tralee,dingle|crete:heraklion,chania|tokyo:tokyo|porto:porto|bangkok:bangkok,krung thep|penang:george town,penang|algiers:alger"
        ).split("|")
    )
}
_CUT = 5
TOWN_STARTS = frozenset(
    "san new santa los las st saint fort round kuala el palm long salt port north south east west great grand cedar little la".split()
)
"""Words that begin the name of a town of several words."""
_ABROAD = frozenset(("abroad", "overseas", "foreign", "outside"))
_NO_TOWN = frozenset(
    "subscriptions online_shopping delivery flights insurance phone internet electricity charity".split()
)
"""Sorts of merchant whose descriptor names a head office."""


def tail(row: Transaction) -> tuple[tuple[str, ...], str]:
    """(the words before the region or country code, the code); empty when the descriptor ends otherwise."""
    said = row.description.casefold().removesuffix(" return").split()
    if len(said) < 3 or len(said[-1]) != 2 or not said[-1].isalpha():
        return (), ""
    return tuple(said[-4:-1]), said[-1]


class Places:
    """The towns of one customer's card rows."""

    def __init__(self, rows: Iterable[Transaction]) -> None:
        self._tails: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        for row in rows:
            before, code = tail(row)
            if not row.mcc or not code:
                continue
            self._codes["us" if code in _STATES.values() and row.amount.currency == "USD" else code] += 1
            for size in range(1, len(before) + 1):
                if all(word.isalpha() for word in before[-size:]):
                    self._tails[" ".join(before[-size:])] += 1
        self.home = self._codes.most_common(1)[0][0] if self._codes else ""

    def named(self, phrase: str) -> Place | None:
        """The place a phrase names among these rows."""
        if phrase in _ABROAD:
            return Place(phrase, frozenset(), "", self.home)
        forms = frozenset(form for form in (phrase, *_LOCAL.get(phrase, ())) if self._known(form))
        if forms:
            return Place(phrase, forms)
        code = _STATES.get(phrase) if self.home == "us" else None
        code = code or _COUNTRIES.get(phrase)
        if code and code != self.home and (code in _STATES.values() or self._codes[code]):
            return Place(phrase, frozenset(), code)
        return (
            Place(phrase, frozenset()) if phrase in _LOCAL or phrase in _COUNTRIES or phrase in _LOCAL_FORMS else None
        )

    def _known(self, form: str) -> bool:
        return form in self._tails or any(_same(form, other) for other in self._tails)


_LOCAL_FORMS = frozenset(form for forms in _LOCAL.values() for form in forms)


class Place:
    """A town by its local forms, or a region or country by its code; `home` set: anywhere but there."""

    def __init__(self, name: str, forms: frozenset[str], code: str = "", home: str = "") -> None:
        self.name, self.forms, self.code, self.home = name, forms, code, home

    def holds(self, row: Transaction, category: str) -> bool:
        """Whether a card row was made there; a head office does not count."""
        before, code = tail(row)
        if not row.mcc or not code or category in _NO_TOWN:
            return False
        if self.home:
            return row.original is not None or (
                code != self.home and code not in (_STATES.values() if self.home == "us" else ())
            )
        if self.code:
            return code == self.code
        return any(_ends_with(before, form) for form in self.forms)


def _ends_with(before: tuple[str, ...], form: str) -> bool:
    """Whether a descriptor's last words are the town, and not the end of a longer name ("New York" is not York)."""
    size = len(form.split())
    longer = len(before) > size and before[-size - 1] in TOWN_STARTS
    return not longer and (
        _same(form, " ".join(before[-size:])) or (size == 1 and len(before) > 1 and _same(form, before[-1]))
    )


def _same(form: str, said: str) -> bool:
    """A town as spoken and as printed; descriptors cut long names off."""
    last = said.rpartition(" ")[2]
    cut = len(last) >= _CUT and len(form) > len(said)
    return form == said or (
        cut and (form.startswith(said) and form[len(said)] != " " or " " not in form and form.startswith(last))
    )
