"""The documents' own samples, byte for byte over the documented members; ids and URLs are ours."""

from __future__ import annotations

import json
import re

import pytest
from customers import GENERATIONS, PICTURE_URL, ROOT

from seedbed.core.errors import MediaUnreachable

JOB_ID = re.compile(r"req_[0-9a-f]{32}")
PROMPT = "A cinematic shot of a red fox running through fresh snow."
DOCUMENTED = ("success", "requestId", "status", "model", "prompt", "duration", "aspectRatio", "output", "error")


def documented(text: str) -> str:
    """Return the answer with its documented members only, compact, in the order in which they were sent."""
    answer = json.loads(text)
    kept = {name: value for name, value in answer.items() if name in DOCUMENTED}
    if kept.get("output"):
        kept["output"] = {name: value for name, value in kept["output"].items() if name in ("type", "url")}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


async def create(ada, **fields) -> str:
    body = {"model": "seedance-2.0", "prompt": PROMPT, "aspectRatio": "16:9", "duration": 5, "resolution": "720p"}
    answer = await ada.post(GENERATIONS, json=body | fields)
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize(("media", "charged"), [({}, 40), ({"mediaUrls": [PICTURE_URL]}, 64)])
async def test_the_answer_to_a_new_generation_is_the_documented_one(ada, media, charged):
    text = await create(ada, **media)

    expected = f'{{"success":true,"requestId":"req_1234567890","status":"queued","creditsCharged":{charged}}}'
    assert JOB_ID.sub("req_1234567890", text) == expected


async def test_two_pictures_for_six_seconds_are_the_documents_second_example(ada):
    text = await create(ada, mediaUrls=[PICTURE_URL, "https://cdn.pictures.dev/b.jpg"], duration=6, resolution="1080p")

    assert json.loads(text)["creditsCharged"] == 192  # 20 a second, 6 s, x1.6


async def test_a_succeeded_generation_reads_as_documented(ada, blobs):
    job_id = json.loads(await create(ada))["requestId"]
    await ada.succeed(blobs)

    text = (await ada.get(f"{GENERATIONS}/{job_id}")).text

    assert documented(text) == (
        f'{{"success":true,"requestId":"{job_id}","status":"succeeded","model":"seedance-2.0","prompt":"{PROMPT}",'
        f'"duration":5,"aspectRatio":"16:9","output":{{"type":"video",'
        f'"url":"https://videos.seedbed.dev/open-api-results/{job_id}.mp4"}},"error":null}}'
    )
    assert text.startswith(documented(text).split('"output"')[0])  # the documented members come first


async def test_a_failed_generation_has_an_error_and_no_output(ada):
    job_id = json.loads(await create(ada, mediaUrls=[PICTURE_URL]))["requestId"]
    await ada.fail(MediaUnreachable("it answered 404", name="mediaUrls[0]", host="cdn.pictures.dev"))

    view = json.loads(documented((await ada.get(f"{GENERATIONS}/{job_id}")).text))

    assert view["status"] == "failed"
    assert view["output"] is None
    assert view["error"] == {
        "code": "media_unreachable",
        "message": "mediaUrls[0] (cdn.pictures.dev): it answered 404",
    }


async def test_a_cancel_is_answered_as_documented(ada):
    job_id = json.loads(await create(ada))["requestId"]

    answer = await ada.cancel(job_id)

    assert answer.status_code == 200
    assert answer.text == f'{{"success":true,"requestId":"{job_id}","status":"cancelled"}}'


async def test_a_wrong_key_gets_the_documented_body(http):
    answer = await http.post(GENERATIONS, headers={"Authorization": "Bearer sd2_live_wrong"}, json={})

    assert answer.status_code == 401
    assert answer.text == '{"success":false,"error":{"code":"unauthorized","message":"Invalid API key"}}'


async def test_the_models_come_in_the_documented_envelope_without_a_key(http):
    answer = await http.get(f"{ROOT}/models")

    assert answer.status_code == 200
    assert answer.text.startswith('{"success":true,"data":[{"id":"seedance-2.0",')
