"""Pages of videos in the OpenAI dialect: stable under inserts and deletes, and nobody else's."""

from __future__ import annotations

import pytest
from openais import VIDEOS, delete_video, error_of, job_id_of, list_ids, new_video

from seedbed.core.keys import Mode


@pytest.fixture
async def five(ada) -> list[str]:
    """The ids of five videos, the oldest first."""
    return [await new_video(ada, size="864x496", seconds="4") for _ in range(5)]


async def pages(who, **params) -> list[list[str]]:
    """Walk through all pages as the official client does."""
    found = []
    while True:
        page = (await who.get(VIDEOS, params=params)).json()
        found.append([video["id"] for video in page["data"]])
        if not page["has_more"]:
            return found
        params["after"] = page["last_id"]


async def test_a_list_has_the_official_envelope(ada, five):
    page = (await ada.get(VIDEOS, params={"limit": 2})).json()

    assert list(page) == ["object", "data", "first_id", "last_id", "has_more"]
    assert (page["object"], page["has_more"]) == ("list", True)
    assert [page["first_id"], page["last_id"]] == [video["id"] for video in page["data"]] == five[:2:-1]
    assert page["data"][0]["object"] == "video"


async def test_an_empty_list_has_no_ends(ada):
    page = (await ada.get(VIDEOS)).json()

    assert page == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


async def test_pages_hold_everything_once_either_way(ada, five):
    assert await pages(ada, limit=2) == [five[:2:-1], five[2:0:-1], five[:1]]
    assert await pages(ada, limit=2, order="asc") == [five[:2], five[2:4], five[4:]]
    assert await pages(ada, limit=5) == [five[::-1]]


async def test_a_new_video_moves_no_page(ada, five):
    first = await list_ids(ada, limit=2)
    await new_video(ada)

    assert await list_ids(ada, limit=2, after=first[-1]) == five[2:0:-1]


@pytest.mark.parametrize("order", ["desc", "asc"])
async def test_whoever_deletes_what_a_page_shows_goes_on_where_it_ended(ada, five, order):
    seen, after = [], {}
    while page := await list_ids(ada, limit=2, order=order, **after):
        for video in page:
            assert (await delete_video(ada, video)).status_code == 200
        seen, after = seen + page, {"after": page[-1]}

    assert seen == (five if order == "asc" else five[::-1])
    assert await list_ids(ada) == []


async def test_after_a_deleted_video_come_those_that_came_after_it(ada, five):
    for video in (five[1], five[2]):
        await delete_video(ada, video)

    assert await list_ids(ada, after=five[2]) == [five[0]]
    assert await list_ids(ada, after=five[1]) == [five[0]]
    assert await list_ids(ada, after=five[1], order="asc") == five[3:]
    assert await list_ids(ada, after=five[2], order="asc") == five[3:]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"order": "newest"}, "order"),
        ({"after": "video_1"}, "after"),
        ({"after": "video_" + "0" * 32}, "after"),
        ({"after": "req_" + "0" * 32}, "after"),
        ({"before": "x"}, "before"),
    ],
)
async def test_a_wrong_parameter_is_named(ada, params, param):
    assert error_of(await ada.get(VIDEOS, params=params)) == (400, "invalid_request_error", param)


async def test_anothers_video_is_no_place_in_ones_own_list(ada, enrol, five):
    erased = five.pop()
    await delete_video(ada, erased)

    for stranger in (await enrol(), await enrol(mode=Mode.TEST, account_id=ada.account_id)):
        for video in (five[0], erased):
            answer = await stranger.get(VIDEOS, params={"after": video})
            assert error_of(answer) == (400, "invalid_request_error", "after")


async def test_the_list_is_that_of_the_native_dialect(ada, five):
    native = (await ada.get("/api/open/v1/video/generations")).json()

    assert [job["requestId"] for job in native["data"]] == [job_id_of(video) for video in await list_ids(ada)]
