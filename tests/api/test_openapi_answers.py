"""What is really answered is what the documents say: in every state, and not a member more."""

from __future__ import annotations

import asyncio

import pytest
from arks import TASKS, delete_task, media, new_task, text
from customers import GENERATIONS, PICTURE_URL, ROOT, order
from documents import JSON, operation, operations, validate
from openais import VIDEOS, delete_video, new_video, post_video
from states import COME_TO

from seedbed.actions.beat import beat
from seedbed.core.engine import Stage

pytestmark = pytest.mark.server
HOOK = "https://receiver.dev/hook"


def check(dialect: str, name: str, answer, *, status: int = 200) -> None:
    assert answer.status_code == status, answer.text
    said = operation(dialect, name).answer(status)
    assert said is not None, (name, status)
    validate(dialect, said["content"][JSON]["schema"], answer.json())


async def look_at(ada, job_id: str) -> None:
    """Check all that shows a job, in all dialects."""
    name = job_id.removeprefix("req_")
    check("native", "showGeneration", await ada.get(f"{GENERATIONS}/{job_id}"))
    check("native", "listGenerations", await ada.get(GENERATIONS))
    check("ark", "showTask", await ada.get(f"{TASKS}/cgt-{name}"))
    check("ark", "listTasks", await ada.get(TASKS))
    check("openai", "retrieveVideo", await ada.get(f"{VIDEOS}/video_{name}"))
    check("openai", "listVideos", await ada.get(VIDEOS))


@pytest.mark.parametrize("state", COME_TO)
async def test_a_job_is_shown_as_documented_in_every_state(ada, blobs, state):
    job_id = await ada.new_job(mediaUrls=[PICTURE_URL], metadata={"projectId": "a"}, webhookUrl=HOOK, style="x")

    await COME_TO[state](ada, blobs)

    await look_at(ada, job_id)


async def test_a_job_with_progress_is_shown_as_documented(ada):
    job_id = await ada.new_job()
    job = await ada.take()
    async with ada.pool.connection() as conn:
        await beat(conn, job.id, job.attempt, lease_s=60, stage=Stage.RENDERING, fraction=0.5)

    await look_at(ada, job_id)


async def test_a_job_that_came_by_another_dialect_is_shown_as_documented(ada):
    task = await new_task(ada, text(), media("video", "a.mp4"), ratio="adaptive", safety_identifier="u1")
    await look_at(ada, task.replace("cgt-", "req_"))
    await ada.cancel(task.replace("cgt-", "req_"))

    video = await new_video(ada, input_reference=PICTURE_URL, size="1470x630")
    await look_at(ada, video.replace("video_", "req_"))


async def test_orders_and_their_ends_are_answered_as_documented(ada, blobs):
    created = await ada.submit(style="x")
    check("native", "createGeneration", created)
    job_url = f"{GENERATIONS}/{created.json()['requestId']}"
    check("native", "estimateGeneration", await ada.post(f"{ROOT}/video/estimate", json=order(style="x")))
    check("native", "cancelGeneration", await ada.post(f"{job_url}/cancel"))
    check("native", "rerunGeneration", await ada.post(f"{job_url}/rerun", json={"seed": 7}))
    await ada.succeed(blobs)

    task = await ada.post(TASKS, json={"model": "doubao-seedance-2-0-260128", "content": [text()]})
    check("ark", "createTask", task)
    check("ark", "removeTask", await delete_task(ada, task.json()["id"]))
    video = await post_video(ada)
    check("openai", "createVideo", video)
    check("openai", "deleteVideo", await delete_video(ada, video.json()["id"]))


async def test_what_belongs_to_an_account_is_answered_as_documented(ada, blobs):
    job_id = await ada.new_job(webhookUrl=HOOK, metadata={"projectId": "a"})
    await ada.succeed(blobs)
    secret = f"{ROOT}/webhooks/secret"
    check("native", "showWebhookSecret", await ada.get(secret))
    check("native", "rotateWebhookSecret", await ada.post(secret))
    for path, name in (
        ("/models", "listModels"),
        ("/credits", "showCredits"),
        ("/credits?limit=5", "showCredits"),
        ("/usage", "showUsage"),
        (f"/webhooks/deliveries?requestId={job_id}", "listWebhookDeliveries"),
        ("/webhooks/endpoints", "listWebhookEndpoints"),
        ("/webhooks/listen?since=2026-01-01T00:00:00Z", "listenToWebhooks"),
    ):
        answer = await ada.get(ROOT + path)
        check("native", name, answer)
    [delivery] = (await ada.get(f"{ROOT}/webhooks/deliveries")).json()["data"]
    check("native", "redeliverWebhook", await ada.post(f"{ROOT}/webhooks/deliveries/{delivery['id']}/redeliver"))
    check(
        "native", "switchWebhookEndpointOn", await ada.post(f"{ROOT}/webhooks/endpoints/switch-on", json={"url": HOOK})
    )


async def test_refusals_are_answered_as_documented(ada, enrol, http):
    poor = await enrol(available=0)
    job_id = await ada.new_job()
    await ada.cancel(job_id)
    bare = job_id.removeprefix("req_")

    check("native", "createGeneration", await ada.submit(prompt=...), status=400)
    check("native", "createGeneration", await poor.submit(), status=402)
    check("native", "showGeneration", await ada.get(f"{GENERATIONS}/x"), status=404)
    check("ark", "createTask", await ada.post(TASKS, json={}), status=400)
    check("ark", "createTask", await ada.post(TASKS, json={"model": "x", "content": [text()]}), status=404)
    check("ark", "removeTask", await delete_task(ada, f"cgt-{bare}"), status=409)
    check("openai", "createVideo", await post_video(ada, n=2), status=400)
    check("openai", "createVideo", await post_video(poor), status=429)
    check("openai", "downloadVideo", await ada.get(f"{VIDEOS}/video_{bare}/content"), status=404)


async def test_without_a_key_every_operation_is_refused_as_documented(http):
    keyed = [
        one for one in operations() if one.document != "all" and not one.path.endswith(("/openapi.json", "/models"))
    ]
    roots = {"native": ROOT, "ark": "/api/v3", "openai": "/v1", "admin": "/api/admin/v1"}

    answers = await asyncio.gather(*(http.request(one.method, roots[one.document] + one.path) for one in keyed))

    for one, answer in zip(keyed, answers, strict=True):
        check(one.document, one.name, answer, status=401)
