"""The documents' own curl lines, with our host and key in place of theirs, and the words around them.

Only the host and the key differ from what the documents print: that they run is what this service promises. The words
are Korean under a Korean locale; the lines are the same in every language, there as here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DOCUMENTED_HOST = "https://www.seedance2.ink"
DOCUMENTED_KEY = "sd2_live_your_api_key"
DOCUMENTED_ID = "req_1234567890"

TEXT_TO_VIDEO = r"""curl --request POST \
  --url https://www.seedance2.ink/api/open/v1/video/generations \
  --header 'Authorization: Bearer sd2_live_your_api_key' \
  --header 'Content-Type: application/json' \
  --data '{
    "model": "seedance-2.0",
    "prompt": "A river flowing through an autumn forest, aerial view, cinematic motion",
    "aspectRatio": "16:9",
    "duration": 5,
    "resolution": "720p",
    "webhookUrl": "https://your-app.com/webhooks/seedance",
    "metadata": {
      "projectId": "proj_1001",
      "sceneId": "scene_08"
    }
  }'"""
IMAGE_TO_VIDEO = r"""curl --request POST \
  --url https://www.seedance2.ink/api/open/v1/video/generations \
  --header 'Authorization: Bearer sd2_live_your_api_key' \
  --header 'Content-Type: application/json' \
  --data '{
    "model": "seedance-2.0",
    "prompt": "A young woman blows out birthday candles, warm indoor lighting, shallow depth of field",
    "mediaUrls": [
      "https://example.com/photo.jpg"
    ],
    "aspectRatio": "16:9",
    "duration": 5,
    "resolution": "720p"
  }'"""
GET = r"""curl https://www.seedance2.ink/api/open/v1/video/generations/req_1234567890 \
  --header 'Authorization: Bearer sd2_live_your_api_key'"""
CANCEL = r"""curl --request POST \
  --url https://www.seedance2.ink/api/open/v1/video/generations/req_1234567890/cancel \
  --header 'Authorization: Bearer sd2_live_your_api_key'"""
MODELS = "curl https://www.seedance2.ink/api/open/v1/models"


@dataclass(frozen=True, slots=True)
class Words:
    ready: str
    console: str
    data: str
    key: str
    text_to_video: str
    image_to_video: str
    get: str
    cancel: str
    models: str
    stop: str


ENGLISH = Words(
    ready="Seedbed is ready:",
    console="Console, already signed in (good once, for an hour; later `seedbed console`):",
    data="Data:",
    key="Developer key, also in",
    text_to_video="Text to video",
    image_to_video="Image to video (example.com stands for a sample photograph)",
    get=f"Result (with the requestId of the answer in place of {DOCUMENTED_ID})",
    cancel="Cancel",
    models="Models and prices",
    stop="Ctrl-C stops everything.",
)
KOREAN = Words(
    ready="Seedbed가 준비되었습니다:",
    console="로그인된 콘솔 링크 (한 시간 안에 한 번만 사용, 이후에는 `seedbed console`):",
    data="데이터 위치:",
    key="개발자 키(저장된 파일:",
    text_to_video="텍스트로 비디오",
    image_to_video="이미지로 비디오 (example.com 주소는 예제 사진으로 대신합니다)",
    get=f"결과 조회 ({DOCUMENTED_ID} 자리에 응답의 requestId를 넣으세요)",
    cancel="작업 취소",
    models="모델과 가격",
    stop="Ctrl-C를 누르면 모두 종료됩니다.",
)


def filled(line: str, *, base_url: str, key: str, request_id: str = DOCUMENTED_ID) -> str:
    """Return a line of the documents with host, key and id changed, and nothing else."""
    return line.replace(DOCUMENTED_HOST, base_url).replace(DOCUMENTED_KEY, key).replace(DOCUMENTED_ID, request_id)


def welcome(words: Words, *, base_url: str, console_link: str, key: str, home: Path, key_file: Path) -> str:
    """Return what `serve` prints once it is ready."""
    examples = (
        (words.text_to_video, TEXT_TO_VIDEO),
        (words.image_to_video, IMAGE_TO_VIDEO),
        (words.get, GET),
        (words.cancel, CANCEL),
        (words.models, MODELS),
    )
    blocks = [f"# {title}\n{filled(line, base_url=base_url, key=key)}" for title, line in examples]
    closing = ")" if words is KOREAN else ""
    head = f"{words.ready} {base_url}/api/open/v1\n{words.data} {home}\n{words.key} {key_file}{closing}: {key}"
    return "\n\n".join([head, f"{words.console}\n{console_link}", *blocks, words.stop])
