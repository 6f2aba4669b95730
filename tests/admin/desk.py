"""An operator at work over HTTP, and the customers whose accounts are worked on."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from seedbed.store.database import Pool

ROOT = "/api/admin/v1"
OPEN_API = "/api/open/v1"
GENERATIONS = f"{OPEN_API}/video/generations"
PRICE = 40  # of `order()`


def order(**fields) -> dict:
    return {"model": "seedance-2.0", "prompt": "A red fox in the snow.", "duration": 5, "resolution": "720p"} | fields


@dataclass(frozen=True)
class Asker:
    """Somebody with a key. Paths are those under `root`."""

    http: httpx.AsyncClient
    pool: Pool
    account_id: int
    key_id: int
    key: str
    root: str = ROOT

    async def ask(self, method: str, path: str, *, headers=None, **options) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.key}"} | (headers or {})
        return await self.http.request(method, self.root + path, headers=bearer, **options)

    async def get(self, path: str, **options) -> httpx.Response:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, json=None, **options) -> httpx.Response:
        return await self.ask("POST", path, json=json, **options)

    async def patch(self, path: str, json=None, **options) -> httpx.Response:
        return await self.ask("PATCH", path, json=json, **options)

    async def done(self, method: str, path: str, json=None, **options) -> dict:
        """Return the body of an answer that must be a success."""
        answer = await self.ask(method, path, json=json, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def log(self, **wanted) -> list[dict]:
        """Return the newest actions, as `GET /audit-log` shows them."""
        return (await self.done("GET", "/audit-log", params=wanted))["data"]

    async def rows(self, statement: str, *facts) -> list[dict]:
        async with self.pool.connection() as conn:
            return await (await conn.execute(statement, facts)).fetchall()
