"""What a user's type checker says of a program: `make check` reads this file, and nothing runs it.

A line that must be refused says so; if the checker no longer refuses it, the comment itself is the error.
"""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from seedbed_client import (
    Asset,
    AsyncSeedbed,
    Credits,
    Estimate,
    Event,
    Generation,
    InvalidRequest,
    Model,
    Page,
    Reference,
    Seedbed,
    WebhookEvent,
    verify_webhook,
)


def blocking() -> None:
    with Seedbed("sd2_live_x", "http://127.0.0.1:1", timeout_s=3) as client:
        created = client.videos.create(
            prompt="A fox.", media=[Path("a.jpg"), "https://a/b.jpg"], idempotency_key="row-7"
        )
        assert_type(created, Generation)
        assert_type(client.videos.get(created.request_id), Generation)
        assert_type(client.videos.list(limit=3), Page[Generation])
        assert_type(client.videos.cancel(created.request_id), Generation)
        assert_type(client.videos.wait(created.request_id, timeout_s=60), Generation)
        assert_type(client.videos.estimate(prompt="A fox.", media=[Reference("https://a", "audio")]), Estimate)
        assert_type(client.videos.rerun(created.request_id, seed=4), Generation)
        assert_type(client.videos.download(created, Path("fox.mp4"), progress=print), Path)
        assert_type(client.assets.upload(Path("a.jpg")), Asset)
        assert_type(client.models.list(), tuple[Model, ...])
        assert_type(client.credits.get(), Credits)
        for event in client.videos.events(created.request_id):
            assert_type(event, Event)
        for generation in client.videos.list_all(status="failed"):
            assert_type(generation, Generation)

        client.videos.create(seed=3)  # type: ignore[call-arg]
        client.videos.create(prompt=3)  # type: ignore[arg-type]
        client.videos.create(prompt="A fox.", sede=3)  # type: ignore[call-arg]
        client.videos.get(3)  # type: ignore[arg-type]
        Seedbed(timeout=3)  # type: ignore[call-arg]


async def asynchronous() -> None:
    async with AsyncSeedbed() as client:
        try:
            created = await client.videos.create(prompt="A fox.", media=[Path("a.jpg")])
        except InvalidRequest as refusal:
            assert_type((refusal.param, refusal.request_id), tuple[str | None, str | None])
            raise
        assert_type(created, Generation)
        assert_type(await client.videos.list(), Page[Generation])
        assert_type(await client.videos.wait(created.request_id), Generation)
        assert_type(await client.videos.download(created, Path("fox.mp4")), Path)
        async for event in client.videos.events(created.request_id):
            assert_type(event, Event)

        await client.videos.get(3)  # type: ignore[arg-type]
        await client.videos.rerun(created.request_id, prompt=3)  # type: ignore[arg-type]


def webhook(headers: dict[str, str], body: bytes) -> None:
    event = verify_webhook(headers, body, ["whsec_a", "whsec_b"])
    assert_type(event, WebhookEvent)
    assert_type(event.generation, Generation)
