"""Enumerations of OBIE v3.1, in which the households are written, as v4.0 calls them.

Bank transaction codes follow the ISO 20022 external code set (families and sub-families), which v4.0 prescribes.
"""

from __future__ import annotations

STATUS = {"Booked": "BOOK", "Pending": "PDNG"}

MUTABILITY = {"Booked": "Immutable", "Pending": "Mutable"}

ACCOUNT_TYPE = {
    "CurrentAccount": "CACC",
    "Savings": "SVGS",
    "CreditCard": "CARD",
}

BALANCE_TYPE = {"InterimBooked": "ITBD", "InterimAvailable": "ITAV"}

FAMILY = {
    "CustomerCardTransactions": "CCRD",
    "IssuedCheques": "ICHQ",
    "IssuedCreditTransfers": "ICDT",
    "IssuedDirectDebits": "IDDT",
    "MiscellaneousCreditOperations": "MCOP",
    "MiscellaneousDebitOperations": "MDOP",
    "ReceivedCreditTransfers": "RCDT",
}

SUB_FAMILY = {
    "ACHDebit": "PADD",
    "CashWithdrawal": "CWDL",
    "Cheque": "CCHQ",
    "DirectDebitPayment": "PMDD",
    "DomesticCreditTransfer": "DMCT",
    "Fees": "FEES",
    "GIRO": "PADD",
    "Interest": "INTR",
    "InternalBookTransfer": "BOOK",
    "PointOfSaleCreditCard": "POSC",
    "PointOfSaleDebitCard": "POSD",
    "StandingOrder": "STDO",
}
"""ACH debits and GIRO collections are both taken on the payer's standing permission: pre-authorised (PADD)."""
