"""`/openapi.json`: the documents of the three dialects and of the operator's API as one, for who wants one file.

Paths bear the prefixes of their dialects. Names stay what they are in the native dialect; those of the others that
would mean something else here get their own name before them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from seedbed.api.admin.openapi import document as admin_document
from seedbed.api.admin.paths import ROOT as ADMIN_ROOT
from seedbed.api.ark.openapi import document as ark_document
from seedbed.api.ark.paths import ROOT as ARK_ROOT
from seedbed.api.native.answers import raw_json
from seedbed.api.native.openapi import document as native_document
from seedbed.api.native.paths import ROOT
from seedbed.api.openai.openapi import document as openai_document
from seedbed.api.openai.paths import ROOT as OPENAI_ROOT
from seedbed.api.openapi_parts import ABOUT, PATH, SHOWN, this_document
from seedbed.api.service import Service

_OTHERS = (
    ("Ark", ARK_ROOT, ark_document),
    ("OpenAI", OPENAI_ROOT, openai_document),
    ("Admin", ADMIN_ROOT, admin_document),
)
_NAMED = ("schemas", "examples")  # components that differ from dialect to dialect
_PLACES = tuple(f"#/components/{kind}/" for kind in _NAMED)


def joint_routes(service: Service) -> list[Route]:
    return [Route(PATH, partial(_show, service))]


async def _show(service: Service, _: Request) -> Response:
    return raw_json(_encoded(service.settings.base_url), headers=SHOWN)


@lru_cache(maxsize=4)
def _encoded(base_url: str) -> bytes:
    return msgspec.json.encode(document(base_url))


def document(base_url: str) -> dict[str, Any]:
    """Return the document. `base_url` is the public base, without a slash at its end."""
    joint = native_document(base_url)
    joint["paths"] = _under(ROOT, joint["paths"])
    for name, root, of_dialect in _OTHERS:
        other = _renamed(of_dialect(base_url), name)
        joint["paths"] |= _under(root, other["paths"])
        joint["tags"] = [*joint["tags"][:-1], *other["tags"][:-1], joint["tags"][-1]]
        for kind in _NAMED:
            joint["components"][kind] |= other["components"][kind]
        joint["info"]["description"] += f"\n\n# {name}\n\n{other['info']['description']}"
    joint["paths"][PATH] = {
        "get": this_document("showJointOpenApi") | {"summary": "All three dialects and the operator's API in one."}
    }
    joint["servers"] = [{"url": base_url}]
    return joint


def _under(root: str, paths: Mapping[str, Any]) -> dict[str, Any]:
    return {root + path: item for path, item in paths.items()}


def _renamed(document: dict[str, Any], dialect: str) -> dict[str, Any]:
    """Return the document with its dialect's name before its tags, its schemas, its examples and its own operation."""
    renamed: dict[str, Any] = _referring(document, dialect)
    for kind in _NAMED:
        named = renamed["components"][kind]
        renamed["components"][kind] = {_prefixed(name, dialect): value for name, value in named.items()}
    for tag in renamed["tags"]:
        tag["name"] = f"{dialect}: {tag['name']}"
    for path, item in renamed["paths"].items():
        for operation in (member for name, member in item.items() if name != "parameters"):
            operation["tags"] = [tag if tag == ABOUT else f"{dialect}: {tag}" for tag in operation["tags"]]
            if path == PATH:
                operation["operationId"] = f"show{dialect}OpenApi"
    return renamed


def _referring(value: Any, dialect: str) -> Any:
    """Return a copy whose references, also those of a discriminator, lead to the components by their new names."""
    match value:
        case dict():
            return {name: _referring(member, dialect) for name, member in value.items()}
        case list():
            return [_referring(member, dialect) for member in value]
        case str() if value.startswith(_PLACES):
            place, _, name = value.rpartition("/")
            return f"{place}/{_prefixed(name, dialect)}"
        case _:
            return value


def _prefixed(name: str, dialect: str) -> str:
    word = dialect.capitalize()
    return name if name.startswith(word) else word + name
