"""`GET /models`: what each model takes, measures and costs here. Source: CONTRACT 1.6; the form of an item is ours."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from seedbed.api.auth import has_key, identify
from seedbed.api.native.answers import json_response
from seedbed.api.native.wire import Models, ModelView, PricingView, ReferenceLimits, ReferencesView
from seedbed.api.service import Service
from seedbed.core.engine_options import schema_of
from seedbed.core.limits import MediaLimits
from seedbed.core.models import Model
from seedbed.core.pricing import Tariff
from seedbed.core.references import EXTENSIONS, MAX_REFERENCES, Kind
from seedbed.core.routing import Mode, Step
from seedbed.core.sizes import size_of
from seedbed.store import workers
from seedbed.store.workers import Worker


async def list_models(service: Service, request: Request) -> Response:
    """Answer with or without a key; one that is sent must be right."""
    if has_key(request):
        await identify(service, request)
    async with service.connection() as conn:
        alive = await workers.alive(conn)
    limits = service.settings.media_limits
    deployment = service.deployment
    views = [
        model_view(
            model,
            tariff=deployment.tariff,
            limits=limits,
            engine=engine_of(alive, deployment.chain(model.id)),
            modes=deployment.modes(model.id),
        )
        for model in deployment.models.values()
    ]
    return json_response(Models(data=tuple(views)))


def model_view(
    model: Model, *, tariff: Tariff, limits: MediaLimits, engine: str | None, modes: Sequence[Mode] = tuple(Mode)
) -> ModelView:
    return ModelView(
        id=model.id,
        name=model.name,
        description=model.description,
        durations=model.durations_s,
        aspect_ratios=model.aspect_ratios,
        resolutions=model.resolutions,
        sizes={r.value: {a.value: str(size_of(r, a)) for a in model.aspect_ratios} for r in model.resolutions},
        modes=tuple(modes),
        references=ReferencesView(
            max=MAX_REFERENCES if model.max_references is None else model.max_references,
            roles=model.roles,
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
        engine_options=schema_of(model.options) if model.options else UNSET,
    )


def engine_of(alive: Sequence[Worker], chain: Sequence[Step]) -> str | None:
    """Return the engines of the chain that are at work now, in its order, or None."""
    at_work = {pool for worker in alive for pool in worker.pools}
    return ", ".join(step.engine for step in chain if step.pool in at_work) or None


def _limits_of(kind: Kind, limits: MediaLimits) -> ReferenceLimits:
    formats = tuple(extension.removeprefix(".") for extension, of in EXTENSIONS.items() if of is kind)
    is_seen, is_played = kind is not Kind.AUDIO, kind is not Kind.IMAGE
    return ReferenceLimits(
        formats=formats,
        max_bytes=limits.bytes_of(kind),
        min_side=limits.min_side_px if is_seen else UNSET,
        max_side=limits.max_side_px if is_seen else UNSET,
        min_ratio=float(limits.min_ratio) if is_seen else UNSET,
        max_ratio=float(limits.max_ratio) if is_seen else UNSET,
        min_seconds=limits.min_duration_s if is_played else UNSET,
        max_seconds=limits.max_duration_s if is_played else UNSET,
        total_seconds=limits.total_duration_s if is_played else UNSET,
    )
