"""What a deployment offers and by which means: its engines, its models with their chains, and its prices.

Without a configuration that is the embedded engine behind the three documented models. The embedded engine is always
there: test mode runs on it, and so does every model whose chain the operator has not written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seedbed.core.ark_offer import ark_offer
from seedbed.core.errors import InvalidRequest
from seedbed.core.fleet_sizing import PoolSpec
from seedbed.core.job import DEFAULT_POOL, Leg
from seedbed.core.models import MODELS, Model
from seedbed.core.offer import Offer, native_offer
from seedbed.core.openai_offer import openai_offer
from seedbed.core.pricing import DEFAULT_TARIFF, Tariff
from seedbed.core.request import GenerationRequest
from seedbed.core.routing import Mode, Step, Verdict, modes_of, refusal, route_of, verdicts
from seedbed.core.sign_in import SignInWays


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """One engine as it is deployed. `kind` is what a worker loads, and `options` are what it is made with.

    The key that a remote engine needs is named, never held: an environment variable or a file of the worker's machine.
    Each worker process makes `slots` videos at a time with it.
    """

    name: str
    kind: str
    pool: str
    slots: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    key_env: str | None = None
    key_file: str | None = None
    start_limit_s: float = 120.0  # to load a model
    silence_limit_s: float = 60.0  # between two reports of it: a step of a large model may take long
    is_local: bool = True  # `seedbed serve` starts a worker for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """`chains` by model id, `pools` by name: those a fleet keeps. `embedded` is the embedded engine's name."""

    engines: Mapping[str, EngineSpec]
    embedded: str
    models: Mapping[str, Model] = field(default_factory=lambda: MODELS)
    chains: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    tariff: Tariff = DEFAULT_TARIFF
    pools: Mapping[str, PoolSpec] = field(default_factory=dict)
    sign_in: SignInWays = field(default_factory=SignInWays)

    def offer(self, dialect: str) -> Offer:
        """Return what a dialect offers of the models: `native`, `ark` or `openai`."""
        return {"native": native_offer, "ark": ark_offer, "openai": openai_offer}[dialect](self.models)

    def chain(self, model: str, *, is_live: bool = True) -> tuple[Step, ...]:
        """Return the model's engines in order. Those of test mode are the embedded one alone."""
        engine = self.engines[self.embedded]
        embedded = (Step(engine=engine.name, pool=engine.pool),)
        return self.chains.get(model, embedded) if is_live else embedded

    def verdicts(self, request: GenerationRequest, *, is_live: bool) -> tuple[Verdict, ...]:
        return verdicts(request, self.chain(request.model, is_live=is_live))

    def route(self, request: GenerationRequest, *, is_live: bool, param: str) -> tuple[Leg, ...]:
        """Return the engines that are to make the request. Raises InvalidRequest, naming `param`, if none takes it."""
        judged = self.verdicts(request, is_live=is_live)
        legs = route_of(judged)
        if not legs:
            raise InvalidRequest(refusal(request.model, judged), param=param)
        return legs

    def modes(self, model: str) -> tuple[Mode, ...]:
        """Return the modes that some engine of the model does, with the references that the model takes."""
        chain, offered = self.chain(model), modes_of(self.models[model])
        return tuple(mode for mode in offered if any(step.modes is None or mode in step.modes for step in chain))


def embedded_deployment(engine: str, *, tariff: Tariff = DEFAULT_TARIFF) -> Deployment:
    """Return the deployment without a configuration. `engine` is what the workers load, as in the settings."""
    name = engine.partition("@")[0]
    return Deployment(
        engines={name: EngineSpec(name=name, kind=engine, pool=DEFAULT_POOL)}, embedded=name, tariff=tariff
    )
