"""A small identity provider on loopback: what it says, signs and publishes can be changed by a test."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "seedbed", "a secret of the client"


def public(*keys: RSAKey) -> list[dict[str, Any]]:
    return [key.as_dict(private=False) for key in keys]


def make_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class LocalProvider:
    issuer: str
    key: RSAKey  # signs
    published: list[Any]  # what stands in its key set
    claims: dict[str, Any] = field(default_factory=dict)  # over the usual ones; `...` takes one out
    userinfo: dict[str, Any] | None = None
    described: dict[str, Any] = field(default_factory=dict)  # over the usual description
    sign: Callable[[dict[str, Any]], str] | None = None
    answers: dict[str, Response] = field(default_factory=dict)  # by path: in place of the usual answer
    delay_s: float = 0.0
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Starlette:
        paths = {
            "/.well-known/openid-configuration": self._describe,
            "/authorize": self._authorize,
            "/token": self._token,
            "/keys": self._keys,
            "/userinfo": self._userinfo,
        }
        return Starlette(
            routes=[Route(path, self._watched(path, answer), methods=["GET", "POST"]) for path, answer in paths.items()]
        )

    def _watched(self, path: str, answer: Callable) -> Callable:
        async def watched(request: Request) -> Response:
            self.asked.append(path)
            await asyncio.sleep(self.delay_s)
            return self.answers.get(path) or await answer(request)

        return watched

    async def _describe(self, _: Request) -> Response:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end",
        }
        if self.userinfo is not None:
            said["userinfo_endpoint"] = f"{self.issuer}/userinfo"
        return JSONResponse(without_gaps(said | self.described))

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == (
            "code", CLIENT_ID, "S256",
        )  # fmt: skip
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_client"}, 401)
        asked = self.codes.pop(str(form["code"]), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form["code_verifier"]).encode()).digest()).rstrip(b"=")
        if (
            asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != challenge.decode()
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        usual = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "1001",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": "ada@acme.test",
            "email_verified": True,
            "groups": ["video-team"],
        }
        claims = without_gaps(usual | self.claims)
        sign = self.sign or self.signed
        return JSONResponse({"id_token": sign(claims), "access_token": "an access token", "token_type": "Bearer"})

    async def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": self.published})

    async def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer an access token"
        return JSONResponse(self.userinfo)

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)


def without_gaps(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not ...}
