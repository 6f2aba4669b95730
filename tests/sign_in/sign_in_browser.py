"""A browser as far as signing in goes: it keeps cookies, and says of each request what a browser would."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from seedbed.core.keys import Scope

BASE = "http://127.0.0.1:8000"
CONSOLE = {"X-Seedbed-Console": "1", "Sec-Fetch-Site": "same-origin"}
PAGE = {"Accept": "text/html"}
GENERATES, READS = frozenset({Scope.GENERATE}), frozenset({Scope.READ})


@dataclass
class Browser:
    http: httpx.AsyncClient

    async def get(self, path: str, **options) -> httpx.Response:
        return await self.http.get(path, **options)

    async def session(self) -> dict | None:
        answer = await self.http.get("/console/session")
        return answer.json() if answer.status_code == 200 else None

    async def begin(self, path: str = "/") -> str:
        """Press the button, and return where the provider's page is."""
        answer = await self.http.get("/console/oidc/begin", params={"next": path}, headers=PAGE)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    async def consent(self, address: str) -> str:
        """Let the provider send the browser back; return the path and query to which it does."""
        async with httpx.AsyncClient() as elsewhere:
            back = urlsplit((await elsewhere.get(address)).headers["Location"])
        return f"{back.path}?{back.query}"

    async def sign_in(self, path: str = "/") -> httpx.Response:
        return await self.http.get(await self.consent(await self.begin(path)), headers=PAGE)
