"""Another deployment takes the place of the one that is offered, between two requests and never within one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from seedbed.api.app import create_app
from seedbed.core.deployment import embedded_deployment
from seedbed.core.models import Model
from seedbed.core.pricing import Tariff
from seedbed.core.routing import Step
from seedbed.core.sizes import Resolution

ROOT = "/api/open/v1"
BODY = {"model": "seedance-2.0", "prompt": "a quiet lake", "duration": 5, "resolution": "480p"}
PLAIN = embedded_deployment("animatic")


def dearer(deployment, **changes):
    """The same with everything at 7 credits a second."""
    prices = {**deployment.tariff.credits_per_s, **{("draft", r): Decimal(7) for r in Resolution}}
    tariff = Tariff(dict.fromkeys(prices, Decimal(7)), deployment.tariff.media_factor)
    return replace(deployment, tariff=tariff, **changes)


WITH_ONE_MORE = dearer(
    PLAIN,
    models={**PLAIN.models, "draft": Model("draft", "Draft", "Of our own.", (5,))},
    chains={"draft": (Step(engine="animatic", pool="default"),), "seedance-2.0": (Step(engine="b", pool="other"),)},
)


@pytest.fixture
async def app(pool, blobs, settings):
    return create_app(pool=pool, blobs=blobs, settings=settings, deployment=PLAIN)


@pytest.fixture
async def client(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        yield client


async def models(client) -> dict[str, float]:
    shown = (await client.get(ROOT + "/models")).json()["data"]
    return {each["id"]: each["pricing"]["perSecond"]["480p"] for each in shown}


async def test_what_is_offered_priced_and_routed_is_of_the_new_deployment(app, client, enrol):
    ada = await enrol(client=client)
    before = await models(client)
    first = (await ada.post(ROOT + "/video/generations", json=BODY)).json()

    app.offer(WITH_ONE_MORE)

    estimate = (await ada.post(ROOT + "/video/estimate", json=BODY)).json()
    second = (await ada.post(ROOT + "/video/generations", json=BODY)).json()
    new = await ada.post(ROOT + "/video/generations", json=BODY | {"model": "draft"})
    async with ada.pool.connection() as conn:
        rows = await (await conn.execute("select id, pool, price_credits from job")).fetchall()
    kept = {row["id"]: (row["pool"], row["price_credits"]) for row in rows}
    assert before == {"seedance-2.0": 4, "seedance-2.0-fast": 3.2, "seedance-1.5-pro": 2}
    assert await models(client) == dict.fromkeys([*before, "draft"], 7)
    assert (estimate["credits"], new.json()["creditsCharged"]) == (35, 35)
    assert kept[first["requestId"]] == ("default", 20)  # what was accepted stays what it was
    assert kept[second["requestId"]] == ("other", 35)


async def test_the_other_dialects_offer_what_the_new_deployment_has(app, client, enrol):
    ada = await enrol(client=client)
    task = {"model": "draft", "content": [{"type": "text", "text": "a quiet lake"}], "resolution": "480p"}

    refused = await ada.post("/api/v3/contents/generations/tasks", json=task)
    app.offer(WITH_ONE_MORE)
    taken = await ada.post("/api/v3/contents/generations/tasks", json=task)
    video = {"model": "draft", "prompt": "a quiet lake", "seconds": "5", "size": "864x496"}
    made = await ada.post("/v1/videos", json=video)

    assert (refused.status_code, taken.status_code, made.status_code) == (404, 200, 200), (taken.text, made.text)


async def test_a_request_that_has_begun_ends_with_the_deployment_it_began_with(app, client, enrol):
    """Its body comes slowly; meanwhile its model goes away, and every price changes."""
    ada = await enrol(client=client)
    app.offer(WITH_ONE_MORE)
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def body():
        yield b'{"model": "draft", "prompt": "a quiet lake", '
        begun.set()
        await may_end.wait()
        yield b'"duration": 5, "resolution": "480p"}'

    sent = asyncio.create_task(
        client.post(
            ROOT + "/video/generations", content=body(), headers={**ada.bearer, "Content-Type": "application/json"}
        )
    )
    await asyncio.wait_for(begun.wait(), 10)
    app.offer(PLAIN)
    may_end.set()
    answer = await sent

    assert (answer.status_code, answer.json().get("creditsCharged")) == (200, 35), answer.text
    assert "draft" not in await models(client)


async def test_a_job_of_a_model_that_is_gone_can_still_be_read_in_every_dialect(app, client, enrol):
    ada = await enrol(client=client)
    app.offer(WITH_ONE_MORE)
    job = (await ada.post(ROOT + "/video/generations", json=BODY | {"model": "draft"})).json()
    task = {"model": "draft", "content": [{"type": "text", "text": "a quiet lake"}], "resolution": "480p"}
    task_id = (await ada.post("/api/v3/contents/generations/tasks", json=task)).json()["id"]
    video = {"model": "draft", "prompt": "a quiet lake", "seconds": "5", "size": "864x496"}
    video_id = (await ada.post("/v1/videos", json=video)).json()["id"]

    app.offer(PLAIN)

    paths = (
        f"{ROOT}/video/generations/{job['requestId']}", f"{ROOT}/video/generations",
        f"/api/v3/contents/generations/tasks/{task_id}", "/api/v3/contents/generations/tasks",
        f"/v1/videos/{video_id}", "/v1/videos",
    )  # fmt: skip
    seen = [await ada.get(path) for path in paths]
    rerun = await ada.post(f"{paths[0]}/rerun", json={})

    assert [answer.status_code for answer in seen] == [200] * len(paths), [answer.text for answer in seen]
    assert all('"draft"' in answer.text for answer in seen)
    assert (rerun.status_code, rerun.json()["error"]["param"]) == (400, "model")
