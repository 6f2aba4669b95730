"""Everything an operator may set, read once at a way in from `SEEDBED_*` variables and frozen.

An unknown variable is an error, so that a misspelt one cannot pass unnoticed. `seedbed settings` prints them all with
secrets masked; the sentences here are its documentation.
"""

from __future__ import annotations

import os
import sys
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seedbed.core.errors import NotReady
from seedbed.core.limits import MediaLimits
from seedbed.core.models import MODELS
from seedbed.core.openings import Opened, Proxy, parse_opening, parse_proxy
from seedbed.core.pricing import DEFAULT_TARIFF, Tariff
from seedbed.core.rate_limits import RateLimits
from seedbed.core.request import Rules
from seedbed.core.sizes import Resolution

PREFIX = "SEEDBED_"
CLIENT_PREFIX = "SEEDBED_CLIENT_"  # where a client finds its service: options of `generate`, no settings of the service
MASK = "***"


class ResultAccess(StrEnum):
    PUBLIC = "public"  # whoever knows the request id may load the result
    KEY = "key"  # only with a key of the account


class ResultUrls(StrEnum):
    STREAM = "stream"  # a result's URL gives the bytes
    PRESIGN = "presign"  # it sends on to the bucket, with leave to read the one file for a while


def _default_home() -> Path:
    match sys.platform:
        case "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
        case "darwin":
            base = Path.home() / "Library/Application Support"
        case _:
            base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    return base / "seedbed"


def _setting(doc: str, default: Any = None, *, factory: Callable[[], Any] | None = None, secret: bool = False) -> Any:
    metadata = {"doc": doc, "secret": secret}
    if factory is not None:
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    home: Path = _setting("The folder of the embedded service: database, results, keys.", factory=_default_home)
    database_url: str | None = _setting(
        "A PostgreSQL 14 or later. Without it an embedded one runs in the home folder.", secret=True
    )
    listen_url: str | None = _setting(
        "The same database with no pooler between, for notices and `migrate`. Default: as SEEDBED_DATABASE_URL.",
        secret=True,
    )
    database_connections: int = _setting("How many connections to the database an API process may have open.", 10)
    worker_connections: int | None = _setting(
        "How many a worker may have open for its jobs. Default: twice the slots of its engine, and 4."
    )
    blobs_url: str | None = _setting(
        "Where bytes are kept, as a URL (file:///..., s3://...). Without it, a folder in the home folder.", secret=True
    )
    host: str = _setting("The address that `serve` listens on.", "127.0.0.1")
    port: int = _setting("The port that `serve` listens on; 0 takes a free one.", 8000)
    public_url: str | None = _setting(
        "The base of result URLs, as clients see it; never taken from a request. Default: http://host:port."
    )
    results: ResultAccess = _setting("Who may load a result: `public` or `key`.", ResultAccess.PUBLIC)
    result_urls: ResultUrls = _setting(
        "How a result's URL gives the bytes: `stream` them, or `presign` to send the client on to the bucket.",
        ResultUrls.STREAM,
    )
    result_url_lifetime_s: int = _setting("How long a presigned URL opens its file, up to 604800 s.", 3600)
    blobs_public_endpoint: str | None = _setting(
        "The bucket's endpoint as clients reach it, for presigned URLs. Default: the one that the service uses."
    )
    open_networks: tuple[Opened, ...] = _setting(
        "Networks, comma-separated, that media and webhooks may use although they are not public, also by http.", ()
    )
    outbound_proxy: Proxy | None = _setting(
        "An HTTP proxy (http://host:port) for all of media and webhooks but the opened networks.", secret=True
    )
    ca_bundle: Path | None = _setting("A PEM file of certificates to trust besides the public ones.")
    host_connections: int = _setting("How many connections a worker may have open to one address.", 6)
    samples: bool | None = _setting(
        "Let the reserved host names of RFC 2606 stand for the sample photographs. Default: with the embedded database."
    )
    tariff_file: Path | None = _setting("A TOML file with prices, in the form that docs/settings.md shows.")
    config_file: Path | None = _setting(
        "The TOML file with engines and models of your own. Default: `seedbed.toml` in the home folder, if it is there."
    )
    queue_limit_jobs: int = _setting("How many jobs an account may have waiting.", 1000)
    running_limit_jobs: int = _setting("How many jobs of an account may run at a time, by default.", 4)
    requests_per_minute: int = _setting("How many requests an API key may make a minute, by default.", 600)
    cancels_per_minute: int = _setting("How many jobs in progress an API key may cancel a minute.", 30)
    upload_bytes_per_day: int = _setting("How many bytes an API key may upload a day, by default.", 10_000_000_000)
    max_body_bytes: int = _setting("The largest JSON body without `data:` URIs.", 1_000_000)
    max_data_body_bytes: int = _setting("The largest request with `data:` URIs, and the largest upload.", 64_000_000)
    body_timeout_s: float = _setting(
        "How long a request's body may take to arrive; a second more for each 16 kB that came.", 30.0
    )
    session_lifetime_s: int = _setting("How long a browser stays signed in to the console.", 604_800)
    drain_s: float = _setting("How long `/readyz` says no before `serve`, told to stop, refuses connections.", 0.0)
    max_image_bytes: int = _setting("The largest reference picture.", 30_000_000)
    max_video_bytes: int = _setting("The largest reference video.", 50_000_000)
    max_audio_bytes: int = _setting("The largest reference sound.", 15_000_000)
    fetch_deadline_s: float = _setting("How long all downloads of one job may take together.", 60.0)
    engine: str = _setting(
        "The engine of the workers: `animatic`, `testcard`, one of an installed package, or `package.module:Class`.",
        "animatic",
    )
    test_queue_s: int = _setting("How long each test-mode job stays in the queue, at least.", 0)
    lease_s: float = _setting("How long a silent worker keeps its job before it is given to another.", 15.0)
    poll_s: float = _setting("How often an idle worker looks for work when nothing wakes it.", 1.0)
    engine_grace_s: float = _setting("How long an engine may take to stop before its process is ended.", 0.75)
    engine_memory_bytes: int | None = _setting("The most memory an engine's process may take. Default: no limit.")
    engine_time_limit_s: float = _setting("How long an engine may prepare and render one video.", 900.0)
    finish_time_limit_s: float = _setting("How long an engine's file may take to be made what was promised.", 300.0)
    store_time_limit_s: float = _setting("How long a finished video may wait for a store that is away or slow.", 300.0)
    suspect_after: int = _setting("After how many failures in a row an engine is tested before the next one counts.", 2)
    self_test_limit_s: float = _setting("How long an engine may take for the small video of its self-test.", 120.0)
    webhook_timeout_s: float = _setting("How long a webhook's receiver may take to answer.", 15.0)
    webhook_secret_overlap_s: int = _setting(
        "How long the old webhook secret signs besides after a rotation, at most.", 86_400
    )
    asset_lifetime_s: int = _setting("How long an upload is kept for jobs still to come.", 86_400)
    reference_lifetime_s: int = _setting(
        "How long what a reference's URL held is kept for reruns, from its last use on; 0 keeps nothing.", 604_800
    )
    log_level: str = _setting("The least severe log events that are written: debug, info, warning or error.", "info")

    @property
    def is_embedded(self) -> bool:
        return self.database_url is None

    @property
    def database_folder(self) -> Path:
        """Where the embedded PostgreSQL keeps its data."""
        return self.home / "postgres"

    @property
    def blobs_folder(self) -> Path:
        """Where bytes are kept when no `blobs_url` says otherwise."""
        return self.home / "blobs"

    @property
    def base_url(self) -> str:
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def base_path(self) -> str:
        """What clients see before every path: nothing, or the path prefix of a proxy, as `/video`."""
        return urlsplit(self.base_url).path

    @property
    def rules(self) -> Rules:
        return Rules(opened=self.open_networks, has_samples=self.is_embedded if self.samples is None else self.samples)

    @property
    def rate_limits(self) -> RateLimits:
        return RateLimits(
            requests_per_minute=self.requests_per_minute,
            cancels_per_minute=self.cancels_per_minute,
            upload_bytes_per_day=self.upload_bytes_per_day,
        )

    @property
    def media_limits(self) -> MediaLimits:
        return MediaLimits(
            image_bytes=self.max_image_bytes, video_bytes=self.max_video_bytes, audio_bytes=self.max_audio_bytes
        )

    def tariff(self) -> Tariff:
        """Read the tariff. Raises NotReady if the file is not a complete tariff."""
        return DEFAULT_TARIFF if self.tariff_file is None else _read_tariff(self.tariff_file)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Raises NotReady for an unknown variable or a value that cannot be read."""
    names = os.environ if environ is None else environ
    given = {k: v for k, v in names.items() if k.startswith(PREFIX) and not k.startswith(CLIENT_PREFIX)}
    known = {variable(f): f for f in fields(Settings)}
    unknown = sorted(given.keys() - known.keys())
    if unknown:
        raise NotReady(f"Unknown setting {', '.join(unknown)}; `seedbed settings` lists those there are.")
    return Settings(**{known[name].name: _read(known[name], text) for name, text in given.items()})


def variable(setting: Field[Any]) -> str:
    """Return the name of the environment variable of a setting."""
    return PREFIX + setting.name.upper()


def shown(setting: Field[Any], value: object) -> str:
    """Return a value as a person may see it: secrets masked."""
    if value is None or value == ():
        return "-"
    if setting.metadata["secret"]:
        return MASK
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True, slots=True)
class Described:
    """A setting as it is here. `value` is as a person may see it."""

    variable: str
    value: str
    is_set: bool
    is_secret: bool
    doc: str


def described(settings: Settings) -> list[Described]:
    """Return every setting, in the order of the documents."""
    defaults = Settings()
    return [
        Described(
            variable(setting),
            shown(setting, getattr(settings, setting.name)),
            is_set=getattr(settings, setting.name) != getattr(defaults, setting.name),
            is_secret=setting.metadata["secret"],
            doc=setting.metadata["doc"],
        )
        for setting in fields(Settings)
    ]


def _read(setting: Field[Any], text: str) -> Any:
    try:
        return _convert(text, typing.get_type_hints(Settings)[setting.name])
    except ValueError as exc:
        value = "what it is" if setting.metadata["secret"] else f"'{text}'"
        raise NotReady(f"{variable(setting)} cannot be {value}: {setting.metadata['doc']}") from exc


def _convert(text: str, hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is tuple:
        return tuple(parse_opening(part.strip()) for part in text.split(",") if part.strip())
    if hint is Proxy:
        return parse_proxy(text)
    if hint is bool:
        return _truth(text)
    return hint(text)


def _truth(text: str) -> bool:
    match text.lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
        case _:
            raise ValueError(text)


def _read_tariff(path: Path) -> Tariff:
    """Read `media_factor = "1.6"` and a table `[prices."seedance-2.0"]` a model: `720p = "8"`, in credits per s."""
    try:
        table = tomllib.loads(path.read_text())
        prices = {
            (model, resolution): Decimal(str(table["prices"][model][resolution]))
            for model in MODELS
            for resolution in Resolution
        }
        return Tariff(prices, Decimal(str(table["media_factor"])))
    except (OSError, KeyError, TypeError, ValueError, InvalidOperation) as exc:  # ValueError: no TOML, or no UTF-8
        raise NotReady(f"The tariff file {path} is not complete: {exc!r}. docs/settings.md shows its form.") from exc
