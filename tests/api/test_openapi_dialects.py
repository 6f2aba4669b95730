"""The documents of the Ark and OpenAI dialects and of the operator's API, all of them in one, and their page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from seedbed.api import openapi_all
from seedbed.api.admin.openapi import document as admin_document
from seedbed.api.admin.paths import ROOT as ADMIN_ROOT
from seedbed.api.ark.openapi import document as ark_document
from seedbed.api.ark.paths import ROOT as ARK_ROOT
from seedbed.api.openai.openapi import document as openai_document
from seedbed.api.openai.paths import ROOT as OPENAI_ROOT

BASE_URL = "http://127.0.0.1:8000"
DIALECTS = {
    "ark": (ARK_ROOT, ark_document),
    "openai": (OPENAI_ROOT, openai_document),
    "admin": (ADMIN_ROOT, admin_document),
}
RENEW = "the document has changed; if it was meant to: python tests/api/test_openapi_dialects.py"
PAGE_FILES = {"/docs": "text/html", "/docs/docs.css": "text/css", "/docs/docs.js": "text/javascript"}


def snapshot(name: str) -> Path:
    return Path(__file__).with_name(f"openapi-{name}.json")


def as_text(name: str) -> str:
    return json.dumps(DIALECTS[name][1](BASE_URL), indent=1, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", DIALECTS)
def test_the_document_is_valid_and_the_one_that_was_agreed_on(name):
    OpenAPIV31SpecValidator(DIALECTS[name][1](BASE_URL)).validate()

    assert as_text(name) == snapshot(name).read_text(encoding="utf-8"), RENEW


@pytest.mark.parametrize("name", DIALECTS)
async def test_the_document_is_served_without_a_key_and_names_only_paths_that_are_there(http, name):
    root, document = DIALECTS[name]

    answer = await http.get(f"{root}/openapi.json")

    assert answer.json() == json.loads(json.dumps(document("https://videos.seedbed.dev")))
    for path, item in answer.json()["paths"].items():
        for method in item.keys() - {"parameters"}:
            found = await http.request(method, root + re.sub(r"\{\w+\}", "x", path))
            assert found.status_code == (200 if path == "/openapi.json" else 401), (method, path)


async def test_all_are_served_as_one_without_a_key(http):
    answer = await http.get("/openapi.json")

    assert answer.json() == json.loads(json.dumps(openapi_all.document("https://videos.seedbed.dev")))


@pytest.mark.parametrize(("path", "kind"), list(PAGE_FILES.items()))
async def test_the_page_loads_nothing_from_elsewhere(http, path, kind):
    answer = await http.get(path)

    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert not re.search(r"https?://|innerHTML|<script>|style=|\bon\w+=", answer.text)


async def test_the_page_names_documents_and_files_that_are_there(http):
    named = re.findall(r'(?:src|href|data-document)="([^"#]+)"', (await http.get("/docs")).text)

    assert len(named) == 7
    for path in named:
        assert (await http.get(f"/{path}")).status_code == 200


if __name__ == "__main__":
    for dialect in DIALECTS:
        snapshot(dialect).write_text(as_text(dialect), encoding="utf-8")
