"""Every document is whole: examples everywhere, all of them valid, every code told where it may come."""

from __future__ import annotations

import pytest
from documents import DOCUMENTS, JSON, examples, operations, resolved, validate
from openapi_spec_validator import OpenAPIV31SpecValidator

from seedbed.api.admin import openapi_operation as admin
from seedbed.api.ark import openapi as ark
from seedbed.api.native import openapi_examples as native_examples
from seedbed.api.native import openapi_operation as native
from seedbed.api.openai import openapi as openai
from seedbed.api.openapi_errors import failure_codes
from seedbed.api.specimens import JOBS, REFUSALS
from seedbed.core import errors
from seedbed.core.ark_view import ERROR_CODES
from seedbed.core.errors import JobFailure, Refusal
from seedbed.core.job import State

OPERATIONS = list(operations())
TABLES = {"native": native.refusals(), "ark": ark.refusals(), "openai": openai.refusals(), "admin": admin.refusals()}
OWN = {
    "native": native_examples.REFUSALS,
    "ark": ark.examples.REFUSALS,
    "openai": openai.examples.REFUSALS,
    "admin": admin.REFUSALS,
}
NOT_REFUSED = {"showOpenApi", "showArkOpenApi", "showOpenAIOpenApi", "showAdminOpenApi", "showJointOpenApi"}


def kinds(root: type) -> set[type]:
    return {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, root)} - {root}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_is_valid_openapi_3_1(name):
    OpenAPIV31SpecValidator(DOCUMENTS[name]).validate()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_names_of_operations_are_there_once_and_every_tag_is_described(name):
    own = [one for one in OPERATIONS if one.document == name]

    assert len({one.name for one in own}) == len(own)
    assert {tag for one in own for tag in one.said["tags"]} == {tag["name"] for tag in DOCUMENTS[name]["tags"]}
    assert all(tag["description"] and one.said["summary"] for tag in DOCUMENTS[name]["tags"] for one in own)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_names_of_schemas_are_words_and_every_field_of_a_body_is_described(name):
    schemas = DOCUMENTS[name]["components"]["schemas"]

    assert [
        schema for schema in schemas if not schema.isalpha()
    ] == []  # two types of one name get their modules' names
    for body in (schema for schema in schemas if schema.endswith("Body")):
        assert [field for field, said in schemas[body]["properties"].items() if "description" not in said] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_body_and_every_success_has_an_example(operation):
    asked = operation.said.get("requestBody", {}).get("content", {})
    answered = {kind: content for kind, content in operation.answer(200)["content"].items() if "/" in kind}

    for kind, content in (asked | answered).items():
        assert examples(operation.document, content) or kind.startswith(("video/", "image/")), kind


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_example_is_of_its_schema(operation):
    said = [operation.said.get("requestBody", {}), *operation.said["responses"].values()]

    for content in (content for one in said for content in one.get("content", {}).values()):
        for example in examples(operation.document, content):
            validate(operation.document, content["schema"], example)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.name not in NOT_REFUSED], ids=str)
def test_every_refusal_is_told_by_its_codes_with_an_example_of_each(operation):
    refused = {status: said for status, said in operation.said["responses"].items() if status >= "400"}

    assert {"401", "429", "500", "503"} <= set(refused)
    for said in refused.values():
        codes = [example["error"]["code"] for example in examples(operation.document, said["content"][JSON])]
        assert codes
        assert all(code.split(".")[0] in said["description"] for code in codes)
        assert "X-Request-Id" in said["headers"]
    assert "Retry-After" in refused["429"]["headers"]
    assert "Retry-After" in refused["503"]["headers"]


def test_an_example_of_a_generation_is_there_in_every_state():
    shown = {
        "showGeneration": set(State),
        "showTask": {"queued", "running", "succeeded", "failed", "cancelled", "expired"},
    }

    assert {job.state for job in JOBS} == set(State)
    for operation in OPERATIONS:
        if operation.document != "all" and operation.name in shown:
            [content] = operation.answer(200)["content"].values()
            assert {example["status"] for example in examples(operation.document, content)} == shown[operation.name]


@pytest.mark.parametrize("dialect", TABLES)
def test_every_refusal_has_a_specimen_and_stands_in_the_documents_table(dialect):
    table, text = TABLES[dialect], DOCUMENTS[dialect]["info"]["description"]

    assert {type(refusal) for refusal in (OWN[dialect] | REFUSALS).values()} == kinds(Refusal)
    for answered in table.answers.values():
        assert f"| {answered.status} | `{answered.code}` |" in text


def test_every_failure_of_a_job_stands_in_every_document():
    codes = {kind.code for kind in kinds(JobFailure) if hasattr(kind, "code")}

    assert codes == set(failure_codes()) == set(ERROR_CODES)
    for name in ("native", "openai"):
        assert [code for code in codes if f"| `{code}` |" not in DOCUMENTS[name]["info"]["description"]] == []
    for code, in_ark in ERROR_CODES.items():
        assert f"| `{in_ark}` | `{code}` |" in DOCUMENTS["ark"]["info"]["description"]


def test_the_joint_document_has_every_operation_of_the_others_under_its_whole_path():
    joint = {(one.path, one.method) for one in OPERATIONS if one.document == "all"}
    roots = {name: document["servers"][0]["url"] for name, document in DOCUMENTS.items()}

    for one in OPERATIONS:
        if one.document != "all":
            assert (roots[one.document].removeprefix(roots["all"]) + one.path, one.method) in joint
    assert len(joint) == sum(one.document != "all" for one in OPERATIONS) + 1


def test_the_joint_document_means_the_same_by_its_references():
    task = resolved("all", {"$ref": "#/components/schemas/ArkTaskBody"})
    kinds = task["properties"]["content"]["items"]

    assert kinds["discriminator"]["mapping"]["video_url"] == "#/components/schemas/ArkVideo"
    assert {"$ref": "#/components/schemas/ArkVideo"} in kinds["anyOf"]
    assert resolved("all", {"$ref": "#/components/schemas/OpenaiVideo"})["properties"]["object"] == {"const": "video"}
