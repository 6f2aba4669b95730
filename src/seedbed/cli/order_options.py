"""The options that say what video is wanted: the same for `generate` and `estimate`."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec, get_type_hints

import typer

from seedbed.cli.media_arguments import ROLES, reference_of, role_and_source
from seedbed.core.models import MODELS, NATIVE_ASPECT_RATIOS
from seedbed.core.references import Kind
from seedbed.core.sizes import Resolution

if TYPE_CHECKING:
    from seedbed_client import Reference

P = ParamSpec("P")

_SOURCES = ("media", "image", "video", "audio", "first_frame", "last_frame", "reference")


def one_of(*choices: str) -> Callable[[str], list[str]]:
    return lambda incomplete: [choice for choice in choices if choice.startswith(incomplete)]


def _a_role(incomplete: str) -> list[str]:
    return [f"{role}=" for role in ROLES if role.startswith(incomplete)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOptions:
    """What a person asks for. Nothing is judged here that the service judges: it knows better, and says why."""

    media: Annotated[
        list[str] | None, typer.Argument(help="Pictures, videos or sounds: local files or URLs. May be none.")
    ] = None
    prompt: Annotated[str, typer.Option("--prompt", "-p", help="What the video shows and how it moves.")] = ""
    model: Annotated[str, typer.Option("--model", "-m", help="The model.", autocompletion=one_of(*MODELS))] = (
        "seedance-2.0"
    )
    image: Annotated[
        list[str] | None, typer.Option("--image", "-i", help="A picture: a file or a URL. Again for the next one.")
    ] = None
    video: Annotated[list[str] | None, typer.Option(help="A reference video. Again for the next one.")] = None
    audio: Annotated[list[str] | None, typer.Option(help="A reference sound. Again for the next one.")] = None
    first_frame: Annotated[str | None, typer.Option(help="The picture that the video begins with.")] = None
    last_frame: Annotated[str | None, typer.Option(help="The picture that it ends with.")] = None
    reference: Annotated[
        list[str] | None,
        typer.Option(help="With a role of its own: reference_image=style.png.", autocompletion=_a_role),
    ] = None
    duration: Annotated[int | None, typer.Option("--duration", "-d", help="Seconds, 4 to 15 (1.5-pro: 5, 10).")] = None
    resolution: Annotated[
        str | None, typer.Option("--resolution", "-r", help="480p ... 1080p.", autocompletion=one_of(*Resolution))
    ] = None
    aspect_ratio: Annotated[
        str | None,
        typer.Option(help="Default: that of the first picture.", autocompletion=one_of(*NATIVE_ASPECT_RATIOS)),
    ] = None
    seed: Annotated[int | None, typer.Option(help="The same seed makes the same clip again.")] = None
    sound: Annotated[bool | None, typer.Option("--sound/--no-sound", help="Whether the video has sound.")] = None
    return_last_frame: Annotated[bool, typer.Option(help="Also keep the last frame as a PNG.")] = False
    priority: Annotated[int | None, typer.Option(help="0 to 9, among your own waiting jobs.")] = None
    expires_after: Annotated[int | None, typer.Option(help="Seconds after which an unfinished job expires.")] = None
    webhook_url: Annotated[str | None, typer.Option(help="Gets the final result, signed.")] = None
    metadata: Annotated[str | None, typer.Option(help="A JSON object that comes back with the result.")] = None
    engine_options: Annotated[
        str | None, typer.Option(help="A JSON object of what the model lets you say to its engine: '{\"steps\": 20}'.")
    ] = None

    def references(self, *, folder: Path = Path()) -> list[Reference]:
        """Return what the video is made from, in order: as given, then by kind, then by role.

        Relative paths begin in `folder`. Raises BadParameter and FileNotFoundError.
        """
        frames = (("first_frame", self.first_frame), ("last_frame", self.last_frame))
        with_role = [
            *((role, source) for role, source in frames if source),
            *map(role_and_source, self.reference or ()),
        ]
        return [
            *(reference_of(source, folder=folder) for source in self.media or ()),
            *(reference_of(source, kind=Kind.IMAGE, folder=folder) for source in self.image or ()),
            *(reference_of(source, kind=Kind.VIDEO, folder=folder) for source in self.video or ()),
            *(reference_of(source, kind=Kind.AUDIO, folder=folder) for source in self.audio or ()),
            *(reference_of(source, role=role, folder=folder) for role, source in with_role),
        ]

    def wanted(self) -> dict[str, Any]:
        """Return the other fields as the client takes them. Raises BadParameter."""
        given = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _SOURCES}
        sound, metadata, options = given.pop("sound"), given.pop("metadata"), given.pop("engine_options")
        return given | {
            "generate_audio": sound,
            "return_last_frame": self.return_last_frame or None,
            "metadata": object_of(metadata, "--metadata", {"projectId": "p1"}) if metadata else None,
            "engine_options": object_of(options, "--engine-options", {"steps": 20}) if options else None,
        }


def object_of(text: str, option: str, example: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON object that an option holds. Raises BadParameter."""
    try:
        found = json.loads(text)
    except ValueError as exc:
        raise typer.BadParameter(f"{option} must be JSON ({exc}).") from exc
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{option} must be a JSON object, such as '{json.dumps(example)}'.")
    return found


def takes_order(command: Callable[Concatenate[OrderOptions, P], None]) -> Callable[..., None]:
    """Give a command the order's options before its own. Typer reads them from the signature."""

    @functools.wraps(command)
    def run(**given: Any) -> None:
        order = OrderOptions(**{field.name: given.pop(field.name) for field in fields(OrderOptions)})
        command(order, **given)  # type: ignore[call-arg]  # Typer gives what the signature says

    hints = get_type_hints(OrderOptions, include_extras=True)
    ordered = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in fields(OrderOptions)
    ]
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect itself looks for
        [*ordered, *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own)]
    )
    run.__annotations__ = {}
    return run
