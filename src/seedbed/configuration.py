"""Reads `seedbed.toml`: the engines of a deployment, its models with their chains, their prices, and who may sign in.

It is read whole and strictly, at a way in: a name that is misspelt anywhere stops the start with its place, so
that no request meets it. Without the file the deployment is the embedded engine behind the documented models.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec

from seedbed.configured_sign_in import SignInTable, WrongSignIn, sign_in_ways
from seedbed.core.deployment import Deployment, EngineSpec, embedded_deployment
from seedbed.core.engine_options import Option, fault_of
from seedbed.core.errors import NotReady
from seedbed.core.fleet_sizing import COOL_DOWN_S, MIN_RESIDENCY_S, TARGET_WAIT_S, PoolSpec
from seedbed.core.models import MODELS, NATIVE_ASPECT_RATIOS, Model
from seedbed.core.pricing import Tariff
from seedbed.core.references import Role
from seedbed.core.routing import Mode, Step
from seedbed.core.sizes import AspectRatio, Resolution
from seedbed.settings import Settings

FILE_NAME = "seedbed.toml"
MAX_SLOTS = 64
MAX_WORKERS = 10_000
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_OF_OURS = frozenset({"chain", "price", "engine_options"})  # what may be said of a documented model


class _Table(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A table of the file."""


class _Step(_Table, kw_only=True):
    engine: str
    modes: frozenset[Mode] | None = None
    roles: frozenset[Role] | None = None
    max_references: int | None = None
    resolutions: frozenset[Resolution] | None = None
    aspect_ratios: frozenset[AspectRatio] | None = None
    min_duration: int | None = None
    max_duration: int | None = None


class _Model(_Table, kw_only=True):
    name: str | None = None
    description: str = ""
    durations: tuple[int, ...] | None = None
    resolutions: tuple[Resolution, ...] = tuple(Resolution)
    aspect_ratios: tuple[AspectRatio, ...] = NATIVE_ASPECT_RATIOS
    roles: tuple[Role, ...] = tuple(Role)
    max_references: int | None = None
    price: dict[Resolution, str | int] = msgspec.field(default_factory=dict)
    chain: tuple[_Step, ...] = ()
    engine_options: dict[str, Option] = msgspec.field(default_factory=dict)


class _Workers(_Table, kw_only=True):
    min: int = 0
    max: int
    target_wait_s: float = TARGET_WAIT_S
    cool_down_s: float = COOL_DOWN_S
    min_residency_s: float = MIN_RESIDENCY_S


class _Pool(_Table, kw_only=True):
    workers: int | _Workers
    engine: str | None = None
    keep_warm: bool = False
    gpus: float = 0.0
    cpus: float = 1.0
    resources: dict[str, float] = msgspec.field(default_factory=dict)


class _File(_Table, kw_only=True):
    engines: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    models: dict[str, _Model] = msgspec.field(default_factory=dict)
    pools: dict[str, _Pool] = msgspec.field(default_factory=dict)
    sign_in: SignInTable = msgspec.field(default_factory=SignInTable)


class _Engine(msgspec.Struct, kw_only=True):
    """What is ours in an engine's table; the rest of it is the engine's own."""

    kind: str
    pool: str | None = None
    slots: int = 1
    key_env: str | None = None
    key_file: str | None = None
    start_limit_s: float = 120.0
    silence_limit_s: float = 60.0
    local: bool = True


def load_deployment(settings: Settings) -> Deployment:
    """Return what this deployment offers. Raises NotReady, naming the place in the file that is wrong."""
    plain = embedded_deployment(settings.engine, tariff=settings.tariff())
    path = settings.config_file or settings.home / FILE_NAME
    if settings.config_file is None and not path.is_file():
        return plain
    try:
        return _deployment(_read(path), plain)
    except WrongSignIn as wrong:
        raise NotReady(f"{path}: {wrong} docs/signing-in.md shows the form.") from wrong
    except _Wrong as wrong:
        raise NotReady(f"{path}: {wrong} docs/models.md shows the form.") from wrong


class _Wrong(Exception):
    """Something in the file, in a sentence."""


def _read(path: Path) -> _File:
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
    except OSError as exc:
        raise NotReady(f"The configuration {path} cannot be read: {exc.strerror}.") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise _Wrong(f"It is not TOML: {exc}.") from exc
    except msgspec.ValidationError as exc:
        raise _Wrong(f"{exc}.") from exc


def _deployment(file: _File, plain: Deployment) -> Deployment:
    engines = dict(plain.engines) | {name: _engine(name, table, plain) for name, table in file.engines.items()}
    _check_pools(engines)
    models = dict(plain.models)
    chains: dict[str, tuple[Step, ...]] = {}
    prices = dict(plain.tariff.credits_per_s)
    for model_id, said in file.models.items():
        models[model_id] = _model(model_id, said)
        if said.chain or model_id not in MODELS:
            chains[model_id] = _chain(model_id, said, engines)
        prices |= _prices(model_id, said, models[model_id])
    return replace(
        plain,
        engines=engines,
        models=models,
        chains=chains,
        tariff=Tariff(prices, plain.tariff.media_factor),
        pools={name: _pool(name, said, engines) for name, said in file.pools.items()},
        sign_in=sign_in_ways(file.sign_in),
    )


def _engine(name: str, table: Mapping[str, Any], plain: Deployment) -> EngineSpec:
    place = f"engines.{name}"
    if not _NAME.fullmatch(name):
        raise _Wrong(f"{place}: an engine's name has small letters, digits, dots and dashes.")
    embedded = plain.engines.get(name)
    known = {"kind": embedded.kind, "pool": embedded.pool} if embedded else {}
    try:
        said = msgspec.convert({**known, **table}, _Engine)
    except msgspec.ValidationError as exc:
        raise _Wrong(f"{place}: {exc}.") from exc
    if not 1 <= said.slots <= MAX_SLOTS:
        raise _Wrong(f"{place}.slots must be 1 to {MAX_SLOTS}.")
    if "key" in table:
        raise _Wrong(f"{place}.key: a key does not belong into this file; use key_file or key_env.")
    ours = {field.name for field in msgspec.structs.fields(_Engine)}
    return EngineSpec(
        name=name,
        kind=said.kind,
        pool=said.pool or name,
        slots=said.slots,
        options={key: value for key, value in table.items() if key not in ours},
        key_env=said.key_env,
        key_file=said.key_file,
        start_limit_s=said.start_limit_s,
        silence_limit_s=said.silence_limit_s,
        is_local=said.local,
    )


def _check_pools(engines: Mapping[str, EngineSpec]) -> None:
    """A pool's jobs are taken by whoever serves it, so that all its engines must be of one kind."""
    for one in engines.values():
        for other in engines.values():
            if one.pool == other.pool and one.kind != other.kind:
                raise _Wrong(
                    f"engines.{other.name}.pool: '{other.pool}' is the pool of '{one.name}' too, which is of another "
                    "kind; engines that share a pool must be able to stand in for one another."
                )


def _pool(name: str, said: _Pool, engines: Mapping[str, EngineSpec]) -> PoolSpec:
    place = f"pools.{name}"
    engine = engines[_engine_of_pool(name, said, engines)]
    workers = _Workers(min=said.workers, max=said.workers) if isinstance(said.workers, int) else said.workers
    if not 0 <= workers.min <= workers.max <= MAX_WORKERS:
        raise _Wrong(f"{place}.workers: min is at least 0, and max at least min and at most {MAX_WORKERS}.")
    if said.keep_warm and workers.max == 0:
        raise _Wrong(f"{place}: keep_warm wants a worker at all times, and workers allows none.")
    for field in ("target_wait_s", "cool_down_s", "min_residency_s"):
        if not 0 <= getattr(workers, field) < float("inf") or (field == "target_wait_s" and workers.target_wait_s == 0):
            raise _Wrong(f"{place}.workers.{field} is a number of seconds{', above 0' * (field == 'target_wait_s')}.")
    for field, amount in {"gpus": said.gpus, "cpus": said.cpus, **said.resources}.items():
        if not 0 <= amount < float("inf"):
            raise _Wrong(f"{place}: a worker cannot take {amount:g} of {field}.")
    if said.gpus > 1 and said.gpus != int(said.gpus):
        raise _Wrong(f"{place}.gpus is a whole number, or a part of one GPU; not {said.gpus:g}.")
    return PoolSpec(
        name=name,
        engine=engine.name,
        min_workers=workers.min,
        max_workers=workers.max,
        target_wait_s=workers.target_wait_s,
        cool_down_s=workers.cool_down_s,
        min_residency_s=workers.min_residency_s,
        keep_warm=said.keep_warm,
        slots=engine.slots,
        gpus=said.gpus,
        cpus=said.cpus,
        resources=said.resources,
    )


def _engine_of_pool(name: str, said: _Pool, engines: Mapping[str, EngineSpec]) -> str:
    """Return the engine that the pool's workers run: the only one that serves it, or the one that is named."""
    serving = [engine.name for engine in engines.values() if engine.pool == name]
    if not serving:
        known = _listed({engine.pool for engine in engines.values()})
        raise _Wrong(f"pools.{name}: no engine serves such a pool; there are {known}.")
    if said.engine is None and len(serving) > 1:
        raise _Wrong(f"pools.{name} needs `engine`, because several serve it: {_listed(serving)}.")
    if said.engine is not None and said.engine not in serving:
        raise _Wrong(f"pools.{name}.engine: '{said.engine}' does not serve this pool; {_listed(serving)} would.")
    return said.engine or serving[0]


def _model(model_id: str, said: _Model) -> Model:
    place = f'models."{model_id}"'
    for name, option in said.engine_options.items():
        if option.default is not None and (fault := fault_of(option.default, option)):
            raise _Wrong(f"{place}.engine_options.{name}.default {fault}.")
    if model_id in MODELS:
        others = {name for name in _Model.__struct_fields__ if getattr(said, name) != _default(name)} - _OF_OURS
        if others:
            raise _Wrong(f"{place}.{min(others)}: this model is documented; only its {_listed(_OF_OURS)} are yours.")
        return replace(MODELS[model_id], options=said.engine_options)
    if not _NAME.fullmatch(model_id):
        raise _Wrong(f"{place}: a model's id has small letters, digits, dots and dashes.")
    if not said.durations or not said.chain:
        raise _Wrong(f"{place} needs `durations`, a list of whole seconds, and a `chain` of engines.")
    return Model(
        model_id,
        said.name or model_id,
        said.description,
        tuple(sorted(set(said.durations))),
        aspect_ratios=said.aspect_ratios,
        resolutions=said.resolutions,
        roles=said.roles,
        max_references=said.max_references,
        options=said.engine_options,
    )


def _default(name: str) -> Any:
    return getattr(_Model(), name)


def _chain(model_id: str, said: _Model, engines: Mapping[str, EngineSpec]) -> tuple[Step, ...]:
    for number, step in enumerate(said.chain):
        if step.engine not in engines:
            known = ", ".join(sorted(engines))
            raise _Wrong(
                f"models.\"{model_id}\".chain[{number}].engine: there is no engine '{step.engine}', only {known}."
            )
    return tuple(
        Step(
            engine=step.engine,
            pool=engines[step.engine].pool,
            modes=step.modes,
            roles=step.roles,
            max_references=step.max_references,
            resolutions=step.resolutions,
            aspect_ratios=step.aspect_ratios,
            min_duration_s=step.min_duration,
            max_duration_s=step.max_duration,
        )
        for step in said.chain
    )


def _prices(model_id: str, said: _Model, model: Model) -> dict[tuple[str, Resolution], Decimal]:
    place = f'models."{model_id}".price'
    needed = set() if model_id in MODELS else set(model.resolutions)
    missing = [resolution for resolution in Resolution if resolution in needed - said.price.keys()]
    if missing:
        raise _Wrong(f'{place} needs credits per second for {_listed(missing)}, such as "{missing[0]}" = "4".')
    try:
        prices = {(model_id, resolution): Decimal(str(price)) for resolution, price in said.price.items()}
    except InvalidOperation as exc:
        raise _Wrong(f'{place}: a price is a decimal number such as "3.2".') from exc
    if any(not price.is_finite() or price < 0 for price in prices.values()):
        raise _Wrong(f"{place}: a price cannot be below nothing.")
    return prices


def _listed(some: Any) -> str:
    return ", ".join(sorted(some))
