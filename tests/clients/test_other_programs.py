"""Clients with environments of their own: each runs as its user would, by a program under `scripts` or `node`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from programs import BUILT, RunClient, Tell

PYTHON = BUILT / "venv" / "bin" / "python"
SCRIPTS = Path(__file__).parent / "scripts"
TOKENS_480P_4_S = 752 * 560 * (24 * 4 + 1) // 1024


def version(package: str) -> str:
    asked = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([PYTHON, "-c", asked], capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def versions(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "package.json").read_text())["dependencies"]


def test_the_official_ark_sdk(run_client: RunClient, tell: Tell) -> None:
    saw = run_client(PYTHON, SCRIPTS / "ark_sdk.py")

    task_id = saw["create"]["id"]
    assert task_id.startswith("cgt-")
    assert saw == {
        "create": {"id": task_id},
        "poll": {
            "status": "succeeded",
            "resolution": "480p",
            "ratio": "4:3",
            "duration": 4,
            "seed": 7,
            "model": "doubao-seedance-2-0-260128",
            "tokens": TOKENS_480P_4_S,
            "error": None,
        },
        "download": {"video": "ftyp", "frame": "PNG"},
        "list": {"total": 1, "ids": [task_id]},
        "cancel": {"status": "cancelled"},
        "delete": {"status": 404, "code": "NotFound.id"},
        "error": {"status": 400, "code": "InvalidParameter.duration", "param": "duration", "has_id": True},
    }
    tell(f"volcengine-python-sdk[ark] {version('volcengine-python-sdk')}", *saw)


def test_litellm(run_client: RunClient, tell: Tell) -> None:
    saw = run_client(PYTHON, SCRIPTS / "litellm_sdk.py")

    assert saw == {
        "create": {"status": "queued"},
        "poll": {"status": "completed", "progress": 100, "seconds": "4", "size": "864x496"},
        "download": {"video": "ftyp"},
        "list": {"newest": ["completed"]},
        "error": {"status": 400},
    }
    tell(f"litellm {version('litellm')}", *saw)


def test_the_ai_sdk(run_client: RunClient, tell: Tell) -> None:
    saw = run_client("node", "bytedance.mjs", cwd=BUILT / "node")

    assert saw["create"]["taskId"].startswith("cgt-")
    assert saw["create"]["tokens"] == TOKENS_480P_4_S
    assert saw["poll"] == {"warnings": 0}
    assert saw["download"] == {"mediaType": "video/mp4", "video": "ftyp"}
    assert saw["error"]["status"] == 400
    assert "duration must be 4 to 12 seconds" in saw["error"]["message"]
    packages = versions(BUILT / "node")
    tell(f"@ai-sdk/bytedance {packages['@ai-sdk/bytedance']}, ai {packages['ai']}", *saw)


def test_our_typescript_client(run_client: RunClient, tell: Tell) -> None:
    saw = run_client("node", "dist/examples/one-video.js", cwd=BUILT / "typescript")

    assert saw == {
        "create": {"status": "queued", "credits": 16},
        "poll": {"status": "succeeded", "width": 640, "metadata": {"projectId": "proj_1001"}},
        "download": {"video": "ftyp"},
        "list": {"isNewest": True},
        "cancel": {"status": "cancelled"},
        "error": {"status": 400, "code": "invalid_request", "param": "duration", "hasId": True},
    }
    tell("clients/typescript (tsc --strict)", *saw)
