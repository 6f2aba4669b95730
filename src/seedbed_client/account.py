"""What belongs to the account or to nobody: uploads, credits, the catalogue of models."""

from __future__ import annotations

import uuid
from pathlib import Path

from seedbed_client.exchange import ROOT, Call, Service, Steps, Tell
from seedbed_client.values import Asset, Credits, Model


def upload(
    service: Service, path: Path, *, progress: Tell | None = None, idempotency_key: str | None = None
) -> Steps[Asset]:
    """Upload a picture, a video or a sound. `progress` gets the bytes sent so far and how many there are."""
    key = idempotency_key or str(uuid.uuid4())
    call = Call(method="POST", path=f"{ROOT}/uploads", file=path, tell=progress, key=key)
    return (yield from service.ask(call, Asset))


def credit_balance(service: Service) -> Steps[Credits]:
    return (yield from service.ask(Call(path=f"{ROOT}/credits"), Credits))


def list_models(service: Service) -> Steps[tuple[Model, ...]]:
    """Return the catalogue, for which no key is needed."""
    body = yield from service.ask_json(Call(path=f"{ROOT}/models"))
    return tuple(service.shown(Model, {**item, "data": item}) for item in body.get("data") or ())
