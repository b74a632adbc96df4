"""Tokens of a provider: which are believed, and how its keys are known. A real provider."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey

from core.identities import TokenRefused, TokenVerifier, fetching
from core.identities.fetching import is_safe_address
from core.identities.providers import FRESH_SECONDS, KEPT_SECONDS, PAUSE_SECONDS
from tests.identity_provider import DISCOVERY, KEYS, LocalProvider, local_provider, signed


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Tell the seconds."""
        return self.now


@pytest.fixture
def provider() -> Iterator[LocalProvider]:
    """A provider with one key."""
    with local_provider() as started:
        yield started


@pytest.fixture
def seconds() -> Seconds:
    """The verifier's sense of time."""
    return Seconds()


@pytest.fixture
async def verifier(provider: LocalProvider, seconds: Seconds) -> AsyncIterator[TokenVerifier]:
    """A verifier that trusts the provider alone."""
    made = TokenVerifier([provider.issuer], monotonic=seconds)
    yield made
    await made.close()


def now() -> datetime:
    """The time by which tokens are judged."""
    return datetime.now(UTC)


async def refused(verifier: TokenVerifier, text: str) -> str:
    """Expect a refusal, and return the reason for the log."""
    with pytest.raises(TokenRefused) as refusal:
        await verifier.verify(text, now=now())
    return str(refusal.value)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_a_signed_token_names_somebody(
    verifier: TokenVerifier, provider: LocalProvider, algorithm: str
) -> None:
    """By keys of each kind; the address only where the provider has verified it."""
    provider.new_key("one", algorithm)
    text = provider.token(key_id="one", email="ada@x.fr", email_verified=True)
    found = await verifier.verify(text, now=now())
    assert (found.issuer, found.subject) == (provider.issuer, "ada")
    assert (found.audience, found.email) == ("forfait", "ada@x.fr")
    for claim in ({"email_verified": False}, {"email_verified": "true"}, {}):
        text = provider.token(key_id="one", email="ada@x.fr", **claim)
        assert (await verifier.verify(text, now=now())).email is None


async def test_rsa_with_padding_by_chance_is_taken(
    verifier: TokenVerifier, provider: LocalProvider
) -> None:
    """PS256, by the same key."""
    text = provider.token(header={"alg": "PS256"})
    assert (await verifier.verify(text, now=now())).subject == "ada"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"exp": -1}, "it has expired"),
        ({"exp": 0}, "it has expired"),
        ({"exp": None}, "exp is no number"),
        ({"exp": "soon"}, "exp is no number"),
        ({"exp": True}, "exp is no number"),
        ({"exp": 10**30}, "exp is no instant"),
        ({"iat": None}, "iat is no number"),
        ({"iat": 120}, "it is of the future"),
        ({"nbf": 120}, "it is not in force yet"),
        ({"exp": 86_400 + 10}, "it lives for more than 24 hours"),
        ({"sub": None}, "sub is no text of 1 to 255 characters"),
        ({"sub": ""}, "sub is no text of 1 to 255 characters"),
        ({"sub": "a" * 256}, "sub is no text of 1 to 255 characters"),
        ({"sub": "a\x00b"}, "sub is no text of 1 to 255 characters"),
        ({"aud": None}, "aud is no text of 1 to 255 characters"),
        ({"aud": []}, "it is for nobody, or for too many"),
        ({"aud": ["forfait"] * 11}, "it is for nobody, or for too many"),
        ({"aud": ["forfait", "b"]}, "azp is no text of 1 to 255 characters"),
        ({"aud": ["forfait", "b"], "azp": "c"}, "azp is not among those that it is for"),
        ({"iss": "https://elsewhere.example"}, "its issuer is not trusted here"),
        ({"iss": None}, "iss is no text of 1 to 255 characters"),
    ],
)
async def test_a_token_that_is_not_for_now_and_for_us_is_refused(
    verifier: TokenVerifier, provider: LocalProvider, given: dict[str, Any], reason: str
) -> None:
    """Numbers are seconds from now; 30 seconds of a clock ahead are borne, an end is an end."""
    for name in ("exp", "iat", "nbf"):
        if isinstance(given.get(name), int) and given[name] is not True:
            given = {**given, name: int(time.time()) + given[name]}
    if given.get("exp", 0) and reason.startswith("it lives"):
        given = {**given, "iat": int(time.time())}
    assert await refused(verifier, provider.token(**given)) == reason


async def test_for_several_it_is_for_who_asked_for_it(
    verifier: TokenVerifier, provider: LocalProvider
) -> None:
    """`azp` says who."""
    text = provider.token(aud=["b", "forfait"], azp="forfait")
    assert (await verifier.verify(text, now=now())).audience == "forfait"


async def test_a_clock_that_is_a_little_ahead_is_borne(
    verifier: TokenVerifier, provider: LocalProvider
) -> None:
    """Issued in 20 seconds, as the provider sees it."""
    ahead = int(time.time()) + 20
    text = provider.token(iat=ahead, nbf=ahead)
    assert (await verifier.verify(text, now=now())).subject == "ada"


async def test_what_signs_is_ours_to_say(
    verifier: TokenVerifier, provider: LocalProvider
) -> None:
    """No algorithm, a secret, the public key as a secret, another's key: all refused."""
    provider.new_key("curve", "ES256")
    forged = OctKey.generate_key(256)
    good = provider.token()
    header, claims, signature = good.split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    refusals = {
        f"{none}.{claims}.": "form of a token",
        f"{none}.{claims}.{signature}": "the algorithm 'none' is not taken",
        signed({"alg": "HS256", "kid": "first"}, provider.claims(), forged): "'HS256'",
        provider.forged("first"): "'HS256'",
        provider.token(header={"alg": "RS384"}): "'RS384'",
        provider.token(header={"kid": "curve"}): "its key is not one of the issuer's",
        provider.token(header={"kid": "invented"}): "its key is not one of the issuer's",
        provider.token(header={"kid": None}): "its key is not one of the issuer's",
        provider.token(header={"typ": "logout+jwt"}): "it is a token for something else",
        f"{header}.{claims}.{'A' * len(signature)}": "its signature does not hold",
        f"{header}.{provider.token(sub='eve').split('.')[1]}.{signature}": "does not hold",
        f"{header}.!!!.{signature}": "form of a token",
        f"{header}.AAAA.{signature}": "a part of it is not readable",
        good + "a" * 9_000: "form of a token",
        provider.token(long="x" * 9_000): "form of a token",
    }
    for text, reason in refusals.items():
        assert reason in await refused(verifier, text), text[:80]
    assert (await verifier.verify(good, now=now())).subject == "ada"


async def test_a_short_key_or_one_for_other_things_is_not_used(
    verifier: TokenVerifier, provider: LocalProvider
) -> None:
    """RSA of 1024 bits, a secret, a key for encryption: as if they were not told."""
    first = provider.keys["first"].as_dict(private=False)
    keys = [
        {**first, "kid": "first", "use": "enc"},
        {"kty": "oct", "kid": "first", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "first", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "first"},
        "no key",
    ]
    provider.spoiled[KEYS] = json.dumps({"keys": keys}).encode()
    assert "not one of the issuer's" in await refused(verifier, provider.token())


async def test_a_provider_changes_its_keys(
    verifier: TokenVerifier, provider: LocalProvider, seconds: Seconds
) -> None:
    """A new key is asked for when it is met; one taken away is gone within the hour."""
    before = provider.token()
    await verifier.verify(before, now=now())
    provider.new_key("second")
    seconds.now += PAUSE_SECONDS
    await verifier.verify(provider.token(key_id="second"), now=now())
    provider.told.remove("first")
    seconds.now += FRESH_SECONDS
    assert "not one of the issuer's" in await refused(verifier, before)


async def test_invented_keys_cost_the_provider_nothing(
    verifier: TokenVerifier, provider: LocalProvider, seconds: Seconds
) -> None:
    """However many are tried, it is asked once a minute."""
    await verifier.verify(provider.token(), now=now())
    assert provider.asked == [DISCOVERY, KEYS]
    for number in range(20):
        await refused(verifier, provider.token(header={"kid": f"invented-{number}"}))
    assert provider.asked == [DISCOVERY, KEYS]
    seconds.now += PAUSE_SECONDS
    for number in range(20):
        await refused(verifier, provider.token(header={"kid": f"invented-{number}"}))
    assert provider.asked == [DISCOVERY, KEYS] * 2


async def test_known_keys_go_on_while_the_provider_is_down(
    verifier: TokenVerifier, provider: LocalProvider, seconds: Seconds
) -> None:
    """For a day; then nobody can tell, until it is back."""
    text = provider.token()
    await verifier.verify(text, now=now())
    provider.stop()
    seconds.now += FRESH_SECONDS
    assert (await verifier.verify(text, now=now())).subject == "ada"
    assert "not one of the issuer's" in await refused(
        verifier, provider.token(header={"kid": "x"})
    )
    seconds.now += KEPT_SECONDS
    assert "did not answer" in await refused(verifier, text)
    provider.start()
    assert "no keys of" in await refused(verifier, text)  # asked less than a minute ago
    seconds.now += PAUSE_SECONDS
    assert (await verifier.verify(text, now=now())).subject == "ada"


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        (DISCOVERY, b"not json", "did not answer"),
        (DISCOVERY, b"[]", "did not answer with a JSON object"),
        (
            DISCOVERY,
            b'{"issuer": "https://elsewhere.example"}',
            "says that it is somebody else",
        ),
        (DISCOVERY, b"{" + b" " * 300_000 + b"}", "answered more than 262144 bytes"),
        (KEYS, b"{}", "a key set must list at most 50 keys"),
        (KEYS, b'{"keys": [' + b"{}," * 60 + b"{}]}", "a key set must list at most 50 keys"),
    ],
)
async def test_a_provider_that_answers_badly_lets_nobody_in(
    verifier: TokenVerifier, provider: LocalProvider, path: str, body: bytes, reason: str
) -> None:
    """What it says of itself must hold, and be small."""
    provider.spoiled[path] = body
    assert reason in await refused(verifier, provider.token())


async def test_a_provider_leads_nowhere_unsafe(
    verifier: TokenVerifier, provider: LocalProvider
) -> None:
    """Keys are fetched encrypted, or from this machine; and without redirections."""
    for address in ("http://keys.example/", "file:///etc/passwd", "ftp://127.0.0.1/", "//x"):
        assert not is_safe_address(address)
    assert is_safe_address("https://keys.example/x")
    assert not is_safe_address("https://user@keys.example/x")
    elsewhere = {"issuer": provider.issuer, "jwks_uri": "http://keys.example/"}
    provider.spoiled[DISCOVERY] = json.dumps(elsewhere).encode()
    assert "is not an https address" in await refused(verifier, provider.token())
    assert provider.asked == [DISCOVERY]


async def test_a_slow_provider_is_not_waited_for(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time is bounded as a whole, not for each piece that it sends."""
    monkeypatch.setattr(fetching, "SECONDS", 0.2)
    provider.slow_seconds = 1.0
    verifier = TokenVerifier([provider.issuer])
    began = time.monotonic()
    assert "did not answer" in await refused(verifier, provider.token())
    assert time.monotonic() - began < 0.8
    await verifier.close()


async def test_the_operator_can_see_whether_issuers_answer(
    verifier: TokenVerifier, provider: LocalProvider
) -> None:
    """How many keys each has, or what is amiss."""
    assert await verifier.reach() == {provider.issuer: 1}
    provider.stop()
    assert "did not answer" in str((await verifier.reach())[provider.issuer])


def test_a_token_that_ends_at_this_instant_has_ended() -> None:
    """The last second is the one before."""
    from core.identities.tokens import identity

    at = datetime(2026, 1, 10, 12, tzinfo=UTC)
    claims = {"iss": "i", "sub": "s", "aud": "a", "iat": at.timestamp() - 60}
    ends = {**claims, "exp": at.timestamp()}
    assert identity(ends, now=at - timedelta(seconds=1)).subject == "s"
    with pytest.raises(TokenRefused, match="has expired"):
        identity(ends, now=at)
