"""Tells whether a path may name a job at all, before the database is asked with a stranger's text."""

from __future__ import annotations

import re

from seedbed.core.job import ID_PREFIX

_JOB_ID = re.compile(re.escape(ID_PREFIX) + r"[0-9a-f]{32}")


def is_job_id(text: str) -> bool:
    return _JOB_ID.fullmatch(text) is not None
