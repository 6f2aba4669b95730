"""Waiting for a video, step by step, with a clock that only moves when somebody waits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from client.either import BASE, KINDS, Script, shown
from seedbed_client import (
    ContentRejected,
    GenerationCancelled,
    GenerationFailed,
    MediaUnusable,
    Status,
    WaitTimedOut,
)
from seedbed_client.exchange import Call, Service
from seedbed_client.watching import wait


class World:
    """A service whose job ends at a moment. It holds answers if it `can_hold`, until then or as long as it is asked."""

    def __init__(self, *, ends_s: float, can_hold: bool = True, retry_after: str | None = None) -> None:
        self._now_s = 0.0
        self._ends_s = ends_s
        self._can_hold = can_hold
        self._headers = {"retry-after": retry_after} if retry_after else {}
        self.looks = 0

    def take(self, work: Callable[..., Coroutine[Any, Any, Any]], **options: Any) -> Any:
        """Return what comes of work that nothing but this world could suspend, and this one does not."""
        with pytest.raises(StopIteration) as done:
            work(Service(BASE, None, self._send, self._pause, self.now_s), "req_1", **options).send(None)
        return done.value.value

    async def _pause(self, seconds: float) -> None:
        assert seconds > 0
        self._now_s += seconds

    def now_s(self) -> float:
        return self._now_s

    @asynccontextmanager
    async def _send(self, _: Service, call: Call) -> AsyncIterator[httpx.Response]:
        yield self._answer(call)

    def _answer(self, call: Call) -> httpx.Response:
        self.looks += 1
        assert self.looks < 1000, "a service that is asked without end"
        hold_s = call.params["wait"] or 0
        assert 0 <= hold_s <= 30
        assert call.hold_s == hold_s
        if self._can_hold and hold_s and self._now_s < self._ends_s:
            self._now_s = min(self._now_s + hold_s, self._ends_s)
        status = "succeeded" if self._now_s >= self._ends_s else "processing"
        return httpx.Response(200, headers=self._headers, content=shown(status).content)


def test_a_service_that_holds_its_answers_is_asked_seldom_and_told_at_once() -> None:
    world = World(ends_s=100)

    generation = world.take(wait)

    assert generation.status is Status.SUCCEEDED
    assert (world.now_s(), world.looks) == (100, 5)


@pytest.mark.parametrize(("retry_after", "looks"), [("5", 21), (None, 51)])
def test_a_service_that_holds_nothing_is_asked_when_it_says(retry_after: str | None, looks: int) -> None:
    world = World(ends_s=99, can_hold=False, retry_after=retry_after)

    world.take(wait)

    assert world.looks == pytest.approx(looks, abs=1)


def test_a_pace_of_ones_own_is_kept() -> None:
    world = World(ends_s=10)
    told: list[Any] = []

    world.take(wait, poll_s=1, tell=told.append)

    assert world.looks == 11
    assert [one.status for one in told] == ["processing"] * 10 + ["succeeded"]


@pytest.mark.parametrize("options", [{}, {"poll_s": 7}])
@pytest.mark.parametrize("can_hold", [True, False])
@pytest.mark.parametrize("timeout_s", [0.4, 1, 45.5])
def test_waiting_ends_at_its_deadline(options: dict[str, Any], can_hold: bool, timeout_s: float) -> None:
    world = World(ends_s=1e6, can_hold=can_hold)

    with pytest.raises(WaitTimedOut, match="req_1") as caught:
        world.take(wait, timeout_s=timeout_s, **options)

    assert timeout_s <= caught.value.waited_s <= timeout_s + 1


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (lambda: shown("cancelled"), GenerationCancelled, "cancelled"),
        (lambda: shown("failed", error={"code": "content_rejected", "message": "no"}), ContentRejected, "no"),
        (lambda: shown("failed", error={"code": "media_invalid", "message": "broken"}), MediaUnusable, "broken"),
        (lambda: shown("failed", error={"code": "gremlins", "message": "eek"}), GenerationFailed, "gremlins"),
        (lambda: shown("failed"), GenerationFailed, "does not say"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_job_that_ends_without_a_video_is_an_error(
    kind: type, answer: Callable[[], httpx.Response], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        await Script(answer()).either(kind)(lambda c: c.videos.wait("req_1"))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_video_that_is_there_is_looked_at_once(kind: type) -> None:
    script = Script(shown())

    generation = await script.either(kind)(lambda c: c.videos.wait("req_1"))

    assert generation.output.url == f"{BASE}/x.mp4"
    assert generation.output.sha256 is None
    assert len(script.asked) == 1
