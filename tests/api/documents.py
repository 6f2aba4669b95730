"""The five OpenAPI documents, and what of them a test looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from seedbed.api import openapi_all
from seedbed.api.admin import openapi as admin
from seedbed.api.ark import openapi as ark
from seedbed.api.native import openapi as native
from seedbed.api.openai import openapi as openai

BASE_URL = "http://127.0.0.1:8000"
DOCUMENTS: dict[str, dict[str, Any]] = {
    "native": native.document(BASE_URL),
    "ark": ark.document(BASE_URL),
    "openai": openai.document(BASE_URL),
    "admin": admin.document(BASE_URL),
    "all": openapi_all.document(BASE_URL),
}
METHODS = ("get", "post", "patch", "delete")
JSON = "application/json"


@dataclass(frozen=True)
class Operation:
    """`name` is the operationId, `said` what the document has of it."""

    document: str
    path: str
    method: str
    said: dict[str, Any]

    @property
    def name(self) -> str:
        return self.said["operationId"]

    def __str__(self) -> str:
        return f"{self.document} {self.name}"

    def answer(self, status: int | str) -> dict[str, Any] | None:
        return self.said["responses"].get(str(status))


def operations() -> Iterator[Operation]:
    for name, document in DOCUMENTS.items():
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield Operation(name, path, method, item[method])


def operation(document: str, name: str) -> Operation:
    [found] = [one for one in operations() if (one.document, one.name) == (document, name)]
    return found


def resolved(document: str, value: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in value:
        place: Any = DOCUMENTS[document]
        for step in value["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        return place
    return value


def examples(document: str, content: dict[str, Any]) -> list[Any]:
    """Return the values of all examples of a media type."""
    several = [resolved(document, one)["value"] for one in content.get("examples", {}).values()]
    return several + ([content["example"]] if "example" in content else [])


def validate(document: str, schema: dict[str, Any], value: Any) -> None:
    """Fail unless the value is of the schema and has no member that the schema does not name."""
    known = {"components": {"schemas": DOCUMENTS[document]["components"]["schemas"]}}
    Draft202012Validator(_closed(schema | known)).validate(value)


def _closed(schema: Any) -> Any:
    match schema:
        case dict() if isinstance(schema.get("properties"), dict):
            return {"additionalProperties": False} | {name: _closed(value) for name, value in schema.items()}
        case dict():
            return {name: _closed(value) for name, value in schema.items()}
        case list():
            return [_closed(value) for value in schema]
        case _:
            return schema
