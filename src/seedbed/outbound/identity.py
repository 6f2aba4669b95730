"""Asks the operator's identity provider who somebody is: OpenID Connect, the authorization code flow with PKCE.

Authlib and joserfc know the protocol, `outbound.provider_calls` the way there. A token is believed only if a key of the
provider has signed it, by an algorithm with a public key, for this client, for this very attempt, and now.
Sources: OpenID Connect Core 1.0, 3.1; Discovery 1.0; RFC 7636; RFC 9207; RFC 9700.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog

from seedbed.core.errors import InvalidRequest, NotReady, Unavailable
from seedbed.core.sign_in import Oidc
from seedbed.outbound.guard import STRAIGHT, Resolve, Way, resolve_by_system
from seedbed.outbound.provider_calls import ProviderCalls

log = structlog.get_logger()

# Only what is checked with a public key. With HS256 a forger could sign with that key, which everybody has.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
DEADLINE_S = 8.0  # for one call; a sign-in makes up to four
METADATA_LIFETIME_S = 3600.0
SKEW_S = 60
MAX_KEYS = 100
_KEY_TYPES = ("RSA", "EC", "OKP")
_AUTHENTICATION = ("client_secret_basic", "client_secret_post")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in, as the browser that makes it must remember it."""

    state: str
    nonce: str
    verifier: str = field(repr=False)


class IdentityProvider:
    """One provider. What it says of itself is kept for an hour, its keys until a token bears another one.

    Raises NotReady if the packages are missing or the client's secret cannot be read.
    """

    def __init__(
        self, oidc: Oidc, *, way: Way = STRAIGHT, resolve: Resolve = resolve_by_system, deadline_s: float = DEADLINE_S
    ) -> None:
        _check_packages()
        self.oidc = oidc
        self._secret = _secret(oidc)
        self._calls = ProviderCalls(oidc.label, way=way, resolve=resolve, deadline_s=deadline_s)
        self._metadata: dict[str, Any] = {}
        self._known_until_s = 0.0
        self._keys: Any = None

    async def address(self, attempt: Attempt, *, back_to: str) -> str:
        """Return where to send the browser. Raises Unavailable."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        endpoint = (await self._described())["authorization_endpoint"]
        address: str = prepare_grant_uri(
            endpoint,
            self.oidc.client_id,
            "code",
            redirect_uri=back_to,
            scope=list(self.oidc.scopes),
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return address

    async def claims(self, answer: Mapping[str, str], attempt: Attempt, *, back_to: str) -> dict[str, Any]:
        """Return what the provider says of who has signed in. `answer` are the parameters that the browser brought.

        Raises InvalidRequest for what cannot be believed, and Unavailable.
        """
        self._check_answer(answer, attempt)
        tokens = await self._exchange(answer["code"], attempt, back_to=back_to)
        claims = await self._believed(tokens, attempt)
        if {self.oidc.groups_claim, self.oidc.name_claim} <= claims.keys():
            return claims
        return await self._more_claims(tokens, claims) | claims

    async def end_address(self, *, back_to: str) -> str | None:
        """Return where one signs out of the provider itself; None if it has no such place. Raises Unavailable."""
        endpoint = (await self._described()).get("end_session_endpoint")
        if not isinstance(endpoint, str):
            return None
        asked = urlencode({"client_id": self.oidc.client_id, "post_logout_redirect_uri": back_to})
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{asked}"

    @property
    def is_known_to_end(self) -> bool:
        """Whether it has said that one can sign out there. Asks nobody."""
        return "end_session_endpoint" in self._metadata

    def _check_answer(self, answer: Mapping[str, str], attempt: Attempt) -> None:
        label = self.oidc.label
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise InvalidRequest("This answer belongs to another attempt to sign in; begin again.", param="state")
        if answer.get("iss", self.oidc.issuer) != self.oidc.issuer:
            raise InvalidRequest(f"This answer is not one of {label}; begin again.", param="iss")
        if "error" in answer:
            said = "".join(char for char in answer["error"][:60] if char.isascii() and (char.isalnum() or char == "_"))
            raise InvalidRequest(f"{label} did not sign you in: {said}.", param="error")
        if not answer.get("code"):
            raise InvalidRequest(f"The answer of {label} holds no code; begin again.", param="code")

    async def _exchange(self, code: str, attempt: Attempt, *, back_to: str) -> dict[str, Any]:
        from authlib.oauth2.auth import ClientAuth
        from authlib.oauth2.rfc6749.parameters import prepare_token_request

        metadata = await self._described()
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=back_to, code_verifier=attempt.verifier
        )
        offered = metadata.get("token_endpoint_auth_methods_supported") or _AUTHENTICATION
        method = next((one for one in _AUTHENTICATION if one in offered), None) if self._secret else "none"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        client = ClientAuth(self.oidc.client_id, self._secret, method)
        url, headers, body = client.prepare("POST", metadata["token_endpoint"], headers, body)
        status, tokens = await self._calls.send("POST", url, headers=headers, content=body)
        if status == 200:
            return tokens
        if tokens.get("error") == "invalid_grant":
            raise InvalidRequest("This sign-in has been used already, or took too long; begin again.", param="code")
        log.error("sign_in.refused_by_provider", status=status, error=str(tokens.get("error"))[:60])
        raise Unavailable(f"{self.oidc.label} does not serve this service now; ask whoever runs it.")

    async def _believed(self, tokens: Mapping[str, Any], attempt: Attempt) -> dict[str, Any]:
        """Return the claims of the ID token. A key that we do not know may be new: then all keys are asked for once."""
        from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError

        token = tokens.get("id_token")
        if not isinstance(token, str):
            raise self._unbelievable("it sent no ID token")
        try:
            try:
                return self._checked(token, attempt, await self._public_keys())
            except (InvalidKeyIdError, BadSignatureError):
                return self._checked(token, attempt, await self._public_keys(anew=True))
        except (JoseError, ValueError, TypeError) as exc:
            log.warning("sign_in.disbelieved", reason=f"{type(exc).__name__}: {exc}"[:200])
            raise self._unbelievable("its token is not valid") from exc

    def _checked(self, token: str, attempt: Attempt, keys: Any) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt

        decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": self.oidc.issuer},
                "aud": {"essential": True, "value": self.oidc.client_id},
            },
            params={"nonce": attempt.nonce, "client_id": self.oidc.client_id},
        )
        claims.validate(leeway=SKEW_S)
        return dict(claims)

    async def _more_claims(self, tokens: Mapping[str, Any], claims: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the provider says only when asked again, as several do with groups. Nothing if it cannot."""
        url, access = (await self._described()).get("userinfo_endpoint"), tokens.get("access_token")
        if not isinstance(url, str) or not isinstance(access, str):
            return {}
        status, said = await self._calls.send("GET", url, headers={"Authorization": f"Bearer {access}"})
        return said if status == 200 and said.get("sub") == claims["sub"] else {}

    async def _described(self) -> dict[str, Any]:
        """Return the provider's own description, as it was within the last hour."""
        if time.monotonic() < self._known_until_s:
            return self._metadata
        url = self.oidc.issuer.rstrip("/") + "/.well-known/openid-configuration"
        status, metadata = await self._calls.send("GET", url)
        named = metadata.get("issuer")
        if status != 200 or not isinstance(named, str):
            raise self._calls.away(f"{url} answers {status} without a description of a provider")
        if named != self.oidc.issuer:
            raise self._calls.away(f"it calls itself {named[:200]}; write exactly that as sign_in.oidc.issuer")
        is_plain = urlsplit(self.oidc.issuer).scheme == "http"
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            self._check_endpoint(name, metadata.get(name), is_plain=is_plain)
        for name in ("userinfo_endpoint", "end_session_endpoint"):
            if name in metadata:
                self._check_endpoint(name, metadata[name], is_plain=is_plain)
        self._metadata, self._known_until_s = metadata, time.monotonic() + METADATA_LIFETIME_S
        return metadata

    def _check_endpoint(self, name: str, url: Any, *, is_plain: bool) -> None:
        allowed = ("https://", "http://") if is_plain else ("https://",)
        if not isinstance(url, str) or not url.startswith(allowed):
            raise self._calls.away(f"its {name} is no https:// URL")

    async def _public_keys(self, *, anew: bool = False) -> Any:
        from joserfc.jwk import KeySet

        if self._keys is None or anew:
            status, said = await self._calls.send("GET", (await self._described())["jwks_uri"])
            keys = [key for one in _listed(said.get("keys")) if (key := _public_key(one))]
            if not keys:
                raise self._calls.away(f"its jwks_uri answers {status} without a key that can be read")
            self._keys = KeySet(keys)
        return self._keys

    def _unbelievable(self, why: str) -> InvalidRequest:
        return InvalidRequest(f"What {self.oidc.label} said cannot be believed: {why}. Begin again.", param="code")


def _listed(found: Any) -> list[Any]:
    return found[:MAX_KEYS] if isinstance(found, list) else []


def _public_key(said: Any) -> Any:
    """Return a key to check signatures with, or None for any other: one odd key must not make all of them useless."""
    from joserfc.errors import JoseError
    from joserfc.jwk import JWKRegistry

    if not isinstance(said, dict) or said.get("kty") not in _KEY_TYPES or said.get("use", "sig") != "sig":
        return None
    try:
        return JWKRegistry.import_key(said)
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def _check_packages() -> None:
    if find_spec("authlib") is None or find_spec("joserfc") is None:
        raise NotReady("[sign_in.oidc] needs two packages more: pip install 'seedbed[oidc]'.")


def _secret(oidc: Oidc) -> str | None:
    """Return the client's secret; None for a client without one, whom PKCE alone protects."""
    if oidc.client_secret_env:
        secret = os.environ.get(oidc.client_secret_env, "").strip()
        if not secret:
            raise NotReady(f"[sign_in.oidc] needs the client's secret in the variable {oidc.client_secret_env}.")
        return secret
    if oidc.client_secret_file:
        try:
            return Path(oidc.client_secret_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as exc:
            raise NotReady(f"[sign_in.oidc] needs the client's secret in {oidc.client_secret_file}: {exc}.") from exc
    return None
