"""A read of bank data: what is asked for, why, and what came back instead of rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from offhold.model.ledger import Rows
from offhold.model.period import Period


class Purpose(StrEnum):
    """Closed list of W3C DPV 2.3 terms, matched by exact identifier and never by subsumption.

    `dpv:RequestedServiceProvision` covers the questions a customer asks. The forbidden terms exist so that a request
    that names one is refused by name: advertising, sale, profiling, research and the controller's own ends, each
    with every DPV term below it.
    """

    requested_service = "dpv:RequestedServiceProvision"
    academic_research = "dpv:AcademicResearch"
    advertising = "dpv:Advertising"
    commercial_purpose = "dpv:CommercialPurpose"
    commercial_research = "dpv:CommercialResearch"
    customer_relationship_management = "dpv:CustomerRelationshipManagement"
    customer_solvency_monitoring = "dpv:CustomerSolvencyMonitoring"
    data_altruism = "dpv:DataAltruism"
    direct_marketing = "dpv:DirectMarketing"
    improve_existing_products_and_services = "dpv:ImproveExistingProductsAndServices"
    improve_internal_crm_processes = "dpv:ImproveInternalCRMProcesses"
    increase_service_robustness = "dpv:IncreaseServiceRobustness"
    internal_resource_optimisation = "dpv:InternalResourceOptimisation"
    marketing = "dpv:Marketing"
    non_commercial_research = "dpv:NonCommercialResearch"
    optimisation_for_controller = "dpv:OptimisationForController"
    profiling = "dpv:Personalisation"
    personalised_advertising = "dpv:PersonalisedAdvertising"
    personalised_benefits = "dpv:PersonalisedBenefits"
    political_campaign = "dpv:PoliticalCampaign"
    provide_event_recommendations = "dpv:ProvideEventRecommendations"
    provide_personalised_recommendations = "dpv:ProvidePersonalisedRecommendations"
    provide_product_recommendations = "dpv:ProvideProductRecommendations"
    public_relations = "dpv:PublicRelations"
    recruitment_advertising = "dpv:RecruitmentAdvertising"
    recruitment_targeted_advertising = "dpv:RecruitmentTargetedAdvertising"
    research_and_development = "dpv:ResearchAndDevelopment"
    scientific_research = "dpv:ScientificResearch"
    sale = "dpv:SellDataToThirdParties"
    sell_insights_from_data = "dpv:SellInsightsFromData"
    sell_products = "dpv:SellProducts"
    sell_products_to_data_subject = "dpv:SellProductsToDataSubject"
    service_personalisation = "dpv:ServicePersonalisation"
    service_usage_analytics = "dpv:ServiceUsageAnalytics"
    social_media_marketing = "dpv:SocialMediaMarketing"
    targeted_advertising = "dpv:TargetedAdvertising"
    user_interface_personalisation = "dpv:UserInterfacePersonalisation"


FORBIDDEN = frozenset(Purpose) - {Purpose.requested_service}


class Actor(StrEnum):
    """Who reads. `customer`: the bot, in a turn that the customer opened."""

    customer = "customer"
    agent = "agent"
    job = "job"
    operator = "operator"


class Data(StrEnum):
    """Kinds of bank data. Transactions imply accounts: a row without its account cannot be read."""

    accounts = "accounts"
    balances = "balances"
    transactions = "transactions"


@dataclass(frozen=True, slots=True)
class Read:
    """The least data an answer needs. `period` None with transactions: all the history consented to."""

    data: frozenset[Data]
    period: Period | None = None


class Failure(StrEnum):
    """Why a read gave no rows. Each is a normal outcome with its own reply."""

    not_linked = "not-linked"
    consent_ended = "consent-ended"
    """Withdrawn, expired or refused here, or revoked at the bank: the customer must link again."""
    forbidden = "forbidden"
    """The purpose or data is outside what the customer agreed to."""
    reconfirm = "reconfirm"
    """The customer has not confirmed for 90 days that we may go on."""
    agreement = "agreement"
    """The institution's data-sharing agreement does not allow it, whatever the customer agreed to."""
    over_budget = "over-budget"
    """The conversation has read as much as one conversation may."""
    bank_login = "bank-login"
    """The bank wants the customer to sign in again (OBIE U028)."""
    bank_busy = "bank-busy"
    bank_away = "bank-away"
    bank_unclear = "bank-unclear"
    """The bank's answer breaks its own schema: no figure can be trusted."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No rows. `retry_after_s`: whole seconds until asking again makes sense, when known."""

    failure: Failure
    retry_after_s: int | None = None


Access = Rows | Refused


@dataclass(frozen=True, slots=True)
class Look:
    """One line of a customer's access log. `number` is its place in their own sequence, `proof` the first hex digits of
    its commitment, `data` the kinds looked at (none for a consent), `rows` what a read gave, where that is known."""

    number: int
    proof: str
    at_ms: int
    actor: Actor
    act: str
    data: tuple[str, ...]
    allowed: bool
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """Who looked at the customer's data, newest first."""

    looks: tuple[Look, ...]
