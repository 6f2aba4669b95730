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
    """Show the engines that would make a request, in order, by this deployment's configuration.

    Exit codes: 0 if one would, 3 if the request would be refused, 2 if it is not JSON, 1 if the configuration is wrong.
    """
    from seedbed.cli.console import complain
    from seedbed.cli.exit_codes import ExitCode
    from seedbed.configuration import load_deployment
    from seedbed.core.errors import Refusal
    from seedbed.settings import load_settings

    settings = load_settings()
    deployment = load_deployment(settings)
    try:
        _explain(_accepted(_body(request), settings, deployment), deployment, explains=explain, is_live=not test)
    except Refusal as refused:
        complain(str(refused))
        raise typer.Exit(ExitCode.REFUSED) from refused


def _explain(accepted: Accepted, deployment: Deployment, *, explains: bool, is_live: bool) -> None:
    """Print the engines and the price. Raises InvalidRequest, after the objections, if none takes the request."""
    from seedbed.cli.console import console

    out = console()
    judged = deployment.verdicts(accepted.request, is_live=is_live)
    for number, verdict in enumerate(verdict for verdict in judged if explains or verdict.takes_it):
        says = "takes it" if verdict.takes_it else "; ".join(verdict.objections)
        out.print(f"{number + 1}. {verdict.step.engine} (pool {verdict.step.pool}): {says}")
    for warning in accepted.warnings:
        out.print(f"Warning: {warning}")
    deployment.route(accepted.request, is_live=is_live, param="model")
    out.print(f"Price: {_price(deployment, accepted)} credits")


def _body(path: Path) -> dict[str, Any]:
    import sys

    from seedbed.api.json_body import parse_object
    from seedbed.core.errors import InvalidJson

    body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    try:
        return parse_object(body)
    except InvalidJson as exc:
        raise typer.BadParameter(str(exc), param_hint="REQUEST") from exc


def _accepted(body: dict[str, Any], settings: Settings, deployment: Deployment) -> Accepted:
    from dataclasses import replace

    from seedbed.api.conversion import convert, unknown_fields
    from seedbed.api.native.drafts import draft_of
    from seedbed.api.native.wire import GenerationBody
    from seedbed.core.request import accept

    draft = draft_of(convert(body, GenerationBody))
    accepted = accept(draft, rules=settings.rules, chosen_seed=0, offer=deployment.offer("native"))
    return replace(accepted, warnings=unknown_fields(body, GenerationBody) + accepted.warnings)


def _price(deployment: Deployment, accepted: Accepted) -> int:
    request = accepted.request
    return deployment.tariff.price(
        model=request.model, resolution=request.resolution, duration_s=request.duration_s, has_media=request.has_media
    )
