"""An anonymous copy: nobody's values in it, the same findings, the same totals; damaged passages blanked, never passed on."""

import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from b2_made import files, record, spoiled
from hypothesis import Phase, given, settings
from invoice_maker import whole_file

sys.path.append(str(Path(__file__).parents[2] / "tools"))

from specimens import SPECIMENS as ALL_SPECIMENS
from specimens import Specimen

from vaguemestre.core.b2.codec import decode_record
from vaguemestre.core.b2.reader import read_records
from vaguemestre.core.findings import Finding
from vaguemestre.core.identifiers import make_nir, make_rpps, nir_is_valid, number_is_valid, rpps_is_valid
from vaguemestre.core.wire.layouts import Kind
from vaguemestre.tables.anonymisation import TREATMENTS, Treatment
from vaguemestre.toolkit.b2.anonymising import AnonymiseTally, anonymise
from vaguemestre.toolkit.b2.checking import check_file
from vaguemestre.toolkit.b2.walking import Piece, walk
from vaguemestre.toolkit.pseudonyms import Pseudonyms
from vaguemestre.toolkit.source import Source

SPECIMENS = [item for item in ALL_SPECIMENS if item.name.endswith(".b2")]
SECRET = b"a secret of thirty-two bytes...."
REPLACED = {name for name, treatment in TREATMENTS.items() if treatment not in (Treatment.KEEP, Treatment.NIR_KEY)}
TELLING = 7
"""Characters other than zero: a value with fewer may come again by chance, and is looked at field by field."""


def copied(data: bytes, secret: bytes = SECRET) -> tuple[bytes, AnonymiseTally]:
    tally = AnonymiseTally()
    return b"".join(anonymise(Source.of_bytes(data, "lot.b2"), secret, tally)), tally


def personal(data: bytes) -> dict[str, set[bytes]]:
    """Every value that must not survive, by treatment, whatever the state of its record."""
    found: dict[str, set[bytes]] = {}
    for item in read_records(data):
        if isinstance(item, Finding):
            continue
        read, _ = decode_record(item[1])
        for entry in () if read is None else read.plan.layout.fields:
            raw = item[1][entry.where].strip(b" ")
            if entry.name in REPLACED and raw.strip(b"0"):
                found.setdefault(TREATMENTS[entry.name].value, set()).add(raw)
    return found


def codes(data: bytes) -> Counter[str]:
    return Counter(str(item.code.code) for item in check_file(Source.of_bytes(data, "x")).findings)


def survivors(original: bytes, copy: bytes) -> list[bytes]:
    values = {
        value for group in personal(original).values() for value in group if len(value.replace(b"0", b"")) >= TELLING
    }
    return sorted(value for value in values if value in copy and not _stands_in_what_is_kept(value, original))


def _stands_in_what_is_kept(value: bytes, data: bytes) -> bool:
    """Whether an act's code, say, happens to hold the same digits: it stays."""
    for item in read_records(data):
        record = None if isinstance(item, Finding) else decode_record(item[1])[0]
        for entry in () if record is None else record.plan.layout.fields:
            kept = entry.kind is not Kind.FILLER and TREATMENTS[entry.name] is Treatment.KEEP
            if kept and record is not None and value in record.data[entry.where]:
                return True
    return False


@pytest.mark.parametrize("item", SPECIMENS, ids=lambda item: item.name)
def test_nobody_survives_and_the_findings_stay(item: Specimen) -> None:
    copy, tally = copied(item.data)
    assert survivors(item.data, copy) == []
    assert codes(copy) == codes(item.data)
    assert len(copy) >= len(item.data) - 2
    assert tally.refused is None
    assert (tally.lost > 0) is ("damaged" in item.name)


@pytest.mark.parametrize("seed", range(4))
def test_hospital_files_with_every_record_keep_their_findings(seed: int) -> None:
    data = whole_file(random.Random(seed), 2, 12, lines=3)
    copy, _ = copied(data)
    assert survivors(data, copy) == []
    assert codes(copy) == codes(data)
    before, after = (check_file(Source.of_bytes(one, "x")) for one in (data, copy))
    assert (before.records, before.invoices, before.lots) == (after.records, after.invoices, after.lots)


def test_no_name_date_or_short_value_survives_in_its_field() -> None:
    data = SPECIMENS[1].data
    copy, _ = copied(data)
    before, after = (
        [piece.record for piece in walk(Source.of_bytes(one, "x")) if isinstance(piece, Piece)] for one in (data, copy)
    )
    looked = 0
    for old, new in zip(before, after, strict=True):
        for entry in old.plan.layout.fields:
            if entry.name in REPLACED and old.data[entry.where].strip(b" 0"):
                assert new.data[entry.where] != old.data[entry.where], entry.field_id
                looked += 1
    assert looked >= 40
    assert b"KERGOAT" not in copy
    assert b"ANNE" not in copy
    assert b"VAGUEMESTRE" not in copy


def test_amounts_acts_and_structure_are_untouched() -> None:
    data = SPECIMENS[6].data
    kept = [name for name, treatment in TREATMENTS.items() if treatment is Treatment.KEEP]
    old, new = (
        [piece.record for piece in walk(Source.of_bytes(one, "x")) if isinstance(piece, Piece)]
        for one in (data, copied(data)[0])
    )
    for before, after in zip(old, new, strict=True):
        assert before.name == after.name
        assert all(before.raw(name) == after.raw(name) for name in kept if name in before.plan.layout.by_name)


def test_identifiers_are_valid_and_consistent() -> None:
    copy, _ = copied(SPECIMENS[3].data)
    records = [piece.record for piece in walk(Source.of_bytes(copy, "x")) if isinstance(piece, Piece)]
    people = {
        (r.text("insured_nir"), r.text("insured_nir_key")) for r in records if "insured_nir" in r.plan.layout.by_name
    }
    ((nir, key),) = people
    assert nir_is_valid(nir, key)
    assert nir[0] == "2"
    assert nir[1:3] == "58"
    assert nir[7:10] >= "990"
    numbers = {
        r.text(name)
        for r in records
        if r.name == "4"
        for name in ("provider_number", "performer_number", "prescriber_number")
    }
    assert len(numbers) == 2
    assert all(number_is_valid(number) and number.startswith("99") for number in numbers)
    assert all(rpps_is_valid(r.text("performer_rpps")) for r in records if r.name == "4E")


def test_the_same_secret_gives_the_same_copy_and_another_one_another() -> None:
    data = SPECIMENS[0].data
    assert copied(data)[0] == copied(data)[0]
    other, _ = copied(data, b"another secret, as long as needed.")
    assert other != copied(data)[0]


@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(files(spoiled() | record()))
def test_whatever_comes_no_whole_value_is_passed_on(data: bytes) -> None:
    copy, tally = copied(data)
    assert survivors(data, copy) == []
    assert b"291991107" not in copy
    assert tally.refused is not None or len(copy) >= 256


@pytest.mark.parametrize("shift", [1, 7])
def test_a_record_shifted_in_its_line_gives_nothing_away(shift: int) -> None:
    lines = SPECIMENS[0].data.split(b"\n")
    lines[4] = (lines[4][:5] + b"0" * shift + lines[4][5:])[:128]
    data = b"\n".join(lines)
    copy, tally = copied(data)
    assert tally.blanked + tally.lost >= 1
    for value in (b"2580475990012", b"58047599", b"75990012", b"751990110"):
        assert value not in copy


def test_damaged_passages_are_blanked_and_told() -> None:
    lines = SPECIMENS[0].data.split(b"\n")
    lines[6] = lines[6][:100]
    lines[3] = b"SECRET NAME MARTIN DUPONT".ljust(128)
    copy, tally = copied(b"\n".join(lines))
    assert b"MARTIN" not in copy
    assert tally.lost + tally.blanked == 2
    assert codes(copy) == codes(b"\n".join(lines))


def test_what_is_no_b2_is_refused_and_nothing_is_written() -> None:
    copy, tally = copied(b"Dear sir, Mrs Martin 2580475990012\n" * 20)
    assert copy == b""
    assert tally.refused is not None


def test_numbers_stay_different() -> None:
    fake = Pseudonyms(SECRET)
    made = {fake.invoice(f"22{rank:07d}") for rank in range(3000)}
    assert len(made) == 3000
    assert all(number.startswith("22") and len(number) == 9 for number in made)


def test_wrong_keys_and_forms_stay_wrong() -> None:
    fake = Pseudonyms(SECRET)
    nir, key = make_nir(1, 80, 5, "13", 991, 3)
    wrong = f"{int(key) % 97 + 1:02d}"
    assert nir_is_valid(fake.nir(nir), fake.nir_key(nir, key))
    assert not nir_is_valid(fake.nir(nir), fake.nir_key(nir, wrong))
    assert not nir_is_valid(fake.nir("A" * 13), fake.nir_key("A" * 13, "12"))
    assert not rpps_is_valid(fake.rpps("10000000018"))
    assert rpps_is_valid(fake.rpps(make_rpps(17)))
    assert fake.day("220230") == "999999"
    assert fake.birth("582127", nir, None)[:4] == "5821"


def test_days_keep_their_distances_and_weekdays() -> None:
    from datetime import date

    fake = Pseudonyms(SECRET)
    moved = [fake.day(f"2204{day:02d}") for day in (1, 15, 30)]
    days = [date(2000 + int(one[:2]), int(one[2:4]), int(one[4:])) for one in moved]
    assert (days[1] - days[0]).days == 14
    assert (days[2] - days[1]).days == 15
    assert days[0].weekday() == date(2022, 4, 1).weekday()
    assert days[0] != date(2022, 4, 1)
