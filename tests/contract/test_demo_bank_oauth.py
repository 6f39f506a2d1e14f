"""The demo bank's authorization server: the good way, and every way to misuse it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from httpx2 import Response
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from tests.contract.demo_bank_world import CALLBACK, OTHER, PEOPLE, SECRETIVE, World, play

from offhold_demo.bank import Client
from offhold_demo.bank.walk import Walk, returned

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = ECKey.generate_key("P-256", auto_kid=True)
RSA = RSAKey.generate_key(2048, auto_kid=True)
SIGNING = Client(
    "signing",
    (CALLBACK,),
    jwks={"keys": [KEY.as_dict(private=False), RSA.as_dict(private=False)]},
)


def refused(answer: Response, error: str, status: int = 400) -> None:
    assert (answer.status_code, answer.json().get("error")) == (status, error)
    assert answer.headers["cache-control"] == "no-store"


def test_a_linked_customer_can_read_and_the_id_token_says_who_and_what() -> None:
    async def story(world: World) -> None:
        linked = await world.walk.link("tom")
        assert (await world.walk.get("/accounts", linked["access_token"])).status_code == 200
        keys = KeySet.import_key_set((await world.walk.http.get("https://bank.test/jwks")).json())
        claims = jwt.decode(linked["id_token"], keys, algorithms=["PS256"]).claims
        assert claims["openbanking_intent_id"] == linked["consent_id"]
        assert (claims["iss"], claims["aud"], claims["nonce"]) == (
            "https://bank.test",
            "offhold",
            "the-nonce",
        )
        assert "tom" not in claims["sub"] and len(keys.keys) == 2

    play(story)


def test_the_subject_is_one_a_customer() -> None:
    async def story(world: World) -> None:
        subjects = []
        for name in ("tom", "tom", "maya"):
            token = (await world.walk.link(name))["id_token"]
            key = world.bank.keys.by_algorithm["ES256"]
            subjects.append(jwt.decode(token, key, algorithms=["ES256"]).claims["sub"])
        assert subjects[0] == subjects[1] != subjects[2]

    play(story, id_token_alg="ES256")


def test_the_redirect_names_state_and_issuer() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        page = (await walk.visit(walk.parameters(await walk.consent()))).headers["location"]
        await walk.sign_in(page, "tom")
        back = returned(await walk.decide(page, walk.accounts("tom")))
        assert back.keys() == {"code", "state", "iss"}
        assert (back["state"], back["iss"]) == ("the-state", "https://bank.test")

    play(story)


def test_a_pushed_request_works_once_and_only_for_its_client() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        parameters = walk.parameters(await walk.consent())
        pushed = await walk.post("par", **parameters)
        assert pushed.status_code == 201 and pushed.json()["expires_in"] == 90
        short = {"client_id": "offhold", "request_uri": pushed.json()["request_uri"]}
        assert (await walk.visit(short | {"client_id": "other"})).status_code == 400
        first = await walk.visit(short)
        assert first.status_code == 303 and first.headers["location"].startswith("/visit/")
        assert (await walk.visit(short)).status_code == 400

    play(story, require_par=True)


def test_a_pushed_request_wears_out() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        pushed = await walk.post("par", **walk.parameters(await walk.consent()))
        world.clock.move(90)
        late = await walk.visit({"client_id": "offhold", "request_uri": pushed.json()["request_uri"]})
        assert late.status_code == 400

    play(story)


def test_par_can_be_required() -> None:
    async def story(world: World) -> None:
        answer = await world.walk.visit(world.walk.parameters(await world.walk.consent()))
        assert returned(answer)["error"] == "invalid_request"

    play(story, require_par=True)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "openid accounts payments"}, "invalid_scope"),
        ({"scope": "accounts"}, "invalid_scope"),
        ({"claims": "{}"}, "invalid_request"),
        ({"claims": "not json"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
    ],
)
def test_a_wrong_request_is_told_to_the_client(change: dict[str, str], error: str) -> None:
    async def story(world: World) -> None:
        answer = await world.walk.visit(world.walk.parameters(await world.walk.consent(), **change))
        assert answer.headers["location"].startswith(CALLBACK)
        back = returned(answer)
        assert (back["error"], back["state"], back["iss"]) == (error, "the-state", "https://bank.test")

    play(story)


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.test/callback"},
        {"redirect_uri": CALLBACK + "/more"},
        {"client_id": "nobody"},
        {"redirect_uri": "https://other.test/callback"},
    ],
)
def test_an_address_that_is_not_registered_is_never_redirected_to(change: dict[str, str]) -> None:
    async def story(world: World) -> None:
        answer = await world.walk.visit(world.walk.parameters(await world.walk.consent(), **change))
        assert answer.status_code == 400 and "location" not in answer.headers

    play(story)


def test_an_unknown_or_foreign_consent_is_told_to_the_client() -> None:
    async def story(world: World) -> None:
        foreign = await world.as_client(OTHER).consent()
        for consent_id in ("nothing", foreign):
            answer = await world.walk.visit(world.walk.parameters(consent_id))
            assert returned(answer)["error"] == "invalid_request"

    play(story)


def test_wrong_pkce_wrong_redirect_and_no_verifier_get_nothing() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        for change in (
            {"code_verifier": "x" * 43},
            {"code_verifier": ""},
            {"redirect_uri": "https://evil.test/callback"},
        ):
            code = await walk.code("tom", walk.accounts("tom"), await walk.consent())
            refused(await walk.exchange(code, **change), "invalid_grant")
            refused(await walk.exchange(code), "invalid_grant")

    play(story)


def test_a_code_replayed_ends_the_tokens_it_gave() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        code = await walk.code("tom", walk.accounts("tom"), await walk.consent())
        token = (await walk.exchange(code)).json()["access_token"]
        assert (await walk.get("/accounts", token)).status_code == 200
        refused(await walk.exchange(code), "invalid_grant")
        assert (await walk.get("/accounts", token)).status_code == 401

    play(story)


def test_a_code_is_good_for_a_minute_and_for_its_client() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        code = await walk.code("tom", walk.accounts("tom"), await walk.consent())
        refused(await world.as_client(OTHER).exchange(code), "invalid_grant")
        world.clock.move(60)
        refused(await walk.exchange(code), "invalid_grant")

    play(story)


def test_a_wrong_secret_and_no_secret_are_401() -> None:
    async def story(world: World) -> None:
        wrong = Walk(world.walk.http, world.walk.config, replace(SECRETIVE, secret="wrong"))
        answer = await wrong.token(grant_type="client_credentials", scope="accounts")
        refused(answer, "invalid_client", 401)
        assert answer.headers["www-authenticate"].startswith("Basic")
        form = {"grant_type": "client_credentials", "scope": "accounts", "client_id": "offhold"}
        refused(await world.walk.http.post("https://bank.test/token", data=form), "invalid_client", 401)

    play(story)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "payments"}, "invalid_scope"),
        ({"grant_type": "refresh_token", "refresh_token": "made-up"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "made-up"}, "invalid_grant"),
    ],
)
def test_other_grants_are_refused(form: dict[str, str], error: str) -> None:
    async def story(world: World) -> None:
        refused(await world.walk.token(**form), error)

    play(story)


def test_a_parameter_sent_twice_is_refused() -> None:
    async def story(world: World) -> None:
        form = {"grant_type": "client_credentials", "scope": ["accounts", "accounts"]}
        refused(await world.walk.http.post("https://bank.test/token", data=form), "invalid_request")

    play(story)


def test_a_refresh_rotates_and_its_reuse_ends_the_family() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        first = await walk.link("tom")
        second = (await walk.token(grant_type="refresh_token", refresh_token=first["refresh_token"])).json()
        assert second["refresh_token"] != first["refresh_token"]
        assert (await walk.get("/accounts", second["access_token"])).status_code == 200
        reuse = await walk.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
        refused(reuse, "invalid_grant")
        assert (await walk.get("/accounts", second["access_token"])).status_code == 401
        newer = await walk.token(grant_type="refresh_token", refresh_token=second["refresh_token"])
        refused(newer, "invalid_grant")

    play(story)


def test_a_refresh_token_of_another_client_is_refused() -> None:
    async def story(world: World) -> None:
        linked = await world.walk.link("tom")
        other = world.as_client(OTHER)
        answer = await other.token(grant_type="refresh_token", refresh_token=linked["refresh_token"])
        refused(answer, "invalid_grant")

    play(story)


def test_an_expired_access_token_is_401_and_a_refresh_helps() -> None:
    async def story(world: World) -> None:
        linked = await world.walk.link("tom")
        world.clock.move(600)
        answer = await world.walk.get("/accounts", linked["access_token"])
        assert answer.status_code == 401 and not answer.content
        form = {"grant_type": "refresh_token", "refresh_token": linked["refresh_token"]}
        fresh = (await world.walk.token(**form)).json()["access_token"]
        assert (await world.walk.get("/accounts", fresh)).status_code == 200

    play(story)


def test_revoking_the_refresh_token_ends_all_of_it() -> None:
    async def story(world: World) -> None:
        linked = await world.walk.link("tom")
        for token in (linked["refresh_token"], "unknown"):
            assert (await world.walk.post("revoke", token=token)).status_code == 200
        assert (await world.walk.get("/accounts", linked["access_token"])).status_code == 401

    play(story)


def test_another_client_cannot_revoke() -> None:
    async def story(world: World) -> None:
        linked = await world.walk.link("tom")
        for name in ("access_token", "refresh_token"):
            await world.as_client(OTHER).post("revoke", token=linked[name])
        assert (await world.walk.get("/accounts", linked["access_token"])).status_code == 200

    play(story)


def test_authorising_again_ends_the_tokens_of_before() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        first = await walk.link("tom")
        code = await walk.code("tom", walk.accounts("tom")[:1], first["consent_id"])
        again = (await walk.exchange(code)).json()
        assert (await walk.get("/accounts", first["access_token"])).status_code == 401
        shown = (await walk.get("/accounts", again["access_token"])).json()["Data"]["Account"]
        assert [each["AccountId"] for each in shown] == walk.accounts("tom")[:1]

    play(story)


def test_authorising_again_ends_a_code_not_yet_exchanged() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        consent_id = await walk.consent()
        first = await walk.code("tom", walk.accounts("tom"), consent_id)
        second = await walk.code("tom", walk.accounts("tom"), consent_id)
        refused(await walk.exchange(first), "invalid_grant")
        assert (await walk.exchange(second)).status_code == 200

    play(story)


def test_another_customer_cannot_take_over_a_consent() -> None:
    async def story(world: World) -> None:
        walk = world.walk
        linked = await walk.link("tom")
        page = (await walk.visit(walk.parameters(linked["consent_id"]))).headers["location"]
        await walk.sign_in(page, "maya")
        shown = await walk.http.get("https://bank.test" + page)
        assert returned(shown)["error"] == "access_denied"
        answer = await walk.decide(page, walk.accounts("maya"))
        assert returned(answer)["error"] == "access_denied"
        assert (await walk.get("/accounts", linked["access_token"])).status_code == 200

    play(story)


def _claims(now: datetime, **changes: Any) -> dict[str, Any]:
    """A correct assertion, but for the changes."""
    moment = int(now.timestamp())
    correct = {"iss": "signing", "sub": "signing", "aud": "https://bank.test", "jti": "first"}
    return correct | {"iat": moment, "exp": moment + 300} | changes


async def _asserted(world: World, claims: dict[str, Any], key: Any = KEY, algorithm: str = "ES256") -> Response:
    header = {"alg": algorithm, "kid": key.kid}
    form = {
        "grant_type": "client_credentials",
        "scope": "accounts",
        "client_assertion_type": ASSERTION,
        "client_assertion": jwt.encode(header, claims, key, algorithms=[algorithm]),
    }
    return await world.walk.http.post("https://bank.test/token", data=form)


def test_a_signed_assertion_works_once_with_either_algorithm() -> None:
    async def story(world: World) -> None:
        claims = _claims(world.clock())
        assert (await _asserted(world, claims)).status_code == 200
        refused(await _asserted(world, claims), "invalid_client", 401)
        other = claims | {"jti": "second", "aud": ["https://bank.test/token"]}
        assert (await _asserted(world, other, RSA, "PS256")).status_code == 200
        ahead = int(world.clock().timestamp()) + 60
        assert (await _asserted(world, _claims(world.clock(), jti="third", iat=ahead))).status_code == 200

    play(story, clients=(SECRETIVE, SIGNING))


NOW = int(PEOPLE[0].closes_at.timestamp())


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "https://elsewhere.test"},
        {"iss": "offhold"},
        {"sub": "offhold"},
        {"jti": ""},
        {"exp": NOW},
        {"exp": NOW + 361},
        {"iat": NOW + 61},
        {"nbf": NOW + 61},
        {"exp": str(NOW + 60)},
    ],
)
def test_a_wrong_assertion_is_refused(change: dict[str, Any]) -> None:
    async def story(world: World) -> None:
        refused(await _asserted(world, _claims(world.clock()) | change), "invalid_client", 401)

    play(story, clients=(SECRETIVE, SIGNING))


def test_an_assertion_by_another_key_or_algorithm_is_refused() -> None:
    async def story(world: World) -> None:
        stranger = ECKey.generate_key("P-256", {"kid": KEY.kid})
        refused(await _asserted(world, _claims(world.clock()), stranger), "invalid_client", 401)
        refused(await _asserted(world, _claims(world.clock()), RSA, "RS256"), "invalid_client", 401)

    play(story, clients=(SECRETIVE, SIGNING))


def test_a_client_with_keys_cannot_use_an_empty_secret() -> None:
    async def story(world: World) -> None:
        walk = world.as_client(SIGNING)
        refused(await walk.token(grant_type="client_credentials", scope="accounts"), "invalid_client", 401)

    play(story, clients=(SECRETIVE, SIGNING))


def test_discovery_names_what_is_there() -> None:
    async def story(world: World) -> None:
        address = "https://bank.test/.well-known/openid-configuration"
        stated = (await world.walk.http.get(address)).json()
        assert stated["issuer"] == "https://bank.test"
        assert stated["code_challenge_methods_supported"] == ["S256"]
        for name in ("token_endpoint", "pushed_authorization_request_endpoint", "revocation_endpoint"):
            assert (await world.walk.http.post(stated[name], data={"x": "y"})).status_code == 401
        for name in ("jwks_uri", "authorization_endpoint"):
            assert (await world.walk.http.get(stated[name])).status_code in (200, 400)

    play(story)
