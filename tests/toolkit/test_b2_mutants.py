"""Each field of each record damaged in turn: what no check sees has a reason, and every reason still serves (docs/mutants.md)."""

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "tools"))

from mutants import DAMAGES, MALFORMED, Mutant, mutants, sound_file
from survivors import OF_FIELDS, REASONS, reason_of

from vaguemestre.core.findings import Level
from vaguemestre.core.wire.layouts import B2, Kind
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.source import Source


@pytest.fixture(scope="module")
def found() -> list[Mutant]:
    return list(mutants())


def _alive(found: Iterable[Mutant]) -> list[Mutant]:
    return [mutant for mutant in found if mutant.level is None]


def test_the_sound_file_has_no_finding() -> None:
    assert check_file(Source.of_bytes(b"".join(sound_file()))).findings == ()


def test_every_field_of_every_record_is_damaged(found: list[Mutant]) -> None:
    damaged = {(mutant.record, mutant.entry.name) for mutant in found}
    assert damaged == {(name, entry.name) for name, layout in B2.items() for entry in layout.fields}
    assert {mutant.damage for mutant in found} == set(DAMAGES)


def test_every_survivor_has_a_reason(found: list[Mutant]) -> None:
    silent = [
        f"{mutant.record}.{mutant.entry.name}: {mutant.damage}" for mutant in _alive(found) if not reason_of(mutant)
    ]
    assert silent == []


def test_every_reason_serves(found: list[Mutant]) -> None:
    """A field that a new check sees leaves the table, and a reason that nothing has any more too."""
    alive = _alive(found)
    names = {f"{m.record}.{m.entry.name}{':' if m.damage == 'empty' else ''}" for m in alive}
    assert sorted(set(OF_FIELDS) - names) == []
    assert {reason_of(mutant) for mutant in alive} == set(REASONS)


def test_a_byte_that_the_form_forbids_is_always_seen(found: list[Mutant]) -> None:
    spared = {m.entry.kind for m in found if m.damage == MALFORMED and m.level is None}
    assert spared == {Kind.FILLER}


def test_an_unconfirmed_field_never_fails_a_file(found: list[Mutant]) -> None:
    """Of records 000, 1, 6 and 999 only what tells the record itself may: its type, and in a 000 who sends it."""
    failing = {
        f"{mutant.record}.{mutant.entry.name}"
        for mutant in found
        if mutant.record in ("000", "1", "6", "999") and mutant.level is Level.ERROR
    }
    assert failing == {"000.record_type", "000.sender_type", "1.record_type", "6.record_type", "999.record_type"}


def test_what_record_5_adds_up_is_always_an_error(found: list[Mutant]) -> None:
    """Its rank of the beneficiary may differ with a warning; what software vendors keep for themselves is free."""
    free = ("vendor_zone", "beneficiary_rank")
    bound = [m for m in found if m.record == "5" and m.entry.kind is not Kind.FILLER and m.entry.name not in free]
    assert len(bound) > 30
    assert [f"{m.entry.name}: {m.damage}" for m in bound if m.level is not Level.ERROR] == []
