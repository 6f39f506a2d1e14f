"""Words of money: what names a category or a sort of shop, and what says nothing."""

from __future__ import annotations

CATEGORY_WORDS: dict[str, str] = {
    phrase: key
    for key, phrases in {
        "groceries": "groceries|grocery|grocery shopping|grocery shop|grocery shops|grocery run|grocery runs|grocery store|grocery stores|supermarket|supermarkets|supermarket shopping|food shopping|food shop|food shops|weekly shop|big shop|grocer|grocers|supermarket shop|supermarket shops|supermarket runs",
        "eating_out": "eating out|eat out|eats out|eaten out|ate out|dining out|dining|dine out|dined out|meals out|meal out|lunch|lunches|dinner|dinners|breakfast|breakfasts|brunch|brunches|restaurants and cafes|restaurants and takeaways|food out",
        "restaurants": "restaurants|restaurant|restaurant meals|restaurant bills|restaurant visits|sit down meals|sit down restaurants|sit down dining",
        "fast_food": "fast food|junk food|fastfood|quick bites",
        "coffee": "coffee|coffees|coffee shops|coffee shop|coffee runs|cafe|cafes|coffeeshops|espresso|espressos|latte|lattes|flat white|flat whites|cappuccino|cappuccinos|caffeine|cold brew|kopi|kopi runs|cups of coffee|cup of coffee|cups of kopi|cup of kopi|coffee habit",
        "delivery": "delivery|food delivery|food deliveries|takeaway|takeaways|takeout|take outs|takeouts|delivery apps|food apps|food delivery apps|deliveries|take away|take aways|take out|meal delivery|delivered food|ordering in",
        "bars": "bars|bar|bars and pubs|pubs and bars|pubs|pub|drinks|drink|beer|beers|booze|alcohol|pints|pint|cocktails|nights out|drinking|the pub|wine bars|beer money|bar tabs|bar tab",
        "food": "food|food and drink|feeding myself|food and drinks|eats|food overall",
        "transport": "transport|transportation|travelling around|getting around|commute|commuting|transit and rides",
        "rideshare": "rideshare|rideshares|ride hailing|ridehailing|taxi|taxis|taxi rides|cab|cabs|cab rides|ride share|ride shares|ride sharing|rides|taxi and ride hailing|taxi fares|cab fares|scooters|ride apps",
        "public_transport": "public transport|public transit|public transportation|transit|train|trains|train tickets|train ticket|train fares|rail|rail tickets|bus|buses|bus fares|metro|subway|mrt|lrt|dart|luas|bus and mrt|mrt bus|underground|the tube|tube|tube fares|trams|tram|bus and train|rail travel",
        "fuel": "fuel|petrol|gasoline|diesel|filling up|fillup|fillups|fill up|fill ups|fueling|fuelling up|tank of gas|tanks of gas|gas station|gas stations|petrol station|petrol stations|petrol stops|gas for the car|gas fillup|gas fillups|gas fill up|gas fill ups|gas money|gas runs|gas for my car|gas for the truck|gas for my truck|gas in the car|gas in my car|car gas|petrol for the car|pump|at the pump|fuel for the car",
        "parking": "parking|car parks|car park|parking meters|parking fees|parking tickets",
        "car": "car maintenance|car repairs|car repair|car parts|car servicing|car service|car share|car sharing|auto repair|auto repairs|auto parts|car stuff|vehicle repairs|vehicle maintenance|mechanic|garage bills|auto maintenance",
        "travel": "travel|vacations|vacation travel|holidays|trips away|travelling|traveling",
        "flights": "flights|flight|airfare|airfares|airlines|airline|airline tickets|plane tickets|plane ticket|air tickets|air travel|flying|plane fares",
        "hotels": "hotels|hotel|accommodation|accommodations|lodging|hotel stays|hotel bookings|places to stay|hotel rooms",
        "shopping": "shopping",
        "online_shopping": "online shopping|shopping online|online purchases|online orders|internet shopping",
        "general": "department stores|department store",
        "clothing": "clothes|clothing|fashion|outfits|clothes shopping|apparel|clothing stores|clothes shops|new clothes",
        "sports": "sports gear|sporting goods|sports equipment|sports shops",
        "home": "home improvement|diy|hardware|furniture|hardware stores|hardware store|home stuff|home goods|homeware|furnishings|house stuff",
        "electronics": "electronics|gadgets|tech|computers|electronic goods",
        "books": "books|bookshops|bookstores|bookstore|bookshop|reading material",
        "subscriptions": "subscription|subscriptions|streaming|streaming services|streaming subscriptions|streaming and newspapers|memberships|apps and streaming",
        "utilities": "utilities|utility|utility bills|utility bill|household utilities",
        "electricity": "electricity|electric|power bill|power bills|electric bill|electric bills|electricity bill|electricity bills|energy bill|energy bills|energy|power|light bill|gas and electricity|gas and electric|electric company",
        "gas": "gas bill|gas bills|gas utility|heating|heating bill|heating bills|natural gas|gas company",
        "water": "water|water bill|water bills|water rates|water company|sewer",
        "internet": "internet|broadband|wifi|wi-fi|internet bill|internet bills|broadband bill|home internet|cable bill|cable",
        "phone": "phone|phone bill|phone bills|mobile|mobile bill|cell phone|cellphone|mobile phone|phone plan|phone contract|cell bill|cell phone bill|mobile plan|phone company",
        "housing": "housing|housing costs|home costs",
        "rent": "rent|rent payment|rent payments|monthly rent",
        "mortgage": "mortgage|mortgage payment|mortgage payments|home loan|hdb loan|house payment|house payments|mortgage repayments",
        "housing_other": "hoa|hoa dues|hoa fees|service charge|management fees|condo fees",
        "health": "health|healthcare|health care|health costs|staying healthy",
        "pharmacy": "pharmacy|pharmacies|chemist|chemists|drugstore|drugstores|medicine|medicines|prescriptions|prescription|meds|drug store|drug stores|medication|toiletries",
        "medical": "medical|healthcare costs|medical bills|medical costs|medical expenses|doctors and dentists|health appointments",
        "fitness": "fitness|gym|gyms|gym membership|gym memberships|workouts|gym fees|exercise|yoga|pilates|exercise classes",
        "entertainment": "entertainment|going out|fun|days out|outings|leisure|fun stuff|concerts and shows",
        "insurance": "insurance|insurances|insurance premiums|insurance premium|insurance policies",
        "childcare": "childcare|child care|nursery fees|daycare|day care|babysitting|nursery|creche|preschool",
        "kids": "the kids|kids|kids clubs|kids activities|children|the children|kid stuff",
        "education": "tuition|education|courses|course fees|school fees|classes|lessons|course fee|tuition fees",
        "pets": "pets|pet|the dog|the cat|my dog|my cat|vet|vets|vet bills|pet food|pet care|dog|cat|dogs|cats|pet supplies|dog food|cat food|pet stuff|the pets|our dog|our cat",
        "personal_care": "haircuts|haircut|hair|beauty|personal care|grooming|salon|salons|barber|barbers|hairdresser|hairdressers|beauty salon|nail salon|nails|hair and beauty|hair salon|spa",
        "charity": "charity|donations|donation|charities|charitable giving|giving|church|church donations|good causes|charitable donations|tithes|donating",
        "taxes": "taxes|tax|council tax and taxes|tax bill|tax bills|tax payments",
        "council_tax": "council tax",
        "loan": "loan|car payment|car payments|truck payment|truck payments|car finance|loans|loan payments|loan payment|loan repayments|instalments",
        "fees": "fees|fee|bank fees|bank fee|bank charges|bank charge|charges from the bank|account fees|banking fees",
        "fx_fees": "fx fees|fx fee|foreign transaction fees|foreign transaction fee|currency conversion fees|currency conversion fee|non sterling fees|non-sterling fees|non sterling transaction fees|non-sterling transaction fees|foreign fees|currency fees|conversion fees|conversion fee|foreign exchange fees|overseas transaction fees|foreign currency fees|international transaction fees|international fees|overseas fees",
        "atm_fees": "atm fees|atm fee|cash machine fees|atm charges|out of network fees",
        "cash": "cash|withdraw|withdrew|withdrawn|cash withdrawals|cash withdrawal|atm withdrawals|atm withdrawal|withdrawals|withdrawal|atm|atms|cash machine|cash machines|cashpoint|cashpoints|cash out|hole in the wall|cash out of the wall|out of the wall|cash taken out|cash machine withdrawals",
        "people": "people|friends|friends and family|family|other people|mates",
        "remittance": "remittances|remittance|money transfers abroad|wire transfers",
        "household": "domestic staff|domestic help",
        "bills": "bills|household bills|monthly bills|regular bills",
    }.items()
    for phrase in phrases.split("|")
}  # fmt: skip
"""What names a category and hardly anything else."""

LOOSE_WORDS: dict[str, str] = {
    phrase: key
    for key, phrases in {
        "fast_food": "hawker|hawker food|hawkers|hawker centre|hawker centres|food court|food courts|burgers|burger|sandwiches|sandwich|bakery|bakeries|tacos|kebabs|fried chicken|pastries",
        "eating_out": "eat|ate|eaten|eating",
        "restaurants": "pizza|pizzas|sushi|steakhouse|steakhouses|curry|curries|brasserie|noodles|barbecue|bbq",
        "rideshare": "fares",
        "car": "parts|car|cars|truck|the car|vehicle|oil changes|oil change",
        "entertainment": "movies|movie|films|film|movie tickets|cinema|the cinema|cinemas|concerts|concert|concert tickets|gigs|theatre|theater|shows|museums|museum|museum tickets|games|video games|football|theme parks|gambling|casino|the casino|casinos|betting|bowling|tickets",
        "subscriptions": "newspaper|newspapers|news|music|magazines|tv licence|tv license|software",
        "people": "allowance|pocket money",
        "education": "school|university|college|training",
        "kids": "summer camp|camp|clubs",
        "household": "cleaner|cleaners|maid|helper|nanny|gardener",
        "shopping": "retail|stuff online",
    }.items()
    for phrase in phrases.split("|")
}  # fmt: skip
"""What names a category only where no merchant or payee of the customer has the word."""

RAILS: dict[str, str] = {
    "direct debit": r"direct debit|d/d|dd",
    "direct debits": r"direct debit|d/d|dd",
    "standing order": r"standing order|sto",
    "standing orders": r"standing order|sto",
    "bank transfer": r"bank transfer|faster payments?|transfer",
    "bank transfers": r"bank transfer|faster payments?|transfer",
}
"""How money is sent → what the payment's text then says."""

CODE_WORDS: dict[str, frozenset[str]] = {
    phrase: frozenset(codes.split())
    for phrases, codes in {
        "dentist|dentists|dental|dental work|dentist visits": "8021",
        "doctor|doctors|gp|clinic|clinics|doctor visits": "8011 8099 8062",
        "hospital|hospitals": "8062",
        "optician|opticians|glasses|eye doctor|optometrist|spectacles": "8043",
        "vet|vets|vet bills|the vet|veterinary": "0742",
        "casino|the casino|casinos|gambling|betting": "7995",
        "cinema|the cinema|cinemas|movies|movie|movie tickets|films|film": "7832",
        "concerts|concert|concert tickets|gigs|theatre|theater|ticketing": "7922",
        "museum|museums|museum tickets": "7991",
        "car hire|car rental|car rentals|rental car|rental cars|hire car|rent a car": "3351 3357 3366 3387 3389 3390 3393 3395 3405 7512",
        "tires|tyres|new tires|new tyres": "5532",
        "oil change|oil changes|car service|mechanic|garage": "7538",
        "car parts|auto parts|parts": "5533",
        "bookshops|bookstores|books": "5942",
        "remittances|remittance": "4829",
        "summer camp|camp": "7032",
    }.items()
    for phrase in phrases.split("|")
}  # fmt: skip
"""Sorts of shop finer than a category → merchant category codes (ISO 18245)."""

QUALIFIERS: dict[str, dict[str, str]] = {
    "insurance": {
        "car auto truck vehicle motor": r"auto|car|motor|geico|progressive|state farm|allstate|farmers|admiral|direct line|churchill|lv|hastings|ntuc|axa",
        "health medical medicare dental supplement supplemental": r"health\w*|\w*healthcare|medic\w*|bupa|aarp|aia|cigna|aetna|vhi|laya|vitality|prudential|great eastern|blue cross|humana",
        "home house renters contents buildings apartment": r"home|house|renters?|lemonade|contents|nationwide|aviva|allianz",
        "life": r"life|aia|prudential|great eastern|manulife|legal general|aviva",
        "travel": r"travel|trip|allianz|world nomads",
    },
    "taxes": {
        "property real estate house": r"property|county|treasurer|iras|treasury|assessor|lpt",
        "income": r"irs|hmrc|iras|itx|income|self assessment|revenue|franchise|usataxpymt",
        "vehicle car road motor": r"dvla|dmv|txdmv|lta|motor|vehicle",
        "council": r"council|ctax",
    },
    "loan": {
        "car auto truck vehicle": r"auto|car|motor|finance|vehicle|santander|toyota|ford|honda|ally|gm|vw|hire purchase",
        "student college university": r"student|nelnet|navient|slc|mohela|great lakes|aidvantage|sofi|dept of ed\w*|tuition",
        "personal": r"personal|lending|sofi|upstart",
    },
    "fees": {
        "overdraft overdrawn": r"overdraft|nsf|od",
        "late": r"late",
        "annual membership card": r"annual|membership|card",
        "interest": r"interest|finance charge",
        "maintenance monthly service": r"maintenance|monthly|service|fall below",
        "wire transfer": r"wire|transfer|tt",
    },
}  # fmt: skip
"""Category → words that narrow it → what the payee's text then says."""

GROUPS: dict[str, tuple[str, ...]] = {
    "eating_out": ("restaurants", "fast_food", "coffee", "delivery", "bars"),
    "food": ("groceries", "restaurants", "fast_food", "coffee", "delivery", "bars"),
    "transport": ("rideshare", "public_transport", "fuel", "parking", "car"),
    "travel": ("flights", "hotels", "travel_other"),
    "shopping": (
        "online_shopping",
        "general",
        "clothing",
        "sports",
        "home",
        "electronics",
        "books",
        "other_shop",
    ),
    "utilities": ("electricity", "gas", "water", "internet", "phone"),
    "housing": ("rent", "mortgage", "housing_other"),
    "health": ("pharmacy", "medical", "fitness"),
    "kids": ("childcare", "kids", "education"),
    "taxes": ("taxes", "council_tax"),
    "fees": ("fees", "fx_fees", "atm_fees"),
    "people": ("people", "remittance"),
    "other": ("other", "household"),
    "bills": (
        "electricity",
        "gas",
        "water",
        "internet",
        "phone",
        "rent",
        "mortgage",
        "housing_other",
        "insurance",
        "council_tax",
    ),
}
"""Category → the leaves it holds. A key that stands in no group is its own leaf."""
TABLE_KEYS = (
    "groceries", "eating_out", "transport", "travel", "shopping", "utilities", "housing", "health", "kids", "taxes",
    "fees", "people", "other",
)  # fmt: skip
_PARENTS = {leaf: key for key in TABLE_KEYS for leaf in GROUPS.get(key, (key,))}

_TITLES = {
    "eating_out": "eating out",
    "fast_food": "fast food",
    "public_transport": "public transport",
    "online_shopping": "online shopping",
    "council_tax": "council tax",
    "personal_care": "personal care",
    "fx_fees": "foreign transaction fees",
    "atm_fees": "ATM fees",
    "housing_other": "other housing",
    "travel_other": "other travel",
    "other_shop": "other shops",
    "cash": "cash withdrawals",
    "people": "payments to people",
}


def title(category: str) -> str:
    """The category as a customer reads it."""
    return _TITLES.get(category, category.replace("_", " "))


def leaves(category: str) -> tuple[str, ...]:
    """The leaf categories of a key."""
    return GROUPS.get(category, (category,))


def table_key(leaf: str) -> str:
    """The row of a table by category that a leaf belongs to."""
    return _PARENTS.get(leaf, leaf)
