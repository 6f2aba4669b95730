"""Links between our own pages and files lead somewhere, and no page says where this machine keeps things."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").glob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_journey_links_every_step_to_a_file() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    journey = text.split("## A request's journey")[1].split("\n## ")[0]
    steps = re.split(r"^\d+\. ", journey, flags=re.MULTILINE)[1:]

    assert len(steps) >= 10
    assert all(LINK.search(step) for step in steps)


def test_the_picture_of_a_result_is_small_enough_for_a_readme() -> None:
    assert (ROOT / "docs/images/demo-strip.jpg").stat().st_size < 300_000
