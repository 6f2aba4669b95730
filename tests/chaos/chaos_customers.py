"""Customers who order over HTTP and do not give up: the same Idempotency-Key until there is an answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import httpx

PATIENCE_S = 300.0  # for one answer
AGAIN = frozenset({409, 429, 500, 502, 503, 504})  # a balancer says some of them
PATH = "/api/open/v1/video/generations"


@dataclass(frozen=True, slots=True)
class Customer:
    account_id: int
    key: str
    secret: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass
class Orders:
    """What was ordered and what came of it. `jobs`: every request id that a key was answered with."""

    client: httpx.AsyncClient
    bases: list[str]
    chance: Random
    webhook_url: Callable[[int], str]
    model_of: Callable[[str], str] = lambda _key: "seedance-2.0-fast"
    jobs: dict[str, set[str]] = field(default_factory=dict)
    owner: dict[str, Customer] = field(default_factory=dict)  # by request id
    cancelled: set[str] = field(default_factory=set)
    unanswered: list[str] = field(default_factory=list)
    tallies: Counter[str] = field(default_factory=Counter)

    async def order(self, customer: Customer, key: str) -> None:
        """Order one clip, and note if a question was never answered."""
        try:
            await self._order(customer, key)
        except* TimeoutError:
            self.unanswered.append(key)

    async def _order(self, customer: Customer, key: str) -> None:
        """Order sometimes twice with the same key at once or again later, and sometimes cancel."""
        asked = 2 if self.chance.random() < 0.05 else 1
        again, cancels = self.chance.random() < 0.05, self.chance.random() < 0.05
        pause_s = self.chance.uniform(0, 3)
        async with asyncio.TaskGroup() as group:
            for _ in range(asked):
                group.create_task(self._submit(customer, key))
        if again:
            await self._submit(customer, key)
        if cancels:
            await asyncio.sleep(pause_s)
            await self._cancel(customer, min(self.jobs[key]))

    async def _submit(self, customer: Customer, key: str) -> None:
        body = {
            "model": self.model_of(key),
            "prompt": "a quiet lake",
            "duration": 4,
            "resolution": "480p",
            "aspectRatio": "16:9",
            "webhookUrl": self.webhook_url(customer.account_id),
            "metadata": {"key": key},
        }
        answer = await self._until_told("POST", PATH, customer, json=body, extra={"Idempotency-Key": key})
        assert answer.status_code == 200, answer.text
        request_id = answer.json()["requestId"]
        self.jobs.setdefault(key, set()).add(request_id)
        self.owner[request_id] = customer
        self.tallies["orders_replayed"] += "idempotent-replayed" in answer.headers

    async def _cancel(self, customer: Customer, request_id: str) -> None:
        """A cancel that is told to have come too late, by a 409, is none."""
        answer = await self._until_told("POST", f"{PATH}/{request_id}/cancel", customer, stops={409})
        if answer.status_code == 200:
            self.cancelled.add(request_id)
        self.tallies["cancels"] += answer.status_code == 200
        self.tallies["cancels_too_late"] += answer.status_code == 409

    async def _until_told(self, method, path, customer, *, json=None, extra=None, stops=frozenset()) -> httpx.Response:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                base = self.chance.choice(self.bases)
                try:
                    headers = customer.headers | (extra or {})
                    answer = await self.client.request(method, base + path, json=json, headers=headers)
                except httpx.HTTPError as exc:
                    self.tallies[f"retries_{type(exc).__name__}"] += 1
                else:
                    if answer.status_code in stops or answer.status_code not in AGAIN:
                        return answer
                    self.tallies[f"retries_{answer.status_code}"] += 1
                await asyncio.sleep(self.chance.uniform(0.2, 1.0))
