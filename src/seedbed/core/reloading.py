"""What another deployment would change, in words: for the log of a service that takes it up while it works.

What a service offers changes at once. What its workers hold, an engine with its options, stays as it was loaded: no
reload unloads a model, so each such difference is told together with what would bring it about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seedbed.core.deployment import Deployment, EngineSpec


def changes(before: Deployment, after: Deployment) -> list[str]:
    """Return what the service offers otherwise from now on, a part of a sentence each. Empty: nothing."""
    return [
        *_listed("model", before.models, after.models),
        *_prices(before, after),
        *(
            f"model {model}: chain {_chain(before, model)} -> {_chain(after, model)}"
            for model in _in_both(before.models, after.models)
            if before.chain(model) != after.chain(model)
        ),
        *_listed("pool of a fleet", before.pools, after.pools),
        *(["who may sign in: changed"] if before.sign_in != after.sign_in else []),
    ]


def left_as_they_are(before: Deployment, after: Deployment) -> list[str]:
    """Return what workers that began with `before` go on with, and what would change it, a sentence each."""
    return [
        *(_new(after.engines[name]) for name in sorted(after.engines.keys() - before.engines.keys())),
        *(
            f"The engine '{name}' is not in the configuration any more; its workers go on until they are stopped."
            for name in sorted(before.engines.keys() - after.engines.keys())
        ),
        *(
            f"The workers of the engine '{name}' keep the one that they have loaded; restart them to change its "
            f"{', '.join(differing)}."
            for name in _in_both(before.engines, after.engines)
            if (differing := _differing(before.engines[name], after.engines[name]))
        ),
    ]


def _new(engine: EngineSpec) -> str:
    return (
        f"The engine '{engine.name}' is new, and no reload starts workers; if it has none yet, run `seedbed work "
        f"--engine {engine.name}`, or restart."
    )


def _listed(noun: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(after.keys() - before.keys()):
        yield f"{noun} {name}: new"
    for name in sorted(before.keys() - after.keys()):
        yield f"{noun} {name}: gone"
    for name in _in_both(before, after):
        if before[name] != after[name]:
            yield f"{noun} {name}: changed"


def _prices(before: Deployment, after: Deployment) -> Iterator[str]:
    old, new = before.tariff, after.tariff
    for model in _in_both(before.models, after.models):
        for resolution in after.models[model].resolutions:
            was, is_now = old.credits_per_s.get((model, resolution)), new.credits_per_s[model, resolution]
            if was != is_now:
                yield f"model {model}: {resolution} {was} -> {is_now} credits/s"
    if old.media_factor != new.media_factor:
        yield f"price with media: x{old.media_factor} -> x{new.media_factor}"


def _differing(before: EngineSpec, after: EngineSpec) -> list[str]:
    # Whether a service starts workers of its own for the engine is of no concern to those that run.
    fields = ("kind", "pool", "slots", "options", "key_env", "key_file", "start_limit_s", "silence_limit_s")
    return [field for field in fields if getattr(before, field) != getattr(after, field)]


def _in_both(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in after if name in before]


def _chain(deployment: Deployment, model: str) -> str:
    return ", ".join(step.engine for step in deployment.chain(model))
