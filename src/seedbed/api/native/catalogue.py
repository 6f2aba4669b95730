"""`GET /models`: what each model takes, measures and costs here. Source: CONTRACT 1.6; the form of an item is ours."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import has_key, identify
from seedbed.api.native.answers import json_response
from seedbed.api.native.wire import Models, ModelView, PricingView, ReferenceLimits, ReferencesView
from seedbed.api.service import Service
from seedbed.core.limits import MediaLimits
from seedbed.core.models import MODELS, Model
from seedbed.core.pricing import Tariff
from seedbed.core.references import EXTENSIONS, MAX_REFERENCES, Kind, Role
from seedbed.core.sizes import size_of
from seedbed.store import workers
from seedbed.store.workers import Worker

MODES = ("text_to_video", "first_frame", "first_and_last_frame", "reference")


async def list_models(service: Service, request: Request) -> Response:
    """Answer with or without a key; one that is sent must be right."""
    if has_key(request):
        await identify(service, request)
    async with service.connection() as conn:
        engine = engine_of(await workers.alive(conn))
    limits = service.settings.media_limits
    views = [model_view(model, tariff=service.tariff, limits=limits, engine=engine) for model in MODELS.values()]
    return json_response(Models(data=tuple(views)))


def model_view(model: Model, *, tariff: Tariff, limits: MediaLimits, engine: str | None) -> ModelView:
    return ModelView(
        id=model.id,
        name=model.name,
        description=model.description,
        durations=model.durations_s,
        aspect_ratios=model.aspect_ratios,
        resolutions=model.resolutions,
        sizes={r.value: {a.value: str(size_of(r, a)) for a in model.aspect_ratios} for r in model.resolutions},
        modes=MODES,
        references=ReferencesView(
            max=MAX_REFERENCES,
            roles=tuple(Role),
            image=_limits_of(Kind.IMAGE, limits),
            video=_limits_of(Kind.VIDEO, limits),
            audio=_limits_of(Kind.AUDIO, limits),
        ),
        pricing=PricingView(
            # Prices are short decimals; a double writes them back as they were read.
            per_second={r.value: float(tariff.credits_per_s[model.id, r]) for r in model.resolutions},
            media_factor=float(tariff.media_factor),
        ),
        engine=engine,
    )


def engine_of(alive: Sequence[Worker]) -> str | None:
    """Return the names of the engines that are at work now, or None."""
    names = {str(worker.capabilities["name"]) for worker in alive if "name" in worker.capabilities}
    return ", ".join(sorted(names)) or None


def _limits_of(kind: Kind, limits: MediaLimits) -> ReferenceLimits:
    formats = tuple(extension.removeprefix(".") for extension, of in EXTENSIONS.items() if of is kind)
    return ReferenceLimits(formats=formats, max_bytes=limits.bytes_of(kind))
