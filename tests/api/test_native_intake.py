"""Bodies that come slowly, in great numbers, or folded into more than they look."""

from __future__ import annotations

import asyncio
import tracemalloc

import pytest
from customers import GENERATIONS, ROOT

from seedbed.api.intake import Intake
from seedbed.core.errors import Unavailable

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}


async def trickle(beginning: bytes):
    yield beginning
    await asyncio.sleep(60)
    yield b"}"


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize(
    ("path", "headers", "beginning"),
    [(GENERATIONS, JSON, b'{"model":'), (f"{ROOT}/uploads", FORM, b"--x")],
    ids=["a generation", "an upload"],
)
async def test_a_body_that_trickles_is_refused_when_its_time_is_over(serve, enrol, path, headers, beginning):
    ada = await enrol(client=serve(body_timeout_s=0.05))

    answer = await ada.post(path, content=trickle(beginning), headers=headers)

    assert (code_of(answer), answer.json()["error"]["param"]) == ((400, "invalid_request"), "body")
    assert "in time" in answer.json()["error"]["message"]


async def test_a_large_body_may_take_longer_for_what_has_arrived(serve, enrol):
    ada = await enrol(client=serve(body_timeout_s=0.0))

    async def steady():
        yield b'{"note":"' + b"x" * 100_000  # 6 s of patience
        await asyncio.sleep(0.05)
        yield b'"}'

    answer = await ada.post(GENERATIONS, content=steady(), headers=JSON)

    assert "model is required" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "bomb",
    [
        b'{"a":"data:,","b":[' + b"[]," * 1_500_000 + b"[]]}",
        b'{"a":"data:,","b":{' + b",".join(b'"%d":0' % i for i in range(400_000)) + b"}}",
        b'{"a":"data:,","b":"' + b"x" * 2_000_000 + b'"}',
        b'{"a":"\\"data:","b":"' + b"x" * 2_000_000 + b'"}',
    ],
    ids=["lists", "keys", "text", "an escaped quote"],
)
async def test_a_data_uri_opens_the_door_for_nothing_but_data_uris(ada, bomb):
    tracemalloc.start()
    answer = await ada.send_raw(bomb)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert code_of(answer) == (413, "too_large")
    assert peak_bytes < 10_000_000


async def test_data_uris_with_escaped_slashes_are_data_uris_too(ada):
    body = (
        b'{"model":"seedance-2.0","prompt":"A fox","mediaUrls":["data:image\\/png;base64,' + b"A\\/" * 500_000 + b'"]}'
    )

    assert (await ada.send_raw(body)).json()["error"]["param"] == "mediaUrls[0]"


async def test_a_form_of_many_parts_is_refused(ada):
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'

    answer = await ada.post(f"{ROOT}/uploads", content=part * 101 + b"--x--\r\n", headers=FORM)

    assert code_of(answer) == (400, "invalid_request")
    assert "100 parts" in answer.json()["error"]["message"]


async def test_places_in_memory_are_waited_for_and_given_back():
    intake = Intake(max_parsed=1, wait_s=0.05)

    async with intake.parsed():
        with pytest.raises(Unavailable):
            async with intake.parsed():
                pass

    async with intake.parsed():
        pass


async def test_one_account_cannot_take_every_place_on_the_disk():
    intake = Intake(max_arriving=3, max_arriving_an_account=2)

    async with intake.arriving("a"), intake.arriving("a"):
        with pytest.raises(Unavailable, match="this account"):
            async with intake.arriving("a"):
                pass
        async with intake.arriving("b"):
            pass

    async with intake.arriving("a"):
        pass
