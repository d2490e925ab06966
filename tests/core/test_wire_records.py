"""One engine for every record: what is written is read, what the gate refuses is explained, and the two never disagree."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_values import record_values

from vaguemestre.core.b2.checks import _FEE_AMOUNTS, _HOSPITAL_AMOUNTS
from vaguemestre.core.b2.codec import B2_RECORDS, decode_record, encode_record
from vaguemestre.core.b2.disassembly import _LINE_NUMBERS
from vaguemestre.core.noemie.codec import NOEMIE_ENTITIES
from vaguemestre.core.wire.acknowledgement import _RECORDS as ARL_RECORDS
from vaguemestre.core.wire.layouts import Kind
from vaguemestre.core.wire.records import Family, Plan, Record, UnwritableError, plain_text

EVERY = [
    pytest.param(family, name, id=f"{label}-{name}")
    for label, family in (("b2", B2_RECORDS), ("noemie", NOEMIE_ENTITIES), ("arl", ARL_RECORDS))
    for name in family.plans
]


@pytest.mark.parametrize(("family", "name"), EVERY)
@settings(max_examples=25)
@given(data=st.data())
def test_what_is_written_is_read(family: Family, name: str, data: st.DataObject) -> None:
    values = data.draw(record_values(family.plans[name].layout))
    written = family.encode(name, values)
    assert len(written) == family.plans[name].size
    assert written.isascii()
    record, findings = family.decode(written)
    assert findings == ()
    assert record is not None
    assert record.name == name
    assert {key: record[key] for key in values} == dict(values)
    again = {key: value for key, value in record.values.items() if not record.plan.layout.by_name[key].constant}
    assert family.encode(name, again) == written


@pytest.mark.parametrize(("family", "name"), EVERY)
def test_what_is_not_given_is_absent(family: Family, name: str) -> None:
    layout = family.plans[name].layout
    needed = {"N": "1", "A": "X"}
    values: dict[str, Any] = {}
    for entry in layout.fields:
        if entry.absent.value == "error":
            code = entry.codes[0] if entry.codes else needed[entry.format]
            kinds = {Kind.DATE: date(2022, 4, 27), Kind.NUMBER: 1}
            values[entry.name] = kinds.get(entry.kind, code)
    written = family.encode(name, values)
    for entry in layout.fields:
        if entry.name not in values and not entry.constant:
            expected = b"0" if entry.numeric or entry.kind is Kind.OPAQUE else b" "
            assert written[entry.where] == expected * entry.length, entry.field_id


@pytest.mark.parametrize(("family", "name"), EVERY)
@settings(max_examples=20)
@given(data=st.data())
def test_the_gate_and_its_explanation_agree(family: Family, name: str, data: st.DataObject) -> None:
    plan = family.plans[name]
    written = bytearray(family.encode(name, data.draw(record_values(plan.layout))))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(written) - 1))
        written[place] = data.draw(st.sampled_from(b" 0159AZaz@`!\t\xe9\x00\n"))
    changed = bytes(written)
    assert plan.accepts(changed) is (tuple(plan._faults(changed, None, "")) == ())
    assert all(isinstance(value, str | int | Decimal | date | None) for value in plan.values(changed).values())


@pytest.mark.parametrize(("family", "name"), EVERY)
@settings(max_examples=10)
@given(data=st.data())
def test_numbers_read_at_once_are_those_read_one_by_one(family: Family, name: str, data: st.DataObject) -> None:
    plan = family.plans[name]
    record = Record(plan, data.draw(st.binary(min_size=plan.size, max_size=plan.size)))
    written = Record(plan, family.encode(name, data.draw(record_values(plan.layout))))
    names = [entry.name for entry in plan.layout.fields if entry.kind in (Kind.NUMBER, Kind.CENTS)]
    for read in (record, written):
        assert read.numbers(names) == [read.number(one) for one in names]


@pytest.mark.parametrize(("name", "fields"), [("4", _LINE_NUMBERS), ("4", _FEE_AMOUNTS), ("3", _HOSPITAL_AMOUNTS)])
def test_what_is_read_at_once_are_numbers(name: str, fields: tuple[str, ...]) -> None:
    layout = B2_RECORDS.plans[name].layout
    assert {layout.by_name[field].kind for field in fields} <= {Kind.NUMBER, Kind.CENTS}


def test_amounts_are_cents_and_coefficients_exact() -> None:
    written = encode_record("4", LINE)
    assert written[82:88] == b"000150"
    assert written[90:97] == b"0000315"
    record, findings = decode_record(written)
    assert findings == ()
    assert record is not None
    assert (record.number("unit_price"), record["coefficient"]) == (315, Decimal("1.50"))


LINE: dict[str, Any] = {
    "provider_number": "291991107",
    "insured_nir": "2580427123456",
    "insured_nir_key": "12",
    "invoice_number": "221170001",
    "prescriber_number": "291991107",
    "performer_number": "291991107",
    "care_date": date(2022, 4, 27),
    "act_code": "AMI N",
    "coefficient": Decimal("1.5"),
    "unit_price": 315,
}


@pytest.mark.parametrize(
    ("name", "value", "code", "columns"),
    [
        ("unit_price", 10_000_000, "B010", (91, 97)),
        ("unit_price", -1, "B011", (91, 97)),
        ("coefficient", Decimal("1.234"), "B011", (83, 88)),
        ("coefficient", Decimal("12345"), "B010", (83, 88)),
        ("care_date", date(1969, 12, 31), "B011", (70, 75)),
        ("care_date", None, "B008", (70, 75)),
        ("act_code", "ami", "B011", (76, 80)),
        ("act_code", "ÉCG", "B011", (76, 80)),
        ("act_code", "ABCDEF", "B010", (76, 80)),
        ("provider_number", "29199110A", "B011", (2, 10)),
        ("provider_number", "   ", "B011", (2, 10)),
        ("record_type", "5", "B011", (1, 1)),
        ("charge_qualifier", "Z", "B011", (122, 122)),
    ],
)
def test_a_value_that_does_not_fit_is_named(name: str, value: Any, code: str, columns: tuple[int, int]) -> None:
    with pytest.raises(UnwritableError) as caught:
        encode_record("4", {**LINE, name: value})
    (said,) = caught.value.findings
    assert (said.code.code, said.place.columns) == (code, columns)
    assert said.place.field in said.message("fr")
    if isinstance(value, str) and value.strip():
        assert value not in str(caught.value)


def test_all_that_does_not_fit_is_told_at_once() -> None:
    with pytest.raises(UnwritableError) as caught:
        encode_record("4", {**LINE, "act_code": "é", "unit_price": -3, "fee_total": 10**8})
    assert [item.code.code for item in caught.value.findings] == ["B011", "B011", "B010"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("unit_price", 3.15), ("unit_price", "315"), ("act_code", 3), ("care_date", "220427"), ("coefficient", 1.5)],
)
def test_a_wrong_type_is_our_own_fault(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"record 4, field {name}"):
        encode_record("4", {**LINE, name: value})


@pytest.mark.parametrize("name", ["no_such_field", "filler_11"])
def test_an_unknown_field_is_our_own_fault(name: str) -> None:
    with pytest.raises(KeyError):
        encode_record("4", {**LINE, name: "X"})


def test_a_record_shows_no_content() -> None:
    record, _ = decode_record(encode_record("4", LINE))
    assert repr(record) == "Record(4)"


@pytest.mark.parametrize(
    ("given_text", "written"),
    [
        ("Élan d'Orléans", "ELAN D'ORLEANS"),
        ("Cœur & Lætitia", "COEUR & LAETITIA"),
        ("a@b_c`d\n", "A B_C D"),
        ("日本 12", "   12"),
        ("Straße", "STRASSE"),
    ],
)
def test_text_is_written_without_accent(given_text: str, written: str) -> None:
    assert plain_text(given_text) == written


@given(st.text())
def test_any_text_becomes_writable(value: str) -> None:
    text = plain_text(value, 40)
    assert len(text) <= 40
    encode_record("1", {**HEAD, "provider_name": text})


HEAD: dict[str, Any] = {
    "provider_number": "291991107",
    "recipient_fund": "751",
    "lot_number": "001",
    "lot_date": date(2022, 4, 27),
}


def test_plans_refuse_nothing_twice() -> None:
    """A plan built anew from the same layout gives the same bytes: nothing is kept between records."""
    plan = Plan(B2_RECORDS.plans["4"].layout)
    assert plan.encode(LINE) == encode_record("4", LINE)
    assert plan.encode({**LINE, "act_code": "G"}) != plan.encode(LINE)
    assert plan.encode(LINE) == encode_record("4", LINE)
