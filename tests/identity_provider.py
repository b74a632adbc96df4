"""A provider of OpenID Connect on this machine: its own keys, documents and weaknesses."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

DISCOVERY: Final = "/.well-known/openid-configuration"
KEYS: Final = "/keys"
MADE: Final = {
    "RS256": lambda: RSAKey.generate_key(2048),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}


class LocalProvider:
    """Signs tokens and tells its keys; a test may rotate, silence or spoil it."""

    def __init__(self) -> None:
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.asked: list[str] = []
        self.spoiled: dict[str, bytes] = {}
        """Answers in place of the right ones, by path."""
        self.slow_seconds = 0.0
        self.keys: dict[str, Any] = {}
        self.told: set[str] = set()
        """Ids of the keys that its key set tells."""

    @property
    def issuer(self) -> str:
        """What its tokens say in `iss`."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer, at the port that it had before if it had one."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Answer no more; its keys stay."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def new_key(self, key_id: str, algorithm: str = "RS256", *, told: bool = True) -> None:
        """Make a key, and tell it unless said otherwise."""
        self.keys[key_id] = MADE[algorithm]()
        if told:
            self.told.add(key_id)

    def claims(self, **given: Any) -> dict[str, Any]:
        """Return good claims of somebody, with what is given in their place; None: absent."""
        now = int(time.time())
        found = {
            "iss": self.issuer, "aud": "forfait", "sub": "ada", "iat": now, "exp": now + 600,
        } | given  # fmt: skip
        return {name: value for name, value in found.items() if value is not None}

    def token(
        self, *, key_id: str = "first", header: Mapping[str, Any] | None = None, **given: Any
    ) -> str:
        """Sign claims with a key, by the algorithm that fits it."""
        key = self.keys[key_id]
        fitting = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}[key.key_type]
        said = {"alg": fitting, "kid": key_id, **(header or {})}
        said = {name: value for name, value in said.items() if value is not None}
        return signed(said, self.claims(**given), key)

    def forged(self, key_id: str) -> str:
        """Sign with the public key as if it were a secret, as a forger would."""
        parts = ({"alg": "HS256", "kid": key_id}, self.claims())
        said = ".".join(_text(json.dumps(part).encode()) for part in parts)
        secret = self.keys[key_id].as_pem(private=False)
        return f"{said}.{_text(hmac.digest(secret, said.encode(), 'sha256'))}"

    def answer(self, path: str) -> bytes | None:
        """Return what a path answers with."""
        self.asked.append(path)
        time.sleep(self.slow_seconds)
        if path in self.spoiled:
            return self.spoiled[path]
        if path == DISCOVERY:
            found: Any = {"issuer": self.issuer, "jwks_uri": self.issuer + KEYS}
        elif path == KEYS:
            found = {"keys": [self._public(each) for each in sorted(self.told)]}
        else:
            return None
        return json.dumps(found).encode()

    def _public(self, key_id: str) -> dict[str, Any]:
        return {**self.keys[key_id].as_dict(private=False), "kid": key_id, "use": "sig"}


def signed(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
    """Sign anything with anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])


@contextmanager
def local_provider() -> Iterator[LocalProvider]:
    """Run a provider with one key, called `first`."""
    provider = LocalProvider()
    provider.keys["first"] = _first_key()
    provider.told.add("first")
    provider.start()
    try:
        yield provider
    finally:
        provider.stop()


def _text(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


@cache
def _first_key() -> RSAKey:
    """Make the key that every provider begins with; making one takes long."""
    return RSAKey.generate_key(2048)


def _handler(provider: LocalProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = provider.answer(self.path)
            try:
                self.send_response(404 if body is None else 200)
                self.send_header("content-length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")
            except OSError:
                pass  # who asked did not wait

        def log_message(self, *_arguments: Any) -> None:
            """Keep the tests' output clean."""

    return Handler
