"""The settings and the deployment as they are in the process that answers. Both are changed where it is started."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.api.admin.gate import operator
from seedbed.api.described import says
from seedbed.api.native.answers import json_response
from seedbed.api.native.wire import Wire
from seedbed.api.service import Service
from seedbed.core.deployment import Deployment
from seedbed.settings import described

PATH = "/settings"


class SettingView(Wire, frozen=True, kw_only=True):
    variable: str
    value: Annotated[str, says("As text; `***`: it is set, and a secret; `-`: it has none.")]
    is_set: Annotated[bool, says("It differs from the default.")]
    is_secret: bool
    meaning: str


class EngineView(Wire, frozen=True, kw_only=True):
    name: str
    kind: Annotated[str, says("What a worker loads.")]
    pool: str
    slots: Annotated[int, says("Videos that one worker makes at a time.")]
    needs_key: Annotated[bool, says("It is given a key, which only its workers have.")]
    start_limit_seconds: float


class StepView(Wire, frozen=True, kw_only=True):
    engine: str
    pool: str


class ModelView(Wire, frozen=True, kw_only=True):
    id: str
    name: str
    chain: Annotated[tuple[StepView, ...], says("The engines that may make it, in order.")]
    credits_per_second: Annotated[dict[str, str], says("Without media, by resolution; exact decimals.")]


class FleetPoolView(Wire, frozen=True, kw_only=True):
    name: str
    engine: str
    min_workers: int
    max_workers: int


class SettingsAnswer(Wire, frozen=True, kw_only=True):
    """Of the process that answered: another one may have been started with others."""

    success: Literal[True] = True
    settings: tuple[SettingView, ...]
    engines: tuple[EngineView, ...]
    models: tuple[ModelView, ...]
    fleet_pools: Annotated[tuple[FleetPoolView, ...], says("Those that a fleet keeps.")]
    media_factor: Annotated[str, says("What a request with media costs more.")]


def settings_routes(service: Service) -> list[Route]:
    return [Route(PATH, partial(show, service))]


async def show(service: Service, request: Request) -> Response:
    await operator(service, request)
    told = tuple(
        SettingView(variable=one.variable, value=one.value, is_set=one.is_set, is_secret=one.is_secret, meaning=one.doc)
        for one in described(service.settings)
    )
    return json_response(settings_answer(told, service.deployment))


def settings_answer(told: tuple[SettingView, ...], deployment: Deployment) -> SettingsAnswer:
    return SettingsAnswer(
        settings=told,
        engines=tuple(
            EngineView(
                name=engine.name,
                kind=engine.kind,
                pool=engine.pool,
                slots=engine.slots,
                needs_key=bool(engine.key_env or engine.key_file),
                start_limit_seconds=engine.start_limit_s,
            )
            for engine in deployment.engines.values()
        ),
        models=tuple(_model(deployment, model_id) for model_id in deployment.models),
        fleet_pools=tuple(
            FleetPoolView(
                name=pool.name, engine=pool.engine, min_workers=pool.min_workers, max_workers=pool.max_workers
            )
            for pool in deployment.pools.values()
        ),
        media_factor=str(deployment.tariff.media_factor),
    )


def _model(deployment: Deployment, model_id: str) -> ModelView:
    prices = deployment.tariff.credits_per_s.items()
    return ModelView(
        id=model_id,
        name=deployment.models[model_id].name,
        chain=tuple(StepView(engine=step.engine, pool=step.pool) for step in deployment.chain(model_id)),
        credits_per_second={resolution: str(price) for (model, resolution), price in prices if model == model_id},
    )
