"""Two B2 files compared: what is added, removed, changed, moved; the same for any order; nothing said of equals."""

import random
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings

sys.path.append(str(Path(__file__).parents[1] / "core" / "b2"))

from b2_made import files, spoiled
from b2_samples import file_head, invoice, lot_head, records

from vaguemestre.core.b2.shape import Invoice
from vaguemestre.core.b2.stream import stream_file
from vaguemestre.core.b2.writing import build_file, build_lot
from vaguemestre.core.findings import Language
from vaguemestre.toolkit.b2.diffing import Difference, DiffTally, Waiting, diff
from vaguemestre.toolkit.b2.diffshow import difference_document, difference_lines, summary_lines
from vaguemestre.toolkit.page import plain
from vaguemestre.toolkit.source import Source

NUMBERS = [f"2211700{rank:02d}" for rank in range(1, 6)]


def compared(old: bytes, new: bytes) -> tuple[list[Difference], DiffTally]:
    tally = DiffTally()
    return list(diff(Source.of_bytes(old, "a"), Source.of_bytes(new, "b"), tally)), tally


def made(numbers: list[str], changes: dict[str, dict[str, dict[str, object]]] | None = None) -> bytes:
    given = changes or {}
    return b"".join(records([invoice(number, given.get(number)) for number in numbers]))


def text(items: list[Difference], lang: Language = "fr") -> str:
    return "\n".join(plain(line) for item in items for line in difference_lines(item, lang, None))


def test_equal_files_say_nothing() -> None:
    items, tally = compared(made(NUMBERS), made(NUMBERS))
    assert (items, tally.same, tally.different) == ([], 5, False)
    assert "disent la même chose" in plain(next(iter(summary_lines(tally, "fr"))))


def test_line_ends_make_no_difference() -> None:
    data = made(NUMBERS)
    broken = b"\r\n".join(data[at : at + 128] for at in range(0, len(data), 128))
    assert compared(data, broken)[0] == []


def test_a_changed_amount_and_date_are_told_field_by_field() -> None:
    old = made(NUMBERS)
    new = made(NUMBERS, {NUMBERS[2]: {"4": {"fee_total": 3000, "quantity": 2}}})
    items, tally = compared(old, new)
    (item,) = items
    assert (item.kind, item.what, item.name, tally.changed, tally.same) == ("changed", "invoice", NUMBERS[2], 1, 4)
    (record,) = item.records
    assert (record.name, record.old_rank, record.new_rank) == ("4", 17, 17)
    assert [change.field.name for change in record.fields] == ["quantity", "fee_total"]
    assert "25,00\u00a0€ → 30,00\u00a0€" in text(items)
    assert "€25.00 → €30.00" in text(items, "en")
    document = difference_document(item, "en")
    assert document["records"][0]["fields"][1] == {  # type: ignore[index]
        "field": "[04115]",
        "name": "fee_total",
        "label": "fees charged (overrun included)",
        "old": "0002500",
        "new": "0003000",
        "old_shown": "€25.00",
        "new_shown": "€30.00",
    }


def test_a_changed_key_is_told_once() -> None:
    other = {
        name: {"insured_nir": "1580475123456", "insured_nir_key": "22"} for name in ("2", "2S", "4", "4S", "4E", "5")
    }
    items, _ = compared(made(NUMBERS), made(NUMBERS, {NUMBERS[0]: other}))
    assert [record.name for record in items[0].records] == ["2"]


def test_added_removed_and_reordered_invoices() -> None:
    old, new = made(NUMBERS[:4]), made([NUMBERS[3], NUMBERS[1], NUMBERS[4], NUMBERS[0]])
    items, tally = compared(old, new)
    assert [(item.kind, item.name) for item in items] == [("removed", NUMBERS[2]), ("added", NUMBERS[4])]
    assert (tally.same, tally.added, tally.removed, tally.reordered) == (3, 1, 1, True)
    assert "AMO 17,50\u00a0€ sur 25,00\u00a0€" in text(items)


def test_an_invoice_that_moved_to_another_lot_says_so() -> None:
    parts = [b"".join(invoice(number)) for number in NUMBERS[:2]]
    old = build_file(file_head(), [build_lot(lot_head(1), parts[:1]), build_lot(lot_head(2), parts[1:])])
    new = build_file(file_head(), [build_lot(lot_head(1), parts), build_lot(lot_head(3), [])])
    items, _ = compared(old, new)
    assert [item.lots for item in items if item.moved] == [("002", "001")]
    assert [(item.kind, item.name) for item in items if item.what == "lot"] == [
        ("changed", "001"),
        ("removed", "002"),
        ("added", "003"),
    ]


def test_records_added_and_removed_inside_an_invoice() -> None:
    old = made(NUMBERS[:1])
    new = old[: 128 * 6] + old[128 * 7 :]  # without its 4E
    items, _ = compared(old, new)
    changed = next(item for item in items if item.what == "invoice")
    assert [(record.name, record.new) for record in changed.records] == [("4E", None)]
    assert "retiré" in text([changed])


def test_the_same_number_twice_is_matched_in_order() -> None:
    twice = made([NUMBERS[0], NUMBERS[0]])
    items, tally = compared(twice, made([NUMBERS[0], NUMBERS[0]], None))
    assert (items, tally.same) == ([], 2)
    items, tally = compared(twice, made([NUMBERS[0]]))
    assert [item.kind for item in items if item.what == "invoice"] == ["removed"]


def test_what_cannot_be_read_is_never_called_equal() -> None:
    data = made(NUMBERS)
    lines = [data[at : at + 128] for at in range(0, len(data), 128)]
    lines[1] = lines[1][:90]
    broken = b"\n".join(lines)
    items, tally = compared(broken, broken)
    assert tally.different
    assert {item.kind for item in items} == {"unreadable"}
    assert "F005" in str([difference_document(item, "fr") for item in items])


@pytest.mark.parametrize("first", [True, False])
def test_what_is_no_b2_is_refused(first: bool) -> None:
    pair = (b"hello " * 100, made(NUMBERS)) if first else (made(NUMBERS), b"hello " * 100)
    items, tally = compared(*pair)
    assert items == []
    assert tally.refused is not None
    assert tally.refused.code.code == "F004"


def test_what_waits_for_its_counterpart_is_small_and_comes_back_whole() -> None:
    """A file in the worst order waits as a whole: compressed, it takes less than half of its size with all that surrounds it."""
    parts = [b"".join(invoice(f"{rank:09d}")) for rank in range(1, 901)]
    lot = build_file(file_head(), [build_lot(lot_head(), parts)])
    invoices = [event for event in stream_file(lot) if isinstance(event, Invoice)]
    waiting = Waiting()
    tracemalloc.start()
    for rank, item in enumerate(invoices):
        waiting.put(rank, "001", item)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < len(lot) // 2
    taken = [waiting.take(rank) for rank in range(len(invoices))]
    assert [item[1].data for item in taken if item] == [item.data for item in invoices]
    assert list(waiting.rest()) == []


def test_any_order_of_the_same_invoices_is_the_same_file() -> None:
    shuffled = NUMBERS.copy()
    random.Random(5).shuffle(shuffled)
    items, tally = compared(made(NUMBERS), made(shuffled))
    assert (items, tally.same, tally.reordered) == ([], 5, True)


def test_a_lot_whose_number_is_no_number_is_compared_too() -> None:
    old = bytearray(made(NUMBERS[:2]))
    old[128 + 19 : 128 + 22] = b"\xe9\x9b1"
    items, tally = compared(bytes(old), made(NUMBERS[1:3]))
    assert (tally.removed, tally.added, tally.changed) == (1, 1, 1)
    moved = next(item for item in items if item.kind == "changed")
    assert (moved.name, moved.lots[0]) == (NUMBERS[1], "\xe9\x9b1")
    assert [len(item.records) for item in items if item.kind == "removed" and item.what == "invoice"] == [6]


@settings(max_examples=40, deadline=None)
@given(files(spoiled()), files(spoiled()))
def test_any_two_files_are_compared_and_the_account_is_symmetric(old: bytes, new: bytes) -> None:
    items, forth = compared(old, new)
    _, back = compared(new, old)
    assert (forth.same, forth.changed, forth.added, forth.removed) == (
        back.same,
        back.changed,
        back.removed,
        back.added,
    )
    assert text(items) is not None
    assert compared(old, old)[1].changed == 0
