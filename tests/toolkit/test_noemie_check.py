"""The check of a return: silent on what is sound, one finding for one fault, the rest never hidden, memory flat."""

import gzip
import sys
import tracemalloc
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noemie_kit import ANSWER, CARE, PAID

sys.path += [str(Path(__file__).parents[2] / "tools"), str(Path(__file__).parents[1] / "core")]

from noemie_specimens import Part, build, closed, head, hospital, line, lines_of, office, person, share
from wire_values import record_values

from vaguemestre.core.findings import Level
from vaguemestre.core.noemie.codec import encode_entity
from vaguemestre.core.noemie.writing import encode_return
from vaguemestre.core.returns import ComplementaryShare
from vaguemestre.core.wire.layouts import NOEMIE, Kind
from vaguemestre.toolkit.noemie.checking import check_file
from vaguemestre.toolkit.noemie.parts import Entity
from vaguemestre.toolkit.noemie.walking import walk
from vaguemestre.toolkit.report import CheckReport
from vaguemestre.toolkit.source import Source


def check(data: bytes, known: dict[bytes, str] | None = None, name: str = "r.noemie") -> CheckReport:
    return check_file(Source.of_bytes(data, name), known)


def codes(report: CheckReport) -> list[str]:
    return [item.code.code for item in report.findings]


def test_every_entity_stands_in_the_two_returns() -> None:
    assert {name for name, _ in closed(hospital())} | {name for name, _ in office()} == set(NOEMIE)


@pytest.mark.parametrize("separator", [b"", b"\n", b"\r\n"], ids=["none", "LF", "CRLF"])
@pytest.mark.parametrize("parts", [office(), hospital()], ids=["office", "hospital"])
def test_a_sound_return_gets_no_finding(parts: list[Part], separator: bytes) -> None:
    data = build(parts, separator)
    message = EmailMessage()
    message["Subject"] = "retour"
    message.add_attachment(gzip.compress(data), maintype="application", subtype="EDI-consent")
    for wrapped in (data, gzip.compress(data), message.as_bytes()):
        report = check(wrapped)
        assert codes(report) == []
        assert report.recognised
        assert report.passes(strict=True)
        assert report.records == len(parts) + 2
        assert report.invoices == sum(name in ("100", "102") for name, _ in parts)


def at(parts: list[Part], name: str, nth: int = 0, **changes: Any) -> list[Part]:
    """The parts with some values of the nth entity of a type replaced."""
    ranks = [rank for rank, part in enumerate(parts) if part[0] == name]
    out = list(parts)
    out[ranks[nth]] = (name, {**parts[ranks[nth]][1], **changes})
    return out


def without(parts: list[Part], *names: str) -> list[Part]:
    return [part for part in parts if part[0] not in names]


FAULTS: dict[str, tuple[bytes, str, int, str]] = {
    "a letter in an amount": (build(office()).replace(b"P00001750P", b"P0000175OP", 1), "N001", 9, "[198:15]"),
    "a lower case name": (build(office()).replace(b"MARTIN", b"Martin", 1), "N002", 7, "[103:21]"),
    "a blank number": (build(office()).replace(b"P0123456789", b"P          ", 1), "N003", 10, "[199:24]"),
    "a day that is none": (build(office()).replace(b"07102220505", b"07102220532", 1), "N004", 3, "[071:6]"),
    "another level": (build(office()).replace(b"04002000", b"04007000", 1), "N005", 2, "[040:4]"),
    "a code of no list": (build(office()).replace(b"R00000000P", b"X00000000P", 1), "N006", 15, "[198:14]"),
    "a sign left out": (build(office()).replace(b"P00001750P@", b"P00001750 @", 1), "N007", 9, "[198:23]"),
    "an act before its invoice": (build([*office()[:5], line(1, "G", 2500, 0), *office()[5:]]), "N010", 6, ""),
    "a patient without an insured": (build(without(hospital(), "110")), "N010", 10, ""),
    "no end": (b"".join(lines_of(closed(office()))[:-1]), "N011", 23, ""),
    "no start": (b"".join(lines_of(closed(office(), record_count=23))[1:]), "N012", 1, ""),
    "another file's end": (build(office(), file_identifier="R00002"), "N013", 24, "[999:50]"),
    "lines that pay less": (build(at(office(), "210", 0, amount_reimbursed=1700)), "N020", 9, "[198:15]"),
    "an AMC share of nothing": (build(at(office(), "210", 0, complementary_amount=0)), "N020", 10, "[199:6]"),
    "a wrong cumulation": (build(office(), lower_level_total=4711), "N021", 23, "[990:31]"),
    "a wrong counter": (build(office(), lower_level_count=11), "N022", 23, "[990:23]"),
    "too few records told": (build(office(), record_count=12), "N023", 24, "[999:56]"),
    "too many lots told": (build(office(), lot_count=2), "N024", 24, "[999:83]"),
    "a wrong total": (build(office(), file_total=4711), "N025", 24, "[999:86]"),
    "paid though rejected": (build(at(office(), "198", 1, amo_paid=5)), "N026", 15, "[198:15]"),
    "rejected without a reason": (build(without(office(), "294", "295")), "N027", 15, "[198:14]"),
    "a rejected line that is none": (build(at(office(), "294", 0, line_number=7)), "N028", 17, "[294:118]"),
    "a key of another NIR": (build(at(office(), "103", 0, insured_nir_key="98")), "N030", 7, "[103:19]"),
    "a key of a lump payment": (build(at(hospital(), "262", 0, insured_nir_key="98")), "N030", 27, "[262:104]"),
    "another lot": (build(at(office(), "102", 1, lot_number="007")), "N031", 12, "[102:21]"),
    "the same invoice twice": (build(at(office(), "102", 2, invoice_number="221170001")), "N032", 19, "[102:6]"),
    "care after the file": (build(at(office(), "102", 0, invoice_date=date(2022, 5, 6))), "N034", 6, "[102:31]"),
    "an end before its start": (build(at(office(), "210", 0, end_date=date(2022, 4, 26))), "N035", 11, "[210:28]"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_one_finding_at_its_place(name: str) -> None:
    data, code, record, field = FAULTS[name]
    report = check(data)
    found = [(item.code.code, item.place.record, item.place.field) for item in report.findings]
    assert (code, record, field) in found
    if code not in ("N001", "N026"):  # an amount that cannot be read, or is too much, is missed in the sums as well
        assert found == [(code, record, field)]
    item = report.findings[found.index((code, record, field))]
    assert item.place.source == "r.noemie"
    assert item.place.columns is None or item.place.field
    for lang in ("fr", "en"):
        assert "?" not in item.message(lang).removesuffix("?")  # type: ignore[arg-type]
    errors = item.level is Level.ERROR
    assert errors == (code in ("N011", "N013"))
    assert report.passes() == (not errors)


def test_a_mandatory_field_left_empty() -> None:
    data = build(office()).replace(b"29404" + b"0045", b"29404" + b"    ")
    assert codes(check(data)) == ["N007"]


def test_what_a_total_may_mean() -> None:
    paid, complementary, lump, retained = 80_000, 20_000, 52_500, -12_050
    for total in (paid, paid + complementary, paid + lump, paid + complementary + lump + retained, paid + retained):
        assert codes(check(build(hospital(), lower_level_total=total, file_total=total))) == []
    assert codes(check(build(hospital(), lower_level_total=1, file_total=1))) == ["N021", "N025"]


def test_an_invoice_of_two_people_and_two_identities() -> None:
    other = ("110", {"break_level": "04", "insured_nir": "1580475112345", "insured_nir_key": "00", "name_kind": "P"})
    parts = [*office()[:7], other, *office()[7:]]
    assert codes(check(build(parts))) == ["N031"]


def test_the_same_return_given_twice() -> None:
    known: dict[bytes, str] = {}
    assert codes(check(build(office()), known, "a")) == []
    assert codes(check(build(hospital()), known, "b")) == []
    again = check(build(office()), known, "c")
    assert [(item.code.code, item.values["first"]) for item in again.findings] == [("N033", "a")]
    assert again.passes()
    assert not again.passes(strict=True)


def test_a_damaged_entity_hides_nothing_else_and_makes_no_sum_lie() -> None:
    parts = at(office(), "103", 2, insured_nir_key="98")
    lines = lines_of(closed(parts))
    lines[10] = lines[10][:60] + lines[10][61:]
    report = check(b"".join(lines))
    assert codes(report) == ["B060", "N030"]
    assert report.findings[0].values["offset"] == str(sum(map(len, lines[:10])) + 1)
    assert not report.passes()
    assert report.records == len(lines) - 1


def test_findings_are_bounded_and_counted() -> None:
    wrong = [head(f"{n:09d}", "R") for n in range(1500)]
    parts = [
        *office()[:5],
        *[part for one in wrong for part in (one, person(key="98"), share(100, 0, "R"))],
        *office()[5:],
    ]
    report = check(build(parts))
    assert report.omitted == {"N027": 1400, "N030": 1400}
    assert report.totals == {Level.WARNING: 1500, Level.UNVERIFIED: 1500}
    assert codes(report) == ["N030"] * 100 + ["N027"] * 100


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "F001"),
        (b"\r\n  \r\n", "F001"),
        (b"Bonjour, voici le retour @10004 dont nous parlions", "F004"),
        (b"%PDF-1.7 @10004", "F015"),
        ("000SM".encode("utf-16"), "F015"),
        (bytes(5000), "F015"),
        (b"000CB00000012345678".ljust(128) + b"1751234567".ljust(128), "F015"),
        (b"2751234567".ljust(128) * 40, "F015"),
        (build(office())[:100], "F015"),
        (gzip.compress(build(office()))[:-30], "F011"),
    ],
    ids=["empty", "blank", "text", "PDF", "UTF-16", "NUL", "lot", "invoices", "cut in its head", "cut gzip"],
)
def test_what_is_no_return_gets_one_line(data: bytes, code: str) -> None:
    report = check(data)
    assert code in codes(report)
    if code != "F011":
        assert codes(report) == [code]
        assert not report.recognised
        assert not report.passes()


def test_memory_stays_flat_on_a_long_return() -> None:
    invoice = lines_of([head("221170001"), person(), share(1750, 1750), line(1, "G", 2500, 1750)])
    first = b"".join(lines_of(office()[:5]))

    class Long:
        def __init__(self) -> None:
            self.left = 4_000

        def __enter__(self) -> "Long":
            return self

        def __exit__(self, *_: object) -> None: ...

        def read(self, _size: int) -> bytes:
            if self.left == 4_000:
                self.left -= 1
                return first
            step = min(self.left, 1000)
            self.left -= step
            numbers = range(self.left, self.left + step)
            return b"".join(b"".join([invoice[0][:5] + b"%09d" % n + invoice[0][14:], *invoice[1:]]) for n in numbers)

    tracemalloc.start()
    report = check_file(Source("long", lambda: cast("Any", Long())))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.invoices == 3_999
    assert codes(report) == ["N011"]
    assert peak < 6 << 20


@given(st.data())
def test_any_damage_is_borne(data: st.DataObject) -> None:
    whole = build(data.draw(st.sampled_from([office(), hospital()])))
    for _ in range(data.draw(st.integers(1, 4))):
        at_, size = data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, 300))
        whole = whole[:at_] + data.draw(st.binary(max_size=8)) + whole[at_ + size :]
    report = check(whole)
    assert report.findings or report.recognised
    assert all(item.message("fr") and item.message("en") for item in report.findings)


def test_a_return_of_the_project_itself_is_sound() -> None:
    care = replace(CARE, complementary_cents=750)
    paid = replace(PAID, lines=(care,), complementary=ComplementaryShare(750, "0123456789"))
    answer = replace(ANSWER, invoices=(paid,), transfer_label="VIREMENT")
    assert codes(check(encode_return(answer))) == []
    assert codes(check(encode_return(replace(answer, invoices=())))) == []


@pytest.mark.parametrize("name", NOEMIE)
@given(st.data())
@settings(max_examples=10)
def test_what_is_written_by_the_table_has_no_faulty_field(name: str, data: st.DataObject) -> None:
    """Every entity written then read: none of its fields is doubted, and it comes back as it was."""
    values = dict(data.draw(record_values(NOEMIE[name])))
    if name in ("000", "999"):
        values["sender_type"] = "SM"  # a frame has no end mark: it is known by two capitals and a number
    raw = encode_entity(name, values)
    frame = lines_of(closed(office()))
    stream = raw + frame[1] if name == "000" else frame[0] + frame[1] + raw
    entities = [piece for piece in walk(Source.of_bytes(stream)) if isinstance(piece, Entity)]
    (read,) = [entity for entity in entities if entity.data == raw]
    assert {key: read.record[key] for key in values} == values
    assert not [item for item in read.findings if item.code.code < "N010"]


DAMAGE = {
    Kind.NUMBER: b"A",
    Kind.CENTS: b"A",
    Kind.DECIMAL: b"A",
    Kind.DIGITS: b"A",
    Kind.DATE: b"9",
    Kind.TEXT: b"\xe9",
}
_KNOWS_THE_FRAME = {"[000:4]", "[000:6]", "[999:4]", "[999:6]"}
"""By these a frame is known: spoiled, it is no entity at all (B060)."""


@pytest.mark.parametrize("name", NOEMIE)
def test_each_field_spoiled_in_turn_is_doubted_by_name(name: str) -> None:
    """Bytes that no value of the field has are told, with the field's place."""
    made = closed(hospital()) + closed(office())
    sound = {entity: raw for (entity, _), raw in zip(made, lines_of(made), strict=True)}
    for entry in NOEMIE[name].fields:
        if (
            entry.kind is Kind.FILLER
            or entry.name in ("record_type", "end_marker")
            or entry.field_id in _KNOWS_THE_FRAME
        ):
            continue
        raw = bytearray(sound[name])
        raw[entry.where] = DAMAGE[entry.kind] * entry.length
        stream = (b"" if name == "000" else sound["000"]) + bytes(raw) + sound["040"]
        found = [
            item for piece in walk(Source.of_bytes(stream)) if isinstance(piece, Entity) for item in piece.findings
        ]
        told = {
            item.code.code
            for item in found
            if (item.place.field, item.place.columns) == (entry.field_id, entry.columns)
        }
        assert any(code < "N010" for code in told), entry
