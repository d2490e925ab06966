"""Every citation in code, tables and hand-written pages leads somewhere, and the registers are fit to be led to."""

from collections.abc import Iterator

import pytest
from citation_rule import NOT_A_KEY, citation_violations, citations
from source import ROOT, expect_none, modules

from vaguemestre.tables import conventions, layouts, specifications
from vaguemestre.tables.finding_codes import ALL

KEYS = specifications.BY_KEY
NAMES = conventions.BY_NAME
ROWS = (*layouts.B2_ROWS, *layouts.NOEMIE_ROWS)
WIRE = {row.record for row in ROWS} | {row.field_id.strip("[]") for row in ROWS}
PLACES = {"vgm": NAMES, "b2": WIRE | {"06-TF"}, "b2file": WIRE, "noemie": WIRE}


def texts() -> Iterator[tuple[str, str]]:
    for module in modules():
        yield module.path, module.text
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        yield str(page.relative_to(ROOT)), page.read_text("utf-8")


def test_every_citation_resolves() -> None:
    expect_none(citation_violations(texts(), KEYS, PLACES))


def test_every_finding_code_cites_something_that_resolves() -> None:
    cited = [(entry.code, list(citations(entry.citation))) for entry in ALL]
    assert [code for code, found in cited if not found] == []
    expect_none(citation_violations(((entry.code, entry.citation) for entry in ALL), KEYS, PLACES))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"""As css2:R161-47 says."""', "1: css2:R161-47 is not in the register"),
        ('x = 1\n# vgm:no-such-name\n"', "2: vgm has no place no-such-name"),
        ("b2:0412 then b2:0413", "1: b2 has no place 0413"),
        ("noemie:777", "1: noemie has no place 777"),
        ("(rfc9999:1.2), b2:0412", "1: rfc9999:1.2 is not in the register"),
    ],
)
def test_the_rule_catches(text: str, said: str) -> None:
    (violation,) = citation_violations([("a.py", text)], KEYS, PLACES)
    assert violation.startswith(f"a.py:{said}")


@pytest.mark.parametrize(
    "text",
    [
        "css:R161-47.",
        "(mess9821497a:item-4)",
        "https://example.org",
        "127.0.0.1:25",
        "x[a:b]",
        "see: this",
        "vgm:exit-codes,",
    ],
)
def test_the_rule_lets_pass(text: str) -> None:
    assert citation_violations([("a.py", text)], KEYS, PLACES) == []


def test_registers_have_no_double_and_say_what_they_must() -> None:
    assert len(KEYS) == len(specifications.SPECIFICATIONS)
    assert len(NAMES) == len(conventions.CONVENTIONS)
    assert [
        entry.key for entry in specifications.SPECIFICATIONS if not (entry.title and entry.version and entry.where)
    ] == []
    assert [
        item.name for item in conventions.CONVENTIONS if not (item.decision and item.reason and item.replaced_by)
    ] == []
    assert [key for key in KEYS if key in NOT_A_KEY] == []


def test_every_convention_is_used() -> None:
    used = {item.place for _, text in texts() for item in citations(text) if item.key == "vgm"}
    expect_none(sorted(set(NAMES) - used))
