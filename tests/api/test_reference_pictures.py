"""Small pictures of a generation's references: what is shown, for how long, and to whom."""

from __future__ import annotations

import io

import pytest
from customers import GENERATIONS, ROOT
from PIL import Image

from media.media_makers import picture, sound
from seedbed.actions.keep_reference import name_stored
from seedbed.core.formats import Format
from seedbed.core.limits import Probe


@pytest.fixture(scope="module")
def photo(tmp_path_factory) -> bytes:
    return picture(tmp_path_factory.mktemp("photo") / "a.png").read_bytes()


async def uploaded(who, content: bytes) -> str:
    return (await who.post(f"{ROOT}/uploads", files={"file": ("a", content, "image/png")})).json()["url"]


async def shown(who, job_id: str, position: int | str = 0, **headers: str):
    return await who.get(f"{GENERATIONS}/{job_id}/references/{position}", headers=headers)


async def test_an_upload_is_shown_small_and_only_once(ada, blobs, photo):
    job_id = await ada.new_job(mediaUrls=[await uploaded(ada, photo)])

    answer = await shown(ada, job_id)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert max(Image.open(io.BytesIO(answer.content)).size) <= 480
    assert answer.headers["cache-control"].startswith("private")
    assert (await shown(ada, job_id, **{"If-None-Match": answer.headers["etag"]})).status_code == 304


async def test_of_a_url_what_the_worker_has_kept_is_shown(ada, blobs, photo):
    await ada.new_job(mediaUrls=["https://cdn.pictures.dev/a.png"])
    job = await ada.take()
    assert (await shown(ada, job.id)).status_code == 404

    await blobs.put_bytes("assets/ast_1", photo)
    facts = {"blob_key": "assets/ast_1", "probe": Probe(Format.PNG, 7), "sha256": "cd" * 32, "lifetime_s": 60}
    async with ada.pool.connection() as conn:
        await name_stored(conn, job, 0, asset_id="ast_1", **facts)

    assert (await shown(ada, job.id)).status_code == 200


async def test_of_a_sound_and_of_what_is_gone_there_is_no_picture(ada, blobs, photo, tmp_path):
    urls = [await uploaded(ada, photo), await uploaded(ada, sound(tmp_path / "a.wav", rate=8000).read_bytes())]
    job_id = await ada.new_job(mediaUrls=urls)
    await blobs.delete_prefix("assets")

    answers = [await shown(ada, job_id, position) for position in (0, 1, 2, "x", "-1")]

    assert [answer.status_code for answer in answers] == [404] * 5


async def test_nobody_else_sees_a_reference(ada, blobs, enrol, photo):
    job_id = await ada.new_job(mediaUrls=[await uploaded(ada, photo)])

    assert (await shown(await enrol(), job_id)).status_code == 404
