"""One recorded exchange for each flavour: what is asked, word for word, and what its answers become."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from videos_heard import Heard
from videos_standin import says

from seedbed.core.engine import Stage, Stop
from seedbed.engines.videos_api.engine import VideosApi
from seedbed.engines.videos_api.flavours import FLAVOURS

FOLDER = Path(__file__).with_name("exchanges")


@pytest.fixture(params=sorted(FLAVOURS))
def exchange(request, server, clip):
    """The flavour's exchange, and the server that speaks it."""
    recorded = json.loads((FOLDER / f"{request.param}.json").read_text(encoding="utf-8"))
    place = f"/v1/videos/{quote(recorded['created']['id'], safe='')}"
    server.on("POST", "/v1/videos", says(recorded["created"]))
    server.on("GET", place, *map(says, recorded["polls"]))
    not_yet = [says(recorded["content_not_yet"], 404)] if "content_not_yet" in recorded else []
    server.on("GET", f"{place}/content", *not_yet, says(clip))
    server.on("DELETE", place, says(recorded["deleted"]))
    server.on("GET", recorded["health"]["path"], says(recorded["health"]["answer"]))
    engine = VideosApi({"base_url": f"{server.url}/v1/", "poll_s": 0.1, **recorded["options"]})
    return recorded | {"place": place, "engine": engine}


def test_every_flavour_has_its_recorded_exchange_with_its_sources():
    recorded = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}

    assert recorded.keys() == FLAVOURS.keys()
    assert all(exchange["sources"] for exchange in recorded.values())


def test_a_video_is_ordered_followed_and_fetched_as_the_server_wants_it(exchange, server, clip, task, tmp_path):
    heard = Heard()

    wanted = task(*exchange["roles"], options=exchange["task_options"])
    made = exchange["engine"].make(wanted, tmp_path / "out.mp4", heard)

    assert made.path.read_bytes() == clip
    [order] = server.of("POST")
    assert order.is_form is ("form" in exchange)
    assert order.fields == exchange.get("form", exchange.get("json"))
    assert order.files == exchange["files"]
    key = exchange["options"].get("key")
    assert {asked.headers.get("authorization") for asked in server.asked} == {f"Bearer {key}" if key else None}
    assert len(server.of("GET", exchange["place"])) == len(exchange["polls"])


def test_progress_is_the_servers_own_or_none(exchange, task, tmp_path):
    heard = Heard()

    exchange["engine"].make(task(), tmp_path / "out.mp4", heard)

    rendering = list(dict.fromkeys(fraction for stage, fraction in heard.told if stage is Stage.RENDERING))
    assert rendering == exchange["fractions"] or rendering == [0.0, *exchange["fractions"]]
    fractions = [fraction for _, fraction in heard.told]
    assert fractions == sorted(fractions)


def test_what_the_server_cannot_take_is_named_in_a_warning(exchange, task, tmp_path):
    wanted = task(*exchange["roles"], options=exchange["task_options"])

    made = exchange["engine"].make(wanted, tmp_path / "out.mp4", Heard())

    assert len(made.warnings) == len(exchange["warnings"]), made.warnings
    assert all(name in warning for name, warning in zip(exchange["warnings"], made.warnings, strict=True))


def test_what_was_sent_is_told_without_media_and_secrets(exchange, task, tmp_path):
    wanted = task(*exchange["roles"], options=exchange["task_options"])

    made = exchange["engine"].make(wanted, tmp_path / "out.mp4", Heard())

    told = json.dumps(made.sent)
    assert made.sent["prompt"] == "A fox runs."
    assert "base64" not in told
    assert "secret" not in told
    assert exchange["options"].get("key", "no key") not in told


def test_a_cancel_is_passed_on_by_delete(exchange, server, task, tmp_path):
    server.on("GET", exchange["place"], says(exchange["polls"][0]))  # it never comes to an end

    with pytest.raises(Stop):
        exchange["engine"].make(task(), tmp_path / "out.mp4", Heard(lambda heard: len(heard.told) > 8))

    assert len(server.of("DELETE", exchange["place"])) == 1


def test_its_health_is_asked_where_the_flavour_has_it(exchange, server):
    assert exchange["engine"].check(Heard()) is None
    assert [asked.path for asked in server.asked] == [exchange["health"]["path"]]
