"""What the files of a result are called by whoever saves them: a name that leads back to the job.

The name goes with the bytes, since a bucket that hands them out by itself tells it. Whoever copies bytes from one store
to another tells the new one, too.
"""

from __future__ import annotations

import re

VIDEO = "result.mp4"
LAST_FRAME = "last-frame.png"
_KEY = re.compile(r"jobs/(?P<job_id>\w+)/\d+/(?P<file>[\w.-]+)")
_ENDINGS = {VIDEO: ".mp4", LAST_FRAME: "-last.png"}


def saved_as(key: str) -> str | None:
    """Return the name for the bytes under this key. None: they are no result, and nobody saves them."""
    found = _KEY.fullmatch(key)
    if found is None or found["file"] not in _ENDINGS:
        return None
    return found["job_id"] + _ENDINGS[found["file"]]
