"""Finding codes: one ordered list, whole in both languages, every code raised and every code tested."""

from dataclasses import replace

import pytest
from finding_rule import missing_values, table_violations, unused
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
    tests = (ROOT / "tests").rglob("*")
    texts = [(str(file), file.read_text("utf-8")) for file in tests if file.suffix in {".py", ".json", ".csv", ".toml"}]
    expect_none(unused(ALL, [(path, text) for path, text in texts if "/tests/house/" not in path]))


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
