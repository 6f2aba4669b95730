"""What holds for the console's files: no markup from text, no other host, no import that leads nowhere."""

from __future__ import annotations

import re

import pytest
from console_tree import ROOT, SCRIPTS, STYLES, name, text

from seedbed.api.console_page import STYLE

MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|srcdoc")
HOST = re.compile(r"https?://(?!www\.w3\.org/2000/svg\b)[\w.]+")
IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""")
NAMED = re.compile(r"""import \{([^}]*)\} from "([^"]+)";""")
EXPORT = re.compile(r"^export (?:default )?(?:async )?(?:function|const|class) (\w+)", re.MULTILINE)
RULES = re.compile(r"\{([^{}]*--paper[^{}]*)\}")


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_no_script_makes_markup_or_code_of_text(script):
    assert MARKUP.findall(text(script)) == []


@pytest.mark.parametrize("file", [*SCRIPTS, *STYLES], ids=name)
def test_no_file_names_another_host(file):
    hosts = [host for host in HOST.findall(text(file)) if not host.endswith(("://localhost", "://example.com"))]

    assert hosts == []


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_every_import_leads_to_a_file(script):
    for target in IMPORT.findall(text(script)):
        assert target.startswith((".", "/")), target
        assert (script.parent / target).resolve().is_file(), target


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_every_name_that_is_imported_is_there_and_used(script):
    for names, target in NAMED.findall(text(script)):
        exported = EXPORT.findall(text((script.parent / target).resolve()))
        for imported, _, alias in (part.strip().partition(" as ") for part in names.split(",") if part.strip()):
            assert imported in exported, target
            assert len(re.findall(rf"\b{alias or imported}\b", text(script))) > 1, imported


def test_the_page_holds_no_script_or_style_of_its_own():
    page = text(ROOT / "index.html")

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page) == []
    named = set(re.findall(r'console/\{version\}/([^"]+)"', page)) - {STYLE}
    assert [file for file in named if not (ROOT / file).is_file()] == []


def test_dark_by_choice_and_dark_by_system_are_the_same_colours():
    _, chosen, by_system = RULES.findall(text(ROOT / "style/tokens.css"))

    assert chosen.split() == by_system.split()


@pytest.mark.parametrize("file", [*SCRIPTS, *STYLES], ids=name)
def test_every_file_fits_in_one_reading(file):
    assert len(text(file).splitlines()) <= 300
