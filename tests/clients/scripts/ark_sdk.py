"""The official Ark SDK against the server at argv[1] with the key argv[2]; prints what each operation saw."""

import json
import sys
import time

import httpx
from volcenginesdkarkruntime import Ark
from volcenginesdkarkruntime._exceptions import ArkBadRequestError, ArkNotFoundError

BASE, KEY = sys.argv[1:]
MODEL = "doubao-seedance-2-0-260128"


def tell(operation, **saw):
    print(json.dumps({"operation": operation, "saw": saw}), flush=True)


def text(words):
    return [{"type": "text", "text": words}]


def ended(tasks, task_id):
    deadline_s = time.monotonic() + 120
    while (task := tasks.get(task_id=task_id)).status in ("queued", "running"):
        assert time.monotonic() < deadline_s, task
        time.sleep(0.5)
    return task


def main():
    tasks = Ark(base_url=f"{BASE}/api/v3", api_key=KEY).content_generation.tasks

    order = {"resolution": "480p", "ratio": "4:3", "duration": 4, "seed": 7, "return_last_frame": True}
    task_id = tasks.create(model=MODEL, content=text("A lighthouse in the fog"), **order).id
    tell("create", id=task_id)

    task = ended(tasks, task_id)
    facts = {name: getattr(task, name) for name in ("status", "resolution", "ratio", "duration", "seed", "model")}
    tell("poll", **facts, tokens=task.usage.completion_tokens, error=task.error)

    video, frame = (httpx.get(url) for url in (task.content.video_url, task.content.last_frame_url))
    tell("download", video=video.content[4:8].decode(), frame=frame.content[1:4].decode())

    page = tasks.list(page_num=1, page_size=10, status="succeeded", task_ids=[task_id])
    tell("list", total=page.total, ids=[item.id for item in page.items])

    # The first keeps the one worker busy, so that the second is still queued.
    busy, waiting = (tasks.create(model=MODEL, content=text(words), **order).id for words in ("One", "Two"))
    tasks.delete(task_id=waiting)
    tell("cancel", status=tasks.get(task_id=waiting).status)
    ended(tasks, busy)

    tasks.delete(task_id=task_id)
    try:
        tasks.get(task_id=task_id)
    except ArkNotFoundError as error:
        tell("delete", status=error.status_code, code=error.code)

    try:
        tasks.create(model=MODEL, content=text("Too long"), duration=99)
    except ArkBadRequestError as error:
        tell("error", status=error.status_code, code=error.code, param=error.param, has_id=bool(error.request_id))


main()
