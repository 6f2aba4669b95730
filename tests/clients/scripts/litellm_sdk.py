"""LiteLLM's videos against the server at argv[1] with the key argv[2]; prints what each operation saw.

It has neither cancel nor delete.
"""

import json
import os
import sys
import time

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else the import fetches a list of prices

import litellm

BASE, KEY = sys.argv[1:]
LOGIN = {"api_base": f"{BASE}/v1", "api_key": KEY, "custom_llm_provider": "openai"}


def tell(operation, **saw):
    print(json.dumps({"operation": operation, "saw": saw}), flush=True)


def ended(video_id):
    deadline_s = time.monotonic() + 120
    while (video := litellm.video_status(video_id, **LOGIN)).status in ("queued", "in_progress"):
        assert time.monotonic() < deadline_s, video
        time.sleep(0.5)
    return video


def main():
    order = {"model": "openai/seedance-2.0", "seconds": "4", "size": "864x496", **LOGIN}
    video = litellm.video_generation(prompt="A lighthouse in the fog", **order)
    tell("create", status=video.status)

    done = ended(video.id)
    tell("poll", status=done.status, progress=done.progress, seconds=str(done.seconds), size=done.size)

    tell("download", video=litellm.video_content(video.id, **LOGIN)[4:8].decode())

    tell("list", newest=[each["status"] for each in litellm.video_list(limit=1, **LOGIN)["data"]])

    try:
        litellm.video_generation(prompt="A wrong size", **(order | {"size": "1x1"}))
    except litellm.exceptions.BadRequestError as error:
        tell("error", status=error.status_code)


main()
