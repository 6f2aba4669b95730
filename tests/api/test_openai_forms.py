"""Videos from multipart forms, as the official client sends them: with a file, with a URL, or with text alone."""

from __future__ import annotations

import asyncio
import base64

import pytest
from openais import PROMPT, VIDEOS, error_of, job_id_of, post_form, post_video

from media.media_makers import picture, sound, video
from seedbed.core.errors import Unavailable
from seedbed.store import jobs

INVALID = "invalid_request_error"
BOUNDARY = "xyz"


@pytest.fixture(scope="module")
def fox(tmp_path_factory) -> bytes:
    return picture(tmp_path_factory.mktemp("fox") / "fox.jpg").read_bytes()


def part(name: str, content: str = "x", *, file: str | None = None) -> str:
    named = f'; filename="{file}"' if file else ""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n{content}\r\n'


def stored(tmp_path) -> list:
    return list((tmp_path / "blobs").rglob("ast_*"))


async def send(who, body: str | bytes, *, content_type=f"multipart/form-data; boundary={BOUNDARY}", headers=None):
    return await who.post(VIDEOS, content=body, headers={"Content-Type": content_type} | (headers or {}))


async def test_a_form_without_a_file_asks_for_the_same_as_json(ada):
    fields = {"model": "seedance-2.0-fast", "seconds": "8", "size": "720x1280", "seed": 7}

    form, json = [(await post(ada, **fields)).json() for post in (post_form, post_video)]

    unlike = {"id", "created_at"}
    assert {**form, **{name: json[name] for name in unlike}} == json
    assert (form["seconds"], form["size"], form["seed"]) == ("8", "720x1280", 7)


async def test_a_file_becomes_the_first_frame(ada, pool, fox, tmp_path):
    answer = await post_form(ada, file=fox, generate_audio="false", return_last_frame="True")

    assert answer.status_code == 200, answer.text
    async with pool.connection() as conn:
        request = (await jobs.find(conn, job_id_of(answer.json()["id"]))).request
    [reference] = request.references
    assert (reference.role, reference.name, reference.url[:8]) == ("first_frame", "input_reference", "asset://")
    assert (request.wants_audio, request.wants_last_frame) == (False, True)
    assert [path.read_bytes() for path in stored(tmp_path)] == [fox]
    assert await ada.credits() == (936, 64)


@pytest.mark.parametrize(("make", "role"), [(video, "reference_video"), (sound, "reference_audio")])
async def test_a_file_is_used_for_what_it_is(ada, pool, tmp_path, make, role):
    options = {"width": 320, "height": 320, "frames": 60} if make is video else {"rate": 8000}
    content = make(tmp_path / ("a.mp4" if make is video else "a.wav"), **options).read_bytes()

    answer = await post_form(ada, file=content)

    async with pool.connection() as conn:
        [reference] = (await jobs.find(conn, job_id_of(answer.json()["id"]))).request.references
    assert reference.role == role


@pytest.mark.parametrize("field", ["input_reference", "input_reference[image_url]"])
async def test_a_reference_by_url_stands_in_a_text_field(ada, pool, fox, field):
    uri = f"data:image/jpeg;base64,{base64.b64encode(fox).decode()}"
    for url in ("https://cdn.pictures.dev/a.jpg", uri):
        answer = await post_form(ada, **{field: url})
        assert answer.status_code == 200, answer.text
        assert (await ada.show(job_id_of(answer.json()["id"])))["creditsCharged"] == 64


async def test_a_data_uri_in_a_form_may_have_megabytes_but_other_text_may_not(ada, tmp_path):
    import numpy as np

    noise = np.random.default_rng(0).integers(0, 255, (800, 800, 3), dtype=np.uint8)
    content = picture(tmp_path / "noise.png", noise).read_bytes()
    uri = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    assert len(uri) > 2_000_000

    assert (await post_form(ada, **{"input_reference[image_url]": uri})).status_code == 200
    assert error_of(await post_form(ada, prompt="a" * 1_100_000)) == (413, INVALID, None)


async def test_the_same_key_and_form_is_one_video_whatever_the_order_of_its_parts(ada, fox):
    key = {"Idempotency-Key": "once"}
    first = await post_form(ada, file=fox, seconds=5, headers=key)
    swapped = [("input_reference", ("b.jpg", fox)), ("seconds", (None, "5")), ("prompt", (None, PROMPT))]

    again = await ada.post(VIDEOS, files=swapped, headers=key)
    other = await post_form(ada, file=fox + b"x", seconds=5, headers=key)

    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert error_of(other) == (422, "conflict_error", None)
    assert await ada.jobs() == 1


async def test_one_form_sent_at_once_many_times_is_one_video_and_one_file(ada, fox, tmp_path):
    key = {"Idempotency-Key": "once"}

    answers = await asyncio.gather(*(post_form(ada, file=fox, headers=key) for _ in range(4)))

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert (await ada.jobs(), len(stored(tmp_path))) == (1, 1)
    assert await ada.credits() == (936, 64)


@pytest.mark.parametrize(
    ("fields", "param", "says"),
    [
        ({"prompt": ...}, "prompt", "required"),
        ({"seconds": "five"}, "seconds", "whole number"),
        ({"seconds": "5.0"}, "seconds", "whole number"),
        ({"seconds": ""}, "seconds", "whole number"),
        ({"size": "1x1"}, "size", "1280x720"),
        ({"model": "sora-2"}, "model", "seedance-2.0"),
        ({"seed": "x"}, "seed", "an integer"),
        ({"generate_audio": "yes"}, "generate_audio", "true or false"),
        ({"n": "1"}, "n", "Unknown parameter: 'n'."),
        ({"input_reference[file_id]": "file_1"}, "input_reference.file_id", "not supported"),
        ({"input_reference[detail]": "low"}, "input_reference.detail", "Unknown parameter"),
        ({"input_reference": "a.jpg"}, "input_reference", "no scheme"),
    ],
)
async def test_a_wrong_field_is_named_before_a_file_is_kept(ada, tmp_path, fox, fields, param, says):
    is_reference = any(name.startswith("input_reference") for name in fields)

    answer = await post_form(ada, file=None if is_reference else fox, **fields)

    assert error_of(answer) == (400, INVALID, param), answer.text
    assert says in answer.json()["error"]["message"]
    assert (await ada.credits(), stored(tmp_path)) == ((1000, 0), [])


@pytest.mark.parametrize(
    ("body", "param", "says"),
    [
        ("", "body", "breaks off"),
        ("garbage", "body", "malformed"),
        (part("prompt"), "body", "breaks off"),
        (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nabc', "body", "breaks off"),
        (f"--{BOUNDARY}\r\nX-Other: 1\r\n\r\nabc\r\n--{BOUNDARY}--\r\n", "body", "Content-Disposition"),
        (part("prompt") * 101 + f"--{BOUNDARY}--\r\n", "body", "100 parts"),
        (part("prompt") + part("prompt") + f"--{BOUNDARY}--\r\n", "prompt", "twice"),
        (part("prompt") + part("a", file="a") + f"--{BOUNDARY}--\r\n", "a", "Unknown parameter"),
        (
            part("prompt") + part("input_reference", file="a") * 2 + f"--{BOUNDARY}--\r\n",
            "input_reference",
            "it holds 2",
        ),
        (
            part("prompt") + part("input_reference", file="a") + part("input_reference") + f"--{BOUNDARY}--\r\n",
            "input_reference",
            "twice",
        ),
        (
            part("prompt") + part("input_reference") + part("input_reference[image_url]") + f"--{BOUNDARY}--\r\n",
            "input_reference[image_url]",
            "twice",
        ),
        ((part("prompt", "\xff") + f"--{BOUNDARY}--\r\n").encode("latin-1"), "prompt", "UTF-8"),
        (part("prompt", "a\x00b") + f"--{BOUNDARY}--\r\n", "prompt", "NUL"),
    ],
)
async def test_what_is_no_whole_form_is_refused(ada, body, param, says):
    answer = await send(ada, body)

    assert error_of(answer) == (400, INVALID, param), answer.text
    assert says in answer.json()["error"]["message"]
    assert await ada.jobs() == 0


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary="])
async def test_a_form_without_a_boundary_is_refused(ada, content_type):
    answer = await send(ada, part("prompt"), content_type=content_type)

    assert error_of(answer) == (400, INVALID, "body")
    assert "boundary" in answer.json()["error"]["message"]


@pytest.mark.parametrize("content", [b"", b"This is a text.", "broken"])
async def test_a_file_that_cannot_be_used_is_refused_and_not_kept(ada, tmp_path, fox, content):
    answer = await post_form(ada, file=fox[:300] if content == "broken" else content)

    assert error_of(answer) == (400, INVALID, "input_reference")
    assert (await ada.credits(), stored(tmp_path)) == ((1000, 0), [])


async def test_a_file_without_a_job_is_dropped_again(enrol, fox, tmp_path):
    poor = await enrol(available=63)

    assert error_of(await post_form(poor, file=fox)) == (429, "insufficient_quota", None)
    assert stored(tmp_path) == []


async def test_a_file_over_its_kinds_limit_is_too_large(serve, enrol, fox):
    ada = await enrol(client=serve(max_image_bytes=1000))

    assert error_of(await post_form(ada, file=fox)) == (413, INVALID, None)


async def test_a_form_over_the_limit_is_cut_off(serve, enrol):
    ada = await enrol(client=serve(max_data_body_bytes=400_000))
    sent = 0

    async def endless():
        nonlocal sent
        yield part("input_reference", file="a").encode()[:-3]
        while True:
            sent += 10_000
            yield b"x" * 10_000

    assert error_of(await send(ada, endless())) == (413, INVALID, None)
    assert sent < 500_000


@pytest.mark.parametrize("is_large", [False, True])
async def test_files_are_taken_from_the_quota_of_uploads_and_text_is_not(serve, enrol, fox, is_large):
    content = fox + bytes(300_000 if is_large else 0)
    ada = await enrol(client=serve(upload_bytes_per_day=len(content) + 2000))

    assert (await post_form(ada, file=content)).status_code == 200
    assert error_of(await post_form(ada, file=content)) == (429, "rate_limit_error", None)
    assert (await post_form(ada)).status_code == 200


async def test_many_small_forms_of_one_account_arrive_at_once(ada):
    answers = await asyncio.gather(*(post_form(ada) for _ in range(12)))

    assert {answer.status_code for answer in answers} == {200}


async def test_a_store_that_is_down_is_unavailable_and_charges_nothing(serve, enrol, fox):
    class Down:
        async def put_file(self, _key, _path):
            raise Unavailable("The store of results and uploads does not answer.")

    ada = await enrol(client=serve(blobs=Down()))

    answer = await post_form(ada, file=fox)

    assert error_of(answer) == (503, "server_error", None)
    assert answer.headers["Retry-After"]
    assert await ada.credits() == (1000, 0)


async def test_a_form_needs_a_key_before_it_is_read(http):
    async def never():
        raise AssertionError("the body was read")
        yield b""

    answer = await http.post(VIDEOS, content=never(), headers={"Content-Type": "multipart/form-data; boundary=x"})

    assert error_of(answer)[0] == 401
