"""Finding codes: one ordered list, whole in both languages, every code raised and every code tested."""

from dataclasses import replace
from pathlib import Path

import pytest
from finding_rule import missing_values, table_violations, unexpected, unused
from source import ROOT, expect_none, module, modules

from vaguemestre.tables.finding_codes import ALL, AREAS, BY_CODE, Actor, FindingCode, Level

GOOD = FindingCode(
    "E001",
    "disk-full",
    Level.ERROR,
    Actor.ADMINISTRATOR,
    "vgm:exit-codes",
    "Plein : {path}.",
    "Full: {path}.",
    "Videz.",
    "Empty.",
)


def test_the_list_is_ordered_and_whole() -> None:
    expect_none(table_violations(AREAS))
    assert len(BY_CODE) == len(ALL)
    assert {code: BY_CODE[code] for code in BY_CODE} == {entry.code: entry for entry in ALL}
    # a person reads findings in this order, and `worst_first` sorts by code within an area
    assert all(list(codes) == sorted(codes, key=lambda entry: entry.code) for codes in AREAS.values())


def test_every_code_is_given_the_values_of_its_message() -> None:
    expect_none(missing_values(modules(), BY_CODE))


def test_every_code_is_raised_somewhere() -> None:
    expect_none(unused(ALL, ((module.path, module.text) for module in modules())))


def test_every_code_has_a_test() -> None:
    files = [file for file in (ROOT / "tests").rglob("*") if file.is_file() and "house" not in file.parts]
    texts = [(str(file), file.read_text("utf-8")) for file in files if file.suffix == ".py"]
    tables = [file for file in files if file.suffix in {".json", ".csv", ".toml"}]
    read = [file for file in tables if any(_reads(text, file) for _, text in texts)]
    expect_none(unexpected(ALL, texts, [file.read_text("utf-8") for file in read]))


def _reads(test: str, table: Path) -> bool:
    """Whether a test names the table, or takes all of its kind from a folder that it names."""
    whole_folder = f'"{table.parent.name}"' in test and f'"*{table.suffix}"' in test
    return whole_folder or table.name in test or f'"{table.stem}"' in test


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "S001"}, "a code of area E is E and three digits"),
        ({"code": "E01"}, "a code of area E is E and three digits"),
        ({"name": "Disk full"}, "is not words-with-hyphens"),
        ({"fr": "Plein : {path"}, "fr cannot be filled"),
        ({"fr": "Plein : {}.", "en": "Full: {}."}, "fr cannot be filled"),
        ({"en": "Full: {file}."}, "different values"),
        ({"en": "Full {path} now", "fr": "Plein : {path}"}, "en must be a sentence"),
        ({"next_en": " "}, "next_en must be a sentence"),
        ({"next_en": "Videz."}, "say the same"),
    ],
)
def test_the_table_rule_catches(change: dict[str, str], said: str) -> None:
    assert any(said in line for line in table_violations({"E": (replace(GOOD, **change),)}))


def test_the_table_rule_catches_disorder_and_doubles() -> None:
    assert table_violations({"E": (GOOD,)}) == []
    later = replace(GOOD, code="E002", name="other")
    assert any("in order" in line for line in table_violations({"E": (later, GOOD)}))
    assert any("in order" in line for line in table_violations({"E": (GOOD, replace(GOOD, name="other"))}))
    assert any("is taken" in line for line in table_violations({"E": (GOOD, replace(GOOD, code="E002"))}))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('finding("E001", where)', "E001 needs path"),
        ('findings.finding("E001", file="x")', "E001 needs path"),
        ('finding("Z999")', "Z999 is no finding code"),
    ],
)
def test_a_call_that_leaves_a_hole_is_caught(call: str, said: str) -> None:
    (violation,) = missing_values([module("vaguemestre.core.x", call)], {"E001": GOOD})
    assert violation.endswith(said)


@pytest.mark.parametrize("call", ['finding("E001", path=p)', 'finding("E001", **values)', "finding(code, place)"])
def test_a_whole_call_passes(call: str) -> None:
    assert missing_values([module("vaguemestre.core.x", call)], {"E001": GOOD}) == []


def test_an_unused_code_is_named() -> None:
    assert unused([GOOD], [("src/vaguemestre/core/a.py", 'finding("E001")')]) == []
    assert unused([GOOD], [("src/vaguemestre/core/a.py", '"E0011 XE001"')]) == ["E001 disk-full"]
    assert unused([GOOD], [("src/vaguemestre/tables/finding_codes/environment.py", '"E001"')]) == ["E001 disk-full"]


@pytest.mark.parametrize(
    "text",
    [
        'def test_a():\n    assert codes(run()) == ["E001"]',
        '@pytest.mark.parametrize("code", ["E001"])\ndef test_a(code):\n    assert run() == code',
        'CASES = {"x": "E001"}\n@pytest.mark.parametrize("case", CASES)\ndef test_a(case):\n    assert run() == CASES[case]',
        'def refused(code):\n    assert run() == code\ndef test_a():\n    refused("E001")',
        'def test_a():\n    with pytest.raises(Refused, match="E001"):\n        run()',
    ],
)
def test_an_expected_code_is_seen(text: str) -> None:
    assert unexpected([GOOD], [("tests/test_x.py", text)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "# E001\ndef test_a():\n    assert run()",
        'def test_a():\n    "E001 is raised."\n    assert run()',
        '@pytest.mark.parametrize("case", [1], ids=["E001"])\ndef test_a(case):\n    assert run(case)',
        '@pytest.mark.parametrize("case", [pytest.param(1, id="E001")])\ndef test_a(case):\n    assert run(case)',
        'def test_a():\n    assert run(), "E001 was expected"',
        'def test_a():\n    assert shown(finding("E001"))',
        'def helper():\n    return "E001"\ndef test_a():\n    assert run()',
        'NEVER_READ = ["E001"]\ndef test_a():\n    assert run()',
    ],
)
def test_a_code_that_can_make_no_test_fail_is_named(text: str) -> None:
    assert unexpected([GOOD], [("tests/test_x.py", text)]) == ["E001 disk-full"]


def test_a_table_of_cases_that_tests_read_counts() -> None:
    assert unexpected([GOOD], [], ["case,code\n1,E001\n"]) == []
