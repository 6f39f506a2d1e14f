"""Names of well-known payees, for rows whose code is too coarse or missing. Words of plain text; `*` is any ending."""

from __future__ import annotations

import re

COFFEE = (
    "coffee, caffe, cafe, espresso, roast*, kopi, kaya toast, toast box, ya kun, killiney, starbucks, blue bottle, peet, peets, costa, "
    "caffe nero, nero, dutch bros, tim hortons, dunkin*, gregorys, philz, stumptown, black sheep, monmouth, caribou, la colombe, "
    "intelligentsia, insomnia, bewleys, luckin, flash coffee, coffeeshop, grind, gail s coffee, 3fe, frank and honest"
)
DELIVERY = (
    "doordash, uber eats, ubereats, eats, deliveroo, just eat, justeat, grabfood, grab food, foodpanda, food panda, grab, bolt food, grubhub, "
    "postmates, seamless, instacart, caviar, gopuff, hungryhouse, getir, lunch tu"
)
SUBSCRIPTIONS = (
    "spotify, netflix, disney*, apple com bill, icloud, xbox, playstation plus, playstation network, nintendo, game pass, audible, adobe, "
    "dropbox, youtube*, hulu, hbo, max com, viu, prime, google one, openai, chatgpt, patreon, peacock, paramount, now tv, dazn, crunchyroll, "
    "linkedin, duolingo, strava, headspace, calm, notion, canva, github, zoom"
)
BROADBAND = "broadband, fibre, fiber, internet, cable, myrepublic, viewqwest, whizcomms, comcast, xfinity, spectrum, virgin media, eir, magnet, cox comm*, frontier"
PAYEES: tuple[tuple[str, str], ...] = (
    ("council_tax", "council, ctax, council tax"),
    ("mortgage", "mortgage*, mtg, hdb, home loan, homeloan, rocket mortgage, mr cooper, loandepot"),
    ("rent", "rent, rental, letting*, property m*, properties, landlord, apartments, apartment, apts, leasing, estates, realty, residences, lodge management"),
    ("housing_other", "hoa, homeowners, owners assoc*, condo, mcst, service charge"),
    ("childcare", "nursery, daycare, day care, childcare, child care, preschool, montessori, creche, kindercare, playgroup, childminder, kindergarten, little *"),
    ("education", "institut, institute, tuition, school, university, college, learning, academy, universidad, open univ, polytechnic, berlitz, alliance francaise, kumon"),
    ("subscriptions", "tv licen?e, tv licence, tv license, news, guardian news, times, telegraph, economist, spotify, netflix, now tv, patreon"),
    ("insurance", "insurance, insur*, assurance, aviva, geico, bupa, medicare, state farm, allstate, prudential, aia, progressive, *healthcare, aarp, prem, premium, axa, admiral, direct line, churchill, "
     "lv general, hastings, liberty mutual, usaa, farmers ins, lemonade, vhi, laya, irish life, zurich, great eastern, ntuc income, income ins*, manulife, cigna, aetna, humana, blue cross, bcbs, anthem, kaiser, unitedhealth*, metlife, vitality, legal general, allianz, health"),
    ("electricity", "electric*, energy, power, pg e, pge, comed, octopus, ovo, sp services, sp group, utilities, edf, eon, e on, con ed*, coned, edison, eversource, national grid, duke, dominion, fpl, georgia power, xcel, pepco, "
     "entergy, dte, peco, txu, reliant, british gas, scottish power, sse, bulb, bord gais, electric ireland, airtricity, energia, esb, keppel, senoko, geneco, sembcorp, puget sound, seattle city light, sce, sdge, ladwp, austin energy, pse g, psegli, aps"),
    ("gas", "gas, nicor, socalgas, peoples gas, atmos, spire, gas networks, city energy, cng, piedmont natural"),
    ("water", "water, mud, thames, sewer, wasser, united utilities, severn trent, anglian, irish water, uisce eireann, pub water, city of * util*, utility, aqua"),
    ("internet", "comcast, xfinity, broadband, bt group, bt, virgin media, fibre, fiber, spectrum, internet, cable, sky, sky digital, starhub, myrepublic, cox comm*, optimum, frontier comm*, talktalk, plusnet, hyperoptic, eir, "
     "viewqwest, whizcomms, m1 fibre, centurylink, rcn, wow internet, earthlink, zen internet, community fibre, pure telecom, sky ireland"),
    ("phone", "mobile, t mobile, tmobile, verizon, at t, att, ee limited, ee, voxi, singtel, wireless, o2, vodafone, cricket, telecom, phone, three, giffgaff, lebara, tesco mobile, id mobile, smarty, boost, mint, metro by, visible, us cellular, "
     "m1, giga, circles life, gomo, simba, 48, gomo, lycamobile, google fi, telefonica, hutchison, h3g"),
    ("taxes", "irs, hmrc, iras, tax, taxes, treasurer, dvla, county, txdmv, dmv, revenue, franchise tax, ftb, usataxpymt, comptroller, lta, collector, lpt, motor tax, assessor, treasury"),
    ("loan", "loan, loans, finance, financial, nelnet, navient, credit corp, auto pmt, auto, santander consumer, toyota fin*, honda fin*, ford credit, ally, mohela, slc, student loans, sofi, lendingclub, upstart, klarna, affirm, "
     "great lakes, aidvantage, dept education, dept ed, credit acceptance, car credit, black horse, motonovo, close brothers, maybank hire, hire purchase"),
    ("charity", "charity, donation*, church, parish, foundation, red cross, oxfam, national trust, rspca, rnli, cancer research, save the children, unicef, trocaire, concern, vincent de paul, mosque, temple, synagogue, diocese, "
     "cathedral, shelter, nspcc, wwf, greenpeace, st jude, salvation army, wikimedia, kqed, npr, giving sg, community chest, amnesty, barnardo*, macmillan, hospice"),
    ("fitness", "gym, fitness, yoga, active, leisure, ymca, crossfit, pilates, puregym, david lloyd, nuffield health, equinox, planet fit*, anytime, flyefit, ben dunne, activesg, f45, orangetheory, barrys"),
    ("household", "maid, helper, cleaner, cleaning, nanny, gardener, windows"),
    ("other", "betahaus, cowork*, wework, regus, check, cheque, chk"),
)  # fmt: skip
"""Category → payees, tried in this order: the more telling word first."""


def pattern(known: str) -> re.Pattern[str]:
    """A pattern for a comma-separated list of names in plain text."""
    return re.compile(r"\b(?:" + "|".join(_one(name.strip()) for name in known.split(",")) + r")\b")


def _one(name: str) -> str:
    return re.escape(name).replace(r"\*", r"\w*").replace(r"\?", r"\w").replace(r"\ \w*\ ", r" (?:\w+ )+")


INCOME: dict[str, tuple[str, str]] = {
    "salary": ("salary salaries paycheck paychecks paycheque payslip payslips wage wages pay payday", "payroll, salary, dir dep, direct dep*, wages, pay, paye, sal"),
    "bonus": ("bonus bonuses", "bonus"),
    "pension": ("pension pensions retirement annuity", "pension, retirement, annuity, ret sys, superannuation"),
    "benefits": ("benefit benefits welfare credit universal allowance", "benefit, benefits, ssa, soc sec, social sec*, dwp, universal credit, xxsoc, child ben*, jobseeker*, dsp, workfare, cdc"),
    "social security": ("social security", "ssa, soc sec, social sec*, xxsoc"),
    "child benefit": ("child benefit children", "child benefit, child ben*, chb"),
    "dividends": ("dividend dividends", "dividend*, div"),
    "interest": ("interest", "interest, int"),
    "tax refund": ("tax refund refunds", "tax ref*, irs treas, hmrc*, iras ref*, revenue, tax refund"),
    "freelance": ("freelance freelancing invoice invoices client clients consulting", "inv, invoice, rechnung, retainer, consulting, llp, gmbh, ltd"),
}  # fmt: skip
"""Sort of income → the words customers use for it, what the payer's text then says."""
SURELY = {"salary": "payroll, salary, dir dep, direct dep*, sal"}
"""The more telling words, tried first: a "pay" may be anybody's."""

ALIASES = {
    alias: name
    for alias, name in (
        pair.split(":")
        for pair in (
            "sia:singapore airl|ba:british airways|aa:american airlines|tj:trader joes|tjs:trader joes|mcd:mcdonalds|maccas:mcdonalds|"
            "maccies:mcdonalds|mickey ds:mcdonalds|dd:doordash|sbux:starbucks|amzn:amazon|cfa:chick fil a|wfm:whole foods|hd:home depot|"
            "jl:john lewis|marks and spencer:m s|marks spencer:m s|marks:m s|sainos:sainsburys|tescos:tesco|spoons:wetherspoon|kfc:kentucky|"
            "bk:burger king|ntuc:fairprice|mrt:simplygo|tfl:tfl|cheque:check|nyt:new york times|wsj:wall street journal|wapo:washington post|"
            "ikea:ikea|bog:bord gais|qt:quiktrip|dunkin donuts:dunkin|chatgpt:openai|xfinity:comcast|comcast xfinity:comcast|con edison:con ed|coned:con ed|pge:pg e|att:at t|british gas:british gas|insta cart:instacart|apple icloud:icloud|game pass:xbox game pass|gamepass:xbox game pass"
        ).split("|")
    )
}
"""Short names that customers use."""
