"""The slots of a fleet in a Ray cluster, as its leader asks for them: through a process that can be lost.

When Ray's head is gone that process ends, and another is started with growing pauses. Meanwhile workers go on as long
as their nodes do, and nothing here is decided about them.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import time
from typing import Any

import structlog

from seedbed.core.errors import NotReady, Unavailable
from seedbed.core.fleet_sizing import PoolSpec
from seedbed.fleet.backend import Placed
from seedbed.settings import Settings

log = structlog.get_logger()

JOINING_S = 60.0
ANSWER_S = 15.0
AT_ONCE_S = 0.1
AWAY = "The Ray cluster does not answer."
WHERE_GUARDED = (
    "If it asks for a token, set RAY_AUTH_MODE=token here, and RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH to the token that "
    "its `ray start` was given."
)
_FIRST_PAUSE_S = 1.0
_MAX_PAUSE_S = 30.0


def check(settings: Settings) -> None:
    """Raise NotReady, with what would be right, if workers on other machines could not work with these settings."""
    if importlib.util.find_spec("ray") is None:
        raise NotReady("Ray is not installed here; install it with: pip install 'seedbed[ray]'.")
    if settings.blobs_url is None:
        raise NotReady(
            "Workers on other machines cannot store their videos in this one's home folder; set SEEDBED_BLOBS_URL to "
            "a bucket (s3://...) or to a folder that all of them share (file:///...)."
        )


class RaySlots:
    """A backend of `fleet.placing`. Open it before use."""

    name = "ray"
    is_one_host = False

    def __init__(self, fleet: str, address: str) -> None:
        self._command = [sys.executable, "-m", "seedbed.fleet.ray_driver", fleet, address]
        self._process: asyncio.subprocess.Process | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._next_start_s = 0.0
        self._joining: asyncio.Task[None] | None = None
        self._why_not = AWAY
        self._troubled: set[str] = set()  # slots

    async def open(self) -> None:
        """Join the cluster. Raises NotReady if that cannot be."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"RAY_DEDUP_LOGS": "0"},
            start_new_session=True,
        )
        self._process = process
        try:
            answer = await self._read(process, within_s=JOINING_S)
        except Unavailable as exc:
            self.kill()
            raise NotReady(
                f"The Ray cluster did not let us in within {JOINING_S:g} s; its lines are above. {WHERE_GUARDED}"
            ) from exc
        if "fault" in answer:
            raise NotReady(answer["fault"])
        if not answer.get("has_token"):
            log.warning(
                "ray.unprotected",
                reason="token authentication is off: whoever reaches the cluster can run any program on it, and read "
                "the database's password. `ray get-auth-token --generate` and RAY_AUTH_MODE=token switch it on.",
            )

    async def placed(self) -> list[Placed]:
        answer = await self._ask({"do": "placed"})
        placed = [Placed(**each) for each in answer["placed"]]
        self._troubled = {each.slot for each in placed if each.trouble and not each.is_waiting}
        return placed

    async def start(self, slot: str, pool: PoolSpec) -> None:
        await self._ask({"do": "start", "slot": slot, "pool": pool.name})

    async def stop(self, slot: str) -> None:
        await self._ask({"do": "stop", "slot": slot})

    async def well(self, slot: str) -> None:
        if slot in self._troubled:
            await self._ask({"do": "well", "slot": slot})

    async def release(self) -> None:
        """Leave the workers as they are: whoever leads now goes on with them."""

    async def close(self) -> None:
        """Leave the workers as they are, and the cluster."""
        if self._joining is not None:
            self._joining.cancel()
            await asyncio.gather(self._joining, return_exceptions=True)
        self.kill()
        if self._process is not None:
            await self._process.wait()

    def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _ask(self, question: dict[str, str]) -> dict[str, Any]:
        process = await self._driver()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            await process.stdin.drain()
        except (ConnectionError, RuntimeError) as exc:
            raise Unavailable("The process that speaks to Ray has ended; another is started.") from exc
        answer = await self._read(process, within_s=ANSWER_S)
        if "fault" in answer:
            raise Unavailable(f"Ray says: {answer['fault']}")
        return answer

    async def _driver(self) -> asyncio.subprocess.Process:
        """Return the process that has joined. If it was lost, have another join meanwhile, with pauses."""
        if self._joining is None:
            if self._process is not None and self._process.returncode is None:
                return self._process
            if time.monotonic() < self._next_start_s:
                raise Unavailable(f"{self._why_not} It is tried again shortly.")
            self._joining = asyncio.create_task(self.open())
        # Nobody waits for it here: a leader has other things to do than to wait for a head.
        await asyncio.wait([self._joining], timeout=AT_ONCE_S)
        if not self._joining.done():
            raise Unavailable(f"{self._why_not} It is being joined again.")
        joined, self._joining = self._joining, None
        try:
            joined.result()
        except NotReady as exc:
            self._why_not = str(exc)
            self._next_start_s = time.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, _MAX_PAUSE_S)
            raise Unavailable(self._why_not) from exc
        log.info("ray.joined_again")
        self._pause_s, self._why_not = _FIRST_PAUSE_S, AWAY
        assert self._process is not None
        return self._process

    async def _read(self, process: asyncio.subprocess.Process, *, within_s: float) -> dict[str, Any]:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(within_s):
                line = await process.stdout.readline()
        except TimeoutError as exc:
            process.kill()
            raise Unavailable("Ray does not answer; the process that speaks to it is started anew.") from exc
        except asyncio.CancelledError:
            process.kill()  # what it may still say would answer another question
            raise
        if not line:
            await process.wait()
            raise Unavailable("The process that speaks to Ray has ended, as it does when Ray's head is lost.")
        answer: dict[str, Any] = json.loads(line)
        return answer
