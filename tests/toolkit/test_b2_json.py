"""B2 to JSON and back: the same bytes, whatever they were; a wrong JSON is told with its place, never a traceback."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vaguemestre.core.b2.reader import read_records
from vaguemestre.core.bounded import DEFAULT_LIMITS, ReadingLimits
from vaguemestre.core.findings import Finding, Level
from vaguemestre.core.wire.layouts import B2, Kind
from vaguemestre.toolkit.b2.converting.json_reading import records_in_json
from vaguemestre.toolkit.b2.converting.json_writing import document, lines
from vaguemestre.toolkit.b2.converting.record_json import FORMS
from vaguemestre.toolkit.converting.json_reading import looks_like_json
from vaguemestre.toolkit.converting.members import is_member, member_name
from vaguemestre.toolkit.converting.tally import Tally

sys.path.append(str(Path(__file__).parent))

from b2_made import HEAD, TAIL, files, record, records, spoiled

SOUND = b"".join(records())
FORMS_OF_TEXT = [document, lines]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def to_json(data: bytes, form: Any = document) -> bytes:
    return b"".join(form(read_records(data, DEFAULT_LIMITS, "f"), Tally("f", DEFAULT_LIMITS)))


def back(text: bytes, size: int = 1 << 20) -> bytes:
    found = list(records_in_json(pieces(text, size), DEFAULT_LIMITS, "f.json"))
    assert not [item for item in found if isinstance(item, Finding)]
    return b"".join(item for item in found if isinstance(item, bytes))


def wrong(text: bytes) -> list[Finding]:
    return [item for item in records_in_json(pieces(text, 100), DEFAULT_LIMITS, "f.json") if isinstance(item, Finding)]


def cut(data: bytes) -> bytes:
    """What the reader record by record makes of a file."""
    return b"".join(item[1] for item in read_records(data, DEFAULT_LIMITS) if not isinstance(item, Finding))


# --- the same bytes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS_OF_TEXT)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.one_of(files(record()), files(spoiled())), size=st.sampled_from([1, 97, 4096]))
def test_json_gives_back_the_same_bytes(form: Any, data: bytes, size: int) -> None:
    kept, text = cut(data), to_json(data, form)
    assert text if kept else not text  # NUL bytes at the start: no B2 for the reader
    if kept:
        assert back(text, size) == kept
        assert to_json(back(text), form) == text


@settings(max_examples=60, deadline=None)
@given(data=files(spoiled(), 6), at=st.integers(0, 700), intruder=st.binary(max_size=40), lost=st.integers(0, 40))
def test_a_file_that_lost_bytes_comes_back_without_the_lost_passage(
    data: bytes, at: int, intruder: bytes, lost: int
) -> None:
    damaged = data[:at] + intruder + data[at + lost :]
    kept = cut(damaged)
    text = to_json(damaged)
    assert (back(text) == kept) if kept else (text == b"")


def test_separators_and_order_do_not_matter() -> None:
    parts = records()
    shuffled = [parts[0], *parts[5:9], *parts[1:5], parts[0], parts[-2], parts[-2], *parts[9:]]
    assert back(to_json(b"\r\n".join(shuffled))) == b"".join(shuffled)


def test_the_document_is_the_tree_of_the_file() -> None:
    tree = json.loads(to_json(SOUND))
    assert list(tree) == ["format", "version", "header", "lots", "trailer"]
    (lot,) = tree["lots"]
    assert list(lot) == ["head", "invoices", "tail"]
    assert [[one["record"] for one in invoice["records"]] for invoice in lot["invoices"]] == [
        ["2", "2S", "4", "4S", "4E", "5"],
    ] * 2
    line = lot["invoices"][0]["records"][2]
    assert line["fee_total_cents"] == 2500
    assert line["care_date"] == "2022-04-27"
    assert line["coefficient"] == "1.00"
    assert "prescription_origin" not in line
    assert "raw" not in line


def test_lines_carry_their_place_in_the_file() -> None:
    found = [json.loads(line) for line in to_json(SOUND, lines).splitlines()]
    assert [(one["number"], one["record"], one.get("lot"), one.get("invoice")) for one in found][:4] == [
        (1, "000", None, None),
        (2, "1", 1, None),
        (3, "2", 1, 1),
        (4, "2S", 1, 1),
    ]
    assert (found[8]["record"], found[8]["invoice"]) == ("2", 2)
    assert "invoice" not in found[-2]


def test_only_what_the_value_does_not_say_stands_raw() -> None:
    parts = records()
    spaces, no_day, letter = (bytearray(parts[4]) for _ in range(3))
    spaces[80:82] = b" 1"  # [0481] quantity, not filled with zeros
    no_day[69:75] = b"229931"
    letter[10:11] = b"X"  # filler
    text = to_json(b"".join([HEAD, spaces, no_day, letter, TAIL]), lines)
    found = [json.loads(line) for line in text.splitlines()][1:4]
    assert [one["raw"] for one in found] == [{"quantity": " 1"}, {"care_date": "229931"}, {"filler_11": "X"}]
    assert "care_date" not in found[1]


def test_a_record_that_nobody_knows_is_kept_byte_by_byte() -> None:
    parts = records()
    strange = bytearray(parts[4])
    strange[35:36] = b"Z"
    strange[69:75] = b"XXXXXX"
    data = b"".join([*parts[:5], bytes(strange), *parts[5:]])
    text = to_json(data)
    assert b'{"unknown":"' in text
    assert back(text) == data


def test_no_field_bears_a_name_that_json_uses() -> None:
    for form in FORMS.values():
        layout = B2[form.name]
        names = [member_name(entry) for entry in layout.fields if is_member(entry)]
        assert len(names) == len(set(names))
        assert not {"record", "raw", "unknown", "number", "lot", "invoice", "file", "line", "record_number"} & set(
            names
        )
        assert all(member_name(one).endswith("_cents") == (one.kind is Kind.CENTS) for one in layout.fields)


# --- other people's JSON ---------------------------------------------------------------------------------------------


def test_json_from_other_hands_is_read_too() -> None:
    tree = json.loads(to_json(SOUND))
    assert back(json.dumps(tree, indent=4, sort_keys=True).encode()) == SOUND
    assert back(b"\xef\xbb\xbf" + json.dumps(tree).encode()) == SOUND
    every = [json.loads(line) for line in to_json(SOUND, lines).splitlines()]
    assert back(json.dumps(every, indent=1).encode()) == SOUND
    short = back(b'{"record":"4","provider_number":"291991107","fee_total_cents":2500,"act_code":null}')
    assert short[1:10] == b"291991107"
    assert len(short) == 128


CASES = [
    (b"", "J001", 1, ""),
    (b"hello", "J001", 1, ""),
    (b'{"format":"vaguemestre.b2",\n"version":2}', "J010", 2, "version"),
    (b'{"format":"other"}', "J010", 1, "format"),
    (b'{"lots":[\n{"head":{}}]}', "J002", 2, "lots[0].head"),
    (b'{"lots":[{"invoices":[{"records":[\n{"record":"9"}]}]}]}', "J004", 2, "lots[0].invoices[0].records[0]"),
    (b'{"lots":[{"tail":{"record":"6"},"head":{"record":"1"}}]}', "J002", 1, "lots[0]"),
    (b'{"lots":7}', "J002", 1, "lots"),
    (b'{"lots":[7]}', "J002", 1, "lots[0]"),
    (b'{"header":7}', "J002", 1, "header"),
    (b'{"other":7}', "J002", 1, ""),
    (b'{"header":{"record":"000"}} x', "J001", 1, ""),
    (b'{"header":{"record":"000"}', "J001", 1, ""),
    (b'{"header":{"record":"000"},}', "J001", 1, ""),
    (b'{"header":\n{"record" "000"}}', "J001", 2, ""),
    (b'{"record":"4","care_date":"2022-02-30"}', "J006", 1, "care_date"),
    (b'{"record":"4","care_date":"1969-12-31"}', "J008", 1, "care_date"),
    (b'{"record":"4","care_date":20220430}', "J006", 1, "care_date"),
    (b'{"record":"4","quantity":true}', "J006", 1, "quantity"),
    (b'{"record":"4","quantity":1.0}', "J006", 1, "quantity"),
    (b'{"record":"4","quantity":-1}', "J008", 1, "quantity"),
    (b'{"record":"4","quantity":1000}', "J007", 1, "quantity"),
    (b'{"record":"4","coefficient":"1.005"}', "J008", 1, "coefficient"),
    (b'{"record":"4","coefficient":"x"}', "J006", 1, "coefficient"),
    (b'{"record":"4","coefficient":"1e2"}', "J006", 1, "coefficient"),
    (b'{"record":"4","act_code":"GGGGGG"}', "J007", 1, "act_code"),
    (b'{"record":"4","act_code":"G\\u0153"}', "J008", 1, "act_code"),
    (b'{"record":"4","act_code":"\\ud800"}', "J008", 1, "act_code"),
    (b'{"record":"4","act_code":"G\\nX"}', "J008", 1, "act_code"),
    (b'{"record":"4","act_code":["G"]}', "J006", 1, "act_code"),
    (b'{"record":"4","nothing":null}', "J005", 1, "nothing"),
    (b'{"record":"4","record_type":"4"}', "J005", 1, "record_type"),
    (b'{"record":"4","raw":{"quantity":"1"}}', "J007", 1, "raw.quantity"),
    (b'{"record":"4","raw":{"quantity":" 1"},"quantity":2}', "J009", 1, "raw.quantity"),
    (b'{"record":"4","raw":{"nothing":"1"}}', "J005", 1, "raw.nothing"),
    (b'{"record":"4","raw":"4"}', "J002", 1, "raw"),
    (b'{"record":"4","quantity":1,"quantity":1}', "J003", 1, ""),
    (b'{"header":{"record":"000"},"header":{"record":"000"}}', "J003", 1, ""),
    (b'{"record":"4","quantity":NaN}', "J001", 1, ""),
    (b'{"record":"4","quantity":' + b"9" * 5000 + b"}", "J001", 1, ""),
    (b'{"record":"4"}\n{"record":"4",}', "J001", 2, ""),
    (b'{"unknown":"123"}', "J002", 1, "unknown"),
    (b'{"record":"4","act_code":"\xe9"}', "J001", 1, ""),
    (b"[" * 100_000, "J001", 1, ""),
    (b'{"record":"4","act_code":"' + b"G" * 3_000_000, "J001", 1, ""),
]


@pytest.mark.parametrize(("text", "code", "line", "path"), CASES, ids=range(len(CASES)))
def test_a_wrong_json_is_told_with_its_place(text: bytes, code: str, line: int, path: str) -> None:
    found = wrong(text)[0]
    assert (found.code.code, found.place.line, found.place.field, found.level) == (code, line, path, Level.ERROR)
    for lang in ("fr", "en"):
        assert "?" not in found.message(lang)  # type: ignore[arg-type]


def test_all_faults_are_told_in_one_go() -> None:
    text = b'{"record":"4","quantity":-1,"care_date":"x"}\n{"record":"zz"}\n{"record":"5"}\n{"record":"5","x":1}'
    assert [(item.code.code, item.place.line) for item in wrong(text)] == [
        ("J008", 1),
        ("J006", 1),
        ("J004", 2),
        ("J005", 4),
    ]
    limits = ReadingLimits(faults_max=2)
    found = [item for item in records_in_json([text], limits) if isinstance(item, Finding)]
    assert [item.code.code for item in found] == ["J008", "J006", "F009"]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_spoiled_json_never_breaks_the_reader(data: st.DataObject) -> None:
    text = bytearray(to_json(SOUND))
    for at in data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=4)):
        text[at] = data.draw(st.integers(0, 255))
    found = list(records_in_json(pieces(bytes(text), 333), DEFAULT_LIMITS))
    assert all(isinstance(item, Finding) or len(item) == 128 for item in found)


@pytest.mark.parametrize(
    ("head", "expected"),
    [(b"{", True), (b" \n[", True), (b"\xef\xbb\xbf{", True), (b"000TP", False), (b"", False), (b'"', False)],
)
def test_json_is_told_from_b2_by_its_start(head: bytes, expected: bool) -> None:
    assert looks_like_json(head) is expected
