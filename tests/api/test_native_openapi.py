"""The OpenAPI document: valid, complete, and the same as the one that was agreed on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from customers import ROOT
from openapi_spec_validator import OpenAPIV31SpecValidator

from seedbed.api.native.openapi import document

SNAPSHOT = Path(__file__).with_name("openapi.json")
BASE_URL = "http://127.0.0.1:8000"
RENEW = "the document has changed; if it was meant to: python tests/api/test_native_openapi.py"


def as_text() -> str:
    return json.dumps(document(BASE_URL), indent=1, ensure_ascii=False) + "\n"


def test_the_document_is_valid_openapi_3_1():
    OpenAPIV31SpecValidator(document(BASE_URL)).validate()


def test_the_document_is_the_one_that_was_agreed_on():
    assert as_text() == SNAPSHOT.read_text(encoding="utf-8"), RENEW


async def test_the_document_is_served_without_a_key(http):
    answer = await http.get(f"{ROOT}/openapi.json")

    assert answer.status_code == 200
    assert answer.json() == document("https://videos.seedbed.dev")


@pytest.mark.parametrize(
    ("path", "methods"), [(path, set(item) - {"parameters"}) for path, item in document(BASE_URL)["paths"].items()]
)
async def test_every_path_of_the_document_is_there(http, path, methods):
    options = await http.options(ROOT + path.replace("{requestId}", "req_1"))

    assert options.status_code == 204
    assert {method.upper() for method in methods} == set(options.headers["Allow"].split(", ")) - {"HEAD"}


if __name__ == "__main__":
    SNAPSHOT.write_text(as_text(), encoding="utf-8")
