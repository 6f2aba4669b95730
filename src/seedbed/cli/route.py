"""`seedbed route`: which engines would make a request, and why the others would not. Nothing is sent or charged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from seedbed.core.deployment import Deployment
    from seedbed.core.request import Accepted
    from seedbed.settings import Settings


def route(
    request: Annotated[Path, typer.Argument(help="A file with the JSON body of a generation; - reads it here.")],
    explain: Annotated[bool, typer.Option("--explain", help="Also say why an engine does not take it.")] = False,
    test: Annotated[bool, typer.Option("--test", help="As with a key of test mode.")] = False,
) -> None:
    """Show the engines that would make a request, in order, by this deployment's configuration."""
    from seedbed.cli.console import console
    from seedbed.configuration import load_deployment
    from seedbed.core.routing import refusal, route_of
    from seedbed.settings import load_settings

    out = console()
    settings = load_settings()
    deployment = load_deployment(settings)
    accepted = _accepted(_body(request), settings, deployment)
    judged = deployment.verdicts(accepted.request, is_live=not test)
    legs = route_of(judged)
    for number, verdict in enumerate(verdict for verdict in judged if explain or verdict.takes_it):
        says = "takes it" if verdict.takes_it else "; ".join(verdict.objections)
        out.print(f"{number + 1}. {verdict.step.engine} (pool {verdict.step.pool}): {says}")
    for warning in accepted.warnings:
        out.print(f"Warning: {warning}")
    if not legs:
        raise typer.BadParameter(refusal(accepted.request.model, judged), param_hint="REQUEST")
    out.print(f"Price: {_price(deployment, accepted)} credits")


def _body(path: Path) -> dict[str, Any]:
    import json
    import sys

    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    try:
        body = json.loads(text)
    except ValueError as exc:
        raise typer.BadParameter(f"this is not JSON: {exc}", param_hint="REQUEST") from exc
    if not isinstance(body, dict):
        raise typer.BadParameter("a request is one JSON object", param_hint="REQUEST")
    return body


def _accepted(body: dict[str, Any], settings: Settings, deployment: Deployment) -> Accepted:
    from seedbed.api.conversion import convert
    from seedbed.api.native.drafts import draft_of
    from seedbed.api.native.wire import GenerationBody
    from seedbed.core.request import accept

    draft = draft_of(convert(body, GenerationBody))
    return accept(draft, rules=settings.rules, chosen_seed=0, offer=deployment.offer("native"))


def _price(deployment: Deployment, accepted: Accepted) -> int:
    request = accepted.request
    return deployment.tariff.price(
        model=request.model, resolution=request.resolution, duration_s=request.duration_s, has_media=request.has_media
    )
