"""What the options of `generate` and the rows of a table say to the service."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from seedbed.cli.batch_table import read_table
from seedbed.cli.order_options import OrderOptions
from seedbed_client import Reference


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.png", "b.jpg", "walk.mp4", "song.mp3"):
        (tmp_path / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_references_keep_their_order_and_say_no_role_where_none_is_needed(pictures: Path) -> None:
    order = OrderOptions(
        media=["https://host/x.png"], image=["b.jpg", "a.png"], video=["walk.mp4"], audio=["asset://ast_1"]
    )

    assert order.references() == [
        Reference("https://host/x.png"),
        Reference(Path("b.jpg")),
        Reference(Path("a.png")),
        Reference(Path("walk.mp4")),
        Reference("asset://ast_1", "reference_audio"),  # nothing in its name says that it is a sound
    ]


def test_roles_are_said_as_they_were_given(pictures: Path) -> None:
    order = OrderOptions(first_frame="a.png", last_frame="b.jpg", reference=["reference_audio=song.mp3"])

    assert [(reference.source, reference.role) for reference in order.references()] == [
        (Path("a.png"), "first_frame"),
        (Path("b.jpg"), "last_frame"),
        (Path("song.mp3"), "reference_audio"),
    ]


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (OrderOptions(image=["walk.mp4"]), "'walk.mp4' is a video by its name, not a picture."),
        (OrderOptions(first_frame="song.mp3"), "a sound by its name"),
        (OrderOptions(video=["https://host/a.png?x=1"]), "a picture by its name"),
        (OrderOptions(reference=["style=a.png"]), "must be ROLE=FILE_OR_URL"),
        (OrderOptions(reference=["first_frame"]), "first_frame, last_frame, reference_image"),
    ],
)
def test_what_cannot_be_meant_is_misuse(order: OrderOptions, says: str, pictures: Path) -> None:
    with pytest.raises(typer.BadParameter, match=says):
        order.references()


def test_a_file_that_is_not_there_is_named(pictures: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        OrderOptions(media=["no.jpg"]).references()

    assert caught.value.filename == "no.jpg"


def test_only_what_was_said_is_sent() -> None:
    plain = {name: value for name, value in OrderOptions(prompt="x").wanted().items() if value is not None}
    full = OrderOptions(
        prompt="x", sound=False, return_last_frame=True, metadata='{"shot": 3}', engine_options='{"steps": 20}'
    ).wanted()

    assert plain == {"prompt": "x", "model": "seedance-2.0"}
    assert (full["generate_audio"], full["return_last_frame"], full["metadata"]) == (False, True, {"shot": 3})
    assert full["engine_options"] == {"steps": 20}


@pytest.mark.parametrize("text", ["{", "[]", "3"])
def test_metadata_and_engine_options_must_be_json_objects(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="--metadata must be"):
        OrderOptions(metadata=text).wanted()
    with pytest.raises(typer.BadParameter, match="--engine-options must be"):
        OrderOptions(engine_options=text).wanted()


def test_a_table_is_read_whatever_its_spelling_and_beside_its_pictures(pictures: Path) -> None:
    table = pictures / "shots.csv"
    table.write_bytes(
        "\ufeffPrompt,images, aspectRatio ,Duration,sound,model\r\n"
        '"pan, left",b.jpg | a.png,9:16,8,no,seedance-1.5-pro\r\n'
        ",,,,,\r\n"
        "느린 줌,,,,,\r\n".encode()
    )

    first, second = read_table(table, take=1).shots

    assert (first.row, second.row) == (1, 3)
    assert (first.wanted["prompt"], second.wanted["prompt"]) == ("pan, left", "느린 줌")
    assert (first.wanted["aspect_ratio"], first.wanted["duration"], first.wanted["generate_audio"]) == (
        "9:16",
        8,
        False,
    )
    assert [reference.source for reference in first.references] == [pictures / "b.jpg", pictures / "a.png"]
    assert (first.wanted["model"], second.wanted["model"]) == ("seedance-1.5-pro", "seedance-2.0")


def test_all_faults_of_a_table_are_found_at_once(pictures: Path) -> None:
    table = pictures / "shots.csv"
    table.write_text(
        "prompt,duration,images,sound\nx,five,,\ny,4,no.jpg,\nz,4,,maybe\nfine,4,a.png,yes\nw,4,,yes,more\n"
    )

    read = read_table(table, take=1)

    assert [shot.row for shot in read.shots] == [4]
    assert read.faults == (
        "row 1: duration must be a whole number, not 'five'",
        f"row 2: No such file: {pictures / 'no.jpg'}",
        "row 3: sound must be yes or no, not 'maybe'",
        "row 5: has 5 cells for 4 columns; put quotes around text with commas",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prompt,imges\nx,\n", "imges"),
        ("model\nseedance-2.0\n", "needs a prompt"),
        ("prompt,Prompt\nx,y\n", "each once"),
        ("", "needs a prompt"),
        ('prompt\n"x\n', "not CSV"),
        (b"prompt\n\xff\n", "not CSV"),
    ],
)
def test_a_table_that_is_none_is_misuse(text: str | bytes, says: str, tmp_path: Path) -> None:
    table = tmp_path / "shots.csv"
    table.write_bytes(text if isinstance(text, bytes) else text.encode())

    with pytest.raises(typer.BadParameter, match=says):
        read_table(table, take=1)
