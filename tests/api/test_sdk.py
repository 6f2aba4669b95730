"""The SDK against the service itself, over a socket, with both clients; the test does a worker's part."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from customers import VIDEO

from client.either import KINDS, Either
from media.media_makers import picture
from seedbed.cli import webhook_account as account
from seedbed.cli.listening import HttpServer, listen
from seedbed.core.errors import ContentRejected as ModerationSaidNo
from seedbed_client import (
    AsyncSeedbed,
    ContentRejected,
    GenerationCancelled,
    IdempotencyMismatch,
    InsufficientCredits,
    InvalidRequest,
    NotCancellable,
    NotFound,
    Reference,
    Seedbed,
    Status,
    Unauthorized,
    verify_webhook,
)

ORDER = {"prompt": "A red fox in the snow.", "duration": 5, "resolution": "720p"}


@pytest.fixture
async def base_url(serve, settings) -> AsyncIterator[str]:
    """The service on a socket. Its results are there, too."""
    with listen("127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = serve(public_url=url)._transport.app
        async with HttpServer(app, listening).running():
            yield url


@pytest.fixture(params=KINDS)
async def sdk(request, base_url, ada) -> AsyncIterator[Either]:
    if request.param is Seedbed:
        with Seedbed(ada.key, base_url) as client:
            yield Either(client)
    else:
        async with AsyncSeedbed(ada.key, base_url) as client:
            yield Either(client)


@pytest.fixture(scope="module")
def fox(tmp_path_factory) -> Path:
    return picture(tmp_path_factory.mktemp("pictures") / "fox.jpg")


async def test_a_video_from_a_local_picture_is_ordered_made_and_saved(sdk, ada, blobs, fox, tmp_path):
    created = await sdk(lambda c: c.videos.create(media=[fox], metadata={"scene": 1}, **ORDER))
    waiting = asyncio.create_task(sdk(lambda c: c.videos.wait(created.request_id, timeout_s=30)))
    await ada.succeed(blobs)
    generation = await waiting

    assert (created.status, created.charged_credits) == (Status.QUEUED, 64)
    assert (generation.status, generation.output.size_bytes) == (Status.SUCCEEDED, len(VIDEO))
    assert (generation.is_live, generation.metadata) == (True, {"scene": 1})
    assert generation.finished_at >= generation.started_at >= generation.created_at
    path = await sdk(lambda c: c.videos.download(with_sha256(generation), tmp_path / "clip.mp4"))
    assert path.read_bytes() == VIDEO


async def test_the_same_key_is_the_same_generation_also_with_a_local_file(sdk, ada, fox):
    async def order(**changes):
        return await sdk(lambda c: c.videos.create(idempotency_key="row-1", media=[fox], **ORDER | changes))

    first, second = await order(), await order()

    assert first.request_id == second.request_id
    assert await ada.credits() == (936, 64)
    with pytest.raises(IdempotencyMismatch):
        await order(prompt="Another.")


async def test_roles_are_understood(sdk, ada, fox):
    created = await sdk(
        lambda c: c.videos.create(media=[Reference(fox, "last_frame"), Reference(fox, "first_frame")], **ORDER)
    )

    assert (await sdk(lambda c: c.videos.get(created.request_id))).status is Status.QUEUED


async def test_an_estimate_costs_nothing_and_knows_media(sdk, ada, fox):
    plain = await sdk(lambda c: c.videos.estimate(**ORDER))
    with_picture = await sdk(lambda c: c.videos.estimate(media=[fox], **ORDER))

    assert (plain.credits, with_picture.credits, with_picture.available) == (40, 64, 1000)
    assert await ada.jobs() == 0


async def test_a_generation_is_ordered_once_more_with_changes(sdk, ada, fox):
    first = await sdk(lambda c: c.videos.create(media=[fox], seed=7, **ORDER))
    again = await sdk(lambda c: c.videos.rerun(first.request_id, seed=8, resolution="480p"))
    shown = await sdk(lambda c: c.videos.get(again.request_id))

    assert again.request_id != first.request_id
    assert (shown.seed, shown.resolution, shown.prompt) == (8, "480p", ORDER["prompt"])
    assert again.charged_credits == 32


async def test_events_tell_from_the_queue_to_the_end(sdk, ada, blobs):
    created = await sdk(lambda c: c.videos.create(**ORDER))
    watching = asyncio.create_task(sdk.all(lambda c: c.videos.events(created.request_id, timeout_s=30)))
    await asyncio.sleep(0)
    await ada.succeed(blobs)
    events = await watching

    assert events[-1].is_final
    assert events[-1].generation.output.url.endswith(f"{created.request_id}.mp4")
    assert await sdk.all(lambda c: c.videos.events(created.request_id, last_event_id=events[-1].id)) == []


async def test_a_list_holds_what_was_ordered(sdk, ada):
    ids = [(await sdk(lambda c: c.videos.create(**ORDER))).request_id for _ in range(3)]
    await sdk(lambda c: c.videos.cancel(ids[0]))

    page = await sdk(lambda c: c.videos.list(limit=2))
    rest = await sdk(lambda c: c.videos.list(limit=2, cursor=page.cursor))
    queued = await sdk.all(lambda c: c.videos.list_all(status="queued"))

    assert [one.request_id for one in [*page, *rest]] == ids[::-1]
    assert {one.request_id for one in queued} == set(ids[1:])


async def test_what_was_cancelled_or_failed_says_so(sdk, ada):
    stopped = await sdk(lambda c: c.videos.create(**ORDER))
    assert (await sdk(lambda c: c.videos.cancel(stopped.request_id))).status is Status.CANCELLED
    with pytest.raises(GenerationCancelled):
        await sdk(lambda c: c.videos.wait(stopped.request_id))

    failed = await sdk(lambda c: c.videos.create(**ORDER))
    await ada.fail(ModerationSaidNo("This prompt is refused."))
    with pytest.raises(ContentRejected, match="refused"):
        await sdk(lambda c: c.videos.wait(failed.request_id))
    with pytest.raises(NotCancellable) as caught:
        await sdk(lambda c: c.videos.cancel(failed.request_id))
    assert caught.value.request_id


async def test_refusals_are_typed(sdk, ada, base_url):
    with pytest.raises(InvalidRequest) as caught:
        await sdk(lambda c: c.videos.create(prompt="x", duration=99))
    assert caught.value.param == "duration"
    with pytest.raises(NotFound):
        await sdk(lambda c: c.videos.get("req_" + "0" * 32))
    with pytest.raises(NotFound):
        await sdk.all(lambda c: c.videos.events("req_" + "0" * 32))
    for _ in range(3):
        await sdk(lambda c: c.videos.create(prompt="x", duration=15, resolution="1080p"))
    with pytest.raises(InsufficientCredits):
        await sdk(lambda c: c.videos.create(prompt="x", duration=15, resolution="1080p"))
    with pytest.raises(Unauthorized), Seedbed("sd2_live_nobody", base_url) as stranger:
        await Either(stranger)(lambda c: c.credits.get())


async def test_the_catalogue_the_credits_and_the_secret_are_there(sdk, ada):
    models = await sdk(lambda c: c.models.list())
    balance = await sdk(lambda c: c.credits.get())
    before = await sdk(lambda c: c.run(account.secret(c.service)))
    after = await sdk(lambda c: c.run(account.rotate(c.service, overlap_s=60)))

    assert [model.id for model in models] == ["seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro"]
    assert models[0].data["pricing"]["perSecond"]["720p"] == 8
    assert (balance.available, balance.held) == (1000, 0)
    assert after.retiring[0].secret == before.secrets[0]


async def test_what_a_listener_hears_verifies(sdk, ada):
    cursor = (await sdk(lambda c: c.run(account.heard_after(c.service)))).cursor
    created = await sdk(lambda c: c.videos.create(webhook_url="https://your-app.com/hook", **ORDER))
    await sdk(lambda c: c.videos.cancel(created.request_id))

    [heard] = (await sdk(lambda c: c.run(account.heard_after(c.service, cursor, wait_s=10)))).events
    secret = (await sdk(lambda c: c.run(account.secret(c.service)))).secrets[0]
    event = verify_webhook(heard.headers, heard.body, secret)

    assert (event.id, event.event, event.request_id) == (heard.id, "cancelled", created.request_id)
    assert event.generation.status is Status.CANCELLED


def with_sha256(generation):
    """The test's worker says no true check sum."""
    return replace(generation, output=replace(generation.output, sha256=hashlib.sha256(VIDEO).hexdigest()))
