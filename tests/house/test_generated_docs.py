"""The generated pages say what the tables and the commands say today."""

import sys
from pathlib import Path

import pytest
from source import ROOT, expect_none

sys.path.insert(0, str(ROOT / "tools"))
import generate_docs


def test_no_generated_page_is_stale() -> None:
    expect_none(f"docs/{name} is stale: run `make docs`" for name in generate_docs.stale())


def test_a_stale_page_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate_docs, "PAGES", {"a.md": lambda: "now", "b.md": lambda: "same\n"})
    assert generate_docs.stale(tmp_path) == ["a.md", "b.md"]
    generate_docs.write(tmp_path)
    assert generate_docs.stale(tmp_path) == []
    (tmp_path / "a.md").write_text("before\n", "utf-8")
    assert generate_docs.stale(tmp_path) == ["a.md"]


def test_every_page_is_about_something_and_says_that_it_is_generated() -> None:
    for name in ("findings.md", "specifications.md", "conventions.md", "lifecycles.md"):
        text = generate_docs.PAGES[name]()
        assert text.startswith(generate_docs.HEADER)
        assert len(text) > 2000
    assert "**E001** disk-full" in generate_docs.findings_page()
    assert "| `css` |" in generate_docs.specifications_page()
    assert "## `vgm:exit-codes`" in generate_docs.conventions_page()
    assert "stateDiagram-v2" in generate_docs.lifecycles_page()
