"""A service that is a function: it charges, knows idempotency keys, and may be lost at any request."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import httpx

PRICE = 16
VIDEO = b"moving pictures"


class Killed(BaseException):
    """The process that asked is no more."""


@dataclass
class Service:
    """Counts what it takes. The request with number `killed_at` is carried out, but its answer never comes."""

    killed_at: int | None = None
    charged: int = 0
    orders: dict[str, dict] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    expires_at: str = "2199-01-01T00:00:00Z"
    fails: bool = False
    asked: list[httpx.Request] = field(default_factory=list)
    running: int = 0
    most_at_once: int = 0  # orders whose video was not downloaded yet

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        number = len(self.asked)
        await asyncio.sleep(0)  # let the others ask too
        answer = self._answer(request)
        if number == self.killed_at:
            raise Killed
        return answer

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        match request.method, request.url.path.removeprefix("/api/open/v1"):
            case "POST", "/video/estimate":
                return self._estimate(json.loads(request.content))
            case "POST", "/uploads":
                return self._upload(request)
            case "POST", "/video/generations":
                return self._create(request)
            case "GET", path if path.startswith("/video/generations/"):
                return self._show(path.rsplit("/")[-1])
            case _:
                self.running -= 1
                return httpx.Response(200, content=VIDEO)

    def _estimate(self, body: dict) -> httpx.Response:
        if body.get("duration") == 3:
            error = {"code": "invalid_request", "message": "duration must be 4 to 15", "param": "duration"}
            return httpx.Response(400, json={"error": error})
        return httpx.Response(200, json={"credits": PRICE, "available": 1000})

    def _upload(self, request: httpx.Request) -> httpx.Response:
        url = self.uploads.setdefault(request.headers["idempotency-key"], f"asset://ast_{len(self.asked)}")
        return httpx.Response(200, json={"url": url, "expiresAt": self.expires_at})

    def _create(self, request: httpx.Request) -> httpx.Response:
        key, body = request.headers["idempotency-key"], json.loads(request.content)
        if key not in self.orders:
            if self.gone & set(body.get("mediaUrls", ())):
                error = {"code": "invalid_request", "message": "there is no such asset", "param": "mediaUrls[0]"}
                return httpx.Response(400, json={"error": error})
            self.charged += PRICE
            self.orders[key] = {"body": body, "id": f"req_{len(self.orders)}"}
        if self.orders[key]["body"] != body:
            return httpx.Response(422, json={"error": {"code": "idempotency_mismatch", "message": "another body"}})
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        created = {"requestId": self.orders[key]["id"], "status": "queued", "creditsCharged": PRICE}
        return httpx.Response(200, json=created)

    def _show(self, request_id: str) -> httpx.Response:
        state = {"requestId": request_id, "status": "succeeded", "output": {"url": f"http://127.0.0.1:1/{request_id}"}}
        if self.fails:
            error = {"code": "engine_failed", "message": "no luck"}
            state = {"requestId": request_id, "status": "failed", "output": None, "error": error}
        return httpx.Response(200, json=state)
