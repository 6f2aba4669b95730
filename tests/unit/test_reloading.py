"""What a reload changes is told in words, and so is what it cannot change."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedbed.configuration import load_deployment
from seedbed.core.reloading import changes, left_as_they_are
from seedbed.settings import Settings

BEFORE = """
[engines.big]
kind = "videos_api"
url = "http://gpu:8000"
[models."seedance-2.0"]
price = { 480p = "4" }
[models.draft]
durations = [5]
resolutions = ["480p"]
price = { 480p = "1" }
chain = [{ engine = "big" }]
[pools.big]
workers = 1
"""


@pytest.fixture
def deployed(tmp_path: Path):
    def deployed(text: str):
        (tmp_path / "seedbed.toml").write_text(text)
        return load_deployment(Settings(home=tmp_path))

    return deployed


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ('480p = "4"', '480p = "5.5"', "model seedance-2.0: 480p 4 -> 5.5 credits/s"),
        ("[{ engine", '[{ engine = "animatic" }, { engine', "model draft: chain big -> animatic, big"),
        ("[models.draft]", "[models.sketch]", "model sketch: new"),
        ("[models.draft]", "[models.sketch]", "model draft: gone"),
        ("durations = [5]", "durations = [5, 6]", "model draft: changed"),
        ("workers = 1", "workers = 2", "pool of a fleet big: changed"),
        ("[{ engine", '[{ modes = ["text_to_video"], engine', "model draft: chain big -> big"),
    ],
)
def test_what_is_offered_otherwise_is_told(deployed, was, becomes, told):
    assert told in changes(deployed(BEFORE), deployed(BEFORE.replace(was, becomes)))


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("[models.draft]", '[engines.third]\nkind = "testcard"\n[models.draft]', "--engine third`, or restart"),
        ("http://gpu:8000", "http://gpu:9000", "restart them to change its options."),
        ('kind = "videos_api"', 'kind = "videos_api"\nslots = 3', "restart them to change its slots."),
    ],
)
def test_what_workers_hold_is_told_with_what_would_change_it(deployed, was, becomes, told):
    before, after = deployed(BEFORE), deployed(BEFORE.replace(was, becomes, 1))

    (sentence,) = left_as_they_are(before, after)

    assert told in sentence


def test_an_engine_that_is_gone_keeps_its_workers_until_they_are_stopped(deployed):
    (sentence,) = left_as_they_are(deployed(BEFORE), deployed(""))

    assert "'big' is not in the configuration any more" in sentence


def test_the_same_file_changes_nothing(deployed):
    assert changes(deployed(BEFORE), deployed(BEFORE)) == []
    assert left_as_they_are(deployed(BEFORE), deployed(BEFORE)) == []
