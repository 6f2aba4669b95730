"""Whoever saves a result gets a name that leads back to the job, whichever store the bytes lie in."""

import pytest

from seedbed.core.result_files import saved_as

JOB = "req_" + "0a" * 16


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (f"jobs/{JOB}/1/result.mp4", f"{JOB}.mp4"),
        (f"jobs/{JOB}/12/last-frame.png", f"{JOB}-last.png"),
        (f"jobs/{JOB}/1/preview.jpg", None),
        ("assets/ast_1", None),
        (f"jobs/{JOB}/1/result.mp4/more", None),
    ],
)
def test_a_result_is_saved_under_the_name_of_its_job(key, name):
    assert saved_as(key) == name
