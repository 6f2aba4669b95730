"""What the documents promise, as data: each fact with its place, its words, and the request that puts it to the test.

Only what the documents say stands here; what Seedbed adds does not. A request that must be refused costs nothing, but a
server that is wrong might take it: what it would charge then is its `risk_credits`, and no request is sent whose risk
is over the budget. The identifiers stay as they are, so that reports of different days can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from seedbed.cli.contract.answers import Answer
from seedbed.cli.contract.judging import (
    has_documented_members,
    is_cancelled,
    is_created,
    is_mp4,
    is_refused,
    is_result_url,
    is_unauthorized,
    lists_models,
    repeats_the_order,
    says,
)

Judge = Callable[[Answer], str | None]  # None if the fact is kept, else what was seen instead

GENERATIONS = "/api/open/v1/video/generations"
MODELS = "/api/open/v1/models"
NOBODYS = f"{GENERATIONS}/req_00000000000000000000000000000000"
DOCUMENTED_PROMPT = "A river flowing through an autumn forest, aerial view, cinematic motion"
PER_SECOND = {  # credits; 8 is documented, the others are Seedbed's own tariff and serve as estimates elsewhere
    "seedance-2.0": {"480p": Decimal(4), "720p": Decimal(8), "1080p": Decimal(20)},
    "seedance-2.0-fast": {"480p": Decimal("3.2"), "720p": Decimal("6.4"), "1080p": Decimal(16)},
    "seedance-1.5-pro": {"480p": Decimal(2), "720p": Decimal(4), "1080p": Decimal(10)},
}
WITH_MEDIA = Decimal("1.6")


class Caller(StrEnum):
    """Which key a request bears."""

    OWNER = "owner"
    NOBODY = "nobody"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"


class Moment(StrEnum):
    """Which answer in the life of the documents' own order a fact is about."""

    CREATED = "created"
    FIRST_SHOWN = "first shown"
    ENDED = "ended"
    RESULT = "result"
    PICTURE_CREATED = "picture created"
    PICTURE_CANCELLED = "picture cancelled"


@dataclass(frozen=True, slots=True)
class Fact:
    id: str
    section: str
    says: str


@dataclass(frozen=True, slots=True)
class Question:
    """One request whose answer settles one fact."""

    fact: Fact
    method: str
    path: str
    judge: Judge
    body: Mapping[str, Any] | bytes | None = None
    caller: Caller = Caller.OWNER
    risk_credits: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """A body that must be taken. It is cancelled at once."""

    fact: Fact
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def estimate_credits(self) -> int:
        return price(self.body)


@dataclass(frozen=True, slots=True)
class Step:
    """What the answer of one moment must show."""

    fact: Fact
    moment: Moment
    judge: Judge


def price(body: Mapping[str, Any]) -> int:
    """Return what a body costs by the documented prices, or what Seedbed asks where the documents are silent."""
    tiers = PER_SECOND.get(str(body.get("model")), PER_SECOND["seedance-2.0"])
    resolution, duration = body.get("resolution"), body.get("duration")
    each = tiers.get(resolution if isinstance(resolution, str) else "720p", tiers["1080p"])
    seconds = int(duration) if isinstance(duration, int | str) and str(duration).isdigit() else 5
    return math.ceil(each * seconds * (WITH_MEDIA if body.get("mediaUrls") else 1))


def _body(**changes: Any) -> dict[str, Any]:
    return {"model": "seedance-2.0", "prompt": DOCUMENTED_PROMPT, "duration": 4, "resolution": "480p"} | changes


def _pictures(count: int) -> list[str]:
    """Return addresses on the reserved host of RFC 2606: they are nobody's (as is 203.0.113.7, by RFC 5737)."""
    return [f"https://example.com/picture-{number}.jpg" for number in range(1, count + 1)]


THE_ORDER = {
    "model": "seedance-2.0",
    "prompt": DOCUMENTED_PROMPT,
    "aspectRatio": "16:9",
    "duration": 5,
    "resolution": "720p",
    "metadata": {"projectId": "proj_1001", "sceneId": "scene_08"},
}
THE_PICTURE_ORDER = {
    "model": "seedance-2.0",
    "prompt": "A young woman blows out birthday candles, warm indoor lighting, shallow depth of field",
    "mediaUrls": ["https://example.com/photo.jpg"],
    "aspectRatio": "16:9",
    "duration": 5,
    "resolution": "720p",
}


def _keyless(name: str, caller: Caller, words: str) -> Question:
    fact = Fact(f"key.{name}", "1.1", f"{words} answers 401 with exactly the documented body")
    return Question(fact, "GET", NOBODYS, is_unauthorized, caller=caller)


def _free(name: str, words: str, body: Mapping[str, Any] | bytes) -> Question:
    return Question(Fact(f"create.refuses.{name}", "1.2", f"{words} is refused"), "POST", GENERATIONS, is_refused, body)


def _risky(name: str, words: str, **changes: Any) -> Question:
    body = _body(**changes)
    fact = Fact(f"create.refuses.{name}", "1.2", f"{words} is refused")
    return Question(fact, "POST", GENERATIONS, is_refused, body, risk_credits=price(body))


FREE = (
    _keyless("missing", Caller.NOBODY, "No key"),
    _keyless("malformed", Caller.MALFORMED, "A malformed key"),
    _keyless("unknown", Caller.UNKNOWN, "A key that nobody has"),
    Question(
        Fact("key.create", "1.1", "A create without a key answers 401"),
        "POST",
        GENERATIONS,
        is_unauthorized,
        {},
        Caller.NOBODY,
    ),
    Question(
        Fact("key.cancel", "1.1", "A cancel without a key answers 401"),
        "POST",
        f"{NOBODYS}/cancel",
        is_unauthorized,
        caller=Caller.NOBODY,
    ),
    Question(Fact("models.key", "1.6", "Models are listed with a key"), "GET", MODELS, lists_models),
    Question(
        Fact("models.open", "1.6", "Models are listed without a key"),
        "GET",
        MODELS,
        lists_models,
        caller=Caller.NOBODY,
    ),
    Question(Fact("get.unknown", "1.4", "A request that is not there answers 404"), "GET", NOBODYS, says(404)),
    Question(
        Fact("cancel.unknown", "1.5", "A cancel of what is not there answers 404"),
        "POST",
        f"{NOBODYS}/cancel",
        says(404),
    ),
    _free("nothing", "An empty object", {}),
    _free("no-json", "What is not JSON", b"{model: seedance}"),
    _free("no-prompt", "A body without a prompt", {"model": "seedance-2.0"}),
    _free("no-model", "A body without a model", {"prompt": DOCUMENTED_PROMPT}),
)
GUARDED = (
    _risky("model", "An unknown model", model="seedance-0.0"),
    _risky("blank-prompt", "A blank prompt", prompt="   "),
    _risky("prompt-number", "A prompt that is a number", prompt=7),
    _risky("no-media", "An empty list of media", mediaUrls=[]),
    _risky("six-media", "A sixth medium", mediaUrls=_pictures(6)),
    _risky("plain-http", "A medium by plain HTTP", mediaUrls=["http://203.0.113.7/photo.jpg"]),
    _risky("ratio", "The ratio 4:3", aspectRatio="4:3"),
    _risky("resolution", "The resolution 144p", resolution="144p"),
    _risky("short", "A duration of 3 s", duration=3),
    _risky("long", "A duration of 16 s", duration=16),
    _risky("fast-long", "A duration of 16 s on seedance-2.0-fast", model="seedance-2.0-fast", duration=16),
    _risky("pro-duration", "A duration of 7 s on seedance-1.5-pro", model="seedance-1.5-pro", duration=7),
    _risky("duration-text", "A duration that is a string", duration="5"),
    _risky("duration-fraction", "A duration of 4.5 s", duration=4.5),
    _risky("metadata", "A metadata that is no object", metadata="proj_1001"),
)
LIFE = (
    Step(Fact("create.answer", "1.2", "A create answers 200 with the documented members"), Moment.CREATED, is_created),
    Step(Fact("credits.text", "1.9", "5 s of text to video in 720p cost 40"), Moment.CREATED, says(creditsCharged=40)),
    Step(
        Fact("get.members", "1.4", "A get shows the documented members, in their order"),
        Moment.FIRST_SHOWN,
        has_documented_members,
    ),
    Step(
        Fact("get.echo", "1.4", "A get repeats model, prompt, duration and aspectRatio"),
        Moment.FIRST_SHOWN,
        repeats_the_order(THE_ORDER),
    ),
    Step(
        Fact("get.succeeded", "1.4", "The generation ends as succeeded"),
        Moment.ENDED,
        says(status="succeeded", error=None),
    ),
    Step(Fact("get.members.end", "1.4", "The same members in the end"), Moment.ENDED, has_documented_members),
    Step(
        Fact("output.url", "1.10", "output is a video at open-api-results/<requestId>.mp4"), Moment.ENDED, is_result_url
    ),
    Step(Fact("output.file", "1.10", "output.url hands out an MP4 without a key"), Moment.RESULT, is_mp4),
)
PICTURE_LIFE = (
    Step(
        Fact("create.picture", "1.2", "One picture is taken as a first frame"),
        Moment.PICTURE_CREATED,
        is_created,
    ),
    Step(
        Fact("credits.picture", "1.9", "5 s with one picture in 720p cost 64"),
        Moment.PICTURE_CREATED,
        says(creditsCharged=64),
    ),
    Step(
        Fact("cancel.answer", "1.5", "A cancel of a queued or processing generation says so"),
        Moment.PICTURE_CANCELLED,
        is_cancelled,
    ),
)


def _takes(name: str, words: str, **changes: Any) -> Order:
    return Order(Fact(f"create.takes.{name}", "1.2", f"{words} is taken"), _body(**changes))


ORDERS = (
    _takes("pro-5", "seedance-1.5-pro, 5 s, 480p, 16:9", model="seedance-1.5-pro", duration=5, aspectRatio="16:9"),
    _takes("fast-4", "seedance-2.0-fast, 4 s, 480p, 9:16", model="seedance-2.0-fast", aspectRatio="9:16"),
    _takes("square", "seedance-2.0, 4 s, 480p, 1:1", aspectRatio="1:1"),
    _takes("metadata", "A metadata object", metadata={"sceneId": "scene_08", "take": 3, "tags": ["a", None]}),
    _takes("two-pictures", "A first and a last frame", mediaUrls=_pictures(2)),
    _takes("five-media", "Five media", mediaUrls=_pictures(5)),
    _takes(
        "kinds",
        "A picture, a video and a sound together",
        mediaUrls=["https://example.com/a.png", "https://example.com/b.mp4", "https://example.com/c.mp3"],
    ),
    _takes("pro-10", "seedance-1.5-pro, 10 s, 720p", model="seedance-1.5-pro", duration=10, resolution="720p"),
    _takes("pro-1080p", "seedance-1.5-pro, 5 s, 1080p", model="seedance-1.5-pro", duration=5, resolution="1080p"),
    _takes("long", "seedance-2.0, 15 s, 480p", duration=15),
    _takes("fast-1080p", "seedance-2.0-fast, 4 s, 1080p", model="seedance-2.0-fast", resolution="1080p"),
    _takes("1080p", "seedance-2.0, 4 s, 1080p", resolution="1080p"),
    _takes("fast-long", "seedance-2.0-fast, 15 s, 720p", model="seedance-2.0-fast", duration=15, resolution="720p"),
    Order(
        Fact("create.takes.defaults", "1.2", "A model and a prompt alone are taken"),
        {"model": "seedance-2.0", "prompt": DOCUMENTED_PROMPT},
    ),
)
UNASKED = (
    Fact("webhook.final", "1.11", "The final result is posted to webhookUrl"),
    Fact("key.revoked", "1.1", "A revoked and an expired key answer 401 with exactly the documented body"),
)


def every_fact() -> list[Fact]:
    """Return all facts, in the order in which they are asked."""
    asked: list[Question | Step | Order] = [*FREE, *GUARDED, *LIFE, *PICTURE_LIFE, *ORDERS]
    return [*(probe.fact for probe in asked), *UNASKED]
