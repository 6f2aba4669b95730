"""The console: one page at every path of its own, and the files it is made of under `/console/`.

A file's address names the state of the whole folder, so a browser keeps what it has for good and asks only for the
page. Who edits a file sees it at the next reload: files are read again when they have changed on the disk.
"""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import seedbed.samples
import seedbed.web
from seedbed.api.ranges import matches
from seedbed.api.service import Service
from seedbed.core.errors import NotFound
from seedbed.settings import ResultUrls

ROOT = Path(seedbed.web.__path__[0]) / "console"
SAMPLES = Path(seedbed.samples.__path__[0])
PAGE = "index.html"
SCRIPT, FIRST_PAGE = "app.js", "pages/playground.js"
STYLE = "style.css"  # all of `style/` in one: the ground first, then what stands on it
STYLE_ORDER = ("tokens", "base", "parts", "shell")
_IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?["'](\.[^"']+)["'];$""", re.MULTILINE)
PATHS = ("/", "/history", "/jobs/{job_id}", "/compare", "/keys", "/sign-in", "/desk", "/desk/{rest:path}")
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
KEPT = "public, max-age=31536000, immutable"
ASKED_ABOUT = "no-cache"
# What else closes an answer, `api.edge` puts on all of them.
PAGE_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}


@dataclass(frozen=True, slots=True)
class ConsoleFile:
    """One file as it is sent. `packed` is gzip, None where that would not make it smaller."""

    plain: bytes
    packed: bytes | None
    digest: str
    media_type: str


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """All files by their name in an address, and what tells this state of them from others, on every machine alike."""

    files: Mapping[str, ConsoleFile]
    version: str


def console_routes(service: Service) -> list[Route]:
    """Return the routes. They must stand after all others under `/console/`."""
    pages = [Route(path, partial(_page, service)) for path in PATHS]
    return [*pages, Route("/console/{version}/{name:path}", _asset)]


async def _page(service: Service, request: Request) -> Response:
    """Send the page to whoever reads HTML; for anybody else there is nothing here."""
    if "text/html" not in request.headers.get("accept", ""):
        raise NotFound("There is nothing at this path.", param="path")
    base = "../" * (request.scope["raw_path"].count(b"/") - 1) or "./"
    starts = (SCRIPT, FIRST_PAGE) if request.url.path == "/" else (SCRIPT,)
    page = _page_at(base, starts, _folder(_glance()))
    headers = PAGE_HEADERS | {
        "Content-Security-Policy": policy(await _bucket_origin(service)),
        "Vary": "Accept, Accept-Encoding",
        "Cache-Control": ASKED_ABOUT,
    }
    return _answer(request, page, headers)


async def _asset(request: Request) -> Response:
    folder, name = _folder(_glance()), request.path_params["name"]
    if name not in folder.files or name == PAGE:
        raise NotFound("The console has no such file.", param="path")
    is_current = request.path_params["version"] == folder.version
    headers = {"Cache-Control": KEPT if is_current else ASKED_ABOUT, "Vary": "Accept-Encoding"}
    return _answer(request, folder.files[name], headers)


def _answer(request: Request, file: ConsoleFile, headers: dict[str, str]) -> Response:
    body, etag = file.plain, f'"{file.digest}"'
    if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        body, etag = file.packed, f'"{file.digest}-gzip"'
        headers["Content-Encoding"] = "gzip"
    headers["ETag"] = etag
    known = request.headers.get("if-none-match")
    if known is not None and matches(known, etag):
        headers.pop("Content-Encoding", None)
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=file.media_type, headers=headers)


def policy(bucket_origin: str = "") -> str:
    """Return the page's Content-Security-Policy. `bucket_origin`: where results are read from, if not from here."""
    from_bucket = f" {bucket_origin}" if bucket_origin else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
        f"img-src 'self' blob: data:{from_bucket}; media-src 'self' blob:{from_bucket}; manifest-src 'self'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


async def _bucket_origin(service: Service) -> str:
    if service.settings.result_urls is not ResultUrls.PRESIGN:
        return ""
    # Whether the bucket stands in the host's name or in the path is for the store to know: a signed URL tells.
    signed = urlsplit(await service.blobs.presigned("console", "GET", lifetime=timedelta(minutes=1)))
    return f"{signed.scheme}://{signed.netloc}"


@lru_cache(maxsize=16)
def _page_at(base: str, starts: tuple[str, ...], folder: Folder) -> ConsoleFile:
    """Return the page with the way to the service's root, which needs to know neither host nor prefix."""
    text = folder.files[PAGE].plain.decode()
    needed = dict.fromkeys(name for start in starts for name in _imported(folder, start))
    # Named here they come at once; otherwise each would be asked for only when another that imports it was read.
    links = "\n    ".join(f'<link rel="modulepreload" href="console/{folder.version}/{name}">' for name in needed)
    text = text.replace("{base}", base).replace("{version}", folder.version).replace("{preload}", links)
    return _packed(text.encode(), MEDIA_TYPES[".html"])


def _imported(folder: Folder, name: str, known: tuple[str, ...] = ()) -> list[str]:
    """Return a script and all that it imports, each before what imports it last."""
    names = [name]
    for target in _IMPORT.findall(folder.files[name].plain.decode()):
        found = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        if found in folder.files and found not in (*known, *names):
            names += _imported(folder, found, (*known, *names))
    return names


def _glance() -> int:
    """Return a number that stays the same for a second, in which the folder is looked at once."""
    return int(time.monotonic())


@lru_cache(maxsize=1)
def _folder(_: int) -> Folder:
    """Return every file that may be asked for. A name that is not here is never looked up on the disk."""
    own = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*")) if path.suffix in MEDIA_TYPES}
    photographs = {f"samples/full/{path.name}": path for path in sorted(SAMPLES.glob("*.jpg"))}
    return _read_all(tuple((name, path, path.stat().st_mtime_ns) for name, path in (own | photographs).items()))


@lru_cache(maxsize=1)
def _read_all(state: tuple[tuple[str, Path, int], ...]) -> Folder:
    files = {name: _read(path, changed_ns) for name, path, changed_ns in state}
    styles = sorted((name for name in files if name.startswith("style/")), key=_style_place)
    joined = b"\n".join(files.pop(name).plain for name in styles)
    files[STYLE] = _packed(joined, MEDIA_TYPES[".css"])
    listed = "".join(f"{name}\0{file.digest}\0" for name, file in files.items())
    return Folder(files, hashlib.sha256(listed.encode()).hexdigest()[:12])


def _style_place(name: str) -> tuple[int, str]:
    stem = Path(name).stem
    return (STYLE_ORDER.index(stem) if stem in STYLE_ORDER else len(STYLE_ORDER), name)


@lru_cache(maxsize=512)
def _read(path: Path, changed_ns: int) -> ConsoleFile:  # noqa: ARG001  # a file that has changed is another file
    return _packed(path.read_bytes(), MEDIA_TYPES[path.suffix])


def _packed(plain: bytes, media_type: str) -> ConsoleFile:
    packed = gzip.compress(plain, compresslevel=9, mtime=0)
    is_smaller = len(packed) < 0.95 * len(plain)
    return ConsoleFile(plain, packed if is_smaller else None, hashlib.sha256(plain).hexdigest()[:32], media_type)
