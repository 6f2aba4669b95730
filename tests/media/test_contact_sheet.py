"""Frames of a clip in one picture, and the command that writes it."""

import numpy as np
import pytest
from media_makers import gradient, video
from PIL import Image
from typer.testing import CliRunner

from seedbed.cli.main import app
from seedbed.core.errors import MediaFailure
from seedbed.core.faults import MediaFault
from seedbed.media.contact_sheet import contact_sheet


def cells(sheet, columns, rows):
    """The middle grey of each cell; the test's videos grow lighter by one step a frame."""
    height, width = sheet.shape[0] // rows, sheet.shape[1] // columns
    return [
        int(
            np.median(
                sheet[height * row + 40 : height * (row + 1) - 10, width * column + 20 : width * (column + 1) - 20]
            )
        )
        for row in range(rows)
        for column in range(columns)
    ]


def test_a_sheet_shows_the_first_the_last_and_what_lies_evenly_between(tmp_path):
    shown = cells(contact_sheet(video(tmp_path / "a.mp4", frames=51), frames=6, columns=3), 3, 2)

    assert np.abs(np.array(shown) - [0, 10, 20, 30, 40, 50]).max() <= 3


def test_a_short_clip_shows_each_of_its_frames_once(tmp_path):
    sheet = contact_sheet(video(tmp_path / "a.mp4", frames=3), frames=12, columns=3, cell_width_px=100)

    assert sheet.shape[0] < 2 * 75 + 20
    assert sheet.shape[1] == 3 * 106 + 6


def test_what_has_no_frames_is_refused(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0" * 100)

    with pytest.raises(MediaFault):
        contact_sheet(path)


def test_the_command_writes_a_png_beside_the_clip(tmp_path):
    path = video(tmp_path / "clip.mp4", frames=10)

    result = CliRunner().invoke(app, ["contact-sheet", str(path), "--frames", "4"])

    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "clip.sheet.png") as sheet:
        assert sheet.format == "PNG"
        assert f"{sheet.width}x{sheet.height}" in result.output


def test_the_command_names_the_file_it_cannot_read(tmp_path):
    Image.fromarray(gradient()).save(tmp_path / "picture.png")

    result = CliRunner().invoke(app, ["contact-sheet", str(tmp_path / "picture.png")])

    assert isinstance(result.exception, MediaFailure)
    assert "picture.png" in str(result.exception)
