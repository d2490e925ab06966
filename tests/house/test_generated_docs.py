"""The generated pages say what the tables and the commands say today."""

import re
import sys
from pathlib import Path

import pytest
from import_rule import ROOMS
from source import ROOT, expect_none, modules

from vaguemestre.core.entry.drafts import EntryDefaults, EntryFormat, read_entry
from vaguemestre.core.findings import Language, errors_in
from vaguemestre.core.parties import Performer
from vaguemestre.edge.config import example, read_config

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


def test_the_sheet_of_the_entry_page_reads_the_same_both_ways() -> None:
    performer = Performer(rpps="10001234565", billing_number="751990114", specialty="24")
    defaults = EntryDefaults(billing_number="751990114", performers=(performer,))
    drafts = []
    for text, form in ((generate_docs.ENTRY_CSV, EntryFormat.CSV), (generate_docs.ENTRY_JSON, EntryFormat.JSON)):
        (entered,) = read_entry([text.encode()], form, defaults)
        assert [str(item) for item in errors_in(entered.findings)] == []
        assert entered.draft is not None
        drafts.append(entered.draft)
    assert drafts[0] == drafts[1]
    assert [act.code for act in drafts[0].acts] == ["AMI", "AMI"]


@pytest.mark.parametrize("name", generate_docs.CONFIGURATIONS)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_example_configurations_read_back(tmp_path: Path, name: str, lang: Language) -> None:
    shape = generate_docs.CONFIGURATIONS[name]
    (tmp_path / name).write_text(example(shape, lang), "utf-8")
    settings, findings = read_config(tmp_path / name, shape)
    assert [str(item) for item in findings] == []
    assert isinstance(settings, shape)


def test_the_map_and_the_architecture_show_the_rooms_of_the_import_rule() -> None:
    told = set(re.findall(r"^\| `(\w+)/` \|", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE))
    assert set(ROOMS) == set(generate_docs.ROOMS) == told
    assert {module.room for module in modules()} - {""} == set(ROOMS)
