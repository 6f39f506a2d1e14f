"""Hooks for schemathesis: the right token for each operation, and real ids among the invented ones.

Loaded by the schemathesis command in a process of its own; what it needs comes in the environment.
"""

from __future__ import annotations

import json
import os
import random

import schemathesis

WORLD = json.loads(os.environ["OBIE_WORLD"])
GRANTABLE = {
    "Data": {
        "Permissions": ["ReadAccountsDetail", "ReadBalances"],
        "ExpirationDateTime": "2030-01-01T00:00:00Z",
    },
    "Risk": {},
}
DICE = random.Random(20260318)


@schemathesis.auth(refresh_interval=None)
class Tokens:
    """A client's own token for consents, the customer's for everything else; none in the run without."""

    def get(self, case, context):
        kind = "client_token" if "/account-access-consents" in case.path else "customer_token"
        return WORLD[kind]

    def set(self, case, data, context):
        if data:
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Three times in four a real id: an invented one never gets past 400."""
    if not path_parameters or DICE.random() < 0.25:
        return path_parameters
    real = dict(path_parameters)
    if "StatementId" in real:
        real["StatementId"] = DICE.choice(WORLD["statements"])
        real["AccountId"] = real["StatementId"].partition("-")[0]
    elif "AccountId" in real:
        real["AccountId"] = DICE.choice(WORLD["accounts"])
    if "ConsentId" in real:
        real["ConsentId"] = DICE.choice(WORLD["spare"])
    return real


@schemathesis.hook
def map_case(context, case):
    """Every second good consent request one that can be granted: sets of permissions made up rarely can."""
    made_good = case.meta is not None and case.meta.generation.mode.is_positive
    if made_good and case.method == "POST" and DICE.random() < 0.5:
        case.body = GRANTABLE
    return case


@schemathesis.check
def refused_without_token(ctx, response, case):
    """In the run without tokens: nothing is given, and a well-made request is told 401."""
    if WORLD["customer_token"]:
        return
    others = {404} if case.path.endswith("/file") else set()
    wrong_request = {405, 406, 415}
    assert response.status_code in {401} | others | wrong_request, response.status_code
    assert not response.content or b'"Data"' not in response.content
