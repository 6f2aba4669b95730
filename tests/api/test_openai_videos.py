"""Videos in the OpenAI dialect: create, retrieve, delete and their content, beside the same jobs in the native one."""

from __future__ import annotations

import pytest
from customers import PICTURE_URL, VIDEO, order
from openais import VIDEOS, delete_video, error_of, get_video, job_id_of, list_ids, new_video, post_video

from media.media_makers import video
from seedbed.actions.beat import beat
from seedbed.core.engine import Stage
from seedbed.core.errors import MediaUnreachable
from seedbed.core.keys import Mode
from seedbed.core.sizes import SIZES

INVALID = "invalid_request_error"


async def test_a_prompt_alone_is_enough(ada):
    answer = await post_video(ada)

    video = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Location"] == f"{VIDEOS}/{video['id']}"
    assert list(video)[:2] == ["id", "object"]
    assert video["id"].startswith("video_")
    known = {name: video[name] for name in ("object", "status", "model", "progress", "seconds", "size", "prompt")}
    assert known == {
        "object": "video", "status": "queued", "model": "seedance-2.0", "progress": 0, "seconds": "5",
        "size": "1280x720", "prompt": "A red fox in the snow.",
    }  # fmt: skip
    assert {video[name] for name in ("completed_at", "expires_at", "error", "remixed_from_video_id")} == {None}
    assert await ada.credits() == (960, 40)


async def test_what_create_answers_is_what_retrieve_shows(ada):
    created = (await post_video(ada, seconds=8, seed=7)).json()

    assert await get_video(ada, created["id"]) == created


@pytest.mark.parametrize("seconds", ["8", 8])
async def test_seconds_are_a_string_or_an_integer(ada, seconds):
    assert (await post_video(ada, seconds=seconds)).json()["seconds"] == "8"


async def test_every_size_of_ours_is_taken_and_priced_by_its_resolution(enrol):
    ada = await enrol(available=10_000)

    for (resolution, aspect_ratio), size in SIZES.items():
        video = await new_video(ada, size=str(size), seconds="4")
        native = await ada.show(job_id_of(video))
        assert (native["resolution"], native["aspectRatio"]) == (resolution, aspect_ratio)
        assert (await get_video(ada, video))["size"] == str(size)


async def test_nulls_mean_absent(ada):
    nulls = dict.fromkeys(["model", "seconds", "size", "input_reference", "seed", "generate_audio"])

    assert (await post_video(ada, **nulls)).status_code == 200


@pytest.mark.parametrize("reference", [PICTURE_URL, {"image_url": PICTURE_URL}])
async def test_a_reference_by_url_is_the_first_frame_and_costs_as_media(ada, reference):
    video = await new_video(ada, input_reference=reference)

    assert (await ada.show(job_id_of(video)))["creditsCharged"] == 64


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"prompt": ...}, "prompt", "required"),
        ({"prompt": " "}, "prompt", "1 to 5000"),
        ({"prompt": None}, "prompt", "string"),
        ({"model": "sora-2"}, "model", "seedance-2.0"),
        ({"seconds": "five"}, "seconds", "whole number"),
        ({"seconds": 5.0}, "seconds", "an integer or a string"),
        ({"seconds": True}, "seconds", "an integer or a string"),
        ({"seconds": "3"}, "seconds", "4 to 15"),
        ({"seconds": -5}, "seconds", "4 to 15"),
        ({"seconds": "6", "model": "seedance-1.5-pro"}, "seconds", "5 or 10"),
        ({"size": "1x1"}, "size", "1280x720, 720x1280"),
        ({"size": "720p"}, "size", "1920x1080"),
        ({"size": 1280}, "size", "a string"),
        ({"seed": "7"}, "seed", "an integer"),
        ({"seed": -1}, "seed", "4294967295"),
        ({"n": 2}, "n", "Unknown parameter: 'n'."),
        ({"input_reference": "http://cdn.pictures.dev/a.jpg"}, "input_reference", "https"),
        ({"input_reference": "https://127.0.0.1/a.jpg"}, "input_reference", "private"),
        ({"input_reference": 5}, "input_reference", "a string or an object"),
        ({"input_reference": {}}, "input_reference.image_url", "required"),
        ({"input_reference": {"file_id": "file_1"}}, "input_reference.file_id", "not supported"),
        ({"input_reference": {"image_url": "a.jpg"}}, "input_reference.image_url", "no scheme"),
        ({"input_reference": {"url": PICTURE_URL}}, "input_reference.url", "Unknown parameter"),
        ({"input_reference": {"image_url": "data:image/png;base64,%%"}}, "input_reference.image_url", "base64"),
        ({"input_reference": "asset://ast_" + "0" * 32}, "input_reference", "upload"),
    ],
)
async def test_a_wrong_field_is_named_with_what_would_be_right(ada, fields, param, says):
    answer = await post_video(ada, **fields)

    assert error_of(answer) == (400, INVALID, param), answer.text
    assert says in answer.json()["error"]["message"]
    assert await ada.credits() == (1000, 0)


async def test_the_same_key_and_body_is_one_video(ada):
    key = {"Idempotency-Key": "once"}

    first, again = [await post_video(ada, seconds=s, headers=key) for s in ("5", "5")]
    other = await post_video(ada, seconds="6", headers=key)

    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert again.headers["Location"] == first.headers["Location"]
    assert error_of(other) == (422, "conflict_error", None)
    assert await ada.jobs() == 1


async def test_a_key_of_another_dialect_is_another_key(ada):
    key = {"Idempotency-Key": "once"}

    assert (await ada.submit(headers=key)).status_code == 200
    assert (await post_video(ada, headers=key)).status_code == 200
    assert await ada.jobs() == 2


async def test_a_native_job_is_a_video_and_back(ada):
    job_id = await ada.new_job(**order(aspectRatio="9:16", resolution="1080p", duration=7))
    video_id = "video_" + job_id.removeprefix("req_")

    video = await get_video(ada, video_id)

    assert (video["id"], video["size"], video["seconds"], video["status"]) == (video_id, "1080x1920", "7", "queued")
    assert await list_ids(ada) == [video_id]


async def test_a_size_is_null_until_the_picture_has_decided_it(ada):
    job_id = await ada.new_job(mediaUrls=[PICTURE_URL])

    assert (await get_video(ada, job_id.replace("req_", "video_")))["size"] is None


async def test_progress_grows_from_stage_to_stage_and_is_a_hundred_only_at_the_end(ada, pool, blobs):
    video = await new_video(ada)
    job = await ada.take()
    seen = [(await get_video(ada, video))["progress"]]
    for stage in Stage:
        for fraction in (0.0, 0.5, 1.0):
            async with pool.connection() as conn:
                await beat(conn, job.id, job.attempt, lease_s=60, stage=stage, fraction=fraction)
            shown = await get_video(ada, video)
            assert shown["status"] == "in_progress"
            seen.append(shown["progress"])

    assert seen == sorted(seen)
    assert (seen[0], seen[-1], len(set(seen)) > 8) == (1, 99, True)


async def test_a_finished_video_is_completed_and_its_content_is_the_result(ada, blobs):
    video = await new_video(ada)
    await ada.succeed(blobs)

    shown = await get_video(ada, video)
    answer = await ada.get(f"{VIDEOS}/{video}/content")

    assert (shown["status"], shown["progress"], shown["error"]) == ("completed", 100, None)
    assert shown["completed_at"] >= shown["created_at"]
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, VIDEO, "video/mp4")
    assert answer.headers["cache-control"].startswith("private")


async def test_content_comes_in_ranges_and_not_twice(ada, blobs):
    video = await new_video(ada)
    await ada.succeed(blobs)
    url = f"{VIDEOS}/{video}/content"

    part = await ada.get(url, headers={"Range": "bytes=10-19"})
    known = await ada.get(url, headers={"If-None-Match": part.headers["etag"]})
    beyond = await ada.get(url, headers={"Range": "bytes=999999-"})

    assert (part.status_code, part.content) == (206, VIDEO[10:20])
    assert known.status_code == 304
    assert error_of(beyond) == (416, INVALID, None)


async def test_there_is_no_content_before_the_end(ada):
    video = await new_video(ada)

    waiting = await ada.get(f"{VIDEOS}/{video}/content")
    await ada.fail(MediaUnreachable("no answer", name="input_reference"))
    failed = await ada.get(f"{VIDEOS}/{video}/content")

    assert (error_of(waiting), error_of(failed)) == ((404, "not_found_error", None),) * 2
    assert "queued" in waiting.json()["error"]["message"]
    assert "failed" in failed.json()["error"]["message"]


async def test_a_result_that_is_gone_is_not_found(ada, blobs):
    video = await new_video(ada)
    await blobs.delete_prefix(f"jobs/{(await ada.succeed(blobs)).id}")

    answer = await ada.get(f"{VIDEOS}/{video}/content")

    assert error_of(answer) == (404, "not_found_error", None)
    assert answer.json()["error"]["code"] == "gone"


async def test_a_thumbnail_is_a_small_jpeg_that_is_made_once_and_goes_with_the_video(ada, blobs, tmp_path):
    video_id = await new_video(ada)
    output = (await ada.succeed(blobs)).output
    await blobs.delete(output.key)
    await blobs.put_file(output.key, video(tmp_path / "a.mp4", frames=50))
    url, params = f"{VIDEOS}/{video_id}/content", {"variant": "thumbnail"}

    first = await ada.get(url, params=params)
    await blobs.delete(output.key)
    again = await ada.get(url, params=params)
    await delete_video(ada, video_id)

    assert (first.status_code, first.headers["content-type"]) == (200, "image/jpeg")
    assert first.content.startswith(b"\xff\xd8\xff")
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert not list((tmp_path / "blobs").rglob("poster.jpg"))


async def test_without_its_bytes_a_video_has_no_thumbnail_either(ada, blobs):
    params = {"variant": "thumbnail"}
    broken = await new_video(ada)
    await ada.succeed(blobs)  # what is stored is no video
    gone = await new_video(ada)
    await blobs.delete_prefix(f"jobs/{(await ada.succeed(blobs)).id}")

    answers = [await ada.get(f"{VIDEOS}/{each}/content", params=params) for each in (broken, gone)]

    assert [error_of(answer)[0] for answer in answers] == [500, 404]


async def test_a_variant_that_is_not_made_is_refused_by_name(ada, blobs):
    video = await new_video(ada)
    await ada.succeed(blobs)

    for params, param in (({"variant": "spritesheet"}, "variant"), ({"quality": "low"}, "quality")):
        answer = await ada.get(f"{VIDEOS}/{video}/content", params=params)
        assert error_of(answer) == (400, INVALID, param)


async def test_a_failed_video_says_why(ada):
    video = await new_video(ada)
    await ada.fail(MediaUnreachable("no answer", name="input_reference"))

    shown = await get_video(ada, video)

    assert (shown["status"], shown["error"]["code"]) == ("failed", "media_unreachable")
    assert "input_reference" in shown["error"]["message"]
    assert await ada.credits() == (1000, 0)


async def test_a_job_that_was_cancelled_elsewhere_is_failed_with_that_code(ada):
    video = await new_video(ada)
    await ada.cancel(job_id_of(video))

    shown = await get_video(ada, video)

    assert (shown["status"], shown["error"]["code"], shown["progress"]) == ("failed", "cancelled", 0)


async def test_deleting_a_waiting_video_gives_its_charge_back(ada):
    video = await new_video(ada)

    answer = await delete_video(ada, video)

    assert answer.json() == {"id": video, "object": "video.deleted", "deleted": True}
    assert await ada.credits() == (1000, 0)
    assert await list_ids(ada) == []


async def test_deleting_a_video_that_is_made_stops_it(ada):
    video = await new_video(ada)
    job = await ada.take()

    assert (await delete_video(ada, video)).status_code == 200
    assert await ada.credits() == (1000, 0)
    async with ada.pool.connection() as conn:
        assert not await beat(conn, job.id, job.attempt, lease_s=60, stage=Stage.RENDERING, fraction=0.5)


async def test_deleting_a_finished_video_erases_its_bytes_and_keeps_its_price(ada, blobs, tmp_path):
    video = await new_video(ada)
    await ada.succeed(blobs)

    assert (await delete_video(ada, video)).status_code == 200
    assert await ada.credits() == (960, 0)
    assert not list((tmp_path / "blobs").rglob("result.mp4"))
    assert error_of(await ada.get(f"{VIDEOS}/{video}/content")) == (404, "not_found_error", None)


@pytest.mark.parametrize("how", ["failed", "cancelled"])
async def test_deleting_what_came_to_nothing_erases_it(ada, how):
    video = await new_video(ada)
    await (ada.fail(MediaUnreachable("no", name="x")) if how == "failed" else ada.cancel(job_id_of(video)))

    assert (await delete_video(ada, video)).status_code == 200
    assert error_of(await delete_video(ada, video)) == (404, "not_found_error", None)


async def test_deleting_videos_that_are_made_has_the_pace_of_cancels(serve, enrol):
    ada = await enrol(client=serve(cancels_per_minute=1))
    for expected in (200, 429):
        video = await new_video(ada)
        await ada.take()
        answer = await delete_video(ada, video)
        assert answer.status_code == expected

    assert error_of(answer) == (429, "rate_limit_error", None)
    assert (await get_video(ada, video))["status"] == "in_progress"


async def test_anothers_video_does_not_exist(ada, enrol, blobs):
    video = await new_video(ada)
    await ada.succeed(blobs)

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        for path in (video, f"{video}/content"):
            assert error_of(await stranger.get(f"{VIDEOS}/{path}")) == (404, "not_found_error", None)
        assert error_of(await delete_video(stranger, video)) == (404, "not_found_error", None)
        assert await list_ids(stranger) == []


@pytest.mark.parametrize("name", ["x", "video_", "video_XYZ", "req_" + "0" * 32, "video_" + "0" * 32, "video_%00"])
async def test_what_is_no_videos_id_is_not_found(ada, name):
    assert error_of(await ada.get(f"{VIDEOS}/{name}")) == (404, "not_found_error", None)
