"""The stream of a file's parts: in order, each with its rank and findings; what was seen is remembered compactly."""

import pytest
from b2_samples import PROVIDER, file_head, invoice, lot_head, records
from hypothesis import given
from hypothesis import strategies as st

from vaguemestre.core.b2 import checks, seen
from vaguemestre.core.b2.seen import Seen, key_of
from vaguemestre.core.b2.stream import Header, Invoice, Loose, LotHead, LotTail, Trailer, stream_file
from vaguemestre.core.b2.writing import build_file, build_lot

TWO_LOTS = build_file(
    file_head(), [build_lot(lot_head(rank), [b"".join(invoice(f"22117{rank:04d}"))]) for rank in (1, 2)]
)


def shape(data: bytes) -> list[tuple[str, int, list[str]]]:
    return [
        (
            type(event).__name__,
            event.first if isinstance(event, Invoice) else event.rank,
            [item.code.code for item in event.findings],
        )
        for event in stream_file(data, source="lot.b2")
    ]


def test_the_parts_come_in_order_with_their_ranks() -> None:
    assert shape(TWO_LOTS) == [
        ("Header", 1, []),
        ("LotHead", 2, []),
        ("Invoice", 3, []),
        ("LotTail", 9, []),
        ("LotHead", 10, []),
        ("Invoice", 11, []),
        ("LotTail", 17, []),
        ("Trailer", 18, []),
    ]
    header, head, one, tail, *_, trailer = stream_file(TWO_LOTS)
    assert isinstance(header, Header)
    assert isinstance(head, LotHead)
    assert head.record is not None
    assert head.record.text("provider_number") == PROVIDER
    assert isinstance(one, Invoice)
    assert one.whole
    assert isinstance(tail, LotTail)
    assert (tail.invoice_count, tail.charged_cents, tail.fund_cents) == (1, 2500, 1750)
    assert isinstance(trailer, Trailer)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda parts: parts[1:], [("LotHead", 1, ["B020"]), ("Trailer", 15, ["B041"])]),
        (lambda parts: parts[:14], [("LotTail", 14, ["B036"]), ("Trailer", 14, ["B040"])]),
        (lambda parts: [*parts[:8], b"#" * 300, *parts[8:]], [("Loose", 9, ["F007"])]),
        (lambda parts: [*parts[:4], b"#" * 300, *parts[4:]], [("Invoice", 3, ["F007"])]),
        (lambda parts: [b"?" * 5000], [("Loose", 0, ["F004"])]),
        (lambda parts: [*parts[:7], *parts[8:]], [("Invoice", 3, ["B037"]), ("Invoice", 8, ["B020"])]),
    ],
)
def test_what_is_wrong_stands_with_its_part(spoil: object, expected: list[tuple[str, int, list[str]]]) -> None:
    data = b"".join(spoil(records()))  # type: ignore[operator]
    said = [part for part in shape(data) if part[2]]
    assert [part for part in said if part in expected] == expected


def test_what_comes_before_an_invoice_takes_nothing_from_it() -> None:
    """Unreadable bytes between two invoices: the next one is whole, and judged as such."""
    wrong = invoice("221170002", {"5": {"total_fees": 2400}})
    parts = records([invoice(), wrong])
    events = list(stream_file(b"".join([*parts[:8], b"#" * 300, *parts[8:]])))
    assert any(isinstance(event, Loose) and event.in_lot for event in events)
    last = [event for event in events if isinstance(event, Invoice)][-1]
    assert last.whole
    assert [item.code.code for item in last.findings] == ["B026"]


def test_a_lot_names_so_many_strangers_and_counts_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "DEVIANTS_MAX", 3)
    strangers = [invoice(f"22117{rank:04d}", {"2": {"fund_code": "921"}}) for rank in range(8)]
    tail = next(event for event in stream_file(b"".join(records(strangers))) if isinstance(event, LotTail))
    assert [item.code.code for item in tail.findings] == ["B035", "B035", "B035", "F014"]


@given(st.lists(st.integers(0, 40), max_size=200))
def test_what_was_seen_is_remembered_whatever_the_number(keys: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "_RUN_KEYS", 5)
        memory, first = Seen(), dict[int, int]()
        for rank, key in enumerate(keys, start=1):
            assert memory.first(key, rank) == first.get(key)
            assert memory.first(key, first.get(key, rank)) is None  # the same place again is no double
            first.setdefault(key, rank)


@given(st.binary(min_size=9, max_size=18))
def test_a_key_of_digits_is_the_number(digits: bytes) -> None:
    key = key_of(digits)
    assert 0 <= key < 1 << 63
    assert (key == int(digits)) if digits.isdigit() else (key >= 1 << 62)
