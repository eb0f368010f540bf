"""A small OpenID provider of the tests' own."""

from __future__ import annotations

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CLIENT = "monailabel-app"
RSA_KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
EC_KEY = ec.generate_private_key(ec.SECP256R1())


class Provider:
    """What it says, which tests may change, and the tokens that it signs."""

    def __init__(self, realm: str) -> None:
        self.realm = realm
        self.asked: list[str] = []
        self.broken: dict[str, tuple[int, bytes]] = {}
        keys = [("rsa", "RS256", jwt.algorithms.RSAAlgorithm, RSA_KEY), ("ec", "ES256", jwt.algorithms.ECAlgorithm, EC_KEY)]
        self.keys = [{**kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"} for kid, _, kind, key in keys]

    def claims(self, name: str = "ann", roles: Any = ("monailabel-annotator",), **others: Any) -> dict[str, Any]:
        """What an access token of Keycloak says."""
        said = {"iss": self.realm, "exp": int(time.time()) + 300, "aud": "account", "azp": CLIENT, "preferred_username": name}
        said |= {"sub": "f3b1", "realm_access": {"roles": ["offline_access", *roles]}}
        return {key: value for key, value in (said | others).items() if value is not None}

    def answer(self, path: str, form: dict[str, list[str]]) -> tuple[int, Any]:
        """The status and the JSON of an answer."""
        if path == "/.well-known/openid-configuration":
            paths = {"jwks_uri": "/keys", "token_endpoint": "/token"}
            return 200, {"issuer": self.realm, **{key: f"{self.realm}{path}" for key, path in paths.items()}}
        if path == "/keys":
            return 200, {"keys": self.keys}
        if form["client_id"] != [CLIENT] or form["grant_type"] != ["password"]:
            return 400, {"error": "unauthorized_client"}
        if (form["username"], form["password"]) != (["ann"], ["correct horse"]):
            return 401, {"error": "invalid_grant", "error_description": "Invalid user credentials"}
        return 200, {"access_token": signed(self.claims()), "token_type": "Bearer", "refresh_token": "x"}


def signed(claims: dict[str, Any], key: Any = RSA_KEY, algorithm: str = "RS256", kid: str | None = "rsa") -> str:
    """A token."""
    return jwt.encode(claims, key, algorithm, headers={"kid": kid} if kid else {})


def signed_with_public_key(claims: dict[str, Any]) -> str:
    """A token whose shared secret is the public key: libraries refuse to make one, attackers do not."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT", "kid": "rsa"}, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    secret = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signature = base64.urlsafe_b64encode(hmac.digest(secret, text, "sha256")).rstrip(b"=")
    return f"{text.decode()}.{signature.decode()}"


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider on 127.0.0.1, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
            path = self.path.removeprefix("/realms/lab")
            provider.asked.append(path)
            status, said = provider.answer(path, form)
            status, content = provider.broken.get(path, (status, json.dumps(said).encode()))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_port}/realms/lab")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield provider
        server.shutdown()
