"""Reading seedbed.toml: what it may say, and that nothing misspelt gets through."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from seedbed.configuration import load_deployment
from seedbed.core.errors import NotReady
from seedbed.core.references import Role
from seedbed.core.routing import Mode
from seedbed.core.sizes import Resolution
from seedbed.settings import Settings

WHOLE = """
[engines.studio]
kind = "videos_api"
base_url = "http://gpu:8091/v1"
key_env = "STUDIO_KEY"
slots = 2

[engines.animatic]
slots = 2

[models."seedance-2.0"]
chain = [
  { engine = "studio", modes = ["text_to_video"], resolutions = ["480p", "720p"], max_duration = 10 },
  { engine = "animatic" },
]

[models."wan-5b"]
name = "Wan"
durations = [5]
resolutions = ["480p"]
roles = ["first_frame"]
max_references = 1
price = { "480p" = "1.5" }
chain = [{ engine = "studio" }]
engine_options.steps = { kind = "integer", least = 1, most = 60, default = 30 }
"""


def deployed(tmp_path, text, **settings):
    path = tmp_path / "seedbed.toml"
    path.write_text(text, encoding="utf-8")
    return load_deployment(Settings(home=tmp_path, **settings))


def test_the_file_in_the_home_folder_is_read_whole(tmp_path):
    deployment = deployed(tmp_path, WHOLE)

    studio = deployment.engines["studio"]
    assert (studio.kind, studio.pool, studio.slots, studio.key_env) == ("videos_api", "studio", 2, "STUDIO_KEY")
    assert studio.options == {"base_url": "http://gpu:8091/v1"}
    assert (deployment.engines["animatic"].pool, deployment.engines["animatic"].slots) == ("default", 2)
    first, second = deployment.chain("seedance-2.0")
    assert (first.engine, first.pool, first.modes, first.max_duration_s) == (
        "studio", "studio", frozenset({Mode.TEXT_TO_VIDEO}), 10,
    )  # fmt: skip
    assert (second.engine, second.modes) == ("animatic", None)
    wan = deployment.models["wan-5b"]
    assert (wan.durations_s, wan.roles, wan.max_references) == ((5,), (Role.FIRST_FRAME,), 1)
    assert wan.options["steps"].default == 30
    assert deployment.tariff.credits_per_s["wan-5b", Resolution.P480] == Decimal("1.5")
    assert deployment.tariff.credits_per_s["seedance-2.0", Resolution.P720] == 8


def test_without_a_file_there_is_the_embedded_engine_and_a_named_one_must_be_there(tmp_path):
    deployment = load_deployment(Settings(home=tmp_path, engine="testcard@instant"))

    assert list(deployment.engines) == ["testcard"]
    assert deployment.engines["testcard"].kind == "testcard@instant"
    with pytest.raises(NotReady, match="cannot be read"):
        load_deployment(Settings(home=tmp_path, config_file=tmp_path / "none.toml"))


def test_every_dialect_offers_a_model_of_the_operator_under_its_own_id(tmp_path):
    deployment = deployed(tmp_path, WHOLE)

    for dialect in ("native", "ark", "openai"):
        assert deployment.offer(dialect).models["wan-5b"].durations_s == (5,)
    assert "wan-5b" not in replace(deployment, models={}).offer("ark").models


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("max_duration = 10", "max_durations = 10", "unknown field `max_durations`"),
        ('"text_to_video"', '"text"', "Invalid enum value 'text'"),
        ("[engines.studio]", "[engines.Studio]", "small letters"),
        ('kind = "videos_api"', "", "missing required field `kind`"),
        ("slots = 2\n\n[engines.animatic]", "slots = 0\n\n[engines.animatic]", "slots must be 1 to 64"),
        ('key_env = "STUDIO_KEY"', 'key = "secret"', "use key_file or key_env"),
        ('chain = [{ engine = "studio" }]', 'chain = [{ engine = "attic" }]', "there is no engine 'attic', only"),
        ('chain = [{ engine = "studio" }]', "", "and a `chain` of engines"),
        ('price = { "480p" = "1.5" }', "", "needs credits per second for 480p"),
        ('"480p" = "1.5"', '"480p" = "-1"', "below nothing"),
        ('"480p" = "1.5"', '"480p" = "much"', "a decimal number"),
        ("default = 30", "default = 99", "steps.default must be a whole number"),
        ('[models."seedance-2.0"]', '[models."seedance-2.0"]\ndurations = [3]', "durations: this model is documented"),
        ("slots = 2\n\n[models", 'slots = 2\npool = "studio"\n\n[models', "which is of another kind"),
        ("[engines.studio]", "[engines.studio", "It is not TOML"),
    ],
)
def test_whatever_is_wrong_is_said_with_the_file_and_the_place(tmp_path, before, after, complaint):
    assert before in WHOLE

    with pytest.raises(NotReady) as refused:
        deployed(tmp_path, WHOLE.replace(before, after))

    assert complaint in str(refused.value)
    assert "seedbed.toml" in str(refused.value)
    assert "docs/models.md" in str(refused.value)
