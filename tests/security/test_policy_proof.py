"""The policy is what it should be, for every request there can be; and a policy with a fault does not pass."""

from __future__ import annotations

import csv
import random
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import pytest
import z3

from offhold.errors import ConfigurationError
from offhold.model.access import FORBIDDEN, Actor, Data, Purpose
from offhold.privacy.policy import deciding, domain, proof
from offhold.privacy.policy.deciding import Policy, Question
from offhold.privacy.policy.domain import Conditions
from offhold.privacy.policy.symbolic import Model, NotModelled
from tests.security.mutants import EQUIVALENT, mutants

POLICY = deciding.packaged()
_ROOTS = {
    "CommercialPurpose",
    "CustomerRelationshipManagement",
    "CustomerSolvencyMonitoring",
    "DataAltruism",
    "Marketing",
    "OptimisationForController",
    "Personalisation",
    "ResearchAndDevelopment",
    "SellProducts",
    "ServiceUsageAnalytics",
}


def _below(roots: set[str]) -> set[str]:
    """The roots and every DPV term below one of them."""
    file = Path(__file__).parents[1] / "standards" / "dpv-2.3" / "purposes.csv"
    with file.open() as lines:
        broader = {row["term"]: set(row["broader"].split()) for row in csv.DictReader(lines)}
    assert roots <= set(broader)
    found = set(roots)
    while more := {term for term, above in broader.items() if above & found} - found:
        found |= more
    return found


@pytest.mark.threat(82)
def test_forbidden_purposes_are_closed_downward() -> None:
    assert {f"dpv:{term}" for term in _below(_ROOTS)} == set(FORBIDDEN)


@pytest.mark.threat(82)
def test_no_forbidden_purpose_is_allowed_to_anybody() -> None:
    asked = [
        domain.question(actor, action, purpose, frozenset({kind}), Conditions())
        for actor in Actor
        for action in domain.ACTIONS
        for purpose in sorted(FORBIDDEN)
        for kind in map(str, Data)
    ]
    verdicts = POLICY.decide_all(asked)
    assert len(verdicts) == 4 * 2 * 36 * 3
    assert {(verdict.allowed, verdict.rules, verdict.errors) for verdict in verdicts} == {(False, ("never",), ())}


@pytest.mark.threat(83)
def test_the_finite_domain_is_answered_as_meant() -> None:
    asked, wrong = domain.disagreements(POLICY)
    assert asked > 100_000
    assert wrong == []


@pytest.mark.threat(83)
def test_z3_proves_every_claim_and_writes_it_down(tmp_path: Path) -> None:
    findings = list(proof.symbolic(POLICY, tmp_path))
    assert [finding for finding in findings if not finding.holds] == []
    files = sorted(tmp_path.glob("*.smt2"))
    assert len(files) == len(findings) > 20
    for file in files:
        again = z3.Solver(ctx=z3.Context())
        again.from_string(file.read_text())
        assert f"; expected: {again.check()}\n" in file.read_text()


@pytest.mark.threat(83)
def test_every_mutant_is_killed() -> None:
    killed, survivors = 0, []
    for what, text in mutants(POLICY.text):
        if _killed(text):
            killed += 1
        else:
            survivors.append(what)
    print(f"{killed} policy mutants killed, {len(EQUIVALENT)} equivalent")
    assert killed >= 30
    assert sorted(survivors) == sorted(EQUIVALENT)


def _killed(text: str) -> bool:
    try:
        mutant = Policy(text, POLICY.schema)
    except ConfigurationError:
        return True  # refused before it could serve
    return any(not finding.holds for finding in proof.symbolic(mutant))


@pytest.mark.threat(83)
def test_the_formulas_answer_as_cedar_does() -> None:
    """The translation is checked against the engine: random questions, both policies with a fault and without."""
    chance = random.Random(7)
    texts = [POLICY.text, *chance.sample([text for _, text in mutants(POLICY.text)], 3)]
    questions = _some(40)
    for text in texts:
        try:
            policy = Policy(text, POLICY.schema)
        except ConfigurationError:
            continue
        model = Model(policy)
        solver = z3.Solver(ctx=model.context)
        solver.add(model.schema())
        for question, verdict in zip(questions, policy.decide_all(questions), strict=True):
            solver.push()
            solver.add(_as_formula(model, question))
            agrees = model.allowed if verdict.allowed else z3.Not(model.allowed)
            solver.add(agrees)
            assert solver.check() == z3.sat, question
            solver.pop()


@cache
def _some(number: int) -> list[Question]:
    return random.Random(3).sample(list(domain.questions()), number)


def _as_formula(model: Model, question: Question) -> z3.BoolRef:
    """Everything that the model knows, fixed to what the question says."""
    words = {
        "context.purpose": question.purpose,
        "context.channel": question.channel,
        "context.consent.channel": question.consent.channel,
        "context.consent.disclosure": question.consent.disclosure,
        "context.consent.institution": question.consent.institution,
        "resource.institution": question.institution,
    }
    sets = {
        "context.data": question.data,
        "context.consent.purposes": question.consent.purposes,
        "context.consent.data": question.consent.data,
        "context.agreement.purposes": question.agreement.purposes,
        "context.agreement.data": question.agreement.data,
    }
    unknown = sorted({*words.values()}.union(*sets.values()) - set(model.literal))
    spare = dict(zip(unknown, (word for word in model.words if word.startswith("other-")), strict=False))
    assert set(spare) == set(unknown)
    alice = model.person("alice")
    people = {
        "principal.customer": question.customer,
        "context.consent.customer": question.consent.customer,
        "resource.owner": question.owner,
    }
    flags = {"context.consent.active": question.consent.active, "context.agreement.active": question.agreement.active}
    kinds = {Actor.customer: "Bot", Actor.agent: "Agent", Actor.job: "Job", Actor.operator: "Operator"}
    parts = [model.is_action(question.action), model.is_principal(kinds[question.actor])]
    parts += [model.word(path) == model.literal[spare.get(word, word)] for path, word in words.items()]
    parts += [model.flag(path) == flag for path, flag in flags.items()]
    parts += [(model.person(path) == alice) == (name == "alice") for path, name in people.items()]
    for path, members in sets.items():
        named = {spare.get(word, word) for word in members}
        parts += [model.member(path)(constant) == (word in named) for word, constant in model.literal.items()]
    return model.all(parts)


def test_what_is_not_modelled_fails_the_proof() -> None:
    odd = POLICY.text.replace('context.channel == "page" &&', 'context.channel like "pa*" &&')
    with pytest.raises(NotModelled):
        Model(Policy(odd, POLICY.schema))


def test_the_disclosure_list_is_the_approved_one() -> None:
    assert POLICY.sha256 == deciding.approval()["sha256"]
    assert [asdict(row) for row in domain.table(POLICY)] == deciding.approval()["allows"]


@pytest.mark.threat(42)
def test_a_request_that_makes_a_policy_fail_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cedar skips a policy with an error, and answers neither Allow nor Deny to what the schema does not know."""
    fine = domain.question(Actor.customer, "read", Purpose.requested_service, frozenset({"accounts"}), Conditions())
    assert POLICY.decide(fine).allowed
    unknown = POLICY.decide(replace(fine, action="export"))
    assert not unknown.allowed and unknown.errors
    careless = Policy('@id("all") permit (principal, action, resource);' + POLICY.text, POLICY.schema)
    whole = deciding._request

    def without_purpose(question: Question) -> dict[str, object]:
        request = whole(question)
        del request["context"]["purpose"]
        return request

    monkeypatch.setattr(deciding, "_request", without_purpose)
    verdict = careless.decide(fine)
    assert not verdict.allowed and verdict.errors


@pytest.mark.threat(43)
@pytest.mark.parametrize(
    "text", ["permit (principal, action", '@id("x") permit (principal, action, resource) when { context.secret };']
)
def test_a_policy_that_does_not_fit_its_schema_is_not_served(text: str) -> None:
    with pytest.raises(ConfigurationError):
        Policy(text, POLICY.schema)


@pytest.mark.threat(44)
def test_a_decision_can_be_made_again_from_its_leaf() -> None:
    for question in _some(200):
        assert Question.of(question.plain()) == question
        assert POLICY.decide(Question.of(question.plain())) == POLICY.decide(question)
