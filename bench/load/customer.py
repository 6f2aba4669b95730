"""One of the clients of the load: it orders, looks after its orders, changes its mind, and counts what it was told."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import Counter
from dataclasses import dataclass

import httpx

ROOT = "/api/open/v1"
GENERATIONS = f"{ROOT}/video/generations"
THINKS_S = (0.02, 0.3)
LOOKS = 12  # at an order that waits; then it is cancelled
PICTURE = bytes.fromhex(
    # One grey pixel: too small a picture, so it is refused, after a look at it in a child process.
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c6360000000020001e221bc33"
    "0000000049454e44ae426082"
)


@dataclass(frozen=True)
class Tally:
    """What all clients together were told: by route and status, by fault, and how long it took."""

    answers: Counter[str]
    faults: Counter[str]
    times_s: dict[str, list[float]]


class Customer:
    def __init__(self, http: httpx.AsyncClient, tally: Tally, chance: random.Random) -> None:
        self._http = http
        self._tally = tally
        self._chance = chance

    async def shop(self) -> None:
        """Order again and again, until cancelled."""
        await asyncio.sleep(self._chance.uniform(0, 2))
        while True:
            order = await self._order()
            if order:
                await self._follow(order)
            await self._look_around()

    async def _order(self) -> str | None:
        body = {
            "model": "seedance-2.0-fast",
            "prompt": f"A red fox in the snow, number {self._chance.random()}.",
            "duration": 4,
            "resolution": "480p",
            "metadata": {"order": secrets.token_hex(8)},
        }
        key = {"Idempotency-Key": secrets.token_hex(16)}
        first = await self._ask("POST", "create", GENERATIONS, {200}, json=body, headers=key)
        if first is not None and self._chance.random() < 0.2:
            again = await self._ask("POST", "create again", GENERATIONS, {200}, json=body, headers=key)
            if again is not None and again.content != first.content:
                self._tally.faults["a replay with another answer"] += 1
        return first.json()["requestId"] if first is not None else None

    async def _follow(self, order: str) -> None:
        path, etag = f"{GENERATIONS}/{order}", ""
        for _ in range(LOOKS):
            waits = self._chance.random() < 0.3
            query, route = ("?wait=2", "show, waiting") if waits else ("", "show")
            shown = await self._ask("GET", route, path + query, {200, 304}, headers={"If-None-Match": etag})
            if shown is None:
                return
            etag = shown.headers["ETag"]
            if shown.status_code == 200 and shown.json()["status"] in ("succeeded", "failed", "cancelled"):
                await self._load(shown.json())
                return
        await self._ask("POST", "cancel", path + "/cancel", {200, 409})

    async def _load(self, view: dict) -> None:
        if view["status"] == "failed":
            self._tally.faults[f"failed: {view['error']}"] += 1
        elif view["output"]:
            got = await self._ask("GET", "result", httpx.URL(view["output"]["url"]).path, {200})
            if got is not None and len(got.content) != view["output"]["sizeBytes"]:
                self._tally.faults["a result of another size"] += 1

    async def _look_around(self) -> None:
        match self._chance.randrange(4):
            case 0:
                await self._ask("GET", "credits", f"{ROOT}/credits", {200})
            case 1:
                await self._ask("GET", "models", f"{ROOT}/models", {200})
            case 2:
                await self._ask("POST", "create, wrong", GENERATIONS, {400}, json={"model": "no such model"})
            case 3 if self._chance.random() < 0.1:
                await self._ask("POST", "upload", f"{ROOT}/uploads", {400}, files={"file": ("a.png", PICTURE)})

    async def _ask(self, method: str, route: str, path: str, good: set[int], **options) -> httpx.Response | None:
        """Return the answer if it is one of the good ones."""
        await asyncio.sleep(self._chance.uniform(*THINKS_S))
        began_s = time.perf_counter()
        try:
            answer = await self._http.request(method, path, **options)
        except httpx.HTTPError as exc:
            self._tally.faults[f"{route}: {type(exc).__name__}"] += 1
            return None
        self._tally.times_s[route].append(time.perf_counter() - began_s)
        self._tally.answers[f"{route}: {answer.status_code}"] += 1
        if answer.status_code not in good:
            self._tally.faults[f"{route}: {answer.status_code} {answer.text[:100]}"] += 1
            return None
        return answer
